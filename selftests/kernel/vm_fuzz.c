// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two vCPUs in states at random, while another thread writes to their event
 * pages, memory comes, goes and is revoked, and they are kicked, interrupted
 * and stopped, all at once; between the runs their own threads write there too.
 *
 * Most runs get into the guest: it counts that itself, in its memory.
 *
 * RVF_SEED=N repeats a run's random numbers, RVF_FUZZ_ROUNDS=N makes it longer.
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "util_vm.h"
#include "vm_state.h"

#define CPUS	  2
#define SCRIBBLER 3 /* its server; those of the vCPUs come before it */
#define FRAMES	  4 /* of guest memory that comes and goes */
#define FRAME	  0x10000
#define ROUNDS	  150
#define BUDGET	  15000 /* ms, behind which no round begins */

/* What is good, and is given back before each round */
struct fuzz_cpu {
	struct state_vcpu state; /* first, for its callback */
	struct kvm_vcpu_events events;
	struct kvm_lapic_state lapic;
	struct kvm_xcrs xcrs;
	bool has_xcrs;
	struct vm *vm;
	unsigned int number;
	bool runs;
	pid_t thread; /* in the plugin's namespace */
	uint16_t counted; /* before the run */
};

FIXTURE(fuzz)
{
	struct vm vm;
	struct fuzz_cpu cpus[CPUS];
	volatile long *stop, *once;
	pid_t process; /* in its namespace */
	int memfd, data, slab, derived;
	int slots[FRAMES];
	unsigned int fds;
	unsigned int runs, entered, events, interrupted, refused, revoked;
};

#define FUZZ FIXTURE_DATA(fuzz) * self

static int on_vcpu(struct state_vcpu *state, unsigned long command, void *arg, size_t size)
{
	struct fuzz_cpu *cpu = (struct fuzz_cpu *)state;
	int result;

	/* Not into the memory that comes and goes: nothing in it exits, see state_spare_tcg() */
	if (command == KVM_SET_SREGS)
		((struct kvm_sregs *)arg)->cs.base &= ~0xf0000ull;
	result = vm_kvm(cpu->vm, cpu->number, command, arg, size);

	/* It says how many it took */
	if (command == KVM_SET_MSRS)
		return result == 1 ? 0 : -EINVAL;
	return result;
}

static void make_cpu(FUZZ, unsigned int number)
{
	struct fuzz_cpu *cpu = &self->cpus[number];
	struct state_vcpu *state = &cpu->state;
	struct kvm_segment *cs = &state->sregs.cs, *ds = &state->sregs.ds;

	cpu->vm = &self->vm;
	cpu->number = number;
	state->kvm = on_vcpu;
	must_rvf(on_vcpu(state, KVM_GET_SREGS, &state->sregs, sizeof(state->sregs)));
	cs->base = 0;
	cs->selector = 0;
	/* Each counts for itself */
	ds->selector = number;
	ds->base = 16 * number;
	must_rvf(on_vcpu(state, KVM_GET_VCPU_EVENTS, &cpu->events, sizeof(cpu->events)));
	must_rvf(on_vcpu(state, KVM_GET_LAPIC, &cpu->lapic, sizeof(cpu->lapic)));
	cpu->has_xcrs = !on_vcpu(state, KVM_GET_XCRS, &cpu->xcrs, sizeof(cpu->xcrs));
	cpu->thread = must_rvf(task_call(&self->vm.task, PROXY_CLONE, VM_THREAD, 1 + number));
}

/* Over the event pages of a vCPU; through a mapping of the plugin's */
static void scribble(FUZZ, unsigned int server, unsigned int cpu, volatile long *stop)
{
	vm_ask(&self->vm, server, PROXY_SCRIBBLE, (long)self->vm.page[cpu], 8192, (long)stop,
	       random32());
}

