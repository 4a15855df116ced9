// SPDX-License-Identifier: GPL-2.0-only
/*
 * RVF_MOUNT in trouble: no memory, no fds, signals, a package that stalls.
 * Whatever happens, nothing is left behind.
 */
#include <endian.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "util_netlink.h"
#include "util_package.h"

#define BIG (24ull << 20)

FIXTURE(trouble)
{
	int ctl;
	struct pkg *pkg;
	unsigned int mounts;
};

FIXTURE_SETUP(trouble)
{
	self->ctl = ctl_open();
	self->mounts = count_mounts(self->ctl);
	key_trust(self->ctl, KEY_OWNER);
}

FIXTURE_TEARDOWN(trouble)
{
	struct nl nl;

	EXPECT_TRUE(wait_mounts(self->ctl, self->mounts));
	if (nl_open(&nl) == 0)
		EXPECT_EQ(self->mounts, nl_dump(&nl, RVF_NL_MOUNT, 0, NULL, NULL));
}

/* ---- memory */

#define CGROUP "/sys/fs/cgroup/rvf-selftest"

static bool make_cgroup(unsigned int mebibytes)
{
	if (mkdir(CGROUP, 0755) && errno != EEXIST)
		return false;
	if (access(CGROUP "/memory.max", W_OK))
		return false;
	write_file(CGROUP "/memory.max", "%u\n", mebibytes << 20);
	if (!access(CGROUP "/memory.swap.max", W_OK))
		write_file(CGROUP "/memory.swap.max", "0\n");
	return true;
}

static void join_cgroup(void)
{
	write_file(CGROUP "/cgroup.procs", "%d\n", getpid());
}

static uint64_t cgroup_bytes(void)
{
	size_t length;
	char *text = read_whole(CGROUP "/memory.current", &length);
	char room[32] = "";
	int fd = must(open(CGROUP "/memory.current", O_RDONLY | O_CLOEXEC));

	free(text);
	must(read(fd, room, sizeof(room) - 1));
	close(fd);
	return strtoull(room, NULL, 10);
}

/* How often the OOM killer came */
static unsigned int oom_kills(void)
{
	char room[512] = "";
	int fd = must(open(CGROUP "/memory.events", O_RDONLY | O_CLOEXEC));
	char *line;

	must(read(fd, room, sizeof(room) - 1));
	close(fd);
	line = strstr(room, "oom_kill ");
	return line ? atoi(line + strlen("oom_kill ")) : 0;
}

static struct pkg *package_with(const char *what, uint64_t size)
{
	struct pkg *pkg = pkg_new("big");
	static uint8_t *bytes;

