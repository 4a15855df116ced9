// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * sensor: sends the measurements of an immutable region, a message for each
 * day, to whoever asks for them.
 *
 *	measurements  region, read: comma-separated values
 *	requests      queue, receive
 *	samples       queue, send
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rvf/plugin.h>

#include "../weather.h"
#include "../weather_handle.h"
#include "days.h"

#define BATCH 64

static void read_measurements(struct days *days)
{
	int region = get("measurements");
	struct rvf_mapping mapping;
	int ret;

	ret = rvf_region_map(region, &mapping);
	if (ret < 0)
		die("measurements", ret);
	if (days_read(days, mapping.data, mapping.length) < 0) {
		if (days->line)
			fprintf(stderr, "measurements, line %u: %s\n", days->line, days->error);
		else
			fprintf(stderr, "measurements: %s\n", days->error);
		exit(EXIT_FAILURE);
	}
	printf("read %u days from %zu bytes of measurements\n", days->count, mapping.length);
	rvf_region_unmap(&mapping);
}

static int send_mark(int samples, enum weather_what what, unsigned int count,
		     struct weather_run run)
{
	struct weather_sample mark = { .what = what, .count = count, .run = run };

	return rvf_queue_send(samples, &mark, sizeof(mark));
}

static int send_days(int samples, struct days *days, struct weather_run run)
{
	struct rvf_message messages[BATCH];
	unsigned int sent, count, i;
	int ret;

	for (sent = 0; sent < days->count; sent += ret) {
		count = days->count - sent < BATCH ? days->count - sent : BATCH;
		memset(messages, 0, sizeof(messages));
		for (i = 0; i < count; i++) {
			days->samples[sent + i].run = run;
			messages[i].buffer = (uintptr_t)&days->samples[sent + i];
			messages[i].length = sizeof(days->samples[0]);
			/* That of the marks, which would overtake them otherwise */
			messages[i].priority = RVF_PRIORITY_NORMAL;
		}
		ret = rvf_queue_send_batch(samples, messages, count);
		if (ret < 0)
			return ret;
	}
	return 0;
}

static int send_run(int samples, struct days *days, struct weather_run run)
{
	int ret;

	ret = send_mark(samples, WEATHER_BEGIN, days->count, run);
	if (ret == 0)
		ret = send_days(samples, days, run);
	if (ret == 0)
		ret = send_mark(samples, WEATHER_END, days->count, run);
	if (ret == 0)
		printf("run %u.%u: sent %u days\n", run.asker, run.number, days->count);
	return ret;
}

static int serve(int requests, int samples, struct days *days)
{
	struct weather_request request;
	ssize_t length;
	int ret = 0;

	if (rvf_incarnation() > 1)
		ret = send_mark(samples, WEATHER_RESTARTED, rvf_incarnation(),
				(struct weather_run){ 0 });
	while (ret == 0) {
		length = rvf_queue_recv(requests, &request, sizeof(request));
		if (length < 0)
			return length;
		if (length != sizeof(request)) {
			fprintf(stderr, "dropped a request of %zd bytes\n", length);
			continue;
		}
		ret = send_run(samples, days, request.run);
	}
	return ret;
}

int main(void)
{
	int requests, samples, ret;
	struct days days;

	setvbuf(stdout, NULL, _IOLBF, 0);
	requests = get("requests");
	samples = get("samples");
	read_measurements(&days);
	ret = rvf_ready();
	if (ret < 0)
		die("ready", ret);

	ret = serve(requests, samples, &days);
	if (ret != -ECANCELED)
		die("samples", ret);
	days_free(&days);
	return EXIT_SUCCESS;
}
