// SPDX-License-Identifier: LGPL-2.1-or-later
/* Interrupts of the guest, and the chips that KVM has of its own. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "task.h"
#include "vm.h"

struct rvf_irq_event {
	struct rvf_guest *guest;
	__u32 irq;
	int fd;
	int resample_fd;
};

int rvf_guest_set_irq(struct rvf_guest *guest, __u32 irq, bool active)
{
	struct kvm_irq_level level = { .irq = irq, .level = active };

	return rvf_plugin_ioctl(guest->fd, KVM_IRQ_LINE, &level);
}

int rvf_guest_set_routes(struct rvf_guest *guest, __u32 count,
			 const struct kvm_irq_routing_entry *routes)
{
	struct kvm_irq_routing *table;
	int ret;

	if (count > RVF_MAX_VM_ROUTES)
		return -E2BIG;
	table = calloc(1, sizeof(*table) + count * sizeof(*routes));
	if (!table)
		return -ENOMEM;
	table->nr = count;
	if (count)
		memcpy(table->entries, routes, count * sizeof(*routes));
	ret = rvf_plugin_ioctl(guest->fd, KVM_SET_GSI_ROUTING, table);
	free(table);
	return ret;
}

static int irqfd(const struct rvf_irq_event *event, __u32 flags)
{
	struct kvm_irqfd irqfd = {
		.fd = event->fd,
		.gsi = event->irq,
		.flags = flags,
		.resamplefd = event->resample_fd,
	};

	return rvf_plugin_ioctl(event->guest->fd, KVM_IRQFD, &irqfd);
}

static void irq_event_close(struct rvf_irq_event *event)
{
	if (event->fd >= 0)
		close(event->fd);
	if (event->resample_fd >= 0)
		close(event->resample_fd);
	free(event);
}

int rvf_guest_irq_event(struct rvf_guest *guest, __u32 irq, struct rvf_irq_event **out)
{
	struct rvf_irq_event *event = malloc(sizeof(*event));
	int ret;

	if (!event)
		return -ENOMEM;
	event->guest = guest;
	event->irq = irq;
	event->resample_fd = -1;
	event->fd = eventfd(0, EFD_CLOEXEC);
	if (event->fd >= 0)
		event->resample_fd = eventfd(0, EFD_CLOEXEC);
	ret = event->resample_fd < 0 ? -errno : irqfd(event, KVM_IRQFD_FLAG_RESAMPLE);
	if (ret < 0) {
		irq_event_close(event);
		return ret;
	}
	*out = event;
	return 0;
}

int rvf_irq_event_fd(const struct rvf_irq_event *event)
{
	return event->fd;
}

int rvf_irq_event_resample_fd(const struct rvf_irq_event *event)
{
	return event->resample_fd;
}

int rvf_irq_event_free(struct rvf_irq_event *event)
{
	int ret = irqfd(event, KVM_IRQFD_FLAG_DEASSIGN);

	if (ret < 0)
		return ret;
	irq_event_close(event);
	return 0;
}

/* With the state in between, of which @size bytes are the chip's. */
static int get_chip(struct rvf_guest *guest, __u32 id, void *state, size_t size)
{
	struct kvm_irqchip chip = { .chip_id = id };
	int ret = rvf_plugin_ioctl(guest->fd, KVM_GET_IRQCHIP, &chip);

	if (ret == 0)
		memcpy(state, &chip.chip, size);
	return ret;
}

static int set_chip(struct rvf_guest *guest, __u32 id, const void *state, size_t size)
{
	struct kvm_irqchip chip = { .chip_id = id };

	memcpy(&chip.chip, state, size);
	return rvf_plugin_ioctl(guest->fd, KVM_SET_IRQCHIP, &chip);
}

static __u32 pic(bool primary)
{
	return primary ? KVM_IRQCHIP_PIC_MASTER : KVM_IRQCHIP_PIC_SLAVE;
}

int rvf_guest_get_pic(struct rvf_guest *guest, bool primary, struct kvm_pic_state *state)
{
	return get_chip(guest, pic(primary), state, sizeof(*state));
}

int rvf_guest_set_pic(struct rvf_guest *guest, bool primary, const struct kvm_pic_state *state)
{
	return set_chip(guest, pic(primary), state, sizeof(*state));
}

int rvf_guest_get_ioapic(struct rvf_guest *guest, struct kvm_ioapic_state *state)
{
	return get_chip(guest, KVM_IRQCHIP_IOAPIC, state, sizeof(*state));
}

int rvf_guest_set_ioapic(struct rvf_guest *guest, const struct kvm_ioapic_state *state)
{
	return set_chip(guest, KVM_IRQCHIP_IOAPIC, state, sizeof(*state));
}

int rvf_guest_get_pit(struct rvf_guest *guest, struct kvm_pit_state2 *state)
{
	return rvf_plugin_ioctl(guest->fd, KVM_GET_PIT2, state);
}

int rvf_guest_set_pit(struct rvf_guest *guest, const struct kvm_pit_state2 *state)
{
	return rvf_plugin_ioctl(guest->fd, KVM_SET_PIT2, (void *)state);
}
