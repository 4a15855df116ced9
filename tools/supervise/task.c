// SPDX-License-Identifier: GPL-2.0-only
/*
 * One task: its start and its end.
 */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"

#define BIND_TIMEOUT_MS 10000

/*
 * The kernel, or a cgroup, may still be busy with the last process when a new
 * one is started: how often and how long that is tried again.
 */
#define BUSY_PAUSE_MS 20
#define BUSY_MS	      10000

bool rvf_phase_final(enum rvf_task_phase phase)
{
	return phase >= RVF_PHASE_ENDED;
}

void rvf_mtask_set_phase(struct rvf_mtask *task, enum rvf_task_phase phase)
{
	const struct rvf_supervisor_config *config = &task->mount->supervisor->config;

	task->phase = phase;
	if (config->ops->changed)
		config->ops->changed(task->mount, task->number, config->context);
	rvf_mount_changed(task->mount);
}

/* A final phase; @why NULL: it was said before. */
void rvf_mtask_end(struct rvf_mtask *task, enum rvf_task_phase phase, const char *why, ...)
{
	const struct rvf_supervisor_config *config = &task->mount->supervisor->config;
	va_list arguments;

	if (why) {
		va_start(arguments, why);
		vsnprintf(task->why, sizeof(task->why), why, arguments);
		va_end(arguments);
	}
	rvf_timer_stop(task->timer);
	if (task->why[0])
		rvf_output_say(task, "%s", task->why);
	if (phase == RVF_PHASE_FAILED && task->mount->first_failed < 0)
		task->mount->first_failed = task->number;
	rvf_mtask_set_phase(task, phase);
	if (phase == RVF_PHASE_FAILED && config->ops->failed)
		config->ops->failed(task->mount, task->number, task->why, config->context);
}

static const char *signal_name(int sig, char text[32])
{
	const char *name = sigabbrev_np(sig);

	if (name)
		snprintf(text, 32, "SIG%s", name);
	else
		snprintf(text, 32, "signal %d", sig);
	return text;
}

/* The first process of a pid namespace hears of its limit by SIGKILL only. */
static bool out_of_time(const struct rvf_mtask *task, const struct rvf_process_status *status)
{
	__u64 limit = task->jail ? task->jail->cpu_seconds : 0;

	return limit && status->code == SIGKILL && status->cpu_us >= limit * 1000000;
}

