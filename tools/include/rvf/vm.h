/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * librvf-plugin: the VM of a task.
 *
 * A component whose recipe has "vm:" owns one VM, the guest, with a fixed
 * number of vCPUs. The library makes both before main() is entered, right
 * after it has bound the process: at no later time would the kernel do it.
 *
 * Threads of the plugin are the vCPUs: the guest runs while a thread is in
 * rvf_vcpu_wait(), and what concerns the plugin comes back from there as an
 * event. Each vCPU wants a thread of its own, which may be another one from
 * event to event.
 *
 *	rvf_vm_connect(&guest);
 *	... memory, reserved ranges ...
 *	rvf_guest_start(guest);
 *	while (rvf_vcpu_wait(vcpu, &event) == 0) {
 *		... answer the event ...
 *		rvf_vcpu_resume(vcpu);
 *	}
 *
 * All calls return a negative errno on failure and never print anything. All
 * of them may be used from several threads. Nothing is to be freed: the VM
 * ends with the process.
 */
#ifndef RVF_VM_H
#define RVF_VM_H

#include <linux/kvm.h>
#include <rvf/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The task's VM, and one of its vCPUs. */
struct rvf_guest;
struct rvf_vcpu;

/**
 * DOC: The VM
 */

/**
 * rvf_vm_connect - Get the task's VM
 * @guest: Is set; the same one each time.
 *
 * The first call starts a thread of the library's, which waits for the task
 * being asked to stop. It blocks all signals.
 *
 * Return: 0 or a negative errno: -EPERM the component has no VM; -ENODEV this
 * host has no KVM, or the supervisor passed none; or whatever else kept the
 * kernel from making it.
 */
int rvf_vm_connect(struct rvf_guest **guest);

/**
 * rvf_guest_vcpu_count - How many vCPUs the VM has
 * @guest: The VM.
 */
unsigned int rvf_guest_vcpu_count(const struct rvf_guest *guest);

/**
 * rvf_guest_vcpu - Get a vCPU
 * @guest: The VM.
 * @index: Counts from 0, the one that boots.
 *
 * Return: the same vCPU each time; NULL when there are fewer.
 */
struct rvf_vcpu *rvf_guest_vcpu(struct rvf_guest *guest, unsigned int index);

/**
 * rvf_guest_memory - Give the guest memory
 * @guest: The VM.
 * @fd: A handle on a region with READ; or a memfd that is sealed against
 *	shrinking (F_SEAL_SHRINK), which counts towards the recipe's
 *	memory. May be closed afterwards.
 * @offset: Of the first byte in @fd; a multiple of 4096.
 * @length: Bytes; a multiple of 4096.
 * @start: Where the guest sees it; a multiple of 4096.
 * @read_only: The guest cannot write to it. A region is read-only in any case.
 * @slot: Names it for rvf_guest_memory_remove(); may be NULL.
 *
 * Before or after the start. See RVF_VM_MAP for what the kernel checks.
 *
 * Return: 0 or a negative errno: -EINVAL not aligned, beyond the end of @fd, or
 * @fd is neither of the two; -EPERM a memfd that is not sealed; -EACCES no
 * READ; -EXDEV a handle of another mount; -EDQUOT more than the recipe's
 * memory; -ENOSPC no slot is left; -EEXIST it overlaps another memory.
 */
int rvf_guest_memory(struct rvf_guest *guest, int fd, __u64 offset, __u64 length, __u64 start,
		     bool read_only, __u32 *slot);

/**
 * rvf_guest_memory_remove - Take memory away from the guest
 * @guest: The VM.
 * @slot: From rvf_guest_memory().
 *
 * Return: 0 or a negative errno: -ENOENT no such slot.
 */
int rvf_guest_memory_remove(struct rvf_guest *guest, __u32 slot);

/**
 * rvf_guest_reserve_range - Ask for the accesses to a range of addresses
 * @guest: The VM.
 * @space: One of enum rvf_space.
 * @start: The first address.
 * @length: How many; 0 removes the reservation that begins at @start.
 *
 * An access whose first byte lies in the range becomes an event. All others
 * that no memory answers read zeros or write nothing, and the plugin is not
 * told. Counts from the next access on, before or after the start.
 *
 * Return: 0 or a negative errno: -EINVAL no such space, or the range wraps
 * round; -EEXIST it overlaps another one; -ENOENT none begins there; -ENOSPC
 * there are %RVF_MAX_VM_RANGES.
 */
int rvf_guest_reserve_range(struct rvf_guest *guest, __u32 space, __u64 start, __u64 length);

/**
 * rvf_guest_start - Let the vCPUs begin
 * @guest: The VM.
 *
 * Threads that wait for their vCPU's first event get it now.
 *
 * Return: 0, or -EINVAL when it was called before.
 */
int rvf_guest_start(struct rvf_guest *guest);

