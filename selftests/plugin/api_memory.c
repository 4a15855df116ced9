// SPDX-License-Identifier: GPL-2.0-only
/* The guest's memory: how it is refused, read-only, with a log, taken away. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "api.h"

#define PORT   CROSVM_ADDRESS_SPACE_IOPORT
#define MMIO   CROSVM_ADDRESS_SPACE_MMIO
#define LOGGED 0xa0000
#define FIXED  0xb0000
#define PAGES  9 /* more than a byte of the log has bits for */

/* At each out the plugin looks, or changes something. */
GUEST(guest_memory, "mov $0x400, %dx\n"
		    "mov $0xa000, %ax\n"
		    "mov %ax, %ds\n"
		    "movb $1, 0\n"
		    "movb $1, 0x3000\n"
		    "movb $1, 0x8000\n"
		    "out %al, %dx\n"
		    "movb $2, 0x3000\n"
		    "out %al, %dx\n"
		    "mov $0xb000, %ax\n"
		    "mov %ax, %ds\n"
		    "movb 0, %al\n"
		    "out %al, %dx\n"
		    "movb $7, 0\n" /* nobody's */
		    "movb 0, %al\n"
		    "out %al, %dx\n"
		    "movb $9, 1\n" /* reserved by now */
		    "mov $0xa000, %ax\n"
		    "mov %ax, %ds\n"
		    "out %al, %dx\n"
		    "movb 0x3000, %al\n" /* gone by now */
		    "out %al, %dx\n"
		    "movb 0x3000, %al\n" /* back */
		    "out %al, %dx\n"
		    "hlt");

