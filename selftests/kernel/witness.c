// SPDX-License-Identifier: GPL-2.0-only
/*
 * The witness: a record of each kind through what it tells of, the chain
 * computed again here, and a log that is full. The module is loaded anew for
 * each test, with what the test needs.
 */
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "util_netlink.h"
#include "util_task.h"
#include "util_witness.h"

#define PARAMETER "/sys/module/rvf/parameters/witness_full"
#define SMALL	  "witness_bytes=65536 witness_full="
/* What a record without a text takes */
#define LEAST (sizeof(struct rvf_witness_header) + sizeof(struct rvf_witness_payload))

FIXTURE(witness)
{
	int ctl;
	struct pkg *pkg;
};

/* Whatever a test before this one left is closed; releases may still be at work */
static void load(const char *parameters)
{
	const char *module = getenv("RVF_MODULE");
	int fd;

	for (int i = 0; syscall(SYS_delete_module, "rvf", O_NONBLOCK); i++) {
		if (errno == ENOENT)
			break;
		if (i == 100)
			die("the module cannot be removed: %s", strerror(errno));
		sleep_ms(patience(50));
	}
	fd = must(open(module, O_RDONLY | O_CLOEXEC));
	must(syscall(SYS_finit_module, fd, parameters, 0));
	close(fd);
}

static void fresh(FIXTURE_DATA(witness) * self, const char *parameters)
{
	load(parameters);
	self->ctl = ctl_open();
	key_trust(self->ctl, KEY_OWNER);
}

FIXTURE_SETUP(witness)
{
	if (!getenv("RVF_MODULE"))
		SKIP(return, "the module may not be removed here");
	self->pkg = pkg_usual();
	pkg_finish(self->pkg, KEY_OWNER);
}

FIXTURE_TEARDOWN(witness)
{
}

/* A mount that comes and goes: 0, or what RVF_MOUNT says */
static int come_and_go(FIXTURE_DATA(witness) * self)
{
	struct rvf_mount arg;
	int mount = pkg_mount(self->pkg, self->ctl, NULL, &arg);

	if (mount < 0)
		return arg.out_reason == RVF_REASON_WITNESS_FULL ? mount : -EPROTO;
	must_rvf(unmount(mount, 0));
	if (!wait_gone(mount))
		die("an unmount does not end");
	close(mount);
	return 0;
}

static bool fill_mounts(FIXTURE_DATA(witness) * self)
{
	int result;

	do {
		result = come_and_go(self);
	} while (!result);
	return result == -ENOSPC;
}

/* Records that nothing but room bounds */
static void fill_all(FIXTURE_DATA(witness) * self, int mount)
{
	for (int i = 0; i < 2000 && !ctl_info(self->ctl).out_witness_lost; i++)
		close(must_rvf(mount_get(mount, "log", 0)));
}

static int mark(int ctl, uint64_t sequence, const uint8_t *hash)
{
	struct rvf_witness_mark arg = { .size = sizeof(arg), .sequence = sequence };

	memcpy(arg.hash, hash, sizeof(arg.hash));
	return rvf(ctl, RVF_WITNESS_MARK, &arg);
}

#define NEXT(wanted)                                                                   \
	ASSERT_TRUE(witness_next(&log, &at, &r));                                      \
	ASSERT_EQ(wanted, r.header.type)                                               \
	{                                                                              \
		TH_LOG("record %llu", (unsigned long long)le64toh(r.header.sequence)); \
	}

