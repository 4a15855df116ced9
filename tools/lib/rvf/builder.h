/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a builder collects, for the files that encode and write it. */
#ifndef RVF_BUILDER_H
#define RVF_BUILDER_H

#include <rvf/manifest.h>

/**
 * struct build_segment - A segment to be
 * @type: Its type.
 * @path: The file that it is read from.
 * @length: Its bytes.
 * @digest: Their SHA-256.
 */
struct build_segment {
	__u32 type;
	char *path;
	__u64 length;
	__u8 digest[RVF_DIGEST_LEN];
};

struct build_component {
	struct rvf_component_spec spec;
	char *name;
	char *args;
	size_t args_length;
	size_t n_args;
	char *jail;
	size_t jail_length;
};

struct build_dep {
	__u32 component;
	__u32 needs;
};

struct build_region {
	char *name;
	__u32 policy;
	__u32 segment;
	__u64 size;
	__u32 slots;
};

struct build_queue {
	char *name;
	__u32 slots;
	__u32 message_size;
	char *type;
	__u32 flags;
};

struct build_grant {
	__u32 component;
	__u32 kind;
	__u32 object;
	__u32 rights;
	__u64 badge;
};

struct rvf_builder {
	__u8 id[16];
	char *name;
	__u64 version;
	char *release;
	struct build_segment *segments;
	size_t n_segments;
	struct build_component *components;
	size_t n_components;
	struct build_dep *deps;
	size_t n_deps;
	struct build_region *regions;
	size_t n_regions;
	struct build_queue *queues;
	size_t n_queues;
	struct build_grant *grants;
	size_t n_grants;
};

/* The META segment has the id 1, the n-th of the others (from 0) n + 2. */
#define RVF_META_ID	     1
#define RVF_FIRST_SEGMENT_ID 2

#endif /* RVF_BUILDER_H */
