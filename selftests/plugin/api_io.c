// SPDX-License-Identifier: GPL-2.0-only
/* What the guest accesses: ports, addresses without memory, string instructions. */
#include <errno.h>

#include "api.h"

#define PORT CROSVM_ADDRESS_SPACE_IOPORT
#define MMIO CROSVM_ADDRESS_SPACE_MMIO

GUEST(guest_ports, "mov $0x400, %dx\n"
		   "in %dx, %al\n"
		   "in %dx, %ax\n"
		   "in %dx, %eax\n"
		   "out %al, %dx\n"
		   "out %ax, %dx\n"
		   "out %eax, %dx\n"
		   "mov $0x3ff, %dx\n" /* the second byte is reserved, the first is not */
		   "in %dx, %ax\n"
		   "out %ax, %dx\n"
		   "mov $0x407, %dx\n" /* the first byte is the last one reserved */
		   "out %ax, %dx\n"
		   "in %dx, %ax\n"
		   "mov $0x408, %dx\n" /* nobody's */
		   "in %dx, %eax\n"
		   "mov $0x400, %dx\n"
		   "out %eax, %dx\n"
		   "in %dx, %al\n" /* the range goes meanwhile */
		   "out %al, %dx\n"
		   "mov $0x500, %dx\n" /* and this one comes */
		   "out %al, %dx\n"
		   "hlt");

void test_ports(void)
{
	struct crosvm_vcpu_event event;
	struct crosvm_vcpu *vcpu;
	uint32_t value;

	api_connect();
	tap_equal(crosvm_reserve_range(crosvm, PORT, 0x400, 8), 0, "a range");
	vcpu = api_boot(guest_ports, guest_ports_end);

	api_next_io(vcpu, &event, PORT, 0x400, 1, false, "a byte is read");
	tap_equal(*event.io_access.data, 0, "of zeros");
	*event.io_access.data = 0x11;
	api_next_io(vcpu, &event, PORT, 0x400, 2, false, "two bytes are read");
	memcpy(event.io_access.data, "\x22\x33", 2);
	api_next_io(vcpu, &event, PORT, 0x400, 4, false, "four bytes are read");
	memcpy(event.io_access.data, "\x44\x55\x66\x77", 4);
	api_next_io(vcpu, &event, PORT, 0x400, 1, true, "a byte is written");
	tap_equal(*event.io_access.data, 0x44, "the one that was read");
	api_next_io(vcpu, &event, PORT, 0x400, 2, true, "two bytes are written");
	tap_ok(!memcmp(event.io_access.data, "\x44\x55", 2), "those that were read");
	memset(event.io_access.data, 0xff, 2);
	api_next_io(vcpu, &event, PORT, 0x400, 4, true, "four bytes are written");
	tap_ok(!memcmp(event.io_access.data, "\x44\x55\x66\x77", 4),
	       "whatever was made of the data of a write");

	api_next_io(vcpu, &event, PORT, 0x407, 2, true, "what begins inside is told");
	memcpy(&value, event.io_access.data, 2);
	tap_equal(value & 0xffff, 0, "what reaches in is not, and reads zeros");
	api_next_io(vcpu, &event, PORT, 0x407, 2, false, "a read, too");
	memcpy(event.io_access.data, "\xaa\xbb", 2);
	api_next_io(vcpu, &event, PORT, 0x400, 4, true, "nobody's port");
	memcpy(&value, event.io_access.data, 4);
	tap_equal(value, 0, "reads zeros");

	api_next_io(vcpu, &event, PORT, 0x400, 1, false, "once more");
	*event.io_access.data = 0x99;
	tap_equal(crosvm_reserve_range(crosvm, PORT, 0x400, 0), 0, "the range goes");
	tap_equal(crosvm_reserve_range(crosvm, PORT, 0x500, 1), 0, "another comes");
	api_next_io(vcpu, &event, PORT, 0x500, 1, true, "at the next exit");
	tap_equal(*event.io_access.data, 0x99, "what was read before is there");
}

/* All of it lies above the memory. */
GUEST(guest_mmio, "mov $0xd000, %ax\n"
		  "mov %ax, %ds\n"
		  "movb 0, %al\n"
		  "movw 0, %ax\n"
		  "movl 0, %eax\n"
		  "movl %eax, 4\n"
		  "movl %eax, 0xffe\n" /* over the end of a page */
		  "movl 0xffe, %eax\n"
		  "movl %eax, 0\n"
		  "movups 0x100, %xmm0\n" /* more than eight bytes */
		  "movups %xmm0, 0x200\n"
		  "movl 0x8000, %eax\n" /* nobody's */
		  "movl %eax, 0x8000\n"
		  "movl %eax, 0\n"
		  "hlt");

#define CR4_OSFXSR (1 << 9)

static void fill(struct crosvm_vcpu_event *event, uint8_t first)
{
	uint32_t i;

	for (i = 0; i < event->io_access.length; i++)
		event->io_access.data[i] = first + i;
}

