/* SPDX-License-Identifier: GPL-2.0-only */
/* A VM for the cases of fail_nth. */
#ifndef RVF_SELFTESTS_FAIL_NTH_MACHINE_H
#define RVF_SELFTESTS_FAIL_NTH_MACHINE_H

#include "fail_nth.h"
#include "util_vm.h"

/* It has two vCPUs, VM_MEMORY at 0, VM_PORT reserved, vCPU 0's pages mapped */
extern struct vm fail_machine;

/* In the place of the usual mount, one whose first component may have a VM */
void fail_machine_mount(struct fail *f);
/* A plugin with the VM, which makes the calls; and its end */
void fail_machine_prepare(struct fail *f);
void fail_machine_undo(struct fail *f);
/* All of it */
void fail_machine_setup(struct fail *f);

#endif
