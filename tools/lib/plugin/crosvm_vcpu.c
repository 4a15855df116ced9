// SPDX-License-Identifier: LGPL-2.1-or-later
/* crosvm's plugin API: what a vCPU holds. */
#include <errno.h>

#include <crosvm/crosvm.h>

#include "crosvm_internal.h"

int crosvm_vcpu_get_regs(struct crosvm_vcpu *vcpu, struct kvm_regs *regs)
{
	return rvf_vcpu_get_regs(vcpu_of(vcpu), regs);
}

int crosvm_vcpu_set_regs(struct crosvm_vcpu *vcpu, const struct kvm_regs *regs)
{
	return rvf_vcpu_defer_regs(vcpu_of(vcpu), regs);
}

int crosvm_vcpu_get_sregs(struct crosvm_vcpu *vcpu, struct kvm_sregs *sregs)
{
	return rvf_vcpu_get_sregs(vcpu_of(vcpu), sregs);
}

int crosvm_vcpu_set_sregs(struct crosvm_vcpu *vcpu, const struct kvm_sregs *sregs)
{
	return rvf_vcpu_defer_sregs(vcpu_of(vcpu), sregs);
}

int crosvm_vcpu_get_debugregs(struct crosvm_vcpu *vcpu, struct kvm_debugregs *debugregs)
{
	return rvf_vcpu_get_debugregs(vcpu_of(vcpu), debugregs);
}

int crosvm_vcpu_set_debugregs(struct crosvm_vcpu *vcpu, const struct kvm_debugregs *debugregs)
{
	return rvf_vcpu_defer_debugregs(vcpu_of(vcpu), debugregs);
}

int crosvm_vcpu_get_fpu(struct crosvm_vcpu *vcpu, struct kvm_fpu *fpu)
{
	return rvf_vcpu_get_fpu(vcpu_of(vcpu), fpu);
}

int crosvm_vcpu_set_fpu(struct crosvm_vcpu *vcpu, const struct kvm_fpu *fpu)
{
	return rvf_vcpu_set_fpu(vcpu_of(vcpu), fpu);
}

int crosvm_vcpu_get_xcrs(struct crosvm_vcpu *vcpu, struct kvm_xcrs *xcrs)
{
	return rvf_vcpu_get_xcrs(vcpu_of(vcpu), xcrs);
}

int crosvm_vcpu_set_xcrs(struct crosvm_vcpu *vcpu, const struct kvm_xcrs *xcrs)
{
	return rvf_vcpu_set_xcrs(vcpu_of(vcpu), xcrs);
}

int crosvm_vcpu_get_lapic_state(struct crosvm_vcpu *vcpu, struct kvm_lapic_state *state)
{
	return rvf_vcpu_get_lapic(vcpu_of(vcpu), state);
}

int crosvm_vcpu_set_lapic_state(struct crosvm_vcpu *vcpu, const struct kvm_lapic_state *state)
{
	return rvf_vcpu_set_lapic(vcpu_of(vcpu), state);
}

int crosvm_vcpu_get_mp_state(struct crosvm_vcpu *vcpu, struct kvm_mp_state *state)
{
	return rvf_vcpu_get_mp_state(vcpu_of(vcpu), state);
}

int crosvm_vcpu_set_mp_state(struct crosvm_vcpu *vcpu, const struct kvm_mp_state *state)
{
	return rvf_vcpu_set_mp_state(vcpu_of(vcpu), state);
}

int crosvm_vcpu_get_vcpu_events(struct crosvm_vcpu *vcpu, struct kvm_vcpu_events *events)
{
	return rvf_vcpu_get_events(vcpu_of(vcpu), events);
}

int crosvm_vcpu_set_vcpu_events(struct crosvm_vcpu *vcpu, const struct kvm_vcpu_events *events)
{
	return rvf_vcpu_set_events(vcpu_of(vcpu), events);
}

int crosvm_vcpu_get_msrs(struct crosvm_vcpu *vcpu, uint32_t msr_count,
			 struct kvm_msr_entry *msr_entries, uint32_t *out_count)
{
	int ret = rvf_vcpu_get_msrs(vcpu_of(vcpu), msr_count, msr_entries);

	*out_count = ret < 0 ? 0 : ret;
	return ret < 0 ? ret : 0;
}

int crosvm_vcpu_set_msrs(struct crosvm_vcpu *vcpu, uint32_t msr_count,
			 const struct kvm_msr_entry *msr_entries)
{
	int ret = rvf_vcpu_set_msrs(vcpu_of(vcpu), msr_count, msr_entries);

	if (ret < 0)
		return ret;
	return (uint32_t)ret == msr_count ? 0 : -EINVAL;
}

int crosvm_vcpu_set_cpuid(struct crosvm_vcpu *vcpu, uint32_t cpuid_count,
			  const struct kvm_cpuid_entry2 *cpuid_entries)
{
	return rvf_vcpu_set_cpuid(vcpu_of(vcpu), cpuid_count, cpuid_entries);
}

int crosvm_get_hyperv_cpuid(struct crosvm_vcpu *vcpu, uint32_t entry_count,
			    struct kvm_cpuid_entry2 *cpuid_entries, uint32_t *out_count)
{
	return rvf_vcpu_get_hyperv_cpuid(vcpu_of(vcpu), entry_count, cpuid_entries, out_count);
}

int crosvm_vcpu_enable_capability(struct crosvm_vcpu *vcpu, uint32_t capability, uint32_t flags,
				  uint64_t args[4])
{
	if (flags || args[0] || args[1] || args[2] || args[3])
		return -EINVAL;
	return rvf_vcpu_enable(vcpu_of(vcpu), capability);
}
