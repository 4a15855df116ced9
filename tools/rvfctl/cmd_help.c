// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "rvfctl.h"
#include "text.h"

static void print_option(const struct option_spec *option)
{
	char name[64];

	snprintf(name, sizeof(name), "%s%s%s", option->name, option->value ? " " : "",
		 option->value ? option->value : "");
	if (option->letter)
		printf("  -%c, --%-16s %s\n", option->letter, name, option->help);
	else
		printf("      --%-16s %s\n", name, option->help);
}

void print_help(const struct command *command)
{
	static const struct option_spec json = { 0, "json", NULL, "print JSON, schema 1" };
	static const struct option_spec quiet = { 'q', "quiet", NULL, "print failures only" };
	static const struct option_spec color = { 0, "color", "WHEN", "auto, always or never" };
	static const struct option_spec help = { 'h', "help", NULL, "this text" };
	const struct option_spec *option;

	printf("Usage: rvfctl %s [OPTION]...%s%s\n\n%s.\n\n", command->name,
	       *command->arguments ? " " : "", command->arguments, command->summary);
	for (option = command->options; option && option->name; option++)
		print_option(option);
	if (command->json)
		print_option(&json);
	if (command->quiet)
		print_option(&quiet);
	print_option(&color);
	print_option(&help);
	if (command->text)
		printf("\n%s", command->text);
	if (command->alias)
		printf("\nAlso: rvfctl %s\n", command->alias);
	puts("\nrvfctl(1) has the rest, the exit status among it.");
}

void print_commands(void)
{
	const struct command *const *at;
	const char *group = "";
	char usage[96];

	puts("Usage: rvfctl COMMAND [OPTION]... [ARGUMENT]...\n\n"
	     "Packs, signs and mounts packages, and shows what runs. A mount is a name,\n"
	     "not a directory: findmnt does not show it. Without a command: ls.");
	for (at = commands; *at; at++) {
		if (strcmp(group, (*at)->group)) {
			group = (*at)->group;
			printf("\n%s\n", group);
		}
		snprintf(usage, sizeof(usage), "%s %s", (*at)->name, (*at)->arguments);
		printf("  %-28s %s\n", usage, (*at)->summary);
	}
	puts("\nrvfctl COMMAND --help says more; -V, --version tells the version.");
}

static int run(const struct args *args)
{
	const struct command *command;
	int used = 0;

	if (!args->count) {
		print_commands();
		return RVFCTL_OK;
	}
	command = find_command(args->count, args->names, &used);
	if (!command || used != (int)args->count)
		return usage_error(NULL, "there is no command '%s%s%s'", args->names[0],
				   args->count > 1 ? " " : "",
				   args->count > 1 ? args->names[1] : "");
	print_help(command);
	return RVFCTL_OK;
}

const struct command cmd_help = {
	.name = "help",
	.arguments = "[COMMAND]",
	.most = 2,
	.group = "help",
	.summary = "Says what the commands do",
	.run = run,
};
