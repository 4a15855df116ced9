// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inspect.h"
#include "refine.h"
#include "rvfctl.h"
#include "show.h"
#include "table.h"
#include "text.h"
#include "world.h"

static char *name_of(const struct rvf_manifest *m, const struct rvf_m_string *string)
{
	return safe_text(rvf_manifest_string(m, string), rvf_le32(string->length));
}

static void cell_string(struct table *table, const struct rvf_manifest *m,
			const struct rvf_m_string *string)
{
	table_bytes(table, rvf_manifest_string(m, string), rvf_le32(string->length));
}

static void print_package(const struct inspected *what)
{
	const struct rvf_manifest *m = what->m;
	char *name, *release, *shown = safe_text(what->name, strlen(what->name));
	char id[40];

	if (!m) {
		printf("%s\n", shown);
		free(shown);
		return;
	}
	name = name_of(m, &m->package->name);
	release = name_of(m, &m->package->release);
	package_id_text(m->package->id, id);
	printf("%s  package %s, version %" PRIu64 "%s%s%s\n", shown, name,
	       (uint64_t)rvf_le64(m->package->version), *release ? " (" : "", release,
	       *release ? ")" : "");
	printf("id        %s\n", id);
	free(name);
	free(release);
	free(shown);
}

static void print_signatures(const struct inspected *what)
{
	struct rvf_signature_view views[RVF_MAX_SIGNATURES];
	char key[FINGERPRINT_TEXT];
	int count = 0, i;

	if (what->key_id) {
		printf("signed    by %s\n", fingerprint_text(what->key_id, key));
		return;
	}
	if (what->package->envelope)
		count = rvf_envelope_read(what->package->envelope, what->package->envelope_length,
					  views);
	if (count < 0)
		puts("signed    (the signatures cannot be read)");
	else if (!count)
		puts("signed    no");
	for (i = 0; i < count; i++)
		printf("signed    by %s (%s), not verified here\n",
		       fingerprint_text(views[i].key_id, key), algorithm_name(views[i].algorithm));
}

static void print_needs(struct table *table, const struct rvf_manifest *m,
			const struct rvf_m_component *component)
{
	__u32 first = rvf_le32(component->first_dep), count = rvf_le32(component->deps), i;
	char *all = xstrdup(count ? "" : "-"), *longer, *name;

	for (i = first; i < first + count; i++) {
		name = name_of(m, &m->components[rvf_le32(m->deps[i])].name);
		longer = xprintf("%s%s%s", all, i > first ? " " : "", name);
		free(name);
		free(all);
		all = longer;
	}
	table_cell(table, all);
	free(all);
}

static void cell_percent(struct table *table, __u32 thousandths)
{
	if (thousandths % 10)
		table_cellf(table, "%u.%u%%", thousandths / 10, thousandths % 10);
	else
		table_cellf(table, "%u%%", thousandths / 10);
}

static void print_components(const struct rvf_manifest *m)
{
	static const struct column columns[] = {
		{ "COMPONENT", 0 },	     { "KIND", 0 },
		{ "NEEDS", COLUMN_SHRINKS }, { "RESTART", 0 },
		{ "MEMORY", COLUMN_RIGHT },  { "PIDS", COLUMN_RIGHT },
		{ "CPU", COLUMN_RIGHT },     { "PROFILE", 0 },
	};
	const struct rvf_m_component *one;
	char size[UNIT_TEXT], relaxed[RELAXED_TEXT], *arg;
	struct table table;
	const char *bytes;
	size_t length;
	__u32 i, n;

	table_init(&table, columns, sizeof(columns) / sizeof(columns[0]));
	for (i = 0; i < m->n_components; i++) {
		one = &m->components[i];
		cell_string(&table, m, &one->name);
		table_cell(&table, kind_name(rvf_le32(one->kind)));
		print_needs(&table, m, one);
		table_cell(&table, restart_name(rvf_le32(one->restart)));
		table_cell(&table, size_text(rvf_le64(one->limit_memory), size));
		table_cellf(&table, "%u", rvf_le32(one->limit_pids));
		cell_percent(&table, rvf_le32(one->limit_cpu));
		table_cellf(&table, one->relax ? "%s, relaxed: %s" : "%s",
			    profile_name(rvf_le32(one->profile)),
			    relaxed_text(rvf_le32(one->relax), relaxed));
	}
	putchar('\n');
	table_print(&table, stdout, columns_of(stdout));
	for (i = 0; i < m->n_components; i++) {
		if (!rvf_le32(m->components[i].n_args))
			continue;
		arg = name_of(m, &m->components[i].name);
		printf("arguments of %s:", arg);
		free(arg);
		for (n = 0; (bytes = component_arg(m, &m->components[i], n, &length)); n++) {
			fputs(" '", stdout);
			put_text(stdout, bytes, length);
			putchar('\'');
		}
		putchar('\n');
	}
}

/* What it asks of its jail beyond the profile, as the manifest has it. */
static void print_jails(const struct rvf_manifest *m)
{
	for (__u32 i = 0; i < m->n_components; i++) {
		const struct rvf_m_string *jail = &m->components[i].jail;
		const char *text = rvf_manifest_string(m, jail);
		__u32 length = rvf_le32(jail->length);
		char *name;

		if (!length)
			continue;
		name = name_of(m, &m->components[i].name);
		printf("jail of %s:", name);
		free(name);
		for (__u32 at = 0; at < length; at += strlen(text + at) + 1) {
			putchar(' ');
			put_text(stdout, text + at, strlen(text + at));
		}
		putchar('\n');
	}
}

