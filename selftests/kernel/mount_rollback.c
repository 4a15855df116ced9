// SPDX-License-Identifier: GPL-2.0-only
/*
 * RVF_MOUNT does all of its steps or none: each of them fails in turn, and
 * whatever can be seen of the module is as it was: mounts, objects, holders,
 * fds, the name, the module's references, and the memory of the caller.
 */
#include <endian.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "util_netlink.h"
#include "util_package.h"

/* Regions, then images, in the order in which they are made; one of each is large */
#define REGIONS	   4
#define COMPONENTS 3
#define LARGE	   (1u << 20)
#define REPEATS	   12
#define CGROUP	   "/sys/fs/cgroup/rvf-rollback"

FIXTURE(rollback)
{
	int ctl;
	struct pkg *pkg;
	const char *name;
	unsigned int idle; /* a segment that nothing is made of */
	char *before;
};

static const uint8_t *large_bytes(void)
{
	static uint8_t *bytes;

	if (!bytes) {
		bytes = malloc(LARGE);
		for (unsigned int i = 0; i < LARGE; i++)
			bytes[i] = i * 2654435761u >> 13;
	}
	return bytes;
}

static const char *numbered(char kind, unsigned int number)
{
	char *name;

	must(asprintf(&name, "%c%u", kind, number));
	return name;
}

static struct pkg *make_package(unsigned int *idle)
{
	struct pkg *pkg = pkg_new("rollback");
	size_t length;
	const void *image = plugin_image("plugin_proxy", &length);

	for (unsigned int i = 0; i < REGIONS; i++)
		pkg_immutable(pkg, numbered('r', i), large_bytes() + i, LARGE / REGIONS - i);
	pkg_append_only(pkg, "log", LARGE);
	pkg_slab(pkg, "slab", 16, 4096);
	for (unsigned int i = 0; i < COMPONENTS; i++)
		pkg_component(pkg, numbered('c', i),
			      pkg_segment(pkg, RVF_SEG_IMAGE, image, length));
	pkg_queue(pkg, "queue", 16, 4096);
	pkg_grant(pkg, 0, RVF_OBJECT_QUEUE, 0, RVF_RIGHT_READ, 0);
	*idle = pkg_segment(pkg, RVF_SEG_EBPF, "nothing is made of this", 23);
	return pkg;
}

/* ---- what can be seen */

static void put_message(const struct nl_message *message, void *out)
{
	fprintf(out, "%u %s", message->command, message->name);
	for (int i = 0; i <= RVF_NL_A_MAX; i++) {
		if (nl_has(message, i) && message->value[i])
			fprintf(out, " %d=%llu", i, (unsigned long long)message->value[i]);
	}
	fputc('\n', out);
}

static char *state(int ctl)
{
	struct rvf_ctl_info info = ctl_info(ctl);
	size_t length;
	char *text;
	FILE *out = open_memstream(&text, &length);
	struct nl nl;
	int fds = 0;

	if (!out)
		die("no memory for a state");
	for (int fd = 0; fd < 256; fd++)
		fds += fcntl(fd, F_GETFD) >= 0;
	fprintf(out, "%u mounts, %u keys, %d fds, %d references\n", info.out_mounts, info.out_keys,
		fds, (int)read_number("/sys/module/rvf/refcnt"));
	must_rvf(nl_open(&nl));
	for (int command = RVF_NL_MOUNT; command <= RVF_NL_OBJECT; command++)
		must_rvf(nl_dump(&nl, command, 0, put_message, out));
	nl_close(&nl);
	fclose(out);
	return text;
}

static void join_cgroup(void)
{
	if (mkdir(CGROUP, 0755) && errno != EEXIST)
		die("no cgroup: %s", strerror(errno));
	write_file(CGROUP "/memory.max", "max\n");
	write_file(CGROUP "/cgroup.procs", "%d\n", getpid());
}

FIXTURE_SETUP(rollback)
{
	self->ctl = ctl_open();
	key_trust(self->ctl, KEY_OWNER);
	self->pkg = make_package(&self->idle);
	pkg_finish(self->pkg, KEY_OWNER);
	self->name = unique_name("/test/rollback");
	/* What is made once is there from now on */
	ASSERT_EQ(0, pkg_verify(self->pkg, self->ctl, NULL, NULL));
	self->before = state(self->ctl);
	join_cgroup();
}

