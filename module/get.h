/* SPDX-License-Identifier: GPL-2.0-only */
/* RVF_TASK_GET and RVF_MOUNT_GET: a handle by its object's name. */
#ifndef RVF_GET_H
#define RVF_GET_H

#include "rvf.h"

struct rvf_mnt;
struct rvf_object;
struct rvf_tsk;
struct rvf_ucmd;

int rvf_get_prepare(const struct rvf_get *cmd, char name[RVF_MAX_NAME]);
int rvf_get_handle(struct rvf_ucmd *ucmd, struct rvf_mnt *mnt,
		   struct rvf_tsk *owner, struct rvf_object *object,
		   u32 allowed, u64 badge);

#endif /* RVF_GET_H */
