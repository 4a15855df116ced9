// SPDX-License-Identifier: GPL-2.0-only
/* The key set: whose packages this host mounts. */
#include <linux/err.h>
#include <linux/ktime.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "digest.h"
#include "ioctl.h"
#include "keys.h"
#include "witness.h"

/* Guards rvf_keys and rvf_keys_count; keys themselves never change. */
static DEFINE_MUTEX(rvf_keys_lock);
static LIST_HEAD(rvf_keys);
static u32 rvf_keys_count;

static struct rvf_key *rvf_key_lookup(const u8 id[RVF_KEY_ID_LEN])
{
	struct rvf_key *key;

	lockdep_assert_held(&rvf_keys_lock);
	list_for_each_entry(key, &rvf_keys, entry)
		if (!memcmp(key->id, id, RVF_KEY_ID_LEN))
			return key;
	return NULL;
}

/**
 * rvf_key_find - Look a key up by its id
 * @id: The id.
 *
 * Return: the key with a reference for the caller, or NULL.
 */
struct rvf_key *rvf_key_find(const u8 id[RVF_KEY_ID_LEN])
{
	struct rvf_key *key;

	mutex_lock(&rvf_keys_lock);
	key = rvf_key_lookup(id);
	if (key)
		refcount_inc(&key->refs);
	mutex_unlock(&rvf_keys_lock);
	return key;
}

void rvf_key_put(struct rvf_key *key)
{
	if (key && refcount_dec_and_test(&key->refs))
		kfree(key);
}

u32 rvf_key_count(void)
{
	return READ_ONCE(rvf_keys_count);
}

void rvf_keys_cleanup(void)
{
	struct rvf_key *key, *next;

	list_for_each_entry_safe(key, next, &rvf_keys, entry) {
		list_del(&key->entry);
		rvf_key_put(key);
	}
}

/* A prefix allows what it equals and what lies below it. */
static bool rvf_prefix_allows(const char *prefix, const char *name, u32 len)
{
	size_t n = strnlen(prefix, RVF_MAX_NAME);

	return len >= n && !memcmp(prefix, name, n) &&
	       (len == n || name[n] == '/');
}

/**
 * rvf_key_allows_name - May packages of this key be mounted under a name?
 * @key: The key.
 * @name: The mount name.
 * @len: Its bytes.
 */
bool rvf_key_allows_name(const struct rvf_key *key, const char *name, u32 len)
{
	const struct rvf_key_record *record = &key->record;
	int i;

	if (!record->prefixes[0][0])
		return true;
	for (i = 0; i < RVF_KEY_PREFIXES && record->prefixes[i][0]; i++)
		if (rvf_prefix_allows(record->prefixes[i], name, len))
			return true;
	return false;
}

/**
 * rvf_key_counts_now - Is now within the key's time?
 * @key: The key.
 * @why: Says why not.
 *
 * Return: 0 or -EKEYEXPIRED.
 */
int rvf_key_counts_now(const struct rvf_key *key, struct rvf_why *why)
{
	u64 not_before = le64_to_cpu(key->record.not_before);
	u64 not_after = le64_to_cpu(key->record.not_after);
	u64 now = ktime_get_real_seconds();

	if (now < not_before)
		return rvf_refuse(why, -EKEYEXPIRED, RVF_REASON_KEY_NOT_YET, 0);
	if (not_after && now > not_after)
		return rvf_refuse(why, -EKEYEXPIRED, RVF_REASON_KEY_EXPIRED, 0);
	return 0;
}

static int rvf_key_id(const struct rvf_key_record *record, u8 *id)
{
	struct shash_desc *desc = rvf_digest_begin();
	int err;

	if (IS_ERR(desc))
		return PTR_ERR(desc);
	err = rvf_digest_add(desc, &record->algorithm,
			     sizeof(record->algorithm));
	if (!err)
		err = rvf_digest_add(desc, record->key,
				     le32_to_cpu(record->key_len));
	if (err) {
		rvf_digest_abort(desc);
		return err;
	}
	return rvf_digest_end(desc, id);
}

/* Checks the record and fills in the id; nothing is published yet. */
static int rvf_key_prepare(struct rvf_key *key, struct rvf_why *why)
{
	u64 not_after;
	int err;

	err = rvf_record_check(&key->record, why);
	if (err)
		return err;
	err = rvf_key_id(&key->record, key->id);
	if (err)
		return err;
	not_after = le64_to_cpu(key->record.not_after);
	if (not_after && not_after < ktime_get_real_seconds())
		return rvf_refuse(why, -EKEYEXPIRED, RVF_REASON_KEY_EXPIRED, 0);
	return 0;
}

static int rvf_key_insert(struct rvf_key *key)
{
	int err = 0;

	mutex_lock(&rvf_keys_lock);
	if (rvf_key_lookup(key->id)) {
		err = -EEXIST;
	} else if (rvf_keys_count >= RVF_MAX_KEYS) {
		err = -EDQUOT;
	} else {
		list_add_tail(&key->entry, &rvf_keys);
		WRITE_ONCE(rvf_keys_count, rvf_keys_count + 1);
		rvf_witness_key_added(key);
	}
	mutex_unlock(&rvf_keys_lock);
	return err;
}

int rvf_cmd_key_add(struct rvf_ucmd *ucmd)
{
	struct rvf_key_add *cmd = ucmd->cmd;
	struct rvf_why why = {};
	struct rvf_key *key;
	int err;

	if (cmd->flags)
		return -EOPNOTSUPP;

	key = kzalloc(sizeof(*key), GFP_KERNEL_ACCOUNT);
	if (!key)
		return -ENOMEM;
	refcount_set(&key->refs, 1);
	if (copy_from_user(&key->record, u64_to_user_ptr(cmd->record),
			   sizeof(key->record))) {
		kfree(key);
		return -EFAULT;
	}

	err = rvf_key_prepare(key, &why);
	cmd->out_reason = why.reason;
	cmd->out_index = why.index;
	memcpy(cmd->out_key_id, key->id, sizeof(cmd->out_key_id));
	/* Told before it is done: a key that is in cannot be taken out. */
	if (rvf_ucmd_respond(ucmd) && !err)
		err = -EFAULT;
	if (!err)
		err = rvf_key_insert(key);
	if (err)
		rvf_key_put(key);
	return err;
}

int rvf_cmd_key_list(struct rvf_ucmd *ucmd)
{
	struct rvf_key_list *cmd = ucmd->cmd;
	struct rvf_key *key, *found = NULL;
	u32 left = cmd->index;
	int err = 0;

	mutex_lock(&rvf_keys_lock);
	list_for_each_entry(key, &rvf_keys, entry) {
		if (left--)
			continue;
		refcount_inc(&key->refs);
		found = key;
		break;
	}
	mutex_unlock(&rvf_keys_lock);
	if (!found)
		return -ENOENT;

	memcpy(cmd->out_key_id, found->id, sizeof(cmd->out_key_id));
	if (cmd->record && copy_to_user(u64_to_user_ptr(cmd->record),
					&found->record, sizeof(found->record)))
		err = -EFAULT;
	rvf_key_put(found);
	return err ?: rvf_ucmd_respond(ucmd);
}
