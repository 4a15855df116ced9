// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ways to be taken for the signed image without being it, or to become
 * something else after RVF_BIND.
 */
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "util_package.h"
#include "util_task.h"

FIXTURE(attack)
{
	int mount;
	struct task task;
	int task_fd, image_fd; /* of another incarnation, for component 1 */
};

FIXTURE_SETUP(attack)
{
	must(unshare(CLONE_NEWNS));
	must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	self->mount = mount_usual(ctl_open());
	must_rvf(supervise(self->mount));
	must_rvf(task_begin(self->mount, 1, &self->task_fd, &self->image_fd, NULL));
}

FIXTURE_TEARDOWN(attack)
{
	close(self->task_fd);
	close(self->image_fd);
	close(self->mount);
}

#define EXPECT_REFUSED(expected)                                     \
	do {                                                         \
		unsigned int reason_;                                \
		EXPECT_EQ(-EPERM, task_bind(&self->task, &reason_)); \
		EXPECT_EQ(expected, reason_);                        \
	} while (0)

static int executable_copy(const char *name)
{
	size_t length;
	const void *bytes = plugin_image(name, &length);
	int fd = memfd_with(bytes, length);

	must(fchmod(fd, 0111));
	return fd;
}

/* The same bytes in another file are not the image */
TEST_F(attack, copy_of_the_image)
{
	jail_spawn(&self->task, self->task_fd, executable_copy("plugin_proxy"), 0);
	EXPECT_REFUSED(RVF_REASON_BIND_IMAGE);
}

TEST_F(attack, other_executable)
{
	jail_spawn(&self->task, self->task_fd, executable_copy("plugin_other"), 0);
	EXPECT_REFUSED(RVF_REASON_BIND_IMAGE);
}

TEST_F(attack, file_on_disk)
{
	int fd = must(open(beside("plugin_other"), O_RDONLY | O_CLOEXEC));

	jail_spawn(&self->task, self->task_fd, fd, 0);
	EXPECT_REFUSED(RVF_REASON_BIND_IMAGE);
}

/* Another task's image, be it signed by the same key and made of the same segment */
TEST_F(attack, image_of_another_task)
{
	int task_fd, image_fd;

	must_rvf(task_begin(self->mount, 0, &task_fd, &image_fd, NULL));
	jail_spawn(&self->task, self->task_fd, image_fd, 0);
	EXPECT_REFUSED(RVF_REASON_BIND_IMAGE);
}

TEST_F(attack, not_jailed_at_all)
{
	struct rvf_bind bind = { .size = sizeof(bind) };

	EXPECT_EQ(-EPERM, rvf(self->task_fd, RVF_BIND, &bind));
	EXPECT_NE(RVF_REASON_NONE, bind.out_reason);
	EXPECT_EQ(bind.out_reason, task_status(self->mount, 1).bind_reason);
}

/*
 * An unsigned program that holds the image's fd and wants its own mm to be
 * taken for the image's: the fd cannot be used for that, whatever it may do.
 */
TEST_F(attack, forged_exe_file)
{
	long code, result;
	int copy;

	jail_spawn(&self->task, self->task_fd, executable_copy("plugin_other"), WITHOUT_CAP_DROP);
	must_rvf(task_call(&self->task, SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0,
			   0));
	/* Our own fd of it, in its table */
	copy = self->image_fd;
	EXPECT_EQ(-EBADF, sys(prctl(PR_SET_MM, PR_SET_MM_EXE_FILE, copy, 0, 0)));
	code = task_call(&self->task, SYS_prctl, PR_SET_MM, PR_SET_MM_EXE_FILE, copy, 0, 0);
	EXPECT_GT(0, code);
	result = task_bind(&self->task, NULL);
	EXPECT_EQ(-EPERM, result);
}

