// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every command with each of its allocations and copies failing in turn. Those
 * that have hundreds are in fail_nth_long, those of VMs in fail_nth_vm. Needs a
 * kernel with fault injection. RVF_FAIL_CASE is the name of a case: only that one.
 */
#include "fail_nth_tests.h"

SWEEP(mount)
SWEEP(task)
SWEEP(handle)
SWEEP(region)
SWEEP(slab)
SWEEP(queue)
SWEEP(ring)
SWEEP(netlink)

TEST_F_TIMEOUT(sweep, workers, SWEEP_S)
{
	if (!fail_knobs())
		SKIP(return, "this kernel has no fault injection");
	if (!fail_wanted(NULL))
		SKIP(return, "RVF_FAIL_CASE is none of these");
	ASSERT_TRUE(fail_workers(false));
}

TEST_HARNESS_MAIN
