// SPDX-License-Identifier: GPL-2.0-only
/* What can be called before the start, and how it fails. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "api.h"

#define SIZE(type, wanted)	_Static_assert(sizeof(type) == (wanted), #type)
#define AT(type, field, wanted) _Static_assert(offsetof(type, field) == (wanted), #type "." #field)

SIZE(struct crosvm_net_config, 20);
AT(struct crosvm_net_config, host_ip, 4);
AT(struct crosvm_net_config, netmask, 8);
AT(struct crosvm_net_config, host_mac_address, 12);
SIZE(struct crosvm_irq_route, 24);
AT(struct crosvm_irq_route, kind, 4);
AT(struct crosvm_irq_route, irqchip.irqchip, 8);
AT(struct crosvm_irq_route, irqchip.pin, 12);
AT(struct crosvm_irq_route, msi.address, 8);
AT(struct crosvm_irq_route, msi.data, 16);
SIZE(struct crosvm_hint_detail, 48);
AT(struct crosvm_hint_detail, match_rdx, 3);
AT(struct crosvm_hint_detail, rax, 8);
AT(struct crosvm_hint_detail, rdx, 32);
AT(struct crosvm_hint_detail, send_sregs, 40);
AT(struct crosvm_hint_detail, send_debugregs, 41);
SIZE(struct crosvm_hint, 32);
AT(struct crosvm_hint, address_space, 8);
AT(struct crosvm_hint, address_flags, 12);
AT(struct crosvm_hint, details_count, 14);
AT(struct crosvm_hint, address, 16);
AT(struct crosvm_hint, details, 24);
SIZE(struct crosvm_vcpu_event, 72);
AT(struct crosvm_vcpu_event, io_access.address_space, 8);
AT(struct crosvm_vcpu_event, io_access.address, 16);
AT(struct crosvm_vcpu_event, io_access.data, 24);
AT(struct crosvm_vcpu_event, io_access.length, 32);
AT(struct crosvm_vcpu_event, io_access.is_write, 36);
AT(struct crosvm_vcpu_event, io_access.no_resume, 37);
AT(struct crosvm_vcpu_event, user, 8);
AT(struct crosvm_vcpu_event, hyperv_call.input, 8);
AT(struct crosvm_vcpu_event, hyperv_call.result, 16);
AT(struct crosvm_vcpu_event, hyperv_call.params, 24);
AT(struct crosvm_vcpu_event, hyperv_synic.msr, 8);
AT(struct crosvm_vcpu_event, hyperv_synic.control, 16);
AT(struct crosvm_vcpu_event, hyperv_synic.evt_page, 24);
AT(struct crosvm_vcpu_event, hyperv_synic.msg_page, 32);

static void test_connections(void)
{
	struct crosvm *one, *two, *three;
	struct crosvm_vcpu *vcpu, *same;
	struct crosvm_net_config net;
	bool has = false;
	uint64_t args[4] = { 0 };

	tap_equal(crosvm_connect(&one), 0, "connect");
	tap_equal(crosvm_connect(&two), 0, "connect again");
	tap_equal(crosvm_new_connection(one, &three), 0, "a new connection");
	tap_equal(crosvm_get_vcpu(one, 0, &vcpu), 0, "a vCPU");
	tap_ok(crosvm_get_vcpu(two, 0, &same) == 0 && same == vcpu, "the same by another");
	tap_ok(crosvm_get_vcpu(three, 0, &same) == 0 && same == vcpu, "and by the new one");
	same = NULL;
	tap_equal(crosvm_get_vcpu(one, 2, &same), -ENOENT, "there is no third");
	tap_ok(!same, "nothing was set");
	tap_equal(crosvm_get_vcpu(one, ~0u, &same), -ENOENT, "nor a last one");
	tap_equal(crosvm_destroy_connection(&two), 0, "destroy a connection");
	tap_ok(!two, "it is gone");
	tap_equal(crosvm_destroy_connection(&three), 0, "and another");
	tap_equal(crosvm_get_vcpu(one, 1, &vcpu), 0, "the first one works");
	tap_equal(crosvm_check_extension(one, KVM_CAP_IRQCHIP, &has), 0, "an extension");
	tap_ok(has, "is there");
	tap_ok(crosvm_check_extension(one, KVM_CAP_NR_MEMSLOTS, &has) == 0 && has,
	       "one that counts something is, too");
	tap_ok(crosvm_check_extension(one, 0x7fffffff, &has) == 0 && !has,
	       "one that nobody knows is not");
	tap_equal(crosvm_enable_capability(one, KVM_CAP_X2APIC_API, 0, args), -EINVAL,
		  "no capability of a VM is on offer");
	memset(&net, 0x5a, sizeof(net));
	tap_equal(crosvm_net_get_config(one, &net), -ENODATA, "the task has no TAP");
	tap_ok(net.tap_fd == 0x5a5a5a5a && net.host_mac_address[5] == 0x5a, "nothing was set");
}

/* What a supervisor that gives a TAP says of it; any fd will do here. */
static void test_tap(void)
{
	struct crosvm_net_config net;

	setenv("RVF_TAP_FD", "1", 1);
	setenv("RVF_TAP_MAC", "02:00:5e:10:00:ff", 1);
	tap_equal(crosvm_net_get_config(crosvm, &net), -EADDRNOTAVAIL, "a TAP without address");
	setenv("RVF_TAP_ADDRESS", "192.168.10.1", 1);
	setenv("RVF_TAP_NETMASK", "255.255.255.0", 1);
	tap_equal(crosvm_net_get_config(crosvm, &net), 0, "a TAP");
	tap_ok(!memcmp(&net.host_ip, "\300\250\n\1", 4) &&
		       !memcmp(&net.netmask, "\377\377\377\0", 4),
	       "its addresses, first byte first");
	tap_ok(!memcmp(net.host_mac_address, "\2\0\x5e\x10\0\xff", 6), "its MAC");
	tap_ok(net.tap_fd > 1 && fcntl(net.tap_fd, F_GETFD) == FD_CLOEXEC, "an fd of its own");
	close(net.tap_fd);
	setenv("RVF_TAP_MAC", "02:00:5e:10:00:ff:11", 1);
	tap_equal(crosvm_net_get_config(crosvm, &net), -EPROTO, "a MAC that is too long");
	setenv("RVF_TAP_MAC", "02:00:5e:10:00:ff", 1);
	setenv("RVF_TAP_FD", "900", 1);
	tap_equal(crosvm_net_get_config(crosvm, &net), -EPROTO, "an fd that is not there");
	setenv("RVF_TAP_FD", "1x", 1);
	tap_equal(crosvm_net_get_config(crosvm, &net), -EPROTO, "one that is no number");
	unsetenv("RVF_TAP_FD");
}

