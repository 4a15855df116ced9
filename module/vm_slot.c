// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest's memory. KVM finds it by its place in the process's address space;
 * so the module maps it there itself and sees to it that nothing else can come
 * to lie at that place: the mapping cannot be split, moved or protected, and a
 * process that unmaps it is killed.
 */
#include <linux/err.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kvm_host.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>
#include "compat.h"
#include "handle.h"
#include "image.h"
#include "mount.h"
#include "region.h"
#include "task.h"
#include "vm.h"

static int rvf_slot_may_split(struct vm_area_struct *vma, unsigned long at)
{
	return -EPERM;
}

static int rvf_slot_mremap(struct vm_area_struct *vma)
{
	return -EPERM;
}

static int rvf_slot_mprotect(struct vm_area_struct *vma, unsigned long start,
			     unsigned long end, unsigned long flags)
{
	return -EPERM;
}

/*
 * Each mapping holds the machine. There may be more than the one of
 * RVF_VM_MAP: mremap makes a second one before it asks whether it may, and a
 * child inherits what MADV_DOFORK was said of.
 */
static void rvf_slot_open(struct vm_area_struct *vma)
{
	struct rvf_vm_slot *slot = vma->vm_private_data;

	kref_get(&slot->machine->refs);
	/* Its file may be the memfd, which does not pin us. */
	__module_get(THIS_MODULE);
}

/*
 * At the end of the process nobody holds its mm any more. Before that only
 * RVF_VM_UNMAP takes a slot's mapping away.
 */
static void rvf_slot_close(struct vm_area_struct *vma)
{
	struct rvf_vm_slot *slot = vma->vm_private_data;

	if (vma->vm_mm == slot->machine->mm &&
	    atomic_read(&vma->vm_mm->mm_users) && !READ_ONCE(slot->leaving))
		send_sig(SIGKILL, current, 1);
	rvf_machine_put(slot->machine);
	/* The module's exit waits until nobody is in here. */
	module_put(THIS_MODULE);
}

static const struct vm_operations_struct rvf_slot_region_ops = {
	.open = rvf_slot_open,
	.close = rvf_slot_close,
	.may_split = rvf_slot_may_split,
	.mremap = rvf_slot_mremap,
	.mprotect = rvf_slot_mprotect,
	.fault = rvf_region_fault,
#ifdef RVF_HUGE_FAULT
	.huge_fault = rvf_region_huge_fault,
#endif
};

static int rvf_slot_region_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct rvf_node *node = rvf_handle_node(file);
	int err = rvf_region_mmap(file, vma);

	if (err)
		return err;
	vm_flags_mod(vma, VM_DONTCOPY, 0);
	vma->vm_private_data = node->owner->machine->mapping;
	vma->vm_ops = &rvf_slot_region_ops;
	rvf_slot_open(vma);
	return 0;
}

/* Never in an fd table: a node of its own, so that a revocation finds it. */
static const struct file_operations rvf_slot_region_fops = {
	.owner = THIS_MODULE,
	.release = rvf_handle_release,
	.mmap = rvf_slot_region_mmap,
#ifdef RVF_HUGE_FAULT
	.get_unmapped_area = thp_get_unmapped_area,
#endif
};

/*
 * shmem's operations with our guards: one copy, as long-lived as the module,
 * which such a mapping pins, since its file is the memfd.
 */
static struct vm_operations_struct rvf_slot_memfd_ops;

/* What shmem's operations are shows at the first mapping. */
static void rvf_slot_learn(const struct vm_operations_struct *shmem)
{
	static DEFINE_MUTEX(lock); /* below mmap_lock; once */
	struct vm_operations_struct *ops = &rvf_slot_memfd_ops;

	mutex_lock(&lock);
	if (!ops->fault) {
		*ops = *shmem;
		ops->open = rvf_slot_open;
		ops->close = rvf_slot_close;
		ops->may_split = rvf_slot_may_split;
		ops->mremap = rvf_slot_mremap;
		ops->mprotect = rvf_slot_mprotect;
	}
	mutex_unlock(&lock);
}

static int rvf_slot_memfd_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct rvf_vm_slot *slot = file->private_data;
	int err;

	vma_set_file(vma, slot->memfd);
	err = call_mmap(slot->memfd, vma);
	if (err)
		return err;
	rvf_slot_learn(vma->vm_ops);
	vm_flags_mod(vma, VM_DONTCOPY | VM_DONTEXPAND | VM_DONTDUMP, 0);
	vma->vm_private_data = slot;
	vma->vm_ops = &rvf_slot_memfd_ops;
	rvf_slot_open(vma);
	return 0;
}

