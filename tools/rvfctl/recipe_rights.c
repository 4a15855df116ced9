// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rights: a word or several, checked against the object, or letters where more
 * is meant. The letters are those that "rvfctl ls -l" shows.
 */
#include <stdlib.h>
#include <string.h>

#include "recipe.h"
#include "text.h"

#define LETTERS "rwxgov"

static const struct word {
	const char *name;
	uint32_t right;
	uint32_t kind; /* 0: any */
} words[] = {
	{ "read", RVF_RIGHT_READ, RVF_OBJECT_REGION },
	{ "append", RVF_RIGHT_WRITE, RVF_OBJECT_REGION },
	{ "write", RVF_RIGHT_WRITE, RVF_OBJECT_REGION },
	{ "send", RVF_RIGHT_WRITE, RVF_OBJECT_QUEUE },
	{ "receive", RVF_RIGHT_READ, RVF_OBJECT_QUEUE },
	{ "grant", RVF_RIGHT_GRANT, 0 },
	{ "grant-once", RVF_RIGHT_GRANT_ONCE, 0 },
	{ "revoke", RVF_RIGHT_REVOKE, 0 },
	{ "execute", RVF_RIGHT_EXECUTE, 0 },
};
#define N_WORDS (sizeof(words) / sizeof(words[0]))

static const struct word *find_word(const char *name)
{
	for (size_t i = 0; i < N_WORDS; i++) {
		if (!strcmp(words[i].name, name))
			return &words[i];
	}
	return NULL;
}

static uint32_t letter_right(char letter)
{
	static const uint32_t rights[] = { RVF_RIGHT_READ,  RVF_RIGHT_WRITE,	  RVF_RIGHT_EXECUTE,
					   RVF_RIGHT_GRANT, RVF_RIGHT_GRANT_ONCE, RVF_RIGHT_REVOKE };

	return rights[strchr(LETTERS, letter) - LETTERS];
}

static void complain_word(struct reader *r, const struct node *value, const char *text,
			  const struct recipe_grant *grant)
{
	const char *fitting[N_WORDS], *like;
	size_t n = 0, i;

	for (i = 0; i < N_WORDS; i++) {
		if ((!words[i].kind || words[i].kind == grant->kind) &&
		    strcmp(words[i].name, "write") && strcmp(words[i].name, "execute"))
			fitting[n++] = words[i].name;
	}
	complain(r->all, &value->at, "'%s' is not a right", text);
	like = suggest(text, fitting, n);
	if (like)
		advise(r->all, "did you mean '%s'?", like);
	else if (grant->kind == RVF_OBJECT_QUEUE)
		advise(r->all, "send or receive, or letters out of r w g o v");
	else
		advise(r->all, "read or append, or letters out of r w g o v");
}

static bool word_fits(struct reader *r, const struct node *value, const struct word *word,
		      const struct recipe_grant *grant)
{
	const char *name = grant->object_name->text;
	const char *other;

	if (grant->kind == RVF_OBJECT_REGION && !strcmp(word->name, "write") &&
	    r->recipe->regions[grant->object].policy == RVF_REGION_APPEND_ONLY) {
		complain(r->all, &value->at, "'%s' is append-only: it grows at its end", name);
		advise(r->all, "append");
		return false;
	}
	if (grant->kind == RVF_OBJECT_REGION && !strcmp(word->name, "append") &&
	    r->recipe->regions[grant->object].policy == RVF_REGION_SLAB) {
		complain(r->all, &value->at, "'%s' is a slab: its slots are written", name);
		advise(r->all, "write");
		return false;
	}
	if (!word->kind || word->kind == grant->kind)
		return true;
	other = word->right == RVF_RIGHT_READ ? "receive" : "send";
	if (grant->kind == RVF_OBJECT_REGION) {
		complain(r->all, &value->at, "'%s' is a region: nobody can %s", name, word->name);
		other = word->right == RVF_RIGHT_READ ? "read" : "append";
	} else {
		complain(r->all, &value->at, "'%s' is a queue: nobody can %s it", name, word->name);
	}
	advise(r->all, "%s", other);
	return false;
}

static bool add_word(struct reader *r, const struct node *value, const char *text,
		     struct recipe_grant *grant)
{
	const struct word *word = find_word(text);
	uint32_t right;
	const char *at;

	if (word) {
		if (!word_fits(r, value, word, grant))
			return false;
		grant->rights |= word->right;
		return true;
	}
	if (strspn(text, LETTERS) != strlen(text)) {
		complain_word(r, value, text, grant);
		return false;
	}
	for (at = text; *at; at++) {
		right = letter_right(*at);
		if (strchr(at + 1, *at)) {
			complain(r->all, &value->at, "'%c' is there twice", *at);
			return false;
		}
		grant->rights |= right;
	}
	return true;
}

static bool add_words(struct reader *r, const struct node *value, struct recipe_grant *grant)
{
	char *copy, *word, *rest;
	bool good = true;

	copy = xstrdup(value->text);
	for (word = strtok_r(copy, " ", &rest); word && good; word = strtok_r(NULL, " ", &rest))
		good = add_word(r, value, word, grant);
	free(copy);
	return good;
}

static bool rights_fit(struct reader *r, const struct recipe_grant *grant)
{
	const struct recipe_region *region = NULL;
	const struct place *at = &grant->rights_said->at;

	if (grant->kind == RVF_OBJECT_REGION)
		region = &r->recipe->regions[grant->object];
	if (region && region->bad)
		return false;
	if (grant->rights & RVF_RIGHT_EXECUTE) {
		complain(r->all, at, "this version of rvf does not have the right to execute");
		advise(r->all, "leave it out: a task's VM runs what the task can read");
		return false;
	}
	if (region && region->policy == RVF_REGION_IMMUTABLE && grant->rights & RVF_RIGHT_WRITE) {
		complain(r->all, at, "'%s' is immutable: nobody can write it", region->name);
		advise(r->all, "read, or make it append-only (append: SIZE) or a slab");
		return false;
	}
	if (!(grant->rights & (RVF_RIGHT_READ | RVF_RIGHT_WRITE))) {
		complain(r->all, at, "rights that allow to do nothing with '%s'",
			 grant->object_name->text);
		advise(r->all, "%s", region ? "read or append as well" : "send or receive as well");
		return false;
	}
	return true;
}

/* @grant's kind and object are known. */
bool read_rights(struct reader *r, struct recipe_grant *grant)
{
	const struct node *said = grant->rights_said, *word;

	if (said->kind == NODE_LIST) {
		for (word = said->items; word < said->items + said->count; word++) {
			if (!read_text(r, word, "a right") || !add_words(r, word, grant))
				return false;
		}
	} else if (!read_text(r, said, "a right") || !add_words(r, said, grant)) {
		return false;
	}
	return rights_fit(r, grant);
}
