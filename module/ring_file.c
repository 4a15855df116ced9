// SPDX-License-Identifier: GPL-2.0-only
/* Handles on rings: mapping, sleeping, waking. */
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/poll.h>
#include <linux/uio.h>
#include "compat.h"
#include "handle.h"
#include "ioctl.h"
#include "ring.h"

#define RVF_RING_ENDS (RVF_RIGHT_READ | RVF_RIGHT_WRITE)

/* For whoever holds an end, whichever it is. */
static int rvf_ring_check(struct rvf_node *node)
{
	int err = rvf_node_check(node, 0);

	if (err)
		return err;
	return node->rights & RVF_RING_ENDS ? 0 : -EACCES;
}

/* As regions' faults: the page is entered under the node's lock. */
static vm_fault_t rvf_ring_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct rvf_node *node = rvf_handle_node(vma->vm_file);
	struct rvf_ring *ring = rvf_ring_of(node->object);
	vm_fault_t ret = VM_FAULT_SIGBUS;

	down_read(&node->sem);
	if (node->state == RVF_NODE_LIVE && vmf->pgoff < ring->n_pages)
		ret = vmf_insert_pfn(vma, vmf->address,
				     page_to_pfn(ring->pages[vmf->pgoff]));
	up_read(&node->sem);
	return ret;
}

static const struct vm_operations_struct rvf_ring_vm_ops = {
	.fault = rvf_ring_fault,
};

/* Do the pages from @first to before @end all belong to the holder's end? */
static bool rvf_ring_may_write(const struct rvf_node *node,
			       unsigned long first, unsigned long end)
{
	unsigned long from = RVF_RING_PAGE_CONSUMER, to = from;

	if (node->rights & RVF_RIGHT_WRITE) {
		from = RVF_RING_PAGE_PRODUCER;
		to = ULONG_MAX;
	}
	if (node->rights & RVF_RIGHT_READ) {
		from = RVF_RING_PAGE_CONSUMER;
		to = max_t(unsigned long, to, RVF_RING_PAGE_PRODUCER);
	}
	return first >= from && end <= to;
}

static int rvf_ring_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct rvf_node *node = rvf_handle_node(file);
	struct rvf_ring *ring = rvf_ring_of(node->object);
	unsigned long first = vma->vm_pgoff, end = first + vma_pages(vma);
	bool writable = rvf_ring_may_write(node, first, end);
	int err;

	err = rvf_ring_check(node);
	if (err)
		return err;
	/* A private mapping would show neither end what the other writes. */
	if (!(vma->vm_flags & VM_MAYSHARE) || (vma->vm_flags & VM_EXEC) ||
	    ((vma->vm_flags & VM_WRITE) && !writable))
		return -EACCES;
	if (end < first || end > READ_ONCE(ring->n_pages))
		return -EINVAL;

	/* Without VM_IO, MADV_DOFORK would undo VM_DONTCOPY. */
	vm_flags_mod(vma,
		     VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP |
			     VM_DONTCOPY,
		     VM_MAYEXEC | (writable ? 0 : VM_MAYWRITE));
	vma->vm_ops = &rvf_ring_vm_ops;
	return 0;
}

/* The right whose end a read is for: a holder of both is a consumer. */
static u32 rvf_ring_end(const struct rvf_node *node)
{
	return node->rights & RVF_RIGHT_READ ?: RVF_RIGHT_WRITE;
}

static bool rvf_ring_woken(struct rvf_node *node, u32 *count)
{
	return rvf_node_over(node) ||
	       rvf_ring_ready(rvf_ring_of(node->object), rvf_ring_end(node),
			      count);
}

static int rvf_ring_sleep(struct rvf_node *node, bool may_wait, u32 *count)
{
	struct rvf_ring *ring = rvf_ring_of(node->object);
	wait_queue_head_t *wait = rvf_ring_end(node) == RVF_RIGHT_READ ?
				  &ring->readable : &ring->writable;
	int err = 0;

	/*
	 * The look after we are on the list is the one that counts: the other
	 * end looks for sleepers after it has written its word.
	 */
	if (may_wait)
		err = wait_event_interruptible(*wait,
					       rvf_ring_woken(node, count));
	else if (!rvf_ring_woken(node, count))
		err = -EAGAIN;
	return rvf_node_over(node) ?: err;
}

