// SPDX-License-Identifier: GPL-2.0-only
/*
 * Would it be mounted? The kernel's word where it can be had, else a check
 * here, which says that it is one.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <rvf/device.h>
#include <rvf/key.h>
#include <rvf/package.h>

#include "commands.h"
#include "keys.h"
#include "refine.h"
#include "rvfctl.h"
#include "show.h"
#include "table.h"
#include "text.h"

struct verifying {
	const struct args *args;
	int ctl; /* -1: checked here */
	struct rvf_key_record *keys; /* of --pub or of keys.d */
	size_t n_keys;
};

/* ---- keys to check with, when the kernel is not asked */

static void add_key(struct verifying *v, const struct rvf_key_record *record)
{
	v->keys = xgrow(v->keys, v->n_keys, sizeof(*record));
	v->keys[v->n_keys++] = *record;
}

static void add_host_keys(struct verifying *v)
{
	char *directory = keys_directory(), *path;
	struct rvf_key_record record;
	struct dirent *entry;
	size_t length;
	DIR *dir;

	dir = opendir(directory);
	while (dir && (entry = readdir(dir))) {
		length = strlen(entry->d_name);
		if (length < 4 || strcmp(entry->d_name + length - 4, ".pub"))
			continue;
		path = xprintf("%s/%s", directory, entry->d_name);
		if (!rvf_key_record_load(&record, path, NULL))
			add_key(v, &record);
		free(path);
	}
	if (dir)
		closedir(dir);
	free(directory);
}

/* Who has the last word; 0 or an exit status. */
static int choose(struct verifying *v)
{
	const char *pub = option_value(v->args, "pub");
	struct rvf_key_record record;
	struct rvf_error e = { 0 };

	v->ctl = -1;
	if (pub) {
		if (rvf_key_record_load(&record, pub, &e))
			return fail(v->args, "file", pub, &e);
		add_key(v, &record);
		return 0;
	}
	v->ctl = rvf_open(&e);
	if (v->ctl >= 0)
		return 0;
	add_host_keys(v);
	if (v->n_keys)
		return 0;
	rvf_error_why(&e, "and without --pub there is no key to check with here");
	rvf_error_hint(&e, "as root on the host it is for, or with --pub FILE.pub");
	return fail(v->args, "file", NULL, &e);
}

/* ---- one package */

static int check_here(const struct verifying *v, const struct rvf_package *package,
		      const char *name, __u8 id[RVF_KEY_ID_LEN], char *label, struct rvf_error *e)
{
	struct rvf_error other;
	int err = -ENOKEY;
	size_t i;

	for (i = 0; i < v->n_keys; i++) {
		err = rvf_verify_offline(package, &v->keys[i], name, i ? &other : e);
		if (!err)
			break;
		/* what a key that is named says counts for more than "unknown" */
		if (i && (e->reason == RVF_REASON_UNKNOWN_KEY || !strcmp(e->slug, "unknown-key")))
			*e = other;
	}
	if (err)
		return -e->err;
	rvf_key_id(&v->keys[i], id);
	memcpy(label, v->keys[i].label, RVF_KEY_LABEL_LEN);
	return 0;
}

static int ask_kernel(const struct verifying *v, struct rvf_package *package, const char *name,
		      __u8 id[RVF_KEY_ID_LEN], char *label, struct rvf_error *e)
{
	struct rvf_mount_result result;
	struct rvf_key_record record;
	int err = rvf_verify_package(v->ctl, package, name, NULL, &result, e);

	if (err)
		return err;
	memcpy(id, result.key_id, RVF_KEY_ID_LEN);
	if (!kernel_key(v->ctl, id, &record))
		memcpy(label, record.label, RVF_KEY_LABEL_LEN);
	return 0;
}

/* -v: every segment, whatever the outcome */
static void list_segments(const struct rvf_package *package)
{
	static const struct column columns[] = {
		{ "SEGMENT", COLUMN_RIGHT },
		{ "TYPE", 0 },
		{ "SIZE", COLUMN_RIGHT },
		{ "SHA-256", 0 },
		{ "WHOSE", 0 },
		{ "CONTENT", 0 },
	};
	const struct rvf_manifest *m = &package->manifest;
	__u8 digest[RVF_DIGEST_LEN];
	char size[UNIT_TEXT], *owner;
	struct table table;

	table_init(&table, columns, sizeof(columns) / sizeof(columns[0]));
	for (__u32 i = 0; i < m->n_segments; i++) {
		table_cellf(&table, "%" PRIu64, (uint64_t)rvf_le64(m->segments[i].id));
		table_cell(&table, segment_type_name(rvf_le32(m->segments[i].type)));
		table_cell(&table, size_text(rvf_le64(m->segments[i].length), size));
		table_cellf(&table, "%02x%02x%02x%02x...", m->segments[i].digest[0],
			    m->segments[i].digest[1], m->segments[i].digest[2],
			    m->segments[i].digest[3]);
		owner = segment_owner(m, i);
		table_cell(&table, owner);
		free(owner);
		if (segment_digest(package, i, digest))
			table_cell(&table, "missing");
		else if (memcmp(digest, m->segments[i].digest, RVF_DIGEST_LEN))
			table_cell(&table, "changed");
		else
			table_cell(&table, "ok");
	}
	table_print(&table, stdout, columns_of(stdout));
}

