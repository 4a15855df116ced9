// SPDX-License-Identifier: GPL-2.0-only
/*
 * Plugins under a test's command.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util_task.h"

#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif

int task_begin(int mount, unsigned int component, int *task_fd, int *image_fd,
	       uint64_t *incarnation)
{
	struct rvf_task arg = { .size = sizeof(arg), .component = component };
	int result = rvf(mount, RVF_TASK, &arg);

	if (result < 0)
		return result;
	*task_fd = arg.out_task_fd;
	*image_fd = arg.out_image_fd;
	if (incarnation)
		*incarnation = arg.out_incarnation;
	return 0;
}

void task_spawn(struct task *task, int mount, unsigned int component, unsigned int without)
{
	int task_fd, image_fd;

	task->mount = mount;
	task->component = component;
	must_rvf(task_begin(mount, component, &task_fd, &image_fd, &task->incarnation));
	jail_spawn(task, task_fd, image_fd, without);
	close(task_fd);
	close(image_fd);
}

void task_start(struct task *task, int mount, unsigned int component)
{
	unsigned int reason;
	int result = supervise(mount);

	if (result && result != -EBUSY)
		die("SUPERVISE: %s", strerror(-result));
	task_spawn(task, mount, component, 0);
	result = task_bind(task, &reason);
	if (result)
		die("a jailed task cannot bind: %s, reason %u", strerror(-result), reason);
}

static void ask(struct task *task, unsigned int server, const struct proxy_request *request)
{
	if (send(task->socket[server], request, sizeof(*request), MSG_NOSIGNAL) != sizeof(*request))
		die("the plugin does not listen: %s", strerror(errno));
}

static long answer(struct task *task, unsigned int server)
{
	long result;
	ssize_t length;

	do {
		length = recv(task->socket[server], &result, sizeof(result), 0);
	} while (length < 0 && errno == EINTR);
	/* It was killed in the call, or for it */
	if (length != sizeof(result))
		return -ESRCH;
	return result;
}

long task_call_on(struct task *task, unsigned int server, long number, long a, long b, long c,
		  long d, long e, long f)
{
	struct proxy_request request = { number, { a, b, c, d, e, f } };

	ask(task, server, &request);
	return answer(task, server);
}

void task_ask_with(struct task *task, long number, long a, long b, long c, long d, long e)
{
	struct proxy_request request = { number, { a, b, c, d, e } };

	ask(task, 0, &request);
}

long task_answer(struct task *task)
{
	return answer(task, 0);
}

void *task_alloc(struct task *task, size_t size)
{
	void *place = task->memory + task->used;

	task->used += (size + 15) & ~15ul;
	if (task->used > PROXY_MEMORY)
		die("the memory shared with the plugin is used up");
	return place;
}

void *task_put(struct task *task, const void *data, size_t size)
{
	return memcpy(task_alloc(task, size), data, size);
}

int task_ioctl_on(struct task *task, unsigned int server, int fd, unsigned long command, void *arg)
{
	size_t size = *(uint32_t *)arg;
	void *there = task_put(task, arg, size);
	int result = server_call(task, server, SYS_ioctl, fd, command, there);

	memcpy(arg, there, size);
	task->used -= (size + 15) & ~15ul;
	return result;
}

int task_ioctl(struct task *task, int fd, unsigned long command, void *arg)
{
	return task_ioctl_on(task, 0, fd, command, arg);
}

int task_bind(struct task *task, unsigned int *reason)
{
	struct rvf_bind bind = { .size = sizeof(bind), .out_reason = ~0u };
	int result = task_ioctl(task, PROXY_TASK_FD, RVF_BIND, &bind);

	if (reason)
		*reason = bind.out_reason;
	return result;
}

int task_ready(struct task *task)
{
	struct rvf_ready ready = { .size = sizeof(ready) };

	return task_ioctl(task, PROXY_TASK_FD, RVF_READY, &ready);
}

int task_get(struct task *task, const char *name, unsigned int rights)
{
	struct rvf_get get = {
		.size = sizeof(get),
		.rights = rights,
		.name = (uintptr_t)task_put(task, name, strlen(name)),
		.name_len = strlen(name),
	};
	int result = task_ioctl(task, PROXY_TASK_FD, RVF_TASK_GET, &get);

	return result < 0 ? result : get.out_fd;
}

int task_take_fd(struct task *task, int fd)
{
	int pidfd = must(syscall(SYS_pidfd_open, task->pid, 0));
	int copy = must(syscall(SYS_pidfd_getfd, pidfd, fd, 0));

	close(pidfd);
	return copy;
}

/* A message of one byte and room for an fd, in the memory shared with it */
static struct msghdr *fd_message(struct task *task)
{
	struct msghdr *message = task_alloc(task, sizeof(*message));
	struct iovec *io = task_alloc(task, sizeof(*io));

	memset(message, 0, sizeof(*message));
	io->iov_base = task_alloc(task, 1);
	io->iov_len = 1;
	message->msg_iov = io;
	message->msg_iovlen = 1;
	message->msg_controllen = CMSG_SPACE(sizeof(int));
	message->msg_control = task_alloc(task, message->msg_controllen);
	return message;
}

int task_give_fd(struct task *task, unsigned int server, int fd)
{
	struct msghdr *message = fd_message(task);

	send_fd(task->socket[server], fd);
	must_rvf(task_call(task, SYS_recvmsg, PROXY_SOCKET + server, message, 0));
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(message)), sizeof(fd));
	return fd;
}

int task_send_fd(struct task *task, unsigned int server, int fd)
{
	struct msghdr *message = fd_message(task);
	struct cmsghdr *header = CMSG_FIRSTHDR(message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	must_rvf(task_call(task, SYS_sendmsg, PROXY_SOCKET + server, message, 0));
	return receive_fd(task->socket[server]);
}

void task_ask_exec(struct task *task, const void *program, size_t length)
{
	long fd = must_rvf(task_call(task, SYS_memfd_create, task_put(task, "x", 2), 0));
	void *there = task_put(task, program, length);
	uintptr_t argv[3] = { 0 };
	char address[20];

	if (task_call(task, SYS_write, fd, there, length) != (long)length)
		die("a program cannot be written");
	must_rvf(task_call(task, SYS_fchmod, fd, 0755));
	snprintf(address, sizeof(address), "%lx", (unsigned long)task->memory);
	argv[0] = (uintptr_t)task_put(task, "proxy", 6);
	argv[1] = (uintptr_t)task_put(task, address, strlen(address) + 1);
	there = task_put(task, argv, sizeof(argv));
	task_ask(task, SYS_execveat, fd, task_put(task, "", 1), there, &((uintptr_t *)there)[2],
		 AT_EMPTY_PATH);
}

int task_reap(struct task *task)
{
	int code = reap(task->pid);

	for (int i = 0; i < PROXY_SERVERS; i++)
		close(task->socket[i]);
	munmap(task->memory, PROXY_MEMORY);
	return code;
}

void task_kill(struct task *task)
{
	must(kill(task->pid, SIGKILL));
	task_reap(task);
}
