// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pseudo file system that handles live on. Each handle has an inode of its
 * own, and so an address space of its own: revoking takes away exactly the
 * mappings that were made through it. An anonymous inode is shared by all, and
 * could not do that.
 */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/pseudo_fs.h>
#include "handle.h"

#define RVF_PSEUDOFS_MAGIC 0x52564648

static struct vfsmount *rvf_pseudofs_mnt;

static int rvf_pseudofs_init(struct fs_context *fc)
{
	return init_pseudo(fc, RVF_PSEUDOFS_MAGIC) ? 0 : -ENOMEM;
}

/* No .owner: the mount below would pin the module for ever. */
static struct file_system_type rvf_pseudofs = {
	.name = "rvf",
	.init_fs_context = rvf_pseudofs_init,
	.kill_sb = kill_anon_super,
};

int rvf_pseudofs_setup(void)
{
	rvf_pseudofs_mnt = kern_mount(&rvf_pseudofs);
	return PTR_ERR_OR_ZERO(rvf_pseudofs_mnt);
}

void rvf_pseudofs_cleanup(void)
{
	kern_unmount(rvf_pseudofs_mnt);
}

/**
 * rvf_pseudofs_file - Make a file with an inode of its own
 * @name: What /proc/PID/fd shows.
 * @data: Its private data.
 * @fops: Its operations; the file holds a reference on their module.
 *
 * Nobody can open the inode a second time: it has no open operation.
 *
 * Return: the file or an ERR_PTR.
 */
struct file *rvf_pseudofs_file(const char *name, void *data,
			       const struct file_operations *fops)
{
	struct inode *inode;
	struct file *file;

	inode = alloc_anon_inode(rvf_pseudofs_mnt->mnt_sb);
	if (IS_ERR(inode))
		return ERR_CAST(inode);

	/* alloc_file_pseudo() takes no reference, but the last fput drops one. */
	__module_get(fops->owner);
	file = alloc_file_pseudo(inode, rvf_pseudofs_mnt, name, O_RDWR, fops);
	if (IS_ERR(file)) {
		iput(inode);
		module_put(fops->owner);
		return file;
	}
	file->private_data = data;
	return file;
}
