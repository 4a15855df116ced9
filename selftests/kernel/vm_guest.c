// SPDX-License-Identifier: GPL-2.0-only
/* What guests do, and how the plugin comes to know of it. */
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>

#include "kselftest_harness.h"
#include "util_vm.h"

FIXTURE(guest)
{
	struct vm vm;
};

FIXTURE_SETUP(guest)
{
	vm_start(&self->vm, 1);
	vm_memory(&self->vm);
}

FIXTURE_TEARDOWN(guest)
{
	vm_stop(&self->vm);
}

/* Runs until an access, which must be this one; its data */
#define EXPECT_ACCESS(vm, where, at, size, write, value) \
	({                                               \
		struct rvf_vcpu_event event;             \
		uint32_t data = 0;                       \
		ASSERT_EQ(0, vm_run(vm, 0));             \
		event = vm_event(vm, 0);                 \
		EXPECT_EQ(RVF_EVENT_IO, event.kind);     \
		EXPECT_EQ(where, event.space);           \
		EXPECT_EQ(at, event.address);            \
		EXPECT_EQ(size, event.length);           \
		EXPECT_EQ(1, event.count);               \
		EXPECT_EQ(write, event.is_write);        \
		vm_get_data(vm, 0, &data, size);         \
		EXPECT_EQ(value, data);                  \
	})
#define EXPECT_OUT(vm, size, value) EXPECT_ACCESS(vm, RVF_SPACE_PORT, VM_PORT, size, 1, value)

TEST_F(guest, ports)
{
	struct vm *vm = &self->vm;

	vm_code(vm, 0xb0, 'A', /* mov al, 'A' */
		0xee, /* out dx, al */
		0xe6, 0x80, /* out 0x80, al: not reserved */
		0xe4, 0x81, /* in al, 0x81: not reserved, 0 */
		0xee, /* out dx, al */
		0xec, /* in al, dx */
		0x04, 0x01, /* add al, 1 */
		0xee, /* out dx, al */
		0xed, /* in ax, dx */
		0x66, 0xef, /* out dx, eax */
		0xeb, 0xfe); /* jmp . */
	EXPECT_OUT(vm, 1, 'A');
	EXPECT_OUT(vm, 1, 0);
	EXPECT_ACCESS(vm, RVF_SPACE_PORT, VM_PORT, 1, 0, 0);
	vm_put_data(vm, 0, "x", 1);
	EXPECT_OUT(vm, 1, 'y');
	/* What the plugin leaves there is read as zeros */
	EXPECT_ACCESS(vm, RVF_SPACE_PORT, VM_PORT, 2, 0, 0);
	EXPECT_OUT(vm, 4, 0);
}

TEST_F(guest, mmio)
{
	struct vm *vm = &self->vm;

	ASSERT_EQ(0, vm_reserve(vm, RVF_SPACE_MMIO, 0xb8000, 0x10));
	vm_code(vm, 0xb8, 0x00, 0xb8, /* mov ax, 0xb800 */
		0x8e, 0xd8, /* mov ds, ax */
		0xa0, 0x20, 0x00, /* mov al, [0x20]: not reserved, 0 */
		0xee, /* out dx, al */
		0xb0, 0x77, /* mov al, 0x77 */
		0xa2, 0x10, 0x00, /* mov [0x10], al: the first one behind it */
		0xa0, 0x0f, 0x00, /* mov al, [0xf] */
		0xee, /* out dx, al */
		0xa2, 0x00, 0x00, /* mov [0], al */
		0xa1, 0x04, 0x00, /* mov ax, [4] */
		0xef, /* out dx, ax */
		0xeb, 0xfe);
	EXPECT_OUT(vm, 1, 0);
	EXPECT_ACCESS(vm, RVF_SPACE_MMIO, 0xb800f, 1, 0, 0);
	vm_put_data(vm, 0, "Z", 1);
	EXPECT_OUT(vm, 1, 'Z');
	EXPECT_ACCESS(vm, RVF_SPACE_MMIO, 0xb8000, 1, 1, 'Z');
	EXPECT_ACCESS(vm, RVF_SPACE_MMIO, 0xb8004, 2, 0, 0);
	vm_put_data(vm, 0, "\x34\x12", 2);
	EXPECT_OUT(vm, 2, 0x1234);
}

