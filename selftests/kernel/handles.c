// SPDX-License-Identifier: GPL-2.0-only
/*
 * Handles: rights at every command, deriving, revoking. With an
 * administrator's handles; a task's own are in handles_task.c.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "util_package.h"

#define R RVF_RIGHT_READ
#define W RVF_RIGHT_WRITE
#define G RVF_RIGHT_GRANT
#define V RVF_RIGHT_REVOKE
#define O RVF_RIGHT_GRANT_ONCE

FIXTURE(handles)
{
	int mount;
};

FIXTURE_SETUP(handles)
{
	self->mount = mount_usual(ctl_open());
}

FIXTURE_TEARDOWN(handles)
{
	close(self->mount);
}

static struct rvf_handle_info info_of(int handle)
{
	struct rvf_handle_info info = { .size = sizeof(info) };

	must_rvf(rvf(handle, RVF_HANDLE_INFO, &info));
	return info;
}

/* What a handle's commands say, by the rights that it has */
static int try_read(int handle)
{
	char byte;
	long result = sys(pread(handle, &byte, 1, 0));

	return result < 0 ? result : 0;
}

static int try_write(int handle)
{
	long result = sys(write(handle, "x", 1));

	return result < 0 ? result : 0;
}

static int try_map(int handle)
{
	void *mapped = mmap(NULL, 1, PROT_READ, MAP_SHARED, handle, 0);

	if (mapped == MAP_FAILED)
		return -errno;
	munmap(mapped, 1);
	return 0;
}

static int try_derive(int handle, unsigned int rights)
{
	int derived = handle_derive(handle, rights, 0);

	if (derived < 0)
		return derived;
	close(derived);
	return 0;
}

static int try_queue(int handle, unsigned long command)
{
	char byte = 0;
	struct rvf_message message = { .buffer = (uintptr_t)&byte, .length = 1 };
	struct rvf_queue_batch batch = {
		.size = sizeof(batch),
		.messages = (uintptr_t)&message,
		.count = 1,
		.entry_size = sizeof(message),
	};

	return rvf(handle, command, &batch);
}

TEST_F(handles, get)
{
	struct rvf_get get;
	int handle;

	/* All that makes sense for the object */
	handle = mount_get_full(self->mount, "data", 0, &get);
	ASSERT_LE(0, handle);
	EXPECT_EQ(RVF_OBJECT_REGION, get.out_kind);
	EXPECT_EQ(R, get.out_rights & (R | W));
	EXPECT_EQ(G | V, get.out_rights & (G | V));
	EXPECT_EQ(0, get.out_badge);
	handle = mount_get_full(self->mount, "log", 0, &get);
	ASSERT_LE(0, handle);
	EXPECT_EQ(R | W, get.out_rights & (R | W));
	handle = mount_get_full(self->mount, "queue", R | V, &get);
	ASSERT_LE(0, handle);
	EXPECT_EQ(RVF_OBJECT_QUEUE, get.out_kind);
	EXPECT_EQ(R | V, get.out_rights);
	EXPECT_EQ(R | V, info_of(handle).out_rights);
}

TEST_F(handles, get_errors)
{
	struct rvf_get get;
	char name[300];

	EXPECT_EQ(-EACCES, mount_get(self->mount, "data", R | W));
	EXPECT_EQ(-EACCES, mount_get(self->mount, "data", R | RVF_RIGHT_PROVE));
	EXPECT_EQ(-EACCES, mount_get(self->mount, "data", R | RVF_RIGHT_EXECUTE));
	EXPECT_EQ(-EOPNOTSUPP, mount_get(self->mount, "data", R | 1 << 7));
	EXPECT_EQ(-EOPNOTSUPP, mount_get(self->mount, "data", 1u << 31));
	EXPECT_EQ(-ENOENT, mount_get(self->mount, "nothing", 0));
	EXPECT_EQ(-ENOENT, mount_get(self->mount, "dat", 0));
	EXPECT_EQ(-ENOENT, mount_get(self->mount, "dataa", 0));
	/* A component's name is none of an object */
	EXPECT_EQ(-ENOENT, mount_get(self->mount, "one", 0));
	EXPECT_EQ(-EINVAL, mount_get(self->mount, "", 0));
	memset(name, 'x', sizeof(name));
	name[299] = 0;
	EXPECT_EQ(-EINVAL, mount_get(self->mount, name, 0));
	get = (struct rvf_get){
		.size = sizeof(get),
		.name = (uintptr_t) "data\0",
		.name_len = 5,
	};
	EXPECT_EQ(-ENOENT, rvf(self->mount, RVF_MOUNT_GET, &get));
	get.name_len = 0xffffffff;
	EXPECT_EQ(-EINVAL, rvf(self->mount, RVF_MOUNT_GET, &get));
}

