/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rings: queues that both ends map, so that a message between two tasks that
 * both run costs no system call. Part of librvf-plugin.
 *
 * A ring's end is for one thread at a time, and for one struct rvf_ring at a
 * time in its task. The other end is another task, and nothing of what it
 * writes is believed: whatever it does, these calls touch no memory outside of
 * the ring, and end. What it can do is to send garbage, or nothing.
 *
 * All calls return a negative errno on failure, among them:
 *
 *  - -ESTALE: this end or the other one was started anew, and the ring is empty
 *    again. Said once; what was reserved or peeked at is gone.
 *  - -EPROTO: the other end wrote what cannot be. It stays so until it is
 *    started anew, or takes it back.
 *
 * Memory of a ring faults (SIGBUS) after the unmount, and once its handle was
 * revoked.
 */
#ifndef RVF_RING_H
#define RVF_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <linux/rvf.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How long rvf_ring_wait() looks by itself before it sleeps, in nanoseconds. */
#define RVF_RING_SPIN 20000

/**
 * struct rvf_ring - One end of a ring; its fields are the library's
 * @handle: The handle.
 * @consumer: Which end it is.
 * @slots: Messages that it can hold.
 * @message_size: The most bytes of one.
 * @stride: Bytes from slot to slot.
 * @epoch: The one that @index belongs to.
 * @index: Counts modulo twice the slots.
 * @position: The slot at @index.
 * @ready: Slots that are known to be ours to use, a lower bound.
 * @control: What the kernel tells.
 * @own: What this end writes.
 * @other: What the other one writes.
 * @data: The slots: writable for the producer.
 * @shown: The mapping of all of it.
 * @shown_length: Its bytes.
 * @written: The mapping of what this end writes.
 * @written_length: Its bytes.
 */
struct rvf_ring {
	int handle;
	bool consumer;
	__u32 slots;
	__u32 message_size;
	__u32 stride;
	__u32 epoch;
	__u32 index;
	__u32 position;
	__u32 ready;
	const struct rvf_ring_control *control;
	struct rvf_ring_end *own;
	const struct rvf_ring_end *other;
	char *data;
	void *shown;
	size_t shown_length;
	void *written;
	size_t written_length;
};

/**
 * rvf_ring_open - Map an end of a ring
 * @ring: Is filled.
 * @handle: From rvf_get(); stays the caller's, and open as long as @ring is
 *	used. With READ it is the consumer's end, with WRITE the producer's.
 *
 * Return: 0 or a negative errno: -ENOTTY not a ring's; -EACCES neither right.
 */
int rvf_ring_open(struct rvf_ring *ring, int handle);

/**
 * rvf_ring_close - Undo rvf_ring_open()
 * @ring: Messages in it stay there.
 */
void rvf_ring_close(struct rvf_ring *ring);

/**
 * rvf_ring_reserve - Where the next message can be written
 * @ring: The producer's end.
 * @data: Set to room for a message of the ring's message size.
 *
 * Return: 0 or a negative errno: -EAGAIN the ring is full.
 */
int rvf_ring_reserve(struct rvf_ring *ring, void **data);

/**
 * rvf_ring_commit - Send what was written where rvf_ring_reserve() said
 * @ring: The producer's end.
 * @length: Bytes of the message.
 *
 * Return: 0 or a negative errno: -EMSGSIZE more than a message can have;
 * -EAGAIN nothing is reserved.
 */
int rvf_ring_commit(struct rvf_ring *ring, size_t length);

/**
 * rvf_ring_peek - The next message, where it lies
 * @ring: The consumer's end.
 * @data: Set to its bytes, which the other end may change at any time: look at
 *	each once, or copy them.
 * @length: Set to how many, at most the ring's message size.
 *
 * Return: 0 or a negative errno: -EAGAIN there is none; -EPROTO too for a
 * message that is too long, which rvf_ring_release() skips.
 */
int rvf_ring_peek(struct rvf_ring *ring, const void **data, size_t *length);

/**
 * rvf_ring_release - Be done with the message that rvf_ring_peek() showed
 * @ring: The consumer's end.
 *
 * Return: 0 or a negative errno: -EAGAIN there is none.
 */
int rvf_ring_release(struct rvf_ring *ring);

/**
 * rvf_ring_try_send - Send a message, do not wait
 * @ring: The producer's end.
 * @data: Its bytes.
 * @length: How many.
 *
 * Return: 0 or a negative errno: -EAGAIN the ring is full; -EMSGSIZE.
 */
int rvf_ring_try_send(struct rvf_ring *ring, const void *data, size_t length);

/**
 * rvf_ring_try_recv - Receive a message, do not wait
 * @ring: The consumer's end.
 * @data: Room for it.
 * @room: How much.
 *
 * Return: its bytes, or a negative errno: -EAGAIN there is none; -EMSGSIZE it
 * is larger than @room and stays in the ring.
 */
ssize_t rvf_ring_try_recv(struct rvf_ring *ring, void *data, size_t room);

/**
 * rvf_ring_wait - Wait until this end has something to do
 * @ring: An end.
 * @spin_ns: How long to look before sleeping; see %RVF_RING_SPIN.
 *
 * Return: 0 when the next call has something to say; -ECANCELED when it would
 * have to sleep and the task is asked to stop; -EKEYREVOKED, -ENODEV.
 */
int rvf_ring_wait(struct rvf_ring *ring, unsigned int spin_ns);

/**
 * rvf_ring_send - Send a message, wait for room
 * @ring: The producer's end.
 * @data: Its bytes.
 * @length: How many.
 *
 * Return: as rvf_ring_try_send() and rvf_ring_wait().
 */
int rvf_ring_send(struct rvf_ring *ring, const void *data, size_t length);

/**
 * rvf_ring_recv - Receive a message, wait for one
 * @ring: The consumer's end.
 * @data: Room for it.
 * @room: How much.
 *
 * Return: as rvf_ring_try_recv() and rvf_ring_wait().
 */
ssize_t rvf_ring_recv(struct rvf_ring *ring, void *data, size_t room);

/**
 * rvf_ring_arm - Before a poll of the handle by the caller's own loop
 * @ring: An end.
 *
 * Asks the other end to wake whoever polls the handle for POLLIN (the consumer)
 * or POLLOUT (the producer).
 *
 * Return: whether there is something to do already, so that waiting is needless.
 */
bool rvf_ring_arm(struct rvf_ring *ring);

/**
 * rvf_ring_disarm - After that poll
 * @ring: An end.
 */
void rvf_ring_disarm(struct rvf_ring *ring);

#ifdef __cplusplus
}
#endif

#endif /* RVF_RING_H */
