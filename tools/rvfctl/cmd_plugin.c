// SPDX-License-Identifier: GPL-2.0-only
/*
 * One plugin, without a recipe: a package is made around it, signed with a
 * developer's key and run here. The kernel sees a package like any other.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>
#include <rvf/key.h>
#include <rvf/manifest.h>
#include <rvf/package.h>

#include "commands.h"
#include "plugin_package.h"
#include "rvfctl.h"
#include "run_package.h"
#include "text.h"

/* What a plugin had in crosvm */
#define GRACE_MS     1000
#define GRACE_MAX_MS 600000
#define MEMORY	     (1ull << 30)

/* "SRC:DST", "SRC:DST:rw", or "SRC", which is there under the same name. */
static bool take_mount(struct plugin_package *package, const char *text)
{
	char *copy = xstrdup(text), *target = strchr(copy, ':'), *how = NULL;
	struct plugin_mount *mount;

	if (target) {
		*target++ = 0;
		how = strchr(target, ':');
	}
	if (how)
		*how++ = 0;
	if (!*copy || (target && !*target) || (how && strcmp(how, "rw") && strcmp(how, "ro"))) {
		free(copy);
		return false;
	}
	package->mounts = xgrow(package->mounts, package->n_mounts, sizeof(*package->mounts));
	mount = &package->mounts[package->n_mounts++];
	mount->source = copy;
	mount->target = target ?: copy;
	mount->writable = how && !strcmp(how, "rw");
	return true;
}

static int take_options(struct plugin_package *package, const struct args *args)
{
	const char *text = option_value(args, "cpus");
	uint64_t number = 1;
	size_t at = 0;

	if (text && (!parse_number(text, &number) || number > RVF_MAX_VCPUS))
		return usage_error(args->command, "--cpus is 0 (no VM) to %d", RVF_MAX_VCPUS);
	package->vcpus = number;
	package->memory = MEMORY;
	text = option_value(args, "memory");
	if (text && (!parse_size(text, &package->memory) || package->memory >> 40))
		return usage_error(args->command, "'%s' is not a size: 64M, 2G", text);
	text = option_value(args, "profile");
	if (!text || !strcmp(text, "crosvm"))
		package->profile = RVF_PROFILE_CROSVM;
	else if (!strcmp(text, "strict"))
		package->profile = RVF_PROFILE_STRICT;
	else
		return usage_error(args->command, "there is no profile '%s': strict, crosvm", text);
	package->tap = option_value(args, "tap");
	while ((text = option_next(args, "mount", &at))) {
		if (!take_mount(package, text))
			return usage_error(args->command,
					   "'%s' is no mount: SOURCE:TARGET, and :rw to write",
					   text);
	}
	package->path = args->names[0];
	package->args = (const char *const *)args->names + 1;
	package->n_args = args->count - 1;
	return RVFCTL_OK;
}

static int make_package(const struct plugin_package *package, const char *key, const char *file,
			struct rvf_error *e)
{
	struct rvf_package *loaded;
	int err = plugin_package_write(package, file, e);

	if (err)
		return err;
	err = rvf_package_load(&loaded, file, e);
	if (err)
		return err;
	err = rvf_sign(loaded, key, file, NULL, e);
	rvf_package_free(loaded);
	return err;
}

static int run_with(const struct args *args, const struct plugin_package *package, const char *key,
		    const char *file)
{
	struct run_options options = {
		.args = args,
		.file = file,
		.subject = package->path,
		.grace_ms = option_ms(args, "timeout", GRACE_MS, GRACE_MAX_MS),
		/* Its bytes could steer a terminal. */
		.raw = !isatty(STDOUT_FILENO) && !isatty(STDERR_FILENO),
		.own_policy = true,
	};
	struct rvf_error e = { 0 };

	if (make_package(package, key, file, &e))
		return fail_with(args, "file", package->path, &e, run_status(&e));
	return run_package(&options);
}

static int run(const struct args *args)
{
	const char *key = option_value(args, "key") ?: getenv("RVF_KEY");
	const char *place = getenv("TMPDIR");
	struct plugin_package package = { 0 };
	struct rvf_error e = { 0 };
	char *directory, *file;
	int status;

	if (!key || !*key)
		return usage_error(args->command, "plugin run needs --key FILE (or RVF_KEY)");
	status = take_options(&package, args);
	if (status)
		return status;
	directory = xprintf("%s/rvf-plugin.XXXXXX", place && *place ? place : "/tmp");
	if (!mkdtemp(directory)) {
		file_error(&e, errno, "written to");
		return fail_with(args, "file", directory, &e, RVFCTL_RUN_FAILED);
	}
	file = xprintf("%s/plugin.rvf", directory);
	status = run_with(args, &package, key, file);
	unlink(file);
	rmdir(directory);
	for (size_t i = 0; i < package.n_mounts; i++)
		free(package.mounts[i].source);
	free(package.mounts);
	free(file);
	free(directory);
	return status;
}

static const struct option_spec options[] = {
	{ 'c', "cpus", "N", "vCPUs of its VM, 0: no VM (1)" },
	{ 0, "key", "FILE", "a developer's private key (RVF_KEY)" },
	{ 0, "memory", "SIZE", "memory that it may give its guest (1G)" },
	{ 0, "mount", "SRC:DST[:rw]", "a file or directory for it; several times" },
	{ 0, "profile", "PROFILE", "strict or crosvm, which has /proc and /dev/null (crosvm)" },
	{ 0, "tap", "NAME", "a TAP device for it" },
	{ 0, "timeout", "TIME", "how long it may take to stop (1s)" },
	{ 0 },
};

const struct command cmd_plugin_run = {
	.name = "plugin run",
	.arguments = "PROGRAM [ARGS...]",
	.least = 1,
	.most = -1,
	.program = true,
	.quiet = true,
	.group = "run",
	.summary = "Runs one plugin, without a recipe",
	.options = options,
	.text = "What it writes is shown. Its key must be a developer's: rvfctl key add --developer.\n"
		"A program that is linked dynamically finds the host's libraries, read-only; the\n"
		"kernel then vouches for less: rvfctl explain relaxed. The exit status is the\n"
		"program's (a signal n: 128+n), else 125 rvfctl failed, 126 it was refused, 127\n"
		"there is no such file.\n",
	.run = run,
};
