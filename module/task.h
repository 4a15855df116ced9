/* SPDX-License-Identifier: GPL-2.0-only */
/* Tasks: one signed image, run by one process, more exactly one mm. */
#ifndef RVF_TASK_H
#define RVF_TASK_H

#include <linux/atomic.h>
#include <linux/mmu_notifier.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include "rvf.h"

struct file;
struct pid;
struct rvf_machine;
struct rvf_mfile;
struct rvf_mnt;
struct rvf_nsset;
struct rvf_tsk;
struct rvf_ucmd;

/**
 * struct rvf_binding - A process that was bound to a task
 * @notifier: Tells the end of its mm.
 * @mm: Its mm; the notifier keeps the struct from being freed.
 * @tsk: The task; with a reference on its mount.
 * @pid: Its process; holds a reference.
 * @ended: Does what there is to do when the mm ended.
 * @live: The binding stands; 0 while it is made and unmade, when the
 *	notifier's release means nothing.
 * @exit_kind: Once it ended, one of enum rvf_exit_kind.
 * @exit_code: Exit code or signal number.
 */
struct rvf_binding {
	struct mmu_notifier notifier;
	struct mm_struct *mm;
	struct rvf_tsk *tsk;
	struct pid *pid;
	struct work_struct ended;
	atomic_t live;
	u32 exit_kind;
	s32 exit_code;
};

/**
 * struct rvf_tsk - A task; part of its mount
 * @mnt: Its mount.
 * @component: Its component's index in the manifest.
 * @image: What it runs; NULL once the mount is gone.
 * @nodes: Live handle nodes that are charged to it.
 * @deeds: Derives and revokes by this incarnation.
 * @owned: Those nodes, by @of_owner; under the mount's tree_lock.
 * @wait: Pollers of its task fds.
 * @state: One of enum rvf_task_state; under the mount's lock, as are the
 *	next ones.
 * @incarnation: Counts RVF_TASK.
 * @exit_kind: How the last incarnation that ended did so.
 * @exit_code: Exit code or signal number.
 * @bind_reason: Why the last RVF_BIND of this incarnation was refused.
 * @orphaned: Its claim went: at its end it returns to RVF_TASK_DECLARED.
 * @asked_to_stop: RVF_TASK_STOP was said of this incarnation.
 * @vcpus_stopped: So that its vCPUs do not run.
 * @binding: The bound process, until it ended.
 * @machine: Its VM, as long as the process that made it.
 * @bound_pid: The last bound process, with a reference, and @bound_mm its mm,
 *	by address only: read without a lock to tell whether a caller is that
 *	process with another mm. They change at RVF_BIND alone, when each
 *	handle of an earlier incarnation is revoked.
 * @bound_mm: See there.
 */
struct rvf_tsk {
	struct rvf_mnt *mnt;
	u32 component;
	struct file *image;
	atomic_t nodes;
	atomic_t deeds;
	struct list_head owned;
	wait_queue_head_t wait;

	u32 state;
	u64 incarnation;
	u32 exit_kind;
	s32 exit_code;
	u32 bind_reason;
	bool orphaned;
	bool asked_to_stop;
	bool vcpus_stopped;
	struct rvf_binding *binding;
	struct rvf_machine *machine;
	struct pid *bound_pid;
	struct mm_struct *bound_mm;
};

/* task.c: states */
void rvf_tsk_init(struct rvf_tsk *tsk, struct rvf_mnt *mnt, u32 component,
		  struct file *image);
void rvf_tsk_cleanup(struct rvf_tsk *tsk);
void rvf_tsk_release_image(struct rvf_tsk *tsk);
bool rvf_tsk_running(const struct rvf_tsk *tsk);
void rvf_tsk_ask_to_stop(struct rvf_tsk *tsk);
int rvf_tsk_stop(struct rvf_tsk *tsk, const struct rvf_mfile *claim, u32 flags);
void rvf_tsk_kill(struct rvf_tsk *tsk);
void rvf_tsk_unclaim(struct rvf_tsk *tsk);
void rvf_tsk_wake_all(struct rvf_mnt *mnt);
void rvf_tsk_set_state(struct rvf_tsk *tsk, u32 state);
bool rvf_tsk_foreign_mm(struct rvf_tsk *tsk);
const struct rvf_m_component *rvf_tsk_component(const struct rvf_tsk *tsk);
u32 rvf_tsk_relax(const struct rvf_tsk *tsk);
struct file *rvf_tsk_kvm(struct rvf_tsk *tsk);
int rvf_tsk_set_machine(struct rvf_tsk *tsk, struct rvf_machine *machine);
int rvf_tsk_bind(struct rvf_tsk *tsk, u64 incarnation, u32 *reason);

/* task_file.c: task fds */
int rvf_tsk_start(struct rvf_ucmd *ucmd, struct rvf_mnt *mnt,
		  const struct rvf_mfile *claim);
int rvf_cmd_task_stop(struct rvf_ucmd *ucmd, struct rvf_mnt *mnt,
		      const struct rvf_mfile *claim);

/* bind.c: is this the image, is it jailed? */
u32 rvf_alone_reason(void);
void rvf_nsset_of_current(struct rvf_nsset *set);
int rvf_bind_check(struct file *image, const struct rvf_nsset *supervisor,
		   u32 relax, struct rvf_why *why);

#endif /* RVF_TASK_H */
