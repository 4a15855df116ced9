// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a manifest may say of components, regions, queues and grants.
 */
#include "kselftest_harness.h"
#include "rule.h"

#define COMPONENT(name)		BUILT_WITH(name, RVF_REASON_COMPONENT, 1)
#define SET(field, bits, value) (pkg->components[1].entry.field = htole##bits(value))

/* ---- components; index: which */

COMPONENT(kind_0)
{
	SET(kind, 32, 0);
}

COMPONENT(kind_unknown)
{
	SET(kind, 32, 4);
}

COMPONENT(image_out_of_range)
{
	SET(image, 32, pkg->n_segments);
}

COMPONENT(image_none)
{
	SET(image, 32, RVF_M_NONE);
}

COMPONENT(image_of_wrong_type)
{
	SET(image, 32, SEG_KERNEL);
}

COMPONENT(image_is_region)
{
	SET(image, 32, SEG_DATA);
}

COMPONENT(native_with_source)
{
	SET(source, 32, SEG_WASM);
}

BUILT_WITH(wasm_without_source, RVF_REASON_COMPONENT, 2)
{
	pkg->components[2].entry.source = htole32(RVF_M_NONE);
}

BUILT_WITH(wasm_source_of_wrong_type, RVF_REASON_COMPONENT, 2)
{
	pkg->components[2].entry.source = htole32(SEG_IMAGE);
}

BUILT_WITH(wasm_source_out_of_range, RVF_REASON_COMPONENT, 2)
{
	pkg->components[2].entry.source = htole32(4711);
}

BUILT_WITH(kernel_from_image, RVF_REASON_COMPONENT, 3)
{
	pkg->components[3].entry.image = htole32(SEG_IMAGE);
}

/* A guest kernel starts nothing and holds nothing */
BUILT_WITH(kernel_with_grant, RVF_REASON_COMPONENT, 3)
{
	pkg_grant(pkg, 3, RVF_OBJECT_REGION, 0, RVF_RIGHT_READ, 0);
}

BUILT_WITH(kernel_with_args, RVF_REASON_COMPONENT, 3)
{
	pkg->components[3].args = "x";
	pkg->components[3].args_len = 2;
}

COMPONENT(profile_unknown)
{
	SET(profile, 32, 2);
}

COMPONENT(restart_unknown)
{
	SET(restart, 32, 3);
}

COMPONENT(restart_window_0)
{
	SET(restart_window_ms, 32, 0);
}

COMPONENT(restart_window_too_long)
{
	SET(restart_window_ms, 32, 86400001);
}

COMPONENT(backoff_falls)
{
	SET(backoff_min_ms, 32, 100);
	SET(backoff_max_ms, 32, 99);
}

COMPONENT(pids_0)
{
	SET(limit_pids, 32, 0);
}

COMPONENT(pids_too_many)
{
	SET(limit_pids, 32, 65537);
}

COMPONENT(memory_too_little)
{
	SET(limit_memory, 64, (1 << 20) - 1);
}

COMPONENT(cpu_0)
{
	SET(limit_cpu, 32, 0);
}

COMPONENT(cpu_too_much)
{
	SET(limit_cpu, 32, 1024001);
}

COMPONENT(guest_memory_without_vm)
{
	SET(guest_memory, 64, 4096);
}

BUILT_WITH(component_reserved, RVF_REASON_RESERVED, ANY)
{
	SET(reserved2[0], 64, 1);
}

COMPONENT(identity_map_without_vm)
{
	SET(identity_map, 64, 4096);
}

COMPONENT(identity_map_within_a_page)
{
	SET(vcpus, 32, 1);
	SET(identity_map, 64, 0xfeffc001);
}

COMPONENT(identity_map_at_the_end)
{
	SET(vcpus, 32, 1);
	SET(identity_map, 64, 0xfffff000);
}

COMPONENT(identity_map_too_high)
{
	SET(vcpus, 32, 1);
	SET(identity_map, 64, 0x1feffc000);
}

COMPONENT(vcpus_too_many)
{
	SET(vcpus, 32, RVF_MAX_VCPUS + 1);
}

COMPONENT(vcpus_overflow)
{
	SET(vcpus, 32, 0xffffffff);
}

BUILT_WITH(vcpus_of_a_guest_kernel, RVF_REASON_COMPONENT, 3)
{
	pkg->components[3].entry.vcpus = htole32(1);
}

