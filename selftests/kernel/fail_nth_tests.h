/* SPDX-License-Identifier: GPL-2.0-only */
/* A test for each table of cases. */
#ifndef RVF_SELFTESTS_FAIL_NTH_TESTS_H
#define RVF_SELFTESTS_FAIL_NTH_TESTS_H

#include "fail_nth.h"
#include "kselftest_harness.h"

/* Hundreds of calls, some of them expensive; run-vm.sh has a limit of its own */
#define SWEEP_S 7200

FIXTURE(sweep){};

FIXTURE_SETUP(sweep)
{
}

FIXTURE_TEARDOWN(sweep)
{
}

#define SWEEP(table)                                                        \
	TEST_F_TIMEOUT(sweep, table, SWEEP_S)                               \
	{                                                                   \
		if (!fail_knobs())                                          \
			SKIP(return, "this kernel has no fault injection"); \
		if (!fail_wanted(fail_##table))                             \
			SKIP(return, "RVF_FAIL_CASE is none of these");     \
		ASSERT_TRUE(fail_sweep(fail_##table));                      \
	}

#endif
