// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdio.h>

#include "tap.h"

static int points, failed;

bool ok(bool passed, const char *name, ...)
{
	va_list arguments;

	if (!points)
		puts("TAP version 13");
	printf("%s %d ", passed ? "ok" : "not ok", ++points);
	va_start(arguments, name);
	vprintf(name, arguments);
	va_end(arguments);
	putchar('\n');
	fflush(stdout);
	failed += !passed;
	return passed;
}

void skip(const char *why, const char *name)
{
	ok(true, "%s # SKIP %s", name, why);
}

void note(const char *format, ...)
{
	va_list arguments;

	printf("# ");
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
}

int done(void)
{
	printf("1..%d\n", points);
	return failed ? 1 : 0;
}
