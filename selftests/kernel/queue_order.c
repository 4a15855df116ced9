// SPDX-License-Identifier: GPL-2.0-only
/*
 * Queues: the order of priorities, looking without receiving, what is given
 * back, and edges for epoll.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "queue.h"
#include "random.h"

#define SLOTS 32
#define SIZE  64

FIXTURE(order)
{
	int mount;
	int queue;
};

FIXTURE_SETUP(order)
{
	struct pkg *pkg = pkg_new("order");
	int ctl = ctl_open();

	key_trust(ctl, KEY_OWNER);
	pkg_queue(pkg, "queue", SLOTS, SIZE);
	pkg_finish(pkg, KEY_OWNER);
	self->mount = must_rvf(pkg_mount(pkg, ctl, NULL, NULL));
	self->queue = must_rvf(mount_get(self->mount, "queue", 0));
	must(fcntl(self->queue, F_SETFL, O_NONBLOCK));
}

FIXTURE_TEARDOWN(order)
{
	close(self->queue);
	close(self->mount);
}

static int send_with(int queue, const void *data, uint32_t length, uint32_t priority)
{
	struct rvf_message message = {
		.buffer = (uintptr_t)data,
		.length = length,
		.priority = priority,
	};
	uint32_t count = 1;

	return batch(queue, RVF_QUEUE_SEND, &message, &count);
}

static int receive_with(int queue, unsigned int flags, void *data, uint32_t room,
			struct rvf_message *message)
{
	struct rvf_queue_batch arg = {
		.size = sizeof(arg),
		.flags = flags,
		.messages = (uintptr_t)message,
		.count = 1,
		.entry_size = sizeof(*message),
	};

	*message = (struct rvf_message){ .buffer = (uintptr_t)data, .length = room };
	return rvf(queue, RVF_QUEUE_RECV, &arg);
}

/* The urgent ones first, and in each priority those that were sent first */
TEST_F(order, priorities)
{
	static const uint32_t sent[] = { 0, 3, 1, 2, 0, 1, 3, 2, 1, 0, 3 };
	struct rvf_message message;
	unsigned char byte;

	for (unsigned int i = 0; i < ARRAY_SIZE(sent); i++) {
		byte = i;
		ASSERT_EQ(0, send_with(self->queue, &byte, 1, sent[i]));
	}
	for (int priority = RVF_PRIORITY_URGENT; priority >= RVF_PRIORITY_LOW; priority--) {
		for (unsigned int i = 0; i < ARRAY_SIZE(sent); i++) {
			if (sent[i] != priority)
				continue;
			ASSERT_EQ(0, receive_with(self->queue, 0, &byte, 1, &message));
			EXPECT_EQ(i, byte);
			EXPECT_EQ(priority, message.priority);
		}
	}
	EXPECT_EQ(-EAGAIN, receive_with(self->queue, 0, &byte, 1, &message));
}

/* write() is neither the first nor the last */
TEST_F(order, priority_of_write)
{
	struct rvf_message message;
	char byte;

	EXPECT_EQ(0, send_with(self->queue, "l", 1, RVF_PRIORITY_LOW));
	EXPECT_EQ(1, write(self->queue, "w", 1));
	EXPECT_EQ(0, send_with(self->queue, "n", 1, RVF_PRIORITY_NORMAL));
	EXPECT_EQ(0, send_with(self->queue, "h", 1, RVF_PRIORITY_HIGH));
	EXPECT_EQ(1, read(self->queue, &byte, 1));
	EXPECT_EQ('h', byte);
	EXPECT_EQ(0, receive_with(self->queue, 0, &byte, 1, &message));
	EXPECT_EQ('w', byte);
	EXPECT_EQ(RVF_PRIORITY_NORMAL, message.priority);
	EXPECT_EQ(1, read(self->queue, &byte, 1));
	EXPECT_EQ('n', byte);
	EXPECT_EQ(1, read(self->queue, &byte, 1));
	EXPECT_EQ('l', byte);
}

