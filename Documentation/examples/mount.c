// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mounts a package, lists what is in it and copies a region to stdout, with
 * nothing but <linux/rvf.h>:
 *
 *	mount PACKAGE [REGION]
 *
 * Needs root, the module, and the signer's key in its key set (rvfctl key
 * add). Nothing is left behind: a mount without a name ends with its fd.
 *
 *	gcc -o mount mount.c
 *
 * Exit status: 0; 1 when the kernel refuses the package, with its errno and
 * reason on stderr; 2 when it does not come to that.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/rvf.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void die(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	exit(2);
}

/*
 * A package is an RVF file: segments one behind the other, each with a header
 * of 64 bytes, perhaps with zeros up to the next multiple of 64 between them.
 * The kernel does not read this. We take the file apart and tell it where
 * things are; nothing that we could get wrong would make it accept what was
 * not signed.
 */
#define SEGMENT_MAGIC  0x52564653u
#define SEGMENT_META   0x07 /* the manifest */
#define SEGMENT_CRYPTO 0x0c /* signatures */

/* Anywhere in the file: not aligned */
struct segment_header {
	__le32 magic;
	__u8 version;
	__u8 type;
	__le16 flags;
	__le64 id;
	__le64 length;
	__u8 rest[40];
} __attribute__((packed));

struct package {
	int fd;
	const unsigned char *bytes;
	__u64 size;
};

static struct package package_open(const char *path)
{
	struct package package = { .fd = open(path, O_RDONLY | O_CLOEXEC) };
	struct stat st;

	if (package.fd < 0 || fstat(package.fd, &st))
		die("%s: %s", path, strerror(errno));
	package.size = st.st_size;
	package.bytes = mmap(NULL, package.size, PROT_READ, MAP_PRIVATE, package.fd, 0);
	if (package.bytes == MAP_FAILED)
		die("%s: %s", path, strerror(errno));
	return package;
}

/* The header of the segment at @at or behind it, or NULL */
static const struct segment_header *segment_at(const struct package *package, __u64 at)
{
	const struct segment_header *header;

	for (; package->size >= sizeof(*header) && at <= package->size - sizeof(*header); at++) {
		header = (const void *)(package->bytes + at);
		if (le32toh(header->magic) == SEGMENT_MAGIC) {
			if (le64toh(header->length) > package->size - at - sizeof(*header))
				die("the package is cut short");
			return header;
		}
		if (package->bytes[at])
			die("this is no RVF file");
	}
	return NULL;
}

static __u64 payload_offset(const struct package *package, const struct segment_header *header)
{
	return (const unsigned char *)(header + 1) - package->bytes;
}

/* The next segment of a type; the first when @last is NULL */
static const struct segment_header *segment_next(const struct package *package, int type,
						 const struct segment_header *last)
{
	__u64 at = 0;

	if (last)
		at = payload_offset(package, last) + le64toh(last->length);
	for (;;) {
		last = segment_at(package, at);
		if (!last || last->type == type)
			return last;
		at = payload_offset(package, last) + le64toh(last->length);
	}
}

/*
 * The manifest names its segments by id and type. Here it is just bytes that
 * anyone may have written, so every offset is looked at before it is used;
 * below, once the kernel has verified it, that is not necessary any more.
 */
static __u64 *find_segments(const struct package *package, const unsigned char *manifest,
			    __u64 length, __u32 *count)
{
	const struct rvf_m_header *header = (const void *)manifest;
	const struct rvf_m_segment *entry;
	const struct rvf_m_table *table;
	__u64 *offsets, table_at;

	table_at = length < sizeof(*header) ? length : le32toh(header->segments);
	table = (const void *)(manifest + table_at);
	if (table_at % 8 || table_at + sizeof(*table) > length ||
	    le32toh(table->count) > (length - table_at - sizeof(*table)) / sizeof(*entry))
		die("the manifest is malformed");
	*count = le32toh(table->count);
	offsets = calloc(*count + 1, sizeof(*offsets));
	if (!offsets)
		die("no memory");
	entry = (const void *)(table + 1);
	for (__u32 i = 0; i < *count; i++, entry++) {
		const struct segment_header *found = NULL;

		do {
			found = segment_next(package, le32toh(entry->type), found);
		} while (found && found->id != entry->id);
		if (!found)
			die("segment %u of the manifest is not in the package", i);
		offsets[i] = payload_offset(package, found);
	}
	return offsets;
}

/* Returns the mount fd */
static int mount_package(int ctl, const struct package *package)
{
	const struct segment_header *meta = segment_next(package, SEGMENT_META, NULL);
	const struct segment_header *crypto = segment_next(package, SEGMENT_CRYPTO, NULL);
	/* No name: it lives as long as the fd that we get */
	struct rvf_mount arg = { .size = sizeof(arg), .package_fd = package->fd };
	unsigned char *manifest;
	__u64 *offsets;

	if (!meta || le64toh(meta->length) > RVF_MAX_MANIFEST)
		die("the package has no manifest");
	arg.manifest_len = le64toh(meta->length);
	manifest = malloc(arg.manifest_len + 1);
	if (!manifest)
		die("no memory");
	memcpy(manifest, meta + 1, arg.manifest_len);
	offsets = find_segments(package, manifest, arg.manifest_len, &arg.segment_count);
	arg.manifest = (uintptr_t)manifest;
	arg.segments = (uintptr_t)offsets;
	if (crypto && le64toh(crypto->length) <= RVF_MAX_ENVELOPE) {
		arg.signatures = (uintptr_t)(crypto + 1);
		arg.signatures_len = le64toh(crypto->length);
	}
	if (ioctl(ctl, RVF_MOUNT, &arg)) {
		fprintf(stderr, "refused: %s (enum rvf_reason %u, index %u)\n", strerror(errno),
			arg.out_reason, arg.out_index);
		exit(1);
	}
	fprintf(stderr, "mount %llu: %u components, %u tasks, %u regions, %u queues\n",
		(unsigned long long)arg.out_id, arg.out_components, arg.out_tasks, arg.out_regions,
		arg.out_queues);
	fprintf(stderr, "signed by key ");
	for (int i = 0; i < 8; i++)
		fprintf(stderr, "%02x", arg.out_key_id[i]);
	fprintf(stderr, "...\n");
	free(offsets);
	free(manifest);
	return arg.out_fd;
}

