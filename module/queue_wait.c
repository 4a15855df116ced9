// SPDX-License-Identifier: GPL-2.0-only
/*
 * Waiting for a message and for room, in read() and write().
 *
 * Two context switches cost more than all the rest of a message. Where the
 * last one came from another CPU, its sender may just be at work on the next:
 * so a receiver looks for it for a while before it sleeps, and for how long
 * follows what that was good for before.
 */
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/sched/clock.h>
#include <linux/sched/signal.h>
#include "node.h"
#include "queue.h"

/* Below it is not worth while. */
#define RVF_SPIN_LEAST (2 * NSEC_PER_USEC)
#define RVF_SPIN_MOST_US 1000U

static unsigned int queue_spin_us = 50;
module_param(queue_spin_us, uint, 0644);
MODULE_PARM_DESC(queue_spin_us,
		 "Microseconds to look for a message from another CPU before sleeping, at the most (0: never)");

static u32 rvf_spin_most(void)
{
	return min(READ_ONCE(queue_spin_us), RVF_SPIN_MOST_US) * NSEC_PER_USEC;
}

/**
 * rvf_queue_waited - A receiver is given its message
 * @queue: The queue, locked.
 * @waiter: The receiver. It is asleep, and wants to know whether it had better
 *	not have gone to sleep.
 */
void rvf_queue_waited(struct rvf_queue *queue, const struct rvf_waiter *waiter)
{
	if (local_clock() - waiter->since < rvf_spin_most())
		WRITE_ONCE(queue->spin_ns, U32_MAX);
}

/* How long to look for a message first; under the lock. */
static u32 rvf_queue_spin_time(const struct rvf_queue *queue,
			       struct rvf_waiter *waiter)
{
	u32 most = rvf_spin_most();

	/* One is enough, and none where the sender needs this very CPU. */
	if (!most || !list_empty(&queue->receivers) || queue->sender_cpu < 0 ||
	    queue->sender_cpu == raw_smp_processor_id())
		return 0;
	waiter->since = local_clock();
	return min(READ_ONCE(queue->spin_ns), most);
}

static struct rvf_slot *rvf_waiter_slot(const struct rvf_waiter *waiter)
{
	/* Pairs with the release in rvf_queue_hand_over(). */
	return smp_load_acquire(&waiter->slot);
}

static bool rvf_waiter_done(const struct rvf_waiter *waiter)
{
	return rvf_waiter_slot(waiter) ||
	       READ_ONCE(waiter->node->state) || signal_pending(current);
}

static void rvf_queue_spin(struct rvf_queue *queue, struct rvf_waiter *waiter,
			   u32 time)
{
	u64 until = waiter->since + time;

	while (!rvf_waiter_done(waiter)) {
		if (need_resched() || (s64)(local_clock() - until) > 0) {
			time /= 2;
			WRITE_ONCE(queue->spin_ns,
				   time < RVF_SPIN_LEAST ? 0 : time);
			break;
		}
		cpu_relax();
	}
	if (rvf_waiter_slot(waiter)) {
		WRITE_ONCE(queue->spin_ns, U32_MAX);
		return;
	}
	/* From here on it has to be woken. */
	spin_lock(&queue->lock);
	waiter->asleep = true;
	spin_unlock(&queue->lock);
}

/* Returns the slot that it was given, NULL for none, or an ERR_PTR. */
static struct rvf_slot *rvf_queue_sleep(struct rvf_queue *queue,
					struct rvf_waiter *waiter)
{
	struct rvf_slot *slot;

	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (rvf_waiter_done(waiter))
			break;
		schedule();
	}
	__set_current_state(TASK_RUNNING);

	slot = rvf_waiter_slot(waiter);
	if (slot)
		return slot;
	spin_lock(&queue->lock);
	slot = waiter->slot;
	if (!slot)
		list_del(&waiter->entry);
	spin_unlock(&queue->lock);
	return slot;
}