TEST_F(guest, read_only_memory)
{
	struct vm *vm = &self->vm;
	int fd = vm_memfd(vm, 4096, F_SEAL_SHRINK);
	static const char content[] = "content";

	ASSERT_EQ(4, task_call(&vm->task, SYS_pwrite64, fd, task_put(&vm->task, content, 4), 4, 0));
	ASSERT_LE(0, vm_map(vm, fd, 0x20000, 0, 4096, RVF_VM_MAP_READ_ONLY));
	vm_code(vm, 0xb8, 0x00, 0x20, /* mov ax, 0x2000 */
		0x8e, 0xd8, /* mov ds, ax */
		0xa2, 0x00, 0x00, /* mov [0], al: dropped */
		0xa0, 0x00, 0x00, /* mov al, [0] */
		0xee, /* out dx, al */
		0xa2, 0x01, 0x00, /* mov [1], al: told, once it is reserved */
		0xa0, 0x01, 0x00, /* mov al, [1]: memory all the same */
		0xee, 0xeb, 0xfe);
	EXPECT_OUT(vm, 1, 'c');
	ASSERT_EQ(0, vm_reserve(vm, RVF_SPACE_MMIO, 0x20000, 4096));
	EXPECT_ACCESS(vm, RVF_SPACE_MMIO, 0x20001, 1, 1, 'c');
	EXPECT_OUT(vm, 1, 'o');
	char *there = task_alloc(&vm->task, 4);
	ASSERT_EQ(4, task_call(&vm->task, SYS_pread64, fd, there, 4, 0));
	EXPECT_EQ(0, memcmp(there, content, 4));
}

TEST_F(guest, region_is_read_only)
{
	struct vm *vm = &self->vm;
	int data = task_get(&vm->task, "data", 0);
	const char *there = task_alloc(&vm->task, 4096);

	ASSERT_LE(0, vm_map(vm, data, 0x20000, 4096, 4096, 0));
	vm_code(vm, 0xb8, 0x00, 0x20, /* mov ax, 0x2000 */
		0x8e, 0xd8, /* mov ds, ax */
		0xa0, 0x00, 0x00, 0xee, /* out what is there */
		0xc6, 0x06, 0x00, 0x00, 0x77, /* mov byte [0], 0x77 */
		0x80, 0x36, 0x00, 0x00, 0xff, /* xor byte [0], 0xff */
		0x86, 0x06, 0x00, 0x00, /* xchg [0], al */
		0xa0, 0x00, 0x00, 0xee, 0xeb, 0xfe);
	EXPECT_OUT(vm, 1, data_bytes()[4096]);
	EXPECT_OUT(vm, 1, data_bytes()[4096]);
	ASSERT_EQ(4096, task_call(&vm->task, SYS_pread64, data, there, 4096, 4096));
	EXPECT_EQ(0, memcmp(there, data_bytes() + 4096, 4096));
}

