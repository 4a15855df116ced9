// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <openssl/evp.h>
#include <rvf/device.h>
#include <rvf/key.h>

#include "keys.h"
#include "refine.h"
#include "show.h"
#include "text.h"

#define CHUNK (1 << 16)

char *manifest_text(const struct rvf_manifest *m, const struct rvf_m_string *string)
{
	return xstrndup(rvf_manifest_string(m, string), rvf_le32(string->length));
}

static char *quoted(const struct rvf_manifest *m, const char *what,
		    const struct rvf_m_string *string)
{
	char *name = manifest_text(m, string), *text = xprintf("%s '%s'", what, name);

	free(name);
	return text;
}

char *segment_owner(const struct rvf_manifest *m, __u32 segment)
{
	__u32 i;

	for (i = 0; i < m->n_components; i++) {
		if (rvf_le32(m->components[i].image) == segment)
			return quoted(m, "component", &m->components[i].name);
		if (rvf_le32(m->components[i].source) == segment)
			return quoted(m, "the source of component", &m->components[i].name);
	}
	for (i = 0; i < m->n_regions; i++) {
		if (rvf_le32(m->regions[i].segment) == segment)
			return quoted(m, "region", &m->regions[i].name);
	}
	return xprintf("segment %u", segment);
}

int segment_digest(const struct rvf_package *package, __u32 segment, __u8 digest[RVF_DIGEST_LEN])
{
	__u64 left = rvf_le64(package->manifest.segments[segment].length);
	__u64 offset = package->offsets[segment];
	EVP_MD_CTX *hash = EVP_MD_CTX_new();
	char *chunk = xalloc(CHUNK);
	ssize_t got;
	int err = 0;

	if (!hash || offset == ~0ull || !EVP_DigestInit_ex(hash, EVP_sha256(), NULL))
		err = -EIO;
	while (!err && left) {
		got = pread(rvf_package_fd(package), chunk, left < CHUNK ? left : CHUNK, offset);
		if (got <= 0 || !EVP_DigestUpdate(hash, chunk, got)) {
			err = -EIO;
			break;
		}
		left -= got;
		offset += got;
	}
	if (!err && !EVP_DigestFinal_ex(hash, digest, NULL))
		err = -EIO;
	EVP_MD_CTX_free(hash);
	free(chunk);
	return err;
}

/* ---- what each reason means here */

static bool first_signer(const struct rvf_package *package, __u8 id[RVF_KEY_ID_LEN])
{
	struct rvf_signature_view views[RVF_MAX_SIGNATURES];

	if (!package->envelope ||
	    rvf_envelope_read(package->envelope, package->envelope_length, views) < 1)
		return false;
	memcpy(id, views[0].key_id, RVF_KEY_ID_LEN);
	return true;
}

static void unknown_key(struct rvf_error *e, const struct rvf_package *package, int ctl)
{
	char key[FINGERPRINT_TEXT];
	struct rvf_ctl_info info;
	__u8 id[RVF_KEY_ID_LEN];

	if (!first_signer(package, id))
		return;
	fingerprint_text(id, key);
	if (ctl < 0 || rvf_ctl_info(ctl, &info, NULL))
		rvf_error_why(e, "signed by %s", key);
	else if (!info.out_keys)
		rvf_error_why(e, "signed by %s; no key is trusted here", key);
	else
		rvf_error_why(e, "signed by %s; %u key%s trusted here, %s", key, info.out_keys,
			      info.out_keys == 1 ? " is" : "s are",
			      info.out_keys == 1 ? "another one" : "other ones");
}

static void bad_signature(struct rvf_error *e, const struct rvf_package *package)
{
	bool damaged = !rvf_file_checksum_ok(package->file, package->meta) ||
		       (package->crypto && !rvf_file_checksum_ok(package->file, package->crypto));
	char key[FINGERPRINT_TEXT];
	__u8 id[RVF_KEY_ID_LEN];

	if (!first_signer(package, id))
		return;
	rvf_error_why(e, "key %s is known; manifest or signature was changed%s",
		      fingerprint_text(id, key),
		      damaged ? " (a checksum fails too, which looks like damage in transfer)" :
				"");
}

static void bad_digest(struct rvf_error *e, const struct rvf_package *package)
{
	const struct rvf_manifest *m = &package->manifest;
	const __u8 *signed_digest;
	__u8 digest[RVF_DIGEST_LEN];
	char *owner;

	if (e->index >= m->n_segments || e->index >= package->n_offsets)
		return;
	owner = segment_owner(m, e->index);
	snprintf(e->what, sizeof(e->what), "the content of %s was changed", owner);
	free(owner);
	signed_digest = m->segments[e->index].digest;
	if (!segment_digest(package, e->index, digest))
		rvf_error_why(e,
			      "segment %llu has SHA-256 %02x%02x%02x%02x..., the signed "
			      "manifest says %02x%02x%02x%02x...",
			      (unsigned long long)rvf_le64(m->segments[e->index].id), digest[0],
			      digest[1], digest[2], digest[3], signed_digest[0], signed_digest[1],
			      signed_digest[2], signed_digest[3]);
	rvf_error_hint(e, "fetch the file again; rvfctl verify -v lists every segment");
}

static void segment_missing(struct rvf_error *e, const struct rvf_package *package)
{
	char *owner;

	if (e->index >= package->manifest.n_segments)
		return;
	owner = segment_owner(&package->manifest, e->index);
	rvf_error_why(e, "%s is not in the file, or cut off", owner);
	free(owner);
}

static void key_dates(struct rvf_error *e, const struct rvf_package *package, int ctl)
{
	char key[FINGERPRINT_TEXT], text[KEY_DATE];
	struct rvf_key_record record;
	__u8 id[RVF_KEY_ID_LEN];

	if (ctl < 0 || !first_signer(package, id) || kernel_key(ctl, id, &record))
		return;
	rvf_error_why(e, "key %s counts %s", fingerprint_text(id, key), key_until(&record, text));
}

static void key_mount(struct rvf_error *e, const struct rvf_package *package, const char *name,
		      int ctl)
{
	char key[FINGERPRINT_TEXT], *names, *safe;
	struct rvf_key_record record;
	__u8 id[RVF_KEY_ID_LEN];

	if (ctl < 0 || !name || !first_signer(package, id) || kernel_key(ctl, id, &record))
		return;
	names = key_names(&record);
	safe = safe_text(name, strlen(name));
	rvf_error_why(e, "key %s is for %s, and not for %s", fingerprint_text(id, key), names,
		      safe);
	free(safe);
	free(names);
}

void refine_error(struct rvf_error *e, const struct rvf_package *package, const char *name, int ctl)
{
	bool parsed = !package->manifest_error.err;

	switch (e->reason) {
	case RVF_REASON_UNSIGNED:
		rvf_error_hint(e, "rvfctl sign --key FILE.key %s", package->path);
		break;
	case RVF_REASON_UNKNOWN_KEY:
		unknown_key(e, package, ctl);
		break;
	case RVF_REASON_BAD_SIGNATURE:
		bad_signature(e, package);
		break;
	case RVF_REASON_KEY_EXPIRED:
	case RVF_REASON_KEY_NOT_YET:
		key_dates(e, package, ctl);
		break;
	case RVF_REASON_KEY_NAME:
		key_mount(e, package, name, ctl);
		break;
	case RVF_REASON_DIGEST:
		if (parsed)
			bad_digest(e, package);
		break;
	case RVF_REASON_SEGMENT_READ:
		if (parsed)
			segment_missing(e, package);
		break;
	}
}
