// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every command while its caller is sent signals, with and without SA_RESTART,
 * and while it is killed: it comes to its result or to EINTR, and what failed or
 * was cut short left nothing behind.
 *
 * RVF_SEED=N repeats a run's random numbers.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "issue.h"
#include "queue.h"
#include "random.h"

#define TIMES  6
#define MOUNTS 4
#define BYTES  (2u << 20) /* of a package that takes a while to read */

static void nothing(int number)
{
}

static void set_signals(int how)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGUSR1);
	must(sigprocmask(how, &signals, NULL));
}

/*
 * What is sent to a process until the storm is over. It comes in gusts: now and
 * then a command is to come to its end.
 */
static pid_t storm_begin(pid_t target, int flags)
{
	struct sigaction action = { .sa_handler = nothing, .sa_flags = flags };
	pid_t storm;

	set_signals(SIG_BLOCK);
	must(sigaction(SIGUSR1, &action, NULL));
	storm = child();
	if (storm)
		return storm;
	while (!kill(target, SIGUSR1))
		usleep(20 << below(10));
	_exit(0);
}

/* Pending ones are dropped */
static void storm_end(pid_t storm)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	kill(storm, SIGKILL);
	reap(storm);
	must(sigaction(SIGUSR1, &ignore, NULL));
	set_signals(SIG_UNBLOCK);
}

/* What else a command may come to when it is given often */
static bool may_be(const struct command *command, int result)
{
	if (result == command->result || result == -EINTR)
		return true;
	switch (command->number) {
	case RVF_READY:
		return result == -EALREADY;
	case RVF_QUEUE_SEND:
	case RVF_QUEUE_RECV:
		return result == -EAGAIN;
	case RVF_BIND:
		/* Somebody looked at its memory */
		return result == -EAGAIN || result == -EBUSY;
	}
	return false;
}

static pid_t caller(SELF, const struct command *command)
{
	switch (command->kind) {
	case TASK:
		return self->bound.pid;
	case UNBOUND:
		return self->unbound.pid;
	default:
		return getpid();
	}
}

/* One that is ours is in the storm just as long as the command takes */
static int issue_in_storm(SELF, const struct command *command, union arg *arg)
{
	int own, result;

	if (command->kind == TASK || command->kind == UNBOUND)
		return issue(self, command, arg);
	own = place(self, command);
	set_signals(SIG_UNBLOCK);
	result = rvf(own >= 0 ? own : self->fd[command->kind], command->number, arg);
	set_signals(SIG_BLOCK);
	if (own >= 0)
		close(own);
	return result;
}

struct outcome {
	unsigned int done, interrupted;
};

static struct outcome storm_on(struct __test_metadata *_metadata, SELF,
			       const struct command *command, int flags)
{
	pid_t storm = storm_begin(caller(self, command), flags);
	struct outcome outcome = { 0 };
	union arg arg;

	for (unsigned int i = 0; i < TIMES; i++) {
		int result;

		make(self, command, &arg);
		result = issue_in_storm(self, command, &arg);
		EXPECT_TRUE(may_be(command, result))
		{
			TH_LOG("%s: %d", command->name, result);
		}
		outcome.interrupted += result == -EINTR;
		outcome.done += result == 0;
		if (!result)
			close_made(self, command, &arg);
	}
	storm_end(storm);
	return outcome;
}

