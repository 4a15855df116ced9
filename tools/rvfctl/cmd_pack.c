// SPDX-License-Identifier: GPL-2.0-only
/* A recipe and the files it names become a package, unsigned. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <openssl/sha.h>
#include <rvf/manifest.h>

#include "commands.h"
#include "pack_files.h"
#include "recipe.h"
#include "rvfctl.h"
#include "table.h"
#include "text.h"

#define RECIPE_NAME "rvf.yaml"

/* ---- the recipe's text */

static char *find_recipe(const char *said, char **directory)
{
	const char *slash;
	struct stat stat_;
	char *path;

	if (!said)
		said = RECIPE_NAME;
	if (!stat(said, &stat_) && S_ISDIR(stat_.st_mode))
		path = xprintf("%s%s%s", said, said[strlen(said) - 1] == '/' ? "" : "/",
			       RECIPE_NAME);
	else
		path = xstrdup(said);
	slash = strrchr(path, '/');
	*directory = slash ? xstrndup(path, slash == path ? 1 : slash - path) : NULL;
	return path;
}

/* The file's bytes; one more than a recipe may have is enough to tell. */
static char *read_recipe(const char *path, size_t *length, struct rvf_error *e)
{
	char *text = xalloc(RECIPE_BYTES_MAX + 1);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = 0;

	*length = 0;
	while (fd >= 0 && *length <= RECIPE_BYTES_MAX) {
		got = read(fd, text + *length, RECIPE_BYTES_MAX + 1 - *length);
		if (got <= 0)
			break;
		*length += got;
	}
	if (fd < 0 || got < 0) {
		file_error(e, errno, "read");
		if (e->err == ENOENT)
			rvf_error_hint(e, "rvfctl pack FILE, or cd to where " RECIPE_NAME " is");
		free(text);
		text = NULL;
	}
	if (fd >= 0)
		close(fd);
	return text;
}

static int bad_recipe(const struct args *args, struct complaints *all)
{
	size_t count = all->count + all->dropped;
	struct json json;
	char what[64];

	fflush(stdout);
	complaints_print(all, stderr, coloured(stderr));
	if (args->json) {
		snprintf(what, sizeof(what), "it has %zu error%s", count, count == 1 ? "" : "s");
		json_begin(&json, "error");
		json_text(&json, "file", all->name);
		json_text(&json, "code", "bad-recipe");
		json_i64(&json, "exit", RVFCTL_USAGE);
		json_text(&json, "what", what);
		json_null(&json, "why");
		json_null(&json, "try");
		complaints_json(all, &json);
		json_finish(&json, stdout);
	}
	return RVFCTL_USAGE;
}

/* ---- the package */

/*
 * A package keeps its id over its versions, also for an author who does not
 * know of ids: it is made from the name, the one thing that stays.
 */
static void derive_id(const char *name, uint8_t id[16])
{
	static const char tag[] = "rvf-package-id";
	unsigned char digest[SHA256_DIGEST_LENGTH];
	char *text = xprintf("%s%s", tag, name);

	SHA256((unsigned char *)text, strlen(text), digest);
	free(text);
	memcpy(id, digest, 16);
}

struct packing {
	const struct recipe *recipe;
	const char *directory;
	struct rvf_builder *builder;
	struct table table;
	struct json *json; /* or NULL */
	const char *file; /* that is being worked on, for errors */
};

static void tell_part(struct packing *packing, const char *name, const char *kind, const char *file,
		      uint64_t bytes)
{
	char size[UNIT_TEXT];

	if (packing->json) {
		json_object(packing->json, NULL);
		json_text(packing->json, "name", name);
		json_text(packing->json, "kind", kind);
		json_text(packing->json, "file", file);
		json_u64(packing->json, "size_bytes", bytes);
		json_close(packing->json);
		return;
	}
	table_cell(&packing->table, name);
	table_cell(&packing->table, kind);
	table_cell(&packing->table, file);
	table_cell(&packing->table, size_text(bytes, size));
}

static void tell_vm(struct packing *packing, const struct recipe_component *one)
{
	char size[UNIT_TEXT];

	if (packing->json) {
		json_object(packing->json, NULL);
		json_text(packing->json, "name", one->name);
		json_text(packing->json, "kind", "vm");
		json_u64(packing->json, "vcpus", one->vm.vcpus);
		json_u64(packing->json, "memory_bytes", one->vm.memory);
		json_close(packing->json);
		return;
	}
	table_cell(&packing->table, one->name);
	table_cell(&packing->table, "vm");
	table_cellf(&packing->table, "%u vCPU%s", one->vm.vcpus, one->vm.vcpus == 1 ? "" : "s");
	table_cell(&packing->table, size_text(one->vm.memory, size));
}

