// SPDX-License-Identifier: GPL-2.0-only
/* Hints: registers that come with an access. */
#include "kselftest_harness.h"
#include "util_vm.h"

FIXTURE(hint)
{
	struct vm vm;
};

FIXTURE_SETUP(hint)
{
	struct vm *vm = &self->vm;

	vm_start(vm, 1);
	vm_memory(vm);
	/* mov ax, 0x1234; mov bx, 7; out dx, al; in al, dx; inc dx; out dx, al; dec dx; again */
	vm_code(vm, 0xb8, 0x34, 0x12, 0xbb, 7, 0, 0xee, 0xec, 0x42, 0xee, 0x4a, 0xeb, 0xf3);
}

FIXTURE_TEARDOWN(hint)
{
	vm_stop(&self->vm);
}

static int set(struct vm *vm, uint64_t address, unsigned int flags, unsigned int count,
	       const struct rvf_hint_detail *details)
{
	size_t used = vm->task.used;
	struct rvf_vm_hint arg = {
		.size = sizeof(arg),
		.space = RVF_SPACE_PORT,
		.address = address,
		.flags = flags,
		.count = count,
	};
	int result;

	if (details)
		arg.details = (uintptr_t)task_put(&vm->task, details, count * sizeof(*details));
	else
		arg.details = (uintptr_t)nowhere();
	result = task_ioctl(&vm->task, vm->fd, RVF_VM_HINT, &arg);
	vm->task.used = used;
	return result;
}

/* What comes with the write, the read and the write to the next port */
#define EXPECT_ROUND(vm, first, second, third)                         \
	({                                                             \
		const unsigned int wants[] = { first, second, third }; \
		for (unsigned int i = 0; i < 3; i++) {                 \
			ASSERT_EQ(0, vm_run(vm, 0));                   \
			EXPECT_EQ(RVF_EVENT_IO, vm_event(vm, 0).kind); \
			EXPECT_EQ(wants[i], vm_event(vm, 0).registers) \
			{                                              \
				TH_LOG("access %u", i);                \
			}                                              \
		}                                                      \
	})

#define REGS  RVF_REGISTERS_REGS
#define SREGS RVF_REGISTERS_SREGS
#define DEBUG RVF_REGISTERS_DEBUGREGS

TEST_F(hint, which)
{
	struct vm *vm = &self->vm;

	EXPECT_ROUND(vm, 0, 0, 0);
	ASSERT_EQ(0, set(vm, VM_PORT, RVF_HINT_ON_WRITE, 0, NULL));
	EXPECT_ROUND(vm, REGS, 0, 0);
	ASSERT_EQ(0, set(vm, VM_PORT, 0, 0, NULL));
	EXPECT_ROUND(vm, 0, REGS, 0);
	ASSERT_EQ(0, set(vm, VM_PORT + 1, RVF_HINT_ON_WRITE, 0, NULL));
	EXPECT_ROUND(vm, 0, 0, REGS);
	ASSERT_EQ(0, set(vm, 0, 0, 0, NULL));
	EXPECT_ROUND(vm, 0, 0, 0);
}

TEST_F(hint, details)
{
	struct rvf_hint_detail details[3] = {
		{ .match_rax = 1, .rax = 0x1234, .match_rbx = 1, .rbx = 8, .send_sregs = 1 },
		{ .match_rbx = 1, .rbx = 7, .match_rdx = 1, .rdx = VM_PORT, .send_debugregs = 1 },
		{ .send_sregs = 1, .send_debugregs = 1 },
	};
	struct vm *vm = &self->vm;

	/* The first that fits */
	ASSERT_EQ(0, set(vm, VM_PORT, RVF_HINT_ON_WRITE, 3, details));
	EXPECT_ROUND(vm, REGS | DEBUG, 0, 0);
	details[0].rbx = 7;
	ASSERT_EQ(0, set(vm, VM_PORT, RVF_HINT_ON_WRITE, 3, details));
	EXPECT_ROUND(vm, REGS | SREGS, 0, 0);
	/* None fits */
	ASSERT_EQ(0, set(vm, VM_PORT, RVF_HINT_ON_WRITE, 1, &details[0]));
	details[0].match_rcx = 1;
	details[0].rcx = 99;
	ASSERT_EQ(0, set(vm, VM_PORT, RVF_HINT_ON_WRITE, 1, &details[0]));
	EXPECT_ROUND(vm, REGS, 0, 0);
	/* One without conditions always does */
	ASSERT_EQ(0, set(vm, VM_PORT, RVF_HINT_ON_WRITE, 1, &details[2]));
	EXPECT_ROUND(vm, REGS | SREGS | DEBUG, 0, 0);
}

