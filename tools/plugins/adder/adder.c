// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * adder: adds the stations' sums of each run up, in a VM.
 *
 *	sums    queue, receive
 *	guest   region, read: what runs in the VM, see guest.S
 *	totals  region, append
 *
 * On a host without KVM it says so and takes the sums out of the queue all the
 * same, so that the package works there but for the totals.
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rvf/plugin.h>

#include "../weather.h"
#include "../weather_handle.h"
#include "machine.h"

#define STATIONS 64

static struct weather_sum sums[STATIONS];
static unsigned int have;

/* The guest's work: everything else is moving numbers about. */
static int add(struct machine *machine, size_t field, int64_t *total)
{
	int32_t numbers[STATIONS];
	unsigned int i;
	int ret;

	for (i = 0; i < have; i++)
		memcpy(&numbers[i], (const char *)&sums[i] + field, sizeof(numbers[i]));
	ret = machine_add(machine, numbers, have, total);
	if (ret == -EREMOTEIO) {
		fprintf(stderr, "the guest: %s\n", machine->why);
		exit(EXIT_FAILURE);
	}
	if (ret < 0 && ret != -ECANCELED)
		die("the guest", ret);
	return ret;
}

static int add_up(struct machine *machine, int totals)
{
	int64_t days, temperature, precipitation;
	char line[256];
	int length, ret;

	ret = add(machine, offsetof(struct weather_sum, days), &days);
	if (ret == 0)
		ret = add(machine, offsetof(struct weather_sum, temp_sum), &temperature);
	if (ret == 0)
		ret = add(machine, offsetof(struct weather_sum, precipitation), &precipitation);
	if (ret < 0)
		return ret;

	length = snprintf(line, sizeof(line),
			  "run %u.%u: %u stations, %lld days, mean %.2f C, precipitation %.1f mm\n",
			  sums[0].run.asker, sums[0].run.number, have, (long long)days,
			  days ? temperature / (20.0 * days) : 0.0, precipitation / 10.0);
	fwrite(line, 1, length, stdout);
	ret = rvf_region_append(totals, line, length);
	if (ret == -ENOSPC)
		fprintf(stderr, "totals: the region is full, this total is printed only\n");
	else if (ret < 0)
		die("totals", ret);
	return 0;
}

/* A run of which a sum is missing is never added up. */
static bool take(const struct weather_sum *sum)
{
	if (sum->count > STATIONS || sum->index >= sum->count)
		die("sums: more stations than fit, or fewer than there are", -EBADMSG);
	if (sum->index == 0)
		have = 0;
	else if (sum->index != have || memcmp(&sum->run, &sums[0].run, sizeof(sum->run)) != 0)
		return false;
	sums[have++] = *sum;
	return have == sum->count;
}

int main(void)
{
	struct machine machine;
	int queue = get("sums");
	int totals = get("totals");
	struct weather_sum sum;
	ssize_t length;
	bool kvm;
	int ret;

	setvbuf(stdout, NULL, _IOLBF, 0);
	ret = machine_start(&machine, get("guest"));
	kvm = ret != -ENODEV;
	if (!kvm)
		printf("there is no KVM here: nothing is added up\n");
	else if (ret < 0)
		die("the VM", ret);
	else if (!machine_refuses_kvm())
		die("an fd takes raw commands of KVM's", -EPERM);
	else
		printf("the VM runs; KVM_CREATE_VCPU and KVM_RUN are refused on every fd\n");

	ret = rvf_ready();
	while (ret == 0) {
		length = rvf_queue_recv(queue, &sum, sizeof(sum));
		if (length < 0)
			ret = length;
		else if (length != sizeof(sum))
			die("sums: a message of another size", -EBADMSG);
		else if (kvm && take(&sum))
			ret = add_up(&machine, totals);
	}
	if (ret != -ECANCELED)
		die("sums", ret);
	return EXIT_SUCCESS;
}
