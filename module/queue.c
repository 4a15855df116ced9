// SPDX-License-Identifier: GPL-2.0-only
/* Queues as objects: their slots, and who is given which. See queue.h. */
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include "message.h"
#include "node.h"
#include "queue.h"

/* A handle was revoked: whoever waits through it has to hear. */
static void rvf_queue_wake(struct rvf_object *object)
{
	struct rvf_queue *queue = rvf_queue_of(object);
	struct rvf_waiter *waiter;

	/* Behind whoever passed the check of a handle that is now revoked. */
	spin_lock(&queue->lock);
	list_for_each_entry(waiter, &queue->receivers, entry)
		if (READ_ONCE(waiter->node->state))
			wake_up_process(waiter->task);
	list_for_each_entry(waiter, &queue->senders, entry)
		if (READ_ONCE(waiter->node->state))
			wake_up_process(waiter->task);
	spin_unlock(&queue->lock);
}

/* Bytes from one slot's data to the next one's, in a page. */
static u32 rvf_queue_stride(const struct rvf_queue *queue)
{
	return ALIGN(queue->message_size, sizeof(u64));
}

static void rvf_queue_free(struct rvf_queue *queue)
{
	u32 per_page, i;

	/* A handle on this very queue may be among them: it ends here. */
	for (i = 0; queue->slots && i < queue->n_slots; i++)
		rvf_cargo_drop(queue->slots[i].cargo);
	if (queue->slots && queue->message_size <= PAGE_SIZE) {
		per_page = PAGE_SIZE / rvf_queue_stride(queue);
		for (i = 0; i < queue->n_slots; i += per_page)
			free_page((unsigned long)queue->slots[i].data);
	}
	vfree(queue->large);
	kvfree(queue->slots);
	queue->large = NULL;
	queue->slots = NULL;
}

/* The mount goes. By now each node is dead, and no slot is taken any more. */
static void rvf_queue_release(struct rvf_object *object)
{
	struct rvf_queue *queue = rvf_queue_of(object);
	struct rvf_queue_wake wake;

	rvf_queue_lock(queue, &wake);
	queue->closed = true;
	rvf_queue_unlock(queue, &wake);
}

static u32 rvf_queue_rights(const struct rvf_object *object)
{
	return RVF_RIGHT_READ | RVF_RIGHT_WRITE | RVF_RIGHT_GRANT |
	       RVF_RIGHT_REVOKE | RVF_RIGHT_GRANT_ONCE;
}

static const struct rvf_object_ops rvf_queue_object_ops = {
	.fops = &rvf_queue_fops,
	.wake = rvf_queue_wake,
	.release = rvf_queue_release,
	.rights = rvf_queue_rights,
};

/*
 * Small messages lie in pages of the linear mapping: with CONFIG_
 * HARDENED_USERCOPY each copy from and to vmalloc's memory looks its area up
 * in a tree that the whole kernel shares.
 */
static int rvf_queue_alloc_small(struct rvf_queue *queue)
{
	u32 stride = rvf_queue_stride(queue), per_page = PAGE_SIZE / stride, i;
	unsigned long page = 0;

	for (i = 0; i < queue->n_slots; i++) {
		if (i % per_page == 0) {
			page = __get_free_page(RVF_GFP | __GFP_ZERO);
			if (!page)
				return -ENOMEM;
			cond_resched();
		}
		queue->slots[i].data = (u8 *)page + i % per_page * stride;
	}
	return 0;
}

static int rvf_queue_alloc_large(struct rvf_queue *queue)
{
	u32 i;

	queue->large = __vmalloc((size_t)queue->n_slots * queue->message_size,
				 RVF_GFP | __GFP_ZERO);
	if (!queue->large)
		return -ENOMEM;
	for (i = 0; i < queue->n_slots; i++)
		queue->slots[i].data = queue->large +
				       (size_t)i * queue->message_size;
	return 0;
}

