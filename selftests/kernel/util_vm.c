// SPDX-License-Identifier: GPL-2.0-only
/* Plugins with a VM, under a test's command. */
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "util_vm.h"

int vm_mount(unsigned int vcpus, uint64_t memory)
{
	return vm_mount_as(vcpus, memory, 0);
}

int vm_mount_as(unsigned int vcpus, uint64_t memory, uint64_t identity_map)
{
	struct pkg *pkg = pkg_usual();
	struct rvf_mount arg;
	int ctl = ctl_open(), mount;

	pkg->components[0].entry.vcpus = vcpus;
	pkg->components[0].entry.guest_memory = memory;
	pkg->components[0].entry.identity_map = identity_map;
	pkg_grant(pkg, 0, RVF_OBJECT_REGION, pkg_slab(pkg, "slab", 16, 1024),
		  RVF_RIGHT_READ | RVF_RIGHT_WRITE | RVF_RIGHT_GRANT | RVF_RIGHT_REVOKE, 0);
	key_trust(ctl, KEY_OWNER);
	pkg_finish(pkg, KEY_OWNER);
	mount = pkg_mount(pkg, ctl, NULL, &arg);
	if (mount < 0)
		die("cannot mount: %s, reason %u", strerror(-mount), arg.out_reason);
	close(pkg->fd);
	close(ctl);
	return mount;
}

int vm_supervise(int mount)
{
	struct rvf_supervise claim = { .size = sizeof(claim) };
	int result;

	claim.kvm_fd = must(open("/dev/kvm", O_RDWR | O_CLOEXEC));
	result = rvf(mount, RVF_SUPERVISE, &claim);
	close(claim.kvm_fd);
	return result;
}

int vm_make(struct vm *vm)
{
	struct rvf_vm arg = { .size = sizeof(arg), .vcpu_count = VM_VCPUS };
	size_t used = vm->task.used;
	int *fds = task_alloc(&vm->task, sizeof(vm->vcpu));
	void *scratch = task_alloc(&vm->task, 64);
	int result;

	memset(scratch, 0, 64);
	arg.vcpus = (uintptr_t)fds;
	arg.scratch = (uintptr_t)scratch;
	result = task_ioctl(&vm->task, PROXY_TASK_FD, RVF_VM, &arg);
	memcpy(vm->vcpu, fds, sizeof(vm->vcpu));
	vm->fd = arg.out_vm_fd;
	vm->vcpus = arg.vcpu_count;
	vm->identity_map = arg.out_identity_map;
	vm->task.used = used;
	return result;
}

void vm_start(struct vm *vm, unsigned int vcpus)
{
	memset(vm, 0, sizeof(*vm));
	vm->mount = vm_mount(vcpus, VM_QUOTA);
	must_rvf(vm_supervise(vm->mount));
	task_start(&vm->task, vm->mount, 0);
	must_rvf(vm_make(vm));
	for (unsigned int i = 0; i < vcpus; i++)
		vm->page[i] = (void *)must_rvf(task_call(&vm->task, SYS_mmap, 0, 8192,
							 PROT_READ | PROT_WRITE, MAP_SHARED,
							 vm->vcpu[i], 0));
	must_rvf(vm_reserve(vm, RVF_SPACE_PORT, VM_PORT, 8));
}

void vm_stop(struct vm *vm)
{
	if (vm->memory)
		munmap(vm->memory, VM_MEMORY);
	task_kill(&vm->task);
	close(vm->mount);
}

int vm_memfd(struct vm *vm, uint64_t size, unsigned int seals)
{
	void *name = task_put(&vm->task, "guest", 6);
	int fd = must_rvf(task_call(&vm->task, SYS_memfd_create, name, MFD_ALLOW_SEALING));

	must_rvf(task_call(&vm->task, SYS_ftruncate, fd, size));
	must_rvf(task_call(&vm->task, SYS_fcntl, fd, F_ADD_SEALS, seals));
	return fd;
}

