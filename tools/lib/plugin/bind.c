// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Binding, before anything else of the program runs.
 *
 * The kernel wants to see a process with one thread that has mapped nothing
 * but its image: so this cannot wait for main() or for a constructor, which
 * may start threads. .preinit_array is what a static executable runs first.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <rvf/plugin.h>

#include "task.h"
#include "vm.h"

#define ENV_TASK_FD "RVF_TASK_FD="

/* A reader of /proc holds our memory for a moment: about a second in all. */
#define BIND_TRIES    400
#define BIND_PAUSE_MS 3

static int task_fd = -1;
static __u64 task_incarnation;

int rvf_plugin_ioctl(int fd, unsigned long command, void *argument)
{
	int ret = ioctl(fd, command, argument);

	return ret < 0 ? -errno : ret;
}

int rvf_task_fd(void)
{
	return task_fd;
}

__u64 rvf_incarnation(void)
{
	return task_incarnation;
}

static const char *bind_reason(__u32 reason)
{
	switch (reason) {
	case RVF_REASON_BIND_IMAGE:
		return "its executable is not the task's image";
	case RVF_REASON_BIND_TEXT:
		return "it has executable memory that is not the image's";
	case RVF_REASON_BIND_NNP:
		return "no_new_privs is not set";
	case RVF_REASON_BIND_SECCOMP:
		return "it has no seccomp filter";
	case RVF_REASON_BIND_CAPS:
		return "it has capabilities";
	case RVF_REASON_BIND_USER:
		return "it runs as root, or its user and group ids differ, or it has groups";
	case RVF_REASON_BIND_USER_NS:
		return "it is in the user namespace of the host or of its supervisor";
	case RVF_REASON_BIND_NAMESPACE:
		return "it shares a namespace with its supervisor";
	case RVF_REASON_BIND_ROOT:
		return "its root is not an empty, read-only tmpfs, or it stands outside of it";
	case RVF_REASON_BIND_PERSONALITY:
		return "its personality is not Linux's own";
	case RVF_REASON_BIND_THREADS:
		return "it has more than one thread";
	case RVF_REASON_BIND_FILES:
		return "it shares its file descriptors";
	case RVF_REASON_BIND_MM:
		return "its memory is in use by another process";
	case RVF_REASON_BIND_TRACED:
		return "it is traced";
	case RVF_REASON_BIND_DUMPABLE:
		return "it is dumpable";
	default:
		return NULL;
	}
}

static const char *bind_error(int err, __u32 reason)
{
	const char *text = bind_reason(reason);

	if (text)
		return text;
	switch (err) {
	case EBADF:
	case ENOTTY:
		return "RVF_TASK_FD does not name the fd of a task";
	case EBUSY:
		return "another process is bound to its task";
	case ESTALE:
		return "this incarnation of its task is over";
	case ENODEV:
		return "its mount is gone";
	default:
		text = strerrordesc_np(err);
		return text ? text : "the kernel says no";
	}
}

/* stdio may not be used yet, since the program has not begun. */
static void die(const char *program, const char *what, const char *why)
{
	char line[512];
	int length;

	length = snprintf(line, sizeof(line), "%.128s: %s%s%s\n", program, what, why ? ": " : "",
			  why ? why : "");
	if (length >= (int)sizeof(line))
		length = sizeof(line) - 1;
	/* Where it cannot be said, the exit status still does. */
	(void)!write(STDERR_FILENO, line, length);
	_exit(RVF_EXIT_NOT_BOUND);
}

static const char *find_task_fd(char **envp)
{
	size_t length = strlen(ENV_TASK_FD);

	for (; *envp; envp++)
		if (strncmp(*envp, ENV_TASK_FD, length) == 0)
			return *envp + length;
	return NULL;
}

/* Digits and nothing else: what strtol() also takes is a mistake here. */
static int parse_fd(const char *text)
{
	long fd = 0;

	if (!*text)
		return -1;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -1;
		fd = fd * 10 + (*text - '0');
		if (fd > INT_MAX)
			return -1;
	}
	return fd;
}

static void bind_task(int argc, char **argv, char **envp)
{
	const char *program = argc > 0 && argv[0] ? argv[0] : "plugin";
	struct rvf_bind bind;
	const char *text;
	int tries, fd;
	int ret;

	text = find_task_fd(envp);
	if (!text)
		die(program, "is a task of an rvf package: rvfctl mount starts it", NULL);
	fd = parse_fd(text);
	if (fd < 0)
		die(program, "cannot be bound to its task", "RVF_TASK_FD is not a number");

	for (tries = 1;; tries++) {
		memset(&bind, 0, sizeof(bind));
		bind.size = sizeof(bind);
		ret = rvf_plugin_ioctl(fd, RVF_BIND, &bind);
		if ((ret != -EAGAIN && ret != -EINTR) || tries == BIND_TRIES)
			break;
		poll(NULL, 0, BIND_PAUSE_MS);
	}
	if (ret < 0)
		die(program, "cannot be bound to its task", bind_error(-ret, bind.out_reason));

	task_fd = fd;
	task_incarnation = bind.out_incarnation;
	rvf_vm_make();
}

#if defined(__PIC__) && !defined(__PIE__)
/*
 * The shared library, for developers' packages only (RVF_RELAX_TEXT): a library
 * has no .preinit_array, so this is before any constructor of what needs it,
 * and the kernel refuses when somebody has made a thread even before that.
 */
static void __attribute__((constructor)) bind_first(int argc, char **argv, char **envp)
{
	bind_task(argc, argv, envp);
}
#else
typeof(bind_task) *const rvf_plugin_bind __attribute__((section(".preinit_array"))) = bind_task;
#endif
