// SPDX-License-Identifier: GPL-2.0-only
/* Hints: an access whose registers the plugin will want to see. */
#include <linux/kvm_host.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "ioctl.h"
#include "vm.h"

static bool rvf_detail_valid(const struct rvf_hint_detail *detail)
{
	return !detail->__reserved &&
	       !memchr_inv(detail->__reserved2, 0, sizeof(detail->__reserved2));
}

static struct rvf_vm_hint_set *rvf_hint_create(const struct rvf_vm_hint *cmd)
{
	struct rvf_vm_hint_set *hint;
	size_t size = cmd->count * sizeof(hint->detail[0]);
	u32 i;

	hint = kzalloc(struct_size(hint, detail, cmd->count),
		       GFP_KERNEL_ACCOUNT);
	if (!hint)
		return ERR_PTR(-ENOMEM);
	hint->space = cmd->space;
	hint->on_write = cmd->flags & RVF_HINT_ON_WRITE;
	hint->address = cmd->address;
	hint->count = cmd->count;
	if (copy_from_user(hint->detail, u64_to_user_ptr(cmd->details), size)) {
		kfree(hint);
		return ERR_PTR(-EFAULT);
	}
	for (i = 0; i < hint->count; i++) {
		if (!rvf_detail_valid(&hint->detail[i])) {
			kfree(hint);
			return ERR_PTR(-EOPNOTSUPP);
		}
	}
	return hint;
}

/* What KVM is to store at each exit from now on. */
static u64 rvf_hint_stored(const struct rvf_vm_hint_set *hint)
{
	u64 stored = KVM_SYNC_X86_REGS;
	u32 i;

	if (!hint)
		return 0;
	for (i = 0; i < hint->count; i++)
		if (hint->detail[i].send_sregs)
			stored |= KVM_SYNC_X86_SREGS;
	return stored;
}

static void rvf_hint_replace(struct rvf_machine *machine,
			     struct rvf_vm_hint_set *hint)
{
	struct rvf_vm_hint_set *old;
	u32 i;

	mutex_lock(&machine->lock);
	old = rcu_replace_pointer(machine->hint, hint,
				  lockdep_is_held(&machine->lock));
	for (i = 0; i < machine->n_vcpus; i++)
		WRITE_ONCE(machine->vcpus[i].stored, rvf_hint_stored(hint));
	mutex_unlock(&machine->lock);
	if (old)
		kfree_rcu(old, rcu);
}

/**
 * rvf_cmd_vm_hint - RVF_VM_HINT
 * @ucmd: The command.
 */
int rvf_cmd_vm_hint(struct rvf_ucmd *ucmd)
{
	struct rvf_machine *machine = ucmd->file->private_data;
	struct rvf_vm_hint *cmd = ucmd->cmd;
	struct rvf_vm_hint_set *hint = NULL;

	if (cmd->flags & ~RVF_HINT_ON_WRITE)
		return -EOPNOTSUPP;
	if (cmd->space > RVF_SPACE_MMIO || cmd->count > RVF_MAX_HINT_DETAILS ||
	    (!cmd->address && (cmd->count || cmd->flags)))
		return -EINVAL;
	if (cmd->address) {
		hint = rvf_hint_create(cmd);
		if (IS_ERR(hint))
			return PTR_ERR(hint);
	}
	rvf_hint_replace(machine, hint);
	return 0;
}
