// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Making the VM. The kernel does it only while the process has one thread,
 * since another could take KVM's own files out of the fd table meanwhile.
 */
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <sys/mman.h>

#include "task.h"
#include "vm.h"

/* A reader of /proc holds our memory for a moment: about a second in all. */
#define VM_TRIES    400
#define VM_PAUSE_MS 3

#define EVENT_PAGES (2 * 4096)

struct rvf_vm_made rvf_vm_made = { .error = -EPERM };

static int make(void)
{
	/* KVM is to find zeros here, which nobody else may change. */
	static char scratch[64] __attribute__((aligned(64)));
	struct rvf_vm vm;
	int tries, ret;

	for (tries = 1;; tries++) {
		vm = (struct rvf_vm){
			.size = sizeof(vm),
			.vcpus = (uintptr_t)rvf_vm_made.fds,
			.scratch = (uintptr_t)scratch,
			.vcpu_count = RVF_MAX_VCPUS,
		};
		ret = rvf_plugin_ioctl(rvf_task_fd(), RVF_VM, &vm);
		if ((ret != -EAGAIN && ret != -EINTR) || tries == VM_TRIES)
			break;
		poll(NULL, 0, VM_PAUSE_MS);
	}
	if (ret < 0)
		return ret;
	rvf_vm_made.fd = vm.out_vm_fd;
	rvf_vm_made.count = vm.vcpu_count;
	rvf_vm_made.identity_map = vm.out_identity_map;
	return 0;
}

static int map(void)
{
	unsigned int i;
	void *page;

	for (i = 0; i < rvf_vm_made.count; i++) {
		page = mmap(NULL, EVENT_PAGES, PROT_READ | PROT_WRITE, MAP_SHARED,
			    rvf_vm_made.fds[i], 0);
		if (page == MAP_FAILED)
			return -errno;
		rvf_vm_made.pages[i] = page;
	}
	return 0;
}

/* Nobody is told yet: a plugin may do without its VM where there is no KVM. */
void rvf_vm_make(void)
{
	rvf_vm_made.error = make();
	if (!rvf_vm_made.error)
		rvf_vm_made.error = map();
}
