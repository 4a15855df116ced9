// SPDX-License-Identifier: GPL-2.0-only
/*
 * Append-only regions: each append whole or not at all, and never changed.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "util_package.h"

FIXTURE(append)
{
	int mount;
	int log;
};

FIXTURE_SETUP(append)
{
	self->mount = mount_usual(ctl_open());
	self->log = must_rvf(mount_get(self->mount, "log", 0));
}

FIXTURE_TEARDOWN(append)
{
	close(self->log);
	close(self->mount);
}

static struct rvf_region_info info_of(int handle)
{
	struct rvf_region_info info = { .size = sizeof(info) };

	must_rvf(rvf(handle, RVF_REGION_INFO, &info));
	return info;
}

static uint64_t cursor(int handle)
{
	return info_of(handle).out_cursor;
}

TEST_F(append, info)
{
	struct rvf_region_info info = info_of(self->log);

	EXPECT_EQ(RVF_REGION_APPEND_ONLY, info.out_policy);
	EXPECT_EQ(LOG_SIZE, info.out_size);
	EXPECT_EQ(0, info.out_cursor);
	EXPECT_EQ(5, write(self->log, "hello", 5));
	EXPECT_EQ(5, cursor(self->log));
}

TEST_F(append, read_back)
{
	char bytes[32];

	EXPECT_EQ(0, pread(self->log, bytes, sizeof(bytes), 0));
	EXPECT_EQ(5, write(self->log, "hello", 5));
	EXPECT_EQ(7, write(self->log, ", world", 7));
	EXPECT_EQ(12, pread(self->log, bytes, sizeof(bytes), 0));
	EXPECT_EQ(0, memcmp(bytes, "hello, world", 12));
	EXPECT_EQ(5, pread(self->log, bytes, sizeof(bytes), 7));
	/* At and beyond the cursor there is nothing */
	EXPECT_EQ(0, pread(self->log, bytes, sizeof(bytes), 12));
	EXPECT_EQ(0, pread(self->log, bytes, sizeof(bytes), 13));
	EXPECT_EQ(0, pread(self->log, bytes, sizeof(bytes), LOG_SIZE));
	EXPECT_EQ(0, pread(self->log, bytes, sizeof(bytes), LOG_SIZE + 1));
	/* The reader's offset is not the writer's */
	EXPECT_EQ(12, read(self->log, bytes, sizeof(bytes)));
	EXPECT_EQ(1, write(self->log, "!", 1));
	EXPECT_EQ(1, read(self->log, bytes, sizeof(bytes)));
	EXPECT_EQ('!', bytes[0]);
	EXPECT_EQ(0, read(self->log, bytes, sizeof(bytes)));
}

TEST_F(append, writev)
{
	struct iovec io[3] = { { "ab", 2 }, { "", 0 }, { "cde", 3 } };
	char bytes[8];

	EXPECT_EQ(5, writev(self->log, io, 3));
	EXPECT_EQ(5, pread(self->log, bytes, sizeof(bytes), 0));
	EXPECT_EQ(0, memcmp(bytes, "abcde", 5));
}

TEST_F(append, not_where_one_wants)
{
	struct iovec io = { "x", 1 };

	EXPECT_EQ(5, write(self->log, "hello", 5));
	EXPECT_EQ(-ESPIPE, sys(pwrite(self->log, "x", 1, 0)));
	EXPECT_EQ(-ESPIPE, sys(pwrite(self->log, "x", 1, 5)));
	EXPECT_EQ(-ESPIPE, sys(pwrite(self->log, "x", 1, 100)));
	EXPECT_EQ(-ESPIPE, sys(pwritev(self->log, &io, 1, 2)));
	EXPECT_EQ(5, cursor(self->log));
	/* Where the file's offset is does not matter */
	EXPECT_EQ(0, lseek(self->log, 0, SEEK_SET));
	EXPECT_EQ(1, write(self->log, "x", 1));
	EXPECT_EQ(6, cursor(self->log));
	EXPECT_GT(0, sys(ftruncate(self->log, 0)));
	EXPECT_GT(0, sys(ftruncate(self->log, 6)));
	EXPECT_EQ(6, cursor(self->log));
}

TEST_F(append, nothing)
{
	EXPECT_EQ(0, sys(write(self->log, "", 0)));
	EXPECT_EQ(0, cursor(self->log));
}

