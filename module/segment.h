/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RVF_SEGMENT_H
#define RVF_SEGMENT_H

#include <linux/mm_types.h>
#include "rvf.h"

struct file;
struct shash_desc;

/* Pages that are read at a time. */
#define RVF_SEGMENT_BATCH 32

/**
 * struct rvf_segment_reader - Reads a segment once, hashing what it read
 * @file: The package.
 * @pos: Where the next byte is.
 * @left: Bytes to go.
 * @desc: The digest so far.
 * @index: Of the segment, for @why.
 * @why: Where a refusal is told.
 */
struct rvf_segment_reader {
	struct file *file;
	loff_t pos;
	u64 left;
	struct shash_desc *desc;
	u32 index;
	struct rvf_why *why;
};

int rvf_segment_file_check(struct file *file);
int rvf_segment_begin(struct rvf_segment_reader *reader, struct file *file,
		      u64 offset, u64 length, u32 index, struct rvf_why *why);
int rvf_segment_read(struct rvf_segment_reader *reader, void *buffer,
		     size_t length);
int rvf_segment_read_pages(struct rvf_segment_reader *reader,
			   struct page **pages, unsigned int count);
int rvf_segment_skip(struct rvf_segment_reader *reader);
int rvf_segment_end(struct rvf_segment_reader *reader,
		    const u8 digest[RVF_DIGEST_LEN]);
void rvf_segment_abort(struct rvf_segment_reader *reader);

#endif /* RVF_SEGMENT_H */
