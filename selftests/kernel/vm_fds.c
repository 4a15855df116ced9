// SPDX-License-Identifier: GPL-2.0-only
/* The fds of a VM: who has them can do nothing, and with its process the VM ends. */
#include <ctype.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "util_vm.h"

/*
 * How many VMs of a process KVM has: it names them PID-FD. Those of others, the
 * last test's among them, may be on their way out at any time.
 */
static unsigned int kvm_vms(pid_t pid)
{
	DIR *dir = vm_kvm_place();
	unsigned int count = 0;
	char *end;

	for (struct dirent *entry; (entry = readdir(dir));)
		count += isdigit(entry->d_name[0]) && strtol(entry->d_name, &end, 10) == pid &&
			 *end == '-';
	closedir(dir);
	return count;
}

static bool wait_no_kvm_vm(pid_t pid)
{
	uint64_t end = now_ms() + 10000;

	while (kvm_vms(pid) && now_ms() < end)
		sleep_ms(20);
	return !kvm_vms(pid);
}

FIXTURE(fds)
{
	struct vm vm;
};

FIXTURE_SETUP(fds)
{
	vm_start(&self->vm, 1);
	vm_memory(&self->vm);
	ASSERT_EQ(1, kvm_vms(self->vm.task.pid));
}

FIXTURE_TEARDOWN(fds)
{
	vm_stop(&self->vm);
}

TEST_F(fds, close_on_exec)
{
	EXPECT_EQ(FD_CLOEXEC, task_call(&self->vm.task, SYS_fcntl, self->vm.fd, F_GETFD));
	EXPECT_EQ(FD_CLOEXEC, task_call(&self->vm.task, SYS_fcntl, self->vm.vcpu[0], F_GETFD));
}

/* By SCM_RIGHTS, and on to another plugin of the mount, which could use the same commands */
TEST_F(fds, sent)
{
	struct vm *vm = &self->vm, other = { .mount = vm->mount };
	struct rvf_vcpu_run run = { .size = sizeof(run) };
	int machine = task_send_fd(&vm->task, 2, vm->fd);
	int vcpu = task_send_fd(&vm->task, 2, vm->vcpu[0]);

	vm_code(vm, 0xee, 0xeb, 0xfe);
	EXPECT_EQ(-EPERM, rvf(vcpu, RVF_VCPU_RUN, &run));
	EXPECT_EQ(-EPERM, sys((long)mmap(NULL, 4096, PROT_READ, MAP_SHARED, vcpu, 0)));

	task_start(&other.task, vm->mount, 1);
	other.fd = task_give_fd(&other.task, 2, machine);
	other.vcpu[0] = task_give_fd(&other.task, 2, vcpu);
	EXPECT_EQ(-EPERM, vm_kick(&other, 1));
	EXPECT_EQ(-EPERM, vm_run(&other, 0));
	EXPECT_EQ(-EPERM,
		  vm_map(&other, vm_memfd(&other, 4096, F_SEAL_SHRINK), 1 << 24, 0, 4096, 0));
	EXPECT_EQ(-EPERM, vm_unmap(&other, vm->slot));
	EXPECT_EQ(-EPERM, vm_reserve(&other, RVF_SPACE_MMIO, 0, 1));
	EXPECT_EQ(-EPERM, task_call(&other.task, SYS_ioctl, other.vcpu[0], KVM_GET_REGS,
				    task_alloc(&other.task, sizeof(struct kvm_regs))));
	EXPECT_EQ(-EPERM, task_call(&other.task, SYS_mmap, 0, 4096, PROT_READ, MAP_SHARED,
				    other.vcpu[0], 0));
	EXPECT_EQ(0, vm_run(vm, 0));

	/* The VM goes with its process, whoever has its fds */
	kill(vm->task.pid, SIGKILL);
	EXPECT_TRUE(vm_was_killed(vm));
	EXPECT_TRUE(wait_no_kvm_vm(vm->task.pid));
	EXPECT_EQ(-EPERM, vm_run(&other, 0));
	EXPECT_EQ(-EPERM, rvf(vcpu, RVF_VCPU_RUN, &run));
	task_kill(&other.task);
	close(machine);
	close(vcpu);
}

