// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <rvf/key.h>
#include <rvf/package.h>

#include "commands.h"
#include "rvfctl.h"
#include "show.h"
#include "text.h"

/* The label of the record that lies beside the private key, if it is its. */
static char *label_beside(const char *private, const __u8 id[RVF_KEY_ID_LEN])
{
	size_t length = strlen(private);
	struct rvf_key_record record;
	__u8 other[RVF_KEY_ID_LEN];
	char *public, *label = NULL;

	if (length < 4 || strcmp(private + length - 4, ".key"))
		return NULL;
	public = xprintf("%.*s.pub", (int)length - 4, private);
	if (!rvf_key_record_load(&record, public, NULL)) {
		rvf_key_id(&record, other);
		if (!memcmp(id, other, RVF_KEY_ID_LEN))
			label = safe_text(record.label,
					  strnlen(record.label, sizeof(record.label)));
	}
	free(public);
	return label;
}

static int sign_one(struct batch *batch, const char *file, const char *key, struct rvf_error *e)
{
	const char *output = option_value(batch->args, "output") ?: file;
	char fingerprint[FINGERPRINT_TEXT], *label, *safe;
	struct rvf_package *package;
	__u8 id[RVF_KEY_ID_LEN];
	struct json *json;
	int err;

	err = rvf_package_load(&package, file, e);
	if (err)
		return err;
	if (package->manifest_error.err) {
		*e = package->manifest_error;
		err = -e->err;
	} else {
		err = rvf_sign(package, key, output, id, e);
	}
	rvf_package_free(package);
	if (err)
		return err;
	label = label_beside(key, id);
	fingerprint_text(id, fingerprint);
	if (batch->args->json) {
		json = batch_item(batch, output);
		key_json(json, id, label);
		json_text(json, "algorithm", algorithm_name(RVF_ALG_RSA4096));
		json_close(json);
	} else if (!batch->args->quiet) {
		safe = safe_text(output, strlen(output));
		printf("%s  signed by %s%s%s%s (rsa-4096, sha-256)\n", safe, fingerprint,
		       label ? " \"" : "", label ?: "", label ? "\"" : "");
		free(safe);
	}
	free(label);
	return 0;
}

/* Whether it is the key that is wrong, and not the package. */
static bool is_of_key(const struct rvf_error *e)
{
	static const char *const slugs[] = { "bad-key", "weak-key", "bad-algorithm", "passphrase" };

	for (size_t i = 0; i < sizeof(slugs) / sizeof(slugs[0]); i++) {
		if (!strcmp(e->slug, slugs[i]))
			return true;
	}
	return false;
}

static int run(const struct args *args)
{
	const char *key = option_value(args, "key");
	struct rvf_error e;
	struct batch batch;

	if (!key)
		key = getenv("RVF_KEY");
	if (!key || !*key)
		return usage_error(args->command, "sign needs --key FILE (or RVF_KEY)");
	if (option_given(args, "output") && args->count > 1)
		return usage_error(args->command, "--output is for one package, not for %zu",
				   args->count);
	batch_begin(&batch, args, "sign", "file");
	for (size_t i = 0; i < args->count; i++) {
		memset(&e, 0, sizeof(e));
		if (sign_one(&batch, args->names[i], key, &e))
			batch_failed(&batch, is_of_key(&e) ? key : args->names[i], &e, exit_of(&e));
	}
	return batch_end(&batch);
}

static const struct option_spec options[] = {
	{ 'k', "key", "FILE", "the private key, in PEM (RVF_KEY)" },
	{ 'o', "output", "FILE", "the signed package (the same file)" },
	{ 0 },
};

const struct command cmd_sign = {
	.name = "sign",
	.arguments = "FILE...",
	.least = 1,
	.most = -1,
	.json = true,
	.quiet = true,
	.group = "make",
	.summary = "Signs packages",
	.options = options,
	.text = "A package keeps the signatures of other keys; one of this key is replaced.\n",
	.run = run,
};
