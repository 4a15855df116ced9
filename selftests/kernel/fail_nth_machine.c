// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMs: making one, its memory, its ranges, its vCPUs, each step failing. What
 * fails inside KVM counts as well: the module undoes what it had made of it.
 */
#include <fcntl.h>
#include <linux/kvm.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fail_nth.h"
#include "util_vm.h"

static struct vm vm;

/* In the place of the usual mount, one whose first component has a VM */
static void mount_setup(struct fail *f)
{
	close(f->queue);
	close(f->mount);
	f->mount = vm_mount(2, VM_QUOTA);
	f->queue = must_rvf(mount_get(f->mount, "queue", 0));
	must_rvf(vm_supervise(f->mount));
}

static void bound_prepare(struct fail *f)
{
	fail_spawn(f);
	must_rvf(task_bind(&f->task, NULL));
}

/* ---- RVF_VM */

static long make_run(struct fail *f)
{
	struct rvf_vm arg = { .size = sizeof(arg), .vcpu_count = VM_VCPUS };
	int *fds = fail_alloc(f, VM_VCPUS * sizeof(*fds));
	long result;

	arg.vcpus = (uintptr_t)fds;
	arg.scratch = (uintptr_t)fail_alloc(f, 64);
	result = fail_ioctl(f, PROXY_TASK_FD, RVF_VM, &arg);
	if (result < 0)
		return result;
	f->fd = arg.out_vm_fd;
	f->count = arg.vcpu_count;
	memcpy(f->made, fds, 2 * sizeof(*fds));
	return result;
}

static void make_check(struct fail *f)
{
	struct rvf_vm_reserve reserve = {
		.size = sizeof(reserve),
		.space = RVF_SPACE_PORT,
		.start = 1,
		.length = 1,
	};

	fail_unless(f->count == 2);
	must_rvf(task_ioctl(&f->task, f->fd, RVF_VM_RESERVE, &reserve));
	for (int i = 0; i < 2; i++)
		must_rvf(task_call(&f->task, SYS_ioctl, f->made[i], KVM_GET_REGS,
				   task_alloc(&f->task, sizeof(struct kvm_regs))));
}

/* ---- with a VM that is there */

/* Memory at 0, its vCPUs' pages mapped */
static void machine_setup(struct fail *f)
{
	mount_setup(f);
	bound_prepare(f);
	memset(&vm, 0, sizeof(vm));
	vm.mount = f->mount;
	vm.task = f->task;
	must_rvf(vm_make(&vm));
	vm.page[0] = (void *)must_rvf(task_call(&vm.task, SYS_mmap, 0, 4096, PROT_READ | PROT_WRITE,
						MAP_SHARED, vm.vcpu[0], 0));
	must_rvf(vm_reserve(&vm, RVF_SPACE_PORT, VM_PORT, 8));
	vm_memory(&vm);
}

static void machine_teardown(struct fail *f)
{
	munmap(vm.memory, VM_MEMORY);
	fail_kill(f);
}

static long map_fd(struct fail *f, int fd)
{
	struct rvf_vm_map arg = {
		.size = sizeof(arg),
		.fd = fd,
		.address = 1 << 20,
		.length = page_size(),
	};
	long result = fail_ioctl(f, vm.fd, RVF_VM_MAP, &arg);

	f->count = arg.out_slot;
	return result;
}

static void memfd_setup(struct fail *f)
{
	machine_setup(f);
	f->fd = vm_memfd(&vm, page_size(), F_SEAL_SHRINK);
}

static void region_setup(struct fail *f)
{
	machine_setup(f);
	f->fd = must_rvf(task_get(&vm.task, "data", 0));
}

static void slab_setup(struct fail *f)
{
	machine_setup(f);
	f->fd = must_rvf(task_get(&vm.task, "slab", 0));
}

static long map_run(struct fail *f)
{
	return map_fd(f, f->fd);
}

static void map_check(struct fail *f)
{
	/* The next one takes another slot, and the quota knows of this one */
	int slot = must_rvf(vm_map(&vm, f->fd, 2 << 20, 0, page_size(), 0));

	fail_unless(slot != (int)f->count);
	must_rvf(vm_unmap(&vm, slot));
}

