// SPDX-License-Identifier: GPL-2.0-only
/* The tasks at a ring's ends: when an epoch begins, and who is told of it. */
#include <signal.h>

#include "kselftest_harness.h"
#include "queue_handles.h"
#include "ring.h"
#include "util_task.h"

#define RW (PROT_READ | PROT_WRITE)

FIXTURE(ends)
{
	int mount;
	int ring; /* an administrator's, of no end */
	struct task task[2];
};

/* As ring_package(), and an end may be given on */
FIXTURE_SETUP(ends)
{
	struct pkg *pkg = ring_package();
	int ctl = ctl_open();

	key_trust(ctl, KEY_OWNER);
	pkg->grants[pkg->n_grants - 2].rights = htole32(W | G | V);
	pkg->grants[pkg->n_grants - 1].rights = htole32(R | G | V);
	pkg_finish(pkg, KEY_OWNER);
	self->mount = must_rvf(pkg_mount(pkg, ctl, NULL, NULL));
	close(ctl);
	self->ring = must_rvf(mount_get(self->mount, "ring", V));
	for (int i = 0; i < 2; i++)
		task_start(&self->task[i], self->mount, i);
}

FIXTURE_TEARDOWN(ends)
{
	close(self->mount);
}

#define EPOCH() ring_info(self->ring).out_epoch

static void restart(FIXTURE_DATA(ends) * self, unsigned int i)
{
	task_kill(&self->task[i]);
	if (!wait_task_state(self->mount, i, RVF_TASK_EXITED))
		die("task %u does not end", i);
	task_start(&self->task[i], self->mount, i);
}

/* Its end, as this process has it too */
static int take_end(FIXTURE_DATA(ends) * self, unsigned int i, unsigned int rights)
{
	return task_take_fd(&self->task[i], must_rvf(task_get(&self->task[i], "ring", rights)));
}

/* An end that was sent is nobody's new incarnation, whoever received it */
TEST_F(ends, sent)
{
	size_t page = page_size();
	int queues[2], ring, got, again;
	struct rvf_ring_info info;
	struct rvf_ring_end *head, *own;

	/* The receiver is younger than whoever had the end before */
	restart(self, 1);
	restart(self, 1);
	for (int i = 0; i < 2; i++)
		queues[i] = task_take_fd(&self->task[i],
					 must_rvf(task_get(&self->task[i], "queue", 0)));
	ring = take_end(self, 0, 0);
	info = ring_info(ring);
	head = must(map_at(ring, info.out_producer, page, RW));
	head->word = RVF_RING_WORD(1, 3);
	EXPECT_EQ(0, send_handle(queues[0], ring, W | G | V, 0));
	got = must_rvf(receive_handle(queues[1]));
	EXPECT_EQ(1, EPOCH());
	again = must_rvf(handle_derive(got, W | G, 0));
	EXPECT_EQ(1, EPOCH());
	own = must(map_at(again, info.out_producer, page, RW));
	EXPECT_EQ(3, peek(own));
	EXPECT_EQ(4, poke(own, 4));
	EXPECT_EQ(4, peek(head));
	EXPECT_EQ(SLOTS - 4, count_now(ring));

	/* It ends with the receiver, and the sender goes on */
	task_kill(&self->task[1]);
	ASSERT_TRUE(wait_task_state(self->mount, 1, RVF_TASK_EXITED));
	EXPECT_EQ(-1, peek(own));
	EXPECT_EQ(-EKEYREVOKED, ring_wake(got));
	EXPECT_EQ(-EKEYREVOKED, ring_wake(again));
	EXPECT_EQ(4, peek(head));
	EXPECT_EQ(0, ring_wake(ring));
	/* The next one receives it anew: no epoch either */
	task_start(&self->task[1], self->mount, 1);
	queues[1] = task_take_fd(&self->task[1], must_rvf(task_get(&self->task[1], "queue", 0)));
	EXPECT_EQ(0, send_handle(queues[0], ring, W, 0));
	got = must_rvf(receive_handle(queues[1]));
	own = must(map_at(got, info.out_producer, page, RW));
	EXPECT_EQ(4, peek(own));
	EXPECT_EQ(1, EPOCH());
	/* With the sender it goes, at the receiver's too */
	task_kill(&self->task[0]);
	ASSERT_TRUE(wait_task_state(self->mount, 0, RVF_TASK_EXITED));
	EXPECT_EQ(-1, peek(own));
	EXPECT_EQ(-EKEYREVOKED, ring_wake(got));
	EXPECT_EQ(1, EPOCH());
	task_kill(&self->task[1]);
}

