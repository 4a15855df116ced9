// SPDX-License-Identifier: GPL-2.0-only
/* Mount fds: the administrator's and the supervisor's side of a mount. */
#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/pid.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "get.h"
#include "ioctl.h"
#include "keys.h"
#include "mount.h"
#include "netlink.h"
#include "object.h"
#include "task.h"
#include "vm.h"
#include "witness.h"

/**
 * struct rvf_mfile - A mount fd
 * @mnt: The mount; holds a reference.
 * @seen: How many changes of tasks it has been told of; under the mount's lock.
 */
struct rvf_mfile {
	struct rvf_mnt *mnt;
	u64 seen;
};

static const struct file_operations rvf_mfile_fops;

/* The longest grace that RVF_UNMOUNT gives. */
#define RVF_MAX_GRACE_MS (10 * 60 * 1000)

static void rvf_mfile_unclaim(struct rvf_mnt *mnt, struct rvf_mfile *mf)
{
	struct file *kvm = NULL;
	bool claimed;
	u32 i;

	mutex_lock(&mnt->lock);
	claimed = mnt->claim == mf;
	if (claimed) {
		mnt->claim = NULL;
		kvm = mnt->claim_kvm;
		mnt->claim_kvm = NULL;
		for (i = 0; i < mnt->n_tasks; i++)
			rvf_tsk_unclaim(&mnt->tasks[i]);
	}
	mutex_unlock(&mnt->lock);
	if (kvm)
		fput(kvm);
	if (claimed) {
		rvf_witness_mount_event(mnt, RVF_WITNESS_UNCLAIMED);
		rvf_nl_mount_event(mnt, RVF_NL_EVENT_UNSUPERVISED);
	}
}

static int rvf_mfile_release(struct inode *inode, struct file *file)
{
	struct rvf_mfile *mf = file->private_data;
	struct rvf_mnt *mnt = mf->mnt;
	bool last;

	rvf_mfile_unclaim(mnt, mf);
	mutex_lock(&mnt->lock);
	last = !--mnt->files;
	mutex_unlock(&mnt->lock);
	/* A nameless mount lives as long as its fd. */
	if (last && !mnt->name && mnt->published)
		rvf_mnt_unmount(mnt, 0);
	kfree(mf);
	rvf_mnt_put(mnt);
	return 0;
}

static __poll_t rvf_mfile_poll(struct file *file, poll_table *wait)
{
	struct rvf_mfile *mf = file->private_data;
	struct rvf_mnt *mnt = mf->mnt;
	__poll_t mask = 0;

	poll_wait(file, &mnt->wait, wait);
	mutex_lock(&mnt->lock);
	if (mnt->state == RVF_MOUNT_LIVE && mf->seen != mnt->changes)
		mask |= EPOLLIN | EPOLLRDNORM;
	if (mnt->state != RVF_MOUNT_LIVE)
		mask |= EPOLLPRI;
	if (mnt->state == RVF_MOUNT_GONE)
		mask |= EPOLLHUP;
	mutex_unlock(&mnt->lock);
	return mask;
}

static int rvf_cmd_mount_info(struct rvf_ucmd *ucmd)
{
	struct rvf_mfile *mf = ucmd->file->private_data;
	struct rvf_mount_info *cmd = ucmd->cmd;
	struct rvf_mnt *mnt = mf->mnt;
	char name[RVF_MAX_NAME];
	u32 name_len;
	int err;

	if (cmd->flags)
		return -EOPNOTSUPP;
	name_len = rvf_mnt_name(mnt, name);
	err = rvf_put_name(cmd->name, &cmd->name_len, name, name_len);
	if (err)
		return err;
	cmd->out_manifest_len = mnt->manifest.length;
	cmd->out_id = mnt->id;
	cmd->out_bytes = mnt->manifest.bytes;
	cmd->out_time = mnt->time;
	cmd->out_components = mnt->manifest.n_components;
	cmd->out_regions = mnt->n_regions;
	cmd->out_queues = mnt->n_queues;
	cmd->out_tasks = mnt->n_tasks;
	mutex_lock(&mnt->lock);
	cmd->out_state = mnt->state;
	cmd->out_supervised = !!mnt->claim;
	mutex_unlock(&mnt->lock);
	memcpy(cmd->out_key_id, mnt->key->id, sizeof(cmd->out_key_id));
	return rvf_ucmd_respond(ucmd);
}

static int rvf_cmd_mount_manifest(struct rvf_ucmd *ucmd)
{
	struct rvf_mfile *mf = ucmd->file->private_data;
	struct rvf_mount_manifest *cmd = ucmd->cmd;
	struct rvf_mnt *mnt = mf->mnt;
	u32 room = cmd->length;

	if (cmd->flags || cmd->__reserved)
		return -EOPNOTSUPP;
	cmd->length = mnt->manifest.length;
	if (room < cmd->length)
		return rvf_ucmd_respond(ucmd) ?: -EMSGSIZE;
	if (copy_to_user(u64_to_user_ptr(cmd->buffer), mnt->manifest_data,
			 cmd->length))
		return -EFAULT;
	return rvf_ucmd_respond(ucmd);
}

