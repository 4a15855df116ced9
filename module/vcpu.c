// SPDX-License-Identifier: GPL-2.0-only
/*
 * Running a vCPU: into KVM and back, with nobody in between. What concerns the
 * plugin is written to its event page; the rest never leaves the kernel.
 *
 * KVM's own struct kvm_run is not mapped into the process: nothing that the
 * plugin's other threads do can change what is read from it here.
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kvm_host.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/task_work.h>
#include "compat.h"
#include "vm.h"

/* Where KVM's vCPU file has what, in pages. */
#define RVF_RUN_PAGE 0

static void rvf_vcpu_kicked(struct callback_head *work)
{
	struct rvf_vcpu *vcpu = container_of(work, struct rvf_vcpu, kick);
	u32 again = 0;

	spin_lock(&vcpu->ask_lock);
	vcpu->kick_queued = false;
	/* Another thread runs the vCPU by now, and was not found queued for. */
	if (READ_ONCE(vcpu->runner))
		again = vcpu->asked;
	spin_unlock(&vcpu->ask_lock);
	if (again)
		rvf_vcpu_ask(vcpu, again);
	rvf_machine_put(vcpu->machine);
}

void rvf_vcpu_init(struct rvf_vcpu *vcpu, struct rvf_machine *machine)
{
	vcpu->machine = machine;
	spin_lock_init(&vcpu->ask_lock);
	init_task_work(&vcpu->kick, rvf_vcpu_kicked);
	rvf_vcpu_init_flush(vcpu);
}

/*
 * A page of KVM's vCPU file, by its own mmap and fault: so nothing need be
 * known of what lies behind the file.
 */
static struct page *rvf_kvm_page(struct file *file, pgoff_t offset)
{
	struct vm_area_struct vma = {
		.vm_mm = current->mm,
		.vm_file = file,
		.vm_end = (offset + 1) << PAGE_SHIFT,
		.vm_flags = VM_READ | VM_WRITE | VM_SHARED | VM_MAYSHARE,
	};
	struct vm_fault vmf = {
		.vma = &vma,
		.pgoff = offset,
	};

	if (file->f_op->mmap(file, &vma) || !vma.vm_ops || !vma.vm_ops->fault)
		return NULL;
	return vma.vm_ops->fault(&vmf) ? NULL : vmf.page;
}

/**
 * rvf_vcpu_pages - Get KVM's pages of a vCPU, and two of our own
 * @vcpu: The vCPU, whose file is there.
 *
 * Return: 0 or -ENOMEM; rvf_vcpu_free() puts them.
 */
int rvf_vcpu_pages(struct rvf_vcpu *vcpu)
{
	vcpu->run_page = rvf_kvm_page(vcpu->file, RVF_RUN_PAGE);
	vcpu->pio_page = rvf_kvm_page(vcpu->file, KVM_PIO_PAGE_OFFSET);
	vcpu->event_page = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	vcpu->more_page = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	if (!vcpu->run_page || !vcpu->pio_page || !vcpu->event_page ||
	    !vcpu->more_page)
		return -ENOMEM;
	vcpu->run = page_address(vcpu->run_page);
	vcpu->pio = page_address(vcpu->pio_page);
	vcpu->event = page_address(vcpu->event_page);
	vcpu->more = page_address(vcpu->more_page);
	return 0;
}

void rvf_vcpu_free(struct rvf_vcpu *vcpu)
{
	if (vcpu->run_page)
		put_page(vcpu->run_page);
	if (vcpu->pio_page)
		put_page(vcpu->pio_page);
	if (vcpu->event_page)
		put_page(vcpu->event_page);
	if (vcpu->more_page)
		put_page(vcpu->more_page);
}

/* Returns whether this was asked: once. */
static bool rvf_vcpu_take(struct rvf_vcpu *vcpu, enum rvf_ask what)
{
	bool asked;

	spin_lock(&vcpu->ask_lock);
	asked = vcpu->asked & what;
	WRITE_ONCE(vcpu->asked, vcpu->asked & ~what);
	spin_unlock(&vcpu->ask_lock);
	return asked;
}

/*
 * KVM_RUN was interrupted; @before is what was asked when it was entered.
 * Returns whether that is an event.
 */
