/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * librvf: processes in a jail.
 *
 * A process is started in namespaces of its own, with an empty root, without
 * capabilities and under a seccomp filter: see rvf_jail for all of it. What it
 * executes is a static executable, by an fd: nothing of the host's file
 * systems can be seen from within. Tasks are started so, and any other
 * program can be.
 *
 * There is no global state. One struct rvf_process may be used by several
 * threads, except that rvf_process_free() comes last. The process is a child
 * of the caller: do not wait for "any child" elsewhere in the program, and
 * start processes from a thread that lives as long as they do, since a
 * process is killed when the thread that started it ends.
 */
#ifndef RVF_PROCESS_H
#define RVF_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <linux/rvf.h>
#include <rvf/error.h>
#include <rvf/jail.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The host ids that jailed processes get, unless a config says otherwise. */
#define RVF_UID_BASE  1879048192u
#define RVF_UID_COUNT 65536u

/* The id that a jailed process sees as its own. */
#define RVF_JAIL_UID 1000u

/* The number that the task fd has in the process. */
#define RVF_JAIL_TASK_FD 3

/* What else it is given has the numbers from here on. */
#define RVF_JAIL_FIRST_FD 4
#define RVF_JAIL_FDS_MAX  8

/**
 * enum rvf_jail - What a jail consists of
 * @RVF_JAIL_USER_NS: A user namespace with one id in it.
 * @RVF_JAIL_MOUNT_NS: A mount namespace.
 * @RVF_JAIL_PID_NS: A pid namespace, in which the process is number 1.
 * @RVF_JAIL_IPC_NS: An IPC namespace.
 * @RVF_JAIL_UTS_NS: A UTS namespace, whose host name is "rvf".
 * @RVF_JAIL_CGROUP_NS: A cgroup namespace.
 * @RVF_JAIL_NET_NS: An empty network namespace.
 * @RVF_JAIL_ROOT: An empty root: a tmpfs, on which nothing can be executed. Of
 *	the profile crosvm: one with /proc, /tmp, four devices in /dev, and what
 *	else the options name.
 * @RVF_JAIL_READ_ONLY: A root that cannot be written.
 * @RVF_JAIL_ID: A host id of its own; without it, the host's root.
 * @RVF_JAIL_GROUPS: No supplementary groups.
 * @RVF_JAIL_CAPS: No capabilities; without it, one remains.
 * @RVF_JAIL_BOUNDING: An empty bounding set.
 * @RVF_JAIL_NNP: no_new_privs.
 * @RVF_JAIL_SECCOMP: The filter.
 * @RVF_JAIL_PERSONALITY: The plain execution domain.
 * @RVF_JAIL_LIMITS: Resource limits.
 * @RVF_JAIL_FDS: No fds but the standard ones and the task fd.
 * @RVF_JAIL_SIGNALS: No signal ignored or blocked.
 * @RVF_JAIL_SESSION: A session and a keyring of its own.
 * @RVF_JAIL_DEATH: Killed when the starting thread ends; not with @outlives in
 *	struct rvf_process_config.
 * @RVF_JAIL_DEVICES: A filter of devices on its cgroup, where it has one.
 * @RVF_JAIL_LANDLOCK: Landlock, where the root is not empty and the kernel has
 *	it.
 * @RVF_JAIL_AFFINITY: The CPUs that the options name.
 * @RVF_JAIL_CORE: Core scheduling, where the options ask for it.
 * @RVF_JAIL_ALL: All of these.
 */
enum rvf_jail {
	RVF_JAIL_USER_NS = 1 << 0,
	RVF_JAIL_MOUNT_NS = 1 << 1,
	RVF_JAIL_PID_NS = 1 << 2,
	RVF_JAIL_IPC_NS = 1 << 3,
	RVF_JAIL_UTS_NS = 1 << 4,
	RVF_JAIL_CGROUP_NS = 1 << 5,
	RVF_JAIL_NET_NS = 1 << 6,
	RVF_JAIL_ROOT = 1 << 7,
	RVF_JAIL_READ_ONLY = 1 << 8,
	RVF_JAIL_ID = 1 << 9,
	RVF_JAIL_GROUPS = 1 << 10,
	RVF_JAIL_CAPS = 1 << 11,
	RVF_JAIL_BOUNDING = 1 << 12,
	RVF_JAIL_NNP = 1 << 13,
	RVF_JAIL_SECCOMP = 1 << 14,
	RVF_JAIL_PERSONALITY = 1 << 15,
	RVF_JAIL_LIMITS = 1 << 16,
	RVF_JAIL_FDS = 1 << 17,
	RVF_JAIL_SIGNALS = 1 << 18,
	RVF_JAIL_SESSION = 1 << 19,
	RVF_JAIL_DEATH = 1 << 20,
	RVF_JAIL_DEVICES = 1 << 21,
	RVF_JAIL_LANDLOCK = 1 << 22,
	RVF_JAIL_AFFINITY = 1 << 23,
	RVF_JAIL_CORE = 1 << 24,
	RVF_JAIL_ALL = (1 << 25) - 1,
};

