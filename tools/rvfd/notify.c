// SPDX-License-Identifier: GPL-2.0-only
/*
 * The service manager: it is told when rvfd is ready, and keeps rvfd's fds
 * while rvfd is not there. systemd's protocol (sd_notify(3), sd_listen_fds(3)),
 * which is stable and so small that it is spoken here: a datagram of lines to a
 * socket that a variable names; fds that were kept are there from number 3 on.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "rvfd.h"

#define FIRST_FD 3

static int manager = -1;

/* Returns whether there is one. */
bool notify_open(void)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (!path || (path[0] != '/' && path[0] != '@') || strlen(path) >= sizeof(address.sun_path))
		return false;
	strcpy(address.sun_path, path);

	socklen_t length = offsetof(struct sockaddr_un, sun_path) + strlen(path);
	/* An abstract name begins with a NUL. */
	if (path[0] == '@')
		address.sun_path[0] = '\0';
	manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (manager >= 0 && connect(manager, (struct sockaddr *)&address, length)) {
		log_say(LOG_LEVEL_WARNING, "cannot reach the service manager: %m");
		close(manager);
		manager = -1;
	}
	return manager >= 0;
}

/* @fd: goes with it; -1: none. */
static void notify_send(const char *text, int fd)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec io = { (char *)text, strlen(text) };
	struct msghdr message = { .msg_iov = &io, .msg_iovlen = 1 };

	if (manager < 0)
		return;
	if (fd >= 0) {
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	}
	if (sendmsg(manager, &message, MSG_NOSIGNAL) < 0)
		log_say(LOG_LEVEL_WARNING, "cannot tell the service manager: %m");
}

void notify_say(const char *text)
{
	notify_send(text, -1);
}

/* Not to be polled: a pipe's end would be closed there before all of it was read. */
void notify_keep(const char *name, int fd, void *context)
{
	char text[RVF_KEPT_NAME + 64];

	(void)context;
	snprintf(text, sizeof(text), "FDSTORE=1\nFDNAME=%s\nFDPOLL=0", name);
	notify_send(text, fd);
}

void notify_forget(const char *name, void *context)
{
	char text[RVF_KEPT_NAME + 64];

	(void)context;
	snprintf(text, sizeof(text), "FDSTOREREMOVE=1\nFDNAME=%s", name);
	notify_send(text, -1);
}

static long number_of(const char *variable)
{
	const char *text = getenv(variable);
	char *end;

	if (!text || !*text)
		return -1;
	errno = 0;
	long value = strtol(text, &end, 10);
	return *end || errno ? -1 : value;
}

/*
 * The fds that this process was started with, to be freed; NULL: none. Without
 * a name that fits, one is of no use, and is among them to be closed.
 */
struct rvf_kept *notify_kept(size_t *count)
{
	long n = number_of("LISTEN_FDS"), pid = number_of("LISTEN_PID");
	const char *names = getenv("LISTEN_FDNAMES");
	struct rvf_kept *kept = NULL;

	*count = 0;
	if (n > 0 && n < 1 << 20 && pid == getpid())
		kept = calloc(n, sizeof(*kept));
	for (long i = 0; kept && i < n; i++) {
		size_t length = names ? strcspn(names, ":") : 0;

		kept[i].fd = FIRST_FD + i;
		if (length < sizeof(kept[i].name))
			snprintf(kept[i].name, sizeof(kept[i].name), "%.*s", (int)length,
				 names ? names : "");
		fcntl(kept[i].fd, F_SETFD, FD_CLOEXEC);
		names = names && names[length] ? names + length + 1 : NULL;
		*count = i + 1;
	}
	/* Nothing that is started from here has anything to do with them. */
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDNAMES");
	return kept;
}
