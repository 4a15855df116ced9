// SPDX-License-Identifier: GPL-2.0-only
/*
 * RVF_MOUNT: all of its steps or none. What the package file has to be, names,
 * what the mount fd tells, memory, and that nothing is left behind.
 */
#include <endian.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "refuse.h"
#include "util_netlink.h"

FIXTURE(mount)
{
	int ctl;
	struct pkg *pkg;
	unsigned int mounts;
};

FIXTURE_SETUP(mount)
{
	self->ctl = ctl_open();
	self->mounts = count_mounts(self->ctl);
	key_trust(self->ctl, KEY_OWNER);
	self->pkg = pkg_usual();
	pkg_finish(self->pkg, KEY_OWNER);
}

FIXTURE_TEARDOWN(mount)
{
	EXPECT_TRUE(wait_mounts(self->ctl, self->mounts));
}

TEST_F(mount, result)
{
	const char *name = unique_name("/test/result");
	struct rvf_mount arg;
	struct rvf_mount_info info = { .size = sizeof(info) };
	char buffer[RVF_MAX_NAME];
	uint8_t id[RVF_KEY_ID_LEN];
	uint64_t now = time(NULL);
	int mount = pkg_mount(self->pkg, self->ctl, name, &arg);

	ASSERT_LE(0, mount);
	key_id(KEY_OWNER, id);
	EXPECT_EQ(RVF_VERIFY_SIGNATURE_VALID, arg.out_status);
	EXPECT_EQ(RVF_REASON_NONE, arg.out_reason);
	EXPECT_EQ(2, arg.out_components);
	EXPECT_EQ(2, arg.out_regions);
	EXPECT_EQ(1, arg.out_queues);
	EXPECT_EQ(2, arg.out_tasks);
	EXPECT_LT(0, arg.out_id);
	EXPECT_EQ(0, memcmp(id, arg.out_key_id, sizeof(id)));
	EXPECT_EQ(self->mounts + 1, count_mounts(self->ctl));

	memset(buffer, '#', sizeof(buffer));
	info.name = (uintptr_t)buffer;
	info.name_len = sizeof(buffer);
	ASSERT_EQ(0, rvf(mount, RVF_MOUNT_INFO, &info));
	ASSERT_EQ(strlen(name), info.name_len);
	EXPECT_EQ(0, memcmp(name, buffer, info.name_len));
	EXPECT_EQ('#', buffer[info.name_len]);
	EXPECT_EQ(arg.out_id, info.out_id);
	EXPECT_EQ(self->pkg->manifest_len, info.out_manifest_len);
	EXPECT_LE(DATA_LENGTH + LOG_SIZE + QUEUE_SLOTS * QUEUE_MESSAGE, info.out_bytes);
	EXPECT_LE(now, info.out_time);
	EXPECT_GE(now + 10, info.out_time);
	EXPECT_EQ(2, info.out_components);
	EXPECT_EQ(2, info.out_regions);
	EXPECT_EQ(1, info.out_queues);
	EXPECT_EQ(2, info.out_tasks);
	EXPECT_EQ(RVF_MOUNT_LIVE, info.out_state);
	EXPECT_EQ(0, info.out_supervised);
	EXPECT_EQ(0, memcmp(id, info.out_key_id, sizeof(id)));

	/* As much of the name as fits */
	memset(buffer, '#', sizeof(buffer));
	info.name_len = 3;
	ASSERT_EQ(0, rvf(mount, RVF_MOUNT_INFO, &info));
	EXPECT_EQ(strlen(name), info.name_len);
	EXPECT_EQ(0, memcmp("/te#", buffer, 4));
	EXPECT_EQ(0, unmount(mount, 0));
	EXPECT_TRUE(wait_gone(mount));
}

TEST_F(mount, ids_differ)
{
	struct rvf_mount arg[3];

	for (int i = 0; i < 3; i++) {
		int mount = pkg_mount(self->pkg, self->ctl, NULL, &arg[i]);

		ASSERT_LE(0, mount);
		close(mount);
	}
	EXPECT_NE(arg[0].out_id, arg[1].out_id);
	EXPECT_NE(arg[1].out_id, arg[2].out_id);
	EXPECT_NE(arg[0].out_id, arg[2].out_id);
}

