// SPDX-License-Identifier: GPL-2.0-only
/* What the witness is told of keys, mounts, tasks and handles. */
#include "digest.h"
#include "keys.h"
#include "mount.h"
#include "node.h"
#include "object.h"
#include "task.h"
#include "witness.h"

static void rvf_deed_string(struct rvf_deed *deed, const struct rvf_mnt *mnt,
			    const struct rvf_m_string *s)
{
	deed->text = rvf_manifest_string(&mnt->manifest, s);
	deed->text_len = le32_to_cpu(s->length);
}

static const struct rvf_m_string *
rvf_object_string(const struct rvf_mnt *mnt, u32 kind, u32 object)
{
	return kind == RVF_OBJECT_REGION ? &mnt->manifest.regions[object].name :
					   &mnt->manifest.queues[object].name;
}

static const struct rvf_m_string *rvf_grant_string(const struct rvf_mnt *mnt,
						   const struct rvf_m_grant *g)
{
	return rvf_object_string(mnt, le32_to_cpu(g->kind),
				 le32_to_cpu(g->object));
}

/**
 * rvf_witness_mount_reserve - Make sure of room for a mount's records
 * @mnt: The mount, not published yet.
 *
 * Return: 0 or -ENOSPC.
 */
int rvf_witness_mount_reserve(struct rvf_mnt *mnt)
{
	const struct rvf_manifest *m = &mnt->manifest;
	u32 i, bytes = rvf_witness_record_bytes(mnt->name_len);
	int err;

	for (i = 0; i < m->n_grants; i++) {
		const struct rvf_m_string *name =
			rvf_grant_string(mnt, &m->grants[i]);

		bytes += rvf_witness_record_bytes(le32_to_cpu(name->length));
	}
	err = rvf_witness_reserve(bytes);
	if (!err)
		mnt->witness_bytes = bytes;
	return err;
}

/* The mount came to nothing. */
void rvf_witness_mount_unreserve(struct rvf_mnt *mnt)
{
	if (mnt->witness_bytes)
		rvf_witness_unreserve(mnt->witness_bytes);
	mnt->witness_bytes = 0;
}

static void rvf_witness_grants(struct rvf_mnt *mnt, struct rvf_tsk *tsk)
{
	const struct rvf_m_component *c = rvf_tsk_component(tsk);
	const struct rvf_m_grant *g = mnt->manifest.grants +
				      le32_to_cpu(c->first_grant);
	u32 i;

	for (i = 0; i < le32_to_cpu(c->grants); i++, g++) {
		struct rvf_deed deed = {
			.type = RVF_WITNESS_GRANT,
			.reserved = true,
			.mount = mnt->id,
			.value = le64_to_cpu(g->badge),
			.tsk = tsk,
			.kind = le32_to_cpu(g->kind),
			.object = le32_to_cpu(g->object),
			.rights = le32_to_cpu(g->rights),
		};

		rvf_deed_string(&deed, mnt, rvf_grant_string(mnt, g));
		rvf_witness_add(&deed);
	}
}

/**
 * rvf_witness_mounted - Tell of a mount, and of what its tasks are granted
 * @mnt: The mount, which nobody finds yet; its room was reserved.
 */
void rvf_witness_mounted(struct rvf_mnt *mnt)
{
	const struct rvf_manifest *m = &mnt->manifest;
	u8 digest[RVF_DIGEST_LEN] = {};
	u32 i;

	WARN_ON_ONCE(rvf_digest_of(mnt->manifest_data, m->length, digest));
	/* Record by record from here on. */
	mnt->witness_bytes = 0;
	rvf_witness_add(&(struct rvf_deed){
		.type = RVF_WITNESS_MOUNT,
		.reserved = true,
		.mount = mnt->id,
		.value = le64_to_cpu(m->package->version),
		.key = mnt->key->id,
		.digest = digest,
		.text = mnt->name,
		.text_len = mnt->name_len,
	});
	for (i = 0; i < mnt->n_tasks; i++)
		rvf_witness_grants(mnt, &mnt->tasks[i]);
}

void rvf_witness_refused(const char *name, u32 name_len, const u8 *key,
			 int err, const struct rvf_why *why)
{
	rvf_witness_add(&(struct rvf_deed){
		.type = RVF_WITNESS_REFUSED,
		.object = why->index,
		.code = -err,
		.reason = why->reason,
		.key = key,
		.text = name,
		.text_len = name_len,
	});
}

static u32 rvf_deeds_untold(const atomic_t *deeds)
{
	int n = atomic_read(deeds) - RVF_WITNESS_TASK_RECORDS;

	return max(n, 0);
}

/**
 * rvf_witness_mount_event - Tell of what happened to a mount
 * @mnt: The mount.
 * @type: The record's type.
 */
void rvf_witness_mount_event(struct rvf_mnt *mnt, u8 type)
{
	char name[RVF_MAX_NAME];
	u32 name_len = rvf_mnt_name(mnt, name);

	rvf_witness_add(&(struct rvf_deed){
		.type = type,
		.mount = mnt->id,
		.value = type == RVF_WITNESS_UNMOUNT ?
			 rvf_deeds_untold(&mnt->deeds) : 0,
		.text = name,
		.text_len = name_len,
	});
}

