// SPDX-License-Identifier: GPL-2.0-only
/*
 * What fail_nth does, with commands that take long: whole mounts, and loading
 * the module.
 */
#include <stdlib.h>

#include "fail_nth_tests.h"

SWEEP(control)

TEST(load)
{
	const char *path = getenv("RVF_MODULE");

	if (!path)
		SKIP(return, "the module is loaded, and from what is not known");
	if (!fail_knobs())
		SKIP(return, "this kernel has no fault injection");
	ASSERT_TRUE(fail_load(path));
}

TEST_HARNESS_MAIN
