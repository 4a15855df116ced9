// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/* The manifest's layout: its header, tables, strings and names. */
#ifdef __KERNEL__
#include <linux/errno.h>
#include <linux/string.h>
#else
#include <errno.h>
#include <string.h>
#endif
#include "manifest_parser.h"

/**
 * rvf_parse_bad - Note why a manifest is refused
 * @p: The parser.
 * @reason: One of enum rvf_reason.
 * @index: Of what.
 *
 * Return: the errno that belongs to @reason.
 */
int rvf_parse_bad(struct rvf_parser *p, __u32 reason, __u32 index)
{
	p->reason = reason;
	p->index = index;
	switch (reason) {
	case RVF_REASON_VERSION:
	case RVF_REASON_UNSUPPORTED:
		return -EOPNOTSUPP;
	default:
		if (reason >= RVF_REASON_MANIFEST_SIZE &&
		    reason <= RVF_REASON_LIMIT_BYTES)
			return -EDQUOT;
		return -EBADMSG;
	}
}

/**
 * rvf_parse_is_zero - Are reserved bytes what they must be?
 * @data: The bytes.
 * @len: How many.
 */
bool rvf_parse_is_zero(const void *data, __u32 len)
{
	const unsigned char *byte = data;

	while (len--)
		if (*byte++)
			return false;
	return true;
}

static bool rvf_is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9');
}

/**
 * rvf_manifest_name_ok - Is this a word, as names of objects are?
 * @name: The bytes.
 * @len: How many.
 */
bool rvf_manifest_name_ok(const char *name, __u32 len)
{
	__u32 i;

	if (!len || len >= RVF_MAX_NAME || !rvf_is_alnum(name[0]))
		return false;
	for (i = 1; i < len; i++)
		if (!rvf_is_alnum(name[i]) && name[i] != '_' &&
		    name[i] != '-' && name[i] != '.')
			return false;
	return true;
}

/**
 * rvf_mount_name_ok - Is this a mount name: "/" and words joined by "/"?
 * @name: The bytes.
 * @len: How many.
 */
bool rvf_mount_name_ok(const char *name, __u32 len)
{
	__u32 start = 1, i;

	if (len < 2 || len > RVF_MAX_NAME || name[0] != '/')
		return false;
	for (i = 1; i <= len; i++) {
		if (i < len && name[i] != '/')
			continue;
		if (!rvf_manifest_name_ok(name + start, i - start))
			return false;
		start = i + 1;
	}
	return true;
}

/* The next section: a table that begins where the last one ended. */
static int rvf_take_table(struct rvf_parser *p, __le32 offset,
			  __u32 entry_size, __u32 max, __u32 limit_reason,
			  const void **entries, __u32 *count)
{
	__u32 start = (p->at + 7) & ~7u, section = p->section++;
	const struct rvf_m_table *table;
	__u64 bytes;

	if (le32_to_cpu(offset) != start || start < p->at ||
	    start > p->m->length || p->m->length - start < sizeof(*table))
		return rvf_parse_bad(p, RVF_REASON_LAYOUT, section);
	if (!rvf_parse_is_zero((const char *)p->m->data + p->at, start - p->at))
		return rvf_parse_bad(p, RVF_REASON_RESERVED, section);

	table = (const void *)((const char *)p->m->data + start);
	*count = le32_to_cpu(table->count);
	if (le32_to_cpu(table->entry_size) != entry_size)
		return rvf_parse_bad(p, RVF_REASON_VERSION, section);
	if (*count > max)
		return rvf_parse_bad(p, limit_reason, *count);
	bytes = (__u64)*count * entry_size;
	if (bytes > p->m->length - start - sizeof(*table))
		return rvf_parse_bad(p, RVF_REASON_LAYOUT, section);
	*entries = table + 1;
	p->at = start + sizeof(*table) + bytes;
	return 0;
}

/**
 * rvf_parse_string - Take the next string: it begins where the last one ended
 * @p: The parser.
 * @s: The string; one of no bytes has no place.
 * @max: The most bytes that it may have.
 * @index: Of the entry that it belongs to.
 *
 * Return: 0 or what rvf_parse_bad() says.
 */
int rvf_parse_string(struct rvf_parser *p, const struct rvf_m_string *s,
		     __u32 max, __u32 index)
{
	__u32 offset = le32_to_cpu(s->offset), length = le32_to_cpu(s->length);

	if (!length)
		return offset ? rvf_parse_bad(p, RVF_REASON_STRING, index) : 0;
	if (length > max || offset != p->string ||
	    length > p->m->length - p->string)
		return rvf_parse_bad(p, RVF_REASON_STRING, index);
	p->string += length;
	return 0;
}

/**
 * rvf_parse_name - Take a string that must be a name
 * @p: The parser.
 * @s: The string.
 * @index: Of the entry that it belongs to.
 *
 * Return: 0 or what rvf_parse_bad() says.
 */
int rvf_parse_name(struct rvf_parser *p, const struct rvf_m_string *s,
		   __u32 index)
{
	int err = rvf_parse_string(p, s, RVF_MAX_NAME - 1, index);

	if (err)
		return err;
	if (!rvf_manifest_name_ok(rvf_manifest_string(p->m, s),
				  le32_to_cpu(s->length)))
		return rvf_parse_bad(p, RVF_REASON_STRING, index);
	return 0;
}

