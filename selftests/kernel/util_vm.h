/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RVF_SELFTESTS_UTIL_VM_H
#define RVF_SELFTESTS_UTIL_VM_H

#include <dirent.h>
#include <linux/kvm.h>

#include "util_package.h"
#include "util_task.h"

#define VM_PORT	  0x3f8 /* reserved by vm_start */
#define VM_MEMORY (64u << 10)
#define VM_QUOTA  (4u << 20)
#define VM_VCPUS  4

/* The flags of a thread, for PROXY_CLONE */
#define VM_THREAD (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM)

/* A plugin with a VM: what it made, by its own fds and addresses */
struct vm {
	int mount;
	struct task task;
	int fd;
	int vcpu[VM_VCPUS];
	unsigned int vcpus;
	uint64_t identity_map;
	char *page[VM_VCPUS]; /* two event pages each, in the plugin */
	int memfd; /* the memory at 0, in the plugin */
	unsigned int slot; /* it */
	unsigned char *memory; /* the same here */
};

/* Mounts the usual package with a VM in component 0, and claims it */
int vm_mount(unsigned int vcpus, uint64_t memory);
int vm_mount_as(unsigned int vcpus, uint64_t memory, uint64_t identity_map);
int vm_supervise(int mount);
/* RVF_VM; 0 or a negative errno */
int vm_make(struct vm *vm);
/* Mount, claim, task, VM and event pages */
void vm_start(struct vm *vm, unsigned int vcpus);
void vm_stop(struct vm *vm);

/* A memfd of the plugin's, with these seals */
int vm_memfd(struct vm *vm, uint64_t size, unsigned int seals);
/* RVF_VM_MAP: the slot, or a negative errno */
int vm_map(struct vm *vm, int fd, uint64_t address, uint64_t offset, uint64_t length,
	   unsigned int flags);
int vm_unmap(struct vm *vm, unsigned int slot);
/* VM_MEMORY bytes at 0 */
void vm_memory(struct vm *vm);
int vm_reserve(struct vm *vm, unsigned int space, uint64_t start, uint64_t length);
/* The same with flags */
int vm_reserve_as(struct vm *vm, unsigned int space, uint64_t start, uint64_t length,
		  unsigned int flags);
int vm_kick(struct vm *vm, uint64_t mask);

/* Places code and lets a vCPU begin there in real mode, with rdx VM_PORT */
void vm_code_at(struct vm *vm, unsigned int vcpu, unsigned int address, const void *code,
		size_t length);
#define vm_code(vm, ...)                                                 \
	({                                                               \
		static const unsigned char vm_bytes[] = { __VA_ARGS__ }; \
		vm_code_at(vm, 0, 0, vm_bytes, sizeof(vm_bytes));        \
	})
/* KVM's ioctls on a vCPU, or on the VM, with a struct of ours in and out */
int vm_kvm(struct vm *vm, unsigned int vcpu, unsigned long command, void *arg, size_t size);
int vm_kvm_vm(struct vm *vm, unsigned long command, void *arg, size_t size);
/* An eventfd of the plugin's, and what was counted there since */
int vm_eventfd(struct vm *vm);
long vm_signals(struct vm *vm, int eventfd);

/* A request to another server, without waiting */
void vm_ask_with(struct vm *vm, unsigned int server, const struct proxy_request *request);
#define vm_ask(vm, server, number, ...) \
	vm_ask_with(vm, server, &(const struct proxy_request){ number, { __VA_ARGS__ } })
/* RVF_VCPU_RUN by server 0, or by another one likewise */
int vm_run(struct vm *vm, unsigned int vcpu);
void vm_ask_run(struct vm *vm, unsigned int server, unsigned int vcpu);
long vm_answer(struct vm *vm, unsigned int server);
/* Makes servers 1 to @count threads */
void vm_threads(struct vm *vm, unsigned int count);

struct rvf_vcpu_event vm_event(struct vm *vm, unsigned int vcpu);
void vm_get_data(struct vm *vm, unsigned int vcpu, void *data, size_t length);
void vm_put_data(struct vm *vm, unsigned int vcpu, const void *data, size_t length);
/* From any place in its event pages */
void vm_get_more(struct vm *vm, unsigned int vcpu, unsigned int at, void *data, size_t length);

/* KVM's own directory: each VM has one in it, called PID-FD */
#define VM_KVM_PLACE "/sys/kernel/debug/kvm"
DIR *vm_kvm_place(void);

/* How many fds it has */
unsigned int vm_count_fds(struct vm *vm);
/* Where a mapping lies whose line in /proc/PID/maps has this text */
uint64_t vm_find_mapping(struct vm *vm, const char *text);
/* Waits for the end, which must be a SIGKILL */
bool vm_was_killed(struct vm *vm);

#endif