static void verified(const struct verifying *v, struct batch *batch, const char *file,
		     const struct rvf_package *package, const __u8 id[RVF_KEY_ID_LEN],
		     const char *label)
{
	uint64_t version = rvf_le64(package->manifest.package->version);
	char key[FINGERPRINT_TEXT], *safe, *safe_label, *name;
	struct json *json;

	if (v->args->json) {
		name = manifest_text(&package->manifest, &package->manifest.package->name);
		json = batch_item(batch, file);
		json_bool(json, "valid", true);
		json_text(json, "checked_by", v->ctl >= 0 ? "kernel" : "rvfctl");
		json_text(json, "package", name);
		json_u64(json, "version", version);
		key_json(json, id, label);
		json_close(json);
		free(name);
	} else if (!v->args->quiet) {
		safe = safe_text(file, strlen(file));
		safe_label = safe_text(label, strlen(label));
		printf("%sok%s  %s  version %" PRIu64 ", by %s \"%s\"  (%s)\n",
		       colour(stdout, GREEN), plain(stdout), safe, version,
		       fingerprint_text(id, key), safe_label,
		       v->ctl >= 0 ? "this kernel's word" : "checked here, not by the kernel");
		free(safe);
		free(safe_label);
	}
}

static int verify_one(const struct verifying *v, struct batch *batch, const char *file,
		      struct rvf_error *e)
{
	char label[RVF_KEY_LABEL_LEN + 1] = "", *package_name, *name = NULL;
	struct rvf_package *package;
	__u8 id[RVF_KEY_ID_LEN];
	int err = rvf_package_load(&package, file, e);

	if (err)
		return err;
	if (option_given(v->args, "at")) {
		name = xstrdup(option_value(v->args, "at"));
	} else if (!package->manifest_error.err) {
		package_name = manifest_text(&package->manifest, &package->manifest.package->name);
		name = xprintf("/%s", package_name);
		free(package_name);
	}
	if (v->ctl >= 0)
		err = ask_kernel(v, package, name, id, label, e);
	else
		err = check_here(v, package, name, id, label, e);
	if (option_given(v->args, "verbose") && !v->args->json && !package->manifest_error.err)
		list_segments(package);
	if (err)
		refine_error(e, package, name, v->ctl);
	else
		verified(v, batch, file, package, id, label);
	rvf_package_free(package);
	free(name);
	return err;
}

static int run(const struct args *args)
{
	struct verifying v = { .args = args };
	struct rvf_error e = { 0 };
	struct batch batch;
	int result = choose(&v);

	if (result)
		return result;
	batch_begin(&batch, args, "verify", "file");
	for (size_t i = 0; i < args->count; i++) {
		memset(&e, 0, sizeof(e));
		if (verify_one(&v, &batch, args->names[i], &e))
			batch_failed(&batch, args->names[i], &e, exit_of(&e));
	}
	if (v.ctl >= 0)
		close(v.ctl);
	free(v.keys);
	return batch_end(&batch);
}

static const struct option_spec options[] = {
	{ 0, "at", "MOUNT", "the mount name to be allowed (/PACKAGE)" },
	{ 0, "pub", "FILE", "check here, with this key alone" },
	{ 'v', "verbose", NULL, "list every segment" },
	{ 0 },
};

const struct command cmd_verify = {
	.name = "verify",
	.arguments = "FILE...",
	.least = 1,
	.most = -1,
	.json = true,
	.quiet = true,
	.group = "make",
	.summary = "Tells whether packages would be mounted",
	.options = options,
	.text = "As root the kernel is asked, which checks all that it checks for a mount, with\n"
		"the keys that it has. Otherwise rvfctl checks by itself, with --pub or the keys\n"
		"in /etc/rvf/keys.d, and says so.\n",
	.run = run,
};
