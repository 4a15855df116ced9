/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RVF_REGION_H
#define RVF_REGION_H

#include <linux/mm_types.h>
#include <linux/mutex.h>
#include <linux/wait.h>
#include "object.h"

struct rvf_segment_reader;

/**
 * struct rvf_region - Memory with a policy
 * @object: What it has in common with queues.
 * @policy: One of enum rvf_region_policy.
 * @size: The most bytes it can hold.
 * @cursor: The bytes it holds. What lies below never changes again. Written
 *	under @append_lock with release, read with acquire.
 * @n_pages: Of @pages.
 * @pages: Its memory, all there from the start.
 * @append_lock: One append at a time; never held across a user fault.
 * @grown: Woken at each append.
 */
struct rvf_region {
	struct rvf_object object;
	u32 policy;
	u64 size;
	u64 cursor;
	unsigned long n_pages;
	struct page **pages;
	struct mutex append_lock;	/* below tree_lock; see rvf.h */
	wait_queue_head_t grown;
};

int rvf_region_create(struct rvf_region *region, u32 index, u32 policy,
		      u64 size);
int rvf_region_fill(struct rvf_region *region,
		    struct rvf_segment_reader *reader);

static inline struct rvf_region *rvf_region_of(struct rvf_object *object)
{
	return container_of(object, struct rvf_region, object);
}

static inline u64 rvf_region_cursor(const struct rvf_region *region)
{
	/* Pairs with the release in rvf_region_copy_in(). */
	return smp_load_acquire(&region->cursor);
}

int rvf_region_mmap(struct file *file, struct vm_area_struct *vma);
vm_fault_t rvf_region_fault(struct vm_fault *vmf);

extern const struct file_operations rvf_region_fops;

#endif /* RVF_REGION_H */