/* All that happens to a mount, in the order in which it did */
TEST_F(witness, records)
{
	const char *name = unique_name("/test/witness");
	struct rvf_mount_info info;
	struct witness_record r;
	struct rvf_mount arg;
	struct witness log;
	struct task task;
	uint8_t id[RVF_KEY_ID_LEN], digest[RVF_DIGEST_LEN];
	unsigned int reason, grants = self->pkg->n_grants;
	int mount, handle, derived, task_fd, image_fd;
	size_t at = 0;

	fresh(self, "");
	key_id(KEY_OWNER, id);
	mount = must_rvf(pkg_mount(self->pkg, self->ctl, name, NULL));
	EXPECT_EQ(-EEXIST, pkg_mount(self->pkg, self->ctl, name, &arg));
	info = mount_info(mount);
	handle = must_rvf(mount_get(mount, "log", 0));
	derived = must_rvf(handle_derive(handle, RVF_RIGHT_READ, 7));
	EXPECT_EQ(2, must_rvf(handle_revoke(handle, 0)));
	must_rvf(supervise(mount));
	must_rvf(task_begin(mount, 0, &task_fd, &image_fd, NULL));
	task.mount = mount;
	task.component = 0;
	jail_spawn(&task, task_fd, image_fd, WITHOUT_NNP);
	EXPECT_EQ(-EPERM, task_bind(&task, &reason));
	EXPECT_EQ(-EPERM, task_bind(&task, &reason));
	task_kill(&task);
	close(task_fd);
	close(image_fd);
	task_spawn(&task, mount, 1, 0);
	must_rvf(task_bind(&task, NULL));
	task_kill(&task);
	ASSERT_TRUE(wait_task_state(mount, 1, RVF_TASK_EXITED));
	must_rvf(unmount(mount, 0));
	ASSERT_TRUE(wait_gone(mount));

	witness_load(&log, self->ctl, 0);
	EXPECT_EQ(0, log.first);
	EXPECT_EQ(0, log.lost);
	EXPECT_TRUE(witness_linear(&log));
	NEXT(RVF_WITNESS_BOOT);
	EXPECT_EQ(0, r.header.sequence);
	EXPECT_NE('\0', r.text[0]);
	NEXT(RVF_WITNESS_KEY_ADDED);
	EXPECT_EQ(0, memcmp(id, r.payload.key, sizeof(id)));
	NEXT(RVF_WITNESS_MOUNT);
	EXPECT_STREQ(name, r.text);
	EXPECT_EQ(info.out_id, le64toh(r.payload.mount));
	EXPECT_EQ(0, memcmp(id, r.payload.key, sizeof(id)));
	sha256(self->pkg->manifest, self->pkg->manifest_len, digest);
	EXPECT_EQ(0, memcmp(digest, r.payload.digest, sizeof(digest)));
	EXPECT_EQ(getpid(), (int)le32toh(r.payload.pid));
	for (unsigned int i = 0; i < grants; i++) {
		const struct rvf_m_grant *g = &self->pkg->m_grants[i];

		NEXT(RVF_WITNESS_GRANT);
		EXPECT_EQ(self->pkg->grant_of[i], le32toh(r.payload.task));
		EXPECT_EQ(g->kind, r.payload.kind);
		EXPECT_EQ(g->object, r.payload.object);
		EXPECT_EQ(g->rights, r.payload.rights);
		EXPECT_EQ(g->badge, r.payload.value);
	}
	NEXT(RVF_WITNESS_REFUSED);
	EXPECT_EQ(EEXIST, (int)le32toh(r.payload.code));
	EXPECT_EQ(RVF_REASON_NAME_IN_USE, le32toh(r.payload.reason));
	EXPECT_STREQ(name, r.text);
	NEXT(RVF_WITNESS_GRANT);
	EXPECT_EQ(RVF_WITNESS_NONE, le32toh(r.payload.task));
	EXPECT_STREQ("log", r.text);
	EXPECT_EQ(0, r.payload.code);
	NEXT(RVF_WITNESS_GRANT);
	EXPECT_EQ(1, (int)le32toh(r.payload.code));
	EXPECT_EQ(RVF_RIGHT_READ, le32toh(r.payload.rights));
	EXPECT_EQ(7, le64toh(r.payload.value));
	NEXT(RVF_WITNESS_REVOKE);
	EXPECT_EQ(2, le64toh(r.payload.value));
	NEXT(RVF_WITNESS_CLAIMED);
	/* Once, however often it tries */
	NEXT(RVF_WITNESS_BIND_REFUSED);
	EXPECT_EQ(RVF_REASON_BIND_NNP, le32toh(r.payload.reason));
	NEXT(RVF_WITNESS_BOUND);
	EXPECT_STREQ("two", r.text);
	EXPECT_EQ(1, le64toh(r.payload.value));
	EXPECT_EQ(1, le32toh(r.payload.task));
	EXPECT_EQ(0, memcmp(self->pkg->m_segments[le32toh(self->pkg->m_components[1].image)].digest,
			    r.payload.digest, RVF_DIGEST_LEN));
	EXPECT_NE(0, r.payload.uid);
	NEXT(RVF_WITNESS_ENDED);
	EXPECT_EQ(RVF_EXIT_SIGNAL, le32toh(r.payload.reason));
	EXPECT_EQ(SIGKILL, (int)le32toh(r.payload.code));
	NEXT(RVF_WITNESS_UNMOUNTING);
	EXPECT_EQ(getpid(), (int)le32toh(r.payload.pid));
	NEXT(RVF_WITNESS_UNMOUNT);
	EXPECT_STREQ(name, r.text);
	EXPECT_EQ(0, r.payload.pid);
	EXPECT_FALSE(witness_next(&log, &at, &r));

	/* The claim goes with its fd, when the mount is gone already */
	close(mount);
	witness_load(&log, self->ctl, log.next);
	at = 0;
	NEXT(RVF_WITNESS_UNCLAIMED);
	close(handle);
	close(derived);
}

