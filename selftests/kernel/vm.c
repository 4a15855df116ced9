// SPDX-License-Identifier: GPL-2.0-only
/* Making a VM, and how RVF_VCPU_RUN is ended from outside. */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "util_vm.h"

/* ---- RVF_VM */

TEST(no_vcpus)
{
	struct vm vm = { .mount = vm_mount(0, 0) };

	ASSERT_EQ(0, vm_supervise(vm.mount));
	task_start(&vm.task, vm.mount, 0);
	EXPECT_EQ(-EPERM, vm_make(&vm));
	task_kill(&vm.task);
}

TEST(no_kvm)
{
	struct vm vm = { .mount = vm_mount(1, 0) };

	ASSERT_EQ(0, supervise(vm.mount));
	task_start(&vm.task, vm.mount, 0);
	EXPECT_EQ(-ENODEV, vm_make(&vm));
	task_kill(&vm.task);
}

TEST(not_bound)
{
	struct vm vm = { .mount = vm_mount(1, 0) };

	ASSERT_EQ(0, vm_supervise(vm.mount));
	task_spawn(&vm.task, vm.mount, 0, 0);
	EXPECT_EQ(-EPERM, vm_make(&vm));
	task_kill(&vm.task);
}

TEST(kvm_fd)
{
	int mount = vm_mount(1, 0);
	struct rvf_supervise claim = { .size = sizeof(claim), .kvm_fd = 1000 };

	EXPECT_EQ(-EBADF, rvf(mount, RVF_SUPERVISE, &claim));
	claim.kvm_fd = must(open("/dev/null", O_RDWR | O_CLOEXEC));
	EXPECT_EQ(-EINVAL, rvf(mount, RVF_SUPERVISE, &claim));
	claim.kvm_fd = must(open("/dev/kvm", O_RDONLY | O_CLOEXEC));
	EXPECT_EQ(-EINVAL, rvf(mount, RVF_SUPERVISE, &claim));
	claim.kvm_fd = must(open("/dev/kvm", O_PATH | O_CLOEXEC));
	EXPECT_GT(0, rvf(mount, RVF_SUPERVISE, &claim));
	claim.kvm_fd = mount;
	EXPECT_EQ(-EINVAL, rvf(mount, RVF_SUPERVISE, &claim));
	/* None of these claimed it */
	EXPECT_EQ(0, vm_supervise(mount));
}

TEST(bad_arguments)
{
	struct rvf_vm arg = { .size = sizeof(arg), .vcpu_count = 2 };
	struct vm vm = { .mount = vm_mount(2, 0) };
	unsigned int before;
	void *scratch, *fds;

	ASSERT_EQ(0, vm_supervise(vm.mount));
	task_start(&vm.task, vm.mount, 0);
	before = vm_count_fds(&vm);
	scratch = memset(task_alloc(&vm.task, 64), 0, 64);
	fds = task_alloc(&vm.task, 64);

	arg.vcpus = (uintptr_t)fds;
	arg.scratch = (uintptr_t)nowhere();
	EXPECT_EQ(-EFAULT, task_ioctl(&vm.task, PROXY_TASK_FD, RVF_VM, &arg));
	arg.vcpu_count = 2;
	arg.vcpus = (uintptr_t)nowhere();
	arg.scratch = (uintptr_t)scratch;
	EXPECT_EQ(-EFAULT, task_ioctl(&vm.task, PROXY_TASK_FD, RVF_VM, &arg));
	arg.vcpus = (uintptr_t)fds;
	for (unsigned int room = 0; room < 2; room++) {
		arg.vcpu_count = room;
		EXPECT_EQ(-EMSGSIZE, task_ioctl(&vm.task, PROXY_TASK_FD, RVF_VM, &arg));
		EXPECT_EQ(2, arg.vcpu_count);
	}
	arg.flags = 1;
	EXPECT_EQ(-EOPNOTSUPP, task_ioctl(&vm.task, PROXY_TASK_FD, RVF_VM, &arg));
	EXPECT_EQ(-EFAULT, task_call(&vm.task, SYS_ioctl, PROXY_TASK_FD, RVF_VM, nowhere()));
	EXPECT_EQ(before, vm_count_fds(&vm));

	/* Nothing of these stayed: it can be made now */
	EXPECT_EQ(0, vm_make(&vm));
	EXPECT_EQ(2, vm.vcpus);
	EXPECT_EQ(before + 3, vm_count_fds(&vm));
	EXPECT_EQ(-EEXIST, vm_make(&vm));
	EXPECT_EQ(before + 3, vm_count_fds(&vm));
	task_kill(&vm.task);
}

/* The one of the manifest, which KVM took; memory may lie there all the same */
TEST(identity_map)
{
	struct vm vm = { .mount = vm_mount_as(1, VM_QUOTA, 0xfeffc000) };

	ASSERT_EQ(0, vm_supervise(vm.mount));
	task_start(&vm.task, vm.mount, 0);
	ASSERT_EQ(0, vm_make(&vm));
	EXPECT_EQ(0xfeffc000, vm.identity_map);
	task_kill(&vm.task);
	vm.mount = vm_mount(1, 0);
	ASSERT_EQ(0, vm_supervise(vm.mount));
	task_start(&vm.task, vm.mount, 0);
	ASSERT_EQ(0, vm_make(&vm));
	EXPECT_EQ(0, vm.identity_map);
	task_kill(&vm.task);
}

