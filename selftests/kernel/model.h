/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel against a model of it. */
#ifndef RVF_SELFTESTS_MODEL_H
#define RVF_SELFTESTS_MODEL_H

#include <stdio.h>

#include "random.h"

/* Whether the kernel says what the model says; if not, what each of them says is told */
#define SAME(expected, seen)                                                                     \
	({                                                                                       \
		long long same_expected = (expected), same_seen = (seen);                        \
		if (same_expected != same_seen)                                                  \
			fprintf(stderr, "# %s:%d: %s: %lld, and not %lld\n", __FILE__, __LINE__, \
				#seen, same_seen, same_expected);                                \
		same_expected == same_seen;                                                      \
	})

#endif
