// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many at once: mounts of the same name and of others, by threads and by
 * processes that are killed on the way; and an unmount that meets everything
 * that can be going on in a mount.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "random.h"
#include "util_netlink.h"
#include "util_vm.h"

#define NAMES	4
#define WORKERS 6

FIXTURE(crowd)
{
	int ctl;
	struct pkg *pkg;
	unsigned int mounts;
	unsigned int references;
	const char *names[NAMES];
};

FIXTURE_SETUP(crowd)
{
	self->ctl = ctl_open();
	self->mounts = count_mounts(self->ctl);
	self->references = read_number("/sys/module/rvf/refcnt");
	key_trust(self->ctl, KEY_OWNER);
	self->pkg = pkg_usual();
	pkg_finish(self->pkg, KEY_OWNER);
	for (int i = 0; i < NAMES; i++)
		self->names[i] = unique_name("/test/crowd");
}

static bool wait_references(unsigned int count)
{
	for (unsigned int i = 0; read_number("/sys/module/rvf/refcnt") != count; i++) {
		if (i == patience(100))
			return false;
		sleep_ms(50);
	}
	return true;
}

/* All that was made is gone, and what is left of it can be used by nobody */
FIXTURE_TEARDOWN(crowd)
{
	struct nl nl;

	for (int i = 0; i < NAMES; i++) {
		int mount = open_mount(self->ctl, self->names[i]);

		if (mount < 0)
			continue;
		unmount(mount, 0);
		EXPECT_TRUE(wait_gone(mount));
		close(mount);
	}
	EXPECT_TRUE(wait_mounts(self->ctl, self->mounts));
	EXPECT_TRUE(wait_references(self->references))
	{
		TH_LOG("%u, not %u", (unsigned int)read_number("/sys/module/rvf/refcnt"),
		       self->references);
	}
	ASSERT_EQ(0, nl_open(&nl));
	EXPECT_EQ(self->mounts, nl_dump(&nl, RVF_NL_MOUNT, 0, NULL, NULL));
	nl_close(&nl);
}

/* ---- a storm of mounts and unmounts */

/* What the workers share */
struct storm {
	int ctl;
	struct pkg *pkg;
	const char *const *names;
	volatile bool stop;
	/* How often each came to pass; odd is what nobody may be told */
	unsigned int mounted, unmounted, in_use, gone, odd;
};

static void count(unsigned int *what)
{
	__atomic_add_fetch(what, 1, __ATOMIC_RELAXED);
}

static void try_mount(struct storm *storm, const char *name)
{
	int mount = pkg_mount(storm->pkg, storm->ctl, name, NULL);
	char byte;
	int data;

	if (mount < 0) {
		count(mount == -EEXIST && name ? &storm->in_use : &storm->odd);
		return;
	}
	count(&storm->mounted);
	/* Somebody else may unmount it right now, but it has been all there */
	data = mount_get(mount, "data", RVF_RIGHT_READ);
	if (data >= 0 ? sys(pread(data, &byte, 1, 0)) < -1 && errno != ENODEV : data != -ENODEV)
		count(&storm->odd);
	if (data >= 0)
		close(data);
	close(mount);
}

static void try_unmount(struct storm *storm, const char *name)
{
	int mount = open_mount(storm->ctl, name);
	int result = mount < 0 ? mount : unmount(mount, random() % 3);

	if (result == 0)
		count(&storm->unmounted);
	else
		count(result == -ENOENT || result == -ENODEV ? &storm->gone : &storm->odd);
	if (mount >= 0)
		close(mount);
}

static void *storm_worker(void *data)
{
	struct storm *storm = data;

	while (!storm->stop) {
		const char *name = storm->names[random() % NAMES];

		if (random() % 8 == 0)
			try_mount(storm, NULL);
		else if (random() % 2)
			try_mount(storm, name);
		else
			try_unmount(storm, name);
	}
	return NULL;
}

static struct storm *make_storm(int ctl, struct pkg *pkg, const char *const *names)
{
	struct storm *storm = must(mmap(NULL, sizeof(*storm), PROT_READ | PROT_WRITE,
					MAP_SHARED | MAP_ANONYMOUS, -1, 0));

	storm->ctl = ctl;
	storm->pkg = pkg;
	storm->names = names;
	seed(0);
	srandom(random32());
	return storm;
}

static void tell_storm(const struct storm *storm)
{
	fprintf(stderr, "# %u mounted, %u unmounted, %u names in use, %u gone\n", storm->mounted,
		storm->unmounted, storm->in_use, storm->gone);
}

