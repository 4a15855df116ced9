// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whatever comes: random ioctls on every kind of fd, processes that fork, die
 * and close at the worst moment, signals all the time. The kernel's log and
 * the module's removal afterwards tell whether it went well; the tests
 * themselves, that the module still works.
 *
 * RVF_SEED=N repeats a run's random numbers.
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "queue.h"
#include "random.h"
#include "util_task.h"

#define HOSTILE_NAME "/test/hostile"

FIXTURE(hostile)
{
	int ctl;
	unsigned int mounts;
	struct pkg *pkg;
};

FIXTURE_SETUP(hostile)
{
	self->ctl = ctl_open();
	self->mounts = count_mounts(self->ctl);
	key_trust(self->ctl, KEY_OWNER);
	self->pkg = pkg_usual();
	pkg_finish(self->pkg, KEY_OWNER);
}

/* It works as before */
FIXTURE_TEARDOWN(hostile)
{
	int mount, queue;
	char byte = 'x';

	EXPECT_TRUE(wait_mounts(self->ctl, self->mounts));
	mount = pkg_mount(self->pkg, self->ctl, NULL, NULL);
	ASSERT_LE(0, mount);
	queue = mount_get(mount, "queue", 0);
	EXPECT_EQ(1, write(queue, &byte, 1));
	EXPECT_EQ(1, read(queue, &byte, 1));
	close(queue);
	close(mount);
	EXPECT_TRUE(wait_mounts(self->ctl, self->mounts));
}

#define FDS 64

struct fds {
	int fd[FDS];
	unsigned int count;
};

static void add_fd(struct fds *fds, int fd)
{
	if (fd < 0)
		return;
	if (fds->count < FDS) {
		fds->fd[fds->count++] = fd;
	} else {
		unsigned int place = below(FDS);

		close(fds->fd[place]);
		fds->fd[place] = fd;
	}
}

static const unsigned long commands[] = {
	RVF_CTL_INFO,	RVF_KEY_LIST,	    RVF_VERIFY,	       RVF_MOUNT,	  RVF_OPEN_MOUNT,
	RVF_MOUNT_INFO, RVF_MOUNT_MANIFEST, RVF_MOUNT_TASKS,   RVF_MOUNT_GET,	  RVF_SUPERVISE,
	RVF_TASK,	RVF_UNMOUNT,	    RVF_BIND,	       RVF_READY,	  RVF_TASK_GET,
	RVF_TASK_LIST,	RVF_HANDLE_INFO,    RVF_HANDLE_DERIVE, RVF_HANDLE_REVOKE, RVF_REGION_INFO,
	RVF_QUEUE_INFO, RVF_QUEUE_SEND,	    RVF_QUEUE_RECV,
};

static void random_bytes(uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		bytes[i] = below(4) ? 0 : random32();
}

/* A struct that could be meant, with some of its bytes wrong */
static void random_struct(uint8_t arg[512], uint8_t *room)
{
	uint64_t *words = (void *)arg;

	random_bytes(arg, 512);
	switch (below(4)) {
	case 0:
		break;
	case 1:
		memset(arg, 0, 512);
		/* fall through */
	default:
		*(uint32_t *)arg = below(3) ? below(40) * 8 : 512;
	}
	/* Pointers to memory that is there, and counts that are not too large */
	for (int i = 1; i < 16; i++) {
		if (!below(3))
			words[i] = (uintptr_t)room + below(4096);
		else if (!below(3))
			words[i] = below(300);
	}
}

static void random_mount(struct pkg *pkg, int ctl, struct fds *fds)
{
	struct rvf_mount arg;
	uint8_t *bytes = (void *)&arg;

	pkg_mount_arg(pkg, below(4) ? NULL : HOSTILE_NAME, &arg);
	for (int i = below(3); i > 0; i--)
		bytes[4 + below(sizeof(arg) - 4)] ^= 1 << below(8);
	if (rvf(ctl, below(8) ? RVF_MOUNT : RVF_VERIFY, &arg) == 0)
		add_fd(fds, arg.out_fd);
}

static void random_io(int fd, uint8_t *room)
{
	uint32_t length = below(2) ? below(100) : below(70000);
	size_t size = below(6) * 4096;
	void *mapped;

	switch (below(8)) {
	case 0:
	case 1:
		(void)!write(fd, room, length);
		break;
	case 2:
	case 3:
		(void)!read(fd, room, length);
		break;
	case 4:
		(void)!pread(fd, room, length, random32() >> below(32));
		break;
	case 5:
		lseek(fd, random32() >> below(32), below(5));
		break;
	case 6:
		poll_now(fd, random32() & 0xff);
		break;
	default:
		mapped = mmap(NULL, size, below(8), below(4), fd, below(4) * 4096);
		if (mapped != MAP_FAILED) {
			peek(mapped);
			madvise(mapped, 4096, below(30));
			munmap(mapped, size);
		}
	}
}

