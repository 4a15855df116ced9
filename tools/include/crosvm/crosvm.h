/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * crosvm's plugin API, version 0.22, for tasks of rvf.
 *
 * A plugin that was written for that API is compiled and linked without a
 * change, and runs as a task whose recipe has "vm:". New plugins rather use
 * <rvf/vm.h>, which can do the same and more: all that is below rests on it.
 *
 *	cc plugin.c `pkg-config --cflags --libs crosvm_plugin`
 *
 * All functions return 0, or an fd, or a negative errno. Each of them may be
 * called from any thread at any time, and several at once; a vCPU answers
 * one of them at a time (-EBUSY). Documentation/plugin-api.rst lists in what
 * they differ from the original's.
 */
#ifndef CROSVM_H
#define CROSVM_H

#include <linux/kvm.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CROSVM_API_MAJOR 0
#define CROSVM_API_MINOR 22
#define CROSVM_API_PATCH 0

/* The VM, an event of a write, memory, an interrupt line, and a vCPU. */
struct crosvm;
struct crosvm_io;
struct crosvm_memory;
struct crosvm_irq;
struct crosvm_vcpu;

/* ---- connections: all of them lead to the one VM of the task */

/**
 * crosvm_connect - Get the task's VM
 * @out: Is set.
 *
 * Return: 0; -ENOTCONN the component has no VM; -ENODEV this host has no KVM,
 * or the supervisor passed none; or what else kept the kernel from making it.
 */
int crosvm_connect(struct crosvm **out);

/* Another connection to the same VM. Objects and vCPUs belong to the VM. */
int crosvm_new_connection(struct crosvm *self, struct crosvm **out);

/* Takes away neither the VM nor any of its objects; sets the pointer to NULL. */
int crosvm_destroy_connection(struct crosvm **self);

/**
 * crosvm_get_shutdown_eventfd - Get an fd that tells when to end
 * @self: The VM.
 *
 * Readable once the task is asked to stop, or one of its vCPUs cannot go on.
 * Each call gives a new fd of the same eventfd, which the caller closes.
 */
int crosvm_get_shutdown_eventfd(struct crosvm *self);

/**
 * crosvm_start - Let the vCPUs begin
 * @self: The VM.
 *
 * Return: 0; -EINVAL it was called before.
 */
int crosvm_start(struct crosvm *self);

/**
 * crosvm_pause_vcpus - Interrupt vCPUs
 * @self: The VM.
 * @cpu_mask: Bit n: vCPU n; bits above the last vCPU are ignored.
 * @user: Comes back in the event; that of a later call replaces it until then.
 *
 * Each of these vCPUs gets a %CROSVM_VCPU_EVENT_KIND_PAUSED, when an access that
 * it was at is complete. Before the start this does nothing.
 */
int crosvm_pause_vcpus(struct crosvm *self, uint64_t cpu_mask, void *user);

/* ---- what there is */

/* @out: KVM_CHECK_EXTENSION of the VM answered more than 0. */
int crosvm_check_extension(struct crosvm *self, uint32_t extension, bool *out);

/* No capability of a VM is on offer: -EINVAL. */
int crosvm_enable_capability(struct crosvm *self, uint32_t capability, uint32_t flags,
			     uint64_t args[4]);

/**
 * crosvm_get_supported_cpuid - What CPUID can tell on this host
 * @self: The VM.
 * @entry_count: Room in @cpuid_entries.
 * @cpuid_entries: Are filled.
 * @out_count: How many there are, also with -E2BIG; 0 with any other error.
 *
 * Return: 0; -E2BIG too little room, no entry was written.
 */
int crosvm_get_supported_cpuid(struct crosvm *self, uint32_t entry_count,
			       struct kvm_cpuid_entry2 *cpuid_entries, uint32_t *out_count);

/* Likewise, of what KVM emulates. */
int crosvm_get_emulated_cpuid(struct crosvm *self, uint32_t entry_count,
			      struct kvm_cpuid_entry2 *cpuid_entries, uint32_t *out_count);

/* Likewise, of the MSRs that a vCPU's state consists of. */
int crosvm_get_msr_index_list(struct crosvm *self, uint32_t entry_count, uint32_t *msr_indices,
			      uint32_t *out_count);

/**
 * struct crosvm_net_config - The TAP of the task
 * @tap_fd: A new fd, which the caller closes.
 * @host_ip: Of the host's side, in network byte order.
 * @netmask: Likewise.
 * @host_mac_address: Of the host's side.
 * @_padding: 0.
 */