FIXTURE_SETUP(fuzz)
{
	struct vm *vm = &self->vm;

	seed(0);
	vm_start(vm, CPUS);
	vm_memory(vm);
	self->process = must_rvf(task_call(&vm->task, SYS_getpid));
	for (unsigned int i = 0; i < CPUS; i++)
		make_cpu(self, i);
	self->memfd = vm_memfd(vm, FRAME, F_SEAL_SHRINK);
	self->data = must_rvf(task_get(&vm->task, "data", 0));
	self->slab = must_rvf(task_get(&vm->task, "slab", 0));
	self->derived = -1;
	for (unsigned int i = 0; i < FRAMES; i++)
		self->slots[i] = -1;
	self->fds = vm_count_fds(vm);
	self->stop = task_alloc(&vm->task, sizeof(long));
	self->once = task_alloc(&vm->task, sizeof(long));
	*self->stop = 0;
	*self->once = 1;
	must_rvf(task_call(&vm->task, PROXY_CLONE, VM_THREAD, SCRIBBLER));
	scribble(self, SCRIBBLER, 0, self->stop);
}

FIXTURE_TEARDOWN(fuzz)
{
	vm_stop(&self->vm);
}

/* ---- what happens meanwhile */

/* The scribbler goes over to the other vCPU's pages */
static void change_page(FUZZ)
{
	*self->stop = 1;
	vm_answer(&self->vm, SCRIBBLER);
	*self->stop = 0;
	scribble(self, SCRIBBLER, below(CPUS), self->stop);
}

static void change_memory(FUZZ, unsigned int frame)
{
	struct vm *vm = &self->vm;
	unsigned int address = VM_MEMORY + frame * FRAME;

	if (self->slots[frame] >= 0) {
		must_rvf(vm_unmap(vm, self->slots[frame]));
		self->slots[frame] = -1;
		return;
	}
	switch (below(4)) {
	case 0:
		self->slots[frame] = vm_map(vm, self->memfd, address, 0, FRAME,
					    below(2) ? RVF_VM_MAP_READ_ONLY : 0);
		break;
	case 1:
		self->slots[frame] = vm_map(vm, self->data, address, 4096 * below(4), 4096, 0);
		break;
	case 2:
		self->slots[frame] = vm_map(vm, self->slab, address, 0, 16384, 0);
		break;
	default:
		if (self->derived >= 0)
			self->slots[frame] = vm_map(vm, self->derived, address, 0, 8192, 0);
	}
}

/* A handle that memory is mapped by comes, or is revoked */
static void change_handle(FUZZ)
{
	struct vm *vm = &self->vm;
	struct rvf_handle_derive derive = { .size = sizeof(derive) };
	struct rvf_handle_revoke revoke = { .size = sizeof(revoke), .flags = RVF_REVOKE_DERIVED };

	if (self->derived < 0) {
		derive.rights = RVF_RIGHT_READ | (below(2) ? RVF_RIGHT_WRITE : 0);
		must_rvf(task_ioctl(&vm->task, self->slab, RVF_HANDLE_DERIVE, &derive));
		self->derived = derive.out_fd;
		return;
	}
	must_rvf(task_ioctl(&vm->task, self->slab, RVF_HANDLE_REVOKE, &revoke));
	must_rvf(task_call(&vm->task, SYS_close, self->derived));
	self->derived = -1;
	self->revoked++;
}

static void interrupt(FUZZ, struct fuzz_cpu *cpu)
{
	must_rvf(task_call(&self->vm.task, SYS_tgkill, self->process, cpu->thread, SIGUSR1));
}

static void disturb(FUZZ)
{
	struct vm *vm = &self->vm;
	struct fuzz_cpu *cpu = &self->cpus[below(CPUS)];
	struct kvm_irq_level line = { .irq = below(24), .level = below(2) };
	struct kvm_regs regs;
	uint64_t start = below(2) ? random32() & 0xfffff : STATE_PORT + below(16);

	switch (below(9)) {
	case 0:
		change_page(self);
		break;
	case 1:
	case 2:
		change_memory(self, below(FRAMES));
		break;
	case 3:
		change_handle(self);
		break;
	case 4:
		vm_reserve_as(vm, below(2), start, below(2) ? 0 : 1 + below(0x1000),
			      below(2) ? RVF_VM_RESERVE_ASYNC : 0);
		break;
	case 5:
		if (below(2))
			must_rvf(vm_kick(vm, random32() & 3));
		else
			interrupt(self, cpu);
		break;
	case 6:
		kill(vm->task.pid, SIGSTOP);
		kill(vm->task.pid, SIGCONT);
		break;
	case 7:
		vm_kvm_vm(vm, KVM_IRQ_LINE, &line, sizeof(line));
		break;
	default:
		/* It runs, most of the time: then these are refused */
		state_fill_plain(&regs, sizeof(regs));
		regs.rflags = 2;
		vm_kvm(vm, cpu->number, below(2) ? KVM_GET_REGS : KVM_SET_REGS, &regs,
		       sizeof(regs));
	}
}

