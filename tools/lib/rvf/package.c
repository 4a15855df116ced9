// SPDX-License-Identifier: LGPL-2.1-or-later
/* Packages: which segments of a file are the manifest's. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <rvf/package.h>
#include "container.h"
#include "sha256.h"

/* Of more segments than are read from a file, and much else. */
#define MAX_DIRECTORY (16 << 20)

static int not_a_package(struct rvf_error *e, const char *why)
{
	rvf_error_set(e, EBADMSG, "malformed", "this is no rvf package");
	rvf_error_why(e, "%s", why);
	return -EBADMSG;
}

/*
 * Other tools may have segments of the same types: ours begin with a magic.
 * Two of them would leave it open which one counts.
 */
static int find_one(struct rvf_package *p, __u32 type, const char *magic,
		    const struct rvf_file_segment **found, struct rvf_error *e)
{
	*found = NULL;
	for (size_t i = 0; i < rvf_file_count(p->file); i++) {
		const struct rvf_file_segment *s = rvf_file_segment(p->file, i);
		void *data;
		int err, ours;

		if (s->type != type || !s->plain || s->length < 4 || s->length > RVF_MAX_MANIFEST)
			continue;
		err = rvf_file_read(p->file, s, &data, e);
		if (err)
			return err;
		ours = !memcmp(data, magic, 4);
		free(data);
		if (!ours)
			continue;
		if (*found)
			return not_a_package(e, type == RVF_SEG_META ? "it has several manifests" :
								       "it has several envelopes");
		*found = s;
	}
	return 0;
}

/* By id, type and length; by the digest too where that leaves a choice. */
static __u64 locate(const struct rvf_package *p, const struct rvf_m_segment *wanted)
{
	__u64 first = ~0ull;

	for (size_t i = 0; i < rvf_file_count(p->file); i++) {
		const struct rvf_file_segment *s = rvf_file_segment(p->file, i);
		__u8 digest[RVF_DIGEST_LEN];

		if (!s->plain || s->id != le64_to_cpu(wanted->id) ||
		    s->type != le32_to_cpu(wanted->type) ||
		    s->length != le64_to_cpu(wanted->length))
			continue;
		if (first == ~0ull) {
			first = s->offset;
			continue;
		}
		if (!rvf_sha256_file(rvf_file_fd(p->file), s->offset, s->length, digest) &&
		    !memcmp(digest, wanted->digest, sizeof(digest)))
			first = s->offset;
	}
	return first;
}

static int locate_all(struct rvf_package *p, struct rvf_error *e)
{
	p->n_offsets = p->manifest.n_segments;
	p->offsets = calloc(p->n_offsets + 1, sizeof(*p->offsets));
	if (!p->offsets)
		return rvf_error_system(e, ENOMEM, "cannot read %s", p->path);
	for (size_t i = 0; i < p->n_offsets; i++)
		p->offsets[i] = locate(p, &p->manifest.segments[i]);
	return 0;
}

int rvf_package_load(struct rvf_package **out, const char *path, struct rvf_error *e)
{
	struct rvf_package *p = calloc(1, sizeof(*p));
	int err;

	if (!p)
		return rvf_error_system(e, ENOMEM, "cannot read %s", path);
	p->path = strdup(path);
	if (!p->path) {
		err = rvf_error_system(e, ENOMEM, "cannot read %s", path);
		goto fail;
	}
	err = rvf_file_open(&p->file, path, e);
	if (!err)
		err = find_one(p, RVF_SEG_META, RVF_M_MAGIC, &p->meta, e);
	if (!err && !p->meta)
		err = not_a_package(e, "it has no manifest");
	if (!err)
		err = find_one(p, RVF_SEG_CRYPTO, RVF_ENVELOPE_MAGIC, &p->crypto, e);
	if (!err)
		err = rvf_file_read(p->file, p->meta, &p->manifest_data, e);
	if (!err && p->crypto)
		err = rvf_file_read(p->file, p->crypto, &p->envelope, e);
	if (err)
		goto fail;
	p->manifest_length = p->meta->length;
	p->envelope_length = p->crypto ? p->crypto->length : 0;

	/* What cannot be parsed has no segments; the kernel will say why. */
	if (!rvf_manifest_read(&p->manifest, p->manifest_data, p->manifest_length,
			       &p->manifest_error)) {
		err = locate_all(p, e);
		if (err)
			goto fail;
	}
	*out = p;
	return 0;

fail:
	rvf_package_free(p);
	return err;
}

