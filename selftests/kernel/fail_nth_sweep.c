// SPDX-License-Identifier: GPL-2.0-only
/* What is done with each case of fail_nth and fail_nth_vm. */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fail_nth.h"
#include "nth.h"

/* More than any call has by far: it would never end */
#define MOST	  2000
#define ARGUMENTS 65536

static char arguments[ARGUMENTS] __attribute__((aligned(16)));

long fail_own_syscall(long number, long a, long b, long c, long d, long e, long f)
{
	return sys(syscall(number, a, b, c, d, e, f));
}

void *fail_alloc(struct fail *f, size_t size)
{
	void *place = f->memory + f->used;

	f->used += (size + 15) & ~15ul;
	if (f->used > ARGUMENTS)
		die("no room for the arguments of a call");
	return memset(place, 0, size);
}

void *fail_put(struct fail *f, const void *data, size_t size)
{
	return memcpy(fail_alloc(f, size), data, size);
}

long fail_syscall(struct fail *f, long number, long a, long b, long c, long d, long e, long g)
{
	struct proxy_request request = { number, { a, b, c, d, e, g } };
	long result, *hit;

	f->hit = false;
	if (f->in_task && !f->nth)
		return task_call(&f->task, number, a, b, c, d, e, g);
	if (f->in_task) {
		hit = fail_alloc(f, sizeof(*hit));
		result = task_call(&f->task, PROXY_NTH, f->nth_file, f->nth,
				   fail_put(f, &request, sizeof(request)), hit);
		f->hit = *hit;
		return result;
	}
	if (!f->nth)
		return fail_own_syscall(number, a, b, c, d, e, g);
	nth_arm(fail_own_syscall, f->nth_file, f->nth);
	result = fail_own_syscall(number, a, b, c, d, e, g);
	f->hit = nth_disarm(fail_own_syscall, f->nth_file);
	return result;
}

long fail_ioctl(struct fail *f, int fd, unsigned long command, void *arg)
{
	size_t size = *(uint32_t *)arg;
	void *there = fail_put(f, arg, size);
	long result = fail_call(f, SYS_ioctl, fd, command, there);

	memcpy(arg, there, size);
	return result;
}

/* The plugin has no /proc, so it is given its fail-nth */
void fail_spawn(struct fail *f)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} * control;
	struct msghdr *message;
	struct iovec *io;
	char path[64];
	int file;

	task_spawn(&f->task, f->mount, 0, 0);
	snprintf(path, sizeof(path), "/proc/%d/task/%d/fail-nth", f->task.pid, f->task.pid);
	file = must(open(path, O_RDWR | O_CLOEXEC));
	send_fd(f->task.socket[1], file);
	close(file);

	control = task_alloc(&f->task, sizeof(*control));
	io = task_alloc(&f->task, sizeof(*io));
	*io = (struct iovec){ task_alloc(&f->task, 1), 1 };
	message = task_alloc(&f->task, sizeof(*message));
	*message = (struct msghdr){
		.msg_iov = io,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(*control),
	};
	must_rvf(task_call(&f->task, SYS_recvmsg, PROXY_SOCKET + 1, message, 0));
	memcpy(&f->nth_file, CMSG_DATA(&control->header), sizeof(f->nth_file));
	f->in_task = true;
	f->memory = task_alloc(&f->task, ARGUMENTS);
	f->used = 0;
}

void fail_own_calls(struct fail *f)
{
	f->in_task = false;
	f->memory = arguments;
	f->used = 0;
	f->nth_file = f->own_nth_file;
}

void fail_kill(struct fail *f)
{
	task_kill(&f->task);
	fail_unless(wait_task_state(f->mount, 0, RVF_TASK_EXITED));
	f->task.pid = 0;
}

void fail_remount(struct fail *f, int mount)
{
	unsigned int mounts = ctl_info(f->ctl).out_mounts;
	uint64_t end = now_ms() + patience(5000);

	close(f->queue);
	close(f->mount);
	/* Gone from the state before the next one is looked at */
	while (ctl_info(f->ctl).out_mounts >= mounts && now_ms() < end)
		sleep_ms(10);
	f->mount = mount;
	f->queue = must_rvf(mount_get(f->mount, "queue", 0));
}

/* ---- the state that a failed call must leave as it was */

static void put_fds(FILE *out, pid_t pid)
{
	char path[300], target[300];
	struct dirent *entry;
	ssize_t length;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	dir = opendir(path);
	if (!dir)
		die("%s: %s", path, strerror(errno));
	while ((entry = readdir(dir))) {
		if (pid == getpid() && atoi(entry->d_name) == dirfd(dir))
			continue;
		snprintf(path, sizeof(path), "/proc/%d/fd/%s", pid, entry->d_name);
		length = readlink(path, target, sizeof(target));
		if (length > 0)
			fprintf(out, "%d has fd %s: %.*s\n", pid, entry->d_name, (int)length,
				target);
	}
	closedir(dir);
}

