// SPDX-License-Identifier: GPL-2.0-only
/* Steps 1 and 2 of a mount: a trusted key's signature, and then the manifest. */
#include <linux/err.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "digest.h"
#include "keys.h"
#include "mount_load.h"

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

/**
 * rvf_load_signed - Verify who signed the manifest, and that it is one
 * @load: The mount in the making.
 *
 * Return: 0 or a negative errno, with @load->why and the command's out_status.
 */
int rvf_load_signed(struct rvf_load *load)
{
	int err = rvf_load_verify(load);

	if (!err)
		err = rvf_load_parse(load);
	return err ?: rvf_load_name(load);
}