/* A large urgent message in front of a small buffer: nothing overtakes it */
TEST_F(order, urgent_and_too_large)
{
	struct rvf_message message;
	char bytes[SIZE] = "";

	EXPECT_EQ(0, send_with(self->queue, "s", 1, RVF_PRIORITY_LOW));
	EXPECT_EQ(0, send_with(self->queue, bytes, SIZE, RVF_PRIORITY_URGENT));
	EXPECT_EQ(-EMSGSIZE, receive_with(self->queue, 0, bytes, SIZE - 1, &message));
	EXPECT_EQ(SIZE, message.length);
	EXPECT_EQ(-EMSGSIZE, sys(read(self->queue, bytes, 1)));
	EXPECT_EQ(0, receive_with(self->queue, 0, bytes, SIZE, &message));
	EXPECT_EQ(RVF_PRIORITY_URGENT, message.priority);
	EXPECT_EQ(1, read(self->queue, bytes, SIZE));
}

TEST_F(order, peek)
{
	int sender = must_rvf(handle_derive(self->queue, RVF_RIGHT_WRITE, 77));
	struct rvf_message message;
	char bytes[SIZE] = "";

	EXPECT_EQ(-EAGAIN, receive_with(self->queue, RVF_QUEUE_PEEK, bytes, SIZE, &message));
	EXPECT_EQ(0, send_with(self->queue, "second", 6, RVF_PRIORITY_LOW));
	EXPECT_EQ(0, send_with(sender, "first", 5, RVF_PRIORITY_HIGH));
	for (int i = 0; i < 3; i++) {
		memset(bytes, 0, sizeof(bytes));
		EXPECT_EQ(0, receive_with(self->queue, RVF_QUEUE_PEEK, bytes, SIZE, &message));
		EXPECT_STREQ("first", bytes);
		EXPECT_EQ(5, message.length);
		EXPECT_EQ(RVF_PRIORITY_HIGH, message.priority);
		EXPECT_EQ(77, message.badge);
		EXPECT_EQ(2, queue_state(self->queue).out_used);
		EXPECT_EQ(0, queue_state(self->queue).out_received);
	}
	EXPECT_EQ(-EMSGSIZE, receive_with(self->queue, RVF_QUEUE_PEEK, bytes, 4, &message));
	EXPECT_EQ(5, message.length);
	EXPECT_EQ(-EFAULT, receive_with(self->queue, RVF_QUEUE_PEEK, nowhere(), SIZE, &message));
	EXPECT_EQ(5, read(self->queue, bytes, SIZE));
	EXPECT_EQ(6, read(self->queue, bytes, SIZE));
}

TEST_F(order, peek_wrong)
{
	struct rvf_message messages[2] = { 0 };
	struct rvf_queue_batch arg = {
		.size = sizeof(arg),
		.flags = RVF_QUEUE_PEEK,
		.messages = (uintptr_t)messages,
		.count = 2,
		.entry_size = sizeof(messages[0]),
	};
	int sending = must_rvf(handle_derive(self->queue, RVF_RIGHT_WRITE, 0));

	EXPECT_EQ(1, write(self->queue, "x", 1));
	EXPECT_EQ(-EINVAL, rvf(self->queue, RVF_QUEUE_RECV, &arg));
	arg.count = 1;
	EXPECT_EQ(-EOPNOTSUPP, rvf(self->queue, RVF_QUEUE_SEND, &arg));
	EXPECT_EQ(-EACCES, rvf(sending, RVF_QUEUE_RECV, &arg));
	arg.flags = RVF_QUEUE_PEEK << 1;
	EXPECT_EQ(-EOPNOTSUPP, rvf(self->queue, RVF_QUEUE_RECV, &arg));
	arg.flags = RVF_QUEUE_PEEK;
	arg.messages = 8;
	EXPECT_EQ(-EFAULT, rvf(self->queue, RVF_QUEUE_RECV, &arg));
	EXPECT_EQ(1, queue_state(self->queue).out_used);
}

