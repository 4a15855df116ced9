// SPDX-License-Identifier: GPL-2.0-only
/*
 * Handles in messages: what may be sent, how it is received, that a receipt
 * that fails loses nothing, and that revocation reaches all of it.
 */
#include "kselftest_harness.h"
#include "queue_handles.h"
#include "slab.h"

FIXTURE(message)
{
	int mount;
	int queue;
	int data;
	int log;
};

FIXTURE_SETUP(message)
{
	self->mount = mount_slab(SLOTS, SLOT_SIZE);
	self->queue = must_rvf(mount_get(self->mount, "queue", 0));
	self->data = must_rvf(mount_get(self->mount, "data", 0));
	self->log = must_rvf(mount_get(self->mount, "log", 0));
	must(fcntl(self->queue, F_SETFL, O_NONBLOCK));
}

FIXTURE_TEARDOWN(message)
{
	close(self->queue);
	close(self->mount);
}

TEST_F(message, one_of_each)
{
	struct rvf_message_handle handles[3] = {
		{ .fd = self->data, .rights = R, .badge = 7 },
		{ .fd = self->queue, .rights = W | V },
		{ .fd = self->log, .rights = R | W | G, .badge = 0xffffffffffffffffull },
	};
	struct rvf_message_handle got[HANDLES];
	uint32_t n = HANDLES;
	uint8_t byte;

	EXPECT_EQ(0, send_handles(self->queue, handles, 3));
	EXPECT_EQ(POLLIN, poll_now(self->queue, POLLIN));
	ASSERT_EQ(0, receive_handles(self->queue, got, &n));
	ASSERT_EQ(3, n);
	for (int i = 0; i < 3; i++) {
		struct rvf_handle_info info = handle_state(got[i].fd);

		EXPECT_EQ(FD_CLOEXEC, fcntl(got[i].fd, F_GETFD));
		EXPECT_EQ(handles[i].rights, info.out_rights);
		EXPECT_EQ(handles[i].badge, info.out_badge);
		EXPECT_EQ(1, info.out_depth);
		EXPECT_EQ(mount_info(self->mount).out_id, info.out_mount_id);
		EXPECT_EQ(info.out_rights, got[i].rights);
		EXPECT_EQ(info.out_badge, got[i].badge);
		EXPECT_EQ(info.out_kind, got[i].kind);
		EXPECT_EQ(0, got[i].flags);
		EXPECT_EQ(0, got[i].offset);
		EXPECT_EQ(info.out_length, got[i].length);
	}
	EXPECT_EQ(RVF_OBJECT_QUEUE, got[1].kind);
	EXPECT_EQ(0, got[1].length);
	EXPECT_EQ(DATA_LENGTH, got[0].length);
	/* They work, within their rights */
	EXPECT_EQ(1, pread(got[0].fd, &byte, 1, 5));
	EXPECT_EQ(data_bytes()[5], byte);
	EXPECT_EQ(-EPERM, handle_derive(got[0].fd, R, 0));
	EXPECT_EQ(-EACCES, handle_revoke(got[0].fd, 0));
	EXPECT_EQ(1, write(got[1].fd, "x", 1));
	EXPECT_EQ(-EACCES, sys(read(got[1].fd, &byte, 1)));
	EXPECT_EQ(3, write(got[2].fd, "log", 3));
	close(must_rvf(handle_derive(got[2].fd, R, 0)));
}

/* The message's bytes, badge and priority are as ever */
TEST_F(message, rest_of_the_message)
{
	int sender = must_rvf(handle_derive(self->queue, W, 55));
	struct rvf_message_handle handle;
	char bytes[QUEUE_MESSAGE] = "";
	struct rvf_message message = {
		.buffer = (uintptr_t)bytes,
		.length = sizeof(bytes),
		.handle_count = 1,
		.handles = (uintptr_t)&handle,
	};
	uint32_t count = 1;

	EXPECT_EQ(0, send_handle(sender, self->data, R, 0));
	EXPECT_EQ(0, batch(self->queue, RVF_QUEUE_RECV, &message, &count));
	EXPECT_STREQ("with", bytes);
	EXPECT_EQ(4, message.length);
	EXPECT_EQ(55, message.badge);
	EXPECT_EQ(RVF_PRIORITY_NORMAL, message.priority);
	EXPECT_EQ(1, message.handle_count);
	close(handle.fd);
}

