/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * States of a vCPU at random, most of which a guest runs in: each begins as a
 * good one of real mode, and then a few bits of it go wrong.
 */
#ifndef RVF_SELFTESTS_VM_STATE_H
#define RVF_SELFTESTS_VM_STATE_H

#include <linux/kvm.h>
#include <stdbool.h>
#include <string.h>

#include "random.h"

#define STATE_PORT    0x3f8
#define STATE_CODE    0x1000
#define STATE_HANDLER 0x800
#define STATE_STACK   0xbff0
#define STATE_COUNTER 0x3000 /* in the data segment */

#define STATE_EFER     0xc0000080 /* its number */
#define STATE_EFER_LME (1ull << 8)
#define STATE_CR4_PAE  (1ull << 5)

/* What of it is at random */
enum state_part {
	STATE_SREGS = 1 << 0,
	STATE_REGS = 1 << 1,
	STATE_FPU = 1 << 2,
	STATE_MSRS = 1 << 3,
	STATE_MP = 1 << 4,
};
#define STATE_PARTS (1 << 5)

union state_msr {
	struct kvm_msrs head;
	char bytes[sizeof(struct kvm_msrs) + sizeof(struct kvm_msr_entry)];
};

/* A vCPU, and what of it is as it was made */
struct state_vcpu {
	/* One of KVM's ioctls on it: 0 or a negative errno */
	int (*kvm)(struct state_vcpu *vcpu, unsigned long command, void *arg, size_t size);
	struct kvm_sregs sregs;
	unsigned int accepted, refused; /* how often KVM did with what it was given */
};

static inline void state_fill(void *data, size_t length)
{
	for (size_t i = 0; i < length; i++)
		((unsigned char *)data)[i] = random32();
}

/*
 * The same for what a guest may write to its memory and then execute: no byte
 * of it is 0x0f, with which moves to debug registers begin.
 */
static inline void state_fill_plain(void *data, size_t length)
{
	for (size_t i = 0; i < length; i++)
		((unsigned char *)data)[i] = random32() & ~8;
}

/* Up to @most of its bits wrong */
static inline void state_flip(void *data, size_t length, unsigned int most)
{
	for (unsigned int i = below(most + 1); i; i--)
		((unsigned char *)data)[below(length)] ^= 1 << below(8);
}

static inline void state_give(struct state_vcpu *vcpu, unsigned long command, void *arg,
			      size_t size)
{
	if (vcpu->kvm(vcpu, command, arg, size))
		vcpu->refused++;
	else
		vcpu->accepted++;
}

/* What it begins with: inc word [STATE_COUNTER]; out 0x80, al */
static const unsigned char state_begin[] = { 0xff, 0x06, STATE_COUNTER & 0xff, STATE_COUNTER >> 8,
					     0xe6, 0x80 };

/*
 * Where an exception leads: out of the guest, and to the beginning again, with an
 * empty stack, and counted there.
 */
static inline void state_vectors(unsigned char *memory)
{
	static const unsigned char handler[] = { 0xe6, 0x80, 0xbc, 0xf0, 0xbf, 0xe9, 0xf8, 0x07 };
	uint32_t *vector = (void *)memory;

	for (unsigned int i = 0; i < 256; i++)
		vector[i] = STATE_HANDLER;
	memcpy(memory + STATE_HANDLER, handler, sizeof(handler));
}

/*
 * What is left out, since QEMU's TCG, which emulates SVM in the test VM, does
 * not survive it; a VM of KVM's without the module ends it as well.
 *
 * Long mode prepared without PAE: it does not give its host the CR0 back at the
 * next exit, and the whole test VM hangs.
 *
 * A TSS that is busy, as it is on a processor: QEMU takes "busy" for a wrong
 * type, and aborts at an exception in ring 1 to 3.
 *
 * Debug registers: VMRUN loads DR7 without removing the host's breakpoints from
 * TCG's list or adding the guest's, so that the list and the registers part,
 * and later changes free what is in use. QEMU crashes, or a CPU stays in the
 * guest and takes no interrupt, only an NMI. state_code() has no move from or
 * to one either, upon which KVM loads them.
 *
 * A guest that loops with nothing in the loop that exits: it may take no
 * interrupt any more, only an NMI. (VMRUN and #VMEXIT change the CPU's pending
 * interrupts without their lock, so that one may be lost: that fits, and is not
 * proven.) state_code() puts exits wherever a guest may come to.
 */
