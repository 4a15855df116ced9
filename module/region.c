// SPDX-License-Identifier: GPL-2.0-only
/* Regions as objects: their memory and how it is filled. */
#include <linux/mm.h>
#include <linux/slab.h>
#include "region.h"
#include "segment.h"

static void rvf_region_wake(struct rvf_object *object)
{
	struct rvf_region *region = rvf_region_of(object);

	/* Behind whoever passed the check of a handle that is now revoked. */
	mutex_lock(&region->append_lock);
	mutex_unlock(&region->append_lock);
	wake_up_all(&region->grown);
}

static void rvf_region_release(struct rvf_object *object)
{
	struct rvf_region *region = rvf_region_of(object);
	unsigned long i;

	for (i = 0; i < region->n_pages; i++)
		__free_page(region->pages[i]);
	kvfree(region->pages);
	region->pages = NULL;
	region->n_pages = 0;
}

static u32 rvf_region_rights(const struct rvf_object *object)
{
	const struct rvf_region *region =
		container_of(object, const struct rvf_region, object);
	u32 rights = RVF_RIGHT_READ | RVF_RIGHT_GRANT | RVF_RIGHT_REVOKE |
		     RVF_RIGHT_GRANT_ONCE;

	if (region->policy == RVF_REGION_APPEND_ONLY)
		rights |= RVF_RIGHT_WRITE;
	return rights;
}

static const struct rvf_object_ops rvf_region_object_ops = {
	.fops = &rvf_region_fops,
	.wake = rvf_region_wake,
	.release = rvf_region_release,
	.rights = rvf_region_rights,
};

/**
 * rvf_region_create - Set a region up and allocate all its memory, zeroed
 * @region: The region.
 * @index: In the manifest.
 * @policy: One of enum rvf_region_policy.
 * @size: Its bytes.
 *
 * Return: 0 or -ENOMEM, with nothing allocated.
 */
int rvf_region_create(struct rvf_region *region, u32 index, u32 policy,
		      u64 size)
{
	unsigned long n = DIV_ROUND_UP_ULL(size, PAGE_SIZE);

	region->policy = policy;
	region->size = size;
	mutex_init(&region->append_lock);
	init_waitqueue_head(&region->grown);
	region->pages = kvmalloc_array(max(n, 1UL), sizeof(*region->pages),
				       RVF_GFP);
	if (!region->pages)
		return -ENOMEM;

	/* Never larger: rvf_region_release() frees what was allocated. */
	while (region->n_pages < n) {
		struct page *page = alloc_page(RVF_GFP | __GFP_ZERO);

		if (!page || fatal_signal_pending(current)) {
			if (page)
				__free_page(page);
			rvf_region_release(&region->object);
			return page ? -EINTR : -ENOMEM;
		}
		region->pages[region->n_pages++] = page;
		cond_resched();
	}
	rvf_object_init(&region->object, RVF_OBJECT_REGION, index,
			&rvf_region_object_ops);
	return 0;
}

/**
 * rvf_region_fill - Fill an immutable region from its segment
 * @region: The region, which nobody can reach yet.
 * @reader: At the segment's first byte.
 *
 * The bytes go from the package's file straight into the region's pages and
 * are hashed there: what was checked is what is kept.
 *
 * Return: 0, or what the reader says.
 */
int rvf_region_fill(struct rvf_region *region,
		    struct rvf_segment_reader *reader)
{
	unsigned long at;
	int err;

	for (at = 0; at < region->n_pages; at += RVF_SEGMENT_BATCH) {
		err = rvf_segment_read_pages(reader, region->pages + at,
					     min(region->n_pages - at,
						 (unsigned long)RVF_SEGMENT_BATCH));
		if (err)
			return err;
	}
	region->cursor = region->size;
	return 0;
}
