// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a jailed process has, sees and may do. Needs root, and no module.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run.h"
#include "tap.h"

static void is(const struct run *run, const char *key, const char *wanted)
{
	const char *got = run_value(run, key);

	if (!ok(got && !strcmp(got, wanted), "%s is %s", key, wanted))
		note("it is %s", got ? got : "missing");
}

static void test_inside(void)
{
	static const char *const wanted[][2] = {
		{ "ids", "1000,1000,1000,1000,1000,1000" },
		{ "groups", "0" },
		{ "pid", "1" },
		{ "ppid", "0" },
		{ "sid", "1" },
		{ "caps", "0,0,0" },
		{ "bounding", "0" },
		{ "securebits", "ef" },
		{ "nnp", "1" },
		{ "seccomp", "2" },
		{ "pdeathsig", "9" },
		{ "fds", "0,1,2," },
		{ "limit.nofile", "1024,1024" },
		{ "limit.core", "0,0" },
		{ "limit.nproc", "7,7" },
		{ "limit.memlock", "0,0" },
		{ "limit.rtprio", "0,0" },
		{ "limit.msgqueue", "0,0" },
		{ "blocked", "0" },
		{ "handlers", "0" },
		{ "host", "rvf" },
		{ "umask", "77" },
		{ "cwd", "/" },
		{ "argv", "inside|see|" },
		{ "env", "" },
	};
	struct run run;
	sigset_t set;

	/* What must not come along */
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	for (int i = 0; i < 20; i++)
		if (dup(1) < 0)
			break;
	setenv("SECRET", "1", 1);

	run_init(&run, "see", NULL);
	run.config.max_threads = 7;
	if (!ok(!run_all(&run), "a program runs in a jail"))
		return;
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		is(&run, wanted[i][0], wanted[i][1]);
}

static void test_task_fd(void)
{
	char *env[] = { "A=1", "RVF_TASK_FD=7", "CROSVM_SOCKET=8", NULL };
	struct run run;

	run_init(&run, "see", NULL);
	run.config.task_fd = eventfd(0, 0);
	run.config.envp = env;
	if (!ok(!run_all(&run), "a program is given a task fd"))
		return;
	close(run.config.task_fd);
	is(&run, "fds", "0,1,2,3,");
	is(&run, "env", "A=1|RVF_TASK_FD=3|CROSVM_SOCKET=3|");
}

struct denial {
	const char *call;
	int err;
};

static void are_denied(const struct run *run, const struct denial *wanted, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *got = run_value(run, wanted[i].call);

		if (!ok(got && atoi(got) == wanted[i].err, "%s: %s", wanted[i].call,
			strerror(wanted[i].err)))
			note("it got %s", got ? strerror(atoi(got)) : "nothing");
	}
}

