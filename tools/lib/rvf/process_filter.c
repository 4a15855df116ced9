// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The seccomp filter of a jailed process.
 *
 * What is not allowed fails and does not kill, since libc and programs try
 * things and do without. Calls that are known and denied answer EPERM; any
 * others, above all newer ones, answer ENOSYS, upon which libc takes the
 * older way. Calls that take paths answer ENOENT where the root is empty, as
 * they would.
 */
#include <asm/prctl.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/kvm.h>
#include <sched.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <linux/sockios.h>
#include <unistd.h>

#include "process_internal.h"

#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#endif

/* By name, since a libseccomp may not know the newest: those are left out. */
static const char *const allowed[] = {
	/* fds */
	"read", "write", "readv", "writev", "pread64", "pwrite64", "preadv", "pwritev", "preadv2",
	"pwritev2", "lseek", "_llseek", "close", "close_range", "dup", "dup2", "dup3", "fstat",
	"fstat64", "ftruncate", "ftruncate64", "fallocate", "poll", "ppoll", "ppoll_time64",
	"select", "_newselect", "pselect6", "pselect6_time64", "epoll_create", "epoll_create1",
	"epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2", "eventfd", "eventfd2",
	"timerfd_create", "timerfd_settime", "timerfd_settime64", "timerfd_gettime",
	"timerfd_gettime64", "signalfd", "signalfd4", "pipe", "pipe2",
	/* with an empty path, of an fd; with any other there is nothing to be found */
	"newfstatat", "fstatat64", "statx",
	/* memory */
	"brk", "munmap", "mremap", "madvise", "msync", "membarrier",
	/* time */
	"clock_gettime", "clock_gettime64", "clock_getres", "clock_getres_time64",
	"clock_nanosleep", "clock_nanosleep_time64", "nanosleep", "gettimeofday", "time", "times",
	"getitimer", "setitimer", "alarm", "timer_create", "timer_settime", "timer_settime64",
	"timer_gettime", "timer_gettime64", "timer_getoverrun", "timer_delete", "pause",
	/* itself */
	"exit", "exit_group", "getpid", "gettid", "getppid", "getpgrp", "getpgid", "getsid",
	"getuid", "geteuid", "getgid", "getegid", "getresuid", "getresgid", "getgroups", "getcwd",
	"umask", "uname", "sysinfo", "getrusage", "getrlimit", "ugetrlimit", "getrandom", "getcpu",
	"sched_yield", "sched_getaffinity", "sched_getparam", "sched_getscheduler",
	"sched_get_priority_max", "sched_get_priority_min", "getpriority", "capget",
	/* threads and signals, which reach no further than its pid namespace */
	"set_tid_address", "set_robust_list", "get_robust_list", "rseq", "futex", "futex_time64",
	"futex_waitv", "futex_wait", "futex_wake", "futex_requeue", "set_thread_area",
	"rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "rt_sigpending", "rt_sigsuspend",
	"rt_sigtimedwait", "rt_sigtimedwait_time64", "rt_sigqueueinfo", "rt_tgsigqueueinfo",
	"sigaltstack", "sigreturn", "tgkill", "tkill", "kill", "restart_syscall"
};

/* Calls that find something only where the root is not empty */
static const char *const paths[] = {
	"open",	     "openat", "openat2",  "creat",	"access",   "faccessat",  "faccessat2",
	"stat",	     "stat64", "lstat",	   "lstat64",	"readlink", "readlinkat", "mkdir",
	"mkdirat",   "unlink", "unlinkat", "rmdir",	"rename",   "renameat",	  "renameat2",
	"link",	     "linkat", "symlink",  "symlinkat", "chmod",    "fchmodat",	  "truncate",
	"utimensat", "chdir",  "statfs",   "statfs64"
};

static const char *const nowhere[] = { "chown", "fchownat", "lchown",
				       "mknod", "mknodat",  "inotify_add_watch" };

/* Of fds: there are files only where there are paths */
static const char *const files[] = { "fchmod",	  "fchdir",	    "flock",	  "fsync",
				     "fdatasync", "getdents",	    "getdents64", "fstatfs",
				     "fstatfs64", "fadvise64",	    "readahead",  "sync_file_range",
				     "sendfile",  "copy_file_range" };

