// SPDX-License-Identifier: GPL-2.0-only
/*
 * Generic netlink: the dumps say what there is, events say what happens, and
 * neither is for everyone.
 */
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "util_netlink.h"
#include "util_package.h"
#include "util_task.h"

FIXTURE(netlink)
{
	int ctl;
	int mount;
	struct pkg *pkg;
	const char *name;
	struct rvf_mount arg;
	struct nl nl;
};

FIXTURE_SETUP(netlink)
{
	self->ctl = ctl_open();
	key_trust(self->ctl, KEY_OWNER);
	self->pkg = pkg_usual();
	pkg_finish(self->pkg, KEY_OWNER);
	self->name = unique_name("/test/netlink");
	self->mount = must_rvf(pkg_mount(self->pkg, self->ctl, self->name, &self->arg));
	ASSERT_EQ(0, nl_open(&self->nl));
}

FIXTURE_TEARDOWN(netlink)
{
	int mount = open_mount(self->ctl, self->name);

	nl_close(&self->nl);
	if (mount >= 0) {
		unmount(mount, 0);
		EXPECT_TRUE(wait_gone(mount));
	}
}

#define MESSAGES 2048

struct seen {
	unsigned int count;
	struct nl_message messages[MESSAGES];
};

static void collect(const struct nl_message *message, void *arg)
{
	struct seen *seen = arg;

	if (seen->count < MESSAGES)
		seen->messages[seen->count++] = *message;
}

/* All messages of a dump, in memory that the test's end frees */
static struct seen *dump(struct nl *nl, unsigned int command, uint64_t mount_id)
{
	struct seen *seen = calloc(1, sizeof(*seen));
	int count = nl_dump(nl, command, mount_id, collect, seen);

	if (count < 0)
		die("dump %u: %s", command, strerror(-count));
	return seen;
}

TEST_F(netlink, mounts)
{
	struct seen *seen = dump(&self->nl, RVF_NL_MOUNT, 0);
	int nameless = must_rvf(pkg_mount(self->pkg, self->ctl, NULL, NULL));
	const struct nl_message *ours = NULL;
	uint8_t id[RVF_KEY_ID_LEN];

	EXPECT_EQ(count_mounts(self->ctl), seen->count + 1);
	for (unsigned int i = 0; i < seen->count; i++) {
		EXPECT_EQ(RVF_NL_MOUNT, seen->messages[i].command);
		EXPECT_FALSE(seen->messages[i].odd);
		EXPECT_FALSE(nl_has(&seen->messages[i], RVF_NL_A_EVENT));
		if (seen->messages[i].value[RVF_NL_A_MOUNT_ID] == self->arg.out_id)
			ours = &seen->messages[i];
	}
	ASSERT_NE(NULL, ours);
	key_id(KEY_OWNER, id);
	EXPECT_STREQ(self->name, ours->name);
	EXPECT_STREQ("usual", ours->package);
	EXPECT_EQ(7, ours->value[RVF_NL_A_VERSION]);
	EXPECT_TRUE(nl_has(ours, RVF_NL_A_VERSION));
	EXPECT_EQ(0, memcmp(id, ours->key_id, sizeof(id)));
	EXPECT_STREQ("pem/owner.pem", ours->key_label);
	EXPECT_TRUE(nl_has(ours, RVF_NL_A_STATE));
	EXPECT_EQ(RVF_MOUNT_LIVE, ours->value[RVF_NL_A_STATE]);
	EXPECT_EQ(2, ours->value[RVF_NL_A_TASKS]);
	EXPECT_EQ(mount_info(self->mount).out_bytes, ours->value[RVF_NL_A_BYTES]);
	EXPECT_TRUE(nl_has(ours, RVF_NL_A_SUPERVISED));
	EXPECT_EQ(0, ours->value[RVF_NL_A_SUPERVISED]);

	/* One without a name has none here */
	seen = dump(&self->nl, RVF_NL_MOUNT, 0);
	for (unsigned int i = 0; i < seen->count; i++) {
		if (seen->messages[i].value[RVF_NL_A_MOUNT_ID] == mount_info(nameless).out_id)
			EXPECT_FALSE(nl_has(&seen->messages[i], RVF_NL_A_NAME));
	}
	must_rvf(supervise(self->mount));
	seen = dump(&self->nl, RVF_NL_MOUNT, 0);
	for (unsigned int i = 0; i < seen->count; i++) {
		if (seen->messages[i].value[RVF_NL_A_MOUNT_ID] == self->arg.out_id)
			EXPECT_EQ(1, seen->messages[i].value[RVF_NL_A_SUPERVISED]);
	}
}

