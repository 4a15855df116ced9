/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lines of comma-separated values, as RFC 4180 has them. */
#ifndef RVF_SENSOR_CSV_H
#define RVF_SENSOR_CSV_H

#include <stddef.h>

#define CSV_MAX_LINE   1024
#define CSV_MAX_FIELDS 32

/**
 * struct csv - A text of which lines are read
 * @next: What is not read yet.
 * @end: Its end.
 * @line: Number of the line that was read last, from 1.
 * @error: Why csv_read() failed.
 * @fields: Of the line that was read last.
 * @text: Where they are.
 */
struct csv {
	const char *next;
	const char *end;
	unsigned int line;
	const char *error;
	const char *fields[CSV_MAX_FIELDS];
	char text[CSV_MAX_LINE];
};

void csv_init(struct csv *csv, const void *data, size_t length);

/* Reads a line: how many fields it has; 0 at the end; -1 with csv->error. */
int csv_read(struct csv *csv);

#endif /* RVF_SENSOR_CSV_H */
