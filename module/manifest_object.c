// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/* Regions, queues and rings of a manifest, and the grants on them. */
#ifdef __KERNEL__
#include <linux/errno.h>
#else
#include <errno.h>
#endif
#include "manifest_parser.h"

/* Is @size so many slots of one size, with no rest? Of at most 1 GiB. */
static bool rvf_slots_ok(__u64 size, __u64 slots)
{
	__u32 each;

	if (!slots || slots > RVF_MAX_SLOTS || !size)
		return false;
	each = (__u32)size / (__u32)slots;
	return each <= RVF_MAX_SLOT && each * slots == size;
}

static bool rvf_region_policy_ok(const struct rvf_manifest *m,
				 const struct rvf_m_region *r)
{
	__u64 size = le64_to_cpu(r->size), slots = le64_to_cpu(r->slots);
	__u32 segment = le32_to_cpu(r->segment);

	switch (le32_to_cpu(r->policy)) {
	case RVF_REGION_IMMUTABLE:
		return rvf_segment_is(m, segment, RVF_SEG_REGION) && !slots &&
		       size == le64_to_cpu(m->segments[segment].length);
	case RVF_REGION_APPEND_ONLY:
		return segment == RVF_M_NONE && size && !slots;
	case RVF_REGION_SLAB:
		return segment == RVF_M_NONE && rvf_slots_ok(size, slots);
	default:
		return false;
	}
}

static int rvf_parse_region(struct rvf_parser *p, __u32 at)
{
	const struct rvf_m_region *r = &p->m->regions[at];
	__u64 size = le64_to_cpu(r->size);
	__u32 i;
	int err;

	err = rvf_parse_name(p, &r->name, at);
	if (err)
		return err;
	if (!rvf_parse_is_zero(r->reserved, sizeof(r->reserved)))
		return rvf_parse_bad(p, RVF_REASON_RESERVED, at);
	if (size > RVF_MAX_REGION_BYTES)
		return rvf_parse_bad(p, RVF_REASON_LIMIT_BYTES, at);
	if (!rvf_region_policy_ok(p->m, r))
		return rvf_parse_bad(p, RVF_REASON_REGION, at);
	for (i = 0; i < at; i++)
		if (rvf_parse_same(p->m, &p->m->regions[i].name, &r->name))
			return rvf_parse_bad(p, RVF_REASON_DUPLICATE, at);
	p->m->bytes += size;
	return 0;
}

static int rvf_is_ring(const struct rvf_m_queue *q)
{
	return le32_to_cpu(q->flags) & RVF_QUEUE_RING;
}

static int rvf_parse_queue(struct rvf_parser *p, __u32 at)
{
	const struct rvf_m_queue *q = &p->m->queues[at];
	__u32 i, slots, message;
	int err;

	err = rvf_parse_name(p, &q->name, at);
	if (err)
		return err;
	if (q->reserved2)
		return rvf_parse_bad(p, RVF_REASON_RESERVED, at);
	if (!rvf_in_range(q->slots, 1, RVF_MAX_QUEUE_SLOTS) ||
	    !rvf_in_range(q->message_size, 1, RVF_MAX_MESSAGE) ||
	    (le32_to_cpu(q->flags) & ~(__u32)RVF_QUEUE_RING) ||
	    !q->type != !q->type_name.length)
		return rvf_parse_bad(p, RVF_REASON_QUEUE, at);
	for (i = 0; i < at; i++)
		if (rvf_parse_same(p->m, &p->m->queues[i].name, &q->name))
			return rvf_parse_bad(p, RVF_REASON_DUPLICATE, at);
	for (i = 0; i < p->m->n_regions; i++)
		if (rvf_parse_same(p->m, &p->m->regions[i].name, &q->name))
			return rvf_parse_bad(p, RVF_REASON_DUPLICATE, at);
	slots = le32_to_cpu(q->slots);
	message = le32_to_cpu(q->message_size);
	p->m->bytes += rvf_is_ring(q) ? RVF_RING_MEMORY(slots, message) :
					(__u64)slots * message;
	return rvf_parse_text(p, &q->type_name, RVF_MAX_NAME, at);
}

