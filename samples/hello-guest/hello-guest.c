// SPDX-License-Identifier: LGPL-2.1-or-later
/* hello-guest: a VM whose guest writes a line to a port. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rvf/vm.h>

#define PORT 0x3f8

static int fail(const char *what, int err)
{
	fprintf(stderr, "%s: %s\n", what, strerror(-err));
	return EXIT_FAILURE;
}

/* As a PC begins, in real mode, but at address 0. */
static int begin(struct rvf_vcpu *vcpu)
{
	struct kvm_regs regs = { .rflags = 2, .rip = 0 };
	struct kvm_sregs sregs;
	int ret = rvf_vcpu_get_sregs(vcpu, &sregs);

	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	if (ret == 0)
		ret = rvf_vcpu_set_sregs(vcpu, &sregs);
	return ret < 0 ? ret : rvf_vcpu_set_regs(vcpu, &regs);
}

static int run(struct rvf_vcpu *vcpu)
{
	struct rvf_guest_event event;
	char why[1024];
	int ret;

	while ((ret = rvf_vcpu_wait(vcpu, &event)) == 0) {
		switch (event.kind) {
		case RVF_GUEST_INIT:
			ret = begin(vcpu);
			if (ret < 0)
				return fail("registers", ret);
			break;
		case RVF_GUEST_IO_ACCESS:
			putchar(*event.io.data);
			if (*event.io.data == '\n')
				return EXIT_SUCCESS;
			break;
		default:
			rvf_vcpu_end_text(vcpu, &event, why, sizeof(why));
			fprintf(stderr, "%s\n", why);
			return EXIT_FAILURE;
		}
		rvf_vcpu_resume(vcpu);
	}
	return fail("the guest", ret);
}

int main(void)
{
	struct rvf_guest *guest;
	int ret;

	ret = rvf_vm_connect(&guest);
	if (ret < 0)
		return fail("no VM", ret);
	ret = rvf_guest_memory(guest, rvf_get("guest"), 0, 4096, 0, RVF_VM_MAP_READ_ONLY, NULL);
	if (ret < 0)
		return fail("no memory", ret);
	ret = rvf_guest_reserve_range(guest, RVF_SPACE_PORT, PORT, 1);
	if (ret < 0)
		return fail("the port", ret);
	rvf_guest_start(guest);
	return run(rvf_guest_vcpu(guest, 0));
}
