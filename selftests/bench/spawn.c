// SPDX-License-Identifier: GPL-2.0-only
/*
 * From the wish to run a program to its end: a task in its jail, which binds
 * and exits, against programs that do nothing, without a jail and in those of
 * others.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
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

#define MANY 50

/* What processes that are started at once have in common. */
struct many {
	const char *path;
	int netns;
	void *filter;
	size_t filter_count;
	struct rvf_process *processes[MANY];
	struct rvf_error error;
};

static int many_spawn(struct many *many, unsigned int i)
{
	struct rvf_process_config config;

	rvf_process_config_init(&config);
	config.path = many->path;
	config.netns_fd = many->netns;
	config.filter = many->filter;
	config.filter_count = many->filter_count;
	config.background = true;
	return rvf_process_spawn(&config, &many->processes[i], &many->error);
}

/* Goes on with all starts until all have ended. */
static int many_follow(struct many *many, unsigned int n)
{
	struct pollfd fds[2 * MANY];
	unsigned int left = n;

	for (unsigned int i = 0; i < n; i++) {
		fds[i] = (struct pollfd){ rvf_process_start_fd(many->processes[i]), POLLIN, 0 };
		fds[n + i] = (struct pollfd){ rvf_process_pidfd(many->processes[i]), POLLIN, 0 };
	}
	while (left) {
		if (poll(fds, 2 * n, -1) < 0)
			return -errno;
		for (unsigned int i = 0; i < n; i++) {
			struct rvf_process_status status;
			int ret = 0;

			if (fds[i].revents)
				ret = rvf_process_wait_started(many->processes[i], 0, &many->error);
			if (ret < 0 && ret != -EINPROGRESS)
				return ret;
			if (fds[i].revents && ret == 0)
				fds[i].fd = -1;
			if (!fds[n + i].revents)
				continue;
			fds[n + i].fd = -1;
			left--;
			if (rvf_process_try_wait(many->processes[i], &status) < 0 ||
			    status.state != RVF_PROCESS_EXITED || status.code != 0)
				return -EIO;
		}
	}
	return 0;
}

static double many_us(struct many *many, unsigned int n)
{
	uint64_t started = now_ns();
	unsigned int made = 0;
	int ret = 0;

	while (made < n && ret == 0) {
		ret = many_spawn(many, made);
		made += ret == 0;
	}
	if (ret == 0)
		ret = many_follow(many, n);
	double time = (now_ns() - started) / 1e3;

	for (unsigned int i = 0; i < made; i++)
		rvf_process_free(many->processes[i], 0);
	if (ret < 0)
		fprintf(stderr, "rvf-bench: spawn: %s\n", many->error.what);
	return ret < 0 ? ret : time;
}

static double one_us(void *data)
{
	return many_us(data, 1);
}

static double all_us(void *data)
{
	return many_us(data, MANY);
}

/* As a supervisor of many tasks starts them. */
static void bench_many(struct bench *bench)
{
	struct many many = { .path = in_dir(bench, "true"), .netns = -1 };
	unsigned int first = bench->row_count;
	struct row *one = row_add(bench, "strict jail, one", "us", one_us, &many);
	struct row *all = row_add(bench, "strict jail, 50 at once", "us", all_us, &many);
	int ret = rvf_process_filter(RVF_PROFILE_STRICT, 0, &many.filter, &many.filter_count,
				     &many.error);

	row_note(one, "a static true: rvf_process_spawn, exit, reaping; no cgroup");
	if (ret == 0) {
		many.netns = rvf_process_netns(&many.error);
		ret = many.netns;
	}
	if (ret < 0) {
		row_skip(one, "not measured: %s", many.error.what);
		row_skip(all, "not measured: %s", many.error.what);
		return;
	}
	all->peer = one;
	all->target = 1.5 * MANY / 2;
	measure_rounds(bench, first, 5);
	if (one->runs && all->runs)
		row_note(all, "to 50 times one, divided by 2: %.2f",
			 row_median(all) / (row_median(one) * MANY / 2));
	close(many.netns);
	free(many.filter);
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
	bench_many(bench);
}
