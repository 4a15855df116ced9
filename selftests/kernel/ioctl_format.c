// SPDX-License-Identifier: GPL-2.0-only
/*
 * What uapi/rvf.h says under "General ioctl format", for every command.
 */
#include <fcntl.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "util_package.h"
#include "util_task.h"

enum kind {
	CONTROL,
	MOUNT,
	TASK, /* of a plugin that is bound; its commands are the plugin's */
	UNBOUND, /* of one that is jailed and has not bound itself */
	REGION,
	QUEUE,
	KINDS,
};

FIXTURE(format)
{
	struct pkg *pkg;
	int fd[KINDS];
	struct task bound, unbound;
	struct rvf_key_record record;
	unsigned int mounts;
};

FIXTURE_SETUP(format)
{
	int task_fd, image_fd;

	self->fd[CONTROL] = ctl_open();
	self->mounts = count_mounts(self->fd[CONTROL]);
	key_trust(self->fd[CONTROL], KEY_OWNER);
	key_record(KEY_OWNER, &self->record);
	self->pkg = pkg_usual();
	pkg_finish(self->pkg, KEY_OWNER);
	self->fd[MOUNT] = must_rvf(pkg_mount(self->pkg, self->fd[CONTROL], NULL, NULL));
	self->fd[REGION] = must_rvf(mount_get(self->fd[MOUNT], "log", 0));
	self->fd[QUEUE] = must_rvf(mount_get(self->fd[MOUNT], "queue", 0));
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
	struct rvf_unmount unmount;
	struct rvf_bind bind;
	struct rvf_ready ready;
	struct rvf_task_list task_list;
	struct rvf_handle_info handle_info;
	struct rvf_handle_derive derive;
	struct rvf_handle_revoke revoke;
	struct rvf_region_info region_info;
	struct rvf_queue_info queue_info;
	struct rvf_queue_batch batch;
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
	COMMAND(RVF_UNMOUNT, MOUNT, rvf_unmount, fill_nothing, 0, AT(rvf_unmount, flags),
		{ AT(rvf_unmount, __reserved), NONE }, { NONE }, { NONE, NONE }),
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
	COMMAND(RVF_QUEUE_INFO, QUEUE, rvf_queue_info, fill_nothing, 0, NONE,
		{ AT(rvf_queue_info, __reserved), NONE }, { NONE }, { NONE, NONE }),
	COMMAND(RVF_QUEUE_SEND, QUEUE, rvf_queue_batch, fill_batch, 0, AT(rvf_queue_batch, flags),
		{ NONE, NONE }, { AT(rvf_queue_batch, messages), NONE }, { NONE, NONE }),
	COMMAND(RVF_QUEUE_RECV, QUEUE, rvf_queue_batch, fill_batch, 0, AT(rvf_queue_batch, flags),
		{ NONE, NONE }, { AT(rvf_queue_batch, messages), NONE }, { NONE, NONE }),
};

static void make(SELF, const struct command *command, union arg *arg)
{
	memset(arg, 0, sizeof(*arg));
	command->fill(self, arg);
	arg->size = command->size;
}

/* Where to try a command that would take away what the others need */
static int place(SELF, const struct command *command)
{
	switch (command->number) {
	case RVF_UNMOUNT:
		return must_rvf(pkg_mount(self->pkg, self->fd[CONTROL], NULL, NULL));
	case RVF_HANDLE_REVOKE:
		return must_rvf(
			handle_derive(self->fd[REGION], RVF_RIGHT_READ | RVF_RIGHT_REVOKE, 0));
	default:
		return -1;
	}
}

/* Gives a command in whose process it belongs */
static int issue(SELF, const struct command *command, union arg *arg)
{
	struct task *task = command->kind == TASK    ? &self->bound :
			    command->kind == UNBOUND ? &self->unbound :
						       NULL;
	int own, result;

	if (task) {
		void *there = task_put(task, arg, sizeof(*arg));

		result = task_call(task, SYS_ioctl, PROXY_TASK_FD, command->number, there);
		memcpy(arg, there, sizeof(*arg));
		task->used = 0;
		return result;
	}
	own = place(self, command);
	result = rvf(own >= 0 ? own : self->fd[command->kind], command->number, arg);
	if (own >= 0)
		close(own);
	return result;
}