/**
 * rvf_queue_create - Set a queue up with all its memory
 * @queue: The queue, zeroed.
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
	int err = -ENOMEM;
	u32 i;

	queue->n_slots = slots;
	queue->message_size = message_size;
	queue->type = type;
	spin_lock_init(&queue->lock);
	for (i = 0; i < RVF_QUEUE_LEVELS; i++)
		INIT_LIST_HEAD(&queue->full[i]);
	INIT_LIST_HEAD(&queue->empty);
	INIT_LIST_HEAD(&queue->receivers);
	INIT_LIST_HEAD(&queue->senders);
	queue->spin_ns = U32_MAX;
	init_waitqueue_head(&queue->readable);
	init_waitqueue_head(&queue->writable);

	queue->slots = kvcalloc(slots, sizeof(*queue->slots), RVF_GFP);
	if (queue->slots)
		err = message_size <= PAGE_SIZE ? rvf_queue_alloc_small(queue) :
						  rvf_queue_alloc_large(queue);
	if (err) {
		rvf_queue_free(queue);
		return err;
	}
	for (i = 0; i < slots; i++)
		list_add_tail(&queue->slots[i].entry, &queue->empty);
	rvf_object_init(&queue->object, RVF_OBJECT_QUEUE, index,
			&rvf_queue_object_ops);
	return 0;
}

/**
 * rvf_queue_lock - Before slots change hands
 * @queue: The queue.
 * @wake: Collects who has to be woken.
 *
 * The RCU lock keeps the structs of tasks that are woken after the lock was
 * released: they may be gone from here by then, and exit.
 */
void rvf_queue_lock(struct rvf_queue *queue, struct rvf_queue_wake *wake)
	__acquires(RCU) __acquires(&queue->lock)
{
	wake->n_tasks = 0;
	wake->readable = 0;
	wake->writable = 0;
	rcu_read_lock();
	spin_lock(&queue->lock);
}

/**
 * rvf_queue_unlock - Release the lock, and wake
 * @queue: The queue.
 * @wake: As rvf_queue_lock() and others filled it.
 */
void rvf_queue_unlock(struct rvf_queue *queue, struct rvf_queue_wake *wake)
	__releases(&queue->lock) __releases(RCU)
{
	bool last = queue->closed && !queue->busy;
	bool readable, writable;
	u32 i;

	/* A poller is on its list before it takes the lock to look. */
	readable = wake->readable && waitqueue_active(&queue->readable);
	/* Likewise. */
	writable = wake->writable && waitqueue_active(&queue->writable);

	/* Nobody takes a slot any more: there is one that is last. */
	if (unlikely(last))
		queue->closed = false;
	spin_unlock(&queue->lock);
	for (i = 0; i < wake->n_tasks; i++)
		wake_up_process(wake->tasks[i]);
	rcu_read_unlock();
	if (readable)
		__wake_up(&queue->readable, TASK_INTERRUPTIBLE, wake->readable,
			  poll_to_key(EPOLLIN | EPOLLRDNORM));
	if (writable)
		__wake_up(&queue->writable, TASK_INTERRUPTIBLE, wake->writable,
			  poll_to_key(EPOLLOUT | EPOLLWRNORM));
	if (unlikely(last))
		rvf_queue_free(queue);
}

/* Hand a slot to the first waiter of a list. */
static void rvf_queue_hand_over(struct rvf_waiter *waiter,
				struct rvf_slot *slot,
				struct rvf_queue_wake *wake)
{
	bool asleep = waiter->asleep;
	struct task_struct *task = waiter->task;

	list_del(&waiter->entry);
	/* Pairs with rvf_waiter_slot(). @waiter may be gone from here on. */
	smp_store_release(&waiter->slot, slot);
	if (!asleep)
		return;
	if (wake->n_tasks < RVF_QUEUE_BURST)
		wake->tasks[wake->n_tasks++] = task;
	else
		wake_up_process(task);
}

/**
 * rvf_queue_first - The message that is received next
 * @queue: The queue, locked.
 *
 * Return: its slot, or NULL.
 */
struct rvf_slot *rvf_queue_first(const struct rvf_queue *queue)
{
	lockdep_assert_held(&queue->lock);
	if (!queue->levels)
		return NULL;
	return list_first_entry(&queue->full[__fls(queue->levels)],
				struct rvf_slot, entry);
}