static const char *const denied[] = {
	"fork", "vfork", "execve", "ptrace", "process_vm_readv", "process_vm_writev",
	"process_madvise", "process_mrelease", "kcmp", "pidfd_open", "pidfd_getfd",
	"pidfd_send_signal", "setns", "unshare", "wait4", "waitid",
	/* executable memory by another way */
	"pkey_mprotect", "pkey_alloc", "pkey_free", "remap_file_pages", "shmget", "shmat", "shmctl",
	"shmdt", "personality", "modify_ldt", "uselib", "memfd_secret", "map_shadow_stack",
	/* other parts of the kernel */
	"socket", "socketpair", "bind", "connect", "listen", "accept", "accept4", "sendto",
	"recvfrom", "sendmsg", "recvmsg", "sendmmsg", "recvmmsg", "shutdown", "getsockname",
	"getpeername", "setsockopt", "getsockopt", "io_uring_setup", "io_uring_enter",
	"io_uring_register", "io_setup", "io_submit", "io_getevents", "io_pgetevents", "io_cancel",
	"io_destroy", "bpf", "perf_event_open", "userfaultfd", "keyctl", "add_key", "request_key",
	"seccomp", "splice", "tee", "vmsplice", "fanotify_init", "fanotify_mark", "inotify_init",
	"inotify_init1", "semget", "semop", "semctl", "semtimedop", "msgget", "msgsnd", "msgrcv",
	"msgctl", "mq_open", "mq_unlink", "name_to_handle_at", "open_by_handle_at",
	"landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self", "lookup_dcookie",
	"syslog", "quotactl", "acct",
	/* its own limits and the host */
	"setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setgroups",
	"setfsuid", "setfsgid", "capset", "setrlimit", "setpriority", "ioprio_set", "setsid",
	"setpgid", "sched_setaffinity", "sched_setparam", "sched_setscheduler", "sched_setattr",
	"mbind", "set_mempolicy", "migrate_pages", "move_pages", "mlock", "mlock2", "mlockall",
	"munlock", "munlockall", "mincore", "mount", "umount2", "umount", "pivot_root", "chroot",
	"fsopen", "fsconfig", "fsmount", "fspick", "open_tree", "move_mount", "mount_setattr",
	"swapon", "swapoff", "reboot", "kexec_load", "kexec_file_load", "init_module",
	"finit_module", "delete_module", "iopl", "ioperm", "settimeofday", "clock_settime",
	"clock_adjtime", "adjtimex", "sethostname", "setdomainname", "vhangup", "fchown", "sync",
	"syncfs", "fsetxattr", "fgetxattr", "flistxattr", "fremovexattr"
};

/* What is allowed besides is not denied. */
static bool is_added(const struct rvf_process_config *config, const char *name)
{
	const struct rvf_jail_options *o = config->options;

	for (size_t i = 0; o && i < o->n_syscalls; i++)
		if (!strcmp(o->syscalls[i], name))
			return true;
	return false;
}

static int add_names(scmp_filter_ctx filter, const struct rvf_process_config *config, __u32 action,
		     const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int number = seccomp_syscall_resolve_name(names[i]);

		/* Unknown here, or another architecture's: the default answers */
		if (number < 0 || (action != SCMP_ACT_ALLOW && is_added(config, names[i])))
			continue;

		int err = seccomp_rule_add_array(filter, action, number, 0, NULL);
		if (err)
			return err;
	}
	return 0;
}

#define add_list(filter, config, action, names) \
	add_names(filter, config, action, names, sizeof(names) / sizeof((names)[0]))

static int add_rule(scmp_filter_ctx filter, __u32 action, const char *name, unsigned int n,
		    const struct scmp_arg_cmp *args)
{
	int number = seccomp_syscall_resolve_name(name);

	return number < 0 ? 0 : seccomp_rule_add_array(filter, action, number, n, args);
}

/* Allows a call when its argument has one of these values. */
static int add_values(scmp_filter_ctx filter, const char *name, unsigned int arg,
		      const unsigned int *values, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		/* The kernel looks at the lower half of what are ints to it. */
		struct scmp_arg_cmp is = SCMP_CMP(arg, SCMP_CMP_MASKED_EQ, 0xffffffff, values[i]);
		int err = add_rule(filter, SCMP_ACT_ALLOW, name, 1, &is);

		if (err)
			return err;
	}
	return 0;
}

/*
 * Nothing executable, and nothing from the host's pool of huge pages. Where
 * files may be mapped for execution, nothing that is written at the same time.
 */
