// SPDX-License-Identifier: GPL-2.0-only
/* The keys of regions and queues. */
#include <stdlib.h>
#include <string.h>

#include "recipe.h"
#include "text.h"

static const struct node *taken_name(const struct recipe *recipe, const char *name,
				     struct node *place)
{
	size_t i;

	for (i = 0; i < recipe->n_regions; i++) {
		if (!strcmp(recipe->regions[i].name, name)) {
			place->at = recipe->regions[i].at;
			return place;
		}
	}
	for (i = 0; i < recipe->n_queues; i++) {
		if (!strcmp(recipe->queues[i].name, name)) {
			place->at = recipe->queues[i].at;
			return place;
		}
	}
	return NULL;
}

static bool new_name(struct reader *r, const struct node *name, const char *what)
{
	struct node place;

	if (name->kind != NODE_TEXT || !read_name(r, name, what))
		return false;
	if (!taken_name(r->recipe, name->text, &place))
		return true;
	complain(r->all, &name->at, "a region and a queue cannot both be named '%s'", name->text);
	advise(r->all, "another name (line %u has this one)", place.at.line);
	return false;
}

/* ---- regions */

static void take_file(struct reader *r, const struct node *key, const struct node *value,
		      void *into)
{
	struct recipe_region *region = into;

	(void)key;
	region->file = read_path(r, value);
	region->bad = !region->file;
	region->file_at = value->at;
	region->policy = RVF_REGION_IMMUTABLE;
}

static void take_append(struct reader *r, const struct node *key, const struct node *value,
			void *into)
{
	struct recipe_region *region = into;

	(void)key;
	region->policy = RVF_REGION_APPEND_ONLY;
	if (!read_size(r, value, "append", 1, RVF_MAX_REGION_BYTES, &region->size))
		region->bad = true;
}

/* COUNT x SIZE */
static void take_slab(struct reader *r, const struct node *key, const struct node *value,
		      void *into)
{
	struct recipe_region *region = into;
	struct node count = *value, size = *value;
	const char *text;
	char *times;

	(void)key;
	region->policy = RVF_REGION_SLAB;
	region->bad = true;
	text = read_text(r, value, "slab");
	if (!text)
		return;
	times = strstr(text, " x ");
	if (!times) {
		complain(r->all, &value->at, "'%s' is not a number of slots and their size", text);
		advise(r->all, "slab: COUNT x SIZE, such as 32 x 4K");
		return;
	}
	count.text = xstrndup(text, times - text);
	size.text = times + strlen(" x ");
	region->bad = !read_count(r, &count, "slots", 1, RVF_MAX_SLOTS, &region->slots) ||
		      !read_size(r, &size, "a slot", 1, RVF_MAX_SLOT, &region->size);
	free(count.text);
	if (region->bad || region->slots * region->size <= RVF_MAX_REGION_BYTES)
		return;
	complain(r->all, &value->at, "a slab has at most 1G in all");
	region->bad = true;
}

static void read_region(struct reader *r, struct recipe_region *region, const struct node *value)
{
	static const struct key keys[] = {
		{ "file", take_file, NULL },
		{ "append", take_append, NULL },
		{ "slab", take_slab, NULL },
		{ "pages", NULL, "leave it out: a region has pages of 4 KiB" },
		{ "populate", NULL, "leave it out: a region is filled at the mount" },
	};
	char *what = xprintf("region '%s'", region->name);
	unsigned int policies =
		!!tree_get(value, "file") + !!tree_get(value, "append") + !!tree_get(value, "slab");

	if (!read_map(r, value, what, keys, sizeof(keys) / sizeof(keys[0]), region)) {
		region->bad = true;
	} else if (policies > 1) {
		complain(r->all, &region->at, "%s has more than one of file, append and slab",
			 what);
		advise(r->all, "a region for each: file is immutable, append only grows");
		region->bad = true;
	} else if (!policies) {
		complain(r->all, &region->at, "%s has neither a file nor append nor slab", what);
		advise(r->all, "file: FILE, append: SIZE or slab: COUNT x SIZE");
		region->bad = true;
	}
	free(what);
}

