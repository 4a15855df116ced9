// SPDX-License-Identifier: GPL-2.0-only
/*
 * RVF_SUPERVISE and RVF_TASK: who may start tasks, incarnations, how each of
 * them ends, and what the supervisor is told.
 */
#include <endian.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "util_package.h"
#include "util_task.h"

FIXTURE(supervise)
{
	int ctl;
	int mount;
	const char *name;
};

FIXTURE_SETUP(supervise)
{
	struct pkg *pkg = pkg_usual();
	unsigned int kernel;

	self->ctl = ctl_open();
	key_trust(self->ctl, KEY_OWNER);
	/* A third component that is no task */
	kernel = pkg_component(pkg, "kernel", pkg_segment(pkg, RVF_SEG_KERNEL, "kernel", 6));
	pkg->components[kernel].entry.kind = htole32(RVF_COMPONENT_KERNEL);
	pkg_finish(pkg, KEY_OWNER);
	self->name = unique_name("/test/supervise");
	self->mount = must_rvf(pkg_mount(pkg, self->ctl, self->name, NULL));
}

FIXTURE_TEARDOWN(supervise)
{
	int mount = open_mount(self->ctl, self->name);

	if (mount >= 0) {
		unmount(mount, 0);
		EXPECT_TRUE(wait_gone(mount));
	}
}

static int begin(int mount, unsigned int component)
{
	int task_fd, image_fd;
	int result = task_begin(mount, component, &task_fd, &image_fd, NULL);

	if (result)
		return result;
	close(image_fd);
	return task_fd;
}

TEST_F(supervise, claim)
{
	int second = must_rvf(open_mount(self->ctl, self->name));
	int copy;

	EXPECT_EQ(0, mount_info(self->mount).out_supervised);
	EXPECT_EQ(0, supervise(self->mount));
	EXPECT_EQ(1, mount_info(self->mount).out_supervised);
	EXPECT_EQ(1, mount_info(second).out_supervised);
	EXPECT_EQ(-EBUSY, supervise(self->mount));
	EXPECT_EQ(-EBUSY, supervise(second));
	/* All its duplicates are the claim */
	copy = must(dup(self->mount));
	close(self->mount);
	EXPECT_EQ(-EBUSY, supervise(second));
	close(copy);
	EXPECT_EQ(0, mount_info(second).out_supervised);
	EXPECT_EQ(0, supervise(second));
}

static int claim_with(int mount, int kvm)
{
	struct rvf_supervise arg = { .size = sizeof(arg), .kvm_fd = kvm };

	return rvf(mount, RVF_SUPERVISE, &arg);
}

TEST_F(supervise, kvm_fd)
{
	int closed = must(dup(self->mount));
	const struct {
		int fd;
		int err;
	} fds[] = {
		{ -2, EBADF },
		{ INT32_MIN, EBADF },
		{ INT32_MAX, EBADF },
		{ closed, EBADF },
		{ must(open("/dev/null", O_PATH)), EBADF },
		{ must(open("/dev/null", O_RDWR)), EINVAL },
		{ must(open("/", O_RDONLY)), EINVAL },
		{ self->ctl, EINVAL },
		{ self->mount, EINVAL },
	};

	close(closed);
	for (unsigned int i = 0; i < ARRAY_SIZE(fds); i++) {
		EXPECT_EQ(-fds[i].err, claim_with(self->mount, fds[i].fd))
		{
			TH_LOG("fd %u", i);
		}
	}
	EXPECT_EQ(0, mount_info(self->mount).out_supervised);
	/* No VM for anybody */
	EXPECT_EQ(0, claim_with(self->mount, -1));
}

