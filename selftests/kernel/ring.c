// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rings as the kernel sees them: who maps what, who sleeps and who is woken,
 * and what words that lie can do. What can be done to a mapping is in ring_map,
 * who else can have an end in ring_life. How the two ends move messages is the
 * library's, in selftests/plugin.
 */
#include <stdlib.h>

#include "kselftest_harness.h"
#include "ring.h"
#include "util_task.h"

TEST_F(ring, facts)
{
	struct rvf_queue_info queue = { .size = sizeof(queue) };
	struct rvf_ring_info info = { .size = sizeof(info), .flags = 1 };
	struct rvf_ring_wake wake = { .size = sizeof(wake), .flags = 1 };
	int plain = must_rvf(mount_get(self->mount, "queue", 0));

	EXPECT_EQ(SLOTS, self->info.out_slots);
	EXPECT_EQ(MESSAGE, self->info.out_message_size);
	EXPECT_EQ(0, self->info.out_type);
	EXPECT_EQ(128, self->info.out_stride);
	EXPECT_EQ(1, self->info.out_epoch);
	EXPECT_EQ(4 * page_size(), self->info.out_length);
	EXPECT_EQ(-EOPNOTSUPP, rvf(self->consumer, RVF_RING_INFO, &info));
	EXPECT_EQ(-EOPNOTSUPP, rvf(self->consumer, RVF_RING_WAKE, &wake));
	EXPECT_EQ(-ENOTTY, rvf(self->consumer, RVF_QUEUE_INFO, &queue));
	info.flags = 0;
	EXPECT_EQ(-ENOTTY, rvf(plain, RVF_RING_INFO, &info));
	wake.flags = 0;
	EXPECT_EQ(-ENOTTY, rvf(plain, RVF_RING_WAKE, &wake));
	EXPECT_EQ(-EINVAL, sys(write(self->producer, "12345678", 8)));
}

/* Each end maps all to read, and to write what is its own alone */
TEST_F(ring, mappings)
{
	size_t page = page_size(), all = self->info.out_length;
	const int both = PROT_READ | PROT_WRITE;
	const size_t slots = self->info.out_data, head = self->info.out_producer;
	const size_t tail = self->info.out_consumer;
	struct {
		int ring;
		size_t offset, length;
		int result;
	} writes[] = {
		{ self->producer, 0, page, -EACCES },
		{ self->producer, tail, page, -EACCES },
		{ self->producer, 0, all, -EACCES },
		{ self->producer, tail, 2 * page, -EACCES },
		{ self->producer, head, page, 0 },
		{ self->producer, head, all - head, 0 },
		{ self->producer, slots, page, 0 },
		{ self->consumer, 0, page, -EACCES },
		{ self->consumer, 0, 2 * page, -EACCES },
		{ self->consumer, tail, page, 0 },
		{ self->consumer, tail, 2 * page, -EACCES },
		{ self->consumer, head, page, -EACCES },
		{ self->consumer, slots, page, -EACCES },
		{ self->consumer, 0, all, -EACCES },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(writes); i++) {
		EXPECT_EQ(writes[i].result, try_map(writes[i].ring, writes[i].offset,
						    writes[i].length, both, MAP_SHARED))
		{
			TH_LOG("mapping %u", i);
		}
	}
	for (int i = 0; i < 2; i++) {
		int ring = i ? self->producer : self->consumer;
		char *shown = must(map_at(ring, 0, all, PROT_READ));

		EXPECT_EQ(1, peek(shown)); /* the epoch */
		for (size_t at = 0; at < all; at += page)
			EXPECT_EQ(-2, poke(shown + at, 1));
		EXPECT_EQ(-EACCES, sys(mprotect(shown, all, both)));
		EXPECT_EQ(-EACCES, sys(mprotect(shown, all, PROT_READ | PROT_EXEC)));
		munmap(shown, all);
		EXPECT_EQ(-EACCES, try_map(ring, 0, all, PROT_READ, MAP_PRIVATE));
		EXPECT_EQ(-EACCES, try_map(ring, 0, all, PROT_READ | PROT_EXEC, MAP_SHARED));
		EXPECT_EQ(-EINVAL, try_map(ring, 0, all + page, PROT_READ, MAP_SHARED));
		EXPECT_EQ(-EINVAL, try_map(ring, all, page, PROT_READ, MAP_SHARED));
	}
	EXPECT_EQ(0, in_child(peek(self->tail) != -2)); /* not inherited */
}