void test_mmio(void)
{
	struct crosvm_vcpu_event event;
	struct crosvm_vcpu *vcpu;
	struct kvm_sregs sregs;
	uint32_t value = 1;

	api_connect();
	tap_equal(crosvm_reserve_range(crosvm, MMIO, 0xd0000, 0x2000), 0, "a range");
	vcpu = api_boot(guest_mmio, guest_mmio_end);
	crosvm_vcpu_get_sregs(vcpu, &sregs);
	sregs.cr4 |= CR4_OSFXSR;
	crosvm_vcpu_set_sregs(vcpu, &sregs);

	api_next_io(vcpu, &event, MMIO, 0xd0000, 1, false, "a byte is read");
	fill(&event, 0x10);
	api_next_io(vcpu, &event, MMIO, 0xd0000, 2, false, "two bytes are read");
	fill(&event, 0x20);
	api_next_io(vcpu, &event, MMIO, 0xd0000, 4, false, "four bytes are read");
	tap_ok(!memcmp(event.io_access.data, "\0\0\0\0", 4), "of zeros");
	fill(&event, 0x30);
	api_next_io(vcpu, &event, MMIO, 0xd0004, 4, true, "four bytes are written");
	tap_ok(!memcmp(event.io_access.data, "\x30\x31\x32\x33", 4), "those that were read");
	api_next_io(vcpu, &event, MMIO, 0xd0ffe, 2, true, "two pages: the first half");
	tap_ok(!memcmp(event.io_access.data, "\x30\x31", 2), "has these bytes");
	api_next_io(vcpu, &event, MMIO, 0xd1000, 2, true, "two pages: the second half");
	tap_ok(!memcmp(event.io_access.data, "\x32\x33", 2), "has those bytes");
	api_next_io(vcpu, &event, MMIO, 0xd0ffe, 2, false, "read: the first half");
	fill(&event, 0x40);
	api_next_io(vcpu, &event, MMIO, 0xd1000, 2, false, "read: the second half");
	fill(&event, 0x50);
	api_next_io(vcpu, &event, MMIO, 0xd0000, 4, true, "and written");
	tap_ok(!memcmp(event.io_access.data, "\x40\x41\x50\x51", 4), "both halves");
	api_next_io(vcpu, &event, MMIO, 0xd0100, 8, false, "sixteen bytes: the first half");
	fill(&event, 0x60);
	api_next_io(vcpu, &event, MMIO, 0xd0108, 8, false, "sixteen bytes: the second half");
	fill(&event, 0x70);
	api_next_io(vcpu, &event, MMIO, 0xd0200, 8, true, "written: the first half");
	tap_equal(event.io_access.data[7], 0x67, "as it was read");
	api_next_io(vcpu, &event, MMIO, 0xd0208, 8, true, "written: the second half");
	tap_equal(event.io_access.data[7], 0x77, "as it was read");
	api_next_io(vcpu, &event, MMIO, 0xd0000, 4, true, "nobody's address");
	memcpy(&value, event.io_access.data, 4);
	tap_equal(value, 0, "reads zeros, and is not told");
}

#define INS_BYTES  1500
#define OUTS_BYTES 700
#define INS_AT	   0x4000

GUEST(guest_string, "cld\n"
		    "mov $0x400, %dx\n"
		    "mov $0x4000, %di\n"
		    "mov $1500, %cx\n"
		    "rep insb\n"
		    "mov $0x6000, %di\n"
		    "mov $3, %cx\n"
		    "rep insl\n"
		    "mov $0x4000, %si\n"
		    "mov $700, %cx\n"
		    "rep outsb\n"
		    "mov $0x500, %dx\n"
		    "out %al, %dx\n"
		    "hlt");

/*
 * How many of a string's accesses KVM makes one event of is its own affair: all
 * of them come, in order.
 */
static uint32_t take_string(struct crosvm_vcpu *vcpu, bool is_write, uint32_t bytes, uint32_t width,
			    uint8_t *data)
{
	struct crosvm_vcpu_event event;
	uint32_t done, most = 0, i;

	for (done = 0; done < bytes; done += event.io_access.length) {
		if (crosvm_vcpu_resume(vcpu) || crosvm_vcpu_wait(vcpu, &event) ||
		    event.kind != CROSVM_VCPU_EVENT_KIND_IO_ACCESS ||
		    event.io_access.address != 0x400 || event.io_access.is_write != is_write ||
		    !event.io_access.length || event.io_access.length % width ||
		    event.io_access.length > bytes - done)
			return 0;
		if (event.io_access.length > most)
			most = event.io_access.length;
		for (i = 0; i < event.io_access.length; i++)
			if (is_write)
				data[done + i] = event.io_access.data[i];
			else
				event.io_access.data[i] = data[done + i];
	}
	return most;
}

void test_string(void)
{
	static uint8_t in[INS_BYTES], out[OUTS_BYTES], words[12] = "eleven bytes";
	struct crosvm_vcpu_event event;
	struct crosvm_vcpu *vcpu;
	uint32_t i, most;

	api_connect();
	crosvm_reserve_range(crosvm, PORT, 0x400, 1);
	crosvm_reserve_range(crosvm, PORT, 0x500, 1);
	vcpu = api_boot(guest_string, guest_string_end);
	for (i = 0; i < INS_BYTES; i++)
		in[i] = i * 7;
	most = take_string(vcpu, false, INS_BYTES, 1, in);
	tap_ok(most > 0, "bytes are read from a port");
	tap_ok(most > 256, "more than 256 at a time");
	printf("# %u at a time\n", most);
	tap_ok(take_string(vcpu, false, sizeof(words), 4, words) > 0, "words are");
	most = take_string(vcpu, true, OUTS_BYTES, 1, out);
	tap_ok(most > 0, "bytes are written to it");
	printf("# %u at a time\n", most);
	api_next_io(vcpu, &event, PORT, 0x500, 1, true, "then comes what comes then");
	tap_ok(!memcmp(memory + INS_AT, in, INS_BYTES), "the guest's memory has what was read");
	tap_ok(!memcmp(memory + 0x6000, words, sizeof(words)), "and the words");
	tap_ok(!memcmp(out, in, OUTS_BYTES), "and what it had was written");
}
