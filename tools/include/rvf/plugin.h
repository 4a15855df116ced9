/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * librvf-plugin: what runs inside a task.
 *
 * A plugin is a static executable that is linked with this library. Before
 * its main() is entered the library has bound the process to its task: a
 * program that is not the signed image, or not jailed, or no task at all,
 * ends with one line on stderr and the exit status RVF_EXIT_NOT_BOUND, and
 * no line of its own code has run. main() finds its handles by their names.
 *
 * All calls return a negative errno on failure and never print anything;
 * errno itself is left alone or not, as it happens. Handles are file
 * descriptors: read, write, poll and close work on them as <linux/rvf.h>
 * says. All calls may be used from several threads.
 */
#ifndef RVF_PLUGIN_H
#define RVF_PLUGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <linux/rvf.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The exit status of a process that could not be bound to a task. */
#define RVF_EXIT_NOT_BOUND 125

/**
 * DOC: The task
 */

/**
 * rvf_task_fd - The fd of this task
 *
 * For programs that poll it themselves: POLLPRI means that the task is asked
 * to stop, POLLHUP that it is over. Do not close it.
 */
int rvf_task_fd(void);

/**
 * rvf_incarnation - How often the task was started, this time included
 *
 * 1 on the first start; regions and messages in queues outlive a restart.
 */
__u64 rvf_incarnation(void);

/**
 * rvf_ready - Tell that the task is at work
 *
 * What needs this task is started now, and "rvfctl mount" waits for it.
 *
 * Return: 0 or a negative errno: -EALREADY it was said before.
 */
int rvf_ready(void);

/**
 * rvf_stop_requested - Whether the task is asked to stop
 *
 * Costs one system call. A loop that never waits in this library's calls
 * asks now and then.
 */
bool rvf_stop_requested(void);

/**
 * rvf_wait_stop - Wait until the task is asked to stop
 *
 * Return: 0 or a negative errno.
 */
int rvf_wait_stop(void);

/**
 * struct rvf_granted - What the manifest grants this task
 * @name: The object's name.
 * @kind: One of enum rvf_object_kind.
 * @rights: Bits of enum rvf_rights.
 * @badge: Its badge.
 */
struct rvf_granted {
	char name[RVF_MAX_NAME + 1];
	__u32 kind;
	__u32 rights;
	__u64 badge;
};

/**
 * rvf_granted - Go through what this task is granted
 * @index: Counts from 0.
 * @granted: Is filled.
 *
 * Return: 0, or -ENOENT when there are fewer.
 */
int rvf_granted(unsigned int index, struct rvf_granted *granted);

/**
 * struct rvf_tap_config - The task's TAP device
 * @fd: A new fd of it, which the caller closes.
 * @address: The host's side, in network byte order.
 * @netmask: Likewise.
 * @mac: The host's side.
 */
struct rvf_tap_config {
	int fd;
	__u32 address;
	__u32 netmask;
	__u8 mac[6];
};

/**
 * rvf_tap - Get the task's TAP device
 * @config: Is filled.
 *
 * Return: 0 or a negative errno: -ENODATA the task has none; -EADDRNOTAVAIL it
 * has no address; -EPROTO what the supervisor says of it is wrong.
 */
int rvf_tap(struct rvf_tap_config *config);

/**
 * DOC: Handles
 */

/**
 * rvf_get - Get a handle by its object's name
 * @name: Of a region or queue.
 *
 * Return: a handle with all the rights that the manifest grants, or a negative
 * errno: -ENOENT there is no such object, or none granted to this task; -EINVAL
 * the name is empty.
 */
int rvf_get(const char *name);

/**
 * rvf_get_rights - Get a handle that can do less, or has to do as much
 * @name: Of a region or queue.
 * @rights: Exactly the rights to have.
 *
 * Return: a handle, or a negative errno: -EACCES more than is granted; -EINVAL
 * no rights.
 */
int rvf_get_rights(const char *name, __u32 rights);

/**
 * rvf_handle_info - What a handle leads to
 * @handle: Any handle.
 * @info: Is filled.
 *
 * Return: 0 or a negative errno.
 */
int rvf_handle_info(int handle, struct rvf_handle_info *info);

/**
 * rvf_derive - Make a handle that can do less
 * @handle: Has GRANT or GRANT_ONCE.
 * @rights: Of the new handle.
 * @badge: Of the new handle.
 *
 * Return: the new handle or a negative errno; see RVF_HANDLE_DERIVE.
 */
