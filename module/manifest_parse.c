// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/*
 * The manifest parser. Only signed bytes reach it in the kernel, but a signer
 * is not trusted with the kernel: whatever the format does not allow is
 * refused, and everything that the module will rely on is checked here, once.
 *
 * No allocation, no recursion, bounded work.
 */
#ifdef __KERNEL__
#include <linux/errno.h>
#include <linux/string.h>
#else
#include <errno.h>
#include <string.h>
#endif
#include "manifest_parse.h"

/**
 * struct rvf_parser - The state of parsing one manifest
 * @m: Filled as it goes.
 * @limits: What the caller allows.
 * @at: First byte that no section has taken.
 * @section: Sections taken.
 * @string: First byte of the strings that no string has taken.
 * @reason: Why not.
 * @index: Of what.
 */
struct rvf_parser {
	struct rvf_manifest *m;
	const struct rvf_manifest_limits *limits;
	__u32 at;
	__u32 section;
	__u32 string;
	__u32 reason;
	__u32 index;
};

static int rvf_bad(struct rvf_parser *p, __u32 reason, __u32 index)
{
	p->reason = reason;
	p->index = index;
	switch (reason) {
	case RVF_REASON_VERSION:
	case RVF_REASON_UNSUPPORTED:
		return -EOPNOTSUPP;
	default:
		if (reason >= RVF_REASON_MANIFEST_SIZE &&
		    reason <= RVF_REASON_LIMIT_BYTES)
			return -EDQUOT;
		return -EBADMSG;
	}
}

static bool rvf_is_zero(const void *data, __u32 len)
{
	const unsigned char *byte = data;

	while (len--)
		if (*byte++)
			return false;
	return true;
}

static bool rvf_is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9');
}

/**
 * rvf_manifest_name_ok - Is this a word, as names of objects are?
 * @name: The bytes.
 * @len: How many.
 */
bool rvf_manifest_name_ok(const char *name, __u32 len)
{
	__u32 i;

	if (!len || len >= RVF_MAX_NAME || !rvf_is_alnum(name[0]))
		return false;
	for (i = 1; i < len; i++)
		if (!rvf_is_alnum(name[i]) && name[i] != '_' &&
		    name[i] != '-' && name[i] != '.')
			return false;
	return true;
}

/**
 * rvf_mount_name_ok - Is this a mount name: "/" and words joined by "/"?
 * @name: The bytes.
 * @len: How many.
 */
bool rvf_mount_name_ok(const char *name, __u32 len)
{
	__u32 start = 1, i;

	if (len < 2 || len > RVF_MAX_NAME || name[0] != '/')
		return false;
	for (i = 1; i <= len; i++) {
		if (i < len && name[i] != '/')
			continue;
		if (!rvf_manifest_name_ok(name + start, i - start))
			return false;
		start = i + 1;
	}
	return true;
}

/* The next section: a table that begins where the last one ended. */
static int rvf_take_table(struct rvf_parser *p, __le32 offset,
			  __u32 entry_size, __u32 max, __u32 limit_reason,
			  const void **entries, __u32 *count)
{
	__u32 start = (p->at + 7) & ~7u, section = p->section++;
	const struct rvf_m_table *table;
	__u64 bytes;

	if (le32_to_cpu(offset) != start || start < p->at ||
	    start > p->m->length || p->m->length - start < sizeof(*table))
		return rvf_bad(p, RVF_REASON_LAYOUT, section);
	if (!rvf_is_zero((const char *)p->m->data + p->at, start - p->at))
		return rvf_bad(p, RVF_REASON_RESERVED, section);

	table = (const void *)((const char *)p->m->data + start);
	*count = le32_to_cpu(table->count);
	if (le32_to_cpu(table->entry_size) != entry_size)
		return rvf_bad(p, RVF_REASON_VERSION, section);
	if (*count > max)
		return rvf_bad(p, limit_reason, *count);
	bytes = (__u64)*count * entry_size;
	if (bytes > p->m->length - start - sizeof(*table))
		return rvf_bad(p, RVF_REASON_LAYOUT, section);
	*entries = table + 1;
	p->at = start + sizeof(*table) + bytes;
	return 0;
}

