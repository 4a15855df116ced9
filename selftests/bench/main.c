// SPDX-License-Identifier: GPL-2.0-only
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

static const struct {
	const char *name;
	void (*run)(struct bench *bench);
} groups[] = {
	{ "mount", bench_mount }, { "crowd", bench_crowd }, { "handles", bench_handles },
	{ "queue", bench_queue }, { "spawn", bench_spawn }, { "vcpu", bench_vcpu },
	{ "guest", bench_guest },
};

#define GROUPS (sizeof(groups) / sizeof(groups[0]))

static void usage(FILE *file)
{
	fputs("Usage: rvf-bench [--scale PERCENT] [--instructions] [--json FILE] DIR [GROUP]...\n"
	      "Measures the groups mount, crowd, handles, queue, spawn, vcpu and guest.\n"
	      "scripts/bench calls it.\n",
	      file);
}

static bool wanted(const char *name, char **names)
{
	if (!*names)
		return true;
	for (; *names; names++)
		if (strcmp(name, *names) == 0)
			return true;
	return false;
}

static bool known(const char *name)
{
	unsigned int i;

	for (i = 0; i < GROUPS; i++)
		if (strcmp(groups[i].name, name) == 0)
			return true;
	return false;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "scale", required_argument, NULL, 's' },
		{ "json", required_argument, NULL, 'j' },
		{ "instructions", no_argument, NULL, 'i' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct bench bench = { .scale = 100 };
	const char *json = NULL;
	unsigned int i;
	int option, err;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (option) {
		case 's':
			bench.scale = strtoul(optarg, NULL, 10);
			if (bench.scale < 1 || bench.scale > 10000) {
				fprintf(stderr, "rvf-bench: --scale takes 1 to 10000\n");
				return 2;
			}
			break;
		case 'i':
			bench.instructions = true;
			break;
		case 'j':
			json = optarg;
			break;
		case 'h':
			usage(stdout);
			return 0;
		default:
			usage(stderr);
			return 2;
		}
	}
	if (optind == argc) {
		usage(stderr);
		return 2;
	}
	bench.dir = argv[optind++];
	for (i = optind; i < (unsigned int)argc; i++) {
		if (!known(argv[i])) {
			fprintf(stderr, "rvf-bench: there is no group '%s'\n", argv[i]);
			return 2;
		}
	}

	for (i = 0; i < GROUPS; i++) {
		if (!wanted(groups[i].name, argv + optind))
			continue;
		fprintf(stderr, "measuring: %s\n", groups[i].name);
		groups[i].run(&bench);
	}
	print_table(&bench);
	if (json) {
		err = write_json(&bench, json);
		if (err < 0) {
			fprintf(stderr, "rvf-bench: %s: %s\n", json, strerror(-err));
			return 1;
		}
	}
	return 0;
}
