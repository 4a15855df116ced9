// SPDX-License-Identifier: GPL-2.0-only
/*
 * The documentation's table of what can be done by which right, walked: a
 * handle with each set of rights is derived, and each command issued on it.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "slab.h"

#define R   RVF_RIGHT_READ
#define W   RVF_RIGHT_WRITE
#define ALL (R | W | RVF_RIGHT_GRANT | RVF_RIGHT_REVOKE | RVF_RIGHT_GRANT_ONCE)

/* In the order of the table's columns */
enum object {
	IMMUTABLE,
	APPEND_ONLY,
	SLAB,
	QUEUE,
	RING,
	OBJECTS,
};

static const char *const object_names[] = { "data", "log", "slab", "queue", "ring" };

/* A handle with the rights in question, and one that may do everything */
struct tried {
	int handle;
	int full;
	uint64_t slot;
};

static int done(long result)
{
	return result < 0 ? result : 0;
}

static int handle_info(struct tried *t)
{
	struct rvf_handle_info arg = { .size = sizeof(arg) };

	return rvf(t->handle, RVF_HANDLE_INFO, &arg);
}

static int derive(struct tried *t)
{
	struct rvf_handle_info info = { .size = sizeof(info) };
	unsigned int rights;
	int fd;

	/* Whatever it has, but for what GRANT_ONCE cannot give */
	must_rvf(rvf(t->handle, RVF_HANDLE_INFO, &info));
	rights = info.out_rights & ~(RVF_RIGHT_GRANT | RVF_RIGHT_GRANT_ONCE);
	fd = handle_derive(t->handle, rights ?: info.out_rights, 0);
	/* GRANT_ONCE alone has nothing to give: that is no matter of rights */
	if (info.out_rights == RVF_RIGHT_GRANT_ONCE && fd == -EINVAL)
		return 0;
	if (fd >= 0)
		close(fd);
	return done(fd);
}

static int revoke_it(struct tried *t)
{
	return done(handle_revoke(t->handle, 0));
}

static int region_info(struct tried *t)
{
	struct rvf_region_info arg = { .size = sizeof(arg) };

	return rvf(t->handle, RVF_REGION_INFO, &arg);
}

static int take(struct tried *t)
{
	uint64_t slot;
	int result = slot_alloc(t->handle, &slot);

	if (!result)
		must_rvf(slot_free(t->full, slot));
	return result;
}

static int write_slot(struct tried *t)
{
	return slot_write(t->handle, t->slot, 0, "x", 1);
}

static int read_slot(struct tried *t)
{
	char byte;

	return slot_read(t->handle, t->slot, 0, &byte, 1);
}

static int free_slot(struct tried *t)
{
	return slot_free(t->handle, t->slot);
}

static int queue_info(struct tried *t)
{
	struct rvf_queue_info arg = { .size = sizeof(arg) };

	return rvf(t->handle, RVF_QUEUE_INFO, &arg);
}

static int batch(struct tried *t, unsigned long command)
{
	char byte = 0;
	struct rvf_message message = { .buffer = (uintptr_t)&byte, .length = 1 };
	struct rvf_queue_batch arg = {
		.size = sizeof(arg),
		.messages = (uintptr_t)&message,
		.count = 1,
		.entry_size = sizeof(message),
	};

	return rvf(t->handle, command, &arg);
}

static int queue_send(struct tried *t)
{
	return batch(t, RVF_QUEUE_SEND);
}

static int queue_recv(struct tried *t)
{
	return batch(t, RVF_QUEUE_RECV);
}

static int ring_info(struct tried *t)
{
	struct rvf_ring_info arg = { .size = sizeof(arg) };

	return rvf(t->handle, RVF_RING_INFO, &arg);
}

static int ring_wake(struct tried *t)
{
	struct rvf_ring_wake arg = { .size = sizeof(arg) };

	return rvf(t->handle, RVF_RING_WAKE, &arg);
}

/* A ring's handle takes no less */
static int try_read(struct tried *t)
{
	uint64_t number;

	return done(sys(read(t->handle, &number, sizeof(number))));
}

static int try_pread(struct tried *t)
{
	char byte;

	return done(sys(pread(t->handle, &byte, 1, 0)));
}

