// SPDX-License-Identifier: GPL-2.0-only
/* Exits of KVM's Hyper-V emulation. */
#include <stdlib.h>

#include "kselftest_harness.h"
#include "util_vm.h"

#define HV_GUEST_OS_ID	    0x40000000
#define HV_SCONTROL	    0x40000080
#define HV_SIEFP	    0x40000082
#define HVCALL_POST_MESSAGE 0x5c

struct cpuid {
	struct kvm_cpuid2 head;
	struct kvm_cpuid_entry2 entries[256];
};

FIXTURE(hyperv)
{
	struct vm vm;
	bool none;
};

FIXTURE_SETUP(hyperv)
{
	struct kvm_enable_cap enable = { .cap = KVM_CAP_HYPERV_SYNIC };
	struct cpuid *cpuid = calloc(1, sizeof(*cpuid));
	struct vm *vm = &self->vm;

	vm_start(vm, 1);
	vm_memory(vm);
	cpuid->head.nent = ARRAY_SIZE(cpuid->entries);
	if (vm_kvm(vm, 0, KVM_GET_SUPPORTED_HV_CPUID, cpuid, sizeof(*cpuid))) {
		self->none = true;
		return;
	}
	ASSERT_EQ(0, vm_kvm(vm, 0, KVM_SET_CPUID2, cpuid, sizeof(*cpuid)));
	ASSERT_EQ(0, vm_kvm(vm, 0, KVM_ENABLE_CAP, &enable, sizeof(enable)));
	free(cpuid);
}

FIXTURE_TEARDOWN(hyperv)
{
	vm_stop(&self->vm);
}

/* Others that KVM has for a vCPU are not passed on */
TEST_F(hyperv, another_capability)
{
	static const uint32_t others[] = { KVM_CAP_ENFORCE_PV_FEATURE_CPUID,
					   KVM_CAP_HYPERV_ENFORCE_CPUID, 0, ~0u };

	for (unsigned int i = 0; i < ARRAY_SIZE(others); i++) {
		struct kvm_enable_cap enable = { .cap = others[i], .args = { 1 } };

		EXPECT_EQ(-EINVAL, vm_kvm(&self->vm, 0, KVM_ENABLE_CAP, &enable, sizeof(enable)));
	}
}

TEST_F(hyperv, synic)
{
	struct rvf_hyperv_synic synic;
	struct vm *vm = &self->vm;

	if (self->none)
		SKIP(return, "KVM has nothing of Hyper-V");
	vm_code(vm, 0x66, 0xb9, 0x82, 0x00, 0x00, 0x40, /* mov ecx, SIEFP */
		0x66, 0xb8, 0x01, 0x50, 0x00, 0x00, /* mov eax, 0x5001 */
		0x66, 0x31, 0xd2, 0x0f, 0x30, /* xor edx, edx; wrmsr */
		0xba, VM_PORT & 0xff, VM_PORT >> 8, 0xee, 0xeb, 0xfe);
	ASSERT_EQ(0, vm_run(vm, 0));
	ASSERT_EQ(RVF_EVENT_SYNIC, vm_event(vm, 0).kind);
	vm_get_data(vm, 0, &synic, sizeof(synic));
	EXPECT_EQ(HV_SIEFP, synic.msr);
	EXPECT_EQ(0x5001, synic.evt_page);
	EXPECT_EQ(0, synic.msg_page);
	ASSERT_EQ(0, vm_run(vm, 0));
	EXPECT_EQ(RVF_EVENT_IO, vm_event(vm, 0).kind);
}

static void flat(struct kvm_segment *segment, unsigned int selector, unsigned int type)
{
	*segment = (struct kvm_segment){
		.limit = ~0u,
		.selector = selector,
		.type = type,
		.present = 1,
		.db = 1,
		.s = 1,
		.g = 1,
	};
}

/* Hypercalls are for protected mode: 32 bits, all of memory */
static void protected_code(struct vm *vm, const void *code, size_t length)
{
	struct kvm_sregs sregs;

	vm_code_at(vm, 0, 0x1000, code, length);
	must_rvf(vm_kvm(vm, 0, KVM_GET_SREGS, &sregs, sizeof(sregs)));
	sregs.cr0 |= 1;
	flat(&sregs.cs, 8, 11);
	flat(&sregs.ds, 16, 3);
	flat(&sregs.es, 16, 3);
	flat(&sregs.ss, 16, 3);
	must_rvf(vm_kvm(vm, 0, KVM_SET_SREGS, &sregs, sizeof(sregs)));
}

TEST_F(hyperv, hypercall)
{
	static const unsigned char amd[] = {
		0x31,
		0xd2, /* xor edx, edx: the input's upper half */
		0xb8,
		HVCALL_POST_MESSAGE,
		0,
		0,
		0, /* mov eax, the call */
		0x31,
		0xdb,
		0xb9,
		0x00,
		0x60,
		0,
		0, /* ebx:ecx: parameters */
		0x31,
		0xff,
		0xbe,
		0x00,
		0x70,
		0,
		0, /* edi:esi: results */
		0x0f,
		0x01,
		0xd9, /* vmmcall; KVM makes it what the CPU has */
		0x66,
		0xba,
		VM_PORT & 0xff,
		VM_PORT >> 8,
		0xef, /* mov dx, VM_PORT; out dx, eax */
		0xeb,
		0xfe,
	};
	struct {
		struct kvm_msrs head;
		struct kvm_msr_entry entry;
	} os_id = { { .nmsrs = 1 }, { .index = HV_GUEST_OS_ID, .data = 1 } };
	uint64_t result = 0x123;
	struct rvf_hyperv_call call;
	struct vm *vm = &self->vm;
	uint32_t told = 0;

	if (self->none)
		SKIP(return, "KVM has nothing of Hyper-V");
	ASSERT_EQ(1, vm_kvm(vm, 0, KVM_SET_MSRS, &os_id, sizeof(os_id)));
	protected_code(vm, amd, sizeof(amd));
	ASSERT_EQ(0, vm_run(vm, 0));
	ASSERT_EQ(RVF_EVENT_HYPERCALL, vm_event(vm, 0).kind);
	vm_get_data(vm, 0, &call, sizeof(call));
	EXPECT_EQ(0, call.result);
	EXPECT_EQ(HVCALL_POST_MESSAGE, call.input);
	EXPECT_EQ(0x6000, call.params[0]);
	EXPECT_EQ(0x7000, call.params[1]);
	vm_put_data(vm, 0, &result, sizeof(result));
	ASSERT_EQ(0, vm_run(vm, 0));
	ASSERT_EQ(RVF_EVENT_IO, vm_event(vm, 0).kind);
	vm_get_data(vm, 0, &told, sizeof(told));
	EXPECT_EQ(0x123, told);
}

TEST_HARNESS_MAIN
