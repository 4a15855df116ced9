// SPDX-License-Identifier: GPL-2.0-only
/*
 * What it costs to pass a capability on for a while: a handle is derived,
 * revoked and closed. Compared with the least that Linux does for any new fd.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/rvf.h>

#include "bench.h"
#include "mounts.h"

#define REPEATS 2000

static int derive(int handle)
{
	struct rvf_handle_derive arg = {
		.size = sizeof(arg),
		.rights = RVF_RIGHT_READ | RVF_RIGHT_REVOKE,
	};

	return ioctl(handle, RVF_HANDLE_DERIVE, &arg) < 0 ? -errno : arg.out_fd;
}

static int revoke_handle(int handle)
{
	struct rvf_handle_revoke arg = { .size = sizeof(arg) };

	return ioctl(handle, RVF_HANDLE_REVOKE, &arg) < 0 ? -errno : 0;
}

static double derive_us(void *data)
{
	const int *handle = data;
	uint64_t started = now_ns();

	for (int i = 0; i < REPEATS; i++) {
		int derived = derive(*handle);
		int err = derived < 0 ? derived : revoke_handle(derived);

		if (err < 0)
			return err;
		close(derived);
	}
	return (now_ns() - started) / 1e3 / REPEATS;
}

static double derive_mapped_us(void *data)
{
	const int *handle = data;
	uint64_t started = now_ns();

	for (int i = 0; i < REPEATS; i++) {
		int derived = derive(*handle);
		volatile char *map;
		int err;

		if (derived < 0)
			return derived;
		map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, derived, 0);
		if (map == MAP_FAILED)
			return -errno;
		(void)*map;
		err = revoke_handle(derived);
		if (err < 0)
			return err;
		munmap((void *)map, 4096);
		close(derived);
	}
	return (now_ns() - started) / 1e3 / REPEATS;
}

static double eventfd_us(void *data)
{
	uint64_t started = now_ns();

	(void)data;
	for (int i = 0; i < REPEATS; i++) {
		int fd = eventfd(0, EFD_CLOEXEC);

		if (fd < 0)
			return -errno;
		close(fd);
	}
	return (now_ns() - started) / 1e3 / REPEATS;
}

void bench_handles(struct bench *bench)
{
	static int handle;
	unsigned int first = bench->row_count;
	struct row *derived, *mapped, *event;
	int mount = mount_nameless(in_dir(bench, "small.rvf"));

	handle = mount < 0 ? mount : mount_handle(mount, "data", 0);
	derived = row_add(bench, "derive + revoke + close", "us", derive_us, &handle);
	mapped = row_add(bench, "the same with a page mapped", "us", derive_mapped_us, &handle);
	event = row_add(bench, "eventfd + close", "us", eventfd_us, NULL);
	derived->peer = event;
	derived->target = 2.5;
	mapped->peer = event;
	row_note(derived,
		 "RVF_HANDLE_DERIVE of a region's handle, RVF_HANDLE_REVOKE, close(), %d times",
		 REPEATS);
	row_note(mapped, "with mmap(), a read of the page and munmap()");
	row_note(event, "eventfd() and close(), %d times", REPEATS);
	if (handle < 0) {
		row_skip(derived, "the package was not mounted");
		row_skip(mapped, "the package was not mounted");
	}
	measure_rounds(bench, first, bench->instructions ? 3 : 30);
	if (handle >= 0)
		close(handle);
	if (mount >= 0)
		unmount(mount);
}