static ssize_t rvf_ring_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct rvf_node *node = rvf_handle_node(iocb->ki_filp);
	bool may_wait = !(iocb->ki_filp->f_flags & O_NONBLOCK) &&
			!(iocb->ki_flags & IOCB_NOWAIT);
	u32 count = 0;
	__u64 result;
	int err;

	err = rvf_ring_check(node);
	if (!err && iov_iter_count(to) < sizeof(result))
		return -EINVAL;
	if (!err && !rvf_object_use(node->object))
		err = -ENODEV;
	if (!err) {
		err = rvf_ring_sleep(node, may_wait, &count);
		rvf_object_unuse(node->object);
	}
	if (err)
		return err == -ENODEV ? -EPIPE : err;
	result = count;
	if (copy_to_iter(&result, sizeof(result), to) != sizeof(result))
		return -EFAULT;
	return sizeof(result);
}

static __poll_t rvf_ring_poll(struct file *file, poll_table *wait)
{
	struct rvf_node *node = rvf_handle_node(file);
	struct rvf_ring *ring = rvf_ring_of(node->object);
	__poll_t mask;
	u32 count;

	poll_wait(file, &ring->readable, wait);
	poll_wait(file, &ring->writable, wait);
	mask = rvf_handle_poll(node, file, wait);
	if (!rvf_object_use(&ring->object))
		return mask;
	if ((node->rights & RVF_RIGHT_READ) &&
	    rvf_ring_ready(ring, RVF_RIGHT_READ, &count))
		mask |= EPOLLIN | EPOLLRDNORM;
	if ((node->rights & RVF_RIGHT_WRITE) &&
	    rvf_ring_ready(ring, RVF_RIGHT_WRITE, &count))
		mask |= EPOLLOUT | EPOLLWRNORM;
	rvf_object_unuse(&ring->object);
	return mask;
}

static int rvf_cmd_ring_info(struct rvf_ucmd *ucmd)
{
	struct rvf_node *node = rvf_handle_node(ucmd->file);
	struct rvf_ring *ring = rvf_ring_of(node->object);
	struct rvf_ring_info *cmd = ucmd->cmd;
	int err;

	if (cmd->flags)
		return -EOPNOTSUPP;
	err = rvf_node_check(node, 0);
	if (err)
		return err;
	cmd->out_slots = ring->n_slots;
	cmd->out_message_size = ring->message_size;
	cmd->out_type = ring->type;
	cmd->out_stride = RVF_RING_STRIDE(ring->message_size);
	cmd->out_epoch = READ_ONCE(ring->epoch);
	cmd->out_consumer = RVF_RING_PAGE_CONSUMER * PAGE_SIZE;
	cmd->out_producer = RVF_RING_PAGE_PRODUCER * PAGE_SIZE;
	cmd->out_data = RVF_RING_PAGE_SLOTS * PAGE_SIZE;
	cmd->out_length = (u64)READ_ONCE(ring->n_pages) * PAGE_SIZE;
	return rvf_ucmd_respond(ucmd);
}

static int rvf_cmd_ring_wake(struct rvf_ucmd *ucmd)
{
	struct rvf_node *node = rvf_handle_node(ucmd->file);
	struct rvf_ring *ring = rvf_ring_of(node->object);
	struct rvf_ring_wake *cmd = ucmd->cmd;
	int err;

	if (cmd->flags)
		return -EOPNOTSUPP;
	err = rvf_ring_check(node);
	if (err)
		return err;
	/* The caller's word before the list of sleepers. */
	if ((node->rights & RVF_RIGHT_WRITE) && wq_has_sleeper(&ring->readable))
		wake_up_interruptible_poll(&ring->readable,
					   EPOLLIN | EPOLLRDNORM);
	if ((node->rights & RVF_RIGHT_READ) && wq_has_sleeper(&ring->writable))
		wake_up_interruptible_poll(&ring->writable,
					   EPOLLOUT | EPOLLWRNORM);
	return 0;
}

static const struct rvf_ioctl_op rvf_ring_ops[] = {
	RVF_IOCTL_OP(RVF_RING_INFO, rvf_cmd_ring_info, rvf_ring_info,
		     out_length),
	RVF_IOCTL_OP(RVF_RING_WAKE, rvf_cmd_ring_wake, rvf_ring_wake, flags),
};

static long rvf_ring_ioctl(struct file *file, unsigned int number,
			   unsigned long arg)
{
	return rvf_handle_ioctl(file, number, arg, rvf_ring_ops,
				ARRAY_SIZE(rvf_ring_ops));
}

const struct file_operations rvf_ring_fops = {
	.owner = THIS_MODULE,
	.release = rvf_handle_release,
	.read_iter = rvf_ring_read_iter,
	.mmap = rvf_ring_mmap,
	.poll = rvf_ring_poll,
	.unlocked_ioctl = rvf_ring_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};
