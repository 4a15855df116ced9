// SPDX-License-Identifier: GPL-2.0-only
/*
 * Recipes: what is taken over, where the limits are, and that a mistake is
 * found where it is. How mistakes are worded is up to selftests/cli.sh.
 */
#include "../../tools/rvfctl/recipe.h"
#include "../../tools/rvfctl/text.h"
#include "tap.h"

static struct complaints all;

static struct recipe *read_text_of(const char *text)
{
	complaints_init(&all, "test.yaml", text, strlen(text));
	return recipe_read(&all);
}

/* Whether there is just one mistake in @text, in that line and column. */
static void wrong(const char *text, unsigned int line, unsigned int column, const char *name)
{
	struct recipe *recipe = read_text_of(text);
	bool good = !recipe && all.count == 1 && all.list[0].at.line == line &&
		    all.list[0].at.column == column;

	if (!tap_ok(good, "%s", name))
		complaints_print(&all, stdout, false);
	recipe_free(recipe);
	complaints_free(&all);
}

static void right(const char *text, const char *name)
{
	struct recipe *recipe = read_text_of(text);

	if (!tap_ok(recipe && !all.count, "%s", name))
		complaints_print(&all, stdout, false);
	recipe_free(recipe);
	complaints_free(&all);
}

/* Both sides of a limit, in a recipe with a %s in it. */
static void limit(const char *format, const char *last, const char *beyond)
{
	char text[1024], name[128];

	snprintf(text, sizeof(text), format, last);
	snprintf(name, sizeof(name), "%s is possible", last);
	right(text, name);
	snprintf(text, sizeof(text), format, beyond);
	snprintf(name, sizeof(name), "%s is not", beyond);
	complaints_init(&all, "test.yaml", text, strlen(text));
	tap_ok(!recipe_read(&all) && all.count == 1, "%s", name);
	complaints_free(&all);
}

static void defaults(void)
{
	struct recipe *recipe = read_text_of("package: hello\nelf: bin/hello\n");
	const struct recipe_component *one;

	tap_need(recipe, "the smallest recipe cannot be read");
	one = recipe->components;
	tap_equal(recipe->n_components, 1, "one component");
	tap_ok(!strcmp(one->name, "hello") && !strcmp(one->elf, "bin/hello"),
	       "it has the package's name");
	tap_ok(recipe->version == 1 && !recipe->version_given && !recipe->release &&
		       !recipe->id_given,
	       "version 1, no release, no id");
	tap_ok(one->restart.when == RVF_RESTART_NEVER && one->profile == RVF_PROFILE_STRICT,
	       "never restarted, in the strict jail");
	tap_ok(one->limits.memory == 64 << 20 && one->limits.pids == 16 && one->limits.cpu == 1000,
	       "64M, 16 pids, one CPU");
	tap_ok(!one->n_needs && !one->n_grants && !one->n_args, "no rights");
	recipe_free(recipe);
	complaints_free(&all);
}

static void inherited(void)
{
	static const char text[] =
		"package: p\n"
		"version: 9\n"
		"release: 'no'\n"
		"id: 00000000-0000-0000-0000-0000000000fF\n"
		"restart: on-failure\n"
		"limits: { memory: 8M, cpu: 50% }\n"
		"components:\n"
		"  a: { elf: x, limits: { memory: 16M, pids: 2 } }\n"
		"  b: { elf: x, restart: { times: 3, wait: 1s }, needs: a }\n"
		"  c: { elf: x, restart: never, needs: [b, a], args: [on, ''] }\n";
	struct recipe *recipe = read_text_of(text);
	const struct recipe_component *one;

	tap_need(recipe, "a recipe with three components cannot be read");
	one = recipe->components;
	tap_ok(recipe->version == 9 && !strcmp(recipe->release, "no") && recipe->id_given &&
		       recipe->id[15] == 0xff && !recipe->id[0],
	       "version, release and id");
	tap_ok(one[0].limits.memory == 16 << 20 && one[0].limits.pids == 2 &&
		       one[0].limits.cpu == 500,
	       "limits are taken over one by one");
	tap_ok(one[1].limits.memory == 8 << 20 && one[1].limits.pids == 16, "or all of them");
	tap_ok(one[0].restart.when == RVF_RESTART_ON_FAILURE && one[0].restart.times == 5 &&
		       one[0].restart.within_ms == 60000 && one[0].restart.wait_min_ms == 100 &&
		       one[0].restart.wait_max_ms == 30000,
	       "restart is taken over");
	tap_ok(one[1].restart.when == RVF_RESTART_ON_FAILURE && one[1].restart.times == 3 &&
		       one[1].restart.wait_min_ms == 1000 && one[1].restart.wait_max_ms == 1000,
	       "restart with a pause that stays the same");
	tap_equal(one[2].restart.when, RVF_RESTART_NEVER, "or said otherwise");
	tap_ok(one[1].n_needs == 1 && one[1].needs[0] == 0 && one[2].n_needs == 2 &&
		       one[2].needs[0] == 1 && one[2].needs[1] == 0,
	       "needs, in their order");
	tap_ok(one[2].n_args == 2 && !strcmp(one[2].args[0], "on") && !*one[2].args[1],
	       "arguments are text, also an empty one");
	recipe_free(recipe);
	complaints_free(&all);
}