static void rvf_task_status(struct rvf_tsk *tsk,
			    struct rvf_task_status *status)
{
	memset(status, 0, sizeof(*status));
	status->component = tsk->component;
	status->state = tsk->state;
	status->incarnation = tsk->incarnation;
	if (tsk->binding)
		status->pid = pid_vnr(tsk->binding->pid);
	status->exit_kind = tsk->exit_kind;
	status->exit_code = tsk->exit_code;
	status->bind_reason = tsk->bind_reason;
	status->relaxed = rvf_tsk_relax(tsk);
	status->handles = atomic_read(&tsk->nodes);
}

static int rvf_cmd_mount_tasks(struct rvf_ucmd *ucmd)
{
	struct rvf_mfile *mf = ucmd->file->private_data;
	struct rvf_mount_tasks *cmd = ucmd->cmd;
	struct rvf_task_status *all;
	struct rvf_mnt *mnt = mf->mnt;
	u32 i, room = cmd->count, n = mnt->n_tasks;
	u64 seen;
	int err = 0;

	if (cmd->__reserved)
		return -EOPNOTSUPP;
	if (cmd->entry_size < sizeof(*all) || cmd->entry_size > PAGE_SIZE)
		return -EINVAL;
	cmd->count = n;
	if (room < n)
		return rvf_ucmd_respond(ucmd) ?: -EMSGSIZE;

	/* At one moment, and copied out with no lock held. */
	all = kvcalloc(n + 1, sizeof(*all), RVF_GFP_CALLER);
	if (!all)
		return -ENOMEM;
	mutex_lock(&mnt->lock);
	for (i = 0; i < n; i++)
		rvf_task_status(&mnt->tasks[i], &all[i]);
	seen = mnt->changes;
	mutex_unlock(&mnt->lock);
	for (i = 0; i < n && !err; i++) {
		u8 __user *to = u64_to_user_ptr(cmd->tasks);

		to += (size_t)i * cmd->entry_size;
		if (copy_to_user(to, &all[i], sizeof(*all)) ||
		    clear_user(to + sizeof(*all),
			       cmd->entry_size - sizeof(*all)))
			err = -EFAULT;
	}
	kvfree(all);
	err = err ?: rvf_ucmd_respond(ucmd);
	if (err)
		return err;
	/* Only now: who was not told is still to be told. */
	mutex_lock(&mnt->lock);
	mf->seen = seen;
	mutex_unlock(&mnt->lock);
	return 0;
}

static int rvf_cmd_mount_get(struct rvf_ucmd *ucmd)
{
	struct rvf_mfile *mf = ucmd->file->private_data;
	struct rvf_get *cmd = ucmd->cmd;
	struct rvf_object *object;
	char name[RVF_MAX_NAME];
	int err;

	err = rvf_get_prepare(cmd, name);
	if (err)
		return err;
	object = rvf_mnt_object_by_name(mf->mnt, name, cmd->name_len);
	if (!object)
		return -ENOENT;
	err = rvf_get_handle(ucmd, mf->mnt, NULL, object,
			     object->ops->rights(object), 0);
	if (!err)
		rvf_witness_got(mf->mnt, object->kind, object->index,
				cmd->out_rights);
	return err;
}

static int rvf_cmd_supervise(struct rvf_ucmd *ucmd)
{
	struct rvf_mfile *mf = ucmd->file->private_data;
	struct rvf_supervise *cmd = ucmd->cmd;
	struct rvf_mnt *mnt = mf->mnt;
	struct file *kvm = NULL;
	int err = 0;

	if (cmd->flags || cmd->__reserved)
		return -EOPNOTSUPP;
	if (cmd->kvm_fd != -1) {
		kvm = rvf_kvm_get(cmd->kvm_fd);
		if (IS_ERR(kvm))
			return PTR_ERR(kvm);
	}
	mutex_lock(&mnt->lock);
	if (mnt->state != RVF_MOUNT_LIVE) {
		err = -ENODEV;
	} else if (mnt->claim) {
		err = -EBUSY;
	} else {
		rvf_nsset_of_current(&mnt->claim_ns);
		mnt->claim = mf;
		mnt->claim_kvm = kvm;
		kvm = NULL;
	}
	mutex_unlock(&mnt->lock);
	if (kvm)
		fput(kvm);
	if (!err) {
		rvf_witness_mount_event(mnt, RVF_WITNESS_CLAIMED);
		rvf_nl_mount_event(mnt, RVF_NL_EVENT_SUPERVISED);
	}
	return err;
}

