// SPDX-License-Identifier: GPL-2.0-only
/*
 * Queues, waiting: who is woken by what, and that nothing is lost when many
 * send and receive at once.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "queue.h"

FIXTURE(wait)
{
	int mount;
	int queue;
};

FIXTURE_SETUP(wait)
{
	self->mount = mount_usual(ctl_open());
	self->queue = must_rvf(mount_get(self->mount, "queue", 0));
}

FIXTURE_TEARDOWN(wait)
{
	close(self->queue);
	close(self->mount);
}

static void fill(int queue)
{
	for (int i = 0; i < QUEUE_SLOTS; i++)
		must(write(queue, "full", 4));
}

/* A process that waits in a call; its exit code tells what came of it */
enum {
	CAME = 1,
	OTHER = 99,
};

static pid_t reader(int queue)
{
	pid_t pid = child();

	if (pid == 0) {
		char bytes[QUEUE_MESSAGE];
		long result = sys(read(queue, bytes, sizeof(bytes)));

		_exit(result >= 0	     ? CAME :
		      -result == EKEYREVOKED ? 2 :
		      -result == EPIPE	     ? 3 :
		      -result == EINTR	     ? 4 :
		      -result == ENODEV	     ? 5 :
					       OTHER);
	}
	/* Until it sleeps there */
	sleep_ms(200);
	return pid;
}

static pid_t writer(int queue)
{
	pid_t pid = child();

	if (pid == 0) {
		long result = sys(write(queue, "late", 4));

		_exit(result >= 0	     ? CAME :
		      -result == EKEYREVOKED ? 2 :
		      -result == EPIPE	     ? 3 :
		      -result == EINTR	     ? 4 :
		      -result == ENODEV	     ? 5 :
					       OTHER);
	}
	sleep_ms(200);
	return pid;
}

static bool still_waits(pid_t pid)
{
	return waitpid(pid, NULL, WNOHANG) == 0;
}

TEST_F(wait, reader_is_woken)
{
	pid_t pid = reader(self->queue);

	EXPECT_TRUE(still_waits(pid));
	EXPECT_EQ(1, write(self->queue, "x", 1));
	EXPECT_EQ(CAME, reap(pid));
}

TEST_F(wait, writer_is_woken)
{
	char bytes[QUEUE_MESSAGE];
	pid_t pid;

	fill(self->queue);
	pid = writer(self->queue);
	EXPECT_TRUE(still_waits(pid));
	EXPECT_EQ(4, read(self->queue, bytes, sizeof(bytes)));
	EXPECT_EQ(CAME, reap(pid));
	/* It is the last one */
	for (int i = 0; i < QUEUE_SLOTS - 1; i++)
		EXPECT_EQ(4, read(self->queue, bytes, sizeof(bytes)));
	EXPECT_EQ(4, read(self->queue, bytes, sizeof(bytes)));
	EXPECT_EQ(0, memcmp(bytes, "late", 4));
}

TEST_F(wait, batch_wakes)
{
	struct rvf_message message = { .buffer = (uintptr_t) "x", .length = 1 };
	uint32_t count = 1;
	pid_t pid = reader(self->queue);

	EXPECT_EQ(0, batch(self->queue, RVF_QUEUE_SEND, &message, &count));
	EXPECT_EQ(CAME, reap(pid));
}

/* Several messages wake several readers */
TEST_F(wait, each_message_wakes_one)
{
	pid_t pids[QUEUE_SLOTS];
	struct rvf_message messages[QUEUE_SLOTS];
	uint32_t count = QUEUE_SLOTS;

	for (int i = 0; i < QUEUE_SLOTS; i++) {
		pids[i] = reader(self->queue);
		messages[i] = (struct rvf_message){ .buffer = (uintptr_t) "x", .length = 1 };
	}
	EXPECT_EQ(0, batch(self->queue, RVF_QUEUE_SEND, messages, &count));
	for (int i = 0; i < QUEUE_SLOTS; i++)
		EXPECT_EQ(CAME, reap(pids[i]));
}

