// SPDX-License-Identifier: GPL-2.0-only
/*
 * The parser against a manifest that is right but for one thing, each rule of
 * rvf_format.h in turn.
 */
#include <errno.h>
#include <linux/rvf.h>
#include "entries.h"
#include "fixture.h"
#include "tap.h"

#define ANY_INDEX (-1)

/**
 * struct mutation - One field set to one value
 * @name: What is wrong then.
 * @entry: Which entry of the table.
 * @field: Which field.
 * @value: What it is set to.
 * @reason: What the parser must say; RVF_REASON_NONE: it is allowed.
 * @index: Of what.
 */
struct mutation {
	const char *name;
	unsigned int entry;
	struct field field;
	__u64 value;
	__u32 reason;
	int index;
};

#define H(name) FIELD(HEADER, rvf_m_header, name)
#define P(name) FIELD(PACKAGE, rvf_m_package, name)
#define S(name) FIELD(SEGMENT, rvf_m_segment, name)
#define C(name) FIELD(COMPONENT, rvf_m_component, name)
#define R(name) FIELD(REGION, rvf_m_region, name)
#define Q(name) FIELD(QUEUE, rvf_m_queue, name)
#define G(name) FIELD(GRANT, rvf_m_grant, name)
#define D()               \
	{                 \
		DEP, 0, 4 \
	}
#define N(name) FIELD(REQUIRED, rvf_m_required, name)

