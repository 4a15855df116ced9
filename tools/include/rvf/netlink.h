/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * librvf: what is mounted, and events, over generic netlink.
 *
 * A struct rvf_nl is one socket and is used by one thread at a time. One that
 * has joined the events is not used for dumps: open two. Needs CAP_NET_ADMIN
 * and the initial network namespace.
 *
 * The structs that callbacks get live as long as the callback runs. A callback
 * that returns another number than 0 ends the call, which returns that number.
 */
#ifndef RVF_NETLINK_H
#define RVF_NETLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/rvf.h>
#include <rvf/error.h>

#ifdef __cplusplus
extern "C" {
#endif

struct rvf_nl;

/**
 * struct rvf_nl_mount - A message about a mount
 * @event: One of enum rvf_nl_event; RVF_NL_EVENT_NONE in a dump.
 * @id: The mount's id.
 * @name: Its name, "" when it has none.
 * @package: The package's name.
 * @version: The package's version.
 * @key_id: The key whose signature counted.
 * @key_label: That key's label.
 * @state: One of enum rvf_mount_state.
 * @tasks: How many tasks it has.
 * @bytes: Memory held by its objects and images.
 * @supervised: Someone holds the claim.
 */
struct rvf_nl_mount {
	__u32 event;
	__u64 id;
	char name[RVF_MAX_NAME + 1];
	char package[RVF_MAX_NAME + 1];
	__u64 version;
	__u8 key_id[RVF_KEY_ID_LEN];
	char key_label[RVF_KEY_LABEL_LEN];
	__u32 state;
	__u32 tasks;
	__u64 bytes;
	bool supervised;
};

/**
 * struct rvf_nl_task - A message about a task
 * @event: One of enum rvf_nl_event; RVF_NL_EVENT_NONE in a dump.
 * @mount_id: The mount it belongs to.
 * @name: Its component's name.
 * @component: Its component's index in the manifest.
 * @kind: One of enum rvf_component_kind.
 * @state: One of enum rvf_task_state.
 * @incarnation: How often it was started.
 * @pid: Of the bound process in the initial pid namespace, else 0.
 * @exit_kind: One of enum rvf_exit_kind.
 * @exit_code: Exit code or signal number.
 * @bind_reason: One of enum rvf_reason.
 * @relaxed: Bits of enum rvf_relax.
 */
struct rvf_nl_task {
	__u32 event;
	__u64 mount_id;
	char name[RVF_MAX_NAME + 1];
	__u32 component;
	__u32 kind;
	__u32 state;
	__u64 incarnation;
	__u32 pid;
	__u32 exit_kind;
	__s32 exit_code;
	__u32 bind_reason;
	__u32 relaxed;
};

/**
 * struct rvf_nl_holder - Who holds, or is granted, a handle
 * @component: Index of the component; %RVF_M_NONE: an administrator.
 * @rights: Bits of enum rvf_rights.
 * @depth: Derivations below the grant; 0 in a grant.
 * @badge: The badge.
 */
struct rvf_nl_holder {
	__u32 component;
	__u32 rights;
	__u32 depth;
	__u64 badge;
};

/**
 * struct rvf_nl_object - A message about a region or queue
 * @mount_id: The mount it belongs to.
 * @name: Its name.
 * @kind: One of enum rvf_object_kind.
 * @policy: Region: one of enum rvf_region_policy.
 * @size: Region: the most bytes it can hold; queue: the most of one message.
 * @used: Region: bytes it holds; queue: messages it holds.
 * @slots: Queue: messages it can hold; slab: its slots.
 * @type: Queue: type id.
 * @flags: Queue: bits of enum rvf_m_queue_flags.
 * @type_name: Queue: the type's text.
 * @grants: What components are granted by the manifest.
 * @n_grants: How many.
 * @holders: Live handles.
 * @n_holders: How many of them are told.
 * @all_holders: How many there are.
 */
struct rvf_nl_object {
	__u64 mount_id;
	char name[RVF_MAX_NAME + 1];
	__u32 kind;
	__u32 policy;
	__u64 size;
	__u64 used;
	__u32 slots;
	__u32 type;
	__u32 flags;
	char type_name[RVF_MAX_NAME + 1];
	const struct rvf_nl_holder *grants;
	size_t n_grants;
	const struct rvf_nl_holder *holders;
	size_t n_holders;
	__u32 all_holders;
};

typedef int (*rvf_nl_mount_fn)(const struct rvf_nl_mount *mount, void *context);
typedef int (*rvf_nl_task_fn)(const struct rvf_nl_task *task, void *context);
typedef int (*rvf_nl_object_fn)(const struct rvf_nl_object *object, void *context);

#pragma GCC visibility push(default)

/**
 * rvf_nl_open - Open a socket and find the family
 * @nl: Takes it.
 * @e: Is filled on failure.
 *
 * Return: 0 or a negative errno: -ENOENT the module is not loaded.
 */
int rvf_nl_open(struct rvf_nl **nl, struct rvf_error *e);

/**
 * rvf_nl_close - Close it
 * @nl: May be NULL.
 */
void rvf_nl_close(struct rvf_nl *nl);

/**
 * rvf_nl_dump_mounts - Go through all mounts, nameless ones too
 * @nl: A socket.
 * @call: Called for each.
 * @context: Passed on.
 * @e: Is filled on failure.
 */
int rvf_nl_dump_mounts(struct rvf_nl *nl, rvf_nl_mount_fn call, void *context, struct rvf_error *e);

/**
 * rvf_nl_dump_tasks - Go through tasks
 * @nl: A socket.
 * @mount_id: Of one mount; 0: all mounts.
 * @call: Called for each.
 * @context: Passed on.
 * @e: Is filled on failure.
 */
int rvf_nl_dump_tasks(struct rvf_nl *nl, __u64 mount_id, rvf_nl_task_fn call, void *context,
		      struct rvf_error *e);

/**
 * rvf_nl_dump_objects - Go through regions and queues
 * @nl: A socket.
 * @mount_id: Of one mount; 0: all mounts.
 * @call: Called for each.
 * @context: Passed on.
 * @e: Is filled on failure.
 */
int rvf_nl_dump_objects(struct rvf_nl *nl, __u64 mount_id, rvf_nl_object_fn call, void *context,
			struct rvf_error *e);

/**
 * rvf_nl_events_join - Begin to get events
 * @nl: A socket that is not used for dumps.
 * @e: Is filled on failure.
 *
 * Join first and dump then, so that nothing is missed in between.
 */
int rvf_nl_events_join(struct rvf_nl *nl, struct rvf_error *e);

/**
 * rvf_nl_fd - The fd to poll: POLLIN when events can be received
 * @nl: A socket.
 */
int rvf_nl_fd(const struct rvf_nl *nl);

/**
 * rvf_nl_receive - Take the events that have come, do not wait
 * @nl: A socket that has joined.
 * @mount: Called for each event about a mount; may be NULL.
 * @task: Called for each event about a task; may be NULL.
 * @context: Passed on.
 * @e: Is filled on failure.
 *
 * Return: 0 when all were taken, or a negative errno: -ENOBUFS some were lost:
 * dump again.
 */
int rvf_nl_receive(struct rvf_nl *nl, rvf_nl_mount_fn mount, rvf_nl_task_fn task, void *context,
		   struct rvf_error *e);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* RVF_NETLINK_H */
