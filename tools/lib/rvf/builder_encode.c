// SPDX-License-Identifier: LGPL-2.1-or-later
/* A builder's content as a manifest; the format is rvf_format.h's. */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <rvf/manifest.h>
#include <rvf/package.h>
#include "builder.h"
#include "sha256.h"

/**
 * struct encoder - A manifest in the making
 * @data: Its bytes so far; room for all.
 * @at: First free byte.
 * @string: First free byte of the strings.
 */
struct encoder {
	__u8 *data;
	size_t at;
	size_t string;
};

static size_t align8(size_t n)
{
	return (n + 7) & ~(size_t)7;
}

/* A section: its entries, zeroed; @offset is the header's packed field of it. */
static void *table(struct encoder *enc, size_t count, size_t size, void *offset)
{
	struct rvf_m_table *t;
	__le32 start;

	enc->at = align8(enc->at);
	start = htole32(enc->at);
	memcpy(offset, &start, sizeof(start));
	t = (struct rvf_m_table *)(enc->data + enc->at);
	t->count = htole32(count);
	t->entry_size = htole32(size);
	enc->at += sizeof(*t) + count * size;
	return t + 1;
}

static void put_string(struct encoder *enc, struct rvf_m_string *s, const void *bytes,
		       size_t length)
{
	if (!length)
		return;
	s->offset = htole32(enc->string);
	s->length = htole32(length);
	memcpy(enc->data + enc->string, bytes, length);
	enc->string += length;
}

static size_t table_bytes(size_t count, size_t size)
{
	return align8(sizeof(struct rvf_m_table) + count * size);
}

/* Where the strings begin. */
static size_t tables_bytes(const struct rvf_builder *b)
{
	return sizeof(struct rvf_m_header) + table_bytes(1, sizeof(struct rvf_m_package)) +
	       table_bytes(b->n_segments, sizeof(struct rvf_m_segment)) +
	       table_bytes(b->n_components, sizeof(struct rvf_m_component)) +
	       table_bytes(b->n_regions, sizeof(struct rvf_m_region)) +
	       table_bytes(b->n_queues, sizeof(struct rvf_m_queue)) +
	       table_bytes(b->n_grants, sizeof(struct rvf_m_grant)) +
	       table_bytes(b->n_deps, sizeof(__le32)) +
	       table_bytes(1, sizeof(struct rvf_m_required));
}

static size_t strings_bytes(const struct rvf_builder *b)
{
	size_t n = strlen(b->name) + strlen(b->release);

	for (size_t i = 0; i < b->n_components; i++)
		n += strlen(b->components[i].name) + b->components[i].args_length +
		     b->components[i].jail_length;
	for (size_t i = 0; i < b->n_regions; i++)
		n += strlen(b->regions[i].name);
	for (size_t i = 0; i < b->n_queues; i++)
		n += strlen(b->queues[i].name) + strlen(b->queues[i].type);
	return n;
}

static void put_package(struct encoder *enc, const struct rvf_builder *b, struct rvf_m_package *p)
{
	memcpy(p->id, b->id, sizeof(p->id));
	p->version = htole64(b->version);
	put_string(enc, &p->name, b->name, strlen(b->name));
	put_string(enc, &p->release, b->release, strlen(b->release));
}

static void put_segments(const struct rvf_builder *b, struct rvf_m_segment *s)
{
	for (size_t i = 0; i < b->n_segments; i++, s++) {
		s->id = htole64(RVF_FIRST_SEGMENT_ID + i);
		s->length = htole64(b->segments[i].length);
		s->type = htole32(b->segments[i].type);
		memcpy(s->digest, b->segments[i].digest, sizeof(s->digest));
	}
}

static void put_component(struct encoder *enc, const struct build_component *from,
			  struct rvf_m_component *c)
{
	const struct rvf_component_spec *s = &from->spec;

	put_string(enc, &c->name, from->name, strlen(from->name));
	c->kind = htole32(s->kind);
	c->image = htole32(s->image);
	c->source = htole32(s->source);
	c->profile = htole32(s->profile);
	c->restart = htole32(s->restart);
	c->restart_times = htole32(s->restart_times);
	c->restart_window_ms = htole32(s->restart_window_ms);
	c->backoff_min_ms = htole32(s->backoff_min_ms);
	c->backoff_max_ms = htole32(s->backoff_max_ms);
	c->limit_pids = htole32(s->limit_pids);
	c->limit_memory = htole64(s->limit_memory);
	c->limit_cpu = htole32(s->limit_cpu);
	c->vcpus = htole32(s->vcpus);
	c->relax = htole32(s->relax);
	c->guest_memory = htole64(s->guest_memory);
	c->identity_map = htole64(s->identity_map);
	c->n_args = htole32(from->n_args);
	put_string(enc, &c->args, from->args, from->args_length);
	put_string(enc, &c->jail, from->jail, from->jail_length);
}

/* Both tables in component order, each component's range behind the last. */
static void put_ranges(const struct rvf_builder *b, struct rvf_m_component *c,
		       struct rvf_m_grant *grants, __le32 *deps)
{
	__u32 grant = 0, dep = 0;

