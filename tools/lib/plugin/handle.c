// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>

#include <rvf/plugin.h>

#include "task.h"

int rvf_ready(void)
{
	struct rvf_ready ready = { .size = sizeof(ready) };

	return rvf_plugin_ioctl(rvf_task_fd(), RVF_READY, &ready);
}

static int poll_task(int timeout)
{
	struct pollfd task = { .fd = rvf_task_fd(), .events = POLLPRI };
	int ret = poll(&task, 1, timeout);

	return ret < 0 ? -errno : ret;
}

bool rvf_stop_requested(void)
{
	return poll_task(0) > 0;
}

int rvf_wait_stop(void)
{
	int ret;

	do {
		ret = poll_task(-1);
	} while (ret == -EINTR);
	return ret < 0 ? ret : 0;
}

int rvf_granted(unsigned int index, struct rvf_granted *granted)
{
	struct rvf_task_list list = {
		.size = sizeof(list),
		.index = index,
		.name = (uintptr_t)granted->name,
		.name_len = RVF_MAX_NAME,
	};
	int ret;

	memset(granted, 0, sizeof(*granted));
	ret = rvf_plugin_ioctl(rvf_task_fd(), RVF_TASK_LIST, &list);
	if (ret < 0)
		return ret;
	granted->kind = list.out_kind;
	granted->rights = list.out_rights;
	granted->badge = list.out_badge;
	return 0;
}

static int get(const char *name, __u32 rights)
{
	struct rvf_get get = {
		.size = sizeof(get),
		.rights = rights,
		.name = (uintptr_t)name,
	};
	size_t length = strlen(name);
	int ret;

	if (length > RVF_MAX_NAME)
		return -ENOENT;
	get.name_len = length;
	ret = rvf_plugin_ioctl(rvf_task_fd(), RVF_TASK_GET, &get);
	return ret < 0 ? ret : get.out_fd;
}

int rvf_get(const char *name)
{
	return get(name, 0);
}

int rvf_get_rights(const char *name, __u32 rights)
{
	/* 0 would mean all of them */
	if (!rights)
		return -EINVAL;
	return get(name, rights);
}

int rvf_handle_info(int handle, struct rvf_handle_info *info)
{
	memset(info, 0, sizeof(*info));
	info->size = sizeof(*info);
	return rvf_plugin_ioctl(handle, RVF_HANDLE_INFO, info);
}

int rvf_derive(int handle, __u32 rights, __u64 badge)
{
	struct rvf_handle_derive derive = {
		.size = sizeof(derive),
		.rights = rights,
		.badge = badge,
	};
	int ret = rvf_plugin_ioctl(handle, RVF_HANDLE_DERIVE, &derive);

	return ret < 0 ? ret : derive.out_fd;
}

static int revoke(int handle, __u32 flags)
{
	struct rvf_handle_revoke revoke = { .size = sizeof(revoke), .flags = flags };
	int ret = rvf_plugin_ioctl(handle, RVF_HANDLE_REVOKE, &revoke);

	return ret < 0 ? ret : (int)revoke.out_count;
}

int rvf_revoke(int handle)
{
	return revoke(handle, 0);
}

int rvf_revoke_derived(int handle)
{
	return revoke(handle, RVF_REVOKE_DERIVED);
}
