// SPDX-License-Identifier: LGPL-2.1-or-later
/* A builder's content as a package. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <rvf/package.h>
#include "builder.h"
#include "sha256.h"

static int write_segment(struct rvf_writer *w, const struct build_segment *s, __u64 id,
			 struct rvf_error *e)
{
	__u8 digest[RVF_DIGEST_LEN];
	int fd = open(s->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	int err;

	if (fd < 0)
		return rvf_error_system(e, errno, "cannot open %s", s->path);
	err = rvf_sha256_file(fd, 0, s->length, digest);
	if (err || memcmp(digest, s->digest, sizeof(digest)))
		err = rvf_error_set(e, EAGAIN, "bad-file", "%s has changed meanwhile", s->path);
	else
		err = rvf_writer_copy(w, id, s->type, fd, 0, s->length, e);
	close(fd);
	return err;
}

static int write_all(struct rvf_builder *b, struct rvf_writer *w, struct rvf_error *e)
{
	size_t length;
	void *meta;
	int err;

	err = rvf_builder_manifest(b, &meta, &length, e);
	if (err)
		return err;
	err = rvf_writer_segment(w, RVF_META_ID, RVF_SEG_META, meta, length, e);
	free(meta);
	for (size_t i = 0; i < b->n_segments && !err; i++)
		err = write_segment(w, &b->segments[i], RVF_FIRST_SEGMENT_ID + i, e);
	return err;
}

int rvf_builder_write(struct rvf_builder *b, const char *path, struct rvf_error *e)
{
	struct rvf_writer *w;
	int err;

	err = rvf_writer_new(&w, path, 0644, e);
	if (err)
		return err;
	err = write_all(b, w, e);
	if (err) {
		rvf_writer_abort(w);
		return err;
	}
	return rvf_writer_finish(w, e);
}
