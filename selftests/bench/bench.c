// SPDX-License-Identifier: GPL-2.0-only
/* Rows: measuring them and computing with their values. */
#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"

uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

int pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) < 0 ? -errno : 0;
}

const char *in_dir(const struct bench *bench, const char *name)
{
	char *path;

	if (asprintf(&path, "%s/%s", bench->dir, name) < 0)
		abort();
	return path;
}

struct row *row_add(struct bench *bench, const char *name, const char *unit,
		    double (*measure)(void *data), void *data)
{
	struct row *row = calloc(1, sizeof(*row));

	if (!row || bench->row_count == sizeof(bench->rows) / sizeof(bench->rows[0]))
		abort();
	row->name = name;
	row->unit = unit;
	row->measure = measure;
	row->data = data;
	bench->rows[bench->row_count++] = row;
	return row;
}

void row_note(struct row *row, const char *format, ...)
{
	size_t used = strlen(row->note);
	va_list args;

	if (used && used + 2 < sizeof(row->note)) {
		strcpy(row->note + used, "; ");
		used += 2;
	}
	va_start(args, format);
	vsnprintf(row->note + used, sizeof(row->note) - used, format, args);
	va_end(args);
}

void row_skip(struct row *row, const char *format, ...)
{
	va_list args;

	if (row->broken)
		return;
	row->broken = true;
	row->runs = 0;
	va_start(args, format);
	vsnprintf(row->note, sizeof(row->note), format, args);
	va_end(args);
}

static void measure(struct row *row, bool keep)
{
	double value;

	if (row->broken)
		return;
	value = row->measure(row->data);
	if (value < 0) {
		row_skip(row, "not measured: %s", strerror(-(int)value));
		return;
	}
	if (!keep)
		return;
	row->values = reallocarray(row->values, row->runs + 1, sizeof(*row->values));
	if (!row->values)
		abort();
	row->values[row->runs++] = value;
}

void measure_rounds(struct bench *bench, unsigned int first, unsigned int rounds)
{
	unsigned int count = bench->row_count - first, round, i;

	rounds = rounds * bench->scale / 100;
	if (rounds < 3)
		rounds = 3;
	/* None of them always follows the same one. */
	for (round = 0; round <= rounds; round++)
		for (i = 0; i < count; i++)
			measure(bench->rows[first + (round + i) % count], round > 0);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

double row_median(const struct row *row)
{
	double *sorted = malloc(row->runs * sizeof(*sorted));
	double median;

	if (!sorted)
		abort();
	memcpy(sorted, row->values, row->runs * sizeof(*sorted));
	qsort(sorted, row->runs, sizeof(*sorted), compare);
	median = (sorted[(row->runs - 1) / 2] + sorted[row->runs / 2]) / 2;
	free(sorted);
	return median;
}

double row_min(const struct row *row)
{
	double min = row->values[0];
	unsigned int i;

	for (i = 1; i < row->runs; i++)
		if (row->values[i] < min)
			min = row->values[i];
	return min;
}

double row_max(const struct row *row)
{
	double max = row->values[0];
	unsigned int i;

	for (i = 1; i < row->runs; i++)
		if (row->values[i] > max)
			max = row->values[i];
	return max;
}

static bool comparable(const struct row *row)
{
	return row->peer && row->runs && row->peer->runs;
}

double row_ratio_min(const struct row *row)
{
	return comparable(row) ? row_min(row) / row_min(row->peer) : -1;
}

double row_ratio_median(const struct row *row)
{
	return comparable(row) ? row_median(row) / row_median(row->peer) : -1;
}

double row_ratio(const struct row *row)
{
	return row->minima ? row_ratio_min(row) : row_ratio_median(row);
}