TEST(no_room_for_fds)
{
	struct vm vm = { .mount = vm_mount(4, 0) };
	uint64_t limit[2] = { 0, 4096 };
	unsigned int before;
	void *there;

	ASSERT_EQ(0, vm_supervise(vm.mount));
	task_start(&vm.task, vm.mount, 0);
	before = vm_count_fds(&vm);
	there = task_alloc(&vm.task, sizeof(limit));
	/* From none at all for KVM's to one too few for ours */
	for (unsigned int room = 0; room < 5; room++) {
		limit[0] = PROXY_MEMORY_FD + 1 + room;
		memcpy(there, limit, sizeof(limit));
		ASSERT_EQ(0, task_call(&vm.task, SYS_prlimit64, 0, 7, there, 0));
		EXPECT_EQ(-EMFILE, vm_make(&vm));
		EXPECT_EQ(before, vm_count_fds(&vm));
	}
	limit[0] = PROXY_MEMORY_FD + 1 + 5;
	memcpy(there, limit, sizeof(limit));
	ASSERT_EQ(0, task_call(&vm.task, SYS_prlimit64, 0, 7, there, 0));
	EXPECT_EQ(0, vm_make(&vm));
	task_kill(&vm.task);
}

/* ---- what was made */

FIXTURE(made)
{
	struct vm vm;
};

FIXTURE_SETUP(made)
{
	vm_start(&self->vm, 1);
	vm_memory(&self->vm);
}

FIXTURE_TEARDOWN(made)
{
	vm_stop(&self->vm);
}

TEST_F(made, reserve)
{
	struct vm *vm = &self->vm;

	EXPECT_EQ(-EINVAL, vm_reserve(vm, 2, 0, 1));
	EXPECT_EQ(-EOPNOTSUPP, vm_reserve_as(vm, RVF_SPACE_MMIO, 0, 1, 2));
	EXPECT_EQ(-EINVAL, vm_reserve_as(vm, RVF_SPACE_PORT, VM_PORT, 0, RVF_VM_RESERVE_ASYNC));
	EXPECT_EQ(-EINVAL, vm_reserve(vm, RVF_SPACE_MMIO, ~0ull, 2));
	EXPECT_EQ(-EEXIST, vm_reserve(vm, RVF_SPACE_PORT, VM_PORT, 8));
	EXPECT_EQ(-EEXIST, vm_reserve(vm, RVF_SPACE_PORT, VM_PORT - 1, 2));
	EXPECT_EQ(-EEXIST, vm_reserve(vm, RVF_SPACE_PORT, VM_PORT + 7, 2));
	EXPECT_EQ(-EEXIST, vm_reserve(vm, RVF_SPACE_PORT, 0, ~0ull));
	EXPECT_EQ(0, vm_reserve(vm, RVF_SPACE_MMIO, VM_PORT, 8));
	EXPECT_EQ(-ENOENT, vm_reserve(vm, RVF_SPACE_PORT, VM_PORT + 1, 0));
	EXPECT_EQ(0, vm_reserve(vm, RVF_SPACE_PORT, VM_PORT + 8, 1));
	for (unsigned int i = 3; i < RVF_MAX_VM_RANGES; i++)
		EXPECT_EQ(0, vm_reserve(vm, RVF_SPACE_MMIO, i << 12, 1));
	EXPECT_EQ(-ENOSPC, vm_reserve(vm, RVF_SPACE_MMIO, 1 << 30, 1));
	EXPECT_EQ(0, vm_reserve(vm, RVF_SPACE_MMIO, 3 << 12, 0));
	EXPECT_EQ(0, vm_reserve(vm, RVF_SPACE_MMIO, 1 << 30, 1));
	EXPECT_EQ(0, vm_reserve(vm, RVF_SPACE_PORT, VM_PORT, 0));
	EXPECT_EQ(-ENOENT, vm_reserve(vm, RVF_SPACE_PORT, VM_PORT, 0));
}

TEST_F(made, kick_before)
{
	struct vm *vm = &self->vm;

	vm_code(vm, 0xee, 0xeb, 0xfe);
	/* Two are one; bits without a vCPU do nothing */
	EXPECT_EQ(0, vm_kick(vm, 1));
	EXPECT_EQ(0, vm_kick(vm, ~0ull));
	ASSERT_EQ(0, vm_run(vm, 0));
	EXPECT_EQ(RVF_EVENT_KICKED, vm_event(vm, 0).kind);
	EXPECT_EQ(0, vm_kick(vm, ~1ull));
	ASSERT_EQ(0, vm_run(vm, 0));
	EXPECT_EQ(RVF_EVENT_IO, vm_event(vm, 0).kind);
}

