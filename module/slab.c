// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which slots of a slab are in use. A slot's name is its index and its
 * generation, which changes with each use: the name of an earlier use fits
 * nothing any more, and never will.
 */
#ifdef __KERNEL__
#include <linux/errno.h>
#else
#include <errno.h>
#endif
#include "slab.h"

/**
 * rvf_slab_init - All slots free, the first one on top
 * @slab: The slab.
 * @slots: Its slots, @n_slots of them.
 * @n_slots: How many.
 */
void rvf_slab_init(struct rvf_slab *slab, struct rvf_slab_slot *slots,
		   __u32 n_slots)
{
	__u32 i;

	slab->slots = slots;
	slab->n_slots = n_slots;
	slab->used = 0;
	slab->free = 0;
	for (i = 0; i < n_slots; i++)
		slots[i] = (struct rvf_slab_slot){
			.generation = 1,
			.next = i + 1,
		};
}

/**
 * rvf_slab_take - Take the slot that was freed last
 * @slab: The slab.
 * @name: Filled with its name for this use; never 0.
 * @index: Filled with its index.
 *
 * Return: 0 or -ENOSPC.
 */
int rvf_slab_take(struct rvf_slab *slab, __u64 *name, __u32 *index)
{
	struct rvf_slab_slot *slot;

	if (slab->free == slab->n_slots)
		return -ENOSPC;
	*index = slab->free;
	slot = &slab->slots[*index];
	slab->free = slot->next;
	slab->used++;
	slot->used = true;
	*name = slot->generation << RVF_SLAB_INDEX_BITS | *index;
	return 0;
}

/**
 * rvf_slab_find - Which slot is it?
 * @slab: The slab.
 * @name: Its name; anything.
 * @index: Filled with its index.
 *
 * Return: 0 or -ESTALE: not in use under this name.
 */
int rvf_slab_find(const struct rvf_slab *slab, __u64 name, __u32 *index)
{
	__u32 at = name & ((1u << RVF_SLAB_INDEX_BITS) - 1);
	const struct rvf_slab_slot *slot;

	if (at >= slab->n_slots)
		return -ESTALE;
	slot = &slab->slots[at];
	if (!slot->used || slot->generation != name >> RVF_SLAB_INDEX_BITS)
		return -ESTALE;
	*index = at;
	return 0;
}

/**
 * rvf_slab_put - Free a slot
 * @slab: The slab.
 * @index: Of a slot in use.
 */
void rvf_slab_put(struct rvf_slab *slab, __u32 index)
{
	struct rvf_slab_slot *slot = &slab->slots[index];

	slot->used = false;
	slab->used--;
	/* A name that was used twice would be worse than a slot less. */
	if (++slot->generation == RVF_SLAB_GENERATIONS)
		return;
	slot->next = slab->free;
	slab->free = index;
}
