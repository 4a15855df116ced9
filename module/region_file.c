// SPDX-License-Identifier: GPL-2.0-only
/* Handles on regions: reading, appending, mapping. */
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/pfn_t.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include "compat.h"
#include "handle.h"
#include "ioctl.h"
#include "region.h"

/* The page of its region that a mapping of a handle shows somewhere. */
static unsigned long rvf_region_page(const struct rvf_node *node,
				     unsigned long pgoff)
{
	return (node->start >> PAGE_SHIFT) + pgoff;
}

/*
 * Copies, and never lends a page: one that a pipe held would outlive its
 * handle's revocation.
 */
static ssize_t rvf_region_copy_out(struct rvf_region *region,
				   struct rvf_node *node, loff_t pos,
				   struct iov_iter *to)
{
	u64 cursor = rvf_window_cursor(node);
	ssize_t done = 0;

	while (pos < cursor && iov_iter_count(to)) {
		u64 at = node->start + pos;
		size_t offset = offset_in_page(at), copied;
		size_t len = min_t(u64, PAGE_SIZE - offset, cursor - pos);
		int err;

		/* A stalled reader must not go on with a revoked handle. */
		err = rvf_node_check(node, RVF_RIGHT_READ);
		if (err)
			return done ?: err;
		copied = copy_to_iter(rvf_region_at(region, at), len, to);
		done += copied;
		pos += copied;
		if (copied < len && iov_iter_count(to))
			return done ?: -EFAULT;
		cond_resched();
	}
	return done;
}

static ssize_t rvf_region_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct rvf_node *node = rvf_handle_node(iocb->ki_filp);
	struct rvf_region *region = rvf_region_of(node->object);
	ssize_t done;

	done = rvf_node_check(node, 0);
	if (done)
		return done;
	/* Whose slot it is cannot be told by an offset. */
	if (region->policy == RVF_REGION_SLAB)
		return -EPERM;
	done = rvf_node_check(node, RVF_RIGHT_READ);
	if (done)
		return done;
	if (!rvf_object_use(&region->object))
		return -ENODEV;
	done = rvf_region_copy_out(region, node, iocb->ki_pos, to);
	rvf_object_unuse(&region->object);
	if (done > 0)
		iocb->ki_pos += done;
	return done;
}

static ssize_t rvf_region_append(struct rvf_region *region,
				 struct rvf_node *node, struct iov_iter *from)
{
	size_t len = iov_iter_count(from);
	ssize_t done;
	u8 *bounce;

	if (!len)
		return 0;
	/* Read once, with no lock held; a bad pointer leaves no trace. */
	bounce = kvmalloc(len, RVF_GFP_CALLER);
	if (!bounce)
		return -ENOMEM;
	if (copy_from_iter(bounce, len, from) != len) {
		kvfree(bounce);
		return -EFAULT;
	}

	mutex_lock(&region->lock);
	/* Again, where a revocation waits for us. */
	done = rvf_node_check(node, RVF_RIGHT_WRITE);
	if (!done && len > region->size - region->cursor)
		done = -ENOSPC;
	if (!done) {
		rvf_region_copy(region, region->cursor, bounce, len,
				RVF_COPY_IN);
		/* The bytes before the cursor that says that they are there. */
		smp_store_release(&region->cursor, region->cursor + len);
		done = len;
	}
	mutex_unlock(&region->lock);
	kvfree(bounce);
	if (done > 0)
		wake_up_interruptible_poll(&region->wait,
					   EPOLLIN | EPOLLRDNORM);
	return done;
}

static ssize_t rvf_region_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	struct rvf_node *node = rvf_handle_node(iocb->ki_filp);
	struct rvf_region *region = rvf_region_of(node->object);
	ssize_t done;

	done = rvf_node_check(node, 0);
	if (done)
		return done;
	if (region->policy != RVF_REGION_APPEND_ONLY)
		return -EPERM;
	done = rvf_node_check(node, RVF_RIGHT_WRITE);
	if (done)
		return done;
	if (iov_iter_count(from) > RVF_MAX_APPEND)
		return -EMSGSIZE;
	if (!rvf_object_use(&region->object))
		return -ENODEV;
	done = rvf_region_append(region, node, from);
	rvf_object_unuse(&region->object);
	return done;
}

