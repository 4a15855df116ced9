/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Between the files of rvf_process_*.
 */
#ifndef RVF_PROCESS_INTERNAL_H
#define RVF_PROCESS_INTERNAL_H

#include <linux/filter.h>
#include <rvf/jail.h>
#include <rvf/process.h>

/* Fds that a process may have open, unless a config says otherwise. */
#define RVF_MAX_FILES 1024

/* Of a file system in memory, likewise */
#define RVF_TMPFS_BYTES (64ull << 20)

/* What a child is at, for the error that names it. */
enum rvf_step {
	RVF_STEP_NONE = 0,
	RVF_STEP_SIGNALS,
	RVF_STEP_DEATH,
	RVF_STEP_SESSION,
	RVF_STEP_NAMESPACES,
	RVF_STEP_NETNS,
	RVF_STEP_HOSTNAME,
	RVF_STEP_ROOT,
	RVF_STEP_MOUNT,
	RVF_STEP_GROUPS,
	RVF_STEP_PERSONALITY,
	RVF_STEP_USER_NS,
	RVF_STEP_MAP,
	RVF_STEP_CAPS,
	RVF_STEP_IDS,
	RVF_STEP_FDS,
	RVF_STEP_KEYRING,
	RVF_STEP_LIMITS,
	RVF_STEP_NNP,
	RVF_STEP_LANDLOCK,
	RVF_STEP_SECCOMP,
	RVF_STEP_EXEC,
	RVF_STEPS
};

/**
 * struct rvf_child_mount - Something of the host's in the jail
 * @tree: A mount of its own, which lies nowhere yet.
 * @target: Where it comes, relative to the root; the child changes it for a
 *	moment.
 * @directory: It is one.
 * @writable: It may be written.
 * @executable: It may be executed.
 */
struct rvf_child_mount {
	int tree;
	char *target;
	bool directory;
	bool writable;
	bool executable;
};

/**
 * struct rvf_child - What a child needs, all prepared before it exists
 * @jail: Bits of enum rvf_jail that apply.
 * @sync: Its end of the socket pair to the parent.
 * @image: What to execute.
 * @task: The task fd, or -1.
 * @stdio: What becomes fds 0 to 2.
 * @netns: The network namespace to join, or -1.
 * @exec_fd: The number under which @image is executed: the first one above
 *	what the program can ever use, so that the filter's permission to
 *	execute it ends with the first use.
 * @host_id: The id on the host.
 * @max_threads: For RLIMIT_NPROC, 0: none.
 * @profile: One of enum rvf_profile.
 * @root_tree: The root, or -1: one in memory.
 * @own_root: There was one; the child may have closed it.
 * @mounts: What else is there.
 * @n_mounts: How many.
 * @tmpfs: Size of the file system in memory.
 * @owner: @host_id, as text.
 * @fds: What becomes fds %RVF_JAIL_FIRST_FD and on.
 * @n_fds: How many.
 * @cpu_seconds: For RLIMIT_CPU, 0: none.
 * @pinned: @cpus counts.
 * @cpus: Where it may run.
 * @core_scheduling: It shares its core with nobody.
 * @filter: The seccomp filter.
 * @argv: Arguments.
 * @envp: Environment.
 */
struct rvf_child {
	__u32 jail;
	int sync;
	int image;
	int task;
	int stdio[3];
	int netns;
	int exec_fd;
	uid_t host_id;
	unsigned int max_threads;
	__u32 profile;
	int root_tree;
	bool own_root;
	struct rvf_child_mount *mounts;
	unsigned int n_mounts;
	char tmpfs[24];
	char owner[16];
	const int *fds;
	unsigned int n_fds;
	__u32 cpu_seconds;
	bool pinned;
	unsigned char cpus[RVF_JAIL_CPUS / 8];
	bool core_scheduling;
	struct sock_fprog filter;
	char *const *argv;
	char *const *envp;
};

/*
 * What a child sends: at RVF_STEP_MAP without an error it asks for its ids and
 * waits for one byte, at RVF_STEP_EXEC it is about to execute. With @lacks, a
 * part of the jail, it only tells that there is no such thing here. @what says of
 * what, where there are several: the beginning of a name, with its NUL if short.
 */
struct rvf_child_report {
	__u32 step;
	__s32 err;
	__u32 lacks;
	char what[64];
};

/* Runs in the child, after clone3 without CLONE_VM: only raw system calls. */
void rvf_process_child(const struct rvf_child *child) __attribute__((noreturn));

/* What profile crosvm has in its root: see process_mounts.c. */
int rvf_mounts_open(struct rvf_child *child, const struct rvf_jail_options *options, bool text,
		    struct rvf_error *e);
void rvf_mounts_close(struct rvf_child *child);

/* process_devices.c */
int rvf_devices_attach(int program, int cgroup, struct rvf_error *e);

/* Holds a host id until it is closed: see process_lease.c. */
int rvf_lease_id(const char *path, uid_t base, unsigned int count, uid_t *id, struct rvf_error *e);

#endif /* RVF_PROCESS_INTERNAL_H */