/**
 * rvf_queue_take_full - Take a message out, to copy it
 * @queue: The queue, locked.
 * @slot: What rvf_queue_first() returned.
 */
void rvf_queue_take_full(struct rvf_queue *queue, struct rvf_slot *slot)
{
	lockdep_assert_held(&queue->lock);
	list_del(&slot->entry);
	if (list_empty(&queue->full[slot->priority]))
		queue->levels &= ~BIT(slot->priority);
	queue->busy++;
}

/**
 * rvf_queue_take_empty - Take an empty slot, to copy into it
 * @queue: The queue, locked.
 *
 * Return: the slot, or NULL.
 */
struct rvf_slot *rvf_queue_take_empty(struct rvf_queue *queue)
{
	struct rvf_slot *slot;

	lockdep_assert_held(&queue->lock);
	slot = list_first_entry_or_null(&queue->empty, struct rvf_slot, entry);
	if (slot) {
		list_del(&slot->entry);
		queue->used++;
		queue->busy++;
	}
	return slot;
}

/* To a receiver that waits and has room for it? */
static bool rvf_queue_deliver(struct rvf_queue *queue, struct rvf_slot *slot,
			      struct rvf_queue_wake *wake)
{
	struct rvf_waiter *waiter, *next;

	list_for_each_entry_safe(waiter, next, &queue->receivers, entry) {
		if (rvf_slot_fits(slot, waiter->room)) {
			if (waiter->since && waiter->asleep)
				rvf_queue_waited(queue, waiter);
			rvf_queue_hand_over(waiter, slot, wake);
			return true;
		}
		rvf_queue_hand_over(waiter, ERR_PTR(-EMSGSIZE), wake);
	}
	return false;
}

/**
 * rvf_queue_publish - A message was copied in: let it be received
 * @queue: The queue, locked.
 * @slot: The slot; its fields but for @sequence are filled.
 * @wake: Who has to be woken.
 */
void rvf_queue_publish(struct rvf_queue *queue, struct rvf_slot *slot,
		       struct rvf_queue_wake *wake)
{
	lockdep_assert_held(&queue->lock);
	slot->sequence = queue->sent++;
	queue->sender_cpu = raw_smp_processor_id();
	if (!list_empty(&queue->receivers) &&
	    rvf_queue_deliver(queue, slot, wake))
		return;
	list_add_tail(&slot->entry, &queue->full[slot->priority]);
	queue->levels |= BIT(slot->priority);
	queue->busy--;
	wake->readable++;
}

/**
 * rvf_queue_give_back - A message could not be received
 * @queue: The queue, locked.
 * @slot: Its slot.
 * @wake: Who has to be woken.
 *
 * It goes to where it was: before all that were sent later.
 */
void rvf_queue_give_back(struct rvf_queue *queue, struct rvf_slot *slot,
			 struct rvf_queue_wake *wake)
{
	struct list_head *level = &queue->full[slot->priority];
	struct rvf_slot *later;

	lockdep_assert_held(&queue->lock);
	if (!list_empty(&queue->receivers) &&
	    rvf_queue_deliver(queue, slot, wake))
		return;
	/* Those before it were given back, too: as many as there are receivers. */
	list_for_each_entry(later, level, entry)
		if (later->sequence > slot->sequence)
			break;
	list_add_tail(&slot->entry, &later->entry);
	queue->levels |= BIT(slot->priority);
	queue->busy--;
	wake->readable++;
}

/**
 * rvf_queue_give_empty - A slot has become empty, or was not needed
 * @queue: The queue, locked.
 * @slot: The slot.
 * @wake: Who has to be woken.
 */
void rvf_queue_give_empty(struct rvf_queue *queue, struct rvf_slot *slot,
			  struct rvf_queue_wake *wake)
{
	lockdep_assert_held(&queue->lock);
	if (!list_empty(&queue->senders)) {
		rvf_queue_hand_over(list_first_entry(&queue->senders,
						     struct rvf_waiter, entry),
				    slot, wake);
		return;
	}
	list_add(&slot->entry, &queue->empty);
	queue->used--;
	queue->busy--;
	wake->writable++;
}
