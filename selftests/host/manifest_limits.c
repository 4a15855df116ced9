// SPDX-License-Identifier: GPL-2.0-only
/* As much as a manifest may hold, and one more; dependencies of all shapes. */
#include <errno.h>
#include "entries.h"
#include "files.h"
#include "fixture.h"
#include "tap.h"

static __u32 image, kernel;

static struct rvf_builder *begin(void)
{
	struct rvf_builder *b = empty_builder();

	image = rvf_builder_segment(b, RVF_SEG_IMAGE, test_file("image", "ELF", 3), NULL);
	kernel = rvf_builder_segment(b, RVF_SEG_KERNEL, test_file("kernel", "boot", 4), NULL);
	return b;
}

/* What the parser says of it: 0 or a reason. */
static __u32 reason_of(struct rvf_builder *b, __u32 *index)
{
	struct rvf_error e = { 0 };
	size_t length;
	void *data;
	int err = rvf_builder_manifest(b, &data, &length, &e);

	if (!err)
		free(data);
	if (!!err != !!e.reason || e.err != -err)
		tap_ok(false, "an error that is whole: %d, %u, %s", err, e.reason, e.what);
	*index = e.index;
	rvf_builder_free(b);
	return e.reason;
}

static void expect(struct rvf_builder *b, __u32 wanted, const char *name)
{
	__u32 index, reason = reason_of(b, &index);

	if (!tap_ok(reason == wanted, "%s: %s", wanted ? "refused" : "allowed", name))
		printf("# reason %u of %u, not %u\n", reason, index, wanted);
}

static void expect_at(struct rvf_builder *b, __u32 wanted, __u32 wanted_index, const char *name)
{
	__u32 index, reason = reason_of(b, &index);

	if (!tap_ok(reason == wanted && index == wanted_index, "refused: %s", name))
		printf("# reason %u of %u, not %u of %u\n", reason, index, wanted, wanted_index);
}

static void add_components(struct rvf_builder *b, unsigned int tasks, unsigned int kernels)
{
	for (unsigned int i = 0; i < tasks + kernels; i++) {
		struct rvf_component_spec spec;
		char name[16];

		snprintf(name, sizeof(name), "c%u", i);
		spec = plain_component(name, i < tasks ? image : kernel);
		if (i >= tasks)
			spec.kind = RVF_COMPONENT_KERNEL;
		if (rvf_builder_component(b, &spec) != (int)i)
			tap_need(false, "rvf_builder_component");
	}
}

static struct rvf_builder *with_components(unsigned int tasks, unsigned int kernels)
{
	struct rvf_builder *b = begin();

	add_components(b, tasks, kernels);
	return b;
}

static struct rvf_builder *with_objects(unsigned int regions, unsigned int queues)
{
	struct rvf_builder *b = begin();
	char name[16];

	for (unsigned int i = 0; i < regions; i++) {
		snprintf(name, sizeof(name), "r%u", i);
		rvf_builder_append_only(b, name, 1);
	}
	for (unsigned int i = 0; i < queues; i++) {
		snprintf(name, sizeof(name), "q%u", i);
		rvf_builder_queue(b, name, 1, 1, NULL);
	}
	return b;
}

static struct rvf_builder *with_slab(unsigned int slots, __u64 slot_size)
{
	struct rvf_builder *b = begin();

	rvf_builder_slab(b, "slab", slots, slot_size);
	return b;
}

static void test_slabs(void)
{
	expect(with_slab(1, 1), 0, "a slab of one slot of one byte");
	expect(with_slab(RVF_MAX_SLOTS, 1), 0, "a slab of 65536 slots");
	expect(with_slab(RVF_MAX_SLOTS + 1, 1), RVF_REASON_REGION, "a slab of 65537 slots");
	expect(with_slab(1, RVF_MAX_SLOT), 0, "a slot of 64 KiB");
	expect(with_slab(1, RVF_MAX_SLOT + 1), RVF_REASON_REGION, "a slot of a byte more");
	expect(with_slab(RVF_MAX_SLOTS, RVF_MAX_REGION_BYTES / RVF_MAX_SLOTS), 0, "1 GiB of slots");
	expect(with_slab(RVF_MAX_SLOTS, RVF_MAX_REGION_BYTES / RVF_MAX_SLOTS + 1),
	       RVF_REASON_LIMIT_BYTES, "more than 1 GiB of slots");
	expect(with_slab(0, 1), RVF_REASON_REGION, "a slab without slots");
}

