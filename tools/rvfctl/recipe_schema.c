// SPDX-License-Identifier: GPL-2.0-only
/* The keys at the top of a recipe. */
#include <stdlib.h>
#include <string.h>

#include "recipe.h"
#include "text.h"

#define KEYS_MAX 40

static void take_package(struct reader *r, const struct node *key, const struct node *value,
			 void *into)
{
	const char *text = read_text(r, value, "package");

	(void)key;
	(void)into;
	if (!text || !read_name(r, value, "package"))
		text = "";
	r->recipe->package = text;
	r->recipe->package_at = value->at;
}

static void take_version(struct reader *r, const struct node *key, const struct node *value,
			 void *into)
{
	(void)key;
	(void)into;
	r->recipe->version_given = true;
	if (value->kind == NODE_TEXT && parse_number(value->text, &r->recipe->version))
		return;
	complain(r->all, &value->at, "version is a whole number that grows with each release");
	if (value->kind == NODE_TEXT && *value->text)
		advise(r->all, "version: 4, and 'release: %s' for people", value->text);
	else
		advise(r->all, "version: 1");
}

static void take_release(struct reader *r, const struct node *key, const struct node *value,
			 void *into)
{
	(void)key;
	(void)into;
	r->recipe->release = read_printable(r, value, "release", 64);
}

static int hex_digit(char c)
{
	const char *digits = "0123456789abcdef", *at;

	at = memchr(digits, c >= 'A' && c <= 'F' ? c + 'a' - 'A' : c, 16);
	return at ? at - digits : -1;
}

static bool parse_uuid(const char *text, uint8_t id[16])
{
	size_t n = 0, at;
	int high, low;
	uint8_t any = 0;

	for (at = 0; n < 16; at += 2) {
		if (at == 8 || at == 13 || at == 18 || at == 23) {
			if (text[at++] != '-')
				return false;
		}
		high = hex_digit(text[at]);
		low = high < 0 ? -1 : hex_digit(text[at + 1]);
		if (low < 0)
			return false;
		id[n] = high << 4 | low;
		any |= id[n++];
	}
	return !text[at] && any;
}

static void take_id(struct reader *r, const struct node *key, const struct node *value, void *into)
{
	const char *text = read_text(r, value, "id");

	(void)key;
	(void)into;
	if (!text)
		return;
	r->recipe->id_given = true;
	if (parse_uuid(text, r->recipe->id))
		return;
	complain(r->all, &value->at, "'%s' is not a package id", text);
	advise(r->all, "a UUID that is not all zero, or leave it out: it is made from the name");
}

static void take_top_restart(struct reader *r, const struct node *key, const struct node *value,
			     void *into)
{
	(void)into;
	take_restart(r, key, value, &r->recipe->restart);
}

static void take_top_limits(struct reader *r, const struct node *key, const struct node *value,
			    void *into)
{
	(void)into;
	take_limits(r, key, value, &r->recipe->limits);
}

static void take_misplaced(struct reader *r, const struct node *key, const struct node *value,
			   void *into)
{
	(void)value;
	(void)into;
	complain(r->all, &key->at, "beside 'components', '%s' belongs to one of them", key->text);
}

static const struct key top_keys[] = {
	{ "package", take_package, NULL },
	{ "version", take_version, NULL },
	{ "release", take_release, NULL },
	{ "id", take_id, NULL },
	{ "restart", take_top_restart, NULL },
	{ "limits", take_top_limits, NULL },
	{ "components", take_components, NULL },
	{ "regions", take_regions, NULL },
	{ "queues", take_queues, NULL },
	{ "requires", NULL, "leave it out: what the host must have is derived" },
};

/*
 * Without 'components', the keys of a component stand at the top. Those that
 * both have are the top's: with one component it is the same.
 */