TEST_F(mount, manifest_is_given_back)
{
	int mount = must_rvf(pkg_mount(self->pkg, self->ctl, NULL, NULL));
	uint32_t length = self->pkg->manifest_len;
	uint8_t *buffer = malloc(length + 1);
	struct rvf_mount_manifest arg = {
		.size = sizeof(arg),
		.buffer = (uintptr_t)buffer,
		.length = length - 1,
	};

	memset(buffer, '#', length + 1);
	EXPECT_EQ(-EMSGSIZE, rvf(mount, RVF_MOUNT_MANIFEST, &arg));
	EXPECT_EQ(length, arg.length);
	EXPECT_EQ('#', buffer[0]);
	EXPECT_EQ(0, rvf(mount, RVF_MOUNT_MANIFEST, &arg));
	EXPECT_EQ(length, arg.length);
	EXPECT_EQ(0, memcmp(buffer, self->pkg->manifest, length));
	EXPECT_EQ('#', buffer[length]);
	arg.length = 0;
	arg.buffer = 0;
	EXPECT_EQ(-EMSGSIZE, rvf(mount, RVF_MOUNT_MANIFEST, &arg));
	EXPECT_EQ(length, arg.length);
	close(mount);
}

TEST_F(mount, nameless)
{
	struct rvf_mount_info info;
	int mount = must_rvf(pkg_mount(self->pkg, self->ctl, NULL, NULL));
	int other = must_rvf(pkg_mount(self->pkg, self->ctl, NULL, NULL));
	int copy = must(dup(mount));

	info = mount_info(mount);
	EXPECT_EQ(0, info.name_len);
	EXPECT_EQ(self->mounts + 2, count_mounts(self->ctl));
	/* It lives as long as its fd, duplicates included */
	close(mount);
	EXPECT_EQ(RVF_MOUNT_LIVE, mount_info(copy).out_state);
	EXPECT_EQ(self->mounts + 2, count_mounts(self->ctl));
	close(copy);
	EXPECT_TRUE(wait_mounts(self->ctl, self->mounts + 1));
	close(other);
}

TEST_F(mount, named_outlives_its_fd)
{
	const char *name = unique_name("/test/outlives");
	struct rvf_mount arg;
	struct rvf_open_mount open_arg = {
		.size = sizeof(open_arg),
		.name = (uintptr_t)name,
		.name_len = strlen(name),
	};
	int mount = must_rvf(pkg_mount(self->pkg, self->ctl, name, &arg));

	close(mount);
	sleep_ms(50);
	EXPECT_EQ(self->mounts + 1, count_mounts(self->ctl));
	ASSERT_EQ(0, rvf(self->ctl, RVF_OPEN_MOUNT, &open_arg));
	EXPECT_EQ(arg.out_id, open_arg.out_id);
	EXPECT_EQ(0, unmount(open_arg.out_fd, 0));
	EXPECT_TRUE(wait_gone(open_arg.out_fd));
	EXPECT_EQ(-ENOENT, rvf(self->ctl, RVF_OPEN_MOUNT, &open_arg));
}

TEST_F(mount, name_in_use)
{
	const char *name = unique_name("/test/in-use");
	struct rvf_mount arg;
	int mount = must_rvf(pkg_mount(self->pkg, self->ctl, name, NULL));

	EXPECT_EQ(-EEXIST, pkg_mount(self->pkg, self->ctl, name, &arg));
	EXPECT_EQ(RVF_REASON_NAME_IN_USE, arg.out_reason);
	EXPECT_EQ(-1, arg.out_fd);
	EXPECT_EQ(self->mounts + 1, count_mounts(self->ctl));
	/* That is not RVF_VERIFY's business */
	EXPECT_EQ(0, pkg_verify(self->pkg, self->ctl, name, NULL));
	EXPECT_EQ(0, unmount(mount, 0));
	EXPECT_TRUE(wait_gone(mount));
	/* The name is free again */
	mount = pkg_mount(self->pkg, self->ctl, name, NULL);
	EXPECT_LE(0, mount);
	EXPECT_EQ(0, unmount(mount, 0));
}

