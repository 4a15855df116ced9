// SPDX-License-Identifier: GPL-2.0-only
/* Interrupts: lines, messages, routes, and eventfds that raise them. */
#include <sched.h>
#include <signal.h>

#include "kselftest_harness.h"
#include "util_vm.h"

#define VECTORS	 0x20 /* where those of the PIC begin */
#define MSI_DATA 0x30
#define MSI_GSI	 24

/*
 * A guest that waits for interrupts. Its handler of each tells the vector on
 * VM_PORT, says that it is over, and returns.
 */
static void guest(struct vm *vm)
{
	static const unsigned char main[] = { 0xfb, 0xf4, 0xeb, 0xfd }; /* sti; hlt; jmp hlt */
	struct kvm_irqchip chip = { .chip_id = KVM_IRQCHIP_PIC_MASTER };
	struct kvm_lapic_state lapic;
	unsigned char *memory = vm->memory;

	for (unsigned int vector = VECTORS; vector <= MSI_DATA; vector++) {
		unsigned char handler[] = {
			0xb0, vector, 0xee, /* mov al, vector; out dx, al */
			0xb0, 0x20,   0xe6, 0x20, /* EOI of the master PIC */
			0xcf, /* iret */
		};
		unsigned int at = 0x2000 + 16 * vector;

		memcpy(memory + at, handler, sizeof(handler));
		memcpy(memory + 4 * vector, &at, 4);
	}
	must_rvf(vm_kvm_vm(vm, KVM_GET_IRQCHIP, &chip, sizeof(chip)));
	chip.chip.pic.irq_base = VECTORS;
	chip.chip.pic.imr = 0;
	/* Line 5 is a level */
	chip.chip.pic.elcr = 1 << 5;
	must_rvf(vm_kvm_vm(vm, KVM_SET_IRQCHIP, &chip, sizeof(chip)));
	/* The local APIC: enabled by its spurious vector's register */
	must_rvf(vm_kvm(vm, 0, KVM_GET_LAPIC, &lapic, sizeof(lapic)));
	lapic.regs[0xf1] = 1;
	must_rvf(vm_kvm(vm, 0, KVM_SET_LAPIC, &lapic, sizeof(lapic)));
	vm_code_at(vm, 0, 0x1000, main, sizeof(main));
}

FIXTURE(irq)
{
	struct vm vm;
};

FIXTURE_SETUP(irq)
{
	vm_start(&self->vm, 1);
	vm_memory(&self->vm);
	guest(&self->vm);
	vm_threads(&self->vm, 1);
}

FIXTURE_TEARDOWN(irq)
{
	vm_stop(&self->vm);
}

/* Runs until a handler tells this vector */
#define EXPECT_VECTOR(vector, vm)                              \
	({                                                     \
		unsigned char told = 0;                        \
		ASSERT_EQ(0, vm_run(vm, 0));                   \
		EXPECT_EQ(RVF_EVENT_IO, vm_event(vm, 0).kind); \
		vm_get_data(vm, 0, &told, 1);                  \
		EXPECT_EQ(vector, told);                       \
	})

/* Nothing comes, however long the guest runs: it halts until it is kicked */
#define EXPECT_NO_VECTOR(vm)                                       \
	({                                                         \
		vm_ask_run(vm, 1, 0);                              \
		sleep_ms(30);                                      \
		ASSERT_EQ(0, vm_kick(vm, 1));                      \
		ASSERT_EQ(0, vm_answer(vm, 1));                    \
		EXPECT_EQ(RVF_EVENT_KICKED, vm_event(vm, 0).kind); \
	})

static int line(struct vm *vm, unsigned int irq, unsigned int level)
{
	struct kvm_irq_level arg = { .irq = irq, .level = level };

	return vm_kvm_vm(vm, KVM_IRQ_LINE, &arg, sizeof(arg));
}

static int irqfd(struct vm *vm, int fd, unsigned int gsi, unsigned int flags, int resample)
{
	struct kvm_irqfd arg = { .fd = fd, .gsi = gsi, .flags = flags, .resamplefd = resample };

	return vm_kvm_vm(vm, KVM_IRQFD, &arg, sizeof(arg));
}

