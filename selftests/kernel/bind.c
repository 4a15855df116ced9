// SPDX-License-Identifier: GPL-2.0-only
/*
 * RVF_BIND: the whole jail is accepted, and each part of it that is missing
 * alone is refused with its own reason.
 */
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "util_package.h"
#include "util_task.h"

static void own_mount_namespace(void)
{
	must(unshare(CLONE_NEWNS));
	must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
}

FIXTURE(jail)
{
	int mount;
	struct task task;
};

FIXTURE_VARIANT(jail)
{
	unsigned int without;
	unsigned int reason;
};

#define WITHOUT(name, part, reason_)                \
	FIXTURE_VARIANT_ADD(jail, name)             \
	{                                           \
		.without = part, .reason = reason_, \
	}

WITHOUT(user_ns, WITHOUT_USER_NS, RVF_REASON_BIND_USER_NS);
WITHOUT(mount_ns, WITHOUT_MOUNT_NS, RVF_REASON_BIND_NAMESPACE);
WITHOUT(pid_ns, WITHOUT_PID_NS, RVF_REASON_BIND_NAMESPACE);
WITHOUT(net_ns, WITHOUT_NET_NS, RVF_REASON_BIND_NAMESPACE);
WITHOUT(ipc_ns, WITHOUT_IPC_NS, RVF_REASON_BIND_NAMESPACE);
WITHOUT(uts_ns, WITHOUT_UTS_NS, RVF_REASON_BIND_NAMESPACE);
WITHOUT(cgroup_ns, WITHOUT_CGROUP_NS, RVF_REASON_BIND_NAMESPACE);
WITHOUT(root, WITHOUT_ROOT, RVF_REASON_BIND_ROOT);
WITHOUT(empty_root, WITHOUT_EMPTY_ROOT, RVF_REASON_BIND_ROOT);
WITHOUT(read_only_root, WITHOUT_READ_ONLY_ROOT, RVF_REASON_BIND_ROOT);
WITHOUT(tmpfs_root, WITHOUT_TMPFS_ROOT, RVF_REASON_BIND_ROOT);
WITHOUT(cwd, WITHOUT_CWD, RVF_REASON_BIND_ROOT);
WITHOUT(no_new_privs, WITHOUT_NNP, RVF_REASON_BIND_NNP);
WITHOUT(seccomp, WITHOUT_SECCOMP, RVF_REASON_BIND_SECCOMP);
WITHOUT(cap_drop, WITHOUT_CAP_DROP, RVF_REASON_BIND_CAPS);
WITHOUT(bounding_set_drop, WITHOUT_BSET_DROP, RVF_REASON_BIND_CAPS);
WITHOUT(other_uid, WITHOUT_OTHER_UID, RVF_REASON_BIND_USER);
WITHOUT(other_gid, WITHOUT_OTHER_GID, RVF_REASON_BIND_USER);
WITHOUT(same_uids, WITHOUT_SAME_UIDS, RVF_REASON_BIND_USER);
WITHOUT(same_gids, WITHOUT_SAME_GIDS, RVF_REASON_BIND_USER);
WITHOUT(group_drop, WITHOUT_GROUP_DROP, RVF_REASON_BIND_USER);

FIXTURE_SETUP(jail)
{
	own_mount_namespace();
	self->mount = mount_usual(ctl_open());
	must_rvf(supervise(self->mount));
}

FIXTURE_TEARDOWN(jail)
{
	task_kill(&self->task);
	close(self->mount);
}

