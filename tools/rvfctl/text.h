/* SPDX-License-Identifier: GPL-2.0-only */
/* Text: allocation, escaping, units, words that are alike. */
#ifndef RVFCTL_TEXT_H
#define RVFCTL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* These end the program when there is no memory. */
void *xalloc(size_t bytes);
void *xgrow(void *old, size_t count, size_t each);
char *xstrndup(const char *text, size_t length);
char *xstrdup(const char *text);
char *xprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* escape.c */
size_t utf8_next(const char *text, size_t length, uint32_t *point);
bool utf8_ok(const char *text, size_t length, size_t *bad);
void put_text(FILE *out, const char *text, size_t length);
char *safe_text(const char *text, size_t length);
size_t text_width(const char *text);

/* units.c */
#define UNIT_TEXT 24
const char *size_text(uint64_t bytes, char text[UNIT_TEXT]);
const char *duration_text(uint64_t ns, char text[UNIT_TEXT]);
bool parse_number(const char *text, uint64_t *value);
bool parse_size(const char *text, uint64_t *bytes);
bool parse_duration(const char *text, uint64_t *ms);

/* suggest.c */
size_t word_distance(const char *a, const char *b);
const char *suggest(const char *word, const char *const *candidates, size_t count);

#endif /* RVFCTL_TEXT_H */
