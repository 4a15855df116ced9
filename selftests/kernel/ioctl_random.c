// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is read before its origin is known: every command's number, known or
 * not, on an fd of every kind, with structs at random; and netlink requests.
 *
 * The struct ends where its memory ends, so that a byte too many that is read
 * or written is an EFAULT or an oops. What comes back is an errno that rvf.h
 * lists for the command, and nothing is left behind. RVF_SEED=N repeats a run,
 * RVF_FUZZ_ROUNDS=N makes it longer.
 */
#include <fcntl.h>
#include <linux/netlink.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "commands.h"
#include "random.h"
#include "util_netlink.h"

#define ROOM   (256u << 10) /* bytes that pointers may lead to */
#define BUDGET 4000 /* ms for each kind, behind which no call begins */
#define CALLS  8000 /* for each kind */

static unsigned int rounds(unsigned int usual)
{
	const char *given = getenv("RVF_FUZZ_ROUNDS");

	return given ? strtoul(given, NULL, 0) : usual;
}

static uint64_t end_of(unsigned int budget)
{
	return getenv("RVF_FUZZ_ROUNDS") ? UINT64_MAX : now_ms() + budget;
}

/* ---- what may come back */

static bool is_in(int result, const int *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (list[i] && result == -list[i])
			return true;
	}
	return false;
}

/* What rvf.h says of each, beyond what goes for all */
static const struct {
	unsigned int number;
	int errors[14];
} documented[] = {
	{ RVF_CMD_CTL_INFO, { 0 } },
	{ RVF_CMD_KEY_ADD, { EKEYREJECTED, EKEYEXPIRED, EEXIST, EDQUOT } },
	{ RVF_CMD_KEY_LIST, { ENOENT } },
	{ RVF_CMD_VERIFY,
	  { EBADF, ENODATA, ENOKEY, EKEYREJECTED, EKEYEXPIRED, EACCES, EBADMSG, EDQUOT, EILSEQ, EIO,
	    EEXIST, ENOSPC } },
	{ RVF_CMD_MOUNT,
	  { EBADF, ENODATA, ENOKEY, EKEYREJECTED, EKEYEXPIRED, EACCES, EBADMSG, EDQUOT, EILSEQ, EIO,
	    EEXIST, ENOSPC } },
	{ RVF_CMD_OPEN_MOUNT, { ENOENT } },
	{ RVF_CMD_WITNESS_READ, { ESTALE, EMSGSIZE } },
	{ RVF_CMD_WITNESS_MARK, { ENOENT, EILSEQ } },
	{ RVF_CMD_MOUNT_INFO, { EMSGSIZE } },
	{ RVF_CMD_MOUNT_MANIFEST, { EMSGSIZE } },
	{ RVF_CMD_MOUNT_TASKS, { EMSGSIZE } },
	{ RVF_CMD_MOUNT_GET, { ENOENT, EACCES, EDQUOT } },
	{ RVF_CMD_SUPERVISE, { EBUSY, EBADF } },
	{ RVF_CMD_TASK, { EPERM, ENOENT, EBUSY } },
	{ RVF_CMD_TASK_STOP, { EPERM, ENOENT, ESTALE } },
	{ RVF_CMD_UNMOUNT, { ENODEV } },
	{ RVF_CMD_EXCHANGE, { EBADF, ENODEV, EACCES } },
	{ RVF_CMD_BIND, { EPERM, EAGAIN, EBUSY } },
	{ RVF_CMD_READY, { EPERM, EALREADY } },
	{ RVF_CMD_TASK_GET, { EPERM, ENOENT, EACCES, EDQUOT } },
	{ RVF_CMD_TASK_LIST, { EPERM, ENOENT } },
	{ RVF_CMD_VM, { EPERM } },
	{ RVF_CMD_HANDLE_INFO, { 0 } },
	{ RVF_CMD_HANDLE_DERIVE, { EPERM, EACCES, EMLINK, EDQUOT } },
	{ RVF_CMD_HANDLE_REVOKE, { EACCES } },
	{ RVF_CMD_REGION_INFO, { 0 } },
	{ RVF_CMD_SLOT_ALLOC, { EPERM } },
	{ RVF_CMD_SLOT_FREE, { EPERM } },
	{ RVF_CMD_SLOT_READ, { EPERM } },
	{ RVF_CMD_SLOT_WRITE, { EPERM } },
	{ RVF_CMD_QUEUE_INFO, { 0 } },
	{ RVF_CMD_QUEUE_SEND,
	  { EACCES, EAGAIN, EMSGSIZE, EPROTOTYPE, EBADF, EXDEV, EPERM, EMLINK, EDQUOT } },
	{ RVF_CMD_QUEUE_RECV, { EACCES, EAGAIN, EMSGSIZE } },
	{ RVF_CMD_RING_INFO, { 0 } },
	{ RVF_CMD_RING_WAKE, { EACCES } },
};