static loff_t rvf_region_llseek(struct file *file, loff_t offset, int whence)
{
	struct rvf_node *node = rvf_handle_node(file);

	return generic_file_llseek_size(file, offset, whence,
					rvf_window_size(node),
					rvf_window_cursor(node));
}

/*
 * The page is entered here, under the node's lock, and not by our caller
 * afterwards: whatever is in a page table when a revocation has the lock,
 * its unmap_mapping_range() finds.
 */
vm_fault_t rvf_region_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct rvf_node *node = rvf_handle_node(vma->vm_file);
	struct rvf_region *region = rvf_region_of(node->object);
	unsigned long index = rvf_region_page(node, vmf->pgoff);
	vm_fault_t ret = VM_FAULT_SIGBUS;

	down_read(&node->sem);
	/*
	 * A live node means a live mount, and that region->pages is there: it
	 * goes only after each node's state was changed under its lock.
	 */
	if (node->state == RVF_NODE_LIVE && index < region->n_pages)
		ret = vmf_insert_pfn(vma, vmf->address,
				     page_to_pfn(region->pages[index]));
	up_read(&node->sem);
	return ret;
}

#ifdef RVF_HUGE_FAULT
/* Does a whole entry's worth of the mapping lie over contiguous pages? */
static bool rvf_region_huge_fits(const struct rvf_region *region,
				 const struct rvf_node *node,
				 const struct vm_fault *vmf)
{
	const struct vm_area_struct *vma = vmf->vma;
	unsigned long start = vmf->address & PMD_MASK;
	unsigned long first = rvf_region_page(node, vma->vm_pgoff);
	unsigned long run = rvf_region_page(node, vmf->pgoff) / RVF_HUGE_PAGES;

	return start >= vma->vm_start && vma->vm_end - start >= PMD_SIZE &&
	       !((vma->vm_start / PAGE_SIZE - first) % RVF_HUGE_PAGES) &&
	       run < region->n_pages / RVF_HUGE_PAGES &&
	       test_bit(run, region->huge);
}

/**
 * rvf_region_huge_fault - Enter a run of pages, as rvf_region_fault() does one
 * @vmf: The fault.
 * @order: What the kernel would like.
 *
 * Return: VM_FAULT_FALLBACK where a single page will have to do.
 */
vm_fault_t rvf_region_huge_fault(struct vm_fault *vmf, unsigned int order)
{
	struct rvf_node *node = rvf_handle_node(vmf->vma->vm_file);
	struct rvf_region *region = rvf_region_of(node->object);
	vm_fault_t ret = VM_FAULT_FALLBACK;
	unsigned long index;
	struct page *first;

	if (order != PMD_ORDER)
		return ret;
	down_read(&node->sem);
	if (node->state == RVF_NODE_LIVE &&
	    rvf_region_huge_fits(region, node, vmf)) {
		index = rvf_region_page(node, vmf->pgoff);
		first = region->pages[round_down(index, RVF_HUGE_PAGES)];
		ret = vmf_insert_pfn_pmd(vmf, page_to_pfn_t(first),
					 vmf->flags & FAULT_FLAG_WRITE);
	}
	up_read(&node->sem);
	return ret;
}
#endif

static const struct vm_operations_struct rvf_region_vm_ops = {
	.fault = rvf_region_fault,
#ifdef RVF_HUGE_FAULT
	.huge_fault = rvf_region_huge_fault,
#endif
};

