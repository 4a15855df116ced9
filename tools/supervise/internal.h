/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between the files of the supervisor.
 *
 * supervise.c	the supervisor and its mounts
 * mount.c	what a mount's tasks do to one another
 * task.c	one task: its start and its end
 * jail.c	what it asks of its jail
 * restart.c	whether and when it is started again
 * output.c	its output
 * keep.c	what outlives the supervisor, and how the next one goes on
 */
#ifndef RVF_SUPERVISE_INTERNAL_H
#define RVF_SUPERVISE_INTERNAL_H

#include <rvf/cgroup.h>
#include <rvf/device.h>
#include "ring.h"
#include "supervise.h"

struct rvf_mtask;

/**
 * struct rvf_supervisor - A supervisor
 * @loop: Its loop.
 * @config: As given.
 * @cgroup: The cgroup "rvf", or -1.
 * @netns: The network namespace that all tasks share.
 * @filters: The seccomp filters that most tasks have: without and with a VM.
 * @devices: The filters of devices of each profile, or -1: none made yet.
 * @logs: Directory of the tasks' output, or -1.
 * @mounts: Its mounts, a list.
 * @last_time: Of the newest line: the next one is later.
 * @told_no_kvm: It was said that there is no KVM.
 */
struct rvf_supervisor {
	struct rvf_loop *loop;
	struct rvf_supervisor_config config;
	int cgroup;
	int netns;
	struct rvf_supervisor_filter {
		void *code;
		size_t count;
	} filters[2];
	int devices[RVF_PROFILE_CROSVM + 1];
	int logs;
	struct rvf_supervised *mounts;
	__u64 last_time;
	bool told_no_kvm;
};

/**
 * struct output - One of a task's two streams
 * @task: Whose.
 * @stream: One of enum rvf_log_stream.
 * @fd: What it is read from, -1: closed.
 * @used: Bytes of a line that has not ended yet.
 * @line: These.
 */
struct output {
	struct rvf_mtask *task;
	__u32 stream;
	int fd;
	size_t used;
	char line[RVF_LOG_LINE];
};

/**
 * struct history - Restarts within the window
 * @times: When they were, a ring of @room entries.
 * @room: Entries.
 * @count: Entries in use.
 * @newest: Index of the newest.
 */
struct history {
	__u64 *times;
	__u32 room;
	__u32 count;
	__u32 newest;
};

/**
 * struct rvf_mtask - A task
 * @mount: Its mount.
 * @number: Which of the mount's tasks it is.
 * @component: Index of its component.
 * @c: Its component, in the manifest.
 * @name: Its name.
 * @argv: Its arguments.
 * @args: What @argv points into.
 * @jail: What it asks of its jail.
 * @phase: One of enum rvf_task_phase.
 * @process: Its process, NULL: none.
 * @kept: The next supervisor can take @process over.
 * @started_ms: When that was started.
 * @incarnation: The kernel's count.
 * @bind_reason: Why the kernel refused to bind it.
 * @cgroup: Its cgroup while it runs, or -1.
 * @oom_before: Processes of it that had been killed for memory at the start.
 * @killed: It was killed on purpose, and @why says what for.
 * @fatal: It is not to be started again, whatever its policy.
 * @start_pending: WAITING, and @timer says when a start is tried again.
 * @start_tries_until: When a start that the kernel is not ready for is given
 *	up, 0: none was tried.
 * @restarts: How often it was started again.
 * @history: The latest ones.
 * @last_kind: As in struct rvf_task_info.
 * @last_code: Likewise.
 * @last_time: Likewise.
 * @why: Likewise.
 * @timer: Of the bind timeout while STARTING, of the pause while PAUSED, of
 *	the next try while WAITING.
 * @limit_timer: Ends it when it has run for as long as it may.
 * @outputs: Its streams.
 * @budget: Bytes of output that are still taken in this second.
 * @budget_timer: Gives more.
 * @slowed: Its output is slowed down, and that was said.
 * @ring: Its output.
 */
struct rvf_mtask {
	struct rvf_supervised *mount;
	__u32 number;
	__u32 component;
	const struct rvf_m_component *c;
	char name[RVF_MAX_NAME + 1];
	char **argv;
	char *args;
	struct rvf_jail_options *jail;

	enum rvf_task_phase phase;
	struct rvf_process *process;
	bool kept;
	__u64 started_ms;
	__u64 incarnation;
	__u32 bind_reason;
	int cgroup;
	__u64 oom_before;
	bool killed;
	bool fatal;
	bool start_pending;
	__u64 start_tries_until;

	__u32 restarts;
	struct history history;
	__u32 last_kind;
	__s32 last_code;
	__u64 last_time;
	char why[RVF_WHY_LEN];
	struct rvf_timer *timer;
	struct rvf_timer *limit_timer;

	struct output outputs[2];
	__s64 budget;
	struct rvf_timer *budget_timer;
	bool slowed;
	struct rvf_ring *ring;
};

