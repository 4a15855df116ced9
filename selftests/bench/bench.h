/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A row is something that is measured; a group of rows is measured in
 * interleaved rounds, so that what disturbs the machine disturbs all of them.
 *
 * To add rows: write a function like those at the end of this file in a file
 * of its own and name it in the table in main.c.
 */
#ifndef RVF_BENCH_H
#define RVF_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct row - What is measured
 * @name: For people, and the key in the JSON file.
 * @unit: Of the values: smaller is better.
 * @measure: Measures once: a value, or a negative errno. Called with @data.
 * @data: Whatever @measure needs.
 * @peer: The row that it is compared with, or NULL.
 * @target: What the ratio to the peer may be at the most; 0: none is set.
 * @minima: The ratio is of minima and not of medians: for what two processes
 *	do, which the scheduler scatters.
 * @note: What is said about the row; row_note() adds to it.
 * @values: What was measured.
 * @runs: How often.
 * @broken: It could not be measured; @note says why.
 */
struct row {
	const char *name;
	const char *unit;
	double (*measure)(void *data);
	void *data;
	struct row *peer;
	double target;
	bool minima;
	char note[1024];
	double *values;
	unsigned int runs;
	bool broken;
};

/**
 * struct bench - The programs's options and its rows
 * @dir: Where scripts/bench put packages, keys and peers.
 * @scale: Rounds are multiplied by it, in percent.
 * @instructions: The clock counts instructions: one is a nanosecond.
 */
struct bench {
	const char *dir;
	unsigned int scale;
	bool instructions;
	struct row *rows[64];
	unsigned int row_count;
};

struct row *row_add(struct bench *bench, const char *name, const char *unit,
		    double (*measure)(void *data), void *data);
__attribute__((format(printf, 2, 3))) void row_note(struct row *row, const char *format, ...);
/* The row is kept, and shown without values: nothing is made up. Its note says why. */
__attribute__((format(printf, 2, 3))) void row_skip(struct row *row, const char *format, ...);

/* Measures the rows from number first on, after one round that does not count. */
void measure_rounds(struct bench *bench, unsigned int first, unsigned int rounds);

double row_median(const struct row *row);
double row_min(const struct row *row);
double row_max(const struct row *row);
/* To the peer, below 0: there is none. */
double row_ratio(const struct row *row);
double row_ratio_min(const struct row *row);
double row_ratio_median(const struct row *row);

void print_table(const struct bench *bench);
int write_json(const struct bench *bench, const char *path);

uint64_t now_ns(void);
/* Runs this process on one CPU only; 0 or a negative errno. */
int pin(int cpu);
/* The path of a file in bench->dir; not to be freed. */
const char *in_dir(const struct bench *bench, const char *name);

/* The groups: each adds its rows and measures them. */
void bench_mount(struct bench *bench);
void bench_crowd(struct bench *bench);
void bench_handles(struct bench *bench);
void bench_queue(struct bench *bench);
void bench_spawn(struct bench *bench);
void bench_vcpu(struct bench *bench);
void bench_guest(struct bench *bench);

#endif /* RVF_BENCH_H */
