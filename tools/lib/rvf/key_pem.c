// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Key records from public keys and certificates, by OpenSSL. A certificate is
 * a way to write a key down: who issued it is not looked at, since a host
 * trusts the keys that its administrator adds, and no others.
 */
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>
#include "key_internal.h"

#define RSA_EXPONENT 65537

static int not_ours(struct rvf_error *e, const char *why)
{
	rvf_error_from_kernel(e, EOPNOTSUPP, RVF_REASON_KEY_ALGORITHM, 0);
	rvf_error_why(e, "%s; rvf takes RSA with 4096 bits and the exponent 65537", why);
	return -EOPNOTSUPP;
}

int rvf_key_modulus(EVP_PKEY *pkey, __u8 modulus[RVF_RSA4096_LEN], struct rvf_error *e)
{
	BIGNUM *n = NULL, *exponent = NULL;
	int err = 0;

	if (!EVP_PKEY_is_a(pkey, "RSA")) {
		char why[96];

		snprintf(why, sizeof(why), "it is a key for %.40s", EVP_PKEY_get0_type_name(pkey));
		return not_ours(e, why);
	}
	if (!EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_N, &n) ||
	    !EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &exponent)) {
		err = rvf_error_set(e, EBADMSG, "bad-key", "the key cannot be read");
	} else if (BN_num_bits(n) != 8 * RVF_RSA4096_LEN) {
		char why[96];

		snprintf(why, sizeof(why), "it is RSA with %d bits", BN_num_bits(n));
		err = not_ours(e, why);
	} else if (!BN_is_word(exponent, RSA_EXPONENT)) {
		err = not_ours(e, "it is RSA with another exponent");
	} else if (BN_bn2binpad(n, modulus, RVF_RSA4096_LEN) != RVF_RSA4096_LEN) {
		err = rvf_error_set(e, EBADMSG, "bad-key", "the key cannot be read");
	}
	BN_free(exponent);
	BN_free(n);
	return err;
}

EVP_PKEY *rvf_record_public_key(const struct rvf_key_record *record)
{
	BIGNUM *n = BN_bin2bn(record->key, RVF_RSA4096_LEN, NULL);
	BIGNUM *exponent = BN_new();
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	OSSL_PARAM *params = NULL;
	EVP_PKEY *pkey = NULL;

	if (n && exponent && build && ctx && BN_set_word(exponent, RSA_EXPONENT) &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, exponent))
		params = OSSL_PARAM_BLD_to_param(build);
	if (params && EVP_PKEY_fromdata_init(ctx) == 1 &&
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
		pkey = NULL;
	OSSL_PARAM_free(params);
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_BLD_free(build);
	BN_free(exponent);
	BN_free(n);
	return pkey;
}

/* What cannot stand in a label becomes a question mark. */
static void set_label(struct rvf_key_record *record, const char *label, size_t len)
{
	if (len > sizeof(record->label) - 1)
		len = sizeof(record->label) - 1;
	for (size_t i = 0; i < len; i++)
		record->label[i] = label[i] < ' ' || label[i] > '~' ? '?' : label[i];
}

static int record_of_key(struct rvf_key_record *record, EVP_PKEY *pkey, const char *label,
			 struct rvf_error *e)
{
	memset(record, 0, sizeof(*record));
	memcpy(record->magic, RVF_KEY_MAGIC, sizeof(record->magic));
	record->algorithm = htole16(RVF_ALG_RSA4096);
	record->usage = htole16(RVF_KEY_MOUNT);
	record->key_len = htole32(RVF_RSA4096_LEN);
	set_label(record, label, strlen(label));
	return rvf_key_modulus(pkey, record->key, e);
}

