// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM's own commands that VM and vCPU fds pass on: everything that is not
 * listed here stays out of a plugin's reach. KVM copies the caller's struct
 * once and checks it; where the module looks at it before, it says what
 * becomes of one that another thread changes in between.
 */
#include <linux/kvm_host.h>
#include <linux/sched/signal.h>
#include <linux/srcu.h>
#include <linux/uaccess.h>
#include "vm.h"

#define RVF_CPUID_VMX_LEAF 1
#define RVF_CPUID_VMX_ECX BIT(5)
#define RVF_CPUID_SVM_LEAF 0x80000001
#define RVF_CPUID_SVM_ECX BIT(2)

/* The bits of a leaf's ECX that offer virtualisation. */
static u32 rvf_cpuid_nested(u32 function)
{
	switch (function) {
	case RVF_CPUID_VMX_LEAF:
		return RVF_CPUID_VMX_ECX;
	case RVF_CPUID_SVM_LEAF:
		return RVF_CPUID_SVM_ECX;
	default:
		return 0;
	}
}

/* In the plugin's own memory, from where KVM will copy it, or has copied to. */
static int rvf_mask_cpuid(struct kvm_cpuid2 __user *cpuid)
{
	u32 count, function, ecx, i;

	if (get_user(count, &cpuid->nent))
		return -EFAULT;
	if (count > KVM_MAX_CPUID_ENTRIES)
		return -E2BIG;
	for (i = 0; i < count; i++) {
		struct kvm_cpuid_entry2 __user *entry = &cpuid->entries[i];

		if (get_user(function, &entry->function) ||
		    get_user(ecx, &entry->ecx))
			return -EFAULT;
		if ((ecx & rvf_cpuid_nested(function)) &&
		    put_user(ecx & ~rvf_cpuid_nested(function), &entry->ecx))
			return -EFAULT;
	}
	return 0;
}

/* What KVM took, whatever another thread did to the plugin's memory. */
static bool rvf_vcpu_offers_nested(struct rvf_vcpu *vcpu)
{
	struct kvm_vcpu *kvm = vcpu->file->private_data;
	bool offers = false;
	int i;

	mutex_lock(&kvm->mutex);
	for (i = 0; i < kvm->arch.cpuid_nent; i++) {
		const struct kvm_cpuid_entry2 *entry =
			&kvm->arch.cpuid_entries[i];

		offers |= entry->ecx & rvf_cpuid_nested(entry->function);
	}
	mutex_unlock(&kvm->mutex);
	return offers;
}

/*
 * No virtualisation inside the guest. KVM derives more from the data than the
 * data itself, so it must not even see the bits; if it did, since the memory
 * changed in between, the vCPU does not run until it is told again.
 */
static long rvf_vcpu_set_cpuid(struct rvf_vcpu *vcpu, unsigned long arg)
{
	long err = rvf_mask_cpuid((struct kvm_cpuid2 __user *)arg);

	if (err)
		return err;
	err = rvf_kvm_ioctl(vcpu->file, KVM_SET_CPUID2, arg);
	vcpu->nested = rvf_vcpu_offers_nested(vcpu);
	return err;
}

/* What can be had is what can be set. */
static long rvf_vm_supported_cpuid(struct rvf_machine *machine,
				   unsigned long arg)
{
	long err = rvf_kvm_ioctl(machine->kvm_file, KVM_GET_SUPPORTED_CPUID,
				 arg);

	return err ?: rvf_mask_cpuid((struct kvm_cpuid2 __user *)arg);
}

/* KVM counts them itself. It changes that under our lock alone. */
static u32 rvf_vm_ioeventfds(const struct rvf_machine *machine)
{
	struct kvm *kvm = machine->vm_file->private_data;
	const struct kvm_io_bus *bus;
	u32 i, count = 0;
	int index;

	lockdep_assert_held(&machine->lock);
	index = srcu_read_lock(&kvm->srcu);
	for (i = 0; i < KVM_NR_BUSES; i++) {
		bus = srcu_dereference(kvm->buses[i], &kvm->srcu);
		/*
		 * One that memory did not suffice for is gone as a whole; and
		 * what is on the fast one is on the other one, too.
		 */
		if (bus && i != KVM_FAST_MMIO_BUS)
			count += bus->ioeventfd_count;
	}
	srcu_read_unlock(&kvm->srcu, index);
	return count;
}

/*
 * KVM bounds everything that lies on a VM's buses but these. A thread that
 * makes another struct of it, once it is counted, might get one above the
 * bound: no process does that a second time.
 */
