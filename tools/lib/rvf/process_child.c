// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What a jailed process does before its program is executed, with raw system
 * calls only: see process_child.h. The order matters: what needs privileges
 * comes before they go, and what the kernel resets when ids change comes after
 * that.
 */
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>

#include "process_child.h"

/* The kernel's, which glibc's wrapper hides. */
struct kernel_sigaction {
	void (*handler)(int);
	unsigned long flags;
	void (*restorer)(void);
	uint64_t mask;
};

#define KERNEL_SIGNALS 64

/* What remains where a test leaves RVF_JAIL_CAPS out. */
#define KEPT_CAP CAP_NET_BIND_SERVICE

static void reset_signals(const struct rvf_child *child)
{
	struct kernel_sigaction action = { 0 };

	for (int i = 1; i <= KERNEL_SIGNALS; i++) {
		if (i == SIGKILL || i == SIGSTOP)
			continue;
		if (has(child, RVF_JAIL_SIGNALS))
			try(child, RVF_STEP_SIGNALS,
			    syscall(SYS_rt_sigaction, i, &action, NULL, sizeof(uint64_t)));
	}
}

static void unblock_signals(const struct rvf_child *child)
{
	uint64_t none = 0;

	if (has(child, RVF_JAIL_SIGNALS))
		try(child, RVF_STEP_SIGNALS,
		    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, sizeof(none)));
}

/* Forgotten when ids change, so it is said twice. */
static void die_with_parent(const struct rvf_child *child)
{
	char byte;

	if (!has(child, RVF_JAIL_DEATH))
		return;
	try(child, RVF_STEP_DEATH, prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0));
	/* The parent may have ended before that: then its end is closed. */
	if (recv(child->sync, &byte, 1, MSG_DONTWAIT | MSG_PEEK) == 0)
		syscall(SYS_exit_group, 127);
}

/*
 * The user namespace comes later: so these belong to the host's, and nothing
 * that the process might get back in its own has power over them.
 */
static void enter_namespaces(const struct rvf_child *child)
{
	int flags = 0;

	if (has(child, RVF_JAIL_MOUNT_NS))
		flags |= CLONE_NEWNS;
	if (has(child, RVF_JAIL_IPC_NS))
		flags |= CLONE_NEWIPC;
	if (has(child, RVF_JAIL_UTS_NS))
		flags |= CLONE_NEWUTS;
	if (has(child, RVF_JAIL_CGROUP_NS))
		flags |= CLONE_NEWCGROUP;
	if (has(child, RVF_JAIL_NET_NS) && child->netns < 0)
		flags |= CLONE_NEWNET;
	try(child, RVF_STEP_NAMESPACES, syscall(SYS_unshare, flags));
	if (has(child, RVF_JAIL_NET_NS) && child->netns >= 0)
		try(child, RVF_STEP_NETNS, syscall(SYS_setns, child->netns, CLONE_NEWNET));
	if (has(child, RVF_JAIL_UTS_NS)) {
		try(child, RVF_STEP_HOSTNAME, syscall(SYS_sethostname, "rvf", 3));
		try(child, RVF_STEP_HOSTNAME, syscall(SYS_setdomainname, "", 0));
	}
}

static void enter_user_ns(const struct rvf_child *child)
{
	struct rvf_child_report report = { .step = RVF_STEP_MAP };
	char go;

	if (!has(child, RVF_JAIL_USER_NS))
		return;
	try(child, RVF_STEP_USER_NS, syscall(SYS_unshare, CLONE_NEWUSER));
	try(child, RVF_STEP_MAP, write(child->sync, &report, sizeof(report)));
	if (read(child->sync, &go, 1) != 1)
		syscall(SYS_exit_group, 127);
}

static int set_caps(uint64_t effective, uint64_t permitted, uint64_t inheritable)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {
		{ effective, permitted, inheritable },
		{ effective >> 32, permitted >> 32, inheritable >> 32 },
	};

	return syscall(SYS_capset, &head, data);
}

