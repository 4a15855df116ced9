// SPDX-License-Identifier: GPL-2.0-only
/*
 * RVF_MOUNT and RVF_VERIFY: from the bytes of a package to a mount, or back to
 * where we were. The steps are RuVix's, in its order: signature, manifest,
 * regions, components, handles, queues, tasks.
 */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "digest.h"
#include "image.h"
#include "ioctl.h"
#include "keys.h"
#include "mount.h"
#include "queue.h"
#include "region.h"
#include "ring.h"
#include "segment.h"
#include "signature.h"
#include "task.h"
#include "witness.h"

/**
 * struct rvf_load - A mount in the making
 * @cmd: What was asked.
 * @mnt: What is made; RVF_VERIFY makes one that nobody ever finds.
 * @file: The package.
 * @offsets: Where each segment's payload begins.
 * @seen: A bit for each segment that was read.
 * @signers: Whose signatures fit.
 * @name: The name that the key is asked for.
 * @name_len: Its bytes.
 * @dry: RVF_VERIFY: check, and create nothing.
 * @why: Why not.
 */
struct rvf_load {
	struct rvf_mount *cmd;
	struct rvf_mnt *mnt;
	struct file *file;
	u64 *offsets;
	DECLARE_BITMAP(seen, RVF_MAX_SEGMENTS);
	struct rvf_signers signers;
	char name[RVF_MAX_NAME];
	u32 name_len;
	bool dry;
	struct rvf_why why;
};

static void *rvf_load_copy(u64 ptr, u32 len)
{
	void *data = kvmalloc(len, RVF_GFP);

	if (!data)
		return ERR_PTR(-ENOMEM);
	if (copy_from_user(data, u64_to_user_ptr(ptr), len)) {
		kvfree(data);
		return ERR_PTR(-EFAULT);
	}
	return data;
}

/* Step 1: the bytes are the signer's. Nothing in them was looked at before. */
static int rvf_load_verify(struct rvf_load *load)
{
	struct rvf_mount *cmd = load->cmd;
	struct rvf_mnt *mnt = load->mnt;
	void *envelope = NULL;
	int err;

	if (cmd->manifest_len > RVF_MAX_MANIFEST) {
		cmd->out_status = RVF_VERIFY_CAPABILITIES_INSUFFICIENT;
		return rvf_refuse(&load->why, -EDQUOT,
				  RVF_REASON_MANIFEST_SIZE, 0);
	}
	if (cmd->manifest_len < sizeof(struct rvf_m_header))
		return rvf_refuse(&load->why, -EBADMSG, RVF_REASON_HEADER, 0);
	if (cmd->signatures_len > RVF_MAX_ENVELOPE)
		return rvf_refuse(&load->why, -EBADMSG, RVF_REASON_ENVELOPE, 0);

	mnt->manifest_data = rvf_load_copy(cmd->manifest, cmd->manifest_len);
	if (IS_ERR(mnt->manifest_data)) {
		err = PTR_ERR(mnt->manifest_data);
		mnt->manifest_data = NULL;
		return err;
	}
	if (cmd->signatures_len) {
		envelope = rvf_load_copy(cmd->signatures, cmd->signatures_len);
		if (IS_ERR(envelope))
			return PTR_ERR(envelope);
	}
	cmd->out_status = RVF_VERIFY_SIGNATURE_INVALID;
	err = rvf_signature_verify(&load->signers, mnt->manifest_data,
				   cmd->manifest_len, envelope,
				   cmd->signatures_len, cmd->out_key_id,
				   &load->why);
	kvfree(envelope);
	return err;
}

static int rvf_load_content_hash(struct rvf_load *load)
{
	const struct rvf_manifest *m = &load->mnt->manifest;
	struct shash_desc *desc = rvf_digest_begin();
	u8 digest[RVF_DIGEST_LEN];
	int err;

	if (IS_ERR(desc))
		return PTR_ERR(desc);
	err = rvf_digest_add(desc, m->segments,
			     m->n_segments * sizeof(*m->segments));
	if (err) {
		rvf_digest_abort(desc);
		return err;
	}
	err = rvf_digest_end(desc, digest);
	if (!err && memcmp(digest, m->header->content_hash, RVF_DIGEST_LEN))
		err = rvf_refuse(&load->why, -EBADMSG,
				 RVF_REASON_CONTENT_HASH, 0);
	return err;
}

static u32 rvf_lower(u32 host, u32 asked)
{
	return asked ? min(host, asked) : host;
}

static u32 rvf_parse_status(const struct rvf_m_header *header, int err)
{
	if (err != -EDQUOT && err != -EOPNOTSUPP)
		return RVF_VERIFY_MANIFEST_INVALID;
	if (err == -EOPNOTSUPP && header && header->proof_policy)
		return RVF_VERIFY_PROOF_POLICY_INVALID;
	return RVF_VERIFY_CAPABILITIES_INSUFFICIENT;
}

