// SPDX-License-Identifier: GPL-2.0-only
/*
 * What uapi/rvf.h says under "General ioctl format", for every command.
 */
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "commands.h"
#include "issue.h"

#define EXPECT_RESULT(expected, command, ...)                    \
	EXPECT_EQ(expected, issue(self, command, ##__VA_ARGS__)) \
	{                                                        \
		TH_LOG("%s", (command)->name);                   \
	}

/* Its struct's size in the ABI's first version */
static uint32_t first_size(const struct command *command)
{
	if (command->number == RVF_REGION_INFO)
		return offsetof(struct rvf_region_info, out_slots);
	if (command->number == RVF_CTL_INFO)
		return offsetof(struct rvf_ctl_info, out_witness_first);
	if (command->number == RVF_HANDLE_INFO)
		return offsetof(struct rvf_handle_info, out_offset);
	if (command->number == RVF_VM)
		return offsetof(struct rvf_vm, out_identity_map);
	return command->size;
}

TEST_F(format, size_too_small)
{
	union arg arg;

	FOR_EACH(command)
	{
		const uint32_t first = first_size(command);
		const uint32_t sizes[] = { 0, 1, 3, 4, 5, first - 4, first - 1 };

		for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
			if (sizes[i] >= first)
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

/* Zeros at the end are of a newer caller, but a page of them is enough */
TEST_F(format, size_of_a_page)
{
	size_t page = page_size();
	union arg *arg = must(
		mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));

	arg->size = page;
	EXPECT_EQ(0, rvf(self->fd[CONTROL], RVF_CTL_INFO, arg));
	memset(arg, 0, 2 * page);
	arg->size = page + 1;
	EXPECT_EQ(-E2BIG, rvf(self->fd[CONTROL], RVF_CTL_INFO, arg));
	munmap(arg, 2 * page);
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
			if (command->number == RVF_TASK_STOP && 1u << bit == RVF_TASK_STOP_VCPUS)
				continue;
			if (command->number == RVF_QUEUE_RECV && 1u << bit == RVF_QUEUE_PEEK)
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
		/* A failure is told first; messages are gone, or nothing is told */
		if (command->result || command->number == RVF_QUEUE_SEND ||
		    command->number == RVF_QUEUE_RECV || command->number == RVF_TASK_STOP ||
		    command->number == RVF_RING_WAKE)
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
				     (number >= 0x30 && number <= 0x32 &&
				      (kind == QUEUE || kind == RING))))
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
			    (handle && (kind == REGION || kind == QUEUE || kind == RING)))
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

TEST_HARNESS_MAIN
