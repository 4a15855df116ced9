// SPDX-License-Identifier: GPL-2.0-only
/* Hyper-V's calls and interrupt controller, where KVM has them. */
#include <errno.h>

#include "api.h"

#define PORT		CROSVM_ADDRESS_SPACE_IOPORT
#define MSR_GUEST_OS_ID 0x40000000
#define MSR_SCONTROL	0x40000080
#define POST_MESSAGE	0x5c

/* In protected mode */
__asm__(".pushsection .rodata\n.code32\nguest_hyperv:\n"
	"mov $0x40000080, %ecx\n"
	"mov $1, %eax\n"
	"xor %edx, %edx\n"
	"wrmsr\n"
	"xor %edx, %edx\n"
	"mov $0x5c, %eax\n"
	"xor %ebx, %ebx\n"
	"mov $0x1234, %ecx\n"
	"xor %edi, %edi\n"
	"mov $0x5678, %esi\n"
	".globl guest_hyperv_call\n"
	"guest_hyperv_call:\n"
	"vmmcall\n"
	"mov $0x400, %dx\n"
	"out %eax, %dx\n"
	"hlt\n"
	"guest_hyperv_end:\n.code64\n.popsection\n");
extern const uint8_t guest_hyperv[], guest_hyperv_end[], guest_hyperv_call[];

static int go_to_protected(struct crosvm_vcpu *vcpu)
{
	struct kvm_segment flat = { .limit = ~0u, .present = 1, .s = 1, .db = 1, .g = 1 };
	struct kvm_regs regs = { .rflags = 2, .rip = CODE, .rsp = 0x8000 };
	struct kvm_sregs sregs;
	int ret = crosvm_vcpu_get_sregs(vcpu, &sregs);

	if (ret)
		return ret;
	flat.selector = 0x10;
	flat.type = 3;
	sregs.ds = flat;
	sregs.es = flat;
	sregs.fs = flat;
	sregs.gs = flat;
	sregs.ss = flat;
	flat.selector = 8;
	flat.type = 11;
	sregs.cs = flat;
	sregs.cr0 |= 1;
	ret = crosvm_vcpu_set_sregs(vcpu, &sregs);
	return ret ? ret : crosvm_vcpu_set_regs(vcpu, &regs);
}

static void test_cpuid(struct crosvm_vcpu *vcpu, struct kvm_cpuid_entry2 *entries, uint32_t *count)
{
	uint64_t args[4] = { 0 }, bad[4] = { 0, 0, 1, 0 };
	uint32_t less;
	int ret = crosvm_get_hyperv_cpuid(vcpu, 256, entries, count);

	tap_ok(ret == 0 || (ret == -EINVAL && *count == 0), "its CPUID, or -EINVAL");
	printf("# crosvm_get_hyperv_cpuid: %d, %u entries\n", ret, *count);
	if (*count) {
		tap_equal(crosvm_get_hyperv_cpuid(vcpu, 1, entries, &less), -E2BIG,
			  "with too little room");
		tap_equal(less, *count, "the number nevertheless");
	}
	tap_equal(crosvm_vcpu_enable_capability(vcpu, KVM_CAP_HYPERV_SYNIC, 1, args), -EINVAL,
		  "flags");
	tap_equal(crosvm_vcpu_enable_capability(vcpu, KVM_CAP_HYPERV_SYNIC, 0, bad), -EINVAL,
		  "an argument");
	tap_equal(crosvm_vcpu_enable_capability(vcpu, KVM_CAP_X86_DISABLE_EXITS, 0, args), -EINVAL,
		  "another capability");
}

static void test_events_of_guest(struct crosvm_vcpu *vcpu)
{
	struct crosvm_vcpu_event event;

	api_next(vcpu, &event, CROSVM_VCPU_EVENT_KIND_HYPERV_SYNIC, "its interrupt controller");
	tap_ok(event.hyperv_synic.msr == MSR_SCONTROL && event.hyperv_synic.control == 1 &&
		       event.hyperv_synic.evt_page == 0 && event.hyperv_synic.msg_page == 0,
	       "is switched on");
	api_next(vcpu, &event, CROSVM_VCPU_EVENT_KIND_HYPERV_HCALL, "a hypercall");
	tap_ok((event.hyperv_call.input & 0xffff) == POST_MESSAGE &&
		       event.hyperv_call.params[0] == 0x1234 &&
		       event.hyperv_call.params[1] == 0x5678,
	       "with its parameters");
	tap_equal(*event.hyperv_call.result, 0, "and room for a result");
	*event.hyperv_call.result = 0x5a5b;
	api_next_io(vcpu, &event, PORT, 0x400, 4, true, "the guest goes on");
	tap_ok(!memcmp(event.io_access.data, "\x5b\x5a\0\0", 4), "with the result");
}

/* KVM has it on Intel with the one and on AMD with the other instruction. */
static bool is_amd(const struct kvm_cpuid_entry2 *entries, uint32_t count)
{
	uint32_t i;

	for (i = 0; i < count; i++)
		if (entries[i].function == 0)
			return entries[i].ebx == 0x68747541;
	return false;
}

void test_hyperv(void)
{
	static struct kvm_cpuid_entry2 host[256], entries[256], all[256];
	struct kvm_msr_entry id = { .index = MSR_GUEST_OS_ID, .data = 1 };
	uint32_t count, hosts, i, n = 0;
	uint64_t args[4] = { 0 };
	struct crosvm_vcpu *vcpu;

	api_connect();
	crosvm_reserve_range(crosvm, PORT, 0x400, 4);
	crosvm_get_supported_cpuid(crosvm, 256, host, &hosts);
	vcpu = api_boot(guest_hyperv, guest_hyperv_end);
	test_cpuid(vcpu, entries, &count);
	if (!count || crosvm_vcpu_enable_capability(vcpu, KVM_CAP_HYPERV_SYNIC2, 0, args)) {
		tap_ok(true, "# SKIP this KVM has no Hyper-V");
		return;
	}
	/* What Hyper-V says instead of what KVM says of itself */
	for (i = 0; i < hosts; i++)
		if (host[i].function >> 8 != 0x400000)
			all[n++] = host[i];
	crosvm_get_hyperv_cpuid(vcpu, 256, entries, &count);
	for (i = 0; i < count && n < 256; i++)
		all[n++] = entries[i];
	tap_equal(crosvm_vcpu_set_cpuid(vcpu, n, all), 0, "CPUID says that it is Hyper-V");
	tap_equal(crosvm_vcpu_set_msrs(vcpu, 1, &id), 0, "the guest says who it is");
	tap_equal(go_to_protected(vcpu), 0, "it has hypercalls in protected mode");
	if (!is_amd(host, hosts))
		memcpy(memory + CODE + (guest_hyperv_call - guest_hyperv), "\x0f\x01\xc1", 3);
	test_events_of_guest(vcpu);
}
