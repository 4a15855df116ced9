// SPDX-License-Identifier: GPL-2.0-only
/* Handles on queues: read and write, poll. */
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/uio.h>
#include "handle.h"
#include "ioctl.h"
#include "queue.h"
#include "usercopy.h"

/* What a read came to: the message is received, or stays where it was. */
static void rvf_queue_read_end(struct rvf_queue *queue, struct rvf_slot *slot,
			       bool received)
{
	struct rvf_queue_wake wake;

	rvf_queue_lock(queue, &wake);
	if (received) {
		queue->received++;
		rvf_queue_give_empty(queue, slot, &wake);
	} else {
		rvf_queue_give_back(queue, slot, &wake);
	}
	rvf_queue_unlock(queue, &wake);
}

/*
 * And a write. A revocation waits for the lock: what is published now was sent
 * before it.
 */
static int rvf_queue_write_end(struct rvf_queue *queue, struct rvf_node *node,
			       struct rvf_slot *slot, int err)
{
	struct rvf_queue_wake wake;

	rvf_queue_lock(queue, &wake);
	if (!err)
		err = rvf_node_over(node);
	if (!err)
		rvf_queue_publish(queue, slot, &wake);
	else
		rvf_queue_give_empty(queue, slot, &wake);
	rvf_queue_unlock(queue, &wake);
	return err;
}

static struct rvf_slot *rvf_queue_read_begin(struct rvf_queue *queue,
					     struct rvf_node *node,
					     size_t room, bool wait)
{
	struct rvf_slot *slot;
	int err;

	err = rvf_node_check(node, RVF_RIGHT_READ);
	if (!err) {
		slot = rvf_queue_wait_full(queue, node, room, wait);
		err = PTR_ERR_OR_ZERO(slot);
	}
	return err ? ERR_PTR(rvf_receive_error(err)) : slot;
}

static struct rvf_slot *rvf_queue_write_begin(struct rvf_queue *queue,
					      struct rvf_node *node,
					      size_t length, bool wait)
{
	struct rvf_slot *slot;
	int err;

	err = rvf_node_check(node, RVF_RIGHT_WRITE);
	if (err)
		return ERR_PTR(err);
	if (length > queue->message_size)
		return ERR_PTR(-EMSGSIZE);
	slot = rvf_queue_wait_empty(queue, node, wait);
	if (!IS_ERR(slot)) {
		slot->length = length;
		slot->priority = RVF_PRIORITY_NORMAL;
		slot->badge = node->badge;
	}
	return slot;
}

/*
 * The two with one buffer are there beside those with vectors because most
 * messages are small, and a vector costs about as much as they do.
 */
static ssize_t rvf_queue_read(struct file *file, char __user *buffer,
			      size_t room, loff_t *pos)
{
	struct rvf_node *node = rvf_handle_node(file);
	struct rvf_queue *queue = rvf_queue_of(node->object);
	struct rvf_slot *slot;
	ssize_t length;

	slot = rvf_queue_read_begin(queue, node, room,
				    !(file->f_flags & O_NONBLOCK));
	if (IS_ERR(slot))
		return PTR_ERR(slot);
	length = slot->length;
	if (rvf_copy_out(buffer, slot->data, length))
		length = -EFAULT;
	rvf_queue_read_end(queue, slot, length >= 0);
	return length;
}

static ssize_t rvf_queue_write(struct file *file, const char __user *buffer,
			       size_t length, loff_t *pos)
{
	struct rvf_node *node = rvf_handle_node(file);
	struct rvf_queue *queue = rvf_queue_of(node->object);
	struct rvf_slot *slot;
	int err = 0;

	slot = rvf_queue_write_begin(queue, node, length,
				     !(file->f_flags & O_NONBLOCK));
	if (IS_ERR(slot))
		return PTR_ERR(slot);
	if (rvf_copy_in(slot->data, buffer, length))
		err = -EFAULT;
	return rvf_queue_write_end(queue, node, slot, err) ?: length;
}

static bool rvf_may_wait(const struct kiocb *iocb)
{
	return !(iocb->ki_filp->f_flags & O_NONBLOCK) &&
	       !(iocb->ki_flags & IOCB_NOWAIT);
}