static bool is_documented(unsigned int number, int result)
{
	static const int general[] = { EINVAL, E2BIG, EOPNOTSUPP, EFAULT, EMFILE, ENOMEM };

	if (result >= 0 || is_in(result, general, ARRAY_SIZE(general)))
		return true;
	for (unsigned int i = 0; i < ARRAY_SIZE(documented); i++) {
		if (documented[i].number == number)
			return is_in(result, documented[i].errors,
				     ARRAY_SIZE(documented[i].errors));
	}
	return false;
}

/* Both kinds of task fds have the same commands, and all handles some */
static bool knows(enum kind kind, unsigned int number)
{
	if (number >= RVF_CMD_HANDLE_INFO && number <= RVF_CMD_HANDLE_REVOKE)
		return kind == REGION || kind == QUEUE || kind == RING;
	FOR_EACH(command)
	{
		if ((command->number & 0xff) == number)
			return command->kind == kind ||
			       (kind == TASK && command->kind == UNBOUND) ||
			       (kind == UNBOUND && command->kind == TASK);
	}
	return false;
}

/* ---- where it is given to */

struct target {
	enum kind kind;
	struct task *task; /* whose fd it is, or NULL */
	int fd;
	uint8_t *room, *room_end; /* pointers lead there */
	uint8_t *read_only;
	uint8_t *end; /* the struct ends here, and memory does */
};

/* Memory of ours, behind which there is none for 4 GiB */
static uint8_t *guarded(size_t length)
{
	const size_t behind = 1ull << 32;
	uint8_t *memory = must(mmap(NULL, length + behind, PROT_NONE,
				    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));

	must(mprotect(memory, length, PROT_READ | PROT_WRITE));
	return memory;
}

static struct target target_of(SELF, enum kind kind)
{
	static uint8_t *room, *page;
	struct target target = {
		.kind = kind,
		.task = kind == TASK	? &self->bound :
			kind == UNBOUND ? &self->unbound :
					  NULL,
		.fd = self->fd[kind],
	};

	if (target.task) {
		target.fd = PROXY_TASK_FD;
		target.room = (uint8_t *)target.task->memory;
		target.end = target.room_end = target.room + PROXY_MEMORY;
		target.read_only = (uint8_t *)0x400000; /* its text */
		return target;
	}
	if (!room) {
		room = guarded(ROOM);
		page = guarded(4096);
	}
	target.room = room;
	target.room_end = room + ROOM;
	target.end = page + 4096;
	target.read_only = (uint8_t *)commands;
	return target;
}

static int give(const struct target *target, unsigned int number, const void *where)
{
	unsigned long command = _IO(RVF_IOC_TYPE, number);

	if (target->task)
		return task_call(target->task, SYS_ioctl, target->fd, command, where);
	return rvf(target->fd, command, (void *)where);
}

/* ---- structs */

/* Pointers, numbers, flags: as could be meant, or not */
static uint64_t random_word(const struct target *target)
{
	switch (below(9)) {
	case 0:
		return (uintptr_t)target->room + below(ROOM);
	case 1:
		return (uintptr_t)target->room_end - below(64); /* leads behind its end */
	case 2:
		return (uintptr_t)target->read_only;
	case 3:
		return (uintptr_t)nowhere();
	case 4:
		return below(300);
	case 5:
		return (uint64_t)random32() << 32 | random32();
	case 6:
		return 1ull << below(32) << below(12);
	default:
		return 0;
	}
}