static void test_denied(void)
{
	static const struct denial wanted[] = {
		{ "mmap_exec", EPERM },
		{ "mmap_exec_file", EPERM },
		{ "mmap_huge", ENOSYS },
		{ "memfd_huge", ENOSYS },
		{ "mprotect_exec", EPERM },
		{ "pkey_mprotect", EPERM },
		{ "execve", EPERM },
		{ "execveat_memfd", EPERM },
		{ "dup_to_image", EBADF },
		{ "execveat_image", EBADF },
		{ "execveat_path", ENOSYS },
		{ "fork", EPERM },
		{ "vfork", EPERM },
		{ "clone", EPERM },
		{ "clone_user", EPERM },
		{ "clone_vm", EPERM },
		{ "clone3", ENOSYS },
		{ "unshare", EPERM },
		{ "setns", EPERM },
		{ "socket", EPERM },
		{ "socketpair", EPERM },
		{ "io_uring", EPERM },
		{ "bpf", EPERM },
		{ "ptrace", EPERM },
		{ "keyctl", EPERM },
		{ "add_key", EPERM },
		{ "userfaultfd", EPERM },
		{ "perf", EPERM },
		{ "mount", EPERM },
		{ "fsopen", EPERM },
		{ "personality", EPERM },
		{ "seccomp", EPERM },
		{ "setuid", EPERM },
		{ "capset", EPERM },
		{ "splice", EPERM },
		{ "shmget", EPERM },
		{ "prctl_dumpable", ENOSYS },
		{ "prctl_pdeathsig", ENOSYS },
		{ "prctl_mm", ENOSYS },
		{ "ioctl_tiocsti", ENOSYS },
		{ "ioctl_rvf", ENOTTY },
		{ "open", ENOENT },
		{ "openat", ENOENT },
		{ "mkdir", ENOENT },
		{ "stat_proc", ENOENT },
		{ "nofile", EPERM },
		{ "unknown", ENOSYS },
		{ "kill_parent", ESRCH },
	};
	struct run run;

	run_init(&run, "denied", NULL);
	if (!ok(!run_all(&run) && run.status.state == RVF_PROCESS_EXITED && !run.status.code,
		"a program lives after all that it is denied"))
		return;
	are_denied(&run, wanted, sizeof(wanted) / sizeof(wanted[0]));
}

/* Without a VM the filter knows none of its commands; with one, those that rvf has. */
static void test_kvm(void)
{
	for (int vm = 0; vm < 2; vm++) {
		const int err = vm ? ENOTTY : ENOSYS;
		const struct denial wanted[] = {
			{ "check_extension", err }, { "irqfd", err },	     { "get_regs", err },
			{ "enable_cap", err },	    { "create_vm", ENOSYS }, { "run", ENOSYS },
		};
		struct run run;

		run_init(&run, "kvm", NULL);
		run.config.vm = vm;
		if (ok(!run_all(&run), "a program with%s a VM", vm ? "" : "out"))
			are_denied(&run, wanted, sizeof(wanted) / sizeof(wanted[0]));
	}
}

static void test_work(void)
{
	struct run run;

	run_init(&run, "work", NULL);
	if (!ok(!run_all(&run) && !strcmp(run.output, "fine\n"),
		"threads, memory, timers, events, pipes and signals work"))
		note("%s", run.output);
	run_init(&run, "fds", NULL);
	run.config.max_files = 64;
	ok(!run_all(&run) && atoi(run.output) == 61, "it may have as many fds as it was given");
	run_init(&run, "stderr", NULL);
	ok(!run_all(&run) && !strcmp(run.output, "to stderr\n"), "stderr is where it was put");
}

static void test_ends(void)
{
	struct rvf_process_status status;
	struct run run;

	run_init(&run, "exit", "7");
	ok(!run_all(&run) && run.status.state == RVF_PROCESS_EXITED && run.status.code == 7,
	   "an exit code is told");
	run_init(&run, "crash", NULL);
	ok(!run_all(&run) && run.status.state == RVF_PROCESS_KILLED && run.status.code == SIGILL,
	   "a crash is told");

	run_init(&run, "wait", NULL);
	if (!ok(!run_start(&run), "a program waits"))
		return;
	ok(rvf_process_is_started(run.process), "it is started");
	ok(!rvf_process_try_wait(run.process, &status) && status.state == RVF_PROCESS_RUNNING,
	   "it runs");
	ok(rvf_process_wait(run.process, 50, &status) == -ETIMEDOUT, "a wait ends in time");
	kill(rvf_process_pid(run.process), SIGTERM);
	ok(rvf_process_wait(run.process, 50, &status) == -ETIMEDOUT,
	   "as number 1 of its namespace, it is killed by SIGKILL only");
	ok(!rvf_process_kill(run.process) && !rvf_process_wait(run.process, 5000, &status) &&
		   status.state == RVF_PROCESS_KILLED && status.code == SIGKILL,
	   "it can be killed");
	ok(!rvf_process_try_wait(run.process, &status) && status.code == SIGKILL &&
		   !rvf_process_wait(run.process, 0, &status) && status.code == SIGKILL,
	   "its end is remembered");
	ok(!rvf_process_kill(run.process), "killing it again is no error");
	run_end(&run);
}

