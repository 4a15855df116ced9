// SPDX-License-Identifier: GPL-2.0-only
/* Key records: made, kept in files, taken from what OpenSSL writes; refused. */
#include <errno.h>
#include <endian.h>
#include <sys/stat.h>
#include <unistd.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <rvf/key.h>
#include "entries.h"
#include "files.h"
#include "tap.h"

static struct rvf_key_record good;

/* Runs openssl in the test's directory. */
static bool openssl(const char *arguments)
{
	char line[1024];

	snprintf(line, sizeof(line), "cd %s && openssl %s 2> openssl.log", test_path(""),
		 arguments);
	return system(line) == 0;
}

static void expect_file(const char *name, int wanted, const char *slug, const char *what)
{
	struct rvf_key_record record;
	struct rvf_error e = { 0 };
	int err = rvf_key_record_load(&record, test_path(name), &e);

	if (!tap_ok(err == wanted && e.err == -wanted && !strcmp(e.slug, slug), "refused: %s",
		    what))
		printf("# errno %d, %s: %s; %s\n", -err, e.slug, e.what, e.why);
}

static bool same_key(const struct rvf_key_record *a, const struct rvf_key_record *b)
{
	__u8 id[2][RVF_KEY_ID_LEN];

	rvf_key_id(a, id[0]);
	rvf_key_id(b, id[1]);
	return !memcmp(id[0], id[1], RVF_KEY_ID_LEN);
}

static bool mode_is(const char *name, mode_t mode)
{
	struct stat st;

	return !stat(test_path(name), &st) && (st.st_mode & 07777) == mode;
}

static void test_generate(void)
{
	static const char *const prefixes[] = { "/agents", "/demo/one" };
	const struct rvf_key_options options = {
		.label = "host test",
		.not_before = 1000,
		.not_after = 4000000000,
		.usage = RVF_KEY_MOUNT,
		.prefixes = prefixes,
		.n_prefixes = 2,
	};
	struct rvf_key_record again;
	struct rvf_error e = { 0 };
	size_t length;
	char *text;

	tap_need(!rvf_key_generate(test_path("a.key"), test_path("a.pub"), &options, &good, &e),
		 e.what);
	tap_ok(mode_is("a.key", 0600) && mode_is("a.pub", 0644), "a pair of files");
	text = (char *)read_whole(test_path("a.key"), &length);
	tap_ok(!strncmp(text, "-----BEGIN PRIVATE KEY-----", 27), "the private one is PKCS #8");
	free(text);
	tap_ok(!memcmp(good.magic, "RVFKEY1", 8) && le16toh(good.algorithm) == RVF_ALG_RSA4096 &&
		       le16toh(good.usage) == RVF_KEY_MOUNT && le32toh(good.key_len) == 512 &&
		       le64toh(good.not_before) == 1000 && le64toh(good.not_after) == 4000000000,
	       "the record says what was asked for");
	tap_ok(!strcmp(good.label, "host test") && !strcmp(good.prefixes[0], "/agents") &&
		       !strcmp(good.prefixes[1], "/demo/one") && !good.prefixes[2][0],
	       "... and label and names");
	tap_ok(!rvf_key_record_load(&again, test_path("a.pub"), &e) &&
		       !memcmp(&again, &good, sizeof(good)),
	       "what is loaded is what was saved");
	tap_equal(rvf_key_generate(test_path("a.key"), test_path("b.pub"), &options, NULL, &e),
		  -EEXIST, "a private key is never overwritten");
	tap_equal(rvf_key_generate(test_path("b.key"), test_path("a.pub"), &options, NULL, &e),
		  -EEXIST, "nor a public one");
	tap_ok(access(test_path("b.key"), F_OK) && access(test_path("b.pub"), F_OK),
	       "and nothing is left half made");
	tap_equal(rvf_key_record_save(&good, test_path("a.pub"), &e), -EEXIST,
		  "saving does not overwrite");
	tap_equal(rvf_key_record_save(&good, test_path("no/such"), &e), -ENOENT, "no directory");
}

static void test_id(void)
{
	__u8 bytes[2 + 512] = { 1, 0 }, digest[32], id[RVF_KEY_ID_LEN];
	char text[RVF_FINGERPRINT_LEN], wanted[RVF_FINGERPRINT_LEN];

	memcpy(bytes + 2, good.key, 512);
	EVP_Digest(bytes, sizeof(bytes), digest, NULL, EVP_sha256(), NULL);
	rvf_key_id(&good, id);
	tap_ok(!memcmp(id, digest, 32), "the id is the SHA-256 of algorithm and modulus");
	snprintf(wanted, sizeof(wanted), "%02x%02x-%02x%02x-%02x%02x-%02x%02x", id[0], id[1], id[2],
		 id[3], id[4], id[5], id[6], id[7]);
	tap_ok(!strcmp(rvf_fingerprint(id, text), wanted), "the fingerprint %s", text);
}

