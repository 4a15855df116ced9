// SPDX-License-Identifier: GPL-2.0-only
/*
 * RVF_MOUNT and RVF_VERIFY: from the bytes of a package to a mount, or back to
 * where we were. The steps are RuVix's, in its order: signature, manifest,
 * regions, components, handles, queues, tasks.
 */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/slab.h>
#include "ioctl.h"
#include "keys.h"
#include "mount_load.h"
#include "witness.h"

/* All steps, up to a mount that could be published. */
static int rvf_load_run(struct rvf_load *load)
{
	int err;

	err = rvf_load_signed(load);
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
	return rvf_load_objects(load);
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
	err = rvf_ucmd_offer(ucmd, fd, file);
	if (err)
		return err;
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
