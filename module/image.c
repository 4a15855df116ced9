// SPDX-License-Identifier: GPL-2.0-only
/*
 * Images: files that can be executed, and nothing else.
 *
 * An image is a shmem file that the module fills itself. Four things together
 * make it what BIND can rely on, and each was needed against root in the
 * initial namespace, who can reach it through /proc/PID/fd:
 *
 *  - seals, so that no one writes to it or changes its size;
 *  - S_IMMUTABLE, so that its mode, owner and attributes stay;
 *  - the mode 0111: a process that cannot read its executable is not dumpable
 *    from its first instruction on;
 *  - an open of its own, which admits execution alone: a file open for reading
 *    would be enough to make it the executable of an unsigned program by
 *    prctl(PR_SET_MM), and with the immutable flag cleared by ioctl, a file
 *    open for writing would keep everybody from executing it.
 */
#include <linux/err.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/rcupdate.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>
#include "image.h"
#include "segment.h"

#define RVF_IMAGE_CHUNK (64 * 1024)
#define RVF_IMAGE_SEALS \
	(F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

/*
 * shmem's operations with our open in front: one copy for all images, as
 * long-lived as the module, since the executables of running processes use it.
 */
static const struct file_operations *rvf_image_fops;
static const struct file_operations *rvf_shmem_fops;

static int rvf_image_fops_open(struct inode *inode, struct file *file)
{
	if (!(file->f_flags & __FMODE_EXEC))
		return -EACCES;
	return rvf_shmem_fops->open ? rvf_shmem_fops->open(inode, file) : 0;
}

/* The kernel's own shmem has no limit: for it, no space means no memory. */
static int rvf_image_error(long err)
{
	return err == -ENOSPC ? -ENOMEM : err;
}

int rvf_image_setup(void)
{
	struct file *probe = shmem_file_setup("rvf", 0, 0);
	struct file_operations *fops;

	if (IS_ERR(probe))
		return rvf_image_error(PTR_ERR(probe));
	rvf_shmem_fops = file_inode(probe)->i_fop;
	fput(probe);
	fops = kmemdup(rvf_shmem_fops, sizeof(*fops), GFP_KERNEL);
	if (!fops)
		return -ENOMEM;
	fops->owner = THIS_MODULE;
	fops->open = rvf_image_fops_open;
	rvf_image_fops = fops;
	return 0;
}

void rvf_image_cleanup(void)
{
	/*
	 * Somebody who opens an image by an O_PATH fd reads i_fop and then
	 * takes a reference on its module, without sleeping in between. All
	 * images have got shmem's operations back by now; wait for whoever
	 * still saw ours.
	 */
	synchronize_rcu_tasks();
	kfree(rvf_image_fops);
}

static int rvf_image_fill(struct file *image, struct rvf_segment_reader *reader)
{
	void *chunk = kvmalloc(RVF_IMAGE_CHUNK, RVF_GFP);
	loff_t pos = 0;
	int err = 0;

	if (!chunk)
		return -ENOMEM;
	while (!err && reader->left) {
		size_t len = min_t(u64, RVF_IMAGE_CHUNK, reader->left);
		ssize_t put;

		err = rvf_segment_read(reader, chunk, len);
		if (err)
			break;
		put = kernel_write(image, chunk, len, &pos);
		if (put != len)
			err = put < 0 ? rvf_image_error(put) : -ENOMEM;
	}
	kvfree(chunk);
	return err;
}

static void rvf_image_seal(struct file *image)
{
	struct inode *inode = file_inode(image);

	inode_lock(inode);
	SHMEM_I(inode)->seals = RVF_IMAGE_SEALS;
	inode->i_uid = GLOBAL_ROOT_UID;
	inode->i_gid = GLOBAL_ROOT_GID;
	inode->i_mode = S_IFREG | 0111;
	inode_set_flags(inode, S_IMMUTABLE, S_IMMUTABLE);
	inode->i_fop = rvf_image_fops;
	inode_unlock(inode);
}

/**
 * rvf_image_create - Make an image of a segment and seal it
 * @name: What /proc/PID/exe shows.
 * @name_len: Its bytes.
 * @reader: At the segment's first byte; it is read to its end.
 *
 * Return: the image's file, or an ERR_PTR.
 */
struct file *rvf_image_create(const char *name, u32 name_len,
			      struct rvf_segment_reader *reader)
{
	char *label = kasprintf(GFP_KERNEL_ACCOUNT, "rvf:%.*s", (int)name_len,
				name);
	struct file *image;
	int err;

	if (!label)
		return ERR_PTR(-ENOMEM);
	image = shmem_file_setup(label, 0, 0);
	kfree(label);
	if (IS_ERR(image))
		return ERR_PTR(rvf_image_error(PTR_ERR(image)));
	/* ENOMEM where the cgroup is full, and no OOM killer: as RVF_GFP. */
	mapping_set_gfp_mask(image->f_mapping, GFP_HIGHUSER |
			     __GFP_RETRY_MAYFAIL | __GFP_NOWARN);

	err = rvf_image_fill(image, reader);
	if (err) {
		fput(image);
		return ERR_PTR(err);
	}
	rvf_image_seal(image);
	return image;
}

/**
 * rvf_image_destroy - Forget an image
 * @image: Its file. A process that executes it goes on.
 */
void rvf_image_destroy(struct file *image)
{
	/* An O_PATH fd keeps the inode, but not the module that our open is in. */
	WRITE_ONCE(file_inode(image)->i_fop, rvf_shmem_fops);
	fput(image);
}

/**
 * rvf_image_open - Open an image for execveat() with AT_EMPTY_PATH
 * @image: Its file.
 *
 * Return: an O_PATH file or an ERR_PTR.
 */
struct file *rvf_image_open(struct file *image)
{
	return dentry_open(&image->f_path, O_PATH, current_cred());
}

/* Is this a file of shmem's, a memfd among them? */
bool rvf_is_shmem(const struct file *file)
{
	return file->f_op->mmap == rvf_shmem_fops->mmap;
}