TEST_F(ring, counts)
{
	EXPECT_EQ(POLLIN, poll_now(self->consumer, POLLIN | POLLOUT));
	EXPECT_EQ(POLLOUT, poll_now(self->producer, POLLIN | POLLOUT));
	EXPECT_EQ(0, count_now(self->consumer)); /* an epoch to learn */
	EXPECT_EQ(0, count_now(self->producer));
	for (unsigned int tail = 0; tail < 2 * SLOTS; tail++) {
		for (int used = 0; used <= SLOTS; used++) {
			WORDS((tail + used) % (2 * SLOTS), tail);
			EXPECT_EQ(used ? used : -EAGAIN, count_now(self->consumer));
			EXPECT_EQ(used < SLOTS ? SLOTS - used : -EAGAIN, count_now(self->producer));
			EXPECT_EQ(used ? POLLIN : 0, poll_now(self->consumer, POLLIN));
			EXPECT_EQ(used < SLOTS ? POLLOUT : 0, poll_now(self->producer, POLLOUT));
		}
	}
	/* A word of another epoch counts as 0 */
	WORDS(2, 1);
	self->head->word = RVF_RING_WORD(self->info.out_epoch + 1, 5);
	self->tail->word = RVF_RING_WORD(self->info.out_epoch, 0);
	EXPECT_EQ(-EAGAIN, count_now(self->consumer));
}

TEST_F(ring, read_refused)
{
	int neither = must_rvf(mount_get(self->mount, "ring", RVF_RIGHT_GRANT));
	uint64_t count;

	EXPECT_EQ(-EINVAL, sys(read(self->consumer, &count, 7)));
	EXPECT_EQ(-EACCES, sys(read(neither, &count, 8)));
	EXPECT_EQ(-EACCES, ring_wake(neither));
	EXPECT_EQ(-EACCES, try_map(neither, 0, page_size(), PROT_READ, MAP_SHARED));
	EXPECT_EQ(0, poll_now(neither, POLLIN | POLLOUT));
	EXPECT_EQ(-EFAULT, sys(read(self->consumer, nowhere(), 8)));
}

/* Words at random: no count above the slots, and nobody sleeps over a lie */
TEST_F(ring, lies)
{
	srand(1);
	for (int i = 0; i < 20000; i++) {
		uint32_t h = i % 2 ? rand() % (4 * SLOTS) : (uint32_t)rand() << 1;
		uint32_t t = i % 3 ? rand() % (4 * SLOTS) : (uint32_t)rand() << 1;
		long counted;

		WORDS(h, t);
		if (i % 5 == 0)
			self->head->word = (uint64_t)rand() << 32 | rand();
		counted = count_now(self->consumer);
		ASSERT_TRUE(counted == -EAGAIN || (counted >= 0 && counted <= SLOTS));
		counted = count_now(self->producer);
		ASSERT_TRUE(counted == -EAGAIN || (counted >= 0 && counted <= SLOTS));
	}
	WORDS(2 * SLOTS, 0);
	EXPECT_EQ(POLLIN, poll_now(self->consumer, POLLIN));
	EXPECT_EQ(POLLOUT, poll_now(self->producer, POLLOUT));
}

TEST_F(ring, sleep_and_wake)
{
	for (int i = 0; i < 200; i++) {
		pid_t pid;

		WORDS(0, 0);
		pid = sleeper(self->consumer);
		if (i % 2)
			sleep_ms(1);
		self->head->word = RVF_RING_WORD(self->info.out_epoch, 1);
		EXPECT_EQ(0, ring_wake(self->producer));
		ASSERT_EQ(0, reap(pid));

		WORDS(SLOTS, 0);
		pid = sleeper(self->producer);
		if (i % 2)
			sleep_ms(1);
		self->tail->word = RVF_RING_WORD(self->info.out_epoch, 1);
		EXPECT_EQ(0, ring_wake(self->consumer));
		ASSERT_EQ(0, reap(pid));
	}
}

TEST_F(ring, revoked)
{
	pid_t pid;

	WORDS(SLOTS, 0);
	pid = sleeper(self->producer);
	sleep_ms(20);
	EXPECT_EQ(1, handle_revoke(self->producer, 0));
	EXPECT_EQ(EKEYREVOKED, reap(pid));
	EXPECT_EQ(-1, peek(self->head));
	EXPECT_EQ(0, peek((char *)self->tail + 4) < 0); /* the other end goes on */
	EXPECT_EQ(-EKEYREVOKED, count_now(self->producer));
	EXPECT_EQ(-EKEYREVOKED, ring_wake(self->producer));
	EXPECT_EQ(-EKEYREVOKED, try_map(self->producer, 0, page_size(), PROT_READ, MAP_SHARED));
	EXPECT_EQ(POLLHUP, poll_now(self->producer, 0) & POLLHUP);
	EXPECT_EQ(SLOTS, count_now(self->consumer));
}