/* The next string: it begins where the last one ended. */
static int rvf_take_string(struct rvf_parser *p, const struct rvf_m_string *s,
			   __u32 max, __u32 index)
{
	__u32 offset = le32_to_cpu(s->offset), length = le32_to_cpu(s->length);

	if (!length)
		return offset ? rvf_bad(p, RVF_REASON_STRING, index) : 0;
	if (length > max || offset != p->string ||
	    length > p->m->length - p->string)
		return rvf_bad(p, RVF_REASON_STRING, index);
	p->string += length;
	return 0;
}

static int rvf_take_name(struct rvf_parser *p, const struct rvf_m_string *s,
			 __u32 index)
{
	int err = rvf_take_string(p, s, RVF_MAX_NAME - 1, index);

	if (err)
		return err;
	if (!rvf_manifest_name_ok(rvf_manifest_string(p->m, s),
				  le32_to_cpu(s->length)))
		return rvf_bad(p, RVF_REASON_STRING, index);
	return 0;
}

/* For people: printable ASCII, perhaps none. */
static int rvf_take_text(struct rvf_parser *p, const struct rvf_m_string *s,
			 __u32 max, __u32 index)
{
	int err = rvf_take_string(p, s, max, index);
	const char *text;
	__u32 i;

	if (err)
		return err;
	text = rvf_manifest_string(p->m, s);
	for (i = 0; i < le32_to_cpu(s->length); i++)
		if (text[i] < ' ' || text[i] > '~')
			return rvf_bad(p, RVF_REASON_STRING, index);
	return 0;
}

static bool rvf_same_string(const struct rvf_manifest *m,
			    const struct rvf_m_string *a,
			    const struct rvf_m_string *b)
{
	return a->length == b->length &&
	       !memcmp(rvf_manifest_string(m, a), rvf_manifest_string(m, b),
		       le32_to_cpu(a->length));
}

static int rvf_parse_header(struct rvf_parser *p)
{
	const struct rvf_m_header *h = p->m->data;

	if (p->m->length > RVF_MAX_MANIFEST)
		return rvf_bad(p, RVF_REASON_MANIFEST_SIZE, 0);
	if (p->m->length < sizeof(*h) || memcmp(h->magic, RVF_M_MAGIC, 4))
		return rvf_bad(p, RVF_REASON_HEADER, 0);
	if (le16_to_cpu(h->major) != RVF_M_MAJOR ||
	    le16_to_cpu(h->minor) > RVF_M_MINOR)
		return rvf_bad(p, RVF_REASON_VERSION, 0);
	if (le32_to_cpu(h->length) != p->m->length)
		return rvf_bad(p, RVF_REASON_HEADER, 0);
	p->m->header = h;
	if (h->reserved)
		return rvf_bad(p, RVF_REASON_RESERVED, 0);
	if (h->proof_policy || h->rollback_hooks || h->witness_policy)
		return rvf_bad(p, RVF_REASON_UNSUPPORTED, 0);
	p->at = sizeof(*h);
	return 0;
}

