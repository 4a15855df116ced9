/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef RVF_NETLINK_INTERNAL_H
#define RVF_NETLINK_INTERNAL_H

#include <netlink/attr.h>
#include <rvf/netlink.h>

/* Attributes that are missing or of a wrong size count as 0 or "". */
void rvf_nl_parse_mount(struct nlattr **attrs, struct rvf_nl_mount *mount);
void rvf_nl_parse_task(struct nlattr **attrs, struct rvf_nl_task *task);

/* 0 or -ENOMEM; the object is freed in both cases. */
int rvf_nl_parse_object(struct nlattr **attrs, struct nlattr *first, int length,
			struct rvf_nl_object *object);
void rvf_nl_free_object(struct rvf_nl_object *object);

#endif /* RVF_NETLINK_INTERNAL_H */
