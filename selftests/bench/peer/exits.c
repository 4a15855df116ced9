// SPDX-License-Identifier: GPL-2.0-only
/*
 * A task with one vCPU, which takes requests from the queue "go", lets its
 * guest exit as often as it is asked to, and sends the time to "done".
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <rvf/vm.h>

/* The library's own: the vCPU's fd, for the bare command */
#include "vm.h"

#include "../exits.h"

static int make_memfd(size_t bytes)
{
	int fd = memfd_create("guest", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0 || ftruncate(fd, bytes) < 0 || fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK) < 0)
		return -errno;
	return fd;
}

static int make_memory(void)
{
	int fd = make_memfd(EXITS_MEMORY);
	void *memory;

	if (fd < 0)
		return fd;
	memory = mmap(NULL, EXITS_MEMORY, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED)
		return -errno;
	memcpy(memory, exits_guest, sizeof(exits_guest));
	return fd;
}

static int next(struct rvf_vcpu *vcpu)
{
	struct rvf_guest_event event;
	int ret = rvf_vcpu_resume(vcpu);

	/* Gathered writes come first, and are not resumed from. */
	do {
		if (ret == 0)
			ret = rvf_vcpu_wait(vcpu, &event);
	} while (ret == 0 && event.kind == RVF_GUEST_IO_ACCESS &&
		 event.io.address == EXITS_PORT + 2);
	if (ret == 0 && (event.kind != RVF_GUEST_IO_ACCESS || event.io.address != EXITS_PORT))
		ret = -EIO;
	return ret;
}

static int go_to(struct rvf_vcpu *vcpu, __u64 rip)
{
	struct kvm_regs regs = { .rflags = 2, .rip = rip };
	struct kvm_sregs sregs;
	int ret = rvf_vcpu_get_sregs(vcpu, &sregs);

	if (ret < 0)
		return ret;
	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	ret = rvf_vcpu_set_sregs(vcpu, &sregs);
	if (ret == 0)
		ret = rvf_vcpu_set_regs(vcpu, &regs);
	return ret < 0 ? ret : next(vcpu);
}

static int run(struct rvf_vcpu *vcpu, const struct exits_request *request)
{
	struct rvf_vcpu_run command = { .size = sizeof(command) };
	uint32_t i;
	int ret = 0;

	for (i = 0; i < request->count && ret == 0;) {
		if (request->how == EXITS_BY_LIBRARY) {
			ret = next(vcpu);
			i++;
		} else if (ioctl(vcpu->fd, RVF_VCPU_RUN, &command) < 0) {
			ret = -errno;
		} else if (vcpu->page->kind == RVF_EVENT_IO) {
			i++;
		} else if (vcpu->page->kind != RVF_EVENT_WRITES) {
			ret = -EIO;
		}
	}
	return ret;
}

static int64_t measure(struct rvf_vcpu *vcpu, const struct exits_request *request)
{
	static const __u64 where[] = {
		[EXITS_BY_LIBRARY] = EXITS_LOOP,
		[EXITS_BY_COMMAND] = EXITS_LOOP,
		[EXITS_UNDELIVERED] = EXITS_UNRESERVED,
		[EXITS_ASYNC] = EXITS_GATHERED,
	};
	uint64_t started;
	int ret = go_to(vcpu, where[request->how]);

	started = exits_now();
	if (ret == 0)
		ret = run(vcpu, request);
	return ret < 0 ? ret : (int64_t)(exits_now() - started);
}

/* Memory of the plugin's own that nobody has touched: for the guest, then gone. */
static int64_t first_touch(struct rvf_guest *guest, struct rvf_vcpu *vcpu)
{
	struct kvm_regs regs = { .rflags = 2, .rip = EXITS_TOUCH };
	int fd = make_memfd(EXITS_TOUCH_BYTES), ret;
	struct kvm_sregs sregs;
	uint64_t started;
	bool given;
	__u32 slot;
	int64_t ns;

	if (fd < 0)
		return fd;
	ret = rvf_guest_memory(guest, fd, 0, EXITS_TOUCH_BYTES, EXITS_TOUCH_AT, 0, &slot);
	given = ret == 0;
	close(fd);
	if (ret == 0)
		ret = rvf_vcpu_get_sregs(vcpu, &sregs);
	if (ret == 0) {
		exits_flat(&sregs);
		ret = rvf_vcpu_set_sregs(vcpu, &sregs);
	}
	if (ret == 0)
		ret = rvf_vcpu_set_regs(vcpu, &regs);
	started = exits_now();
	if (ret == 0)
		ret = next(vcpu);
	ns = exits_now() - started;
	if (given)
		rvf_guest_memory_remove(guest, slot);
	return ret < 0 ? ret : ns;
}

static int reserve_async(struct rvf_guest *guest)
{
	struct rvf_vm_reserve reserve = {
		.size = sizeof(reserve),
		.space = RVF_SPACE_PORT,
		.start = EXITS_PORT + 2,
		.length = 1,
		.flags = RVF_VM_RESERVE_ASYNC,
	};

	return ioctl(guest->fd, RVF_VM_RESERVE, &reserve) < 0 ? -errno : 0;
}

static int start(struct rvf_guest **out, struct rvf_vcpu **vcpu)
{
	struct rvf_guest_event event;
	struct rvf_guest *guest;
	int memory = make_memory(), ret;

	if (memory < 0)
		return memory;
	ret = rvf_vm_connect(out);
	guest = *out;
	if (ret == 0)
		ret = rvf_guest_memory(guest, memory, 0, EXITS_MEMORY, 0, false, NULL);
	if (ret == 0)
		ret = rvf_guest_reserve_range(guest, RVF_SPACE_PORT, EXITS_PORT, 1);
	if (ret == 0)
		ret = reserve_async(guest);
	if (ret == 0)
		ret = rvf_guest_start(guest);
	if (ret < 0)
		return ret;
	*vcpu = rvf_guest_vcpu(guest, 0);
	return rvf_vcpu_wait(*vcpu, &event);
}

int main(void)
{
	struct exits_request request;
	struct exits_answer answer;
	struct rvf_guest *guest = NULL;
	struct rvf_vcpu *vcpu = NULL;
	int go = rvf_get("go"), done = rvf_get("done");

	answer.ns = start(&guest, &vcpu);
	if (rvf_queue_send(done, &answer, sizeof(answer)) < 0 || answer.ns < 0 || rvf_ready() < 0)
		return EXIT_FAILURE;
	while (rvf_queue_recv(go, &request, sizeof(request)) == sizeof(request)) {
		answer.ns = request.how == EXITS_FIRST_TOUCH ? first_touch(guest, vcpu) :
							       measure(vcpu, &request);
		if (rvf_queue_send(done, &answer, sizeof(answer)) < 0)
			return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}
