// SPDX-License-Identifier: GPL-2.0-only
/* The terminal: whether there is one, how wide, and colour. */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "rvfctl.h"

static enum colour_mode mode = COLOUR_AUTO;
static bool mode_known;

bool set_colour(const char *when)
{
	static const char *const words[] = { "auto", "always", "never" };

	for (int i = 0; i < 3; i++) {
		if (!strcmp(when, words[i])) {
			mode = i;
			mode_known = true;
			return true;
		}
	}
	return false;
}

bool coloured(FILE *out)
{
	const char *said;

	if (!mode_known) {
		said = getenv("RVF_COLOR");
		if (!said || !set_colour(said)) {
			said = getenv("NO_COLOR");
			if (said && *said)
				mode = COLOUR_NEVER;
		}
		mode_known = true;
	}
	if (mode == COLOUR_AUTO)
		return isatty(fileno(out));
	return mode == COLOUR_ALWAYS;
}

const char *colour(FILE *out, const char *code)
{
	static char texts[4][8];
	static unsigned int next;

	if (!coloured(out))
		return "";
	next = (next + 1) % 4;
	snprintf(texts[next], sizeof(texts[next]), "\033[%sm", code);
	return texts[next];
}

const char *plain(FILE *out)
{
	return colour(out, "0");
}

size_t columns_of(FILE *out)
{
	struct winsize size;

	if (!isatty(fileno(out)) || ioctl(fileno(out), TIOCGWINSZ, &size))
		return 0;
	return size.ws_col;
}