static const struct mutation mutations[] = {
	{ "another magic", 0, H(magic), 0x32465652, RVF_REASON_HEADER, 0 },
	{ "major 0", 0, H(major), 0, RVF_REASON_VERSION, 0 },
	{ "major 2", 0, H(major), 2, RVF_REASON_VERSION, 0 },
	{ "minor 1", 0, H(minor), 1, RVF_REASON_VERSION, 0 },
	{ "any patch", 0, H(patch), 65535, RVF_REASON_NONE, 0 },
	{ "a proof policy", 0, H(proof_policy), 96, RVF_REASON_UNSUPPORTED, 0 },
	{ "rollback hooks", 0, H(rollback_hooks), 96, RVF_REASON_UNSUPPORTED, 0 },
	{ "a witness policy", 0, H(witness_policy), 96, RVF_REASON_UNSUPPORTED, 0 },
	{ "length 0", 0, H(length), 0, RVF_REASON_HEADER, 0 },
	{ "length 4 GiB - 1", 0, H(length), 0xffffffff, RVF_REASON_HEADER, 0 },
	{ "package at 0", 0, H(package), 0, RVF_REASON_LAYOUT, 0 },
	{ "package 8 later", 0, H(package), 104, RVF_REASON_LAYOUT, 0 },
	{ "package at the end of the address space", 0, H(package), 0xfffffff8, RVF_REASON_LAYOUT,
	  0 },
	{ "segments at 96", 0, H(segments), 96, RVF_REASON_LAYOUT, 1 },
	{ "components at 96", 0, H(components), 96, RVF_REASON_LAYOUT, 2 },
	{ "regions at 96", 0, H(regions), 96, RVF_REASON_LAYOUT, 3 },
	{ "queues at 96", 0, H(queues), 96, RVF_REASON_LAYOUT, 4 },
	{ "grants at 96", 0, H(grants), 96, RVF_REASON_LAYOUT, 5 },
	{ "deps at 96", 0, H(deps), 96, RVF_REASON_LAYOUT, 6 },
	{ "required at 96", 0, H(required), 96, RVF_REASON_LAYOUT, 7 },
	{ "strings at 96", 0, H(strings), 96, RVF_REASON_LAYOUT, 8 },
	{ "strings beyond the end", 0, H(strings), 1 << 20, RVF_REASON_LAYOUT, 8 },

	{ "any version", 0, P(version), ~0ull, RVF_REASON_NONE, 0 },
	{ "a package without a name", 0, P(name), 0, RVF_REASON_STRING, 0 },

	{ "segment type 0", 0, S(type), 0, RVF_REASON_SEGMENT, 0 },
	{ "a META segment in the table", 1, S(type), 0x07, RVF_REASON_SEGMENT, 1 },
	{ "a CRYPTO segment in the table", 1, S(type), 0x0c, RVF_REASON_SEGMENT, 1 },
	{ "a directory in the table", 1, S(type), 0x05, RVF_REASON_SEGMENT, 1 },
	{ "segment type 0xf2", 4, S(type), 0xf2, RVF_REASON_SEGMENT, 4 },
	{ "segment type 0x1f0", 0, S(type), 0x1f0, RVF_REASON_SEGMENT, 0 },
	{ "any segment id", 0, S(id), ~0ull, RVF_REASON_NONE, 0 },
	{ "an image of 64 MiB and a byte", 0, S(length), RVF_MAX_IMAGE_BYTES + 1,
	  RVF_REASON_LIMIT_BYTES, 0 },
	{ "region content of 1 GiB and a byte", 4, S(length), RVF_MAX_REGION_BYTES + 1,
	  RVF_REASON_LIMIT_BYTES, 4 },
	{ "an image without end", 2, S(length), ~0ull, RVF_REASON_LIMIT_BYTES, 2 },
	{ "region content of another length than the region", 4, S(length), 6, RVF_REASON_REGION,
	  0 },

	{ "a component without a name", 0, C(name), 0, RVF_REASON_STRING, 0 },
	{ "kind 0", 0, C(kind), 0, RVF_REASON_COMPONENT, 0 },
	{ "kind 4", 1, C(kind), 4, RVF_REASON_COMPONENT, 1 },
	{ "a native one from bytecode", 0, C(image), 1, RVF_REASON_COMPONENT, 0 },
	{ "a native one from a kernel", 0, C(image), 3, RVF_REASON_COMPONENT, 0 },
	{ "a native one from a region", 0, C(image), 4, RVF_REASON_COMPONENT, 0 },
	{ "an image beyond the table", 0, C(image), 5, RVF_REASON_COMPONENT, 0 },
	{ "no image", 2, C(image), RVF_M_NONE, RVF_REASON_COMPONENT, 2 },
	{ "a native one with a source", 0, C(source), 1, RVF_REASON_COMPONENT, 0 },
	{ "bytecode without a source", 1, C(source), RVF_M_NONE, RVF_REASON_COMPONENT, 1 },
	{ "bytecode from an image", 1, C(source), 0, RVF_REASON_COMPONENT, 1 },
	{ "a kernel from an image", 3, C(image), 0, RVF_REASON_COMPONENT, 3 },
	{ "a kernel with a source", 3, C(source), 1, RVF_REASON_COMPONENT, 3 },
	{ "profile 1", 0, C(profile), 1, RVF_REASON_NONE, 0 },
	{ "profile 2", 0, C(profile), 2, RVF_REASON_COMPONENT, 0 },
	{ "restart 2", 0, C(restart), 2, RVF_REASON_NONE, 0 },
	{ "restart 3", 0, C(restart), 3, RVF_REASON_COMPONENT, 0 },
	{ "any number of restarts", 1, C(restart_times), 0xffffffff, RVF_REASON_NONE, 0 },
	{ "a window of 0", 0, C(restart_window_ms), 0, RVF_REASON_COMPONENT, 0 },
	{ "a window of 1 ms", 0, C(restart_window_ms), 1, RVF_REASON_NONE, 0 },
	{ "a window of a day", 0, C(restart_window_ms), 86400000, RVF_REASON_NONE, 0 },
	{ "a window of a day and 1 ms", 0, C(restart_window_ms), 86400001, RVF_REASON_COMPONENT,
	  0 },
	{ "pauses of equal length", 0, C(backoff_min_ms), 1000, RVF_REASON_NONE, 0 },
	{ "pauses that become shorter", 0, C(backoff_min_ms), 1001, RVF_REASON_COMPONENT, 0 },
	{ "a pause of a day", 0, C(backoff_max_ms), 86400000, RVF_REASON_NONE, 0 },
	{ "a pause of a day and 1 ms", 0, C(backoff_max_ms), 86400001, RVF_REASON_COMPONENT, 0 },
	{ "0 threads", 0, C(limit_pids), 0, RVF_REASON_COMPONENT, 0 },
	{ "1 thread", 0, C(limit_pids), 1, RVF_REASON_NONE, 0 },
	{ "65,536 threads", 0, C(limit_pids), 65536, RVF_REASON_NONE, 0 },
	{ "65,537 threads", 0, C(limit_pids), 65537, RVF_REASON_COMPONENT, 0 },
	{ "1 MiB of memory", 0, C(limit_memory), 1 << 20, RVF_REASON_NONE, 0 },
	{ "a byte less than 1 MiB", 2, C(limit_memory), (1 << 20) - 1, RVF_REASON_COMPONENT, 2 },
	{ "no CPU time", 0, C(limit_cpu), 0, RVF_REASON_COMPONENT, 0 },
	{ "a thousandth of a CPU", 0, C(limit_cpu), 1, RVF_REASON_NONE, 0 },
	{ "1024 CPUs", 0, C(limit_cpu), 1024000, RVF_REASON_NONE, 0 },
	{ "more than 1024 CPUs", 0, C(limit_cpu), 1024001, RVF_REASON_COMPONENT, 0 },
	{ "deps that begin later", 0, C(first_dep), 1, RVF_REASON_COMPONENT, 0 },
	{ "deps that overlap", 2, C(first_dep), 0, RVF_REASON_COMPONENT, 2 },
	{ "deps beyond the table", 2, C(deps), 3, RVF_REASON_COMPONENT, 2 },
	{ "deps without end", 1, C(deps), 0xffffffff, RVF_REASON_COMPONENT, 1 },
	{ "deps with a gap before the next", 2, C(deps), 1, RVF_REASON_COMPONENT, 3 },
	{ "grants that begin later", 0, C(first_grant), 1, RVF_REASON_COMPONENT, 0 },
	{ "grants that overlap", 1, C(first_grant), 1, RVF_REASON_COMPONENT, 1 },
	{ "grants beyond the table", 2, C(grants), 2, RVF_REASON_COMPONENT, 2 },
	{ "33 grants", 0, C(grants), 33, RVF_REASON_LIMIT_GRANTS, 0 },
	{ "grants without end", 2, C(grants), 0xffffffff, RVF_REASON_LIMIT_GRANTS, 2 },
	{ "grants with a gap before the next", 2, C(grants), 0, RVF_REASON_COMPONENT, 3 },
	{ "more arguments than there are", 0, C(n_args), 3, RVF_REASON_STRING, 0 },
	{ "fewer arguments than there are", 0, C(n_args), 1, RVF_REASON_STRING, 0 },
	{ "an argument without bytes", 1, C(n_args), 1, RVF_REASON_STRING, 1 },
	{ "a vCPU", 0, C(vcpus), 1, RVF_REASON_NONE, 0 },
	{ "64 vCPUs", 1, C(vcpus), 64, RVF_REASON_NONE, 0 },
	{ "vCPUs without end", 1, C(vcpus), 0xffffffff, RVF_REASON_COMPONENT, 1 },
	{ "a vCPU in a guest kernel", 3, C(vcpus), 1, RVF_REASON_COMPONENT, 3 },
	{ "relaxed text and root", 0, C(relax), 3, RVF_REASON_NONE, 0 },
	{ "an unknown relaxation", 0, C(relax), 4, RVF_REASON_COMPONENT, 0 },
	{ "a relaxed guest kernel", 3, C(relax), 1, RVF_REASON_COMPONENT, 3 },
	{ "65 vCPUs", 1, C(vcpus), 65, RVF_REASON_COMPONENT, 1 },
	{ "guest memory without a VM", 0, C(guest_memory), 4096, RVF_REASON_COMPONENT, 0 },
	{ "an identity map without a VM", 0, C(identity_map), 4096, RVF_REASON_COMPONENT, 0 },

	{ "a region without a name", 0, R(name), 0, RVF_REASON_STRING, 0 },
	{ "a slab without slots", 1, R(policy), RVF_REGION_SLAB, RVF_REASON_REGION, 1 },
	{ "policy 3", 1, R(policy), 3, RVF_REASON_REGION, 1 },
	{ "an append-only one with content", 1, R(segment), 4, RVF_REASON_REGION, 1 },
	{ "an immutable one without content", 0, R(segment), RVF_M_NONE, RVF_REASON_REGION, 0 },
	{ "content from an image", 0, R(segment), 0, RVF_REASON_REGION, 0 },
	{ "content beyond the table", 0, R(segment), 5, RVF_REASON_REGION, 0 },
	{ "immutable and longer than its content", 0, R(size), 6, RVF_REASON_REGION, 0 },
	{ "immutable and shorter than its content", 0, R(size), 4, RVF_REASON_REGION, 0 },
	{ "append-only without room", 1, R(size), 0, RVF_REASON_REGION, 1 },
	{ "append-only, one byte", 1, R(size), 1, RVF_REASON_NONE, 0 },
	{ "append-only above 1 GiB", 1, R(size), RVF_MAX_REGION_BYTES + 1, RVF_REASON_LIMIT_BYTES,
	  1 },
	{ "append-only without end", 1, R(size), ~0ull, RVF_REASON_LIMIT_BYTES, 1 },
	{ "slots in a region", 1, R(slots), 1, RVF_REASON_REGION, 1 },

	{ "a queue without a name", 0, Q(name), 0, RVF_REASON_STRING, 0 },
	{ "0 slots", 0, Q(slots), 0, RVF_REASON_QUEUE, 0 },
	{ "65,537 slots", 1, Q(slots), 65537, RVF_REASON_QUEUE, 1 },
	{ "messages of 0 bytes", 0, Q(message_size), 0, RVF_REASON_QUEUE, 0 },
	{ "messages above 64 KiB", 1, Q(message_size), 65537, RVF_REASON_QUEUE, 1 },
	{ "no type with a text", 0, Q(type), 0, RVF_REASON_QUEUE, 0 },
	{ "a flag that a queue has not", 0, Q(flags), 2, RVF_REASON_QUEUE, 0 },
	{ "a ring between two components", 0, Q(flags), RVF_QUEUE_RING, RVF_REASON_NONE, 0 },
	{ "a ring that nobody writes to", 1, Q(flags), RVF_QUEUE_RING, RVF_REASON_QUEUE, 1 },

	{ "a type without a text", 1, Q(type), 5, RVF_REASON_QUEUE, 1 },

	{ "grant kind 0", 0, G(kind), 0, RVF_REASON_GRANT, 0 },
	{ "grant kind 3", 3, G(kind), 3, RVF_REASON_GRANT, 3 },
	{ "a region beyond the table", 1, G(object), 2, RVF_REASON_GRANT, 1 },
	{ "a queue beyond the table", 0, G(object), 2, RVF_REASON_GRANT, 0 },
	{ "no object", 0, G(object), RVF_M_NONE, RVF_REASON_GRANT, 0 },
	{ "no rights", 0, G(rights), 0, RVF_REASON_GRANT, 0 },
	{ "the right to grant alone", 0, G(rights), RVF_RIGHT_GRANT, RVF_REASON_GRANT, 0 },
	{ "the right to execute", 0, G(rights), RVF_RIGHT_READ | RVF_RIGHT_EXECUTE,
	  RVF_REASON_GRANT, 0 },
	{ "the right to prove", 2, G(rights), RVF_RIGHT_READ | RVF_RIGHT_PROVE, RVF_REASON_GRANT,
	  2 },
	{ "a right that is none", 2, G(rights), RVF_RIGHT_READ | 0x80, RVF_REASON_GRANT, 2 },
	{ "writing what is immutable", 1, G(rights), RVF_RIGHT_READ | RVF_RIGHT_WRITE,
	  RVF_REASON_GRANT, 1 },
	{ "all rights that an append-only region has", 3, G(rights),
	  RVF_RIGHT_READ | RVF_RIGHT_WRITE | RVF_RIGHT_GRANT | RVF_RIGHT_REVOKE |
		  RVF_RIGHT_GRANT_ONCE,
	  RVF_REASON_NONE, 0 },
	{ "any badge", 2, G(badge), ~0ull, RVF_REASON_NONE, 0 },
	{ "another object, whoever has it", 4, G(object), 0, RVF_REASON_NONE, 0 },

	{ "a dependency beyond the table", 0, D(), 4, RVF_REASON_DEPENDENCY, 1 },
	{ "a dependency on nothing", 2, D(), RVF_M_NONE, RVF_REASON_DEPENDENCY, 2 },
	{ "a dependency on itself", 0, D(), 1, RVF_REASON_DEPENDENCY, 1 },
	{ "a dependency on a kernel", 1, D(), 3, RVF_REASON_DEPENDENCY, 2 },
	{ "a dependency that occurs twice", 2, D(), 0, RVF_REASON_DUPLICATE, 2 },
	{ "a cycle", 0, D(), 2, RVF_REASON_CYCLE, ANY_INDEX },

	{ "flags in what is required", 0, N(flags), 1, RVF_REASON_UNSUPPORTED, ANY_INDEX },
	{ "less memory than it takes", 0, N(min_memory), 1, RVF_REASON_REQUIRED, ANY_INDEX },
	{ "more memory than it takes", 0, N(min_memory), ~0ull, RVF_REASON_NONE, 0 },
};

