/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RVFCTL_REFINE_H
#define RVFCTL_REFINE_H

#include <rvf/error.h>
#include <rvf/package.h>

/*
 * The kernel says why it refuses in a number and an index. What these mean for
 * this package and this host is added to @e: whose segment it is, who signed.
 * @ctl: a control fd, or -1 when the kernel was not asked.
 */
void refine_error(struct rvf_error *e, const struct rvf_package *package, const char *name,
		  int ctl);

/* Whose the manifest's segment is: "component 'adder'"; to be freed. */
char *segment_owner(const struct rvf_manifest *m, __u32 segment);
/* A string of the manifest; to be freed. */
char *manifest_text(const struct rvf_manifest *m, const struct rvf_m_string *string);
/* SHA-256 of what the package holds in the place of a segment; or -EIO. */
int segment_digest(const struct rvf_package *package, __u32 segment, __u8 digest[RVF_DIGEST_LEN]);

#endif /* RVFCTL_REFINE_H */
