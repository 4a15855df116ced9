/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RVF_SELFTESTS_UTIL_PACKAGE_H
#define RVF_SELFTESTS_UTIL_PACKAGE_H

#include "util_key.h"

/*
 * A package in the making: what goes into the tables of its manifest. Fields
 * of the entries can be changed before pkg_build (indices, limits, ...), and
 * the bytes of the manifest afterwards.
 */

struct pkg_segment {
	struct rvf_m_segment entry;
	const void *data;
};

struct pkg_component {
	struct rvf_m_component entry;
	const char *name;
	const char *args; /* NUL-terminated strings */
	uint32_t args_len;
	const char *jail; /* likewise */
	uint32_t jail_len;
};

struct pkg_region {
	struct rvf_m_region entry;
	const char *name;
};

struct pkg_queue {
	struct rvf_m_queue entry;
	const char *name;
	const char *type_name;
};

#define PKG_SEGMENTS   (RVF_MAX_SEGMENTS + 1)
#define PKG_COMPONENTS (RVF_MAX_COMPONENTS + 1)
#define PKG_REGIONS    (RVF_MAX_REGIONS + 1)
#define PKG_QUEUES     (RVF_MAX_QUEUES + 1)
#define PKG_GRANTS     8192
#define PKG_DEPS       (RVF_MAX_DEPENDENCIES + 1)

struct pkg {
	struct rvf_m_package package;
	const char *name;
	const char *release;
	struct pkg_segment segments[PKG_SEGMENTS];
	struct pkg_component components[PKG_COMPONENTS];
	struct pkg_region regions[PKG_REGIONS];
	struct pkg_queue queues[PKG_QUEUES];
	struct rvf_m_grant grants[PKG_GRANTS];
	uint32_t grant_of[PKG_GRANTS]; /* the component */
	uint32_t deps[PKG_DEPS];
	uint32_t dep_of[PKG_DEPS];
	uint32_t n_segments, n_components, n_regions, n_queues, n_grants, n_deps;
	int64_t more_memory; /* added to required.min_memory */

	/* The manifest, once built, and its sections */
	uint8_t *manifest;
	uint32_t manifest_len;
	struct rvf_m_header *m_header;
	struct rvf_m_package *m_package;
	struct rvf_m_segment *m_segments;
	struct rvf_m_component *m_components;
	struct rvf_m_region *m_regions;
	struct rvf_m_queue *m_queues;
	struct rvf_m_grant *m_grants;
	uint32_t *m_deps;
	struct rvf_m_required *m_required;

	struct envelope envelope;

	/* The package file, once made: a memfd, and where each segment lies */
	int fd;
	uint64_t offsets[PKG_SEGMENTS];
};

struct pkg *pkg_new(const char *name);
unsigned int pkg_segment(struct pkg *pkg, uint32_t type, const void *data, uint64_t length);
/* Native, never restarted, with modest limits */
unsigned int pkg_component(struct pkg *pkg, const char *name, unsigned int image);
unsigned int pkg_immutable(struct pkg *pkg, const char *name, const void *data, uint64_t length);
unsigned int pkg_append_only(struct pkg *pkg, const char *name, uint64_t size);
unsigned int pkg_slab(struct pkg *pkg, const char *name, uint64_t slots, uint64_t slot_size);
unsigned int pkg_queue(struct pkg *pkg, const char *name, uint32_t slots, uint32_t message_size);
/* Component 0 sends, 1 receives */
unsigned int pkg_ring(struct pkg *pkg, const char *name, uint32_t slots, uint32_t message_size);
/* Gives the queue a type */
uint32_t pkg_queue_type(struct pkg *pkg, unsigned int queue, const char *type_name);
void pkg_grant(struct pkg *pkg, unsigned int component, uint32_t kind, uint32_t object,
	       uint32_t rights, uint64_t badge);
void pkg_depends(struct pkg *pkg, unsigned int component, unsigned int on);

/* Makes the manifest from what was put in; may be called again */
void pkg_build(struct pkg *pkg);
/* After a change to the segment table */
void pkg_content_hash(struct pkg *pkg);
/* Signs the manifest as it stands, by one key or more */
void pkg_sign(struct pkg *pkg, enum test_key key);
void pkg_sign_more(struct pkg *pkg, enum test_key key);
/* Writes the payloads into a file of their own */
void pkg_make_file(struct pkg *pkg);
/* All of these */
void pkg_finish(struct pkg *pkg, enum test_key key);

/* The arguments of RVF_MOUNT and RVF_VERIFY; name may be NULL */
void pkg_mount_arg(struct pkg *pkg, const char *name, struct rvf_mount *arg);
/* A mount fd, or a negative errno; arg may be NULL */
int pkg_mount(struct pkg *pkg, int ctl, const char *name, struct rvf_mount *arg);
int pkg_verify(struct pkg *pkg, int ctl, const char *name, struct rvf_mount *arg);

/*
 * The package that most tests use:
 *   image of plugin_proxy in two components, "one" and "two";
 *   "data": immutable, data_length() bytes of data_bytes();
 *   "log": append-only, LOG_SIZE; "queue": QUEUE_SLOTS messages of
 *   QUEUE_MESSAGE; both components may do everything that makes sense, with
 *   badges 101 and 102.
 */
#define DATA_PAGES    5
#define DATA_LENGTH   (DATA_PAGES * 4096 - 100)
#define LOG_SIZE      10000
#define QUEUE_SLOTS   4
#define QUEUE_MESSAGE 64

const uint8_t *data_bytes(void);
const void *plugin_image(const char *name, size_t *length);
struct pkg *pkg_usual(void);
/* Finished, mounted without a name, its key added */
int mount_usual(int ctl);

#endif
