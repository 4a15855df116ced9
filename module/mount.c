// SPDX-License-Identifier: GPL-2.0-only
/* The life of mounts: reserved, published, unmounted, forgotten. */
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include "image.h"
#include "keys.h"
#include "mount.h"
#include "netlink.h"
#include "node.h"
#include "queue.h"
#include "region.h"
#include "task.h"
#include "witness.h"

/* Outermost: guards rvf_mounts, rvf_last_id, and each mount's @published. */
DEFINE_MUTEX(rvf_mounts_lock);
/* In the order of their ids. */
LIST_HEAD(rvf_mounts);
static u64 rvf_last_id;

/* Guards each mount's @name and @name_len; nothing is taken inside it. */
static DEFINE_SPINLOCK(rvf_names_lock);

struct workqueue_struct *rvf_wq;

static void rvf_mnt_unmount_work(struct work_struct *work);

/**
 * rvf_mnt_alloc - Begin a mount
 * @name: Its name, NULL: nameless.
 * @name_len: Its bytes.
 *
 * Return: the mount with one reference, or NULL. rvf_mnt_discard() ends it.
 */
struct rvf_mnt *rvf_mnt_alloc(const char *name, u32 name_len)
{
	struct rvf_mnt *mnt = kzalloc(sizeof(*mnt), GFP_KERNEL_ACCOUNT);

	if (!mnt)
		return NULL;
	if (name) {
		mnt->name = kmemdup(name, name_len, GFP_KERNEL_ACCOUNT);
		if (!mnt->name) {
			kfree(mnt);
			return NULL;
		}
		mnt->name_len = name_len;
	}
	INIT_LIST_HEAD(&mnt->entry);
	kref_init(&mnt->refs);
	mnt->time = ktime_get_real_seconds();
	mutex_init(&mnt->lock);
	INIT_DELAYED_WORK(&mnt->unmount, rvf_mnt_unmount_work);
	init_waitqueue_head(&mnt->wait);
	mutex_init(&mnt->tree_lock);
	INIT_LIST_HEAD(&mnt->roots);
	return mnt;
}

static void rvf_mnt_free(struct kref *refs)
{
	struct rvf_mnt *mnt = container_of(refs, struct rvf_mnt, refs);
	u32 i;

	for (i = 0; i < mnt->n_tasks; i++)
		rvf_tsk_cleanup(&mnt->tasks[i]);
	kvfree(mnt->tasks);
	for (i = 0; i < mnt->n_queues; i++)
		kfree(mnt->queues[i]);
	kvfree(mnt->queues);
	kvfree(mnt->regions);
	rvf_key_put(mnt->key);
	kvfree(mnt->manifest_data);
	kfree(mnt->name);
	kfree(mnt);
}

void rvf_mnt_put(struct rvf_mnt *mnt)
{
	kref_put(&mnt->refs, rvf_mnt_free);
}

static struct rvf_mnt *rvf_mnt_lookup(const char *name, u32 name_len)
{
	struct rvf_mnt *mnt;

	lockdep_assert_held(&rvf_mounts_lock);
	list_for_each_entry(mnt, &rvf_mounts, entry)
		if (mnt->name && mnt->name_len == name_len &&
		    !memcmp(mnt->name, name, name_len))
			return mnt;
	return NULL;
}

/**
 * rvf_mnt_reserve - Take a mount's name and give it an id
 * @mnt: The mount; nobody finds it before rvf_mnt_publish().
 *
 * Return: 0 or -EEXIST.
 */
int rvf_mnt_reserve(struct rvf_mnt *mnt)
{
	int err = 0;

	mutex_lock(&rvf_mounts_lock);
	if (mnt->name && rvf_mnt_lookup(mnt->name, mnt->name_len)) {
		err = -EEXIST;
	} else {
		mnt->id = ++rvf_last_id;
		list_add_tail(&mnt->entry, &rvf_mounts);
	}
	mutex_unlock(&rvf_mounts_lock);
	return err;
}

/**
 * rvf_mnt_publish - Nothing can fail any more: let the mount be found
 * @mnt: The mount. rvf_mounts takes over the caller's reference.
 */
void rvf_mnt_publish(struct rvf_mnt *mnt)
{
	/* A mount with a name needs no fd to live; it must pin the module. */
	__module_get(THIS_MODULE);
	mutex_lock(&rvf_mounts_lock);
	mnt->published = true;
	/* Before anyone can find it, and tell of something that came later. */
	rvf_nl_mount_event(mnt, RVF_NL_EVENT_MOUNTED);
	mutex_unlock(&rvf_mounts_lock);
}

/* Content goes now, or with the last operation that is still in it. */
static void rvf_mnt_release_content(struct rvf_mnt *mnt)
{
	u32 i;

	for (i = mnt->n_tasks; i--;)
		rvf_tsk_release_image(&mnt->tasks[i]);
	for (i = mnt->n_queues; i--;)
		rvf_object_unuse(mnt->queues[i]);
	for (i = mnt->n_regions; i--;)
		rvf_object_unuse(&mnt->regions[i].object);
}

