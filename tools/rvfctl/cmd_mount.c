// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mounts packages, and waits until their tasks are ready. The kernel decides
 * whether a package is mounted, rvfd starts the tasks of what is mounted.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <rvf/cgroup.h>
#include <rvf/device.h>
#include <rvf/package.h>

#include "../supervise/client.h"
#include "commands.h"
#include "keys.h"
#include "lines.h"
#include "refine.h"
#include "rvfctl.h"
#include "show.h"
#include "text.h"

#define READY_MS     60000
#define READY_MAX_MS 3600000
#define GRACE_MS     2000 /* of tasks that did not even become ready */
#define GONE_MS	     30000
#define LAST_LINES   5

struct mounted {
	const char *file;
	char *name;
	int fd; /* -1: it was refused */
	uint64_t version;
	struct rvf_mount_result result;
	char label[RVF_KEY_LABEL_LEN + 1];
	struct rvf_error e;
};

static volatile sig_atomic_t stopped_by;

static void stop(int signal)
{
	stopped_by = signal;
}

static void catch_signals(void)
{
	/* without SA_RESTART: waiting ends */
	struct sigaction action = { .sa_handler = stop };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
}

/* ---- mounting */

static int mount_one(struct mounted *one, const char *at, int ctl, int cgroup)
{
	struct rvf_package *package;
	struct rvf_key_record record;
	char *name;
	int err;

	one->fd = -1;
	err = rvf_package_load(&package, one->file, &one->e);
	if (err)
		return err;
	if (at) {
		one->name = xstrdup(at);
	} else if (package->manifest_error.err) {
		/* the kernel refuses it before it looks at a name */
		one->name = xstrdup("/unknown");
	} else {
		name = manifest_text(&package->manifest, &package->manifest.package->name);
		one->name = xprintf("/%s", name);
		free(name);
	}
	err = rvf_mount_in_cgroup(ctl, package, one->name, NULL, cgroup, &one->result, &one->e);
	if (err) {
		refine_error(&one->e, package, one->name, ctl);
	} else {
		one->fd = one->result.fd;
		one->version = rvf_le64(package->manifest.package->version);
		if (!kernel_key(ctl, one->result.key_id, &record))
			memcpy(one->label, record.label, RVF_KEY_LABEL_LEN);
	}
	rvf_package_free(package);
	return err;
}

static void undo(struct mounted *one)
{
	if (!rvf_unmount(one->fd, GRACE_MS, NULL))
		rvf_wait_gone(one->fd, GONE_MS, NULL);
	close(one->fd);
	one->fd = -1;
}

/* ---- waiting */

struct failed_task {
	char name[RVF_MAX_NAME + 1];
};

static int find_failed(const struct rvfd_task *task, void *context)
{
	struct failed_task *failed = context;

	if (task->task.phase != RVF_PHASE_FAILED)
		return 0;
	strcpy(failed->name, task->task.name);
	return 1;
}

static int show_line(const struct rvfd_log *log, void *context)
{
	(void)context;
	if (!log->dropped)
		put_line(stderr, log->task, 0, &log->line, LINE_TIME | LINE_TASK);
	return 0;
}

/* What the task said last tells more than how it ended. */
static void show_last_lines(const struct mounted *one)
{
	struct failed_task failed = { "" };
	struct rvfd *rvfd;

	if (rvfd_connect(&rvfd, NULL))
		return;
	if (rvfd_ps(rvfd, one->result.id, find_failed, &failed, NULL) == 1 && *failed.name) {
		fflush(stdout);
		rvfd_logs(rvfd, one->result.id, failed.name, LAST_LINES, false, show_line, NULL,
			  NULL);
	}
	rvfd_close(rvfd);
}

static int wait_ready(struct mounted *one, uint32_t timeout)
{
	struct rvfd *rvfd;
	int err = rvfd_connect(&rvfd, &one->e);

	if (err)
		return err;
	if (stopped_by) {
		err = -EINTR;
	} else {
		err = rvfd_wait_mounted(rvfd, one->result.id, timeout, &one->e);
		if (err && stopped_by)
			err = -EINTR;
	}
	rvfd_close(rvfd);
	if (err == -EINTR)
		rvf_error_set(&one->e, EINTR, "interrupted", "it was interrupted, and undone");
	return err;
}

static int status_of(const struct mounted *one, int err)
{
	switch (err) {
	case -EINTR:
		return RVFCTL_SIGNAL + (stopped_by ? stopped_by : SIGINT);
	case -ETIMEDOUT:
		return RVFCTL_TIMEOUT;
	case -ENOTCONN:
	case -ECONNREFUSED:
		return RVFCTL_NODAEMON;
	case -ECANCELED:
		return RVFCTL_FAIL;
	default:
		return exit_of(&one->e);
	}
}

