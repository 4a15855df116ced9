// SPDX-License-Identifier: GPL-2.0-only
/*
 * Key records: one of the four things that are read before anything is known
 * about their origin. Every byte of a record has one meaning or must be zero.
 */
#include <linux/ctype.h>
#include <linux/err.h>
#include <linux/mpi.h>
#include <linux/string.h>
#include "keys.h"
#include "manifest_parse.h"

/* Factors below this are looked for; more would only cost time. */
#define RVF_SMALL_FACTORS	2048

#define RVF_RECORD_BAD(why, field)                                          \
	rvf_refuse((why), -EINVAL, RVF_REASON_KEY_RECORD,                   \
		   offsetof(struct rvf_key_record, field))

/* NUL-terminated within its room and NUL-padded to the end of it. */
static bool rvf_padded(const char *s, size_t room, size_t *len)
{
	*len = strnlen(s, room);
	return *len < room && !memchr_inv(s + *len, 0, room - *len);
}

static int rvf_record_check_text(const struct rvf_key_record *record,
				 struct rvf_why *why)
{
	bool ended = false;
	size_t len, i;

	if (!rvf_padded(record->label, sizeof(record->label), &len))
		return RVF_RECORD_BAD(why, label);
	for (i = 0; i < len; i++)
		if (!isascii(record->label[i]) || !isprint(record->label[i]))
			return RVF_RECORD_BAD(why, label);

	for (i = 0; i < RVF_KEY_PREFIXES; i++) {
		if (!rvf_padded(record->prefixes[i], RVF_MAX_NAME, &len))
			return RVF_RECORD_BAD(why, prefixes);
		if (!len) {
			ended = true;
			continue;
		}
		if (ended || !rvf_mount_name_ok(record->prefixes[i], len))
			return RVF_RECORD_BAD(why, prefixes);
	}
	return 0;
}

/*
 * A modulus that is prime, even, or has a small factor: whoever sees it can
 * compute the private key, and the kernel's RSA accepts all three. Fermat's
 * test to base 2 is enough against a prime, since a composite that passes it
 * is refused as well.
 */
static int rvf_rsa_weak(const u8 *n, size_t len)
{
	MPI modulus, exponent, base, result;
	const u8 two = 2;
	u32 rest, divisor;
	int err = -ENOMEM;
	size_t i;

	if (!(n[0] & 0x80) || !(n[len - 1] & 1))
		return -EKEYREJECTED;
	for (divisor = 3; divisor < RVF_SMALL_FACTORS; divisor += 2) {
		for (rest = 0, i = 0; i < len; i++)
			rest = ((rest << 8) | n[i]) % divisor;
		if (!rest)
			return -EKEYREJECTED;
	}

	modulus = mpi_read_raw_data(n, len);
	exponent = mpi_alloc(0);
	base = mpi_read_raw_data(&two, 1);
	result = mpi_alloc(0);
	if (modulus && exponent && base && result) {
		err = mpi_sub_ui(exponent, modulus, 1);
		if (!err)
			err = mpi_powm(result, base, exponent, modulus);
		if (!err && !mpi_cmp_ui(result, 1))
			err = -EKEYREJECTED;
	}
	mpi_free(result);
	mpi_free(base);
	mpi_free(exponent);
	mpi_free(modulus);
	return err;
}

/**
 * rvf_record_check - Is this a key record that may enter the key set?
 * @record: The record, in kernel memory.
 * @why: Says why not.
 *
 * Return: 0, -EINVAL, -EOPNOTSUPP, -EKEYREJECTED or -ENOMEM; see RVF_KEY_ADD.
 */
int rvf_record_check(const struct rvf_key_record *record, struct rvf_why *why)
{
	u32 key_len = le32_to_cpu(record->key_len);
	u64 not_after = le64_to_cpu(record->not_after);
	u16 usage = le16_to_cpu(record->usage);
	int err;

	if (memcmp(record->magic, RVF_KEY_MAGIC, sizeof(record->magic)))
		return RVF_RECORD_BAD(why, magic);
	if (le16_to_cpu(record->algorithm) != RVF_ALG_RSA4096)
		return rvf_refuse(why, -EOPNOTSUPP, RVF_REASON_KEY_ALGORITHM, 0);
	if (!usage)
		return RVF_RECORD_BAD(why, usage);
	if (usage & ~(RVF_KEY_MOUNT | RVF_KEY_DEVELOPER))
		return rvf_refuse(why, -EOPNOTSUPP, RVF_REASON_KEY_RECORD,
				  offsetof(struct rvf_key_record, usage));
	if (!(usage & RVF_KEY_MOUNT))
		return RVF_RECORD_BAD(why, usage);
	if (key_len != RVF_RSA4096_LEN)
		return RVF_RECORD_BAD(why, key_len);
	if (not_after && not_after < le64_to_cpu(record->not_before))
		return RVF_RECORD_BAD(why, not_after);
	err = rvf_record_check_text(record, why);
	if (err)
		return err;
	if (memchr_inv(record->key + key_len, 0, sizeof(record->key) - key_len))
		return RVF_RECORD_BAD(why, key);

	err = rvf_rsa_weak(record->key, key_len);
	if (err == -EKEYREJECTED)
		return rvf_refuse(why, err, RVF_REASON_KEY_WEAK, 0);
	return err;
}
