/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * librvf: the kernel's commands, one function each.
 *
 * All calls return 0 (or an fd) or a negative errno, and then fill the struct
 * rvf_error, which may be NULL. Every fd that they return is close-on-exec.
 * They need CAP_SYS_ADMIN in the initial user namespace.
 */
#ifndef RVF_DEVICE_H
#define RVF_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/rvf.h>
#include <rvf/error.h>
#include <rvf/manifest.h>

#ifdef __cplusplus
extern "C" {
#endif

struct rvf_package;

#pragma GCC visibility push(default)

/**
 * DOC: The control fd
 */

/**
 * rvf_open - Open the control device
 * @e: Is filled on failure.
 *
 * The environment variable RVF_DEVICE names another path than /dev/rvfctl.
 *
 * Return: a control fd or a negative errno.
 */
int rvf_open(struct rvf_error *e);

/**
 * rvf_ctl_info - RVF_CTL_INFO: version, limits and counts
 * @ctl: A control fd.
 * @info: Is filled.
 * @e: Is filled on failure.
 */
int rvf_ctl_info(int ctl, struct rvf_ctl_info *info, struct rvf_error *e);

/**
 * rvf_key_add - RVF_KEY_ADD: add a public key to the kernel's key set
 * @ctl: A control fd.
 * @record: The key.
 * @id_out: Takes the key's id, also with -EEXIST; may be NULL.
 * @e: Is filled on failure.
 */
int rvf_key_add(int ctl, const struct rvf_key_record *record, __u8 id_out[RVF_KEY_ID_LEN],
		struct rvf_error *e);

/**
 * rvf_key_list - RVF_KEY_LIST: go through the kernel's key set
 * @ctl: A control fd.
 * @index: Counts from 0.
 * @record: Takes the record; may be NULL.
 * @id: Takes the key's id; may be NULL.
 * @e: Is filled on failure.
 *
 * Return: 0, -ENOENT when there are fewer keys, or another negative errno.
 */
int rvf_key_list(int ctl, __u32 index, struct rvf_key_record *record, __u8 id[RVF_KEY_ID_LEN],
		 struct rvf_error *e);

/**
 * struct rvf_mount_config - Limits for one mount, below the host's
 * @max_components: 0: the host's limit.
 * @max_regions: Likewise.
 * @max_queues: Likewise.
 * @max_tasks: Likewise.
 */
struct rvf_mount_config {
	__u32 max_components;
	__u32 max_regions;
	__u32 max_queues;
	__u32 max_tasks;
};

/**
 * struct rvf_mount_result - What RVF_MOUNT or RVF_VERIFY found
 * @fd: The mount fd; -1 on failure and after RVF_VERIFY.
 * @status: One of enum rvf_verify_status, also on failure.
 * @reason: One of enum rvf_reason, also on failure.
 * @index: What the reason says of it.
 * @components: How many there are; likewise the next three.
 * @regions: Regions.
 * @queues: Queues.
 * @tasks: Tasks.
 * @id: The mount's id.
 * @key_id: The key whose signature counted, or would be needed.
 */
struct rvf_mount_result {
	int fd;
	__u32 status;
	__u32 reason;
	__u32 index;
	__u32 components;
	__u32 regions;
	__u32 queues;
	__u32 tasks;
	__u64 id;
	__u8 key_id[RVF_KEY_ID_LEN];
};

/**
 * rvf_mount_package - RVF_MOUNT
 * @ctl: A control fd.
 * @package: A loaded package.
 * @name: The mount's name; NULL: none, the mount lives as long as its fd.
 * @config: Limits; NULL: the host's.
 * @result: Is filled, also on failure.
 * @e: Is filled on failure.
 *
 * Memory is charged to the caller's cgroup: see rvf_mount_in_cgroup().
 */
int rvf_mount_package(int ctl, struct rvf_package *package, const char *name,
		      const struct rvf_mount_config *config, struct rvf_mount_result *result,
		      struct rvf_error *e);

/**
 * rvf_verify_package - RVF_VERIFY: would it be mounted?
 * @ctl: A control fd.
 * @package: A loaded package.
 * @name: The name that it would have, or NULL.
 * @config: Limits; NULL: the host's.
 * @result: Is filled, also on failure.
 * @e: Is filled on failure.
 */
int rvf_verify_package(int ctl, struct rvf_package *package, const char *name,
		       const struct rvf_mount_config *config, struct rvf_mount_result *result,
		       struct rvf_error *e);

/**
 * rvf_open_mount - RVF_OPEN_MOUNT: a mount by its name
 * @ctl: A control fd.
 * @name: Its name.
 * @e: Is filled on failure.
 *
 * Return: a mount fd or a negative errno.
 */
int rvf_open_mount(int ctl, const char *name, struct rvf_error *e);

/**
 * DOC: The mount fd
 */

/**
 * rvf_mount_get_info - RVF_MOUNT_INFO
 * @mount: A mount fd.
 * @info: Is filled; its fields name and name_len are set by the call.
 * @name: Takes the name, "" for a nameless mount; may be NULL.
 * @e: Is filled on failure.
 */
int rvf_mount_get_info(int mount, struct rvf_mount_info *info, char name[RVF_MAX_NAME + 1],
		       struct rvf_error *e);

/**
 * rvf_mount_get_manifest - RVF_MOUNT_MANIFEST: the manifest as it was verified
 * @mount: A mount fd.
 * @data: Takes the bytes: free() them when @m is not used any more.
 * @m: Takes the view into them.
 * @e: Is filled on failure.
 */
int rvf_mount_get_manifest(int mount, void **data, struct rvf_manifest *m, struct rvf_error *e);

/**
 * rvf_mount_task_states - RVF_MOUNT_TASKS
 * @mount: A mount fd.
 * @tasks: Takes an array in component order: free() it.
 * @count: Takes how many.
 * @e: Is filled on failure.
 */
int rvf_mount_task_states(int mount, struct rvf_task_status **tasks, __u32 *count,
			  struct rvf_error *e);

/**
 * rvf_mount_get_handle - RVF_MOUNT_GET: a handle for an administrator
 * @mount: A mount fd.
 * @name: Of a region or queue.
 * @rights: The rights wanted, 0: all that make sense.
 * @get: Is filled with what the kernel says of it; may be NULL.
 * @e: Is filled on failure.
 *
 * Return: a handle or a negative errno.
 */
int rvf_mount_get_handle(int mount, const char *name, __u32 rights, struct rvf_get *get,
			 struct rvf_error *e);

/**
 * rvf_supervise - RVF_SUPERVISE: claim a mount
 * @mount: A mount fd, which becomes the claim.
 * @kvm: /dev/kvm, open for reading and writing, from which tasks make their VM;
 *	it may be closed afterwards. -1: they make none.
 * @e: Is filled on failure.
 */
int rvf_supervise(int mount, int kvm, struct rvf_error *e);

/**
 * rvf_task_start - RVF_TASK: begin an incarnation of a task
 * @mount: The claim.
 * @component: Index of the task's component in the manifest.
 * @task_fd: Takes the fd for the process to be.
 * @image_fd: Takes the fd to execute.
 * @incarnation: Takes which one it is; may be NULL.
 * @e: Is filled on failure.
 */
int rvf_task_start(int mount, __u32 component, int *task_fd, int *image_fd, __u64 *incarnation,
		   struct rvf_error *e);

/**
 * rvf_task_stop - RVF_TASK_STOP: ask one task to stop, do not wait
 * @mount: The claim.
 * @component: Index of the task's component in the manifest.
 * @flags: Bits of enum rvf_task_stop_flags.
 * @e: Is filled on failure: -ESTALE it does not run.
 */
int rvf_task_stop(int mount, __u32 component, __u32 flags, struct rvf_error *e);

/**
 * rvf_unmount - RVF_UNMOUNT: ask for it, do not wait
 * @mount: A mount fd.
 * @grace_ms: How long the tasks may take to stop.
 * @e: Is filled on failure.
 */
int rvf_unmount(int mount, __u32 grace_ms, struct rvf_error *e);

/**
 * rvf_exchange - RVF_EXCHANGE: two mounts swap names
 * @mount: A mount fd.
 * @other: Another mount's.
 * @e: Is filled on failure.
 */
int rvf_exchange(int mount, int other, struct rvf_error *e);

/**
 * rvf_wait_gone - Wait until an unmount is complete
 * @mount: A mount fd.
 * @timeout_ms: How long at most; negative: without end.
 * @e: Is filled on failure.
 *
 * Return: 0, -ETIMEDOUT, or another negative errno: -EINTR a signal came.
 */
int rvf_wait_gone(int mount, int timeout_ms, struct rvf_error *e);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* RVF_DEVICE_H */
