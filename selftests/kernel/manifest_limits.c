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

TEST_HARNESS_MAIN