static void test_queries(void)
{
	static struct kvm_cpuid_entry2 entries[256];
	static uint32_t msrs[4096];
	uint32_t count = 0, all, i;
	bool flags = true, leaf1 = false;

	entries[0].function = 0x5a5a;
	tap_equal(crosvm_get_supported_cpuid(crosvm, 1, entries, &count), -E2BIG,
		  "too little room for CPUID");
	tap_ok(count > 1 && entries[0].function == 0x5a5a, "but how much it takes");
	all = count;
	tap_equal(crosvm_get_supported_cpuid(crosvm, all, entries, &count), 0, "exactly enough");
	tap_equal(count, all, "all of it");
	for (i = 0; i < count; i++) {
		flags &= !(entries[i].flags & ~KVM_CPUID_FLAG_SIGNIFCANT_INDEX);
		leaf1 |= entries[i].function == 1;
	}
	tap_ok(flags && leaf1, "with leaf 1, and no flags but one");
	tap_equal(crosvm_get_emulated_cpuid(crosvm, 256, entries, &count), 0, "what is emulated");
	tap_ok(count > 0 && count < 256, "is something");
	tap_equal(crosvm_get_emulated_cpuid(crosvm, 0, entries, &all), -E2BIG, "without room");
	tap_equal(all, count, "the same number");
	tap_equal(crosvm_get_msr_index_list(crosvm, 1, msrs, &count), -E2BIG, "room for one MSR");
	all = count;
	tap_ok(all > 1 && msrs[0] == 0, "there are more, none was told");
	tap_equal(crosvm_get_msr_index_list(crosvm, all, msrs, &count), 0, "room for all");
	tap_equal(count, all, "all of them");
	tap_equal(crosvm_get_msr_index_list(crosvm, 4096, msrs, &count), 0, "room for many more");
	tap_equal(count, all, "no more");
}

