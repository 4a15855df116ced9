/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RVFCTL_PACK_FILES_H
#define RVFCTL_PACK_FILES_H

#include "recipe.h"

/* @path of a recipe in @directory (NULL: the current one) as to be opened. */
char *recipe_path(const char *directory, const char *path);
/* Looks at each file that the recipe names, and complains. */
void check_files(const struct recipe *recipe, const char *directory, struct complaints *all);

#endif /* RVFCTL_PACK_FILES_H */