struct crosvm_net_config {
	int tap_fd;
	uint32_t host_ip;
	uint32_t netmask;
	uint8_t host_mac_address[6];
	uint8_t _padding[2];
};

/* -ENODATA: the task has no TAP. @config is untouched when it fails. */
int crosvm_net_get_config(struct crosvm *self, struct crosvm_net_config *config);

/* ---- what the guest accesses */

#define CROSVM_ADDRESS_SPACE_IOPORT 0
#define CROSVM_ADDRESS_SPACE_MMIO   1

/**
 * crosvm_reserve_range - Ask for the accesses to a range of addresses
 * @self: The VM.
 * @space: CROSVM_ADDRESS_SPACE_*.
 * @start: The first address.
 * @length: How many; 0 takes the reservation that begins at @start away.
 *
 * An access whose first byte lies in the range becomes a
 * %CROSVM_VCPU_EVENT_KIND_IO_ACCESS. All others read zeros or write nothing.
 *
 * Return: 0; -EINVAL no such space, or @start + @length is more than 64 bits
 * hold; -EPERM it overlaps another one; -ENOENT none begins there; -ENOSPC there
 * are as many as there can be.
 */
int crosvm_reserve_range(struct crosvm *self, uint32_t space, uint64_t start, uint64_t length);

/* Likewise, of writes alone, which the vCPU does not wait for: no_resume is set. */
int crosvm_reserve_async_write_range(struct crosvm *self, uint32_t space, uint64_t start,
				     uint64_t length);

#define CROSVM_MAX_HINT_COUNT	     1
#define CROSVM_MAX_HINT_DETAIL_COUNT 32

#define CROSVM_HINT_ON_WRITE 1

/**
 * struct crosvm_hint_detail - Which further registers an access will need
 * @match_rax: Only when rax has this value; likewise the others.
 * @match_rbx: See @match_rax.
 * @match_rcx: See @match_rax.
 * @match_rdx: See @match_rax.
 * @_reserved: 0.
 * @rax: The value.
 * @rbx: See @rax.
 * @rcx: See @rax.
 * @rdx: See @rax.
 * @send_sregs: crosvm_vcpu_get_sregs() will be called.
 * @send_debugregs: crosvm_vcpu_get_debugregs() will be called.
 * @_reserved2: 0.
 */
struct crosvm_hint_detail {
	bool match_rax;
	bool match_rbx;
	bool match_rcx;
	bool match_rdx;
	uint8_t _reserved[4];
	uint64_t rax;
	uint64_t rbx;
	uint64_t rcx;
	uint64_t rdx;
	bool send_sregs;
	bool send_debugregs;
	uint8_t _reserved2[6];
};

/**
 * struct crosvm_hint - An access after which registers will be asked for
 * @hint_version: 0.
 * @_reserved: 0.
 * @address_space: CROSVM_ADDRESS_SPACE_*.
 * @address_flags: 0 for a read, or CROSVM_HINT_ON_WRITE.
 * @details_count: Of @details.
 * @address: Of the first byte; not 0.
 * @details: The first one that matches counts.
 * @_reserved2: The space that @details takes.
 */
struct crosvm_hint {
	uint32_t hint_version;
	uint32_t _reserved;
	uint32_t address_space;
	uint16_t address_flags;
	uint16_t details_count;
	uint64_t address;
	union {
		struct crosvm_hint_detail *details;
		uint64_t _reserved2;
	};
};

/**
 * crosvm_set_hypercall_hint - Say which access is a hypercall
 * @self: The VM.
 * @hints_count: 0 or 1.
 * @hints: Replaces the earlier one.
 *
 * Makes things faster and changes nothing else.
 *
 * Return: 0; -EINVAL one of the fields above is not as it should be.
 */
int crosvm_set_hypercall_hint(struct crosvm *self, uint32_t hints_count,
			      const struct crosvm_hint *hints);

/**
 * crosvm_create_io_event - Have writes add to an eventfd
 * @self: The VM.
 * @space: CROSVM_ADDRESS_SPACE_*.
 * @addr: The address.
 * @len: The width of the write: 1, 2, 4, 8; 0 for any.
 * @datamatch: @len bytes, the only ones to count; NULL for all writes.
 * @out: Is set.
 *
 * The vCPU does not stop for such a write.
 *
 * Return: 0; -EINVAL no such space or width; -EEXIST there is one.
 */