int rvf_parse_objects(struct rvf_parser *p)
{
	__u32 i;
	int err = 0;

	for (i = 0; i < p->m->n_regions && !err; i++)
		err = rvf_parse_region(p, i);
	for (i = 0; i < p->m->n_queues && !err; i++)
		err = rvf_parse_queue(p, i);
	return err;
}

static __u32 rvf_object_rights(const struct rvf_manifest *m,
			       const struct rvf_m_grant *g)
{
	__u32 rights = RVF_RIGHT_READ | RVF_RIGHT_WRITE | RVF_RIGHT_GRANT |
		       RVF_RIGHT_REVOKE | RVF_RIGHT_GRANT_ONCE;

	if (le32_to_cpu(g->kind) == RVF_OBJECT_REGION &&
	    le32_to_cpu(m->regions[le32_to_cpu(g->object)].policy) ==
		    RVF_REGION_IMMUTABLE)
		rights &= ~(__u32)RVF_RIGHT_WRITE;
	return rights;
}

/* A grant; @first is the first of the same component. */
static int rvf_parse_grant(struct rvf_parser *p, __u32 at, __u32 first)
{
	const struct rvf_m_grant *g = &p->m->grants[at];
	__u32 object = le32_to_cpu(g->object), i;
	const __u32 both = RVF_RIGHT_READ | RVF_RIGHT_WRITE;
	__u32 rights = le32_to_cpu(g->rights);

	if (g->reserved)
		return rvf_parse_bad(p, RVF_REASON_RESERVED, at);
	switch (le32_to_cpu(g->kind)) {
	case RVF_OBJECT_REGION:
		if (object >= p->m->n_regions)
			return rvf_parse_bad(p, RVF_REASON_GRANT, at);
		break;
	case RVF_OBJECT_QUEUE:
		if (object >= p->m->n_queues)
			return rvf_parse_bad(p, RVF_REASON_GRANT, at);
		break;
	default:
		return rvf_parse_bad(p, RVF_REASON_GRANT, at);
	}
	if ((rights & ~rvf_object_rights(p->m, g)) ||
	    !(rights & (RVF_RIGHT_READ | RVF_RIGHT_WRITE)))
		return rvf_parse_bad(p, RVF_REASON_GRANT, at);
	if (le32_to_cpu(g->kind) == RVF_OBJECT_QUEUE &&
	    rvf_is_ring(&p->m->queues[object]) && (rights & both) == both)
		return rvf_parse_bad(p, RVF_REASON_GRANT, at);
	for (i = first; i < at; i++)
		if (p->m->grants[i].kind == g->kind &&
		    p->m->grants[i].object == g->object)
			return rvf_parse_bad(p, RVF_REASON_DUPLICATE, at);
	return 0;
}

/* A ring has two ends, and each is one component's. */
static int rvf_parse_ring(struct rvf_parser *p, __u32 at)
{
	__u32 i, readers = 0, writers = 0;

	for (i = 0; i < p->m->n_grants; i++) {
		const struct rvf_m_grant *g = &p->m->grants[i];

		if (le32_to_cpu(g->kind) != RVF_OBJECT_QUEUE ||
		    le32_to_cpu(g->object) != at)
			continue;
		readers += !!(le32_to_cpu(g->rights) & RVF_RIGHT_READ);
		writers += !!(le32_to_cpu(g->rights) & RVF_RIGHT_WRITE);
	}
	if (readers != 1 || writers != 1)
		return rvf_parse_bad(p, RVF_REASON_QUEUE, at);
	return 0;
}

static int rvf_parse_rings(struct rvf_parser *p)
{
	__u32 i;
	int err = 0;

	for (i = 0; i < p->m->n_queues && !err; i++)
		if (rvf_is_ring(&p->m->queues[i]))
			err = rvf_parse_ring(p, i);
	return err;
}

int rvf_parse_grants(struct rvf_parser *p)
{
	__u32 i, at, end;
	int err = 0;

	for (i = 0, at = 0; i < p->m->n_components; i++) {
		__u32 first = at;

		end = at + le32_to_cpu(p->m->components[i].grants);
		for (; at < end && !err; at++)
			err = rvf_parse_grant(p, at, first);
		if (err)
			return err;
	}
	return rvf_parse_rings(p);
}
