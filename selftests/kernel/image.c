// SPDX-License-Identifier: GPL-2.0-only
/*
 * The image's fd: it can be executed, and nothing else can be done with it, by
 * anyone, on any way that leads to the file.
 */
#include <fcntl.h>
#include <linux/fs.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "util_package.h"
#include "util_task.h"

FIXTURE(image)
{
	int mount;
	int task_fd, image_fd;
	char path[40];
};

FIXTURE_SETUP(image)
{
	self->mount = mount_usual(ctl_open());
	must_rvf(supervise(self->mount));
	must_rvf(task_begin(self->mount, 0, &self->task_fd, &self->image_fd, NULL));
	snprintf(self->path, sizeof(self->path), "/proc/self/fd/%d", self->image_fd);
}

FIXTURE_TEARDOWN(image)
{
	close(self->task_fd);
	close(self->image_fd);
	close(self->mount);
}

TEST_F(image, kind)
{
	struct stat st;

	EXPECT_EQ(FD_CLOEXEC, fcntl(self->image_fd, F_GETFD));
	EXPECT_TRUE(fcntl(self->image_fd, F_GETFL) & O_PATH);
	must(fstat(self->image_fd, &st));
	EXPECT_EQ(S_IFREG | 0111, st.st_mode);
	EXPECT_EQ(0, st.st_uid);
	EXPECT_EQ(0, st.st_gid);
}

TEST_F(image, the_fd_itself)
{
	char byte = 0;

	EXPECT_EQ(-EBADF, sys(read(self->image_fd, &byte, 1)));
	EXPECT_EQ(-EBADF, sys(pread(self->image_fd, &byte, 1, 0)));
	EXPECT_EQ(-EBADF, sys(write(self->image_fd, &byte, 1)));
	EXPECT_EQ(-EBADF, sys(pwrite(self->image_fd, &byte, 1, 0)));
	EXPECT_EQ(-EBADF, sys(ftruncate(self->image_fd, 0)));
	EXPECT_EQ(-EBADF, sys(fallocate(self->image_fd, 0, 0, 4096)));
	EXPECT_EQ(-EBADF, sys(fchmod(self->image_fd, 0777)));
	EXPECT_EQ(-EBADF, sys(fchown(self->image_fd, 1, 1)));
	EXPECT_EQ(-EBADF, sys(fcntl(self->image_fd, F_GET_SEALS)));
	EXPECT_EQ(-EBADF, sys(fcntl(self->image_fd, F_ADD_SEALS, F_SEAL_SEAL)));
	EXPECT_EQ(-EBADF, sys((long)mmap(NULL, 4096, PROT_READ, MAP_SHARED, self->image_fd, 0)));
	EXPECT_EQ(-EBADF, sys((long)mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE,
					 self->image_fd, 0)));
	EXPECT_EQ(-EBADF, sys(ioctl(self->image_fd, FS_IOC_SETFLAGS, &(int){ 0 })));
}

/* Root can take the path that /proc offers; it does not lead anywhere */
TEST_F(image, opened_again)
{
	static const int flags[] = {
		O_RDONLY,
		O_WRONLY,
		O_RDWR,
		O_RDONLY | O_NONBLOCK,
		O_WRONLY | O_TRUNC,
		O_RDWR | O_APPEND,
		O_RDONLY | O_NOATIME,
		O_WRONLY | O_DIRECT,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		long result = sys(open(self->path, flags[i] | O_CLOEXEC));

		EXPECT_TRUE(result == -EACCES || result == -EPERM)
		{
			TH_LOG("flags %o: %ld", flags[i], result);
		}
	}
	/* As another process's fd, too */
	if (in_child(open(self->path, O_RDONLY) < 0 ? 0 : 1))
		EXPECT_TRUE(false);
}

TEST_F(image, by_its_path)
{
	struct timespec times[2] = { { 1, 1 }, { 1, 1 } };

	EXPECT_EQ(-EPERM, sys(truncate(self->path, 0)));
	EXPECT_EQ(-EPERM, sys(chmod(self->path, 0755)));
	EXPECT_EQ(-EPERM, sys(chown(self->path, 1000, 1000)));
	EXPECT_EQ(-EPERM, sys(fchownat(self->image_fd, "", 1000, 1000, AT_EMPTY_PATH)));
	EXPECT_EQ(-EPERM, sys(utimensat(AT_FDCWD, self->path, times, 0)));
	EXPECT_GT(0, sys(setxattr(self->path, "user.x", "y", 1, 0)));
	EXPECT_GT(0, sys(setxattr(self->path, "trusted.x", "y", 1, 0)));
	EXPECT_GT(0, sys(setxattr(self->path, "security.capability", "y", 1, 0)));
	EXPECT_GT(0,
		  sys(linkat(self->image_fd, "", AT_FDCWD, "/dev/shm/rvf-image", AT_EMPTY_PATH)));
	EXPECT_GT(0, sys(linkat(AT_FDCWD, self->path, AT_FDCWD, "/dev/shm/rvf-image",
				AT_SYMLINK_FOLLOW)));
	{
		struct stat st;

		must(fstat(self->image_fd, &st));
		EXPECT_EQ(S_IFREG | 0111, st.st_mode);
		EXPECT_EQ(0, st.st_uid);
	}
}

