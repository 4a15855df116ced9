// SPDX-License-Identifier: GPL-2.0-only
/* Writes that are gathered, and told with the next event. */
#include <sched.h>

#include "kselftest_harness.h"
#include "util_vm.h"

#define ASYNC_PORT 0x600
#define ASYNC_MMIO 0xb8000

FIXTURE(async)
{
	struct vm vm;
};

FIXTURE_SETUP(async)
{
	struct vm *vm = &self->vm;

	vm_start(vm, 2);
	vm_memory(vm);
	ASSERT_EQ(0, vm_reserve_as(vm, RVF_SPACE_PORT, ASYNC_PORT, 8, RVF_VM_RESERVE_ASYNC));
	ASSERT_EQ(0, vm_reserve_as(vm, RVF_SPACE_MMIO, ASYNC_MMIO, 0x800, RVF_VM_RESERVE_ASYNC));
}

FIXTURE_TEARDOWN(async)
{
	vm_stop(&self->vm);
}

static struct rvf_vcpu_write write_of(struct vm *vm, unsigned int vcpu, unsigned int index)
{
	struct rvf_vcpu_write write;

	vm_get_more(vm, vcpu, RVF_EVENT_WRITES_AT + index * sizeof(write), &write, sizeof(write));
	return write;
}

#define EXPECT_WRITE(vm, index, where, at, size, value)              \
	({                                                           \
		struct rvf_vcpu_write told = write_of(vm, 0, index); \
		uint64_t data;                                       \
		memcpy(&data, told.data, sizeof(data));              \
		EXPECT_EQ(where, told.space);                        \
		EXPECT_EQ(at, told.address);                         \
		EXPECT_EQ(size, told.length);                        \
		EXPECT_EQ(value, data);                              \
	})

/*
 * Runs until an event that is none of gathered writes alone, which a slow
 * machine may see at any time. How many writes came in all
 */
static unsigned int run_to(struct __test_metadata *_metadata, struct vm *vm,
			   struct rvf_vcpu_event *event)
{
	unsigned int writes = 0;

	do {
		ASSERT_EQ(0, vm_run(vm, 0));
		*event = vm_event(vm, 0);
		writes += event->writes;
	} while (event->kind == RVF_EVENT_WRITES);
	return writes;
}

TEST_F(async, kinds)
{
	struct vm *vm = &self->vm;
	struct rvf_vcpu_event event;

	vm_code(vm, 0xb8, 0x00, 0xb8, 0x8e, 0xd8, /* ds = 0xb800 */
		0xba, ASYNC_PORT & 0xff, ASYNC_PORT >> 8, /* mov dx, ASYNC_PORT */
		0x66, 0xb8, 0x78, 0x56, 0x34, 0x12, /* mov eax, 0x12345678 */
		0xee, /* out dx, al */
		0xa3, 0x20, 0x00, /* mov [0x20], ax */
		0x42, 0x66, 0xef, /* inc dx; out dx, eax */
		0xec, /* in al, dx: zeros */
		0x66, 0xa3, 0xfe, 0x07, /* mov [0x7fe], eax: begins in it */
		0xba, VM_PORT & 0xff, VM_PORT >> 8, 0xee, /* out VM_PORT, al */
		0xee, 0xeb, 0xfe);
	ASSERT_EQ(4, run_to(_metadata, vm, &event));
	EXPECT_EQ(RVF_EVENT_IO, event.kind);
	EXPECT_EQ(VM_PORT, event.address);
	if (event.writes == 4) {
		EXPECT_WRITE(vm, 0, RVF_SPACE_PORT, ASYNC_PORT, 1, 0x78);
		EXPECT_WRITE(vm, 1, RVF_SPACE_MMIO, ASYNC_MMIO + 0x20, 2, 0x5678);
		EXPECT_WRITE(vm, 2, RVF_SPACE_PORT, ASYNC_PORT + 1, 4, 0x12345678);
		EXPECT_WRITE(vm, 3, RVF_SPACE_MMIO, ASYNC_MMIO + 0x7fe, 4, 0x12345600);
	}
	/* Told once */
	ASSERT_EQ(0, run_to(_metadata, vm, &event));
	EXPECT_EQ(RVF_EVENT_IO, event.kind);
}