static struct rvf_builder *with_grants(unsigned int first, unsigned int second)
{
	struct rvf_builder *b = with_objects(40, 0);

	add_components(b, 2, 0);
	for (unsigned int i = 0; i < first; i++)
		rvf_builder_grant(b, 0, RVF_OBJECT_REGION, i, RVF_RIGHT_READ, 0);
	for (unsigned int i = 0; i < second; i++)
		rvf_builder_grant(b, 1, RVF_OBJECT_REGION, i, RVF_RIGHT_READ, 0);
	return b;
}

static struct rvf_builder *with_segments(unsigned int count)
{
	struct rvf_builder *b = empty_builder();
	char name[16];

	for (unsigned int i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "empty%u", i);
		if (rvf_builder_segment(b, RVF_SEG_REGION, test_file(name, "", 0), NULL) != (int)i)
			tap_need(false, "rvf_builder_segment");
	}
	return b;
}

static void test_counts(void)
{
	expect(empty_builder(), 0, "a package with nothing in it");
	expect(with_components(64, 192), 0, "256 components, 64 of them tasks");
	expect_at(with_components(65, 0), RVF_REASON_LIMIT_TASKS, 65, "65 tasks");
	expect_at(with_components(1, 256), RVF_REASON_LIMIT_COMPONENTS, 257, "257 components");
	expect(with_objects(256, 1024), 0, "256 regions and 1024 queues");
	expect_at(with_objects(257, 0), RVF_REASON_LIMIT_REGIONS, 257, "257 regions");
	expect_at(with_objects(0, 1025), RVF_REASON_LIMIT_QUEUES, 1025, "1025 queues");
	expect(with_grants(32, 32), 0, "32 grants each");
	expect_at(with_grants(32, 33), RVF_REASON_LIMIT_GRANTS, 1, "33 grants");
	expect(with_segments(1024), 0, "1024 segments");
	expect_at(with_segments(1025), RVF_REASON_LIMIT_SEGMENTS, 1025, "1025 segments");
}

/* The limits that the caller sets, one below what there is. */
static void test_callers_limits(void)
{
	static const struct {
		struct rvf_manifest_limits limits;
		__u32 reason;
		const char *name;
	} cases[] = {
		{ { 4, 2, 2, 3 }, 0, "exactly what there is" },
		{ { 3, 2, 2, 3 }, RVF_REASON_LIMIT_COMPONENTS, "a component less" },
		{ { 4, 1, 2, 3 }, RVF_REASON_LIMIT_REGIONS, "a region less" },
		{ { 4, 2, 1, 3 }, RVF_REASON_LIMIT_QUEUES, "a queue less" },
		{ { 4, 2, 2, 2 }, RVF_REASON_LIMIT_TASKS, "a task less" },
		{ { 0, 0, 0, 0 }, RVF_REASON_LIMIT_COMPONENTS, "nothing" },
	};
	size_t length;
	void *data = fixture_manifest(&length);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rvf_manifest m;
		__u32 reason, index;
		int err = rvf_manifest_parse(&m, data, length, &cases[i].limits, &reason, &index);

		tap_ok(err == (cases[i].reason ? -EDQUOT : 0) && reason == cases[i].reason,
		       "the caller allows %s", cases[i].name);
	}
	free(data);
}

static struct rvf_builder *with_args(size_t length, unsigned int count)
{
	struct rvf_builder *b = begin();
	struct rvf_component_spec spec = plain_component("c", image);
	const char **args = calloc(count, sizeof(*args));
	char *text = calloc(1, length + 1);

