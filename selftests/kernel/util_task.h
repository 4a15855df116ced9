/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RVF_SELFTESTS_UTIL_TASK_H
#define RVF_SELFTESTS_UTIL_TASK_H

#include <sys/syscall.h>

#include "proxy.h"
#include "util.h"

/*
 * What the jail leaves out. Each alone makes RVF_BIND fail; 0 is the whole
 * jail.
 */
enum jail_without {
	WITHOUT_USER_NS = 1 << 0,
	WITHOUT_MOUNT_NS = 1 << 1, /* the root is empty and read-only all the same */
	WITHOUT_PID_NS = 1 << 2,
	WITHOUT_NET_NS = 1 << 3,
	WITHOUT_IPC_NS = 1 << 4,
	WITHOUT_UTS_NS = 1 << 5,
	WITHOUT_CGROUP_NS = 1 << 6,
	WITHOUT_ROOT = 1 << 7, /* the host's files stay visible */
	WITHOUT_EMPTY_ROOT = 1 << 8,
	WITHOUT_READ_ONLY_ROOT = 1 << 9,
	WITHOUT_TMPFS_ROOT = 1 << 10, /* an empty directory of another file system */
	WITHOUT_CWD = 1 << 11, /* the working directory is the host's root */
	WITHOUT_NNP = 1 << 12,
	WITHOUT_SECCOMP = 1 << 13,
	WITHOUT_CAP_DROP = 1 << 14, /* one capability stays in all sets but the bounding one */
	WITHOUT_BSET_DROP = 1 << 15, /* the bounding set stays full */
	WITHOUT_OTHER_UID = 1 << 16, /* root of the host, without capabilities */
	WITHOUT_OTHER_GID = 1 << 17,
	WITHOUT_SAME_UIDS = 1 << 18, /* the effective one differs from the real one */
	WITHOUT_SAME_GIDS = 1 << 19,
	WITHOUT_GROUP_DROP = 1 << 20,
};

/* A plugin, as the test that started it sees it */
struct task {
	int mount;
	unsigned int component;
	uint64_t incarnation;
	pid_t pid;
	int socket[PROXY_SERVERS];
	char *memory; /* PROXY_MEMORY bytes at the same address in both */
	size_t used; /* of them, by task_alloc */
};

/* RVF_TASK; the fds are the caller's */
int task_begin(int mount, unsigned int component, int *task_fd, int *image_fd,
	       uint64_t *incarnation);

/*
 * Executes @image_fd in a jail with @task_fd as its only fd of rvf. Both stay
 * open here. A jail or an execution that fails ends the test.
 */
void jail_spawn(struct task *task, int task_fd, int image_fd, unsigned int without);

/* All of it: begins an incarnation, spawns it, closes the fds here */
void task_spawn(struct task *task, int mount, unsigned int component, unsigned int without);
/* Likewise, and binds; supervises the mount too */
void task_start(struct task *task, int mount, unsigned int component);

/* Has the plugin make a system call: its result, or a negative errno */
long task_call_on(struct task *task, unsigned int server, long number, long a, long b, long c,
		  long d, long e, long f);
#define TASK_CALL(task, server, number, a, b, c, d, e, f, ...)                                    \
	task_call_on(task, server, number, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), \
		     (long)(f))
#define task_call(task, number, ...) TASK_CALL(task, 0, number, ##__VA_ARGS__, 0, 0, 0, 0, 0, 0)
/* The same by another server of it; see PROXY_CLONE */
#define server_call(task, server, number, ...) \
	TASK_CALL(task, server, number, ##__VA_ARGS__, 0, 0, 0, 0, 0, 0)
/* Asks, and leaves the answer for later */
void task_ask_with(struct task *task, long number, long a, long b, long c, long d, long e);
#define TASK_ASK(task, number, a, b, c, d, e, ...) \
	task_ask_with(task, number, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e))
#define task_ask(task, number, ...) TASK_ASK(task, number, ##__VA_ARGS__, 0, 0, 0, 0, 0)
long task_answer(struct task *task);

/* Room in the shared memory, and bytes put there */
void *task_alloc(struct task *task, size_t size);
void *task_put(struct task *task, const void *data, size_t size);
/* An ioctl whose struct begins with its size; results come back into it */
int task_ioctl_on(struct task *task, unsigned int server, int fd, unsigned long command, void *arg);
int task_ioctl(struct task *task, int fd, unsigned long command, void *arg);

/* RVF_BIND: 0 or a negative errno; the reason where one is wanted */
int task_bind(struct task *task, unsigned int *reason);
int task_ready(struct task *task);
/* RVF_TASK_GET: the fd there, or a negative errno */
int task_get(struct task *task, const char *name, unsigned int rights);
/* A copy of an fd of the plugin's */
int task_take_fd(struct task *task, int fd);
/* Gives it a copy of one of ours, through a server's socket: its number there */
int task_give_fd(struct task *task, unsigned int server, int fd);
/* Sends one of its fds through a server's socket: ours, by receive_fd() */
int task_send_fd(struct task *task, unsigned int server, int fd);
/* Asks it to execute this program, which would serve the same sockets */
void task_ask_exec(struct task *task, const void *program, size_t length);

/* Kills it, and waits until it is gone; for one that exits by itself: waits */
void task_kill(struct task *task);
int task_reap(struct task *task);

#endif
