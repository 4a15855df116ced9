// SPDX-License-Identifier: GPL-2.0-only
/*
 * Slabs: slots that are taken, written, read and freed, and every way to do
 * that wrong. What many do at once is in slab_many.c.
 */
#include <pthread.h>

#include "kselftest_harness.h"
#include "slab.h"
#include "util_stall.h"

#define R RVF_RIGHT_READ
#define W RVF_RIGHT_WRITE

TEST_F(slab, info)
{
	struct rvf_region_info info = info_of(self->region);
	struct rvf_get get;
	uint64_t slot;

	EXPECT_EQ(RVF_REGION_SLAB, info.out_policy);
	EXPECT_EQ(SLAB_SIZE, info.out_size);
	EXPECT_EQ(0, info.out_cursor);
	EXPECT_EQ(SLOTS, info.out_slots);
	EXPECT_EQ(SLOT_SIZE, info.out_slot_size);
	EXPECT_EQ(0, slot_alloc(self->region, &slot));
	EXPECT_EQ(SLOT_SIZE, info_of(self->region).out_cursor);
	/* Others have none; and a caller that knows the first version only */
	info = info_of(must_rvf(mount_get(self->mount, "log", 0)));
	EXPECT_EQ(0, info.out_slots);
	EXPECT_EQ(0, info.out_slot_size);
	memset(&info, 0xee, sizeof(info));
	info.size = offsetof(struct rvf_region_info, out_slots);
	EXPECT_EQ(0, rvf(self->region, RVF_REGION_INFO, &info));
	EXPECT_EQ(SLOT_SIZE, info.out_cursor);
	EXPECT_EQ(0xeeeeeeee, info.out_slots);
	/* All that makes sense for it */
	ASSERT_LE(0, mount_get_full(self->mount, "slab", 0, &get));
	EXPECT_EQ(R | W | RVF_RIGHT_GRANT | RVF_RIGHT_REVOKE | RVF_RIGHT_GRANT_ONCE,
		  get.out_rights);
}

TEST_F(slab, take_all)
{
	uint64_t slots[SLOTS], offset, extra;
	uint8_t bytes[SLOT_SIZE];
	bool seen[SLOTS] = { false };

	for (unsigned int i = 0; i < SLOTS; i++) {
		ASSERT_EQ(0, slot_alloc_at(self->region, &slots[i], &offset));
		EXPECT_NE(0, slots[i]);
		ASSERT_EQ(0, offset % SLOT_SIZE);
		ASSERT_GT(SLAB_SIZE, offset);
		EXPECT_FALSE(seen[offset / SLOT_SIZE]);
		seen[offset / SLOT_SIZE] = true;
		EXPECT_EQ(0, slot_read(self->region, slots[i], 0, bytes, SLOT_SIZE));
		EXPECT_TRUE(all_bytes(bytes, SLOT_SIZE, 0));
		memset(bytes, i + 1, SLOT_SIZE);
		EXPECT_EQ(0, slot_write(self->region, slots[i], 0, bytes, SLOT_SIZE));
	}
	EXPECT_EQ(-ENOSPC, slot_alloc(self->region, &extra));
	EXPECT_EQ(SLOTS, slots_used(self->region));
	for (unsigned int i = 0; i < SLOTS; i++) {
		EXPECT_EQ(0, slot_read(self->region, slots[i], 0, bytes, SLOT_SIZE));
		EXPECT_TRUE(all_bytes(bytes, SLOT_SIZE, i + 1));
	}
	for (unsigned int i = 0; i < SLOTS; i++)
		EXPECT_EQ(0, slot_free(self->region, slots[i]));
	EXPECT_EQ(0, slots_used(self->region));
}

/* What was freed last is taken first, at its place and under a new name */
TEST_F(slab, taken_again)
{
	uint64_t a, b, again, at_a, at_b, at;

	EXPECT_EQ(0, slot_alloc_at(self->region, &a, &at_a));
	EXPECT_EQ(0, slot_alloc_at(self->region, &b, &at_b));
	EXPECT_EQ(0, slot_free(self->region, b));
	EXPECT_EQ(0, slot_free(self->region, a));
	EXPECT_EQ(0, slot_alloc_at(self->region, &again, &at));
	EXPECT_EQ(at_a, at);
	EXPECT_NE(a, again);
	EXPECT_EQ(0, slot_alloc_at(self->region, &again, &at));
	EXPECT_EQ(at_b, at);
	EXPECT_NE(b, again);
}

