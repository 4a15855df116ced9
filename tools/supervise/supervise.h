/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The supervisor of mounts, which rvfd and "rvfctl run" share: it starts each
 * task when what it needs is ready, keeps its output, starts it again as the
 * manifest says, and cleans up when the mount is gone.
 *
 * It takes what to do from the manifest that the kernel verified, and never
 * from a file. Everything happens in the loop's thread, from its callbacks.
 */
#ifndef RVF_SUPERVISE_H
#define RVF_SUPERVISE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <linux/rvf.h>
#include <rvf/error.h>
#include <rvf/process.h>
#include "loop.h"

struct rvf_supervisor;
struct rvf_supervised;

/**
 * enum rvf_task_phase - Where a task stands, for its supervisor
 * @RVF_PHASE_WAITING: What it needs is not ready yet.
 * @RVF_PHASE_STARTING: Its process was started, and is not bound yet.
 * @RVF_PHASE_BOUND: It is bound, and not ready yet.
 * @RVF_PHASE_READY: It is at work.
 * @RVF_PHASE_PAUSED: It ended, and is started again after a pause.
 * @RVF_PHASE_ENDED: It ended with exit(0) and is not started again. To what
 *	needs it, that is as good as being ready.
 * @RVF_PHASE_FAILED: It ended otherwise, or could not be started, and is not
 *	started again.
 * @RVF_PHASE_STOPPED: It was stopped, or never started, since something that
 *	it needs failed or the mount is being unmounted.
 *
 * The last three are final.
 */
enum rvf_task_phase {
	RVF_PHASE_WAITING = 0,
	RVF_PHASE_STARTING = 1,
	RVF_PHASE_BOUND = 2,
	RVF_PHASE_READY = 3,
	RVF_PHASE_PAUSED = 4,
	RVF_PHASE_ENDED = 5,
	RVF_PHASE_FAILED = 6,
	RVF_PHASE_STOPPED = 7,
};

#define RVF_PHASES 8

/* Bytes of a sentence that says why a task is where it is, NUL included. */
#define RVF_WHY_LEN 256

/**
 * struct rvf_task_info - What its supervisor knows of a task
 * @name: Its component's name.
 * @component: Its component's index in the manifest.
 * @kind: One of enum rvf_component_kind.
 * @phase: One of enum rvf_task_phase.
 * @pid: Of its process, 0: none runs.
 * @restarts: How often it was started again by its restart policy.
 * @incarnation: The kernel's count, 0: none yet.
 * @uptime_ns: How long its process has been running, 0: none runs.
 * @memory: Bytes of memory that it uses, 0: not known.
 * @last_kind: How its last process ended: RVF_EXIT_NONE (none ended yet),
 *	RVF_EXIT_CODE or RVF_EXIT_SIGNAL.
 * @last_code: Exit code or signal number.
 * @last_time_ns: When, since the epoch.
 * @why: Why it is where it is, in one sentence for people; may be "".
 */
struct rvf_task_info {
	char name[RVF_MAX_NAME + 1];
	__u32 component;
	__u32 kind;
	__u32 phase;
	pid_t pid;
	__u32 restarts;
	__u64 incarnation;
	__u64 uptime_ns;
	__u64 memory;
	__u32 last_kind;
	__s32 last_code;
	__u64 last_time_ns;
	char why[RVF_WHY_LEN];
};

/**
 * enum rvf_log_stream - Who wrote a line
 * @RVF_LOG_STDOUT: The task, to its standard output.
 * @RVF_LOG_STDERR: The task, to its standard error.
 * @RVF_LOG_SUPERVISOR: The supervisor, about the task.
 */
enum rvf_log_stream {
	RVF_LOG_STDOUT = 1,
	RVF_LOG_STDERR = 2,
	RVF_LOG_SUPERVISOR = 3,
};

/* Bytes of one line at the most; a longer one becomes several. */
#define RVF_LOG_LINE 4096

/**
 * struct rvf_log_line - A line of a task's output
 * @sequence: Counts the lines of one task, from 1 and without gaps.
 * @time_ns: When it was read, since the epoch; no two lines of a supervisor
 *	have the same, so it orders the lines of several tasks.
 * @stream: One of enum rvf_log_stream.
 * @cut: The line goes on in this stream's next one.
 * @length: Bytes of @data.
 * @data: What the task wrote, as it is, without the newline: escape it before
 *	a terminal sees it.
 */
struct rvf_log_line {
	__u64 sequence;
	__u64 time_ns;
	__u32 stream;
	bool cut;
	size_t length;
	const char *data;
};

