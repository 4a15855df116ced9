// SPDX-License-Identifier: GPL-2.0-only
/* Keys: making them, and telling the kernel which ones count. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <rvf/device.h>
#include <rvf/key.h>

#include "commands.h"
#include "keys.h"
#include "rvfctl.h"
#include "show.h"
#include "table.h"
#include "text.h"

#define DAYS_DEFAULT 730
#define DAYS_MAX     36500
#define DAY_S	     86400

/* ---- gen */

/* "/a,/b" becomes prefixes; @text is cut up. */
static int split_prefixes(const struct args *args, char *text,
			  const char *prefixes[RVF_KEY_PREFIXES], size_t *count)
{
	char *rest, *one;

	*count = 0;
	for (one = strtok_r(text, ",", &rest); one; one = strtok_r(NULL, ",", &rest)) {
		if (*count == RVF_KEY_PREFIXES)
			return usage_error(args->command, "a key can be for at most %d names",
					   RVF_KEY_PREFIXES);
		if (!rvf_mount_name_ok(one, strlen(one)))
			return usage_error(args->command,
					   "'%s' is not a mount name such as /agents", one);
		prefixes[(*count)++] = one;
	}
	return RVFCTL_OK;
}

static void print_made(const char *private, const char *public, const struct rvf_key_record *record)
{
	char until[KEY_DATE], key[FINGERPRINT_TEXT];
	__u8 id[RVF_KEY_ID_LEN];
	int width = strlen(private);

	rvf_key_id(record, id);
	printf("%-*s  RSA-4096 private key, mode 0600, no passphrase  keep it here\n", width,
	       private);
	printf("%-*s  public key record, %-27s  give it to hosts\n", width, public,
	       key_until(record, until));
	printf("fingerprint  %s\n", fingerprint_text(id, key));
}

static int make_key(const struct args *args, const struct rvf_key_options *options)
{
	char *private = xprintf("%s.key", args->names[0]);
	char *public = xprintf("%s.pub", args->names[0]);
	struct rvf_key_record record;
	struct rvf_error e = { 0 };
	__u8 id[RVF_KEY_ID_LEN];
	struct json json;
	int result = RVFCTL_OK;

	if (rvf_key_generate(private, public, options, &record, &e)) {
		result = fail(args, "file", args->names[0], &e);
	} else if (args->json) {
		rvf_key_id(&record, id);
		json_begin(&json, "key");
		json_text(&json, "private", private);
		json_text(&json, "public", public);
		record_json(&json, &record, id);
		json_finish(&json, stdout);
	} else {
		print_made(private, public, &record);
	}
	free(private);
	free(public);
	return result;
}

static int run_gen(const struct args *args)
{
	const char *slash = strrchr(args->names[0], '/'), *days = option_value(args, "days");
	const char *prefixes[RVF_KEY_PREFIXES], *label = option_value(args, "label");
	struct rvf_key_options options = { .usage = RVF_KEY_MOUNT, .prefixes = prefixes };
	uint64_t n = DAYS_DEFAULT;
	char *names;
	int result;

	options.label = label ?: slash ? slash + 1 : args->names[0];
	if (!*options.label)
		return usage_error(args->command, "'%s' is no name for a key", args->names[0]);
	if (days && (!parse_number(days, &n) || n > DAYS_MAX))
		return usage_error(args->command, "--days is 0 (for ever) to %d", DAYS_MAX);
	if (n)
		options.not_after = time(NULL) + n * DAY_S;
	names = xstrdup(option_value(args, "for") ?: "");
	result = split_prefixes(args, names, prefixes, &options.n_prefixes);
	if (result == RVFCTL_OK)
		result = make_key(args, &options);
	free(names);
	return result;
}

static const struct option_spec gen_options[] = {
	{ 0, "days", "N", "how long it counts, 0: for ever (730)" },
	{ 0, "for", "MOUNT,...", "only for these mount names, and below them" },
	{ 0, "label", "TEXT", "for people (NAME)" },
	{ 0 },
};

const struct command cmd_key_gen = {
	.name = "key gen",
	.alias = "keygen",
	.arguments = "NAME",
	.least = 1,
	.json = true,
	.group = "keys",
	.summary = "Makes a key to sign with",
	.options = gen_options,
	.text = "NAME.key is the private key (PEM): it signs. NAME.pub is the public one's\n"
		"record: hosts take it with rvfctl key add. Neither file may exist.\n",
	.run = run_gen,
};

/* ---- add */

static int persist(const struct rvf_key_record *record, const __u8 id[RVF_KEY_ID_LEN], char **path,
		   struct rvf_error *e)
{
	char *directory = keys_directory(), key[FINGERPRINT_TEXT];
	int err;

	*path = xprintf("%s/%s.pub", directory, fingerprint_text(id, key));
	err = make_directories(directory);
	free(directory);
	if (err) {
		file_error(e, -err, "kept");
		return err;
	}
	err = rvf_key_record_save(record, *path, e);
	return err == -EEXIST ? 0 : err;
}

static void print_added(const struct rvf_key_record *record, const __u8 id[RVF_KEY_ID_LEN],
			bool known)
{
	char until[KEY_DATE], key[FINGERPRINT_TEXT];
	char *names = key_names(record), *label = safe_text(record->label, strlen(record->label));

	printf("%s %s \"%s\" %s %s, for %s%s\n", known ? "known already:" : "added",
	       fingerprint_text(id, key), label, algorithm_name(le16toh(record->algorithm)),
	       key_until(record, until), names,
	       le16toh(record->usage) & RVF_KEY_DEVELOPER ? ", a developer's" : "");
	free(names);
	free(label);
}

