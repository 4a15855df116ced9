/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Handles: file descriptors that are capabilities. Behind each is a node in its
 * mount's tree (node.h).
 */
#ifndef RVF_HANDLE_H
#define RVF_HANDLE_H

#include <linux/fs.h>
#include <linux/poll.h>
#include "node.h"

struct rvf_ioctl_op;
struct rvf_mnt;
struct rvf_tsk;

int rvf_pseudofs_setup(void);
void rvf_pseudofs_cleanup(void);
struct file *rvf_pseudofs_file(const char *name, void *data,
			       const struct file_operations *fops);

int rvf_handle_create(struct rvf_mnt *mnt, struct rvf_object *object,
		      struct rvf_tsk *owner, u32 rights, u64 badge,
		      struct file **file);
int rvf_handle_derive_slot(struct rvf_node *node, struct rvf_tsk *owner,
			   u32 rights,
			   const struct file_operations *fops,
			   struct file **file);

struct file *rvf_handle_file(const struct rvf_object *object,
			     const struct file_operations *fops);
struct rvf_node *rvf_handle_of_file(struct file *file);
int rvf_handle_release(struct inode *inode, struct file *file);
__poll_t rvf_handle_poll(struct rvf_node *node, struct file *file,
			 poll_table *wait);
long rvf_handle_ioctl(struct file *file, unsigned int number,
		      unsigned long arg, const struct rvf_ioctl_op *ops,
		      size_t count);

static inline struct rvf_node *rvf_handle_node(struct file *file)
{
	return file->private_data;
}

#endif /* RVF_HANDLE_H */