#define K(name) offsetof(struct rvf_key_record, name), sizeof(((struct rvf_key_record *)0)->name)
#define TOP	(1ull << 63)

static void test_fields(void)
{
	static const struct {
		const char *name;
		size_t offset, size;
		__u64 value;
		int err;
		__u32 reason;
	} cases[] = {
		{ "another magic", K(magic), 0x32594d4b465652, EINVAL, RVF_REASON_KEY_RECORD },
		{ "algorithm 0", K(algorithm), 0, EOPNOTSUPP, RVF_REASON_KEY_ALGORITHM },
		{ "algorithm 2", K(algorithm), 2, EOPNOTSUPP, RVF_REASON_KEY_ALGORITHM },
		{ "no usage", K(usage), 0, EINVAL, RVF_REASON_KEY_RECORD },
		{ "another usage", K(usage), 5, EOPNOTSUPP, RVF_REASON_KEY_RECORD },
		{ "a developer's usage alone", K(usage), 2, EINVAL, RVF_REASON_KEY_RECORD },
		{ "a length of 0", K(key_len), 0, EINVAL, RVF_REASON_KEY_RECORD },
		{ "a length of 511", K(key_len), 511, EINVAL, RVF_REASON_KEY_RECORD },
		{ "a length of 513", K(key_len), 513, EINVAL, RVF_REASON_KEY_RECORD },
		{ "a length without end", K(key_len), ~0u, EINVAL, RVF_REASON_KEY_RECORD },
		{ "an end before the beginning", K(not_after), 999, EINVAL, RVF_REASON_KEY_RECORD },
		{ "a new line in the label", K(label), '\n', EINVAL, RVF_REASON_KEY_RECORD },
		{ "a letter beyond ASCII", K(label), 0xe4, EINVAL, RVF_REASON_KEY_RECORD },
		{ "a name without a slash", K(prefixes), 'a', EINVAL, RVF_REASON_KEY_RECORD },
		{ "all names: none", K(prefixes), 0, EINVAL, RVF_REASON_KEY_RECORD },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rvf_key_record record = good;
		struct rvf_error e = { 0 };
		int err;

		put_number((char *)&record + cases[i].offset, cases[i].size > 8 ? 8 : cases[i].size,
			   cases[i].value);
		err = rvf_key_record_check(&record, &e);
		if (!tap_ok(err == -cases[i].err && e.err == cases[i].err &&
				    e.reason == cases[i].reason &&
				    (e.reason != RVF_REASON_KEY_RECORD ||
				     e.index == cases[i].offset),
			    "refused: %s", cases[i].name))
			printf("# errno %d, reason %u of %u: %s\n", -err, e.reason, e.index,
			       e.what);
	}
	tap_equal(rvf_key_record_check(&good, NULL), 0, "allowed: as it was");
}

/* What lies behind the text, the names and the key must be zero. */
static void test_padding(void)
{
	struct rvf_key_record record = good;
	unsigned char *bytes = (unsigned char *)&record;
	unsigned int taken = 0, tried = 0;

	for (size_t at = offsetof(struct rvf_key_record, label); at < sizeof(record); at++) {
		if (bytes[at] || bytes[at - 1])
			continue;
		bytes[at] = 'x';
		taken += rvf_key_record_check(&record, NULL) != -EINVAL;
		bytes[at] = 0;
		tried++;
	}
	tap_ok(!taken && tried > 2000, "refused: any byte in what is padding (%u)", tried);

	memset(record.label, 'l', sizeof(record.label));
	tap_equal(rvf_key_record_check(&record, NULL), -EINVAL, "refused: a label without end");
	record.label[sizeof(record.label) - 1] = 0;
	tap_equal(rvf_key_record_check(&record, NULL), 0, "allowed: a label of 63");
	memset(record.prefixes[3], 'x', RVF_MAX_NAME);
	record.prefixes[3][0] = '/';
	tap_equal(rvf_key_record_check(&record, NULL), -EINVAL, "refused: a name without end");
	memset(record.prefixes[3], 0, RVF_MAX_NAME);
	strcpy(record.prefixes[3], "/x");
	tap_equal(rvf_key_record_check(&record, NULL), -EINVAL, "refused: names with a gap");
	strcpy(record.prefixes[2], "/x/y/z");
	tap_equal(rvf_key_record_check(&record, NULL), 0, "allowed: four names");
}

