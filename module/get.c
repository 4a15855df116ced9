// SPDX-License-Identifier: GPL-2.0-only
/* What RVF_TASK_GET and RVF_MOUNT_GET have in common. */
#include <linux/file.h>
#include "get.h"
#include "handle.h"
#include "ioctl.h"

/**
 * rvf_get_prepare - Check the command's fields and copy the name
 * @cmd: The command.
 * @name: Where to.
 *
 * Return: 0 or a negative errno.
 */
int rvf_get_prepare(const struct rvf_get *cmd, char name[RVF_MAX_NAME])
{
	if (cmd->__reserved || cmd->__reserved2 ||
	    (cmd->rights & ~RVF_RIGHTS_ALL))
		return -EOPNOTSUPP;
	return rvf_copy_name(name, cmd->name, cmd->name_len);
}

/**
 * rvf_get_handle - Make the handle and install it
 * @ucmd: The command.
 * @mnt: The mount.
 * @owner: Whom the handle is charged to, NULL: an administrator.
 * @object: What it leads to.
 * @allowed: The most rights that it may have.
 * @badge: Its badge.
 *
 * Return: 0, -EACCES for more rights than allowed, or what making it says.
 */
int rvf_get_handle(struct rvf_ucmd *ucmd, struct rvf_mnt *mnt,
		   struct rvf_tsk *owner, struct rvf_object *object,
		   u32 allowed, u64 badge)
{
	struct rvf_get *cmd = ucmd->cmd;
	u32 rights = cmd->rights ?: allowed;
	struct file *file;
	int err, fd;

	if (rights & ~allowed)
		return -EACCES;
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		return fd;
	err = rvf_handle_create(mnt, object, owner, rights, badge, &file);
	if (err) {
		put_unused_fd(fd);
		return err;
	}
	cmd->out_fd = fd;
	cmd->out_rights = rights;
	cmd->out_kind = object->kind;
	cmd->out_badge = badge;
	err = rvf_ucmd_offer(ucmd, fd, file);
	if (err)
		return err;
	/* Not before: what fails in the middle begins nothing anew. */
	if (owner)
		rvf_node_attach(rvf_handle_node(file));
	fd_install(fd, file);
	return 0;
}
