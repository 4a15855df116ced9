// SPDX-License-Identifier: GPL-2.0-only
/*
 * RVF_UNMOUNT: what ends, when, and what the fds that are left say.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "util_package.h"
#include "util_task.h"

FIXTURE(life)
{
	int ctl;
	int mount;
	struct pkg *pkg;
	const char *name;
	unsigned int mounts;
};

FIXTURE_SETUP(life)
{
	self->ctl = ctl_open();
	self->mounts = count_mounts(self->ctl);
	key_trust(self->ctl, KEY_OWNER);
	self->pkg = pkg_usual();
	pkg_finish(self->pkg, KEY_OWNER);
	self->name = unique_name("/test/life");
	self->mount = must_rvf(pkg_mount(self->pkg, self->ctl, self->name, NULL));
}

FIXTURE_TEARDOWN(life)
{
	int mount = open_mount(self->ctl, self->name);

	if (mount >= 0) {
		unmount(mount, 0);
		EXPECT_TRUE(wait_gone(mount));
	}
	EXPECT_TRUE(wait_mounts(self->ctl, self->mounts));
}

TEST_F(life, unmount)
{
	struct rvf_mount_info info = { .size = sizeof(info) };

	EXPECT_EQ(0, poll_now(self->mount, POLLPRI));
	EXPECT_EQ(0, unmount(self->mount, 0));
	EXPECT_TRUE(wait_gone(self->mount));
	EXPECT_EQ(POLLPRI | POLLHUP, poll_now(self->mount, POLLPRI) & (POLLPRI | POLLHUP));
	EXPECT_EQ(self->mounts, count_mounts(self->ctl));
	EXPECT_EQ(-ENOENT, open_mount(self->ctl, self->name));
	EXPECT_EQ(-ENODEV, unmount(self->mount, 0));
	EXPECT_EQ(-ENODEV, rvf(self->mount, RVF_MOUNT_INFO, &info));
}

TEST_F(life, every_command_fails_after_unmount)
{
	struct rvf_mount_info info = { .size = sizeof(info) };
	struct rvf_mount_manifest manifest = { .size = sizeof(manifest) };
	struct rvf_mount_tasks tasks = {
		.size = sizeof(tasks),
		.entry_size = sizeof(struct rvf_task_status),
	};
	int task_fd, image_fd;

	ASSERT_EQ(0, supervise(self->mount));
	ASSERT_EQ(0, unmount(self->mount, 0));
	ASSERT_TRUE(wait_gone(self->mount));
	EXPECT_EQ(-ENODEV, rvf(self->mount, RVF_MOUNT_INFO, &info));
	EXPECT_EQ(-ENODEV, rvf(self->mount, RVF_MOUNT_MANIFEST, &manifest));
	EXPECT_EQ(-ENODEV, rvf(self->mount, RVF_MOUNT_TASKS, &tasks));
	EXPECT_EQ(-ENODEV, mount_get(self->mount, "data", 0));
	EXPECT_EQ(-ENODEV, supervise(self->mount));
	EXPECT_EQ(-ENODEV, task_begin(self->mount, 0, &task_fd, &image_fd, NULL));
}

TEST_F(life, grace_is_bounded)
{
	EXPECT_EQ(-EINVAL, unmount(self->mount, 600001));
	EXPECT_EQ(-EINVAL, unmount(self->mount, 0xffffffff));
	EXPECT_EQ(RVF_MOUNT_LIVE, mount_info(self->mount).out_state);
	/* A mount without tasks at work does not wait */
	EXPECT_EQ(0, unmount(self->mount, 600000));
	EXPECT_TRUE(wait_gone(self->mount));
}

/* Without grace, tasks are killed at once */
TEST_F(life, no_grace)
{
	struct task task;

	task_start(&task, self->mount, 0);
	EXPECT_EQ(0, unmount(self->mount, 0));
	EXPECT_EQ(128 + SIGKILL, task_reap(&task));
	EXPECT_TRUE(wait_gone(self->mount));
}