static const struct file_operations rvf_slot_memfd_fops = {
	.owner = THIS_MODULE,
	.mmap = rvf_slot_memfd_mmap,
};

static int rvf_slot_free(const struct rvf_machine *machine)
{
	u32 i;

	for (i = 0; i < RVF_MAX_VM_SLOTS; i++)
		if (!machine->slots[i].length)
			return i;
	return -ENOSPC;
}

static u32 rvf_slot_flags(const struct rvf_vm_slot *slot)
{
	return (slot->writable ? 0 : KVM_MEM_READONLY) |
	       (slot->dirty_log ? KVM_MEM_LOG_DIRTY_PAGES : 0);
}

static int rvf_slot_set(struct rvf_machine *machine, u32 index, u64 length,
			u32 flags)
{
	struct rvf_vm_slot *slot = &machine->slots[index];
	struct rvf_kvm_memory_region memory = {
		.slot = index,
		.flags = flags,
		.guest_phys_addr = slot->address,
		.memory_size = length,
		.userspace_addr = slot->hva,
	};
	int (*set)(struct kvm *kvm,
		   const struct rvf_kvm_memory_region *memory);
	int err;

	/* By name, so that the module loads where there is no KVM. */
	set = symbol_get(kvm_set_memory_region);
	if (!set)
		return -ENODEV;
	err = set(machine->vm_file->private_data, &memory);
	symbol_put(kvm_set_memory_region);
	return err;
}

static int rvf_slot_mmap(struct rvf_vm_slot *slot, struct file *file,
			 const struct rvf_vm_map *cmd)
{
	unsigned long prot = PROT_READ, hva;

	if (slot->writable)
		prot |= PROT_WRITE;
	slot->leaving = false;
	slot->machine->mapping = slot;
	hva = vm_mmap(file, 0, cmd->length, prot, MAP_SHARED, cmd->offset);
	slot->machine->mapping = NULL;
	if (IS_ERR_VALUE(hva))
		return hva;
	slot->hva = hva;
	return 0;
}

/* Taking a mapping away can lack memory, too: then it stays, and is guarded. */
static int rvf_slot_munmap(struct rvf_vm_slot *slot, u64 length)
{
	int err;

	WRITE_ONCE(slot->leaving, true);
	err = vm_munmap(slot->hva, length);
	if (err) {
		WRITE_ONCE(slot->leaving, false);
		return err;
	}
	if (slot->counted) {
		slot->machine->used -= length;
		slot->counted = false;
	}
	return 0;
}

static int rvf_slot_map_region(struct rvf_vm_slot *slot, struct file *handle,
			       const struct rvf_vm_map *cmd)
{
	struct rvf_node *node = rvf_handle_node(handle);
	u32 rights = RVF_RIGHT_READ;
	struct file *file;
	int err;

	if (node->mnt != slot->machine->tsk->mnt)
		return -EXDEV;
	err = rvf_node_check(node, RVF_RIGHT_READ);
	slot->writable = rvf_region_of(node->object)->policy == RVF_REGION_SLAB &&
			 (node->rights & RVF_RIGHT_WRITE) &&
			 !(cmd->flags & RVF_VM_MAP_READ_ONLY);
	if (slot->writable)
		rights |= RVF_RIGHT_WRITE;
	if (!err)
		err = rvf_handle_derive_slot(node, slot->machine->tsk, rights,
					     &rvf_slot_region_fops, &file);
	if (err)
		return err;
	err = rvf_slot_mmap(slot, file, cmd);
	/* The mapping holds the file, and so the node. */
	fput(file);
	return err;
}

static int rvf_memfd_check(struct file *file, const struct rvf_machine *machine,
			   const struct rvf_vm_map *cmd)
{
	unsigned int seals;

	if (!rvf_is_shmem(file))
		return -EINVAL;
	seals = READ_ONCE(SHMEM_I(file_inode(file))->seals);
	if (!(seals & F_SEAL_SHRINK))
		return -EPERM;
	/* shmem looks for it on 6.1; on 6.12.117 only mmap() does, for us none. */
	if ((seals & F_SEAL_FUTURE_WRITE) &&
	    !(cmd->flags & RVF_VM_MAP_READ_ONLY))
		return -EPERM;
	if (cmd->offset > (u64)i_size_read(file_inode(file)) ||
	    cmd->length > (u64)i_size_read(file_inode(file)) - cmd->offset)
		return -EINVAL;
	if (cmd->length > machine->quota - machine->used)
		return -EDQUOT;
	return 0;
}