void rvf_package_free(struct rvf_package *p)
{
	if (!p)
		return;
	rvf_file_close(p->file);
	free(p->path);
	free(p->manifest_data);
	free(p->envelope);
	free(p->offsets);
	free(p);
}

int rvf_package_fd(const struct rvf_package *p)
{
	return rvf_file_fd(p->file);
}

int rvf_package_check_segments(const struct rvf_package *p, struct rvf_error *e)
{
	for (size_t i = 0; i < p->n_offsets; i++) {
		const struct rvf_m_segment *s = &p->manifest.segments[i];
		__u8 digest[RVF_DIGEST_LEN];
		int err = -EIO;

		if (p->offsets[i] != ~0ull)
			err = rvf_sha256_file(rvf_package_fd(p), p->offsets[i],
					      le64_to_cpu(s->length), digest);
		if (err)
			return rvf_error_from_kernel(e, EIO, RVF_REASON_SEGMENT_READ, i);
		if (memcmp(digest, s->digest, sizeof(digest)))
			return rvf_error_from_kernel(e, EILSEQ, RVF_REASON_DIGEST, i);
	}
	return 0;
}

/* The last directory is the one that counts. */
static int inherit_directory(const struct rvf_package *p, struct rvf_writer *w, struct rvf_error *e)
{
	const struct rvf_file_segment *last = NULL;
	void *data;
	int err;

	for (size_t i = 0; i < rvf_file_count(p->file); i++) {
		const struct rvf_file_segment *s = rvf_file_segment(p->file, i);

		if (s->type == RVF_SEG_DIRECTORY)
			last = s;
	}
	if (!last || last->length > MAX_DIRECTORY)
		return 0;
	err = rvf_file_read(p->file, last, &data, e);
	if (err)
		return err;
	err = rvf_writer_inherit(w, data, last->length);
	free(data);
	return err ? rvf_error_system(e, -err, "cannot write the package") : 0;
}

/* All segments but the envelope and directories, then those two anew. */
static int copy_with_envelope(const struct rvf_package *p, struct rvf_writer *w,
			      const void *envelope, size_t length, struct rvf_error *e)
{
	__u64 last = 0;
	int err = 0;

	for (size_t i = 0; i < rvf_file_count(p->file) && !err; i++) {
		const struct rvf_file_segment *s = rvf_file_segment(p->file, i);

		if (s == p->crypto || s->type == RVF_SEG_DIRECTORY)
			continue;
		if (s->id > last)
			last = s->id;
		err = rvf_writer_keep(w, rvf_package_fd(p), s, e);
	}
	/* The envelope and the directory take the next two ids. */
	if (!err && last > ~0ull - 2)
		err = not_a_package(e, "there is no segment id left");
	if (!err)
		err = rvf_writer_segment(w, last + 1, RVF_SEG_CRYPTO, envelope, length, e);
	return err ? err : inherit_directory(p, w, e);
}

int rvf_package_replace_envelope(const struct rvf_package *p, const char *path,
				 const void *envelope, size_t length, struct rvf_error *e)
{
	struct rvf_writer *w;
	int err;

	err = rvf_writer_new(&w, path, 0644, e);
	if (err)
		return err;
	err = copy_with_envelope(p, w, envelope, length, e);
	if (err) {
		rvf_writer_abort(w);
		return err;
	}
	return rvf_writer_finish(w, e);
}
