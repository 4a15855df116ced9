// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <unistd.h>

#include "commands.h"
#include "run_package.h"
#include "rvfctl.h"

#define GRACE_MS     10000
#define GRACE_MAX_MS 600000

static int run(const struct args *args)
{
	const struct run_options options = {
		.args = args,
		.file = args->names[0],
		.subject = args->names[0],
		.grace_ms = option_ms(args, "timeout", GRACE_MS, GRACE_MAX_MS),
		.raw = option_given(args, "raw"),
	};

	if (options.raw && isatty(STDOUT_FILENO))
		return usage_error(args->command,
				   "--raw does not write to a terminal, which it could steer");
	return run_package(&options);
}

static const struct option_spec options[] = {
	{ 0, "raw", NULL, "the tasks' bytes as they are; not to a terminal" },
	{ 0, "timeout", "TIME", "how long tasks may take to stop (10s)" },
	{ 0 },
};

const struct command cmd_run = {
	.name = "run",
	.arguments = "FILE",
	.least = 1,
	.quiet = true,
	.group = "run",
	.summary = "Runs a package here, nameless, without rvfd",
	.options = options,
	.text = "What the tasks write is shown. Ctrl-C stops them, a second one at once. The exit\n"
		"status is that of the first task that failed (a signal n: 128+n), else 125\n"
		"rvfctl failed, 126 the package was refused, 127 there is no such file.\n",
	.run = run,
};