/* Arguments are NUL-terminated, as many as it says */
CHANGED(args_fewer, RVF_REASON_STRING, ANY)
{
	pkg->m_components[0].n_args = htole32(3);
}

CHANGED(args_more, RVF_REASON_STRING, ANY)
{
	pkg->m_components[0].n_args = htole32(1);
}

BUILT_WITH(args_open_end, RVF_REASON_STRING, ANY)
{
	pkg->components[0].args_len--;
}

BUILT_WITH(args_too_long, RVF_REASON_STRING, ANY)
{
	static char args[RVF_MAX_ARGS + 1];

	memset(args, 'x', RVF_MAX_ARGS);
	pkg->components[0].args = args;
	pkg->components[0].args_len = sizeof(args);
}

/* What is asked of the jail: texts, each with its NUL */
static void set_jail(struct pkg *pkg, uint32_t component, const char *jail, uint32_t len)
{
	pkg->components[component].jail = jail;
	pkg->components[component].jail_len = len;
}

BUILT_WITH(jail_open_end, RVF_REASON_STRING, ANY)
{
	set_jail(pkg, 0, "cpus=0", 6);
}

BUILT_WITH(jail_empty_text, RVF_REASON_STRING, ANY)
{
	set_jail(pkg, 0, "cpus=0\0", 8);
}

BUILT_WITH(jail_empty_first, RVF_REASON_STRING, ANY)
{
	set_jail(pkg, 0, "\0cpus=0", 8);
}

BUILT_WITH(jail_unprintable, RVF_REASON_STRING, ANY)
{
	set_jail(pkg, 0, "cpus=\x7f", 7);
}

BUILT_WITH(jail_too_long, RVF_REASON_STRING, ANY)
{
	static char jail[RVF_MAX_JAIL + 1];

	memset(jail, 'x', RVF_MAX_JAIL);
	set_jail(pkg, 0, jail, sizeof(jail));
}

BUILT_WITH(kernel_with_jail, RVF_REASON_COMPONENT, 3)
{
	set_jail(pkg, 3, "cpus=0", 7);
}

/* ---- names: words, each once */

static const char long_name[] = "0123456789012345678901234567890123456789012345678901234567890123"
				"0123456789012345678901234567890123456789012345678901234567890123"
				"0123456789012345678901234567890123456789012345678901234567890123"
				"0123456789012345678901234567890123456789012345678901234567890123";

#define NAME(name_, text)                         \
	BUILT_WITH(name_, RVF_REASON_STRING, ANY) \
	{                                         \
		pkg->components[1].name = text;   \
	}

NAME(name_empty, "")
NAME(name_too_long, long_name)
NAME(name_slash, "a/b")
NAME(name_dot, ".")
NAME(name_dots, "..")
NAME(name_begins_with_dot, ".hidden")
NAME(name_begins_with_dash, "-option")
NAME(name_begins_with_underscore, "_x")
NAME(name_space, "a b")
NAME(name_newline, "a\n")
NAME(name_utf8, "na\xc3\xafve")
NAME(name_colon, "a:b")

CHANGED(name_nul, RVF_REASON_STRING, ANY)
{
	pkg->manifest[le32toh(pkg->m_components[1].name.offset) + 2] = 0;
}

BUILT_WITH(region_name_bad, RVF_REASON_STRING, ANY)
{
	pkg->regions[1].name = "a/b";
}

BUILT_WITH(queue_name_bad, RVF_REASON_STRING, ANY)
{
	pkg->queues[1].name = "";
}

BUILT_WITH(component_name_twice, RVF_REASON_DUPLICATE, ANY)
{
	pkg->components[3].name = pkg->components[0].name;
}

BUILT_WITH(region_name_twice, RVF_REASON_DUPLICATE, ANY)
{
	pkg->regions[1].name = pkg->regions[0].name;
}

BUILT_WITH(queue_named_as_region, RVF_REASON_DUPLICATE, ANY)
{
	pkg->queues[1].name = pkg->regions[0].name;
}

