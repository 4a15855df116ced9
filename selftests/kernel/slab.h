/* SPDX-License-Identifier: GPL-2.0-only */
/* A mount with a slab whose slots straddle pages, and its commands. */
#ifndef RVF_SELFTESTS_SLAB_H
#define RVF_SELFTESTS_SLAB_H

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "util_package.h"

#define SLOTS	  30
#define SLOT_SIZE 1000
#define SLAB_SIZE (SLOTS * SLOT_SIZE)

static inline int slot_alloc_at(int region, uint64_t *slot, uint64_t *offset)
{
	struct rvf_slot_alloc arg = { .size = sizeof(arg) };
	int result = rvf(region, RVF_SLOT_ALLOC, &arg);

	*slot = arg.out_slot;
	*offset = arg.out_offset;
	return result;
}

static inline int slot_alloc(int region, uint64_t *slot)
{
	uint64_t offset;

	return slot_alloc_at(region, slot, &offset);
}

static inline int slot_free(int region, uint64_t slot)
{
	struct rvf_slot_free arg = { .size = sizeof(arg), .slot = slot };

	return rvf(region, RVF_SLOT_FREE, &arg);
}

static inline int slot_io(int region, unsigned long command, uint64_t slot, uint32_t offset,
			  const void *buffer, uint32_t length)
{
	struct rvf_slot_io arg = {
		.size = sizeof(arg),
		.slot = slot,
		.buffer = (uintptr_t)buffer,
		.offset = offset,
		.length = length,
	};

	return rvf(region, command, &arg);
}

static inline int slot_read(int region, uint64_t slot, uint32_t offset, void *to, uint32_t length)
{
	return slot_io(region, RVF_SLOT_READ, slot, offset, to, length);
}

static inline int slot_write(int region, uint64_t slot, uint32_t offset, const void *from,
			     uint32_t length)
{
	return slot_io(region, RVF_SLOT_WRITE, slot, offset, from, length);
}

static inline struct rvf_region_info info_of(int region)
{
	struct rvf_region_info info = { .size = sizeof(info) };

	must_rvf(rvf(region, RVF_REGION_INFO, &info));
	return info;
}

static inline unsigned int slots_used(int region)
{
	struct rvf_region_info info = info_of(region);

	return info.out_cursor / info.out_slot_size;
}

/* Are @length bytes all this one? */
static inline bool all_bytes(const uint8_t *bytes, size_t length, uint8_t byte)
{
	for (size_t i = 0; i < length; i++) {
		if (bytes[i] != byte)
			return false;
	}
	return true;
}

/* A mount of the usual objects and this slab, as "slab" */
static inline int mount_slab(uint64_t slots, uint64_t slot_size)
{
	struct pkg *pkg = pkg_usual();
	int ctl = ctl_open(), mount;

	key_trust(ctl, KEY_OWNER);
	pkg_slab(pkg, "slab", slots, slot_size);
	pkg_finish(pkg, KEY_OWNER);
	mount = must_rvf(pkg_mount(pkg, ctl, NULL, NULL));
	close(ctl);
	return mount;
}

FIXTURE(slab)
{
	int mount;
	int region;
};

FIXTURE_SETUP(slab)
{
	self->mount = mount_slab(SLOTS, SLOT_SIZE);
	self->region = must_rvf(mount_get(self->mount, "slab", 0));
}

FIXTURE_TEARDOWN(slab)
{
	close(self->region);
	close(self->mount);
}

#endif
