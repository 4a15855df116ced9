// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The control fd's commands.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <rvf/package.h>
#include "device_internal.h"

#define DEVICE "/dev/rvfctl"

/* The kernel's answer to a command that has no reason to give. */
static int answer(int result, struct rvf_error *e)
{
	if (result >= 0)
		return 0;

	int err = errno;
	rvf_error_from_kernel(e, err, RVF_REASON_NONE, 0);
	return -err;
}

int rvf_open(struct rvf_error *e)
{
	const char *path = secure_getenv("RVF_DEVICE");

	if (!path || !*path)
		path = DEVICE;
	int fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd >= 0)
		return fd;

	int err = errno;
	if (err == ENOENT || err == ENXIO || err == ENODEV) {
		rvf_error_set(e, err, "no-module", "the module rvf is not loaded");
		rvf_error_why(e, "%s: %s", path, strerror(err));
		rvf_error_hint(e, "sudo modprobe rvf");
	} else if (err == EACCES || err == EPERM) {
		rvf_error_set(e, err, "not-root", "%s may be used by root only", path);
		rvf_error_hint(e, "run it as root");
	} else {
		rvf_error_system(e, err, "cannot open %s", path);
	}
	return -err;
}

int rvf_ctl_info(int ctl, struct rvf_ctl_info *info, struct rvf_error *e)
{
	*info = (struct rvf_ctl_info){ .size = sizeof(*info) };
	return answer(ioctl(ctl, RVF_CTL_INFO, info), e);
}

int rvf_key_add(int ctl, const struct rvf_key_record *record, __u8 id_out[RVF_KEY_ID_LEN],
		struct rvf_error *e)
{
	struct rvf_key_add cmd = { .size = sizeof(cmd), .record = (__u64)(unsigned long)record };
	int err = ioctl(ctl, RVF_KEY_ADD, &cmd) ? errno : 0;

	if (id_out)
		memcpy(id_out, cmd.out_key_id, sizeof(cmd.out_key_id));
	if (err)
		rvf_error_from_kernel(e, err, cmd.out_reason, cmd.out_index);
	return -err;
}

int rvf_key_list(int ctl, __u32 index, struct rvf_key_record *record, __u8 id[RVF_KEY_ID_LEN],
		 struct rvf_error *e)
{
	struct rvf_key_list cmd = { .size = sizeof(cmd),
				    .index = index,
				    .record = (__u64)(unsigned long)record };
	int err = answer(ioctl(ctl, RVF_KEY_LIST, &cmd), e);

	if (!err && id)
		memcpy(id, cmd.out_key_id, sizeof(cmd.out_key_id));
	return err;
}

int rvf_mount_prepare(struct rvf_mount *cmd, struct rvf_package *package, const char *name,
		      const struct rvf_mount_config *config, struct rvf_error *e)
{
	static const struct rvf_mount_config host;
	const struct rvf_mount_config *limits = config ? config : &host;

	if (name && (strlen(name) > RVF_MAX_NAME || !rvf_mount_name_ok(name, strlen(name)))) {
		rvf_error_from_kernel(e, EINVAL, RVF_REASON_MOUNT_NAME, 0);
		return -EINVAL;
	}
	*cmd = (struct rvf_mount){
		.size = sizeof(*cmd),
		.manifest = (__u64)(unsigned long)package->manifest_data,
		.signatures = (__u64)(unsigned long)package->envelope,
		.segments = (__u64)(unsigned long)package->offsets,
		.name = (__u64)(unsigned long)name,
		.manifest_len = package->manifest_length,
		.signatures_len = package->envelope_length,
		.segment_count = package->n_offsets,
		.name_len = name ? strlen(name) : 0,
		.package_fd = rvf_package_fd(package),
		.max_components = limits->max_components,
		.max_regions = limits->max_regions,
		.max_queues = limits->max_queues,
		.max_tasks = limits->max_tasks,
		.out_fd = -1,
	};
	return 0;
}

int rvf_mount_finish(const struct rvf_mount *cmd, int err, struct rvf_mount_result *result,
		     struct rvf_error *e)
{
	*result = (struct rvf_mount_result){
		.fd = err ? -1 : cmd->out_fd,
		.status = cmd->out_status,
		.reason = cmd->out_reason,
		.index = cmd->out_index,
		.components = cmd->out_components,
		.regions = cmd->out_regions,
		.queues = cmd->out_queues,
		.tasks = cmd->out_tasks,
		.id = cmd->out_id,
	};
	memcpy(result->key_id, cmd->out_key_id, sizeof(result->key_id));
	if (err)
		rvf_error_from_kernel(e, -err, cmd->out_reason, cmd->out_index);
	return err;
}

static int mount_or_verify(int ctl, unsigned long request, struct rvf_package *package,
			   const char *name, const struct rvf_mount_config *config,
			   struct rvf_mount_result *result, struct rvf_error *e)
{
	struct rvf_mount cmd;
	int err = rvf_mount_prepare(&cmd, package, name, config, e);

	*result = (struct rvf_mount_result){ .fd = -1 };
	if (err)
		return err;
	err = ioctl(ctl, request, &cmd) ? -errno : 0;
	return rvf_mount_finish(&cmd, err, result, e);
}

int rvf_mount_package(int ctl, struct rvf_package *package, const char *name,
		      const struct rvf_mount_config *config, struct rvf_mount_result *result,
		      struct rvf_error *e)
{
	return mount_or_verify(ctl, RVF_MOUNT, package, name, config, result, e);
}

int rvf_verify_package(int ctl, struct rvf_package *package, const char *name,
		       const struct rvf_mount_config *config, struct rvf_mount_result *result,
		       struct rvf_error *e)
{
	return mount_or_verify(ctl, RVF_VERIFY, package, name, config, result, e);
}

int rvf_open_mount(int ctl, const char *name, struct rvf_error *e)
{
	struct rvf_open_mount cmd = { .size = sizeof(cmd),
				      .name_len = strlen(name),
				      .name = (__u64)(unsigned long)name,
				      .out_fd = -1 };

	if (!ioctl(ctl, RVF_OPEN_MOUNT, &cmd))
		return cmd.out_fd;

	int err = errno;
	if (err == ENOENT)
		rvf_error_set(e, err, "no-mount", "nothing is mounted at '%s'", name);
	else
		rvf_error_from_kernel(e, err, err == EINVAL ? RVF_REASON_MOUNT_NAME : 0, 0);
	return -err;
}
