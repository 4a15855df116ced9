// SPDX-License-Identifier: GPL-2.0-only
/* What a component asks of its jail. */
#include <inttypes.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <rvf/jail.h>

#include "recipe.h"
#include "text.h"

void add_jail_entry(struct recipe_jail *jail, char *entry)
{
	jail->entries = xgrow(jail->entries, jail->n_entries, sizeof(*jail->entries));
	jail->entries[jail->n_entries++] = entry;
}

static bool path_ok(struct reader *r, const struct node *value, const char *path)
{
	if (rvf_jail_path_ok(path))
		return true;
	complain(r->all, &value->at, "'%s' is not a path of the host", path);
	advise(r->all, "from / on, without . and .. and :, such as /srv/data");
	return false;
}

static void take_root(struct reader *r, const struct node *key, const struct node *value,
		      void *into)
{
	struct recipe_jail *jail = into;
	const char *text = read_text(r, value, "root");

	(void)key;
	if (text && path_ok(r, value, text))
		jail->root = value;
}

/* "SOURCE", "SOURCE:TARGET" or "SOURCE:TARGET:rw", as an entry. */
static char *mount_entry(struct reader *r, const struct node *value)
{
	const char *text = read_text(r, value, "a mount"), *target, *how = "ro";
	char *source, *where, *entry = NULL;
	size_t length;

	if (!text)
		return NULL;
	length = strcspn(text, ":");
	source = xstrndup(text, length);
	target = text[length] ? text + length + 1 : source;
	length = strcspn(target, ":");
	where = xstrndup(target, length);
	if (target[length])
		how = target + length + 1;
	if (strcmp(how, "rw") && strcmp(how, "ro")) {
		complain(r->all, &value->at, "'%s' does not say how '%s' is mounted", how, source);
		advise(r->all, "ro, or rw: SOURCE:TARGET:rw");
	} else if (path_ok(r, value, source) && path_ok(r, value, where)) {
		entry = xprintf("mount=%s:%s:%s", source, where, how);
	}
	free(source);
	free(where);
	return entry;
}

static void take_mounts(struct reader *r, const struct node *key, const struct node *value,
			void *into)
{
	struct recipe_jail *jail = into;

	(void)key;
	if (value->kind == NODE_MAP) {
		complain(r->all, &value->at, "mounts is a list");
		advise(r->all, "mounts: [ SOURCE:TARGET, SOURCE:TARGET:rw ]");
		return;
	}
	jail->mounts = value;
}

static void take_tmpfs(struct reader *r, const struct node *key, const struct node *value,
		       void *into)
{
	struct recipe_jail *jail = into;

	(void)key;
	read_size(r, value, "tmpfs", 4096, 1ull << 40, &jail->tmpfs);
}

static void take_syscalls(struct reader *r, const struct node *key, const struct node *value,
			  void *into)
{
	struct recipe_jail *jail = into;

	(void)key;
	jail->syscalls = read_path(r, value);
	jail->syscalls_at = value->at;
}

static void take_cpus(struct reader *r, const struct node *key, const struct node *value,
		      void *into)
{
	struct recipe_jail *jail = into;
	const char *text = read_text(r, value, "cpus");
	unsigned char cpus[RVF_JAIL_CPUS / 8];

	(void)key;
	if (!text)
		return;
	if (rvf_jail_cpus(text, cpus)) {
		jail->cpus = text;
		return;
	}
	complain(r->all, &value->at, "'%s' is not a list of CPUs", text);
	advise(r->all, "numbers below %d that grow, such as 0-3,6", RVF_JAIL_CPUS);
}

static void take_core_scheduling(struct reader *r, const struct node *key, const struct node *value,
				 void *into)
{
	struct recipe_jail *jail = into;
	const char *text = read_text(r, value, "core-scheduling");

	(void)key;
	if (!text)
		return;
	jail->core_scheduling = !strcmp(text, "true");
	if (!jail->core_scheduling && strcmp(text, "false"))
		complain(r->all, &value->at, "core-scheduling is true or false");
}

void take_tap(struct reader *r, const struct node *key, const struct node *value, void *into)
{
	struct recipe_jail *jail = into;
	const char *text = read_text(r, value, "tap");

	(void)key;
	if (!text)
		return;
	if (strlen(text) < IFNAMSIZ && !strpbrk(text, "/: %") && strcmp(text, ".") &&
	    strcmp(text, "..")) {
		jail->tap = text;
		return;
	}
	complain(r->all, &value->at, "'%s' cannot be the name of a TAP device", text);
	advise(r->all, "at most %d characters, as 'ip tuntap' shows it", IFNAMSIZ - 1);
}

void take_jail(struct reader *r, const struct node *key, const struct node *value, void *into)
{
	static const struct key keys[] = {
		{ "root", take_root, NULL },   { "mounts", take_mounts, NULL },
		{ "tmpfs", take_tmpfs, NULL }, { "syscalls", take_syscalls, NULL },
		{ "cpus", take_cpus, NULL },   { "core-scheduling", take_core_scheduling, NULL },
	};
	struct recipe_jail *jail = into;

	jail->said = key;
	read_map(r, value, "jail", keys, sizeof(keys) / sizeof(keys[0]), jail);
}

static void add_mounts(struct reader *r, struct recipe_jail *jail)
{
	const struct node *items = jail->mounts;
	size_t count = 1;

	if (items->kind == NODE_LIST) {
		count = items->count;
		items = items->items;
	}
	if (count > RVF_JAIL_MOUNTS)
		complain(r->all, &jail->mounts->at, "%zu mounts; %d are possible", count,
			 RVF_JAIL_MOUNTS);
	for (size_t i = 0; i < count; i++) {
		char *entry = items[i].kind == NODE_BAD ? NULL : mount_entry(r, &items[i]);

		if (entry)
			add_jail_entry(jail, entry);
	}
}

/* The entries in their order; those of system calls come when their file is read. */
void check_jail(struct reader *r, struct recipe_component *one)
{
	struct recipe_jail *jail = &one->jail;
	bool root = jail->root || jail->mounts || jail->tmpfs;

	if (root && one->profile != RVF_PROFILE_CROSVM) {
		complain(r->all, &jail->said->at, "the root of the profile 'strict' is empty");
		advise(r->all, "profile: crosvm, or no root, mounts and tmpfs");
		return;
	}
	if (jail->root)
		add_jail_entry(jail, xprintf("root=%s", jail->root->text));
	if (jail->mounts)
		add_mounts(r, jail);
	if (jail->tmpfs)
		add_jail_entry(jail, xprintf("tmpfs=%" PRIu64, jail->tmpfs));
}
