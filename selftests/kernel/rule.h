/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tests of one rule each: a package that breaks it alone is refused with its
 * errno, reason and index by RVF_VERIFY and RVF_MOUNT.
 */
#ifndef RVF_SELFTESTS_RULE_H
#define RVF_SELFTESTS_RULE_H

#include <endian.h>
#include <stdlib.h>

#include "refuse.h"

/* An index that the rule says nothing of */
#define ANY -1

FIXTURE(rule)
{
	int ctl;
	struct pkg *pkg;
};

FIXTURE_VARIANT(rule)
{
	/* The first changes what is built, the second what was built */
	void (*before)(struct pkg * pkg);
	void (*after)(struct pkg * pkg);
	int err;
	unsigned int reason;
	int index;
	unsigned int status;
};

#define RULE_VARIANT(name, member, err_, reason_, index_, status_) \
	static void name(struct pkg *pkg);                         \
	FIXTURE_VARIANT_ADD(rule, name){                           \
		.member = name,                                    \
		.err = err_,                                       \
		.reason = reason_,                                 \
		.index = index_,                                   \
		.status = status_,                                 \
	};                                                         \
	static void name(struct pkg *pkg)

/* A body follows: the change to the package, or to the manifest's bytes */
#define BUILT_WITH(name, reason, index) \
	RULE_VARIANT(name, before, EBADMSG, reason, index, RVF_VERIFY_MANIFEST_INVALID)
#define CHANGED(name, reason, index) \
	RULE_VARIANT(name, after, EBADMSG, reason, index, RVF_VERIFY_MANIFEST_INVALID)

/* Segments 0 to 4, components 0 to 3, regions 0 and 1, queues 0 and 1 */
enum {
	SEG_IMAGE,
	SEG_WASM,
	SEG_KERNEL,
	SEG_DATA,
};

static inline struct pkg *rule_package(void)
{
	struct pkg *pkg = pkg_new("rules");
	unsigned int native, second, wasm, kernel;
	const void *image;
	size_t length;

	image = plugin_image("plugin_proxy", &length);
	pkg_segment(pkg, RVF_SEG_IMAGE, image, length);
	pkg_segment(pkg, RVF_SEG_WASM, "\0asm", 4);
	pkg_segment(pkg, RVF_SEG_KERNEL, "kernel", 6);
	native = pkg_component(pkg, "native", SEG_IMAGE);
	second = pkg_component(pkg, "second", SEG_IMAGE);
	wasm = pkg_component(pkg, "wasm", SEG_IMAGE);
	kernel = pkg_component(pkg, "kernel", SEG_KERNEL);
	pkg->components[native].args = "first\0second argument";
	pkg->components[native].args_len = sizeof("first\0second argument");
	pkg->components[wasm].entry.kind = htole32(RVF_COMPONENT_WASM);
	pkg->components[wasm].entry.source = htole32(SEG_WASM);
	pkg->components[kernel].entry.kind = htole32(RVF_COMPONENT_KERNEL);
	pkg_immutable(pkg, "data", data_bytes(), 100);
	pkg_append_only(pkg, "log", 5000);
	pkg_queue(pkg, "queue", 4, 64);
	pkg_queue_type(pkg, 0, "sample/1");
	pkg_queue(pkg, "untyped", 2, 32);
	pkg_depends(pkg, second, native);
	pkg_depends(pkg, wasm, second);
	pkg_depends(pkg, wasm, native);
	for (unsigned int c = native; c <= wasm; c++) {
		pkg_grant(pkg, c, RVF_OBJECT_REGION, 0, RVF_RIGHT_READ | RVF_RIGHT_GRANT, c);
		pkg_grant(pkg, c, RVF_OBJECT_REGION, 1, RVF_RIGHT_READ | RVF_RIGHT_WRITE, 0);
		pkg_grant(pkg, c, RVF_OBJECT_QUEUE, 0, RVF_RIGHT_WRITE | RVF_RIGHT_REVOKE, 7);
	}
	return pkg;
}

FIXTURE_SETUP(rule)
{
	self->ctl = ctl_open();
	key_trust(self->ctl, KEY_OWNER);
	self->pkg = rule_package();
}

FIXTURE_TEARDOWN(rule)
{
}

TEST_F_TIMEOUT(rule, broken, 60)
{
	struct refusal refusal;

	if (variant->before)
		variant->before(self->pkg);
	pkg_build(self->pkg);
	pkg_make_file(self->pkg);
	if (variant->after)
		variant->after(self->pkg);
	pkg_sign(self->pkg, KEY_OWNER);
	refuse(&refusal, self->pkg, self->ctl, NULL);
	EXPECT_REFUSED(variant->err, variant->reason, variant->status);
	EXPECT_EQ(refusal.verify_index, refusal.arg.out_index);
	if (variant->index != ANY)
		EXPECT_EQ(variant->index, refusal.arg.out_index);
}

#endif