/* Rules about several fields */
static const struct {
	const char *name;
	struct {
		unsigned int entry;
		struct field field;
		__u64 value;
	} set[3];
	__u32 reason;
	int index;
} several[] = {
	{ "a slab", { { 1, R(policy), RVF_REGION_SLAB }, { 1, R(slots), 64 } }, RVF_REASON_NONE, 0 },
	{ "a slab with a rest",
	  { { 1, R(policy), RVF_REGION_SLAB }, { 1, R(slots), 3 } },
	  RVF_REASON_REGION,
	  1 },
	{ "a slab without room",
	  { { 1, R(policy), RVF_REGION_SLAB }, { 1, R(slots), 1 }, { 1, R(size), 0 } },
	  RVF_REASON_REGION,
	  1 },
	{ "a ring that nobody reads",
	  { { 0, Q(flags), RVF_QUEUE_RING }, { 2, G(object), 1 } },
	  RVF_REASON_QUEUE,
	  0 },
	{ "a ring with two readers",
	  { { 0, Q(flags), RVF_QUEUE_RING }, { 4, G(object), 0 } },
	  RVF_REASON_QUEUE,
	  0 },
	{ "a ring with two writers",
	  { { 0, Q(flags), RVF_QUEUE_RING },
	    { 4, G(object), 0 },
	    { 4, G(rights), RVF_RIGHT_WRITE } },
	  RVF_REASON_QUEUE,
	  0 },
	{ "a ring of one component alone",
	  { { 1, Q(flags), RVF_QUEUE_RING }, { 4, G(rights), RVF_RIGHT_READ | RVF_RIGHT_WRITE } },
	  RVF_REASON_GRANT,
	  4 },
};

