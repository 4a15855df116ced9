// SPDX-License-Identifier: GPL-2.0-only
/*
 * What outlives the supervisor: the claim of each mount; of each task its
 * process, what holds its user id, and the pipes that it writes to. The kernel
 * knows the rest, and the lines of output lie in files.
 *
 * A name says what an fd is of, its task's incarnation included, so that none
 * is taken for that of another process.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

enum part {
	PART_PROCESS,
	PART_USER,
	PART_STDOUT,
	PART_STDERR,
	PARTS
};

static const char *const part_names[PARTS] = { "process", "user", "stdout", "stderr" };

bool rvf_keeps(const struct rvf_supervisor *supervisor)
{
	return supervisor->config.ops->keep;
}

static void keep(const struct rvf_supervisor *supervisor, const char *name, int fd)
{
	if (rvf_keeps(supervisor) && fd >= 0)
		supervisor->config.ops->keep(name, fd, supervisor->config.context);
}

static void forget(const struct rvf_supervisor *supervisor, const char *name)
{
	if (rvf_keeps(supervisor))
		supervisor->config.ops->forget(name, supervisor->config.context);
}

static void mount_name(const struct rvf_supervised *mount, char name[RVF_KEPT_NAME])
{
	snprintf(name, RVF_KEPT_NAME, "mount-%llu", (unsigned long long)mount->id);
}

static void part_name(const struct rvf_mtask *task, enum part part, char name[RVF_KEPT_NAME])
{
	snprintf(name, RVF_KEPT_NAME, "task-%llu-%u-%llu-%s", (unsigned long long)task->mount->id,
		 task->component, (unsigned long long)task->incarnation, part_names[part]);
}

void rvf_keep_mount(const struct rvf_supervised *mount)
{
	char name[RVF_KEPT_NAME];

	mount_name(mount, name);
	keep(mount->supervisor, name, mount->fd);
}

void rvf_forget_mount(const struct rvf_supervised *mount)
{
	char name[RVF_KEPT_NAME];

	mount_name(mount, name);
	forget(mount->supervisor, name);
}

void rvf_keep_task(struct rvf_mtask *task)
{
	const int fds[PARTS] = {
		[PART_PROCESS] = rvf_process_pidfd(task->process),
		[PART_USER] = rvf_process_lease(task->process),
		[PART_STDOUT] = task->outputs[0].fd,
		[PART_STDERR] = task->outputs[1].fd,
	};
	char name[RVF_KEPT_NAME];

	for (int i = 0; i < PARTS; i++) {
		part_name(task, i, name);
		keep(task->mount->supervisor, name, fds[i]);
	}
	task->kept = rvf_keeps(task->mount->supervisor);
}

void rvf_forget_task(struct rvf_mtask *task)
{
	char name[RVF_KEPT_NAME];

	task->kept = false;
	for (int i = 0; i < PARTS; i++) {
		part_name(task, i, name);
		forget(task->mount->supervisor, name);
	}
}

/* ---- the next supervisor */

static int take(struct rvf_kept *kept, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		int fd = kept[i].fd;

		if (fd < 0 || strcmp(kept[i].name, name))
			continue;
		kept[i].fd = -1;
		return fd;
	}
	return -1;
}

/* When it was started, by the clock of rvf_now_ms(). */
static __u64 started_ms(pid_t pid)
{
	unsigned long long ticks = 0;
	char path[64], line[1024];

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	FILE *file = fopen(path, "re");
	if (!file)
		return rvf_now_ms();
	/* The 22nd field; the second one, in parentheses, may hold anything. */
	char *at = fgets(line, sizeof(line), file) ? strrchr(line, ')') : NULL;
	fclose(file);
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	if (at)
		ticks = strtoull(at, NULL, 10);
	return ticks ? ticks * 1000 / sysconf(_SC_CLK_TCK) : rvf_now_ms();
}

