// SPDX-License-Identifier: GPL-2.0-only
/*
 * A plugin with a VM: calls what <rvf/vm.h> has, and prints TAP. Its argument
 * is how many vCPUs its recipe says. It wants to be asked to stop once it says
 * "# ready".
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <rvf/vm.h>

#include "../host/tap.h"

#define MOST_VCPUS 4
#define PORT	   0x3f8
#define ROUNDS	   50
#define MEET_MS	   30000
#define MEMORY	   (64 << 10)
#define CAME_AT	   0x8000 /* a byte for each vCPU */
#define MET_AT	   0x8100 /* likewise */

/* In memory at vCPU * 4096; each is told a number and says it back plus one */
static const __u8 echo[] = {
	0xba, 0xf8, 0x03, /* mov dx, PORT */
	0xec, /* in al, dx */
	0x04, 0x01, /* add al, 1 */
	0xee, /* out dx, al */
	0xe6, 0x80, /* out 0x80, al: nobody reserved it */
	0xeb, 0xf8, /* back to the in */
};

static struct rvf_guest *guest;
static __u8 *memory;
static unsigned int vcpus, loops_at[MOST_VCPUS];
static atomic_int initialised, running;
static pthread_barrier_t at_init;
static pthread_mutex_t report = PTHREAD_MUTEX_INITIALIZER;
static int marker;

/* From any thread */
static void ok(bool good, const char *what)
{
	pthread_mutex_lock(&report);
	tap_ok(good, "%s", what);
	pthread_mutex_unlock(&report);
}

static int set_registers(struct rvf_vcpu *vcpu, __u64 rip)
{
	struct kvm_mp_state runnable = { .mp_state = KVM_MP_STATE_RUNNABLE };
	struct kvm_regs regs = { .rflags = 2, .rip = rip };
	struct kvm_sregs sregs;
	int ret;

	ret = rvf_vcpu_get_sregs(vcpu, &sregs);
	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	if (ret == 0)
		ret = rvf_vcpu_set_sregs(vcpu, &sregs);
	if (ret == 0)
		ret = rvf_vcpu_set_regs(vcpu, &regs);
	return ret ? ret : rvf_vcpu_set_mp_state(vcpu, &runnable);
}

/*
 * For a vCPU: waits until all others have come, which only happens while all of
 * them run at once; then loops until it is paused, and meets a triple fault
 * after that. Returns where it loops.
 */
static unsigned int put_meeting(unsigned int index, unsigned int at)
{
	/* mov byte [], 1 */
	const __u8 come[] = { 0xc6, 0x06, index, CAME_AT >> 8, 1 };
	const __u8 met[] = { 0xc6, 0x06, index, MET_AT >> 8, 1 };
	static const __u8 spin[] = { 0xeb, 0xfe, 0x0f, 0x0b };
	unsigned int i;

	memcpy(memory + at, come, sizeof(come));
	at += sizeof(come);
	for (i = 0; i < vcpus; i++) {
		/* cmp byte [], 1; jne to the cmp */
		const __u8 await[] = { 0x80, 0x3e, i, CAME_AT >> 8, 1, 0x75, 0xf9 };

		memcpy(memory + at, await, sizeof(await));
		at += sizeof(await);
	}
	memcpy(memory + at, met, sizeof(met));
	at += sizeof(met);
	memcpy(memory + at, spin, sizeof(spin));
	return at;
}

static bool all_met(void)
{
	unsigned int i, ms;

	for (i = 0, ms = 0; i < vcpus && ms < MEET_MS;) {
		if (((volatile __u8 *)memory)[MET_AT + i]) {
			i++;
			continue;
		}
		poll(NULL, 0, 10);
		ms += 10;
	}
	return i == vcpus;
}

static bool echo_works(struct rvf_vcpu *vcpu, unsigned int index)
{
	struct rvf_guest_event event;
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		__u8 number = i * 7 + index;

		if (rvf_vcpu_wait(vcpu, &event) || event.kind != RVF_GUEST_IO_ACCESS ||
		    event.io.space != RVF_SPACE_PORT || event.io.address != PORT ||
		    event.io.length != 1 || event.io.is_write || *event.io.data)
			return false;
		*event.io.data = number;
		if (rvf_vcpu_resume(vcpu) || rvf_vcpu_wait(vcpu, &event) || !event.io.is_write ||
		    *event.io.data != (__u8)(number + 1) || rvf_vcpu_resume(vcpu))
			return false;
		atomic_fetch_add(&running, 1);
	}
	return true;
}