#define STORM_MS 6000

/* In one process, whose fd table all share */
TEST_F_TIMEOUT(crowd, threads, 120)
{
	struct storm *storm = make_storm(self->ctl, self->pkg, self->names);
	pthread_t threads[WORKERS];

	for (int i = 0; i < WORKERS; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, storm_worker, storm));
	sleep_ms(STORM_MS);
	storm->stop = true;
	for (int i = 0; i < WORKERS; i++)
		pthread_join(threads[i], NULL);
	tell_storm(storm);
	EXPECT_EQ(0, storm->odd);
	EXPECT_LT(0, storm->mounted);
	EXPECT_LT(0, storm->unmounted);
}

/* By processes, each of which is killed at any moment and followed by another */
TEST_F_TIMEOUT(crowd, killed_processes, 180)
{
	struct storm *storm = make_storm(self->ctl, self->pkg, self->names);
	uint64_t end = now_ms() + STORM_MS;
	unsigned int killed = 0;
	pid_t pids[WORKERS] = { 0 };

	while (now_ms() < end) {
		unsigned int i = random() % WORKERS;

		if (pids[i]) {
			kill(pids[i], SIGKILL);
			reap(pids[i]);
			killed++;
		}
		pids[i] = child();
		if (pids[i] == 0) {
			srandom(killed);
			storm_worker(storm);
			_exit(0);
		}
		usleep(random() % 100000);
	}
	for (int i = 0; i < WORKERS; i++) {
		if (!pids[i])
			continue;
		kill(pids[i], SIGKILL);
		reap(pids[i]);
	}
	tell_storm(storm);
	fprintf(stderr, "# %u were killed\n", killed);
	EXPECT_EQ(0, storm->odd);
	EXPECT_LT(0, killed);
	/* What was done of each is whole: it is found by its name, or it is not there */
	for (int i = 0; i < NAMES; i++) {
		int mount = open_mount(self->ctl, self->names[i]);

		EXPECT_TRUE(mount >= 0 || mount == -ENOENT);
		if (mount < 0)
			continue;
		EXPECT_EQ(2, mount_info(mount).out_regions);
		close(mount);
	}
}

/* ---- an unmount, and all that it can meet */

/*
 * A mount whose first task has a guest that runs and never ends, a mapping,
 * memory of the guest's in a region, a writer that waits in a full queue; in
 * this process another mapping, a reader that waits, and a poller.
 */
struct busy {
	struct vm vm;
	int queue; /* full */
	pid_t waiters[4];
	int data;
	uint8_t *mapped;
	uint64_t there; /* the task's mapping */
	int regions; /* its guest's slot */
};

/* A process that waits in the mount, and says what it was told in the end */
static pid_t waiter(int (*wait)(int fd), int fd)
{
	pid_t pid = child();

	if (pid == 0)
		_exit(wait(fd));
	return pid;
}

static int wait_write(int fd)
{
	char bytes[QUEUE_MESSAGE] = "";
	long result;

	do {
		result = sys(write(fd, bytes, sizeof(bytes)));
	} while (result > 0);
	return result == -ENODEV ? 0 : 1;
}

static int wait_hangup(int fd)
{
	return poll_for(fd, 0, 60000) & POLLHUP ? 0 : 1;
}

/* It takes faults all the time, until they end in SIGBUS */
static int wait_faults(int fd)
{
	for (;;) {
		uint8_t *mapped = mmap(NULL, DATA_LENGTH, PROT_READ, MAP_SHARED, fd, 0);
		bool over;

		if (mapped == MAP_FAILED)
			return errno == ENODEV ? 0 : 1;
		over = peek(mapped + DATA_LENGTH / 2) == -1;
		munmap(mapped, DATA_LENGTH);
		if (over)
			return 0;
	}
}

static int wait_reads(int fd)
{
	char bytes[64];
	long result;

	do {
		result = sys(pread(fd, bytes, sizeof(bytes), 100));
	} while (result == sizeof(bytes));
	return result == -ENODEV ? 0 : 1;
}

