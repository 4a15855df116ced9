// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * reporter: asks for measurements, computes statistics for each station, and
 * appends them to a region.
 *
 *	requests  queue, send
 *	samples   queue, receive
 *	results   region, append
 *	sums      queue, send; may be left out
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rvf/plugin.h>

#include "../weather.h"
#include "../weather_handle.h"
#include "stats.h"

static struct stats stats;
static struct weather_run run;
static bool in_run;
static int sums;

/* From now on only this run counts. */
static int ask(int requests)
{
	struct weather_request request;

	run.asker = rvf_incarnation();
	run.number++;
	in_run = false;
	request.run = run;
	return rvf_queue_send(requests, &request, sizeof(request));
}

/* One append for all lines: the region never holds half a report. */
static void report(int results)
{
	static char text[RVF_MAX_APPEND];
	int head, length, ret;

	head = snprintf(text, sizeof(text), "run %u.%u: %u days, %u stations\n", run.asker,
			run.number, stats.days, stats.station_count);
	length = stats_print(&stats, text + head, sizeof(text) - head);
	if (length < 0)
		die("the report is too long", -EMSGSIZE);
	fwrite(text, 1, head + length, stdout);

	ret = rvf_region_append(results, text, head + length);
	if (ret == -ENOSPC)
		fprintf(stderr, "results: the region is full, this report is printed only\n");
	else if (ret < 0)
		die("results", ret);
}

/*
 * Whoever adds the sums up is not needed: a sum that finds no room is dropped,
 * and its run is never complete.
 */
static void send_sums(void)
{
	unsigned int i;
	int ret;

	for (i = 0; sums >= 0 && i < stats.station_count; i++) {
		const struct stats_station *station = &stats.stations[i];
		struct weather_sum sum = {
			.run = run,
			.count = stats.station_count,
			.index = i,
			.days = station->days,
			.temp_sum = station->temp_sum,
			.precipitation = station->precipitation,
		};

		memcpy(sum.station, station->name, sizeof(sum.station));
		ret = rvf_queue_try_send(sums, &sum, sizeof(sum));
		if (ret == -EAGAIN)
			fprintf(stderr, "sums: the queue is full, a sum is dropped\n");
		else if (ret < 0)
			die("sums", ret);
	}
}

static void add_day(const struct weather_sample *day)
{
	if (day->station[sizeof(day->station) - 1] || day->kind[sizeof(day->kind) - 1])
		die("samples: a name without an end", -EBADMSG);
	if (day->count != stats.days)
		die("samples: a day is missing", -EBADMSG);
	if (stats_add(&stats, day) < 0)
		die("samples: too many stations or kinds of weather", -E2BIG);
}

static int handle_sample(const struct weather_sample *sample, int requests, int results)
{
	if (sample->what == WEATHER_RESTARTED) {
		printf("the sensor was started again (start %u)\n", sample->count);
		return ask(requests);
	}
	if (sample->run.asker != run.asker || sample->run.number != run.number)
		return 0;

	switch (sample->what) {
	case WEATHER_BEGIN:
		stats_reset(&stats);
		in_run = true;
		break;
	case WEATHER_DAY:
		if (in_run)
			add_day(sample);
		break;
	case WEATHER_END:
		if (!in_run)
			break;
		in_run = false;
		if (sample->count != stats.days)
			die("samples: a run that ends too soon", -EBADMSG);
		report(results);
		send_sums();
		break;
	default:
		die("samples: an unknown message", -EBADMSG);
	}
	return 0;
}

int main(void)
{
	int requests = get("requests");
	int results = get("results");
	int samples = get("samples");
	struct weather_sample sample;
	ssize_t length;
	int ret;

	sums = rvf_get("sums");
	if (sums < 0 && sums != -ENOENT)
		die("sums", sums);
	setvbuf(stdout, NULL, _IOLBF, 0);
	ret = ask(requests);
	if (ret == 0)
		ret = rvf_ready();
	while (ret == 0) {
		length = rvf_queue_recv(samples, &sample, sizeof(sample));
		if (length < 0)
			ret = length;
		else if (length != sizeof(sample))
			die("samples: a message of another size", -EBADMSG);
		else
			ret = handle_sample(&sample, requests, results);
	}
	if (ret != -ECANCELED)
		die("samples", ret);
	return EXIT_SUCCESS;
}
