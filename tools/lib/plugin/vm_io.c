// SPDX-License-Identifier: LGPL-2.1-or-later
/* Writes of the guest that add to an eventfd. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "task.h"
#include "vm.h"

struct rvf_io_event {
	struct rvf_guest *guest;
	struct kvm_ioeventfd kvm;
};

static int ioeventfd(const struct rvf_io_event *event, __u32 flags)
{
	struct kvm_ioeventfd kvm = event->kvm;

	kvm.flags |= flags;
	return rvf_plugin_ioctl(event->guest->fd, KVM_IOEVENTFD, &kvm);
}

static bool valid_width(__u32 width)
{
	return width == 0 || width == 1 || width == 2 || width == 4 || width == 8;
}

int rvf_guest_io_event(struct rvf_guest *guest, __u32 space, __u64 address, __u32 width,
		       const void *match, struct rvf_io_event **out)
{
	struct rvf_io_event *event;
	int ret;

	if (space > RVF_SPACE_MMIO || !valid_width(width))
		return -EINVAL;
	event = calloc(1, sizeof(*event));
	if (!event)
		return -ENOMEM;
	event->guest = guest;
	event->kvm.addr = address;
	event->kvm.len = width;
	if (space == RVF_SPACE_PORT)
		event->kvm.flags |= KVM_IOEVENTFD_FLAG_PIO;
	if (width && match) {
		event->kvm.flags |= KVM_IOEVENTFD_FLAG_DATAMATCH;
		memcpy(&event->kvm.datamatch, match, width);
	}
	event->kvm.fd = eventfd(0, EFD_CLOEXEC);
	ret = event->kvm.fd < 0 ? -errno : ioeventfd(event, 0);
	if (ret < 0) {
		if (event->kvm.fd >= 0)
			close(event->kvm.fd);
		free(event);
		return ret;
	}
	*out = event;
	return 0;
}

int rvf_io_event_fd(const struct rvf_io_event *event)
{
	return event->kvm.fd;
}

int rvf_io_event_free(struct rvf_io_event *event)
{
	int ret = ioeventfd(event, KVM_IOEVENTFD_FLAG_DEASSIGN);

	if (ret < 0)
		return ret;
	close(event->kvm.fd);
	free(event);
	return 0;
}
