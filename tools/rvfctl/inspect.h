/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RVFCTL_INSPECT_H
#define RVFCTL_INSPECT_H

#include <rvf/package.h>

#include "json_out.h"

/* What is shown: a package's file, or a mount. */
struct inspected {
	const char *name;
	const struct rvf_package *package; /* NULL: a mount */
	const struct rvf_manifest *m; /* NULL: the package's cannot be parsed */
	const __u8 *key_id; /* of a mount: who signed */
};

void inspect_print(const struct inspected *what);
/* Into an open object. */
void inspect_json(const struct inspected *what, struct json *json);

/* "/agents/demo" or "adder": whose a segment of the file is; to be freed. */
char *file_segment_name(const struct rvf_package *package, const struct rvf_file_segment *segment);
/* The n-th argument of a component, without its NUL; NULL: there is none. */
const char *component_arg(const struct rvf_manifest *m, const struct rvf_m_component *component,
			  __u32 n, size_t *length);
void package_id_text(const __u8 id[16], char text[40]);
const struct rvf_m_string *object_string(const struct rvf_manifest *m,
					 const struct rvf_m_grant *grant);

#endif /* RVFCTL_INSPECT_H */
