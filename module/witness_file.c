// SPDX-License-Identifier: GPL-2.0-only
/* The witness on the control fd: read, marked, polled. */
#include <linux/mm.h>
#include <linux/poll.h>
#include <linux/sizes.h>
#include <linux/uaccess.h>
#include "ioctl.h"
#include "witness.h"

/* The most that one command reads. */
#define RVF_WITNESS_MOST_READ SZ_64K

/*
 * What RVF_WITNESS_READ last told an open control file of: the number of the
 * next record, in its private_data. Only compared for being another, so that
 * what a long of 32 bits cannot hold does no harm.
 */
static void rvf_witness_told(struct file *file, u64 next)
{
	WRITE_ONCE(file->private_data, (void *)(unsigned long)next);
}

__poll_t rvf_witness_poll(struct file *file, struct poll_table_struct *wait)
{
	struct rvf_witness_state state;

	poll_wait(file, &rvf_witness_wait, wait);
	rvf_witness_state(&state);
	return (void *)(unsigned long)state.next !=
		       READ_ONCE(file->private_data) ?
		       EPOLLIN | EPOLLRDNORM : 0;
}

int rvf_cmd_witness_read(struct rvf_ucmd *ucmd)
{
	struct rvf_witness_read *cmd = ucmd->cmd;
	struct rvf_witness_state state;
	u32 length = min_t(u32, cmd->length, RVF_WITNESS_MOST_READ);
	void *records;
	int err, gone;

	if (cmd->flags)
		return -EOPNOTSUPP;
	/* Whole records at one moment, copied out with no lock held. */
	records = kvmalloc(length + 1, RVF_GFP_CALLER);
	if (!records)
		return -ENOMEM;
	err = rvf_witness_copy(cmd->sequence, records, &length,
			       &cmd->out_count, &state);
	cmd->length = length;
	cmd->out_first = state.first;
	cmd->out_next = state.next;
	cmd->out_lost = state.lost;
	memcpy(cmd->out_head, state.head, RVF_DIGEST_LEN);
	gone = !err && length &&
	       copy_to_user(u64_to_user_ptr(cmd->buffer), records, length);
	kvfree(records);
	if (gone || rvf_ucmd_respond(ucmd))
		return -EFAULT;
	if (!err)
		rvf_witness_told(ucmd->file, cmd->sequence + cmd->out_count);
	return err;
}

int rvf_cmd_witness_mark(struct rvf_ucmd *ucmd)
{
	struct rvf_witness_mark *cmd = ucmd->cmd;

	if (cmd->flags)
		return -EOPNOTSUPP;
	return rvf_witness_mark(cmd->sequence, cmd->hash);
}
