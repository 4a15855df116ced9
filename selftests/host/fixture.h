/* SPDX-License-Identifier: GPL-2.0-only */
/* A package that has something of everything, for tests to change. */
#ifndef HOST_FIXTURE_H
#define HOST_FIXTURE_H

#include <rvf/manifest.h>

/*
 * Components: 0 "first" (native, two arguments), 1 "second" (WebAssembly,
 * needs 0), 2 "third" (native, needs 0 and 1), 3 "guest" (a guest kernel).
 * Regions: 0 "table" (immutable), 1 "journal" (append-only). Queues: 0 "ticks"
 * (type tick/1), 1 "plain". Grants: 0 and 1 are first's, 2 and 3 second's, 4
 * third's. Segments: 0 and 2 images, 1 bytecode, 3 a kernel, 4 the region.
 */
struct rvf_builder *fixture_builder(void);

/* Its manifest, in memory of exactly its size; the caller frees it. */
void *fixture_manifest(size_t *length);

/* A builder without anything but the package's own entry. */
struct rvf_builder *empty_builder(void);

/* A component that the format allows. */
struct rvf_component_spec plain_component(const char *name, __u32 image);

/* rvf_manifest_parse() with the highest limits. */
int parse(struct rvf_manifest *m, const void *data, size_t length, __u32 *reason, __u32 *index);

#endif /* HOST_FIXTURE_H */