/* Root cannot get the readable fd for it either, by none of the ways there are */
TEST_F(attack, no_readable_fd_of_the_image)
{
	char path[64];

	jail_spawn(&self->task, self->task_fd, self->image_fd, 0);
	snprintf(path, sizeof(path), "/proc/%d/exe", self->task.pid);
	EXPECT_EQ(-EACCES, sys(open(path, O_RDONLY)));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", self->image_fd);
	EXPECT_EQ(-EACCES, sys(open(path, O_RDONLY)));
	snprintf(path, sizeof(path), "/proc/%d/map_files/401000-402000", self->task.pid);
	EXPECT_GT(0, sys(open(path, O_RDONLY)));
}

static void bind_one(struct task *task, int mount)
{
	task_spawn(task, mount, 0, 0);
	must_rvf(task_bind(task, NULL));
}

/* A child is another process: for it all is refused, and the task fd too */
TEST_F(attack, forked_child)
{
	struct rvf_bind bind = { .size = sizeof(bind) };
	struct rvf_ready ready = { .size = sizeof(ready) };

	bind_one(&self->task, self->mount);
	must_rvf(task_call(&self->task, PROXY_CLONE, SIGCHLD, 1));
	EXPECT_EQ(-EPERM, task_ioctl_on(&self->task, 1, PROXY_TASK_FD, RVF_READY, &ready));
	EXPECT_GT(0, task_ioctl_on(&self->task, 1, PROXY_TASK_FD, RVF_BIND, &bind));
	/* The bound one goes on */
	EXPECT_LE(0, task_get(&self->task, "data", 0));
	EXPECT_EQ(RVF_TASK_BOUND, task_status(self->mount, 0).state);
}

TEST_F(attack, task_fd_of_a_bound_process)
{
	int task_fd, image_fd;
	struct rvf_ready ready = { .size = sizeof(ready) };
	struct rvf_get get = {
		.size = sizeof(get),
		.name = (uintptr_t) "data",
		.name_len = 4,
	};
	struct rvf_task_list list = { .size = sizeof(list) };
	struct rvf_bind bind = { .size = sizeof(bind) };

	must_rvf(task_begin(self->mount, 0, &task_fd, &image_fd, NULL));
	jail_spawn(&self->task, task_fd, image_fd, 0);
	must_rvf(task_bind(&self->task, NULL));
	/* We are root and hold the same fd */
	EXPECT_EQ(-EPERM, rvf(task_fd, RVF_READY, &ready));
	EXPECT_EQ(-EPERM, rvf(task_fd, RVF_TASK_GET, &get));
	EXPECT_EQ(-EPERM, rvf(task_fd, RVF_TASK_LIST, &list));
	EXPECT_GT(0, rvf(task_fd, RVF_BIND, &bind));
	EXPECT_EQ(RVF_TASK_BOUND, task_status(self->mount, 0).state);
}

/* Executing anything ends the incarnation, before the new program's first instruction */
TEST_F(attack, exec_after_bind)
{
	size_t length;
	const void *bytes = plugin_image("plugin_other", &length);
	struct rvf_task_status status;

	bind_one(&self->task, self->mount);
	task_ask_exec(&self->task, bytes, length);
	EXPECT_EQ(-ESRCH, task_answer(&self->task));
	EXPECT_EQ(128 + SIGKILL, task_reap(&self->task));
	EXPECT_TRUE(wait_task_state(self->mount, 0, RVF_TASK_EXITED));
	status = task_status(self->mount, 0);
	EXPECT_EQ(RVF_EXIT_EXEC, status.exit_kind);
	EXPECT_EQ(0, status.handles);
}

/* Not even the image itself: its new mm is not the bound one */
TEST_F(attack, exec_of_the_image_after_bind)
{
	int task_fd, image_fd;
	void *null;
	long result;

	must_rvf(task_begin(self->mount, 0, &task_fd, &image_fd, NULL));
	jail_spawn(&self->task, task_fd, image_fd, 0);
	must_rvf(task_bind(&self->task, NULL));
	null = task_put(&self->task, "\0\0\0\0\0\0\0", 8);
	/* It has no fd of it, but may have been given one */
	result = task_call(&self->task, SYS_execveat, AT_FDCWD, task_put(&self->task, "/x", 3),
			   null, null, 0);
	EXPECT_EQ(-ENOENT, result);
	/* An exec that failed has not changed anything */
	EXPECT_EQ(0, task_ready(&self->task));
	task_kill(&self->task);
}