static void put_maps(FILE *out, pid_t pid)
{
	char path[64], line[600];
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	maps = fopen(path, "re");
	if (!maps)
		die("%s: %s", path, strerror(errno));
	while (fgets(line, sizeof(line), maps)) {
		if (strstr(line, "rvf-") || strstr(line, "/memfd:"))
			fprintf(out, "%d has mapped %s", pid, line);
	}
	fclose(maps);
}

static void put_message(const struct nl_message *message, void *out)
{
	fprintf(out, "netlink %u %s", message->command, message->name);
	for (int i = 0; i <= RVF_NL_A_MAX; i++) {
		if (nl_has(message, i) && message->value[i])
			fprintf(out, " %d=%llu", i, (unsigned long long)message->value[i]);
	}
	for (unsigned int i = 0; i < message->n_holders; i++)
		fprintf(out, " (%u %u %u %llu)", message->holders[i].component,
			message->holders[i].rights, message->holders[i].depth,
			(unsigned long long)message->holders[i].badge);
	fputc('\n', out);
}

static void put_mount(FILE *out, struct fail *f)
{
	struct rvf_queue_info queue = { .size = sizeof(queue) };
	struct rvf_task_status tasks[RVF_MAX_TASKS];
	int count = mount_tasks(f->mount, tasks);

	for (int i = 0; i < count; i++)
		fprintf(out, "task %u: state %u, incarnation %llu, reason %u, %u handles\n",
			tasks[i].component, tasks[i].state,
			(unsigned long long)tasks[i].incarnation, tasks[i].bind_reason,
			tasks[i].handles);
	must_rvf(rvf(f->queue, RVF_QUEUE_INFO, &queue));
	fprintf(out, "queue: %u used, %llu sent, %llu received\n", queue.out_used,
		(unsigned long long)queue.out_sent, (unsigned long long)queue.out_received);
}

/* KVM has a directory for each VM that exists */
static void put_vms(FILE *out)
{
	unsigned int count = 0;
	struct dirent *entry;
	DIR *dir = opendir("/sys/kernel/debug/kvm");

	while (dir && (entry = readdir(dir)))
		count += entry->d_type == DT_DIR;
	if (dir)
		closedir(dir);
	fprintf(out, "%u VMs\n", count);
}

char *fail_state(struct fail *f)
{
	struct rvf_ctl_info info = ctl_info(f->ctl);
	size_t length;
	char *text;
	FILE *out = open_memstream(&text, &length);
	struct nl nl;

	if (!out)
		die("no memory for a state");
	fprintf(out, "%u mounts, %u keys\n", info.out_mounts, info.out_keys);
	must_rvf(nl_open(&nl));
	for (int command = RVF_NL_MOUNT; command <= RVF_NL_OBJECT; command++)
		must_rvf(nl_dump(&nl, command, 0, put_message, out));
	nl_close(&nl);
	put_mount(out, f);
	put_vms(out);
	put_fds(out, getpid());
	put_maps(out, getpid());
	if (f->task.pid) {
		put_fds(out, f->task.pid);
		put_maps(out, f->task.pid);
	}
	fclose(out);
	return text;
}

/* What stands in one text and not in the other */
static void print_missing(const char *what, const char *lines, const char *in)
{
	char *copy = strdup(lines), *rest = copy, *line;

	while ((line = strsep(&rest, "\n"))) {
		if (!strstr(in, line))
			fprintf(stderr, "# %s: %s\n", what, line);
	}
	free(copy);
}

void fail_same_state(struct fail *f, const char *before, bool wait, const char *what)
{
	uint64_t end = now_ms() + patience(10000);
	char *after = fail_state(f);

	while (strcmp(before, after)) {
		if (!wait || now_ms() > end) {
			print_missing("before", before, after);
			print_missing("after", after, before);
			die("%s: a call whose no. %u failed left something behind", what, f->nth);
		}
		free(after);
		sleep_ms(20);
		after = fail_state(f);
	}
	free(after);
}

/* ---- the sweep */

static void step(void (*function)(struct fail *f), struct fail *f)
{
	if (function)
		function(f);
}

static bool documented(const struct fail_case *c, long result)
{
	return result == -ENOMEM || result == -EFAULT ||
	       (c->errnos[0] && result == -c->errnos[0]) ||
	       (c->errnos[1] && result == -c->errnos[1]);
}

static long run(struct fail *f, const struct fail_case *c, unsigned int nth)
{
	size_t used = f->used;
	long result;

	f->nth = nth;
	result = c->run(f);
	f->used = used;
	return result;
}

