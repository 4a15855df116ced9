/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef RVF_PROCESS_OBJECT_H
#define RVF_PROCESS_OBJECT_H

#include <pthread.h>
#include <rvf/process.h>

/**
 * struct rvf_process - A jailed process
 * @lock: Guards @status, @lease, @asked_ms and @started.
 * @pid: Its number; stale once @status says that it ended.
 * @pidfd: Stays open as long as the object.
 * @uid: Its id on the host.
 * @lease: Holds the id while the process lives, then -1.
 * @status: Remembered once it was reaped.
 * @lacks: Bits of enum rvf_jail that this host does not have.
 * @asked_ms: When it was asked to end first, 0: never.
 * @started: It was ready once.
 * @mount_fd: The mount whose task it is, or -1.
 * @component: The task's.
 * @incarnation: Likewise, 0: any.
 * @name: Of the program, for errors.
 * @start_lock: Guards what follows: who holds it receives from the child.
 * @sync: The parent's end of a socket pair; stays open as long as the object.
 * @start_deadline_ms: When the start has taken too long.
 * @executes: The child is about to execute the program.
 * @start_done: The start has come to its end ...
 * @start_result: ... which is this ...
 * @start_error: ... and why.
 */
struct rvf_process {
	pthread_mutex_t lock;
	pid_t pid;
	int pidfd;
	uid_t uid;
	int lease;
	struct rvf_process_status status;
	__u32 lacks;
	__u64 asked_ms;
	bool started;
	int mount_fd;
	__u32 component;
	__u64 incarnation;
	char *name;

	pthread_mutex_t start_lock;
	int sync;
	__u64 start_deadline_ms;
	bool executes;
	bool start_done;
	int start_result;
	struct rvf_error start_error;
};

/* Milliseconds of the monotonic clock. */
__u64 rvf_process_now_ms(void);

#endif /* RVF_PROCESS_OBJECT_H */
