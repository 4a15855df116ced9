/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RVFCTL_EXPLAIN_H
#define RVFCTL_EXPLAIN_H

#include <stddef.h>

/* A word, and what it means in a few lines. */
struct explained {
	const char *name;
	const char *text;
};

extern const struct explained explained[];
extern const size_t n_explained;

/* NULL: it is not explained. */
const char *explain_word(const char *word);

#endif /* RVFCTL_EXPLAIN_H */