TEST_F(wait, each_slot_wakes_one)
{
	pid_t pids[QUEUE_SLOTS];
	char bytes[QUEUE_SLOTS][QUEUE_MESSAGE];
	struct rvf_message messages[QUEUE_SLOTS];
	uint32_t count = QUEUE_SLOTS;

	fill(self->queue);
	for (int i = 0; i < QUEUE_SLOTS; i++) {
		pids[i] = writer(self->queue);
		messages[i] = (struct rvf_message){
			.buffer = (uintptr_t)bytes[i],
			.length = QUEUE_MESSAGE,
		};
	}
	EXPECT_EQ(0, batch(self->queue, RVF_QUEUE_RECV, messages, &count));
	EXPECT_EQ(QUEUE_SLOTS, count);
	for (int i = 0; i < QUEUE_SLOTS; i++)
		EXPECT_EQ(CAME, reap(pids[i]));
}

/* A message that is too large, or does not fit the buffer, does not wait */
TEST_F(wait, sizes_do_not_wait)
{
	char bytes[QUEUE_MESSAGE + 1] = { 0 };

	fill(self->queue);
	EXPECT_EQ(-EMSGSIZE, sys(write(self->queue, bytes, QUEUE_MESSAGE + 1)));
	EXPECT_EQ(-EMSGSIZE, sys(read(self->queue, bytes, 1)));
}

TEST_F(wait, revoke_wakes)
{
	int derived = must_rvf(handle_derive(self->queue, RVF_RIGHT_READ | RVF_RIGHT_WRITE, 0));
	pid_t reading = reader(derived), writing;

	EXPECT_TRUE(still_waits(reading));
	EXPECT_EQ(1, handle_revoke(self->queue, RVF_REVOKE_DERIVED));
	EXPECT_EQ(2, reap(reading));
	derived = must_rvf(handle_derive(self->queue, RVF_RIGHT_READ | RVF_RIGHT_WRITE, 0));
	fill(self->queue);
	writing = writer(derived);
	EXPECT_TRUE(still_waits(writing));
	EXPECT_EQ(1, handle_revoke(self->queue, RVF_REVOKE_DERIVED));
	EXPECT_EQ(2, reap(writing));
	/* Nothing came of it */
	EXPECT_EQ(QUEUE_SLOTS, queue_state(self->queue).out_used);
}

/* Those that wait through other handles go on waiting */
TEST_F(wait, revoke_wakes_no_other)
{
	int derived = must_rvf(handle_derive(self->queue, RVF_RIGHT_READ, 0));
	pid_t revoked = reader(derived), other = reader(self->queue);

	EXPECT_EQ(1, handle_revoke(self->queue, RVF_REVOKE_DERIVED));
	EXPECT_EQ(2, reap(revoked));
	sleep_ms(100);
	EXPECT_TRUE(still_waits(other));
	EXPECT_EQ(1, write(self->queue, "x", 1));
	EXPECT_EQ(CAME, reap(other));
}

TEST_F(wait, unmount_wakes_readers)
{
	pid_t pid = reader(self->queue);

	EXPECT_EQ(0, unmount(self->mount, 0));
	EXPECT_EQ(3, reap(pid));
	EXPECT_TRUE(wait_gone(self->mount));
}

TEST_F(wait, unmount_wakes_writers)
{
	pid_t pid;

	fill(self->queue);
	pid = writer(self->queue);
	EXPECT_EQ(0, unmount(self->mount, 0));
	EXPECT_EQ(5, reap(pid));
	EXPECT_TRUE(wait_gone(self->mount));
}

TEST_F(wait, unmount_of_full_queue)
{
	char bytes[QUEUE_MESSAGE];

	fill(self->queue);
	EXPECT_EQ(0, unmount(self->mount, 0));
	EXPECT_TRUE(wait_gone(self->mount));
	EXPECT_EQ(-EPIPE, sys(read(self->queue, bytes, sizeof(bytes))));
	EXPECT_EQ(-ENODEV, sys(write(self->queue, bytes, 1)));
	{
		struct rvf_message message = {
			.buffer = (uintptr_t)bytes,
			.length = sizeof(bytes),
		};
		uint32_t count = 1;

		EXPECT_EQ(-EPIPE, batch(self->queue, RVF_QUEUE_RECV, &message, &count));
		count = 1;
		EXPECT_EQ(-ENODEV, batch(self->queue, RVF_QUEUE_SEND, &message, &count));
	}
}

static void ignore(int number)
{
}