static int add_memory(scmp_filter_ctx filter, bool text)
{
	const __u64 never = text ? PROT_EXEC | PROT_WRITE : PROT_EXEC;
	struct scmp_arg_cmp plain[] = { SCMP_CMP(2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0),
					SCMP_CMP(3, SCMP_CMP_MASKED_EQ, MAP_HUGETLB, 0) };
	struct scmp_arg_cmp exec = SCMP_CMP(2, SCMP_CMP_MASKED_EQ, never, never);
	struct scmp_arg_cmp read_only[] = { SCMP_CMP(2, SCMP_CMP_MASKED_EQ, never, PROT_EXEC),
					    SCMP_CMP(3, SCMP_CMP_MASKED_EQ, MAP_HUGETLB, 0) };
	struct scmp_arg_cmp memfd = SCMP_CMP(1, SCMP_CMP_MASKED_EQ, MFD_HUGETLB, 0);
	static const struct {
		const char *name;
		unsigned int n;
	} calls[] = { { "mmap", 2 }, { "mmap2", 2 }, { "mprotect", 1 } };

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		int err = add_rule(filter, SCMP_ACT_ALLOW, calls[i].name, calls[i].n, plain);

		if (!err)
			err = add_rule(filter, SCMP_ACT_ERRNO(EPERM), calls[i].name, 1, &exec);
		if (!err && text)
			err = add_rule(filter, SCMP_ACT_ALLOW, calls[i].name, calls[i].n,
				       read_only);
		if (err)
			return err;
	}
	return add_rule(filter, SCMP_ACT_ALLOW, "memfd_create", 1, &memfd);
}

/* Threads, and nothing else. clone3, whose flags are in memory, gets ENOSYS. */
static int add_clone(scmp_filter_ctx filter)
{
	const unsigned long thread = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |
				     CLONE_THREAD;
	const unsigned long other = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
				    CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_PTRACE |
				    CLONE_UNTRACED | CLONE_VFORK | CLONE_PARENT | CLONE_PIDFD |
				    CLONE_IO;
	struct scmp_arg_cmp is = SCMP_CMP(0, SCMP_CMP_MASKED_EQ, thread | other, thread);
	struct scmp_arg_cmp process = SCMP_CMP(0, SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0);
	int err = add_rule(filter, SCMP_ACT_ALLOW, "clone", 1, &is);

	if (!err)
		err = add_rule(filter, SCMP_ACT_ERRNO(EPERM), "clone", 1, &process);
	return err;
}

/* What the module passes on from its own VM and vCPU fds: no others are there. */
static int add_vm(scmp_filter_ctx filter)
{
	static const unsigned int commands[] = {
		KVM_GET_SUPPORTED_CPUID,
		KVM_CHECK_EXTENSION,
		KVM_IRQ_LINE,
		KVM_GET_CLOCK,
		KVM_SET_CLOCK,
		KVM_GET_REGS,
		KVM_SET_REGS,
		KVM_GET_SREGS,
		KVM_SET_SREGS,
		KVM_GET_FPU,
		KVM_SET_FPU,
		KVM_GET_DEBUGREGS,
		KVM_SET_DEBUGREGS,
		KVM_GET_MSRS,
		KVM_SET_MSRS,
		KVM_GET_MP_STATE,
		KVM_SET_MP_STATE,
		KVM_GET_CPUID2,
		KVM_SET_CPUID2,
		KVM_GET_EMULATED_CPUID,
		KVM_GET_MSR_INDEX_LIST,
		KVM_SIGNAL_MSI,
		KVM_SET_GSI_ROUTING,
		KVM_IRQFD,
		KVM_IOEVENTFD,
		KVM_GET_IRQCHIP,
		KVM_SET_IRQCHIP,
		KVM_GET_PIT2,
		KVM_SET_PIT2,
		KVM_GET_DIRTY_LOG,
		KVM_GET_XCRS,
		KVM_SET_XCRS,
		KVM_GET_LAPIC,
		KVM_SET_LAPIC,
		KVM_GET_VCPU_EVENTS,
		KVM_SET_VCPU_EVENTS,
		KVM_GET_SUPPORTED_HV_CPUID,
		KVM_ENABLE_CAP,
	};

	return add_values(filter, "ioctl", 1, commands, sizeof(commands) / sizeof(commands[0]));
}