/**
 * struct rvf_supervisor_ops - What the owner of a supervisor is told
 * @line: A line of output came.
 * @changed: A task's phase, or its process, changed.
 * @ready: Every task is ready or ended with exit(0): told once for a mount.
 * @failed: A task failed, the mount goes on; @why is one sentence.
 * @ended: Every task's phase is final: told when it comes to be so.
 * @no_kvm: Tasks of the mount have a VM, and there is no KVM to make it from:
 *	@why is one sentence. Told once for a supervisor.
 * @gone: The mount is unmounted, every process is reaped, and the object is
 *	freed when the callback returns.
 * @keep: Keep a copy of an fd where it outlives this process, under a name.
 * @forget: Close that copy.
 *
 * With @keep, tasks outlive the supervisor, and rvf_supervisor_adopt() of the
 * next one takes them over. If what was kept is closed instead, the kernel
 * kills them.
 *
 * Each may be NULL. A callback may ask about mounts, and must not remove any:
 * let a timer do that.
 */
struct rvf_supervisor_ops {
	void (*line)(struct rvf_supervised *mount, __u32 task, const struct rvf_log_line *line,
		     void *context);
	void (*changed)(struct rvf_supervised *mount, __u32 task, void *context);
	void (*ready)(struct rvf_supervised *mount, void *context);
	void (*failed)(struct rvf_supervised *mount, __u32 task, const char *why, void *context);
	void (*ended)(struct rvf_supervised *mount, void *context);
	void (*no_kvm)(struct rvf_supervised *mount, const char *why, void *context);
	void (*gone)(struct rvf_supervised *mount, void *context);
	void (*keep)(const char *name, int fd, void *context);
	void (*forget)(const char *name, void *context);
};

/* Bytes of the name of something that is kept, NUL included. */
#define RVF_KEPT_NAME 96

/**
 * struct rvf_supervisor_config - How to supervise
 * @ops: What to call.
 * @context: Passed to @ops.
 * @no_cgroup: Do without cgroups where the host has none of version 2 with the
 *	controllers that are needed: then only the limits of the process count.
 * @log_dir: Directory for the tasks' output, so that it outlives the
 *	supervisor; NULL: memory.
 * @uid_base: As in struct rvf_process_config.
 * @uid_count: Likewise.
 * @uid_locks: Likewise.
 * @bind_timeout_ms: How long a task may take to bind, 0: 10,000.
 * @policy_dir: What the host allows tasks to ask of their jails; NULL:
 *	%RVF_POLICY_DIR.
 * @own_policy: Who runs this supervisor also says what tasks may ask: the
 *	host's policy is not looked at.
 */
struct rvf_supervisor_config {
	const struct rvf_supervisor_ops *ops;
	void *context;
	bool no_cgroup;
	const char *log_dir;
	uid_t uid_base;
	unsigned int uid_count;
	const char *uid_locks;
	unsigned int bind_timeout_ms;
	const char *policy_dir;
	bool own_policy;
};

/**
 * rvf_supervisor_new - Make a supervisor
 * @supervisor: Takes it.
 * @loop: The loop that it lives in.
 * @config: How; its strings and @ops must outlive the supervisor.
 * @e: Is filled on failure.
 *
 * Return: 0 or a negative errno: -EOPNOTSUPP no cgroups, and @no_cgroup is not
 * set.
 */
int rvf_supervisor_new(struct rvf_supervisor **supervisor, struct rvf_loop *loop,
		       const struct rvf_supervisor_config *config, struct rvf_error *e);

/**
 * rvf_supervisor_free - Free it
 * @supervisor: May be NULL.
 *
 * Kills and reaps all processes and closes all claims, without callbacks; with
 * @keep in the ops it leaves both to the next supervisor.
 */
void rvf_supervisor_free(struct rvf_supervisor *supervisor);

/**
 * rvf_supervisor_cgroup - The cgroup "rvf", for rvf_mount_in_cgroup()
 * @supervisor: A supervisor.
 *
 * Return: an fd that stays the supervisor's; -1: it does without.
 */
int rvf_supervisor_cgroup(const struct rvf_supervisor *supervisor);

/**
 * rvf_supervisor_add - Claim a mount and begin to start its tasks
 * @supervisor: A supervisor.
 * @mount_fd: The mount. It belongs to the supervisor when the call succeeds.
 * @mount: Takes the object; may be NULL.
 * @e: Is filled on failure.
 *
 * Tasks are started from the loop, none by the call itself.
 *
 * Return: 0 or a negative errno: -EBUSY somebody else supervises it.
 */
