// SPDX-License-Identifier: LGPL-2.1-or-later
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "csv.h"
#include "days.h"

/* No measurement on Earth is larger; sums of many stay far from overflow. */
#define MAX_TENTHS 100000

enum column {
	STATION,
	DATE,
	PRECIPITATION,
	TEMP_MAX,
	TEMP_MIN,
	WIND,
	KIND,
	COLUMNS
};

static const char *const column_names[COLUMNS] = {
	[STATION] = "location",	 [DATE] = "date",	  [PRECIPITATION] = "precipitation",
	[TEMP_MAX] = "temp_max", [TEMP_MIN] = "temp_min", [WIND] = "wind",
	[KIND] = "weather",
};

__attribute__((format(printf, 3, 4))) static int fail(struct days *days, unsigned int line,
						      const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(days->error, sizeof(days->error), format, args);
	va_end(args);
	days->line = line;
	return -1;
}

static int find_columns(struct days *days, const struct csv *csv, int fields, int *columns)
{
	int column, i;

	for (column = 0; column < COLUMNS; column++) {
		columns[column] = -1;
		for (i = 0; i < fields; i++) {
			if (strcmp(csv->fields[i], column_names[column]) != 0)
				continue;
			if (columns[column] >= 0)
				return fail(days, csv->line, "the column '%s' occurs twice",
					    column_names[column]);
			columns[column] = i;
		}
		if (columns[column] < 0)
			return fail(days, csv->line, "there is no column '%s'",
				    column_names[column]);
	}
	return 0;
}

/* "-7", "12.8": tenths. Floating point would not be exact. */
static int parse_tenths(const char *text, int32_t *tenths)
{
	int negative = *text == '-';
	int32_t value = 0;

	text += negative;
	if (!isdigit((unsigned char)*text))
		return -1;
	for (; isdigit((unsigned char)*text); text++) {
		value = value * 10 + (*text - '0');
		if (value > MAX_TENTHS / 10)
			return -1;
	}
	value *= 10;
	if (*text == '.') {
		text++;
		if (!isdigit((unsigned char)*text))
			return -1;
		value += *text++ - '0';
	}
	*tenths = negative ? -value : value;
	return *text ? -1 : 0;
}

static int parse_digits(const char *text, int count)
{
	int value = 0;

	while (count--) {
		if (!isdigit((unsigned char)*text))
			return -1;
		value = value * 10 + (*text++ - '0');
	}
	return value;
}

static int parse_date(const char *text, struct weather_sample *day)
{
	static const int lengths[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int year, month, date;

	if (strlen(text) != strlen("2012-01-31") || text[4] != '-' || text[7] != '-')
		return -1;
	year = parse_digits(text, 4);
	month = parse_digits(text + 5, 2);
	date = parse_digits(text + 8, 2);
	if (year < 0 || month < 1 || month > 12 || date < 1 || date > lengths[month - 1])
		return -1;
	day->year = year;
	day->month = month;
	day->day = date;
	return 0;
}

/* Something that can be printed, and that fits. */
static int parse_word(const char *text, char *word, size_t room)
{
	size_t length = strlen(text);
	size_t i;

	if (!length || length >= room)
		return -1;
	for (i = 0; i < length; i++)
		if (!isprint((unsigned char)text[i]))
			return -1;
	memcpy(word, text, length);
	return 0;
}

static int parse_day(struct days *days, const struct csv *csv, const int *columns,
		     struct weather_sample *day)
{
	int column, ret;

	memset(day, 0, sizeof(*day));
	day->what = WEATHER_DAY;
	day->count = days->count;
	for (column = 0; column < COLUMNS; column++) {
		const char *text = csv->fields[columns[column]];

		switch (column) {
		case STATION:
			ret = parse_word(text, day->station, sizeof(day->station));
			break;
		case DATE:
			ret = parse_date(text, day);
			break;
		case PRECIPITATION:
			ret = parse_tenths(text, &day->precipitation);
			break;
		case TEMP_MAX:
			ret = parse_tenths(text, &day->temp_max);
			break;
		case TEMP_MIN:
			ret = parse_tenths(text, &day->temp_min);
			break;
		case WIND:
			ret = parse_tenths(text, &day->wind);
			break;
		default:
			ret = parse_word(text, day->kind, sizeof(day->kind));
			break;
		}
		if (ret < 0)
			return fail(days, csv->line, "this is no %s", column_names[column]);
	}
	return 0;
}

static struct weather_sample *add_day(struct days *days, unsigned int *room)
{
	struct weather_sample *samples;

	if (days->count == *room) {
		*room = *room ? *room * 2 : 1024;
		samples = reallocarray(days->samples, *room, sizeof(*samples));
		if (!samples)
			return NULL;
		days->samples = samples;
	}
	return &days->samples[days->count];
}

static int read_all(struct days *days, struct csv *csv)
{
	struct weather_sample *day;
	unsigned int room = 0;
	int columns[COLUMNS];
	int header, fields;

	header = csv_read(csv);
	if (header == 0)
		return fail(days, 0, "it is empty");
	if (header < 0)
		return fail(days, csv->line, "%s", csv->error);
	if (find_columns(days, csv, header, columns) < 0)
		return -1;

	for (;;) {
		fields = csv_read(csv);
		if (fields < 0)
			return fail(days, csv->line, "%s", csv->error);
		if (fields == 0)
			return 0;
		if (fields != header)
			return fail(days, csv->line, "%d fields, the first line has %d", fields,
				    header);
		day = add_day(days, &room);
		if (!day)
			return fail(days, csv->line, "no memory for so many days");
		if (parse_day(days, csv, columns, day) < 0)
			return -1;
		days->count++;
	}
}

int days_read(struct days *days, const void *data, size_t length)
{
	struct csv csv;

	memset(days, 0, sizeof(*days));
	csv_init(&csv, data, length);
	if (read_all(days, &csv) == 0)
		return 0;
	days_free(days);
	return -1;
}

void days_free(struct days *days)
{
	free(days->samples);
	days->samples = NULL;
	days->count = 0;
}