TEST_F(netlink, tasks)
{
	struct seen *seen;
	struct task task;

	task_start(&task, self->mount, 1);
	seen = dump(&self->nl, RVF_NL_TASK, self->arg.out_id);
	ASSERT_EQ(2, seen->count);
	for (unsigned int i = 0; i < 2; i++) {
		const struct nl_message *message = &seen->messages[i];

		EXPECT_FALSE(message->odd);
		EXPECT_EQ(RVF_NL_TASK, message->command);
		EXPECT_EQ(self->arg.out_id, message->value[RVF_NL_A_MOUNT_ID]);
		EXPECT_TRUE(nl_has(message, RVF_NL_A_COMPONENT));
		EXPECT_EQ(i, message->value[RVF_NL_A_COMPONENT]);
		EXPECT_STREQ(i ? "two" : "one", message->name);
		EXPECT_EQ(RVF_COMPONENT_NATIVE, message->value[RVF_NL_A_KIND]);
		EXPECT_EQ(i ? RVF_TASK_BOUND : RVF_TASK_DECLARED, message->value[RVF_NL_A_STATE]);
		EXPECT_EQ(i, message->value[RVF_NL_A_INCARNATION]);
		EXPECT_EQ(i ? task.pid : 0, message->value[RVF_NL_A_PID]);
	}
	must(kill(task.pid, SIGTERM));
	must(kill(task.pid, SIGKILL));
	task_reap(&task);
	EXPECT_TRUE(wait_task_state(self->mount, 1, RVF_TASK_EXITED));
	seen = dump(&self->nl, RVF_NL_TASK, self->arg.out_id);
	EXPECT_EQ(RVF_TASK_EXITED, seen->messages[1].value[RVF_NL_A_STATE]);
	EXPECT_EQ(RVF_EXIT_SIGNAL, seen->messages[1].value[RVF_NL_A_EXIT_KIND]);
	EXPECT_EQ(SIGKILL, seen->messages[1].value[RVF_NL_A_EXIT_CODE]);
	EXPECT_EQ(0, seen->messages[1].value[RVF_NL_A_PID]);
}

static const struct nl_message *object_named(const struct seen *seen, const char *name)
{
	for (unsigned int i = 0; i < seen->count; i++) {
		if (!strcmp(seen->messages[i].name, name))
			return &seen->messages[i];
	}
	die("no object %s in the dump", name);
}

TEST_F(netlink, objects)
{
	struct seen *seen = dump(&self->nl, RVF_NL_OBJECT, self->arg.out_id);
	const struct nl_message *message;
	int log = must_rvf(mount_get(self->mount, "log", 0));
	int queue = must_rvf(mount_get(self->mount, "queue", 0));
	uint8_t digest[RVF_DIGEST_LEN];

	ASSERT_EQ(3, seen->count);
	for (unsigned int i = 0; i < 3; i++) {
		EXPECT_FALSE(seen->messages[i].odd);
		EXPECT_EQ(RVF_NL_OBJECT, seen->messages[i].command);
		EXPECT_EQ(self->arg.out_id, seen->messages[i].value[RVF_NL_A_MOUNT_ID]);
		EXPECT_EQ(0, seen->messages[i].value[RVF_NL_A_HOLDERS]);
		EXPECT_EQ(0, seen->messages[i].n_holders);
		EXPECT_EQ(2, seen->messages[i].n_grants);
	}
	message = object_named(seen, "data");
	EXPECT_EQ(RVF_OBJECT_REGION, message->value[RVF_NL_A_KIND]);
	EXPECT_TRUE(nl_has(message, RVF_NL_A_POLICY));
	EXPECT_EQ(RVF_REGION_IMMUTABLE, message->value[RVF_NL_A_POLICY]);
	EXPECT_EQ(DATA_LENGTH, message->value[RVF_NL_A_SIZE]);
	EXPECT_EQ(DATA_LENGTH, message->value[RVF_NL_A_USED]);

	EXPECT_EQ(5, write(log, "12345", 5));
	EXPECT_EQ(1, write(queue, "m", 1));
	seen = dump(&self->nl, RVF_NL_OBJECT, self->arg.out_id);
	message = object_named(seen, "log");
	EXPECT_EQ(RVF_REGION_APPEND_ONLY, message->value[RVF_NL_A_POLICY]);
	EXPECT_EQ(LOG_SIZE, message->value[RVF_NL_A_SIZE]);
	EXPECT_EQ(5, message->value[RVF_NL_A_USED]);
	message = object_named(seen, "queue");
	EXPECT_EQ(RVF_OBJECT_QUEUE, message->value[RVF_NL_A_KIND]);
	EXPECT_EQ(QUEUE_SLOTS, message->value[RVF_NL_A_SLOTS]);
	EXPECT_EQ(QUEUE_MESSAGE, message->value[RVF_NL_A_SIZE]);
	EXPECT_EQ(1, message->value[RVF_NL_A_USED]);
	sha256("sample/1", 8, digest);
	EXPECT_EQ(0, memcmp(digest, &message->value[RVF_NL_A_TYPE], 4));
	EXPECT_STREQ("sample/1", message->type_name);
	for (int i = 0; i < 2; i++) {
		EXPECT_TRUE(message->grants[i].has_component);
		EXPECT_EQ(i, message->grants[i].component);
		EXPECT_EQ(1 | 2 | 4 | 8, message->grants[i].rights);
		EXPECT_EQ(101 + i, message->grants[i].badge);
	}
}

