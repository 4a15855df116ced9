/* SPDX-License-Identifier: GPL-2.0-only */
/* A package with "inside" as its one task, made, signed and mounted on the spot. */
#ifndef JAIL_PACKAGE_H
#define JAIL_PACKAGE_H

#include <rvf/error.h>

/* A supervised mount fd, or a negative errno. */
int mount_inside(unsigned int tasks, struct rvf_error *e);

#endif /* JAIL_PACKAGE_H */
