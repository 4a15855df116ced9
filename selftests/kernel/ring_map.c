// SPDX-License-Identifier: GPL-2.0-only
/*
 * What can be done to the mapping of a ring's end: moved, cut, protected,
 * advised, forked, written to by the kernel. An end writes what is its own, and
 * no way leads further.
 */
#include <sys/syscall.h>
#include <sys/uio.h>

#include "kselftest_harness.h"
#include "ring.h"

#define RW	  (PROT_READ | PROT_WRITE)
#define ELSEWHERE ((void *)0x300000000000)

/* All of the ring, of which nothing can be written, however it is tried */
#define NOT_WRITABLE(at, length)                                                         \
	do {                                                                             \
		EXPECT_EQ(-EACCES, sys(mprotect(at, length, RW)));                       \
		EXPECT_EQ(-EACCES, sys(mprotect(at, length, PROT_WRITE)));               \
		EXPECT_EQ(-EACCES, sys(mprotect(at, length, PROT_READ | PROT_EXEC)));    \
		for (size_t page = 0; page < (length); page += page_size()) {            \
			EXPECT_EQ(-EACCES, sys(mprotect((at) + page, page_size(), RW))); \
			EXPECT_EQ(-2, poke((at) + page, 1));                             \
			EXPECT_LE(0, peek((at) + page));                                 \
		}                                                                        \
	} while (0)

TEST_F(ring, moved)
{
	size_t page = page_size(), all = self->info.out_length;
	char *shown = must(map_at(self->producer, 0, all, PROT_READ)), *moved, *part;

	EXPECT_EQ(1, peek(shown));
	/* Longer, or a second one beside it, is none */
	EXPECT_GT(0, sys((long)mremap(shown, all, all + page, MREMAP_MAYMOVE)));
	EXPECT_GT(0, sys((long)mremap(shown, all, 2 * all, 0)));
	EXPECT_GT(0, sys((long)mremap(shown, page, 2 * page, MREMAP_MAYMOVE)));
	EXPECT_GT(0, sys((long)mremap(shown, 0, all, MREMAP_MAYMOVE)));
	EXPECT_GT(0, sys((long)mremap(shown, all, all, MREMAP_MAYMOVE | MREMAP_DONTUNMAP)));
	EXPECT_GT(0, sys((long)mremap(self->head, page, 2 * page, MREMAP_MAYMOVE)));
	EXPECT_EQ(1, peek(shown));

	moved = must(mremap(shown, all, all, MREMAP_MAYMOVE | MREMAP_FIXED, ELSEWHERE));
	EXPECT_EQ(-2, peek(shown));
	WORDS(7, 9);
	EXPECT_EQ(1, peek(moved));
	EXPECT_EQ(9, peek(moved + self->info.out_consumer));
	EXPECT_EQ(7, peek(moved + self->info.out_producer));
	NOT_WRITABLE(moved, all);
	part = must(mremap(moved + self->info.out_producer, page, page,
			   MREMAP_MAYMOVE | MREMAP_FIXED, ELSEWHERE + 2 * all));
	EXPECT_EQ(-2, peek(moved + self->info.out_producer));
	EXPECT_EQ(7, peek(part));
	NOT_WRITABLE(part, page);
	/* Wherever it is, it is found */
	EXPECT_EQ(1, handle_revoke(self->producer, 0));
	EXPECT_EQ(-1, peek(moved));
	EXPECT_EQ(-1, peek(moved + self->info.out_data));
	EXPECT_EQ(-1, peek(part));
	EXPECT_EQ(9, peek(self->tail));
}

