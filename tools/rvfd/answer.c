// SPDX-License-Identifier: GPL-2.0-only
/*
 * What clients are answered.
 *
 * An answer is never kept in memory as bytes to be sent: a client that
 * follows output has a place in each task's ring, and if the ring has moved
 * on when the client takes more, it is told how many lines it missed.
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rvfd.h"

/* Lines that one client gets before others have a turn. */
#define LINES_AT_ONCE 256

static void finish(struct client *client, int err)
{
	client->finishing = true;
	client->done.kind = RVFD_DONE;
	client->done.err = err;
}

static void refuse(struct client *client, int err, const char *slug, const char *what)
{
	rvf_error_set(&client->done.error, -err, slug, "%s", what);
	finish(client, err);
}

/* After it, the client may ask again. */
void answer_end(struct client *client)
{
	free(client->tasks);
	free(client->sources);
	client->tasks = NULL;
	client->sources = NULL;
	client->n_tasks = 0;
	client->n_sources = 0;
	client->sent = 0;
	client->skip = 0;
	client->finishing = false;
	memset(&client->done, 0, sizeof(client->done));
	client->command = 0;
}

/* ---- RVFD_PING */

static void ping(struct client *client)
{
	struct rvf_supervisor *s = client->daemon->supervisor;
	struct rvfd_info_packet packet = {
		.kind = RVFD_INFO,
		.info = { .pid = getpid(), .cgroups = rvf_supervisor_cgroup(s) >= 0 },
	};

	snprintf(packet.info.version, sizeof(packet.info.version), "%s", RVF_VERSION);
	for (struct rvf_supervised *m = rvf_supervisor_next(s, NULL); m;
	     m = rvf_supervisor_next(s, m)) {
		packet.info.mounts++;
		packet.info.tasks += rvf_supervised_tasks(m);
	}
	server_send(client, &packet, sizeof(packet));
	finish(client, 0);
}

/* ---- RVFD_WAIT */

static void look_at_mount(struct client *client, struct rvf_supervised *mount)
{
	int failed = rvf_supervised_failed(mount);

	if (client->command != RVFD_WAIT || client->finishing)
		return;
	if (failed >= 0) {
		struct rvf_task_info info;

		rvf_supervised_task(mount, failed, &info);
		rvf_error_set(&client->done.error, ECANCELED, "task-failed", "task '%.200s' failed",
			      info.name);
		rvf_error_why(&client->done.error, "%s", info.why);
		finish(client, -ECANCELED);
	} else if (rvf_supervised_ready(mount)) {
		finish(client, 0);
	}
}

static int is_it(const struct rvf_nl_mount *mount, void *context)
{
	return mount->id == *(const __u64 *)context;
}

/* rvfd may not have heard of a mount that is new: so it looks itself. */
static void wait_for_mount(struct client *client)
{
	struct daemon *d = client->daemon;
	__u64 id = client->request.mount_id;
	struct rvf_supervised *mount = rvf_supervisor_find(d->supervisor, id);

	if (!mount) {
		int err = claims_round(d, &client->done.error);

		if (err) {
			finish(client, err);
			return;
		}
		mount = rvf_supervisor_find(d->supervisor, id);
	}
	if (mount) {
		look_at_mount(client, mount);
		return;
	}

	const struct failed_claim *failed = claims_failed(d, id);
	if (failed) {
		client->done.error = failed->error;
		finish(client, -failed->error.err);
	} else if (rvf_nl_dump_mounts(d->dumps, is_it, &id, NULL) == 1) {
		refuse(client, -EBUSY, "claimed", "somebody else supervises the mount");
	} else {
		refuse(client, -ENODEV, "no-mount", "the mount is gone");
	}
}

/* ---- RVFD_PS */

static int by_name(const void *a, const void *b)
{
	const struct rvfd_task *x = a, *y = b;
	int order = strcmp(x->mount, y->mount);

	if (order)
		return order;
	return x->task.component < y->task.component ? -1 : x->task.component > y->task.component;
}

static bool is_asked_for(const struct client *client, const struct rvf_supervised *mount)
{
	return !client->request.mount_id || client->request.mount_id == rvf_supervised_id(mount);
}

static void list_tasks(struct client *client)
{
	struct rvf_supervisor *s = client->daemon->supervisor;
	struct rvf_supervised *m;
	size_t count = 0;

	for (m = rvf_supervisor_next(s, NULL); m; m = rvf_supervisor_next(s, m))
		if (is_asked_for(client, m))
			count += rvf_supervised_tasks(m);
	client->tasks = calloc(count + 1, sizeof(*client->tasks));
	if (!client->tasks) {
		refuse(client, -ENOMEM, "no-memory", "rvfd has no memory");
		return;
	}
	for (m = rvf_supervisor_next(s, NULL); m; m = rvf_supervisor_next(s, m)) {
		for (__u32 i = 0; is_asked_for(client, m) && i < rvf_supervised_tasks(m); i++) {
			struct rvfd_task *task = &client->tasks[client->n_tasks++];

			task->mount_id = rvf_supervised_id(m);
			strcpy(task->mount, rvf_supervised_name(m));
			rvf_supervised_task(m, i, &task->task);
		}
	}
	if (!client->n_tasks && client->request.mount_id &&
	    !rvf_supervisor_find(s, client->request.mount_id))
		refuse(client, -ENOENT, "no-mount", "rvfd does not supervise that mount");
	qsort(client->tasks, client->n_tasks, sizeof(*client->tasks), by_name);
}

