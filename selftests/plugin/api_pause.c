// SPDX-License-Identifier: GPL-2.0-only
/* crosvm_pause_vcpus(): when it is told, and what is seen then. */
#include <errno.h>
#include <pthread.h>

#include "api.h"

#define PORT CROSVM_ADDRESS_SPACE_IOPORT

GUEST(guest_pause, "mov $0x400, %dx\n"
		   "out %al, %dx\n"
		   "in %dx, %al\n"
		   ".globl guest_pause_read\n"
		   "guest_pause_read: nop\n"
		   "out %al, %dx\n"
		   ".globl guest_pause_spin\n"
		   "guest_pause_spin: jmp guest_pause_spin\n"
		   ".globl guest_pause_halt\n"
		   "guest_pause_halt: hlt\n"
		   ".globl guest_pause_halted\n"
		   "guest_pause_halted: jmp guest_pause_spin\n");
extern const uint8_t guest_pause_read[], guest_pause_spin[], guest_pause_halt[],
	guest_pause_halted[];

static uint64_t at(const uint8_t *label)
{
	return CODE + (label - guest_pause);
}

static void *pause_soon(void *user)
{
	sleep_ms(300);
	crosvm_pause_vcpus(crosvm, 1, user);
	return NULL;
}

/* vCPU 0 runs; another thread interrupts it. */
static bool paused_while_running(struct crosvm_vcpu *vcpu, struct crosvm_vcpu_event *event,
				 void *user, const char *what)
{
	pthread_t thread;
	bool good;

	pthread_create(&thread, NULL, pause_soon, user);
	good = api_next(vcpu, event, CROSVM_VCPU_EVENT_KIND_PAUSED, what) && event->user == user;
	pthread_join(thread, NULL);
	return tap_ok(good, "with the user's pointer");
}

static uint64_t rip(struct crosvm_vcpu *vcpu, uint64_t *rax)
{
	struct kvm_regs regs = { 0 };

	crosvm_vcpu_get_regs(vcpu, &regs);
	if (rax)
		*rax = regs.rax;
	return regs.rip;
}

void test_pause(void)
{
	struct crosvm_vcpu_event event;
	struct crosvm_vcpu *vcpu;
	uint64_t rax;
	int a, b, c;

	api_connect();
	crosvm_reserve_range(crosvm, PORT, 0x400, 1);
	tap_equal(crosvm_pause_vcpus(crosvm, ~0ull, &a), 0, "a pause before the start");
	vcpu = api_boot(guest_pause, guest_pause_end);
	api_next_io(vcpu, &event, PORT, 0x400, 1, true, "is lost");

	api_next_io(vcpu, &event, PORT, 0x400, 1, false, "at a read");
	tap_equal(crosvm_pause_vcpus(crosvm, ~0ull, &a), 0, "all vCPUs, and those above");
	tap_equal(crosvm_pause_vcpus(crosvm, 1, &b), 0, "once more, with another pointer");
	tap_equal(crosvm_pause_vcpus(crosvm, 2, &c), 0, "a vCPU that there is not");
	*event.io_access.data = 0x5a;
	api_next(vcpu, &event, CROSVM_VCPU_EVENT_KIND_PAUSED, "it is told when the read is over");
	tap_ok(event.user == &b, "with the later pointer");
	tap_equal(rip(vcpu, &rax), at(guest_pause_read), "the instruction is complete");
	tap_equal(rax & 0xff, 0x5a, "and what was read is there");
	api_next_io(vcpu, &event, PORT, 0x400, 1, true, "once, and the guest goes on");

	paused_while_running(vcpu, &event, &a, "while the guest spins");
	tap_equal(rip(vcpu, NULL), at(guest_pause_spin), "where it spins");
	crosvm_pause_vcpus(crosvm, 1, &b);
	api_next(vcpu, &event, CROSVM_VCPU_EVENT_KIND_PAUSED, "while it is paused: again");
	tap_ok(event.user == &b, "with the later pointer");
	paused_while_running(vcpu, &event, &c, "and not once more by itself");

	api_go_to(vcpu, at(guest_pause_halt));
	paused_while_running(vcpu, &event, NULL, "while it is halted");
	tap_equal(rip(vcpu, NULL), at(guest_pause_halted), "behind the halt");
}
