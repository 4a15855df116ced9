// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a task's VM costs besides its exits: the first touch of the guest's
 * memory, and what a plugin that does nothing holds.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "charged.h"
#include "exits_task.h"
#include "raw_vm.h"

#define ROUNDS 5

static double touch_raw(void *data)
{
	double ns = raw_vm_first_touch(data);

	return ns < 0 ? ns : ns / 1e6;
}

static double touch_task(void *data)
{
	const struct exits_request request = { .how = EXITS_FIRST_TOUCH };
	int64_t ns = exits_task_ask(data, &request);

	return ns < 0 ? ns : ns / 1e6;
}

static void measure_touch(struct bench *bench)
{
	unsigned int first = bench->row_count;
	struct raw_vm raw = { .to = -1 };
	struct exits_task task;
	struct row *rows[2];
	cpu_set_t before;
	int err;

	sched_getaffinity(0, sizeof(before), &before);
	if (pin(0) < 0)
		return;
	rows[0] = row_add(bench, "first touch of 64 MiB, KVM_RUN", "ms", touch_raw, &raw);
	rows[1] = row_add(bench, "first touch of 64 MiB, RVF_VCPU_RUN", "ms", touch_task, &task);
	rows[1]->peer = rows[0];
	row_note(rows[0], "the guest writes to each of 16,384 pages that have no memory yet");
	err = raw_vm_make(&raw);
	if (err)
		row_skip(rows[0], "not measured: %s", strerror(-err));
	err = exits_task_start(&task, in_dir(bench, "touch.rvf"));
	if (err < 0)
		row_skip(rows[1], "not measured: %s", task.error.what);
	measure_rounds(bench, first, ROUNDS);
	exits_task_end(&task);
	sched_setaffinity(0, sizeof(before), &before);
}

/* ---- memory */

/* So many at once, since the cgroup counts in batches of pages. */
#define TASKS 8

/**
 * struct idle - The task, and where its memory goes
 * @package: Its package.
 * @before: What was charged without any, in the last round.
 * @after: Likewise with all of them.
 */
struct idle {
	const char *package;
	struct charges before;
	struct charges after;
};

static double idle_kib(void *data)
{
	struct exits_task tasks[TASKS];
	struct idle *idle = data;
	int count = 0, ret = charges_now(&idle->before);

	while (ret == 0 && count < TASKS)
		ret = exits_task_start(&tasks[count++], idle->package);
	if (ret == 0)
		ret = charges_now(&idle->after);
	while (count > 0)
		exits_task_end(&tasks[--count]);
	return ret < 0 ? ret : (idle->after.all - idle->before.all) / TASKS;
}

static void note_parts(struct row *row, const struct idle *idle)
{
	const struct charges *a = &idle->after, *b = &idle->before;
	double tables = a->page_tables - b->page_tables, stacks = a->stacks - b->stacks;
	double slab = a->slab - b->slab, kernel = a->kernel - b->kernel;

	if (!row->runs)
		return;
	row_note(row,
		 "anonymous %.0f, shared %.0f, page tables %.0f, kernel stacks %.0f, slab %.0f,"
		 " other of the kernel's %.0f KiB",
		 (a->anonymous - b->anonymous) / TASKS, (a->shared - b->shared) / TASKS,
		 tables / TASKS, stacks / TASKS, slab / TASKS,
		 (kernel - tables - stacks - slab) / TASKS);
}

static void measure_memory(struct bench *bench)
{
	unsigned int first = bench->row_count;
	struct idle idle = { .package = in_dir(bench, "exits.rvf") };
	struct row *row;
	int ret;

	row = row_add(bench, "memory of an idle plugin with a VM", "KiB", idle_kib, &idle);
	row_note(row, "one vCPU, 4 KiB for the guest, its mount included");
	ret = charges_begin();
	if (ret < 0)
		row_skip(row, "not measured: no cgroup: %s", strerror(-ret));
	measure_rounds(bench, first, ROUNDS);
	note_parts(row, &idle);
	charges_end();
}

void bench_guest(struct bench *bench)
{
	measure_touch(bench);
	measure_memory(bench);
}