static int try_write(struct tried *t)
{
	return done(sys(write(t->handle, "x", 1)));
}

static int try_pwrite(struct tried *t)
{
	return done(sys(pwrite(t->handle, "x", 1, 0)));
}

static int map(struct tried *t, int prot)
{
	void *mapped = mmap(NULL, 1, prot, MAP_SHARED, t->handle, 0);

	if (mapped == MAP_FAILED)
		return -errno;
	munmap(mapped, 1);
	return 0;
}

static int map_to_read(struct tried *t)
{
	return map(t, PROT_READ);
}

static int map_to_write(struct tried *t)
{
	return map(t, PROT_READ | PROT_WRITE);
}

static int try_poll(struct tried *t)
{
	return poll_now(t->handle, POLLIN | POLLOUT) & (POLLERR | POLLHUP | POLLNVAL) ? -EIO : 0;
}

static const struct row {
	const char *name;
	unsigned long command;
	int (*issue)(struct tried *t);
} rows[] = {
#define COMMAND(name, issue)       \
	{                          \
#name, name, issue \
	}
	COMMAND(RVF_HANDLE_INFO, handle_info),
	COMMAND(RVF_HANDLE_DERIVE, derive),
	COMMAND(RVF_HANDLE_REVOKE, revoke_it),
	COMMAND(RVF_REGION_INFO, region_info),
	COMMAND(RVF_SLOT_ALLOC, take),
	COMMAND(RVF_SLOT_WRITE, write_slot),
	COMMAND(RVF_SLOT_READ, read_slot),
	COMMAND(RVF_SLOT_FREE, free_slot),
	COMMAND(RVF_QUEUE_INFO, queue_info),
	COMMAND(RVF_QUEUE_SEND, queue_send),
	COMMAND(RVF_QUEUE_RECV, queue_recv),
	COMMAND(RVF_RING_INFO, ring_info),
	COMMAND(RVF_RING_WAKE, ring_wake),
	{ "read", 0, try_read },
	{ "pread", 0, try_pread },
	{ "write", 0, try_write },
	{ "pwrite", 0, try_pwrite },
	{ "mmap to read", 0, map_to_read },
	{ "mmap to write", 0, map_to_write },
	{ "poll", 0, try_poll },
};

/* ---- the table */

static char *cells[ARRAY_SIZE(rows)][OBJECTS];

static const struct row *row_of(const char *name)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!strcmp(rows[i].name, name))
			return &rows[i];
	}
	die("the table has '%s', which this test does not know", name);
}

static void read_table(void)
{
	char *text = read_whole(beside("rights.csv"), &(size_t){ 0 }), *line, *rest, *next, *name;

	/* The first line names the columns */
	strtok_r(text, "\n", &rest);
	while ((line = strtok_r(NULL, "\n", &rest))) {
		const struct row *row;

		name = strtok_r(line, ",", &next);
		row = row_of(name);
		for (int object = 0; object < OBJECTS; object++) {
			cells[row - rows][object] = strtok_r(NULL, ",", &next);
			if (!cells[row - rows][object])
				die("the table's line '%s' is too short", name);
		}
	}
}

static unsigned int right_named(const char *text, size_t length)
{
	static const struct {
		const char *name;
		unsigned int right;
	} names[] = {
		{ "READ", R },
		{ "WRITE", W },
		{ "GRANT", RVF_RIGHT_GRANT },
		{ "REVOKE", RVF_RIGHT_REVOKE },
		{ "GRANT_ONCE", RVF_RIGHT_GRANT_ONCE },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
		if (strlen(names[i].name) == length && !strncmp(names[i].name, text, length))
			return names[i].right;
	}
	return 0;
}

static int error_named(const char *text)
{
	static const struct {
		const char *name;
		int error;
	} names[] = {
		{ "EPERM", EPERM },   { "EACCES", EACCES }, { "ENOTTY", ENOTTY },
		{ "ESPIPE", ESPIPE }, { "ENODEV", ENODEV }, { "EINVAL", EINVAL },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
		if (!strcmp(names[i].name, text))
			return names[i].error;
	}
	die("'%s' in the table is neither a right nor an error", text);
}