/* It runs, after and during all of that */
TEST_F(image, runs)
{
	struct task task;

	for (int i = 0; i < 20; i++) {
		if (open(self->path, i & 1 ? O_WRONLY : O_RDWR) >= 0)
			die("it was opened");
	}
	jail_spawn(&task, self->task_fd, self->image_fd, 0);
	EXPECT_EQ(0, task_bind(&task, NULL));
	task_kill(&task);
}

/* Opening it for writing over and over does not get in the way of an exec */
TEST_F(image, not_busy)
{
	pid_t pid = child();

	if (pid == 0) {
		for (;;)
			open(self->path, O_WRONLY);
	}
	for (int i = 0; i < 10; i++) {
		struct task task;

		/* Ends the test if it is ETXTBSY */
		jail_spawn(&task, self->task_fd, self->image_fd, 0);
		task_kill(&task);
	}
	kill(pid, SIGKILL);
	reap(pid);
}

/* The running plugin's own view, and root's of it */
TEST_F(image, of_the_running_process)
{
	struct task task;
	char path[64], byte;
	struct iovec local = { &byte, 1 }, remote = { (void *)0x401000, 1 };

	jail_spawn(&task, self->task_fd, self->image_fd, 0);
	must_rvf(task_bind(&task, NULL));
	snprintf(path, sizeof(path), "/proc/%d/exe", task.pid);
	EXPECT_EQ(-EACCES, sys(open(path, O_RDONLY)));
	EXPECT_TRUE(sys(open(path, O_WRONLY)) < 0);
	EXPECT_EQ(-EPERM, sys(chmod(path, 0755)));
	EXPECT_EQ(-EPERM, sys(truncate(path, 0)));
	/* The text cannot be written by the process itself */
	EXPECT_EQ(-2, task_call(&task, PROXY_POKE, 0x401000, 0xcc));
	EXPECT_LE(0, task_call(&task, PROXY_PEEK, 0x401000));
	/* Root of the host may look, as with any process */
	EXPECT_EQ(1, sys(process_vm_readv(task.pid, &local, 1, &remote, 1, 0)));
	task_kill(&task);
}

/* Each task has a file of its own, each incarnation the same one */
TEST_F(image, one_for_each_task)
{
	struct stat first, second, again;
	int task_fd, image_fd;

	must(fstat(self->image_fd, &first));
	must_rvf(task_begin(self->mount, 1, &task_fd, &image_fd, NULL));
	must(fstat(image_fd, &second));
	EXPECT_NE(first.st_ino, second.st_ino);
	EXPECT_EQ(first.st_size, second.st_size);
	close(self->task_fd);
	EXPECT_TRUE(wait_task_state(self->mount, 0, RVF_TASK_EXITED));
	must_rvf(task_begin(self->mount, 0, &self->task_fd, &image_fd, NULL));
	must(fstat(image_fd, &again));
	EXPECT_EQ(first.st_ino, again.st_ino);
}

/* After the unmount it can still not be written, and runs no task */
TEST_F(image, after_unmount)
{
	struct task task;

	ASSERT_EQ(0, unmount(self->mount, 0));
	ASSERT_TRUE(wait_gone(self->mount));
	EXPECT_TRUE(sys(open(self->path, O_WRONLY)) < 0);
	EXPECT_TRUE(sys(open(self->path, O_RDWR)) < 0);
	EXPECT_EQ(-EPERM, sys(truncate(self->path, 0)));
	EXPECT_EQ(-EPERM, sys(chmod(self->path, 0755)));
	jail_spawn(&task, self->task_fd, self->image_fd, 0);
	EXPECT_EQ(-ENODEV, task_bind(&task, NULL));
	task_kill(&task);
}

/* The supervisor kept its fd of the image, closed all else: no oops after rmmod. */
TEST_F(image, kept_after_everything)
{
	int ctl = ctl_open();
	unsigned int mounts = count_mounts(ctl) - 1;
	struct stat st;

	close(self->task_fd);
	close(self->mount);
	EXPECT_TRUE(wait_mounts(ctl, mounts));
	EXPECT_EQ(0, fstat(self->image_fd, &st));
	EXPECT_TRUE(sys(open(self->path, O_RDWR)) < 0);
	self->task_fd = -1;
	self->mount = -1;
}

TEST_HARNESS_MAIN