static void objects(void)
{
	static const char text[] =
		"package: p\n"
		"elf: x\n"
		"can: { q: [receive, grant-once], r: read, s: rwgov, a: append, b: write }\n"
		"regions: { r: { file: f }, a: { append: 64K }, b: { slab: 32 x 4K } }\n"
		"queues: { s: , q: { slots: 2, size: 3, type: t/1 } }\n";
	struct recipe *recipe = read_text_of(text);
	const struct recipe_grant *grant;

	tap_need(recipe, "a recipe with objects cannot be read");
	grant = recipe->components[0].grants;
	tap_equal(recipe->components[0].n_grants, 5, "five grants");
	tap_ok(grant[0].kind == RVF_OBJECT_QUEUE && grant[0].object == 1 &&
		       grant[0].rights == (RVF_RIGHT_READ | RVF_RIGHT_GRANT_ONCE),
	       "rights in words");
	tap_ok(grant[1].kind == RVF_OBJECT_REGION && grant[1].object == 0 &&
		       grant[1].rights == RVF_RIGHT_READ,
	       "one right");
	tap_ok(grant[2].kind == RVF_OBJECT_QUEUE && grant[2].object == 0 &&
		       grant[2].rights == (RVF_RIGHT_READ | RVF_RIGHT_WRITE | RVF_RIGHT_GRANT |
					   RVF_RIGHT_GRANT_ONCE | RVF_RIGHT_REVOKE),
	       "rights in letters");
	tap_equal(grant[3].rights, RVF_RIGHT_WRITE, "append");
	tap_ok(recipe->queues[0].slots == 64 && recipe->queues[0].message_size == 4096 &&
		       !recipe->queues[0].type,
	       "a queue's defaults");
	tap_ok(recipe->queues[1].slots == 2 && recipe->queues[1].message_size == 3 &&
		       !strcmp(recipe->queues[1].type, "t/1"),
	       "a queue");
	tap_ok(recipe->regions[0].policy == RVF_REGION_IMMUTABLE &&
		       recipe->regions[1].policy == RVF_REGION_APPEND_ONLY &&
		       recipe->regions[1].size == 65536 &&
		       recipe->regions[2].policy == RVF_REGION_SLAB &&
		       recipe->regions[2].slots == 32 && recipe->regions[2].size == 4096,
	       "regions");
	recipe_free(recipe);
	complaints_free(&all);
}

static void limits(void)
{
	limit("package: p\nelf: x\nversion: %s\n", "18446744073709551615", "18446744073709551616");
	limit("package: p\nelf: x\nversion: %s\n", "0", "-1");
	limit("package: p\nelf: x\nversion: %s\n", "10", "010");
	limit("package: p\nelf: x\nlimits: { memory: %s }\n", "1M", "1048575");
	limit("package: p\nelf: x\nlimits: { memory: %s }\n", "17179869183G", "17179869184G");
	limit("package: p\nelf: x\nlimits: { cpu: %s }\n", "102400%", "102400.1%");
	limit("package: p\nelf: x\nlimits: { cpu: %s }\n", "0.1%", "0%");
	limit("package: p\nelf: x\nlimits: { pids: %s }\n", "65536", "65537");
	limit("package: p\nelf: x\nrestart: { within: %s }\n", "24h", "86400001ms");
	limit("package: p\nelf: x\nrestart: { times: %s }\n", "4294967295", "4294967296");
	limit("package: p\nelf: x\ncan: { a: w }\nregions: { a: { append: %s } }\n", "1G",
	      "1073741825");
	limit("package: p\nelf: x\ncan: { a: w }\nregions: { a: { slab: %s } }\n", "65536 x 16K",
	      "65536 x 16385");
	limit("package: p\nelf: x\ncan: { a: w }\nregions: { a: { slab: %s } }\n", "1 x 64K",
	      "1 x 65537");
	limit("package: p\nelf: x\ncan: { a: w }\nregions: { a: { slab: %s } }\n", "1 x 1",
	      "0 x 1");
	limit("package: p\nelf: x\ncan: { a: write }\nregions: { a: { slab: %s } }\n", "65536 x 1",
	      "65537 x 1");
	limit("package: p\nelf: x\ncan: { q: w }\nqueues: { q: { size: %s } }\n", "64K", "65537");
	limit("package: p\nelf: x\ncan: { q: w }\nqueues: { q: { slots: %s } }\n", "1", "0");
	limit("package: p\nelf: x\nrelease: %s\n",
	      "0123456789012345678901234567890123456789012345678901234567890123",
	      "01234567890123456789012345678901234567890123456789012345678901234");
	limit("package: %s\nelf: x\n", "0._-", ".0");
}

