// SPDX-License-Identifier: GPL-2.0-only
/*
 * An immutable region holds the signed bytes for the life of its mount,
 * whatever is tried: from its holder, on a task's mapping from outside, with
 * whatever the kernel offers to reach memory. One test per way; afterwards the
 * bytes are compared as a new handle, our mapping and the task's show them.
 *
 * The guest's side is in vm_memory.c.
 */
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/io_uring.h>
#include <linux/userfaultfd.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "util_package.h"
#include "util_task.h"

#ifndef MADV_SOFT_OFFLINE
#define MADV_SOFT_OFFLINE 101
#endif

#define LENGTH (DATA_PAGES * 4096)

FIXTURE(immutable)
{
	int mount;
	int handle;
	uint8_t *mapped;
	struct task task;
	long theirs; /* where the task has it mapped */
};

FIXTURE_SETUP(immutable)
{
	self->mount = mount_usual(ctl_open());
	self->handle = must_rvf(mount_get(self->mount, "data", 0));
	self->mapped = must(mmap(NULL, LENGTH, PROT_READ, MAP_SHARED, self->handle, 0));
	task_start(&self->task, self->mount, 0);
	self->theirs = must_rvf(task_call(&self->task, SYS_mmap, 0, LENGTH, PROT_READ, MAP_SHARED,
					  must_rvf(task_get(&self->task, "data", 0)), 0));
}

FIXTURE_TEARDOWN(immutable)
{
	int handle = must_rvf(mount_get(self->mount, "data", 0));
	uint8_t bytes[LENGTH];

	EXPECT_EQ(DATA_LENGTH, pread(handle, bytes, LENGTH, 0));
	EXPECT_EQ(0, memcmp(bytes, data_bytes(), DATA_LENGTH));
	for (int at = 0; at < DATA_LENGTH; at += 1111) {
		EXPECT_EQ(data_bytes()[at], peek(self->mapped + at));
		EXPECT_EQ(data_bytes()[at], task_call(&self->task, PROXY_PEEK, self->theirs + at));
	}
	task_kill(&self->task);
	close(handle);
	close(self->handle);
	close(self->mount);
}

/* ---- other processes' ways into a mapping */

TEST_F(immutable, proc_mem)
{
	char path[32];
	int fd;

	for (int at = 0; at < LENGTH; at += 4096) {
		fd = must(open("/proc/self/mem", O_RDWR | O_CLOEXEC));
		EXPECT_GT(0, sys(pwrite(fd, "xxxx", 4, (uintptr_t)self->mapped + at)));
		close(fd);
	}
	snprintf(path, sizeof(path), "/proc/%d/mem", self->task.pid);
	fd = must(open(path, O_RDWR | O_CLOEXEC));
	EXPECT_GT(0, sys(pwrite(fd, "xxxx", 4, self->theirs)));
	EXPECT_GT(0, sys(pwrite(fd, "xxxx", 4, self->theirs + 4096)));
	close(fd);
}

TEST_F(immutable, process_vm_writev)
{
	struct iovec local = { "xxxx", 4 }, ours = { self->mapped, 4 };
	struct iovec theirs = { (void *)self->theirs, 4 };

	EXPECT_EQ(-EFAULT, sys(process_vm_writev(getpid(), &local, 1, &ours, 1, 0)));
	EXPECT_EQ(-EFAULT, sys(process_vm_writev(self->task.pid, &local, 1, &theirs, 1, 0)));
}

TEST_F(immutable, ptrace)
{
	int status;

	must(ptrace(PTRACE_SEIZE, self->task.pid, NULL, NULL));
	must(ptrace(PTRACE_INTERRUPT, self->task.pid, NULL, NULL));
	must(waitpid(self->task.pid, &status, 0));
	ASSERT_TRUE(WIFSTOPPED(status));
	EXPECT_GT(0,
		  sys(ptrace(PTRACE_POKEDATA, self->task.pid, self->theirs, 0x4141414141414141)));
	EXPECT_GT(0, sys(ptrace(PTRACE_POKETEXT, self->task.pid, self->theirs + 4096, 0)));
	must(ptrace(PTRACE_DETACH, self->task.pid, NULL, NULL));
}

