/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every command, with what is well-formed for it, and an fd of each kind to
 * give it to.
 */
#ifndef RVF_SELFTESTS_COMMANDS_H
#define RVF_SELFTESTS_COMMANDS_H

#include "util_package.h"
#include "util_task.h"

enum kind {
	CONTROL,
	MOUNT,
	TASK, /* of a plugin that is bound; its commands are the plugin's */
	UNBOUND, /* of one that is jailed and has not bound itself */
	REGION,
	QUEUE,
	RING,
	KINDS,
};

FIXTURE(format)
{
	struct pkg *pkg;
	int fd[KINDS];
	struct task bound, unbound;
	struct rvf_key_record record;
	unsigned int mounts;
	uint64_t witness_first;
};

FIXTURE_SETUP(format)
{
	int task_fd, image_fd;

	self->fd[CONTROL] = ctl_open();
	self->mounts = count_mounts(self->fd[CONTROL]);
	self->witness_first = ctl_info(self->fd[CONTROL]).out_witness_first;
	key_trust(self->fd[CONTROL], KEY_OWNER);
	key_record(KEY_OWNER, &self->record);
	self->pkg = pkg_usual();
	pkg_ring(self->pkg, "ring", 4, 16);
	pkg_finish(self->pkg, KEY_OWNER);
	self->fd[MOUNT] = must_rvf(pkg_mount(self->pkg, self->fd[CONTROL], NULL, NULL));
	self->fd[REGION] = must_rvf(mount_get(self->fd[MOUNT], "log", 0));
	self->fd[QUEUE] = must_rvf(mount_get(self->fd[MOUNT], "queue", 0));
	self->fd[RING] = must_rvf(mount_get(self->fd[MOUNT], "ring", 0));
	task_start(&self->bound, self->fd[MOUNT], 0);
	self->fd[TASK] = PROXY_TASK_FD;

	must_rvf(task_begin(self->fd[MOUNT], 1, &task_fd, &image_fd, NULL));
	self->unbound.mount = self->fd[MOUNT];
	self->unbound.component = 1;
	jail_spawn(&self->unbound, task_fd, image_fd, 0);
	close(image_fd);
	self->fd[UNBOUND] = task_fd;
}

FIXTURE_TEARDOWN(format)
{
	close(self->fd[MOUNT]);
	close(self->fd[UNBOUND]);
	EXPECT_TRUE(wait_mounts(self->fd[CONTROL], self->mounts));
}

#define SELF FIXTURE_DATA(format) * self

/* A struct of any command, and room for a tail that no kernel knows */
union arg {
	uint32_t size;
	uint8_t bytes[512];
	struct rvf_ctl_info ctl_info;
	struct rvf_key_add key_add;
	struct rvf_key_list key_list;
	struct rvf_mount mount;
	struct rvf_open_mount open_mount;
	struct rvf_mount_info mount_info;
	struct rvf_mount_manifest manifest;
	struct rvf_mount_tasks tasks;
	struct rvf_get get;
	struct rvf_supervise supervise;
	struct rvf_task task;
	struct rvf_task_stop task_stop;
	struct rvf_unmount unmount;
	struct rvf_exchange exchange;
	struct rvf_witness_read witness_read;
	struct rvf_witness_mark witness_mark;
	struct rvf_bind bind;
	struct rvf_ready ready;
	struct rvf_vm vm;
	struct rvf_task_list task_list;
	struct rvf_handle_info handle_info;
	struct rvf_handle_derive derive;
	struct rvf_handle_revoke revoke;
	struct rvf_region_info region_info;
	struct rvf_queue_info queue_info;
	struct rvf_queue_batch batch;
	struct rvf_ring_info ring_info;
	struct rvf_ring_wake ring_wake;
};

static char text[4096];
static struct rvf_message message;

/* What makes a command well-formed, beyond its size */
static void fill_nothing(SELF, union arg *arg)
{
}

static void fill_key_add(SELF, union arg *arg)
{
	arg->key_add.record = (uintptr_t)&self->record;
}

static void fill_key_list(SELF, union arg *arg)
{
	arg->key_list.record = (uintptr_t)text;
}

