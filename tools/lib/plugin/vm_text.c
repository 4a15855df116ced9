// SPDX-License-Identifier: LGPL-2.1-or-later
/* Why a vCPU cannot go on, for people. */
#include <errno.h>
#include <stdio.h>

#include "vm.h"

/* Those with which KVM leaves the guest for good, or because of a mistake. */
static const char *reason_text(__u32 reason)
{
	switch (reason) {
	case KVM_EXIT_SHUTDOWN:
		return "a triple fault";
	case KVM_EXIT_FAIL_ENTRY:
		return "the processor refused to enter the guest";
	case KVM_EXIT_INTERNAL_ERROR:
		return "KVM cannot run this instruction";
	case KVM_EXIT_HLT:
		return "it halted for ever";
	case KVM_EXIT_SYSTEM_EVENT:
		return "it asked to be switched off or reset";
	case KVM_EXIT_HYPERCALL:
		return "a hypercall that nobody answers";
	case KVM_EXIT_EXCEPTION:
		return "an unexpected exception";
	case KVM_EXIT_DEBUG:
		return "a breakpoint that nobody set";
	case KVM_EXIT_UNKNOWN:
		return "an exit of the hardware that KVM does not know";
	case KVM_EXIT_IO:
		return "a string instruction at a port, longer than an event can be";
	default:
		return "an exit that is not handled";
	}
}

static const char *suberror_text(__u64 code)
{
	switch (code) {
	case KVM_INTERNAL_ERROR_EMULATION:
		return "emulation";
	case KVM_INTERNAL_ERROR_SIMUL_EX:
		return "simultaneous exceptions";
	case KVM_INTERNAL_ERROR_DELIVERY_EV:
		return "delivery of an event";
	default:
		return "unexpected exit";
	}
}

static void why(const struct rvf_guest_event *event, char *text, size_t room)
{
	unsigned long long code = event->end.code;
	const char *reason = reason_text(event->end.reason);

	switch (event->end.reason) {
	case KVM_EXIT_INTERNAL_ERROR:
		snprintf(text, room, "%s (%s)", reason, suberror_text(code));
		break;
	case KVM_EXIT_FAIL_ENTRY:
	case KVM_EXIT_UNKNOWN:
		snprintf(text, room, "%s (code %#llx)", reason, code);
		break;
	default:
		snprintf(text, room, "%s (exit %u)", reason, event->end.reason);
	}
}

int rvf_vcpu_end_text(struct rvf_vcpu *vcpu, const struct rvf_guest_event *event, char *text,
		      size_t room)
{
	struct kvm_sregs sregs;
	struct kvm_regs r;
	char reason[128];
	int ret;

	if (event->kind != RVF_GUEST_END)
		return -EINVAL;
	ret = rvf_vcpu_get_regs(vcpu, &r);
	if (ret == 0)
		ret = rvf_vcpu_get_sregs(vcpu, &sregs);
	if (ret < 0)
		return ret;
	why(event, reason, sizeof(reason));
	return snprintf(text, room,
			"%s at cs:rip %x:%llx, rflags %llx, rax %llx rbx %llx rcx %llx rdx %llx "
			"rsi %llx rdi %llx rbp %llx rsp %llx r8 %llx r9 %llx r10 %llx r11 %llx "
			"r12 %llx r13 %llx r14 %llx r15 %llx cr0 %llx cr2 %llx cr3 %llx cr4 %llx "
			"efer %llx",
			reason, sregs.cs.selector, r.rip, r.rflags, r.rax, r.rbx, r.rcx, r.rdx,
			r.rsi, r.rdi, r.rbp, r.rsp, r.r8, r.r9, r.r10, r.r11, r.r12, r.r13, r.r14,
			r.r15, sregs.cr0, sregs.cr2, sregs.cr3, sregs.cr4, sregs.efer);
}