static int signal_fd(struct vm *vm, int fd)
{
	uint64_t one = 1;

	return task_call(&vm->task, SYS_write, fd, task_put(&vm->task, &one, 8), 8);
}

/* The one entry is all that there is */
static int route(struct vm *vm, unsigned int count, const struct kvm_irq_routing_entry *entry)
{
	struct {
		struct kvm_irq_routing head;
		struct kvm_irq_routing_entry entry;
	} arg = { .head.nr = count };

	if (entry)
		arg.entry = *entry;
	return vm_kvm_vm(vm, KVM_SET_GSI_ROUTING, &arg, sizeof(arg));
}

static const struct kvm_irq_routing_entry msi_route = {
	.gsi = MSI_GSI,
	.type = KVM_IRQ_ROUTING_MSI,
	.u.msi = { .address_lo = 0xfee00000, .data = MSI_DATA },
};

TEST_F(irq, lines)
{
	struct vm *vm = &self->vm;

	ASSERT_EQ(0, line(vm, 4, 1));
	ASSERT_EQ(0, line(vm, 4, 0));
	EXPECT_VECTOR(VECTORS + 4, vm);
	/* A level stays until it is taken away */
	ASSERT_EQ(0, line(vm, 5, 1));
	EXPECT_VECTOR(VECTORS + 5, vm);
	EXPECT_VECTOR(VECTORS + 5, vm);
	ASSERT_EQ(0, line(vm, 5, 0));
	EXPECT_NO_VECTOR(vm);
	/* One that there is not does nothing to anybody */
	line(vm, 4096, 1);
	line(vm, ~0u, 1);
	EXPECT_NO_VECTOR(vm);
}

TEST_F(irq, messages)
{
	struct kvm_msi msi = { .address_lo = 0xfee00000, .data = MSI_DATA };
	struct vm *vm = &self->vm;

	ASSERT_LE(0, vm_kvm_vm(vm, KVM_SIGNAL_MSI, &msi, sizeof(msi)));
	EXPECT_VECTOR(MSI_DATA, vm);
	msi.flags = ~0u;
	EXPECT_GT(0, vm_kvm_vm(vm, KVM_SIGNAL_MSI, &msi, sizeof(msi)));
}

TEST_F(irq, routes)
{
	struct kvm_irq_routing_entry entry = msi_route;
	struct vm *vm = &self->vm;

	ASSERT_EQ(0, route(vm, 1, &entry));
	ASSERT_LE(0, line(vm, MSI_GSI, 1));
	EXPECT_VECTOR(MSI_DATA, vm);
	/* It replaced all of them */
	ASSERT_LE(0, line(vm, 4, 1));
	EXPECT_NO_VECTOR(vm);
	entry = (struct kvm_irq_routing_entry){
		.gsi = MSI_GSI,
		.type = KVM_IRQ_ROUTING_IRQCHIP,
		.u.irqchip = { .irqchip = KVM_IRQCHIP_PIC_MASTER, .pin = 4 },
	};
	ASSERT_EQ(0, route(vm, 1, &entry));
	ASSERT_LE(0, line(vm, MSI_GSI, 1));
	EXPECT_VECTOR(VECTORS + 4, vm);

	entry.u.irqchip.pin = 1000;
	EXPECT_EQ(-EINVAL, route(vm, 1, &entry));
	entry.u.irqchip.irqchip = 3;
	EXPECT_EQ(-EINVAL, route(vm, 1, &entry));
	entry.type = 100;
	EXPECT_EQ(-EINVAL, route(vm, 1, &entry));
	EXPECT_EQ(-EINVAL, route(vm, 4097, &entry));
	EXPECT_EQ(-EINVAL, route(vm, ~0u, &entry));
	/* None of these changed anything */
	ASSERT_LE(0, line(vm, MSI_GSI, 0));
	ASSERT_LE(0, line(vm, MSI_GSI, 1));
	EXPECT_VECTOR(VECTORS + 4, vm);
	EXPECT_EQ(0, route(vm, 0, NULL));
	ASSERT_LE(0, line(vm, MSI_GSI, 1));
	EXPECT_NO_VECTOR(vm);
}