/* What the table says of a handle with these rights */
static int expected(const char *cell, unsigned int rights)
{
	const char *both = strstr(cell, " and "), *either = strstr(cell, " or ");
	unsigned int first, second;

	if (!strcmp(cell, "any"))
		return 0;
	if (both) {
		first = right_named(cell, both - cell);
		second = right_named(both + 5, strlen(both + 5));
		return first & rights && second & rights ? 0 : -EACCES;
	}
	if (either) {
		first = right_named(cell, either - cell);
		second = right_named(either + 4, strlen(either + 4));
		if ((first | second) & rights)
			return 0;
		/* RuVix's CannotGrant */
		return first == RVF_RIGHT_GRANT ? -EPERM : -EACCES;
	}
	first = right_named(cell, strlen(cell));
	if (first)
		return first & rights ? 0 : -EACCES;
	return -error_named(cell);
}

/* ---- the walk */

static void drain(int queue)
{
	char bytes[QUEUE_MESSAGE];

	while (read(queue, bytes, sizeof(bytes)) > 0)
		;
}

/* In a state in which nothing but rights can be in the way */
static void prepare(struct tried *t, enum object object)
{
	if (object == SLAB)
		must_rvf(slot_alloc(t->full, &t->slot));
	if (object == QUEUE) {
		drain(t->full);
		must(write(t->full, "m", 1));
	}
}

static int mount_all_kinds(void)
{
	struct pkg *pkg = pkg_usual();
	int ctl = ctl_open(), mount;

	key_trust(ctl, KEY_OWNER);
	pkg_slab(pkg, "slab", SLOTS, SLOT_SIZE);
	/* Nobody has written to it: so either end is told of its first epoch. */
	pkg_ring(pkg, "ring", 4, 16);
	pkg_finish(pkg, KEY_OWNER);
	mount = must_rvf(pkg_mount(pkg, ctl, NULL, NULL));
	close(ctl);
	return mount;
}

FIXTURE(rights)
{
	int mount;
	int full[OBJECTS];
};

FIXTURE_SETUP(rights)
{
	read_table();
	self->mount = mount_all_kinds();
	for (int object = 0; object < OBJECTS; object++)
		self->full[object] = must_rvf(mount_get(self->mount, object_names[object], 0));
	must(fcntl(self->full[QUEUE], F_SETFL, O_NONBLOCK));
}

FIXTURE_TEARDOWN(rights)
{
	close(self->mount);
}

TEST_F_TIMEOUT(rights, table, 60)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(rows) * OBJECTS * (ALL + 1); i++) {
		unsigned int rights = i % (ALL + 1);
		enum object object = i / (ALL + 1) % OBJECTS;
		const struct row *row = &rows[i / (ALL + 1) / OBJECTS];
		const char *cell = cells[row - rows][object];
		struct tried t = { .full = self->full[object] };

		ASSERT_NE(NULL, cell)
		{
			TH_LOG("%s is not in the table", row->name);
		}
		if (!rights || rights & ~ALL || (object == IMMUTABLE && rights & W))
			continue;
		t.handle = must_rvf(handle_derive(t.full, rights, 0));
		must(fcntl(t.handle, F_SETFL, O_NONBLOCK));
		prepare(&t, object);
		EXPECT_EQ(expected(cell, rights), row->issue(&t))
		{
			TH_LOG("%s on '%s' with rights %#x: the table says %s", row->name,
			       object_names[object], rights, cell);
		}
		if (object == SLAB)
			slot_free(t.full, t.slot);
		close(t.handle);
	}
}

/* No command of a handle is missing in the table */
TEST_F(rights, complete)
{
	for (unsigned int number = 0; number < 256; number++) {
		bool known = false;

		for (unsigned int i = 0; i < ARRAY_SIZE(rows); i++)
			known |= rows[i].command == _IO(RVF_IOC_TYPE, number);
		for (int object = 0; object < OBJECTS && !known; object++) {
			uint32_t no_size = 0;

			EXPECT_EQ(-ENOTTY,
				  rvf(self->full[object], _IO(RVF_IOC_TYPE, number), &no_size))
			{
				TH_LOG("command %#x on '%s'", number, object_names[object]);
			}
		}
	}
}

TEST_HARNESS_MAIN
