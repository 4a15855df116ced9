// SPDX-License-Identifier: LGPL-2.1-or-later
/* What a vCPU holds. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "task.h"
#include "vm.h"

/* While the guest runs, its registers are nobody's. */
static int check_state(const struct rvf_vcpu *vcpu)
{
	switch (atomic_load(&vcpu->state)) {
	case RVF_VCPU_AT_INIT:
	case RVF_VCPU_AT_EVENT:
		return 0;
	case RVF_VCPU_WAITING:
		return -EBUSY;
	default:
		return -EPROTO;
	}
}

int rvf_vcpu_ioctl(struct rvf_vcpu *vcpu, unsigned long command, void *argument)
{
	int ret = check_state(vcpu);

	return ret < 0 ? ret : rvf_plugin_ioctl(vcpu->fd, command, argument);
}

/* Of other registers than those that may have come with the event. */
static int set(struct rvf_vcpu *vcpu, unsigned long command, const void *argument)
{
	int ret = check_state(vcpu);

	if (ret < 0)
		return ret;
	vcpu->cached = 0;
	return rvf_plugin_ioctl(vcpu->fd, command, (void *)argument);
}

int rvf_vcpu_set_deferred(struct rvf_vcpu *vcpu, unsigned int which)
{
	struct rvf_vcpu_deferred *deferred = &vcpu->deferred;
	const struct {
		unsigned int set;
		unsigned long command;
		void *argument;
	} all[] = {
		{ RVF_VCPU_SET_REGS, KVM_SET_REGS, &deferred->regs },
		{ RVF_VCPU_SET_SREGS, KVM_SET_SREGS, &deferred->sregs },
		{ RVF_VCPU_SET_DEBUGREGS, KVM_SET_DEBUGREGS, &deferred->debugregs },
	};
	unsigned int i;
	int ret;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (!(deferred->has & which & all[i].set))
			continue;
		deferred->has &= ~all[i].set;
		ret = rvf_vcpu_ioctl(vcpu, all[i].command, all[i].argument);
		if (ret < 0)
			return ret;
	}
	return 0;
}

/* What came with the event, as long as nothing of the vCPU was set since. */
static bool take_cached(const struct rvf_vcpu *vcpu, __u32 which, size_t at, void *out, size_t size)
{
	if (check_state(vcpu) < 0 || !(vcpu->cached & which))
		return false;
	memcpy(out, (const __u8 *)vcpu->page + at, size);
	return true;
}

int rvf_vcpu_get_regs(struct rvf_vcpu *vcpu, struct kvm_regs *regs)
{
	int ret = rvf_vcpu_set_deferred(vcpu, RVF_VCPU_SET_REGS);

	if (take_cached(vcpu, RVF_REGISTERS_REGS, RVF_EVENT_REGS, regs, sizeof(*regs)))
		return 0;
	return ret < 0 ? ret : rvf_vcpu_ioctl(vcpu, KVM_GET_REGS, regs);
}

int rvf_vcpu_set_regs(struct rvf_vcpu *vcpu, const struct kvm_regs *regs)
{
	int ret = check_state(vcpu);

	if (ret < 0)
		return ret;
	vcpu->deferred.has &= ~RVF_VCPU_SET_REGS;
	vcpu->cached = 0;
	return rvf_plugin_ioctl(vcpu->fd, KVM_SET_REGS, (void *)regs);
}

int rvf_vcpu_defer_regs(struct rvf_vcpu *vcpu, const struct kvm_regs *regs)
{
	int ret = check_state(vcpu);

	if (ret < 0)
		return ret;
	vcpu->cached = 0;
	vcpu->deferred.regs = *regs;
	vcpu->deferred.has |= RVF_VCPU_SET_REGS;
	return 0;
}

int rvf_vcpu_get_sregs(struct rvf_vcpu *vcpu, struct kvm_sregs *sregs)
{
	int ret = rvf_vcpu_set_deferred(vcpu, RVF_VCPU_SET_SREGS);

	if (take_cached(vcpu, RVF_REGISTERS_SREGS, RVF_EVENT_SREGS, sregs, sizeof(*sregs)))
		return 0;
	return ret < 0 ? ret : rvf_vcpu_ioctl(vcpu, KVM_GET_SREGS, sregs);
}

int rvf_vcpu_set_sregs(struct rvf_vcpu *vcpu, const struct kvm_sregs *sregs)
{
	int ret = check_state(vcpu);

	if (ret < 0)
		return ret;
	vcpu->deferred.has &= ~RVF_VCPU_SET_SREGS;
	vcpu->cached = 0;
	return rvf_plugin_ioctl(vcpu->fd, KVM_SET_SREGS, (void *)sregs);
}

int rvf_vcpu_defer_sregs(struct rvf_vcpu *vcpu, const struct kvm_sregs *sregs)
{
	int ret = check_state(vcpu);

	if (ret < 0)
		return ret;
	vcpu->cached = 0;
	vcpu->deferred.sregs = *sregs;
	vcpu->deferred.has |= RVF_VCPU_SET_SREGS;
	return 0;
}

