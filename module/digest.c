// SPDX-License-Identifier: GPL-2.0-only
/* SHA-256 through the kernel's crypto, with its fastest driver. */
#include <linux/err.h>
#include <linux/slab.h>
#include "digest.h"

static struct crypto_shash *rvf_sha256;

int rvf_digest_setup(void)
{
	rvf_sha256 = crypto_alloc_shash("sha256", 0, 0);
	if (IS_ERR(rvf_sha256))
		return PTR_ERR(rvf_sha256);
	if (crypto_shash_digestsize(rvf_sha256) != RVF_DIGEST_LEN) {
		crypto_free_shash(rvf_sha256);
		return -EINVAL;
	}
	return 0;
}

void rvf_digest_cleanup(void)
{
	crypto_free_shash(rvf_sha256);
}

/**
 * rvf_digest_begin - Begin a SHA-256
 *
 * Return: its state, to be ended or aborted; or an ERR_PTR.
 */
struct shash_desc *rvf_digest_begin(void)
{
	struct shash_desc *desc;
	int err;

	desc = kmalloc(sizeof(*desc) + crypto_shash_descsize(rvf_sha256),
		       GFP_KERNEL_ACCOUNT);
	if (!desc)
		return ERR_PTR(-ENOMEM);
	desc->tfm = rvf_sha256;
	err = crypto_shash_init(desc);
	if (err) {
		kfree(desc);
		return ERR_PTR(err);
	}
	return desc;
}

int rvf_digest_add(struct shash_desc *desc, const void *data, size_t len)
{
	return crypto_shash_update(desc, data, len);
}

/* Frees the state, also on failure. */
int rvf_digest_end(struct shash_desc *desc, u8 digest[RVF_DIGEST_LEN])
{
	int err = crypto_shash_final(desc, digest);

	kfree_sensitive(desc);
	return err;
}

/* Of bytes in one piece; allocates nothing. */
int rvf_digest_of(const void *data, size_t len, u8 digest[RVF_DIGEST_LEN])
{
	return crypto_shash_tfm_digest(rvf_sha256, data, len, digest);
}

void rvf_digest_abort(struct shash_desc *desc)
{
	kfree_sensitive(desc);
}
