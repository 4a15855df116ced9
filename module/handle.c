// SPDX-License-Identifier: GPL-2.0-only
/* A handle's file: made with a node, polled, and its commands. */
#include <linux/file.h>
#include <linux/poll.h>
#include "handle.h"
#include "ioctl.h"
#include "mount.h"
#include "region.h"
#include "witness.h"

/**
 * rvf_handle_file - Make a file for a node
 * @object: What the node leads to.
 * @fops: The file's operations.
 *
 * It has no private data, and means nothing, until it is given a node.
 *
 * Return: the file or an ERR_PTR.
 */
struct file *rvf_handle_file(const struct rvf_object *object,
			     const struct file_operations *fops)
{
	bool region = object->kind == RVF_OBJECT_REGION;
	struct file *file;

	file = rvf_pseudofs_file(region ? "rvf-region" : "rvf-queue", NULL,
				 fops);
	/* alloc_file_pseudo() leaves all of these away. */
	if (!IS_ERR(file))
		file->f_mode |= region ? FMODE_LSEEK | FMODE_PREAD :
					 FMODE_STREAM;
	return file;
}

/* A node, and a file with it. */
static int rvf_handle_make(struct rvf_mnt *mnt, struct rvf_object *object,
			   struct rvf_tsk *owner, struct rvf_node *parent,
			   u32 rights, u64 badge,
			   const struct file_operations *fops,
			   struct file **file)
{
	struct rvf_node *node;
	int err;

	node = rvf_node_alloc(mnt, object, owner, parent, rights, badge);
	if (IS_ERR(node))
		return PTR_ERR(node);
	*file = rvf_handle_file(object, fops);
	if (IS_ERR(*file)) {
		err = PTR_ERR(*file);
		goto discard;
	}
	node->inode = file_inode(*file);
	err = rvf_node_link(node, parent);
	if (err) {
		fput(*file);
		goto discard;
	}
	(*file)->private_data = node;
	return 0;

discard:
	rvf_node_discard(node);
	return err;
}

/**
 * rvf_handle_create - Make a handle that is derived from nothing
 * @mnt: The mount.
 * @object: What it leads to.
 * @owner: The task that it is for, NULL: an administrator.
 * @rights: Its rights.
 * @badge: Its badge.
 * @file: Filled with its file, which is the caller's to install or to put.
 *
 * Return: 0, -EDQUOT, -ENOMEM, -ENODEV.
 */
int rvf_handle_create(struct rvf_mnt *mnt, struct rvf_object *object,
		      struct rvf_tsk *owner, u32 rights, u64 badge,
		      struct file **file)
{
	return rvf_handle_make(mnt, object, owner, NULL, rights, badge,
			       object->ops->fops, file);
}

/**
 * rvf_handle_derive_slot - Derive what a guest's memory is mapped through
 * @node: A node that was checked for READ.
 * @owner: The task whose guest it is.
 * @rights: READ, and WRITE where @node has it.
 * @fops: The file's operations.
 * @file: Filled with its file.
 *
 * It needs no GRANT, since nobody is given it; and it goes with @node.
 *
 * Return: 0, or what making a node says.
 */
int rvf_handle_derive_slot(struct rvf_node *node, struct rvf_tsk *owner,
			   u32 rights,
			   const struct file_operations *fops,
			   struct file **file)
{
	return rvf_handle_make(node->mnt, node->object, owner, node,
			       rights, node->badge, fops, file);
}

/**
 * rvf_handle_release - The last reference on a handle's file went
 * @inode: Its inode; it goes too, and no mapping of it is left.
 * @file: The file.
 */
int rvf_handle_release(struct inode *inode, struct file *file)
{
	struct rvf_node *node = rvf_handle_node(file);

	if (node)
		rvf_node_put(node);
	return 0;
}

/**
 * rvf_handle_of_file - The node behind any file
 * @file: A file of the caller's.
 *
 * Return: its node, or NULL when it is no handle.
 */
struct rvf_node *rvf_handle_of_file(struct file *file)
{
	struct rvf_node *node;

	if (file->f_op->release != rvf_handle_release)
		return NULL;
	node = rvf_handle_node(file);
	return node && node->object->ops->fops == file->f_op ? node : NULL;
}

/**
 * rvf_handle_poll - What every handle shows to poll
 * @node: Its node.
 * @file: Its file.
 * @wait: Poll's table.
 *
 * Return: POLLHUP and POLLERR once it cannot be used any more, and no page of
 * its mappings either.
 */