static void *drive(void *argument)
{
	unsigned int index = *(unsigned int *)argument;
	struct rvf_vcpu *vcpu = rvf_guest_vcpu(guest, index);
	struct rvf_guest_event event;

	ok(rvf_vcpu_wait(vcpu, &event) == 0 && event.kind == RVF_GUEST_INIT, "its first event");
	ok(set_registers(vcpu, index * 4096) == 0, "registers are set");
	atomic_fetch_add(&initialised, 1);
	/* The last one is late */
	if (index == vcpus - 1) {
		poll(NULL, 0, 300);
		ok(atomic_load(&running) == 0, "no vCPU runs before all were initialised");
	}
	ok(rvf_vcpu_resume(vcpu) == 0, "resumed");
	ok(echo_works(vcpu, index), "it talks through its port");

	/* At a read now: turned to what spins, and paused out of it */
	ok(rvf_vcpu_wait(vcpu, &event) == 0 && event.kind == RVF_GUEST_IO_ACCESS, "once more");
	loops_at[index] = put_meeting(index, index * 4096 + 256);
	rvf_vcpu_resume(vcpu);
	ok(rvf_vcpu_wait(vcpu, &event) == 0 && event.io.is_write, "it answers");
	pthread_barrier_wait(&at_init);
	ok(set_registers(vcpu, index * 4096 + 256) == 0, "it will meet the others");
	rvf_vcpu_resume(vcpu);
	ok(rvf_vcpu_wait(vcpu, &event) == 0 && event.kind == RVF_GUEST_PAUSED &&
		   event.user == &marker,
	   "paused, with the user's pointer");
	return NULL;
}

static void test_calls(void)
{
	static struct kvm_cpuid_entry2 entries[RVF_MAX_VCPU_ENTRIES];
	struct rvf_vcpu *vcpu = rvf_guest_vcpu(guest, 0);
	struct rvf_guest *again;
	struct kvm_regs regs;
	__u32 count, slot;
	int fd;

	tap_ok(rvf_vm_connect(&again) == 0 && again == guest, "connected twice: the same");
	tap_equal(rvf_guest_vcpu_count(guest), vcpus, "as many vCPUs as the recipe says");
	tap_ok(!rvf_guest_vcpu(guest, vcpus), "and no more");
	tap_equal(rvf_vcpu_resume(vcpu), -EPROTO, "resume without wait");
	tap_equal(rvf_vcpu_get_regs(vcpu, &regs), -EPROTO, "registers before the first event");
	tap_equal(rvf_guest_get_supported_cpuid(guest, 1, entries, &count), -E2BIG,
		  "room for one CPUID entry");
	tap_ok(count > 1, "there are more");
	tap_equal(rvf_guest_get_supported_cpuid(guest, RVF_MAX_VCPU_ENTRIES, entries, &count), 0,
		  "room for all");
	tap_ok(rvf_guest_check_extension(guest, KVM_CAP_IRQCHIP) > 0, "extensions are told");

	fd = memfd_create("guest", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	tap_equal(ftruncate(fd, MEMORY), 0, "memory");
	tap_equal(rvf_guest_memory(guest, fd, 0, MEMORY, 0, false, &slot), -EPERM, "not sealed");
	fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK);
	tap_equal(rvf_guest_memory(guest, fd, 0, MEMORY + 1, 0, false, &slot), -EINVAL, "odd");
	tap_equal(rvf_guest_memory(guest, fd, 0, MEMORY, 0, false, &slot), 0, "sealed");
	tap_equal(rvf_guest_memory_remove(guest, slot), 0, "removed");
	tap_equal(rvf_guest_memory_remove(guest, slot), -ENOENT, "only once");
	tap_equal(rvf_guest_memory(guest, fd, 0, MEMORY, 0, false, NULL), 0, "there again");
	memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);

	tap_equal(rvf_guest_reserve_range(guest, 2, PORT, 8), -EINVAL, "no such space");
	tap_equal(rvf_guest_reserve_range(guest, RVF_SPACE_PORT, PORT, 8), 0, "a range");
	tap_equal(rvf_guest_reserve_range(guest, RVF_SPACE_PORT, PORT + 7, 8), -EEXIST, "over it");
	tap_equal(rvf_guest_reserve_range(guest, RVF_SPACE_PORT, PORT, 0), 0, "removed");
	tap_equal(rvf_guest_reserve_range(guest, RVF_SPACE_PORT, PORT, 0), -ENOENT, "only once");
	tap_equal(rvf_guest_reserve_range(guest, RVF_SPACE_PORT, PORT, 8), 0, "there again");
}

static void test_vcpus(void)
{
	static unsigned int indexes[MOST_VCPUS];
	pthread_t threads[MOST_VCPUS];
	unsigned int i;

	for (i = 0; i < vcpus; i++)
		memcpy(memory + i * 4096, echo, sizeof(echo));
	pthread_barrier_init(&at_init, NULL, vcpus + 1);
	for (i = 0; i < vcpus; i++) {
		indexes[i] = i;
		pthread_create(&threads[i], NULL, drive, &indexes[i]);
	}
	poll(NULL, 0, 100);
	tap_equal(atomic_load(&initialised), 0, "nobody gets an event before the start");
	ok(rvf_guest_start(guest) == 0, "the start");
	ok(rvf_guest_start(guest) == -EINVAL, "only once");
	pthread_barrier_wait(&at_init);
	ok(all_met(), "all of them run at once");
	poll(NULL, 0, 100);
	ok(rvf_guest_pause(guest, ~0ull, &marker) == 0, "pause all of them");
	for (i = 0; i < vcpus; i++)
		pthread_join(threads[i], NULL);
}

