// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "exit.h"
#include "text.h"

static void *checked(void *memory)
{
	if (!memory) {
		fputs("rvfctl: there is no memory left [no-memory]\n", stderr);
		exit(RVFCTL_LIMIT);
	}
	return memory;
}

/* Zeroed. */
void *xalloc(size_t bytes)
{
	return checked(calloc(1, bytes ? bytes : 1));
}

/* Room for one more than @count; the array doubles when it is full. */
void *xgrow(void *old, size_t count, size_t each)
{
	if (count & (count - 1) || (count && count < 8))
		return old;
	return checked(reallocarray(old, count ? count * 2 : 8, each));
}

char *xstrndup(const char *text, size_t length)
{
	char *copy = xalloc(length + 1);

	if (length)
		memcpy(copy, text, length);
	return copy;
}

char *xstrdup(const char *text)
{
	return xstrndup(text, strlen(text));
}

char *xprintf(const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	return checked(text);
}
