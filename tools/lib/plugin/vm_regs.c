// SPDX-License-Identifier: LGPL-2.1-or-later
/* What a vCPU and its CPUID hold. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "task.h"
#include "vm.h"

/* While the guest runs, its registers are nobody's. */
static int vcpu_ioctl(struct rvf_vcpu *vcpu, unsigned long command, void *argument)
{
	int state = atomic_load(&vcpu->state);

	if (state != RVF_VCPU_AT_INIT && state != RVF_VCPU_AT_EVENT)
		return -EPROTO;
	return rvf_plugin_ioctl(vcpu->fd, command, argument);
}

int rvf_vcpu_get_regs(struct rvf_vcpu *vcpu, struct kvm_regs *regs)
{
	return vcpu_ioctl(vcpu, KVM_GET_REGS, regs);
}

int rvf_vcpu_set_regs(struct rvf_vcpu *vcpu, const struct kvm_regs *regs)
{
	return vcpu_ioctl(vcpu, KVM_SET_REGS, (void *)regs);
}

int rvf_vcpu_get_sregs(struct rvf_vcpu *vcpu, struct kvm_sregs *sregs)
{
	return vcpu_ioctl(vcpu, KVM_GET_SREGS, sregs);
}

int rvf_vcpu_set_sregs(struct rvf_vcpu *vcpu, const struct kvm_sregs *sregs)
{
	return vcpu_ioctl(vcpu, KVM_SET_SREGS, (void *)sregs);
}

int rvf_vcpu_get_fpu(struct rvf_vcpu *vcpu, struct kvm_fpu *fpu)
{
	return vcpu_ioctl(vcpu, KVM_GET_FPU, fpu);
}

int rvf_vcpu_set_fpu(struct rvf_vcpu *vcpu, const struct kvm_fpu *fpu)
{
	return vcpu_ioctl(vcpu, KVM_SET_FPU, (void *)fpu);
}

int rvf_vcpu_get_debugregs(struct rvf_vcpu *vcpu, struct kvm_debugregs *debugregs)
{
	return vcpu_ioctl(vcpu, KVM_GET_DEBUGREGS, debugregs);
}

int rvf_vcpu_set_debugregs(struct rvf_vcpu *vcpu, const struct kvm_debugregs *debugregs)
{
	return vcpu_ioctl(vcpu, KVM_SET_DEBUGREGS, (void *)debugregs);
}

int rvf_vcpu_get_mp_state(struct rvf_vcpu *vcpu, struct kvm_mp_state *state)
{
	return vcpu_ioctl(vcpu, KVM_GET_MP_STATE, state);
}

int rvf_vcpu_set_mp_state(struct rvf_vcpu *vcpu, const struct kvm_mp_state *state)
{
	return vcpu_ioctl(vcpu, KVM_SET_MP_STATE, (void *)state);
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
	ret = vcpu_ioctl(vcpu, command, all);
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

static struct kvm_cpuid2 *cpuid_alloc(__u32 count)
{
	struct kvm_cpuid2 *all = calloc(1, sizeof(*all) + count * sizeof(all->entries[0]));

	if (all)
		all->nent = count;
	return all;
}

/* Of what KVM answered; it is asked with room for all there can be. */
static int cpuid_give(const struct kvm_cpuid2 *all, __u32 room, struct kvm_cpuid_entry2 *entries,
		      __u32 *count)
{
	__u32 i;

	*count = all->nent;
	if (all->nent > room)
		return -E2BIG;
	for (i = 0; i < all->nent; i++) {
		entries[i] = all->entries[i];
		entries[i].flags &= KVM_CPUID_FLAG_SIGNIFCANT_INDEX;
	}
	return 0;
}

int rvf_guest_get_supported_cpuid(struct rvf_guest *guest, __u32 room,
				  struct kvm_cpuid_entry2 *entries, __u32 *count)
{
	struct kvm_cpuid2 *all = cpuid_alloc(RVF_MAX_VCPU_ENTRIES);
	int ret;

	*count = 0;
	if (!all)
		return -ENOMEM;
	ret = rvf_plugin_ioctl(guest->fd, KVM_GET_SUPPORTED_CPUID, all);
	if (ret == 0)
		ret = cpuid_give(all, room, entries, count);
	free(all);
	return ret;
}

int rvf_vcpu_get_cpuid(struct rvf_vcpu *vcpu, __u32 room, struct kvm_cpuid_entry2 *entries,
		       __u32 *count)
{
	struct kvm_cpuid2 *all = cpuid_alloc(RVF_MAX_VCPU_ENTRIES);
	int ret;

	*count = 0;
	if (!all)
		return -ENOMEM;
	ret = vcpu_ioctl(vcpu, KVM_GET_CPUID2, all);
	if (ret == 0)
		ret = cpuid_give(all, room, entries, count);
	free(all);
	return ret;
}

int rvf_vcpu_set_cpuid(struct rvf_vcpu *vcpu, __u32 count, const struct kvm_cpuid_entry2 *entries)
{
	struct kvm_cpuid2 *all;
	__u32 i;
	int ret;

	if (count > RVF_MAX_VCPU_ENTRIES)
		return -E2BIG;
	all = cpuid_alloc(count);
	if (!all)
		return -ENOMEM;
	for (i = 0; i < count; i++) {
		all->entries[i] = entries[i];
		all->entries[i].flags &= KVM_CPUID_FLAG_SIGNIFCANT_INDEX;
		memset(all->entries[i].padding, 0, sizeof(all->entries[i].padding));
	}
	ret = vcpu_ioctl(vcpu, KVM_SET_CPUID2, all);
	free(all);
	return ret;
}
