// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mappings of regions by pages of 2 MiB: since Linux 6.12. That it is so shows
 * in the number of page faults: one for all of such a page, else one for each
 * 4 KiB. (/proc does not look into mappings of this kind.)
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "util_package.h"

#define HUGE   (2ul << 20)
#define PAGES  (HUGE / 4096)
#define LENGTH (2 * HUGE + 3 * 4096 - 100)
#define ROOM   (2 * HUGE + 3 * 4096)

static uint8_t *content;

static bool has_huge(void)
{
	unsigned int major, minor;
	struct utsname name;

	must(uname(&name));
	if (sscanf(name.release, "%u.%u", &major, &minor) != 2)
		die("what kernel is %s?", name.release);
	return major > 6 || (major == 6 && minor >= 12);
}

FIXTURE(huge)
{
	int mount;
	int handle;
	uint8_t *mapped;
	unsigned int per_huge; /* faults for 2 MiB */
};

FIXTURE_SETUP(huge)
{
	struct pkg *pkg = pkg_usual();
	int ctl = ctl_open();

	content = malloc(LENGTH);
	for (unsigned long i = 0; i < LENGTH; i++)
		content[i] = i * 7 + i / 4096;
	key_trust(ctl, KEY_OWNER);
	pkg_immutable(pkg, "large", content, LENGTH);
	pkg_slab(pkg, "slab", 64, 64 << 10);
	pkg_finish(pkg, KEY_OWNER);
	self->mount = must_rvf(pkg_mount(pkg, ctl, NULL, NULL));
	self->handle = must_rvf(mount_get(self->mount, "large", 0));
	self->mapped = must(mmap(NULL, ROOM, PROT_READ, MAP_SHARED, self->handle, 0));
	self->per_huge = has_huge() ? 1 : PAGES;
}

FIXTURE_TEARDOWN(huge)
{
	close(self->handle);
	close(self->mount);
	free(content);
}

/* How many faults it takes to read from each of @count pages */
static unsigned int faults(const uint8_t *address, unsigned int count)
{
	struct rusage before, after;

	/* Once before, so that its own memory is there */
	must(getrusage(RUSAGE_SELF, &before));
	must(getrusage(RUSAGE_SELF, &after));
	must(getrusage(RUSAGE_SELF, &before));
	for (unsigned int i = 0; i < count; i++)
		*(const volatile uint8_t *)(address + i * 4096ul);
	must(getrusage(RUSAGE_SELF, &after));
	return after.ru_minflt - before.ru_minflt;
}

static bool all_there(const uint8_t *mapped)
{
	return !memcmp(mapped, content, LENGTH);
}

TEST_F(huge, faults)
{
	/* Where the kernel can choose, it chooses so that they fit */
	if (has_huge())
		EXPECT_EQ(0, (uintptr_t)self->mapped % HUGE);
	EXPECT_EQ(self->per_huge, faults(self->mapped, PAGES));
	EXPECT_EQ(0, faults(self->mapped, PAGES));
	EXPECT_EQ(self->per_huge, faults(self->mapped + HUGE, PAGES));
	/* The rest is too short for one */
	EXPECT_EQ(3, faults(self->mapped + 2 * HUGE, 3));
	EXPECT_TRUE(all_there(self->mapped));
	for (unsigned long at = LENGTH; at < ROOM; at++)
		ASSERT_EQ(0, self->mapped[at]);
}

