/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RVF_QUEUE_H
#define RVF_QUEUE_H

#include <linux/spinlock.h>
#include <linux/wait.h>
#include "object.h"

struct rvf_node;
struct iov_iter;

/**
 * struct rvf_slot - Room for one message
 * @entry: In the queue's @full or @empty, or in neither while it is copied.
 * @length: Bytes of the message in it.
 * @badge: Of the handle that it was sent through.
 */
struct rvf_slot {
	struct list_head entry;
	u32 length;
	u64 badge;
};

/**
 * struct rvf_queue - Whole messages, first in, first out
 * @object: What it has in common with regions.
 * @n_slots: Messages that it can hold.
 * @message_size: The most bytes of one.
 * @type: Type id of its messages.
 * @slots: All slots.
 * @data: Their bytes, @message_size each.
 * @lock: Guards the rest. Nothing sleeps under it: a message is copied from
 *	and to userspace while its slot is in neither list, owned by whoever
 *	copies.
 * @full: Messages, the oldest first.
 * @empty: Slots with none, the last used first, since it is still cached.
 * @used: Slots not in @empty.
 * @sent: Messages since the mount.
 * @received: Likewise.
 * @receivers: Wait for a message.
 * @senders: Wait for room.
 */
struct rvf_queue {
	struct rvf_object object;
	u32 n_slots;
	u32 message_size;
	u32 type;
	struct rvf_slot *slots;
	u8 *data;
	spinlock_t lock;	/* below tree_lock; see rvf.h */
	struct list_head full;
	struct list_head empty;
	u32 used;
	u64 sent;
	u64 received;
	wait_queue_head_t receivers;
	wait_queue_head_t senders;
};

int rvf_queue_create(struct rvf_queue *queue, u32 index, u32 slots,
		     u32 message_size, u32 type);
int rvf_queue_send(struct rvf_queue *queue, struct rvf_node *node,
		   struct iov_iter *from);
int rvf_queue_receive(struct rvf_queue *queue, struct rvf_node *node,
		      struct iov_iter *to, struct rvf_message *message,
		      struct rvf_message __user *entry);

static inline struct rvf_queue *rvf_queue_of(struct rvf_object *object)
{
	return container_of(object, struct rvf_queue, object);
}

extern const struct file_operations rvf_queue_fops;

#endif /* RVF_QUEUE_H */
