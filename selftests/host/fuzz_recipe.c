// SPDX-License-Identifier: GPL-2.0-only
/* Any bytes as a recipe: it is read or complained of, and nothing else. */
#include <stdlib.h>

#include "../../tools/rvfctl/recipe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static FILE *nowhere;
	struct complaints all;
	struct recipe *recipe;
	struct json json;

	if (!nowhere)
		nowhere = fopen("/dev/null", "w");
	complaints_init(&all, "fuzz.yaml", (const char *)data, size);
	recipe = recipe_read(&all);
	/* one of the two, never both or none */
	if (!recipe == !all.count)
		abort();
	complaints_print(&all, nowhere, false);
	json_begin(&json, "error");
	complaints_json(&all, &json);
	json_finish(&json, nowhere);
	recipe_free(recipe);
	complaints_free(&all);
	return 0;
}