/**
 * struct rvf_supervised - A mount
 * @supervisor: Its supervisor.
 * @next: In the supervisor's list.
 * @fd: The claim.
 * @id: The mount's id.
 * @name: Its name, or "".
 * @data: The manifest's bytes.
 * @manifest: The manifest.
 * @cgroup: The mount's cgroup, or -1.
 * @cgroup_name: Its name, when there is one.
 * @logs: Directory of its tasks' output, or -1.
 * @tasks: Its tasks, in component order.
 * @n_tasks: How many.
 * @by_component: Number of each component's task, -1: it is none.
 * @work: Runs when something changed: see mount.c.
 * @stopping: It is being unmounted.
 * @gone: It is unmounted ...
 * @gone_ms: ... since then.
 * @told_ready: The owner was told.
 * @told_ended: Likewise, and no task was started since.
 * @first_failed: Number of the task that failed first, or -1.
 * @remove_tries: How often its cgroup could not be removed yet.
 */
struct rvf_supervised {
	struct rvf_supervisor *supervisor;
	struct rvf_supervised *next;
	int fd;
	__u64 id;
	char name[RVF_MAX_NAME + 1];
	void *data;
	struct rvf_manifest manifest;
	int cgroup;
	char cgroup_name[RVF_CGROUP_NAME];
	int logs;
	struct rvf_mtask *tasks;
	__u32 n_tasks;
	int *by_component;
	struct rvf_timer *work;
	bool stopping;
	bool gone;
	__u64 gone_ms;
	bool told_ready;
	bool told_ended;
	int first_failed;
	unsigned int remove_tries;
};

/* mount.c */
struct rvf_mtask *rvf_mount_task(struct rvf_supervised *mount, __u32 component);
typedef void (*rvf_state_fn)(struct rvf_mtask *task, const struct rvf_task_status *status,
			     void *context);
void rvf_mount_each_state(struct rvf_supervised *mount, rvf_state_fn call, void *context);
void rvf_mount_changed(struct rvf_supervised *mount);
void rvf_mount_refresh(struct rvf_supervised *mount);
void rvf_mount_work(void *context);
void rvf_mount_events(int fd, __u32 events, void *context);

/* supervise.c */
void rvf_mount_finish_gone(struct rvf_supervised *mount);
int rvf_mount_take_over(struct rvf_supervisor *s, int mount_fd, bool claimed,
			struct rvf_supervised **out, struct rvf_error *e);

/* task.c */
int rvf_mtask_init(struct rvf_mtask *task, struct rvf_supervised *mount, __u32 number,
		   __u32 component, const __u64 identity[2]);
void rvf_mtask_destroy(struct rvf_mtask *task);
int rvf_mtask_watch(struct rvf_mtask *task);
void rvf_mtask_explain_end(struct rvf_mtask *task, const struct rvf_process_status *status);
void rvf_mtask_await_bind(struct rvf_mtask *task);
void rvf_mtask_start(struct rvf_mtask *task);
void rvf_mtask_kill(struct rvf_mtask *task, const char *why, ...)
	__attribute__((format(printf, 2, 3)));
void rvf_mtask_end(struct rvf_mtask *task, enum rvf_task_phase phase, const char *why, ...)
	__attribute__((format(printf, 3, 4)));
void rvf_mtask_state(struct rvf_mtask *task, const struct rvf_task_status *status);
bool rvf_phase_final(enum rvf_task_phase phase);
void rvf_mtask_set_phase(struct rvf_mtask *task, enum rvf_task_phase phase);

/* jail.c */
int rvf_mtask_init_jail(struct rvf_mtask *task);
int rvf_mtask_spawn(struct rvf_mtask *task, struct rvf_process_config *config, struct rvf_error *e);
void rvf_mtask_say_lacks(struct rvf_mtask *task);
void rvf_mtask_adopt_jail(struct rvf_mtask *task);
void rvf_mtask_destroy_jail(struct rvf_mtask *task);

/* restart.c */
void rvf_mtask_after_end(struct rvf_mtask *task, bool success);

/* output.c */
struct rvf_timer *rvf_output_timer(struct rvf_mtask *task);
int rvf_output_open(struct rvf_mtask *task, int ends[2]);
void rvf_output_adopt(struct rvf_mtask *task, const int fds[2]);
void rvf_output_close(struct rvf_mtask *task);
void rvf_output_leave(struct rvf_mtask *task);
void rvf_output_say(struct rvf_mtask *task, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* keep.c */
bool rvf_keeps(const struct rvf_supervisor *supervisor);
void rvf_keep_mount(const struct rvf_supervised *mount);
void rvf_forget_mount(const struct rvf_supervised *mount);
void rvf_keep_task(struct rvf_mtask *task);
void rvf_forget_task(struct rvf_mtask *task);

#endif /* RVF_SUPERVISE_INTERNAL_H */
