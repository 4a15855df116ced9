// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM puts its files into the fd table of whoever makes a VM. Nobody may reach
 * into it meanwhile.
 */
#include <fcntl.h>
#include <linux/kvm.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "util_vm.h"

#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif

#define TIMES	400
#define TIME_MS 8000
#define FDS	24

FIXTURE(theft)
{
	struct vm vm;
};

FIXTURE_SETUP(theft)
{
	self->vm.mount = vm_mount(1, VM_QUOTA);
	ASSERT_EQ(0, vm_supervise(self->vm.mount));
	task_start(&self->vm.task, self->vm.mount, 0);
}

FIXTURE_TEARDOWN(theft)
{
	task_kill(&self->vm.task);
	close(self->vm.mount);
}

/* Makes a VM whose fds cannot be told: all of it, and nothing stays */
static int make_in_vain(struct vm *vm)
{
	struct rvf_vm arg = {
		.size = sizeof(arg),
		.vcpus = (uintptr_t)nowhere(),
		.vcpu_count = 1,
	};
	size_t used = vm->task.used;
	int result;

	arg.scratch = (uintptr_t)memset(task_alloc(&vm->task, 64), 0, 64);
	result = task_ioctl(&vm->task, PROXY_TASK_FD, RVF_VM, &arg);
	vm->task.used = used;
	return result;
}

static unsigned int make_many(struct __test_metadata *_metadata, struct vm *vm, unsigned int times)
{
	uint64_t end = now_ms() + TIME_MS;
	unsigned int made = 0;

	while (made < times && now_ms() < end) {
		ASSERT_EQ(-EFAULT, make_in_vain(vm));
		made++;
	}
	return made;
}

static uid_t uid_of(pid_t pid)
{
	unsigned int uid = 0;
	char path[64], line[128];
	FILE *status;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	status = fopen(path, "re");
	while (status && fgets(line, sizeof(line), status) && sscanf(line, "Uid: %u", &uid) != 1)
		;
	if (status)
		fclose(status);
	if (!uid)
		die("whose process is %d?", pid);
	return uid;
}

static bool is_kvm(int fd)
{
	char path[64], target[64];
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	length = readlink(path, target, sizeof(target) - 1);
	if (length < 0)
		return false;
	target[length] = 0;
	return strstr(target, "kvm-v");
}

struct loot {
	volatile bool stop;
	volatile unsigned long tries, refused, kvm;
};

/* A process that takes whatever it can get, until it is told to stop */
static pid_t thief(pid_t victim, uid_t uid, struct loot *loot)
{
	pid_t pid = child();
	int pidfd;

	if (pid)
		return pid;
	pidfd = must(syscall(SYS_pidfd_open, victim, 0));
	must(setresgid(uid, uid, uid));
	must(setresuid(uid, uid, uid));
	while (!loot->stop) {
		for (int fd = 3; fd < FDS; fd++) {
			int copy = syscall(SYS_pidfd_getfd, pidfd, fd, 0);

			loot->tries++;
			if (copy < 0) {
				loot->refused += errno == EPERM;
				continue;
			}
			loot->kvm += is_kvm(copy);
			close(copy);
		}
	}
	_exit(0);
}

static struct loot *loot_new(void)
{
	return must(mmap(NULL, sizeof(struct loot), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0));
}

TEST_F(theft, same_user)
{
	struct loot *loot = loot_new();
	pid_t pid = thief(self->vm.task.pid, uid_of(self->vm.task.pid), loot);
	unsigned int made;

	while (!loot->tries)
		sleep_ms(1);
	made = make_many(_metadata, &self->vm, TIMES);
	loot->stop = true;
	EXPECT_EQ(0, reap(pid));
	EXPECT_LT(5, made);
	EXPECT_EQ(loot->tries, loot->refused);
	EXPECT_EQ(0, loot->kvm);
	TH_LOG("%u VMs, %lu tries", made, loot->tries);
	EXPECT_EQ(0, vm_make(&self->vm));
}

