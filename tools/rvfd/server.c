// SPDX-License-Identifier: GPL-2.0-only
/*
 * The socket and its clients. Nothing that a client does or leaves undone
 * makes rvfd wait: what a client does not take stays where it is.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "rvfd.h"

#define MAX_CLIENTS 128

static void on_client(int fd, __u32 events, void *context);

static void drop(struct client *client)
{
	struct daemon *d = client->daemon;
	struct client **place = &d->clients;

	while (*place != client)
		place = &(*place)->next;
	*place = client->next;
	d->n_clients--;
	rvf_loop_unwatch(d->loop, client->fd);
	close(client->fd);
	answer_end(client);
	free(client);
}

static void watch(struct client *client)
{
	rvf_loop_watch(client->daemon->loop, client->fd, EPOLLIN | (client->blocked ? EPOLLOUT : 0),
		       on_client, client);
}

/* Others have a turn: the client's comes again in the loop's next round. */
void server_yield(struct client *client)
{
	client->blocked = true;
	watch(client);
}

/* Returns false when the client takes no more for now. */
bool server_send(struct client *client, const void *packet, size_t length)
{
	if (client->blocked)
		return false;
	if (send(client->fd, packet, length, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)length)
		return true;
	/* One that is gone shows by its hang-up, and not here. */
	if (errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM)
		server_yield(client);
	return false;
}

void server_pump(struct client *client)
{
	answer_continue(client);
	if (client->finishing && server_send(client, &client->done, sizeof(client->done)))
		answer_end(client);
}

static bool take_request(struct client *client)
{
	struct rvfd_request request;
	ssize_t n = recv(client->fd, &request, sizeof(request), MSG_DONTWAIT | MSG_TRUNC);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	/* One at a time, and whole. */
	if (n != sizeof(request) || client->command)
		return false;
	request.task[sizeof(request.task) - 1] = '\0';
	answer_begin(client, &request);
	return true;
}

static void on_client(int fd, __u32 events, void *context)
{
	struct client *client = context;

	(void)fd;
	if (events & (EPOLLHUP | EPOLLERR)) {
		drop(client);
		return;
	}
	if (events & EPOLLIN && !take_request(client)) {
		drop(client);
		return;
	}
	if (events & EPOLLOUT) {
		client->blocked = false;
		watch(client);
	}
	server_pump(client);
}

static void on_listener(int fd, __u32 events, void *context)
{
	struct daemon *d = context;
	struct ucred peer;
	socklen_t length = sizeof(peer);
	int connection = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)events;
	if (connection < 0)
		return;
	if (getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &length) || peer.uid != 0) {
		struct rvfd_done done = { .kind = RVFD_DONE, .err = -EPERM };

		rvf_error_set(&done.error, EPERM, "not-root", "rvfd answers root only");
		(void)!send(connection, &done, sizeof(done), MSG_DONTWAIT | MSG_NOSIGNAL);
		close(connection);
		return;
	}

	struct client *client = d->n_clients < MAX_CLIENTS ? calloc(1, sizeof(*client)) : NULL;
	if (!client) {
		close(connection);
		return;
	}
	client->daemon = d;
	client->fd = connection;
	client->next = d->clients;
	d->clients = client;
	d->n_clients++;
	if (rvf_loop_watch(d->loop, connection, EPOLLIN, on_client, client))
		drop(client);
}

/* The lock tells that no other rvfd has this socket: one that is there is stale. */
int server_open(struct daemon *d, struct rvf_error *e)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (strlen(d->socket_path) >= sizeof(address.sun_path))
		return rvf_error_set(e, ENAMETOOLONG, "socket", "the socket's path is too long");
	strcpy(address.sun_path, d->socket_path);
	d->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (d->listener < 0)
		return rvf_error_system(e, errno, "cannot make a socket");
	unlink(d->socket_path);

	mode_t before = umask(0177);
	int err = bind(d->listener, (struct sockaddr *)&address, sizeof(address)) ? errno : 0;
	umask(before);
	if (!err && listen(d->listener, 128))
		err = errno;
	if (!err)
		err = -rvf_loop_watch(d->loop, d->listener, EPOLLIN, on_listener, d);
	return err ? rvf_error_system(e, err, "cannot listen at %s", d->socket_path) : 0;
}

void server_close(struct daemon *d)
{
	while (d->clients)
		drop(d->clients);
	if (d->listener < 0)
		return;
	rvf_loop_unwatch(d->loop, d->listener);
	close(d->listener);
	unlink(d->socket_path);
}
