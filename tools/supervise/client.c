// SPDX-License-Identifier: GPL-2.0-only
/*
 * Asking rvfd.
 */
#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "protocol.h"

#define ANSWER_MS 5000

/**
 * struct rvfd - A connection
 * @fd: The socket.
 */
struct rvfd {
	int fd;
};

/**
 * union packet - Any packet of an answer
 * @kind: Which.
 * @done: RVFD_DONE.
 * @info: RVFD_INFO.
 * @task: RVFD_TASK.
 * @log: RVFD_LOG.
 */
union packet {
	__u32 kind;
	struct rvfd_done done;
	struct rvfd_info_packet info;
	struct rvfd_task_packet task;
	struct rvfd_log_packet log;
};

static int no_daemon(struct rvf_error *e, const char *path, int err)
{
	if (err == EACCES || err == EPERM) {
		rvf_error_set(e, err, "not-root", "rvfd answers root only");
		rvf_error_hint(e, "run it as root");
		return -err;
	}
	rvf_error_set(e, ENOTCONN, "no-daemon", "rvfd does not answer");
	rvf_error_why(e, "%s: %s", path, strerror(err));
	rvf_error_hint(e, "sudo systemctl start rvfd");
	return -ENOTCONN;
}

int rvfd_connect(struct rvfd **out, struct rvf_error *e)
{
	const char *path = secure_getenv("RVF_SOCKET");
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (!path || !*path)
		path = RVFD_SOCKET;
	if (strlen(path) >= sizeof(address.sun_path))
		return rvf_error_set(e, ENAMETOOLONG, "no-daemon",
				     "the path of rvfd's socket is too long");
	strcpy(address.sun_path, path);

	struct rvfd *rvfd = malloc(sizeof(*rvfd));
	if (!rvfd)
		return rvf_error_system(e, ENOMEM, "cannot ask rvfd");
	rvfd->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (rvfd->fd < 0) {
		int err = errno;

		free(rvfd);
		return rvf_error_system(e, err, "cannot make a socket");
	}
	if (connect(rvfd->fd, (struct sockaddr *)&address, sizeof(address))) {
		int err = errno;

		rvfd_close(rvfd);
		return no_daemon(e, path, err);
	}
	*out = rvfd;
	return 0;
}

void rvfd_close(struct rvfd *rvfd)
{
	if (!rvfd)
		return;
	close(rvfd->fd);
	free(rvfd);
}

int rvfd_fd(const struct rvfd *rvfd)
{
	return rvfd->fd;
}

static int lost(struct rvf_error *e, int err)
{
	if (err == EINTR)
		return rvf_error_set(e, EINTR, "interrupted", "interrupted");
	rvf_error_set(e, ENOTCONN, "no-daemon", "rvfd has ended");
	rvf_error_why(e, "%s", strerror(err));
	return -ENOTCONN;
}

static int ask(struct rvfd *rvfd, enum rvfd_command command, struct rvfd_request *request,
	       struct rvf_error *e)
{
	request->protocol = RVFD_PROTOCOL;
	request->command = command;
	if (send(rvfd->fd, request, sizeof(*request), MSG_NOSIGNAL) == sizeof(*request))
		return 0;
	return lost(e, errno);
}

/* Waits for a packet until @deadline (0: for ever), and takes it. */
static int receive(struct rvfd *rvfd, union packet *packet, __u64 deadline, struct rvf_error *e)
{
	static const size_t sizes[] = {
		[RVFD_DONE] = sizeof(struct rvfd_done),
		[RVFD_INFO] = sizeof(struct rvfd_info_packet),
		[RVFD_TASK] = sizeof(struct rvfd_task_packet),
		[RVFD_LOG] = offsetof(struct rvfd_log_packet, data),
	};
	struct pollfd poll_fd = { rvfd->fd, POLLIN, 0 };
	__u64 now = rvf_now_ms();
	int left = !deadline ? -1 : now < deadline ? (int)(deadline - now) : 0;
	int ready = poll(&poll_fd, 1, left);

	if (ready < 0)
		return lost(e, errno);
	if (!ready)
		return rvf_error_set(e, ETIMEDOUT, "timeout", "rvfd did not answer in time");

	ssize_t n = recv(rvfd->fd, packet, sizeof(*packet), MSG_DONTWAIT);
	if (n < 0)
		return lost(e, errno);
	if (n == 0)
		return lost(e, ECONNRESET);
	if (n < (ssize_t)sizeof(packet->kind) || packet->kind < RVFD_DONE ||
	    packet->kind > RVFD_LOG || (size_t)n < sizes[packet->kind] ||
	    (packet->kind == RVFD_LOG && (size_t)n - sizes[RVFD_LOG] != packet->log.length))
		return rvf_error_set(e, EPROTO, "no-daemon", "rvfd is of another version");
	return 0;
}

