// SPDX-License-Identifier: GPL-2.0-only
/* Plugins that try what they are not meant to. */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "kvm_ioctls.h"
#include "util_vm.h"
#include "vm_state.h"

FIXTURE(hostile)
{
	struct vm vm;
};

FIXTURE_SETUP(hostile)
{
	seed(0);
	vm_start(&self->vm, 1);
	vm_memory(&self->vm);
}

FIXTURE_TEARDOWN(hostile)
{
	vm_stop(&self->vm);
}

/* ---- KVM's own commands */

static bool is_one_of(unsigned long number, const unsigned long *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (number == list[i])
			return true;
	}
	return false;
}

static const unsigned long vm_allows[] = {
	KVM_CHECK_EXTENSION,	KVM_GET_SUPPORTED_CPUID,
	KVM_GET_EMULATED_CPUID, KVM_GET_MSR_INDEX_LIST,
	KVM_IRQ_LINE,		KVM_SIGNAL_MSI,
	KVM_SET_GSI_ROUTING,	KVM_IRQFD,
	KVM_IOEVENTFD,		KVM_GET_IRQCHIP,
	KVM_SET_IRQCHIP,	KVM_GET_PIT2,
	KVM_SET_PIT2,		KVM_GET_CLOCK,
	KVM_SET_CLOCK,		KVM_GET_DIRTY_LOG,
};
static const unsigned long vcpu_allows[] = {
	KVM_GET_REGS,	     KVM_SET_REGS,	  KVM_GET_SREGS,
	KVM_SET_SREGS,	     KVM_GET_FPU,	  KVM_SET_FPU,
	KVM_GET_DEBUGREGS,   KVM_SET_DEBUGREGS,	  KVM_GET_MSRS,
	KVM_SET_MSRS,	     KVM_GET_MP_STATE,	  KVM_SET_MP_STATE,
	KVM_GET_CPUID2,	     KVM_SET_CPUID2,	  KVM_GET_XCRS,
	KVM_SET_XCRS,	     KVM_GET_LAPIC,	  KVM_SET_LAPIC,
	KVM_GET_VCPU_EVENTS, KVM_SET_VCPU_EVENTS, KVM_GET_SUPPORTED_HV_CPUID,
	KVM_ENABLE_CAP,
};

TEST_F(hostile, kvm_ioctls)
{
	struct vm *vm = &self->vm;
	void *there = memset(task_alloc(&vm->task, 8192), 0, 8192);
	unsigned int before = vm_count_fds(vm);
	const struct {
		int fd;
		const unsigned long *list;
		size_t count;
	} fds[] = {
		{ vm->fd, vm_allows, ARRAY_SIZE(vm_allows) },
		{ vm->vcpu[0], vcpu_allows, ARRAY_SIZE(vcpu_allows) },
		{ PROXY_TASK_FD, NULL, 0 },
	};

	for (size_t f = 0; f < ARRAY_SIZE(fds); f++) {
		for (size_t i = 0; i < ARRAY_SIZE(kvm_ioctls); i++) {
			unsigned long number = kvm_ioctls[i].number;
			bool allowed = is_one_of(number, fds[f].list, fds[f].count);
			int result = task_call(&vm->task, SYS_ioctl, fds[f].fd, number, there);

			memset(there, 0, 8192);
			EXPECT_EQ(allowed, result != -ENOTTY)
			{
				TH_LOG("%s: %d", kvm_ioctls[i].name, result);
			}
		}
		/* Numbers that these headers do not know */
		for (unsigned int nr = 0; nr < 256; nr++) {
			unsigned long number = _IO(KVMIO, nr);

			if (!is_one_of(number, fds[f].list, fds[f].count))
				EXPECT_EQ(-ENOTTY, task_call(&vm->task, SYS_ioctl, fds[f].fd,
							     number, there));
		}
	}
	EXPECT_EQ(before, vm_count_fds(vm));
	/* Each other's */
	EXPECT_EQ(-ENOTTY, task_call(&vm->task, SYS_ioctl, vm->fd, RVF_VCPU_RUN, there));
	EXPECT_EQ(-ENOTTY, task_call(&vm->task, SYS_ioctl, vm->vcpu[0], RVF_VM_KICK, there));
}

