/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RVFCTL_ELF_CHECK_H
#define RVFCTL_ELF_CHECK_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Whether a task could execute these bytes: NULL, or what is wrong with them,
 * and what to do in @hint. Where @dynamic is not NULL a dynamic executable is
 * accepted, too, and it is set.
 */
const char *elf_check(const void *data, size_t length, bool *dynamic, const char **hint);

#endif /* RVFCTL_ELF_CHECK_H */
