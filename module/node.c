// SPDX-License-Identifier: GPL-2.0-only
/* The tree of handle nodes: made, derived, sent, revoked, forgotten. */
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/poll.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include "mount.h"
#include "node.h"
#include "task.h"

/**
 * rvf_node_check - May the caller do this with a handle, now?
 * @node: The handle's node.
 * @rights: Rights that are needed, all of them.
 *
 * Return: 0; -ENODEV when the mount is gone, -EKEYREVOKED, -EACCES for a right
 * that is lacking, -EPERM for the task's process with another mm (which is
 * killed).
 */
int rvf_node_check(struct rvf_node *node, u32 rights)
{
	int err = rvf_node_over(node);

	if (err)
		return err;
	if (node->owner && rvf_tsk_foreign_mm(node->owner))
		return -EPERM;
	if (rights & ~node->rights)
		return -EACCES;
	return 0;
}

static atomic_t *rvf_node_account(struct rvf_mnt *mnt, struct rvf_tsk *owner)
{
	return owner ? &owner->nodes : &mnt->nodes;
}

/*
 * Drop a reference of a node, and of those above it that it kept alive: a loop,
 * however deep the tree. Returns how many references on the mount to drop.
 */
static unsigned int rvf_node_drop(struct rvf_node *node)
{
	unsigned int freed = 0;

	lockdep_assert_held(&node->mnt->tree_lock);
	while (node && !--node->refs) {
		struct rvf_node *parent = node->parent;

		list_del(&node->sibling);
		list_del(&node->of_object);
		list_del(&node->of_owner);
		if (node->charged)
			atomic_dec(rvf_node_account(node->mnt, node->owner));
		kfree(node);
		freed++;
		node = parent;
	}
	return freed;
}

/**
 * rvf_node_link - Link a node into the tree
 * @node: The node, of rvf_node_alloc().
 * @parent: What it is derived from, NULL: nothing.
 *
 * Return: 0; -ENODEV or -EKEYREVOKED when what it hangs from went meanwhile.
 */
int rvf_node_link(struct rvf_node *node, struct rvf_node *parent)
{
	struct rvf_mnt *mnt = node->mnt;
	int err = 0;

	mutex_lock(&mnt->tree_lock);
	if (mnt->handles_gone)
		err = -ENODEV;
	else if (parent && parent->state == RVF_NODE_REVOKED)
		err = -EKEYREVOKED;
	if (!err) {
		node->parent = parent;
		if (parent)
			parent->refs++;
		list_add_tail(&node->sibling,
			      parent ? &parent->children : &mnt->roots);
		list_add_tail(&node->of_object, &node->object->nodes);
		if (node->owner)
			list_add_tail(&node->of_owner, &node->owner->owned);
	}
	mutex_unlock(&mnt->tree_lock);
	return err;
}

/**
 * rvf_node_attach - Tell an object that a task is given a handle on it
 * @node: The handle's node, with an owner, derived from nothing. Nobody has it
 *	yet.
 */
void rvf_node_attach(struct rvf_node *node)
{
	struct rvf_object *object = node->object;

	if (!object->ops->attach)
		return;
	mutex_lock(&node->mnt->tree_lock);
	/* One that was revoked may have lost its incarnation, and its object. */
	if (node->state == RVF_NODE_LIVE)
		object->ops->attach(object, node->rights,
				    READ_ONCE(node->owner->incarnation));
	mutex_unlock(&node->mnt->tree_lock);
}

/**
 * rvf_node_alloc - Make a node that is in no tree yet
 * @mnt: The mount.
 * @object: What it leads to.
 * @owner: The task that it is for, NULL: an administrator.
 * @parent: What it will be derived from, NULL: nothing.
 * @rights: Its rights.
 * @badge: Its badge.
 *
 * Return: the node, for rvf_node_link() or rvf_node_discard(); or an ERR_PTR:
 * -EDQUOT, -ENOMEM.
 */
struct rvf_node *rvf_node_alloc(struct rvf_mnt *mnt, struct rvf_object *object,
				struct rvf_tsk *owner,
				const struct rvf_node *parent,
				u32 rights, u64 badge)
{
	atomic_t *account = rvf_node_account(mnt, owner);
	struct rvf_node *node;
	int err = -ENOMEM;

	if (atomic_inc_return(account) > RVF_MAX_HANDLES) {
		err = -EDQUOT;
		goto uncharge;
	}
	node = kzalloc(sizeof(*node), GFP_KERNEL_ACCOUNT);
	if (!node)
		goto uncharge;
	node->mnt = rvf_mnt_get(mnt);
	node->object = object;
	node->owner = owner;
	INIT_LIST_HEAD(&node->children);
	INIT_LIST_HEAD(&node->of_owner);
	node->charged = true;
	node->refs = 1;
	node->rights = rights;
	node->badge = badge;
	if (parent) {
		node->depth = parent->depth + 1;
		node->start = parent->start;
		node->span = parent->span;
	}
	init_rwsem(&node->sem);
	init_waitqueue_head(&node->wait);
	return node;

uncharge:
	atomic_dec(account);
	return ERR_PTR(err);
}

