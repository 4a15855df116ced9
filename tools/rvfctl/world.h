/* SPDX-License-Identifier: GPL-2.0-only */
/* What is mounted: the kernel's word, and rvfd's where it answers. */
#ifndef RVFCTL_WORLD_H
#define RVFCTL_WORLD_H

#include <rvf/netlink.h>

#include "../supervise/client.h"
#include "rvfctl.h"

/* Of a task: the manifest's word, which root alone can read. */
struct world_vm {
	__u64 mount_id;
	__u32 component;
	__u32 vcpus;
	__u64 memory;
};

#define VM_NAME "vm" /* as which a task's VM is listed */

struct world {
	struct rvf_nl_mount *mounts; /* sorted by name */
	size_t n_mounts;
	struct rvf_nl_task *tasks; /* by mount, then as in the manifest */
	size_t n_tasks;
	struct rvf_nl_object *objects; /* by mount, then name */
	size_t n_objects;
	struct world_vm *vms; /* by mount, then as in the manifest */
	size_t n_vms;
	struct rvfd_task *supervised;
	size_t n_supervised;
};

enum {
	WORLD_TASKS = 1 << 0,
	WORLD_OBJECTS = 1 << 1,
	WORLD_SUPERVISOR = 1 << 2,
	WORLD_VMS = 1 << 3, /* of mounts with a name */
};

int world_load(struct world *world, unsigned int what, struct rvf_error *e);
void world_free(struct world *world);

const struct rvf_nl_mount *world_mount(const struct world *world, __u64 id);
const struct rvfd_task *world_supervised(const struct world *world, const struct rvf_nl_task *task);

/* "/sense", or "#7" for a nameless mount. */
#define MOUNT_TEXT (RVF_MAX_NAME + 8)
const char *mount_text(const struct rvf_nl_mount *mount, char text[MOUNT_TEXT]);

/*
 * Whether one of @names (none: all) is the mount's, or "MOUNT:NAME" of what
 * belongs to it; @name is NULL where only mounts can be named.
 */
bool world_named(const struct args *args, const struct rvf_nl_mount *mount, const char *name);
/* The first of @names that is nothing here is an error. */
int world_check_names(const struct world *world, const struct args *args, bool tasks,
		      struct rvf_error *e, const char **name);

/* world_vm.c */
void world_load_vms(struct world *world);
/* Whether this host has no KVM that tasks could make their VMs of */
bool no_kvm(void);
/* "2 vCPUs, 64M", and whether there is no KVM here to make it from; to be freed. */
char *vm_text(__u32 vcpus, __u64 memory, bool here);

#endif /* RVFCTL_WORLD_H */
