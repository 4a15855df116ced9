// SPDX-License-Identifier: GPL-2.0-only
/*
 * A plugin for "rvfctl plugin run": its first argument is what it does. Linked
 * statically and, as solo-dynamic, with the host's libraries.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <rvf/vm.h>

#define PORT 0xe0

/* mov al, 42; out PORT, al; hlt */
static const __u8 code[] = { 0xb0, 42, 0xe6, PORT, 0xf4 };

static int die(const char *what, int err)
{
	fprintf(stderr, "%s: %s\n", what, strerror(-err));
	return 1;
}

static int set_start(struct rvf_vcpu *vcpu)
{
	struct kvm_regs regs = { .rflags = 2 };
	struct kvm_sregs sregs;
	int ret = rvf_vcpu_get_sregs(vcpu, &sregs);

	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	ret = ret ?: rvf_vcpu_set_sregs(vcpu, &sregs);
	return ret ?: rvf_vcpu_set_regs(vcpu, &regs);
}

/* A guest that says 42 by a port */
static int run_guest(void)
{
	int fd = memfd_create("guest", MFD_ALLOW_SEALING), ret;
	struct rvf_guest_event event;
	struct rvf_guest *guest;
	struct rvf_vcpu *vcpu;

	ret = rvf_vm_connect(&guest);
	if (ret)
		return die("connect", ret);
	if (fd < 0 || ftruncate(fd, 4096) || pwrite(fd, code, sizeof(code), 0) != sizeof(code) ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK))
		return die("memfd", -errno);
	ret = rvf_guest_memory(guest, fd, 0, 4096, 0, false, NULL);
	ret = ret ?: rvf_guest_reserve_range(guest, RVF_SPACE_PORT, PORT, 1);
	ret = ret ?: rvf_guest_start(guest);
	if (ret)
		return die("guest", ret);
	vcpu = rvf_guest_vcpu(guest, 0);
	while (!(ret = rvf_vcpu_wait(vcpu, &event))) {
		if (event.kind == RVF_GUEST_INIT)
			ret = set_start(vcpu);
		else if (event.kind == RVF_GUEST_IO_ACCESS)
			return printf("the guest says %u\n", *(unsigned char *)event.io.data) < 0;
		ret = ret ?: rvf_vcpu_resume(vcpu);
		if (ret)
			break;
	}
	return die("vcpu", ret);
}

static int show(const char *path)
{
	char text[256];
	FILE *file = fopen(path, "r");

	if (!file)
		return die(path, -errno);
	while (fgets(text, sizeof(text), file))
		fputs(text, stdout);
	fclose(file);
	return 0;
}

static int append(const char *path)
{
	int fd = open(path, O_WRONLY | O_APPEND);

	if (fd < 0 || write(fd, "written\n", 8) != 8)
		return die(path, -errno);
	return close(fd);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (!strcmp(what, "arguments")) {
		for (int i = 2; i < argc; i++)
			printf("%s\n", argv[i]);
		return 0;
	}
	if (!strcmp(what, "exit") && argc > 2)
		return atoi(argv[2]);
	if (!strcmp(what, "crash"))
		abort();
	if (!strcmp(what, "guest"))
		return run_guest();
	if (!strcmp(what, "kvm"))
		return puts(ioctl(0, KVM_GET_REGS, NULL) ? strerrorname_np(errno) : "0") < 0;
	if (!strcmp(what, "show") && argc > 2)
		return show(argv[2]);
	if (!strcmp(what, "append") && argc > 2)
		return append(argv[2]);
	if (!strcmp(what, "stay")) {
		puts("here");
		fflush(stdout);
		for (;;)
			pause();
	}
	fprintf(stderr, "there is no '%s'\n", what);
	return 2;
}