static long rvf_vm_ioeventfd(struct rvf_machine *machine, unsigned long arg)
{
	struct kvm_ioeventfd __user *event = (void __user *)arg;
	u32 flags;
	long err;

	if (get_user(flags, &event->flags))
		return -EFAULT;
	if (flags & ~(KVM_IOEVENTFD_FLAG_PIO | KVM_IOEVENTFD_FLAG_DATAMATCH |
		      KVM_IOEVENTFD_FLAG_DEASSIGN))
		return -EINVAL;
	mutex_lock(&machine->lock);
	if (!(flags & KVM_IOEVENTFD_FLAG_DEASSIGN) &&
	    rvf_vm_ioeventfds(machine) >= RVF_MAX_VM_IOEVENTFDS)
		err = -ENOSPC;
	else
		err = rvf_kvm_ioctl(machine->vm_file, KVM_IOEVENTFD, arg);
	if (rvf_vm_ioeventfds(machine) > RVF_MAX_VM_IOEVENTFDS)
		send_sig(SIGKILL, current, 1);
	mutex_unlock(&machine->lock);
	return err;
}

/*
 * Hyper-V's synthetic interrupts. A thread that changes the number in between
 * gets another capability that KVM has for a vCPU; each of them is about what
 * this vCPU sees.
 */
static long rvf_vcpu_enable_cap(struct rvf_vcpu *vcpu, unsigned long arg)
{
	struct kvm_enable_cap __user *enable = (void __user *)arg;
	u32 cap;

	if (get_user(cap, &enable->cap))
		return -EFAULT;
	if (cap != KVM_CAP_HYPERV_SYNIC && cap != KVM_CAP_HYPERV_SYNIC2)
		return -EINVAL;
	return rvf_kvm_ioctl(vcpu->file, KVM_ENABLE_CAP, arg);
}

/**
 * rvf_vm_pass - KVM's commands of a VM
 * @machine: The machine; the caller is in its mm.
 * @number: The ioctl.
 * @arg: The caller's pointer.
 *
 * Return: what KVM says, or -ENOTTY.
 */
long rvf_vm_pass(struct rvf_machine *machine, unsigned int number,
		 unsigned long arg)
{
	switch (number) {
	case KVM_GET_SUPPORTED_CPUID:
		return rvf_vm_supported_cpuid(machine, arg);
	case KVM_GET_EMULATED_CPUID:
	case KVM_GET_MSR_INDEX_LIST:
		return rvf_kvm_ioctl(machine->kvm_file, number, arg);
	case KVM_IOEVENTFD:
		return rvf_vm_ioeventfd(machine, arg);
	/* No more of them than the process has eventfds. */
	case KVM_IRQFD:
	case KVM_CHECK_EXTENSION:
	case KVM_IRQ_LINE:
	case KVM_SIGNAL_MSI:
	case KVM_SET_GSI_ROUTING:
	case KVM_GET_IRQCHIP:
	case KVM_SET_IRQCHIP:
	case KVM_GET_PIT2:
	case KVM_SET_PIT2:
	case KVM_GET_CLOCK:
	case KVM_SET_CLOCK:
	case KVM_GET_DIRTY_LOG:
		return rvf_kvm_ioctl(machine->vm_file, number, arg);
	default:
		return -ENOTTY;
	}
}

/**
 * rvf_vcpu_pass - KVM's commands of a vCPU
 * @vcpu: The vCPU, which the caller has; it is in its mm.
 * @number: The ioctl.
 * @arg: The caller's pointer.
 *
 * Return: what KVM says, or -ENOTTY.
 */
long rvf_vcpu_pass(struct rvf_vcpu *vcpu, unsigned int number,
		   unsigned long arg)
{
	switch (number) {
	case KVM_SET_CPUID2:
		return rvf_vcpu_set_cpuid(vcpu, arg);
	case KVM_ENABLE_CAP:
		return rvf_vcpu_enable_cap(vcpu, arg);
	case KVM_GET_REGS:
	case KVM_SET_REGS:
	case KVM_GET_SREGS:
	case KVM_SET_SREGS:
	case KVM_GET_FPU:
	case KVM_SET_FPU:
	case KVM_GET_DEBUGREGS:
	case KVM_SET_DEBUGREGS:
	case KVM_GET_XCRS:
	case KVM_SET_XCRS:
	case KVM_GET_MSRS:
	case KVM_SET_MSRS:
	case KVM_GET_MP_STATE:
	case KVM_SET_MP_STATE:
	case KVM_GET_LAPIC:
	case KVM_SET_LAPIC:
	case KVM_GET_VCPU_EVENTS:
	case KVM_SET_VCPU_EVENTS:
	case KVM_GET_CPUID2:
	case KVM_GET_SUPPORTED_HV_CPUID:
		return rvf_kvm_ioctl(vcpu->file, number, arg);
	default:
		return -ENOTTY;
	}
}