TEST_F(guest, string_out)
{
	struct vm *vm = &self->vm;
	unsigned char out[1025];
	unsigned int length = 0, events = 0;

	for (unsigned int i = 0; i < 1024; i++)
		vm->memory[0x1000 + i] = i * 7 + (i >> 8);
	vm_code(vm, 0xbe, 0x00, 0x10, /* mov si, 0x1000 */
		0xb9, 0x00, 0x04, /* mov cx, 1024 */
		0xfc, 0xf3, 0x6e, /* cld; rep outsb */
		0xb0, '*', 0xee, 0xeb, 0xfe);
	while (length < 1025) {
		struct rvf_vcpu_event event;

		ASSERT_EQ(0, vm_run(vm, 0));
		event = vm_event(vm, 0);
		ASSERT_EQ(RVF_EVENT_IO, event.kind);
		ASSERT_EQ(1, event.is_write);
		ASSERT_EQ(event.count, event.length);
		ASSERT_LE(length + event.length, 1025);
		vm_get_data(vm, 0, out + length, event.length);
		length += event.length;
		events++;
	}
	EXPECT_EQ(0, memcmp(out, vm->memory + 0x1000, 1024));
	EXPECT_EQ('*', out[1024]);
	TH_LOG("1024 bytes came in %u events", events - 1);
}

TEST_F(guest, string_in)
{
	struct vm *vm = &self->vm;
	unsigned char in[1024];
	unsigned int length = 0, events = 0;

	for (unsigned int i = 0; i < 1024; i++)
		in[i] = i * 5 + (i >> 8);
	vm_code(vm, 0xbf, 0x00, 0x20, /* mov di, 0x2000 */
		0xb9, 0x00, 0x04, /* mov cx, 1024 */
		0xfc, 0xf3, 0x6c, /* cld; rep insb */
		0xb0, '*', 0xee, 0xeb, 0xfe);
	while (length < 1024) {
		struct rvf_vcpu_event event;

		ASSERT_EQ(0, vm_run(vm, 0));
		event = vm_event(vm, 0);
		ASSERT_EQ(RVF_EVENT_IO, event.kind);
		ASSERT_EQ(0, event.is_write);
		ASSERT_LE(length + event.length, 1024);
		vm_put_data(vm, 0, in + length, event.length);
		length += event.length;
		events++;
	}
	EXPECT_OUT(vm, 1, '*');
	EXPECT_EQ(0, memcmp(vm->memory + 0x2000, in, 1024));
	TH_LOG("1024 bytes went in %u events", events);
}

TEST_F(guest, triple_fault)
{
	struct vm *vm = &self->vm;
	struct rvf_vcpu_event event;
	struct kvm_sregs sregs;

	vm_code(vm, 0x0f, 0x0b); /* ud2 */
	ASSERT_EQ(0, vm_kvm(vm, 0, KVM_GET_SREGS, &sregs, sizeof(sregs)));
	sregs.idt.limit = 0;
	ASSERT_EQ(0, vm_kvm(vm, 0, KVM_SET_SREGS, &sregs, sizeof(sregs)));
	ASSERT_EQ(0, vm_run(vm, 0));
	event = vm_event(vm, 0);
	EXPECT_EQ(RVF_EVENT_END, event.kind);
	EXPECT_EQ(KVM_EXIT_SHUTDOWN, event.reason);
	/* Its memory is still its own; KVM by itself would lose it */
	vm_code(vm, 0xb0, 'A', 0xee, 0xeb, 0xfe);
	vm_threads(vm, 1);
	vm_ask_run(vm, 1, 0);
	sleep_ms(500);
	ASSERT_EQ(0, vm_kick(vm, 1));
	ASSERT_EQ(0, vm_answer(vm, 1));
	EXPECT_EQ(RVF_EVENT_IO, vm_event(vm, 0).kind);
}

TEST_F(guest, code_where_no_memory_is)
{
	struct vm *vm = &self->vm;
	struct kvm_regs regs = { .rip = 0x9000, .rflags = 2 };
	struct kvm_sregs sregs;
	struct rvf_vcpu_event event;

	vm_code(vm, 0xf4);
	ASSERT_EQ(0, vm_kvm(vm, 0, KVM_GET_SREGS, &sregs, sizeof(sregs)));
	sregs.cs.base = 0x90000;
	sregs.cs.selector = 0x9000;
	ASSERT_EQ(0, vm_kvm(vm, 0, KVM_SET_SREGS, &sregs, sizeof(sregs)));
	ASSERT_EQ(0, vm_kvm(vm, 0, KVM_SET_REGS, &regs, sizeof(regs)));
	ASSERT_EQ(0, vm_run(vm, 0));
	event = vm_event(vm, 0);
	EXPECT_EQ(RVF_EVENT_END, event.kind);
	EXPECT_EQ(KVM_EXIT_INTERNAL_ERROR, event.reason);
	EXPECT_EQ(KVM_INTERNAL_ERROR_EMULATION, event.code);
}