static void test_ranges(void)
{
	const uint32_t port = CROSVM_ADDRESS_SPACE_IOPORT, mmio = CROSVM_ADDRESS_SPACE_MMIO;
	uint32_t async;
	int (*reserve)(struct crosvm * self, uint32_t space, uint64_t start, uint64_t length);
	unsigned int i;

	for (async = 0; async < 2; async++) {
		reserve = async ? crosvm_reserve_async_write_range : crosvm_reserve_range;
		printf("# %s\n", async ? "asynchronous" : "synchronous");
		tap_equal(reserve(crosvm, 2, 0, 1), -EINVAL, "no such space");
		tap_equal(reserve(crosvm, port, 0x100, 0x10), 0, "a range");
		tap_equal(reserve(crosvm, port, 0x10f, 1), -EPERM, "its last byte again");
		tap_equal(reserve(crosvm, port, 0xff, 2), -EPERM, "a range that ends in its first");
		tap_equal(reserve(crosvm, port, 0x80, 0x100), -EPERM, "around it");
		tap_equal(reserve(crosvm, port, 0x104, 2), -EPERM, "inside");
		tap_equal(reserve(crosvm, port, 0x110, 0x10), 0, "next to it");
		tap_equal(reserve(crosvm, port, 0xf0, 0x10), 0, "on the other side");
		tap_equal(reserve(crosvm, mmio, 0x100, 0x10), 0, "the other space");
		tap_equal(reserve(crosvm, port, 0x101, 0), -ENOENT, "no range begins here");
		tap_equal(reserve(crosvm, port, 0x100, 0), 0, "it goes");
		tap_equal(reserve(crosvm, port, 0x100, 0), -ENOENT, "once");
		tap_equal(reserve(crosvm, port, 0x10000, 4), 0, "no 16-bit limit");
		tap_equal(reserve(crosvm, mmio, ~0ull, 1), -EINVAL, "to the end of everything");
		tap_equal(reserve(crosvm, mmio, ~0ull, 2), -EINVAL, "and beyond");
		tap_equal(reserve(crosvm, mmio, ~0ull - 1, 1), 0, "before it");
		tap_equal(crosvm_reserve_range(crosvm, port, 0x110, 0), 0, "either call");
		tap_equal(crosvm_reserve_async_write_range(crosvm, port, 0xf0, 0), 0,
			  "removes either kind");
		reserve(crosvm, port, 0x10000, 0);
		reserve(crosvm, mmio, 0x100, 0);
		reserve(crosvm, mmio, ~0ull - 1, 0);
	}
	for (i = 0; i < 64; i++)
		if (crosvm_reserve_range(crosvm, port, i * 2, 1))
			break;
	tap_equal(i, 64, "sixty-four ranges");
	for (i = 0; i < 64; i++)
		crosvm_reserve_range(crosvm, port, i * 2, 0);
}

static void test_before_wait(void)
{
	struct crosvm_vcpu *vcpu = api_vcpu(0);
	union {
		struct kvm_regs regs;
		struct kvm_sregs sregs;
		struct kvm_debugregs debugregs;
		struct kvm_fpu fpu;
		struct kvm_xcrs xcrs;
		struct kvm_lapic_state lapic;
		struct kvm_mp_state mp_state;
		struct kvm_vcpu_events events;
		struct kvm_msr_entry msr;
		struct kvm_cpuid_entry2 cpuid;
	} any = { 0 };
	uint64_t args[4] = { 0 };
	uint32_t count;

	tap_equal(crosvm_vcpu_resume(vcpu), -EPROTO, "before the first wait: resume");
	tap_equal(crosvm_vcpu_get_regs(vcpu, &any.regs), -EPROTO, "get_regs");
	tap_equal(crosvm_vcpu_set_regs(vcpu, &any.regs), -EPROTO, "set_regs");
	tap_equal(crosvm_vcpu_get_sregs(vcpu, &any.sregs), -EPROTO, "get_sregs");
	tap_equal(crosvm_vcpu_set_sregs(vcpu, &any.sregs), -EPROTO, "set_sregs");
	tap_equal(crosvm_vcpu_get_debugregs(vcpu, &any.debugregs), -EPROTO, "get_debugregs");
	tap_equal(crosvm_vcpu_set_debugregs(vcpu, &any.debugregs), -EPROTO, "set_debugregs");
	tap_equal(crosvm_vcpu_get_fpu(vcpu, &any.fpu), -EPROTO, "get_fpu");
	tap_equal(crosvm_vcpu_set_fpu(vcpu, &any.fpu), -EPROTO, "set_fpu");
	tap_equal(crosvm_vcpu_get_xcrs(vcpu, &any.xcrs), -EPROTO, "get_xcrs");
	tap_equal(crosvm_vcpu_set_xcrs(vcpu, &any.xcrs), -EPROTO, "set_xcrs");
	tap_equal(crosvm_vcpu_get_lapic_state(vcpu, &any.lapic), -EPROTO, "get_lapic_state");
	tap_equal(crosvm_vcpu_set_lapic_state(vcpu, &any.lapic), -EPROTO, "set_lapic_state");
	tap_equal(crosvm_vcpu_get_mp_state(vcpu, &any.mp_state), -EPROTO, "get_mp_state");
	tap_equal(crosvm_vcpu_set_mp_state(vcpu, &any.mp_state), -EPROTO, "set_mp_state");
	tap_equal(crosvm_vcpu_get_vcpu_events(vcpu, &any.events), -EPROTO, "get_vcpu_events");
	tap_equal(crosvm_vcpu_set_vcpu_events(vcpu, &any.events), -EPROTO, "set_vcpu_events");
	tap_equal(crosvm_vcpu_get_msrs(vcpu, 1, &any.msr, &count), -EPROTO, "get_msrs");
	tap_equal(crosvm_vcpu_set_msrs(vcpu, 1, &any.msr), -EPROTO, "set_msrs");
	tap_equal(crosvm_vcpu_set_cpuid(vcpu, 1, &any.cpuid), -EPROTO, "set_cpuid");
	tap_equal(crosvm_get_hyperv_cpuid(vcpu, 1, &any.cpuid, &count), -EPROTO,
		  "get_hyperv_cpuid");
	tap_equal(crosvm_vcpu_enable_capability(vcpu, KVM_CAP_HYPERV_SYNIC, 0, args), -EPROTO,
		  "enable_capability");
}