static void expect_weak(const BIGNUM *n, bool weak, const char *name)
{
	struct rvf_key_record record = good;
	struct rvf_error e = { 0 };
	int err;

	BN_bn2binpad(n, record.key, RVF_RSA4096_LEN);
	err = rvf_key_record_check(&record, &e);
	tap_ok(err == (weak ? -EKEYREJECTED : 0) &&
		       e.reason == (weak ? RVF_REASON_KEY_WEAK : RVF_REASON_NONE),
	       "%s: %s", weak ? "refused" : "allowed", name);
}

/* The largest multiple of @factor, but not of 2, below @n. */
static void make_multiple(BIGNUM *n, BN_ULONG factor)
{
	BN_sub_word(n, BN_mod_word(n, factor));
	if (!BN_is_odd(n))
		BN_sub_word(n, factor);
}

static void test_weak(void)
{
	static const BN_ULONG factors[] = { 3, 5, 257, 2039 };
	BIGNUM *n = BN_new();
	char name[32];

	/* 2^4096 - 2549 is the largest prime of 4096 bits */
	BN_set_bit(n, 4096);
	BN_sub_word(n, 2549);
	expect_weak(n, true, "a prime");
	for (size_t i = 0; i < sizeof(factors) / sizeof(factors[0]); i++) {
		BN_bin2bn(good.key, RVF_RSA4096_LEN, n);
		make_multiple(n, factors[i]);
		snprintf(name, sizeof(name), "a multiple of %lu", (unsigned long)factors[i]);
		expect_weak(n, true, name);
	}
	BN_bin2bn(good.key, RVF_RSA4096_LEN, n);
	BN_add_word(n, 1);
	expect_weak(n, true, "an even one");
	BN_bin2bn(good.key, RVF_RSA4096_LEN, n);
	BN_clear_bit(n, 4095);
	expect_weak(n, true, "4095 bits");
	BN_zero(n);
	expect_weak(n, true, "zero");
	BN_one(n);
	expect_weak(n, true, "one");
	BN_bin2bn(good.key, RVF_RSA4096_LEN, n);
	expect_weak(n, false, "the product of two primes");
	BN_free(n);
}

static int decode(const char *text, size_t length)
{
	struct rvf_key_record record;
	struct rvf_error e = { 0 };
	char *exact = malloc(length ? length : 1);
	int err;

	memcpy(exact, text, length);
	err = rvf_key_record_decode(&record, exact, length, &e);
	if (!err && memcmp(&record, &good, sizeof(good)))
		err = 1;
	free(exact);
	return err;
}

static void test_armour(void)
{
	size_t length, cut, taken = 0, changed = 0;
	char *text = (char *)read_whole(test_path("a.pub"), &length), *end;
	char more[16384];

	tap_equal(decode(text, length), 0, "an armoured record");
	for (cut = 0; cut + 30 < length; cut++)
		taken += !decode(text, cut);
	tap_equal(taken, 0, "refused: cut off anywhere");
	snprintf(more, sizeof(more), "Dear friend,\nhere it is:\n%.*s\nYours\n", (int)length, text);
	tap_equal(decode(more, strlen(more)), 0, "a record within a letter");
	snprintf(more, sizeof(more), "%.*s%.*s", (int)length, text, (int)length, text);
	tap_equal(decode(more, strlen(more)), 0, "two records: the first one");

	/* a changed character changes the record: never another one unseen */
	end = strstr(text, "-----END");
	for (char *at = strchr(text, '\n') + 1; at < end; at += 97) {
		char old = *at;

		if (old == '\n' || old == '=')
			continue;
		*at = old == 'A' ? 'B' : 'A';
		changed += !decode(text, length);
		*at = old;
	}
	tap_equal(changed, 0, "a changed character does not give the same record");
	free(text);
}

static void write_public(const char *name, const char *type, const BIGNUM *n, BN_ULONG exponent)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	FILE *file = fopen(test_path(name), "w");
	BIGNUM *e = BN_new();
	EVP_PKEY *pkey = NULL;
	OSSL_PARAM *params;

	BN_set_word(e, exponent);
	OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n);
	OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e);
	params = OSSL_PARAM_BLD_to_param(build);
	if (EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1 ||
	    PEM_write_PUBKEY(file, pkey) != 1)
		tap_need(false, "a public key");
	fclose(file);
	EVP_PKEY_free(pkey);
	OSSL_PARAM_free(params);
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_BLD_free(build);
	BN_free(e);
}

