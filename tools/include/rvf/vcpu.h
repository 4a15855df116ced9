/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * librvf-plugin: the vCPUs of the task's VM. Included by <rvf/vm.h>.
 *
 * A thread that waits for a vCPU's event runs the guest meanwhile.
 */
#ifndef RVF_VCPU_H
#define RVF_VCPU_H

#include <linux/kvm.h>
#include <rvf/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One of the VM's; rvf_guest_vcpu() gets it. */
struct rvf_vcpu;

/**
 * DOC: Events
 */

/**
 * enum rvf_guest_event_kind - What happened
 * @RVF_GUEST_INIT: The first event of each vCPU: set its registers. No vCPU
 *	enters the guest before this event of all of them was resumed.
 * @RVF_GUEST_IO_ACCESS: The guest accessed a reserved range. The vCPU is in the
 *	middle of an instruction.
 * @RVF_GUEST_PAUSED: rvf_guest_pause().
 * @RVF_GUEST_END: The vCPU cannot go on. To resume it makes sense only after
 *	what was wrong with it was mended, as by setting its registers anew.
 * @RVF_GUEST_HYPERV_CALL: A hypercall of Hyper-V's.
 * @RVF_GUEST_HYPERV_SYNIC: The guest set up its Hyper-V interrupt controller.
 */
enum rvf_guest_event_kind {
	RVF_GUEST_INIT = 0,
	RVF_GUEST_IO_ACCESS = 1,
	RVF_GUEST_PAUSED = 2,
	RVF_GUEST_END = 3,
	RVF_GUEST_HYPERV_CALL = 4,
	RVF_GUEST_HYPERV_SYNIC = 5,
};

/**
 * struct rvf_guest_event - An event of a vCPU
 * @kind: One of enum rvf_guest_event_kind; says what else is there.
 * @io: IO_ACCESS.
 * @io.space: One of enum rvf_space.
 * @io.address: Of the first byte.
 * @io.data: Good until the vCPU is resumed. Writing: what the guest wrote.
 *	Reading: zeros, to be replaced by what the guest is to read.
 * @io.length: Bytes of it: the width of one access times @io.count.
 * @io.count: How many accesses, one after the other at the same port: more
 *	than one for string instructions only.
 * @io.is_write: The guest writes.
 * @io.is_async: It is a write to a range of rvf_guest_reserve_async(), and the
 *	vCPU went on: do not resume it. @io.data is good until the next wait.
 * @user: PAUSED: from rvf_guest_pause().
 * @end: END; rvf_vcpu_end_text() says it in words.
 * @end.reason: KVM_EXIT_*.
 * @end.code: What goes with it.
 * @call: HYPERV_CALL.
 * @call.input: Its input value.
 * @call.params: Its parameters.
 * @call.result: Where its result goes, which is 0 otherwise.
 * @synic: HYPERV_SYNIC.
 * @synic.msr: The MSR that was written.
 * @synic.control: HV_X64_MSR_SCONTROL.
 * @synic.event_page: HV_X64_MSR_SIEFP.
 * @synic.message_page: HV_X64_MSR_SIMP.
 *
 * May be copied.
 */
struct rvf_guest_event {
	__u32 kind;
	union {
		struct {
			__u32 space;
			__u64 address;
			__u8 *data;
			__u32 length;
			__u32 count;
			bool is_write;
			bool is_async;
		} io;
		void *user;
		struct {
			__u32 reason;
			__u64 code;
		} end;
		struct {
			__u64 input;
			__u64 params[2];
			__u64 *result;
		} call;
		struct {
			__u32 msr;
			__u64 control;
			__u64 event_page;
			__u64 message_page;
		} synic;
	};
};

