/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef RVF_PLUGIN_VM_H
#define RVF_PLUGIN_VM_H

#include <pthread.h>
#include <stdatomic.h>

#include <rvf/vm.h>

/**
 * struct rvf_vm_made - What was made before main()
 * @error: Negative errno: there is no VM.
 * @fd: The VM.
 * @count: vCPUs.
 * @fds: Theirs.
 * @identity_map: KVM's page table for real mode; 0: where KVM has it.
 * @pages: Their event pages.
 */
struct rvf_vm_made {
	int error;
	int fd;
	__u32 count;
	__s32 fds[RVF_MAX_VCPUS];
	__u64 identity_map;
	struct rvf_vcpu_event *pages[RVF_MAX_VCPUS];
};

extern struct rvf_vm_made rvf_vm_made;

/* In .preinit_array, after RVF_BIND. */
void rvf_vm_make(void);

/**
 * enum rvf_vcpu_state - Whose turn it is
 * @RVF_VCPU_NEW: The plugin's, to wait for RVF_GUEST_INIT.
 * @RVF_VCPU_WAITING: A thread is in rvf_vcpu_wait().
 * @RVF_VCPU_AT_INIT: The plugin's, to answer RVF_GUEST_INIT.
 * @RVF_VCPU_AT_EVENT: The plugin's, to answer another one.
 * @RVF_VCPU_RESUMED: The plugin's, to wait. So it is after an asynchronous write.
 */
enum rvf_vcpu_state {
	RVF_VCPU_NEW,
	RVF_VCPU_WAITING,
	RVF_VCPU_AT_INIT,
	RVF_VCPU_AT_EVENT,
	RVF_VCPU_RESUMED,
};

/**
 * struct rvf_vcpu_deferred - What is set when a vCPU is resumed
 * @has: Bits of enum rvf_vcpu_set.
 * @regs: And so on.
 */
struct rvf_vcpu_deferred {
	unsigned int has;
	struct kvm_regs regs;
	struct kvm_sregs sregs;
	struct kvm_debugregs debugregs;
};

/* In the order in which they are set. */
enum rvf_vcpu_set {
	RVF_VCPU_SET_REGS = 1 << 0,
	RVF_VCPU_SET_SREGS = 1 << 1,
	RVF_VCPU_SET_DEBUGREGS = 1 << 2,
};

/**
 * struct rvf_vcpu - A vCPU
 * @guest: Its VM.
 * @fd: Its fd.
 * @page: Its event page.
 * @state: One of enum rvf_vcpu_state.
 * @stop: -ECANCELED is to be returned.
 * @pause: A pause is wanted; under @guest's lock.
 * @user: That pause's; likewise.
 * @writes: Asynchronous writes that came with the event on @page; like the two
 *	below, only who is in RVF_VCPU_WAITING uses it.
 * @writes_told: How many of them were told.
 * @has_event: That event itself was not told yet.
 * @cached: Bits of enum rvf_registers: they came with the event.
 * @refused: Negative errno: why it was not resumed.
 * @deferred: Like the two above, is used by whoever has the event, that is, by one thread at a time.
 */
struct rvf_vcpu {
	struct rvf_guest *guest;
	int fd;
	struct rvf_vcpu_event *page;
	atomic_int state;
	atomic_bool stop;
	bool pause;
	void *user;
	__u32 writes;
	__u32 writes_told;
	bool has_event;
	__u32 cached;
	int refused;
	struct rvf_vcpu_deferred deferred;
};

/**
 * struct rvf_guest - The VM
 * @fd: Its fd.
 * @count: vCPUs.
 * @shutdown: The eventfd.
 * @lock: For @changed, and the vCPUs' pauses.
 * @changed: @started, @initialised or a vCPU's stop.
 * @started: 1: rvf_guest_start() was called.
 * @initialised: How many vCPUs' RVF_GUEST_INIT was resumed.
 * @memory_lock: For @pages and what they say.
 * @pages: Of each slot's memory; 0: not in use.
 * @vcpus: The vCPUs.
 */
struct rvf_guest {
	int fd;
	unsigned int count;
	int shutdown;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	atomic_uint started;
	atomic_uint initialised;
	pthread_mutex_t memory_lock;
	__u64 pages[RVF_MAX_VM_SLOTS];
	struct rvf_vcpu vcpus[RVF_MAX_VCPUS];
};

/* An ioctl of a vCPU that is at an event. */
int rvf_vcpu_ioctl(struct rvf_vcpu *vcpu, unsigned long command, void *argument);

int rvf_guest_kick(struct rvf_guest *guest, __u64 mask);

/* A thread of the library's, which blocks all signals and is not joined. */
int rvf_guest_thread(void *(*run)(void *), void *argument);

/* Sets those of @which that were deferred. They are forgotten in any case. */
int rvf_vcpu_set_deferred(struct rvf_vcpu *vcpu, unsigned int which);

#endif /* RVF_PLUGIN_VM_H */
