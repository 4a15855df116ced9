// SPDX-License-Identifier: GPL-2.0-only
/* RVF_TASK_STOP: one task is asked to stop, and its vCPUs run no more. */
#include <endian.h>
#include <poll.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "util_vm.h"

static int stop_with(int mount, unsigned int component, unsigned int flags)
{
	struct rvf_task_stop stop = { .size = sizeof(stop), component, flags };

	return rvf(mount, RVF_TASK_STOP, &stop);
}

/* What its task fd says */
static int task_poll(struct task *task)
{
	struct pollfd fd = { PROXY_TASK_FD, POLLIN | POLLPRI, 0 };
	struct pollfd *there = task_put(task, &fd, sizeof(fd));

	must_rvf(task_call(task, SYS_poll, there, 1, 0));
	return there->revents;
}

FIXTURE(stop)
{
	int mount;
};

FIXTURE_SETUP(stop)
{
	struct pkg *pkg = pkg_usual();
	int ctl = ctl_open();
	unsigned int kernel;

	key_trust(ctl, KEY_OWNER);
	kernel = pkg_component(pkg, "kernel", pkg_segment(pkg, RVF_SEG_KERNEL, "kernel", 6));
	pkg->components[kernel].entry.kind = htole32(RVF_COMPONENT_KERNEL);
	pkg_finish(pkg, KEY_OWNER);
	self->mount = must_rvf(pkg_mount(pkg, ctl, NULL, NULL));
	close(ctl);
}

FIXTURE_TEARDOWN(stop)
{
	close(self->mount);
}

TEST_F(stop, errors)
{
	struct task task;

	EXPECT_EQ(-EPERM, stop_with(self->mount, 0, 0));
	ASSERT_EQ(0, supervise(self->mount));
	EXPECT_EQ(-ESTALE, stop_with(self->mount, 0, 0));
	EXPECT_EQ(-EINVAL, stop_with(self->mount, 2, 0));
	EXPECT_EQ(-ENOENT, stop_with(self->mount, 3, 0));
	EXPECT_EQ(-ENOENT, stop_with(self->mount, ~0u, 0));
	EXPECT_EQ(-EOPNOTSUPP, stop_with(self->mount, 0, 2));
	task_start(&task, self->mount, 0);
	EXPECT_EQ(0, stop_with(self->mount, 0, 0));
	task_kill(&task);
	ASSERT_TRUE(wait_task_state(self->mount, 0, RVF_TASK_EXITED));
	EXPECT_EQ(-ESTALE, stop_with(self->mount, 0, 0));
}

TEST_F(stop, one_of_two)
{
	struct task first, second;

	ASSERT_EQ(0, supervise(self->mount));
	task_start(&first, self->mount, 0);
	task_start(&second, self->mount, 1);
	ASSERT_EQ(0, task_ready(&first));
	EXPECT_EQ(0, task_poll(&first));
	EXPECT_EQ(0, stop_with(self->mount, 0, 0));
	EXPECT_EQ(POLLPRI, task_poll(&first));
	EXPECT_EQ(RVF_TASK_STOPPING, task_status(self->mount, 0).state);
	EXPECT_EQ(0, task_poll(&second));
	EXPECT_EQ(RVF_TASK_BOUND, task_status(self->mount, 1).state);
	/* Said again; and all that was possible still is */
	EXPECT_EQ(0, stop_with(self->mount, 0, 0));
	EXPECT_EQ(RVF_TASK_STOPPING, task_status(self->mount, 0).state);
	EXPECT_LE(0, task_get(&first, "data", 0));
	task_kill(&first);
	ASSERT_TRUE(wait_task_state(self->mount, 0, RVF_TASK_EXITED));
	/* The next one was not asked */
	task_start(&first, self->mount, 0);
	EXPECT_EQ(0, task_poll(&first));
	EXPECT_EQ(RVF_TASK_BOUND, task_status(self->mount, 0).state);
	task_kill(&first);
	task_kill(&second);
}

