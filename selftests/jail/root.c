// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a process of the profile crosvm has, sees and may do, and what can be
 * asked of a jail besides. Needs root, and no module.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rvf/jail.h>
#include "run.h"
#include "tap.h"

static char dir[] = "/tmp/rvf-root-XXXXXX";

static const char *in_dir(const char *name)
{
	static char paths[8][128];
	static unsigned int n;
	char *path = paths[n++ % 8];

	snprintf(path, sizeof(paths[0]), "%s/%s", dir, name);
	return path;
}

static void write_file(const char *name, const char *text, mode_t mode)
{
	const char *path = in_dir(name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) || fchmod(fd, mode))
		note("%s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
}

static void make_dir(const char *name, mode_t mode)
{
	if (mkdir(in_dir(name), mode) || chmod(in_dir(name), mode))
		note("%s: %s", name, strerror(errno));
}

static void is(const struct run *run, const char *key, const char *wanted)
{
	const char *got = run_value(run, key);

	if (!ok(got && !strcmp(got, wanted), "%s is %s", key, wanted))
		note("it is %s", got ? got : "missing");
}

static void gets(const struct run *run, const char *key, int err)
{
	const char *got = run_value(run, key);

	if (!ok(got && atoi(got) == err, "%s: %s", key, strerror(err)))
		note("it got %s", got ? strerror(atoi(got)) : "nothing");
}

static struct rvf_jail_mount mounts[4];
static struct rvf_jail_options options;

static void set_up(void)
{
	if (!mkdtemp(dir) || chmod(dir, 0755))
		note("%s: %s", dir, strerror(errno));
	make_dir("data", 0777);
	make_dir("data/below", 0755);
	make_dir("data/hidden", 0755);
	make_dir("out", 0777);
	write_file("data/file", "content\n", 0666);
	write_file("data/below/file", "below\n", 0644);
	write_file("data/program", "#!/bin/sh\n", 0755);
	write_file("secret", "secret\n", 0644);
	if (symlink("../secret", in_dir("data/link")) || symlink("data", in_dir("way")))
		note("symlink: %s", strerror(errno));

	mounts[0] = (struct rvf_jail_mount){ strdup(in_dir("data")), "/data", false, false };
	mounts[1] = (struct rvf_jail_mount){ strdup(in_dir("out")), "/out", true, false };
	mounts[2] = (struct rvf_jail_mount){ strdup(in_dir("data/file")), "/one", false, false };
	options = (struct rvf_jail_options){
		.size = sizeof(options), .mounts = mounts, .n_mounts = 3, .tmpfs = 1 << 20
	};
}

static void tear_down(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", dir);
	if (system(command))
		note("%s stays", dir);
}

static void crosvm(struct run *run, const char *command, const char *argument)
{
	run_init(run, command, argument);
	run->config.profile = RVF_PROFILE_CROSVM;
	run->config.options = &options;
}

