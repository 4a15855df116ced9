/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The last lines of a task's output, in a fixed amount of memory.
 */
#ifndef RVF_SUPERVISE_RING_H
#define RVF_SUPERVISE_RING_H

#include "supervise.h"

#define RVF_RING_BYTES (256u << 10)

struct rvf_ring;

/**
 * rvf_ring_open - Make a ring, or open the one of an earlier supervisor
 * @ring: Takes it.
 * @dir: Directory fd for its file; -1: memory only.
 * @name: The file's name.
 * @identity: Whose lines they are: a file of another identity is begun anew,
 *	and so is a damaged one.
 *
 * Return: 0 or a negative errno.
 */
int rvf_ring_open(struct rvf_ring **ring, int dir, const char *name, const __u64 identity[2]);

/**
 * rvf_ring_close - Close it; a file stays
 * @ring: May be NULL.
 */
void rvf_ring_close(struct rvf_ring *ring);

/**
 * rvf_ring_append - Add a line; the oldest ones go where there is no room
 * @ring: A ring.
 * @line: The line, at most %RVF_LOG_LINE bytes; its sequence is filled.
 */
void rvf_ring_append(struct rvf_ring *ring, struct rvf_log_line *line);

/**
 * rvf_ring_read - Read the first line after another
 * @ring: A ring.
 * @cursor: Which; its place is kept up to date.
 * @line: Is filled; its data is @data.
 * @data: Takes the bytes; may be NULL.
 * @dropped: Takes how many lines behind the cursor are gone; may be NULL.
 *
 * Return: true when there is one.
 */
bool rvf_ring_read(const struct rvf_ring *ring, struct rvf_log_cursor *cursor,
		   struct rvf_log_line *line, char data[RVF_LOG_LINE], __u64 *dropped);

/**
 * rvf_ring_newest - Sequence of the newest line, 0: there never was one
 * @ring: A ring.
 */
__u64 rvf_ring_newest(const struct rvf_ring *ring);

/**
 * rvf_ring_newest_time - When it was added
 * @ring: A ring.
 */
__u64 rvf_ring_newest_time(const struct rvf_ring *ring);

#endif /* RVF_SUPERVISE_RING_H */
