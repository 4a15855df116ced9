// SPDX-License-Identifier: GPL-2.0-only
/*
 * Immutable regions: they hold the signed bytes, by no way can they be
 * changed, and a mapping ends with its handle.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "util_package.h"

#define PAGES_LENGTH (DATA_PAGES * 4096)

FIXTURE(region)
{
	int mount;
	int handle;
	uint8_t *mapped;
};

FIXTURE_SETUP(region)
{
	ASSERT_EQ(4096, page_size());
	self->mount = mount_usual(ctl_open());
	self->handle = must_rvf(mount_get(self->mount, "data", 0));
	self->mapped = must(mmap(NULL, PAGES_LENGTH, PROT_READ, MAP_SHARED, self->handle, 0));
}

/* Whatever was tried */
FIXTURE_TEARDOWN(region)
{
	uint8_t bytes[DATA_LENGTH];
	int handle = mount_get(self->mount, "data", RVF_RIGHT_READ);

	if (handle >= 0) {
		EXPECT_EQ(DATA_LENGTH, pread(handle, bytes, sizeof(bytes), 0));
		EXPECT_EQ(0, memcmp(bytes, data_bytes(), sizeof(bytes)));
		close(handle);
	}
	close(self->handle);
	close(self->mount);
}

TEST_F(region, info)
{
	struct rvf_region_info info = { .size = sizeof(info) };

	ASSERT_EQ(0, rvf(self->handle, RVF_REGION_INFO, &info));
	EXPECT_EQ(RVF_REGION_IMMUTABLE, info.out_policy);
	EXPECT_EQ(DATA_LENGTH, info.out_size);
	EXPECT_EQ(DATA_LENGTH, info.out_cursor);
}

TEST_F(region, read)
{
	uint8_t bytes[PAGES_LENGTH];
	static const struct {
		off_t offset;
		size_t length;
		long result;
	} reads[] = {
		{ 0, DATA_LENGTH, DATA_LENGTH },
		{ 0, PAGES_LENGTH, DATA_LENGTH },
		{ 1, 1, 1 },
		{ 4090, 12, 12 },
		{ 4096, 8192, 8192 },
		{ DATA_LENGTH - 1, 10, 1 },
		{ DATA_LENGTH, 10, 0 },
		{ DATA_LENGTH + 1, 10, 0 },
		{ PAGES_LENGTH, 10, 0 },
		{ 1ll << 40, 10, 0 },
		{ INT64_MAX - 20, 10, 0 },
		{ 0, 0, 0 },
		{ -1, 1, -EINVAL },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(reads); i++) {
		memset(bytes, 0xee, sizeof(bytes));
		EXPECT_EQ(reads[i].result,
			  sys(pread(self->handle, bytes, reads[i].length, reads[i].offset)))
		{
			TH_LOG("offset %lld", (long long)reads[i].offset);
		}
		if (reads[i].result <= 0)
			continue;
		EXPECT_EQ(0, memcmp(bytes, data_bytes() + reads[i].offset, reads[i].result));
		if (reads[i].result < PAGES_LENGTH)
			EXPECT_EQ(0xee, bytes[reads[i].result]);
	}
	/* With the file's own offset */
	EXPECT_EQ(100, read(self->handle, bytes, 100));
	EXPECT_EQ(100, read(self->handle, bytes, 100));
	EXPECT_EQ(0, memcmp(bytes, data_bytes() + 100, 100));
	EXPECT_EQ(DATA_LENGTH - 200, read(self->handle, bytes, sizeof(bytes)));
	EXPECT_EQ(0, read(self->handle, bytes, sizeof(bytes)));
	/* Bad buffers */
	EXPECT_EQ(-EFAULT, sys(pread(self->handle, nowhere(), 10, 0)));
	EXPECT_EQ(-EFAULT, sys(pread(self->handle, self->mapped, 10, 0)));
}

TEST_F(region, mapped)
{
	EXPECT_EQ(0, memcmp(self->mapped, data_bytes(), DATA_LENGTH));
	for (int i = DATA_LENGTH; i < PAGES_LENGTH; i++)
		ASSERT_EQ(0, self->mapped[i]);
}

