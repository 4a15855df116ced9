// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMs: making one, its memory, its ranges, its vCPUs, each step failing. What
 * fails inside KVM counts as well: the module undoes what it had made of it.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fail_nth_machine.h"

struct vm fail_machine;

static struct vm *const vm = &fail_machine;

void fail_machine_mount(struct fail *f)
{
	fail_remount(f, vm_mount(2, VM_QUOTA));
	must_rvf(vm_supervise(f->mount));
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

void fail_machine_prepare(struct fail *f)
{
	fail_bound_prepare(f);
	memset(vm, 0, sizeof(*vm));
	vm->mount = f->mount;
	vm->task = f->task;
	must_rvf(vm_make(vm));
	vm->page[0] = (void *)must_rvf(task_call(
		&vm->task, SYS_mmap, 0, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, vm->vcpu[0], 0));
	must_rvf(vm_reserve(vm, RVF_SPACE_PORT, VM_PORT, 8));
	vm_memory(vm);
}

void fail_machine_undo(struct fail *f)
{
	munmap(vm->memory, VM_MEMORY);
	fail_kill(f);
}

void fail_machine_setup(struct fail *f)
{
	fail_machine_mount(f);
	fail_machine_prepare(f);
}

static long map_flags(struct fail *f, unsigned int flags)
{
	struct rvf_vm_map arg = {
		.size = sizeof(arg),
		.flags = flags,
		.fd = f->fd,
		.address = 1 << 20,
		.length = page_size(),
	};
	long result = fail_ioctl(f, vm->fd, RVF_VM_MAP, &arg);

	f->count = arg.out_slot;
	return result;
}

static void memfd_setup(struct fail *f)
{
	fail_machine_setup(f);
	f->fd = vm_memfd(vm, page_size(), F_SEAL_SHRINK);
}

static void region_setup(struct fail *f)
{
	fail_machine_setup(f);
	f->fd = must_rvf(task_get(&vm->task, "data", 0));
}

static void slab_setup(struct fail *f)
{
	fail_machine_setup(f);
	f->fd = must_rvf(task_get(&vm->task, "slab", 0));
}

static long map_run(struct fail *f)
{
	return map_flags(f, 0);
}

static long map_log_run(struct fail *f)
{
	return map_flags(f, RVF_VM_MAP_DIRTY_LOG);
}

static void map_check(struct fail *f)
{
	/* The next one takes another slot, and the quota knows of this one */
	int slot = must_rvf(vm_map(vm, f->fd, 2 << 20, 0, page_size(), 0));

	fail_unless(slot != (int)f->count);
	must_rvf(vm_unmap(vm, slot));
}

static void map_undo(struct fail *f)
{
	must_rvf(vm_unmap(vm, f->count));
}

static void unmap_prepare(struct fail *f)
{
	f->count = must_rvf(vm_map(vm, f->fd, 1 << 20, 0, page_size(), 0));
}

static long unmap_run(struct fail *f)
{
	struct rvf_vm_unmap arg = { .size = sizeof(arg), .slot = f->count };

	return fail_ioctl(f, vm->fd, RVF_VM_UNMAP, &arg);
}

static void unmap_check(struct fail *f)
{
	fail_unless(vm_unmap(vm, f->count) == -ENOENT);
}

static long reserve(struct fail *f, uint64_t length, unsigned int flags)
{
	struct rvf_vm_reserve arg = {
		.size = sizeof(arg),
		.flags = flags,
		.space = RVF_SPACE_MMIO,
		.start = 1 << 24,
		.length = length,
	};

	return fail_ioctl(f, vm->fd, RVF_VM_RESERVE, &arg);
}

static long reserve_run(struct fail *f)
{
	return reserve(f, 8, 0);
}

static long reserve_async_run(struct fail *f)
{
	return reserve(f, 8, RVF_VM_RESERVE_ASYNC);
}

static void reserve_check(struct fail *f)
{
	fail_unless(vm_reserve(vm, RVF_SPACE_MMIO, 1 << 24, 8) == -EEXIST);
}

static void reserve_undo(struct fail *f)
{
	must_rvf(vm_reserve(vm, RVF_SPACE_MMIO, 1 << 24, 0));
}

static void release_prepare(struct fail *f)
{
	must_rvf(vm_reserve(vm, RVF_SPACE_MMIO, 1 << 24, 8));
}

static long release_run(struct fail *f)
{
	return reserve(f, 0, 0);
}

static void release_check(struct fail *f)
{
	fail_unless(vm_reserve(vm, RVF_SPACE_MMIO, 1 << 24, 0) == -ENOENT);
}

static long kick_run(struct fail *f)
{
	struct rvf_vm_kick arg = { .size = sizeof(arg), .mask = 2 };

	return fail_ioctl(f, vm->fd, RVF_VM_KICK, &arg);
}

/* What the next run with an access is told with; once there is one, it is replaced */
static long hint_run(struct fail *f)
{
	static const struct rvf_hint_detail details[2] = {
		{ .match_rax = 1, .rax = 1, .send_debugregs = 1 },
		{ .send_sregs = 1 },
	};
	struct rvf_vm_hint arg = {
		.size = sizeof(arg),
		.space = RVF_SPACE_PORT,
		.address = VM_PORT,
		.flags = RVF_HINT_ON_WRITE,
		.count = 2,
	};

	arg.details = (uintptr_t)fail_put(f, details, sizeof(details));
	return fail_ioctl(f, vm->fd, RVF_VM_HINT, &arg);
}

static void hint_check(struct fail *f)
{
	vm_code(vm, 0xee, 0xeb, 0xfd); /* out dx, al; jmp 0 */
	must_rvf(vm_run(vm, 0));
	fail_unless(vm_event(vm, 0).registers == (RVF_REGISTERS_REGS | RVF_REGISTERS_SREGS));
}

static void hint_undo(struct fail *f)
{
	struct rvf_vm_hint arg = { .size = sizeof(arg) };

	must_rvf(task_ioctl(&vm->task, vm->fd, RVF_VM_HINT, &arg));
	must_rvf(vm_run(vm, 0));
	fail_unless(!vm_event(vm, 0).registers);
}

static long page_run(struct fail *f)
{
	return fail_map(f, vm->vcpu[1], PROT_READ | PROT_WRITE, 0);
}

/* ---- a vCPU; its memory's pages are entered as it goes */

static void code_prepare(struct fail *f)
{
	vm_code(vm, 0xa2, 0x00, 0x80, 0xee, 0xf4); /* mov [0x8000], al; out dx, al; hlt */
}

static long run_run(struct fail *f)
{
	struct rvf_vcpu_run arg = { .size = sizeof(arg) };

	return fail_ioctl(f, vm->vcpu[0], RVF_VCPU_RUN, &arg);
}

static void run_check(struct fail *f)
{
	struct rvf_vcpu_event event = vm_event(vm, 0);

	fail_unless(event.kind == RVF_EVENT_IO && event.address == VM_PORT);
}

/* So that the next run enters the pages afresh */
static void run_undo(struct fail *f)
{
	must_rvf(vm_unmap(vm, vm->slot));
	vm->slot = must_rvf(vm_map(vm, vm->memfd, 0, 0, VM_MEMORY, 0));
}

static void first_prepare(struct fail *f)
{
	fail_machine_prepare(f);
	code_prepare(f);
}

/* Writes that were gathered before a failure are not lost by it, nor told twice */
#define GATHERED 3

static void gathered_setup(struct fail *f)
{
	fail_machine_setup(f);
	must_rvf(vm_reserve_as(vm, RVF_SPACE_PORT, 0x600, 8, RVF_VM_RESERVE_ASYNC));
	must_rvf(vm_reserve_as(vm, RVF_SPACE_MMIO, 0xb8000, 8, RVF_VM_RESERVE_ASYNC));
}

static void gathered_prepare(struct fail *f)
{
	vm_code(vm, 0xb8, 0x00, 0xb8, 0x8e, 0xd8, /* ds = 0xb800 */
		0xba, 0x00, 0x06, 0xee, /* mov dx, 0x600; out dx, al */
		0xa2, 0x00, 0x00, /* mov [0], al */
		0x31, 0xc0, 0x8e, 0xd8, /* ds = 0 */
		0xa2, 0x00, 0x80, /* mov [0x8000], al */
		0xee, /* out dx, al */
		0xba, VM_PORT & 0xff, VM_PORT >> 8, 0xee, 0xf4); /* out VM_PORT, al; hlt */
}

static void gathered_check(struct fail *f)
{
	struct rvf_vcpu_event event = vm_event(vm, 0);
	unsigned int writes = event.writes;

	while (event.kind == RVF_EVENT_WRITES) {
		must_rvf(vm_run(vm, 0));
		event = vm_event(vm, 0);
		writes += event.writes;
	}
	fail_unless(event.kind == RVF_EVENT_IO && event.address == VM_PORT);
	fail_unless(writes == GATHERED);
}

/* ---- its supervisor's: /dev/kvm, and the order to stop */

static void claim_setup(struct fail *f)
{
	f->made[1] = must_rvf(pkg_mount(f->pkg, f->ctl, f->name, NULL));
	f->made[2] = must(open("/dev/kvm", O_RDWR | O_CLOEXEC));
}

static void claim_prepare(struct fail *f)
{
	f->fd = must_rvf(open_mount(f->ctl, f->name));
}

static long claim_run(struct fail *f)
{
	struct rvf_supervise arg = { .size = sizeof(arg), .kvm_fd = f->made[2] };

	return fail_ioctl(f, f->fd, RVF_SUPERVISE, &arg);
}

static void claim_check(struct fail *f)
{
	fail_unless(mount_info(f->fd).out_supervised);
}

static void claim_undo(struct fail *f)
{
	close(f->fd);
}

static void claim_teardown(struct fail *f)
{
	must_rvf(unmount(f->made[1], 0));
	fail_unless(wait_gone(f->made[1]));
	close(f->made[1]);
	close(f->made[2]);
}

static void stop_prepare(struct fail *f)
{
	fail_machine_prepare(f);
	fail_own_calls(f);
}

static long stop_run(struct fail *f)
{
	struct rvf_task_stop arg = { .size = sizeof(arg), .flags = RVF_TASK_STOP_VCPUS };

	return fail_ioctl(f, f->mount, RVF_TASK_STOP, &arg);
}

static void stop_check(struct fail *f)
{
	fail_unless(vm_run(vm, 0) == -ECANCELED);
}

/* The plugin's last fds of it; it stays until its process ends */
static void close_prepare(struct fail *f)
{
	fail_machine_prepare(f);
	for (unsigned int i = 0; i < vm->vcpus; i++)
		must_rvf(task_call(&vm->task, SYS_close, vm->vcpu[i]));
}

static long close_run(struct fail *f)
{
	return fail_call(f, SYS_close, vm->fd);
}

const struct fail_case fail_vm[] = {
	{ "the first VCPU_RUN", .setup = fail_machine_mount, .prepare = first_prepare,
	  .run = run_run, .check = run_check, .undo = fail_machine_undo, .calm = true },
	{ "SUPERVISE with /dev/kvm", .setup = claim_setup, .prepare = claim_prepare,
	  .run = claim_run, .check = claim_check, .undo = claim_undo, .teardown = claim_teardown },
	{ "TASK_STOP of vCPUs", .setup = fail_machine_mount, .prepare = stop_prepare,
	  .run = stop_run, .check = stop_check, .undo = fail_machine_undo },
	{ "close of a VM", .setup = fail_machine_mount, .prepare = close_prepare, .run = close_run,
	  .undo = fail_machine_undo },
	{ "VM_MAP of a memfd", .setup = memfd_setup, .run = map_run, .check = map_check,
	  .undo = map_undo, .teardown = fail_machine_undo },
	{ "VM_MAP with a log", .setup = memfd_setup, .run = map_log_run, .check = map_check,
	  .undo = map_undo, .teardown = fail_machine_undo },
	{ "VM_MAP of a region", .setup = region_setup, .run = map_run, .check = map_check,
	  .undo = map_undo, .teardown = fail_machine_undo },
	{ "VM_MAP of a slab", .setup = slab_setup, .run = map_run, .check = map_check,
	  .undo = map_undo, .teardown = fail_machine_undo },
	{ "VM_UNMAP of a memfd", .setup = memfd_setup, .prepare = unmap_prepare, .run = unmap_run,
	  .check = unmap_check, .teardown = fail_machine_undo },
	{ "VM_UNMAP of a region", .setup = region_setup, .prepare = unmap_prepare, .run = unmap_run,
	  .check = unmap_check, .teardown = fail_machine_undo },
	{ "VM_RESERVE", .setup = fail_machine_setup, .run = reserve_run, .check = reserve_check,
	  .undo = reserve_undo, .teardown = fail_machine_undo },
	{ "VM_RESERVE, gathering", .setup = fail_machine_setup, .run = reserve_async_run,
	  .check = reserve_check, .undo = reserve_undo, .teardown = fail_machine_undo },
	{ "VM_RESERVE of nothing", .setup = fail_machine_setup, .prepare = release_prepare,
	  .run = release_run, .check = release_check, .teardown = fail_machine_undo },
	{ "VM_HINT", .setup = fail_machine_setup, .run = hint_run, .check = hint_check,
	  .undo = hint_undo, .teardown = fail_machine_undo },
	{ "VM_KICK", .setup = fail_machine_setup, .run = kick_run, .teardown = fail_machine_undo },
	{ "an event page", .setup = fail_machine_setup, .run = page_run, .undo = fail_unmap,
	  .teardown = fail_machine_undo },
	{ "VCPU_RUN", .setup = fail_machine_setup, .prepare = code_prepare, .run = run_run,
	  .check = run_check, .undo = run_undo, .teardown = fail_machine_undo },
	{ "VCPU_RUN, gathering", .setup = gathered_setup, .prepare = gathered_prepare,
	  .run = run_run, .check = gathered_check, .undo = run_undo,
	  .teardown = fail_machine_undo },
	/* KVM's files in debugfs may be missing: a hundred of them */
	{ "VM", .setup = fail_machine_mount, .prepare = fail_bound_prepare, .run = make_run,
	  .check = make_check, .undo = fail_kill, .calm = true },
	{ 0 },
};