TEST_F(mount, names)
{
	static const char *const bad[] = {
		"x",	     "/",    "//",	"/a/",	 "//a", "/a//b", "/.",
		"/..",	     "/a/.", "/a/../b", "/-a",	 "/_a", "/a b",	 "/a\n",
		"/\xc3\xa9", " /a",  "/a:b",	"/a\\b", "a/b",
	};
	char longest[RVF_MAX_NAME + 2], with_nul[] = "/a\0b";
	struct rvf_mount arg;
	int mount;

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		struct refusal refusal;

		refuse(&refusal, self->pkg, self->ctl, bad[i]);
		EXPECT_EQ(-EINVAL, refusal.result)
		{
			TH_LOG("'%s'", bad[i]);
		}
		EXPECT_EQ(RVF_REASON_MOUNT_NAME, refusal.arg.out_reason);
		EXPECT_EQ(-EINVAL, open_mount(self->ctl, bad[i]));
	}
	pkg_mount_arg(self->pkg, with_nul, &arg);
	arg.name_len = 4;
	EXPECT_EQ(-EINVAL, rvf(self->ctl, RVF_MOUNT, &arg));
	EXPECT_EQ(RVF_REASON_MOUNT_NAME, arg.out_reason);

	/* 256 bytes are allowed, in words of at most 255; 257 are not */
	memset(longest, 'x', sizeof(longest));
	longest[0] = '/';
	longest[5] = '/';
	longest[RVF_MAX_NAME] = 0;
	mount = pkg_mount(self->pkg, self->ctl, longest, NULL);
	ASSERT_LE(0, mount);
	EXPECT_EQ(RVF_MAX_NAME, mount_info(mount).name_len);
	EXPECT_EQ(0, unmount(mount, 0));
	longest[RVF_MAX_NAME] = 'x';
	longest[RVF_MAX_NAME + 1] = 0;
	EXPECT_EQ(-EINVAL, pkg_mount(self->pkg, self->ctl, longest, &arg));
	pkg_mount_arg(self->pkg, longest, &arg);
	arg.name_len = 0xffffffff;
	EXPECT_EQ(-EINVAL, rvf(self->ctl, RVF_MOUNT, &arg));

	/* A pointer that cannot be read, and one without a length */
	pkg_mount_arg(self->pkg, "/a", &arg);
	arg.name = 8;
	EXPECT_EQ(-EFAULT, rvf(self->ctl, RVF_MOUNT, &arg));
	EXPECT_EQ(-1, arg.out_fd);
	EXPECT_EQ(-ENOENT, open_mount(self->ctl, "/test/nobody"));
}

/* ---- the package file */

TEST_F(mount, package_of_wrong_kind)
{
	struct rvf_mount arg;
	int pair[2], pipes[2];
	const struct {
		int fd;
		int err;
	} wrong[] = {
		{ -1, EBADF },
		{ 4711, EBADF },
		{ INT_MAX, EBADF },
		{ must(open("/dev/null", O_RDWR | O_CLOEXEC)), EINVAL },
		{ must(open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)), EINVAL },
		{ must(open(beside("mount"), O_PATH | O_CLOEXEC)), EBADF },
		{ self->ctl, EINVAL },
		{ (must(pipe2(pipes, O_CLOEXEC)), pipes[0]), EINVAL },
		{ pipes[1], EBADF },
		{ (must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair)), pair[0]), EINVAL },
		{ must_rvf(pkg_mount(self->pkg, self->ctl, NULL, NULL)), EINVAL },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(wrong); i++) {
		pkg_mount_arg(self->pkg, NULL, &arg);
		arg.package_fd = wrong[i].fd;
		EXPECT_EQ(-wrong[i].err, rvf(self->ctl, RVF_MOUNT, &arg))
		{
			TH_LOG("number %u", i);
		}
		EXPECT_EQ(-1, arg.out_fd);
	}
	close(wrong[ARRAY_SIZE(wrong) - 1].fd);
}

TEST_F(mount, package_not_open_for_reading)
{
	char path[64];
	struct rvf_mount arg;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", self->pkg->fd);
	pkg_mount_arg(self->pkg, NULL, &arg);
	arg.package_fd = must(open(path, O_WRONLY | O_CLOEXEC));
	EXPECT_EQ(-EBADF, rvf(self->ctl, RVF_MOUNT, &arg));
}

TEST_F(mount, segment_bytes_changed)
{
	for (uint32_t i = 0; i < self->pkg->n_segments; i++) {
		uint64_t length = le64toh(self->pkg->segments[i].entry.length);
		const uint64_t places[] = { 0, length / 2, length - 1 };

		for (unsigned int j = 0; j < ARRAY_SIZE(places); j++) {
			uint64_t place = self->pkg->offsets[i] + places[j];
			struct refusal refusal;
			uint8_t byte;

			must(pread(self->pkg->fd, &byte, 1, place));
			byte ^= 0x10;
			must(pwrite(self->pkg->fd, &byte, 1, place));
			refuse(&refusal, self->pkg, self->ctl, NULL);
			EXPECT_REFUSED(EILSEQ, RVF_REASON_DIGEST, RVF_VERIFY_COMPONENT_MISSING);
			EXPECT_EQ(i, refusal.arg.out_index);
			EXPECT_EQ(i, refusal.verify_index);
			byte ^= 0x10;
			must(pwrite(self->pkg->fd, &byte, 1, place));
		}
	}
	EXPECT_EQ(0, pkg_verify(self->pkg, self->ctl, NULL, NULL));
}

