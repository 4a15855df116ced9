/* SPDX-License-Identifier: GPL-2.0-only */
/* What the weather package's tasks begin with: a handle, or an end that says why. */
#ifndef RVF_PLUGINS_WEATHER_HANDLE_H
#define RVF_PLUGINS_WEATHER_HANDLE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <rvf/plugin.h>

static inline void die(const char *what, int err)
{
	const char *why = strerrordesc_np(-err);

	fprintf(stderr, "%s: %s\n", what, why ? why : "unknown error");
	exit(EXIT_FAILURE);
}

static inline int get(const char *name)
{
	int handle = rvf_get(name);

	if (handle < 0)
		die(name, handle);
	return handle;
}

#endif /* RVF_PLUGINS_WEATHER_HANDLE_H */
