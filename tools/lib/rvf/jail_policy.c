// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What the host allows a package to ask of its jail. The signer cannot widen
 * it: no file, no permission.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rvf/jail.h>

/**
 * struct policy - One file of the host's policy
 * @path: Its name, for errors.
 * @stream: NULL: there is none.
 * @line: The entry that was read last, without its end.
 * @room: Bytes of it.
 */
struct policy {
	char path[4352];
	FILE *stream;
	char *line;
	size_t room;
};

static int policy_open(struct policy *p, const char *directory, const char *name,
		       struct rvf_error *e)
{
	const char *config = secure_getenv("RVF_CONFIG");
	struct stat st;

	memset(p, 0, sizeof(*p));
	if (directory)
		snprintf(p->path, sizeof(p->path), "%.4000s/%s", directory, name);
	else
		snprintf(p->path, sizeof(p->path), "%.4000s/policy.d/%s",
			 config ? config : "/etc/rvf", name);
	int fd = open(p->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 || fstat(fd, &st)) {
		int err = errno;

		if (fd >= 0)
			close(fd);
		return rvf_error_system(e, err, "cannot read %s", p->path);
	}
	if (!S_ISREG(st.st_mode) || st.st_uid != 0 || st.st_mode & (S_IWGRP | S_IWOTH)) {
		close(fd);
		rvf_error_set(e, EPERM, "policy", "%s does not count", p->path);
		rvf_error_why(e, "it is no file that only root can write");
		return -EPERM;
	}
	p->stream = fdopen(fd, "r");
	if (!p->stream) {
		close(fd);
		return rvf_error_system(e, ENOMEM, "cannot read %s", p->path);
	}
	return 0;
}

static void policy_close(struct policy *p)
{
	if (p->stream)
		fclose(p->stream);
	free(p->line);
}

/* The next entry, without blanks around it and without a comment. */
static char *policy_next(struct policy *p)
{
	while (p->stream && getline(&p->line, &p->room, p->stream) > 0) {
		char *at = p->line, *end;

		at[strcspn(at, "#\n")] = '\0';
		at += strspn(at, " \t");
		end = at + strlen(at);
		while (end > at && (end[-1] == ' ' || end[-1] == '\t'))
			*--end = '\0';
		if (*at)
			return at;
	}
	return NULL;
}

static bool has_entry(struct policy *p, const char *wanted)
{
	const char *entry;

	if (p->stream)
		rewind(p->stream);
	while ((entry = policy_next(p)))
		if (!strcmp(entry, wanted))
			return true;
	return false;
}

/* Is @path @above or below it? */
static bool lies_in(const char *path, const char *above)
{
	size_t length = strlen(above);

	while (length && above[length - 1] == '/')
		length--;
	return !strncmp(path, above, length) && (!path[length] || path[length] == '/');
}

static bool allows_path(struct policy *p, const char *path, bool writable)
{
	char *entry, *how;

	if (p->stream)
		rewind(p->stream);
	while ((entry = policy_next(p))) {
		how = entry + strcspn(entry, " \t");
		if (*how) {
			*how++ = '\0';
			how += strspn(how, " \t");
		}
		if (*entry == '/' && lies_in(path, entry) && (!*how || !strcmp(how, "rw")) &&
		    (*how || !writable))
			return true;
	}
	return false;
}

static int deny(const struct policy *p, struct rvf_error *e, const char *what, const char *name)
{
	rvf_error_set(e, EPERM, "not-allowed", "this host does not allow a task %s '%.200s'", what,
		      name);
	rvf_error_why(e, "%.200s does not say so", p->path);
	return -EPERM;
}

static int mounts_allowed(const struct rvf_jail_options *o, const char *directory,
			  struct rvf_error *e)
{
	struct policy p;
	int err;

	if (!o->root && !o->n_mounts)
		return 0;
	err = policy_open(&p, directory, "mounts", e);
	if (err)
		return err;
	if (o->root && !allows_path(&p, o->root, false))
		err = deny(&p, e, "to have as its root", o->root);
	for (size_t i = 0; !err && i < o->n_mounts; i++)
		if (!allows_path(&p, o->mounts[i].source, o->mounts[i].writable))
			err = deny(&p, e, o->mounts[i].writable ? "to write" : "to see",
				   o->mounts[i].source);
	policy_close(&p);
	return err;
}

static int syscalls_allowed(const struct rvf_jail_options *o, const char *directory,
			    struct rvf_error *e)
{
	struct policy p;
	int err;

	if (!o->n_syscalls)
		return 0;
	err = policy_open(&p, directory, "syscalls", e);
	if (err)
		return err;
	for (size_t i = 0; !err && i < o->n_syscalls; i++)
		if (!has_entry(&p, o->syscalls[i]))
			err = deny(&p, e, "the system call", o->syscalls[i]);
	policy_close(&p);
	return err;
}

static int tap_allowed(const struct rvf_jail_options *o, const char *directory, struct rvf_error *e)
{
	struct policy p;
	int err;

	if (!o->tap)
		return 0;
	err = policy_open(&p, directory, "taps", e);
	if (err)
		return err;
	if (!has_entry(&p, o->tap))
		err = deny(&p, e, "the TAP device", o->tap);
	policy_close(&p);
	return err;
}

int rvf_jail_allowed(const struct rvf_jail_options *options, const char *directory,
		     struct rvf_error *e)
{
	int err = mounts_allowed(options, directory, e);

	if (!err)
		err = syscalls_allowed(options, directory, e);
	return err ? err : tap_allowed(options, directory, e);
}
