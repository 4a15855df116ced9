// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "charged.h"

#define CGROUP "/sys/fs/cgroup/rvf-bench"

static int put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), ret;

	if (fd < 0)
		return -errno;
	ret = write(fd, text, strlen(text)) < 0 ? -errno : 0;
	close(fd);
	return ret;
}

static int get(const char *path, char *text, size_t room)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, text, room - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	return n < 0 ? -EIO : 0;
}

int charges_begin(void)
{
	if (mkdir(CGROUP, 0755) < 0 && errno != EEXIST)
		return -errno;
	return put(CGROUP "/cgroup.procs", "0");
}

void charges_end(void)
{
	put("/sys/fs/cgroup/cgroup.procs", "0");
	rmdir(CGROUP);
}

static double kib(const char *stat, const char *name)
{
	size_t length = strlen(name);

	for (const char *line = stat; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, name, length) && line[length] == ' ')
			return strtod(line + length, NULL) / 1024;
	}
	return 0;
}

int charges_now(struct charges *charges)
{
	char current[32], stat[8192];
	int err = get(CGROUP "/memory.current", current, sizeof(current));

	if (!err)
		err = get(CGROUP "/memory.stat", stat, sizeof(stat));
	if (err)
		return err;
	*charges = (struct charges){
		.all = strtod(current, NULL) / 1024,
		.anonymous = kib(stat, "anon"),
		.shared = kib(stat, "shmem"),
		.kernel = kib(stat, "kernel"),
		.page_tables = kib(stat, "pagetables") + kib(stat, "sec_pagetables"),
		.stacks = kib(stat, "kernel_stack"),
		.slab = kib(stat, "slab"),
	};
	return 0;
}