TEST_F(append, full)
{
	static char bytes[LOG_SIZE + 1];

	EXPECT_EQ(-ENOSPC, sys(write(self->log, bytes, LOG_SIZE + 1)));
	EXPECT_EQ(0, cursor(self->log));
	EXPECT_EQ(LOG_SIZE - 10, write(self->log, bytes, LOG_SIZE - 10));
	EXPECT_EQ(-ENOSPC, sys(write(self->log, "0123456789a", 11)));
	EXPECT_EQ(LOG_SIZE - 10, cursor(self->log));
	/* What fits still does */
	EXPECT_EQ(10, write(self->log, "0123456789", 10));
	EXPECT_EQ(LOG_SIZE, cursor(self->log));
	EXPECT_EQ(-ENOSPC, sys(write(self->log, "x", 1)));
	EXPECT_EQ(10, pread(self->log, bytes, sizeof(bytes), LOG_SIZE - 10));
	EXPECT_EQ(0, memcmp(bytes, "0123456789", 10));
}

TEST_F(append, too_large)
{
	struct pkg *pkg = pkg_new("large");
	static char bytes[RVF_MAX_APPEND + 1];
	int ctl = ctl_open(), mount, log;

	key_trust(ctl, KEY_OWNER);
	pkg_append_only(pkg, "large", 3 * RVF_MAX_APPEND);
	pkg_finish(pkg, KEY_OWNER);
	mount = must_rvf(pkg_mount(pkg, ctl, NULL, NULL));
	log = must_rvf(mount_get(mount, "large", 0));
	EXPECT_EQ(-EMSGSIZE, sys(write(log, bytes, RVF_MAX_APPEND + 1)));
	EXPECT_EQ(0, cursor(log));
	EXPECT_EQ(RVF_MAX_APPEND, write(log, bytes, RVF_MAX_APPEND));
	EXPECT_EQ(RVF_MAX_APPEND, cursor(log));
}

/* A buffer that cannot be read, wholly or in part, leaves the cursor where it is */
TEST_F(append, bad_buffer)
{
	char *pages =
		must(mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	struct iovec io[2] = { { "good", 4 }, { nowhere(), 4 } };
	char bytes[16];

	must(munmap(pages + 4096, 4096));
	EXPECT_EQ(4, write(self->log, "safe", 4));
	EXPECT_EQ(-EFAULT, sys(write(self->log, nowhere(), 10)));
	EXPECT_EQ(-EFAULT, sys(write(self->log, pages + 4090, 10)));
	EXPECT_EQ(-EFAULT, sys(writev(self->log, io, 2)));
	EXPECT_EQ(4, cursor(self->log));
	EXPECT_EQ(4, pread(self->log, bytes, sizeof(bytes), 0));
	EXPECT_EQ(4, write(self->log, "next", 4));
	EXPECT_EQ(8, pread(self->log, bytes, sizeof(bytes), 0));
	EXPECT_EQ(0, memcmp(bytes, "safenext", 8));
}

TEST_F(append, mapped)
{
	uint8_t *mapped = must(mmap(NULL, LOG_SIZE, PROT_READ, MAP_SHARED, self->log, 0));
	char bytes[5000];

	EXPECT_EQ(0, mapped[0]);
	EXPECT_EQ(0, mapped[LOG_SIZE - 1]);
	EXPECT_EQ(3, write(self->log, "abc", 3));
	EXPECT_EQ(0, memcmp(mapped, "abc\0", 4));
	memset(bytes, 'x', sizeof(bytes));
	EXPECT_EQ(sizeof(bytes), write(self->log, bytes, sizeof(bytes)));
	EXPECT_EQ('x', mapped[4097]);
	EXPECT_EQ(-2, poke(mapped, 1));
	EXPECT_EQ(-EACCES, sys(mprotect(mapped, 4096, PROT_READ | PROT_WRITE)));
	EXPECT_EQ(-EACCES,
		  sys((long)mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, self->log, 0)));
	EXPECT_EQ(1, handle_revoke(self->log, 0));
	EXPECT_EQ(-1, peek(mapped));
	EXPECT_EQ(-1, peek(mapped + 8192));
}

