// SPDX-License-Identifier: GPL-2.0-only
/*
 * A plugin as the documentation of crosvm's API has them: it is compiled with
 * the header's directory and the library alone.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "crosvm.h"

#define KILL_ADDRESS 0x3ff

static char g_value;

static void *vcpu_thread(void *arg)
{
	struct crosvm_vcpu *vcpu = arg;
	struct crosvm_vcpu_event evt;

	while (crosvm_vcpu_wait(vcpu, &evt) == 0) {
		if (evt.kind == CROSVM_VCPU_EVENT_KIND_INIT) {
			struct kvm_sregs sregs;

			crosvm_vcpu_get_sregs(vcpu, &sregs);
			sregs.cs.base = 0;
			sregs.cs.selector = 0;
			sregs.es.base = KILL_ADDRESS;
			sregs.es.selector = 0;
			crosvm_vcpu_set_sregs(vcpu, &sregs);

			struct kvm_regs regs = { .rip = 0x1000, .rax = 2, .rbx = 7, .rflags = 2 };

			crosvm_vcpu_set_regs(vcpu, &regs);
		}
		if (evt.kind == CROSVM_VCPU_EVENT_KIND_IO_ACCESS) {
			if (evt.io_access.address_space == CROSVM_ADDRESS_SPACE_IOPORT &&
			    evt.io_access.address == KILL_ADDRESS && evt.io_access.is_write &&
			    evt.io_access.length == 1) {
				g_value = evt.io_access.data[0];
				return NULL;
			}
		}
		crosvm_vcpu_resume(vcpu);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	const char code[] = { 0xba, 0xff, 0x03, 0x00, 0xd8, 0xee, 0xf4 };
	struct crosvm_memory *mem_obj;
	struct crosvm_vcpu *vcpus[1];
	struct crosvm *crosvm;
	pthread_t thread;
	char *mem;
	int mem_fd;
	int ret;

	(void)argc;
	(void)argv;
	ret = crosvm_connect(&crosvm);
	if (ret) {
		fprintf(stderr, "failed to connect to crosvm: %d\n", ret);
		return 1;
	}
	ret = crosvm_reserve_range(crosvm, CROSVM_ADDRESS_SPACE_IOPORT, KILL_ADDRESS, 1);
	if (ret)
		return 1;
	mem_fd = syscall(319 /* memfd_create */, "guest_mem", 0x0002 /* MFD_ALLOW_SEALING */);
	if (mem_fd < 0 || ftruncate(mem_fd, 0x2000) ||
	    fcntl(mem_fd, 1033 /* F_ADD_SEALS */, 0x0002 /* F_SEAL_SHRINK */))
		return 1;
	mem = mmap(NULL, 0x2000, PROT_READ | PROT_WRITE, MAP_SHARED, mem_fd, 0x0);
	if (mem == MAP_FAILED)
		return 1;
	memcpy(mem + 0x1000, code, sizeof(code));
	ret = crosvm_create_memory(crosvm, mem_fd, 0x1000, 0x1000, 0x1000, false, false, &mem_obj);
	if (ret)
		return 1;
	ret = crosvm_get_vcpu(crosvm, 0, &vcpus[0]);
	if (ret)
		return 1;
	pthread_create(&thread, NULL, vcpu_thread, vcpus[0]);
	ret = crosvm_start(crosvm);
	if (ret)
		return 1;
	pthread_join(thread, NULL);
	if (g_value != 9) {
		fprintf(stderr, "the guest says %d\n", g_value);
		return 1;
	}
	crosvm_destroy_memory(crosvm, &mem_obj);
	crosvm_destroy_connection(&crosvm);
	return 0;
}
