// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Which mount a cgroup is of. RVF_EXCHANGE changes a mount's name, and a cgroup
 * cannot be renamed: so the mount's id is an attribute of the directory.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "cgroup_internal.h"

#define MARK "trusted.rvf.mount"

/* Only system calls: rvf_mount_in_cgroup() has a child that calls it. */
int rvf_cgroup_mark(int cgroup, __u64 id)
{
	__u64 value = htole64(id);

	return fsetxattr(cgroup, MARK, &value, sizeof(value), 0) ? -errno : 0;
}

static __u64 mark_of(int cgroup)
{
	__u64 value;

	if (fgetxattr(cgroup, MARK, &value, sizeof(value)) != sizeof(value))
		return 0;
	return le64toh(value);
}

__u64 rvf_cgroup_mount_id(int root, const char *name)
{
	int fd = openat(root, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	__u64 id = fd < 0 ? 0 : mark_of(fd);

	if (fd >= 0)
		close(fd);
	return id;
}

bool rvf_cgroup_candidate(const char *mount, unsigned int n, char name[RVF_CGROUP_NAME])
{
	size_t length;

	rvf_cgroup_mount_name(mount, name);
	if (!n)
		return true;
	/* Of its own names none has this: see rvf_cgroup_mount_name(). */
	length = strlen(name);
	return n < RVF_CGROUP_CANDIDATES && length + 5 < RVF_CGROUP_NAME &&
	       snprintf(name + length, RVF_CGROUP_NAME - length, "~~%u", n) > 0;
}

/**
 * struct search - For a mount's cgroup
 * @root: Where.
 * @id: The mount's.
 * @name: Takes the cgroup's.
 */
struct search {
	int root;
	__u64 id;
	char *name;
};

static int is_it(const char *name, void *context)
{
	struct search *s = context;

	if (rvf_cgroup_mount_id(s->root, name) != s->id)
		return 0;
	snprintf(s->name, RVF_CGROUP_NAME, "%s", name);
	return 1;
}

bool rvf_cgroup_find(int root, __u64 id, char name[RVF_CGROUP_NAME])
{
	struct search s = { root, id, name };

	return id && rvf_cgroup_list(root, is_it, &s) == 1;
}
