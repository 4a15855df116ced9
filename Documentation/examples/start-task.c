// SPDX-License-Identifier: GPL-2.0-only
/*
 * Starts one task of a package, without a daemon, and waits for its end:
 *
 *	start-task PACKAGE TASK [PROGRAM]
 *
 * With a PROGRAM, a static executable, that is executed in the task's place:
 * in the same jail, with the same fd. The kernel will not have it.
 *
 *	gcc start-task.c $(pkg-config --cflags --libs librvf)
 *
 * Ends with the exit status of the process, 128 and the number of the signal
 * that ended it, or 2 when it could not be started.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rvf/device.h>
#include <rvf/package.h>
#include <rvf/process.h>

static struct rvf_error error;

static void die(const char *what)
{
	fprintf(stderr, "start-task: %s: %s\n", what, error.what);
	exit(2);
}

/* Mounts without a name: the mount lives as long as its fd. */
static int mount_it(const char *path)
{
	struct rvf_mount_result result;
	struct rvf_package *package;
	int ctl;

	ctl = rvf_open(&error);
	if (ctl < 0)
		die("rvf");
	if (rvf_package_load(&package, path, &error) < 0)
		die(path);
	if (rvf_mount_package(ctl, package, NULL, NULL, &result, &error) < 0)
		die(path);
	rvf_package_free(package);
	close(ctl);
	return result.fd;
}

/* By name, in the manifest as the kernel verified it. */
static unsigned int find_component(int mount, const char *name)
{
	struct rvf_manifest m;
	unsigned int i;
	void *data;

	if (rvf_mount_get_manifest(mount, &data, &m, &error) < 0)
		die("manifest");
	for (i = 0; i < m.n_components; i++) {
		const struct rvf_m_string *s = &m.components[i].name;

		if (s->length == strlen(name) &&
		    memcmp(rvf_manifest_string(&m, s), name, s->length) == 0)
			break;
	}
	if (i == m.n_components) {
		fprintf(stderr, "start-task: the package has no component '%s'\n", name);
		exit(2);
	}
	free(data);
	return i;
}

static void print_state(int mount, unsigned int component)
{
	struct rvf_task_status *tasks;
	__u32 count, i;

	if (rvf_mount_task_states(mount, &tasks, &count, &error) < 0)
		die("tasks");
	for (i = 0; i < count; i++)
		if (tasks[i].component == component && tasks[i].bind_reason)
			printf("the kernel refused to bind it: %s\n",
			       rvf_reason_text(tasks[i].bind_reason));
	free(tasks);
}

int main(int argc, char **argv)
{
	struct rvf_process_config config;
	struct rvf_process_status status;
	struct rvf_process *process;
	int mount, task_fd, image_fd;
	unsigned int component;

	if (argc < 3 || argc > 4) {
		fprintf(stderr, "Usage: start-task PACKAGE TASK [PROGRAM]\n");
		return 2;
	}
	mount = mount_it(argv[1]);
	component = find_component(mount, argv[2]);
	if (rvf_supervise(mount, -1, &error) < 0)
		die(argv[1]);
	if (rvf_task_start(mount, component, &task_fd, &image_fd, NULL, &error) < 0)
		die(argv[2]);

	rvf_process_config_init(&config);
	config.task_fd = task_fd;
	config.stdout_fd = STDOUT_FILENO;
	config.stderr_fd = STDERR_FILENO;
	config.argv = (char *[]){ argv[2], NULL };
	if (argc == 4)
		config.path = argv[3];
	else
		config.image_fd = image_fd;
	if (rvf_process_spawn(&config, &process, &error) < 0)
		die(argv[argc - 1]);
	close(image_fd);

	if (rvf_process_wait(process, -1, &status) < 0)
		die("wait");
	print_state(mount, component);
	close(task_fd);
	rvf_process_free(process, 0);
	close(mount);
	return status.state == RVF_PROCESS_EXITED ? status.code : 128 + status.code;
}
