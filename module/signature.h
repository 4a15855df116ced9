/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RVF_SIGNATURE_H
#define RVF_SIGNATURE_H

#include "rvf.h"

struct rvf_key;

/**
 * struct rvf_signers - Whose signatures fit a manifest
 * @keys: The keys, each with a reference.
 * @count: How many, at least one.
 */
struct rvf_signers {
	struct rvf_key *keys[RVF_MAX_SIGNATURES];
	u32 count;
};

u32 rvf_signature_algorithms(void);
int rvf_signature_verify(struct rvf_signers *signers, const void *manifest,
			 u32 manifest_len, const void *envelope,
			 u32 envelope_len, u8 missing_key[RVF_KEY_ID_LEN],
			 struct rvf_why *why);
void rvf_signers_release(struct rvf_signers *signers);

#endif /* RVF_SIGNATURE_H */