/* Commands of rvf, and those that libc and event loops use on any fd. */
static int add_ioctl(scmp_filter_ctx filter)
{
	static const unsigned int commands[] = { TCGETS,  TIOCGWINSZ, FIONREAD,
						 FIONBIO, FIOCLEX,    FIONCLEX };
	struct scmp_arg_cmp rvf = SCMP_CMP(1, SCMP_CMP_MASKED_EQ, 0xff00, RVF_IOC_TYPE << 8);
	int err = add_rule(filter, SCMP_ACT_ALLOW, "ioctl", 1, &rvf);

	return err ? err :
		     add_values(filter, "ioctl", 1, commands,
				sizeof(commands) / sizeof(commands[0]));
}

static int add_fcntl(scmp_filter_ctx filter)
{
	static const unsigned int commands[] = {
		F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD,     F_SETFD,	     F_GETFL,
		F_SETFL, F_ADD_SEALS,	  F_GET_SEALS, F_GETPIPE_SZ,
	};
	int err = add_values(filter, "fcntl", 1, commands, sizeof(commands) / sizeof(commands[0]));

	return err ? err :
		     add_values(filter, "fcntl64", 1, commands,
				sizeof(commands) / sizeof(commands[0]));
}

static int add_prctl(scmp_filter_ctx filter)
{
	static const unsigned int options[] = {
		PR_SET_NAME,	 PR_GET_NAME,	      PR_SET_VMA,
		PR_GET_DUMPABLE, PR_GET_NO_NEW_PRIVS, PR_GET_SECCOMP,
		PR_CAPBSET_READ, PR_GET_SECUREBITS,   PR_GET_PDEATHSIG,
	};

	return add_values(filter, "prctl", 0, options, sizeof(options) / sizeof(options[0]));
}

static int add_special(scmp_filter_ctx filter, int exec_fd)
{
	/* The image, by its fd alone */
	const struct scmp_arg_cmp image[] = {
		SCMP_CMP(0, SCMP_CMP_MASKED_EQ, 0xffffffff, exec_fd),
		SCMP_CMP(4, SCMP_CMP_MASKED_EQ, 0xffffffff, AT_EMPTY_PATH),
	};
	struct scmp_arg_cmp other = SCMP_CMP(0, SCMP_CMP_NE, exec_fd);
	struct scmp_arg_cmp self = SCMP_CMP(0, SCMP_CMP_MASKED_EQ, 0xffffffff, 0);
	static const unsigned int arch[] = { ARCH_SET_FS, ARCH_GET_FS };
	int err = add_rule(filter, SCMP_ACT_ALLOW, "execveat", 2, image);

	if (!err)
		err = add_rule(filter, SCMP_ACT_ERRNO(EPERM), "execveat", 1, &other);
	if (!err)
		err = add_rule(filter, SCMP_ACT_ALLOW, "prlimit64", 1, &self);
	if (!err)
		err = add_values(filter, "arch_prctl", 0, arch, 2);
	return err;
}

/* What a TAP device is asked; its name and state the host gave it. */
static int add_tap(scmp_filter_ctx filter)
{
	static const unsigned int commands[] = { TUNGETFEATURES,  TUNGETIFF,	   TUNSETOFFLOAD,
						 TUNGETVNETHDRSZ, TUNSETVNETHDRSZ, SIOCGIFHWADDR };

	return add_values(filter, "ioctl", 1, commands, sizeof(commands) / sizeof(commands[0]));
}

/*
 * Calls that this filter looks into, or by which a program would get around
 * it: io_uring makes calls that no filter sees, and who can make processes or
 * code is not held by what the image may do.
 */
static const char *const never[] = { "mmap",
				     "mmap2",
				     "mprotect",
				     "pkey_mprotect",
				     "memfd_create",
				     "clone",
				     "clone3",
				     "fork",
				     "vfork",
				     "execve",
				     "execveat",
				     "ioctl",
				     "fcntl",
				     "fcntl64",
				     "prctl",
				     "arch_prctl",
				     "prlimit64",
				     "seccomp",
				     "ptrace",
				     "process_vm_writev",
				     "process_vm_readv",
				     "kcmp",
				     "bpf",
				     "io_uring_setup",
				     "io_uring_enter",
				     "io_uring_register",
				     "remap_file_pages",
				     "shmat",
				     "personality",
				     "uselib",
				     "modify_ldt",
				     "userfaultfd",
				     "perf_event_open",
				     "unshare",
				     "setns",
				     "pidfd_getfd",
				     "map_shadow_stack",
				     "memfd_secret",
				     "init_module",
				     "finit_module",
				     "delete_module",
				     "kexec_load",
				     "kexec_file_load",
				     "open_by_handle_at",
				     "keyctl",
				     "add_key",
				     "request_key" };