TEST_F(fds, executed)
{
	struct vm *vm = &self->vm;
	size_t length;
	const void *other = plugin_image("plugin_other", &length);
	struct rvf_task_status status;

	task_ask_exec(&vm->task, other, length);
	EXPECT_EQ(-ESRCH, task_answer(&vm->task));
	ASSERT_TRUE(wait_task_state(vm->mount, 0, RVF_TASK_EXITED));
	status = task_status(vm->mount, 0);
	EXPECT_EQ(RVF_EXIT_EXEC, status.exit_kind);
	EXPECT_EQ(0, status.handles);
	EXPECT_TRUE(wait_no_kvm_vm(vm->task.pid));
	task_reap(&vm->task);
	/* The next incarnation makes its own */
	task_start(&vm->task, vm->mount, 0);
	EXPECT_EQ(0, vm_make(vm));
	EXPECT_EQ(1, kvm_vms(vm->task.pid));
}

/* Who keeps the old memory has the VM; the new program has fds of it, and no use for them */
TEST_F(fds, executed_with_the_old_memory_kept)
{
	struct vm *vm = &self->vm;
	struct rvf_vcpu_run run = { .size = sizeof(run) };
	size_t length;
	const void *other = plugin_image("plugin_other", &length);
	long sibling;

	vm_code(vm, 0xee, 0xeb, 0xfe);
	ASSERT_EQ(0, task_call(&vm->task, SYS_fcntl, vm->fd, F_SETFD, 0));
	ASSERT_EQ(0, task_call(&vm->task, SYS_fcntl, vm->vcpu[0], F_SETFD, 0));
	sibling = task_call(&vm->task, PROXY_CLONE, CLONE_VM | SIGCHLD, 1);
	ASSERT_LT(0, sibling);
	task_ask_exec(&vm->task, other, length);
	sleep_ms(300);
	EXPECT_EQ(-EPERM, vm_run(vm, 0));
	EXPECT_EQ(-EPERM, vm_kick(vm, 1));
	EXPECT_EQ(-EPERM,
		  task_call(&vm->task, SYS_mmap, 0, 4096, PROT_READ, MAP_SHARED, vm->vcpu[0], 0));
	EXPECT_EQ(0, task_ioctl_on(&vm->task, 1, vm->vcpu[0], RVF_VCPU_RUN, &run));
	/* With the memory it goes, and so does the new program, maybe in this call */
	task_call(&vm->task, SYS_kill, sibling, SIGKILL);
	EXPECT_TRUE(wait_task_state(vm->mount, 0, RVF_TASK_EXITED));
	EXPECT_TRUE(wait_no_kvm_vm(vm->task.pid));
}

TEST_F(fds, closed_while_it_runs)
{
	struct vm *vm = &self->vm;

	vm_code(vm, 0xfe, 0x06, 0x00, 0x80, 0xeb, 0xfa); /* inc byte [0x8000]; jmp */
	vm_threads(vm, 1);
	vm_ask_run(vm, 1, 0);
	sleep_ms(50);
	EXPECT_EQ(0, task_call(&vm->task, SYS_close, vm->fd));
	EXPECT_EQ(0, task_call(&vm->task, SYS_close, vm->vcpu[0]));
	for (unsigned int i = 0; i < 3; i++) {
		volatile unsigned char *counter = vm->memory + 0x8000;
		unsigned char before = *counter;

		for (unsigned int ms = 0; ms < 2000 && *counter == before; ms++)
			sleep_ms(1);
		EXPECT_NE(before, *counter);
	}
	EXPECT_EQ(-EBADF, vm_kick(vm, 1));
	kill(vm->task.pid, SIGSTOP);
	sleep_ms(20);
	kill(vm->task.pid, SIGCONT);
	EXPECT_EQ(-EINTR, vm_answer(vm, 1));
	/* Nobody can run it again; it is there as long as its process */
	EXPECT_EQ(-EBADF, vm_run(vm, 0));
	EXPECT_EQ(1, kvm_vms(vm->task.pid));
	kill(vm->task.pid, SIGKILL);
	EXPECT_TRUE(wait_no_kvm_vm(vm->task.pid));
}