static void long_names(void)
{
	char text[512], name[257];

	memset(name, 'n', sizeof(name));
	name[255] = 0;
	snprintf(text, sizeof(text), "package: %s\nelf: x\n", name);
	right(text, "a name of 255 characters");
	name[255] = 'n';
	name[256] = 0;
	snprintf(text, sizeof(text), "package: %s\nelf: x\n", name);
	wrong(text, 1, 10, "one of 256");
}

static void places(void)
{
	wrong("package: p\nelf: x\nelf: y\n", 3, 1, "a key twice");
	wrong("package: p\nelf: x\nwhat: 3\n", 3, 1, "an unknown key");
	wrong("package: p\nelf: x\nlimits: 3\n", 3, 9, "text instead of a mapping");
	wrong("package: p\nelf: [x]\n", 2, 6, "a list instead of text");
	wrong("package: p\nelf: x\ncomponents: { a: { elf: x } }\n", 2, 1,
	      "a component's key beside components");
	wrong("package: p\ncomponents: { a: { elf: x, needs: a } }\n", 2, 35, "a needs a");
	wrong("package: p\ncomponents: { a: { elf: x, needs: b }, b: { elf: x, needs: a } }\n", 2,
	      35, "a cycle");
	wrong("package: p\n# gr\xc3\xbc\xc3\x9f\nelf: {x: \xc3\xbc\xc3\xbc, \xff: 1}\n", 3, 14,
	      "a byte that is not UTF-8, counted in characters");
	wrong("package: p\nelf: \"a\\0b\"\n", 2, 6, "a NUL character");
	wrong("package: p\nelf: &a x\n", 2, 6, "an anchor");
	wrong("package: p\nelf: !!str x\n", 2, 6, "a tag");
	wrong("package: p\nelf: x\nargs: [a, [b]]\n", 3, 11, "a list in a list");
	wrong("package: p\nelf: x\nargs: [[[[[[[[1]]]]]]]]\n", 3, 12, "too deep");
	wrong("", 1, 1, "an empty file");
	wrong("package: p\nelf: x\n---\npackage: q\n", 3, 1, "a second document");
	right("---\npackage: p\nelf: x\n...\n", "a document with its marks");
	right("\xef\xbb\xbfpackage: p\nelf: x\n", "a byte order mark");
	right("package: p\r\nelf: x\r\n", "lines that end as in DOS");
	right("{\"package\": \"p\", \"elf\": \"x\", \"version\": 3}", "JSON");
}

static void many(void)
{
	char *text = xalloc(RECIPE_BYTES_MAX + 2), *at;
	int i;

	memset(text, '[', 20000);
	complaints_init(&all, "test.yaml", text, 20000);
	tap_ok(!recipe_read(&all) && all.count, "20,000 brackets");
	complaints_free(&all);

	at = text + sprintf(text, "package: p\ncomponents:\n");
	for (i = 0; i < RVF_MAX_TASKS; i++)
		at += sprintf(at, "  c%d: { elf: x }\n", i);
	right(text, "as many tasks as a mount may have");
	sprintf(at, "  one-more: { elf: x }\n");
	wrong(text, 3 + RVF_MAX_TASKS, 3, "one more");

	at = text + sprintf(text, "package: p\nelf: x\nargs:\n");
	for (i = 0; i < 10000; i++)
		at += sprintf(at, "- a\n");
	wrong(text, 4, 1, "10,000 entries");

	memset(text, '#', RECIPE_BYTES_MAX + 1);
	complaints_init(&all, "test.yaml", text, RECIPE_BYTES_MAX + 1);
	tap_ok(!recipe_read(&all) && all.count == 1, "more than 1 MiB");
	complaints_free(&all);
	free(text);
}

static void suggestions(void)
{
	static const char *const words[] = { "version", "release", "restart", "elf" };

	tap_equal(word_distance("samples", "sampels"), 1, "two letters that are swapped");
	tap_equal(word_distance("", "abc"), 3, "letters that are missing");
	tap_equal(word_distance("kitten", "sitting"), 3, "letters that differ");
	tap_ok(suggest("verison", words, 4) == words[0], "the likeliest word");
	tap_ok(!suggest("banana", words, 4), "no word is like it");
	tap_ok(!suggest("x", words, 4), "nothing for one letter");
}

int main(void)
{
	tap_begin();
	defaults();
	inherited();
	objects();
	limits();
	long_names();
	places();
	many();
	suggestions();
	return tap_end();
}
