/* SPDX-License-Identifier: GPL-2.0-only */
/* How a line of a task's output is shown. */
#ifndef RVFCTL_LINES_H
#define RVFCTL_LINES_H

#include "../supervise/supervise.h"

enum {
	LINE_TIME = 1 << 0,
	LINE_TASK = 1 << 1,
	LINE_RAW = 1 << 2, /* the bytes, and nothing else */
};

void put_line(FILE *out, const char *task, size_t task_width, const struct rvf_log_line *line,
	      unsigned int how);

#endif /* RVFCTL_LINES_H */
