// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signatures: the envelope, one of the four things that are read before
 * anything is known about their origin, and the verification itself.
 *
 * The kernel's RSA is asked with a key that this file encodes: the record
 * holds the modulus alone, since under a key of the attacker's making (with
 * the exponent 1, say) the kernel takes any padded digest for a signature.
 */
#include <crypto/public_key.h>
#include <linux/err.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "digest.h"
#include "keys.h"
#include "signature.h"

/*
 * RSAPublicKey of RFC 8017, A.1.1, for a 4096-bit modulus with its top bit
 * set: SEQUENCE { INTEGER modulus, INTEGER 65537 }.
 */
static const u8 rvf_rsa4096_head[] = {
	0x30, 0x82, 0x02, 0x0a, 0x02, 0x82, 0x02, 0x01, 0x00
};

static const u8 rvf_rsa4096_tail[] = { 0x02, 0x03, 0x01, 0x00, 0x01 };

#define RVF_RSA4096_DER_LEN \
	(sizeof(rvf_rsa4096_head) + RVF_RSA4096_LEN + sizeof(rvf_rsa4096_tail))

/**
 * rvf_signature_algorithms - What this kernel verifies
 *
 * Return: a bit for each enum rvf_algorithm.
 */
u32 rvf_signature_algorithms(void)
{
	return BIT(RVF_ALG_RSA4096);
}

/* Tag, length, manifest: see "Signatures" in rvf_format.h. */
static int rvf_signed_digest(u8 digest[RVF_DIGEST_LEN], const void *manifest,
			     u32 manifest_len)
{
	static_assert(sizeof(RVF_SIGN_TAG) == RVF_SIGN_TAG_LEN);
	__le64 length = cpu_to_le64(manifest_len);
	struct shash_desc *desc = rvf_digest_begin();
	int err;

	if (IS_ERR(desc))
		return PTR_ERR(desc);
	err = rvf_digest_add(desc, RVF_SIGN_TAG, RVF_SIGN_TAG_LEN);
	if (!err)
		err = rvf_digest_add(desc, &length, sizeof(length));
	if (!err)
		err = rvf_digest_add(desc, manifest, manifest_len);
	if (err) {
		rvf_digest_abort(desc);
		return err;
	}
	return rvf_digest_end(desc, digest);
}

static int rvf_rsa4096_verify(const struct rvf_key *key, const u8 *digest,
			      const u8 *signature, u32 signature_len)
{
	struct public_key pkey = {
		.keylen = RVF_RSA4096_DER_LEN,
		.id_type = "RVF",
		.pkey_algo = "rsa",
	};
	struct public_key_signature sig = {
		.s_size = RVF_RSA4096_LEN,
		.digest_size = RVF_DIGEST_LEN,
		.pkey_algo = "rsa",
		.hash_algo = "sha256",
		.encoding = "pkcs1",
	};
	int err = -ENOMEM;
	u8 *der;

	if (signature_len != RVF_RSA4096_LEN)
		return -EKEYREJECTED;

	/* The crypto layer maps what it is given, so all of it is kmalloc'ed. */
	der = kmalloc(RVF_RSA4096_DER_LEN, GFP_KERNEL);
	sig.s = kmemdup(signature, signature_len, GFP_KERNEL);
	sig.digest = kmemdup(digest, RVF_DIGEST_LEN, GFP_KERNEL);
	if (!der || !sig.s || !sig.digest)
		goto out;
	memcpy(der, rvf_rsa4096_head, sizeof(rvf_rsa4096_head));
	memcpy(der + sizeof(rvf_rsa4096_head), key->record.key, RVF_RSA4096_LEN);
	memcpy(der + sizeof(rvf_rsa4096_head) + RVF_RSA4096_LEN,
	       rvf_rsa4096_tail, sizeof(rvf_rsa4096_tail));
	pkey.key = der;

	err = public_key_verify_signature(&pkey, &sig);
	/* A signature that is no number below the modulus is EINVAL, say. */
	if (err && err != -ENOMEM)
		err = -EKEYREJECTED;
out:
	kfree(sig.digest);
	kfree(sig.s);
	kfree(der);
	return err;
}

/*
 * The envelope's shape, to the last byte, before any part of it is used.
 * Everything is read from the kernel's one copy.
 */
