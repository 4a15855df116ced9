// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who may give commands, and what the fds are to everything else: programs of
 * 32 bits, an exec, read() and write().
 */
#include <fcntl.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "commands.h"

/* Without CAP_SYS_ADMIN the control fd and mount fds are of no use, whoever opened them */
TEST_F(format, privilege)
{
	union arg arg;
	pid_t pid = child();

	if (pid == 0) {
		must(setgid(65534));
		must(setuid(65534));
		if (open("/dev/rvfctl", O_RDWR) >= 0 || errno != EACCES)
			_exit(1);
		FOR_EACH(command)
		{
			if (command->kind != CONTROL && command->kind != MOUNT)
				continue;
			make(self, command, &arg);
			if (rvf(self->fd[command->kind], command->number, &arg) != -EPERM) {
				TH_LOG("%s", command->name);
				_exit(2);
			}
		}
		_exit(0);
	}
	EXPECT_EQ(0, reap(pid));
	EXPECT_EQ(RVF_MOUNT_LIVE, mount_info(self->fd[MOUNT]).out_state);
}

/* A user namespace's root is not the host's */
TEST_F(format, privilege_in_user_namespace)
{
	union arg arg;
	pid_t pid = child();

	if (pid == 0) {
		must(unshare(CLONE_NEWUSER));
		if (open("/dev/rvfctl", O_RDWR) >= 0 || errno != EPERM)
			_exit(1);
		FOR_EACH(command)
		{
			if (command->kind != CONTROL && command->kind != MOUNT)
				continue;
			make(self, command, &arg);
			if (rvf(self->fd[command->kind], command->number, &arg) != -EPERM)
				_exit(2);
		}
		_exit(0);
	}
	EXPECT_EQ(0, reap(pid));
}

/* The structs look the same to 32-bit programs, whose system calls these are */
static int ioctl32(int fd, unsigned int command, void *low)
{
	int result;

	asm volatile("int $0x80"
		     : "=a"(result)
		     : "a"(54), "b"(fd), "c"(command), "d"(low)
		     : "memory", "r8", "r9", "r10", "r11");
	return result;
}

TEST_F(format, compat)
{
	union arg *low = must(mmap(NULL, page_size(), PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0));

	/* Where there is none, that is what it says, or SIGSEGV */
	if (in_child(ioctl32(self->fd[CONTROL], RVF_CTL_INFO, NULL) == -ENOSYS))
		SKIP(return, "the kernel runs no 32-bit programs");
	low->ctl_info = (struct rvf_ctl_info){ .size = sizeof(struct rvf_ctl_info) };
	EXPECT_EQ(0, ioctl32(self->fd[CONTROL], RVF_CTL_INFO, low));
	EXPECT_EQ(RVF_ABI_VERSION, low->ctl_info.out_abi);
	low->mount_info = (struct rvf_mount_info){ .size = sizeof(struct rvf_mount_info) };
	EXPECT_EQ(0, ioctl32(self->fd[MOUNT], RVF_MOUNT_INFO, low));
	EXPECT_EQ(2, low->mount_info.out_components);
	low->handle_info = (struct rvf_handle_info){ .size = sizeof(struct rvf_handle_info) };
	EXPECT_EQ(0, ioctl32(self->fd[QUEUE], RVF_HANDLE_INFO, low));
	EXPECT_EQ(RVF_OBJECT_QUEUE, low->handle_info.out_kind);
	low->queue_info = (struct rvf_queue_info){ .size = sizeof(struct rvf_queue_info) };
	EXPECT_EQ(0, ioctl32(self->fd[QUEUE], RVF_QUEUE_INFO, low));
	EXPECT_EQ(QUEUE_SLOTS, low->queue_info.out_slots);
}

TEST_F(format, control_info)
{
	struct rvf_ctl_info info = ctl_info(self->fd[CONTROL]);

	EXPECT_EQ(RVF_ABI_VERSION, info.out_abi);
	EXPECT_EQ(0, info.out_errata);
	EXPECT_EQ(1u << RVF_ALG_RSA4096, info.out_algorithms);
	EXPECT_LE(1, info.out_keys);
	EXPECT_EQ(self->mounts + 1, info.out_mounts);
	EXPECT_GE(RVF_MAX_COMPONENTS, info.out_max_components);
	EXPECT_GE(RVF_MAX_REGIONS, info.out_max_regions);
	EXPECT_GE(RVF_MAX_QUEUES, info.out_max_queues);
	EXPECT_GE(RVF_MAX_TASKS, info.out_max_tasks);
	EXPECT_LE(1, info.out_max_tasks);
}

/* New fds do not pass an exec */
TEST_F(format, close_on_exec)
{
	const int fds[] = { self->fd[MOUNT], self->fd[REGION], self->fd[QUEUE], self->fd[UNBOUND],
			    must_rvf(handle_derive(self->fd[REGION], RVF_RIGHT_READ, 0)) };

	for (unsigned int i = 0; i < ARRAY_SIZE(fds); i++)
		EXPECT_EQ(FD_CLOEXEC, fcntl(fds[i], F_GETFD));
	EXPECT_EQ(FD_CLOEXEC,
		  task_call(&self->bound, SYS_fcntl, task_get(&self->bound, "data", 0), F_GETFD));
}

/* The device takes part in ioctls alone */
TEST_F(format, control_is_no_data)
{
	char byte = 0;
	long result;

	result = sys(read(self->fd[CONTROL], &byte, 1));
	EXPECT_TRUE(result == -EINVAL || result == 0);
	EXPECT_EQ(-EINVAL, sys(write(self->fd[CONTROL], &byte, 1)));
	EXPECT_EQ(-EINVAL, sys(read(self->fd[MOUNT], &byte, 1)));
	EXPECT_EQ(-EINVAL, sys(write(self->fd[MOUNT], &byte, 1)));
	EXPECT_EQ((long)MAP_FAILED,
		  (long)mmap(NULL, page_size(), PROT_READ, MAP_SHARED, self->fd[MOUNT], 0));
	EXPECT_EQ(ENODEV, errno);
}

TEST_HARNESS_MAIN
