// SPDX-License-Identifier: GPL-2.0-only
/* The generic netlink family: what there is, and what happens to it. */
#include <linux/pid.h>
#include <net/genetlink.h>
#include "compat.h"
#include "keys.h"
#include "mount.h"
#include "netlink.h"
#include "node.h"
#include "queue.h"
#include "region.h"
#include "ring.h"
#include "task.h"
#include "witness.h"

/* Holders that are listed for one object; it must fit into one message. */
#define RVF_NL_HOLDERS 256
/* A message with as many holders and a grant of each component. */
#define RVF_NL_DUMP_BYTES (28 * 1024)

static struct genl_family rvf_nl_family;

static const struct nla_policy rvf_nl_policy[RVF_NL_A_MAX + 1] = {
	[RVF_NL_A_MOUNT_ID] = { .type = NLA_U64 },
};

static const struct genl_multicast_group rvf_nl_groups[] = {
	{ .name = RVF_NL_GROUP, .flags = GENL_MCAST_CAP_NET_ADMIN },
};

/* The manifest's strings have no NUL; an attribute's has. */
static int rvf_nl_put_string(struct sk_buff *skb, int type,
			     const struct rvf_manifest *m,
			     const struct rvf_m_string *s)
{
	u32 len = le32_to_cpu(s->length);
	struct nlattr *attr = nla_reserve(skb, type, len + 1);

	if (!attr)
		return -EMSGSIZE;
	memcpy(nla_data(attr), rvf_manifest_string(m, s), len);
	((char *)nla_data(attr))[len] = 0;
	return 0;
}

static int rvf_nl_put_u64(struct sk_buff *skb, int type, u64 value)
{
	return nla_put_u64_64bit(skb, type, value, RVF_NL_A_PAD);
}

static int rvf_nl_put_mount(struct sk_buff *skb, struct rvf_mnt *mnt)
{
	const struct rvf_manifest *m = &mnt->manifest;
	char name[RVF_MAX_NAME + 1];
	bool failed = false;

	name[rvf_mnt_name(mnt, name)] = 0;
	if (name[0])
		failed |= nla_put_string(skb, RVF_NL_A_NAME, name);
	failed |= nla_put_u32(skb, RVF_NL_A_STATE, READ_ONCE(mnt->state));
	failed |= rvf_nl_put_string(skb, RVF_NL_A_PACKAGE, m,
				    &m->package->name);
	failed |= rvf_nl_put_u64(skb, RVF_NL_A_VERSION,
				 le64_to_cpu(m->package->version));
	failed |= nla_put(skb, RVF_NL_A_KEY_ID, RVF_KEY_ID_LEN, mnt->key->id);
	failed |= nla_put_string(skb, RVF_NL_A_KEY_LABEL,
				 mnt->key->record.label);
	failed |= nla_put_u32(skb, RVF_NL_A_TASKS, mnt->n_tasks);
	failed |= rvf_nl_put_u64(skb, RVF_NL_A_BYTES, m->bytes);
	failed |= nla_put_u32(skb, RVF_NL_A_SUPERVISED,
			      !!READ_ONCE(mnt->claim));
	return failed ? -EMSGSIZE : 0;
}

/* Under the mount's lock. */
static int rvf_nl_put_task(struct sk_buff *skb, struct rvf_tsk *tsk)
{
	const struct rvf_manifest *m = &tsk->mnt->manifest;
	const struct rvf_m_component *c = &m->components[tsk->component];
	bool failed = false;

	lockdep_assert_held(&tsk->mnt->lock);
	failed |= rvf_nl_put_string(skb, RVF_NL_A_NAME, m, &c->name);
	failed |= nla_put_u32(skb, RVF_NL_A_STATE, tsk->state);
	failed |= nla_put_u32(skb, RVF_NL_A_COMPONENT, tsk->component);
	failed |= nla_put_u32(skb, RVF_NL_A_KIND, le32_to_cpu(c->kind));
	failed |= rvf_nl_put_u64(skb, RVF_NL_A_INCARNATION, tsk->incarnation);
	failed |= nla_put_u32(skb, RVF_NL_A_PID,
			      tsk->binding ? pid_nr(tsk->binding->pid) : 0);
	failed |= nla_put_u32(skb, RVF_NL_A_EXIT_KIND, tsk->exit_kind);
	failed |= nla_put_s32(skb, RVF_NL_A_EXIT_CODE, tsk->exit_code);
	failed |= nla_put_u32(skb, RVF_NL_A_BIND_REASON, tsk->bind_reason);
	failed |= nla_put_u32(skb, RVF_NL_A_RELAXED, rvf_tsk_relax(tsk));
	return failed ? -EMSGSIZE : 0;
}

