// SPDX-License-Identifier: GPL-2.0-only
/*
 * Linked into a dynamic plugin it starts a thread before the libraries'
 * constructors run: too early to be bound.
 */
#include <pthread.h>
#include <unistd.h>

static void *wait_for_ever(void *unused)
{
	for (;;)
		pause();
	return unused;
}

static void start(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, wait_for_ever, NULL);
}

typeof(start) *const start_early __attribute__((section(".preinit_array"))) = start;
