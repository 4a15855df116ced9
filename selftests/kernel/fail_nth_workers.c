// SPDX-License-Identifier: GPL-2.0-only
/*
 * What workers do in the end: revoke a task's handles when its process is gone,
 * tear its VM down, unmount. fail-nth is about the thread that calls; so here
 * every allocation of every worker fails meanwhile. Nothing of it may need one.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fail_nth_machine.h"
#include "queue_handles.h"

#define TIMES "1000000"

static const char *const kinds[] = { "failslab", "fail_page_alloc" };

static void knob(const char *name, const char *value)
{
	char path[80];

	for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++) {
		snprintf(path, sizeof(path), "/sys/kernel/debug/%s/%s", kinds[i], name);
		write_file(path, "%s", value);
	}
}

/* Those that there are; a new one, made in their need, gets what it asks for */
static unsigned int mark_workers(bool fail)
{
	char path[300], name[32] = "";
	unsigned int count = 0;
	struct dirent *entry;
	DIR *dir = opendir("/proc");
	FILE *file;

	if (!dir)
		die("/proc: %s", strerror(errno));
	while ((entry = readdir(dir))) {
		snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		file = fopen(path, "re");
		if (!file)
			continue;
		if (fgets(name, sizeof(name), file) && !strncmp(name, "kworker/", 8)) {
			int fd;

			snprintf(path, sizeof(path), "/proc/%s/make-it-fail", entry->d_name);
			fd = open(path, O_WRONLY | O_CLOEXEC);
			if (fd >= 0)
				count += write(fd, fail ? "1" : "0", 1) == 1;
			close(fd);
		}
		fclose(file);
	}
	closedir(dir);
	return count;
}

static void begin_failing(void)
{
	knob("task-filter", "Y");
	knob("times", TIMES);
	fail_unless(mark_workers(true) > 0);
	knob("probability", "100");
}

/* How many did */
static unsigned int end_failing(void)
{
	unsigned int failed = 0;
	char path[80];

	knob("probability", "0");
	for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++) {
		snprintf(path, sizeof(path), "/sys/kernel/debug/%s/times", kinds[i]);
		failed += atoi(TIMES) - read_number(path);
	}
	mark_workers(false);
	return failed;
}

/* A message with a handle, which nobody receives */
static void send_one(int mount, int handle)
{
	int queue = must_rvf(mount_get(mount, "queue", 0));

	must_rvf(send_handle(queue, handle, R, 0));
	close(queue);
}

static void unmount_all(bool with_vm)
{
	int mount, data, derived;
	unsigned int failed;
	struct fail f;
	char *before;
	void *map;

	fail_begin(&f);
	before = fail_state(&f);

	/* In the place of the usual one, which stays */
	mount = f.mount;
	f.mount = with_vm ? vm_mount(2, VM_QUOTA) : must_rvf(pkg_mount(f.pkg, f.ctl, f.name, NULL));
	must_rvf(with_vm ? vm_supervise(f.mount) : supervise(f.mount));
	if (with_vm) {
		fail_machine_prepare(&f);
	} else {
		fail_bound_prepare(&f);
	}
	must_rvf(task_get(&f.task, "queue", 0));
	must_rvf(task_get(&f.task, "log", 0));
	data = must_rvf(mount_get(f.mount, "data", 0));
	derived = must_rvf(handle_derive(data, R, 0));
	map = must(mmap(NULL, page_size(), PROT_READ, MAP_SHARED, derived, 0));
	fail_unless(peek(map) == data_bytes()[0]);
	send_one(f.mount, data);

	begin_failing();
	must_rvf(unmount(f.mount, 0));
	fail_unless(wait_gone(f.mount));
	fail_unless(task_reap(&f.task) == 128 + SIGKILL);
	fail_unless(peek(map) == -1);
	fail_unless(poll_now(derived, 0) & POLLHUP);
	close(data);
	close(derived);
	close(f.mount);
	munmap(map, page_size());
	if (with_vm)
		munmap(fail_machine.memory, VM_MEMORY);
	fail_unless(wait_mounts(f.ctl, f.mounts + 1));
	failed = end_failing();

	f.mount = mount;
	f.task.pid = 0;
	fail_same_state(&f, before, true, "unmounting");
	printf("# unmounting%s: %u allocations of workers failed\n", with_vm ? " with a VM" : "",
	       failed);
	fflush(stdout);
	free(before);
	fail_end(&f);
}

bool fail_workers(bool with_vm)
{
	pid_t pid = child();
	int code;

	if (pid == 0) {
		unmount_all(with_vm);
		_exit(0);
	}
	code = reap(pid);
	/* die() leaves them on */
	end_failing();
	return code == 0;
}
