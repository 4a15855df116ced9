// SPDX-License-Identifier: GPL-2.0-only
/*
 * Queues without waiting: order, limits, batches, types, badges. What waits
 * and who wakes whom is in queue_wait.c.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "queue.h"

FIXTURE(queue)
{
	int mount;
	int queue;
};

FIXTURE_SETUP(queue)
{
	self->mount = mount_usual(ctl_open());
	self->queue = must_rvf(mount_get(self->mount, "queue", 0));
	must(fcntl(self->queue, F_SETFL, O_NONBLOCK));
}

FIXTURE_TEARDOWN(queue)
{
	close(self->queue);
	close(self->mount);
}

static uint32_t type_of_queue(int queue)
{
	return queue_state(queue).out_type;
}

TEST_F(queue, info)
{
	struct rvf_queue_info info = queue_state(self->queue);
	uint8_t digest[RVF_DIGEST_LEN];

	sha256("sample/1", 8, digest);
	EXPECT_EQ(QUEUE_SLOTS, info.out_slots);
	EXPECT_EQ(0, info.out_used);
	EXPECT_EQ(QUEUE_MESSAGE, info.out_message_size);
	EXPECT_EQ(digest[0] | digest[1] << 8 | digest[2] << 16 | (uint32_t)digest[3] << 24,
		  info.out_type);
	EXPECT_EQ(0, info.out_sent);
	EXPECT_EQ(0, info.out_received);
	EXPECT_EQ(3, write(self->queue, "abc", 3));
	EXPECT_EQ(2, write(self->queue, "de", 2));
	info = queue_state(self->queue);
	EXPECT_EQ(2, info.out_used);
	EXPECT_EQ(2, info.out_sent);
	{
		char bytes[8];

		EXPECT_EQ(3, read(self->queue, bytes, sizeof(bytes)));
	}
	info = queue_state(self->queue);
	EXPECT_EQ(1, info.out_used);
	EXPECT_EQ(2, info.out_sent);
	EXPECT_EQ(1, info.out_received);
}

TEST_F(queue, first_in_first_out)
{
	char bytes[QUEUE_MESSAGE], expected[QUEUE_MESSAGE];

	/* Round and round the slots, at every fill level */
	for (unsigned int i = 0, sent = 0, received = 0; i < 50; i++) {
		unsigned int burst = i % (QUEUE_SLOTS + 1);

		for (unsigned int j = 0; j < burst; j++, sent++) {
			memset(bytes, sent, sizeof(bytes));
			ASSERT_EQ(1 + sent % QUEUE_MESSAGE,
				  write(self->queue, bytes, 1 + sent % QUEUE_MESSAGE));
		}
		for (unsigned int j = 0; j < burst; j++, received++) {
			memset(expected, received, sizeof(expected));
			ASSERT_EQ(1 + received % QUEUE_MESSAGE,
				  read(self->queue, bytes, sizeof(bytes)));
			ASSERT_EQ(0, memcmp(bytes, expected, 1 + received % QUEUE_MESSAGE));
		}
	}
}

TEST_F(queue, full_and_empty)
{
	char byte = 'a';

	EXPECT_EQ(-EAGAIN, sys(read(self->queue, &byte, 1)));
	for (int i = 0; i < QUEUE_SLOTS; i++)
		EXPECT_EQ(1, write(self->queue, &byte, 1));
	EXPECT_EQ(-EAGAIN, sys(write(self->queue, &byte, 1)));
	EXPECT_EQ(QUEUE_SLOTS, queue_state(self->queue).out_used);
	for (int i = 0; i < QUEUE_SLOTS; i++)
		EXPECT_EQ(1, read(self->queue, &byte, 1));
	EXPECT_EQ(-EAGAIN, sys(read(self->queue, &byte, 1)));
	EXPECT_EQ(QUEUE_SLOTS, queue_state(self->queue).out_sent);
}

