// SPDX-License-Identifier: GPL-2.0-only
/* Task fds: what a plugin process holds, and RVF_TASK, which makes them. */
#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include "get.h"
#include "image.h"
#include "ioctl.h"
#include "mount.h"
#include "object.h"
#include "task.h"
#include "vm.h"

/**
 * struct rvf_tfile - A task fd
 * @tsk: The task; with a reference on its mount.
 * @incarnation: The one that it is for; 0: none yet, or RVF_TASK failed.
 */
struct rvf_tfile {
	struct rvf_tsk *tsk;
	u64 incarnation;
};

static int rvf_tfile_release(struct inode *inode, struct file *file)
{
	struct rvf_tfile *tf = file->private_data;
	struct rvf_tsk *tsk = tf->tsk;
	struct rvf_mnt *mnt = tsk->mnt;

	/* Whoever was to be the process is gone: nobody can bind any more. */
	mutex_lock(&mnt->lock);
	if (tsk->incarnation == tf->incarnation &&
	    tsk->state == RVF_TASK_STARTING) {
		tsk->exit_kind = RVF_EXIT_UNBOUND;
		tsk->exit_code = 0;
		rvf_tsk_set_state(tsk, RVF_TASK_EXITED);
	}
	mutex_unlock(&mnt->lock);
	rvf_mnt_put(mnt);
	kfree(tf);
	return 0;
}

static bool rvf_tfile_over(const struct rvf_tfile *tf)
{
	const struct rvf_tsk *tsk = tf->tsk;

	return tsk->incarnation != tf->incarnation ||
	       tsk->state == RVF_TASK_EXITED ||
	       tsk->state == RVF_TASK_DECLARED;
}

static __poll_t rvf_tfile_poll(struct file *file, poll_table *wait)
{
	struct rvf_tfile *tf = file->private_data;
	struct rvf_mnt *mnt = tf->tsk->mnt;
	__poll_t mask = 0;

	poll_wait(file, &tf->tsk->wait, wait);
	mutex_lock(&mnt->lock);
	if (mnt->state != RVF_MOUNT_LIVE ||
	    (tf->tsk->asked_to_stop && !rvf_tfile_over(tf)))
		mask |= EPOLLPRI;
	if (mnt->state == RVF_MOUNT_GONE || rvf_tfile_over(tf))
		mask |= EPOLLHUP;
	mutex_unlock(&mnt->lock);
	return mask;
}

/*
 * Every command but RVF_BIND: the caller must be the bound process, in the mm
 * that was bound. Its mount cannot end a task's binding while it is in here,
 * since its mm lives.
 */
static int rvf_tfile_check(struct rvf_tfile *tf)
{
	struct rvf_tsk *tsk = tf->tsk;
	int err = 0;

	mutex_lock(&tsk->mnt->lock);
	if (tsk->mnt->state == RVF_MOUNT_GONE)
		err = -ENODEV;
	else if (rvf_tfile_over(tf))
		err = -ESTALE;
	else if (!tsk->binding || tsk->binding->mm != current->mm)
		err = -EPERM;
	mutex_unlock(&tsk->mnt->lock);
	if (err == -EPERM)
		rvf_tsk_foreign_mm(tsk);
	return err;
}

static int rvf_cmd_bind(struct rvf_ucmd *ucmd)
{
	struct rvf_tfile *tf = ucmd->file->private_data;
	struct rvf_bind *cmd = ucmd->cmd;
	int err;

	if (cmd->flags || cmd->__reserved)
		return -EOPNOTSUPP;
	cmd->out_reason = RVF_REASON_NONE;
	cmd->out_incarnation = tf->incarnation;
	/* Told before it is done: once bound, nothing can fail any more. */
	if (rvf_ucmd_respond(ucmd))
		return -EFAULT;
	err = rvf_tsk_bind(tf->tsk, tf->incarnation, &cmd->out_reason);
	if (!err)
		return 0;
	return rvf_ucmd_respond(ucmd) ?: err;
}

