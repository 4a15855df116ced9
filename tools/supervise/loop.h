/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An event loop: fds and timers on one epoll fd, for one thread.
 */
#ifndef RVF_SUPERVISE_LOOP_H
#define RVF_SUPERVISE_LOOP_H

#include <stdbool.h>
#include <linux/types.h>

struct rvf_loop;
struct rvf_timer;

/**
 * typedef rvf_watch_fn - An fd became ready
 * @fd: Which.
 * @events: EPOLLIN and so on.
 * @context: From rvf_loop_watch().
 */
typedef void (*rvf_watch_fn)(int fd, __u32 events, void *context);

/**
 * typedef rvf_timer_fn - A timer ran out
 * @context: From rvf_timer_new().
 */
typedef void (*rvf_timer_fn)(void *context);

/**
 * rvf_loop_new - Make a loop
 *
 * Return: NULL with errno set on failure.
 */
struct rvf_loop *rvf_loop_new(void);

/**
 * rvf_loop_free - Free it, and its watches and timers with it
 * @loop: May be NULL.
 */
void rvf_loop_free(struct rvf_loop *loop);

/**
 * rvf_loop_watch - Call a function whenever an fd is ready
 * @loop: A loop.
 * @fd: Is not closed by the loop.
 * @events: EPOLLIN and so on; watching again changes them and the function.
 * @call: The function.
 * @context: Passed on.
 *
 * Return: 0 or a negative errno.
 */
int rvf_loop_watch(struct rvf_loop *loop, int fd, __u32 events, rvf_watch_fn call, void *context);

/**
 * rvf_loop_unwatch - Stop that, before the fd is closed
 * @loop: A loop.
 * @fd: One that may be watched or not. What has been ready is not told any more.
 */
void rvf_loop_unwatch(struct rvf_loop *loop, int fd);

/**
 * rvf_timer_new - Make a timer that does not run
 * @loop: A loop.
 * @call: Called when it ran out. It may free the timer.
 * @context: Passed on.
 *
 * Return: NULL when there is no memory.
 */
struct rvf_timer *rvf_timer_new(struct rvf_loop *loop, rvf_timer_fn call, void *context);

/**
 * rvf_timer_set - Make it run out in so many milliseconds, once
 * @timer: A timer.
 * @ms: From now; 0: in the loop's next round.
 */
void rvf_timer_set(struct rvf_timer *timer, __u64 ms);

/**
 * rvf_timer_stop - Let it not run out
 * @timer: A timer.
 */
void rvf_timer_stop(struct rvf_timer *timer);

/**
 * rvf_timer_free - Free it
 * @timer: May be NULL.
 */
void rvf_timer_free(struct rvf_timer *timer);

/**
 * rvf_loop_run - Wait for events and handle them until rvf_loop_stop()
 * @loop: A loop.
 *
 * Return: 0 or a negative errno.
 */
int rvf_loop_run(struct rvf_loop *loop);

/**
 * rvf_loop_once - Handle what is ready, wait for it once
 * @loop: A loop.
 * @timeout_ms: How long to wait at most; negative: without end.
 *
 * Return: 0 or a negative errno.
 */
int rvf_loop_once(struct rvf_loop *loop, int timeout_ms);

/**
 * rvf_loop_stop - Let rvf_loop_run() return
 * @loop: A loop.
 */
void rvf_loop_stop(struct rvf_loop *loop);

/**
 * rvf_now_ms - Milliseconds of the clock that timers follow
 */
__u64 rvf_now_ms(void);

#endif /* RVF_SUPERVISE_LOOP_H */