TEST_F(handles, info)
{
	int handle = must_rvf(mount_get(self->mount, "queue", R | G));
	struct rvf_handle_info info = info_of(handle);

	EXPECT_EQ(RVF_OBJECT_QUEUE, info.out_kind);
	EXPECT_EQ(R | G, info.out_rights);
	EXPECT_EQ(0, info.out_depth);
	EXPECT_EQ(0, info.out_object);
	EXPECT_EQ(0, info.out_badge);
	EXPECT_EQ(mount_info(self->mount).out_id, info.out_mount_id);
	EXPECT_EQ(1, info_of(must_rvf(mount_get(self->mount, "log", R))).out_object);
}

/* Every command against every right that can be missing */
TEST_F(handles, rights_of_regions)
{
	for (unsigned int rights = 1; rights <= (R | W | G | V); rights++) {
		int handle = mount_get(self->mount, "log", rights);

		ASSERT_LE(0, handle);
		EXPECT_EQ(rights & R ? 0 : -EACCES, try_read(handle));
		EXPECT_EQ(rights & R ? 0 : -EACCES, try_map(handle));
		EXPECT_EQ(rights & W ? 0 : -EACCES, try_write(handle));
		EXPECT_EQ(rights & G ? 0 : -EPERM, try_derive(handle, rights));
		/* Information needs no right */
		EXPECT_EQ(rights, info_of(handle).out_rights);
		EXPECT_EQ(rights & V ? 0 : -EACCES, handle_revoke(handle, RVF_REVOKE_DERIVED));
		EXPECT_EQ(rights & V ? 1 : -EACCES, handle_revoke(handle, 0));
		close(handle);
	}
}

TEST_F(handles, rights_of_queues)
{
	for (unsigned int rights = 1; rights <= (R | W | G | V); rights++) {
		int handle = mount_get(self->mount, "queue", rights);
		char byte;

		ASSERT_LE(0, handle);
		must(fcntl(handle, F_SETFL, O_NONBLOCK));
		EXPECT_EQ(rights & W ? 0 : -EACCES, try_write(handle));
		EXPECT_EQ(rights & W ? 0 : -EACCES, try_queue(handle, RVF_QUEUE_SEND));
		if (rights & W && rights & R) {
			EXPECT_EQ(1, read(handle, &byte, 1));
			EXPECT_EQ(0, try_queue(handle, RVF_QUEUE_RECV));
		} else if (rights & R) {
			/* What others sent, or nothing */
			EXPECT_TRUE(sys(read(handle, &byte, 1)) == -EAGAIN ||
				    info_of(handle).out_rights == rights);
		} else {
			EXPECT_EQ(-EACCES, sys(read(handle, &byte, 1)));
			EXPECT_EQ(-EACCES, try_queue(handle, RVF_QUEUE_RECV));
		}
		if (rights & W && !(rights & R)) {
			int reader = must_rvf(mount_get(self->mount, "queue", R));

			must(fcntl(reader, F_SETFL, O_NONBLOCK));
			while (read(reader, &byte, 1) == 1)
				;
			close(reader);
		}
		EXPECT_EQ(-ESPIPE, sys(lseek(handle, 0, SEEK_SET)));
		EXPECT_GT(0, try_map(handle));
		close(handle);
	}
}

