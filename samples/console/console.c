// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * console: a serial port with an interrupt. What lies in the region "typed" is
 * typed at it; the guest answers each character, and what it says is printed.
 *
 *	typed	region, read
 *	guest	region, read: what runs in the VM, see guest.S
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <rvf/vm.h>

#include "guest.h"

#define MEMORY	    (64 << 10)
#define END_OF_TEXT 4 /* as Ctrl-D types it */

/*
 * The port. A character at a time is in it, and as long as one is, its line is
 * active. Whoever types waits until the guest has taken the one before.
 */
static struct {
	struct rvf_guest *guest;
	pthread_mutex_t lock;
	pthread_cond_t taken;
	bool full;
	uint8_t character;
} port = { .lock = PTHREAD_MUTEX_INITIALIZER, .taken = PTHREAD_COND_INITIALIZER };

static __attribute__((noreturn)) void die(const char *what, int err)
{
	fprintf(stderr, "%s: %s\n", what, strerror(-err));
	exit(EXIT_FAILURE);
}

static void type(uint8_t character)
{
	pthread_mutex_lock(&port.lock);
	while (port.full)
		pthread_cond_wait(&port.taken, &port.lock);
	port.character = character;
	port.full = true;
	rvf_guest_set_irq(port.guest, GUEST_LINE, true);
	pthread_mutex_unlock(&port.lock);
}

static uint8_t take(void)
{
	uint8_t character;

	pthread_mutex_lock(&port.lock);
	character = port.full ? port.character : 0;
	port.full = false;
	rvf_guest_set_irq(port.guest, GUEST_LINE, false);
	pthread_cond_signal(&port.taken);
	pthread_mutex_unlock(&port.lock);
	return character;
}

static uint8_t status(void)
{
	uint8_t ready;

	pthread_mutex_lock(&port.lock);
	ready = port.full ? GUEST_READY : 0;
	pthread_mutex_unlock(&port.lock);
	return ready;
}

/* The user. */
static void *typist(void *unused)
{
	struct rvf_mapping text;
	int ret = rvf_region_map(rvf_get("typed"), &text);
	size_t i;

	(void)unused;
	if (ret < 0)
		die("typed", ret);
	for (i = 0; i < text.length; i++)
		type(((const uint8_t *)text.data)[i]);
	type(END_OF_TEXT);
	return NULL;
}

/* Memory of the plugin's own, with what the region has at its beginning. */
static int load(struct rvf_guest *guest)
{
	int fd = memfd_create("guest", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	void *memory;
	ssize_t n;

	if (fd < 0 || ftruncate(fd, MEMORY) || fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK))
		return -errno;
	memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED)
		return -errno;
	n = rvf_region_read(rvf_get("guest"), 0, memory, MEMORY);
	return n < 0 ? n : rvf_guest_memory(guest, fd, 0, MEMORY, 0, 0, NULL);
}

static int begin(struct rvf_vcpu *vcpu)
{
	struct kvm_regs regs = { .rflags = 2, .rip = GUEST_START, .rsp = GUEST_STACK };
	struct kvm_sregs sregs;
	int ret = rvf_vcpu_get_sregs(vcpu, &sregs);

	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	if (ret == 0)
		ret = rvf_vcpu_set_sregs(vcpu, &sregs);
	return ret < 0 ? ret : rvf_vcpu_set_regs(vcpu, &regs);
}

/* Whether the guest goes on. */
static bool answer(struct rvf_guest_event *event)
{
	if (event->io.is_write) {
		if (*event->io.data == END_OF_TEXT)
			return false;
		putchar(*event->io.data);
	} else if (event->io.address == GUEST_DATA) {
		*event->io.data = take();
	} else {
		*event->io.data = status();
	}
	return true;
}

static int run(struct rvf_vcpu *vcpu)
{
	struct rvf_guest_event event;
	char why[1024];
	int ret;

	while ((ret = rvf_vcpu_wait(vcpu, &event)) == 0) {
		if (event.kind == RVF_GUEST_END) {
			rvf_vcpu_end_text(vcpu, &event, why, sizeof(why));
			fprintf(stderr, "%s\n", why);
			return EXIT_FAILURE;
		}
		if (event.kind == RVF_GUEST_INIT)
			ret = begin(vcpu);
		else if (!answer(&event))
			return EXIT_SUCCESS;
		if (ret < 0)
			die("registers", ret);
		rvf_vcpu_resume(vcpu);
	}
	/* Asked to stop */
	if (ret == -ECANCELED)
		return EXIT_SUCCESS;
	die("the guest", ret);
}

int main(void)
{
	pthread_t thread;
	int ret;

	setvbuf(stdout, NULL, _IOLBF, 0);
	ret = rvf_vm_connect(&port.guest);
	if (ret < 0)
		die("no VM", ret);
	ret = load(port.guest);
	if (ret == 0)
		ret = rvf_guest_reserve_range(port.guest, RVF_SPACE_PORT, GUEST_DATA, 1);
	if (ret == 0)
		ret = rvf_guest_reserve_range(port.guest, RVF_SPACE_PORT, GUEST_STATUS, 1);
	if (ret < 0)
		die("the VM", ret);
	rvf_guest_start(port.guest);
	ret = pthread_create(&thread, NULL, typist, NULL);
	if (ret)
		die("no thread", -ret);
	return run(rvf_guest_vcpu(port.guest, 0));
}
