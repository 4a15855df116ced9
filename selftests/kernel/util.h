/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel's tests share. Nothing here uses librvf: the tests are a
 * second reading of uapi/, and where the two disagree one of them is wrong.
 *
 * The helpers end the test's process with a message when something fails that
 * is not what the test is about.
 */
#ifndef RVF_SELFTESTS_UTIL_H
#define RVF_SELFTESTS_UTIL_H

#include <errno.h>
#include <linux/rvf.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>

/* kselftest.h has it too */
#ifndef ARRAY_SIZE
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#endif

void die(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* The value of a call that returns -1 and errno when it fails */
#define must(call)                                                                        \
	({                                                                                \
		__auto_type must_value = (call);                                          \
		if (must_value == (__typeof__(must_value))-1)                             \
			die("%s:%d: %s: %s", __FILE__, __LINE__, #call, strerror(errno)); \
		must_value;                                                               \
	})

/* The value of a call that returns a negative errno when it fails */
#define must_rvf(call)                                                  \
	({                                                              \
		__auto_type must_value = (call);                        \
		if (must_value < 0)                                     \
			die("%s:%d: %s: %s", __FILE__, __LINE__, #call, \
			    strerror(-(int)must_value));                \
		must_value;                                             \
	})

/* ---- the device */

int ctl_open(void);

/* An ioctl's result, or a negative errno */
int rvf(int fd, unsigned long command, void *arg);

/* A system call's result, or a negative errno */
#define sys(call)                                     \
	({                                            \
		long sys_value = (call);              \
		sys_value == -1 ? -errno : sys_value; \
	})

struct rvf_ctl_info ctl_info(int ctl);
unsigned int count_mounts(int ctl);
/* Waits until so many mounts exist: a release may still be at work. */
bool wait_mounts(int ctl, unsigned int count);

struct rvf_mount_info mount_info(int mount);
/* Into room for RVF_MAX_TASKS entries; how many there are */
int mount_tasks(int mount, struct rvf_task_status *tasks);
/* The status of one task, by its component */
struct rvf_task_status task_status(int mount, unsigned int component);
bool wait_task_state(int mount, unsigned int component, unsigned int state);
/* A handle for an administrator: an fd, or a negative errno */
int mount_get(int mount, const char *name, unsigned int rights);
int mount_get_full(int mount, const char *name, unsigned int rights, struct rvf_get *get);
int unmount(int mount, unsigned int grace_ms);
bool wait_gone(int mount);
int open_mount(int ctl, const char *name);
int supervise(int mount);
/* A name that no other test uses */
const char *unique_name(const char *prefix);

int handle_derive(int handle, unsigned int rights, uint64_t badge);
/* How many nodes were revoked, or a negative errno */
int handle_revoke(int handle, unsigned int flags);

/* ---- waiting */

/*
 * @ms, or longer on a kernel that is slow by its nature: RVF_TIME_SCALE tells
 * how many times. For limits that only a failure reaches.
 */
unsigned int patience(unsigned int ms);

/* The events that are there within @ms of patience, 0 if none */
int poll_for(int fd, int events, int ms);
/* Those that are there now */
int poll_now(int fd, int events);
void sleep_ms(unsigned int ms);
uint64_t now_ms(void);

/* ---- processes */

/* A forked child that dies with its parent */
pid_t child(void);
/* Its exit code, or 128 + the signal that ended it */
int reap(pid_t pid);
/* As a child, with an exit code that a test can look at */
#define in_child(code)                        \
	({                                    \
		pid_t in_child_pid = child(); \
		if (in_child_pid == 0)        \
			_exit(code);          \
		reap(in_child_pid);           \
	})
/* A child's wait until a pipe's other end is closed or written */
void send_fd(int sock, int fd);
int receive_fd(int sock);

/* ---- memory */

/* An address where no memory can be */
void *nowhere(void);

/* Reads (or writes) a byte: its value, or -1 when that raised SIGBUS, -2 SIGSEGV */
int peek(const void *address);
int poke(void *address, unsigned char value);
size_t page_size(void);

/* ---- files */

void write_file(const char *path, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The whole file, in memory that the test's end frees */
void *read_whole(const char *path, size_t *length);
/* The number that a file of the kernel's begins with */
uint64_t read_number(const char *path);
/* Bytes, by a line of /proc/meminfo: "Shmem"; each CPU may yet have to add 500 KiB */
uint64_t meminfo(const char *name);
/* A file that the build put next to the test program */
const char *beside(const char *name);
int memfd_with(const void *data, size_t length);
/* How many fds a process has; one more of this one, which looks */
unsigned int fds_of(pid_t pid);

#endif