/* ---- running */

static bool answered(struct fuzz_cpu *cpu, int ms)
{
	return poll_for(cpu->vm->task.socket[1 + cpu->number], POLLIN, ms);
}

static uint16_t count_of(struct fuzz_cpu *cpu)
{
	const unsigned char *counter = cpu->vm->memory + STATE_COUNTER + 16 * cpu->number;

	return counter[0] | counter[1] << 8;
}

/* What a run came to; false where that cannot be */
static bool take_answer(FUZZ, struct fuzz_cpu *cpu)
{
	long result = vm_answer(cpu->vm, 1 + cpu->number);

	cpu->runs = false;
	switch (result) {
	case 0:
		self->events++;
		return true;
	case -EINTR:
		self->interrupted++;
		return true;
	case -EFAULT: /* The memory is no more */
	case -EBUSY: /* Another thread looks at its registers */
		return true;
	case -EPERM: /* Virtualisation in the guest, by EFER or CR4 */
		self->refused++;
		return true;
	}
	fprintf(stderr, "# vCPU %u: %ld\n", cpu->number, result);
	return false;
}

static void begin(FUZZ, struct fuzz_cpu *cpu)
{
	vm_ask_run(cpu->vm, 1 + cpu->number, cpu->number);
	cpu->runs = true;
}

/* Kicked until it is back, whatever it does in there; by a signal, if need be */
static bool finish(FUZZ, struct fuzz_cpu *cpu)
{
	if (!cpu->runs)
		return true;
	must_rvf(vm_kick(cpu->vm, 1 << cpu->number));
	if (!answered(cpu, 30000)) {
		fprintf(stderr, "# vCPU %u does not come back for a kick\n", cpu->number);
		interrupt(self, cpu);
		answered(cpu, 30000);
		return false;
	}
	return take_answer(self, cpu);
}

/*
 * An access that is under way would go on with the next state: it ends first,
 * a string's with its last element. (With none left KVM would never end it.)
 */
static bool settle(FUZZ, struct fuzz_cpu *cpu)
{
	struct kvm_regs regs = { .rflags = 2, .rcx = 1 };
	struct state_vcpu *state = &cpu->state;

	on_vcpu(state, KVM_SET_REGS, &regs, sizeof(regs));
	for (unsigned int i = 0; i < 3; i++) {
		begin(self, cpu);
		if (!finish(self, cpu))
			return false;
	}
	on_vcpu(state, KVM_SET_VCPU_EVENTS, &cpu->events, sizeof(cpu->events));
	on_vcpu(state, KVM_SET_LAPIC, &cpu->lapic, sizeof(cpu->lapic));
	if (cpu->has_xcrs)
		on_vcpu(state, KVM_SET_XCRS, &cpu->xcrs, sizeof(cpu->xcrs));
	return true;
}

/* More than vm_state.h has: what a guest gets over less often */
static void more_state(struct fuzz_cpu *cpu)
{
	struct kvm_lapic_state lapic = cpu->lapic;
	struct kvm_xcrs xcrs = cpu->xcrs;

	switch (below(8)) {
	case 0:
		state_flip(&lapic, sizeof(lapic), 8);
		state_give(&cpu->state, KVM_SET_LAPIC, &lapic, sizeof(lapic));
		break;
	case 1:
		state_flip(&xcrs, sizeof(xcrs), 2);
		state_give(&cpu->state, KVM_SET_XCRS, &xcrs, sizeof(xcrs));
		break;
	}
}

