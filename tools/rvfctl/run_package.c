// SPDX-License-Identifier: GPL-2.0-only
/*
 * A package without rvfd: mounted without a name, supervised by this process,
 * gone when it ends, however it ends.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <rvf/cgroup.h>
#include <rvf/device.h>
#include <rvf/package.h>

#include "../supervise/supervise.h"
#include "lines.h"
#include "refine.h"
#include "run_package.h"
#include "rvfctl.h"
#include "show.h"
#include "text.h"

struct running {
	const struct run_options *options;
	struct rvf_loop *loop;
	struct rvf_supervisor *supervisor;
	struct rvf_supervised *mount;
	unsigned int how; /* to show lines */
	size_t width;
	int signals;
	bool stopping;
	bool gone;
	int status;
	struct rvf_timer *stop; /* callbacks must not take a mount away */
	uint32_t stop_grace;
};

static void stop_now(void *context)
{
	struct running *run = context;

	if (!run->gone)
		rvf_unmount(rvf_supervised_fd(run->mount), run->stop_grace, NULL);
}

static void stop(struct running *run, uint32_t grace)
{
	if (run->stopping)
		return;
	run->stopping = true;
	run->stop_grace = grace;
	rvf_timer_set(run->stop, 0);
}

static void on_line(struct rvf_supervised *mount, __u32 task, const struct rvf_log_line *line,
		    void *context)
{
	struct running *run = context;
	FILE *out = line->stream == RVF_LOG_STDOUT ? stdout : stderr;
	struct rvf_task_info info;

	if (line->stream == RVF_LOG_SUPERVISOR &&
	    (run->options->args->quiet || run->how & LINE_RAW))
		return;
	rvf_supervised_task(mount, task, &info);
	put_line(out, info.name, run->width, line, run->how);
	/* nobody reads: there is nothing more to do */
	if (fflush(out) && !run->stopping) {
		run->status = RVFCTL_SIGNAL + SIGPIPE;
		stop(run, run->options->grace_ms);
	}
}

static int status_of(const struct rvf_task_info *info)
{
	if (info->last_kind == RVF_EXIT_SIGNAL)
		return RVFCTL_SIGNAL + info->last_code;
	if (info->last_kind == RVF_EXIT_CODE && info->last_code)
		return info->last_code & 0xff;
	return RVFCTL_RUN_FAILED;
}

/* What the others do without it is of no use to anybody. */
static void on_failed(struct rvf_supervised *mount, __u32 task, const char *why, void *context)
{
	struct running *run = context;
	struct rvf_task_info info;
	struct rvf_error e;

	if (run->stopping)
		return;
	rvf_supervised_task(mount, task, &info);
	run->status = status_of(&info);
	rvf_error_set(&e, ECANCELED, "task-failed", "task '%s' failed", info.name);
	rvf_error_why(&e, "%s", why);
	report(run->options->subject, &e, run->status);
	stop(run, run->options->grace_ms);
}

static void on_no_kvm(struct rvf_supervised *mount, const char *why, void *context)
{
	const struct running *run = context;

	(void)mount;
	if (!run->options->args->quiet)
		fprintf(stderr, "rvfctl: %s\n", why);
}

static void on_ended(struct rvf_supervised *mount, void *context)
{
	(void)mount;
	stop(context, 0);
}

static void on_gone(struct rvf_supervised *mount, void *context)
{
	struct running *run = context;

	(void)mount;
	run->gone = true;
	rvf_loop_stop(run->loop);
}

static const struct rvf_supervisor_ops ops = {
	.line = on_line,
	.failed = on_failed,
	.no_kvm = on_no_kvm,
	.ended = on_ended,
	.gone = on_gone,
};

static void on_signal(int fd, __u32 events, void *context)
{
	struct running *run = context;
	struct signalfd_siginfo info;

	(void)events;
	if (read(fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (!run->status)
		run->status = RVFCTL_SIGNAL + info.ssi_signo;
	/* the second time without waiting */
	if (run->stopping)
		rvf_loop_stop(run->loop);
	stop(run, run->options->grace_ms);
}

static int watch_signals(struct running *run)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	run->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (run->signals < 0)
		return -errno;
	return rvf_loop_watch(run->loop, run->signals, EPOLLIN, on_signal, run);
}

static int begin(struct running *run, struct rvf_error *e)
{
	const struct rvf_supervisor_config config = {
		.ops = &ops,
		.context = run,
		.no_cgroup = true,
		.own_policy = run->options->own_policy,
	};
	int err = -ENOMEM;

	run->loop = rvf_loop_new();
	if (run->loop)
		run->stop = rvf_timer_new(run->loop, stop_now, run);
	if (run->stop)
		err = watch_signals(run);
	if (err)
		return rvf_error_system(e, -err, "the supervisor cannot be set up");
	return rvf_supervisor_new(&run->supervisor, run->loop, &config, e);
}

static int mount(struct running *run, struct rvf_error *e)
{
	const char *file = run->options->file;
	struct rvf_mount_result result;
	struct rvf_package *package;
	int ctl, err;

	err = rvf_package_load(&package, file, e);
	if (err)
		return err;
	ctl = rvf_open(e);
	if (ctl < 0) {
		rvf_package_free(package);
		return ctl;
	}
	err = rvf_mount_in_cgroup(ctl, package, NULL, NULL, rvf_supervisor_cgroup(run->supervisor),
				  &result, e);
	if (err)
		refine_error(e, package, NULL, ctl);
	rvf_package_free(package);
	close(ctl);
	if (err)
		return err;
	err = rvf_supervisor_add(run->supervisor, result.fd, &run->mount, e);
	if (err)
		close(result.fd);
	return err;
}

static void set_width(struct running *run)
{
	__u32 count = rvf_supervised_tasks(run->mount), i;
	struct rvf_task_info info;

	if (run->options->raw) {
		run->how = LINE_RAW;
		return;
	}
	for (i = 0; count > 1 && i < count; i++) {
		run->how = LINE_TASK;
		rvf_supervised_task(run->mount, i, &info);
		if (strlen(info.name) > run->width)
			run->width = strlen(info.name);
	}
}

/* chroot(1)'s statuses, since others are the tasks' */
int run_status(const struct rvf_error *e)
{
	switch (exit_of(e)) {
	case RVFCTL_REFUSED:
		return RVFCTL_RUN_REFUSED;
	case RVFCTL_NOTFOUND:
		return RVFCTL_RUN_NOTFOUND;
	default:
		return RVFCTL_RUN_FAILED;
	}
}

int run_package(const struct run_options *options)
{
	struct running run = { .options = options, .signals = -1 };
	struct rvf_error e = { 0 };
	int err;

	err = begin(&run, &e);
	if (!err)
		err = mount(&run, &e);
	if (err) {
		run.status = fail_with(options->args, "file", options->subject, &e, run_status(&e));
	} else {
		set_width(&run);
		err = rvf_loop_run(run.loop);
		if (err && !run.status)
			run.status = RVFCTL_RUN_FAILED;
	}
	/* kills what still runs; without its fd the mount is gone */
	rvf_supervisor_free(run.supervisor);
	rvf_timer_free(run.stop);
	rvf_loop_free(run.loop);
	if (run.signals >= 0)
		close(run.signals);
	return run.status;
}