/**
 * rvf_node_discard - Drop a node that rvf_node_link() did not take
 * @node: The node.
 */
void rvf_node_discard(struct rvf_node *node)
{
	struct rvf_mnt *mnt = node->mnt;

	atomic_dec(rvf_node_account(mnt, node->owner));
	kfree(node);
	rvf_mnt_put(mnt);
}

/**
 * rvf_node_send - Derive a node for a message
 * @parent: What it is derived from; rvf_node_derivable() said that it may be.
 * @rights: Its rights.
 * @badge: Its badge.
 * @start: Where the part of a region that it shows begins.
 * @span: The bytes of that part, 0: all of it.
 *
 * Until it is received it belongs to whom @parent does.
 *
 * Return: the node, which the message holds until rvf_nodes_receive() or
 * rvf_node_put(); or an ERR_PTR.
 */
struct rvf_node *rvf_node_send(struct rvf_node *parent, u32 rights, u64 badge,
			       u64 start, u64 span)
{
	struct rvf_node *node;
	int err;

	node = rvf_node_alloc(parent->mnt, parent->object, parent->owner,
			      parent, rights, badge);
	if (IS_ERR(node))
		return node;
	node->start = start;
	node->span = span;
	node->queued = true;
	err = rvf_node_link(node, parent);
	if (err) {
		rvf_node_discard(node);
		return ERR_PTR(err);
	}
	return node;
}

/* The owner's account takes what it does not have yet: all or nothing. */
static int rvf_nodes_charge(struct rvf_node *const *nodes, u32 n,
			    struct rvf_mnt *mnt, struct rvf_tsk *owner)
{
	atomic_t *account = rvf_node_account(mnt, owner);
	u32 more = 0, i;

	for (i = 0; i < n; i++)
		more += !nodes[i]->charged || nodes[i]->owner != owner;
	if (more && atomic_add_return(more, account) > RVF_MAX_HANDLES) {
		atomic_sub(more, account);
		return -EDQUOT;
	}
	for (i = 0; i < n; i++)
		if (nodes[i]->charged && nodes[i]->owner != owner)
			atomic_dec(rvf_node_account(mnt, nodes[i]->owner));
	return 0;
}

/**
 * rvf_nodes_receive - Give nodes of a message to whom it came
 * @nodes: The nodes.
 * @files: A file for each, from rvf_handle_file(), that nobody has yet.
 * @n: How many of both.
 * @via: The handle that the message was received through.
 *
 * They stay where they are in the tree: what the sender's revocation reaches.
 *
 * Return: 0, or with nothing changed -EDQUOT or what became of @via: its
 * task's handles are revoked once, and none must come behind that.
 */
int rvf_nodes_receive(struct rvf_node *const *nodes, struct file *const *files,
		      u32 n, const struct rvf_node *via)
{
	struct rvf_mnt *mnt = via->mnt;
	u32 i;
	int err;

	mutex_lock(&mnt->tree_lock);
	err = rvf_node_over(via) ?:
	      rvf_nodes_charge(nodes, n, mnt, via->owner);
	for (i = 0; !err && i < n; i++) {
		struct rvf_node *node = nodes[i];

		node->charged = true;
		node->queued = false;
		node->owner = via->owner;
		list_del_init(&node->of_owner);
		if (node->owner)
			list_add_tail(&node->of_owner, &node->owner->owned);
		node->inode = file_inode(files[i]);
		files[i]->private_data = node;
	}
	mutex_unlock(&mnt->tree_lock);
	return err;
}

/**
 * rvf_node_put - Drop a node's file, or its message
 * @node: The node.
 */
void rvf_node_put(struct rvf_node *node)
{
	struct rvf_mnt *mnt = node->mnt;
	unsigned int freed;

	mutex_lock(&mnt->tree_lock);
	node->inode = NULL;
	freed = rvf_node_drop(node);
	mutex_unlock(&mnt->tree_lock);
	while (freed--)
		rvf_mnt_put(mnt);
}

