// SPDX-License-Identifier: LGPL-2.1-or-later
/* Errors: filling them in. The texts are in error_text.c. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <rvf/error.h>

int rvf_error_set(struct rvf_error *e, int err, const char *slug, const char *what, ...)
{
	va_list args;

	if (!e)
		return -err;
	memset(e, 0, sizeof(*e));
	e->err = err;
	snprintf(e->slug, sizeof(e->slug), "%s", slug);
	va_start(args, what);
	vsnprintf(e->what, sizeof(e->what), what, args);
	va_end(args);
	return -err;
}

void rvf_error_why(struct rvf_error *e, const char *format, ...)
{
	va_list args;

	if (!e)
		return;
	va_start(args, format);
	vsnprintf(e->why, sizeof(e->why), format, args);
	va_end(args);
}

void rvf_error_hint(struct rvf_error *e, const char *format, ...)
{
	va_list args;

	if (!e)
		return;
	va_start(args, format);
	vsnprintf(e->hint, sizeof(e->hint), format, args);
	va_end(args);
}

/* The stable words of system errors that people meet. */
static const char *system_slug(int err)
{
	switch (err) {
	case ENOENT:
		return "not-found";
	case EEXIST:
		return "exists";
	case EACCES:
	case EPERM:
		return "denied";
	case ENOMEM:
		return "no-memory";
	case ENOSPC:
	case EDQUOT:
		return "no-space";
	default:
		return "system";
	}
}

int rvf_error_system(struct rvf_error *e, int err, const char *what, ...)
{
	va_list args;

	if (!e)
		return -err;
	memset(e, 0, sizeof(*e));
	e->err = err;
	snprintf(e->slug, sizeof(e->slug), "%s", system_slug(err));
	va_start(args, what);
	vsnprintf(e->what, sizeof(e->what), what, args);
	va_end(args);
	rvf_error_why(e, "%s", strerror(err));
	if (err == EACCES || err == EPERM)
		rvf_error_hint(e, "run it as root");
	return -err;
}
