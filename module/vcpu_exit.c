// SPDX-License-Identifier: GPL-2.0-only
/*
 * What becomes of an exit. What concerns the plugin is written to the vCPU's
 * event pages; the rest never leaves the kernel.
 */
#include <linux/kvm_host.h>
#include <linux/slab.h>
#include "compat.h"
#include "ioctl.h"
#include "vm.h"

/* How long a gathered write may wait for others, in jiffies. */
#define RVF_WRITES_DELAY 1

static void *rvf_vcpu_data(const struct rvf_vcpu *vcpu)
{
	return (void *)vcpu->event + RVF_EVENT_DATA;
}

/* On the second event page, by its place as userspace knows it. */
static void *rvf_vcpu_more(const struct rvf_vcpu *vcpu, u32 offset)
{
	return vcpu->more + (offset - PAGE_SIZE);
}

/* An access of one or of few bytes: there is always room for eight. */
static __always_inline void rvf_copy_data(void *to, const void *from, u32 length)
{
	if (likely(length <= sizeof(u64)))
		put_unaligned(get_unaligned((const u64 *)from), (u64 *)to);
	else
		memcpy(to, from, length);
}

static __always_inline void rvf_zero_data(void *to, u32 length)
{
	if (likely(length <= sizeof(u64)))
		put_unaligned(0, (u64 *)to);
	else
		memset(to, 0, length);
}

/* The plugin has answered: what it wrote goes to where KVM looks for it. */
void rvf_vcpu_answer(struct rvf_vcpu *vcpu)
{
	rvf_copy_data(vcpu->pending_to, rvf_vcpu_data(vcpu), vcpu->pending);
	vcpu->pending = 0;
}

static void rvf_vcpu_expect(struct rvf_vcpu *vcpu, void *to, u32 length)
{
	vcpu->pending = length;
	vcpu->pending_to = to;
}

/* An event that is no access. */
void rvf_vcpu_tell(struct rvf_vcpu *vcpu, u32 kind, u32 reason, u64 code)
{
	*vcpu->event = (struct rvf_vcpu_event){
		.kind = kind,
		.reason = reason,
		.code = code,
		.writes = vcpu->n_writes,
	};
	vcpu->n_writes = 0;
}

/**
 * struct rvf_access - A guest's access that no memory answers
 * @space: One of enum rvf_space.
 * @reason: KVM's exit reason.
 * @address: Of its first byte.
 * @data: KVM's bytes of it; there is room for eight.
 * @length: How many.
 * @count: Accesses in it.
 * @is_write: The guest writes.
 */
struct rvf_access {
	u32 space;
	u32 reason;
	u64 address;
	void *data;
	u32 length;
	u32 count;
	bool is_write;
};

/* Writes that were gathered have waited long enough. */
static void rvf_vcpu_flush(struct work_struct *work)
{
	struct rvf_vcpu *vcpu =
		container_of(to_delayed_work(work), struct rvf_vcpu, flush);

	if (READ_ONCE(vcpu->n_writes))
		rvf_vcpu_ask(vcpu, RVF_ASK_WRITES);
}

void rvf_vcpu_init_flush(struct rvf_vcpu *vcpu)
{
	INIT_DELAYED_WORK(&vcpu->flush, rvf_vcpu_flush);
}

/* Returns whether the plugin is to be told, since there is no more room. */
static noinline bool rvf_vcpu_gather(struct rvf_vcpu *vcpu, u32 space,
				     u64 address, const void *data, u32 length)
{
	struct rvf_vcpu_write *write = rvf_vcpu_more(vcpu, RVF_EVENT_WRITES_AT);

	write += vcpu->n_writes;
	write->address = address;
	write->space = space;
	write->length = length;
	memset(write->data, 0, sizeof(write->data));
	memcpy(write->data, data, length);
	/* Otherwise a guest that halts upon it would keep it to itself. */
	if (!vcpu->n_writes)
		schedule_delayed_work(&vcpu->flush, RVF_WRITES_DELAY);
	WRITE_ONCE(vcpu->n_writes, vcpu->n_writes + 1);
	if (vcpu->n_writes < RVF_MAX_WRITES)
		return false;
	rvf_vcpu_tell(vcpu, RVF_EVENT_WRITES, 0, 0);
	return true;
}

static bool rvf_detail_matches(const struct rvf_hint_detail *detail,
			       const struct kvm_regs *regs)
{
	return (!detail->match_rax || detail->rax == regs->rax) &&
	       (!detail->match_rbx || detail->rbx == regs->rbx) &&
	       (!detail->match_rcx || detail->rcx == regs->rcx) &&
	       (!detail->match_rdx || detail->rdx == regs->rdx);
}

