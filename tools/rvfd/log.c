// SPDX-License-Identifier: GPL-2.0-only
/*
 * What rvfd says, on stderr or to syslog.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>

#include "rvfd.h"

static bool use_syslog;
static bool use_prefix;

void log_open(bool to_syslog)
{
	use_syslog = to_syslog;
	/* The journal reads a level from the beginning of a line. */
	use_prefix = getenv("JOURNAL_STREAM") != NULL;
	if (to_syslog)
		openlog("rvfd", LOG_PID, LOG_DAEMON);
}

void log_say(enum log_level level, const char *format, ...)
{
	char text[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (use_syslog)
		syslog((int)level, "%s", text);
	else if (use_prefix)
		fprintf(stderr, "<%d>%s\n", (int)level, text);
	else
		fprintf(stderr, "rvfd: %s\n", text);
}

void log_error(const char *what, const struct rvf_error *e)
{
	log_say(LOG_LEVEL_ERROR, "%s%s%s%s%s%s%s", what, what[0] ? ": " : "", e->what,
		e->why[0] ? "; why: " : "", e->why, e->hint[0] ? "; try: " : "", e->hint);
}