static size_t all_keys(struct key keys[KEYS_MAX], bool small)
{
	size_t count = sizeof(top_keys) / sizeof(top_keys[0]), i, j;

	memcpy(keys, top_keys, sizeof(top_keys));
	for (i = 0; i < n_component_keys; i++) {
		for (j = 0; j < count && strcmp(keys[j].name, component_keys[i].name); j++)
			;
		if (j < count)
			continue;
		keys[count] = component_keys[i];
		if (!small && keys[count].take)
			keys[count].take = take_misplaced;
		count++;
	}
	return count;
}

static void read_top(struct reader *r)
{
	struct recipe *recipe = r->recipe;
	struct recipe_component *one = NULL;
	struct key keys[KEYS_MAX];
	bool small = !tree_get(recipe->root, "components");
	struct place start = { 1, 1, 1 };
	size_t count = all_keys(keys, small);

	if (small)
		one = add_component(recipe);
	if (recipe->root->kind == NODE_BAD) {
		if (!r->all->count)
			complain(r->all, &start, "there is nothing in this recipe");
		return;
	}
	if (!read_map(r, recipe->root, "a recipe", keys, count, one))
		return;
	if (!recipe->package && !tree_get(recipe->root, "package")) {
		complain(r->all, &start, "the package has no name");
		advise(r->all, "package: NAME");
	}
	if (!small)
		return;
	one->name = recipe->package && *recipe->package ? recipe->package : "?";
	one->at = recipe->package_at.line ? recipe->package_at : start;
	if (!one->elf && !tree_get(recipe->root, "wasm") && !tree_get(recipe->root, "kernel") &&
	    !tree_get(recipe->root, "elf")) {
		complain(r->all, &one->at, "there is no program in this package");
		advise(r->all, "elf: FILE, or components: { NAME: { elf: FILE } }");
	}
}

/* A guest's memory is the task's: it counts to its limit. */
static uint64_t default_memory(const struct recipe_component *one)
{
	const uint64_t own = 64 << 20;

	return one->vm.memory > UINT64_MAX - own ? UINT64_MAX : own + one->vm.memory;
}

/* What nobody said. */
static void set_defaults(struct recipe *recipe)
{
	const struct recipe_restart never = { false, RVF_RESTART_NEVER, 5, 60000, 100, 30000 };
	struct recipe_component *one;
	struct recipe_limits *limits;

	for (size_t i = 0; i < recipe->n_components; i++) {
		one = &recipe->components[i];
		if (!one->restart.given)
			one->restart = recipe->restart.given ? recipe->restart : never;
		limits = &one->limits;
		if (!limits->memory)
			limits->memory = recipe->limits.memory ?: default_memory(one);
		if (!limits->pids)
			limits->pids = recipe->limits.pids ?: 16 + one->vm.vcpus;
		if (!limits->cpu)
			limits->cpu = recipe->limits.cpu ?: 1000;
		if (!limits->time_ms)
			limits->time_ms = recipe->limits.time_ms;
		if (!limits->cpu_seconds)
			limits->cpu_seconds = recipe->limits.cpu_seconds;
	}
}

struct recipe *recipe_read(struct complaints *all)
{
	struct recipe *recipe = xalloc(sizeof(*recipe));
	struct reader reader = { recipe, all };

	recipe->version = 1;
	recipe->root = tree_read(all);
	if (recipe->root) {
		read_top(&reader);
		set_defaults(recipe);
		check_recipe(&reader);
	}
	if (all->count) {
		recipe_free(recipe);
		return NULL;
	}
	return recipe;
}

void recipe_free(struct recipe *recipe)
{
	size_t i, j;

	if (!recipe)
		return;
	for (i = 0; i < recipe->n_components; i++) {
		free(recipe->components[i].needs);
		free(recipe->components[i].grants);
		free(recipe->components[i].args);
		for (j = 0; j < recipe->components[i].jail.n_entries; j++)
			free(recipe->components[i].jail.entries[j]);
		free(recipe->components[i].jail.entries);
	}
	free(recipe->components);
	free(recipe->regions);
	free(recipe->queues);
	tree_free(recipe->root);
	free(recipe);
}