static int rvf_parse_sections(struct rvf_parser *p)
{
	struct rvf_manifest *m = p->m;
	const struct rvf_m_header *h = m->header;
	const void *package, *segments, *components, *regions, *queues;
	const void *grants, *deps, *required;
	__u32 one, n_required;
	int err;

	err = rvf_take_table(p, h->package, sizeof(*m->package), 1,
			     RVF_REASON_PACKAGE, &package, &one);
	if (!err && one != 1)
		err = rvf_bad(p, RVF_REASON_PACKAGE, one);
	if (!err)
		err = rvf_take_table(p, h->segments, sizeof(*m->segments),
				     RVF_MAX_SEGMENTS,
				     RVF_REASON_LIMIT_SEGMENTS, &segments,
				     &m->n_segments);
	if (!err)
		err = rvf_take_table(p, h->components, sizeof(*m->components),
				     p->limits->components,
				     RVF_REASON_LIMIT_COMPONENTS, &components,
				     &m->n_components);
	if (!err)
		err = rvf_take_table(p, h->regions, sizeof(*m->regions),
				     p->limits->regions,
				     RVF_REASON_LIMIT_REGIONS, &regions,
				     &m->n_regions);
	if (!err)
		err = rvf_take_table(p, h->queues, sizeof(*m->queues),
				     p->limits->queues,
				     RVF_REASON_LIMIT_QUEUES, &queues,
				     &m->n_queues);
	if (!err)
		err = rvf_take_table(p, h->grants, sizeof(*m->grants),
				     RVF_MAX_COMPONENTS * RVF_MAX_GRANTS,
				     RVF_REASON_LIMIT_GRANTS, &grants,
				     &m->n_grants);
	if (!err)
		err = rvf_take_table(p, h->deps, sizeof(*m->deps),
				     RVF_MAX_DEPENDENCIES,
				     RVF_REASON_LIMIT_DEPS, &deps, &m->n_deps);
	if (!err)
		err = rvf_take_table(p, h->required, sizeof(*m->required), 1,
				     RVF_REASON_REQUIRED, &required,
				     &n_required);
	if (!err && n_required != 1)
		err = rvf_bad(p, RVF_REASON_REQUIRED, n_required);
	if (err)
		return err;

	m->package = package;
	m->segments = segments;
	m->components = components;
	m->regions = regions;
	m->queues = queues;
	m->grants = grants;
	m->deps = deps;
	m->required = required;

	p->string = (p->at + 7) & ~7u;
	if (le32_to_cpu(h->strings) != p->string || p->string > m->length)
		return rvf_bad(p, RVF_REASON_LAYOUT, p->section);
	if (!rvf_is_zero((const char *)m->data + p->at, p->string - p->at))
		return rvf_bad(p, RVF_REASON_RESERVED, p->section);
	return 0;
}

static int rvf_parse_package(struct rvf_parser *p)
{
	const struct rvf_m_package *k = p->m->package;
	int err;

	if (rvf_is_zero(k->id, sizeof(k->id)))
		return rvf_bad(p, RVF_REASON_PACKAGE, 0);
	if (k->reserved)
		return rvf_bad(p, RVF_REASON_RESERVED, 0);
	err = rvf_take_name(p, &k->name, 0);
	return err ? err : rvf_take_text(p, &k->release, 64, 0);
}

static int rvf_parse_segment(struct rvf_parser *p, __u32 at)
{
	const struct rvf_m_segment *s = &p->m->segments[at];
	__u64 length = le64_to_cpu(s->length), max;
	__u32 i;

	if (s->reserved || s->reserved2)
		return rvf_bad(p, RVF_REASON_RESERVED, at);
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
		return rvf_bad(p, RVF_REASON_SEGMENT, at);
	}
	if (length > max)
		return rvf_bad(p, RVF_REASON_LIMIT_BYTES, at);
	for (i = 0; i < at; i++)
		if (p->m->segments[i].id == s->id &&
		    p->m->segments[i].type == s->type &&
		    !memcmp(p->m->segments[i].digest, s->digest,
			    sizeof(s->digest)))
			return rvf_bad(p, RVF_REASON_DUPLICATE, at);
	return 0;
}