static int add_file(struct packing *packing, uint32_t type, const char *said, struct rvf_error *e)
{
	char *path = recipe_path(packing->directory, said);
	int segment = rvf_builder_segment(packing->builder, type, path, e);

	packing->file = said;
	free(path);
	return segment;
}

static int add_components(struct packing *packing, struct rvf_error *e)
{
	const struct recipe_component *one;
	struct rvf_component_spec spec;
	int segment, component;

	for (size_t i = 0; i < packing->recipe->n_components; i++) {
		one = &packing->recipe->components[i];
		segment = add_file(packing, RVF_SEG_IMAGE, one->elf, e);
		if (segment < 0)
			return segment;
		spec = (struct rvf_component_spec){
			.name = one->name,
			.kind = RVF_COMPONENT_NATIVE,
			.image = segment,
			.source = RVF_M_NONE,
			.profile = one->profile,
			.restart = one->restart.when,
			.restart_times = one->restart.times,
			.restart_window_ms = one->restart.within_ms,
			.backoff_min_ms = one->restart.wait_min_ms,
			.backoff_max_ms = one->restart.wait_max_ms,
			.limit_pids = one->limits.pids,
			.limit_memory = one->limits.memory,
			.limit_cpu = one->limits.cpu,
			.vcpus = one->vm.vcpus,
			.guest_memory = one->vm.memory,
			.identity_map = one->vm.identity_map,
			.args = one->args,
			.n_args = one->n_args,
			.jail = (const char *const *)one->jail.entries,
			.n_jail = one->jail.n_entries,
		};
		component = rvf_builder_component(packing->builder, &spec);
		if (component < 0)
			return component;
		tell_part(packing, one->name, "elf", one->elf,
			  rvf_builder_segment_length(packing->builder, segment));
		if (one->vm.vcpus)
			tell_vm(packing, one);
	}
	return 0;
}

static int add_empty(struct rvf_builder *builder, const struct recipe_region *region)
{
	if (region->policy == RVF_REGION_SLAB)
		return rvf_builder_slab(builder, region->name, region->slots, region->size);
	return rvf_builder_append_only(builder, region->name, region->size);
}

static int add_objects(struct packing *packing, struct rvf_error *e)
{
	const struct recipe *recipe = packing->recipe;
	const struct recipe_region *region;
	const struct recipe_queue *queue;
	int segment, err;
	size_t i;

	for (i = 0; i < recipe->n_regions; i++) {
		region = &recipe->regions[i];
		if (!region->file) {
			err = add_empty(packing->builder, region);
			if (err < 0)
				return err;
			continue;
		}
		segment = add_file(packing, RVF_SEG_REGION, region->file, e);
		if (segment < 0)
			return segment;
		err = rvf_builder_immutable(packing->builder, region->name, segment);
		if (err < 0)
			return err;
		tell_part(packing, region->name, "file", region->file,
			  rvf_builder_segment_length(packing->builder, segment));
	}
	for (i = 0; i < recipe->n_queues; i++) {
		queue = &recipe->queues[i];
		err = (queue->ring ? rvf_builder_ring :
				     rvf_builder_queue)(packing->builder, queue->name, queue->slots,
							queue->message_size, queue->type);
		if (err < 0)
			return err;
	}
	return 0;
}

static int add_rights(struct packing *packing)
{
	const struct recipe_component *one;
	const struct recipe_grant *grant;
	int err;
	size_t i, j;

	for (i = 0; i < packing->recipe->n_components; i++) {
		one = &packing->recipe->components[i];
		for (j = 0; j < one->n_needs; j++) {
			err = rvf_builder_dependency(packing->builder, i, one->needs[j]);
			if (err < 0)
				return err;
		}
		for (j = 0; j < one->n_grants; j++) {
			grant = &one->grants[j];
			err = rvf_builder_grant(packing->builder, i, grant->kind, grant->object,
						grant->rights, 0);
			if (err < 0)
				return err;
		}
	}
	return 0;
}

