// SPDX-License-Identifier: GPL-2.0-only
/* What the values of a recipe have in common. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "recipe.h"
#include "text.h"

static const char *kind_text(enum node_kind kind)
{
	return kind == NODE_MAP ? "a mapping" : kind == NODE_LIST ? "a list" : "text";
}

static void complain_key(struct reader *r, const struct node *key, const char *what,
			 const struct key *keys, size_t count)
{
	const char **names = xalloc(count * sizeof(*names)), *like;
	size_t i, n = 0;

	for (i = 0; i < count; i++) {
		if (!keys[i].instead)
			names[n++] = keys[i].name;
	}
	complain(r->all, &key->at, "%s has no key '%s'", what, key->text);
	like = suggest(key->text, names, n);
	if (like) {
		advise(r->all, "did you mean '%s'?", like);
	} else if (n) {
		char *all = xstrdup(names[0]), *longer;

		for (i = 1; i < n; i++) {
			longer = xprintf("%s %s", all, names[i]);
			free(all);
			all = longer;
		}
		advise(r->all, "one of: %s", all);
		free(all);
	}
	free(names);
}

/* Whether @map is a mapping at all; its keys are read by @keys. */
bool read_map(struct reader *r, const struct node *map, const char *what, const struct key *keys,
	      size_t count, void *into)
{
	const struct node *key, *value;
	size_t i, j;

	if (map->kind == NODE_BAD)
		return false;
	if (map->kind != NODE_MAP) {
		complain(r->all, &map->at, "%s is a mapping, not %s", what, kind_text(map->kind));
		return false;
	}
	for (i = 0; i < map->count; i += 2) {
		key = &map->items[i];
		value = &map->items[i + 1];
		if (key->kind != NODE_TEXT)
			continue;
		for (j = 0; j < count && strcmp(keys[j].name, key->text); j++)
			;
		if (j == count) {
			complain_key(r, key, what, keys, count);
		} else if (keys[j].instead) {
			complain(r->all, &key->at, "this version of rvf does not have '%s'",
				 key->text);
			advise(r->all, "%s", keys[j].instead);
		} else if (value->kind != NODE_BAD) {
			keys[j].take(r, key, value, into);
		}
	}
	return true;
}

/* Not empty. */
const char *read_text(struct reader *r, const struct node *value, const char *what)
{
	if (value->kind == NODE_BAD)
		return NULL;
	if (value->kind != NODE_TEXT) {
		complain(r->all, &value->at, "%s is text, not %s", what, kind_text(value->kind));
		return NULL;
	}
	if (!*value->text) {
		complain(r->all, &value->at, "%s is empty", what);
		return NULL;
	}
	return value->text;
}

const char *read_path(struct reader *r, const struct node *value)
{
	const char *text = read_text(r, value, "a file name");

	if (text && strlen(text) >= 4096) {
		complain(r->all, &value->at, "a file name of more than 4095 bytes");
		return NULL;
	}
	return text;
}

const char *read_printable(struct reader *r, const struct node *value, const char *what,
			   size_t most)
{
	const char *text = read_text(r, value, what), *at;

	if (!text)
		return NULL;
	for (at = text; *at >= 0x20 && *at < 0x7f; at++)
		;
	if (*at || (size_t)(at - text) > most) {
		complain(r->all, &value->at, "%s is printable ASCII, at most %zu characters", what,
			 most);
		return NULL;
	}
	return text;
}

static bool letter_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* A word, as rvf_format.h says. */
bool name_ok(const char *name)
{
	const char *at;

	if (!letter_or_digit(*name))
		return false;
	for (at = name; letter_or_digit(*at) || (*at && strchr("_-.", *at)); at++)
		;
	return !*at && at - name < RVF_MAX_NAME;
}

bool read_name(struct reader *r, const struct node *key, const char *what)
{
	if (name_ok(key->text))
		return true;
	complain(r->all, &key->at, "'%s' cannot be the name of a %s", key->text, what);
	advise(r->all, "at most 255 of A-Z a-z 0-9 _ - and ., a letter or digit first");
	return false;
}

bool read_size(struct reader *r, const struct node *value, const char *what, uint64_t least,
	       uint64_t most, uint64_t *size)
{
	const char *text = read_text(r, value, what);
	char low[UNIT_TEXT], high[UNIT_TEXT];

	if (!text)
		return false;
	if (!parse_size(text, size)) {
		complain(r->all, &value->at, "'%s' is not a size", text);
		advise(r->all, "a whole number with K, M or G: 64K, 4M");
		return false;
	}
	if (*size < least || *size > most) {
		if (most == UINT64_MAX)
			complain(r->all, &value->at, "%s is at least %s", what,
				 size_text(least, low));
		else
			complain(r->all, &value->at, "%s is %s to %s", what, size_text(least, low),
				 size_text(most, high));
		return false;
	}
	return true;
}

bool read_count(struct reader *r, const struct node *value, const char *what, uint64_t least,
		uint64_t most, uint64_t *count)
{
	const char *text = read_text(r, value, what);

	if (!text)
		return false;
	if (!parse_number(text, count)) {
		complain(r->all, &value->at, "'%s' is not a whole number", text);
		return false;
	}
	if (*count < least || *count > most) {
		complain(r->all, &value->at, "%s is %" PRIu64 " to %" PRIu64, what, least, most);
		return false;
	}
	return true;
}

/* A word that is none of @words. */
void complain_unlike(struct reader *r, const struct node *value, const char *what,
		     const char *const *words, size_t count)
{
	const char *like = suggest(value->text, words, count);
	char *all, *longer;
	size_t i;

	complain(r->all, &value->at, "'%s' is not %s", value->text, what);
	if (like) {
		advise(r->all, "did you mean '%s'?", like);
		return;
	}
	all = xstrdup(words[0]);
	for (i = 1; i < count; i++) {
		longer = xprintf("%s, %s", all, words[i]);
		free(all);
		all = longer;
	}
	advise(r->all, "one of: %s", all);
	free(all);
}
