// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/kvm.h>
#include <linux/rvf.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exits.h"
#include "raw_vm.h"

/* What an exit and its answer come to in a protocol between processes */
#define MESSAGE 64

static int give_memory(int vm)
{
	struct kvm_userspace_memory_region region = { .memory_size = EXITS_MEMORY };
	void *memory =
		mmap(NULL, EXITS_MEMORY, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return -errno;
	memcpy(memory, exits_guest, sizeof(exits_guest));
	region.userspace_addr = (uintptr_t)memory;
	return ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region) < 0 ? -errno : 0;
}

static int set_registers(int vcpu)
{
	struct kvm_regs regs = { .rflags = 2, .rip = EXITS_LOOP };
	struct kvm_sregs sregs;

	if (ioctl(vcpu, KVM_GET_SREGS, &sregs) < 0)
		return -errno;
	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	if (ioctl(vcpu, KVM_SET_SREGS, &sregs) < 0 || ioctl(vcpu, KVM_SET_REGS, &regs) < 0)
		return -errno;
	return 0;
}

/* With what a task's VM has, too. */
int raw_vm_make(struct raw_vm *raw)
{
	struct kvm_pit_config pit = { 0 };
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC), vm, size, err;

	raw->to = raw->back = -1;
	raw->pid = 0;
	raw->elsewhere = false;
	if (kvm < 0)
		return -errno;
	vm = ioctl(kvm, KVM_CREATE_VM, 0);
	size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	if (vm < 0 || size < 0 || ioctl(vm, KVM_CREATE_IRQCHIP, 0) < 0 ||
	    ioctl(vm, KVM_CREATE_PIT2, &pit) < 0)
		return -errno;
	raw->vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);
	if (raw->vcpu < 0)
		return -errno;
	raw->run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, raw->vcpu, 0);
	if (raw->run == MAP_FAILED)
		return -errno;
	raw->vm = vm;
	err = give_memory(vm);
	return err ? err : set_registers(raw->vcpu);
}

static void answer(int from, int to)
{
	char message[MESSAGE];

	while (read(from, message, sizeof(message)) == sizeof(message))
		if (write(to, message, sizeof(message)) != sizeof(message))
			_exit(1);
	_exit(0);
}

/* Forks a process with a pair of pipes, in which @body runs. */
static int start(struct raw_vm *vm, void (*body)(int from, int to))
{
	int to[2], back[2];

	if (pipe2(to, O_CLOEXEC) < 0 || pipe2(back, O_CLOEXEC) < 0)
		return -errno;
	vm->pid = fork();
	if (vm->pid < 0)
		return -errno;
	if (vm->pid == 0) {
		close(to[1]);
		close(back[0]);
		body(to[0], back[1]);
		_exit(1);
	}
	close(to[0]);
	close(back[1]);
	vm->to = to[1];
	vm->back = back[0];
	return 0;
}

int raw_vm_forward(struct raw_vm *vm)
{
	return start(vm, answer);
}

static struct sock_fprog the_filter;

static int install_filter(void)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &the_filter) < 0)
		return -errno;
	return 0;
}

static void exit_for(int from, int to)
{
	struct raw_vm vm;
	unsigned int count = 0;
	double ns = raw_vm_make(&vm);

	if (ns == 0)
		ns = install_filter();
	do {
		if (count)
			ns = raw_vm_exits(&vm, count);
		if (write(to, &ns, sizeof(ns)) != sizeof(ns))
			break;
	} while (read(from, &count, sizeof(count)) == sizeof(count));
	_exit(0);
}

int raw_vm_make_filtered(struct raw_vm *vm, const void *filter, size_t count)
{
	struct sock_filter *code = calloc(count, sizeof(*code));
	double ns;
	size_t i;
	int err;

	if (!code)
		return -ENOMEM;
	memcpy(code, filter, count * sizeof(*code));
	for (i = 0; i < count; i++)
		if (code[i].code == (BPF_JMP | BPF_JEQ | BPF_K) && code[i].k == RVF_IOC_TYPE << 8)
			code[i].k = KVMIO << 8;
	the_filter.filter = code;
	the_filter.len = count;
	err = start(vm, exit_for);
	free(code);
	vm->elsewhere = true;
	if (!err && read(vm->back, &ns, sizeof(ns)) != sizeof(ns))
		err = -EIO;
	return err ? err : (int)ns;
}

void raw_vm_end(struct raw_vm *vm)
{
	if (vm->to < 0)
		return;
	close(vm->to);
	close(vm->back);
	waitpid(vm->pid, NULL, 0);
}

static int forward(const struct raw_vm *vm)
{
	char message[MESSAGE] = { 0 };

	message[0] = vm->run->io.size;
	if (write(vm->to, message, sizeof(message)) != sizeof(message) ||
	    read(vm->back, message, sizeof(message)) != sizeof(message))
		return -EIO;
	return 0;
}

double raw_vm_exits(struct raw_vm *vm, unsigned int count)
{
	uint64_t started = exits_now();
	unsigned int i;
	double ns;

	if (vm->elsewhere) {
		if (write(vm->to, &count, sizeof(count)) != sizeof(count) ||
		    read(vm->back, &ns, sizeof(ns)) != sizeof(ns))
			return -EIO;
		return ns;
	}
	for (i = 0; i < count; i++) {
		if (ioctl(vm->vcpu, KVM_RUN, 0) < 0)
			return -errno;
		if (vm->run->exit_reason != KVM_EXIT_IO || (vm->to >= 0 && forward(vm) < 0))
			return -EIO;
	}
	return exits_now() - started;
}

static int go_flat(int vcpu)
{
	struct kvm_regs regs = { .rflags = 2, .rip = EXITS_TOUCH };
	struct kvm_sregs sregs;

	if (ioctl(vcpu, KVM_GET_SREGS, &sregs) < 0)
		return -errno;
	exits_flat(&sregs);
	if (ioctl(vcpu, KVM_SET_SREGS, &sregs) < 0 || ioctl(vcpu, KVM_SET_REGS, &regs) < 0)
		return -errno;
	return 0;
}

double raw_vm_first_touch(struct raw_vm *vm)
{
	struct kvm_userspace_memory_region region = { .slot = 1,
						      .guest_phys_addr = EXITS_TOUCH_AT,
						      .memory_size = EXITS_TOUCH_BYTES };
	void *memory = mmap(NULL, EXITS_TOUCH_BYTES, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint64_t started;
	double ret;

	if (memory == MAP_FAILED)
		return -errno;
	region.userspace_addr = (uintptr_t)memory;
	if (ioctl(vm->vm, KVM_SET_USER_MEMORY_REGION, &region) < 0)
		return -errno;
	ret = go_flat(vm->vcpu);
	started = exits_now();
	if (ret == 0 && ioctl(vm->vcpu, KVM_RUN, 0) < 0)
		ret = -errno;
	if (ret == 0)
		ret = vm->run->exit_reason == KVM_EXIT_IO ? (double)(exits_now() - started) : -EIO;
	region.memory_size = 0;
	if (ioctl(vm->vm, KVM_SET_USER_MEMORY_REGION, &region) < 0)
		ret = -errno;
	munmap(memory, EXITS_TOUCH_BYTES);
	return ret;
}
