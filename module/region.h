/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RVF_REGION_H
#define RVF_REGION_H

#include <linux/bitmap.h>
#include <linux/mm_types.h>
#include <linux/mutex.h>
#include <linux/pgtable.h>
#include <linux/wait.h>
#include "node.h"
#include "object.h"
#include "slab.h"

struct rvf_segment_reader;
struct rvf_ucmd;

/* Pages that a page-table entry one level up maps at once. */
#define RVF_HUGE_PAGES	(PMD_SIZE / PAGE_SIZE)

/**
 * struct rvf_region - Memory with a policy
 * @object: What it has in common with queues.
 * @policy: One of enum rvf_region_policy.
 * @size: The most bytes it can hold.
 * @cursor: The bytes it holds. What lies below never changes again. Written
 *	under @lock with release, read with acquire. A slab has none.
 * @slab: A slab's slots, under @lock.
 * @slot_size: Bytes of a slab's slot; 0 for others.
 * @n_pages: Of @pages.
 * @pages: Its memory, all there from the start.
 * @huge: Which runs of RVF_HUGE_PAGES of @pages are contiguous memory.
 * @lock: One append, or one command on slots, at a time; never held across a
 *	user fault.
 * @wait: Woken at each append and at each slot that is freed.
 */
struct rvf_region {
	struct rvf_object object;
	u32 policy;
	u64 size;
	u64 cursor;
	struct rvf_slab slab;
	u32 slot_size;
	unsigned long n_pages;
	struct page **pages;
	DECLARE_BITMAP(huge, RVF_MAX_REGION_BYTES / PMD_SIZE);
	struct mutex lock;	/* below tree_lock; see rvf.h */
	wait_queue_head_t wait;
};

/**
 * enum rvf_region_direction - What rvf_region_copy() does
 * @RVF_COPY_IN: Copies into the region.
 * @RVF_COPY_OUT: Copies out of it.
 * @RVF_COPY_ZERO: Zeroes bytes of it.
 */
enum rvf_region_direction {
	RVF_COPY_IN,
	RVF_COPY_OUT,
	RVF_COPY_ZERO,
};

int rvf_region_create(struct rvf_region *region, u32 index, u32 policy,
		      u64 size, u32 slots);
int rvf_region_fill(struct rvf_region *region,
		    struct rvf_segment_reader *reader);
void *rvf_region_at(const struct rvf_region *region, u64 pos);
void rvf_region_copy(const struct rvf_region *region, u64 pos, void *buffer,
		     size_t length, enum rvf_region_direction direction);
u64 rvf_region_used(const struct rvf_region *region);

static inline struct rvf_region *rvf_region_of(struct rvf_object *object)
{
	return container_of(object, struct rvf_region, object);
}

static inline u64 rvf_region_cursor(const struct rvf_region *region)
{
	/* Pairs with the release in rvf_region_append(). */
	return smp_load_acquire(&region->cursor);
}

/* What a handle shows of its region: all of it, or a part. */
static inline u64 rvf_window_size(const struct rvf_node *node)
{
	return node->span ?: rvf_region_of(node->object)->size;
}

u64 rvf_window_cursor(const struct rvf_node *node);
unsigned long rvf_window_pages(const struct rvf_node *node);

int rvf_region_mmap(struct file *file, struct vm_area_struct *vma);
vm_fault_t rvf_region_fault(struct vm_fault *vmf);
vm_fault_t rvf_region_huge_fault(struct vm_fault *vmf, unsigned int order);

int rvf_cmd_slot_alloc(struct rvf_ucmd *ucmd);
int rvf_cmd_slot_free(struct rvf_ucmd *ucmd);
int rvf_cmd_slot_read(struct rvf_ucmd *ucmd);
int rvf_cmd_slot_write(struct rvf_ucmd *ucmd);

extern const struct file_operations rvf_region_fops;

#endif /* RVF_REGION_H */
