// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Starting a jailed process: the parent's side.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/sched.h>

#include "process_internal.h"
#include "process_object.h"

#define TIMEOUT_MS 10000

/**
 * struct spawn - What a start needs and gives back in the end
 * @config: The caller's.
 * @name: Of the program, for errors.
 * @child: What the child is told.
 * @opened: Fds that are closed in the end.
 * @n_opened: How many.
 * @filter: BPF.
 * @envp: The environment, made.
 * @env: Room for two variables in it.
 * @argv: Used when the caller has none.
 * @process: The object.
 */
struct spawn {
	const struct rvf_process_config *config;
	const char *name;
	struct rvf_child child;
	int opened[8];
	int n_opened;
	void *filter;
	char **envp;
	char env[2][32];
	char *argv[2];
	struct rvf_process *process;
};

void rvf_process_config_init(struct rvf_process_config *config)
{
	*config = (struct rvf_process_config){
		.size = sizeof(*config),
		.profile = RVF_PROFILE_STRICT,
		.image_fd = -1,
		.task_fd = -1,
		.stdin_fd = -1,
		.stdout_fd = -1,
		.stderr_fd = -1,
		.cgroup_fd = -1,
		.devices_fd = -1,
		.netns_fd = -1,
		.mount_fd = -1,
	};
}

static int no_memory(struct rvf_error *e)
{
	rvf_error_set(e, ENOMEM, "no-memory", "there is no memory");
	return -ENOMEM;
}

static int invalid(struct rvf_error *e, const char *what)
{
	rvf_error_set(e, EINVAL, "jail", "%s", what);
	return -EINVAL;
}

static int check_options(const struct rvf_process_config *config, struct rvf_error *e)
{
	const struct rvf_jail_options *o = config->options;

	if (!o)
		return 0;
	if (o->size != sizeof(*o))
		return invalid(e, "struct rvf_jail_options has another size");
	if (config->profile != RVF_PROFILE_CROSVM && (o->root || o->n_mounts || o->tmpfs))
		return invalid(e, "the root of the profile 'strict' is empty");
	if (o->n_mounts > RVF_JAIL_MOUNTS || o->n_syscalls > RVF_JAIL_SYSCALLS)
		return invalid(e, "more mounts or system calls than are possible");
	return 0;
}

static int check(const struct rvf_process_config *config, struct rvf_error *e)
{
	if (!config || config->size != sizeof(*config))
		return invalid(e, "struct rvf_process_config has another size");
	if (config->drop && !config->unsafe)
		return invalid(e, "parts of the jail can be left out in tests only");
	if (config->drop & ~(__u32)RVF_JAIL_ALL)
		return invalid(e, "there are no such parts of a jail");
	if (config->image_fd < 0 && !config->path)
		return invalid(e, "there is nothing to execute");
	if (config->argv && !config->argv[0])
		return invalid(e, "argv[0] is missing");
	if (config->profile > RVF_PROFILE_CROSVM)
		return invalid(e, "there is no such profile");
	if (config->n_fds > RVF_JAIL_FDS_MAX)
		return invalid(e, "it is given more fds than are possible");
	return check_options(config, e);
}

static int keep(struct spawn *s, int fd)
{
	if (fd >= 0)
		s->opened[s->n_opened++] = fd;
	return fd;
}

/* Fd 0 is at its end, and what goes to 1 and 2 goes nowhere. */
static int prepare_stdio(struct spawn *s, struct rvf_error *e)
{
	const struct rvf_process_config *c = s->config;
	int ends[2], null = -1;

	s->child.stdio[0] = c->stdin_fd;
	s->child.stdio[1] = c->stdout_fd;
	s->child.stdio[2] = c->stderr_fd;
	if (c->stdin_fd < 0) {
		if (pipe2(ends, O_CLOEXEC))
			goto fail;
		s->child.stdio[0] = keep(s, ends[0]);
		close(ends[1]);
	}
	if (c->stdout_fd < 0 || c->stderr_fd < 0) {
		null = keep(s, open("/dev/null", O_WRONLY | O_CLOEXEC));
		if (null < 0)
			goto fail;
	}
	for (int i = 1; i < 3; i++)
		if (s->child.stdio[i] < 0)
			s->child.stdio[i] = null;
	return 0;
fail:;
	int err = errno;
	rvf_error_set(e, err, "jail", "cannot make standard streams for '%s'", s->name);
	rvf_error_why(e, "%s", strerror(err));
	return -err;
}

