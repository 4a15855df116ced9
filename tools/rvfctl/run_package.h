/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RVFCTL_RUN_PACKAGE_H
#define RVFCTL_RUN_PACKAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <rvf/error.h>

struct args;

/**
 * struct run_options - How a package is run here
 * @args: Of the command.
 * @file: The package.
 * @subject: What messages are about.
 * @grace_ms: How long tasks may take to stop.
 * @raw: What the tasks write is shown as it is.
 * @own_policy: Who gave the command says what of the host the tasks see, and
 *	not the host's policy.
 */
struct run_options {
	const struct args *args;
	const char *file;
	const char *subject;
	uint32_t grace_ms;
	bool raw;
	bool own_policy;
};

/* Until its tasks ended or a signal came: the exit status, chroot(1)'s for our own failures. */
int run_package(const struct run_options *options);
int run_status(const struct rvf_error *e);

#endif /* RVFCTL_RUN_PACKAGE_H */