static void map_undo(struct fail *f)
{
	must_rvf(vm_unmap(&vm, f->count));
}

static void unmap_prepare(struct fail *f)
{
	f->count = must_rvf(vm_map(&vm, f->fd, 1 << 20, 0, page_size(), 0));
}

static long unmap_run(struct fail *f)
{
	struct rvf_vm_unmap arg = { .size = sizeof(arg), .slot = f->count };

	return fail_ioctl(f, vm.fd, RVF_VM_UNMAP, &arg);
}

static void unmap_check(struct fail *f)
{
	fail_unless(vm_unmap(&vm, f->count) == -ENOENT);
}

static long reserve(struct fail *f, uint64_t length)
{
	struct rvf_vm_reserve arg = {
		.size = sizeof(arg),
		.space = RVF_SPACE_MMIO,
		.start = 1 << 24,
		.length = length,
	};

	return fail_ioctl(f, vm.fd, RVF_VM_RESERVE, &arg);
}

static long reserve_run(struct fail *f)
{
	return reserve(f, 8);
}

static void reserve_check(struct fail *f)
{
	fail_unless(vm_reserve(&vm, RVF_SPACE_MMIO, 1 << 24, 8) == -EEXIST);
}

static void reserve_undo(struct fail *f)
{
	must_rvf(vm_reserve(&vm, RVF_SPACE_MMIO, 1 << 24, 0));
}

static void release_prepare(struct fail *f)
{
	must_rvf(vm_reserve(&vm, RVF_SPACE_MMIO, 1 << 24, 8));
}

static long release_run(struct fail *f)
{
	return reserve(f, 0);
}

static void release_check(struct fail *f)
{
	fail_unless(vm_reserve(&vm, RVF_SPACE_MMIO, 1 << 24, 0) == -ENOENT);
}

static long kick_run(struct fail *f)
{
	struct rvf_vm_kick arg = { .size = sizeof(arg), .mask = 2 };

	return fail_ioctl(f, vm.fd, RVF_VM_KICK, &arg);
}

static long page_run(struct fail *f)
{
	long result = fail_call(f, SYS_mmap, NULL, page_size(), PROT_READ | PROT_WRITE, MAP_SHARED,
				vm.vcpu[1], 0);

	f->map = (void *)result;
	return result < 0 && result > -4096 ? result : 0;
}

static void page_undo(struct fail *f)
{
	must_rvf(task_call(&vm.task, SYS_munmap, f->map, page_size()));
}

/* ---- a vCPU; its memory's pages are entered as it goes */

static void code_prepare(struct fail *f)
{
	/* mov [0x8000], al; out dx, al; hlt */
	static const unsigned char code[] = { 0xa2, 0x00, 0x80, 0xee, 0xf4 };

	vm_code_at(&vm, 0, 0, code, sizeof(code));
}

static long run_run(struct fail *f)
{
	struct rvf_vcpu_run arg = { .size = sizeof(arg) };

	return fail_ioctl(f, vm.vcpu[0], RVF_VCPU_RUN, &arg);
}

static void run_check(struct fail *f)
{
	struct rvf_vcpu_event event = vm_event(&vm, 0);

	fail_unless(event.kind == RVF_EVENT_IO && event.address == VM_PORT);
}

/* So that the next run enters the pages afresh */
static void run_undo(struct fail *f)
{
	must_rvf(vm_unmap(&vm, vm.slot));
	vm.slot = must_rvf(vm_map(&vm, vm.memfd, 0, 0, VM_MEMORY, 0));
}

static long kvm_run(struct fail *f, int fd, unsigned long command, const void *in, size_t size)
{
	return fail_call(f, SYS_ioctl, fd, command, fail_put(f, in, size));
}

static long get_regs_run(struct fail *f)
{
	static const struct kvm_regs regs;

	return kvm_run(f, vm.vcpu[0], KVM_GET_REGS, &regs, sizeof(regs));
}

static struct kvm_regs regs;
static struct kvm_sregs sregs;

static long set_regs_run(struct fail *f)
{
	must_rvf(vm_kvm(&vm, 0, KVM_GET_REGS, &regs, sizeof(regs)));
	return kvm_run(f, vm.vcpu[0], KVM_SET_REGS, &regs, sizeof(regs));
}

