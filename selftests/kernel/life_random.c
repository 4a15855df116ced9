// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a mount and its tasks against a model: opened, claimed, started,
 * bound, made ready, ended in each way, abandoned, exchanged with another mount,
 * unmounted and mounted anew, in any order, and after each step the kernel says what the model says.
 *
 * RVF_SEED=N repeats a run, RVF_FUZZ_ROUNDS=N makes it longer.
 */
#include <signal.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "model.h"
#include "util_package.h"
#include "util_task.h"

#define TASKS  2
#define MOUNTS 4 /* fds of the mount */
#define STEPS  600
#define BUDGET 15000 /* ms, behind which no step begins */
#define STALE  4 /* processes of incarnations that are over */

/* What the kernel is to know of a task */
struct model {
	unsigned int state;
	uint64_t incarnation;
	unsigned int exit_kind;
	int exit_code;
	int task_fd, image_fd; /* of an incarnation that no process has; or -1 */
	bool spawned;
	struct task process;
};

FIXTURE(life)
{
	int ctl;
	struct pkg *pkg;
	const char *name, *other_name;
	int other; /* a mount that is exchanged with, and has no life */
	int mounts[MOUNTS];
	unsigned int n_mounts;
	int claim; /* one of these, or -1 */
	struct model tasks[TASKS];
	struct task stale[STALE]; /* jailed, never bound */
	unsigned int n_stale;
	unsigned int done[16];
};

#define LIFE FIXTURE_DATA(life) * self

static void mount_anew(LIFE)
{
	self->mounts[0] = must_rvf(pkg_mount(self->pkg, self->ctl, self->name, NULL));
	self->n_mounts = 1;
	self->claim = -1;
	for (unsigned int i = 0; i < TASKS; i++)
		self->tasks[i] = (struct model){ .task_fd = -1, .image_fd = -1 };
}

FIXTURE_SETUP(life)
{
	seed(0);
	self->ctl = ctl_open();
	key_trust(self->ctl, KEY_OWNER);
	self->pkg = pkg_usual();
	pkg_finish(self->pkg, KEY_OWNER);
	self->name = unique_name("/test/life");
	mount_anew(self);
	self->other_name = unique_name("/test/other");
	self->other = must_rvf(pkg_mount(self->pkg, self->ctl, self->other_name, NULL));
}

/* ---- ends */

static bool is_bound(const struct model *task)
{
	return task->state == RVF_TASK_BOUND || task->state == RVF_TASK_READY;
}

static void ended(struct model *task, unsigned int kind, int code)
{
	task->state = RVF_TASK_EXITED;
	task->exit_kind = kind;
	task->exit_code = code;
}

static void close_fds(struct model *task)
{
	if (task->task_fd >= 0)
		close(task->task_fd);
	if (task->image_fd >= 0)
		close(task->image_fd);
	task->task_fd = task->image_fd = -1;
}

/* An incarnation ended that was not bound: its process, if any, is one too many */
static void set_aside(LIFE, struct model *task)
{
	close_fds(task);
	if (!task->spawned)
		return;
	task->spawned = false;
	if (self->n_stale == STALE)
		task_kill(&self->stale[--self->n_stale]);
	self->stale[self->n_stale++] = task->process;
}

static bool reap_killed(struct model *task)
{
	task->spawned = false;
	return SAME(128 + SIGKILL, task_reap(&task->process));
}

/* The kernel kills what is bound, and takes no more of what is not */
static bool all_end(LIFE, bool unmounted)
{
	for (unsigned int i = 0; i < TASKS; i++) {
		struct model *task = &self->tasks[i];

		if (is_bound(task)) {
			if (!reap_killed(task))
				return false;
			ended(task, RVF_EXIT_SIGNAL, SIGKILL);
		} else {
			set_aside(self, task);
		}
		if (!unmounted)
			task->state = RVF_TASK_DECLARED;
	}
	return true;
}

/* ---- steps; each returns false when the kernel says something else */

static bool open_one(LIFE)
{
	int fd;

	if (self->n_mounts == MOUNTS)
		return true;
	fd = open_mount(self->ctl, self->name);
	if (fd < 0)
		return SAME(0, fd);
	self->mounts[self->n_mounts++] = fd;
	return true;
}