TEST_F(hostile, bad_pointers)
{
	struct vm *vm = &self->vm;

	for (size_t i = 0; i < ARRAY_SIZE(vcpu_allows); i++)
		EXPECT_EQ(-EFAULT,
			  task_call(&vm->task, SYS_ioctl, vm->vcpu[0], vcpu_allows[i], nowhere()));
	EXPECT_EQ(-EFAULT, task_call(&vm->task, SYS_ioctl, vm->vcpu[0], RVF_VCPU_RUN, nowhere()));
	EXPECT_EQ(-EFAULT, task_call(&vm->task, SYS_ioctl, vm->fd, RVF_VM_MAP, nowhere()));
	/* The first one takes none */
	for (size_t i = 1; i < ARRAY_SIZE(vm_allows); i++)
		EXPECT_EQ(-EFAULT,
			  task_call(&vm->task, SYS_ioctl, vm->fd, vm_allows[i], nowhere()));
}

TEST_F(hostile, event_page_mapping)
{
	struct vm *vm = &self->vm;
	struct task *task = &vm->task;
	int vcpu = vm->vcpu[0];

#define MAP(length, prot, flags, offset) \
	task_call(task, SYS_mmap, 0, length, prot, flags, vcpu, offset)
	EXPECT_EQ(-EINVAL, MAP(12288, PROT_READ, MAP_SHARED, 0));
	EXPECT_EQ(-EINVAL, MAP(4096, PROT_READ, MAP_SHARED, 4096));
	EXPECT_EQ(-EINVAL, MAP(4096, PROT_READ, MAP_SHARED, 8192));
	EXPECT_EQ(-EACCES, MAP(4096, PROT_READ, MAP_PRIVATE, 0));
	EXPECT_EQ(-EACCES, MAP(4096, PROT_READ | PROT_EXEC, MAP_SHARED, 0));
	EXPECT_GT(0, task_call(task, SYS_mprotect, vm->page[0], 4096, PROT_READ | PROT_EXEC));
	EXPECT_GT(0, task_call(task, SYS_mremap, vm->page[0], 4096, 8192, MREMAP_MAYMOVE));
	EXPECT_EQ(-ENODEV, task_call(task, SYS_mmap, 0, 4096, PROT_READ, MAP_SHARED, vm->fd, 0));
	/* Twice is the same page; without a mapping a guest runs all the same */
	EXPECT_LT(0, MAP(4096, PROT_READ, MAP_SHARED, 0));
	EXPECT_EQ(0, task_call(task, SYS_munmap, vm->page[0], 4096));
	vm_code(vm, 0xee, 0xeb, 0xfe);
	EXPECT_EQ(0, vm_run(vm, 0));
}

/* ---- other processes */

TEST_F(hostile, passed_on)
{
	struct vm *vm = &self->vm;
	struct rvf_vm_kick kick = { .size = sizeof(kick), .mask = 1 };
	struct rvf_vcpu_run run = { .size = sizeof(run) };
	struct kvm_regs regs;
	int machine = task_take_fd(&vm->task, vm->fd);
	int vcpu = task_take_fd(&vm->task, vm->vcpu[0]);

	for (unsigned int i = 0; i < 2; i++) {
		EXPECT_EQ(-EPERM, rvf(machine, RVF_VM_KICK, &kick));
		EXPECT_EQ(-EPERM, rvf(machine, KVM_CHECK_EXTENSION, NULL));
		EXPECT_EQ(-EPERM, rvf(vcpu, RVF_VCPU_RUN, &run));
		EXPECT_EQ(-EPERM, rvf(vcpu, KVM_GET_REGS, &regs));
		EXPECT_EQ(-EPERM, sys((long)mmap(NULL, 4096, PROT_READ, MAP_SHARED, vcpu, 0)));
		if (i)
			break;
		/* They are no more when the process is not */
		kill(vm->task.pid, SIGKILL);
		EXPECT_TRUE(vm_was_killed(vm));
	}
	close(machine);
	close(vcpu);
}

