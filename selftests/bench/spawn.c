// SPDX-License-Identifier: GPL-2.0-only
/*
 * From the wish to run a program to its end: a task in its jail, which binds
 * and exits, against programs that do nothing, without a jail and in those of
 * others.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rvf/device.h>
#include <rvf/process.h>

#include "bench.h"
#include "mounts.h"

struct task {
	int mount;
	int netns;
	struct rvf_error error;
};

/* A start, and the reaping. */
static int run_task(struct task *task)
{
	struct rvf_process_status status;
	struct rvf_process *process;
	int ret = spawn_task(task->mount, task->netns, "nothing", &process, &task->error);

	if (ret < 0)
		return ret;
	ret = rvf_process_wait(process, -1, &status);
	rvf_process_free(process, 0);
	if (ret == 0 && (status.state != RVF_PROCESS_EXITED || status.code != 0))
		ret = -EIO;
	return ret;
}

/*
 * The kernel notes the end of an incarnation when the process's memory goes,
 * which may be a moment after it could be waited for.
 */
static void wait_ended(int mount)
{
	struct rvf_task_status *tasks;
	__u32 count;
	bool ended = false;

	while (!ended) {
		if (rvf_mount_task_states(mount, &tasks, &count, NULL) < 0)
			return;
		ended = count == 0 || tasks[0].state == RVF_TASK_EXITED;
		free(tasks);
	}
}

static double task_us(void *data)
{
	struct task *task = data;
	uint64_t started = now_ns();
	int ret = run_task(task);
	double time = (now_ns() - started) / 1e3;

	if (ret < 0) {
		fprintf(stderr, "rvf-bench: task: %s\n", task->error.what);
		return ret;
	}
	wait_ended(task->mount);
	return time;
}

static double program_us(void *data)
{
	static char *const no_environment[] = { NULL };
	char *const *argv = data;
	posix_spawn_file_actions_t actions;
	uint64_t started;
	double time;
	int status;
	pid_t pid;
	int err;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	started = now_ns();
	err = posix_spawn(&pid, argv[0], &actions, NULL, argv, no_environment);
	if (err == 0 && waitpid(pid, &status, 0) < 0)
		err = errno;
	time = (now_ns() - started) / 1e3;
	posix_spawn_file_actions_destroy(&actions);
	if (err)
		return -err;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? time : -EIO;
}

static struct row *add_program(struct bench *bench, const char *name, char **argv)
{
	struct row *row = row_add(bench, name, "us", program_us, argv);

	if (access(argv[0], X_OK) < 0)
		row_skip(row, "not measured: there is no %s here", argv[0]);
	return row;
}

static void add_task(struct bench *bench, struct task *task)
{
	struct row *row = row_add(bench, "spawn of a jailed task", "us", task_us, task);
	int ret;

	row_note(row, "RVF_TASK, rvf_process_spawn, RVF_BIND, exit, reaping; no cgroup of its own");
	task->mount = mount_nameless(in_dir(bench, "task.rvf"));
	if (task->mount < 0) {
		row_skip(row, "not measured: the package was not mounted");
		return;
	}
	ret = rvf_supervise(task->mount, -1, &task->error);
	if (ret == 0) {
		task->netns = rvf_process_netns(&task->error);
		ret = task->netns;
	}
	if (ret < 0)
		row_skip(row, "not measured: %s", task->error.what);
}

void bench_spawn(struct bench *bench)
{
	char *program[] = { (char *)in_dir(bench, "true"), NULL };
	char *bwrap[] = { "/usr/bin/bwrap",
			  "--unshare-all",
			  "--ro-bind",
			  "/",
			  "/",
			  (char *)in_dir(bench, "true"),
			  NULL };
	char *crun[] = { "/usr/bin/crun",
			 "--cgroup-manager=disabled",
			 "--root",
			 (char *)in_dir(bench, "crun"),
			 "run",
			 "--bundle",
			 (char *)in_dir(bench, "bundle"),
			 "rvf-bench",
			 NULL };
	unsigned int first = bench->row_count;
	struct task task = { .mount = -1, .netns = -1 };
	struct row *row, *base;

	add_task(bench, &task);
	row = bench->rows[first];
	base = add_program(bench, "vfork and exec of a static true", program);
	row->peer = base;
	row = add_program(bench, "bwrap --unshare-all", bwrap);
	row->peer = base;
	row_note(row, "the same static true, the host's root read-only");
	row = add_program(bench, "crun run", crun);
	row->peer = base;
	row_note(
		row,
		"the same static true, --cgroup-manager=disabled, a bundle with pid, mount, ipc, uts, network and cgroup namespaces");
	measure_rounds(bench, first, 15);

	row = bench->rows[first];
	if (row->runs && bench->rows[first + 2]->runs)
		row_note(row, "to bwrap: %.2f",
			 row_median(row) / row_median(bench->rows[first + 2]));
	if (row->runs && bench->rows[first + 3]->runs)
		row_note(row, "to crun: %.2f",
			 row_median(row) / row_median(bench->rows[first + 3]));
	if (task.netns >= 0)
		close(task.netns);
	if (task.mount >= 0)
		unmount(task.mount);
}
