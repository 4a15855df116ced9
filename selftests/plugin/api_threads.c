// SPDX-License-Identifier: GPL-2.0-only
/* Several vCPUs and threads, and a plugin that does everything at once. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "api.h"

#define PORT   CROSVM_ADDRESS_SPACE_IOPORT
#define VCPUS  4
#define ROUNDS 30
#define CHAOS  200 /* calls of each thread that makes trouble */

GUEST(guest_threads, "mov $0x400, %dx\n"
		     "1: in %dx, %al\n"
		     "inc %al\n"
		     "out %al, %dx\n"
		     "jmp 1b\n");

static atomic_uint running, failed;
static atomic_bool all_set_up;

static bool round_trip(struct crosvm_vcpu *vcpu, uint8_t number)
{
	struct crosvm_vcpu_event event;

	if (crosvm_vcpu_resume(vcpu) || crosvm_vcpu_wait(vcpu, &event) ||
	    event.kind != CROSVM_VCPU_EVENT_KIND_IO_ACCESS || event.io_access.is_write)
		return false;
	/* Nobody may be here before everybody has answered INIT. */
	if (!all_set_up)
		return false;
	*event.io_access.data = number;
	return !crosvm_vcpu_resume(vcpu) && !crosvm_vcpu_wait(vcpu, &event) &&
	       event.io_access.is_write && *event.io_access.data == (uint8_t)(number + 1);
}

/* Began before anything else did, also before the connection. */
static void *drive(void *argument)
{
	unsigned int index = *(unsigned int *)argument, i;
	struct crosvm_vcpu_event event;
	struct crosvm_vcpu *vcpu;
	struct crosvm *own;

	while (!running)
		sleep_ms(10);
	if (crosvm_new_connection(crosvm, &own) || crosvm_get_vcpu(own, index, &vcpu) ||
	    crosvm_vcpu_wait(vcpu, &event) || event.kind != CROSVM_VCPU_EVENT_KIND_INIT ||
	    api_go_to(vcpu, CODE)) {
		failed++;
		return NULL;
	}
	if (index == VCPUS - 1) {
		sleep_ms(300);
		all_set_up = true;
	}
	for (i = 0; i < ROUNDS; i++)
		if (!round_trip(vcpu, i * VCPUS + index)) {
			failed++;
			break;
		}
	crosvm_destroy_connection(&own);
	return NULL;
}

/* Everything that there is, of one vCPU and of the VM, whatever it answers. */
static void *chaos(void *argument)
{
	unsigned int seed = *(unsigned int *)argument, i;
	struct crosvm_vcpu *vcpu = api_vcpu(0);
	struct crosvm_vcpu_event event;
	struct kvm_vcpu_events events;
	struct kvm_debugregs debugregs;
	struct kvm_mp_state mp_state;
	struct crosvm_io *io;
	struct crosvm_irq *irq;
	struct kvm_sregs sregs;
	struct kvm_regs regs;
	struct kvm_fpu fpu;

	for (i = 0; i < CHAOS; i++) {
		switch (rand_r(&seed) % 14) {
		case 0:
			crosvm_vcpu_resume(vcpu);
			break;
		case 1:
			/* so that nobody waits for ever */
			crosvm_pause_vcpus(crosvm, 1, NULL);
			crosvm_vcpu_wait(vcpu, &event);
			break;
		case 2:
			if (!crosvm_vcpu_get_regs(vcpu, &regs))
				crosvm_vcpu_set_regs(vcpu, &regs);
			break;
		case 3:
			if (!crosvm_vcpu_get_sregs(vcpu, &sregs))
				crosvm_vcpu_set_sregs(vcpu, &sregs);
			break;
		case 4:
			if (!crosvm_vcpu_get_debugregs(vcpu, &debugregs))
				crosvm_vcpu_set_debugregs(vcpu, &debugregs);
			break;
		case 5:
			crosvm_vcpu_get_fpu(vcpu, &fpu);
			break;
		case 6:
			crosvm_vcpu_get_vcpu_events(vcpu, &events);
			break;
		case 7:
			crosvm_vcpu_get_mp_state(vcpu, &mp_state);
			break;
		case 8:
			crosvm_reserve_range(crosvm, PORT, 0x700, 1);
			break;
		case 9:
			crosvm_reserve_range(crosvm, PORT, 0x700, 0);
			break;
		case 10:
			if (!crosvm_create_io_event(crosvm, PORT, 0x800, 1, NULL, &io))
				crosvm_destroy_io_event(crosvm, &io);
			break;
		case 11:
			if (!crosvm_create_irq_event(crosvm, 9, &irq))
				crosvm_destroy_irq_event(crosvm, &irq);
			break;
		case 12:
			crosvm_set_irq(crosvm, 9, i & 1);
			break;
		default:
			crosvm_pause_vcpus(crosvm, ~0ull, &i);
		}
	}
	return NULL;
}

void test_threads(void)
{
	unsigned int numbers[VCPUS], i;
	pthread_t threads[VCPUS];

	for (i = 0; i < VCPUS; i++) {
		numbers[i] = i;
		pthread_create(&threads[i], NULL, drive, &numbers[i]);
	}
	api_connect();
	crosvm_reserve_range(crosvm, PORT, 0x400, 1);
	api_put(CODE, guest_threads, guest_threads_end);
	running = 1;
	sleep_ms(100);
	tap_equal(crosvm_start(crosvm), 0, "start");
	for (i = 0; i < VCPUS; i++)
		pthread_join(threads[i], NULL);
	tap_equal(failed, 0, "four vCPUs, each with a thread and a connection of its own");
	tap_ok(all_set_up, "the last one came late");

	for (i = 0; i < VCPUS; i++)
		pthread_create(&threads[i], NULL, chaos, &numbers[i]);
	for (i = 0; i < VCPUS; i++) {
		/* Whoever is still in the guest comes back. */
		crosvm_pause_vcpus(crosvm, ~0ull, NULL);
		pthread_join(threads[i], NULL);
	}
	tap_ok(true, "everything at once on one vCPU");
}
