// SPDX-License-Identifier: GPL-2.0-only
/* What a vCPU holds: got and set, at once or when it is resumed. */
#include <errno.h>
#include <pthread.h>

#include "api.h"

#define PORT	 CROSVM_ADDRESS_SPACE_IOPORT
#define SYSENTER 0x174 /* an MSR that keeps what is written */
#define NO_MSR	 0xdead

GUEST(guest_registers, "mov $0x400, %dx\n"
		       "1: in %dx, %al\n"
		       "out %al, %dx\n"
		       "mov %ebx, %eax\n"
		       "out %eax, %dx\n"
		       "jmp 1b\n");

static void test_immediate(struct crosvm_vcpu *vcpu)
{
	static struct kvm_lapic_state lapic;
	struct kvm_vcpu_events events;
	struct kvm_mp_state mp_state;
	struct kvm_fpu fpu, again;
	struct kvm_xcrs xcrs;
	int ret;

	tap_equal(crosvm_vcpu_get_fpu(vcpu, &fpu), 0, "the FPU");
	fpu.xmm[3][5] ^= 0x5a;
	tap_equal(crosvm_vcpu_set_fpu(vcpu, &fpu), 0, "is set");
	tap_equal(crosvm_vcpu_get_fpu(vcpu, &again), 0, "and got");
	tap_equal(again.xmm[3][5], fpu.xmm[3][5], "as it was set");

	ret = crosvm_vcpu_get_xcrs(vcpu, &xcrs);
	tap_ok(ret == 0 || ret == -EINVAL, "XCRs, where there are any");
	if (ret == 0)
		ret = crosvm_vcpu_set_xcrs(vcpu, &xcrs);
	tap_ok(ret == 0 || ret == -EINVAL, "are set, where they were got");

	tap_equal(crosvm_vcpu_get_lapic_state(vcpu, &lapic), 0, "the local APIC");
	lapic.regs[0x80] = 0x20; /* its task priority */
	tap_equal(crosvm_vcpu_set_lapic_state(vcpu, &lapic), 0, "is set");
	lapic.regs[0x80] = 0;
	crosvm_vcpu_get_lapic_state(vcpu, &lapic);
	tap_equal((uint8_t)lapic.regs[0x80], 0x20, "as it was set");
	lapic.regs[0x80] = 0;
	crosvm_vcpu_set_lapic_state(vcpu, &lapic);

	tap_equal(crosvm_vcpu_get_mp_state(vcpu, &mp_state), 0, "its state");
	tap_equal(mp_state.mp_state, KVM_MP_STATE_RUNNABLE, "is to run");
	mp_state.mp_state = 99;
	tap_equal(crosvm_vcpu_set_mp_state(vcpu, &mp_state), -EINVAL, "no such state");

	tap_equal(crosvm_vcpu_get_vcpu_events(vcpu, &events), 0, "events");
	events.nmi.masked = 1;
	tap_equal(crosvm_vcpu_set_vcpu_events(vcpu, &events), 0, "are set");
	events.nmi.masked = 0;
	crosvm_vcpu_get_vcpu_events(vcpu, &events);
	tap_equal(events.nmi.masked, 1, "as they were set");
	events.nmi.masked = 0;
	crosvm_vcpu_set_vcpu_events(vcpu, &events);
	events.flags = ~0u;
	tap_equal(crosvm_vcpu_set_vcpu_events(vcpu, &events), -EINVAL, "with unknown flags not");
}

static void test_msrs(struct crosvm_vcpu *vcpu)
{
	static struct kvm_msr_entry many[257];
	struct kvm_msr_entry two[2] = { { .index = SYSENTER, .data = 0x1234 },
					{ .index = NO_MSR } };
	uint32_t count = 9;

	tap_equal(crosvm_vcpu_set_msrs(vcpu, 1, two), 0, "an MSR is set");
	two[0].data = 0x5678;
	tap_equal(crosvm_vcpu_set_msrs(vcpu, 2, two), -EINVAL, "half of the MSRs is not all");
	two[0].data = 0;
	tap_equal(crosvm_vcpu_get_msrs(vcpu, 2, two, &count), 0, "half of them is got");
	tap_equal(count, 1, "and counted");
	tap_equal(two[0].data, 0x5678, "the half that was set");
	tap_equal(crosvm_vcpu_get_msrs(vcpu, 0, two, &count), 0, "none");
	tap_equal(count, 0, "is none");
	tap_equal(crosvm_vcpu_get_msrs(vcpu, 257, many, &count), -E2BIG, "too many");
	tap_equal(count, 0, "are none, too");
	tap_equal(crosvm_vcpu_set_msrs(vcpu, 257, many), -E2BIG, "too many to set");
}

