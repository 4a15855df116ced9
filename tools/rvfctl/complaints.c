// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "complaints.h"
#include "text.h"

#define COMPLAINTS_MAX 50
#define SOURCE_COLUMNS 100 /* of a source line */

void complaints_init(struct complaints *all, const char *name, const char *text, size_t length)
{
	memset(all, 0, sizeof(*all));
	all->name = name;
	/* a byte order mark is no part of the text, and would shift line 1 */
	if (length >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) {
		text += 3;
		length -= 3;
	}
	all->text = text;
	all->length = length;
}

static char *format_text(const char *format, va_list args)
{
	char *text, *safe;

	if (vasprintf(&text, format, args) < 0)
		return xstrdup("?");
	safe = safe_text(text, strlen(text));
	free(text);
	return safe;
}

void complain(struct complaints *all, const struct place *at, const char *format, ...)
{
	struct complaint *one;
	va_list args;

	if (all->count == COMPLAINTS_MAX) {
		all->dropped++;
		return;
	}
	all->list = xgrow(all->list, all->count, sizeof(*all->list));
	one = &all->list[all->count];
	memset(one, 0, sizeof(*one));
	one->at = *at;
	one->order = all->count++;
	va_start(args, format);
	one->what = format_text(format, args);
	va_end(args);
}

void advise(struct complaints *all, const char *format, ...)
{
	struct complaint *one;
	va_list args;

	if (!all->count || all->dropped)
		return;
	one = &all->list[all->count - 1];
	free(one->hint);
	va_start(args, format);
	one->hint = format_text(format, args);
	va_end(args);
}

static int compare(const void *left, const void *right)
{
	const struct complaint *a = left, *b = right;

	if (a->at.line != b->at.line)
		return a->at.line < b->at.line ? -1 : 1;
	if (a->at.column != b->at.column)
		return a->at.column < b->at.column ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

static void sort(struct complaints *all)
{
	if (all->count)
		qsort(all->list, all->count, sizeof(*all->list), compare);
}

static const char *find_line(const struct complaints *all, unsigned int line, size_t *length)
{
	const char *at = all->text, *end = all->text + all->length, *newline;

	for (; line > 1; line--) {
		newline = memchr(at, '\n', end - at);
		if (!newline)
			return NULL;
		at = newline + 1;
	}
	if (at == end)
		return NULL;
	newline = memchr(at, '\n', end - at);
	*length = (newline ? newline : end) - at;
	if (*length && at[*length - 1] == '\r')
		--*length;
	return at;
}

/* One character of the source; tabs are shown as one blank. */
static size_t put_source(FILE *out, const char *text, size_t length, size_t *width)
{
	uint32_t point;
	size_t bytes = utf8_next(text, length, &point);
	char *safe;

	if (bytes == 1 && *text == '\t') {
		putc(' ', out);
		*width = 1;
		return 1;
	}
	if (!bytes)
		bytes = 1;
	safe = safe_text(text, bytes);
	fputs(safe, out);
	*width = text_width(safe);
	free(safe);
	return bytes;
}

static void print_source(const struct complaints *all, const struct place *at, FILE *out,
			 const char *mark, const char *plain)
{
	size_t length, before = 0, under = 0, width, done = 0;
	const char *line = find_line(all, at->line, &length);
	unsigned int column = 1, wanted = at->width ? at->width : 1;

	if (!line)
		return;
	fprintf(out, "%5u | ", at->line);
	while (done < length && before + under < SOURCE_COLUMNS) {
		done += put_source(out, line + done, length - done, &width);
		if (column < at->column)
			before += width;
		else if (column - at->column < wanted)
			under += width;
		else if (column - at->column >= SOURCE_COLUMNS)
			break;
		column++;
	}
	putc('\n', out);
	if (at->column > column)
		before = column - 1;
	fprintf(out, "      | %*s%s", (int)before, "", mark);
	do
		putc('^', out);
	while (under && --under);
	fprintf(out, "%s\n", plain);
}

void complaints_print(struct complaints *all, FILE *out, bool colour)
{
	const char *red = colour ? "\033[31m" : "", *bold = colour ? "\033[1m" : "";
	const char *plain = colour ? "\033[0m" : "";
	char *name = safe_text(all->name, strlen(all->name));
	const struct complaint *one;

	sort(all);
	for (size_t i = 0; i < all->count; i++) {
		one = &all->list[i];
		fprintf(out, "%s%s:%u:%u:%s %serror:%s %s\n", bold, name, one->at.line,
			one->at.column, plain, red, plain, one->what);
		print_source(all, &one->at, out, red, plain);
		if (one->hint)
			fprintf(out, "      try: %s\n", one->hint);
	}
	if (all->dropped)
		fprintf(out, "%s: and %zu more\n", name, all->dropped);
	free(name);
}

void complaints_json(struct complaints *all, struct json *json)
{
	const struct complaint *one;

	sort(all);
	json_array(json, "items");
	for (size_t i = 0; i < all->count; i++) {
		one = &all->list[i];
		json_object(json, NULL);
		json_text(json, "file", all->name);
		json_u64(json, "line", one->at.line);
		json_u64(json, "column", one->at.column);
		json_text(json, "what", one->what);
		json_text(json, "try", one->hint);
		json_close(json);
	}
	json_close(json);
}

void complaints_free(struct complaints *all)
{
	for (size_t i = 0; i < all->count; i++) {
		free(all->list[i].what);
		free(all->list[i].hint);
	}
	free(all->list);
	all->list = NULL;
	all->count = 0;
}
