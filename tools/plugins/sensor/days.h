/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Daily measurements out of a text. */
#ifndef RVF_SENSOR_DAYS_H
#define RVF_SENSOR_DAYS_H

#include <stddef.h>

#include "../weather.h"

/**
 * struct days - Measurements
 * @samples: One for each day, what = WEATHER_DAY, count = its place.
 * @count: How many.
 * @line: Where days_read() failed, 0: nowhere in particular.
 * @error: Why.
 */
struct days {
	struct weather_sample *samples;
	unsigned int count;
	unsigned int line;
	char error[128];
};

/*
 * Reads comma-separated values whose first line names the columns location,
 * date, precipitation, temp_max, temp_min, wind and weather, in any order and
 * among others. Takes all of it, or returns -1 with an error and no samples.
 */
int days_read(struct days *days, const void *data, size_t length);
void days_free(struct days *days);

#endif /* RVF_SENSOR_DAYS_H */
