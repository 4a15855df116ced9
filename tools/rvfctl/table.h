/* SPDX-License-Identifier: GPL-2.0-only */
/* Columns for people: what is in them may change, --json may not. */
#ifndef RVFCTL_TABLE_H
#define RVFCTL_TABLE_H

#include <stddef.h>
#include <stdio.h>

enum column_flags {
	COLUMN_RIGHT = 1 << 0, /* numbers */
	COLUMN_SHRINKS = 1 << 1, /* may be cut where the terminal is too narrow */
};

struct column {
	const char *title; /* NULL in all columns: no line of titles */
	unsigned int flags;
};

struct table {
	const struct column *columns;
	size_t n_columns;
	char **cells;
	size_t n_cells;
};

void table_init(struct table *table, const struct column *columns, size_t count);
/* The next cell, from left to right; @text is escaped. */
void table_cell(struct table *table, const char *text);
void table_bytes(struct table *table, const char *text, size_t length);
void table_cellf(struct table *table, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Prints it, at most @width columns wide (0: as wide as it is), and frees it. */
void table_print(struct table *table, FILE *out, size_t width);

#endif /* RVFCTL_TABLE_H */
