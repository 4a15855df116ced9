// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The root of a jailed process. Raw system calls only: see process_child.h.
 */
#include <fcntl.h>
#include <sched.h>
#include <stddef.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "process_child.h"

#define NOTHING_SPECIAL (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

/* One option of a file system to be. */
struct fs_option {
	const char *key;
	const char *value; /* NULL: a flag */
};

/* Returns a mounted file system that lies nowhere yet. */
static int make_fs(const struct rvf_child *child, const char *type, const struct fs_option *options,
		   unsigned int attributes)
{
	int fs = syscall(SYS_fsopen, type, FSOPEN_CLOEXEC);

	try(child, RVF_STEP_ROOT, fs);
	for (; options->key; options++)
		try(child, RVF_STEP_ROOT,
		    syscall(SYS_fsconfig, fs,
			    options->value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, options->key,
			    options->value, 0));
	try(child, RVF_STEP_ROOT, syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0));

	int mounted = syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, attributes);
	try(child, RVF_STEP_ROOT, mounted);
	close(fs);
	return mounted;
}

int rvf_child_make_root(const struct rvf_child *child)
{
	const struct fs_option writable[] = {
		{ "source", "rvf" }, { "size", "64k" }, { "mode", "0555" }, { NULL, NULL }
	};
	const struct fs_option read_only[] = { { "source", "rvf" },
					       { "size", "4k" },
					       { "mode", "0555" },
					       { "ro", NULL },
					       { NULL, NULL } };

	if (child->root_tree >= 0)
		return child->root_tree;
	if (child->profile == RVF_PROFILE_CROSVM || !has(child, RVF_JAIL_READ_ONLY))
		return make_fs(child, "tmpfs", writable, NOTHING_SPECIAL);
	return make_fs(child, "tmpfs", read_only, NOTHING_SPECIAL | MOUNT_ATTR_RDONLY);
}

/*
 * What a mount is put upon: it is made, with what lies above it. In a root of
 * the host's, which is read-only, it must be there.
 */
static void make_target(char *path, bool directory)
{
	for (char *at = path; *at; at++) {
		if (*at != '/')
			continue;
		*at = '\0';
		syscall(SYS_mkdirat, AT_FDCWD, path, 0755);
		*at = '/';
	}
	if (directory)
		syscall(SYS_mkdirat, AT_FDCWD, path, 0755);
	else
		syscall(SYS_mknodat, AT_FDCWD, path, S_IFREG | 0444, 0);
}

static void place(const struct rvf_child *child, int tree, const char *path)
{
	if (syscall(SYS_move_mount, tree, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		fail_at(child->sync, RVF_STEP_MOUNT, path);
	close(tree);
}

/* What programs for crosvm's interface expect; we are at the new root. */
static void fill_root(const struct rvf_child *child)
{
	const struct fs_option proc[] = { { "source", "proc" },
					  { "subset", "pid" },
					  { NULL, NULL } };
	const struct fs_option memory[] = { { "source", "rvf" },     { "size", child->tmpfs },
					    { "mode", "0700" },	     { "uid", child->owner },
					    { "gid", child->owner }, { NULL, NULL } };
	struct mount_attr read_only = { .attr_set = MOUNT_ATTR_RDONLY };
	char proc_path[] = "proc", tmp_path[] = "tmp";
	mode_t mask = umask(0);

	make_target(proc_path, true);
	place(child, make_fs(child, "proc", proc, NOTHING_SPECIAL | MOUNT_ATTR_RDONLY), "proc");
	make_target(tmp_path, true);
	place(child, make_fs(child, "tmpfs", memory, NOTHING_SPECIAL), "tmp");
	for (unsigned int i = 0; i < child->n_mounts; i++) {
		const struct rvf_child_mount *m = &child->mounts[i];

		make_target(m->target, m->directory);
		place(child, m->tree, m->target);
	}
	umask(mask);
	if (has(child, RVF_JAIL_READ_ONLY))
		try(child, RVF_STEP_ROOT,
		    syscall(SYS_mount_setattr, AT_FDCWD, ".", 0, &read_only, sizeof(read_only)));
}

/* The new root is put above the old one, which is then let go. */
void rvf_child_enter_root(const struct rvf_child *child, int root)
{
	try(child, RVF_STEP_ROOT, mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	try(child, RVF_STEP_ROOT,
	    syscall(SYS_move_mount, root, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH));
	try(child, RVF_STEP_ROOT, fchdir(root));
	close(root);
	try(child, RVF_STEP_ROOT, syscall(SYS_pivot_root, ".", "."));
	try(child, RVF_STEP_ROOT, umount2(".", MNT_DETACH));
	try(child, RVF_STEP_ROOT, chdir("/"));
	if (child->profile == RVF_PROFILE_CROSVM)
		fill_root(child);
}
