// SPDX-License-Identifier: GPL-2.0-only
/*
 * A task's own handles: what the manifest grants it and no more, and that they
 * end with the task.
 */
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "util_package.h"
#include "util_task.h"

#define R RVF_RIGHT_READ
#define W RVF_RIGHT_WRITE
#define G RVF_RIGHT_GRANT
#define V RVF_RIGHT_REVOKE

/*
 * Component "one" reads "data", receives from "queue" and knows of nothing
 * else; "two" appends to "log", sends to "queue" and may pass that on.
 */
FIXTURE(task_handles)
{
	int ctl;
	int mount;
	struct task one, two;
};

FIXTURE_SETUP(task_handles)
{
	struct pkg *pkg = pkg_usual();

	self->ctl = ctl_open();
	key_trust(self->ctl, KEY_OWNER);
	pkg->n_grants = 0;
	pkg_grant(pkg, 0, RVF_OBJECT_REGION, 0, R, 11);
	pkg_grant(pkg, 0, RVF_OBJECT_QUEUE, 0, R, 0);
	pkg_grant(pkg, 1, RVF_OBJECT_REGION, 1, W, 0);
	pkg_grant(pkg, 1, RVF_OBJECT_QUEUE, 0, W | G | V, 22);
	pkg_finish(pkg, KEY_OWNER);
	self->mount = must_rvf(pkg_mount(pkg, self->ctl, NULL, NULL));
	task_start(&self->one, self->mount, 0);
	task_start(&self->two, self->mount, 1);
}

FIXTURE_TEARDOWN(task_handles)
{
	close(self->mount);
}

static struct rvf_handle_info info_of(struct task *task, int handle)
{
	struct rvf_handle_info info = { .size = sizeof(info) };

	must_rvf(task_ioctl(task, handle, RVF_HANDLE_INFO, &info));
	return info;
}

static int info_result(struct task *task, int handle)
{
	struct rvf_handle_info info = { .size = sizeof(info) };

	return task_ioctl(task, handle, RVF_HANDLE_INFO, &info);
}

static int task_derive(struct task *task, int handle, unsigned int rights, uint64_t badge)
{
	struct rvf_handle_derive arg = { .size = sizeof(arg), .rights = rights, .badge = badge };
	int result = task_ioctl(task, handle, RVF_HANDLE_DERIVE, &arg);

	return result < 0 ? result : arg.out_fd;
}

TEST_F(task_handles, what_is_granted)
{
	int data = task_get(&self->one, "data", 0), queue = task_get(&self->one, "queue", 0);
	struct rvf_handle_info info;

	ASSERT_LE(0, data);
	ASSERT_LE(0, queue);
	info = info_of(&self->one, data);
	EXPECT_EQ(R, info.out_rights);
	EXPECT_EQ(11, info.out_badge);
	EXPECT_EQ(0, info.out_depth);
	EXPECT_EQ(RVF_OBJECT_REGION, info.out_kind);
	EXPECT_EQ(mount_info(self->mount).out_id, info.out_mount_id);
	EXPECT_EQ(R, info_of(&self->one, queue).out_rights);
	info = info_of(&self->two, task_get(&self->two, "queue", 0));
	EXPECT_EQ(W | G | V, info.out_rights);
	EXPECT_EQ(22, info.out_badge);
}

TEST_F(task_handles, not_more)
{
	EXPECT_EQ(-ENOENT, task_get(&self->one, "log", 0));
	EXPECT_EQ(-ENOENT, task_get(&self->one, "nothing", 0));
	EXPECT_EQ(-ENOENT, task_get(&self->two, "data", 0));
	EXPECT_EQ(-EACCES, task_get(&self->one, "data", R | W));
	EXPECT_EQ(-EACCES, task_get(&self->one, "data", R | G));
	EXPECT_EQ(-EACCES, task_get(&self->one, "queue", W));
	EXPECT_EQ(-EACCES, task_get(&self->two, "queue", R));
	EXPECT_EQ(-EACCES, task_get(&self->two, "log", R | W));
}

/* Fewer may be asked for */
TEST_F(task_handles, less)
{
	int queue = task_get(&self->two, "queue", W);

	ASSERT_LE(0, queue);
	EXPECT_EQ(W, info_of(&self->two, queue).out_rights);
	EXPECT_EQ(-EPERM, task_derive(&self->two, queue, W, 0));
	EXPECT_EQ(22, info_of(&self->two, queue).out_badge);
}

