// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Messages go through the two commands, which never wait: so waiting can also
 * end with the task being asked to stop, which a waiting read() could not.
 */
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>

#include <rvf/plugin.h>

#include "task.h"

int rvf_queue_info(int queue, struct rvf_queue_info *info)
{
	memset(info, 0, sizeof(*info));
	info->size = sizeof(*info);
	return rvf_plugin_ioctl(queue, RVF_QUEUE_INFO, info);
}

static int batch_flags(int queue, unsigned long command, __u32 flags, struct rvf_message *messages,
		       unsigned int count)
{
	struct rvf_queue_batch batch = {
		.size = sizeof(batch),
		.flags = flags,
		.messages = (uintptr_t)messages,
		.count = count,
		.entry_size = sizeof(*messages),
	};
	int ret;

	do {
		ret = rvf_plugin_ioctl(queue, command, &batch);
	} while (ret == -EINTR);
	return ret < 0 ? ret : (int)batch.count;
}

static int batch(int queue, unsigned long command, struct rvf_message *messages, unsigned int count)
{
	return batch_flags(queue, command, 0, messages, count);
}

static int wait_for(int queue, short events)
{
	struct pollfd fds[2] = {
		{ .fd = queue, .events = events },
		{ .fd = rvf_task_fd(), .events = POLLPRI },
	};

	while (poll(fds, 2, -1) < 0)
		if (errno != EINTR)
			return -errno;
	if (fds[1].revents)
		return -ECANCELED;
	return 0;
}

static int batch_wait(int queue, unsigned long command, struct rvf_message *messages,
		      unsigned int count)
{
	short events = command == RVF_QUEUE_SEND ? POLLOUT : POLLIN;
	int ret;

	for (;;) {
		ret = batch(queue, command, messages, count);
		if (ret != -EAGAIN)
			return ret;
		ret = wait_for(queue, events);
		if (ret < 0)
			return ret;
	}
}

int rvf_queue_send_batch(int queue, struct rvf_message *messages, unsigned int count)
{
	return batch_wait(queue, RVF_QUEUE_SEND, messages, count);
}

int rvf_queue_recv_batch(int queue, struct rvf_message *messages, unsigned int count)
{
	return batch_wait(queue, RVF_QUEUE_RECV, messages, count);
}

static int send_one(int queue, const void *data, size_t length, bool wait)
{
	struct rvf_message message = {
		.buffer = (uintptr_t)data,
		.priority = RVF_PRIORITY_NORMAL,
	};
	int ret;

	if (length > RVF_MAX_MESSAGE)
		return -EMSGSIZE;
	message.length = length;
	ret = (wait ? batch_wait : batch)(queue, RVF_QUEUE_SEND, &message, 1);
	return ret < 0 ? ret : 0;
}

static ssize_t recv_one(int queue, void *data, size_t room, bool wait)
{
	struct rvf_message message = {
		.buffer = (uintptr_t)data,
		.length = room < RVF_MAX_MESSAGE ? room : RVF_MAX_MESSAGE,
	};
	int ret;

	ret = (wait ? batch_wait : batch)(queue, RVF_QUEUE_RECV, &message, 1);
	return ret < 0 ? ret : (ssize_t)message.length;
}

int rvf_queue_send(int queue, const void *data, size_t length)
{
	return send_one(queue, data, length, true);
}

int rvf_queue_try_send(int queue, const void *data, size_t length)
{
	return send_one(queue, data, length, false);
}

ssize_t rvf_queue_recv(int queue, void *data, size_t room)
{
	return recv_one(queue, data, room, true);
}

ssize_t rvf_queue_try_recv(int queue, void *data, size_t room)
{
	return recv_one(queue, data, room, false);
}

int rvf_queue_send_handles(int queue, const void *data, size_t length, __u32 priority,
			   struct rvf_message_handle *handles, unsigned int count)
{
	struct rvf_message message = {
		.buffer = (uintptr_t)data,
		.priority = priority,
		.handle_count = count,
		.handles = count ? (uintptr_t)handles : 0,
	};
	int ret;

	if (length > RVF_MAX_MESSAGE)
		return -EMSGSIZE;
	message.length = length;
	ret = batch_wait(queue, RVF_QUEUE_SEND, &message, 1);
	return ret < 0 ? ret : 0;
}

ssize_t rvf_queue_recv_handles(int queue, void *data, size_t room,
			       struct rvf_message_handle *handles, unsigned int *count)
{
	struct rvf_message message = {
		.buffer = (uintptr_t)data,
		.length = room < RVF_MAX_MESSAGE ? room : RVF_MAX_MESSAGE,
		.handle_count = *count,
		.handles = (uintptr_t)handles,
	};
	int ret;

	ret = batch_wait(queue, RVF_QUEUE_RECV, &message, 1);
	if (ret == 1 || ret == -EMSGSIZE)
		*count = message.handle_count;
	return ret < 0 ? ret : (ssize_t)message.length;
}

int rvf_queue_peek(int queue, void *data, size_t room, struct rvf_message *message)
{
	int ret;

	*message = (struct rvf_message){
		.buffer = (uintptr_t)data,
		.length = room < RVF_MAX_MESSAGE ? room : RVF_MAX_MESSAGE,
	};
	ret = batch_flags(queue, RVF_QUEUE_RECV, RVF_QUEUE_PEEK, message, 1);
	return ret < 0 ? ret : 0;
}