static void expect_stale(struct __test_metadata *_metadata, int region, uint64_t slot)
{
	char byte;

	EXPECT_EQ(-ESTALE, slot_free(region, slot));
	EXPECT_EQ(-ESTALE, slot_read(region, slot, 0, &byte, 1));
	EXPECT_EQ(-ESTALE, slot_write(region, slot, 0, "x", 1));
	EXPECT_EQ(-ESTALE, slot_read(region, slot, 0, &byte, 0));
	EXPECT_EQ(-ESTALE, slot_write(region, slot, 0, "x", 0));
}

/* A name that was freed fits nothing any more, whoever has the slot now */
TEST_F(slab, stale)
{
	uint8_t bytes[SLOT_SIZE];
	uint64_t old, slot;

	EXPECT_EQ(0, slot_alloc(self->region, &old));
	EXPECT_EQ(0, slot_free(self->region, old));
	expect_stale(_metadata, self->region, old);
	EXPECT_EQ(0, slot_alloc(self->region, &slot));
	EXPECT_EQ(0, slot_write(self->region, slot, 0, "new", 3));
	expect_stale(_metadata, self->region, old);
	EXPECT_EQ(0, slot_read(self->region, slot, 0, bytes, 4));
	EXPECT_EQ(0, memcmp(bytes, "new", 4));
	EXPECT_EQ(1, slots_used(self->region));
}

/* Two frees of one slot must not put it among the free ones twice */
TEST_F(slab, double_free)
{
	uint64_t slot, a, b;

	EXPECT_EQ(0, slot_alloc(self->region, &slot));
	EXPECT_EQ(0, slot_free(self->region, slot));
	EXPECT_EQ(-ESTALE, slot_free(self->region, slot));
	EXPECT_EQ(0, slots_used(self->region));
	EXPECT_EQ(0, slot_alloc(self->region, &a));
	EXPECT_EQ(0, slot_alloc(self->region, &b));
	EXPECT_NE(a, b);
	EXPECT_NE(a & 0xffff, b & 0xffff);
}

TEST_F(slab, no_names)
{
	uint64_t slot;

	EXPECT_EQ(0, slot_alloc(self->region, &slot));
	expect_stale(_metadata, self->region, 0);
	expect_stale(_metadata, self->region, ~0ull);
	/* Other generations, other indices, and what only looks alike */
	expect_stale(_metadata, self->region, slot + (1ull << 16));
	expect_stale(_metadata, self->region, slot - (1ull << 16));
	expect_stale(_metadata, self->region, slot | 1ull << 63);
	expect_stale(_metadata, self->region, slot ^ 1);
	expect_stale(_metadata, self->region, (slot & ~0xffffull) | SLOTS);
	expect_stale(_metadata, self->region, slot | 0xffff);
	EXPECT_EQ(0, slot_free(self->region, slot));
}

/* The same slot again and again: no name comes twice */
TEST_F(slab, generations)
{
	enum {
		TIMES = 3000
	};
	static uint64_t names[TIMES];
	uint64_t rest[SLOTS];

	for (unsigned int i = 1; i < SLOTS; i++)
		ASSERT_EQ(0, slot_alloc(self->region, &rest[i]));
	for (unsigned int i = 0; i < TIMES; i++) {
		ASSERT_EQ(0, slot_alloc(self->region, &names[i]));
		ASSERT_EQ(0, slot_free(self->region, names[i]));
		ASSERT_TRUE(!i || names[i] > names[i - 1]);
	}
	ASSERT_EQ(0, slot_alloc(self->region, &rest[0]));
	for (unsigned int i = 0; i < TIMES; i++)
		ASSERT_EQ(-ESTALE, slot_free(self->region, names[i]));
	EXPECT_EQ(SLOTS, slots_used(self->region));
}

