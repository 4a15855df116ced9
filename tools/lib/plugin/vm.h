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
 * @pages: Their event pages.
 */
struct rvf_vm_made {
	int error;
	int fd;
	__u32 count;
	__s32 fds[RVF_MAX_VCPUS];
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
 * @RVF_VCPU_RESUMED: The plugin's, to wait.
 */
enum rvf_vcpu_state {
	RVF_VCPU_NEW,
	RVF_VCPU_WAITING,
	RVF_VCPU_AT_INIT,
	RVF_VCPU_AT_EVENT,
	RVF_VCPU_RESUMED,
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
 */
struct rvf_vcpu {
	struct rvf_guest *guest;
	int fd;
	struct rvf_vcpu_event *page;
	atomic_int state;
	atomic_bool stop;
	bool pause;
	void *user;
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
	struct rvf_vcpu vcpus[RVF_MAX_VCPUS];
};

int rvf_guest_kick(struct rvf_guest *guest, __u64 mask);

#endif /* RVF_PLUGIN_VM_H */
