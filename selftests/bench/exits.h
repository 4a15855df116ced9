/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Exits of a vCPU: the guest, and what the program that is measured and the
 * one that measures say to each other.
 */
#ifndef RVF_BENCH_EXITS_H
#define RVF_BENCH_EXITS_H

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
};

enum exits_how {
	EXITS_BY_LIBRARY, /* rvf_vcpu_resume() and rvf_vcpu_wait() */
	EXITS_BY_COMMAND, /* RVF_VCPU_RUN, nothing else */
	EXITS_UNDELIVERED, /* accesses that nobody reserved */
	EXITS_ASYNC, /* accesses that are gathered */
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
