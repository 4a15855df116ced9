// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What a manifest asks of a jail, as text.
 */
#include <errno.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rvf/jail.h>

/**
 * struct parsed - Options with what they point to
 * @options: First, so that it can be freed by it.
 * @mounts: Its mounts.
 * @syscalls: Its calls.
 * @text: A copy of the text, taken apart.
 */
struct parsed {
	struct rvf_jail_options options;
	struct rvf_jail_mount mounts[RVF_JAIL_MOUNTS];
	const char *syscalls[RVF_JAIL_SYSCALLS];
	char text[];
};

bool rvf_jail_path_ok(const char *path)
{
	const char *part = path;

	if (*path != '/' || strchr(path, ':') || strlen(path) >= 4096)
		return false;
	while (*part) {
		size_t length = strcspn(++part, "/");

		if (!length || (length == 1 && part[0] == '.') ||
		    (length == 2 && part[0] == '.' && part[1] == '.'))
			return false;
		part += length;
	}
	return true;
}

/* Digits only: no blanks, no sign. */
static bool number(const char **text, unsigned long long most, unsigned long long *value)
{
	const char *at = *text;

	*value = 0;
	for (; *at >= '0' && *at <= '9'; at++) {
		if (*value > (most - (*at - '0')) / 10)
			return false;
		*value = *value * 10 + (*at - '0');
	}
	if (at == *text || (**text == '0' && at - *text > 1))
		return false;
	*text = at;
	return true;
}

static bool whole_number(const char *text, unsigned long long least, unsigned long long most,
			 unsigned long long *value)
{
	return number(&text, most, value) && !*text && *value >= least;
}

bool rvf_jail_cpus(const char *text, unsigned char cpus[RVF_JAIL_CPUS / 8])
{
	unsigned long long next = 0, first, last;

	memset(cpus, 0, RVF_JAIL_CPUS / 8);
	do {
		if (!number(&text, RVF_JAIL_CPUS - 1, &first) || first < next)
			return false;
		last = first;
		if (*text == '-') {
			text++;
			if (!number(&text, RVF_JAIL_CPUS - 1, &last) || last <= first)
				return false;
		}
		for (; first <= last; first++)
			cpus[first / 8] |= 1 << first % 8;
		next = last + 1;
	} while (*text == ',' && text++);
	return !*text;
}

static bool take_root(struct parsed *p, char *value)
{
	p->options.root = value;
	return rvf_jail_path_ok(value);
}

static bool take_mount(struct parsed *p, char *value)
{
	char *target = strchr(value, ':'), *how = target ? strchr(target + 1, ':') : NULL;
	struct rvf_jail_mount *m;

	if (!how || p->options.n_mounts == RVF_JAIL_MOUNTS)
		return false;
	*target++ = '\0';
	*how++ = '\0';
	m = &p->mounts[p->options.n_mounts++];
	m->source = value;
	m->target = target;
	m->writable = !strcmp(how, "rw");
	return (m->writable || !strcmp(how, "ro")) && rvf_jail_path_ok(value) &&
	       rvf_jail_path_ok(target);
}

static bool take_tmpfs(struct parsed *p, char *value)
{
	unsigned long long bytes = 0;
	bool good = whole_number(value, 4096, 1ull << 40, &bytes);

	p->options.tmpfs = bytes;
	return good;
}

static bool take_syscall(struct parsed *p, char *value)
{
	if (p->options.n_syscalls == RVF_JAIL_SYSCALLS)
		return false;
	p->syscalls[p->options.n_syscalls++] = value;
	return *value && strlen(value) < 64 &&
	       strspn(value, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(value);
}

static bool take_cpus(struct parsed *p, char *value)
{
	p->options.pinned = true;
	return rvf_jail_cpus(value, p->options.cpus);
}

static bool take_core_scheduling(struct parsed *p, char *value)
{
	p->options.core_scheduling = true;
	return !strcmp(value, "1");
}

static bool take_time(struct parsed *p, char *value)
{
	unsigned long long ms = 0;
	bool good = whole_number(value, 1, UINT32_MAX, &ms);

	p->options.time_ms = ms;
	return good;
}

static bool take_cpu_time(struct parsed *p, char *value)
{
	unsigned long long seconds = 0;
	bool good = whole_number(value, 1, INT32_MAX, &seconds);

	p->options.cpu_seconds = seconds;
	return good;
}

static bool take_tap(struct parsed *p, char *value)
{
	p->options.tap = value;
	return *value && strlen(value) < IFNAMSIZ && !strpbrk(value, "/: %");
}

static const struct {
	const char *name;
	bool (*take)(struct parsed *p, char *value);
	bool repeated;
	bool needs_root; /* not in an empty one */
} keys[] = {
	{ "root", take_root, false, true },
	{ "mount", take_mount, true, true },
	{ "tmpfs", take_tmpfs, false, true },
	{ "syscall", take_syscall, true, false },
	{ "cpus", take_cpus, false, false },
	{ "core-scheduling", take_core_scheduling, false, false },
	{ "time", take_time, false, false },
	{ "cpu-time", take_cpu_time, false, false },
	{ "tap", take_tap, false, false },
};
#define N_KEYS (sizeof(keys) / sizeof(keys[0]))

static int bad(struct rvf_error *e, int err, const char *entry, const char *why)
{
	rvf_error_set(e, err, "jail-options", "the jail's entry '%.100s' cannot be used", entry);
	rvf_error_why(e, "%s", why);
	return -err;
}

/* @next: the first key that may come now, since there is one order. */
static int take_entry(struct parsed *p, char *entry, __u32 profile, size_t *next,
		      struct rvf_error *e)
{
	char *value = strchr(entry, '=');
	size_t length = value ? (size_t)(value - entry) : 0, i;
	char whole[128];

	/* A value is taken apart, and an error shows it whole. */
	snprintf(whole, sizeof(whole), "%s", entry);
	for (i = 0; i < N_KEYS; i++)
		if (length == strlen(keys[i].name) && !strncmp(entry, keys[i].name, length))
			break;
	if (i == N_KEYS)
		return bad(e, EOPNOTSUPP, whole, "this version of rvf does not know it");
	if (i < *next)
		return bad(e, EINVAL, whole, "it is there twice, or in another order");
	*next = keys[i].repeated ? i : i + 1;
	if (keys[i].needs_root && profile != RVF_PROFILE_CROSVM)
		return bad(e, EINVAL, whole, "the root of the profile 'strict' is empty");
	if (!keys[i].take(p, value + 1))
		return bad(e, EINVAL, whole, "its value is not of the form that it must have");
	return 0;
}

int rvf_jail_parse(const char *text, size_t length, __u32 profile,
		   struct rvf_jail_options **options, struct rvf_error *e)
{
	struct parsed *p = calloc(1, sizeof(*p) + length + 1);
	size_t next = 0;
	int err = 0;

	if (!p) {
		rvf_error_set(e, ENOMEM, "no-memory", "there is no memory");
		return -ENOMEM;
	}
	memcpy(p->text, text, length);
	p->options.size = sizeof(p->options);
	p->options.mounts = p->mounts;
	p->options.syscalls = p->syscalls;
	for (char *at = p->text; !err && at < p->text + length;) {
		char *entry = at;

		at += strlen(at) + 1;
		err = take_entry(p, entry, profile, &next, e);
	}
	if (err) {
		free(p);
		return err;
	}
	*options = &p->options;
	return 0;
}

void rvf_jail_free(struct rvf_jail_options *options)
{
	/* It is the first thing in a struct parsed. */
	free(options);
}
