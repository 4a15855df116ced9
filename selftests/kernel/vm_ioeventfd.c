// SPDX-License-Identifier: GPL-2.0-only
/* Writes of a guest that signal an eventfd, and return to nobody. */
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "util_vm.h"

#define PORT 0x500

FIXTURE(io)
{
	struct vm vm;
};

FIXTURE_SETUP(io)
{
	vm_start(&self->vm, 1);
	vm_memory(&self->vm);
}

FIXTURE_TEARDOWN(io)
{
	vm_stop(&self->vm);
}

#define PIO   KVM_IOEVENTFD_FLAG_PIO
#define MATCH KVM_IOEVENTFD_FLAG_DATAMATCH

static int set(struct vm *vm, int fd, uint64_t address, unsigned int length, unsigned int flags,
	       uint64_t match)
{
	struct kvm_ioeventfd arg = {
		.datamatch = match,
		.addr = address,
		.len = length,
		.fd = fd,
		.flags = flags,
	};

	return vm_kvm_vm(vm, KVM_IOEVENTFD, &arg, sizeof(arg));
}

static int unset(struct vm *vm, int fd, uint64_t address, unsigned int length, unsigned int flags,
		 uint64_t match)
{
	return set(vm, fd, address, length, flags | KVM_IOEVENTFD_FLAG_DEASSIGN, match);
}

/* A round of ports: al = 'A', then 'B' by byte, ax by word; then VM_PORT */
static void guest_ports(struct vm *vm)
{
	vm_code(vm, 0xba, PORT & 0xff, PORT >> 8, /* mov dx, PORT */
		0xb8, 'A', 0x01, 0xee, /* mov ax, 0x100 + 'A'; out dx, al */
		0xb0, 'B', 0xee, /* mov al, 'B'; out dx, al */
		0xef, /* out dx, ax */
		0xba, VM_PORT & 0xff, VM_PORT >> 8, 0xee, /* mov dx, VM_PORT; out dx, al */
		0xeb, 0xee); /* jmp 0 */
}

#define EXPECT_ROUND(vm)                                       \
	({                                                     \
		ASSERT_EQ(0, vm_run(vm, 0));                   \
		EXPECT_EQ(RVF_EVENT_IO, vm_event(vm, 0).kind); \
		EXPECT_EQ(VM_PORT, vm_event(vm, 0).address);   \
	})

TEST_F(io, ports)
{
	struct vm *vm = &self->vm;
	int any = vm_eventfd(vm), byte = vm_eventfd(vm), b = vm_eventfd(vm), word = vm_eventfd(vm);

	guest_ports(vm);
	ASSERT_EQ(0, set(vm, any, PORT, 0, PIO, 0));
	EXPECT_ROUND(vm);
	EXPECT_EQ(3, vm_signals(vm, any));
	EXPECT_EQ(0, vm_signals(vm, any));
	ASSERT_EQ(0, unset(vm, any, PORT, 0, PIO, 0));
	EXPECT_ROUND(vm);
	EXPECT_EQ(0, vm_signals(vm, any));

	ASSERT_EQ(0, set(vm, b, PORT, 1, PIO | MATCH, 'B'));
	ASSERT_EQ(0, set(vm, word, PORT, 2, PIO | MATCH, 0x100 + 'B'));
	EXPECT_ROUND(vm);
	EXPECT_EQ(1, vm_signals(vm, b));
	EXPECT_EQ(1, vm_signals(vm, word));
	ASSERT_EQ(0, unset(vm, b, PORT, 1, PIO | MATCH, 'B'));
	/* Any value, but of one byte */
	ASSERT_EQ(0, set(vm, byte, PORT, 1, PIO, 0));
	EXPECT_ROUND(vm);
	EXPECT_EQ(2, vm_signals(vm, byte));
	EXPECT_EQ(0, vm_signals(vm, b));
	EXPECT_EQ(1, vm_signals(vm, word));
}

TEST_F(io, mmio)
{
	struct vm *vm = &self->vm;
	int any = vm_eventfd(vm), match = vm_eventfd(vm);

	ASSERT_EQ(0, set(vm, any, 0xb8000, 0, 0, 0));
	ASSERT_EQ(0, set(vm, match, 0xb8010, 4, MATCH, 0x12345678));
	vm_code(vm, 0xb8, 0x00, 0xb8, 0x8e, 0xd8, /* ds = 0xb800 */
		0xa2, 0x00, 0x00, /* mov [0], al */
		0xa3, 0x00, 0x00, /* mov [0], ax */
		0xa2, 0x01, 0x00, /* mov [1], al */
		0x66, 0xb8, 0x78, 0x56, 0x34, 0x12, /* mov eax, 0x12345678 */
		0x66, 0xa3, 0x10, 0x00, /* mov [0x10], eax */
		0x66, 0x40, 0x66, 0xa3, 0x10, 0x00, /* inc eax; mov [0x10], eax */
		0xee, 0xeb, 0xfe);
	EXPECT_ROUND(vm);
	EXPECT_EQ(2, vm_signals(vm, any));
	EXPECT_EQ(1, vm_signals(vm, match));
}

