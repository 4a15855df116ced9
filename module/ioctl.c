// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dispatch of ioctls: one table for each kind of fd, one place that reads a
 * struct from userspace, once.
 */
#include <linux/capability.h>
#include <linux/file.h>
#include <linux/uaccess.h>
#include "ioctl.h"

/**
 * rvf_ioctl - Look a command up in an fd's table, copy its struct, run it
 * @file: The file.
 * @number: The ioctl's number.
 * @arg: The caller's pointer.
 * @ops: The table.
 * @count: Its entries.
 *
 * Return: what the command returns; ENOTTY when the table does not have it,
 * EINVAL and E2BIG for a size that does not fit, EFAULT.
 */
long rvf_ioctl(struct file *file, unsigned int number, unsigned long arg,
	       const struct rvf_ioctl_op *ops, size_t count)
{
	union rvf_ucmd_buffer buffer;
	struct rvf_ucmd ucmd = {
		.file = file,
		.ubuffer = (void __user *)arg,
		.cmd = &buffer,
	};
	const struct rvf_ioctl_op *op;
	int err;

	for (op = ops; op < ops + count; op++)
		if (op->number == number)
			break;
	if (op == ops + count)
		return -ENOTTY;

	if (get_user(ucmd.user_size, (u32 __user *)ucmd.ubuffer))
		return -EFAULT;
	if (ucmd.user_size < op->min_size)
		return -EINVAL;
	/* As Landlock does: nobody has a struct of more than a page. */
	if (ucmd.user_size > PAGE_SIZE)
		return -E2BIG;

	ucmd.size = op->size;
	err = copy_struct_from_user(ucmd.cmd, op->size, ucmd.ubuffer,
				    ucmd.user_size);
	if (err)
		return err;
	/* Whatever another thread made of it in between. */
	*(u32 *)ucmd.cmd = ucmd.user_size;

	return op->execute(&ucmd);
}

/**
 * rvf_ucmd_respond - Write a command's struct back to its caller
 * @ucmd: The command.
 *
 * A command that made something calls it while it can still undo that.
 *
 * Return: 0 or -EFAULT.
 */
int rvf_ucmd_respond(struct rvf_ucmd *ucmd)
{
	if (copy_to_user(ucmd->ubuffer, ucmd->cmd,
			 min(ucmd->user_size, ucmd->size)))
		return -EFAULT;
	return 0;
}

/**
 * rvf_ucmd_offer - Respond with a file; nothing can fail behind it
 * @ucmd: The command; its struct names @fd already.
 * @fd: The fd that was reserved for the file.
 * @file: The file. It and the fd are this module's still on success, for
 *	fd_install(), and gone on failure.
 *
 * Return: 0 or -EFAULT.
 */
int rvf_ucmd_offer(struct rvf_ucmd *ucmd, int fd, struct file *file)
{
	int err = rvf_ucmd_respond(ucmd);

	if (err) {
		fput(file);
		put_unused_fd(fd);
	}
	return err;
}

/**
 * rvf_ucmd_give - End a command that made a file
 * @ucmd: The command; its struct names @fd already.
 * @fd: The fd that was reserved for the file.
 * @file: The file. It and the fd are the caller's on success, and gone on
 *	failure.
 *
 * Return: 0 or -EFAULT.
 */
int rvf_ucmd_give(struct rvf_ucmd *ucmd, int fd, struct file *file)
{
	int err = rvf_ucmd_offer(ucmd, fd, file);

	if (!err)
		fd_install(fd, file);
	return err;
}

/**
 * rvf_copy_name - Copy a name from userspace
 * @name: Where to: RVF_MAX_NAME bytes; not NUL-terminated.
 * @ptr: The caller's pointer.
 * @len: Its bytes.
 *
 * Return: 0, -EINVAL for a length out of range, -EFAULT.
 */
int rvf_copy_name(char *name, u64 ptr, u32 len)
{
	if (!len || len > RVF_MAX_NAME)
		return -EINVAL;
	if (copy_from_user(name, u64_to_user_ptr(ptr), len))
		return -EFAULT;
	return 0;
}

/**
 * rvf_put_name - Give a name to userspace
 * @ptr: The caller's buffer, or 0.
 * @len: Its bytes in, the name's out.
 * @name: The name.
 * @name_len: Its bytes.
 *
 * Return: 0 or -EFAULT.
 */
int rvf_put_name(u64 ptr, u32 *len, const char *name, u32 name_len)
{
	u32 room = min(*len, name_len);

	*len = name_len;
	if (ptr && room && copy_to_user(u64_to_user_ptr(ptr), name, room))
		return -EFAULT;
	return 0;
}

/**
 * rvf_privileged - May the caller use the control fd and mount fds?
 *
 * Asked at each command and not at open alone: an fd may be passed on.
 *
 * Return: true with CAP_SYS_ADMIN in the initial user namespace.
 */
bool rvf_privileged(void)
{
	return capable(CAP_SYS_ADMIN);
}
