// SPDX-License-Identifier: GPL-2.0-only
/*
 * An event loop: fds and timers on one epoll fd.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "loop.h"

#define EVENTS 64

/**
 * struct watch - What to do about an fd
 * @generation: Tells this watch from an earlier one of the same fd, which may
 *	still be among the events that epoll gave.
 * @call: NULL: the fd is not watched.
 * @context: Passed on.
 */
struct watch {
	__u32 generation;
	rvf_watch_fn call;
	void *context;
};

/**
 * struct rvf_timer - A timer
 * @loop: Its loop.
 * @previous: In the list of timers that run, if @running.
 * @next: Likewise.
 * @due: When it runs out.
 * @round: The loop's round in which it was set: it runs out in a later one.
 * @running: It is in the list.
 * @call: What to call.
 * @context: Passed on.
 */
struct rvf_timer {
	struct rvf_loop *loop;
	struct rvf_timer *previous;
	struct rvf_timer *next;
	__u64 due;
	__u64 round;
	bool running;
	rvf_timer_fn call;
	void *context;
};

/**
 * struct rvf_loop - A loop
 * @epoll: Its epoll fd.
 * @watches: By fd.
 * @n_watches: Room in @watches.
 * @generation: Counts watches.
 * @timers: Those that run, the next one first.
 * @round: Counts rounds.
 * @stopped: rvf_loop_stop() was called.
 */
struct rvf_loop {
	int epoll;
	struct watch *watches;
	size_t n_watches;
	__u32 generation;
	struct rvf_timer *timers;
	__u64 round;
	bool stopped;
};

__u64 rvf_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (__u64)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct rvf_loop *rvf_loop_new(void)
{
	struct rvf_loop *loop = calloc(1, sizeof(*loop));

	if (!loop)
		return NULL;
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll < 0) {
		free(loop);
		return NULL;
	}
	return loop;
}

void rvf_loop_free(struct rvf_loop *loop)
{
	if (!loop)
		return;
	while (loop->timers)
		rvf_timer_free(loop->timers);
	close(loop->epoll);
	free(loop->watches);
	free(loop);
}

static int make_room(struct rvf_loop *loop, size_t fd)
{
	size_t n = loop->n_watches ? loop->n_watches : 64;

	if (fd < loop->n_watches)
		return 0;
	while (n <= fd)
		n *= 2;

	struct watch *watches = realloc(loop->watches, n * sizeof(*watches));
	if (!watches)
		return -ENOMEM;
	memset(watches + loop->n_watches, 0, (n - loop->n_watches) * sizeof(*watches));
	loop->watches = watches;
	loop->n_watches = n;
	return 0;
}

int rvf_loop_watch(struct rvf_loop *loop, int fd, __u32 events, rvf_watch_fn call, void *context)
{
	int err = make_room(loop, fd);

	if (err)
		return err;

	struct watch *watch = &loop->watches[fd];
	bool known = watch->call;
	struct watch new = { known ? watch->generation : ++loop->generation, call, context };
	struct epoll_event event = { .events = events,
				     .data.u64 = (__u64) new.generation << 32 | (__u32)fd };

	if (epoll_ctl(loop->epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event))
		return -errno;
	*watch = new;
	return 0;
}

void rvf_loop_unwatch(struct rvf_loop *loop, int fd)
{
	if (fd < 0 || (size_t)fd >= loop->n_watches || !loop->watches[fd].call)
		return;
	epoll_ctl(loop->epoll, EPOLL_CTL_DEL, fd, NULL);
	loop->watches[fd].call = NULL;
}

struct rvf_timer *rvf_timer_new(struct rvf_loop *loop, rvf_timer_fn call, void *context)
{
	struct rvf_timer *timer = calloc(1, sizeof(*timer));

	if (!timer)
		return NULL;
	timer->loop = loop;
	timer->call = call;
	timer->context = context;
	return timer;
}

void rvf_timer_stop(struct rvf_timer *timer)
{
	if (!timer->running)
		return;
	timer->running = false;
	if (timer->previous)
		timer->previous->next = timer->next;
	else
		timer->loop->timers = timer->next;
	if (timer->next)
		timer->next->previous = timer->previous;
}

void rvf_timer_set(struct rvf_timer *timer, __u64 ms)
{
	struct rvf_timer **place = &timer->loop->timers, *previous = NULL;

	rvf_timer_stop(timer);
	timer->due = rvf_now_ms() + ms;
	timer->round = timer->loop->round;
	while (*place && (*place)->due <= timer->due) {
		previous = *place;
		place = &previous->next;
	}
	timer->previous = previous;
	timer->next = *place;
	if (timer->next)
		timer->next->previous = timer;
	*place = timer;
	timer->running = true;
}

void rvf_timer_free(struct rvf_timer *timer)
{
	if (!timer)
		return;
	rvf_timer_stop(timer);
	free(timer);
}

/* A callback may set and free any timer, so the search begins anew each time. */
static void run_timers(struct rvf_loop *loop)
{
	__u64 now = rvf_now_ms();

	for (;;) {
		struct rvf_timer *timer = loop->timers;

		while (timer && timer->due <= now && timer->round == loop->round)
			timer = timer->next;
		if (!timer || timer->due > now)
			return;
		rvf_timer_stop(timer);
		timer->call(timer->context);
	}
}

static int time_left(const struct rvf_loop *loop, int timeout_ms)
{
	__u64 now = rvf_now_ms();

	if (!loop->timers)
		return timeout_ms;

	__u64 left = loop->timers->due > now ? loop->timers->due - now : 0;
	if (timeout_ms >= 0 && (__u64)timeout_ms < left)
		return timeout_ms;
	return left > INT_MAX ? INT_MAX : (int)left;
}

int rvf_loop_once(struct rvf_loop *loop, int timeout_ms)
{
	struct epoll_event events[EVENTS];
	int n = epoll_wait(loop->epoll, events, EVENTS, time_left(loop, timeout_ms));

	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	loop->round++;
	for (int i = 0; i < n; i++) {
		__u32 fd = events[i].data.u64, generation = events[i].data.u64 >> 32;
		struct watch watch = loop->watches[fd];

		if (watch.call && watch.generation == generation)
			watch.call(fd, events[i].events, watch.context);
	}
	run_timers(loop);
	return 0;
}

int rvf_loop_run(struct rvf_loop *loop)
{
	loop->stopped = false;
	while (!loop->stopped) {
		int err = rvf_loop_once(loop, -1);

		if (err)
			return err;
	}
	return 0;
}

void rvf_loop_stop(struct rvf_loop *loop)
{
	loop->stopped = true;
}