/* From the region itself: what is appended is what was there */
TEST_F(append, from_its_own_mapping)
{
	uint8_t *mapped = must(mmap(NULL, LOG_SIZE, PROT_READ, MAP_SHARED, self->log, 0));
	char bytes[16];
	long result;

	EXPECT_EQ(4, write(self->log, "abcd", 4));
	EXPECT_EQ('a', mapped[0]);
	result = sys(write(self->log, mapped, 4));
	EXPECT_TRUE(result == 4 || result == -EFAULT);
	EXPECT_EQ(result == 4 ? 8 : 4, pread(self->log, bytes, sizeof(bytes), 0));
	EXPECT_EQ(0, memcmp(bytes, "abcdabcd", result == 4 ? 8 : 4));
}

TEST_F(append, poll)
{
	char bytes[16];
	pid_t pid;

	EXPECT_EQ(0, poll_now(self->log, POLLIN));
	EXPECT_EQ(3, write(self->log, "abc", 3));
	EXPECT_EQ(POLLIN, poll_now(self->log, POLLIN));
	EXPECT_EQ(3, read(self->log, bytes, sizeof(bytes)));
	EXPECT_EQ(0, poll_now(self->log, POLLIN));
	/* A waiting reader is woken */
	pid = child();
	if (pid == 0) {
		sleep_ms(200);
		_exit(write(self->log, "d", 1) == 1 ? 0 : 1);
	}
	EXPECT_EQ(POLLIN, poll_for(self->log, POLLIN, 5000));
	EXPECT_EQ(0, reap(pid));
	EXPECT_EQ(1, read(self->log, bytes, sizeof(bytes)));
	/* And by a revoke */
	pid = child();
	if (pid == 0) {
		sleep_ms(200);
		_exit(handle_revoke(self->log, 0) == 1 ? 0 : 1);
	}
	EXPECT_TRUE(poll_for(self->log, POLLIN, 5000) & POLLHUP);
	EXPECT_EQ(0, reap(pid));
}

/* Appends of many at once: each whole, none lost, none twice */
TEST_F_TIMEOUT(append, many_writers, 60)
{
	enum {
		WRITERS = 6,
		SIZE = 40,
		EACH = LOG_SIZE / SIZE / WRITERS
	};
	uint8_t all[LOG_SIZE];
	unsigned int seen[WRITERS] = { 0 };
	pid_t pids[WRITERS];

	for (int w = 0; w < WRITERS; w++) {
		pids[w] = child();
		if (pids[w] == 0) {
			uint8_t record[SIZE];

			for (int i = 0; i < EACH; i++) {
				memset(record, w << 5 | (i & 31), SIZE);
				record[0] = w;
				record[1] = i;
				record[2] = i >> 8;
				if (write(self->log, record, SIZE) != SIZE)
					_exit(1);
			}
			_exit(0);
		}
	}
	for (int w = 0; w < WRITERS; w++)
		EXPECT_EQ(0, reap(pids[w]));
	ASSERT_EQ(WRITERS * EACH * SIZE, cursor(self->log));
	ASSERT_EQ(WRITERS * EACH * SIZE, pread(self->log, all, sizeof(all), 0));
	for (int at = 0; at < WRITERS * EACH * SIZE; at += SIZE) {
		const uint8_t *record = all + at;
		unsigned int w = record[0], i = record[1] | record[2] << 8;

		ASSERT_GT(WRITERS, w);
		/* Of one writer they are in order */
		ASSERT_EQ(seen[w], i);
		seen[w]++;
		for (int j = 3; j < SIZE; j++)
			ASSERT_EQ((w << 5 | (i & 31)) & 0xff, record[j]);
	}
}

/* A reader of the mapping who looks at the cursor first never sees less than it says */
TEST_F_TIMEOUT(append, cursor_and_bytes, 60)
{
	const volatile uint8_t *mapped =
		must(mmap(NULL, LOG_SIZE, PROT_READ, MAP_SHARED, self->log, 0));
	uint64_t done = 0;
	pid_t pid = child();

	if (pid == 0) {
		for (int i = 0; i < LOG_SIZE / 10; i++) {
			if (write(self->log, "##########", 10) != 10)
				_exit(1);
		}
		_exit(0);
	}
	while (done < LOG_SIZE) {
		uint64_t now = cursor(self->log);

		ASSERT_LE(done, now);
		ASSERT_EQ(0, now % 10);
		for (; done < now; done++)
			ASSERT_EQ('#', mapped[done]);
	}
	EXPECT_EQ(0, reap(pid));
}

TEST_HARNESS_MAIN
