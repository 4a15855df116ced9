// SPDX-License-Identifier: GPL-2.0-only
/* A guest's memory: what may become it, and what nobody can do to it then. */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "util_vm.h"

#define PAGE 4096

FIXTURE(memory)
{
	struct vm vm;
	uint64_t at; /* where the slot is mapped in the plugin */
};

FIXTURE_SETUP(memory)
{
	vm_start(&self->vm, 1);
	vm_memory(&self->vm);
	self->at = vm_find_mapping(&self->vm, "/memfd:guest");
}

FIXTURE_TEARDOWN(memory)
{
	vm_stop(&self->vm);
}

/* ---- RVF_VM_MAP */

TEST_F(memory, quota)
{
	struct vm *vm = &self->vm;
	int fd = vm_memfd(vm, 2 * VM_QUOTA, F_SEAL_SHRINK);
	int slot;

	EXPECT_EQ(-EDQUOT, vm_map(vm, fd, VM_QUOTA, 0, VM_QUOTA, 0));
	slot = vm_map(vm, fd, VM_QUOTA, 0, VM_QUOTA - VM_MEMORY, 0);
	ASSERT_LE(0, slot);
	EXPECT_EQ(-EDQUOT, vm_map(vm, fd, 4 * VM_QUOTA, 0, PAGE, RVF_VM_MAP_READ_ONLY));
	EXPECT_EQ(0, vm_unmap(vm, slot));
	EXPECT_EQ(-ENOENT, vm_unmap(vm, slot));
	/* One that failed took nothing of it */
	EXPECT_EQ(-EEXIST, vm_map(vm, fd, 0, 0, PAGE, 0));
	EXPECT_LE(0, vm_map(vm, fd, VM_QUOTA, 0, VM_QUOTA - VM_MEMORY, 0));
	/* Regions do not count */
	EXPECT_LE(0, vm_map(vm, task_get(&vm->task, "data", 0), 8 * VM_QUOTA, 0, PAGE, 0));
}

/* A memfd that is still mapped when its process dies goes with it */
TEST_F(memory, freed)
{
	const unsigned int vms = 4;
	const size_t length = VM_QUOTA - VM_MEMORY;
	uint64_t before = meminfo("Shmem"), end;

	for (unsigned int i = 0; i < vms; i++) {
		struct vm vm;
		void *memory;
		int fd, here;

		vm_start(&vm, 1);
		vm_memory(&vm);
		fd = vm_memfd(&vm, length, F_SEAL_SHRINK);
		ASSERT_LE(0, vm_map(&vm, fd, VM_QUOTA, 0, length, 0));
		here = task_take_fd(&vm.task, fd);
		memory = must(mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, here, 0));
		memset(memory, 1, length);
		munmap(memory, length);
		close(here);
		vm_stop(&vm);
	}
	end = now_ms() + patience(10000);
	while (meminfo("Shmem") > before + VM_QUOTA && now_ms() < end)
		sleep_ms(50);
	EXPECT_GE(before + VM_QUOTA, meminfo("Shmem"));
}

