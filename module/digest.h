/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RVF_DIGEST_H
#define RVF_DIGEST_H

#include <crypto/hash.h>
#include "rvf.h"

int rvf_digest_setup(void);
void rvf_digest_cleanup(void);

struct shash_desc *rvf_digest_begin(void);
int rvf_digest_add(struct shash_desc *desc, const void *data, size_t len);
int rvf_digest_end(struct shash_desc *desc, u8 digest[RVF_DIGEST_LEN]);
int rvf_digest_of(const void *data, size_t len, u8 digest[RVF_DIGEST_LEN]);
void rvf_digest_abort(struct shash_desc *desc);

#endif /* RVF_DIGEST_H */
