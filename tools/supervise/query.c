// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is known of mounts and tasks.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

__u64 rvf_supervised_id(const struct rvf_supervised *mount)
{
	return mount->id;
}

const char *rvf_supervised_name(const struct rvf_supervised *mount)
{
	return mount->name;
}

void rvf_supervised_rename(struct rvf_supervised *mount, const char *name)
{
	snprintf(mount->name, sizeof(mount->name), "%s", name);
}

int rvf_supervised_fd(const struct rvf_supervised *mount)
{
	return mount->fd;
}

__u32 rvf_supervised_tasks(const struct rvf_supervised *mount)
{
	return mount->n_tasks;
}

const char *rvf_supervised_task_name(const struct rvf_supervised *mount, __u32 task)
{
	return mount->tasks[task].name;
}

bool rvf_supervised_ready(const struct rvf_supervised *mount)
{
	return mount->told_ready;
}

int rvf_supervised_failed(const struct rvf_supervised *mount)
{
	return mount->first_failed;
}

/* Where there is no cgroup to ask: what of it lies in memory. */
static __u64 resident(pid_t pid)
{
	unsigned long long size, pages = 0;
	char path[64], text[128] = "";

	snprintf(path, sizeof(path), "/proc/%d/statm", pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	ssize_t n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0 || sscanf(text, "%llu %llu", &size, &pages) != 2)
		return 0;
	return pages * sysconf(_SC_PAGESIZE);
}

void rvf_supervised_task(const struct rvf_supervised *mount, __u32 number,
			 struct rvf_task_info *info)
{
	const struct rvf_mtask *task = &mount->tasks[number];

	memset(info, 0, sizeof(*info));
	strcpy(info->name, task->name);
	info->component = task->component;
	info->kind = le32_to_cpu(task->c->kind);
	info->phase = task->phase;
	info->restarts = task->restarts;
	info->incarnation = task->incarnation;
	info->last_kind = task->last_kind;
	info->last_code = task->last_code;
	info->last_time_ns = task->last_time;
	strcpy(info->why, task->why);
	if (!task->process)
		return;
	info->pid = rvf_process_pid(task->process);
	info->uptime_ns = (rvf_now_ms() - task->started_ms) * 1000000;
	info->memory = task->cgroup >= 0 ? rvf_cgroup_memory(task->cgroup) : resident(info->pid);
}

bool rvf_supervised_line(const struct rvf_supervised *mount, __u32 task,
			 struct rvf_log_cursor *cursor, struct rvf_log_line *line,
			 char data[RVF_LOG_LINE], __u64 *dropped)
{
	return rvf_ring_read(mount->tasks[task].ring, cursor, line, data, dropped);
}

__u64 rvf_supervised_last_lines(const struct rvf_supervised *mount, __u32 task, __u32 lines)
{
	__u64 newest = rvf_ring_newest(mount->tasks[task].ring);

	return newest > lines ? newest - lines : 0;
}