static ssize_t rvf_queue_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct rvf_node *node = rvf_handle_node(iocb->ki_filp);
	struct rvf_queue *queue = rvf_queue_of(node->object);
	struct rvf_slot *slot;
	ssize_t length;

	slot = rvf_queue_read_begin(queue, node, iov_iter_count(to),
				    rvf_may_wait(iocb));
	if (IS_ERR(slot))
		return PTR_ERR(slot);
	length = slot->length;
	if (copy_to_iter(slot->data, length, to) != length)
		length = -EFAULT;
	rvf_queue_read_end(queue, slot, length >= 0);
	return length;
}

static ssize_t rvf_queue_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	struct rvf_node *node = rvf_handle_node(iocb->ki_filp);
	struct rvf_queue *queue = rvf_queue_of(node->object);
	size_t length = iov_iter_count(from);
	struct rvf_slot *slot;
	int err = 0;

	slot = rvf_queue_write_begin(queue, node, length, rvf_may_wait(iocb));
	if (IS_ERR(slot))
		return PTR_ERR(slot);
	if (copy_from_iter(slot->data, length, from) != length)
		err = -EFAULT;
	return rvf_queue_write_end(queue, node, slot, err) ?: length;
}

static int rvf_cmd_queue_info(struct rvf_ucmd *ucmd)
{
	struct rvf_node *node = rvf_handle_node(ucmd->file);
	struct rvf_queue *queue = rvf_queue_of(node->object);
	struct rvf_queue_info *cmd = ucmd->cmd;
	int err;

	if (cmd->__reserved)
		return -EOPNOTSUPP;
	err = rvf_node_check(node, 0);
	if (err)
		return err;
	cmd->out_slots = queue->n_slots;
	cmd->out_message_size = queue->message_size;
	cmd->out_type = queue->type;
	spin_lock(&queue->lock);
	cmd->out_used = queue->used;
	cmd->out_sent = queue->sent;
	cmd->out_received = queue->received;
	spin_unlock(&queue->lock);
	return rvf_ucmd_respond(ucmd);
}

static const struct rvf_ioctl_op rvf_queue_ops[] = {
	RVF_IOCTL_OP(RVF_QUEUE_INFO, rvf_cmd_queue_info, rvf_queue_info,
		     out_received),
	RVF_IOCTL_OP(RVF_QUEUE_SEND, rvf_cmd_queue_send, rvf_queue_batch,
		     entry_size),
	RVF_IOCTL_OP(RVF_QUEUE_RECV, rvf_cmd_queue_recv, rvf_queue_batch,
		     entry_size),
};

static long rvf_queue_ioctl(struct file *file, unsigned int number,
			    unsigned long arg)
{
	return rvf_handle_ioctl(file, number, arg, rvf_queue_ops,
				ARRAY_SIZE(rvf_queue_ops));
}

static __poll_t rvf_queue_poll(struct file *file, poll_table *wait)
{
	struct rvf_node *node = rvf_handle_node(file);
	struct rvf_queue *queue = rvf_queue_of(node->object);
	__poll_t mask;

	poll_wait(file, &queue->readable, wait);
	poll_wait(file, &queue->writable, wait);
	mask = rvf_handle_poll(node, file, wait);
	spin_lock(&queue->lock);
	if ((node->rights & RVF_RIGHT_READ) && queue->levels)
		mask |= EPOLLIN | EPOLLRDNORM;
	if ((node->rights & RVF_RIGHT_WRITE) && !list_empty(&queue->empty))
		mask |= EPOLLOUT | EPOLLWRNORM;
	spin_unlock(&queue->lock);
	return mask;
}

const struct file_operations rvf_queue_fops = {
	.owner = THIS_MODULE,
	.release = rvf_handle_release,
	.read = rvf_queue_read,
	.write = rvf_queue_write,
	.read_iter = rvf_queue_read_iter,
	.write_iter = rvf_queue_write_iter,
	.poll = rvf_queue_poll,
	.unlocked_ioctl = rvf_queue_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};
