// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who can have an end of a ring, and what becomes of it: handles that were
 * derived, or came in a message, or went to another process; and what a ring
 * takes, from the mount to the unmount.
 */
#include <signal.h>
#include <sys/socket.h>

#include "kselftest_harness.h"
#include "queue_handles.h"
#include "ring.h"
#include "util_task.h"

#define RW   (PROT_READ | PROT_WRITE)
#define FULL RVF_RING_WORD(1, SLOTS)

/* ---- derived handles */

/* Fewer rights are the same end, or none */
TEST_F(ring, derived)
{
	size_t page = page_size(), tail = self->info.out_consumer, head = self->info.out_producer;
	int own = must_rvf(mount_get(self->mount, "ring", R | G | V)), one, none;

	EXPECT_EQ(-EACCES, handle_derive(own, W, 0));
	EXPECT_EQ(-EACCES, handle_derive(own, R | W, 0));
	EXPECT_EQ(-EPERM, handle_derive(self->consumer, R, 0));
	one = must_rvf(handle_derive(own, R, 7));
	EXPECT_EQ(R, handle_state(one).out_rights);
	EXPECT_EQ(0, try_map(one, tail, page, RW, MAP_SHARED));
	EXPECT_EQ(-EACCES, try_map(one, head, page, RW, MAP_SHARED));
	EXPECT_EQ(-EACCES, try_map(one, self->info.out_data, page, RW, MAP_SHARED));
	EXPECT_EQ(0, try_map(one, 0, self->info.out_length, PROT_READ, MAP_SHARED));
	WORDS(2, 0);
	EXPECT_EQ(2, count_now(one));
	EXPECT_EQ(0, ring_wake(one));

	none = must_rvf(handle_derive(own, G | V, 0));
	EXPECT_EQ(self->info.out_length, ring_info(none).out_length);
	EXPECT_EQ(-EACCES, try_map(none, 0, page, PROT_READ, MAP_SHARED));
	EXPECT_EQ(-EACCES, try_map(none, 0, page, PROT_NONE, MAP_SHARED));
	EXPECT_EQ(-EACCES, try_map(none, tail, page, RW, MAP_SHARED));
	EXPECT_EQ(-EACCES, count_now(none));
	EXPECT_EQ(-EACCES, ring_wake(none));
	EXPECT_EQ(0, poll_now(none, POLLIN | POLLOUT));
	EXPECT_EQ(1, ring_info(one).out_epoch);
}

/* An administrator can have both ends by one handle; still not the kernel's page */
TEST_F(ring, both_ends)
{
	size_t page = page_size(), all = self->info.out_length;
	size_t tail = self->info.out_consumer, head = self->info.out_producer;
	int both = must_rvf(mount_get(self->mount, "ring", R | W | G | V)), one;
	pid_t consumer, producer;

	EXPECT_EQ(0, try_map(both, tail, page, RW, MAP_SHARED));
	EXPECT_EQ(0, try_map(both, head, page, RW, MAP_SHARED));
	EXPECT_EQ(0, try_map(both, tail, all - tail, RW, MAP_SHARED));
	EXPECT_EQ(-EACCES, try_map(both, 0, page, RW, MAP_SHARED));
	EXPECT_EQ(-EACCES, try_map(both, 0, all, RW, MAP_SHARED));
	one = must_rvf(handle_derive(both, W, 0));
	EXPECT_EQ(-EACCES, try_map(one, tail, page, RW, MAP_SHARED));
	EXPECT_EQ(0, try_map(one, head, all - head, RW, MAP_SHARED));
	one = must_rvf(handle_derive(both, R, 0));
	EXPECT_EQ(0, try_map(one, tail, page, RW, MAP_SHARED));
	EXPECT_EQ(-EACCES, try_map(one, tail, 2 * page, RW, MAP_SHARED));

	/* A read is the consumer's; poll and wake are both's */
	WORDS(2, 0);
	EXPECT_EQ(2, count_now(both));
	EXPECT_EQ(POLLIN | POLLOUT, poll_now(both, POLLIN | POLLOUT));
	WORDS(0, 0);
	EXPECT_EQ(-EAGAIN, count_now(both));
	EXPECT_EQ(POLLOUT, poll_now(both, POLLIN | POLLOUT));
	consumer = sleeper(self->consumer);
	sleep_ms(20);
	self->head->word = FULL;
	EXPECT_EQ(0, ring_wake(both));
	EXPECT_EQ(0, reap(consumer));
	EXPECT_EQ(POLLIN, poll_now(both, POLLIN | POLLOUT));
	producer = sleeper(self->producer);
	sleep_ms(20);
	self->tail->word = RVF_RING_WORD(1, 1);
	EXPECT_EQ(0, ring_wake(both));
	EXPECT_EQ(0, reap(producer));
}