TEST_F(immutable, fork)
{
	pid_t pid = child();

	if (pid == 0) {
		for (int at = 0; at < LENGTH; at += 4096) {
			if (peek(self->mapped + at) != data_bytes()[at] ||
			    poke(self->mapped + at, 'x') != -2)
				_exit(1);
		}
		/* With nobody else left who shares it */
		munmap(self->mapped + 4096, LENGTH - 4096);
		if (mprotect(self->mapped, 4096, PROT_READ | PROT_WRITE) != -1 ||
		    poke(self->mapped, 'x') != -2)
			_exit(2);
		_exit(0);
	}
	EXPECT_EQ(0, reap(pid));
}

/* ---- io_uring, which has ways of its own to a buffer */

struct ring {
	int fd;
	uint8_t *sq, *cq;
	struct io_uring_sqe *sqes;
	struct io_uring_params params;
};

static bool ring_begin(struct ring *ring)
{
	struct io_uring_params *p = &ring->params;

	memset(ring, 0, sizeof(*ring));
	ring->fd = syscall(SYS_io_uring_setup, 8, p);
	if (ring->fd < 0)
		return false;
	ring->sq = must(mmap(NULL, p->sq_off.array + p->sq_entries * 4, PROT_READ | PROT_WRITE,
			     MAP_SHARED, ring->fd, IORING_OFF_SQ_RING));
	ring->cq = must(mmap(NULL, p->cq_off.cqes + p->cq_entries * sizeof(struct io_uring_cqe),
			     PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, IORING_OFF_CQ_RING));
	ring->sqes = must(mmap(NULL, p->sq_entries * sizeof(struct io_uring_sqe),
			       PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, IORING_OFF_SQES));
	return true;
}

/* One request's result */
static int ring_do(struct ring *ring, const struct io_uring_sqe *sqe)
{
	const struct io_uring_params *p = &ring->params;
	uint32_t *tail = (uint32_t *)(ring->sq + p->sq_off.tail);
	uint32_t *head = (uint32_t *)(ring->cq + p->cq_off.head);
	uint32_t *array = (uint32_t *)(ring->sq + p->sq_off.array);
	struct io_uring_cqe *cqes = (struct io_uring_cqe *)(ring->cq + p->cq_off.cqes);
	int result;

	ring->sqes[0] = *sqe;
	array[*tail & (p->sq_entries - 1)] = 0;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	must(syscall(SYS_io_uring_enter, ring->fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0));
	result = cqes[*head & (p->cq_entries - 1)].res;
	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
	return result;
}

TEST_F(immutable, io_uring)
{
	int source = memfd_with("0123456789", 10);
	struct iovec buffer = { self->mapped, 4096 };
	struct io_uring_sqe sqe = { 0 };
	struct ring ring;

	if (!ring_begin(&ring))
		SKIP(return, "no io_uring here");
	/* As a buffer that the kernel pins, to be written to at any time */
	EXPECT_GT(0, sys(syscall(SYS_io_uring_register, ring.fd, IORING_REGISTER_BUFFERS, &buffer,
				 1)));
	/* As the destination of a read */
	sqe.opcode = IORING_OP_READ;
	sqe.fd = source;
	sqe.addr = (uintptr_t)self->mapped;
	sqe.len = 10;
	EXPECT_EQ(-EFAULT, ring_do(&ring, &sqe));
	sqe.flags = IOSQE_ASYNC;
	EXPECT_EQ(-EFAULT, ring_do(&ring, &sqe));
	sqe.flags = 0;
	sqe.opcode = IORING_OP_READV;
	sqe.addr = (uintptr_t)&buffer;
	sqe.len = 1;
	EXPECT_EQ(-EFAULT, ring_do(&ring, &sqe));
	sqe.opcode = IORING_OP_READ_FIXED;
	sqe.addr = (uintptr_t)self->mapped;
	sqe.len = 10;
	EXPECT_GT(0, ring_do(&ring, &sqe));
	/* And the region itself as what is written to */
	sqe.opcode = IORING_OP_WRITE;
	sqe.fd = self->handle;
	sqe.addr = (uintptr_t) "xxxx";
	sqe.len = 4;
	EXPECT_GT(0, ring_do(&ring, &sqe));
	sqe.opcode = IORING_OP_FALLOCATE;
	sqe.addr = 4096;
	sqe.len = 0;
	EXPECT_GT(0, ring_do(&ring, &sqe));
	close(ring.fd);
}

