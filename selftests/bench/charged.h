/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory, as the cgroup that pays for it counts it. */
#ifndef RVF_BENCH_CHARGED_H
#define RVF_BENCH_CHARGED_H

/**
 * struct charges - What is charged, in KiB
 * @all: memory.current.
 * @anonymous: Of it, by memory.stat: private memory of processes.
 * @shared: tmpfs, memfds.
 * @kernel: All of the kernel's, with the next three in it.
 * @page_tables: Page tables, also of guests.
 * @stacks: Kernel stacks.
 * @slab: Small objects.
 */
struct charges {
	double all;
	double anonymous;
	double shared;
	double kernel;
	double page_tables;
	double stacks;
	double slab;
};

/* Moves this process into a cgroup of its own, and back: 0 or a negative errno. */
int charges_begin(void);
void charges_end(void);
int charges_now(struct charges *charges);

#endif /* RVF_BENCH_CHARGED_H */
