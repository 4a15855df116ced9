/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RVFCTL_PLUGIN_PACKAGE_H
#define RVFCTL_PLUGIN_PACKAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <rvf/error.h>

struct plugin_mount {
	char *source; /* @target may point into it */
	const char *target;
	bool writable;
};

/**
 * struct plugin_package - A package around one program
 * @path: The program: a static or dynamic ELF file.
 * @args: Its arguments.
 * @n_args: How many.
 * @vcpus: vCPUs of its VM, 0: no VM.
 * @memory: Bytes that it may give its guest.
 * @profile: One of enum rvf_profile.
 * @mounts: What of the host it sees.
 * @n_mounts: How many.
 * @tap: A TAP device, or NULL.
 */
struct plugin_package {
	const char *path;
	const char *const *args;
	size_t n_args;
	uint32_t vcpus;
	uint64_t memory;
	uint32_t profile;
	struct plugin_mount *mounts;
	size_t n_mounts;
	const char *tap;
};

/* Writes it, unsigned; a dynamic program is given what its libraries need. */
int plugin_package_write(const struct plugin_package *package, const char *file,
			 struct rvf_error *e);

#endif /* RVFCTL_PLUGIN_PACKAGE_H */
