// SPDX-License-Identifier: GPL-2.0-only
/*
 * Manifests, by the text of rvf_format.h. Meant to be able to write wrong
 * ones too, so nothing is checked here.
 */
#include <endian.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "util_package.h"

#define ROOM (RVF_MAX_MANIFEST + (256u << 10))

struct pkg *pkg_new(const char *name)
{
	struct pkg *pkg = calloc(1, sizeof(*pkg));

	if (!pkg)
		die("no memory for a package");
	pkg->name = name;
	pkg->release = "1.0";
	memset(pkg->package.id, 0x51, sizeof(pkg->package.id));
	pkg->package.version = htole64(7);
	pkg->fd = -1;
	return pkg;
}

unsigned int pkg_segment(struct pkg *pkg, uint32_t type, const void *data, uint64_t length)
{
	struct pkg_segment *segment = &pkg->segments[pkg->n_segments];

	segment->data = data;
	segment->entry.id = htole64(100 + pkg->n_segments);
	segment->entry.type = htole32(type);
	segment->entry.length = htole64(length);
	sha256(data, length, segment->entry.digest);
	return pkg->n_segments++;
}

unsigned int pkg_component(struct pkg *pkg, const char *name, unsigned int image)
{
	struct pkg_component *component = &pkg->components[pkg->n_components];

	component->name = name;
	component->entry = (struct rvf_m_component){
		.kind = htole32(RVF_COMPONENT_NATIVE),
		.image = htole32(image),
		.source = htole32(RVF_M_NONE),
		.profile = htole32(RVF_PROFILE_STRICT),
		.restart = htole32(RVF_RESTART_NEVER),
		.restart_window_ms = htole32(1000),
		.limit_pids = htole32(8),
		.limit_memory = htole64(16 << 20),
		.limit_cpu = htole32(1000),
	};
	return pkg->n_components++;
}

unsigned int pkg_immutable(struct pkg *pkg, const char *name, const void *data, uint64_t length)
{
	struct pkg_region *region = &pkg->regions[pkg->n_regions];

	region->name = name;
	region->entry.policy = htole32(RVF_REGION_IMMUTABLE);
	region->entry.segment = htole32(pkg_segment(pkg, RVF_SEG_REGION, data, length));
	region->entry.size = htole64(length);
	return pkg->n_regions++;
}

unsigned int pkg_append_only(struct pkg *pkg, const char *name, uint64_t size)
{
	struct pkg_region *region = &pkg->regions[pkg->n_regions];

	region->name = name;
	region->entry.policy = htole32(RVF_REGION_APPEND_ONLY);
	region->entry.segment = htole32(RVF_M_NONE);
	region->entry.size = htole64(size);
	return pkg->n_regions++;
}

unsigned int pkg_slab(struct pkg *pkg, const char *name, uint64_t slots, uint64_t slot_size)
{
	unsigned int index = pkg_append_only(pkg, name, slots * slot_size);

	pkg->regions[index].entry.policy = htole32(RVF_REGION_SLAB);
	pkg->regions[index].entry.slots = htole64(slots);
	return index;
}

unsigned int pkg_queue(struct pkg *pkg, const char *name, uint32_t slots, uint32_t message_size)
{
	struct pkg_queue *queue = &pkg->queues[pkg->n_queues];

	queue->name = name;
	queue->entry.slots = htole32(slots);
	queue->entry.message_size = htole32(message_size);
	return pkg->n_queues++;
}

unsigned int pkg_ring(struct pkg *pkg, const char *name, uint32_t slots, uint32_t message_size)
{
	unsigned int ring = pkg_queue(pkg, name, slots, message_size);

	pkg->queues[ring].entry.flags = htole32(RVF_QUEUE_RING);
	pkg_grant(pkg, 0, RVF_OBJECT_QUEUE, ring, RVF_RIGHT_WRITE, 0);
	pkg_grant(pkg, 1, RVF_OBJECT_QUEUE, ring, RVF_RIGHT_READ, 0);
	return ring;
}

uint32_t pkg_queue_type(struct pkg *pkg, unsigned int queue, const char *type_name)
{
	uint8_t digest[RVF_DIGEST_LEN];

	sha256(type_name, strlen(type_name), digest);
	memcpy(&pkg->queues[queue].entry.type, digest, sizeof(uint32_t));
	pkg->queues[queue].type_name = type_name;
	return le32toh(pkg->queues[queue].entry.type);
}

