// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Key records: what RVF_KEY_ADD checks, checked here in the same order, so that
 * a record which the kernel would refuse is never made.
 */
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <rvf/key.h>
#include <rvf/manifest.h>

/* As in the module: more factors would only cost time. */
#define SMALL_FACTORS 2048

#define BAD_FIELD(e, field)                                     \
	rvf_error_from_kernel(e, EINVAL, RVF_REASON_KEY_RECORD, \
			      offsetof(struct rvf_key_record, field))

static bool is_zero(const void *data, size_t len)
{
	const __u8 *byte = data;

	while (len--) {
		if (*byte++)
			return false;
	}
	return true;
}

/* NUL-terminated within its room and NUL-padded to the end of it. */
static bool is_padded(const char *s, size_t room, size_t *len)
{
	*len = strnlen(s, room);
	return *len < room && is_zero(s + *len, room - *len);
}

static int check_text(const struct rvf_key_record *record, struct rvf_error *e)
{
	bool ended = false;
	size_t len, i;

	if (!is_padded(record->label, sizeof(record->label), &len))
		return BAD_FIELD(e, label);
	for (i = 0; i < len; i++) {
		if (record->label[i] < ' ' || record->label[i] > '~')
			return BAD_FIELD(e, label);
	}
	for (i = 0; i < RVF_KEY_PREFIXES; i++) {
		if (!is_padded(record->prefixes[i], RVF_MAX_NAME, &len))
			return BAD_FIELD(e, prefixes);
		if (!len) {
			ended = true;
			continue;
		}
		if (ended || !rvf_mount_name_ok(record->prefixes[i], len))
			return BAD_FIELD(e, prefixes);
	}
	return 0;
}

/*
 * Is it prime, by Fermat's test to base 2? A composite that passes the test is
 * refused too, which is as well. 1: weak, 0: not, or -ENOMEM.
 */
static int looks_prime(const __u8 *n, size_t len)
{
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *modulus = BN_bin2bn(n, len, NULL);
	BIGNUM *exponent = BN_bin2bn(n, len, NULL);
	BIGNUM *base = BN_new(), *result = BN_new();
	int weak = -ENOMEM;

	if (ctx && modulus && exponent && base && result && BN_set_word(base, 2) &&
	    BN_sub_word(exponent, 1) && BN_mod_exp(result, base, exponent, modulus, ctx))
		weak = BN_is_one(result);
	BN_free(result);
	BN_free(base);
	BN_free(exponent);
	BN_free(modulus);
	BN_CTX_free(ctx);
	return weak;
}

/* A modulus of which anyone could compute the private key. */
static int is_weak(const __u8 *n, size_t len)
{
	__u32 divisor, rest;
	size_t i;

	if (!(n[0] & 0x80) || !(n[len - 1] & 1))
		return 1;
	for (divisor = 3; divisor < SMALL_FACTORS; divisor += 2) {
		for (rest = 0, i = 0; i < len; i++)
			rest = ((rest << 8) | n[i]) % divisor;
		if (!rest)
			return 1;
	}
	return looks_prime(n, len);
}

int rvf_key_record_check(const struct rvf_key_record *record, struct rvf_error *e)
{
	__u32 key_len = le32toh(record->key_len);
	__u64 not_after = le64toh(record->not_after);
	__u16 usage = le16toh(record->usage);
	int err;

	if (memcmp(record->magic, RVF_KEY_MAGIC, sizeof(record->magic)))
		return BAD_FIELD(e, magic);
	if (le16toh(record->algorithm) != RVF_ALG_RSA4096)
		return rvf_error_from_kernel(e, EOPNOTSUPP, RVF_REASON_KEY_ALGORITHM, 0);
	if (!usage)
		return BAD_FIELD(e, usage);
	if (usage & ~(RVF_KEY_MOUNT | RVF_KEY_DEVELOPER))
		return rvf_error_from_kernel(e, EOPNOTSUPP, RVF_REASON_KEY_RECORD,
					     offsetof(struct rvf_key_record, usage));
	if (!(usage & RVF_KEY_MOUNT))
		return BAD_FIELD(e, usage);
	if (key_len != RVF_RSA4096_LEN)
		return BAD_FIELD(e, key_len);
	if (not_after && not_after < le64toh(record->not_before))
		return BAD_FIELD(e, not_after);
	err = check_text(record, e);
	if (err)
		return err;
	if (!is_zero(record->key + key_len, sizeof(record->key) - key_len))
		return BAD_FIELD(e, key);
	err = is_weak(record->key, key_len);
	if (err < 0)
		return rvf_error_system(e, -err, "the key could not be checked");
	if (err)
		return rvf_error_from_kernel(e, EKEYREJECTED, RVF_REASON_KEY_WEAK, 0);
	return 0;
}

void rvf_key_id(const struct rvf_key_record *record, __u8 id[RVF_KEY_ID_LEN])
{
	__u8 bytes[sizeof(record->algorithm) + RVF_KEY_PUBLIC_LEN];
	size_t len = le32toh(record->key_len);

	if (len > RVF_KEY_PUBLIC_LEN)
		len = RVF_KEY_PUBLIC_LEN;
	memcpy(bytes, &record->algorithm, sizeof(record->algorithm));
	memcpy(bytes + sizeof(record->algorithm), record->key, len);
	if (!EVP_Digest(bytes, sizeof(record->algorithm) + len, id, NULL, EVP_sha256(), NULL))
		memset(id, 0, RVF_KEY_ID_LEN); /* the id of no key */
}

const char *rvf_fingerprint(const __u8 id[RVF_KEY_ID_LEN], char out[RVF_FINGERPRINT_LEN])
{
	snprintf(out, RVF_FINGERPRINT_LEN, "%02x%02x-%02x%02x-%02x%02x-%02x%02x", id[0], id[1],
		 id[2], id[3], id[4], id[5], id[6], id[7]);
	return out;
}
