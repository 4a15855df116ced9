/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Statistics of daily measurements, for each station. */
#ifndef RVF_REPORTER_STATS_H
#define RVF_REPORTER_STATS_H

#include <stddef.h>

#include "../weather.h"

#define STATS_STATIONS 64
#define STATS_KINDS    32

struct stats_kind {
	char name[WEATHER_KIND_LEN];
	unsigned int days;
};

/* All sums are of tenths, as the samples are. */
struct stats_station {
	char name[WEATHER_NAME_LEN];
	unsigned int days;
	long temp_sum; /* of both, the day's highest and lowest */
	int temp_max;
	int temp_min;
	long precipitation;
	struct stats_kind kinds[STATS_KINDS];
	unsigned int kind_count;
};

struct stats {
	struct stats_station stations[STATS_STATIONS];
	unsigned int station_count;
	unsigned int days;
};

void stats_reset(struct stats *stats);

/* Returns -1 when there are more stations or kinds of weather than fit. */
int stats_add(struct stats *stats, const struct weather_sample *day);

/*
 * Writes the report, lines in the order of names, and returns its length; -1
 * when it does not fit.
 */
int stats_print(struct stats *stats, char *text, size_t room);

#endif /* RVF_REPORTER_STATS_H */
