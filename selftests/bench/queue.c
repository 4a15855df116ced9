// SPDX-License-Identifier: GPL-2.0-only
/*
 * A round trip of 64 bytes between two processes: through two queues, two
 * pipes, and a pair of seqpacket sockets, all of them by read() and write().
 * And the time that a message of 64 bytes takes in and out again in one
 * process: through a queue in batches, a pipe, and a POSIX message queue.
 */
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "mounts.h"
#include "ring_trip.h"

#define BYTES 64
#define TRIPS 100
#define BATCH 32
#define SPIN  "/sys/module/rvf/parameters/queue_spin_us"

/* Two directions: [0] is read from, [1] is written to. */
struct channel {
	const char *kind;
	int here[2];
	int there[2];
	int cpus;
	int spin_us;
	pid_t pid;
};

/* How long a receiver looks for its message before it sleeps; what it was */
static int set_spin(int us)
{
	FILE *file = fopen(SPIN, "r+");
	int before = -1;

	if (!file)
		return -1;
	if (fscanf(file, "%d", &before) != 1)
		before = -1;
	rewind(file);
	fprintf(file, "%d\n", us);
	fclose(file);
	return before;
}

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
	uint64_t started;
	int i;

	if (strcmp(channel->kind, "queue") == 0)
		set_spin(channel->spin_us);
	started = now_ns();
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

/* The same measurement once more, to be compared with another one */
static struct row *again(struct bench *bench, const char *name, struct row *row, struct row *peer,
			 double target)
{
	struct row *other = row_add(bench, name, row->unit, row->measure, row->data);

	other->minima = row->minima;
	other->peer = peer;
	other->target = target;
	if (row->broken)
		row_skip(other, "%s", row->note);
	return other;
}

static const char *const names[2][5] = {
	{ "queue round trip 64 B, 1 CPU", "pipe round trip 64 B, 1 CPU",
	  "seqpacket round trip 64 B, 1 CPU", "queue against seqpacket, 1 CPU", NULL },
	{ "queue round trip 64 B, 2 CPUs", "pipe round trip 64 B, 2 CPUs",
	  "seqpacket round trip 64 B, 2 CPUs", "queue against seqpacket, 2 CPUs",
	  "queue round trip, 2 CPUs, spinning" },
};

static void measure_cpus(struct bench *bench, int cpus, int spin_us)
{
	const char *const *name = names[cpus - 1];
	unsigned int first = bench->row_count;
	struct row *queue, *other, *packet, *spinning, *ring;
	int mount = mount_nameless(in_dir(bench, "queues.rvf")), second = -1;
	unsigned int i;

	queue = add(bench, name[0], "queue", cpus, mount);
	other = add(bench, name[1], "pipe", cpus, -1);
	packet = add(bench, name[2], "seqpacket", cpus, -1);
	queue->peer = other;
	queue->target = 0.95;
	packet->peer = other;
	row_note(queue, "both processes pinned, read and write, %d trips in a run", TRIPS);
	again(bench, name[3], queue, packet, 0.7);
	if (name[4]) {
		second = mount_nameless(in_dir(bench, "queues.rvf"));
		spinning = add(bench, name[4], "queue", cpus, second);
		((struct channel *)spinning->data)->spin_us = spin_us;
		spinning->peer = other;
		spinning->target = 0.35;
		row_note(spinning, "receivers look for %d us before they sleep", spin_us);
		ring = ring_add(bench, "mapped ring round trip 64 B, 2 CPUs", TRIPS);
		ring->peer = other;
		ring->target = 0.1;
		row_note(ring, "both sides look and do not sleep");
	}
	measure_rounds(bench, first, 100);
	for (i = first; i < bench->row_count; i++)
		if (bench->rows[i]->measure == round_trips && bench->rows[i]->name != name[3])
			stop(bench->rows[i]->data);
	if (name[4])
		ring_stop();
	if (mount >= 0)
		unmount(mount);
	if (second >= 0)
		unmount(second);
}

/* ---- many messages, in one process */