/* What is cut out of a mapping, or off it, leaves the rest as it is */
TEST_F(ring, pieces)
{
	size_t page = page_size(), all = self->info.out_length;
	size_t tail = self->info.out_consumer, head = self->info.out_producer;
	size_t slots = self->info.out_data;
	char *shown = must(map_at(self->producer, 0, all, PROT_READ));
	char *own = must(map_at(self->producer, head, all - head, RW));

	WORDS(7, 9);
	must(munmap(shown + tail, page));
	EXPECT_EQ(-2, peek(shown + tail));
	EXPECT_EQ(1, peek(shown));
	EXPECT_EQ(7, peek(shown + head));
	NOT_WRITABLE(shown + head, all - head);
	EXPECT_EQ(shown + head, mremap(shown + head, all - head, page, 0));
	EXPECT_EQ(-2, peek(shown + slots));
	EXPECT_EQ(7, peek(shown + head));

	must(munmap(own, page));
	EXPECT_EQ(-2, peek(own));
	EXPECT_EQ(1, poke(own + slots - head, 1));
	EXPECT_EQ(0, mprotect(own + slots - head, page, PROT_READ));
	EXPECT_EQ(-2, poke(own + slots - head, 2));
	EXPECT_EQ(0, mprotect(own + slots - head, page, RW));
	EXPECT_EQ(2, poke(own + slots - head, 2));
	EXPECT_EQ(1, handle_revoke(self->producer, 0));
	EXPECT_EQ(-1, peek(shown));
	EXPECT_EQ(-1, peek(shown + head));
	EXPECT_EQ(-1, peek(own + slots - head));
	EXPECT_EQ(0, munmap(shown, all));
	EXPECT_EQ(-2, peek(shown));
}

/* Whatever it was mapped for, it can be made to write what is the end's own */
TEST_F(ring, protections)
{
	static const int first[] = { PROT_NONE, PROT_READ, PROT_WRITE, RW };
	size_t page = page_size(), all = self->info.out_length;

	for (unsigned int i = 0; i < 2 * ARRAY_SIZE(first); i++) {
		bool producer = i % 2;
		int ring = producer ? self->producer : self->consumer, prot = first[i / 2];

		for (size_t at = 0; at < all; at += page) {
			bool own = producer ? at >= self->info.out_producer :
					      at == self->info.out_consumer;
			bool writes = prot & PROT_WRITE;
			char *mapped = map_at(ring, at, page, prot);

			EXPECT_EQ(writes && !own, mapped == MAP_FAILED);
			if (mapped == MAP_FAILED)
				continue;
			EXPECT_EQ(own ? 0 : -EACCES, sys(mprotect(mapped, page, RW)));
			EXPECT_EQ(own ? 5 : -2, poke(mapped, 5));
			EXPECT_EQ(own ? 0 : -EACCES, sys(mprotect(mapped, page, PROT_WRITE)));
			EXPECT_EQ(-EACCES, sys(mprotect(mapped, page, PROT_EXEC)));
			EXPECT_EQ(-EACCES, sys(mprotect(mapped, page, PROT_READ | PROT_EXEC)));
			EXPECT_EQ(0, mprotect(mapped, page, PROT_NONE));
			EXPECT_EQ(-2, peek(mapped));
			EXPECT_EQ(0, mprotect(mapped, page, PROT_READ));
			EXPECT_LE(0, peek(mapped));
			must(munmap(mapped, page));
		}
	}
	EXPECT_EQ(1, self->info.out_epoch);
	EXPECT_EQ(1, ring_info(self->consumer).out_epoch);
}

/* Mappings that touch each other are not one that may be written */
TEST_F(ring, neighbours)
{
	size_t page = page_size(), all = self->info.out_length, head = self->info.out_producer;
	char *at = must(mmap(NULL, all, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));

	must(mmap(at, head, PROT_READ, MAP_SHARED | MAP_FIXED, self->producer, 0));
	must(mmap(at + head, all - head, PROT_READ, MAP_SHARED | MAP_FIXED, self->producer, head));
	EXPECT_EQ(-EACCES, sys(mprotect(at, all, RW)));
	EXPECT_EQ(-2, poke(at, 5));
	EXPECT_EQ(-EACCES, sys(mprotect(at + head - page, 2 * page, RW)));
	EXPECT_EQ(-2, poke(at + head - page, 5));
	EXPECT_EQ(0, mprotect(at + head, all - head, RW));
	EXPECT_EQ(5, poke(at + head, 5));
	/* Nor by having it show another page: it is mapped anew for that */
	EXPECT_GT(0, sys(syscall(SYS_remap_file_pages, at + head, page, 0, 0, 0)));
	EXPECT_GT(0, poke(at + head, 5));
	EXPECT_EQ(1, peek(at));
}