/*
 * What a wait came to. A slot that was given to somebody who cannot use it any
 * more goes on to the next one.
 */
static struct rvf_slot *
rvf_queue_wait(struct rvf_queue *queue, struct rvf_waiter *waiter, u32 spin,
	       void (*give_back)(struct rvf_queue *queue, struct rvf_slot *slot,
				 struct rvf_queue_wake *wake))
{
	struct rvf_queue_wake wake;
	struct rvf_slot *slot;
	int err;

	if (spin)
		rvf_queue_spin(queue, waiter, spin);
	slot = rvf_queue_sleep(queue, waiter);

	err = rvf_node_over(waiter->node);
	if (!err && !slot)
		err = -ERESTARTSYS;
	/* It will not get to see what it would be given. */
	if (!err && signal_pending(current) && fatal_signal_pending(current))
		err = -EINTR;
	if (!err)
		return slot;
	if (!IS_ERR_OR_NULL(slot)) {
		rvf_queue_lock(queue, &wake);
		give_back(queue, slot, &wake);
		rvf_queue_unlock(queue, &wake);
	}
	return ERR_PTR(err);
}

/**
 * rvf_queue_wait_full - Take the next message out
 * @queue: The queue.
 * @node: The receiver's handle, which has READ.
 * @room: How large a message it can take.
 * @wait: Whether it waits for one.
 *
 * Return: the message's slot, which has to be given back or emptied; or
 * -EAGAIN, -EMSGSIZE with a message that is larger or brings handles left where
 * it is, -ERESTARTSYS, -EINTR, or what became of the handle.
 */
struct rvf_slot *rvf_queue_wait_full(struct rvf_queue *queue,
				     struct rvf_node *node, size_t room,
				     bool wait)
{
	struct rvf_waiter waiter;
	struct rvf_slot *slot;
	u32 spin = 0;
	int err;

	spin_lock(&queue->lock);
	err = rvf_node_over(node);
	slot = rvf_queue_first(queue);
	if (!err && slot && !rvf_slot_fits(slot, room))
		err = -EMSGSIZE;
	if (!err && !slot && !wait)
		err = -EAGAIN;
	if (err) {
		slot = ERR_PTR(err);
	} else if (slot) {
		rvf_queue_take_full(queue, slot);
	} else {
		waiter.task = current;
		waiter.node = node;
		waiter.slot = NULL;
		waiter.room = room;
		waiter.since = 0;
		spin = rvf_queue_spin_time(queue, &waiter);
		waiter.asleep = !spin;
		list_add_tail(&waiter.entry, &queue->receivers);
	}
	spin_unlock(&queue->lock);
	if (slot)
		return slot;
	return rvf_queue_wait(queue, &waiter, spin, rvf_queue_give_back);
}

/**
 * rvf_queue_wait_empty - Take an empty slot
 * @queue: The queue.
 * @node: The sender's handle, which has WRITE.
 * @wait: Whether it waits for one.
 *
 * Return: the slot, which has to be published or given back; or -EAGAIN,
 * -ERESTARTSYS, -EINTR, or what became of the handle.
 */
struct rvf_slot *rvf_queue_wait_empty(struct rvf_queue *queue,
				      struct rvf_node *node, bool wait)
{
	struct rvf_waiter waiter;
	struct rvf_slot *slot;
	int err;

	spin_lock(&queue->lock);
	err = rvf_node_over(node);
	slot = err ? ERR_PTR(err) : rvf_queue_take_empty(queue);
	if (!slot && !wait)
		slot = ERR_PTR(-EAGAIN);
	if (!slot) {
		waiter.task = current;
		waiter.node = node;
		waiter.slot = NULL;
		waiter.room = 0;
		waiter.since = 0;
		waiter.asleep = true;
		list_add_tail(&waiter.entry, &queue->senders);
	}
	spin_unlock(&queue->lock);
	if (slot)
		return slot;
	return rvf_queue_wait(queue, &waiter, 0, rvf_queue_give_empty);
}