/* RVF_VERIFY mounts nothing, and one that was loaded anew is another chain */
TEST_F(witness, chains_differ)
{
	struct witness one, two;
	uint64_t next;

	fresh(self, "");
	next = ctl_info(self->ctl).out_witness_next;
	must_rvf(pkg_verify(self->pkg, self->ctl, NULL, NULL));
	EXPECT_EQ(next, ctl_info(self->ctl).out_witness_next);
	witness_load(&one, self->ctl, 0);
	close(self->ctl);
	fresh(self, "");
	witness_load(&two, self->ctl, 0);
	EXPECT_NE(0, memcmp(one.head, two.head, sizeof(one.head)));
}

TEST_F(witness, reading)
{
	struct rvf_witness_read arg;
	uint8_t buffer[4096], zero[RVF_DIGEST_LEN] = { 0 };
	struct rvf_ctl_info info;
	struct witness log;
	int other;

	fresh(self, "");
	info = ctl_info(self->ctl);
	EXPECT_EQ(0, info.out_witness_first);
	EXPECT_EQ(2, info.out_witness_next);
	EXPECT_EQ(2, witness_read_at(self->ctl, 0, buffer, sizeof(buffer), &arg));
	EXPECT_EQ(0, memcmp(info.out_witness_head, arg.out_head, sizeof(arg.out_head)));
	EXPECT_EQ(0, witness_read_at(self->ctl, 2, NULL, 0, &arg));
	EXPECT_EQ(-EINVAL, witness_read_at(self->ctl, 3, buffer, sizeof(buffer), &arg));
	EXPECT_EQ(-EINVAL, witness_read_at(self->ctl, UINT64_MAX, buffer, sizeof(buffer), &arg));
	EXPECT_EQ(-EMSGSIZE, witness_read_at(self->ctl, 0, buffer, LEAST - 1, &arg));
	EXPECT_EQ(2, arg.out_next);
	EXPECT_LT(LEAST, arg.length);
	/* As much as it said is enough, and a byte less than two is one */
	memset(buffer, '#', sizeof(buffer));
	EXPECT_EQ(1, witness_read_at(self->ctl, 0, buffer, arg.length, &arg));
	EXPECT_EQ('#', buffer[arg.length]);
	EXPECT_EQ(-EFAULT, witness_read_at(self->ctl, 0, nowhere(), sizeof(buffer), &arg));
	/* A length that nobody has the memory for is cut, not tried */
	EXPECT_EQ(2, witness_read_at(self->ctl, 0, buffer, UINT32_MAX, &arg));

	witness_load(&log, self->ctl, 0);
	EXPECT_EQ(-EILSEQ, mark(self->ctl, 1, zero));
	EXPECT_EQ(-ENOENT, mark(self->ctl, 2, log.head));
	EXPECT_EQ(-EILSEQ, mark(self->ctl, 0, log.head));
	EXPECT_EQ(0, mark(self->ctl, 1, log.head));

	/* Each open file is told of what it has not read */
	other = ctl_open();
	EXPECT_EQ(0, poll_now(self->ctl, POLLIN));
	EXPECT_EQ(POLLIN, poll_now(other, POLLIN));
	EXPECT_EQ(0, come_and_go(self));
	EXPECT_EQ(POLLIN, poll_for(self->ctl, POLLIN, 5000));
}