int vm_map(struct vm *vm, int fd, uint64_t address, uint64_t offset, uint64_t length,
	   unsigned int flags)
{
	struct rvf_vm_map map = {
		.size = sizeof(map),
		.flags = flags,
		.fd = fd,
		.address = address,
		.offset = offset,
		.length = length,
	};
	int result = task_ioctl(&vm->task, vm->fd, RVF_VM_MAP, &map);

	return result ? result : (int)map.out_slot;
}

int vm_unmap(struct vm *vm, unsigned int slot)
{
	struct rvf_vm_unmap unmap = { .size = sizeof(unmap), .slot = slot };

	return task_ioctl(&vm->task, vm->fd, RVF_VM_UNMAP, &unmap);
}

void vm_memory(struct vm *vm)
{
	int here;

	vm->memfd = vm_memfd(vm, VM_MEMORY, F_SEAL_SHRINK);
	vm->slot = must_rvf(vm_map(vm, vm->memfd, 0, 0, VM_MEMORY, 0));
	here = task_take_fd(&vm->task, vm->memfd);
	vm->memory = must(mmap(NULL, VM_MEMORY, PROT_READ | PROT_WRITE, MAP_SHARED, here, 0));
	close(here);
}

int vm_reserve(struct vm *vm, unsigned int space, uint64_t start, uint64_t length)
{
	return vm_reserve_as(vm, space, start, length, 0);
}

int vm_reserve_as(struct vm *vm, unsigned int space, uint64_t start, uint64_t length,
		  unsigned int flags)
{
	struct rvf_vm_reserve reserve = {
		.size = sizeof(reserve),
		.space = space,
		.start = start,
		.length = length,
		.flags = flags,
	};

	return task_ioctl(&vm->task, vm->fd, RVF_VM_RESERVE, &reserve);
}

int vm_kick(struct vm *vm, uint64_t mask)
{
	struct rvf_vm_kick kick = { .size = sizeof(kick), .mask = mask };

	return task_ioctl(&vm->task, vm->fd, RVF_VM_KICK, &kick);
}

static int kvm_on(struct vm *vm, int fd, unsigned long command, void *arg, size_t size)
{
	size_t used = vm->task.used;
	void *there = task_put(&vm->task, arg, size);
	int result = task_call(&vm->task, SYS_ioctl, fd, command, there);

	memcpy(arg, there, size);
	vm->task.used = used;
	return result;
}

int vm_kvm(struct vm *vm, unsigned int vcpu, unsigned long command, void *arg, size_t size)
{
	return kvm_on(vm, vm->vcpu[vcpu], command, arg, size);
}

int vm_kvm_vm(struct vm *vm, unsigned long command, void *arg, size_t size)
{
	return kvm_on(vm, vm->fd, command, arg, size);
}

int vm_eventfd(struct vm *vm)
{
	return must_rvf(task_call(&vm->task, SYS_eventfd2, 0, EFD_NONBLOCK));
}

long vm_signals(struct vm *vm, int eventfd)
{
	size_t used = vm->task.used;
	uint64_t *there = task_alloc(&vm->task, sizeof(*there));
	long result = task_call(&vm->task, SYS_read, eventfd, there, sizeof(*there));

	if (result == sizeof(*there))
		result = *there;
	vm->task.used = used;
	return result == -EAGAIN ? 0 : result;
}

void vm_code_at(struct vm *vm, unsigned int vcpu, unsigned int address, const void *code,
		size_t length)
{
	struct kvm_mp_state state = { .mp_state = KVM_MP_STATE_RUNNABLE };
	struct kvm_regs regs = { .rip = address, .rflags = 2, .rdx = VM_PORT };
	struct kvm_sregs sregs;

	memcpy(vm->memory + address, code, length);
	must_rvf(vm_kvm(vm, vcpu, KVM_SET_MP_STATE, &state, sizeof(state)));
	must_rvf(vm_kvm(vm, vcpu, KVM_GET_SREGS, &sregs, sizeof(sregs)));
	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	must_rvf(vm_kvm(vm, vcpu, KVM_SET_SREGS, &sregs, sizeof(sregs)));
	must_rvf(vm_kvm(vm, vcpu, KVM_SET_REGS, &regs, sizeof(regs)));
}

