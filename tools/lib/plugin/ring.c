// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The two ends of a ring, in memory that the other end writes too. Each word of
 * its is loaded once, and bounded before it is used; no offset into the ring
 * is ever made of one.
 */
#include <errno.h>
#include <string.h>

#include "ring_internal.h"

static __u32 present_epoch(const struct rvf_ring *ring)
{
	return __atomic_load_n(&ring->control->epoch, __ATOMIC_ACQUIRE);
}

static void put_word(struct rvf_ring *ring)
{
	__atomic_store_n(&ring->own->word, RVF_RING_WORD(ring->epoch, ring->index),
			 __ATOMIC_RELEASE);
}

static void begin(struct rvf_ring *ring, __u32 epoch)
{
	ring->epoch = epoch;
	ring->index = 0;
	ring->position = 0;
	ring->ready = 0;
	put_word(ring);
}

void rvf_ring_adopt(struct rvf_ring *ring)
{
	__u64 word = __atomic_load_n(&ring->own->word, __ATOMIC_RELAXED);
	__u32 epoch = present_epoch(ring);

	if (RVF_RING_EPOCH(word) != epoch || RVF_RING_INDEX(word) >= 2 * ring->slots) {
		begin(ring, epoch);
		return;
	}
	ring->epoch = epoch;
	ring->index = RVF_RING_INDEX(word);
	ring->position = ring->index % ring->slots;
	ring->ready = 0;
}

/* How many slots are ours to use, as the other end has it */
static int look(const struct rvf_ring *ring)
{
	__u64 word = __atomic_load_n(&ring->other->word, __ATOMIC_ACQUIRE);
	__u32 other = RVF_RING_EPOCH(word) == ring->epoch ? RVF_RING_INDEX(word) : 0;
	__u32 head = ring->consumer ? other : ring->index;
	__u32 tail = ring->consumer ? ring->index : other;
	__u32 used;

	if (other >= 2 * ring->slots)
		return -EPROTO;
	used = head >= tail ? head - tail : head + 2 * ring->slots - tail;
	if (used > ring->slots)
		return -EPROTO;
	return (int)(ring->consumer ? used : ring->slots - used);
}

static int prepare(struct rvf_ring *ring)
{
	__u32 epoch = present_epoch(ring);
	int ready;

	if (epoch != ring->epoch) {
		begin(ring, epoch);
		return -ESTALE;
	}
	if (ring->ready)
		return 0;
	ready = look(ring);
	if (ready < 0)
		return ready;
	ring->ready = (__u32)ready;
	return ready ? 0 : -EAGAIN;
}

bool rvf_ring_has_news(struct rvf_ring *ring)
{
	return present_epoch(ring) != ring->epoch || ring->ready || look(ring) != 0;
}

static char *slot(const struct rvf_ring *ring)
{
	return ring->data + (size_t)ring->position * ring->stride;
}

static int advance(struct rvf_ring *ring)
{
	ring->ready--;
	if (++ring->index == 2 * ring->slots)
		ring->index = 0;
	if (++ring->position == ring->slots)
		ring->position = 0;
	put_word(ring);
	/* Our word, before we look whether its reader sleeps. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (__atomic_load_n(&ring->other->waiting, __ATOMIC_RELAXED))
		rvf_ring_kick(ring);
	return 0;
}

int rvf_ring_reserve(struct rvf_ring *ring, void **data)
{
	int err = ring->consumer ? -EACCES : prepare(ring);

	if (err)
		return err;
	*data = slot(ring) + sizeof(struct rvf_ring_slot);
	return 0;
}

int rvf_ring_commit(struct rvf_ring *ring, size_t length)
{
	struct rvf_ring_slot *header;
	int err = ring->consumer ? -EACCES : prepare(ring);

	if (err)
		return err;
	if (length > ring->message_size)
		return -EMSGSIZE;
	header = (struct rvf_ring_slot *)slot(ring);
	header->length = (__u32)length;
	return advance(ring);
}

int rvf_ring_peek(struct rvf_ring *ring, const void **data, size_t *length)
{
	const struct rvf_ring_slot *header;
	int err = ring->consumer ? prepare(ring) : -EACCES;
	__u32 told;

	if (err)
		return err;
	header = (const struct rvf_ring_slot *)slot(ring);
	told = __atomic_load_n(&header->length, __ATOMIC_RELAXED);
	if (told > ring->message_size)
		return -EPROTO;
	*data = header + 1;
	*length = told;
	return 0;
}

int rvf_ring_release(struct rvf_ring *ring)
{
	int err = ring->consumer ? prepare(ring) : -EACCES;

	return err ? err : advance(ring);
}

int rvf_ring_try_send(struct rvf_ring *ring, const void *data, size_t length)
{
	void *room;
	int err;

	if (length > ring->message_size)
		return -EMSGSIZE;
	err = rvf_ring_reserve(ring, &room);
	if (err)
		return err;
	if (length)
		memcpy(room, data, length);
	return rvf_ring_commit(ring, length);
}

ssize_t rvf_ring_try_recv(struct rvf_ring *ring, void *data, size_t room)
{
	const void *message;
	size_t length;
	int err = rvf_ring_peek(ring, &message, &length);

	if (err)
		return err;
	if (length > room)
		return -EMSGSIZE;
	if (length)
		memcpy(data, message, length);
	err = rvf_ring_release(ring);
	return err ? err : (ssize_t)length;
}
