// SPDX-License-Identifier: GPL-2.0-only
/*
 * YAML's events become a tree. Anchors, aliases, tags, merge keys, block
 * scalars, directives, further documents and duplicate keys are refused: a
 * recipe that reads as one thing must not mean another.
 */
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "recipe_tree.h"
#include "text.h"

#define ITEMS_MAX 8192 /* more than any table of a manifest can hold */

struct tree {
	yaml_parser_t parser;
	struct complaints *all;
};

static struct place place_of(const yaml_mark_t *start, const yaml_mark_t *end)
{
	struct place at = { start->line + 1, start->column + 1, 1 };

	if (end && end->line == start->line && end->column > start->column)
		at.width = end->column - start->column;
	return at;
}

/* The reader has no marks, only offsets. */
static struct place place_at(const struct complaints *all, size_t offset)
{
	struct place at = { 1, 1, 1 };

	for (size_t i = 0; i < offset && i < all->length; i++) {
		if (all->text[i] == '\n') {
			at.line++;
			at.column = 1;
		} else {
			at.column += ((unsigned char)all->text[i] & 0xc0) != 0x80;
		}
	}
	return at;
}

/* Where that line begins; what it holds goes on to the end of the text. */
static const char *line_at(const struct complaints *all, unsigned int line)
{
	const char *at = all->text, *end = all->text + all->length;

	for (; line > 1 && at; line--) {
		at = memchr(at, '\n', end - at);
		at = at ? at + 1 : NULL;
	}
	return at ? at : end;
}

/*
 * "Mapping values are not allowed" has two causes: a second colon in a line, or
 * a line that is indented as if it went on with the text before it. And a tab
 * "cannot start any token".
 */
static bool complain_indent(struct tree *tree, const char *problem, struct place *at)
{
	const char *line = line_at(tree->all, at->line), *end = tree->all->text + tree->all->length;
	size_t before = at->column - 1, blanks;

	if ((size_t)(end - line) <= before)
		return false;
	if (!strncmp(problem, "found character that cannot start", 33) && line[before] == '\t') {
		complain(tree->all, at, "a tab cannot indent a line");
		advise(tree->all, "blanks instead");
		return true;
	}
	for (blanks = 0; blanks < before && line[blanks] == ' '; blanks++)
		;
	if (strncmp(problem, "mapping values are not allowed", 30) ||
	    memchr(line + blanks, ':', before - blanks))
		return false;
	at->column = blanks + 1;
	complain(tree->all, at, "this line is indented otherwise than those it belongs to");
	return true;
}

/*
 * libyaml's handful of messages in other words. What is unclosed is shown
 * where it was opened, not where the text ended.
 */
static void complain_syntax(struct tree *tree)
{
	static const struct {
		const char *problem;
		const char *context; /* NULL: any */
		bool at_context;
		const char *what;
		const char *hint;
	} words[] = {
		{ "found a tab character", NULL, false, "a tab cannot indent a line",
		  "blanks instead" },
		{ "found character that cannot start any token", NULL, false,
		  "nothing can begin with this character", "put text with it in quotes" },
		{ "did not find expected ',' or '}'", NULL, true,
		  "'{' is not closed, or a ',' is missing behind it", NULL },
		{ "did not find expected ',' or ']'", NULL, true,
		  "'[' is not closed, or a ',' is missing behind it", NULL },
		{ "found unexpected end of stream", "quoted scalar", true,
		  "this quotation mark is not closed", NULL },
		{ "found unexpected document indicator", NULL, true,
		  "this quotation mark is not closed", NULL },
		{ "could not find expected ':'", NULL, true, "a key without ':'",
		  "KEY: VALUE, with a blank behind the colon" },
		{ "mapping values are not allowed", NULL, false, "a second ':' in one line",
		  "put text with ': ' in it in quotes, or begin a new line" },
		{ "did not find expected key", NULL, false,
		  "this line is indented otherwise than those it belongs to", NULL },
		{ "did not find expected '-' indicator", NULL, false,
		  "this line is indented otherwise than those it belongs to", NULL },
		{ "block sequence entries are not allowed", NULL, false, "a list cannot begin here",
		  "begin it in a new line, or use [ ]" },
		{ "control characters are not allowed", NULL, false,
		  "a control character in the text", NULL },
		{ "found unknown escape character", NULL, false, "an unknown escape in quotes",
		  "single quotes take everything as it is" },
		{ "did not find expected <document start>", NULL, false,
		  "this does not go on with what stands before", NULL },
		{ "found undefined tag handle", NULL, false, "a tag: a recipe has none", NULL },
		{ "exceeded maximum depth", NULL, false, "nested too deeply", NULL },
	};
	yaml_parser_t *parser = &tree->parser;
	const char *problem = parser->problem ? parser->problem : "not YAML";
	const char *context = parser->context ? parser->context : "";
	struct place at = place_of(&parser->problem_mark, NULL);
	size_t i;

	if (parser->error == YAML_READER_ERROR)
		at = place_at(tree->all, parser->problem_offset);
	else if (complain_indent(tree, problem, &at))
		return;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strncmp(problem, words[i].problem, strlen(words[i].problem)) ||
		    (words[i].context && !strstr(context, words[i].context)))
			continue;
		if (words[i].at_context && *context)
			at = place_of(&parser->context_mark, NULL);
		complain(tree->all, &at, "%s", words[i].what);
		if (words[i].hint)
			advise(tree->all, "%s", words[i].hint);
		return;
	}
	complain(tree->all, &at, "%s", problem);
}

