// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * crunch: four vCPUs that count primes, and a device that they and it speak to
 * without stopping: bells that they ring, and an interrupt.
 *
 *	guest	region, read: what runs in the VM, see guest.S
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <rvf/vm.h>

#include "guest.h"

#define MEMORY (64 << 10)

static struct rvf_guest *guest;
static struct rvf_io_event *bells[GUEST_VCPUS];
static struct rvf_irq_event *irq;

static __attribute__((noreturn)) void die(const char *what, int err)
{
	fprintf(stderr, "%s: %s\n", what, strerror(-err));
	exit(EXIT_FAILURE);
}

/* Waits for an eventfd. */
static void await(int fd, const char *what)
{
	uint64_t count;

	if (read(fd, &count, sizeof(count)) != sizeof(count))
		die(what, -errno);
}

/* The device: has no vCPU, and no vCPU waits for it. */
static void *device(void *unused)
{
	const uint64_t one = 1;
	unsigned int i;

	(void)unused;
	for (i = 0; i < GUEST_VCPUS; i++) {
		await(rvf_io_event_fd(bells[i]), "a bell");
		printf("vCPU %u is done\n", i);
	}
	if (write(rvf_irq_event_fd(irq), &one, sizeof(one)) != sizeof(one))
		die("the interrupt", -errno);
	await(rvf_irq_event_resample_fd(irq), "the end of the interrupt");
	printf("the guest was interrupted\n");
	return NULL;
}

static int begin(struct rvf_vcpu *vcpu, unsigned int index)
{
	struct kvm_regs regs = { .rflags = 2, .rip = GUEST_START, .rsp = GUEST_STACK, .rbx = index };
	/* All but the first would wait for another vCPU to start them. */
	struct kvm_mp_state runnable = { .mp_state = KVM_MP_STATE_RUNNABLE };
	struct kvm_sregs sregs;
	int ret = rvf_vcpu_get_sregs(vcpu, &sregs);

	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	if (ret == 0)
		ret = rvf_vcpu_set_sregs(vcpu, &sregs);
	if (ret == 0)
		ret = rvf_vcpu_set_mp_state(vcpu, &runnable);
	return ret < 0 ? ret : rvf_vcpu_set_regs(vcpu, &regs);
}

/* Runs a vCPU until it says the total, or the VM is shut down. */
static void *drive(void *argument)
{
	unsigned int index = *(unsigned int *)argument;
	struct rvf_vcpu *vcpu = rvf_guest_vcpu(guest, index);
	struct rvf_guest_event event;
	uint32_t total;
	char why[1024];
	int ret;

	while ((ret = rvf_vcpu_wait(vcpu, &event)) == 0) {
		switch (event.kind) {
		case RVF_GUEST_INIT:
			ret = begin(vcpu, index);
			if (ret < 0)
				die("registers", ret);
			break;
		case RVF_GUEST_IO_ACCESS:
			memcpy(&total, event.io.data, sizeof(total));
			printf("%u primes below %u\n", total, GUEST_NUMBERS);
			rvf_guest_shutdown(guest);
			break;
		default:
			rvf_vcpu_end_text(vcpu, &event, why, sizeof(why));
			fprintf(stderr, "vCPU %u: %s\n", index, why);
			exit(EXIT_FAILURE);
		}
		rvf_vcpu_resume(vcpu);
	}
	if (ret != -ECANCELED)
		die("a vCPU", ret);
	return NULL;
}

static int load(void)
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

static int set_up(void)
{
	unsigned int i;
	int ret = rvf_vm_connect(&guest);

	if (ret == 0)
		ret = load();
	if (ret == 0)
		ret = rvf_guest_reserve_range(guest, RVF_SPACE_PORT, GUEST_TOTAL, 4);
	for (i = 0; ret == 0 && i < GUEST_VCPUS; i++)
		ret = rvf_guest_io_event(guest, RVF_SPACE_PORT, GUEST_BELL + i, 1, NULL, &bells[i]);
	return ret < 0 ? ret : rvf_guest_irq_event(guest, GUEST_LINE, &irq);
}

int main(void)
{
	static unsigned int indexes[GUEST_VCPUS];
	pthread_t vcpus[GUEST_VCPUS], other;
	unsigned int i;
	int ret = set_up();

	if (ret < 0)
		die("the VM", ret);
	setvbuf(stdout, NULL, _IOLBF, 0);
	pthread_create(&other, NULL, device, NULL);
	for (i = 0; i < GUEST_VCPUS; i++) {
		indexes[i] = i;
		pthread_create(&vcpus[i], NULL, drive, &indexes[i]);
	}
	rvf_guest_start(guest);
	for (i = 0; i < GUEST_VCPUS; i++)
		pthread_join(vcpus[i], NULL);
	/* What the device has to say is said before the process ends. */
	pthread_join(other, NULL);
	return EXIT_SUCCESS;
}