/* What GRANT_ONCE gives cannot be given on, neither by fd nor by message */
TEST_F(message, grant_once)
{
	int once = must_rvf(handle_derive(self->data, R | ONCE, 0)), got;

	EXPECT_EQ(0, send_handle(self->queue, once, R | ONCE, 0));
	got = must_rvf(receive_handle(self->queue));
	EXPECT_EQ(R, handle_state(got).out_rights);
	EXPECT_EQ(-EPERM, send_handle(self->queue, got, R, 0));
	EXPECT_EQ(-EINVAL, send_handle(self->queue, once, ONCE, 0));
}

/* Each hop is a derivation */
TEST_F(message, depth)
{
	int handle = self->data;

	for (int depth = 1; depth <= RVF_MAX_DEPTH; depth++) {
		EXPECT_EQ(0, send_handle(self->queue, handle, R | G | V, 0));
		handle = must_rvf(receive_handle(self->queue));
		EXPECT_EQ(depth, handle_state(handle).out_depth);
	}
	EXPECT_EQ(-EMLINK, send_handle(self->queue, handle, R, 0));
	/* All of them hang from the first */
	EXPECT_EQ(RVF_MAX_DEPTH, handle_revoke(self->data, RVF_REVOKE_DERIVED));
	EXPECT_EQ(-EKEYREVOKED, handle_result(handle));
}

TEST_F(message, refused)
{
	int other = mount_usual(ctl_open());
	int foreign = must_rvf(mount_get(other, "data", 0));
	int no_grant = must_rvf(handle_derive(self->data, R | V, 0));
	int badged = must_rvf(handle_derive(self->data, R | G, 9));
	int revoked = must_rvf(mount_get(self->mount, "data", 0));
	int null = must(open("/dev/null", O_RDWR)), path = must(open("/", O_PATH));
	const struct {
		struct rvf_message_handle handle;
		int err;
	} wrong[] = {
		{ { .fd = -1, .rights = R }, EBADF },
		{ { .fd = 4000, .rights = R }, EBADF },
		{ { .fd = null, .rights = R }, EBADF },
		{ { .fd = path, .rights = R }, EBADF },
		{ { .fd = self->mount, .rights = R }, EBADF },
		{ { .fd = foreign, .rights = R }, EXDEV },
		{ { .fd = no_grant, .rights = R }, EPERM },
		{ { .fd = self->data, .rights = R | W }, EACCES },
		{ { .fd = self->data, .rights = 0 }, EINVAL },
		{ { .fd = self->data, .rights = 0x80000000 }, EACCES },
		{ { .fd = badged, .rights = R, .badge = 10 }, EPERM },
		{ { .fd = self->data, .rights = R, .kind = 1 }, EOPNOTSUPP },
		{ { .fd = self->data, .rights = R, .flags = 2 }, EOPNOTSUPP },
		{ { .fd = self->data, .rights = R, .offset = 1 }, EOPNOTSUPP },
		{ { .fd = self->data, .rights = R, .length = 1 }, EOPNOTSUPP },
		{ { .fd = revoked, .rights = R }, EKEYREVOKED },
	};
	struct rvf_message_handle five[5];

	EXPECT_EQ(1, handle_revoke(revoked, 0));
	for (unsigned int i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct rvf_message_handle handles[2] = {
			{ .fd = self->log, .rights = R },
			wrong[i].handle,
		};

		EXPECT_EQ(-wrong[i].err, send_handles(self->queue, handles + 1, 1))
		{
			TH_LOG("number %u", i);
		}
		/* Nor behind one that is right */
		EXPECT_EQ(-wrong[i].err, send_handles(self->queue, handles, 2));
	}
	for (int i = 0; i < 5; i++)
		five[i] = (struct rvf_message_handle){ .fd = self->data, .rights = R };
	EXPECT_EQ(-EINVAL, send_handles(self->queue, five, 5));
	EXPECT_EQ(-EINVAL, send_handles(self->queue, five, 0xffffffff));
	EXPECT_EQ(-EFAULT, send_handles(self->queue, nowhere(), 1));
	EXPECT_EQ(-EOPNOTSUPP, send_handles(self->queue, five, 0));
	EXPECT_EQ(0, queue_state(self->queue).out_used);
	EXPECT_EQ(0, queue_state(self->queue).out_sent);
	/* Nothing is left of those that were derived before the wrong one */
	EXPECT_EQ(1, handle_revoke(self->log, 0));
}

