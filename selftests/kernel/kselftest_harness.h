/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's harness, with more time for each test: a debug kernel under
 * emulation takes many times as long. run-vm.sh limits a whole program.
 */
#include_next <kselftest_harness.h>

#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 240

#undef TEST_F_TIMEOUT
#define TEST_F_TIMEOUT(fixture_name, test_name, seconds) \
	__TEST_F_IMPL(fixture_name, test_name, -1, 8 * seconds)