/* Commands of the other kind of object are none of this fd's */
TEST_F(handles, kinds)
{
	int region = must_rvf(mount_get(self->mount, "log", 0));
	int queue = must_rvf(mount_get(self->mount, "queue", 0));
	struct rvf_region_info region_info = { .size = sizeof(region_info) };
	struct rvf_queue_info queue_info = { .size = sizeof(queue_info) };

	EXPECT_EQ(-ENOTTY, rvf(queue, RVF_REGION_INFO, &region_info));
	EXPECT_EQ(-ENOTTY, rvf(region, RVF_QUEUE_INFO, &queue_info));
	EXPECT_EQ(-ENOTTY, try_queue(region, RVF_QUEUE_SEND));
	EXPECT_EQ(-ENOTTY, try_queue(region, RVF_QUEUE_RECV));
}

TEST_F(handles, derive)
{
	int handle = must_rvf(mount_get(self->mount, "log", R | W | G | V));
	int derived = handle_derive(handle, R | G, 55);
	struct rvf_handle_info info;

	ASSERT_LE(0, derived);
	EXPECT_EQ(FD_CLOEXEC, fcntl(derived, F_GETFD));
	info = info_of(derived);
	EXPECT_EQ(R | G, info.out_rights);
	EXPECT_EQ(1, info.out_depth);
	EXPECT_EQ(55, info.out_badge);
	EXPECT_EQ(RVF_OBJECT_REGION, info.out_kind);
	EXPECT_EQ(1, info.out_object);
	EXPECT_EQ(-EACCES, try_write(derived));
	EXPECT_EQ(0, try_read(derived));
}

TEST_F(handles, derive_errors)
{
	int handle = must_rvf(mount_get(self->mount, "log", R | G));
	int none = must_rvf(mount_get(self->mount, "log", R | W | V));

	EXPECT_EQ(-EINVAL, handle_derive(handle, 0, 0));
	EXPECT_EQ(-EACCES, handle_derive(handle, R | W, 0));
	EXPECT_EQ(-EACCES, handle_derive(handle, V, 0));
	EXPECT_EQ(-EACCES, handle_derive(handle, RVF_RIGHT_PROVE, 0));
	EXPECT_EQ(-EACCES, handle_derive(handle, R | 1 << 7, 0));
	EXPECT_EQ(-EACCES, handle_derive(handle, 1u << 31, 0));
	EXPECT_EQ(-EPERM, handle_derive(none, R, 0));
}

/* GRANT_ONCE: what is derived cannot be derived from */
TEST_F(handles, grant_once)
{
	int handle = must_rvf(mount_get(self->mount, "log", R | G | O));
	int once, derived, both;

	once = handle_derive(handle, R | O, 0);
	ASSERT_LE(0, once);
	EXPECT_EQ(R | O, info_of(once).out_rights);
	derived = handle_derive(once, R, 0);
	ASSERT_LE(0, derived);
	EXPECT_EQ(R, info_of(derived).out_rights);
	EXPECT_EQ(-EPERM, handle_derive(derived, R, 0));
	/* Asked to have it too, it either has it not or is refused */
	derived = handle_derive(once, R | O, 0);
	if (derived >= 0) {
		EXPECT_EQ(R, info_of(derived).out_rights);
	} else {
		EXPECT_TRUE(derived == -EACCES || derived == -EPERM);
	}
	/* It can be derived from more than once */
	EXPECT_LE(0, handle_derive(once, R, 0));
	EXPECT_EQ(-EACCES, handle_derive(once, R | G, 0));
	/* With GRANT the new one has what was asked for */
	both = handle_derive(handle, R | G | O, 0);
	ASSERT_LE(0, both);
	EXPECT_EQ(R | G | O, info_of(both).out_rights);
}

TEST_F(handles, badge)
{
	int handle = must_rvf(mount_get(self->mount, "log", R | G));
	int badged = must_rvf(handle_derive(handle, R | G, 0x123456789abcdefull));

	EXPECT_EQ(0x123456789abcdefull, info_of(badged).out_badge);
	EXPECT_EQ(0x123456789abcdefull, info_of(must_rvf(handle_derive(badged, R, 0))).out_badge);
	EXPECT_EQ(0x123456789abcdefull,
		  info_of(must_rvf(handle_derive(badged, R, 0x123456789abcdefull))).out_badge);
	EXPECT_EQ(-EPERM, handle_derive(badged, R, 1));
	EXPECT_EQ(0, info_of(must_rvf(handle_derive(handle, R, 0))).out_badge);
}