/* ---- results */

static void done(struct batch *batch, const struct mounted *one, bool ready)
{
	char key[FINGERPRINT_TEXT], *label;
	struct json *json;

	if (batch->args->json) {
		json = batch_item(batch, one->file);
		json_text(json, "mount", one->name);
		json_u64(json, "id", one->result.id);
		json_u64(json, "version", one->version);
		key_json(json, one->result.key_id, one->label);
		json_u64(json, "components", one->result.components);
		json_u64(json, "tasks", one->result.tasks);
		json_u64(json, "regions", one->result.regions);
		json_u64(json, "queues", one->result.queues);
		json_bool(json, "ready", ready);
		json_close(json);
		return;
	}
	if (batch->args->quiet)
		return;
	label = safe_text(one->label, strlen(one->label));
	printf("%s  version %" PRIu64 ", by %s \"%s\", %u task%s%s\n", one->name, one->version,
	       fingerprint_text(one->result.key_id, key), label, one->result.tasks,
	       one->result.tasks == 1 ? "" : "s", ready ? "" : ", not waited for");
	free(label);
}

static void finish(struct batch *batch, struct mounted *one, uint32_t timeout, bool wait)
{
	int err = 0;

	if (one->fd < 0) {
		batch_failed(batch, one->file, &one->e, exit_of(&one->e));
		return;
	}
	if (wait)
		err = wait_ready(one, timeout);
	if (!err) {
		done(batch, one, wait);
		close(one->fd);
		return;
	}
	if (err == -ECANCELED)
		show_last_lines(one);
	undo(one);
	batch_failed(batch, one->file, &one->e, status_of(one, err));
}

/* Without rvfd nothing would start the tasks: that is told before anything. */
static int check_rvfd(const struct args *args)
{
	struct rvf_error e = { 0 };
	struct rvfd *rvfd;
	int err = rvfd_connect(&rvfd, &e);

	if (!err) {
		err = rvfd_ping(rvfd, NULL, &e);
		rvfd_close(rvfd);
	}
	if (!err)
		return RVFCTL_OK;
	return fail_with(args, "file", NULL, &e, RVFCTL_NODAEMON);
}

static int run(const struct args *args)
{
	bool wait = !option_given(args, "no-start");
	uint32_t timeout = option_ms(args, "timeout", READY_MS, READY_MAX_MS);
	const char *at = option_value(args, "at");
	struct rvf_error e = { 0 };
	struct mounted *all;
	struct batch batch;
	int ctl, cgroup, result;
	size_t i;

	if (at && args->count > 1)
		return usage_error(args->command, "--at is for one package, not for %zu",
				   args->count);
	if (at && !rvf_mount_name_ok(at, strlen(at)))
		return usage_error(args->command, "'%s' is not a mount name such as /agents/demo",
				   at);
	ctl = rvf_open(&e);
	if (ctl < 0)
		return fail(args, "file", NULL, &e);
	if (wait) {
		result = check_rvfd(args);
		if (result != RVFCTL_OK) {
			close(ctl);
			return result;
		}
	}
	cgroup = rvf_cgroup_root(NULL);
	catch_signals();
	all = xalloc(args->count * sizeof(*all));
	/* mounted one after the other, their tasks start at the same time */
	for (i = 0; i < args->count; i++) {
		all[i].file = args->names[i];
		all[i].fd = -1;
		if (stopped_by)
			rvf_error_set(&all[i].e, EINTR, "interrupted", "it was interrupted");
		else
			mount_one(&all[i], at, ctl, cgroup < 0 ? -1 : cgroup);
	}
	batch_begin(&batch, args, "mount", "file");
	for (i = 0; i < args->count; i++)
		finish(&batch, &all[i], timeout, wait);
	result = batch_end(&batch);
	for (i = 0; i < args->count; i++)
		free(all[i].name);
	free(all);
	if (cgroup >= 0)
		close(cgroup);
	close(ctl);
	return result;
}

static const struct option_spec options[] = {
	{ 0, "at", "MOUNT", "the mount's name (/PACKAGE)" },
	{ 0, "no-start", NULL, "do without rvfd: tasks start when it comes" },
	{ 0, "timeout", "TIME", "how long tasks may take to be ready (1m)" },
	{ 0 },
};

const struct command cmd_mount = {
	.name = "mount",
	.arguments = "FILE...",
	.least = 1,
	.most = -1,
	.json = true,
	.quiet = true,
	.group = "run",
	.summary = "Mounts signed packages: a name, not a directory",
	.options = options,
	.text = "The kernel verifies the package, makes its regions and queues, and vouches for\n"
		"what its tasks execute. mount returns when all tasks are ready; if one fails\n"
		"before, nothing stays mounted.\n",
	.run = run,
};