static int rvf_nl_put_grants(struct sk_buff *skb, const struct rvf_mnt *mnt,
			     const struct rvf_object *object)
{
	const struct rvf_manifest *m = &mnt->manifest;
	u32 i, j;

	for (i = 0; i < m->n_components; i++) {
		const struct rvf_m_component *c = &m->components[i];

		for (j = 0; j < le32_to_cpu(c->grants); j++) {
			const struct rvf_m_grant *g =
				&m->grants[le32_to_cpu(c->first_grant) + j];
			struct nlattr *nest;

			if (le32_to_cpu(g->kind) != object->kind ||
			    le32_to_cpu(g->object) != object->index)
				continue;
			nest = nla_nest_start(skb, RVF_NL_A_GRANT);
			if (!nest ||
			    nla_put_u32(skb, RVF_NL_A_COMPONENT, i) ||
			    nla_put_u32(skb, RVF_NL_A_RIGHTS,
					le32_to_cpu(g->rights)) ||
			    rvf_nl_put_u64(skb, RVF_NL_A_BADGE,
					   le64_to_cpu(g->badge)))
				return -EMSGSIZE;
			nla_nest_end(skb, nest);
		}
	}
	return 0;
}

static int rvf_nl_put_holder(struct sk_buff *skb, const struct rvf_node *node)
{
	struct nlattr *nest = nla_nest_start(skb, RVF_NL_A_HOLDER);

	if (!nest || (node->owner && nla_put_u32(skb, RVF_NL_A_COMPONENT,
						 node->owner->component)) ||
	    nla_put_u32(skb, RVF_NL_A_RIGHTS, node->rights) ||
	    rvf_nl_put_u64(skb, RVF_NL_A_BADGE, node->badge) ||
	    nla_put_u32(skb, RVF_NL_A_DEPTH, node->depth))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int rvf_nl_put_holders(struct sk_buff *skb, struct rvf_mnt *mnt,
			      struct rvf_object *object)
{
	struct rvf_node *node;
	u32 count = 0;
	int err = 0;

	mutex_lock(&mnt->tree_lock);
	list_for_each_entry(node, &object->nodes, of_object) {
		/* A node without an inode is kept by those derived from it. */
		if (node->state != RVF_NODE_LIVE || !node->inode)
			continue;
		if (count++ < RVF_NL_HOLDERS && !err)
			err = rvf_nl_put_holder(skb, node);
	}
	mutex_unlock(&mnt->tree_lock);
	return err ?: nla_put_u32(skb, RVF_NL_A_HOLDERS, count);
}

static int rvf_nl_put_region(struct sk_buff *skb,
			     const struct rvf_region *region)
{
	if (nla_put_u32(skb, RVF_NL_A_POLICY, region->policy) ||
	    rvf_nl_put_u64(skb, RVF_NL_A_SIZE, region->size) ||
	    rvf_nl_put_u64(skb, RVF_NL_A_USED, rvf_region_used(region)))
		return -EMSGSIZE;
	if (region->policy == RVF_REGION_SLAB &&
	    nla_put_u32(skb, RVF_NL_A_SLOTS, region->slab.n_slots))
		return -EMSGSIZE;
	return 0;
}

static int rvf_nl_put_queue(struct sk_buff *skb, const struct rvf_manifest *m,
			    struct rvf_object *object)
{
	const struct rvf_m_queue *q = &m->queues[object->index];
	u32 used = rvf_object_is_ring(object) ?
		   rvf_ring_used(rvf_ring_of(object)) :
		   READ_ONCE(rvf_queue_of(object)->used);

	if (nla_put_u32(skb, RVF_NL_A_SLOTS, le32_to_cpu(q->slots)) ||
	    rvf_nl_put_u64(skb, RVF_NL_A_SIZE, le32_to_cpu(q->message_size)) ||
	    rvf_nl_put_u64(skb, RVF_NL_A_USED, used) ||
	    nla_put_u32(skb, RVF_NL_A_TYPE, le32_to_cpu(q->type)) ||
	    nla_put_u32(skb, RVF_NL_A_FLAGS, le32_to_cpu(q->flags)))
		return -EMSGSIZE;
	return rvf_nl_put_string(skb, RVF_NL_A_TYPE_NAME, m, &q->type_name);
}

static int rvf_nl_put_object(struct sk_buff *skb, struct rvf_mnt *mnt,
			     struct rvf_object *object)
{
	const struct rvf_manifest *m = &mnt->manifest;
	int err;

	err = rvf_nl_put_string(skb, RVF_NL_A_NAME, m,
				rvf_mnt_object_name(mnt, object));
	if (!err)
		err = nla_put_u32(skb, RVF_NL_A_KIND, object->kind);
	if (!err && object->kind == RVF_OBJECT_REGION)
		err = rvf_nl_put_region(skb, rvf_region_of(object));
	else if (!err)
		err = rvf_nl_put_queue(skb, m, object);
	if (!err)
		err = rvf_nl_put_grants(skb, mnt, object);
	return err ?: rvf_nl_put_holders(skb, mnt, object);
}

/*
 * The @at-th item of a mount's, written into a message. Returns -ENOENT past
 * the last one.
 */
typedef int (*rvf_nl_item_fn)(struct sk_buff *skb, struct rvf_mnt *mnt,
			      unsigned long at);

static int rvf_nl_mount_item(struct sk_buff *skb, struct rvf_mnt *mnt,
			     unsigned long at)
{
	return at ? -ENOENT : rvf_nl_put_mount(skb, mnt);
}

static int rvf_nl_task_item(struct sk_buff *skb, struct rvf_mnt *mnt,
			    unsigned long at)
{
	int err;

	if (at >= mnt->n_tasks)
		return -ENOENT;
	mutex_lock(&mnt->lock);
	err = rvf_nl_put_task(skb, &mnt->tasks[at]);
	mutex_unlock(&mnt->lock);
	return err;
}

static int rvf_nl_object_item(struct sk_buff *skb, struct rvf_mnt *mnt,
			      unsigned long at)
{
	struct rvf_object *object;

	if (at >= mnt->n_regions + mnt->n_queues)
		return -ENOENT;
	if (at < mnt->n_regions)
		object = &mnt->regions[at].object;
	else
		object = mnt->queues[at - mnt->n_regions];
	return rvf_nl_put_object(skb, mnt, object);
}

/* One message. Returns -ENOENT when the mount has no such item. */
static int rvf_nl_dump_one(struct sk_buff *skb, struct netlink_callback *cb,
			   u8 command, struct rvf_mnt *mnt, unsigned long at,
			   rvf_nl_item_fn item)
{
	void *head;
	int err;

	head = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			   &rvf_nl_family, NLM_F_MULTI, command);
	if (!head)
		return -EMSGSIZE;
	err = rvf_nl_put_u64(skb, RVF_NL_A_MOUNT_ID, mnt->id);
	if (!err)
		err = item(skb, mnt, at);
	if (err) {
		genlmsg_cancel(skb, head);
		return err;
	}
	genlmsg_end(skb, head);
	return 0;
}