static void random_life(struct fds *fds)
{
	int fd;

	if (!fds->count)
		return;
	fd = fds->fd[below(fds->count)];
	switch (below(10)) {
	case 0:
		add_fd(fds, mount_get(fd, "data", 0));
		break;
	case 1:
		add_fd(fds, mount_get(fd, "log", below(16)));
		break;
	case 2:
		add_fd(fds, mount_get(fd, "queue", 0));
		break;
	case 3:
	case 4:
		add_fd(fds, handle_derive(fd, below(16), below(3)));
		break;
	case 5:
		handle_revoke(fd, below(2));
		break;
	case 6:
		supervise(fd);
		break;
	case 7: {
		int task_fd, image_fd;

		if (task_begin(fd, below(3), &task_fd, &image_fd, NULL) == 0) {
			add_fd(fds, task_fd);
			close(image_fd);
		}
		break;
	}
	case 8:
		add_fd(fds, dup(fd));
		break;
	default:
		if (!below(10))
			unmount(fd, below(20));
	}
}

static void fuzz(struct pkg *pkg, int ctl, unsigned int rounds)
{
	uint8_t *room = must(
		mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	struct fds fds = { .count = 0 };
	uint8_t arg[512] __attribute__((aligned(8)));

	must(fcntl(ctl, F_SETFL, O_NONBLOCK));
	for (unsigned int i = 0; i < rounds; i++) {
		int fd = fds.count && below(5) ? fds.fd[below(fds.count)] : ctl;

		switch (below(8)) {
		case 0:
			random_mount(pkg, ctl, &fds);
			break;
		case 1:
		case 2:
			random_life(&fds);
			break;
		case 3:
			fcntl(fd, F_SETFL, O_NONBLOCK);
			random_io(fd, room);
			break;
		default:
			random_struct(arg, room);
			ioctl(fd,
			      below(20) ? commands[below(ARRAY_SIZE(commands))] :
					  _IO(RVF_IOC_TYPE, below(256)),
			      arg);
		}
		if (fds.count && !below(30)) {
			unsigned int place = below(fds.count);

			close(fds.fd[place]);
			fds.fd[place] = fds.fd[--fds.count];
		}
	}
}

/* RVF_MOUNT may leave a mount under its name, or under what a changed bit made of that */
static void clean_up(int ctl)
{
	static const char name[] = HOSTILE_NAME;

	for (size_t from = 0; from < sizeof(name) - 1; from++) {
		for (size_t length = 2; from + length < sizeof(name); length++) {
			char part[sizeof(name)] = "";
			int mount;

			memcpy(part, name + from, length);
			mount = open_mount(ctl, part);
			if (mount < 0)
				continue;
			unmount(mount, 0);
			wait_gone(mount);
			close(mount);
		}
	}
}

TEST_F_TIMEOUT(hostile, random_commands, 180)
{
	pid_t pids[2];

	for (int i = 0; i < 2; i++) {
		pids[i] = child();
		if (pids[i] == 0) {
			seed(i);
			fuzz(self->pkg, self->ctl, 25000);
			_exit(0);
		}
	}
	for (int i = 0; i < 2; i++)
		EXPECT_EQ(0, reap(pids[i]));
	clean_up(self->ctl);
}

/* Two processes use the same fds, and one the other's memory */
static int thread(void *arg)
{
	struct {
		struct pkg *pkg;
		int ctl;
	} *of = arg;

	fuzz(of->pkg, of->ctl, 8000);
	return 0;
}

TEST_F_TIMEOUT(hostile, random_commands_shared, 180)
{
	pid_t pid = child();

	if (pid == 0) {
		struct {
			struct pkg *pkg;
			int ctl;
		} of = { self->pkg, self->ctl };
		char *stack = must(mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
					MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
		pid_t other;

		seed(7);
		/* Its random numbers come from both, so that a run is not repeated exactly */
		other = must(clone(thread, stack + (1 << 20), CLONE_FILES | SIGCHLD, &of));
		random_state = random_state * 3 | 1;
		fuzz(self->pkg, self->ctl, 8000);
		_exit(reap(other));
	}
	EXPECT_EQ(0, reap(pid));
	clean_up(self->ctl);
}

/* A plugin that sends rubbish to its own fds */
TEST_F_TIMEOUT(hostile, random_commands_of_a_task, 120)
{
	int mount = must_rvf(pkg_mount(self->pkg, self->ctl, NULL, NULL));
	struct task task;
	int fds[4] = { PROXY_TASK_FD };

	seed(3);
	task_start(&task, mount, 0);
	fds[1] = task_get(&task, "data", 0);
	fds[2] = task_get(&task, "log", 0);
	fds[3] = task_get(&task, "queue", 0);
	for (int i = 1; i < 4; i++)
		must_rvf(task_call(&task, SYS_fcntl, fds[i], F_SETFL, O_NONBLOCK));
	for (int i = 0; i < 4000; i++) {
		uint8_t *arg = (uint8_t *)task.memory;

		random_struct(arg, (uint8_t *)task.memory + 4096);
		task_call(&task, SYS_ioctl, fds[below(4)], commands[below(ARRAY_SIZE(commands))],
			  arg);
		if (!below(20)) {
			/* What it was given in between */
			task_call(&task, SYS_close_range, PROXY_MEMORY_FD + 10, ~0u, 0);
		}
	}
	EXPECT_LE(RVF_TASK_BOUND, task_status(mount, 0).state);
	task_kill(&task);
	close(mount);
}

/* Processes with fds of all kinds end at any moment, in any order */
TEST_F_TIMEOUT(hostile, ends, 120)
{
	uint64_t end = now_ms() + 6000;
	unsigned int rounds = 0;

	seed(4);
	while (now_ms() < end) {
		pid_t pids[4];

		for (int i = 0; i < 4; i++) {
			random_state = random_state * 5 + 1;
			pids[i] = child();
			if (pids[i] == 0) {
				struct task task;
				int mount = pkg_mount(self->pkg, self->ctl, NULL, NULL);
				int queue = mount_get(mount, "queue", 0), pair[2];
				int data = mount_get(mount, "data", 0);
				void *mapped = mmap(NULL, 4096, PROT_READ, MAP_SHARED, data, 0);
				char byte;

				peek(mapped);
				/* In a message to itself, too */
				must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
				send_fd(pair[0], queue);
				if (below(2))
					send_fd(pair[0], mount);
				if (below(2))
					task_start(&task, mount, below(2));
				/* Both wait for ever, with all that there is */
				child();
				must(read(queue, &byte, 1));
			}
		}
		usleep(below(200000));
		for (int i = 0; i < 4; i++) {
			kill(pids[i], below(2) ? SIGKILL : SIGTERM);
			if (below(2))
				usleep(below(3000));
		}
		for (int i = 0; i < 4; i++)
			reap(pids[i]);
		rounds++;
	}
	fprintf(stderr, "# %u rounds\n", rounds);
	EXPECT_LT(0, rounds);
}

static void nothing(int number)
{
}

/* Every call is interrupted all the time */
TEST_F_TIMEOUT(hostile, signal_storm, 120)
{
	struct sigaction action = { .sa_handler = nothing };
	int mount = must_rvf(pkg_mount(self->pkg, self->ctl, NULL, NULL));
	int queue = must_rvf(mount_get(mount, "queue", 0));
	int log = must_rvf(mount_get(mount, "log", 0));
	uint64_t end = now_ms() + 5000;
	pid_t parent = getpid(), storm, reader;
	unsigned int sent = 0, received = 0;
	int pipes[2];

	must(pipe(pipes));
	must(sigaction(SIGUSR1, &action, NULL));
	reader = child();
	if (reader == 0) {
		uint64_t until = end + 500;

		must(fcntl(queue, F_SETFL, 0));
		while (now_ms() < until) {
			char bytes[QUEUE_MESSAGE];
			long result = sys(read(queue, bytes, sizeof(bytes)));

			if (result == 8)
				received++;
			else if (result != -EINTR && result != -EKEYREVOKED)
				_exit(1);
			else if (result == -EKEYREVOKED)
				break;
		}
		must(write(pipes[1], &received, sizeof(received)));
		_exit(0);
	}
	storm = child();
	if (storm == 0) {
		for (;;) {
			kill(parent, SIGUSR1);
			kill(reader, SIGUSR1);
			sched_yield();
		}
	}
	while (now_ms() < end) {
		long result = sys(write(queue, "12345678", 8));
		int other;

		ASSERT_TRUE(result == 8 || result == -EINTR);
		sent += result == 8;
		result = sys(write(log, "entry", 5));
		ASSERT_TRUE(result == 5 || result == -ENOSPC);
		other = pkg_mount(self->pkg, self->ctl, NULL, NULL);
		ASSERT_TRUE(other >= 0 || other == -EINTR);
		if (other >= 0)
			close(other);
	}
	must(kill(storm, SIGKILL));
	reap(storm);
	while (queue_state(queue).out_used)
		sleep_ms(10);
	EXPECT_LE(1, handle_revoke(queue, 0));
	must(read(pipes[0], &received, sizeof(received)));
	EXPECT_EQ(sent, received);
	EXPECT_EQ(0, reap(reader));
	close(mount);
	fprintf(stderr, "# %u messages\n", sent);
}

/* Starting and ending one task over and over, and the supervisor with it */
TEST_F_TIMEOUT(hostile, many_incarnations, 120)
{
	int mount = must_rvf(pkg_mount(self->pkg, self->ctl, NULL, NULL));

	seed(5);
	for (unsigned int i = 0; i < 60; i++) {
		struct task task;

		task_start(&task, mount, 0);
		EXPECT_EQ(i + 1, task.incarnation);
		must_rvf(task_get(&task, "log", 0));
		switch (below(4)) {
		case 0:
			task_ask(&task, SYS_exit_group, 1);
			break;
		case 1:
			/* Others look at it while it ends */
			task_ask(&task, SYS_exit_group, 1);
			task_status(mount, 0);
			break;
		default:
			must(kill(task.pid, SIGKILL));
		}
		task_reap(&task);
		ASSERT_TRUE(wait_task_state(mount, 0, RVF_TASK_EXITED));
		ASSERT_EQ(0, task_status(mount, 0).handles);
	}
	close(mount);
}

TEST_HARNESS_MAIN