/* ---- no virtualisation inside */

#define EFER_SVME (1u << 12)
#define CR4_VMXE  (1u << 13)
#define MSR_EFER  0xc0000080

TEST_F(guest, svme_in_sregs)
{
	struct vm *vm = &self->vm;
	struct kvm_sregs sregs;
	int result;

	vm_code(vm, 0xee, 0xeb, 0xfe);
	ASSERT_EQ(0, vm_kvm(vm, 0, KVM_GET_SREGS, &sregs, sizeof(sregs)));
	sregs.efer |= EFER_SVME;
	result = vm_kvm(vm, 0, KVM_SET_SREGS, &sregs, sizeof(sregs));
	/* A host without SVM has KVM refuse it */
	EXPECT_EQ(result ? 0 : -EPERM, vm_run(vm, 0));
	sregs.efer &= ~EFER_SVME;
	ASSERT_EQ(0, vm_kvm(vm, 0, KVM_SET_SREGS, &sregs, sizeof(sregs)));
	sregs.cr4 |= CR4_VMXE;
	result = vm_kvm(vm, 0, KVM_SET_SREGS, &sregs, sizeof(sregs));
	if (!result)
		EXPECT_EQ(-EPERM, vm_run(vm, 0));
	sregs.cr4 &= ~CR4_VMXE;
	ASSERT_EQ(0, vm_kvm(vm, 0, KVM_SET_SREGS, &sregs, sizeof(sregs)));
	ASSERT_EQ(0, vm_kick(vm, 1));
	EXPECT_EQ(0, vm_run(vm, 0));
}

TEST_F(guest, svme_in_msr)
{
	struct {
		struct kvm_msrs head;
		struct kvm_msr_entry entry;
	} msrs = { { .nmsrs = 1 }, { .index = MSR_EFER, .data = EFER_SVME } };
	struct vm *vm = &self->vm;
	int set;

	vm_code(vm, 0xee, 0xeb, 0xfe);
	set = vm_kvm(vm, 0, KVM_SET_MSRS, &msrs, sizeof(msrs));
	EXPECT_EQ(set == 1 ? -EPERM : 0, vm_run(vm, 0));
	msrs.entry.data = 0;
	EXPECT_EQ(1, vm_kvm(vm, 0, KVM_SET_MSRS, &msrs, sizeof(msrs)));
	ASSERT_EQ(0, vm_kick(vm, 1));
	EXPECT_EQ(0, vm_run(vm, 0));
}

struct cpuid {
	struct kvm_cpuid2 head;
	struct kvm_cpuid_entry2 entries[100];
};

/* The ecx of a leaf */
static uint32_t *cpuid_ecx(struct cpuid *cpuid, uint32_t function)
{
	for (unsigned int i = 0; i < cpuid->head.nent; i++) {
		if (cpuid->entries[i].function == function)
			return &cpuid->entries[i].ecx;
	}
	die("no leaf %x", function);
}