/* A poller that sleeps is woken */
TEST_F(witness, poll_wakes)
{
	struct witness log;
	pid_t pid;

	fresh(self, "");
	witness_load(&log, self->ctl, 0);
	pid = child();
	if (pid == 0)
		_exit(poll_for(self->ctl, POLLIN, 60000) == POLLIN ? 0 : 1);
	sleep_ms(100);
	EXPECT_EQ(0, come_and_go(self));
	EXPECT_EQ(0, reap(pid));
}

/* What one process does again and again cannot push out what others did */
TEST_F(witness, flood)
{
	const unsigned int many = 3 * RVF_WITNESS_TASK_RECORDS;
	struct witness_record r;
	struct witness log;
	unsigned int told = 0;
	uint64_t untold = 0;
	int mount, handle;
	size_t at = 0;

	fresh(self, "");
	mount = must_rvf(pkg_mount(self->pkg, self->ctl, NULL, NULL));
	handle = must_rvf(mount_get(mount, "log", 0));
	for (unsigned int i = 0; i < many; i++)
		close(must_rvf(handle_derive(handle, RVF_RIGHT_READ, 0)));
	must_rvf(unmount(mount, 0));
	ASSERT_TRUE(wait_gone(mount));
	witness_load(&log, self->ctl, 0);
	EXPECT_TRUE(witness_linear(&log));
	while (witness_next(&log, &at, &r)) {
		told += r.header.type == RVF_WITNESS_GRANT && r.payload.code;
		if (r.header.type == RVF_WITNESS_UNMOUNT)
			untold = le64toh(r.payload.value);
	}
	EXPECT_EQ(RVF_WITNESS_TASK_RECORDS, told);
	EXPECT_EQ(many - RVF_WITNESS_TASK_RECORDS, untold);
	close(handle);
}

/* A task likewise; its next incarnation is told of again */
TEST_F(witness, flood_by_task)
{
	const unsigned int many = RVF_WITNESS_TASK_RECORDS + 10;
	struct rvf_handle_derive derive = { .size = sizeof(derive), .rights = RVF_RIGHT_READ };
	unsigned int told = 0, ended = 0;
	struct witness_record r;
	struct witness log;
	struct task task;
	int mount, fd;
	size_t at = 0;

	fresh(self, "");
	mount = must_rvf(pkg_mount(self->pkg, self->ctl, NULL, NULL));
	must_rvf(supervise(mount));
	for (int round = 0; round < 2; round++) {
		task_spawn(&task, mount, 0, 0);
		must_rvf(task_bind(&task, NULL));
		fd = must_rvf(task_get(&task, "log", 0));
		for (unsigned int i = 0; i < many; i++) {
			must_rvf(task_ioctl(&task, fd, RVF_HANDLE_DERIVE, &derive));
			task.used = 0;
		}
		task_kill(&task);
		ASSERT_TRUE(wait_task_state(mount, 0, RVF_TASK_EXITED));
	}
	witness_load(&log, self->ctl, 0);
	while (witness_next(&log, &at, &r)) {
		told += r.header.type == RVF_WITNESS_GRANT && r.payload.code;
		if (r.header.type == RVF_WITNESS_ENDED) {
			EXPECT_EQ(many - RVF_WITNESS_TASK_RECORDS, le64toh(r.payload.value));
			ended++;
		}
	}
	EXPECT_EQ(2, ended);
	EXPECT_EQ(2 * RVF_WITNESS_TASK_RECORDS, told);
	close(mount);
}

