// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a developer's key may relax: for nobody else, and nothing beside it.
 */
#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "util_package.h"
#include "util_task.h"

#define LIBRARY "/mnt/library"

FIXTURE(relaxed)
{
	int ctl;
	int mount;
	struct task task;
};

FIXTURE_SETUP(relaxed)
{
	must(unshare(CLONE_NEWNS));
	must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	self->ctl = ctl_open();
	key_trust(self->ctl, KEY_OWNER);
	key_trust(self->ctl, KEY_DEVELOPER);
	self->mount = -1;
}

FIXTURE_TEARDOWN(relaxed)
{
	close(self->mount);
}

/* Its second component relaxes; RVF_MOUNT's result */
static int try_mount(int ctl, uint32_t relax, enum test_key key, bool both, struct rvf_mount *arg)
{
	struct pkg *pkg = pkg_usual();

	pkg->components[1].entry.relax = htole32(relax);
	pkg_finish(pkg, key);
	if (both)
		pkg_sign_more(pkg, KEY_DEVELOPER);
	return pkg_mount(pkg, ctl, NULL, arg);
}

static int mount_relaxed(int ctl, uint32_t relax)
{
	struct rvf_mount arg;
	int fd = try_mount(ctl, relax, KEY_DEVELOPER, false, &arg);

	must_rvf(fd);
	must_rvf(supervise(fd));
	return fd;
}

TEST_F(relaxed, not_for_an_ordinary_key)
{
	struct rvf_mount arg;
	uint8_t id[RVF_KEY_ID_LEN];

	for (uint32_t relax = 1; relax <= 3; relax++) {
		EXPECT_EQ(-EACCES, try_mount(self->ctl, relax, KEY_OWNER, false, &arg));
		EXPECT_EQ(RVF_REASON_KEY_DEVELOPER, arg.out_reason);
		EXPECT_EQ(1, arg.out_index);
	}
	/* The one of two signers that may is the one that counts */
	self->mount = try_mount(self->ctl, RVF_RELAX_TEXT, KEY_OWNER, true, &arg);
	EXPECT_LE(0, self->mount);
	key_id(KEY_DEVELOPER, id);
	EXPECT_EQ(0, memcmp(id, arg.out_key_id, sizeof(id)));
}

TEST_F(relaxed, told)
{
	self->mount = mount_relaxed(self->ctl, RVF_RELAX_TEXT | RVF_RELAX_ROOT);
	EXPECT_EQ(0, task_status(self->mount, 0).relaxed);
	EXPECT_EQ(RVF_RELAX_TEXT | RVF_RELAX_ROOT, task_status(self->mount, 1).relaxed);
}

TEST_F(relaxed, profile_crosvm)
{
	struct pkg *pkg = pkg_usual();
	struct rvf_mount arg;
	unsigned int reason;

	pkg->components[0].entry.profile = htole32(RVF_PROFILE_CROSVM);
	pkg_finish(pkg, KEY_OWNER);
	self->mount = pkg_mount(pkg, self->ctl, NULL, &arg);
	ASSERT_LE(0, self->mount);
	must_rvf(supervise(self->mount));
	EXPECT_EQ(RVF_RELAX_ROOT, task_status(self->mount, 0).relaxed);
	task_spawn(&self->task, self->mount, 0, WITHOUT_EMPTY_ROOT);
	EXPECT_EQ(0, task_bind(&self->task, &reason));
	task_kill(&self->task);
	/* The other component's profile is strict */
	task_spawn(&self->task, self->mount, 1, WITHOUT_EMPTY_ROOT);
	EXPECT_EQ(-EPERM, task_bind(&self->task, &reason));
	EXPECT_EQ(RVF_REASON_BIND_ROOT, reason);
}

/* ---- the root */

FIXTURE(root)
{
	int mount;
	struct task task;
};

FIXTURE_VARIANT(root)
{
	uint32_t relax;
	unsigned int without;
	unsigned int reason; /* 0: binds */
};

#define ROOT(name, relax_, part, reason_)                           \
	FIXTURE_VARIANT_ADD(root, name)                             \
	{                                                           \
		.relax = relax_, .without = part, .reason = reason_ \
	}

ROOT(not_empty, RVF_RELAX_ROOT, WITHOUT_EMPTY_ROOT, 0);
ROOT(writable, RVF_RELAX_ROOT, WITHOUT_READ_ONLY_ROOT, 0);
ROOT(no_tmpfs, RVF_RELAX_ROOT, WITHOUT_TMPFS_ROOT, 0);
ROOT(only_text, RVF_RELAX_TEXT, WITHOUT_EMPTY_ROOT, RVF_REASON_BIND_ROOT);
ROOT(outside, RVF_RELAX_ROOT, WITHOUT_CWD, RVF_REASON_BIND_ROOT);
ROOT(mount_ns, RVF_RELAX_ROOT | RVF_RELAX_TEXT, WITHOUT_MOUNT_NS, RVF_REASON_BIND_NAMESPACE);
ROOT(nnp, RVF_RELAX_ROOT | RVF_RELAX_TEXT, WITHOUT_NNP, RVF_REASON_BIND_NNP);
ROOT(uid, RVF_RELAX_ROOT | RVF_RELAX_TEXT, WITHOUT_OTHER_UID, RVF_REASON_BIND_USER);

FIXTURE_SETUP(root)
{
	int ctl = ctl_open();

	must(unshare(CLONE_NEWNS));
	must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	key_trust(ctl, KEY_DEVELOPER);
	self->mount = mount_relaxed(ctl, variant->relax);
}

