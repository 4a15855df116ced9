// SPDX-License-Identifier: GPL-2.0-only
/* What the parser accepts can be used without a look at its bounds. */
#include <stdlib.h>
#include <string.h>
#include "entries.h"
#include "fixture.h"

static unsigned int sum;

static void touch(const void *data, size_t length)
{
	for (size_t i = 0; i < length; i++)
		sum += ((const unsigned char *)data)[i];
}

static void touch_string(const struct rvf_manifest *m, const struct rvf_m_string *s)
{
	touch(rvf_manifest_string(m, s), le32_to_cpu(s->length));
}

static void must(bool good)
{
	if (!good)
		abort();
}

static void use_component(const struct rvf_manifest *m, const struct rvf_m_component *c)
{
	const struct rvf_m_grant *g = m->grants + le32_to_cpu(c->first_grant);
	const char *arg = rvf_manifest_string(m, &c->args);
	__u32 i;

	touch_string(m, &c->name);
	must(rvf_manifest_name_ok(rvf_manifest_string(m, &c->name), le32_to_cpu(c->name.length)));
	for (i = 0; i < le32_to_cpu(c->n_args); i++)
		arg += strlen(arg) + 1;
	must(arg == rvf_manifest_string(m, &c->args) + le32_to_cpu(c->args.length));
	touch(&m->segments[le32_to_cpu(c->image)], sizeof(*m->segments));
	if (le32_to_cpu(c->kind) == RVF_COMPONENT_WASM)
		touch(&m->segments[le32_to_cpu(c->source)], sizeof(*m->segments));
	for (i = 0; i < le32_to_cpu(c->deps); i++)
		touch_string(
			m,
			&m->components[le32_to_cpu(m->deps[le32_to_cpu(c->first_dep) + i])].name);
	for (i = 0; i < le32_to_cpu(c->grants); i++, g++) {
		if (le32_to_cpu(g->kind) == RVF_OBJECT_REGION)
			touch_string(m, &m->regions[le32_to_cpu(g->object)].name);
		else
			touch_string(m, &m->queues[le32_to_cpu(g->object)].name);
	}
}

static void use_manifest(const struct rvf_manifest *m)
{
	touch_string(m, &m->package->name);
	touch_string(m, &m->package->release);
	touch(m->segments, m->n_segments * sizeof(*m->segments));
	for (__u32 i = 0; i < m->n_components; i++)
		use_component(m, &m->components[i]);
	for (__u32 i = 0; i < m->n_regions; i++) {
		touch_string(m, &m->regions[i].name);
		must(le64_to_cpu(m->regions[i].size) <= RVF_MAX_REGION_BYTES);
		if (le32_to_cpu(m->regions[i].policy) == RVF_REGION_IMMUTABLE)
			touch(&m->segments[le32_to_cpu(m->regions[i].segment)],
			      sizeof(*m->segments));
	}
	for (__u32 i = 0; i < m->n_queues; i++) {
		touch_string(m, &m->queues[i].name);
		touch_string(m, &m->queues[i].type_name);
	}
	must(le64_to_cpu(m->required->min_memory) >= m->bytes && m->n_tasks <= RVF_MAX_TASKS);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t length);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t length)
{
	unsigned char *copy = malloc(length ? length : 1);
	struct rvf_manifest m;
	__u32 reason = 0, index = 0;
	int err;

	memcpy(copy, data, length);
	/* the length is the one field that a mutation cannot hit but by chance */
	if (length >= sizeof(struct rvf_m_header))
		put_number(copy + offsetof(struct rvf_m_header, length), 4, length);
	err = parse(&m, copy, length, &reason, &index);
	must(!err == !reason);
	if (!err)
		use_manifest(&m);
	free(copy);
	return 0;
}