static void test_cpuid(struct crosvm_vcpu *vcpu)
{
	static struct kvm_cpuid_entry2 entries[257];
	uint32_t count;

	tap_equal(crosvm_get_supported_cpuid(crosvm, 256, entries, &count), 0, "CPUID");
	tap_equal(crosvm_vcpu_set_cpuid(vcpu, count, entries), 0, "is set");
	entries[0].flags = ~0u;
	tap_equal(crosvm_vcpu_set_cpuid(vcpu, count, entries), 0, "unknown flags or not");
	tap_equal(crosvm_vcpu_set_cpuid(vcpu, 257, entries), -E2BIG, "too much");
}

/* sregs that KVM refuses: paging without protection */
static void spoil(struct kvm_sregs *sregs)
{
	sregs->cr0 |= 1u << 31;
	sregs->cr0 &= ~1ull;
}

static void test_deferred(struct crosvm_vcpu *vcpu, struct crosvm_vcpu_event *event)
{
	struct kvm_debugregs debugregs;
	struct kvm_sregs sregs, bad;
	struct kvm_regs regs;
	struct crosvm_vcpu_event none;

	tap_equal(crosvm_vcpu_get_regs(vcpu, &regs), 0, "at a read: registers");
	regs.rbx = 0x11223344;
	tap_equal(crosvm_vcpu_set_regs(vcpu, &regs), 0, "are set");
	*event->io_access.data = 7;
	api_next_io(vcpu, event, PORT, 0x400, 1, true, "and what is read comes besides");
	tap_equal(*event->io_access.data, 7, "as it is");
	api_next_io(vcpu, event, PORT, 0x400, 4, true, "the register");
	tap_ok(!memcmp(event->io_access.data, "\x44\x33\x22\x11", 4), "was set");
	api_next_io(vcpu, event, PORT, 0x400, 1, false, "at a read again");

	crosvm_vcpu_get_regs(vcpu, &regs);
	regs.rbx = 1;
	crosvm_vcpu_set_regs(vcpu, &regs);
	regs.rbx = 2;
	crosvm_vcpu_set_regs(vcpu, &regs);
	regs.rbx = 0;
	tap_ok(crosvm_vcpu_get_regs(vcpu, &regs) == 0 && regs.rbx == 2,
	       "get tells what was set last");

	tap_equal(crosvm_vcpu_get_sregs(vcpu, &sregs), 0, "sregs");
	bad = sregs;
	spoil(&bad);
	tap_equal(crosvm_vcpu_set_sregs(vcpu, &bad), 0, "bad ones: nobody looked yet");
	tap_equal(crosvm_vcpu_get_sregs(vcpu, &sregs), -EINVAL, "get tells that they are bad");
	tap_equal(crosvm_vcpu_get_sregs(vcpu, &sregs), 0, "once");
	tap_ok(!(sregs.cr0 >> 31), "nothing was set");

	regs.rbx = 3;
	crosvm_vcpu_set_regs(vcpu, &regs);
	crosvm_vcpu_set_sregs(vcpu, &bad);
	tap_equal(crosvm_vcpu_resume(vcpu), -EINVAL, "resume tells that they are bad");
	tap_equal(crosvm_vcpu_wait(vcpu, &none), -EINVAL, "so does wait");
	*event->io_access.data = 8;
	api_next_io(vcpu, event, PORT, 0x400, 1, true, "resume again: it goes on");
	tap_equal(*event->io_access.data, 8, "nothing that was read is lost");
	tap_ok(crosvm_vcpu_get_regs(vcpu, &regs) == 0 && regs.rbx == 3, "the good ones are set");

	tap_equal(crosvm_vcpu_get_debugregs(vcpu, &debugregs), 0, "debug registers");
	debugregs.db[0] = 0x1000;
	tap_equal(crosvm_vcpu_set_debugregs(vcpu, &debugregs), 0, "are set");
	api_next_io(vcpu, event, PORT, 0x400, 4, true, "later");
	tap_ok(crosvm_vcpu_get_debugregs(vcpu, &debugregs) == 0 && debugregs.db[0] == 0x1000,
	       "they are");
	debugregs.flags = 1;
	crosvm_vcpu_set_debugregs(vcpu, &debugregs);
	tap_equal(crosvm_vcpu_resume(vcpu), -EINVAL, "bad debug registers");
	api_next_io(vcpu, event, PORT, 0x400, 1, false, "and on");
}