static bool next_event(struct tree *tree, yaml_event_t *event)
{
	if (yaml_parser_parse(&tree->parser, event))
		return true;
	complain_syntax(tree);
	return false;
}

static void refuse(struct tree *tree, const yaml_event_t *event, const char *what, const char *hint)
{
	struct place at = place_of(&event->start_mark, &event->end_mark);

	complain(tree->all, &at, "a recipe has no %s", what);
	advise(tree->all, "%s", hint);
}

static void refuse_extras(struct tree *tree, const yaml_event_t *event, const yaml_char_t *anchor,
			  const yaml_char_t *tag)
{
	if (anchor)
		refuse(tree, event, "anchors", "write it out at each place");
	if (tag)
		refuse(tree, event, "tags", "leave it out: the key says of which kind a value is");
}

static void read_text(struct tree *tree, const yaml_event_t *event, struct node *node)
{
	const char *text = (const char *)event->data.scalar.value;
	size_t length = event->data.scalar.length;

	refuse_extras(tree, event, event->data.scalar.anchor, event->data.scalar.tag);
	node->kind = NODE_BAD;
	switch (event->data.scalar.style) {
	case YAML_LITERAL_SCALAR_STYLE:
	case YAML_FOLDED_SCALAR_STYLE:
		node->at.width = 1;
		refuse(tree, event, "text blocks", "one line, in quotes if need be");
		return;
	default:
		break;
	}
	if (event->start_mark.line != event->end_mark.line) {
		node->kind = NODE_LINES;
		return;
	}
	if (memchr(text, 0, length)) {
		complain(tree->all, &node->at, "text with a NUL character");
		return;
	}
	node->kind = NODE_TEXT;
	node->text = xstrndup(text, length);
	node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
}

/* Whether the text can be read further. */
static bool read_node(struct tree *tree, yaml_event_t *event, unsigned int depth,
		      struct node *node);

static struct node *add_item(struct node *node)
{
	node->items = xgrow(node->items, node->count, sizeof(*node->items));
	memset(&node->items[node->count], 0, sizeof(*node->items));
	return &node->items[node->count++];
}

static bool read_items(struct tree *tree, yaml_event_type_t end, unsigned int depth,
		       struct node *node)
{
	yaml_event_t event;
	bool good;

	for (;;) {
		if (!next_event(tree, &event))
			return false;
		if (event.type == end)
			break;
		if (node->count == ITEMS_MAX) {
			complain(tree->all, &node->at, "more than %d entries", ITEMS_MAX / 2);
			yaml_event_delete(&event);
			return false;
		}
		good = read_node(tree, &event, depth + 1, add_item(node));
		yaml_event_delete(&event);
		if (!good)
			return false;
	}
	yaml_event_delete(&event);
	return true;
}

static void check_keys(struct tree *tree, struct node *map)
{
	struct node *key, *other;
	size_t i, j;

	for (i = 0; i < map->count; i += 2) {
		key = &map->items[i];
		if (key->kind == NODE_BAD || key->kind == NODE_LINES)
			continue;
		if (key->kind != NODE_TEXT) {
			complain(tree->all, &key->at, "a key is a word");
			key->kind = NODE_BAD;
			continue;
		}
		if (!strcmp(key->text, "<<") && !key->quoted) {
			complain(tree->all, &key->at, "a recipe has no merge keys");
			advise(tree->all, "write it out at each place");
			key->kind = NODE_BAD;
			continue;
		}
		for (j = 0; j < i; j += 2) {
			other = &map->items[j];
			if (other->kind != NODE_TEXT || strcmp(other->text, key->text))
				continue;
			complain(tree->all, &key->at, "'%s' is there twice", key->text);
			advise(tree->all, "one of the two (the first: line %u)", other->at.line);
			key->kind = NODE_BAD;
			break;
		}
	}
}