static double batches(void *data)
{
	static char out[BATCH][BYTES], in[BATCH][BYTES];
	struct rvf_message send[BATCH], receive[BATCH];
	struct rvf_queue_batch arg = { .size = sizeof(arg), .entry_size = sizeof(send[0]) };
	uint64_t started = now_ns();
	int queue = *(int *)data, i, j;

	for (i = 0; i < TRIPS; i++) {
		for (j = 0; j < BATCH; j++) {
			send[j] = (struct rvf_message){ .buffer = (uintptr_t)out[j],
							.length = BYTES };
			receive[j] =
				(struct rvf_message){ .buffer = (uintptr_t)in[j], .length = BYTES };
		}
		arg.count = BATCH;
		arg.messages = (uintptr_t)send;
		if (ioctl(queue, RVF_QUEUE_SEND, &arg) < 0 || arg.count != BATCH)
			return errno ? -errno : -EIO;
		arg.messages = (uintptr_t)receive;
		if (ioctl(queue, RVF_QUEUE_RECV, &arg) < 0 || arg.count != BATCH)
			return errno ? -errno : -EIO;
	}
	return (double)(now_ns() - started) / TRIPS / BATCH;
}

static double single_writes(void *data)
{
	char message[BYTES] = "";
	uint64_t started = now_ns();
	int *fds = data, i, j;

	for (i = 0; i < TRIPS; i++) {
		for (j = 0; j < BATCH; j++)
			if (write(fds[1], message, BYTES) != BYTES)
				return -errno;
		for (j = 0; j < BATCH; j++)
			if (read(fds[0], message, BYTES) != BYTES)
				return -errno;
	}
	return (double)(now_ns() - started) / TRIPS / BATCH;
}

static double mq_messages(void *data)
{
	char message[BYTES] = "";
	uint64_t started = now_ns();
	mqd_t queue = *(mqd_t *)data;
	int i, j;

	for (i = 0; i < TRIPS; i++) {
		for (j = 0; j < BATCH; j++)
			if (mq_send(queue, message, BYTES, 1) < 0)
				return -errno;
		for (j = 0; j < BATCH; j++)
			if (mq_receive(queue, message, BYTES, NULL) != BYTES)
				return -errno;
	}
	return (double)(now_ns() - started) / TRIPS / BATCH;
}

static mqd_t open_mq(void)
{
	struct mq_attr attr = { .mq_maxmsg = 2 * BATCH, .mq_msgsize = BYTES };
	mqd_t queue = mq_open("/rvf-bench", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600, &attr);

	mq_unlink("/rvf-bench");
	return queue;
}

static void measure_batches(struct bench *bench)
{
	static int queue[2], pipes[2];
	static mqd_t mq;
	unsigned int first = bench->row_count;
	struct row *ours, *singles, *pipe_row, *mq_row;
	int mount = mount_nameless(in_dir(bench, "queues.rvf"));

	queue[0] = mount < 0 ? mount : mount_handle(mount, "to", RVF_RIGHT_READ | RVF_RIGHT_WRITE);
	mq = open_mq();
	ours = row_add(bench, "queue message 64 B, batches of 32", "ns", batches, queue);
	pipe_row = row_add(bench, "pipe message 64 B", "ns", single_writes, pipes);
	mq_row = row_add(bench, "POSIX mq message 64 B", "ns", mq_messages, &mq);
	queue[1] = queue[0];
	singles = row_add(bench, "queue message 64 B", "ns", single_writes, queue);
	if (queue[0] < 0)
		row_skip(ours, "not measured: %s", strerror(-queue[0]));
	if (queue[0] < 0)
		row_skip(singles, "not measured: %s", strerror(-queue[0]));
	if (mq == (mqd_t)-1)
		row_skip(mq_row, "not measured: no message queue");
	if (pipe2(pipes, O_CLOEXEC) < 0)
		row_skip(pipe_row, "not measured: %s", strerror(errno));
	row_note(ours, "one process, %d messages in by one call and out by one", BATCH);
	row_note(pipe_row, "one process, %d times write and then read", BATCH);
	ours->peer = singles->peer = pipe_row;
	ours->target = 0.4;
	again(bench, "batches of 32 against POSIX mq", ours, mq_row, 0.3);
	measure_rounds(bench, first, 100);
	if (mount >= 0)
		unmount(mount);
}

void bench_queue(struct bench *bench)
{
	cpu_set_t before;
	int spin_us;

	signal(SIGPIPE, SIG_IGN);
	sched_getaffinity(0, sizeof(before), &before);
	if (pin(0) < 0)
		return;
	spin_us = set_spin(0);
	measure_batches(bench);
	measure_cpus(bench, 1, spin_us);
	if (sysconf(_SC_NPROCESSORS_ONLN) > 1)
		measure_cpus(bench, 2, spin_us);
	else
		fprintf(stderr, "one CPU only: no rows for two\n");
	set_spin(spin_us);
	sched_setaffinity(0, sizeof(before), &before);
}
