// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM's own commands, passed on by VM and vCPU fds, each step failing. What KVM
 * makes of a failure is its own affair; but the call says so, what the module
 * keeps of it is as before, and the same call succeeds then.
 */
#include <fcntl.h>
#include <linux/kvm.h>
#include <unistd.h>

#include "fail_nth_machine.h"

static struct vm *const vm = &fail_machine;

/* Of a struct: more than any of them has */
#define ROOM 16384

static char argument[ROOM] __attribute__((aligned(16)));

/**
 * struct kvm_call - A command that takes a struct
 * @command: KVM_*
 * @get: The one that tells what to set, or 0.
 * @size: Of the struct.
 * @head: What its first number must be: how many entries, or which chip.
 */
struct kvm_call {
	unsigned long command, get;
	unsigned int size, head;
};

static int get(int fd, const struct kvm_call *call)
{
	memset(argument, 0, call->size);
	memcpy(argument, &call->head, sizeof(call->head));
	if (!call->get)
		return 0;
	if (fd == vm->fd || call->get == KVM_GET_SUPPORTED_CPUID)
		return vm_kvm_vm(vm, call->get, argument, call->size);
	return vm_kvm(vm, 1, call->get, argument, call->size);
}

static long make(struct fail *f, int fd)
{
	const struct kvm_call *call = f->with;
	long result;

	must_rvf(get(fd, call));
	result = fail_call(f, SYS_ioctl, fd, call->command, fail_put(f, argument, call->size));
	fail_unless(result <= 0);
	return result;
}

static long vm_run_call(struct fail *f)
{
	return make(f, vm->fd);
}

static long vcpu_run_call(struct fail *f)
{
	return make(f, vm->vcpu[1]);
}

#define CALL(...)                                                   \
	.setup = fail_machine_setup, .teardown = fail_machine_undo, \
	.with = &(const struct kvm_call)                            \
	{                                                           \
		__VA_ARGS__                                         \
	}
/* By a new VM each time: what KVM has allocated once, it keeps */
#define CALL_ONCE(...)                                                                           \
	.setup = fail_machine_mount, .prepare = fail_machine_prepare, .undo = fail_machine_undo, \
	.with = &(const struct kvm_call)                                                         \
	{                                                                                        \
		__VA_ARGS__                                                                      \
	}

#define CPUID_LEAVES 100
#define CPUID_SIZE   (sizeof(struct kvm_cpuid2) + CPUID_LEAVES * sizeof(struct kvm_cpuid_entry2))
#define MSR_LIST     2000

/* ---- eventfds */

static int made_eventfd;

static void eventfd_setup(struct fail *f)
{
	fail_machine_setup(f);
	made_eventfd = vm_eventfd(vm);
}

static void eventfd_prepare(struct fail *f)
{
	fail_machine_prepare(f);
	made_eventfd = vm_eventfd(vm);
}

static struct kvm_irqfd irqfd(unsigned int flags)
{
	return (struct kvm_irqfd){ .fd = made_eventfd, .gsi = 5, .flags = flags };
}

static long irqfd_run(struct fail *f)
{
	struct kvm_irqfd arg = irqfd(0);

	return fail_call(f, SYS_ioctl, vm->fd, KVM_IRQFD, fail_put(f, &arg, sizeof(arg)));
}

/* It is there: a second one is refused */
static void irqfd_check(struct fail *f)
{
	struct kvm_irqfd arg = irqfd(0);

	fail_unless(vm_kvm_vm(vm, KVM_IRQFD, &arg, sizeof(arg)) == -EBUSY);
}

static void irqfd_undo(struct fail *f)
{
	struct kvm_irqfd arg = irqfd(KVM_IRQFD_FLAG_DEASSIGN);

	must_rvf(vm_kvm_vm(vm, KVM_IRQFD, &arg, sizeof(arg)));
}

static void no_irqfd_prepare(struct fail *f)
{
	struct kvm_irqfd arg = irqfd(0);

	must_rvf(vm_kvm_vm(vm, KVM_IRQFD, &arg, sizeof(arg)));
}

static long no_irqfd_run(struct fail *f)
{
	struct kvm_irqfd arg = irqfd(KVM_IRQFD_FLAG_DEASSIGN);

	return fail_call(f, SYS_ioctl, vm->fd, KVM_IRQFD, fail_put(f, &arg, sizeof(arg)));
}

static struct kvm_ioeventfd ioeventfd(unsigned int flags)
{
	return (struct kvm_ioeventfd){
		.addr = 0x500,
		.len = 1,
		.fd = made_eventfd,
		.flags = flags | KVM_IOEVENTFD_FLAG_PIO,
	};
}

static long ioeventfd_run(struct fail *f)
{
	struct kvm_ioeventfd arg = ioeventfd(0);

	return fail_call(f, SYS_ioctl, vm->fd, KVM_IOEVENTFD, fail_put(f, &arg, sizeof(arg)));
}