/* ---- revoked and unmounted, in every process */

/*
 * Maps what it can of an end, says that it did, and sleeps in poll until the
 * handle is over: then each page is gone, and each command says @why.
 */
static int hold(int ring, int ready, unsigned int right, int why)
{
	struct rvf_ring_info info = ring_info(ring);
	size_t own_at = right == R ? info.out_consumer : info.out_producer;
	size_t page = page_size(), own_length = right == R ? page : info.out_length - own_at;
	char *all = must(map_at(ring, 0, info.out_length, PROT_READ));
	char *own = must(map_at(ring, own_at, own_length, RW));
	struct rvf_handle_info state = { .size = sizeof(state) };
	int events = right == R ? POLLIN : POLLOUT;

	/* The last page is never touched */
	for (size_t at = 0; at + page < info.out_length; at += page) {
		if (peek(all + at) < 0)
			return 1;
	}
	if (poke(own, peek(own)) < 0)
		return 2;
	must(write(ready, "r", 1));
	if (!(poll_for(ring, events, 10000) & POLLHUP))
		return 3;
	for (size_t at = 0; at < info.out_length; at += page) {
		if (peek(all + at) != -1)
			return 4;
	}
	for (size_t at = 0; at < own_length; at += page) {
		if (peek(own + at) != -1 || poke(own + at, 1) != -1)
			return 5;
	}
	if (count_now(ring) != (why == -ENODEV ? -EPIPE : why))
		return 6;
	if (rvf(ring, RVF_RING_INFO, &info) != why || ring_wake(ring) != why ||
	    rvf(ring, RVF_HANDLE_INFO, &state) != why || handle_derive(ring, right, 0) != why ||
	    handle_revoke(ring, 0) != why)
		return 7;
	if (try_map(ring, 0, page, PROT_READ, MAP_SHARED) != why ||
	    try_map(ring, own_at, page, RW, MAP_SHARED) != why)
		return 8;
	if (munmap(all, page))
		return 9;
	return 0;
}

/* A process that inherits the fd, or is sent it through a socket */
static pid_t holder(int ring, bool sent, int ready, unsigned int right, int why)
{
	int pair[2];
	pid_t pid;

	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
	pid = child();
	if (pid == 0) {
		if (sent) {
			close(ring);
			ring = receive_fd(pair[1]);
		}
		_exit(hold(ring, ready, right, why));
	}
	if (sent)
		send_fd(pair[0], ring);
	close(pair[0]);
	close(pair[1]);
	return pid;
}

static void wait_ready(int ready, unsigned int count)
{
	char byte;

	while (count--)
		must(read(ready, &byte, 1));
	sleep_ms(20); /* for poll */
}

