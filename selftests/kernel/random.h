/* SPDX-License-Identifier: GPL-2.0-only */
/* Random numbers that RVF_SEED=N repeats. */
#ifndef RVF_SELFTESTS_RANDOM_H
#define RVF_SELFTESTS_RANDOM_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static uint64_t random_state;

/* xorshift64: enough, and the same everywhere */
static inline uint32_t random32(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state >> 16;
}

static inline uint32_t below(uint32_t limit)
{
	return random32() % limit;
}

/* @number tells apart what runs in one program with one seed */
static inline void seed(uint64_t number)
{
	const char *given = getenv("RVF_SEED");

	random_state = given ? strtoull(given, NULL, 0) : time(NULL) * 1000003ull + getpid();
	fprintf(stderr, "# RVF_SEED=%llu\n", (unsigned long long)random_state);
	/* Never 0 */
	random_state = (random_state ^ number << 32) | 1;
}

#endif