/* It could be done all the time */
FIXTURE_TEARDOWN(rollback)
{
	struct rvf_mount arg;
	int mount;

	EXPECT_STREQ(self->before, state(self->ctl));
	mount = pkg_mount(self->pkg, self->ctl, self->name, &arg);
	EXPECT_LE(0, mount)
	{
		TH_LOG("%s, reason %u", strerror(-mount), arg.out_reason);
	}
	EXPECT_EQ(0, unmount(mount, 0));
	EXPECT_TRUE(wait_gone(mount));
}

static uint64_t charged(void)
{
	return read_number(CGROUP "/memory.current");
}

/*
 * Often enough that what stays of one would show; and whether the module and
 * the cgroup are as before. Returns what all of them returned, or 0.
 */
static int fail_often(int ctl, struct rvf_mount *original, const char *name)
{
	char *before = state(ctl);
	uint64_t memory = charged();
	int result = 0;

	for (int i = 0; i < REPEATS; i++) {
		struct rvf_mount arg = *original;
		int this = rvf(ctl, RVF_MOUNT, &arg);

		if (this >= 0 || (i && this != result) || arg.out_fd != -1)
			die("%d, %s, fd %d", this, strerror(-this), arg.out_fd);
		result = this;
		if (open_mount(ctl, name) != -ENOENT)
			die("there is a mount");
	}
	if (strcmp(before, state(ctl)))
		die("another state: %s", before);
	/* Counted in batches, and some is freed a little later */
	for (int i = 0; charged() > memory + 2 * LARGE; i++) {
		if (i == 50)
			die("%llu bytes are charged, not %llu", (unsigned long long)charged(),
			    (unsigned long long)memory);
		sleep_ms(100);
	}
	free(before);
	return result;
}

static int fail_package(struct __test_metadata *_metadata, FIXTURE_DATA(rollback) * self,
			struct pkg *pkg)
{
	struct rvf_mount arg;

	pkg_mount_arg(pkg, self->name, &arg);
	return fail_often(self->ctl, &arg, self->name);
}

/* ---- the steps */

/* 1: the signature, and the bytes that it is over */
TEST_F(rollback, signature)
{
	struct rvf_mount arg;

	self->pkg->manifest[self->pkg->manifest_len - 1] ^= 1;
	EXPECT_EQ(-EKEYREJECTED, fail_package(_metadata, self, self->pkg));
	self->pkg->manifest[self->pkg->manifest_len - 1] ^= 1;
	pkg_mount_arg(self->pkg, self->name, &arg);
	arg.signatures_len--;
	EXPECT_EQ(-EBADMSG, fail_often(self->ctl, &arg, self->name));
	pkg_mount_arg(self->pkg, self->name, &arg);
	arg.signatures = (uintptr_t)nowhere();
	EXPECT_EQ(-EFAULT, fail_often(self->ctl, &arg, self->name));
	pkg_mount_arg(self->pkg, self->name, &arg);
	arg.manifest = (uintptr_t)nowhere();
	EXPECT_EQ(-EFAULT, fail_often(self->ctl, &arg, self->name));
}

/* 2: a manifest that was signed and is none; the digest of its table; limits */
TEST_F(rollback, manifest)
{
	unsigned int idle;
	struct pkg *pkg = make_package(&idle);
	struct rvf_mount arg;

	pkg_finish(pkg, KEY_OWNER);
	pkg->m_header->content_hash[3] ^= 1;
	pkg_sign(pkg, KEY_OWNER);
	EXPECT_EQ(-EBADMSG, fail_package(_metadata, self, pkg));
	pkg->m_regions[REGIONS].policy = htole32(77);
	pkg_sign(pkg, KEY_OWNER);
	EXPECT_EQ(-EBADMSG, fail_package(_metadata, self, pkg));
	pkg_mount_arg(self->pkg, self->name, &arg);
	arg.max_regions = 1;
	EXPECT_EQ(-EDQUOT, fail_often(self->ctl, &arg, self->name));
	close(pkg->fd);
}

/* The name: a key that may not sign for it, and one that is in use */
TEST_F(rollback, name)
{
	int mount;
	struct rvf_mount arg;
	char *before;

	key_trust(self->ctl, KEY_DEMO);
	self->before = state(self->ctl);
	pkg_sign(self->pkg, KEY_DEMO);
	EXPECT_EQ(-EACCES, fail_package(_metadata, self, self->pkg));
	pkg_sign(self->pkg, KEY_OWNER);

	mount = must_rvf(pkg_mount(self->pkg, self->ctl, self->name, NULL));
	before = state(self->ctl);
	for (int i = 0; i < REPEATS; i++) {
		EXPECT_EQ(-EEXIST, pkg_mount(self->pkg, self->ctl, self->name, &arg));
		EXPECT_EQ(RVF_REASON_NAME_IN_USE, arg.out_reason);
	}
	EXPECT_STREQ(before, state(self->ctl));
	EXPECT_EQ(0, unmount(mount, 0));
	EXPECT_TRUE(wait_gone(mount));
	close(mount);
}

