/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Packages: RVF files with a manifest and signatures. The container is read
 * strictly, and nothing in it is trusted: what it says about places is only
 * where to look for what the manifest names.
 */
#ifndef RVF_PACKAGE_H
#define RVF_PACKAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <rvf/error.h>
#include <rvf/manifest.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

/* Types of segments of the container itself; see enum rvf_segment_type. */
#define RVF_SEG_DIRECTORY 0x05
#define RVF_SEG_META	  0x07
#define RVF_SEG_CRYPTO	  0x0c

/**
 * struct rvf_file_segment - A segment as the container has it
 * @id: Its id.
 * @offset: Of its payload in the file.
 * @length: Bytes of its payload.
 * @header: Offset of its 64-byte header.
 * @type: Its type.
 * @checksum: Of the container: a CRC-32, or 0 for none.
 * @plain: Neither compressed nor flagged in any way: as rvf writes them.
 */
struct rvf_file_segment {
	__u64 id;
	__u64 offset;
	__u64 length;
	__u64 header;
	__u32 type;
	__u32 checksum;
	bool plain;
};

/* An RVF file, open for reading. */
struct rvf_file;

/**
 * rvf_file_open - Open an RVF file and find its segments
 * @out: Filled; rvf_file_close() ends it.
 * @path: The file.
 * @e: Says why not, or NULL.
 *
 * Return: 0; -EBADMSG malformed or cut off; or what the file system says.
 */
int rvf_file_open(struct rvf_file **out, const char *path, struct rvf_error *e);
void rvf_file_close(struct rvf_file *file);
int rvf_file_fd(const struct rvf_file *file);
size_t rvf_file_count(const struct rvf_file *file);
const struct rvf_file_segment *rvf_file_segment(const struct rvf_file *file, size_t index);
/**
 * rvf_file_checksum_ok - Does the container's own checksum fit?
 * @file: The file.
 * @segment: One of its segments.
 *
 * A hint at damage in transfer, never a proof of anything.
 */
bool rvf_file_checksum_ok(const struct rvf_file *file, const struct rvf_file_segment *segment);

/**
 * rvf_file_read - Read a segment's payload
 * @file: The file.
 * @segment: One of its segments.
 * @data: Filled with memory that the caller frees.
 * @e: Says why not, or NULL.
 */
int rvf_file_read(const struct rvf_file *file, const struct rvf_file_segment *segment, void **data,
		  struct rvf_error *e);

/* An RVF file in the making. */
struct rvf_writer;

/**
 * rvf_writer_new - Begin to write an RVF file beside @path
 * @out: Filled.
 * @path: What rvf_writer_finish() replaces.
 * @mode: Permissions of a new file; an existing one's are kept.
 * @e: Says why not, or NULL.
 */
int rvf_writer_new(struct rvf_writer **out, const char *path, unsigned int mode,
		   struct rvf_error *e);
int rvf_writer_segment(struct rvf_writer *w, __u64 id, __u32 type, const void *data, size_t length,
		       struct rvf_error *e);
/* Copies a payload of @length bytes from @fd at @offset. */
int rvf_writer_copy(struct rvf_writer *w, __u64 id, __u32 type, int fd, __u64 offset, __u64 length,
		    struct rvf_error *e);
/* Writes the directory, then puts the file in its place. Frees @w. */
int rvf_writer_finish(struct rvf_writer *w, struct rvf_error *e);
/* Gives up; nothing is left. Frees @w. */
void rvf_writer_abort(struct rvf_writer *w);

/**
 * struct rvf_package - A package
 * @path: Its file's name.
 * @file: Its file.
 * @meta: The manifest's segment.
 * @crypto: The envelope's segment, or NULL: not signed.
 * @manifest_data: The manifest's bytes; @manifest_length says how many.
 * @manifest_length: Bytes of the manifest.
 * @envelope: The signature envelope's bytes, or NULL.
 * @envelope_length: Bytes of the envelope.
 * @manifest: Views into @manifest_data, when @manifest_error.err is 0.
 * @manifest_error: Why the manifest cannot be parsed. The package is loaded
 *	all the same, so that the kernel can be asked.
 * @offsets: Where the payload of each segment of the manifest begins; ~0 for
 *	one that is not there.
 * @n_offsets: How many.
 */
struct rvf_package {
	char *path;
	struct rvf_file *file;
	const struct rvf_file_segment *meta;
	const struct rvf_file_segment *crypto;
	void *manifest_data;
	size_t manifest_length;
	void *envelope;
	size_t envelope_length;
	struct rvf_manifest manifest;
	struct rvf_error manifest_error;
	__u64 *offsets;
	size_t n_offsets;
};

/**
 * rvf_package_load - Take a package apart, as RVF_MOUNT wants it
 * @out: Filled; rvf_package_free() ends it.
 * @path: The file.
 * @e: Says why not, or NULL.
 *
 * Nothing is verified. A segment is looked for by id, type and length, and by
 * its digest where several fit; one whose bytes were changed is found, so that
 * the kernel can say so.
 *
 * Return: 0; -EBADMSG no RVF file, no manifest or several; -ENOMEM; or what
 * the file system says.
 */
int rvf_package_load(struct rvf_package **out, const char *path, struct rvf_error *e);
void rvf_package_free(struct rvf_package *package);

/* The file that segments are read from. */
int rvf_package_fd(const struct rvf_package *package);

/**
 * rvf_package_check_segments - Compare every segment with its digest
 * @package: The package.
 * @e: Says which differs, or NULL.
 *
 * Return: 0, -EILSEQ changed, -EIO missing or cut off.
 */
int rvf_package_check_segments(const struct rvf_package *package, struct rvf_error *e);

/**
 * struct rvf_signature_view - A signature in an envelope
 * @algorithm: One of enum rvf_algorithm.
 * @key_id: Whose it is.
 * @data: Its bytes.
 * @length: How many.
 */
struct rvf_signature_view {
	__u32 algorithm;
	__u8 key_id[RVF_KEY_ID_LEN];
	const __u8 *data;
	size_t length;
};

/**
 * rvf_envelope_read - The signatures in an envelope
 * @data: The envelope.
 * @length: Its bytes.
 * @views: Filled; room for %RVF_MAX_SIGNATURES.
 *
 * Return: how many there are, or -EBADMSG.
 */
int rvf_envelope_read(const void *data, size_t length, struct rvf_signature_view *views);

/**
 * rvf_envelope_build - An envelope of these signatures
 * @views: The signatures.
 * @count: How many, at most %RVF_MAX_SIGNATURES.
 * @length: Filled with its bytes.
 *
 * Return: memory that the caller frees, or NULL.
 */
void *rvf_envelope_build(const struct rvf_signature_view *views, size_t count, size_t *length);

/**
 * rvf_package_replace_envelope - Write a package with other signatures
 * @package: The package.
 * @path: Where to: its own path, or another.
 * @envelope: The new envelope.
 * @length: Its bytes.
 * @e: Says why not, or NULL.
 *
 * Every other segment stays as it is, byte for byte; only the envelope and the
 * directory are new.
 */
int rvf_package_replace_envelope(const struct rvf_package *package, const char *path,
				 const void *envelope, size_t length, struct rvf_error *e);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* RVF_PACKAGE_H */
