// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * crosvm's plugin API: connections, and what concerns the VM as a whole.
 *
 * A connection is the VM itself: nothing distinguishes two of them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <crosvm/crosvm.h>

#include "crosvm_internal.h"

int crosvm_connect(struct crosvm **out)
{
	struct rvf_guest *guest;
	int ret = rvf_vm_connect(&guest);

	if (ret < 0)
		return ret == -EPERM ? -ENOTCONN : ret;
	*out = (struct crosvm *)guest;
	return 0;
}

int crosvm_new_connection(struct crosvm *self, struct crosvm **out)
{
	*out = self;
	return 0;
}

int crosvm_destroy_connection(struct crosvm **self)
{
	*self = NULL;
	return 0;
}

int crosvm_get_shutdown_eventfd(struct crosvm *self)
{
	return rvf_guest_shutdown_eventfd(guest_of(self));
}

int crosvm_start(struct crosvm *self)
{
	return rvf_guest_start(guest_of(self));
}

int crosvm_pause_vcpus(struct crosvm *self, uint64_t cpu_mask, void *user)
{
	return rvf_guest_pause(guest_of(self), cpu_mask, user);
}

int crosvm_get_vcpu(struct crosvm *self, uint32_t cpu_id, struct crosvm_vcpu **out)
{
	struct rvf_vcpu *vcpu = rvf_guest_vcpu(guest_of(self), cpu_id);

	if (!vcpu)
		return -ENOENT;
	*out = (struct crosvm_vcpu *)vcpu;
	return 0;
}

int crosvm_check_extension(struct crosvm *self, uint32_t extension, bool *out)
{
	int ret = rvf_guest_check_extension(guest_of(self), extension);

	if (ret < 0)
		return ret;
	*out = ret > 0;
	return 0;
}

int crosvm_enable_capability(struct crosvm *self, uint32_t capability, uint32_t flags,
			     uint64_t args[4])
{
	(void)self;
	(void)capability;
	(void)flags;
	(void)args;
	return -EINVAL;
}

int crosvm_get_supported_cpuid(struct crosvm *self, uint32_t entry_count,
			       struct kvm_cpuid_entry2 *cpuid_entries, uint32_t *out_count)
{
	return rvf_guest_get_supported_cpuid(guest_of(self), entry_count, cpuid_entries, out_count);
}

int crosvm_get_emulated_cpuid(struct crosvm *self, uint32_t entry_count,
			      struct kvm_cpuid_entry2 *cpuid_entries, uint32_t *out_count)
{
	return rvf_guest_get_emulated_cpuid(guest_of(self), entry_count, cpuid_entries, out_count);
}

int crosvm_get_msr_index_list(struct crosvm *self, uint32_t entry_count, uint32_t *msr_indices,
			      uint32_t *out_count)
{
	return rvf_guest_get_msr_indexes(guest_of(self), entry_count, msr_indices, out_count);
}

int crosvm_net_get_config(struct crosvm *self, struct crosvm_net_config *config)
{
	struct rvf_tap_config tap;
	int ret = rvf_tap(&tap);

	(void)self;
	if (ret < 0)
		return ret;
	memset(config, 0, sizeof(*config));
	config->tap_fd = tap.fd;
	config->host_ip = tap.address;
	config->netmask = tap.netmask;
	memcpy(config->host_mac_address, tap.mac, sizeof(config->host_mac_address));
	return 0;
}

int crosvm_set_irq(struct crosvm *self, uint32_t irq_id, bool active)
{
	return rvf_guest_set_irq(guest_of(self), irq_id, active);
}

static int route_entry(const struct crosvm_irq_route *route, struct kvm_irq_routing_entry *entry)
{
	entry->gsi = route->irq_id;
	switch (route->kind) {
	case CROSVM_IRQ_ROUTE_IRQCHIP:
		entry->type = KVM_IRQ_ROUTING_IRQCHIP;
		entry->u.irqchip.irqchip = route->irqchip.irqchip;
		entry->u.irqchip.pin = route->irqchip.pin;
		return 0;
	case CROSVM_IRQ_ROUTE_MSI:
		entry->type = KVM_IRQ_ROUTING_MSI;
		entry->u.msi.address_lo = (__u32)route->msi.address;
		entry->u.msi.address_hi = (__u32)(route->msi.address >> 32);
		entry->u.msi.data = route->msi.data;
		return 0;
	default:
		return -EINVAL;
	}
}

int crosvm_set_irq_routing(struct crosvm *self, uint32_t route_count,
			   const struct crosvm_irq_route *routes)
{
	struct kvm_irq_routing_entry *entries;
	uint32_t i;
	int ret = 0;

	if (!route_count)
		return rvf_guest_set_routes(guest_of(self), 0, NULL);
	if (route_count > RVF_MAX_VM_ROUTES)
		return -E2BIG;
	entries = calloc(route_count, sizeof(*entries));
	if (!entries)
		return -ENOMEM;
	for (i = 0; i < route_count && !ret; i++)
		ret = route_entry(&routes[i], &entries[i]);
	if (!ret)
		ret = rvf_guest_set_routes(guest_of(self), route_count, entries);
	free(entries);
	return ret;
}

int crosvm_get_pic_state(struct crosvm *self, bool primary, struct kvm_pic_state *state)
{
	return rvf_guest_get_pic(guest_of(self), primary, state);
}

int crosvm_set_pic_state(struct crosvm *self, bool primary, const struct kvm_pic_state *state)
{
	return rvf_guest_set_pic(guest_of(self), primary, state);
}

int crosvm_get_ioapic_state(struct crosvm *self, struct kvm_ioapic_state *state)
{
	return rvf_guest_get_ioapic(guest_of(self), state);
}

int crosvm_set_ioapic_state(struct crosvm *self, const struct kvm_ioapic_state *state)
{
	return rvf_guest_set_ioapic(guest_of(self), state);
}

int crosvm_get_pit_state(struct crosvm *self, struct kvm_pit_state2 *state)
{
	return rvf_guest_get_pit(guest_of(self), state);
}

int crosvm_set_pit_state(struct crosvm *self, const struct kvm_pit_state2 *state)
{
	return rvf_guest_set_pit(guest_of(self), state);
}

int crosvm_get_clock(struct crosvm *self, struct kvm_clock_data *clock_data)
{
	return rvf_guest_get_clock(guest_of(self), clock_data);
}

int crosvm_set_clock(struct crosvm *self, const struct kvm_clock_data *clock_data)
{
	return rvf_guest_set_clock(guest_of(self), clock_data);
}

/* It is where the recipe says since the VM was made. */
int crosvm_set_identity_map_addr(struct crosvm *self, uint32_t addr)
{
	__u64 is = rvf_guest_identity_map(guest_of(self));

	return addr == is ? 0 : -EINVAL;
}
