// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stats.h"

void stats_reset(struct stats *stats)
{
	memset(stats, 0, sizeof(*stats));
}

static struct stats_station *find_station(struct stats *stats, const struct weather_sample *day)
{
	struct stats_station *station;
	unsigned int i;

	for (i = 0; i < stats->station_count; i++)
		if (strcmp(stats->stations[i].name, day->station) == 0)
			return &stats->stations[i];
	if (i == STATS_STATIONS)
		return NULL;
	stats->station_count++;
	station = &stats->stations[i];
	memcpy(station->name, day->station, sizeof(station->name));
	station->temp_max = day->temp_max;
	station->temp_min = day->temp_min;
	return station;
}

static struct stats_kind *find_kind(struct stats_station *station, const char *name)
{
	unsigned int i;

	for (i = 0; i < station->kind_count; i++)
		if (strcmp(station->kinds[i].name, name) == 0)
			return &station->kinds[i];
	if (i == STATS_KINDS)
		return NULL;
	station->kind_count++;
	memcpy(station->kinds[i].name, name, sizeof(station->kinds[i].name));
	return &station->kinds[i];
}

int stats_add(struct stats *stats, const struct weather_sample *day)
{
	struct stats_station *station = find_station(stats, day);
	struct stats_kind *kind = station ? find_kind(station, day->kind) : NULL;

	if (!kind)
		return -1;
	stats->days++;
	station->days++;
	station->temp_sum += day->temp_max + day->temp_min;
	if (day->temp_max > station->temp_max)
		station->temp_max = day->temp_max;
	if (day->temp_min < station->temp_min)
		station->temp_min = day->temp_min;
	station->precipitation += day->precipitation;
	kind->days++;
	return 0;
}

static int compare_stations(const void *a, const void *b)
{
	return strcmp(((const struct stats_station *)a)->name,
		      ((const struct stats_station *)b)->name);
}

static int compare_kinds(const void *a, const void *b)
{
	return strcmp(((const struct stats_kind *)a)->name, ((const struct stats_kind *)b)->name);
}

struct text {
	char *to;
	size_t room;
	size_t length;
};

__attribute__((format(printf, 2, 3))) static void add(struct text *text, const char *format, ...)
{
	size_t room = text->length < text->room ? text->room - text->length : 0;
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(text->to + (room ? text->length : 0), room, format, args);
	va_end(args);
	if (length > 0)
		text->length += length;
}

static void print_station(struct text *text, struct stats_station *station)
{
	unsigned int i;

	/* Exact up to here: the one division that cannot be is the mean's. */
	add(text, "%s: %u days, mean %.2f C, lowest %.1f, highest %.1f, precipitation %.1f mm\n",
	    station->name, station->days, (double)station->temp_sum / (20.0 * station->days),
	    station->temp_min / 10.0, station->temp_max / 10.0, station->precipitation / 10.0);

	qsort(station->kinds, station->kind_count, sizeof(station->kinds[0]), compare_kinds);
	add(text, "%s:", station->name);
	for (i = 0; i < station->kind_count; i++)
		add(text, "%s %s %u", i ? "," : "", station->kinds[i].name, station->kinds[i].days);
	add(text, "\n");
}

int stats_print(struct stats *stats, char *to, size_t room)
{
	struct text text = { .to = to, .room = room };
	unsigned int i;

	qsort(stats->stations, stats->station_count, sizeof(stats->stations[0]), compare_stations);
	for (i = 0; i < stats->station_count; i++)
		print_station(&text, &stats->stations[i]);
	return text.length < text.room ? (int)text.length : -1;
}
