// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether and when a task that ended is started again.
 */
#include <stdlib.h>

#include "internal.h"

/* More restarts than that within a window are not counted one by one. */
#define HISTORY_MAX 65536u

static __u32 in_window(const struct history *h, __u64 now, __u64 window)
{
	__u32 n = 0;

	while (n < h->count) {
		__u64 time = h->times[(h->newest + h->room - n) % h->room];

		if (now - time >= window)
			break;
		n++;
	}
	return n;
}

static bool note(struct history *h, __u32 times, __u64 now)
{
	if (!h->times) {
		h->room = times < HISTORY_MAX ? times : HISTORY_MAX;
		h->times = calloc(h->room, sizeof(*h->times));
		if (!h->times)
			return false;
		h->newest = h->room - 1;
	}
	h->newest = (h->newest + 1) % h->room;
	h->times[h->newest] = now;
	if (h->count < h->room)
		h->count++;
	return true;
}

/* The first pause, doubled for each restart within the window. */
static __u64 pause_ms(const struct rvf_m_component *c, __u32 before)
{
	__u64 pause = le32_to_cpu(c->backoff_min_ms), most = le32_to_cpu(c->backoff_max_ms);

	for (__u32 i = 0; i < before && pause < most; i++)
		pause = pause ? pause * 2 : 1;
	return pause < most ? pause : most;
}

static void fail(struct rvf_mtask *task, const char *more)
{
	char why[RVF_WHY_LEN];

	/* @why is where the new text goes. */
	__builtin_memcpy(why, task->why, sizeof(why));
	rvf_mtask_end(task, RVF_PHASE_FAILED, "%.180s%s", why, more);
}

static void start_again(struct rvf_mtask *task)
{
	const struct rvf_m_component *c = task->c;
	__u32 times = le32_to_cpu(c->restart_times);
	__u64 window = le32_to_cpu(c->restart_window_ms), now = rvf_now_ms();
	__u32 before = in_window(&task->history, now, window);

	if (before >= times) {
		fail(task, times ? ", and was started again too often" : "");
		return;
	}
	if (!note(&task->history, times, now)) {
		fail(task, ", and there is no memory to start it again");
		return;
	}

	__u64 pause = pause_ms(c, before);
	rvf_output_say(task, "%s, starting again in %llu ms (%u of %u)", task->why,
		       (unsigned long long)pause, before + 1, times);
	task->restarts++;
	rvf_mtask_set_phase(task, RVF_PHASE_PAUSED);
	rvf_timer_set(task->timer, pause);
}

/* Its process ended, or could not be started; @why says so already. */
void rvf_mtask_after_end(struct rvf_mtask *task, bool success)
{
	__u32 policy = le32_to_cpu(task->c->restart);

	if (task->fatal)
		rvf_mtask_end(task, RVF_PHASE_STOPPED, NULL);
	else if (policy == RVF_RESTART_ALWAYS || (policy == RVF_RESTART_ON_FAILURE && !success))
		start_again(task);
	else if (success)
		rvf_mtask_end(task, RVF_PHASE_ENDED, NULL);
	else
		fail(task, "");
}