static char *read_proc(pid_t pid, const char *name, char *text, size_t room)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, text, room - 1);

	if (fd >= 0)
		close(fd);
	text[n < 0 ? 0 : n] = '\0';
	return text;
}

static bool same_ns(pid_t pid, const char *name)
{
	char path[64];
	struct stat own, other;

	snprintf(path, sizeof(path), "/proc/self/ns/%s", name);
	if (stat(path, &own))
		return true;
	snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, name);
	return stat(path, &other) || own.st_ino == other.st_ino;
}

static bool status_has(pid_t pid, const char *line)
{
	char text[8192];

	return strstr(read_proc(pid, "status", text, sizeof(text)), line);
}

static int count_entries(pid_t pid, const char *name)
{
	char path[64];
	int n = 0;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	DIR *dir = opendir(path);
	if (!dir)
		return -1;
	for (struct dirent *entry; (entry = readdir(dir));)
		n += entry->d_name[0] != '.';
	closedir(dir);
	return n;
}

static void test_outside(void)
{
	static const char *const namespaces[] = { "user", "mnt", "pid",	  "ipc",
						  "uts",  "net", "cgroup" };
	static const char *const lines[] = { "\nCapInh:\t0000000000000000\n",
					     "\nCapPrm:\t0000000000000000\n",
					     "\nCapEff:\t0000000000000000\n",
					     "\nCapBnd:\t0000000000000000\n",
					     "\nCapAmb:\t0000000000000000\n",
					     "\nNoNewPrivs:\t1\n",
					     "\nSeccomp:\t2\n",
					     "\nGroups:\t \n" };
	char text[8192], wanted[128];
	struct run run;

	run_init(&run, "wait", NULL);
	if (!ok(!run_start(&run), "a program waits"))
		return;
	pid_t pid = rvf_process_pid(run.process);
	uid_t uid = rvf_process_uid(run.process);

	ok(uid >= RVF_UID_BASE && uid < RVF_UID_BASE + RVF_UID_COUNT, "its id is from the range");
	snprintf(wanted, sizeof(wanted), "\nUid:\t%u\t%u\t%u\t%u\nGid:\t%u\t%u\t%u\t%u\n", uid, uid,
		 uid, uid, uid, uid, uid, uid);
	ok(status_has(pid, wanted), "all its ids are that one on the host");
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		ok(status_has(pid, lines[i]), "the kernel says %.*s",
		   (int)strcspn(lines[i] + 1, "\n"), lines[i] + 1);
	for (size_t i = 0; i < sizeof(namespaces) / sizeof(namespaces[0]); i++)
		ok(!same_ns(pid, namespaces[i]), "its %s namespace is another", namespaces[i]);
	ok(count_entries(pid, "root") == 0, "its root is empty");
	ok(count_entries(pid, "task") == 1, "it has one thread");
	read_proc(pid, "mountinfo", text, sizeof(text));
	ok(strchr(text, '\n') == strrchr(text, '\n') &&
		   strstr(text, " / / ro,nosuid,nodev,noexec") && strstr(text, "tmpfs rvf ro"),
	   "it has one mount, a read-only tmpfs");
	snprintf(wanted, sizeof(wanted), "%10u %10u %10u\n", RVF_JAIL_UID, uid, 1);
	ok(!strcmp(read_proc(pid, "uid_map", text, sizeof(text)), wanted), "it maps one user id");
	ok(!strcmp(read_proc(pid, "gid_map", text, sizeof(text)), wanted), "it maps one group id");
	ok(!strcmp(read_proc(pid, "setgroups", text, sizeof(text)), "deny\n"),
	   "groups cannot be set in it");
	ok(!strcmp(read_proc(pid, "personality", text, sizeof(text)), "00000000\n"),
	   "its execution domain is the plain one");
	rvf_process_kill(run.process);
	run_end(&run);
}