static int make_memfd(size_t size, unsigned int seals)
{
	int fd = memfd_create("more", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	tap_need(fd >= 0 && ftruncate(fd, size) == 0, "no memfd");
	if (seals)
		fcntl(fd, F_ADD_SEALS, seals);
	return fd;
}

static int create(int fd, uint64_t offset, uint64_t length, uint64_t start,
		  struct crosvm_memory **out)
{
	return crosvm_create_memory(crosvm, fd, offset, length, start, false, false, out);
}

static void test_refused(void)
{
	struct crosvm_memory *out = NULL, *again;
	int fd = make_memfd(4 * PAGE, F_SEAL_SHRINK);
	int loose = make_memfd(4 * PAGE, 0),
	    fixed = make_memfd(4 * PAGE, F_SEAL_SHRINK | F_SEAL_WRITE);
	int large = make_memfd(4 << 20, F_SEAL_SHRINK);
	uint8_t log[8];
	int pipes[2];

	tap_equal(create(-1, 0, PAGE, LOGGED, &out), -EBADF, "no fd");
	tap_ok(pipe(pipes) == 0 && create(pipes[0], 0, PAGE, LOGGED, &out) == -ESPIPE, "a pipe");
	tap_equal(create(loose, 0, PAGE, LOGGED, &out), -EPERM, "not sealed");
	tap_equal(create(fixed, 0, PAGE, LOGGED, &out), -EPERM, "sealed against writing");
	tap_equal(create(fd, 1, PAGE, LOGGED, &out), -EINVAL, "an odd offset");
	tap_equal(create(fd, 0, PAGE + 1, LOGGED, &out), -EINVAL, "an odd length");
	tap_equal(create(fd, 0, PAGE, LOGGED + 1, &out), -EINVAL, "an odd address");
	tap_equal(create(fd, 0, 0, LOGGED, &out), -EINVAL, "no length");
	tap_equal(create(fd, PAGE, 4 * PAGE, LOGGED, &out), -EINVAL, "beyond the end");
	tap_equal(create(fd, 8 * PAGE, PAGE, LOGGED, &out), -EINVAL, "far beyond it");
	tap_equal(create(fd, ~0xfffull, 2 * PAGE, LOGGED, &out), -EOVERFLOW, "offset + length");
	tap_equal(create(fd, 0, 2 * PAGE, ~0xfffull, &out), -EOVERFLOW, "start + length");
	tap_equal(create(fd, 0, PAGE, MEMORY - PAGE, &out), -EEXIST, "over other memory");
	tap_equal(create(large, 0, 4 << 20, LOGGED, &out), -EDQUOT, "more than the recipe says");
	tap_ok(!out, "nothing was set");

	tap_equal(create(fd, PAGE, 2 * PAGE, LOGGED, &out), 0, "a part of it");
	tap_equal(create(fd, 0, PAGE, LOGGED + PAGE, &again), -EEXIST, "over its second page");
	tap_equal(create(fd, 0, PAGE, LOGGED + 2 * PAGE, &again), 0, "next to it");
	tap_equal(crosvm_memory_get_dirty_log(crosvm, out, log), -ENOENT, "it has no log");
	tap_equal(crosvm_destroy_memory(crosvm, &out), 0, "destroy it");
	tap_ok(!out, "the pointer is gone");
	tap_equal(crosvm_destroy_memory(crosvm, &again), 0, "and the other");
	close(fd);
	close(loose);
	close(fixed);
	close(large);
}

/* Many of them, and again: what is gone leaves room. */
static void test_many(void)
{
	struct crosvm_memory *all[40];
	int fd = make_memfd(PAGE, F_SEAL_SHRINK);
	unsigned int round, i, made = 0;

	for (round = 0; round < 3; round++) {
		for (i = 0; i < 40; i++)
			made += create(fd, 0, PAGE, 0x200000 + i * 2 * PAGE, &all[i]) == 0;
		for (i = 0; i < 40; i++)
			made += crosvm_destroy_memory(crosvm, &all[i]) == 0;
	}
	tap_equal(made, 3 * 40 * 2, "forty memories, three times");
	close(fd);
}

static void test_log(struct crosvm_vcpu *vcpu, struct crosvm_memory *logged, uint8_t *own)
{
	struct crosvm_vcpu_event event;
	uint8_t log[8];

	memset(log, 0x5a, sizeof(log));
	own[5 * PAGE] = 1;
	tap_equal(crosvm_memory_get_dirty_log(crosvm, logged, log), 0, "the log");
	tap_ok(log[0] == 0x09 && log[1] == 0x01, "tells the pages that the guest wrote to");
	printf("# %02x %02x\n", log[0], log[1]);
	tap_ok(log[2] == 0x5a && log[7] == 0x5a, "in two bytes and no more");
	tap_equal(crosvm_memory_get_dirty_log(crosvm, logged, log), 0, "and again");
	tap_ok(!log[0] && !log[1], "nothing since");
	api_next_io(vcpu, &event, PORT, 0x400, 1, true, "another write");
	crosvm_memory_get_dirty_log(crosvm, logged, log);
	tap_ok(log[0] == 0x08 && log[1] == 0, "that page alone");
}

void test_memory(void)
{
	int fd, fixed = make_memfd(PAGE, F_SEAL_SHRINK);
	struct crosvm_memory *logged, *read_only;
	struct crosvm_vcpu_event event;
	struct crosvm_vcpu *vcpu;
	uint8_t *own, *page;

	api_connect();
	test_refused();
	test_many();
	fd = make_memfd(PAGES * PAGE, F_SEAL_SHRINK);
	own = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fixed, 0);
	page[0] = 0x33;
	tap_equal(crosvm_create_memory(crosvm, fd, 0, PAGES * PAGE, LOGGED, false, true, &logged),
		  0, "memory with a log");
	tap_equal(crosvm_create_memory(crosvm, fixed, 0, PAGE, FIXED, true, false, &read_only), 0,
		  "read-only memory");
	crosvm_reserve_range(crosvm, PORT, 0x400, 1);
	vcpu = api_boot(guest_memory, guest_memory_end);
	api_next_io(vcpu, &event, PORT, 0x400, 1, true, "three pages are written to");
	tap_ok(own[0] == 1 && own[3 * PAGE] == 1 && own[8 * PAGE] == 1, "the plugin sees it");
	test_log(vcpu, logged, own);

	api_next_io(vcpu, &event, PORT, 0x400, 1, true, "read-only memory");
	tap_equal(*event.io_access.data, 0x33, "is read");
	api_next_io(vcpu, &event, PORT, 0x400, 1, true, "and written to");
	tap_ok(*event.io_access.data == 0x33 && page[0] == 0x33, "in vain");
	crosvm_reserve_range(crosvm, MMIO, FIXED, PAGE);
	api_next_io(vcpu, &event, MMIO, FIXED + 1, 1, true, "or to be told");
	tap_equal(*event.io_access.data, 9, "what was written");
	tap_equal(page[1], 0, "not there");

	api_next_io(vcpu, &event, PORT, 0x400, 1, true, "at an event");
	tap_equal(crosvm_destroy_memory(crosvm, &logged), 0, "memory goes");
	api_next_io(vcpu, &event, PORT, 0x400, 1, true, "what is no memory any more");
	tap_equal(*event.io_access.data, 0, "reads zeros");
	tap_equal(create(fd, 0, PAGES * PAGE, LOGGED, &logged), 0, "and comes back");
	api_next_io(vcpu, &event, PORT, 0x400, 1, true, "what is memory again");
	tap_equal(*event.io_access.data, 2, "has what it had");
}
