// SPDX-License-Identifier: GPL-2.0-only
/*
 * The states of tasks, and the processes bound to them.
 *
 * A bound process is known by its mm. When that ends (the process exits or
 * executes something else) the mmu notifier tells, and a work item revokes the
 * task's handles.
 */
#include <linux/file.h>
#include <linux/module.h>
#include <linux/pid.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include "image.h"
#include "mount.h"
#include "netlink.h"
#include "node.h"
#include "task.h"
#include "vm.h"
#include "witness.h"

void rvf_tsk_init(struct rvf_tsk *tsk, struct rvf_mnt *mnt, u32 component,
		  struct file *image)
{
	tsk->mnt = mnt;
	tsk->component = component;
	tsk->image = image;
	tsk->state = RVF_TASK_DECLARED;
	INIT_LIST_HEAD(&tsk->owned);
	init_waitqueue_head(&tsk->wait);
}

/* Its mount's struct goes. */
void rvf_tsk_cleanup(struct rvf_tsk *tsk)
{
	WARN_ON(tsk->binding);
	put_pid(tsk->bound_pid);
}

/* The mount goes: nobody starts the task any more. */
void rvf_tsk_release_image(struct rvf_tsk *tsk)
{
	struct file *image;

	mutex_lock(&tsk->mnt->lock);
	image = tsk->image;
	tsk->image = NULL;
	mutex_unlock(&tsk->mnt->lock);
	if (image)
		rvf_image_destroy(image);
}

bool rvf_tsk_running(const struct rvf_tsk *tsk)
{
	return tsk->binding;
}

void rvf_tsk_set_state(struct rvf_tsk *tsk, u32 state)
{
	lockdep_assert_held(&tsk->mnt->lock);
	tsk->state = state;
	rvf_mnt_changed(tsk->mnt);
	wake_up_all(&tsk->wait);
	rvf_nl_task_event(tsk);
}

/* The mount is being unmounted: POLLPRI on the task's fds. */
void rvf_tsk_ask_to_stop(struct rvf_tsk *tsk)
{
	lockdep_assert_held(&tsk->mnt->lock);
	if (tsk->binding)
		rvf_tsk_set_state(tsk, RVF_TASK_STOPPING);
	else
		wake_up_all(&tsk->wait);
}

/**
 * rvf_tsk_stop - Ask one task to stop
 * @tsk: The task.
 * @claim: Who asks: must hold the claim.
 * @flags: Bits of enum rvf_task_stop_flags.
 *
 * Return: 0, -ENODEV, -EPERM, or -ESTALE when it does not run.
 */
int rvf_tsk_stop(struct rvf_tsk *tsk, const struct rvf_mfile *claim, u32 flags)
{
	struct rvf_mnt *mnt = tsk->mnt;
	int err = 0;

	mutex_lock(&mnt->lock);
	if (mnt->state != RVF_MOUNT_LIVE) {
		err = -ENODEV;
	} else if (mnt->claim != claim) {
		err = -EPERM;
	} else if (tsk->state == RVF_TASK_DECLARED ||
		   tsk->state == RVF_TASK_EXITED) {
		err = -ESTALE;
	} else {
		tsk->asked_to_stop = true;
		if (flags & RVF_TASK_STOP_VCPUS)
			tsk->vcpus_stopped = true;
		if (tsk->vcpus_stopped && tsk->machine)
			rvf_machine_stop(tsk->machine);
		if (tsk->state != RVF_TASK_STOPPING)
			rvf_tsk_ask_to_stop(tsk);
	}
	mutex_unlock(&mnt->lock);
	return err;
}

void rvf_tsk_kill(struct rvf_tsk *tsk)
{
	lockdep_assert_held(&tsk->mnt->lock);
	if (tsk->binding)
		kill_pid(tsk->binding->pid, SIGKILL, 1);
}