	for (size_t i = 0; i < b->n_components; i++, c++) {
		c->first_grant = htole32(grant);
		c->first_dep = htole32(dep);
		for (size_t j = 0; j < b->n_grants; j++) {
			const struct build_grant *g = &b->grants[j];

			if (g->component != i)
				continue;
			grants[grant++] = (struct rvf_m_grant){
				.kind = htole32(g->kind),
				.object = htole32(g->object),
				.rights = htole32(g->rights),
				.badge = htole64(g->badge),
			};
		}
		for (size_t j = 0; j < b->n_deps; j++)
			if (b->deps[j].component == i)
				deps[dep++] = htole32(b->deps[j].needs);
		c->grants = htole32(grant - le32toh(c->first_grant));
		c->deps = htole32(dep - le32toh(c->first_dep));
	}
}

static void put_objects(struct encoder *enc, const struct rvf_builder *b, struct rvf_m_region *r,
			struct rvf_m_queue *q)
{
	for (size_t i = 0; i < b->n_regions; i++, r++) {
		put_string(enc, &r->name, b->regions[i].name, strlen(b->regions[i].name));
		r->policy = htole32(b->regions[i].policy);
		r->segment = htole32(b->regions[i].segment);
		r->size = htole64(b->regions[i].size);
		r->slots = htole64(b->regions[i].slots);
	}
	for (size_t i = 0; i < b->n_queues; i++, q++) {
		put_string(enc, &q->name, b->queues[i].name, strlen(b->queues[i].name));
		q->slots = htole32(b->queues[i].slots);
		q->message_size = htole32(b->queues[i].message_size);
		q->flags = htole32(b->queues[i].flags);
		q->type = htole32(rvf_type_id(b->queues[i].type));
		put_string(enc, &q->type_name, b->queues[i].type, strlen(b->queues[i].type));
	}
}

/* What the parser will add up: regions, queues, and the images of tasks. */
static __u64 memory(const struct rvf_builder *b)
{
	__u64 sum = 0;

	for (size_t i = 0; i < b->n_regions; i++)
		sum += b->regions[i].size;
	for (size_t i = 0; i < b->n_queues; i++) {
		__u32 slots = b->queues[i].slots, size = b->queues[i].message_size;

		sum += b->queues[i].flags & RVF_QUEUE_RING ? RVF_RING_MEMORY(slots, size) :
							     (__u64)slots * size;
	}
	for (size_t i = 0; i < b->n_components; i++)
		if (b->components[i].spec.kind != RVF_COMPONENT_KERNEL)
			sum += rvf_builder_segment_length(b, b->components[i].spec.image);
	return sum;
}

static void encode(struct encoder *enc, const struct rvf_builder *b)
{
	struct rvf_m_header *h = (struct rvf_m_header *)enc->data;
	struct rvf_m_component *components;
	struct rvf_m_required *required;
	struct rvf_m_segment *segments;
	struct rvf_m_region *regions;
	struct rvf_m_queue *queues;
	struct rvf_m_grant *grants;
	__le32 *deps;

	memcpy(h->magic, RVF_M_MAGIC, sizeof(h->magic));
	h->major = htole16(RVF_M_MAJOR);
	h->minor = htole16(RVF_M_MINOR);
	enc->at = sizeof(*h);
	put_package(enc, b, table(enc, 1, sizeof(struct rvf_m_package), &h->package));
	segments = table(enc, b->n_segments, sizeof(*segments), &h->segments);
	components = table(enc, b->n_components, sizeof(*components), &h->components);
	regions = table(enc, b->n_regions, sizeof(*regions), &h->regions);
	queues = table(enc, b->n_queues, sizeof(*queues), &h->queues);
	grants = table(enc, b->n_grants, sizeof(*grants), &h->grants);
	deps = table(enc, b->n_deps, sizeof(*deps), &h->deps);
	required = table(enc, 1, sizeof(*required), &h->required);

	put_segments(b, segments);
	for (size_t i = 0; i < b->n_components; i++)
		put_component(enc, &b->components[i], &components[i]);
	put_objects(enc, b, regions, queues);
	put_ranges(b, components, grants, deps);
	required->min_memory = htole64(memory(b));
	h->strings = htole32(tables_bytes(b));
	h->length = htole32(enc->string);
}

int rvf_builder_manifest(struct rvf_builder *b, void **data, size_t *length, struct rvf_error *e)
{
	size_t total = tables_bytes(b) + strings_bytes(b);
	struct encoder enc = { .string = tables_bytes(b) };
	struct rvf_m_header *h;
	struct rvf_manifest m;
	int err;

	enc.data = calloc(1, align8(total));
	if (!enc.data)
		return rvf_error_system(e, ENOMEM, "cannot make the manifest");
	encode(&enc, b);
	h = (struct rvf_m_header *)enc.data;
	err = rvf_sha256(enc.data + le32toh(h->segments) + sizeof(struct rvf_m_table),
			 b->n_segments * sizeof(struct rvf_m_segment), h->content_hash);
	if (err)
		err = rvf_error_system(e, -err, "cannot hash");
	if (!err)
		err = rvf_manifest_read(&m, enc.data, total, e);
	if (err) {
		free(enc.data);
		return err;
	}
	*data = enc.data;
	*length = total;
	return 0;
}