TEST_F(task_handles, they_work_together)
{
	int send = task_get(&self->two, "queue", 0), receive = task_get(&self->one, "queue", 0);
	char *room = task_alloc(&self->one, QUEUE_MESSAGE);
	struct rvf_message *message = task_alloc(&self->one, sizeof(*message));
	struct rvf_queue_batch batch = {
		.size = sizeof(batch),
		.messages = (uintptr_t)message,
		.count = 1,
		.entry_size = sizeof(*message),
	};

	EXPECT_EQ(5, task_call(&self->two, SYS_write, send, task_put(&self->two, "hello", 5), 5));
	EXPECT_EQ(-EACCES, task_call(&self->one, SYS_write, receive, room, 1));
	EXPECT_EQ(-EACCES, task_call(&self->two, SYS_read, send,
				     task_alloc(&self->two, QUEUE_MESSAGE), QUEUE_MESSAGE));
	*message = (struct rvf_message){ .buffer = (uintptr_t)room, .length = QUEUE_MESSAGE };
	EXPECT_EQ(0, task_ioctl(&self->one, receive, RVF_QUEUE_RECV, &batch));
	EXPECT_EQ(5, message->length);
	EXPECT_EQ(0, memcmp(room, "hello", 5));
	EXPECT_EQ(22, message->badge);
}

TEST_F(task_handles, mapped)
{
	int data = task_get(&self->one, "data", 0);
	long mapped = task_call(&self->one, SYS_mmap, 0, 4096 * DATA_PAGES, PROT_READ, MAP_SHARED,
				data, 0);

	must_rvf(mapped);
	for (int page = 0; page < DATA_PAGES; page++)
		EXPECT_EQ(data_bytes()[page * 4096],
			  task_call(&self->one, PROXY_PEEK, mapped + page * 4096));
	EXPECT_EQ(-2, task_call(&self->one, PROXY_POKE, mapped, 1));
}

/* When its process ends, handles of it that others hold are revoked */
TEST_F(task_handles, end_revokes)
{
	int here = task_take_fd(&self->two, task_get(&self->two, "queue", 0));
	int derived = must_rvf(handle_derive(here, W | G | V, 0));
	int log = task_take_fd(&self->two, task_get(&self->two, "log", 0));
	struct rvf_handle_info info = { .size = sizeof(info) };

	/* Passed on, they work in our process */
	EXPECT_EQ(1, write(here, "x", 1));
	EXPECT_EQ(1, write(derived, "y", 1));
	EXPECT_EQ(3, task_status(self->mount, 1).handles);
	task_kill(&self->two);
	EXPECT_TRUE(wait_task_state(self->mount, 1, RVF_TASK_EXITED));
	EXPECT_EQ(-EKEYREVOKED, rvf(here, RVF_HANDLE_INFO, &info));
	EXPECT_EQ(-EKEYREVOKED, sys(write(here, "x", 1)));
	EXPECT_EQ(-EKEYREVOKED, sys(write(derived, "x", 1)));
	EXPECT_EQ(-EKEYREVOKED, sys(write(log, "x", 1)));
	/* Nodes live as long as their fds are open */
	EXPECT_EQ(3, task_status(self->mount, 1).handles);
	close(here);
	close(derived);
	close(log);
	sleep_ms(100);
	EXPECT_EQ(0, task_status(self->mount, 1).handles);
	/* What was sent has been sent, and the object is as it was */
	{
		int queue = must_rvf(mount_get(self->mount, "queue", R));
		char bytes[QUEUE_MESSAGE];

		EXPECT_EQ(1, read(queue, bytes, sizeof(bytes)));
		EXPECT_EQ(1, read(queue, bytes, sizeof(bytes)));
	}
}

/* Mappings too: of a region that another process got from the task */
TEST_F(task_handles, end_takes_mappings)
{
	int data = task_take_fd(&self->one, task_get(&self->one, "data", 0));
	uint8_t *mapped = must(mmap(NULL, 4096, PROT_READ, MAP_SHARED, data, 0));

	EXPECT_EQ(data_bytes()[0], peek(mapped));
	task_kill(&self->one);
	EXPECT_TRUE(wait_task_state(self->mount, 0, RVF_TASK_EXITED));
	EXPECT_EQ(-1, peek(mapped));
}

/* A new incarnation gets new ones, and content stays */
TEST_F(task_handles, next_incarnation)
{
	int log = task_get(&self->two, "log", 0);
	int ours = must_rvf(mount_get(self->mount, "log", R));
	char bytes[16];

	EXPECT_EQ(5, task_call(&self->two, SYS_write, log, task_put(&self->two, "first", 5), 5));
	task_kill(&self->two);
	EXPECT_TRUE(wait_task_state(self->mount, 1, RVF_TASK_EXITED));
	task_start(&self->two, self->mount, 1);
	log = task_get(&self->two, "log", 0);
	ASSERT_LE(0, log);
	EXPECT_EQ(6, task_call(&self->two, SYS_write, log, task_put(&self->two, "second", 6), 6));
	EXPECT_EQ(11, pread(ours, bytes, sizeof(bytes), 0));
	EXPECT_EQ(0, memcmp(bytes, "firstsecond", 11));
}

