// SPDX-License-Identifier: GPL-2.0-only
/* Eventfds that the guest's writes add to, and that raise its interrupts. */
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "api.h"

#define PORT   CROSVM_ADDRESS_SPACE_IOPORT
#define MMIO   CROSVM_ADDRESS_SPACE_MMIO
#define LINE   5
#define VECTOR (0x20 + LINE)
#define MSI    40
#define MSI_AT 0x30

GUEST(guest_events, "mov $0x600, %dx\n"
		    "mov $1, %al\n"
		    "out %al, %dx\n"
		    "mov $2, %al\n"
		    "out %al, %dx\n" /* does not match */
		    "mov $0x1234, %ax\n"
		    "out %ax, %dx\n"
		    "mov $0x602, %dx\n"
		    "out %al, %dx\n"
		    "out %ax, %dx\n"
		    "mov $0xd000, %ax\n"
		    "mov %ax, %ds\n"
		    "movl $7, 0\n"
		    "movl $8, 0\n"
		    "xor %ax, %ax\n"
		    "mov %ax, %ds\n"
		    "mov $0x400, %dx\n"
		    "out %al, %dx\n"
		    "sti\n"
		    "1: hlt\n"
		    "jmp 1b\n"
		    ".globl guest_events_line\n"
		    "guest_events_line: mov $0x400, %dx\n"
		    "mov $0x77, %al\n"
		    "out %al, %dx\n"
		    "mov $0x20, %al\n"
		    "out %al, $0x20\n"
		    "mov $0x78, %al\n"
		    "out %al, %dx\n"
		    "iret\n"
		    ".globl guest_events_msi\n"
		    "guest_events_msi: mov $0x400, %dx\n"
		    "mov $0x79, %al\n"
		    "out %al, %dx\n"
		    "iret\n");
extern const uint8_t guest_events_line[], guest_events_msi[];

/* What came since the last time. */
static uint64_t take(int fd)
{
	struct pollfd event = { .fd = fd, .events = POLLIN };
	uint64_t count = 0;

	if (poll(&event, 1, 0) == 1 && read(fd, &count, sizeof(count)) != sizeof(count))
		return ~0ull;
	return count;
}

static void add(int fd)
{
	uint64_t one = 1;

	tap_equal(write(fd, &one, sizeof(one)), sizeof(one), "the eventfd is written to");
}

static void test_refused(void)
{
	const uint8_t match[8] = { 1 };
	struct crosvm_io *one = NULL, *two = NULL;
	struct crosvm_irq *irq = NULL;
	int fd;

	tap_equal(crosvm_create_io_event(crosvm, 2, 0x600, 1, match, &one), -EINVAL,
		  "no such space");
	tap_equal(crosvm_create_io_event(crosvm, PORT, 0x600, 3, match, &one), -EINVAL,
		  "three bytes");
	tap_equal(crosvm_create_io_event(crosvm, PORT, 0x600, 16, match, &one), -EINVAL,
		  "sixteen bytes");
	tap_ok(!one, "nothing was set");
	tap_equal(crosvm_create_io_event(crosvm, PORT, 0x600, 1, match, &one), 0, "a byte");
	tap_equal(crosvm_create_io_event(crosvm, PORT, 0x600, 1, match, &two), -EEXIST, "the same");
	fd = crosvm_io_event_fd(one);
	tap_ok(fd >= 0 && take(fd) == 0, "it has an fd");
	tap_equal(crosvm_destroy_io_event(crosvm, &one), 0, "destroyed");
	tap_ok(!one, "the pointer is gone");
	tap_equal(close(fd), -1, "and the fd");
	tap_equal(crosvm_create_io_event(crosvm, PORT, 0x600, 1, match, &one), 0, "there again");
	crosvm_destroy_io_event(crosvm, &one);
	/* One byte of data only: no more than that is read. */
	tap_equal(crosvm_create_io_event(crosvm, MMIO, 0xd0000, 8, match, &one), 0, "eight bytes");
	crosvm_destroy_io_event(crosvm, &one);
	tap_equal(crosvm_create_irq_event(crosvm, 1u << 30, &irq), 0, "a line that leads nowhere");
	add(crosvm_irq_event_get_fd(irq));
	tap_equal(crosvm_destroy_irq_event(crosvm, &irq), 0, "does nothing");
}

