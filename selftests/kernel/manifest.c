// SPDX-License-Identifier: GPL-2.0-only
/*
 * The manifest's frame: header, layout, strings, package, segments. What it
 * says of components and objects is in manifest_entries.c.
 */
#include "kselftest_harness.h"
#include "rule.h"

TEST(good)
{
	int ctl = ctl_open();
	struct pkg *pkg = rule_package();
	struct rvf_mount arg;
	int mount;

	key_trust(ctl, KEY_OWNER);
	pkg_finish(pkg, KEY_OWNER);
	EXPECT_EQ(0, pkg_verify(pkg, ctl, NULL, &arg));
	EXPECT_EQ(4, arg.out_components);
	EXPECT_EQ(3, arg.out_tasks);
	EXPECT_EQ(2, arg.out_regions);
	EXPECT_EQ(2, arg.out_queues);
	mount = pkg_mount(pkg, ctl, NULL, &arg);
	ASSERT_LE(0, mount)
	{
		TH_LOG("%d, reason %u, index %u", mount, arg.out_reason, arg.out_index);
	}
	close(mount);
}

/* Any patch level is the same format */
TEST(any_patch)
{
	int ctl = ctl_open();
	struct pkg *pkg = rule_package();

	key_trust(ctl, KEY_OWNER);
	pkg_finish(pkg, KEY_OWNER);
	pkg->m_header->patch = 0xffff;
	pkg_sign(pkg, KEY_OWNER);
	EXPECT_EQ(0, pkg_verify(pkg, ctl, NULL, NULL));
}

/* A VM has up to 64 vCPUs, with as much memory as one likes */
TEST(vcpus)
{
	static const struct {
		unsigned int vcpus;
		unsigned long long memory;
	} vms[] = { { 1, 0 }, { 1, 1 << 20 }, { RVF_MAX_VCPUS, ~0ull } };
	int ctl = ctl_open();

	key_trust(ctl, KEY_OWNER);
	for (unsigned int i = 0; i < ARRAY_SIZE(vms); i++) {
		struct pkg *pkg = rule_package();

		pkg->components[1].entry.vcpus = htole32(vms[i].vcpus);
		pkg->components[1].entry.guest_memory = htole64(vms[i].memory);
		pkg_finish(pkg, KEY_OWNER);
		EXPECT_EQ(0, pkg_verify(pkg, ctl, NULL, NULL))
		{
			TH_LOG("%u vCPUs", vms[i].vcpus);
		}
	}
}

/* ---- the header */

/* Too short to be one, which is seen before the signature is looked at */
#define UNREAD(name) \
	RULE_VARIANT(name, after, EBADMSG, RVF_REASON_HEADER, ANY, RVF_VERIFY_SIGNATURE_INVALID)

CHANGED(magic, RVF_REASON_HEADER, ANY)
{
	pkg->m_header->magic[0] = 'r';
}

UNREAD(shorter_than_header)
{
	pkg->manifest_len = 95;
	pkg->m_header->length = htole32(95);
}

UNREAD(empty_manifest)
{
	pkg->manifest_len = 0;
}

CHANGED(length_less, RVF_REASON_HEADER, ANY)
{
	pkg->m_header->length = htole32(pkg->manifest_len - 1);
}

CHANGED(length_more, RVF_REASON_HEADER, ANY)
{
	pkg->m_header->length = htole32(pkg->manifest_len + 1);
}

CHANGED(length_huge, RVF_REASON_HEADER, ANY)
{
	pkg->m_header->length = htole32(0xffffffff);
}

CHANGED(header_reserved, RVF_REASON_RESERVED, ANY)
{
	pkg->m_header->reserved = htole16(1);
}

CHANGED(content_hash, RVF_REASON_CONTENT_HASH, ANY)
{
	pkg->m_header->content_hash[31] ^= 1;
}

/* The kernel alone looks at it: the segment table and its hash do not agree */
CHANGED(content_hash_of_another_table, RVF_REASON_CONTENT_HASH, ANY)
{
	pkg->m_segments[1].id = htole64(4711);
}

#define UNSUPPORTED(name, reason, index, status) \
	RULE_VARIANT(name, after, EOPNOTSUPP, reason, index, status)

UNSUPPORTED(major_2, RVF_REASON_VERSION, ANY, RVF_VERIFY_CAPABILITIES_INSUFFICIENT)
{
	pkg->m_header->major = htole16(2);
}

UNSUPPORTED(major_0, RVF_REASON_VERSION, ANY, RVF_VERIFY_CAPABILITIES_INSUFFICIENT)
{
	pkg->m_header->major = 0;
}