/* A forked child inside the jail: the same user, another fd table */
TEST_F(theft, forked_child)
{
	struct vm *vm = &self->vm;
	struct proxy_request steal = { PROXY_STEAL, { 0, FDS, 20000 } };
	long pid = must_rvf(task_call(&vm->task, SYS_getpid));
	unsigned int made;

	ASSERT_LT(0, task_call(&vm->task, PROXY_CLONE, SIGCHLD, 1));
	steal.args[0] = server_call(&vm->task, 1, SYS_pidfd_open, pid, 0);
	ASSERT_LE(0, steal.args[0]);
	must(send(vm->task.socket[1], &steal, sizeof(steal), MSG_NOSIGNAL));
	made = make_many(_metadata, vm, 50);
	EXPECT_EQ(-EPERM, vm_answer(vm, 1));
	EXPECT_LT(5, made);
}

TEST_F(theft, thread)
{
	struct vm *vm = &self->vm;
	int result = -EBUSY;

	vm_threads(vm, 1);
	for (unsigned int i = 0; i < TIMES; i++)
		ASSERT_EQ(-EBUSY, vm_make(vm));
	/* Until it has ended */
	shutdown(vm->task.socket[1], SHUT_RDWR);
	for (unsigned int i = 0; i < 200 && (result == -EBUSY || result == -EAGAIN); i++) {
		sleep_ms(10);
		result = vm_make(vm);
	}
	EXPECT_EQ(0, result);
}

TEST_F(theft, shared_files)
{
	struct vm *vm = &self->vm;
	long pid = task_call(&vm->task, PROXY_CLONE, CLONE_FILES | SIGCHLD, 1);

	ASSERT_LT(0, pid);
	for (unsigned int i = 0; i < TIMES; i++)
		ASSERT_EQ(-EBUSY, vm_make(vm));
	ASSERT_EQ(0, task_call(&vm->task, SYS_kill, pid, SIGKILL));
	ASSERT_EQ(pid, task_call(&vm->task, SYS_wait4, pid, 0, 0, 0));
	EXPECT_EQ(0, vm_make(vm));
}

TEST_F(theft, shared_memory)
{
	struct vm *vm = &self->vm;
	long pid = task_call(&vm->task, PROXY_CLONE, CLONE_VM | SIGCHLD, 1);

	ASSERT_LT(0, pid);
	for (unsigned int i = 0; i < TIMES; i++)
		ASSERT_EQ(-EAGAIN, vm_make(vm));
	ASSERT_EQ(0, task_call(&vm->task, SYS_kill, pid, SIGKILL));
	ASSERT_EQ(pid, task_call(&vm->task, SYS_wait4, pid, 0, 0, 0));
	EXPECT_EQ(0, vm_make(vm));
}

TEST_F(theft, tracer)
{
	struct vm *vm = &self->vm;
	int status;

	must(ptrace(PTRACE_SEIZE, vm->task.pid, 0, 0));
	for (unsigned int i = 0; i < TIMES; i++)
		ASSERT_EQ(-EBUSY, vm_make(vm));
	must(ptrace(PTRACE_INTERRUPT, vm->task.pid, 0, 0));
	must(waitpid(vm->task.pid, &status, 0));
	must(ptrace(PTRACE_DETACH, vm->task.pid, 0, 0));
}

TEST_F(theft, dumpable)
{
	struct vm *vm = &self->vm;

	/* PR_SET_DUMPABLE */
	ASSERT_EQ(0, task_call(&vm->task, SYS_prctl, 4, 1, 0, 0, 0));
	EXPECT_EQ(-EBUSY, vm_make(vm));
	ASSERT_EQ(0, task_call(&vm->task, SYS_prctl, 4, 0, 0, 0, 0));
	EXPECT_EQ(0, vm_make(vm));
}

/* Once it is made there is nothing of KVM's to be had */
TEST_F(theft, fd_table)
{
	struct vm *vm = &self->vm;

	ASSERT_EQ(0, vm_make(vm));
	for (int fd = 0; fd < 64; fd++) {
		char path[64], target[128];
		ssize_t length;

		snprintf(path, sizeof(path), "/proc/%d/fd/%d", vm->task.pid, fd);
		length = readlink(path, target, sizeof(target) - 1);
		if (length < 0)
			continue;
		target[length] = 0;
		EXPECT_EQ(NULL, strstr(target, "kvm"));
	}
}

TEST_HARNESS_MAIN