static void ioeventfd_check(struct fail *f)
{
	vm_code(vm, 0xba, 0x00, 0x05, 0xee, /* mov dx, 0x500; out dx, al */
		0xba, VM_PORT & 0xff, VM_PORT >> 8, 0xee); /* mov dx, VM_PORT; out dx, al */
	must_rvf(vm_run(vm, 0));
	fail_unless(vm_event(vm, 0).address == VM_PORT);
	fail_unless(vm_signals(vm, made_eventfd) == 1);
}

static void ioeventfd_undo(struct fail *f)
{
	struct kvm_ioeventfd arg = ioeventfd(KVM_IOEVENTFD_FLAG_DEASSIGN);

	must_rvf(vm_kvm_vm(vm, KVM_IOEVENTFD, &arg, sizeof(arg)));
}

/*
 * Where KVM has no memory to take one away, it takes all that lies on the same
 * bus; so each try has a VM of its own.
 */
static void no_ioeventfd_prepare(struct fail *f)
{
	struct kvm_ioeventfd arg;

	eventfd_prepare(f);
	arg = ioeventfd(0);
	must_rvf(vm_kvm_vm(vm, KVM_IOEVENTFD, &arg, sizeof(arg)));
}

static long no_ioeventfd_run(struct fail *f)
{
	struct kvm_ioeventfd arg = ioeventfd(KVM_IOEVENTFD_FLAG_DEASSIGN);

	return fail_call(f, SYS_ioctl, vm->fd, KVM_IOEVENTFD, fail_put(f, &arg, sizeof(arg)));
}

static void no_ioeventfd_check(struct fail *f)
{
	vm_code(vm, 0xba, 0x00, 0x05, 0xee, /* mov dx, 0x500; out dx, al */
		0xba, VM_PORT & 0xff, VM_PORT >> 8, 0xee); /* mov dx, VM_PORT; out dx, al */
	must_rvf(vm_run(vm, 0));
	fail_unless(vm_event(vm, 0).address == VM_PORT);
	fail_unless(vm_signals(vm, made_eventfd) == 0);
}

/* ---- interrupts' routes, and pages that were written to */

static long routing_run(struct fail *f)
{
	struct {
		struct kvm_irq_routing head;
		struct kvm_irq_routing_entry entry[2];
	} arg = {
		.head.nr = 2,
		.entry = {
			{ .gsi = 5, .type = KVM_IRQ_ROUTING_IRQCHIP,
			  .u.irqchip = { KVM_IRQCHIP_IOAPIC, 5 } },
			{ .gsi = 24, .type = KVM_IRQ_ROUTING_MSI,
			  .u.msi = { .address_lo = 0xfee00000, .data = 0x30 } },
		},
	};

	return fail_call(f, SYS_ioctl, vm->fd, KVM_SET_GSI_ROUTING, fail_put(f, &arg, sizeof(arg)));
}

/* No local APIC is on, so nobody takes it: that is its success */
static long msi_run(struct fail *f)
{
	struct kvm_msi arg = { .address_lo = 0xfee00000, .data = 0x30 };
	long result =
		fail_call(f, SYS_ioctl, vm->fd, KVM_SIGNAL_MSI, fail_put(f, &arg, sizeof(arg)));

	return result == -EPERM || result > 0 ? 0 : result;
}

static void logged_setup(struct fail *f)
{
	int fd;

	fail_machine_setup(f);
	fd = vm_memfd(vm, page_size(), F_SEAL_SHRINK);
	f->count = must_rvf(vm_map(vm, fd, 1 << 20, 0, page_size(), RVF_VM_MAP_DIRTY_LOG));
}

static long log_run(struct fail *f)
{
	uint64_t *bits = fail_alloc(f, sizeof(*bits));
	struct kvm_dirty_log arg = { .slot = f->count };

	arg.dirty_bitmap = bits;
	return fail_call(f, SYS_ioctl, vm->fd, KVM_GET_DIRTY_LOG, fail_put(f, &arg, sizeof(arg)));
}

static long extension_run(struct fail *f)
{
	return fail_call(f, SYS_ioctl, vm->fd, KVM_CHECK_EXTENSION, KVM_CAP_IRQCHIP);
}

