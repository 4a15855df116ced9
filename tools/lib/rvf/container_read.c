// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Reading RVF files. Segments are found by walking along the file from its
 * first byte: the directory at its end is unsigned and may be anybody's.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <rvf/package.h>
#include "container.h"

/* More than any package has; a limit on what a hostile file can make us do. */
#define MAX_FILE_SEGMENTS 8192

struct rvf_file {
	int fd;
	__u64 size;
	struct rvf_file_segment *segments;
	size_t count;
};

int rvf_pread_all(int fd, void *buffer, size_t length, __u64 offset)
{
	char *to = buffer;

	while (length) {
		ssize_t n = pread(fd, to, length, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			return -EIO;
		to += n;
		offset += n;
		length -= n;
	}
	return 0;
}

static int malformed(struct rvf_error *e, __u64 at, const char *why)
{
	rvf_error_set(e, EBADMSG, "malformed", "this is no whole RVF file");
	rvf_error_why(e, "at byte %llu: %s", (unsigned long long)at, why);
	rvf_error_hint(e, "fetch the file again; if you built it, pack and sign again");
	return -EBADMSG;
}

static int add_segment(struct rvf_file *file, __u64 at, const struct container_header *h,
		       struct rvf_error *e)
{
	struct rvf_file_segment *s;

	if (file->count == MAX_FILE_SEGMENTS)
		return malformed(e, at, "there are too many segments");
	if (!(file->count & (file->count - 1))) {
		size_t room = file->count ? file->count * 2 : 1;

		s = realloc(file->segments, room * sizeof(*s));
		if (!s)
			return rvf_error_system(e, ENOMEM, "cannot read the file");
		file->segments = s;
	}
	s = &file->segments[file->count++];
	*s = (struct rvf_file_segment){
		.id = le64toh(h->id),
		.offset = at + sizeof(*h),
		.length = le64toh(h->length),
		.header = at,
		.type = h->type,
		.checksum = le32toh(h->checksum[0]),
		.plain = !h->flags && !h->compression && !h->reserved && !h->reserved2,
	};
	return 0;
}

/* Zeros up to the next multiple of 64, or to the file's end. */
static int skip_gap(const struct rvf_file *file, __u64 *at, struct rvf_error *e)
{
	__u64 end = (*at | (RVF_CONTAINER_ALIGN - 1)) + 1;
	unsigned char gap[RVF_CONTAINER_ALIGN];
	size_t length;
	int err;

	if (end > file->size)
		end = file->size;
	length = end - *at;
	err = rvf_pread_all(file->fd, gap, length, *at);
	if (err)
		return rvf_error_system(e, -err, "cannot read the file");
	for (size_t i = 0; i < length; i++)
		if (gap[i])
			return malformed(e, *at + i, "no segment begins here, and it is no gap");
	*at = end;
	return 0;
}

static int walk(struct rvf_file *file, struct rvf_error *e)
{
	struct container_header h;
	__u64 at = 0;
	int err;

	while (at < file->size) {
		memset(&h, 0, sizeof(h));
		if (file->size - at >= sizeof(h)) {
			err = rvf_pread_all(file->fd, &h, sizeof(h), at);
			if (err)
				return rvf_error_system(e, -err, "cannot read the file");
		}
		if (le32toh(h.magic) != RVF_CONTAINER_MAGIC) {
			/* At a boundary there is no gap left to skip. */
			if (!(at % RVF_CONTAINER_ALIGN) && file->size - at >= sizeof(h))
				return malformed(e, at, "no segment begins here");
			err = skip_gap(file, &at, e);
			if (err)
				return err;
			continue;
		}
		if (h.version != 1)
			return malformed(e, at, "a segment of another version");
		if (le64toh(h.length) > file->size - at - sizeof(h))
			return malformed(e, at, "this segment reaches beyond the end");
		err = add_segment(file, at, &h, e);
		if (err)
			return err;
		at += sizeof(h) + le64toh(h.length);
	}
	if (!file->count)
		return malformed(e, 0, "it is empty");
	return 0;
}

int rvf_file_open(struct rvf_file **out, const char *path, struct rvf_error *e)
{
	struct rvf_file *file = calloc(1, sizeof(*file));
	struct stat st;
	int err;

	if (!file)
		return rvf_error_system(e, ENOMEM, "cannot read %s", path);
	file->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (file->fd < 0 || fstat(file->fd, &st)) {
		err = rvf_error_system(e, errno, "cannot open %s", path);
		goto fail;
	}
	if (!S_ISREG(st.st_mode)) {
		err = rvf_error_set(e, EINVAL, "malformed", "%s is no regular file", path);
		goto fail;
	}
	file->size = st.st_size;
	err = walk(file, e);
	if (err)
		goto fail;
	*out = file;
	return 0;

fail:
	rvf_file_close(file);
	return err;
}

void rvf_file_close(struct rvf_file *file)
{
	if (!file)
		return;
	if (file->fd >= 0)
		close(file->fd);
	free(file->segments);
	free(file);
}

int rvf_file_fd(const struct rvf_file *file)
{
	return file->fd;
}

size_t rvf_file_count(const struct rvf_file *file)
{
	return file->count;
}

const struct rvf_file_segment *rvf_file_segment(const struct rvf_file *file, size_t index)
{
	return index < file->count ? &file->segments[index] : NULL;
}

int rvf_file_read(const struct rvf_file *file, const struct rvf_file_segment *segment, void **data,
		  struct rvf_error *e)
{
	void *bytes = malloc(segment->length ? segment->length : 1);
	int err;

	if (!bytes)
		return rvf_error_system(e, ENOMEM, "cannot read a segment");
	err = rvf_pread_all(file->fd, bytes, segment->length, segment->offset);
	if (err) {
		free(bytes);
		return rvf_error_system(e, -err, "cannot read a segment");
	}
	*data = bytes;
	return 0;
}

bool rvf_file_checksum_ok(const struct rvf_file *file, const struct rvf_file_segment *segment)
{
	unsigned char chunk[65536];
	__u64 at = 0;
	__u32 crc = 0;

	if (!segment->checksum)
		return true;
	while (at < segment->length) {
		size_t n = sizeof(chunk);

		if (n > segment->length - at)
			n = segment->length - at;
		if (rvf_pread_all(file->fd, chunk, n, segment->offset + at))
			return false;
		crc = crc32_z(crc, chunk, n);
		at += n;
	}
	return crc == segment->checksum;
}
