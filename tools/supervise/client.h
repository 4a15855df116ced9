/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What can be asked of rvfd, over its socket.
 *
 * A connection serves one call at a time, and is closed after a call that
 * failed with anything else than what its description names. The environment
 * variable RVF_SOCKET names another path than /run/rvf/rvfd.sock.
 */
#ifndef RVF_SUPERVISE_CLIENT_H
#define RVF_SUPERVISE_CLIENT_H

#include "supervise.h"

#define RVFD_SOCKET "/run/rvf/rvfd.sock"

struct rvfd;

/**
 * rvfd_connect - Connect to rvfd
 * @rvfd: Takes the connection.
 * @e: Is filled on failure.
 *
 * Return: 0 or a negative errno: -ENOTCONN (slug "no-daemon") it does not run.
 */
int rvfd_connect(struct rvfd **rvfd, struct rvf_error *e);

/**
 * rvfd_close - End the connection
 * @rvfd: May be NULL.
 */
void rvfd_close(struct rvfd *rvfd);

/**
 * rvfd_fd - The connection's fd
 * @rvfd: A connection.
 */
int rvfd_fd(const struct rvfd *rvfd);

/**
 * struct rvfd_info - What rvfd says of itself
 * @version: Its version.
 * @pid: Its pid.
 * @mounts: How many mounts it supervises.
 * @tasks: How many tasks they have.
 * @cgroups: It puts tasks into cgroups.
 */
struct rvfd_info {
	char version[32];
	pid_t pid;
	__u32 mounts;
	__u32 tasks;
	bool cgroups;
};

/**
 * rvfd_ping - Does it answer?
 * @rvfd: A connection.
 * @info: Is filled; may be NULL.
 * @e: Is filled on failure.
 *
 * Return: 0 or a negative errno: -ETIMEDOUT no answer within 5 seconds.
 */
int rvfd_ping(struct rvfd *rvfd, struct rvfd_info *info, struct rvf_error *e);

/**
 * rvfd_wait_mounted - Wait until all tasks of a mount are ready
 * @rvfd: A connection.
 * @mount_id: Of a mount that exists. rvfd may not have heard of it yet.
 * @timeout_ms: How long at most; negative: without end.
 * @e: Is filled on failure. With -ECANCELED it says which task failed and why.
 *
 * A task that ended with exit(0) counts as ready.
 *
 * Return: 0 or a negative errno: -ECANCELED a task failed; -ENODEV the mount
 * went away; -EBUSY somebody else supervises it; -ETIMEDOUT.
 */
int rvfd_wait_mounted(struct rvfd *rvfd, __u64 mount_id, int timeout_ms, struct rvf_error *e);

/**
 * struct rvfd_task - A task as "ps" shows it
 * @mount_id: Its mount's id.
 * @mount: Its mount's name.
 * @task: The rest.
 */
struct rvfd_task {
	__u64 mount_id;
	char mount[RVF_MAX_NAME + 1];
	struct rvf_task_info task;
};

/**
 * rvfd_ps - Go through the tasks that rvfd supervises
 * @rvfd: A connection.
 * @mount_id: Of one mount; 0: all.
 * @call: Called for each task, sorted by mount name and component; a result
 *	other than 0 ends the call, which returns it.
 * @context: Passed on.
 * @e: Is filled on failure.
 *
 * Return: 0 or a negative errno: -ENOENT it does not supervise that mount.
 */
int rvfd_ps(struct rvfd *rvfd, __u64 mount_id,
	    int (*call)(const struct rvfd_task *task, void *context), void *context,
	    struct rvf_error *e);

/**
 * struct rvfd_log - A line of output, or a gap in it
 * @mount_id: The mount's id.
 * @mount: Its name.
 * @task: The task's name.
 * @dropped: Not 0: so many lines of this task are not kept any more, and
 *	there is no line.
 * @line: The line.
 */
struct rvfd_log {
	__u64 mount_id;
	const char *mount;
	const char *task;
	__u64 dropped;
	struct rvf_log_line line;
};

/**
 * rvfd_logs - Go through the tasks' output
 * @rvfd: A connection.
 * @mount_id: Of one mount; 0: all.
 * @task: Name of one task, NULL: all. Only with @mount_id.
 * @lines: How many of the last lines, counted over all the tasks that were
 *	asked for; %RVFD_ALL_LINES: all that are kept.
 * @follow: Go on with new lines, until the mount is gone or @call ends it.
 * @call: Called for each line in their order; a result other than 0 ends the
 *	call, which returns it.
 * @context: Passed on.
 * @e: Is filled on failure.
 *
 * Whoever follows slowly misses lines, and is told how many. With @follow, the
 * connection is of no more use afterwards.
 *
 * Return: 0 or a negative errno: -ENOENT no such mount or task there; -EINTR a
 * signal came.
 */
int rvfd_logs(struct rvfd *rvfd, __u64 mount_id, const char *task, __u32 lines, bool follow,
	      int (*call)(const struct rvfd_log *log, void *context), void *context,
	      struct rvf_error *e);

#define RVFD_ALL_LINES 0xffffffffu

#endif /* RVF_SUPERVISE_CLIENT_H */