static void send_tasks(struct client *client)
{
	while (client->sent < client->n_tasks) {
		struct rvfd_task_packet packet = { .kind = RVFD_TASK,
						   .task = client->tasks[client->sent] };

		if (!server_send(client, &packet, sizeof(packet)))
			return;
		client->sent++;
	}
	if (!client->finishing)
		finish(client, 0);
}

/* ---- RVFD_LOGS */

static bool add_source(struct client *client, const struct rvf_supervised *mount, __u32 task,
		       __u64 after)
{
	struct source *more =
		realloc(client->sources, (client->n_sources + 1) * sizeof(*client->sources));

	if (!more)
		return false;
	client->sources = more;
	/* What is written meanwhile would keep an answer from ever ending. */
	more[client->n_sources++] = (struct source){
		.mount_id = rvf_supervised_id(mount),
		.task = task,
		.cursor.after = after,
		.until = client->request.follow ? ~0ull : rvf_supervised_last_lines(mount, task, 0),
	};
	return true;
}

static bool add_sources(struct client *client, const struct rvf_supervised *mount, __u32 lines)
{
	for (__u32 i = 0; i < rvf_supervised_tasks(mount); i++) {
		if (client->request.task[0] &&
		    strcmp(client->request.task, rvf_supervised_task_name(mount, i)))
			continue;
		if (!add_source(client, mount, i, rvf_supervised_last_lines(mount, i, lines)))
			return false;
	}
	return true;
}

/* A mount that came after the client had asked for all of them. */
static void add_new_mount(struct client *client, const struct rvf_supervised *mount)
{
	if (client->request.mount_id)
		return;
	for (size_t i = 0; i < client->n_sources; i++)
		if (client->sources[i].mount_id == rvf_supervised_id(mount))
			return;
	/* Its first line is the one that is being told of. */
	if (!add_sources(client, mount, 1))
		refuse(client, -ENOMEM, "no-memory", "rvfd has no memory");
}

/* The source whose next line is the oldest one; NULL: there is none. */
static struct source *oldest(struct client *client, struct rvf_supervised **mount)
{
	struct source *best = NULL;
	__u64 best_time = 0;

	for (size_t i = 0; i < client->n_sources; i++) {
		struct source *source = &client->sources[i];
		struct rvf_supervised *m =
			rvf_supervisor_find(client->daemon->supervisor, source->mount_id);
		struct rvf_log_line line;

		if (m && source->cursor.after < source->until &&
		    rvf_supervised_line(m, source->task, &source->cursor, &line, NULL, NULL) &&
		    (!best || line.time_ns < best_time)) {
			best = source;
			best_time = line.time_ns;
			*mount = m;
		}
	}
	return best;
}

/* Of each source as many lines as all of them may give: the first ones are too many. */
static void skip_lines(struct client *client)
{
	__u32 lines = client->request.lines;
	struct rvf_supervised *mount;
	__u64 count = 0;

	if (lines == RVFD_ALL_LINES || client->n_sources < 2)
		return;
	for (size_t i = 0; i < client->n_sources; i++) {
		struct source source = client->sources[i];
		struct rvf_log_line line;

		mount = rvf_supervisor_find(client->daemon->supervisor, source.mount_id);
		while (rvf_supervised_line(mount, source.task, &source.cursor, &line, NULL, NULL)) {
			source.cursor.after = line.sequence;
			count++;
		}
	}
	for (; count > lines; count--) {
		struct source *source = oldest(client, &mount);
		struct rvf_log_line line;

		rvf_supervised_line(mount, source->task, &source->cursor, &line, NULL, NULL);
		source->cursor.after = line.sequence;
	}
}

static void find_sources(struct client *client)
{
	struct rvf_supervisor *s = client->daemon->supervisor;
	bool ok = true;

	for (struct rvf_supervised *m = rvf_supervisor_next(s, NULL); m && ok;
	     m = rvf_supervisor_next(s, m))
		if (is_asked_for(client, m))
			ok = add_sources(client, m, client->request.lines);
	if (!ok)
		refuse(client, -ENOMEM, "no-memory", "rvfd has no memory");
	else if (client->request.mount_id && !rvf_supervisor_find(s, client->request.mount_id))
		refuse(client, -ENOENT, "no-mount", "rvfd does not supervise that mount");
	else if (client->request.task[0] && !client->n_sources)
		refuse(client, -ENOENT, "no-task", "the mount has no task of that name");
	else
		skip_lines(client);
}

static bool send_gap(struct client *client, struct rvfd_log_packet *packet, __u64 dropped)
{
	packet->dropped = dropped;
	packet->length = 0;
	return server_send(client, packet, offsetof(struct rvfd_log_packet, data));
}

