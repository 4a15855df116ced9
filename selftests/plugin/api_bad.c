// SPDX-License-Identifier: GPL-2.0-only
/* Ends: orderly ones, and those of plugins that misbehave. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include <rvf/plugin.h>

#include "api.h"

#define PORT CROSVM_ADDRESS_SPACE_IOPORT

GUEST(guest_bad, ".globl guest_bad_spin\n"
		 "guest_bad_spin: jmp guest_bad_spin\n"
		 ".globl guest_bad_ud\n"
		 "guest_bad_ud: ud2\n");
extern const uint8_t guest_bad_ud[];

static void *wait_for_all(void *vcpu)
{
	struct crosvm_vcpu_event event;
	int *last = malloc(sizeof(*last));

	*last = crosvm_vcpu_wait(vcpu, &event);
	if (!*last) {
		api_go_to(vcpu, CODE);
		crosvm_vcpu_resume(vcpu);
		*last = crosvm_vcpu_wait(vcpu, &event);
	}
	return last;
}

/* vCPU 1 spins in a thread; vCPU 0 meets a triple fault. */
static void meet_the_end(void)
{
	struct pollfd shutdown = { .events = POLLIN };
	struct crosvm_vcpu_event event;
	struct crosvm_vcpu *vcpu;
	struct kvm_sregs sregs;
	pthread_t thread;
	int *last;

	api_connect();
	shutdown.fd = crosvm_get_shutdown_eventfd(crosvm);
	pthread_create(&thread, NULL, wait_for_all, api_vcpu(1));
	vcpu = api_boot(guest_bad, guest_bad_end);
	api_go_to(vcpu, CODE + (guest_bad_ud - guest_bad));
	crosvm_vcpu_get_sregs(vcpu, &sregs);
	sregs.idt.limit = 0;
	crosvm_vcpu_set_sregs(vcpu, &sregs);
	tap_equal(poll(&shutdown, 1, 0), 0, "nobody asks it to stop");
	tap_equal(crosvm_vcpu_resume(vcpu), 0, "resume");
	tap_equal(crosvm_vcpu_wait(vcpu, &event), -EIO, "a vCPU that cannot go on");
	tap_equal(poll(&shutdown, 1, TIMEOUT), 1, "the VM is shut down");
	pthread_join(thread, (void **)&last);
	tap_equal(*last, -ECANCELED, "and so is the other vCPU's wait");
	tap_equal(crosvm_vcpu_wait(vcpu, &event), -EPROTO, "the first one is at its end");
}

void test_end(void)
{
	meet_the_end();
}

void test_end_late(void)
{
	meet_the_end();
	fflush(stdout);
	pause();
}

/* Its stop is asked for from outside. */
void test_stop(void)
{
	struct pollfd shutdown = { .events = POLLIN };
	struct crosvm_memory *more;
	struct crosvm_vcpu_event event;
	struct crosvm_vcpu *vcpu;
	struct kvm_regs regs;
	bool has;

	api_connect();
	shutdown.fd = crosvm_get_shutdown_eventfd(crosvm);
	vcpu = api_boot(guest_bad, guest_bad_end);
	rvf_ready();
	printf("# ready\n");
	crosvm_vcpu_resume(vcpu);
	tap_equal(crosvm_vcpu_wait(vcpu, &event), -ECANCELED,
		  "asked to stop while the guest spins");
	tap_equal(poll(&shutdown, 1, TIMEOUT), 1, "the eventfd tells");

	tap_equal(crosvm_check_extension(crosvm, KVM_CAP_IRQCHIP, &has), 0,
		  "after the shutdown: the VM is still there");
	tap_equal(crosvm_reserve_range(crosvm, PORT, 0x400, 1), 0, "ranges");
	tap_equal(crosvm_set_irq(crosvm, 3, false), 0, "interrupts");
	tap_equal(crosvm_create_memory(crosvm, -1, 0, PAGE, 0, false, false, &more), -EBADF,
		  "and memory");
	tap_equal(crosvm_start(crosvm), -EINVAL, "it does not start again");
	tap_equal(crosvm_vcpu_get_regs(vcpu, &regs), -EPROTO, "the vCPU is at no event");
	tap_equal(crosvm_vcpu_resume(vcpu), -EPROTO, "nor is it to be resumed");
	crosvm_pause_vcpus(crosvm, 1, &has);
	tap_ok(crosvm_vcpu_wait(vcpu, &event) == 0 && event.kind == CROSVM_VCPU_EVENT_KIND_PAUSED &&
		       event.user == &has,
	       "a plugin that goes on waiting has its guest until it is killed");
}

void test_never_resumes(void)
{
	struct crosvm_vcpu *vcpu;

	api_connect();
	vcpu = api_boot(guest_bad, guest_bad_end);
	(void)vcpu;
	rvf_ready();
	printf("# ready\n");
	for (;;)
		pause();
}

void test_exits_at_init(void)
{
	api_connect();
	api_boot(guest_bad, guest_bad_end);
	exit(3);
}

static void *spin(void *vcpu)
{
	struct crosvm_vcpu_event event;

	crosvm_vcpu_resume(vcpu);
	crosvm_vcpu_wait(vcpu, &event);
	return NULL;
}

void test_exits_running(void)
{
	pthread_t thread;

	api_connect();
	pthread_create(&thread, NULL, spin, api_boot(guest_bad, guest_bad_end));
	sleep_ms(300);
	exit(4);
}

/* All fds that it may have */
void test_leaks(void)
{
	struct crosvm_io *io = NULL;
	struct crosvm_irq *irq = NULL;
	int fd, last = -1;
	bool has;

	api_connect();
	while ((fd = crosvm_get_shutdown_eventfd(crosvm)) >= 0)
		last = fd;
	tap_equal(fd, -EMFILE, "no fd is left");
	tap_equal(crosvm_create_io_event(crosvm, PORT, 0x600, 1, NULL, &io), -EMFILE,
		  "none for writes");
	tap_equal(crosvm_create_irq_event(crosvm, 5, &irq), -EMFILE, "nor for interrupts");
	tap_ok(!io && !irq, "nothing was set");
	tap_equal(crosvm_check_extension(crosvm, KVM_CAP_IRQCHIP, &has), 0, "the rest works");
	close(last);
	tap_equal(crosvm_create_irq_event(crosvm, 5, &irq), -EMFILE, "one is one too few");
	fd = crosvm_get_shutdown_eventfd(crosvm);
	tap_ok(fd >= 0, "the one is not lost");
}

/* A plugin may have no use for its VM. */
void test_nothing(void)
{
	tap_ok(true, "nothing");
}