/**
 * struct rvf_process_config - How to start a process
 * @size: sizeof(struct rvf_process_config)
 * @unsafe: Allows @drop. For tests only.
 * @drop: Bits of enum rvf_jail to leave out, each of which makes a jail that
 *	is none. For tests only; refused without @unsafe.
 * @profile: One of enum rvf_profile.
 * @options: What is asked of the jail beyond that; NULL: nothing. Whether the
 *	host allows it is the caller's question: rvf_jail_allowed().
 * @vm: It has a VM, as a component with vCPUs does: it may use KVM's commands,
 *	for which rvf's VM and vCPU fds have the same numbers.
 * @text: Files may be mapped for execution, which dynamic executables need, and
 *	what @options mount read-only can be; without it only the image's own
 *	code can be executed.
 * @image_fd: What to execute; -1: @path.
 * @path: What to execute, opened by the call.
 * @task_fd: Given to the process as fd 3, and named by the variables
 *	RVF_TASK_FD and CROSVM_SOCKET; -1: none.
 * @fds: Fds that it is given as fds 4 and on.
 * @n_fds: How many, at most %RVF_JAIL_FDS_MAX.
 * @argv: Arguments, argv[0] included, NULL at the end; NULL: @path alone.
 * @envp: The environment, NULL at the end; NULL: an empty one. What @task_fd
 *	adds is added to it.
 * @stdin_fd: Given as fd 0; -1: a pipe at its end.
 * @stdout_fd: Given as fd 1; -1: what is written is thrown away.
 * @stderr_fd: Given as fd 2; -1: likewise.
 * @cgroup_fd: Directory of the cgroup v2 that the process starts in; -1: that
 *	of the caller.
 * @devices_fd: From rvf_process_devices(), for @profile; -1: made by the call,
 *	where there is a @cgroup_fd.
 * @netns_fd: The network namespace; -1: a new one. One that is empty can be
 *	shared by all: see rvf_process_netns().
 * @uid_base: The first host id to use; 0: %RVF_UID_BASE.
 * @uid_count: How many; 0: %RVF_UID_COUNT.
 * @uid_locks: File that holds the leases of ids; NULL: /run/rvf/uids.
 * @max_threads: Threads that it may have, 0: no limit but the cgroup's.
 * @max_files: Fds that it may have open, 0: 1024.
 * @timeout_ms: How long the start may take, 0: 10,000.
 * @filter: From rvf_process_filter_for(), for the same @profile, @options, @vm,
 *	@text, @max_files and @n_fds; NULL: made by the call, which takes most of
 *	its time.
 * @filter_count: Its length.
 * @background: Do not wait until the program is executed: several processes can
 *	be started at once.
 * @mount_fd: The mount whose task it is, for rvf_process_stage() and what rests
 *	on it, and for rvf_process_signal_kill(), which needs the claim: must stay
 *	open. Its POLLIN is cleared by them. -1: no task, or somebody else follows
 *	its states.
 * @component: The task's, when there is a @mount_fd.
 * @incarnation: Likewise, from rvf_task_start(); 0: the one that is now.
 * @outlives: It lives on when the thread that started it ends: for one that
 *	rvf_process_adopt() may take over.
 *
 * Set it up with rvf_process_config_init().
 */
struct rvf_process_config {
	size_t size;
	bool unsafe;
	__u32 drop;
	__u32 profile;
	const struct rvf_jail_options *options;
	bool vm;
	bool text;
	int image_fd;
	const char *path;
	int task_fd;
	const int *fds;
	unsigned int n_fds;
	char *const *argv;
	char *const *envp;
	int stdin_fd;
	int stdout_fd;
	int stderr_fd;
	int cgroup_fd;
	int devices_fd;
	int netns_fd;
	uid_t uid_base;
	unsigned int uid_count;
	const char *uid_locks;
	unsigned int max_threads;
	unsigned int max_files;
	unsigned int timeout_ms;
	const void *filter;
	size_t filter_count;
	bool background;
	int mount_fd;
	__u32 component;
	__u64 incarnation;
	bool outlives;
};

/**
 * enum rvf_process_state - What became of a process
 * @RVF_PROCESS_RUNNING: It runs.
 * @RVF_PROCESS_EXITED: exit(code).
 * @RVF_PROCESS_KILLED: A signal: the code is its number.
 */