TEST_F(guest, cpuid)
{
	struct cpuid *cpuid = calloc(1, sizeof(*cpuid));
	struct vm *vm = &self->vm;
	void *there;

	cpuid->head.nent = ARRAY_SIZE(cpuid->entries);
	there = task_put(&vm->task, cpuid, sizeof(*cpuid));
	ASSERT_EQ(0, task_call(&vm->task, SYS_ioctl, vm->fd, KVM_GET_SUPPORTED_CPUID, there));
	memcpy(cpuid, there, sizeof(*cpuid));
	*cpuid_ecx(cpuid, 1) |= 1 << 5;
	*cpuid_ecx(cpuid, 0x80000001) |= 1 << 2;
	ASSERT_EQ(0, vm_kvm(vm, 0, KVM_SET_CPUID2, cpuid, sizeof(*cpuid)));
	cpuid->head.nent = ARRAY_SIZE(cpuid->entries);
	ASSERT_EQ(0, vm_kvm(vm, 0, KVM_GET_CPUID2, cpuid, sizeof(*cpuid)));
	EXPECT_EQ(0, *cpuid_ecx(cpuid, 1) & (1 << 5));
	EXPECT_EQ(0, *cpuid_ecx(cpuid, 0x80000001) & (1 << 2));

	/* And as the guest sees it */
	vm_code(vm, 0x66, 0xb8, 0x01, 0x00, 0x00, 0x80, /* mov eax, 0x80000001 */
		0x0f, 0xa2, /* cpuid */
		0x66, 0x89, 0xc8, /* mov eax, ecx */
		0xba, 0xf8, 0x03, 0x66, 0xef, /* mov dx, 0x3f8; out dx, eax */
		0xeb, 0xfe);
	EXPECT_OUT(vm, 4, *cpuid_ecx(cpuid, 0x80000001));
	/* Neither can it switch it on */
	vm_code(vm, 0x66, 0xb9, 0x80, 0x00, 0x00, 0xc0, /* mov ecx, EFER */
		0x66, 0xb8, 0x00, 0x10, 0x00, 0x00, /* mov eax, SVME */
		0x66, 0x31, 0xd2, /* xor edx, edx */
		0x0f, 0x30, /* wrmsr: #GP */
		0xba, 0xf8, 0x03, 0xee, 0xeb, 0xfe);
	memcpy(vm->memory + 0x2000, "\xba\xf8\x03\xb0\x0d\xee\xeb\xfe", 8);
	memcpy(vm->memory + 13 * 4, "\x00\x20\x00\x00", 4);
	EXPECT_OUT(vm, 1, 13);
}

/* ---- several at once */

static void run_together(struct __test_metadata *_metadata, unsigned int count)
{
	struct vm vm;

	vm_start(&vm, count);
	vm_memory(&vm);
	for (unsigned int i = 0; i < count; i++) {
		unsigned char code[64] = { 0xc6, 0x06, i, 0x80, 1 }; /* mov byte [0x8000+i], 1 */
		unsigned int at = 5;

		/* Until every other one has done that: cmp byte [0x8000+k], 1; jne */
		for (unsigned int k = 0; k < count; k++) {
			memcpy(code + at, (unsigned char[]){ 0x80, 0x3e, k, 0x80, 1, 0x75, 0xf9 },
			       7);
			at += 7;
		}
		memcpy(code + at, (unsigned char[]){ 0xb0, '0' + i, 0xee, 0xeb, 0xfd }, 5);
		vm_code_at(&vm, i, 0x1000 * (i + 1), code, sizeof(code));
	}
	vm_threads(&vm, count);
	for (unsigned int round = 0; round < 100; round++) {
		for (unsigned int i = 0; i < count; i++)
			vm_ask_run(&vm, i + 1, i);
		for (unsigned int i = 0; i < count; i++) {
			char byte;

			ASSERT_EQ(0, vm_answer(&vm, i + 1));
			EXPECT_EQ(RVF_EVENT_IO, vm_event(&vm, i).kind);
			vm_get_data(&vm, i, &byte, 1);
			EXPECT_EQ('0' + i, byte);
		}
	}
	vm_stop(&vm);
}

TEST(two_vcpus)
{
	run_together(_metadata, 2);
}

TEST(four_vcpus)
{
	run_together(_metadata, 4);
}

TEST_HARNESS_MAIN