/* Its supervisor's claim went. */
void rvf_tsk_unclaim(struct rvf_tsk *tsk)
{
	lockdep_assert_held(&tsk->mnt->lock);
	if (tsk->binding) {
		tsk->orphaned = true;
		rvf_tsk_kill(tsk);
	} else if (tsk->state != RVF_TASK_DECLARED) {
		/* One that was starting finds its incarnation over. */
		rvf_tsk_set_state(tsk, RVF_TASK_DECLARED);
	}
}

void rvf_tsk_wake_all(struct rvf_mnt *mnt)
{
	u32 i;

	for (i = 0; i < mnt->n_tasks; i++)
		wake_up_all(&mnt->tasks[i].wait);
}

/**
 * rvf_tsk_foreign_mm - Is the caller the task's process, having become another?
 * @tsk: The task.
 *
 * The mmu notifier tells of an exec, but not while a process that shares the
 * old mm keeps it alive. So whoever uses a handle or the task fd is looked at,
 * and killed: it holds what was given to the image.
 */
bool rvf_tsk_foreign_mm(struct rvf_tsk *tsk)
{
	/* Pairs with the release in rvf_tsk_bind(): @bound_mm is @bound_pid's. */
	if (smp_load_acquire(&tsk->bound_pid) != task_tgid(current) ||
	    READ_ONCE(tsk->bound_mm) == current->mm)
		return false;
	send_sig(SIGKILL, current, 1);
	return true;
}

const struct rvf_m_component *rvf_tsk_component(const struct rvf_tsk *tsk)
{
	return &tsk->mnt->manifest.components[tsk->component];
}

/**
 * rvf_tsk_relax - What RVF_BIND does not insist on
 * @tsk: The task.
 *
 * Return: bits of enum rvf_relax: what the component's developer has so, and
 * what its profile needs.
 */
u32 rvf_tsk_relax(const struct rvf_tsk *tsk)
{
	const struct rvf_m_component *c = rvf_tsk_component(tsk);
	u32 relax = le32_to_cpu(c->relax);

	if (le32_to_cpu(c->profile) == RVF_PROFILE_CROSVM)
		relax |= RVF_RELAX_ROOT;
	return relax;
}

/**
 * rvf_tsk_kvm - The /dev/kvm that a task's VM is made from
 * @tsk: The task.
 *
 * Return: the file with a reference, or -EEXIST, -ENODEV.
 */
struct file *rvf_tsk_kvm(struct rvf_tsk *tsk)
{
	struct file *kvm = ERR_PTR(-ENODEV);

	mutex_lock(&tsk->mnt->lock);
	if (tsk->machine)
		kvm = ERR_PTR(-EEXIST);
	else if (tsk->mnt->claim_kvm)
		kvm = get_file(tsk->mnt->claim_kvm);
	mutex_unlock(&tsk->mnt->lock);
	return kvm;
}

/**
 * rvf_tsk_set_machine - The task has a VM now
 * @tsk: The task; the caller is its bound process, with no other thread.
 * @machine: Its VM; the task takes over a reference.
 *
 * Return: 0 or -EEXIST.
 */
int rvf_tsk_set_machine(struct rvf_tsk *tsk, struct rvf_machine *machine)
{
	int err = 0;

	mutex_lock(&tsk->mnt->lock);
	if (tsk->machine)
		err = -EEXIST;
	else
		tsk->machine = machine;
	if (!err && tsk->vcpus_stopped)
		rvf_machine_stop(machine);
	mutex_unlock(&tsk->mnt->lock);
	return err;
}

