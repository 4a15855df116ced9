// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/*
 * The manifest parser. Only signed bytes reach it in the kernel, but a signer
 * is not trusted with the kernel: whatever the format does not allow is
 * refused, and everything that the module will rely on is checked here, once.
 *
 * No allocation, no recursion, bounded work.
 */
#ifdef __KERNEL__
#include <linux/string.h>
#else
#include <string.h>
#endif
#include "manifest_parser.h"

static int rvf_parse_package(struct rvf_parser *p)
{
	const struct rvf_m_package *k = p->m->package;
	int err;

	if (rvf_parse_is_zero(k->id, sizeof(k->id)))
		return rvf_parse_bad(p, RVF_REASON_PACKAGE, 0);
	if (k->reserved)
		return rvf_parse_bad(p, RVF_REASON_RESERVED, 0);
	err = rvf_parse_name(p, &k->name, 0);
	return err ? err : rvf_parse_text(p, &k->release, 64, 0);
}

static int rvf_parse_required(struct rvf_parser *p)
{
	const struct rvf_m_required *r = p->m->required;

	if (r->reserved || r->reserved2)
		return rvf_parse_bad(p, RVF_REASON_RESERVED, 0);
	if (r->flags)
		return rvf_parse_bad(p, RVF_REASON_UNSUPPORTED, 0);
	if (le64_to_cpu(r->min_memory) < p->m->bytes)
		return rvf_parse_bad(p, RVF_REASON_REQUIRED, 0);
	return 0;
}

static int rvf_parse_all(struct rvf_parser *p)
{
	int err;

	err = rvf_parse_header(p);
	if (!err)
		err = rvf_parse_sections(p);
	if (!err)
		err = rvf_parse_package(p);
	if (!err)
		err = rvf_parse_segments(p);
	if (!err)
		err = rvf_parse_components(p);
	if (!err)
		err = rvf_parse_objects(p);
	if (!err && p->string != p->m->length)
		err = rvf_parse_bad(p, RVF_REASON_STRING, 0);
	if (!err)
		err = rvf_parse_grants(p);
	if (!err)
		err = rvf_parse_order(p);
	return err ? err : rvf_parse_required(p);
}

/**
 * rvf_manifest_parse - Check a manifest and make its tables accessible
 * @m: Filled; of use only when 0 is returned.
 * @data: The manifest, aligned to eight bytes.
 * @length: Its bytes.
 * @limits: What it may have; none above uapi's limits.
 * @reason: Set to one of enum rvf_reason.
 * @index: Set to what the reason says of it.
 *
 * The header's content_hash is not checked here, since that takes a SHA-256.
 *
 * Return: 0; -EBADMSG malformed, -EOPNOTSUPP not known here, -EDQUOT above a
 * limit.
 */
int rvf_manifest_parse(struct rvf_manifest *m, const void *data, __u32 length,
		       const struct rvf_manifest_limits *limits,
		       __u32 *reason, __u32 *index)
{
	struct rvf_parser p = { .m = m, .limits = limits };
	int err;

	memset(m, 0, sizeof(*m));
	m->data = data;
	m->length = length;
	err = rvf_parse_all(&p);
	*reason = p.reason;
	*index = p.index;
	return err;
}