enum rvf_process_state {
	RVF_PROCESS_RUNNING = 0,
	RVF_PROCESS_EXITED = 1,
	RVF_PROCESS_KILLED = 2,
};

/**
 * struct rvf_process_status - Likewise, in full
 * @state: One of enum rvf_process_state.
 * @code: Exit code or signal number.
 * @cpu_us: CPU time that it used, in microseconds, once it has ended.
 */
struct rvf_process_status {
	enum rvf_process_state state;
	int code;
	__u64 cpu_us;
};

/**
 * enum rvf_process_stage - Where a process stands
 * @RVF_STAGE_SPAWNED: Its jail is being made. Of a task the kernel says
 *	%RVF_TASK_STARTING.
 * @RVF_STAGE_EXECUTED: Its program was executed; to the kernel it is as before.
 * @RVF_STAGE_BOUND: %RVF_TASK_BOUND.
 * @RVF_STAGE_READY: %RVF_TASK_READY: what crosvm's interface calls started.
 * @RVF_STAGE_STOPPING: It was asked to end: %RVF_TASK_STOPPING, or
 *	rvf_process_signal_kill().
 * @RVF_STAGE_ENDED: %RVF_TASK_EXITED, or about to be.
 *
 * A process that is no task, as far as its config says, is never bound or
 * ready.
 */
enum rvf_process_stage {
	RVF_STAGE_SPAWNED = 0,
	RVF_STAGE_EXECUTED = 1,
	RVF_STAGE_BOUND = 2,
	RVF_STAGE_READY = 3,
	RVF_STAGE_STOPPING = 4,
	RVF_STAGE_ENDED = 5,
};

struct rvf_process;

#pragma GCC visibility push(default)

/**
 * rvf_process_config_init - The defaults
 * @config: Is filled.
 */
void rvf_process_config_init(struct rvf_process_config *config);

/**
 * rvf_process_spawn - Start a process in a jail
 * @config: How.
 * @process: Takes it.
 * @e: Is filled on failure; it names the step that failed.
 *
 * Returns when the program is executed, or failed to be; with @config's
 * background as soon as there is a process, whose start then goes on by
 * rvf_process_wait_started(). The caller keeps its fds, and closes its copy of
 * the task fd.
 *
 * Return: 0 or a negative errno.
 */
int rvf_process_spawn(const struct rvf_process_config *config, struct rvf_process **process,
		      struct rvf_error *e);

/**
 * rvf_process_pid - Its number in the caller's pid namespace
 * @process: A process. The number is stale once its status is known.
 */
pid_t rvf_process_pid(const struct rvf_process *process);

/**
 * rvf_process_pidfd - Its pidfd: POLLIN when it ended
 * @process: A process. The fd stays the object's.
 */
int rvf_process_pidfd(const struct rvf_process *process);

/**
 * rvf_process_uid - Its id on the host
 * @process: A process.
 */
uid_t rvf_process_uid(const struct rvf_process *process);

/**
 * rvf_process_lease - What holds its id on the host
 * @process: A process.
 *
 * Return: an fd that stays the object's; -1 once it ended.
 */
int rvf_process_lease(const struct rvf_process *process);

/**
 * rvf_process_adopt - Take a process over that another one started
 * @process: Takes the object.
 * @pidfd: Its pidfd. It belongs to the object when the call succeeds.
 * @lease: A copy of its rvf_process_lease(), likewise; -1: none.
 * @e: Is filled on failure.
 *
 * Its program was executed: one whose start goes on cannot be taken over. Only a
 * parent is told how its child ended: of this one, rvf_process_try_wait()
 * and rvf_process_wait() return -ECHILD once it did.
 *
 * Return: 0 or a negative errno: -ESRCH it ended and was reaped.
 */
int rvf_process_adopt(struct rvf_process **process, int pidfd, int lease, struct rvf_error *e);

/**
 * rvf_process_wait_started - Wait until its program is executed
 * @process: A process.
 * @timeout_ms: How long at most; 0: go on with what can be done now; negative:
 *	as long as the start may take.
 * @e: Is filled when the start failed.
 *
 * Somebody must call it for a process that was spawned in the background, since
 * its jail is not made without the parent: when there is something to read from
 * rvf_process_start_fd(). One that has started or failed stays so.
 *
 * Return: 0, -EINPROGRESS not yet, or why it failed; then it was killed, and
 * remains to be freed.
 */
int rvf_process_wait_started(struct rvf_process *process, int timeout_ms, struct rvf_error *e);

/**
 * rvf_process_start_fd - What to poll while a process is started
 * @process: A process. The fd stays the object's, and is of no use afterwards.
 *
 * Return: the fd; -1 where it was taken over.
 */
