/* SPDX-License-Identifier: GPL-2.0-only */
/* VMs: one for a task, delegated to KVM. */
#ifndef RVF_VM_H
#define RVF_VM_H

#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/task_work.h>
#include "rvf.h"

struct file;
struct kvm_run;
struct mm_struct;
struct rvf_machine;
struct rvf_tsk;
struct rvf_ucmd;
struct rvf_vcpu_event;
struct task_struct;

/**
 * enum rvf_ask - Why a vCPU is to stop running the guest
 * @RVF_ASK_KICK: RVF_VM_KICK; told once, with an event.
 * @RVF_ASK_STOP: RVF_TASK_STOP; for good.
 */
enum rvf_ask {
	RVF_ASK_KICK = 1 << 0,
	RVF_ASK_STOP = 1 << 1,
};

/**
 * struct rvf_vcpu - A vCPU; part of its machine
 * @machine: Its machine.
 * @file: KVM's file; gone with the process.
 * @run_page: KVM's struct kvm_run; holds a reference.
 * @pio_page: The data of port I/O; holds a reference.
 * @event_page: What the plugin sees; holds a reference.
 * @run: What lies in @run_page.
 * @pio: In @pio_page.
 * @event: In @event_page.
 * @lock: One command at a time, RVF_VCPU_RUN included. Above mmap_lock.
 * @pending: Bytes of a read that the plugin is to fill, 0: none; under @lock,
 *	as is the next.
 * @pending_to: Where they go.
 * @nested: Its CPUID offers virtualisation: it does not run; under @lock.
 * @runner: The thread in RVF_VCPU_RUN; written by it, read under RCU.
 * @ask_lock: Guards the next three; nothing is taken inside.
 * @asked: Bits of enum rvf_ask: why it is to come out of KVM_RUN.
 * @kick_queued: @kick is on its way, with a reference on the machine.
 * @kick: Ends KVM_RUN in @runner as a signal would.
 */
struct rvf_vcpu {
	struct rvf_machine *machine;
	struct file *file;
	struct page *run_page;
	struct page *pio_page;
	struct page *event_page;
	struct kvm_run *run;
	void *pio;
	struct rvf_vcpu_event *event;
	struct mutex lock;	/* below rvf_machine.lock; see rvf.h */
	u32 pending;
	void *pending_to;
	bool nested;
	struct task_struct *runner;
	spinlock_t ask_lock;	/* innermost */
	u32 asked;
	bool kick_queued;
	struct callback_head kick;
};

/**
 * struct rvf_vm_slot - Memory of a guest
 * @machine: Its machine.
 * @address: Where the guest sees it.
 * @length: Bytes; 0: not in use.
 * @hva: Where it is mapped in the process.
 * @memfd: It is the plugin's own, and counts towards its quota.
 * @writable: The guest may write to it.
 * @dirty_log: KVM notes which pages it wrote to.
 * @leaving: RVF_VM_UNMAP takes the mapping away; otherwise nobody may.
 */
struct rvf_vm_slot {
	struct rvf_machine *machine;
	u64 address;
	u64 length;
	unsigned long hva;
	struct file *memfd;
	bool writable;
	bool dirty_log;
	bool leaving;
};

/* A reserved range, from @start to @last. */
struct rvf_vm_range {
	u32 space;
	u64 start;
	u64 last;
};

/* All reserved ranges, in order: replaced as a whole, read under RCU. */
struct rvf_vm_ranges {
	struct rcu_head rcu;
	u32 count;
	struct rvf_vm_range range[];
};

/**
 * struct rvf_machine - A task's VM
 * @refs: The task's, each VM and vCPU file's, each kick's.
 * @tsk: The task; with a reference on its mount.
 * @mm: The mm that made it; the struct is kept, to be compared with.
 * @kvm_file: /dev/kvm, as the supervisor gave it.
 * @vm_file: KVM's file of the VM; gone with the process.
 * @quota: Bytes of memfds that may be mapped.
 * @lock: Guards slots, ranges' writers, ioeventfds and @used. Above vCPUs'
 *	locks.
 * @used: Bytes of memfds that are mapped.
 * @slots: Memory.
 * @mapping: The slot that is being mapped.
 * @ranges: Reserved ranges.
 * @n_vcpus: Of @vcpus.
 * @vcpus: vCPUs.
 */
struct rvf_machine {
	struct kref refs;
	struct rvf_tsk *tsk;
	struct mm_struct *mm;
	struct file *kvm_file;
	struct file *vm_file;
	u64 quota;
	struct mutex lock;	/* above rvf_mnt.tree_lock; see rvf.h */
	u64 used;
	struct rvf_vm_slot slots[RVF_MAX_VM_SLOTS];
	struct rvf_vm_slot *mapping;
	struct rvf_vm_ranges __rcu *ranges;
	u32 n_vcpus;
	struct rvf_vcpu vcpus[];
};

/* vm.c: making and ending */
int rvf_cmd_vm(struct rvf_ucmd *ucmd, struct rvf_tsk *tsk);
struct file *rvf_kvm_get(int fd);
void rvf_machine_end(struct rvf_machine *machine);
void rvf_machine_put(struct rvf_machine *machine);
void rvf_machine_stop(struct rvf_machine *machine);
long rvf_kvm_ioctl(struct file *file, unsigned int number, unsigned long arg);

/* vm_file.c: VM fds */
struct file *rvf_vm_file_create(struct rvf_machine *machine);

/* vm_range.c: reserved ranges */
bool rvf_vm_range_hit(struct rvf_machine *machine, u32 space, u64 address);
int rvf_cmd_vm_reserve(struct rvf_ucmd *ucmd);

/* vm_pass.c: KVM's own commands */
long rvf_vm_pass(struct rvf_machine *machine, unsigned int number,
		 unsigned long arg);
long rvf_vcpu_pass(struct rvf_vcpu *vcpu, unsigned int number,
		   unsigned long arg);

/* vm_slot.c: memory */
int rvf_slot_map(struct rvf_machine *machine, struct rvf_vm_map *cmd);
int rvf_slot_unmap(struct rvf_machine *machine, u32 slot);

/* vcpu.c: running */
void rvf_vcpu_init(struct rvf_vcpu *vcpu, struct rvf_machine *machine);
int rvf_vcpu_pages(struct rvf_vcpu *vcpu);
void rvf_vcpu_free(struct rvf_vcpu *vcpu);
int rvf_vcpu_run(struct rvf_vcpu *vcpu);
void rvf_vcpu_ask(struct rvf_vcpu *vcpu, enum rvf_ask what);

/* vcpu_file.c: vCPU fds */
struct file *rvf_vcpu_file_create(struct rvf_vcpu *vcpu);

#endif /* RVF_VM_H */
