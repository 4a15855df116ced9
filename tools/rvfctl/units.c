// SPDX-License-Identifier: GPL-2.0-only
/* Numbers as people write and read them. */
#include <inttypes.h>
#include <string.h>

#include "text.h"

/* 312, 1.8K, 26K, 4.0M: at most three digits. */
const char *size_text(uint64_t bytes, char text[UNIT_TEXT])
{
	static const char units[] = " KMGTPE";
	uint64_t tenths;
	unsigned int unit = 0;

	while (unit < 6 && bytes >> (10 * unit) >= 1000)
		unit++;
	if (!unit) {
		snprintf(text, UNIT_TEXT, "%" PRIu64, bytes);
		return text;
	}
	tenths = (bytes >> (10 * unit)) * 10;
	tenths += ((bytes & ((1ull << (10 * unit)) - 1)) * 5 + (1ull << (10 * unit - 2))) >>
		  (10 * unit - 1);
	if (tenths < 100)
		snprintf(text, UNIT_TEXT, "%" PRIu64 ".%" PRIu64 "%c", tenths / 10, tenths % 10,
			 units[unit]);
	else
		snprintf(text, UNIT_TEXT, "%" PRIu64 "%c", (tenths + 5) / 10, units[unit]);
	return text;
}

/* 12s, 3m12s, 5h02m, 9d04h */
const char *duration_text(uint64_t ns, char text[UNIT_TEXT])
{
	uint64_t s = ns / 1000000000;

	if (s < 60)
		snprintf(text, UNIT_TEXT, "%" PRIu64 "s", s);
	else if (s < 3600)
		snprintf(text, UNIT_TEXT, "%" PRIu64 "m%02" PRIu64 "s", s / 60, s % 60);
	else if (s < 86400)
		snprintf(text, UNIT_TEXT, "%" PRIu64 "h%02" PRIu64 "m", s / 3600, s / 60 % 60);
	else
		snprintf(text, UNIT_TEXT, "%" PRIu64 "d%02" PRIu64 "h", s / 86400, s / 3600 % 24);
	return text;
}

/* Decimal digits at the beginning of @text; what follows them, or NULL. */
static const char *digits(const char *text, uint64_t *value)
{
	const char *at = text;

	*value = 0;
	for (; *at >= '0' && *at <= '9'; at++) {
		if (__builtin_mul_overflow(*value, 10, value) ||
		    __builtin_add_overflow(*value, *at - '0', value))
			return NULL;
	}
	/* 010 is eight to some and ten to others */
	if (at == text || (*text == '0' && at > text + 1))
		return NULL;
	return at;
}

bool parse_number(const char *text, uint64_t *value)
{
	const char *end = digits(text, value);

	return end && !*end;
}

/* 512, 64K, 4M, 1G */
bool parse_size(const char *text, uint64_t *bytes)
{
	static const char units[] = "KMG";
	const char *end = digits(text, bytes), *unit;

	if (!end)
		return false;
	if (!*end)
		return true;
	unit = strchr(units, *end);
	if (!unit || end[1])
		return false;
	return !__builtin_mul_overflow(*bytes, 1ull << (10 * (unit - units + 1)), bytes);
}

/* 100ms, 30s, 5m, 1h */
bool parse_duration(const char *text, uint64_t *ms)
{
	static const struct {
		const char *name;
		uint64_t ms;
	} units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 } };
	const char *end = digits(text, ms);
	size_t i;

	if (!end)
		return false;
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (!strcmp(end, units[i].name))
			return !__builtin_mul_overflow(*ms, units[i].ms, ms);
	}
	return false;
}
