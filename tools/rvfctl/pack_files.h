/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RVFCTL_PACK_FILES_H
#define RVFCTL_PACK_FILES_H

#include "recipe.h"

/* @path of a recipe in @directory (NULL: the current one) as to be opened. */
char *recipe_path(const char *directory, const char *path);
/* Looks at each file that the recipe names, and complains. */
void check_files(struct recipe *recipe, const char *directory, struct complaints *all);

/* Reads what is asked of a component's jail in files, and completes its entries. */
void complete_jail(struct recipe_component *one, const char *directory, struct complaints *all);
/* A regular file of at most @most bytes, not empty; its fd or -1. */
int open_file(struct complaints *all, const struct place *at, const char *directory,
	      const char *said, uint64_t most, size_t *length);

#endif /* RVFCTL_PACK_FILES_H */