TEST_F(life, grace_is_given)
{
	uint64_t start = now_ms();
	struct task task;

	task_start(&task, self->mount, 0);
	EXPECT_EQ(0, poll_now(self->mount, POLLPRI));
	EXPECT_EQ(0, unmount(self->mount, 1500));
	/* It is asked, and can do what it has to: handles still work */
	EXPECT_EQ(POLLPRI, poll_now(self->mount, POLLPRI));
	EXPECT_FALSE(poll_now(self->mount, 0) & POLLHUP);
	EXPECT_EQ(-ENOENT, open_mount(self->ctl, self->name));
	EXPECT_EQ(-EEXIST, pkg_mount(self->pkg, self->ctl, self->name, NULL));
	sleep_ms(300);
	EXPECT_EQ(0, kill(task.pid, 0));
	/* Then it is killed */
	EXPECT_EQ(128 + SIGKILL, task_reap(&task));
	EXPECT_LE(1400, now_ms() - start);
	EXPECT_GE(patience(6000), now_ms() - start);
	EXPECT_TRUE(wait_gone(self->mount));
}

/* One that stops by itself is not waited for longer */
TEST_F(life, grace_ends_early)
{
	uint64_t start = now_ms();
	struct task task;
	struct pollfd *pfd;
	int handle;

	task_start(&task, self->mount, 0);
	handle = task_get(&task, "log", 0);
	must_rvf(handle);
	pfd = task_alloc(&task, sizeof(*pfd));
	*pfd = (struct pollfd){ .fd = PROXY_TASK_FD, .events = POLLPRI };
	EXPECT_EQ(0, task_call(&task, SYS_poll, pfd, 1, 0));
	/* It waits to be asked */
	task_ask(&task, SYS_poll, pfd, 1, -1);
	sleep_ms(100);
	EXPECT_EQ(0, unmount(self->mount, patience(20000)));
	EXPECT_EQ(1, task_answer(&task));
	EXPECT_EQ(POLLPRI, pfd->revents);
	/* Last words */
	EXPECT_EQ(4, task_call(&task, SYS_write, handle, task_put(&task, "bye!", 4), 4));
	task_ask(&task, SYS_exit_group, 0);
	EXPECT_EQ(0, task_reap(&task));
	EXPECT_TRUE(wait_gone(self->mount));
	EXPECT_GE(patience(10000), now_ms() - start);
}

TEST_F(life, states)
{
	struct task task;

	task_start(&task, self->mount, 0);
	EXPECT_EQ(0, unmount(self->mount, 3000));
	EXPECT_EQ(-ENODEV, unmount(self->mount, 0));
	EXPECT_FALSE(poll_now(self->mount, 0) & POLLHUP);
	task_kill(&task);
	EXPECT_TRUE(wait_gone(self->mount));
}

/* A task that was starting finds the mount gone */
TEST_F(life, starting_task)
{
	struct task task;
	int task_fd, image_fd;
	struct rvf_bind bind = { .size = sizeof(bind) };
	struct rvf_ready ready = { .size = sizeof(ready) };
	struct rvf_task_list list = { .size = sizeof(list) };
	struct rvf_vm vm = { .size = sizeof(vm) };
	struct rvf_get get = { .size = sizeof(get), .name = (uintptr_t) "data", .name_len = 4 };

	ASSERT_EQ(0, supervise(self->mount));
	must_rvf(task_begin(self->mount, 0, &task_fd, &image_fd, NULL));
	jail_spawn(&task, task_fd, image_fd, 0);
	EXPECT_EQ(0, unmount(self->mount, 0));
	EXPECT_TRUE(wait_gone(self->mount));
	EXPECT_EQ(-ENODEV, task_bind(&task, NULL));
	EXPECT_EQ(-ENODEV, rvf(task_fd, RVF_BIND, &bind));
	EXPECT_EQ(-ENODEV, rvf(task_fd, RVF_READY, &ready));
	EXPECT_EQ(-ENODEV, rvf(task_fd, RVF_TASK_LIST, &list));
	EXPECT_EQ(-ENODEV, rvf(task_fd, RVF_VM, &vm));
	EXPECT_EQ(-ENODEV, rvf(task_fd, RVF_TASK_GET, &get));
	EXPECT_TRUE(poll_now(task_fd, 0) & POLLHUP);
	task_kill(&task);
}

