// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keys, key records and signature envelopes, by the text of rvf_format.h.
 */
#include <endian.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <time.h>

#include "util_key.h"

#define TEN_YEARS (10 * 365 * 86400ull)

static const struct {
	const char *file;
	const char *prefixes[2];
} keys[KEY_COUNT] = {
	[KEY_OWNER] = { "pem/owner.pem" },
	[KEY_DEMO] = { "pem/demo.pem", { "/demo", "/other/place" } },
	[KEY_BRIEF] = { "pem/brief.pem" },
	[KEY_EARLY] = { "pem/early.pem" },
	[KEY_STRANGER] = { "pem/stranger.pem" },
	[KEY_DEVELOPER] = { "pem/developer.pem" },
};

static EVP_PKEY *private_key(enum test_key key)
{
	static EVP_PKEY *known[KEY_COUNT];

	if (!known[key]) {
		const char *path = beside(keys[key].file);
		FILE *file = fopen(path, "re");

		if (!file)
			die("%s: %s", path, strerror(errno));
		known[key] = PEM_read_PrivateKey(file, NULL, NULL, NULL);
		if (!known[key])
			die("%s is no private key", path);
		fclose(file);
	}
	return known[key];
}

void sha256(const void *data, size_t length, uint8_t digest[RVF_DIGEST_LEN])
{
	if (EVP_Digest(data, length, digest, NULL, EVP_sha256(), NULL) != 1)
		die("SHA-256 failed");
}

void key_record_around(const uint8_t modulus[RVF_RSA4096_LEN], struct rvf_key_record *record)
{
	memset(record, 0, sizeof(*record));
	memcpy(record->magic, RVF_KEY_MAGIC, sizeof(record->magic));
	record->algorithm = htole16(RVF_ALG_RSA4096);
	record->usage = htole16(RVF_KEY_MOUNT);
	record->key_len = htole32(RVF_RSA4096_LEN);
	strcpy(record->label, "for tests");
	memcpy(record->key, modulus, RVF_RSA4096_LEN);
}

void key_record(enum test_key key, struct rvf_key_record *record)
{
	uint8_t modulus[RVF_RSA4096_LEN];
	BIGNUM *n = NULL;

	if (EVP_PKEY_get_bn_param(private_key(key), "n", &n) != 1 ||
	    BN_bn2binpad(n, modulus, sizeof(modulus)) != sizeof(modulus))
		die("%s is no RSA-4096 key", keys[key].file);
	BN_free(n);
	key_record_around(modulus, record);
	strcpy(record->label, keys[key].file);
	for (unsigned int i = 0; i < 2 && keys[key].prefixes[i]; i++)
		strcpy(record->prefixes[i], keys[key].prefixes[i]);
	if (key == KEY_DEVELOPER)
		record->usage |= htole16(RVF_KEY_DEVELOPER);
	if (key == KEY_EARLY)
		record->not_before = htole64(time(NULL) + TEN_YEARS);
	if (key == KEY_BRIEF)
		record->not_after = htole64(time(NULL) + 2);
}

void key_record_id(const struct rvf_key_record *record, uint8_t id[RVF_KEY_ID_LEN])
{
	uint8_t text[sizeof(record->algorithm) + RVF_KEY_PUBLIC_LEN];
	uint32_t length = le32toh(record->key_len);

	memcpy(text, &record->algorithm, sizeof(record->algorithm));
	memcpy(text + sizeof(record->algorithm), record->key, length);
	sha256(text, sizeof(record->algorithm) + length, id);
}

void key_id(enum test_key key, uint8_t id[RVF_KEY_ID_LEN])
{
	struct rvf_key_record record;

	key_record(key, &record);
	key_record_id(&record, id);
}

/* A factor of 2,048 bits that itself has no small ones: one more than their product's multiple */
static void fresh_factor(BIGNUM *factor)
{
	static BIGNUM *primorial;
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *rest = BN_new();

	if (!primorial) {
		primorial = BN_new();
		BN_one(primorial);
		for (BN_ULONG p = 2; p < 1300; p++) {
			bool prime = true;

			for (BN_ULONG d = 2; d * d <= p; d++)
				prime = prime && p % d;
			if (prime)
				BN_mul_word(primorial, p);
		}
	}
	if (BN_rand(factor, RVF_RSA4096_LEN * 4, BN_RAND_TOP_TWO, BN_RAND_BOTTOM_ANY) != 1)
		die("no random numbers");
	BN_mod(rest, factor, primorial, ctx);
	BN_sub(factor, factor, rest);
	BN_add_word(factor, 1);
	BN_free(rest);
	BN_CTX_free(ctx);
}

