// SPDX-License-Identifier: GPL-2.0-only
/*
 * Queues as objects: slots, and moving a message in and out of one.
 *
 * A sender takes an empty slot, copies into it with no lock held, and then
 * puts it at the end of the full ones; a receiver does the reverse. Whoever is
 * stalled in its copy (a page that is served by userspace) holds one slot, and
 * nobody else.
 */
#include <linux/mm.h>
#include <linux/poll.h>
#include <linux/uaccess.h>
#include <linux/uio.h>
#include <linux/vmalloc.h>
#include "handle.h"
#include "queue.h"

static void rvf_queue_wake(struct rvf_object *object)
{
	struct rvf_queue *queue = rvf_queue_of(object);

	/* Behind whoever passed the check of a handle that is now revoked. */
	spin_lock(&queue->lock);
	spin_unlock(&queue->lock);
	wake_up_all(&queue->receivers);
	wake_up_all(&queue->senders);
}

static void rvf_queue_free(struct rvf_object *object)
{
	struct rvf_queue *queue = rvf_queue_of(object);

	kvfree(queue->slots);
	vfree(queue->data);
	queue->slots = NULL;
	queue->data = NULL;
}

static u32 rvf_queue_rights(const struct rvf_object *object)
{
	return RVF_RIGHT_READ | RVF_RIGHT_WRITE | RVF_RIGHT_GRANT |
	       RVF_RIGHT_REVOKE | RVF_RIGHT_GRANT_ONCE;
}

static const struct rvf_object_ops rvf_queue_object_ops = {
	.fops = &rvf_queue_fops,
	.wake = rvf_queue_wake,
	.release = rvf_queue_free,
	.rights = rvf_queue_rights,
};

/**
 * rvf_queue_create - Set a queue up with all its memory
 * @queue: The queue.
 * @index: In the manifest.
 * @slots: Messages that it can hold.
 * @message_size: The most bytes of one.
 * @type: Type id of its messages.
 *
 * Return: 0 or -ENOMEM, with nothing allocated.
 */
int rvf_queue_create(struct rvf_queue *queue, u32 index, u32 slots,
		     u32 message_size, u32 type)
{
	u32 i;

	queue->n_slots = slots;
	queue->message_size = message_size;
	queue->type = type;
	spin_lock_init(&queue->lock);
	INIT_LIST_HEAD(&queue->full);
	INIT_LIST_HEAD(&queue->empty);
	init_waitqueue_head(&queue->receivers);
	init_waitqueue_head(&queue->senders);

	queue->slots = kvcalloc(slots, sizeof(*queue->slots), RVF_GFP);
	queue->data = __vmalloc((size_t)slots * message_size,
				RVF_GFP | __GFP_ZERO);
	if (!queue->slots || !queue->data) {
		rvf_queue_free(&queue->object);
		return -ENOMEM;
	}
	for (i = 0; i < slots; i++)
		list_add_tail(&queue->slots[i].entry, &queue->empty);
	rvf_object_init(&queue->object, RVF_OBJECT_QUEUE, index,
			&rvf_queue_object_ops);
	return 0;
}

static void *rvf_slot_data(struct rvf_queue *queue, struct rvf_slot *slot)
{
	return queue->data + (slot - queue->slots) * queue->message_size;
}

static struct rvf_slot *rvf_slot_take_empty(struct rvf_queue *queue)
{
	struct rvf_slot *slot;

	spin_lock(&queue->lock);
	slot = list_first_entry_or_null(&queue->empty, struct rvf_slot, entry);
	if (slot) {
		list_del(&slot->entry);
		queue->used++;
	}
	spin_unlock(&queue->lock);
	return slot;
}

static void rvf_slot_give_empty(struct rvf_queue *queue, struct rvf_slot *slot,
				bool received)
{
	spin_lock(&queue->lock);
	list_add(&slot->entry, &queue->empty);
	queue->used--;
	queue->received += received;
	spin_unlock(&queue->lock);
	if (wq_has_sleeper(&queue->senders))
		wake_up_interruptible_poll(&queue->senders,
					   EPOLLOUT | EPOLLWRNORM);
}

static void rvf_queue_wake_receivers(struct rvf_queue *queue)
{
	if (wq_has_sleeper(&queue->receivers))
		wake_up_interruptible_sync_poll(&queue->receivers,
						EPOLLIN | EPOLLRDNORM);
}

/**
 * rvf_queue_send - Send one message without waiting
 * @queue: The queue; the caller holds a use of its object.
 * @node: The sender's handle, checked before; checked again where a revocation
 *	waits for it.
 * @from: The message, all of it.
 *
 * Return: 0, -EAGAIN full, -EMSGSIZE, -EFAULT, or what the handle's check says.
 */
int rvf_queue_send(struct rvf_queue *queue, struct rvf_node *node,
		   struct iov_iter *from)
{
	size_t length = iov_iter_count(from);
	struct rvf_slot *slot;
	int err = 0;

	if (length > queue->message_size)
		return -EMSGSIZE;
	slot = rvf_slot_take_empty(queue);
	if (!slot)
		/* Who waits for room must hear that there will be none for it. */
		return rvf_node_check(node, RVF_RIGHT_WRITE) ?: -EAGAIN;

	slot->length = length;
	slot->badge = node->badge;
	if (copy_from_iter(rvf_slot_data(queue, slot), length, from) != length)
		err = -EFAULT;

	spin_lock(&queue->lock);
	if (!err)
		err = rvf_node_check(node, RVF_RIGHT_WRITE);
	if (!err) {
		list_add_tail(&slot->entry, &queue->full);
		queue->sent++;
	}
	spin_unlock(&queue->lock);

	if (err)
		rvf_slot_give_empty(queue, slot, false);
	else
		rvf_queue_wake_receivers(queue);
	return err;
}

/**
 * rvf_queue_receive - Receive one message without waiting
 * @queue: The queue; the caller holds a use of its object.
 * @node: The receiver's handle.
 * @to: Where to.
 * @message: Filled with the message's bytes, also with -EMSGSIZE, and with the
 *	badge of the handle it was sent through.
 * @entry: Where @message is copied to before the message is gone, NULL:
 *	nowhere.
 *
 * A message that does not fit, or cannot be copied, or not be told of, goes
 * back to where it was.
 *
 * Return: 0, -EAGAIN empty, -EMSGSIZE, -EFAULT, or what the handle's check
 * says.
 */
int rvf_queue_receive(struct rvf_queue *queue, struct rvf_node *node,
		      struct iov_iter *to, struct rvf_message *message,
		      struct rvf_message __user *entry)
{
	struct rvf_slot *slot;
	int err;

	spin_lock(&queue->lock);
	err = rvf_node_check(node, RVF_RIGHT_READ);
	slot = list_first_entry_or_null(&queue->full, struct rvf_slot, entry);
	if (!err && !slot)
		err = -EAGAIN;
	if (!err) {
		message->length = slot->length;
		message->badge = slot->badge;
		if (slot->length > iov_iter_count(to))
			err = -EMSGSIZE;
		else
			list_del(&slot->entry);
	}
	spin_unlock(&queue->lock);
	if (err)
		return err;

	if (copy_to_iter(rvf_slot_data(queue, slot), slot->length, to) !=
	    slot->length ||
	    (entry && copy_to_user(entry, message, sizeof(*message)))) {
		spin_lock(&queue->lock);
		list_add(&slot->entry, &queue->full);
		spin_unlock(&queue->lock);
		rvf_queue_wake_receivers(queue);
		return -EFAULT;
	}
	rvf_slot_give_empty(queue, slot, true);
	return 0;
}
