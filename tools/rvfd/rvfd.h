/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between the files of rvfd.
 *
 * main.c	options, start and end
 * notify.c	the service manager, and the fds that it keeps
 * log.c	what rvfd says
 * claims.c	which mounts it supervises
 * server.c	the socket and its clients
 * answer.c	what clients are answered
 */
#ifndef RVFD_H
#define RVFD_H

#include <rvf/device.h>
#include <rvf/netlink.h>
#include "../supervise/protocol.h"
#include "../supervise/supervise.h"

struct client;

/**
 * struct failed_claim - A mount that could not be supervised
 * @next: In a list.
 * @id: The mount's id.
 * @error: Why.
 * @seen: It was there in the latest round.
 */
struct failed_claim {
	struct failed_claim *next;
	__u64 id;
	struct rvf_error error;
	bool seen;
};

/**
 * struct daemon - All of it
 * @loop: The loop.
 * @supervisor: The supervisor.
 * @ops: What it calls.
 * @ctl: The control fd.
 * @events: Netlink, for events.
 * @dumps: Netlink, for dumps.
 * @claim_timer: Looks for mounts to claim.
 * @failed: Mounts that could not be claimed, a list.
 * @listener: The socket.
 * @clients: Its clients, a list.
 * @n_clients: How many.
 * @socket_path: Where the socket is.
 * @log_dir: Where tasks' output is kept.
 */
struct daemon {
	struct rvf_loop *loop;
	struct rvf_supervisor *supervisor;
	struct rvf_supervisor_ops ops;
	int ctl;
	struct rvf_nl *events;
	struct rvf_nl *dumps;
	struct rvf_timer *claim_timer;
	struct failed_claim *failed;
	int listener;
	struct client *clients;
	unsigned int n_clients;
	const char *socket_path;
	const char *log_dir;
};

/**
 * struct source - A task whose output a client reads
 * @mount_id: Its mount.
 * @task: Its number.
 * @cursor: Behind the last line that the client has.
 * @until: Sequence of the last one that it gets; whoever follows gets all.
 */
struct source {
	__u64 mount_id;
	__u32 task;
	struct rvf_log_cursor cursor;
	__u64 until;
};

/**
 * struct client - A connection
 * @daemon: Whose.
 * @next: In the daemon's list.
 * @fd: The connection.
 * @command: What is being answered, 0: nothing.
 * @request: What was asked.
 * @tasks: RVFD_PS: what is to be sent; @n_tasks of them, @sent of which were.
 * @n_tasks: See @tasks.
 * @sent: See @tasks.
 * @sources: RVFD_LOGS: what is read; @n_sources of them.
 * @n_sources: See @sources.
 * @skip: RVFD_LOGS: so many lines come before those that were asked for.
 * @finishing: All of it was sent but @done.
 * @done: The end of the answer.
 * @blocked: It does not take more for now.
 */
struct client {
	struct daemon *daemon;
	struct client *next;
	int fd;
	enum rvfd_command command;
	struct rvfd_request request;
	struct rvfd_task *tasks;
	size_t n_tasks;
	size_t sent;
	struct source *sources;
	size_t n_sources;
	__u64 skip;
	bool finishing;
	struct rvfd_done done;
	bool blocked;
};

/* log.c */
enum log_level {
	LOG_LEVEL_ERROR = 3,
	LOG_LEVEL_WARNING = 4,
	LOG_LEVEL_INFO = 6
};
void log_open(bool to_syslog);
void log_say(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_error(const char *what, const struct rvf_error *e);

/* notify.c */
bool notify_open(void);
void notify_say(const char *text);
void notify_keep(const char *name, int fd, void *context);
void notify_forget(const char *name, void *context);
struct rvf_kept *notify_kept(size_t *count);

/* claims.c */
int claims_open(struct daemon *d, struct rvf_error *e);
void claims_close(struct daemon *d);
int claims_round(struct daemon *d, struct rvf_error *e);
const struct failed_claim *claims_failed(const struct daemon *d, __u64 id);

/* server.c */
int server_open(struct daemon *d, struct rvf_error *e);
void server_close(struct daemon *d);
void server_pump(struct client *client);
bool server_send(struct client *client, const void *packet, size_t length);
void server_yield(struct client *client);

/* answer.c */
void answer_begin(struct client *client, const struct rvfd_request *request);
void answer_continue(struct client *client);
void answer_end(struct client *client);
extern const struct rvf_supervisor_ops answer_ops;

#endif /* RVFD_H */