TEST_F(hostile, forked_child)
{
	struct vm *vm = &self->vm;
	struct rvf_vm_kick kick = { .size = sizeof(kick), .mask = 1 };
	struct rvf_vcpu_run run = { .size = sizeof(run) };
	void *regs = task_alloc(&vm->task, sizeof(struct kvm_regs));

	vm_code(vm, 0xee, 0xeb, 0xfe);
	ASSERT_LT(0, task_call(&vm->task, PROXY_CLONE, SIGCHLD, 1));
	EXPECT_EQ(-EPERM, task_ioctl_on(&vm->task, 1, vm->fd, RVF_VM_KICK, &kick));
	EXPECT_EQ(-EPERM, task_ioctl_on(&vm->task, 1, vm->vcpu[0], RVF_VCPU_RUN, &run));
	EXPECT_EQ(-EPERM, server_call(&vm->task, 1, SYS_ioctl, vm->vcpu[0], KVM_GET_REGS, regs));
	EXPECT_EQ(-EPERM, server_call(&vm->task, 1, SYS_mmap, 0, 4096, PROT_READ, MAP_SHARED,
				      vm->vcpu[0], 0));
	/* The parent's is untouched */
	EXPECT_EQ(0, vm_run(vm, 0));
}

/* ---- contents */

/* The page is shared with whoever may write: another thread does, all the time */
TEST_F(hostile, event_page)
{
	struct vm *vm = &self->vm;
	unsigned int interrupted = 0;
	pid_t pid = child();

	if (!pid) {
		static unsigned char bytes[4096];
		struct iovec local = { bytes, 4096 }, remote = { vm->page[0], 4096 };

		for (;;) {
			state_fill(bytes, sizeof(bytes));
			if (process_vm_writev(vm->task.pid, &local, 1, &remote, 1, 0) < 0)
				_exit(0);
		}
	}
	ASSERT_EQ(0, vm_reserve(vm, RVF_SPACE_MMIO, 0xb8000, 0x1000));
	vm_code(vm, 0xb8, 0x00, 0xb8, 0x8e, 0xd8, /* ds = 0xb800 */
		0xec, 0xee, 0xed, 0xef, /* in and out, bytes and words */
		0xa2, 0x00, 0x00, 0xa1, 0x02, 0x00, /* to and from MMIO */
		0x31, 0xc0, 0x8e, 0xc0, /* es = 0 */
		0xbf, 0x00, 0x20, 0xb9, 0x00, 0x04, 0xfc, 0xf3, 0x6c, /* rep insb */
		0x26, 0xff, 0x06, 0x00, 0x80, /* inc word es:[0x8000] */
		0xeb, 0xdd); /* all of it again */
	for (unsigned int i = 0; i < 2000; i++) {
		int result = vm_run(vm, 0);

		ASSERT_TRUE(result == 0 || result == -EINTR || result == -EFAULT);
		interrupted += result != 0;
	}
	kill(pid, SIGKILL);
	reap(pid);
	/* It went round: the guest was not led astray by what stood there */
	EXPECT_LT(100, vm->memory[0x8000] + (vm->memory[0x8001] << 8));
	EXPECT_EQ(0, interrupted);
}

/*
 * A string's access in the middle, with nothing left to count: KVM 6.1 then
 * goes out for the same byte for ever. Nobody is to hang in the kernel for it.
 */
TEST_F(hostile, endless_string)
{
	struct vm *vm = &self->vm;
	struct kvm_regs regs;

	vm_code(vm, 0xbf, 0x00, 0x20, 0xb9, 0x00, 0x10, 0xfc, 0xf3, 0x6c, 0xeb, 0xfe);
	ASSERT_EQ(0, vm_run(vm, 0));
	ASSERT_EQ(RVF_EVENT_IO, vm_event(vm, 0).kind);
	ASSERT_EQ(0, vm_kvm(vm, 0, KVM_GET_REGS, &regs, sizeof(regs)));
	regs.rcx = 0;
	ASSERT_EQ(0, vm_kvm(vm, 0, KVM_SET_REGS, &regs, sizeof(regs)));
	/* From here on the module answers it, and is to tell of a kick behind it */
	ASSERT_EQ(0, vm_reserve(vm, RVF_SPACE_PORT, VM_PORT, 0));
	ASSERT_EQ(0, vm_kick(vm, 1));
	vm_threads(vm, 1);
	vm_ask_run(vm, 1, 0);
	sleep_ms(100);
	must(kill(vm->task.pid, SIGKILL));
	EXPECT_TRUE(vm_was_killed(vm));
}

TEST_HARNESS_MAIN