TEST_F(handles, depth)
{
	int handle = must_rvf(mount_get(self->mount, "log", R | G));

	for (unsigned int depth = 1; depth <= RVF_MAX_DEPTH; depth++) {
		handle = handle_derive(handle, R | G, 0);
		ASSERT_LE(0, handle);
		EXPECT_EQ(depth, info_of(handle).out_depth);
	}
	EXPECT_EQ(-EMLINK, handle_derive(handle, R | G, 0));
	EXPECT_EQ(-EMLINK, handle_derive(handle, R, 0));
}

static void allow_fds(unsigned int count)
{
	struct rlimit limit = { count, count };

	must(setrlimit(RLIMIT_NOFILE, &limit));
}

TEST_F_TIMEOUT(handles, quota, 60)
{
	int handle = must_rvf(mount_get(self->mount, "log", R | G));
	int *fds = calloc(RVF_MAX_HANDLES + 1, sizeof(*fds));
	int nodes = 1, parent, derived;

	allow_fds(2 * RVF_MAX_HANDLES);
	while (nodes <= RVF_MAX_HANDLES) {
		fds[nodes] = handle_derive(handle, R | G, 0);
		if (fds[nodes] < 0)
			break;
		nodes++;
	}
	EXPECT_EQ(RVF_MAX_HANDLES, nodes);
	EXPECT_EQ(-EDQUOT, handle_derive(handle, R, 0));
	EXPECT_EQ(-EDQUOT, mount_get(self->mount, "queue", R));
	/* A closed one makes room */
	close(fds[1]);
	sleep_ms(50);
	derived = handle_derive(fds[2], R, 0);
	EXPECT_LE(0, derived);
	EXPECT_EQ(-EDQUOT, handle_derive(handle, R, 0));
	/* A node lives while one derived from it is open */
	parent = fds[2];
	close(parent);
	sleep_ms(50);
	EXPECT_EQ(-EDQUOT, handle_derive(handle, R, 0));
	close(derived);
	sleep_ms(50);
	EXPECT_LE(0, handle_derive(handle, R, 0));
	EXPECT_LE(0, handle_derive(handle, R, 0));
	EXPECT_EQ(-EDQUOT, handle_derive(handle, R, 0));
}

/* Without a free fd nothing is made */
TEST_F(handles, no_fds)
{
	int handle = must_rvf(mount_get(self->mount, "log", R | G | V));

	allow_fds(64);
	while (dup(handle) >= 0)
		;
	EXPECT_EQ(-EMFILE, handle_derive(handle, R, 0));
	EXPECT_EQ(-EMFILE, mount_get(self->mount, "log", R));
	EXPECT_EQ(0, handle_revoke(handle, RVF_REVOKE_DERIVED));
}

#define EXPECT_REVOKED(handle)                                                 \
	do {                                                                   \
		struct rvf_handle_info info_ = { .size = sizeof(info_) };      \
		EXPECT_EQ(-EKEYREVOKED, rvf(handle, RVF_HANDLE_INFO, &info_)); \
		EXPECT_EQ(-EKEYREVOKED, try_read(handle));                     \
		EXPECT_EQ(-EKEYREVOKED, try_write(handle));                    \
		EXPECT_EQ(-EKEYREVOKED, try_map(handle));                      \
		EXPECT_EQ(-EKEYREVOKED, handle_derive(handle, R, 0));          \
		EXPECT_EQ(-EKEYREVOKED, handle_revoke(handle, 0));             \
		EXPECT_TRUE(poll_now(handle, POLLIN) & POLLHUP);               \
	} while (0)

/* Who sleeps in poll hears of it, whatever the object and what it waits for */
TEST_F(handles, poll_wakes)
{
	static const char *const names[] = { "data", "log", "queue" };
	static const int events[] = { 0, POLLPRI };

	for (unsigned int i = 0; i < ARRAY_SIZE(names) * ARRAY_SIZE(events); i++) {
		const char *name = names[i / ARRAY_SIZE(events)];
		int root = must_rvf(mount_get(self->mount, name, R | G | V));
		int handle = must_rvf(handle_derive(root, R, 0));
		pid_t pid = child();

		if (pid == 0)
			_exit(poll_for(handle, events[i % ARRAY_SIZE(events)], 5000) & POLLHUP ? 0 :
												 1);
		sleep_ms(50);
		EXPECT_EQ(2, handle_revoke(root, 0));
		EXPECT_EQ(0, reap(pid))
		{
			TH_LOG("%s", name);
		}
		close(handle);
		close(root);
	}
}

