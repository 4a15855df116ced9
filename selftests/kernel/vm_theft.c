// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM puts its files into the fd table of whoever makes a VM. Nobody may reach
 * into it meanwhile.
 */
#include <fcntl.h>
#include <linux/kvm.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
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

#define TIMES	  400 /* refusals of each kind */
#define KINDS	  4 /* of thieves against whom VMs are made */
#define TIMEOUT_S 300

/*
 * How many VMs are made against each kind of thief: RVF_TEST_VMS is for all of
 * them. What a VM costs is mostly waiting for RCU, which is told to hurry.
 */
static unsigned int vms_each(void)
{
	const char *all = getenv("RVF_TEST_VMS");

	write_file("/sys/kernel/rcu_expedited", "1\n");
	return (all ? strtoul(all, NULL, 0) : 1000) / KINDS;
}

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

/*
 * Asks for a VM whose fds cannot be told: all of it is made, and nothing stays.
 * Whether that is done with PROXY_INSIST or SYS_ioctl.
 */
static int make_in_vain(struct vm *vm, long how)
{
	struct rvf_vm *there = task_alloc(&vm->task, sizeof(*there));
	void *scratch = memset(task_alloc(&vm->task, 64), 0, 64);
	int result;

	*there = (struct rvf_vm){
		.size = sizeof(*there),
		.vcpus = (uintptr_t)nowhere(),
		.vcpu_count = 1,
		.scratch = (uintptr_t)scratch,
	};
	result = task_call(&vm->task, how, PROXY_TASK_FD, RVF_VM, there);
	vm->task.used = (char *)there - vm->task.memory;
	return result;
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

static struct proxy_loot *loot_new(struct vm *vm)
{
	return memset(task_alloc(&vm->task, sizeof(struct proxy_loot)), 0,
		      sizeof(struct proxy_loot));
}

/* A process outside that takes whatever it can get, and would trace it */
static pid_t thief(pid_t victim, uid_t uid, struct proxy_loot *loot)
{
	pid_t pid = child();
	int pidfd;

	if (pid)
		return pid;
	pidfd = must(syscall(SYS_pidfd_open, victim, 0));
	must(setresgid(uid, uid, uid));
	must(setresuid(uid, uid, uid));
	while (!loot->stop) {
		for (int fd = PROXY_STEAL_FROM; fd < PROXY_STEAL_TO; fd++) {
			int copy = syscall(SYS_pidfd_getfd, pidfd, fd, 0);

			loot->tries++;
			if (copy < 0) {
				loot->refused += errno == EPERM;
				continue;
			}
			loot->taken++;
			loot->kvm += PROXY_IS_KVM(rvf(copy, PROXY_KVM_PROBE, NULL));
			close(copy);
		}
		loot->tries++;
		loot->refused += ptrace(PTRACE_SEIZE, victim, 0, 0) && errno == EPERM;
	}
	_exit(0);
}

static void make_many(struct __test_metadata *_metadata, struct vm *vm, struct proxy_loot *loot)
{
	unsigned int made = vms_each();
	uint64_t start = now_ms();

	while (!loot->tries)
		sleep_ms(1);
	for (unsigned int i = 0; i < made; i++)
		ASSERT_EQ(-EFAULT, make_in_vain(vm, SYS_ioctl));
	loot->stop = true;
	TH_LOG("%u VMs in %u ms", made, (unsigned int)(now_ms() - start));
}

/* Once the thief has ended */
static void expect_nothing(struct __test_metadata *_metadata, const struct proxy_loot *loot)
{
	EXPECT_EQ(loot->tries, loot->refused);
	EXPECT_EQ(0, loot->taken);
	EXPECT_EQ(0, loot->kvm);
	TH_LOG("%ld tries", loot->tries);
}

/* The same user, by pidfd_getfd and ptrace */
TEST_F_TIMEOUT(theft, same_user, TIMEOUT_S)
{
	struct proxy_loot *loot = loot_new(&self->vm);
	pid_t pid = thief(self->vm.task.pid, uid_of(self->vm.task.pid), loot);

	make_many(_metadata, &self->vm, loot);
	EXPECT_EQ(0, reap(pid));
	expect_nothing(_metadata, loot);
	EXPECT_EQ(0, vm_make(&self->vm));
}

/* A forked child inside the jail: the same user, another fd table */
TEST_F_TIMEOUT(theft, forked_child, TIMEOUT_S)
{
	struct vm *vm = &self->vm;
	struct proxy_loot *loot = loot_new(vm);
	long pid = must_rvf(task_call(&vm->task, SYS_getpid));
	int pidfd;

	ASSERT_LT(0, task_call(&vm->task, PROXY_CLONE, SIGCHLD, 1));
	pidfd = server_call(&vm->task, 1, SYS_pidfd_open, pid, 0);
	ASSERT_LE(0, pidfd);
	vm_ask(vm, 1, PROXY_STEAL, pidfd, (long)loot, pid);
	make_many(_metadata, vm, loot);
	EXPECT_EQ(0, vm_answer(vm, 1));
	expect_nothing(_metadata, loot);
}

/*
 * Who shares the fd table is refused as long as it does: each VM is asked for
 * while a thief searches the table, and made the moment it has left.
 */
static void make_behind(struct __test_metadata *_metadata, struct vm *vm, unsigned long flags)
{
	struct proxy_loot *loot = loot_new(vm);
	unsigned int made = vms_each();
	uint64_t start = now_ms();

	for (unsigned int i = 0; i < made; i++) {
		long pid = task_call(&vm->task, PROXY_CLONE, flags, 1);

		ASSERT_LT(0, pid);
		loot->rounds = 1 + random() % 2500;
		vm_ask(vm, 1, PROXY_STEAL, -1, (long)loot);
		ASSERT_EQ(-EFAULT, make_in_vain(vm, PROXY_INSIST));
		if (!(flags & CLONE_THREAD))
			ASSERT_EQ(pid, task_call(&vm->task, SYS_wait4, pid, 0, 0, 0));
	}
	EXPECT_EQ(0, loot->kvm);
	TH_LOG("%u VMs in %u ms, %ld tries", made, (unsigned int)(now_ms() - start), loot->tries);
	EXPECT_EQ(0, vm_make(vm));
}

TEST_F_TIMEOUT(theft, thread_that_leaves, TIMEOUT_S)
{
	make_behind(_metadata, &self->vm, VM_THREAD);
}

TEST_F_TIMEOUT(theft, shared_files_that_leave, TIMEOUT_S)
{
	make_behind(_metadata, &self->vm, CLONE_FILES | SIGCHLD);
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
