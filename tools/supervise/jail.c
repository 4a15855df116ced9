// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a task asks of its jail, as far as the host allows it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

static void on_limit(void *context)
{
	struct rvf_mtask *task = context;

	rvf_mtask_kill(task, "killed: it ran longer than its limit of %g s",
		       task->jail->time_ms / 1000.0);
}

/* What is wrong in it is said when the task is to be started. */
int rvf_mtask_init_jail(struct rvf_mtask *task)
{
	task->limit_timer = rvf_timer_new(task->mount->supervisor->loop, on_limit, task);
	return task->limit_timer ? 0 : -ENOMEM;
}

void rvf_mtask_destroy_jail(struct rvf_mtask *task)
{
	rvf_timer_free(task->limit_timer);
	rvf_jail_free(task->jail);
}

static int read_jail(struct rvf_mtask *task, struct rvf_error *e)
{
	const struct rvf_supervisor_config *config = &task->mount->supervisor->config;
	const struct rvf_m_string *jail = &task->c->jail;
	int err = 0;

	if (!task->jail)
		err = rvf_jail_parse(rvf_manifest_string(&task->mount->manifest, jail),
				     le32_to_cpu(jail->length), le32_to_cpu(task->c->profile),
				     &task->jail, e);
	if (err || config->own_policy)
		return err;
	/* Asked each time: the administrator may have changed it. */
	return rvf_jail_allowed(task->jail, config->policy_dir, e);
}

static int device_filter(struct rvf_mtask *task, __u32 profile, struct rvf_error *e)
{
	int *fd = &task->mount->supervisor->devices[profile];

	if (*fd < 0 && task->cgroup >= 0)
		*fd = rvf_process_devices(profile, e);
	return *fd;
}

/* Adds to @config what is particular to the task. */
static int fill_config(struct rvf_mtask *task, struct rvf_process_config *config,
		       struct rvf_error *e)
{
	const struct rvf_supervisor *supervisor = task->mount->supervisor;
	const struct rvf_supervisor_filter *filter;
	bool plain = !task->jail->n_syscalls && !task->jail->tap && !task->c->relax;

	config->profile = le32_to_cpu(task->c->profile);
	config->options = task->jail;
	config->vm = task->c->vcpus;
	filter = &supervisor->filters[config->vm];
	/* The kernel let a developer's key alone ask for it. */
	config->text = le32_to_cpu(task->c->relax) & RVF_RELAX_TEXT;
	if (config->profile == RVF_PROFILE_STRICT && plain) {
		config->filter = filter->code;
		config->filter_count = filter->count;
	}
	config->devices_fd = device_filter(task, config->profile, e);
	return config->devices_fd < 0 && task->cgroup >= 0 ? config->devices_fd : 0;
}

void rvf_mtask_say_lacks(struct rvf_mtask *task)
{
	__u32 lacks = rvf_process_lacks(task->process);

	if (lacks & RVF_JAIL_AFFINITY)
		rvf_output_say(task, "it runs on any CPU: none of those that it asks for is here");
	if (lacks & RVF_JAIL_CORE)
		rvf_output_say(task,
			       "it runs without core scheduling, which is not to be had here");
	if (lacks & RVF_JAIL_LANDLOCK)
		rvf_output_say(task, "it runs without Landlock, which this kernel does not have");
}

int rvf_mtask_spawn(struct rvf_mtask *task, struct rvf_process_config *config, struct rvf_error *e)
{
	struct rvf_tap tap = { .fd = -1 };
	int err = read_jail(task, e);

	if (!err)
		err = fill_config(task, config, e);
	if (!err && task->jail->tap) {
		err = rvf_tap_open(task->jail->tap, &tap, e);
		config->fds = &tap.fd;
		config->n_fds = 1;
		config->envp = tap.env;
	}
	/* Others are started meanwhile. */
	config->background = true;
	if (!err)
		err = rvf_process_spawn(config, &task->process, e);
	if (tap.fd >= 0)
		close(tap.fd);
	if (err)
		return err;
	if (task->jail->time_ms)
		rvf_timer_set(task->limit_timer, task->jail->time_ms);
	return 0;
}

/* Of a process that runs already: what is left of its time. */
void rvf_mtask_adopt_jail(struct rvf_mtask *task)
{
	__u64 used = rvf_now_ms() - task->started_ms;

	read_jail(task, NULL);
	if (!task->jail || !task->jail->time_ms)
		return;
	rvf_timer_set(task->limit_timer,
		      used < task->jail->time_ms ? task->jail->time_ms - used : 0);
}