static long get_sregs_run(struct fail *f)
{
	return kvm_run(f, vm.vcpu[0], KVM_GET_SREGS, &sregs, sizeof(sregs));
}

static long set_sregs_run(struct fail *f)
{
	must_rvf(vm_kvm(&vm, 0, KVM_GET_SREGS, &sregs, sizeof(sregs)));
	return kvm_run(f, vm.vcpu[0], KVM_SET_SREGS, &sregs, sizeof(sregs));
}

#define LEAVES 100

static struct {
	struct kvm_cpuid2 head;
	struct kvm_cpuid_entry2 entry[LEAVES];
} cpuid;

static long get_cpuid_run(struct fail *f)
{
	cpuid.head.nent = LEAVES;
	return kvm_run(f, vm.fd, KVM_GET_SUPPORTED_CPUID, &cpuid, sizeof(cpuid));
}

static void cpuid_setup(struct fail *f)
{
	void *there;

	machine_setup(f);
	cpuid.head.nent = LEAVES;
	there = task_put(&vm.task, &cpuid, sizeof(cpuid));
	must_rvf(task_call(&vm.task, SYS_ioctl, vm.fd, KVM_GET_SUPPORTED_CPUID, there));
	memcpy(&cpuid, there, sizeof(cpuid));
}

static long set_cpuid_run(struct fail *f)
{
	return kvm_run(f, vm.vcpu[1], KVM_SET_CPUID2, &cpuid, sizeof(cpuid));
}

const struct fail_case fail_vm[] = {
	{ "VM", .setup = mount_setup, .prepare = bound_prepare, .run = make_run,
	  .check = make_check, .undo = fail_kill },
	{ "VM_MAP of a memfd", .setup = memfd_setup, .run = map_run, .check = map_check,
	  .undo = map_undo, .teardown = machine_teardown },
	{ "VM_MAP of a region", .setup = region_setup, .run = map_run, .check = map_check,
	  .undo = map_undo, .teardown = machine_teardown },
	{ "VM_MAP of a slab", .setup = slab_setup, .run = map_run, .check = map_check,
	  .undo = map_undo, .teardown = machine_teardown },
	{ "VM_UNMAP of a memfd", .setup = memfd_setup, .prepare = unmap_prepare, .run = unmap_run,
	  .check = unmap_check, .teardown = machine_teardown },
	{ "VM_UNMAP of a region", .setup = region_setup, .prepare = unmap_prepare, .run = unmap_run,
	  .check = unmap_check, .teardown = machine_teardown },
	{ "VM_RESERVE", .setup = machine_setup, .run = reserve_run, .check = reserve_check,
	  .undo = reserve_undo, .teardown = machine_teardown },
	{ "VM_RESERVE of nothing", .setup = machine_setup, .prepare = release_prepare,
	  .run = release_run, .check = release_check, .teardown = machine_teardown },
	{ "VM_KICK", .setup = machine_setup, .run = kick_run, .teardown = machine_teardown },
	{ "an event page", .setup = machine_setup, .run = page_run, .undo = page_undo,
	  .teardown = machine_teardown },
	{ "VCPU_RUN", .setup = machine_setup, .prepare = code_prepare, .run = run_run,
	  .check = run_check, .undo = run_undo, .teardown = machine_teardown },
	{ "KVM_GET_REGS", .setup = machine_setup, .run = get_regs_run,
	  .teardown = machine_teardown },
	{ "KVM_SET_REGS", .setup = machine_setup, .run = set_regs_run,
	  .teardown = machine_teardown },
	{ "KVM_GET_SREGS", .setup = machine_setup, .run = get_sregs_run,
	  .teardown = machine_teardown },
	{ "KVM_SET_SREGS", .setup = machine_setup, .run = set_sregs_run,
	  .teardown = machine_teardown },
	{ "KVM_GET_SUPPORTED_CPUID", .setup = machine_setup, .run = get_cpuid_run,
	  .teardown = machine_teardown },
	{ "KVM_SET_CPUID2", .setup = cpuid_setup, .run = set_cpuid_run,
	  .teardown = machine_teardown },
	{ 0 },
};