/* Under rvf_mounts_lock, which keeps both names as they are. */
void rvf_witness_exchanged(struct rvf_mnt *mnt, struct rvf_mnt *other)
{
	char names[2 * RVF_MAX_NAME + 1];
	u32 len = rvf_mnt_name(mnt, names);

	names[len++] = 0;
	len += rvf_mnt_name(other, names + len);
	rvf_witness_add(&(struct rvf_deed){
		.type = RVF_WITNESS_EXCHANGED,
		.mount = mnt->id,
		.value = other->id,
		.text = names,
		.text_len = len,
	});
}

void rvf_witness_key_added(const struct rvf_key *key)
{
	rvf_witness_add(&(struct rvf_deed){
		.type = RVF_WITNESS_KEY_ADDED,
		.key = key->id,
		.text = key->record.label,
		.text_len = strnlen(key->record.label,
				    sizeof(key->record.label)),
	});
}

static void rvf_deed_task(struct rvf_deed *deed, const struct rvf_tsk *tsk)
{
	deed->mount = tsk->mnt->id;
	deed->tsk = tsk;
	rvf_deed_string(deed, tsk->mnt, &rvf_tsk_component(tsk)->name);
}

/* By the process itself. */
void rvf_witness_bound(const struct rvf_tsk *tsk)
{
	const struct rvf_m_component *c = rvf_tsk_component(tsk);
	struct rvf_deed deed = {
		.type = RVF_WITNESS_BOUND,
		.value = tsk->incarnation,
		.digest = tsk->mnt->manifest.segments[le32_to_cpu(c->image)]
				  .digest,
	};

	rvf_deed_task(&deed, tsk);
	rvf_witness_add(&deed);
}

void rvf_witness_bind_refused(const struct rvf_tsk *tsk, u32 reason)
{
	struct rvf_deed deed = {
		.type = RVF_WITNESS_BIND_REFUSED,
		.value = tsk->incarnation,
		.reason = reason,
	};

	rvf_deed_task(&deed, tsk);
	rvf_witness_add(&deed);
}

/* Its handles are revoked; from here on the next incarnation is counted. */
void rvf_witness_ended(struct rvf_tsk *tsk)
{
	struct rvf_deed deed = {
		.type = RVF_WITNESS_ENDED,
		.value = rvf_deeds_untold(&tsk->deeds),
		.code = tsk->exit_code,
		.reason = tsk->exit_kind,
	};

	atomic_set(&tsk->deeds, 0);
	rvf_deed_task(&deed, tsk);
	rvf_witness_add(&deed);
}

/* An administrator's RVF_MOUNT_GET. */
void rvf_witness_got(struct rvf_mnt *mnt, u32 kind, u32 object, u32 rights)
{
	struct rvf_deed deed = {
		.type = RVF_WITNESS_GRANT,
		.mount = mnt->id,
		.kind = kind,
		.object = object,
		.rights = rights,
	};

	rvf_deed_string(&deed, mnt, rvf_object_string(mnt, kind, object));
	rvf_witness_add(&deed);
}

/*
 * A process can derive and revoke as often as it likes, and must not push out
 * of the log, by that, what others did.
 */
static bool rvf_witness_tells_of(const struct rvf_node *node)
{
	atomic_t *deeds = node->owner ? &node->owner->deeds :
					&node->mnt->deeds;

	/* Once it is past the limit, it is only counted. */
	return atomic_inc_return(deeds) <= RVF_WITNESS_TASK_RECORDS;
}

static void rvf_witness_handle(const struct rvf_node *node,
			       struct rvf_deed *deed)
{
	deed->mount = node->mnt->id;
	deed->tsk = node->owner;
	deed->kind = node->object->kind;
	deed->object = node->object->index;
	rvf_deed_string(deed, node->mnt,
			rvf_mnt_object_name(node->mnt, node->object));
	rvf_witness_add(deed);
}

/**
 * rvf_witness_derived - Tell of RVF_HANDLE_DERIVE
 * @node: What was derived from.
 * @rights: The new handle's.
 * @badge: The new handle's.
 */
void rvf_witness_derived(const struct rvf_node *node, u32 rights, u64 badge)
{
	struct rvf_deed deed = {
		.type = RVF_WITNESS_GRANT,
		.value = badge,
		.rights = rights,
		.code = 1,
	};

	if (rvf_witness_tells_of(node))
		rvf_witness_handle(node, &deed);
}

/**
 * rvf_witness_revoked - Tell of RVF_HANDLE_REVOKE
 * @node: The handle.
 * @count: How many were revoked.
 */
void rvf_witness_revoked(const struct rvf_node *node, u32 count)
{
	struct rvf_deed deed = {
		.type = RVF_WITNESS_REVOKE,
		.value = count,
		.rights = node->rights,
		.code = !!node->depth,
	};

	if (rvf_witness_tells_of(node))
		rvf_witness_handle(node, &deed);
}
