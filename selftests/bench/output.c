// SPDX-License-Identifier: GPL-2.0-only
/* The rows as a table for people and as JSON for programs. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "bench.h"

static void print_target(const struct row *row, double ratio)
{
	if (row->target <= 0)
		printf("  -\n");
	else if (ratio < 0)
		printf("  <= %.2f  not measured\n", row->target);
	else
		printf("  <= %.2f  %s\n", row->target, ratio <= row->target ? "met" : "MISSED");
}

static void print_ratio(double ratio, bool counts)
{
	if (ratio < 0)
		printf(" %7s ", "-");
	else
		printf(" %7.2f%s", ratio, counts ? "*" : " ");
}

static void print_row(const struct row *row)
{
	if (!row->runs) {
		printf("%-36s %5s  %s\n", row->name, "-", row->note);
		return;
	}
	printf("%-36s %5u %10.1f %10.1f %10.1f %-3s", row->name, row->runs, row_median(row),
	       row_min(row), row_max(row), row->unit);
	print_ratio(row_ratio_median(row), !row->minima);
	print_ratio(row_ratio_min(row), row->minima);
	print_target(row, row_ratio(row));
}

void print_table(const struct bench *bench)
{
	unsigned int i;

	printf("%-36s %5s %10s %10s %10s     %17s\n", "", "", "", "", "", "ratio to the peer");
	printf("%-36s %5s %10s %10s %10s %-3s %7s  %7s   %s\n", "", "runs", "median", "min", "max",
	       "", "medians", "minima", "target");
	for (i = 0; i < bench->row_count; i++)
		print_row(bench->rows[i]);
	printf("\n*: the ratio that counts\n");
	for (i = 0; i < bench->row_count; i++) {
		const struct row *row = bench->rows[i];

		if (!row->runs || (!row->peer && !row->note[0]))
			continue;
		printf("%s: %s%s%s%s\n", row->name, row->peer ? "compared with " : "",
		       row->peer ? row->peer->name : "", row->peer && row->note[0] ? "; " : "",
		       row->note);
	}
}

static void json_string(FILE *file, const char *text)
{
	if (!text) {
		fputs("null", file);
		return;
	}
	fputc('"', file);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fprintf(file, "\\%c", *text);
		else if ((unsigned char)*text < 0x20)
			fprintf(file, "\\u%04x", *text);
		else
			fputc(*text, file);
	}
	fputc('"', file);
}

static void json_number(FILE *file, const char *key, bool there, double value)
{
	fprintf(file, ",\"%s\":", key);
	if (there)
		fprintf(file, "%.3f", value);
	else
		fputs("null", file);
}

/* The other ratio has no key of its own. */
static void json_note(FILE *file, const struct row *row)
{
	char note[sizeof(row->note) + 64];

	if (row_ratio(row) < 0)
		snprintf(note, sizeof(note), "%s", row->note);
	else
		snprintf(note, sizeof(note), "%s%sratio of medians %.3f, of minima %.3f", row->note,
			 row->note[0] ? "; " : "", row_ratio_median(row), row_ratio_min(row));
	json_string(file, note);
}

static void json_row(FILE *file, const struct row *row)
{
	double ratio = row_ratio(row);
	bool there = row->runs > 0;

	fputs("{\"name\":", file);
	json_string(file, row->name);
	fputs(",\"unit\":", file);
	json_string(file, row->unit);
	fprintf(file, ",\"runs\":%u", row->runs);
	json_number(file, "median", there, there ? row_median(row) : 0);
	json_number(file, "min", there, there ? row_min(row) : 0);
	json_number(file, "max", there, there ? row_max(row) : 0);
	fputs(",\"peer\":", file);
	json_string(file, row->peer ? row->peer->name : NULL);
	json_number(file, "ratio", ratio >= 0, ratio);
	json_number(file, "target", row->target > 0, row->target);
	fputs(",\"ok\":", file);
	if (row->target <= 0)
		fputs("null", file);
	else
		fputs(ratio >= 0 && ratio <= row->target ? "true" : "false", file);
	fputs(",\"note\":", file);
	json_note(file, row);
	fputc('}', file);
}

int write_json(const struct bench *bench, const char *path)
{
	FILE *file = fopen(path, "w");
	unsigned int i;
	int failed;

	if (!file)
		return -errno;
	fputs("{\"schema\":1,\"rows\":[\n", file);
	for (i = 0; i < bench->row_count; i++) {
		json_row(file, bench->rows[i]);
		fputs(i + 1 < bench->row_count ? ",\n" : "\n", file);
	}
	fputs("]}\n", file);
	failed = ferror(file);
	if (fclose(file) || failed)
		return -EIO;
	return 0;
}