/* What happened, in words, unless it was killed on purpose. */
void rvf_mtask_explain_end(struct rvf_mtask *task, const struct rvf_process_status *status)
{
	bool oom = task->cgroup >= 0 && rvf_cgroup_out_of_memory(task->cgroup) > task->oom_before;
	char name[32];

	if (task->killed)
		return;
	if (task->bind_reason)
		snprintf(task->why, sizeof(task->why), "the kernel did not bind it: %s",
			 rvf_reason_text(task->bind_reason));
	else if (status->state == RVF_PROCESS_EXITED)
		snprintf(task->why, sizeof(task->why), "exited with %d", status->code);
	else
		snprintf(task->why, sizeof(task->why), "killed by %s%s",
			 signal_name(status->code, name),
			 oom ? ": it used more memory than its limit allows" :
			 out_of_time(task, status) ?
			       ": it used more CPU time than its limit allows" :
			       "");
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void forget_process(struct rvf_mtask *task)
{
	rvf_forget_task(task);
	rvf_timer_stop(task->limit_timer);
	rvf_loop_unwatch(task->mount->supervisor->loop, rvf_process_pidfd(task->process));
	rvf_loop_unwatch(task->mount->supervisor->loop, rvf_process_start_fd(task->process));
	rvf_process_free(task->process, 0);
	task->process = NULL;
	if (task->cgroup >= 0)
		close(task->cgroup);
	task->cgroup = -1;
}

/* Undoes what a start did. */
static void undo(struct rvf_mtask *task)
{
	rvf_output_close(task);
	if (task->process)
		forget_process(task);
	close_fd(&task->cgroup);
}

static void set_error(struct rvf_mtask *task, const struct rvf_error *e)
{
	snprintf(task->why, sizeof(task->why), "%.160s%s%.90s", e->what, e->why[0] ? ": " : "",
		 e->why);
}

/* Goes on with its start, as far as the child has come. */
static bool start_failed(struct rvf_mtask *task)
{
	struct rvf_error e = { 0 };
	int err = rvf_process_wait_started(task->process, 0, &e);

	if (!err || err == -EINPROGRESS)
		return false;
	rvf_timer_stop(task->timer);
	undo(task);
	set_error(task, &e);
	rvf_mtask_after_end(task, false);
	return true;
}

static void on_start(int fd, __u32 events, void *context)
{
	struct rvf_mtask *task = context;

	(void)events;
	/* Then its end is what there is to hear of. */
	if (task->killed) {
		rvf_loop_unwatch(task->mount->supervisor->loop, fd);
		return;
	}
	if (start_failed(task) || rvf_process_wait_started(task->process, 0, NULL))
		return;
	rvf_loop_unwatch(task->mount->supervisor->loop, fd);
	rvf_mtask_say_lacks(task);
	/* Not before: without us its jail would not have been made. */
	rvf_keep_task(task);
}

/* Nobody here was told how it ended: the kernel's word, if it is known there. */
static void ask_kernel(struct rvf_mtask *task, struct rvf_process_status *status)
{
	struct rvf_task_status *all;
	__u32 n;

	*status = (struct rvf_process_status){ .state = RVF_PROCESS_KILLED, .code = SIGKILL };
	if (rvf_mount_task_states(task->mount->fd, &all, &n, NULL))
		return;
	for (__u32 i = 0; i < n; i++) {
		if (all[i].component != task->component || all[i].incarnation != task->incarnation)
			continue;
		if (all[i].exit_kind == RVF_EXIT_CODE)
			status->state = RVF_PROCESS_EXITED;
		if (all[i].exit_kind == RVF_EXIT_CODE || all[i].exit_kind == RVF_EXIT_SIGNAL)
			status->code = all[i].exit_code;
	}
	free(all);
}

static void on_process(int fd, __u32 events, void *context)
{
	struct rvf_mtask *task = context;
	struct rvf_process_status status;
	struct timespec now;

	(void)fd;
	(void)events;
	/* One that could not be started says why, and then ends. */
	if (!task->killed && start_failed(task))
		return;
	int err = rvf_process_try_wait(task->process, &status);
	if (!err && status.state == RVF_PROCESS_RUNNING)
		return;
	if (err)
		ask_kernel(task, &status);

	clock_gettime(CLOCK_REALTIME, &now);
	task->last_time = (__u64)now.tv_sec * 1000000000 + now.tv_nsec;
	task->last_kind = status.state == RVF_PROCESS_EXITED ? RVF_EXIT_CODE : RVF_EXIT_SIGNAL;
	task->last_code = status.code;
	rvf_timer_stop(task->timer);
	rvf_output_close(task);
	/* The kernel's last word on why it was not bound may not have been read. */
	rvf_mount_refresh(task->mount);
	rvf_mtask_explain_end(task, &status);
	forget_process(task);
	rvf_mtask_after_end(task, status.state == RVF_PROCESS_EXITED && !status.code &&
					  !task->killed && !task->bind_reason);
}

/* On purpose: @why says what for. */
void rvf_mtask_kill(struct rvf_mtask *task, const char *why, ...)
{
	va_list arguments;

	if (!task->process || task->killed)
		return;
	task->killed = true;
	va_start(arguments, why);
	vsnprintf(task->why, sizeof(task->why), why, arguments);
	va_end(arguments);
	rvf_process_kill(task->process);
}

/* The kernel's word on a task. */
void rvf_mtask_state(struct rvf_mtask *task, const struct rvf_task_status *status)
{
	if (!task->process || status->incarnation != task->incarnation)
		return;
	if (task->phase == RVF_PHASE_STARTING)
		task->bind_reason = status->bind_reason;
	if (status->state == RVF_TASK_BOUND && task->phase == RVF_PHASE_STARTING) {
		rvf_timer_stop(task->timer);
		task->bind_reason = 0;
		rvf_mtask_set_phase(task, RVF_PHASE_BOUND);
	} else if (status->state == RVF_TASK_READY && task->phase < RVF_PHASE_READY) {
		rvf_timer_stop(task->timer);
		task->bind_reason = 0;
		rvf_mtask_set_phase(task, RVF_PHASE_READY);
	}
}

/* The timer's meaning depends on the phase. */
static void on_timer(void *context)
{
	struct rvf_mtask *task = context;
	const struct rvf_supervisor_config *config = &task->mount->supervisor->config;
	unsigned int timeout = config->bind_timeout_ms;

	switch (task->phase) {
	case RVF_PHASE_STARTING:
		rvf_mtask_kill(task, "killed: it was not bound within %g s",
			       (timeout ? timeout : BIND_TIMEOUT_MS) / 1000.0);
		break;
	case RVF_PHASE_PAUSED:
		rvf_mtask_set_phase(task, RVF_PHASE_WAITING);
		break;
	case RVF_PHASE_WAITING:
		task->start_pending = false;
		rvf_mount_changed(task->mount);
		break;
	default:
		break;
	}
}

/**
 * struct attempt - Fds of a start, until the process has them
 * @task_fd: The task fd.
 * @image_fd: The image.
 * @ends: Of the pipes.
 * @unmounting: The kernel starts no task of this mount any more.
 */
struct attempt {
	int task_fd;
	int image_fd;
	int ends[2];
	bool unmounting;
};

static void close_attempt(struct attempt *a)
{
	close_fd(&a->task_fd);
	close_fd(&a->image_fd);
	close_fd(&a->ends[0]);
	close_fd(&a->ends[1]);
}

static int prepare(struct rvf_mtask *task, struct attempt *a, struct rvf_error *e)
{
	struct rvf_supervised *mount = task->mount;
	int err;

	if (mount->cgroup >= 0) {
		int cgroup = rvf_cgroup_task(mount->cgroup, &mount->manifest, task->component, e);

		if (cgroup < 0)
			return cgroup;
		task->cgroup = cgroup;
		task->oom_before = rvf_cgroup_out_of_memory(cgroup);
	}
	err = rvf_task_start(mount->fd, task->component, &a->task_fd, &a->image_fd,
			     &task->incarnation, e);
	a->unmounting = err == -ENODEV;
	if (err)
		return err;
	err = rvf_output_open(task, a->ends);
	if (err)
		rvf_error_system(e, -err, "cannot make pipes for its output");
	return err;
}

int rvf_mtask_watch(struct rvf_mtask *task)
{
	return rvf_loop_watch(task->mount->supervisor->loop, rvf_process_pidfd(task->process),
			      EPOLLIN, on_process, task);
}

static int spawn(struct rvf_mtask *task, const struct attempt *a, struct rvf_error *e)
{
	struct rvf_supervisor *supervisor = task->mount->supervisor;
	struct rvf_process_config config;

	rvf_process_config_init(&config);
	config.image_fd = a->image_fd;
	config.task_fd = a->task_fd;
	config.argv = task->argv;
	config.stdout_fd = a->ends[0];
	config.stderr_fd = a->ends[1];
	config.cgroup_fd = task->cgroup;
	config.netns_fd = supervisor->netns;
	config.uid_base = supervisor->config.uid_base;
	config.uid_count = supervisor->config.uid_count;
	config.uid_locks = supervisor->config.uid_locks;
	config.max_threads = le32_to_cpu(task->c->limit_pids);
	config.outlives = rvf_keeps(supervisor);

	int err = rvf_mtask_spawn(task, &config, e);
	if (err)
		return err;
	err = rvf_mtask_watch(task);
	if (!err)
		err = rvf_loop_watch(supervisor->loop, rvf_process_start_fd(task->process), EPOLLIN,
				     on_start, task);
	if (err)
		rvf_error_system(e, -err, "cannot watch its process");
	return err;
}

/* What is not ready for the task yet will be soon. */
static bool try_again(struct rvf_mtask *task, int err)
{
	if (err != -EBUSY)
		return false;
	if (!task->start_tries_until)
		task->start_tries_until = rvf_now_ms() + BUSY_MS;
	if (rvf_now_ms() >= task->start_tries_until)
		return false;
	task->start_pending = true;
	rvf_timer_set(task->timer, BUSY_PAUSE_MS);
	return true;
}

/* It was started, and has so long to bind. */
void rvf_mtask_await_bind(struct rvf_mtask *task)
{
	const struct rvf_supervisor_config *config = &task->mount->supervisor->config;

	rvf_timer_set(task->timer,
		      config->bind_timeout_ms ? config->bind_timeout_ms : BIND_TIMEOUT_MS);
	rvf_mtask_set_phase(task, RVF_PHASE_STARTING);
}

void rvf_mtask_start(struct rvf_mtask *task)
{
	struct attempt a = { .task_fd = -1, .image_fd = -1, .ends = { -1, -1 } };
	struct rvf_error e = { 0 };

	task->killed = false;
	task->bind_reason = 0;
	task->why[0] = '\0';
	int err = prepare(task, &a, &e);
	if (!err)
		err = spawn(task, &a, &e);
	/* The process has them, or the incarnation ends with them. */
	close_attempt(&a);
	if (!err) {
		task->start_tries_until = 0;
		task->started_ms = rvf_now_ms();
		rvf_mtask_await_bind(task);
		return;
	}
	undo(task);
	if (try_again(task, err))
		return;
	task->start_tries_until = 0;
	/* Which the loop will hear of */
	if (a.unmounting) {
		task->fatal = true;
		rvf_mtask_end(task, RVF_PHASE_STOPPED, "the mount is being unmounted");
		return;
	}
	set_error(task, &e);
	rvf_mtask_after_end(task, false);
}

static int make_argv(struct rvf_mtask *task)
{
	const struct rvf_manifest *m = &task->mount->manifest;
	__u32 n = le32_to_cpu(task->c->n_args), length = le32_to_cpu(task->c->args.length);
	char *next;

	task->argv = calloc(n + 2, sizeof(char *));
	task->args = malloc(length + 1);
	if (!task->argv || !task->args)
		return -ENOMEM;
	memcpy(task->args, rvf_manifest_string(m, &task->c->args), length);
	task->args[length] = '\0';
	task->argv[0] = task->name;
	next = task->args;
	for (__u32 i = 0; i < n && next < task->args + length; i++) {
		task->argv[i + 1] = next;
		next += strlen(next) + 1;
	}
	return 0;
}

int rvf_mtask_init(struct rvf_mtask *task, struct rvf_supervised *mount, __u32 number,
		   __u32 component, const __u64 identity[2])
{
	struct rvf_loop *loop = mount->supervisor->loop;
	const struct rvf_manifest *m = &mount->manifest;
	char file[32];

	task->mount = mount;
	task->number = number;
	task->component = component;
	task->c = &m->components[component];
	task->cgroup = -1;
	for (int i = 0; i < 2; i++) {
		task->outputs[i].task = task;
		task->outputs[i].stream = i ? RVF_LOG_STDERR : RVF_LOG_STDOUT;
		task->outputs[i].fd = -1;
	}
	snprintf(task->name, sizeof(task->name), "%.*s", (int)le32_to_cpu(task->c->name.length),
		 rvf_manifest_string(m, &task->c->name));
	task->timer = rvf_timer_new(loop, on_timer, task);
	task->budget_timer = rvf_output_timer(task);
	if (!task->timer || !task->budget_timer)
		return -ENOMEM;
	int err = make_argv(task);
	if (!err)
		err = rvf_mtask_init_jail(task);
	if (err)
		return err;
	snprintf(file, sizeof(file), "%u", component);
	err = mount->logs < 0 ? -ENOENT : rvf_ring_open(&task->ring, mount->logs, file, identity);
	/* In memory it works without room in the file system, but for this life only. */
	return err ? rvf_ring_open(&task->ring, -1, file, identity) : 0;
}

/* Of a process that goes on, there is only the object to be freed. */
static void leave_process(struct rvf_mtask *task)
{
	rvf_loop_unwatch(task->mount->supervisor->loop, rvf_process_pidfd(task->process));
	rvf_process_leave(task->process);
	task->process = NULL;
}

/* Without a word to the owner. */
void rvf_mtask_destroy(struct rvf_mtask *task)
{
	if (!task->mount)
		return;
	if (task->process && task->kept && !task->mount->gone) {
		rvf_output_leave(task);
		leave_process(task);
	}
	if (task->process) {
		rvf_process_kill(task->process);
		forget_process(task);
	}
	for (int i = 0; i < 2; i++) {
		if (task->outputs[i].fd >= 0)
			rvf_loop_unwatch(task->mount->supervisor->loop, task->outputs[i].fd);
		close_fd(&task->outputs[i].fd);
	}
	close_fd(&task->cgroup);
	rvf_timer_free(task->timer);
	rvf_timer_free(task->budget_timer);
	rvf_ring_close(task->ring);
	free(task->history.times);
	free(task->argv);
	free(task->args);
	rvf_mtask_destroy_jail(task);
}
