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
	 * Takes fds of a process, by a pidfd or -1: its own table. args[1] is a
	 * struct proxy_loot, args[2] a process that it would trace, or 0
	 */
	PROXY_STEAL = -5,
	/* An ioctl until its result is neither -EBUSY nor -EAGAIN */
	PROXY_INSIST = -6,
	/* nth(file, n, request, hit): a request that fails on the way; see nth.h */
	PROXY_NTH = -7,
	/*
	 * scribble(bytes, length, stop, seed): values at random, again and again
	 * until *stop; once where it stands there already
	 */
	PROXY_SCRIBBLE = -8,
};

/*
 * What a thief does and got, in the shared memory. It goes on until it is to stop; one in its own table until its rounds are over,
 * and then ends its thread without an answer.
 */
struct proxy_loot {
	volatile long stop;
	volatile long rounds;
	volatile long tries;
	volatile long refused; /* with EPERM */
	volatile long taken;
	volatile long kvm; /* files of KVM's, by what they answer to */
};

/*
 * An ioctl that both a VM and a vCPU of KVM's know, and the module's do not:
 * they answer, or with EIO to another process than the one that made them
 */
#define PROXY_KVM_PROBE	     0xaea3 /* KVM_GET_TSC_KHZ */
#define PROXY_IS_KVM(result) ((result) >= 0 || (result) == -EIO)
/* Where a table is searched: what comes to lie behind the fds above */
#define PROXY_STEAL_FROM (PROXY_MEMORY_FD + 1)
#define PROXY_STEAL_TO	 (PROXY_MEMORY_FD + 7)

struct proxy_request {
	long number;
	long args[6];
};

#endif
