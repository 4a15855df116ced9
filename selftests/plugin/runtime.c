// SPDX-License-Identifier: GPL-2.0-only
/*
 * Starts the plugin that tests its own runtime, and is the other end of its
 * queues. Prints what the plugin prints: TAP.
 *
 *	runtime [DIR]		root, the module loaded; DIR: where it was built
 */
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rvf/device.h>
#include <rvf/key.h>
#include <rvf/package.h>
#include <rvf/process.h>

#define TIMEOUT_MS 60000

static struct rvf_error error;

static void bail(const char *what)
{
	printf("Bail out! %s: %s\n", what, error.what);
	exit(1);
}

static int mount_runtime(const char *dir)
{
	struct rvf_mount_result result;
	struct rvf_key_record record;
	struct rvf_package *package;
	char path[PATH_MAX];
	int ctl, ret;

	ctl = rvf_open(&error);
	if (ctl < 0) {
		printf("1..0 # SKIP %s\n", error.what);
		exit(4);
	}
	snprintf(path, sizeof(path), "%s/key.pub", dir);
	if (rvf_key_record_load(&record, path, &error) < 0)
		bail(path);
	ret = rvf_key_add(ctl, &record, NULL, &error);
	if (ret < 0 && ret != -EEXIST)
		bail(path);
	snprintf(path, sizeof(path), "%s/runtime.rvf", dir);
	if (rvf_package_load(&package, path, &error) < 0 ||
	    rvf_mount_package(ctl, package, NULL, NULL, &result, &error) < 0)
		bail(path);
	rvf_package_free(package);
	close(ctl);
	return result.fd;
}

static struct rvf_process *start(int mount)
{
	char *argv[] = { "calls", NULL };
	struct rvf_process_config config;
	struct rvf_process *process;
	int task_fd, image_fd;

	if (rvf_supervise(mount, -1, &error) < 0 ||
	    rvf_task_start(mount, 0, &task_fd, &image_fd, NULL, &error) < 0)
		bail("the task");
	rvf_process_config_init(&config);
	config.task_fd = task_fd;
	config.image_fd = image_fd;
	config.argv = argv;
	config.stdout_fd = STDOUT_FILENO;
	config.stderr_fd = STDERR_FILENO;
	if (rvf_process_spawn(&config, &process, &error) < 0)
		bail("the process");
	close(task_fd);
	close(image_fd);
	return process;
}

/* Waits for the plugin's word; gives up when the plugin ends. */
static bool told(int out, const struct rvf_process *process)
{
	struct pollfd fds[2] = {
		{ .fd = out, .events = POLLIN },
		{ .fd = rvf_process_pidfd(process), .events = POLLIN },
	};

	return poll(fds, 2, TIMEOUT_MS) > 0 && fds[0].revents && !fds[1].revents;
}

int main(int argc, char **argv)
{
	struct rvf_process_status status;
	struct rvf_process *process;
	char self[PATH_MAX] = "";
	int mount, in, out;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		bail("/proc/self/exe");
	mount = mount_runtime(argc > 1 ? argv[1] : dirname(self));
	in = rvf_mount_get_handle(mount, "in", RVF_RIGHT_WRITE, NULL, &error);
	out = rvf_mount_get_handle(mount, "out", RVF_RIGHT_READ, NULL, &error);
	if (in < 0 || out < 0)
		bail("the queues");
	process = start(mount);

	/* It sleeps in rvf_queue_recv(), through a signal of its own. */
	poll(NULL, 0, 2000);
	if (write(in, "hello", 5) != 5)
		bail("write");
	if (told(out, process)) {
		poll(NULL, 0, 300);
		if (rvf_unmount(mount, 10000, &error) < 0)
			bail("unmount");
	}
	if (rvf_process_wait(process, TIMEOUT_MS, &status) < 0)
		status.state = RVF_PROCESS_KILLED;
	rvf_process_free(process, 0);
	close(in);
	close(out);
	close(mount);
	if (status.state != RVF_PROCESS_EXITED) {
		printf("Bail out! the plugin did not come to its end\n");
		return 1;
	}
	return status.code;
}
