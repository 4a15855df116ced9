// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inspect.h"
#include "show.h"
#include "text.h"

static void json_string_of(struct json *json, const char *key, const struct rvf_manifest *m,
			   const struct rvf_m_string *string)
{
	json_bytes(json, key, rvf_manifest_string(m, string), rvf_le32(string->length));
}

static void package_json(struct json *json, const struct rvf_manifest *m)
{
	char id[40];

	json_object(json, "package");
	json_string_of(json, "name", m, &m->package->name);
	package_id_text(m->package->id, id);
	json_text(json, "id", id);
	json_u64(json, "version", rvf_le64(m->package->version));
	if (rvf_le32(m->package->release.length))
		json_string_of(json, "release", m, &m->package->release);
	else
		json_null(json, "release");
	json_u64(json, "min_memory_bytes", rvf_le64(m->required->min_memory));
	json_close(json);
}

static void signatures_json(struct json *json, const struct inspected *what)
{
	struct rvf_signature_view views[RVF_MAX_SIGNATURES];
	char key[FINGERPRINT_TEXT];
	int count = 0, i;

	if (what->package && what->package->envelope)
		count = rvf_envelope_read(what->package->envelope, what->package->envelope_length,
					  views);
	if (count < 0) {
		json_null(json, "signatures");
		return;
	}
	json_array(json, "signatures");
	for (i = 0; i < count; i++) {
		json_object(json, NULL);
		json_text(json, "algorithm", algorithm_name(views[i].algorithm));
		json_hex(json, "key_id", views[i].key_id, RVF_KEY_ID_LEN);
		json_text(json, "fingerprint", fingerprint_text(views[i].key_id, key));
		json_close(json);
	}
	json_close(json);
}

static void segments_json(struct json *json, const struct inspected *what)
{
	const struct rvf_package *package = what->package;
	const struct rvf_file_segment *segment;
	char *name;
	size_t i;
	__u32 n;

	json_array(json, "segments");
	for (i = 0; package && i < rvf_file_count(package->file); i++) {
		segment = rvf_file_segment(package->file, i);
		json_object(json, NULL);
		name = file_segment_name(package, segment);
		json_text(json, "name", name);
		free(name);
		json_u64(json, "id", segment->id);
		json_text(json, "type", segment_type_name(segment->type));
		json_u64(json, "type_id", segment->type);
		json_u64(json, "offset_bytes", segment->offset);
		json_u64(json, "size_bytes", segment->length);
		json_bool(json, "checksum_ok", rvf_file_checksum_ok(package->file, segment));
		for (n = 0; n < package->n_offsets; n++) {
			if (package->offsets[n] == segment->offset)
				break;
		}
		if (n < package->n_offsets)
			json_hex(json, "signed_sha256", what->m->segments[n].digest,
				 RVF_DIGEST_LEN);
		else
			json_null(json, "signed_sha256");
		json_close(json);
	}
	json_close(json);
}