/* Who holds what, and how it came to that */
TEST_F(netlink, holders)
{
	int root = must_rvf(mount_get(self->mount, "queue", 0));
	int derived = must_rvf(handle_derive(root, RVF_RIGHT_WRITE, 9));
	const struct nl_message *message;
	struct task task;
	unsigned int admins = 0, tasks = 0, deep = 0;

	task_start(&task, self->mount, 1);
	must_rvf(task_get(&task, "queue", RVF_RIGHT_READ));
	message = object_named(dump(&self->nl, RVF_NL_OBJECT, self->arg.out_id), "queue");
	EXPECT_EQ(3, message->value[RVF_NL_A_HOLDERS]);
	ASSERT_EQ(3, message->n_holders);
	for (unsigned int i = 0; i < 3; i++) {
		const struct nl_holder *holder = &message->holders[i];

		if (holder->has_component) {
			EXPECT_EQ(1, holder->component);
			EXPECT_EQ(RVF_RIGHT_READ, holder->rights);
			EXPECT_EQ(102, holder->badge);
			tasks++;
		} else if (holder->depth) {
			EXPECT_EQ(1, holder->depth);
			EXPECT_EQ(RVF_RIGHT_WRITE, holder->rights);
			EXPECT_EQ(9, holder->badge);
			deep++;
		} else {
			EXPECT_EQ(0, holder->badge);
			admins++;
		}
	}
	EXPECT_EQ(1, tasks);
	EXPECT_EQ(1, deep);
	EXPECT_EQ(1, admins);
	/* A revoked one is live no more, nor is a closed one */
	close(derived);
	handle_revoke(root, 0);
	message = object_named(dump(&self->nl, RVF_NL_OBJECT, self->arg.out_id), "queue");
	EXPECT_EQ(1, message->value[RVF_NL_A_HOLDERS]);
	task_kill(&task);
	EXPECT_TRUE(wait_task_state(self->mount, 1, RVF_TASK_EXITED));
	message = object_named(dump(&self->nl, RVF_NL_OBJECT, self->arg.out_id), "queue");
	EXPECT_EQ(0, message->value[RVF_NL_A_HOLDERS]);
}

TEST_F(netlink, many_holders)
{
	int root = must_rvf(mount_get(self->mount, "queue", 0));
	const struct nl_message *message;

	for (int i = 0; i < 399; i++)
		must_rvf(handle_derive(root, RVF_RIGHT_WRITE, i + 1));
	message = object_named(dump(&self->nl, RVF_NL_OBJECT, self->arg.out_id), "queue");
	EXPECT_EQ(400, message->value[RVF_NL_A_HOLDERS]);
	EXPECT_EQ(NL_GRANTS, message->n_holders);
	EXPECT_FALSE(message->odd);
}