static int rvf_cmd_task(struct rvf_ucmd *ucmd)
{
	struct rvf_mfile *mf = ucmd->file->private_data;

	return rvf_tsk_start(ucmd, mf->mnt, mf);
}

static int rvf_cmd_mount_task_stop(struct rvf_ucmd *ucmd)
{
	struct rvf_mfile *mf = ucmd->file->private_data;

	return rvf_cmd_task_stop(ucmd, mf->mnt, mf);
}

static int rvf_cmd_unmount(struct rvf_ucmd *ucmd)
{
	struct rvf_mfile *mf = ucmd->file->private_data;
	struct rvf_unmount *cmd = ucmd->cmd;

	if (cmd->flags || cmd->__reserved)
		return -EOPNOTSUPP;
	if (cmd->grace_ms > RVF_MAX_GRACE_MS)
		return -EINVAL;
	return rvf_mnt_unmount(mf->mnt, cmd->grace_ms);
}

static int rvf_cmd_exchange(struct rvf_ucmd *ucmd)
{
	struct rvf_mfile *mf = ucmd->file->private_data;
	struct rvf_exchange *cmd = ucmd->cmd;
	struct rvf_mfile *other;
	struct file *file;
	int err;

	if (cmd->flags || cmd->__reserved)
		return -EOPNOTSUPP;
	file = fget(cmd->mount_fd);
	if (!file)
		return -EBADF;
	if (file->f_op != &rvf_mfile_fops) {
		fput(file);
		return -EBADF;
	}
	other = file->private_data;
	err = rvf_mnt_exchange(mf->mnt, other->mnt);
	fput(file);
	return err;
}

static const struct rvf_ioctl_op rvf_mfile_ops[] = {
	RVF_IOCTL_OP(RVF_MOUNT_INFO, rvf_cmd_mount_info, rvf_mount_info,
		     out_key_id),
	RVF_IOCTL_OP(RVF_MOUNT_MANIFEST, rvf_cmd_mount_manifest,
		     rvf_mount_manifest, __reserved),
	RVF_IOCTL_OP(RVF_MOUNT_TASKS, rvf_cmd_mount_tasks, rvf_mount_tasks,
		     __reserved),
	RVF_IOCTL_OP(RVF_MOUNT_GET, rvf_cmd_mount_get, rvf_get, out_badge),
	RVF_IOCTL_OP(RVF_SUPERVISE, rvf_cmd_supervise, rvf_supervise,
		     __reserved),
	RVF_IOCTL_OP(RVF_TASK, rvf_cmd_task, rvf_task, out_incarnation),
	RVF_IOCTL_OP(RVF_TASK_STOP, rvf_cmd_mount_task_stop, rvf_task_stop,
		     __reserved),
	RVF_IOCTL_OP(RVF_UNMOUNT, rvf_cmd_unmount, rvf_unmount, __reserved),
	RVF_IOCTL_OP(RVF_EXCHANGE, rvf_cmd_exchange, rvf_exchange, __reserved),
};

static long rvf_mfile_ioctl(struct file *file, unsigned int number,
			    unsigned long arg)
{
	struct rvf_mfile *mf = file->private_data;

	if (!rvf_privileged())
		return -EPERM;
	if (READ_ONCE(mf->mnt->state) != RVF_MOUNT_LIVE)
		return -ENODEV;
	return rvf_ioctl(file, number, arg, rvf_mfile_ops,
			 ARRAY_SIZE(rvf_mfile_ops));
}

static const struct file_operations rvf_mfile_fops = {
	.owner = THIS_MODULE,
	.release = rvf_mfile_release,
	.llseek = noop_llseek,
	.poll = rvf_mfile_poll,
	.unlocked_ioctl = rvf_mfile_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

/**
 * rvf_mount_file_create - Make a mount file
 * @mnt: The mount; the file takes a reference of its own.
 *
 * Return: the file, which is the caller's to install or to put; or an ERR_PTR.
 */
struct file *rvf_mount_file_create(struct rvf_mnt *mnt)
{
	struct rvf_mfile *mf = kzalloc(sizeof(*mf), GFP_KERNEL_ACCOUNT);
	struct file *file;

	if (!mf)
		return ERR_PTR(-ENOMEM);
	/* Differs from any number of changes: the first poll tells. */
	mf->seen = U64_MAX;
	mf->mnt = mnt;
	file = anon_inode_getfile("[rvf-mount]", &rvf_mfile_fops, mf, O_RDWR);
	if (IS_ERR(file)) {
		kfree(mf);
		return file;
	}
	rvf_mnt_get(mnt);
	mutex_lock(&mnt->lock);
	mnt->files++;
	mutex_unlock(&mnt->lock);
	return file;
}