static inline void state_spare_tcg(struct kvm_sregs *sregs)
{
	if (!(sregs->cr4 & STATE_CR4_PAE))
		sregs->efer &= ~STATE_EFER_LME;
	sregs->tr.type = 9;
	sregs->tr.present = 1;
}

static inline void state_sregs(struct state_vcpu *vcpu)
{
	struct kvm_sregs sregs = vcpu->sregs;

	state_flip(&sregs, sizeof(sregs), 3);
	state_spare_tcg(&sregs);
	state_give(vcpu, KVM_SET_SREGS, &sregs, sizeof(sregs));
}

static inline void state_regs(struct state_vcpu *vcpu, bool wild)
{
	struct kvm_regs regs = {
		.rip = STATE_CODE,
		.rflags = 2,
		.rdx = STATE_PORT,
		.rsp = STATE_STACK,
	};

	if (wild) {
		state_fill_plain(&regs, sizeof(regs));
		regs.rflags = 2 | (regs.rflags & 0xad5);
		regs.rip = STATE_CODE + (below(2) ? 0 : below(64));
		if (below(2))
			regs.rsp = STATE_STACK;
		if (below(2))
			regs.rdx = STATE_PORT + below(16);
		if (below(2)) {
			regs.rsi &= 0xffff;
			regs.rdi &= 0xffff;
			regs.rcx &= 0xfff;
		}
		/* No string that takes minutes, where its addresses have 32 bits */
		regs.rcx &= 0xffff;
	}
	state_give(vcpu, KVM_SET_REGS, &regs, sizeof(regs));
}

static inline void state_fpu(struct state_vcpu *vcpu)
{
	struct kvm_fpu fpu;

	state_fill_plain(&fpu, sizeof(fpu));
	state_give(vcpu, KVM_SET_FPU, &fpu, sizeof(fpu));
}

static inline void state_msrs(struct state_vcpu *vcpu)
{
	/* Time, APIC, machine checks, MTRRs, system calls, paravirtualisation, SVM */
	static const uint32_t some[] = {
		0x10,	    0x1b,	0x3a,	    0x3b,	0x48,	    0x8b,	0x174,
		0x175,	    0x176,	0x179,	    0x17a,	0x17b,	    0x186,	0x1a0,
		0x200,	    0x201,	0x250,	    0x277,	0x2ff,	    0x400,	0x6e0,
		0x800,	    0x80b,	0x830,	    0xda0,	0x4b564d00, 0x4b564d01, 0x4b564d02,
		0x4b564d03, 0x4b564d04, 0x40000000, 0x40000001, 0x40000073, STATE_EFER, 0xc0000081,
		0xc0000082, 0xc0000083, 0xc0000084, 0xc0000100, 0xc0000101, 0xc0000102, 0xc0000103,
		0xc0010015, 0xc001001f, 0xc0010114, 0xc0010117, 0xc001011f, 0xc0011029,
	};
	union state_msr msr = { .head.nmsrs = 1 };
	struct kvm_msr_entry *entry = msr.head.entries;

	for (unsigned int i = below(6); i; i--) {
		entry->index = below(8) ? some[below(sizeof(some) / sizeof(some[0]))] : random32();
		entry->data = random32() >> below(32);
		if (!below(3))
			entry->data |= (uint64_t)random32() << 32;
		if (entry->index == STATE_EFER)
			entry->data &= ~STATE_EFER_LME;
		state_give(vcpu, KVM_SET_MSRS, &msr, sizeof(msr));
	}
}

static inline void state_mp(struct state_vcpu *vcpu)
{
	struct kvm_mp_state state = { .mp_state = KVM_MP_STATE_RUNNABLE };

	if (!below(4))
		state.mp_state = below(12);
	state_give(vcpu, KVM_SET_MP_STATE, &state, sizeof(state));
}