/* It ended, and only the kernel knows how: what comes next is decided afresh. */
static void adopt_end(struct rvf_mtask *task, const struct rvf_task_status *status)
{
	struct rvf_process_status end = { .code = status->exit_code };

	task->last_kind = status->exit_kind;
	task->last_code = status->exit_code;
	task->bind_reason = status->bind_reason;
	if (status->exit_kind == RVF_EXIT_CODE || status->exit_kind == RVF_EXIT_SIGNAL) {
		end.state = status->exit_kind == RVF_EXIT_CODE ? RVF_PROCESS_EXITED :
								 RVF_PROCESS_KILLED;
		rvf_mtask_explain_end(task, &end);
	} else {
		snprintf(task->why, sizeof(task->why), "ended before rvfd was started again");
	}
	rvf_mtask_after_end(task, end.state == RVF_PROCESS_EXITED && !end.code);
}

static void adopt_process(struct rvf_mtask *task, const struct rvf_task_status *status, int pidfd,
			  int user, const int outputs[2])
{
	struct rvf_supervised *mount = task->mount;

	if (rvf_process_adopt(&task->process, pidfd, user, NULL)) {
		/* Reaped by whoever is the parent of orphans. */
		close(pidfd);
		if (user >= 0)
			close(user);
		rvf_forget_task(task);
		rvf_output_adopt(task, outputs);
		rvf_output_close(task);
		adopt_end(task, status);
		return;
	}
	task->started_ms = started_ms(rvf_process_pid(task->process));
	if (mount->cgroup >= 0)
		task->cgroup =
			rvf_cgroup_task_running(mount->cgroup, &mount->manifest, task->component);
	if (task->cgroup >= 0)
		task->oom_before = rvf_cgroup_out_of_memory(task->cgroup);
	task->kept = true;
	rvf_output_adopt(task, outputs);
	rvf_mtask_adopt_jail(task);
	rvf_mtask_await_bind(task);
	rvf_mtask_state(task, status);
	int err = rvf_mtask_watch(task);
	if (err || user < 0 || outputs[0] < 0 || outputs[1] < 0)
		rvf_mtask_kill(task, "killed: not all of it was kept for rvfd");
}

/**
 * struct all_kept - What there is to be taken over
 * @kept: Fds; -1 once they were taken.
 * @count: How many.
 */
struct all_kept {
	struct rvf_kept *kept;
	size_t count;
};

static void adopt_task(struct rvf_mtask *task, const struct rvf_task_status *status, void *context)
{
	const struct all_kept *all = context;
	int fds[PARTS];
	char name[RVF_KEPT_NAME];

	if (!status->incarnation)
		return;
	task->incarnation = status->incarnation;
	for (int i = 0; i < PARTS; i++) {
		part_name(task, i, name);
		fds[i] = take(all->kept, all->count, name);
	}
	if (fds[PART_PROCESS] >= 0) {
		adopt_process(task, status, fds[PART_PROCESS], fds[PART_USER], fds + PART_STDOUT);
		return;
	}
	for (int i = 0; i < PARTS; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	if (status->state == RVF_TASK_EXITED)
		adopt_end(task, status);
	/* Else it is started, which ends a process that nothing is known of. */
}

void rvf_supervisor_adopt(struct rvf_supervisor *s, struct rvf_kept *kept, size_t count)
{
	struct all_kept all = { kept, count };
	struct rvf_supervised *mount;

	for (size_t i = 0; i < count; i++) {
		if (kept[i].fd < 0 || strncmp(kept[i].name, "mount-", 6))
			continue;
		/* One that is being unmounted is nobody's any more. */
		if (rvf_mount_take_over(s, kept[i].fd, true, &mount, NULL))
			continue;
		kept[i].fd = -1;
		rvf_mount_each_state(mount, adopt_task, &all);
	}
	for (size_t i = 0; i < count; i++) {
		if (kept[i].fd < 0)
			continue;
		forget(s, kept[i].name);
		close(kept[i].fd);
		kept[i].fd = -1;
	}
}