bool rvf_jail_syscall_ok(const char *name)
{
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		if (!strcmp(never[i], name))
			return false;
	return seccomp_syscall_resolve_name(name) >= 0;
}

static int add_options(scmp_filter_ctx filter, const struct rvf_process_config *config,
		       const char **bad)
{
	const struct rvf_jail_options *o = config->options;
	int err = config->n_fds ? add_tap(filter) : 0;

	if (!err && config->vm)
		err = add_vm(filter);
	for (size_t i = 0; !err && o && i < o->n_syscalls; i++) {
		*bad = o->syscalls[i];
		if (!rvf_jail_syscall_ok(o->syscalls[i]))
			return -EPERM;
		err = add_rule(filter, SCMP_ACT_ALLOW, o->syscalls[i], 0, NULL);
		if (!err)
			*bad = NULL;
	}
	return err;
}

static int add_rules(scmp_filter_ctx filter, const struct rvf_process_config *config, int exec_fd,
		     const char **bad)
{
	int (*const parts[])(scmp_filter_ctx) = { add_clone, add_ioctl, add_fcntl, add_prctl };
	bool root = config->profile == RVF_PROFILE_CROSVM;
	int err = add_list(filter, config, SCMP_ACT_ALLOW, allowed);

	if (!err)
		err = add_list(filter, config, root ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(ENOENT),
			       paths);
	if (!err)
		err = add_list(filter, config, root ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(EPERM),
			       files);
	if (!err)
		err = add_list(filter, config, SCMP_ACT_ERRNO(root ? EPERM : ENOENT), nowhere);
	if (!err)
		err = add_list(filter, config, SCMP_ACT_ERRNO(EPERM), denied);
	if (!err)
		err = add_memory(filter, config->text);
	for (size_t i = 0; !err && i < sizeof(parts) / sizeof(parts[0]); i++)
		err = parts[i](filter);
	if (!err)
		err = add_options(filter, config, bad);
	return err ? err : add_special(filter, exec_fd);
}

/* libseccomp writes to an fd only. */
static int export_filter(scmp_filter_ctx filter, void **out, size_t *count)
{
	int fd = memfd_create("rvf-filter", MFD_CLOEXEC);
	int err = fd < 0 ? -errno : seccomp_export_bpf(filter, fd);
	off_t size = err ? 0 : lseek(fd, 0, SEEK_END);
	void *data = NULL;

	if (!err && size <= 0)
		err = -EIO;
	if (!err) {
		data = malloc(size);
		if (!data)
			err = -ENOMEM;
		else if (pread(fd, data, size, 0) != size)
			err = -EIO;
	}
	if (fd >= 0)
		close(fd);
	if (err) {
		free(data);
		return err;
	}
	*out = data;
	*count = size / sizeof(struct sock_filter);
	return 0;
}

int rvf_process_filter_for(const struct rvf_process_config *config, void **out, size_t *count,
			   struct rvf_error *e)
{
	unsigned int files_max = config->max_files ? config->max_files : RVF_MAX_FILES;
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	const char *bad = NULL;
	int err = filter ? 0 : -ENOMEM;

	/* Other architectures' calls, x32's included: nothing legitimate makes them */
	if (!err)
		err = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	/* A binary tree, not a list: each call is looked up in a few steps */
	if (!err)
		err = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (!err)
		err = add_rules(filter, config, files_max, &bad);
	if (!err)
		err = export_filter(filter, out, count);
	if (filter)
		seccomp_release(filter);
	if (err && bad) {
		rvf_error_set(e, -err, "jail-syscall",
			      "the system call '%.64s' cannot be allowed besides", bad);
		rvf_error_why(e, err == -EPERM ? "the jail rests on it, or there is none of "
						 "that name" :
						 strerror(-err));
	} else if (err) {
		rvf_error_set(e, -err, "jail", "cannot make the seccomp filter");
		rvf_error_why(e, "%s", strerror(-err));
	}
	return err;
}

int rvf_process_filter(__u32 profile, unsigned int max_files, void **filter, size_t *count,
		       struct rvf_error *e)
{
	struct rvf_process_config config;

	rvf_process_config_init(&config);
	config.profile = profile;
	config.max_files = max_files;
	return rvf_process_filter_for(&config, filter, count, e);
}