static bool round_of(FUZZ, unsigned int parts)
{
	struct vm *vm = &self->vm;
	size_t used = vm->task.used;

	for (unsigned int i = 0; i < CPUS; i++) {
		scribble(self, 1 + i, i, self->once);
		vm_answer(vm, 1 + i);
		if (!settle(self, &self->cpus[i]))
			return false;
	}
	state_code(vm->memory, VM_MEMORY);
	for (unsigned int i = 0; i < CPUS; i++) {
		struct fuzz_cpu *cpu = &self->cpus[i];

		state_random(&cpu->state, parts);
		more_state(cpu);
		cpu->counted = count_of(cpu);
		begin(self, cpu);
	}
	for (unsigned int i = below(4); i; i--)
		disturb(self);
	/* On a machine with much to do it may not have begun yet */
	for (unsigned int i = 0; i < CPUS; i++) {
		struct fuzz_cpu *cpu = &self->cpus[i];

		for (unsigned int j = 0; j < 100 && count_of(cpu) == cpu->counted; j++) {
			if (!cpu->runs)
				begin(self, cpu);
			if (answered(cpu, 1) && !take_answer(self, cpu))
				return false;
		}
	}
	for (unsigned int i = 0; i < CPUS; i++) {
		struct fuzz_cpu *cpu = &self->cpus[i];

		if (!finish(self, cpu))
			return false;
		self->runs++;
		self->entered += count_of(cpu) != cpu->counted;
	}
	vm->task.used = used;
	return true;
}

/* None of KVM's files has come to lie among its fds */
static unsigned int raw_files(struct vm *vm)
{
	unsigned int raw = 0;
	char path[64], name[64];

	for (unsigned int fd = 0; fd < 64; fd++) {
		ssize_t length;

		snprintf(path, sizeof(path), "/proc/%d/fd/%u", vm->task.pid, fd);
		length = readlink(path, name, sizeof(name) - 1);
		if (length < 0)
			continue;
		name[length] = 0;
		raw += !!strstr(name, "kvm");
	}
	return raw;
}

TEST_F_TIMEOUT(fuzz, everything, 300)
{
	const char *given = getenv("RVF_FUZZ_ROUNDS");
	unsigned int rounds = given ? strtoul(given, NULL, 0) : ROUNDS;
	uint64_t end = given ? UINT64_MAX : now_ms() + BUDGET;
	struct vm *vm = &self->vm, other;

	for (unsigned int i = 0; i < rounds && now_ms() < end; i++) {
		unsigned int parts = below(STATE_PARTS);

		ASSERT_TRUE(round_of(self, parts))
		{
			TH_LOG("round %u, parts 0x%x", i, parts);
		}
	}
	for (unsigned int i = 0; i < CPUS; i++)
		TH_LOG("vCPU %u: %u states accepted, %u refused", i, self->cpus[i].state.accepted,
		       self->cpus[i].state.refused);
	TH_LOG("%u of %u runs entered the guest; %u events, %u interrupted, %u refused, %u handles revoked",
	       self->entered, self->runs, self->events, self->interrupted, self->refused,
	       self->revoked);
	EXPECT_LT(0, self->runs);
	EXPECT_LE(self->runs, self->entered * 2);
	*self->stop = 1;
	EXPECT_EQ(0, vm_answer(vm, SCRIBBLER));

	/* What is left of it has nothing that it should not have, and ends */
	if (self->derived >= 0)
		change_handle(self);
	EXPECT_EQ(self->fds, vm_count_fds(vm));
	EXPECT_EQ(0, raw_files(vm));

	/* And the next VM is like any other */
	vm_start(&other, 1);
	vm_memory(&other);
	vm_code(&other, 0xb0, 0x2a, 0xee, 0xeb, 0xfe);
	EXPECT_EQ(0, vm_run(&other, 0));
	EXPECT_EQ(RVF_EVENT_IO, vm_event(&other, 0).kind);
	EXPECT_EQ(VM_PORT, vm_event(&other, 0).address);
	EXPECT_EQ(0, raw_files(&other));
	vm_stop(&other);
}

TEST_HARNESS_MAIN