TEST_F(ring, revoked_everywhere)
{
	static const unsigned int rights[] = { R, W };

	/* Neither end has anything to do: poll sleeps */
	for (unsigned int i = 0; i < 2 * ARRAY_SIZE(rights); i++) {
		unsigned int right = rights[i / 2];
		int kept = must_rvf(mount_get(self->mount, "ring", right | G | V));
		int derived = must_rvf(handle_derive(kept, right | G | V, 0));
		int deeper = must_rvf(handle_derive(derived, right | G, 0)), pipes[2];
		struct rvf_ring_end *own, *others;
		pid_t held[3];

		WORDS(right == R ? 0 : SLOTS, 0);
		must(pipe2(pipes, O_CLOEXEC));
		held[0] = holder(derived, false, pipes[1], right, -EKEYREVOKED);
		held[1] = holder(derived, true, pipes[1], right, -EKEYREVOKED);
		held[2] = sleeper(deeper);
		own = must(map_at(deeper,
				  right == R ? self->info.out_consumer : self->info.out_producer,
				  page_size(), RW));
		others = must(map_at(kept, self->info.out_producer, page_size(), PROT_READ));
		EXPECT_LE(0, peek(own));
		EXPECT_LE(0, peek(others));
		wait_ready(pipes[0], 2);
		/* By what they hang from, or by itself */
		EXPECT_EQ(2, i % 2 ? handle_revoke(kept, RVF_REVOKE_DERIVED) :
				     handle_revoke(derived, 0));
		EXPECT_EQ(0, reap(held[0]));
		EXPECT_EQ(0, reap(held[1]));
		EXPECT_EQ(EKEYREVOKED, reap(held[2]));
		EXPECT_EQ(-1, peek(own));
		/* The one that is left is as it was, and so are the ring's others */
		EXPECT_LE(0, peek(others));
		EXPECT_EQ(0, ring_wake(kept));
		EXPECT_EQ(0, poll_now(kept, POLLHUP));
		EXPECT_LE(0, poke(self->head, peek(self->head)));
		EXPECT_LE(0, poke(self->tail, peek(self->tail)));
		EXPECT_EQ(1, ring_info(kept).out_epoch);
		close(deeper);
		close(derived);
		close(kept);
	}
}

#define LARGE ((uint64_t)1024 * RVF_MAX_MESSAGE)

/* Each end in a process of its own, and both stay mapped to the end */
TEST(unmounted_everywhere)
{
	uint64_t users = read_number("/sys/module/rvf/refcnt"), before, during, end;
	struct pkg *pkg = pkg_usual();
	int ctl = ctl_open(), mount, pipes[2], rings[2];
	unsigned int mounts = count_mounts(ctl);
	struct rvf_ring_end *own[2];
	char *all[2];
	pid_t held[2];

	key_trust(ctl, KEY_OWNER);
	pkg_ring(pkg, "ring", 1024, RVF_MAX_MESSAGE);
	pkg_finish(pkg, KEY_OWNER);
	before = meminfo("MemFree");
	mount = must_rvf(pkg_mount(pkg, ctl, NULL, NULL));
	during = meminfo("MemFree");
	EXPECT_GT(before, during + LARGE / 2);
	rings[0] = must_rvf(mount_get(mount, "ring", R | G | V));
	rings[1] = must_rvf(mount_get(mount, "ring", W | G | V));
	/* Neither has anything to do: first nothing to receive, then no room */
	for (int i = 0; i < 2; i++) {
		struct rvf_ring_info info = ring_info(rings[i]);
		size_t at = i ? info.out_producer : info.out_consumer;

		own[i] = must(map_at(rings[i], at, page_size(), RW));
		own[i]->word = RVF_RING_WORD(1, 0);
		all[i] = must(map_at(rings[i], 0, info.out_length, PROT_READ));
		EXPECT_EQ(1, peek(all[i]));
	}
	must(pipe2(pipes, O_CLOEXEC));
	held[0] = holder(rings[0], true, pipes[1], R, -ENODEV);
	wait_ready(pipes[0], 1);
	own[1]->word = RVF_RING_WORD(1, 1024);
	held[1] = holder(rings[1], true, pipes[1], W, -ENODEV);
	wait_ready(pipes[0], 1);

	EXPECT_EQ(0, unmount(mount, 0));
	EXPECT_TRUE(wait_gone(mount));
	EXPECT_EQ(0, reap(held[0]));
	EXPECT_EQ(0, reap(held[1]));
	/* Still mapped here, and the memory is gone */
	EXPECT_EQ(-1, peek(all[0]));
	EXPECT_EQ(-1, peek(all[1] + page_size()));
	/* CPUs keep some of it for their own next allocations */
	end = now_ms() + patience(10000);
	while (meminfo("MemFree") < during + LARGE / 2 && now_ms() < end)
		sleep_ms(10);
	EXPECT_LT(during + LARGE / 2, meminfo("MemFree"));
	EXPECT_EQ(mounts, count_mounts(ctl));

	/* Nobody is left who would keep the module, once the mappings are gone */
	close(mount);
	close(rings[0]);
	close(rings[1]);
	close(ctl);
	EXPECT_LT(users, read_number("/sys/module/rvf/refcnt"));
	for (int i = 0; i < 2; i++) {
		must(munmap(own[i], page_size()));
		must(munmap(all[i], RVF_RING_MEMORY(1024, RVF_MAX_MESSAGE)));
	}
	end = now_ms() + patience(5000);
	while (users < read_number("/sys/module/rvf/refcnt") && now_ms() < end)
		sleep_ms(10);
	EXPECT_EQ(users, read_number("/sys/module/rvf/refcnt"));
}

