/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RVF_SELFTESTS_QUEUE_H
#define RVF_SELFTESTS_QUEUE_H

#include "util_package.h"

static inline struct rvf_queue_info queue_state(int queue)
{
	struct rvf_queue_info info = { .size = sizeof(info) };

	must_rvf(rvf(queue, RVF_QUEUE_INFO, &info));
	return info;
}

/* RVF_QUEUE_SEND or RVF_QUEUE_RECV; how many were done comes back in @count */
static inline int batch(int queue, unsigned long command, struct rvf_message *messages,
			uint32_t *count)
{
	struct rvf_queue_batch arg = {
		.size = sizeof(arg),
		.messages = (uintptr_t)messages,
		.count = *count,
		.entry_size = sizeof(*messages),
	};
	int result = rvf(queue, command, &arg);

	*count = result ? 0 : arg.count;
	return result;
}

#endif
