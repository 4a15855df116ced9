// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <rvf/device.h>
#include <rvf/key.h>
#include <rvf/package.h>
#include "package.h"
#include "run.h"

static char dir[] = "/tmp/rvf-bind-XXXXXX";

static const char *in_dir(const char *name)
{
	static char paths[4][128];
	static unsigned int n;
	char *path = paths[n++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", dir, name);
	return path;
}

static int build_package(unsigned int tasks, struct rvf_error *e)
{
	const __u8 id[16] = { 1 };
	struct rvf_builder *b = rvf_builder_new(id, "bind", 1, NULL);
	int segment = b ? rvf_builder_segment(b, RVF_SEG_IMAGE, inside_path, e) : -ENOMEM;
	struct rvf_component_spec spec = { .name = "inside",
					   .kind = RVF_COMPONENT_NATIVE,
					   .image = segment,
					   .source = RVF_M_NONE,
					   .restart_window_ms = 1000,
					   .limit_pids = 16,
					   .limit_memory = 16 << 20,
					   .limit_cpu = 1000 };

	int err = segment < 0 ? segment : rvf_builder_component(b, &spec);
	spec.name = "rooted";
	spec.profile = RVF_PROFILE_CROSVM;
	if (err >= 0 && tasks > 1)
		err = rvf_builder_component(b, &spec);
	if (err >= 0)
		err = rvf_builder_write(b, in_dir("bind.rvf"), e);
	rvf_builder_free(b);
	return err;
}

static int sign_package(struct rvf_error *e)
{
	struct rvf_package *package;
	int err = rvf_package_load(&package, in_dir("bind.rvf"), e);

	if (err)
		return err;
	err = rvf_sign(package, in_dir("key"), in_dir("bind.rvf"), NULL, e);
	rvf_package_free(package);
	return err;
}

static int mount_package(unsigned int tasks, struct rvf_error *e)
{
	struct rvf_key_options options = { .label = "test", .usage = RVF_KEY_MOUNT };
	struct rvf_key_record record;
	struct rvf_mount_result result = { .fd = -1 };
	struct rvf_package *package = NULL;
	int ctl = rvf_open(e);
	int err = ctl < 0 ? ctl : 0;

	if (!err)
		err = rvf_key_generate(in_dir("key"), in_dir("pub"), &options, &record, e);
	if (!err)
		err = rvf_key_add(ctl, &record, NULL, e);
	if (!err)
		err = build_package(tasks, e);
	if (!err)
		err = sign_package(e);
	if (!err)
		err = rvf_package_load(&package, in_dir("bind.rvf"), e);
	if (!err)
		err = rvf_mount_package(ctl, package, NULL, NULL, &result, e);
	if (!err)
		err = rvf_supervise(result.fd, -1, e);
	rvf_package_free(package);
	if (ctl >= 0)
		close(ctl);
	if (err && result.fd >= 0)
		close(result.fd);
	return err ? err : result.fd;
}

/* Returns the claim of a nameless mount of tasks that run inside: a second one has a root. */
int mount_inside(unsigned int tasks, struct rvf_error *e)
{
	static const char *const files[] = { "key", "pub", "bind.rvf" };

	if (!mkdtemp(dir))
		return rvf_error_system(e, errno, "cannot make %s", dir);
	int fd = mount_package(tasks, e);

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		unlink(in_dir(files[i]));
	rmdir(dir);
	return fd;
}
