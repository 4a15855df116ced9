// SPDX-License-Identifier: GPL-2.0-only
/* Dumps, and events for which there is no memory. */
#include <linux/genetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fail_nth.h"

/* Its first part is made in sendto(), the others in recv() */
static long dump(struct fail *f, unsigned int command, int expected)
{
	struct {
		struct nlmsghdr nlh;
		struct genlmsghdr genl;
	} request = {
		.nlh = { sizeof(request), 0, NLM_F_REQUEST | NLM_F_DUMP, 1, 0 },
		.genl = { .cmd = command, .version = RVF_NL_VERSION },
	};
	static char buffer[1 << 16];
	long result;
	int count = 0;
	struct nl nl;

	must_rvf(nl_open(&nl));
	request.nlh.nlmsg_type = nl.family;
	result = fail_call(f, SYS_sendto, nl.sock, fail_put(f, &request, sizeof(request)),
			   sizeof(request), 0, NULL, 0);
	while (result > 0) {
		struct nlmsghdr *nlh = (void *)buffer;
		long length = sys(recv(nl.sock, buffer, sizeof(buffer), MSG_DONTWAIT));

		if (length < 0)
			result = length;
		for (; length > 0 && NLMSG_OK(nlh, length); nlh = NLMSG_NEXT(nlh, length)) {
			if (nlh->nlmsg_type == NLMSG_DONE)
				result = 0;
			else if (nlh->nlmsg_type == NLMSG_ERROR)
				result = ((struct nlmsgerr *)NLMSG_DATA(nlh))->error;
			else
				count++;
		}
	}
	nl_close(&nl);
	if (result == 0)
		fail_unless(count == expected);
	return result;
}

static long mounts_run(struct fail *f)
{
	return dump(f, RVF_NL_MOUNT, 1);
}

static long tasks_run(struct fail *f)
{
	return dump(f, RVF_NL_TASK, 2);
}

static long objects_run(struct fail *f)
{
	return dump(f, RVF_NL_OBJECT, 3);
}

/*
 * A listener, which hears of each claim, or that it missed something. The
 * events of the setup itself are of no interest.
 */
static struct nl listener;

static void listen_setup(struct fail *f)
{
	f->made[0] = must_rvf(pkg_mount(f->pkg, f->ctl, f->name, NULL));
	must_rvf(nl_open(&listener));
	must_rvf(nl_join(&listener));
}

static void listen_prepare(struct fail *f)
{
	f->fd = must_rvf(open_mount(f->ctl, f->name));
}

static void listen_check(struct fail *f)
{
	struct nl_message event;
	int error = 0;
	socklen_t length = sizeof(error);

	fail_unless(mount_info(f->fd).out_supervised);
	must(getsockopt(listener.sock, SOL_SOCKET, SO_ERROR, &error, &length));
	if (error) {
		fail_unless(f->hit && error == ENOBUFS);
		return;
	}
	fail_unless(nl_event(&listener, &event, 1000));
	fail_unless(event.value[RVF_NL_A_EVENT] == RVF_NL_EVENT_SUPERVISED);
}

static void listen_undo(struct fail *f)
{
	char buffer[8192];

	close(f->fd);
	while (recv(listener.sock, buffer, sizeof(buffer), MSG_DONTWAIT) > 0)
		;
}

static void listen_teardown(struct fail *f)
{
	nl_close(&listener);
	must_rvf(unmount(f->made[0], 0));
	fail_unless(wait_gone(f->made[0]));
	close(f->made[0]);
}

const struct fail_case fail_netlink[] = {
	{ "dump of mounts", .run = mounts_run, .errnos = { ENOBUFS } },
	{ "dump of tasks", .run = tasks_run, .errnos = { ENOBUFS } },
	{ "dump of objects", .run = objects_run, .errnos = { ENOBUFS } },
	{ "an event", .setup = listen_setup, .prepare = listen_prepare, .run = fail_supervise,
	  .check = listen_check, .undo = listen_undo, .teardown = listen_teardown },
	{ 0 },
};
