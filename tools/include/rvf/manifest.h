/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Manifests: reading with the parser that the kernel uses, and building.
 */
#ifndef RVF_MANIFEST_H
#define RVF_MANIFEST_H

#include <stddef.h>
#include <rvf/error.h>
#include <rvf/manifest_parse.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

/**
 * rvf_manifest_read - Parse a manifest as the kernel does, with its highest
 *	limits, and check its content hash
 * @m: Filled.
 * @data: The manifest, aligned to eight bytes; kept by the caller.
 * @length: Its bytes.
 * @e: Says why not, or NULL.
 *
 * Return: 0, -EBADMSG, -EOPNOTSUPP or -EDQUOT.
 */
int rvf_manifest_read(struct rvf_manifest *m, const void *data, size_t length, struct rvf_error *e);

/* A manifest in the making, with the segments that go with it. */
struct rvf_builder;

/**
 * struct rvf_component_spec - A component to add
 * @name: Its name, a word.
 * @kind: One of enum rvf_component_kind.
 * @image: The segment, from rvf_builder_segment().
 * @source: The WebAssembly segment, or RVF_M_NONE.
 * @profile: One of enum rvf_profile.
 * @restart: One of enum rvf_restart; the next four as in rvf_m_component.
 * @restart_times: How often.
 * @restart_window_ms: Within which time.
 * @backoff_min_ms: The first pause.
 * @backoff_max_ms: The longest pause.
 * @limit_pids: Threads.
 * @limit_memory: Bytes.
 * @limit_cpu: Thousandths of a CPU.
 * @vcpus: vCPUs of its VM, 0: none.
 * @guest_memory: Bytes that the task may bring into its VM; 0 without one.
 * @identity_map: KVM's page in the guest's address space; 0: its own choice.
 * @relax: Bits of enum rvf_relax, for a developer's key.
 * @args: Arguments behind argv[0].
 * @n_args: How many.
 * @jail: What it asks of its jail: see <rvf/jail.h>.
 * @n_jail: How many texts that are.
 */
struct rvf_component_spec {
	const char *name;
	__u32 kind;
	__u32 image;
	__u32 source;
	__u32 profile;
	__u32 restart;
	__u32 restart_times;
	__u32 restart_window_ms;
	__u32 backoff_min_ms;
	__u32 backoff_max_ms;
	__u32 limit_pids;
	__u64 limit_memory;
	__u32 limit_cpu;
	__u32 vcpus;
	__u64 guest_memory;
	__u64 identity_map;
	__u32 relax;
	const char *const *args;
	size_t n_args;
	const char *const *jail;
	size_t n_jail;
};

/**
 * rvf_builder_new - Begin a package
 * @id: The package id, 16 bytes.
 * @name: Its name, a word.
 * @version: Its version.
 * @release: For people, or NULL.
 *
 * Return: the builder, or NULL without memory.
 */
struct rvf_builder *rvf_builder_new(const __u8 id[16], const char *name, __u64 version,
				    const char *release);
void rvf_builder_free(struct rvf_builder *b);

/**
 * rvf_builder_segment - Add a segment from a file
 * @b: The builder.
 * @type: One of enum rvf_segment_type.
 * @path: A regular file; read by rvf_builder_write() again, which fails when
 *	it has changed meanwhile.
 * @e: Says why not, or NULL.
 *
 * Return: its index (the same file and type have one segment), or a negative
 * errno.
 */
int rvf_builder_segment(struct rvf_builder *b, __u32 type, const char *path, struct rvf_error *e);

/**
 * rvf_builder_segment_length - Bytes of a segment's payload
 * @b: The builder.
 * @segment: Its index.
 */
__u64 rvf_builder_segment_length(const struct rvf_builder *b, __u32 segment);

/*
 * Each returns the new entry's index, or a negative errno (-ENOMEM, -EDQUOT;
 * what is wrong in an entry, rvf_builder_write() tells, since it asks the
 * kernel's parser).
 */
int rvf_builder_component(struct rvf_builder *b, const struct rvf_component_spec *spec);
int rvf_builder_dependency(struct rvf_builder *b, __u32 component, __u32 needs);
int rvf_builder_immutable(struct rvf_builder *b, const char *name, __u32 segment);
int rvf_builder_append_only(struct rvf_builder *b, const char *name, __u64 size);
int rvf_builder_slab(struct rvf_builder *b, const char *name, __u32 slots, __u64 slot_size);
int rvf_builder_queue(struct rvf_builder *b, const char *name, __u32 slots, __u32 message_size,
		      const char *type);
/* A queue that its two ends map */
int rvf_builder_ring(struct rvf_builder *b, const char *name, __u32 slots, __u32 message_size,
		     const char *type);
int rvf_builder_grant(struct rvf_builder *b, __u32 component, __u32 kind, __u32 object,
		      __u32 rights, __u64 badge);

/**
 * rvf_type_id - The type id of a message type's text
 * @text: The text; NULL or empty: none.
 *
 * Return: the first four bytes of its SHA-256 as a little-endian number; 0 for
 * none.
 */
__u32 rvf_type_id(const char *text);

/**
 * rvf_builder_manifest - The manifest's bytes
 * @b: The builder.
 * @data: Filled with memory that the caller frees.
 * @length: Filled with its bytes.
 * @e: Says why not, or NULL.
 *
 * Return: 0, or what the kernel's parser says of it.
 */
int rvf_builder_manifest(struct rvf_builder *b, void **data, size_t *length, struct rvf_error *e);

/**
 * rvf_builder_write - Write the package, unsigned
 * @b: The builder.
 * @path: Where to; replaced at once or not at all.
 * @e: Says why not, or NULL.
 *
 * The same input gives the same bytes.
 */
int rvf_builder_write(struct rvf_builder *b, const char *path, struct rvf_error *e);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* RVF_MANIFEST_H */