/* Revoking from outside: the task finds its handle gone, its mapping faults */
TEST_F(task_handles, revoked_in_the_task)
{
	int queue = task_get(&self->two, "queue", 0);
	int derived = task_derive(&self->two, queue, W, 0);
	int here = task_take_fd(&self->two, queue);

	ASSERT_LE(0, derived);
	EXPECT_EQ(1, handle_revoke(here, RVF_REVOKE_DERIVED));
	EXPECT_EQ(-EKEYREVOKED, info_result(&self->two, derived));
	EXPECT_EQ(0, info_result(&self->two, queue));
	EXPECT_EQ(1, handle_revoke(here, 0));
	EXPECT_EQ(-EKEYREVOKED, info_result(&self->two, queue));
	/* The manifest's grant is still there to be asked for */
	EXPECT_LE(0, task_get(&self->two, "queue", 0));
}

/* A badge from the manifest cannot be shed or changed */
TEST_F(task_handles, badge)
{
	int queue = task_get(&self->two, "queue", 0);

	EXPECT_EQ(-EPERM, task_derive(&self->two, queue, W, 23));
	EXPECT_EQ(22, info_of(&self->two, task_derive(&self->two, queue, W, 0)).out_badge);
	EXPECT_EQ(22, info_of(&self->two, task_derive(&self->two, queue, W, 22)).out_badge);
}

/* A forked child of the task holds the same fds. They are capabilities: they work. */
TEST_F(task_handles, forked_child)
{
	int queue = task_get(&self->two, "queue", 0);
	struct rvf_handle_info info = { .size = sizeof(info) };

	must_rvf(task_call(&self->two, PROXY_CLONE, SIGCHLD, 1));
	EXPECT_EQ(0, task_ioctl_on(&self->two, 1, queue, RVF_HANDLE_INFO, &info));
	/* But with the task they go */
	must(kill(self->two.pid, SIGKILL));
	EXPECT_TRUE(wait_task_state(self->mount, 1, RVF_TASK_EXITED));
}

/* Threads are the task, too */
TEST_F(task_handles, thread)
{
	struct rvf_get get = {
		.size = sizeof(get),
		.name = (uintptr_t)task_put(&self->one, "data", 4),
		.name_len = 4,
	};

	must_rvf(task_call(&self->one, PROXY_CLONE,
			   CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
				   CLONE_SYSVSEM,
			   1));
	EXPECT_EQ(0, task_ioctl_on(&self->one, 1, PROXY_TASK_FD, RVF_TASK_GET, &get));
	EXPECT_LE(0, get.out_fd);
	/* The first thread goes, the process stays */
	task_ask(&self->one, SYS_exit, 0);
	sleep_ms(200);
	EXPECT_EQ(RVF_TASK_BOUND, task_status(self->mount, 0).state);
	EXPECT_EQ(0, task_ioctl_on(&self->one, 1, PROXY_TASK_FD, RVF_TASK_GET, &get));
	must(kill(self->one.pid, SIGKILL));
	EXPECT_TRUE(wait_task_state(self->mount, 0, RVF_TASK_EXITED));
	EXPECT_EQ(RVF_EXIT_SIGNAL, task_status(self->mount, 0).exit_kind);
}

/* Each task has a quota of its own */
TEST_F_TIMEOUT(task_handles, quota, 60)
{
	struct rlimit limit = { 2048, 2048 };
	int count = 0;

	must(prlimit(self->two.pid, RLIMIT_NOFILE, &limit, NULL));
	while (count <= RVF_MAX_HANDLES && task_get(&self->two, "queue", 0) >= 0) {
		self->two.used = 0;
		count++;
	}
	EXPECT_EQ(RVF_MAX_HANDLES, count);
	EXPECT_EQ(-EDQUOT, task_get(&self->two, "queue", 0));
	EXPECT_EQ(-EDQUOT, task_get(&self->two, "log", 0));
	EXPECT_EQ(RVF_MAX_HANDLES, task_status(self->mount, 1).handles);
	EXPECT_LE(0, task_get(&self->one, "queue", 0));
	EXPECT_LE(0, mount_get(self->mount, "queue", 0));
}

/* The handles that it derived are charged to it wherever they are */
TEST_F(task_handles, derived_elsewhere)
{
	int here = task_take_fd(&self->two, task_get(&self->two, "queue", 0));
	unsigned int before = task_status(self->mount, 1).handles;
	int derived = must_rvf(handle_derive(here, W, 0));

	EXPECT_EQ(before + 1, task_status(self->mount, 1).handles);
	close(derived);
	sleep_ms(100);
	EXPECT_EQ(before, task_status(self->mount, 1).handles);
}

TEST_HARNESS_MAIN