TEST_F_TIMEOUT(format, signals, 300)
{
	static const int flags[] = { 0, SA_RESTART };
	unsigned int before = fds_of(getpid()), before_there = fds_of(self->bound.pid);
	unsigned int handles = task_status(self->fd[MOUNT], 0).handles;
	unsigned int interrupted = 0, sent = 0, received = 0;
	struct rvf_queue_info queue;

	seed(21);
	for (unsigned int i = 0; i < ARRAY_SIZE(flags); i++) {
		FOR_EACH(command)
		{
			struct outcome outcome = storm_on(_metadata, self, command, flags[i]);

			interrupted += outcome.interrupted;
			if (command->number == RVF_QUEUE_SEND)
				sent += outcome.done;
			if (command->number == RVF_QUEUE_RECV)
				received += outcome.done;
			EXPECT_EQ(before, fds_of(getpid()))
			{
				TH_LOG("%s", command->name);
			}
			EXPECT_EQ(before_there, fds_of(self->bound.pid))
			{
				TH_LOG("%s", command->name);
			}
		}
	}
	queue = queue_state(self->fd[QUEUE]);
	TH_LOG("%u interrupted; %u sent, %u received", interrupted, sent, received);
	EXPECT_TRUE(wait_mounts(self->fd[CONTROL], self->mounts + 1));
	EXPECT_EQ(handles, task_status(self->fd[MOUNT], 0).handles);
	EXPECT_EQ(RVF_TASK_BOUND, task_status(self->fd[MOUNT], 1).state);
	EXPECT_LT(0, sent);
	EXPECT_EQ(sent, queue.out_sent);
	EXPECT_EQ(received, queue.out_received);
	EXPECT_EQ(sent - received, queue.out_used);
}

TEST_F_TIMEOUT(format, signals_while_unmounting, 120)
{
	int mounts[MOUNTS];
	pid_t storm;

	seed(23);
	for (unsigned int i = 0; i < MOUNTS; i++)
		mounts[i] = must_rvf(pkg_mount(self->pkg, self->fd[CONTROL], NULL, NULL));
	storm = storm_begin(getpid(), 0);
	set_signals(SIG_UNBLOCK);
	for (unsigned int i = 0; i < MOUNTS; i++) {
		int first = unmount(mounts[i], 0);

		/* Whatever the first came to, there is no third */
		EXPECT_TRUE(first == 0 || first == -EINTR);
		if (first == -EINTR)
			unmount(mounts[i], 0);
		EXPECT_EQ(-ENODEV, unmount(mounts[i], 0));
	}
	set_signals(SIG_BLOCK);
	storm_end(storm);
	for (unsigned int i = 0; i < MOUNTS; i++) {
		EXPECT_TRUE(wait_gone(mounts[i]));
		close(mounts[i]);
	}
}

/* A package whose segments take their time */
static struct pkg *large_package(void)
{
	struct pkg *pkg = pkg_usual();

	pkg_immutable(pkg, "large", calloc(1, BYTES), BYTES);
	pkg_finish(pkg, KEY_OWNER);
	return pkg;
}

/* A mount that was interrupted is none: its name is free, and it can be made */
TEST_F_TIMEOUT(format, signals_while_mounting, 120)
{
	const char *name = unique_name("/test/storm");
	unsigned int before, interrupted = 0, done = 0;
	struct pkg *large = large_package();
	pid_t storm;
	int last;

	seed(22);
	before = fds_of(getpid());
	storm = storm_begin(getpid(), 0);
	for (unsigned int i = 0; i < 5 * TIMES; i++) {
		int mount;

		set_signals(SIG_UNBLOCK);
		mount = pkg_mount(large, self->fd[CONTROL], name, NULL);
		set_signals(SIG_BLOCK);
		if (mount == -EINTR) {
			interrupted++;
			EXPECT_EQ(-ENOENT, open_mount(self->fd[CONTROL], name));
			continue;
		}
		ASSERT_LE(0, mount);
		done++;
		EXPECT_EQ(0, unmount(mount, 0));
		EXPECT_TRUE(wait_gone(mount));
		close(mount);
	}
	storm_end(storm);
	TH_LOG("%u interrupted, %u done", interrupted, done);
	EXPECT_LT(0, interrupted);
	EXPECT_EQ(before, fds_of(getpid()));
	last = must_rvf(pkg_mount(large, self->fd[CONTROL], name, NULL));
	EXPECT_EQ(0, unmount(last, 0));
	close(last);
}

/* ---- waiting in the midst of signals */

#define WAITERS	 3
#define MESSAGES 300

