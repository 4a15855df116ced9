// SPDX-License-Identifier: GPL-2.0-only
#include "entries.h"

const struct field reserved_fields[] = {
	FIELD(HEADER, rvf_m_header, reserved),	      FIELD(PACKAGE, rvf_m_package, reserved),
	FIELD(SEGMENT, rvf_m_segment, reserved),      FIELD(SEGMENT, rvf_m_segment, reserved2),
	FIELD(COMPONENT, rvf_m_component, reserved2), FIELD(REGION, rvf_m_region, reserved),
	FIELD(QUEUE, rvf_m_queue, reserved2),	      FIELD(GRANT, rvf_m_grant, reserved),
	FIELD(REQUIRED, rvf_m_required, reserved),    FIELD(REQUIRED, rvf_m_required, reserved2),
};
const size_t n_reserved_fields = sizeof(reserved_fields) / sizeof(reserved_fields[0]);

const struct field fixed_fields[] = {
	FIELD(HEADER, rvf_m_header, magic),
	FIELD(HEADER, rvf_m_header, major),
	FIELD(HEADER, rvf_m_header, minor),
	FIELD(HEADER, rvf_m_header, components),
	FIELD(HEADER, rvf_m_header, regions),
	FIELD(HEADER, rvf_m_header, proof_policy),
	FIELD(HEADER, rvf_m_header, rollback_hooks),
	FIELD(HEADER, rvf_m_header, witness_policy),
	FIELD(HEADER, rvf_m_header, required),
	FIELD(HEADER, rvf_m_header, reserved),
	FIELD(HEADER, rvf_m_header, length),
	FIELD(HEADER, rvf_m_header, package),
	FIELD(HEADER, rvf_m_header, segments),
	FIELD(HEADER, rvf_m_header, queues),
	FIELD(HEADER, rvf_m_header, grants),
	FIELD(HEADER, rvf_m_header, deps),
	FIELD(HEADER, rvf_m_header, strings),
	FIELD(PACKAGE, rvf_m_package, name),
	FIELD(PACKAGE, rvf_m_package, release),
	FIELD(PACKAGE, rvf_m_package, reserved),
	FIELD(SEGMENT, rvf_m_segment, type),
	FIELD(SEGMENT, rvf_m_segment, reserved),
	FIELD(SEGMENT, rvf_m_segment, reserved2),
	FIELD(COMPONENT, rvf_m_component, name),
	FIELD(COMPONENT, rvf_m_component, kind),
	FIELD(COMPONENT, rvf_m_component, source),
	FIELD(COMPONENT, rvf_m_component, first_dep),
	FIELD(COMPONENT, rvf_m_component, deps),
	FIELD(COMPONENT, rvf_m_component, first_grant),
	FIELD(COMPONENT, rvf_m_component, grants),
	FIELD(COMPONENT, rvf_m_component, n_args),
	FIELD(COMPONENT, rvf_m_component, args),
	FIELD(COMPONENT, rvf_m_component, guest_memory),
	FIELD(COMPONENT, rvf_m_component, jail),
	FIELD(COMPONENT, rvf_m_component, identity_map),
	FIELD(COMPONENT, rvf_m_component, reserved2),
	FIELD(REGION, rvf_m_region, name),
	FIELD(REGION, rvf_m_region, policy),
	FIELD(REGION, rvf_m_region, segment),
	FIELD(REGION, rvf_m_region, slots),
	FIELD(REGION, rvf_m_region, reserved),
	FIELD(QUEUE, rvf_m_queue, name),
	FIELD(QUEUE, rvf_m_queue, type_name),
	FIELD(QUEUE, rvf_m_queue, reserved2),
	FIELD(GRANT, rvf_m_grant, reserved),
	FIELD(REQUIRED, rvf_m_required, flags),
	FIELD(REQUIRED, rvf_m_required, reserved),
	FIELD(REQUIRED, rvf_m_required, reserved2),
};
const size_t n_fixed_fields = sizeof(fixed_fields) / sizeof(fixed_fields[0]);

size_t entry_count(const struct rvf_manifest *m, enum table table)
{
	switch (table) {
	case SEGMENT:
		return m->n_segments;
	case COMPONENT:
		return m->n_components;
	case REGION:
		return m->n_regions;
	case QUEUE:
		return m->n_queues;
	case GRANT:
		return m->n_grants;
	case DEP:
		return m->n_deps;
	default:
		return 1;
	}
}

size_t entry_size(enum table table)
{
	static const size_t sizes[TABLES] = {
		[HEADER] = sizeof(struct rvf_m_header),
		[PACKAGE] = sizeof(struct rvf_m_package),
		[SEGMENT] = sizeof(struct rvf_m_segment),
		[COMPONENT] = sizeof(struct rvf_m_component),
		[REGION] = sizeof(struct rvf_m_region),
		[QUEUE] = sizeof(struct rvf_m_queue),
		[GRANT] = sizeof(struct rvf_m_grant),
		[DEP] = sizeof(__le32),
		[REQUIRED] = sizeof(struct rvf_m_required),
	};

	return sizes[table];
}

static const void *first_entry(const struct rvf_manifest *m, enum table table)
{
	switch (table) {
	case PACKAGE:
		return m->package;
	case SEGMENT:
		return m->segments;
	case COMPONENT:
		return m->components;
	case REGION:
		return m->regions;
	case QUEUE:
		return m->queues;
	case GRANT:
		return m->grants;
	case DEP:
		return m->deps;
	case REQUIRED:
		return m->required;
	default:
		return m->header;
	}
}

size_t entry_offset(const struct rvf_manifest *m, enum table table, size_t index)
{
	return (const char *)first_entry(m, table) - (const char *)m->data +
	       index * entry_size(table);
}

size_t table_offset(const struct rvf_manifest *m, enum table table)
{
	return entry_offset(m, table, 0) - sizeof(struct rvf_m_table);
}

void put_number(void *at, size_t size, __u64 value)
{
	for (size_t i = 0; i < size; i++)
		((__u8 *)at)[i] = value >> (8 * i);
}
