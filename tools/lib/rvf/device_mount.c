// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The mount fd's commands.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <rvf/device.h>

/* Tries, while what is asked for grows between asking how much it is and it. */
#define TRIES 8

static int answer(int result, struct rvf_error *e)
{
	if (result >= 0)
		return 0;

	int err = errno;
	rvf_error_from_kernel(e, err, RVF_REASON_NONE, 0);
	if (err == ENODEV)
		rvf_error_set(e, err, "no-mount", "the mount is gone");
	return -err;
}

static int no_memory(struct rvf_error *e)
{
	rvf_error_system(e, ENOMEM, "cannot go on");
	return -ENOMEM;
}

int rvf_mount_get_info(int mount, struct rvf_mount_info *info, char name[RVF_MAX_NAME + 1],
		       struct rvf_error *e)
{
	*info = (struct rvf_mount_info){ .size = sizeof(*info),
					 .name = (__u64)(unsigned long)name,
					 .name_len = name ? RVF_MAX_NAME : 0 };
	int err = answer(ioctl(mount, RVF_MOUNT_INFO, info), e);

	if (name)
		name[err || info->name_len > RVF_MAX_NAME ? 0 : info->name_len] = '\0';
	return err;
}

int rvf_mount_get_manifest(int mount, void **data, struct rvf_manifest *m, struct rvf_error *e)
{
	struct rvf_mount_manifest cmd = { .size = sizeof(cmd) };

	if (!ioctl(mount, RVF_MOUNT_MANIFEST, &cmd) || errno != EMSGSIZE)
		return answer(-1, e);

	void *bytes = malloc(cmd.length);
	if (!bytes)
		return no_memory(e);
	cmd.buffer = (__u64)(unsigned long)bytes;
	int err = answer(ioctl(mount, RVF_MOUNT_MANIFEST, &cmd), e);
	if (!err)
		err = rvf_manifest_read(m, bytes, cmd.length, e);
	if (err) {
		free(bytes);
		return err;
	}
	*data = bytes;
	return 0;
}

int rvf_mount_task_states(int mount, struct rvf_task_status **tasks, __u32 *count,
			  struct rvf_error *e)
{
	struct rvf_mount_tasks cmd = { .size = sizeof(cmd),
				       .entry_size = sizeof(struct rvf_task_status),
				       .count = RVF_MAX_TASKS };
	struct rvf_task_status *all = NULL;
	int err = -EMSGSIZE;

	/* More tasks than were known of when this was built */
	for (int i = 0; i < TRIES && err == -EMSGSIZE; i++) {
		free(all);
		all = calloc(cmd.count ? cmd.count : 1, sizeof(*all));
		if (!all)
			return no_memory(e);
		cmd.tasks = (__u64)(unsigned long)all;
		err = answer(ioctl(mount, RVF_MOUNT_TASKS, &cmd), e);
	}
	if (err) {
		free(all);
		return err;
	}
	*tasks = all;
	*count = cmd.count;
	return 0;
}

int rvf_mount_get_handle(int mount, const char *name, __u32 rights, struct rvf_get *get,
			 struct rvf_error *e)
{
	struct rvf_get cmd = { .size = sizeof(cmd),
			       .rights = rights,
			       .name = (__u64)(unsigned long)name,
			       .name_len = strlen(name),
			       .out_fd = -1 };
	int err = answer(ioctl(mount, RVF_MOUNT_GET, &cmd), e);

	if (err == -ENOENT)
		rvf_error_set(e, ENOENT, "no-object", "there is no region or queue '%s'", name);
	if (err)
		return err;
	if (get)
		*get = cmd;
	return cmd.out_fd;
}

int rvf_supervise(int mount, int kvm, struct rvf_error *e)
{
	struct rvf_supervise cmd = { .size = sizeof(cmd), .kvm_fd = kvm };
	int err = answer(ioctl(mount, RVF_SUPERVISE, &cmd), e);

	if (err == -EBUSY)
		rvf_error_set(e, EBUSY, "claimed", "the mount has a supervisor already");
	else if (err == -EINVAL || err == -EBADF)
		rvf_error_set(e, -err, "no-kvm",
			      "this is not /dev/kvm, open for reading and writing");
	return err;
}

int rvf_task_start(int mount, __u32 component, int *task_fd, int *image_fd, __u64 *incarnation,
		   struct rvf_error *e)
{
	struct rvf_task cmd = {
		.size = sizeof(cmd), .component = component, .out_task_fd = -1, .out_image_fd = -1
	};
	int err = answer(ioctl(mount, RVF_TASK, &cmd), e);

	if (err)
		return err;
	*task_fd = cmd.out_task_fd;
	*image_fd = cmd.out_image_fd;
	if (incarnation)
		*incarnation = cmd.out_incarnation;
	return 0;
}

int rvf_task_stop(int mount, __u32 component, __u32 flags, struct rvf_error *e)
{
	struct rvf_task_stop cmd = { .size = sizeof(cmd), .component = component, .flags = flags };

	return answer(ioctl(mount, RVF_TASK_STOP, &cmd), e);
}

int rvf_unmount(int mount, __u32 grace_ms, struct rvf_error *e)
{
	struct rvf_unmount cmd = { .size = sizeof(cmd), .grace_ms = grace_ms };

	return answer(ioctl(mount, RVF_UNMOUNT, &cmd), e);
}

int rvf_exchange(int mount, int other, struct rvf_error *e)
{
	struct rvf_exchange cmd = { .size = sizeof(cmd), .mount_fd = other };

	int err = answer(ioctl(mount, RVF_EXCHANGE, &cmd), e);

	if (err == -EINVAL) {
		rvf_error_set(e, EINVAL, "bad-name", "this takes two mounts, each with a name");
	} else if (err == -EACCES) {
		rvf_error_set(e, EACCES, "key-mount", "a key may not sign for the other's name");
		rvf_error_hint(e, "rvfctl key list shows what keys may sign for");
	}
	return err;
}

static __u64 now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (__u64)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int rvf_wait_gone(int mount, int timeout_ms, struct rvf_error *e)
{
	__u64 deadline = now_ms() + (timeout_ms < 0 ? 0 : timeout_ms);
	/* POLLHUP is always told; POLLPRI stays set while it is on its way. */
	struct pollfd poll_fd = { mount, 0, 0 };

	for (;;) {
		__u64 now = now_ms();
		int left = timeout_ms < 0 ? -1 : now < deadline ? (int)(deadline - now) : 0;
		int n = poll(&poll_fd, 1, left);

		if (n < 0) {
			int err = errno;

			rvf_error_system(e, err, "cannot wait for the unmount");
			return -err;
		}
		if (poll_fd.revents & POLLHUP)
			return 0;
		if (n > 0) {
			rvf_error_set(e, EBADF, "bad-fd", "this is no mount fd");
			return -EBADF;
		}
		if (timeout_ms >= 0 && now_ms() >= deadline) {
			rvf_error_set(e, ETIMEDOUT, "timeout",
				      "the unmount was not complete in time");
			return -ETIMEDOUT;
		}
	}
}
