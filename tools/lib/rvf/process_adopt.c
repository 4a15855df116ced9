// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A jailed process that another one started, and that outlived it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "process_object.h"

/* The number in a line such as "Pid:\t42" of a file of /proc; -1: there is none. */
static long read_field(const char *path, const char *name)
{
	FILE *file = fopen(path, "re");
	size_t length = strlen(name);
	long value = -1;
	char line[256];

	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file)) {
		if (!strncmp(line, name, length) && line[length] == ':') {
			value = strtol(line + length + 1, NULL, 10);
			break;
		}
	}
	fclose(file);
	return value;
}

int rvf_process_adopt(struct rvf_process **process, int pidfd, int lease, struct rvf_error *e)
{
	struct rvf_process *p;
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", pidfd);
	long pid = read_field(path, "Pid");
	if (pid <= 0)
		return rvf_error_system(e, ESRCH, "cannot take a process over");

	p = calloc(1, sizeof(*p));
	if (!p)
		return rvf_error_system(e, ENOMEM, "cannot take a process over");
	pthread_mutex_init(&p->lock, NULL);
	pthread_mutex_init(&p->start_lock, NULL);
	p->sync = -1;
	p->mount_fd = -1;
	p->start_done = true;
	p->pid = pid;
	p->pidfd = pidfd;
	p->lease = lease;
	snprintf(path, sizeof(path), "/proc/%ld/status", pid);
	p->uid = read_field(path, "Uid");
	*process = p;
	return 0;
}
