// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether a mount costs the same among many as among few, and a region the
 * same in a mount of many as in one of few; and what a mount holds of memory.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rvf/device.h>
#include <rvf/package.h>

#include "bench.h"
#include "charged.h"
#include "mounts.h"

#define CROWD	 1000
#define MEASURED 100

/**
 * struct crowd - Mounts with names, of one package
 * @package: It.
 * @count: How many there are.
 */
struct crowd {
	struct rvf_package *package;
	unsigned int count;
};

static const char *name_of(unsigned int number)
{
	static char name[32];

	snprintf(name, sizeof(name), "/bench/crowd-%u", number);
	return name;
}

/* Mounts more, up to @count. */
static int grow(struct crowd *crowd, unsigned int count)
{
	struct rvf_mount_result result;

	while (crowd->count < count) {
		int ret = rvf_mount_package(control_fd(), crowd->package, name_of(crowd->count),
					    NULL, &result, NULL);

		if (ret < 0)
			return ret;
		close(result.fd);
		crowd->count++;
	}
	return 0;
}

static int shrink(struct crowd *crowd)
{
	while (crowd->count) {
		int mount = rvf_open_mount(control_fd(), name_of(crowd->count - 1), NULL);

		if (mount < 0)
			return mount;
		unmount(mount);
		crowd->count--;
	}
	return 0;
}

static double time_growth(struct crowd *crowd, unsigned int from)
{
	int ret = crowd->count > from ? shrink(crowd) : 0;
	uint64_t started;

	if (ret == 0)
		ret = grow(crowd, from);
	started = now_ns();
	if (ret == 0)
		ret = grow(crowd, from + MEASURED);
	return ret < 0 ? ret : (now_ns() - started) / 1e3 / MEASURED;
}

static double first_us(void *data)
{
	return time_growth(data, 0);
}

static double last_us(void *data)
{
	return time_growth(data, CROWD - MEASURED);
}

static void measure_crowd(struct bench *bench)
{
	static struct crowd crowd;
	unsigned int first = bench->row_count;
	struct row *few, *many;

	crowd.package = load_package(in_dir(bench, "regions8.rvf"));
	many = row_add(bench, "mount of 8 regions, last of 1,000", "us", last_us, &crowd);
	few = row_add(bench, "mount of 8 regions, first of 1,000", "us", first_us, &crowd);
	many->peer = few;
	many->target = 1.2;
	row_note(many, "mounts 901 to 1,000, with names, %d in one value", MEASURED);
	row_note(few, "mounts 1 to 100 likewise");
	if (!crowd.package) {
		row_skip(many, "the package cannot be loaded");
		row_skip(few, "the package cannot be loaded");
	}
	measure_rounds(bench, first, bench->instructions ? 1 : 5);
	if (shrink(&crowd) < 0)
		row_note(many, "mounts are left");
	rvf_package_free(crowd.package);
}

/**
 * struct step - Two packages that differ in their number of regions
 * @small: The one with fewer.
 * @large: The other.
 * @regions: By so many.
 */
struct step {
	struct rvf_package *small;
	struct rvf_package *large;
	unsigned int regions;
};

static int64_t mount_ns(struct rvf_package *package)
{
	uint64_t started = now_ns();
	int mount = mount_package(package);
	int64_t time = now_ns() - started;

	if (mount < 0)
		return mount;
	unmount(mount);
	return time;
}

/* The least of some tries: a difference of two times doubles what disturbs. */
static double region_us(void *data)
{
	const struct step *step = data;
	int64_t least[2] = { INT64_MAX, INT64_MAX };

	for (int i = 0; i < 10; i++) {
		int64_t time = mount_ns(i % 2 ? step->large : step->small);

		if (time < 0)
			return time;
		if (time < least[i % 2])
			least[i % 2] = time;
	}
	/* Nothing is what noise can make of it, and no error. */
	if (least[1] <= least[0])
		return 0;
	return (least[1] - least[0]) / 1e3 / step->regions;
}

static void measure_regions(struct bench *bench)
{
	static struct step lower, upper;
	unsigned int first = bench->row_count;
	struct rvf_package *packages[3] = {
		load_package(in_dir(bench, "regions8.rvf")),
		load_package(in_dir(bench, "regions128.rvf")),
		load_package(in_dir(bench, "regions256.rvf")),
	};
	struct row *few, *many;

	lower = (struct step){ packages[0], packages[1], 120 };
	upper = (struct step){ packages[1], packages[2], 128 };
	many = row_add(bench, "one of regions 129 to 256", "us", region_us, &upper);
	few = row_add(bench, "one of regions 9 to 128", "us", region_us, &lower);
	many->peer = few;
	many->target = 1.2;
	row_note(many, "a mount of 256 regions less one of 128, by their number");
	row_note(few, "a mount of 128 regions less one of 8, by their number");
	if (!packages[0] || !packages[1] || !packages[2]) {
		row_skip(many, "the packages cannot be loaded");
		row_skip(few, "the packages cannot be loaded");
	}
	measure_rounds(bench, first, bench->instructions ? 1 : 9);
	for (int i = 0; i < 3; i++)
		rvf_package_free(packages[i]);
}

/* ---- memory */

static double idle_kib(void *data)
{
	struct crowd crowd = { data, 0 };
	struct charges before, after;
	int ret;

	/* What is made once is there afterwards. */
	ret = grow(&crowd, MEASURED);
	if (ret == 0)
		ret = charges_now(&before);
	if (ret == 0)
		ret = grow(&crowd, CROWD);
	if (ret == 0)
		ret = charges_now(&after);
	if (shrink(&crowd) < 0 && ret == 0)
		ret = -EIO;
	return ret < 0 ? ret : (after.all - before.all) / (CROWD - MEASURED);
}

static void measure_memory(struct bench *bench)
{
	unsigned int first = bench->row_count;
	struct rvf_package *package = load_package(in_dir(bench, "small.rvf"));
	struct row *row = row_add(bench, "memory of an idle mount", "KiB", idle_kib, package);
	int ret;

	row_note(row, "a package of one component and a region of 4 KiB, mounted 900 times: the"
		      " growth of memory.current, by their number");
	ret = charges_begin();
	if (ret < 0)
		row_skip(row, "not measured: no cgroup: %s", strerror(-ret));
	if (!package)
		row_skip(row, "the package cannot be loaded");
	measure_rounds(bench, first, 1);
	charges_end();
	rvf_package_free(package);
}

void bench_crowd(struct bench *bench)
{
	measure_crowd(bench);
	measure_regions(bench);
	if (!bench->instructions)
		measure_memory(bench);
}
