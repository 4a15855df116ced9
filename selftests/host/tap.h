/* SPDX-License-Identifier: GPL-2.0-only */
/* Test results in the Test Anything Protocol, version 13. */
#ifndef HOST_TAP_H
#define HOST_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One program's, however many files it consists of */
__attribute__((weak)) unsigned int tap_points, tap_failures;

static inline void tap_begin(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("TAP version 13\n");
}

/* A test point. Returns @good, so that what rests on it can be left out. */
static inline __attribute__((format(printf, 2, 3))) bool tap_ok(bool good, const char *name, ...)
{
	va_list args;

	tap_points++;
	if (!good)
		tap_failures++;
	printf("%sok %u ", good ? "" : "not ", tap_points);
	va_start(args, name);
	vprintf(name, args);
	va_end(args);
	putchar('\n');
	return good;
}

/* Two numbers that must be equal; tells both when they are not. */
static inline bool tap_equal(long long got, long long wanted, const char *name)
{
	bool good = tap_ok(got == wanted, "%s", name);

	if (!good)
		printf("# got %lld, not %lld\n", got, wanted);
	return good;
}

/* What the rest cannot do without. */
static inline void tap_need(bool good, const char *what)
{
	if (good)
		return;
	printf("Bail out! %s\n", what);
	exit(1);
}

static inline int tap_end(void)
{
	printf("1..%u\n", tap_points);
	return tap_failures ? 1 : 0;
}

#endif /* HOST_TAP_H */
