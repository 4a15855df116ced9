// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signing and verifying: what is signed, by OpenSSL's word; what stays as it
 * was; and that no changed byte of what is signed goes unseen.
 */
#include <errno.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <rvf/key.h>
#include <rvf/package.h>
#include "container.h"
#include "entries.h"
#include "files.h"
#include "fixture.h"
#include "tap.h"

#define HEAD sizeof(struct container_header)

static struct rvf_key_record first, second;

static bool run(const char *command)
{
	char line[1024];

	snprintf(line, sizeof(line), "cd %s && %s > command.log 2>&1", test_path(""), command);
	return system(line) == 0;
}

static struct rvf_package *load(const char *name)
{
	struct rvf_error e = { 0 };
	struct rvf_package *package;

	if (rvf_package_load(&package, *name == '/' ? name : test_path(name), &e))
		tap_need(false, e.what);
	return package;
}

static int sign(const char *name, const char *key, const char *out, struct rvf_error *e)
{
	struct rvf_package *package = load(name);
	int err;

	memset(e, 0, sizeof(*e));
	err = rvf_sign(package, test_path(key), test_path(out), NULL, e);
	rvf_package_free(package);
	return err;
}

static int verify(const char *name, const struct rvf_key_record *record, const char *mount,
		  struct rvf_error *e)
{
	struct rvf_package *package = load(name);
	int err;

	memset(e, 0, sizeof(*e));
	err = rvf_verify_offline(package, record, mount, e);
	rvf_package_free(package);
	return err;
}

static void expect(const char *name, const struct rvf_key_record *record, const char *mount,
		   int wanted, const char *slug, const char *what)
{
	struct rvf_error e;
	int err = verify(name, record, mount, &e);

	if (!tap_ok(err == wanted && e.err == -wanted && !strcmp(e.slug, slug), "%s: %s",
		    wanted ? "refused" : "verified", what))
		printf("# errno %d, %s: %s; %s\n", -err, e.slug, e.what, e.why);
}

static int signatures(const char *name, struct rvf_signature_view *views)
{
	struct rvf_package *package = load(name);
	int count = 0;

	if (package->envelope)
		count = rvf_envelope_read(package->envelope, package->envelope_length, views);
	rvf_package_free(package);
	return count;
}

static void make_keys(void)
{
	const struct rvf_key_options options = { .label = "first", .usage = RVF_KEY_MOUNT };
	struct rvf_error e = { 0 };

	tap_need(!rvf_key_generate(test_path("1.key"), test_path("1.pub"), &options, &first, &e) &&
			 !rvf_key_generate(test_path("2.key"), test_path("2.pub"), &options,
					   &second, &e),
		 e.what);
}

static void test_round_trip(void)
{
	struct rvf_signature_view views[RVF_MAX_SIGNATURES];
	struct rvf_error e;
	struct stat st;

	expect("p.rvf", &first, NULL, -ENODATA, "unsigned", "what is not signed");
	chmod(test_path("p.rvf"), 0640);
	tap_equal(sign("p.rvf", "1.key", "p.rvf", &e), 0, "a package is signed");
	tap_ok(!stat(test_path("p.rvf"), &st) && (st.st_mode & 07777) == 0640,
	       "... and keeps its permissions");
	tap_equal(signatures("p.rvf", views), 1, "... with one signature");
	expect("p.rvf", &first, NULL, 0, "", "by the key that signed");
	expect("p.rvf", &second, NULL, -ENOKEY, "unknown-key", "by another key");

	tap_need(run("cp p.rvf once.rvf"), "cp");
	tap_equal(sign("p.rvf", "1.key", "p.rvf", &e), 0, "signed again by the same key");
	tap_equal(signatures("p.rvf", views), 1, "... it has one signature still");
	tap_ok(run("cmp p.rvf once.rvf"), "... and is the same to the byte");
	tap_equal(sign("p.rvf", "2.key", "both.rvf", &e), 0, "signed by another one too");
	tap_equal(signatures("both.rvf", views), 2, "... it has two");
	tap_equal(signatures("p.rvf", views), 1, "... and the one it came from has not");
	expect("both.rvf", &first, NULL, 0, "", "by the first of them");
	expect("both.rvf", &second, NULL, 0, "", "by the second of them");
}