TEST_F(supervise, kvm)
{
	const struct {
		int flags;
		int err;
	} ways[] = { { O_PATH, EBADF }, { O_RDONLY, EINVAL }, { O_WRONLY, EINVAL }, { O_RDWR, 0 } };

	if (access("/dev/kvm", F_OK))
		SKIP(return, "no /dev/kvm");
	for (unsigned int i = 0; i < ARRAY_SIZE(ways); i++) {
		int fd = must(open("/dev/kvm", ways[i].flags | O_CLOEXEC));

		EXPECT_EQ(-ways[i].err, claim_with(self->mount, fd))
		{
			TH_LOG("flags %#o", ways[i].flags);
		}
		EXPECT_EQ(!ways[i].err, mount_info(self->mount).out_supervised);
		close(fd);
	}
}

TEST_F(supervise, kvm_of_a_second_claim)
{
	int kvm;

	if (access("/dev/kvm", F_OK))
		SKIP(return, "no /dev/kvm");
	kvm = must(open("/dev/kvm", O_RDWR | O_CLOEXEC));
	EXPECT_EQ(0, claim_with(self->mount, kvm));
	EXPECT_EQ(-EBUSY, claim_with(self->mount, kvm));
	EXPECT_EQ(-EBUSY, claim_with(self->mount, -1));
	/* Wrong ones are told before it is looked who has the claim */
	EXPECT_EQ(-EINVAL, claim_with(self->mount, self->mount));
	close(kvm);
}

TEST_F(supervise, task_needs_the_claim)
{
	int second = must_rvf(open_mount(self->ctl, self->name));

	EXPECT_EQ(-EPERM, begin(self->mount, 0));
	EXPECT_EQ(0, supervise(second));
	EXPECT_EQ(-EPERM, begin(self->mount, 0));
	EXPECT_LE(0, begin(second, 0));
}

TEST_F(supervise, task_errors)
{
	ASSERT_EQ(0, supervise(self->mount));
	EXPECT_EQ(-EINVAL, begin(self->mount, 2));
	EXPECT_EQ(-ENOENT, begin(self->mount, 3));
	EXPECT_EQ(-ENOENT, begin(self->mount, RVF_M_NONE));
	EXPECT_LE(0, begin(self->mount, 0));
	EXPECT_EQ(-EBUSY, begin(self->mount, 0));
	EXPECT_LE(0, begin(self->mount, 1));
}

TEST_F(supervise, tasks_are_listed)
{
	struct rvf_task_status tasks[4];
	struct rvf_mount_tasks arg = {
		.size = sizeof(arg),
		.count = 1,
		.tasks = (uintptr_t)tasks,
		.entry_size = sizeof(tasks[0]),
	};

	memset(tasks, 0xee, sizeof(tasks));
	EXPECT_EQ(-EMSGSIZE, rvf(self->mount, RVF_MOUNT_TASKS, &arg));
	EXPECT_EQ(2, arg.count);
	EXPECT_EQ(0xeeeeeeee, tasks[0].component);
	arg.count = 4;
	EXPECT_EQ(0, rvf(self->mount, RVF_MOUNT_TASKS, &arg));
	EXPECT_EQ(2, arg.count);
	for (int i = 0; i < 2; i++) {
		struct rvf_task_status declared = { .component = i };

		EXPECT_EQ(0, memcmp(&declared, &tasks[i], sizeof(declared)));
	}
	EXPECT_EQ(0xeeeeeeee, tasks[2].component);
	arg.entry_size = sizeof(tasks[0]) - 8;
	EXPECT_EQ(-EINVAL, rvf(self->mount, RVF_MOUNT_TASKS, &arg));
	arg.entry_size = 0;
	EXPECT_EQ(-EINVAL, rvf(self->mount, RVF_MOUNT_TASKS, &arg));
}

/* A program that knows a longer entry gets zeros behind what this kernel knows */
TEST_F(supervise, longer_entries)
{
	struct {
		struct rvf_task_status known;
		uint64_t more[3];
	} tasks[2];
	struct rvf_mount_tasks arg = {
		.size = sizeof(arg),
		.count = 2,
		.tasks = (uintptr_t)tasks,
		.entry_size = sizeof(tasks[0]),
	};

	memset(tasks, 0xee, sizeof(tasks));
	ASSERT_EQ(0, rvf(self->mount, RVF_MOUNT_TASKS, &arg));
	for (int i = 0; i < 2; i++) {
		EXPECT_EQ(i, tasks[i].known.component);
		for (int j = 0; j < 3; j++)
			EXPECT_EQ(0, tasks[i].more[j]);
	}
}

