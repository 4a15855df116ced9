// SPDX-License-Identifier: GPL-2.0-only
/* State that a plugin gets and sets: of the VM's devices, and of a vCPU. */
#include <sched.h>
#include <stddef.h>
#include <stdlib.h>

#include "kselftest_harness.h"
#include "random.h"
#include "util_vm.h"

FIXTURE(state)
{
	struct vm vm;
};

FIXTURE_SETUP(state)
{
	vm_start(&self->vm, 1);
	vm_memory(&self->vm);
}

FIXTURE_TEARDOWN(state)
{
	vm_stop(&self->vm);
}

TEST_F(state, irqchips)
{
	struct kvm_irqchip chip, again;
	struct vm *vm = &self->vm;

	for (unsigned int id = 0; id < 3; id++) {
		chip = (struct kvm_irqchip){ .chip_id = id };
		ASSERT_EQ(0, vm_kvm_vm(vm, KVM_GET_IRQCHIP, &chip, sizeof(chip)));
		if (id < 2)
			chip.chip.pic.irq_base = 0x40 + 8 * id;
		else
			chip.chip.ioapic.redirtbl[3].fields.vector = 0x55;
		ASSERT_EQ(0, vm_kvm_vm(vm, KVM_SET_IRQCHIP, &chip, sizeof(chip)));
		again = (struct kvm_irqchip){ .chip_id = id };
		ASSERT_EQ(0, vm_kvm_vm(vm, KVM_GET_IRQCHIP, &again, sizeof(again)));
		EXPECT_EQ(0, memcmp(&chip, &again, sizeof(chip)));
	}
	chip.chip_id = 3;
	EXPECT_EQ(-EINVAL, vm_kvm_vm(vm, KVM_GET_IRQCHIP, &chip, sizeof(chip)));
	EXPECT_EQ(-EINVAL, vm_kvm_vm(vm, KVM_SET_IRQCHIP, &chip, sizeof(chip)));
}

TEST_F(state, pit)
{
	struct kvm_pit_state2 pit, again;
	struct vm *vm = &self->vm;

	ASSERT_EQ(0, vm_kvm_vm(vm, KVM_GET_PIT2, &pit, sizeof(pit)));
	pit.channels[0].count = 0x1234;
	pit.channels[0].mode = 2;
	ASSERT_EQ(0, vm_kvm_vm(vm, KVM_SET_PIT2, &pit, sizeof(pit)));
	ASSERT_EQ(0, vm_kvm_vm(vm, KVM_GET_PIT2, &again, sizeof(again)));
	EXPECT_EQ(0x1234, again.channels[0].count);
	EXPECT_EQ(2, again.channels[0].mode);
}

TEST_F(state, clock)
{
	struct kvm_clock_data clock;
	struct vm *vm = &self->vm;

	ASSERT_EQ(0, vm_kvm_vm(vm, KVM_GET_CLOCK, &clock, sizeof(clock)));
	memset(&clock, 0, sizeof(clock));
	clock.clock = 1ull << 50;
	ASSERT_EQ(0, vm_kvm_vm(vm, KVM_SET_CLOCK, &clock, sizeof(clock)));
	ASSERT_EQ(0, vm_kvm_vm(vm, KVM_GET_CLOCK, &clock, sizeof(clock)));
	EXPECT_LE(1ull << 50, clock.clock);
	clock.flags = ~0u;
	EXPECT_EQ(-EINVAL, vm_kvm_vm(vm, KVM_SET_CLOCK, &clock, sizeof(clock)));
}

TEST_F(state, lapic)
{
	struct kvm_lapic_state lapic, again;
	struct vm *vm = &self->vm;

	ASSERT_EQ(0, vm_kvm(vm, 0, KVM_GET_LAPIC, &lapic, sizeof(lapic)));
	/* Its task priority */
	lapic.regs[0x80] = 0x30;
	ASSERT_EQ(0, vm_kvm(vm, 0, KVM_SET_LAPIC, &lapic, sizeof(lapic)));
	ASSERT_EQ(0, vm_kvm(vm, 0, KVM_GET_LAPIC, &again, sizeof(again)));
	EXPECT_EQ(0x30, again.regs[0x80]);
}

