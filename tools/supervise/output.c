// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a task writes: two pipes, cut into lines.
 *
 * A task may write as much as it likes, and costs no more than a bounded part
 * of the supervisor's time and memory: beyond it, its own writes wait.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"

/* Taken from a task in one second; a line counts this much more than its bytes. */
#define BYTES_PER_SECOND (1 << 20)
#define LINE_COST	 64

#define READ_BYTES (16 << 10)

static void on_output(int fd, __u32 events, void *context);

static __u64 next_time(struct rvf_supervisor *supervisor)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	__u64 time = (__u64)now.tv_sec * 1000000000 + now.tv_nsec;
	if (time <= supervisor->last_time)
		time = supervisor->last_time + 1;
	supervisor->last_time = time;
	return time;
}

static void emit(struct rvf_mtask *task, __u32 stream, const char *data, size_t length, bool cut)
{
	struct rvf_supervisor *supervisor = task->mount->supervisor;
	const struct rvf_supervisor_ops *ops = supervisor->config.ops;
	struct rvf_log_line line = { .time_ns = next_time(supervisor),
				     .stream = stream,
				     .cut = cut,
				     .length = length,
				     .data = data };

	rvf_ring_append(task->ring, &line);
	if (ops->line)
		ops->line(task->mount, task->number, &line, supervisor->config.context);
}

void rvf_output_say(struct rvf_mtask *task, const char *format, ...)
{
	char text[512];
	va_list arguments;

	va_start(arguments, format);
	int length = vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (length < 0)
		return;
	if ((size_t)length >= sizeof(text))
		length = sizeof(text) - 1;
	emit(task, RVF_LOG_SUPERVISOR, text, length, false);
}

static void flush(struct output *output)
{
	if (output->used)
		emit(output->task, output->stream, output->line, output->used, false);
	output->used = 0;
}

static void add(struct output *output, const char *data, size_t length)
{
	while (length) {
		const char *end = memchr(data, '\n', length);
		size_t part = end ? (size_t)(end - data) : length;
		size_t room = sizeof(output->line) - output->used;
		bool cut = part > room;

		if (cut)
			part = room;
		memcpy(output->line + output->used, data, part);
		output->used += part;
		data += part;
		length -= part;
		if (cut) {
			emit(output->task, output->stream, output->line, output->used, true);
			output->used = 0;
		} else if (end) {
			/* An empty line is a line, too. */
			emit(output->task, output->stream, output->line, output->used, false);
			output->used = 0;
			data++;
			length--;
		}
	}
}

static __s64 cost(const char *data, ssize_t length)
{
	__s64 sum = length;

	for (ssize_t i = 0; i < length; i++)
		if (data[i] == '\n')
			sum += LINE_COST;
	return sum;
}

static void close_output(struct output *output)
{
	if (output->fd < 0)
		return;
	rvf_loop_unwatch(output->task->mount->supervisor->loop, output->fd);
	close(output->fd);
	output->fd = -1;
	flush(output);
}

/* Returns how many bytes were there, 0 at the end, or a negative errno. */
static ssize_t take(struct output *output)
{
	char data[READ_BYTES];
	ssize_t n;

	do {
		n = read(output->fd, data, sizeof(data));
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	output->task->budget -= cost(data, n);
	add(output, data, n);
	return n;
}

static void watch(struct rvf_mtask *task)
{
	struct rvf_loop *loop = task->mount->supervisor->loop;

	for (int i = 0; i < 2; i++)
		if (task->outputs[i].fd >= 0 && rvf_loop_watch(loop, task->outputs[i].fd, EPOLLIN,
							       on_output, &task->outputs[i]))
			close_output(&task->outputs[i]);
}

static void on_budget(void *context)
{
	struct rvf_mtask *task = context;

	task->budget = BYTES_PER_SECOND;
	watch(task);
}

struct rvf_timer *rvf_output_timer(struct rvf_mtask *task)
{
	return rvf_timer_new(task->mount->supervisor->loop, on_budget, task);
}

static void on_output(int fd, __u32 events, void *context)
{
	struct output *output = context;
	struct rvf_mtask *task = output->task;
	struct rvf_loop *loop = task->mount->supervisor->loop;

	(void)fd;
	(void)events;
	if (task->budget == BYTES_PER_SECOND)
		rvf_timer_set(task->budget_timer, 1000);

	ssize_t n = take(output);
	if (n == 0 || (n < 0 && n != -EAGAIN))
		close_output(output);
	if (task->budget > 0)
		return;
	for (int i = 0; i < 2; i++)
		rvf_loop_unwatch(loop, task->outputs[i].fd);
	if (!task->slowed)
		rvf_output_say(task, "writes more than 1 MiB in a second: it is slowed down");
	task->slowed = true;
}

/*
 * Makes the pipes of a new process; @ends are what it writes to. The pipes
 * of an earlier one have been closed.
 */
int rvf_output_open(struct rvf_mtask *task, int ends[2])
{
	task->budget = BYTES_PER_SECOND;
	task->slowed = false;
	ends[0] = -1;
	ends[1] = -1;
	for (int i = 0; i < 2; i++) {
		int pair[2];

		if (pipe2(pair, O_CLOEXEC)) {
			int err = -errno;

			rvf_output_close(task);
			for (int j = 0; j < i; j++)
				close(ends[j]);
			return err;
		}
		/* Only our end: the task's program may expect writes to wait. */
		fcntl(pair[0], F_SETFL, O_NONBLOCK);
		task->outputs[i].fd = pair[0];
		ends[i] = pair[1];
	}
	watch(task);
	return 0;
}

/* The pipes of a process that runs already; -1: there is none. */
void rvf_output_adopt(struct rvf_mtask *task, const int fds[2])
{
	task->budget = BYTES_PER_SECOND;
	task->slowed = false;
	for (int i = 0; i < 2; i++)
		task->outputs[i].fd = fds[i];
	watch(task);
}

/* The process goes on: what is in the pipes is the next supervisor's. */
void rvf_output_leave(struct rvf_mtask *task)
{
	for (int i = 0; i < 2; i++)
		close_output(&task->outputs[i]);
	rvf_timer_stop(task->budget_timer);
}

/* The process has ended: what is left in the pipes is all there will be. */
void rvf_output_close(struct rvf_mtask *task)
{
	for (int i = 0; i < 2; i++) {
		struct output *output = &task->outputs[i];

		/* A pipe holds some 64 KiB, if its writer did not enlarge it. */
		for (int n = 0; output->fd >= 0 && n < 128 && take(output) > 0; n++)
			;
		close_output(output);
	}
	rvf_timer_stop(task->budget_timer);
}