/* A signal whose handler does not restart ends the wait; one that does, does not */
TEST_F(wait, signals)
{
	struct sigaction action = { .sa_handler = ignore };
	pid_t pid;

	must(sigaction(SIGUSR1, &action, NULL));
	action.sa_flags = SA_RESTART;
	must(sigaction(SIGUSR2, &action, NULL));
	pid = reader(self->queue);
	must(kill(pid, SIGUSR1));
	EXPECT_EQ(4, reap(pid));
	pid = reader(self->queue);
	must(kill(pid, SIGUSR2));
	sleep_ms(100);
	EXPECT_TRUE(still_waits(pid));
	EXPECT_EQ(1, write(self->queue, "x", 1));
	EXPECT_EQ(CAME, reap(pid));
	fill(self->queue);
	pid = writer(self->queue);
	must(kill(pid, SIGUSR1));
	EXPECT_EQ(4, reap(pid));
	EXPECT_EQ(QUEUE_SLOTS, queue_state(self->queue).out_used);
}

TEST_F(wait, killed)
{
	pid_t pid = reader(self->queue);
	char bytes[QUEUE_MESSAGE];

	must(kill(pid, SIGKILL));
	EXPECT_EQ(128 + SIGKILL, reap(pid));
	/* What comes now is not lost to it */
	EXPECT_EQ(1, write(self->queue, "x", 1));
	EXPECT_EQ(1, read(self->queue, bytes, sizeof(bytes)));
}

TEST_F(wait, epoll)
{
	int epoll = must(epoll_create1(EPOLL_CLOEXEC));
	struct epoll_event event = { .events = EPOLLIN | EPOLLET }, got;
	char byte;
	pid_t pid;

	must(epoll_ctl(epoll, EPOLL_CTL_ADD, self->queue, &event));
	EXPECT_EQ(0, epoll_wait(epoll, &got, 1, 50));
	pid = child();
	if (pid == 0) {
		sleep_ms(200);
		_exit(write(self->queue, "x", 1) == 1 ? 0 : 1);
	}
	EXPECT_EQ(1, epoll_wait(epoll, &got, 1, 5000));
	EXPECT_TRUE(got.events & EPOLLIN);
	EXPECT_EQ(0, reap(pid));
	/* Each message is an edge */
	EXPECT_EQ(0, epoll_wait(epoll, &got, 1, 50));
	EXPECT_EQ(1, write(self->queue, "y", 1));
	EXPECT_EQ(1, epoll_wait(epoll, &got, 1, 1000));
	EXPECT_EQ(1, read(self->queue, &byte, 1));
	EXPECT_EQ(1, read(self->queue, &byte, 1));
	/* And so is a revoke */
	EXPECT_EQ(1, handle_revoke(self->queue, 0));
	EXPECT_EQ(1, epoll_wait(epoll, &got, 1, 1000));
	EXPECT_TRUE(got.events & EPOLLHUP);
}

TEST_F(wait, poll_for_room)
{
	char bytes[QUEUE_MESSAGE];
	pid_t pid;

	fill(self->queue);
	EXPECT_EQ(0, poll_for(self->queue, POLLOUT, 50));
	pid = child();
	if (pid == 0)
		_exit(poll_for(self->queue, POLLOUT, 5000) & POLLOUT ? 0 : 1);
	sleep_ms(200);
	/* Readers may wait for more than one slot before they wake writers */
	for (int i = 0; i < QUEUE_SLOTS; i++)
		EXPECT_EQ(4, read(self->queue, bytes, sizeof(bytes)));
	EXPECT_EQ(0, reap(pid));
}

/* ---- many at once */

struct record {
	uint32_t sender, number;
};

enum {
	SENDERS = 4,
	RECEIVERS = 3,
	EACH = 3000,
};

static void send_all(int queue, uint32_t sender)
{
	struct record records[7];
	struct rvf_message messages[7];

	for (uint32_t number = 0; number < EACH;) {
		/* By turns with one write, and with a batch of some */
		uint32_t count = number % 3 == 0 ? 1 : number % 7 + 1;

		if (count > EACH - number)
			count = EACH - number;
		for (uint32_t i = 0; i < count; i++) {
			records[i] = (struct record){ sender, number + i };
			messages[i] = (struct rvf_message){
				.buffer = (uintptr_t)&records[i],
				.length = sizeof(records[i]),
				.priority = RVF_PRIORITY_NORMAL,
			};
		}
		if (count == 1) {
			if (write(queue, &records[0], sizeof(records[0])) != sizeof(records[0]))
				_exit(1);
		} else {
			int result = batch(queue, RVF_QUEUE_SEND, messages, &count);

			if (result == -EAGAIN) {
				poll_for(queue, POLLOUT, 20);
				continue;
			}
			if (result)
				_exit(2);
		}
		number += count;
	}
	_exit(0);
}

