/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * The manifest parser: plain C that allocates nothing, so that the same code
 * runs in the kernel, in librvf and under a fuzzer.
 */
#ifndef RVF_MANIFEST_PARSE_H
#define RVF_MANIFEST_PARSE_H

#ifdef __KERNEL__
#include <asm/byteorder.h>
#include <linux/types.h>
#include "../uapi/rvf.h"
#else
#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <linux/rvf.h>

static inline __u16 rvf_le16(__le16 value)
{
	return le16toh(value);
}

static inline __u32 rvf_le32(__le32 value)
{
	return le32toh(value);
}

static inline __u64 rvf_le64(__le64 value)
{
	return le64toh(value);
}

#ifndef le32_to_cpu
#define le16_to_cpu rvf_le16
#define le32_to_cpu rvf_le32
#define le64_to_cpu rvf_le64
#endif
#endif

/**
 * struct rvf_manifest_limits - What a mount may have
 * @components: Components, at most %RVF_MAX_COMPONENTS; likewise the rest.
 * @regions: Regions.
 * @queues: Queues.
 * @tasks: Tasks.
 */
struct rvf_manifest_limits {
	__u32 components;
	__u32 regions;
	__u32 queues;
	__u32 tasks;
};

/**
 * struct rvf_manifest - A parsed manifest: views into its bytes
 * @data: The bytes; the views are valid as long as they are.
 * @length: How many.
 * @header: The header.
 * @package: The one package entry.
 * @segments: The tables, each checked entry by entry.
 * @components: See @segments.
 * @regions: See @segments.
 * @queues: See @segments.
 * @grants: See @segments.
 * @deps: See @segments.
 * @required: The one entry of required capabilities.
 * @n_segments: Entries of the tables.
 * @n_components: See @n_segments.
 * @n_regions: See @n_segments.
 * @n_queues: See @n_segments.
 * @n_grants: See @n_segments.
 * @n_deps: See @n_segments.
 * @n_tasks: Components that are tasks.
 * @bytes: What regions, queues and images come to.
 */
struct rvf_manifest {
	const void *data;
	__u32 length;
	const struct rvf_m_header *header;
	const struct rvf_m_package *package;
	const struct rvf_m_segment *segments;
	const struct rvf_m_component *components;
	const struct rvf_m_region *regions;
	const struct rvf_m_queue *queues;
	const struct rvf_m_grant *grants;
	const __le32 *deps;
	const struct rvf_m_required *required;
	__u32 n_segments;
	__u32 n_components;
	__u32 n_regions;
	__u32 n_queues;
	__u32 n_grants;
	__u32 n_deps;
	__u32 n_tasks;
	__u64 bytes;
};

#ifndef __KERNEL__
#pragma GCC visibility push(default)
#endif

int rvf_manifest_parse(struct rvf_manifest *m, const void *data, __u32 length,
		       const struct rvf_manifest_limits *limits,
		       __u32 *reason, __u32 *index);
bool rvf_manifest_name_ok(const char *name, __u32 len);
bool rvf_mount_name_ok(const char *name, __u32 len);

#ifndef __KERNEL__
#pragma GCC visibility pop
#endif

/**
 * rvf_manifest_string - The bytes of a string in a manifest
 * @m: The manifest.
 * @s: One of its strings; its length says how many bytes. No NUL follows.
 */
static inline const char *rvf_manifest_string(const struct rvf_manifest *m,
					      const struct rvf_m_string *s)
{
	return (const char *)m->data + le32_to_cpu(s->offset);
}

#endif /* RVF_MANIFEST_PARSE_H */