int crosvm_create_io_event(struct crosvm *self, uint32_t space, uint64_t addr, uint32_t len,
			   const uint8_t *datamatch, struct crosvm_io **out);

/* Sets the pointer to NULL. */
int crosvm_destroy_io_event(struct crosvm *self, struct crosvm_io **io);

/* Belongs to @io, and is closed with it. */
int crosvm_io_event_fd(struct crosvm_io *io);

/**
 * crosvm_create_memory - Give the guest memory
 * @self: The VM.
 * @fd: A memfd that is sealed against shrinking; may be closed afterwards.
 * @offset: Of the first byte in @fd; a multiple of 4096.
 * @length: Bytes; a multiple of 4096.
 * @start: Where the guest sees it; a multiple of 4096.
 * @read_only: The guest's writes become accesses, as where there is no memory.
 * @dirty_log: Pages that the guest writes to are noted.
 * @out: Is set.
 *
 * Return: 0; -EINVAL not aligned, @length is 0, beyond the end of @fd, or @fd is
 * no memfd; -EPERM it is not sealed, or against writing; -EOVERFLOW a sum is
 * more than 64 bits hold; -EEXIST it overlaps another one; -EDQUOT more than the
 * recipe's memory; -ENOSPC there are as many as there can be.
 */
int crosvm_create_memory(struct crosvm *self, int fd, uint64_t offset, uint64_t length,
			 uint64_t start, bool read_only, bool dirty_log,
			 struct crosvm_memory **out);

/* Sets the pointer to NULL. */
int crosvm_destroy_memory(struct crosvm *self, struct crosvm_memory **memory);

/**
 * crosvm_memory_get_dirty_log - Which pages the guest wrote to
 * @self: The VM.
 * @memory: Made with dirty_log, else -ENOENT.
 * @log: A bit for each page, bit 0 of byte 0 first, and as many bytes as that
 *	takes, no more.
 *
 * Since the last call.
 */
int crosvm_memory_get_dirty_log(struct crosvm *self, struct crosvm_memory *memory, uint8_t *log);

/* ---- interrupts, and the chips that KVM has of its own */

#define CROSVM_IRQ_ROUTE_IRQCHIP 0
#define CROSVM_IRQ_ROUTE_MSI	 1

/**
 * struct crosvm_irq_route - Where an interrupt line leads
 * @irq_id: The line.
 * @kind: CROSVM_IRQ_ROUTE_*; says what else is there.
 * @irqchip: One of KVM's chips, and its pin.
 * @irqchip.irqchip: KVM_IRQCHIP_*.
 * @irqchip.pin: The pin.
 * @msi: A message.
 * @msi.address: Its address.
 * @msi.data: Its data.
 * @msi._reserved: 0.
 * @_reserved: The space that the others take.
 */
struct crosvm_irq_route {
	uint32_t irq_id;
	uint32_t kind;
	union {
		struct {
			uint32_t irqchip;
			uint32_t pin;
		} irqchip;
		struct {
			uint64_t address;
			uint32_t data;
			uint8_t _reserved[4];
		} msi;
		uint8_t _reserved[16];
	};
};

/* Sets the line's level. */
int crosvm_set_irq(struct crosvm *self, uint32_t irq_id, bool active);

/* Replaces all routes; none with (0, NULL). -EINVAL: no such kind; or KVM's. */
int crosvm_set_irq_routing(struct crosvm *self, uint32_t route_count,
			   const struct crosvm_irq_route *routes);

/**
 * crosvm_create_irq_event - Have an eventfd raise an interrupt line
 * @self: The VM.
 * @irq_id: The line.
 * @out: Is set.
 *
 * A write to its fd raises the line. When the guest has handled the interrupt,
 * the line is lowered, and the resample fd becomes readable.
 */
int crosvm_create_irq_event(struct crosvm *self, uint32_t irq_id, struct crosvm_irq **out);

/* Sets the pointer to NULL. */
int crosvm_destroy_irq_event(struct crosvm *self, struct crosvm_irq **irq);

/* Both belong to @irq, and are closed with it. */
int crosvm_irq_event_get_fd(const struct crosvm_irq *irq);
int crosvm_irq_event_get_resample_fd(const struct crosvm_irq *irq);