void pkg_grant(struct pkg *pkg, unsigned int component, uint32_t kind, uint32_t object,
	       uint32_t rights, uint64_t badge)
{
	pkg->grants[pkg->n_grants] = (struct rvf_m_grant){
		.kind = htole32(kind),
		.object = htole32(object),
		.rights = htole32(rights),
		.badge = htole64(badge),
	};
	pkg->grant_of[pkg->n_grants++] = component;
}

void pkg_depends(struct pkg *pkg, unsigned int component, unsigned int on)
{
	pkg->deps[pkg->n_deps] = on;
	pkg->dep_of[pkg->n_deps++] = component;
}

/* Appends a table's head; its entries begin where it returns */
static void *start_table(struct pkg *pkg, void *offset, uint32_t count, uint32_t entry_size)
{
	struct rvf_m_table *table;
	uint32_t place;
	void *entries;

	pkg->manifest_len = (pkg->manifest_len + 7) & ~7u;
	/* The header's offsets are not aligned */
	place = htole32(pkg->manifest_len);
	memcpy(offset, &place, sizeof(place));
	table = (void *)(pkg->manifest + pkg->manifest_len);
	table->count = htole32(count);
	table->entry_size = htole32(entry_size);
	entries = table + 1;
	pkg->manifest_len += sizeof(*table) + count * entry_size;
	if (pkg->manifest_len > ROOM)
		die("this manifest is too large to be built");
	return entries;
}

static void add_bytes(struct pkg *pkg, struct rvf_m_string *string, const char *text,
		      uint32_t length)
{
	string->offset = htole32(length ? pkg->manifest_len : 0);
	string->length = htole32(length);
	if (pkg->manifest_len + length > ROOM)
		die("these strings are too long to be built");
	memcpy(pkg->manifest + pkg->manifest_len, text, length);
	pkg->manifest_len += length;
}

static void add_string(struct pkg *pkg, struct rvf_m_string *string, const char *text)
{
	add_bytes(pkg, string, text ? text : "", text ? strlen(text) : 0);
}

static uint64_t memory_needed(struct pkg *pkg)
{
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < pkg->n_regions; i++)
		bytes += le64toh(pkg->regions[i].entry.size);
	for (uint32_t i = 0; i < pkg->n_queues; i++) {
		const struct rvf_m_queue *entry = &pkg->queues[i].entry;
		uint32_t slots = le32toh(entry->slots), size = le32toh(entry->message_size);

		bytes += le32toh(entry->flags) & RVF_QUEUE_RING ? RVF_RING_MEMORY(slots, size) :
								  (uint64_t)slots * size;
	}
	/* Each task has an image of its own */
	for (uint32_t i = 0; i < pkg->n_components; i++) {
		const struct rvf_m_component *entry = &pkg->components[i].entry;
		uint32_t image = le32toh(entry->image);

		if (le32toh(entry->kind) != RVF_COMPONENT_KERNEL && image < pkg->n_segments)
			bytes += le64toh(pkg->segments[image].entry.length);
	}
	return bytes;
}

static void place_ranges(struct pkg *pkg)
{
	uint32_t grant = 0, dep = 0;

	for (uint32_t c = 0; c < pkg->n_components; c++) {
		struct rvf_m_component *entry = &pkg->m_components[c];
		uint32_t first_grant = grant, first_dep = dep;

		for (uint32_t i = 0; i < pkg->n_grants; i++) {
			if (pkg->grant_of[i] == c)
				pkg->m_grants[grant++] = pkg->grants[i];
		}
		for (uint32_t i = 0; i < pkg->n_deps; i++) {
			if (pkg->dep_of[i] == c)
				pkg->m_deps[dep++] = htole32(pkg->deps[i]);
		}
		entry->first_grant = htole32(first_grant);
		entry->grants = htole32(grant - first_grant);
		entry->first_dep = htole32(first_dep);
		entry->deps = htole32(dep - first_dep);
	}
}

static uint32_t count_args(const struct pkg_component *component)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < component->args_len; i++)
		count += component->args[i] == 0;
	return count;
}