static bool read_node(struct tree *tree, yaml_event_t *event, unsigned int depth, struct node *node)
{
	bool good;

	node->at = place_of(&event->start_mark, &event->end_mark);
	node->kind = NODE_BAD;
	if (depth > RECIPE_DEPTH_MAX) {
		complain(tree->all, &node->at, "nested more than %d deep", RECIPE_DEPTH_MAX);
		return false;
	}
	switch (event->type) {
	case YAML_ALIAS_EVENT:
		refuse(tree, event, "aliases", "write it out at each place");
		return true;
	case YAML_SCALAR_EVENT:
		read_text(tree, event, node);
		return true;
	case YAML_SEQUENCE_START_EVENT:
		refuse_extras(tree, event, event->data.sequence_start.anchor,
			      event->data.sequence_start.tag);
		good = read_items(tree, YAML_SEQUENCE_END_EVENT, depth, node);
		node->kind = NODE_LIST;
		return good;
	case YAML_MAPPING_START_EVENT:
		refuse_extras(tree, event, event->data.mapping_start.anchor,
			      event->data.mapping_start.tag);
		good = read_items(tree, YAML_MAPPING_END_EVENT, depth, node);
		node->kind = NODE_MAP;
		if (good)
			check_keys(tree, node);
		return good;
	default:
		complain(tree->all, &node->at, "not part of a recipe");
		return false;
	}
}

/*
 * Complained of only now: where a bracket is not closed or an indentation is
 * wrong, text that goes on in the next line is what it looks like.
 */
static void check_lines(struct tree *tree, struct node *node)
{
	for (size_t i = 0; i < node->count; i++)
		check_lines(tree, &node->items[i]);
	if (node->kind != NODE_LINES)
		return;
	complain(tree->all, &node->at, "text that goes on in the next line");
	advise(tree->all, "one line, in quotes if need be");
	node->kind = NODE_BAD;
}

/* Whether all was read. */
static bool read_documents(struct tree *tree, struct node *root)
{
	yaml_event_type_t type;
	yaml_event_t event;
	bool good = true, seen = false;

	do {
		if (!next_event(tree, &event))
			return false;
		type = event.type;
		switch (type) {
		case YAML_STREAM_START_EVENT:
		case YAML_STREAM_END_EVENT:
		case YAML_DOCUMENT_END_EVENT:
			break;
		case YAML_DOCUMENT_START_EVENT:
			if (seen) {
				refuse(tree, &event, "second document", "one recipe for a file");
				good = false;
			}
			seen = true;
			if (event.data.document_start.version_directive ||
			    event.data.document_start.tag_directives.start !=
				    event.data.document_start.tag_directives.end)
				refuse(tree, &event, "directives", "leave the line with % out");
			break;
		default:
			good = read_node(tree, &event, 1, root);
		}
		yaml_event_delete(&event);
	} while (good && type != YAML_STREAM_END_EVENT);
	return good;
}

/*
 * UTF-8, and lines that end in a newline: to libyaml there are more characters
 * that end a line, which editors show otherwise.
 */
static bool check_encoding(struct complaints *all)
{
	struct place at;
	uint32_t point;
	size_t i, bytes;

	for (i = 0; i < all->length; i += bytes) {
		bytes = utf8_next(all->text + i, all->length - i, &point);
		if (!bytes) {
			at = place_at(all, i);
			complain(all, &at, "a byte that is not UTF-8");
			advise(all, "save the file as UTF-8");
			return false;
		}
		if (point == 0x85 || point == 0x2028 || point == 0x2029 ||
		    (point == '\r' && (i + 1 == all->length || all->text[i + 1] != '\n'))) {
			at = place_at(all, i);
			complain(all, &at, "a line break that is not a newline");
			return false;
		}
	}
	return true;
}

struct node *tree_read(struct complaints *all)
{
	struct tree tree = { .all = all };
	struct place start = { 1, 1, 1 };
	struct node *root;

	if (all->length > RECIPE_BYTES_MAX) {
		complain(all, &start, "a recipe has at most 1 MiB");
		return NULL;
	}
	if (!check_encoding(all))
		return NULL;
	if (!yaml_parser_initialize(&tree.parser)) {
		complain(all, &start, "there is no memory left");
		return NULL;
	}
	/* libyaml takes UTF-16 too unless it is told */
	yaml_parser_set_encoding(&tree.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&tree.parser, (const unsigned char *)all->text, all->length);
	root = xalloc(sizeof(*root));
	root->kind = NODE_BAD;
	root->at = start;
	if (!read_documents(&tree, root)) {
		tree_free(root);
		root = NULL;
	} else {
		check_lines(&tree, root);
	}
	yaml_parser_delete(&tree.parser);
	return root;
}

static void free_items(struct node *node)
{
	for (size_t i = 0; i < node->count; i++)
		free_items(&node->items[i]);
	free(node->items);
	free(node->text);
}

void tree_free(struct node *root)
{
	if (!root)
		return;
	free_items(root);
	free(root);
}

const struct node *tree_get(const struct node *map, const char *key)
{
	for (size_t i = 0; map->kind == NODE_MAP && i < map->count; i += 2) {
		if (map->items[i].kind == NODE_TEXT && !strcmp(map->items[i].text, key))
			return &map->items[i + 1];
	}
	return NULL;
}
