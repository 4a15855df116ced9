// SPDX-License-Identifier: GPL-2.0-only
/* System calls that a component asks for, in a file of their own. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <rvf/jail.h>

#include "pack_files.h"
#include "text.h"

#define SYSCALLS_BYTES_MAX 65536

static void add_syscall(struct recipe_jail *jail, const char *name, unsigned int line,
			struct complaints *all)
{
	char *entry = xprintf("syscall=%s", name);

	for (size_t i = 0; i < jail->n_entries; i++) {
		if (strcmp(jail->entries[i], entry))
			continue;
		free(entry);
		return;
	}
	if (!rvf_jail_syscall_ok(name)) {
		complain(all, &jail->syscalls_at, "%s, line %u: no jail allows '%.64s'",
			 jail->syscalls, line, name);
		advise(all, "one system call in a line; some the jail rests on");
		free(entry);
		return;
	}
	add_jail_entry(jail, entry);
}

/* One name in a line; "#" begins a comment. */
static void read_syscalls(struct recipe_jail *jail, char *text, struct complaints *all)
{
	size_t before = jail->n_entries;
	unsigned int line = 0;
	char *next;

	for (char *at = text; at; at = next) {
		line++;
		next = strchr(at, '\n');
		if (next)
			*next++ = '\0';
		at[strcspn(at, "#\r")] = '\0';
		at += strspn(at, " \t");
		at[strcspn(at, " \t")] = '\0';
		if (*at)
			add_syscall(jail, at, line, all);
	}
	if (jail->n_entries - before > RVF_JAIL_SYSCALLS)
		complain(all, &jail->syscalls_at, "%zu system calls in '%s'; %d are possible",
			 jail->n_entries - before, jail->syscalls, RVF_JAIL_SYSCALLS);
}

static void read_syscalls_file(struct recipe_jail *jail, const char *directory,
			       struct complaints *all)
{
	size_t length = 0, used = 0;
	ssize_t n = 1;
	char *text;
	int fd = open_file(all, &jail->syscalls_at, directory, jail->syscalls, SYSCALLS_BYTES_MAX,
			   &length);

	if (fd < 0)
		return;
	text = xalloc(length + 1);
	while (used < length && (n = read(fd, text + used, length - used)) > 0)
		used += n;
	close(fd);
	if (strlen(text) < used)
		complain(all, &jail->syscalls_at, "'%s' is no text", jail->syscalls);
	else
		read_syscalls(jail, text, all);
	free(text);
}

void complete_jail(struct recipe_component *one, const char *directory, struct complaints *all)
{
	struct recipe_jail *jail = &one->jail;
	size_t bytes = 0;

	if (jail->syscalls)
		read_syscalls_file(jail, directory, all);
	if (jail->cpus)
		add_jail_entry(jail, xprintf("cpus=%s", jail->cpus));
	if (jail->core_scheduling)
		add_jail_entry(jail, xstrdup("core-scheduling=1"));
	if (one->limits.time_ms)
		add_jail_entry(jail, xprintf("time=%" PRIu32, one->limits.time_ms));
	if (one->limits.cpu_seconds)
		add_jail_entry(jail, xprintf("cpu-time=%" PRIu32, one->limits.cpu_seconds));
	if (jail->tap)
		add_jail_entry(jail, xprintf("tap=%s", jail->tap));
	for (size_t i = 0; i < jail->n_entries; i++)
		bytes += strlen(jail->entries[i]) + 1;
	if (bytes > RVF_MAX_JAIL)
		complain(all, &one->at, "'%s' asks for %zu bytes of its jail; %d are possible",
			 one->name, bytes, RVF_MAX_JAIL);
}