UNSUPPORTED(minor_1, RVF_REASON_VERSION, ANY, RVF_VERIFY_CAPABILITIES_INSUFFICIENT)
{
	pkg->m_header->minor = htole16(1);
}

UNSUPPORTED(proof_policy, RVF_REASON_UNSUPPORTED, ANY, RVF_VERIFY_PROOF_POLICY_INVALID)
{
	pkg->m_header->proof_policy = htole32(96);
}

UNSUPPORTED(rollback_hooks, RVF_REASON_UNSUPPORTED, ANY, RVF_VERIFY_CAPABILITIES_INSUFFICIENT)
{
	pkg->m_header->rollback_hooks = htole32(96);
}

UNSUPPORTED(witness_policy, RVF_REASON_UNSUPPORTED, ANY, RVF_VERIFY_CAPABILITIES_INSUFFICIENT)
{
	pkg->m_header->witness_policy = htole32(96);
}

/* ---- the layout; index: the section */

CHANGED(package_offset, RVF_REASON_LAYOUT, 0)
{
	pkg->m_header->package = htole32(104);
}

CHANGED(package_offset_0, RVF_REASON_LAYOUT, 0)
{
	pkg->m_header->package = 0;
}

CHANGED(segments_offset_huge, RVF_REASON_LAYOUT, 1)
{
	pkg->m_header->segments = htole32(0xfffffff8);
}

CHANGED(components_offset_unaligned, RVF_REASON_LAYOUT, 2)
{
	pkg->m_header->components = htole32(le32toh(pkg->m_header->components) + 4);
}

CHANGED(sections_swapped, RVF_REASON_LAYOUT, ANY)
{
	__le32 regions = pkg->m_header->regions;

	pkg->m_header->regions = pkg->m_header->queues;
	pkg->m_header->queues = regions;
}

CHANGED(strings_before_end_of_tables, RVF_REASON_LAYOUT, 8)
{
	pkg->m_header->strings = htole32(le32toh(pkg->m_header->strings) - 8);
}

CHANGED(strings_behind_end, RVF_REASON_LAYOUT, 8)
{
	pkg->m_header->strings = htole32(pkg->manifest_len + 8);
}

static struct rvf_m_table *table(void *entries)
{
	return (struct rvf_m_table *)entries - 1;
}

CHANGED(package_count_0, RVF_REASON_PACKAGE, ANY)
{
	table(pkg->m_package)->count = 0;
}

CHANGED(package_count_2, RVF_REASON_PACKAGE, ANY)
{
	table(pkg->m_package)->count = htole32(2);
}

UNSUPPORTED(segment_entry_larger, RVF_REASON_VERSION, 1, RVF_VERIFY_CAPABILITIES_INSUFFICIENT)
{
	table(pkg->m_segments)->entry_size = htole32(sizeof(struct rvf_m_segment) + 8);
}

UNSUPPORTED(component_entry_smaller, RVF_REASON_VERSION, 2, RVF_VERIFY_CAPABILITIES_INSUFFICIENT)
{
	table(pkg->m_components)->entry_size = htole32(sizeof(struct rvf_m_component) - 8);
}

UNSUPPORTED(region_entry_0, RVF_REASON_VERSION, 3, RVF_VERIFY_CAPABILITIES_INSUFFICIENT)
{
	table(pkg->m_regions)->entry_size = 0;
}

UNSUPPORTED(queue_entry_huge, RVF_REASON_VERSION, 4, RVF_VERIFY_CAPABILITIES_INSUFFICIENT)
{
	table(pkg->m_queues)->entry_size = htole32(0x80000000);
}

CHANGED(fewer_grants, RVF_REASON_LAYOUT, ANY)
{
	table(pkg->m_grants)->count = htole32(pkg->n_grants - 1);
}

CHANGED(required_count_0, RVF_REASON_REQUIRED, ANY)
{
	table(pkg->m_required)->count = 0;
}

CHANGED(gap, RVF_REASON_RESERVED, ANY)
{
	/* Three deps of four bytes end four bytes before the next table */
	pkg->m_deps[3] = htole32(1);
}

/* Entries that end behind the manifest */
CHANGED(count_behind_end, RVF_REASON_LAYOUT, ANY)
{
	table(pkg->m_deps)->count = htole32(4000);
}

CHANGED(truncated, RVF_REASON_LAYOUT, ANY)
{
	pkg->manifest_len = le32toh(pkg->m_header->grants) + 16;
	pkg->m_header->length = htole32(pkg->manifest_len);
}

/* ---- strings */

