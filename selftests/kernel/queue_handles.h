/* SPDX-License-Identifier: GPL-2.0-only */
/* Messages with handles. */
#ifndef RVF_SELFTESTS_QUEUE_HANDLES_H
#define RVF_SELFTESTS_QUEUE_HANDLES_H

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "queue.h"

#define R    RVF_RIGHT_READ
#define W    RVF_RIGHT_WRITE
#define G    RVF_RIGHT_GRANT
#define V    RVF_RIGHT_REVOKE
#define ONCE RVF_RIGHT_GRANT_ONCE

/* As many as may be, and one more */
#define HANDLES RVF_MAX_MESSAGE_HANDLES

static inline int send_handles(int queue, struct rvf_message_handle *handles, uint32_t n)
{
	struct rvf_message message = {
		.buffer = (uintptr_t) "with",
		.length = 4,
		.priority = RVF_PRIORITY_NORMAL,
		.handle_count = n,
		.handles = (uintptr_t)handles,
	};
	uint32_t count = 1;

	return batch(queue, RVF_QUEUE_SEND, &message, &count);
}

static inline int send_handle(int queue, int fd, uint32_t rights, uint64_t badge)
{
	struct rvf_message_handle handle = { .fd = fd, .rights = rights, .badge = badge };

	return send_handles(queue, &handle, 1);
}

static inline int send_window(int queue, int fd, uint32_t rights, uint64_t offset, uint64_t length)
{
	struct rvf_message_handle handle = {
		.fd = fd,
		.rights = rights,
		.flags = RVF_HANDLE_WINDOW,
		.offset = offset,
		.length = length,
	};

	return send_handles(queue, &handle, 1);
}

/* With room for @n handles: how many there are comes back in @n */
static inline int receive_handles(int queue, struct rvf_message_handle *handles, uint32_t *n)
{
	char bytes[QUEUE_MESSAGE];
	struct rvf_message message = {
		.buffer = (uintptr_t)bytes,
		.length = sizeof(bytes),
		.handle_count = *n,
		.handles = (uintptr_t)handles,
	};
	uint32_t count = 1;
	int result = batch(queue, RVF_QUEUE_RECV, &message, &count);

	*n = message.handle_count;
	return result;
}

/* A message with one handle: the handle, or a negative errno */
static inline int receive_handle(int queue)
{
	struct rvf_message_handle handle = { .fd = -1 };
	uint32_t n = 1;
	int result = receive_handles(queue, &handle, &n);

	return result ?: handle.fd;
}

static inline struct rvf_handle_info handle_state(int handle)
{
	struct rvf_handle_info info = { .size = sizeof(info) };

	must_rvf(rvf(handle, RVF_HANDLE_INFO, &info));
	return info;
}

static inline int handle_result(int handle)
{
	struct rvf_handle_info info = { .size = sizeof(info) };

	return rvf(handle, RVF_HANDLE_INFO, &info);
}

/* How many more fds this process could have */
static inline unsigned int count_fds(void)
{
	unsigned int count = 0;

	for (int fd = 0; fd < 4096; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

#endif