/*
 *	root ── a ── b ── c
 *	     └─ d
 */
struct tree {
	int root, a, b, c, d;
};

static void grow(struct tree *tree, int mount)
{
	tree->root = must_rvf(mount_get(mount, "log", R | W | G | V));
	tree->a = must_rvf(handle_derive(tree->root, R | W | G | V, 0));
	tree->b = must_rvf(handle_derive(tree->a, R | W | G | V, 0));
	tree->c = must_rvf(handle_derive(tree->b, R | W | G | V, 0));
	tree->d = must_rvf(handle_derive(tree->root, R | W | G | V, 0));
}

TEST_F(handles, revoke_subtree)
{
	struct tree tree;

	grow(&tree, self->mount);
	EXPECT_EQ(3, handle_revoke(tree.a, 0));
	EXPECT_REVOKED(tree.a);
	EXPECT_REVOKED(tree.b);
	EXPECT_REVOKED(tree.c);
	EXPECT_EQ(0, try_read(tree.root));
	EXPECT_EQ(0, try_write(tree.d));
	EXPECT_FALSE(poll_now(tree.d, POLLIN) & POLLHUP);
	EXPECT_EQ(2, handle_revoke(tree.root, 0));
	EXPECT_REVOKED(tree.root);
	EXPECT_REVOKED(tree.d);
}

TEST_F(handles, revoke_derived)
{
	struct tree tree;

	grow(&tree, self->mount);
	EXPECT_EQ(2, handle_revoke(tree.a, RVF_REVOKE_DERIVED));
	EXPECT_REVOKED(tree.b);
	EXPECT_REVOKED(tree.c);
	EXPECT_EQ(0, try_read(tree.a));
	EXPECT_EQ(0, handle_revoke(tree.a, RVF_REVOKE_DERIVED));
	/* It can be derived from again */
	EXPECT_LE(0, handle_derive(tree.a, R, 0));
	EXPECT_EQ(1, handle_revoke(tree.a, RVF_REVOKE_DERIVED));
}

/* Closing revokes nothing; what was derived is still reached through what is left */
TEST_F(handles, close_parent)
{
	struct tree tree;

	grow(&tree, self->mount);
	close(tree.a);
	close(tree.b);
	EXPECT_EQ(0, try_read(tree.c));
	EXPECT_EQ(0, try_write(tree.c));
	EXPECT_LE(3, handle_revoke(tree.root, RVF_REVOKE_DERIVED));
	EXPECT_REVOKED(tree.c);
	EXPECT_REVOKED(tree.d);
}

TEST_F(handles, same_object_other_root)
{
	int other = must_rvf(mount_get(self->mount, "log", R | W | G | V));
	struct tree tree;

	grow(&tree, self->mount);
	EXPECT_EQ(5, handle_revoke(tree.root, 0));
	EXPECT_EQ(0, try_read(other));
	EXPECT_EQ(0, try_write(other));
	EXPECT_LE(0, mount_get(self->mount, "log", 0));
}

/* A duplicate is the same handle */
TEST_F(handles, duplicates)
{
	int handle = must_rvf(mount_get(self->mount, "log", R | W | V));
	int copy = must(dup(handle));

	EXPECT_EQ(1, handle_revoke(copy, 0));
	EXPECT_REVOKED(handle);
	EXPECT_REVOKED(copy);
}

/* No way through /proc to another file of the same handle */
TEST_F(handles, not_opened_again)
{
	static const char *const names[] = { "data", "log", "queue" };
	static const int flags[] = { O_RDONLY, O_WRONLY, O_RDWR, O_RDONLY | O_NONBLOCK };
	char path[40];

	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
		int handle = must_rvf(mount_get(self->mount, names[i], 0));

		snprintf(path, sizeof(path), "/proc/self/fd/%d", handle);
		for (unsigned int j = 0; j < ARRAY_SIZE(flags); j++)
			EXPECT_GT(0, sys(open(path, flags[j] | O_CLOEXEC)));
		EXPECT_GT(0, sys(truncate(path, 0)));
		EXPECT_GT(0, sys(ftruncate(handle, 0)));
		EXPECT_GT(0, sys(fallocate(handle, 0, 0, 1)));
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", self->mount);
	EXPECT_GT(0, sys(open(path, O_RDWR | O_CLOEXEC)));
}

