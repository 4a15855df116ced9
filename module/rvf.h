/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What every part of the module shares: the ABI, the host's limits, and the
 * order of locks.
 *
 * Lock order, outer first; a lock is taken only while holding ones above it:
 *
 *   rvf_mounts_lock	(mount.c)  the list of mounts, names, ids
 *   rvf_machine.lock	(vm.h)     a guest's memory and ranges
 *   rvf_mnt.lock	(mount.h)  a mount's state, its claim, its tasks
 *   rvf_mnt.tree_lock	(mount.h)  the tree of handle nodes
 *   then one of
 *     rvf_node.sem		(handle.h) a node's state against page faults
 *     rvf_region.lock		(region.h) a region's end, a slab's slots
 *     rvf_queue.lock		(queue.h)  a queue's lists; a spinlock
 *
 * and innermost of all:
 *   rvf_names_lock	(mount.c)  mounts' names; a spinlock
 *   rvf_witness_lock	(witness.c) the log
 *
 * and on their own: rvf_keys_lock (keys.c), with only rvf_witness_lock taken
 * inside; rvf_vcpu.ask_lock (vm.h), with nothing.
 *
 * mmap_lock is below rvf_machine.lock (a guest's memory is mapped, KVM touches
 * user memory) and above rvf_node.sem (page faults take it
 * so). It is never taken inside any other of ours: no user memory is touched
 * and no VMA walked with one held.
 */
#ifndef RVF_H
#define RVF_H

#include <linux/types.h>
#include "../uapi/rvf.h"

#undef pr_fmt
#define pr_fmt(fmt) "rvf: " fmt

/* Limits of this host: the module's parameters, never above uapi's. */
struct rvf_limits {
	u32 components;
	u32 regions;
	u32 queues;
	u32 tasks;
};

void rvf_host_limits(struct rvf_limits *limits);

/*
 * For all memory that a mount owns: charged to the caller of RVF_MOUNT, and
 * failing with ENOMEM where its cgroup is full. Without __GFP_RETRY_MAYFAIL
 * the OOM killer would kill the caller instead.
 */
#define RVF_GFP (GFP_KERNEL_ACCOUNT | __GFP_RETRY_MAYFAIL | __GFP_NOWARN)

/*
 * For large memory that one call needs, or a VM: whoever cannot have it is told
 * so, and the host's log need not be filled with it.
 */
#define RVF_GFP_CALLER (GFP_KERNEL_ACCOUNT | __GFP_NOWARN)

/* Why something was refused: what out_reason and out_index will say. */
struct rvf_why {
	u32 reason;
	u32 index;
};

static inline int rvf_refuse(struct rvf_why *why, int err, u32 reason, u32 index)
{
	why->reason = reason;
	why->index = index;
	return err;
}

#endif /* RVF_H */