static int prepare_image(struct spawn *s, struct rvf_error *e)
{
	s->child.image = s->config->image_fd;
	if (s->child.image >= 0)
		return 0;
	s->child.image = keep(s, open(s->config->path, O_PATH | O_CLOEXEC));
	if (s->child.image >= 0)
		return 0;

	int err = errno;
	rvf_error_set(e, err, "no-program", "cannot open '%s'", s->config->path);
	rvf_error_why(e, "%s", strerror(err));
	return -err;
}

/* The caller's, without variables of ours, and ours. */
static int prepare_environment(struct spawn *s, struct rvf_error *e)
{
	static char *const none[] = { NULL };
	char *const *from = s->config->envp ? s->config->envp : none;
	size_t n = 0, used = 0;

	while (from[n])
		n++;
	s->envp = calloc(n + 3, sizeof(char *));
	if (!s->envp)
		return no_memory(e);
	for (size_t i = 0; i < n; i++)
		if (strncmp(from[i], "RVF_TASK_FD=", 12) && strncmp(from[i], "CROSVM_SOCKET=", 14))
			s->envp[used++] = from[i];
	if (s->config->task_fd >= 0) {
		snprintf(s->env[0], sizeof(s->env[0]), "RVF_TASK_FD=%d", RVF_JAIL_TASK_FD);
		snprintf(s->env[1], sizeof(s->env[1]), "CROSVM_SOCKET=%d", RVF_JAIL_TASK_FD);
		s->envp[used++] = s->env[0];
		s->envp[used++] = s->env[1];
	}
	s->child.envp = s->envp;

	s->argv[0] = (char *)s->name;
	s->child.argv = s->config->argv ? s->config->argv : s->argv;
	return 0;
}

static int prepare_limits(struct spawn *s, struct rvf_error *e)
{
	unsigned int files = s->config->max_files ? s->config->max_files : RVF_MAX_FILES;
	struct rlimit limit;

	if (files < 16 || files > 1u << 20)
		return invalid(e, "max_files is out of its range");
	/* The child holds some above the program's limit before it executes. */
	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_max < files + 16u) {
		rvf_error_set(e, EMFILE, "limit", "%u file descriptors cannot be given to '%s'",
			      files, s->name);
		rvf_error_hint(e, "raise RLIMIT_NOFILE (ulimit -n) above %u", files + 16);
		return -EMFILE;
	}
	s->child.exec_fd = files;
	s->child.max_threads = s->config->max_threads;
	return 0;
}

static int prepare_filter(struct spawn *s, struct rvf_error *e)
{
	const struct rvf_process_config *c = s->config;
	size_t count = c->filter_count;
	int err = c->filter ? 0 : rvf_process_filter_for(c, &s->filter, &count, e);

	if (err)
		return err;
	s->child.filter.filter = c->filter ? (void *)c->filter : s->filter;
	s->child.filter.len = count;
	return 0;
}

/* What the options say, as the child needs it. */
static int prepare_options(struct spawn *s, struct rvf_error *e)
{
	const struct rvf_jail_options *o = s->config->options;
	struct rvf_child *child = &s->child;
	__u64 tmpfs = o && o->tmpfs ? o->tmpfs : RVF_TMPFS_BYTES;

	child->profile = s->config->profile;
	child->root_tree = -1;
	child->own_root = o && o->root;
	child->fds = s->config->fds;
	child->n_fds = s->config->n_fds;
	snprintf(child->tmpfs, sizeof(child->tmpfs), "%llu", (unsigned long long)tmpfs);
	if (o) {
		child->cpu_seconds = o->cpu_seconds;
		child->pinned = o->pinned && child->jail & RVF_JAIL_AFFINITY;
		memcpy(child->cpus, o->cpus, sizeof(child->cpus));
		child->core_scheduling = o->core_scheduling && child->jail & RVF_JAIL_CORE;
	}
	/* The host's root has all this already. */
	if (child->profile != RVF_PROFILE_CROSVM || !(child->jail & RVF_JAIL_ROOT) ||
	    !(child->jail & RVF_JAIL_MOUNT_NS))
		return 0;
	return rvf_mounts_open(child, o, s->config->text, e);
}

/* Before there is a process in the cgroup, which might be quicker. */
static int prepare_devices(struct spawn *s, struct rvf_error *e)
{
	const struct rvf_process_config *c = s->config;
	int program = c->devices_fd;

	if (c->cgroup_fd < 0 || !(s->child.jail & RVF_JAIL_DEVICES))
		return 0;
	if (program < 0)
		program = keep(s, rvf_process_devices(c->profile, e));
	return program < 0 ? program : rvf_devices_attach(program, c->cgroup_fd, e);
}