/* The errno that belongs to a reason. */
static int errno_of(__u32 reason)
{
	if (!reason)
		return 0;
	if (reason == RVF_REASON_VERSION || reason == RVF_REASON_UNSUPPORTED)
		return -EOPNOTSUPP;
	if (reason >= RVF_REASON_MANIFEST_SIZE && reason <= RVF_REASON_LIMIT_BYTES)
		return -EDQUOT;
	return -EBADMSG;
}

static void expect(const void *data, size_t length, __u32 wanted, int wanted_index,
		   const char *name)
{
	__u32 reason = ~0u, index = ~0u;
	struct rvf_manifest m;
	int err = parse(&m, data, length, &reason, &index);

	if (!tap_ok(err == errno_of(wanted) && reason == wanted &&
			    (!wanted || wanted_index == ANY_INDEX || index == (__u32)wanted_index),
		    "%s: %s", wanted ? "refused" : "allowed", name))
		printf("# got errno %d, reason %u of %u; wanted errno %d, reason %u of %d\n", -err,
		       reason, index, -errno_of(wanted), wanted, wanted_index);
}

/* More memory than the mutated entries can come to. */
static void ask_for_enough(const struct rvf_manifest *m, unsigned char *copy)
{
	put_number(copy + entry_offset(m, REQUIRED, 0) +
			   offsetof(struct rvf_m_required, min_memory),
		   8, 1ull << 40);
}

