// SPDX-License-Identifier: GPL-2.0-only
/* Handles on queues: read and write, batches, poll. */
#include <linux/fs.h>
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>
#include <linux/uio.h>
#include "compat.h"
#include "handle.h"
#include "ioctl.h"
#include "queue.h"

/* After the unmount a receiver hears what the reader of a closed pipe would. */
static int rvf_receive_error(int err)
{
	return err == -ENODEV ? -EPIPE : err;
}

static bool rvf_queue_has(struct rvf_queue *queue, struct list_head *list)
{
	bool has;

	spin_lock(&queue->lock);
	has = !list_empty(list);
	spin_unlock(&queue->lock);
	return has;
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
	struct rvf_message message;
	int err;

	err = rvf_node_check(node, RVF_RIGHT_READ);
	if (err)
		return rvf_receive_error(err);
	if (!rvf_object_use(&queue->object))
		return -EPIPE;
	for (;;) {
		err = rvf_queue_receive(queue, node, to, &message, NULL);
		if (err != -EAGAIN || !rvf_may_wait(iocb))
			break;
		err = wait_event_interruptible(queue->receivers,
					       rvf_queue_has(queue, &queue->full) ||
					       READ_ONCE(node->state));
		if (err)
			break;
	}
	rvf_object_unuse(&queue->object);
	if (err)
		return rvf_receive_error(err);
	return message.length;
}

static ssize_t rvf_queue_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	struct rvf_node *node = rvf_handle_node(iocb->ki_filp);
	struct rvf_queue *queue = rvf_queue_of(node->object);
	size_t length = iov_iter_count(from);
	int err;

	err = rvf_node_check(node, RVF_RIGHT_WRITE);
	if (err)
		return err;
	if (!rvf_object_use(&queue->object))
		return -ENODEV;
	for (;;) {
		err = rvf_queue_send(queue, node, from);
		if (err != -EAGAIN || !rvf_may_wait(iocb))
			break;
		err = wait_event_interruptible(queue->senders,
					       rvf_queue_has(queue, &queue->empty) ||
					       READ_ONCE(node->state));
		if (err)
			break;
	}
	rvf_object_unuse(&queue->object);
	return err ?: length;
}

static int rvf_batch_send_one(struct rvf_queue *queue, struct rvf_node *node,
			      struct rvf_message *message)
{
	struct iov_iter iter;
	struct iovec iov;
	int err;

	if (message->badge)
		return -EOPNOTSUPP;
	if (message->type && message->type != queue->type)
		return -EPROTOTYPE;
	err = rvf_import_ubuf(ITER_SOURCE, u64_to_user_ptr(message->buffer),
			      message->length, &iov, &iter);
	return err ?: rvf_queue_send(queue, node, &iter);
}

static int rvf_batch_receive_one(struct rvf_queue *queue,
				 struct rvf_node *node,
				 struct rvf_message *message,
				 struct rvf_message __user *entry)
{
	struct iov_iter iter;
	struct iovec iov;
	int err;

	err = rvf_import_ubuf(ITER_DEST, u64_to_user_ptr(message->buffer),
			      message->length, &iov, &iter);
	if (err)
		return err;
	message->type = queue->type;
	err = rvf_queue_receive(queue, node, &iter, message, entry);
	/* One that does not fit is told of, too, if that is possible. */
	if (err == -EMSGSIZE &&
	    copy_to_user(entry, message, sizeof(*message)))
		err = -EFAULT;
	return err;
}

static int rvf_batch_one(struct rvf_queue *queue, struct rvf_node *node,
			 struct rvf_message __user *entry, bool send)
{
	struct rvf_message message;

	if (copy_from_user(&message, entry, sizeof(message)))
		return -EFAULT;
	if (message.priority || message.handle_count || message.handles)
		return -EOPNOTSUPP;
	if (send)
		return rvf_batch_send_one(queue, node, &message);
	return rvf_batch_receive_one(queue, node, &message, entry);
}

static int rvf_batch(struct rvf_ucmd *ucmd, bool send)
{
	struct rvf_node *node = rvf_handle_node(ucmd->file);
	struct rvf_queue *queue = rvf_queue_of(node->object);
	struct rvf_queue_batch *cmd = ucmd->cmd;
	struct rvf_message __user *entries = u64_to_user_ptr(cmd->messages);
	u32 done = 0;
	int err;

	if (cmd->flags)
		return -EOPNOTSUPP;
	if (!cmd->count || cmd->count > RVF_MAX_BATCH ||
	    cmd->entry_size != sizeof(struct rvf_message))
		return -EINVAL;
	err = rvf_node_check(node, send ? RVF_RIGHT_WRITE : RVF_RIGHT_READ);
	if (err)
		return err;
	/* Told before it is done, as if all will be: mostly that is so. */
	if (rvf_ucmd_respond(ucmd))
		return -EFAULT;
	if (!rvf_object_use(&queue->object))
		return -ENODEV;

	while (done < cmd->count) {
		err = rvf_batch_one(queue, node, entries + done, send);
		if (err)
			break;
		done++;
	}
	rvf_object_unuse(&queue->object);

	if (!err)
		return 0;
	cmd->count = done;
	if (done)
		err = 0;
	return rvf_ucmd_respond(ucmd) ?: err;
}

static int rvf_cmd_queue_send(struct rvf_ucmd *ucmd)
{
	return rvf_batch(ucmd, true);
}

static int rvf_cmd_queue_recv(struct rvf_ucmd *ucmd)
{
	return rvf_receive_error(rvf_batch(ucmd, false));
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

	poll_wait(file, &queue->receivers, wait);
	poll_wait(file, &queue->senders, wait);
	mask = rvf_handle_poll(node, file, wait);
	spin_lock(&queue->lock);
	if ((node->rights & RVF_RIGHT_READ) && !list_empty(&queue->full))
		mask |= EPOLLIN | EPOLLRDNORM;
	if ((node->rights & RVF_RIGHT_WRITE) && !list_empty(&queue->empty))
		mask |= EPOLLOUT | EPOLLWRNORM;
	spin_unlock(&queue->lock);
	return mask;
}

const struct file_operations rvf_queue_fops = {
	.owner = THIS_MODULE,
	.release = rvf_handle_release,
	.read_iter = rvf_queue_read_iter,
	.write_iter = rvf_queue_write_iter,
	.poll = rvf_queue_poll,
	.unlocked_ioctl = rvf_queue_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};