/* As KVM's, before and after the start. */
int crosvm_get_pic_state(struct crosvm *self, bool primary, struct kvm_pic_state *state);
int crosvm_set_pic_state(struct crosvm *self, bool primary, const struct kvm_pic_state *state);
int crosvm_get_ioapic_state(struct crosvm *self, struct kvm_ioapic_state *state);
int crosvm_set_ioapic_state(struct crosvm *self, const struct kvm_ioapic_state *state);
int crosvm_get_pit_state(struct crosvm *self, struct kvm_pit_state2 *state);
int crosvm_set_pit_state(struct crosvm *self, const struct kvm_pit_state2 *state);
int crosvm_get_clock(struct crosvm *self, struct kvm_clock_data *clock_data);
int crosvm_set_clock(struct crosvm *self, const struct kvm_clock_data *clock_data);

/* 0 when @addr is the recipe's, where it has been since the VM was made; else -EINVAL. */
int crosvm_set_identity_map_addr(struct crosvm *self, uint32_t addr);

/* ---- vCPUs */

/**
 * crosvm_get_vcpu - Get a vCPU
 * @self: The VM.
 * @cpu_id: Counts from 0, the one that boots.
 * @out: Is set, to the same one each time.
 *
 * Return: 0; -ENOENT there are fewer.
 */
int crosvm_get_vcpu(struct crosvm *self, uint32_t cpu_id, struct crosvm_vcpu **out);

enum crosvm_vcpu_event_kind {
	CROSVM_VCPU_EVENT_KIND_INIT = 0,
	CROSVM_VCPU_EVENT_KIND_IO_ACCESS = 1,
	CROSVM_VCPU_EVENT_KIND_PAUSED = 2,
	CROSVM_VCPU_EVENT_KIND_HYPERV_HCALL = 3,
	CROSVM_VCPU_EVENT_KIND_HYPERV_SYNIC = 4,
};

/**
 * struct crosvm_vcpu_event - An event of a vCPU
 * @kind: One of enum crosvm_vcpu_event_kind; says what else is there.
 * @_padding: 0.
 * @io_access: IO_ACCESS: the guest accessed a reserved range.
 * @io_access.address_space: CROSVM_ADDRESS_SPACE_*.
 * @io_access._padding: 0.
 * @io_access.address: Of the first byte.
 * @io_access.data: What the guest writes; or zeros, to be replaced by what it
 *	is to read. Good until the vCPU is resumed or waited for.
 * @io_access.length: Bytes of it.
 * @io_access.is_write: It is a write.
 * @io_access.no_resume: The vCPU goes on already: crosvm_vcpu_wait() is next.
 * @io_access._reserved: 0.
 * @user: PAUSED: from crosvm_pause_vcpus().
 * @hyperv_call: HYPERV_HCALL: a hypercall.
 * @hyperv_call.input: Its input value.
 * @hyperv_call.result: Where its result goes, which is 0 otherwise.
 * @hyperv_call.params: Its parameters.
 * @hyperv_synic: HYPERV_SYNIC: the guest set up its SynIC.
 * @hyperv_synic.msr: The MSR that was written.
 * @hyperv_synic._reserved: 0.
 * @hyperv_synic.control: HV_X64_MSR_SCONTROL.
 * @hyperv_synic.evt_page: HV_X64_MSR_SIEFP.
 * @hyperv_synic.msg_page: HV_X64_MSR_SIMP.
 * @_reserved: The space that the others take.
 */
struct crosvm_vcpu_event {
	uint32_t kind;
	uint8_t _padding[4];
	union {
		struct {
			uint32_t address_space;
			uint8_t _padding[4];
			uint64_t address;
			uint8_t *data;
			uint32_t length;
			bool is_write;
			bool no_resume;
			uint8_t _reserved[2];
		} io_access;
		void *user;
		struct {
			uint64_t input;
			uint64_t *result;
			uint64_t params[2];
		} hyperv_call;
		struct {
			uint32_t msr;
			uint8_t _reserved[4];
			uint64_t control;
			uint64_t evt_page;
			uint64_t msg_page;
		} hyperv_synic;
		uint8_t _reserved[64];
	};
};

/**
 * crosvm_vcpu_wait - Run the guest until there is an event
 * @vcpu: The vCPU.
 * @event: Is filled.
 *
 * The first event of each vCPU is INIT, when crosvm_start() was called; no vCPU
 * enters the guest before the INIT of all of them was resumed.
 *
 * Return: 0; -EPROTO the last event was not resumed; -EBUSY another thread
 * waits; -ECANCELED, once, the VM is shut down; -EIO this vCPU cannot go on;
 * others as rvf_vcpu_wait().
 */
int crosvm_vcpu_wait(struct crosvm_vcpu *vcpu, struct crosvm_vcpu_event *event);