static int count_fds(void)
{
	return count_entries(getpid(), "fd");
}

static void fails(const char *path, int err, const char *name)
{
	int before = count_fds();
	struct run run;

	run_init(&run, "see", NULL);
	run.config.path = path;
	int got = run_start(&run);
	ok(got == -err && run.error.err == err && run.error.what[0], "%s: %s", name,
	   run.error.what);
	if (got != -err)
		note("%d; %s", got, run.error.why);
	if (!got) {
		rvf_process_kill(run.process);
		run_end(&run);
	}
	ok(count_fds() == before && waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD,
	   "it leaves nothing behind");
}

static void test_failures(void)
{
	char path[] = "/tmp/rvf-jail-XXXXXX";
	struct run run;
	int fd = mkstemp(path);

	fails("/nonexistent", ENOENT, "a program that is not there");
	fails("/bin/true", ENOENT, "a dynamic executable");
	fails("/dev", EACCES, "a directory");
	(void)!write(fd, "#!/bin/sh\n", 10);
	close(fd);
	fails(path, EACCES, "a file that may not be executed");
	chmod(path, 0755);
	fails(path, ENOENT, "a script");
	fd = open(path, O_WRONLY | O_TRUNC);
	(void)!write(fd, "nonsense", 8);
	close(fd);
	fails(path, ENOEXEC, "a file that is no program");
	unlink(path);

	run_init(&run, "see", NULL);
	run.config.profile = RVF_PROFILE_CROSVM + 1;
	ok(run_start(&run) == -EINVAL, "no such profile: %s", run.error.what);
	run_init(&run, "see", NULL);
	run.config.drop = RVF_JAIL_SECCOMP;
	ok(run_start(&run) == -EINVAL, "parts are not left out by mistake: %s", run.error.what);
}

static void test_leases(void)
{
	char path[] = "/tmp/rvf-lease-XXXXXX";
	struct run runs[3];
	int fd = mkstemp(path);

	close(fd);
	for (int i = 0; i < 3; i++) {
		run_init(&runs[i], "wait", NULL);
		runs[i].config.uid_base = 500000;
		runs[i].config.uid_count = 2;
		runs[i].config.uid_locks = path;
	}
	ok(!run_start(&runs[0]) && !run_start(&runs[1]), "two programs share a range of two ids");
	ok(rvf_process_uid(runs[0].process) + rvf_process_uid(runs[1].process) == 1000001,
	   "each has its own");
	ok(run_start(&runs[2]) == -EUSERS, "a third gets none: %s", runs[2].error.what);
	uid_t uid = rvf_process_uid(runs[0].process);
	rvf_process_kill(runs[0].process);
	run_end(&runs[0]);
	ok(!run_start(&runs[2]) && rvf_process_uid(runs[2].process) == uid,
	   "it gets the first one's when that has ended");
	for (int i = 1; i < 3; i++) {
		rvf_process_kill(runs[i].process);
		run_end(&runs[i]);
	}
	unlink(path);
}

/* The parent is killed: its jailed process must not live on. */
static void test_parent_death(void)
{
	int ends[2];
	pid_t pid = 0;

	if (pipe(ends))
		return;
	pid_t parent = fork();
	if (parent == 0) {
		struct run run;

		run_init(&run, "wait", NULL);
		if (!run_start(&run))
			pid = rvf_process_pid(run.process);
		(void)!write(ends[1], &pid, sizeof(pid));
		for (;;)
			pause();
	}
	ok(read(ends[0], &pid, sizeof(pid)) == sizeof(pid) && pid > 0 && !kill(pid, 0),
	   "another process starts a program");
	kill(parent, SIGKILL);
	waitpid(parent, NULL, 0);
	bool gone = false;
	for (int i = 0; i < 200 && !gone; i++) {
		gone = kill(pid, 0) && errno == ESRCH;
		usleep(10000);
	}
	ok(gone, "it is killed with whoever started it");
	close(ends[0]);
	close(ends[1]);
}