const struct fail_case fail_kvm_vm[] = {
	{ "KVM_IRQFD", .setup = eventfd_setup, .run = irqfd_run, .check = irqfd_check,
	  .undo = irqfd_undo, .teardown = fail_machine_undo },
	{ "KVM_IRQFD away", .setup = eventfd_setup, .prepare = no_irqfd_prepare,
	  .run = no_irqfd_run, .teardown = fail_machine_undo },
	{ "KVM_IOEVENTFD", .setup = eventfd_setup, .run = ioeventfd_run, .check = ioeventfd_check,
	  .undo = ioeventfd_undo, .teardown = fail_machine_undo },
	{ "KVM_IOEVENTFD away", .setup = fail_machine_mount, .prepare = no_ioeventfd_prepare,
	  .run = no_ioeventfd_run, .check = no_ioeventfd_check, .undo = fail_machine_undo },
	{ "KVM_SET_GSI_ROUTING", .setup = fail_machine_setup, .run = routing_run,
	  .teardown = fail_machine_undo },
	{ "KVM_GET_DIRTY_LOG", .setup = logged_setup, .run = log_run,
	  .teardown = fail_machine_undo },
	{ "KVM_CHECK_EXTENSION", .setup = fail_machine_setup, .run = extension_run,
	  .teardown = fail_machine_undo },
	{ "KVM_IRQ_LINE", .run = vm_run_call,
	  CALL(KVM_IRQ_LINE, 0, sizeof(struct kvm_irq_level), 5) },
	{ "KVM_SIGNAL_MSI", .setup = fail_machine_setup, .run = msi_run,
	  .teardown = fail_machine_undo },
	{ "KVM_GET_IRQCHIP", .run = vm_run_call,
	  CALL(KVM_GET_IRQCHIP, 0, sizeof(struct kvm_irqchip), KVM_IRQCHIP_IOAPIC) },
	{ "KVM_SET_IRQCHIP", .run = vm_run_call,
	  CALL(KVM_SET_IRQCHIP, KVM_GET_IRQCHIP, sizeof(struct kvm_irqchip), KVM_IRQCHIP_IOAPIC) },
	{ "KVM_GET_PIT2", .run = vm_run_call,
	  CALL(KVM_GET_PIT2, 0, sizeof(struct kvm_pit_state2), 0) },
	{ "KVM_SET_PIT2", .run = vm_run_call,
	  CALL(KVM_SET_PIT2, KVM_GET_PIT2, sizeof(struct kvm_pit_state2), 0) },
	{ "KVM_GET_CLOCK", .run = vm_run_call,
	  CALL(KVM_GET_CLOCK, 0, sizeof(struct kvm_clock_data), 0) },
	{ "KVM_SET_CLOCK", .run = vm_run_call,
	  CALL(KVM_SET_CLOCK, 0, sizeof(struct kvm_clock_data), 0) },
	{ "KVM_GET_SUPPORTED_CPUID", .run = vm_run_call,
	  CALL(KVM_GET_SUPPORTED_CPUID, 0, CPUID_SIZE, CPUID_LEAVES) },
	/* What cannot be read is not valid, either */
	{ "KVM_GET_EMULATED_CPUID", .run = vm_run_call, .errnos = { EINVAL },
	  CALL(KVM_GET_EMULATED_CPUID, 0, CPUID_SIZE, CPUID_LEAVES) },
	{ "KVM_GET_MSR_INDEX_LIST", .run = vm_run_call,
	  CALL(KVM_GET_MSR_INDEX_LIST, 0, 4 + 4 * MSR_LIST, MSR_LIST) },
	{ 0 },
};

/* ---- vCPUs */

static long msrs_run(struct fail *f)
{
	struct {
		struct kvm_msrs head;
		struct kvm_msr_entry entry;
	} arg = { .head.nmsrs = 1, .entry.index = 0xc0000080 };
	const struct kvm_call *call = f->with;
	long result =
		fail_call(f, SYS_ioctl, vm->vcpu[1], call->command, fail_put(f, &arg, sizeof(arg)));

	fail_unless(result < 0 || result == 1);
	return result;
}

#define OF_VCPU(name, type)                                                                    \
	{ "KVM_GET_" #name, .run = vcpu_run_call,                                              \
	  CALL(KVM_GET_##name, 0, sizeof(struct type), 0) },                                   \
	{                                                                                      \
		"KVM_SET_" #name, .run = vcpu_run_call,                                        \
				  CALL(KVM_SET_##name, KVM_GET_##name, sizeof(struct type), 0) \
	}

const struct fail_case fail_kvm_vcpu[] = {
	OF_VCPU(REGS, kvm_regs),
	OF_VCPU(SREGS, kvm_sregs),
	OF_VCPU(FPU, kvm_fpu),
	OF_VCPU(DEBUGREGS, kvm_debugregs),
	OF_VCPU(XCRS, kvm_xcrs),
	OF_VCPU(MP_STATE, kvm_mp_state),
	OF_VCPU(LAPIC, kvm_lapic_state),
	OF_VCPU(VCPU_EVENTS, kvm_vcpu_events),
	{ "KVM_GET_MSRS", .run = msrs_run, CALL(KVM_GET_MSRS, 0, 0, 0) },
	{ "KVM_SET_MSRS", .run = msrs_run, CALL(KVM_SET_MSRS, 0, 0, 0) },
	{ "KVM_SET_CPUID2", .run = vcpu_run_call,
	  CALL_ONCE(KVM_SET_CPUID2, KVM_GET_SUPPORTED_CPUID, CPUID_SIZE, CPUID_LEAVES) },
	{ "KVM_GET_CPUID2", .run = vcpu_run_call,
	  CALL(KVM_GET_CPUID2, 0, CPUID_SIZE, CPUID_LEAVES) },
	{ "KVM_GET_SUPPORTED_HV_CPUID", .run = vcpu_run_call,
	  CALL_ONCE(KVM_GET_SUPPORTED_HV_CPUID, 0, CPUID_SIZE, CPUID_LEAVES) },
	{ "KVM_ENABLE_CAP", .run = vcpu_run_call,
	  CALL_ONCE(KVM_ENABLE_CAP, 0, sizeof(struct kvm_enable_cap), KVM_CAP_HYPERV_SYNIC2) },
	{ 0 },
};
