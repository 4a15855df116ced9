// SPDX-License-Identifier: GPL-2.0-only
/* VM fds: what concerns all vCPUs. */
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kvm.h>
#include "ioctl.h"
#include "vm.h"

static int rvf_cmd_vm_map(struct rvf_ucmd *ucmd)
{
	struct rvf_machine *machine = ucmd->file->private_data;
	struct rvf_vm_map *cmd = ucmd->cmd;
	int slot, err;

	mutex_lock(&machine->lock);
	slot = rvf_slot_map(machine, cmd);
	if (slot >= 0) {
		cmd->out_slot = slot;
		err = rvf_ucmd_respond(ucmd);
		if (err)
			rvf_slot_unmap(machine, slot);
	} else {
		err = slot;
	}
	mutex_unlock(&machine->lock);
	return err;
}

static int rvf_cmd_vm_unmap(struct rvf_ucmd *ucmd)
{
	struct rvf_machine *machine = ucmd->file->private_data;
	struct rvf_vm_unmap *cmd = ucmd->cmd;
	int err;

	mutex_lock(&machine->lock);
	err = rvf_slot_unmap(machine, cmd->slot);
	mutex_unlock(&machine->lock);
	return err;
}

static int rvf_cmd_vm_kick(struct rvf_ucmd *ucmd)
{
	struct rvf_machine *machine = ucmd->file->private_data;
	struct rvf_vm_kick *cmd = ucmd->cmd;
	u32 i;

	if (cmd->flags)
		return -EOPNOTSUPP;
	for (i = 0; i < machine->n_vcpus; i++)
		if (cmd->mask & BIT_ULL(i))
			rvf_vcpu_ask(&machine->vcpus[i], RVF_ASK_KICK);
	return 0;
}

static const struct rvf_ioctl_op rvf_vm_ops[] = {
	RVF_IOCTL_OP(RVF_VM_MAP, rvf_cmd_vm_map, rvf_vm_map, length),
	RVF_IOCTL_OP(RVF_VM_UNMAP, rvf_cmd_vm_unmap, rvf_vm_unmap, slot),
	RVF_IOCTL_OP(RVF_VM_RESERVE, rvf_cmd_vm_reserve, rvf_vm_reserve,
		     __reserved),
	RVF_IOCTL_OP(RVF_VM_HINT, rvf_cmd_vm_hint, rvf_vm_hint, count),
	RVF_IOCTL_OP(RVF_VM_KICK, rvf_cmd_vm_kick, rvf_vm_kick, mask),
};

static long rvf_vm_ioctl(struct file *file, unsigned int number,
			 unsigned long arg)
{
	struct rvf_machine *machine = file->private_data;

	/* As long as this mm lives, so do KVM's files. */
	if (current->mm != machine->mm)
		return -EPERM;
	if (_IOC_TYPE(number) == KVMIO)
		return rvf_vm_pass(machine, number, arg);
	return rvf_ioctl(file, number, arg, rvf_vm_ops, ARRAY_SIZE(rvf_vm_ops));
}

static int rvf_vm_release(struct inode *inode, struct file *file)
{
	rvf_machine_put(file->private_data);
	return 0;
}

static const struct file_operations rvf_vm_fops = {
	.owner = THIS_MODULE,
	.release = rvf_vm_release,
	.llseek = noop_llseek,
	.unlocked_ioctl = rvf_vm_ioctl,
};

/**
 * rvf_vm_file_create - Make a VM file
 * @machine: The machine; the file takes a reference of its own.
 */
struct file *rvf_vm_file_create(struct rvf_machine *machine)
{
	struct file *file = anon_inode_getfile("[rvf-vm]", &rvf_vm_fops,
					       machine, O_RDWR);

	if (!IS_ERR(file))
		kref_get(&machine->refs);
	return file;
}