int rvf_supervisor_add(struct rvf_supervisor *supervisor, int mount_fd,
		       struct rvf_supervised **mount, struct rvf_error *e);

/**
 * struct rvf_kept - An fd that an earlier supervisor has kept
 * @name: Its name.
 * @fd: The fd; -1: it was taken.
 */
struct rvf_kept {
	char name[RVF_KEPT_NAME];
	int fd;
};

/**
 * rvf_supervisor_adopt - Go on with what an earlier supervisor has left
 * @supervisor: A supervisor with no mounts yet.
 * @kept: What was kept. What is of use is taken, the rest is forgotten and
 *	closed.
 * @count: How many.
 *
 * Tasks that run go on, with their output; one that ended meanwhile is treated
 * as if it ended now. How often it was started again is counted anew.
 */
void rvf_supervisor_adopt(struct rvf_supervisor *supervisor, struct rvf_kept *kept, size_t count);

/**
 * rvf_supervisor_find - A mount by its id
 * @supervisor: A supervisor.
 * @id: The mount's id.
 *
 * Return: NULL when it is not supervised here.
 */
struct rvf_supervised *rvf_supervisor_find(struct rvf_supervisor *supervisor, __u64 id);

/**
 * rvf_supervisor_next - Go through the mounts
 * @supervisor: A supervisor.
 * @mount: NULL: the first one.
 *
 * Return: the next one, NULL at the end.
 */
struct rvf_supervised *rvf_supervisor_next(struct rvf_supervisor *supervisor,
					   struct rvf_supervised *mount);

/**
 * rvf_supervised_id - A mount's id
 * @mount: A mount.
 */
__u64 rvf_supervised_id(const struct rvf_supervised *mount);

/**
 * rvf_supervised_name - A mount's name, "" when it has none
 * @mount: A mount.
 */
const char *rvf_supervised_name(const struct rvf_supervised *mount);

/**
 * rvf_supervised_rename - It has another name since RVF_EXCHANGE
 * @mount: A mount.
 * @name: Its name now.
 */
void rvf_supervised_rename(struct rvf_supervised *mount, const char *name);

/**
 * rvf_supervised_fd - Its mount fd, which stays the supervisor's
 * @mount: A mount.
 */
int rvf_supervised_fd(const struct rvf_supervised *mount);

/**
 * rvf_supervised_tasks - How many tasks it has
 * @mount: A mount.
 */
__u32 rvf_supervised_tasks(const struct rvf_supervised *mount);

/**
 * rvf_supervised_task - What is known of a task
 * @mount: A mount.
 * @task: Which, from 0, in component order.
 * @info: Is filled.
 */
void rvf_supervised_task(const struct rvf_supervised *mount, __u32 task,
			 struct rvf_task_info *info);

/**
 * rvf_supervised_task_name - The name of a task's component
 * @mount: A mount.
 * @task: Which task.
 */
const char *rvf_supervised_task_name(const struct rvf_supervised *mount, __u32 task);

/**
 * rvf_supervised_ready - Whether all its tasks are ready or ended with exit(0)
 * @mount: A mount.
 */
bool rvf_supervised_ready(const struct rvf_supervised *mount);

/**
 * rvf_supervised_failed - The task that failed first
 * @mount: A mount.
 *
 * Return: its number, or -1 when none failed.
 */
int rvf_supervised_failed(const struct rvf_supervised *mount);

/**
 * struct rvf_log_cursor - A place in a task's output
 * @after: What comes next is the first line whose sequence is above this.
 * @place: Where it was found last; 0 at first. Only to find it sooner.
 */
struct rvf_log_cursor {
	__u64 after;
	__u64 place;
};

/**
 * rvf_supervised_line - Read the kept output of a task
 * @mount: A mount.
 * @task: Which task.
 * @cursor: Where. To go on, set @after to the line's sequence.
 * @line: Is filled.
 * @data: Takes the line's bytes; may be NULL.
 * @dropped: Takes how many lines behind @after are not kept any more; may be
 *	NULL.
 *
 * Return: true when there is such a line.
 */
bool rvf_supervised_line(const struct rvf_supervised *mount, __u32 task,
			 struct rvf_log_cursor *cursor, struct rvf_log_line *line,
			 char data[RVF_LOG_LINE], __u64 *dropped);

/**
 * rvf_supervised_last_lines - Where the last lines of a task begin
 * @mount: A mount.
 * @task: Which task.
 * @lines: How many lines.
 *
 * Return: an @after for a cursor that gives so many, or all.
 */
__u64 rvf_supervised_last_lines(const struct rvf_supervised *mount, __u32 task, __u32 lines);

#endif /* RVF_SUPERVISE_H */
