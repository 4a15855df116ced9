// SPDX-License-Identifier: GPL-2.0-only
/*
 * RVF_QUEUE_SEND and RVF_QUEUE_RECV: several messages by one call, in bursts
 * that take and return their slots together.
 */
#include <linux/mm.h>
#include <linux/uaccess.h>
#include "handle.h"
#include "ioctl.h"
#include "message.h"
#include "queue.h"
#include "usercopy.h"

/**
 * struct rvf_burst - Messages on their way
 * @messages: What the caller says of them, or is told.
 * @slots: Theirs.
 */
struct rvf_burst {
	struct rvf_message messages[RVF_QUEUE_BURST];
	struct rvf_slot *slots[RVF_QUEUE_BURST];
};

/* How many of the entries could be read. */
static u32 rvf_burst_read(struct rvf_burst *burst,
			  const struct rvf_message __user *entries, u32 n)
{
	size_t size = n * sizeof(*entries);

	return (size - rvf_copy_in(burst->messages, entries, size)) /
	       sizeof(*entries);
}

static int rvf_message_check(const struct rvf_queue *queue,
			     const struct rvf_message *message)
{
	if (message->badge || (message->handles && !message->handle_count))
		return -EOPNOTSUPP;
	if (message->priority > RVF_PRIORITY_URGENT ||
	    message->handle_count > RVF_MAX_MESSAGE_HANDLES)
		return -EINVAL;
	if (message->type && message->type != queue->type)
		return -EPROTOTYPE;
	if (message->length > queue->message_size)
		return -EMSGSIZE;
	return 0;
}

static int rvf_message_fill(const struct rvf_message *message,
			    const struct rvf_node *node, struct rvf_slot *slot)
{
	slot->length = message->length;
	slot->priority = message->priority;
	slot->badge = node->badge;
	if (rvf_copy_in(slot->data, u64_to_user_ptr(message->buffer),
			message->length))
		return -EFAULT;
	return rvf_cargo_load(node, message, &slot->cargo);
}

/* A slot that is to be empty; its handles are dropped without the lock. */
static void rvf_slot_unload(struct rvf_slot *slot, struct rvf_cargo **unsent)
{
	if (!slot->cargo)
		return;
	slot->cargo->next = *unsent;
	*unsent = slot->cargo;
	slot->cargo = NULL;
}

static int rvf_burst_take_empty(struct rvf_queue *queue, struct rvf_node *node,
				struct rvf_burst *burst, u32 n)
{
	u32 i = 0;
	int err;

	spin_lock(&queue->lock);
	err = rvf_node_over(node);
	while (!err && i < n) {
		burst->slots[i] = rvf_queue_take_empty(queue);
		if (!burst->slots[i])
			break;
		i++;
	}
	spin_unlock(&queue->lock);
	if (!err && !i)
		err = -EAGAIN;
	return err ?: i;
}

/* Sends up to @n messages: how many, or why not even the first one. */
static int rvf_burst_send(struct rvf_queue *queue, struct rvf_node *node,
			  struct rvf_message __user *entries, u32 n)
{
	struct rvf_cargo *unsent = NULL;
	struct rvf_queue_wake wake;
	struct rvf_burst burst;
	u32 good, filled, sent, i;
	int err, taken;

	n = rvf_burst_read(&burst, entries, n);
	err = n ? 0 : -EFAULT;
	for (good = 0; good < n; good++) {
		err = rvf_message_check(queue, &burst.messages[good]);
		if (err)
			break;
	}
	if (!good)
		return err;
	taken = rvf_burst_take_empty(queue, node, &burst, good);
	if (taken < 0)
		return taken;
	err = 0;
	for (filled = 0; filled < taken; filled++) {
		err = rvf_message_fill(&burst.messages[filled], node,
				       burst.slots[filled]);
		if (err)
			break;
	}

	rvf_queue_lock(queue, &wake);
	/* A revocation waits for the lock: these were sent before it, or not. */
	sent = filled;
	if (rvf_node_over(node)) {
		err = rvf_node_over(node);
		sent = 0;
	}
	for (i = 0; i < sent; i++)
		rvf_queue_publish(queue, burst.slots[i], &wake);
	for (; i < taken; i++) {
		rvf_slot_unload(burst.slots[i], &unsent);
		rvf_queue_give_empty(queue, burst.slots[i], &wake);
	}
	rvf_queue_unlock(queue, &wake);
	rvf_cargo_drop(unsent);
	return sent ?: err;
}