TEST_F(immutable, aio)
{
	int source = memfd_with("0123456789", 10);
	struct iocb io = {
		.aio_lio_opcode = IOCB_CMD_PREAD,
		.aio_fildes = source,
		.aio_buf = (uintptr_t)self->mapped,
		.aio_nbytes = 10,
	};
	struct iocb *ios[] = { &io };
	struct io_event event;
	aio_context_t context = 0;

	must(syscall(SYS_io_setup, 1, &context));
	if (syscall(SYS_io_submit, context, 1, ios) == 1) {
		must(syscall(SYS_io_getevents, context, 1, 1, &event, NULL));
		EXPECT_EQ(-EFAULT, event.res);
	}
	/* The events themselves, into it */
	EXPECT_GT(0, sys(syscall(SYS_io_setup, 1, (aio_context_t *)self->mapped)));
	syscall(SYS_io_destroy, context);
}

TEST_F(immutable, userfaultfd)
{
	static const uint64_t modes[] = {
		UFFDIO_REGISTER_MODE_MISSING,
		UFFDIO_REGISTER_MODE_WP,
		UFFDIO_REGISTER_MODE_MINOR,
		UFFDIO_REGISTER_MODE_MISSING | UFFDIO_REGISTER_MODE_WP,
	};
	static uint8_t other[4096] __attribute__((aligned(4096)));
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_copy copy = {
		.dst = (uintptr_t)self->mapped,
		.src = (uintptr_t)other,
		.len = 4096,
	};
	struct uffdio_zeropage zero = { .range = { (uintptr_t)self->mapped, 4096 } };
	int fd = must(syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK));

	must(ioctl(fd, UFFDIO_API, &api));
	/* Where a page is, and where none was touched yet */
	must(munmap(self->mapped, LENGTH));
	self->mapped = must(mmap(NULL, LENGTH, PROT_READ, MAP_SHARED, self->handle, 0));
	copy.dst = zero.range.start = (uintptr_t)self->mapped;
	EXPECT_EQ(data_bytes()[4096], peek(self->mapped + 4096));
	for (unsigned int i = 0; i < ARRAY_SIZE(modes); i++) {
		struct uffdio_register range = {
			.range = { (uintptr_t)self->mapped, LENGTH },
			.mode = modes[i],
		};

		EXPECT_GT(0, sys(ioctl(fd, UFFDIO_REGISTER, &range)));
	}
	EXPECT_GT(0, sys(ioctl(fd, UFFDIO_COPY, &copy)));
	EXPECT_GT(0, sys(ioctl(fd, UFFDIO_ZEROPAGE, &zero)));
	EXPECT_EQ(data_bytes()[0], peek(self->mapped));
	close(fd);
}

/* ---- what can be done to a mapping */