static void *spawn_some(void *argument)
{
	int *good = argument;

	for (int i = 0; i < 10; i++) {
		struct run *run = malloc(sizeof(*run));

		run_init(run, "exit", "3");
		if (!run_all(run) && run->status.code == 3)
			__atomic_add_fetch(good, 1, __ATOMIC_SEQ_CST);
		free(run);
	}
	return NULL;
}

static void test_threads(void)
{
	pthread_t threads[6];
	int good = 0, before = count_fds();

	for (int i = 0; i < 6; i++)
		pthread_create(&threads[i], NULL, spawn_some, &good);
	for (int i = 0; i < 6; i++)
		pthread_join(threads[i], NULL);
	ok(good == 60, "six threads start ten programs each (%d)", good);
	ok(count_fds() == before, "no fd is left");
}

static bool starts_in_background(struct run *run, const char *command)
{
	run_init(run, command, NULL);
	run->config.background = true;
	return !run_start(run);
}

/* Several starts at once; each needs its parent to go on. */
static void test_background(void)
{
	struct run runs[8];
	int started = 0, waiting = 0, before = count_fds();

	for (int i = 0; i < 8; i++)
		started += starts_in_background(&runs[i], "exit");
	ok(started == 8, "eight programs are started in the background");
	for (int i = 0; i < 8; i++)
		waiting += rvf_process_stage(runs[i].process) == RVF_STAGE_SPAWNED &&
			   !rvf_process_is_started(runs[i].process);
	ok(waiting == 8, "none can go on by itself");
	started = 0;
	for (int i = 0; i < 8; i++)
		started += !rvf_process_wait_started(runs[i].process, -1, NULL);
	ok(started == 8, "they are executed when somebody waits for it");
	for (int i = 0; i < 8; i++)
		run_end(&runs[i]);
	ok(count_fds() == before, "no fd is left");

	if (!ok(starts_in_background(&runs[0], "wait"), "a program in the background"))
		return;
	int err;
	do {
		struct pollfd pfd = { rvf_process_start_fd(runs[0].process), POLLIN, 0 };

		poll(&pfd, 1, 10000);
		err = rvf_process_wait_started(runs[0].process, 0, NULL);
	} while (err == -EINPROGRESS);
	ok(!err && rvf_process_stage(runs[0].process) == RVF_STAGE_EXECUTED,
	   "its start can be polled");
	ok(rvf_process_is_started(runs[0].process) &&
		   !rvf_process_wait_ready(runs[0].process, 0, NULL),
	   "that is all that is to be known of what is no task");
	rvf_process_signal_kill(runs[0].process);
	ok(rvf_process_stage(runs[0].process) == RVF_STAGE_STOPPING, "it is asked to end");
	rvf_process_kill(runs[0].process);
	run_end(&runs[0]);

	run_init(&runs[0], "see", NULL);
	runs[0].config.background = true;
	runs[0].config.path = "/bin/true";
	if (!ok(!run_start(&runs[0]), "one that cannot be executed, in the background"))
		return;
	ok(rvf_process_wait_started(runs[0].process, -1, &runs[0].error) == -ENOENT &&
		   runs[0].error.err == ENOENT,
	   "it is told: %s", runs[0].error.what);
	ok(rvf_process_wait_started(runs[0].process, 0, NULL) == -ENOENT &&
		   rvf_process_wait_ready(runs[0].process, 0, NULL) == -ENOENT,
	   "and remembered");
	run_end(&runs[0]);

	/* Nobody goes on with its start. */
	if (!ok(starts_in_background(&runs[0], "wait"), "a program in the background"))
		return;
	rvf_process_free(runs[0].process, 0);
	close(runs[0].pipe[0]);
	ok(count_fds() == before && waitpid(-1, NULL, WNOHANG) < 0, "it can be let go unstarted");
}

