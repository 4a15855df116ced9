// SPDX-License-Identifier: GPL-2.0-only
/*
 * An exit of a vCPU: one port access of a guest, until the guest goes on.
 * With KVM's own interface, through the module, and forwarded to a second
 * process by two pipes; and accesses that the module completes by itself.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rvf/process.h>

#include "bench.h"
#include "exits.h"
#include "exits_task.h"
#include "raw_vm.h"

#define EXITS  1000
#define ROUNDS 21

/* What the values are in; where instructions are counted, each is one ns. */
static const char *unit = "us";
static double unit_ns = 1000;

struct request {
	struct exits_task *task;
	enum exits_how how;
};

/* For one exit, or for one access that was none */
static double measure_task(void *data)
{
	const struct request *request = data;
	bool others = request->how == EXITS_UNDELIVERED || request->how == EXITS_ASYNC;
	struct exits_request message = { .how = request->how, .count = EXITS };
	int64_t ns;

	if (others)
		message.count = EXITS / EXITS_OTHERS ? EXITS / EXITS_OTHERS : 1;
	ns = exits_task_ask(request->task, &message);
	if (ns < 0)
		return ns;
	return (double)ns / message.count / (others ? EXITS_OTHERS + 1 : 1) / unit_ns;
}

static double measure_raw(void *data)
{
	double ns = raw_vm_exits(data, EXITS);

	return ns < 0 ? ns : ns / EXITS / unit_ns;
}

static struct row *add_task(struct bench *bench, const char *name, struct exits_task *task,
			    enum exits_how how, struct row *peer, double target)
{
	struct request *request = calloc(1, sizeof(*request));
	struct row *row;

	if (!request)
		abort();
	request->task = task;
	request->how = how;
	row = row_add(bench, name, unit, measure_task, request);
	row->peer = peer;
	row->target = target;
	return row;
}

static void note_added(struct row *row)
{
	if (row->runs && row->peer->runs)
		row_note(row, "adds %.2f %s to the median and %.2f to the minimum",
			 row_median(row) - row_median(row->peer), row->unit,
			 row_min(row) - row_min(row->peer));
}

/* What a task's jail costs at each system call is not the module's. */
static int make_filtered(struct raw_vm *vm)
{
	struct rvf_process_config config;
	struct rvf_error e;
	void *filter;
	size_t count;
	int ret;

	rvf_process_config_init(&config);
	config.vm = true;
	ret = rvf_process_filter_for(&config, &filter, &count, &e);
	if (ret < 0)
		return ret;
	ret = raw_vm_make_filtered(vm, filter, count);
	free(filter);
	return ret;
}

void bench_vcpu(struct bench *bench)
{
	struct exits_task task;
	struct raw_vm raw = { .to = -1 }, filtered = { .to = -1 }, forwarded = { .to = -1 };
	struct row *rows[7], *piped;
	cpu_set_t before;
	unsigned int i;
	int err;

	if (bench->instructions) {
		unit = "insn";
		unit_ns = 1;
	}
	sched_getaffinity(0, sizeof(before), &before);
	if (pin(0) < 0)
		return;
	i = bench->row_count;
	rows[0] = row_add(bench, "vCPU exit, KVM_RUN", unit, measure_raw, &raw);
	rows[1] = row_add(bench, "vCPU exit forwarded by pipes", unit, measure_raw, &forwarded);
	rows[5] = row_add(bench, "vCPU exit, KVM_RUN with a filter", unit, measure_raw, &filtered);
	rows[2] = add_task(bench, "vCPU exit, RVF_VCPU_RUN", &task, EXITS_BY_COMMAND, rows[5],
			   bench->instructions ? 0 : 1.05);
	rows[3] = add_task(bench, "vCPU exit, librvf-plugin", &task, EXITS_BY_LIBRARY, rows[5], 0);
	rows[4] = add_task(bench, "unreserved access", &task, EXITS_UNDELIVERED, rows[0], 0.92);
	rows[6] = add_task(bench, "async write", &task, EXITS_ASYNC, rows[0], 0.92);
	rows[5]->peer = rows[0];
	row_note(rows[5], "the system call filter of tasks");
	rows[1]->peer = rows[0];
	rows[1]->minima = true;
	row_note(rows[0], "port access of one byte; all processes on one CPU, %d exits in a run",
		 EXITS);
	row_note(rows[1], "64 bytes to a second process and 64 back for each exit");
	piped = add_task(bench, "vCPU exit against pipes", &task, EXITS_BY_COMMAND, rows[1], 0.5);
	piped->minima = true;

	err = raw_vm_make(&raw);
	if (err)
		row_skip(rows[0], "not measured: %s", strerror(-err));
	err = raw_vm_make(&forwarded);
	if (!err)
		err = raw_vm_forward(&forwarded);
	if (err)
		row_skip(rows[1], "not measured: %s", strerror(-err));
	err = make_filtered(&filtered);
	if (err)
		row_skip(rows[5], "not measured: %s", strerror(-err));
	err = exits_task_start(&task, in_dir(bench, "exits.rvf"));
	if (err < 0) {
		row_skip(rows[2], "not measured: %s", task.error.what);
		row_skip(rows[3], "not measured: %s", task.error.what);
		row_skip(rows[4], "not measured: %s", task.error.what);
		row_skip(rows[6], "not measured: %s", task.error.what);
		row_skip(piped, "not measured: %s", task.error.what);
	}
	measure_rounds(bench, i, ROUNDS);
	note_added(rows[5]);
	note_added(rows[2]);
	note_added(rows[3]);

	/* The later one has the earlier one's pipes. */
	raw_vm_end(&filtered);
	raw_vm_end(&forwarded);
	exits_task_end(&task);
	sched_setaffinity(0, sizeof(before), &before);
}
