/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Between the files that run in a child before its program is executed. The
 * parent may have threads, any of which may have held a lock of libc when the
 * child was made: so there are only raw system calls in them, and no memory is
 * allocated.
 */
#ifndef RVF_PROCESS_CHILD_H
#define RVF_PROCESS_CHILD_H

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "process_internal.h"

static inline bool has(const struct rvf_child *child, __u32 bits)
{
	return child->jail & bits;
}

/* @what: of what, where a step is done for several. */
static inline void __attribute__((noreturn)) fail_at(int sync, enum rvf_step step, const char *what)
{
	struct rvf_child_report report = { .step = step, .err = errno };

	for (size_t i = 0; i < sizeof(report.what) && what[i]; i++)
		report.what[i] = what[i];
	(void)!write(sync, &report, sizeof(report));
	syscall(SYS_exit_group, 127);
	__builtin_unreachable();
}

static inline void __attribute__((noreturn)) fail(int sync, enum rvf_step step)
{
	fail_at(sync, step, "");
}

/* What the kernel does not have, or the machine: it is told, and goes on. */
static inline void lacks(const struct rvf_child *child, __u32 part)
{
	struct rvf_child_report report = { .step = RVF_STEP_NONE, .lacks = part };

	(void)!write(child->sync, &report, sizeof(report));
}

/* try(CHILD, STEP, CALL): a call that returns a negative number on failure */
#define try(child, step, call)                       \
	do {                                         \
		if ((call) < 0)                      \
			fail((child)->sync, (step)); \
	} while (0)

/* process_root.c: an empty root, or what the profile puts there */
int rvf_child_make_root(const struct rvf_child *child);
void rvf_child_enter_root(const struct rvf_child *child, int root);

/* process_landlock.c */
void rvf_child_landlock(const struct rvf_child *child, int image);

#endif /* RVF_PROCESS_CHILD_H */
