// SPDX-License-Identifier: GPL-2.0-only
/* Commands of the control fd and of mount fds, each step of them failing. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fail_nth.h"

/* ---- control */

static long open_run(struct fail *f)
{
	long result = fail_call(f, SYS_openat, AT_FDCWD, "/dev/rvfctl", O_RDWR | O_CLOEXEC);

	f->made[0] = result;
	return result;
}

static long ctl_info_run(struct fail *f)
{
	struct rvf_ctl_info arg = { .size = sizeof(arg) };

	return fail_ioctl(f, f->ctl, RVF_CTL_INFO, &arg);
}

/* A key that is in stays in, so each try has one of its own */
static struct rvf_key_record record;

static void key_prepare(struct fail *f)
{
	uint8_t modulus[RVF_RSA4096_LEN];

	key_fresh_modulus(modulus);
	key_record_around(modulus, &record);
}

static long key_add_run(struct fail *f)
{
	struct rvf_key_add arg = { .size = sizeof(arg) };

	arg.record = (uintptr_t)fail_put(f, &record, sizeof(record));
	return fail_ioctl(f, f->ctl, RVF_KEY_ADD, &arg);
}

static long key_list_run(struct fail *f)
{
	struct rvf_key_list arg = { .size = sizeof(arg) };

	arg.record = (uintptr_t)fail_alloc(f, sizeof(struct rvf_key_record));
	return fail_ioctl(f, f->ctl, RVF_KEY_LIST, &arg);
}

static long mount_call(struct fail *f, unsigned long command, const char *name)
{
	struct rvf_mount arg;
	long result;

	pkg_mount_arg(f->pkg, name, &arg);
	result = fail_ioctl(f, f->ctl, command, &arg);
	f->made[0] = arg.out_fd;
	/* A call that could not even be read is told nothing */
	if (result < 0)
		fail_unless(arg.out_fd == -1 || arg.out_fd == 0);
	else
		fail_unless(arg.out_status == RVF_VERIFY_SIGNATURE_VALID);
	return result;
}

static long verify_run(struct fail *f)
{
	return mount_call(f, RVF_VERIFY, f->name);
}

static long mount_run(struct fail *f)
{
	return mount_call(f, RVF_MOUNT, f->name);
}

static long mount_nameless_run(struct fail *f)
{
	return mount_call(f, RVF_MOUNT, NULL);
}

static void ring_setup(struct fail *f)
{
	f->pkg = fail_ring_package();
}

static void ring_check(struct fail *f)
{
	struct rvf_ring_info info = { .size = sizeof(info) };
	int ring = must_rvf(mount_get(f->made[0], "ring", 0));

	must_rvf(rvf(ring, RVF_RING_INFO, &info));
	fail_unless(info.out_epoch == 1);
	close(ring);
}

static void mount_check(struct fail *f)
{
	int data = must_rvf(mount_get(f->made[0], "data", 0));
	char bytes[DATA_LENGTH];

	fail_unless(pread(data, bytes, sizeof(bytes), 0) == DATA_LENGTH);
	fail_unless(!memcmp(bytes, data_bytes(), DATA_LENGTH));
	close(data);
}

static void mount_undo(struct fail *f)
{
	must_rvf(unmount(f->made[0], 0));
	fail_unless(wait_gone(f->made[0]));
	close(f->made[0]);
}

static long witness_read_run(struct fail *f)
{
	struct rvf_witness_read arg = { .size = sizeof(arg), .length = 4096 };

	arg.sequence = ctl_info(f->ctl).out_witness_first;
	arg.buffer = (uintptr_t)fail_alloc(f, arg.length);
	return fail_ioctl(f, f->ctl, RVF_WITNESS_READ, &arg);
}

static long witness_mark_run(struct fail *f)
{
	struct rvf_ctl_info info = ctl_info(f->ctl);
	struct rvf_witness_mark arg = {
		.size = sizeof(arg),
		.sequence = info.out_witness_next - 1,
	};

	memcpy(arg.hash, info.out_witness_head, sizeof(arg.hash));
	return fail_ioctl(f, f->ctl, RVF_WITNESS_MARK, &arg);
}

/* The last fd of it: the unmount begins */
static void nameless_prepare(struct fail *f)
{
	f->fd = must_rvf(pkg_mount(f->pkg, f->ctl, NULL, NULL));
}

static long close_run(struct fail *f)
{
	return fail_call(f, SYS_close, f->fd);
}

static void close_check(struct fail *f)
{
	fail_unless(wait_mounts(f->ctl, f->mounts + 1));
}

/* A mount with a name beside the usual one */
static void named_setup(struct fail *f)
{
	f->made[1] = must_rvf(pkg_mount(f->pkg, f->ctl, f->name, NULL));
}