static uint32_t random_struct(uint8_t bytes[512], const struct target *target)
{
	uint32_t size = below(3) ? 8 + below(20) * 8 : below(2) ? below(512) : random32();
	uint64_t *words = (void *)bytes;

	for (unsigned int i = 0; i < 64; i++)
		words[i] = i < 24 ? random_word(target) : 0;
	if (!below(8))
		bytes[below(512)] = 1;
	*(uint32_t *)bytes = size;
	return size;
}

/* Could be memory of this program's, which the kernel is not to write to */
static bool is_pointer(uint64_t word)
{
	return word >> 44 && !(word >> 47);
}

/*
 * A command's own struct with some bits of it wrong. Where it had room for what
 * comes out, that is in the target's room, which has an end.
 */
static void wrong_struct(SELF, const struct command *command, const struct target *target,
			 uint8_t bytes[512])
{
	uint64_t *words = (void *)bytes;
	union arg arg;

	make(self, command, &arg);
	memcpy(bytes, &arg, 512);
	for (unsigned int i = 0; i < command->size / 8; i++) {
		uint64_t word = words[i];

		if (word >= (uintptr_t)text && word < (uintptr_t)text + sizeof(text))
			words[i] = word = (uintptr_t)target->room;
		if (is_pointer(word) && !below(8))
			words[i] = random_word(target);
		else if (!is_pointer(word) && !below(3))
			words[i] ^= 1ull << below(64);
		if (is_pointer(words[i]) && !is_pointer(word))
			words[i] = word;
	}
}

/* What would end the game for the others is tried elsewhere, with these alone */
static bool is_spared(unsigned int number)
{
	return number == RVF_CMD_UNMOUNT || number == RVF_CMD_HANDLE_REVOKE;
}

static unsigned int tell(const unsigned int counts[2], const char *what)
{
	fprintf(stderr, "# %s: %u calls, %u of which succeeded\n", what, counts[0], counts[1]);
	return counts[0];
}

/* From here on all fds are what commands made */
static unsigned int first_free(void)
{
	int highest = must(fcntl(0, F_DUPFD_CLOEXEC, 200)), fd;

	close(highest);
	do {
		fd = must(dup(0));
	} while (fd < highest);
	return fd + 1;
}

/* One call at random; false where it says what it should not */
static bool call_one(SELF, const struct target *target, unsigned int counts[2])
{
	const struct command *command = &commands[below(ARRAY_SIZE(commands))];
	unsigned int number = below(4) ? below(0x80) : below(256);
	uint8_t bytes[512] __attribute__((aligned(8)));
	uint32_t size = random_struct(bytes, target);
	bool own = command->kind == target->kind && below(4);
	/* What comes out of it cannot be written back then */
	bool locked = !target->task && !below(8);
	unsigned int length;
	int result;

	if (own) {
		wrong_struct(self, command, target, bytes);
		number = command->number & 0xff;
		size = *(uint32_t *)bytes;
	}
	if (is_spared(number))
		return true;
	length = size < 4 ? 4 : size > 512 ? 512 : size;
	memcpy(target->end - length, bytes, length);
	if (locked)
		must(mprotect(target->end - 4096, 4096, PROT_READ));
	result = give(target, number, target->end - length);
	if (locked)
		must(mprotect(target->end - 4096, 4096, PROT_READ | PROT_WRITE));
	counts[0]++;
	counts[1] += result >= 0;
	if (knows(target->kind, number) ? is_documented(number, result) : result == -ENOTTY)
		return true;
	fprintf(stderr, "# number 0x%x, size %u: %d (%s)\n", number, size, result,
		strerror(-result));
	return false;
}