TEST_F(memory, refused)
{
	struct vm *vm = &self->vm;
	unsigned int before;
	int fd = vm_memfd(vm, 4 * PAGE, F_SEAL_SHRINK), open = vm_memfd(vm, PAGE, F_SEAL_GROW);
	int data = task_get(&vm->task, "data", 0);
	int send = task_get(&vm->task, "queue", 0);
	int log = task_get(&vm->task, "log", RVF_RIGHT_WRITE);
	uint64_t high = 1 << 24;

	before = vm_count_fds(vm);
	EXPECT_EQ(-EPERM, vm_map(vm, open, high, 0, PAGE, 0));
	EXPECT_EQ(-EBADF, vm_map(vm, 100, high, 0, PAGE, 0));
	EXPECT_EQ(-EINVAL, vm_map(vm, send, high, 0, PAGE, 0));
	EXPECT_EQ(-EINVAL, vm_map(vm, vm->fd, high, 0, PAGE, 0));
	EXPECT_EQ(-EINVAL, vm_map(vm, vm->vcpu[0], high, 0, PAGE, 0));
	EXPECT_EQ(-EINVAL, vm_map(vm, PROXY_SOCKET, high, 0, PAGE, 0));
	EXPECT_EQ(-EACCES, vm_map(vm, log, high, 0, PAGE, 0));
	EXPECT_EQ(-EOPNOTSUPP, vm_map(vm, fd, high, 0, PAGE, 4));

	for (unsigned int i = 0; i < 2; i++) {
		int from = i ? data : fd;

		EXPECT_EQ(-EINVAL, vm_map(vm, from, high, 0, 0, 0));
		EXPECT_EQ(-EINVAL, vm_map(vm, from, high + 1, 0, PAGE, 0));
		EXPECT_EQ(-EINVAL, vm_map(vm, from, high, 512, PAGE, 0));
		EXPECT_EQ(-EINVAL, vm_map(vm, from, high, 0, PAGE - 1, 0));
		EXPECT_EQ(-EINVAL, vm_map(vm, from, high, 0, 8 * PAGE, 0));
		EXPECT_EQ(-EINVAL, vm_map(vm, from, high, 8 * PAGE, PAGE, 0));
		EXPECT_EQ(-EINVAL, vm_map(vm, from, high, -PAGE, PAGE, 0));
		EXPECT_EQ(-EINVAL, vm_map(vm, from, high, -PAGE, 2 * PAGE, 0));
		EXPECT_EQ(-EINVAL, vm_map(vm, from, -PAGE, 0, 2 * PAGE, 0));
		EXPECT_EQ(-EINVAL, vm_map(vm, from, high, PAGE, -PAGE, 0));
		EXPECT_EQ(-EEXIST, vm_map(vm, from, VM_MEMORY - PAGE, 0, PAGE, 0));
		EXPECT_EQ(-EEXIST, vm_map(vm, from, VM_MEMORY - PAGE, 0, 2 * PAGE, 0));
	}
	EXPECT_EQ(-ENOENT, vm_unmap(vm, RVF_MAX_VM_SLOTS));
	EXPECT_EQ(-ENOENT, vm_unmap(vm, ~0u));
	EXPECT_EQ(-ENOENT, vm_unmap(vm, vm->slot + 1));
	EXPECT_EQ(before, vm_count_fds(vm));
	/* None of them left a mapping of the region, which would be a handle */
	EXPECT_EQ(3, task_status(vm->mount, 0).handles);
}

TEST_F(memory, slots)
{
	struct vm *vm = &self->vm;
	int fd = vm_memfd(vm, PAGE, F_SEAL_SHRINK);
	int last = 0;

	for (unsigned int i = 1; i < RVF_MAX_VM_SLOTS; i++) {
		last = vm_map(vm, fd, (16 + i) * 0x10000, 0, PAGE, 0);
		ASSERT_LE(0, last);
	}
	EXPECT_EQ(-ENOSPC, vm_map(vm, fd, 1 << 30, 0, PAGE, 0));
	EXPECT_EQ(0, vm_unmap(vm, last));
	EXPECT_EQ(last, vm_map(vm, fd, 1 << 30, 0, PAGE, 0));
}

/* A memfd whose content nobody may change any more */
TEST_F(memory, write_seals)
{
	struct vm *vm = &self->vm;
	int sealed = vm_memfd(vm, PAGE, F_SEAL_SHRINK | F_SEAL_WRITE);
	int later = vm_memfd(vm, PAGE, F_SEAL_SHRINK | F_SEAL_FUTURE_WRITE);
	int fd = vm_memfd(vm, PAGE, F_SEAL_SHRINK), slot;

	for (unsigned int i = 0; i < 2; i++) {
		EXPECT_EQ(-EPERM, vm_map(vm, sealed, 1 << 24, 0, PAGE, 0));
		EXPECT_EQ(-EPERM, vm_map(vm, sealed, 1 << 24, 0, PAGE, RVF_VM_MAP_READ_ONLY));
		EXPECT_EQ(-EPERM, vm_map(vm, later, 1 << 24, 0, PAGE, 0));
		/* And nobody else can, once it was tried */
		EXPECT_EQ(-EPERM, task_call(&vm->task, SYS_mmap, 0, PAGE, PROT_READ | PROT_WRITE,
					    MAP_SHARED, sealed, 0));
	}
	slot = vm_map(vm, later, 1 << 24, 0, PAGE, RVF_VM_MAP_READ_ONLY);
	EXPECT_LE(0, slot);
	EXPECT_EQ(0, vm_unmap(vm, slot));
	/* It cannot be sealed so while a guest writes to it */
	slot = vm_map(vm, fd, 1 << 24, 0, PAGE, 0);
	ASSERT_LE(0, slot);
	EXPECT_EQ(-EBUSY, task_call(&vm->task, SYS_fcntl, fd, F_ADD_SEALS, F_SEAL_WRITE));
	ASSERT_EQ(0, vm_unmap(vm, slot));
	EXPECT_EQ(0, task_call(&vm->task, SYS_fcntl, fd, F_ADD_SEALS, F_SEAL_WRITE));
}