static void test_see(void)
{
	static const char *const wanted[][2] = {
		{ "ls /", "data,dev,one,out,proc,tmp," },
		{ "ls /dev", "full,null,urandom,zero," },
		{ "ls /proc", "1,self,thread-self," },
		{ "ls /tmp", "" },
		{ "ls /data", "below,file,hidden,link,program," },
		{ "ls /out", "" },
		{ "cat /data/file", "content" },
		{ "cat /data/below/file", "below" },
		{ "cat /data/link", "No such file or directory" },
		{ "cat /one", "content" },
		{ "cat /proc/self/comm", "inside" },
		{ "cat /proc/sys/kernel/hostname", "No such file or directory" },
		{ "cat /proc/cpuinfo", "No such file or directory" },
		{ "cat /proc/keys", "No such file or directory" },
		{ "cat /proc/2/comm", "No such file or directory" },
		{ "tmp_kib", "1024" },
	};
	static const struct {
		const char *what;
		int err;
	} results[] = {
		{ "null_write", 0 },	   { "zero_read", 0 },	      { "full_write", ENOSPC },
		{ "urandom_read", 0 },	   { "kvm", ENOENT },	      { "null_open", 0 },
		{ "random_open", ENOENT }, { "tun", ENOENT },	      { "rvfctl", ENOENT },
		{ "mem", EPERM },	   { "fifo", EPERM },	      { "sock", EPERM },
		{ "root_write", EROFS },   { "root_mkdir", EROFS },   { "dev_unlink", EROFS },
		{ "dev_write", EROFS },	   { "data_create", EROFS },  { "out_create", 0 },
		{ "tmp_create", 0 },	   { "tmp_mkdir", 0 },	      { "tmp_rename", 0 },
		{ "tmp_symlink", 0 },	   { "tmp_leave", EXDEV },    { "self_exe", 0 },
		{ "self_mem", EROFS },	   { "self_fd", EACCES },     { "self_environ", 0 },
		{ "self_ns", 0 },	   { "self_attr", EROFS },    { "oom_score", EROFS },
		{ "up", ENOENT },	   { "execve", EPERM },	      { "mount", EPERM },
		{ "umount", EPERM },	   { "chroot", EPERM },	      { "pivot", EPERM },
		{ "chown", EPERM },	   { "setxattr", ENOSYS },    { "handle_at", EPERM },
		{ "inotify", EPERM },	   { "landlock_off", EPERM }, { "cwd_dev", 0 },
	};
	struct run run;

	crosvm(&run, "look", NULL);
	run.config.task_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (!ok(!run_all(&run), "a program runs in a jail of the profile crosvm"))
		return;
	close(run.config.task_fd);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		is(&run, wanted[i][0], wanted[i][1]);
	for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++)
		gets(&run, results[i].what, results[i].err);
	const char *filled = run_value(&run, "tmp_filled");
	ok(filled && atoi(filled) > 0 && atoi(filled) <= 1024, "its memory has an end");
	ok(!access(in_dir("out/x"), F_OK), "what it wrote is there");
}

/* What the mounts and the filter allow here, and Landlock does not */
static void test_landlock(void)
{
	static const char *const calls[] = { "mknod" };
	struct rvf_jail_options o = options;
	struct run run;

	o.syscalls = calls;
	o.n_syscalls = 1;
	crosvm(&run, "look", NULL);
	run.config.options = &o;
	if (!ok(!run_all(&run), "a program may make nodes"))
		return;
	gets(&run, "fifo", 0);
	gets(&run, "sock", run.lacks & RVF_JAIL_LANDLOCK ? 0 : EACCES);
	gets(&run, "mem", run.lacks & RVF_JAIL_LANDLOCK ? EPERM : EACCES);
}

/* All else is as in a strict jail. */
static void test_as_strict(void)
{
	static const char *const wanted[][2] = {
		{ "ids", "1000,1000,1000,1000,1000,1000" },
		{ "groups", "0" },
		{ "pid", "1" },
		{ "caps", "0,0,0" },
		{ "bounding", "0" },
		{ "securebits", "ef" },
		{ "nnp", "1" },
		{ "seccomp", "2" },
		{ "fds", "0,1,2," },
		{ "limit.nofile", "1024,1024" },
		{ "host", "rvf" },
		{ "cwd", "/" },
		{ "env", "" },
	};
	struct run run;

	crosvm(&run, "see", NULL);
	if (ok(!run_all(&run), "a program looks at itself"))
		for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
			is(&run, wanted[i][0], wanted[i][1]);
	crosvm(&run, "work", NULL);
	ok(!run_all(&run) && !strcmp(run.output, "fine\n"), "it can work");
}

static void refused(struct rvf_jail_mount *mount, int err, const char *what)
{
	struct rvf_jail_options o = { .size = sizeof(o), .mounts = mount, .n_mounts = 1 };
	struct run run;

	crosvm(&run, "see", NULL);
	run.config.options = &o;
	int got = run_start(&run);
	if (!ok(got == -err && run.error.what[0], "%s: %s; %s", what, run.error.what,
		run.error.why))
		note("it got %d", got);
	if (!got)
		run_end(&run);
}

