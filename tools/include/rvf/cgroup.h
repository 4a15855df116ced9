/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * librvf: the cgroups of mounts and tasks.
 *
 * Below the cgroup "rvf" of the version 2 hierarchy each mount has a cgroup,
 * and in it one for each of its tasks. A mount's is named after the name that it
 * was mounted at, and carries its id, so that whoever mounts and whoever
 * supervises find the same one, also when the name was exchanged since.
 */
#ifndef RVF_CGROUP_H
#define RVF_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/rvf.h>
#include <rvf/error.h>
#include <rvf/device.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of the name of a mount's or task's cgroup, its NUL included. */
#define RVF_CGROUP_NAME 256

#pragma GCC visibility push(default)

/**
 * rvf_cgroup_root - Open the cgroup "rvf", make it if need be
 * @e: Is filled on failure.
 *
 * Return: a directory fd or a negative errno: -EOPNOTSUPP this host has no
 * cgroup version 2 with the memory, pids and cpu controllers.
 */
int rvf_cgroup_root(struct rvf_error *e);

/**
 * rvf_cgroup_mount_name - What the cgroup of a mount is called at first
 * @mount: The mount's name; NULL or "": a nameless one of this process.
 * @name: Takes it.
 */
void rvf_cgroup_mount_name(const char *mount, char name[RVF_CGROUP_NAME]);

/**
 * rvf_cgroup_mount_id - Whose cgroup it is
 * @root: From rvf_cgroup_root().
 * @name: Of a cgroup below it.
 *
 * Return: the id of a mount, which may be gone; 0: that is not known.
 */
__u64 rvf_cgroup_mount_id(int root, const char *name);

/**
 * rvf_cgroup_mount - Open a mount's cgroup, make it if need be
 * @root: From rvf_cgroup_root().
 * @mount: The mount's name; NULL or "": a nameless one of this process.
 * @id: The mount's id.
 * @memory: The most bytes of memory that all of it may use; 0: as it is.
 * @name: Takes the cgroup's name.
 * @e: Is filled on failure.
 *
 * Return: a directory fd or a negative errno.
 */
int rvf_cgroup_mount(int root, const char *mount, __u64 id, __u64 memory,
		     char name[RVF_CGROUP_NAME], struct rvf_error *e);

/**
 * rvf_cgroup_mount_memory - How much memory a mount may need at the most
 * @m: Its manifest.
 */
__u64 rvf_cgroup_mount_memory(const struct rvf_manifest *m);

/**
 * rvf_cgroup_task - Open a task's cgroup, make it if need be, and set limits
 * @mount: From rvf_cgroup_mount().
 * @m: The mount's manifest.
 * @component: Index of the task's component.
 * @e: Is filled on failure.
 *
 * Return: a directory fd or a negative errno: -EBUSY processes of an earlier
 * run are still in it; they have been killed and will be gone soon.
 */
int rvf_cgroup_task(int mount, const struct rvf_manifest *m, __u32 component, struct rvf_error *e);

/**
 * rvf_cgroup_task_running - Open the cgroup of a task that runs in it
 * @mount: From rvf_cgroup_mount().
 * @m: The mount's manifest.
 * @component: Index of the task's component.
 *
 * Return: a directory fd or a negative errno.
 */
int rvf_cgroup_task_running(int mount, const struct rvf_manifest *m, __u32 component);

/**
 * rvf_cgroup_memory - Bytes of memory that a cgroup uses
 * @cgroup: A directory fd.
 *
 * Return: bytes, 0 when it cannot be known.
 */
__u64 rvf_cgroup_memory(int cgroup);

/**
 * rvf_cgroup_out_of_memory - How often a process of it was killed for memory
 * @cgroup: A directory fd.
 *
 * Return: a count, 0 when it cannot be known.
 */
__u64 rvf_cgroup_out_of_memory(int cgroup);

/**
 * rvf_cgroup_remove - Remove a mount's cgroup and those of its tasks
 * @root: From rvf_cgroup_root().
 * @name: From rvf_cgroup_mount().
 *
 * Return: 0, also when there is none, or a negative errno: -EBUSY processes
 * are in it.
 */
int rvf_cgroup_remove(int root, const char *name);

/**
 * rvf_cgroup_list - Go through the cgroups of mounts
 * @root: From rvf_cgroup_root().
 * @call: Called with each one's name; may remove it.
 * @context: Passed on.
 */
int rvf_cgroup_list(int root, int (*call)(const char *name, void *context), void *context);

/**
 * rvf_mount_in_cgroup - rvf_mount_package(), charged to the mount's own cgroup
 * @ctl: A control fd.
 * @package: A loaded package.
 * @name: The mount's name, or NULL.
 * @config: Limits; NULL: the host's.
 * @root: From rvf_cgroup_root(); -1: do without, as rvf_mount_package().
 * @result: Is filled, also on failure.
 * @e: Is filled on failure.
 *
 * The call is made by a child that starts in the mount's cgroup and hands the
 * mount fd over. On failure the cgroup is removed.
 */
int rvf_mount_in_cgroup(int ctl, struct rvf_package *package, const char *name,
			const struct rvf_mount_config *config, int root,
			struct rvf_mount_result *result, struct rvf_error *e);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* RVF_CGROUP_H */