int rvf_derive(int handle, __u32 rights, __u64 badge);

/**
 * rvf_revoke - Revoke a handle and all that was derived from it
 * @handle: Has REVOKE. It stays open, and is good for nothing.
 *
 * When it returns, no process can use any of them, mappings included.
 *
 * Return: how many were revoked, or a negative errno.
 */
int rvf_revoke(int handle);

/**
 * rvf_revoke_derived - Revoke what was derived from a handle
 * @handle: Has REVOKE. It stays usable.
 *
 * Return: how many were revoked, or a negative errno.
 */
int rvf_revoke_derived(int handle);

/**
 * DOC: Regions
 */

/**
 * rvf_region_info - Policy, size and fill of a region
 * @region: A handle.
 * @info: Is filled.
 *
 * Return: 0 or a negative errno.
 */
int rvf_region_info(int region, struct rvf_region_info *info);

/**
 * struct rvf_mapping - A mapped region
 * @data: Its bytes.
 * @length: How many were there when it was mapped: those behind them are zero
 *	until they are appended.
 * @size: How many there can be.
 */
struct rvf_mapping {
	const void *data;
	size_t length;
	size_t size;
};

/**
 * rvf_region_map - Map a region for reading
 * @region: A handle with READ.
 * @mapping: Is filled. An empty immutable region has no memory: its @data
 *	points to no bytes at all, but is not NULL.
 *
 * The memory faults (SIGBUS) once the handle is revoked.
 *
 * Return: 0 or a negative errno.
 */
int rvf_region_map(int region, struct rvf_mapping *mapping);

/**
 * rvf_region_unmap - Undo rvf_region_map()
 * @mapping: Is emptied.
 */
void rvf_region_unmap(struct rvf_mapping *mapping);

/**
 * rvf_region_append - Append to an append-only region
 * @region: A handle with WRITE.
 * @data: The bytes.
 * @length: How many, at most %RVF_MAX_APPEND.
 *
 * Readers see all of them or none.
 *
 * Return: 0 or a negative errno: -ENOSPC there is no room, nothing was
 * appended; -EMSGSIZE too many; -EPERM an immutable region.
 */
int rvf_region_append(int region, const void *data, size_t length);

/**
 * rvf_slot_alloc - Take a slot of a slab
 * @region: A handle with WRITE.
 * @slot: Filled with its name.
 * @offset: Filled with where it lies in a mapping of the region; may be NULL.
 *
 * Its bytes are zero, unless somebody wrote them through a mapping.
 *
 * Return: 0 or a negative errno: -ENOSPC none is free; -EPERM not a slab.
 */
int rvf_slot_alloc(int region, __u64 *slot, size_t *offset);

/**
 * rvf_slot_free - Give a slot back
 * @region: A handle with WRITE.
 * @slot: Its name, which is good for nothing afterwards.
 *
 * Return: 0 or a negative errno: -ESTALE it is not in use under this name.
 */
int rvf_slot_free(int region, __u64 slot);

/**
 * rvf_slot_read - Copy bytes out of a slot
 * @region: A handle with READ.
 * @slot: Its name.
 * @offset: Of the first byte in it.
 * @data: Where to put them.
 * @length: How many.
 *
 * Return: 0 or a negative errno: -EMSGSIZE beyond its end; -ESTALE it is not in
 * use under this name.
 */
int rvf_slot_read(int region, __u64 slot, size_t offset, void *data, size_t length);

/**
 * rvf_slot_write - Copy bytes into a slot
 * @region: A handle with WRITE.
 * @slot: Its name.
 * @offset: Of the first byte in it.
 * @data: The bytes.
 * @length: How many.
 *
 * All of them or none: a reader never sees a part.
 *
 * Return: as rvf_slot_read().
 */
int rvf_slot_write(int region, __u64 slot, size_t offset, const void *data, size_t length);

/**
 * rvf_region_read - Copy bytes out of a region
 * @region: A handle with READ.
 * @offset: Where to begin.
 * @data: Where to put them.
 * @length: How many at most.
 *
 * Return: how many bytes, 0 at the end of what there is, or a negative errno.
 */
ssize_t rvf_region_read(int region, __u64 offset, void *data, size_t length);

/**
 * DOC: Queues
 *
 * The calls that wait return -ECANCELED when they would have to wait and the
 * task is asked to stop: so a loop around one of them ends in time.
 */

/**
 * rvf_queue_info - Size and fill of a queue
 * @queue: A handle.
 * @info: Is filled.
 *
 * Return: 0 or a negative errno.
 */
