// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A jailed process, once it runs.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rvf/device.h>
#include "process_object.h"

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

pid_t rvf_process_pid(const struct rvf_process *process)
{
	return process->pid;
}

int rvf_process_pidfd(const struct rvf_process *process)
{
	return process->pidfd;
}

uid_t rvf_process_uid(const struct rvf_process *process)
{
	return process->uid;
}

int rvf_process_lease(const struct rvf_process *process)
{
	return process->lease;
}

static __u64 microseconds(const struct timeval *time)
{
	return (__u64)time->tv_sec * 1000000 + time->tv_usec;
}

/* Its id may be given to another one from now on. */
static void end_lease(struct rvf_process *process)
{
	if (process->lease >= 0)
		close(process->lease);
	process->lease = -1;
}

/* No child of ours: its pidfd tells that it ended, and nothing else does. */
static int look(struct rvf_process *process)
{
	struct pollfd poll_fd = { process->pidfd, POLLIN, 0 };

	if (poll(&poll_fd, 1, 0) <= 0)
		return 0;
	end_lease(process);
	return -ECHILD;
}

/* The lock is held: two threads must not reap at once. */
static int reap(struct rvf_process *process)
{
	siginfo_t info = { 0 };
	struct rusage usage;

	if (process->status.state != RVF_PROCESS_RUNNING)
		return 0;
	/* The kernel's, which tells what was used; libc's does not. */
	if (syscall(SYS_waitid, P_PIDFD, process->pidfd, &info, WEXITED | WNOHANG, &usage))
		return errno == ECHILD ? look(process) : -errno;
	if (!info.si_pid)
		return 0;
	process->status.state = info.si_code == CLD_EXITED ? RVF_PROCESS_EXITED :
							     RVF_PROCESS_KILLED;
	process->status.code = info.si_status;
	process->status.cpu_us = microseconds(&usage.ru_utime) + microseconds(&usage.ru_stime);
	end_lease(process);
	return 0;
}

int rvf_process_try_wait(struct rvf_process *process, struct rvf_process_status *status)
{
	pthread_mutex_lock(&process->lock);
	int err = reap(process);
	*status = process->status;
	pthread_mutex_unlock(&process->lock);
	return err;
}

int rvf_process_wait(struct rvf_process *process, int timeout_ms, struct rvf_process_status *status)
{
	__u64 deadline = rvf_process_now_ms() + (timeout_ms < 0 ? 0 : timeout_ms);
	struct pollfd poll_fd = { process->pidfd, POLLIN, 0 };

	for (;;) {
		int err = rvf_process_try_wait(process, status);

		if (err || status->state != RVF_PROCESS_RUNNING)
			return err;

		__u64 now = rvf_process_now_ms();
		if (timeout_ms >= 0 && now >= deadline)
			return -ETIMEDOUT;
		if (poll(&poll_fd, 1, timeout_ms < 0 ? -1 : (int)(deadline - now)) < 0)
			return -errno;
	}
}

/* Its next incarnation has nothing to do with this process. */
static bool is_this_one(const struct rvf_process *process)
{
	struct rvf_task_status *all;
	bool same = false;
	__u32 n;

	if (rvf_mount_task_states(process->mount_fd, &all, &n, NULL))
		return false;
	for (__u32 i = 0; i < n && !same; i++)
		same = all[i].component == process->component &&
		       (!process->incarnation || all[i].incarnation == process->incarnation);
	free(all);
	return same;
}

void rvf_process_signal_kill(struct rvf_process *process)
{
	pthread_mutex_lock(&process->lock);
	if (!process->asked_ms)
		process->asked_ms = rvf_process_now_ms();
	/* Behind the lock it is not reaped, and so no other one is in its place. */
	if (process->mount_fd >= 0 && !reap(process) &&
	    process->status.state == RVF_PROCESS_RUNNING && is_this_one(process))
		rvf_task_stop(process->mount_fd, process->component, RVF_TASK_STOP_VCPUS, NULL);
	pthread_mutex_unlock(&process->lock);
}

int rvf_process_kill(struct rvf_process *process)
{
	if (syscall(SYS_pidfd_send_signal, process->pidfd, SIGKILL, NULL, 0) && errno != ESRCH)
		return -errno;
	return 0;
}

/* Waits for the end, whatever signals come. */
static int wait_for_end(struct rvf_process *process, __u64 deadline)
{
	struct rvf_process_status status;
	int err;

	do {
		__u64 now = rvf_process_now_ms();
		__u64 left = deadline > now ? deadline - now : 0;

		err = rvf_process_wait(process, left > INT_MAX ? INT_MAX : (int)left, &status);
	} while (err == -EINTR);
	return err;
}

void rvf_process_leave(struct rvf_process *process)
{
	if (!process)
		return;
	end_lease(process);
	if (process->pidfd >= 0)
		close(process->pidfd);
	if (process->sync >= 0)
		close(process->sync);
	pthread_mutex_destroy(&process->start_lock);
	pthread_mutex_destroy(&process->lock);
	free(process->name);
	free(process);
}

void rvf_process_free(struct rvf_process *process, unsigned int grace_ms)
{
	struct rvf_process_status status;

	if (!process)
		return;
	rvf_process_signal_kill(process);
	if (wait_for_end(process, process->asked_ms + grace_ms) == -ETIMEDOUT) {
		rvf_process_kill(process);
		while (rvf_process_wait(process, -1, &status) == -EINTR)
			;
	}
	rvf_process_leave(process);
}