/* Tells what the message in a slot is. */
static void rvf_message_tell(const struct rvf_queue *queue,
			     const struct rvf_slot *slot,
			     struct rvf_message *message)
{
	message->length = slot->length;
	message->type = queue->type;
	message->priority = slot->priority;
	message->handle_count = slot->cargo ? slot->cargo->count : 0;
	message->badge = slot->badge;
}

/* Whether the next message can be received as the caller would have it. */
static int rvf_message_fits(const struct rvf_queue *queue,
			    const struct rvf_slot *slot,
			    struct rvf_message *message)
{
	if (!slot)
		return -EAGAIN;
	if (slot->length <= message->length &&
	    (!slot->cargo || slot->cargo->count <= message->handle_count))
		return 0;
	rvf_message_tell(queue, slot, message);
	return -EMSGSIZE;
}

/* Told what would be needed, if that is possible. */
static int rvf_message_misfit(const struct rvf_message *message,
			      struct rvf_message __user *entry, int err)
{
	if (err == -EMSGSIZE && copy_to_user(entry, message, sizeof(*message)))
		err = -EFAULT;
	return err;
}

static int rvf_burst_take_full(struct rvf_queue *queue, struct rvf_node *node,
			       struct rvf_burst *burst, u32 n)
{
	struct rvf_slot *slot;
	u32 i = 0;
	int err;

	spin_lock(&queue->lock);
	err = rvf_node_over(node);
	while (!err && i < n) {
		slot = rvf_queue_first(queue);
		/* One with handles is received by itself. */
		if (i && slot && slot->cargo)
			break;
		err = rvf_message_fits(queue, slot, &burst->messages[i]);
		if (err)
			break;
		rvf_queue_take_full(queue, slot);
		burst->slots[i++] = slot;
		if (slot->cargo)
			break;
	}
	spin_unlock(&queue->lock);
	return i ?: err;
}

/* Copies messages out, and tells of them: how many. */
static u32 rvf_burst_copy(const struct rvf_queue *queue,
			  struct rvf_burst *burst,
			  struct rvf_message __user *entries, u32 n)
{
	size_t size;
	u32 i;

	for (i = 0; i < n; i++) {
		struct rvf_message *message = &burst->messages[i];
		struct rvf_slot *slot = burst->slots[i];

		if (rvf_copy_out(u64_to_user_ptr(message->buffer), slot->data,
				 slot->length))
			break;
		rvf_message_tell(queue, slot, message);
	}
	/* One that its receiver is not told of is not received. */
	size = i * sizeof(*entries);
	return (size - rvf_copy_out(entries, burst->messages, size)) /
	       sizeof(*entries);
}

/* The same for one that brings handles: 1, or why not. */
static int rvf_burst_unload(const struct rvf_queue *queue,
			    const struct rvf_node *node,
			    struct rvf_burst *burst,
			    struct rvf_message __user *entries)
{
	struct rvf_slot *slot = burst->slots[0];
	struct rvf_unload unload;
	int err;

	err = rvf_unload_prepare(&unload, slot->cargo,
				 burst->messages[0].handles);
	if (err)
		return err;
	err = rvf_burst_copy(queue, burst, entries, 1) ? 0 : -EFAULT;
	/* All that can fail has been done, but for what a lock is needed for. */
	if (!err)
		err = rvf_unload_commit(&unload, node);
	if (err) {
		rvf_unload_abort(&unload);
		return err;
	}
	slot->cargo = NULL;
	return 1;
}

/* Receives up to @n messages: how many, or why not even the first one. */
static int rvf_burst_receive(struct rvf_queue *queue, struct rvf_node *node,
			     struct rvf_message __user *entries, u32 n)
{
	struct rvf_queue_wake wake;
	struct rvf_burst burst;
	int taken, received, i;

	n = rvf_burst_read(&burst, entries, n);
	if (!n)
		return -EFAULT;
	taken = rvf_burst_take_full(queue, node, &burst, n);
	if (taken < 0)
		return rvf_message_misfit(&burst.messages[0], entries, taken);
	if (burst.slots[0]->cargo)
		received = rvf_burst_unload(queue, node, &burst, entries);
	else
		received = rvf_burst_copy(queue, &burst, entries, taken) ?:
			   -EFAULT;

