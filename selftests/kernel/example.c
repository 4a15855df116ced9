// SPDX-License-Identifier: GPL-2.0-only
/*
 * Documentation/examples/mount.c, run as a reader would.
 */
#include <endian.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "util_package.h"

FIXTURE(example)
{
	int ctl;
	struct pkg *pkg;
	char path[40];
	unsigned int mounts;
};

static void put(int fd, const void *bytes, size_t length)
{
	if (write(fd, bytes, length) != (ssize_t)length)
		die("cannot write the package: %s", strerror(errno));
}

/* A segment with its header; with the zeros of the spec's alignment, or back to back */
static void put_segment(int fd, uint64_t id, int type, const void *payload, uint64_t length,
			bool align)
{
	static const char zeros[64];
	struct {
		uint32_t magic;
		uint8_t version, type;
		uint16_t flags;
		uint64_t id, length;
		uint8_t rest[40];
	} header = { htole32(0x52564653), 1, type, 0, htole64(id), htole64(length), { 0 } };

	put(fd, &header, sizeof(header));
	put(fd, payload, length);
	if (align)
		put(fd, zeros, -(sizeof(header) + length) % 64);
}

static void write_package(struct pkg *pkg, const char *path, bool align)
{
	int fd = must(open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));

	put_segment(fd, 1, 0x07, pkg->manifest, pkg->manifest_len, align);
	for (uint32_t i = 0; i < pkg->n_segments; i++)
		put_segment(fd, le64toh(pkg->segments[i].entry.id),
			    le32toh(pkg->segments[i].entry.type), pkg->segments[i].data,
			    le64toh(pkg->segments[i].entry.length), align);
	put_segment(fd, 90, 0x0c, pkg->envelope.data, pkg->envelope.length, align);
	/* What is not ours is passed over */
	put_segment(fd, 91, 0x05, "a directory", 11, align);
	close(fd);
}

FIXTURE_SETUP(example)
{
	self->ctl = ctl_open();
	self->mounts = count_mounts(self->ctl);
	key_trust(self->ctl, KEY_OWNER);
	self->pkg = pkg_usual();
	pkg_finish(self->pkg, KEY_OWNER);
	strcpy(self->path, "/tmp/rvf-example.XXXXXX");
	close(must(mkstemp(self->path)));
	write_package(self->pkg, self->path, false);
}

FIXTURE_TEARDOWN(example)
{
	unlink(self->path);
	EXPECT_TRUE(wait_mounts(self->ctl, self->mounts));
}

/* Its exit status; what it prints on stdout and on stderr */
static int run(const char *path, const char *region, char *out, char *err, size_t room)
{
	int files[2] = { memfd_with("", 0), memfd_with("", 0) };
	char *texts[2] = { out, err };
	pid_t pid = child();

	if (pid == 0) {
		must(dup2(files[0], 1));
		must(dup2(files[1], 2));
		execl(beside("example_mount"), "mount", path, region, NULL);
		_exit(127);
	}
	for (int i = 0, code = reap(pid);; i++) {
		if (i == 2)
			return code;
		memset(texts[i], 0, room);
		must(pread(files[i], texts[i], room - 1, 0));
		close(files[i]);
	}
}

#define ROOM 32768
static char out[ROOM], err[ROOM];

TEST_F(example, lists)
{
	EXPECT_EQ(0, run(self->path, NULL, out, err, ROOM));
	EXPECT_STREQ("", out);
	EXPECT_NE(NULL, strstr(err, ": 2 components, 2 tasks, 2 regions, 1 queues\n"));
	EXPECT_NE(NULL, strstr(err, "region data: immutable, 20380 bytes\n"));
	EXPECT_NE(NULL, strstr(err, "region log: append-only, 10000 bytes\n"));
	EXPECT_NE(NULL, strstr(err, "queue queue: 4 slots of 64 bytes\n"));
}

TEST_F(example, copies)
{
	for (int align = 0; align < 2; align++) {
		write_package(self->pkg, self->path, align);
		EXPECT_EQ(0, run(self->path, "data", out, err, ROOM));
		EXPECT_EQ(0, memcmp(out, data_bytes(), DATA_LENGTH));
		EXPECT_EQ(0, out[DATA_LENGTH]);
	}
	EXPECT_EQ(0, run(self->path, "log", out, err, ROOM));
	EXPECT_STREQ("", out);
	EXPECT_NE(NULL, strstr(err, "log holds 0 of 10000 bytes\n"));
}

TEST_F(example, no_region)
{
	EXPECT_EQ(2, run(self->path, "nothing", out, err, ROOM));
	EXPECT_NE(NULL, strstr(err, "nothing: No such file or directory\n"));
	EXPECT_EQ(2, run(self->path, "queue", out, err, ROOM));
	EXPECT_NE(NULL, strstr(err, "queue: it is no region\n"));
}

TEST_F(example, refused)
{
	self->pkg->manifest[200] ^= 1;
	write_package(self->pkg, self->path, false);
	EXPECT_EQ(1, run(self->path, "data", out, err, ROOM));
	EXPECT_STREQ("", out);
	EXPECT_NE(NULL, strstr(err, "refused: Key was rejected by service (enum rvf_reason 3,"));
}

TEST_F(example, no_package)
{
	EXPECT_EQ(2, run("/nowhere", NULL, out, err, ROOM));
	EXPECT_EQ(2, run("/proc/self/exe", NULL, out, err, ROOM));
	must(truncate(self->path, 1000));
	EXPECT_EQ(2, run(self->path, NULL, out, err, ROOM));
	must(truncate(self->path, 0));
	EXPECT_EQ(2, run(self->path, NULL, out, err, ROOM));
}

TEST_HARNESS_MAIN
