/* SPDX-License-Identifier: GPL-2.0-only */
/* What the steps of a mount share. */
#ifndef RVF_MOUNT_LOAD_H
#define RVF_MOUNT_LOAD_H

#include <linux/bitmap.h>
#include "mount.h"
#include "signature.h"

/**
 * struct rvf_load - A mount in the making
 * @cmd: What was asked.
 * @mnt: What is made; RVF_VERIFY makes one that nobody ever finds.
 * @file: The package.
 * @offsets: Where each segment's payload begins.
 * @seen: A bit for each segment that was read.
 * @signers: Whose signatures fit.
 * @name: The name that the key is asked for.
 * @name_len: Its bytes.
 * @dry: RVF_VERIFY: check, and create nothing.
 * @why: Why not.
 */
struct rvf_load {
	struct rvf_mount *cmd;
	struct rvf_mnt *mnt;
	struct file *file;
	u64 *offsets;
	DECLARE_BITMAP(seen, RVF_MAX_SEGMENTS);
	struct rvf_signers signers;
	char name[RVF_MAX_NAME];
	u32 name_len;
	bool dry;
	struct rvf_why why;
};

/* mount_signed.c: whose it is, and that it is a manifest */
int rvf_load_signed(struct rvf_load *load);

/* mount_objects.c: what it says is made, or only read where that is all */
int rvf_load_objects(struct rvf_load *load);

#endif