	memset(text, 'x', length);
	for (unsigned int i = 0; i < count; i++)
		args[i] = text;
	spec.args = args;
	spec.n_args = count;
	rvf_builder_component(b, &spec);
	free(text);
	free(args);
	return b;
}

static struct rvf_builder *with_name(size_t length, const char *release)
{
	static const __u8 id[16] = { 1 };
	char name[RVF_MAX_NAME + 2] = "";

	memset(name, 'n', length);
	return rvf_builder_new(id, name, 1, release);
}

static struct rvf_builder *with_type(size_t length)
{
	struct rvf_builder *b = begin();
	char *type = calloc(1, length + 1);

	memset(type, 't', length);
	rvf_builder_queue(b, "q", 1, 1, type);
	free(type);
	return b;
}

static void test_strings(void)
{
	char release[66];

	memset(release, '~', 65);
	release[65] = 0;
	expect(with_args(4095, 1), 0, "4096 bytes of arguments");
	expect(with_args(4096, 1), RVF_REASON_STRING, "4097 bytes of arguments");
	expect(with_args(0, 4096), 0, "4096 empty arguments");
	expect(with_args(0, 4097), RVF_REASON_STRING, "4097 empty arguments");
	expect(with_name(0, NULL), RVF_REASON_STRING, "a name without characters");
	expect(with_name(1, ""), 0, "a name of one");
	expect(with_name(255, "1"), 0, "a name of 255");
	expect(with_name(256, "1"), RVF_REASON_STRING, "a name of 256");
	expect(with_name(1, release), RVF_REASON_STRING, "a release of 65 characters");
	expect(with_name(1, release + 1), 0, "a release of 64 characters");
	expect(with_type(RVF_MAX_NAME), 0, "a type's text of 256 characters");
	expect(with_type(RVF_MAX_NAME + 1), RVF_REASON_STRING, "a type's text of 257 characters");
}

static struct rvf_builder *with_deps(unsigned int n, const __u32 (*deps)[2], size_t count)
{
	struct rvf_builder *b = with_components(n, 0);

	for (size_t i = 0; i < count; i++)
		rvf_builder_dependency(b, deps[i][0], deps[i][1]);
	return b;
}

static struct rvf_builder *with_chain(unsigned int n, bool closed)
{
	struct rvf_builder *b = with_components(n, 0);

	for (unsigned int i = 0; i + 1 < n; i++)
		rvf_builder_dependency(b, i, i + 1);
	if (closed)
		rvf_builder_dependency(b, n - 1, 0);
	return b;
}

/* Everyone needs everyone before it; the most that 64 tasks can have. */
static struct rvf_builder *with_all_deps(unsigned int extra)
{
	struct rvf_builder *b = with_components(64, 0);

	for (unsigned int i = 0; i < 64; i++) {
		for (unsigned int j = 0; j < i; j++)
			rvf_builder_dependency(b, i, j);
	}
	for (unsigned int i = 0; i < extra; i++)
		rvf_builder_dependency(b, 63, i % 63);
	return b;
}

static void test_dependencies(void)
{
	static const __u32 diamond[][2] = { { 0, 1 }, { 0, 2 }, { 1, 3 }, { 2, 3 } };
	static const __u32 pair[][2] = { { 1, 2 }, { 2, 1 } };
	static const __u32 behind[][2] = { { 0, 1 }, { 1, 2 }, { 2, 3 }, { 3, 2 } };
	static const __u32 itself[][2] = { { 2, 2 } };
	static const __u32 beyond[][2] = { { 2, 4 } };
	__u32 index;

	expect(with_deps(4, diamond, 4), 0, "a diamond");
	expect(with_chain(64, false), 0, "a chain of 64");
	expect(with_chain(64, true), RVF_REASON_CYCLE, "a ring of 64");
	expect(with_deps(4, pair, 2), RVF_REASON_CYCLE, "two that need each other");
	tap_ok(reason_of(with_deps(4, behind, 4), &index) == RVF_REASON_CYCLE && index < 4,
	       "refused: a chain into a ring");
	expect_at(with_deps(4, itself, 1), RVF_REASON_DEPENDENCY, 2, "one that needs itself");
	expect_at(with_deps(4, beyond, 1), RVF_REASON_DEPENDENCY, 2, "one that needs nobody");
	expect(with_all_deps(0), 0, "64 tasks with all dependencies that they can have");
	expect_at(with_all_deps(1), RVF_REASON_DUPLICATE, 63, "one of them twice");
	expect(with_all_deps(RVF_MAX_DEPENDENCIES + 1 - 63 * 32), RVF_REASON_LIMIT_DEPS,
	       "4097 dependencies");
}