static int build(struct packing *packing, struct rvf_error *e)
{
	const struct recipe *recipe = packing->recipe;
	uint8_t id[16];
	int err;

	if (recipe->id_given)
		memcpy(id, recipe->id, sizeof(id));
	else
		derive_id(recipe->package, id);
	packing->builder = rvf_builder_new(id, recipe->package, recipe->version, recipe->release);
	if (!packing->builder)
		return rvf_error_set(e, ENOMEM, "no-memory", "there is no memory left");
	err = add_components(packing, e);
	if (err >= 0)
		err = add_objects(packing, e);
	if (err >= 0)
		err = add_rights(packing);
	if (err < 0 && !e->err)
		rvf_error_set(e, -err, err == -EDQUOT ? "too-large" : "no-memory",
			      err == -EDQUOT ? "it holds more than a package may" :
					       "there is no memory left");
	return err < 0 ? err : 0;
}

static int write_package(struct packing *packing, const char *output, uint64_t *bytes,
			 struct rvf_error *e)
{
	struct stat status;
	size_t length;
	void *manifest;
	int err;

	packing->file = output;
	if (!output) {
		err = rvf_builder_manifest(packing->builder, &manifest, &length, e);
		if (!err)
			free(manifest);
		return err;
	}
	err = rvf_builder_write(packing->builder, output, e);
	if (!err && !stat(output, &status))
		*bytes = status.st_size;
	return err;
}

static int pack(const struct args *args, const struct recipe *recipe, const char *path,
		const char *directory, const char *output)
{
	static const struct column columns[] = {
		{ NULL, 0 },
		{ NULL, 0 },
		{ NULL, COLUMN_SHRINKS },
		{ NULL, COLUMN_RIGHT },
	};
	struct packing packing = { .recipe = recipe, .directory = directory, .file = path };
	struct rvf_error e = { 0 };
	struct json json;
	char size[UNIT_TEXT];
	uint64_t bytes = 0;
	int err;

	table_init(&packing.table, columns, sizeof(columns) / sizeof(columns[0]));
	if (args->json) {
		packing.json = &json;
		json_begin(&json, "pack");
		json_text(&json, "recipe", path);
		json_array(&json, "items");
	}
	err = build(&packing, &e);
	if (!err)
		err = write_package(&packing, output, &bytes, &e);
	rvf_builder_free(packing.builder);
	if (err) {
		if (args->json)
			json_drop(&json);
		return fail(args, "file", packing.file ?: path, &e);
	}
	if (args->json) {
		json_close(&json);
		json_text(&json, "package", recipe->package);
		json_u64(&json, "version", recipe->version);
		json_text(&json, "file", output);
		json_u64(&json, "size_bytes", bytes);
		json_finish(&json, stdout);
		return RVFCTL_OK;
	}
	table_print(&packing.table, stdout, columns_of(stdout));
	if (output)
		printf("%s  %s, version %" PRIu64 "%s, not signed\n", output,
		       size_text(bytes, size), recipe->version,
		       recipe->version_given ? "" : " (the recipe has none)");
	else
		printf("%s  no errors\n", path);
	return RVFCTL_OK;
}

static int run(const struct args *args)
{
	const char *output = option_value(args, "output");
	char *directory, *path, *text, *named = NULL;
	struct rvf_error e = { 0 };
	struct complaints all;
	struct recipe *recipe;
	size_t length;
	int result;

	path = find_recipe(args->count ? args->names[0] : NULL, &directory);
	text = read_recipe(path, &length, &e);
	if (!text) {
		result = fail(args, "file", path, &e);
		goto out;
	}
	complaints_init(&all, path, text, length);
	recipe = recipe_read(&all);
	if (recipe)
		check_files(recipe, directory, &all);
	if (all.count) {
		result = bad_recipe(args, &all);
	} else {
		if (option_given(args, "check"))
			output = NULL;
		else if (!output)
			output = named = xprintf("%s.rvf", recipe->package);
		result = pack(args, recipe, path, directory, output);
	}
	recipe_free(recipe);
	complaints_free(&all);
out:
	free(named);
	free(text);
	free(path);
	free(directory);
	return result;
}

static const struct option_spec options[] = {
	{ 'o', "output", "FILE", "the package (PACKAGE.rvf, here)" },
	{ 0, "check", NULL, "write nothing, show what is wrong" },
	{ 0 },
};

const struct command cmd_pack = {
	.name = "pack",
	.arguments = "[RECIPE|DIR]",
	.most = 1,
	.json = true,
	.group = "make",
	.summary = "Makes a package from a recipe, " RECIPE_NAME,
	.options = options,
	.text = "rvf.yaml(5) describes the recipe. The same input gives the same package, to the\n"
		"byte. It is not signed: the kernel refuses it until rvfctl sign.\n",
	.run = run,
};