/* Step 2: it is a manifest, within the limits of host and caller. */
static int rvf_load_parse(struct rvf_load *load)
{
	struct rvf_mount *cmd = load->cmd;
	struct rvf_mnt *mnt = load->mnt;
	struct rvf_limits host;
	struct rvf_manifest_limits limits;
	int err;

	rvf_host_limits(&host);
	limits.components = rvf_lower(host.components, cmd->max_components);
	limits.regions = rvf_lower(host.regions, cmd->max_regions);
	limits.queues = rvf_lower(host.queues, cmd->max_queues);
	limits.tasks = rvf_lower(host.tasks, cmd->max_tasks);

	err = rvf_manifest_parse(&mnt->manifest, mnt->manifest_data,
				 cmd->manifest_len, &limits, &load->why.reason,
				 &load->why.index);
	cmd->out_status = rvf_parse_status(mnt->manifest.header, err);
	return err ?: rvf_load_content_hash(load);
}

/* The first component that relaxes a check of RVF_BIND. */
static u32 rvf_relaxing_component(const struct rvf_manifest *m)
{
	u32 i;

	for (i = 0; i < m->n_components; i++)
		if (m->components[i].relax)
			return i;
	return RVF_M_NONE;
}

/*
 * The name that the key is asked for. A nameless mount is asked for with the
 * name that its package would have, so that a key that may sign for some names
 * only cannot sign for whatever has none.
 */
static int rvf_load_name(struct rvf_load *load)
{
	const struct rvf_manifest *m = &load->mnt->manifest;
	u32 len = le32_to_cpu(m->package->name.length);
	u32 relaxing = rvf_relaxing_component(m);
	int i;

	if (!load->mnt->name) {
		load->name[0] = '/';
		memcpy(load->name + 1,
		       rvf_manifest_string(m, &m->package->name), len);
		load->name_len = len + 1;
	}
	rvf_refuse(&load->why, -EACCES, RVF_REASON_KEY_NAME, 0);
	for (i = 0; i < load->signers.count; i++) {
		struct rvf_key *key = load->signers.keys[i];

		if (!rvf_key_allows_name(key, load->name, load->name_len))
			continue;
		if (relaxing != RVF_M_NONE && !rvf_key_is_developers(key)) {
			rvf_refuse(&load->why, -EACCES,
				   RVF_REASON_KEY_DEVELOPER, relaxing);
			continue;
		}
		load->why = (struct rvf_why){};
		refcount_inc(&key->refs);
		load->mnt->key = key;
		memcpy(load->cmd->out_key_id, key->id, RVF_KEY_ID_LEN);
		return 0;
	}
	memcpy(load->cmd->out_key_id, load->signers.keys[0]->id,
	       RVF_KEY_ID_LEN);
	load->cmd->out_status = RVF_VERIFY_SIGNATURE_INVALID;
	return -EACCES;
}

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

static int rvf_load_objects(struct rvf_load *load)
{
	int err = rvf_load_regions(load);

	if (!err)
		err = rvf_load_tasks(load);
	return err ?: rvf_load_queues(load);
}

/* All steps, up to a mount that could be published. */
static int rvf_load_run(struct rvf_load *load)
{
	int err;

	err = rvf_load_verify(load);
	if (!err)
		err = rvf_load_parse(load);
	if (!err)
		err = rvf_load_name(load);
	if (err)
		return err;
	if (!load->dry) {
		err = rvf_mnt_reserve(load->mnt);
		if (err)
			return rvf_refuse(&load->why, err,
					  RVF_REASON_NAME_IN_USE, 0);
		err = rvf_witness_mount_reserve(load->mnt);
		if (err)
			return rvf_refuse(&load->why, err,
					  RVF_REASON_WITNESS_FULL, 0);
	}
	err = rvf_load_package(load);
	if (!err && load->dry)
		err = rvf_load_check(load);
	else if (!err)
		err = rvf_load_objects(load);
	return err ?: rvf_load_rest(load);
}

static int rvf_load_begin(struct rvf_load *load, struct rvf_mount *cmd)
{
	int err;

	cmd->out_fd = -1;
	cmd->out_status = RVF_VERIFY_SIGNATURE_INVALID;
	cmd->out_reason = RVF_REASON_NONE;
	cmd->out_index = 0;
	memset(cmd->out_key_id, 0, sizeof(cmd->out_key_id));
	load->cmd = cmd;
	if (cmd->name_len) {
		if (cmd->name_len > RVF_MAX_NAME)
			return rvf_refuse(&load->why, -EINVAL,
					  RVF_REASON_MOUNT_NAME, 0);
		err = rvf_copy_name(load->name, cmd->name, cmd->name_len);
		if (err)
			return err;
		load->name_len = cmd->name_len;
		if (!rvf_mount_name_ok(load->name, load->name_len))
			return rvf_refuse(&load->why, -EINVAL,
					  RVF_REASON_MOUNT_NAME, 0);
	}
	load->mnt = rvf_mnt_alloc(load->name_len ? load->name : NULL,
				  load->name_len);
	return load->mnt ? 0 : -ENOMEM;
}

