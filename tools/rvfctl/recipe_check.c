// SPDX-License-Identifier: GPL-2.0-only
/* What must hold between the parts of a recipe. */
#include <stdlib.h>
#include <string.h>

#include "recipe.h"
#include "text.h"

/* ---- who can do what */

static bool find_object(const struct recipe *recipe, struct recipe_grant *grant)
{
	const char *name = grant->object_name->text;
	uint32_t i;

	for (i = 0; i < recipe->n_regions; i++) {
		if (!strcmp(recipe->regions[i].name, name)) {
			grant->kind = RVF_OBJECT_REGION;
			grant->object = i;
			recipe->regions[i].used = true;
			return true;
		}
	}
	for (i = 0; i < recipe->n_queues; i++) {
		if (!strcmp(recipe->queues[i].name, name)) {
			grant->kind = RVF_OBJECT_QUEUE;
			grant->object = i;
			recipe->queues[i].used = true;
			return true;
		}
	}
	return false;
}

static void complain_object(struct reader *r, const struct node *name)
{
	const struct recipe *recipe = r->recipe;
	size_t count = recipe->n_regions + recipe->n_queues, i;
	const char **names = xalloc((count + 1) * sizeof(*names)), *like;
	unsigned int line;

	for (i = 0; i < count; i++)
		names[i] = i < recipe->n_regions ? recipe->regions[i].name :
						   recipe->queues[i - recipe->n_regions].name;
	complain(r->all, &name->at, "there is no region or queue '%s'", name->text);
	like = suggest(name->text, names, count);
	for (i = 0; like && i < count; i++) {
		if (names[i] != like)
			continue;
		line = i < recipe->n_regions ? recipe->regions[i].at.line :
					       recipe->queues[i - recipe->n_regions].at.line;
		advise(r->all, "did you mean '%s' (line %u)?", like, line);
	}
	if (!like)
		advise(r->all, "regions: or queues: say what there is");
	free(names);
}

static void check_grants(struct reader *r, struct recipe_component *one)
{
	const struct node *can = one->can_said;
	struct recipe_grant grant;
	size_t i;

	for (i = 0; can && i < can->count; i += 2) {
		if (can->items[i].kind != NODE_TEXT)
			continue;
		grant = (struct recipe_grant){
			.object_name = &can->items[i],
			.rights_said = &can->items[i + 1],
		};
		if (!find_object(r->recipe, &grant)) {
			complain_object(r, grant.object_name);
			continue;
		}
		if (!read_rights(r, &grant))
			continue;
		one->grants = xgrow(one->grants, one->n_grants, sizeof(grant));
		one->grants[one->n_grants++] = grant;
	}
	if (one->n_grants > RVF_MAX_GRANTS)
		complain(r->all, &can->at, "'%s' can use %zu objects; %d are possible", one->name,
			 one->n_grants, RVF_MAX_GRANTS);
}

static void check_used(struct reader *r)
{
	const struct recipe *recipe = r->recipe;
	size_t i;

	for (i = 0; i < recipe->n_regions; i++) {
		if (!recipe->regions[i].used) {
			complain(r->all, &recipe->regions[i].at, "nobody can use region '%s'",
				 recipe->regions[i].name);
			advise(r->all, "can: { %s: read } in a component, or leave it out",
			       recipe->regions[i].name);
		}
	}
	for (i = 0; i < recipe->n_queues; i++) {
		if (!recipe->queues[i].used) {
			complain(r->all, &recipe->queues[i].at, "nobody can use queue '%s'",
				 recipe->queues[i].name);
			advise(r->all, "can: { %s: send } in a component, or leave it out",
			       recipe->queues[i].name);
		}
	}
}

/* How many components do @right with a queue */
static unsigned int count_ends(const struct recipe *recipe, size_t queue, uint32_t right)
{
	const struct recipe_grant *grant;
	unsigned int count = 0;
	size_t i, j;

	for (i = 0; i < recipe->n_components; i++) {
		for (j = 0; j < recipe->components[i].n_grants; j++) {
			grant = &recipe->components[i].grants[j];
			count += grant->kind == RVF_OBJECT_QUEUE && grant->object == queue &&
				 (grant->rights & right);
		}
	}
	return count;
}

static void check_rings(struct reader *r)
{
	const struct recipe *recipe = r->recipe;
	const struct recipe_queue *ring;
	const uint32_t both = RVF_RIGHT_READ | RVF_RIGHT_WRITE;
	size_t i, j, k;

	for (i = 0; i < recipe->n_queues; i++) {
		ring = &recipe->queues[i];
		if (!ring->ring || !ring->used)
			continue;
		if (count_ends(recipe, i, RVF_RIGHT_WRITE) != 1 ||
		    count_ends(recipe, i, RVF_RIGHT_READ) != 1) {
			complain(
				r->all, &ring->at,
				"ring '%s' needs one component that can send, and one that can receive",
				ring->name);
			advise(r->all, "can: { %s: send } in one, can: { %s: receive } in another",
			       ring->name, ring->name);
			continue;
		}
		for (j = 0; j < recipe->n_components; j++)
			for (k = 0; k < recipe->components[j].n_grants; k++)
				if (recipe->components[j].grants[k].kind == RVF_OBJECT_QUEUE &&
				    recipe->components[j].grants[k].object == i &&
				    (recipe->components[j].grants[k].rights & both) == both)
					complain(r->all, &ring->at,
						 "'%s' cannot be both ends of ring '%s'",
						 recipe->components[j].name, ring->name);
	}
}

/* ---- who needs whom */