static bool rvf_node_revoke(struct rvf_node *node, enum rvf_node_state state)
{
	bool changed;

	down_write(&node->sem);
	changed = node->state < state;
	if (changed)
		WRITE_ONCE(node->state, state);
	up_write(&node->sem);
	if (!changed)
		return false;
	if (node->queued && node->charged) {
		node->charged = false;
		atomic_dec(rvf_node_account(node->mnt, node->owner));
	}

	/* From here on no fault enters a page; take away those that are in. */
	if (node->inode)
		unmap_mapping_range(node->inode->i_mapping, 0, 0, 1);
	/* Pairs with poll's acquire: who is told finds them gone. */
	smp_store_release(&node->unmapped, true);
	node->object->ops->wake(node->object);
	wake_up_poll(&node->wait, EPOLLHUP | EPOLLERR);
	return true;
}

/* In pre-order without recursion: parent and sibling pointers are enough. */
static u32 rvf_revoke_subtree(struct rvf_node *top, bool spare_top,
			      enum rvf_node_state state)
{
	struct rvf_node *node = top;
	u32 count = 0;

	lockdep_assert_held(&top->mnt->tree_lock);
	for (;;) {
		if (node != top || !spare_top)
			count += rvf_node_revoke(node, state);
		cond_resched();

		if (!list_empty(&node->children)) {
			node = list_first_entry(&node->children,
						struct rvf_node, sibling);
			continue;
		}
		while (node != top && list_is_last(&node->sibling,
						   &node->parent->children))
			node = node->parent;
		if (node == top)
			return count;
		node = list_next_entry(node, sibling);
	}
}

/**
 * rvf_revoke_from - Revoke what was derived from a node
 * @top: The node.
 * @spare_top: It stays itself.
 *
 * Return: how many were revoked.
 */
u32 rvf_revoke_from(struct rvf_node *top, bool spare_top)
{
	u32 count;

	mutex_lock(&top->mnt->tree_lock);
	count = rvf_revoke_subtree(top, spare_top, RVF_NODE_REVOKED);
	mutex_unlock(&top->mnt->tree_lock);
	return count;
}

/**
 * rvf_revoke_owned - Revoke all handles of a task
 * @mnt: Its mount.
 * @owner: The task.
 *
 * Those that it was sent too, wherever in the tree they are.
 *
 * Return: how many were revoked.
 */
u32 rvf_revoke_owned(struct rvf_mnt *mnt, struct rvf_tsk *owner)
{
	struct rvf_node *node;
	u32 count = 0;

	mutex_lock(&mnt->tree_lock);
	list_for_each_entry(node, &owner->owned, of_owner)
		/* What hangs from a revoked one has been, too. */
		if (!rvf_node_over(node))
			count += rvf_revoke_subtree(node, false,
						    RVF_NODE_REVOKED);
	mutex_unlock(&mnt->tree_lock);
	return count;
}

/**
 * rvf_revoke_all - The mount goes: no handle can be used or made any more
 * @mnt: The mount.
 */
void rvf_revoke_all(struct rvf_mnt *mnt)
{
	struct rvf_node *root;

	mutex_lock(&mnt->tree_lock);
	mnt->handles_gone = true;
	list_for_each_entry(root, &mnt->roots, sibling)
		rvf_revoke_subtree(root, false, RVF_NODE_GONE);
	mutex_unlock(&mnt->tree_lock);
}

/* Which rights a derived handle may have, as RuVix has it. */
static int rvf_derive_rights(const struct rvf_node *node, u32 *rights)
{
	if (!(node->rights & (RVF_RIGHT_GRANT | RVF_RIGHT_GRANT_ONCE)))
		return -EPERM;
	if (!*rights)
		return -EINVAL;
	if (*rights & ~node->rights)
		return -EACCES;
	if (!(node->rights & RVF_RIGHT_GRANT))
		*rights &= ~(RVF_RIGHT_GRANT | RVF_RIGHT_GRANT_ONCE);
	/* GRANT_ONCE alone, asked from GRANT_ONCE alone, leaves nothing. */
	return *rights ? 0 : -EINVAL;
}

/**
 * rvf_node_derivable - May the caller derive from a handle, now?
 * @node: The handle's node.
 * @rights: Those asked for in, those that the new one will have out.
 * @badge: Likewise.
 *
 * Return: 0, or what RVF_HANDLE_DERIVE says.
 */
int rvf_node_derivable(struct rvf_node *node, u32 *rights, u64 *badge)
{
	int err;

	err = rvf_node_check(node, 0);
	if (!err)
		err = rvf_derive_rights(node, rights);
	if (err)
		return err;
	if (node->badge && *badge && *badge != node->badge)
		return -EPERM;
	if (node->badge)
		*badge = node->badge;
	return node->depth >= RVF_MAX_DEPTH ? -EMLINK : 0;
}