static bool has_small_factor(const BIGNUM *n)
{
	for (BN_ULONG d = 3; d < 4096; d += 2) {
		if (BN_mod_word(n, d) == 0)
			return true;
	}
	return false;
}

void key_fresh_modulus(uint8_t modulus[RVF_RSA4096_LEN])
{
	BIGNUM *p = BN_new(), *q = BN_new(), *n = BN_new();
	BN_CTX *ctx = BN_CTX_new();

	do {
		fresh_factor(p);
		fresh_factor(q);
		BN_mul(n, p, q, ctx);
	} while (has_small_factor(n));
	if (BN_bn2binpad(n, modulus, RVF_RSA4096_LEN) != RVF_RSA4096_LEN)
		die("this modulus is too large");
	BN_CTX_free(ctx);
	BN_free(p);
	BN_free(q);
	BN_free(n);
}

int key_add_full(int ctl, const struct rvf_key_record *record, struct rvf_key_add *add)
{
	*add = (struct rvf_key_add){ .size = sizeof(*add), .record = (uintptr_t)record };
	return rvf(ctl, RVF_KEY_ADD, add);
}

void key_trust(int ctl, enum test_key key)
{
	struct rvf_key_record record;
	struct rvf_key_add add;
	int result;

	key_record(key, &record);
	result = key_add_full(ctl, &record, &add);
	if (result && result != -EEXIST)
		die("KEY_ADD of %s: %s, reason %u", keys[key].file, strerror(-result),
		    add.out_reason);
}

void key_wait_expired(int ctl, enum test_key key)
{
	struct rvf_key_record record;
	struct rvf_key_list list = { .size = sizeof(list), .record = (uintptr_t)&record };
	uint8_t id[RVF_KEY_ID_LEN];

	key_id(key, id);
	for (;; list.index++) {
		must_rvf(rvf(ctl, RVF_KEY_LIST, &list));
		if (!memcmp(list.out_key_id, id, sizeof(id)))
			break;
	}
	while ((uint64_t)time(NULL) <= le64toh(record.not_after))
		sleep_ms(50);
}

void manifest_digest(const void *manifest, size_t length, uint8_t digest[RVF_DIGEST_LEN])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint64_t le_length = htole64(length);

	if (!ctx || EVP_DigestInit(ctx, EVP_sha256()) != 1 ||
	    EVP_DigestUpdate(ctx, RVF_SIGN_TAG, RVF_SIGN_TAG_LEN) != 1 ||
	    EVP_DigestUpdate(ctx, &le_length, sizeof(le_length)) != 1 ||
	    EVP_DigestUpdate(ctx, manifest, length) != 1 || EVP_DigestFinal(ctx, digest, NULL) != 1)
		die("SHA-256 failed");
	EVP_MD_CTX_free(ctx);
}

void sign_digest(enum test_key key, const uint8_t digest[RVF_DIGEST_LEN],
		 uint8_t signature[RVF_RSA4096_LEN])
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(private_key(key), NULL);
	size_t length = RVF_RSA4096_LEN;

	if (!ctx || EVP_PKEY_sign_init(ctx) != 1 ||
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) != 1 ||
	    EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) != 1 ||
	    EVP_PKEY_sign(ctx, signature, &length, digest, RVF_DIGEST_LEN) != 1 ||
	    length != RVF_RSA4096_LEN)
		die("signing failed");
	EVP_PKEY_CTX_free(ctx);
}

void envelope_start(struct envelope *envelope)
{
	memset(envelope, 0, sizeof(*envelope));
	envelope->length = sizeof(struct rvf_envelope);
}

void envelope_entry(struct envelope *envelope, uint16_t algorithm, const uint8_t id[RVF_KEY_ID_LEN],
		    const void *signature, uint32_t length)
{
	struct rvf_signature *entry = (void *)(envelope->data + envelope->length);

	entry->algorithm = htole16(algorithm);
	entry->length = htole32(length);
	memcpy(entry->key_id, id, RVF_KEY_ID_LEN);
	memcpy(entry + 1, signature, length);
	envelope->length += sizeof(*entry) + ((length + 7) & ~7u);
	envelope->count++;
}

void envelope_end(struct envelope *envelope)
{
	struct rvf_envelope *head = envelope_head(envelope);

	memcpy(head->magic, RVF_ENVELOPE_MAGIC, sizeof(head->magic));
	head->version = htole16(1);
	head->count = htole16(envelope->count);
	head->length = htole32(envelope->length);
}