TEST_F(immutable, madvise)
{
	int pidfd = must(syscall(SYS_pidfd_open, getpid(), 0));
	struct iovec range = { self->mapped, LENGTH };

	/* All there are, known to these headers or not */
	for (int advice = 0; advice < 110; advice++) {
		/* Poisoning is not asked of a page, but of the hardware */
		if (advice == MADV_HWPOISON || advice == MADV_SOFT_OFFLINE)
			continue;
		madvise(self->mapped, LENGTH, advice);
		madvise(self->mapped + 4096, 4096, advice);
		syscall(SYS_process_madvise, pidfd, &range, 1, advice, 0);
		for (int at = 0; at < DATA_LENGTH; at += 1000)
			ASSERT_EQ(data_bytes()[at], peek(self->mapped + at));
		ASSERT_EQ(-2, poke(self->mapped, 'x'));
	}
	EXPECT_GT(0, sys(madvise(self->mapped, 4096, MADV_POPULATE_WRITE)));
	EXPECT_GT(0, sys(madvise(self->mapped, 4096, MADV_REMOVE)));
	madvise(self->mapped, LENGTH, MADV_DOFORK);
	EXPECT_EQ(0, in_child(memcmp(self->mapped, data_bytes(), DATA_LENGTH) ? 1 : 0));
	close(pidfd);
}

TEST_F(immutable, mprotect)
{
	static const int ways[] = {
		PROT_WRITE,
		PROT_READ | PROT_WRITE,
		PROT_READ | PROT_EXEC,
		PROT_READ | PROT_WRITE | PROT_EXEC,
		PROT_EXEC,
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(ways); i++) {
		long result = sys(syscall(SYS_pkey_mprotect, self->mapped, 4096, ways[i], -1));

		/* A kernel may be built without it */
		EXPECT_TRUE(result == -EACCES || result == -ENOSYS);
		EXPECT_EQ(-EACCES, sys(mprotect(self->mapped, LENGTH, ways[i])));
		EXPECT_EQ(-EACCES, sys(mprotect(self->mapped + 4096, 4096, ways[i])));
		EXPECT_EQ(-2, poke(self->mapped, 'x'));
	}
}

TEST_F(immutable, mremap)
{
	uint8_t *second = mremap(self->mapped, 0, 4096, MREMAP_MAYMOVE), *moved;

	/* Where the kernel makes a second view of it, it is one of the same kind */
	if (second != MAP_FAILED) {
		EXPECT_EQ(data_bytes()[0], peek(second));
		EXPECT_EQ(-2, poke(second, 'x'));
		EXPECT_EQ(-EACCES, sys(mprotect(second, 4096, PROT_READ | PROT_WRITE)));
	}
	moved = mremap(self->mapped, LENGTH, LENGTH, MREMAP_MAYMOVE | MREMAP_DONTUNMAP);
	if (moved != MAP_FAILED) {
		EXPECT_EQ(data_bytes()[0], peek(moved));
		EXPECT_EQ(-2, poke(moved, 'x'));
		EXPECT_EQ(-2, poke(self->mapped, 'x'));
	}
	EXPECT_EQ(MAP_FAILED, mremap(self->mapped, LENGTH, LENGTH + 4096, MREMAP_MAYMOVE));
	EXPECT_GT(0, sys(remap_file_pages(self->mapped, 4096, PROT_WRITE, 0, 0)));
	remap_file_pages(self->mapped, 4096, 0, 0, 0);
	EXPECT_EQ(-2, poke(self->mapped, 'x'));
}

/* Locking, migrating, merging: none of it copies or replaces a page */
TEST_F(immutable, moved_about)
{
	void *pages[] = { self->mapped, self->mapped + 4096 };
	int nodes[] = { 0, 0 }, status[2];

	mlock(self->mapped, LENGTH);
	munlock(self->mapped, LENGTH);
	syscall(SYS_move_pages, 0, 2, pages, nodes, status, 1 << 2);
	syscall(SYS_mbind, self->mapped, LENGTH, 1, &(unsigned long){ 1 }, 2, 1 << 1);
	EXPECT_EQ(-2, poke(self->mapped, 'x'));
}

/* ---- the file */

