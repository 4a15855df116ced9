// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/* Components of a manifest, and the segments that they are made of. */
#ifdef __KERNEL__
#include <linux/errno.h>
#include <linux/string.h>
#else
#include <errno.h>
#include <string.h>
#endif
#include "manifest_parser.h"

static int rvf_parse_segment(struct rvf_parser *p, __u32 at)
{
	const struct rvf_m_segment *s = &p->m->segments[at];
	__u64 length = le64_to_cpu(s->length), max;
	__u32 i;

	if (s->reserved || s->reserved2)
		return rvf_parse_bad(p, RVF_REASON_RESERVED, at);
	switch (le32_to_cpu(s->type)) {
	case RVF_SEG_KERNEL:
	case RVF_SEG_EBPF:
	case RVF_SEG_WASM:
	case RVF_SEG_REGION:
		max = RVF_MAX_REGION_BYTES;
		break;
	case RVF_SEG_IMAGE:
		max = RVF_MAX_IMAGE_BYTES;
		break;
	default:
		return rvf_parse_bad(p, RVF_REASON_SEGMENT, at);
	}
	if (length > max)
		return rvf_parse_bad(p, RVF_REASON_LIMIT_BYTES, at);
	for (i = 0; i < at; i++)
		if (p->m->segments[i].id == s->id &&
		    p->m->segments[i].type == s->type &&
		    !memcmp(p->m->segments[i].digest, s->digest,
			    sizeof(s->digest)))
			return rvf_parse_bad(p, RVF_REASON_DUPLICATE, at);
	return 0;
}

int rvf_parse_segments(struct rvf_parser *p)
{
	__u32 i;
	int err = 0;

	for (i = 0; i < p->m->n_segments && !err; i++)
		err = rvf_parse_segment(p, i);
	return err;
}

static bool rvf_component_code_ok(const struct rvf_manifest *m,
				  const struct rvf_m_component *c)
{
	__u32 image = le32_to_cpu(c->image), source = le32_to_cpu(c->source);

	switch (le32_to_cpu(c->kind)) {
	case RVF_COMPONENT_NATIVE:
		return rvf_segment_is(m, image, RVF_SEG_IMAGE) &&
		       source == RVF_M_NONE;
	case RVF_COMPONENT_WASM:
		return rvf_segment_is(m, image, RVF_SEG_IMAGE) &&
		       rvf_segment_is(m, source, RVF_SEG_WASM);
	case RVF_COMPONENT_KERNEL:
		return rvf_segment_is(m, image, RVF_SEG_KERNEL) &&
		       source == RVF_M_NONE;
	default:
		return false;
	}
}

static bool rvf_component_policy_ok(const struct rvf_m_component *c)
{
	return le32_to_cpu(c->profile) <= RVF_PROFILE_CROSVM &&
	       le32_to_cpu(c->restart) <= RVF_RESTART_ALWAYS &&
	       rvf_in_range(c->restart_window_ms, 1, 86400000) &&
	       rvf_in_range(c->backoff_max_ms, 0, 86400000) &&
	       rvf_in_range(c->backoff_min_ms, 0,
			    le32_to_cpu(c->backoff_max_ms)) &&
	       rvf_in_range(c->limit_pids, 1, 65536) &&
	       rvf_in_range(c->limit_cpu, 1, 1024000) &&
	       le64_to_cpu(c->limit_memory) >= 1 << 20;
}

/* As many NULs as arguments, the last byte one of them. */
static int rvf_parse_args(struct rvf_parser *p, const struct rvf_m_component *c,
			  __u32 at)
{
	__u32 length = le32_to_cpu(c->args.length), nuls = 0, i;
	const char *args;
	int err;

	err = rvf_parse_string(p, &c->args, RVF_MAX_ARGS, at);
	if (err)
		return err;
	args = rvf_manifest_string(p->m, &c->args);
	for (i = 0; i < length; i++)
		nuls += !args[i];
	if (nuls != le32_to_cpu(c->n_args) || (length && args[length - 1]))
		return rvf_parse_bad(p, RVF_REASON_STRING, at);
	return 0;
}

