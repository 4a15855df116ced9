/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys: records for hosts, private keys for signers. */
#ifndef RVF_KEY_H
#define RVF_KEY_H

#include <stddef.h>
#include <linux/rvf.h>
#include <rvf/error.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

struct rvf_package;

/* "7f3a-91c2-0b5e-44d8" and its NUL. */
#define RVF_FINGERPRINT_LEN 20

/**
 * struct rvf_key_options - What a new key's record says
 * @label: For people; at most 63 characters of printable ASCII.
 * @not_before: Seconds since the epoch, 0: always.
 * @not_after: Seconds since the epoch, 0: for ever.
 * @usage: Bits of enum rvf_key_usage.
 * @prefixes: Mount names that it may sign for; none: every name.
 * @n_prefixes: How many, at most %RVF_KEY_PREFIXES.
 */
struct rvf_key_options {
	const char *label;
	__u64 not_before;
	__u64 not_after;
	__u16 usage;
	const char *const *prefixes;
	size_t n_prefixes;
};

/**
 * rvf_key_generate - Make a key pair
 * @private_path: Written with mode 0600 (PEM, PKCS#8, no passphrase); it must
 *	not exist.
 * @public_path: The record, armoured; it must not exist.
 * @options: What the record says.
 * @record: Filled with the record, or NULL.
 * @e: Says why not, or NULL.
 *
 * Return: 0; -EEXIST; -EINVAL for options that make no record. On failure
 * neither file is there.
 */
int rvf_key_generate(const char *private_path, const char *public_path,
		     const struct rvf_key_options *options, struct rvf_key_record *record,
		     struct rvf_error *e);

/**
 * rvf_key_record_load - Read a record
 * @record: Filled.
 * @path: An armoured record, or a public key or certificate in PEM: then the
 *	label is the certificate's common name or the file's name, and the
 *	time the certificate's.
 * @e: Says why not, or NULL.
 *
 * Return: 0; -EBADMSG neither of these; -EOPNOTSUPP not a kind of key that rvf
 * takes; -EKEYREJECTED a weak key.
 */
int rvf_key_record_load(struct rvf_key_record *record, const char *path, struct rvf_error *e);

/** rvf_key_record_save - Write a record, armoured; fails when @path exists. */
int rvf_key_record_save(const struct rvf_key_record *record, const char *path, struct rvf_error *e);

/**
 * rvf_key_record_decode - Read an armoured record from memory
 * @record: Filled.
 * @text: The text.
 * @length: Its bytes.
 * @e: Says why not, or NULL.
 */
int rvf_key_record_decode(struct rvf_key_record *record, const char *text, size_t length,
			  struct rvf_error *e);

/**
 * rvf_key_record_check - What RVF_KEY_ADD will check of a record
 * @record: The record.
 * @e: Says what is wrong, or NULL.
 *
 * Return: 0, -EINVAL, -EOPNOTSUPP or -EKEYREJECTED.
 */
int rvf_key_record_check(const struct rvf_key_record *record, struct rvf_error *e);

/** rvf_key_id - A record's key id. @record: The record. @id: Filled. */
void rvf_key_id(const struct rvf_key_record *record, __u8 id[RVF_KEY_ID_LEN]);

/** rvf_fingerprint - The first eight bytes of a key id, for people. */
const char *rvf_fingerprint(const __u8 id[RVF_KEY_ID_LEN], char out[RVF_FINGERPRINT_LEN]);

/**
 * rvf_sign - Sign a package
 * @package: The package.
 * @private_path: A private key in PEM.
 * @out_path: Where the signed package goes; its own path replaces it.
 * @id: Filled with the key's id, or NULL.
 * @e: Says why not, or NULL.
 *
 * The package keeps its other signatures; one by the same key is replaced. A
 * package that the kernel would refuse is not signed. The passphrase of a key
 * that has one is the first line of the file that the environment variable
 * RVF_PASSPHRASE_FILE names; without it, it is asked for on a terminal.
 *
 * Return: 0; -EBADMSG the package or the key is malformed; -EOPNOTSUPP not a
 * kind of key that rvf takes; -EACCES no passphrase, or a wrong one; -EDQUOT it
 * has %RVF_MAX_SIGNATURES; or what rvf_package_check_segments() says.
 */
int rvf_sign(const struct rvf_package *package, const char *private_path, const char *out_path,
	     __u8 id[RVF_KEY_ID_LEN], struct rvf_error *e);

/**
 * rvf_verify_offline - Check a package against one key, without the kernel
 * @package: The package.
 * @record: The key.
 * @name: The mount name that the key is asked for, NULL: the package's.
 * @e: Says why not, or NULL.
 *
 * What RVF_VERIFY would do with a key set of this one key.
 */
int rvf_verify_offline(const struct rvf_package *package, const struct rvf_key_record *record,
		       const char *name, struct rvf_error *e);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* RVF_KEY_H */
