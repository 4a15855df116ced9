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
 * event to event. <rvf/vcpu.h> has what concerns a vCPU, <rvf/vm_irq.h> what
 * concerns interrupts.
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
 * of them may be used from several threads. Nothing need be freed: the VM ends
 * with the process, and all that belongs to it does.
 */
#ifndef RVF_VM_H
#define RVF_VM_H

#include <linux/kvm.h>
#include <rvf/plugin.h>
#include <rvf/vcpu.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The task's VM. */
struct rvf_guest;

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
 * @flags: Bits of enum rvf_vm_map_flags. A region is read-only in any case, but
 *	for a slab's with WRITE.
 * @slot: Names it for rvf_guest_memory_remove(); may be NULL.
 *
 * Before or after the start. See RVF_VM_MAP for what the kernel checks.
 *
 * Return: 0 or a negative errno: -EINVAL not aligned, beyond the end of @fd, or
 * @fd is neither of the two; -EPERM a memfd that is not sealed, or against
 * writing; -EACCES no READ; -EXDEV a handle of another mount; -EDQUOT more than
 * the recipe's memory; -ENOSPC no slot is left; -EEXIST it overlaps another
 * memory.
 */
int rvf_guest_memory(struct rvf_guest *guest, int fd, __u64 offset, __u64 length, __u64 start,
		     __u32 flags, __u32 *slot);

/**
 * rvf_guest_memory_remove - Take memory away from the guest
 * @guest: The VM.
 * @slot: From rvf_guest_memory().
 *
 * Return: 0 or a negative errno: -ENOENT no such slot.
 */
int rvf_guest_memory_remove(struct rvf_guest *guest, __u32 slot);

/**
 * rvf_guest_dirty_log - Which pages of a memory the guest wrote to
 * @guest: The VM.
 * @slot: From rvf_guest_memory() with %RVF_VM_MAP_DIRTY_LOG.
 * @log: A bit for each page, bit 0 of byte 0 first.
 * @room: Bytes of @log; those behind the last page's are left alone.
 *
 * Tells what was written since the last call, or since it was made. What the
 * plugin itself writes does not count.
 *
 * Return: 0 or a negative errno: -ENOENT no such slot, or it has no log; -E2BIG
 * too little room.
 */
int rvf_guest_dirty_log(struct rvf_guest *guest, __u32 slot, __u8 *log, size_t room);

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
 * rvf_guest_reserve_async - Ask to be told of the writes to a range
 * @guest: The VM.
 * @space: One of enum rvf_space.
 * @start: The first address.
 * @length: How many; 0 removes the reservation that begins at @start.
 *
 * As rvf_guest_reserve_range(), but the vCPU goes on: a write becomes an event
 * that is not to be resumed, in the order of the writes; a read gives zeros. For
 * what needs no answer, this is faster.
 *
 * Return: As rvf_guest_reserve_range(). Either removes what the other made.
 */
int rvf_guest_reserve_async(struct rvf_guest *guest, __u32 space, __u64 start, __u64 length);

/**
 * rvf_guest_set_hint - Say after which access registers will be asked for
 * @guest: The VM.
 * @space: One of enum rvf_space.
 * @address: Of the access's first byte; 0, with no @flags and @count: none.
 * @flags: Bits of enum rvf_hint_flags: a write; otherwise a read.
 * @details: The first one that matches says which registers are wanted beside
 *	the general ones.
 * @count: How many; at most %RVF_MAX_HINT_DETAILS.
 *
 * Such an access brings these registers along, so that to get them is no system
 * call. Replaces the earlier hint, and changes nothing else.
 *
 * Return: 0 or a negative errno: -EINVAL no such space, no address, or too many
 * details; -EOPNOTSUPP unknown flags, or a reserved field that is not 0.
 */
int rvf_guest_set_hint(struct rvf_guest *guest, __u32 space, __u64 address, __u32 flags,
		       const struct rvf_hint_detail *details, __u32 count);

/* An eventfd that writes add to. */
struct rvf_io_event;

/**
 * rvf_guest_io_event - Have the guest's writes add to an eventfd
 * @guest: The VM.
 * @space: One of enum rvf_space.
 * @address: The address.
 * @width: Of a write that counts, in bytes: 1, 2, 4 or 8; 0: any.
 * @match: @width bytes: a write counts that has these; NULL: any.
 * @event: Is set.
 *
 * The vCPU does not stop for them, and reservations do not see them.
 *
 * Return: 0 or a negative errno: -EINVAL no such space or width; -EEXIST there
 * is such an event.
 */
int rvf_guest_io_event(struct rvf_guest *guest, __u32 space, __u64 address, __u32 width,
		       const void *match, struct rvf_io_event **event);

/* Its eventfd, which is closed by rvf_io_event_free(). */
int rvf_io_event_fd(const struct rvf_io_event *event);

/* Ends it. 0 or a negative errno: then it is still there. */
int rvf_io_event_free(struct rvf_io_event *event);

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
 * rvf_guest_shutdown - Let the VM end
 * @guest: The VM.
 *
 * What happens when the task is asked to stop: one rvf_vcpu_wait() of each vCPU
 * returns -ECANCELED, and the eventfd becomes readable.
 */
void rvf_guest_shutdown(struct rvf_guest *guest);

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

/* Likewise, of what KVM emulates. */
int rvf_guest_get_emulated_cpuid(struct rvf_guest *guest, __u32 room,
				 struct kvm_cpuid_entry2 *entries, __u32 *count);

/**
 * rvf_guest_get_msr_indexes - The MSRs that a vCPU's state consists of
 * @guest: The VM.
 * @room: Room in @indexes.
 * @indexes: Are filled.
 * @count: How many there are, also when there is too little room.
 *
 * Return: 0 or a negative errno: -E2BIG too little room, none was written.
 */
int rvf_guest_get_msr_indexes(struct rvf_guest *guest, __u32 room, __u32 *indexes, __u32 *count);

/**
 * rvf_guest_identity_map - Where KVM has a page of its own for real mode
 * @guest: The VM.
 *
 * On processors that need one, this page of the guest's addresses is not the
 * guest's. The recipe can say where; otherwise KVM chooses.
 */
__u64 rvf_guest_identity_map(const struct rvf_guest *guest);

/* As KVM_GET_CLOCK and KVM_SET_CLOCK. */
int rvf_guest_get_clock(struct rvf_guest *guest, struct kvm_clock_data *clock);
int rvf_guest_set_clock(struct rvf_guest *guest, const struct kvm_clock_data *clock);

#ifdef __cplusplus
}
#endif

#include <rvf/vm_irq.h>

#endif /* RVF_VM_H */
