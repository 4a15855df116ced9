/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rings: queues whose two ends share memory, and move messages by themselves.
 *
 * The kernel lends the memory, to each end with the right to write what is its
 * own, and lets an end sleep. What the ends write it only ever compares: a word
 * that lies makes somebody sleep or wake in vain, and nothing else.
 */
#ifndef RVF_RING_H
#define RVF_RING_H

#include <linux/mm_types.h>
#include <linux/wait.h>
#include "object.h"

struct rvf_node;

/* The first pages, in their order; slots follow. */
enum rvf_ring_page {
	RVF_RING_PAGE_CONTROL,
	RVF_RING_PAGE_CONSUMER,
	RVF_RING_PAGE_PRODUCER,
	RVF_RING_PAGE_SLOTS,
};

/**
 * struct rvf_ring - A ring
 * @object: What it has in common with other objects.
 * @n_slots: Messages that it can hold.
 * @message_size: The most bytes of one.
 * @type: Type id of its messages.
 * @n_pages: Of @pages.
 * @pages: Its memory, all there from the start.
 * @epoch: Changes when an end begins anew; read without a lock. Written under
 *	the mount's tree_lock, as are the next two.
 * @consumer: The incarnation that last took the consumer's end, 0: none yet.
 * @producer: Likewise.
 * @readable: The consumer, asleep.
 * @writable: The producer, asleep.
 */
struct rvf_ring {
	struct rvf_object object;
	u32 n_slots;
	u32 message_size;
	u32 type;
	unsigned long n_pages;
	struct page **pages;
	u32 epoch;
	u64 consumer;
	u64 producer;
	wait_queue_head_t readable;
	wait_queue_head_t writable;
};

static inline struct rvf_ring *rvf_ring_of(struct rvf_object *object)
{
	return container_of(object, struct rvf_ring, object);
}

struct rvf_object *rvf_ring_create(u32 index, u32 slots, u32 message_size,
				   u32 type);
bool rvf_object_is_ring(const struct rvf_object *object);
u32 rvf_ring_used(struct rvf_ring *ring);
bool rvf_ring_ready(const struct rvf_ring *ring, u32 right, u32 *count);

extern const struct file_operations rvf_ring_fops;

#endif /* RVF_RING_H */