CHANGED(string_behind_end, RVF_REASON_STRING, ANY)
{
	struct rvf_m_string *last = &pkg->m_queues[1].name;

	last->length = htole32(le32toh(last->length) + 1);
}

CHANGED(string_too_short, RVF_REASON_STRING, ANY)
{
	struct rvf_m_string *last = &pkg->m_queues[1].name;

	last->length = htole32(le32toh(last->length) - 1);
}

CHANGED(strings_overlap, RVF_REASON_STRING, ANY)
{
	pkg->m_regions[1].name.offset = pkg->m_regions[0].name.offset;
}

CHANGED(string_in_tables, RVF_REASON_STRING, ANY)
{
	pkg->m_package->name.offset = htole32(96);
}

CHANGED(string_offset_huge, RVF_REASON_STRING, ANY)
{
	pkg->m_package->name.offset = htole32(0xfffffff0);
	pkg->m_package->name.length = htole32(0x20);
}

CHANGED(empty_string_with_offset, RVF_REASON_STRING, ANY)
{
	pkg->m_queues[1].type_name.offset = pkg->m_header->strings;
}

CHANGED(bytes_behind_strings, RVF_REASON_STRING, ANY)
{
	pkg->manifest[pkg->manifest_len++] = 'x';
	pkg->m_header->length = htole32(pkg->manifest_len);
}

/* ---- the package */

BUILT_WITH(package_id_zero, RVF_REASON_PACKAGE, ANY)
{
	memset(pkg->package.id, 0, sizeof(pkg->package.id));
}

BUILT_WITH(package_name_empty, RVF_REASON_STRING, ANY)
{
	pkg->name = "";
}

BUILT_WITH(package_name_path, RVF_REASON_STRING, ANY)
{
	pkg->name = "a/b";
}

BUILT_WITH(release_newline, RVF_REASON_STRING, ANY)
{
	pkg->release = "1.0\n";
}

BUILT_WITH(release_too_long, RVF_REASON_STRING, ANY)
{
	pkg->release = "1234567890123456789012345678901234567890123456789012345678901234x";
}

BUILT_WITH(package_reserved, RVF_REASON_RESERVED, ANY)
{
	pkg->package.reserved = htole64(1ull << 63);
}

/* ---- segments; index: which */

BUILT_WITH(segment_type_unknown, RVF_REASON_SEGMENT, SEG_KERNEL)
{
	pkg->segments[SEG_KERNEL].entry.type = htole32(0x05);
}

BUILT_WITH(segment_reserved, RVF_REASON_RESERVED, ANY)
{
	pkg->segments[SEG_WASM].entry.reserved = htole32(1);
}

BUILT_WITH(segment_reserved2, RVF_REASON_RESERVED, ANY)
{
	pkg->segments[SEG_WASM].entry.reserved2 = htole64(1);
}

BUILT_WITH(segment_twice, RVF_REASON_DUPLICATE, ANY)
{
	unsigned int last = pkg_segment(pkg, RVF_SEG_WASM, "\0asm", 4);

	pkg->segments[last].entry.id = pkg->segments[SEG_WASM].entry.id;
}

/* Only id, type and digest together have to be unique */
TEST(segments_alike)
{
	int ctl = ctl_open();
	struct pkg *pkg = rule_package();

	key_trust(ctl, KEY_OWNER);
	pkg_segment(pkg, RVF_SEG_WASM, "\0asm", 4);
	pkg->segments[pkg_segment(pkg, RVF_SEG_KERNEL, "\0asm", 4)].entry.id =
		pkg->segments[SEG_WASM].entry.id;
	pkg->segments[pkg_segment(pkg, RVF_SEG_WASM, "\1asm", 4)].entry.id =
		pkg->segments[SEG_WASM].entry.id;
	pkg_segment(pkg, RVF_SEG_EBPF, "", 0);
	pkg_finish(pkg, KEY_OWNER);
	EXPECT_EQ(0, pkg_verify(pkg, ctl, NULL, NULL));
}

/* ---- what the package needs */

BUILT_WITH(required_too_little, RVF_REASON_REQUIRED, ANY)
{
	pkg->more_memory = -1;
}

UNSUPPORTED(required_flags, RVF_REASON_UNSUPPORTED, ANY, RVF_VERIFY_CAPABILITIES_INSUFFICIENT)
{
	pkg->m_required->flags = htole32(1);
}

CHANGED(required_reserved, RVF_REASON_RESERVED, ANY)
{
	pkg->m_required->reserved = htole32(1);
}

CHANGED(required_reserved2, RVF_REASON_RESERVED, ANY)
{
	pkg->m_required->reserved2 = htole64(1);
}

TEST_HARNESS_MAIN
