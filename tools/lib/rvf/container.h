/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * RVF's container as its tools write it: segments with a 64-byte header, one
 * behind the other, and a directory last. Integers are little-endian.
 */
#ifndef RVF_CONTAINER_H
#define RVF_CONTAINER_H

#include <endian.h>
#include <stddef.h>
#include <linux/types.h>

#define RVF_CONTAINER_MAGIC 0x52564653u
#define RVF_CONTAINER_ALIGN 64

/**
 * struct container_header - Before each segment's payload
 * @magic: %RVF_CONTAINER_MAGIC.
 * @version: 1.
 * @type: The segment's type.
 * @flags: 0 in segments that rvf writes or reads.
 * @id: Grows along the file.
 * @length: Bytes of the payload.
 * @timestamp: 0.
 * @checksum_kind: 0.
 * @compression: 0: none.
 * @reserved: 0.
 * @reserved2: 0.
 * @checksum: CRC-32 (IEEE 802.3) of the payload, and the same rotated left by
 *	8, 16 and 24 bits; all zero: not set.
 * @uncompressed: 0.
 * @pad: 0.
 */
struct container_header {
	__le32 magic;
	__u8 version;
	__u8 type;
	__le16 flags;
	__le64 id;
	__le64 length;
	__le64 timestamp;
	__u8 checksum_kind;
	__u8 compression;
	__le16 reserved;
	__le32 reserved2;
	__le32 checksum[4];
	__le32 uncompressed;
	__le32 pad;
};

_Static_assert(sizeof(struct container_header) == 64, "RVF's segment header");

/* pread and write, whole or not at all: 0 or a negative errno. */
int rvf_pread_all(int fd, void *buffer, size_t length, __u64 offset);
int rvf_pwrite_all(int fd, const void *buffer, size_t length, __u64 offset);

struct rvf_error;
struct rvf_file_segment;
struct rvf_writer;

/* A segment of another file as it is there, header included. */
int rvf_writer_keep(struct rvf_writer *w, int fd, const struct rvf_file_segment *s,
		    struct rvf_error *e);

/*
 * What another tool's directory says beside the places of segments (vectors,
 * deletions, the file's identity) goes into the one that will be written; one
 * that is malformed says nothing. 0 or -ENOMEM.
 */
int rvf_writer_inherit(struct rvf_writer *w, const void *directory, size_t length);

#endif /* RVF_CONTAINER_H */
