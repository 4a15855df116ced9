/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The nodes behind handles: a tree in each mount.
 *
 * What a handle was derived from, what was derived from it. A node lives while
 * its file is open, while a message carries it, or while one derived from it
 * lives.
 */
#ifndef RVF_NODE_H
#define RVF_NODE_H

#include <linux/list.h>
#include <linux/rwsem.h>
#include <linux/wait.h>
#include "object.h"

struct file;
struct inode;
struct rvf_mnt;
struct rvf_tsk;

/**
 * enum rvf_node_state - Whether a node can be used
 * @RVF_NODE_LIVE: It can.
 * @RVF_NODE_REVOKED: Revoked, or its task ended.
 * @RVF_NODE_GONE: Its mount is gone.
 */
enum rvf_node_state {
	RVF_NODE_LIVE,
	RVF_NODE_REVOKED,
	RVF_NODE_GONE,
};

/**
 * struct rvf_node - What a handle is
 * @mnt: Its mount; holds a reference.
 * @object: What it leads to; as long-lived as the mount.
 * @owner: The task that it is charged to, NULL: the mount (an
 *	administrator's). As long-lived as the mount. Receiving a node changes
 *	it, under tree_lock, before the node has a file.
 * @parent: What it was derived from, NULL: nothing. Under tree_lock, as are
 *	the next ones up to @refs.
 * @children: Derived from it, by @sibling.
 * @sibling: In the parent's @children or the mount's roots.
 * @of_object: In the object's nodes.
 * @of_owner: In the owner's nodes, if that is a task.
 * @inode: Its file's inode, with the mappings made through it; NULL once the
 *	file is closed, and before it has one.
 * @queued: A message carries it.
 * @charged: It counts among its owner's nodes. One that was revoked in a
 *	message does not: nobody but the receiver could get rid of it.
 * @refs: Its file or its message, and its children.
 * @rights: Bits of enum rvf_rights; fixed, as are the next four.
 * @depth: Derivations above it.
 * @badge: Its badge.
 * @start: Where the part of a region that it shows begins.
 * @span: The bytes of that part, 0: all of the region.
 * @state: One of enum rvf_node_state; only grows. Written under @sem held for
 *	writing.
 * @sem: Held for reading while a page fault enters a page into a mapping, so
 *	that none can enter after the state was changed and the mappings
 *	were taken away.
 * @unmapped: @state was changed, and no page is in a mapping any more: what
 *	poll tells of. Only grows.
 * @wait: Pollers of the handle, for its revocation.
 */
struct rvf_node {
	struct rvf_mnt *mnt;
	struct rvf_object *object;
	struct rvf_tsk *owner;
	struct rvf_node *parent;
	struct list_head children;
	struct list_head sibling;
	struct list_head of_object;
	struct list_head of_owner;
	struct inode *inode;
	bool queued;
	bool charged;
	u32 refs;
	u32 rights;
	u32 depth;
	u64 badge;
	u64 start;
	u64 span;
	enum rvf_node_state state;
	struct rw_semaphore sem;
	bool unmapped;
	wait_queue_head_t wait;
};

int rvf_node_check(struct rvf_node *node, u32 rights);
int rvf_node_derivable(struct rvf_node *node, u32 *rights, u64 *badge);

struct rvf_node *rvf_node_alloc(struct rvf_mnt *mnt, struct rvf_object *object,
				struct rvf_tsk *owner,
				const struct rvf_node *parent,
				u32 rights, u64 badge);
void rvf_node_attach(struct rvf_node *node);
int rvf_node_link(struct rvf_node *node, struct rvf_node *parent);
void rvf_node_discard(struct rvf_node *node);
void rvf_node_put(struct rvf_node *node);

struct rvf_node *rvf_node_send(struct rvf_node *parent, u32 rights, u64 badge,
			       u64 start, u64 span);
int rvf_nodes_receive(struct rvf_node *const *nodes, struct file *const *files,
		      u32 n, const struct rvf_node *via);

u32 rvf_revoke_from(struct rvf_node *top, bool spare_top);
u32 rvf_revoke_owned(struct rvf_mnt *mnt, struct rvf_tsk *owner);
void rvf_revoke_all(struct rvf_mnt *mnt);

/*
 * What became of a handle: for another look, where a revocation waits, after
 * rvf_node_check(). Only this can have changed.
 */
static inline int rvf_node_over(const struct rvf_node *node)
{
	enum rvf_node_state state = READ_ONCE(node->state);

	if (likely(state == RVF_NODE_LIVE))
		return 0;
	return state == RVF_NODE_GONE ? -ENODEV : -EKEYREVOKED;
}

#endif /* RVF_NODE_H */