static int rvf_cmd_ready(struct rvf_ucmd *ucmd)
{
	struct rvf_tfile *tf = ucmd->file->private_data;
	struct rvf_ready *cmd = ucmd->cmd;
	struct rvf_tsk *tsk = tf->tsk;
	int err;

	if (cmd->flags)
		return -EOPNOTSUPP;
	err = rvf_tfile_check(tf);
	if (err)
		return err;
	mutex_lock(&tsk->mnt->lock);
	if (tsk->state == RVF_TASK_BOUND)
		rvf_tsk_set_state(tsk, RVF_TASK_READY);
	else if (tsk->state == RVF_TASK_READY)
		err = -EALREADY;
	mutex_unlock(&tsk->mnt->lock);
	return err;
}

/* The task's grant for an object of this name. */
static const struct rvf_m_grant *rvf_tsk_grant(struct rvf_tsk *tsk,
					       const char *name, u32 len)
{
	const struct rvf_m_component *c = rvf_tsk_component(tsk);
	const struct rvf_m_grant *grants = tsk->mnt->manifest.grants +
					   le32_to_cpu(c->first_grant);
	const struct rvf_object *object;
	u32 i;

	object = rvf_mnt_object_by_name(tsk->mnt, name, len);
	if (!object)
		return NULL;
	for (i = 0; i < le32_to_cpu(c->grants); i++)
		if (le32_to_cpu(grants[i].kind) == object->kind &&
		    le32_to_cpu(grants[i].object) == object->index)
			return &grants[i];
	return NULL;
}

static int rvf_cmd_task_get(struct rvf_ucmd *ucmd)
{
	struct rvf_tfile *tf = ucmd->file->private_data;
	const struct rvf_m_grant *grant;
	struct rvf_get *cmd = ucmd->cmd;
	char name[RVF_MAX_NAME];
	int err;

	err = rvf_get_prepare(cmd, name);
	if (!err)
		err = rvf_tfile_check(tf);
	if (err)
		return err;
	grant = rvf_tsk_grant(tf->tsk, name, cmd->name_len);
	if (!grant)
		return -ENOENT;
	return rvf_get_handle(ucmd, tf->tsk->mnt, tf->tsk,
			      rvf_mnt_object(tf->tsk->mnt,
					     le32_to_cpu(grant->kind),
					     le32_to_cpu(grant->object)),
			      le32_to_cpu(grant->rights),
			      le64_to_cpu(grant->badge));
}

static int rvf_cmd_task_list(struct rvf_ucmd *ucmd)
{
	struct rvf_tfile *tf = ucmd->file->private_data;
	const struct rvf_m_component *c = rvf_tsk_component(tf->tsk);
	struct rvf_mnt *mnt = tf->tsk->mnt;
	struct rvf_task_list *cmd = ucmd->cmd;
	const struct rvf_m_grant *grant;
	const struct rvf_m_string *name;
	int err;

	if (cmd->__reserved)
		return -EOPNOTSUPP;
	err = rvf_tfile_check(tf);
	if (err)
		return err;
	if (cmd->index >= le32_to_cpu(c->grants))
		return -ENOENT;
	grant = mnt->manifest.grants + le32_to_cpu(c->first_grant) + cmd->index;
	name = rvf_mnt_object_name(mnt,
				   rvf_mnt_object(mnt, le32_to_cpu(grant->kind),
						  le32_to_cpu(grant->object)));
	err = rvf_put_name(cmd->name, &cmd->name_len,
			   rvf_manifest_string(&mnt->manifest, name),
			   le32_to_cpu(name->length));
	if (err)
		return err;
	cmd->out_kind = le32_to_cpu(grant->kind);
	cmd->out_rights = le32_to_cpu(grant->rights);
	cmd->out_badge = le64_to_cpu(grant->badge);
	return rvf_ucmd_respond(ucmd);
}

