// SPDX-License-Identifier: GPL-2.0-only
/* All tasks that the mounts declare, whether they run or not. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "rvfctl.h"
#include "show.h"
#include "table.h"
#include "text.h"
#include "world.h"

/* rvfd knows more of why a task does not run than the kernel does. */
static const char *state_of(const struct rvf_nl_task *task, const struct rvfd_task *more)
{
	if (more && task->state != RVF_TASK_STOPPING && task->state != RVF_TASK_BOUND &&
	    task->state != RVF_TASK_READY)
		return phase_name(more->task.phase);
	return task_state_name(task->state);
}

static void last_of(const struct rvf_nl_task *task, const struct rvfd_task *more, __u32 *kind,
		    __s32 *code)
{
	*kind = task->exit_kind;
	*code = task->exit_code;
	if (more && task->exit_kind == RVF_EXIT_NONE) {
		*kind = more->task.last_kind;
		*code = more->task.last_code;
	}
}

static void task_row(struct table *table, const char *mount, const struct rvf_nl_task *task,
		     const struct rvfd_task *more)
{
	char text[64];
	__u32 kind;
	__s32 code;

	table_cellf(table, "%s:%s", mount, task->name);
	table_cell(table, kind_name(task->kind));
	table_cell(table, state_of(task, more));
	if (task->pid)
		table_cellf(table, "%u", task->pid);
	else
		table_cell(table, "-");
	table_cell(table,
		   more && more->task.uptime_ns ? duration_text(more->task.uptime_ns, text) : "-");
	if (more)
		table_cellf(table, "%u", more->task.restarts);
	else
		table_cell(table, "-");
	last_of(task, more, &kind, &code);
	if (more && *more->task.why && more->task.phase != RVF_PHASE_READY)
		table_cell(table, more->task.why);
	else
		table_cell(table, ending_text(kind, code, text));
}

static void task_json(struct json *json, const struct rvf_nl_mount *mount, const char *mount_name,
		      const struct rvf_nl_task *task, const struct rvfd_task *more)
{
	char *name = xprintf("%s:%s", mount_name, task->name);
	__u32 kind;
	__s32 code;

	json_object(json, NULL);
	json_text(json, "task", name);
	json_text(json, "mount", *mount->name ? mount->name : NULL);
	json_u64(json, "mount_id", mount->id);
	json_text(json, "name", task->name);
	json_text(json, "kind", kind_name(task->kind));
	json_text(json, "state", task_state_name(task->state));
	json_text(json, "phase", more ? phase_name(more->task.phase) : NULL);
	if (task->pid)
		json_u64(json, "pid", task->pid);
	else
		json_null(json, "pid");
	if (more && more->task.uptime_ns)
		json_u64(json, "uptime_ns", more->task.uptime_ns);
	else
		json_null(json, "uptime_ns");
	json_u64(json, "incarnation", task->incarnation);
	if (more)
		json_u64(json, "restarts", more->task.restarts);
	else
		json_null(json, "restarts");
	last_of(task, more, &kind, &code);
	ending_json(json, "last_exit", kind, code, more ? more->task.last_time_ns : 0);
	if (more && more->task.memory)
		json_u64(json, "memory_bytes", more->task.memory);
	else
		json_null(json, "memory_bytes");
	relaxed_json(json, "relaxed", task->relaxed);
	json_text(json, "why", more && *more->task.why ? more->task.why : NULL);
	json_close(json);
	free(name);
}

static void show(const struct world *world, const struct args *args)
{
	static const struct column columns[] = {
		{ "TASK", 0 },
		{ "KIND", 0 },
		{ "STATE", 0 },
		{ "PID", COLUMN_RIGHT },
		{ "UP", COLUMN_RIGHT },
		{ "RESTARTS", COLUMN_RIGHT },
		{ "LAST", COLUMN_SHRINKS },
	};
	const struct rvf_nl_mount *mount;
	const struct rvf_nl_task *task;
	char name[MOUNT_TEXT];
	struct table table;
	struct json json;
	size_t i;

	if (args->json) {
		json_begin(&json, "ps");
		json_array(&json, "items");
	} else {
		table_init(&table, columns, sizeof(columns) / sizeof(columns[0]));
	}
	for (i = 0; i < world->n_tasks; i++) {
		task = &world->tasks[i];
		mount = world_mount(world, task->mount_id);
		if (!mount || !world_named(args, mount, task->name))
			continue;
		mount_text(mount, name);
		if (args->json)
			task_json(&json, mount, name, task, world_supervised(world, task));
		else
			task_row(&table, name, task, world_supervised(world, task));
	}
	if (args->json)
		json_finish(&json, stdout);
	else
		table_print(&table, stdout, columns_of(stdout));
}

static int run(const struct args *args)
{
	struct rvf_error e = { 0 };
	const char *name = NULL;
	struct world world;

	if (world_load(&world, WORLD_TASKS | WORLD_SUPERVISOR, &e))
		return fail(args, "mount", NULL, &e);
	if (world_check_names(&world, args, true, &e, &name)) {
		world_free(&world);
		return fail(args, "mount", name, &e);
	}
	if (!world.n_mounts && !args->json)
		fputs("Nothing is mounted.\n", stderr);
	else
		show(&world, args);
	world_free(&world);
	return RVFCTL_OK;
}

const struct command cmd_ps = {
	.name = "ps",
	.arguments = "[MOUNT|TASK...]",
	.most = -1,
	.json = true,
	.group = "see",
	.summary = "Lists the tasks of mounts",
	.text = "All tasks that the packages declare are shown, also those that do not run.\n"
		"What the kernel does not know (UP, RESTARTS, why) is rvfd's word.\n",
	.run = run,
};