/* A kick waits for the end of an instruction that is in the middle */
TEST_F(made, kick_at_an_access)
{
	struct vm *vm = &self->vm;
	struct kvm_regs regs;

	vm_code(vm, 0xec, /* in al, dx */
		0xee, /* out dx, al */
		0xeb, 0xfe);
	ASSERT_EQ(0, vm_run(vm, 0));
	EXPECT_EQ(RVF_EVENT_IO, vm_event(vm, 0).kind);
	ASSERT_EQ(0, vm_kick(vm, 1));
	vm_put_data(vm, 0, "K", 1);
	ASSERT_EQ(0, vm_run(vm, 0));
	EXPECT_EQ(RVF_EVENT_KICKED, vm_event(vm, 0).kind);
	ASSERT_EQ(0, vm_kvm(vm, 0, KVM_GET_REGS, &regs, sizeof(regs)));
	EXPECT_EQ('K', regs.rax & 0xff);
	EXPECT_EQ(1, regs.rip);
	ASSERT_EQ(0, vm_run(vm, 0));
	EXPECT_EQ(RVF_EVENT_IO, vm_event(vm, 0).kind);
}

TEST_F(made, kick_while_it_runs)
{
	struct vm *vm = &self->vm;
	uint64_t all = ~0ull;

	vm_code(vm, 0xeb, 0xfe);
	vm_threads(vm, 1);
	/* Whatever signals are blocked */
	ASSERT_EQ(0, server_call(&vm->task, 1, SYS_rt_sigprocmask, SIG_BLOCK,
				 task_put(&vm->task, &all, 8), 0, 8));
	for (unsigned int i = 0; i < 20; i++) {
		vm_ask_run(vm, 1, 0);
		sleep_ms(i);
		ASSERT_EQ(0, vm_kick(vm, 1));
		ASSERT_EQ(0, vm_answer(vm, 1));
		EXPECT_EQ(RVF_EVENT_KICKED, vm_event(vm, 0).kind);
	}
}

TEST_F(made, kick_while_it_halts)
{
	struct vm *vm = &self->vm;

	vm_code(vm, 0xfa, 0xf4, 0xeb, 0xfd);
	vm_threads(vm, 1);
	vm_ask_run(vm, 1, 0);
	sleep_ms(50);
	ASSERT_EQ(0, vm_kick(vm, 1));
	ASSERT_EQ(0, vm_answer(vm, 1));
	EXPECT_EQ(RVF_EVENT_KICKED, vm_event(vm, 0).kind);
}

TEST_F(made, one_thread_at_a_time)
{
	struct vm *vm = &self->vm;
	struct kvm_regs regs;

	vm_code(vm, 0xeb, 0xfe);
	vm_threads(vm, 1);
	vm_ask_run(vm, 1, 0);
	sleep_ms(50);
	EXPECT_EQ(-EBUSY, vm_run(vm, 0));
	EXPECT_EQ(-EBUSY, vm_kvm(vm, 0, KVM_GET_REGS, &regs, sizeof(regs)));
	ASSERT_EQ(0, vm_kick(vm, 1));
	ASSERT_EQ(0, vm_answer(vm, 1));
	EXPECT_EQ(0, vm_kvm(vm, 0, KVM_GET_REGS, &regs, sizeof(regs)));
	EXPECT_EQ(0, regs.rip);
}

TEST_F(made, signal)
{
	struct vm *vm = &self->vm;

	vm_code(vm, 0xeb, 0xfe);
	vm_threads(vm, 1);
	vm_ask_run(vm, 1, 0);
	sleep_ms(50);
	kill(vm->task.pid, SIGSTOP);
	sleep_ms(20);
	kill(vm->task.pid, SIGCONT);
	EXPECT_EQ(-EINTR, vm_answer(vm, 1));
	ASSERT_EQ(0, vm_kick(vm, 1));
	EXPECT_EQ(0, vm_run(vm, 0));
}

TEST_F(made, killed_while_it_runs)
{
	struct vm *vm = &self->vm;

	vm_code(vm, 0xeb, 0xfe);
	vm_threads(vm, 1);
	vm_ask_run(vm, 1, 0);
	sleep_ms(50);
	kill(vm->task.pid, SIGKILL);
	EXPECT_TRUE(vm_was_killed(vm));
}

TEST_F(made, unmount_while_it_runs)
{
	struct vm *vm = &self->vm;

	vm_code(vm, 0xeb, 0xfe);
	vm_threads(vm, 1);
	vm_ask_run(vm, 1, 0);
	sleep_ms(50);
	EXPECT_EQ(0, unmount(vm->mount, 0));
	EXPECT_EQ(-ESRCH, vm_answer(vm, 1));
	EXPECT_TRUE(wait_gone(vm->mount));
}

TEST_F(made, next_incarnation)
{
	struct vm *vm = &self->vm;

	vm_code(vm, 0xee);
	ASSERT_EQ(0, vm_run(vm, 0));
	task_kill(&vm->task);
	ASSERT_TRUE(wait_task_state(vm->mount, 0, RVF_TASK_EXITED));
	task_start(&vm->task, vm->mount, 0);
	EXPECT_EQ(0, vm_make(vm));
}

TEST_HARNESS_MAIN
