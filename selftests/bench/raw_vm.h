/* SPDX-License-Identifier: GPL-2.0-only */
/* The same guest by KVM's own interface. */
#ifndef RVF_BENCH_RAW_VM_H
#define RVF_BENCH_RAW_VM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct kvm_run;

/**
 * struct raw_vm - A VM of this process, with one vCPU
 * @vm: KVM's fd of it.
 * @vcpu: That of its vCPU.
 * @run: Its page.
 * @to: To a process that sees each exit, or that has the VM; or -1.
 * @back: From it.
 * @pid: That process.
 * @elsewhere: It has the VM.
 */
struct raw_vm {
	int vm;
	int vcpu;
	struct kvm_run *run;
	int to;
	int back;
	pid_t pid;
	bool elsewhere;
};

/* 0 or a negative errno. What it opened stays open until the end. */
int raw_vm_make(struct raw_vm *vm);
/* Starts a process on this CPU that gets each exit and sends its answer. */
int raw_vm_forward(struct raw_vm *vm);
void raw_vm_end(struct raw_vm *vm);
/*
 * Moves the VM into a child process with a task's system call filter, which
 * lets KVM's commands pass where it lets rvf's pass in a task.
 */
int raw_vm_make_filtered(struct raw_vm *vm, const void *filter, size_t count);
/*
 * Nanoseconds for the guest's writes to EXITS_TOUCH_BYTES of memory that is new,
 * or a negative errno. The VM is for nothing else then.
 */
double raw_vm_first_touch(struct raw_vm *vm);
/* Nanoseconds for @count exits, or a negative errno. */
double raw_vm_exits(struct raw_vm *vm, unsigned int count);

#endif /* RVF_BENCH_RAW_VM_H */
