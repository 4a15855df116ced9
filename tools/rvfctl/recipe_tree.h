/* SPDX-License-Identifier: GPL-2.0-only */
/* A recipe's text as a tree: the part of YAML that a recipe may use. */
#ifndef RVFCTL_RECIPE_TREE_H
#define RVFCTL_RECIPE_TREE_H

#include "complaints.h"

#define RECIPE_BYTES_MAX (1u << 20)
#define RECIPE_DEPTH_MAX 6

enum node_kind {
	NODE_TEXT,
	NODE_LIST,
	NODE_MAP,
	NODE_LINES, /* text of several lines, only while the tree is made */
	NODE_BAD, /* complained of already: to be passed over */
};

struct node {
	enum node_kind kind;
	struct place at;
	char *text; /* NODE_TEXT: without NUL bytes inside */
	bool quoted;
	struct node *items; /* NODE_MAP: keys and values by turns */
	size_t count; /* of items */
};

/*
 * The tree of @all's text; NULL when it could not be read at all. Complaints
 * may be there in both cases.
 */
struct node *tree_read(struct complaints *all);
void tree_free(struct node *root);

/* The value of a key, or NULL. */
const struct node *tree_get(const struct node *map, const char *key);

#endif /* RVFCTL_RECIPE_TREE_H */
