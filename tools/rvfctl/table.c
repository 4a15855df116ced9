// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"
#include "text.h"

#define GAP   2
#define LEAST 6 /* what remains of a column that shrinks */

void table_init(struct table *table, const struct column *columns, size_t count)
{
	memset(table, 0, sizeof(*table));
	table->columns = columns;
	table->n_columns = count;
}

void table_bytes(struct table *table, const char *text, size_t length)
{
	table->cells = xgrow(table->cells, table->n_cells, sizeof(*table->cells));
	table->cells[table->n_cells++] = safe_text(text, length);
}

void table_cell(struct table *table, const char *text)
{
	table_bytes(table, text, strlen(text));
}

void table_cellf(struct table *table, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = xstrdup("");
	va_end(args);
	table_cell(table, text);
	free(text);
}

/* From the right, until the line fits. */
static void shrink(const struct table *table, size_t *widths, size_t width)
{
	size_t total = 0, spare, i;

	for (i = 0; i < table->n_columns; i++)
		total += widths[i] + (i ? GAP : 0);
	for (i = table->n_columns; i-- && total > width;) {
		if (!(table->columns[i].flags & COLUMN_SHRINKS) || widths[i] <= LEAST)
			continue;
		spare = widths[i] - LEAST;
		if (spare > total - width)
			spare = total - width;
		widths[i] -= spare;
		total -= spare;
	}
}

static void pad(FILE *out, size_t columns)
{
	while (columns--)
		putc(' ', out);
}

static void print_cell(FILE *out, const char *text, const struct column *column, size_t width,
		       bool last)
{
	size_t used = text_width(text), keep;
	const char *end = text;

	if (used > width) {
		/* three dots say that something is missing */
		for (keep = width - 3; keep; keep--) {
			end++;
			while (((unsigned char)*end & 0xc0) == 0x80)
				end++;
		}
		fprintf(out, "%.*s...", (int)(end - text), text);
		return;
	}
	if (column->flags & COLUMN_RIGHT)
		pad(out, width - used);
	fputs(text, out);
	if (!(column->flags & COLUMN_RIGHT) && !last)
		pad(out, width - used);
}

static void print_row(FILE *out, const struct table *table, char *const *row, const size_t *widths)
{
	size_t last = table->n_columns - 1, i;

	/* no blanks at the end of a line */
	while (last && !*row[last])
		last--;
	for (i = 0; i <= last; i++) {
		if (i)
			pad(out, GAP);
		print_cell(out, row[i], &table->columns[i], widths[i], i == last);
	}
	putc('\n', out);
}

void table_print(struct table *table, FILE *out, size_t width)
{
	size_t n = table->n_columns, i, used;
	size_t *widths = xalloc(n * sizeof(*widths));
	char **titles = xalloc(n * sizeof(*titles));

	for (i = 0; i < n; i++) {
		titles[i] = (char *)table->columns[i].title;
		widths[i] = titles[i] ? text_width(titles[i]) : 0;
	}
	for (i = 0; i < table->n_cells; i++) {
		used = text_width(table->cells[i]);
		if (used > widths[i % n])
			widths[i % n] = used;
	}
	if (width)
		shrink(table, widths, width);
	if (titles[0])
		print_row(out, table, titles, widths);
	for (i = 0; i + n <= table->n_cells; i += n)
		print_row(out, table, table->cells + i, widths);
	for (i = 0; i < table->n_cells; i++)
		free(table->cells[i]);
	free(table->cells);
	free(widths);
	free(titles);
}