/*
 * exec with a sibling that keeps the old mm alive, so that its end is not seen:
 * the first thing that the new program does with a handle kills it.
 */
TEST_F(attack, exec_with_the_old_memory_kept)
{
	size_t length;
	const void *bytes = plugin_image("plugin_other", &length);
	struct rvf_handle_info info = { .size = sizeof(info) };
	long handle, result;

	bind_one(&self->task, self->mount);
	handle = task_get(&self->task, "log", 0);
	must_rvf(handle);
	must_rvf(task_call(&self->task, SYS_fcntl, handle, F_SETFD, 0));
	must_rvf(task_call(&self->task, PROXY_CLONE, CLONE_VM | SIGCHLD, 1));
	/* The new program serves the same socket */
	task_ask_exec(&self->task, bytes, length);
	sleep_ms(300);
	result = task_ioctl(&self->task, handle, RVF_HANDLE_INFO, &info);
	EXPECT_EQ(-ESRCH, result);
	EXPECT_EQ(128 + SIGKILL, task_reap(&self->task));
}

/* A process that shares the memory is not the bound one's thread, but has its mm */
TEST_F(attack, sibling_with_the_same_memory)
{
	struct rvf_bind bind = { .size = sizeof(bind) };

	bind_one(&self->task, self->mount);
	must_rvf(task_call(&self->task, PROXY_CLONE, CLONE_VM | SIGCHLD, 1));
	EXPECT_EQ(-EBUSY, task_ioctl_on(&self->task, 1, PROXY_TASK_FD, RVF_BIND, &bind));
	/* When the bound process goes, so does the incarnation's end not wait for it for ever */
	kill(self->task.pid, SIGKILL);
	EXPECT_TRUE(wait_task_state(self->mount, 0, RVF_TASK_EXITED));
}

/* ptrace after BIND: a jailed process of the same user cannot, for it is not dumpable */
TEST_F(attack, ptrace_by_the_same_user)
{
	struct task other;
	struct iovec io;
	void *local, *remote;

	bind_one(&self->task, self->mount);
	jail_spawn(&other, self->task_fd, self->image_fd, WITHOUT_PID_NS);
	EXPECT_EQ(-EPERM, task_call(&other, SYS_ptrace, PTRACE_SEIZE, self->task.pid, 0, 0));
	io = (struct iovec){ other.memory, 8 };
	local = task_put(&other, &io, sizeof(io));
	io = (struct iovec){ self->task.memory, 8 };
	remote = task_put(&other, &io, sizeof(io));
	EXPECT_EQ(-EPERM,
		  task_call(&other, SYS_process_vm_readv, self->task.pid, local, 1, remote, 1, 0));
	EXPECT_EQ(-EPERM,
		  task_call(&other, SYS_process_vm_writev, self->task.pid, local, 1, remote, 1, 0));
	task_kill(&other);
}

/* A task that was refused can be tried again with the same fd, by another process */
TEST_F(attack, refused_then_good)
{
	jail_spawn(&self->task, self->task_fd, self->image_fd, WITHOUT_NNP);
	EXPECT_REFUSED(RVF_REASON_BIND_NNP);
	task_kill(&self->task);
	jail_spawn(&self->task, self->task_fd, self->image_fd, 0);
	EXPECT_EQ(0, task_bind(&self->task, NULL));
}

/* Two processes with the same task fd: one is bound */
TEST_F(attack, two_processes)
{
	struct task second;

	jail_spawn(&self->task, self->task_fd, self->image_fd, 0);
	jail_spawn(&second, self->task_fd, self->image_fd, 0);
	EXPECT_EQ(0, task_bind(&second, NULL));
	EXPECT_EQ(-EBUSY, task_bind(&self->task, NULL));
	EXPECT_EQ(second.pid, task_status(self->mount, 1).pid);
	task_kill(&second);
	EXPECT_TRUE(wait_task_state(self->mount, 1, RVF_TASK_EXITED));
	EXPECT_EQ(-ESTALE, task_bind(&self->task, NULL));
}

TEST_HARNESS_MAIN
