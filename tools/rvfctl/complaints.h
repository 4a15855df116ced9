/* SPDX-License-Identifier: GPL-2.0-only */
/* What is wrong with a recipe: gathered, then shown all at once, in order. */
#ifndef RVFCTL_COMPLAINTS_H
#define RVFCTL_COMPLAINTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "json_out.h"

/* Lines and columns count from 1, columns in characters. */
struct place {
	unsigned int line;
	unsigned int column;
	unsigned int width; /* of what is underlined */
};

struct complaint {
	struct place at;
	size_t order;
	char *what;
	char *hint; /* may be NULL */
};

struct complaints {
	const char *name; /* of the file */
	const char *text;
	size_t length;
	struct complaint *list;
	size_t count;
	size_t dropped;
};

void complaints_init(struct complaints *all, const char *name, const char *text, size_t length);
void complain(struct complaints *all, const struct place *at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* What to try instead, for the last complaint. */
void advise(struct complaints *all, const char *format, ...) __attribute__((format(printf, 2, 3)));
void complaints_print(struct complaints *all, FILE *out, bool colour);
/* An array "items" in an open object. */
void complaints_json(struct complaints *all, struct json *json);
void complaints_free(struct complaints *all);

#endif /* RVFCTL_COMPLAINTS_H */