TEST_F(irq, eventfd)
{
	struct vm *vm = &self->vm;
	int fd = vm_eventfd(vm);

	ASSERT_EQ(0, irqfd(vm, fd, 4, 0, 0));
	ASSERT_EQ(8, signal_fd(vm, fd));
	EXPECT_VECTOR(VECTORS + 4, vm);
	/* While the guest halts, in another thread */
	for (unsigned int i = 0; i < 20; i++) {
		vm_ask_run(vm, 1, 0);
		sleep_ms(i);
		ASSERT_EQ(8, signal_fd(vm, fd));
		ASSERT_EQ(0, vm_answer(vm, 1));
		EXPECT_EQ(RVF_EVENT_IO, vm_event(vm, 0).kind);
	}
	/* By a message */
	ASSERT_EQ(0, route(vm, 1, &msi_route));
	EXPECT_EQ(-EBUSY, irqfd(vm, fd, MSI_GSI, 0, 0));
	EXPECT_EQ(0, irqfd(vm, fd, 4, KVM_IRQFD_FLAG_DEASSIGN, 0));
	ASSERT_EQ(0, irqfd(vm, fd, MSI_GSI, 0, 0));
	ASSERT_EQ(8, signal_fd(vm, fd));
	EXPECT_VECTOR(MSI_DATA, vm);
	EXPECT_EQ(0, irqfd(vm, fd, MSI_GSI, KVM_IRQFD_FLAG_DEASSIGN, 0));
	ASSERT_EQ(8, signal_fd(vm, fd));
	EXPECT_NO_VECTOR(vm);

	EXPECT_EQ(-EBADF, irqfd(vm, 100, 4, 0, 0));
	EXPECT_EQ(-EINVAL, irqfd(vm, vm->fd, 4, 0, 0));
	EXPECT_EQ(-EINVAL, irqfd(vm, fd, 4, 1 << 2, 0));
	/* Closing it is enough */
	ASSERT_EQ(0, irqfd(vm, fd, 4, 0, 0));
	EXPECT_EQ(0, task_call(&vm->task, SYS_close, fd));
	EXPECT_NO_VECTOR(vm);
}

TEST_F(irq, resample)
{
	struct vm *vm = &self->vm;
	int fd = vm_eventfd(vm), again = vm_eventfd(vm);

	EXPECT_EQ(-EBADF, irqfd(vm, fd, 5, KVM_IRQFD_FLAG_RESAMPLE, 100));
	ASSERT_EQ(0, irqfd(vm, fd, 5, KVM_IRQFD_FLAG_RESAMPLE, again));
	for (unsigned int i = 0; i < 3; i++) {
		ASSERT_EQ(8, signal_fd(vm, fd));
		EXPECT_VECTOR(VECTORS + 5, vm);
		EXPECT_EQ(0, vm_signals(vm, again));
		/* The guest says that it is over: the line is taken away, and we are told */
		EXPECT_NO_VECTOR(vm);
		EXPECT_EQ(1, vm_signals(vm, again));
	}
	EXPECT_EQ(0, irqfd(vm, fd, 5, KVM_IRQFD_FLAG_DEASSIGN, again));
	ASSERT_EQ(8, signal_fd(vm, fd));
	EXPECT_NO_VECTOR(vm);
	EXPECT_EQ(0, vm_signals(vm, again));
}

/* Eventfds that others have, too, do not keep the VM alive, nor it them */
TEST_F(irq, outlives_its_process)
{
	struct vm *vm = &self->vm;
	int fd = vm_eventfd(vm), here;
	uint64_t end = now_ms() + patience(10000), one;
	long result;

	ASSERT_EQ(0, irqfd(vm, fd, 4, 0, 0));
	here = task_take_fd(&vm->task, fd);
	kill(vm->task.pid, SIGKILL);
	ASSERT_TRUE(vm_was_killed(vm));
	/* As long as there is the VM, it takes what is counted */
	do {
		one = 1;
		EXPECT_EQ(8, write(here, &one, 8));
		sleep_ms(1);
		result = read(here, &one, 8);
	} while (result < 0 && errno == EAGAIN && now_ms() < end);
	EXPECT_EQ(8, result);
	EXPECT_EQ(1, one);
	close(here);
}

TEST_HARNESS_MAIN
