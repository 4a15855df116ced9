// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "guest.h"
#include "machine.h"

#define PAGE	4096
#define MOST_FD 1024

/* Real mode, from address 0 on; interrupts are off. */
static int set_registers(struct rvf_vcpu *vcpu)
{
	struct kvm_regs regs = { .rflags = 2 };
	struct kvm_sregs sregs;
	int ret;

	ret = rvf_vcpu_get_sregs(vcpu, &sregs);
	if (ret < 0)
		return ret;
	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	ret = rvf_vcpu_set_sregs(vcpu, &sregs);
	return ret < 0 ? ret : rvf_vcpu_set_regs(vcpu, &regs);
}

static int next(struct machine *machine)
{
	int ret = rvf_vcpu_resume(machine->vcpu);

	return ret < 0 ? ret : rvf_vcpu_wait(machine->vcpu, &machine->event);
}

/* The guest is small enough that there is only one right event at a time. */
static int expect(struct machine *machine, uint64_t port, bool is_write)
{
	const struct rvf_guest_event *event = &machine->event;
	int ret = next(machine);

	if (ret < 0)
		return ret;
	if (event->kind == RVF_GUEST_END) {
		ret = rvf_vcpu_end_text(machine->vcpu, event, machine->why, sizeof(machine->why));
		return ret < 0 ? ret : -EREMOTEIO;
	}
	if (event->kind != RVF_GUEST_IO_ACCESS || event->io.space != RVF_SPACE_PORT ||
	    event->io.address != port || event->io.is_write != is_write ||
	    event->io.length != sizeof(uint32_t)) {
		snprintf(machine->why, sizeof(machine->why), "not what it should do at this point");
		return -EREMOTEIO;
	}
	return 0;
}

int machine_start(struct machine *machine, int region)
{
	struct rvf_region_info info;
	int ret;

	memset(machine, 0, sizeof(*machine));
	ret = rvf_vm_connect(&machine->guest);
	if (ret < 0)
		return ret;
	ret = rvf_region_info(region, &info);
	if (ret == 0)
		ret = rvf_guest_memory(machine->guest, region, 0, info.out_size / PAGE * PAGE, 0,
				       true, NULL);
	if (ret == 0)
		ret = rvf_guest_reserve_range(machine->guest, RVF_SPACE_PORT, GUEST_PORT_NUMBERS,
					      GUEST_PORTS);
	if (ret == 0)
		ret = rvf_guest_start(machine->guest);
	if (ret < 0)
		return ret;
	machine->vcpu = rvf_guest_vcpu(machine->guest, 0);
	ret = rvf_vcpu_wait(machine->vcpu, &machine->event);
	if (ret == 0)
		ret = set_registers(machine->vcpu);
	return ret < 0 ? ret : expect(machine, GUEST_PORT_NUMBERS, false);
}

int machine_add(struct machine *machine, const int32_t *numbers, uint32_t count, int64_t *total)
{
	uint32_t half[2], i;
	int ret;

	memcpy(machine->event.io.data, &count, sizeof(count));
	for (i = 0; i < count; i++) {
		ret = expect(machine, GUEST_PORT_NUMBERS, false);
		if (ret < 0)
			return ret;
		memcpy(machine->event.io.data, &numbers[i], sizeof(numbers[i]));
	}
	for (i = 0; i < 2; i++) {
		ret = expect(machine, GUEST_PORT_TOTAL, true);
		if (ret < 0)
			return ret;
		memcpy(&half[i], machine->event.io.data, sizeof(half[i]));
	}
	*total = (int64_t)((uint64_t)half[1] << 32 | half[0]);
	return expect(machine, GUEST_PORT_NUMBERS, false);
}

bool machine_refuses_kvm(void)
{
	int fd;

	/* KVM_GET_API_VERSION is /dev/kvm's, the others a VM's and a vCPU's. */
	for (fd = 0; fd < MOST_FD; fd++)
		if (ioctl(fd, KVM_GET_API_VERSION, 0) >= 0 || ioctl(fd, KVM_CREATE_VCPU, 1) >= 0 ||
		    ioctl(fd, KVM_RUN, 0) >= 0)
			return false;
	return true;
}