/* More than there is room for: all of them, in order */
TEST_F(async, many)
{
	const unsigned int count = 5 * RVF_MAX_WRITES + 7;
	struct vm *vm = &self->vm;
	struct rvf_vcpu_event event;
	unsigned int next = 0, full = 0;

	vm_code(vm, 0x31, 0xc0, /* xor ax, ax */
		0xb9, count & 0xff, count >> 8, /* mov cx, count */
		0xba, ASYNC_PORT & 0xff, ASYNC_PORT >> 8, /* mov dx, ASYNC_PORT */
		0xef, 0x40, 0xe2, 0xfc, /* out dx, ax; inc ax; loop */
		0xba, VM_PORT & 0xff, VM_PORT >> 8, 0xee, 0xeb, 0xfe);
	do {
		ASSERT_EQ(0, vm_run(vm, 0));
		event = vm_event(vm, 0);
		ASSERT_GE(RVF_MAX_WRITES, event.writes);
		full += event.writes == RVF_MAX_WRITES;
		for (unsigned int i = 0; i < event.writes; i++, next++)
			EXPECT_WRITE(vm, i, RVF_SPACE_PORT, ASYNC_PORT, 2, next);
	} while (event.kind == RVF_EVENT_WRITES);
	EXPECT_EQ(RVF_EVENT_IO, event.kind);
	EXPECT_EQ(count, next);
	TH_LOG("the array was full %u times", full);
}

/* A guest that does nothing after it does not keep a write to itself */
TEST_F(async, halts)
{
	struct vm *vm = &self->vm;

	vm_code(vm, 0xfa, 0xba, ASYNC_PORT & 0xff, ASYNC_PORT >> 8, 0xb0, 'H', 0xee, /* out */
		0xf4, 0xeb, 0xfd);
	ASSERT_EQ(0, vm_run(vm, 0));
	EXPECT_EQ(RVF_EVENT_WRITES, vm_event(vm, 0).kind);
	EXPECT_EQ(1, vm_event(vm, 0).writes);
	EXPECT_WRITE(vm, 0, RVF_SPACE_PORT, ASYNC_PORT, 1, 'H');
	vm_code(vm, 0xba, ASYNC_PORT & 0xff, ASYNC_PORT >> 8, 0xb0, 'S', 0xee, 0xeb, 0xfe);
	ASSERT_EQ(0, vm_run(vm, 0));
	EXPECT_EQ(RVF_EVENT_WRITES, vm_event(vm, 0).kind);
	EXPECT_EQ(1, vm_event(vm, 0).writes);
	EXPECT_WRITE(vm, 0, RVF_SPACE_PORT, ASYNC_PORT, 1, 'S');
}

/* With whatever event comes */
TEST_F(async, kick)
{
	struct vm *vm = &self->vm;
	struct rvf_vcpu_event event;
	unsigned int writes = 0;

	vm_code(vm, 0xba, ASYNC_PORT & 0xff, ASYNC_PORT >> 8, 0xee, 0xeb, 0xfd); /* for ever */
	vm_threads(vm, 1);
	for (unsigned int i = 0; i < 20; i++) {
		vm_ask_run(vm, 1, 0);
		sleep_ms(i);
		ASSERT_EQ(0, vm_kick(vm, 1));
		ASSERT_EQ(0, vm_answer(vm, 1));
		event = vm_event(vm, 0);
		writes += event.writes;
		EXPECT_TRUE(event.kind == RVF_EVENT_KICKED || event.kind == RVF_EVENT_WRITES);
	}
	EXPECT_LT(0, writes);
}

/* A signal, or a failure, loses none */
TEST_F(async, signal)
{
	struct vm *vm = &self->vm;
	struct rvf_vcpu_event event;
	unsigned int next = 0, signals = 0;

	/* out dx, eax; inc eax; for ever */
	vm_code(vm, 0x66, 0x31, 0xc0, 0xba, ASYNC_PORT & 0xff, ASYNC_PORT >> 8, 0x66, 0xef, 0x66,
		0x40, 0xeb, 0xfa);
	vm_threads(vm, 1);
	for (unsigned int i = 0; i < 40; i++) {
		long result;

		vm_ask_run(vm, 1, 0);
		if (i % 2) {
			kill(vm->task.pid, SIGSTOP);
			kill(vm->task.pid, SIGCONT);
		}
		result = vm_answer(vm, 1);
		if (result == -EINTR) {
			signals++;
			continue;
		}
		ASSERT_EQ(0, result);
		event = vm_event(vm, 0);
		ASSERT_EQ(RVF_EVENT_WRITES, event.kind);
		for (unsigned int k = 0; k < event.writes; k++, next++)
			EXPECT_WRITE(vm, k, RVF_SPACE_PORT, ASYNC_PORT, 4, next);
	}
	TH_LOG("%u writes, %u signals", next, signals);
	EXPECT_LT(0, next);
}

