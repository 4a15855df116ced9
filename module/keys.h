/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RVF_KEYS_H
#define RVF_KEYS_H

#include <linux/list.h>
#include <linux/refcount.h>
#include "rvf.h"

struct rvf_ucmd;

/**
 * struct rvf_key - A public key of the key set; never changes
 * @entry: In rvf_keys.
 * @refs: The key set's, and one for each mount that it signed.
 * @id: SHA-256 of algorithm and key.
 * @record: As it was added.
 */
struct rvf_key {
	struct list_head entry;
	refcount_t refs;
	u8 id[RVF_KEY_ID_LEN];
	struct rvf_key_record record;
};

int rvf_record_check(const struct rvf_key_record *record, struct rvf_why *why);
bool rvf_key_allows_name(const struct rvf_key *key, const char *name, u32 len);
int rvf_key_counts_now(const struct rvf_key *key, struct rvf_why *why);

static inline bool rvf_key_is_developers(const struct rvf_key *key)
{
	return le16_to_cpu(key->record.usage) & RVF_KEY_DEVELOPER;
}

struct rvf_key *rvf_key_find(const u8 id[RVF_KEY_ID_LEN]);
void rvf_key_put(struct rvf_key *key);
u32 rvf_key_count(void);
void rvf_keys_cleanup(void);

int rvf_cmd_key_add(struct rvf_ucmd *ucmd);
int rvf_cmd_key_list(struct rvf_ucmd *ucmd);

#endif /* RVF_KEYS_H */
