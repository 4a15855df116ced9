/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef RVF_KEY_INTERNAL_H
#define RVF_KEY_INTERNAL_H

#include <openssl/types.h>
#include <rvf/key.h>
#include <rvf/manifest.h>

/* The modulus of a key, which must be one that rvf takes. */
int rvf_key_modulus(EVP_PKEY *pkey, __u8 modulus[RVF_RSA4096_LEN], struct rvf_error *e);

/* A checked record of @pkey that says what @options say. */
int rvf_record_of_options(struct rvf_key_record *record, EVP_PKEY *pkey,
			  const struct rvf_key_options *options, struct rvf_error *e);

/* A checked record of what a PEM block of this kind holds. */
int rvf_record_of_der(struct rvf_key_record *record, const char *kind, const __u8 *der, long len,
		      const char *label, struct rvf_error *e);

/* The public key of a checked record, for OpenSSL; NULL without memory. */
EVP_PKEY *rvf_record_public_key(const struct rvf_key_record *record);

/* A private key that rvf can sign with; EVP_PKEY_free() ends it. */
int rvf_private_key_load(EVP_PKEY **out, const char *path, struct rvf_error *e);

#endif /* RVF_KEY_INTERNAL_H */