TEST_F(state, mp_state)
{
	struct kvm_mp_state state = { .mp_state = KVM_MP_STATE_HALTED };
	struct vm *vm = &self->vm;

	ASSERT_EQ(0, vm_kvm(vm, 0, KVM_SET_MP_STATE, &state, sizeof(state)));
	state.mp_state = 0;
	ASSERT_EQ(0, vm_kvm(vm, 0, KVM_GET_MP_STATE, &state, sizeof(state)));
	EXPECT_EQ(KVM_MP_STATE_HALTED, state.mp_state);
	state.mp_state = 1000;
	EXPECT_EQ(-EINVAL, vm_kvm(vm, 0, KVM_SET_MP_STATE, &state, sizeof(state)));
}

TEST_F(state, xcrs)
{
	struct vm *vm = &self->vm;
	struct kvm_xcrs xcrs;
	int result = vm_kvm(vm, 0, KVM_GET_XCRS, &xcrs, sizeof(xcrs));

	if (result == -EINVAL)
		SKIP(return, "the CPU has no XSAVE");
	ASSERT_EQ(0, result);
	ASSERT_EQ(1, xcrs.nr_xcrs);
	EXPECT_EQ(1, xcrs.xcrs[0].value & 1);
	EXPECT_EQ(0, vm_kvm(vm, 0, KVM_SET_XCRS, &xcrs, sizeof(xcrs)));
	/* x87 cannot be off; nor are there more registers than there are */
	xcrs.xcrs[0].value = 0;
	EXPECT_EQ(-EINVAL, vm_kvm(vm, 0, KVM_SET_XCRS, &xcrs, sizeof(xcrs)));
	xcrs.nr_xcrs = 1000;
	EXPECT_EQ(-EINVAL, vm_kvm(vm, 0, KVM_SET_XCRS, &xcrs, sizeof(xcrs)));
}

TEST_F(state, events)
{
	struct kvm_vcpu_events events;
	struct vm *vm = &self->vm;

	ASSERT_EQ(0, vm_kvm(vm, 0, KVM_GET_VCPU_EVENTS, &events, sizeof(events)));
	/* #UD, upon which the guest comes to its handler */
	events.exception.injected = 1;
	events.exception.nr = 6;
	events.exception.has_error_code = 0;
	vm_code(vm, 0xf4);
	memcpy(vm->memory + 0x2000, "\xb0U\xee\xeb\xfe", 5);
	memcpy(vm->memory + 6 * 4, "\x00\x20\x00\x00", 4);
	ASSERT_EQ(0, vm_kvm(vm, 0, KVM_SET_VCPU_EVENTS, &events, sizeof(events)));
	ASSERT_EQ(0, vm_run(vm, 0));
	EXPECT_EQ(RVF_EVENT_IO, vm_event(vm, 0).kind);
	events.flags = ~0u;
	EXPECT_EQ(-EINVAL, vm_kvm(vm, 0, KVM_SET_VCPU_EVENTS, &events, sizeof(events)));
}

TEST_F(state, msrs)
{
	struct {
		struct kvm_msrs head;
		struct kvm_msr_entry entries[2];
	} msrs = { { .nmsrs = 2 }, { { .index = 0x174, .data = 0x77 }, { .index = 0x12345678 } } };
	struct {
		struct kvm_msr_list head;
		uint32_t indices[512];
	} *list = calloc(1, sizeof(*list));
	struct vm *vm = &self->vm;
	bool has = false;

	/* As many as could be */
	EXPECT_EQ(1, vm_kvm(vm, 0, KVM_SET_MSRS, &msrs, sizeof(msrs)));
	msrs.entries[0].data = 0;
	EXPECT_EQ(1, vm_kvm(vm, 0, KVM_GET_MSRS, &msrs, sizeof(msrs)));
	EXPECT_EQ(0x77, msrs.entries[0].data);
	msrs.head.nmsrs = 100000;
	EXPECT_EQ(-E2BIG, vm_kvm(vm, 0, KVM_GET_MSRS, &msrs, sizeof(msrs)));
	EXPECT_EQ(-E2BIG, vm_kvm(vm, 0, KVM_SET_MSRS, &msrs, sizeof(msrs)));

	list->head.nmsrs = 1;
	EXPECT_EQ(-E2BIG, vm_kvm_vm(vm, KVM_GET_MSR_INDEX_LIST, list, sizeof(*list)));
	EXPECT_LT(1, list->head.nmsrs);
	ASSERT_GE(512, list->head.nmsrs);
	ASSERT_EQ(0, vm_kvm_vm(vm, KVM_GET_MSR_INDEX_LIST, list, sizeof(*list)));
	for (unsigned int i = 0; i < list->head.nmsrs; i++)
		has |= list->indices[i] == 0x174;
	EXPECT_TRUE(has);
}