/**
 * struct tally - What receivers tell
 * @times: How often each message was received.
 * @count: How many were, in all.
 * @interrupted: How many reads were cut short.
 * @wrong: How many ended otherwise.
 */
struct tally {
	unsigned char times[MESSAGES];
	unsigned int count, interrupted, wrong;
};

static void receive_for_ever(int queue, struct tally *tally)
{
	for (;;) {
		uint32_t number;
		long result = sys(read(queue, &number, sizeof(number)));

		if (result == sizeof(number) && number < MESSAGES) {
			__atomic_add_fetch(&tally->times[number], 1, __ATOMIC_SEQ_CST);
			__atomic_add_fetch(&tally->count, 1, __ATOMIC_SEQ_CST);
		} else if (result == -EINTR) {
			__atomic_add_fetch(&tally->interrupted, 1, __ATOMIC_SEQ_CST);
		} else {
			__atomic_add_fetch(&tally->wrong, 1, __ATOMIC_SEQ_CST);
		}
	}
}

/* A receiver in a storm of its own; with SA_RESTART it is never cut short */
static pid_t receiver(int queue, struct tally *tally, int flags, pid_t *storm)
{
	struct sigaction action = { .sa_handler = nothing, .sa_flags = flags };
	pid_t pid = child();

	if (!pid) {
		must(sigaction(SIGUSR1, &action, NULL));
		set_signals(SIG_UNBLOCK);
		receive_for_ever(queue, tally);
	}
	*storm = storm_begin(pid, flags);
	return pid;
}

/* Each message reaches one receiver, once, whatever befalls those that wait */
TEST_F_TIMEOUT(format, signals_while_waiting, 120)
{
	struct tally *tally = must(mmap(NULL, sizeof(*tally), PROT_READ | PROT_WRITE,
					MAP_SHARED | MAP_ANONYMOUS, -1, 0));
	int queue = must_rvf(mount_get(self->fd[MOUNT], "queue", 0));
	pid_t receivers[WAITERS], storms[WAITERS], own;
	unsigned int blocked = 0;
	uint64_t end;

	seed(26);
	set_signals(SIG_BLOCK);
	for (unsigned int i = 0; i < WAITERS; i++)
		receivers[i] = receiver(queue, tally, i ? 0 : SA_RESTART, &storms[i]);
	own = storm_begin(getpid(), 0);
	set_signals(SIG_UNBLOCK);
	end = now_ms() + patience(30000);
	for (uint32_t i = 0; i < MESSAGES && now_ms() < end; i++) {
		long sent;

		do {
			sent = sys(write(queue, &i, sizeof(i)));
			blocked += sent == -EINTR;
		} while (sent == -EINTR && now_ms() < end);
		EXPECT_EQ(sizeof(i), sent);
		/* Now and then all of them wait */
		if (!below(4))
			usleep(below(3000));
	}
	while (__atomic_load_n(&tally->count, __ATOMIC_SEQ_CST) < MESSAGES && now_ms() < end)
		usleep(1000);
	set_signals(SIG_BLOCK);
	for (unsigned int i = 0; i < WAITERS; i++) {
		storm_end(storms[i]);
		set_signals(SIG_BLOCK);
		kill(receivers[i], SIGKILL);
		reap(receivers[i]);
	}
	storm_end(own);
	TH_LOG("%u reads and %u writes interrupted", tally->interrupted, blocked);
	EXPECT_LT(0, tally->interrupted);
	EXPECT_EQ(0, tally->wrong);
	EXPECT_EQ(MESSAGES, tally->count);
	for (unsigned int i = 0; i < MESSAGES; i++)
		EXPECT_EQ(1, tally->times[i]);
	EXPECT_EQ(MESSAGES, queue_state(queue).out_received);
	close(queue);
}

/* ---- SIGKILL */

