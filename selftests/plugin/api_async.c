// SPDX-License-Identifier: GPL-2.0-only
/* Writes that a vCPU does not wait for, and registers that come along. */
#include <errno.h>

#include "api.h"

#define PORT CROSVM_ADDRESS_SPACE_IOPORT
#define MMIO CROSVM_ADDRESS_SPACE_MMIO
#define MANY 1000

GUEST(guest_async, "mov $0xd000, %ax\n"
		   "mov %ax, %ds\n"
		   "mov $0x600, %dx\n"
		   "mov $1, %al\n"
		   "out %al, %dx\n"
		   "movl $0x11223344, 8\n"
		   "mov $0x1234, %ax\n"
		   "out %ax, %dx\n"
		   "mov $0x55, %al\n"
		   "in %dx, %al\n" /* not told */
		   "mov $0x400, %dx\n"
		   "out %al, %dx\n"
		   "mov $0x600, %dx\n"
		   "xor %eax, %eax\n"
		   "mov $1000, %cx\n"
		   "1: out %eax, %dx\n"
		   "inc %eax\n"
		   "loop 1b\n"
		   "mov $0x400, %dx\n"
		   "in %dx, %al\n"
		   "mov $0x600, %dx\n"
		   "out %al, %dx\n"
		   "hlt\n" /* and the write comes nevertheless */
);

/* The next event, which nobody resumed anything for. */
static bool next_write(struct crosvm_vcpu *vcpu, struct crosvm_vcpu_event *event, uint32_t space,
		       uint64_t address, uint32_t length)
{
	return crosvm_vcpu_wait(vcpu, event) == 0 &&
	       event->kind == CROSVM_VCPU_EVENT_KIND_IO_ACCESS && event->io_access.no_resume &&
	       event->io_access.is_write && event->io_access.address_space == space &&
	       event->io_access.address == address && event->io_access.length == length;
}

static void test_few(struct crosvm_vcpu *vcpu, struct crosvm_vcpu_event *event)
{
	struct kvm_regs regs;

	tap_ok(next_write(vcpu, event, PORT, 0x600, 1) && *event->io_access.data == 1, "a byte");
	tap_equal(crosvm_vcpu_resume(vcpu), -EPROTO, "it is not to be resumed");
	tap_equal(crosvm_vcpu_get_regs(vcpu, &regs), -EPROTO, "the vCPU is elsewhere");
	tap_ok(next_write(vcpu, event, MMIO, 0xd0008, 4) &&
		       !memcmp(event->io_access.data, "\x44\x33\x22\x11", 4),
	       "an address");
	tap_ok(next_write(vcpu, event, PORT, 0x600, 2) &&
		       !memcmp(event->io_access.data, "\x34\x12", 2),
	       "a word, in order");
	tap_equal(crosvm_vcpu_wait(vcpu, event), 0, "what is to be answered comes after them");
	tap_ok(event->io_access.address == 0x400 && !event->io_access.no_resume, "that one");
	tap_equal(*event->io_access.data, 0, "a read was not told, and gave zeros");
	tap_ok(crosvm_vcpu_get_regs(vcpu, &regs) == 0 && (regs.rdx & 0xffff) == 0x400,
	       "registers are of that one");
}

static void test_hint(struct crosvm_vcpu *vcpu)
{
	struct kvm_debugregs debugregs;
	struct kvm_sregs sregs;
	struct kvm_regs regs;

	tap_equal(crosvm_vcpu_get_regs(vcpu, &regs), 0, "a hint: registers");
	tap_ok((regs.rdx & 0xffff) == 0x400 && (regs.rax & 0xffffffff) == MANY, "the right ones");
	tap_ok(crosvm_vcpu_get_sregs(vcpu, &sregs) == 0 && sregs.ds.base == 0xd0000, "sregs");
	tap_ok(crosvm_vcpu_get_debugregs(vcpu, &debugregs) == 0, "debug registers");
	regs.rbx = 0x1234;
	crosvm_vcpu_set_regs(vcpu, &regs);
	regs.rbx = 0;
	tap_ok(crosvm_vcpu_get_regs(vcpu, &regs) == 0 && regs.rbx == 0x1234,
	       "what is set is not covered by what came along");
}

void test_async(void)
{
	struct crosvm_hint_detail details[2] = {
		{ .match_rbx = true, .rbx = 99 },
		{ .match_rax = true, .rax = MANY, .send_sregs = true },
	};
	struct crosvm_hint hint = { .address = 0x400, .details_count = 2, .details = details };
	struct crosvm_vcpu_event event;
	struct crosvm_vcpu *vcpu;
	uint32_t i, value;

	api_connect();
	crosvm_reserve_range(crosvm, PORT, 0x400, 1);
	tap_equal(crosvm_reserve_async_write_range(crosvm, PORT, 0x600, 4), 0, "a port");
	tap_equal(crosvm_reserve_async_write_range(crosvm, MMIO, 0xd0000, 0x100), 0, "addresses");
	tap_equal(crosvm_set_hypercall_hint(crosvm, 1, &hint), 0, "a hint");
	vcpu = api_boot(guest_async, guest_async_end);
	crosvm_vcpu_resume(vcpu);
	test_few(vcpu, &event);

	crosvm_vcpu_resume(vcpu);
	for (i = 0; i < MANY; i++) {
		if (!next_write(vcpu, &event, PORT, 0x600, 4))
			break;
		memcpy(&value, event.io_access.data, sizeof(value));
		if (value != i)
			break;
	}
	tap_equal(i, MANY, "a thousand at once: none is lost, in order");
	tap_equal(crosvm_vcpu_wait(vcpu, &event), 0, "then the read");
	tap_ok(event.io_access.address == 0x400 && !event.io_access.is_write, "that one");
	test_hint(vcpu);
	*event.io_access.data = 0x42;
	crosvm_vcpu_resume(vcpu);
	tap_ok(next_write(vcpu, &event, PORT, 0x600, 1) && *event.io_access.data == 0x42,
	       "the last one before a halt comes, too");
}
