// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "exit.h"
#include "json_out.h"
#include "text.h"

static void json_string(struct json *json, const char *text, size_t length)
{
	size_t at = 0, bytes;
	uint32_t point;

	putc('"', json->out);
	while (at < length) {
		bytes = utf8_next(text + at, length - at, &point);
		if (!bytes) {
			fputs("\xef\xbf\xbd", json->out); /* U+FFFD */
			at++;
			continue;
		}
		if (point == '"' || point == '\\')
			fprintf(json->out, "\\%c", point);
		else if (point < 0x20 || (point >= 0x7f && point < 0xa0))
			fprintf(json->out, "\\u%04x", point);
		else if ((point >= 0x200b && point <= 0x206f) || point == 0xfeff)
			fprintf(json->out, "\\u%04x", point); /* may turn the direction */
		else
			fwrite(text + at, 1, bytes, json->out);
		at += bytes;
	}
	putc('"', json->out);
}

static void json_lead(struct json *json, const char *key)
{
	if (json->filled[json->depth])
		putc(',', json->out);
	json->filled[json->depth] = true;
	if (key) {
		json_string(json, key, strlen(key));
		putc(':', json->out);
	}
}

static void json_open(struct json *json, const char *key, char opening, char closing)
{
	json_lead(json, key);
	putc(opening, json->out);
	if (++json->depth >= JSON_DEPTH)
		abort();
	json->closing[json->depth] = closing;
	json->filled[json->depth] = false;
}

void json_begin(struct json *json, const char *kind)
{
	memset(json, 0, sizeof(*json));
	json->out = open_memstream(&json->text, &json->length);
	if (!json->out) {
		perror("rvfctl: JSON");
		exit(RVFCTL_LIMIT);
	}
	json_object(json, NULL);
	json_u64(json, "schema", JSON_SCHEMA);
	json_text(json, "kind", kind);
}

void json_finish(struct json *json, FILE *out)
{
	while (json->depth)
		json_close(json);
	putc('\n', json->out);
	fclose(json->out);
	fwrite(json->text, 1, json->length, out);
	free(json->text);
	json->out = NULL;
}

void json_drop(struct json *json)
{
	fclose(json->out);
	free(json->text);
	json->out = NULL;
}

void json_object(struct json *json, const char *key)
{
	json_open(json, key, '{', '}');
}

void json_array(struct json *json, const char *key)
{
	json_open(json, key, '[', ']');
}

void json_close(struct json *json)
{
	putc(json->closing[json->depth--], json->out);
}

void json_bytes(struct json *json, const char *key, const char *value, size_t length)
{
	json_lead(json, key);
	json_string(json, value, length);
}

void json_text(struct json *json, const char *key, const char *value)
{
	if (value)
		json_bytes(json, key, value, strlen(value));
	else
		json_null(json, key);
}

void json_u64(struct json *json, const char *key, uint64_t value)
{
	json_lead(json, key);
	fprintf(json->out, "%" PRIu64, value);
}

void json_i64(struct json *json, const char *key, int64_t value)
{
	json_lead(json, key);
	fprintf(json->out, "%" PRId64, value);
}

void json_bool(struct json *json, const char *key, bool value)
{
	json_lead(json, key);
	fputs(value ? "true" : "false", json->out);
}

void json_null(struct json *json, const char *key)
{
	json_lead(json, key);
	fputs("null", json->out);
}

void json_hex(struct json *json, const char *key, const void *value, size_t length)
{
	const unsigned char *bytes = value;

	json_lead(json, key);
	putc('"', json->out);
	for (size_t i = 0; i < length; i++)
		fprintf(json->out, "%02x", bytes[i]);
	putc('"', json->out);
}

/* A time with a @fraction of a second in ms, or without (below 0). */
static void put_time(struct json *json, const char *key, uint64_t seconds, int fraction)
{
	time_t when = seconds;
	char text[64], *end;
	struct tm tm;

	/* years of more than four digits have no form in RFC 3339 */
	if (seconds > 253402300799ull || !gmtime_r(&when, &tm)) {
		json_null(json, key);
		return;
	}
	end = text + strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	if (fraction < 0)
		strcpy(end, "Z");
	else
		sprintf(end, ".%03dZ", fraction);
	json_text(json, key, text);
}

void json_time(struct json *json, const char *key, uint64_t seconds)
{
	put_time(json, key, seconds, -1);
}

void json_time_ns(struct json *json, const char *key, uint64_t ns)
{
	if (ns)
		put_time(json, key, ns / 1000000000, ns / 1000000 % 1000);
	else
		json_null(json, key);
}
