// SPDX-License-Identifier: LGPL-2.1-or-later
/* SHA-256 through OpenSSL. */
#include <errno.h>
#include <endian.h>
#include <openssl/evp.h>
#include "container.h"
#include "sha256.h"

int rvf_sha256(const void *data, size_t length, __u8 digest[RVF_DIGEST_LEN])
{
	return EVP_Digest(data, length, digest, NULL, EVP_sha256(), NULL) == 1 ? 0 : -ENOMEM;
}

int rvf_sha256_file(int fd, __u64 offset, __u64 length, __u8 digest[RVF_DIGEST_LEN])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char chunk[65536];
	int err = -ENOMEM;

	if (!ctx || EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) != 1)
		goto out;
	err = 0;
	while (length && !err) {
		size_t n = length < sizeof(chunk) ? length : sizeof(chunk);

		err = rvf_pread_all(fd, chunk, n, offset);
		if (!err && EVP_DigestUpdate(ctx, chunk, n) != 1)
			err = -ENOMEM;
		offset += n;
		length -= n;
	}
	if (!err && EVP_DigestFinal_ex(ctx, digest, NULL) != 1)
		err = -ENOMEM;
out:
	EVP_MD_CTX_free(ctx);
	return err;
}

int rvf_signed_digest(const void *manifest, size_t length, __u8 digest[RVF_DIGEST_LEN])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	__u64 count = htole64(length);
	int err = -ENOMEM;

	if (ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1 &&
	    EVP_DigestUpdate(ctx, RVF_SIGN_TAG, RVF_SIGN_TAG_LEN) == 1 &&
	    EVP_DigestUpdate(ctx, &count, sizeof(count)) == 1 &&
	    EVP_DigestUpdate(ctx, manifest, length) == 1 &&
	    EVP_DigestFinal_ex(ctx, digest, NULL) == 1)
		err = 0;
	EVP_MD_CTX_free(ctx);
	return err;
}