static void fill_mount(SELF, union arg *arg)
{
	pkg_mount_arg(self->pkg, NULL, &arg->mount);
}

static void fill_open_mount(SELF, union arg *arg)
{
	arg->open_mount.name = (uintptr_t) "/nobody/has/this/name";
	arg->open_mount.name_len = strlen("/nobody/has/this/name");
}

static void fill_mount_info(SELF, union arg *arg)
{
	arg->mount_info.name = (uintptr_t)text;
	arg->mount_info.name_len = 256;
}

static void fill_manifest(SELF, union arg *arg)
{
	arg->manifest.buffer = (uintptr_t)text;
	arg->manifest.length = sizeof(text);
}

static void fill_tasks(SELF, union arg *arg)
{
	arg->tasks.tasks = (uintptr_t)text;
	arg->tasks.count = 2;
	arg->tasks.entry_size = sizeof(struct rvf_task_status);
}

static void fill_get(SELF, union arg *arg)
{
	arg->get.name = (uintptr_t) "data";
	arg->get.name_len = 4;
}

static void fill_task_get(SELF, union arg *arg)
{
	arg->get.name = (uintptr_t)strcpy(self->bound.memory + PROXY_MEMORY / 2, "data");
	arg->get.name_len = 4;
}

static void fill_task_list(SELF, union arg *arg)
{
	arg->task_list.name = (uintptr_t)(self->bound.memory + PROXY_MEMORY / 2);
	arg->task_list.name_len = 256;
}

static void fill_supervise(SELF, union arg *arg)
{
	arg->supervise.kvm_fd = -1;
}

static void fill_exchange(SELF, union arg *arg)
{
	arg->exchange.mount_fd = self->fd[MOUNT];
}

static void fill_witness_read(SELF, union arg *arg)
{
	arg->witness_read.buffer = (uintptr_t)text;
	arg->witness_read.length = sizeof(text);
	/* Where the log begins, when others filled it before */
	arg->witness_read.sequence = self->witness_first;
}

static void fill_witness_mark(SELF, union arg *arg)
{
	arg->witness_mark.sequence = UINT64_MAX;
}

static void fill_derive(SELF, union arg *arg)
{
	arg->derive.rights = RVF_RIGHT_READ;
}

static void fill_batch(SELF, union arg *arg)
{
	message = (struct rvf_message){ .buffer = (uintptr_t)text, .length = 8 };
	arg->batch.messages = (uintptr_t)&message;
	arg->batch.count = 1;
	arg->batch.entry_size = sizeof(message);
}

#define NONE		-1
#define AT(type, field) ((int)offsetof(struct type, field))