static void set_field(const struct rvf_manifest *m, unsigned char *copy, unsigned int entry,
		      struct field field, __u64 value)
{
	put_number(copy + entry_offset(m, field.table, entry) + field.offset,
		   field.size > 8 ? 8 : field.size, value);
}

static void test_several(const struct rvf_manifest *m)
{
	for (size_t i = 0; i < sizeof(several) / sizeof(several[0]); i++) {
		unsigned char *copy = malloc(m->length);

		memcpy(copy, m->data, m->length);
		ask_for_enough(m, copy);
		for (size_t j = 0; j < 3 && several[i].set[j].field.size; j++)
			set_field(m, copy, several[i].set[j].entry, several[i].set[j].field,
				  several[i].set[j].value);
		expect(copy, m->length, several[i].reason, several[i].index, several[i].name);
		free(copy);
	}
}

static void test_mutations(const struct rvf_manifest *m)
{
	for (size_t i = 0; i < sizeof(mutations) / sizeof(mutations[0]); i++) {
		const struct mutation *t = &mutations[i];
		unsigned char *copy = malloc(m->length);

		memcpy(copy, m->data, m->length);
		ask_for_enough(m, copy);
		set_field(m, copy, t->entry, t->field, t->value);
		expect(copy, m->length, t->reason, t->index, t->name);
		free(copy);
	}
}

/* Every reserved byte of every entry. */
static void test_reserved(const struct rvf_manifest *m)
{
	unsigned char *copy = malloc(m->length);
	__u32 reason, index;
	struct rvf_manifest out;

	memcpy(copy, m->data, m->length);
	for (size_t i = 0; i < n_reserved_fields; i++) {
		const struct field *f = &reserved_fields[i];
		unsigned int wrong = 0;

		for (size_t entry = 0; entry < entry_count(m, f->table); entry++) {
			size_t at = entry_offset(m, f->table, entry) + f->offset;

			for (size_t byte = at; byte < at + f->size; byte++) {
				copy[byte] = 0x80;
				if (parse(&out, copy, m->length, &reason, &index) != -EBADMSG ||
				    reason != RVF_REASON_RESERVED || index != entry)
					wrong++;
				copy[byte] = 0;
			}
		}
		tap_equal(wrong, 0, "refused: any bit in a reserved field");
	}
	free(copy);
}

