// SPDX-License-Identifier: GPL-2.0-only
/* Commands of the task fd, by a plugin in its jail, each step failing. */
#include <signal.h>

#include "fail_nth.h"

static void bind_setup(struct fail *f)
{
	must_rvf(supervise(f->mount));
}

static long bind_run(struct fail *f)
{
	struct rvf_bind arg = { .size = sizeof(arg) };

	return fail_ioctl(f, PROXY_TASK_FD, RVF_BIND, &arg);
}

static void bind_check(struct fail *f)
{
	fail_unless(task_status(f->mount, 0).state == RVF_TASK_BOUND);
	fail_unless(task_status(f->mount, 0).pid == f->task.pid);
}

static long ready_run(struct fail *f)
{
	struct rvf_ready arg = { .size = sizeof(arg) };

	return fail_ioctl(f, PROXY_TASK_FD, RVF_READY, &arg);
}

static void ready_check(struct fail *f)
{
	fail_unless(task_status(f->mount, 0).state == RVF_TASK_READY);
}

static long get_run(struct fail *f)
{
	struct rvf_get arg = { .size = sizeof(arg), .name_len = 5 };
	long result;

	arg.name = (uintptr_t)fail_put(f, "queue", 5);
	result = fail_ioctl(f, PROXY_TASK_FD, RVF_TASK_GET, &arg);
	f->made[0] = arg.out_fd;
	return result;
}

static void get_check(struct fail *f)
{
	fail_unless(task_status(f->mount, 0).handles == 1);
}

static void get_undo(struct fail *f)
{
	must_rvf(task_call(&f->task, SYS_close, f->made[0]));
}

static long list_run(struct fail *f)
{
	struct rvf_task_list arg = { .size = sizeof(arg), .index = 1, .name_len = RVF_MAX_NAME };

	arg.name = (uintptr_t)fail_alloc(f, RVF_MAX_NAME);
	return fail_ioctl(f, PROXY_TASK_FD, RVF_TASK_LIST, &arg);
}

const struct fail_case fail_task[] = {
	{ "BIND", .setup = bind_setup, .prepare = fail_spawn, .run = bind_run, .check = bind_check,
	  .undo = fail_kill },
	{ "READY", .setup = bind_setup, .prepare = fail_bound_prepare, .run = ready_run,
	  .check = ready_check, .undo = fail_kill },
	{ "TASK_GET", .setup = fail_bound_setup, .run = get_run, .check = get_check,
	  .undo = get_undo, .teardown = fail_kill },
	{ "TASK_LIST", .setup = fail_bound_setup, .run = list_run, .teardown = fail_kill },
	{ 0 },
};