	if (!bytes)
		bytes = must(mmap(NULL, BIG, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	if (!strcmp(what, "immutable")) {
		pkg_append_only(pkg, "first", 4096);
		pkg_immutable(pkg, "big", bytes, size);
	} else if (!strcmp(what, "append-only")) {
		pkg_append_only(pkg, "first", 4096);
		pkg_append_only(pkg, "big", size);
	} else if (!strcmp(what, "queue")) {
		pkg_append_only(pkg, "first", 4096);
		pkg_queue(pkg, "big", size / 65536, 65536);
	} else {
		pkg_append_only(pkg, "first", 4096);
		pkg_component(pkg, "big", pkg_segment(pkg, RVF_SEG_IMAGE, bytes, size));
	}
	pkg_finish(pkg, KEY_OWNER);
	return pkg;
}

FIXTURE(memory)
{
	int ctl;
	unsigned int mounts;
};

FIXTURE_VARIANT(memory)
{
	const char *what;
};

FIXTURE_VARIANT_ADD(memory, immutable){
	.what = "immutable",
};

FIXTURE_VARIANT_ADD(memory, append_only){
	.what = "append-only",
};

FIXTURE_VARIANT_ADD(memory, queue){
	.what = "queue",
};

FIXTURE_VARIANT_ADD(memory, image){
	.what = "image",
};

FIXTURE_SETUP(memory)
{
	self->ctl = ctl_open();
	self->mounts = count_mounts(self->ctl);
	key_trust(self->ctl, KEY_OWNER);
	if (!make_cgroup(16))
		SKIP(return, "no memory controller in cgroup2");
}

FIXTURE_TEARDOWN(memory)
{
	EXPECT_TRUE(wait_mounts(self->ctl, self->mounts));
	rmdir(CGROUP);
}

/* The mount's memory is its caller's: what the cgroup does not have, it does not get */
TEST_F_TIMEOUT(memory, limit, 60)
{
	struct pkg *pkg = package_with(variant->what, BIG);
	unsigned int kills = oom_kills();
	uint64_t before, after;
	pid_t pid;

	/* Everything that is needed once is there afterwards */
	EXPECT_EQ(0, pkg_verify(pkg, self->ctl, NULL, NULL));
	before = cgroup_bytes();
	pid = child();
	if (pid == 0) {
		struct rvf_mount arg;
		int result;

		join_cgroup();
		for (int i = 0; i < 3; i++) {
			result = pkg_mount(pkg, self->ctl, NULL, &arg);
			if (result != -ENOMEM)
				_exit(1);
			if (arg.out_reason != RVF_REASON_MEMORY)
				_exit(2);
			if (arg.out_status != RVF_VERIFY_CAPABILITIES_INSUFFICIENT)
				_exit(3);
		}
		_exit(0);
	}
	EXPECT_EQ(0, reap(pid));
	/* It was told so, not killed, and nothing stays charged */
	EXPECT_EQ(kills, oom_kills());
	sleep_ms(300);
	after = cgroup_bytes();
	EXPECT_GT(before + (8 << 20), after)
	{
		TH_LOG("%llu before, %llu after", (unsigned long long)before,
		       (unsigned long long)after);
	}
	EXPECT_EQ(self->mounts, count_mounts(self->ctl));
}

/* With enough, all of it is there at once, and gone after the unmount */
TEST_F_TIMEOUT(memory, charged, 60)
{
	struct pkg *pkg = package_with(variant->what, BIG);
	int pipes[2], go[2];
	uint64_t before, during, after;
	char byte;
	pid_t pid;

	ASSERT_TRUE(make_cgroup(64));
	must(pipe(pipes));
	must(pipe(go));
	before = cgroup_bytes();
	pid = child();
	if (pid == 0) {
		int mount;

		join_cgroup();
		mount = pkg_mount(pkg, self->ctl, NULL, NULL);
		if (mount < 0)
			_exit(1);
		must(write(pipes[1], "m", 1));
		must(read(go[0], &byte, 1));
		close(mount);
		_exit(0);
	}
	close(pipes[1]);
	ASSERT_EQ(1, read(pipes[0], &byte, 1));
	during = cgroup_bytes();
	EXPECT_LE(before + BIG, during);
	must(write(go[1], "g", 1));
	EXPECT_EQ(0, reap(pid));
	EXPECT_TRUE(wait_mounts(self->ctl, self->mounts));
	sleep_ms(300);
	after = cgroup_bytes();
	EXPECT_GT(before + (8 << 20), after)
	{
		TH_LOG("%llu before, %llu during, %llu after", (unsigned long long)before,
		       (unsigned long long)during, (unsigned long long)after);
	}
}

/* ---- fds */

TEST_F(trouble, no_fds)
{
	struct pkg *pkg = pkg_usual();
	struct rlimit limit = { 48, 48 };
	struct rvf_mount arg;

	pkg_finish(pkg, KEY_OWNER);
	must(setrlimit(RLIMIT_NOFILE, &limit));
	while (dup(self->ctl) >= 0)
		;
	EXPECT_EQ(-EMFILE, pkg_mount(pkg, self->ctl, NULL, &arg));
	EXPECT_EQ(-1, arg.out_fd);
	EXPECT_EQ(self->mounts, count_mounts(self->ctl));
	/* A name is free again, too */
	EXPECT_EQ(-EMFILE, pkg_mount(pkg, self->ctl, "/test/no-fds", &arg));
	EXPECT_EQ(-ENOENT, open_mount(self->ctl, "/test/no-fds"));
	close(47);
	EXPECT_LE(0, pkg_mount(pkg, self->ctl, NULL, &arg));
	close(arg.out_fd);
}

/* ---- the result cannot be told */

TEST_F(trouble, struct_becomes_read_only)
{
	struct pkg *pkg = pkg_usual();
	struct rvf_mount *arg =
		must(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	const char *name = unique_name("/test/read-only");

	pkg_finish(pkg, KEY_OWNER);
	for (int i = 0; i < 10; i++) {
		must(mprotect(arg, 4096, PROT_READ | PROT_WRITE));
		pkg_mount_arg(pkg, name, arg);
		must(mprotect(arg, 4096, PROT_READ));
		EXPECT_EQ(-EFAULT, rvf(self->ctl, RVF_MOUNT, arg));
		EXPECT_EQ(-ENOENT, open_mount(self->ctl, name));
	}
	EXPECT_EQ(self->mounts, count_mounts(self->ctl));
}

/* ---- signals */

static void nothing(int number)
{
}

/* How long such a mount takes here, in microseconds */
static unsigned int usual_time(struct pkg *pkg, int ctl)
{
	uint64_t start = now_ms();

	close(must_rvf(pkg_mount(pkg, ctl, NULL, NULL)));
	return (now_ms() - start) * 1000 + 1000;
}

TEST_F_TIMEOUT(trouble, signals, 120)
{
	struct sigaction action = { .sa_handler = nothing };
	struct pkg *pkg = package_with("immutable", 3 << 20);
	unsigned int mounted = 0, interrupted = 0;
	unsigned int time = usual_time(pkg, self->ctl);
	uint64_t end = now_ms() + 8000;
	pid_t parent = getpid(), pid;

	must(sigaction(SIGUSR1, &action, NULL));
	pid = child();
	if (pid == 0) {
		for (unsigned int i = 0;; i++) {
			usleep(i * 7919ull * 1000 % (2 * time));
			kill(parent, SIGUSR1);
		}
	}
	while (now_ms() < end) {
		struct rvf_mount arg;
		int result = pkg_mount(pkg, self->ctl, NULL, &arg);

		if (result >= 0) {
			close(result);
			mounted++;
			continue;
		}
		EXPECT_EQ(-EINTR, result);
		EXPECT_EQ(-1, arg.out_fd);
		interrupted++;
	}
	must(kill(pid, SIGKILL));
	reap(pid);
	fprintf(stderr, "# mounted %u times, interrupted %u times\n", mounted, interrupted);
	EXPECT_LT(0, interrupted);
	EXPECT_LT(0, mounted);
}

TEST_F_TIMEOUT(trouble, killed, 60)
{
	struct pkg *pkg = package_with("immutable", 3 << 20);
	const char *name = unique_name("/test/killed");
	unsigned int left = 0, time = usual_time(pkg, self->ctl);

	EXPECT_TRUE(wait_mounts(self->ctl, self->mounts));
	for (unsigned int i = 0; i < 40; i++) {
		pid_t pid = child();
		int mount;

		if (pid == 0) {
			pkg_mount(pkg, self->ctl, name, NULL);
			_exit(0);
		}
		/* At any moment of it, and behind */
		usleep(i * (time / 30));
		kill(pid, SIGKILL);
		reap(pid);
		/* It was done wholly, or not at all */
		mount = open_mount(self->ctl, name);
		if (mount >= 0) {
			EXPECT_EQ(1, mount_info(mount).out_regions - 1);
			EXPECT_EQ(0, unmount(mount, 0));
			EXPECT_TRUE(wait_gone(mount));
			close(mount);
			left++;
		}
		EXPECT_EQ(self->mounts, count_mounts(self->ctl));
	}
	fprintf(stderr, "# %u of 40 were done\n", left);
}

/* Many mount the same name at once: one has it */
TEST_F_TIMEOUT(trouble, racing_mounts, 60)
{
	enum {
		RACERS = 6
	};
	struct pkg *pkg = pkg_usual();

	pkg_finish(pkg, KEY_OWNER);
	for (int round = 0; round < 15; round++) {
		const char *name = unique_name("/test/race");
		pid_t pids[RACERS];
		int done = 0, mount;

		for (int i = 0; i < RACERS; i++) {
			pids[i] = child();
			if (pids[i] == 0) {
				int result = pkg_mount(pkg, self->ctl, name, NULL);

				_exit(result >= 0 ? 1 : result == -EEXIST ? 0 : 100);
			}
		}
		for (int i = 0; i < RACERS; i++)
			done += reap(pids[i]);
		EXPECT_EQ(1, done);
		EXPECT_EQ(self->mounts + 1, count_mounts(self->ctl));
		mount = open_mount(self->ctl, name);
		EXPECT_EQ(0, unmount(mount, 0));
		EXPECT_TRUE(wait_gone(mount));
		close(mount);
	}
}

/* ---- a package on a file system that does not answer */

/* Just enough of a FUSE server: one file, whose reads are never answered */
static void serve_stalling_file(int fuse, uint64_t size, int reading)
{
	static char buffer[1 << 17];

	for (;;) {
		struct fuse_in_header *in = (void *)buffer;
		struct fuse_out_header out = { 0 };
		union {
			struct fuse_init_out init;
			struct fuse_entry_out entry;
			struct fuse_attr_out attr;
			struct fuse_open_out open;
			char bytes[256];
		} body;
		size_t body_size = 0;
		struct iovec io[2] = { { &out, sizeof(out) }, { &body, 0 } };

		if (read(fuse, buffer, sizeof(buffer)) < 0) {
			if (errno == EINTR || errno == ENOENT)
				continue;
			return;
		}
		memset(&body, 0, sizeof(body));
		out.unique = in->unique;
		switch (in->opcode) {
		case FUSE_INIT:
			body.init.major = FUSE_KERNEL_VERSION;
			body.init.minor = FUSE_KERNEL_MINOR_VERSION;
			body.init.max_write = 65536;
			body_size = sizeof(body.init);
			break;
		case FUSE_LOOKUP:
			body.entry.nodeid = 2;
			body.entry.attr.ino = 2;
			body.entry.attr.mode = S_IFREG | 0444;
			body.entry.attr.nlink = 1;
			body.entry.attr.size = size;
			body_size = sizeof(body.entry);
			break;
		case FUSE_GETATTR:
			body.attr.attr.ino = in->nodeid;
			body.attr.attr.mode = in->nodeid == 1 ? S_IFDIR | 0555 : S_IFREG | 0444;
			body.attr.attr.nlink = 1;
			body.attr.attr.size = in->nodeid == 1 ? 0 : size;
			body_size = sizeof(body.attr);
			break;
		case FUSE_OPEN:
			body_size = sizeof(body.open);
			break;
		case FUSE_READ:
			must(write(reading, "r", 1));
			continue;
		case FUSE_INTERRUPT:
		case FUSE_FORGET:
		case FUSE_BATCH_FORGET:
			continue;
		case FUSE_FLUSH:
		case FUSE_RELEASE:
			break;
		default:
			out.error = -ENOSYS;
		}
		io[1].iov_len = body_size;
		out.len = sizeof(out) + body_size;
		if (writev(fuse, io, 2) < 0 && errno != ENOENT)
			return;
	}
}

TEST_F_TIMEOUT(trouble, stalled_package, 60)
{
	struct pkg *pkg = pkg_usual();
	char options[64];
	int fuse, pipes[2], file;
	pid_t server, caller;
	char byte;

	pkg_finish(pkg, KEY_OWNER);
	fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (fuse < 0) {
		if (system("modprobe fuse > /dev/null 2>&1") == 0)
			fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
		if (fuse < 0)
			SKIP(return, "no FUSE");
	}
	must(unshare(CLONE_NEWNS));
	must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	snprintf(options, sizeof(options), "fd=%d,rootmode=40555,user_id=0,group_id=0", fuse);
	must(mount("stalling", "/mnt", "fuse", MS_NODEV | MS_NOSUID, options));
	must(pipe(pipes));
	server = child();
	if (server == 0) {
		serve_stalling_file(fuse, pkg->offsets[1] + DATA_LENGTH, pipes[1]);
		_exit(0);
	}
	file = must(open("/mnt/package", O_RDONLY | O_CLOEXEC));
	close(pkg->fd);
	pkg->fd = file;
	caller = child();
	if (caller == 0) {
		struct rvf_mount arg;

		close(fuse);
		if (pkg_mount(pkg, self->ctl, "/test/stalled", &arg) != -EIO)
			_exit(1);
		_exit(arg.out_reason == RVF_REASON_SEGMENT_READ ? 0 : 2);
	}
	/* It waits for the file's bytes, and nobody has to wait for it */
	must(read(pipes[0], &byte, 1));
	EXPECT_EQ(self->mounts, count_mounts(self->ctl));
	EXPECT_EQ(-ENOENT, open_mount(self->ctl, "/test/stalled"));
	{
		struct pkg *other = pkg_usual();
		struct nl nl;
		int mount;

		pkg_finish(other, KEY_OWNER);
		mount = pkg_mount(other, self->ctl, NULL, NULL);
		EXPECT_LE(0, mount);
		ASSERT_EQ(0, nl_open(&nl));
		EXPECT_EQ(self->mounts + 1, nl_dump(&nl, RVF_NL_MOUNT, 0, NULL, NULL));
		nl_close(&nl);
		close(mount);
		EXPECT_TRUE(wait_mounts(self->ctl, self->mounts));
	}
	EXPECT_EQ(0, waitpid(caller, NULL, WNOHANG));
	/* Reading fails at last */
	umount2("/mnt", MNT_FORCE);
	EXPECT_EQ(0, reap(caller));
	EXPECT_EQ(self->mounts, count_mounts(self->ctl));
	EXPECT_EQ(-ENOENT, open_mount(self->ctl, "/test/stalled"));
	kill(server, SIGKILL);
	reap(server);
}

TEST_HARNESS_MAIN
