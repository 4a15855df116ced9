// SPDX-License-Identifier: GPL-2.0-only
/*
 * Errors: what, why, and what to try. Three lines on a terminal; elsewhere one,
 * so that a log keeps it whole.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <linux/rvf.h>

#include "rvfctl.h"
#include "text.h"

/* Words whose errno alone would say something else. */
static const struct {
	const char *slug;
	enum rvf_exit status;
} slugs[] = {
	{ "unsigned", RVFCTL_REFUSED },		 { "unknown-key", RVFCTL_REFUSED },
	{ "bad-signature", RVFCTL_REFUSED },	 { "bad-digest", RVFCTL_REFUSED },
	{ "key-revoked", RVFCTL_REFUSED },	 { "key-expired", RVFCTL_REFUSED },
	{ "key-not-yet", RVFCTL_REFUSED },	 { "key-usage", RVFCTL_REFUSED },
	{ "key-developer", RVFCTL_REFUSED },	 { "key-mount", RVFCTL_REFUSED },
	{ "malformed", RVFCTL_REFUSED },	 { "bad-manifest", RVFCTL_REFUSED },
	{ "witness-changed", RVFCTL_REFUSED },	 { "witness-missing", RVFCTL_REFUSED },
	{ "witness-order", RVFCTL_REFUSED },	 { "witness-cut", RVFCTL_REFUSED },
	{ "witness-other", RVFCTL_REFUSED },	 { "witness-gone", RVFCTL_NOTFOUND },
	{ "too-large", RVFCTL_REFUSED },	 { "bad-key", RVFCTL_REFUSED },
	{ "weak-key", RVFCTL_REFUSED },		 { "no-module", RVFCTL_UNSUPPORTED },
	{ "bad-algorithm", RVFCTL_UNSUPPORTED }, { "not-root", RVFCTL_DENIED },
	{ "no-mount", RVFCTL_NOTFOUND },	 { "gone", RVFCTL_NOTFOUND },
	{ "no-daemon", RVFCTL_NODAEMON },	 { "no-memory", RVFCTL_LIMIT },
};

static enum rvf_exit exit_of_errno(int err)
{
	switch (err) {
	case 0:
		return RVFCTL_FAIL;
	case ENODATA:
	case ENOKEY:
	case EKEYREJECTED:
	case EKEYEXPIRED:
	case EBADMSG:
	case EILSEQ:
		return RVFCTL_REFUSED;
	case ENODEV:
	case ENXIO:
	case ENOTTY:
	case ENOSYS:
	case EOPNOTSUPP:
		return RVFCTL_UNSUPPORTED;
	case ENOENT:
	case ENOTDIR:
	case EISDIR:
		return RVFCTL_NOTFOUND;
	case EEXIST:
	case EBUSY:
		return RVFCTL_BUSY;
	case EPERM:
	case EACCES:
	case EROFS:
		return RVFCTL_DENIED;
	case ENOTCONN:
	case ECONNREFUSED:
		return RVFCTL_NODAEMON;
	case ENOMEM:
	case EDQUOT:
	case ENOSPC:
	case EMFILE:
	case ENFILE:
		return RVFCTL_LIMIT;
	case ETIMEDOUT:
		return RVFCTL_TIMEOUT;
	case EINTR:
		return RVFCTL_SIGNAL + 2;
	default:
		return RVFCTL_FAIL;
	}
}

enum rvf_exit exit_of(const struct rvf_error *e)
{
	for (size_t i = 0; i < sizeof(slugs) / sizeof(slugs[0]); i++) {
		if (!strcmp(e->slug, slugs[i].slug))
			return slugs[i].status;
	}
	switch (e->reason) {
	case RVF_REASON_NONE:
	case RVF_REASON_SEGMENT_COUNT:
		break;
	case RVF_REASON_KEY_ALGORITHM:
	case RVF_REASON_UNSUPPORTED:
		return RVFCTL_UNSUPPORTED;
	case RVF_REASON_MOUNT_NAME:
		return RVFCTL_USAGE;
	case RVF_REASON_NAME_IN_USE:
		return RVFCTL_BUSY;
	case RVF_REASON_MEMORY:
	case RVF_REASON_WITNESS_FULL:
		return RVFCTL_LIMIT;
	default:
		if (e->reason < RVF_REASON_BIND_IMAGE)
			return RVFCTL_REFUSED;
	}
	return exit_of_errno(e->err);
}