int rvf_queue_info(int queue, struct rvf_queue_info *info);

/**
 * rvf_queue_send - Send a message, wait for room
 * @queue: A handle with WRITE.
 * @data: Its bytes.
 * @length: How many.
 *
 * Return: 0 or a negative errno: -EMSGSIZE larger than the queue's messages;
 * -ECANCELED.
 */
int rvf_queue_send(int queue, const void *data, size_t length);

/**
 * rvf_queue_try_send - Send a message, do not wait
 * @queue: A handle with WRITE.
 * @data: Its bytes.
 * @length: How many.
 *
 * Return: 0 or a negative errno: -EAGAIN the queue is full.
 */
int rvf_queue_try_send(int queue, const void *data, size_t length);

/**
 * rvf_queue_recv - Receive a message, wait for one
 * @queue: A handle with READ.
 * @data: Room for it.
 * @room: How much.
 *
 * Return: the message's bytes, or a negative errno: -EMSGSIZE it is larger
 * than @room and stays in the queue; -ECANCELED.
 */
ssize_t rvf_queue_recv(int queue, void *data, size_t room);

/**
 * rvf_queue_try_recv - Receive a message, do not wait
 * @queue: A handle with READ.
 * @data: Room for it.
 * @room: How much.
 *
 * Return: the message's bytes, or a negative errno: -EAGAIN there is none.
 */
ssize_t rvf_queue_try_recv(int queue, void *data, size_t room);

/**
 * rvf_queue_send_handles - Send a message that brings handles, wait for room
 * @queue: A handle with WRITE.
 * @data: Its bytes.
 * @length: How many.
 * @priority: One of enum rvf_priority. rvf_queue_send() has
 *	%RVF_PRIORITY_NORMAL.
 * @handles: What each handle is derived from, with which rights and badge, and
 *	which part of a region it shows. They stay open.
 * @count: How many, at most %RVF_MAX_MESSAGE_HANDLES.
 *
 * Return: 0 or a negative errno, with nothing sent or derived; see
 * RVF_QUEUE_SEND; -ECANCELED.
 */
int rvf_queue_send_handles(int queue, const void *data, size_t length, __u32 priority,
			   struct rvf_message_handle *handles, unsigned int count);

/**
 * rvf_queue_recv_handles - Receive a message and its handles, wait for one
 * @queue: A handle with READ.
 * @data: Room for its bytes.
 * @room: How much.
 * @handles: Filled with its handles: the fds are the caller's, to close.
 * @count: Room for handles in, handles out; what is needed, with -EMSGSIZE.
 *
 * Return: the message's bytes, or a negative errno, with the message and all
 * of its handles left where they are: -EMSGSIZE more bytes or handles than
 * there is room for; -EMFILE, -EDQUOT; -ECANCELED.
 */
ssize_t rvf_queue_recv_handles(int queue, void *data, size_t room,
			       struct rvf_message_handle *handles, unsigned int *count);

/**
 * rvf_queue_peek - Look at the next message, do not wait
 * @queue: A handle with READ.
 * @data: Room for its bytes.
 * @room: How much.
 * @message: Filled with length, type, priority, badge and how many handles it
 *	brings; with -EMSGSIZE too.
 *
 * It stays in the queue, and another receiver may be the one who gets it.
 *
 * Return: 0 or a negative errno: -EAGAIN there is none.
 */
int rvf_queue_peek(int queue, void *data, size_t room, struct rvf_message *message);

/**
 * rvf_queue_send_batch - Send several messages, wait for room for one
 * @queue: A handle with WRITE.
 * @messages: See struct rvf_message; what is not used must be 0.
 * @count: How many, at most %RVF_MAX_BATCH.
 *
 * Return: how many were sent, at least 1 and in order, or a negative errno.
 */
int rvf_queue_send_batch(int queue, struct rvf_message *messages, unsigned int count);

/**
 * rvf_queue_recv_batch - Receive several messages, wait for one
 * @queue: A handle with READ.
 * @messages: Buffers and their lengths in; lengths, types, priorities and
 *	badges out.
 * @count: How many, at most %RVF_MAX_BATCH.
 *
 * Return: how many were received, at least 1, or a negative errno.
 */
int rvf_queue_recv_batch(int queue, struct rvf_message *messages, unsigned int count);

#ifdef __cplusplus
}
#endif

#endif /* RVF_PLUGIN_H */
