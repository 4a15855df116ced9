// SPDX-License-Identifier: GPL-2.0-only
/* rvfctl: packages, keys and mounts from the command line. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "rvfctl.h"
#include "text.h"

const struct command *const commands[] = {
	&cmd_pack,
	&cmd_sign,
	&cmd_verify,
	&cmd_inspect,
	&cmd_key_gen,
	&cmd_key_add,
	&cmd_key_list,
	&cmd_mount,
	&cmd_umount,
	&cmd_exchange,
	&cmd_run,
	&cmd_plugin_run,
	&cmd_ls,
	&cmd_ps,
	&cmd_logs,
	&cmd_witness_show,
	&cmd_witness_follow,
	&cmd_witness_export,
	&cmd_witness_verify,
	&cmd_help,
	&cmd_explain,
	NULL,
};

static bool two_words(const char *name, const char *first, const char *second)
{
	size_t length = strlen(first);

	return !strncmp(name, first, length) && name[length] == ' ' &&
	       !strcmp(name + length + 1, second);
}

/* @words: how many of the words are the command's name. */
const struct command *find_command(int argc, char **argv, int *words)
{
	const struct command *const *at;

	for (at = commands; argc && *at; at++) {
		*words = 1;
		if (!strcmp((*at)->name, argv[0]) ||
		    ((*at)->alias && !strcmp((*at)->alias, argv[0])))
			return *at;
		*words = 2;
		if (argc > 1 && two_words((*at)->name, argv[0], argv[1]))
			return *at;
	}
	return NULL;
}

static int unknown_command(int argc, char **argv)
{
	const char *names[32], *like;
	struct rvf_error e = { .err = 0 };
	const struct command *const *at;
	size_t n = 0, length = strlen(argv[0]);
	bool group = false;
	char *both;

	strcpy(e.slug, "usage");
	strcpy(e.hint, "rvfctl help");
	for (at = commands; *at; at++) {
		names[n++] = (*at)->name;
		if ((*at)->alias)
			names[n++] = (*at)->alias;
		group |= !strncmp((*at)->name, argv[0], length) && (*at)->name[length] == ' ';
	}
	if (group && argc == 1) {
		snprintf(e.what, sizeof(e.what), "%s what?", argv[0]);
	} else {
		both = group ? xprintf("%s %s", argv[0], argv[1]) : xstrdup(argv[0]);
		snprintf(e.what, sizeof(e.what), "there is no command '%s'", both);
		like = suggest(both, names, n);
		if (!strcmp(both, "log"))
			strcpy(e.hint, "rvfctl logs, for the tasks' output");
		else if (like)
			snprintf(e.hint, sizeof(e.hint), "did you mean '%s'?", like);
		free(both);
	}
	return report(NULL, &e, RVFCTL_USAGE);
}

/* What is said before the command belongs to it as much as what follows. */
static int leading_options(int argc, char **argv, bool *version, bool *help)
{
	int n;

	*version = false;
	*help = false;
	for (n = 0; n < argc && argv[n][0] == '-'; n++) {
		*version |= !strcmp(argv[n], "-V") || !strcmp(argv[n], "--version");
		*help |= !strcmp(argv[n], "-h") || !strcmp(argv[n], "--help");
		if (!strcmp(argv[n], "--color") && n + 1 < argc)
			n++;
	}
	return n;
}

static int run_command(const struct command *command, int argc, char **argv)
{
	struct args args = { 0 };
	int result = args_parse(&args, command, argc, argv);

	if (result >= 0) {
		if (result == RVFCTL_OK)
			result = command->run(&args);
	} else {
		result = RVFCTL_OK;
	}
	args_free(&args);
	if (fflush(stdout) || ferror(stdout)) {
		perror("rvfctl: standard output");
		return result == RVFCTL_OK ? RVFCTL_FAIL : result;
	}
	return result;
}

int main(int argc, char **argv)
{
	const struct command *command = &cmd_ls;
	bool version, help;
	char **words;
	int leading, used = 0, result;

	argc--;
	argv++;
	leading = leading_options(argc, argv, &version, &help);
	if (version) {
		puts("rvfctl " RVF_VERSION);
		return RVFCTL_OK;
	}
	if (help && leading == argc) {
		print_commands();
		return RVFCTL_OK;
	}
	/* "rvfctl" alone shows what is mounted */
	if (leading < argc) {
		command = find_command(argc - leading, argv + leading, &used);
		if (!command)
			return unknown_command(argc - leading, argv + leading);
	}
	words = xalloc((argc + 1) * sizeof(*words));
	memcpy(words, argv, leading * sizeof(*words));
	memcpy(words + leading, argv + leading + used, (argc - leading - used) * sizeof(*words));
	result = run_command(command, argc - used, words);
	free(words);
	return result;
}