/* Which registers go with an access that the hint is about. */
static u32 rvf_hint_registers(const struct rvf_vm_hint_set *hint,
			      const struct kvm_regs *regs)
{
	u32 registers = RVF_REGISTERS_REGS, i;

	for (i = 0; i < hint->count; i++) {
		if (!rvf_detail_matches(&hint->detail[i], regs))
			continue;
		if (hint->detail[i].send_sregs)
			registers |= RVF_REGISTERS_SREGS;
		if (hint->detail[i].send_debugregs)
			registers |= RVF_REGISTERS_DEBUGREGS;
		break;
	}
	return registers;
}

static void rvf_vcpu_put_debugregs(struct rvf_vcpu *vcpu)
{
	struct kvm_debugregs *debugregs =
		rvf_vcpu_more(vcpu, RVF_EVENT_DEBUGREGS);
	const struct kvm_vcpu *kvm = vcpu->file->private_data;

	memset(debugregs, 0, sizeof(*debugregs));
	memcpy(debugregs->db, kvm->arch.db, sizeof(debugregs->db));
	debugregs->dr6 = kvm->arch.dr6;
	debugregs->dr7 = kvm->arch.dr7;
}

/* KVM stored what a hint may want, at this exit. Returns what was sent. */
static noinline u32 rvf_vcpu_hint(struct rvf_vcpu *vcpu, u32 space, u64 address,
				  bool is_write)
{
	const struct kvm_sync_regs *stored = &vcpu->run->s.regs;
	const struct rvf_vm_hint_set *hint;
	u32 registers = 0;

	rcu_read_lock();
	hint = rcu_dereference(vcpu->machine->hint);
	if (hint && hint->space == space && hint->address == address &&
	    hint->on_write == is_write)
		registers = rvf_hint_registers(hint, &stored->regs);
	rcu_read_unlock();
	/* It may be a newer hint than the one at that time. */
	if (!(vcpu->run->kvm_valid_regs & KVM_SYNC_X86_SREGS))
		registers &= ~RVF_REGISTERS_SREGS;
	if (registers & RVF_REGISTERS_REGS)
		memcpy(rvf_vcpu_more(vcpu, RVF_EVENT_REGS), &stored->regs,
		       sizeof(stored->regs));
	if (registers & RVF_REGISTERS_SREGS)
		memcpy(rvf_vcpu_more(vcpu, RVF_EVENT_SREGS), &stored->sregs,
		       sizeof(stored->sregs));
	if (registers & RVF_REGISTERS_DEBUGREGS)
		rvf_vcpu_put_debugregs(vcpu);
	return registers;
}

/*
 * Returns whether the plugin is to be told. Inline: each delivered exit goes
 * through here, and the access need not be put together first.
 */
static __always_inline bool rvf_vcpu_access(struct rvf_vcpu *vcpu,
					    const struct rvf_access *access)
{
	struct rvf_vcpu_event *event = vcpu->event;
	u32 range = rvf_vm_range_find(vcpu->machine, access->space,
				      access->address);

	if (!range || ((range & RVF_VM_RESERVE_ASYNC) && !access->is_write)) {
		if (!access->is_write)
			rvf_zero_data(access->data, access->length);
		return false;
	}
	if ((range & RVF_VM_RESERVE_ASYNC) && access->count == 1 &&
	    access->length <= RVF_MAX_WRITE)
		return rvf_vcpu_gather(vcpu, access->space, access->address,
				       access->data, access->length);
	if (access->is_write) {
		rvf_copy_data(rvf_vcpu_data(vcpu), access->data,
			      access->length);
	} else {
		rvf_zero_data(rvf_vcpu_data(vcpu), access->length);
		rvf_vcpu_expect(vcpu, access->data, access->length);
	}
	/* The page is written to and never read: it may hold anything. */
	event->kind = RVF_EVENT_IO;
	event->space = access->space;
	event->address = access->address;
	event->length = access->length;
	event->count = access->count;
	event->is_write = access->is_write;
	event->reason = access->reason;
	event->code = 0;
	event->writes = vcpu->n_writes;
	event->registers = 0;
	vcpu->n_writes = 0;
	if (unlikely(vcpu->run->kvm_valid_regs) &&
	    !(range & RVF_VM_RESERVE_ASYNC))
		event->registers = rvf_vcpu_hint(vcpu, access->space,
						 access->address,
						 access->is_write);
	return true;
}

