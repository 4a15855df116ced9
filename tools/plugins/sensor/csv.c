// SPDX-License-Identifier: LGPL-2.1-or-later
#include <string.h>

#include "csv.h"

void csv_init(struct csv *csv, const void *data, size_t length)
{
	memset(csv, 0, sizeof(*csv));
	csv->next = data;
	csv->end = csv->next + length;
}

static int fail(struct csv *csv, const char *error)
{
	csv->error = error;
	return -1;
}

/*
 * Takes a field's text without its quotes; returns what follows it in the
 * line, or NULL with csv->error.
 */
static const char *take_field(struct csv *csv, const char *from, const char *end, char **to)
{
	int quoted = from < end && *from == '"';

	if (quoted)
		from++;
	for (;; from++) {
		if (from == end) {
			if (!quoted)
				break;
			csv->error = "a quotation mark is not closed";
			return NULL;
		}
		if (!quoted && *from == ',')
			break;
		if (*from == '"') {
			if (!quoted) {
				csv->error = "a quotation mark inside of a field";
				return NULL;
			}
			from++;
			if (from == end || *from == ',')
				break;
			if (*from != '"') {
				csv->error = "text behind a closing quotation mark";
				return NULL;
			}
		}
		if (!*from) {
			csv->error = "a NUL byte";
			return NULL;
		}
		*(*to)++ = *from;
	}
	*(*to)++ = '\0';
	return from;
}

static int split(struct csv *csv, const char *from, const char *end)
{
	char *to = csv->text;
	int count;

	for (count = 0; count < CSV_MAX_FIELDS; from++) {
		csv->fields[count++] = to;
		from = take_field(csv, from, end, &to);
		if (!from)
			return -1;
		if (from == end)
			return count;
	}
	return fail(csv, "too many fields");
}

int csv_read(struct csv *csv)
{
	const char *line = csv->next;
	const char *end;

	if (line == csv->end)
		return 0;
	csv->line++;
	end = memchr(line, '\n', csv->end - line);
	csv->next = end ? end + 1 : csv->end;
	if (!end)
		end = csv->end;
	if (end > line && end[-1] == '\r')
		end--;
	/* A line's fields and their NULs take at most a byte more than it has. */
	if (end - line >= CSV_MAX_LINE)
		return fail(csv, "the line is too long");
	return split(csv, line, end);
}