int vm_run(struct vm *vm, unsigned int vcpu)
{
	struct rvf_vcpu_run arg = { .size = sizeof(arg) };

	return task_ioctl(&vm->task, vm->vcpu[vcpu], RVF_VCPU_RUN, &arg);
}

void vm_ask_run(struct vm *vm, unsigned int server, unsigned int vcpu)
{
	struct rvf_vcpu_run arg = { .size = sizeof(arg) };

	vm_ask(vm, server, SYS_ioctl, vm->vcpu[vcpu], RVF_VCPU_RUN,
	       (long)task_put(&vm->task, &arg, sizeof(arg)));
}

void vm_ask_with(struct vm *vm, unsigned int server, const struct proxy_request *request)
{
	must(send(vm->task.socket[server], request, sizeof(*request), MSG_NOSIGNAL));
}

long vm_answer(struct vm *vm, unsigned int server)
{
	long result;

	if (recv(vm->task.socket[server], &result, sizeof(result), 0) != sizeof(result))
		return -ESRCH;
	return result;
}

void vm_threads(struct vm *vm, unsigned int count)
{
	for (unsigned int i = 1; i <= count; i++)
		must_rvf(task_call(&vm->task, PROXY_CLONE, VM_THREAD, i));
}

/* The page is mapped nowhere but there, and cannot be */
static void transfer(struct vm *vm, bool out, void *here, char *there, size_t length)
{
	struct iovec local = { here, length }, remote = { there, length };
	ssize_t done;

	if (out)
		done = process_vm_writev(vm->task.pid, &local, 1, &remote, 1, 0);
	else
		done = process_vm_readv(vm->task.pid, &local, 1, &remote, 1, 0);
	if (done != (ssize_t)length)
		die("an event page at %p: %zd, %s", there, done, strerror(errno));
}

struct rvf_vcpu_event vm_event(struct vm *vm, unsigned int vcpu)
{
	struct rvf_vcpu_event event;

	transfer(vm, false, &event, vm->page[vcpu], sizeof(event));
	return event;
}

void vm_get_data(struct vm *vm, unsigned int vcpu, void *data, size_t length)
{
	transfer(vm, false, data, vm->page[vcpu] + RVF_EVENT_DATA, length);
}

void vm_get_more(struct vm *vm, unsigned int vcpu, unsigned int at, void *data, size_t length)
{
	transfer(vm, false, data, vm->page[vcpu] + at, length);
}

void vm_put_data(struct vm *vm, unsigned int vcpu, const void *data, size_t length)
{
	transfer(vm, true, (void *)data, vm->page[vcpu] + RVF_EVENT_DATA, length);
}

DIR *vm_kvm_place(void)
{
	DIR *dir = opendir(VM_KVM_PLACE);

	if (!dir) {
		must(mount("debug", "/sys/kernel/debug", "debugfs", 0, NULL));
		dir = opendir(VM_KVM_PLACE);
	}
	if (!dir)
		die(VM_KVM_PLACE ": %s", strerror(errno));
	return dir;
}

unsigned int vm_count_fds(struct vm *vm)
{
	return fds_of(vm->task.pid);
}

uint64_t vm_find_mapping(struct vm *vm, const char *text)
{
	unsigned long at = 0;
	char line[512];
	FILE *maps;

	snprintf(line, sizeof(line), "/proc/%d/maps", vm->task.pid);
	maps = fopen(line, "re");
	if (!maps)
		die("%s: %s", line, strerror(errno));
	while (!at && fgets(line, sizeof(line), maps)) {
		if (strstr(line, text) && sscanf(line, "%lx-", &at) != 1)
			die("maps: %s", line);
	}
	fclose(maps);
	if (!at)
		die("no mapping of %s", text);
	return at;
}

bool vm_was_killed(struct vm *vm)
{
	struct rvf_task_status status;

	if (!wait_task_state(vm->mount, 0, RVF_TASK_EXITED))
		return false;
	status = task_status(vm->mount, 0);
	return status.exit_kind == RVF_EXIT_SIGNAL && status.exit_code == 9;
}