int rvf_record_of_options(struct rvf_key_record *record, EVP_PKEY *pkey,
			  const struct rvf_key_options *options, struct rvf_error *e)
{
	int err = record_of_key(record, pkey, options->label ? options->label : "", e);

	if (err)
		return err;
	if (options->n_prefixes > RVF_KEY_PREFIXES)
		return rvf_error_set(e, EINVAL, "usage", "a key has at most %d mount names",
				     RVF_KEY_PREFIXES);
	if (options->label && strlen(options->label) >= sizeof(record->label))
		return rvf_error_set(e, EINVAL, "usage", "a key's label has at most %zu bytes",
				     sizeof(record->label) - 1);
	record->usage = htole16(options->usage);
	record->not_before = htole64(options->not_before);
	record->not_after = htole64(options->not_after);
	for (size_t i = 0; i < options->n_prefixes; i++) {
		size_t len = strlen(options->prefixes[i]);

		if (len >= RVF_MAX_NAME || !rvf_mount_name_ok(options->prefixes[i], len))
			return rvf_error_set(e, EINVAL, "bad-name", "'%.64s' is no mount name",
					     options->prefixes[i]);
		memcpy(record->prefixes[i], options->prefixes[i], len);
	}
	if (options->label)
		memcpy(record->label, options->label, strlen(options->label));
	return rvf_key_record_check(record, e);
}

/* A certificate's time in seconds; 0, no limit, for one that no clock reaches. */
static int read_time(const ASN1_TIME *from, __u64 *to)
{
	struct tm tm;
	time_t seconds;

	if (!from || !ASN1_TIME_to_tm(from, &tm))
		return -EBADMSG;
	seconds = timegm(&tm);
	*to = seconds < 0 ? 0 : seconds;
	/* 99991231235959Z: RFC 5280's word for "has no end" */
	if (tm.tm_year + 1900 == 9999)
		*to = 0;
	return 0;
}

static int record_of_certificate(struct rvf_key_record *record, X509 *x, const char *label,
				 struct rvf_error *e)
{
	EVP_PKEY *pkey = X509_get0_pubkey(x);
	const X509_NAME *subject = X509_get_subject_name(x);
	__u64 not_before, not_after;
	int err, at;

	if (!pkey)
		return not_ours(e, "it is a certificate of a key that OpenSSL does not know");
	err = record_of_key(record, pkey, label, e);
	if (err)
		return err;
	if (read_time(X509_get0_notBefore(x), &not_before) ||
	    read_time(X509_get0_notAfter(x), &not_after))
		return rvf_error_set(e, EBADMSG, "bad-key", "the certificate's time is malformed");
	if (ASN1_TIME_cmp_time_t(X509_get0_notAfter(x), 0) <= 0)
		not_after = 1; /* it ended before the epoch: 0 would be for ever */
	record->not_before = htole64(not_before);
	record->not_after = htole64(not_after);

	at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
	if (at >= 0) {
		unsigned char *name = NULL;
		int len = ASN1_STRING_to_UTF8(
			&name, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));

		if (len > 0) {
			memset(record->label, 0, sizeof(record->label));
			set_label(record, (const char *)name, len);
		}
		OPENSSL_free(name);
	}
	return 0;
}

int rvf_record_of_der(struct rvf_key_record *record, const char *kind, const __u8 *der, long len,
		      const char *label, struct rvf_error *e)
{
	const unsigned char *at = der;
	int err;

	if (!strcmp(kind, "CERTIFICATE") || !strcmp(kind, "X509 CERTIFICATE")) {
		X509 *x = d2i_X509(NULL, &at, len);

		if (!x || at != der + len)
			err = rvf_error_set(e, EBADMSG, "bad-key", "the certificate is malformed");
		else
			err = record_of_certificate(record, x, label, e);
		X509_free(x);
	} else {
		EVP_PKEY *pkey = !strcmp(kind, "RSA PUBLIC KEY") ?
					 d2i_PublicKey(EVP_PKEY_RSA, NULL, &at, len) :
					 d2i_PUBKEY(NULL, &at, len);

		if (!pkey || at != der + len)
			err = rvf_error_set(e, EBADMSG, "bad-key", "the public key is malformed");
		else
			err = record_of_key(record, pkey, label, e);
		EVP_PKEY_free(pkey);
	}
	return err ? err : rvf_key_record_check(record, e);
}