static bool close_one(LIFE)
{
	unsigned int which = below(self->n_mounts);
	bool was_claim = self->claim == (int)which;

	/* The model's last one stays, to look at the tasks with */
	if (self->n_mounts == 1)
		return true;
	close(self->mounts[which]);
	self->mounts[which] = self->mounts[--self->n_mounts];
	if (self->claim == (int)self->n_mounts)
		self->claim = which;
	if (!was_claim)
		return true;
	self->claim = -1;
	return all_end(self, false);
}

static bool claim_one(LIFE)
{
	unsigned int which = below(self->n_mounts);

	if (!SAME(self->claim < 0 ? 0 : -EBUSY, supervise(self->mounts[which])))
		return false;
	if (self->claim < 0)
		self->claim = which;
	return true;
}

static bool begin_one(LIFE, unsigned int component)
{
	struct model *task = &self->tasks[component];
	bool can = task->state == RVF_TASK_DECLARED || task->state == RVF_TASK_EXITED;
	unsigned int which = self->claim >= 0 && below(4) ? self->claim : below(self->n_mounts);
	int expected = self->claim != (int)which ? -EPERM : can ? 0 : -EBUSY;
	int task_fd, image_fd;
	uint64_t incarnation;

	if (!SAME(expected,
		  task_begin(self->mounts[which], component, &task_fd, &image_fd, &incarnation)))
		return false;
	if (expected)
		return true;
	task->state = RVF_TASK_STARTING;
	task->incarnation++;
	task->task_fd = task_fd;
	task->image_fd = image_fd;
	return SAME(task->incarnation, incarnation);
}

static bool spawn_one(LIFE, unsigned int component)
{
	struct model *task = &self->tasks[component];

	if (task->task_fd < 0)
		return true;
	memset(&task->process, 0, sizeof(task->process));
	task->process.mount = self->mounts[0];
	task->process.component = component;
	jail_spawn(&task->process, task->task_fd, task->image_fd, 0);
	task->spawned = true;
	close_fds(task);
	return true;
}

static bool bind_one(LIFE, unsigned int component)
{
	struct model *task = &self->tasks[component];
	bool first = task->state == RVF_TASK_STARTING;

	if (!task->spawned)
		return true;
	if (!SAME(first ? 0 : -EBUSY, task_bind(&task->process, NULL)))
		return false;
	if (first)
		task->state = RVF_TASK_BOUND;
	return true;
}

static bool ready_one(LIFE, unsigned int component)
{
	struct model *task = &self->tasks[component];
	int expected = task->state == RVF_TASK_BOUND ? 0 :
		       task->state == RVF_TASK_READY ? -EALREADY :
						       -EPERM;

	if (!task->spawned)
		return true;
	if (!SAME(expected, task_ready(&task->process)))
		return false;
	if (!expected)
		task->state = RVF_TASK_READY;
	return true;
}

static bool end_one(LIFE, unsigned int component)
{
	struct model *task = &self->tasks[component];
	bool bound = is_bound(task);
	int code = below(2) ? (int)below(256) : -1;

	if (!task->spawned) {
		if (task->task_fd < 0)
			return true;
		/* Never executed */
		close_fds(task);
		ended(task, RVF_EXIT_UNBOUND, 0);
		return true;
	}
	if (code < 0)
		must(kill(task->process.pid, SIGKILL));
	else
		task_ask(&task->process, SYS_exit_group, code);
	task->spawned = false;
	if (!SAME(code < 0 ? 128 + SIGKILL : code, task_reap(&task->process)))
		return false;
	if (!bound)
		ended(task, RVF_EXIT_UNBOUND, 0);
	else if (code < 0)
		ended(task, RVF_EXIT_SIGNAL, SIGKILL);
	else
		ended(task, RVF_EXIT_CODE, code);
	return true;
}

/* Of an incarnation that is over, whatever became of the task since */
static bool try_stale(LIFE)
{
	struct task *process;

	if (!self->n_stale)
		return true;
	process = &self->stale[below(self->n_stale)];
	return SAME(-ESTALE, task_bind(process, NULL)) && SAME(-ESTALE, task_ready(process)) &&
	       SAME(-ESTALE, task_get(process, "data", 0));
}

