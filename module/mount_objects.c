// SPDX-License-Identifier: GPL-2.0-only
/* Steps 3 to 7 of a mount: regions, images, tasks and queues. */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "image.h"
#include "mount_load.h"
#include "queue.h"
#include "region.h"
#include "ring.h"
#include "segment.h"
#include "task.h"

static int rvf_load_package(struct rvf_load *load)
{
	struct rvf_mount *cmd = load->cmd;
	u32 count = load->mnt->manifest.n_segments;

	cmd->out_status = RVF_VERIFY_COMPONENT_MISSING;
	if (cmd->segment_count != count)
		return rvf_refuse(&load->why, -EINVAL,
				  RVF_REASON_SEGMENT_COUNT, count);
	load->offsets = kvmalloc_array(count + 1, sizeof(*load->offsets),
				       RVF_GFP);
	if (!load->offsets)
		return -ENOMEM;
	if (copy_from_user(load->offsets, u64_to_user_ptr(cmd->segments),
			   count * sizeof(*load->offsets)))
		return -EFAULT;

	load->file = fget(cmd->package_fd);
	if (!load->file)
		return -EBADF;
	return rvf_segment_file_check(load->file);
}

static int rvf_load_segment_begin(struct rvf_load *load, u32 index,
				  struct rvf_segment_reader *reader)
{
	const struct rvf_m_segment *s = &load->mnt->manifest.segments[index];

	__set_bit(index, load->seen);
	return rvf_segment_begin(reader, load->file, load->offsets[index],
				 le64_to_cpu(s->length), index, &load->why);
}

static int rvf_load_segment_end(struct rvf_load *load, u32 index,
				struct rvf_segment_reader *reader, int err)
{
	const struct rvf_m_segment *s = &load->mnt->manifest.segments[index];

	if (!err)
		return rvf_segment_end(reader, s->digest);
	rvf_segment_abort(reader);
	return err;
}

/* Read a segment for its digest alone. */
static int rvf_load_skip_segment(struct rvf_load *load, u32 index)
{
	struct rvf_segment_reader reader;
	int err;

	err = rvf_load_segment_begin(load, index, &reader);
	if (err)
		return err;
	err = rvf_segment_skip(&reader);
	return rvf_load_segment_end(load, index, &reader, err);
}

static int rvf_load_region(struct rvf_load *load, u32 index)
{
	const struct rvf_m_region *m = &load->mnt->manifest.regions[index];
	struct rvf_region *region = &load->mnt->regions[index];
	struct rvf_segment_reader reader;
	u32 segment = le32_to_cpu(m->segment);
	int err;

	err = rvf_region_create(region, index, le32_to_cpu(m->policy),
				le64_to_cpu(m->size), le64_to_cpu(m->slots));
	if (err == -ENOMEM)
		return rvf_refuse(&load->why, err, RVF_REASON_MEMORY, index);
	if (err)
		return err;
	/* From here on the mount's end is the region's. */
	load->mnt->n_regions++;
	if (region->policy != RVF_REGION_IMMUTABLE)
		return 0;

	err = rvf_load_segment_begin(load, segment, &reader);
	if (err)
		return err;
	err = rvf_region_fill(region, &reader);
	return rvf_load_segment_end(load, segment, &reader, err);
}

/* Step 3: regions, with their content. */
static int rvf_load_regions(struct rvf_load *load)
{
	struct rvf_mnt *mnt = load->mnt;
	u32 i, n = mnt->manifest.n_regions;
	int err = 0;

	mnt->regions = kvcalloc(n + 1, sizeof(*mnt->regions), RVF_GFP);
	if (!mnt->regions)
		return -ENOMEM;
	for (i = 0; i < n && !err; i++)
		err = rvf_load_region(load, i);
	return err;
}

static int rvf_load_task(struct rvf_load *load, u32 component)
{
	const struct rvf_m_component *m =
		&load->mnt->manifest.components[component];
	struct rvf_mnt *mnt = load->mnt;
	struct rvf_segment_reader reader;
	u32 segment = le32_to_cpu(m->image);
	struct file *image;
	int err;

	err = rvf_load_segment_begin(load, segment, &reader);
	if (err)
		return err;
	image = rvf_image_create(rvf_manifest_string(&mnt->manifest, &m->name),
				 le32_to_cpu(m->name.length), &reader);
	err = rvf_load_segment_end(load, segment, &reader,
				   PTR_ERR_OR_ZERO(image));
	if (err) {
		if (!IS_ERR(image))
			rvf_image_destroy(image);
		else if (err == -ENOMEM)
			rvf_refuse(&load->why, err, RVF_REASON_MEMORY,
				   component);
		return err;
	}
	rvf_tsk_init(&mnt->tasks[mnt->n_tasks++], mnt, component, image);
	return 0;
}

