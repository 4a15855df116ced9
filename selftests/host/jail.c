// SPDX-License-Identifier: GPL-2.0-only
/* What a manifest may ask of a jail, and what the host allows. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <rvf/jail.h>

#include "tap.h"

static char dir[] = "/tmp/rvf-policy-XXXXXX";

/* @text: entries with a "|" behind each, for its NUL. */
static int parse(const char *text, __u32 profile, struct rvf_jail_options **options,
		 struct rvf_error *e)
{
	size_t length = strlen(text);
	char *copy = strdup(text);

	for (size_t i = 0; i < length; i++)
		if (copy[i] == '|')
			copy[i] = '\0';
	int err = rvf_jail_parse(copy, length, profile, options, e);
	free(copy);
	return err;
}

static void refused(const char *text, __u32 profile, int err)
{
	struct rvf_jail_options *options = NULL;
	struct rvf_error e = { 0 };

	tap_ok(parse(text, profile, &options, &e) == -err && e.err == err && !options,
	       "refused: %s (%s)", text, e.why);
}

static void test_all(void)
{
	struct rvf_jail_options *o = NULL;
	struct rvf_error e = { 0 };

	tap_need(!parse("root=/srv/a|mount=/b:/c:ro|mount=/d:/d/e:rw|tmpfs=4096|syscall=mincore|"
			"syscall=mlock|cpus=0-2,9|core-scheduling=1|time=1500|cpu-time=3|tap=tap0|",
			RVF_PROFILE_CROSVM, &o, &e),
		 "all keys are refused");
	tap_ok(!strcmp(o->root, "/srv/a") && o->n_mounts == 2 && o->tmpfs == 4096,
	       "root, mounts and tmpfs");
	tap_ok(!strcmp(o->mounts[0].source, "/b") && !strcmp(o->mounts[0].target, "/c") &&
		       !o->mounts[0].writable && !o->mounts[0].executable,
	       "a mount that is read");
	tap_ok(!strcmp(o->mounts[1].target, "/d/e") && o->mounts[1].writable,
	       "a mount that is written");
	tap_ok(o->n_syscalls == 2 && !strcmp(o->syscalls[1], "mlock"), "system calls");
	tap_ok(o->pinned && o->cpus[0] == 7 && o->cpus[1] == 2, "CPUs");
	tap_ok(o->core_scheduling && o->time_ms == 1500 && o->cpu_seconds == 3 &&
		       !strcmp(o->tap, "tap0"),
	       "the rest");
	rvf_jail_free(o);
	o = NULL;
	tap_ok(!parse("", RVF_PROFILE_STRICT, &o, &e) && !o->root && !o->n_mounts && !o->pinned,
	       "nothing at all");
	rvf_jail_free(o);
}

static void test_refused(void)
{
	static const char *const bad[] = {
		"root=srv|",
		"root=/|",
		"root=/a/|",
		"root=/a//b|",
		"root=/a/../b|",
		"root=/./a|",
		"root=|",
		"mount=/a|",
		"mount=/a:/b|",
		"mount=/a:/b:|",
		"mount=/a:/b:rx|",
		"mount=/a:b:ro|",
		"mount=/a:/b:ro:rw|",
		"tmpfs=0|",
		"tmpfs=4095|",
		"tmpfs=04096|",
		"tmpfs=4096k|",
		"tmpfs=-1|",
		"tmpfs=99999999999999999999999|",
		"syscall=|",
		"syscall=Open|",
		"syscall=a b|",
		"cpus=|",
		"cpus=1024|",
		"cpus=3-1|",
		"cpus=1,1|",
		"cpus=2-4,4|",
		"cpus=0,|",
		"cpus=-1|",
		"core-scheduling=0|",
		"time=0|",
		"time=4294967296|",
		"cpu-time=0|",
		"tap=|",
		"tap=a/b|",
		"tap=sixteen-letters-|",
		"tap=tap%d|",
		/* twice, or in another order */
		"cpus=0|cpus=1|",
		"tap=a|cpus=1|",
		"syscall=a|mount=/a:/b:ro|",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refused(bad[i], RVF_PROFILE_CROSVM, EINVAL);
	refused("later=1|", RVF_PROFILE_CROSVM, EOPNOTSUPP);
	refused("cpus|", RVF_PROFILE_CROSVM, EOPNOTSUPP);
	refused("=1|", RVF_PROFILE_CROSVM, EOPNOTSUPP);
	refused("root=/a|", RVF_PROFILE_STRICT, EINVAL);
	refused("mount=/a:/b:ro|", RVF_PROFILE_STRICT, EINVAL);
	refused("tmpfs=4096|", RVF_PROFILE_STRICT, EINVAL);
}

static void test_many(void)
{
	struct rvf_jail_options *o = NULL;
	char text[4096] = "";

	for (int i = 0; i < RVF_JAIL_MOUNTS; i++)
		strcat(text, "mount=/a:/b:ro|");
	tap_ok(!parse(text, RVF_PROFILE_CROSVM, &o, NULL), "as many mounts as are possible");
	rvf_jail_free(o);
	strcat(text, "mount=/a:/b:ro|");
	tap_ok(parse(text, RVF_PROFILE_CROSVM, &o, NULL) == -EINVAL, "and one more");
	*text = '\0';
	for (int i = 0; i <= RVF_JAIL_SYSCALLS; i++)
		strcat(text, "syscall=a|");
	tap_ok(parse(text, RVF_PROFILE_CROSVM, &o, NULL) == -EINVAL, "too many system calls");
}

static void policy(const char *name, const char *text, mode_t mode)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	unlink(path);
	if (!text)
		return;
	int fd = open(path, O_WRONLY | O_CREAT, 0600);
	tap_need(fd >= 0 && write(fd, text, strlen(text)) >= 0 && !fchmod(fd, mode),
		 "a file cannot be written");
	close(fd);
}