/* Each incarnation that takes an end which another one had, and nobody else */
TEST_F(ends, epochs)
{
	uint32_t epoch = 1;

	EXPECT_EQ(epoch, EPOCH());
	for (int i = 0; i < 8; i++) {
		unsigned int end = i / 2 % 2;
		int ring;

		take_end(self, 0, 0);
		take_end(self, 1, 0);
		if (i)
			epoch++;
		EXPECT_EQ(epoch, EPOCH());
		/* Once more, with less, as another's: all the same */
		ring = take_end(self, end, 0);
		must_rvf(handle_derive(ring, G, 0));
		must_rvf(mount_get(self->mount, "ring", R | W));
		EXPECT_EQ(epoch, EPOCH());
		restart(self, end);
		EXPECT_EQ(epoch, EPOCH());
		/* Without the right to it, it has not taken it */
		take_end(self, end, G);
		EXPECT_EQ(epoch, EPOCH());
	}
	/* Both are new: that are two */
	take_end(self, 1, 0);
	take_end(self, 0, 0);
	restart(self, 0);
	restart(self, 1);
	epoch = EPOCH();
	take_end(self, 0, 0);
	take_end(self, 1, 0);
	EXPECT_EQ(epoch + 2, EPOCH());
}

/* Either end is told of it once, until its word says that it knows */
TEST_F(ends, told_once)
{
	size_t page = page_size();

	for (unsigned int who = 0; who < 2; who++) {
		int producer = must_rvf(mount_get(self->mount, "ring", W));
		int consumer = must_rvf(mount_get(self->mount, "ring", R));
		struct rvf_ring_info info = ring_info(producer);
		struct rvf_ring_end *head = must(map_at(producer, info.out_producer, page, RW));
		struct rvf_ring_end *tail = must(map_at(consumer, info.out_consumer, page, RW));
		struct rvf_ring_control *control = must(map_at(producer, 0, page, PROT_READ));
		uint32_t epoch;
		pid_t pid;

		take_end(self, who, 0);
		epoch = EPOCH();
		/* Whoever sleeps is woken by it: the other end, and the same by another handle */
		head->word = RVF_RING_WORD(epoch, who ? SLOTS : 0);
		tail->word = RVF_RING_WORD(epoch, 0);
		pid = sleeper(who ? producer : consumer);
		sleep_ms(20);
		restart(self, who);
		take_end(self, who, 0);
		EXPECT_EQ(0, reap(pid));
		EXPECT_EQ(++epoch, EPOCH());
		EXPECT_EQ(epoch, control->epoch);
		EXPECT_EQ(0, control->__reserved);

		/* Messages of before count no more, and both ends are told */
		for (int i = 0; i < 2; i++) {
			EXPECT_EQ(0, count_now(consumer));
			EXPECT_EQ(0, count_now(producer));
			EXPECT_EQ(POLLIN, poll_now(consumer, POLLIN));
			EXPECT_EQ(POLLOUT, poll_now(producer, POLLOUT));
		}
		tail->word = RVF_RING_WORD(epoch, 0);
		EXPECT_EQ(-EAGAIN, count_now(consumer));
		EXPECT_EQ(0, poll_now(consumer, POLLIN));
		EXPECT_EQ(0, count_now(producer));
		head->word = RVF_RING_WORD(epoch, 0);
		EXPECT_EQ(SLOTS, count_now(producer));
		head->word = RVF_RING_WORD(epoch, SLOTS);
		EXPECT_EQ(-EAGAIN, count_now(producer));
		EXPECT_EQ(SLOTS, count_now(consumer));
	}
}

TEST_HARNESS_MAIN