/* The files' segments are the same, but for envelope and directory. */
static void test_kept(void)
{
	size_t before_length, after_length, end;
	unsigned char *before, *after;
	struct rvf_package *package;

	before = read_whole(test_path("unsigned.rvf"), &before_length);
	after = read_whole(test_path("p.rvf"), &after_length);
	package = load("p.rvf");
	end = package->crypto->header;
	tap_ok(end < before_length && !memcmp(before, after, end),
	       "all before the envelope is as it was, byte for byte");
	tap_ok(package->crypto->id == 7 &&
		       rvf_file_segment(package->file, rvf_file_count(package->file) - 1)->id == 8,
	       "the envelope and the directory have the next ids");
	tap_ok(rvf_file_checksum_ok(package->file, package->crypto), "and a checksum");
	rvf_package_free(package);
	free(before);
	free(after);
}

/* What is signed, put together once more, for openssl dgst. */
static void test_openssl(void)
{
	struct rvf_package *package = load("p.rvf");
	struct rvf_signature_view views[RVF_MAX_SIGNATURES];
	size_t length = 24 + package->manifest_length, made_length;
	unsigned char *text = malloc(length), *made;

	memcpy(text, "rvf-manifest-v1\0", 16);
	put_number(text + 16, 8, package->manifest_length);
	memcpy(text + 24, package->manifest_data, package->manifest_length);
	test_file("text", text, length);
	tap_need(rvf_envelope_read(package->envelope, package->envelope_length, views) == 1,
		 "the envelope");
	test_file("signature", views[0].data, views[0].length);
	tap_need(run("openssl pkey -in 1.key -pubout -out 1.pem"), "openssl pkey");
	tap_ok(run("openssl dgst -sha256 -verify 1.pem -signature signature text"),
	       "openssl dgst verifies our signature");
	tap_need(run("openssl dgst -sha256 -sign 1.key -out made text"), "openssl dgst");
	made = read_whole(test_path("made"), &made_length);
	tap_ok(made_length == views[0].length && !memcmp(made, views[0].data, made_length),
	       "and makes the same one");
	text[24] ^= 1;
	test_file("text", text, length);
	tap_ok(!run("openssl dgst -sha256 -verify 1.pem -signature signature text"),
	       "but not over another text");
	free(made);
	free(text);
	rvf_package_free(package);
}

/* Where a flipped bit may go unseen: what is not signed, and decides nothing. */
static bool may_change(const struct rvf_package *package, size_t at)
{
	for (size_t i = 0; i < rvf_file_count(package->file); i++) {
		const struct rvf_file_segment *s = rvf_file_segment(package->file, i);
		size_t in = at - s->header;

		if (at < s->header || at >= s->offset + s->length)
			continue;
		if (s->type == RVF_SEG_DIRECTORY)
			return true;
		/* time, kind of checksum, checksum, sizes for what is not compressed */
		if ((in >= 24 && in <= 32) || (in >= 40 && in < HEAD))
			return true;
		return in >= 8 && in < 16 && (s == package->meta || s == package->crypto);
	}
	return false;
}

static void test_every_byte(void)
{
	struct rvf_package *package = load("p.rvf"), *changed;
	unsigned int unseen = 0, seen = 0, allowed = 0;
	struct memory_file file;
	struct rvf_error e;
	size_t length;
	unsigned char *data = read_whole(test_path("p.rvf"), &length);

	memory_file_open(&file);
	for (size_t at = 0; at < length; at++) {
		int err;

		memset(&e, 0, sizeof(e));
		data[at] ^= 1 << at % 8;
		memory_file_set(&file, data, length);
		err = rvf_package_load(&changed, file.path, &e);
		if (!err) {
			err = rvf_verify_offline(changed, &first, NULL, &e);
			rvf_package_free(changed);
		}
		data[at] ^= 1 << at % 8;
		if (err) {
			seen++;
		} else if (may_change(package, at)) {
			allowed++;
		} else {
			unseen++;
			printf("# byte %zu\n", at);
		}
	}
	tap_ok(!unseen && seen > 2000, "a flipped bit in any byte is seen: %u, %u do not matter",
	       seen, allowed);
	memory_file_close(&file);
	rvf_package_free(package);
	free(data);
}

