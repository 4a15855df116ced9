/* SPDX-License-Identifier: GPL-2.0-only */
/* A mount with a ring and both ends of it, after kselftest_harness.h. */
#ifndef RVF_SELFTESTS_RING_H
#define RVF_SELFTESTS_RING_H

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "util_package.h"

#define SLOTS	6
#define MESSAGE 100

FIXTURE(ring)
{
	int mount;
	int consumer;
	int producer;
	struct rvf_ring_info info;
	struct rvf_ring_end *tail; /* the consumer's page, as it maps it */
	struct rvf_ring_end *head;
};

static inline struct pkg *ring_package(void)
{
	struct pkg *pkg = pkg_usual();

	pkg_ring(pkg, "ring", SLOTS, MESSAGE);
	return pkg;
}

static inline struct rvf_ring_info ring_info(int ring)
{
	struct rvf_ring_info info = { .size = sizeof(info) };

	must_rvf(rvf(ring, RVF_RING_INFO, &info));
	return info;
}

static inline int ring_wake(int ring)
{
	struct rvf_ring_wake wake = { .size = sizeof(wake) };

	return rvf(ring, RVF_RING_WAKE, &wake);
}

static inline void *map_at(int ring, size_t offset, size_t length, int prot)
{
	return mmap(NULL, length, prot, MAP_SHARED, ring, offset);
}

static inline long try_map(int ring, size_t offset, size_t length, int prot, int flags)
{
	void *at = mmap(NULL, length, prot, flags, ring, offset);

	if (at == MAP_FAILED)
		return -errno;
	munmap(at, length);
	return 0;
}

FIXTURE_SETUP(ring)
{
	struct pkg *pkg = ring_package();
	int ctl = ctl_open();

	key_trust(ctl, KEY_OWNER);
	pkg_finish(pkg, KEY_OWNER);
	self->mount = must_rvf(pkg_mount(pkg, ctl, NULL, NULL));
	close(ctl);
	self->consumer = must_rvf(mount_get(self->mount, "ring", RVF_RIGHT_READ));
	self->producer =
		must_rvf(mount_get(self->mount, "ring", RVF_RIGHT_WRITE | RVF_RIGHT_REVOKE));
	self->info = ring_info(self->consumer);
	self->tail = must(map_at(self->consumer, self->info.out_consumer, page_size(),
				 PROT_READ | PROT_WRITE));
	self->head = must(map_at(self->producer, self->info.out_producer, page_size(),
				 PROT_READ | PROT_WRITE));
}

FIXTURE_TEARDOWN(ring)
{
	close(self->mount);
}

/* The words of both ends, in the present epoch */
#define WORDS(h, t)                                                                    \
	do {                                                                           \
		self->head->word = RVF_RING_WORD(self->info.out_epoch, (uint32_t)(h)); \
		self->tail->word = RVF_RING_WORD(self->info.out_epoch, (uint32_t)(t)); \
	} while (0)

/* What a read that does not sleep says */
static inline long count_now(int ring)
{
	uint64_t count;
	long result;

	must(fcntl(ring, F_SETFL, O_NONBLOCK));
	result = sys(read(ring, &count, sizeof(count)));
	must(fcntl(ring, F_SETFL, 0));
	return result == sizeof(count) ? (long)count : result;
}

/* A child that sleeps in a read of an end: its exit code is the errno */
static inline pid_t sleeper(int ring)
{
	pid_t pid = child();
	uint64_t count;

	if (pid == 0)
		_exit(read(ring, &count, sizeof(count)) < 0 ? errno : 0);
	return pid;
}

#endif
