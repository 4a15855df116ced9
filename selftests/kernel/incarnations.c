// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is left of a task for the next one to run in its place: what lies in
 * regions and queues stays, what the process held is over. The same when the
 * supervisor went in between.
 */
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "util_package.h"
#include "util_task.h"

#define SLOTS	  8
#define SLOT_SIZE 1000

/* Ways for a task to end */
enum ends {
	BY_EXIT,
	BY_SIGNAL,
	BY_CLAIM, /* its supervisor's claim is closed, another one takes over */
};

FIXTURE(again)
{
	int ctl;
	int mount; /* never the claim */
	const char *name;
};

FIXTURE_VARIANT(again)
{
	enum ends end;
};

FIXTURE_VARIANT_ADD(again, exit){
	.end = BY_EXIT,
};

FIXTURE_VARIANT_ADD(again, signal){
	.end = BY_SIGNAL,
};

FIXTURE_VARIANT_ADD(again, claim_closed){
	.end = BY_CLAIM,
};

FIXTURE_SETUP(again)
{
	struct pkg *pkg = pkg_usual();

	self->ctl = ctl_open();
	key_trust(self->ctl, KEY_OWNER);
	pkg_grant(pkg, 0, RVF_OBJECT_REGION, pkg_slab(pkg, "slab", SLOTS, SLOT_SIZE),
		  RVF_RIGHT_READ | RVF_RIGHT_WRITE | RVF_RIGHT_GRANT | RVF_RIGHT_REVOKE, 0);
	pkg_finish(pkg, KEY_OWNER);
	self->name = unique_name("/test/again");
	self->mount = must_rvf(pkg_mount(pkg, self->ctl, self->name, NULL));
}

FIXTURE_TEARDOWN(again)
{
	EXPECT_EQ(0, unmount(self->mount, 0));
	EXPECT_TRUE(wait_gone(self->mount));
}

/* Ends it; returns a claim under which the next one can be started */
static int end(FIXTURE_DATA(again) * self, enum ends how, int claim, struct task *task)
{
	unsigned int state = how == BY_CLAIM ? RVF_TASK_DECLARED : RVF_TASK_EXITED;

	switch (how) {
	case BY_EXIT:
		task_ask(task, SYS_exit_group, 3);
		break;
	case BY_SIGNAL:
		must(kill(task->pid, SIGKILL));
		break;
	default:
		close(claim);
	}
	task_reap(task);
	if (!wait_task_state(self->mount, 0, state))
		die("not in state %u", state);
	if (how == BY_CLAIM) {
		claim = must_rvf(open_mount(self->ctl, self->name));
		must_rvf(supervise(claim));
	}
	return claim;
}

static void start(struct task *task, int claim)
{
	task_spawn(task, claim, 0, 0);
	must_rvf(task_bind(task, NULL));
}

static long task_write(struct task *task, int fd, const char *text)
{
	return task_call(task, SYS_write, fd, task_put(task, text, strlen(text)), strlen(text));
}

static long task_read(struct task *task, int fd, char *text, size_t length)
{
	void *there = task_alloc(task, length);
	long result = task_call(task, SYS_read, fd, there, length);

	memcpy(text, there, length);
	return result;
}

TEST_F(again, contents_stay)
{
	int claim = must_rvf(open_mount(self->ctl, self->name)), log, queue, slab;
	struct rvf_slot_alloc alloc = { .size = sizeof(alloc) };
	struct rvf_slot_io io = { .size = sizeof(io), .length = 5 };
	char text[QUEUE_MESSAGE] = "";
	struct task task;
	uint64_t slot;

	must_rvf(supervise(claim));
	start(&task, claim);
	EXPECT_EQ(1, task.incarnation);
	log = must_rvf(task_get(&task, "log", 0));
	queue = must_rvf(task_get(&task, "queue", 0));
	slab = must_rvf(task_get(&task, "slab", 0));
	EXPECT_EQ(5, task_write(&task, log, "first"));
	EXPECT_EQ(3, task_write(&task, queue, "one"));
	EXPECT_EQ(3, task_write(&task, queue, "two"));
	ASSERT_EQ(0, task_ioctl(&task, slab, RVF_SLOT_ALLOC, &alloc));
	slot = alloc.out_slot;
	io.slot = slot;
	io.buffer = (uintptr_t)task_put(&task, "kept!", 5);
	ASSERT_EQ(0, task_ioctl(&task, slab, RVF_SLOT_WRITE, &io));

	claim = end(self, variant->end, claim, &task);
	start(&task, claim);
	EXPECT_EQ(2, task.incarnation);

	/* What was appended, and behind it there is room */
	log = must_rvf(task_get(&task, "log", 0));
	EXPECT_EQ(6, task_write(&task, log, "second"));
	EXPECT_EQ(11, task_read(&task, log, text, sizeof(text)));
	EXPECT_EQ(0, memcmp(text, "firstsecond", 11));
	/* Messages, in their order */
	queue = must_rvf(task_get(&task, "queue", 0));
	EXPECT_EQ(3, task_read(&task, queue, text, sizeof(text)));
	EXPECT_EQ(0, memcmp(text, "one", 3));
	EXPECT_EQ(3, task_read(&task, queue, text, sizeof(text)));
	EXPECT_EQ(0, memcmp(text, "two", 3));
	/* The slot, under the same handle; it is still taken */
	slab = must_rvf(task_get(&task, "slab", 0));
	io.slot = slot;
	io.buffer = (uintptr_t)task_alloc(&task, 5);
	ASSERT_EQ(0, task_ioctl(&task, slab, RVF_SLOT_READ, &io));
	EXPECT_EQ(0, memcmp((void *)(uintptr_t)io.buffer, "kept!", 5));
	ASSERT_EQ(0, task_ioctl(&task, slab, RVF_SLOT_ALLOC, &alloc));
	EXPECT_NE(slot, alloc.out_slot);
	task_kill(&task);
	close(claim);
}

