/* SPDX-License-Identifier: GPL-2.0-only */
/* The witness: a bounded log that only grows, chained by hashes. */
#ifndef RVF_WITNESS_H
#define RVF_WITNESS_H

#include "rvf.h"

struct rvf_key;
struct rvf_mnt;
struct rvf_node;
struct rvf_tsk;
struct rvf_ucmd;

/**
 * struct rvf_deed - What a record is to say; see struct rvf_witness_payload
 * @type: One of enum rvf_witness_type.
 * @reserved: Its room was reserved before.
 * @mount: The mount's id.
 * @value: By type.
 * @tsk: The task, or NULL.
 * @kind: Of the object.
 * @object: Its index.
 * @rights: Rights.
 * @code: By type.
 * @reason: One of enum rvf_reason, or by type.
 * @key: A key's id, or NULL.
 * @digest: 32 bytes, or NULL.
 * @text: The text.
 * @text_len: Its bytes; what exceeds %RVF_WITNESS_MAX_TEXT is cut.
 */
struct rvf_deed {
	u8 type;
	bool reserved;
	u64 mount;
	u64 value;
	const struct rvf_tsk *tsk;
	u32 kind;
	u32 object;
	u32 rights;
	s32 code;
	u32 reason;
	const u8 *key;
	const u8 *digest;
	const char *text;
	u32 text_len;
};

/**
 * struct rvf_witness_state - How far the log is, at one moment
 * @first: Sequence number of the oldest record that is held.
 * @next: That of the next one.
 * @lost: Records that found no room and that no record tells of yet.
 * @head: Hash of the last one.
 */
struct rvf_witness_state {
	u64 first;
	u64 next;
	u64 lost;
	u8 head[RVF_DIGEST_LEN];
};

/* witness.c: the log */
int rvf_witness_setup(void);
void rvf_witness_cleanup(void);
void rvf_witness_add(const struct rvf_deed *deed);
u32 rvf_witness_record_bytes(u32 text_len);
int rvf_witness_reserve(u32 bytes);
void rvf_witness_unreserve(u32 bytes);
void rvf_witness_state(struct rvf_witness_state *state);
int rvf_witness_copy(u64 sequence, void *to, u32 *length, u32 *count,
		     struct rvf_witness_state *state);
int rvf_witness_mark(u64 sequence, const u8 hash[RVF_DIGEST_LEN]);

/* witness_file.c: the control fd's part */
struct file;
struct poll_table_struct;
extern struct wait_queue_head rvf_witness_wait;
int rvf_cmd_witness_read(struct rvf_ucmd *ucmd);
int rvf_cmd_witness_mark(struct rvf_ucmd *ucmd);
__poll_t rvf_witness_poll(struct file *file, struct poll_table_struct *wait);

/* witness_tell.c: what is told of mounts, keys, tasks and handles */
int rvf_witness_mount_reserve(struct rvf_mnt *mnt);
void rvf_witness_mount_unreserve(struct rvf_mnt *mnt);
void rvf_witness_mounted(struct rvf_mnt *mnt);
void rvf_witness_refused(const char *name, u32 name_len, const u8 *key,
			 int err, const struct rvf_why *why);
void rvf_witness_mount_event(struct rvf_mnt *mnt, u8 type);
void rvf_witness_exchanged(struct rvf_mnt *mnt, struct rvf_mnt *other);
void rvf_witness_key_added(const struct rvf_key *key);
void rvf_witness_bound(const struct rvf_tsk *tsk);
void rvf_witness_bind_refused(const struct rvf_tsk *tsk, u32 reason);
void rvf_witness_ended(struct rvf_tsk *tsk);
void rvf_witness_got(struct rvf_mnt *mnt, u32 kind, u32 object, u32 rights);
void rvf_witness_derived(const struct rvf_node *node, u32 rights, u64 badge);
void rvf_witness_revoked(const struct rvf_node *node, u32 count);

#endif /* RVF_WITNESS_H */