static void busy_start(struct busy *busy)
{
	struct vm *vm = &busy->vm;
	char bytes[QUEUE_MESSAGE] = "";
	int handle;

	vm_start(vm, 2);
	vm_memory(vm);
	/* jmp to itself, on both vCPUs */
	vm_code_at(vm, 0, 0, "\xeb\xfe", 2);
	vm_code_at(vm, 1, 0, "\xeb\xfe", 2);
	vm_threads(vm, 2);
	handle = must_rvf(task_get(&vm->task, "data", 0));
	busy->regions = must_rvf(vm_map(vm, handle, 1 << 20, 0, page_size(), 0));
	busy->there = must_rvf(task_call(&vm->task, SYS_mmap, NULL, page_size(), PROT_READ,
					 MAP_SHARED, handle, 0));
	must_rvf(task_call(&vm->task, PROXY_PEEK, busy->there));
	must_rvf(task_get(&vm->task, "log", 0));
	vm_ask_run(vm, 1, 0);
	vm_ask_run(vm, 2, 1);

	busy->queue = must_rvf(mount_get(vm->mount, "queue", 0));
	for (int i = 0; i < QUEUE_SLOTS; i++)
		must(write(busy->queue, bytes, sizeof(bytes)));
	busy->data = must_rvf(mount_get(vm->mount, "data", 0));
	busy->mapped = must(mmap(NULL, DATA_LENGTH, PROT_READ, MAP_SHARED, busy->data, 0));
	if (peek(busy->mapped) != data_bytes()[0])
		die("cannot read a mapping");
	busy->waiters[0] = waiter(wait_write, busy->queue);
	busy->waiters[1] = waiter(wait_hangup, busy->data);
	busy->waiters[2] = waiter(wait_faults, busy->data);
	busy->waiters[3] = waiter(wait_reads, busy->data);
}

/* One of @count processes that unmount at the same moment was first */
static int unmount_by_many(int mount, unsigned int count, unsigned int grace)
{
	pid_t pids[8];
	int go[2], first = 0;
	char byte;

	must(pipe2(go, O_CLOEXEC));
	for (unsigned int i = 0; i < count; i++) {
		pids[i] = child();
		if (pids[i] == 0) {
			close(go[1]);
			must(read(go[0], &byte, 1));
			_exit(unmount(mount, grace) == 0);
		}
	}
	close(go[0]);
	close(go[1]);
	for (unsigned int i = 0; i < count; i++)
		first += reap(pids[i]);
	return first;
}

static void busy_over(struct __test_metadata *_metadata, struct busy *busy)
{
	struct vm *vm = &busy->vm;
	char byte;

	EXPECT_TRUE(wait_gone(vm->mount));
	EXPECT_EQ(128 + SIGKILL, task_reap(&vm->task));
	for (int i = 0; i < 4; i++) {
		EXPECT_EQ(0, reap(busy->waiters[i]))
		{
			TH_LOG("waiter %d", i);
		}
	}
	EXPECT_EQ(-1, peek(busy->mapped));
	EXPECT_EQ(-1, peek(busy->mapped + page_size()));
	EXPECT_EQ(-EPIPE, sys(read(busy->queue, &byte, 1)));
	EXPECT_EQ(-ENODEV, sys(pread(busy->data, &byte, 1, 0)));
	munmap(busy->mapped, DATA_LENGTH);
	munmap(vm->memory, VM_MEMORY);
	close(busy->queue);
	close(busy->data);
	close(vm->mount);
	for (int i = 0; i < PROXY_SERVERS; i++)
		close(vm->task.socket[i]);
	munmap(vm->task.memory, PROXY_MEMORY);
}

TEST_F_TIMEOUT(crowd, unmount_of_a_busy_mount, 180)
{
	static const unsigned int graces[] = { 0, 0, 200 };

	if (access("/dev/kvm", R_OK | W_OK))
		SKIP(return, "no /dev/kvm");
	for (unsigned int i = 0; i < ARRAY_SIZE(graces); i++) {
		struct busy busy = { 0 };

		busy_start(&busy);
		sleep_ms(50 * i);
		EXPECT_EQ(1, unmount_by_many(busy.vm.mount, 2 + i, graces[i]));
		busy_over(_metadata, &busy);
	}
}

/* The same, with whoever asked for it killed right behind */
TEST_F_TIMEOUT(crowd, unmount_by_the_killed, 180)
{
	if (access("/dev/kvm", R_OK | W_OK))
		SKIP(return, "no /dev/kvm");
	for (unsigned int i = 0; i < 3; i++) {
		struct busy busy = { 0 };
		pid_t pid;

		busy_start(&busy);
		pid = child();
		if (pid == 0) {
			for (;;)
				unmount(busy.vm.mount, 100);
		}
		while (!(poll_now(busy.vm.mount, POLLPRI) & POLLPRI))
			sched_yield();
		kill(pid, SIGKILL);
		reap(pid);
		busy_over(_metadata, &busy);
	}
}

TEST_HARNESS_MAIN