/**
 * rvf_parse_text - Take a string for people: printable ASCII, perhaps none
 * @p: The parser.
 * @s: The string.
 * @max: The most bytes that it may have.
 * @index: Of the entry that it belongs to.
 *
 * Return: 0 or what rvf_parse_bad() says.
 */
int rvf_parse_text(struct rvf_parser *p, const struct rvf_m_string *s,
		   __u32 max, __u32 index)
{
	int err = rvf_parse_string(p, s, max, index);
	const char *text;
	__u32 i;

	if (err)
		return err;
	text = rvf_manifest_string(p->m, s);
	for (i = 0; i < le32_to_cpu(s->length); i++)
		if (text[i] < ' ' || text[i] > '~')
			return rvf_parse_bad(p, RVF_REASON_STRING, index);
	return 0;
}

/**
 * rvf_parse_same - Have two strings the same bytes?
 * @m: The manifest.
 * @a: A string that was taken.
 * @b: Another one.
 */
bool rvf_parse_same(const struct rvf_manifest *m, const struct rvf_m_string *a,
		    const struct rvf_m_string *b)
{
	return a->length == b->length &&
	       !memcmp(rvf_manifest_string(m, a), rvf_manifest_string(m, b),
		       le32_to_cpu(a->length));
}

int rvf_parse_header(struct rvf_parser *p)
{
	const struct rvf_m_header *h = p->m->data;

	if (p->m->length > RVF_MAX_MANIFEST)
		return rvf_parse_bad(p, RVF_REASON_MANIFEST_SIZE, 0);
	if (p->m->length < sizeof(*h) || memcmp(h->magic, RVF_M_MAGIC, 4))
		return rvf_parse_bad(p, RVF_REASON_HEADER, 0);
	if (le16_to_cpu(h->major) != RVF_M_MAJOR ||
	    le16_to_cpu(h->minor) > RVF_M_MINOR)
		return rvf_parse_bad(p, RVF_REASON_VERSION, 0);
	if (le32_to_cpu(h->length) != p->m->length)
		return rvf_parse_bad(p, RVF_REASON_HEADER, 0);
	p->m->header = h;
	if (h->reserved)
		return rvf_parse_bad(p, RVF_REASON_RESERVED, 0);
	if (h->proof_policy || h->rollback_hooks || h->witness_policy)
		return rvf_parse_bad(p, RVF_REASON_UNSUPPORTED, 0);
	p->at = sizeof(*h);
	return 0;
}

int rvf_parse_sections(struct rvf_parser *p)
{
	struct rvf_manifest *m = p->m;
	const struct rvf_m_header *h = m->header;
	const void *package, *segments, *components, *regions, *queues;
	const void *grants, *deps, *required;
	__u32 one, n_required;
	int err;

	err = rvf_take_table(p, h->package, sizeof(*m->package), 1,
			     RVF_REASON_PACKAGE, &package, &one);
	if (!err && one != 1)
		err = rvf_parse_bad(p, RVF_REASON_PACKAGE, one);
	if (!err)
		err = rvf_take_table(p, h->segments, sizeof(*m->segments),
				     RVF_MAX_SEGMENTS,
				     RVF_REASON_LIMIT_SEGMENTS, &segments,
				     &m->n_segments);
	if (!err)
		err = rvf_take_table(p, h->components, sizeof(*m->components),
				     p->limits->components,
				     RVF_REASON_LIMIT_COMPONENTS, &components,
				     &m->n_components);
	if (!err)
		err = rvf_take_table(p, h->regions, sizeof(*m->regions),
				     p->limits->regions,
				     RVF_REASON_LIMIT_REGIONS, &regions,
				     &m->n_regions);
	if (!err)
		err = rvf_take_table(p, h->queues, sizeof(*m->queues),
				     p->limits->queues,
				     RVF_REASON_LIMIT_QUEUES, &queues,
				     &m->n_queues);
	if (!err)
		err = rvf_take_table(p, h->grants, sizeof(*m->grants),
				     RVF_MAX_COMPONENTS * RVF_MAX_GRANTS,
				     RVF_REASON_LIMIT_GRANTS, &grants,
				     &m->n_grants);
	if (!err)
		err = rvf_take_table(p, h->deps, sizeof(*m->deps),
				     RVF_MAX_DEPENDENCIES,
				     RVF_REASON_LIMIT_DEPS, &deps, &m->n_deps);
	if (!err)
		err = rvf_take_table(p, h->required, sizeof(*m->required), 1,
				     RVF_REASON_REQUIRED, &required,
				     &n_required);
	if (!err && n_required != 1)
		err = rvf_parse_bad(p, RVF_REASON_REQUIRED, n_required);
	if (err)
		return err;

	m->package = package;
	m->segments = segments;
	m->components = components;
	m->regions = regions;
	m->queues = queues;
	m->grants = grants;
	m->deps = deps;
	m->required = required;

	p->string = (p->at + 7) & ~7u;
	if (le32_to_cpu(h->strings) != p->string || p->string > m->length)
		return rvf_parse_bad(p, RVF_REASON_LAYOUT, p->section);
	if (!rvf_parse_is_zero((const char *)m->data + p->at, p->string - p->at))
		return rvf_parse_bad(p, RVF_REASON_RESERVED, p->section);
	return 0;
}
