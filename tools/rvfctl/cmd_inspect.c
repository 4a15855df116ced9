// SPDX-License-Identifier: GPL-2.0-only
/* What is in a package or a mount, as its manifest says. Nothing is verified. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <rvf/device.h>

#include "commands.h"
#include "inspect.h"
#include "rvfctl.h"
#include "text.h"

/* Both may begin with a slash; a file that is there is meant. */
static bool is_mount_name(const char *name)
{
	struct stat status;

	if (!rvf_mount_name_ok(name, strlen(name)))
		return false;
	return stat(name, &status) || S_ISDIR(status.st_mode);
}

char *file_segment_name(const struct rvf_package *package, const struct rvf_file_segment *segment)
{
	const struct rvf_manifest *m = &package->manifest;
	const struct rvf_m_string *name = NULL;
	__u32 index, i;

	if (segment == package->meta)
		return xstrdup("manifest");
	if (segment == package->crypto)
		return xstrdup("signatures");
	if (segment->type == RVF_SEG_DIRECTORY)
		return xstrdup("directory");
	if (package->manifest_error.err)
		return NULL;
	for (index = 0; index < package->n_offsets; index++) {
		if (package->offsets[index] == segment->offset)
			break;
	}
	for (i = 0; index < package->n_offsets && i < m->n_components && !name; i++) {
		if (rvf_le32(m->components[i].image) == index ||
		    rvf_le32(m->components[i].source) == index)
			name = &m->components[i].name;
	}
	for (i = 0; index < package->n_offsets && i < m->n_regions && !name; i++) {
		if (rvf_le32(m->regions[i].segment) == index)
			name = &m->regions[i].name;
	}
	return name ? xstrndup(rvf_manifest_string(m, name), rvf_le32(name->length)) : NULL;
}

const char *component_arg(const struct rvf_manifest *m, const struct rvf_m_component *component,
			  __u32 n, size_t *length)
{
	const char *at = rvf_manifest_string(m, &component->args);
	const char *end = at + rvf_le32(component->args.length);

	if (n >= rvf_le32(component->n_args))
		return NULL;
	for (; n; n--)
		at += strnlen(at, end - at) + 1;
	*length = strnlen(at, end - at);
	return at;
}

void package_id_text(const __u8 id[16], char text[40])
{
	for (int i = 0; i < 16; i++)
		text += sprintf(text, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "",
				id[i]);
}

const struct rvf_m_string *object_string(const struct rvf_manifest *m,
					 const struct rvf_m_grant *grant)
{
	if (rvf_le32(grant->kind) == RVF_OBJECT_QUEUE)
		return &m->queues[rvf_le32(grant->object)].name;
	return &m->regions[rvf_le32(grant->object)].name;
}

static void show(struct batch *batch, const struct inspected *what)
{
	struct json *json;

	if (batch->args->json) {
		json = batch_item(batch, what->name);
		inspect_json(what, json);
		json_close(json);
		return;
	}
	inspect_print(what);
}

static int inspect_mount(struct batch *batch, const char *name, struct rvf_error *e)
{
	struct inspected what = { .name = name };
	struct rvf_mount_info info;
	struct rvf_manifest m;
	int ctl, mount, err;
	void *data = NULL;

	ctl = rvf_open(e);
	if (ctl < 0)
		return ctl;
	mount = rvf_open_mount(ctl, name, e);
	close(ctl);
	if (mount < 0)
		return mount;
	err = rvf_mount_get_manifest(mount, &data, &m, e);
	if (!err)
		err = rvf_mount_get_info(mount, &info, NULL, e);
	close(mount);
	if (!err) {
		what.m = &m;
		what.key_id = info.out_key_id;
		show(batch, &what);
	}
	free(data);
	return err;
}

static int inspect_file(struct batch *batch, const char *name, struct rvf_error *e)
{
	struct inspected what = { .name = name };
	struct rvf_package *package;
	int err;

	err = rvf_package_load(&package, name, e);
	if (err)
		return err;
	what.package = package;
	what.m = package->manifest_error.err ? NULL : &package->manifest;
	if (what.m || !batch->args->json)
		show(batch, &what);
	/* what can be seen of a package that is none is shown all the same */
	if (!what.m) {
		*e = package->manifest_error;
		err = -e->err;
	}
	rvf_package_free(package);
	return err;
}

static int run(const struct args *args)
{
	struct rvf_error e;
	struct batch batch;
	const char *name;
	int err;

	batch_begin(&batch, args, "inspect", "name");
	for (size_t i = 0; i < args->count; i++) {
		name = args->names[i];
		memset(&e, 0, sizeof(e));
		if (i && !args->json)
			putchar('\n');
		err = is_mount_name(name) ? inspect_mount(&batch, name, &e) :
					    inspect_file(&batch, name, &e);
		if (err)
			batch_failed(&batch, name, &e, exit_of(&e));
	}
	return batch_end(&batch);
}

const struct command cmd_inspect = {
	.name = "inspect",
	.arguments = "FILE|MOUNT...",
	.least = 1,
	.most = -1,
	.json = true,
	.group = "make",
	.summary = "Shows what is in packages or mounts",
	.text = "What a file's manifest says is shown, and nothing is verified: rvfctl verify\n"
		"does that. A mount's manifest was verified by the kernel.\n",
	.run = run,
};
