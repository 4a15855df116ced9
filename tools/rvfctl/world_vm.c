// SPDX-License-Identifier: GPL-2.0-only
/* Which tasks have a VM: the events and dumps do not say it, the manifest does. */
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include <rvf/device.h>
#include <rvf/manifest.h>

#include "text.h"
#include "world.h"

static void add_vms(struct world *world, __u64 mount_id, const struct rvf_manifest *m)
{
	struct world_vm *vm;

	for (__u32 i = 0; i < m->n_components; i++) {
		if (!m->components[i].vcpus)
			continue;
		world->vms = xgrow(world->vms, world->n_vms, sizeof(*vm));
		vm = &world->vms[world->n_vms++];
		vm->mount_id = mount_id;
		vm->component = i;
		vm->vcpus = rvf_le32(m->components[i].vcpus);
		vm->memory = rvf_le64(m->components[i].guest_memory);
	}
}

/* A mount that went away meanwhile, or may not be opened, has none to show. */
void world_load_vms(struct world *world)
{
	const struct rvf_nl_mount *mount;
	struct rvf_manifest m;
	int ctl, fd;
	void *data;

	ctl = world->n_mounts ? rvf_open(NULL) : -1;
	for (size_t i = 0; ctl >= 0 && i < world->n_mounts; i++) {
		mount = &world->mounts[i];
		fd = *mount->name ? rvf_open_mount(ctl, mount->name, NULL) : -1;
		if (fd < 0)
			continue;
		if (!rvf_mount_get_manifest(fd, &data, &m, NULL)) {
			add_vms(world, mount->id, &m);
			free(data);
		}
		close(fd);
	}
	if (ctl >= 0)
		close(ctl);
}

bool no_kvm(void)
{
	return access("/dev/kvm", R_OK | W_OK) != 0;
}

char *vm_text(__u32 vcpus, __u64 memory, bool here)
{
	bool missing = here && no_kvm();
	char size[UNIT_TEXT];

	return xprintf("%u vCPU%s, %s%s", vcpus, vcpus == 1 ? "" : "s", size_text(memory, size),
		       missing ? ", no KVM here" : "");
}