/* A queue that is full, or a revoked sender: nothing is derived */
TEST_F(message, not_sent)
{
	for (int i = 0; i < QUEUE_SLOTS; i++)
		EXPECT_EQ(0, send_handle(self->queue, self->data, R, 0));
	EXPECT_EQ(-EAGAIN, send_handle(self->queue, self->data, R, 0));
	/* The queue's four, and the handle */
	EXPECT_EQ(QUEUE_SLOTS, handle_revoke(self->data, RVF_REVOKE_DERIVED));
	EXPECT_EQ(1, handle_revoke(self->queue, 0));
	EXPECT_EQ(-EKEYREVOKED, send_handle(self->queue, self->data, R, 0));
	EXPECT_EQ(0, handle_revoke(self->data, RVF_REVOKE_DERIVED));
}

/* ---- receipts that fail: the message stays, with all of its handles */

static void expect_kept(struct __test_metadata *_metadata, int queue, unsigned int fds)
{
	struct rvf_message_handle got[HANDLES];
	uint32_t n = HANDLES;

	EXPECT_EQ(1, queue_state(queue).out_used);
	EXPECT_EQ(0, queue_state(queue).out_received);
	EXPECT_EQ(fds, count_fds());
	ASSERT_EQ(0, receive_handles(queue, got, &n));
	ASSERT_EQ(HANDLES, n);
	for (int i = 0; i < HANDLES; i++) {
		EXPECT_EQ(0, handle_result(got[i].fd));
		EXPECT_EQ(i + 1, got[i].badge);
		close(got[i].fd);
	}
}

static void send_four(struct __test_metadata *_metadata, int queue, int data)
{
	struct rvf_message_handle handles[HANDLES];

	for (int i = 0; i < HANDLES; i++)
		handles[i] = (struct rvf_message_handle){
			.fd = data,
			.rights = R,
			.badge = i + 1,
		};
	ASSERT_EQ(0, send_handles(queue, handles, HANDLES));
}

TEST_F(message, no_room)
{
	struct rvf_message_handle got[HANDLES];
	unsigned int fds = count_fds();
	char bytes[QUEUE_MESSAGE];

	send_four(_metadata, self->queue, self->data);
	for (uint32_t room = 0; room < HANDLES; room++) {
		uint32_t n = room;

		EXPECT_EQ(-EMSGSIZE, receive_handles(self->queue, got, &n));
		EXPECT_EQ(HANDLES, n);
	}
	/* read() cannot tell of handles, and drops none */
	EXPECT_EQ(-EMSGSIZE, sys(read(self->queue, bytes, sizeof(bytes))));
	expect_kept(_metadata, self->queue, fds);
}

TEST_F(message, read_that_waits)
{
	int waiting = must_rvf(mount_get(self->mount, "queue", R));
	unsigned int fds = count_fds();
	pid_t pid = child();

	if (pid == 0) {
		char bytes[QUEUE_MESSAGE];

		_exit(-sys(read(waiting, bytes, sizeof(bytes))));
	}
	sleep_ms(200);
	send_four(_metadata, self->queue, self->data);
	EXPECT_EQ(EMSGSIZE, reap(pid));
	expect_kept(_metadata, self->queue, fds);
}

