// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include <rvf/device.h>
#include <rvf/package.h>
#include <rvf/process.h>

#include "mounts.h"

int control_fd(void)
{
	static int ctl = -1;
	struct rvf_error e;

	if (ctl >= 0)
		return ctl;
	ctl = rvf_open(&e);
	if (ctl < 0)
		fprintf(stderr, "rvf-bench: %s\n", e.what);
	return ctl;
}

struct rvf_package *load_package(const char *path)
{
	struct rvf_package *package;
	struct rvf_error e;

	if (rvf_package_load(&package, path, &e) == 0)
		return package;
	fprintf(stderr, "rvf-bench: %s: %s\n", path, e.what);
	return NULL;
}

int mount_package(struct rvf_package *package)
{
	struct rvf_mount_result result;
	struct rvf_error e;
	int ctl = control_fd();
	int ret;

	if (ctl < 0)
		return ctl;
	ret = rvf_mount_package(ctl, package, NULL, NULL, &result, &e);
	if (ret < 0) {
		fprintf(stderr, "rvf-bench: mount: %s\n", e.what);
		return ret;
	}
	return result.fd;
}

int mount_nameless(const char *path)
{
	struct rvf_package *package = load_package(path);
	int mount;

	if (!package)
		return -EIO;
	mount = mount_package(package);
	rvf_package_free(package);
	return mount;
}

void unmount(int mount)
{
	struct rvf_error e;

	if (rvf_unmount(mount, 0, &e) < 0 || rvf_wait_gone(mount, 60000, &e) < 0)
		fprintf(stderr, "rvf-bench: unmount: %s\n", e.what);
	close(mount);
}

int mount_handle(int mount, const char *name, __u32 rights)
{
	struct rvf_error e;
	int handle = rvf_mount_get_handle(mount, name, rights, NULL, &e);

	if (handle < 0)
		fprintf(stderr, "rvf-bench: %s: %s\n", name, e.what);
	return handle;
}

int spawn_task(int mount, int netns, const char *name, struct rvf_process **process,
	       struct rvf_error *error)
{
	char *argv[] = { (char *)name, NULL };
	struct rvf_process_config config;
	int task_fd, image_fd;
	int ret = rvf_task_start(mount, 0, &task_fd, &image_fd, NULL, error);

	if (ret < 0)
		return ret;
	rvf_process_config_init(&config);
	config.image_fd = image_fd;
	config.task_fd = task_fd;
	config.argv = argv;
	config.stderr_fd = STDERR_FILENO;
	config.netns_fd = netns;
	ret = rvf_process_spawn(&config, process, error);
	close(task_fd);
	close(image_fd);
	return ret;
}