/* A good one, then what @parts says */
static inline void state_random(struct state_vcpu *vcpu, unsigned int parts)
{
	struct kvm_mp_state runnable = { .mp_state = KVM_MP_STATE_RUNNABLE };
	vcpu->kvm(vcpu, KVM_SET_MP_STATE, &runnable, sizeof(runnable));
	vcpu->kvm(vcpu, KVM_SET_SREGS, &vcpu->sregs, sizeof(vcpu->sregs));
	if (parts & STATE_SREGS)
		state_sregs(vcpu);
	state_regs(vcpu, parts & STATE_REGS);
	if (parts & STATE_FPU)
		state_fpu(vcpu);
	if (parts & STATE_MSRS)
		state_msrs(vcpu);
	if (parts & STATE_MP)
		state_mp(vcpu);
}

/*
 * Code at random in @size bytes of memory: bytes, and such as has much to do with
 * what is outside
 */
static inline void state_code(unsigned char *memory, size_t size)
{
	static const unsigned char some[][8] = {
		{ 2, 0xe4, 0x81 }, /* in al, 0x81 */
		{ 1, 0xec },
		{ 1, 0xee },
		{ 1, 0xed },
		{ 1, 0xef }, /* in, out */
		{ 2, 0xf3, 0x6c },
		{ 2, 0xf3, 0x6e },
		{ 2, 0xf3, 0x6d }, /* rep ins, outs */
		{ 1, 0xaa },
		{ 1, 0xac },
		{ 2, 0x88, 0x07 },
		{ 2, 0x8b, 0x06 }, /* memory */
		{ 2, 0xff, 0x07 },
		{ 3, 0xf0, 0xff, 0x07 },
		{ 2, 0x87, 0x07 },
		{ 2, 0xf3, 0xab },
		{ 2, 0x0f, 0xa2 },
		{ 2, 0x0f, 0x32 },
		{ 2, 0x0f, 0x31 },
		{ 1, 0xfb },
		{ 1, 0xfa },
		{ 1, 0xf4 },
		{ 2, 0xcd, 0x20 },
		{ 1, 0xcc },
		{ 3, 0x0f, 0x20, 0xc0 },
		{ 2, 0x0f, 0x09 },
		{ 2, 0x0f, 0x06 },
		{ 3, 0x0f, 0x01, 0xd9 },
		{ 3, 0x0f, 0x01, 0xc1 }, /* vmmcall, vmcall */
		{ 2, 0x8e, 0xd8 },
		{ 2, 0x8e, 0xc0 },
		{ 1, 0x9d },
		{ 1, 0x50 },
		{ 1, 0x58 },
		{ 2, 0xf3, 0x90 },
		{ 2, 0xd9, 0xe8 },
		{ 3, 0x0f, 0xae, 0x07 },
		{ 2, 0x31, 0xc0 },
		{ 5, 0xbf, 0x00, 0x00, 0x01, 0x00 },
		{ 5, 0xbe, 0x00, 0x80, 0x0b, 0x00 },
	};
	unsigned char *code = memory + STATE_CODE;
	unsigned int at = sizeof(state_begin);

	/* Wherever else it comes to it exits: out dx, al */
	memset(memory, 0xee, size);
	memcpy(code, state_begin, sizeof(state_begin));
	while (below(20)) {
		const unsigned char *one = some[below(sizeof(some) / sizeof(some[0]))];

		memcpy(code + at, one + 1, one[0]);
		at += one[0];
	}
	/* Anything, but for jumps */
	for (unsigned int i = below(4) ? 8 : 0; i; i--) {
		code[at + i - 1] = random32();
		if ((code[at + i - 1] & 0x60) == 0x60)
			code[at + i - 1] &= 0x9f;
	}
	if (below(3) && at < 120) {
		code[at] = 0xeb;
		code[at + 1] = -(at + 2);
	}
	/* No move from or to a debug register */
	for (unsigned int i = 0; i < 0xfff; i++) {
		if (code[i] == 0x0f && (code[i + 1] == 0x21 || code[i + 1] == 0x23))
			code[i] = 0x90;
	}
	state_vectors(memory);
}

#endif