/* Asked before it is bound, it finds that out at once */
TEST_F(stop, before_bind)
{
	struct task task;

	ASSERT_EQ(0, supervise(self->mount));
	task_spawn(&task, self->mount, 0, 0);
	ASSERT_EQ(0, stop_with(self->mount, 0, 0));
	EXPECT_EQ(POLLPRI, task_poll(&task));
	EXPECT_EQ(0, task_bind(&task, NULL));
	EXPECT_EQ(RVF_TASK_STOPPING, task_status(self->mount, 0).state);
	EXPECT_EQ(0, task_ready(&task));
	EXPECT_EQ(RVF_TASK_STOPPING, task_status(self->mount, 0).state);
	EXPECT_EQ(POLLPRI, task_poll(&task));
	task_kill(&task);
}

/* ---- vCPUs */

FIXTURE(vcpus)
{
	struct vm vm;
};

FIXTURE_SETUP(vcpus)
{
	vm_start(&self->vm, 2);
	vm_memory(&self->vm);
}

FIXTURE_TEARDOWN(vcpus)
{
	vm_stop(&self->vm);
}

TEST_F(vcpus, while_they_run)
{
	struct vm *vm = &self->vm;
	struct kvm_regs regs;

	vm_code_at(vm, 0, 0x1000, "\xeb\xfe", 2); /* jmp . */
	vm_code_at(vm, 1, 0x2000, "\xfa\xf4\xeb\xfd", 4); /* cli; hlt */
	vm_threads(vm, 2);
	vm_ask_run(vm, 1, 0);
	vm_ask_run(vm, 2, 1);
	sleep_ms(50);
	/* Without the flag the guest goes on */
	ASSERT_EQ(0, stop_with(vm->mount, 0, 0));
	sleep_ms(50);
	EXPECT_EQ(-EBUSY, vm_run(vm, 0));
	ASSERT_EQ(0, stop_with(vm->mount, 0, RVF_TASK_STOP_VCPUS));
	EXPECT_EQ(-ECANCELED, vm_answer(vm, 1));
	EXPECT_EQ(-ECANCELED, vm_answer(vm, 2));
	/* For good, with a kick or without; its registers can be looked at */
	EXPECT_EQ(-ECANCELED, vm_run(vm, 0));
	EXPECT_EQ(0, vm_kick(vm, 3));
	EXPECT_EQ(-ECANCELED, vm_run(vm, 0));
	EXPECT_EQ(-ECANCELED, vm_run(vm, 1));
	EXPECT_EQ(0, vm_kvm(vm, 0, KVM_GET_REGS, &regs, sizeof(regs)));
	EXPECT_EQ(0x1000, regs.rip);
	EXPECT_EQ(0, stop_with(vm->mount, 0, RVF_TASK_STOP_VCPUS));
}

TEST_F(vcpus, at_an_event)
{
	struct vm *vm = &self->vm;

	vm_code(vm, 0xee, 0xeb, 0xfe);
	ASSERT_EQ(0, vm_run(vm, 0));
	EXPECT_EQ(RVF_EVENT_IO, vm_event(vm, 0).kind);
	ASSERT_EQ(0, stop_with(vm->mount, 0, RVF_TASK_STOP_VCPUS));
	EXPECT_EQ(-ECANCELED, vm_run(vm, 0));
	/* The next incarnation's run */
	munmap(vm->memory, VM_MEMORY);
	task_kill(&vm->task);
	ASSERT_TRUE(wait_task_state(vm->mount, 0, RVF_TASK_EXITED));
	task_start(&vm->task, vm->mount, 0);
	ASSERT_EQ(0, vm_make(vm));
	vm->page[0] = (void *)must_rvf(task_call(
		&vm->task, SYS_mmap, 0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, vm->vcpu[0], 0));
	vm_memory(vm);
	vm_code(vm, 0xeb, 0xfe);
	ASSERT_EQ(0, vm_kick(vm, 1));
	EXPECT_EQ(0, vm_run(vm, 0));
}

/* Stopped before there is a VM */
TEST(vcpus_to_come)
{
	struct vm vm = { .mount = vm_mount(1, 0) };

	ASSERT_EQ(0, vm_supervise(vm.mount));
	task_start(&vm.task, vm.mount, 0);
	ASSERT_EQ(0, stop_with(vm.mount, 0, RVF_TASK_STOP_VCPUS));
	ASSERT_EQ(0, vm_make(&vm));
	EXPECT_EQ(-ECANCELED, vm_run(&vm, 0));
	task_kill(&vm.task);
}

TEST_HARNESS_MAIN
