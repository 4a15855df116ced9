// SPDX-License-Identifier: GPL-2.0-only
/* What the word in brackets of an error, or another word of rvf, means. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "explain.h"
#include "rvfctl.h"
#include "text.h"

static int run(const struct args *args)
{
	const char *wanted = args->names[0], *like, *text;
	size_t length = strlen(wanted), i;
	const char **names;

	/* as it stands in an error: [unsigned] */
	if (length > 2 && wanted[0] == '[' && wanted[length - 1] == ']') {
		args->names[0][length - 1] = 0;
		wanted++;
	}
	text = explain_word(wanted);
	if (text) {
		puts(text);
		return RVFCTL_OK;
	}
	names = xalloc(n_explained * sizeof(*names));
	for (i = 0; i < n_explained; i++)
		names[i] = explained[i].name;
	like = suggest(wanted, names, n_explained);
	free(names);
	if (like)
		return usage_error(args->command, "'%s' is not explained; did you mean '%s'?",
				   wanted, like);
	return usage_error(args->command, "'%s' is not explained", wanted);
}

const struct command cmd_explain = {
	.name = "explain",
	.arguments = "WORD",
	.least = 1,
	.group = "help",
	.summary = "Says what a word means",
	.text = "WORD is what stands in brackets in an error, such as unsigned, or a word of\n"
		"rvf, such as region.\n",
	.run = run,
};