TEST_F(netlink, one_mount)
{
	unsigned int mounts = count_mounts(self->ctl);
	struct rvf_mount other;
	int mount = must_rvf(pkg_mount(self->pkg, self->ctl, NULL, &other));
	struct seen *all = dump(&self->nl, RVF_NL_TASK, 0);
	struct seen *one = dump(&self->nl, RVF_NL_TASK, other.out_id);

	EXPECT_LE(4, all->count);
	ASSERT_EQ(2, one->count);
	EXPECT_EQ(other.out_id, one->messages[0].value[RVF_NL_A_MOUNT_ID]);
	EXPECT_EQ(3, dump(&self->nl, RVF_NL_OBJECT, other.out_id)->count);
	/* One that is not there has nothing */
	close(mount);
	EXPECT_TRUE(wait_mounts(self->ctl, mounts));
	EXPECT_GE(0, nl_dump(&self->nl, RVF_NL_TASK, other.out_id, NULL, NULL));
	EXPECT_GE(0, nl_dump(&self->nl, RVF_NL_OBJECT, UINT64_MAX, NULL, NULL));
}

/* More than one message holds */
TEST_F_TIMEOUT(netlink, large_dumps, 120)
{
	struct pkg *pkg = pkg_new("many");
	struct seen *seen;
	struct rvf_mount arg;

	for (unsigned int i = 0; i < 900; i++) {
		char *name;

		must(asprintf(&name, "queue-with-a-rather-long-name-%u", i));
		pkg_queue(pkg, name, 1, 1);
	}
	pkg_finish(pkg, KEY_OWNER);
	must_rvf(pkg_mount(pkg, self->ctl, NULL, &arg));
	seen = dump(&self->nl, RVF_NL_OBJECT, arg.out_id);
	ASSERT_EQ(900, seen->count);
	for (unsigned int i = 0; i < 900; i++) {
		EXPECT_EQ(i, atoi(strrchr(seen->messages[i].name, '-') + 1));
		EXPECT_FALSE(seen->messages[i].odd);
	}
}

/* A dump that is read slowly while everything it tells of goes away */
TEST_F_TIMEOUT(netlink, dump_against_unmount, 60)
{
	pid_t pid = child();
	uint64_t end = now_ms() + 4000;
	unsigned int dumps = 0;

	if (pid == 0) {
		for (;;) {
			int mount = must_rvf(pkg_mount(self->pkg, self->ctl, NULL, NULL));

			must_rvf(mount_get(mount, "log", 0));
			close(mount);
		}
	}
	while (now_ms() < end) {
		EXPECT_LE(0, nl_dump(&self->nl, RVF_NL_MOUNT, 0, NULL, NULL));
		EXPECT_LE(0, nl_dump(&self->nl, RVF_NL_TASK, 0, NULL, NULL));
		EXPECT_LE(0, nl_dump(&self->nl, RVF_NL_OBJECT, 0, NULL, NULL));
		dumps++;
	}
	must(kill(pid, SIGKILL));
	reap(pid);
	fprintf(stderr, "# %u dumps of each kind\n", dumps);
	EXPECT_LT(0, dumps);
}

/* ---- events */

static bool event_for(struct nl *nl, uint64_t mount_id, struct nl_message *message)
{
	uint64_t end = now_ms() + 5000;

	while (now_ms() < end) {
		if (nl_event(nl, message, 100) && message->value[RVF_NL_A_MOUNT_ID] == mount_id)
			return true;
	}
	return false;
}

#define EXPECT_EVENT(expected_command, expected_event)                  \
	do {                                                            \
		ASSERT_TRUE(event_for(&self->nl, id, &event));          \
		EXPECT_EQ(expected_command, event.command);             \
		EXPECT_EQ(expected_event, event.value[RVF_NL_A_EVENT]); \
		EXPECT_FALSE(event.odd);                                \
	} while (0)

#define EXPECT_TASK_EVENT(expected_component, expected_state)                   \
	do {                                                                    \
		EXPECT_EVENT(RVF_NL_TASK, RVF_NL_EVENT_TASK);                   \
		EXPECT_EQ(expected_component, event.value[RVF_NL_A_COMPONENT]); \
		EXPECT_EQ(expected_state, event.value[RVF_NL_A_STATE]);         \
	} while (0)

