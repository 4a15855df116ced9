/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RVF_SELFTESTS_UTIL_STALL_H
#define RVF_SELFTESTS_UTIL_STALL_H

#include "util.h"

/*
 * Memory whose first access, the kernel's too, waits until the test lets it go
 * on: what a hostile process makes of a pointer that it gives to a command.
 */
struct stall {
	int uffd;
	uint8_t *page;
};

void stall_begin(struct stall *stall);
/* Is somebody waiting there, within @ms? */
bool stall_hit(struct stall *stall, int ms);
/* The page is there now, with this byte all over */
void stall_release(struct stall *stall, uint8_t byte);
void stall_end(struct stall *stall);

#endif
