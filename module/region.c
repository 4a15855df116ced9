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
	mutex_lock(&region->lock);
	mutex_unlock(&region->lock);
	wake_up_all(&region->wait);
}

static void rvf_region_release(struct rvf_object *object)
{
	struct rvf_region *region = rvf_region_of(object);
	unsigned long i;

	for (i = 0; i < region->n_pages; i++)
		__free_page(region->pages[i]);
	kvfree(region->pages);
	kvfree(region->slab.slots);
	region->pages = NULL;
	region->slab.slots = NULL;
	region->n_pages = 0;
}

static u32 rvf_region_rights(const struct rvf_object *object)
{
	const struct rvf_region *region =
		container_of(object, const struct rvf_region, object);
	u32 rights = RVF_RIGHT_READ | RVF_RIGHT_GRANT | RVF_RIGHT_REVOKE |
		     RVF_RIGHT_GRANT_ONCE;

	if (region->policy != RVF_REGION_IMMUTABLE)
		rights |= RVF_RIGHT_WRITE;
	return rights;
}

static const struct rvf_object_ops rvf_region_object_ops = {
	.fops = &rvf_region_fops,
	.wake = rvf_region_wake,
	.release = rvf_region_release,
	.rights = rvf_region_rights,
};

/*
 * A run of pages that can be mapped by one entry, split so that each is a page
 * of its own: KVM takes references on single pages. Where there is none the
 * region is as good with small ones.
 */
static bool rvf_region_add_huge(struct rvf_region *region)
{
	unsigned int order = get_order(PMD_SIZE), i;
	struct page *page;

	page = alloc_pages((RVF_GFP & ~__GFP_RETRY_MAYFAIL) | __GFP_NORETRY |
			   __GFP_ZERO, order);
	if (!page)
		return false;
	split_page(page, order);
	__set_bit(region->n_pages / RVF_HUGE_PAGES, region->huge);
	for (i = 0; i < RVF_HUGE_PAGES; i++)
		region->pages[region->n_pages++] = page + i;
	return true;
}

static int rvf_region_add_page(struct rvf_region *region)
{
	struct page *page = alloc_page(RVF_GFP | __GFP_ZERO);

	if (!page)
		return -ENOMEM;
	region->pages[region->n_pages++] = page;
	return 0;
}

static int rvf_region_populate(struct rvf_region *region, unsigned long n)
{
	int err = 0;

	while (!err && region->n_pages < n) {
		if (fatal_signal_pending(current))
			return -EINTR;
		if (IS_ALIGNED(region->n_pages, RVF_HUGE_PAGES) &&
		    n - region->n_pages >= RVF_HUGE_PAGES &&
		    rvf_region_add_huge(region))
			continue;
		err = rvf_region_add_page(region);
		cond_resched();
	}
	return err;
}

/**
 * rvf_region_create - Set a region up and allocate all its memory, zeroed
 * @region: The region, zeroed.
 * @index: In the manifest.
 * @policy: One of enum rvf_region_policy.
 * @size: Its bytes.
 * @slots: A slab's slots, of equal size; 0 for others.
 *
 * Return: 0 or -ENOMEM or -EINTR, with nothing allocated.
 */
int rvf_region_create(struct rvf_region *region, u32 index, u32 policy,
		      u64 size, u32 slots)
{
	unsigned long n = DIV_ROUND_UP_ULL(size, PAGE_SIZE);
	struct rvf_slab_slot *table = NULL;
	int err = 0;

	region->policy = policy;
	region->size = size;
	mutex_init(&region->lock);
	init_waitqueue_head(&region->wait);
	region->pages = kvmalloc_array(max(n, 1UL), sizeof(*region->pages),
				       RVF_GFP);
	if (!region->pages)
		return -ENOMEM;
	if (slots) {
		region->slot_size = div_u64(size, slots);
		table = kvmalloc_array(slots, sizeof(*table), RVF_GFP);
		if (table)
			rvf_slab_init(&region->slab, table, slots);
		else
			err = -ENOMEM;
	}
	if (!err)
		err = rvf_region_populate(region, n);
	if (err) {
		rvf_region_release(&region->object);
		return err;
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

/**
 * rvf_region_at - Where a byte of a region is
 * @region: The region.
 * @pos: The byte.
 *
 * Return: its address: no page of a region is in high memory.
 */
void *rvf_region_at(const struct rvf_region *region, u64 pos)
{
	return page_address(region->pages[pos >> PAGE_SHIFT]) +
	       offset_in_page(pos);
}

/**
 * rvf_region_copy - Copy between a region and kernel memory
 * @region: The region.
 * @pos: Its first byte.
 * @buffer: The memory; not used where bytes are zeroed.
 * @length: How many bytes: nothing in here can fail or fault.
 * @direction: Which way.
 */
void rvf_region_copy(const struct rvf_region *region, u64 pos, void *buffer,
		     size_t length, enum rvf_region_direction direction)
{
	while (length) {
		size_t part = min_t(size_t, PAGE_SIZE - offset_in_page(pos),
				    length);
		void *at = rvf_region_at(region, pos);

		switch (direction) {
		case RVF_COPY_IN:
			memcpy(at, buffer, part);
			break;
		case RVF_COPY_OUT:
			memcpy(buffer, at, part);
			break;
		case RVF_COPY_ZERO:
			memset(at, 0, part);
			break;
		}
		pos += part;
		length -= part;
		if (buffer)
			buffer += part;
	}
}

/**
 * rvf_region_used - How many bytes a region holds
 * @region: The region.
 *
 * Return: those below the cursor, or those of a slab's slots in use.
 */
u64 rvf_region_used(const struct rvf_region *region)
{
	if (region->policy == RVF_REGION_SLAB)
		return (u64)READ_ONCE(region->slab.used) * region->slot_size;
	return rvf_region_cursor(region);
}

/**
 * rvf_window_cursor - How many bytes can be read through a handle
 * @node: The handle's node, on a region that is no slab.
 */
u64 rvf_window_cursor(const struct rvf_node *node)
{
	u64 cursor = rvf_region_cursor(rvf_region_of(node->object));

	if (cursor < node->start)
		return 0;
	return min(cursor - node->start, rvf_window_size(node));
}

/**
 * rvf_window_pages - How many pages can be mapped through a handle
 * @node: The handle's node, on a region.
 *
 * Whole pages only: what lies beside the window in one of them is not the
 * receiver's. Behind the region's end there is nothing to be seen.
 */
unsigned long rvf_window_pages(const struct rvf_node *node)
{
	const struct rvf_region *region = rvf_region_of(node->object);

	if (node->start & ~PAGE_MASK)
		return 0;
	if (node->start + rvf_window_size(node) == region->size)
		return DIV_ROUND_UP_ULL(rvf_window_size(node), PAGE_SIZE);
	return node->span >> PAGE_SHIFT;
}