/* Strings of printable characters, each with its NUL; the supervisor's to read. */
static int rvf_parse_jail(struct rvf_parser *p, const struct rvf_m_component *c,
			  __u32 at)
{
	__u32 length = le32_to_cpu(c->jail.length), i;
	const char *jail;
	int err;

	err = rvf_parse_string(p, &c->jail, RVF_MAX_JAIL, at);
	if (err || !length)
		return err;
	jail = rvf_manifest_string(p->m, &c->jail);
	for (i = 0; i < length; i++)
		if (jail[i] ? jail[i] < ' ' || jail[i] > '~' :
			      !i || !jail[i - 1])
			return rvf_parse_bad(p, RVF_REASON_STRING, at);
	if (jail[length - 1])
		return rvf_parse_bad(p, RVF_REASON_STRING, at);
	return 0;
}

/* The ranges of deps and grants: each behind the last component's. */
static int rvf_component_ranges(struct rvf_parser *p,
				const struct rvf_m_component *c, __u32 at,
				__u32 *dep, __u32 *grant)
{
	const struct rvf_manifest *m = p->m;

	if (le32_to_cpu(c->grants) > RVF_MAX_GRANTS)
		return rvf_parse_bad(p, RVF_REASON_LIMIT_GRANTS, at);
	if (le32_to_cpu(c->first_dep) != *dep ||
	    le32_to_cpu(c->deps) > m->n_deps - *dep ||
	    le32_to_cpu(c->first_grant) != *grant ||
	    le32_to_cpu(c->grants) > m->n_grants - *grant)
		return rvf_parse_bad(p, RVF_REASON_COMPONENT, at);
	*dep += le32_to_cpu(c->deps);
	*grant += le32_to_cpu(c->grants);
	return 0;
}

/* Of a guest's address space, on x86 */
#define RVF_M_PAGE 4096
#define RVF_M_LAST_PAGE (0xffffffffu - RVF_M_PAGE - (RVF_M_PAGE - 1))

static int rvf_component_vm_ok(const struct rvf_m_component *c)
{
	__u64 identity_map = le64_to_cpu(c->identity_map);

	if (!c->vcpus)
		return !c->guest_memory && !identity_map;
	return le32_to_cpu(c->vcpus) <= RVF_MAX_VCPUS &&
	       !(identity_map & (RVF_M_PAGE - 1)) &&
	       identity_map <= RVF_M_LAST_PAGE;
}

static int rvf_parse_component(struct rvf_parser *p, __u32 at)
{
	const struct rvf_m_component *c = &p->m->components[at];
	__u32 i;
	int err;

	err = rvf_parse_name(p, &c->name, at);
	if (err)
		return err;
	if (!rvf_parse_is_zero(c->reserved2, sizeof(c->reserved2)))
		return rvf_parse_bad(p, RVF_REASON_RESERVED, at);
	if (!rvf_component_code_ok(p->m, c) || !rvf_component_policy_ok(c) ||
	    !rvf_component_vm_ok(c) ||
	    (le32_to_cpu(c->relax) & ~(RVF_RELAX_TEXT | RVF_RELAX_ROOT)))
		return rvf_parse_bad(p, RVF_REASON_COMPONENT, at);
	for (i = 0; i < at; i++)
		if (rvf_parse_same(p->m, &p->m->components[i].name, &c->name))
			return rvf_parse_bad(p, RVF_REASON_DUPLICATE, at);
	if (le32_to_cpu(c->kind) != RVF_COMPONENT_KERNEL) {
		const struct rvf_m_segment *s =
			&p->m->segments[le32_to_cpu(c->image)];

		p->m->bytes += le64_to_cpu(s->length);
		p->m->n_tasks++;
	} else if (c->deps || c->grants || c->n_args || c->args.length ||
		   c->vcpus || c->relax || c->jail.length) {
		/* A guest kernel is data: it starts nothing, holds nothing. */
		return rvf_parse_bad(p, RVF_REASON_COMPONENT, at);
	}
	err = rvf_parse_args(p, c, at);
	return err ? err : rvf_parse_jail(p, c, at);
}

int rvf_parse_components(struct rvf_parser *p)
{
	__u32 i, dep = 0, grant = 0;
	int err = 0;

	for (i = 0; i < p->m->n_components && !err; i++) {
		err = rvf_parse_component(p, i);
		if (!err)
			err = rvf_component_ranges(p, &p->m->components[i], i,
						   &dep, &grant);
	}
	if (err)
		return err;
	if (p->m->n_tasks > p->limits->tasks)
		return rvf_parse_bad(p, RVF_REASON_LIMIT_TASKS, p->m->n_tasks);
	if (dep != p->m->n_deps)
		return rvf_parse_bad(p, RVF_REASON_DEPENDENCY, dep);
	if (grant != p->m->n_grants)
		return rvf_parse_bad(p, RVF_REASON_GRANT, grant);
	return 0;
}
