// SPDX-License-Identifier: GPL-2.0-only
/*
 * Options and names of a command. Long options are not abbreviated: a script
 * that uses an abbreviation would break when another option is added.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rvfctl.h"
#include "text.h"

static int find_option(const struct command *command, const char *name)
{
	for (int i = 0; command->options && command->options[i].name; i++) {
		if (!strcmp(command->options[i].name, name))
			return i;
	}
	return -1;
}

bool option_given(const struct args *args, const char *name)
{
	return option_value(args, name);
}

const char *option_value(const struct args *args, const char *name)
{
	int i = find_option(args->command, name);

	return i < 0 ? NULL : args->values[i];
}

const char *option_next(const struct args *args, const char *name, size_t *at)
{
	int option = find_option(args->command, name);

	while (*at < args->given_count) {
		const struct given *given = &args->given[(*at)++];

		if (given->option == option)
			return given->value;
	}
	return NULL;
}

static void take_value(struct args *args, int option, const char *value)
{
	args->values[option] = value;
	args->given = xgrow(args->given, args->given_count, sizeof(*args->given));
	args->given[args->given_count++] = (struct given){ option, value };
}

uint32_t option_ms(const struct args *args, const char *name, uint32_t otherwise, uint32_t most)
{
	const char *text = option_value(args, name);
	uint64_t ms;

	if (!text)
		return otherwise;
	/* a bare number is of seconds, as for timeout(1) */
	if (parse_number(text, &ms)) {
		if (__builtin_mul_overflow(ms, 1000, &ms))
			ms = UINT64_MAX;
	} else if (!parse_duration(text, &ms)) {
		exit(usage_error(args->command, "'%s' is not a time: 500ms, 10s, 2m", text));
	}
	if (ms > most)
		exit(usage_error(args->command, "--%s is at most %us", name, most / 1000));
	return ms;
}

int usage_error(const struct command *command, const char *format, ...)
{
	struct rvf_error e = { .err = 0 };
	va_list args;

	va_start(args, format);
	vsnprintf(e.what, sizeof(e.what), format, args);
	va_end(args);
	strcpy(e.slug, "usage");
	if (command)
		snprintf(e.hint, sizeof(e.hint), "rvfctl help %s", command->name);
	else
		strcpy(e.hint, "rvfctl help");
	return report(NULL, &e, RVFCTL_USAGE);
}

static int unknown_option(const struct command *command, const char *text)
{
	const char *names[OPTIONS_MAX + 4], *like;
	size_t n = 0;

	for (int i = 0; command->options && command->options[i].name; i++)
		names[n++] = command->options[i].name;
	names[n++] = "help";
	if (command->json)
		names[n++] = "json";
	if (command->quiet)
		names[n++] = "quiet";
	like = text[1] == '-' ? suggest(text + 2, names, n) : NULL;
	if (like)
		return usage_error(command, "%s has no option %s; did you mean --%s?",
				   command->name, text, like);
	return usage_error(command, "%s has no option %s", command->name, text);
}

enum {
	PARSED = -1,
	HELPED = -2
};

/* Options that all commands have. */
static int common_option(struct args *args, const char *name, const char *value)
{
	const struct command *command = args->command;

	if (!strcmp(name, "help") && !value) {
		print_help(command);
		return HELPED;
	}
	if (command->json && !strcmp(name, "json")) {
		if (value && strcmp(value, "1"))
			return usage_error(command, "there is JSON schema 1, and no '%s'", value);
		args->json = true;
		return PARSED;
	}
	if (command->quiet && !strcmp(name, "quiet") && !value) {
		args->quiet = true;
		return PARSED;
	}
	if (!strcmp(name, "color") && value) {
		if (set_colour(value))
			return PARSED;
		return usage_error(command, "--color is auto, always or never");
	}
	return RVFCTL_OK;
}

