// SPDX-License-Identifier: GPL-2.0-only
/* Reserved ranges: which of a guest's accesses concern the plugin. */
#include <linux/mm.h>
#include <linux/slab.h>
#include "ioctl.h"
#include "vm.h"

/* The first range whose end does not lie below an address. */
static u32 rvf_ranges_search(const struct rvf_vm_ranges *ranges, u32 space,
			     u64 address)
{
	u32 low = 0, high = ranges->count, middle;
	const struct rvf_vm_range *range;

	while (low < high) {
		middle = (low + high) / 2;
		range = &ranges->range[middle];
		if (range->space < space ||
		    (range->space == space && range->last < address))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool rvf_range_has(const struct rvf_vm_ranges *ranges, u32 index,
			  u32 space, u64 first, u64 last)
{
	const struct rvf_vm_range *range = &ranges->range[index];

	return index < ranges->count && range->space == space &&
	       range->start <= last && range->last >= first;
}

/**
 * rvf_vm_range_find - Does an access concern the plugin?
 * @machine: The machine.
 * @space: One of enum rvf_space.
 * @address: Of its first byte.
 *
 * Return: 0: it does not; else RVF_RANGE_HIT with bits of enum
 * rvf_vm_reserve_flags.
 */
u32 rvf_vm_range_find(struct rvf_machine *machine, u32 space, u64 address)
{
	const struct rvf_vm_ranges *ranges;
	u32 found = 0, index;

	/* As good as rcu_read_lock(), and no call. */
	preempt_disable();
	ranges = rcu_dereference_sched(machine->ranges);
	if (ranges) {
		index = rvf_ranges_search(ranges, space, address);
		if (rvf_range_has(ranges, index, space, address, address))
			found = RVF_RANGE_HIT | ranges->range[index].flags;
	}
	preempt_enable();
	return found;
}

static struct rvf_vm_ranges *rvf_ranges_alloc(u32 count)
{
	struct rvf_vm_ranges *ranges;

	ranges = kvzalloc(struct_size(ranges, range, count),
			  RVF_GFP_CALLER);
	if (ranges)
		ranges->count = count;
	return ranges;
}

static int rvf_ranges_replace(struct rvf_machine *machine,
			      struct rvf_vm_ranges *old,
			      struct rvf_vm_ranges *new)
{
	if (!new)
		return -ENOMEM;
	rcu_assign_pointer(machine->ranges, new);
	if (old)
		kvfree_rcu(old, rcu);
	return 0;
}

static int rvf_reserve(struct rvf_machine *machine,
		       const struct rvf_vm_range *more)
{
	static const struct rvf_vm_ranges none;
	struct rvf_vm_ranges *old, *new;
	const struct rvf_vm_ranges *from;
	u32 at;

	old = rcu_dereference_protected(machine->ranges,
					lockdep_is_held(&machine->lock));
	from = old ?: &none;
	at = rvf_ranges_search(from, more->space, more->start);
	if (rvf_range_has(from, at, more->space, more->start, more->last))
		return -EEXIST;
	if (from->count == RVF_MAX_VM_RANGES)
		return -ENOSPC;
	new = rvf_ranges_alloc(from->count + 1);
	if (new) {
		memcpy(new->range, from->range, at * sizeof(*more));
		new->range[at] = *more;
		memcpy(new->range + at + 1, from->range + at,
		       (from->count - at) * sizeof(*more));
	}
	return rvf_ranges_replace(machine, old, new);
}

static int rvf_unreserve(struct rvf_machine *machine, u32 space, u64 start)
{
	struct rvf_vm_ranges *old, *new;
	u32 at;

	old = rcu_dereference_protected(machine->ranges,
					lockdep_is_held(&machine->lock));
	if (!old)
		return -ENOENT;
	at = rvf_ranges_search(old, space, start);
	if (!rvf_range_has(old, at, space, start, start) ||
	    old->range[at].start != start)
		return -ENOENT;
	new = rvf_ranges_alloc(old->count - 1);
	if (new) {
		memcpy(new->range, old->range, at * sizeof(*new->range));
		memcpy(new->range + at, old->range + at + 1,
		       (new->count - at) * sizeof(*new->range));
	}
	return rvf_ranges_replace(machine, old, new);
}

/**
 * rvf_cmd_vm_reserve - RVF_VM_RESERVE
 * @ucmd: The command.
 */
int rvf_cmd_vm_reserve(struct rvf_ucmd *ucmd)
{
	struct rvf_machine *machine = ucmd->file->private_data;
	struct rvf_vm_reserve *cmd = ucmd->cmd;
	struct rvf_vm_range more = {
		.space = cmd->space,
		.flags = cmd->flags,
		.start = cmd->start,
		.last = cmd->start + cmd->length - 1,
	};
	int err;

	if (cmd->__reserved || (cmd->flags & ~RVF_VM_RESERVE_ASYNC))
		return -EOPNOTSUPP;
	if (cmd->space > RVF_SPACE_MMIO ||
	    (cmd->length && more.last < more.start) ||
	    (!cmd->length && cmd->flags))
		return -EINVAL;
	mutex_lock(&machine->lock);
	if (cmd->length)
		err = rvf_reserve(machine, &more);
	else
		err = rvf_unreserve(machine, cmd->space, cmd->start);
	mutex_unlock(&machine->lock);
	return err;
}
