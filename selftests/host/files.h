/* SPDX-License-Identifier: GPL-2.0-only */
/* Files for tests: in a directory of their own, which goes with the program. */
#ifndef HOST_FILES_H
#define HOST_FILES_H

#include <stddef.h>

/* The path of @name in the test's directory; good until the 16th next call. */
const char *test_path(const char *name);

/* A file with these bytes, replaced if it is there; returns its path. */
const char *test_file(const char *name, const void *data, size_t length);

/* All bytes of a file, in memory of exactly their size; the caller frees it. */
unsigned char *read_whole(const char *path, size_t *length);

/* An open file without a name, and a path that leads to it. */
struct memory_file {
	int fd;
	char path[32];
};

void memory_file_open(struct memory_file *file);
void memory_file_set(struct memory_file *file, const void *data, size_t length);
void memory_file_close(struct memory_file *file);

#endif /* HOST_FILES_H */
