/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Between the files that know of cgroups. */
#ifndef RVF_CGROUP_INTERNAL_H
#define RVF_CGROUP_INTERNAL_H

#include <rvf/cgroup.h>

/* Mounts of one name, one after the other, whose cgroups are there at once. */
#define RVF_CGROUP_CANDIDATES 100

/* Notes whose cgroup it is; a host on which that fails goes by names. */
int rvf_cgroup_mark(int cgroup, __u64 id);

/* The cgroup of mount @id, wherever it is; false: none is marked so. */
bool rvf_cgroup_find(int root, __u64 id, char name[RVF_CGROUP_NAME]);

/* The nth name to try for a mount's cgroup, from 0; false: there are no more. */
bool rvf_cgroup_candidate(const char *mount, unsigned int n, char name[RVF_CGROUP_NAME]);

/* Makes it or takes the one that is there, and sets its limit, as
 * rvf_cgroup_mount() does.
 */
int rvf_cgroup_make(int root, const char *name, __u64 memory, struct rvf_error *e);

#endif /* RVF_CGROUP_INTERNAL_H */