static void allowed(const char *text, int err, const char *what)
{
	struct rvf_jail_options *o = NULL;
	struct rvf_error e = { 0 };

	tap_need(!parse(text, RVF_PROFILE_CROSVM, &o, NULL), "it is refused");
	int got = rvf_jail_allowed(o, dir, &e);
	tap_ok(got == -err && e.err == err, "%s: %s", what, err ? e.what : "allowed");
	rvf_jail_free(o);
}

static void test_policy(void)
{
	tap_need(mkdtemp(dir), "no directory");
	allowed("tmpfs=4096|cpus=0|core-scheduling=1|time=5|cpu-time=5|", 0,
		"what takes nothing from the host");
	allowed("mount=/srv/a:/a:ro|", EPERM, "no file");
	policy("mounts", "# /srv/a\n/srv/ab\n/srv/a/b\n\n /out\trw # all\nsrv rw\n/odd wr\n", 0644);
	allowed("mount=/srv/a:/a:ro|", EPERM, "above what is named");
	allowed("mount=/srv/abc:/a:ro|", EPERM, "beside what is named");
	allowed("mount=/srv/ab:/a:ro|", 0, "what is named");
	allowed("mount=/srv/ab/c/d:/a:ro|", 0, "below it");
	allowed("mount=/srv/ab:/a:rw|", EPERM, "to be written, where reading is named");
	allowed("mount=/out/x:/a:rw|", 0, "to be written");
	allowed("mount=/out/x:/a:ro|", 0, "to be read, where writing is named");
	allowed("mount=/odd:/a:ro|", EPERM, "an entry of another form");
	allowed("mount=/srv/ab:/a:ro|mount=/etc:/e:ro|", EPERM, "one of two");
	allowed("root=/srv/ab|", 0, "a root");
	allowed("root=/srv|", EPERM, "another root");
	policy("mounts", "/\n", 0644);
	allowed("mount=/etc:/a:ro|", 0, "everything");
	policy("mounts", "/\n", 0664);
	allowed("mount=/etc:/a:ro|", EPERM, "a file that a group may write");
	policy("mounts", NULL, 0);

	policy("syscalls", "mincore\nmlock # why\n", 0644);
	allowed("syscall=mincore|syscall=mlock|", 0, "two system calls");
	allowed("syscall=mincore|syscall=munlock|", EPERM, "one of two");
	policy("syscalls", NULL, 0);
	policy("taps", "tap0\n", 0600);
	allowed("tap=tap0|", 0, "a TAP device");
	allowed("tap=tap|", EPERM, "another one");
	policy("taps", NULL, 0);
	rmdir(dir);
}

int main(void)
{
	tap_begin();
	test_all();
	test_refused();
	test_many();
	if (geteuid() == 0)
		test_policy();
	else
		tap_ok(true, "the host's policy # SKIP this needs root");
	return tap_end();
}
