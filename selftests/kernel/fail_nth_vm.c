// SPDX-License-Identifier: GPL-2.0-only
/*
 * What fail_nth does, with the commands of VMs and vCPUs: a program of its own,
 * since the VM that each of hundreds of tries needs takes its time.
 */
#include "fail_nth_machine.h"
#include "fail_nth_tests.h"

SWEEP(kvm_vm)
SWEEP(kvm_vcpu)

TEST_F_TIMEOUT(sweep, workers, SWEEP_S)
{
	if (!fail_knobs())
		SKIP(return, "this kernel has no fault injection");
	if (!fail_wanted(NULL))
		SKIP(return, "RVF_FAIL_CASE is none of these");
	ASSERT_TRUE(fail_workers(true));
}

SWEEP(vm)

TEST_HARNESS_MAIN
