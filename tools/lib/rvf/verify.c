// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What RVF_VERIFY would say, in its order: signature, key, manifest, name,
 * segments. It is for people; the kernel does not take our word.
 */
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <rvf/key.h>
#include <rvf/package.h>
#include "signature.h"

static int refuse(struct rvf_error *e, int err, __u32 reason)
{
	return rvf_error_from_kernel(e, err, reason, 0);
}

static int unknown_key(const __u8 theirs[RVF_KEY_ID_LEN], const __u8 ours[RVF_KEY_ID_LEN],
		       struct rvf_error *e)
{
	char signer[RVF_FINGERPRINT_LEN], asked[RVF_FINGERPRINT_LEN];

	refuse(e, ENOKEY, RVF_REASON_UNKNOWN_KEY);
	rvf_error_why(e, "signed by %s; it was checked against %s", rvf_fingerprint(theirs, signer),
		      rvf_fingerprint(ours, asked));
	return -ENOKEY;
}

static int check_signature(const struct rvf_package *package, const struct rvf_key_record *record,
			   struct rvf_error *e)
{
	struct rvf_signature_view views[RVF_MAX_SIGNATURES];
	bool known = false;
	__u8 id[RVF_KEY_ID_LEN];
	int count, fits;

	if (!package->envelope_length)
		return refuse(e, ENODATA, RVF_REASON_UNSIGNED);
	count = rvf_envelope_read(package->envelope, package->envelope_length, views);
	if (count < 0)
		return refuse(e, EBADMSG, RVF_REASON_ENVELOPE);
	if (!count)
		return refuse(e, ENODATA, RVF_REASON_UNSIGNED);

	rvf_key_id(record, id);
	for (int i = 0; i < count; i++) {
		if (memcmp(views[i].key_id, id, RVF_KEY_ID_LEN))
			continue;
		known = true;
		if (views[i].algorithm != le16toh(record->algorithm))
			continue;
		fits = rvf_signature_fits(record, package->manifest_data, package->manifest_length,
					  &views[i]);
		if (fits < 0)
			return rvf_error_system(e, -fits, "the signature cannot be checked");
		if (fits)
			return 0;
	}
	if (!known)
		return unknown_key(views[0].key_id, id, e);
	return refuse(e, EKEYREJECTED, RVF_REASON_BAD_SIGNATURE);
}

static int check_key(const struct rvf_key_record *record, struct rvf_error *e)
{
	__u64 now = time(NULL), not_after = le64toh(record->not_after);

	if (!(le16toh(record->usage) & RVF_KEY_MOUNT))
		return refuse(e, EACCES, RVF_REASON_KEY_USAGE);
	if (now < le64toh(record->not_before))
		return refuse(e, EKEYEXPIRED, RVF_REASON_KEY_NOT_YET);
	if (not_after && now > not_after)
		return refuse(e, EKEYEXPIRED, RVF_REASON_KEY_EXPIRED);
	return 0;
}

/* A name is allowed when a prefix equals it or ends at one of its slashes. */
static bool allows_name(const struct rvf_key_record *record, const char *name, size_t length)
{
	if (!record->prefixes[0][0])
		return true;
	for (int i = 0; i < RVF_KEY_PREFIXES && record->prefixes[i][0]; i++) {
		size_t n = strnlen(record->prefixes[i], RVF_MAX_NAME);

		if (n <= length && !memcmp(record->prefixes[i], name, n) &&
		    (n == length || name[n] == '/'))
			return true;
	}
	return false;
}

static int check_name(const struct rvf_package *package, const struct rvf_key_record *record,
		      const char *name, struct rvf_error *e)
{
	const struct rvf_m_string *own = &package->manifest.package->name;
	char text[RVF_MAX_NAME + 1];
	size_t length;

	if (name) {
		length = strlen(name);
		if (length > RVF_MAX_NAME || !rvf_mount_name_ok(name, length))
			return refuse(e, EINVAL, RVF_REASON_MOUNT_NAME);
	} else {
		length = 1 + le32toh(own->length);
		text[0] = '/';
		memcpy(text + 1, rvf_manifest_string(&package->manifest, own), length - 1);
		name = text;
	}
	if (!allows_name(record, name, length))
		return refuse(e, EACCES, RVF_REASON_KEY_NAME);
	return 0;
}

int rvf_verify_offline(const struct rvf_package *package, const struct rvf_key_record *record,
		       const char *name, struct rvf_error *e)
{
	int err = check_signature(package, record, e);

	if (!err)
		err = check_key(record, e);
	if (!err && package->manifest_error.err) {
		err = -package->manifest_error.err;
		if (e)
			*e = package->manifest_error;
	}
	if (!err)
		err = check_name(package, record, name, e);
	return err ? err : rvf_package_check_segments(package, e);
}