TEST_F(mount, segment_elsewhere)
{
	struct refusal refusal;

	self->pkg->offsets[1]++;
	refuse(&refusal, self->pkg, self->ctl, NULL);
	EXPECT_TRUE(refusal.result == -EILSEQ || refusal.result == -EIO);
	EXPECT_EQ(1, refusal.arg.out_index);
	EXPECT_EQ(RVF_VERIFY_COMPONENT_MISSING, refusal.arg.out_status);
}

TEST_F(mount, segment_behind_end)
{
	const uint64_t places[] = { 1 << 20,	1ull << 40,	INT64_MAX - 10, INT64_MAX,
				    1ull << 63, UINT64_MAX - 5, UINT64_MAX };

	for (unsigned int i = 0; i < ARRAY_SIZE(places); i++) {
		struct refusal refusal;

		self->pkg->offsets[1] = places[i];
		refuse(&refusal, self->pkg, self->ctl, NULL);
		EXPECT_REFUSED(EIO, RVF_REASON_SEGMENT_READ, RVF_VERIFY_COMPONENT_MISSING);
		EXPECT_EQ(1, refusal.arg.out_index);
	}
}

TEST_F(mount, truncated_package)
{
	struct stat st;

	must(fstat(self->pkg->fd, &st));
	for (off_t length = st.st_size - 1; length > 0; length = length * 2 / 3) {
		struct refusal refusal;

		must(ftruncate(self->pkg->fd, length));
		refuse(&refusal, self->pkg, self->ctl, NULL);
		EXPECT_REFUSED(EIO, RVF_REASON_SEGMENT_READ, RVF_VERIFY_COMPONENT_MISSING);
	}
}

TEST_F(mount, segment_count)
{
	const uint32_t counts[] = { 0,
				    1,
				    self->pkg->n_segments - 1,
				    self->pkg->n_segments + 1,
				    RVF_MAX_SEGMENTS,
				    0xffffffff };

	for (unsigned int i = 0; i < ARRAY_SIZE(counts); i++) {
		struct rvf_mount arg;

		pkg_mount_arg(self->pkg, NULL, &arg);
		arg.segment_count = counts[i];
		EXPECT_EQ(-EINVAL, rvf(self->ctl, RVF_MOUNT, &arg));
		EXPECT_EQ(RVF_REASON_SEGMENT_COUNT, arg.out_reason);
		EXPECT_EQ(RVF_VERIFY_COMPONENT_MISSING, arg.out_status);
	}
}

/* Segments that do not make anything are part of the package too */
TEST_F(mount, idle_segments_are_checked)
{
	struct refusal refusal;
	struct pkg *pkg = pkg_usual();
	unsigned int idle = pkg_segment(pkg, RVF_SEG_EBPF, "unused here", 11);

	pkg_finish(pkg, KEY_OWNER);
	EXPECT_EQ(0, pkg_verify(pkg, self->ctl, NULL, NULL));
	must(pwrite(pkg->fd, "U", 1, pkg->offsets[idle]));
	refuse(&refusal, pkg, self->ctl, NULL);
	EXPECT_REFUSED(EILSEQ, RVF_REASON_DIGEST, RVF_VERIFY_COMPONENT_MISSING);
	EXPECT_EQ(idle, refusal.arg.out_index);
}

/* What is not signed may lie anywhere and be anything */
TEST_F(mount, same_bytes_elsewhere)
{
	int fd = self->pkg->fd;
	uint64_t place = 1 << 20;

	for (uint32_t i = 0; i < self->pkg->n_segments; i++) {
		uint64_t length = le64toh(self->pkg->segments[i].entry.length);
		char *bytes = malloc(length);

		must(pread(fd, bytes, length, self->pkg->offsets[i]));
		/* From the last one to the first, and at odd places */
		self->pkg->offsets[i] = place -= length + 333;
		must(pwrite(fd, bytes, length, place));
		free(bytes);
	}
	EXPECT_EQ(0, pkg_verify(self->pkg, self->ctl, NULL, NULL));
}