static int finish(const union packet *packet, struct rvf_error *e)
{
	if (packet->done.err && e)
		*e = packet->done.error;
	return packet->done.err;
}

int rvfd_ping(struct rvfd *rvfd, struct rvfd_info *info, struct rvf_error *e)
{
	struct rvfd_request request = { 0 };
	__u64 deadline = rvf_now_ms() + ANSWER_MS;
	int err = ask(rvfd, RVFD_PING, &request, e);

	while (!err) {
		union packet packet;

		err = receive(rvfd, &packet, deadline, e);
		if (err)
			break;
		if (packet.kind == RVFD_DONE)
			return finish(&packet, e);
		if (packet.kind == RVFD_INFO && info)
			*info = packet.info.info;
	}
	return err;
}

int rvfd_wait_mounted(struct rvfd *rvfd, __u64 mount_id, int timeout_ms, struct rvf_error *e)
{
	struct rvfd_request request = { .mount_id = mount_id };
	__u64 deadline = timeout_ms < 0 ? 0 : rvf_now_ms() + timeout_ms;
	union packet packet;
	int err = ask(rvfd, RVFD_WAIT, &request, e);

	if (!err)
		err = receive(rvfd, &packet, deadline, e);
	if (err == -ETIMEDOUT)
		rvf_error_set(e, ETIMEDOUT, "timeout", "its tasks were not ready in time");
	return err ? err : finish(&packet, e);
}

int rvfd_ps(struct rvfd *rvfd, __u64 mount_id,
	    int (*call)(const struct rvfd_task *task, void *context), void *context,
	    struct rvf_error *e)
{
	struct rvfd_request request = { .mount_id = mount_id };
	__u64 deadline = rvf_now_ms() + ANSWER_MS;
	int err = ask(rvfd, RVFD_PS, &request, e), result = 0;

	while (!err) {
		union packet packet;

		err = receive(rvfd, &packet, deadline, e);
		if (err)
			break;
		if (packet.kind == RVFD_DONE) {
			err = finish(&packet, e);
			return result ? result : err;
		}
		/* The rest is taken in, so that the connection can be used again. */
		if (packet.kind == RVFD_TASK && !result)
			result = call(&packet.task.task, context);
	}
	return err;
}

static int give_line(const struct rvfd_log_packet *packet,
		     int (*call)(const struct rvfd_log *log, void *context), void *context)
{
	struct rvfd_log log = {
		.mount_id = packet->mount_id,
		.mount = packet->mount,
		.task = packet->task,
		.dropped = packet->dropped,
		.line = { .sequence = packet->sequence,
			  .time_ns = packet->time_ns,
			  .stream = packet->stream,
			  .cut = packet->cut,
			  .length = packet->length,
			  .data = packet->data },
	};

	return call(&log, context);
}

int rvfd_logs(struct rvfd *rvfd, __u64 mount_id, const char *task, __u32 lines, bool follow,
	      int (*call)(const struct rvfd_log *log, void *context), void *context,
	      struct rvf_error *e)
{
	struct rvfd_request request = { .mount_id = mount_id, .lines = lines, .follow = follow };
	int err, result = 0;

	if (task && strlen(task) > RVF_MAX_NAME)
		return rvf_error_set(e, ENOENT, "no-task", "there is no task of that name");
	if (task)
		strcpy(request.task, task);
	err = ask(rvfd, RVFD_LOGS, &request, e);
	while (!err) {
		union packet packet;

		err = receive(rvfd, &packet, follow ? 0 : rvf_now_ms() + ANSWER_MS, e);
		if (err)
			break;
		if (packet.kind == RVFD_DONE) {
			err = finish(&packet, e);
			return result ? result : err;
		}
		if (packet.kind == RVFD_LOG && !result)
			result = give_line(&packet.log, call, context);
		if (result && follow)
			return result;
	}
	return err;
}