/* All vCPUs are at a pause. */
static void test_paused(void)
{
	struct rvf_vcpu *vcpu = rvf_guest_vcpu(guest, vcpus - 1);
	struct kvm_msr_entry msrs[2] = { { .index = 0x174, .data = 0x1234 }, { .index = 0xdead } };
	struct kvm_debugregs debugregs;
	struct rvf_guest_event event;
	struct kvm_regs regs;
	struct kvm_fpu fpu;
	char text[1024];

	tap_equal(rvf_vcpu_wait(vcpu, &event), -EPROTO, "wait without resume");
	tap_equal(rvf_vcpu_get_regs(vcpu, &regs), 0, "registers");
	tap_equal(regs.rip, loops_at[vcpus - 1], "it was looping");
	tap_equal(rvf_vcpu_get_fpu(vcpu, &fpu), 0, "the FPU's");
	tap_equal(rvf_vcpu_set_fpu(vcpu, &fpu), 0, "set, too");
	tap_equal(rvf_vcpu_get_debugregs(vcpu, &debugregs), 0, "debug registers");
	tap_equal(rvf_vcpu_set_debugregs(vcpu, &debugregs), 0, "set, too");
	tap_equal(rvf_vcpu_set_msrs(vcpu, 2, msrs), 1, "one of two MSRs is set");
	msrs[0].data = 0;
	tap_equal(rvf_vcpu_get_msrs(vcpu, 1, msrs), 1, "it is got");
	tap_equal(msrs[0].data, 0x1234, "as it was set");
	tap_equal(rvf_vcpu_get_msrs(vcpu, RVF_MAX_VCPU_ENTRIES + 1, msrs), -E2BIG, "too many");

	/* Real mode without an interrupt table */
	struct kvm_sregs sregs;

	rvf_vcpu_get_sregs(vcpu, &sregs);
	sregs.idt.limit = 0;
	rvf_vcpu_set_sregs(vcpu, &sregs);
	regs.rip += 2;
	rvf_vcpu_set_regs(vcpu, &regs);
	tap_equal(rvf_vcpu_end_text(vcpu, &event, text, sizeof(text)), -EINVAL, "not at its end");
	rvf_vcpu_resume(vcpu);
	tap_equal(rvf_vcpu_wait(vcpu, &event), 0, "an event");
	tap_equal(event.kind, RVF_GUEST_END, "its end");
	tap_ok(rvf_vcpu_end_text(vcpu, &event, text, sizeof(text)) > 0, "in words");
	/* Not with which registers: on AMD, KVM resets them */
	tap_ok(!strncmp(text, "a triple fault (exit 8) at cs:rip ", 34), "the right ones");
	printf("# %s\n", text);
	tap_equal(set_registers(vcpu, (vcpus - 1) * 4096), 0, "it is mended");
	rvf_vcpu_resume(vcpu);
	tap_ok(rvf_vcpu_wait(vcpu, &event) == 0 && event.kind == RVF_GUEST_IO_ACCESS, "goes on");
}

static void test_stop(void)
{
	struct rvf_vcpu *vcpu = rvf_guest_vcpu(guest, 0);
	struct rvf_guest_event event;
	struct pollfd shutdown = { .events = POLLIN };

	shutdown.fd = rvf_guest_shutdown_eventfd(guest);
	tap_equal(poll(&shutdown, 1, 0), 0, "nobody asks it to stop");
	rvf_ready();
	printf("# ready\n");
	set_registers(vcpu, loops_at[0]);
	rvf_vcpu_resume(vcpu);
	tap_equal(rvf_vcpu_wait(vcpu, &event), -ECANCELED, "asked to stop while the guest spins");
	tap_equal(poll(&shutdown, 1, 10000), 1, "the eventfd tells");
	rvf_guest_pause(guest, 1, NULL);
	tap_equal(rvf_vcpu_wait(vcpu, &event), 0, "only once");
	tap_equal(event.kind, RVF_GUEST_PAUSED, "the guest ran on");
}

int main(int argc, char **argv)
{
	int ret;

	vcpus = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	tap_begin();
	tap_need(vcpus && vcpus <= MOST_VCPUS, "how many vCPUs?");
	ret = rvf_vm_connect(&guest);
	tap_equal(ret, 0, "connect");
	if (ret)
		return tap_end();
	test_calls();
	test_vcpus();
	test_paused();
	test_stop();
	return tap_end();
}
