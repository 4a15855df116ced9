// SPDX-License-Identifier: GPL-2.0-only
/*
 * Thin wrappers around the ABI, and around what the tests need of Linux.
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "util.h"

#define PATIENCE_MS 10000

void die(const char *fmt, ...)
{
	va_list args;

	fflush(stdout);
	fputs("# ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	_exit(1);
}

int ctl_open(void)
{
	int fd = open("/dev/rvfctl", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		die("/dev/rvfctl: %s (is the module loaded, and are you root?)", strerror(errno));
	return fd;
}

int rvf(int fd, unsigned long command, void *arg)
{
	int result = ioctl(fd, command, arg);

	return result < 0 ? -errno : result;
}

struct rvf_ctl_info ctl_info(int ctl)
{
	struct rvf_ctl_info info = { .size = sizeof(info) };

	must_rvf(rvf(ctl, RVF_CTL_INFO, &info));
	return info;
}

unsigned int patience(unsigned int ms)
{
	static unsigned int scale;

	if (!scale) {
		const char *text = getenv("RVF_TIME_SCALE");

		scale = text ? atoi(text) : 1;
		if (scale < 1 || scale > 100)
			die("RVF_TIME_SCALE is a number from 1 to 100, not '%s'", text);
	}
	return ms * scale;
}

unsigned int count_mounts(int ctl)
{
	return ctl_info(ctl).out_mounts;
}

bool wait_mounts(int ctl, unsigned int count)
{
	uint64_t end = now_ms() + patience(PATIENCE_MS);

	while (count_mounts(ctl) != count) {
		if (now_ms() > end)
			return false;
		sleep_ms(10);
	}
	return true;
}

struct rvf_mount_info mount_info(int mount)
{
	struct rvf_mount_info info = { .size = sizeof(info) };

	must_rvf(rvf(mount, RVF_MOUNT_INFO, &info));
	return info;
}

int mount_tasks(int mount, struct rvf_task_status *tasks)
{
	struct rvf_mount_tasks arg = {
		.size = sizeof(arg),
		.count = RVF_MAX_TASKS,
		.tasks = (uintptr_t)tasks,
		.entry_size = sizeof(*tasks),
	};

	must_rvf(rvf(mount, RVF_MOUNT_TASKS, &arg));
	return arg.count;
}

struct rvf_task_status task_status(int mount, unsigned int component)
{
	struct rvf_task_status tasks[RVF_MAX_TASKS];
	int count = mount_tasks(mount, tasks);

	for (int i = 0; i < count; i++) {
		if (tasks[i].component == component)
			return tasks[i];
	}
	die("component %u is no task", component);
}

bool wait_task_state(int mount, unsigned int component, unsigned int state)
{
	uint64_t end = now_ms() + patience(PATIENCE_MS);

	while (task_status(mount, component).state != state) {
		if (now_ms() > end)
			return false;
		sleep_ms(5);
	}
	return true;
}

int mount_get_full(int mount, const char *name, unsigned int rights, struct rvf_get *get)
{
	int result;

	*get = (struct rvf_get){
		.size = sizeof(*get),
		.rights = rights,
		.name = (uintptr_t)name,
		.name_len = strlen(name),
	};
	result = rvf(mount, RVF_MOUNT_GET, get);
	return result < 0 ? result : get->out_fd;
}

int mount_get(int mount, const char *name, unsigned int rights)
{
	struct rvf_get get;

	return mount_get_full(mount, name, rights, &get);
}

int unmount(int mount, unsigned int grace_ms)
{
	struct rvf_unmount arg = { .size = sizeof(arg), .grace_ms = grace_ms };

	return rvf(mount, RVF_UNMOUNT, &arg);
}

bool wait_gone(int mount)
{
	uint64_t end = now_ms() + patience(PATIENCE_MS);

	/* POLLPRI stays on, so poll does not wait for POLLHUP when it is asked too */
	while (!(poll_for(mount, 0, 100) & POLLHUP)) {
		if (now_ms() > end)
			return false;
	}
	return true;
}

int open_mount(int ctl, const char *name)
{
	struct rvf_open_mount arg = {
		.size = sizeof(arg),
		.name_len = strlen(name),
		.name = (uintptr_t)name,
	};
	int result = rvf(ctl, RVF_OPEN_MOUNT, &arg);

	return result < 0 ? result : arg.out_fd;
}

int supervise(int mount)
{
	struct rvf_supervise arg = { .size = sizeof(arg), .kvm_fd = -1 };

	return rvf(mount, RVF_SUPERVISE, &arg);
}

const char *unique_name(const char *prefix)
{
	static unsigned int number;
	char *name;

	must(asprintf(&name, "%s-%d-%u", prefix, getpid(), number++));
	return name;
}

int handle_derive(int handle, unsigned int rights, uint64_t badge)
{
	struct rvf_handle_derive arg = { .size = sizeof(arg), .rights = rights, .badge = badge };
	int result = rvf(handle, RVF_HANDLE_DERIVE, &arg);

	return result < 0 ? result : arg.out_fd;
}

int handle_revoke(int handle, unsigned int flags)
{
	struct rvf_handle_revoke arg = { .size = sizeof(arg), .flags = flags };
	int result = rvf(handle, RVF_HANDLE_REVOKE, &arg);

	return result < 0 ? result : (int)arg.out_count;
}