static bool rvf_component_is_task(const struct rvf_m_component *m)
{
	return le32_to_cpu(m->kind) != RVF_COMPONENT_KERNEL;
}

/*
 * Steps 4, 5 and 7: images are sealed and tasks declared. A task's handles are
 * made when it asks for them; until then its grants stand in the manifest.
 */
static int rvf_load_tasks(struct rvf_load *load)
{
	struct rvf_mnt *mnt = load->mnt;
	u32 i;
	int err = 0;

	mnt->tasks = kvcalloc(mnt->manifest.n_tasks + 1, sizeof(*mnt->tasks),
			      RVF_GFP);
	if (!mnt->tasks)
		return -ENOMEM;
	for (i = 0; i < mnt->manifest.n_components && !err; i++)
		if (rvf_component_is_task(&mnt->manifest.components[i]))
			err = rvf_load_task(load, i);
	return err;
}

static int rvf_load_queue(struct rvf_load *load, u32 index)
{
	const struct rvf_m_queue *m = &load->mnt->manifest.queues[index];
	u32 slots = le32_to_cpu(m->slots), type = le32_to_cpu(m->type);
	u32 message_size = le32_to_cpu(m->message_size);
	struct rvf_object *object = NULL;
	struct rvf_queue *queue;

	BUILD_BUG_ON(offsetof(struct rvf_queue, object) ||
		     offsetof(struct rvf_ring, object));
	if (le32_to_cpu(m->flags) & RVF_QUEUE_RING) {
		object = rvf_ring_create(index, slots, message_size, type);
	} else {
		queue = kzalloc(sizeof(*queue), RVF_GFP);
		if (queue && !rvf_queue_create(queue, index, slots,
					       message_size, type))
			object = &queue->object;
		else
			kfree(queue);
	}
	if (!object)
		return rvf_refuse(&load->why, -ENOMEM, RVF_REASON_MEMORY, index);
	load->mnt->queues[load->mnt->n_queues++] = object;
	return 0;
}

/* Step 6: queues. */
static int rvf_load_queues(struct rvf_load *load)
{
	struct rvf_mnt *mnt = load->mnt;
	u32 i, n = mnt->manifest.n_queues;
	int err = 0;

	mnt->queues = kvcalloc(n + 1, sizeof(*mnt->queues), RVF_GFP);
	if (!mnt->queues)
		return -ENOMEM;
	for (i = 0; i < n && !err; i++) {
		err = rvf_load_queue(load, i);
		cond_resched();
	}
	return err;
}

/* A dry run: in the order of a real one, so that both tell the same. */
static int rvf_load_check(struct rvf_load *load)
{
	const struct rvf_manifest *m = &load->mnt->manifest;
	u32 i, segment;
	int err = 0;

	for (i = 0; i < m->n_regions && !err; i++) {
		segment = le32_to_cpu(m->regions[i].segment);
		if (segment != RVF_M_NONE && !test_bit(segment, load->seen))
			err = rvf_load_skip_segment(load, segment);
	}
	for (i = 0; i < m->n_components && !err; i++) {
		segment = le32_to_cpu(m->components[i].image);
		if (rvf_component_is_task(&m->components[i]) &&
		    !test_bit(segment, load->seen))
			err = rvf_load_skip_segment(load, segment);
	}
	return err;
}

/* Segments that nothing is made of belong to the package all the same. */
static int rvf_load_rest(struct rvf_load *load)
{
	u32 i;
	int err = 0;

	for (i = 0; i < load->mnt->manifest.n_segments && !err; i++)
		if (!test_bit(i, load->seen))
			err = rvf_load_skip_segment(load, i);
	return err;
}

static int rvf_load_make(struct rvf_load *load)
{
	int err = rvf_load_regions(load);

	if (!err)
		err = rvf_load_tasks(load);
	return err ?: rvf_load_queues(load);
}

/**
 * rvf_load_objects - Read all segments, and make what they are for
 * @load: The mount in the making; of a dry one nothing is made.
 *
 * What was made is the mount's, whole or not.
 *
 * Return: 0 or a negative errno, with @load->why and the command's out_status.
 */
int rvf_load_objects(struct rvf_load *load)
{
	int err = rvf_load_package(load);

	if (!err)
		err = load->dry ? rvf_load_check(load) : rvf_load_make(load);
	return err ?: rvf_load_rest(load);
}
