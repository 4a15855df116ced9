/* SPDX-License-Identifier: GPL-2.0-only */
/* What the commands of rvfctl share. */
#ifndef RVFCTL_H
#define RVFCTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <rvf/error.h>

#include "exit.h"
#include "json_out.h"

/* ---- the command line */

/**
 * struct option_spec - An option of a command
 * @letter: 0: it has a long name only.
 * @name: The long name.
 * @value: What its value is called; NULL: it takes none.
 * @help: One line.
 */
struct option_spec {
	char letter;
	const char *name;
	const char *value;
	const char *help;
};

#define OPTIONS_MAX 12

struct args;

/**
 * struct command - A command of rvfctl
 * @name: One or two words.
 * @alias: Another name, or NULL.
 * @arguments: Behind the options in its usage line; "" for none.
 * @least: Fewest arguments.
 * @most: Most arguments; 0: as @least; -1: any number.
 * @program: The first argument is a program: all that follows is its own.
 * @json: Has --json.
 * @quiet: Has --quiet.
 * @group: Heading in the list of commands.
 * @summary: One line.
 * @options: Its own options, up to one without a name.
 * @text: More for --help, or NULL.
 * @run: Does it; returns enum rvf_exit.
 */
struct command {
	const char *name;
	const char *alias;
	const char *arguments;
	int least;
	int most;
	bool program;
	bool json;
	bool quiet;
	const char *group;
	const char *summary;
	const struct option_spec *options;
	const char *text;
	int (*run)(const struct args *args);
};

struct args {
	const struct command *command;
	bool json;
	bool quiet;
	const char *values[OPTIONS_MAX]; /* in the order of the options; "" if without */
	struct given {
		int option;
		const char *value;
	} * given; /* all values, in their order */
	size_t given_count;
	char **names;
	size_t count;
};

extern const struct command *const commands[];

/* args.c */
bool option_given(const struct args *args, const char *name);
const char *option_value(const struct args *args, const char *name);
/* The next value of an option that is given several times; @at begins at 0. */
const char *option_next(const struct args *args, const char *name, size_t *at);
/* Times such as 30s or 2m, in ms; ends the program when it is none. */
uint32_t option_ms(const struct args *args, const char *name, uint32_t otherwise, uint32_t most);
/* argv[0] is the first word behind the command; what is wrong is said. */
int args_parse(struct args *args, const struct command *command, int argc, char **argv);
void args_free(struct args *args);
int usage_error(const struct command *command, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* main.c */
const struct command *find_command(int argc, char **argv, int *words);

/* cmd_help.c */
void print_help(const struct command *command);
void print_commands(void);

/* ---- colour */

enum colour_mode {
	COLOUR_AUTO,
	COLOUR_ALWAYS,
	COLOUR_NEVER,
};

/* term.c */
bool set_colour(const char *when);
bool coloured(FILE *out);
#define RED    "31"
#define GREEN  "32"
#define YELLOW "33"
#define BOLD   "1"
/* The escape sequence for @code, or "" where there is no colour. */
const char *colour(FILE *out, const char *code);
const char *plain(FILE *out);
/* Columns of the terminal behind @out; 0: it is none. */
size_t columns_of(FILE *out);

/* ---- errors and results */

/* report.c */
enum rvf_exit exit_of(const struct rvf_error *e);
/* @subject: the file or mount that it is about, or NULL. Returns @status. */
int report(const char *subject, const struct rvf_error *e, int status);
/* The same as a document of its own too, when --json was given. */
int fail(const struct args *args, const char *subject_key, const char *subject,
	 const struct rvf_error *e);
int fail_with(const struct args *args, const char *subject_key, const char *subject,
	      const struct rvf_error *e, int status);
/* "NAME: cannot be opened" and so on for a file's errno. */
void file_error(struct rvf_error *e, int err, const char *doing);

/**
 * struct batch - Results of a command that takes several names
 *
 * It goes on after a failure. The exit status is the failures' common one, or
 * RVFCTL_FAIL when they differ.
 */
struct batch {
	const struct args *args;
	struct json json;
	const char *subject_key; /* "file" or "mount" */
	size_t failures;
	int status;
	struct rvf_error error; /* of the last failure, ... */
	const char *subject; /* ... and what it was about */
};

void batch_begin(struct batch *batch, const struct args *args, const char *kind,
		 const char *subject_key);
/* With --json: an object was begun, to be closed with json_close(). */
struct json *batch_item(struct batch *batch, const char *subject);
void batch_failed(struct batch *batch, const char *subject, const struct rvf_error *e, int status);
int batch_end(struct batch *batch);

#endif /* RVFCTL_H */