/* Each handle has an inode of its own, so that one's mappings can be taken away */
TEST_F(handles, inodes)
{
	int handle = must_rvf(mount_get(self->mount, "data", R | G));
	int derived = must_rvf(handle_derive(handle, R, 0));
	struct stat first, second;

	must(fstat(handle, &first));
	must(fstat(derived, &second));
	EXPECT_EQ(first.st_dev, second.st_dev);
	EXPECT_NE(first.st_ino, second.st_ino);
}

/* In another process: what it received is revoked there, mappings included */
TEST_F(handles, received)
{
	int handle = must_rvf(mount_get(self->mount, "data", R | G | V));
	int derived = must_rvf(handle_derive(handle, R, 0));
	int pair[2];
	char byte;
	pid_t pid;

	must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	pid = child();
	if (pid == 0) {
		int received = receive_fd(pair[1]);
		uint8_t *mapped = mmap(NULL, DATA_LENGTH, PROT_READ, MAP_SHARED, received, 0);

		if (mapped == MAP_FAILED || peek(mapped) != data_bytes()[0])
			_exit(1);
		must(write(pair[1], "m", 1));
		must(read(pair[1], &byte, 1));
		if (peek(mapped) != -1)
			_exit(2);
		/* Never touched before */
		if (peek(mapped + 2 * 4096) != -1)
			_exit(3);
		if (try_read(received) != -EKEYREVOKED || try_map(received) != -EKEYREVOKED)
			_exit(4);
		_exit(0);
	}
	send_fd(pair[0], derived);
	close(derived);
	must(read(pair[0], &byte, 1));
	EXPECT_EQ(1, handle_revoke(handle, RVF_REVOKE_DERIVED));
	must(write(pair[0], "r", 1));
	EXPECT_EQ(0, reap(pid));
	EXPECT_EQ(0, try_read(handle));
}

/* In a message that is still on its way */
TEST_F(handles, revoked_on_the_way)
{
	int handle = must_rvf(mount_get(self->mount, "data", R | G | V));
	int derived = must_rvf(handle_derive(handle, R, 0));
	int pair[2], received;

	must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	send_fd(pair[0], derived);
	close(derived);
	EXPECT_EQ(1, handle_revoke(handle, RVF_REVOKE_DERIVED));
	received = receive_fd(pair[1]);
	EXPECT_EQ(-EKEYREVOKED, try_read(received));
}

/* Deriving from a handle that is being revoked: nothing survives it */
TEST_F_TIMEOUT(handles, revoke_against_derive, 60)
{
	for (int round = 0; round < 60; round++) {
		int handle = must_rvf(mount_get(self->mount, "log", R | W | G | V));
		int derived = must_rvf(handle_derive(handle, R | W | G | V, 0));
		int pair[2], count = 0;
		pid_t pid;

		must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
		pid = child();
		if (pid == 0) {
			int fds[64 + 1], n = 0;

			must(write(pair[1], "g", 1));
			while (n < 64) {
				int fd = handle_derive(derived, R | G, 0);

				if (fd < 0)
					break;
				fds[n++] = fd;
			}
			/* Until it was done: its first effect is not its end */
			must(read(pair[1], fds + n, 1));
			for (int i = 0; i < n; i++) {
				if (try_read(fds[i]) != -EKEYREVOKED)
					_exit(255 - 1);
			}
			_exit(0);
		}
		close(derived);
		{
			char byte;

			must(read(pair[0], &byte, 1));
		}
		for (int i = 0; i < round * 20; i++)
			asm volatile("pause");
		count = handle_revoke(handle, RVF_REVOKE_DERIVED);
		EXPECT_LE(1, count);
		must(write(pair[0], "d", 1));
		EXPECT_EQ(0, reap(pid));
		close(pair[0]);
		close(pair[1]);
		close(handle);
	}
}

TEST_HARNESS_MAIN
