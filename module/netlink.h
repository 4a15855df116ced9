/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RVF_NETLINK_H
#define RVF_NETLINK_H

#include "rvf.h"

struct rvf_mnt;
struct rvf_tsk;

int rvf_nl_setup(void);
void rvf_nl_cleanup(void);
void rvf_nl_mount_event(struct rvf_mnt *mnt, enum rvf_nl_event event);
void rvf_nl_task_event(struct rvf_tsk *tsk);

#endif /* RVF_NETLINK_H */
