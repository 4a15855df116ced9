// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the tasks of a mount do to one another: each is started when all that
 * it needs is ready, and stopped when something that it needs has failed.
 *
 * Whatever changes only asks for a round of work, in which everything is
 * looked at afresh: so it does not matter what changed, or in which order.
 */
#include <stdlib.h>
#include <sys/epoll.h>

#include "internal.h"

/* How long processes may live when the mount is gone, and how often to look. */
#define END_MS	2000
#define LOOK_MS 100

void rvf_mount_changed(struct rvf_supervised *mount)
{
	rvf_timer_set(mount->work, 0);
}

/* The task of a component, NULL: it is none. */
struct rvf_mtask *rvf_mount_task(struct rvf_supervised *mount, __u32 component)
{
	if (component >= mount->manifest.n_components || mount->by_component[component] < 0)
		return NULL;
	return &mount->tasks[mount->by_component[component]];
}

/* The kernel's word on all tasks, one by one. */
void rvf_mount_each_state(struct rvf_supervised *mount, rvf_state_fn call, void *context)
{
	struct rvf_task_status *all;
	__u32 n;

	if (rvf_mount_task_states(mount->fd, &all, &n, NULL))
		return;
	for (__u32 i = 0; i < n; i++) {
		struct rvf_mtask *task = rvf_mount_task(mount, all[i].component);

		if (task)
			call(task, &all[i], context);
	}
	free(all);
}

static void take_state(struct rvf_mtask *task, const struct rvf_task_status *status, void *context)
{
	(void)context;
	rvf_mtask_state(task, status);
}

void rvf_mount_refresh(struct rvf_supervised *mount)
{
	rvf_mount_each_state(mount, take_state, NULL);
}

/* The kernel has asked those that are bound, and kills them in the end. */
static void stop_all(struct rvf_supervised *mount)
{
	if (mount->stopping)
		return;
	mount->stopping = true;
	for (__u32 i = 0; i < mount->n_tasks; i++) {
		struct rvf_mtask *task = &mount->tasks[i];

		task->fatal = true;
		if (task->phase == RVF_PHASE_STARTING)
			rvf_mtask_kill(task, "killed: the mount is being unmounted");
		else if (task->phase == RVF_PHASE_WAITING || task->phase == RVF_PHASE_PAUSED)
			rvf_mtask_end(task, RVF_PHASE_STOPPED, "the mount is being unmounted");
	}
}

void rvf_mount_events(int fd, __u32 events, void *context)
{
	struct rvf_supervised *mount = context;
	struct rvf_loop *loop = mount->supervisor->loop;

	if (events & (EPOLLHUP | EPOLLERR)) {
		rvf_loop_unwatch(loop, fd);
		stop_all(mount);
		mount->gone = true;
		mount->gone_ms = rvf_now_ms();
		rvf_mount_changed(mount);
	} else if (events & EPOLLPRI) {
		/* It stays set: from now on only the hang-up is waited for. */
		rvf_loop_watch(loop, fd, 0, rvf_mount_events, mount);
		stop_all(mount);
	} else {
		rvf_mount_refresh(mount);
	}
}

/* The first of a task's needs for which @test holds, NULL: none. */
static struct rvf_mtask *find_need(const struct rvf_mtask *task,
				   bool (*test)(const struct rvf_mtask *))
{
	struct rvf_supervised *mount = task->mount;
	__u32 first = le32_to_cpu(task->c->first_dep), n = le32_to_cpu(task->c->deps);

	for (__u32 i = first; i < first + n; i++) {
		int need = mount->by_component[le32_to_cpu(mount->manifest.deps[i])];

		/* What is no task is there from the beginning. */
		if (need >= 0 && test(&mount->tasks[need]))
			return &mount->tasks[need];
	}
	return NULL;
}

static bool has_failed(const struct rvf_mtask *need)
{
	return need->phase == RVF_PHASE_FAILED || need->phase == RVF_PHASE_STOPPED;
}

static bool is_not_ready(const struct rvf_mtask *need)
{
	return need->phase != RVF_PHASE_READY && need->phase != RVF_PHASE_ENDED;
}

/* Returns true when it was started: there may be more to do, but other things first. */
static bool look_at(struct rvf_mtask *task)
{
	struct rvf_mtask *failed = find_need(task, has_failed);

	if (rvf_phase_final(task->phase))
		return false;
	if (failed) {
		task->fatal = true;
		if (task->process)
			rvf_mtask_kill(task, "stopped: it needs '%.150s', which %s", failed->name,
				       failed->phase == RVF_PHASE_FAILED ? "failed" :
									   "was stopped");
		else
			rvf_mtask_end(task, RVF_PHASE_STOPPED,
				      "not started: it needs '%.150s', which %s", failed->name,
				      failed->phase == RVF_PHASE_FAILED ? "failed" : "was stopped");
		return false;
	}
	if (task->phase != RVF_PHASE_WAITING || task->start_pending ||
	    find_need(task, is_not_ready))
		return false;
	rvf_mtask_start(task);
	return true;
}

static void tell(struct rvf_supervised *mount)
{
	const struct rvf_supervisor_config *config = &mount->supervisor->config;
	bool ready = true, ended = true;

	for (__u32 i = 0; i < mount->n_tasks; i++) {
		ready = ready && !is_not_ready(&mount->tasks[i]);
		ended = ended && rvf_phase_final(mount->tasks[i].phase);
	}
	if (ready && !mount->told_ready) {
		mount->told_ready = true;
		if (config->ops->ready)
			config->ops->ready(mount, config->context);
	}
	if (ended && !mount->told_ended) {
		mount->told_ended = true;
		if (config->ops->ended)
			config->ops->ended(mount, config->context);
	}
}

static bool has_processes(const struct rvf_supervised *mount)
{
	for (__u32 i = 0; i < mount->n_tasks; i++)
		if (mount->tasks[i].process)
			return true;
	return false;
}

/* The kernel has killed what was bound: that takes but a moment to end. */
static void wait_for_processes(struct rvf_supervised *mount)
{
	if (rvf_now_ms() - mount->gone_ms >= END_MS)
		for (__u32 i = 0; i < mount->n_tasks; i++)
			rvf_mtask_kill(&mount->tasks[i], "killed: the mount is gone");
	rvf_timer_set(mount->work, LOOK_MS);
}

void rvf_mount_work(void *context)
{
	struct rvf_supervised *mount = context;

	for (__u32 i = 0; i < mount->n_tasks && !mount->stopping; i++) {
		if (look_at(&mount->tasks[i])) {
			/* A start takes a while: let others have a turn. */
			rvf_mount_changed(mount);
			break;
		}
	}
	tell(mount);
	if (mount->gone && has_processes(mount))
		wait_for_processes(mount);
	else if (mount->gone)
		rvf_mount_finish_gone(mount);
}