/* A batch whose middle cannot be copied: what was not received keeps its place */
TEST_F(order, given_back_in_order)
{
	char *pages =
		must(mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	struct rvf_message messages[8];
	uint32_t count = 8;
	unsigned char byte;

	must(munmap(pages + 4096, 4096));
	for (unsigned int i = 0; i < 8; i++) {
		byte = i;
		EXPECT_EQ(0, send_with(self->queue, &byte, 1, 1 + i % 2));
		messages[i] = (struct rvf_message){ .buffer = (uintptr_t)pages, .length = 1 };
	}
	messages[3].buffer = (uintptr_t)pages + 4096;
	EXPECT_EQ(0, batch(self->queue, RVF_QUEUE_RECV, messages, &count));
	EXPECT_EQ(3, count);
	count = 1;
	EXPECT_EQ(-EFAULT, batch(self->queue, RVF_QUEUE_RECV, messages + 3, &count));
	EXPECT_EQ(5, queue_state(self->queue).out_used);
	for (unsigned int i = 0; i < 5; i++) {
		static const unsigned char left[] = { 7, 0, 2, 4, 6 };

		EXPECT_EQ(1, read(self->queue, &byte, 1));
		EXPECT_EQ(left[i], byte);
	}
}

/* The array's end cannot be read, or not be written: what is told of is done */
TEST_F(order, array_at_the_end_of_memory)
{
	char *pages =
		must(mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	struct rvf_message *messages = (void *)(pages + 4096 - 2 * sizeof(*messages) - 8);
	char bytes[8] = "bytes";
	uint32_t count = 5;

	must(munmap(pages + 4096, 4096));
	for (int i = 0; i < 2; i++)
		messages[i] = (struct rvf_message){ .buffer = (uintptr_t)bytes, .length = 5 };
	EXPECT_EQ(0, batch(self->queue, RVF_QUEUE_SEND, messages, &count));
	EXPECT_EQ(2, count);
	count = 1;
	EXPECT_EQ(-EFAULT, batch(self->queue, RVF_QUEUE_SEND, messages + 2, &count));
	count = 5;
	EXPECT_EQ(1, write(self->queue, "x", 1));
	EXPECT_EQ(0, batch(self->queue, RVF_QUEUE_RECV, messages, &count));
	EXPECT_EQ(2, count);
	EXPECT_EQ(1, queue_state(self->queue).out_used);
}

/* A receiver that waits with too small a buffer hears so; the next one gets it */
TEST_F(order, waiting_with_a_small_buffer)
{
	int queue = must_rvf(mount_get(self->mount, "queue", 0));
	pid_t small, large;

	small = child();
	if (small == 0) {
		char byte;

		_exit(-sys(read(queue, &byte, 1)));
	}
	sleep_ms(200);
	large = child();
	if (large == 0) {
		char bytes[SIZE];

		_exit(sys(read(queue, bytes, sizeof(bytes))));
	}
	sleep_ms(200);
	EXPECT_EQ(5, write(self->queue, "12345", 5));
	EXPECT_EQ(EMSGSIZE, reap(small));
	EXPECT_EQ(5, reap(large));
	EXPECT_EQ(0, queue_state(self->queue).out_used);
}

/* Those that have waited longest come first */
TEST_F(order, receivers_in_order)
{
	int queue = must_rvf(mount_get(self->mount, "queue", 0));
	pid_t pids[4];

	for (int i = 0; i < 4; i++) {
		pids[i] = child();
		if (pids[i] == 0) {
			char byte = 0;

			must(read(queue, &byte, 1));
			_exit(byte);
		}
		sleep_ms(200);
	}
	for (char i = 0; i < 4; i++)
		EXPECT_EQ(1, write(self->queue, &i, 1));
	for (int i = 0; i < 4; i++)
		EXPECT_EQ(i, reap(pids[i]));
}

static unsigned int events_of(int epoll)
{
	struct epoll_event event;

	return epoll_wait(epoll, &event, 1, 0) == 1 ? event.events : 0;
}

TEST_F(order, level_triggered)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLOUT };
	int epoll = must(epoll_create1(EPOLL_CLOEXEC));
	char byte = 0;

	must(epoll_ctl(epoll, EPOLL_CTL_ADD, self->queue, &event));
	EXPECT_EQ(EPOLLOUT, events_of(epoll));
	EXPECT_EQ(EPOLLOUT, events_of(epoll));
	EXPECT_EQ(1, write(self->queue, &byte, 1));
	EXPECT_EQ(EPOLLIN | EPOLLOUT, events_of(epoll));
	EXPECT_EQ(EPOLLIN | EPOLLOUT, events_of(epoll));
	for (int i = 1; i < SLOTS; i++)
		EXPECT_EQ(1, write(self->queue, &byte, 1));
	EXPECT_EQ(EPOLLIN, events_of(epoll));
	EXPECT_EQ(1, read(self->queue, &byte, 1));
	EXPECT_EQ(EPOLLIN | EPOLLOUT, events_of(epoll));
}