/* ---- in messages */

TEST_F(ring, windows)
{
	int queue = must_rvf(mount_get(self->mount, "queue", 0));
	int own = must_rvf(mount_get(self->mount, "ring", W | G));
	struct rvf_message_handle handle = { .fd = own, .rights = W };

	EXPECT_EQ(-EOPNOTSUPP, send_window(queue, own, W, 0, 0));
	EXPECT_EQ(-EOPNOTSUPP, send_window(queue, own, W, 0, page_size()));
	EXPECT_EQ(-EOPNOTSUPP, send_window(queue, own, W, page_size(), page_size()));
	EXPECT_EQ(-EOPNOTSUPP, send_window(queue, own, W, 0, self->info.out_length));
	handle.offset = page_size();
	EXPECT_EQ(-EOPNOTSUPP, send_handles(queue, &handle, 1));
	handle.offset = 0;
	handle.length = self->info.out_length;
	EXPECT_EQ(-EOPNOTSUPP, send_handles(queue, &handle, 1));
	EXPECT_EQ(0, queue_state(queue).out_used);
	handle.length = 0;
	EXPECT_EQ(0, send_handles(queue, &handle, 1));
}

/* The receiver has the sender's end, at its present place */
TEST_F(ring, sent)
{
	int queue = must_rvf(mount_get(self->mount, "queue", 0));
	int own = must_rvf(mount_get(self->mount, "ring", W | G | V)), got;
	struct rvf_message_handle handle = { .fd = -1, .offset = ~0ull, .length = ~0ull };
	struct rvf_ring_end *head;
	uint32_t n = 1;

	WORDS(3, 0);
	EXPECT_EQ(-EACCES, send_handle(queue, own, R, 0));
	EXPECT_EQ(-EPERM, send_handle(queue, self->producer, W, 0));
	EXPECT_EQ(0, send_handle(queue, own, W, 5));
	EXPECT_EQ(0, receive_handles(queue, &handle, &n));
	got = handle.fd;
	EXPECT_EQ(RVF_OBJECT_QUEUE, handle.kind);
	EXPECT_EQ(W, handle.rights);
	EXPECT_EQ(5, handle.badge);
	EXPECT_EQ(0, handle.offset);
	EXPECT_EQ(0, handle.length);
	EXPECT_EQ(0, handle_state(got).out_length);
	EXPECT_EQ(1, ring_info(got).out_epoch);
	EXPECT_EQ(SLOTS - 3, count_now(got));
	EXPECT_EQ(3, count_now(self->consumer));
	head = must(map_at(got, self->info.out_producer, page_size(), RW));
	EXPECT_EQ(3, peek(head));
	EXPECT_EQ(4, poke(head, 4));
	EXPECT_EQ(4, count_now(self->consumer));
	EXPECT_EQ(4, peek(self->head));
	EXPECT_EQ(-EACCES, try_map(got, self->info.out_consumer, page_size(), RW, MAP_SHARED));

	/* And the sender can take it back, also on the way */
	EXPECT_EQ(0, send_handle(queue, own, W, 0));
	EXPECT_EQ(2, handle_revoke(own, RVF_REVOKE_DERIVED));
	EXPECT_EQ(-1, peek(head));
	EXPECT_EQ(-EKEYREVOKED, ring_wake(got));
	got = must_rvf(receive_handle(queue));
	EXPECT_EQ(-EKEYREVOKED, ring_wake(got));
	EXPECT_EQ(-EKEYREVOKED, try_map(got, self->info.out_producer, page_size(), RW, MAP_SHARED));
	EXPECT_EQ(4, count_now(self->consumer));
	EXPECT_EQ(1, ring_info(own).out_epoch);
}

/* ---- what it takes */

