// SPDX-License-Identifier: GPL-2.0-only
/* The keys of a component. */
#include <stdlib.h>
#include <string.h>

#include "recipe.h"
#include "text.h"

struct recipe_component *add_component(struct recipe *recipe)
{
	struct recipe_component *one;

	recipe->components = xgrow(recipe->components, recipe->n_components, sizeof(*one));
	one = &recipe->components[recipe->n_components++];
	memset(one, 0, sizeof(*one));
	return one;
}

static void take_elf(struct reader *r, const struct node *key, const struct node *value, void *into)
{
	struct recipe_component *one = into;

	(void)key;
	one->elf = read_path(r, value);
	/* what is wrong with it has been said */
	if (!one->elf)
		one->elf = "";
	one->elf_at = value->at;
}

static void take_needs(struct reader *r, const struct node *key, const struct node *value,
		       void *into)
{
	struct recipe_component *one = into;

	(void)r;
	(void)key;
	one->needs_said = value;
}

static void take_can(struct reader *r, const struct node *key, const struct node *value, void *into)
{
	struct recipe_component *one = into;

	(void)key;
	if (value->kind == NODE_MAP) {
		one->can_said = value;
		return;
	}
	complain(r->all, &value->at, "can is a mapping of objects and rights");
	advise(r->all, "can: { NAME: read }");
}

static void take_args(struct reader *r, const struct node *key, const struct node *value,
		      void *into)
{
	struct recipe_component *one = into;
	const struct node *items = value->kind == NODE_LIST ? value->items : value;
	size_t count = value->kind == NODE_LIST ? value->count : 1, bytes = 0, i;

	(void)key;
	if (value->kind == NODE_MAP) {
		complain(r->all, &value->at, "args is text or a list of texts, not a mapping");
		return;
	}
	one->args = xalloc(count * sizeof(*one->args));
	for (i = 0; i < count; i++) {
		if (items[i].kind == NODE_BAD)
			continue;
		if (items[i].kind != NODE_TEXT) {
			complain(r->all, &items[i].at, "an argument is text");
			continue;
		}
		one->args[one->n_args++] = items[i].text;
		bytes += strlen(items[i].text) + 1;
	}
	if (bytes > RVF_MAX_ARGS)
		complain(r->all, &value->at, "%zu bytes of arguments; %d are possible", bytes,
			 RVF_MAX_ARGS);
}

static void take_component_restart(struct reader *r, const struct node *key,
				   const struct node *value, void *into)
{
	take_restart(r, key, value, &((struct recipe_component *)into)->restart);
}

static void take_component_limits(struct reader *r, const struct node *key,
				  const struct node *value, void *into)
{
	take_limits(r, key, value, &((struct recipe_component *)into)->limits);
}

static void take_component_vm(struct reader *r, const struct node *key, const struct node *value,
			      void *into)
{
	take_vm(r, key, value, &((struct recipe_component *)into)->vm);
}

static void take_component_jail(struct reader *r, const struct node *key, const struct node *value,
				void *into)
{
	take_jail(r, key, value, &((struct recipe_component *)into)->jail);
}

static void take_component_tap(struct reader *r, const struct node *key, const struct node *value,
			       void *into)
{
	take_tap(r, key, value, &((struct recipe_component *)into)->jail);
}

static void take_profile(struct reader *r, const struct node *key, const struct node *value,
			 void *into)
{
	static const char *const words[] = { "strict", "crosvm" };
	struct recipe_component *one = into;
	const char *text = read_text(r, value, "profile");

	(void)key;
	if (!text)
		return;
	if (!strcmp(text, words[RVF_PROFILE_STRICT]))
		one->profile = RVF_PROFILE_STRICT;
	else if (!strcmp(text, words[RVF_PROFILE_CROSVM]))
		one->profile = RVF_PROFILE_CROSVM;
	else
		complain_unlike(r, value, "a profile", words, 2);
}

const struct key component_keys[] = {
	{ "elf", take_elf, NULL },
	{ "needs", take_needs, NULL },
	{ "can", take_can, NULL },
	{ "args", take_args, NULL },
	{ "restart", take_component_restart, NULL },
	{ "limits", take_component_limits, NULL },
	{ "profile", take_profile, NULL },
	{ "vm", take_component_vm, NULL },
	{ "jail", take_component_jail, NULL },
	{ "tap", take_component_tap, NULL },
	{ "wasm", NULL, "compile it to a static ELF, and name that with 'elf'" },
	{ "kernel", NULL, "regions: { NAME: { file: FILE } }: a task puts it into its VM" },
	{ "ebpf", NULL, "leave it out: eBPF programs are not loaded" },
	{ "entry", NULL, "leave it out: an ELF begins where its header says" },
};
const size_t n_component_keys = sizeof(component_keys) / sizeof(component_keys[0]);

const struct key *component_key(const char *name)
{
	for (size_t i = 0; i < n_component_keys; i++) {
		if (!strcmp(component_keys[i].name, name))
			return &component_keys[i];
	}
	return NULL;
}

/* Whether the recipe says of which kind the component is, if wrongly. */
static bool has_kind(const struct node *map)
{
	return tree_get(map, "elf") || tree_get(map, "wasm") || tree_get(map, "kernel");
}

void take_components(struct reader *r, const struct node *key, const struct node *value, void *into)
{
	struct recipe_component *one;
	const struct node *name;
	size_t i;
	char *what;

	(void)into;
	if (value->kind != NODE_MAP || !value->count) {
		complain(r->all, &key->at, "there is no component");
		advise(r->all, "components: { NAME: { elf: FILE } }");
		return;
	}
	for (i = 0; i < value->count; i += 2) {
		name = &value->items[i];
		if (name->kind != NODE_TEXT || !read_name(r, name, "component"))
			continue;
		one = add_component(r->recipe);
		one->name = name->text;
		one->at = name->at;
		what = xprintf("component '%s'", one->name);
		if (read_map(r, &value->items[i + 1], what, component_keys, n_component_keys,
			     one) &&
		    !has_kind(&value->items[i + 1])) {
			complain(r->all, &name->at, "%s has no program", what);
			advise(r->all, "elf: FILE");
		}
		free(what);
	}
}