/* Where it does not fit, small pages do */
TEST_F(huge, not_aligned)
{
	uint8_t *place = must(mmap(NULL, 4 * HUGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	uint8_t *mapped;

	place += HUGE - (uintptr_t)place % HUGE;
	mapped = must(mmap(place + 4096, ROOM, PROT_READ, MAP_SHARED | MAP_FIXED, self->handle, 0));
	EXPECT_EQ(PAGES, faults(mapped + HUGE, PAGES));
	EXPECT_TRUE(all_there(mapped));
	/* From the middle of a run: only the second one is whole */
	mapped = must(mmap(place + 4096, ROOM - 4096, PROT_READ, MAP_SHARED | MAP_FIXED,
			   self->handle, 4096));
	EXPECT_EQ(PAGES - 1, faults(mapped, PAGES - 1));
	EXPECT_EQ(self->per_huge, faults(place + HUGE, PAGES));
	EXPECT_EQ(0, memcmp(mapped, content + 4096, LENGTH - 4096));
	/* And its end before the run's */
	mapped = must(mmap(place, HUGE - 4096, PROT_READ, MAP_SHARED | MAP_FIXED, self->handle, 0));
	EXPECT_EQ(PAGES - 1, faults(mapped, PAGES - 1));
	EXPECT_EQ(0, memcmp(mapped, content, HUGE - 4096));
}

/* Parts of it go, are protected or move; what stays has the right bytes */
TEST_F(huge, in_parts)
{
	uint8_t *moved;

	EXPECT_TRUE(all_there(self->mapped));
	EXPECT_EQ(0, munmap(self->mapped + 8192, 4096));
	EXPECT_EQ(-2, peek(self->mapped + 8192));
	EXPECT_EQ(0, memcmp(self->mapped, content, 8192));
	EXPECT_EQ(0, memcmp(self->mapped + 12288, content + 12288, LENGTH - 12288));
	EXPECT_EQ(0, mprotect(self->mapped + HUGE + 4096, 4096, PROT_NONE));
	EXPECT_EQ(-2, peek(self->mapped + HUGE + 4096));
	EXPECT_EQ(content[HUGE + 8192], peek(self->mapped + HUGE + 8192));
	EXPECT_EQ(0, mprotect(self->mapped + HUGE + 4096, 4096, PROT_READ));
	EXPECT_EQ(-EACCES, sys(mprotect(self->mapped + HUGE, HUGE, PROT_READ | PROT_WRITE)));
	EXPECT_EQ(content[HUGE + 4096], peek(self->mapped + HUGE + 4096));
	moved = mremap(self->mapped + HUGE, HUGE, HUGE, MREMAP_MAYMOVE | MREMAP_FIXED,
		       (void *)0x300000000000);
	if (moved != MAP_FAILED) {
		EXPECT_EQ(0, memcmp(moved, content + HUGE, HUGE));
		EXPECT_EQ(-2, poke(moved, 'x'));
	}
	EXPECT_EQ(-2, poke(self->mapped, 'x'));
}

TEST_F(huge, revoked)
{
	int other = must_rvf(mount_get(self->mount, "large", RVF_RIGHT_READ));
	uint8_t *others = must(mmap(NULL, ROOM, PROT_READ, MAP_SHARED, other, 0));
	int ready[2], go[2];
	char byte;
	pid_t pid;

	EXPECT_TRUE(all_there(self->mapped));
	EXPECT_TRUE(all_there(others));
	must(pipe(ready));
	must(pipe(go));
	pid = child();
	if (pid == 0) {
		/* Its own, too */
		if (!all_there(self->mapped))
			_exit(1);
		must(write(ready[1], "r", 1));
		must(read(go[0], &byte, 1));
		_exit(peek(self->mapped) == -1 && peek(self->mapped + HUGE + 4096) == -1 ? 0 : 2);
	}
	must(read(ready[0], &byte, 1));
	EXPECT_EQ(1, handle_revoke(self->handle, 0));
	must(write(go[1], "g", 1));
	for (unsigned long at = 0; at < ROOM; at += 31 * 4096)
		EXPECT_EQ(-1, peek(self->mapped + at));
	EXPECT_EQ(0, reap(pid));
	EXPECT_TRUE(all_there(others));
}

/* None is entered while its handle is being revoked */
TEST_F_TIMEOUT(huge, revoked_against_faults, 60)
{
	volatile unsigned int *turn =
		must(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
	uint64_t end = now_ms() + 5000;

	for (unsigned int round = 0; now_ms() < end; round++) {
		int derived = must_rvf(handle_derive(self->handle, RVF_RIGHT_READ, 0));
		uint8_t *mapped = must(mmap(NULL, ROOM, PROT_READ, MAP_SHARED, derived, 0));
		pid_t pid;

		*turn = 0;
		pid = child();
		if (pid == 0) {
			while (!*turn) {
				peek(mapped + 4096);
				peek(mapped + HUGE);
				/* Splits and so clears them: the next touch faults */
				mprotect(mapped, 4096, round % 2 ? PROT_READ : PROT_NONE);
				mprotect(mapped, 4096, PROT_READ);
			}
			_exit(peek(mapped + 4096) != -1 || peek(mapped + HUGE) != -1);
		}
		for (unsigned int i = 0; i < round % 50 * 400; i++)
			asm volatile("pause");
		EXPECT_EQ(1, handle_revoke(self->handle, RVF_REVOKE_DERIVED));
		*turn = 1;
		EXPECT_EQ(0, reap(pid));
		munmap(mapped, ROOM);
		close(derived);
	}
}

/* A slab's, which can be written */
TEST_F(huge, written)
{
	int slab = must_rvf(mount_get(self->mount, "slab", 0));
	int reader = must_rvf(mount_get(self->mount, "slab", RVF_RIGHT_READ));
	uint8_t *mapped = must(mmap(NULL, 2 * HUGE, PROT_READ | PROT_WRITE, MAP_SHARED, slab, 0));
	uint8_t *shown = must(mmap(NULL, 2 * HUGE, PROT_READ, MAP_SHARED, reader, 0));

	EXPECT_EQ(0, peek(shown + 5000));
	EXPECT_EQ('x', poke(mapped + 5000, 'x'));
	EXPECT_EQ(self->per_huge - 1, faults(mapped, PAGES));
	EXPECT_EQ('x', peek(shown + 5000));
	EXPECT_EQ(-2, poke(shown + 5000, 'y'));
	EXPECT_EQ(0, peek(mapped + HUGE));
	EXPECT_EQ('z', poke(mapped + HUGE, 'z'));
	EXPECT_EQ('z', peek(shown + HUGE));
	/* Read first where it could not be written, then where it could */
	EXPECT_EQ(0, mprotect(mapped, 2 * HUGE, PROT_READ));
	EXPECT_EQ(-2, poke(mapped, 'w'));
	EXPECT_EQ(0, mprotect(mapped, 2 * HUGE, PROT_READ | PROT_WRITE));
	EXPECT_EQ('w', poke(mapped, 'w'));
	EXPECT_EQ('w', peek(shown));
}

TEST_HARNESS_MAIN
