// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include <rvf/device.h>
#include <rvf/process.h>

#include "exits_task.h"
#include "mounts.h"

/* Until the task answers, or is no more. */
static int64_t receive(struct exits_task *task)
{
	struct pollfd fds[] = {
		{ .fd = task->done, .events = POLLIN },
		{ .fd = rvf_process_pidfd(task->process), .events = POLLIN },
	};
	struct rvf_process_status status;
	struct exits_answer answer;

	if (poll(fds, 2, -1) < 0)
		return -errno;
	if (fds[0].revents & POLLIN) {
		if (read(task->done, &answer, sizeof(answer)) != sizeof(answer))
			return errno ? -errno : -EIO;
		return answer.ns;
	}
	if (rvf_process_wait(task->process, -1, &status) == 0)
		fprintf(stderr, "rvf-bench: exits: ended with %d %d\n", status.state, status.code);
	return -EIO;
}

int exits_task_start(struct exits_task *task, const char *package)
{
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC), ret;

	*task = (struct exits_task){ .netns = -1, .go = -1, .done = -1 };
	task->mount = mount_nameless(package);
	if (task->mount < 0 || kvm < 0)
		return task->mount < 0 ? task->mount : -errno;
	ret = rvf_supervise(task->mount, kvm, &task->error);
	close(kvm);
	if (ret < 0)
		return ret;
	task->netns = rvf_process_netns(&task->error);
	task->go = mount_handle(task->mount, "go", RVF_RIGHT_WRITE);
	task->done = mount_handle(task->mount, "done", RVF_RIGHT_READ);
	if (task->netns < 0 || task->go < 0 || task->done < 0)
		return -EIO;
	ret = spawn_task(task->mount, task->netns, "exits", &task->process, &task->error);
	if (ret < 0)
		return ret;
	ret = receive(task);
	if (ret < 0)
		rvf_error_system(&task->error, -ret, "the task has no VM");
	return ret;
}

int64_t exits_task_ask(struct exits_task *task, const struct exits_request *request)
{
	if (write(task->go, request, sizeof(*request)) != sizeof(*request))
		return -errno;
	return receive(task);
}

void exits_task_end(struct exits_task *task)
{
	const int fds[] = { task->netns, task->go, task->done };
	struct rvf_process_status status;

	if (task->mount >= 0)
		unmount(task->mount);
	if (task->process) {
		rvf_process_wait(task->process, -1, &status);
		rvf_process_free(task->process, 0);
	}
	for (unsigned int i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (fds[i] >= 0)
			close(fds[i]);
}