/* Whether there is a next one */
static bool try_one(struct fail *f, const struct fail_case *c, unsigned int nth, bool *failed)
{
	char *before;
	long result;
	bool hit;

	step(c->prepare, f);
	before = fail_state(f);
	result = run(f, c, nth);
	hit = f->hit;
	*failed = result < 0;
	if (*failed) {
		if (!hit || !documented(c, result))
			die("%s: no. %u%s: %s", c->name, nth, hit ? "" : " (not reached)",
			    strerror(-result));
		f->nth = nth;
		fail_same_state(f, before, false, c->name);
		result = run(f, c, 0);
		if (result < 0)
			die("%s: after no. %u had failed: %s", c->name, nth, strerror(-result));
	}
	free(before);
	step(c->check, f);
	step(c->undo, f);
	return hit;
}

void fail_begin(struct fail *f)
{
	memset(f, 0, sizeof(*f));
	f->ctl = ctl_open();
	f->mounts = count_mounts(f->ctl);
	f->pkg = pkg_usual();
	key_trust(f->ctl, KEY_OWNER);
	pkg_finish(f->pkg, KEY_OWNER);
	f->name = unique_name("/test/fail");
	f->mount = must_rvf(pkg_mount(f->pkg, f->ctl, NULL, NULL));
	f->queue = must_rvf(mount_get(f->mount, "queue", 0));
	f->own_nth_file = must(open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC));
	fail_own_calls(f);
}

void fail_end(struct fail *f)
{
	close(f->queue);
	close(f->mount);
	fail_unless(wait_mounts(f->ctl, f->mounts));
}

/* A run of harmless ones is long, and how far the next try is then */
#define LONG_RUN 32
#define STRIDE	 7
/*
 * How many are not the same each time: a cache of the kernel's needs a page at one
 * time and none at another. So the last ones are tried twice, or what comes at the
 * very end, which is the answer, may never fail.
 */
#define AGAIN 4

static void sweep(const struct fail_case *c)
{
	unsigned int nth = 1, done = 0, harmless = 0, tries = 0, failures = 0;
	bool failed, more = true, again = false;
	struct fail f;

	fail_begin(&f);
	f.with = c->with;
	step(c->setup, &f);
	while (more) {
		more = try_one(&f, c, nth, &failed);
		tries++;
		if ((failed || !more) && nth > done + 1) {
			/* Back to the first of those that were stepped over */
			more = true;
			harmless = 0;
			nth = done + 1;
			continue;
		}
		if (!more && !again) {
			again = more = true;
			nth = nth > AGAIN ? nth - AGAIN : 1;
			done = nth - 1;
			continue;
		}
		failures += failed && !again;
		harmless = failed ? 0 : harmless + 1;
		done = nth;
		nth += c->calm && harmless > LONG_RUN ? STRIDE : 1;
		if (nth > MOST)
			die("%s: no. %u failed, and there is no end", c->name, nth);
	}
	step(c->teardown, &f);
	fail_end(&f);
	printf("# %s: %u that fail, of which %u are fatal; %u tries\n", c->name, done - 1, failures,
	       tries);
	fflush(stdout);
}

static bool chosen(const struct fail_case *c)
{
	const char *only = getenv("RVF_FAIL_CASE");

	return !only || !strcmp(only, c->name);
}

bool fail_wanted(const struct fail_case *cases)
{
	if (!getenv("RVF_FAIL_CASE"))
		return true;
	for (; cases && cases->name; cases++) {
		if (chosen(cases))
			return true;
	}
	return false;
}

bool fail_sweep(const struct fail_case *cases)
{
	for (; cases->name; cases++) {
		pid_t pid;

		if (!chosen(cases))
			continue;
		/* So that what one leaves behind is not the next one's */
		pid = child();
		if (pid == 0) {
			sweep(cases);
			_exit(0);
		}
		if (reap(pid))
			return false;
	}
	return true;
}

bool fail_knobs(void)
{
	static const char *const all[] = { "failslab", "fail_page_alloc", "fail_usercopy" };
	char path[80];

	for (unsigned int i = 0; i < ARRAY_SIZE(all); i++) {
		snprintf(path, sizeof(path), "/sys/kernel/debug/%s/verbose", all[i]);
		if (access(path, W_OK))
			return false;
		/* A report has a trace, as a bug's has */
		write_file(path, "0");
	}
	write_file("/sys/kernel/debug/failslab/ignore-gfp-wait", "N");
	write_file("/sys/kernel/debug/fail_page_alloc/ignore-gfp-wait", "N");
	write_file("/sys/kernel/debug/fail_page_alloc/ignore-gfp-highmem", "N");
	write_file("/sys/kernel/debug/fail_page_alloc/min-order", "0");
	return access("/proc/thread-self/fail-nth", W_OK) == 0;
}