static int rvf_envelope_check(const void *envelope, u32 len)
{
	const struct rvf_envelope *head = envelope;
	u32 at = sizeof(*head), count, i;

	if (len < sizeof(*head) || memcmp(head->magic, RVF_ENVELOPE_MAGIC, 4) ||
	    le16_to_cpu(head->version) != 1 || head->reserved ||
	    le32_to_cpu(head->length) != len)
		return -EBADMSG;
	count = le16_to_cpu(head->count);
	if (count > RVF_MAX_SIGNATURES)
		return -EBADMSG;

	for (i = 0; i < count; i++) {
		const struct rvf_signature *sig = envelope + at;
		u32 bytes;

		if (len - at < sizeof(*sig))
			return -EBADMSG;
		at += sizeof(*sig);
		bytes = le32_to_cpu(sig->length);
		if (sig->reserved || !bytes || bytes > len - at ||
		    round_up(bytes, 8) > len - at)
			return -EBADMSG;
		if (memchr_inv(envelope + at + bytes, 0,
			       round_up(bytes, 8) - bytes))
			return -EBADMSG;
		at += round_up(bytes, 8);
	}
	return at == len ? 0 : -EBADMSG;
}

/* How much a failure tells: the one that got farthest is reported. */
static int rvf_reason_rank(u32 reason)
{
	switch (reason) {
	case RVF_REASON_UNKNOWN_KEY:
		return 0;
	case RVF_REASON_KEY_ALGORITHM:
		return 1;
	case RVF_REASON_BAD_SIGNATURE:
		return 2;
	default:
		return 3;
	}
}

static int rvf_signature_try(const struct rvf_signature *sig,
			     const struct rvf_key *key, const u8 *digest,
			     struct rvf_why *why)
{
	int err;

	if (sig->algorithm != key->record.algorithm)
		return rvf_refuse(why, -EKEYREJECTED, RVF_REASON_BAD_SIGNATURE, 0);
	err = rvf_rsa4096_verify(key, digest, (const u8 *)(sig + 1),
				 le32_to_cpu(sig->length));
	if (err == -EKEYREJECTED)
		return rvf_refuse(why, err, RVF_REASON_BAD_SIGNATURE, 0);
	if (err)
		return err;
	if (!(le16_to_cpu(key->record.usage) & RVF_KEY_MOUNT))
		return rvf_refuse(why, -EACCES, RVF_REASON_KEY_USAGE, 0);
	return rvf_key_counts_now(key, why);
}

/**
 * rvf_signature_verify - Who signed this manifest?
 * @signers: Filled with the keys whose signatures fit and count; the caller
 *	releases it, also on failure.
 * @manifest: The manifest, in kernel memory.
 * @manifest_len: Its bytes.
 * @envelope: The signature envelope, in kernel memory.
 * @envelope_len: Its bytes, 0: not signed.
 * @missing_key: Filled with the first signature's key when none is known.
 * @why: Says why there is no signer.
 *
 * Return: 0 when at least one signature counts; otherwise the errno of
 * the failure that says the most.
 */
int rvf_signature_verify(struct rvf_signers *signers, const void *manifest,
			 u32 manifest_len, const void *envelope,
			 u32 envelope_len, u8 missing_key[RVF_KEY_ID_LEN],
			 struct rvf_why *why)
{
	const struct rvf_envelope *head = envelope;
	u32 at = sizeof(*head), i, count;
	u8 digest[RVF_DIGEST_LEN];
	int err, worst;

	signers->count = 0;
	if (!envelope_len)
		return rvf_refuse(why, -ENODATA, RVF_REASON_UNSIGNED, 0);
	err = rvf_envelope_check(envelope, envelope_len);
	if (err)
		return rvf_refuse(why, err, RVF_REASON_ENVELOPE, 0);
	count = le16_to_cpu(head->count);
	if (!count)
		return rvf_refuse(why, -ENODATA, RVF_REASON_UNSIGNED, 0);

	err = rvf_signed_digest(digest, manifest, manifest_len);
	if (err)
		return err;

	worst = rvf_refuse(why, -ENOKEY, RVF_REASON_UNKNOWN_KEY, 0);
	memcpy(missing_key,
	       ((const struct rvf_signature *)(envelope + at))->key_id,
	       RVF_KEY_ID_LEN);
	for (i = 0; i < count; i++) {
		const struct rvf_signature *sig = envelope + at;
		struct rvf_why this = {};
		struct rvf_key *key;

		at += sizeof(*sig) + round_up(le32_to_cpu(sig->length), 8);
		key = rvf_key_find(sig->key_id);
		if (!key)
			continue;
		err = rvf_signature_try(sig, key, digest, &this);
		if (!err) {
			signers->keys[signers->count++] = key;
			continue;
		}
		if (!this.reason || rvf_reason_rank(this.reason) >
				    rvf_reason_rank(why->reason)) {
			memcpy(missing_key, key->id, RVF_KEY_ID_LEN);
			*why = this;
			worst = err;
		}
		rvf_key_put(key);
		if (!this.reason)
			return worst;
	}
	if (!signers->count)
		return worst;
	*why = (struct rvf_why){};
	return 0;
}

void rvf_signers_release(struct rvf_signers *signers)
{
	while (signers->count)
		rvf_key_put(signers->keys[--signers->count]);
}