/* The whole life of a mount, in order and without gaps */
TEST_F(netlink, events)
{
	static struct nl_message event;
	struct rvf_mount arg;
	struct task task;
	uint64_t id;
	int mount;

	ASSERT_EQ(0, nl_join(&self->nl));
	mount = must_rvf(pkg_mount(self->pkg, self->ctl, unique_name("/test/events"), &arg));
	id = arg.out_id;
	EXPECT_EVENT(RVF_NL_MOUNT, RVF_NL_EVENT_MOUNTED);
	EXPECT_STREQ("usual", event.package);
	must_rvf(supervise(mount));
	EXPECT_EVENT(RVF_NL_MOUNT, RVF_NL_EVENT_SUPERVISED);
	task_spawn(&task, mount, 0, 0);
	EXPECT_TASK_EVENT(0, RVF_TASK_STARTING);
	EXPECT_EQ(1, event.value[RVF_NL_A_INCARNATION]);
	must_rvf(task_bind(&task, NULL));
	EXPECT_TASK_EVENT(0, RVF_TASK_BOUND);
	EXPECT_EQ(task.pid, event.value[RVF_NL_A_PID]);
	must_rvf(task_ready(&task));
	EXPECT_TASK_EVENT(0, RVF_TASK_READY);
	task_ask(&task, SYS_exit_group, 3);
	task_reap(&task);
	EXPECT_TASK_EVENT(0, RVF_TASK_EXITED);
	EXPECT_EQ(RVF_EXIT_CODE, event.value[RVF_NL_A_EXIT_KIND]);
	EXPECT_EQ(3, event.value[RVF_NL_A_EXIT_CODE]);
	task_start(&task, mount, 1);
	EXPECT_TASK_EVENT(1, RVF_TASK_STARTING);
	EXPECT_TASK_EVENT(1, RVF_TASK_BOUND);
	must_rvf(unmount(mount, 20000));
	EXPECT_EVENT(RVF_NL_MOUNT, RVF_NL_EVENT_UNMOUNTING);
	EXPECT_EQ(RVF_MOUNT_STOPPING, event.value[RVF_NL_A_STATE]);
	EXPECT_TASK_EVENT(1, RVF_TASK_STOPPING);
	task_ask(&task, SYS_exit_group, 0);
	task_reap(&task);
	EXPECT_TASK_EVENT(1, RVF_TASK_EXITED);
	EXPECT_EVENT(RVF_NL_MOUNT, RVF_NL_EVENT_UNMOUNTED);
	EXPECT_EQ(RVF_MOUNT_GONE, event.value[RVF_NL_A_STATE]);
}

TEST_F(netlink, claim_events)
{
	static struct nl_message event;
	uint64_t id = self->arg.out_id;
	struct task task;
	int second = must_rvf(open_mount(self->ctl, self->name));

	task_start(&task, self->mount, 0);
	ASSERT_EQ(0, nl_join(&self->nl));
	close(self->mount);
	self->mount = second;
	EXPECT_EVENT(RVF_NL_MOUNT, RVF_NL_EVENT_UNSUPERVISED);
	EXPECT_EQ(0, event.value[RVF_NL_A_SUPERVISED]);
	EXPECT_TASK_EVENT(0, RVF_TASK_DECLARED);
	task_reap(&task);
}

TEST_F(netlink, refused_bind_event)
{
	static struct nl_message event;
	uint64_t id = self->arg.out_id;
	struct task task;

	must_rvf(supervise(self->mount));
	task_spawn(&task, self->mount, 0, WITHOUT_NNP);
	ASSERT_EQ(0, nl_join(&self->nl));
	EXPECT_EQ(-EPERM, task_bind(&task, NULL));
	EXPECT_TASK_EVENT(0, RVF_TASK_STARTING);
	EXPECT_EQ(RVF_REASON_BIND_NNP, event.value[RVF_NL_A_BIND_REASON]);
	task_kill(&task);
}

TEST_F(netlink, nameless_close_events)
{
	static struct nl_message event;
	struct rvf_mount arg;
	uint64_t id;

	ASSERT_EQ(0, nl_join(&self->nl));
	close(must_rvf(pkg_mount(self->pkg, self->ctl, NULL, &arg)));
	id = arg.out_id;
	EXPECT_EVENT(RVF_NL_MOUNT, RVF_NL_EVENT_MOUNTED);
	EXPECT_FALSE(nl_has(&event, RVF_NL_A_NAME));
	EXPECT_EVENT(RVF_NL_MOUNT, RVF_NL_EVENT_UNMOUNTING);
	EXPECT_EVENT(RVF_NL_MOUNT, RVF_NL_EVENT_UNMOUNTED);
}