TEST_F(ring, modes)
{
	static const int prots[] = { PROT_NONE,	    PROT_READ, RW, PROT_EXEC, PROT_READ | PROT_EXEC,
				     RW | PROT_EXEC };
	size_t page = page_size();

	for (unsigned int i = 0; i < ARRAY_SIZE(prots); i++) {
		for (size_t at = 0; at < self->info.out_length; at += page) {
			EXPECT_EQ(-EACCES,
				  try_map(self->producer, at, page, prots[i], MAP_PRIVATE));
			EXPECT_EQ(-EACCES,
				  try_map(self->consumer, at, page, prots[i], MAP_PRIVATE));
			if (!(prots[i] & PROT_EXEC))
				continue;
			EXPECT_EQ(-EACCES, try_map(self->producer, at, page, prots[i], MAP_SHARED));
			EXPECT_EQ(-EACCES, try_map(self->consumer, at, page, prots[i], MAP_SHARED));
		}
	}
	EXPECT_EQ(0, try_map(self->producer, 0, page, PROT_READ, MAP_SHARED_VALIDATE));
	EXPECT_EQ(-EACCES, try_map(self->producer, 0, page, RW, MAP_SHARED_VALIDATE));
	EXPECT_EQ(-EOPNOTSUPP,
		  try_map(self->producer, 0, page, PROT_READ, MAP_SHARED_VALIDATE | MAP_SYNC));
}

TEST_F(ring, places)
{
	size_t page = page_size(), all = self->info.out_length;
	const struct {
		size_t offset, length;
		int result;
	} places[] = {
		{ 0, all, 0 },
		{ 0, 1, 0 },
		{ 0, all - 1, 0 },
		{ all - page, page, 0 },
		{ all - page, 1, 0 },
		{ 0, 0, -EINVAL },
		{ 0, all + 1, -EINVAL },
		{ 1, page, -EINVAL },
		{ page - 1, 1, -EINVAL },
		{ all - page, page + 1, -EINVAL },
		{ all, 1, -EINVAL },
		{ 1ull << 32, page, -EINVAL },
		{ 1ull << 44, page, -EINVAL },
		{ 1ull << 62, page, -EINVAL },
		{ 0x7ffffffffffff000, page, -EINVAL },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(places); i++) {
		for (int end = 0; end < 2; end++)
			EXPECT_EQ(places[i].result,
				  try_map(end ? self->producer : self->consumer, places[i].offset,
					  places[i].length, PROT_READ, MAP_SHARED))
			{
				TH_LOG("place %u", i);
			}
	}
	EXPECT_GT(0, try_map(self->consumer, -page, page, PROT_READ, MAP_SHARED));
}

/* By other fds: a copy is the same handle, and no fd opens it again */
TEST_F(ring, fds)
{
	size_t head = self->info.out_producer, page = page_size();
	struct rvf_ring_info info = { .size = sizeof(info) };
	static const int modes[] = { O_RDONLY, O_WRONLY, O_RDWR, O_RDWR | O_NONBLOCK };
	int fd, dead = must(fcntl(self->producer, F_DUPFD_CLOEXEC, 0));
	uint64_t count;
	char path[64];

	EXPECT_EQ(0, try_map(dead, head, page, RW, MAP_SHARED));
	EXPECT_EQ(-EACCES, try_map(dead, 0, page, RW, MAP_SHARED));
	for (int end = 0; end < 2; end++) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d",
			 end ? self->producer : self->consumer);
		for (unsigned int i = 0; i < ARRAY_SIZE(modes); i++)
			EXPECT_EQ(-ENXIO, sys(open(path, modes[i] | O_CLOEXEC)));
		fd = must(open(path, O_PATH | O_CLOEXEC));
		EXPECT_EQ(-EBADF, try_map(fd, 0, page, PROT_READ, MAP_SHARED));
		EXPECT_EQ(-EBADF, rvf(fd, RVF_RING_INFO, &info));
		EXPECT_EQ(-EBADF, ring_wake(fd));
		EXPECT_EQ(-EBADF, sys(read(fd, &count, sizeof(count))));
		close(fd);
	}
	/* The copy goes with what it is a copy of */
	EXPECT_EQ(1, handle_revoke(self->producer, 0));
	EXPECT_EQ(-EKEYREVOKED, try_map(dead, head, page, RW, MAP_SHARED));
}

