/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * librvf-plugin: interrupts of the task's VM. Included by <rvf/vm.h>.
 *
 * The VM has KVM's own PICs, IOAPIC, local APICs and PIT. All calls work before
 * and after the start. Errors that are not named are KVM's.
 */
#ifndef RVF_VM_IRQ_H
#define RVF_VM_IRQ_H

#include <linux/kvm.h>
#include <rvf/vm.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * rvf_guest_set_irq - Set an interrupt line
 * @guest: The VM.
 * @irq: Its number.
 * @active: Its level.
 *
 * Return: 0 or KVM's negative errno.
 */
int rvf_guest_set_irq(struct rvf_guest *guest, __u32 irq, bool active);

/* The most routes there can be. */
#define RVF_MAX_VM_ROUTES 4096

/**
 * rvf_guest_set_routes - Say where interrupt lines lead
 * @guest: The VM.
 * @count: How many routes.
 * @routes: Replace all that there are.
 *
 * At the beginning the lines lead to the chips, as on a PC.
 *
 * Return: 0 or a negative errno: -E2BIG more than %RVF_MAX_VM_ROUTES; -EINVAL
 * KVM does not take one of them.
 */
int rvf_guest_set_routes(struct rvf_guest *guest, __u32 count,
			 const struct kvm_irq_routing_entry *routes);

/* An eventfd that raises an interrupt line. */
struct rvf_irq_event;

/**
 * rvf_guest_irq_event - Have an eventfd raise an interrupt line
 * @guest: The VM.
 * @irq: The line.
 * @event: Is set.
 *
 * A write to its fd raises the line. When the guest has handled the interrupt,
 * the line is lowered, and the resample fd becomes readable: a device whose
 * cause persists then writes again. Where the line leads to a message, each
 * write sends it; where it leads nowhere, nothing happens.
 *
 * Return: 0 or a negative errno.
 */
int rvf_guest_irq_event(struct rvf_guest *guest, __u32 irq, struct rvf_irq_event **event);

/* Its eventfds, which are closed by rvf_irq_event_free(). */
int rvf_irq_event_fd(const struct rvf_irq_event *event);
int rvf_irq_event_resample_fd(const struct rvf_irq_event *event);

/* Ends it. 0 or a negative errno: then it is still there. */
int rvf_irq_event_free(struct rvf_irq_event *event);

/* The state of the first and of the second PIC. */
int rvf_guest_get_pic(struct rvf_guest *guest, bool primary, struct kvm_pic_state *state);
int rvf_guest_set_pic(struct rvf_guest *guest, bool primary, const struct kvm_pic_state *state);

int rvf_guest_get_ioapic(struct rvf_guest *guest, struct kvm_ioapic_state *state);
int rvf_guest_set_ioapic(struct rvf_guest *guest, const struct kvm_ioapic_state *state);
int rvf_guest_get_pit(struct rvf_guest *guest, struct kvm_pit_state2 *state);
int rvf_guest_set_pit(struct rvf_guest *guest, const struct kvm_pit_state2 *state);

#ifdef __cplusplus
}
#endif

#endif /* RVF_VM_IRQ_H */