/* Counts, sizes, gaps: what holds the tables together. */
static void test_tables(const struct rvf_manifest *m)
{
	unsigned char *copy = malloc(m->length);

	for (enum table table = PACKAGE; table < TABLES; table++) {
		size_t at = table_offset(m, table);
		char name[64];

		memcpy(copy, m->data, m->length);
		put_number(copy + at + 4, 4, entry_size(table) + 8);
		snprintf(name, sizeof(name), "larger entries in section %u", table - PACKAGE);
		expect(copy, m->length, RVF_REASON_VERSION, table - PACKAGE, name);

		put_number(copy + at + 4, 4, 0);
		snprintf(name, sizeof(name), "entries of 0 bytes in section %u", table - PACKAGE);
		expect(copy, m->length, RVF_REASON_VERSION, table - PACKAGE, name);
	}

	memcpy(copy, m->data, m->length);
	put_number(copy + table_offset(m, PACKAGE), 4, 0);
	expect(copy, m->length, RVF_REASON_PACKAGE, ANY_INDEX, "no package entry");
	put_number(copy + table_offset(m, PACKAGE), 4, 2);
	expect(copy, m->length, RVF_REASON_PACKAGE, ANY_INDEX, "two package entries");

	memcpy(copy, m->data, m->length);
	put_number(copy + table_offset(m, REQUIRED), 4, 0);
	expect(copy, m->length, RVF_REASON_REQUIRED, ANY_INDEX, "no required capabilities");
	put_number(copy + table_offset(m, REQUIRED), 4, 2);
	expect(copy, m->length, RVF_REASON_REQUIRED, ANY_INDEX, "two of them");

	memcpy(copy, m->data, m->length);
	put_number(copy + table_offset(m, COMPONENT), 4, RVF_MAX_COMPONENTS);
	expect(copy, m->length, RVF_REASON_LAYOUT, 2, "a table that ends beyond the manifest");

	memcpy(copy, m->data, m->length);
	put_number(copy + table_offset(m, SEGMENT), 4, m->n_segments - 1);
	expect(copy, m->length, RVF_REASON_LAYOUT, 2, "a gap of a whole entry");

	/* three deps: four bytes up to the next section */
	for (size_t i = 0; i < 4; i++) {
		memcpy(copy, m->data, m->length);
		copy[entry_offset(m, DEP, 3) + i] = 1;
		expect(copy, m->length, RVF_REASON_RESERVED, 7, "a gap that is not zero");
	}
	free(copy);
}

static void test_package(const struct rvf_manifest *m)
{
	unsigned char *copy = malloc(m->length);

	memcpy(copy, m->data, m->length);
	memset(copy + entry_offset(m, PACKAGE, 0), 0, 16);
	expect(copy, m->length, RVF_REASON_PACKAGE, 0, "a package id of zeros");
	copy[entry_offset(m, PACKAGE, 0) + 15] = 1;
	expect(copy, m->length, RVF_REASON_NONE, 0, "any other id");

	memcpy(copy, m->data, m->length);
	memcpy(copy + entry_offset(m, SEGMENT, 2), copy + entry_offset(m, SEGMENT, 0), 64);
	expect(copy, m->length, RVF_REASON_DUPLICATE, 2, "a segment that occurs twice");
	copy[entry_offset(m, SEGMENT, 2) + offsetof(struct rvf_m_segment, digest) + 31] ^= 1;
	ask_for_enough(m, copy);
	expect(copy, m->length, RVF_REASON_NONE, 0, "the same id with another digest");

	memcpy(copy, m->data, m->length);
	memcpy(copy + entry_offset(m, GRANT, 1), copy + entry_offset(m, GRANT, 0), 8);
	expect(copy, m->length, RVF_REASON_DUPLICATE, 1, "two grants for one object");
	free(copy);
}

/* Entries of the tables of deps and grants that no component has. */
static void test_ranges(const struct rvf_manifest *m)
{
	unsigned char *copy = malloc(m->length);
	struct rvf_m_component *c =
		(struct rvf_m_component *)(copy + entry_offset(m, COMPONENT, 0));

	memcpy(copy, m->data, m->length);
	c[2].deps = htole32(1);
	c[3].first_dep = htole32(2);
	expect(copy, m->length, RVF_REASON_DEPENDENCY, 2, "a dependency that is nobody's");

	memcpy(copy, m->data, m->length);
	c[2].grants = 0;
	c[3].first_grant = htole32(4);
	expect(copy, m->length, RVF_REASON_GRANT, 4, "a grant that is nobody's");

	memcpy(copy, m->data, m->length);
	c[2].grants = 0;
	c[3].first_grant = htole32(4);
	c[3].grants = htole32(1);
	expect(copy, m->length, RVF_REASON_COMPONENT, 3, "a guest kernel with a grant");

	memcpy(copy, m->data, m->length);
	c[2].deps = htole32(1);
	c[3].first_dep = htole32(2);
	c[3].deps = htole32(1);
	expect(copy, m->length, RVF_REASON_COMPONENT, 3, "a guest kernel with a dependency");
	free(copy);
}

static size_t string_at(const struct rvf_m_string *s)
{
	return le32_to_cpu(s->offset);
}