TEST_F(hint, content)
{
	const struct rvf_hint_detail all = { .send_sregs = 1, .send_debugregs = 1 };
	struct kvm_debugregs debug, sent_debug;
	struct kvm_sregs sregs, sent_sregs;
	struct kvm_regs regs, sent_regs;
	struct vm *vm = &self->vm;

	ASSERT_EQ(0, vm_kvm(vm, 0, KVM_GET_DEBUGREGS, &debug, sizeof(debug)));
	debug.db[1] = 0x777;
	ASSERT_EQ(0, vm_kvm(vm, 0, KVM_SET_DEBUGREGS, &debug, sizeof(debug)));
	ASSERT_EQ(0, set(vm, VM_PORT, RVF_HINT_ON_WRITE, 1, &all));
	ASSERT_EQ(0, vm_run(vm, 0));
	ASSERT_EQ(REGS | SREGS | DEBUG, vm_event(vm, 0).registers);
	vm_get_more(vm, 0, RVF_EVENT_REGS, &sent_regs, sizeof(sent_regs));
	vm_get_more(vm, 0, RVF_EVENT_SREGS, &sent_sregs, sizeof(sent_sregs));
	vm_get_more(vm, 0, RVF_EVENT_DEBUGREGS, &sent_debug, sizeof(sent_debug));
	ASSERT_EQ(0, vm_kvm(vm, 0, KVM_GET_REGS, &regs, sizeof(regs)));
	ASSERT_EQ(0, vm_kvm(vm, 0, KVM_GET_SREGS, &sregs, sizeof(sregs)));
	ASSERT_EQ(0, vm_kvm(vm, 0, KVM_GET_DEBUGREGS, &debug, sizeof(debug)));
	EXPECT_EQ(0x1234, sent_regs.rax);
	EXPECT_EQ(0, memcmp(&regs, &sent_regs, sizeof(regs)));
	EXPECT_EQ(0, memcmp(&sregs, &sent_sregs, sizeof(sregs)));
	EXPECT_EQ(0x777, sent_debug.db[1]);
	EXPECT_EQ(0, memcmp(&debug, &sent_debug, sizeof(debug)));
}

TEST_F(hint, refused)
{
	struct rvf_hint_detail details[RVF_MAX_HINT_DETAILS + 1] = {};
	struct rvf_vm_hint arg = { .size = sizeof(arg), .space = 2, .address = VM_PORT };
	struct vm *vm = &self->vm;

	ASSERT_EQ(0, set(vm, VM_PORT, RVF_HINT_ON_WRITE, 0, NULL));
	EXPECT_EQ(-EINVAL, task_ioctl(&vm->task, vm->fd, RVF_VM_HINT, &arg));
	EXPECT_EQ(-EOPNOTSUPP, set(vm, VM_PORT, 2, 0, NULL));
	EXPECT_EQ(-EINVAL, set(vm, 0, RVF_HINT_ON_WRITE, 0, NULL));
	EXPECT_EQ(-EINVAL, set(vm, 0, 0, 1, details));
	EXPECT_EQ(-EINVAL, set(vm, VM_PORT, 0, ARRAY_SIZE(details), details));
	EXPECT_EQ(-EINVAL, set(vm, VM_PORT, 0, ~0u, NULL));
	EXPECT_EQ(-EFAULT, set(vm, VM_PORT, 0, 1, NULL));
	details[3].__reserved = 1;
	EXPECT_EQ(-EOPNOTSUPP, set(vm, VM_PORT, 0, 4, details));
	details[3].__reserved = 0;
	details[3].__reserved2[5] = 1;
	EXPECT_EQ(-EOPNOTSUPP, set(vm, VM_PORT, 0, 4, details));
	/* The one that was there is there */
	EXPECT_ROUND(vm, REGS, 0, 0);
	details[3].__reserved2[5] = 0;
	EXPECT_EQ(0, set(vm, VM_PORT, 0, RVF_MAX_HINT_DETAILS, details));
	EXPECT_ROUND(vm, 0, REGS, 0);
}

TEST_F(hint, async)
{
	struct vm *vm = &self->vm;

	ASSERT_EQ(0, set(vm, VM_PORT, RVF_HINT_ON_WRITE, 0, NULL));
	ASSERT_EQ(0, vm_reserve(vm, RVF_SPACE_PORT, VM_PORT, 0));
	ASSERT_EQ(0, vm_reserve_as(vm, RVF_SPACE_PORT, VM_PORT, 1, RVF_VM_RESERVE_ASYNC));
	ASSERT_EQ(0, vm_reserve(vm, RVF_SPACE_PORT, VM_PORT + 1, 1));
	for (unsigned int i = 0; i < 5; i++) {
		ASSERT_EQ(0, vm_run(vm, 0));
		EXPECT_EQ(0, vm_event(vm, 0).registers);
	}
}

TEST_HARNESS_MAIN