/**
 * rvf_guest_pause - Interrupt vCPUs
 * @guest: The VM.
 * @mask: Bit n: vCPU n; bits above the last vCPU are ignored.
 * @user: Comes back in the event.
 *
 * Each of these vCPUs gets an %RVF_GUEST_PAUSED, also one that halted. Returns
 * at once; a vCPU that is at an event gets it after that. Another pause before
 * the first was delivered only replaces @user. Nothing happens before the
 * start. No signal is sent.
 *
 * Return: 0 or a negative errno.
 */
int rvf_guest_pause(struct rvf_guest *guest, __u64 mask, void *user);

/**
 * rvf_guest_set_irq - Set an interrupt line
 * @guest: The VM.
 * @irq: Its number.
 * @active: Its level.
 *
 * Return: 0 or KVM's negative errno.
 */
int rvf_guest_set_irq(struct rvf_guest *guest, __u32 irq, bool active);

/**
 * rvf_guest_shutdown_eventfd - Get an fd that tells when to end
 * @guest: The VM.
 *
 * An eventfd that becomes readable when the task is asked to stop. Each call
 * gives a new fd of the same eventfd, to be closed by the caller: whatever one
 * thread writes to it wakes the others, and one read takes it all. Writing to
 * it tells nobody else. Programs that wait for nothing else have
 * rvf_wait_stop(), or rvf_task_fd() for their poll.
 *
 * Return: an fd or a negative errno.
 */
int rvf_guest_shutdown_eventfd(struct rvf_guest *guest);

/**
 * rvf_guest_check_extension - Ask what KVM can do
 * @guest: The VM.
 * @extension: KVM_CAP_*.
 *
 * That KVM can does not mean that a plugin may: what it may is in this file.
 *
 * Return: KVM's answer, 0 for no; or a negative errno.
 */
int rvf_guest_check_extension(struct rvf_guest *guest, __u32 extension);

/**
 * rvf_guest_get_supported_cpuid - What CPUID can tell on this host
 * @guest: The VM.
 * @room: Room in @entries.
 * @entries: Are filled.
 * @count: How many there are, also when there is too little room.
 *
 * Virtualisation is not offered to guests, whatever this says.
 *
 * Return: 0 or a negative errno: -E2BIG too little room, no entry was written.
 */
int rvf_guest_get_supported_cpuid(struct rvf_guest *guest, __u32 room,
				  struct kvm_cpuid_entry2 *entries, __u32 *count);

/* As KVM_GET_CLOCK and KVM_SET_CLOCK. */
int rvf_guest_get_clock(struct rvf_guest *guest, struct kvm_clock_data *clock);
int rvf_guest_set_clock(struct rvf_guest *guest, const struct kvm_clock_data *clock);

/**
 * DOC: vCPUs
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
 */
enum rvf_guest_event_kind {
	RVF_GUEST_INIT = 0,
	RVF_GUEST_IO_ACCESS = 1,
	RVF_GUEST_PAUSED = 2,
	RVF_GUEST_END = 3,
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
 * @user: PAUSED: from rvf_guest_pause().
 * @end: END; rvf_vcpu_end_text() says it in words.
 * @end.reason: KVM_EXIT_*.
 * @end.code: What goes with it.
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
		} io;
		void *user;
		struct {
			__u32 reason;
			__u64 code;
		} end;
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
 * Return: 0, or -EPROTO when there is no event.
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
 * Between rvf_vcpu_wait() and rvf_vcpu_resume(), else -EPROTO. What is set is
 * set at once, and an error is KVM's.
 */
int rvf_vcpu_get_regs(struct rvf_vcpu *vcpu, struct kvm_regs *regs);
int rvf_vcpu_set_regs(struct rvf_vcpu *vcpu, const struct kvm_regs *regs);
int rvf_vcpu_get_sregs(struct rvf_vcpu *vcpu, struct kvm_sregs *sregs);
int rvf_vcpu_set_sregs(struct rvf_vcpu *vcpu, const struct kvm_sregs *sregs);
int rvf_vcpu_get_fpu(struct rvf_vcpu *vcpu, struct kvm_fpu *fpu);
int rvf_vcpu_set_fpu(struct rvf_vcpu *vcpu, const struct kvm_fpu *fpu);
int rvf_vcpu_get_debugregs(struct rvf_vcpu *vcpu, struct kvm_debugregs *debugregs);
int rvf_vcpu_set_debugregs(struct rvf_vcpu *vcpu, const struct kvm_debugregs *debugregs);
int rvf_vcpu_get_mp_state(struct rvf_vcpu *vcpu, struct kvm_mp_state *state);
int rvf_vcpu_set_mp_state(struct rvf_vcpu *vcpu, const struct kvm_mp_state *state);

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

#ifdef __cplusplus
}
#endif

#endif /* RVF_VM_H */
