/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between a test and plugin_proxy, the image that most tests put into their
 * package: the plugin makes the system calls that the test asks for, so that
 * all of a test stands in one place.
 */
#ifndef RVF_SELFTESTS_PROXY_H
#define RVF_SELFTESTS_PROXY_H

/* What the plugin is started with */
#define PROXY_TASK_FD	3 /* its task fd */
#define PROXY_SOCKET	4 /* the first of PROXY_SERVERS sockets */
#define PROXY_SERVERS	5
#define PROXY_MEMORY_FD 9 /* memory that both map at the same address */
#define PROXY_MEMORY	(1u << 20)

/*
 * A request is a system call's number and arguments, the answer its result.
 * Pointers lead into the shared memory. Negative numbers are the plugin's own:
 */
enum proxy_call {
	/* clone(flags) whose child serves the socket of that number */
	PROXY_CLONE = -1,
	/* Reads a byte; -1 when that raises SIGBUS, -2 SIGSEGV */
	PROXY_PEEK = -2,
	/* Writes a byte; likewise */
	PROXY_POKE = -3,
	/* Calls an address */
	PROXY_JUMP = -4,
	/*
	 * Asks pidfd_getfd(pidfd, 0..limit) so many times for each, in this
	 * order of arguments: the first that it gets, or the last error
	 */
	PROXY_STEAL = -5,
	/* nth(file, n, request, hit): a request that fails on the way; see nth.h */
	PROXY_NTH = -6,
};

struct proxy_request {
	long number;
	long args[6];
};

#endif