static int add_one(struct batch *batch, int ctl, const char *file, struct rvf_error *e)
{
	const struct args *args = batch->args;
	struct rvf_key_record record;
	__u8 id[RVF_KEY_ID_LEN];
	char *path = NULL;
	struct json *json;
	bool known;
	int err;

	err = rvf_key_record_load(&record, file, e);
	if (err)
		return err;
	/* Not the record's maker but who adds it says so. */
	if (option_given(args, "developer")) {
		record.usage |= htole16(RVF_KEY_DEVELOPER);
	} else if (le16toh(record.usage) & RVF_KEY_DEVELOPER) {
		rvf_error_set(e, EACCES, "key-developer", "it is a developer's key");
		rvf_error_why(e, "its packages could relax what the kernel checks");
		rvf_error_hint(e, "rvfctl explain relaxed, then decide about --developer");
		return -EACCES;
	}
	err = rvf_key_add(ctl, &record, id, e);
	known = err == -EEXIST && option_given(args, "persist");
	if (err == -EEXIST && !known)
		rvf_error_set(e, EEXIST, "exists", "this key is known already");
	if (err && !known)
		return err;
	if (option_given(args, "persist")) {
		err = persist(&record, id, &path, e);
		if (err) {
			free(path);
			return err;
		}
	}
	if (args->json) {
		json = batch_item(batch, file);
		record_json(json, &record, id);
		json_text(json, "kept_in", path);
		json_close(json);
	} else if (!args->quiet) {
		print_added(&record, id, known);
		if (path)
			printf("kept in %s\n", path);
	}
	free(path);
	return 0;
}

static int run_add(const struct args *args)
{
	struct rvf_error e = { 0 };
	struct batch batch;
	int ctl = rvf_open(&e), result;

	if (ctl < 0)
		return fail(args, "file", NULL, &e);
	batch_begin(&batch, args, "keys", "file");
	for (size_t i = 0; i < args->count; i++) {
		memset(&e, 0, sizeof(e));
		if (add_one(&batch, ctl, args->names[i], &e))
			batch_failed(&batch, args->names[i], &e, exit_of(&e));
	}
	close(ctl);
	result = batch_end(&batch);
	if (result == RVFCTL_OK && !args->json && !args->quiet && !option_given(args, "persist"))
		puts("kept until reboot; --persist copies it to /etc/rvf/keys.d");
	return result;
}

static const struct option_spec add_options[] = {
	{ 0, "developer", NULL, "its packages may relax what the kernel checks" },
	{ 0, "persist", NULL, "also keep it in /etc/rvf/keys.d, for the next boot" },
	{ 0 },
};

const struct command cmd_key_add = {
	.name = "key add",
	.arguments = "FILE...",
	.least = 1,
	.most = -1,
	.json = true,
	.quiet = true,
	.group = "keys",
	.summary = "Lets a key's packages be mounted on this host",
	.options = add_options,
	.text = "FILE is a key record (NAME.pub), or a public key or certificate in PEM. The key\n"
		"counts until the module is unloaded: no command takes it away again.\n"
		"--developer is for hosts on which programs are made: rvfctl explain relaxed.\n",
	.run = run_add,
};

/* ---- list */

static void list_row(struct table *table, const struct rvf_key_record *record,
		     const __u8 id[RVF_KEY_ID_LEN])
{
	char text[KEY_DATE], key[FINGERPRINT_TEXT];
	char *names = key_names(record);

	table_cell(table, fingerprint_text(id, key));
	table_bytes(table, record->label, strnlen(record->label, sizeof(record->label)));
	table_cell(table, algorithm_name(le16toh(record->algorithm)));
	table_cell(table, key_until(record, text));
	table_cell(table, names);
	free(names);
}

static int run_list(const struct args *args)
{
	static const struct column columns[] = {
		{ "KEY", 0 },
		{ "LABEL", 0 },
		{ "ALGORITHM", 0 },
		{ "COUNTS", 0 },
		{ "FOR", COLUMN_SHRINKS },
	};
	struct rvf_error e = { 0 };
	struct rvf_key_record record;
	__u8 id[RVF_KEY_ID_LEN];
	struct table table;
	struct json json;
	__u32 index = 0;
	int ctl, err;

	ctl = rvf_open(&e);
	if (ctl < 0)
		return fail(args, "file", NULL, &e);
	table_init(&table, columns, sizeof(columns) / sizeof(columns[0]));
	json_begin(&json, "keys");
	json_array(&json, "items");
	while (!(err = rvf_key_list(ctl, index, &record, id, &e))) {
		json_object(&json, NULL);
		record_json(&json, &record, id);
		json_close(&json);
		list_row(&table, &record, id);
		index++;
	}
	close(ctl);
	if (err != -ENOENT) {
		json_drop(&json);
		return fail(args, "file", NULL, &e);
	}
	if (args->json) {
		json_finish(&json, stdout);
		return RVFCTL_OK;
	}
	json_drop(&json);
	if (index)
		table_print(&table, stdout, columns_of(stdout));
	else
		fputs("No key: nothing can be mounted. rvfctl key add FILE.pub adds one.\n",
		      stderr);
	return RVFCTL_OK;
}

const struct command cmd_key_list = {
	.name = "key list",
	.arguments = "",
	.json = true,
	.group = "keys",
	.summary = "Lists the keys that count on this host",
	.run = run_list,
};