/* Which part of the jail shows how, when it is left out. */
static void test_drop(void)
{
	static const struct {
		__u32 part;
		const char *ns;
	} namespaces[] = { { RVF_JAIL_PID_NS, "pid" },	{ RVF_JAIL_IPC_NS, "ipc" },
			   { RVF_JAIL_UTS_NS, "uts" },	{ RVF_JAIL_CGROUP_NS, "cgroup" },
			   { RVF_JAIL_NET_NS, "net" },	{ RVF_JAIL_MOUNT_NS, "mnt" },
			   { RVF_JAIL_USER_NS, "user" } };
	static const struct {
		__u32 part;
		const char *line;
	} lines[] = { { RVF_JAIL_NNP, "\nNoNewPrivs:\t0\n" },
		      { RVF_JAIL_SECCOMP, "\nSeccomp:\t0\n" },
		      { RVF_JAIL_CAPS, "\nCapPrm:\t0000000000000400\n" },
		      { RVF_JAIL_ID, "\nUid:\t0\t0\t0\t0\n" } };
	struct run run;

	for (size_t i = 0; i < sizeof(namespaces) / sizeof(namespaces[0]); i++) {
		run_init(&run, "wait", NULL);
		run.config.unsafe = true;
		run.config.drop = namespaces[i].part;
		bool started = !run_start(&run);

		ok(started && same_ns(rvf_process_pid(run.process), namespaces[i].ns),
		   "without its %s namespace it has ours", namespaces[i].ns);
		if (!started) {
			note("%s; %s", run.error.what, run.error.why);
			continue;
		}
		rvf_process_kill(run.process);
		run_end(&run);
	}
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		run_init(&run, "wait", NULL);
		run.config.unsafe = true;
		run.config.drop = lines[i].part;
		bool started = !run_start(&run);

		ok(started && status_has(rvf_process_pid(run.process), lines[i].line),
		   "with a part left out the kernel says %.*s",
		   (int)strcspn(lines[i].line + 1, "\n"), lines[i].line + 1);
		if (!started) {
			note("%s; %s", run.error.what, run.error.why);
			continue;
		}
		rvf_process_kill(run.process);
		run_end(&run);
	}
}

static void test_netns(void)
{
	struct run runs[2];
	struct stat a = { 0 }, b = { 0 };
	char path[64];
	int netns = rvf_process_netns(NULL);

	ok(netns >= 0 && !fstat(netns, &a), "a network namespace is made to be shared");
	for (int i = 0; i < 2; i++) {
		run_init(&runs[i], "wait", NULL);
		runs[i].config.netns_fd = netns;
		if (!ok(!run_start(&runs[i]), "a program joins it"))
			return;
		snprintf(path, sizeof(path), "/proc/%d/ns/net", rvf_process_pid(runs[i].process));
		ok(!stat(path, &b) && a.st_ino == b.st_ino, "it is in it");
	}
	close(netns);
	for (int i = 0; i < 2; i++) {
		rvf_process_kill(runs[i].process);
		run_end(&runs[i]);
	}
}

int main(int argc, char **argv)
{
	static char path[4096];

	if (geteuid() != 0) {
		puts("1..0 # SKIP this needs root");
		return 4;
	}
	snprintf(path, sizeof(path), "%.*s/inside", (int)(strrchr(argv[0], '/') - argv[0]),
		 argv[0]);
	inside_path = argc > 1 ? argv[1] : path;
	test_inside();
	test_task_fd();
	test_denied();
	test_kvm();
	test_work();
	test_ends();
	test_outside();
	test_failures();
	test_leases();
	test_parent_death();
	test_threads();
	test_background();
	test_drop();
	test_netns();
	return done();
}