/* Maps a handle; also what a guest's memory begins with. */
int rvf_region_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct rvf_node *node = rvf_handle_node(file);
	struct rvf_region *region = rvf_region_of(node->object);
	bool writable;
	int err;

	err = rvf_node_check(node, RVF_RIGHT_READ);
	if (err)
		return err;
	writable = region->policy == RVF_REGION_SLAB &&
		   (node->rights & RVF_RIGHT_WRITE);
	/* A private mapping could be written to and would lend its pages. */
	if (!(vma->vm_flags & VM_MAYSHARE) || (vma->vm_flags & VM_EXEC) ||
	    ((vma->vm_flags & VM_WRITE) && !writable))
		return -EACCES;
	if (vma->vm_pgoff + vma_pages(vma) > rvf_window_pages(node) ||
	    vma->vm_pgoff + vma_pages(vma) < vma->vm_pgoff)
		return -EINVAL;

	/* PFNMAP: no page can be pinned, and so none outlives a revocation. */
	vm_flags_mod(vma, VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP,
		     VM_MAYEXEC | (writable ? 0 : VM_MAYWRITE));
	vma->vm_ops = &rvf_region_vm_ops;
	return 0;
}

static __poll_t rvf_region_poll(struct file *file, poll_table *wait)
{
	struct rvf_node *node = rvf_handle_node(file);
	struct rvf_region *region = rvf_region_of(node->object);
	__poll_t mask;

	poll_wait(file, &region->wait, wait);
	mask = rvf_handle_poll(node, file, wait);
	if (region->policy == RVF_REGION_SLAB) {
		if ((node->rights & RVF_RIGHT_WRITE) &&
		    READ_ONCE(region->slab.free) != region->slab.n_slots)
			mask |= EPOLLOUT | EPOLLWRNORM;
		return mask;
	}
	/* A write never waits; io_uring would, for this. */
	mask |= EPOLLOUT | EPOLLWRNORM;
	if ((node->rights & RVF_RIGHT_READ) &&
	    file->f_pos < rvf_window_cursor(node))
		mask |= EPOLLIN | EPOLLRDNORM;
	return mask;
}

static int rvf_cmd_region_info(struct rvf_ucmd *ucmd)
{
	struct rvf_node *node = rvf_handle_node(ucmd->file);
	struct rvf_region *region = rvf_region_of(node->object);
	struct rvf_region_info *cmd = ucmd->cmd;
	int err;

	err = rvf_node_check(node, 0);
	if (err)
		return err;
	cmd->out_policy = region->policy;
	cmd->out_size = rvf_window_size(node);
	cmd->out_cursor = region->policy == RVF_REGION_SLAB ?
			  rvf_region_used(region) : rvf_window_cursor(node);
	cmd->out_slots = region->slab.n_slots;
	cmd->out_slot_size = region->slot_size;
	return rvf_ucmd_respond(ucmd);
}

static const struct rvf_ioctl_op rvf_region_ops[] = {
	RVF_IOCTL_OP(RVF_REGION_INFO, rvf_cmd_region_info, rvf_region_info,
		     out_cursor),
	RVF_IOCTL_OP(RVF_SLOT_ALLOC, rvf_cmd_slot_alloc, rvf_slot_alloc,
		     out_offset),
	RVF_IOCTL_OP(RVF_SLOT_FREE, rvf_cmd_slot_free, rvf_slot_free, slot),
	RVF_IOCTL_OP(RVF_SLOT_READ, rvf_cmd_slot_read, rvf_slot_io, length),
	RVF_IOCTL_OP(RVF_SLOT_WRITE, rvf_cmd_slot_write, rvf_slot_io, length),
};

static long rvf_region_ioctl(struct file *file, unsigned int number,
			     unsigned long arg)
{
	return rvf_handle_ioctl(file, number, arg, rvf_region_ops,
				ARRAY_SIZE(rvf_region_ops));
}

const struct file_operations rvf_region_fops = {
	.owner = THIS_MODULE,
	.release = rvf_handle_release,
	.llseek = rvf_region_llseek,
	.read_iter = rvf_region_read_iter,
	.write_iter = rvf_region_write_iter,
	.splice_read = rvf_splice_read,
	.splice_write = iter_file_splice_write,
	.mmap = rvf_region_mmap,
#ifdef RVF_HUGE_FAULT
	.get_unmapped_area = thp_get_unmapped_area,
#endif
	.poll = rvf_region_poll,
	.unlocked_ioctl = rvf_region_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};