static void test_size(void)
{
	size_t length = RVF_MAX_MANIFEST + 8;
	void *data = calloc(1, length);
	struct rvf_manifest m;
	__u32 reason, index;

	memcpy(data, RVF_M_MAGIC, 4);
	put_number((char *)data + 4, 2, 1);
	put_number((char *)data + offsetof(struct rvf_m_header, length), 4, length);
	tap_ok(parse(&m, data, length, &reason, &index) == -EDQUOT &&
		       reason == RVF_REASON_MANIFEST_SIZE,
	       "refused: more than 1 MiB");
	put_number((char *)data + offsetof(struct rvf_m_header, length), 4, RVF_MAX_MANIFEST);
	tap_ok(parse(&m, data, RVF_MAX_MANIFEST, &reason, &index) == -EBADMSG &&
		       reason == RVF_REASON_LAYOUT,
	       "1 MiB is looked at");
	free(data);
}

static void test_names(void)
{
	static const struct {
		const char *name;
		bool object, mount;
	} cases[] = {
		{ "", false, false },	   { "a", true, false },
		{ "A9._-", true, false },  { "9", true, false },
		{ ".", false, false },	   { "..", false, false },
		{ "a/b", false, false },   { "a b", false, false },
		{ "a\n", false, false },   { "/", false, false },
		{ "/a", false, true },	   { "/a/b.c/D-9_", false, true },
		{ "//a", false, false },   { "/a//b", false, false },
		{ "/a/", false, false },   { "/.", false, false },
		{ "/..", false, false },   { "/a/../b", false, false },
		{ "/a/.b", false, false }, { "/a:b", false, false },
		{ "a/b/", false, false },
	};
	char name[RVF_MAX_NAME + 2];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t length = strlen(cases[i].name);

		tap_ok(rvf_manifest_name_ok(cases[i].name, length) == cases[i].object &&
			       rvf_mount_name_ok(cases[i].name, length) == cases[i].mount,
		       "name %zu is%s a word, is%s a mount name", i, cases[i].object ? "" : " not",
		       cases[i].mount ? "" : " not");
	}
	memset(name, 'x', sizeof(name));
	tap_ok(rvf_manifest_name_ok(name, RVF_MAX_NAME - 1), "a word of 255 bytes");
	tap_ok(!rvf_manifest_name_ok(name, RVF_MAX_NAME), "none of 256");
	name[0] = '/';
	tap_ok(rvf_mount_name_ok(name, RVF_MAX_NAME), "a mount name of 256 bytes");
	name[100] = '/';
	tap_ok(!rvf_mount_name_ok(name, RVF_MAX_NAME + 1), "none of 257");
	tap_ok(!rvf_mount_name_ok("/a\0b", 4), "none with a NUL");
}

static void test_types(void)
{
	tap_equal(rvf_type_id(NULL), 0, "no type");
	tap_equal(rvf_type_id(""), 0, "no type's text");
	/* printf sample/1 | sha256sum */
	tap_equal(rvf_type_id("sample/1"), 0x70ba7156, "the type id of sample/1");
}

int main(void)
{
	tap_begin();
	test_counts();
	test_callers_limits();
	test_slabs();
	test_strings();
	test_dependencies();
	test_size();
	test_names();
	test_types();
	return tap_end();
}