/* Another thread takes a vCPU over at an event. */
static void *take_over(void *vcpu)
{
	struct crosvm_vcpu_event event;
	struct kvm_regs regs;
	int ret = crosvm_vcpu_get_regs(vcpu, &regs);

	if (!ret)
		ret = crosvm_vcpu_resume(vcpu);
	if (!ret)
		ret = crosvm_vcpu_wait(vcpu, &event);
	return ret ? vcpu : NULL;
}

static void *waits(void *vcpu)
{
	struct crosvm_vcpu_event event;

	return crosvm_vcpu_wait(vcpu, &event) ? vcpu : NULL;
}

/* vCPU 1 waits for its start in another thread. */
static void test_busy(void)
{
	struct crosvm_vcpu *vcpu = api_vcpu(1);
	struct crosvm_vcpu_event event;
	struct kvm_regs regs;
	pthread_t thread;
	void *failed;

	pthread_create(&thread, NULL, waits, vcpu);
	while (crosvm_vcpu_get_regs(vcpu, &regs) == -EPROTO)
		sleep_ms(10);
	tap_equal(crosvm_vcpu_get_regs(vcpu, &regs), -EBUSY, "while another thread waits: get");
	tap_equal(crosvm_vcpu_set_regs(vcpu, &regs), -EBUSY, "set");
	tap_equal(crosvm_vcpu_wait(vcpu, &event), -EBUSY, "wait");
	tap_equal(crosvm_vcpu_resume(vcpu), -EPROTO, "resume");
	tap_equal(crosvm_start(crosvm), 0, "start");
	tap_equal(crosvm_start(crosvm), -EINVAL, "only once");
	pthread_join(thread, &failed);
	tap_ok(!failed, "the other thread got its event");
	tap_equal(crosvm_vcpu_get_regs(vcpu, &regs), 0, "which any thread can answer");
	tap_equal(crosvm_vcpu_resume(vcpu), 0, "once");
	tap_equal(crosvm_vcpu_resume(vcpu), -EPROTO, "and not twice");
	tap_equal(crosvm_vcpu_get_regs(vcpu, &regs), -EPROTO, "nor look at it afterwards");
}

void test_registers(void)
{
	struct crosvm_vcpu_event event;
	struct crosvm_vcpu *vcpu;
	struct kvm_regs regs;
	pthread_t thread;
	void *failed;

	api_connect();
	vcpu = api_vcpu(0);
	crosvm_reserve_range(crosvm, PORT, 0x400, 1);
	api_put(CODE, guest_registers, guest_registers_end);
	test_busy();
	tap_equal(crosvm_vcpu_wait(vcpu, &event), 0, "the first event");
	tap_equal(crosvm_vcpu_wait(vcpu, &event), -EPROTO, "which wants an answer");
	test_cpuid(vcpu);
	test_msrs(vcpu);
	test_immediate(vcpu);
	api_go_to(vcpu, CODE);
	api_next_io(vcpu, &event, PORT, 0x400, 1, false, "it runs");
	test_deferred(vcpu, &event);
	pthread_create(&thread, NULL, take_over, vcpu);
	pthread_join(thread, &failed);
	tap_ok(!failed, "another thread goes on with a vCPU");
	tap_equal(crosvm_vcpu_get_regs(vcpu, &regs), 0, "and this one again");
}