TEST_F(jail, part_is_missing)
{
	unsigned int without = variant->without, reason;
	struct rvf_task_status status;

	/* An exec under no_new_privs makes ids the same again */
	if (without & (WITHOUT_SAME_UIDS | WITHOUT_SAME_GIDS))
		without |= WITHOUT_NNP;
	task_spawn(&self->task, self->mount, 0, without);
	if (without != variant->without)
		must_rvf(task_call(&self->task, SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	EXPECT_EQ(-EPERM, task_bind(&self->task, &reason));
	EXPECT_EQ(variant->reason, reason);
	/* The supervisor is told too, and nothing else has happened */
	status = task_status(self->mount, 0);
	EXPECT_EQ(variant->reason, status.bind_reason);
	EXPECT_EQ(RVF_TASK_STARTING, status.state);
	EXPECT_EQ(0, status.pid);
	EXPECT_EQ(-EPERM, task_get(&self->task, "data", 0));
	EXPECT_EQ(-EPERM, task_ready(&self->task));
}

/* ---- what a jailed process can still get wrong by itself */

FIXTURE(bind)
{
	int mount;
	struct task task;
};

FIXTURE_SETUP(bind)
{
	own_mount_namespace();
	self->mount = mount_usual(ctl_open());
	must_rvf(supervise(self->mount));
	task_spawn(&self->task, self->mount, 0, 0);
}

FIXTURE_TEARDOWN(bind)
{
	close(self->mount);
}

#define EXPECT_REFUSED(err, expected)                                         \
	do {                                                                  \
		unsigned int reason_;                                         \
		EXPECT_EQ(-(err), task_bind(&self->task, &reason_));          \
		EXPECT_EQ(expected, reason_);                                 \
		EXPECT_EQ(expected, task_status(self->mount, 0).bind_reason); \
	} while (0)

#define EXPECT_BINDS()                                          \
	do {                                                    \
		unsigned int reason_;                           \
		EXPECT_EQ(0, task_bind(&self->task, &reason_)); \
		EXPECT_EQ(RVF_REASON_NONE, reason_);            \
	} while (0)

TEST_F(bind, good)
{
	struct rvf_bind bind = { .size = sizeof(bind), .out_reason = 99 };
	struct rvf_task_status status = task_status(self->mount, 0);

	EXPECT_EQ(RVF_TASK_STARTING, status.state);
	EXPECT_EQ(1, status.incarnation);
	EXPECT_EQ(0, status.pid);
	ASSERT_EQ(0, task_ioctl(&self->task, PROXY_TASK_FD, RVF_BIND, &bind));
	EXPECT_EQ(RVF_REASON_NONE, bind.out_reason);
	EXPECT_EQ(1, bind.out_incarnation);
	status = task_status(self->mount, 0);
	EXPECT_EQ(RVF_TASK_BOUND, status.state);
	EXPECT_EQ(self->task.pid, status.pid);
	EXPECT_EQ(0, status.bind_reason);
	EXPECT_LE(0, task_get(&self->task, "data", 0));
	EXPECT_EQ(0, task_ready(&self->task));
	EXPECT_EQ(-EALREADY, task_ready(&self->task));
	EXPECT_EQ(RVF_TASK_READY, task_status(self->mount, 0).state);
}

TEST_F(bind, twice)
{
	EXPECT_BINDS();
	EXPECT_EQ(-EBUSY, task_bind(&self->task, NULL));
	EXPECT_EQ(RVF_TASK_BOUND, task_status(self->mount, 0).state);
}

/* Refused once, mended, accepted: the reason is forgotten */
TEST_F(bind, after_refusal)
{
	must_rvf(task_call(&self->task, SYS_personality, ADDR_NO_RANDOMIZE));
	EXPECT_REFUSED(EPERM, RVF_REASON_BIND_PERSONALITY);
	must_rvf(task_call(&self->task, SYS_personality, 0));
	EXPECT_BINDS();
	EXPECT_EQ(0, task_status(self->mount, 0).bind_reason);
}

TEST_F(bind, personality)
{
	static const unsigned long odd[] = { READ_IMPLIES_EXEC, ADDR_NO_RANDOMIZE,
					     ADDR_COMPAT_LAYOUT, MMAP_PAGE_ZERO, PER_BSD };

	for (unsigned int i = 0; i < ARRAY_SIZE(odd); i++) {
		must_rvf(task_call(&self->task, SYS_personality, odd[i]));
		EXPECT_REFUSED(EPERM, RVF_REASON_BIND_PERSONALITY);
	}
}

TEST_F(bind, second_thread)
{
	must_rvf(task_call(&self->task, PROXY_CLONE,
			   CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
				   CLONE_SYSVSEM,
			   1));
	EXPECT_REFUSED(EPERM, RVF_REASON_BIND_THREADS);
	/* From either of them */
	{
		struct rvf_bind bind = { .size = sizeof(bind) };

		EXPECT_EQ(-EPERM, task_ioctl_on(&self->task, 1, PROXY_TASK_FD, RVF_BIND, &bind));
		EXPECT_EQ(RVF_REASON_BIND_THREADS, bind.out_reason);
	}
	/* When it has ended, it does not count any more */
	task_call_on(&self->task, 1, SYS_getpid, 0, 0, 0, 0, 0, 0);
	close(self->task.socket[1]);
	sleep_ms(200);
	EXPECT_BINDS();
}

TEST_F(bind, shared_fd_table)
{
	must_rvf(task_call(&self->task, PROXY_CLONE, CLONE_FILES | SIGCHLD, 1));
	EXPECT_REFUSED(EPERM, RVF_REASON_BIND_FILES);
}

TEST_F(bind, shared_root)
{
	must_rvf(task_call(&self->task, PROXY_CLONE, CLONE_FS | SIGCHLD, 1));
	EXPECT_REFUSED(EPERM, RVF_REASON_BIND_ROOT);
}

TEST_F(bind, shared_memory_map)
{
	must_rvf(task_call(&self->task, PROXY_CLONE, CLONE_VM | SIGCHLD, 1));
	EXPECT_REFUSED(EAGAIN, RVF_REASON_BIND_MM);
	close(self->task.socket[1]);
	sleep_ms(200);
	EXPECT_BINDS();
}

/* A child of its own does not share anything */
TEST_F(bind, child)
{
	must_rvf(task_call(&self->task, PROXY_CLONE, SIGCHLD, 1));
	EXPECT_BINDS();
}

/* Also where it cannot be written, and has no page yet */
TEST_F(bind, executable_anonymous_memory)
{
	static const int rights[] = { PROT_READ | PROT_WRITE | PROT_EXEC, PROT_READ | PROT_EXEC };

	for (unsigned int i = 0; i < ARRAY_SIZE(rights); i++) {
		long page = task_call(&self->task, SYS_mmap, 0, 4096, rights[i],
				      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		must_rvf(page);
		EXPECT_REFUSED(EPERM, RVF_REASON_BIND_TEXT);
		must_rvf(task_call(&self->task, SYS_mprotect, page, 4096, PROT_READ));
	}
	EXPECT_BINDS();
}

TEST_F(bind, executable_file_memory)
{
	long fd = task_call(&self->task, SYS_memfd_create, task_put(&self->task, "other", 6), 0);

	must_rvf(fd);
	must_rvf(task_call(&self->task, SYS_ftruncate, fd, 4096));
	must_rvf(task_call(&self->task, SYS_mmap, 0, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, fd,
			   0));
	EXPECT_REFUSED(EPERM, RVF_REASON_BIND_TEXT);
}

/* The image's own text, made writable: what runs is what was signed no more */
TEST_F(bind, writable_text)
{
	must_rvf(task_call(&self->task, SYS_mprotect, 0x401000, 4096,
			   PROT_READ | PROT_WRITE | PROT_EXEC));
	EXPECT_REFUSED(EPERM, RVF_REASON_BIND_TEXT);
}

TEST_F(bind, rewritten_text)
{
	must_rvf(task_call(&self->task, SYS_mprotect, 0x401000, 4096,
			   PROT_READ | PROT_WRITE | PROT_EXEC));
	/* The last byte of the page is none of the program's */
	EXPECT_EQ(0x90, task_call(&self->task, PROXY_POKE, 0x401fff, 0x90));
	must_rvf(task_call(&self->task, SYS_mprotect, 0x401000, 4096, PROT_READ | PROT_EXEC));
	EXPECT_REFUSED(EPERM, RVF_REASON_BIND_TEXT);
}

TEST_F(bind, traced)
{
	must(ptrace(PTRACE_SEIZE, self->task.pid, NULL, NULL));
	EXPECT_REFUSED(EPERM, RVF_REASON_BIND_TRACED);
}

TEST_F(bind, dumpable)
{
	must_rvf(task_call(&self->task, SYS_prctl, PR_SET_DUMPABLE, 1));
	EXPECT_REFUSED(EPERM, RVF_REASON_BIND_DUMPABLE);
	must_rvf(task_call(&self->task, SYS_prctl, PR_SET_DUMPABLE, 0));
	EXPECT_BINDS();
}

/* ---- each capability set alone */

static void set_caps(struct task *task, unsigned int permitted, unsigned int inheritable)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {
		{ .permitted = permitted, .inheritable = inheritable },
	};
	void *there = task_put(task, &header, sizeof(header));

	must_rvf(task_call(task, SYS_capset, there, task_put(task, data, sizeof(data))));
}

FIXTURE(caps)
{
	int mount;
	struct task task;
};

FIXTURE_SETUP(caps)
{
	own_mount_namespace();
	self->mount = mount_usual(ctl_open());
	must_rvf(supervise(self->mount));
	task_spawn(&self->task, self->mount, 0, WITHOUT_CAP_DROP);
	must_rvf(task_call(&self->task, SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0,
			   0));
}

FIXTURE_TEARDOWN(caps)
{
	close(self->mount);
}

TEST_F(caps, permitted_alone)
{
	set_caps(&self->task, 1, 0);
	EXPECT_REFUSED(EPERM, RVF_REASON_BIND_CAPS);
}

TEST_F(caps, inheritable_alone)
{
	set_caps(&self->task, 0, 1);
	EXPECT_REFUSED(EPERM, RVF_REASON_BIND_CAPS);
}

TEST_F(caps, none)
{
	set_caps(&self->task, 0, 0);
	EXPECT_BINDS();
}

TEST_HARNESS_MAIN