/* Makes it impossible to get a capability back; needs them itself. */
static void lock_caps(const struct rvf_child *child)
{
	unsigned long bits = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |
			     SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED |
			     SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;

	if (!has(child, RVF_JAIL_CAPS)) {
		uint64_t all = 0;

		for (int i = 0; prctl(PR_CAPBSET_READ, i, 0, 0, 0) >= 0; i++)
			all |= 1ull << i;
		try(child, RVF_STEP_CAPS, set_caps(all, all, 1ull << KEPT_CAP));
		try(child, RVF_STEP_CAPS,
		    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, KEPT_CAP, 0, 0));
		bits &= ~(SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED);
	} else {
		try(child, RVF_STEP_CAPS, prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0));
	}
	if (has(child, RVF_JAIL_BOUNDING)) {
		for (int i = 0; prctl(PR_CAPBSET_READ, i, 0, 0, 0) >= 0; i++)
			try(child, RVF_STEP_CAPS, prctl(PR_CAPBSET_DROP, i, 0, 0, 0));
	}
	try(child, RVF_STEP_CAPS, prctl(PR_SET_SECUREBITS, bits, 0, 0, 0));
}

static void set_ids(const struct rvf_child *child)
{
	uid_t id = has(child, RVF_JAIL_USER_NS) ? RVF_JAIL_UID : child->host_id;

	try(child, RVF_STEP_IDS, syscall(SYS_setresgid, id, id, id));
	try(child, RVF_STEP_IDS, syscall(SYS_setresuid, id, id, id));
}

static void drop_caps(const struct rvf_child *child)
{
	uint64_t kept = 0, inheritable = 0;

	if (!has(child, RVF_JAIL_CAPS))
		kept = inheritable = 1ull << KEPT_CAP;
	/* A filter can be set with this one or no_new_privs; executing drops it. */
	if (!has(child, RVF_JAIL_NNP))
		kept |= 1ull << CAP_SYS_ADMIN;
	try(child, RVF_STEP_CAPS, set_caps(kept, kept, inheritable));
}

/* Sources first go where no destination is, so that none is overwritten. */
static int lift(const struct rvf_child *child, int fd)
{
	int high = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, child->exec_fd + 1);

	if (fd >= 0)
		try(child, RVF_STEP_FDS, high);
	return high;
}

/* The standard ones, the task fd or none, what else it is given, and ours. */
static int place_fds(struct rvf_child *child)
{
	int sync_fd = RVF_JAIL_FIRST_FD + child->n_fds;
	int stdio[3], fds[RVF_JAIL_FDS_MAX];

	for (int i = 0; i < 3; i++)
		stdio[i] = lift(child, child->stdio[i]);
	for (unsigned int i = 0; i < child->n_fds; i++)
		fds[i] = lift(child, child->fds[i]);
	int task = lift(child, child->task), image = lift(child, child->image);
	child->sync = lift(child, child->sync);

	for (int i = 0; i < 3; i++)
		try(child, RVF_STEP_FDS, dup2(stdio[i], i));
	if (task >= 0)
		try(child, RVF_STEP_FDS, dup2(task, RVF_JAIL_TASK_FD));
	else if (has(child, RVF_JAIL_FDS))
		close(RVF_JAIL_TASK_FD);
	for (unsigned int i = 0; i < child->n_fds; i++)
		try(child, RVF_STEP_FDS, dup2(fds[i], RVF_JAIL_FIRST_FD + i));
	try(child, RVF_STEP_FDS, dup3(image, child->exec_fd, O_CLOEXEC));
	if (!has(child, RVF_JAIL_FDS))
		return child->exec_fd;

	try(child, RVF_STEP_FDS, dup3(child->sync, sync_fd, O_CLOEXEC));
	child->sync = sync_fd;
	try(child, RVF_STEP_FDS, syscall(SYS_close_range, sync_fd + 1, child->exec_fd - 1, 0));
	try(child, RVF_STEP_FDS, syscall(SYS_close_range, child->exec_fd + 1, ~0u, 0));
	return child->exec_fd;
}

static int set_limits_of(int resource, rlim_t soft, rlim_t hard)
{
	struct rlimit limit = { soft, hard };

	return syscall(SYS_prlimit64, 0, resource, &limit, NULL);
}

static int set_limit(int resource, rlim_t value)
{
	return set_limits_of(resource, value, value);
}