/* What was handed out does not keep a mount alive, but is of no use any more */
TEST_F(life, handles)
{
	int data = must_rvf(mount_get(self->mount, "data", 0));
	int log = must_rvf(mount_get(self->mount, "log", 0));
	int queue = must_rvf(mount_get(self->mount, "queue", 0));
	struct rvf_handle_info info = { .size = sizeof(info) };
	struct rvf_region_info region = { .size = sizeof(region) };
	struct rvf_queue_info queue_info = { .size = sizeof(queue_info) };
	char byte = 0;
	char *mapped = must(mmap(NULL, page_size(), PROT_READ, MAP_SHARED, data, 0));
	char *untouched = must(mmap(NULL, DATA_LENGTH, PROT_READ, MAP_SHARED, data, 0));

	EXPECT_EQ(data_bytes()[0], peek(mapped));
	EXPECT_EQ(1, write(queue, &byte, 1));
	EXPECT_EQ(0, unmount(self->mount, 0));
	ASSERT_TRUE(wait_gone(self->mount));
	EXPECT_EQ(-ENODEV, rvf(data, RVF_HANDLE_INFO, &info));
	EXPECT_EQ(-ENODEV, rvf(data, RVF_REGION_INFO, &region));
	EXPECT_EQ(-ENODEV, rvf(queue, RVF_QUEUE_INFO, &queue_info));
	EXPECT_EQ(-ENODEV, handle_derive(data, RVF_RIGHT_READ, 0));
	EXPECT_EQ(-ENODEV, handle_revoke(data, 0));
	EXPECT_EQ(-ENODEV, sys(pread(data, &byte, 1, 0)));
	EXPECT_EQ(-ENODEV, sys(write(log, &byte, 1)));
	EXPECT_EQ(-ENODEV, sys(write(queue, &byte, 1)));
	EXPECT_EQ(-EPIPE, sys(read(queue, &byte, 1)));
	EXPECT_EQ(-ENODEV, sys((long)mmap(NULL, page_size(), PROT_READ, MAP_SHARED, data, 0)));
	EXPECT_EQ(-1, peek(mapped));
	EXPECT_EQ(-1, peek(untouched + page_size()));
	EXPECT_TRUE(poll_now(data, POLLIN) & POLLHUP);
	EXPECT_TRUE(poll_now(log, POLLIN) & POLLHUP);
	EXPECT_TRUE(poll_now(queue, POLLIN) & POLLHUP);
	EXPECT_EQ(self->mounts, count_mounts(self->ctl));
}

/* By name there is nothing any more from the moment it was asked */
TEST_F(life, the_name_during_grace)
{
	struct task task;
	int again;

	task_start(&task, self->mount, 0);
	EXPECT_EQ(0, unmount(self->mount, 700));
	EXPECT_EQ(-ENOENT, open_mount(self->ctl, self->name));
	EXPECT_EQ(-EEXIST, pkg_mount(self->pkg, self->ctl, self->name, NULL));
	task_reap(&task);
	EXPECT_TRUE(wait_gone(self->mount));
	again = pkg_mount(self->pkg, self->ctl, self->name, NULL);
	EXPECT_LE(0, again);
	close(again);
}

/* It goes on by itself: who asked for it is gone at once */
TEST_F(life, caller_killed)
{
	struct task task;
	pid_t pid;

	task_start(&task, self->mount, 0);
	pid = child();
	if (pid == 0) {
		unmount(self->mount, 300);
		kill(getpid(), SIGKILL);
	}
	reap(pid);
	EXPECT_EQ(128 + SIGKILL, task_reap(&task));
	EXPECT_TRUE(wait_gone(self->mount));
}

/* Of many that ask at the same time, one is told that it did it */
TEST_F(life, racing_unmounts)
{
	enum {
		RACERS = 8
	};

	for (int round = 0; round < 20; round++) {
		int mount = must_rvf(pkg_mount(self->pkg, self->ctl, NULL, NULL));
		pid_t pids[RACERS];
		int done = 0;
		int go[2];

		must(pipe2(go, O_CLOEXEC));
		for (int i = 0; i < RACERS; i++) {
			pids[i] = child();
			if (pids[i] == 0) {
				char byte;

				close(go[1]);
				must(read(go[0], &byte, 1));
				_exit(unmount(mount, i % 3) == 0 ? 1 : 0);
			}
		}
		close(go[0]);
		close(go[1]);
		for (int i = 0; i < RACERS; i++)
			done += reap(pids[i]);
		EXPECT_EQ(1, done);
		EXPECT_TRUE(wait_gone(mount));
		close(mount);
	}
}