TEST_F(region, map_limits)
{
	/* Whole pages, up to the last one that holds bytes */
	EXPECT_NE(MAP_FAILED, mmap(NULL, 1, PROT_READ, MAP_SHARED, self->handle, 0));
	EXPECT_NE(MAP_FAILED,
		  mmap(NULL, 4096, PROT_READ, MAP_SHARED, self->handle, (DATA_PAGES - 1) * 4096));
	EXPECT_EQ(data_bytes()[4096],
		  *(uint8_t *)mmap(NULL, 4096, PROT_READ, MAP_SHARED, self->handle, 4096));
	EXPECT_GT(0,
		  sys((long)mmap(NULL, PAGES_LENGTH + 1, PROT_READ, MAP_SHARED, self->handle, 0)));
	EXPECT_GT(0,
		  sys((long)mmap(NULL, 4096, PROT_READ, MAP_SHARED, self->handle, PAGES_LENGTH)));
	EXPECT_GT(0, sys((long)mmap(NULL, 8192, PROT_READ, MAP_SHARED, self->handle,
				    (DATA_PAGES - 1) * 4096)));
	EXPECT_GT(0, sys((long)mmap(NULL, 4096, PROT_READ, MAP_SHARED, self->handle, 1ll << 50)));
}

/* Only to be read, and shared */
TEST_F(region, map_modes)
{
	static const struct {
		int prot, flags;
	} modes[] = {
		{ PROT_READ | PROT_WRITE, MAP_SHARED },
		{ PROT_WRITE, MAP_SHARED },
		{ PROT_READ | PROT_EXEC, MAP_SHARED },
		{ PROT_EXEC, MAP_SHARED },
		{ PROT_READ, MAP_PRIVATE },
		{ PROT_READ | PROT_WRITE, MAP_PRIVATE },
		{ PROT_READ | PROT_EXEC, MAP_PRIVATE },
		{ PROT_READ | PROT_WRITE, MAP_SHARED_VALIDATE },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(modes); i++) {
		long result =
			sys((long)mmap(NULL, 4096, modes[i].prot, modes[i].flags, self->handle, 0));

		EXPECT_TRUE(result == -EACCES || result == -EPERM || result == -EINVAL)
		{
			TH_LOG("mode %u: %ld", i, result);
		}
	}
}

TEST_F(region, mprotect)
{
	EXPECT_EQ(-EACCES, sys(mprotect(self->mapped, 4096, PROT_READ | PROT_WRITE)));
	EXPECT_EQ(-EACCES, sys(mprotect(self->mapped, 4096, PROT_WRITE)));
	EXPECT_EQ(-EACCES, sys(mprotect(self->mapped, 4096, PROT_READ | PROT_EXEC)));
	EXPECT_EQ(-2, poke(self->mapped, 1));
	/* Without any access and back */
	EXPECT_EQ(0, mprotect(self->mapped, 4096, PROT_NONE));
	EXPECT_EQ(-2, peek(self->mapped));
	EXPECT_EQ(0, mprotect(self->mapped, 4096, PROT_READ));
	EXPECT_EQ(data_bytes()[0], peek(self->mapped));
}

TEST_F(region, write_to_file)
{
	char byte = 0;
	struct iovec io = { &byte, 1 };
	int source = memfd_with("xyz", 3);
	off_t zero = 0;

	EXPECT_EQ(-EPERM, sys(write(self->handle, &byte, 1)));
	EXPECT_EQ(-EPERM, sys(writev(self->handle, &io, 1)));
	EXPECT_EQ(-ESPIPE, sys(pwrite(self->handle, &byte, 1, 0)));
	EXPECT_GT(0, sys(pwritev2(self->handle, &io, 1, 0, RWF_APPEND)));
	EXPECT_GT(0, sys(ftruncate(self->handle, 0)));
	EXPECT_GT(0, sys(ftruncate(self->handle, 1 << 20)));
	EXPECT_GT(0, sys(fallocate(self->handle, 0, 0, 4096)));
	EXPECT_GT(0, sys(fallocate(self->handle, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
				   4096)));
	EXPECT_GT(0, sys(sendfile(self->handle, source, &zero, 3)));
	EXPECT_GT(0, sys(copy_file_range(source, &zero, self->handle, &zero, 3, 0)));
}