/* What was refused was never there */
TEST_F(netlink, no_event_of_a_refused_mount)
{
	static struct nl_message event;

	ASSERT_EQ(0, nl_join(&self->nl));
	self->pkg->envelope.length = 0;
	EXPECT_EQ(-ENODATA, pkg_mount(self->pkg, self->ctl, NULL, NULL));
	EXPECT_FALSE(nl_event(&self->nl, &event, 300));
}

/* ---- for whom */

TEST_F(netlink, privilege)
{
	pid_t pid = child();

	if (pid == 0) {
		struct nl nl;

		must(setgid(65534));
		must(setuid(65534));
		if (nl_open(&nl))
			_exit(1);
		if (nl_dump(&nl, RVF_NL_MOUNT, 0, NULL, NULL) != -EPERM ||
		    nl_dump(&nl, RVF_NL_TASK, 0, NULL, NULL) != -EPERM ||
		    nl_dump(&nl, RVF_NL_OBJECT, 0, NULL, NULL) != -EPERM)
			_exit(2);
		if (nl_join(&nl) != -EPERM)
			_exit(3);
		_exit(0);
	}
	EXPECT_EQ(0, reap(pid));
}

/* A namespace's own network root has the capability, there */
TEST_F(netlink, other_namespace)
{
	pid_t pid = child();

	if (pid == 0) {
		struct nl nl;
		int result;

		must(unshare(CLONE_NEWUSER | CLONE_NEWNET));
		/* The family is not there, or gives nothing */
		result = nl_open(&nl);
		if (result)
			_exit(0);
		if (nl_dump(&nl, RVF_NL_MOUNT, 0, NULL, NULL) > 0)
			_exit(1);
		if (nl_join(&nl) == 0)
			_exit(2);
		_exit(0);
	}
	EXPECT_EQ(0, reap(pid));
	/* Only another user namespace: no capability over the host's network */
	pid = child();
	if (pid == 0) {
		struct nl nl;

		must(unshare(CLONE_NEWUSER));
		if (nl_open(&nl))
			_exit(0);
		if (nl_dump(&nl, RVF_NL_MOUNT, 0, NULL, NULL) != -EPERM)
			_exit(1);
		_exit(nl_join(&nl) == -EPERM ? 0 : 2);
	}
	EXPECT_EQ(0, reap(pid));
}

/* ---- what is malformed */

TEST_F(netlink, bad_requests)
{
	struct {
		struct nlattr head;
		char bytes[16];
	} attribute;
	static const struct {
		unsigned int type, length;
	} bad[] = {
		{ RVF_NL_A_MOUNT_ID, 0 },  { RVF_NL_A_MOUNT_ID, 4 }, { RVF_NL_A_MOUNT_ID, 9 },
		{ RVF_NL_A_MOUNT_ID, 16 }, { RVF_NL_A_NAME, 4 },     { RVF_NL_A_STATE, 4 },
		{ RVF_NL_A_MAX + 1, 4 },   { RVF_NL_A_GRANT, 8 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		memset(&attribute, 0, sizeof(attribute));
		attribute.head.nla_type = bad[i].type;
		attribute.head.nla_len = NLA_HDRLEN + bad[i].length;
		EXPECT_GT(0, nl_request(&self->nl, RVF_NL_TASK, NLM_F_DUMP, &attribute,
					NLA_ALIGN(attribute.head.nla_len)))
		{
			TH_LOG("number %u", i);
		}
		/* What is left of the answer */
		nl_close(&self->nl);
		ASSERT_EQ(0, nl_open(&self->nl));
	}
	/* An attribute that is longer than the message */
	memset(&attribute, 0, sizeof(attribute));
	attribute.head.nla_type = RVF_NL_A_MOUNT_ID;
	attribute.head.nla_len = 200;
	EXPECT_GT(0, nl_request(&self->nl, RVF_NL_TASK, NLM_F_DUMP, &attribute, 12));
	/* No dump, and commands that are none */
	EXPECT_GT(0, nl_request(&self->nl, RVF_NL_MOUNT, NLM_F_ACK, NULL, 0));
	EXPECT_EQ(-EOPNOTSUPP, nl_request(&self->nl, RVF_NL_UNSPEC, NLM_F_DUMP, NULL, 0));
	EXPECT_EQ(-EOPNOTSUPP, nl_request(&self->nl, 4, NLM_F_DUMP, NULL, 0));
	EXPECT_EQ(-EOPNOTSUPP, nl_request(&self->nl, 255, NLM_F_ACK, NULL, 0));
}

TEST_HARNESS_MAIN