/* 255 characters are allowed, and a component may be called as a region is */
TEST(names)
{
	int ctl = ctl_open();
	struct pkg *pkg = rule_package();

	key_trust(ctl, KEY_OWNER);
	pkg->components[1].name = long_name + 1;
	pkg->components[2].name = "data";
	pkg->regions[1].name = "9A._-";
	pkg_finish(pkg, KEY_OWNER);
	EXPECT_EQ(0, pkg_verify(pkg, ctl, NULL, NULL));
}

/* ---- dependencies; index: the component */

#define DEPENDENCY(name, index) CHANGED(name, RVF_REASON_DEPENDENCY, index)

DEPENDENCY(dependency_out_of_range, 1)
{
	pkg->m_deps[0] = htole32(4);
}

DEPENDENCY(dependency_none, 1)
{
	pkg->m_deps[0] = htole32(RVF_M_NONE);
}

DEPENDENCY(dependency_on_itself, 1)
{
	pkg->m_deps[0] = htole32(1);
}

DEPENDENCY(dependency_on_guest_kernel, 1)
{
	pkg->m_deps[0] = htole32(3);
}

BUILT_WITH(dependency_twice, RVF_REASON_DUPLICATE, ANY)
{
	pkg_depends(pkg, 1, 0);
}

CHANGED(cycle_of_two, RVF_REASON_CYCLE, ANY)
{
	pkg->m_deps[0] = htole32(2);
}

BUILT_WITH(cycle_of_three, RVF_REASON_CYCLE, ANY)
{
	pkg_depends(pkg, 0, 2);
}

CHANGED(deps_overlap, RVF_REASON_COMPONENT, ANY)
{
	pkg->m_components[2].first_dep = 0;
}

CHANGED(deps_not_covered, RVF_REASON_COMPONENT, ANY)
{
	pkg->m_components[2].deps = htole32(1);
}

CHANGED(deps_behind_end, RVF_REASON_COMPONENT, ANY)
{
	pkg->m_components[2].deps = htole32(3);
}

CHANGED(deps_wrap, RVF_REASON_COMPONENT, ANY)
{
	pkg->m_components[1].deps = htole32(0xffffffff);
}

CHANGED(grants_overlap, RVF_REASON_COMPONENT, ANY)
{
	pkg->m_components[1].first_grant = 0;
}

CHANGED(grants_not_covered, RVF_REASON_COMPONENT, ANY)
{
	pkg->m_components[2].grants = htole32(2);
}

/* ---- regions; index: which */

#define REGION(name, index) BUILT_WITH(name, RVF_REASON_REGION, index)

REGION(policy_unknown, 1)
{
	pkg->regions[1].entry.policy = htole32(3);
}

/* A slab of @slots out of @bytes */
static void slab(struct pkg *pkg, uint64_t slots, uint64_t bytes)
{
	pkg->regions[1].entry.policy = htole32(RVF_REGION_SLAB);
	pkg->regions[1].entry.slots = htole64(slots);
	pkg->regions[1].entry.size = htole64(bytes);
}

REGION(slab_without_slots, 1)
{
	slab(pkg, 0, 4096);
}

REGION(slab_without_bytes, 1)
{
	slab(pkg, 4, 0);
}

REGION(slab_too_many_slots, 1)
{
	slab(pkg, RVF_MAX_SLOTS + 1, RVF_MAX_SLOTS + 1);
}

REGION(slab_slots_without_end, 1)
{
	slab(pkg, 1ull << 32 | 4, 4096);
}

REGION(slab_slot_too_large, 1)
{
	slab(pkg, 2, 2 * (RVF_MAX_SLOT + 1));
}

REGION(slab_with_a_rest, 1)
{
	slab(pkg, 3, 4096);
}

REGION(slab_fewer_bytes_than_slots, 1)
{
	slab(pkg, 8, 7);
}

REGION(slab_with_segment, 1)
{
	slab(pkg, 4, 4096);
	pkg->regions[1].entry.segment = htole32(SEG_DATA);
}

RULE_VARIANT(slab_too_large, before, EDQUOT, RVF_REASON_LIMIT_BYTES, 1,
	     RVF_VERIFY_CAPABILITIES_INSUFFICIENT)
{
	slab(pkg, RVF_MAX_SLOTS, RVF_MAX_REGION_BYTES + RVF_MAX_SLOTS);
}

REGION(immutable_slots, 0)
{
	pkg->regions[0].entry.slots = htole64(1);
}

REGION(immutable_without_segment, 0)
{
	pkg->regions[0].entry.segment = htole32(RVF_M_NONE);
}