FIXTURE_TEARDOWN(root)
{
	task_kill(&self->task);
	close(self->mount);
}

TEST_F(root, is_looked_at)
{
	unsigned int reason;

	task_spawn(&self->task, self->mount, 1, variant->without);
	EXPECT_EQ(variant->reason ? -EPERM : 0, task_bind(&self->task, &reason));
	EXPECT_EQ(variant->reason, reason);
}

TEST_F(relaxed, shared_root)
{
	unsigned int reason;

	self->mount = mount_relaxed(self->ctl, RVF_RELAX_ROOT);
	task_spawn(&self->task, self->mount, 1, 0);
	must_rvf(task_call(&self->task, PROXY_CLONE, CLONE_FS | SIGCHLD, 1));
	EXPECT_EQ(-EPERM, task_bind(&self->task, &reason));
	EXPECT_EQ(RVF_REASON_BIND_ROOT, reason);
}

/* ---- the code */

/* A file on a mount of its own, read-only or not */
static int library(bool read_only)
{
	int fd;

	must(mount("library", "/mnt", "tmpfs", 0, NULL));
	fd = must(open(LIBRARY, O_RDWR | O_CREAT, 0755));
	must(ftruncate(fd, 2 * 4096));
	close(fd);
	if (read_only)
		must(mount(NULL, "/mnt", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
	return must(open(LIBRARY, O_RDONLY | O_CLOEXEC));
}

/* Gives the plugin a library, and maps it there as code */
static long map_library(struct task *task, bool read_only, int protection)
{
	int fd = library(read_only);
	long there = task_give_fd(task, 2, fd);
	long at;

	must_rvf(there);
	close(fd);
	at = task_call(task, SYS_mmap, 0, 4096, protection, MAP_PRIVATE, there, 0);
	must_rvf(at);
	must_rvf(task_call(task, SYS_close, there));
	return at;
}

static void start_relaxed(struct task *task, int *mount, int ctl, uint32_t relax)
{
	*mount = mount_relaxed(ctl, relax);
	task_spawn(task, *mount, 1, 0);
}

TEST_F(relaxed, library)
{
	unsigned int reason;

	start_relaxed(&self->task, &self->mount, self->ctl, RVF_RELAX_TEXT);
	map_library(&self->task, true, PROT_READ | PROT_EXEC);
	EXPECT_EQ(0, task_bind(&self->task, &reason));
}

TEST_F(relaxed, library_with_the_root_relaxed_only)
{
	unsigned int reason;

	start_relaxed(&self->task, &self->mount, self->ctl, RVF_RELAX_ROOT);
	map_library(&self->task, true, PROT_READ | PROT_EXEC);
	EXPECT_EQ(-EPERM, task_bind(&self->task, &reason));
	EXPECT_EQ(RVF_REASON_BIND_TEXT, reason);
}

TEST_F(relaxed, library_that_others_can_write)
{
	unsigned int reason;

	start_relaxed(&self->task, &self->mount, self->ctl, RVF_RELAX_TEXT);
	map_library(&self->task, false, PROT_READ | PROT_EXEC);
	EXPECT_EQ(-EPERM, task_bind(&self->task, &reason));
	EXPECT_EQ(RVF_REASON_BIND_TEXT, reason);
}

TEST_F(relaxed, library_that_it_can_write)
{
	unsigned int reason;
	long at;

	start_relaxed(&self->task, &self->mount, self->ctl, RVF_RELAX_TEXT);
	at = map_library(&self->task, true, PROT_READ | PROT_WRITE | PROT_EXEC);
	EXPECT_EQ(-EPERM, task_bind(&self->task, &reason));
	EXPECT_EQ(RVF_REASON_BIND_TEXT, reason);
	/* What was written stays, and is nobody's code */
	must_rvf(task_call(&self->task, PROXY_POKE, at, 0x90));
	must_rvf(task_call(&self->task, SYS_mprotect, at, 4096, PROT_READ | PROT_EXEC));
	EXPECT_EQ(-EPERM, task_bind(&self->task, &reason));
	EXPECT_EQ(RVF_REASON_BIND_TEXT, reason);
}

TEST_F(relaxed, memory_is_no_library)
{
	unsigned int reason;
	long fd;

	start_relaxed(&self->task, &self->mount, self->ctl, RVF_RELAX_TEXT | RVF_RELAX_ROOT);
	fd = task_call(&self->task, SYS_memfd_create, task_put(&self->task, "code", 5), 0);
	must_rvf(fd);
	must_rvf(task_call(&self->task, SYS_ftruncate, fd, 4096));
	must_rvf(task_call(&self->task, SYS_mmap, 0, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, fd,
			   0));
	EXPECT_EQ(-EPERM, task_bind(&self->task, &reason));
	EXPECT_EQ(RVF_REASON_BIND_TEXT, reason);
}

TEST_F(relaxed, another_program)
{
	unsigned int reason;
	const void *other;
	size_t length;

	start_relaxed(&self->task, &self->mount, self->ctl, RVF_RELAX_TEXT | RVF_RELAX_ROOT);
	other = plugin_image("plugin_proxy", &length);
	task_ask_exec(&self->task, other, length);
	EXPECT_EQ(-EPERM, task_bind(&self->task, &reason));
	EXPECT_EQ(RVF_REASON_BIND_IMAGE, reason);
}

TEST_HARNESS_MAIN
