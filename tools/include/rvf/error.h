/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Errors as people read them. Library calls return 0 (or something positive)
 * or a negative errno, and tell the rest in a struct rvf_error, which may be
 * NULL.
 */
#ifndef RVF_ERROR_H
#define RVF_ERROR_H

#include <linux/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

/**
 * struct rvf_error - What went wrong, why, and what to do
 * @err: A positive errno; 0: nothing went wrong.
 * @reason: One of enum rvf_reason, 0 when the kernel was not asked.
 * @index: What the reason says of it.
 * @slug: A stable word for scripts, such as "unknown-key".
 * @what: One line.
 * @why: Details; may be empty.
 * @hint: What to do; never weakens security; may be empty.
 */
struct rvf_error {
	int err;
	__u32 reason;
	__u32 index;
	char slug[32];
	char what[256];
	char why[512];
	char hint[256];
};

/**
 * rvf_error_set - Fill an error; @why and @hint become empty
 * @e: The error, or NULL.
 * @err: Positive errno.
 * @slug: Its word.
 * @what: Format of the line.
 *
 * Return: -@err, so that a function can end with it.
 */
int rvf_error_set(struct rvf_error *e, int err, const char *slug, const char *what, ...)
	__attribute__((format(printf, 4, 5)));

/** rvf_error_why - Say why. @e: The error, or NULL. @format: The text. */
void rvf_error_why(struct rvf_error *e, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** rvf_error_hint - Say what to do. @e: The error, or NULL. @format: The text. */
void rvf_error_hint(struct rvf_error *e, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * rvf_error_system - Fill an error from a system call that failed
 * @e: The error, or NULL.
 * @err: Positive errno.
 * @what: Format of what was tried, such as "cannot open %s".
 *
 * Return: -@err.
 */
int rvf_error_system(struct rvf_error *e, int err, const char *what, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * rvf_error_from_kernel - Fill an error from what a command of rvf.ko said
 * @e: The error, or NULL.
 * @err: Positive errno.
 * @reason: One of enum rvf_reason, or 0.
 * @index: What the reason says of it.
 *
 * Return: -@err.
 */
int rvf_error_from_kernel(struct rvf_error *e, int err, __u32 reason, __u32 index);

/** rvf_reason_text - A reason in words; never NULL. @reason: The reason. */
const char *rvf_reason_text(__u32 reason);

/** rvf_reason_slug - A reason's stable word; never NULL. @reason: The reason. */
const char *rvf_reason_slug(__u32 reason);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* RVF_ERROR_H */
