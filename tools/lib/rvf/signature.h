/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef RVF_SIGNATURE_H
#define RVF_SIGNATURE_H

#include <rvf/package.h>

struct rvf_key_record;

/* Is it this key's, over this manifest? 1, 0 or -ENOMEM. */
int rvf_signature_fits(const struct rvf_key_record *record, const void *manifest, size_t length,
		       const struct rvf_signature_view *signature);

#endif /* RVF_SIGNATURE_H */
