// SPDX-License-Identifier: LGPL-2.1-or-later
/* Signing: over a tag, the manifest's length and the manifest. */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <rvf/package.h>
#include "key_internal.h"
#include "signature.h"

/* RSASSA-PKCS1-v1_5 with SHA-256 is what OpenSSL does with RSA unasked. */
static int make_signature(EVP_PKEY *pkey, const void *manifest, size_t length,
			  __u8 signature[RVF_RSA4096_LEN])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	__le64 bytes = htole64(length);
	size_t signature_length = RVF_RSA4096_LEN;
	int ok;

	ok = ctx && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, pkey) == 1 &&
	     EVP_DigestSignUpdate(ctx, RVF_SIGN_TAG, RVF_SIGN_TAG_LEN) == 1 &&
	     EVP_DigestSignUpdate(ctx, &bytes, sizeof(bytes)) == 1 &&
	     EVP_DigestSignUpdate(ctx, manifest, length) == 1 &&
	     EVP_DigestSignFinal(ctx, signature, &signature_length) == 1 &&
	     signature_length == RVF_RSA4096_LEN;
	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return ok ? 0 : -EIO;
}

int rvf_signature_fits(const struct rvf_key_record *record, const void *manifest, size_t length,
		       const struct rvf_signature_view *signature)
{
	EVP_PKEY *pkey = rvf_record_public_key(record);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	__le64 bytes = htole64(length);
	int fits = -ENOMEM;

	if (pkey && ctx && EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, pkey) == 1 &&
	    EVP_DigestVerifyUpdate(ctx, RVF_SIGN_TAG, RVF_SIGN_TAG_LEN) == 1 &&
	    EVP_DigestVerifyUpdate(ctx, &bytes, sizeof(bytes)) == 1 &&
	    EVP_DigestVerifyUpdate(ctx, manifest, length) == 1)
		fits = signature->length == RVF_RSA4096_LEN &&
		       EVP_DigestVerifyFinal(ctx, signature->data, signature->length) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	ERR_clear_error();
	return fits;
}

/*
 * The package's signatures and room for one more; the place of the one that is
 * @id's, or the first free one.
 */
static int place_signature(const struct rvf_package *package, const __u8 id[RVF_KEY_ID_LEN],
			   struct rvf_signature_view views[RVF_MAX_SIGNATURES], int *count,
			   struct rvf_error *e)
{
	int at;

	*count = 0;
	if (package->envelope)
		*count = rvf_envelope_read(package->envelope, package->envelope_length, views);
	if (*count < 0)
		return rvf_error_from_kernel(e, EBADMSG, RVF_REASON_ENVELOPE, 0);
	for (at = 0; at < *count; at++) {
		if (views[at].algorithm == RVF_ALG_RSA4096 &&
		    !memcmp(views[at].key_id, id, RVF_KEY_ID_LEN))
			return at;
	}
	if (at == RVF_MAX_SIGNATURES)
		return rvf_error_set(e, EDQUOT, "too-many-signatures",
				     "it has %d signatures already", RVF_MAX_SIGNATURES);
	(*count)++;
	return at;
}

/* Nobody's name is put under what no kernel would mount. */
static int check_content(const struct rvf_package *package, struct rvf_error *e)
{
	if (package->manifest_error.err) {
		if (e)
			*e = package->manifest_error;
		return -package->manifest_error.err;
	}
	return rvf_package_check_segments(package, e);
}

static int sign_with(const struct rvf_package *package, EVP_PKEY *pkey, const char *out_path,
		     __u8 id[RVF_KEY_ID_LEN], struct rvf_error *e)
{
	const struct rvf_key_options options = { .usage = RVF_KEY_MOUNT };
	struct rvf_signature_view views[RVF_MAX_SIGNATURES];
	__u8 signature[RVF_RSA4096_LEN];
	struct rvf_key_record record;
	size_t length;
	void *envelope;
	int err, count, at;

	err = rvf_record_of_options(&record, pkey, &options, e);
	if (err)
		return err;
	rvf_key_id(&record, id);
	at = place_signature(package, id, views, &count, e);
	if (at < 0)
		return at;
	err = make_signature(pkey, package->manifest_data, package->manifest_length, signature);
	if (err)
		return rvf_error_set(e, EIO, "bad-key", "the key cannot sign");
	views[at] = (struct rvf_signature_view){
		.algorithm = RVF_ALG_RSA4096,
		.data = signature,
		.length = sizeof(signature),
	};
	memcpy(views[at].key_id, id, RVF_KEY_ID_LEN);
	/* A private key whose halves do not belong together signs nonsense. */
	if (rvf_signature_fits(&record, package->manifest_data, package->manifest_length,
			       &views[at]) != 1)
		return rvf_error_set(e, EBADMSG, "bad-key", "the key's halves do not fit");
	envelope = rvf_envelope_build(views, count, &length);
	if (!envelope)
		return rvf_error_system(e, ENOMEM, "the package cannot be signed");
	err = rvf_package_replace_envelope(package, out_path, envelope, length, e);
	free(envelope);
	return err;
}

int rvf_sign(const struct rvf_package *package, const char *private_path, const char *out_path,
	     __u8 id[RVF_KEY_ID_LEN], struct rvf_error *e)
{
	__u8 own_id[RVF_KEY_ID_LEN];
	EVP_PKEY *pkey = NULL;
	int err;

	err = check_content(package, e);
	if (!err)
		err = rvf_private_key_load(&pkey, private_path, e);
	if (!err)
		err = sign_with(package, pkey, out_path ? out_path : package->path, own_id, e);
	EVP_PKEY_free(pkey);
	if (!err && id)
		memcpy(id, own_id, RVF_KEY_ID_LEN);
	return err;
}