/*
 * All items of all mounts. Between two calls args[0] is the mount to go on
 * with, by its id, and args[1] the item in it: mounts that come and go in
 * between disturb nothing.
 */
static int rvf_nl_dump(struct sk_buff *skb, struct netlink_callback *cb,
		       u8 command, rvf_nl_item_fn item)
{
	struct nlattr *wanted = rvf_dump_attrs(cb)[RVF_NL_A_MOUNT_ID];
	u64 id = wanted ? nla_get_u64(wanted) : 0;
	struct rvf_mnt *mnt;
	int err = 0;

	mutex_lock(&rvf_mounts_lock);
	list_for_each_entry(mnt, &rvf_mounts, entry) {
		if (!mnt->published || mnt->id < cb->args[0] ||
		    (wanted && mnt->id != id))
			continue;
		if (mnt->id != cb->args[0]) {
			cb->args[0] = mnt->id;
			cb->args[1] = 0;
		}
		do {
			err = rvf_nl_dump_one(skb, cb, command, mnt,
					      cb->args[1], item);
		} while (!err && ++cb->args[1]);
		if (err != -ENOENT)
			break;
		err = 0;
	}
	mutex_unlock(&rvf_mounts_lock);
	/* What did not fit is next time's, unless nothing fitted at all. */
	return skb->len ?: err;
}

static int rvf_nl_dump_mounts(struct sk_buff *skb, struct netlink_callback *cb)
{
	return rvf_nl_dump(skb, cb, RVF_NL_MOUNT, rvf_nl_mount_item);
}

static int rvf_nl_dump_tasks(struct sk_buff *skb, struct netlink_callback *cb)
{
	return rvf_nl_dump(skb, cb, RVF_NL_TASK, rvf_nl_task_item);
}

static int rvf_nl_dump_objects(struct sk_buff *skb,
			       struct netlink_callback *cb)
{
	return rvf_nl_dump(skb, cb, RVF_NL_OBJECT, rvf_nl_object_item);
}