TEST_F(immutable, opened_again)
{
	static const int flags[] = { O_RDWR, O_WRONLY, O_RDWR | O_TRUNC, O_RDONLY,
				     O_RDWR | O_DIRECT };
	char paths[3][80];

	snprintf(paths[0], 80, "/proc/self/fd/%d", self->handle);
	snprintf(paths[1], 80, "/proc/self/map_files/%lx-%lx", (unsigned long)self->mapped,
		 (unsigned long)self->mapped + LENGTH);
	snprintf(paths[2], 80, "/proc/%d/map_files/%lx-%lx", self->task.pid, self->theirs,
		 self->theirs + LENGTH);
	for (unsigned int i = 0; i < ARRAY_SIZE(paths); i++) {
		/* It is there: what is refused is opening it */
		EXPECT_EQ(0, access(paths[i], F_OK));
		for (unsigned int j = 0; j < ARRAY_SIZE(flags); j++)
			EXPECT_EQ(-ENXIO, sys(open(paths[i], flags[j] | O_CLOEXEC)));
		EXPECT_GT(0, sys(truncate(paths[i], 0)));
	}
	EXPECT_GT(0, sys(ftruncate(self->handle, 0)));
	for (int mode = 0; mode < 0x80; mode++)
		EXPECT_GT(0, sys(fallocate(self->handle, mode, 0, 4096)));
	fcntl(self->handle, F_SETFL, O_APPEND | O_DIRECT);
	EXPECT_GT(0, sys(write(self->handle, "x", 1)));
	EXPECT_GT(0, sys(pwrite(self->handle, "x", 1, 0)));
}

/* What is taken out by a pipe is a copy: writing more into that pipe's page changes nothing */
TEST_F(immutable, pipes)
{
	int pipes[2], second[2], out = must(memfd_create("out", MFD_CLOEXEC));
	struct iovec io = { self->mapped, 4096 };
	loff_t zero = 0, at = 100;
	off_t from = 0;
	char bytes[64];

	must(pipe2(pipes, O_CLOEXEC));
	must(pipe2(second, O_CLOEXEC));
	ASSERT_EQ(10, splice(self->handle, &zero, pipes[1], NULL, 10, 0));
	ASSERT_EQ(4, write(pipes[1], "xxxx", 4));
	ASSERT_EQ(10, splice(self->handle, &at, pipes[1], NULL, 10, SPLICE_F_MOVE));
	EXPECT_EQ(24, tee(pipes[0], second[1], 64, 0));
	ASSERT_EQ(4, write(second[1], "yyyy", 4));
	EXPECT_EQ(24, read(pipes[0], bytes, sizeof(bytes)));
	EXPECT_EQ(0, memcmp(bytes, data_bytes(), 10));
	EXPECT_EQ(0, memcmp(bytes + 14, data_bytes() + 100, 10));
	EXPECT_EQ(28, read(second[0], bytes, sizeof(bytes)));
	/* The other way round, and memory that is lent */
	ASSERT_EQ(4, write(pipes[1], "zzzz", 4));
	EXPECT_GT(0, sys(splice(pipes[0], NULL, self->handle, NULL, 4, 0)));
	EXPECT_GT(0, sys(vmsplice(second[1], &io, 1, 0)));
	EXPECT_GT(0, sys(vmsplice(second[1], &io, 1, SPLICE_F_GIFT)));
	/* From the pipe into the mapping */
	io.iov_len = 4;
	EXPECT_GT(0, sys(vmsplice(pipes[0], &io, 1, 0)));
	/* A file that was sent is a file of its own */
	EXPECT_EQ(DATA_LENGTH, sendfile(out, self->handle, &from, DATA_LENGTH));
	EXPECT_EQ(4, pwrite(out, "wwww", 4, 0));
	from = 0;
	EXPECT_GT(0, sys(sendfile(self->handle, out, &from, 4)));
}

TEST_HARNESS_MAIN
