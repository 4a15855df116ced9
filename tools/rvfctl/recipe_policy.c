// SPDX-License-Identifier: GPL-2.0-only
/* When a task is started again, and how much it may use. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "recipe.h"
#include "text.h"

#define DAY_MS 86400000u

/* ---- restart */

static bool read_when(struct reader *r, const struct node *value, uint32_t *when)
{
	static const char *const words[] = { "never", "on-failure", "always" };
	const char *text = read_text(r, value, "restart");
	uint32_t i;

	if (!text)
		return false;
	for (i = 0; i < 3; i++) {
		if (!strcmp(text, words[i])) {
			*when = i;
			return true;
		}
	}
	if (!strcmp(text, "no") || !strcmp(text, "false")) {
		complain(r->all, &value->at, "'%s' does not say when to restart", text);
		advise(r->all, "never");
		return false;
	}
	complain_unlike(r, value, "a time to restart", words, 3);
	return false;
}

bool read_ms(struct reader *r, const struct node *value, const char *text, uint64_t least,
	     uint32_t *ms)
{
	uint64_t wide;

	if (!parse_duration(text, &wide)) {
		complain(r->all, &value->at, "'%s' is not a time", text);
		advise(r->all, "a whole number with ms, s, m or h: 100ms, 30s");
		return false;
	}
	if (wide < least || wide > DAY_MS) {
		complain(r->all, &value->at, "a time is %s to 24h", least ? "1ms" : "0s");
		return false;
	}
	*ms = wide;
	return true;
}

static void take_when(struct reader *r, const struct node *key, const struct node *value,
		      void *into)
{
	struct recipe_restart *restart = into;

	(void)key;
	read_when(r, value, &restart->when);
}

static void take_times(struct reader *r, const struct node *key, const struct node *value,
		       void *into)
{
	struct recipe_restart *restart = into;
	uint64_t times;

	(void)key;
	if (read_count(r, value, "times", 0, UINT32_MAX, &times))
		restart->times = times;
}

static void take_within(struct reader *r, const struct node *key, const struct node *value,
			void *into)
{
	struct recipe_restart *restart = into;
	const char *text = read_text(r, value, "within");

	(void)key;
	if (text)
		read_ms(r, value, text, 1, &restart->within_ms);
}

/* "100ms..30s", or one time that stays the same */
static void take_wait(struct reader *r, const struct node *key, const struct node *value,
		      void *into)
{
	struct recipe_restart *restart = into;
	const char *text = read_text(r, value, "wait"), *dots;
	char *first;

	(void)key;
	if (!text)
		return;
	dots = strstr(text, "..");
	first = xstrndup(text, dots ? (size_t)(dots - text) : strlen(text));
	if (!read_ms(r, value, first, 0, &restart->wait_min_ms) ||
	    !read_ms(r, value, dots ? dots + 2 : first, 0, &restart->wait_max_ms)) {
		free(first);
		return;
	}
	free(first);
	if (restart->wait_max_ms < restart->wait_min_ms) {
		complain(r->all, &value->at, "the longest wait is shorter than the first");
		advise(r->all, "FIRST..LONGEST, such as 100ms..30s");
	}
}

void take_restart(struct reader *r, const struct node *key, const struct node *value, void *into)
{
	static const struct key keys[] = {
		{ "when", take_when, NULL },
		{ "times", take_times, NULL },
		{ "within", take_within, NULL },
		{ "wait", take_wait, NULL },
	};
	struct recipe_restart *restart = into;

	(void)key;
	*restart = (struct recipe_restart){
		.given = true,
		.when = RVF_RESTART_NEVER,
		.times = 5,
		.within_ms = 60000,
		.wait_min_ms = 100,
		.wait_max_ms = 30000,
	};
	if (value->kind == NODE_TEXT) {
		read_when(r, value, &restart->when);
		return;
	}
	restart->when = RVF_RESTART_ON_FAILURE;
	read_map(r, value, "restart", keys, sizeof(keys) / sizeof(keys[0]), restart);
}

/* ---- limits */

static void take_memory(struct reader *r, const struct node *key, const struct node *value,
			void *into)
{
	struct recipe_limits *limits = into;

	(void)key;
	read_size(r, value, "memory", 1 << 20, UINT64_MAX, &limits->memory);
}

static void take_pids(struct reader *r, const struct node *key, const struct node *value,
		      void *into)
{
	struct recipe_limits *limits = into;
	uint64_t pids;

	(void)key;
	if (read_count(r, value, "pids", 1, 65536, &pids))
		limits->pids = pids;
}

