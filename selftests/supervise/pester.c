// SPDX-License-Identifier: GPL-2.0-only
/*
 * Clients of rvfd that do not behave: "pester KIND". 0: rvfd answered others
 * all the while.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../tools/supervise/protocol.h"

static int connect_raw(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = RVFD_SOCKET };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address))) {
		close(fd);
		return -1;
	}
	return fd;
}

static int ping(struct rvf_error *e)
{
	struct rvfd *rvfd = NULL;
	int err = rvfd_connect(&rvfd, e);

	if (!err)
		err = rvfd_ping(rvfd, NULL, e);
	rvfd_close(rvfd);
	return err;
}

/*
 * They stay as they are meanwhile: who waits for one of them waits for ever. A slow
 * kernel's rvfd has as many times as long.
 */
static int answers(const char *when)
{
	const char *scale = getenv("RVF_TIME_SCALE");
	int tries = scale ? atoi(scale) : 1;
	struct rvf_error e = { 0 };
	int err;

	do {
		err = ping(&e);
	} while (err == -ETIMEDOUT && --tries > 0);
	if (err) {
		printf("%s: %d %s; %s\n", when, err, e.what, e.why);
		return 1;
	}
	return 0;
}

static int garbage(void)
{
	static char bytes[70000];
	int bad = 0;

	srandom(3);
	for (int round = 0; round < 2000; round++) {
		int fd = connect_raw();
		struct rvfd_request request;
		size_t length = random() % 3 ? sizeof(request) : (size_t)(random() % sizeof(bytes));

		if (fd < 0)
			continue;
		for (size_t i = 0; i < length; i++)
			bytes[i] = random();
		if (random() % 2) {
			memcpy(&request, bytes, sizeof(request));
			request.protocol = RVFD_PROTOCOL;
			request.command = random() % 6;
			if (random() % 2)
				request.mount_id = random() % 3;
			memcpy(bytes, &request, sizeof(request));
		}
		for (int n = random() % 4; n >= 0; n--)
			(void)!send(fd, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);
		close(fd);
		if (round % 200 == 0)
			bad += answers("garbage");
	}
	return bad + answers("after garbage");
}

static int ask(int fd, __u32 command, __u32 follow)
{
	struct rvfd_request request = { .protocol = RVFD_PROTOCOL,
					.command = command,
					.lines = RVFD_ALL_LINES,
					.follow = follow };

	return send(fd, &request, sizeof(request), MSG_NOSIGNAL) != sizeof(request);
}

/* Clients that ask, and never take an answer. */
static int silent(void)
{
	int fds[60], bad = 0;

	for (int i = 0; i < 60; i++) {
		fds[i] = connect_raw();
		if (fds[i] < 0 || ask(fds[i], i % 3 ? RVFD_LOGS : RVFD_PS, i % 2))
			bad++;
	}
	for (int i = 0; i < 20; i++) {
		bad += answers("silent clients");
		usleep(100000);
	}
	for (int i = 0; i < 60; i++)
		close(fds[i]);
	return bad + answers("after silent clients");
}

/* More connections than rvfd takes: the others must come through afterwards. */
static int crowd(void)
{
	int fds[400];

	for (int i = 0; i < 400; i++)
		fds[i] = connect_raw();
	usleep(200000);
	for (int i = 0; i < 400; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	usleep(200000);
	return answers("after a crowd");
}

static int stranger(void)
{
	struct rvfd *rvfd;
	struct rvf_error e = { 0 };
	int err;

	if (setgid(65534) || setuid(65534))
		return 1;
	err = rvfd_connect(&rvfd, &e);
	printf("%d %s\n", err, e.what);
	return err != -EACCES;
}

int main(int argc, char **argv)
{
	const char *kind = argc > 1 ? argv[1] : "";

	if (!strcmp(kind, "garbage"))
		return garbage() != 0;
	if (!strcmp(kind, "silent"))
		return silent() != 0;
	if (!strcmp(kind, "crowd"))
		return crowd() != 0;
	if (!strcmp(kind, "stranger"))
		return stranger() != 0;
	return 2;
}
