// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel binds a process in the whole jail, and none in a jail of which
 * one part is missing. Needs root and the module.
 */
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <unistd.h>

#include <rvf/device.h>
#include "package.h"
#include "run.h"
#include "tap.h"

static int claim = -1;
static bool hidden;

static bool fails(const struct run *run, const char *call)
{
	const char *got = run_value(run, call);

	return got && atoi(got);
}

/* Starts a task with a part of the jail left out; what the kernel says to BIND. */
static int bind_in(__u32 component, __u32 profile, __u32 drop)
{
	int task_fd, image_fd, reason = -1;
	struct run run;

	run_init(&run, "bind", NULL);
	/* The last process's end may not have been noted yet. */
	int err = -EBUSY;
	for (int i = 0; i < 100 && err == -EBUSY; i++) {
		err = rvf_task_start(claim, component, &task_fd, &image_fd, NULL, &run.error);
		if (err == -EBUSY)
			usleep(10000);
	}
	if (err) {
		note("%s", run.error.what);
		return -1;
	}
	run.config.image_fd = image_fd;
	run.config.task_fd = task_fd;
	run.config.unsafe = drop;
	run.config.drop = drop;
	run.config.profile = profile;
	err = run_start(&run);
	close(task_fd);
	close(image_fd);
	if (err) {
		note("%s; %s", run.error.what, run.error.why);
		return -1;
	}
	run_end(&run);
	if (run_value(&run, "reason"))
		reason = atoi(run_value(&run, "reason"));
	else
		note("it said '%s'", run.output);
	hidden = fails(&run, "self_exe") && fails(&run, "self_mem") && fails(&run, "task_fd");
	return reason;
}

static void refused(__u32 drop, __u32 reason, const char *what)
{
	int got = bind_in(0, RVF_PROFILE_STRICT, drop);

	if (!ok(got == (int)reason, "%s: %s", what,
		reason ? rvf_reason_text(reason) : "bound all the same"))
		note("reason %d", got);
}

static void rooted(__u32 component, __u32 drop, __u32 reason, const char *what)
{
	int got = bind_in(component, RVF_PROFILE_CROSVM, drop);

	if (!ok(got == (int)reason, "profile crosvm: %s: %s", what,
		reason ? rvf_reason_text(reason) : "bound all the same"))
		note("reason %d", got);
}

/* A task, and not only that but what its supervisor sees of it */
static bool start_task(struct run *run, const char *command, struct rvf_error *e)
{
	int task_fd, image_fd, err = -EBUSY;

	run_init(run, command, NULL);
	for (int i = 0; i < 100 && err == -EBUSY; i++) {
		err = rvf_task_start(claim, 0, &task_fd, &image_fd, &run->config.incarnation, e);
		if (err == -EBUSY)
			usleep(10000);
	}
	if (err)
		return false;
	run->config.image_fd = image_fd;
	run->config.task_fd = task_fd;
	run->config.mount_fd = claim;
	err = run_start(run);
	close(task_fd);
	close(image_fd);
	return !err;
}

static int state_of(__u32 component)
{
	struct rvf_task_status *all;
	int state = -1;
	__u32 n;

	if (rvf_mount_task_states(claim, &all, &n, NULL))
		return -1;
	if (component < n)
		state = all[component].state;
	free(all);
	return state;
}

static void test_stages(void)
{
	struct rvf_error e = { 0 };
	struct run run;

	if (!ok(start_task(&run, "ready", &e), "a task is started"))
		return;
	ok(!rvf_process_wait_ready(run.process, 10000, &e) &&
		   rvf_process_stage(run.process) == RVF_STAGE_READY,
	   "its supervisor waits until it is ready");
	ok(rvf_process_is_started(run.process), "it is started");
	ok(state_of(0) == RVF_TASK_READY, "the kernel has not asked it to end");
	rvf_process_signal_kill(run.process);
	ok(state_of(0) == RVF_TASK_STOPPING && rvf_process_stage(run.process) == RVF_STAGE_STOPPING,
	   "the kernel asks it to end when its supervisor does");
	rvf_process_kill(run.process);
	rvf_process_wait(run.process, 10000, &run.status);
	ok(rvf_process_stage(run.process) == RVF_STAGE_ENDED && rvf_process_is_started(run.process),
	   "and was, when it has ended");
	run_end(&run);

	if (!ok(start_task(&run, "wait", &e), "a task that does not bind"))
		return;
	ok(rvf_process_wait_ready(run.process, 50, &e) == -ETIMEDOUT &&
		   rvf_process_stage(run.process) == RVF_STAGE_EXECUTED &&
		   !rvf_process_is_started(run.process),
	   "it is not ready in time: %s", e.what);
	rvf_process_kill(run.process);
	run_end(&run);

	if (!ok(start_task(&run, "exit", &e), "a task that ends at once"))
		return;
	ok(rvf_process_wait_ready(run.process, 10000, &e) == -ECHILD, "it was never ready: %s",
	   e.what);
	run_end(&run);
}