TEST_F(supervise, states)
{
	struct rvf_task_status status;
	struct task task;

	ASSERT_EQ(0, supervise(self->mount));
	EXPECT_EQ(RVF_TASK_DECLARED, task_status(self->mount, 1).state);
	task_spawn(&task, self->mount, 1, 0);
	EXPECT_EQ(1, task.incarnation);
	EXPECT_EQ(RVF_TASK_STARTING, task_status(self->mount, 1).state);
	EXPECT_EQ(-EPERM, task_ready(&task));
	ASSERT_EQ(0, task_bind(&task, NULL));
	EXPECT_EQ(RVF_TASK_BOUND, task_status(self->mount, 1).state);
	EXPECT_EQ(-EBUSY, begin(self->mount, 1));
	EXPECT_EQ(0, task_ready(&task));
	EXPECT_EQ(RVF_TASK_READY, task_status(self->mount, 1).state);
	task_ask(&task, SYS_exit_group, 5);
	EXPECT_EQ(5, task_reap(&task));
	EXPECT_TRUE(wait_task_state(self->mount, 1, RVF_TASK_EXITED));
	status = task_status(self->mount, 1);
	EXPECT_EQ(RVF_EXIT_CODE, status.exit_kind);
	EXPECT_EQ(5, status.exit_code);
	EXPECT_EQ(0, status.pid);
	EXPECT_EQ(1, status.incarnation);
	EXPECT_EQ(RVF_TASK_DECLARED, task_status(self->mount, 0).state);
}

static const struct {
	long number, arg;
	unsigned int kind;
	int code;
} ends[] = {
	{ SYS_exit_group, 0, RVF_EXIT_CODE, 0 },
	{ SYS_exit_group, 255, RVF_EXIT_CODE, 255 },
	{ SYS_exit, 7, RVF_EXIT_CODE, 7 },
	{ PROXY_JUMP, 0, RVF_EXIT_SIGNAL, SIGKILL },
};

TEST_F(supervise, ends)
{
	ASSERT_EQ(0, supervise(self->mount));
	for (unsigned int i = 0; i < ARRAY_SIZE(ends); i++) {
		struct rvf_task_status status;
		struct task task;

		task_start(&task, self->mount, 0);
		EXPECT_EQ(i + 1, task.incarnation);
		if (ends[i].kind == RVF_EXIT_SIGNAL)
			must(kill(task.pid, SIGKILL));
		else
			task_ask(&task, ends[i].number, ends[i].arg);
		task_reap(&task);
		EXPECT_TRUE(wait_task_state(self->mount, 0, RVF_TASK_EXITED));
		status = task_status(self->mount, 0);
		EXPECT_EQ(ends[i].kind, status.exit_kind);
		EXPECT_EQ(ends[i].code, status.exit_code);
		EXPECT_EQ(i + 1, status.incarnation);
		EXPECT_EQ(0, status.handles);
	}
}

/* Reaped by nobody, it has ended all the same */
TEST_F(supervise, zombie)
{
	struct task task;

	task_start(&task, self->mount, 0);
	must(kill(task.pid, SIGKILL));
	EXPECT_TRUE(wait_task_state(self->mount, 0, RVF_TASK_EXITED));
	EXPECT_EQ(RVF_EXIT_SIGNAL, task_status(self->mount, 0).exit_kind);
	EXPECT_LE(0, begin(self->mount, 0));
	task_reap(&task);
}