static void test_refused(void)
{
	struct rvf_jail_mount m = mounts[0];
	struct run run;

	m.source = in_dir("nothing");
	refused(&m, ENOENT, "a source that is not there");
	m.source = in_dir("way");
	refused(&m, ELOOP, "a source that is a symbolic link");
	m.source = in_dir("way/below");
	refused(&m, ELOOP, "a source behind a symbolic link");
	m.source = "data";
	refused(&m, EINVAL, "a source that is relative");
	m.source = in_dir("data/../secret");
	refused(&m, EINVAL, "a source that goes up");
	m.source = "/dev/null";
	refused(&m, EINVAL, "a source that is a device");
	m = mounts[0];
	m.target = "/../x";
	refused(&m, EINVAL, "a target that goes up");
	m.target = "/";
	refused(&m, EINVAL, "the root as a target");
	m.target = "/dev/null/x";
	refused(&m, ENOTDIR, "a target below a file");

	crosvm(&run, "see", NULL);
	run.config.profile = RVF_PROFILE_STRICT;
	ok(run_start(&run) == -EINVAL, "an empty root has nothing in it: %s", run.error.why);
}

static void test_own_root(void)
{
	struct rvf_jail_options o = { .size = sizeof(o), .root = strdup(in_dir("root")) };
	struct run run;

	make_dir("root", 0755);
	crosvm(&run, "look", NULL);
	run.config.options = &o;
	ok(run_start(&run) == -ENOENT, "a root without a place for what belongs there: %s; %s",
	   run.error.what, run.error.why);
	make_dir("root/proc", 0755);
	make_dir("root/tmp", 0755);
	make_dir("root/dev", 0755);
	make_dir("root/data", 0755);
	write_file("root/data/file", "in the root\n", 0644);
	static const char *const devices[] = { "null", "zero", "full", "urandom" };
	for (size_t i = 0; i < 4; i++) {
		char name[64];

		snprintf(name, sizeof(name), "root/dev/%s", devices[i]);
		write_file(name, "", 0644);
	}
	crosvm(&run, "look", NULL);
	run.config.options = &o;
	if (!ok(!run_all(&run), "a program has a root of the host's"))
		return;
	is(&run, "ls /", "data,dev,proc,tmp,");
	is(&run, "cat /data/file", "in the root");
	gets(&run, "root_write", EROFS);
	gets(&run, "tmp_create", 0);
	gets(&run, "null_write", 0);
}

/* What the kernel says of its mounts, from outside. */
static void test_mountinfo(void)
{
	char path[64], text[8192], *at = text;
	struct run run;
	int n = 0, bad = 0;

	crosvm(&run, "wait", NULL);
	if (!ok(!run_start(&run), "a program waits"))
		return;
	snprintf(path, sizeof(path), "/proc/%d/mountinfo", rvf_process_pid(run.process));
	int fd = open(path, O_RDONLY);
	ssize_t length = read(fd, text, sizeof(text) - 1);
	text[length < 0 ? 0 : length] = '\0';
	close(fd);
	for (char *line = strsep(&at, "\n"); line && *line; line = strsep(&at, "\n"), n++) {
		/* Of devices nodev would make nothing */
		bool device = strstr(line, " /dev/");

		if (!strstr(line, "nosuid") || !strstr(line, "noexec") ||
		    (!device && !strstr(line, "nodev")) || strstr(line, "shared:") ||
		    strstr(line, "master:")) {
			note("%s", line);
			bad++;
		}
	}
	ok(n == 10 && !bad, "its mounts are the ten that were asked for, and private");
	rvf_process_kill(run.process);
	run_end(&run);
}

static void test_syscalls(void)
{
	static const char *const calls[] = { "mincore", "socketpair" };
	struct rvf_jail_options o = { .size = sizeof(o), .syscalls = calls, .n_syscalls = 1 };
	static const char *const never[] = { "ptrace", "execve",	 "mmap",
					     "bpf",    "io_uring_setup", "no_such_call" };
	struct run run;

	run_init(&run, "call", "mincore");
	if (ok(!run_all(&run), "a program makes a call"))
		gets(&run, "mincore", EPERM);
	run_init(&run, "call", "mincore");
	run.config.options = &o;
	if (ok(!run_all(&run), "it may make one more"))
		gets(&run, "mincore", 0);
	run_init(&run, "call", "socketpair");
	run.config.options = &o;
	if (ok(!run_all(&run), "and no other"))
		gets(&run, "socketpair", EPERM);
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
		o.syscalls = &never[i];
		run_init(&run, "see", NULL);
		run.config.options = &o;
		ok(run_start(&run) == -EPERM, "never %s: %s", never[i], run.error.what);
	}
}