void pkg_content_hash(struct pkg *pkg)
{
	sha256(pkg->m_segments, pkg->n_segments * sizeof(*pkg->m_segments),
	       pkg->m_header->content_hash);
}

void pkg_build(struct pkg *pkg)
{
	struct rvf_m_header *header;

	if (!pkg->manifest)
		pkg->manifest = malloc(ROOM);
	if (!pkg->manifest)
		die("no memory for a manifest");
	memset(pkg->manifest, 0, ROOM);
	pkg->m_header = header = (void *)pkg->manifest;
	memcpy(header->magic, RVF_M_MAGIC, sizeof(header->magic));
	header->major = htole16(RVF_M_MAJOR);
	header->minor = htole16(RVF_M_MINOR);
	pkg->manifest_len = sizeof(*header);

#define TABLE(field, count, type) start_table(pkg, &header->field, count, sizeof(type))
	pkg->m_package = TABLE(package, 1, struct rvf_m_package);
	pkg->m_segments = TABLE(segments, pkg->n_segments, struct rvf_m_segment);
	pkg->m_components = TABLE(components, pkg->n_components, struct rvf_m_component);
	pkg->m_regions = TABLE(regions, pkg->n_regions, struct rvf_m_region);
	pkg->m_queues = TABLE(queues, pkg->n_queues, struct rvf_m_queue);
	pkg->m_grants = TABLE(grants, pkg->n_grants, struct rvf_m_grant);
	pkg->m_deps = TABLE(deps, pkg->n_deps, uint32_t);
	pkg->m_required = TABLE(required, 1, struct rvf_m_required);
#undef TABLE
	pkg->manifest_len = (pkg->manifest_len + 7) & ~7u;
	header->strings = htole32(pkg->manifest_len);

	*pkg->m_package = pkg->package;
	add_string(pkg, &pkg->m_package->name, pkg->name);
	add_string(pkg, &pkg->m_package->release, pkg->release);
	for (uint32_t i = 0; i < pkg->n_segments; i++)
		pkg->m_segments[i] = pkg->segments[i].entry;
	for (uint32_t i = 0; i < pkg->n_components; i++) {
		struct pkg_component *from = &pkg->components[i];
		struct rvf_m_component *to = &pkg->m_components[i];

		*to = from->entry;
		add_string(pkg, &to->name, from->name);
		to->n_args = htole32(count_args(from));
		add_bytes(pkg, &to->args, from->args ? from->args : "", from->args_len);
		add_bytes(pkg, &to->jail, from->jail ? from->jail : "", from->jail_len);
	}
	for (uint32_t i = 0; i < pkg->n_regions; i++) {
		pkg->m_regions[i] = pkg->regions[i].entry;
		add_string(pkg, &pkg->m_regions[i].name, pkg->regions[i].name);
	}
	for (uint32_t i = 0; i < pkg->n_queues; i++) {
		pkg->m_queues[i] = pkg->queues[i].entry;
		add_string(pkg, &pkg->m_queues[i].name, pkg->queues[i].name);
		add_string(pkg, &pkg->m_queues[i].type_name, pkg->queues[i].type_name);
	}
	place_ranges(pkg);
	pkg->m_required->min_memory = htole64(memory_needed(pkg) + pkg->more_memory);
	header->length = htole32(pkg->manifest_len);
	pkg_content_hash(pkg);
}

void pkg_sign_more(struct pkg *pkg, enum test_key key)
{
	uint8_t digest[RVF_DIGEST_LEN], signature[RVF_RSA4096_LEN], id[RVF_KEY_ID_LEN];

	manifest_digest(pkg->manifest, pkg->manifest_len, digest);
	sign_digest(key, digest, signature);
	key_id(key, id);
	envelope_entry(&pkg->envelope, RVF_ALG_RSA4096, id, signature, sizeof(signature));
	envelope_end(&pkg->envelope);
}

void pkg_sign(struct pkg *pkg, enum test_key key)
{
	envelope_start(&pkg->envelope);
	pkg_sign_more(pkg, key);
}

