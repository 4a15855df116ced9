/* SPDX-License-Identifier: GPL-2.0-only */
/* Handles in messages: nodes without a file, until somebody receives them. */
#ifndef RVF_MESSAGE_H
#define RVF_MESSAGE_H

#include "rvf.h"

struct rvf_node;

/**
 * struct rvf_cargo - The handles in a message
 * @next: While several are dropped.
 * @count: How many.
 * @nodes: Their nodes; the message holds a reference on each.
 */
struct rvf_cargo {
	struct rvf_cargo *next;
	u32 count;
	struct rvf_node *nodes[RVF_MAX_MESSAGE_HANDLES];
};

int rvf_cargo_load(const struct rvf_node *via,
		   const struct rvf_message *message, struct rvf_cargo **cargo);
void rvf_cargo_drop(struct rvf_cargo *cargo);

/**
 * struct rvf_unload - Handles on their way to a receiver
 * @cargo: The nodes.
 * @files: A file for each.
 * @fds: Where it will go.
 * @n: How many of both there are.
 */
struct rvf_unload {
	struct rvf_cargo *cargo;
	struct file *files[RVF_MAX_MESSAGE_HANDLES];
	int fds[RVF_MAX_MESSAGE_HANDLES];
	u32 n;
};

int rvf_unload_prepare(struct rvf_unload *unload, struct rvf_cargo *cargo,
		       u64 handles);
void rvf_unload_abort(struct rvf_unload *unload);
int rvf_unload_commit(struct rvf_unload *unload, const struct rvf_node *via);

#endif /* RVF_MESSAGE_H */