static const struct command {
	const char *name;
	unsigned long number;
	enum kind kind;
	unsigned int size;
	void (*fill)(SELF, union arg *arg);
	int result; /* of a well-formed one, here */
	int flags; /* where its flags are, or NONE */
	int reserved[2]; /* where fields are that must be 0 */
	int pointers[4]; /* where pointers are that it needs */
	int out_fd[2]; /* where new fds are */
} commands[] = {
#define COMMAND(name, kind, type, ...)                              \
	{                                                           \
#name, name, kind, sizeof(struct type), __VA_ARGS__ \
	}
	COMMAND(RVF_CTL_INFO, CONTROL, rvf_ctl_info, fill_nothing, 0, AT(rvf_ctl_info, flags),
		{ AT(rvf_ctl_info, __reserved), NONE }, { NONE }, { NONE, NONE }),
	COMMAND(RVF_KEY_ADD, CONTROL, rvf_key_add, fill_key_add, -EEXIST, AT(rvf_key_add, flags),
		{ NONE, NONE }, { AT(rvf_key_add, record), NONE }, { NONE, NONE }),
	COMMAND(RVF_KEY_LIST, CONTROL, rvf_key_list, fill_key_list, 0, NONE, { NONE, NONE },
		{ AT(rvf_key_list, record), NONE }, { NONE, NONE }),
	COMMAND(RVF_VERIFY, CONTROL, rvf_mount, fill_mount, 0, AT(rvf_mount, flags),
		{ AT(rvf_mount, __reserved), NONE },
		{ AT(rvf_mount, manifest), AT(rvf_mount, signatures), AT(rvf_mount, segments),
		  NONE },
		{ NONE, NONE }),
	COMMAND(RVF_MOUNT, CONTROL, rvf_mount, fill_mount, 0, AT(rvf_mount, flags),
		{ AT(rvf_mount, __reserved), NONE },
		{ AT(rvf_mount, manifest), AT(rvf_mount, signatures), AT(rvf_mount, segments),
		  NONE },
		{ AT(rvf_mount, out_fd), NONE }),
	COMMAND(RVF_OPEN_MOUNT, CONTROL, rvf_open_mount, fill_open_mount, -ENOENT, NONE,
		{ AT(rvf_open_mount, __reserved), NONE }, { AT(rvf_open_mount, name), NONE },
		{ NONE, NONE }),
	COMMAND(RVF_WITNESS_READ, CONTROL, rvf_witness_read, fill_witness_read, 0,
		AT(rvf_witness_read, flags), { NONE, NONE }, { AT(rvf_witness_read, buffer), NONE },
		{ NONE, NONE }),
	COMMAND(RVF_WITNESS_MARK, CONTROL, rvf_witness_mark, fill_witness_mark, -ENOENT,
		AT(rvf_witness_mark, flags), { NONE, NONE }, { NONE }, { NONE, NONE }),
	COMMAND(RVF_MOUNT_INFO, MOUNT, rvf_mount_info, fill_mount_info, 0,
		AT(rvf_mount_info, flags), { NONE, NONE }, { NONE }, { NONE, NONE }),
	COMMAND(RVF_MOUNT_MANIFEST, MOUNT, rvf_mount_manifest, fill_manifest, 0,
		AT(rvf_mount_manifest, flags), { AT(rvf_mount_manifest, __reserved), NONE },
		{ AT(rvf_mount_manifest, buffer), NONE }, { NONE, NONE }),
	COMMAND(RVF_MOUNT_TASKS, MOUNT, rvf_mount_tasks, fill_tasks, 0, NONE,
		{ AT(rvf_mount_tasks, __reserved), NONE }, { AT(rvf_mount_tasks, tasks), NONE },
		{ NONE, NONE }),
	COMMAND(RVF_MOUNT_GET, MOUNT, rvf_get, fill_get, 0, NONE,
		{ AT(rvf_get, __reserved), AT(rvf_get, __reserved2) }, { AT(rvf_get, name), NONE },
		{ AT(rvf_get, out_fd), NONE }),
	COMMAND(RVF_SUPERVISE, MOUNT, rvf_supervise, fill_supervise, -EBUSY,
		AT(rvf_supervise, flags), { AT(rvf_supervise, __reserved), NONE }, { NONE },
		{ NONE, NONE }),
	COMMAND(RVF_TASK, MOUNT, rvf_task, fill_nothing, -EBUSY, AT(rvf_task, flags),
		{ AT(rvf_task, __reserved), NONE }, { NONE }, { NONE, NONE }),
	COMMAND(RVF_TASK_STOP, MOUNT, rvf_task_stop, fill_nothing, 0, AT(rvf_task_stop, flags),
		{ AT(rvf_task_stop, __reserved), NONE }, { NONE }, { NONE, NONE }),
	COMMAND(RVF_UNMOUNT, MOUNT, rvf_unmount, fill_nothing, 0, AT(rvf_unmount, flags),
		{ AT(rvf_unmount, __reserved), NONE }, { NONE }, { NONE, NONE }),
	/* A mount that has no name, and itself */
	COMMAND(RVF_EXCHANGE, MOUNT, rvf_exchange, fill_exchange, -EINVAL, AT(rvf_exchange, flags),
		{ AT(rvf_exchange, __reserved), NONE }, { NONE }, { NONE, NONE }),
	COMMAND(RVF_BIND, UNBOUND, rvf_bind, fill_nothing, 0, AT(rvf_bind, flags),
		{ AT(rvf_bind, __reserved), NONE }, { NONE }, { NONE, NONE }),
	COMMAND(RVF_READY, TASK, rvf_ready, fill_nothing, 0, AT(rvf_ready, flags), { NONE, NONE },
		{ NONE }, { NONE, NONE }),
	COMMAND(RVF_TASK_GET, TASK, rvf_get, fill_task_get, 0, NONE,
		{ AT(rvf_get, __reserved), AT(rvf_get, __reserved2) }, { AT(rvf_get, name), NONE },
		{ AT(rvf_get, out_fd), NONE }),
	COMMAND(RVF_TASK_LIST, TASK, rvf_task_list, fill_task_list, 0, NONE,
		{ AT(rvf_task_list, __reserved), NONE }, { AT(rvf_task_list, name), NONE },
		{ NONE, NONE }),
	/* A task whose component has no VM */
	COMMAND(RVF_VM, TASK, rvf_vm, fill_nothing, -EPERM, AT(rvf_vm, flags), { NONE, NONE },
		{ NONE }, { NONE, NONE }),
	COMMAND(RVF_HANDLE_INFO, REGION, rvf_handle_info, fill_nothing, 0,
		AT(rvf_handle_info, flags), { NONE, NONE }, { NONE }, { NONE, NONE }),
	COMMAND(RVF_HANDLE_DERIVE, REGION, rvf_handle_derive, fill_derive, 0,
		AT(rvf_handle_derive, flags), { NONE, NONE }, { NONE },
		{ AT(rvf_handle_derive, out_fd), NONE }),
	COMMAND(RVF_HANDLE_REVOKE, REGION, rvf_handle_revoke, fill_nothing, 0,
		AT(rvf_handle_revoke, flags), { AT(rvf_handle_revoke, __reserved), NONE }, { NONE },
		{ NONE, NONE }),
	COMMAND(RVF_REGION_INFO, REGION, rvf_region_info, fill_nothing, 0, NONE, { NONE, NONE },
		{ NONE }, { NONE, NONE }),
	/* Of a region that is no slab */
	COMMAND(RVF_SLOT_ALLOC, REGION, rvf_slot_alloc, fill_nothing, -EPERM,
		AT(rvf_slot_alloc, flags), { NONE, NONE }, { NONE }, { NONE, NONE }),
	COMMAND(RVF_SLOT_FREE, REGION, rvf_slot_free, fill_nothing, -EPERM,
		AT(rvf_slot_free, flags), { NONE, NONE }, { NONE }, { NONE, NONE }),
	COMMAND(RVF_SLOT_READ, REGION, rvf_slot_io, fill_nothing, -EPERM, AT(rvf_slot_io, flags),
		{ NONE, NONE }, { NONE }, { NONE, NONE }),
	COMMAND(RVF_SLOT_WRITE, REGION, rvf_slot_io, fill_nothing, -EPERM, AT(rvf_slot_io, flags),
		{ NONE, NONE }, { NONE }, { NONE, NONE }),
	COMMAND(RVF_QUEUE_INFO, QUEUE, rvf_queue_info, fill_nothing, 0, NONE,
		{ AT(rvf_queue_info, __reserved), NONE }, { NONE }, { NONE, NONE }),
	COMMAND(RVF_QUEUE_SEND, QUEUE, rvf_queue_batch, fill_batch, 0, AT(rvf_queue_batch, flags),
		{ NONE, NONE }, { AT(rvf_queue_batch, messages), NONE }, { NONE, NONE }),
	COMMAND(RVF_QUEUE_RECV, QUEUE, rvf_queue_batch, fill_batch, 0, AT(rvf_queue_batch, flags),
		{ NONE, NONE }, { AT(rvf_queue_batch, messages), NONE }, { NONE, NONE }),
	COMMAND(RVF_RING_INFO, RING, rvf_ring_info, fill_nothing, 0, AT(rvf_ring_info, flags),
		{ NONE, NONE }, { NONE }, { NONE, NONE }),
	COMMAND(RVF_RING_WAKE, RING, rvf_ring_wake, fill_nothing, 0, AT(rvf_ring_wake, flags),
		{ NONE, NONE }, { NONE }, { NONE, NONE }),
};

static void make(SELF, const struct command *command, union arg *arg)
{
	memset(arg, 0, sizeof(*arg));
	command->fill(self, arg);
	arg->size = command->size;
}

#define FOR_EACH(command)                                                                         \
	for (const struct command *command = commands; command < commands + ARRAY_SIZE(commands); \
	     command++)

#endif