/* It comes before a reserved range */
TEST_F(io, reserved)
{
	struct vm *vm = &self->vm;
	int fd = vm_eventfd(vm);

	guest_ports(vm);
	ASSERT_EQ(0, vm_reserve(vm, RVF_SPACE_PORT, PORT, 1));
	ASSERT_EQ(0, set(vm, fd, PORT, 1, PIO | MATCH, 'A'));
	ASSERT_EQ(0, vm_run(vm, 0));
	EXPECT_EQ(PORT, vm_event(vm, 0).address);
	EXPECT_EQ(1, vm_event(vm, 0).length);
	EXPECT_EQ(1, vm_signals(vm, fd));
	ASSERT_EQ(0, vm_run(vm, 0));
	EXPECT_EQ(2, vm_event(vm, 0).length);
}

/* The one who waits is another thread, and the guest does not stop for it */
TEST_F(io, while_it_runs)
{
	struct vm *vm = &self->vm;
	int fd = must_rvf(task_call(&vm->task, SYS_eventfd2, 0, 0));
	uint64_t *there = task_alloc(&vm->task, sizeof(*there));

	ASSERT_EQ(0, set(vm, fd, PORT, 0, PIO, 0));
	vm_code(vm, 0xba, PORT & 0xff, PORT >> 8, 0xee, 0xeb, 0xfd);
	vm_threads(vm, 2);
	vm_ask_run(vm, 1, 0);
	for (unsigned int i = 0; i < 10; i++) {
		vm_ask(vm, 2, SYS_read, fd, (long)there, 8);
		ASSERT_EQ(8, vm_answer(vm, 2));
		EXPECT_LT(0, *there);
	}
	ASSERT_EQ(0, vm_kick(vm, 1));
	ASSERT_EQ(0, vm_answer(vm, 1));
	EXPECT_EQ(RVF_EVENT_KICKED, vm_event(vm, 0).kind);
}

TEST_F(io, errors)
{
	struct vm *vm = &self->vm;
	int fd = vm_eventfd(vm);

	EXPECT_EQ(-EINVAL, set(vm, fd, PORT, 3, PIO, 0));
	EXPECT_EQ(-EINVAL, set(vm, fd, ~0ull, 2, 0, 0));
	EXPECT_EQ(-EINVAL, set(vm, fd, PORT, 0, PIO | MATCH, 0));
	for (unsigned int bit = 0; bit < 32; bit++)
		if (1u << bit > KVM_IOEVENTFD_FLAG_DEASSIGN)
			EXPECT_EQ(-EINVAL, set(vm, fd, PORT, 0, 1u << bit, 0));
	EXPECT_EQ(-EBADF, set(vm, 100, PORT, 0, PIO, 0));
	EXPECT_EQ(-EINVAL, set(vm, vm->fd, PORT, 0, PIO, 0));
	EXPECT_EQ(-ENOENT, unset(vm, fd, PORT, 0, PIO, 0));
	ASSERT_EQ(0, set(vm, fd, PORT, 1, PIO | MATCH, 7));
	EXPECT_EQ(-EEXIST, set(vm, fd, PORT, 1, PIO | MATCH, 7));
	EXPECT_EQ(-EEXIST, set(vm, fd, PORT, 1, PIO, 0));
	EXPECT_EQ(0, set(vm, fd, PORT, 1, PIO | MATCH, 8));
	EXPECT_EQ(-ENOENT, unset(vm, fd, PORT, 1, PIO | MATCH, 9));
	EXPECT_EQ(0, unset(vm, fd, PORT, 1, PIO | MATCH, 7));
	EXPECT_EQ(-ENOENT, unset(vm, fd, PORT, 1, PIO | MATCH, 7));
}

TEST_F(io, quota)
{
	struct vm *vm = &self->vm;
	int fd = vm_eventfd(vm);
	unsigned int i;

	for (i = 0; i < RVF_MAX_VM_IOEVENTFDS / 2; i++) {
		ASSERT_EQ(0, set(vm, fd, PORT, 1 << (i % 3), PIO | MATCH, i));
		ASSERT_EQ(0, set(vm, fd, i << 12, i % 2 ? 0 : 8, 0, 0));
	}
	EXPECT_EQ(-ENOSPC, set(vm, fd, 1 << 30, 0, 0, 0));
	EXPECT_EQ(-ENOSPC, set(vm, fd, PORT, 4, PIO, 0));
	EXPECT_EQ(-ENOENT, unset(vm, fd, 1 << 30, 0, 0, 0));
	EXPECT_EQ(-ENOSPC, set(vm, fd, 1 << 30, 0, 0, 0));
	EXPECT_EQ(0, unset(vm, fd, 0, 8, 0, 0));
	EXPECT_EQ(0, set(vm, fd, 1 << 30, 0, 0, 0));
	EXPECT_EQ(-ENOSPC, set(vm, fd, 1 << 30, 4, 0, 0));
	/* Others go on, and a closed eventfd gives nothing back */
	EXPECT_EQ(0, task_call(&vm->task, SYS_close, fd));
	EXPECT_EQ(-ENOSPC, set(vm, vm_eventfd(vm), 1 << 30, 4, 0, 0));
}

/* An eventfd that others have, too, does not keep the VM alive, nor it that */
TEST_F(io, outlives_its_process)
{
	struct vm *vm = &self->vm;
	int fd = vm_eventfd(vm), here;
	uint64_t count;

	ASSERT_EQ(0, set(vm, fd, PORT, 0, PIO, 0));
	here = task_take_fd(&vm->task, fd);
	guest_ports(vm);
	EXPECT_ROUND(vm);
	kill(vm->task.pid, SIGKILL);
	ASSERT_TRUE(vm_was_killed(vm));
	EXPECT_EQ(8, read(here, &count, 8));
	EXPECT_EQ(3, count);
	close(here);
}

TEST_HARNESS_MAIN
