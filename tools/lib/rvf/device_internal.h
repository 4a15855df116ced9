/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Between device.c and mount_cgroup.c: RVF_MOUNT in three steps, so that a
 * child can do the middle one.
 */
#ifndef RVF_DEVICE_INTERNAL_H
#define RVF_DEVICE_INTERNAL_H

#include <rvf/device.h>

/* Points into @package, @name and @config: they must live as long as @cmd. */
int rvf_mount_prepare(struct rvf_mount *cmd, struct rvf_package *package, const char *name,
		      const struct rvf_mount_config *config, struct rvf_error *e);

/* Takes what the ioctl left in @cmd; @err is 0 or its negative errno. */
int rvf_mount_finish(const struct rvf_mount *cmd, int err, struct rvf_mount_result *result,
		     struct rvf_error *e);

#endif /* RVF_DEVICE_INTERNAL_H */