int rvf_process_start_fd(const struct rvf_process *process);

/**
 * rvf_process_stage - Where it stands
 * @process: A process.
 */
enum rvf_process_stage rvf_process_stage(struct rvf_process *process);

/**
 * rvf_process_is_started - Whether it has begun its work
 * @process: A process: a task that was ready once, or another program that was
 *	executed. It stays so, also when it has ended.
 */
bool rvf_process_is_started(struct rvf_process *process);

/**
 * rvf_process_wait_ready - Wait until it has begun its work
 * @process: A process.
 * @timeout_ms: How long at most; negative: without end.
 * @e: Is filled on failure.
 *
 * Return: 0, -ETIMEDOUT, -ECHILD it ended before, or why its start failed.
 */
int rvf_process_wait_ready(struct rvf_process *process, int timeout_ms, struct rvf_error *e);

/**
 * rvf_process_lacks - Which parts of its jail this host does not have
 * @process: A process that was started.
 *
 * Return: bits of enum rvf_jail: LANDLOCK, AFFINITY and CORE, the ones that a
 * process is started without.
 */
__u32 rvf_process_lacks(const struct rvf_process *process);

/**
 * rvf_process_try_wait - Has it ended?
 * @process: A process.
 * @status: Takes the answer, and the same one ever after.
 *
 * Return: 0, or a negative errno: -ECHILD it ended, and somebody else waits or
 * has waited for it.
 */
int rvf_process_try_wait(struct rvf_process *process, struct rvf_process_status *status);

/**
 * rvf_process_wait - Wait until it ended
 * @process: A process.
 * @timeout_ms: How long at most; negative: without end.
 * @status: Takes the answer.
 *
 * Return: 0, -ETIMEDOUT, -EINTR, or as rvf_process_try_wait().
 */
int rvf_process_wait(struct rvf_process *process, int timeout_ms,
		     struct rvf_process_status *status);

/**
 * rvf_process_signal_kill - Ask it to end
 * @process: A process.
 *
 * Notes the moment, from which rvf_process_free() counts the grace. A task whose
 * claim is in the config is asked by the kernel (POLLPRI on its fds), and from
 * then on its vCPUs do not run: RVF_VCPU_RUN fails with ECANCELED. May be
 * repeated.
 */
void rvf_process_signal_kill(struct rvf_process *process);

/**
 * rvf_process_kill - Kill it
 * @process: A process. One that has ended is no error.
 *
 * Its pid namespace dies with it. It is not reaped.
 *
 * Return: 0 or a negative errno.
 */
int rvf_process_kill(struct rvf_process *process);

/**
 * rvf_process_free - Let it go
 * @process: A process; may be NULL.
 * @grace_ms: How long it may still run, counted from rvf_process_signal_kill()
 *	when that was called.
 *
 * Kills it after the grace, waits until it ended and frees the object.
 */
void rvf_process_free(struct rvf_process *process, unsigned int grace_ms);

/**
 * rvf_process_leave - Free the object and let the process run on
 * @process: A process; may be NULL. One whose start goes on ends.
 */
void rvf_process_leave(struct rvf_process *process);

/**
 * rvf_process_netns - Make an empty network namespace to share
 * @e: Is filled on failure.
 *
 * Return: an fd for rvf_process_config's netns_fd, or a negative errno.
 */
int rvf_process_netns(struct rvf_error *e);

/**
 * rvf_process_filter - The seccomp filter of a profile, without a VM, as BPF
 * @profile: One of enum rvf_profile.
 * @max_files: As in struct rvf_process_config; 0: 1024. The program itself is
 *	executed by an fd of this number, which it cannot have any more then.
 * @filter: Takes an array of struct sock_filter: free() it.
 * @count: Takes how many.
 * @e: Is filled on failure.
 */
int rvf_process_filter(__u32 profile, unsigned int max_files, void **filter, size_t *count,
		       struct rvf_error *e);

/**
 * rvf_process_filter_for - The filter that rvf_process_spawn() would make
 * @config: For this process: its profile, its options, a VM, text and fds count.
 * @filter: Takes an array of struct sock_filter: free() it.
 * @count: Takes how many.
 * @e: Is filled on failure: -EPERM a system call cannot be allowed besides.
 */
int rvf_process_filter_for(const struct rvf_process_config *config, void **filter, size_t *count,
			   struct rvf_error *e);

/**
 * rvf_process_devices - The filter of devices of a profile, as a BPF program
 * @profile: One of enum rvf_profile.
 * @e: Is filled on failure.
 *
 * Return: an fd for rvf_process_config's devices_fd, or a negative errno.
 */
int rvf_process_devices(__u32 profile, struct rvf_error *e);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* RVF_PROCESS_H */