static void test_key_rules(void)
{
	struct rvf_key_record record = first;

	record.not_before = htole64(time(NULL) + 3600);
	expect("p.rvf", &record, NULL, -EKEYEXPIRED, "key-not-yet", "a key of tomorrow");
	record.not_before = htole64(time(NULL) - 10);
	record.not_after = htole64(time(NULL) + 3600);
	expect("p.rvf", &record, NULL, 0, "", "a key of today");
	record.not_after = htole64(time(NULL) - 5);
	expect("p.rvf", &record, NULL, -EKEYEXPIRED, "key-expired", "a key of yesterday");
	record = first;
	record.usage = 0;
	expect("p.rvf", &record, NULL, -EACCES, "key-usage", "a key for something else");
}

static void test_names(void)
{
	static const struct {
		const char *prefix, *name;
		bool allowed;
	} cases[] = {
		{ "/agents", "/agents", true },
		{ "/agents", "/agents/demo", true },
		{ "/agents", "/agents/demo/x", true },
		{ "/agents", "/agents2", false },
		{ "/agents", "/agent", false },
		{ "/agents", "/other/agents", false },
		{ "/agents/demo", "/agents", false },
		{ "/fixture", NULL, true },
		{ "/other", NULL, false },
		{ "/fix", NULL, false },
	};
	struct rvf_key_record record = first;
	char what[64];

	expect("p.rvf", &record, "/any/name", 0, "", "a key without names signs for all");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memset(record.prefixes, 0, sizeof(record.prefixes));
		strcpy(record.prefixes[0], "/another/one");
		strcpy(record.prefixes[1], cases[i].prefix);
		snprintf(what, sizeof(what), "a key for %s signs for %s", cases[i].prefix,
			 cases[i].name ? cases[i].name : "no name");
		expect("p.rvf", &record, cases[i].name, cases[i].allowed ? 0 : -EACCES,
		       cases[i].allowed ? "" : "key-mount", what);
	}
	expect("p.rvf", &first, "agents", -EINVAL, "bad-name", "a name without a slash");
	expect("p.rvf", &first, "", -EINVAL, "bad-name", "an empty name");
}

static void replace(const char *name, const struct rvf_signature_view *views, size_t count)
{
	struct rvf_package *package = load("unsigned.rvf");
	struct rvf_error e = { 0 };
	size_t length;
	void *envelope = rvf_envelope_build(views, count, &length);

	tap_need(!rvf_package_replace_envelope(package, test_path(name), envelope, length, &e),
		 e.what);
	free(envelope);
	rvf_package_free(package);
}