TEST_F(queue, sizes)
{
	char bytes[QUEUE_MESSAGE + 1];

	memset(bytes, 'x', sizeof(bytes));
	EXPECT_EQ(-EMSGSIZE, sys(write(self->queue, bytes, QUEUE_MESSAGE + 1)));
	EXPECT_EQ(-EMSGSIZE, sys(write(self->queue, nowhere(), 1 << 30)));
	EXPECT_EQ(0, queue_state(self->queue).out_used);
	EXPECT_EQ(QUEUE_MESSAGE, write(self->queue, bytes, QUEUE_MESSAGE));
	/* The receiver's buffer is too small: the message stays where it is */
	EXPECT_EQ(-EMSGSIZE, sys(read(self->queue, bytes, QUEUE_MESSAGE - 1)));
	EXPECT_EQ(-EMSGSIZE, sys(read(self->queue, bytes, 0)));
	EXPECT_EQ(1, queue_state(self->queue).out_used);
	EXPECT_EQ(0, queue_state(self->queue).out_received);
	EXPECT_EQ(QUEUE_MESSAGE, read(self->queue, bytes, QUEUE_MESSAGE));
}

/* A message without bytes is one */
TEST_F(queue, empty_message)
{
	char byte = '#';

	EXPECT_EQ(0, sys(write(self->queue, "", 0)));
	if (queue_state(self->queue).out_used == 0)
		SKIP(return, "write() of nothing sends nothing");
	EXPECT_EQ(POLLIN, poll_now(self->queue, POLLIN));
	EXPECT_EQ(0, sys(read(self->queue, &byte, 1)));
	EXPECT_EQ('#', byte);
	EXPECT_EQ(-EAGAIN, sys(read(self->queue, &byte, 1)));
}

/* One write is one message, in however many pieces it comes */
TEST_F(queue, vectors)
{
	struct iovec out[2] = { { "abc", 3 }, { "defg", 4 } };
	char first[5], second[5];
	struct iovec in[2] = { { first, 5 }, { second, 5 } };

	EXPECT_EQ(7, writev(self->queue, out, 2));
	EXPECT_EQ(1, queue_state(self->queue).out_used);
	EXPECT_EQ(7, readv(self->queue, in, 2));
	EXPECT_EQ(0, memcmp(first, "abcde", 5));
	EXPECT_EQ(0, memcmp(second, "fg", 2));
}

TEST_F(queue, no_offsets)
{
	char byte = 0;

	EXPECT_EQ(-ESPIPE, sys(pread(self->queue, &byte, 1, 0)));
	EXPECT_EQ(-ESPIPE, sys(pwrite(self->queue, &byte, 1, 0)));
	EXPECT_EQ(-ESPIPE, sys(lseek(self->queue, 0, SEEK_CUR)));
	EXPECT_EQ(-ENODEV, sys((long)mmap(NULL, 4096, PROT_READ, MAP_SHARED, self->queue, 0)));
}

