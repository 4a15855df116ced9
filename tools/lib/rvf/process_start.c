// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A process whose jail is being made: what its child reports, until its program
 * is executed.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "process_internal.h"
#include "process_object.h"

static const char *const steps[RVF_STEPS] = {
	[RVF_STEP_NONE] = "start a process",
	[RVF_STEP_SIGNALS] = "reset signals",
	[RVF_STEP_DEATH] = "tie it to its parent",
	[RVF_STEP_SESSION] = "make a session",
	[RVF_STEP_NAMESPACES] = "make namespaces",
	[RVF_STEP_NETNS] = "join the network namespace",
	[RVF_STEP_HOSTNAME] = "set the host name",
	[RVF_STEP_ROOT] = "make its root",
	[RVF_STEP_MOUNT] = "put something into its root",
	[RVF_STEP_GROUPS] = "drop groups",
	[RVF_STEP_PERSONALITY] = "set the execution domain",
	[RVF_STEP_USER_NS] = "make a user namespace",
	[RVF_STEP_MAP] = "map its user id",
	[RVF_STEP_CAPS] = "drop capabilities",
	[RVF_STEP_IDS] = "change its user id",
	[RVF_STEP_FDS] = "arrange its file descriptors",
	[RVF_STEP_KEYRING] = "make a keyring",
	[RVF_STEP_LIMITS] = "set resource limits",
	[RVF_STEP_NNP] = "set no_new_privs",
	[RVF_STEP_LANDLOCK] = "set Landlock's rules",
	[RVF_STEP_SECCOMP] = "set the seccomp filter",
	[RVF_STEP_EXEC] = "execute it",
};

__u64 rvf_process_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (__u64)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int write_proc(pid_t pid, const char *name, const char *text)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;

	ssize_t length = strlen(text);
	int err = write(fd, text, length) == length ? 0 : -errno;
	close(fd);
	return err;
}

/* Only the parent may map an id that is not the child's own. */
static int map_ids(const struct rvf_process *process)
{
	char map[64];
	pid_t pid = process->pid;
	int err;

	snprintf(map, sizeof(map), "%u %u 1\n", RVF_JAIL_UID, process->uid);
	err = write_proc(pid, "setgroups", "deny");
	if (!err)
		err = write_proc(pid, "uid_map", map);
	return err ? err : write_proc(pid, "gid_map", map);
}

/* 1: a report; 0: there will be no more; -EINPROGRESS: none by @until. */
static int receive_report(const struct rvf_process *process, struct rvf_child_report *report,
			  __u64 until)
{
	struct pollfd poll_fd = { process->sync, POLLIN, 0 };
	ssize_t n;

	for (;;) {
		__u64 now = rvf_process_now_ms();
		int ready = poll(&poll_fd, 1, until > now ? (int)(until - now) : 0);

		if (ready > 0)
			break;
		if (ready < 0 && errno != EINTR)
			return -errno;
		if (rvf_process_now_ms() >= until)
			return -EINPROGRESS;
	}
	do {
		n = read(process->sync, report, sizeof(*report));
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return n == sizeof(*report) ? 1 : 0;
}

static int describe(const struct rvf_process *process, const struct rvf_child_report *report,
		    struct rvf_error *e)
{
	__u32 step = report->step < RVF_STEPS ? report->step : RVF_STEP_NONE;
	int err = report->err > 0 ? report->err : EIO;

	if (step == RVF_STEP_EXEC) {
		rvf_error_set(e, err, "exec", "cannot execute '%s'", process->name);
		if (err == ENOENT)
			rvf_error_why(e, "it needs an interpreter or a loader, and there is none "
					 "in the jail: only static executables run");
		else if (err == ENOEXEC)
			rvf_error_why(e, "it is no executable for this machine");
		else if (err == ENOMEM || err == E2BIG)
			rvf_error_why(e, "its memory or its arguments are larger than allowed");
		else
			rvf_error_why(e, "%s", strerror(err));
		return -err;
	}
	rvf_error_set(e, err, "jail", "cannot make the jail of '%s': cannot %s", process->name,
		      steps[step]);
	if (report->what[0])
		rvf_error_why(e, "/%.*s: %s", (int)sizeof(report->what), report->what,
			      strerror(err));
	else
		rvf_error_why(e, "%s", strerror(err));
	if (step == RVF_STEP_USER_NS && (err == ENOSPC || err == EUSERS))
		rvf_error_hint(e, "raise the sysctl user.max_user_namespaces");
	return -err;
}

static int not_in_time(const struct rvf_process *process, int err, struct rvf_error *e)
{
	rvf_error_set(e, err, "jail", "'%s' could not be started in time", process->name);
	rvf_error_why(e, "%s", strerror(err));
	return -err;
}

/* One report, answered. 1: there is more to come. */
static int take_report(struct rvf_process *process, struct rvf_child_report *report,
		       struct rvf_error *e)
{
	if (report->lacks) {
		process->lacks |= report->lacks;
		return 1;
	}
	if (report->err)
		return describe(process, report, e);
	if (report->step == RVF_STEP_EXEC) {
		process->executes = true;
		return 1;
	}
	report->err = -map_ids(process);
	if (!report->err && write(process->sync, "", 1) != 1)
		report->err = errno;
	return report->err ? describe(process, report, e) : 1;
}

static int follow(struct rvf_process *process, __u64 until, struct rvf_error *e)
{
	struct rvf_child_report report;

	for (;;) {
		__u64 end = process->start_deadline_ms;
		int got = receive_report(process, &report, until < end ? until : end);

		if (got == -EINPROGRESS && rvf_process_now_ms() < end)
			return got;
		if (got == -EINPROGRESS)
			return not_in_time(process, ETIMEDOUT, e);
		if (got < 0)
			return not_in_time(process, -got, e);
		/* The socket was closed, by executing or by ending. */
		if (got == 0 && process->executes)
			return 0;
		if (got == 0) {
			rvf_error_set(e, ECHILD, "jail", "'%s' was killed while its jail was made",
				      process->name);
			rvf_error_why(e, "its memory limit may be too low");
			return -ECHILD;
		}
		int err = take_report(process, &report, e);
		if (err <= 0)
			return err;
	}
}

int rvf_process_wait_started(struct rvf_process *process, int timeout_ms, struct rvf_error *e)
{
	__u64 until = timeout_ms < 0 ? UINT64_MAX : rvf_process_now_ms() + timeout_ms;
	int err;

	pthread_mutex_lock(&process->start_lock);
	if (!process->start_done) {
		err = follow(process, until, &process->start_error);
		if (err != -EINPROGRESS) {
			process->start_result = err;
			__atomic_store_n(&process->start_done, true, __ATOMIC_RELEASE);
		}
		if (err && err != -EINPROGRESS)
			rvf_process_kill(process);
	} else {
		err = process->start_result;
	}
	if (err && err != -EINPROGRESS && e)
		*e = process->start_error;
	pthread_mutex_unlock(&process->start_lock);
	return err;
}

int rvf_process_start_fd(const struct rvf_process *process)
{
	return process->sync;
}

__u32 rvf_process_lacks(const struct rvf_process *process)
{
	return process->lacks;
}
