// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "files.h"
#include "fixture.h"

static const __u8 package_id[16] = "host-test-packag";

static int must(int result, const char *what)
{
	if (result < 0) {
		fprintf(stderr, "%s: %s\n", what, strerror(-result));
		exit(1);
	}
	return result;
}

static __u32 add_segment(struct rvf_builder *b, __u32 type, const char *name, const char *text)
{
	struct rvf_error e = { 0 };
	int index = rvf_builder_segment(b, type, test_file(name, text, strlen(text)), &e);

	if (index < 0)
		fprintf(stderr, "%s %s\n", e.what, e.why);
	return must(index, name);
}

struct rvf_component_spec plain_component(const char *name, __u32 image)
{
	return (struct rvf_component_spec){
		.name = name,
		.kind = RVF_COMPONENT_NATIVE,
		.image = image,
		.source = RVF_M_NONE,
		.restart = RVF_RESTART_NEVER,
		.restart_window_ms = 60000,
		.backoff_max_ms = 1000,
		.limit_pids = 16,
		.limit_memory = 64 << 20,
		.limit_cpu = 1000,
	};
}

struct rvf_builder *empty_builder(void)
{
	struct rvf_builder *b = rvf_builder_new(package_id, "fixture", 3, "3.0 (test)");

	must(b ? 0 : -1, "rvf_builder_new");
	return b;
}

static void add_components(struct rvf_builder *b)
{
	static const char *const args[] = { "--fast", "" };
	static const char *const jail[] = { "tmpfs=4096", "cpus=0-3" };
	struct rvf_component_spec spec;

	spec = plain_component("first", add_segment(b, RVF_SEG_IMAGE, "first", "not really ELF"));
	spec.args = args;
	spec.n_args = 2;
	must(rvf_builder_component(b, &spec), "first");

	spec = plain_component("second", 0);
	spec.kind = RVF_COMPONENT_WASM;
	spec.source = add_segment(b, RVF_SEG_WASM, "second.wasm", "not really WebAssembly");
	spec.image = add_segment(b, RVF_SEG_IMAGE, "second", "compiled");
	spec.restart = RVF_RESTART_ON_FAILURE;
	spec.restart_times = 5;
	must(rvf_builder_component(b, &spec), "second");

	spec = plain_component("third", 0);
	spec.profile = RVF_PROFILE_CROSVM;
	spec.jail = jail;
	spec.n_jail = 2;
	must(rvf_builder_component(b, &spec), "third");

	spec = plain_component("guest", add_segment(b, RVF_SEG_KERNEL, "guest", "a kernel"));
	spec.kind = RVF_COMPONENT_KERNEL;
	must(rvf_builder_component(b, &spec), "guest");
}

struct rvf_builder *fixture_builder(void)
{
	struct rvf_builder *b = empty_builder();
	__u32 table, diary, ticks, plain;

	add_components(b);
	table = must(rvf_builder_immutable(b, "table",
					   add_segment(b, RVF_SEG_REGION, "table", "1 2 3")),
		     "table");
	diary = must(rvf_builder_append_only(b, "diary", 65536), "diary");
	ticks = must(rvf_builder_queue(b, "ticks", 64, 32, "tick/1"), "ticks");
	plain = must(rvf_builder_queue(b, "plain", 1, 65536, NULL), "plain");

	must(rvf_builder_dependency(b, 1, 0), "second needs first");
	must(rvf_builder_dependency(b, 2, 0), "third needs first");
	must(rvf_builder_dependency(b, 2, 1), "third needs second");
	must(rvf_builder_grant(b, 0, RVF_OBJECT_QUEUE, ticks, RVF_RIGHT_WRITE, 7), "grant");
	must(rvf_builder_grant(b, 0, RVF_OBJECT_REGION, table, RVF_RIGHT_READ | RVF_RIGHT_GRANT, 0),
	     "grant");
	must(rvf_builder_grant(b, 1, RVF_OBJECT_QUEUE, ticks, RVF_RIGHT_READ, 0), "grant");
	must(rvf_builder_grant(b, 1, RVF_OBJECT_REGION, diary,
			       RVF_RIGHT_READ | RVF_RIGHT_WRITE | RVF_RIGHT_REVOKE, 0),
	     "grant");
	must(rvf_builder_grant(b, 2, RVF_OBJECT_QUEUE, plain, RVF_RIGHT_READ, 0), "grant");
	return b;
}

void *fixture_manifest(size_t *length)
{
	struct rvf_builder *b = fixture_builder();
	struct rvf_error e = { 0 };
	void *data = NULL;

	if (rvf_builder_manifest(b, &data, length, &e)) {
		fprintf(stderr, "the fixture: %s: %s\n", e.what, e.why);
		exit(1);
	}
	rvf_builder_free(b);
	/* exactly as many bytes as there are, for the address sanitizer */
	data = realloc(data, *length);
	return data;
}

int parse(struct rvf_manifest *m, const void *data, size_t length, __u32 *reason, __u32 *index)
{
	static const struct rvf_manifest_limits limits = {
		.components = RVF_MAX_COMPONENTS,
		.regions = RVF_MAX_REGIONS,
		.queues = RVF_MAX_QUEUES,
		.tasks = RVF_MAX_TASKS,
	};

	return rvf_manifest_parse(m, data, length, &limits, reason, index);
}