/* KVM's own PIC, as a guest's start-up would set it up. */
static void set_up_pic(void)
{
	struct kvm_pic_state pic;

	tap_equal(crosvm_get_pic_state(crosvm, true, &pic), 0, "the PIC");
	pic.irq_base = 0x20;
	pic.imr = 0;
	pic.elcr = 1 << LINE;
	pic.init_state = 0;
	tap_equal(crosvm_set_pic_state(crosvm, true, &pic), 0, "is set up");
}

static void set_up_vectors(struct crosvm_vcpu *vcpu)
{
	static struct kvm_lapic_state lapic;
	uint16_t *vectors = (uint16_t *)memory;

	vectors[VECTOR * 2] = CODE + (guest_events_line - guest_events);
	vectors[MSI_AT * 2] = CODE + (guest_events_msi - guest_events);
	crosvm_vcpu_get_lapic_state(vcpu, &lapic);
	lapic.regs[0xf1] |= 1; /* its software enable bit */
	tap_equal(crosvm_vcpu_set_lapic_state(vcpu, &lapic), 0, "the local APIC is on");
}

static void test_line(struct crosvm_vcpu *vcpu, struct crosvm_vcpu_event *event)
{
	tap_equal(crosvm_set_irq(crosvm, LINE, true), 0, "the line is raised");
	api_next_io(vcpu, event, PORT, 0x400, 1, true, "the guest is interrupted");
	tap_equal(*event->io_access.data, 0x77, "by it");
	tap_equal(crosvm_set_irq(crosvm, LINE, false), 0, "the line is lowered");
	api_next_io(vcpu, event, PORT, 0x400, 1, true, "the end of the interrupt");
	tap_equal(*event->io_access.data, 0x78, "is there");
}

static void test_irq_event(struct crosvm_vcpu *vcpu, struct crosvm_vcpu_event *event)
{
	struct crosvm_irq *irq, *other;
	int fd, resample;
	unsigned int i;

	tap_equal(crosvm_create_irq_event(crosvm, LINE, &irq), 0, "an eventfd for the line");
	fd = crosvm_irq_event_get_fd(irq);
	resample = crosvm_irq_event_get_resample_fd(irq);
	tap_ok(fd >= 0 && resample >= 0 && fd != resample, "two eventfds");
	tap_equal(crosvm_create_irq_event(crosvm, LINE, &other), 0, "and another");
	for (i = 0; i < 2; i++) {
		add(fd);
		api_next_io(vcpu, event, PORT, 0x400, 1, true, "the guest is interrupted");
		tap_equal(*event->io_access.data, 0x77, "by the line");
		tap_equal(take(resample), 0, "it is not over yet");
		api_next_io(vcpu, event, PORT, 0x400, 1, true, "it is over");
		tap_equal(take(resample), 1, "the resample fd tells");
		take(crosvm_irq_event_get_resample_fd(other));
	}
	tap_equal(crosvm_destroy_irq_event(crosvm, &irq), 0, "destroyed");
	tap_ok(!irq, "the pointer is gone");
	tap_ok(close(fd) == -1 && close(resample) == -1, "and both fds");
	crosvm_destroy_irq_event(crosvm, &other);
}

