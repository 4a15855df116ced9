// SPDX-License-Identifier: GPL-2.0-only
/* Errors in words: every reason has them, and none tells how to be less safe. */
#include <ctype.h>
#include <errno.h>
#include <rvf/error.h>
#include <linux/rvf.h>
#include "tap.h"

static const __u32 reasons[] = {
	RVF_REASON_UNSIGNED,
	RVF_REASON_UNKNOWN_KEY,
	RVF_REASON_BAD_SIGNATURE,
	RVF_REASON_KEY_NOT_YET,
	RVF_REASON_KEY_EXPIRED,
	RVF_REASON_KEY_USAGE,
	RVF_REASON_KEY_NAME,
	RVF_REASON_ENVELOPE,
	RVF_REASON_KEY_RECORD,
	RVF_REASON_KEY_WEAK,
	RVF_REASON_KEY_ALGORITHM,
	RVF_REASON_KEY_DEVELOPER,
	RVF_REASON_HEADER,
	RVF_REASON_VERSION,
	RVF_REASON_UNSUPPORTED,
	RVF_REASON_LAYOUT,
	RVF_REASON_RESERVED,
	RVF_REASON_STRING,
	RVF_REASON_DUPLICATE,
	RVF_REASON_PACKAGE,
	RVF_REASON_SEGMENT,
	RVF_REASON_COMPONENT,
	RVF_REASON_DEPENDENCY,
	RVF_REASON_CYCLE,
	RVF_REASON_REGION,
	RVF_REASON_QUEUE,
	RVF_REASON_GRANT,
	RVF_REASON_CONTENT_HASH,
	RVF_REASON_REQUIRED,
	RVF_REASON_MANIFEST_SIZE,
	RVF_REASON_LIMIT_SEGMENTS,
	RVF_REASON_LIMIT_COMPONENTS,
	RVF_REASON_LIMIT_TASKS,
	RVF_REASON_LIMIT_REGIONS,
	RVF_REASON_LIMIT_QUEUES,
	RVF_REASON_LIMIT_GRANTS,
	RVF_REASON_LIMIT_DEPS,
	RVF_REASON_LIMIT_BYTES,
	RVF_REASON_DIGEST,
	RVF_REASON_SEGMENT_READ,
	RVF_REASON_SEGMENT_COUNT,
	RVF_REASON_MOUNT_NAME,
	RVF_REASON_NAME_IN_USE,
	RVF_REASON_MEMORY,
	RVF_REASON_WITNESS_FULL,
	RVF_REASON_BIND_IMAGE,
	RVF_REASON_BIND_TEXT,
	RVF_REASON_BIND_NNP,
	RVF_REASON_BIND_SECCOMP,
	RVF_REASON_BIND_CAPS,
	RVF_REASON_BIND_USER,
	RVF_REASON_BIND_USER_NS,
	RVF_REASON_BIND_NAMESPACE,
	RVF_REASON_BIND_ROOT,
	RVF_REASON_BIND_PERSONALITY,
	RVF_REASON_BIND_THREADS,
	RVF_REASON_BIND_FILES,
	RVF_REASON_BIND_MM,
	RVF_REASON_BIND_TRACED,
	RVF_REASON_BIND_DUMPABLE,
};

/* What no hint may say. */
static const char *const unsafe[] = { "--no-",	 "--force",	 "--insecure", "--skip",
				      "disable", "allow it all", "chmod 777" };

static bool is_slug(const char *slug)
{
	if (!islower((unsigned char)*slug) || strlen(slug) > 31)
		return false;
	for (; *slug; slug++) {
		if (!islower((unsigned char)*slug) && !isdigit((unsigned char)*slug) &&
		    *slug != '-')
			return false;
	}
	return true;
}

static bool is_safe(const char *text)
{
	for (size_t i = 0; i < sizeof(unsafe) / sizeof(unsafe[0]); i++) {
		if (strstr(text, unsafe[i]))
			return false;
	}
	return true;
}

static void test_reasons(void)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		struct rvf_error e;
		int err;

		memset(&e, 0xff, sizeof(e));
		err = rvf_error_from_kernel(&e, EBADMSG, reasons[i], 4711);
		tap_ok(err == -EBADMSG && e.err == EBADMSG && e.reason == reasons[i] &&
			       e.index == 4711 && is_slug(e.slug) && *e.what &&
			       !strchr(e.what, '\n') && !strchr(e.what, '%') &&
			       !strchr(e.why, '%') && strlen(e.why) < sizeof(e.why) - 1 &&
			       strlen(e.hint) < sizeof(e.hint) - 1 && is_safe(e.hint) &&
			       is_safe(e.why) && !strcmp(e.slug, rvf_reason_slug(reasons[i])) &&
			       !strcmp(e.what, rvf_reason_text(reasons[i])),
		       "reason %u: %s: %s", reasons[i], e.slug, e.what);
	}
	/* those that people meet most must not be mixed up */
	for (size_t i = 0; i < 7; i++) {
		for (size_t j = 0; j < i; j++)
			tap_ok(strcmp(rvf_reason_slug(reasons[i]), rvf_reason_slug(reasons[j])),
			       "reasons %u and %u have words of their own", reasons[i], reasons[j]);
	}
}

static void test_no_reason(void)
{
	static const int errnos[] = { EPERM, ENODEV, ENOENT, EBUSY, ENOMEM, EINVAL, EIO, 4095 };
	struct rvf_error e;

	for (size_t i = 0; i < sizeof(errnos) / sizeof(errnos[0]); i++) {
		rvf_error_from_kernel(&e, errnos[i], 0, 0);
		tap_ok(e.err == errnos[i] && !e.reason && is_slug(e.slug) && *e.what,
		       "errno %d alone: %s: %s", errnos[i], e.slug, e.what);
	}
	rvf_error_from_kernel(&e, EBADMSG, 12345, 0);
	tap_ok(e.reason == 12345 && is_slug(e.slug) && *e.what && *rvf_reason_text(12345) &&
		       *rvf_reason_slug(12345),
	       "a reason of a later version: %s", e.what);
}

static void test_setting(void)
{
	struct rvf_error e;
	char *longer = malloc(2000);

	memset(longer, 'x', 1999);
	longer[1999] = 0;
	tap_equal(rvf_error_set(&e, EIO, longer, "%s", longer), -EIO, "a text that is too long");
	rvf_error_why(&e, "%s", longer);
	rvf_error_hint(&e, "%s", longer);
	tap_ok(strlen(e.slug) == 31 && strlen(e.what) == 255 && strlen(e.why) == 511 &&
		       strlen(e.hint) == 255,
	       "... is cut");
	tap_ok(rvf_error_set(&e, ENOENT, "a", "b") == -ENOENT && !*e.why && !*e.hint && !e.reason,
	       "a new error has nothing of the last one");
	tap_ok(rvf_error_system(&e, ENOENT, "cannot open %s", "it") == -ENOENT &&
		       !strcmp(e.what, "cannot open it") && *e.why && is_slug(e.slug),
	       "a system call's: %s: %s", e.what, e.why);
	rvf_error_why(NULL, "%d", 1);
	rvf_error_hint(NULL, "%d", 1);
	tap_ok(rvf_error_set(NULL, EIO, "a", "b") == -EIO &&
		       rvf_error_system(NULL, EIO, "a") == -EIO &&
		       rvf_error_from_kernel(NULL, EIO, 1, 0) == -EIO,
	       "nobody wants to know");
	free(longer);
}

int main(void)
{
	tap_begin();
	test_reasons();
	test_no_reason();
	test_setting();
	return tap_end();
}