/* Mounts are refused, and what goes can always go and is told of */
TEST_F(witness, full_refuses)
{
	struct witness log;
	uint64_t next;
	int mount;

	fresh(self, SMALL "0");
	mount = must_rvf(pkg_mount(self->pkg, self->ctl, NULL, NULL));
	ASSERT_TRUE(fill_mounts(self));
	next = ctl_info(self->ctl).out_witness_next;
	EXPECT_EQ(-ENOSPC, come_and_go(self));
	EXPECT_EQ(next, ctl_info(self->ctl).out_witness_next);
	EXPECT_EQ(0, unmount(mount, 0));
	EXPECT_TRUE(wait_gone(mount));
	EXPECT_EQ(-ENOSPC, come_and_go(self));
	witness_load(&log, self->ctl, 0);
	EXPECT_EQ(0, log.first);
	EXPECT_EQ(0, log.lost);
	EXPECT_EQ(next + 2, log.next);
	EXPECT_TRUE(witness_linear(&log));

	/* Exporting is no help by this policy */
	EXPECT_EQ(0, mark(self->ctl, log.next - 1, log.head));
	EXPECT_EQ(-ENOSPC, come_and_go(self));
}

/* The oldest records go, those that were exported and no others */
TEST_F(witness, full_drops_marked)
{
	struct rvf_witness_read arg;
	struct witness log;
	uint64_t marked;
	char byte;

	fresh(self, SMALL "1");
	ASSERT_TRUE(fill_mounts(self));
	witness_load(&log, self->ctl, 0);
	EXPECT_EQ(0, log.first);
	marked = log.next;
	EXPECT_EQ(0, mark(self->ctl, marked - 1, log.head));
	EXPECT_EQ(0, come_and_go(self));
	ASSERT_TRUE(fill_mounts(self));
	EXPECT_EQ(marked, ctl_info(self->ctl).out_witness_first);
	EXPECT_EQ(-ESTALE, witness_read_at(self->ctl, marked - 1, &byte, 1, &arg));
	EXPECT_EQ(marked, arg.out_first);
	EXPECT_EQ(-ENOENT, mark(self->ctl, marked - 1, log.head));
	witness_load(&log, self->ctl, 0);
	EXPECT_TRUE(witness_linear(&log));
}

/* It wraps, many times over */
TEST_F(witness, full_drops)
{
	struct witness before, log;
	uint64_t first = 0;

	fresh(self, SMALL "2");
	for (int i = 0; i < 150; i++) {
		ASSERT_EQ(0, come_and_go(self));
		EXPECT_LE(first, ctl_info(self->ctl).out_witness_first);
		first = ctl_info(self->ctl).out_witness_first;
		if (i == 100)
			witness_load(&before, self->ctl, 0);
	}
	EXPECT_LT(0, first);
	witness_load(&log, self->ctl, 0);
	EXPECT_TRUE(witness_linear(&before));
	EXPECT_TRUE(witness_linear(&log));
	EXPECT_GE(65536, log.length);
	EXPECT_LT(65536 / 2, log.length);
	EXPECT_EQ(0, log.lost);
	/* What is held of what was held before, is the same */
	if (log.first < before.next) {
		size_t at = 0;
		struct witness_record r;

		while (before.first++ < log.first)
			ASSERT_TRUE(witness_next(&before, &at, &r));
		EXPECT_EQ(0, memcmp(before.bytes + at, log.bytes, before.length - at));
	}
	free(log.bytes);
}