/* Handles, what was derived from them, wherever they went, and mappings */
TEST_F(again, handles_are_revoked)
{
	int claim = must_rvf(open_mount(self->ctl, self->name));
	int data, log, queue, given[3], derived;
	struct rvf_handle_info info = { .size = sizeof(info) };
	struct task task;
	uint8_t *mapped;
	char byte = 0;

	must_rvf(supervise(claim));
	start(&task, claim);
	data = must_rvf(task_get(&task, "data", 0));
	log = must_rvf(task_get(&task, "log", 0));
	queue = must_rvf(task_get(&task, "queue", 0));
	/* Copies of its fds, which outlive it here */
	given[0] = task_take_fd(&task, data);
	given[1] = task_take_fd(&task, log);
	given[2] = task_take_fd(&task, queue);
	derived = must_rvf(handle_derive(given[0], RVF_RIGHT_READ, 0));
	mapped = must(mmap(NULL, page_size(), PROT_READ, MAP_SHARED, derived, 0));
	EXPECT_EQ(data_bytes()[0], peek(mapped));
	EXPECT_EQ(4, task_status(self->mount, 0).handles);

	claim = end(self, variant->end, claim, &task);
	start(&task, claim);
	for (int i = 0; i < 3; i++) {
		EXPECT_EQ(-EKEYREVOKED, rvf(given[i], RVF_HANDLE_INFO, &info));
		EXPECT_TRUE(poll_now(given[i], 0) & POLLHUP);
	}
	EXPECT_EQ(-EKEYREVOKED, sys(pread(derived, &byte, 1, 0)));
	EXPECT_EQ(-EKEYREVOKED, sys(write(given[1], &byte, 1)));
	EXPECT_EQ(-EKEYREVOKED, sys(write(given[2], &byte, 1)));
	EXPECT_EQ(-1, peek(mapped));
	/* The next one's are its own */
	data = must_rvf(task_get(&task, "data", 0));
	EXPECT_EQ(1, task_call(&task, SYS_pread64, data, task_alloc(&task, 1), 1, 0));
	/* Those of the administrator and of the other task have nothing to do with it */
	data = must_rvf(mount_get(self->mount, "data", 0));
	EXPECT_EQ(1, pread(data, &byte, 1, 0));
	close(data);
	munmap(mapped, page_size());
	task_kill(&task);
	close(claim);
}

/* The task fd of the one before, wherever it is */
TEST_F(again, old_task_fds_are_stale)
{
	int claim = must_rvf(open_mount(self->ctl, self->name));
	struct rvf_ready ready = { .size = sizeof(ready) };
	struct rvf_bind bind = { .size = sizeof(bind) };
	struct task task;
	int old;

	must_rvf(supervise(claim));
	start(&task, claim);
	old = task_take_fd(&task, PROXY_TASK_FD);
	claim = end(self, variant->end, claim, &task);
	EXPECT_EQ(-ESTALE, rvf(old, RVF_BIND, &bind));
	start(&task, claim);
	EXPECT_EQ(-ESTALE, rvf(old, RVF_BIND, &bind));
	EXPECT_EQ(-ESTALE, rvf(old, RVF_READY, &ready));
	EXPECT_TRUE(poll_now(old, 0) & POLLHUP);
	/* Closing it does not end what runs now */
	close(old);
	EXPECT_EQ(RVF_TASK_BOUND, task_status(self->mount, 0).state);
	task_kill(&task);
	close(claim);
}

/*
 * Supervisors come and are killed; each finds what the one before had its task
 * write, and its own task is the only one.
 */
TEST_F_TIMEOUT(again, many_supervisors, 120)
{
	enum {
		ROUNDS = 6
	};
	char text[ROUNDS + 2] = "";
	int log = must_rvf(mount_get(self->mount, "log", RVF_RIGHT_READ));

	if (variant->end != BY_SIGNAL)
		SKIP(return, "once is enough");
	for (int round = 0; round < ROUNDS; round++) {
		int pipes[2];
		char byte;
		pid_t pid;

		must(pipe(pipes));
		pid = child();
		if (pid == 0) {
			int claim = must_rvf(open_mount(self->ctl, self->name));
			struct task task;
			int theirs;

			close(self->mount);
			must_rvf(supervise(claim));
			start(&task, claim);
			if (task.incarnation != round + 1)
				_exit(1);
			theirs = must_rvf(task_get(&task, "log", 0));
			if (task_write(&task, theirs, "x") != 1)
				_exit(2);
			must(write(pipes[1], "d", 1));
			pause();
		}
		close(pipes[1]);
		ASSERT_EQ(1, read(pipes[0], &byte, 1));
		close(pipes[0]);
		EXPECT_EQ(1, mount_info(self->mount).out_supervised);
		must(kill(pid, SIGKILL));
		reap(pid);
		EXPECT_TRUE(wait_task_state(self->mount, 0, RVF_TASK_DECLARED));
		EXPECT_EQ(0, mount_info(self->mount).out_supervised);
		/* Its memory ends before its fds do */
		for (unsigned int i = 0; task_status(self->mount, 0).handles; i++) {
			ASSERT_GT(patience(200), i);
			sleep_ms(50);
		}
	}
	EXPECT_EQ(ROUNDS, pread(log, text, sizeof(text), 0));
	close(log);
}

TEST_HARNESS_MAIN