/* Sets a string's bytes, which have the length that they had. */
static void expect_text(const struct rvf_manifest *m, const struct rvf_m_string *s,
			const char *text, __u32 reason, int index, const char *name)
{
	unsigned char *copy = malloc(m->length);

	memcpy(copy, m->data, m->length);
	memcpy(copy + string_at(s), text, strlen(text));
	expect(copy, m->length, reason, index, name);
	free(copy);
}

static void test_strings(const struct rvf_manifest *m)
{
	const struct rvf_m_component *c = m->components;
	unsigned char *copy = malloc(m->length);
	size_t name;

	expect_text(m, &c[0].name, "A9_-.", RVF_REASON_NONE, 0, "all kinds of characters");
	expect_text(m, &c[0].name, ".irst", RVF_REASON_STRING, 0, "a name that begins with a dot");
	expect_text(m, &c[1].name, "-econd", RVF_REASON_STRING, 1, "... with a minus");
	expect_text(m, &c[2].name, "_hird", RVF_REASON_STRING, 2, "... with an underscore");
	expect_text(m, &c[0].name, "fi/st", RVF_REASON_STRING, 0, "a slash in a name");
	expect_text(m, &c[0].name, "fi st", RVF_REASON_STRING, 0, "a space in a name");
	expect_text(m, &c[0].name, "fi\xc3\xa9t", RVF_REASON_STRING, 0, "letters beyond ASCII");
	expect_text(m, &c[0].name, "fir\x1bt", RVF_REASON_STRING, 0, "an escape in a name");
	expect_text(m, &m->package->name, "fix:ure", RVF_REASON_STRING, 0,
		    "a colon in the package's name");
	expect_text(m, &m->package->release, "3.0\n", RVF_REASON_STRING, 0,
		    "a new line in the release");
	expect_text(m, &m->queues[0].type_name, "tick\x7f", RVF_REASON_STRING, 0,
		    "a delete in a type's text");
	expect_text(m, &m->queues[1].name, "ticks", RVF_REASON_DUPLICATE, 1, "two queues' name");
	expect_text(m, &m->regions[1].name, "table", RVF_REASON_DUPLICATE, 1, "two regions' name");
	expect_text(m, &m->queues[0].name, "table", RVF_REASON_DUPLICATE, 0,
		    "a queue with a region's name");
	expect_text(m, &c[2].name, "first", RVF_REASON_DUPLICATE, 2, "two components' name");
	expect_text(m, &m->regions[0].name, "first", RVF_REASON_NONE, 0,
		    "a region with a component's name");

	memcpy(copy, m->data, m->length);
	copy[string_at(&m->components[0].name) + 2] = 0;
	expect(copy, m->length, RVF_REASON_STRING, 0, "a NUL in a name");

	memcpy(copy, m->data, m->length);
	copy[string_at(&c[0].args) + le32_to_cpu(c[0].args.length) - 1] = 'x';
	expect(copy, m->length, RVF_REASON_STRING, 0, "a NUL too few in the arguments");
	copy[string_at(&c[0].args)] = 0;
	expect(copy, m->length, RVF_REASON_STRING, 0, "an argument without its NUL");

	memcpy(copy, m->data, m->length);
	copy[string_at(&c[2].jail)] = 0;
	expect(copy, m->length, RVF_REASON_STRING, 2, "no text first in what a jail has");
	memcpy(copy, m->data, m->length);
	copy[string_at(&c[2].jail) + le32_to_cpu(c[2].jail.length) - 1] = 'x';
	expect(copy, m->length, RVF_REASON_STRING, 2, "a text without its NUL there");
	copy[string_at(&c[2].jail) + le32_to_cpu(c[2].jail.length) - 1] = 0;
	copy[string_at(&c[2].jail) + 1] = '\n';
	expect(copy, m->length, RVF_REASON_STRING, 2, "a new line there");

	/* names that overlap, lie behind one another with a gap, or swapped */
	name = entry_offset(m, COMPONENT, 1);
	memcpy(copy, m->data, m->length);
	put_number(copy + name, 4, string_at(&c[0].name));
	expect(copy, m->length, RVF_REASON_STRING, 1, "a string that is used twice");
	memcpy(copy, m->data, m->length);
	put_number(copy + name, 4, string_at(&c[1].name) + 1);
	expect(copy, m->length, RVF_REASON_STRING, 1, "a string with a gap before it");
	memcpy(copy, m->data, m->length);
	put_number(copy + name + 4, 4, 5);
	expect(copy, m->length, RVF_REASON_STRING, ANY_INDEX, "a string with a gap behind it");
	memcpy(copy, m->data, m->length);
	put_number(copy + name + 4, 4, 0xffffffff);
	expect(copy, m->length, RVF_REASON_STRING, 1, "a string without end");
	memcpy(copy, m->data, m->length);
	put_number(copy + name, 8, 1);
	expect(copy, m->length, RVF_REASON_STRING, 1, "an empty string that lies somewhere");
	free(copy);
}

