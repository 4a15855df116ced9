/* SPDX-License-Identifier: GPL-2.0-only */
/* The task of peer/exits.c, as its supervisor has it. */
#ifndef RVF_BENCH_EXITS_TASK_H
#define RVF_BENCH_EXITS_TASK_H

#include <stdint.h>
#include <rvf/error.h>

#include "exits.h"

struct rvf_process;

/**
 * struct exits_task - A task with one vCPU
 * @mount: Its mount.
 * @netns: Its network namespace.
 * @go: Takes requests.
 * @done: Gives answers.
 * @process: Its process.
 * @error: Why it could not be started.
 */
struct exits_task {
	int mount;
	int netns;
	int go;
	int done;
	struct rvf_process *process;
	struct rvf_error error;
};

/* 0 or a negative errno; whatever came of it, exits_task_end() comes last. */
int exits_task_start(struct exits_task *task, const char *package);
void exits_task_end(struct exits_task *task);
/* Nanoseconds that the request took, or a negative errno. */
int64_t exits_task_ask(struct exits_task *task, const struct exits_request *request);

#endif /* RVF_BENCH_EXITS_TASK_H */