static void named_teardown(struct fail *f)
{
	must_rvf(unmount(f->made[1], 0));
	fail_unless(wait_gone(f->made[1]));
	close(f->made[1]);
}

static long open_mount_run(struct fail *f)
{
	struct rvf_open_mount arg = { .size = sizeof(arg), .name_len = strlen(f->name) };
	long result;

	arg.name = (uintptr_t)fail_put(f, f->name, arg.name_len);
	result = fail_ioctl(f, f->ctl, RVF_OPEN_MOUNT, &arg);
	f->made[0] = arg.out_fd;
	return result;
}

const struct fail_case fail_control[] = {
	{ "open of the device", .run = open_run, .undo = fail_close_made },
	{ "CTL_INFO", .run = ctl_info_run },
	{ "KEY_ADD", .prepare = key_prepare, .run = key_add_run },
	{ "KEY_LIST", .run = key_list_run },
	{ "VERIFY", .run = verify_run },
	{ "MOUNT", .run = mount_run, .check = mount_check, .undo = mount_undo },
	{ "MOUNT without a name", .run = mount_nameless_run, .check = mount_check,
	  .undo = mount_undo },
	{ "MOUNT with a ring", .setup = ring_setup, .run = mount_nameless_run, .check = ring_check,
	  .undo = mount_undo },
	{ "WITNESS_READ", .run = witness_read_run },
	{ "WITNESS_MARK", .run = witness_mark_run },
	{ "close of a nameless mount", .prepare = nameless_prepare, .run = close_run,
	  .check = close_check },
	{ "OPEN_MOUNT", .setup = named_setup, .run = open_mount_run, .undo = fail_close_made,
	  .teardown = named_teardown },
	{ 0 },
};

/* ---- mount fds */

static long mount_info_run(struct fail *f)
{
	struct rvf_mount_info arg = { .size = sizeof(arg), .name_len = RVF_MAX_NAME };

	arg.name = (uintptr_t)fail_alloc(f, RVF_MAX_NAME);
	return fail_ioctl(f, f->made[1], RVF_MOUNT_INFO, &arg);
}

static long manifest_run(struct fail *f)
{
	struct rvf_mount_manifest arg = { .size = sizeof(arg), .length = f->pkg->manifest_len };

	arg.buffer = (uintptr_t)fail_alloc(f, arg.length);
	return fail_ioctl(f, f->mount, RVF_MOUNT_MANIFEST, &arg);
}

static long tasks_run(struct fail *f)
{
	struct rvf_mount_tasks arg = {
		.size = sizeof(arg),
		.count = 2,
		.entry_size = sizeof(struct rvf_task_status),
	};

	arg.tasks = (uintptr_t)fail_alloc(f, arg.count * arg.entry_size);
	return fail_ioctl(f, f->mount, RVF_MOUNT_TASKS, &arg);
}

static long get_run(struct fail *f)
{
	struct rvf_get arg = { .size = sizeof(arg), .name_len = 3 };
	long result;

	arg.name = (uintptr_t)fail_put(f, "log", 3);
	result = fail_ioctl(f, f->mount, RVF_MOUNT_GET, &arg);
	f->made[0] = arg.out_fd;
	return result;
}

static void get_check(struct fail *f)
{
	fail_unless(poll_now(f->made[0], POLLIN) == 0);
}

static void another_fd(struct fail *f)
{
	f->fd = must_rvf(open_mount(f->ctl, f->name));
}

long fail_supervise(struct fail *f)
{
	struct rvf_supervise arg = { .size = sizeof(arg), .kvm_fd = -1 };

	return fail_ioctl(f, f->fd, RVF_SUPERVISE, &arg);
}

static void supervise_check(struct fail *f)
{
	fail_unless(mount_info(f->fd).out_supervised);
}

static void task_setup(struct fail *f)
{
	must_rvf(supervise(f->mount));
}

static long task_run(struct fail *f)
{
	struct rvf_task arg = { .size = sizeof(arg), .component = 1 };
	long result = fail_ioctl(f, f->mount, RVF_TASK, &arg);

	f->made[0] = arg.out_task_fd;
	f->made[1] = arg.out_image_fd;
	return result;
}

static void task_check(struct fail *f)
{
	fail_unless(task_status(f->mount, 1).state == RVF_TASK_STARTING);
	fail_unless(poll_now(f->made[0], 0) == 0);
}

static void task_undo(struct fail *f)
{
	close(f->made[0]);
	close(f->made[1]);
	fail_unless(task_status(f->mount, 1).state == RVF_TASK_EXITED);
}