TEST_F(supervise, second_incarnation)
{
	struct task first, second;
	int old_fd, image_fd;
	struct rvf_ready ready = { .size = sizeof(ready) };
	struct rvf_bind bind = { .size = sizeof(bind) };
	struct rvf_get get = { .size = sizeof(get), .name = (uintptr_t) "log", .name_len = 3 };

	ASSERT_EQ(0, supervise(self->mount));
	must_rvf(task_begin(self->mount, 0, &old_fd, &image_fd, NULL));
	jail_spawn(&first, old_fd, image_fd, 0);
	ASSERT_EQ(0, task_bind(&first, NULL));
	EXPECT_FALSE(poll_now(old_fd, POLLIN | POLLPRI) & (POLLHUP | POLLPRI));
	task_kill(&first);
	EXPECT_TRUE(wait_task_state(self->mount, 0, RVF_TASK_EXITED));
	/* What was given out for the first one is over */
	EXPECT_TRUE(poll_now(old_fd, POLLIN) & POLLHUP);
	EXPECT_EQ(-ESTALE, rvf(old_fd, RVF_BIND, &bind));
	EXPECT_EQ(-ESTALE, rvf(old_fd, RVF_READY, &ready));
	EXPECT_EQ(-ESTALE, rvf(old_fd, RVF_TASK_GET, &get));

	task_spawn(&second, self->mount, 0, 0);
	EXPECT_EQ(2, second.incarnation);
	/* Also while the second one is starting, and when it is bound */
	EXPECT_EQ(-ESTALE, rvf(old_fd, RVF_BIND, &bind));
	EXPECT_EQ(0, task_bind(&second, NULL));
	EXPECT_EQ(-ESTALE, rvf(old_fd, RVF_BIND, &bind));
	EXPECT_EQ(-ESTALE, rvf(old_fd, RVF_READY, &ready));
	EXPECT_TRUE(poll_now(old_fd, POLLIN) & POLLHUP);
	task_kill(&second);
}

/* A jailed process with the fd of an incarnation that is over is not bound to it */
TEST_F(supervise, late_process)
{
	struct task late, task;
	int fd, image_fd;

	ASSERT_EQ(0, supervise(self->mount));
	must_rvf(task_begin(self->mount, 0, &fd, &image_fd, NULL));
	jail_spawn(&late, fd, image_fd, 0);
	jail_spawn(&task, fd, image_fd, 0);
	close(fd);
	ASSERT_EQ(0, task_bind(&task, NULL));
	task_kill(&task);
	EXPECT_TRUE(wait_task_state(self->mount, 0, RVF_TASK_EXITED));
	EXPECT_EQ(-ESTALE, task_bind(&late, NULL));
	EXPECT_EQ(RVF_TASK_EXITED, task_status(self->mount, 0).state);
	task_kill(&late);
}

TEST_F(supervise, unbound)
{
	struct rvf_task_status status;
	struct task task;

	ASSERT_EQ(0, supervise(self->mount));
	/* By closing the fd */
	close(must_rvf(begin(self->mount, 0)));
	EXPECT_TRUE(wait_task_state(self->mount, 0, RVF_TASK_EXITED));
	status = task_status(self->mount, 0);
	EXPECT_EQ(RVF_EXIT_UNBOUND, status.exit_kind);
	EXPECT_EQ(1, status.incarnation);
	/* By the end of the process that holds it */
	task_spawn(&task, self->mount, 0, 0);
	EXPECT_EQ(2, task.incarnation);
	EXPECT_EQ(RVF_TASK_STARTING, task_status(self->mount, 0).state);
	task_kill(&task);
	EXPECT_TRUE(wait_task_state(self->mount, 0, RVF_TASK_EXITED));
	EXPECT_EQ(RVF_EXIT_UNBOUND, task_status(self->mount, 0).exit_kind);
	/* Not as long as there is another reference */
	{
		int fd = must_rvf(begin(self->mount, 0)), copy = must(dup(fd));

		close(fd);
		sleep_ms(100);
		EXPECT_EQ(RVF_TASK_STARTING, task_status(self->mount, 0).state);
		close(copy);
		EXPECT_TRUE(wait_task_state(self->mount, 0, RVF_TASK_EXITED));
	}
}