TEST_F(slab, parts)
{
	uint8_t bytes[SLOT_SIZE + 2];
	uint64_t slot;

	EXPECT_EQ(0, slot_alloc(self->region, &slot));
	EXPECT_EQ(0, slot_write(self->region, slot, 10, "hello", 5));
	EXPECT_EQ(0, slot_write(self->region, slot, SLOT_SIZE - 1, "!", 1));
	memset(bytes, 0xee, sizeof(bytes));
	EXPECT_EQ(0, slot_read(self->region, slot, 9, bytes, 7));
	EXPECT_EQ(0, memcmp(bytes, "\0hello\0", 7));
	EXPECT_EQ(0xee, bytes[7]);
	EXPECT_EQ(0, slot_read(self->region, slot, SLOT_SIZE - 1, bytes, 1));
	EXPECT_EQ('!', bytes[0]);
	/* Nothing, at the end too */
	EXPECT_EQ(0, slot_read(self->region, slot, SLOT_SIZE, nowhere(), 0));
	EXPECT_EQ(0, slot_write(self->region, slot, SLOT_SIZE, nowhere(), 0));
	/* Beyond it */
	EXPECT_EQ(-EMSGSIZE, slot_read(self->region, slot, 0, bytes, SLOT_SIZE + 1));
	EXPECT_EQ(-EMSGSIZE, slot_write(self->region, slot, 0, bytes, SLOT_SIZE + 1));
	EXPECT_EQ(-EMSGSIZE, slot_read(self->region, slot, SLOT_SIZE, bytes, 1));
	EXPECT_EQ(-EMSGSIZE, slot_write(self->region, slot, SLOT_SIZE, bytes, 1));
	EXPECT_EQ(-EMSGSIZE, slot_read(self->region, slot, SLOT_SIZE + 1, bytes, 0));
	EXPECT_EQ(-EMSGSIZE, slot_write(self->region, slot, 1, bytes, 0xffffffff));
	EXPECT_EQ(-EMSGSIZE, slot_read(self->region, slot, 0xffffffff, bytes, 1));
	EXPECT_EQ(-EMSGSIZE, slot_read(self->region, slot, 0xffffffff, bytes, 0xffffffff));
}

