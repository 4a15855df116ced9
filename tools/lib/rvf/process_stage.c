// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Where a process stands: what its jail, its end and, of a task, the kernel say.
 */
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <rvf/device.h>
#include "process_object.h"

/* Another thread may read the states by the same fd, and take its POLLIN away. */
#define LOOK_MS 100

static enum rvf_process_stage task_stage(const struct rvf_process *process)
{
	enum rvf_process_stage stage = RVF_STAGE_EXECUTED;
	struct rvf_task_status *all;
	__u32 n;

	if (process->mount_fd < 0 || rvf_mount_task_states(process->mount_fd, &all, &n, NULL))
		return stage;
	for (__u32 i = 0; i < n; i++) {
		if (all[i].component != process->component ||
		    (process->incarnation && all[i].incarnation != process->incarnation))
			continue;
		if (all[i].state == RVF_TASK_BOUND)
			stage = RVF_STAGE_BOUND;
		else if (all[i].state == RVF_TASK_READY)
			stage = RVF_STAGE_READY;
		else if (all[i].state == RVF_TASK_STOPPING)
			stage = RVF_STAGE_STOPPING;
	}
	free(all);
	return stage;
}

enum rvf_process_stage rvf_process_stage(struct rvf_process *process)
{
	struct rvf_process_status status;
	bool asked;

	if (rvf_process_try_wait(process, &status) || status.state != RVF_PROCESS_RUNNING)
		return RVF_STAGE_ENDED;
	if (!__atomic_load_n(&process->start_done, __ATOMIC_ACQUIRE))
		return RVF_STAGE_SPAWNED;

	enum rvf_process_stage stage = task_stage(process);
	pthread_mutex_lock(&process->lock);
	/* A program that is no task has nothing more to say than that it runs. */
	process->started |= stage == RVF_STAGE_READY ||
			    (process->mount_fd < 0 && stage == RVF_STAGE_EXECUTED);
	asked = process->asked_ms;
	pthread_mutex_unlock(&process->lock);
	return asked ? RVF_STAGE_STOPPING : stage;
}

bool rvf_process_is_started(struct rvf_process *process)
{
	bool started;

	rvf_process_stage(process);
	pthread_mutex_lock(&process->lock);
	started = process->started;
	pthread_mutex_unlock(&process->lock);
	return started;
}

static int ended_before(const struct rvf_process *process, struct rvf_error *e)
{
	rvf_error_set(e, ECHILD, "task-failed", "'%s' ended before it was ready", process->name);
	return -ECHILD;
}

static int not_ready(const struct rvf_process *process, struct rvf_error *e)
{
	rvf_error_set(e, ETIMEDOUT, "timeout", "'%s' is not ready in time", process->name);
	return -ETIMEDOUT;
}

int rvf_process_wait_ready(struct rvf_process *process, int timeout_ms, struct rvf_error *e)
{
	__u64 until = timeout_ms < 0 ? UINT64_MAX : rvf_process_now_ms() + timeout_ms;
	int err = rvf_process_wait_started(process, timeout_ms, e);

	if (err == -EINPROGRESS)
		return not_ready(process, e);
	while (!err && !rvf_process_is_started(process)) {
		struct pollfd fds[2] = { { process->pidfd, POLLIN, 0 },
					 { process->mount_fd, POLLIN, 0 } };
		__u64 now = rvf_process_now_ms();

		if (rvf_process_stage(process) == RVF_STAGE_ENDED)
			err = ended_before(process, e);
		else if (now >= until)
			err = not_ready(process, e);
		else if (poll(fds, 2, until - now < LOOK_MS ? (int)(until - now) : LOOK_MS) < 0 &&
			 errno != EINTR)
			err = rvf_error_system(e, errno, "cannot wait for '%s'", process->name);
	}
	return err;
}