/* 50%, 150%, 0.5%: of one CPU */
static bool parse_percent(const char *text, uint64_t *thousandths)
{
	const char *dot = strchr(text, '.'), *sign = strchr(text, '%');
	uint64_t whole, tenth = 0;
	char *digits;
	bool good;

	if (!sign || sign[1] || (dot && dot + 2 != sign))
		return false;
	if (dot) {
		if (dot[1] < '0' || dot[1] > '9')
			return false;
		tenth = dot[1] - '0';
	}
	digits = xstrndup(text, (dot ? dot : sign) - text);
	good = parse_number(digits, &whole) && whole < 1000000;
	free(digits);
	*thousandths = whole * 10 + tenth;
	return good;
}

static void take_cpu(struct reader *r, const struct node *key, const struct node *value, void *into)
{
	struct recipe_limits *limits = into;
	const char *text = read_text(r, value, "cpu");
	uint64_t thousandths;

	(void)key;
	if (!text)
		return;
	if (!parse_percent(text, &thousandths)) {
		complain(r->all, &value->at, "'%s' is not a share of CPU time", text);
		advise(r->all, "50%% is half of one CPU, 200%% two of them");
	} else if (thousandths < 1 || thousandths > 1024000) {
		complain(r->all, &value->at, "cpu is 0.1%% to 102400%%");
	} else {
		limits->cpu = thousandths;
	}
}

/* Of one run: it begins again with each start. */
static void take_time(struct reader *r, const struct node *key, const struct node *value,
		      void *into)
{
	struct recipe_limits *limits = into;
	const char *text = read_text(r, value, "time");

	(void)key;
	if (text)
		read_ms(r, value, text, 1, &limits->time_ms);
}

static void take_cpu_time(struct reader *r, const struct node *key, const struct node *value,
			  void *into)
{
	struct recipe_limits *limits = into;
	const char *text = read_text(r, value, "cpu-time");
	uint32_t ms;

	(void)key;
	if (!text || !read_ms(r, value, text, 1, &ms))
		return;
	if (ms % 1000) {
		complain(r->all, &value->at, "cpu-time is counted in whole seconds");
		advise(r->all, "1s, 30s, 5m");
		return;
	}
	limits->cpu_seconds = ms / 1000;
}

void take_limits(struct reader *r, const struct node *key, const struct node *value, void *into)
{
	static const struct key keys[] = {
		{ "memory", take_memory, NULL },     { "pids", take_pids, NULL },
		{ "cpu", take_cpu, NULL },	     { "time", take_time, NULL },
		{ "cpu-time", take_cpu_time, NULL },
	};

	(void)key;
	read_map(r, value, "limits", keys, sizeof(keys) / sizeof(keys[0]), into);
}

/* ---- a VM */

static void take_vcpus(struct reader *r, const struct node *key, const struct node *value,
		       void *into)
{
	struct recipe_vm *vm = into;
	uint64_t vcpus;

	(void)key;
	if (read_count(r, value, "vcpus", 1, RVF_MAX_VCPUS, &vcpus))
		vm->vcpus = vcpus;
}

static void take_guest_memory(struct reader *r, const struct node *key, const struct node *value,
			      void *into)
{
	struct recipe_vm *vm = into;

	(void)key;
	read_size(r, value, "memory", 0, UINT64_MAX, &vm->memory);
	vm->memory_at = value->at;
}

/* A number as addresses are written: hexadecimal */
static void take_identity_map(struct reader *r, const struct node *key, const struct node *value,
			      void *into)
{
	const char *text = read_text(r, value, "identity_map");
	struct recipe_vm *vm = into;
	unsigned long long address;
	char *end;

	(void)key;
	if (!text)
		return;
	address = strtoull(text, &end, 16);
	if (strncmp(text, "0x", 2) || !isxdigit(text[2]) || *end) {
		complain(r->all, &value->at, "'%s' is not an address", text);
		advise(r->all, "a hexadecimal number: 0xfeffc000");
	} else if (!address || address % 4096 || address > 0xffffe000) {
		complain(r->all, &value->at,
			 "identity_map is a multiple of 0x1000, 0x1000 to 0xffffe000");
	} else {
		vm->identity_map = address;
	}
}

void take_vm(struct reader *r, const struct node *key, const struct node *value, void *into)
{
	static const struct key keys[] = {
		{ "vcpus", take_vcpus, NULL },
		{ "memory", take_guest_memory, NULL },
		{ "identity_map", take_identity_map, NULL },
	};
	struct recipe_vm *vm = into;

	(void)key;
	vm->vcpus = 1;
	read_map(r, value, "vm", keys, sizeof(keys) / sizeof(keys[0]), vm);
}