static bool rvf_segment_is(const struct rvf_manifest *m, __u32 index,
			   __u32 type)
{
	return index < m->n_segments &&
	       le32_to_cpu(m->segments[index].type) == type;
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

static bool rvf_in_range(__le32 value, __u32 low, __u32 high)
{
	return le32_to_cpu(value) >= low && le32_to_cpu(value) <= high;
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

	err = rvf_take_string(p, &c->args, RVF_MAX_ARGS, at);
	if (err)
		return err;
	args = rvf_manifest_string(p->m, &c->args);
	for (i = 0; i < length; i++)
		nuls += !args[i];
	if (nuls != le32_to_cpu(c->n_args) || (length && args[length - 1]))
		return rvf_bad(p, RVF_REASON_STRING, at);
	return 0;
}

/* Strings of printable characters, each with its NUL; the supervisor's to read. */
static int rvf_parse_jail(struct rvf_parser *p, const struct rvf_m_component *c,
			  __u32 at)
{
	__u32 length = le32_to_cpu(c->jail.length), i;
	const char *jail;
	int err;

	err = rvf_take_string(p, &c->jail, RVF_MAX_JAIL, at);
	if (err || !length)
		return err;
	jail = rvf_manifest_string(p->m, &c->jail);
	for (i = 0; i < length; i++)
		if (jail[i] ? jail[i] < ' ' || jail[i] > '~' :
			      !i || !jail[i - 1])
			return rvf_bad(p, RVF_REASON_STRING, at);
	if (jail[length - 1])
		return rvf_bad(p, RVF_REASON_STRING, at);
	return 0;
}

/* The ranges of deps and grants: each behind the last component's. */
static int rvf_component_ranges(struct rvf_parser *p,
				const struct rvf_m_component *c, __u32 at,
				__u32 *dep, __u32 *grant)
{
	const struct rvf_manifest *m = p->m;

	if (le32_to_cpu(c->grants) > RVF_MAX_GRANTS)
		return rvf_bad(p, RVF_REASON_LIMIT_GRANTS, at);
	if (le32_to_cpu(c->first_dep) != *dep ||
	    le32_to_cpu(c->deps) > m->n_deps - *dep ||
	    le32_to_cpu(c->first_grant) != *grant ||
	    le32_to_cpu(c->grants) > m->n_grants - *grant)
		return rvf_bad(p, RVF_REASON_COMPONENT, at);
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

	err = rvf_take_name(p, &c->name, at);
	if (err)
		return err;
	if (!rvf_is_zero(c->reserved2, sizeof(c->reserved2)))
		return rvf_bad(p, RVF_REASON_RESERVED, at);
	if (!rvf_component_code_ok(p->m, c) || !rvf_component_policy_ok(c) ||
	    !rvf_component_vm_ok(c) ||
	    (le32_to_cpu(c->relax) & ~(RVF_RELAX_TEXT | RVF_RELAX_ROOT)))
		return rvf_bad(p, RVF_REASON_COMPONENT, at);
	for (i = 0; i < at; i++)
		if (rvf_same_string(p->m, &p->m->components[i].name, &c->name))
			return rvf_bad(p, RVF_REASON_DUPLICATE, at);
	if (le32_to_cpu(c->kind) != RVF_COMPONENT_KERNEL) {
		const struct rvf_m_segment *s =
			&p->m->segments[le32_to_cpu(c->image)];

		p->m->bytes += le64_to_cpu(s->length);
		p->m->n_tasks++;
	} else if (c->deps || c->grants || c->n_args || c->args.length ||
		   c->vcpus || c->relax || c->jail.length) {
		/* A guest kernel is data: it starts nothing, holds nothing. */
		return rvf_bad(p, RVF_REASON_COMPONENT, at);
	}
	err = rvf_parse_args(p, c, at);
	return err ? err : rvf_parse_jail(p, c, at);
}

static int rvf_parse_components(struct rvf_parser *p)
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
		return rvf_bad(p, RVF_REASON_LIMIT_TASKS, p->m->n_tasks);
	if (dep != p->m->n_deps)
		return rvf_bad(p, RVF_REASON_DEPENDENCY, dep);
	if (grant != p->m->n_grants)
		return rvf_bad(p, RVF_REASON_GRANT, grant);
	return 0;
}

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

	err = rvf_take_name(p, &r->name, at);
	if (err)
		return err;
	if (!rvf_is_zero(r->reserved, sizeof(r->reserved)))
		return rvf_bad(p, RVF_REASON_RESERVED, at);
	if (size > RVF_MAX_REGION_BYTES)
		return rvf_bad(p, RVF_REASON_LIMIT_BYTES, at);
	if (!rvf_region_policy_ok(p->m, r))
		return rvf_bad(p, RVF_REASON_REGION, at);
	for (i = 0; i < at; i++)
		if (rvf_same_string(p->m, &p->m->regions[i].name, &r->name))
			return rvf_bad(p, RVF_REASON_DUPLICATE, at);
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

	err = rvf_take_name(p, &q->name, at);
	if (err)
		return err;
	if (q->reserved2)
		return rvf_bad(p, RVF_REASON_RESERVED, at);
	if (!rvf_in_range(q->slots, 1, RVF_MAX_QUEUE_SLOTS) ||
	    !rvf_in_range(q->message_size, 1, RVF_MAX_MESSAGE) ||
	    (le32_to_cpu(q->flags) & ~(__u32)RVF_QUEUE_RING) ||
	    !q->type != !q->type_name.length)
		return rvf_bad(p, RVF_REASON_QUEUE, at);
	for (i = 0; i < at; i++)
		if (rvf_same_string(p->m, &p->m->queues[i].name, &q->name))
			return rvf_bad(p, RVF_REASON_DUPLICATE, at);
	for (i = 0; i < p->m->n_regions; i++)
		if (rvf_same_string(p->m, &p->m->regions[i].name, &q->name))
			return rvf_bad(p, RVF_REASON_DUPLICATE, at);
	slots = le32_to_cpu(q->slots);
	message = le32_to_cpu(q->message_size);
	p->m->bytes += rvf_is_ring(q) ? RVF_RING_MEMORY(slots, message) :
					(__u64)slots * message;
	return rvf_take_text(p, &q->type_name, RVF_MAX_NAME, at);
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
		return rvf_bad(p, RVF_REASON_RESERVED, at);
	switch (le32_to_cpu(g->kind)) {
	case RVF_OBJECT_REGION:
		if (object >= p->m->n_regions)
			return rvf_bad(p, RVF_REASON_GRANT, at);
		break;
	case RVF_OBJECT_QUEUE:
		if (object >= p->m->n_queues)
			return rvf_bad(p, RVF_REASON_GRANT, at);
		break;
	default:
		return rvf_bad(p, RVF_REASON_GRANT, at);
	}
	if ((rights & ~rvf_object_rights(p->m, g)) ||
	    !(rights & (RVF_RIGHT_READ | RVF_RIGHT_WRITE)))
		return rvf_bad(p, RVF_REASON_GRANT, at);
	if (le32_to_cpu(g->kind) == RVF_OBJECT_QUEUE &&
	    rvf_is_ring(&p->m->queues[object]) && (rights & both) == both)
		return rvf_bad(p, RVF_REASON_GRANT, at);
	for (i = first; i < at; i++)
		if (p->m->grants[i].kind == g->kind &&
		    p->m->grants[i].object == g->object)
			return rvf_bad(p, RVF_REASON_DUPLICATE, at);
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
		return rvf_bad(p, RVF_REASON_QUEUE, at);
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