/* Every page of it is in what the manifest has to state */
TEST(memory)
{
	static const struct {
		uint32_t slots, message;
		uint64_t pages;
	} rings[] = {
		{ 1, 1, 3 + 1 },      { 1, 56, 3 + 1 },	      { 63, 56, 3 + 1 },
		{ 64, 56, 3 + 1 },    { 65, 56, 3 + 2 },      { 64, 57, 3 + 2 },
		{ 1, 4088, 3 + 1 },   { 1, 4089, 3 + 2 },     { 1, 65528, 3 + 16 },
		{ 1, 65536, 3 + 17 }, { 65536, 1, 3 + 1024 },
	};
	int ctl = ctl_open();
	struct pkg *plain = pkg_usual();
	uint64_t without;
	int mount;

	key_trust(ctl, KEY_OWNER);
	pkg_finish(plain, KEY_OWNER);
	mount = must_rvf(pkg_mount(plain, ctl, NULL, NULL));
	without = mount_info(mount).out_bytes;
	close(mount);
	for (unsigned int i = 0; i < ARRAY_SIZE(rings); i++) {
		uint64_t bytes = rings[i].pages * 4096;
		struct pkg *pkg = pkg_usual();
		struct rvf_mount arg;

		pkg_ring(pkg, "ring", rings[i].slots, rings[i].message);
		pkg->more_memory = -1;
		pkg_finish(pkg, KEY_OWNER);
		EXPECT_EQ(without + bytes - 1, le64toh(pkg->m_required->min_memory))
		{
			TH_LOG("ring %u", i);
		}
		EXPECT_EQ(-EBADMSG, pkg_verify(pkg, ctl, NULL, &arg));
		EXPECT_EQ(RVF_REASON_REQUIRED, arg.out_reason);
		EXPECT_EQ(-EBADMSG, pkg_mount(pkg, ctl, NULL, &arg));
		EXPECT_EQ(RVF_REASON_REQUIRED, arg.out_reason);
		pkg->more_memory = 0;
		pkg_finish(pkg, KEY_OWNER);
		mount = must_rvf(pkg_mount(pkg, ctl, NULL, NULL));
		EXPECT_EQ(without + bytes, mount_info(mount).out_bytes);
		EXPECT_EQ(bytes, ring_info(must_rvf(mount_get(mount, "ring", R))).out_length);
		close(mount);
	}
}

/* Looks all the time: is the page that is taken away last gone when POLLHUP shows? */
static int watch(int ring, int ready)
{
	uint64_t end = now_ms() + patience(10000);
	uint64_t length = ring_info(ring).out_length;
	char *all = must(map_at(ring, 0, length, PROT_READ));

	for (size_t at = 0; at < length; at += page_size()) {
		if (peek(all + at) < 0)
			return 1;
	}
	must(write(ready, "r", 1));
	while (!(poll_now(ring, 0) & POLLHUP)) {
		if (now_ms() > end)
			return 2;
	}
	return peek(all + length - page_size()) == -1 ? 0 : 3;
}

TEST(told_when_gone)
{
	struct pkg *pkg = pkg_usual();
	int ctl = ctl_open(), mount, kept, pipes[2];

	key_trust(ctl, KEY_OWNER);
	pkg_ring(pkg, "ring", 1024, RVF_MAX_MESSAGE);
	pkg_finish(pkg, KEY_OWNER);
	mount = must_rvf(pkg_mount(pkg, ctl, NULL, NULL));
	kept = must_rvf(mount_get(mount, "ring", R | G | V));
	must(pipe2(pipes, O_CLOEXEC));
	for (int i = 0; i < 3; i++) {
		int ring = must_rvf(handle_derive(kept, R, 0));
		pid_t pid = child();

		if (!pid)
			_exit(watch(ring, pipes[1]));
		wait_ready(pipes[0], 1);
		EXPECT_EQ(1, handle_revoke(kept, RVF_REVOKE_DERIVED));
		EXPECT_EQ(0, reap(pid));
		close(ring);
	}
	EXPECT_EQ(0, unmount(mount, 0));
	EXPECT_TRUE(wait_gone(mount));
	close(mount);
	close(kept);
	close(ctl);
	close(pipes[0]);
	close(pipes[1]);
}

TEST_HARNESS_MAIN