static int long_option(struct args *args, char **word, char **end, int *used)
{
	const struct command *command = args->command;
	char *name = xstrdup(*word + 2), *value = strchr(name, '=');
	int option, result;

	*used = 1;
	if (value)
		*value++ = 0;
	result = common_option(args, name, value ? strchr(*word, '=') + 1 : NULL);
	if (result == RVFCTL_OK) {
		option = find_option(command, name);
		result = PARSED;
		if (option < 0) {
			result = unknown_option(command, *word);
		} else if (!command->options[option].value) {
			if (value)
				result = usage_error(command, "--%s takes no value", name);
			args->values[option] = "";
		} else if (value) {
			take_value(args, option, strchr(*word, '=') + 1);
		} else if (word + 1 < end) {
			take_value(args, option, word[1]);
			*used = 2;
		} else {
			result = usage_error(command, "--%s needs a %s", name,
					     command->options[option].value);
		}
	}
	free(name);
	return result;
}

static int letters(struct args *args, char **word, char **end, int *used)
{
	const struct command *command = args->command;
	const struct option_spec *spec;
	const char *at;
	int i;

	*used = 1;
	for (at = *word + 1; *at; at++) {
		if (*at == 'h') {
			print_help(command);
			return HELPED;
		}
		if (*at == 'q' && command->quiet) {
			args->quiet = true;
			continue;
		}
		for (i = 0; command->options && command->options[i].name; i++) {
			if (command->options[i].letter == *at)
				break;
		}
		if (!command->options || !command->options[i].name)
			return usage_error(command, "%s has no option -%c", command->name, *at);
		spec = &command->options[i];
		args->values[i] = "";
		if (!spec->value)
			continue;
		if (at[1]) {
			take_value(args, i, at + 1);
		} else if (word + 1 < end) {
			take_value(args, i, word[1]);
			*used = 2;
		} else {
			return usage_error(command, "-%c needs a %s", *at, spec->value);
		}
		break;
	}
	return PARSED;
}

static void add_name(struct args *args, const char *name, size_t length)
{
	args->names = xgrow(args->names, args->count, sizeof(*args->names));
	args->names[args->count++] = xstrndup(name, length);
}

/* "-": names from standard input, one for each line. */
static void names_from_input(struct args *args)
{
	size_t room = 0;
	char *line = NULL;
	ssize_t length;

	while ((length = getline(&line, &room, stdin)) > 0) {
		if (line[length - 1] == '\n')
			length--;
		if (length)
			add_name(args, line, length);
	}
	free(line);
}

static int check_count(const struct args *args)
{
	const struct command *command = args->command;
	int count = args->count, most = command->most ? command->most : command->least;

	if (count < command->least)
		return usage_error(command, "%s needs %s", command->name, command->arguments);
	if (most >= 0 && count > most)
		return usage_error(command, "%s takes no further argument '%s'", command->name,
				   args->names[most]);
	return PARSED;
}

/* RVFCTL_USAGE, or 0; below 0: help was given. */
int args_parse(struct args *args, const struct command *command, int argc, char **argv)
{
	char **word = argv, **end = argv + argc;
	bool only_names = false;
	int result, used;

	args->command = command;
	for (; word < end; word += used) {
		used = 1;
		if (only_names || **word != '-') {
			add_name(args, *word, strlen(*word));
			only_names |= command->program;
			continue;
		}
		if (!strcmp(*word, "--")) {
			only_names = true;
			continue;
		}
		if (!strcmp(*word, "-")) {
			if (command->most < 0)
				names_from_input(args);
			else
				add_name(args, "-", 1);
			continue;
		}
		if (word[0][1] == '-')
			result = long_option(args, word, end, &used);
		else
			result = letters(args, word, end, &used);
		if (result != PARSED)
			return result == HELPED ? -1 : result;
	}
	result = check_count(args);
	return result == PARSED ? 0 : result;
}

void args_free(struct args *args)
{
	for (size_t i = 0; i < args->count; i++)
		free(args->names[i]);
	free(args->names);
	free(args->given);
}