static void test_limits(void)
{
	struct rvf_jail_options o = { .size = sizeof(o),
				      .pinned = true,
				      .cpus = { 1 },
				      .cpu_seconds = 1,
				      .core_scheduling = true };
	struct run run;

	run_init(&run, "cpus", NULL);
	run.config.options = &o;
	if (ok(!run_all(&run), "a program has a CPU of its own")) {
		is(&run, "cpus", "1,1");
		is(&run, "cpu_time", "1,2");
	}
	run_init(&run, "burn", NULL);
	run.config.options = &o;
	ok(!run_all(&run) && run.status.state == RVF_PROCESS_KILLED && run.status.code == SIGKILL &&
		   run.status.cpu_us >= 1000000,
	   "CPU time has an end");
	memset(o.cpus, 0, sizeof(o.cpus));
	o.cpus[100] = 1;
	run_init(&run, "wait", NULL);
	run.config.options = &o;
	if (!ok(!run_start(&run), "a CPU that is not there is no error"))
		return;
	ok(rvf_process_lacks(run.process) & RVF_JAIL_AFFINITY, "it is told that it is not");
	rvf_process_kill(run.process);
	run_end(&run);
}

static void test_fds(void)
{
	int fds[2] = { open("/dev/null", O_RDWR | O_CLOEXEC), open("/dev/zero", O_RDWR) };
	struct run run;

	run_init(&run, "see", NULL);
	run.config.fds = fds;
	run.config.n_fds = 2;
	if (ok(!run_all(&run), "a program is given fds"))
		is(&run, "fds", "0,1,2,4,5,");
	close(fds[0]);
	close(fds[1]);
}

/* With the host's /dev in sight, the cgroup's filter is what is left. */
static void look_from_cgroup(int cgroup, __u32 profile, bool filtered, int null, int random)
{
	struct run run;

	run_init(&run, "look", NULL);
	run.config.profile = profile;
	run.config.unsafe = true;
	run.config.drop = RVF_JAIL_ROOT | RVF_JAIL_MOUNT_NS | RVF_JAIL_SECCOMP | RVF_JAIL_LANDLOCK;
	if (!filtered)
		run.config.drop |= RVF_JAIL_DEVICES;
	run.config.cgroup_fd = cgroup;
	if (!ok(!run_all(&run), "a program looks at the host's devices"))
		return;
	gets(&run, "null_open", null);
	gets(&run, "random_open", random);
}

static void test_devices(void)
{
	const char *path = "/sys/fs/cgroup/rvf-devices";
	int cgroup;

	if (access("/sys/fs/cgroup/cgroup.controllers", F_OK) ||
	    (mkdir(path, 0755) && errno != EEXIST)) {
		ok(true, "a cgroup of its own # SKIP there is no cgroup version 2");
		return;
	}
	cgroup = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	look_from_cgroup(cgroup, RVF_PROFILE_STRICT, false, 0, 0);
	look_from_cgroup(cgroup, RVF_PROFILE_STRICT, true, EPERM, EPERM);
	/* In the place of the last one's */
	look_from_cgroup(cgroup, RVF_PROFILE_CROSVM, true, 0, EPERM);
	close(cgroup);
	rmdir(path);
}

/* A dynamic executable, with the host's libraries. */
static void test_dynamic(void)
{
	struct rvf_jail_mount libraries[2] = {
		{ "/usr/lib", "/lib", false, true },
		{ "/usr/lib64", "/lib64", false, true },
	};
	struct rvf_jail_options o = { .size = sizeof(o), .mounts = libraries, .n_mounts = 2 };
	struct run run;

	run_init(&run, NULL, NULL);
	run.argv[0] = "true";
	run.config.path = "/usr/bin/true";
	run.config.profile = RVF_PROFILE_CROSVM;
	run.config.options = &o;
	run.config.text = true;
	ok(!run_all(&run) && run.status.state == RVF_PROCESS_EXITED && !run.status.code,
	   "a dynamic executable runs when it may map its libraries");
	run.config.text = false;
	ok(run_all(&run) || run.status.code, "and else it does not");
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
	set_up();
	test_see();
	test_landlock();
	test_as_strict();
	test_refused();
	test_own_root();
	test_mountinfo();
	test_syscalls();
	test_limits();
	test_fds();
	test_devices();
	test_dynamic();
	tear_down();
	return done();
}
