// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Writing RVF files: into a new file beside the target, which takes the
 * target's place when it is whole. The directory is what RVF's own tools look
 * for at a file's end.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <rvf/package.h>
#include "container.h"

/* The directory's payload: this head, an entry for each segment, a count of
 * deletions (none).
 */
struct directory_head {
	__le32 epoch;
	__le16 dimension;
	__le64 vectors;
	__le32 count;
	__u8 profile;
	__u8 reserved[3];
} __attribute__((packed));

struct directory_entry {
	__le64 id;
	__le64 header;
	__le64 length;
	__u8 type;
} __attribute__((packed));

/**
 * struct rvf_writer - A file in the making
 * @path: What it will replace.
 * @temporary: Its name until then.
 * @fd: The file.
 * @at: Where the next segment goes.
 * @last_id: The highest id so far.
 * @entries: The directory's entries so far.
 * @count: How many.
 * @head: The directory's head; its count is filled in at the end.
 * @tail: What stands behind the directory's entries.
 * @tail_length: Bytes of it.
 */
struct rvf_writer {
	char *path;
	char *temporary;
	int fd;
	__u64 at;
	__u64 last_id;
	struct directory_entry *entries;
	size_t count;
	struct directory_head head;
	void *tail;
	size_t tail_length;
};

int rvf_pwrite_all(int fd, const void *buffer, size_t length, __u64 offset)
{
	const char *from = buffer;

	while (length) {
		ssize_t n = pwrite(fd, from, length, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		from += n;
		offset += n;
		length -= n;
	}
	return 0;
}

/* A new file beside the target, so that renaming it is one step. */
static int open_temporary(struct rvf_writer *w, mode_t mode)
{
	unsigned int tries, number;

	for (tries = 0; tries < 16; tries++) {
		if (getrandom(&number, sizeof(number), 0) != sizeof(number) ||
		    asprintf(&w->temporary, "%s.%08x", w->path, number) < 0) {
			w->temporary = NULL;
			return -ENOMEM;
		}
		w->fd = open(w->temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);
		if (w->fd >= 0)
			return 0;
		free(w->temporary);
		w->temporary = NULL;
		if (errno != EEXIST)
			return -errno;
	}
	return -EEXIST;
}

/* The target keeps its permissions, and its owner as far as we may say so. */
static int take_place_of(struct rvf_writer *w, const struct stat *old)
{
	if (fchown(w->fd, old->st_uid, old->st_gid) && errno != EPERM)
		return -errno;
	return fchmod(w->fd, old->st_mode & 0777) ? -errno : 0;
}

int rvf_writer_new(struct rvf_writer **out, const char *path, unsigned int mode,
		   struct rvf_error *e)
{
	struct rvf_writer *w = calloc(1, sizeof(*w));
	struct stat old;
	bool exists;
	int err;

	if (!w)
		return rvf_error_system(e, ENOMEM, "cannot write %s", path);
	w->fd = -1;
	w->head.epoch = htole32(1);
	exists = !stat(path, &old);
	/* What a symbolic link names is replaced, not the link. */
	w->path = exists ? realpath(path, NULL) : strdup(path);
	if (!w->path) {
		err = rvf_error_system(e, errno, "cannot write %s", path);
		goto fail;
	}
	if (exists && !S_ISREG(old.st_mode)) {
		err = rvf_error_set(e, EINVAL, "bad-file", "%s is no regular file", path);
		goto fail;
	}
	err = open_temporary(w, exists ? 0600 : mode);
	if (!err && exists)
		err = take_place_of(w, &old);
	if (err) {
		rvf_error_system(e, -err, "cannot write %s", path);
		goto fail;
	}
	*out = w;
	return 0;

fail:
	rvf_writer_abort(w);
	return err;
}

static int failed(struct rvf_writer *w, int err, struct rvf_error *e)
{
	return rvf_error_system(e, -err, "cannot write %s", w->path);
}

/* The directory's entry of a segment that is written. */
static int add_entry(struct rvf_writer *w, __u64 id, __u32 type, __u64 length, struct rvf_error *e)
{
	struct directory_entry *entries = realloc(w->entries, (w->count + 1) * sizeof(*entries));

	if (!entries)
		return failed(w, -ENOMEM, e);
	w->entries = entries;
	entries[w->count++] = (struct directory_entry){
		.id = htole64(id),
		.header = htole64(w->at),
		.length = htole64(length),
		.type = type,
	};
	if (id > w->last_id)
		w->last_id = id;
	w->at += sizeof(struct container_header) + length;
	w->at = (w->at + RVF_CONTAINER_ALIGN - 1) & ~(__u64)(RVF_CONTAINER_ALIGN - 1);
	return 0;
}

/* The header, once the payload behind it is written and its CRC known. */
static int end_segment(struct rvf_writer *w, __u64 id, __u32 type, __u64 length, __u32 crc,
		       struct rvf_error *e)
{
	struct container_header h = {
		.magic = htole32(RVF_CONTAINER_MAGIC),
		.version = 1,
		.type = type,
		.id = htole64(id),
		.length = htole64(length),
	};
	int err;

	for (unsigned int i = 0; i < 4; i++)
		h.checksum[i] = htole32(i ? crc << (8 * i) | crc >> (32 - 8 * i) : crc);
	err = rvf_pwrite_all(w->fd, &h, sizeof(h), w->at);
	return err ? failed(w, err, e) : add_entry(w, id, type, length, e);
}

int rvf_writer_segment(struct rvf_writer *w, __u64 id, __u32 type, const void *data, size_t length,
		       struct rvf_error *e)
{
	int err = rvf_pwrite_all(w->fd, data, length, w->at + sizeof(struct container_header));

	if (err)
		return failed(w, err, e);
	return end_segment(w, id, type, length, crc32_z(0, data, length), e);
}

/* Copies bytes of @fd to @to; their CRC goes on in @crc. */
static int copy_bytes(struct rvf_writer *w, int fd, __u64 from, __u64 length, __u64 to, __u32 *crc)
{
	unsigned char chunk[65536];
	__u64 done = 0;

	while (done < length) {
		size_t n = length - done < sizeof(chunk) ? length - done : sizeof(chunk);
		int err = rvf_pread_all(fd, chunk, n, from + done);

		if (!err)
			err = rvf_pwrite_all(w->fd, chunk, n, to + done);
		if (err)
			return err;
		*crc = crc32_z(*crc, chunk, n);
		done += n;
	}
	return 0;
}

int rvf_writer_copy(struct rvf_writer *w, __u64 id, __u32 type, int fd, __u64 offset, __u64 length,
		    struct rvf_error *e)
{
	__u32 crc = 0;
	int err;

	err = copy_bytes(w, fd, offset, length, w->at + sizeof(struct container_header), &crc);
	return err ? failed(w, err, e) : end_segment(w, id, type, length, crc, e);
}

int rvf_writer_keep(struct rvf_writer *w, int fd, const struct rvf_file_segment *s,
		    struct rvf_error *e)
{
	__u32 unused = 0;
	int err;

	err = copy_bytes(w, fd, s->header, s->length + sizeof(struct container_header), w->at,
			 &unused);
	return err ? failed(w, err, e) : add_entry(w, s->id, s->type, s->length, e);
}

int rvf_writer_inherit(struct rvf_writer *w, const void *directory, size_t length)
{
	const struct directory_head *head = directory;
	size_t entries;
	void *tail;

	if (length < sizeof(*head))
		return 0;
	entries = (size_t)le32toh(head->count) * sizeof(struct directory_entry);
	if (length - sizeof(*head) < entries + sizeof(__le32))
		return 0;
	length -= sizeof(*head) + entries;
	tail = malloc(length);
	if (!tail)
		return -ENOMEM;
	memcpy(tail, (const char *)(head + 1) + entries, length);
	free(w->tail);
	w->tail = tail;
	w->tail_length = length;
	w->head = *head;
	return 0;
}

static int write_directory(struct rvf_writer *w, struct rvf_error *e)
{
	static const __le32 no_deletions;
	const void *tail = w->tail ? w->tail : &no_deletions;
	size_t tail_length = w->tail ? w->tail_length : sizeof(no_deletions);
	size_t entries = w->count * sizeof(struct directory_entry);
	size_t length = sizeof(struct directory_head) + entries + tail_length;
	struct directory_head *head = malloc(length);
	int err;

	if (!head)
		return failed(w, -ENOMEM, e);
	*head = w->head;
	head->count = htole32(w->count);
	memcpy(head + 1, w->entries, entries);
	memcpy((char *)(head + 1) + entries, tail, tail_length);
	err = rvf_writer_segment(w, w->last_id + 1, RVF_SEG_DIRECTORY, head, length, e);
	free(head);
	return err;
}

/* A rename is on the disk when its directory is. */
static void sync_directory(const char *path)
{
	char *copy = strdup(path);
	int fd;

	if (!copy)
		return;
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(copy);
	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

int rvf_writer_finish(struct rvf_writer *w, struct rvf_error *e)
{
	int err = write_directory(w, e);

	if (!err && (fsync(w->fd) || rename(w->temporary, w->path)))
		err = failed(w, -errno, e);
	if (!err) {
		sync_directory(w->path);
		free(w->temporary);
		w->temporary = NULL;
	}
	rvf_writer_abort(w);
	return err;
}

void rvf_writer_abort(struct rvf_writer *w)
{
	if (!w)
		return;
	if (w->temporary)
		unlink(w->temporary);
	if (w->fd >= 0)
		close(w->fd);
	free(w->temporary);
	free(w->path);
	free(w->entries);
	free(w->tail);
	free(w);
}