static void receive_all(int queue, uint8_t (*seen)[EACH])
{
	uint32_t last[SENDERS] = { 0 };

	for (;;) {
		struct record record;
		long length = sys(read(queue, &record, sizeof(record)));

		if (length == -EKEYREVOKED)
			_exit(0);
		if (length != sizeof(record) || record.sender >= SENDERS || record.number >= EACH)
			_exit(1);
		/* One sender's messages come in order, as far as one receiver sees them */
		if (record.number < last[record.sender])
			_exit(2);
		last[record.sender] = record.number;
		if (__atomic_add_fetch(&seen[record.sender][record.number], 1, __ATOMIC_RELAXED) !=
		    1)
			_exit(3);
	}
}

TEST_F_TIMEOUT(wait, nothing_is_lost, 120)
{
	uint8_t(*seen)[EACH] = must(mmap(NULL, SENDERS * EACH, PROT_READ | PROT_WRITE,
					 MAP_SHARED | MAP_ANONYMOUS, -1, 0));
	int receiving = must_rvf(handle_derive(self->queue, RVF_RIGHT_READ, 0));
	pid_t senders[SENDERS], receivers[RECEIVERS];

	for (uint32_t i = 0; i < SENDERS; i++) {
		senders[i] = child();
		if (senders[i] == 0)
			send_all(self->queue, i);
	}
	for (int i = 0; i < RECEIVERS; i++) {
		receivers[i] = child();
		if (receivers[i] == 0)
			receive_all(receiving, seen);
	}
	for (int i = 0; i < SENDERS; i++)
		EXPECT_EQ(0, reap(senders[i]));
	while (queue_state(self->queue).out_received < SENDERS * EACH)
		sleep_ms(10);
	EXPECT_EQ(1, handle_revoke(self->queue, RVF_REVOKE_DERIVED));
	for (int i = 0; i < RECEIVERS; i++)
		EXPECT_EQ(0, reap(receivers[i]));
	for (int i = 0; i < SENDERS; i++) {
		for (int j = 0; j < EACH; j++)
			ASSERT_EQ(1, seen[i][j]);
	}
	EXPECT_EQ(SENDERS * EACH, queue_state(self->queue).out_sent);
	EXPECT_EQ(0, queue_state(self->queue).out_used);
}

/* Killing receivers at random loses at the most the message that each was just given */
TEST_F_TIMEOUT(wait, killed_receivers, 60)
{
	unsigned int sent = 0, killed = 0;
	uint64_t end = now_ms() + 5000;
	char bytes[QUEUE_MESSAGE];

	must(fcntl(self->queue, F_SETFL, O_NONBLOCK));
	while (now_ms() < end) {
		int waiting = must_rvf(mount_get(self->mount, "queue", RVF_RIGHT_READ));
		pid_t pid = child();

		if (pid == 0) {
			for (;;)
				must(read(waiting, bytes, sizeof(bytes)));
		}
		for (int i = 0; i < 50; i++)
			sent += write(self->queue, "x", 1) == 1;
		must(kill(pid, SIGKILL));
		reap(pid);
		close(waiting);
		killed++;
	}
	{
		struct rvf_queue_info info = queue_state(self->queue);

		EXPECT_EQ(sent, info.out_sent);
		EXPECT_EQ(sent, info.out_received + info.out_used);
	}
	fprintf(stderr, "# %u receivers killed, %u messages\n", killed, sent);
}

static void *reading_thread(void *arg)
{
	char bytes[QUEUE_MESSAGE];

	return (void *)sys(read(*(int *)arg, bytes, sizeof(bytes)));
}

/* Closing the fd in another thread does not strand the one that waits through it */
TEST_F(wait, closed_while_waiting)
{
	int handle = must_rvf(mount_get(self->mount, "queue", RVF_RIGHT_READ));
	pthread_t thread;
	void *result;

	ASSERT_EQ(0, pthread_create(&thread, NULL, reading_thread, &handle));
	sleep_ms(200);
	close(handle);
	EXPECT_EQ(3, write(self->queue, "abc", 3));
	ASSERT_EQ(0, pthread_join(thread, &result));
	EXPECT_EQ(3, (long)result);
}

TEST_HARNESS_MAIN
