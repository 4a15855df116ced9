/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/* What the files of the manifest parser share; in this order a manifest is read. */
#ifndef RVF_MANIFEST_PARSER_H
#define RVF_MANIFEST_PARSER_H

#include "manifest_parse.h"

/**
 * struct rvf_parser - The state of parsing one manifest
 * @m: Filled as it goes.
 * @limits: What the caller allows.
 * @at: First byte that no section has taken.
 * @section: Sections taken.
 * @string: First byte of the strings that no string has taken.
 * @reason: Why not.
 * @index: Of what.
 */
struct rvf_parser {
	struct rvf_manifest *m;
	const struct rvf_manifest_limits *limits;
	__u32 at;
	__u32 section;
	__u32 string;
	__u32 reason;
	__u32 index;
};

/* manifest_layout.c: the header, where tables and strings lie, names */
int rvf_parse_bad(struct rvf_parser *p, __u32 reason, __u32 index);
bool rvf_parse_is_zero(const void *data, __u32 len);
int rvf_parse_name(struct rvf_parser *p, const struct rvf_m_string *s,
		   __u32 index);
int rvf_parse_text(struct rvf_parser *p, const struct rvf_m_string *s,
		   __u32 max, __u32 index);
int rvf_parse_string(struct rvf_parser *p, const struct rvf_m_string *s,
		     __u32 max, __u32 index);
bool rvf_parse_same(const struct rvf_manifest *m, const struct rvf_m_string *a,
		    const struct rvf_m_string *b);
int rvf_parse_header(struct rvf_parser *p);
int rvf_parse_sections(struct rvf_parser *p);

/* manifest_component.c */
int rvf_parse_segments(struct rvf_parser *p);
int rvf_parse_components(struct rvf_parser *p);

/* manifest_object.c: regions, queues, and who may use them */
int rvf_parse_objects(struct rvf_parser *p);
int rvf_parse_grants(struct rvf_parser *p);

/* manifest_order.c: dependencies */
int rvf_parse_order(struct rvf_parser *p);

static inline bool rvf_segment_is(const struct rvf_manifest *m,
				  __u32 index, __u32 type)
{
	return index < m->n_segments &&
	       le32_to_cpu(m->segments[index].type) == type;
}

static inline bool rvf_in_range(__le32 value, __u32 low, __u32 high)
{
	return le32_to_cpu(value) >= low && le32_to_cpu(value) <= high;
}

#endif
