// SPDX-License-Identifier: GPL-2.0-only
/* "did you mean": shown, never acted upon. */
#include <string.h>

#include "text.h"

#define WORD_MAX 64

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/*
 * How many letters must be added, removed, changed or swapped with their
 * neighbour to turn @a into @b.
 */
size_t word_distance(const char *a, const char *b)
{
	size_t rows[3][WORD_MAX + 1], *before = rows[0], *last = rows[1], *row = rows[2], *spare;
	size_t la = strlen(a), lb = strlen(b), i, j;

	if (la > WORD_MAX || lb > WORD_MAX)
		return WORD_MAX;
	for (j = 0; j <= lb; j++)
		last[j] = j;
	for (i = 1; i <= la; i++) {
		row[0] = i;
		for (j = 1; j <= lb; j++) {
			row[j] = least(last[j] + 1, row[j - 1] + 1);
			row[j] = least(row[j], last[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = least(row[j], before[j - 2] + 1);
		}
		spare = before;
		before = last;
		last = row;
		row = spare;
	}
	return last[lb];
}

/* The candidate that is most like @word, NULL if none is like it. */
const char *suggest(const char *word, const char *const *candidates, size_t count)
{
	size_t allowed = (strlen(word) + 1) / 3, distance, i;
	const char *best = NULL;

	for (i = 0; i < count; i++) {
		distance = word_distance(word, candidates[i]);
		if (distance && distance <= allowed) {
			best = candidates[i];
			allowed = distance - 1;
		}
	}
	return best;
}