static int prepare_object(struct spawn *s, struct rvf_error *e)
{
	const struct rvf_process_config *c = s->config;
	int ends[2];

	s->process = calloc(1, sizeof(*s->process));
	if (!s->process)
		return no_memory(e);
	pthread_mutex_init(&s->process->lock, NULL);
	pthread_mutex_init(&s->process->start_lock, NULL);
	s->process->pidfd = -1;
	s->process->sync = -1;
	s->process->mount_fd = c->mount_fd;
	s->process->component = c->component;
	s->process->incarnation = c->incarnation;
	s->process->name = strdup(s->name);
	s->process->lease = -1;
	if (!s->process->name)
		return no_memory(e);
	if (s->child.jail & RVF_JAIL_ID) {
		int lease = rvf_lease_id(c->uid_locks, c->uid_base ? c->uid_base : RVF_UID_BASE,
					 c->uid_count ? c->uid_count : RVF_UID_COUNT,
					 &s->process->uid, e);

		if (lease < 0)
			return lease;
		s->process->lease = lease;
	}
	s->child.host_id = s->process->uid;
	snprintf(s->child.owner, sizeof(s->child.owner), "%u", s->process->uid);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends)) {
		int err = errno;

		rvf_error_set(e, err, "jail", "cannot make a socket pair");
		rvf_error_why(e, "%s", strerror(err));
		return -err;
	}
	s->process->sync = ends[0];
	s->child.sync = keep(s, ends[1]);
	return 0;
}

static int prepare(struct spawn *s, struct rvf_error *e)
{
	int (*const parts[])(struct spawn *, struct rvf_error *) = {
		prepare_image,	 prepare_stdio,	  prepare_environment, prepare_limits,
		prepare_options, prepare_devices, prepare_filter,      prepare_object,
	};
	int err = 0;

	s->child.jail = RVF_JAIL_ALL & ~s->config->drop;
	if (s->config->outlives)
		s->child.jail &= ~RVF_JAIL_DEATH;
	s->child.task = s->config->task_fd;
	s->child.root_tree = -1;
	s->child.netns = s->config->netns_fd;
	for (size_t i = 0; !err && i < sizeof(parts) / sizeof(parts[0]); i++)
		err = parts[i](s, e);
	return err;
}

/* The caller's handlers must not run in the child: no signal comes through. */
static pid_t make_child(struct spawn *s)
{
	struct clone_args args = {
		.flags = CLONE_PIDFD,
		.pidfd = (__u64)(unsigned long)&s->process->pidfd,
		.exit_signal = SIGCHLD,
	};
	sigset_t all, before;

	if (s->child.jail & RVF_JAIL_PID_NS)
		args.flags |= CLONE_NEWPID;
	if (s->config->cgroup_fd >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = s->config->cgroup_fd;
	}
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);

	pid_t pid = syscall(SYS_clone3, &args, sizeof(args));
	if (pid == 0)
		rvf_process_child(&s->child);

	int err = errno;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = err;
	return pid;
}

static int start(struct spawn *s, struct rvf_error *e)
{
	struct rvf_process *process = s->process;
	unsigned int timeout = s->config->timeout_ms ? s->config->timeout_ms : TIMEOUT_MS;

	process->pid = make_child(s);
	if (process->pid < 0) {
		int err = errno;

		rvf_error_set(e, err, "jail", "cannot start a process for '%s'", s->name);
		rvf_error_why(e, "%s", strerror(err));
		process->pidfd = -1;
		return -err;
	}
	process->start_deadline_ms = rvf_process_now_ms() + timeout;
	return 0;
}

/* What the child has is its own by now: of the parent's nothing must be left. */
static void release(struct spawn *s)
{
	for (int i = 0; i < s->n_opened; i++)
		close(s->opened[i]);
	rvf_mounts_close(&s->child);
	free(s->filter);
	free(s->envp);
}

static void discard(struct rvf_process *process)
{
	if (process && process->pidfd >= 0)
		rvf_process_free(process, 0);
	else
		rvf_process_leave(process);
}

int rvf_process_spawn(const struct rvf_process_config *config, struct rvf_process **process,
		      struct rvf_error *e)
{
	struct spawn s = { .config = config };
	int err = check(config, e);

	if (err)
		return err;
	s.name = config->argv ? config->argv[0] : config->path ? config->path : "program";
	err = prepare(&s, e);
	if (!err)
		err = start(&s, e);
	release(&s);
	if (!err && !config->background)
		err = rvf_process_wait_started(s.process, -1, e);
	if (err) {
		discard(s.process);
		return err;
	}
	*process = s.process;
	return 0;
}