static int rvf_parse_grants(struct rvf_parser *p)
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
	return 0;
}

static int rvf_parse_deps(struct rvf_parser *p)
{
	const struct rvf_manifest *m = p->m;
	__u32 i, j, k;

	for (i = 0; i < m->n_components; i++) {
		const struct rvf_m_component *c = &m->components[i];
		const __le32 *deps = m->deps + le32_to_cpu(c->first_dep);

		for (j = 0; j < le32_to_cpu(c->deps); j++) {
			__u32 dep = le32_to_cpu(deps[j]);

			/* Only a task can be waited for. */
			if (dep >= m->n_components || dep == i ||
			    le32_to_cpu(m->components[dep].kind) ==
				    RVF_COMPONENT_KERNEL)
				return rvf_bad(p, RVF_REASON_DEPENDENCY, i);
			for (k = 0; k < j; k++)
				if (deps[k] == deps[j])
					return rvf_bad(p, RVF_REASON_DUPLICATE,
						       i);
		}
	}
	return 0;
}

/*
 * Take away components whose dependencies are all taken away, round by round
 * (A. B. Kahn, Topological sorting of large networks, 1962); what is left when
 * a round takes none lies on a cycle or behind one.
 */
static int rvf_parse_cycles(struct rvf_parser *p)
{
	const struct rvf_manifest *m = p->m;
	bool gone[RVF_MAX_COMPONENTS] = { false };
	__u32 left = m->n_components, before, i, j;

	do {
		before = left;
		for (i = 0; i < m->n_components; i++) {
			const struct rvf_m_component *c = &m->components[i];
			const __le32 *deps = m->deps +
					     le32_to_cpu(c->first_dep);

			if (gone[i])
				continue;
			for (j = 0; j < le32_to_cpu(c->deps); j++)
				if (!gone[le32_to_cpu(deps[j])])
					break;
			if (j == le32_to_cpu(c->deps)) {
				gone[i] = true;
				left--;
			}
		}
	} while (left && left < before);

	for (i = 0; i < m->n_components; i++)
		if (!gone[i])
			return rvf_bad(p, RVF_REASON_CYCLE, i);
	return 0;
}

