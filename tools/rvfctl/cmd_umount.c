// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <rvf/device.h>

#include "commands.h"
#include "rvfctl.h"
#include "text.h"

#define GRACE_MS     10000
#define GRACE_MAX_MS 600000
#define END_MS	     30000 /* what killing and cleaning up may take */

struct before {
	unsigned int running;
	unsigned int handles;
	__u64 bytes;
};

/* What there is to be stopped, for the result line. */
static void look(int mount, struct before *before)
{
	struct rvf_task_status *tasks;
	struct rvf_mount_info info;
	__u32 count, i;

	memset(before, 0, sizeof(*before));
	if (!rvf_mount_get_info(mount, &info, NULL, NULL))
		before->bytes = info.out_bytes;
	if (rvf_mount_task_states(mount, &tasks, &count, NULL))
		return;
	for (i = 0; i < count; i++) {
		before->running += tasks[i].state >= RVF_TASK_STARTING &&
				   tasks[i].state <= RVF_TASK_STOPPING;
		before->handles += tasks[i].handles;
	}
	free(tasks);
}

static void done(struct batch *batch, const char *name, const struct before *before)
{
	char size[UNIT_TEXT];
	struct json *json;

	if (batch->args->json) {
		json = batch_item(batch, name);
		json_u64(json, "tasks_stopped", before->running);
		json_u64(json, "handles_revoked", before->handles);
		json_u64(json, "freed_bytes", before->bytes);
		json_close(json);
	} else if (!batch->args->quiet) {
		printf("%s  %u task%s stopped, %u handle%s revoked, %s freed\n", name,
		       before->running, before->running == 1 ? "" : "s", before->handles,
		       before->handles == 1 ? "" : "s", size_text(before->bytes, size));
	}
}

static int umount_one(struct batch *batch, int ctl, const char *name, uint32_t grace,
		      struct rvf_error *e)
{
	struct before before;
	int mount, err;

	mount = rvf_open_mount(ctl, name, e);
	if (mount < 0)
		return mount;
	look(mount, &before);
	err = rvf_unmount(mount, grace, e);
	if (!err || err == -ENODEV)
		err = rvf_wait_gone(mount, grace + END_MS, e);
	close(mount);
	if (!err)
		done(batch, name, &before);
	return err;
}

static int run(const struct args *args)
{
	uint32_t grace = option_ms(args, "timeout", GRACE_MS, GRACE_MAX_MS);
	struct rvf_error e = { 0 };
	struct batch batch;
	int ctl = rvf_open(&e);

	if (ctl < 0)
		return fail(args, "mount", NULL, &e);
	batch_begin(&batch, args, "umount", "mount");
	for (size_t i = 0; i < args->count; i++) {
		memset(&e, 0, sizeof(e));
		if (umount_one(&batch, ctl, args->names[i], grace, &e))
			batch_failed(&batch, args->names[i], &e, exit_of(&e));
	}
	close(ctl);
	return batch_end(&batch);
}

static const struct option_spec options[] = {
	{ 0, "timeout", "TIME", "how long tasks may take to stop (10s)" },
	{ 0 },
};

const struct command cmd_umount = {
	.name = "umount",
	.alias = "unmount",
	.arguments = "MOUNT...",
	.least = 1,
	.most = -1,
	.json = true,
	.quiet = true,
	.group = "run",
	.summary = "Stops a mount's tasks and takes all of it away",
	.options = options,
	.text = "Tasks are asked to stop, and killed when TIME is over. When umount returns, no\n"
		"process can reach the mount's regions and queues any more.\n",
	.run = run,
};
