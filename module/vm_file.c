// SPDX-License-Identifier: GPL-2.0-only
/* VM fds: reserved ranges, and what else concerns all vCPUs. */
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kvm.h>
#include <linux/slab.h>
#include "ioctl.h"
#include "vm.h"

/**
 * rvf_vm_range_hit - Does an access concern the plugin?
 * @machine: The machine.
 * @space: One of enum rvf_space.
 * @address: Of its first byte.
 */
bool rvf_vm_range_hit(struct rvf_machine *machine, u32 space, u64 address)
{
	const struct rvf_vm_ranges *ranges;
	bool hit = false;
	u32 i;

	rcu_read_lock();
	ranges = rcu_dereference(machine->ranges);
	for (i = 0; ranges && i < ranges->count && !hit; i++)
		hit = ranges->range[i].space == space &&
		      address >= ranges->range[i].start &&
		      address <= ranges->range[i].last;
	rcu_read_unlock();
	return hit;
}

/* The table with one range more, or without the one at @without. */
static struct rvf_vm_ranges *rvf_ranges_copy(const struct rvf_vm_ranges *old,
					     const struct rvf_vm_range *more,
					     u32 without)
{
	u32 count = old ? old->count : 0, i;
	struct rvf_vm_ranges *ranges;

	ranges = kzalloc(struct_size(ranges, range, count + 1),
			 GFP_KERNEL_ACCOUNT);
	if (!ranges)
		return NULL;
	for (i = 0; i < count; i++)
		if (i != without)
			ranges->range[ranges->count++] = old->range[i];
	if (more)
		ranges->range[ranges->count++] = *more;
	return ranges;
}

static int rvf_reserve(struct rvf_machine *machine,
		       const struct rvf_vm_reserve *cmd)
{
	struct rvf_vm_range more = {
		.space = cmd->space,
		.start = cmd->start,
		.last = cmd->start + cmd->length - 1,
	};
	struct rvf_vm_ranges *old, *new;
	u32 i, count;

	lockdep_assert_held(&machine->lock);
	old = rcu_dereference_protected(machine->ranges, true);
	count = old ? old->count : 0;
	for (i = 0; i < count; i++) {
		if (old->range[i].space != cmd->space)
			continue;
		if (!cmd->length && old->range[i].start == cmd->start)
			break;
		if (cmd->length && more.start <= old->range[i].last &&
		    more.last >= old->range[i].start)
			return -EEXIST;
	}
	if (!cmd->length && i == count)
		return -ENOENT;
	if (cmd->length && count == RVF_MAX_VM_RANGES)
		return -ENOSPC;
	new = rvf_ranges_copy(old, cmd->length ? &more : NULL, i);
	if (!new)
		return -ENOMEM;
	rcu_assign_pointer(machine->ranges, new);
	if (old)
		kfree_rcu(old, rcu);
	return 0;
}

static int rvf_cmd_vm_reserve(struct rvf_ucmd *ucmd)
{
	struct rvf_machine *machine = ucmd->file->private_data;
	struct rvf_vm_reserve *cmd = ucmd->cmd;
	int err;

	if (cmd->space > RVF_SPACE_MMIO ||
	    (cmd->length && cmd->start + (cmd->length - 1) < cmd->start))
		return -EINVAL;
	mutex_lock(&machine->lock);
	err = rvf_reserve(machine, cmd);
	mutex_unlock(&machine->lock);
	return err;
}

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
			rvf_vcpu_kick(&machine->vcpus[i]);
	return 0;
}

static const struct rvf_ioctl_op rvf_vm_ops[] = {
	RVF_IOCTL_OP(RVF_VM_MAP, rvf_cmd_vm_map, rvf_vm_map, length),
	RVF_IOCTL_OP(RVF_VM_UNMAP, rvf_cmd_vm_unmap, rvf_vm_unmap, slot),
	RVF_IOCTL_OP(RVF_VM_RESERVE, rvf_cmd_vm_reserve, rvf_vm_reserve,
		     length),
	RVF_IOCTL_OP(RVF_VM_KICK, rvf_cmd_vm_kick, rvf_vm_kick, mask),
};

static long rvf_vm_ioctl(struct file *file, unsigned int number,
			 unsigned long arg)
{
	struct rvf_machine *machine = file->private_data;

	/* As long as this mm lives, so do KVM's files. */
	if (current->mm != machine->mm)
		return -EPERM;
	switch (number) {
	case KVM_GET_SUPPORTED_CPUID:
		return rvf_kvm_ioctl(machine->kvm_file, number, arg);
	case KVM_CHECK_EXTENSION:
	case KVM_IRQ_LINE:
	case KVM_GET_CLOCK:
	case KVM_SET_CLOCK:
		return rvf_kvm_ioctl(machine->vm_file, number, arg);
	default:
		return rvf_ioctl(file, number, arg, rvf_vm_ops,
				 ARRAY_SIZE(rvf_vm_ops));
	}
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
