/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What sensor and reporter say to each other.
 *
 * The reporter asks for a run in the queue "requests"; the sensor answers in
 * the queue "samples" with a WEATHER_BEGIN, one WEATHER_DAY for each day and a
 * WEATHER_END. Either of them can die at any moment and be started again:
 * queues keep their messages, so
 *
 *  - a reporter that begins anew asks for a run of a number that was never
 *    used, and drops what is left of runs that an earlier incarnation of it
 *    asked for;
 *  - a sensor that begins anew may have taken a request with it, so it says
 *    WEATHER_RESTARTED, and the reporter asks again.
 */
#ifndef RVF_PLUGINS_WEATHER_H
#define RVF_PLUGINS_WEATHER_H

#include <stdint.h>

#define WEATHER_NAME_LEN 24
#define WEATHER_KIND_LEN 16

/**
 * struct weather_run - The number of a run: never used twice in a mount
 * @asker: The reporter's incarnation.
 * @number: Counts from 1 in each incarnation.
 */
struct weather_run {
	uint32_t asker;
	uint32_t number;
};

/* A message in "requests", of the type weather-request/1. */
struct weather_request {
	struct weather_run run;
};

enum weather_what {
	WEATHER_BEGIN = 1,
	WEATHER_DAY = 2,
	WEATHER_END = 3,
	WEATHER_RESTARTED = 4,
};

/**
 * struct weather_sample - A message in "samples", of the type weather/1
 * @what: One of enum weather_what; only days have what follows @count.
 * @count: BEGIN and END: how many days the run has. DAY: which of them, from
 *	0. RESTARTED: the sensor's incarnation.
 * @run: The run; zero in RESTARTED.
 * @station: NUL-padded, NUL-terminated.
 * @kind: What the weather was like, likewise.
 * @year: 4 digits
 * @month: 1 to 12
 * @day: 1 to 31
 * @temp_max: Tenths of a degree Celsius
 * @temp_min: Likewise
 * @precipitation: Tenths of a millimetre
 * @wind: Tenths of a metre per second
 */
struct weather_sample {
	uint32_t what;
	uint32_t count;
	struct weather_run run;
	char station[WEATHER_NAME_LEN];
	char kind[WEATHER_KIND_LEN];
	uint16_t year;
	uint8_t month;
	uint8_t day;
	int32_t temp_max;
	int32_t temp_min;
	int32_t precipitation;
	int32_t wind;
	uint32_t reserved;
};

/**
 * struct weather_sum - A message in "sums", of the type weather-sum/1
 * @run: The run.
 * @count: How many sums the run has, one for each station.
 * @index: Which of them, from 0.
 * @station: NUL-padded, NUL-terminated.
 * @days: How many days were summed up.
 * @temp_sum: Of both, each day's highest and lowest: tenths of a degree Celsius
 * @precipitation: Tenths of a millimetre
 * @reserved: 0
 */
struct weather_sum {
	struct weather_run run;
	uint32_t count;
	uint32_t index;
	char station[WEATHER_NAME_LEN];
	int32_t days;
	int32_t temp_sum;
	int32_t precipitation;
	uint32_t reserved;
};

_Static_assert(sizeof(struct weather_sum) == 56, "the queue's message size in rvf.yaml");
_Static_assert(sizeof(struct weather_sample) == 80, "the queue's message size in rvf.yaml");
_Static_assert(sizeof(struct weather_request) == 8, "the queue's message size in rvf.yaml");

#endif /* RVF_PLUGINS_WEATHER_H */
