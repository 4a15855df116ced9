/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Queues: whole messages, the urgent ones first.
 *
 * A sender takes an empty slot, copies into it with no lock held, and then
 * publishes it; a receiver does the reverse. Whoever is stalled in its copy
 * (a page that is served by userspace) holds one slot, and nobody else.
 *
 * Nobody is woken to look for himself: a message goes to the receiver that has
 * waited longest, with its slot, and a slot that becomes empty likewise to a
 * sender. So each message wakes one, none can be lost, and whoever is woken
 * need not take the lock again.
 */
#ifndef RVF_QUEUE_H
#define RVF_QUEUE_H

#include <linux/poll.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include "object.h"

struct rvf_cargo;
struct rvf_node;
struct rvf_ucmd;

#define RVF_QUEUE_LEVELS (RVF_PRIORITY_URGENT + 1)
/* How many messages of a batch are moved in one go. */
#define RVF_QUEUE_BURST 16

/**
 * struct rvf_slot - Room for one message
 * @entry: In one of the queue's @full or in @empty, or in neither while
 *	somebody copies.
 * @data: Its bytes.
 * @cargo: Handles in it; NULL: none, as in each empty one.
 * @badge: Of the handle that it was sent through.
 * @sequence: Counts messages: one that goes back goes back to its place.
 * @length: Bytes of the message in it.
 * @priority: One of enum rvf_priority.
 */
struct rvf_slot {
	struct list_head entry;
	u8 *data;
	struct rvf_cargo *cargo;
	u64 badge;
	u64 sequence;
	u32 length;
	u32 priority;
};

/**
 * struct rvf_waiter - A thread that waits for a message or for room
 * @entry: In the queue's @receivers or @senders, until it is given a slot.
 * @task: The thread.
 * @node: What it waits through: its revocation ends the wait.
 * @slot: What it was given; NULL: nothing yet. An ERR_PTR tells a receiver
 *	that the next message is larger than @room, or brings handles. Read
 *	without the lock.
 * @room: The most bytes that it can take.
 * @since: When it went to sleep, or 0 when nobody wants to know.
 * @asleep: It has to be woken; under the queue's lock.
 */
struct rvf_waiter {
	struct list_head entry;
	struct task_struct *task;
	struct rvf_node *node;
	struct rvf_slot *slot;
	size_t room;
	u64 since;
	bool asleep;
};

/**
 * struct rvf_queue - A queue
 * @object: What it has in common with regions. Its @users is not counted by
 *	operations: @busy does that.
 * @n_slots: Messages that it can hold.
 * @message_size: The most bytes of one.
 * @type: Type id of its messages.
 * @slots: All slots.
 * @large: Their bytes, where a message does not fit into a page.
 * @lock: Guards what follows. Nothing sleeps or is copied from or to
 *	userspace under it.
 * @full: Messages, by priority, the oldest first.
 * @levels: Bit n is set when @full[n] is not empty.
 * @empty: Slots with none, the last used first, since it is still cached.
 * @receivers: Waiters for a message. There is none while @levels is not 0.
 * @senders: Waiters for room. There is none while @empty has a slot.
 * @used: Slots not in @empty.
 * @busy: Slots in neither list.
 * @closed: The mount is gone: when @busy comes to 0 the content goes.
 * @sent: Messages since the mount.
 * @received: Likewise.
 * @sender_cpu: Where the last one was sent from.
 * @spin_ns: How long it is worth while to look for a message before sleeping.
 *	A guess, read and written without the lock too.
 * @readable: Pollers for a message.
 * @writable: Pollers for room.
 */
struct rvf_queue {
	struct rvf_object object;
	u32 n_slots;
	u32 message_size;
	u32 type;
	struct rvf_slot *slots;
	u8 *large;

	spinlock_t lock;	/* below tree_lock; see rvf.h */
	u32 levels;
	struct list_head full[RVF_QUEUE_LEVELS];
	struct list_head empty;
	struct list_head receivers;
	struct list_head senders;
	u32 used;
	u32 busy;
	bool closed;
	u64 sent;
	u64 received;
	int sender_cpu;
	u32 spin_ns;
	wait_queue_head_t readable;
	wait_queue_head_t writable;
};

/**
 * struct rvf_queue_wake - Who has to be woken once the lock is released
 * @tasks: Waiters that were given a slot and sleep.
 * @n_tasks: How many.
 * @readable: Messages that pollers should hear of.
 * @writable: Slots that they should.
 */
struct rvf_queue_wake {
	u32 n_tasks;
	u32 readable;
	u32 writable;
	struct task_struct *tasks[RVF_QUEUE_BURST];
};

/* queue.c: slots and who gets them */
int rvf_queue_create(struct rvf_queue *queue, u32 index, u32 slots,
		     u32 message_size, u32 type);
void rvf_queue_lock(struct rvf_queue *queue, struct rvf_queue_wake *wake)
	__acquires(RCU) __acquires(&queue->lock);
void rvf_queue_unlock(struct rvf_queue *queue, struct rvf_queue_wake *wake)
	__releases(&queue->lock) __releases(RCU);
struct rvf_slot *rvf_queue_first(const struct rvf_queue *queue);
void rvf_queue_take_full(struct rvf_queue *queue, struct rvf_slot *slot);
struct rvf_slot *rvf_queue_take_empty(struct rvf_queue *queue);
void rvf_queue_publish(struct rvf_queue *queue, struct rvf_slot *slot,
		       struct rvf_queue_wake *wake);
void rvf_queue_give_back(struct rvf_queue *queue, struct rvf_slot *slot,
			 struct rvf_queue_wake *wake);
void rvf_queue_give_empty(struct rvf_queue *queue, struct rvf_slot *slot,
			  struct rvf_queue_wake *wake);

/* queue_wait.c: what waits */
void rvf_queue_waited(struct rvf_queue *queue, const struct rvf_waiter *waiter);
struct rvf_slot *rvf_queue_wait_full(struct rvf_queue *queue,
				     struct rvf_node *node, size_t room,
				     bool wait);
struct rvf_slot *rvf_queue_wait_empty(struct rvf_queue *queue,
				      struct rvf_node *node, bool wait);

/* queue_batch.c: RVF_QUEUE_SEND and RVF_QUEUE_RECV */
int rvf_cmd_queue_send(struct rvf_ucmd *ucmd);
int rvf_cmd_queue_recv(struct rvf_ucmd *ucmd);

/* read() can take a message without handles only: it could not tell of them. */
static inline bool rvf_slot_fits(const struct rvf_slot *slot, size_t room)
{
	return slot->length <= room && !slot->cargo;
}

static inline struct rvf_queue *rvf_queue_of(struct rvf_object *object)
{
	return container_of(object, struct rvf_queue, object);
}

/* After the unmount a receiver hears what the reader of a closed pipe would. */
static inline int rvf_receive_error(int err)
{
	return err == -ENODEV ? -EPIPE : err;
}

extern const struct file_operations rvf_queue_fops;

#endif /* RVF_QUEUE_H */