/* The bound process has ended; what is left of it runs out here. */
static void rvf_binding_ended(struct work_struct *work)
{
	struct rvf_binding *binding =
		container_of(work, struct rvf_binding, ended);
	struct rvf_tsk *tsk = binding->tsk;
	struct rvf_machine *machine;
	struct rvf_mnt *mnt = tsk->mnt;

	mutex_lock(&mnt->lock);
	machine = tsk->machine;
	tsk->machine = NULL;
	/* First the handles: a new incarnation meets none of the old one. */
	rvf_revoke_owned(mnt, tsk);
	tsk->binding = NULL;
	tsk->exit_kind = binding->exit_kind;
	tsk->exit_code = binding->exit_code;
	rvf_witness_ended(tsk);
	rvf_tsk_set_state(tsk, tsk->orphaned ? RVF_TASK_DECLARED :
			  RVF_TASK_EXITED);
	tsk->orphaned = false;
	rvf_mnt_task_ended(mnt);
	mutex_unlock(&mnt->lock);

	if (machine)
		rvf_machine_end(machine);
	mmu_notifier_unregister(&binding->notifier, binding->mm);
	put_pid(binding->pid);
	kfree(binding);
	rvf_mnt_put(mnt);
	/* The module's exit waits for this work item to return. */
	module_put(THIS_MODULE);
}

static void rvf_exit_status(struct rvf_binding *binding,
			    const struct task_struct *task)
{
	int status = task->exit_code;

	if (task->signal->flags & SIGNAL_GROUP_EXIT)
		status = task->signal->group_exit_code;
	if (status & 0x7f) {
		binding->exit_kind = RVF_EXIT_SIGNAL;
		binding->exit_code = status & 0x7f;
	} else {
		binding->exit_kind = RVF_EXIT_CODE;
		binding->exit_code = (status >> 8) & 0xff;
	}
}

/*
 * The mm ends. Usually in the exiting process itself; but also in a process
 * that executes something else, and in whoever happened to hold the mm last
 * (a reader of /proc/PID/...), when it is that process's task that counts.
 */
static void rvf_binding_release(struct mmu_notifier *notifier,
				struct mm_struct *mm)
{
	struct rvf_binding *binding =
		container_of(notifier, struct rvf_binding, notifier);
	struct task_struct *task;

	/*
	 * Once only: while the core walks its list and is about to take us off
	 * it, mmu_notifier_unregister() in our work item would call it again.
	 */
	if (!atomic_xchg(&binding->live, 0))
		return;
	rcu_read_lock();
	if (task_tgid(current) == binding->pid)
		task = current;
	else
		task = pid_task(binding->pid, PIDTYPE_TGID);
	if (!task) {
		/* Reaped already, by a parent that was told its status. */
		binding->exit_kind = RVF_EXIT_UNKNOWN;
	} else if (task->flags & PF_EXITING) {
		rvf_exit_status(binding, task);
	} else {
		binding->exit_kind = RVF_EXIT_EXEC;
		send_sig(SIGKILL, task, 1);
	}
	rcu_read_unlock();
	queue_work(rvf_wq, &binding->ended);
}

static const struct mmu_notifier_ops rvf_binding_notifier_ops = {
	.release = rvf_binding_release,
};

static struct rvf_binding *rvf_binding_create(struct rvf_tsk *tsk)
{
	struct rvf_binding *binding;
	int err;

	binding = kzalloc(sizeof(*binding), GFP_KERNEL_ACCOUNT);
	if (!binding)
		return ERR_PTR(-ENOMEM);
	binding->tsk = tsk;
	binding->mm = current->mm;
	binding->notifier.ops = &rvf_binding_notifier_ops;
	INIT_WORK(&binding->ended, rvf_binding_ended);
	err = mmu_notifier_register(&binding->notifier, binding->mm);
	if (err) {
		kfree(binding);
		return ERR_PTR(err);
	}
	binding->pid = get_pid(task_tgid(current));
	return binding;
}

static void rvf_binding_abort(struct rvf_binding *binding)
{
	/* Calls the release operation, which finds that nothing stands. */
	mmu_notifier_unregister(&binding->notifier, binding->mm);
	put_pid(binding->pid);
	kfree(binding);
}