/**
 * rvf_mnt_discard - Undo all of a mount that was not published
 * @mnt: The mount; the caller's reference goes.
 */
void rvf_mnt_discard(struct rvf_mnt *mnt)
{
	rvf_mnt_release_content(mnt);
	rvf_witness_mount_unreserve(mnt);
	mutex_lock(&rvf_mounts_lock);
	list_del_init(&mnt->entry);
	mutex_unlock(&rvf_mounts_lock);
	rvf_mnt_put(mnt);
}

/**
 * rvf_mnt_find - Find a mount that can be opened
 * @name: Its name.
 * @name_len: Its bytes.
 *
 * Return: the mount with a reference for the caller, or NULL.
 */
struct rvf_mnt *rvf_mnt_find(const char *name, u32 name_len)
{
	struct rvf_mnt *mnt;

	mutex_lock(&rvf_mounts_lock);
	mnt = rvf_mnt_lookup(name, name_len);
	if (mnt && mnt->published && READ_ONCE(mnt->state) == RVF_MOUNT_LIVE)
		rvf_mnt_get(mnt);
	else
		mnt = NULL;
	mutex_unlock(&rvf_mounts_lock);
	return mnt;
}

/**
 * rvf_mnt_name - A mount's name as it is now
 * @mnt: The mount.
 * @name: Where to; no NUL is added.
 *
 * Return: its bytes, 0 for a nameless mount.
 */
u32 rvf_mnt_name(struct rvf_mnt *mnt, char name[RVF_MAX_NAME])
{
	u32 len;

	spin_lock(&rvf_names_lock);
	len = mnt->name_len;
	memcpy(name, mnt->name, len);
	spin_unlock(&rvf_names_lock);
	return len;
}

static bool rvf_mnt_live(struct rvf_mnt *mnt)
{
	return mnt->published && mnt->state == RVF_MOUNT_LIVE;
}

/**
 * rvf_mnt_exchange - Swap the names of two mounts
 * @mnt: One.
 * @other: The other.
 *
 * No moment passes at which a name leads to neither.
 *
 * Return: 0, -EINVAL the same or without a name, -ENODEV, -EACCES a key that
 * may not sign for the new name.
 */
int rvf_mnt_exchange(struct rvf_mnt *mnt, struct rvf_mnt *other)
{
	struct rvf_mnt *first = mnt->id < other->id ? mnt : other;
	struct rvf_mnt *second = first == mnt ? other : mnt;
	int err = 0;

	if (mnt == other || !mnt->name || !other->name)
		return -EINVAL;
	mutex_lock(&rvf_mounts_lock);
	mutex_lock(&first->lock);
	mutex_lock_nested(&second->lock, SINGLE_DEPTH_NESTING);
	/* Names change under rvf_mounts_lock alone: here they can be read. */
	if (!rvf_mnt_live(mnt) || !rvf_mnt_live(other)) {
		err = -ENODEV;
	} else if (!rvf_key_allows_name(mnt->key, other->name,
					other->name_len) ||
		   !rvf_key_allows_name(other->key, mnt->name,
					mnt->name_len)) {
		err = -EACCES;
	} else {
		spin_lock(&rvf_names_lock);
		swap(mnt->name, other->name);
		swap(mnt->name_len, other->name_len);
		spin_unlock(&rvf_names_lock);
		rvf_witness_exchanged(mnt, other);
		rvf_nl_mount_event(mnt, RVF_NL_EVENT_RENAMED);
		rvf_nl_mount_event(other, RVF_NL_EVENT_RENAMED);
	}
	mutex_unlock(&second->lock);
	mutex_unlock(&first->lock);
	mutex_unlock(&rvf_mounts_lock);
	return err;
}

/* How many mounts there are. */
u32 rvf_mnt_count(void)
{
	struct rvf_mnt *mnt;
	u32 count = 0;

	mutex_lock(&rvf_mounts_lock);
	list_for_each_entry(mnt, &rvf_mounts, entry)
		count += mnt->published;
	mutex_unlock(&rvf_mounts_lock);
	return count;
}

/* A task's state changed, or the mount's: whoever polls looks again. */
void rvf_mnt_changed(struct rvf_mnt *mnt)
{
	lockdep_assert_held(&mnt->lock);
	mnt->changes++;
	wake_up_all(&mnt->wait);
}

/**
 * rvf_mnt_unmount - Begin to unmount
 * @mnt: The mount.
 * @grace_ms: How long its tasks may take to stop.
 *
 * The rest happens in a work item: no caller can hold it up or leave it half
 * done.
 *
 * Return: 0, or -ENODEV when it was begun before.
 */
