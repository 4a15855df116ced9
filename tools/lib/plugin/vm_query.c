// SPDX-License-Identifier: LGPL-2.1-or-later
/* What KVM can do, and what CPUID can tell. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "task.h"
#include "vm.h"

#define MOST_MSRS	 4096
#define KVM_IDENTITY_MAP 0xfffbc000

int rvf_guest_check_extension(struct rvf_guest *guest, __u32 extension)
{
	return rvf_plugin_ioctl(guest->fd, KVM_CHECK_EXTENSION, (void *)(uintptr_t)extension);
}

__u64 rvf_guest_identity_map(const struct rvf_guest *guest)
{
	(void)guest;
	return rvf_vm_made.identity_map ? rvf_vm_made.identity_map : KVM_IDENTITY_MAP;
}

int rvf_guest_get_clock(struct rvf_guest *guest, struct kvm_clock_data *clock)
{
	return rvf_plugin_ioctl(guest->fd, KVM_GET_CLOCK, clock);
}

int rvf_guest_set_clock(struct rvf_guest *guest, const struct kvm_clock_data *clock)
{
	return rvf_plugin_ioctl(guest->fd, KVM_SET_CLOCK, (void *)clock);
}

static struct kvm_cpuid2 *cpuid_alloc(__u32 count)
{
	struct kvm_cpuid2 *all = calloc(1, sizeof(*all) + count * sizeof(all->entries[0]));

	if (all)
		all->nent = count;
	return all;
}

/* Of what KVM answered; it is asked with room for all there can be. */
static int cpuid_give(const struct kvm_cpuid2 *all, __u32 room, struct kvm_cpuid_entry2 *entries,
		      __u32 *count)
{
	__u32 i;

	*count = all->nent;
	if (all->nent > room)
		return -E2BIG;
	for (i = 0; i < all->nent; i++) {
		entries[i] = all->entries[i];
		entries[i].flags &= KVM_CPUID_FLAG_SIGNIFCANT_INDEX;
	}
	return 0;
}

/* @vcpu: whose it is; NULL: the host's */
static int cpuid_get(struct rvf_guest *guest, struct rvf_vcpu *vcpu, unsigned long command,
		     __u32 room, struct kvm_cpuid_entry2 *entries, __u32 *count)
{
	struct kvm_cpuid2 *all = cpuid_alloc(RVF_MAX_VCPU_ENTRIES);
	int ret;

	*count = 0;
	if (!all)
		return -ENOMEM;
	ret = vcpu ? rvf_vcpu_ioctl(vcpu, command, all) : rvf_plugin_ioctl(guest->fd, command, all);
	if (ret == 0)
		ret = cpuid_give(all, room, entries, count);
	free(all);
	return ret;
}

int rvf_guest_get_supported_cpuid(struct rvf_guest *guest, __u32 room,
				  struct kvm_cpuid_entry2 *entries, __u32 *count)
{
	return cpuid_get(guest, NULL, KVM_GET_SUPPORTED_CPUID, room, entries, count);
}

int rvf_guest_get_emulated_cpuid(struct rvf_guest *guest, __u32 room,
				 struct kvm_cpuid_entry2 *entries, __u32 *count)
{
	return cpuid_get(guest, NULL, KVM_GET_EMULATED_CPUID, room, entries, count);
}

int rvf_vcpu_get_cpuid(struct rvf_vcpu *vcpu, __u32 room, struct kvm_cpuid_entry2 *entries,
		       __u32 *count)
{
	return cpuid_get(NULL, vcpu, KVM_GET_CPUID2, room, entries, count);
}

int rvf_vcpu_get_hyperv_cpuid(struct rvf_vcpu *vcpu, __u32 room, struct kvm_cpuid_entry2 *entries,
			      __u32 *count)
{
	return cpuid_get(NULL, vcpu, KVM_GET_SUPPORTED_HV_CPUID, room, entries, count);
}

int rvf_vcpu_set_cpuid(struct rvf_vcpu *vcpu, __u32 count, const struct kvm_cpuid_entry2 *entries)
{
	struct kvm_cpuid2 *all;
	__u32 i;
	int ret;

	if (count > RVF_MAX_VCPU_ENTRIES)
		return -E2BIG;
	all = cpuid_alloc(count);
	if (!all)
		return -ENOMEM;
	for (i = 0; i < count; i++) {
		all->entries[i] = entries[i];
		all->entries[i].flags &= KVM_CPUID_FLAG_SIGNIFCANT_INDEX;
		if (!all->entries[i].flags)
			all->entries[i].index = 0;
		memset(all->entries[i].padding, 0, sizeof(all->entries[i].padding));
	}
	ret = rvf_vcpu_ioctl(vcpu, KVM_SET_CPUID2, all);
	free(all);
	return ret;
}

static struct kvm_msr_list *msr_list(const struct rvf_guest *guest, __u32 room, int *ret)
{
	struct kvm_msr_list *list;

	/* KVM has far fewer. */
	if (room > MOST_MSRS)
		room = MOST_MSRS;
	list = calloc(1, sizeof(*list) + room * sizeof(list->indices[0]));
	*ret = -ENOMEM;
	if (!list)
		return NULL;
	list->nmsrs = room;
	*ret = rvf_plugin_ioctl(guest->fd, KVM_GET_MSR_INDEX_LIST, list);
	return list;
}

int rvf_guest_get_msr_indexes(struct rvf_guest *guest, __u32 room, __u32 *indexes, __u32 *count)
{
	struct kvm_msr_list *list;
	int ret;

	*count = 0;
	list = msr_list(guest, room, &ret);
	if (!list)
		return ret;
	/* KVM says how many there are also when there is too little room. */
	if (ret == 0 || ret == -E2BIG)
		*count = list->nmsrs;
	if (ret == 0)
		memcpy(indexes, list->indices, list->nmsrs * sizeof(*indexes));
	free(list);
	return ret;
}
