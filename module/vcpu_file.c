// SPDX-License-Identifier: GPL-2.0-only
/* vCPU fds: running, and the registers that a plugin may get and set. */
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kvm.h>
#include <linux/mm.h>
#include <linux/uaccess.h>
#include "compat.h"
#include "ioctl.h"
#include "vm.h"

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
	u64 cmd;

	BUILD_BUG_ON(sizeof(struct rvf_vcpu_run) != sizeof(cmd));
	/* Its size, and no flags, in one read. */
	if (get_user(cmd, (u64 __user *)arg) ||
	    cmd != sizeof(struct rvf_vcpu_run))
		return rvf_ioctl(file, number, arg, rvf_vcpu_ops,
				 ARRAY_SIZE(rvf_vcpu_ops));
	return rvf_vcpu_run(vcpu);
}

static long rvf_vcpu_command(struct rvf_vcpu *vcpu, struct file *file,
			     unsigned int number, unsigned long arg)
{
	if (_IOC_TYPE(number) == KVMIO)
		return rvf_vcpu_pass(vcpu, number, arg);
	return rvf_ioctl(file, number, arg, rvf_vcpu_ops,
			 ARRAY_SIZE(rvf_vcpu_ops));
}

static long rvf_vcpu_ioctl(struct file *file, unsigned int number,
			   unsigned long arg)
{
	struct rvf_vcpu *vcpu = file->private_data;
	long err;

	/* As long as this mm lives, so does KVM's file. */
	if (current->mm != vcpu->machine->mm)
		return -EPERM;
	if (test_and_set_bit_lock(0, &vcpu->taken))
		return -EBUSY;
	if (likely(number == RVF_VCPU_RUN))
		err = rvf_vcpu_enter(vcpu, file, number, arg);
	else
		err = rvf_vcpu_command(vcpu, file, number, arg);
	clear_bit_unlock(0, &vcpu->taken);
	return err;
}

static int rvf_vcpu_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct rvf_vcpu *vcpu = file->private_data;
	int err;

	if (current->mm != vcpu->machine->mm)
		return -EPERM;
	if (!(vma->vm_flags & VM_SHARED) || (vma->vm_flags & VM_EXEC))
		return -EACCES;
	if (vma->vm_pgoff || vma_pages(vma) > 2)
		return -EINVAL;
	vm_flags_mod(vma, VM_DONTCOPY | VM_DONTEXPAND | VM_DONTDUMP,
		     VM_MAYEXEC);
	err = vm_insert_page(vma, vma->vm_start, vcpu->event_page);
	if (!err && vma_pages(vma) > 1)
		err = vm_insert_page(vma, vma->vm_start + PAGE_SIZE,
				     vcpu->more_page);
	return err;
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