void pkg_make_file(struct pkg *pkg)
{
	static const uint8_t before[64] = "what lies between the segments is not the kernel's";
	uint64_t offset = 0;

	if (pkg->fd >= 0)
		close(pkg->fd);
	pkg->fd = must(memfd_create("package", MFD_CLOEXEC));
	for (uint32_t i = 0; i < pkg->n_segments; i++) {
		uint64_t length = le64toh(pkg->segments[i].entry.length);
		uint64_t done = 0;

		must(pwrite(pkg->fd, before, sizeof(before), offset));
		offset += sizeof(before);
		pkg->offsets[i] = offset;
		while (done < length)
			done += must(pwrite(pkg->fd, pkg->segments[i].data + done, length - done,
					    offset + done));
		offset += length;
	}
}

void pkg_finish(struct pkg *pkg, enum test_key key)
{
	pkg_build(pkg);
	pkg_sign(pkg, key);
	pkg_make_file(pkg);
}

void pkg_mount_arg(struct pkg *pkg, const char *name, struct rvf_mount *arg)
{
	*arg = (struct rvf_mount){
		.size = sizeof(*arg),
		.manifest = (uintptr_t)pkg->manifest,
		.manifest_len = pkg->manifest_len,
		.signatures = (uintptr_t)pkg->envelope.data,
		.signatures_len = pkg->envelope.length,
		.segments = (uintptr_t)pkg->offsets,
		.segment_count = pkg->n_segments,
		.name = (uintptr_t)name,
		.name_len = name ? strlen(name) : 0,
		.package_fd = pkg->fd,
	};
}

int pkg_mount(struct pkg *pkg, int ctl, const char *name, struct rvf_mount *arg)
{
	struct rvf_mount own;
	int result;

	if (!arg)
		arg = &own;
	pkg_mount_arg(pkg, name, arg);
	result = rvf(ctl, RVF_MOUNT, arg);
	return result < 0 ? result : arg->out_fd;
}

int pkg_verify(struct pkg *pkg, int ctl, const char *name, struct rvf_mount *arg)
{
	struct rvf_mount own;

	if (!arg)
		arg = &own;
	pkg_mount_arg(pkg, name, arg);
	return rvf(ctl, RVF_VERIFY, arg);
}

const uint8_t *data_bytes(void)
{
	static uint8_t data[DATA_LENGTH];

	if (!data[1]) {
		for (unsigned int i = 0; i < sizeof(data); i++)
			data[i] = i + i / 251 + 1;
	}
	return data;
}

const void *plugin_image(const char *name, size_t *length)
{
	return read_whole(beside(name), length);
}

struct pkg *pkg_usual(void)
{
	struct pkg *pkg = pkg_new("usual");
	const uint32_t all = RVF_RIGHT_READ | RVF_RIGHT_WRITE | RVF_RIGHT_GRANT | RVF_RIGHT_REVOKE;
	unsigned int image, component[2], data, log, queue;
	const void *bytes;
	size_t length;

	bytes = plugin_image("plugin_proxy", &length);
	image = pkg_segment(pkg, RVF_SEG_IMAGE, bytes, length);
	component[0] = pkg_component(pkg, "one", image);
	component[1] = pkg_component(pkg, "two", image);
	data = pkg_immutable(pkg, "data", data_bytes(), DATA_LENGTH);
	log = pkg_append_only(pkg, "log", LOG_SIZE);
	queue = pkg_queue(pkg, "queue", QUEUE_SLOTS, QUEUE_MESSAGE);
	pkg_queue_type(pkg, queue, "sample/1");
	for (int i = 0; i < 2; i++) {
		pkg_grant(pkg, component[i], RVF_OBJECT_REGION, data, all & ~RVF_RIGHT_WRITE,
			  101 + i);
		pkg_grant(pkg, component[i], RVF_OBJECT_REGION, log, all, 101 + i);
		pkg_grant(pkg, component[i], RVF_OBJECT_QUEUE, queue, all, 101 + i);
	}
	return pkg;
}

int mount_usual(int ctl)
{
	struct pkg *pkg = pkg_usual();
	struct rvf_mount arg;
	int mount;

	key_trust(ctl, KEY_OWNER);
	pkg_finish(pkg, KEY_OWNER);
	mount = pkg_mount(pkg, ctl, NULL, &arg);
	if (mount < 0)
		die("the usual package cannot be mounted: %s, reason %u, index %u",
		    strerror(-mount), arg.out_reason, arg.out_index);
	close(pkg->fd);
	free(pkg->manifest);
	free(pkg);
	return mount;
}