/**
 * crosvm_vcpu_resume - Answer an event
 * @vcpu: The vCPU.
 *
 * Return: 0; -EPROTO there is no event, or it has no_resume; or what KVM says
 * to the registers that were set since: the vCPU is still at its event then,
 * and the set that failed is forgotten.
 */
int crosvm_vcpu_resume(struct crosvm_vcpu *vcpu);

/*
 * From here on: between crosvm_vcpu_wait() and crosvm_vcpu_resume() only, else
 * -EPROTO, or -EBUSY while the guest runs. Errors are KVM's.
 */

/* Kept until the vCPU is resumed, or the same are got: those tell what KVM says. */
int crosvm_vcpu_set_regs(struct crosvm_vcpu *vcpu, const struct kvm_regs *regs);
int crosvm_vcpu_set_sregs(struct crosvm_vcpu *vcpu, const struct kvm_sregs *sregs);
int crosvm_vcpu_set_debugregs(struct crosvm_vcpu *vcpu, const struct kvm_debugregs *debugregs);

int crosvm_vcpu_get_regs(struct crosvm_vcpu *vcpu, struct kvm_regs *regs);
int crosvm_vcpu_get_sregs(struct crosvm_vcpu *vcpu, struct kvm_sregs *sregs);
int crosvm_vcpu_get_debugregs(struct crosvm_vcpu *vcpu, struct kvm_debugregs *debugregs);

/* These are set at once. */
int crosvm_vcpu_get_fpu(struct crosvm_vcpu *vcpu, struct kvm_fpu *fpu);
int crosvm_vcpu_set_fpu(struct crosvm_vcpu *vcpu, const struct kvm_fpu *fpu);
int crosvm_vcpu_get_xcrs(struct crosvm_vcpu *vcpu, struct kvm_xcrs *xcrs);
int crosvm_vcpu_set_xcrs(struct crosvm_vcpu *vcpu, const struct kvm_xcrs *xcrs);
int crosvm_vcpu_get_lapic_state(struct crosvm_vcpu *vcpu, struct kvm_lapic_state *state);
int crosvm_vcpu_set_lapic_state(struct crosvm_vcpu *vcpu, const struct kvm_lapic_state *state);
int crosvm_vcpu_get_mp_state(struct crosvm_vcpu *vcpu, struct kvm_mp_state *state);
int crosvm_vcpu_set_mp_state(struct crosvm_vcpu *vcpu, const struct kvm_mp_state *state);
int crosvm_vcpu_get_vcpu_events(struct crosvm_vcpu *vcpu, struct kvm_vcpu_events *events);
int crosvm_vcpu_set_vcpu_events(struct crosvm_vcpu *vcpu, const struct kvm_vcpu_events *events);

/**
 * crosvm_vcpu_get_msrs - Get model specific registers
 * @vcpu: The vCPU.
 * @msr_count: How many.
 * @msr_entries: Their indexes; their data is filled.
 * @out_count: How many were got, in order: the one behind them is not there.
 */
int crosvm_vcpu_get_msrs(struct crosvm_vcpu *vcpu, uint32_t msr_count,
			 struct kvm_msr_entry *msr_entries, uint32_t *out_count);

/* -EINVAL: KVM refused one of them; those before it were set. */
int crosvm_vcpu_set_msrs(struct crosvm_vcpu *vcpu, uint32_t msr_count,
			 const struct kvm_msr_entry *msr_entries);

/* At the INIT. An index counts only with KVM_CPUID_FLAG_SIGNIFCANT_INDEX. */
int crosvm_vcpu_set_cpuid(struct crosvm_vcpu *vcpu, uint32_t cpuid_count,
			  const struct kvm_cpuid_entry2 *cpuid_entries);

/* As crosvm_get_supported_cpuid(), of Hyper-V's leaves; -EINVAL where KVM has none. */
int crosvm_get_hyperv_cpuid(struct crosvm_vcpu *vcpu, uint32_t entry_count,
			    struct kvm_cpuid_entry2 *cpuid_entries, uint32_t *out_count);

/* KVM_CAP_HYPERV_SYNIC and KVM_CAP_HYPERV_SYNIC2, with neither flags nor args. */
int crosvm_vcpu_enable_capability(struct crosvm_vcpu *vcpu, uint32_t capability, uint32_t flags,
				  uint64_t args[4]);

#ifdef __cplusplus
}
#endif

#endif /* CROSVM_H */
