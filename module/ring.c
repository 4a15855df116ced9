// SPDX-License-Identifier: GPL-2.0-only
/* Rings as objects: their memory, and what the words in it say. */
#include <linux/mm.h>
#include <linux/slab.h>
#include "ring.h"

static void rvf_ring_wake(struct rvf_object *object)
{
	struct rvf_ring *ring = rvf_ring_of(object);

	wake_up_all(&ring->readable);
	wake_up_all(&ring->writable);
}

static void rvf_ring_release(struct rvf_object *object)
{
	struct rvf_ring *ring = rvf_ring_of(object);

	while (ring->n_pages)
		__free_page(ring->pages[--ring->n_pages]);
	kvfree(ring->pages);
	ring->pages = NULL;
}

static u32 rvf_ring_rights(const struct rvf_object *object)
{
	return RVF_RIGHT_READ | RVF_RIGHT_WRITE | RVF_RIGHT_GRANT |
	       RVF_RIGHT_REVOKE | RVF_RIGHT_GRANT_ONCE;
}

static struct rvf_ring_control *rvf_ring_control(const struct rvf_ring *ring)
{
	return page_address(ring->pages[RVF_RING_PAGE_CONTROL]);
}

/* Whether an end is taken by another incarnation than the last one. */
static bool rvf_ring_end_is_new(u64 *end, u64 incarnation)
{
	u64 last = *end;

	if (incarnation <= last)
		return false;
	*end = incarnation;
	return last;
}

/*
 * A task took an end. When it is a new incarnation of it, both ends begin
 * anew: each has its index tagged with the epoch that it belongs to, and so
 * nothing of theirs has to be changed under their hands.
 */
static void rvf_ring_attach(struct rvf_object *object, u32 rights,
			    u64 incarnation)
{
	struct rvf_ring *ring = rvf_ring_of(object);
	bool anew = false;

	if (rights & RVF_RIGHT_READ)
		anew |= rvf_ring_end_is_new(&ring->consumer, incarnation);
	if (rights & RVF_RIGHT_WRITE)
		anew |= rvf_ring_end_is_new(&ring->producer, incarnation);
	if (!anew)
		return;
	/* 0 is the tag of a page that nobody has written to. */
	WRITE_ONCE(ring->epoch, ring->epoch + 1 ?: 1);
	/* An end that sees it reads the words as of now. */
	smp_store_release(&rvf_ring_control(ring)->epoch, ring->epoch);
	rvf_ring_wake(object);
}

static const struct rvf_object_ops rvf_ring_object_ops = {
	.fops = &rvf_ring_fops,
	.wake = rvf_ring_wake,
	.release = rvf_ring_release,
	.rights = rvf_ring_rights,
	.attach = rvf_ring_attach,
};

/**
 * rvf_object_is_ring - Tell rings from queues that copy
 * @object: An object of either kind, or a region.
 */
bool rvf_object_is_ring(const struct rvf_object *object)
{
	return object->ops == &rvf_ring_object_ops;
}

static int rvf_ring_populate(struct rvf_ring *ring, unsigned long n)
{
	ring->pages = kvmalloc_array(n, sizeof(*ring->pages), RVF_GFP);
	if (!ring->pages)
		return -ENOMEM;
	while (ring->n_pages < n) {
		struct page *page = alloc_page(RVF_GFP | __GFP_ZERO);

		if (!page)
			return -ENOMEM;
		ring->pages[ring->n_pages++] = page;
		cond_resched();
	}
	return 0;
}

/**
 * rvf_ring_create - Make a ring with all its memory
 * @index: In the manifest's table of queues.
 * @slots: Messages that it can hold.
 * @message_size: The most bytes of one.
 * @type: Type id of its messages.
 *
 * Return: its object, or NULL for want of memory.
 */
struct rvf_object *rvf_ring_create(u32 index, u32 slots, u32 message_size,
				   u32 type)
{
	u64 bytes = (u64)slots * RVF_RING_STRIDE(message_size);
	struct rvf_ring_control *control;
	struct rvf_ring *ring;

	ring = kzalloc(sizeof(*ring), RVF_GFP);
	if (!ring)
		return NULL;
	ring->n_slots = slots;
	ring->message_size = message_size;
	ring->type = type;
	ring->epoch = 1;
	init_waitqueue_head(&ring->readable);
	init_waitqueue_head(&ring->writable);
	if (rvf_ring_populate(ring, RVF_RING_PAGE_SLOTS +
				    DIV_ROUND_UP_ULL(bytes, PAGE_SIZE))) {
		rvf_ring_release(&ring->object);
		kfree(ring);
		return NULL;
	}
	control = rvf_ring_control(ring);
	control->epoch = ring->epoch;
	rvf_object_init(&ring->object, RVF_OBJECT_QUEUE, index,
			&rvf_ring_object_ops);
	return &ring->object;
}

/* An end's word as its owner left it: read once, hostile. */
static u64 rvf_ring_word(const struct rvf_ring *ring, enum rvf_ring_page page)
{
	struct rvf_ring_end *end = page_address(ring->pages[page]);

	return READ_ONCE(end->word);
}

/* How many messages there are, as far as the words can be believed. */
static u32 rvf_ring_count(const struct rvf_ring *ring, u64 head, u64 tail,
			  u32 epoch)
{
	u32 wrap = 2 * ring->n_slots;
	u32 h = RVF_RING_EPOCH(head) == epoch ? RVF_RING_INDEX(head) : 0;
	u32 t = RVF_RING_EPOCH(tail) == epoch ? RVF_RING_INDEX(tail) : 0;
	u32 used;

	/* Somebody lies: whoever looks sees it as well as we do. */
	if (h >= wrap || t >= wrap)
		return ring->n_slots;
	used = h >= t ? h - t : h + wrap - t;
	return min(used, ring->n_slots);
}

/**
 * rvf_ring_ready - Has an end something to do?
 * @ring: The ring, in use.
 * @right: RVF_RIGHT_READ for the consumer, RVF_RIGHT_WRITE for the producer.
 * @count: Set to the messages that it can receive, or send.
 *
 * Return: whether there is one, or the epoch is another than its own.
 */
bool rvf_ring_ready(const struct rvf_ring *ring, u32 right, u32 *count)
{
	u32 epoch = READ_ONCE(ring->epoch);
	u64 head = rvf_ring_word(ring, RVF_RING_PAGE_PRODUCER);
	u64 tail = rvf_ring_word(ring, RVF_RING_PAGE_CONSUMER);
	u32 used = rvf_ring_count(ring, head, tail, epoch);
	u64 own = tail;

	*count = used;
	if (right == RVF_RIGHT_WRITE) {
		*count = ring->n_slots - used;
		own = head;
	}
	if (RVF_RING_EPOCH(own) != epoch) {
		*count = 0;
		return true;
	}
	/* A word that cannot be is no reason to sleep: its reader will tell. */
	return *count || RVF_RING_INDEX(head) >= 2 * ring->n_slots ||
	       RVF_RING_INDEX(tail) >= 2 * ring->n_slots;
}

/**
 * rvf_ring_used - How many messages a ring seems to hold
 * @ring: The ring.
 */
u32 rvf_ring_used(struct rvf_ring *ring)
{
	u32 used;

	if (!rvf_object_use(&ring->object))
		return 0;
	used = rvf_ring_count(ring,
			      rvf_ring_word(ring, RVF_RING_PAGE_PRODUCER),
			      rvf_ring_word(ring, RVF_RING_PAGE_CONSUMER),
			      READ_ONCE(ring->epoch));
	rvf_object_unuse(&ring->object);
	return used;
}
