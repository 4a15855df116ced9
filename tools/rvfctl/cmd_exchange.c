// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <rvf/device.h>

#include "commands.h"
#include "rvfctl.h"

static int exchange(const struct args *args, const char **subject, struct rvf_error *e)
{
	int ctl, mount = -1, other = -1, err;

	ctl = rvf_open(e);
	if (ctl < 0)
		return ctl;
	*subject = args->names[0];
	err = mount = rvf_open_mount(ctl, args->names[0], e);
	if (mount >= 0) {
		*subject = args->names[1];
		err = other = rvf_open_mount(ctl, args->names[1], e);
	}
	if (other >= 0) {
		*subject = args->names[0];
		err = rvf_exchange(mount, other, e);
	}
	if (other >= 0)
		close(other);
	if (mount >= 0)
		close(mount);
	close(ctl);
	return err;
}

static int run(const struct args *args)
{
	const char *subject = NULL;
	struct rvf_error e = { 0 };
	struct json json;

	if (exchange(args, &subject, &e) < 0)
		return fail(args, "mount", subject, &e);
	if (args->json) {
		json_begin(&json, "exchange");
		json_text(&json, "mount", args->names[0]);
		json_text(&json, "other", args->names[1]);
		json_finish(&json, stdout);
	} else {
		printf("%s and %s have swapped names\n", args->names[0], args->names[1]);
	}
	return RVFCTL_OK;
}

const struct command cmd_exchange = {
	.name = "exchange",
	.arguments = "MOUNT MOUNT",
	.least = 2,
	.most = 2,
	.json = true,
	.group = "run",
	.summary = "Swaps the names of two mounts, at one moment",
	.text = "Mount a new version under another name, try it, exchange the names, unmount the\n"
		"old one: no name is missing meanwhile. Tasks go on running, and fds stay with\n"
		"their mounts.\n",
	.run = run,
};
