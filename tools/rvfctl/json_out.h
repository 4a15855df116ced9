/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * JSON, written as it is told: numbers keep all of their 64 bits, and nothing
 * is printed before the document is complete.
 */
#ifndef RVFCTL_JSON_OUT_H
#define RVFCTL_JSON_OUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define JSON_SCHEMA 1
#define JSON_DEPTH  16

struct json {
	FILE *out;
	char *text;
	size_t length;
	unsigned int depth;
	char closing[JSON_DEPTH];
	bool filled[JSON_DEPTH];
};

/* A document: {"schema":1,"kind":KIND, ... */
void json_begin(struct json *json, const char *kind);
/* Closes what is open and prints one line. */
void json_finish(struct json *json, FILE *out);
void json_drop(struct json *json);

/* @key is NULL for what stands in an array. */
void json_object(struct json *json, const char *key);
void json_array(struct json *json, const char *key);
void json_close(struct json *json);
void json_text(struct json *json, const char *key, const char *value);
void json_bytes(struct json *json, const char *key, const char *value, size_t length);
void json_u64(struct json *json, const char *key, uint64_t value);
void json_i64(struct json *json, const char *key, int64_t value);
void json_bool(struct json *json, const char *key, bool value);
void json_null(struct json *json, const char *key);
void json_hex(struct json *json, const char *key, const void *value, size_t length);
/* Seconds since the epoch as RFC 3339 in UTC. */
void json_time(struct json *json, const char *key, uint64_t seconds);
/* Likewise from nanoseconds, to the millisecond; 0 is null. */
void json_time_ns(struct json *json, const char *key, uint64_t ns);

#endif /* RVFCTL_JSON_OUT_H */