static void test_pem(void)
{
	struct rvf_key_record record;
	struct rvf_error e = { 0 };

	tap_need(openssl("pkey -in a.key -pubout -out release-7.pem") &&
			 openssl("rsa -in a.key -RSAPublicKey_out -out old.pem"),
		 "openssl");
	tap_ok(!rvf_key_record_load(&record, test_path("release-7.pem"), &e) &&
		       same_key(&record, &good),
	       "a public key in PEM");
	tap_ok(!strcmp(record.label, "release-7") && !record.not_before && !record.not_after &&
		       !record.prefixes[0][0] && le16toh(record.usage) == RVF_KEY_MOUNT,
	       "... is called like its file, and counts for ever and for all names");
	tap_ok(!rvf_key_record_load(&record, test_path("old.pem"), &e) && same_key(&record, &good),
	       "a public key as RSA has it");
}

static void test_certificate(void)
{
	struct rvf_key_record record;
	struct rvf_error e = { 0 };

	tap_need(openssl("req -new -x509 -key a.key -subj '/O=Somebody/CN=Demo Signer' -days 30"
			 " -out cert.pem") &&
			 openssl("req -new -x509 -key a.key -utf8 -subj '/CN=Z\xc3\xbcrich' -days 1"
				 " -out utf8.pem"),
		 "openssl req");
	tap_ok(!rvf_key_record_load(&record, test_path("cert.pem"), &e) && same_key(&record, &good),
	       "a certificate");
	tap_ok(!strcmp(record.label, "Demo Signer"), "... gives its common name: %s", record.label);
	tap_equal(le64toh(record.not_after) - le64toh(record.not_before), 30 * 86400,
		  "... and its time");
	tap_ok(!rvf_key_record_load(&record, test_path("utf8.pem"), &e) &&
		       !strcmp(record.label, "Z??rich"),
	       "letters beyond ASCII become question marks: %s", record.label);
}

static void test_refused(void)
{
	BIGNUM *n = BN_bin2bn(good.key, RVF_RSA4096_LEN, NULL);
	struct rvf_error e = { 0 };
	struct rvf_key_record record;

	write_public("e3.pem", "RSA", n, 3);
	write_public("pss.pem", "RSA-PSS", n, 65537);
	BN_rshift(n, n, 8);
	write_public("short.pem", "RSA", n, 65537);
	BN_bin2bn(good.key, RVF_RSA4096_LEN, n);
	BN_add_word(n, 1);
	write_public("even.pem", "RSA", n, 65537);
	BN_free(n);
	tap_need(openssl("genpkey -algorithm ed25519 -out ed.key") &&
			 openssl("pkey -in ed.key -pubout -out ed.pem"),
		 "openssl genpkey");

	expect_file("e3.pem", -EOPNOTSUPP, "bad-algorithm", "the exponent 3");
	expect_file("pss.pem", -EOPNOTSUPP, "bad-algorithm", "a key for RSA-PSS");
	expect_file("short.pem", -EOPNOTSUPP, "bad-algorithm", "RSA with 4088 bits");
	expect_file("ed.pem", -EOPNOTSUPP, "bad-algorithm", "Ed25519");
	expect_file("even.pem", -EKEYREJECTED, "weak-key", "an even modulus");
	expect_file("a.key", -EBADMSG, "bad-key", "a private key");
	expect_file("ed.key", -EBADMSG, "bad-key", "any private key");
	tap_ok(rvf_key_record_load(&record, test_path("a.key"), &e) && strstr(e.what, "private") &&
		       *e.hint,
	       "... with a word on where it belongs: %s", e.hint);

	test_file("empty", "", 0);
	test_file("text", "hello\n", 6);
	test_file("half", "-----BEGIN PUBLIC KEY-----\nMAA=\n-----END PUBLIC KEY-----\n", 58);
	expect_file("empty", -EBADMSG, "bad-key", "an empty file");
	expect_file("text", -EBADMSG, "bad-key", "any text");
	expect_file("half", -EBADMSG, "bad-key", "a public key that is none");
	expect_file("none", -ENOENT, "not-found", "no file");
	expect_file("", -EISDIR, "system", "a directory");
}

int main(void)
{
	tap_begin();
	test_generate();
	test_id();
	test_fields();
	test_padding();
	test_weak();
	test_armour();
	test_pem();
	test_certificate();
	test_refused();
	return tap_end();
}
