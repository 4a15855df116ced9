/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The slots of a slab region: which are in use, and under what name. Plain C
 * that allocates nothing and takes no lock, so that the same code runs under a
 * test in userspace, which reaches the end of a slot's generations.
 */
#ifndef RVF_SLAB_H
#define RVF_SLAB_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <linux/types.h>
#include <stdbool.h>
#endif

#define RVF_SLAB_INDEX_BITS	16
#define RVF_SLAB_GENERATIONS	(1ull << (64 - RVF_SLAB_INDEX_BITS))

/**
 * struct rvf_slab_slot - One slot
 * @generation: Of its present or next use, from 1. At %RVF_SLAB_GENERATIONS it
 *	has none left and is never used again.
 * @next: The slot below it in the stack of free ones.
 * @used: It is in use.
 */
struct rvf_slab_slot {
	__u64 generation;
	__u32 next;
	bool used;
};

/**
 * struct rvf_slab - The slots of a region
 * @slots: One for each.
 * @n_slots: How many, at most 1 << %RVF_SLAB_INDEX_BITS.
 * @used: How many are in use.
 * @free: The top of the stack of free ones; @n_slots: it is empty.
 */
struct rvf_slab {
	struct rvf_slab_slot *slots;
	__u32 n_slots;
	__u32 used;
	__u32 free;
};

void rvf_slab_init(struct rvf_slab *slab, struct rvf_slab_slot *slots,
		   __u32 n_slots);
int rvf_slab_take(struct rvf_slab *slab, __u64 *name, __u32 *index);
int rvf_slab_find(const struct rvf_slab *slab, __u64 name, __u32 *index);
void rvf_slab_put(struct rvf_slab *slab, __u32 index);

#endif /* RVF_SLAB_H */
