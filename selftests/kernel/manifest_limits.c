// SPDX-License-Identifier: GPL-2.0-only
/*
 * How much a manifest may hold: at each limit it is accepted, one above it is
 * refused. The limits of RVF_MOUNT's arguments work the same way.
 */
#include "kselftest_harness.h"
#include "rule.h"

static const char *numbered(const char *prefix, unsigned int number)
{
	char *name;

	must(asprintf(&name, "%s%u", prefix, number));
	return name;
}

static void components_up_to(struct pkg *pkg, unsigned int count)
{
	while (pkg->n_components < count) {
		unsigned int c = pkg_component(pkg, numbered("c", pkg->n_components), SEG_KERNEL);

		pkg->components[c].entry.kind = htole32(RVF_COMPONENT_KERNEL);
	}
}

/* The package has three tasks and a guest kernel */
static void tasks_up_to(struct pkg *pkg, unsigned int count)
{
	for (unsigned int tasks = 3; tasks < count; tasks++)
		pkg_component(pkg, numbered("t", tasks), SEG_IMAGE);
}

static void regions_up_to(struct pkg *pkg, unsigned int count)
{
	while (pkg->n_regions < count)
		pkg_append_only(pkg, numbered("r", pkg->n_regions), 1);
}

static void queues_up_to(struct pkg *pkg, unsigned int count)
{
	while (pkg->n_queues < count)
		pkg_queue(pkg, numbered("q", pkg->n_queues), 1, 1);
}

static void segments_up_to(struct pkg *pkg, unsigned int count)
{
	while (pkg->n_segments < count)
		pkg_segment(pkg, RVF_SEG_WASM, "", 0);
}

/* Component 0 has three grants, of which one is for a queue */
static void grants_up_to(struct pkg *pkg, unsigned int count)
{
	queues_up_to(pkg, count);
	for (unsigned int queue = 1; queue <= count - 3; queue++)
		pkg_grant(pkg, 0, RVF_OBJECT_QUEUE, queue, RVF_RIGHT_READ, 0);
}