/**
 * rvf_vcpu_wait - Run the guest until there is an event
 * @vcpu: The vCPU.
 * @event: Is filled.
 *
 * Before the start it waits for that. Signals do not end it.
 *
 * Once the task is asked to stop, one call for each vCPU returns -ECANCELED,
 * without an event: so a loop around it ends in time. A plugin that lets its
 * guest come to an end by itself waits again.
 *
 * Return: 0 with an event, which rvf_vcpu_resume() has to answer; or a negative
 * errno, without one: -EPROTO the last event was not answered; -EBUSY another
 * thread waits; -ECANCELED; -EFAULT the guest accessed memory whose handle was
 * revoked; -EPERM its registers switch virtualisation on; -EIO the VM is at its
 * end.
 */
int rvf_vcpu_wait(struct rvf_vcpu *vcpu, struct rvf_guest_event *event);

/**
 * rvf_vcpu_resume - Answer an event
 * @vcpu: The vCPU.
 *
 * The guest goes on in the next rvf_vcpu_wait().
 *
 * Return: 0; -EPROTO there is no event, or none that is to be answered; or what
 * KVM says to what rvf_vcpu_defer_regs() and its kin left to be set. Then the
 * vCPU is still at its event, and the set that failed is forgotten.
 */
int rvf_vcpu_resume(struct rvf_vcpu *vcpu);

/**
 * rvf_vcpu_end_text - Say in words why a vCPU cannot go on
 * @vcpu: At an %RVF_GUEST_END.
 * @event: That event.
 * @text: Is filled: one line, without its end, with the registers.
 * @room: How much there is; what does not fit is cut off.
 *
 * The registers are as KVM left them: after a triple fault on AMD they are
 * those of a reset.
 *
 * Return: the length of the whole line, or a negative errno: -EINVAL another
 * event; -EPROTO the vCPU is at none.
 */
int rvf_vcpu_end_text(struct rvf_vcpu *vcpu, const struct rvf_guest_event *event, char *text,
		      size_t room);

/**
 * DOC: Registers
 *
 * Between rvf_vcpu_wait() and rvf_vcpu_resume(): else -EBUSY while the guest
 * runs, and -EPROTO otherwise. What is set is set at once, and an error is
 * KVM's.
 */
int rvf_vcpu_get_regs(struct rvf_vcpu *vcpu, struct kvm_regs *regs);
int rvf_vcpu_set_regs(struct rvf_vcpu *vcpu, const struct kvm_regs *regs);
int rvf_vcpu_get_sregs(struct rvf_vcpu *vcpu, struct kvm_sregs *sregs);
int rvf_vcpu_set_sregs(struct rvf_vcpu *vcpu, const struct kvm_sregs *sregs);
int rvf_vcpu_get_fpu(struct rvf_vcpu *vcpu, struct kvm_fpu *fpu);
int rvf_vcpu_set_fpu(struct rvf_vcpu *vcpu, const struct kvm_fpu *fpu);
int rvf_vcpu_get_debugregs(struct rvf_vcpu *vcpu, struct kvm_debugregs *debugregs);
int rvf_vcpu_set_debugregs(struct rvf_vcpu *vcpu, const struct kvm_debugregs *debugregs);
int rvf_vcpu_get_xcrs(struct rvf_vcpu *vcpu, struct kvm_xcrs *xcrs);
int rvf_vcpu_set_xcrs(struct rvf_vcpu *vcpu, const struct kvm_xcrs *xcrs);
int rvf_vcpu_get_lapic(struct rvf_vcpu *vcpu, struct kvm_lapic_state *state);
int rvf_vcpu_set_lapic(struct rvf_vcpu *vcpu, const struct kvm_lapic_state *state);
int rvf_vcpu_get_events(struct rvf_vcpu *vcpu, struct kvm_vcpu_events *events);
int rvf_vcpu_set_events(struct rvf_vcpu *vcpu, const struct kvm_vcpu_events *events);
int rvf_vcpu_get_mp_state(struct rvf_vcpu *vcpu, struct kvm_mp_state *state);
int rvf_vcpu_set_mp_state(struct rvf_vcpu *vcpu, const struct kvm_mp_state *state);