REGION(immutable_from_image, 0)
{
	pkg->regions[0].entry.segment = htole32(SEG_IMAGE);
	pkg->regions[0].entry.size = pkg->segments[SEG_IMAGE].entry.length;
}

REGION(immutable_segment_out_of_range, 0)
{
	pkg->regions[0].entry.segment = htole32(pkg->n_segments);
}

REGION(immutable_size_less, 0)
{
	pkg->regions[0].entry.size = htole64(99);
}

REGION(immutable_size_more, 0)
{
	pkg->regions[0].entry.size = htole64(101);
}

REGION(append_only_with_segment, 1)
{
	pkg->regions[1].entry.segment = htole32(SEG_DATA);
}

REGION(append_only_size_0, 1)
{
	pkg->regions[1].entry.size = 0;
}

BUILT_WITH(region_slots, RVF_REASON_REGION, 1)
{
	pkg->regions[1].entry.slots = htole64(1);
}

BUILT_WITH(region_reserved, RVF_REASON_RESERVED, ANY)
{
	pkg->regions[1].entry.reserved[1] = htole64(1);
}

/* ---- queues; index: which */

#define QUEUE(name) BUILT_WITH(name, RVF_REASON_QUEUE, 1)

QUEUE(slots_0)
{
	pkg->queues[1].entry.slots = 0;
}

QUEUE(slots_too_many)
{
	pkg->queues[1].entry.slots = htole32(RVF_MAX_QUEUE_SLOTS + 1);
}

QUEUE(message_size_0)
{
	pkg->queues[1].entry.message_size = 0;
}

QUEUE(message_size_too_large)
{
	pkg->queues[1].entry.message_size = htole32(RVF_MAX_MESSAGE + 1);
}

QUEUE(type_without_text)
{
	pkg->queues[1].entry.type = htole32(17);
}

QUEUE(text_without_type)
{
	pkg->queues[1].type_name = "sample/1";
}

QUEUE(unknown_flag)
{
	pkg->queues[1].entry.flags = htole32(RVF_QUEUE_RING << 1);
}

QUEUE(ring_without_ends)
{
	pkg->queues[1].entry.flags = htole32(RVF_QUEUE_RING);
}

BUILT_WITH(queue_reserved2, RVF_REASON_RESERVED, ANY)
{
	pkg->queues[1].entry.reserved2 = htole64(1);
}

/* ---- grants; index: which */

#define GRANT(name, number) BUILT_WITH(name, RVF_REASON_GRANT, number)

GRANT(grant_kind_0, 2)
{
	pkg->grants[2].kind = 0;
}

GRANT(grant_kind_unknown, 2)
{
	pkg->grants[2].kind = htole32(3);
}

GRANT(grant_region_out_of_range, 1)
{
	pkg->grants[1].object = htole32(2);
}

GRANT(grant_queue_out_of_range, 2)
{
	pkg->grants[2].object = htole32(2);
}

GRANT(rights_none, 1)
{
	pkg->grants[1].rights = 0;
}

/* Neither READ nor WRITE */
GRANT(rights_without_use, 1)
{
	pkg->grants[1].rights = htole32(RVF_RIGHT_GRANT | RVF_RIGHT_REVOKE);
}

GRANT(rights_write_on_immutable, 0)
{
	pkg->grants[0].rights = htole32(RVF_RIGHT_READ | RVF_RIGHT_WRITE);
}

GRANT(rights_execute, 1)
{
	pkg->grants[1].rights = htole32(RVF_RIGHT_READ | RVF_RIGHT_EXECUTE);
}

GRANT(rights_prove, 1)
{
	pkg->grants[1].rights = htole32(RVF_RIGHT_READ | RVF_RIGHT_PROVE);
}

GRANT(rights_unknown, 1)
{
	pkg->grants[1].rights = htole32(RVF_RIGHT_READ | 1u << 31);
}

BUILT_WITH(grant_reserved, RVF_REASON_RESERVED, ANY)
{
	pkg->grants[1].reserved = htole32(1);
}

BUILT_WITH(grant_twice, RVF_REASON_DUPLICATE, ANY)
{
	pkg_grant(pkg, 0, RVF_OBJECT_REGION, 1, RVF_RIGHT_READ, 5);
}

TEST_HARNESS_MAIN
