// SPDX-License-Identifier: GPL-2.0-only
/*
 * A round trip of 64 bytes between two processes through two rings, with
 * librvf-plugin's code: which is for tasks, and so is given here what it takes
 * from the rest of that library.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rvf/plugin.h>
#include <rvf/ring.h>

#include "task.h"

#include "mounts.h"
#include "ring_trip.h"

#define BYTES 64
/* Both sides run: so long that neither sleeps. */
#define SPIN_NS 1000000

static struct rings {
	unsigned int trips;
	int mount;
	int fds[2][2]; /* of this process, of the other one: to send, to receive */
	struct rvf_ring send;
	struct rvf_ring receive;
	pid_t pid;
} rings = { .mount = -1 };

int rvf_plugin_ioctl(int fd, unsigned long command, void *argument)
{
	int ret = ioctl(fd, command, argument);

	return ret < 0 ? -errno : ret;
}

int rvf_handle_info(int handle, struct rvf_handle_info *info)
{
	*info = (struct rvf_handle_info){ .size = sizeof(*info) };
	return rvf_plugin_ioctl(handle, RVF_HANDLE_INFO, info);
}

int rvf_task_fd(void)
{
	return -1;
}

/* Not inherited by a child: each opens its own. */
static int open_ends(int side)
{
	int err = rvf_ring_open(&rings.send, rings.fds[side][0]);

	return err ?: rvf_ring_open(&rings.receive, rings.fds[side][1]);
}

static int pass(const char *message)
{
	int err;

	while ((err = rvf_ring_try_send(&rings.send, message, BYTES)) == -EAGAIN)
		if (rvf_ring_wait(&rings.send, SPIN_NS) < 0)
			return -EIO;
	return err;
}

static int take(char *message)
{
	ssize_t length;

	while ((length = rvf_ring_try_recv(&rings.receive, message, BYTES)) == -EAGAIN)
		if (rvf_ring_wait(&rings.receive, SPIN_NS) < 0)
			return -EIO;
	return length == BYTES ? 0 : -EIO;
}

static void echo(void)
{
	char message[BYTES];

	if (pin(1) < 0 || open_ends(1))
		_exit(1);
	while (take(message) == 0 && message[0] != 'q')
		if (pass(message) < 0)
			break;
	_exit(0);
}

static double round_trips(void *data)
{
	const struct rings *r = data;
	char message[BYTES] = "m";
	uint64_t started = now_ns();

	for (unsigned int i = 0; i < r->trips; i++)
		if (pass(message) < 0 || take(message) < 0)
			return -EIO;
	return (double)(now_ns() - started) / r->trips / 1000;
}

static int start(struct bench *bench)
{
	rings.mount = mount_nameless(in_dir(bench, "rings.rvf"));
	if (rings.mount < 0)
		return rings.mount;
	for (int side = 0; side < 2; side++) {
		rings.fds[side][0] =
			mount_handle(rings.mount, side ? "back" : "to", RVF_RIGHT_WRITE);
		rings.fds[side][1] =
			mount_handle(rings.mount, side ? "to" : "back", RVF_RIGHT_READ);
		if (rings.fds[side][0] < 0 || rings.fds[side][1] < 0)
			return -EIO;
	}
	rings.pid = fork();
	if (rings.pid < 0)
		return -errno;
	if (rings.pid == 0)
		echo();
	return open_ends(0);
}

struct row *ring_add(struct bench *bench, const char *name, unsigned int trips)
{
	struct row *row = row_add(bench, name, "us", round_trips, &rings);
	int err;

	rings.trips = trips;
	row->minima = true;
	err = start(bench);
	if (err)
		row_skip(row, "not measured: %s", strerror(-err));
	return row;
}

void ring_stop(void)
{
	const char message[BYTES] = "q";

	if (rings.pid > 0) {
		if (pass(message) < 0)
			kill(rings.pid, SIGKILL);
		waitpid(rings.pid, NULL, 0);
	}
	if (rings.mount >= 0)
		unmount(rings.mount);
}