/* A buffer that cannot be read or written loses nothing */
TEST_F(queue, bad_buffers)
{
	char *pages =
		must(mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	char bytes[QUEUE_MESSAGE];

	must(munmap(pages + 4096, 4096));
	EXPECT_EQ(-EFAULT, sys(write(self->queue, nowhere(), 8)));
	EXPECT_EQ(-EFAULT, sys(write(self->queue, pages + 4090, 8)));
	EXPECT_EQ(0, queue_state(self->queue).out_used);
	EXPECT_EQ(0, queue_state(self->queue).out_sent);
	EXPECT_EQ(8, write(self->queue, "12345678", 8));
	EXPECT_EQ(2, write(self->queue, "ab", 2));
	EXPECT_EQ(-EFAULT, sys(read(self->queue, nowhere(), 8)));
	EXPECT_EQ(-EFAULT, sys(read(self->queue, pages + 4090, 8)));
	must(mprotect(pages, 4096, PROT_READ));
	EXPECT_EQ(-EFAULT, sys(read(self->queue, pages, 8)));
	EXPECT_EQ(2, queue_state(self->queue).out_used);
	EXPECT_EQ(0, queue_state(self->queue).out_received);
	/* In the same order */
	EXPECT_EQ(8, read(self->queue, bytes, sizeof(bytes)));
	EXPECT_EQ(0, memcmp(bytes, "12345678", 8));
	EXPECT_EQ(2, read(self->queue, bytes, sizeof(bytes)));
}

TEST_F(queue, poll)
{
	char byte = 0;

	EXPECT_EQ(POLLOUT, poll_now(self->queue, POLLIN | POLLOUT));
	EXPECT_EQ(1, write(self->queue, &byte, 1));
	EXPECT_EQ(POLLIN | POLLOUT, poll_now(self->queue, POLLIN | POLLOUT));
	for (int i = 1; i < QUEUE_SLOTS; i++)
		EXPECT_EQ(1, write(self->queue, &byte, 1));
	EXPECT_EQ(POLLIN, poll_now(self->queue, POLLIN | POLLOUT));
	EXPECT_EQ(1, read(self->queue, &byte, 1));
	EXPECT_EQ(POLLIN | POLLOUT, poll_now(self->queue, POLLIN | POLLOUT));
}

/* ---- batches */

TEST_F(queue, batch)
{
	char out[QUEUE_SLOTS + 2][8], in[QUEUE_SLOTS + 2][8];
	struct rvf_message send[QUEUE_SLOTS + 2], receive[QUEUE_SLOTS + 2];
	uint32_t count;

	for (int i = 0; i < QUEUE_SLOTS + 2; i++) {
		snprintf(out[i], 8, "m%d", i);
		send[i] = (struct rvf_message){ .buffer = (uintptr_t)out[i], .length = 3 };
		receive[i] = (struct rvf_message){ .buffer = (uintptr_t)in[i], .length = 8 };
	}
	/* As many as there is room for */
	count = QUEUE_SLOTS + 2;
	EXPECT_EQ(0, batch(self->queue, RVF_QUEUE_SEND, send, &count));
	EXPECT_EQ(QUEUE_SLOTS, count);
	count = 1;
	EXPECT_EQ(-EAGAIN, batch(self->queue, RVF_QUEUE_SEND, send, &count));
	EXPECT_EQ(0, count);
	/* As many as are there */
	count = QUEUE_SLOTS + 2;
	EXPECT_EQ(0, batch(self->queue, RVF_QUEUE_RECV, receive, &count));
	EXPECT_EQ(QUEUE_SLOTS, count);
	for (int i = 0; i < QUEUE_SLOTS; i++) {
		EXPECT_EQ(3, receive[i].length);
		EXPECT_EQ(0, memcmp(in[i], out[i], 3));
		EXPECT_EQ(type_of_queue(self->queue), receive[i].type);
		EXPECT_EQ(0, receive[i].badge);
		EXPECT_EQ(0, receive[i].priority);
		EXPECT_EQ(0, receive[i].handle_count);
	}
	EXPECT_EQ(8, receive[QUEUE_SLOTS].length);
	count = 1;
	EXPECT_EQ(-EAGAIN, batch(self->queue, RVF_QUEUE_RECV, receive, &count));
	EXPECT_EQ(0, count);
}

TEST_F(queue, batch_counts)
{
	const uint32_t bad[] = { 0, RVF_MAX_BATCH + 1, 0x80000000, 0xffffffff };
	static struct rvf_message messages[RVF_MAX_BATCH];
	struct rvf_queue_batch arg = {
		.size = sizeof(arg),
		.messages = (uintptr_t)messages,
		.entry_size = sizeof(messages[0]),
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		arg.count = bad[i];
		EXPECT_EQ(-EINVAL, rvf(self->queue, RVF_QUEUE_SEND, &arg));
		arg.count = bad[i];
		EXPECT_EQ(-EINVAL, rvf(self->queue, RVF_QUEUE_RECV, &arg));
	}
	for (int change = -8; change <= 8; change += 8) {
		arg.entry_size = sizeof(messages[0]) + change;
		arg.count = 1;
		EXPECT_EQ(change ? -EINVAL : 0, rvf(self->queue, RVF_QUEUE_SEND, &arg));
	}
	arg.entry_size = 0;
	EXPECT_EQ(-EINVAL, rvf(self->queue, RVF_QUEUE_SEND, &arg));
	arg.entry_size = sizeof(messages[0]);
	arg.count = RVF_MAX_BATCH;
	EXPECT_EQ(0, rvf(self->queue, RVF_QUEUE_SEND, &arg));
	EXPECT_EQ(QUEUE_SLOTS - 1, arg.count);
}

/* It stops at the first that cannot be sent, and says so when it is the first of all */
TEST_F(queue, batch_stops_at_the_first_bad_one)
{
	static const struct {
		struct rvf_message bad;
		int err;
	} wrong[] = {
		{ { .length = QUEUE_MESSAGE + 1 }, EMSGSIZE },
		{ { .length = 0xffffffff }, EMSGSIZE },
		{ { .length = 1, .type = 1 }, EPROTOTYPE },
		{ { .length = 1, .priority = RVF_PRIORITY_URGENT + 1 }, EINVAL },
		{ { .length = 1, .priority = 0x80000000 }, EINVAL },
		{ { .length = 1, .handle_count = 1 }, EFAULT },
		{ { .length = 1, .handle_count = 5 }, EINVAL },
		{ { .length = 1, .handles = 8 }, EOPNOTSUPP },
		{ { .length = 1, .badge = 1 }, EOPNOTSUPP },
		{ { .length = 1, .buffer = 8 }, EFAULT },
	};
	char bytes[QUEUE_MESSAGE + 1] = "x", byte;

	for (unsigned int i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct rvf_message messages[3] = {
			{ .buffer = (uintptr_t)bytes, .length = 1 },
			wrong[i].bad,
			{ .buffer = (uintptr_t)bytes, .length = 1 },
		};
		uint32_t count = 3;

		if (!messages[1].buffer)
			messages[1].buffer = (uintptr_t)bytes;
		EXPECT_EQ(0, batch(self->queue, RVF_QUEUE_SEND, messages, &count));
		EXPECT_EQ(1, count);
		count = 1;
		EXPECT_EQ(-wrong[i].err, batch(self->queue, RVF_QUEUE_SEND, messages + 1, &count))
		{
			TH_LOG("number %u", i);
		}
		EXPECT_EQ(1, queue_state(self->queue).out_used);
		EXPECT_EQ(1, read(self->queue, &byte, 1));
	}
}

TEST_F(queue, batch_type)
{
	uint32_t type = type_of_queue(self->queue), count = 2;
	struct rvf_message messages[2] = {
		{ .buffer = (uintptr_t) "x", .length = 1, .type = type },
		{ .buffer = (uintptr_t) "y", .length = 1, .type = 0 },
	};

	ASSERT_NE(0, type);
	EXPECT_EQ(0, batch(self->queue, RVF_QUEUE_SEND, messages, &count));
	EXPECT_EQ(2, count);
	messages[0].type = type ^ 1;
	count = 1;
	EXPECT_EQ(-EPROTOTYPE, batch(self->queue, RVF_QUEUE_SEND, messages, &count));
}

/* A queue that says no type takes none */
TEST_F(queue, untyped)
{
	struct pkg *pkg = pkg_new("untyped");
	int ctl = ctl_open(), mount, queue;
	uint32_t count = 1;
	struct rvf_message message = { .buffer = (uintptr_t) "x", .length = 1, .type = 5 };

	pkg_queue(pkg, "untyped", 2, 8);
	pkg_finish(pkg, KEY_OWNER);
	mount = must_rvf(pkg_mount(pkg, ctl, NULL, NULL));
	queue = must_rvf(mount_get(mount, "untyped", 0));
	EXPECT_EQ(0, type_of_queue(queue));
	EXPECT_EQ(-EPROTOTYPE, batch(queue, RVF_QUEUE_SEND, &message, &count));
	message.type = 0;
	count = 1;
	EXPECT_EQ(0, batch(queue, RVF_QUEUE_SEND, &message, &count));
}

TEST_F(queue, batch_receive_too_small)
{
	char small[2], large[QUEUE_MESSAGE];
	struct rvf_message receive[3] = {
		{ .buffer = (uintptr_t)large, .length = sizeof(large) },
		{ .buffer = (uintptr_t)small, .length = sizeof(small) },
		{ .buffer = (uintptr_t)large, .length = sizeof(large) },
	};
	uint32_t count = 3;

	EXPECT_EQ(1, write(self->queue, "1", 1));
	EXPECT_EQ(5, write(self->queue, "12345", 5));
	EXPECT_EQ(2, write(self->queue, "12", 2));
	EXPECT_EQ(0, batch(self->queue, RVF_QUEUE_RECV, receive, &count));
	EXPECT_EQ(1, count);
	receive[1].length = sizeof(small);
	count = 1;
	EXPECT_EQ(-EMSGSIZE, batch(self->queue, RVF_QUEUE_RECV, receive + 1, &count));
	/* It says what is needed */
	EXPECT_EQ(5, receive[1].length);
	EXPECT_EQ(2, queue_state(self->queue).out_used);
	EXPECT_EQ(5, read(self->queue, large, sizeof(large)));
	EXPECT_EQ(2, read(self->queue, large, sizeof(large)));
}

TEST_F(queue, batch_receive_bad_pointers)
{
	char bytes[QUEUE_MESSAGE];
	struct rvf_message *receive =
		must(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	uint32_t count = 1;

	EXPECT_EQ(3, write(self->queue, "abc", 3));
	*receive = (struct rvf_message){ .buffer = 8, .length = 8 };
	EXPECT_EQ(-EFAULT, batch(self->queue, RVF_QUEUE_RECV, receive, &count));
	/* The message can be copied, but its length cannot be told */
	*receive = (struct rvf_message){ .buffer = (uintptr_t)bytes, .length = sizeof(bytes) };
	must(mprotect(receive, 4096, PROT_READ));
	count = 1;
	EXPECT_EQ(-EFAULT, batch(self->queue, RVF_QUEUE_RECV, receive, &count));
	EXPECT_EQ(1, queue_state(self->queue).out_used);
	EXPECT_EQ(3, read(self->queue, bytes, sizeof(bytes)));
	EXPECT_EQ(0, memcmp(bytes, "abc", 3));
}

/* Room for handles that none come into, and what was left by the last receipt */
TEST_F(queue, batch_receive_with_room_for_handles)
{
	struct rvf_message_handle handles[RVF_MAX_MESSAGE_HANDLES];
	char bytes[QUEUE_MESSAGE];
	struct rvf_message message = {
		.buffer = (uintptr_t)bytes,
		.length = sizeof(bytes),
		.priority = 77,
		.handle_count = RVF_MAX_MESSAGE_HANDLES,
		.handles = (uintptr_t)handles,
		.badge = 5,
	};
	uint32_t count = 1;

	EXPECT_EQ(1, write(self->queue, "x", 1));
	EXPECT_EQ(0, batch(self->queue, RVF_QUEUE_RECV, &message, &count));
	EXPECT_EQ(0, message.handle_count);
	EXPECT_EQ(RVF_PRIORITY_NORMAL, message.priority);
	EXPECT_EQ(0, message.badge);
}

/* Who sent it: the badge of the handle that it came through */
TEST_F(queue, badges)
{
	int root = must_rvf(mount_get(self->mount, "queue", 0));
	int sender[2] = { must_rvf(handle_derive(root, RVF_RIGHT_WRITE, 7)),
			  must_rvf(handle_derive(root, RVF_RIGHT_WRITE, 0xffffffffffffffffull)) };
	char bytes[QUEUE_MESSAGE];
	struct rvf_message receive[3];
	uint32_t count = 3;

	for (int i = 0; i < 3; i++)
		receive[i] = (struct rvf_message){
			.buffer = (uintptr_t)bytes,
			.length = sizeof(bytes),
		};
	EXPECT_EQ(1, write(sender[0], "a", 1));
	EXPECT_EQ(1, write(root, "b", 1));
	EXPECT_EQ(1, write(sender[1], "c", 1));
	/* Also of one that is gone by then */
	handle_revoke(root, RVF_REVOKE_DERIVED);
	EXPECT_EQ(0, batch(self->queue, RVF_QUEUE_RECV, receive, &count));
	ASSERT_EQ(3, count);
	EXPECT_EQ(7, receive[0].badge);
	EXPECT_EQ(0, receive[1].badge);
	EXPECT_EQ(0xffffffffffffffffull, receive[2].badge);
}

/* Messages stay when nobody holds a handle */
TEST_F(queue, survives_its_handles)
{
	char bytes[QUEUE_MESSAGE];

	EXPECT_EQ(4, write(self->queue, "stay", 4));
	close(self->queue);
	self->queue = must_rvf(mount_get(self->mount, "queue", RVF_RIGHT_READ));
	EXPECT_EQ(4, read(self->queue, bytes, sizeof(bytes)));
}

/* The largest messages there are */
TEST_F(queue, large_messages)
{
	struct pkg *pkg = pkg_new("large");
	int ctl = ctl_open(), mount, queue;
	uint8_t *out = malloc(RVF_MAX_MESSAGE), *in = malloc(RVF_MAX_MESSAGE);

	pkg_queue(pkg, "large", 3, RVF_MAX_MESSAGE);
	pkg_finish(pkg, KEY_OWNER);
	mount = must_rvf(pkg_mount(pkg, ctl, NULL, NULL));
	queue = must_rvf(mount_get(mount, "large", 0));
	for (int round = 0; round < 10; round++) {
		for (int i = 0; i < RVF_MAX_MESSAGE; i++)
			out[i] = i * (round + 1) + i / 256;
		ASSERT_EQ(RVF_MAX_MESSAGE, write(queue, out, RVF_MAX_MESSAGE));
		ASSERT_EQ(RVF_MAX_MESSAGE, read(queue, in, RVF_MAX_MESSAGE));
		ASSERT_EQ(0, memcmp(in, out, RVF_MAX_MESSAGE));
	}
	close(queue);
	close(mount);
}

/* Sizes that do not fit pages or words, slots beside one another */
TEST_F(queue, odd_sizes)
{
	static const uint32_t sizes[] = { 1, 3, 7, 13, 4095, 4097 };

	for (unsigned int s = 0; s < ARRAY_SIZE(sizes); s++) {
		struct pkg *pkg = pkg_new("odd");
		int ctl = ctl_open(), mount, queue;
		uint8_t out[4097], in[4097];

		pkg_queue(pkg, "odd", 5, sizes[s]);
		pkg_finish(pkg, KEY_OWNER);
		mount = must_rvf(pkg_mount(pkg, ctl, NULL, NULL));
		queue = must_rvf(mount_get(mount, "odd", 0));
		for (int i = 0; i < 5; i++) {
			memset(out, 'a' + i, sizes[s]);
			ASSERT_EQ(sizes[s], write(queue, out, sizes[s]));
		}
		for (int i = 0; i < 5; i++) {
			memset(out, 'a' + i, sizes[s]);
			ASSERT_EQ(sizes[s], read(queue, in, sizeof(in)));
			ASSERT_EQ(0, memcmp(in, out, sizes[s]));
		}
		close(queue);
		close(mount);
		close(ctl);
	}
}

TEST_HARNESS_MAIN
