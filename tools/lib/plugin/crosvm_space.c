// SPDX-License-Identifier: LGPL-2.1-or-later
/* crosvm's plugin API: the guest's addresses, and what answers there. */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <crosvm/crosvm.h>

#include "crosvm_internal.h"

_Static_assert((int)CROSVM_ADDRESS_SPACE_IOPORT == RVF_SPACE_PORT, "");
_Static_assert((int)CROSVM_ADDRESS_SPACE_MMIO == RVF_SPACE_MMIO, "");

#define PAGE 4096

struct crosvm_memory {
	__u32 slot;
	size_t log_bytes;
};

static int reserve(struct crosvm *self, uint32_t space, uint64_t start, uint64_t length,
		   int (*make)(struct rvf_guest *guest, __u32 space, __u64 start, __u64 length))
{
	int ret;

	/* What ends where the addresses do is not refused by rvf. */
	if (start + length < start)
		return -EINVAL;
	ret = make(guest_of(self), space, start, length);
	return ret == -EEXIST ? -EPERM : ret;
}

int crosvm_reserve_range(struct crosvm *self, uint32_t space, uint64_t start, uint64_t length)
{
	return reserve(self, space, start, length, rvf_guest_reserve_range);
}

int crosvm_reserve_async_write_range(struct crosvm *self, uint32_t space, uint64_t start,
				     uint64_t length)
{
	return reserve(self, space, start, length, rvf_guest_reserve_async);
}

/* The details of both APIs look the same. */
_Static_assert(sizeof(struct crosvm_hint_detail) == sizeof(struct rvf_hint_detail), "");
_Static_assert(offsetof(struct crosvm_hint_detail, rdx) == offsetof(struct rvf_hint_detail, rdx),
	       "");
_Static_assert(offsetof(struct crosvm_hint_detail, send_debugregs) ==
		       offsetof(struct rvf_hint_detail, send_debugregs),
	       "");
_Static_assert((int)CROSVM_HINT_ON_WRITE == RVF_HINT_ON_WRITE, "");

int crosvm_set_hypercall_hint(struct crosvm *self, uint32_t hints_count,
			      const struct crosvm_hint *hints)
{
	int ret;

	if (!hints_count)
		return rvf_guest_set_hint(guest_of(self), 0, 0, 0, NULL, 0);
	if (hints_count > CROSVM_MAX_HINT_COUNT || hints->hint_version || hints->_reserved ||
	    !hints->address || hints->details_count > CROSVM_MAX_HINT_DETAIL_COUNT)
		return -EINVAL;
	ret = rvf_guest_set_hint(guest_of(self), hints->address_space, hints->address,
				 hints->address_flags,
				 (const struct rvf_hint_detail *)hints->details,
				 hints->details_count);
	/* An unknown flag, or a reserved field */
	return ret == -EOPNOTSUPP ? -EINVAL : ret;
}

int crosvm_create_io_event(struct crosvm *self, uint32_t space, uint64_t addr, uint32_t len,
			   const uint8_t *datamatch, struct crosvm_io **out)
{
	struct rvf_io_event *event;
	int ret = rvf_guest_io_event(guest_of(self), space, addr, len, datamatch, &event);

	if (ret == 0)
		*out = (struct crosvm_io *)event;
	return ret;
}

int crosvm_destroy_io_event(struct crosvm *self, struct crosvm_io **io)
{
	int ret = rvf_io_event_free((struct rvf_io_event *)*io);

	(void)self;
	if (ret == 0)
		*io = NULL;
	return ret;
}

int crosvm_io_event_fd(struct crosvm_io *io)
{
	return rvf_io_event_fd((struct rvf_io_event *)io);
}

static int check_memory(int fd, uint64_t offset, uint64_t length, uint64_t start)
{
	if (offset % PAGE || length % PAGE)
		return -EINVAL;
	if (lseek(fd, 0, SEEK_END) < 0)
		return -errno;
	if (offset + length < offset || start + length < start)
		return -EOVERFLOW;
	return 0;
}

int crosvm_create_memory(struct crosvm *self, int fd, uint64_t offset, uint64_t length,
			 uint64_t start, bool read_only, bool dirty_log, struct crosvm_memory **out)
{
	struct crosvm_memory *memory;
	__u32 flags = 0;
	int ret = check_memory(fd, offset, length, start);

	if (ret < 0)
		return ret;
	if (read_only)
		flags |= RVF_VM_MAP_READ_ONLY;
	if (dirty_log)
		flags |= RVF_VM_MAP_DIRTY_LOG;
	memory = malloc(sizeof(*memory));
	if (!memory)
		return -ENOMEM;
	memory->log_bytes = (length / PAGE + 7) / 8;
	ret = rvf_guest_memory(guest_of(self), fd, offset, length, start, flags, &memory->slot);
	if (ret < 0) {
		free(memory);
		return ret;
	}
	*out = memory;
	return 0;
}

int crosvm_destroy_memory(struct crosvm *self, struct crosvm_memory **memory)
{
	int ret = rvf_guest_memory_remove(guest_of(self), (*memory)->slot);

	if (ret < 0)
		return ret;
	free(*memory);
	*memory = NULL;
	return 0;
}

int crosvm_memory_get_dirty_log(struct crosvm *self, struct crosvm_memory *memory, uint8_t *log)
{
	return rvf_guest_dirty_log(guest_of(self), memory->slot, log, memory->log_bytes);
}

int crosvm_create_irq_event(struct crosvm *self, uint32_t irq_id, struct crosvm_irq **out)
{
	struct rvf_irq_event *event;
	int ret = rvf_guest_irq_event(guest_of(self), irq_id, &event);

	if (ret == 0)
		*out = (struct crosvm_irq *)event;
	return ret;
}

int crosvm_destroy_irq_event(struct crosvm *self, struct crosvm_irq **irq)
{
	int ret = rvf_irq_event_free((struct rvf_irq_event *)*irq);

	(void)self;
	if (ret == 0)
		*irq = NULL;
	return ret;
}

int crosvm_irq_event_get_fd(const struct crosvm_irq *irq)
{
	return rvf_irq_event_fd((const struct rvf_irq_event *)irq);
}

int crosvm_irq_event_get_resample_fd(const struct crosvm_irq *irq)
{
	return rvf_irq_event_resample_fd((const struct rvf_irq_event *)irq);
}