/* Whether an incarnation can be bound; tells apart why not. */
static int rvf_tsk_bindable(struct rvf_tsk *tsk, u64 incarnation)
{
	lockdep_assert_held(&tsk->mnt->lock);
	if (tsk->mnt->state != RVF_MOUNT_LIVE)
		return -ENODEV;
	if (tsk->incarnation != incarnation)
		return -ESTALE;
	switch (tsk->state) {
	case RVF_TASK_STARTING:
		return 0;
	case RVF_TASK_DECLARED:
	case RVF_TASK_EXITED:
		return -ESTALE;
	default:
		return -EBUSY;
	}
}

static int rvf_tsk_publish_binding(struct rvf_tsk *tsk, u64 incarnation,
				   struct rvf_binding *binding)
{
	struct pid *old;
	int err;

	mutex_lock(&tsk->mnt->lock);
	err = rvf_tsk_bindable(tsk, incarnation);
	if (err)
		goto out;
	__module_get(THIS_MODULE);
	rvf_mnt_get(tsk->mnt);
	tsk->binding = binding;
	tsk->bind_reason = RVF_REASON_NONE;
	old = tsk->bound_pid;
	WRITE_ONCE(tsk->bound_mm, binding->mm);
	/* Pairs with the acquire in rvf_tsk_foreign_mm(): the mm comes first. */
	smp_store_release(&tsk->bound_pid, get_pid(binding->pid));
	/* Our own mm: it cannot end before we return. */
	atomic_set(&binding->live, 1);
	rvf_witness_bound(tsk);
	rvf_tsk_set_state(tsk, tsk->asked_to_stop ? RVF_TASK_STOPPING :
			  RVF_TASK_BOUND);
	/* Only its address was ever looked at. */
	put_pid(old);
out:
	mutex_unlock(&tsk->mnt->lock);
	return err;
}

/* Note for the supervisor why a process was refused. */
static int rvf_tsk_refuse(struct rvf_tsk *tsk, u64 incarnation, u32 reason)
{
	int err;

	mutex_lock(&tsk->mnt->lock);
	err = rvf_tsk_bindable(tsk, incarnation);
	if (!err) {
		/* A process may try again and again. */
		if (!tsk->bind_reason)
			rvf_witness_bind_refused(tsk, reason);
		tsk->bind_reason = reason;
		rvf_mnt_changed(tsk->mnt);
		rvf_nl_task_event(tsk);
	}
	mutex_unlock(&tsk->mnt->lock);
	return err;
}

/**
 * rvf_tsk_bind - Bind the calling process to a task
 * @tsk: The task.
 * @incarnation: The one that the caller's task fd is for.
 * @reason: Filled with why not, one of enum rvf_reason.
 *
 * Return: 0; -EPERM and -EAGAIN with a reason when the caller is not what it
 * must be; -EBUSY, -ESTALE, -ENODEV, -ENOMEM.
 */
int rvf_tsk_bind(struct rvf_tsk *tsk, u64 incarnation, u32 *reason)
{
	struct rvf_binding *binding;
	struct rvf_nsset supervisor;
	struct rvf_why why = {};
	struct file *image;
	int err;

	mutex_lock(&tsk->mnt->lock);
	err = rvf_tsk_bindable(tsk, incarnation);
	supervisor = tsk->mnt->claim_ns;
	image = err ? NULL : get_file(tsk->image);
	mutex_unlock(&tsk->mnt->lock);
	if (err)
		return err;

	err = rvf_bind_check(image, &supervisor, rvf_tsk_relax(tsk), &why);
	fput(image);
	*reason = why.reason;
	if (err)
		return rvf_tsk_refuse(tsk, incarnation, why.reason) ?: err;

	/*
	 * What was checked stays: the one thread of this process, which shares
	 * nothing with any other, is here.
	 */
	binding = rvf_binding_create(tsk);
	if (IS_ERR(binding))
		return PTR_ERR(binding);
	err = rvf_tsk_publish_binding(tsk, incarnation, binding);
	if (err)
		rvf_binding_abort(binding);
	return err;
}
