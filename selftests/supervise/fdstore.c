// SPDX-License-Identifier: GPL-2.0-only
/*
 * fdstore COMMAND...: runs a service as systemd does, as far as its fds are
 * concerned: keeps what it sends with FDSTORE=1 until FDSTOREREMOVE=1, and
 * gives that to the one that is started when it has ended.
 *
 * SIGHUP   restart: SIGTERM, and started again
 * SIGUSR1  the same with SIGKILL
 * SIGTERM  stop: SIGTERM, and all fds are closed
 *
 * The service is started again however it ended, and not while there is a file
 * "hold" in the working directory. How many fds are kept stands in "kept", the
 * service's pid in "pid", and "ready" is there when it said READY=1.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/poll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOST	 1024
#define FIRST_FD 3

static struct {
	char name[256];
	int fd;
} kept[MOST];
static unsigned int count;

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void put(const char *file, long number)
{
	char path[64];
	FILE *out;

	snprintf(path, sizeof(path), "%s.new", file);
	out = fopen(path, "we");
	if (!out)
		fail(path);
	fprintf(out, "%ld\n", number);
	fclose(out);
	rename(path, file);
}

static int same_file(int a, int b)
{
	return syscall(SYS_kcmp, getpid(), getpid(), KCMP_FILE, a, b) == 0;
}

static void keep(const char *name, int fd)
{
	for (unsigned int i = 0; i < count; i++) {
		if (strcmp(kept[i].name, name) || !same_file(kept[i].fd, fd))
			continue;
		close(fd);
		return;
	}
	if (count == MOST) {
		close(fd);
		return;
	}
	snprintf(kept[count].name, sizeof(kept[count].name), "%s", name);
	kept[count++].fd = fd;
}

static void forget(const char *name)
{
	for (unsigned int i = 0; i < count;) {
		if (strcmp(kept[i].name, name)) {
			i++;
			continue;
		}
		close(kept[i].fd);
		kept[i] = kept[--count];
	}
}

/* A message's lines, and the fd that came with it */
static void obey(char *text, int fd)
{
	const char *name = "stored";
	int store = 0, removal = 0;

	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		if (!strcmp(line, "FDSTORE=1"))
			store = 1;
		else if (!strcmp(line, "FDSTOREREMOVE=1"))
			removal = 1;
		else if (!strncmp(line, "FDNAME=", 7))
			name = line + 7;
		else if (!strcmp(line, "READY=1"))
			put("ready", 1);
	}
	if (store && fd >= 0 && !strchr(name, ':') && strlen(name) < 256)
		keep(name, fd);
	else if (fd >= 0)
		close(fd);
	if (removal)
		forget(name);
	put("kept", count);
}

static void receive(int notify)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	char text[4096];
	struct iovec io = { text, sizeof(text) - 1 };
	struct msghdr message = {
		.msg_iov = &io,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t length = recvmsg(notify, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	int fd = -1;

	if (length < 0)
		return;
	if (message.msg_controllen >= CMSG_LEN(sizeof(int)) &&
	    control.header.cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(&control.header), sizeof(fd));
	text[length] = '\0';
	obey(text, fd);
}

/* In the child: fds from number 3 on, and variables that tell of them */
static void execute(char **argv)
{
	static char names[MOST * 256];
	int high[MOST];
	char text[32];
	sigset_t none;

	for (unsigned int i = 0; i < count; i++) {
		high[i] = fcntl(kept[i].fd, F_DUPFD_CLOEXEC, FIRST_FD + MOST);
		if (high[i] < 0)
			fail("dup");
		if (i)
			strcat(names, ":");
		strcat(names, kept[i].name);
	}
	for (unsigned int i = 0; i < count; i++)
		if (dup2(high[i], FIRST_FD + i) < 0)
			fail("dup2");
	if (count) {
		snprintf(text, sizeof(text), "%u", count);
		setenv("LISTEN_FDS", text, 1);
		snprintf(text, sizeof(text), "%d", getpid());
		setenv("LISTEN_PID", text, 1);
		setenv("LISTEN_FDNAMES", names, 1);
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execvp(argv[0], argv);
	fail(argv[0]);
}

static pid_t start(char **argv)
{
	pid_t pid;

	while (access("hold", F_OK) == 0)
		usleep(50000);
	unlink("ready");
	pid = fork();
	if (pid < 0)
		fail("fork");
	if (pid == 0)
		execute(argv);
	put("pid", pid);
	return pid;
}

int main(int argc, char **argv)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	/* As in the unit file: the fds are kept here, too. */
	const struct rlimit files = { 524288, 524288 };
	int notify = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), signals, stopping = 0;
	sigset_t set;
	pid_t pid;

	if (argc < 2 || notify < 0)
		return 2;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/notify", getenv("PWD"));
	if (setrlimit(RLIMIT_NOFILE, &files))
		fail("RLIMIT_NOFILE");
	unlink(address.sun_path);
	if (bind(notify, (struct sockaddr *)&address, sizeof(address)))
		fail(address.sun_path);
	setenv("NOTIFY_SOCKET", address.sun_path, 1);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signals = signalfd(-1, &set, SFD_CLOEXEC);
	put("kept", 0);
	pid = start(argv + 1);
	for (;;) {
		struct pollfd fds[2] = { { notify, POLLIN, 0 }, { signals, POLLIN, 0 } };
		struct signalfd_siginfo info;

		if (poll(fds, 2, -1) < 0)
			fail("poll");
		/* What was sent counts, whatever became of the sender */
		if (fds[0].revents) {
			receive(notify);
			continue;
		}
		if (read(signals, &info, sizeof(info)) != sizeof(info))
			continue;
		switch (info.ssi_signo) {
		case SIGHUP:
			kill(pid, SIGTERM);
			break;
		case SIGUSR1:
			kill(pid, SIGKILL);
			break;
		case SIGTERM:
			stopping = 1;
			kill(pid, SIGTERM);
			break;
		default:
			if (waitpid(pid, NULL, WNOHANG) != pid)
				break;
			if (stopping)
				return 0;
			pid = start(argv + 1);
		}
	}
}