static void set_limits(const struct rvf_child *child)
{
	if (!has(child, RVF_JAIL_LIMITS))
		return;
	try(child, RVF_STEP_LIMITS, set_limit(RLIMIT_NOFILE, child->exec_fd));
	try(child, RVF_STEP_LIMITS, set_limit(RLIMIT_CORE, 0));
	try(child, RVF_STEP_LIMITS, set_limit(RLIMIT_MEMLOCK, 0));
	try(child, RVF_STEP_LIMITS, set_limit(RLIMIT_MSGQUEUE, 0));
	try(child, RVF_STEP_LIMITS, set_limit(RLIMIT_NICE, 0));
	try(child, RVF_STEP_LIMITS, set_limit(RLIMIT_RTPRIO, 0));
	if (child->max_threads)
		try(child, RVF_STEP_LIMITS, set_limit(RLIMIT_NPROC, child->max_threads));
	/* SIGXCPU first, for which it may have a handler; a second later SIGKILL */
	if (child->cpu_seconds)
		try(child, RVF_STEP_LIMITS,
		    set_limits_of(RLIMIT_CPU, child->cpu_seconds, child->cpu_seconds + 1ul));
}

/* Where it runs, and with whom: only a wish, which the machine may not grant. */
static void set_cpus(const struct rvf_child *child)
{
	if (child->pinned &&
	    syscall(SYS_sched_setaffinity, 0, sizeof(child->cpus), child->cpus) < 0)
		lacks(child, RVF_JAIL_AFFINITY);
	if (child->core_scheduling &&
	    prctl(PR_SCHED_CORE, PR_SCHED_CORE_CREATE, 0, PR_SCHED_CORE_SCOPE_THREAD_GROUP, 0) < 0)
		lacks(child, RVF_JAIL_CORE);
}

static void raise_file_limit(const struct rvf_child *child)
{
	struct rlimit limit;

	try(child, RVF_STEP_FDS, syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, &limit));
	limit.rlim_cur = limit.rlim_max;
	try(child, RVF_STEP_FDS, syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, &limit, NULL));
}

static void new_session(const struct rvf_child *child)
{
	if (!has(child, RVF_JAIL_SESSION))
		return;
	try(child, RVF_STEP_SESSION, setsid());
	umask(077);
}

/* The caller's keyring would come along. A kernel may have no keyrings. */
static void new_keyring(const struct rvf_child *child)
{
	if (has(child, RVF_JAIL_SESSION) &&
	    syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 && errno != ENOSYS)
		fail(child->sync, RVF_STEP_KEYRING);
}

void rvf_process_child(const struct rvf_child *prepared)
{
	struct rvf_child child = *prepared;
	struct rvf_child_report report = { .step = RVF_STEP_EXEC };
	int root = -1;

	reset_signals(&child);
	die_with_parent(&child);
	new_session(&child);
	enter_namespaces(&child);
	if (has(&child, RVF_JAIL_ROOT)) {
		root = rvf_child_make_root(&child);
		if (has(&child, RVF_JAIL_MOUNT_NS))
			rvf_child_enter_root(&child, root);
	}
	if (has(&child, RVF_JAIL_GROUPS))
		try(&child, RVF_STEP_GROUPS, syscall(SYS_setgroups, 0, NULL));
	if (has(&child, RVF_JAIL_PERSONALITY))
		try(&child, RVF_STEP_PERSONALITY, syscall(SYS_personality, 0));
	enter_user_ns(&child);

	/* A test's: the host's mount namespace has no other root to offer. */
	if (root >= 0 && !has(&child, RVF_JAIL_MOUNT_NS)) {
		try(&child, RVF_STEP_ROOT, fchdir(root));
		try(&child, RVF_STEP_ROOT, chroot("."));
	}
	lock_caps(&child);
	set_ids(&child);
	set_cpus(&child);
	raise_file_limit(&child);
	int image = place_fds(&child);
	new_keyring(&child);
	drop_caps(&child);
	die_with_parent(&child);
	set_limits(&child);
	unblock_signals(&child);
	if (has(&child, RVF_JAIL_NNP))
		try(&child, RVF_STEP_NNP, prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	if (child.profile == RVF_PROFILE_CROSVM && has(&child, RVF_JAIL_LANDLOCK))
		rvf_child_landlock(&child, image);
	if (has(&child, RVF_JAIL_SECCOMP))
		try(&child, RVF_STEP_SECCOMP,
		    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &child.filter));

	try(&child, RVF_STEP_EXEC, write(child.sync, &report, sizeof(report)));
	syscall(SYS_execveat, image, "", child.argv, child.envp, AT_EMPTY_PATH);
	fail(child.sync, RVF_STEP_EXEC);
}
