/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * librvf: the witness, the kernel's chained log of keys, mounts and tasks.
 * Records are as rvf_format.h has them.
 */
#ifndef RVF_WITNESS_LOG_H
#define RVF_WITNESS_LOG_H

#include <stddef.h>
#include <linux/rvf.h>
#include <rvf/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A file of exported records begins with it. */
#define RVF_WITNESS_MAGIC "RVFWITN1"

/**
 * struct rvf_witness_file - Before the records of an exported file
 * @magic: %RVF_WITNESS_MAGIC, without a NUL.
 * @first: Sequence number of the first record.
 * @next: One more than that of the last one.
 * @lost: Records that had found no room when it was exported.
 * @head: Hash of the last record.
 */
struct rvf_witness_file {
	__u8 magic[8];
	__le64 first;
	__le64 next;
	__le64 lost;
	__u8 head[RVF_DIGEST_LEN];
} __attribute__((packed));

/**
 * struct rvf_witness_log - Records in memory
 * @bytes: Back to back; to be given to free().
 * @length: Bytes of them.
 * @first: Sequence number of the first one, or that of the next when there is
 *	none.
 * @next: One more than that of the last one.
 * @lost: Records that had found no room.
 * @head: Hash of the log's last record.
 */
struct rvf_witness_log {
	__u8 *bytes;
	size_t length;
	__u64 first;
	__u64 next;
	__u64 lost;
	__u8 head[RVF_DIGEST_LEN];
};

/**
 * struct rvf_witness_record - One record, taken apart
 * @header: Its header.
 * @payload: What is behind it; integers are little-endian.
 * @text: Its text, not NUL-terminated; points into the log.
 * @text_len: Bytes of @text.
 * @bytes: Where it lies.
 * @length: All of its bytes.
 */
struct rvf_witness_record {
	struct rvf_witness_header header;
	struct rvf_witness_payload payload;
	const char *text;
	size_t text_len;
	const __u8 *bytes;
	size_t length;
};

#pragma GCC visibility push(default)

/**
 * rvf_witness_read - RVF_WITNESS_READ: what the kernel's log holds
 * @ctl: A control fd.
 * @from: The first record wanted; older ones that are gone are left out.
 * @log: Is filled, up to the newest record.
 * @e: Is filled on failure.
 */
int rvf_witness_read(int ctl, __u64 from, struct rvf_witness_log *log, struct rvf_error *e);

/**
 * rvf_witness_mark - RVF_WITNESS_MARK: all of a log was put away
 * @ctl: A control fd.
 * @log: It.
 * @e: Is filled on failure.
 */
int rvf_witness_mark(int ctl, const struct rvf_witness_log *log, struct rvf_error *e);

/**
 * rvf_witness_record - Take the next record apart
 * @log: The log.
 * @at: Where it begins, 0 at first; moves behind it.
 * @record: Is filled.
 *
 * Return: 1, 0 at the end, or -EBADMSG when what is there is no record.
 */
int rvf_witness_record(const struct rvf_witness_log *log, size_t *at,
		       struct rvf_witness_record *record);

/**
 * rvf_witness_hash - A record's hash
 * @record: The record.
 * @hash: Is filled.
 */
int rvf_witness_hash(const struct rvf_witness_record *record, __u8 hash[RVF_DIGEST_LEN]);

/**
 * rvf_witness_check - Is a log the whole chain that its head is the end of?
 * @log: The log.
 * @e: Says which record was changed, is missing, or stands in the wrong place,
 *	or where the log was cut.
 *
 * That says nothing about who made the chain: compare its head with one that
 * is known, by rvf_witness_find(), or with the kernel's.
 *
 * Return: 0, -EBADMSG, -ENOMEM.
 */
int rvf_witness_check(const struct rvf_witness_log *log, struct rvf_error *e);

/**
 * rvf_witness_find - The record that a hash is of
 * @log: A log that was checked.
 * @hash: The hash.
 * @sequence: Takes the record's number.
 *
 * Return: 0, -ENOENT, -ENOMEM.
 */
int rvf_witness_find(const struct rvf_witness_log *log, const __u8 hash[RVF_DIGEST_LEN],
		     __u64 *sequence);

/**
 * rvf_witness_compare - Is a log a part of the kernel's?
 * @ctl: A control fd.
 * @log: A log that was checked.
 * @newer: Takes how many records came since.
 * @e: Is filled on failure.
 *
 * Return: 0; -EBADMSG it is another chain; -ESTALE the kernel does not hold
 * the records any more by which it could be told.
 */
int rvf_witness_compare(int ctl, const struct rvf_witness_log *log, __u64 *newer,
			struct rvf_error *e);

/**
 * rvf_witness_save - Write a log to a file
 * @log: The log.
 * @path: The file, which may not exist; it is on the disk when this returns.
 * @e: Is filled on failure.
 */
int rvf_witness_save(const struct rvf_witness_log *log, const char *path, struct rvf_error *e);

/**
 * rvf_witness_load - Read a file that rvf_witness_save() wrote
 * @log: Is filled; nothing is checked but that it is such a file.
 * @path: The file.
 * @e: Is filled on failure.
 */
int rvf_witness_load(struct rvf_witness_log *log, const char *path, struct rvf_error *e);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* RVF_WITNESS_LOG_H */