/**
 * rvf_vcpu_defer_regs - Set registers when the vCPU is resumed
 * @vcpu: The vCPU.
 * @regs: Are copied. They replace those of an earlier call.
 *
 * rvf_vcpu_resume() sets what was deferred: these, then sregs, then debugregs.
 * rvf_vcpu_get_regs() sets them before it gets them, and fails when that does;
 * rvf_vcpu_set_regs() forgets them. Likewise the two below.
 *
 * Return: 0, or the negative errno of a call at the wrong time.
 */
int rvf_vcpu_defer_regs(struct rvf_vcpu *vcpu, const struct kvm_regs *regs);
int rvf_vcpu_defer_sregs(struct rvf_vcpu *vcpu, const struct kvm_sregs *sregs);
int rvf_vcpu_defer_debugregs(struct rvf_vcpu *vcpu, const struct kvm_debugregs *debugregs);

/* The most entries of one call about MSRs or CPUID. */
#define RVF_MAX_VCPU_ENTRIES 256

/**
 * rvf_vcpu_get_msrs - Get model specific registers
 * @vcpu: The vCPU.
 * @count: How many.
 * @entries: Their indexes; their data is filled.
 *
 * Return: how many were got, in order: the one behind them is not there; or a
 * negative errno: -E2BIG more than %RVF_MAX_VCPU_ENTRIES.
 */
int rvf_vcpu_get_msrs(struct rvf_vcpu *vcpu, __u32 count, struct kvm_msr_entry *entries);

/**
 * rvf_vcpu_set_msrs - Set model specific registers
 * @vcpu: The vCPU.
 * @count: How many.
 * @entries: Their indexes and data.
 *
 * Return: how many were set, in order: the one behind them was refused; or a
 * negative errno: -E2BIG more than %RVF_MAX_VCPU_ENTRIES.
 */
int rvf_vcpu_set_msrs(struct rvf_vcpu *vcpu, __u32 count, const struct kvm_msr_entry *entries);

/**
 * rvf_vcpu_get_cpuid - What CPUID tells the guest
 * @vcpu: The vCPU.
 * @room: Room in @entries.
 * @entries: Are filled.
 * @count: How many there are, also when there is too little room.
 *
 * Return: 0 or a negative errno: -E2BIG too little room, no entry was written.
 */
int rvf_vcpu_get_cpuid(struct rvf_vcpu *vcpu, __u32 room, struct kvm_cpuid_entry2 *entries,
		       __u32 *count);

/**
 * rvf_vcpu_set_cpuid - Say what CPUID tells the guest
 * @vcpu: The vCPU.
 * @count: How many entries.
 * @entries: Of their flags only KVM_CPUID_FLAG_SIGNIFCANT_INDEX counts. The
 *	bits that offer virtualisation are cleared by the kernel.
 *
 * At the %RVF_GUEST_INIT: KVM refuses changes later.
 *
 * Return: 0 or a negative errno.
 */
int rvf_vcpu_set_cpuid(struct rvf_vcpu *vcpu, __u32 count, const struct kvm_cpuid_entry2 *entries);

/**
 * rvf_vcpu_get_hyperv_cpuid - What CPUID can tell about Hyper-V
 * @vcpu: The vCPU.
 * @room: Room in @entries.
 * @entries: Are filled.
 * @count: How many there are, also when there is too little room.
 *
 * Return: 0 or a negative errno: -E2BIG too little room, no entry was written;
 * -EINVAL this KVM has no Hyper-V.
 */
int rvf_vcpu_get_hyperv_cpuid(struct rvf_vcpu *vcpu, __u32 room, struct kvm_cpuid_entry2 *entries,
			      __u32 *count);

/**
 * rvf_vcpu_enable - Switch on what KVM has switched off
 * @vcpu: The vCPU.
 * @capability: KVM_CAP_HYPERV_SYNIC or KVM_CAP_HYPERV_SYNIC2.
 *
 * Return: 0 or a negative errno: -EINVAL another one, or this KVM has no
 * Hyper-V.
 */
int rvf_vcpu_enable(struct rvf_vcpu *vcpu, __u32 capability);

#ifdef __cplusplus
}
#endif

#endif /* RVF_VCPU_H */