TEST_F_TIMEOUT(format, every_number, 300)
{
	static const char *const names[KINDS] = { "control", "mount", "task", "unbound",
						  "region",  "queue", "ring" };
	unsigned int made = first_free(), handles;

	seed(11);
	handles = task_status(self->fd[MOUNT], 0).handles;
	for (unsigned int kind = 0; kind < KINDS; kind++) {
		struct target target = target_of(self, kind);
		unsigned int calls = rounds(CALLS), counts[2] = { 0, 0 };
		uint64_t end = end_of(BUDGET);

		for (unsigned int i = 0; i < calls && now_ms() < end; i++) {
			bool good = call_one(self, &target, counts);

			ASSERT_TRUE(good)
			{
				TH_LOG("on a %s fd", names[kind]);
			}
			close_range(made, ~0u, 0);
			/* Whatever it was given */
			if (target.task && i % 256 == 255)
				task_call(target.task, SYS_close_range, PROXY_MEMORY_FD + 1, ~0u,
					  0);
		}
		if (target.task)
			task_call(target.task, SYS_close_range, PROXY_MEMORY_FD + 1, ~0u, 0);
		EXPECT_LT(0, tell(counts, names[kind]));
	}
	EXPECT_EQ(handles, task_status(self->fd[MOUNT], 0).handles);
	EXPECT_EQ(0, task_status(self->fd[MOUNT], 1).handles);
	EXPECT_TRUE(wait_mounts(self->fd[CONTROL], self->mounts + 1));
}

TEST_F_TIMEOUT(format, endings, 120)
{
	uint64_t end = end_of(BUDGET);

	seed(12);
	for (unsigned int i = 0; i < rounds(150) && now_ms() < end; i++) {
		struct target target = target_of(self, MOUNT);
		uint8_t bytes[512] __attribute__((aligned(8)));
		bool is_mount = below(8) == 0;
		unsigned int number = is_mount ? RVF_CMD_UNMOUNT : RVF_CMD_HANDLE_REVOKE;
		int result;

		target.fd = is_mount ?
				    must_rvf(pkg_mount(self->pkg, self->fd[CONTROL], NULL, NULL)) :
				    must_rvf(mount_get(self->fd[MOUNT], "log", 0));
		random_struct(bytes, &target);
		if (below(2))
			memset(bytes, 0, 16);
		*(uint32_t *)bytes = 16;
		memcpy(target.end - 16, bytes, 16);
		result = give(&target, number, target.end - 16);
		EXPECT_TRUE(is_documented(number, result))
		{
			TH_LOG("%d", result);
		}
		close(target.fd);
	}
	EXPECT_TRUE(wait_mounts(self->fd[CONTROL], self->mounts + 1));
}

/* ---- netlink */

static void count_message(const struct nl_message *message, void *arg)
{
	++*(unsigned int *)arg;
}

TEST_F_TIMEOUT(format, netlink, 120)
{
	/* Also what the kernel's netlink says of malformed attributes */
	static const int errors[] = { EINVAL, ERANGE, EOPNOTSUPP, ENOENT, EPERM, ENOMEM };
	unsigned int counts[2] = { 0, 0 }, mounts = 0;
	uint64_t end = end_of(BUDGET);
	uint8_t attributes[256];
	struct nl nl;

	seed(13);
	ASSERT_EQ(0, nl_open(&nl));
	for (unsigned int i = 0; i < rounds(2000) && now_ms() < end; i++) {
		size_t length = below(8) ? 4 * below(20) : below(sizeof(attributes));
		uint16_t *head = (void *)attributes;
		int result;

		for (size_t j = 0; j < sizeof(attributes); j++)
			attributes[j] = below(3) ? 0 : random32();
		if (below(4)) {
			head[0] = below(3) ? 8 + below(8) : random32();
			head[1] = below(4) ? RVF_NL_A_MOUNT_ID : below(0x8040);
		}
		result = nl_request(&nl, below(4) ? below(5) : below(300),
				    NLM_F_ACK | (below(3) ? NLM_F_DUMP : random32() & 0xffff),
				    attributes, length);
		counts[0]++;
		counts[1] += result >= 0;
		/* nl_request() reads one message, and there may be more */
		if (result >= 0) {
			nl_close(&nl);
			ASSERT_EQ(0, nl_open(&nl));
		}
		ASSERT_TRUE(result >= 0 || is_in(result, errors, ARRAY_SIZE(errors)))
		{
			TH_LOG("%d", result);
		}
	}
	EXPECT_LT(0, tell(counts, "netlink"));
	nl_close(&nl);
	ASSERT_EQ(0, nl_open(&nl));
	EXPECT_LE(0, nl_dump(&nl, RVF_NL_MOUNT, 0, count_message, &mounts));
	EXPECT_EQ(self->mounts + 1, mounts);
	nl_close(&nl);
}

TEST_HARNESS_MAIN