/* The manifest as the kernel verified it: from here on it can be believed */
static unsigned char *verified_manifest(int mount)
{
	struct rvf_mount_manifest arg = { .size = sizeof(arg) };
	unsigned char *manifest;

	/* Without room we are told how much there has to be */
	if (!ioctl(mount, RVF_MOUNT_MANIFEST, &arg) || errno != EMSGSIZE)
		die("RVF_MOUNT_MANIFEST: %s", strerror(errno));
	manifest = malloc(arg.length);
	if (!manifest)
		die("no memory");
	arg.buffer = (uintptr_t)manifest;
	if (ioctl(mount, RVF_MOUNT_MANIFEST, &arg))
		die("RVF_MOUNT_MANIFEST: %s", strerror(errno));
	return manifest;
}

static const char *policy_name(__u32 policy)
{
	return policy == RVF_REGION_IMMUTABLE ? "immutable" : "append-only";
}

static void print_name(const unsigned char *manifest, const struct rvf_m_string *name)
{
	/* Not NUL-terminated */
	fprintf(stderr, "%.*s", (int)le32toh(name->length),
		(const char *)manifest + le32toh(name->offset));
}

static void list_objects(int mount)
{
	unsigned char *manifest = verified_manifest(mount);
	const struct rvf_m_header *header = (const void *)manifest;
	const struct rvf_m_table *regions = (const void *)(manifest + le32toh(header->regions));
	const struct rvf_m_table *queues = (const void *)(manifest + le32toh(header->queues));
	const struct rvf_m_region *region = (const void *)(regions + 1);
	const struct rvf_m_queue *queue = (const void *)(queues + 1);

	for (__u32 i = 0; i < le32toh(regions->count); i++, region++) {
		fprintf(stderr, "region ");
		print_name(manifest, &region->name);
		fprintf(stderr, ": %s, %llu bytes\n", policy_name(le32toh(region->policy)),
			(unsigned long long)le64toh(region->size));
	}
	for (__u32 i = 0; i < le32toh(queues->count); i++, queue++) {
		fprintf(stderr, "queue ");
		print_name(manifest, &queue->name);
		fprintf(stderr, ": %u slots of %u bytes\n", le32toh(queue->slots),
			le32toh(queue->message_size));
	}
	free(manifest);
}

/* Through a handle that can be read, and nothing else */
static void copy_region(int mount, const char *name)
{
	struct rvf_get get = {
		.size = sizeof(get),
		.rights = RVF_RIGHT_READ,
		.name = (uintptr_t)name,
		.name_len = strlen(name),
	};
	struct rvf_region_info info = { .size = sizeof(info) };
	const char *bytes;

	if (ioctl(mount, RVF_MOUNT_GET, &get))
		die("%s: %s", name, strerror(errno));
	if (ioctl(get.out_fd, RVF_REGION_INFO, &info))
		die("%s: %s", name, errno == ENOTTY ? "it is no region" : strerror(errno));
	fprintf(stderr, "%s holds %llu of %llu bytes\n", name, (unsigned long long)info.out_cursor,
		(unsigned long long)info.out_size);
	if (info.out_cursor) {
		/* read() would do; a mapping shows the region itself, without a copy */
		bytes = mmap(NULL, info.out_cursor, PROT_READ, MAP_SHARED, get.out_fd, 0);
		if (bytes == MAP_FAILED)
			die("%s: %s", name, strerror(errno));
		if (fwrite(bytes, 1, info.out_cursor, stdout) != info.out_cursor)
			die("cannot write: %s", strerror(errno));
	}
	close(get.out_fd);
}

int main(int argc, char **argv)
{
	struct rvf_ctl_info info = { .size = sizeof(info) };
	struct package package;
	int ctl, mount;

	if (argc < 2 || argc > 3)
		die("usage: mount PACKAGE [REGION]");
	package = package_open(argv[1]);

	ctl = open("/dev/rvfctl", O_RDWR | O_CLOEXEC);
	if (ctl < 0 || ioctl(ctl, RVF_CTL_INFO, &info))
		die("/dev/rvfctl: %s (is the module loaded, and are you root?)", strerror(errno));
	/* Every version from 1 on has all that is used here */
	if (info.out_abi < 1)
		die("the module's ABI is unknown");

	mount = mount_package(ctl, &package);
	list_objects(mount);
	if (argc == 3)
		copy_region(mount, argv[2]);
	/* This unmounts it; exit would do so, too */
	close(mount);
	return fflush(stdout) ? 2 : 0;
}
