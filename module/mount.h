/* SPDX-License-Identifier: GPL-2.0-only */
/* Mounts: the unit of trust, charge and life. */
#ifndef RVF_MOUNT_H
#define RVF_MOUNT_H

#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/time64.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include "manifest_parse.h"
#include "rvf.h"

struct rvf_key;
struct rvf_mfile;
struct rvf_object;
struct rvf_queue;
struct rvf_region;
struct rvf_tsk;
struct rvf_ucmd;

/**
 * struct rvf_nsset - A process's namespaces, by address
 *
 * Only compared, never followed, and so held by no reference: an address that
 * is used again can make a jailed process look unjailed, never the other way.
 */
struct rvf_nsset {
	const void *user, *mnt, *pid, *ipc, *uts, *net, *cgroup;
};

/**
 * struct rvf_mnt - A mount
 * @entry: In rvf_mounts; under rvf_mounts_lock, as is the next.
 * @published: It can be found by name and in dumps. Before that it only keeps
 *	its name from being used again.
 * @refs: Its entry in rvf_mounts, each file on it, each handle node, each
 *	bound process, its unmount.
 * @id: Never used twice.
 * @name: NULL: nameless. Under rvf_names_lock, as is @name_len; RVF_EXCHANGE
 *	swaps both. A mount that has a name always has one.
 * @name_len: Bytes of @name.
 * @witness_bytes: Room that is reserved for its records, before it is published.
 * @deeds: Derives and revokes through administrators' handles.
 * @time: When it was mounted; fixed, as are the next ones up to @tasks.
 * @manifest_data: The manifest's bytes.
 * @manifest: The manifest.
 * @key: Whose signature counted; holds a reference.
 * @regions: By index in the manifest.
 * @n_regions: Those that were created.
 * @queues: By index in the manifest: objects of queues and of rings, each at
 *	the beginning of its struct.
 * @n_queues: Those that were created.
 * @tasks: In component order.
 * @n_tasks: Those that were created.
 * @lock: Guards what follows, and the state of tasks.
 * @state: One of enum rvf_mount_state.
 * @tearing: Its unmount is past the grace.
 * @deadline: End of the grace, in jiffies.
 * @unmount: Does the unmount.
 * @files: Mount files that are open.
 * @claim: The mount file that supervises it.
 * @claim_ns: The namespaces that its tasks must not share.
 * @claim_kvm: The /dev/kvm that tasks make their VMs from, or NULL.
 * @changes: Counts changes of its tasks' states.
 * @wait: Pollers of its mount files.
 * @tree_lock: Guards the tree of handle nodes: the next two, and the links in
 *	nodes and objects. No user memory is touched under it.
 * @roots: Nodes derived from nothing.
 * @handles_gone: No handle can be made any more.
 * @nodes: Live nodes of administrators.
 */
struct rvf_mnt {
	struct list_head entry;
	bool published;
	struct kref refs;
	u64 id;
	char *name;
	u32 name_len;
	u32 witness_bytes;
	atomic_t deeds;
	time64_t time;
	void *manifest_data;
	struct rvf_manifest manifest;
	struct rvf_key *key;
	struct rvf_region *regions;
	u32 n_regions;
	struct rvf_object **queues;
	u32 n_queues;
	struct rvf_tsk *tasks;
	u32 n_tasks;

	struct mutex lock;	/* below rvf_mounts_lock; see rvf.h */
	u32 state;
	bool tearing;
	unsigned long deadline;
	struct delayed_work unmount;
	u32 files;
	struct rvf_mfile *claim;
	struct rvf_nsset claim_ns;
	struct file *claim_kvm;
	u64 changes;
	wait_queue_head_t wait;

	struct mutex tree_lock;	/* below @lock; see rvf.h */
	struct list_head roots;
	bool handles_gone;
	atomic_t nodes;
};

/* mount.c: life */
extern struct mutex rvf_mounts_lock;
extern struct list_head rvf_mounts;
extern struct workqueue_struct *rvf_wq;

struct rvf_mnt *rvf_mnt_alloc(const char *name, u32 name_len);

static inline struct rvf_mnt *rvf_mnt_get(struct rvf_mnt *mnt)
{
	kref_get(&mnt->refs);
	return mnt;
}

void rvf_mnt_put(struct rvf_mnt *mnt);
int rvf_mnt_reserve(struct rvf_mnt *mnt);
void rvf_mnt_publish(struct rvf_mnt *mnt);
void rvf_mnt_discard(struct rvf_mnt *mnt);
struct rvf_mnt *rvf_mnt_find(const char *name, u32 name_len);
u32 rvf_mnt_count(void);
u32 rvf_mnt_name(struct rvf_mnt *mnt, char name[RVF_MAX_NAME]);
int rvf_mnt_exchange(struct rvf_mnt *mnt, struct rvf_mnt *other);
int rvf_mnt_unmount(struct rvf_mnt *mnt, u32 grace_ms);
void rvf_mnt_task_ended(struct rvf_mnt *mnt);
void rvf_mnt_changed(struct rvf_mnt *mnt);
struct rvf_object *rvf_mnt_object(struct rvf_mnt *mnt, u32 kind, u32 index);
struct rvf_object *rvf_mnt_object_by_name(struct rvf_mnt *mnt,
					  const char *name, u32 len);
const struct rvf_m_string *rvf_mnt_object_name(const struct rvf_mnt *mnt,
					       const struct rvf_object *object);

/* mount_load.c: RVF_MOUNT and RVF_VERIFY */
int rvf_cmd_mount(struct rvf_ucmd *ucmd);
int rvf_cmd_verify(struct rvf_ucmd *ucmd);
int rvf_cmd_open_mount(struct rvf_ucmd *ucmd);

/* mount_file.c: mount fds */
struct file *rvf_mount_file_create(struct rvf_mnt *mnt);

static inline bool rvf_name_equal(const struct rvf_manifest *m,
				  const struct rvf_m_string *s,
				  const char *name, u32 len)
{
	return le32_to_cpu(s->length) == len &&
	       !memcmp(rvf_manifest_string(m, s), name, len);
}

#endif /* RVF_MOUNT_H */