static int rvf_cmd_task_vm(struct rvf_ucmd *ucmd)
{
	struct rvf_tfile *tf = ucmd->file->private_data;
	int err = rvf_tfile_check(tf);

	return err ?: rvf_cmd_vm(ucmd, tf->tsk);
}

static const struct rvf_ioctl_op rvf_tfile_ops[] = {
	RVF_IOCTL_OP(RVF_BIND, rvf_cmd_bind, rvf_bind, out_incarnation),
	RVF_IOCTL_OP(RVF_READY, rvf_cmd_ready, rvf_ready, flags),
	RVF_IOCTL_OP(RVF_TASK_GET, rvf_cmd_task_get, rvf_get, out_badge),
	RVF_IOCTL_OP(RVF_TASK_LIST, rvf_cmd_task_list, rvf_task_list,
		     out_badge),
	RVF_IOCTL_OP(RVF_VM, rvf_cmd_task_vm, rvf_vm, out_identity_map),
};

static long rvf_tfile_ioctl(struct file *file, unsigned int number,
			    unsigned long arg)
{
	return rvf_ioctl(file, number, arg, rvf_tfile_ops,
			 ARRAY_SIZE(rvf_tfile_ops));
}

static const struct file_operations rvf_tfile_fops = {
	.owner = THIS_MODULE,
	.release = rvf_tfile_release,
	.llseek = noop_llseek,
	.poll = rvf_tfile_poll,
	.unlocked_ioctl = rvf_tfile_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

/**
 * struct rvf_start - What RVF_TASK makes before anything is decided
 * @tf: The task fd's private data.
 * @task: The task file.
 * @image: The image, O_PATH.
 * @task_fd: Where @task will go.
 * @image_fd: Where @image will go.
 */
struct rvf_start {
	struct rvf_tfile *tf;
	struct file *task;
	struct file *image;
	int task_fd;
	int image_fd;
};

static int rvf_start_prepare(struct rvf_start *start, struct rvf_tsk *tsk,
			     struct file *image)
{
	int err;

	start->task_fd = get_unused_fd_flags(O_CLOEXEC);
	if (start->task_fd < 0)
		return start->task_fd;
	start->image_fd = get_unused_fd_flags(O_CLOEXEC);
	if (start->image_fd < 0) {
		err = start->image_fd;
		goto put_task_fd;
	}
	start->image = rvf_image_open(image);
	if (IS_ERR(start->image)) {
		err = PTR_ERR(start->image);
		goto put_image_fd;
	}
	err = -ENOMEM;
	start->tf = kzalloc(sizeof(*start->tf), GFP_KERNEL_ACCOUNT);
	if (!start->tf)
		goto put_image;
	start->tf->tsk = tsk;
	start->task = anon_inode_getfile("[rvf-task]", &rvf_tfile_fops,
					 start->tf, O_RDWR);
	if (IS_ERR(start->task)) {
		err = PTR_ERR(start->task);
		kfree(start->tf);
		goto put_image;
	}
	rvf_mnt_get(tsk->mnt);
	return 0;

put_image:
	fput(start->image);
put_image_fd:
	put_unused_fd(start->image_fd);
put_task_fd:
	put_unused_fd(start->task_fd);
	return err;
}

static void rvf_start_abort(struct rvf_start *start)
{
	fput(start->task);
	fput(start->image);
	put_unused_fd(start->image_fd);
	put_unused_fd(start->task_fd);
}

/* May this incarnation begin? Under the mount's lock. */
static int rvf_tsk_startable(struct rvf_tsk *tsk, const struct rvf_mfile *claim)
{
	lockdep_assert_held(&tsk->mnt->lock);
	if (tsk->mnt->state != RVF_MOUNT_LIVE)
		return -ENODEV;
	if (tsk->mnt->claim != claim)
		return -EPERM;
	if (tsk->state != RVF_TASK_DECLARED && tsk->state != RVF_TASK_EXITED)
		return -EBUSY;
	return 0;
}

static int rvf_tsk_begin(struct rvf_tsk *tsk, const struct rvf_mfile *claim,
			 struct rvf_start *start, u64 incarnation)
{
	int err;

	mutex_lock(&tsk->mnt->lock);
	err = rvf_tsk_startable(tsk, claim);
	/* Another RVF_TASK came in between, and what it began is over already. */
	if (!err && tsk->incarnation + 1 != incarnation)
		err = -EBUSY;
	if (!err) {
		tsk->incarnation = incarnation;
		start->tf->incarnation = incarnation;
		tsk->bind_reason = RVF_REASON_NONE;
		tsk->asked_to_stop = false;
		tsk->vcpus_stopped = false;
		rvf_tsk_set_state(tsk, RVF_TASK_STARTING);
	}
	mutex_unlock(&tsk->mnt->lock);
	return err;
}

static struct rvf_tsk *rvf_tsk_find(struct rvf_mnt *mnt, u32 component)
{
	u32 i;

	for (i = 0; i < mnt->n_tasks; i++)
		if (mnt->tasks[i].component == component)
			return &mnt->tasks[i];
	return NULL;
}

/**
 * rvf_cmd_task_stop - RVF_TASK_STOP
 * @ucmd: The command.
 * @mnt: The mount of the mount fd that it came in on.
 * @claim: That mount fd.
 */
int rvf_cmd_task_stop(struct rvf_ucmd *ucmd, struct rvf_mnt *mnt,
		      const struct rvf_mfile *claim)
{
	struct rvf_task_stop *cmd = ucmd->cmd;
	struct rvf_tsk *tsk;

	if ((cmd->flags & ~RVF_TASK_STOP_VCPUS) || cmd->__reserved)
		return -EOPNOTSUPP;
	if (cmd->component >= mnt->manifest.n_components)
		return -ENOENT;
	tsk = rvf_tsk_find(mnt, cmd->component);
	if (!tsk)
		return -EINVAL;
	return rvf_tsk_stop(tsk, claim, cmd->flags);
}

/**
 * rvf_tsk_start - RVF_TASK: begin an incarnation
 * @ucmd: The command.
 * @mnt: The mount of the mount fd that it came in on.
 * @claim: That mount fd.
 */
int rvf_tsk_start(struct rvf_ucmd *ucmd, struct rvf_mnt *mnt,
		  const struct rvf_mfile *claim)
{
	struct rvf_task *cmd = ucmd->cmd;
	struct rvf_start start = {};
	struct rvf_tsk *tsk;
	struct file *image;
	int err;

	if (cmd->flags || cmd->__reserved)
		return -EOPNOTSUPP;
	if (cmd->component >= mnt->manifest.n_components)
		return -ENOENT;
	tsk = rvf_tsk_find(mnt, cmd->component);
	if (!tsk)
		return -EINVAL;

	mutex_lock(&mnt->lock);
	err = rvf_tsk_startable(tsk, claim);
	image = err ? NULL : get_file(tsk->image);
	cmd->out_incarnation = tsk->incarnation + 1;
	mutex_unlock(&mnt->lock);
	if (err)
		return err;
	err = rvf_start_prepare(&start, tsk, image);
	fput(image);
	if (err)
		return err;

	cmd->out_task_fd = start.task_fd;
	cmd->out_image_fd = start.image_fd;
	/* Told before it is done: an incarnation that began cannot be undone. */
	err = rvf_ucmd_respond(ucmd);
	if (!err)
		err = rvf_tsk_begin(tsk, claim, &start, cmd->out_incarnation);
	if (err)
		goto abort;
	fd_install(start.image_fd, start.image);
	fd_install(start.task_fd, start.task);
	return 0;

abort:
	rvf_start_abort(&start);
	return err;
}
