/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef RVF_PLUGIN_CROSVM_INTERNAL_H
#define RVF_PLUGIN_CROSVM_INTERNAL_H

#include <rvf/vm.h>

struct crosvm;
struct crosvm_vcpu;

static inline struct rvf_guest *guest_of(struct crosvm *self)
{
	return (struct rvf_guest *)self;
}

static inline struct rvf_vcpu *vcpu_of(struct crosvm_vcpu *vcpu)
{
	return (struct rvf_vcpu *)vcpu;
}

#endif /* RVF_PLUGIN_CROSVM_INTERNAL_H */
