// SPDX-License-Identifier: GPL-2.0-only
/*
 * A round trip of 64 bytes between two processes: through two queues, two
 * pipes, and a pair of seqpacket sockets. All of them by read() and write(),
 * all of them sleeping.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "mounts.h"

#define BYTES 64
#define TRIPS 100

/* Two directions: [0] is read from, [1] is written to. */
struct channel {
	const char *kind;
	int here[2];
	int there[2];
	int cpus;
	pid_t pid;
};

static int open_pipes(struct channel *channel)
{
	int to[2], back[2];

	if (pipe2(to, O_CLOEXEC) < 0 || pipe2(back, O_CLOEXEC) < 0)
		return -errno;
	channel->here[0] = back[0];
	channel->here[1] = to[1];
	channel->there[0] = to[0];
	channel->there[1] = back[1];
	return 0;
}

static int open_sockets(struct channel *channel)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	channel->here[0] = channel->here[1] = pair[0];
	channel->there[0] = channel->there[1] = pair[1];
	return 0;
}

static int open_queues(struct channel *channel, int mount)
{
	static const __u32 rights[] = { RVF_RIGHT_READ, RVF_RIGHT_WRITE };
	int i;

	for (i = 0; i < 2; i++) {
		channel->here[i] = mount_handle(mount, i ? "to" : "back", rights[i]);
		channel->there[i] = mount_handle(mount, i ? "back" : "to", rights[i]);
		if (channel->here[i] < 0)
			return channel->here[i];
		if (channel->there[i] < 0)
			return channel->there[i];
	}
	return 0;
}

static void echo(const struct channel *channel)
{
	char message[BYTES];
	ssize_t length;

	for (;;) {
		length = read(channel->there[0], message, sizeof(message));
		if (length != BYTES || message[0] == 'q')
			_exit(length != BYTES);
		if (write(channel->there[1], message, length) != length)
			_exit(1);
	}
}

static int start(struct channel *channel)
{
	channel->pid = fork();
	if (channel->pid < 0)
		return -errno;
	if (channel->pid == 0) {
		if (pin(channel->cpus - 1) < 0)
			_exit(1);
		echo(channel);
	}
	return 0;
}

static void stop(struct channel *channel)
{
	char message[BYTES] = "q";

	if (channel->pid <= 0)
		return;
	if (write(channel->here[1], message, sizeof(message)) != sizeof(message))
		kill(channel->pid, SIGKILL);
	waitpid(channel->pid, NULL, 0);
}

static double round_trips(void *data)
{
	struct channel *channel = data;
	char message[BYTES] = "m";
	uint64_t started = now_ns();
	int i;

	for (i = 0; i < TRIPS; i++) {
		if (write(channel->here[1], message, sizeof(message)) != sizeof(message) ||
		    read(channel->here[0], message, sizeof(message)) != sizeof(message))
			return errno ? -errno : -EIO;
	}
	return (double)(now_ns() - started) / TRIPS / 1000;
}

static struct row *add(struct bench *bench, const char *name, const char *kind, int cpus, int mount)
{
	struct channel *channel = calloc(1, sizeof(*channel));
	struct row *row;
	int err;

	if (!channel)
		abort();
	channel->kind = kind;
	channel->cpus = cpus;
	row = row_add(bench, name, "us", round_trips, channel);
	row->minima = true;
	if (strcmp(kind, "queue") == 0)
		err = mount < 0 ? mount : open_queues(channel, mount);
	else if (strcmp(kind, "pipe") == 0)
		err = open_pipes(channel);
	else
		err = open_sockets(channel);
	if (err == 0)
		err = start(channel);
	if (err < 0)
		row_skip(row, "not measured: %s", strerror(-err));
	return row;
}

static void measure_cpus(struct bench *bench, int cpus)
{
	static const char *const names[2][4] = {
		{ "queue round trip 64 B, 1 CPU", "pipe round trip 64 B, 1 CPU",
		  "seqpacket round trip 64 B, 1 CPU", "seqpacket against pipe, 1 CPU" },
		{ "queue round trip 64 B, 2 CPUs", "pipe round trip 64 B, 2 CPUs",
		  "seqpacket round trip 64 B, 2 CPUs", "seqpacket against pipe, 2 CPUs" },
	};
	const char *const *name = names[cpus - 1];
	unsigned int first = bench->row_count;
	struct row *queue, *other, *packet;
	unsigned int i;
	int mount;

	mount = mount_nameless(in_dir(bench, "queues.rvf"));
	queue = add(bench, name[0], "queue", cpus, mount);
	other = add(bench, name[1], "pipe", cpus, -1);
	packet = add(bench, name[2], "seqpacket", cpus, -1);
	queue->peer = other;
	packet->peer = other;
	row_note(queue, "both processes pinned, read and write, %d trips in a run", TRIPS);
	measure_rounds(bench, first, 100);
	if (queue->runs && packet->runs)
		row_note(queue, "to seqpacket: %.2f", row_min(queue) / row_min(packet));
	for (i = first; i < bench->row_count; i++)
		stop(bench->rows[i]->data);
	if (mount >= 0)
		unmount(mount);
}

void bench_queue(struct bench *bench)
{
	cpu_set_t before;

	signal(SIGPIPE, SIG_IGN);
	sched_getaffinity(0, sizeof(before), &before);
	if (pin(0) < 0)
		return;
	measure_cpus(bench, 1);
	if (sysconf(_SC_NPROCESSORS_ONLN) > 1)
		measure_cpus(bench, 2);
	else
		fprintf(stderr, "one CPU only: no rows for two\n");
	sched_setaffinity(0, sizeof(before), &before);
}