void take_regions(struct reader *r, const struct node *key, const struct node *value, void *into)
{
	struct recipe *recipe = r->recipe;
	struct recipe_region *region;
	size_t i;

	(void)into;
	if (value->kind != NODE_MAP) {
		complain(r->all, &key->at, "regions is a mapping of names");
		advise(r->all, "regions: { NAME: { file: FILE } }");
		return;
	}
	for (i = 0; i < value->count; i += 2) {
		if (!new_name(r, &value->items[i], "region"))
			continue;
		recipe->regions = xgrow(recipe->regions, recipe->n_regions, sizeof(*region));
		region = &recipe->regions[recipe->n_regions++];
		memset(region, 0, sizeof(*region));
		region->name = value->items[i].text;
		region->at = value->items[i].at;
		read_region(r, region, &value->items[i + 1]);
	}
}

/* ---- queues */

static void take_slots(struct reader *r, const struct node *key, const struct node *value,
		       void *into)
{
	struct recipe_queue *queue = into;
	uint64_t slots;

	(void)key;
	if (read_count(r, value, "slots", 1, RVF_MAX_QUEUE_SLOTS, &slots))
		queue->slots = slots;
}

static void take_size(struct reader *r, const struct node *key, const struct node *value,
		      void *into)
{
	struct recipe_queue *queue = into;
	uint64_t size;

	(void)key;
	if (read_size(r, value, "size", 1, RVF_MAX_MESSAGE, &size))
		queue->message_size = size;
}

static void take_type(struct reader *r, const struct node *key, const struct node *value,
		      void *into)
{
	struct recipe_queue *queue = into;

	(void)key;
	queue->type = read_printable(r, value, "type", RVF_MAX_NAME - 1);
}

static void take_ring(struct reader *r, const struct node *key, const struct node *value,
		      void *into)
{
	struct recipe_queue *queue = into;

	(void)key;
	if (value->kind == NODE_TEXT && !strcmp(value->text, "yes")) {
		queue->ring = true;
	} else if (value->kind != NODE_TEXT || strcmp(value->text, "no") != 0) {
		complain(r->all, &value->at, "ring is yes or no");
		advise(r->all, "ring: yes");
	}
}

static void read_queue(struct reader *r, struct recipe_queue *queue, const struct node *value)
{
	static const struct key keys[] = {
		{ "slots", take_slots, NULL }, { "size", take_size, NULL },
		{ "type", take_type, NULL },   { "ring", take_ring, NULL },
		{ "wit", NULL, "type: NAME" },
	};
	char *what;

	queue->slots = 64;
	queue->message_size = 4096;
	/* "samples:" alone takes all defaults */
	if (value->kind == NODE_TEXT && !*value->text && !value->quoted)
		return;
	what = xprintf("queue '%s'", queue->name);
	read_map(r, value, what, keys, sizeof(keys) / sizeof(keys[0]), queue);
	free(what);
}

void take_queues(struct reader *r, const struct node *key, const struct node *value, void *into)
{
	struct recipe *recipe = r->recipe;
	struct recipe_queue *queue;
	size_t i;

	(void)into;
	if (value->kind != NODE_MAP) {
		complain(r->all, &key->at, "queues is a mapping of names");
		advise(r->all, "queues: { NAME: { slots: 64, size: 4K } }");
		return;
	}
	for (i = 0; i < value->count; i += 2) {
		if (!new_name(r, &value->items[i], "queue"))
			continue;
		recipe->queues = xgrow(recipe->queues, recipe->n_queues, sizeof(*queue));
		queue = &recipe->queues[recipe->n_queues++];
		memset(queue, 0, sizeof(*queue));
		queue->name = value->items[i].text;
		queue->at = value->items[i].at;
		read_queue(r, queue, &value->items[i + 1]);
	}
}
