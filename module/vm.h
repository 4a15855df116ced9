/* SPDX-License-Identifier: GPL-2.0-only */
/* VMs: one for a task, delegated to KVM. */
#ifndef RVF_VM_H
#define RVF_VM_H

#include <linux/fs.h>
#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/task_work.h>
#include <linux/workqueue.h>
#include "rvf.h"

struct kvm_run;
struct mm_struct;
struct rvf_machine;
struct rvf_tsk;
struct rvf_ucmd;
struct rvf_vcpu_event;
struct task_struct;

/* A command of a file of KVM's. */
static inline long rvf_kvm_ioctl(struct file *file, unsigned int number,
				 unsigned long arg)
{
	return file->f_op->unlocked_ioctl(file, number, arg);
}

/**
 * enum rvf_ask - Why a vCPU is to stop running the guest
 * @RVF_ASK_KICK: RVF_VM_KICK; told once, with an event.
 * @RVF_ASK_STOP: RVF_TASK_STOP; for good.
 * @RVF_ASK_WRITES: The oldest gathered write has waited long enough.
 */
enum rvf_ask {
	RVF_ASK_KICK = 1 << 0,
	RVF_ASK_STOP = 1 << 1,
	RVF_ASK_WRITES = 1 << 2,
};

/**
 * struct rvf_vcpu - A vCPU; part of its machine
 * @machine: Its machine.
 * @file: KVM's file; gone with the process.
 * @run_page: KVM's struct kvm_run; holds a reference.
 * @pio_page: The data of port I/O; holds a reference.
 * @event_page: What the plugin sees; holds a reference.
 * @more_page: And behind that; likewise.
 * @run: What lies in @run_page.
 * @pio: In @pio_page.
 * @event: In @event_page.
 * @more: In @more_page.
 * @taken: Bit 0: a thread has it, in a command, RVF_VCPU_RUN included. Nobody
 *	waits for it; whoever has it may take mmap_lock.
 * @pending: Bytes of a read that the plugin is to fill, 0: none; for who has
 *	it, as is the next.
 * @pending_to: Where they go.
 * @n_writes: Gathered writes that were not told yet; likewise.
 * @flush: Tells them after a while.
 * @stored: The registers that KVM stores at each exit, for a hint.
 * @nested: Its CPUID offers virtualisation: it does not run; likewise.
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
	struct page *more_page;
	struct kvm_run *run;
	void *pio;
	struct rvf_vcpu_event *event;
	void *more;
	unsigned long taken;
	u32 pending;
	void *pending_to;
	u32 n_writes;
	struct delayed_work flush;
	u64 stored;
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
 * @memfd: The plugin's own, while it is being mapped.
 * @counted: It is a memfd, and counts towards the plugin's quota.
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
	bool counted;
	bool writable;
	bool dirty_log;
	bool leaving;
};

/* A reserved range, from @start to @last; @flags: enum rvf_vm_reserve_flags */
struct rvf_vm_range {
	u32 space;
	u32 flags;
	u64 start;
	u64 last;
};

/* All reserved ranges, in order: replaced as a whole, read under RCU. */
struct rvf_vm_ranges {
	struct rcu_head rcu;
	u32 count;
	struct rvf_vm_range range[];
};

/* Beside the flags of a range: there is one. */
#define RVF_RANGE_HIT BIT(31)

/**
 * struct rvf_vm_hint_set - What RVF_VM_HINT said
 * @rcu: It is replaced as a whole.
 * @space: One of enum rvf_space.
 * @on_write: It is about writes; else about reads.
 * @address: Of the access.
 * @count: Of @detail.
 * @detail: The first that fits says which registers go with the event.
 */
struct rvf_vm_hint_set {
	struct rcu_head rcu;
	u32 space;
	bool on_write;
	u64 address;
	u32 count;
	struct rvf_hint_detail detail[];
};

/**
 * struct rvf_machine - A task's VM
 * @refs: The task's, each VM and vCPU file's, each kick's.
 * @tsk: The task; with a reference on its mount.
 * @mm: The mm that made it; the struct is kept, to be compared with.
 * @kvm_file: /dev/kvm, as the supervisor gave it.
 * @vm_file: KVM's file of the VM; gone with the process.
 * @quota: Bytes of memfds that may be mapped.
 * @lock: Guards slots, writers of ranges and hint, ioeventfds and @used. Above vCPUs'
 *	locks.
 * @used: Bytes of memfds that are mapped.
 * @slots: Memory.
 * @mapping: The slot that is being mapped.
 * @ranges: Reserved ranges.
 * @hint: What RVF_VM_HINT said, or NULL.
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
	struct rvf_vm_hint_set __rcu *hint;
	u32 n_vcpus;
	struct rvf_vcpu vcpus[];
};

/* vm.c: making and ending */
int rvf_cmd_vm(struct rvf_ucmd *ucmd, struct rvf_tsk *tsk);
struct file *rvf_kvm_get(int fd);
void rvf_machine_end(struct rvf_machine *machine);
void rvf_machine_put(struct rvf_machine *machine);
void rvf_machine_stop(struct rvf_machine *machine);

/* vm_file.c: VM fds */
struct file *rvf_vm_file_create(struct rvf_machine *machine);

/* vm_range.c: reserved ranges */
u32 rvf_vm_range_find(struct rvf_machine *machine, u32 space, u64 address);
int rvf_cmd_vm_reserve(struct rvf_ucmd *ucmd);

/* vm_hint.c: hints */
int rvf_cmd_vm_hint(struct rvf_ucmd *ucmd);

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

/* vcpu_exit.c: what becomes of exits */
bool rvf_vcpu_exit(struct rvf_vcpu *vcpu);
void rvf_vcpu_answer(struct rvf_vcpu *vcpu);
void rvf_vcpu_tell(struct rvf_vcpu *vcpu, u32 kind, u32 reason, u64 code);
void rvf_vcpu_init_flush(struct rvf_vcpu *vcpu);

/* vcpu_file.c: vCPU fds */
struct file *rvf_vcpu_file_create(struct rvf_vcpu *vcpu);

#endif /* RVF_VM_H */