static bool is_relaxed(__u32 component)
{
	struct rvf_task_status *all;
	__u32 n;

	if (rvf_mount_task_states(claim, &all, &n, NULL))
		return false;
	bool relaxed = component < n && all[component].relaxed == RVF_RELAX_ROOT;
	free(all);
	return relaxed;
}

int main(int argc, char **argv)
{
	static char path[4096];
	struct rvf_error e = { 0 };
	gid_t group = 4;

	if (geteuid() != 0 || access("/dev/rvfctl", F_OK)) {
		puts("1..0 # SKIP this needs root and the module");
		return 4;
	}
	snprintf(path, sizeof(path), "%.*s/inside", (int)(strrchr(argv[0], '/') - argv[0]),
		 argv[0]);
	inside_path = argc > 1 ? argv[1] : path;
	claim = mount_inside(2, &e);
	if (!ok(claim >= 0, "a package is mounted")) {
		note("%s; %s", e.what, e.why);
		return done();
	}

	refused(0, RVF_REASON_NONE, "the whole jail");
	refused(RVF_JAIL_USER_NS, RVF_REASON_BIND_USER_NS, "no user namespace");
	refused(RVF_JAIL_MOUNT_NS, RVF_REASON_BIND_NAMESPACE, "no mount namespace");
	refused(RVF_JAIL_PID_NS, RVF_REASON_BIND_NAMESPACE, "no pid namespace");
	refused(RVF_JAIL_IPC_NS, RVF_REASON_BIND_NAMESPACE, "no IPC namespace");
	refused(RVF_JAIL_UTS_NS, RVF_REASON_BIND_NAMESPACE, "no UTS namespace");
	refused(RVF_JAIL_CGROUP_NS, RVF_REASON_BIND_NAMESPACE, "no cgroup namespace");
	refused(RVF_JAIL_NET_NS, RVF_REASON_BIND_NAMESPACE, "no network namespace");
	refused(RVF_JAIL_ROOT, RVF_REASON_BIND_ROOT, "the host's root");
	refused(RVF_JAIL_READ_ONLY, RVF_REASON_BIND_ROOT, "a root that can be written");
	refused(RVF_JAIL_ID, RVF_REASON_BIND_USER, "the host's root as its id");
	refused(RVF_JAIL_CAPS, RVF_REASON_BIND_CAPS, "a capability");
	refused(RVF_JAIL_BOUNDING, RVF_REASON_BIND_CAPS, "a full bounding set");
	refused(RVF_JAIL_NNP, RVF_REASON_BIND_NNP, "no no_new_privs");
	refused(RVF_JAIL_SECCOMP, RVF_REASON_BIND_SECCOMP, "no seccomp filter");

	if (setgroups(1, &group))
		note("setgroups: %s", strerror(errno));
	refused(RVF_JAIL_GROUPS, RVF_REASON_BIND_USER, "a supplementary group");
	refused(0, RVF_REASON_NONE, "the whole jail, from a parent with a group");
	personality(ADDR_NO_RANDOMIZE);
	refused(RVF_JAIL_PERSONALITY, RVF_REASON_BIND_PERSONALITY, "another execution domain");
	refused(0, RVF_REASON_NONE, "the whole jail, from a parent of another domain");

	refused(RVF_JAIL_LIMITS | RVF_JAIL_FDS | RVF_JAIL_SIGNALS | RVF_JAIL_SESSION |
			RVF_JAIL_DEATH,
		RVF_REASON_NONE, "no limits, fds, signals, session, tie");
	rooted(1, 0, RVF_REASON_NONE, "the whole jail");
	ok(hidden, "/proc opens neither its image nor its memory nor its task fd again");
	rooted(0, 0, RVF_REASON_BIND_ROOT, "the task of a strict component");
	rooted(1, RVF_JAIL_CAPS, RVF_REASON_BIND_CAPS, "a capability");
	rooted(1, RVF_JAIL_SECCOMP, RVF_REASON_BIND_SECCOMP, "no seccomp filter");
	rooted(1, RVF_JAIL_MOUNT_NS | RVF_JAIL_ROOT | RVF_JAIL_LANDLOCK, RVF_REASON_BIND_NAMESPACE,
	       "no mount namespace");
	test_stages();
	ok(is_relaxed(1) && !is_relaxed(0), "the kernel says whose root was not looked at");
	close(claim);
	return done();
}