/* Everything that is not the plugins', for ever */
static void give_all(SELF, const int named[2], struct pkg *large)
{
	struct rvf_exchange exchange = { .size = sizeof(exchange), .mount_fd = named[1] };
	union arg arg;

	for (;;) {
		const struct command *command = &commands[below(ARRAY_SIZE(commands))];

		if (command->kind == TASK || command->kind == UNBOUND)
			continue;
		make(self, command, &arg);
		if (!issue(self, command, &arg))
			close_made(self, command, &arg);
		rvf(named[0], RVF_EXCHANGE, &exchange);
		if (!below(8)) {
			int mount = pkg_mount(large, self->fd[CONTROL], NULL, NULL);

			if (mount >= 0)
				close(mount);
		}
	}
}

TEST_F_TIMEOUT(format, killed, 300)
{
	unsigned int handles = task_status(self->fd[MOUNT], 0).handles;
	const char *names[2] = { unique_name("/test/storm"), unique_name("/test/storm") };
	struct pkg *large = large_package();
	struct rvf_queue_info queue;
	int named[2], found[2];

	seed(24);
	for (unsigned int i = 0; i < 2; i++)
		named[i] = must_rvf(pkg_mount(self->pkg, self->fd[CONTROL], names[i], NULL));
	for (unsigned int i = 0; i < 5 * TIMES; i++) {
		pid_t pid;

		random32();
		pid = child();
		if (!pid)
			give_all(self, named, large);
		usleep(1000 + below(100000));
		kill(pid, SIGKILL);
		ASSERT_EQ(128 + SIGKILL, reap(pid));
	}
	EXPECT_TRUE(wait_mounts(self->fd[CONTROL], self->mounts + 3));
	EXPECT_EQ(handles, task_status(self->fd[MOUNT], 0).handles);
	queue = queue_state(self->fd[QUEUE]);
	EXPECT_EQ(queue.out_sent - queue.out_received, queue.out_used);
	/* Both names are there, and lead to one mount each */
	for (unsigned int i = 0; i < 2; i++)
		found[i] = must_rvf(open_mount(self->fd[CONTROL], names[i]));
	EXPECT_NE(mount_info(found[0]).out_id, mount_info(found[1]).out_id);
	for (unsigned int i = 0; i < 2; i++) {
		EXPECT_EQ(0, unmount(named[i], 0));
		EXPECT_TRUE(wait_gone(named[i]));
		close(named[i]);
		close(found[i]);
	}
}

/* A plugin that is killed while it waits, or while it becomes one */
TEST_F_TIMEOUT(format, killed_plugin, 120)
{
	struct rvf_bind bind = { .size = sizeof(bind) };

	seed(25);
	task_kill(&self->unbound);
	close(self->fd[UNBOUND]);
	for (unsigned int i = 0; i < TIMES; i++) {
		struct task task;
		bool waits = i % 2;

		ASSERT_TRUE(wait_task_state(self->fd[MOUNT], 1, RVF_TASK_EXITED));
		task_spawn(&task, self->fd[MOUNT], 1, 0);
		if (waits) {
			int queue;

			ASSERT_EQ(0, task_bind(&task, NULL));
			queue = must_rvf(task_get(&task, "queue", 0));
			task_ask(&task, SYS_read, queue, task_alloc(&task, 64), 64);
		} else {
			task_ask(&task, SYS_ioctl, PROXY_TASK_FD, RVF_BIND,
				 task_put(&task, &bind, sizeof(bind)));
		}
		usleep(below(2000));
		task_kill(&task);
	}
	EXPECT_TRUE(wait_task_state(self->fd[MOUNT], 1, RVF_TASK_EXITED));
	EXPECT_EQ(0, task_status(self->fd[MOUNT], 1).handles);
	/* Nobody took part of a message */
	EXPECT_EQ(0, queue_state(self->fd[QUEUE]).out_used);
	task_spawn(&self->unbound, self->fd[MOUNT], 1, 0);
	EXPECT_EQ(0, task_bind(&self->unbound, NULL));
	self->fd[UNBOUND] = must(dup(0));
}

TEST_HARNESS_MAIN