	rvf_queue_lock(queue, &wake);
	for (i = 0; i < received; i++) {
		queue->received++;
		rvf_queue_give_empty(queue, burst.slots[i], &wake);
	}
	for (; i < taken; i++)
		rvf_queue_give_back(queue, burst.slots[i], &wake);
	rvf_queue_unlock(queue, &wake);
	return received;
}

/*
 * Copies the next message and leaves it there, and its handles: how many there
 * are is all that is told. By way of a buffer: if it were
 * taken out meanwhile, another receiver would get the one behind it first.
 */
static int rvf_queue_peek(struct rvf_queue *queue, struct rvf_node *node,
			  struct rvf_message __user *entry)
{
	struct rvf_message message;
	struct rvf_slot *slot;
	void *bounce;
	int err;

	if (copy_from_user(&message, entry, sizeof(message)))
		return -EFAULT;
	message.handle_count = RVF_MAX_MESSAGE_HANDLES;
	bounce = kvmalloc(min(message.length, queue->message_size) + 1,
			  RVF_GFP_CALLER);
	if (!bounce)
		return -ENOMEM;
	spin_lock(&queue->lock);
	err = rvf_node_over(node);
	slot = rvf_queue_first(queue);
	if (!err)
		err = rvf_message_fits(queue, slot, &message);
	if (!err) {
		memcpy(bounce, slot->data, slot->length);
		rvf_message_tell(queue, slot, &message);
	}
	spin_unlock(&queue->lock);

	if (err)
		err = rvf_message_misfit(&message, entry, err);
	else if (copy_to_user(u64_to_user_ptr(message.buffer), bounce,
			      message.length) ||
		 copy_to_user(entry, &message, sizeof(message)))
		err = -EFAULT;
	kvfree(bounce);
	return err;
}

static int rvf_batch_check(const struct rvf_queue_batch *cmd, u32 flags)
{
	if (cmd->flags & ~flags)
		return -EOPNOTSUPP;
	if (!cmd->count || cmd->count > RVF_MAX_BATCH ||
	    cmd->entry_size != sizeof(struct rvf_message))
		return -EINVAL;
	if ((cmd->flags & RVF_QUEUE_PEEK) && cmd->count != 1)
		return -EINVAL;
	return 0;
}

static int rvf_batch(struct rvf_ucmd *ucmd,
		     int (*burst)(struct rvf_queue *queue,
				  struct rvf_node *node,
				  struct rvf_message __user *entries, u32 n))
{
	struct rvf_node *node = rvf_handle_node(ucmd->file);
	struct rvf_queue *queue = rvf_queue_of(node->object);
	struct rvf_queue_batch *cmd = ucmd->cmd;
	struct rvf_message __user *entries = u64_to_user_ptr(cmd->messages);
	u32 done = 0;
	int n = 0;

	/* Told before it is done, as if all will be: mostly that is so. */
	if (rvf_ucmd_respond(ucmd))
		return -EFAULT;
	while (done < cmd->count) {
		n = burst(queue, node, entries + done,
			  min_t(u32, cmd->count - done, RVF_QUEUE_BURST));
		if (n < 0)
			break;
		done += n;
	}
	if (n >= 0)
		return 0;
	cmd->count = done;
	return rvf_ucmd_respond(ucmd) ?: done ? 0 : n;
}

int rvf_cmd_queue_send(struct rvf_ucmd *ucmd)
{
	int err = rvf_batch_check(ucmd->cmd, 0);

	if (!err)
		err = rvf_node_check(rvf_handle_node(ucmd->file),
				     RVF_RIGHT_WRITE);
	return err ?: rvf_batch(ucmd, rvf_burst_send);
}

int rvf_cmd_queue_recv(struct rvf_ucmd *ucmd)
{
	struct rvf_node *node = rvf_handle_node(ucmd->file);
	struct rvf_queue_batch *cmd = ucmd->cmd;
	int err = rvf_batch_check(cmd, RVF_QUEUE_PEEK);

	if (!err)
		err = rvf_node_check(node, RVF_RIGHT_READ);
	if (!err && (cmd->flags & RVF_QUEUE_PEEK))
		err = rvf_queue_peek(rvf_queue_of(node->object), node,
				     u64_to_user_ptr(cmd->messages));
	else if (!err)
		err = rvf_batch(ucmd, rvf_burst_receive);
	return rvf_receive_error(err);
}
