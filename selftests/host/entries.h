/* SPDX-License-Identifier: GPL-2.0-only */
/* The bytes of a manifest, by table, entry and field. */
#ifndef HOST_ENTRIES_H
#define HOST_ENTRIES_H

#include <stddef.h>
#include <rvf/manifest.h>

enum table {
	HEADER,
	PACKAGE,
	SEGMENT,
	COMPONENT,
	REGION,
	QUEUE,
	GRANT,
	DEP,
	REQUIRED,
	TABLES,
};

/**
 * struct field - A field of a table's entries
 * @table: Which table.
 * @offset: Where in the entry.
 * @size: How many bytes.
 */
struct field {
	enum table table;
	size_t offset;
	size_t size;
};

#define FIELD(table, type, name)                                                     \
	{                                                                            \
		table, offsetof(struct type, name), sizeof(((struct type *)0)->name) \
	}

/* Fields that must be zero. */
extern const struct field reserved_fields[];
extern const size_t n_reserved_fields;

/* Fields of which the rest of the manifest allows exactly one value. */
extern const struct field fixed_fields[];
extern const size_t n_fixed_fields;

/* How many entries a table of a parsed manifest has, and where they are. */
size_t entry_count(const struct rvf_manifest *m, enum table table);
size_t entry_size(enum table table);
size_t entry_offset(const struct rvf_manifest *m, enum table table, size_t index);

/* Where a table's head is; the header has none. */
size_t table_offset(const struct rvf_manifest *m, enum table table);

/* Write a little-endian number of this size. */
void put_number(void *at, size_t size, __u64 value);

#endif /* HOST_ENTRIES_H */