/* A bad buffer leaves everything as it was */
TEST_F(slab, bad_buffer)
{
	struct rvf_slot_alloc *readonly =
		must(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	uint8_t *pages =
		must(mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	uint8_t bytes[SLOT_SIZE];
	uint64_t slot;

	must(munmap(pages + 4096, 4096));
	EXPECT_EQ(0, slot_alloc(self->region, &slot));
	EXPECT_EQ(0, slot_write(self->region, slot, 0, "safe", 4));
	memset(pages, 'x', 4096);
	EXPECT_EQ(-EFAULT, slot_write(self->region, slot, 0, nowhere(), 10));
	EXPECT_EQ(-EFAULT, slot_write(self->region, slot, 0, pages + 4000, SLOT_SIZE));
	EXPECT_EQ(-EFAULT, slot_read(self->region, slot, 0, nowhere(), 10));
	EXPECT_EQ(0, slot_read(self->region, slot, 0, bytes, SLOT_SIZE));
	EXPECT_EQ(0, memcmp(bytes, "safe", 4));
	EXPECT_TRUE(all_bytes(bytes + 4, SLOT_SIZE - 4, 0));
	/* A slot that its taker cannot be told of is not taken */
	readonly->size = sizeof(*readonly);
	must(mprotect(readonly, 4096, PROT_READ));
	for (unsigned int i = 0; i < 2 * SLOTS; i++)
		ASSERT_EQ(-EFAULT, rvf(self->region, RVF_SLOT_ALLOC, readonly));
	EXPECT_EQ(1, slots_used(self->region));
}

TEST_F(slab, flags)
{
	struct rvf_slot_alloc alloc = { .size = sizeof(alloc), .flags = 1 };
	struct rvf_slot_free free = { .size = sizeof(free), .flags = 1 };
	struct rvf_slot_io io = { .size = sizeof(io), .flags = 1 << 31 };
	uint64_t slot;

	EXPECT_EQ(0, slot_alloc(self->region, &slot));
	free.slot = slot;
	io.slot = slot;
	EXPECT_EQ(-EOPNOTSUPP, rvf(self->region, RVF_SLOT_ALLOC, &alloc));
	EXPECT_EQ(-EOPNOTSUPP, rvf(self->region, RVF_SLOT_FREE, &free));
	EXPECT_EQ(-EOPNOTSUPP, rvf(self->region, RVF_SLOT_READ, &io));
	EXPECT_EQ(-EOPNOTSUPP, rvf(self->region, RVF_SLOT_WRITE, &io));
	EXPECT_EQ(1, slots_used(self->region));
}

TEST_F(slab, rights)
{
	int reader = must_rvf(mount_get(self->mount, "slab", R));
	int writer = must_rvf(mount_get(self->mount, "slab", W));
	uint64_t slot, other;
	char byte = 'x';

	EXPECT_EQ(-EACCES, slot_alloc(reader, &slot));
	EXPECT_EQ(0, slot_alloc(writer, &slot));
	EXPECT_EQ(-EACCES, slot_free(reader, slot));
	EXPECT_EQ(-EACCES, slot_write(reader, slot, 0, &byte, 1));
	EXPECT_EQ(-EACCES, slot_read(writer, slot, 0, &byte, 1));
	EXPECT_EQ(0, slot_write(writer, slot, 0, "y", 1));
	EXPECT_EQ(0, slot_read(reader, slot, 0, &byte, 1));
	EXPECT_EQ('y', byte);
	/* Rights come before what would be wrong besides */
	EXPECT_EQ(-EACCES, slot_free(reader, 0));
	EXPECT_EQ(-EACCES, slot_read(writer, 0, 0, nowhere(), ~0u));
	EXPECT_EQ(0, slot_free(writer, slot));
	EXPECT_EQ(0, slot_alloc(writer, &other));
}

/* Of other policies and kinds; and what others can do, a slab cannot */
TEST_F(slab, policies)
{
	static const char *const names[] = { "data", "log" };
	struct rvf_slot_alloc alloc = { .size = sizeof(alloc) };
	int queue = must_rvf(mount_get(self->mount, "queue", 0));
	uint64_t slot;
	char byte;

	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
		int region = must_rvf(mount_get(self->mount, names[i], 0));

		EXPECT_EQ(-EPERM, slot_alloc(region, &slot));
		EXPECT_EQ(-EPERM, slot_free(region, 1 << 16));
		EXPECT_EQ(-EPERM, slot_read(region, 1 << 16, 0, &byte, 1));
		EXPECT_EQ(-EPERM, slot_write(region, 1 << 16, 0, "x", 1));
	}
	EXPECT_EQ(-ENOTTY, rvf(queue, RVF_SLOT_ALLOC, &alloc));
	EXPECT_EQ(-EPERM, sys(read(self->region, &byte, 1)));
	EXPECT_EQ(-EPERM, sys(pread(self->region, &byte, 1, 0)));
	EXPECT_EQ(-EPERM, sys(write(self->region, "x", 1)));
	EXPECT_EQ(-ESPIPE, sys(pwrite(self->region, "x", 1, 0)));
	EXPECT_GT(0, sys(ftruncate(self->region, 0)));
	EXPECT_GT(0, sys(fallocate(self->region, 0, 0, 1)));
}

TEST_F(slab, revoked)
{
	uint64_t slot, none;
	int derived;
	char byte;

	EXPECT_EQ(0, slot_alloc(self->region, &slot));
	derived = must_rvf(handle_derive(self->region, R | W, 0));
	EXPECT_EQ(1, handle_revoke(self->region, RVF_REVOKE_DERIVED));
	EXPECT_EQ(-EKEYREVOKED, slot_alloc(derived, &none));
	EXPECT_EQ(-EKEYREVOKED, slot_free(derived, slot));
	EXPECT_EQ(-EKEYREVOKED, slot_read(derived, slot, 0, &byte, 1));
	EXPECT_EQ(-EKEYREVOKED, slot_write(derived, slot, 0, "x", 1));
	EXPECT_TRUE(poll_now(derived, POLLOUT) & POLLHUP);
	/* The slot is there */
	EXPECT_EQ(0, slot_read(self->region, slot, 0, &byte, 1));
	ASSERT_EQ(0, unmount(self->mount, 0));
	ASSERT_TRUE(wait_gone(self->mount));
	EXPECT_EQ(-ENODEV, slot_alloc(self->region, &none));
	EXPECT_EQ(-ENODEV, slot_free(self->region, slot));
	EXPECT_EQ(-ENODEV, slot_read(self->region, slot, 0, &byte, 1));
	EXPECT_EQ(-ENODEV, slot_write(self->region, slot, 0, "x", 1));
}

TEST_F(slab, zero_on_free)
{
	const uint8_t *mapped = must(mmap(NULL, SLAB_SIZE, PROT_READ, MAP_SHARED, self->region, 0));
	uint64_t slots[SLOTS], offsets[SLOTS], again;
	uint8_t bytes[SLOT_SIZE];

	memset(bytes, 0xaa, sizeof(bytes));
	for (unsigned int i = 0; i < SLOTS; i++) {
		ASSERT_EQ(0, slot_alloc_at(self->region, &slots[i], &offsets[i]));
		ASSERT_EQ(0, slot_write(self->region, slots[i], 0, bytes, SLOT_SIZE));
	}
	EXPECT_TRUE(all_bytes(mapped, SLAB_SIZE, 0xaa));
	/* Every second one: its neighbours keep every byte */
	for (unsigned int i = 0; i < SLOTS; i += 2)
		EXPECT_EQ(0, slot_free(self->region, slots[i]));
	for (unsigned int i = 0; i < SLOTS; i++)
		EXPECT_TRUE(all_bytes(mapped + offsets[i], SLOT_SIZE, i % 2 ? 0xaa : 0));
	/* As the next one sees it */
	EXPECT_EQ(0, slot_alloc(self->region, &again));
	EXPECT_EQ(0, slot_read(self->region, again, 0, bytes, SLOT_SIZE));
	EXPECT_TRUE(all_bytes(bytes, SLOT_SIZE, 0));
}

TEST_F(slab, mapped)
{
	int reader = must_rvf(mount_get(self->mount, "slab", R));
	int writer = must_rvf(mount_get(self->mount, "slab", W));
	uint8_t *shown = must(mmap(NULL, SLAB_SIZE, PROT_READ, MAP_SHARED, reader, 0));
	uint8_t *mapped =
		must(mmap(NULL, SLAB_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, self->region, 0));
	uint64_t slot, offset;
	char bytes[4];

	EXPECT_EQ(0, slot_alloc_at(self->region, &slot, &offset));
	EXPECT_EQ(0, slot_write(self->region, slot, 0, "ab", 2));
	EXPECT_EQ('b', peek(mapped + offset + 1));
	EXPECT_EQ('c', poke(mapped + offset + 1, 'c'));
	EXPECT_EQ('c', peek(shown + offset + 1));
	EXPECT_EQ(0, slot_read(reader, slot, 0, bytes, 2));
	EXPECT_EQ(0, memcmp(bytes, "ac", 2));
	/* Only with the rights for it */
	EXPECT_EQ(-2, poke(shown + offset, 'x'));
	EXPECT_EQ(-EACCES, sys(mprotect(shown, 4096, PROT_READ | PROT_WRITE)));
	EXPECT_EQ(-EACCES,
		  sys((long)mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, reader, 0)));
	EXPECT_EQ(-EACCES, sys((long)mmap(NULL, 4096, PROT_READ, MAP_SHARED, writer, 0)));
	EXPECT_EQ(-EACCES, sys((long)mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE,
					  self->region, 0)));
	EXPECT_EQ(-EACCES,
		  sys((long)mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, self->region, 0)));
	EXPECT_EQ(-EACCES, sys(mprotect(mapped, 4096, PROT_READ | PROT_EXEC)));
	EXPECT_EQ(0, mprotect(mapped, SLAB_SIZE, PROT_READ));
	EXPECT_EQ(0, mprotect(mapped, SLAB_SIZE, PROT_READ | PROT_WRITE));
	/* It goes with its handle; the others' are as they were */
	EXPECT_EQ(1, handle_revoke(self->region, 0));
	EXPECT_EQ(-1, poke(mapped + offset, 'x'));
	EXPECT_EQ(-1, peek(mapped));
	EXPECT_EQ('a', peek(shown + offset));
}

