/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs build/selftests/jail/inside in a jail, and reads what it says. */
#ifndef JAIL_RUN_H
#define JAIL_RUN_H

#include <rvf/process.h>

#define OUTPUT_BYTES (64 << 10)

/**
 * struct run - A run of it
 * @config: May be changed between run_init() and run_start().
 * @argv: Its arguments.
 * @process: The process.
 * @status: Its end, after run_end().
 * @output: What it wrote, after run_end().
 * @error: What went wrong, if it did.
 * @pipe: Its standard output.
 */
struct run {
	struct rvf_process_config config;
	char *argv[8];
	struct rvf_process *process;
	struct rvf_process_status status;
	__u32 lacks;
	char output[OUTPUT_BYTES];
	struct rvf_error error;
	int pipe[2];
};

extern const char *inside_path;

void run_init(struct run *run, const char *command, const char *argument);
int run_start(struct run *run);
void run_end(struct run *run);
/* All of these: 0, or what starting it returned. */
int run_all(struct run *run);
/* The value of KEY=VALUE in the output; NULL: there is none. */
const char *run_value(const struct run *run, const char *key);

#endif /* JAIL_RUN_H */
