// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <rvf/plugin.h>

#include "task.h"

int rvf_region_info(int region, struct rvf_region_info *info)
{
	memset(info, 0, sizeof(*info));
	info->size = sizeof(*info);
	return rvf_plugin_ioctl(region, RVF_REGION_INFO, info);
}

int rvf_region_map(int region, struct rvf_mapping *mapping)
{
	struct rvf_region_info info;
	void *data;
	int ret;

	memset(mapping, 0, sizeof(*mapping));
	ret = rvf_region_info(region, &info);
	if (ret < 0)
		return ret;
	if (!info.out_size) {
		mapping->data = "";
		return 0;
	}
	data = mmap(NULL, info.out_size, PROT_READ, MAP_SHARED, region, 0);
	if (data == MAP_FAILED)
		return -errno;
	mapping->data = data;
	mapping->length = info.out_cursor;
	mapping->size = info.out_size;
	return 0;
}

void rvf_region_unmap(struct rvf_mapping *mapping)
{
	if (mapping->size)
		munmap((void *)mapping->data, mapping->size);
	memset(mapping, 0, sizeof(*mapping));
}

int rvf_region_append(int region, const void *data, size_t length)
{
	ssize_t ret;

	do {
		ret = write(region, data, length);
	} while (ret < 0 && errno == EINTR);
	if (ret < 0)
		return -errno;
	/* An append is whole or not at all. */
	return (size_t)ret == length ? 0 : -EIO;
}

int rvf_slot_alloc(int region, __u64 *slot, size_t *offset)
{
	struct rvf_slot_alloc cmd = { .size = sizeof(cmd) };
	int ret;

	ret = rvf_plugin_ioctl(region, RVF_SLOT_ALLOC, &cmd);
	if (ret < 0)
		return ret;
	*slot = cmd.out_slot;
	if (offset)
		*offset = cmd.out_offset;
	return 0;
}

int rvf_slot_free(int region, __u64 slot)
{
	struct rvf_slot_free cmd = { .size = sizeof(cmd), .slot = slot };

	return rvf_plugin_ioctl(region, RVF_SLOT_FREE, &cmd);
}

static int slot_io(int region, unsigned long command, __u64 slot, size_t offset, const void *data,
		   size_t length)
{
	struct rvf_slot_io cmd = {
		.size = sizeof(cmd),
		.slot = slot,
		.buffer = (uintptr_t)data,
		.offset = offset,
		.length = length,
	};

	/* The command's fields are narrower. */
	if (offset > RVF_MAX_SLOT || length > RVF_MAX_SLOT)
		return -EMSGSIZE;
	return rvf_plugin_ioctl(region, command, &cmd);
}

int rvf_slot_read(int region, __u64 slot, size_t offset, void *data, size_t length)
{
	return slot_io(region, RVF_SLOT_READ, slot, offset, data, length);
}

int rvf_slot_write(int region, __u64 slot, size_t offset, const void *data, size_t length)
{
	return slot_io(region, RVF_SLOT_WRITE, slot, offset, data, length);
}

ssize_t rvf_region_read(int region, __u64 offset, void *data, size_t length)
{
	ssize_t ret;

	do {
		ret = pread(region, data, length, offset);
	} while (ret < 0 && errno == EINTR);
	return ret < 0 ? -errno : ret;
}