/* ---- CPUID */

struct cpuid {
	struct kvm_cpuid2 head;
	struct kvm_cpuid_entry2 entries[256];
};

static uint32_t cpuid_ecx(const struct cpuid *cpuid, uint32_t function)
{
	for (unsigned int i = 0; i < cpuid->head.nent; i++)
		if (cpuid->entries[i].function == function)
			return cpuid->entries[i].ecx;
	return 0;
}

TEST_F(state, supported_cpuid)
{
	struct cpuid *cpuid = calloc(1, sizeof(*cpuid));
	struct vm *vm = &self->vm;

	cpuid->head.nent = 1;
	EXPECT_EQ(-E2BIG, vm_kvm_vm(vm, KVM_GET_SUPPORTED_CPUID, cpuid, sizeof(*cpuid)));
	cpuid->head.nent = ARRAY_SIZE(cpuid->entries);
	ASSERT_EQ(0, vm_kvm_vm(vm, KVM_GET_SUPPORTED_CPUID, cpuid, sizeof(*cpuid)));
	EXPECT_LT(10, cpuid->head.nent);
	EXPECT_EQ(0, cpuid_ecx(cpuid, 1) & (1 << 5));
	EXPECT_EQ(0, cpuid_ecx(cpuid, 0x80000001) & (1 << 2));
	cpuid->head.nent = ARRAY_SIZE(cpuid->entries);
	EXPECT_EQ(0, vm_kvm_vm(vm, KVM_GET_EMULATED_CPUID, cpuid, sizeof(*cpuid)));
	EXPECT_GE(16, cpuid->head.nent);
}

TEST_F(state, hyperv)
{
	struct cpuid *cpuid = calloc(1, sizeof(*cpuid));
	struct kvm_enable_cap enable = { .cap = KVM_CAP_HYPERV_SYNIC };
	const uint32_t others[] = { 0,
				    KVM_CAP_HYPERV_ENFORCE_CPUID,
				    KVM_CAP_HYPERV_DIRECT_TLBFLUSH,
				    KVM_CAP_HYPERV_ENLIGHTENED_VMCS,
				    KVM_CAP_SPLIT_IRQCHIP,
				    KVM_CAP_ENFORCE_PV_FEATURE_CPUID,
				    1000,
				    ~0u };
	struct vm *vm = &self->vm;
	int result;

	cpuid->head.nent = ARRAY_SIZE(cpuid->entries);
	result = vm_kvm(vm, 0, KVM_GET_SUPPORTED_HV_CPUID, cpuid, sizeof(*cpuid));
	if (result)
		SKIP(return, "KVM has nothing of Hyper-V: %d", result);
	EXPECT_EQ(0x40000000, cpuid->entries[0].function);
	EXPECT_EQ(0, vm_kvm(vm, 0, KVM_ENABLE_CAP, &enable, sizeof(enable)));
	enable.cap = KVM_CAP_HYPERV_SYNIC2;
	EXPECT_EQ(0, vm_kvm(vm, 0, KVM_ENABLE_CAP, &enable, sizeof(enable)));
	enable.args[0] = 1;
	EXPECT_EQ(-EINVAL, vm_kvm(vm, 0, KVM_ENABLE_CAP, &enable, sizeof(enable)));
	enable.args[0] = 0;
	enable.flags = 1;
	EXPECT_EQ(-EINVAL, vm_kvm(vm, 0, KVM_ENABLE_CAP, &enable, sizeof(enable)));
	enable.flags = 0;
	for (unsigned int i = 0; i < ARRAY_SIZE(others); i++) {
		enable.cap = others[i];
		EXPECT_EQ(-EINVAL, vm_kvm(vm, 0, KVM_ENABLE_CAP, &enable, sizeof(enable)));
	}
	/* The VM has none at all */
	EXPECT_EQ(-ENOTTY, vm_kvm_vm(vm, KVM_ENABLE_CAP, &enable, sizeof(enable)));
}

