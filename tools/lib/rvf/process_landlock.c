// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Landlock, where the root is not empty: a second word on what the mounts
 * already say, which holds for a file whatever way leads to it. Raw system
 * calls only: see process_child.h.
 */
#include <fcntl.h>
#include <linux/landlock.h>

#include "process_child.h"

#define A(name) LANDLOCK_ACCESS_FS_##name

/* Of later kernels than the headers may be of */
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ull << 14)
#endif
#ifndef LANDLOCK_ACCESS_FS_IOCTL_DEV
#define LANDLOCK_ACCESS_FS_IOCTL_DEV (1ull << 15)
#endif

#define READ (A(READ_FILE) | A(READ_DIR))
#define WRITE                                                                         \
	(A(WRITE_FILE) | A(REMOVE_DIR) | A(REMOVE_FILE) | A(MAKE_DIR) | A(MAKE_REG) | \
	 A(MAKE_FIFO) | A(MAKE_SYM) | A(REFER) | A(TRUNCATE))
#define OF_FILES (A(EXECUTE) | A(WRITE_FILE) | A(READ_FILE) | A(TRUNCATE) | A(IOCTL_DEV))

/* All that a version of the kernel's can deny. */
static __u64 all_rights(int version)
{
	__u64 all = A(MAKE_SYM) * 2 - 1;

	if (version >= 2)
		all |= A(REFER);
	if (version >= 3)
		all |= A(TRUNCATE);
	if (version >= 5)
		all |= A(IOCTL_DEV);
	return all;
}

static void allow_fd(const struct rvf_child *child, int rules, int fd, __u64 rights, bool directory)
{
	struct landlock_path_beneath_attr rule = {
		.allowed_access = directory ? rights : rights & OF_FILES,
		.parent_fd = fd,
	};

	/* EBADFD: a file of the kernel's own, as an image is; nothing is asked of those. */
	if (syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0 &&
	    errno != EBADFD)
		fail(child->sync, RVF_STEP_LANDLOCK);
}

static void allow(const struct rvf_child *child, int rules, const char *path, __u64 rights,
		  bool directory)
{
	int fd = syscall(SYS_openat, AT_FDCWD, path, O_PATH | O_CLOEXEC, 0);

	try(child, RVF_STEP_LANDLOCK, fd);
	allow_fd(child, rules, fd, rights, directory);
	close(fd);
}

void rvf_child_landlock(const struct rvf_child *child, int image)
{
	int version =
		syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	__u64 all = all_rights(version);
	struct landlock_ruleset_attr attr = { .handled_access_fs = all };

	if (version < 0) {
		lacks(child, RVF_JAIL_LANDLOCK);
		return;
	}
	int rules = syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr.handled_access_fs), 0);
	try(child, RVF_STEP_LANDLOCK, rules);
	/* Of a root of ours there is nothing to be read but names. */
	allow(child, rules, ".", child->own_root ? READ : A(READ_DIR), true);
	allow(child, rules, "proc", READ, true);
	allow(child, rules, "tmp", (READ | WRITE) & all, true);
	for (unsigned int i = 0; i < child->n_mounts; i++) {
		const struct rvf_child_mount *m = &child->mounts[i];
		__u64 rights = READ | (m->writable ? WRITE : 0) | (m->executable ? A(EXECUTE) : 0);

		allow(child, rules, m->target, rights & all, m->directory);
	}
	allow_fd(child, rules, image, A(READ_FILE) | A(EXECUTE), false);
	try(child, RVF_STEP_LANDLOCK, syscall(SYS_landlock_restrict_self, rules, 0));
	close(rules);
}