static int rvf_parse_required(struct rvf_parser *p)
{
	const struct rvf_m_required *r = p->m->required;

	if (r->reserved || r->reserved2)
		return rvf_bad(p, RVF_REASON_RESERVED, 0);
	if (r->flags)
		return rvf_bad(p, RVF_REASON_UNSUPPORTED, 0);
	if (le64_to_cpu(r->min_memory) < p->m->bytes)
		return rvf_bad(p, RVF_REASON_REQUIRED, 0);
	return 0;
}

static int rvf_parse_all(struct rvf_parser *p)
{
	__u32 i;
	int err;

	err = rvf_parse_header(p);
	if (!err)
		err = rvf_parse_sections(p);
	if (!err)
		err = rvf_parse_package(p);
	for (i = 0; !err && i < p->m->n_segments; i++)
		err = rvf_parse_segment(p, i);
	if (!err)
		err = rvf_parse_components(p);
	for (i = 0; !err && i < p->m->n_regions; i++)
		err = rvf_parse_region(p, i);
	for (i = 0; !err && i < p->m->n_queues; i++)
		err = rvf_parse_queue(p, i);
	if (!err && p->string != p->m->length)
		err = rvf_bad(p, RVF_REASON_STRING, 0);
	if (!err)
		err = rvf_parse_grants(p);
	if (!err)
		err = rvf_parse_rings(p);
	if (!err)
		err = rvf_parse_deps(p);
	if (!err)
		err = rvf_parse_cycles(p);
	return err ? err : rvf_parse_required(p);
}

/**
 * rvf_manifest_parse - Check a manifest and make its tables accessible
 * @m: Filled; of use only when 0 is returned.
 * @data: The manifest, aligned to eight bytes.
 * @length: Its bytes.
 * @limits: What it may have; none above uapi's limits.
 * @reason: Set to one of enum rvf_reason.
 * @index: Set to what the reason says of it.
 *
 * The header's content_hash is not checked here, since that takes a SHA-256.
 *
 * Return: 0; -EBADMSG malformed, -EOPNOTSUPP not known here, -EDQUOT above a
 * limit.
 */
int rvf_manifest_parse(struct rvf_manifest *m, const void *data, __u32 length,
		       const struct rvf_manifest_limits *limits,
		       __u32 *reason, __u32 *index)
{
	struct rvf_parser p = { .m = m, .limits = limits };
	int err;

	memset(m, 0, sizeof(*m));
	m->data = data;
	m->length = length;
	err = rvf_parse_all(&p);
	*reason = p.reason;
	*index = p.index;
	return err;
}
