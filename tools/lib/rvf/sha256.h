/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef RVF_SHA256_H
#define RVF_SHA256_H

#include <stddef.h>
#include <linux/rvf.h>

/* SHA-256 of bytes in memory: 0 or -ENOMEM. */
int rvf_sha256(const void *data, size_t length, __u8 digest[RVF_DIGEST_LEN]);

/* SHA-256 of a part of a file: 0, or what reading it says. */
int rvf_sha256_file(int fd, __u64 offset, __u64 length, __u8 digest[RVF_DIGEST_LEN]);

/* What is signed of a manifest: see "Signatures" in rvf_format.h. */
int rvf_signed_digest(const void *manifest, size_t length, __u8 digest[RVF_DIGEST_LEN]);

#endif /* RVF_SHA256_H */