int rvf_mnt_unmount(struct rvf_mnt *mnt, u32 grace_ms)
{
	u32 i;

	mutex_lock(&mnt->lock);
	if (mnt->state != RVF_MOUNT_LIVE) {
		mutex_unlock(&mnt->lock);
		return -ENODEV;
	}
	WRITE_ONCE(mnt->state, RVF_MOUNT_STOPPING);
	mnt->deadline = jiffies + msecs_to_jiffies(grace_ms);
	rvf_witness_mount_event(mnt, RVF_WITNESS_UNMOUNTING);
	/* The first of the events that follow from it. */
	rvf_nl_mount_event(mnt, RVF_NL_EVENT_UNMOUNTING);
	for (i = 0; i < mnt->n_tasks; i++)
		rvf_tsk_ask_to_stop(&mnt->tasks[i]);
	rvf_mnt_changed(mnt);
	rvf_mnt_get(mnt);
	queue_delayed_work(rvf_wq, &mnt->unmount, 0);
	mutex_unlock(&mnt->lock);
	return 0;
}

/* A bound process ended: perhaps the grace need not run out. */
void rvf_mnt_task_ended(struct rvf_mnt *mnt)
{
	lockdep_assert_held(&mnt->lock);
	if (mnt->state == RVF_MOUNT_STOPPING && !mnt->tearing)
		mod_delayed_work(rvf_wq, &mnt->unmount, 0);
}

/* Whether the grace is over; if so, whatever still runs is killed. */
static bool rvf_mnt_grace_over(struct rvf_mnt *mnt)
{
	bool running = false;
	u32 i;

	mutex_lock(&mnt->lock);
	for (i = 0; i < mnt->n_tasks; i++)
		running |= rvf_tsk_running(&mnt->tasks[i]);
	if (running && time_before(jiffies, mnt->deadline)) {
		queue_delayed_work(rvf_wq, &mnt->unmount,
				   mnt->deadline - jiffies);
		mutex_unlock(&mnt->lock);
		return false;
	}
	mnt->tearing = true;
	/* One that rvf_mnt_task_ended() queued while we were on our way here. */
	cancel_delayed_work(&mnt->unmount);
	for (i = 0; i < mnt->n_tasks; i++)
		rvf_tsk_kill(&mnt->tasks[i]);
	mutex_unlock(&mnt->lock);
	return true;
}

static void rvf_mnt_unmount_work(struct work_struct *work)
{
	struct rvf_mnt *mnt = container_of(to_delayed_work(work),
					   struct rvf_mnt, unmount);

	if (!rvf_mnt_grace_over(mnt))
		return;

	rvf_revoke_all(mnt);
	rvf_mnt_release_content(mnt);

	mutex_lock(&rvf_mounts_lock);
	/* Before another mount of this name can be told of. */
	rvf_witness_mount_event(mnt, RVF_WITNESS_UNMOUNT);
	list_del_init(&mnt->entry);
	mutex_unlock(&rvf_mounts_lock);

	mutex_lock(&mnt->lock);
	WRITE_ONCE(mnt->state, RVF_MOUNT_GONE);
	rvf_mnt_changed(mnt);
	rvf_tsk_wake_all(mnt);
	mutex_unlock(&mnt->lock);
	rvf_nl_mount_event(mnt, RVF_NL_EVENT_UNMOUNTED);

	rvf_mnt_put(mnt);	/* rvf_mounts' */
	rvf_mnt_put(mnt);	/* the unmount's */
	/* The module's exit waits for this work item to return. */
	module_put(THIS_MODULE);
}

/**
 * rvf_mnt_object - An object by kind and index
 * @mnt: The mount.
 * @kind: One of enum rvf_object_kind.
 * @index: In range, as the parser has seen to.
 */
struct rvf_object *rvf_mnt_object(struct rvf_mnt *mnt, u32 kind, u32 index)
{
	if (kind == RVF_OBJECT_REGION)
		return &mnt->regions[index].object;
	return mnt->queues[index];
}

/**
 * rvf_mnt_object_name - An object's name in the manifest
 * @mnt: The mount.
 * @object: One of its objects.
 */
const struct rvf_m_string *rvf_mnt_object_name(const struct rvf_mnt *mnt,
					       const struct rvf_object *object)
{
	if (object->kind == RVF_OBJECT_REGION)
		return &mnt->manifest.regions[object->index].name;
	return &mnt->manifest.queues[object->index].name;
}

/**
 * rvf_mnt_object_by_name - Find an object
 * @mnt: The mount.
 * @name: Its name.
 * @len: Its bytes.
 *
 * Return: the object or NULL.
 */
struct rvf_object *rvf_mnt_object_by_name(struct rvf_mnt *mnt,
					  const char *name, u32 len)
{
	const struct rvf_manifest *m = &mnt->manifest;
	u32 i;

	for (i = 0; i < mnt->n_regions; i++)
		if (rvf_name_equal(m, &m->regions[i].name, name, len))
			return &mnt->regions[i].object;
	for (i = 0; i < mnt->n_queues; i++)
		if (rvf_name_equal(m, &m->queues[i].name, name, len))
			return mnt->queues[i];
	return NULL;
}
