// SPDX-License-Identifier: LGPL-2.1-or-later
/* The guest's memory, and the addresses that are none. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "task.h"
#include "vm.h"

#define PAGE 4096

int rvf_guest_memory(struct rvf_guest *guest, int fd, __u64 offset, __u64 length, __u64 start,
		     __u32 flags, __u32 *slot)
{
	struct rvf_vm_map map = {
		.size = sizeof(map),
		.flags = flags,
		.fd = fd,
		.address = start,
		.offset = offset,
		.length = length,
	};
	int ret;

	pthread_mutex_lock(&guest->memory_lock);
	ret = rvf_plugin_ioctl(guest->fd, RVF_VM_MAP, &map);
	if (ret == 0)
		guest->pages[map.out_slot] = length / PAGE;
	pthread_mutex_unlock(&guest->memory_lock);
	if (ret < 0)
		return ret;
	if (slot)
		*slot = map.out_slot;
	return 0;
}

int rvf_guest_memory_remove(struct rvf_guest *guest, __u32 slot)
{
	struct rvf_vm_unmap unmap = { .size = sizeof(unmap), .slot = slot };
	int ret;

	pthread_mutex_lock(&guest->memory_lock);
	ret = rvf_plugin_ioctl(guest->fd, RVF_VM_UNMAP, &unmap);
	if (ret == 0)
		guest->pages[slot] = 0;
	pthread_mutex_unlock(&guest->memory_lock);
	return ret;
}

/* KVM writes whole words, which may be more than the log that is asked for. */
static int dirty_log(const struct rvf_guest *guest, __u32 slot, __u8 *log, size_t room)
{
	__u64 pages = slot < RVF_MAX_VM_SLOTS ? guest->pages[slot] : 0;
	struct kvm_dirty_log dirty = { .slot = slot };
	size_t length = (pages + 7) / 8;
	int ret;

	if (!pages)
		return -ENOENT;
	if (room < length)
		return -E2BIG;
	dirty.dirty_bitmap = calloc((pages + 63) / 64, sizeof(__u64));
	if (!dirty.dirty_bitmap)
		return -ENOMEM;
	ret = rvf_plugin_ioctl(guest->fd, KVM_GET_DIRTY_LOG, &dirty);
	if (ret == 0)
		memcpy(log, dirty.dirty_bitmap, length);
	free(dirty.dirty_bitmap);
	return ret;
}

int rvf_guest_dirty_log(struct rvf_guest *guest, __u32 slot, __u8 *log, size_t room)
{
	int ret;

	pthread_mutex_lock(&guest->memory_lock);
	ret = dirty_log(guest, slot, log, room);
	pthread_mutex_unlock(&guest->memory_lock);
	return ret;
}

static int reserve(struct rvf_guest *guest, __u32 space, __u64 start, __u64 length, __u32 flags)
{
	struct rvf_vm_reserve reserve = {
		.size = sizeof(reserve),
		.space = space,
		.start = start,
		.length = length,
		.flags = length ? flags : 0,
	};

	return rvf_plugin_ioctl(guest->fd, RVF_VM_RESERVE, &reserve);
}

int rvf_guest_reserve_range(struct rvf_guest *guest, __u32 space, __u64 start, __u64 length)
{
	return reserve(guest, space, start, length, 0);
}

int rvf_guest_reserve_async(struct rvf_guest *guest, __u32 space, __u64 start, __u64 length)
{
	return reserve(guest, space, start, length, RVF_VM_RESERVE_ASYNC);
}

int rvf_guest_set_hint(struct rvf_guest *guest, __u32 space, __u64 address, __u32 flags,
		       const struct rvf_hint_detail *details, __u32 count)
{
	struct rvf_vm_hint hint = {
		.size = sizeof(hint),
		.space = space,
		.address = address,
		.details = (uintptr_t)details,
		.flags = flags,
		.count = count,
	};

	return rvf_plugin_ioctl(guest->fd, RVF_VM_HINT, &hint);
}