/* The bytes that any change must make the parser refuse. */
static void mark_fixed(const struct rvf_manifest *m, unsigned char *fixed)
{
	for (size_t i = 0; i < n_fixed_fields; i++) {
		const struct field *f = &fixed_fields[i];

		for (size_t entry = 0; entry < entry_count(m, f->table); entry++)
			memset(fixed + entry_offset(m, f->table, entry) + f->offset, 1, f->size);
	}
	for (enum table table = PACKAGE; table < TABLES; table++)
		memset(fixed + table_offset(m, table), 1, sizeof(struct rvf_m_table));
	memset(fixed + entry_offset(m, DEP, 3), 1, 4);
}

static void test_every_bit(const struct rvf_manifest *m)
{
	unsigned char *fixed = calloc(1, m->length), *copy = malloc(m->length);
	unsigned int taken = 0, accepted = 0;
	struct rvf_manifest out;
	__u32 reason, index;

	mark_fixed(m, fixed);
	memcpy(copy, m->data, m->length);
	for (size_t bit = 0; bit < 8 * (size_t)m->length; bit++) {
		copy[bit / 8] ^= 1 << bit % 8;
		if (!parse(&out, copy, m->length, &reason, &index)) {
			accepted++;
			if (fixed[bit / 8]) {
				printf("# bit %zu of byte %zu\n", bit % 8, bit / 8);
				taken++;
			}
		}
		copy[bit / 8] ^= 1 << bit % 8;
	}
	tap_equal(taken, 0, "no flipped bit of what is fixed is accepted");
	tap_ok(accepted > 8 * 32 * 5, "flipped bits of digests, ids and badges are (%u)", accepted);
	free(copy);
	free(fixed);
}

static void test_lengths(const struct rvf_manifest *m)
{
	unsigned int shorter = 0, patched = 0, longer = 0;
	struct rvf_manifest out;
	__u32 reason, index;

	for (size_t length = 0; length < m->length; length++) {
		unsigned char *copy = malloc(length ? length : 1);

		memcpy(copy, m->data, length);
		shorter += !parse(&out, copy, length, &reason, &index);
		if (length >= sizeof(struct rvf_m_header)) {
			put_number(copy + offsetof(struct rvf_m_header, length), 4, length);
			patched += !parse(&out, copy, length, &reason, &index);
		}
		free(copy);
	}
	tap_equal(shorter, 0, "refused: cut off at any byte");
	tap_equal(patched, 0, "refused: cut off at any byte, with a header that knows");

	for (size_t more = 1; more <= 64; more++) {
		unsigned char *copy = calloc(1, m->length + more);

		memcpy(copy, m->data, m->length);
		longer += !parse(&out, copy, m->length + more, &reason, &index);
		put_number(copy + offsetof(struct rvf_m_header, length), 4, m->length + more);
		longer += !parse(&out, copy, m->length + more, &reason, &index);
		free(copy);
	}
	tap_equal(longer, 0, "refused: bytes behind the last string");
}

static void test_fixture(const struct rvf_manifest *m)
{
	__u64 bytes =
		5 + 65536 + 64 * 32 + 65536 + strlen("not really ELF") * 2 + strlen("compiled");

	tap_equal(m->n_segments, 5, "five segments");
	tap_equal(m->n_components, 4, "four components");
	tap_equal(m->n_tasks, 3, "three tasks");
	tap_equal(m->n_regions, 2, "two regions");
	tap_equal(m->n_queues, 2, "two queues");
	tap_equal(m->n_grants, 5, "five grants");
	tap_equal(m->n_deps, 3, "three dependencies");
	tap_equal(m->bytes, bytes, "what it comes to, the image of two tasks counted twice");
	tap_equal(le64_to_cpu(m->required->min_memory), bytes, "what it asks for");
	tap_ok(le32_to_cpu(m->components[0].args.length) == 8 &&
		       !memcmp(rvf_manifest_string(m, &m->components[0].args), "--fast\0", 8),
	       "two arguments, the second one empty");
}

int main(void)
{
	__u32 reason, index;
	struct rvf_manifest m;
	size_t length;
	void *data;

	tap_begin();
	data = fixture_manifest(&length);
	tap_need(!parse(&m, data, length, &reason, &index), "the fixture is refused");
	test_fixture(&m);
	test_mutations(&m);
	test_several(&m);
	test_reserved(&m);
	test_tables(&m);
	test_package(&m);
	test_ranges(&m);
	test_strings(&m);
	test_every_bit(&m);
	test_lengths(&m);
	free(data);
	return tap_end();
}