static void complain_component(struct reader *r, const struct node *name)
{
	const struct recipe *recipe = r->recipe;
	const char **names = xalloc((recipe->n_components + 1) * sizeof(*names)), *like;
	size_t i;

	for (i = 0; i < recipe->n_components; i++)
		names[i] = recipe->components[i].name;
	complain(r->all, &name->at, "there is no component '%s'", name->text);
	like = suggest(name->text, names, recipe->n_components);
	for (i = 0; like && i < recipe->n_components; i++) {
		if (names[i] == like)
			advise(r->all, "did you mean '%s' (line %u)?", like,
			       recipe->components[i].at.line);
	}
	free(names);
}

static void check_need(struct reader *r, struct recipe_component *one, const struct node *name)
{
	const struct recipe *recipe = r->recipe;
	uint32_t other;
	size_t i;

	if (!read_text(r, name, "a component's name"))
		return;
	for (other = 0; other < recipe->n_components; other++) {
		if (!strcmp(recipe->components[other].name, name->text))
			break;
	}
	if (other == recipe->n_components) {
		complain_component(r, name);
		return;
	}
	if (&recipe->components[other] == one) {
		complain(r->all, &name->at, "'%s' cannot need itself", one->name);
		return;
	}
	for (i = 0; i < one->n_needs; i++) {
		if (one->needs[i] == other) {
			complain(r->all, &name->at, "'%s' is there twice", name->text);
			return;
		}
	}
	one->needs = xgrow(one->needs, one->n_needs, sizeof(*one->needs));
	one->needs[one->n_needs++] = other;
}

static void check_needs(struct reader *r, struct recipe_component *one)
{
	const struct node *said = one->needs_said;
	size_t i;

	if (!said)
		return;
	if (said->kind == NODE_MAP) {
		complain(r->all, &said->at, "needs is a name or a list of names");
		return;
	}
	if (said->kind == NODE_TEXT) {
		check_need(r, one, said);
		return;
	}
	for (i = 0; i < said->count; i++)
		check_need(r, one, &said->items[i]);
}

static void complain_cycle(struct reader *r, const uint32_t *path, size_t depth, uint32_t again)
{
	const struct recipe_component *components = r->recipe->components;
	char *round = xstrdup(components[again].name), *longer;
	size_t i = depth;

	while (path[i - 1] != again)
		i--;
	for (; i < depth; i++) {
		longer = xprintf("%s needs %s", round, components[path[i]].name);
		free(round);
		round = longer;
	}
	complain(r->all, &components[again].needs_said->at, "who starts first? %s needs %s", round,
		 components[again].name);
	free(round);
}

/* Depth first, without recursion; one cycle is told, the others may be its. */
static void check_cycles(struct reader *r)
{
	const struct recipe *recipe = r->recipe;
	size_t n = recipe->n_components, depth, start;
	uint32_t *path = xalloc((n + 1) * sizeof(*path)), *next = xalloc(n * sizeof(*next)), at;
	enum {
		NEW,
		ON_PATH,
		DONE
	} *state = xalloc(n * sizeof(*state));
	const struct recipe_component *one;

	for (start = 0; start < n; start++) {
		if (state[start] != NEW)
			continue;
		path[0] = start;
		state[start] = ON_PATH;
		for (depth = 1; depth;) {
			one = &recipe->components[path[depth - 1]];
			if (next[path[depth - 1]] == one->n_needs) {
				state[path[--depth]] = DONE;
				continue;
			}
			at = one->needs[next[path[depth - 1]]++];
			if (state[at] == ON_PATH) {
				complain_cycle(r, path, depth, at);
				goto out;
			}
			if (state[at] == NEW) {
				state[at] = ON_PATH;
				path[depth++] = at;
			}
		}
	}
out:
	free(path);
	free(next);
	free(state);
}

/* ---- VMs */

static void check_vm(struct reader *r, const struct recipe_component *one)
{
	char memory[UNIT_TEXT], limit[UNIT_TEXT];

	if (one->vm.memory <= one->limits.memory)
		return;
	complain(r->all, &one->vm.memory_at,
		 "the guest's memory, %s, counts to the task's limit, %s",
		 size_text(one->vm.memory, memory), size_text(one->limits.memory, limit));
	advise(r->all, "limits: { memory: SIZE } with more than that, or less memory in vm");
}

/* ---- how many there are */

static void check_counts(struct reader *r)
{
	const struct recipe *recipe = r->recipe;
	size_t needs = 0, i;

	if (recipe->n_components > RVF_MAX_TASKS)
		complain(r->all, &recipe->components[RVF_MAX_TASKS].at,
			 "%zu tasks; a mount has at most %d", recipe->n_components, RVF_MAX_TASKS);
	if (recipe->n_regions > RVF_MAX_REGIONS)
		complain(r->all, &recipe->regions[RVF_MAX_REGIONS].at,
			 "%zu regions; a mount has at most %d", recipe->n_regions, RVF_MAX_REGIONS);
	if (recipe->n_queues > RVF_MAX_QUEUES)
		complain(r->all, &recipe->queues[RVF_MAX_QUEUES].at,
			 "%zu queues; a mount has at most %d", recipe->n_queues, RVF_MAX_QUEUES);
	for (i = 0; i < recipe->n_components; i++)
		needs += recipe->components[i].n_needs;
	if (needs > RVF_MAX_DEPENDENCIES)
		complain(r->all, &recipe->components[0].at,
			 "%zu dependencies; a package has at most %d", needs, RVF_MAX_DEPENDENCIES);
}

void check_recipe(struct reader *r)
{
	struct recipe *recipe = r->recipe;
	size_t i;

	for (i = 0; i < recipe->n_components; i++) {
		check_grants(r, &recipe->components[i]);
		check_needs(r, &recipe->components[i]);
		check_vm(r, &recipe->components[i]);
		check_jail(r, &recipe->components[i]);
	}
	check_used(r);
	check_rings(r);
	check_cycles(r);
	check_counts(r);
}