/* A bound task goes on when it closes its task fd */
TEST_F(supervise, bound_without_task_fd)
{
	struct task task;

	task_start(&task, self->mount, 0);
	must_rvf(task_call(&task, SYS_close, PROXY_TASK_FD));
	sleep_ms(100);
	EXPECT_EQ(RVF_TASK_BOUND, task_status(self->mount, 0).state);
	task_kill(&task);
	EXPECT_TRUE(wait_task_state(self->mount, 0, RVF_TASK_EXITED));
}

TEST_F(supervise, claim_closed)
{
	int second = must_rvf(open_mount(self->ctl, self->name));
	struct rvf_bind bind = { .size = sizeof(bind) };
	struct task task;
	int fd;

	task_start(&task, self->mount, 0);
	fd = must_rvf(begin(self->mount, 1));
	close(self->mount);
	/* The bound one is killed, the one that was starting is over */
	EXPECT_EQ(128 + SIGKILL, task_reap(&task));
	EXPECT_TRUE(wait_task_state(second, 0, RVF_TASK_DECLARED));
	EXPECT_TRUE(wait_task_state(second, 1, RVF_TASK_DECLARED));
	EXPECT_EQ(-ESTALE, rvf(fd, RVF_BIND, &bind));
	EXPECT_TRUE(poll_now(fd, POLLIN) & POLLHUP);
	EXPECT_EQ(RVF_MOUNT_LIVE, mount_info(second).out_state);
	/* Another one takes over */
	EXPECT_EQ(0, supervise(second));
	close(fd);
	EXPECT_EQ(RVF_TASK_DECLARED, task_status(second, 1).state);
	task_start(&task, second, 0);
	EXPECT_EQ(2, task.incarnation);
	self->mount = second;
	task_kill(&task);
}

/* The supervisor is killed: the same, without a chance to say so */
TEST_F(supervise, supervisor_killed)
{
	pid_t pid;
	int pair[2];
	char byte;

	must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	pid = child();
	if (pid == 0) {
		struct task task;
		int mount = must_rvf(open_mount(self->ctl, self->name));

		task_start(&task, mount, 0);
		must(write(pair[1], "x", 1));
		pause();
	}
	must(read(pair[0], &byte, 1));
	EXPECT_EQ(RVF_TASK_BOUND, task_status(self->mount, 0).state);
	EXPECT_LT(0, task_status(self->mount, 0).pid);
	must(kill(pid, SIGKILL));
	reap(pid);
	EXPECT_TRUE(wait_task_state(self->mount, 0, RVF_TASK_DECLARED));
	EXPECT_EQ(0, supervise(self->mount));
}

/* POLLIN: a task's state has changed since this fd's last look */
TEST_F(supervise, poll)
{
	int second = must_rvf(open_mount(self->ctl, self->name));
	struct rvf_task_status tasks[RVF_MAX_TASKS];
	struct task task;

	ASSERT_EQ(0, supervise(self->mount));
	EXPECT_EQ(POLLIN, poll_now(self->mount, POLLIN | POLLPRI));
	mount_tasks(self->mount, tasks);
	EXPECT_EQ(0, poll_now(self->mount, POLLIN | POLLPRI));
	EXPECT_EQ(POLLIN, poll_now(second, POLLIN));
	task_spawn(&task, self->mount, 0, 0);
	EXPECT_EQ(POLLIN, poll_now(self->mount, POLLIN));
	mount_tasks(self->mount, tasks);
	EXPECT_EQ(0, poll_now(self->mount, POLLIN));
	EXPECT_EQ(0, task_bind(&task, NULL));
	EXPECT_EQ(POLLIN, poll_now(self->mount, POLLIN));
	mount_tasks(self->mount, tasks);
	EXPECT_EQ(0, poll_now(self->mount, POLLIN));
	must(kill(task.pid, SIGKILL));
	EXPECT_EQ(POLLIN, poll_for(self->mount, POLLIN, 5000));
	task_reap(&task);
}