__poll_t rvf_handle_poll(struct rvf_node *node, struct file *file,
			 poll_table *wait)
{
	poll_wait(file, &node->wait, wait);
	/* Pairs with the release in rvf_node_revoke(). */
	return smp_load_acquire(&node->unmapped) ? EPOLLHUP | EPOLLERR : 0;
}

static int rvf_cmd_handle_info(struct rvf_ucmd *ucmd)
{
	struct rvf_node *node = rvf_handle_node(ucmd->file);
	struct rvf_handle_info *cmd = ucmd->cmd;
	int err;

	if (cmd->flags)
		return -EOPNOTSUPP;
	err = rvf_node_check(node, 0);
	if (err)
		return err;

	cmd->out_kind = node->object->kind;
	cmd->out_rights = node->rights;
	cmd->out_depth = node->depth;
	cmd->out_object = node->object->index;
	cmd->out_badge = node->badge;
	cmd->out_mount_id = node->mnt->id;
	cmd->out_offset = node->start;
	if (node->object->kind == RVF_OBJECT_REGION)
		cmd->out_length = rvf_window_size(node);
	return rvf_ucmd_respond(ucmd);
}

static int rvf_cmd_handle_derive(struct rvf_ucmd *ucmd)
{
	struct rvf_node *node = rvf_handle_node(ucmd->file);
	struct rvf_handle_derive *cmd = ucmd->cmd;
	u32 rights = cmd->rights;
	u64 badge = cmd->badge;
	struct file *file;
	int err, fd;

	if (cmd->flags)
		return -EOPNOTSUPP;
	err = rvf_node_derivable(node, &rights, &badge);
	if (err)
		return err;

	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		return fd;
	err = rvf_handle_make(node->mnt, node->object, node->owner, node,
			      rights, badge, node->object->ops->fops, &file);
	if (err) {
		put_unused_fd(fd);
		return err;
	}
	cmd->out_fd = fd;
	err = rvf_ucmd_give(ucmd, fd, file);
	if (!err)
		rvf_witness_derived(node, rights, badge);
	return err;
}

static int rvf_cmd_handle_revoke(struct rvf_ucmd *ucmd)
{
	struct rvf_node *node = rvf_handle_node(ucmd->file);
	struct rvf_handle_revoke *cmd = ucmd->cmd;
	int err;

	if ((cmd->flags & ~RVF_REVOKE_DERIVED) || cmd->__reserved)
		return -EOPNOTSUPP;
	err = rvf_node_check(node, RVF_RIGHT_REVOKE);
	if (err)
		return err;
	/* Told before it is done: what was revoked stays so. */
	cmd->out_count = 0;
	if (rvf_ucmd_respond(ucmd))
		return -EFAULT;

	cmd->out_count = rvf_revoke_from(node, cmd->flags & RVF_REVOKE_DERIVED);
	rvf_witness_revoked(node, cmd->out_count);
	/* A caller whose memory went meanwhile is told of none. */
	rvf_ucmd_respond(ucmd);
	return 0;
}

static const struct rvf_ioctl_op rvf_handle_ops[] = {
	RVF_IOCTL_OP(RVF_HANDLE_INFO, rvf_cmd_handle_info, rvf_handle_info,
		     out_mount_id),
	RVF_IOCTL_OP(RVF_HANDLE_DERIVE, rvf_cmd_handle_derive,
		     rvf_handle_derive, badge),
	RVF_IOCTL_OP(RVF_HANDLE_REVOKE, rvf_cmd_handle_revoke,
		     rvf_handle_revoke, __reserved),
};

/**
 * rvf_handle_ioctl - Commands of a handle: every handle's, then its object's
 * @file: The handle.
 * @number: The ioctl's number.
 * @arg: The caller's pointer.
 * @ops: The table of the object's kind.
 * @count: Its entries.
 */
long rvf_handle_ioctl(struct file *file, unsigned int number,
		      unsigned long arg, const struct rvf_ioctl_op *ops,
		      size_t count)
{
	long err = rvf_ioctl(file, number, arg, rvf_handle_ops,
			     ARRAY_SIZE(rvf_handle_ops));

	if (err != -ENOTTY)
		return err;
	return rvf_ioctl(file, number, arg, ops, count);
}