static void rvf_load_result(struct rvf_load *load, int err)
{
	struct rvf_mount *cmd = load->cmd;
	struct rvf_mnt *mnt = load->mnt;

	cmd->out_reason = load->why.reason;
	cmd->out_index = load->why.index;
	if (err == -ENOMEM || err == -EEXIST || err == -EMFILE ||
	    err == -ENOSPC)
		cmd->out_status = RVF_VERIFY_CAPABILITIES_INSUFFICIENT;
	if (err) {
		cmd->out_fd = -1;
		return;
	}
	cmd->out_status = RVF_VERIFY_SIGNATURE_VALID;
	cmd->out_components = mnt->manifest.n_components;
	cmd->out_regions = mnt->manifest.n_regions;
	cmd->out_queues = mnt->manifest.n_queues;
	cmd->out_tasks = mnt->manifest.n_tasks;
	cmd->out_id = mnt->id;
}

/* The mount is whole: give it out, unless that fails. */
static int rvf_load_finish(struct rvf_load *load, struct rvf_ucmd *ucmd)
{
	struct file *file;
	int err, fd;

	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		return fd;
	file = rvf_mount_file_create(load->mnt);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		return PTR_ERR(file);
	}
	rvf_load_result(load, 0);
	load->cmd->out_fd = fd;
	err = rvf_ucmd_respond(ucmd);
	if (err) {
		fput(file);
		put_unused_fd(fd);
		return err;
	}
	rvf_witness_mounted(load->mnt);
	rvf_mnt_publish(load->mnt);
	fd_install(fd, file);
	return 0;
}

/* Without room for mounts there is none for telling of those refused. */
static void rvf_load_refused(struct rvf_load *load, int err)
{
	if (load->why.reason != RVF_REASON_WITNESS_FULL)
		rvf_witness_refused(load->cmd->name_len ? load->name : NULL,
				    load->cmd->name_len ? load->name_len : 0,
				    load->cmd->out_key_id, err, &load->why);
}

static int rvf_load(struct rvf_ucmd *ucmd, bool dry)
{
	struct rvf_mount *cmd = ucmd->cmd;
	struct rvf_load *load;
	int err;

	if (cmd->flags || cmd->__reserved)
		return -EOPNOTSUPP;
	load = kzalloc(sizeof(*load), GFP_KERNEL_ACCOUNT);
	if (!load)
		return -ENOMEM;
	load->dry = dry;

	err = rvf_load_begin(load, cmd);
	if (!err)
		err = rvf_load_run(load);
	if (!err && !dry)
		err = rvf_load_finish(load, ucmd);
	if (err || dry) {
		rvf_load_result(load, err);
		if (rvf_ucmd_respond(ucmd) && !err)
			err = -EFAULT;
		if (!dry && load->mnt)
			rvf_load_refused(load, err);
		if (load->mnt)
			rvf_mnt_discard(load->mnt);
	}
	if (load->file)
		fput(load->file);
	rvf_signers_release(&load->signers);
	kvfree(load->offsets);
	kfree(load);
	return err;
}

int rvf_cmd_mount(struct rvf_ucmd *ucmd)
{
	return rvf_load(ucmd, false);
}

int rvf_cmd_verify(struct rvf_ucmd *ucmd)
{
	return rvf_load(ucmd, true);
}

int rvf_cmd_open_mount(struct rvf_ucmd *ucmd)
{
	struct rvf_open_mount *cmd = ucmd->cmd;
	char name[RVF_MAX_NAME];
	struct rvf_mnt *mnt;
	struct file *file;
	int err, fd;

	if (cmd->__reserved)
		return -EOPNOTSUPP;
	err = rvf_copy_name(name, cmd->name, cmd->name_len);
	if (err)
		return err;
	if (!rvf_mount_name_ok(name, cmd->name_len))
		return -EINVAL;
	mnt = rvf_mnt_find(name, cmd->name_len);
	if (!mnt)
		return -ENOENT;

	cmd->out_id = mnt->id;
	file = rvf_mount_file_create(mnt);
	rvf_mnt_put(mnt);
	if (IS_ERR(file))
		return PTR_ERR(file);
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0) {
		fput(file);
		return fd;
	}
	cmd->out_fd = fd;
	return rvf_ucmd_give(ucmd, fd, file);
}