/* An immutable region's handle never has the right to write, whoever asks */
TEST_F(region, write_without_right)
{
	int handle = must_rvf(mount_get(self->mount, "data", RVF_RIGHT_READ | RVF_RIGHT_GRANT));

	EXPECT_EQ(-EACCES, handle_derive(handle, RVF_RIGHT_WRITE, 0));
	EXPECT_GT(0, sys(write(handle, "x", 1)));
}

/* Through /proc/PID/mem, which writes to what mprotect forbids */
TEST_F(region, proc_mem)
{
	int fd = must(open("/proc/self/mem", O_RDWR | O_CLOEXEC));
	char byte = 'x';

	EXPECT_GT(0, sys(pwrite(fd, &byte, 1, (uintptr_t)self->mapped)));
	EXPECT_EQ(data_bytes()[0], self->mapped[0]);
}

TEST_F(region, process_vm_writev)
{
	char byte = 'x';
	struct iovec local = { &byte, 1 }, remote = { self->mapped, 1 };

	EXPECT_EQ(-EFAULT, sys(process_vm_writev(getpid(), &local, 1, &remote, 1, 0)));
	EXPECT_EQ(data_bytes()[0], self->mapped[0]);
}

TEST_F(region, ptrace)
{
	pid_t pid = child();
	int status;

	if (pid == 0) {
		/* The mapping is inherited */
		must(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
		raise(SIGSTOP);
		_exit(memcmp(self->mapped, data_bytes(), DATA_LENGTH) ? 1 : 0);
	}
	must(waitpid(pid, &status, 0));
	ASSERT_TRUE(WIFSTOPPED(status));
	EXPECT_GT(0, sys(ptrace(PTRACE_POKEDATA, pid, self->mapped, (void *)0x4141414141414141)));
	EXPECT_GT(0, sys(ptrace(PTRACE_POKETEXT, pid, self->mapped + 8, NULL)));
	must(ptrace(PTRACE_CONT, pid, NULL, NULL));
	EXPECT_EQ(0, reap(pid));
}

/* By having the kernel write there */
TEST_F(region, as_a_buffer)
{
	int fd = memfd_with("0123456789", 10), pair[2];
	struct iovec io = { self->mapped, 10 };

	must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	EXPECT_EQ(-EFAULT, sys(pread(fd, self->mapped, 10, 0)));
	EXPECT_EQ(-EFAULT, sys(preadv(fd, &io, 1, 0)));
	must(write(pair[0], "0123456789", 10));
	EXPECT_EQ(-EFAULT, sys(recv(pair[1], self->mapped, 10, 0)));
}

/* Pages that are given to others stay ours: vmsplice, and what else pins them */
TEST_F(region, pinning)
{
	struct iovec io = { self->mapped, 4096 };
	int pipes[2], fd = must(memfd_create("direct", MFD_CLOEXEC));

	must(pipe2(pipes, O_CLOEXEC));
	EXPECT_GT(0, sys(vmsplice(pipes[1], &io, 1, 0)));
	EXPECT_GT(0, sys(vmsplice(pipes[1], &io, 1, SPLICE_F_GIFT)));
	/* A plain write of it works: that copies */
	EXPECT_EQ(4096, write(fd, self->mapped, 4096));
}

TEST_F(region, madvise)
{
	static const int advice[] = {
		MADV_DONTNEED, MADV_REMOVE,  MADV_FREE,		  MADV_WIPEONFORK, MADV_MERGEABLE,
		MADV_COLD,     MADV_PAGEOUT, MADV_HUGEPAGE,	  MADV_DONTFORK,   MADV_DOFORK,
		MADV_WILLNEED, MADV_DODUMP,  MADV_POPULATE_WRITE,
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(advice); i++) {
		madvise(self->mapped, PAGES_LENGTH, advice[i]);
		EXPECT_EQ(0, memcmp(self->mapped, data_bytes(), DATA_LENGTH));
	}
	/* A child does not get at it with other bytes either */
	EXPECT_EQ(0, in_child(memcmp(self->mapped, data_bytes(), DATA_LENGTH) ? 1 : 0));
	EXPECT_GT(0, sys(madvise(self->mapped, 4096, MADV_POPULATE_WRITE)));
}

TEST_F(region, mremap)
{
	uint8_t *moved;

	/* Longer than the region, or a second view, is none */
	EXPECT_EQ(MAP_FAILED,
		  mremap(self->mapped, PAGES_LENGTH, PAGES_LENGTH + 4096, MREMAP_MAYMOVE));
	moved = mremap(self->mapped, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED,
		       (void *)0x300000000000);
	if (moved != MAP_FAILED) {
		EXPECT_EQ(data_bytes()[0], peek(moved));
		EXPECT_EQ(-2, poke(moved, 1));
		EXPECT_EQ(-EACCES, sys(mprotect(moved, 4096, PROT_READ | PROT_WRITE)));
		/* It is found when it is revoked */
		EXPECT_EQ(1, handle_revoke(self->handle, 0));
		EXPECT_EQ(-1, peek(moved));
	}
}

/* What is cut out of a mapping, or put over it, leaves the rest as it is */
TEST_F(region, partial)
{
	must(munmap(self->mapped + 4096, 4096));
	EXPECT_EQ(-2, peek(self->mapped + 4096));
	EXPECT_EQ(data_bytes()[0], peek(self->mapped));
	EXPECT_EQ(data_bytes()[8192], peek(self->mapped + 8192));
	must(mmap(self->mapped + 8192, 4096, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	EXPECT_EQ(0, peek(self->mapped + 8192));
	EXPECT_EQ(1, poke(self->mapped + 8192, 1));
	EXPECT_EQ(data_bytes()[3 * 4096], peek(self->mapped + 3 * 4096));
}

/* ---- revoking takes mappings away */

TEST_F(region, sigbus)
{
	uint8_t *second = must(mmap(NULL, PAGES_LENGTH, PROT_READ, MAP_SHARED, self->handle, 0));
	int other = must_rvf(mount_get(self->mount, "data", RVF_RIGHT_READ));
	uint8_t *others = must(mmap(NULL, PAGES_LENGTH, PROT_READ, MAP_SHARED, other, 0));
	uint8_t bytes[16];
	int pipes[2];

	/* Pages 0 and 1 were touched, the others never */
	EXPECT_EQ(data_bytes()[0], peek(self->mapped));
	EXPECT_EQ(data_bytes()[4096], peek(self->mapped + 4096));
	EXPECT_EQ(data_bytes()[0], peek(others));
	EXPECT_EQ(1, handle_revoke(self->handle, 0));
	for (int page = 0; page < DATA_PAGES; page++) {
		EXPECT_EQ(-1, peek(self->mapped + page * 4096));
		EXPECT_EQ(-1, peek(second + page * 4096));
	}
	/* For the kernel on our behalf, it is EFAULT */
	must(pipe2(pipes, O_CLOEXEC));
	EXPECT_EQ(-EFAULT, sys(write(pipes[1], self->mapped, sizeof(bytes))));
	/* Nothing else has changed */
	for (int page = 0; page < DATA_PAGES; page++)
		EXPECT_EQ(data_bytes()[page * 4096], peek(others + page * 4096));
	/* It can be unmapped, and what is left of it */
	EXPECT_EQ(0, munmap(self->mapped + 4096, 4096));
	EXPECT_EQ(-1, peek(self->mapped));
	EXPECT_EQ(0, munmap(second, PAGES_LENGTH));
}

/* By default it ends a process */
TEST_F_SIGNAL(region, sigbus_ends_the_process, SIGBUS)
{
	must_rvf(handle_revoke(self->handle, 0));
	signal(SIGBUS, SIG_DFL);
	_exit(*(volatile uint8_t *)self->mapped);
}

TEST_F(region, sigbus_through_parent)
{
	int derived = must_rvf(handle_derive(self->handle, RVF_RIGHT_READ | RVF_RIGHT_GRANT, 0));
	int deeper = must_rvf(handle_derive(derived, RVF_RIGHT_READ, 0));
	uint8_t *mapped = must(mmap(NULL, 4096, PROT_READ, MAP_SHARED, deeper, 0));

	EXPECT_EQ(data_bytes()[0], peek(mapped));
	/* The mapping lives on without its fd, and ends with its handle all the same */
	close(deeper);
	EXPECT_EQ(data_bytes()[0], peek(mapped));
	EXPECT_EQ(2, handle_revoke(self->handle, RVF_REVOKE_DERIVED));
	EXPECT_EQ(-1, peek(mapped));
	EXPECT_EQ(data_bytes()[0], peek(self->mapped));
}

TEST_F(region, sigbus_in_forked_child)
{
	int ready[2], go[2];
	char byte;
	pid_t pid;

	EXPECT_EQ(data_bytes()[0], peek(self->mapped));
	must(pipe(ready));
	must(pipe(go));
	pid = child();
	if (pid == 0) {
		/* Page 1 is touched here alone, page 2 by nobody */
		if (peek(self->mapped + 4096) != data_bytes()[4096])
			_exit(1);
		must(write(ready[1], "r", 1));
		must(read(go[0], &byte, 1));
		for (int page = 0; page < 3; page++) {
			if (peek(self->mapped + page * 4096) != -1)
				_exit(2 + page);
		}
		_exit(0);
	}
	must(read(ready[0], &byte, 1));
	must_rvf(handle_revoke(self->handle, 0));
	must(write(go[1], "g", 1));
	EXPECT_EQ(0, reap(pid));
}

TEST_F(region, sigbus_after_unmount)
{
	EXPECT_EQ(data_bytes()[0], peek(self->mapped));
	ASSERT_EQ(0, unmount(self->mount, 0));
	ASSERT_TRUE(wait_gone(self->mount));
	for (int page = 0; page < DATA_PAGES; page++)
		EXPECT_EQ(-1, peek(self->mapped + page * 4096));
}

/* When revoke has returned, no page is left, whoever was just touching them */
TEST_F_TIMEOUT(region, revoke_against_faults, 60)
{
	volatile unsigned int *turn =
		must(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
	uint64_t end = now_ms() + 8000;
	unsigned int rounds = 0;

	while (now_ms() < end) {
		int derived = must_rvf(handle_derive(self->handle, RVF_RIGHT_READ, 0));
		uint8_t *mapped = must(mmap(NULL, PAGES_LENGTH, PROT_READ, MAP_SHARED, derived, 0));
		pid_t pid;

		*turn = 0;
		pid = child();
		if (pid == 0) {
			unsigned int late = 0;

			while (!*turn) {
				for (int page = 0; page < DATA_PAGES; page++)
					peek(mapped + page * 4096);
				/* So that the next round faults again */
				madvise(mapped, PAGES_LENGTH, MADV_DONTNEED);
			}
			for (int page = 0; page < DATA_PAGES; page++)
				late += peek(mapped + page * 4096) != -1;
			_exit(late);
		}
		for (unsigned int i = 0; i < rounds % 50 * 400; i++)
			asm volatile("pause");
		EXPECT_EQ(1, handle_revoke(self->handle, RVF_REVOKE_DERIVED));
		*turn = 1;
		EXPECT_EQ(0, reap(pid));
		munmap(mapped, PAGES_LENGTH);
		close(derived);
		rounds++;
	}
	fprintf(stderr, "# %u rounds\n", rounds);
	EXPECT_LT(0, rounds);
}

TEST_F(region, poll)
{
	char bytes[DATA_LENGTH];

	EXPECT_EQ(POLLIN, poll_now(self->handle, POLLIN));
	EXPECT_EQ(DATA_LENGTH, read(self->handle, bytes, sizeof(bytes)));
	EXPECT_EQ(0, poll_now(self->handle, POLLIN));
	EXPECT_EQ(0, lseek(self->handle, 0, SEEK_SET));
	EXPECT_EQ(POLLIN, poll_now(self->handle, POLLIN));
	EXPECT_EQ(1, handle_revoke(self->handle, 0));
	EXPECT_TRUE(poll_now(self->handle, POLLIN) & POLLHUP);
}

TEST_HARNESS_MAIN
