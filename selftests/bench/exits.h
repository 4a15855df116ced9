/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Exits of a vCPU: the guest, and what the program that is measured and the
 * one that measures say to each other.
 */
#ifndef RVF_BENCH_EXITS_H
#define RVF_BENCH_EXITS_H

#include <linux/kvm.h>
#include <stdint.h>
#include <time.h>

/*
 * Only this port concerns the plugin at once; the one behind it nobody; the
 * next one's writes are gathered.
 */
#define EXITS_PORT 0xe0
/* Real mode; where the three loops begin, at address 0 */
#define EXITS_LOOP	 0
#define EXITS_UNRESERVED 8
#define EXITS_GATHERED	 24
/* Accesses of the other loops to their port, for one to the first */
#define EXITS_OTHERS 1000
#define EXITS_MEMORY 4096

/* Protected mode, flat: writes to each page of this memory, and exits once. */
#define EXITS_TOUCH	  40
#define EXITS_TOUCH_AT	  0x1000000u
#define EXITS_TOUCH_BYTES (64u << 20)

static const uint8_t exits_guest[] = {
	/* EXITS_LOOP */
	0xe6, EXITS_PORT, /* out EXITS_PORT, al */
	0xeb, 0xfc, /* jmp to the out */
	0x90, 0x90, 0x90, 0x90,
	/* EXITS_UNRESERVED */
	0xb9, EXITS_OTHERS & 0xff, EXITS_OTHERS >> 8, /* mov cx, EXITS_OTHERS */
	0xe6, EXITS_PORT + 1, /* out EXITS_PORT + 1, al */
	0xe2, 0xfc, /* loop to the out */
	0xe6, EXITS_PORT, /* out EXITS_PORT, al */
	0xeb, 0xf5, /* jmp EXITS_UNRESERVED */
	0x90, 0x90, 0x90, 0x90, 0x90,
	/* EXITS_GATHERED */
	0xb9, EXITS_OTHERS & 0xff, EXITS_OTHERS >> 8, /* mov cx, EXITS_OTHERS */
	0xe6, EXITS_PORT + 2, /* out EXITS_PORT + 2, al */
	0xe2, 0xfc, /* loop to the out */
	0xe6, EXITS_PORT, /* out EXITS_PORT, al */
	0xeb, 0xf5, /* jmp EXITS_GATHERED */
	0x90, 0x90, 0x90, 0x90, 0x90,
	/* EXITS_TOUCH */
	0xbb, 0x00, 0x00, 0x00, 0x01, /* mov ebx, EXITS_TOUCH_AT */
	0xc6, 0x03, 0x01, /* mov byte [ebx], 1 */
	0x81, 0xc3, 0x00, 0x10, 0x00, 0x00, /* add ebx, 4096 */
	0x81, 0xfb, 0x00, 0x00, 0x00, 0x05, /* cmp ebx, the end */
	0x72, 0xef, /* jb to the mov */
	0xe6, EXITS_PORT, /* out EXITS_PORT, al */
	0xeb, 0xfe, /* jmp here */
};

/* For EXITS_TOUCH; sregs of a reset vCPU. */
static inline void exits_flat(struct kvm_sregs *sregs)
{
	struct kvm_segment code = {
		.limit = 0xffffffff,
		.selector = 8,
		.type = 11,
		.present = 1,
		.db = 1,
		.s = 1,
		.g = 1,
	};
	struct kvm_segment data = code;

	data.selector = 16;
	data.type = 3;
	sregs->cs = code;
	sregs->ds = data;
	sregs->es = data;
	sregs->ss = data;
	sregs->cr0 |= 1;
}

enum exits_how {
	EXITS_BY_LIBRARY, /* rvf_vcpu_resume() and rvf_vcpu_wait() */
	EXITS_BY_COMMAND, /* RVF_VCPU_RUN, nothing else */
	EXITS_UNDELIVERED, /* accesses that nobody reserved */
	EXITS_ASYNC, /* accesses that are gathered */
	EXITS_FIRST_TOUCH, /* no count: the guest writes to memory that is new */
};

struct exits_request {
	uint32_t how;
	uint32_t count; /* exits that are delivered */
};

struct exits_answer {
	int64_t ns; /* for all of them; below 0: a negative errno */
};

static inline uint64_t exits_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

#endif /* RVF_BENCH_EXITS_H */
