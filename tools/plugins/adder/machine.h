/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A VM that can add. */
#ifndef RVF_ADDER_MACHINE_H
#define RVF_ADDER_MACHINE_H

#include <stdint.h>

#include <rvf/vm.h>

/**
 * struct machine - The VM
 * @guest: The VM.
 * @vcpu: Its only vCPU, at an event: the guest wants to know how many numbers
 *	there are.
 * @event: That event.
 * @why: Why the guest cannot go on, once -EREMOTEIO was returned.
 */
struct machine {
	struct rvf_guest *guest;
	struct rvf_vcpu *vcpu;
	struct rvf_guest_event event;
	char why[512];
};

/*
 * Starts the code in a region. Returns 0 or a negative errno: -ENODEV there is
 * no KVM.
 */
int machine_start(struct machine *machine, int region);

/*
 * Has the guest add numbers up. Returns 0 or a negative errno: -EREMOTEIO the
 * guest did something else; -ECANCELED the task is asked to stop.
 */
int machine_add(struct machine *machine, const int32_t *numbers, uint32_t count, int64_t *total);

/* Whether each fd of the process refuses to take raw commands of KVM's. */
bool machine_refuses_kvm(void);

#endif /* RVF_ADDER_MACHINE_H */