static bool rvf_vcpu_port_exit(struct rvf_vcpu *vcpu, struct kvm_run *run)
{
	u32 length = (u32)run->io.size * run->io.count;
	u64 offset = run->io.data_offset;
	struct rvf_access access = {
		.space = RVF_SPACE_PORT,
		.reason = KVM_EXIT_IO,
		.address = run->io.port,
		.length = length,
		.count = run->io.count,
		.is_write = run->io.direction == KVM_EXIT_IO_OUT,
	};

	if (offset >> PAGE_SHIFT != KVM_PIO_PAGE_OFFSET ||
	    length > RVF_EVENT_DATA_LEN ||
	    offset_in_page(offset) + max_t(u32, length, sizeof(u64)) >
		    PAGE_SIZE) {
		rvf_vcpu_tell(vcpu, RVF_EVENT_END, run->exit_reason, 0);
		return true;
	}
	access.data = vcpu->pio + offset_in_page(offset);
	return rvf_vcpu_access(vcpu, &access);
}

static bool rvf_vcpu_mmio_exit(struct rvf_vcpu *vcpu, struct kvm_run *run)
{
	struct rvf_access access = {
		.space = RVF_SPACE_MMIO,
		.reason = KVM_EXIT_MMIO,
		.address = run->mmio.phys_addr,
		.data = run->mmio.data,
		.length = min_t(u32, run->mmio.len, sizeof(run->mmio.data)),
		.count = 1,
		.is_write = run->mmio.is_write,
	};

	return rvf_vcpu_access(vcpu, &access);
}

static void rvf_vcpu_hyperv_exit(struct rvf_vcpu *vcpu, struct kvm_run *run)
{
	struct rvf_hyperv_call *call = rvf_vcpu_data(vcpu);
	struct rvf_hyperv_synic *synic = rvf_vcpu_data(vcpu);

	switch (run->hyperv.type) {
	case KVM_EXIT_HYPERV_HCALL:
		*call = (struct rvf_hyperv_call){
			.input = run->hyperv.u.hcall.input,
			.params[0] = run->hyperv.u.hcall.params[0],
			.params[1] = run->hyperv.u.hcall.params[1],
		};
		BUILD_BUG_ON(offsetof(struct rvf_hyperv_call, result));
		rvf_vcpu_expect(vcpu, &run->hyperv.u.hcall.result,
				sizeof(call->result));
		rvf_vcpu_tell(vcpu, RVF_EVENT_HYPERCALL, run->exit_reason, 0);
		break;
	case KVM_EXIT_HYPERV_SYNIC:
		*synic = (struct rvf_hyperv_synic){
			.msr = run->hyperv.u.synic.msr,
			.control = run->hyperv.u.synic.control,
			.evt_page = run->hyperv.u.synic.evt_page,
			.msg_page = run->hyperv.u.synic.msg_page,
		};
		rvf_vcpu_tell(vcpu, RVF_EVENT_SYNIC, run->exit_reason, 0);
		break;
	default:
		rvf_vcpu_tell(vcpu, RVF_EVENT_END, run->exit_reason,
			      run->hyperv.type);
	}
}

/*
 * At a triple fault KVM on AMD clears what the CPU runs the vCPU by. Unless
 * the guest had switched paging on, it then forgets to say again where the
 * tables of the guest's memory are: a plugin that mends its registers and runs
 * on would have the guest's memory translated by what lies at the host's
 * address 0.
 */
static void rvf_vcpu_find_memory(struct rvf_vcpu *vcpu)
{
	kvm_make_request(KVM_REQ_LOAD_MMU_PGD, vcpu->file->private_data);
}

/**
 * rvf_vcpu_exit - KVM_RUN returned
 * @vcpu: The vCPU, which the caller runs.
 *
 * Return: whether the plugin is to be told: there is an event then.
 */
bool rvf_vcpu_exit(struct rvf_vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;

	switch (run->exit_reason) {
	case KVM_EXIT_IO:
		return rvf_vcpu_port_exit(vcpu, run);
	case KVM_EXIT_MMIO:
		return rvf_vcpu_mmio_exit(vcpu, run);
	case KVM_EXIT_INTR:
		return false;
	case KVM_EXIT_HYPERV:
		rvf_vcpu_hyperv_exit(vcpu, run);
		return true;
	case KVM_EXIT_INTERNAL_ERROR:
		rvf_vcpu_tell(vcpu, RVF_EVENT_END, run->exit_reason,
			      run->internal.suberror);
		return true;
	case KVM_EXIT_FAIL_ENTRY:
		rvf_vcpu_tell(vcpu, RVF_EVENT_END, run->exit_reason,
			      run->fail_entry.hardware_entry_failure_reason);
		return true;
	case KVM_EXIT_SHUTDOWN:
		rvf_vcpu_find_memory(vcpu);
		fallthrough;
	default:
		rvf_vcpu_tell(vcpu, RVF_EVENT_END, run->exit_reason, 0);
		return true;
	}
}
