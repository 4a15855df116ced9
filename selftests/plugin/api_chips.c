// SPDX-License-Identifier: GPL-2.0-only
/* The state of KVM's own chips and clock, before and after the start. */
#include <errno.h>

#include "api.h"

static void test_pics(void)
{
	struct kvm_pic_state first, second, again;

	tap_equal(crosvm_get_pic_state(crosvm, true, &first), 0, "the first PIC");
	tap_equal(crosvm_get_pic_state(crosvm, false, &second), 0, "the second PIC");
	first.irq_base = 0x40;
	second.irq_base = 0x48;
	tap_equal(crosvm_set_pic_state(crosvm, true, &first), 0, "the first is set");
	tap_equal(crosvm_set_pic_state(crosvm, false, &second), 0, "the second is set");
	crosvm_get_pic_state(crosvm, true, &again);
	tap_equal(again.irq_base, 0x40, "as the first was");
	crosvm_get_pic_state(crosvm, false, &again);
	tap_equal(again.irq_base, 0x48, "as the second was");
}

static void test_ioapic(void)
{
	struct kvm_ioapic_state ioapic, again;

	tap_equal(crosvm_get_ioapic_state(crosvm, &ioapic), 0, "the IOAPIC");
	tap_equal(ioapic.base_address, 0xfec00000, "where it always is");
	ioapic.redirtbl[3].fields.vector = 0x55;
	ioapic.redirtbl[3].fields.mask = 1;
	tap_equal(crosvm_set_ioapic_state(crosvm, &ioapic), 0, "is set");
	memset(&again, 0, sizeof(again));
	crosvm_get_ioapic_state(crosvm, &again);
	tap_equal(again.redirtbl[3].fields.vector, 0x55, "as it was set");
}

static void test_pit(void)
{
	struct kvm_pit_state2 pit, again;

	tap_equal(crosvm_get_pit_state(crosvm, &pit), 0, "the PIT");
	pit.channels[2].count = 0x1234;
	pit.channels[2].mode = 3;
	tap_equal(crosvm_set_pit_state(crosvm, &pit), 0, "is set");
	crosvm_get_pit_state(crosvm, &again);
	tap_equal(again.channels[2].count, 0x1234, "as it was set");
}

static void test_clock(void)
{
	struct kvm_clock_data clock = { 0 };
	uint64_t before;

	tap_equal(crosvm_get_clock(crosvm, &clock), 0, "the clock");
	before = clock.clock;
	memset(&clock, 0, sizeof(clock));
	clock.clock = before + 1000000000000ull;
	tap_equal(crosvm_set_clock(crosvm, &clock), 0, "is set");
	crosvm_get_clock(crosvm, &clock);
	tap_ok(clock.clock >= before + 1000000000000ull, "and goes on from there");
	clock.flags = ~0u;
	tap_equal(crosvm_set_clock(crosvm, &clock), -EINVAL, "unknown flags");
}

static void test_all(void)
{
	test_pics();
	test_ioapic();
	test_pit();
	test_clock();
	tap_equal(crosvm_set_irq(crosvm, 3, true), 0, "a line");
	tap_equal(crosvm_set_irq(crosvm, 3, false), 0, "and back");
}

GUEST(guest_chips, "mov $0x400, %dx\n"
		   "out %al, %dx\n"
		   "hlt\n");

void test_chips(void)
{
	struct crosvm_vcpu_event event;
	struct crosvm_vcpu *vcpu;

	api_connect();
	tap_equal(crosvm_set_identity_map_addr(crosvm, 0xfffbc000), 0,
		  "the identity map where KVM has it");
	test_all();
	crosvm_reserve_range(crosvm, CROSVM_ADDRESS_SPACE_IOPORT, 0x400, 1);
	vcpu = api_boot(guest_chips, guest_chips_end);
	api_next_io(vcpu, &event, CROSVM_ADDRESS_SPACE_IOPORT, 0x400, 1, true, "it runs");
	test_all();
}