int poll_for(int fd, int events, int ms)
{
	struct pollfd pfd = { .fd = fd, .events = events };
	uint64_t end = now_ms() + (ms > 0 ? patience(ms) : 0);
	int count;

	do {
		count = poll(&pfd, 1, ms > 0 ? (int)patience(ms) : ms);
	} while (count < 0 && errno == EINTR);
	must(count);
	/* When its time is up poll looks once more: then nobody has woken it. */
	if (ms > 0 && now_ms() >= end)
		return 0;
	return count ? pfd.revents : 0;
}

int poll_now(int fd, int events)
{
	return poll_for(fd, events, 0);
}

void sleep_ms(unsigned int ms)
{
	struct timespec time = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };

	while (nanosleep(&time, &time) < 0 && errno == EINTR)
		;
}

uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ull + now.tv_nsec / 1000000;
}

pid_t child(void)
{
	pid_t parent = getpid();
	pid_t pid;

	fflush(stdout);
	fflush(stderr);
	pid = must(fork());
	if (pid == 0) {
		must(prctl(PR_SET_PDEATHSIG, SIGKILL));
		if (getppid() != parent)
			_exit(1);
	}
	return pid;
}

int reap(pid_t pid)
{
	int status;
	pid_t done;

	do {
		done = waitpid(pid, &status, 0);
	} while (done < 0 && errno == EINTR);
	must(done);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

union fd_message {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(sizeof(int))];
};

void send_fd(int sock, int fd)
{
	union fd_message control = { 0 };
	char byte = 0;
	struct iovec io = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr message = {
		.msg_iov = &io,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	must(sendmsg(sock, &message, 0));
}

int receive_fd(int sock)
{
	union fd_message control;
	char byte;
	struct iovec io = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr message = {
		.msg_iov = &io,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *header;
	int fd;

	must(recvmsg(sock, &message, MSG_CMSG_CLOEXEC));
	header = CMSG_FIRSTHDR(&message);
	if (!header)
		die("no fd was received");
	memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	return fd;
}

void *nowhere(void)
{
	return (void *)8;
}

static sigjmp_buf fault;

static void on_fault(int number)
{
	siglongjmp(fault, number == SIGBUS ? 1 : 2);
}

static int touch(volatile unsigned char *address, int value)
{
	struct sigaction action = { .sa_handler = on_fault, .sa_flags = SA_NODEFER };
	struct sigaction old_bus, old_segv;
	int result;

	sigaction(SIGBUS, &action, &old_bus);
	sigaction(SIGSEGV, &action, &old_segv);
	result = sigsetjmp(fault, 1);
	if (result)
		result = -result;
	else if (value < 0)
		result = *address;
	else
		result = *address = value;
	sigaction(SIGBUS, &old_bus, NULL);
	sigaction(SIGSEGV, &old_segv, NULL);
	return result;
}

int peek(const void *address)
{
	return touch((unsigned char *)address, -1);
}

int poke(void *address, unsigned char value)
{
	return touch(address, value);
}

size_t page_size(void)
{
	return sysconf(_SC_PAGESIZE);
}

void write_file(const char *path, const char *fmt, ...)
{
	char text[256];
	va_list args;
	int fd, length;

	va_start(args, fmt);
	length = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, length) != length)
		die("%s: %s", path, strerror(errno));
	close(fd);
}

void *read_whole(const char *path, size_t *length)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t done = 0;
	struct stat st;
	char *data;

	if (fd < 0 || fstat(fd, &st))
		die("%s: %s", path, strerror(errno));
	data = malloc(st.st_size + 1);
	if (!data)
		die("no memory for %s", path);
	while (done < (size_t)st.st_size) {
		ssize_t part = must(read(fd, data + done, st.st_size - done));

		if (part == 0)
			die("%s became shorter", path);
		done += part;
	}
	close(fd);
	*length = done;
	return data;
}

uint64_t read_number(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[32] = "";

	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		die("%s: %s", path, strerror(errno));
	close(fd);
	return strtoull(text, NULL, 10);
}

uint64_t meminfo(const char *name)
{
	FILE *file = fopen("/proc/meminfo", "re");
	unsigned long long kilobytes;
	char line[64];

	if (!file)
		die("/proc/meminfo: %s", strerror(errno));
	while (fscanf(file, "%63[^:]: %llu kB ", line, &kilobytes) == 2) {
		if (!strcmp(line, name)) {
			fclose(file);
			return kilobytes << 10;
		}
	}
	die("no %s in /proc/meminfo", name);
}

const char *beside(const char *name)
{
	char program[PATH_MAX];
	ssize_t length = must(readlink("/proc/self/exe", program, sizeof(program) - 1));
	char *path;

	program[length] = 0;
	*strrchr(program, '/') = 0;
	must(asprintf(&path, "%s/%s", program, name));
	return path;
}

int memfd_with(const void *data, size_t length)
{
	int fd = must(memfd_create("package", MFD_CLOEXEC));
	size_t done = 0;

	while (done < length)
		done += must(write(fd, (const char *)data + done, length - done));
	return fd;
}

unsigned int fds_of(pid_t pid)
{
	unsigned int count = 0;
	char path[64];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	dir = opendir(path);
	if (!dir)
		die("%s: %s", path, strerror(errno));
	for (struct dirent *entry; (entry = readdir(dir));)
		count += entry->d_name[0] != '.';
	closedir(dir);
	return count;
}
