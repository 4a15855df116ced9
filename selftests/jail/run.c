// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "run.h"
#include "tap.h"

const char *inside_path;

void run_init(struct run *run, const char *command, const char *argument)
{
	memset(run, 0, sizeof(*run));
	rvf_process_config_init(&run->config);
	run->config.path = inside_path;
	run->argv[0] = "inside";
	run->argv[1] = (char *)command;
	run->argv[2] = (char *)argument;
	run->config.argv = run->argv;
	run->pipe[0] = -1;
	run->pipe[1] = -1;
}

int run_start(struct run *run)
{
	if (pipe2(run->pipe, O_CLOEXEC))
		return -errno;
	run->config.stdout_fd = run->pipe[1];
	if (run->config.stderr_fd < 0)
		run->config.stderr_fd = run->pipe[1];
	int err = rvf_process_spawn(&run->config, &run->process, &run->error);
	close(run->pipe[1]);
	run->pipe[1] = -1;
	if (err) {
		close(run->pipe[0]);
		run->process = NULL;
	}
	return err;
}

void run_end(struct run *run)
{
	size_t used = 0;
	ssize_t n;

	while (used < sizeof(run->output) - 1 &&
	       (n = read(run->pipe[0], run->output + used, sizeof(run->output) - 1 - used)) > 0)
		used += n;
	run->output[used] = '\0';
	close(run->pipe[0]);
	if (rvf_process_wait(run->process, 10000, &run->status))
		note("it did not end by itself");
	run->lacks = rvf_process_lacks(run->process);
	rvf_process_free(run->process, 0);
	run->process = NULL;
}

int run_all(struct run *run)
{
	int err = run_start(run);

	if (err)
		note("%s: %s; %s", run->error.slug, run->error.what, run->error.why);
	else
		run_end(run);
	return err;
}

const char *run_value(const struct run *run, const char *key)
{
	static char value[4096];
	size_t length = strlen(key);

	for (const char *line = run->output; *line;) {
		const char *end = strchrnul(line, '\n');

		if (!strncmp(line, key, length) && line[length] == '=') {
			snprintf(value, sizeof(value), "%.*s", (int)(end - line - length - 1),
				 line + length + 1);
			return value;
		}
		line = *end ? end + 1 : end;
	}
	return NULL;
}
