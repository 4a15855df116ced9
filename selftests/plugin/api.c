// SPDX-License-Identifier: GPL-2.0-only
/* Tests of crosvm's plugin API: what they share, and which there are. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include "api.h"

struct crosvm *crosvm;
uint8_t *memory;

static const struct {
	const char *name;
	api_test *run;
} tests[] = {
	{ "before", test_before },
	{ "ports", test_ports },
	{ "mmio", test_mmio },
	{ "string", test_string },
	{ "pause", test_pause },
	{ "registers", test_registers },
	{ "memory", test_memory },
	{ "events", test_events },
	{ "chips", test_chips },
	{ "async", test_async },
	{ "threads", test_threads },
	{ "stop", test_stop },
	{ "hyperv", test_hyperv },
	{ "end", test_end },
	{ "end-late", test_end_late },
	{ "never-resumes", test_never_resumes },
	{ "exits-at-init", test_exits_at_init },
	{ "exits-running", test_exits_running },
	{ "leaks", test_leaks },
	{ "nothing", test_nothing },
};

void sleep_ms(int ms)
{
	poll(NULL, 0, ms);
}

void api_connect(void)
{
	struct crosvm_memory *guest;
	int fd = memfd_create("guest", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	tap_need(crosvm_connect(&crosvm) == 0, "no VM");
	tap_need(fd >= 0 && ftruncate(fd, MEMORY) == 0 &&
			 fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK) == 0,
		 "no memfd");
	memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	tap_need(memory != MAP_FAILED, "the memfd cannot be mapped");
	tap_need(crosvm_create_memory(crosvm, fd, 0, MEMORY, 0, false, false, &guest) == 0,
		 "the guest got no memory");
	close(fd);
}

struct crosvm_vcpu *api_vcpu(uint32_t id)
{
	struct crosvm_vcpu *vcpu;

	tap_need(crosvm_get_vcpu(crosvm, id, &vcpu) == 0, "no such vCPU");
	return vcpu;
}

void api_put(uint64_t address, const uint8_t *code, const uint8_t *end)
{
	memcpy(memory + address, code, end - code);
}

int api_go_to(struct crosvm_vcpu *vcpu, uint64_t address)
{
	struct kvm_mp_state runnable = { .mp_state = KVM_MP_STATE_RUNNABLE };
	struct kvm_regs regs = { .rflags = 2, .rip = address, .rsp = 0x8000 };
	struct kvm_sregs sregs;
	int ret = crosvm_vcpu_get_sregs(vcpu, &sregs);

	if (ret)
		return ret;
	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	ret = crosvm_vcpu_set_sregs(vcpu, &sregs);
	if (!ret)
		ret = crosvm_vcpu_set_regs(vcpu, &regs);
	return ret ? ret : crosvm_vcpu_set_mp_state(vcpu, &runnable);
}

struct crosvm_vcpu *api_boot(const uint8_t *code, const uint8_t *end)
{
	struct crosvm_vcpu *vcpu = api_vcpu(0);
	struct crosvm_vcpu_event event;

	api_put(CODE, code, end);
	tap_equal(crosvm_start(crosvm), 0, "start");
	tap_need(crosvm_vcpu_wait(vcpu, &event) == 0, "no first event");
	tap_equal(event.kind, CROSVM_VCPU_EVENT_KIND_INIT, "the first event is INIT");
	tap_need(api_go_to(vcpu, CODE) == 0, "registers are not set");
	return vcpu;
}

bool api_next(struct crosvm_vcpu *vcpu, struct crosvm_vcpu_event *event, uint32_t kind,
	      const char *what)
{
	int ret = crosvm_vcpu_resume(vcpu);

	if (!tap_ok(ret == 0 && (ret = crosvm_vcpu_wait(vcpu, event)) == 0 && event->kind == kind,
		    "%s", what)) {
		printf("# returned %d, event %u\n", ret, ret ? 0 : event->kind);
		return false;
	}
	return true;
}

bool api_next_io(struct crosvm_vcpu *vcpu, struct crosvm_vcpu_event *event, uint32_t space,
		 uint64_t address, uint32_t length, bool is_write, const char *what)
{
	if (!api_next(vcpu, event, CROSVM_VCPU_EVENT_KIND_IO_ACCESS, what))
		return false;
	if (event->io_access.address_space == space && event->io_access.address == address &&
	    event->io_access.length == length && event->io_access.is_write == is_write &&
	    !event->io_access.no_resume)
		return true;
	printf("# space %u address %#lx length %u write %d no_resume %d\n",
	       event->io_access.address_space, (unsigned long)event->io_access.address,
	       event->io_access.length, event->io_access.is_write, event->io_access.no_resume);
	return tap_ok(false, "%s: at the right address", what);
}

int main(int argc, char **argv)
{
	unsigned int i;

	tap_begin();
	for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		if (argc == 2 && !strcmp(argv[1], tests[i].name)) {
			tests[i].run();
			return tap_end();
		}
	tap_need(false, "which test?");
	return 1;
}
