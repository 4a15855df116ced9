/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Between the files of rvf_process_*.
 */
#ifndef RVF_PROCESS_INTERNAL_H
#define RVF_PROCESS_INTERNAL_H

#include <linux/filter.h>
#include <rvf/process.h>

/* Fds that a process may have open, unless a config says otherwise. */
#define RVF_MAX_FILES 1024

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
	RVF_STEP_SECCOMP,
	RVF_STEP_EXEC,
	RVF_STEPS
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
	struct sock_fprog filter;
	char *const *argv;
	char *const *envp;
};

/*
 * What a child sends: at RVF_STEP_MAP without an error it asks for its ids and
 * waits for one byte, at RVF_STEP_EXEC it is about to execute.
 */
struct rvf_child_report {
	__u32 step;
	__s32 err;
};

/* Runs in the child, after clone3 without CLONE_VM: only raw system calls. */
void rvf_process_child(const struct rvf_child *child) __attribute__((noreturn));

/* Holds a host id until it is closed: see process_lease.c. */
int rvf_lease_id(const char *path, uid_t base, unsigned int count, uid_t *id, struct rvf_error *e);

#endif /* RVF_PROCESS_INTERNAL_H */