static void test_envelopes(void)
{
	static const __u8 bytes[RVF_RSA4096_LEN] = { 1 };
	struct rvf_signature_view views[RVF_MAX_SIGNATURES], read[RVF_MAX_SIGNATURES];
	struct rvf_error e;

	for (int i = 0; i < RVF_MAX_SIGNATURES; i++) {
		views[i] = (struct rvf_signature_view){
			.algorithm = RVF_ALG_RSA4096,
			.data = bytes,
			.length = i ? sizeof(bytes) : 1,
		};
		memset(views[i].key_id, i + 1, RVF_KEY_ID_LEN);
	}
	replace("none.rvf", views, 0);
	expect("none.rvf", &first, NULL, -ENODATA, "unsigned", "an envelope without signatures");
	replace("eight.rvf", views, 8);
	tap_equal(signatures("eight.rvf", read), 8, "eight signatures");
	tap_equal(sign("eight.rvf", "1.key", "eight.rvf", &e), -EDQUOT, "and no ninth one");
	replace("seven.rvf", views, 7);
	tap_equal(sign("seven.rvf", "1.key", "seven.rvf", &e), 0, "but an eighth one");
	expect("seven.rvf", &first, NULL, 0, "", "by the eighth of eight signatures");
	tap_equal(sign("seven.rvf", "1.key", "seven.rvf", &e), 0, "which can be replaced");

	rvf_key_id(&first, views[0].key_id);
	replace("false.rvf", views, 1);
	expect("false.rvf", &first, NULL, -EKEYREJECTED, "bad-signature",
	       "a signature of one byte");
	views[0].length = sizeof(bytes);
	replace("false.rvf", views, 1);
	expect("false.rvf", &first, NULL, -EKEYREJECTED, "bad-signature", "the signature 1");
	views[0].algorithm = 2;
	replace("false.rvf", views, 1);
	expect("false.rvf", &first, NULL, -EKEYREJECTED, "bad-signature", "another algorithm");
	tap_equal(sign("false.rvf", "1.key", "false.rvf", &e), 0, "a false one is mended");
	expect("false.rvf", &first, NULL, 0, "", "by signing again");
}

static void test_not_signed(void)
{
	size_t length, after_length;
	unsigned char *data = read_whole(test_path("unsigned.rvf"), &length), *after;
	struct rvf_package *package = load("unsigned.rvf");
	size_t at = package->offsets[0];
	struct rvf_error e;

	rvf_package_free(package);
	data[at] ^= 1;
	test_file("changed.rvf", data, length);
	tap_ok(sign("changed.rvf", "1.key", "changed.rvf", &e) == -EILSEQ &&
		       !strcmp(e.slug, "bad-digest"),
	       "no signature for a changed segment: %s", e.what);
	after = read_whole(test_path("changed.rvf"), &after_length);
	tap_ok(after_length == length && !memcmp(after, data, length), "... and nothing changes");
	free(after);
	data[at] ^= 1;
	data[HEAD + 4] = 9;
	test_file("changed.rvf", data, length);
	tap_ok(sign("changed.rvf", "1.key", "changed.rvf", &e) == -EOPNOTSUPP &&
		       !strcmp(e.slug, "bad-manifest"),
	       "nor for a manifest that no kernel takes: %s", e.what);
	free(data);
}

static void test_private_keys(void)
{
	static const char *const names[] = { "1.pub", "1.pem", "none", "junk" };
	struct rvf_error e;

	test_file("junk", "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n", 60);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		tap_ok(sign("unsigned.rvf", names[i], "x.rvf", &e) < 0 && *e.what &&
			       access(test_path("x.rvf"), F_OK),
		       "no signature with %s: %s", names[i], e.what);

	tap_need(run("openssl genrsa -out short.key 2048") &&
			 run("openssl genpkey -algorithm ed25519 -out ed.key"),
		 "openssl");
	tap_equal(sign("unsigned.rvf", "short.key", "x.rvf", &e), -EOPNOTSUPP, "nor 2048 bits");
	tap_equal(sign("unsigned.rvf", "ed.key", "x.rvf", &e), -EOPNOTSUPP, "nor with Ed25519");

	tap_need(run("openssl pkcs8 -topk8 -v2 aes256 -in 1.key -passout pass:open -out safe.key"),
		 "openssl pkcs8");
	setenv("RVF_PASSPHRASE_FILE", test_file("wrong", "sesame\n", 7), 1);
	tap_ok(sign("unsigned.rvf", "safe.key", "x.rvf", &e) == -EACCES &&
		       !strcmp(e.slug, "passphrase"),
	       "nor with a wrong passphrase: %s", e.what);
	setenv("RVF_PASSPHRASE_FILE", test_path("nowhere"), 1);
	tap_equal(sign("unsigned.rvf", "safe.key", "x.rvf", &e), -EACCES, "nor without any");
	setenv("RVF_PASSPHRASE_FILE", test_file("right", "open\nsecond line\n", 17), 1);
	tap_equal(sign("unsigned.rvf", "safe.key", "x.rvf", &e), 0, "but with the right one");
	unsetenv("RVF_PASSPHRASE_FILE");
	expect("x.rvf", &first, NULL, 0, "", "what a key with a passphrase signed");
}

