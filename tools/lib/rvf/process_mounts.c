// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What of the host a jailed process sees: opened by the parent, which can say
 * what is wrong with it, and put into place by the child.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "process_internal.h"

static const struct {
	const char *path;
	unsigned int minor;
} devices[] = { { "/dev/null", 3 }, { "/dev/zero", 5 }, { "/dev/full", 7 }, { "/dev/urandom", 9 } };
#define N_DEVICES (sizeof(devices) / sizeof(devices[0]))

static int cannot(struct rvf_error *e, int err, const char *path, const char *why)
{
	rvf_error_set(e, err, "jail-mount", "cannot give '%.200s' to a jail", path);
	rvf_error_why(e, "%s", why ? why : strerror(err));
	return -err;
}

/*
 * Nobody but whoever wrote the path says what it leads to: no symbolic link is
 * followed, so that what the host's policy said of the path holds for it.
 */
static int open_source(const char *path, struct stat *st)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS };
	int fd = syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));

	if (fd >= 0 && fstat(fd, st)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* A mount of its own, which no change of the host's mounts reaches. */
static int clone_tree(int source, unsigned int set, unsigned int clear)
{
	struct mount_attr attr = { .attr_set = set, .attr_clr = clear, .propagation = MS_PRIVATE };
	int tree = syscall(SYS_open_tree, source, "",
			   AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	if (tree < 0)
		return -1;
	if (syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &attr, sizeof(attr))) {
		int err = errno;

		close(tree);
		errno = err;
		return -1;
	}
	return tree;
}

/* @text: code may come from what cannot be written. */
static int open_mount(struct rvf_child_mount *m, const struct rvf_jail_mount *from, bool text,
		      struct rvf_error *e)
{
	bool executable = from->executable || (text && !from->writable);
	unsigned int set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
	struct stat st;

	if (!rvf_jail_path_ok(from->source) || !rvf_jail_path_ok(from->target))
		return cannot(e, EINVAL, from->source, "a path is absolute, without . and ..");
	int source = open_source(from->source, &st);
	if (source < 0)
		return cannot(e, errno, from->source,
			      errno == ELOOP ? "there is a symbolic link in the path" : NULL);
	if (!from->writable)
		set |= MOUNT_ATTR_RDONLY;
	if (!executable)
		set |= MOUNT_ATTR_NOEXEC;
	m->writable = from->writable;
	m->executable = executable;
	m->directory = S_ISDIR(st.st_mode);
	m->target = strdup(from->target + 1);
	m->tree = -1;
	if (!m->directory && !S_ISREG(st.st_mode)) {
		close(source);
		return cannot(e, EINVAL, from->source, "it is neither a file nor a directory");
	}
	m->tree = clone_tree(source, set, 0);
	int err = errno;
	close(source);
	if (m->tree < 0)
		return cannot(e, err, from->source, NULL);
	return m->target ? 0 : cannot(e, ENOMEM, from->source, NULL);
}

/* By their numbers: a file that only has the name is none. */
static int open_device(struct rvf_child_mount *m, const char *path, unsigned int minor_number,
		       struct rvf_error *e)
{
	struct stat st;
	int source = open_source(path, &st);

	if (source < 0)
		return cannot(e, errno, path, NULL);
	if (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(1, minor_number)) {
		close(source);
		return cannot(e, ENODEV, path, "it is not that device");
	}
	m->writable = true;
	m->target = strdup(path + 1);
	m->tree = clone_tree(source, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, MOUNT_ATTR_NODEV);
	int err = errno;
	close(source);
	if (m->tree < 0)
		return cannot(e, err, path, NULL);
	return m->target ? 0 : cannot(e, ENOMEM, path, NULL);
}

static int open_root(struct rvf_child *child, const char *path, struct rvf_error *e)
{
	struct stat st;

	if (!rvf_jail_path_ok(path))
		return cannot(e, EINVAL, path, "a path is absolute, without . and ..");
	int source = open_source(path, &st);
	if (source < 0)
		return cannot(e, errno, path, NULL);
	if (S_ISDIR(st.st_mode)) {
		child->root_tree = clone_tree(source,
					      MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
						      MOUNT_ATTR_NOEXEC | MOUNT_ATTR_RDONLY,
					      0);
	} else {
		child->root_tree = -1;
		errno = ENOTDIR;
	}
	int err = errno;
	close(source);
	return child->root_tree < 0 ? cannot(e, err, path, NULL) : 0;
}

int rvf_mounts_open(struct rvf_child *child, const struct rvf_jail_options *options, bool text,
		    struct rvf_error *e)
{
	size_t n = options ? options->n_mounts : 0;
	int err = 0;

	child->mounts = calloc(N_DEVICES + n, sizeof(*child->mounts));
	if (!child->mounts)
		return cannot(e, ENOMEM, "/dev", NULL);
	if (options && options->root)
		err = open_root(child, options->root, e);
	for (size_t i = 0; !err && i < N_DEVICES; i++)
		err = open_device(&child->mounts[child->n_mounts++], devices[i].path,
				  devices[i].minor, e);
	for (size_t i = 0; !err && i < n; i++)
		err = open_mount(&child->mounts[child->n_mounts++], &options->mounts[i], text, e);
	return err;
}

void rvf_mounts_close(struct rvf_child *child)
{
	for (unsigned int i = 0; i < child->n_mounts; i++) {
		if (child->mounts[i].tree > 0)
			close(child->mounts[i].tree);
		free(child->mounts[i].target);
	}
	free(child->mounts);
	child->mounts = NULL;
	child->n_mounts = 0;
	if (child->root_tree >= 0)
		close(child->root_tree);
	child->root_tree = -1;
}
