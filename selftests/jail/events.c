// SPDX-License-Identifier: GPL-2.0-only
/*
 * Netlink through librvf: dumps, events, and events that are lost. Needs root
 * and the module.
 *
 * With an argument it only makes so many events.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rvf/device.h>
#include <rvf/netlink.h>
#include "package.h"
#include "run.h"
#include "tap.h"

/* More than any socket's buffer holds. */
#define MANY 20000

static int claim = -1;
static __u64 mount_id;

struct seen {
	unsigned int mounts;
	unsigned int tasks;
	struct rvf_nl_mount mount;
	struct rvf_nl_task task;
};

static int see_mount(const struct rvf_nl_mount *mount, void *context)
{
	struct seen *seen = context;

	if (mount->id == mount_id) {
		seen->mounts++;
		seen->mount = *mount;
	}
	return 0;
}

static int see_task(const struct rvf_nl_task *task, void *context)
{
	struct seen *seen = context;

	if (task->mount_id == mount_id) {
		seen->tasks++;
		seen->task = *task;
	}
	return 0;
}

static int stop_at_once(const struct rvf_nl_task *task, void *context)
{
	(void)task;
	(void)context;
	return 42;
}

/* An incarnation that nobody binds: two events. */
static bool start_and_end(void)
{
	int task_fd, image_fd;

	if (rvf_task_start(claim, 0, &task_fd, &image_fd, NULL, NULL))
		return false;
	close(task_fd);
	close(image_fd);
	return true;
}

static bool make_events(int n)
{
	for (int i = 0; i < n; i += 2)
		if (!start_and_end())
			return false;
	return true;
}

static int receive(struct rvf_nl *nl, struct seen *seen)
{
	struct pollfd poll_fd = { rvf_nl_fd(nl), POLLIN, 0 };

	memset(seen, 0, sizeof(*seen));
	poll(&poll_fd, 1, 2000);
	return rvf_nl_receive(nl, see_mount, see_task, seen, NULL);
}

static void test_dumps(struct rvf_nl *nl)
{
	struct seen seen = { 0 };

	ok(!rvf_nl_dump_mounts(nl, see_mount, &seen, NULL) && seen.mounts == 1,
	   "a mount is listed");
	ok(seen.mount.event == RVF_NL_EVENT_NONE && !seen.mount.name[0] &&
		   !strcmp(seen.mount.package, "bind") && seen.mount.version == 1 &&
		   !strcmp(seen.mount.key_label, "test") && seen.mount.state == RVF_MOUNT_LIVE &&
		   seen.mount.tasks == 1 && seen.mount.supervised && seen.mount.bytes > 0,
	   "with what it is");
	ok(!rvf_nl_dump_tasks(nl, mount_id, see_task, &seen, NULL) && seen.tasks == 1,
	   "a task is listed");
	ok(!strcmp(seen.task.name, "inside") && seen.task.state == RVF_TASK_DECLARED &&
		   seen.task.kind == RVF_COMPONENT_NATIVE && !seen.task.incarnation,
	   "with what it is");
	ok(rvf_nl_dump_tasks(nl, 0, stop_at_once, NULL, NULL) == 42,
	   "a listing ends when its callback says so");
	memset(&seen, 0, sizeof(seen));
	ok(!rvf_nl_dump_mounts(nl, see_mount, &seen, NULL) && seen.mounts == 1,
	   "the socket can be used afterwards");
}

static void test_events(struct rvf_nl *dumps)
{
	struct rvf_nl *events;
	struct rvf_error e = { 0 };
	struct seen seen;

	if (!ok(!rvf_nl_open(&events, &e) && !rvf_nl_events_join(events, &e),
		"events are joined")) {
		note("%s; %s", e.what, e.why);
		return;
	}
	ok(!rvf_nl_receive(events, see_mount, see_task, &seen, NULL), "there are none");
	start_and_end();
	ok(!receive(events, &seen) && seen.tasks == 2 && seen.task.event == RVF_NL_EVENT_TASK &&
		   seen.task.state == RVF_TASK_EXITED && seen.task.incarnation == 1 &&
		   seen.task.exit_kind == RVF_EXIT_UNBOUND,
	   "a task's states are told");
	ok(make_events(MANY), "many events");
	int err;
	bool lost = false;
	/* What was received before is taken first. */
	do {
		err = receive(events, &seen);
		lost |= err == -ENOBUFS;
	} while (seen.tasks && !lost);
	ok(lost, "that some are lost is told");
	while (receive(events, &seen) == 0 && seen.tasks)
		;
	memset(&seen, 0, sizeof(seen));
	ok(!rvf_nl_dump_tasks(dumps, mount_id, see_task, &seen, NULL) && seen.tasks == 1 &&
		   seen.task.incarnation == MANY / 2 + 1,
	   "a listing is right");
	start_and_end();
	ok(!receive(events, &seen) && seen.tasks == 2, "and events come again");

	close(claim);
	bool gone = false;
	for (int i = 0; i < 10 && !gone; i++) {
		receive(events, &seen);
		gone |= seen.mounts && seen.mount.event == RVF_NL_EVENT_UNMOUNTED;
	}
	ok(gone, "the end of the mount is told");
	rvf_nl_close(events);
}

int main(int argc, char **argv)
{
	static char path[4096];
	struct rvf_error e = { 0 };
	struct rvf_mount_info info;
	struct rvf_nl *nl;

	if (geteuid() != 0 || access("/dev/rvfctl", F_OK)) {
		puts("1..0 # SKIP this needs root and the module");
		return 4;
	}
	snprintf(path, sizeof(path), "%.*s/inside", (int)(strrchr(argv[0], '/') - argv[0]),
		 argv[0]);
	inside_path = path;
	claim = mount_inside(1, &e);
	if (argc > 1)
		return claim < 0 || !make_events(atoi(argv[1]));

	if (!ok(claim >= 0 && !rvf_mount_get_info(claim, &info, NULL, &e) && !rvf_nl_open(&nl, &e),
		"a package is mounted")) {
		note("%s; %s", e.what, e.why);
		return done();
	}
	mount_id = info.out_id;
	test_dumps(nl);
	test_events(nl);
	rvf_nl_close(nl);
	return done();
}