int report(const char *subject, const struct rvf_error *e, int status)
{
	bool lines = isatty(STDERR_FILENO);
	const char *red = colour(stderr, RED), *normal = plain(stderr);

	fflush(stdout);
	fputs("rvfctl: ", stderr);
	if (subject)
		put_text(stderr, subject, strlen(subject));
	if (subject && (status == RVFCTL_REFUSED || status == RVFCTL_RUN_REFUSED))
		fprintf(stderr, " %srefused%s: ", red, normal);
	else if (subject)
		fputs(": ", stderr);
	put_text(stderr, e->what, strlen(e->what));
	if (*e->slug)
		fprintf(stderr, " [%s]", e->slug);
	if (*e->why) {
		fputs(lines ? "\n  why: " : "; why: ", stderr);
		put_text(stderr, e->why, strlen(e->why));
	}
	if (*e->hint) {
		fputs(lines ? "\n  try: " : "; try: ", stderr);
		put_text(stderr, e->hint, strlen(e->hint));
	}
	putc('\n', stderr);
	return status;
}

static void json_error(struct json *json, const struct rvf_error *e, int status)
{
	json_text(json, "code", *e->slug ? e->slug : "error");
	json_i64(json, "exit", status);
	json_text(json, "what", e->what);
	json_text(json, "why", *e->why ? e->why : NULL);
	json_text(json, "try", *e->hint ? e->hint : NULL);
}

int fail_with(const struct args *args, const char *subject_key, const char *subject,
	      const struct rvf_error *e, int status)
{
	struct json json;

	report(subject, e, status);
	if (args->json) {
		json_begin(&json, "error");
		if (subject)
			json_text(&json, subject_key, subject);
		json_error(&json, e, status);
		json_finish(&json, stdout);
	}
	return status;
}

int fail(const struct args *args, const char *subject_key, const char *subject,
	 const struct rvf_error *e)
{
	return fail_with(args, subject_key, subject, e, exit_of(e));
}

void file_error(struct rvf_error *e, int err, const char *doing)
{
	static const struct {
		int err;
		const char *slug;
		const char *what;
	} words[] = {
		{ ENOENT, "not-found", "there is no such file" },
		{ ENOTDIR, "not-found", "part of the path is not a directory" },
		{ EISDIR, "bad-file", "it is a directory" },
		{ EACCES, "denied", "you may not do this" },
		{ EPERM, "denied", "you may not do this" },
		{ EEXIST, "exists", "there is one already" },
		{ ENOSPC, "no-space", "the disk is full" },
		{ EDQUOT, "no-space", "your disk quota is used up" },
		{ EROFS, "denied", "the file system is read-only" },
		{ ENOMEM, "no-memory", "there is no memory left" },
	};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (words[i].err == err) {
			rvf_error_set(e, err, words[i].slug, "it cannot be %s", doing);
			rvf_error_why(e, "%s", words[i].what);
			return;
		}
	}
	rvf_error_set(e, err, "system", "it cannot be %s", doing);
	rvf_error_why(e, "%s", strerror(err));
}

/* ---- batches */

void batch_begin(struct batch *batch, const struct args *args, const char *kind,
		 const char *subject_key)
{
	memset(batch, 0, sizeof(*batch));
	batch->args = args;
	batch->subject_key = subject_key;
	if (args->json) {
		json_begin(&batch->json, kind);
		json_array(&batch->json, "items");
	}
}

struct json *batch_item(struct batch *batch, const char *subject)
{
	json_object(&batch->json, NULL);
	json_text(&batch->json, batch->subject_key, subject);
	return &batch->json;
}

void batch_failed(struct batch *batch, const char *subject, const struct rvf_error *e, int status)
{
	if (!batch->failures++)
		batch->status = status;
	else if (batch->status != status)
		batch->status = RVFCTL_FAIL;
	batch->error = *e;
	batch->subject = subject;
	/* a single one is told as a document of its own at the end */
	if (batch->args->count == 1)
		return;
	report(subject, e, status);
	if (!batch->args->json)
		return;
	batch_item(batch, subject);
	json_object(&batch->json, "error");
	json_error(&batch->json, e, status);
	json_close(&batch->json);
	json_close(&batch->json);
}

int batch_end(struct batch *batch)
{
	const struct args *args = batch->args;

	if (batch->failures && args->count == 1) {
		if (args->json)
			json_drop(&batch->json);
		return fail_with(args, batch->subject_key, batch->subject, &batch->error,
				 batch->status);
	}
	if (args->json)
		json_finish(&batch->json, stdout);
	return batch->status;
}