static bool send_line(struct client *client, struct source *source,
		      const struct rvf_supervised *mount)
{
	struct rvfd_log_packet packet;
	struct rvf_log_line line;
	__u64 dropped;

	if (!rvf_supervised_line(mount, source->task, &source->cursor, &line, packet.data,
				 &dropped))
		return true;
	/* All of it but what follows the line, which is not sent. */
	memset(&packet, 0, offsetof(struct rvfd_log_packet, data));
	packet.kind = RVFD_LOG;
	packet.mount_id = source->mount_id;
	strcpy(packet.mount, rvf_supervised_name(mount));
	strcpy(packet.task, rvf_supervised_task_name(mount, source->task));
	packet.stream = line.stream;
	packet.sequence = line.sequence;
	packet.time_ns = line.time_ns;
	if (dropped) {
		if (!send_gap(client, &packet, dropped))
			return false;
		source->cursor.after += dropped;
	}
	packet.dropped = 0;
	packet.length = line.length;
	packet.cut = line.cut;
	if (!server_send(client, &packet, offsetof(struct rvfd_log_packet, data) + line.length))
		return false;
	source->cursor.after = line.sequence;
	return true;
}

static void send_lines(struct client *client)
{
	struct rvf_supervised *mount;
	struct source *source;

	for (int n = 0; (source = oldest(client, &mount)); n++) {
		if (!send_line(client, source, mount))
			return;
		if (n >= LINES_AT_ONCE) {
			server_yield(client);
			return;
		}
	}
	if (!client->request.follow && !client->finishing)
		finish(client, 0);
}

/* ---- all of them */

void answer_begin(struct client *client, const struct rvfd_request *request)
{
	client->request = *request;
	client->command = request->command;
	if (request->protocol != RVFD_PROTOCOL) {
		refuse(client, -EPROTO, "version", "rvfd is of another version");
		return;
	}
	switch (client->command) {
	case RVFD_PING:
		ping(client);
		break;
	case RVFD_WAIT:
		wait_for_mount(client);
		break;
	case RVFD_PS:
		list_tasks(client);
		break;
	case RVFD_LOGS:
		find_sources(client);
		break;
	default:
		refuse(client, -EOPNOTSUPP, "version", "rvfd does not know this request");
	}
}

void answer_continue(struct client *client)
{
	if (client->blocked)
		return;
	if (client->command == RVFD_PS)
		send_tasks(client);
	else if (client->command == RVFD_LOGS)
		send_lines(client);
}

/* ---- what the supervisor tells */

static struct daemon *daemon_of(void *context)
{
	return context;
}

static void on_line(struct rvf_supervised *mount, __u32 task, const struct rvf_log_line *line,
		    void *context)
{
	struct daemon *d = daemon_of(context);

	if (line->stream == RVF_LOG_SUPERVISOR) {
		log_say(LOG_LEVEL_INFO, "%s:%s: %.*s", rvf_supervised_name(mount),
			rvf_supervised_task_name(mount, task), (int)line->length, line->data);
	}
	for (struct client *client = d->clients; client; client = client->next)
		if (client->command == RVFD_LOGS && client->request.follow && !client->finishing) {
			add_new_mount(client, mount);
			server_pump(client);
		}
}

static void look_at_all(struct rvf_supervised *mount, struct daemon *d)
{
	for (struct client *client = d->clients; client; client = client->next) {
		if (client->command != RVFD_WAIT ||
		    client->request.mount_id != rvf_supervised_id(mount))
			continue;
		look_at_mount(client, mount);
		server_pump(client);
	}
}

static void on_ready(struct rvf_supervised *mount, void *context)
{
	log_say(LOG_LEVEL_INFO, "%s: ready", rvf_supervised_name(mount));
	look_at_all(mount, daemon_of(context));
}

static void on_failed(struct rvf_supervised *mount, __u32 task, const char *why, void *context)
{
	log_say(LOG_LEVEL_WARNING, "%s:%s: failed: %s", rvf_supervised_name(mount),
		rvf_supervised_task_name(mount, task), why);
	look_at_all(mount, daemon_of(context));
}

static void on_no_kvm(struct rvf_supervised *mount, const char *why, void *context)
{
	(void)context;
	log_say(LOG_LEVEL_WARNING, "%s: %s", rvf_supervised_name(mount), why);
}

static void on_gone(struct rvf_supervised *mount, void *context)
{
	struct daemon *d = daemon_of(context);
	__u64 id = rvf_supervised_id(mount);

	log_say(LOG_LEVEL_INFO, "%s: unmounted", rvf_supervised_name(mount));
	for (struct client *client = d->clients; client; client = client->next) {
		if (client->request.mount_id != id || client->finishing)
			continue;
		if (client->command == RVFD_WAIT)
			refuse(client, -ENODEV, "no-mount", "the mount is gone");
		else if (client->command == RVFD_LOGS)
			finish(client, 0);
		else
			continue;
		server_pump(client);
	}
}

const struct rvf_supervisor_ops answer_ops = {
	.line = on_line,
	.ready = on_ready,
	.failed = on_failed,
	.no_kvm = on_no_kvm,
	.gone = on_gone,
};