/* The package: its fd, its segments' number and places */
TEST_F(rollback, package)
{
	struct rvf_mount arg;

	pkg_mount_arg(self->pkg, self->name, &arg);
	arg.package_fd = -1;
	EXPECT_EQ(-EBADF, fail_often(self->ctl, &arg, self->name));
	pkg_mount_arg(self->pkg, self->name, &arg);
	arg.package_fd = self->ctl;
	EXPECT_EQ(-EINVAL, fail_often(self->ctl, &arg, self->name));
	pkg_mount_arg(self->pkg, self->name, &arg);
	arg.segment_count--;
	EXPECT_EQ(-EINVAL, fail_often(self->ctl, &arg, self->name));
	pkg_mount_arg(self->pkg, self->name, &arg);
	arg.segments = (uintptr_t)nowhere();
	EXPECT_EQ(-EFAULT, fail_often(self->ctl, &arg, self->name));
}

/* 3 and 4: each region's bytes, each image's, and those of what is left */
TEST_F_TIMEOUT(rollback, digests, 120)
{
	for (unsigned int i = 0; i < self->pkg->n_segments; i++) {
		uint64_t length = le64toh(self->pkg->segments[i].entry.length);
		uint64_t place = self->pkg->offsets[i] + length - 1;
		uint8_t byte;

		must(pread(self->pkg->fd, &byte, 1, place));
		byte ^= 1;
		must(pwrite(self->pkg->fd, &byte, 1, place));
		EXPECT_EQ(-EILSEQ, fail_package(_metadata, self, self->pkg))
		{
			TH_LOG("segment %u", i);
		}
		byte ^= 1;
		must(pwrite(self->pkg->fd, &byte, 1, place));
	}
}

/* The same steps with a file that ends where the bytes should be */
TEST_F_TIMEOUT(rollback, segments_missing, 120)
{
	for (unsigned int i = 0; i < self->pkg->n_segments; i++) {
		uint64_t place = self->pkg->offsets[i];

		self->pkg->offsets[i] = 1ull << 40;
		EXPECT_EQ(-EIO, fail_package(_metadata, self, self->pkg))
		{
			TH_LOG("segment %u", i);
		}
		self->pkg->offsets[i] = place;
	}
}

/* 3, 4 and 6: no memory for the n-th of each kind */
TEST_F_TIMEOUT(rollback, memory, 300)
{
	static const char *const kinds[] = { "region", "image", "queue" };
	static uint8_t *bytes;
	const unsigned int size = 24u << 20;

	bytes = must(mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++) {
		unsigned int idle;
		struct pkg *pkg = make_package(&idle);
		struct rvf_mount arg;

		if (!strcmp(kinds[i], "region"))
			pkg_append_only(pkg, "big", size);
		else if (!strcmp(kinds[i], "image"))
			pkg_component(pkg, "big", pkg_segment(pkg, RVF_SEG_IMAGE, bytes, size));
		else
			pkg_queue(pkg, "big", size / 65536, 65536);
		pkg_finish(pkg, KEY_OWNER);
		write_file(CGROUP "/memory.max", "%llu\n",
			   (unsigned long long)charged() + 16 * LARGE);
		EXPECT_EQ(-ENOMEM, fail_package(_metadata, self, pkg))
		{
			TH_LOG("%s", kinds[i]);
		}
		pkg_mount_arg(pkg, self->name, &arg);
		EXPECT_EQ(-ENOMEM, rvf(self->ctl, RVF_MOUNT, &arg));
		EXPECT_EQ(RVF_REASON_MEMORY, arg.out_reason);
		write_file(CGROUP "/memory.max", "max\n");
		close(pkg->fd);
	}
}

/* The last ones: no fd for the mount, and nowhere to tell of it */
TEST_F(rollback, result)
{
	struct rvf_mount *arg =
		must(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	char *before;

	before = state(self->ctl);
	for (int i = 0; i < REPEATS; i++) {
		must(mprotect(arg, 4096, PROT_READ | PROT_WRITE));
		pkg_mount_arg(self->pkg, self->name, arg);
		must(mprotect(arg, 4096, PROT_READ));
		EXPECT_EQ(-EFAULT, rvf(self->ctl, RVF_MOUNT, arg));
		EXPECT_EQ(-ENOENT, open_mount(self->ctl, self->name));
	}
	EXPECT_STREQ(before, state(self->ctl));
}

TEST_HARNESS_MAIN
