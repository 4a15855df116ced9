// SPDX-License-Identifier: GPL-2.0-only
/* The output of tasks, which rvfd keeps until the unmount. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "lines.h"
#include "rvfctl.h"
#include "text.h"
#include "world.h"

struct view {
	const struct args *args;
	bool with_mount; /* lines of several mounts: each says which */
	size_t width;
	unsigned int how;
};

static int show_line(const struct rvfd_log *log, void *context)
{
	const struct view *view = context;
	char both[2 * RVF_MAX_NAME + 4];
	const char *task = log->task;

	if (view->with_mount) {
		if (*log->mount)
			snprintf(both, sizeof(both), "%s:%s", log->mount, task);
		else
			snprintf(both, sizeof(both), "#%" PRIu64 ":%s", (uint64_t)log->mount_id,
				 task);
		task = both;
	}
	if (log->dropped)
		fprintf(stderr, "%-*s * %" PRIu64 " lines are not kept any more\n",
			(int)view->width, task, (uint64_t)log->dropped);
	else if (!(view->how & LINE_RAW) || log->line.stream != RVF_LOG_SUPERVISOR)
		put_line(stdout, task, view->width, &log->line, view->how);
	/* whoever follows wants each line at once */
	if (fflush(stdout))
		return -EPIPE;
	return 0;
}

/* The widest task name, so that the bars stand below one another. */
static size_t width_of(const struct world *world, const struct view *view)
{
	size_t width = 0, one;
	char name[MOUNT_TEXT];
	const struct rvf_nl_mount *mount;

	for (size_t i = 0; i < world->n_tasks; i++) {
		mount = world_mount(world, world->tasks[i].mount_id);
		if (!mount || !world_named(view->args, mount, world->tasks[i].name))
			continue;
		one = strlen(world->tasks[i].name);
		if (view->with_mount)
			one += strlen(mount_text(mount, name)) + 1;
		if (one > width)
			width = one;
	}
	return width;
}

static const struct rvf_nl_mount *named_mount(const struct world *world, const struct args *args)
{
	const char *colon = args->count ? strchr(args->names[0], ':') : NULL;

	for (size_t i = 0; args->count && i < world->n_mounts; i++) {
		if (world_named(args, &world->mounts[i], colon ? colon + 1 : NULL))
			return &world->mounts[i];
	}
	return NULL;
}

static int show_logs(const struct args *args, const struct world *world, uint32_t lines)
{
	const char *subject = args->count ? args->names[0] : NULL;
	const char *colon = subject ? strchr(subject, ':') : NULL;
	const struct rvf_nl_mount *mount = named_mount(world, args);
	struct view view = { .args = args, .with_mount = !mount && world->n_mounts > 1 };
	struct rvf_error e = { 0 };
	struct rvfd *rvfd;
	int err;

	view.how = option_given(args, "raw") ? LINE_RAW : LINE_TIME | LINE_TASK;
	view.width = width_of(world, &view);
	err = rvfd_connect(&rvfd, &e);
	if (err)
		return fail_with(args, "mount", subject, &e, RVFCTL_NODAEMON);
	err = rvfd_logs(rvfd, mount ? mount->id : 0, colon ? colon + 1 : NULL, lines,
			option_given(args, "follow"), show_line, &view, &e);
	rvfd_close(rvfd);
	if (err == -EPIPE) /* nobody reads any more */
		return RVFCTL_OK;
	return err ? fail(args, "mount", subject, &e) : RVFCTL_OK;
}

static int run(const struct args *args)
{
	const char *said = option_value(args, "lines"), *name = NULL;
	struct rvf_error e = { 0 };
	uint64_t lines = RVFD_ALL_LINES;
	struct world world;
	int result;

	if (said && (!parse_number(said, &lines) || lines >= RVFD_ALL_LINES))
		return usage_error(args->command, "'%s' is not a number of lines", said);
	if (option_given(args, "raw") && isatty(STDOUT_FILENO))
		return usage_error(args->command,
				   "--raw does not write to a terminal, which it could steer");
	if (world_load(&world, WORLD_TASKS, &e))
		return fail(args, "mount", NULL, &e);
	if (world_check_names(&world, args, true, &e, &name))
		result = fail(args, "mount", name, &e);
	else
		result = show_logs(args, &world, lines);
	world_free(&world);
	return result;
}

static const struct option_spec options[] = {
	{ 'f', "follow", NULL, "go on until the mount is gone" },
	{ 'n', "lines", "N", "only the last N lines" },
	{ 0, "raw", NULL, "the tasks' bytes as they are; not to a terminal" },
	{ 0 },
};

const struct command cmd_logs = {
	.name = "logs",
	.arguments = "[MOUNT|TASK]",
	.most = 1,
	.group = "see",
	.summary = "Shows what tasks wrote",
	.options = options,
	.text = "Each line tells the time, the task, and where it comes from: | standard output,\n"
		"! standard error, * rvfd itself. What could steer the terminal is escaped.\n",
	.run = run,
};