static void close_made(SELF, const struct command *command, union arg *arg)
{
	for (int i = 0; i < 2 && command->out_fd[i] != NONE; i++) {
		int fd = *(int32_t *)(arg->bytes + command->out_fd[i]);

		if (command->kind == TASK)
			task_call(&self->bound, SYS_close, fd);
		else
			close(fd);
	}
}

#define FOR_EACH(command)                                                                         \
	for (const struct command *command = commands; command < commands + ARRAY_SIZE(commands); \
	     command++)

#define EXPECT_RESULT(expected, command, ...)                    \
	EXPECT_EQ(expected, issue(self, command, ##__VA_ARGS__)) \
	{                                                        \
		TH_LOG("%s", (command)->name);                   \
	}

TEST_F(format, size_too_small)
{
	union arg arg;

	FOR_EACH(command)
	{
		const uint32_t sizes[] = { 0, 1, 3, 4, 5, command->size - 4, command->size - 1 };

		for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
			if (sizes[i] >= command->size)
				continue;
			make(self, command, &arg);
			arg.size = sizes[i];
			EXPECT_RESULT(-EINVAL, command, &arg);
		}
	}
}

TEST_F(format, size_exact)
{
	union arg arg;

	FOR_EACH(command)
	{
		make(self, command, &arg);
		/* What lies behind the struct is nobody's business */
		memset(arg.bytes + command->size, 0xff, sizeof(arg) - command->size);
		EXPECT_RESULT(command->result, command, &arg);
		if (!command->result)
			close_made(self, command, &arg);
		for (unsigned int i = command->size; i < sizeof(arg); i++)
			ASSERT_EQ(0xff, arg.bytes[i]);
	}
}

TEST_F(format, size_larger_zero_tail)
{
	union arg arg;

	FOR_EACH(command)
	{
		make(self, command, &arg);
		arg.size = sizeof(arg);
		EXPECT_RESULT(command->result, command, &arg);
		if (!command->result)
			close_made(self, command, &arg);
		EXPECT_EQ(sizeof(arg), arg.size);
	}
}

TEST_F(format, size_larger_other_tail)
{
	union arg arg;

	FOR_EACH(command)
	{
		const uint32_t places[] = { command->size, sizeof(arg) - 1 };

		for (unsigned int i = 0; i < ARRAY_SIZE(places); i++) {
			make(self, command, &arg);
			arg.size = sizeof(arg);
			arg.bytes[places[i]] = 1;
			EXPECT_RESULT(-E2BIG, command, &arg);
		}
	}
}

TEST_F(format, size_huge)
{
	union arg arg;

	/* Either more than there can be, or what follows the stack is read: never a success */
	FOR_EACH(command)
	{
		const uint32_t sizes[] = { 0x7fffffff, 0x80000000, 0xffffffff };

		for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
			int result;

			make(self, command, &arg);
			arg.size = sizes[i];
			arg.bytes[command->size] = 1;
			result = issue(self, command, &arg);
			EXPECT_TRUE(result == -E2BIG || result == -EFAULT)
			{
				TH_LOG("%s: %d", command->name, result);
			}
		}
	}
}

TEST_F(format, flags)
{
	union arg arg;

	FOR_EACH(command)
	{
		if (command->flags == NONE)
			continue;
		for (int bit = 0; bit < 32; bit++) {
			if (command->number == RVF_HANDLE_REVOKE && 1u << bit == RVF_REVOKE_DERIVED)
				continue;
			make(self, command, &arg);
			*(uint32_t *)(arg.bytes + command->flags) = 1u << bit;
			EXPECT_RESULT(-EOPNOTSUPP, command, &arg);
		}
	}
}

TEST_F(format, reserved)
{
	const uint32_t values[] = { 1, 0x80000000, 0xffffffff };
	union arg arg;

	FOR_EACH(command)
	{
		for (int i = 0; i < 2 && command->reserved[i] != NONE; i++) {
			for (unsigned int j = 0; j < ARRAY_SIZE(values); j++) {
				make(self, command, &arg);
				*(uint32_t *)(arg.bytes + command->reserved[i]) = values[j];
				EXPECT_RESULT(-EOPNOTSUPP, command, &arg);
			}
		}
	}
}