/* The first words of a slot's log; what lies behind them must stay as it is */
static int dirty_log(struct vm *vm, unsigned int slot, uint64_t log[2])
{
	size_t used = vm->task.used;
	uint64_t *there = task_alloc(&vm->task, 2 * sizeof(*there));
	struct kvm_dirty_log get = { .slot = slot, .dirty_bitmap = there };
	int result;

	there[0] = there[1] = 0x5555555555555555;
	result = vm_kvm_vm(vm, KVM_GET_DIRTY_LOG, &get, sizeof(get));
	memcpy(log, there, 2 * sizeof(*there));
	vm->task.used = used;
	return result;
}

TEST_F(memory, dirty_log)
{
	struct vm *vm = &self->vm;
	int fd = vm_memfd(vm, 9 * PAGE, F_SEAL_SHRINK);
	int slot = vm_map(vm, fd, 0x20000, 0, 9 * PAGE, RVF_VM_MAP_DIRTY_LOG);
	int read_only =
		vm_map(vm, fd, 0x40000, 0, PAGE, RVF_VM_MAP_DIRTY_LOG | RVF_VM_MAP_READ_ONLY);
	int slab = vm_map(vm, must_rvf(task_get(&vm->task, "slab", 0)), 0x50000, 0, 4 * PAGE,
			  RVF_VM_MAP_DIRTY_LOG);
	struct kvm_dirty_log get = { .slot = slot, .dirty_bitmap = nowhere() };
	uint64_t log[2];

	ASSERT_LE(0, slot);
	ASSERT_LE(0, read_only);
	ASSERT_LE(0, slab);
	EXPECT_EQ(0, dirty_log(vm, slot, log));
	EXPECT_EQ(0, log[0]);
	EXPECT_EQ(0x5555555555555555, log[1]);
	vm_code(vm, 0xb8, 0x00, 0x20, 0x8e, 0xd8, /* ds = 0x2000 */
		0xa2, 0x10, 0x00, /* mov [0x10], al */
		0xa2, 0x00, 0x80, /* mov [0x8000], al: the ninth page */
		0xa0, 0x00, 0x40, /* mov al, [0x4000] */
		0xb8, 0x00, 0x50, 0x8e, 0xd8, /* ds = 0x5000 */
		0xa2, 0xff, 0x2f, /* mov [0x2fff], al */
		0xee, 0xeb, 0xfe);
	ASSERT_EQ(0, vm_run(vm, 0));
	EXPECT_EQ(RVF_EVENT_IO, vm_event(vm, 0).kind);
	EXPECT_EQ(0, dirty_log(vm, slot, log));
	/* KVM may note what was only read, too */
	EXPECT_EQ(0x101, log[0] & ~(1ull << 4));
	EXPECT_EQ(0x5555555555555555, log[1]);
	EXPECT_EQ(0, dirty_log(vm, slot, log));
	EXPECT_EQ(0, log[0]);
	EXPECT_EQ(0, dirty_log(vm, read_only, log));
	EXPECT_EQ(0, log[0]);
	EXPECT_EQ(0, dirty_log(vm, slab, log));
	EXPECT_EQ(1 << 2, log[0]);

	/* Slots without a log, that are none, and KVM's own */
	EXPECT_EQ(-ENOENT, dirty_log(vm, vm->slot, log));
	EXPECT_EQ(-ENOENT, dirty_log(vm, slab + 1, log));
	EXPECT_EQ(-ENOENT, dirty_log(vm, slot | 1 << 16, log));
	EXPECT_EQ(-EINVAL, dirty_log(vm, 32765, log));
	EXPECT_EQ(-EINVAL, dirty_log(vm, slot | 2 << 16, log));
	EXPECT_EQ(-EFAULT, vm_kvm_vm(vm, KVM_GET_DIRTY_LOG, &get, sizeof(get)));
	EXPECT_EQ(0, vm_unmap(vm, slot));
	EXPECT_EQ(-ENOENT, dirty_log(vm, slot, log));
}