/* A package that a vector database was put into, and one in a read-only place. */
static void test_other_tools(void)
{
	static const unsigned char vectors[] = { 4, 0, 1, 0, 0, 0 };
	unsigned char directory[22 + 4 + 8 + 4 + 68] = { 7, 0, 0, 0, 4, 0, 3, [18] = 2 };
	struct container_header h = { .magic = htole32(RVF_CONTAINER_MAGIC), .version = 1 };
	const struct rvf_file_segment *s;
	struct rvf_package *package;
	unsigned char *data, *file;
	struct rvf_error e = { 0 };
	size_t length, at = 0;

	/* head: epoch 7, dimension 4, 3 vectors, no entries; a deletion; an identity */
	put_number(directory + 22, 4, 1);
	put_number(directory + 26, 8, 0x1122334455667788);
	put_number(directory + 34, 4, 0x46494449);
	memset(directory + 38, 'I', 68);
	file = read_whole(test_path("p.rvf"), &length);
	data = calloc(1, length + 1024);
	memcpy(data, file, length);
	at = length;
	h.type = 0x01;
	h.id = htole64(50);
	h.length = htole64(sizeof(vectors));
	h.timestamp = htole64(12345);
	memcpy(data + at, &h, sizeof(h));
	memcpy(data + at + HEAD, vectors, sizeof(vectors));
	at += HEAD + sizeof(vectors);
	h.type = RVF_SEG_DIRECTORY;
	h.id = htole64(51);
	h.length = htole64(sizeof(directory));
	memcpy(data + at, &h, sizeof(h));
	memcpy(data + at + HEAD, directory, sizeof(directory));
	at += HEAD + sizeof(directory);
	test_file("vectors.rvf", data, at);
	free(data);
	free(file);

	expect("vectors.rvf", &first, NULL, 0, "", "with vectors behind the envelope");
	tap_equal(sign("vectors.rvf", "2.key", "vectors.rvf", &e), 0, "it is signed again");
	expect("vectors.rvf", &second, NULL, 0, "", "by the new key");
	package = load("vectors.rvf");
	s = rvf_file_segment(package->file, rvf_file_count(package->file) - 1);
	tap_need(!rvf_file_read(package->file, s, (void **)&data, &e), e.what);
	tap_ok(s->type == RVF_SEG_DIRECTORY && data[0] == 7 && data[4] == 4 && data[6] == 3 &&
		       data[14] == 8 && data[18] == 2,
	       "the directory's head is kept");
	tap_ok(s->length == sizeof(directory) + 8 * 25 &&
		       !memcmp(data + 22 + 8 * 25, directory + 22, sizeof(directory) - 22),
	       "deletions and identity are kept");
	free(data);
	s = rvf_file_segment(package->file, rvf_file_count(package->file) - 3);
	file = read_whole(test_path("vectors.rvf"), &length);
	tap_ok(s->type == 1 && s->id == 50 && file[s->header + 24] == 0x39 &&
		       !memcmp(file + s->offset, vectors, sizeof(vectors)),
	       "the vectors are kept, with their header");
	free(file);
	rvf_package_free(package);
	tap_ok(sign("p.rvf", "1.key", "no/such", &e) == -ENOENT, "no directory to write to");
}

int main(void)
{
	struct rvf_builder *b = fixture_builder();
	struct rvf_error e = { 0 };

	tap_begin();
	make_keys();
	tap_need(!rvf_builder_write(b, test_path("p.rvf"), &e) &&
			 !rvf_builder_write(b, test_path("unsigned.rvf"), &e),
		 e.what);
	rvf_builder_free(b);
	test_round_trip();
	test_kept();
	test_openssl();
	test_every_byte();
	test_key_rules();
	test_names();
	test_envelopes();
	test_not_signed();
	test_private_keys();
	test_other_tools();
	return tap_end();
}
