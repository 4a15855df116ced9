// SPDX-License-Identifier: GPL-2.0-only
/* Writes what the fuzzers begin with: DIRECTORY/FUZZER/SEED. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <openssl/pem.h>
#include <rvf/key.h>
#include <rvf/package.h>
#include "files.h"
#include "fixture.h"

static const char *directory;

static void seed(const char *fuzzer, const char *name, const void *data, size_t length)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, fuzzer);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/%s/%s", directory, fuzzer, name);
	file = fopen(path, "w");
	if (!file || fwrite(data, 1, length, file) != length || fclose(file)) {
		perror(path);
		exit(1);
	}
}

static void seed_file(const char *fuzzer, const char *name, const char *path)
{
	size_t length;
	void *data = read_whole(path, &length);

	seed(fuzzer, name, data, length);
	free(data);
}

static void seed_packages(void)
{
	struct rvf_builder *b = fixture_builder(), *empty = empty_builder();
	struct rvf_error e = { 0 };

	if (rvf_builder_write(b, test_path("full.rvf"), &e) ||
	    rvf_builder_write(empty, test_path("empty.rvf"), &e)) {
		fprintf(stderr, "%s %s\n", e.what, e.why);
		exit(1);
	}
	seed_file("container", "full", test_path("full.rvf"));
	seed_file("container", "empty", test_path("empty.rvf"));
	rvf_builder_free(b);
	rvf_builder_free(empty);
}

static void seed_manifests(void)
{
	struct rvf_builder *empty = empty_builder();
	size_t length;
	void *data = fixture_manifest(&length);

	seed("manifest", "full", data, length);
	free(data);
	if (!rvf_builder_manifest(empty, &data, &length, NULL)) {
		seed("manifest", "empty", data, length);
		free(data);
	}
	rvf_builder_free(empty);
}

static void seed_envelopes(void)
{
	static const __u8 bytes[RVF_RSA4096_LEN] = { 1 };
	struct rvf_signature_view views[2] = {
		{ .algorithm = RVF_ALG_RSA4096, .data = bytes, .length = sizeof(bytes) },
		{ .algorithm = 9, .data = bytes, .length = 13 },
	};

	for (size_t count = 0; count <= 2; count++) {
		size_t length;
		void *data = rvf_envelope_build(views, count, &length);
		char name[] = { '0' + count, 0 };

		seed("envelope", name, data, length);
		free(data);
	}
}

/*
 * A modulus without its top bit, so that what is mutated is not tested for
 * being prime each time, which takes long.
 */
static void seed_keys(void)
{
	struct rvf_key_record record = {
		.magic = RVF_KEY_MAGIC,
		.algorithm = htole16(RVF_ALG_RSA4096),
		.usage = htole16(RVF_KEY_MOUNT),
		.key_len = htole32(RVF_RSA4096_LEN),
		.label = "seed",
		.prefixes = { "/seed", "/other" },
		.key = { 0x40 },
	};
	static const char empty[] = "-----BEGIN PUBLIC KEY-----\nMAA=\n-----END PUBLIC KEY-----\n";
	FILE *file = fopen(test_path("record"), "w");

	PEM_write(file, "RVF KEY RECORD", "", (void *)&record, sizeof(record));
	fclose(file);
	seed_file("key", "record", test_path("record"));
	seed("key", "public", empty, strlen(empty));
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	directory = argv[1];
	seed_packages();
	seed_manifests();
	seed_envelopes();
	seed_keys();
	return 0;
}
