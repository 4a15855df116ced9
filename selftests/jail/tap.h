/* SPDX-License-Identifier: GPL-2.0-only */
/* Test points, as TAP. */
#ifndef JAIL_TAP_H
#define JAIL_TAP_H

#include <stdbool.h>

/* ok(PASSED, NAME...): a point; NAME is a format. Returns PASSED. */
bool ok(bool passed, const char *name, ...) __attribute__((format(printf, 2, 3)));
void skip(const char *why, const char *name);
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The end: prints the plan; returns the exit status. */
int done(void);

#endif /* JAIL_TAP_H */
