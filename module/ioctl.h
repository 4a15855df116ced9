/* SPDX-License-Identifier: GPL-2.0-only */
/* The format that all of rvf's ioctls share; see uapi/rvf.h. */
#ifndef RVF_IOCTL_H
#define RVF_IOCTL_H

#include <linux/fs.h>
#include "rvf.h"

/**
 * struct rvf_ucmd - One ioctl on its way
 * @file: The file that it came in on.
 * @ubuffer: The caller's struct; only rvf_ucmd_respond() writes to it.
 * @user_size: Its size as the caller knows it.
 * @cmd: The kernel's copy, the caller's missing tail zeroed.
 * @size: Size of @cmd.
 */
struct rvf_ucmd {
	struct file *file;
	void __user *ubuffer;
	u32 user_size;
	void *cmd;
	u32 size;
};

/**
 * struct rvf_ioctl_op - One command in an fd's table
 * @number: The full ioctl number.
 * @size: Size of its struct in this kernel.
 * @min_size: Size of its struct in the ABI's first version.
 * @execute: Does it: 0 or a negative errno.
 */
struct rvf_ioctl_op {
	unsigned int number;
	u32 size;
	u32 min_size;
	int (*execute)(struct rvf_ucmd *ucmd);
};

#define RVF_IOCTL_OP(_number, _fn, _struct, _last)                          \
	{                                                                   \
		.number = (_number),                                        \
		.size = sizeof(struct _struct) +                            \
			BUILD_BUG_ON_ZERO(sizeof(union rvf_ucmd_buffer) <   \
					  sizeof(struct _struct)),          \
		.min_size = offsetofend(struct _struct, _last),             \
		.execute = (_fn),                                           \
	}

/* Room for the largest struct of any command. */
union rvf_ucmd_buffer {
	struct rvf_mount mount;
	struct rvf_mount_info mount_info;
};

long rvf_ioctl(struct file *file, unsigned int number, unsigned long arg,
	       const struct rvf_ioctl_op *ops, size_t count);
int rvf_ucmd_respond(struct rvf_ucmd *ucmd);
int rvf_ucmd_offer(struct rvf_ucmd *ucmd, int fd, struct file *file);
int rvf_ucmd_give(struct rvf_ucmd *ucmd, int fd, struct file *file);
int rvf_copy_name(char *name, u64 ptr, u32 len);
int rvf_put_name(u64 ptr, u32 *len, const char *name, u32 name_len);
bool rvf_privileged(void);

#endif /* RVF_IOCTL_H */