TEST_F(message, no_fds)
{
	struct rvf_message_handle got[HANDLES];
	unsigned int fds = count_fds(), top = 0;
	struct rlimit limit, before;

	send_four(_metadata, self->queue, self->data);
	must(getrlimit(RLIMIT_NOFILE, &before));
	for (int fd = 0; fd < 4096; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			top = fd;
	}
	for (unsigned int more = 0; more < HANDLES; more++) {
		uint32_t n = HANDLES;

		/* Holes below the top count, too */
		limit = before;
		limit.rlim_cur = fds + more;
		if (top >= fds)
			break;
		must(setrlimit(RLIMIT_NOFILE, &limit));
		EXPECT_EQ(-EMFILE, receive_handles(self->queue, got, &n));
		must(setrlimit(RLIMIT_NOFILE, &before));
	}
	expect_kept(_metadata, self->queue, fds);
}

TEST_F(message, bad_pointers)
{
	char *page =
		must(mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	struct rvf_message *message = (void *)page;
	unsigned int fds = count_fds();
	char bytes[QUEUE_MESSAGE];
	uint32_t n, count;

	must(munmap(page + 4096, 4096));
	send_four(_metadata, self->queue, self->data);
	n = HANDLES;
	EXPECT_EQ(-EFAULT, receive_handles(self->queue, nowhere(), &n));
	/* Two of them can be told of */
	n = HANDLES;
	EXPECT_EQ(-EFAULT,
		  receive_handles(self->queue,
				  (void *)(page + 4096 - 2 * sizeof(struct rvf_message_handle)),
				  &n));
	/* The handles can, the message cannot */
	{
		struct rvf_message_handle got[HANDLES];

		*message = (struct rvf_message){
			.buffer = (uintptr_t)bytes,
			.length = sizeof(bytes),
			.handle_count = HANDLES,
			.handles = (uintptr_t)got,
		};
		must(mprotect(page, 4096, PROT_READ));
		count = 1;
		EXPECT_EQ(-EFAULT, batch(self->queue, RVF_QUEUE_RECV, message, &count));
		must(mprotect(page, 4096, PROT_READ | PROT_WRITE));
		message->buffer = (uintptr_t)nowhere();
		count = 1;
		EXPECT_EQ(-EFAULT, batch(self->queue, RVF_QUEUE_RECV, message, &count));
	}
	expect_kept(_metadata, self->queue, fds);
}

/* Peeking tells how many there are, and takes none */
TEST_F(message, peek)
{
	char bytes[QUEUE_MESSAGE];
	struct rvf_message message = { .buffer = (uintptr_t)bytes, .length = sizeof(bytes) };
	struct rvf_queue_batch arg = {
		.size = sizeof(arg),
		.flags = RVF_QUEUE_PEEK,
		.messages = (uintptr_t)&message,
		.count = 1,
		.entry_size = sizeof(message),
	};
	unsigned int fds = count_fds();

	send_four(_metadata, self->queue, self->data);
	EXPECT_EQ(0, rvf(self->queue, RVF_QUEUE_RECV, &arg));
	EXPECT_EQ(HANDLES, message.handle_count);
	expect_kept(_metadata, self->queue, fds);
}

/* In a batch each message is whole: those before one that fails are received */
TEST_F(message, batch)
{
	struct rvf_message_handle got[3];
	char bytes[QUEUE_MESSAGE];
	struct rvf_message receive[4];
	uint32_t count = 4;

	EXPECT_EQ(1, write(self->queue, "a", 1));
	EXPECT_EQ(0, send_handle(self->queue, self->data, R, 1));
	EXPECT_EQ(0, send_handle(self->queue, self->log, R, 2));
	EXPECT_EQ(1, write(self->queue, "b", 1));
	for (int i = 0; i < 4; i++)
		receive[i] = (struct rvf_message){
			.buffer = (uintptr_t)bytes,
			.length = sizeof(bytes),
			.handle_count = i == 1 || i == 2,
			.handles = (uintptr_t)&got[i % 3],
		};
	/* The third has no room */
	receive[2].handle_count = 0;
	EXPECT_EQ(0, batch(self->queue, RVF_QUEUE_RECV, receive, &count));
	EXPECT_EQ(2, count);
	EXPECT_EQ(1, receive[1].handle_count);
	EXPECT_EQ(1, handle_state(got[1].fd).out_badge);
	count = 2;
	receive[2].length = sizeof(bytes);
	receive[2].handle_count = 1;
	EXPECT_EQ(0, batch(self->queue, RVF_QUEUE_RECV, receive + 2, &count));
	EXPECT_EQ(2, count);
	EXPECT_EQ(2, handle_state(got[2].fd).out_badge);
}

/* ---- revocation */

TEST_F(message, revoked_on_the_way)
{
	int got;

	EXPECT_EQ(0, send_handle(self->queue, self->data, R, 3));
	EXPECT_EQ(1, handle_revoke(self->data, RVF_REVOKE_DERIVED));
	got = must_rvf(receive_handle(self->queue));
	EXPECT_EQ(-EKEYREVOKED, handle_result(got));
	EXPECT_EQ(POLLHUP, poll_now(got, POLLHUP) & POLLHUP);
}

TEST_F(message, revoked_at_the_receiver)
{
	uint8_t *mapped;
	int got, further;

	EXPECT_EQ(0, send_handle(self->queue, self->data, R | G, 0));
	got = must_rvf(receive_handle(self->queue));
	further = must_rvf(handle_derive(got, R, 0));
	mapped = must(mmap(NULL, 4096, PROT_READ, MAP_SHARED, got, 0));
	EXPECT_EQ(data_bytes()[0], peek(mapped));
	EXPECT_EQ(2, handle_revoke(self->data, RVF_REVOKE_DERIVED));
	EXPECT_EQ(-1, peek(mapped));
	EXPECT_EQ(-EKEYREVOKED, handle_result(got));
	EXPECT_EQ(-EKEYREVOKED, handle_result(further));
}

/* A parent that is closed does not take its children with it, in messages too */
TEST_F(message, closed_parent)
{
	int parent = must_rvf(handle_derive(self->data, R | G, 4)), got;

	EXPECT_EQ(0, send_handle(self->queue, parent, R, 0));
	close(parent);
	got = must_rvf(receive_handle(self->queue));
	EXPECT_EQ(0, handle_result(got));
	EXPECT_EQ(4, handle_state(got).out_badge);
	EXPECT_EQ(2, handle_revoke(self->data, RVF_REVOKE_DERIVED));
	EXPECT_EQ(-EKEYREVOKED, handle_result(got));
}

/* ---- unmounting */

/* A queue's own ends in its messages, and those of another one: all go */
TEST_F(message, circles)
{
	int ctl = ctl_open();
	unsigned int mounts = count_mounts(ctl);
	struct rvf_message_handle handles[HANDLES];

	for (int i = 0; i < HANDLES; i++)
		handles[i] = (struct rvf_message_handle){ .fd = self->queue, .rights = R | W | G };
	for (int i = 0; i < QUEUE_SLOTS; i++)
		EXPECT_EQ(0, send_handles(self->queue, handles, HANDLES));
	/* The mount has no name: it goes with its fd, whatever lies in its queues */
	close(self->mount);
	EXPECT_TRUE(wait_mounts(ctl, mounts - 1));
	EXPECT_EQ(-ENODEV, send_handle(self->queue, self->data, R, 0));
	EXPECT_EQ(-EPIPE, receive_handle(self->queue));
	self->mount = must(open("/dev/null", O_RDONLY));
}

TEST_F(message, received_and_unmounted)
{
	int got;

	EXPECT_EQ(0, send_handle(self->queue, self->data, R, 0));
	got = must_rvf(receive_handle(self->queue));
	EXPECT_EQ(0, send_handle(self->queue, self->data, R, 0));
	EXPECT_EQ(0, unmount(self->mount, 0));
	EXPECT_TRUE(wait_gone(self->mount));
	EXPECT_EQ(-ENODEV, handle_result(got));
}

/* ---- parts of regions */

TEST_F(message, window)
{
	struct rvf_region_info info;
	uint8_t bytes[200];
	int part;

	EXPECT_EQ(0, send_window(self->queue, self->data, R | G, 4000, 150));
	part = must_rvf(receive_handle(self->queue));
	EXPECT_EQ(4000, handle_state(part).out_offset);
	EXPECT_EQ(150, handle_state(part).out_length);
	info = info_of(part);
	EXPECT_EQ(150, info.out_size);
	EXPECT_EQ(150, info.out_cursor);
	EXPECT_EQ(150, pread(part, bytes, sizeof(bytes), 0));
	EXPECT_EQ(0, memcmp(bytes, data_bytes() + 4000, 150));
	EXPECT_EQ(50, pread(part, bytes, sizeof(bytes), 100));
	EXPECT_EQ(0, memcmp(bytes, data_bytes() + 4100, 50));
	EXPECT_EQ(0, pread(part, bytes, sizeof(bytes), 150));
	EXPECT_EQ(0, pread(part, bytes, sizeof(bytes), 1 << 20));
	EXPECT_EQ(150, lseek(part, 0, SEEK_END));
	EXPECT_EQ(-EINVAL, sys(lseek(part, -1, SEEK_SET)));
	/* It begins within a page */
	EXPECT_EQ(-EINVAL, sys((long)mmap(NULL, 4096, PROT_READ, MAP_SHARED, part, 0)));
	/* What is derived shows the same */
	{
		int derived = must_rvf(handle_derive(part, R, 0));

		EXPECT_EQ(150, info_of(derived).out_size);
		EXPECT_EQ(1, pread(derived, bytes, 1, 149));
		EXPECT_EQ(data_bytes()[4149], bytes[0]);
		EXPECT_EQ(0, pread(derived, bytes, 1, 150));
	}
}

TEST_F(message, narrower)
{
	static const struct {
		uint64_t offset, length;
		int result;
	} within[] = {
		{ 0, 1000, 0 },
		{ 999, 1, 0 },
		{ 10, 20, 0 },
		{ 0, 1001, EINVAL },
		{ 1000, 1, EINVAL },
		{ 1001, 0, EINVAL },
		{ 0, 0, EINVAL },
		{ 1, 1000, EINVAL },
		{ 0xffffffffffffffffull, 1, EINVAL },
		{ 1, 0xffffffffffffffffull, EINVAL },
		{ 0x8000000000000000ull, 0x8000000000000000ull, EINVAL },
	};
	int part;

	EXPECT_EQ(0, send_window(self->queue, self->data, R | G, 3000, 1000));
	part = must_rvf(receive_handle(self->queue));
	for (unsigned int i = 0; i < ARRAY_SIZE(within); i++) {
		uint8_t bytes[1001];
		int got;

		EXPECT_EQ(-within[i].result,
			  send_window(self->queue, part, R, within[i].offset, within[i].length));
		if (within[i].result)
			continue;
		got = must_rvf(receive_handle(self->queue));
		EXPECT_EQ(3000 + within[i].offset, handle_state(got).out_offset);
		EXPECT_EQ(within[i].length, pread(got, bytes, sizeof(bytes), 0));
		EXPECT_EQ(0,
			  memcmp(bytes, data_bytes() + 3000 + within[i].offset, within[i].length));
		close(got);
	}
	/* Sent on without a window it stays as narrow */
	EXPECT_EQ(0, send_handle(self->queue, part, R, 0));
	EXPECT_EQ(1000, info_of(must_rvf(receive_handle(self->queue))).out_size);
}

/* Mapped, whole pages of it, and never a byte beside it */
TEST_F(message, mapped_window)
{
	uint8_t *mapped;
	int part;

	EXPECT_EQ(0, send_window(self->queue, self->data, R, 4096, 4096 + 100));
	part = must_rvf(receive_handle(self->queue));
	mapped = must(mmap(NULL, 4096, PROT_READ, MAP_SHARED, part, 0));
	EXPECT_EQ(0, memcmp(mapped, data_bytes() + 4096, 4096));
	EXPECT_EQ(-EINVAL, sys((long)mmap(NULL, 8192, PROT_READ, MAP_SHARED, part, 0)));
	EXPECT_EQ(-EINVAL, sys((long)mmap(NULL, 4096, PROT_READ, MAP_SHARED, part, 4096)));
	EXPECT_EQ(-1, (long)mremap(mapped, 4096, 8192, MREMAP_MAYMOVE));
	close(part);
	/* The last pages of the region: there is nothing beside them */
	EXPECT_EQ(0, send_window(self->queue, self->data, R, 3 * 4096, DATA_LENGTH - 3 * 4096));
	part = must_rvf(receive_handle(self->queue));
	mapped = must(mmap(NULL, 8192, PROT_READ, MAP_SHARED, part, 0));
	EXPECT_EQ(0, memcmp(mapped, data_bytes() + 3 * 4096, DATA_LENGTH - 3 * 4096));
	EXPECT_EQ(-EINVAL, sys((long)mmap(NULL, 3 * 4096, PROT_READ, MAP_SHARED, part, 0)));
	/* One byte less, and the last page is not whole */
	EXPECT_EQ(0, send_window(self->queue, self->data, R, 3 * 4096, DATA_LENGTH - 3 * 4096 - 1));
	part = must_rvf(receive_handle(self->queue));
	EXPECT_EQ(-EINVAL, sys((long)mmap(NULL, 8192, PROT_READ, MAP_SHARED, part, 0)));
	munmap(must(mmap(NULL, 4096, PROT_READ, MAP_SHARED, part, 0)), 4096);
}

/* Of what is appended, the part that lies in it */
TEST_F(message, window_of_a_log)
{
	char bytes[32] = "";
	int part;

	EXPECT_EQ(-EINVAL, send_window(self->queue, self->log, R | W, 10, 10));
	EXPECT_EQ(0, send_window(self->queue, self->log, R, 10, 10));
	part = must_rvf(receive_handle(self->queue));
	EXPECT_EQ(0, info_of(part).out_cursor);
	EXPECT_EQ(0, pread(part, bytes, sizeof(bytes), 0));
	EXPECT_EQ(0, poll_now(part, POLLIN));
	EXPECT_EQ(15, write(self->log, "0123456789ABCDE", 15));
	EXPECT_EQ(5, info_of(part).out_cursor);
	EXPECT_EQ(POLLIN, poll_now(part, POLLIN));
	EXPECT_EQ(5, read(part, bytes, sizeof(bytes)));
	EXPECT_EQ(0, memcmp(bytes, "ABCDE", 5));
	EXPECT_EQ(15, write(self->log, "FGHIJKLMNOPQRST", 15));
	EXPECT_EQ(5, read(part, bytes, sizeof(bytes)));
	EXPECT_EQ(0, memcmp(bytes, "FGHIJ", 5));
	EXPECT_EQ(0, read(part, bytes, sizeof(bytes)));
	EXPECT_EQ(10, info_of(part).out_cursor);
	EXPECT_EQ(-EACCES, sys(write(part, "x", 1)));
}

/* RuVix's InvalidDescriptorRegion */
TEST_F(message, no_window_of_a_slab)
{
	int slab = must_rvf(mount_get(self->mount, "slab", 0));

	EXPECT_EQ(-EOPNOTSUPP, send_window(self->queue, slab, R, 0, 100));
	EXPECT_EQ(-EOPNOTSUPP, send_window(self->queue, self->queue, R, 0, 1));
	/* The whole of it may go */
	EXPECT_EQ(0, send_handle(self->queue, slab, R | W, 0));
	EXPECT_EQ(SLOTS, info_of(must_rvf(receive_handle(self->queue))).out_slots);
}

TEST_F(message, window_of_nothing)
{
	EXPECT_EQ(-EINVAL, send_window(self->queue, self->data, R, DATA_LENGTH, 1));
	EXPECT_EQ(-EINVAL, send_window(self->queue, self->data, R, 0, DATA_LENGTH + 1));
	EXPECT_EQ(0, send_window(self->queue, self->data, R, 0, DATA_LENGTH));
	EXPECT_EQ(0, handle_revoke(self->log, RVF_REVOKE_DERIVED));
	EXPECT_EQ(1, handle_revoke(self->data, RVF_REVOKE_DERIVED));
}

TEST_HARNESS_MAIN