static void test_msi(struct crosvm_vcpu *vcpu, struct crosvm_vcpu_event *event)
{
	static struct crosvm_irq_route routes[1000];
	struct crosvm_irq *irq;
	unsigned int i;

	for (i = 0; i < 1000; i++) {
		routes[i].irq_id = MSI + i;
		routes[i].kind = CROSVM_IRQ_ROUTE_MSI;
		routes[i].msi.address = 0xfee00000;
		routes[i].msi.data = MSI_AT;
	}
	tap_equal(crosvm_set_irq_routing(crosvm, 1000, routes), 0, "a thousand routes");
	tap_equal(crosvm_create_irq_event(crosvm, MSI + 999, &irq), 0, "an eventfd for the last");
	add(crosvm_irq_event_get_fd(irq));
	api_next_io(vcpu, event, PORT, 0x400, 1, true, "a message interrupts the guest");
	tap_equal(*event->io_access.data, 0x79, "that one");
	crosvm_destroy_irq_event(crosvm, &irq);

	routes[1].kind = 2;
	tap_equal(crosvm_set_irq_routing(crosvm, 2, routes), -EINVAL, "no such kind");
	routes[1].kind = CROSVM_IRQ_ROUTE_IRQCHIP;
	routes[1].irqchip.irqchip = 77;
	tap_equal(crosvm_set_irq_routing(crosvm, 2, routes), -EINVAL, "no such chip");
	routes[0].irq_id = 1u << 20;
	tap_equal(crosvm_set_irq_routing(crosvm, 1, routes), -EINVAL, "no such line");
	tap_ok(crosvm_set_irq_routing(crosvm, 5000, routes) < 0, "far too many");
	tap_equal(crosvm_set_irq_routing(crosvm, 0, NULL), 0, "none at all");
	routes[0].irq_id = LINE;
	routes[0].kind = CROSVM_IRQ_ROUTE_IRQCHIP;
	routes[0].irqchip.irqchip = KVM_IRQCHIP_PIC_MASTER;
	routes[0].irqchip.pin = LINE;
	tap_equal(crosvm_set_irq_routing(crosvm, 1, routes), 0, "to the PIC");
}

void test_events(void)
{
	struct crosvm_io *byte, *word, *any, *memory_io;
	struct crosvm_vcpu_event event;
	struct crosvm_vcpu *vcpu;
	const uint8_t one[1] = { 1 }, seven[4] = { 7 };

	api_connect();
	test_refused();
	tap_equal(crosvm_create_io_event(crosvm, PORT, 0x600, 1, one, &byte), 0, "bytes of 1");
	tap_equal(crosvm_create_io_event(crosvm, PORT, 0x600, 2, NULL, &word), 0, "all words");
	tap_equal(crosvm_create_io_event(crosvm, PORT, 0x602, 0, one, &any), 0, "any width");
	tap_equal(crosvm_create_io_event(crosvm, MMIO, 0xd0000, 4, seven, &memory_io), 0,
		  "an address");
	crosvm_reserve_range(crosvm, PORT, 0x400, 1);
	crosvm_reserve_range(crosvm, PORT, 0x600, 4);
	set_up_pic();
	vcpu = api_boot(guest_events, guest_events_end);
	set_up_vectors(vcpu);
	api_next_io(vcpu, &event, PORT, 0x600, 1, true, "what does not match is an access");
	tap_equal(*event.io_access.data, 2, "this one");
	api_next_io(vcpu, &event, PORT, 0x400, 1, true, "all others are none");
	tap_equal(take(crosvm_io_event_fd(byte)), 1, "a byte matched");
	tap_equal(take(crosvm_io_event_fd(word)), 1, "a word came");
	tap_equal(take(crosvm_io_event_fd(any)), 2, "two of any width came");
	tap_equal(take(crosvm_io_event_fd(memory_io)), 1, "and one to an address");

	test_line(vcpu, &event);
	test_irq_event(vcpu, &event);
	test_msi(vcpu, &event);
	test_line(vcpu, &event);
	tap_equal(crosvm_destroy_io_event(crosvm, &byte), 0, "while a vCPU is there: destroyed");
	crosvm_destroy_io_event(crosvm, &word);
	crosvm_destroy_io_event(crosvm, &any);
	crosvm_destroy_io_event(crosvm, &memory_io);
}
