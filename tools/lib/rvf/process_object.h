/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef RVF_PROCESS_OBJECT_H
#define RVF_PROCESS_OBJECT_H

#include <pthread.h>
#include <rvf/process.h>

/**
 * struct rvf_process - A jailed process
 * @lock: Guards @status, @lease and @asked_ms.
 * @pid: Its number; stale once @status says that it ended.
 * @pidfd: Stays open as long as the object.
 * @uid: Its id on the host.
 * @lease: Holds the id while the process lives, then -1.
 * @status: Remembered once it was reaped.
 * @lacks: Bits of enum rvf_jail that this host does not have.
 * @asked_ms: When it was asked to end first, 0: never.
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
};

#endif /* RVF_PROCESS_OBJECT_H */