/* Not inherited, and no advice changes that */
TEST_F(ring, forks)
{
	static const int advice[] = { MADV_DOFORK, MADV_WIPEONFORK, MADV_KEEPONFORK };
	size_t page = page_size(), all = self->info.out_length;
	char *shown = must(map_at(self->producer, 0, all, PROT_READ));

	WORDS(7, 9);
	EXPECT_EQ(0, in_child(peek(shown) != -2 || peek(self->head) != -2));
	EXPECT_EQ(-EINVAL, sys(madvise(shown, all, MADV_DOFORK)));
	EXPECT_EQ(-EINVAL, sys(madvise(self->head, page, MADV_DOFORK)));
	EXPECT_EQ(-EINVAL, sys(madvise(self->tail, page, MADV_DOFORK)));
	for (unsigned int i = 0; i < ARRAY_SIZE(advice); i++) {
		madvise(shown, all, advice[i]);
		madvise(self->head, page, advice[i]);
		madvise(self->tail, page, advice[i]);
		EXPECT_EQ(0, in_child(peek(shown) != -2 || peek(self->head) != -2 ||
				      peek(self->tail) != -2));
	}
	EXPECT_EQ(7, peek(shown + self->info.out_producer));
	/* A child that has the fd maps for itself */
	if (child() == 0) {
		struct rvf_ring_end *head =
			map_at(self->producer, self->info.out_producer, page, RW);

		_exit(head == MAP_FAILED || poke(head, 8) != 8);
	}
	EXPECT_EQ(0, reap(-1));
	EXPECT_EQ(8, peek(self->head));
}

/* Advice leaves the words where they are, and pages unwritten */
TEST_F(ring, advice)
{
	static const int advice[] = {
		MADV_DONTNEED,	    MADV_REMOVE,	 MADV_FREE,	  MADV_MERGEABLE,
		MADV_COLD,	    MADV_PAGEOUT,	 MADV_HUGEPAGE,	  MADV_DONTFORK,
		MADV_WILLNEED,	    MADV_DODUMP,	 MADV_SEQUENTIAL, MADV_RANDOM,
		MADV_POPULATE_READ, MADV_POPULATE_WRITE,
	};
	size_t all = self->info.out_length;
	char *shown = must(map_at(self->producer, 0, all, PROT_READ));

	WORDS(7, 9);
	for (unsigned int i = 0; i < ARRAY_SIZE(advice); i++) {
		madvise(shown, all, advice[i]);
		madvise(self->head, page_size(), advice[i]);
		EXPECT_EQ(7, peek(shown + self->info.out_producer));
		EXPECT_EQ(9, peek(shown + self->info.out_consumer));
		EXPECT_EQ(7, peek(self->head));
		EXPECT_EQ(-2, poke(shown, 1));
	}
}

/* Nor does the kernel write there for anybody, or hand the pages out */
TEST_F(ring, by_the_kernel)
{
	size_t all = self->info.out_length;
	char *shown = must(map_at(self->consumer, 0, all, PROT_READ)), byte = 'x';
	int mem = must(open("/proc/self/mem", O_RDWR | O_CLOEXEC)), pipes[2];
	int fd = memfd_with("0123456789", 10);

	must(pipe2(pipes, O_CLOEXEC));
	for (size_t at = 0; at < all; at += page_size()) {
		struct iovec local = { &byte, 1 }, remote = { shown + at, 1 };
		int before = peek(shown + at);

		EXPECT_GT(0, sys(pwrite(mem, &byte, 1, (uintptr_t)shown + at)));
		EXPECT_EQ(-EFAULT, sys(process_vm_writev(getpid(), &local, 1, &remote, 1, 0)));
		EXPECT_EQ(-EFAULT, sys(pread(fd, shown + at, 10, 0)));
		EXPECT_GT(0, sys(vmsplice(pipes[1], &remote, 1, 0)));
		EXPECT_GT(0, sys(vmsplice(pipes[1], &remote, 1, SPLICE_F_GIFT)));
		EXPECT_EQ(before, peek(shown + at));
	}
	close(fd);
	close(mem);
}

TEST_HARNESS_MAIN
