/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * /proc/thread-self/fail-nth: the how-manieth allocation, or copy from or to
 * userspace, of a thread is to fail. For the tests and for plugin_proxy, which
 * has no libc; so each says how it makes a system call.
 */
#ifndef RVF_SELFTESTS_NTH_H
#define RVF_SELFTESTS_NTH_H

#include <asm/unistd.h>
#include <stdbool.h>

/* Returns a negative errno when it fails */
typedef long (*nth_syscall)(long number, long a, long b, long c, long d, long e, long f);

/* @file: fail-nth of the thread that calls; @n from 1 */
static inline void nth_arm(nth_syscall call, int file, unsigned int n)
{
	char text[12], *at = text + sizeof(text);

	do {
		*--at = '0' + n % 10;
	} while (n /= 10);
	call(__NR_pwrite64, file, (long)at, text + sizeof(text) - at, 0, 0, 0);
}

/* Whether it came to pass since nth_arm() */
static inline bool nth_disarm(nth_syscall call, int file)
{
	char text[12] = "";
	long length = call(__NR_pread64, file, (long)text, sizeof(text), 0, 0, 0);
	bool hit = length == 2 && text[0] == '0';

	/* Reading it and writing to it copy too, and so may be what fails. */
	if (call(__NR_pwrite64, file, (long)"0", 1, 0, 0, 0) != 1)
		call(__NR_pwrite64, file, (long)"0", 1, 0, 0, 0);
	return hit;
}

#endif