static bool rvf_vcpu_interrupted(struct rvf_vcpu *vcpu, u32 before)
{
	if ((before & RVF_ASK_KICK) && rvf_vcpu_take(vcpu, RVF_ASK_KICK)) {
		rvf_vcpu_tell(vcpu, RVF_EVENT_KICKED, 0, 0);
		return true;
	}
	if (rvf_vcpu_take(vcpu, RVF_ASK_WRITES) && vcpu->n_writes) {
		rvf_vcpu_tell(vcpu, RVF_EVENT_WRITES, 0, 0);
		return true;
	}
	return false;
}

/*
 * Virtualisation inside the guest would map memory past what a revocation
 * takes away. The guest cannot switch it on, since its CPUID has none; the
 * plugin could, by setting registers.
 */
static bool rvf_vcpu_is_nested(const struct rvf_vcpu *vcpu)
{
	const struct kvm_vcpu *kvm = vcpu->file->private_data;

	return (kvm->arch.efer & EFER_SVME) || (kvm->arch.cr4 & X86_CR4_VMXE);
}

/*
 * A kick is told when no instruction is in the middle: KVM completes an access
 * when it is entered the next time, which may bring the next part of it to the
 * light. So it is entered, and asked to come back before the guest goes on. An
 * access may never be complete (KVM goes round where the plugin set RCX to 0 in
 * the middle of a string's): then a signal ends it.
 */
static int rvf_vcpu_loop(struct rvf_vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;
	u32 asked;
	long err;

	for (;;) {
		asked = READ_ONCE(vcpu->asked);
		if (unlikely(asked & RVF_ASK_STOP))
			return -ECANCELED;
		run->rvf_immediate_exit = asked & RVF_ASK_KICK;
		run->kvm_valid_regs = READ_ONCE(vcpu->stored);
		err = rvf_kvm_ioctl(vcpu->file, KVM_RUN, 0);
		if (!err) {
			if (rvf_vcpu_exit(vcpu))
				return 0;
		} else if (err == -EINTR) {
			if (rvf_vcpu_interrupted(vcpu, asked))
				return 0;
		} else if (err != -EAGAIN) {
			return err;
		}
		/* What came since: KVM is entered once more, as said above. */
		if (READ_ONCE(vcpu->asked) &&
		    !(asked && task_sigpending(current))) {
			cond_resched();
			continue;
		}
		if (err == -EINTR || signal_pending(current))
			return -EINTR;
		cond_resched();
	}
}

/**
 * rvf_vcpu_run - RVF_VCPU_RUN
 * @vcpu: The vCPU, which the caller has; it is in its mm.
 *
 * Return: 0 with an event in the event page, or a negative errno.
 */
int rvf_vcpu_run(struct rvf_vcpu *vcpu)
{
	int err;

	if (vcpu->nested || rvf_vcpu_is_nested(vcpu))
		return -EPERM;
	if (vcpu->pending)
		rvf_vcpu_answer(vcpu);
	/* Whoever asks finds us, or we find that: see rvf_vcpu_ask(). */
	smp_store_mb(vcpu->runner, current);
	err = rvf_vcpu_loop(vcpu);
	WRITE_ONCE(vcpu->runner, NULL);
	return err;
}

/**
 * rvf_vcpu_ask - Make a vCPU's RVF_VCPU_RUN return
 * @vcpu: The vCPU.
 * @what: Why: bits of enum rvf_ask.
 *
 * Task work interrupts KVM_RUN as a signal would, whatever signals the thread
 * blocks, and needs no handler in the plugin. A thread that is on its way out
 * of the command, or that ended since, is there as long as RCU lets it be; it
 * has nothing to do then.
 */
void rvf_vcpu_ask(struct rvf_vcpu *vcpu, enum rvf_ask what)
{
	struct task_struct *runner;
	bool queued = false;

	kref_get(&vcpu->machine->refs);
	spin_lock(&vcpu->ask_lock);
	/* Before the runner is looked for, who looks for this behind that. */
	smp_store_mb(vcpu->asked, vcpu->asked | what);
	rcu_read_lock();
	runner = READ_ONCE(vcpu->runner);
	if (runner && !vcpu->kick_queued &&
	    !task_work_add(runner, &vcpu->kick, TWA_SIGNAL)) {
		vcpu->kick_queued = true;
		queued = true;
	}
	rcu_read_unlock();
	spin_unlock(&vcpu->ask_lock);
	if (!queued)
		rvf_machine_put(vcpu->machine);
}