/* What finds no room at all is counted, and the chain says where */
TEST_F(witness, lost)
{
	struct witness_record r = { 0 };
	struct witness log;
	uint64_t lost, next;
	size_t at = 0;
	int mount;

	fresh(self, SMALL "0");
	mount = must_rvf(pkg_mount(self->pkg, self->ctl, NULL, NULL));
	fill_all(self, mount);
	witness_load(&log, self->ctl, 0);
	next = log.next;
	EXPECT_EQ(1, log.lost);
	EXPECT_TRUE(witness_linear(&log));
	while (witness_next(&log, &at, &r))
		;
	EXPECT_EQ(RVF_WITNESS_FULL, r.header.type);

	EXPECT_EQ(0, unmount(mount, 0));
	EXPECT_TRUE(wait_gone(mount));
	close(mount);
	EXPECT_EQ(next, ctl_info(self->ctl).out_witness_next);
	lost = ctl_info(self->ctl).out_witness_lost;
	EXPECT_EQ(3, lost);
	EXPECT_EQ(-ENOSPC, come_and_go(self));

	write_file(PARAMETER, "2");
	EXPECT_EQ(0, come_and_go(self));
	EXPECT_EQ(0, ctl_info(self->ctl).out_witness_lost);
	witness_load(&log, self->ctl, next);
	at = 0;
	NEXT(RVF_WITNESS_LOST);
	EXPECT_EQ(lost, le64toh(r.payload.value));
	NEXT(RVF_WITNESS_MOUNT);
	witness_load(&log, self->ctl, 0);
	EXPECT_TRUE(witness_linear(&log));
}

/* Many at once: the chain has no fork, and each mount's records are all there */
TEST_F(witness, many_writers)
{
	enum {
		WRITERS = 4,
		ROUNDS = 10
	};
	unsigned int mounts = 0, unmounts = 0;
	struct witness_record r;
	struct witness log;
	pid_t pids[WRITERS];
	size_t at = 0;

	fresh(self, "");
	for (int i = 0; i < WRITERS; i++) {
		pids[i] = child();
		if (pids[i] == 0) {
			for (int round = 0; round < ROUNDS; round++)
				if (come_and_go(self))
					_exit(1);
			_exit(0);
		}
	}
	/* Read while it grows: each look is of one moment */
	for (int i = 0; i < 20; i++) {
		witness_load(&log, self->ctl, 0);
		free(log.bytes);
	}
	for (int i = 0; i < WRITERS; i++)
		EXPECT_EQ(0, reap(pids[i]));
	witness_load(&log, self->ctl, 0);
	EXPECT_TRUE(witness_linear(&log));
	while (witness_next(&log, &at, &r)) {
		mounts += r.header.type == RVF_WITNESS_MOUNT;
		unmounts += r.header.type == RVF_WITNESS_UNMOUNT;
	}
	EXPECT_EQ(WRITERS * ROUNDS, mounts);
	EXPECT_EQ(WRITERS * ROUNDS, unmounts);
}

/* Events tell how far the log was: at least as far as what they tell of */
TEST_F(witness, events)
{
	struct nl_message *message = calloc(1, sizeof(*message));
	uint64_t before, seen = 0;
	unsigned int events = 0;
	struct nl nl;

	fresh(self, "");
	must_rvf(nl_open(&nl));
	must_rvf(nl_join(&nl));
	before = ctl_info(self->ctl).out_witness_next;
	EXPECT_EQ(0, come_and_go(self));
	/* A mount that appears, is asked to go, and is gone */
	while (events < 3 && nl_event(&nl, message, 5000)) {
		events++;
		EXPECT_TRUE(nl_has(message, RVF_NL_A_WITNESS_NEXT));
		EXPECT_TRUE(nl_has(message, RVF_NL_A_WITNESS_HEAD));
		EXPECT_LT(before, message->value[RVF_NL_A_WITNESS_NEXT]);
		EXPECT_LE(seen, message->value[RVF_NL_A_WITNESS_NEXT]);
		seen = message->value[RVF_NL_A_WITNESS_NEXT];
	}
	EXPECT_EQ(3, events);
	EXPECT_EQ(ctl_info(self->ctl).out_witness_next, seen);
	EXPECT_EQ(0, memcmp(ctl_info(self->ctl).out_witness_head, message->witness_head,
			    RVF_DIGEST_LEN));
	nl_close(&nl);
}

TEST_HARNESS_MAIN