static int rvf_slot_map_memfd(struct rvf_vm_slot *slot, struct file *memfd,
			      const struct rvf_vm_map *cmd)
{
	struct file *file;
	int err;

	err = rvf_memfd_check(memfd, slot->machine, cmd);
	/* Not sealed against writing, and not while it is being mapped. */
	err = err ?: mapping_map_writable(memfd->f_mapping);
	if (err)
		return err;
	slot->writable = !(cmd->flags & RVF_VM_MAP_READ_ONLY);
	file = rvf_pseudofs_file("rvf-slot", slot, &rvf_slot_memfd_fops);
	if (IS_ERR(file)) {
		err = PTR_ERR(file);
		goto out;
	}
	/* Held by the caller, and then by the mapping alone: it ends with that. */
	slot->memfd = memfd;
	err = rvf_slot_mmap(slot, file, cmd);
	slot->memfd = NULL;
	fput(file);
	if (!err) {
		slot->counted = true;
		slot->machine->used += cmd->length;
	}
out:
	mapping_unmap_writable(memfd->f_mapping);
	return err;
}

static int rvf_slot_map_file(struct rvf_machine *machine, struct file *file,
			     const struct rvf_vm_map *cmd)
{
	int index = rvf_slot_free(machine), err;
	struct rvf_vm_slot *slot;

	if (index < 0)
		return index;
	slot = &machine->slots[index];
	slot->address = cmd->address;
	/* One that could not be undone may have been here: it stays in @used. */
	slot->counted = false;
	slot->dirty_log = cmd->flags & RVF_VM_MAP_DIRTY_LOG;
	if (file->f_op == &rvf_region_fops)
		err = rvf_slot_map_region(slot, file, cmd);
	else
		err = rvf_slot_map_memfd(slot, file, cmd);
	if (err)
		return err;
	err = rvf_slot_set(machine, index, cmd->length, rvf_slot_flags(slot));
	if (err) {
		/* What cannot even be undone is not left to the process. */
		if (rvf_slot_munmap(slot, cmd->length))
			send_sig(SIGKILL, current, 1);
		return err;
	}
	slot->length = cmd->length;
	return index;
}

/**
 * rvf_slot_map - RVF_VM_MAP
 * @machine: The machine, whose lock is held.
 * @cmd: The command.
 *
 * Return: the slot or a negative errno.
 */
int rvf_slot_map(struct rvf_machine *machine, struct rvf_vm_map *cmd)
{
	struct file *file;
	int slot;

	lockdep_assert_held(&machine->lock);
	if (cmd->flags & ~(RVF_VM_MAP_READ_ONLY | RVF_VM_MAP_DIRTY_LOG))
		return -EOPNOTSUPP;
	if (!cmd->length || ((cmd->address | cmd->offset | cmd->length) &
			     ~PAGE_MASK) ||
	    cmd->address + cmd->length < cmd->address ||
	    cmd->offset + cmd->length < cmd->offset)
		return -EINVAL;
	file = fget(cmd->fd);
	if (!file)
		return -EBADF;
	slot = rvf_slot_map_file(machine, file, cmd);
	fput(file);
	return slot;
}

/**
 * rvf_slot_unmap - RVF_VM_UNMAP
 * @machine: The machine, whose lock is held.
 * @index: The slot.
 *
 * Return: 0, -ENOENT, or -ENOMEM with everything as before.
 */
int rvf_slot_unmap(struct rvf_machine *machine, u32 index)
{
	struct rvf_vm_slot *slot;
	u64 length;
	int err;

	lockdep_assert_held(&machine->lock);
	if (index >= RVF_MAX_VM_SLOTS || !machine->slots[index].length)
		return -ENOENT;
	slot = &machine->slots[index];
	/* From here on no vCPU gets at it. */
	err = rvf_slot_set(machine, index, 0, 0);
	if (err)
		return err;
	length = slot->length;
	err = rvf_slot_munmap(slot, length);
	if (!err)
		slot->length = 0;
	else if (rvf_slot_set(machine, index, length, rvf_slot_flags(slot)))
		send_sig(SIGKILL, current, 1);
	return err;
}