static int rvf_nl_dump_start(struct netlink_callback *cb)
{
	cb->min_dump_alloc = RVF_NL_DUMP_BYTES;
	return 0;
}

static const struct genl_ops rvf_nl_ops[] = {
	{
		.cmd = RVF_NL_MOUNT,
		.flags = GENL_ADMIN_PERM,
		.start = rvf_nl_dump_start,
		.dumpit = rvf_nl_dump_mounts,
	}, {
		.cmd = RVF_NL_TASK,
		.flags = GENL_ADMIN_PERM,
		.start = rvf_nl_dump_start,
		.dumpit = rvf_nl_dump_tasks,
	}, {
		.cmd = RVF_NL_OBJECT,
		.flags = GENL_ADMIN_PERM,
		.start = rvf_nl_dump_start,
		.dumpit = rvf_nl_dump_objects,
	},
};

static struct genl_family rvf_nl_family __ro_after_init = {
	.name = RVF_NL_FAMILY,
	.version = RVF_NL_VERSION,
	.maxattr = RVF_NL_A_MAX,
	.policy = rvf_nl_policy,
	.ops = rvf_nl_ops,
	.n_ops = ARRAY_SIZE(rvf_nl_ops),
	.mcgrps = rvf_nl_groups,
	.n_mcgrps = ARRAY_SIZE(rvf_nl_groups),
	.resv_start_op = RVF_NL_OBJECT + 1,
	.module = THIS_MODULE,
};

int rvf_nl_setup(void)
{
	return genl_register_family(&rvf_nl_family);
}

void rvf_nl_cleanup(void)
{
	genl_unregister_family(&rvf_nl_family);
}

/* Who listens learns that it missed something, and can dump again. */
static void rvf_nl_event_lost(void)
{
	genl_set_err(&rvf_nl_family, &init_net, 0, 0, -ENOBUFS);
}

/* Begin an event, or NULL: nobody listens, or no memory (it is then lost). */
static struct sk_buff *rvf_nl_event_begin(u8 command, u64 mount_id,
					  enum rvf_nl_event event, void **head)
{
	struct sk_buff *skb;

	if (!genl_has_listeners(&rvf_nl_family, &init_net, 0))
		return NULL;
	skb = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!skb) {
		rvf_nl_event_lost();
		return NULL;
	}
	*head = genlmsg_put(skb, 0, 0, &rvf_nl_family, 0, command);
	if (!*head || nla_put_u32(skb, RVF_NL_A_EVENT, event) ||
	    rvf_nl_put_u64(skb, RVF_NL_A_MOUNT_ID, mount_id)) {
		nlmsg_free(skb);
		return NULL;
	}
	return skb;
}

/* As it is now: what the event tells of is in the log already. */
static int rvf_nl_put_witness(struct sk_buff *skb)
{
	struct rvf_witness_state state;

	rvf_witness_state(&state);
	return rvf_nl_put_u64(skb, RVF_NL_A_WITNESS_NEXT, state.next) ?:
	       nla_put(skb, RVF_NL_A_WITNESS_HEAD, RVF_DIGEST_LEN, state.head);
}

static void rvf_nl_event_end(struct sk_buff *skb, void *head, int err)
{
	err = err ?: rvf_nl_put_witness(skb);
	if (err) {
		nlmsg_free(skb);
		rvf_nl_event_lost();
		return;
	}
	genlmsg_end(skb, head);
	genlmsg_multicast(&rvf_nl_family, skb, 0, 0, GFP_KERNEL);
}

/**
 * rvf_nl_mount_event - Tell that something happened to a mount
 * @mnt: The mount.
 * @event: What.
 */
void rvf_nl_mount_event(struct rvf_mnt *mnt, enum rvf_nl_event event)
{
	struct sk_buff *skb;
	void *head;

	skb = rvf_nl_event_begin(RVF_NL_MOUNT, mnt->id, event, &head);
	if (skb)
		rvf_nl_event_end(skb, head, rvf_nl_put_mount(skb, mnt));
}

/**
 * rvf_nl_task_event - Tell that a task's state changed
 * @tsk: The task; under its mount's lock.
 */
void rvf_nl_task_event(struct rvf_tsk *tsk)
{
	struct sk_buff *skb;
	void *head;

	skb = rvf_nl_event_begin(RVF_NL_TASK, tsk->mnt->id,
				 RVF_NL_EVENT_TASK, &head);
	if (skb)
		rvf_nl_event_end(skb, head, rvf_nl_put_task(skb, tsk));
}
