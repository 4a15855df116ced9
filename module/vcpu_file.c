// SPDX-License-Identifier: GPL-2.0-only
/* vCPU fds: running, and the registers that a plugin may get and set. */
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kvm_host.h>
#include <linux/mm.h>
#include <linux/uaccess.h>
#include "compat.h"
#include "ioctl.h"
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

/* In the plugin's own memory, from where KVM will copy it. */
static int rvf_vcpu_mask_cpuid(struct kvm_cpuid2 __user *cpuid)
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
	long err = rvf_vcpu_mask_cpuid((struct kvm_cpuid2 __user *)arg);

	if (err)
		return err;
	err = rvf_kvm_ioctl(vcpu->file, KVM_SET_CPUID2, arg);
	vcpu->nested = rvf_vcpu_offers_nested(vcpu);
	return err;
}

static int rvf_cmd_vcpu_run(struct rvf_ucmd *ucmd)
{
	struct rvf_vcpu_run *cmd = ucmd->cmd;

	if (cmd->flags)
		return -EOPNOTSUPP;
	return rvf_vcpu_run(ucmd->file->private_data);
}

static const struct rvf_ioctl_op rvf_vcpu_ops[] = {
	RVF_IOCTL_OP(RVF_VCPU_RUN, rvf_cmd_vcpu_run, rvf_vcpu_run, flags),
};

/*
 * Each exit comes this way: RVF_VCPU_RUN with the struct that everybody has,
 * without the search and the copy for those of any other size.
 */
static long rvf_vcpu_enter(struct rvf_vcpu *vcpu, struct file *file,
			   unsigned int number, unsigned long arg)
{
	struct rvf_vcpu_run __user *cmd = (void __user *)arg;
	u32 size, flags;

	if (get_user(size, &cmd->size) || get_user(flags, &cmd->flags) ||
	    size != sizeof(*cmd) || flags)
		return rvf_ioctl(file, number, arg, rvf_vcpu_ops,
				 ARRAY_SIZE(rvf_vcpu_ops));
	return rvf_vcpu_run(vcpu);
}

static long rvf_vcpu_command(struct rvf_vcpu *vcpu, struct file *file,
			     unsigned int number, unsigned long arg)
{
	switch (number) {
	case KVM_GET_REGS:
	case KVM_SET_REGS:
	case KVM_GET_SREGS:
	case KVM_SET_SREGS:
	case KVM_GET_FPU:
	case KVM_SET_FPU:
	case KVM_GET_DEBUGREGS:
	case KVM_SET_DEBUGREGS:
	case KVM_GET_MSRS:
	case KVM_SET_MSRS:
	case KVM_GET_MP_STATE:
	case KVM_SET_MP_STATE:
	case KVM_GET_CPUID2:
		return rvf_kvm_ioctl(vcpu->file, number, arg);
	case KVM_SET_CPUID2:
		return rvf_vcpu_set_cpuid(vcpu, arg);
	default:
		return rvf_ioctl(file, number, arg, rvf_vcpu_ops,
				 ARRAY_SIZE(rvf_vcpu_ops));
	}
}

static long rvf_vcpu_ioctl(struct file *file, unsigned int number,
			   unsigned long arg)
{
	struct rvf_vcpu *vcpu = file->private_data;
	long err;

	/* As long as this mm lives, so does KVM's file. */
	if (current->mm != vcpu->machine->mm)
		return -EPERM;
	if (!mutex_trylock(&vcpu->lock))
		return -EBUSY;
	if (likely(number == RVF_VCPU_RUN))
		err = rvf_vcpu_enter(vcpu, file, number, arg);
	else
		err = rvf_vcpu_command(vcpu, file, number, arg);
	mutex_unlock(&vcpu->lock);
	return err;
}

static int rvf_vcpu_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct rvf_vcpu *vcpu = file->private_data;

	if (current->mm != vcpu->machine->mm)
		return -EPERM;
	if (!(vma->vm_flags & VM_SHARED) || (vma->vm_flags & VM_EXEC))
		return -EACCES;
	if (vma->vm_pgoff || vma_pages(vma) != 1)
		return -EINVAL;
	vm_flags_mod(vma, VM_DONTCOPY | VM_DONTEXPAND | VM_DONTDUMP,
		     VM_MAYEXEC);
	return vm_insert_page(vma, vma->vm_start, vcpu->event_page);
}

static int rvf_vcpu_release(struct inode *inode, struct file *file)
{
	struct rvf_vcpu *vcpu = file->private_data;

	rvf_machine_put(vcpu->machine);
	return 0;
}

static const struct file_operations rvf_vcpu_fops = {
	.owner = THIS_MODULE,
	.release = rvf_vcpu_release,
	.llseek = noop_llseek,
	.mmap = rvf_vcpu_mmap,
	.unlocked_ioctl = rvf_vcpu_ioctl,
};

/**
 * rvf_vcpu_file_create - Make a vCPU file
 * @vcpu: The vCPU; the file takes a reference on its machine.
 */
struct file *rvf_vcpu_file_create(struct rvf_vcpu *vcpu)
{
	struct file *file = anon_inode_getfile("[rvf-vcpu]", &rvf_vcpu_fops,
					       vcpu, O_RDWR);

	if (!IS_ERR(file))
		kref_get(&vcpu->machine->refs);
	return file;
}