#define LIMIT(name, reason, index, limit, fill)                                                 \
	RULE_VARIANT(name, before, EDQUOT, reason, index, RVF_VERIFY_CAPABILITIES_INSUFFICIENT) \
	{                                                                                       \
		fill(pkg, (limit) + 1);                                                         \
	}                                                                                       \
	TEST(name##_at_the_limit)                                                               \
	{                                                                                       \
		int ctl = ctl_open();                                                           \
		struct pkg *pkg = rule_package();                                               \
		struct rvf_mount arg;                                                           \
		int result;                                                                     \
                                                                                                \
		key_trust(ctl, KEY_OWNER);                                                      \
		fill(pkg, limit);                                                               \
		pkg_finish(pkg, KEY_OWNER);                                                     \
		result = pkg_verify(pkg, ctl, NULL, &arg);                                      \
		EXPECT_EQ(0, result)                                                            \
		{                                                                               \
			TH_LOG("reason %u, index %u", arg.out_reason, arg.out_index);           \
		}                                                                               \
		result = pkg_mount(pkg, ctl, NULL, NULL);                                       \
		EXPECT_LE(0, result);                                                           \
		close(result);                                                                  \
	}

LIMIT(components, RVF_REASON_LIMIT_COMPONENTS, ANY, RVF_MAX_COMPONENTS, components_up_to)
LIMIT(tasks, RVF_REASON_LIMIT_TASKS, ANY, RVF_MAX_TASKS, tasks_up_to)
LIMIT(regions, RVF_REASON_LIMIT_REGIONS, ANY, RVF_MAX_REGIONS, regions_up_to)
LIMIT(queues, RVF_REASON_LIMIT_QUEUES, ANY, RVF_MAX_QUEUES, queues_up_to)
LIMIT(segments, RVF_REASON_LIMIT_SEGMENTS, ANY, RVF_MAX_SEGMENTS, segments_up_to)
LIMIT(grants, RVF_REASON_LIMIT_GRANTS, 0, RVF_MAX_GRANTS, grants_up_to)

/* The table's length is looked at before its entries */
RULE_VARIANT(deps, before, EDQUOT, RVF_REASON_LIMIT_DEPS, ANY, RVF_VERIFY_CAPABILITIES_INSUFFICIENT)
{
	while (pkg->n_deps <= RVF_MAX_DEPENDENCIES)
		pkg_depends(pkg, 2, pkg->n_deps % 2);
}

/* Every task needs every one before it */
TEST(most_deps)
{
	int ctl = ctl_open();
	struct pkg *pkg = rule_package();
	struct rvf_mount arg;

	key_trust(ctl, KEY_OWNER);
	tasks_up_to(pkg, RVF_MAX_TASKS);
	for (unsigned int c = 4; c < pkg->n_components; c++) {
		for (unsigned int on = 0; on < c; on++) {
			/* Number 3 is a guest kernel */
			if (on != 3)
				pkg_depends(pkg, c, on);
		}
	}
	pkg_finish(pkg, KEY_OWNER);
	EXPECT_EQ(0, pkg_verify(pkg, ctl, NULL, &arg))
	{
		TH_LOG("reason %u, index %u", arg.out_reason, arg.out_index);
	}
}

#define TOO_LARGE(name, index)                                            \
	RULE_VARIANT(name, before, EDQUOT, RVF_REASON_LIMIT_BYTES, index, \
		     RVF_VERIFY_CAPABILITIES_INSUFFICIENT)

TOO_LARGE(region_too_large, 1)
{
	pkg->regions[1].entry.size = htole64(RVF_MAX_REGION_BYTES + 1);
}

TOO_LARGE(region_huge, 1)
{
	pkg->regions[1].entry.size = htole64(1ull << 63);
	pkg->more_memory = 1ull << 62;
}

/* Its bytes are not even looked for */
RULE_VARIANT(image_too_large, after, EDQUOT, RVF_REASON_LIMIT_BYTES, SEG_IMAGE,
	     RVF_VERIFY_CAPABILITIES_INSUFFICIENT)
{
	pkg->m_segments[SEG_IMAGE].length = htole64(RVF_MAX_IMAGE_BYTES + 1);
	pkg->m_required->min_memory = htole64(1ull << 40);
	pkg_content_hash(pkg);
}

RULE_VARIANT(immutable_too_large, after, EDQUOT, RVF_REASON_LIMIT_BYTES, ANY,
	     RVF_VERIFY_CAPABILITIES_INSUFFICIENT)
{
	pkg->m_segments[SEG_DATA].length = htole64(RVF_MAX_REGION_BYTES + 1);
	pkg->m_regions[0].size = pkg->m_segments[SEG_DATA].length;
	pkg->m_required->min_memory = htole64(1ull << 40);
	pkg_content_hash(pkg);
}

/* ---- before the signature is looked at */

TEST(manifest_too_large)
{
	static uint8_t large[RVF_MAX_MANIFEST + 1];
	int ctl = ctl_open();
	struct pkg *pkg = rule_package();
	const uint32_t lengths[] = { RVF_MAX_MANIFEST + 1, 0x7fffffff, 0xffffffff };
	struct rvf_mount arg;

	key_trust(ctl, KEY_OWNER);
	pkg_finish(pkg, KEY_OWNER);
	for (unsigned int i = 0; i < ARRAY_SIZE(lengths); i++) {
		pkg_mount_arg(pkg, NULL, &arg);
		arg.manifest = (uintptr_t)large;
		arg.manifest_len = lengths[i];
		EXPECT_EQ(-EDQUOT, rvf(ctl, RVF_VERIFY, &arg));
		EXPECT_EQ(RVF_REASON_MANIFEST_SIZE, arg.out_reason);
		EXPECT_EQ(RVF_VERIFY_CAPABILITIES_INSUFFICIENT, arg.out_status);
	}
}

/* Names and types as long as can be, each another one */
static const char *longest_name(char kind, unsigned int number)
{
	char *name = malloc(RVF_MAX_NAME);

	memset(name, 'x', RVF_MAX_NAME - 1);
	name[RVF_MAX_NAME - 1] = '\0';
	name[snprintf(name, RVF_MAX_NAME, "%c%u", kind, number)] = '-';
	return name;
}

static struct pkg *more_than_the_largest(void)
{
	static char args[RVF_MAX_ARGS];
	struct pkg *pkg = pkg_new("largest");
	unsigned int image = pkg_segment(pkg, RVF_SEG_IMAGE, "image", 5);
	unsigned int kernel = pkg_segment(pkg, RVF_SEG_KERNEL, "kernel", 6);

	memset(args, 'a', sizeof(args) - 1);
	for (unsigned int i = 0; i < RVF_MAX_COMPONENTS; i++) {
		bool task = i < RVF_MAX_TASKS;

		pkg_component(pkg, longest_name('c', i), task ? image : kernel);
		if (!task) {
			pkg->components[i].entry.kind = htole32(RVF_COMPONENT_KERNEL);
			continue;
		}
		pkg->components[i].args = args;
		pkg->components[i].args_len = sizeof(args);
		for (unsigned int queue = 0; queue < RVF_MAX_GRANTS; queue++)
			pkg_grant(pkg, i, RVF_OBJECT_QUEUE, queue, RVF_RIGHT_READ, 0);
	}
	for (unsigned int i = 0; i < RVF_MAX_REGIONS; i++)
		pkg_append_only(pkg, longest_name('r', i), 1);
	for (unsigned int i = 0; i < RVF_MAX_QUEUES; i++)
		pkg_queue_type(pkg, pkg_queue(pkg, longest_name('q', i), 1, 1),
			       longest_name('t', i));
	segments_up_to(pkg, RVF_MAX_SEGMENTS);
	pkg_build(pkg);
	return pkg;
}

/* One of exactly so many bytes, of which all is true */
TEST(largest_manifest)
{
	struct pkg *pkg = more_than_the_largest();
	int ctl = ctl_open(), mount;
	struct rvf_mount arg;

	key_trust(ctl, KEY_OWNER);
	ASSERT_LT(RVF_MAX_MANIFEST, pkg->manifest_len);
	for (unsigned int i = 0; i < RVF_MAX_TASKS && pkg->manifest_len > RVF_MAX_MANIFEST; i++) {
		uint32_t more = pkg->manifest_len - RVF_MAX_MANIFEST;
		uint32_t cut = more < RVF_MAX_ARGS - 8 ? more : RVF_MAX_ARGS - 8;

		/* One argument, to the end */
		pkg->components[i].args += cut;
		pkg->components[i].args_len -= cut;
		pkg_build(pkg);
	}
	ASSERT_EQ(RVF_MAX_MANIFEST, pkg->manifest_len);
	pkg_finish(pkg, KEY_OWNER);
	mount = pkg_mount(pkg, ctl, NULL, &arg);
	ASSERT_LE(0, mount)
	{
		TH_LOG("%s, reason %u, index %u", strerror(-mount), arg.out_reason, arg.out_index);
	}
	EXPECT_EQ(RVF_MAX_MANIFEST, mount_info(mount).out_manifest_len);
	close(mount);

	/* With a byte more it is not even verified */
	for (unsigned int i = 0; i < RVF_MAX_TASKS; i++) {
		if (pkg->components[i].args_len == RVF_MAX_ARGS)
			continue;
		pkg->components[i].args--;
		pkg->components[i].args_len++;
		break;
	}
	pkg_finish(pkg, KEY_OWNER);
	EXPECT_EQ(RVF_MAX_MANIFEST + 1, pkg->manifest_len);
	EXPECT_EQ(-EDQUOT, pkg_mount(pkg, ctl, NULL, &arg));
	EXPECT_EQ(RVF_REASON_MANIFEST_SIZE, arg.out_reason);
}

/* ---- RVF_MOUNT's own limits: the package has 4, 3 tasks, 2 and 2 */

static const struct {
	const char *name;
	size_t field;
	uint32_t has;
	unsigned int reason;
} own_limits[] = {
	{ "components", offsetof(struct rvf_mount, max_components), 4,
	  RVF_REASON_LIMIT_COMPONENTS },
	{ "regions", offsetof(struct rvf_mount, max_regions), 2, RVF_REASON_LIMIT_REGIONS },
	{ "queues", offsetof(struct rvf_mount, max_queues), 2, RVF_REASON_LIMIT_QUEUES },
	{ "tasks", offsetof(struct rvf_mount, max_tasks), 3, RVF_REASON_LIMIT_TASKS },
};

TEST(limits_of_mount)
{
	int ctl = ctl_open();
	struct pkg *pkg = rule_package();
	struct rvf_mount arg;

	key_trust(ctl, KEY_OWNER);
	pkg_finish(pkg, KEY_OWNER);
	for (unsigned int i = 0; i < ARRAY_SIZE(own_limits); i++) {
		uint32_t *field = (void *)&arg + own_limits[i].field;

		for (uint32_t limit = 1; limit <= own_limits[i].has + 1; limit++) {
			bool enough = limit >= own_limits[i].has;
			int result;

			pkg_mount_arg(pkg, NULL, &arg);
			*field = limit;
			EXPECT_EQ(enough ? 0 : -EDQUOT, rvf(ctl, RVF_VERIFY, &arg));
			EXPECT_EQ(enough ? RVF_REASON_NONE : own_limits[i].reason, arg.out_reason);
			pkg_mount_arg(pkg, NULL, &arg);
			*field = limit;
			result = rvf(ctl, RVF_MOUNT, &arg);
			EXPECT_EQ(enough ? 0 : -EDQUOT, result);
			if (!result)
				close(arg.out_fd);
		}
	}
}

/* ---- the host's, which can be changed at any time: the same package */

static unsigned int parameter(const char *name)
{
	char path[80];

	snprintf(path, sizeof(path), "/sys/module/rvf/parameters/max_%s", name);
	return read_number(path);
}

static void set_parameter(const char *name, unsigned int value)
{
	char path[80];

	snprintf(path, sizeof(path), "/sys/module/rvf/parameters/max_%s", name);
	write_file(path, "%u", value);
}

/* What RVF_CTL_INFO says of it */
static unsigned int told(int ctl, unsigned int number)
{
	struct rvf_ctl_info info = ctl_info(ctl);
	const unsigned int all[] = { info.out_max_components, info.out_max_regions,
				     info.out_max_queues, info.out_max_tasks };

	return all[number];
}

TEST(limits_of_the_host)
{
	static const unsigned int most[] = { RVF_MAX_COMPONENTS, RVF_MAX_REGIONS, RVF_MAX_QUEUES,
					     RVF_MAX_TASKS };
	int ctl = ctl_open();
	struct pkg *pkg = rule_package();

	key_trust(ctl, KEY_OWNER);
	pkg_finish(pkg, KEY_OWNER);
	for (unsigned int i = 0; i < ARRAY_SIZE(own_limits); i++) {
		const char *name = own_limits[i].name;
		unsigned int before = parameter(name);
		struct rvf_mount arg;
		int result;

		EXPECT_EQ(most[i], before);
		for (uint32_t limit = 0; limit <= own_limits[i].has + 1; limit++) {
			bool enough = limit >= own_limits[i].has;

			set_parameter(name, limit);
			EXPECT_EQ(limit, told(ctl, i));
			/* The caller can ask for less, never for more */
			pkg_mount_arg(pkg, NULL, &arg);
			*(uint32_t *)((char *)&arg + own_limits[i].field) = 1000;
			EXPECT_EQ(enough ? 0 : -EDQUOT, rvf(ctl, RVF_VERIFY, &arg));
			result = pkg_mount(pkg, ctl, NULL, &arg);
			EXPECT_EQ(enough ? RVF_REASON_NONE : own_limits[i].reason, arg.out_reason);
			EXPECT_EQ(enough, result >= 0);
			if (result >= 0)
				close(result);
		}
		/* None is above what the interface has */
		set_parameter(name, most[i] + 1);
		EXPECT_EQ(most[i], told(ctl, i));
		set_parameter(name, ~0u);
		EXPECT_EQ(most[i], told(ctl, i));
		set_parameter(name, before);
	}
}

TEST_HARNESS_MAIN