static void test_hints(void)
{
	struct crosvm_hint_detail details[33] = { 0 };
	struct crosvm_hint good = { .address = 0x400, .details_count = 1, .details = details };
	struct crosvm_hint hint = good;

	tap_equal(crosvm_set_hypercall_hint(crosvm, 1, &hint), 0, "a hint");
	hint.address_flags = CROSVM_HINT_ON_WRITE;
	hint.address_space = CROSVM_ADDRESS_SPACE_MMIO;
	hint.details_count = 32;
	tap_equal(crosvm_set_hypercall_hint(crosvm, 1, &hint), 0, "a hint as large as can be");
	tap_equal(crosvm_set_hypercall_hint(crosvm, 2, &hint), -EINVAL, "two hints");
	hint.details_count = 33;
	tap_equal(crosvm_set_hypercall_hint(crosvm, 1, &hint), -EINVAL, "too many details");
	hint = good;
	hint.hint_version = 1;
	tap_equal(crosvm_set_hypercall_hint(crosvm, 1, &hint), -EINVAL, "another version");
	hint = good;
	hint._reserved = 1;
	tap_equal(crosvm_set_hypercall_hint(crosvm, 1, &hint), -EINVAL, "a reserved field");
	hint = good;
	hint.address = 0;
	tap_equal(crosvm_set_hypercall_hint(crosvm, 1, &hint), -EINVAL, "no address");
	hint = good;
	hint.address_flags = 2;
	tap_equal(crosvm_set_hypercall_hint(crosvm, 1, &hint), -EINVAL, "an unknown flag");
	hint = good;
	hint.address_space = 2;
	tap_equal(crosvm_set_hypercall_hint(crosvm, 1, &hint), -EINVAL, "no such space");
	hint = good;
	details[0]._reserved2[5] = 1;
	tap_equal(crosvm_set_hypercall_hint(crosvm, 1, &hint), -EINVAL,
		  "a reserved field of a detail");
	tap_equal(crosvm_set_hypercall_hint(crosvm, 0, NULL), 0, "no hint");
}

static void test_shutdown_fd(void)
{
	struct pollfd one = { .events = POLLIN }, two = { .events = POLLIN };
	uint64_t count = 1;

	one.fd = crosvm_get_shutdown_eventfd(crosvm);
	two.fd = crosvm_get_shutdown_eventfd(crosvm);
	tap_ok(one.fd >= 0 && two.fd >= 0 && one.fd != two.fd, "each call gives another fd");
	tap_equal(poll(&one, 1, 0), 0, "nobody asks it to stop");
	tap_equal(write(two.fd, &count, sizeof(count)), sizeof(count), "the plugin writes to it");
	tap_equal(poll(&one, 1, 0), 1, "and wakes itself");
	tap_equal(read(one.fd, &count, sizeof(count)), sizeof(count), "one read");
	tap_equal(poll(&two, 1, 0), 0, "takes it all");
	close(one.fd);
	close(two.fd);
}

void test_before(void)
{
	test_connections();
	crosvm_connect(&crosvm);
	test_tap();
	test_queries();
	test_ranges();
	test_hints();
	test_before_wait();
	test_shutdown_fd();
	tap_equal(crosvm_set_identity_map_addr(crosvm, 0xfeffc000), 0,
		  "the identity map that the recipe names");
	tap_equal(crosvm_set_identity_map_addr(crosvm, 0x1000), -EINVAL, "any other");
	tap_equal(crosvm_pause_vcpus(crosvm, ~0ull, NULL), 0, "a pause before the start is lost");
}
