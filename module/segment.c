// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading segments from a package's file. Each byte is read once, into memory
 * that nobody else can reach, and hashed there; the file may change, shrink or
 * stall as it likes. No lock is held.
 */
#include <linux/bvec.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include "digest.h"
#include "segment.h"

#define RVF_SKIP_BYTES (64 * 1024)

/**
 * rvf_segment_file_check - Can segments be read from this file?
 * @file: The package.
 *
 * Return: 0, -EBADF not open for reading, -EINVAL no regular file (or one of a
 * file system that the kernel cannot read from).
 */
int rvf_segment_file_check(struct file *file)
{
	if (!(file->f_mode & FMODE_READ))
		return -EBADF;
	if (!S_ISREG(file_inode(file)->i_mode) || !file->f_op->read_iter ||
	    file->f_op->read)
		return -EINVAL;
	return 0;
}

/**
 * rvf_segment_begin - Begin to read a segment
 * @reader: The reader.
 * @file: The package.
 * @offset: Of the segment's payload in it.
 * @length: The payload's bytes.
 * @index: Of the segment in the manifest.
 * @why: Where a refusal will be told.
 *
 * Return: 0, or -EIO for a place that no file has, or -ENOMEM.
 */
int rvf_segment_begin(struct rvf_segment_reader *reader, struct file *file,
		      u64 offset, u64 length, u32 index, struct rvf_why *why)
{
	if (offset > S64_MAX || length > S64_MAX - offset)
		return rvf_refuse(why, -EIO, RVF_REASON_SEGMENT_READ, index);
	reader->file = file;
	reader->pos = offset;
	reader->left = length;
	reader->index = index;
	reader->why = why;
	reader->desc = rvf_digest_begin();
	return PTR_ERR_OR_ZERO(reader->desc);
}

static int rvf_segment_read_iter(struct rvf_segment_reader *reader,
				 struct iov_iter *iter)
{
	while (iov_iter_count(iter)) {
		ssize_t got;

		if (signal_pending(current))
			return -EINTR;
		cond_resched();
		got = vfs_iter_read(reader->file, iter, &reader->pos, 0);
		if (got == -EINTR || got == -ERESTARTSYS ||
		    got == -ENOMEM)
			return got == -ENOMEM ? -ENOMEM : -EINTR;
		/* An early end, and whatever else may ail the file. */
		if (got <= 0)
			return rvf_refuse(reader->why, -EIO,
					  RVF_REASON_SEGMENT_READ,
					  reader->index);
	}
	return 0;
}

/**
 * rvf_segment_read - Read the next bytes of a segment
 * @reader: The reader.
 * @buffer: Where to, in kernel memory.
 * @length: How many, at most what is left.
 *
 * Return: 0, -EIO, -EINTR or -ENOMEM.
 */
int rvf_segment_read(struct rvf_segment_reader *reader, void *buffer,
		     size_t length)
{
	struct kvec vec = { .iov_base = buffer, .iov_len = length };
	struct iov_iter iter;
	int err;

	iov_iter_kvec(&iter, ITER_DEST, &vec, 1, length);
	err = rvf_segment_read_iter(reader, &iter);
	if (err)
		return err;
	reader->left -= length;
	return rvf_digest_add(reader->desc, buffer, length);
}

/**
 * rvf_segment_read_pages - Read the next bytes of a segment into pages
 * @reader: The reader.
 * @pages: The pages, zeroed.
 * @count: How many, at most %RVF_SEGMENT_BATCH. They are filled one behind the
 *	other, the last of the segment in part.
 *
 * Return: as rvf_segment_read().
 */
int rvf_segment_read_pages(struct rvf_segment_reader *reader,
			   struct page **pages, unsigned int count)
{
	struct bio_vec vecs[RVF_SEGMENT_BATCH];
	struct iov_iter iter;
	u64 total = 0;
	unsigned int i;
	int err;

	for (i = 0; i < count; i++) {
		vecs[i].bv_page = pages[i];
		vecs[i].bv_offset = 0;
		vecs[i].bv_len = min_t(u64, PAGE_SIZE, reader->left - total);
		total += vecs[i].bv_len;
	}
	iov_iter_bvec(&iter, ITER_DEST, vecs, count, total);
	err = rvf_segment_read_iter(reader, &iter);
	if (err)
		return err;
	reader->left -= total;
	for (i = 0; i < count && !err; i++)
		err = rvf_digest_add(reader->desc, page_address(pages[i]),
				     vecs[i].bv_len);
	return err;
}

/**
 * rvf_segment_skip - Read what is left of a segment for its digest alone
 * @reader: The reader.
 *
 * Return: as rvf_segment_read().
 */
int rvf_segment_skip(struct rvf_segment_reader *reader)
{
	void *buffer = kvmalloc(RVF_SKIP_BYTES, RVF_GFP);
	int err = 0;

	if (!buffer)
		return -ENOMEM;
	while (!err && reader->left)
		err = rvf_segment_read(reader, buffer,
				       min_t(u64, RVF_SKIP_BYTES, reader->left));
	kvfree(buffer);
	return err;
}

/**
 * rvf_segment_end - The whole segment was read: is it what was signed?
 * @reader: The reader; it is done with.
 * @digest: What the manifest says.
 *
 * Return: 0 or -EILSEQ.
 */
int rvf_segment_end(struct rvf_segment_reader *reader,
		    const u8 digest[RVF_DIGEST_LEN])
{
	u8 actual[RVF_DIGEST_LEN];
	int err = rvf_digest_end(reader->desc, actual);

	if (err)
		return err;
	if (memcmp(actual, digest, RVF_DIGEST_LEN))
		return rvf_refuse(reader->why, -EILSEQ, RVF_REASON_DIGEST,
				  reader->index);
	return 0;
}

void rvf_segment_abort(struct rvf_segment_reader *reader)
{
	rvf_digest_abort(reader->desc);
}