static bool unmount_it(LIFE)
{
	unsigned int which = below(self->n_mounts);
	bool same = SAME(0, unmount(self->mounts[which], below(2) ? 0 : 50)) &&
		    SAME(-ENODEV, unmount(self->mounts[below(self->n_mounts)], 0)) &&
		    SAME(-ENOENT, open_mount(self->ctl, self->name)) && all_end(self, true) &&
		    SAME(true, wait_gone(self->mounts[which]));

	for (unsigned int i = 0; i < self->n_stale; i++) {
		same = same && SAME(-ENODEV, task_bind(&self->stale[i], NULL));
		task_kill(&self->stale[i]);
	}
	self->n_stale = 0;
	for (unsigned int i = 0; i < self->n_mounts; i++) {
		int task_fd, image_fd;

		same = same && SAME(-ENODEV, supervise(self->mounts[i])) &&
		       SAME(-ENODEV, task_begin(self->mounts[i], 0, &task_fd, &image_fd, NULL));
		close(self->mounts[i]);
	}
	if (same)
		mount_anew(self);
	return same;
}

/* Whoever asks, and with whichever fd: only the names change places */
static bool exchange_one(LIFE)
{
	int fd = self->mounts[below(self->n_mounts)];
	bool turned = below(2);
	struct rvf_exchange arg = {
		.size = sizeof(arg),
		.mount_fd = turned ? fd : self->other,
	};
	const char *name = self->name;

	if (!SAME(0, rvf(turned ? self->other : fd, RVF_EXCHANGE, &arg)))
		return false;
	self->name = self->other_name;
	self->other_name = name;
	return true;
}

/* A name leads to this mount */
static bool check_name(LIFE, const char *name, int mount)
{
	int fd = open_mount(self->ctl, name);
	bool same;

	if (fd < 0)
		return SAME(0, fd);
	same = SAME(mount_info(mount).out_id, mount_info(fd).out_id);
	close(fd);
	return same;
}

static bool check(LIFE)
{
	int fd = self->mounts[below(self->n_mounts)];
	bool same = SAME(self->claim >= 0, mount_info(fd).out_supervised) &&
		    check_name(self, self->name, fd) &&
		    check_name(self, self->other_name, self->other);

	for (unsigned int i = 0; i < TASKS && same; i++) {
		struct model *task = &self->tasks[i];
		struct rvf_task_status status;

		/* An end is told a moment after the process is gone */
		if (!SAME(true, wait_task_state(fd, i, task->state)))
			return false;
		status = task_status(fd, i);
		same = SAME(task->incarnation, status.incarnation) &&
		       SAME(is_bound(task) ? task->process.pid : 0, status.pid) &&
		       SAME(0, status.handles);
		if (task->state == RVF_TASK_EXITED)
			same = same && SAME(task->exit_kind, status.exit_kind) &&
			       SAME(task->exit_code, status.exit_code);
	}
	return same;
}

static bool step(LIFE, unsigned int what)
{
	unsigned int component = below(TASKS);

	switch (what) {
	case 0:
		return open_one(self);
	case 1:
		return close_one(self);
	case 2:
		return claim_one(self);
	case 3:
	case 4:
		return begin_one(self, component);
	case 5:
	case 6:
		return spawn_one(self, component);
	case 7:
	case 8:
		return bind_one(self, component);
	case 9:
		return ready_one(self, component);
	case 10:
		return end_one(self, component);
	case 11:
		return try_stale(self);
	case 12:
		return exchange_one(self);
	default:
		return below(3) || unmount_it(self);
	}
}

FIXTURE_TEARDOWN(life)
{
	unmount_it(self);
	unmount(self->mounts[0], 0);
	EXPECT_TRUE(wait_gone(self->mounts[0]));
	unmount(self->other, 0);
	EXPECT_TRUE(wait_gone(self->other));
}

TEST_F_TIMEOUT(life, random, 300)
{
	const char *given = getenv("RVF_FUZZ_ROUNDS");
	unsigned int steps = given ? strtoul(given, NULL, 0) : STEPS;
	uint64_t end = given ? UINT64_MAX : now_ms() + BUDGET;

	for (unsigned int i = 0; i < steps && now_ms() < end; i++) {
		unsigned int what = below(14);

		self->done[what]++;
		ASSERT_TRUE(step(self, what) && check(self))
		{
			TH_LOG("step %u: %u", i, what);
		}
	}
	TH_LOG("%u ends, %u binds, %u unmounts asked for", self->done[10],
	       self->done[7] + self->done[8], self->done[13]);
}

TEST_HARNESS_MAIN