static void component_json(struct json *json, const struct rvf_manifest *m,
			   const struct rvf_m_component *one)
{
	const struct rvf_m_grant *grant;
	const char *arg, *jail;
	size_t length;
	char badge[24];
	__u32 i;

	json_object(json, NULL);
	json_string_of(json, "name", m, &one->name);
	json_text(json, "kind", kind_name(rvf_le32(one->kind)));
	json_text(json, "profile", profile_name(rvf_le32(one->profile)));
	relaxed_json(json, "relaxed", rvf_le32(one->relax));
	json_array(json, "needs");
	for (i = 0; i < rvf_le32(one->deps); i++)
		json_string_of(
			json, NULL, m,
			&m->components[rvf_le32(m->deps[rvf_le32(one->first_dep) + i])].name);
	json_close(json);
	json_array(json, "args");
	for (i = 0; (arg = component_arg(m, one, i, &length)); i++)
		json_bytes(json, NULL, arg, length);
	json_close(json);
	json_array(json, "jail");
	jail = rvf_manifest_string(m, &one->jail);
	for (i = 0; i < rvf_le32(one->jail.length); i += strlen(jail + i) + 1)
		json_text(json, NULL, jail + i);
	json_close(json);
	json_object(json, "restart");
	json_text(json, "when", restart_name(rvf_le32(one->restart)));
	json_u64(json, "times", rvf_le32(one->restart_times));
	json_u64(json, "within_ns", rvf_le32(one->restart_window_ms) * 1000000ull);
	json_u64(json, "wait_min_ns", rvf_le32(one->backoff_min_ms) * 1000000ull);
	json_u64(json, "wait_max_ns", rvf_le32(one->backoff_max_ms) * 1000000ull);
	json_close(json);
	json_object(json, "limits");
	json_u64(json, "memory_bytes", rvf_le64(one->limit_memory));
	json_u64(json, "pids", rvf_le32(one->limit_pids));
	json_u64(json, "cpu_thousandths", rvf_le32(one->limit_cpu));
	json_close(json);
	if (one->vcpus) {
		json_object(json, "vm");
		json_u64(json, "vcpus", rvf_le32(one->vcpus));
		json_u64(json, "memory_bytes", rvf_le64(one->guest_memory));
		json_u64(json, "identity_map", rvf_le64(one->identity_map));
		json_close(json);
	} else {
		json_null(json, "vm");
	}
	json_array(json, "can");
	for (i = 0; i < rvf_le32(one->grants); i++) {
		grant = &m->grants[rvf_le32(one->first_grant) + i];
		json_object(json, NULL);
		json_string_of(json, "object", m, object_string(m, grant));
		json_text(json, "type",
			  rvf_le32(grant->kind) == RVF_OBJECT_QUEUE ? "queue" : "region");
		rights_json(json, "rights", rvf_le32(grant->rights));
		snprintf(badge, sizeof(badge), "0x%" PRIx64, (uint64_t)rvf_le64(grant->badge));
		json_text(json, "badge", badge);
		json_close(json);
	}
	json_close(json);
	json_close(json);
}

static void objects_json(struct json *json, const struct rvf_manifest *m)
{
	__u32 i;

	json_array(json, "regions");
	for (i = 0; i < m->n_regions; i++) {
		json_object(json, NULL);
		json_string_of(json, "name", m, &m->regions[i].name);
		json_text(json, "policy", policy_name(rvf_le32(m->regions[i].policy)));
		json_u64(json, "size_bytes", rvf_le64(m->regions[i].size));
		if (m->regions[i].slots)
			json_u64(json, "slots", rvf_le64(m->regions[i].slots));
		json_close(json);
	}
	json_close(json);
	json_array(json, "queues");
	for (i = 0; i < m->n_queues; i++) {
		json_object(json, NULL);
		json_string_of(json, "name", m, &m->queues[i].name);
		json_u64(json, "slots", rvf_le32(m->queues[i].slots));
		json_u64(json, "message_bytes", rvf_le32(m->queues[i].message_size));
		json_bool(json, "ring", rvf_le32(m->queues[i].flags) & RVF_QUEUE_RING);
		if (rvf_le32(m->queues[i].type_name.length))
			json_string_of(json, "message_type", m, &m->queues[i].type_name);
		else
			json_null(json, "message_type");
		json_close(json);
	}
	json_close(json);
}

void inspect_json(const struct inspected *what, struct json *json)
{
	char key[FINGERPRINT_TEXT];
	__u32 i;

	json_text(json, "of", what->package ? "file" : "mount");
	package_json(json, what->m);
	if (what->key_id) {
		json_hex(json, "key_id", what->key_id, RVF_KEY_ID_LEN);
		json_text(json, "fingerprint", fingerprint_text(what->key_id, key));
	}
	if (what->package) {
		signatures_json(json, what);
		segments_json(json, what);
	}
	json_array(json, "components");
	for (i = 0; i < what->m->n_components; i++)
		component_json(json, what->m, &what->m->components[i]);
	json_close(json);
	objects_json(json, what->m);
}