TEST_F(memory, handle_of_another_mount)
{
	struct vm *vm = &self->vm;
	struct task other;
	int mount = mount_usual(ctl_open());
	int data;

	task_start(&other, mount, 0);
	data = task_take_fd(&other, must_rvf(task_get(&other, "data", 0)));
	data = task_give_fd(&vm->task, 2, data);
	EXPECT_EQ(-EXDEV, vm_map(vm, data, 1 << 24, 0, PAGE, 0));
	task_kill(&other);
}

/* ---- the mapping */

TEST_F(memory, cannot_be_split)
{
	struct vm *vm = &self->vm;
	struct task *task = &vm->task;

	EXPECT_EQ(-EPERM, task_call(task, SYS_munmap, self->at, PAGE));
	EXPECT_EQ(-EPERM, task_call(task, SYS_munmap, self->at + PAGE, PAGE));
	EXPECT_EQ(-EPERM, task_call(task, SYS_munmap, self->at + VM_MEMORY - PAGE, PAGE));
	EXPECT_EQ(-EPERM, task_call(task, SYS_mprotect, self->at, VM_MEMORY, PROT_NONE));
	EXPECT_EQ(-EPERM, task_call(task, SYS_mprotect, self->at + PAGE, PAGE, PROT_READ));
	EXPECT_GT(0, task_call(task, SYS_mremap, self->at, VM_MEMORY, VM_MEMORY - PAGE, 0));
	EXPECT_GT(0, task_call(task, SYS_mremap, self->at, PAGE, 2 * PAGE, MREMAP_MAYMOVE));
	EXPECT_GT(0, task_call(task, SYS_mremap, self->at, 0, PAGE, MREMAP_MAYMOVE));
	EXPECT_GT(0, task_call(task, SYS_mmap, self->at + PAGE, PAGE, PROT_READ,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	EXPECT_GT(0, task_call(task, SYS_madvise, self->at + PAGE, PAGE, MADV_RANDOM));
	/* It is as it was */
	vm_code(vm, 0xee, 0xeb, 0xfe);
	EXPECT_EQ(0, vm_run(vm, 0));
	EXPECT_EQ(RVF_EVENT_IO, vm_event(vm, 0).kind);
}

TEST_F(memory, unmapped)
{
	task_call(&self->vm.task, SYS_munmap, self->at, VM_MEMORY);
	EXPECT_TRUE(vm_was_killed(&self->vm));
}

TEST_F(memory, unmapped_with_its_neighbours)
{
	task_call(&self->vm.task, SYS_munmap, self->at - 64 * PAGE, VM_MEMORY + 128 * PAGE);
	EXPECT_TRUE(vm_was_killed(&self->vm));
}

TEST_F(memory, mapped_over)
{
	task_call(&self->vm.task, SYS_mmap, self->at, VM_MEMORY, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	EXPECT_TRUE(vm_was_killed(&self->vm));
}

/* Refused; that the kernel tries it first must not cost a reference */
TEST_F(memory, moved)
{
	struct vm *vm = &self->vm;

	for (unsigned int i = 0; i < 2; i++) {
		long result = task_call(&vm->task, SYS_mremap, self->at, VM_MEMORY, VM_MEMORY,
					MREMAP_MAYMOVE | MREMAP_FIXED, 0x300000000000);

		if (result == -ESRCH) {
			EXPECT_TRUE(wait_task_state(vm->mount, 0, RVF_TASK_EXITED));
			return;
		}
		EXPECT_EQ(-EPERM, result);
	}
	EXPECT_EQ(self->at, vm_find_mapping(vm, "/memfd:guest"));
}

TEST_F(memory, unmapped_while_it_runs)
{
	struct vm *vm = &self->vm;

	vm_code(vm, 0xfe, 0x06, 0x00, 0x80, 0xeb, 0xfa); /* inc byte [0x8000]; jmp */
	vm_threads(vm, 1);
	vm_ask_run(vm, 1, 0);
	sleep_ms(50);
	task_call(&vm->task, SYS_munmap, self->at, VM_MEMORY);
	EXPECT_TRUE(vm_was_killed(vm));
}

TEST_F(memory, slot_unmapped_while_it_runs)
{
	struct vm *vm = &self->vm;
	struct rvf_vcpu_event event;

	vm_code(vm, 0xfe, 0x06, 0x00, 0x80, 0xeb, 0xfa);
	vm_threads(vm, 1);
	vm_ask_run(vm, 1, 0);
	sleep_ms(50);
	EXPECT_EQ(0, vm_unmap(vm, vm->slot));
	ASSERT_EQ(0, vm_answer(vm, 1));
	event = vm_event(vm, 0);
	EXPECT_EQ(RVF_EVENT_END, event.kind);
	EXPECT_EQ(KVM_EXIT_INTERNAL_ERROR, event.reason);
}

/* The guest's pages go; it meets zeros, and no one else's memory */
TEST_F(memory, discarded_while_it_runs)
{
	struct vm *vm = &self->vm;

	vm_code(vm, 0xfe, 0x06, 0x00, 0x80, 0xeb, 0xfa);
	vm_threads(vm, 1);
	vm_ask_run(vm, 1, 0);
	for (unsigned int i = 0; i < 50; i++) {
		EXPECT_EQ(0, task_call(&vm->task, SYS_madvise, self->at, VM_MEMORY, MADV_DONTNEED));
		sleep_ms(1);
	}
	EXPECT_EQ(0, task_call(&vm->task, SYS_madvise, self->at + 0x8000, PAGE, MADV_REMOVE));
	ASSERT_EQ(0, vm_kick(vm, 1));
	ASSERT_EQ(0, vm_answer(vm, 1));
	EXPECT_EQ(RVF_EVENT_KICKED, vm_event(vm, 0).kind);
}

/* ---- children */

TEST_F(memory, not_inherited)
{
	struct vm *vm = &self->vm;

	EXPECT_LE(0, task_call(&vm->task, PROXY_PEEK, vm->page[0]));
	EXPECT_LE(0, task_call(&vm->task, PROXY_PEEK, self->at));
	ASSERT_LT(0, task_call(&vm->task, PROXY_CLONE, SIGCHLD, 1));
	EXPECT_EQ(-2, server_call(&vm->task, 1, PROXY_PEEK, vm->page[0]));
	EXPECT_EQ(-2, server_call(&vm->task, 1, PROXY_PEEK, self->at));
}

/* Where the plugin insists on it, a child's copy is one of the counted ones */
TEST_F(memory, inherited_on_demand)
{
	struct vm *vm = &self->vm;
	int data = task_get(&vm->task, "data", 0);
	uint64_t region;
	long pid;

	ASSERT_LE(0, vm_map(vm, data, 1 << 24, 0, PAGE, 0));
	region = vm_find_mapping(vm, "rvf");
	task_call(&vm->task, SYS_madvise, self->at, VM_MEMORY, MADV_DOFORK);
	task_call(&vm->task, SYS_madvise, region, PAGE, MADV_DOFORK);
	task_call(&vm->task, SYS_madvise, vm->page[0], PAGE, MADV_DOFORK);
	for (unsigned int i = 0; i < 5; i++) {
		pid = task_call(&vm->task, PROXY_CLONE, SIGCHLD, 1);
		ASSERT_LT(0, pid);
		server_call(&vm->task, 1, SYS_getpid);
		task_call(&vm->task, SYS_kill, pid, SIGKILL);
		task_call(&vm->task, SYS_wait4, pid, 0, 0, 0);
	}
	vm_code(vm, 0xee, 0xeb, 0xfe);
	EXPECT_EQ(0, vm_run(vm, 0));
	/* One that unmaps them, and outlives its parent */
	ASSERT_LT(0, task_call(&vm->task, PROXY_CLONE, SIGCHLD, 1));
	kill(vm->task.pid, SIGSTOP);
	server_call(&vm->task, 1, SYS_munmap, region, PAGE);
	server_call(&vm->task, 1, SYS_munmap, self->at, VM_MEMORY);
	kill(vm->task.pid, SIGCONT);
}

/* ---- slabs: the one policy that a guest can write to */

/* Reads the byte at 128 KiB, writes one more there and tells by a port */
static void code_increments(struct vm *vm)
{
	vm_code(vm, 0xb8, 0x00, 0x20, /* mov ax, 0x2000 */
		0x8e, 0xd8, /* mov ds, ax */
		0xfe, 0x06, 0x00, 0x00, /* inc byte [0] */
		0xee, 0xeb, 0xfe); /* out; jmp */
}

TEST_F(memory, slab_written)
{
	struct vm *vm = &self->vm;
	int slab = task_get(&vm->task, "slab", 0), slot;
	const uint8_t *here = must(mmap(NULL, PAGE, PROT_READ, MAP_SHARED,
					must_rvf(mount_get(vm->mount, "slab", 0)), 0));

	slot = vm_map(vm, slab, 0x20000, 0, 4 * PAGE, 0);
	ASSERT_LE(0, slot);
	code_increments(vm);
	EXPECT_EQ(0, vm_run(vm, 0));
	EXPECT_EQ(RVF_EVENT_IO, vm_event(vm, 0).kind);
	EXPECT_EQ(1, here[0]);
	/* Without the right, or where it is not wanted, its writes go nowhere */
	EXPECT_EQ(0, vm_unmap(vm, slot));
	slot = vm_map(vm, slab, 0x20000, 0, 4 * PAGE, RVF_VM_MAP_READ_ONLY);
	ASSERT_LE(0, slot);
	code_increments(vm);
	EXPECT_EQ(0, vm_run(vm, 0));
	EXPECT_EQ(RVF_EVENT_IO, vm_event(vm, 0).kind);
	EXPECT_EQ(1, here[0]);
	EXPECT_EQ(0, vm_unmap(vm, slot));
	slab = task_get(&vm->task, "slab", RVF_RIGHT_READ);
	ASSERT_LE(0, vm_map(vm, slab, 0x20000, 0, 4 * PAGE, 0));
	code_increments(vm);
	EXPECT_EQ(0, vm_run(vm, 0));
	EXPECT_EQ(RVF_EVENT_IO, vm_event(vm, 0).kind);
	EXPECT_EQ(1, here[0]);
}

TEST_F(memory, slab_revoked_while_it_is_written)
{
	struct vm *vm = &self->vm;
	struct rvf_handle_revoke revoke = { .size = sizeof(revoke) };
	int slab = task_get(&vm->task, "slab", 0);
	const volatile uint8_t *here = must(mmap(NULL, PAGE, PROT_READ, MAP_SHARED,
						 must_rvf(mount_get(vm->mount, "slab", 0)), 0));
	uint8_t then;

	ASSERT_LE(0, vm_map(vm, slab, 0x20000, 0, 4 * PAGE, 0));
	vm_code(vm, 0xb8, 0x00, 0x20, 0x8e, 0xd8, 0xfe, 0x06, 0x00, 0x00, 0xeb, 0xfa);
	vm_threads(vm, 1);
	vm_ask_run(vm, 1, 0);
	sleep_ms(100);
	ASSERT_EQ(0, task_ioctl(&vm->task, slab, RVF_HANDLE_REVOKE, &revoke));
	then = here[0];
	EXPECT_EQ(-EFAULT, vm_answer(vm, 1));
	sleep_ms(50);
	EXPECT_EQ(then, here[0]);
}

/* ---- revoking */

TEST_F(memory, revoked_while_it_runs)
{
	struct vm *vm = &self->vm;
	struct rvf_handle_revoke revoke = { .size = sizeof(revoke) };
	int data = task_get(&vm->task, "data", 0);

	ASSERT_LE(0, vm_map(vm, data, 0x20000, 0, PAGE, 0));
	vm_code(vm, 0xb8, 0x00, 0x20, /* mov ax, 0x2000 */
		0x8e, 0xd8, /* mov ds, ax */
		0xa0, 0x00, 0x00, 0xeb, 0xfb); /* mov al, [0]; jmp */
	vm_threads(vm, 1);
	vm_ask_run(vm, 1, 0);
	sleep_ms(100);
	ASSERT_EQ(0, task_ioctl(&vm->task, data, RVF_HANDLE_REVOKE, &revoke));
	EXPECT_EQ(2, revoke.out_count);
	EXPECT_EQ(-EFAULT, vm_answer(vm, 1));
	/* And so it remains; what else there is can be used */
	EXPECT_EQ(-EFAULT, vm_run(vm, 0));
	vm_code(vm, 0xee, 0xeb, 0xfe);
	EXPECT_EQ(0, vm_run(vm, 0));
}

TEST_HARNESS_MAIN