/* ---- the module */

static int module_users(void)
{
	int users = -1;
	FILE *file = fopen("/sys/module/rvf/refcnt", "re");

	if (!file || fscanf(file, "%d", &users) != 1)
		die("how often is the module used?");
	fclose(file);
	return users;
}

static bool wait_module_users(int users)
{
	uint64_t end = now_ms() + 10000;

	while (module_users() != users && now_ms() < end)
		sleep_ms(20);
	return module_users() == users;
}

static long module_remove(void)
{
	return sys(syscall(SYS_delete_module, "rvf", O_NONBLOCK));
}

/* An fd that outlives the process, the mount and all else keeps the module */
TEST(module_in_use)
{
	int before = module_users(), machine, vcpu;
	struct vm vm;

	ASSERT_EQ(0, before);
	vm_start(&vm, 1);
	vm_memory(&vm);
	EXPECT_EQ(-EAGAIN, module_remove());
	machine = task_take_fd(&vm.task, vm.fd);
	vcpu = task_take_fd(&vm.task, vm.vcpu[0]);
	/* The mappings of the event page and of the memory, without any fd of them */
	for (int fd = PROXY_MEMORY_FD + 1; fd < 32; fd++)
		task_call(&vm.task, SYS_close, fd);
	close(vm.mount);
	EXPECT_EQ(128 + SIGKILL, reap(vm.task.pid));
	EXPECT_TRUE(wait_module_users(before + 2));
	EXPECT_EQ(-EAGAIN, module_remove());
	close(machine);
	EXPECT_TRUE(wait_module_users(before + 1));
	EXPECT_EQ(-EAGAIN, module_remove());
	close(vcpu);
	EXPECT_TRUE(wait_module_users(before));
}

/* ---- as many vCPUs as there may be */

FIXTURE(most)
{
	struct vm vm;
};

FIXTURE_SETUP(most)
{
	self->vm.mount = vm_mount(RVF_MAX_VCPUS, 0);
	ASSERT_EQ(0, vm_supervise(self->vm.mount));
	task_start(&self->vm.task, self->vm.mount, 0);
}

FIXTURE_TEARDOWN(most)
{
	vm_stop(&self->vm);
}

TEST_F_TIMEOUT(most, vcpus, 120)
{
	struct vm *vm = &self->vm;
	struct rvf_vm arg = { .size = sizeof(arg), .vcpu_count = RVF_MAX_VCPUS - 1 };
	unsigned int before = vm_count_fds(vm);
	int *fds = task_alloc(&vm->task, RVF_MAX_VCPUS * sizeof(*fds));
	struct kvm_regs *regs = task_alloc(&vm->task, sizeof(*regs));

	arg.vcpus = (uintptr_t)fds;
	arg.scratch = (uintptr_t)memset(task_alloc(&vm->task, 64), 0, 64);
	EXPECT_EQ(-EMSGSIZE, task_ioctl(&vm->task, PROXY_TASK_FD, RVF_VM, &arg));
	EXPECT_EQ(RVF_MAX_VCPUS, arg.vcpu_count);
	ASSERT_EQ(0, task_ioctl(&vm->task, PROXY_TASK_FD, RVF_VM, &arg));
	EXPECT_EQ(before + RVF_MAX_VCPUS + 1, vm_count_fds(vm));
	vm->fd = arg.out_vm_fd;
	for (unsigned int i = 0; i < RVF_MAX_VCPUS; i++) {
		vm->vcpu[0] = fds[i];
		EXPECT_EQ(0, task_call(&vm->task, SYS_ioctl, fds[i], KVM_GET_REGS, regs));
		/* Each bit is its own vCPU's */
		EXPECT_EQ(0, vm_kick(vm, 1ull << i));
		EXPECT_EQ(0, vm_run(vm, 0));
	}
}

TEST_HARNESS_MAIN