/* An empty image, and empty content */
TEST_F(mount, empty_segments)
{
	struct pkg *pkg = pkg_new("empty");
	int mount, handle;
	struct rvf_mount arg;
	char byte;

	pkg_immutable(pkg, "nothing", "", 0);
	pkg_finish(pkg, KEY_OWNER);
	mount = pkg_mount(pkg, self->ctl, NULL, &arg);
	ASSERT_LE(0, mount)
	{
		TH_LOG("reason %u", arg.out_reason);
	}
	EXPECT_EQ(0, arg.out_tasks);
	EXPECT_EQ(1, arg.out_regions);
	handle = mount_get(mount, "nothing", 0);
	ASSERT_LE(0, handle);
	EXPECT_EQ(0, read(handle, &byte, 1));
	close(handle);
	close(mount);
}

/* ---- a package that changes while it is mounted */

/* Whatever happens, what was mounted is what was signed */
TEST_F_TIMEOUT(mount, changing_package, 60)
{
	uint64_t end = now_ms() + 4000;
	unsigned int mounted = 0, refused = 0;
	pid_t pid = child();

	if (pid == 0) {
		const uint64_t place = self->pkg->offsets[1] + 2 * page_size();
		uint8_t good = data_bytes()[2 * page_size()], bad = ~good;

		for (;;) {
			must(pwrite(self->pkg->fd, &bad, 1, place));
			must(pwrite(self->pkg->fd, &good, 1, place));
		}
	}
	while (now_ms() < end) {
		uint8_t bytes[DATA_LENGTH];
		int mount = pkg_mount(self->pkg, self->ctl, NULL, NULL);
		int handle;

		if (mount < 0) {
			EXPECT_EQ(-EILSEQ, mount);
			refused++;
			continue;
		}
		handle = must_rvf(mount_get(mount, "data", RVF_RIGHT_READ));
		ASSERT_EQ(DATA_LENGTH, pread(handle, bytes, sizeof(bytes), 0));
		ASSERT_EQ(0, memcmp(bytes, data_bytes(), DATA_LENGTH));
		close(handle);
		close(mount);
		mounted++;
	}
	kill(pid, SIGKILL);
	reap(pid);
	fprintf(stderr, "# mounted %u times, refused %u times\n", mounted, refused);
	EXPECT_LT(0, mounted + refused);
}

TEST_F_TIMEOUT(mount, shrinking_package, 60)
{
	uint64_t end = now_ms() + 3000;
	struct stat st;
	pid_t pid;

	must(fstat(self->pkg->fd, &st));
	pid = child();
	if (pid == 0) {
		uint8_t *bytes = malloc(st.st_size);

		must(pread(self->pkg->fd, bytes, st.st_size, 0));
		for (;;) {
			must(ftruncate(self->pkg->fd, 100));
			must(pwrite(self->pkg->fd, bytes, st.st_size, 0));
		}
	}
	while (now_ms() < end) {
		int mount = pkg_mount(self->pkg, self->ctl, NULL, NULL);

		if (mount >= 0)
			close(mount);
		else
			EXPECT_TRUE(mount == -EILSEQ || mount == -EIO)
			{
				TH_LOG("%d", mount);
			}
	}
	kill(pid, SIGKILL);
	reap(pid);
}

/* The manifest is read once: what is verified is what is parsed and kept */
TEST_F_TIMEOUT(mount, changing_manifest, 60)
{
	uint32_t length = self->pkg->manifest_len;
	uint8_t *shared =
		must(mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
	uint64_t end = now_ms() + 4000;
	unsigned int mounted = 0, refused = 0;
	size_t place = offsetof(struct rvf_m_header, content_hash);
	pid_t pid;

	memcpy(shared, self->pkg->manifest, length);
	pid = child();
	if (pid == 0) {
		for (;;)
			((volatile uint8_t *)shared)[place] ^= 1;
	}
	while (now_ms() < end) {
		uint8_t back[4096];
		struct rvf_mount_manifest manifest = {
			.size = sizeof(manifest),
			.buffer = (uintptr_t)back,
			.length = sizeof(back),
		};
		struct rvf_mount arg;
		int result;

		pkg_mount_arg(self->pkg, NULL, &arg);
		arg.manifest = (uintptr_t)shared;
		result = rvf(self->ctl, RVF_MOUNT, &arg);
		if (result) {
			EXPECT_EQ(-EKEYREJECTED, result);
			refused++;
			continue;
		}
		ASSERT_EQ(0, rvf(arg.out_fd, RVF_MOUNT_MANIFEST, &manifest));
		ASSERT_EQ(0, memcmp(back, self->pkg->manifest, length));
		close(arg.out_fd);
		mounted++;
	}
	kill(pid, SIGKILL);
	reap(pid);
	fprintf(stderr, "# mounted %u times, refused %u times\n", mounted, refused);
	EXPECT_LT(0, mounted);
	EXPECT_LT(0, refused);
}

TEST_HARNESS_MAIN
