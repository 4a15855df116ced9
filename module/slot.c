// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands on the slots of a slab region. Content is copied through memory of
 * our own, with no lock held across a user fault: so what is read is one
 * slot's in one use, and what is written goes there or nowhere.
 */
#include <linux/mm.h>
#include <linux/poll.h>
#include <linux/uaccess.h>
#include "handle.h"
#include "ioctl.h"
#include "region.h"

/* A command begins: its region, held in use, if the caller may. */
static int rvf_slot_begin(struct rvf_ucmd *ucmd, u32 rights,
			  struct rvf_region **region)
{
	struct rvf_node *node = rvf_handle_node(ucmd->file);
	int err;

	*region = rvf_region_of(node->object);
	err = rvf_node_check(node, 0);
	if (err)
		return err;
	if ((*region)->policy != RVF_REGION_SLAB)
		return -EPERM;
	err = rvf_node_check(node, rights);
	if (err)
		return err;
	return rvf_object_use(&(*region)->object) ? 0 : -ENODEV;
}

/*
 * The slot that @name stands for. Rights again, here where a revocation waits
 * for us.
 */
static int rvf_slot_find(struct rvf_ucmd *ucmd, struct rvf_region *region,
			 u32 rights, u64 name, u32 *index)
{
	int err;

	lockdep_assert_held(&region->lock);
	err = rvf_node_check(rvf_handle_node(ucmd->file), rights);
	return err ?: rvf_slab_find(&region->slab, name, index);
}

static u64 rvf_slot_offset(const struct rvf_region *region, u32 index)
{
	return (u64)index * region->slot_size;
}

static void rvf_slot_put(struct rvf_region *region, u32 index)
{
	lockdep_assert_held(&region->lock);
	rvf_region_copy(region, rvf_slot_offset(region, index), NULL,
			region->slot_size, RVF_COPY_ZERO);
	rvf_slab_put(&region->slab, index);
}

static void rvf_slot_freed(struct rvf_region *region)
{
	wake_up_interruptible_poll(&region->wait, EPOLLOUT | EPOLLWRNORM);
}

int rvf_cmd_slot_alloc(struct rvf_ucmd *ucmd)
{
	struct rvf_slot_alloc *cmd = ucmd->cmd;
	struct rvf_region *region;
	u32 index;
	int err;

	if (cmd->flags)
		return -EOPNOTSUPP;
	err = rvf_slot_begin(ucmd, RVF_RIGHT_WRITE, &region);
	if (err)
		return err;

	mutex_lock(&region->lock);
	err = rvf_node_check(rvf_handle_node(ucmd->file), RVF_RIGHT_WRITE);
	if (!err)
		err = rvf_slab_take(&region->slab, &cmd->out_slot, &index);
	mutex_unlock(&region->lock);
	if (err)
		goto out;

	cmd->out_offset = rvf_slot_offset(region, index);
	err = rvf_ucmd_respond(ucmd);
	if (err) {
		mutex_lock(&region->lock);
		/* Whoever guessed its name may have freed it. */
		if (!rvf_slab_find(&region->slab, cmd->out_slot, &index))
			rvf_slot_put(region, index);
		mutex_unlock(&region->lock);
		rvf_slot_freed(region);
	}
out:
	rvf_object_unuse(&region->object);
	return err;
}

int rvf_cmd_slot_free(struct rvf_ucmd *ucmd)
{
	struct rvf_slot_free *cmd = ucmd->cmd;
	struct rvf_region *region;
	u32 index;
	int err;

	if (cmd->flags)
		return -EOPNOTSUPP;
	err = rvf_slot_begin(ucmd, RVF_RIGHT_WRITE, &region);
	if (err)
		return err;
	mutex_lock(&region->lock);
	err = rvf_slot_find(ucmd, region, RVF_RIGHT_WRITE, cmd->slot, &index);
	if (!err)
		rvf_slot_put(region, index);
	mutex_unlock(&region->lock);
	if (!err)
		rvf_slot_freed(region);
	rvf_object_unuse(&region->object);
	return err;
}

/* Between a slot and @bounce, whole or not at all. */
static int rvf_slot_copy(struct rvf_ucmd *ucmd, struct rvf_region *region,
			 void *bounce, u32 rights)
{
	const struct rvf_slot_io *cmd = ucmd->cmd;
	u32 index;
	int err;

	mutex_lock(&region->lock);
	err = rvf_slot_find(ucmd, region, rights, cmd->slot, &index);
	if (!err)
		rvf_region_copy(region,
				rvf_slot_offset(region, index) + cmd->offset,
				bounce, cmd->length,
				rights == RVF_RIGHT_READ ? RVF_COPY_OUT :
							   RVF_COPY_IN);
	mutex_unlock(&region->lock);
	return err;
}

static int rvf_slot_io(struct rvf_ucmd *ucmd, struct rvf_region *region,
		       u32 rights)
{
	const struct rvf_slot_io *cmd = ucmd->cmd;
	void __user *buffer = u64_to_user_ptr(cmd->buffer);
	void *bounce;
	int err;

	if (cmd->offset > region->slot_size ||
	    cmd->length > region->slot_size - cmd->offset)
		return -EMSGSIZE;
	/* With nothing to copy the slot is looked at all the same. */
	bounce = kvmalloc(max(cmd->length, 1U), RVF_GFP_CALLER);
	if (!bounce)
		return -ENOMEM;
	err = 0;
	if (rights == RVF_RIGHT_WRITE &&
	    copy_from_user(bounce, buffer, cmd->length))
		err = -EFAULT;
	if (!err)
		err = rvf_slot_copy(ucmd, region, bounce, rights);
	if (!err && rights == RVF_RIGHT_READ &&
	    copy_to_user(buffer, bounce, cmd->length))
		err = -EFAULT;
	kvfree(bounce);
	return err;
}

static int rvf_cmd_slot_io(struct rvf_ucmd *ucmd, u32 rights)
{
	const struct rvf_slot_io *cmd = ucmd->cmd;
	struct rvf_region *region;
	int err;

	if (cmd->flags)
		return -EOPNOTSUPP;
	err = rvf_slot_begin(ucmd, rights, &region);
	if (err)
		return err;
	err = rvf_slot_io(ucmd, region, rights);
	rvf_object_unuse(&region->object);
	return err;
}

int rvf_cmd_slot_read(struct rvf_ucmd *ucmd)
{
	return rvf_cmd_slot_io(ucmd, RVF_RIGHT_READ);
}

int rvf_cmd_slot_write(struct rvf_ucmd *ucmd)
{
	return rvf_cmd_slot_io(ucmd, RVF_RIGHT_WRITE);
}