static void rights_cells(struct table *table, const struct rvf_manifest *m, __u32 kind,
			 __u32 object, const char *type, const char *detail)
{
	const struct rvf_m_string *name;
	const struct rvf_m_component *one;
	const struct rvf_m_grant *grant;
	char rights[RIGHTS_TEXT];
	__u32 i, j, rows = 0;

	name = kind == RVF_OBJECT_QUEUE ? &m->queues[object].name : &m->regions[object].name;
	for (i = 0; i < m->n_components; i++) {
		one = &m->components[i];
		for (j = 0; j < rvf_le32(one->grants); j++) {
			grant = &m->grants[rvf_le32(one->first_grant) + j];
			if (rvf_le32(grant->kind) != kind || rvf_le32(grant->object) != object)
				continue;
			if (rows)
				table_cell(table, "");
			else
				cell_string(table, m, name);
			table_cell(table, rows ? "" : type);
			table_cell(table, rights_text(rvf_le32(grant->rights), rights));
			cell_string(table, m, &one->name);
			table_cell(table, rows ? "" : detail);
			rows++;
		}
	}
	if (rows)
		return;
	cell_string(table, m, name);
	table_cell(table, type);
	table_cell(table, "");
	table_cell(table, "nobody");
	table_cell(table, detail);
}

static bool vm_cells(struct table *table, const struct rvf_manifest *m)
{
	const struct rvf_m_component *one;
	char rights[RIGHTS_TEXT], *detail;
	bool any = false;

	for (__u32 i = 0; i < m->n_components; i++) {
		one = &m->components[i];
		if (!one->vcpus)
			continue;
		any = true;
		if (!table)
			continue;
		detail = vm_text(rvf_le32(one->vcpus), rvf_le64(one->guest_memory), false);
		table_cell(table, VM_NAME);
		table_cell(table, "vm");
		table_cell(table, rights_text(RVF_RIGHT_EXECUTE, rights));
		cell_string(table, m, &one->name);
		table_cell(table, detail);
		free(detail);
	}
	return any;
}

static char *region_detail(const struct rvf_m_region *region)
{
	__u64 bytes = rvf_le64(region->size), slots = rvf_le64(region->slots);
	char size[UNIT_TEXT];

	switch (rvf_le32(region->policy)) {
	case RVF_REGION_SLAB:
		return xprintf("slab, %u slots, %s each", (unsigned int)slots,
			       size_text(bytes / slots, size));
	case RVF_REGION_IMMUTABLE:
		return xprintf("immutable, %s", size_text(bytes, size));
	default:
		return xprintf("append-only, up to %s", size_text(bytes, size));
	}
}

static void print_objects(const struct rvf_manifest *m)
{
	static const struct column columns[] = {
		{ "OBJECT", 0 },
		{ "TYPE", 0 },
		{ "RIGHTS", 0 },
		{ "COMPONENT", 0 },
		{ "DETAIL", COLUMN_SHRINKS },
	};
	char size[UNIT_TEXT], *detail, *type;
	const struct rvf_m_region *region;
	const struct rvf_m_queue *queue;
	struct table table;
	__u32 i;

	if (!m->n_regions && !m->n_queues && !vm_cells(NULL, m))
		return;
	table_init(&table, columns, sizeof(columns) / sizeof(columns[0]));
	for (i = 0; i < m->n_regions; i++) {
		region = &m->regions[i];
		detail = region_detail(region);
		rights_cells(&table, m, RVF_OBJECT_REGION, i, "region", detail);
		free(detail);
	}
	for (i = 0; i < m->n_queues; i++) {
		queue = &m->queues[i];
		type = name_of(m, &queue->type_name);
		detail = xprintf("%u slots, %s bytes each%s%s", rvf_le32(queue->slots),
				 size_text(rvf_le32(queue->message_size), size), *type ? ", " : "",
				 type);
		rights_cells(&table, m, RVF_OBJECT_QUEUE, i,
			     rvf_le32(queue->flags) & RVF_QUEUE_RING ? "ring" : "queue", detail);
		free(detail);
		free(type);
	}
	vm_cells(&table, m);
	putchar('\n');
	table_print(&table, stdout, columns_of(stdout));
}

static void print_segments(const struct rvf_package *package)
{
	static const struct column columns[] = {
		{ "SEGMENT", COLUMN_RIGHT }, { "TYPE", 0 },	{ "OFFSET", COLUMN_RIGHT },
		{ "SIZE", COLUMN_RIGHT },    { "CHECKSUM", 0 }, { "WHOSE", COLUMN_SHRINKS },
	};
	const struct rvf_file_segment *segment;
	char size[UNIT_TEXT], *name;
	struct table table;
	size_t i;

	table_init(&table, columns, sizeof(columns) / sizeof(columns[0]));
	for (i = 0; i < rvf_file_count(package->file); i++) {
		segment = rvf_file_segment(package->file, i);
		table_cellf(&table, "%" PRIu64, (uint64_t)segment->id);
		table_cell(&table, segment_type_name(segment->type));
		table_cellf(&table, "%" PRIu64, (uint64_t)segment->offset);
		table_cell(&table, size_text(segment->length, size));
		table_cell(&table, rvf_file_checksum_ok(package->file, segment) ? "ok" : "wrong");
		name = file_segment_name(package, segment);
		table_cell(&table, name ?: "not in the manifest");
		free(name);
	}
	putchar('\n');
	table_print(&table, stdout, columns_of(stdout));
}

void inspect_print(const struct inspected *what)
{
	print_package(what);
	print_signatures(what);
	if (what->m) {
		print_components(what->m);
		print_jails(what->m);
		print_objects(what->m);
	}
	if (what->package)
		print_segments(what->package);
}