/* The one that waits in poll is woken */
TEST_F(supervise, poll_wakes)
{
	struct rvf_task_status tasks[RVF_MAX_TASKS];
	struct task task;
	pid_t pid;

	task_start(&task, self->mount, 0);
	mount_tasks(self->mount, tasks);
	pid = child();
	if (pid == 0)
		_exit(poll_for(self->mount, POLLIN, 8000) == POLLIN ? 0 : 1);
	sleep_ms(200);
	must(kill(task.pid, SIGKILL));
	EXPECT_EQ(0, reap(pid));
	task_reap(&task);
}

/* A refused RVF_BIND is news too */
TEST_F(supervise, refusal_is_told)
{
	struct rvf_task_status tasks[RVF_MAX_TASKS];
	struct task task;

	ASSERT_EQ(0, supervise(self->mount));
	task_spawn(&task, self->mount, 0, WITHOUT_SECCOMP);
	mount_tasks(self->mount, tasks);
	EXPECT_EQ(0, poll_now(self->mount, POLLIN));
	EXPECT_EQ(-EPERM, task_bind(&task, NULL));
	EXPECT_EQ(POLLIN, poll_now(self->mount, POLLIN));
	EXPECT_EQ(RVF_REASON_BIND_SECCOMP, task_status(self->mount, 0).bind_reason);
	task_kill(&task);
	/* Another incarnation has another story */
	EXPECT_TRUE(wait_task_state(self->mount, 0, RVF_TASK_EXITED));
	EXPECT_LE(0, begin(self->mount, 0));
	EXPECT_EQ(0, task_status(self->mount, 0).bind_reason);
}

/* The pid is the one that the caller knows the process by */
TEST_F(supervise, task_list)
{
	struct task task;
	char *name;
	static const struct {
		const char *name;
		unsigned int kind, rights;
	} grants[] = {
		{ "data", RVF_OBJECT_REGION, 1 | 4 | 8 },
		{ "log", RVF_OBJECT_REGION, 1 | 2 | 4 | 8 },
		{ "queue", RVF_OBJECT_QUEUE, 1 | 2 | 4 | 8 },
	};

	task_start(&task, self->mount, 1);
	name = task_alloc(&task, 256);
	for (unsigned int i = 0; i < 3; i++) {
		struct rvf_task_list list = {
			.size = sizeof(list),
			.index = i,
			.name = (uintptr_t)name,
			.name_len = 256,
		};

		memset(name, '#', 256);
		ASSERT_EQ(0, task_ioctl(&task, PROXY_TASK_FD, RVF_TASK_LIST, &list));
		EXPECT_EQ(strlen(grants[i].name), list.name_len);
		EXPECT_EQ(0, memcmp(name, grants[i].name, list.name_len));
		EXPECT_EQ('#', name[list.name_len]);
		EXPECT_EQ(grants[i].kind, list.out_kind);
		EXPECT_EQ(grants[i].rights, list.out_rights);
		EXPECT_EQ(102, list.out_badge);
		list.name = 0;
		list.name_len = 0;
		EXPECT_EQ(0, task_ioctl(&task, PROXY_TASK_FD, RVF_TASK_LIST, &list));
		EXPECT_EQ(strlen(grants[i].name), list.name_len);
	}
	{
		struct rvf_task_list list = { .size = sizeof(list), .index = 3 };

		EXPECT_EQ(-ENOENT, task_ioctl(&task, PROXY_TASK_FD, RVF_TASK_LIST, &list));
		list.index = 0xffffffff;
		EXPECT_EQ(-ENOENT, task_ioctl(&task, PROXY_TASK_FD, RVF_TASK_LIST, &list));
	}
	task_kill(&task);
}

TEST_HARNESS_MAIN