TEST_F(ring, unmounted)
{
	pid_t pid;

	WORDS(0, 0);
	pid = sleeper(self->consumer);
	sleep_ms(20);
	ASSERT_EQ(0, unmount(self->mount, 0));
	ASSERT_TRUE(wait_gone(self->mount));
	EXPECT_EQ(EPIPE, reap(pid));
	EXPECT_EQ(-1, peek(self->head));
	EXPECT_EQ(-1, peek(self->tail));
	EXPECT_EQ(-EPIPE, count_now(self->consumer));
	EXPECT_EQ(-ENODEV, ring_wake(self->producer));
	EXPECT_EQ(POLLHUP, poll_now(self->consumer, 0) & POLLHUP);
}

/* A new incarnation raises the epoch, and only one that is new */
TEST_F(ring, incarnations)
{
	struct task producer, consumer;
	int fd;

	task_start(&producer, self->mount, 0);
	task_start(&consumer, self->mount, 1);
	EXPECT_EQ(-EACCES, task_get(&producer, "ring", RVF_RIGHT_READ));
	EXPECT_EQ(-EACCES, task_get(&consumer, "ring", RVF_RIGHT_WRITE));
	fd = must_rvf(task_get(&producer, "ring", 0));
	must_rvf(task_get(&producer, "ring", 0));
	must_rvf(task_get(&consumer, "ring", 0));
	EXPECT_EQ(1, ring_info(self->consumer).out_epoch);

	/* Its mapping goes with the process, and the epoch stays for its messages */
	fd = task_take_fd(&producer, fd);
	struct rvf_ring_end *head =
		must(map_at(fd, self->info.out_producer, page_size(), PROT_READ | PROT_WRITE));
	WORDS(3, 0);
	EXPECT_EQ(3, peek(head));
	EXPECT_EQ(3, count_now(self->consumer));
	task_kill(&producer);
	ASSERT_TRUE(wait_task_state(self->mount, 0, RVF_TASK_EXITED));
	EXPECT_EQ(-1, peek(head));
	EXPECT_EQ(-EKEYREVOKED, ring_wake(fd));
	EXPECT_EQ(3, count_now(self->consumer));

	task_start(&producer, self->mount, 0);
	EXPECT_EQ(1, ring_info(self->consumer).out_epoch);
	must_rvf(task_get(&producer, "ring", 0));
	EXPECT_EQ(2, ring_info(self->consumer).out_epoch);
	EXPECT_EQ(0, count_now(self->consumer));
	EXPECT_EQ(POLLIN, poll_now(self->consumer, POLLIN));
	/* Told once: its own word says that it knows */
	self->tail->word = RVF_RING_WORD(2, 0);
	EXPECT_EQ(-EAGAIN, count_now(self->consumer));
	task_kill(&producer);
	task_kill(&consumer);
}

/* ... and wakes whoever sleeps */
TEST_F(ring, woken_by_an_incarnation)
{
	struct task producer;
	pid_t pid;

	task_start(&producer, self->mount, 0);
	must_rvf(task_get(&producer, "ring", 0));
	WORDS(0, 0);
	pid = sleeper(self->consumer);
	task_kill(&producer);
	ASSERT_TRUE(wait_task_state(self->mount, 0, RVF_TASK_EXITED));
	task_start(&producer, self->mount, 0);
	must_rvf(task_get(&producer, "ring", 0));
	EXPECT_EQ(0, reap(pid));
	task_kill(&producer);
}

static void no_change(struct pkg *pkg)
{
}

static void two_producers(struct pkg *pkg)
{
	pkg->grants[pkg->n_grants - 1].rights = htole32(RVF_RIGHT_WRITE);
}

static void both_ends(struct pkg *pkg)
{
	pkg->grants[pkg->n_grants - 1].rights = htole32(RVF_RIGHT_READ | RVF_RIGHT_WRITE);
}

TEST(ends)
{
	const struct {
		void (*change)(struct pkg *pkg);
		int result;
		uint32_t reason;
	} cases[] = {
		{ no_change, 0, RVF_REASON_NONE },
		{ two_producers, -EBADMSG, RVF_REASON_QUEUE },
		{ both_ends, -EBADMSG, RVF_REASON_GRANT },
	};
	int ctl = ctl_open();

	key_trust(ctl, KEY_OWNER);
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pkg *pkg = ring_package();
		struct rvf_mount arg;

		cases[i].change(pkg);
		pkg_finish(pkg, KEY_OWNER);
		EXPECT_EQ(cases[i].result, pkg_verify(pkg, ctl, NULL, &arg));
		EXPECT_EQ(cases[i].reason, arg.out_reason);
	}
}

TEST_HARNESS_MAIN