/* ---- a plugin that means harm */

static void fill(void *data, size_t length)
{
	for (size_t i = 0; i < length; i++)
		((unsigned char *)data)[i] = below(256);
}

/* Whatever it sets, the guest does what it can, and the host goes on */
TEST_F(state, at_random)
{
	static const struct {
		unsigned long get, set;
		size_t size;
		bool vcpu;
	} all[] = {
		{ KVM_GET_IRQCHIP, KVM_SET_IRQCHIP, sizeof(struct kvm_irqchip), false },
		{ KVM_GET_PIT2, KVM_SET_PIT2, sizeof(struct kvm_pit_state2), false },
		{ KVM_GET_CLOCK, KVM_SET_CLOCK, sizeof(struct kvm_clock_data), false },
		{ KVM_GET_LAPIC, KVM_SET_LAPIC, sizeof(struct kvm_lapic_state), true },
		{ KVM_GET_XCRS, KVM_SET_XCRS, sizeof(struct kvm_xcrs), true },
	};
	struct vm *vm = &self->vm;
	unsigned char bytes[4096];
	unsigned int taken = 0, told = 0;

	seed(0);
	for (unsigned int round = 0; round < 100; round++) {
		size_t i = round % ARRAY_SIZE(all);
		struct kvm_irqchip *chip = (void *)bytes;

		memset(bytes, 0, sizeof(bytes));
		if (all[i].set == KVM_SET_IRQCHIP)
			chip->chip_id = round / ARRAY_SIZE(all) % 3;
		if (all[i].vcpu)
			vm_kvm(vm, 0, all[i].get, bytes, all[i].size);
		else
			vm_kvm_vm(vm, all[i].get, bytes, all[i].size);
		/* All of it, or a few bytes */
		if (all[i].set == KVM_SET_IRQCHIP)
			fill(&chip->chip, sizeof(chip->chip));
		else if (below(2))
			fill(bytes, all[i].size);
		else
			fill(bytes + below(all[i].size - 4), 4);
		if (all[i].vcpu)
			taken += !vm_kvm(vm, 0, all[i].set, bytes, all[i].size);
		else
			taken += !vm_kvm_vm(vm, all[i].set, bytes, all[i].size);
		/* cli; out; hlt */
		vm_code(vm, 0xfa, 0xee, 0xf4, 0xeb, 0xfd);
		ASSERT_EQ(0, vm_run(vm, 0));
		told += vm_event(vm, 0).kind == RVF_EVENT_IO;
		ASSERT_EQ(0, vm_kick(vm, 1));
		ASSERT_EQ(0, vm_run(vm, 0));
	}
	TH_LOG("%u of 100 were taken, the guest came through %u times", taken, told);
	EXPECT_LT(0, taken);
	EXPECT_LT(0, told);
}

/* While one thread is in RVF_VCPU_RUN, another one gets EBUSY from the vCPU, and none from the VM */
TEST_F(state, busy)
{
	static const unsigned long commands[] = { KVM_GET_LAPIC,       KVM_SET_LAPIC,
						  KVM_GET_XCRS,	       KVM_SET_XCRS,
						  KVM_GET_VCPU_EVENTS, KVM_SET_VCPU_EVENTS,
						  KVM_ENABLE_CAP,      KVM_GET_SUPPORTED_HV_CPUID };
	struct kvm_irqchip chip = { 0 };
	struct vm *vm = &self->vm;
	char bytes[4096] = { 0 };

	vm_code(vm, 0xeb, 0xfe);
	vm_threads(vm, 1);
	vm_ask_run(vm, 1, 0);
	sleep_ms(50);
	for (unsigned int i = 0; i < ARRAY_SIZE(commands); i++)
		EXPECT_EQ(-EBUSY, vm_kvm(vm, 0, commands[i], bytes, sizeof(bytes)));
	EXPECT_EQ(0, vm_kvm_vm(vm, KVM_GET_IRQCHIP, &chip, sizeof(chip)));
	EXPECT_EQ(0, vm_kvm_vm(vm, KVM_SET_IRQCHIP, &chip, sizeof(chip)));
	ASSERT_EQ(0, vm_kick(vm, 1));
	ASSERT_EQ(0, vm_answer(vm, 1));
}

TEST_HARNESS_MAIN