/* What a mapping does not keep apart, as the ABI says */
TEST_F(slab, mapping_knows_no_slots)
{
	uint8_t *mapped =
		must(mmap(NULL, SLAB_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, self->region, 0));
	uint64_t slot, offset;
	char byte;

	EXPECT_EQ(0, slot_alloc_at(self->region, &slot, &offset));
	EXPECT_EQ(0, slot_free(self->region, slot));
	EXPECT_EQ('x', poke(mapped + offset, 'x'));
	EXPECT_EQ(0, slot_alloc_at(self->region, &slot, &offset));
	EXPECT_EQ(0, slot_read(self->region, slot, 0, &byte, 1));
	EXPECT_EQ('x', byte);
}

TEST_F(slab, poll)
{
	int reader = must_rvf(mount_get(self->mount, "slab", R));
	uint64_t slots[SLOTS];
	pid_t pid;

	EXPECT_EQ(POLLOUT, poll_now(self->region, POLLIN | POLLOUT));
	EXPECT_EQ(0, poll_now(reader, POLLIN | POLLOUT));
	for (unsigned int i = 0; i < SLOTS; i++)
		ASSERT_EQ(0, slot_alloc(self->region, &slots[i]));
	EXPECT_EQ(0, poll_now(self->region, POLLIN | POLLOUT));
	pid = child();
	if (pid == 0) {
		sleep_ms(200);
		_exit(slot_free(self->region, slots[7]) ? 1 : 0);
	}
	EXPECT_EQ(POLLOUT, poll_for(self->region, POLLOUT, 5000));
	EXPECT_EQ(0, reap(pid));
	EXPECT_EQ(0, slot_alloc(self->region, &slots[7]));
	pid = child();
	if (pid == 0) {
		sleep_ms(200);
		_exit(handle_revoke(self->region, 0) == 1 ? 0 : 1);
	}
	EXPECT_TRUE(poll_for(self->region, POLLOUT, 5000) & POLLHUP);
	EXPECT_EQ(0, reap(pid));
}