/* String I/O comes at once, behind what was gathered */
TEST_F(async, string)
{
	struct vm *vm = &self->vm;
	struct rvf_vcpu_event event;
	unsigned int writes = 0, bytes = 0;

	memcpy(vm->memory + 0x3000, "0123456789abcdef", 16);
	vm_code(vm, 0xfc, 0xbe, 0x00, 0x30, 0xb9, 16, 0, /* cld; mov si, 0x3000; mov cx, 16 */
		0xba, ASYNC_PORT & 0xff, ASYNC_PORT >> 8, 0xf3, 0x6e, /* rep outsb */
		0xba, VM_PORT & 0xff, VM_PORT >> 8, 0xee, 0xeb, 0xfe);
	do {
		ASSERT_EQ(0, vm_run(vm, 0));
		event = vm_event(vm, 0);
		for (unsigned int i = 0; i < event.writes; i++, bytes++)
			EXPECT_EQ("0123456789abcdef"[bytes], write_of(vm, 0, i).data[0]);
		writes += event.writes;
		if (event.kind == RVF_EVENT_IO && event.address == ASYNC_PORT) {
			char data[16];

			ASSERT_GE(16, bytes + event.length);
			vm_get_data(vm, 0, data, event.length);
			EXPECT_EQ(0, memcmp("0123456789abcdef" + bytes, data, event.length));
			bytes += event.length;
		}
	} while (event.kind == RVF_EVENT_WRITES || event.address == ASYNC_PORT);
	EXPECT_EQ(16, bytes);
	TH_LOG("%u of 16 were gathered", writes);
}

/* A range becomes another one; each vCPU has its own writes */
TEST_F(async, ranges)
{
	struct vm *vm = &self->vm;
	struct rvf_vcpu_event event;

	vm_code(vm, 0xba, ASYNC_PORT & 0xff, ASYNC_PORT >> 8, 0xee, /* out ASYNC_PORT, al */
		0xba, VM_PORT & 0xff, VM_PORT >> 8, 0xee, 0xeb, 0xf6); /* out VM_PORT; again */
	EXPECT_EQ(1, run_to(_metadata, vm, &event));
	EXPECT_EQ(-EEXIST, vm_reserve(vm, RVF_SPACE_PORT, ASYNC_PORT, 1));
	ASSERT_EQ(0, vm_reserve(vm, RVF_SPACE_PORT, ASYNC_PORT, 0));
	EXPECT_EQ(0, run_to(_metadata, vm, &event));
	EXPECT_EQ(VM_PORT, event.address);
	ASSERT_EQ(0, vm_reserve(vm, RVF_SPACE_PORT, ASYNC_PORT, 1));
	EXPECT_EQ(0, run_to(_metadata, vm, &event));
	EXPECT_EQ(ASYNC_PORT, event.address);

	ASSERT_EQ(0, vm_reserve(vm, RVF_SPACE_PORT, ASYNC_PORT, 0));
	ASSERT_EQ(0, vm_reserve_as(vm, RVF_SPACE_PORT, ASYNC_PORT, 1, RVF_VM_RESERVE_ASYNC));
	vm_code_at(vm, 1, 0x1000, "\xba\x00\x06\xb0\x31\xee\xeb\xfe", 8);
	ASSERT_EQ(0, vm_run(vm, 1));
	EXPECT_EQ(RVF_EVENT_WRITES, vm_event(vm, 1).kind);
	EXPECT_EQ(1, vm_event(vm, 1).writes);
	EXPECT_EQ('1', write_of(vm, 1, 0).data[0]);
}

/* Killed with writes on their way, and a timer for them */
TEST_F(async, killed)
{
	struct vm *vm = &self->vm;

	vm_code(vm, 0xba, ASYNC_PORT & 0xff, ASYNC_PORT >> 8, 0xee, 0xeb, 0xfd);
	vm_threads(vm, 1);
	vm_ask_run(vm, 1, 0);
	kill(vm->task.pid, SIGKILL);
	EXPECT_TRUE(vm_was_killed(vm));
}

TEST_HARNESS_MAIN