TEST_F(format, bad_struct_pointer)
{
	size_t page = page_size();
	uint8_t *pages = must(
		mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	union arg arg;

	must(munmap(pages + page, page));
	FOR_EACH(command)
	{
		if (command->kind == TASK || command->kind == UNBOUND) {
			struct task *task = command->kind == TASK ? &self->bound : &self->unbound;
			uint32_t *end = (void *)(task->memory + PROXY_MEMORY - 4);

			EXPECT_EQ(-EFAULT,
				  task_call(task, SYS_ioctl, PROXY_TASK_FD, command->number, NULL));
			EXPECT_EQ(-EFAULT, task_call(task, SYS_ioctl, PROXY_TASK_FD,
						     command->number, -4096));
			*end = command->size;
			EXPECT_EQ(-EFAULT,
				  task_call(task, SYS_ioctl, PROXY_TASK_FD, command->number, end));
			continue;
		}
		make(self, command, &arg);
		EXPECT_RESULT(-EFAULT, command, NULL);
		EXPECT_RESULT(-EFAULT, command, (void *)-4096);
		/* The size can be read, the rest cannot */
		memcpy(pages + page - 4, &arg, 4);
		EXPECT_RESULT(-EFAULT, command, (void *)(pages + page - 4));
		memcpy(pages + page - (command->size - 1), &arg, command->size - 1);
		EXPECT_RESULT(-EFAULT, command, (void *)(pages + page - (command->size - 1)));
	}
}

static unsigned int count_fds(void)
{
	unsigned int count = 0;

	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

/* What cannot be told to the caller must not have happened */
TEST_F(format, read_only_struct)
{
	union arg *arg = must(mmap(NULL, page_size(), PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	unsigned int mounts = count_mounts(self->fd[CONTROL]);
	unsigned int fds = count_fds();

	FOR_EACH(command)
	{
		if (command->kind == TASK || command->kind == UNBOUND ||
		    command->number == RVF_UNMOUNT || command->number == RVF_HANDLE_REVOKE ||
		    command->number == RVF_SUPERVISE || command->number == RVF_TASK)
			continue;
		must(mprotect(arg, page_size(), PROT_READ | PROT_WRITE));
		make(self, command, arg);
		must(mprotect(arg, page_size(), PROT_READ));
		/* A failure is told first; messages are gone, or there are none */
		if (command->result || command->number == RVF_QUEUE_SEND ||
		    command->number == RVF_QUEUE_RECV)
			continue;
		EXPECT_RESULT(-EFAULT, command, arg);
		EXPECT_EQ(fds, count_fds());
	}
	EXPECT_TRUE(wait_mounts(self->fd[CONTROL], mounts));
}

TEST_F(format, bad_inner_pointers)
{
	const uint64_t bad[] = { 8, -4096, 1ull << 63 };
	union arg arg;

	FOR_EACH(command)
	{
		for (int i = 0; command->pointers[i] != NONE; i++) {
			for (unsigned int j = 0; j < ARRAY_SIZE(bad); j++) {
				make(self, command, &arg);
				*(uint64_t *)(arg.bytes + command->pointers[i]) = bad[j];
				EXPECT_RESULT(-EFAULT, command, &arg);
			}
		}
	}
	EXPECT_EQ(self->mounts + 1, count_mounts(self->fd[CONTROL]));
}

TEST_F(format, unknown_numbers)
{
	union arg arg = { .size = sizeof(arg) };

	for (int kind = 0; kind < KINDS; kind++) {
		int fd = self->fd[kind];

		if (kind == TASK)
			continue;
		for (unsigned int number = 0; number < 256; number++) {
			bool known = false;

			FOR_EACH(command)
			{
				/* An unbound task's fd takes the numbers of a bound one's */
				if ((command->number & 0xff) == number &&
				    (command->kind == kind ||
				     (command->kind == TASK && kind == UNBOUND) ||
				     (number >= 0x30 && number <= 0x32 && kind == QUEUE)))
					known = true;
			}
			if (known)
				continue;
			EXPECT_EQ(-ENOTTY, rvf(fd, _IO(RVF_IOC_TYPE, number), &arg))
			{
				TH_LOG("number %x, kind %d", number, kind);
			}
		}
	}
}

TEST_F(format, foreign_numbers)
{
	union arg arg;

	FOR_EACH(command)
	{
		for (int kind = 0; kind < KINDS; kind++) {
			bool handle = (command->number & 0xff) >= 0x30 &&
				      (command->number & 0xff) <= 0x32;

			if (kind == TASK || kind == command->kind ||
			    (command->kind == TASK && kind == UNBOUND) ||
			    (handle && (kind == REGION || kind == QUEUE)))
				continue;
			make(self, command, &arg);
			EXPECT_EQ(-ENOTTY, rvf(self->fd[kind], command->number, &arg))
			{
				TH_LOG("%s, kind %d", command->name, kind);
			}
		}
	}
}

/* The same numbers, with what other kinds of ioctl carry in theirs */
TEST_F(format, other_encodings)
{
	union arg arg;

	FOR_EACH(command)
	{
		const unsigned long number = command->number & 0xff;
		const unsigned long others[] = {
			_IOC(_IOC_READ, RVF_IOC_TYPE, number, 0),
			_IOC(_IOC_WRITE, RVF_IOC_TYPE, number, command->size),
			_IOC(_IOC_READ | _IOC_WRITE, RVF_IOC_TYPE, number, command->size),
			_IO('f', number),
			_IO(RVF_IOC_TYPE - 1, number),
		};

		if (command->kind == TASK)
			continue;
		for (unsigned int i = 0; i < ARRAY_SIZE(others); i++) {
			make(self, command, &arg);
			EXPECT_EQ(-ENOTTY, rvf(self->fd[command->kind], others[i], &arg))
			{
				TH_LOG("%s as %lx", command->name, others[i]);
			}
		}
	}
}

TEST_F(format, files_of_others)
{
	int pair[2], foreign[3];
	union arg arg;

	must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	foreign[0] = must(open("/dev/null", O_RDWR));
	foreign[1] = pair[0];
	foreign[2] = self->pkg->fd;
	FOR_EACH(command)
	{
		for (unsigned int i = 0; i < ARRAY_SIZE(foreign); i++) {
			make(self, command, &arg);
			EXPECT_EQ(-ENOTTY, rvf(foreign[i], command->number, &arg));
		}
	}
}

/* Without CAP_SYS_ADMIN the control fd and mount fds are of no use, whoever opened them */
TEST_F(format, privilege)
{
	union arg arg;
	pid_t pid = child();

	if (pid == 0) {
		must(setgid(65534));
		must(setuid(65534));
		if (open("/dev/rvfctl", O_RDWR) >= 0 || errno != EACCES)
			_exit(1);
		FOR_EACH(command)
		{
			if (command->kind != CONTROL && command->kind != MOUNT)
				continue;
			make(self, command, &arg);
			if (rvf(self->fd[command->kind], command->number, &arg) != -EPERM) {
				TH_LOG("%s", command->name);
				_exit(2);
			}
		}
		_exit(0);
	}
	EXPECT_EQ(0, reap(pid));
	EXPECT_EQ(RVF_MOUNT_LIVE, mount_info(self->fd[MOUNT]).out_state);
}

/* A user namespace's root is not the host's */
TEST_F(format, privilege_in_user_namespace)
{
	union arg arg;
	pid_t pid = child();

	if (pid == 0) {
		must(unshare(CLONE_NEWUSER));
		if (open("/dev/rvfctl", O_RDWR) >= 0 || errno != EPERM)
			_exit(1);
		FOR_EACH(command)
		{
			if (command->kind != CONTROL && command->kind != MOUNT)
				continue;
			make(self, command, &arg);
			if (rvf(self->fd[command->kind], command->number, &arg) != -EPERM)
				_exit(2);
		}
		_exit(0);
	}
	EXPECT_EQ(0, reap(pid));
}

/* The structs look the same to 32-bit programs, whose system calls these are */
static int ioctl32(int fd, unsigned int command, void *low)
{
	int result;

	asm volatile("int $0x80"
		     : "=a"(result)
		     : "a"(54), "b"(fd), "c"(command), "d"(low)
		     : "memory", "r8", "r9", "r10", "r11");
	return result;
}

TEST_F(format, compat)
{
	union arg *low = must(mmap(NULL, page_size(), PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0));

	if (ioctl32(self->fd[CONTROL], RVF_CTL_INFO, NULL) == -ENOSYS)
		SKIP(return, "the kernel runs no 32-bit programs");
	low->ctl_info = (struct rvf_ctl_info){ .size = sizeof(struct rvf_ctl_info) };
	EXPECT_EQ(0, ioctl32(self->fd[CONTROL], RVF_CTL_INFO, low));
	EXPECT_EQ(RVF_ABI_VERSION, low->ctl_info.out_abi);
	low->mount_info = (struct rvf_mount_info){ .size = sizeof(struct rvf_mount_info) };
	EXPECT_EQ(0, ioctl32(self->fd[MOUNT], RVF_MOUNT_INFO, low));
	EXPECT_EQ(2, low->mount_info.out_components);
	low->handle_info = (struct rvf_handle_info){ .size = sizeof(struct rvf_handle_info) };
	EXPECT_EQ(0, ioctl32(self->fd[QUEUE], RVF_HANDLE_INFO, low));
	EXPECT_EQ(RVF_OBJECT_QUEUE, low->handle_info.out_kind);
	low->queue_info = (struct rvf_queue_info){ .size = sizeof(struct rvf_queue_info) };
	EXPECT_EQ(0, ioctl32(self->fd[QUEUE], RVF_QUEUE_INFO, low));
	EXPECT_EQ(QUEUE_SLOTS, low->queue_info.out_slots);
}

TEST_F(format, control_info)
{
	struct rvf_ctl_info info = ctl_info(self->fd[CONTROL]);

	EXPECT_EQ(RVF_ABI_VERSION, info.out_abi);
	EXPECT_EQ(0, info.out_errata);
	EXPECT_EQ(1u << RVF_ALG_RSA4096, info.out_algorithms);
	EXPECT_LE(1, info.out_keys);
	EXPECT_EQ(self->mounts + 1, info.out_mounts);
	EXPECT_GE(RVF_MAX_COMPONENTS, info.out_max_components);
	EXPECT_GE(RVF_MAX_REGIONS, info.out_max_regions);
	EXPECT_GE(RVF_MAX_QUEUES, info.out_max_queues);
	EXPECT_GE(RVF_MAX_TASKS, info.out_max_tasks);
	EXPECT_LE(1, info.out_max_tasks);
}

/* New fds do not pass an exec */
TEST_F(format, close_on_exec)
{
	const int fds[] = { self->fd[MOUNT], self->fd[REGION], self->fd[QUEUE], self->fd[UNBOUND],
			    must_rvf(handle_derive(self->fd[REGION], RVF_RIGHT_READ, 0)) };

	for (unsigned int i = 0; i < ARRAY_SIZE(fds); i++)
		EXPECT_EQ(FD_CLOEXEC, fcntl(fds[i], F_GETFD));
	EXPECT_EQ(FD_CLOEXEC,
		  task_call(&self->bound, SYS_fcntl, task_get(&self->bound, "data", 0), F_GETFD));
}

/* The device takes part in ioctls alone */
TEST_F(format, control_is_no_data)
{
	char byte = 0;
	long result;

	result = sys(read(self->fd[CONTROL], &byte, 1));
	EXPECT_TRUE(result == -EINVAL || result == 0);
	EXPECT_EQ(-EINVAL, sys(write(self->fd[CONTROL], &byte, 1)));
	EXPECT_EQ(-EINVAL, sys(read(self->fd[MOUNT], &byte, 1)));
	EXPECT_EQ(-EINVAL, sys(write(self->fd[MOUNT], &byte, 1)));
	EXPECT_EQ((long)MAP_FAILED,
		  (long)mmap(NULL, page_size(), PROT_READ, MAP_SHARED, self->fd[MOUNT], 0));
	EXPECT_EQ(ENODEV, errno);
}

TEST_HARNESS_MAIN
