/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What regions and queues have in common: handles lead to them.
 *
 * An object's struct lives as long as its mount's. Its content (pages, slots)
 * lives while @users is above zero: the mount holds one use until it is
 * unmounted, and every operation takes one for its duration. So an unmount
 * never waits for an operation that is stalled in a copy to userspace, and the
 * operation never sees its object's content freed. (A queue counts the slots
 * that its operations hold instead, under the lock that they take anyway.)
 */
#ifndef RVF_OBJECT_H
#define RVF_OBJECT_H

#include <linux/list.h>
#include <linux/refcount.h>
#include "rvf.h"

struct rvf_mnt;
struct rvf_object;

/**
 * struct rvf_object_ops - What differs between kinds of objects
 * @fops: Of its handles.
 * @wake: Wakes all that wait in it, so that they look at their handle again.
 * @release: Frees its content.
 * @rights: Rights that make sense for it.
 * @attach: An incarnation of a task is given a handle; NULL: it is all the
 *	same to the object. Under the mount's tree_lock.
 */
struct rvf_object_ops {
	const struct file_operations *fops;
	void (*wake)(struct rvf_object *object);
	void (*release)(struct rvf_object *object);
	u32 (*rights)(const struct rvf_object *object);
	void (*attach)(struct rvf_object *object, u32 rights, u64 incarnation);
};

/**
 * struct rvf_object - A region, a queue or a ring
 * @kind: One of enum rvf_object_kind.
 * @index: In the manifest's table of its kind.
 * @users: See above.
 * @ops: Of its kind.
 * @nodes: Handle nodes on it; under the mount's tree_lock.
 */
struct rvf_object {
	u32 kind;
	u32 index;
	refcount_t users;
	const struct rvf_object_ops *ops;
	struct list_head nodes;
};

static inline void rvf_object_init(struct rvf_object *object, u32 kind,
				   u32 index, const struct rvf_object_ops *ops)
{
	object->kind = kind;
	object->index = index;
	object->ops = ops;
	refcount_set(&object->users, 1);
	INIT_LIST_HEAD(&object->nodes);
}

static inline bool rvf_object_use(struct rvf_object *object)
{
	return refcount_inc_not_zero(&object->users);
}

static inline void rvf_object_unuse(struct rvf_object *object)
{
	if (refcount_dec_and_test(&object->users))
		object->ops->release(object);
}

#endif /* RVF_OBJECT_H */