/* Against everything else that can be asked of a mount at that moment */
TEST_F_TIMEOUT(life, racing_commands, 60)
{
	for (int round = 0; round < 30; round++) {
		int mount = must_rvf(pkg_mount(self->pkg, self->ctl, NULL, NULL));
		pid_t pids[3];

		for (int i = 0; i < 3; i++) {
			pids[i] = child();
			if (pids[i] == 0) {
				for (;;) {
					int handle = mount_get(mount, "data", 0);
					char *mapped;

					if (handle == -ENODEV)
						_exit(0);
					if (handle < 0)
						_exit(1);
					mapped = mmap(NULL, DATA_LENGTH, PROT_READ, MAP_SHARED,
						      handle, 0);
					if (mapped != MAP_FAILED) {
						peek(mapped + 4096);
						munmap(mapped, DATA_LENGTH);
					}
					close(handle_derive(handle, RVF_RIGHT_READ, 0));
					handle_revoke(handle, 0);
					supervise(mount);
					close(handle);
				}
			}
		}
		sleep_ms(round);
		EXPECT_EQ(0, unmount(mount, 0));
		for (int i = 0; i < 3; i++)
			EXPECT_EQ(0, reap(pids[i]));
		EXPECT_TRUE(wait_gone(mount));
		close(mount);
	}
}

/* The last close of a nameless mount is an unmount: what it left is of no use */
TEST_F(life, nameless_closed)
{
	int mount = must_rvf(pkg_mount(self->pkg, self->ctl, NULL, NULL));
	int log = must_rvf(mount_get(mount, "log", 0));
	struct task task;
	char byte = 0;

	task_start(&task, mount, 0);
	close(mount);
	EXPECT_EQ(128 + SIGKILL, task_reap(&task));
	EXPECT_TRUE(wait_mounts(self->ctl, self->mounts + 1));
	EXPECT_EQ(-ENODEV, sys(write(log, &byte, 1)));
	EXPECT_TRUE(poll_now(log, 0) & POLLHUP);
}

/* A nameless mount's fd, passed on, keeps it alive */
TEST_F(life, nameless_in_a_message)
{
	int mount = must_rvf(pkg_mount(self->pkg, self->ctl, NULL, NULL));
	int pair[2], received;

	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
	send_fd(pair[0], mount);
	close(mount);
	sleep_ms(50);
	EXPECT_EQ(self->mounts + 2, count_mounts(self->ctl));
	received = receive_fd(pair[1]);
	EXPECT_EQ(RVF_MOUNT_LIVE, mount_info(received).out_state);
	/* In a socket that nobody reads any more it goes too */
	send_fd(pair[0], received);
	close(received);
	close(pair[0]);
	close(pair[1]);
	EXPECT_TRUE(wait_mounts(self->ctl, self->mounts + 1));
}

/* The module stays while anything of it is in use */
TEST_F(life, module_in_use)
{
	int data = must_rvf(mount_get(self->mount, "data", 0));
	void *mapped = must(mmap(NULL, page_size(), PROT_READ, MAP_SHARED, data, 0));

	EXPECT_EQ(-EWOULDBLOCK, sys(syscall(SYS_delete_module, "rvf", O_NONBLOCK)));
	close(data);
	close(self->ctl);
	EXPECT_EQ(-EWOULDBLOCK, sys(syscall(SYS_delete_module, "rvf", O_NONBLOCK)));
	EXPECT_EQ(0, unmount(self->mount, 0));
	EXPECT_TRUE(wait_gone(self->mount));
	EXPECT_EQ(-EWOULDBLOCK, sys(syscall(SYS_delete_module, "rvf", O_NONBLOCK)));
	close(self->mount);
	/* A mapping is a use by itself */
	EXPECT_EQ(-EWOULDBLOCK, sys(syscall(SYS_delete_module, "rvf", O_NONBLOCK)));
	EXPECT_EQ(-1, peek(mapped));
	self->ctl = ctl_open();
}

TEST_HARNESS_MAIN