TEST_F(order, edge_triggered)
{
	struct epoll_event in = { .events = EPOLLIN | EPOLLET };
	struct epoll_event out = { .events = EPOLLOUT | EPOLLET };
	int reading = must(epoll_create1(EPOLL_CLOEXEC));
	int writing = must(epoll_create1(EPOLL_CLOEXEC));
	char byte = 0;

	must(epoll_ctl(reading, EPOLL_CTL_ADD, self->queue, &in));
	must(epoll_ctl(writing, EPOLL_CTL_ADD, self->queue, &out));
	EXPECT_EQ(0, events_of(reading));
	EXPECT_EQ(EPOLLOUT, events_of(writing));
	EXPECT_EQ(0, events_of(writing));
	/* Each message that comes is one, also behind others */
	for (int i = 0; i < SLOTS; i++) {
		EXPECT_EQ(1, write(self->queue, &byte, 1));
		EXPECT_EQ(EPOLLIN, events_of(reading));
		EXPECT_EQ(0, events_of(reading));
	}
	EXPECT_EQ(-EAGAIN, sys(write(self->queue, &byte, 1)));
	EXPECT_EQ(0, events_of(writing));
	/* Each slot that is free again */
	for (int i = 0; i < 3; i++) {
		EXPECT_EQ(1, read(self->queue, &byte, 1));
		EXPECT_EQ(EPOLLOUT, events_of(writing));
		EXPECT_EQ(0, events_of(writing));
	}
	/* And one that could not be received */
	EXPECT_EQ(-EFAULT, sys(read(self->queue, nowhere(), SIZE)));
	EXPECT_EQ(EPOLLIN, events_of(reading));
}

/* ---- at random, against a model */

struct model {
	unsigned char bytes[4][SLOTS][SIZE];
	uint32_t length[4][SLOTS];
	uint32_t count[4];
	uint32_t used;
};

static int model_next(const struct model *model)
{
	for (int priority = 3; priority >= 0; priority--) {
		if (model->count[priority])
			return priority;
	}
	return -1;
}

static void model_drop(struct model *model, int priority)
{
	model->count[priority]--;
	model->used--;
	memmove(model->bytes[priority], model->bytes[priority] + 1,
		model->count[priority] * sizeof(model->bytes[0][0]));
	memmove(model->length[priority], model->length[priority] + 1,
		model->count[priority] * sizeof(model->length[0][0]));
}

/* What a receiver should see with so much room */
static int model_receive(const struct model *model, uint32_t room)
{
	int priority = model_next(model);

	if (priority < 0)
		return -EAGAIN;
	return model->length[priority][0] > room ? -EMSGSIZE : priority;
}

static bool same(const struct model *model, int priority, const void *bytes, uint32_t length)
{
	return model->length[priority][0] == length &&
	       !memcmp(model->bytes[priority][0], bytes, length);
}

TEST_F_TIMEOUT(order, at_random, 120)
{
	static struct model model;
	unsigned char bytes[SIZE + 1];
	struct rvf_message message;

	seed(0);
	for (unsigned int step = 0; step < 30000; step++) {
		uint32_t length = below(SIZE + 2), priority = below(4);
		int expected, peek = below(4) == 0 ? RVF_QUEUE_PEEK : 0;

		if (below(16) < 8) {
			for (unsigned int i = 0; i < length; i++)
				bytes[i] = random32();
			expected = length > SIZE ? -EMSGSIZE : model.used == SLOTS ? -EAGAIN : 0;
			if (below(2)) {
				ASSERT_EQ(expected,
					  send_with(self->queue, bytes, length, priority));
			} else if (length) {
				priority = RVF_PRIORITY_NORMAL;
				ASSERT_EQ(expected ?: (int)length,
					  sys(write(self->queue, bytes, length)));
			} else {
				continue;
			}
			if (!expected) {
				uint32_t at = model.count[priority]++;

				memcpy(model.bytes[priority][at], bytes, length);
				model.length[priority][at] = length;
				model.used++;
			}
			continue;
		}
		expected = model_receive(&model, length);
		if (!peek && below(2)) {
			int result = sys(read(self->queue, bytes, length));

			if (expected < 0) {
				ASSERT_EQ(expected, result);
				continue;
			}
			ASSERT_TRUE(same(&model, expected, bytes, result));
			model_drop(&model, expected);
			continue;
		}
		ASSERT_EQ(expected < 0 ? expected : 0,
			  receive_with(self->queue, peek, bytes, length, &message));
		if (expected < 0)
			continue;
		ASSERT_EQ(expected, message.priority);
		ASSERT_TRUE(same(&model, expected, bytes, message.length));
		if (!peek)
			model_drop(&model, expected);
		ASSERT_EQ(model.used, queue_state(self->queue).out_used);
	}
}

TEST_HARNESS_MAIN