struct stalled {
	struct stall stall;
	int region;
	unsigned long command;
	uint64_t slot;
	int result;
};

static void *stalled_io(void *arg)
{
	struct stalled *stalled = arg;

	stalled->result = slot_io(stalled->region, stalled->command, stalled->slot, 0,
				  stalled->stall.page, 100);
	return NULL;
}

/* A caller whose memory stalls keeps nobody waiting, and finds what is then true */
TEST_F(slab, stalled)
{
	static const struct {
		unsigned long command;
		int result;
	} cases[] = {
		{ RVF_SLOT_WRITE, -ESTALE },
		{ RVF_SLOT_READ, 0 },
	};
	struct stalled stalled = { .region = self->region };
	uint64_t other;
	pthread_t thread;
	uint8_t byte;

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		stalled.command = cases[i].command;
		EXPECT_EQ(0, slot_alloc(self->region, &stalled.slot));
		EXPECT_EQ(0, slot_write(self->region, stalled.slot, 0, "old", 3));
		stall_begin(&stalled.stall);
		ASSERT_EQ(0, pthread_create(&thread, NULL, stalled_io, &stalled));
		ASSERT_TRUE(stall_hit(&stalled.stall, 5000));
		/* All of this while it stands */
		EXPECT_EQ(0, slot_alloc(self->region, &other));
		EXPECT_EQ(0, slot_free(self->region, other));
		EXPECT_EQ(0, slot_free(self->region, stalled.slot));
		EXPECT_EQ(0, slot_alloc(self->region, &other));
		stall_release(&stalled.stall, 'x');
		pthread_join(thread, NULL);
		EXPECT_EQ(cases[i].result, stalled.result);
		EXPECT_EQ(0, slot_read(self->region, other, 0, &byte, 1));
		EXPECT_EQ(0, byte);
		if (!cases[i].result)
			EXPECT_EQ(0, memcmp(stalled.stall.page, "old", 3));
		EXPECT_EQ(0, slot_free(self->region, other));
		stall_end(&stalled.stall);
	}
}

/* The largest: one slot of all that a slot can have, and as many as there can be */
TEST_F_TIMEOUT(slab, edges, 60)
{
	static uint8_t bytes[RVF_MAX_SLOT];
	int mount = mount_slab(2, RVF_MAX_SLOT);
	int region = must_rvf(mount_get(mount, "slab", 0));
	uint64_t slot, offset, none;

	EXPECT_EQ(0, slot_alloc(region, &slot));
	EXPECT_EQ(0, slot_alloc_at(region, &slot, &offset));
	EXPECT_EQ(RVF_MAX_SLOT, offset);
	EXPECT_EQ(-ENOSPC, slot_alloc(region, &none));
	memset(bytes, 1, sizeof(bytes));
	EXPECT_EQ(0, slot_write(region, slot, 0, bytes, RVF_MAX_SLOT));
	memset(bytes, 0, sizeof(bytes));
	EXPECT_EQ(0, slot_read(region, slot, 0, bytes, RVF_MAX_SLOT));
	EXPECT_TRUE(all_bytes(bytes, RVF_MAX_SLOT, 1));
	close(region);
	close(mount);

	mount = mount_slab(RVF_MAX_SLOTS, 1);
	region = must_rvf(mount_get(mount, "slab", 0));
	for (unsigned int i = 0; i < RVF_MAX_SLOTS; i++)
		ASSERT_EQ(0, slot_alloc(region, &slot));
	EXPECT_EQ(-ENOSPC, slot_alloc(region, &none));
	EXPECT_EQ(0, slot_write(region, slot, 0, "x", 1));
	EXPECT_EQ(-EMSGSIZE, slot_write(region, slot, 0, "xy", 2));
	EXPECT_EQ(0, slot_free(region, slot));
	close(region);
	close(mount);
}

TEST_HARNESS_MAIN