int rvf_vcpu_get_debugregs(struct rvf_vcpu *vcpu, struct kvm_debugregs *debugregs)
{
	int ret = rvf_vcpu_set_deferred(vcpu, RVF_VCPU_SET_DEBUGREGS);

	if (take_cached(vcpu, RVF_REGISTERS_DEBUGREGS, RVF_EVENT_DEBUGREGS, debugregs,
			sizeof(*debugregs)))
		return 0;
	return ret < 0 ? ret : rvf_vcpu_ioctl(vcpu, KVM_GET_DEBUGREGS, debugregs);
}

int rvf_vcpu_set_debugregs(struct rvf_vcpu *vcpu, const struct kvm_debugregs *debugregs)
{
	int ret = check_state(vcpu);

	if (ret < 0)
		return ret;
	vcpu->deferred.has &= ~RVF_VCPU_SET_DEBUGREGS;
	vcpu->cached = 0;
	return rvf_plugin_ioctl(vcpu->fd, KVM_SET_DEBUGREGS, (void *)debugregs);
}

int rvf_vcpu_defer_debugregs(struct rvf_vcpu *vcpu, const struct kvm_debugregs *debugregs)
{
	int ret = check_state(vcpu);

	if (ret < 0)
		return ret;
	vcpu->cached = 0;
	vcpu->deferred.debugregs = *debugregs;
	vcpu->deferred.has |= RVF_VCPU_SET_DEBUGREGS;
	return 0;
}

int rvf_vcpu_get_fpu(struct rvf_vcpu *vcpu, struct kvm_fpu *fpu)
{
	return rvf_vcpu_ioctl(vcpu, KVM_GET_FPU, fpu);
}

int rvf_vcpu_set_fpu(struct rvf_vcpu *vcpu, const struct kvm_fpu *fpu)
{
	return set(vcpu, KVM_SET_FPU, fpu);
}

int rvf_vcpu_get_xcrs(struct rvf_vcpu *vcpu, struct kvm_xcrs *xcrs)
{
	return rvf_vcpu_ioctl(vcpu, KVM_GET_XCRS, xcrs);
}

int rvf_vcpu_set_xcrs(struct rvf_vcpu *vcpu, const struct kvm_xcrs *xcrs)
{
	return set(vcpu, KVM_SET_XCRS, xcrs);
}

int rvf_vcpu_get_lapic(struct rvf_vcpu *vcpu, struct kvm_lapic_state *state)
{
	return rvf_vcpu_ioctl(vcpu, KVM_GET_LAPIC, state);
}

int rvf_vcpu_set_lapic(struct rvf_vcpu *vcpu, const struct kvm_lapic_state *state)
{
	return set(vcpu, KVM_SET_LAPIC, state);
}

int rvf_vcpu_get_events(struct rvf_vcpu *vcpu, struct kvm_vcpu_events *events)
{
	return rvf_vcpu_ioctl(vcpu, KVM_GET_VCPU_EVENTS, events);
}

int rvf_vcpu_set_events(struct rvf_vcpu *vcpu, const struct kvm_vcpu_events *events)
{
	return set(vcpu, KVM_SET_VCPU_EVENTS, events);
}

int rvf_vcpu_get_mp_state(struct rvf_vcpu *vcpu, struct kvm_mp_state *state)
{
	return rvf_vcpu_ioctl(vcpu, KVM_GET_MP_STATE, state);
}

int rvf_vcpu_set_mp_state(struct rvf_vcpu *vcpu, const struct kvm_mp_state *state)
{
	return set(vcpu, KVM_SET_MP_STATE, state);
}

static int msrs(struct rvf_vcpu *vcpu, unsigned long command, __u32 count,
		const struct kvm_msr_entry *in, struct kvm_msr_entry *out)
{
	size_t bytes = count * sizeof(*in);
	struct kvm_msrs *all;
	int ret;

	if (count > RVF_MAX_VCPU_ENTRIES)
		return -E2BIG;
	all = calloc(1, sizeof(*all) + bytes);
	if (!all)
		return -ENOMEM;
	all->nmsrs = count;
	memcpy(all->entries, in, bytes);
	ret = out ? rvf_vcpu_ioctl(vcpu, command, all) : set(vcpu, command, all);
	if (ret > 0 && out)
		memcpy(out, all->entries, ret * sizeof(*out));
	free(all);
	return ret;
}

int rvf_vcpu_get_msrs(struct rvf_vcpu *vcpu, __u32 count, struct kvm_msr_entry *entries)
{
	return msrs(vcpu, KVM_GET_MSRS, count, entries, entries);
}

int rvf_vcpu_set_msrs(struct rvf_vcpu *vcpu, __u32 count, const struct kvm_msr_entry *entries)
{
	return msrs(vcpu, KVM_SET_MSRS, count, entries, NULL);
}

int rvf_vcpu_enable(struct rvf_vcpu *vcpu, __u32 capability)
{
	struct kvm_enable_cap enable = { .cap = capability };

	if (capability != KVM_CAP_HYPERV_SYNIC && capability != KVM_CAP_HYPERV_SYNIC2)
		return -EINVAL;
	return rvf_vcpu_ioctl(vcpu, KVM_ENABLE_CAP, &enable);
}