/* With a handle, what was derived from it, and a mapping */
static void unmount_prepare(struct fail *f)
{
	f->fd = must_rvf(pkg_mount(f->pkg, f->ctl, NULL, NULL));
	f->made[0] = must_rvf(mount_get(f->fd, "data", 0));
	f->made[1] = must_rvf(handle_derive(f->made[0], RVF_RIGHT_READ, 0));
	f->map = must(mmap(NULL, page_size(), PROT_READ, MAP_SHARED, f->made[1], 0));
}

static long unmount_run(struct fail *f)
{
	struct rvf_unmount arg = { .size = sizeof(arg) };

	return fail_ioctl(f, f->fd, RVF_UNMOUNT, &arg);
}

static void unmount_check(struct fail *f)
{
	fail_unless(wait_gone(f->fd));
	fail_unless(peek(f->map) == -1);
	fail_unless(poll_now(f->made[1], 0) & POLLHUP);
}

static void unmount_undo(struct fail *f)
{
	munmap(f->map, page_size());
	close(f->made[0]);
	close(f->made[1]);
	close(f->fd);
}

/* Its task is asked to stop, and killed */
static void busy_prepare(struct fail *f)
{
	int mount = f->mount;

	f->fd = must_rvf(pkg_mount(f->pkg, f->ctl, NULL, NULL));
	must_rvf(supervise(f->fd));
	f->mount = f->fd;
	fail_bound_prepare(f);
	f->mount = mount;
	fail_own_calls(f);
}

static void busy_check(struct fail *f)
{
	fail_unless(wait_gone(f->fd));
	fail_unless(task_reap(&f->task) == 128 + SIGKILL);
}

static void busy_undo(struct fail *f)
{
	f->task.pid = 0;
	close(f->fd);
}

static void stop_prepare(struct fail *f)
{
	fail_bound_prepare(f);
	fail_own_calls(f);
}

static long stop_run(struct fail *f)
{
	struct rvf_task_stop arg = { .size = sizeof(arg) };

	return fail_ioctl(f, f->mount, RVF_TASK_STOP, &arg);
}

static void stop_check(struct fail *f)
{
	fail_unless(task_status(f->mount, 0).state == RVF_TASK_STOPPING);
}

/* Two names, and who has them */
static const char *other_name;

static void two_setup(struct fail *f)
{
	named_setup(f);
	other_name = unique_name("/test/other");
	f->made[2] = must_rvf(pkg_mount(f->pkg, f->ctl, other_name, NULL));
}

static void two_prepare(struct fail *f)
{
	f->fd = must_rvf(open_mount(f->ctl, other_name));
}

static long exchange_run(struct fail *f)
{
	struct rvf_exchange arg = { .size = sizeof(arg), .mount_fd = f->fd };

	return fail_ioctl(f, f->made[1], RVF_EXCHANGE, &arg);
}

static void exchange_check(struct fail *f)
{
	int now = must_rvf(open_mount(f->ctl, other_name));

	fail_unless(mount_info(now).out_id == mount_info(f->made[1]).out_id);
	close(now);
}

static void exchange_undo(struct fail *f)
{
	struct rvf_exchange arg = { .size = sizeof(arg), .mount_fd = f->fd };

	must_rvf(rvf(f->made[1], RVF_EXCHANGE, &arg));
	close(f->fd);
}

static void two_teardown(struct fail *f)
{
	must_rvf(unmount(f->made[2], 0));
	fail_unless(wait_gone(f->made[2]));
	close(f->made[2]);
	named_teardown(f);
}

const struct fail_case fail_mount[] = {
	{ "MOUNT_INFO", .setup = named_setup, .run = mount_info_run, .teardown = named_teardown },
	{ "MOUNT_MANIFEST", .run = manifest_run },
	{ "MOUNT_TASKS", .run = tasks_run },
	{ "MOUNT_GET", .run = get_run, .check = get_check, .undo = fail_close_made },
	{ "SUPERVISE", .setup = named_setup, .prepare = another_fd, .run = fail_supervise,
	  .check = supervise_check, .undo = fail_close_fd, .teardown = named_teardown },
	{ "TASK", .setup = task_setup, .run = task_run, .check = task_check, .undo = task_undo },
	{ "TASK_STOP", .setup = task_setup, .prepare = stop_prepare, .run = stop_run,
	  .check = stop_check, .undo = fail_kill },
	{ "EXCHANGE", .setup = two_setup, .prepare = two_prepare, .run = exchange_run,
	  .check = exchange_check, .undo = exchange_undo, .teardown = two_teardown },
	{ "UNMOUNT", .prepare = unmount_prepare, .run = unmount_run, .check = unmount_check,
	  .undo = unmount_undo },
	{ "UNMOUNT with a task", .prepare = busy_prepare, .run = unmount_run, .check = busy_check,
	  .undo = busy_undo },
	{ 0 },
};
