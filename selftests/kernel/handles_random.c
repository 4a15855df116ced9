// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tree of handles against a model of it: handles of two tasks and an
 * administrator are got, derived, sent in messages, passed on as fds, closed and
 * revoked at random, by all three, and after each step the kernel says what the model says.
 *
 * RVF_SEED=N repeats a run, RVF_FUZZ_ROUNDS=N makes it longer.
 */
#include <unistd.h>

#include "kselftest_harness.h"
#include "model.h"
#include "util_package.h"
#include "util_task.h"

#define TASKS  2
#define ADMIN  TASKS /* as an owner of nodes, and as a holder of fds */
#define PLACES (TASKS + 1)
#define NODES  400
#define FDS    40
#define STEPS  3000
#define BUDGET 15000 /* ms, behind which no step begins */

#define ALL (RVF_RIGHT_READ | RVF_RIGHT_WRITE | RVF_RIGHT_GRANT | RVF_RIGHT_REVOKE)

/* Objects of pkg_usual(), and one whose handles allow one generation more */
static const struct {
	const char *name;
	unsigned int granted, possible;
} objects[] = {
	{ "data", ALL & ~RVF_RIGHT_WRITE, ALL & ~RVF_RIGHT_WRITE },
	{ "log", ALL, ALL },
	{ "queue", ALL, ALL },
	{ "once", RVF_RIGHT_READ | RVF_RIGHT_GRANT_ONCE | RVF_RIGHT_REVOKE,
	  ALL & ~RVF_RIGHT_WRITE },
};

/* What the kernel is to know */
struct node {
	int parent; /* -1: none */
	unsigned int owner, rights, depth;
	uint64_t badge;
	bool revoked;
	unsigned int refs; /* fds and children; 0: it is no more */
};

struct fd {
	unsigned int place;
	int number;
	int node;
};

FIXTURE(tree)
{
	int ctl, mount;
	struct task tasks[TASKS];
	int queues[PLACES]; /* for messages; each task has one node for it */
	struct node nodes[NODES];
	struct fd fds[FDS];
	unsigned int n_nodes, n_fds;
	unsigned int derived, refused, revoked, passed, sent, deepest;
};

#define TREE FIXTURE_DATA(tree) * self

FIXTURE_SETUP(tree)
{
	struct pkg *pkg = pkg_usual();
	unsigned int once = pkg_immutable(pkg, "once", data_bytes(), DATA_LENGTH);

	seed(0);
	for (unsigned int i = 0; i < TASKS; i++)
		pkg_grant(pkg, i, RVF_OBJECT_REGION, once, objects[3].granted, 0);
	self->ctl = ctl_open();
	key_trust(self->ctl, KEY_OWNER);
	pkg_finish(pkg, KEY_OWNER);
	self->mount = must_rvf(pkg_mount(pkg, self->ctl, NULL, NULL));
	for (unsigned int i = 0; i < TASKS; i++)
		task_start(&self->tasks[i], self->mount, i);
	for (unsigned int i = 0; i < TASKS; i++)
		self->queues[i] = must_rvf(task_get(&self->tasks[i], "queue", 0));
	self->queues[ADMIN] = must_rvf(mount_get(self->mount, "queue", 0));
}

FIXTURE_TEARDOWN(tree)
{
	for (unsigned int i = 0; i < TASKS; i++)
		task_kill(&self->tasks[i]);
	close(self->mount);
}

/* ---- the model */

static int new_node(TREE, int parent, unsigned int owner, unsigned int rights, uint64_t badge)
{
	struct node *node = &self->nodes[self->n_nodes];

	*node = (struct node){
		.parent = parent,
		.owner = owner,
		.rights = rights,
		.badge = badge,
	};
	if (parent >= 0) {
		node->depth = self->nodes[parent].depth + 1;
		self->nodes[parent].refs++;
	}
	if (node->depth > self->deepest)
		self->deepest = node->depth;
	return self->n_nodes++;
}

static void new_fd(TREE, unsigned int place, int number, int node)
{
	self->fds[self->n_fds++] = (struct fd){ place, number, node };
	self->nodes[node].refs++;
}

static void drop_node(TREE, int node)
{
	while (node >= 0 && !--self->nodes[node].refs)
		node = self->nodes[node].parent;
}

static bool below_node(TREE, int node, int top)
{
	while (node >= 0 && node != top)
		node = self->nodes[node].parent;
	return node == top;
}

static unsigned int revoke_nodes(TREE, int top, bool spare)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < self->n_nodes; i++) {
		struct node *node = &self->nodes[i];

		if (!node->refs || node->revoked || !below_node(self, i, top) ||
		    (spare && (int)i == top))
			continue;
		node->revoked = true;
		count++;
	}
	return count;
}

static unsigned int count_nodes(TREE, unsigned int owner)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < self->n_nodes; i++)
		count += self->nodes[i].refs && self->nodes[i].owner == owner;
	return count;
}

/* ---- the kernel */

static int ioctl_at(TREE, struct fd *fd, unsigned long command, void *arg)
{
	if (fd->place == ADMIN)
		return rvf(fd->number, command, arg);
	return task_ioctl(&self->tasks[fd->place], fd->number, command, arg);
}

static void close_at(TREE, struct fd *fd)
{
	if (fd->place == ADMIN)
		must(close(fd->number));
	else
		must_rvf(task_call(&self->tasks[fd->place], SYS_close, fd->number));
}

static bool check_fd(TREE, struct fd *fd)
{
	struct node *node = &self->nodes[fd->node];
	struct rvf_handle_info info = { .size = sizeof(info) };
	bool same =
		SAME(node->revoked ? -EKEYREVOKED : 0, ioctl_at(self, fd, RVF_HANDLE_INFO, &info));

	if (fd->place == ADMIN)
		same &= SAME(node->revoked, !!(poll_now(fd->number, POLLHUP) & POLLHUP));
	if (node->revoked)
		return same;
	same &= SAME(node->rights, info.out_rights);
	same &= SAME(node->depth, info.out_depth);
	return same & SAME(node->badge, info.out_badge);
}

static bool check_counts(TREE)
{
	bool same = true;

	for (unsigned int i = 0; i < TASKS; i++)
		same &= SAME(count_nodes(self, i) + 1, task_status(self->mount, i).handles);
	return same;
}

/* ---- steps */

static bool get(TREE)
{
	unsigned int place = below(PLACES), object = below(ARRAY_SIZE(objects));
	unsigned int may = place == ADMIN ? objects[object].possible : objects[object].granted;
	unsigned int rights = below(2) ? 0 : below(RVF_RIGHTS_ALL + 1);
	/* What an administrator has of the right to grant once is for handles.c */
	int result, expected = (rights & ~may) ? -EACCES : 0;

	if (place == ADMIN) {
		rights &= ALL;
		expected = (rights & ~may) ? -EACCES : 0;
		rights = rights ?: may;
		result = mount_get(self->mount, objects[object].name, rights);
	} else {
		result = task_get(&self->tasks[place], objects[object].name, rights);
		rights = rights ?: may;
	}
	if (expected || result < 0)
		return SAME(expected, result);
	new_fd(self, place, result,
	       new_node(self, -1, place, rights, place == ADMIN || object == 3 ? 0 : 101 + place));
	return true;
}

/* As rvf.h says it */
static int may_derive(const struct node *node, unsigned int *rights, uint64_t badge)
{
	if (node->revoked)
		return -EKEYREVOKED;
	if (!(node->rights & (RVF_RIGHT_GRANT | RVF_RIGHT_GRANT_ONCE)))
		return -EPERM;
	if (!*rights)
		return -EINVAL;
	if (*rights & ~node->rights)
		return -EACCES;
	if (!(node->rights & RVF_RIGHT_GRANT))
		*rights &= ~(RVF_RIGHT_GRANT | RVF_RIGHT_GRANT_ONCE);
	if (!*rights)
		return -EINVAL;
	if (node->badge && badge && badge != node->badge)
		return -EPERM;
	return node->depth == RVF_MAX_DEPTH ? -EMLINK : 0;
}

/* Most of it, so that trees get deep; sometimes anything */
static unsigned int some_rights(const struct node *node)
{
	return below(4) ? node->rights & ~(below(3) ? 0 : 1u << below(7)) : below(128);
}

static uint64_t some_badge(const struct node *node)
{
	return below(3) ? 0 : below(2) ? node->badge : 1 + below(3);
}

static bool derive(TREE, struct fd *fd)
{
	struct node *node = &self->nodes[fd->node];
	struct rvf_handle_derive arg = { .size = sizeof(arg) };
	unsigned int rights;
	int expected;

	arg.rights = rights = some_rights(node);
	arg.badge = some_badge(node);
	expected = may_derive(node, &rights, arg.badge);
	if (!SAME(expected, ioctl_at(self, fd, RVF_HANDLE_DERIVE, &arg)))
		return false;
	if (expected) {
		self->refused++;
		return true;
	}
	self->derived++;
	new_fd(self, fd->place, arg.out_fd,
	       new_node(self, fd->node, node->owner, rights, node->badge ?: arg.badge));
	return true;
}

/* One message with room for one handle, which is given and comes back */
static int message_at(TREE, unsigned int place, unsigned long command,
		      struct rvf_message_handle *handle)
{
	struct rvf_message_handle *there = handle;
	struct rvf_message message = { .handle_count = 1, .priority = RVF_PRIORITY_NORMAL };
	struct rvf_queue_batch arg = {
		.size = sizeof(arg),
		.messages = (uintptr_t)&message,
		.count = 1,
		.entry_size = sizeof(message),
	};
	int result;

	if (place == ADMIN) {
		message.handles = (uintptr_t)handle;
		return rvf(self->queues[place], command, &arg);
	}
	there = task_put(&self->tasks[place], handle, sizeof(*handle));
	message.handles = (uintptr_t)there;
	arg.messages = (uintptr_t)task_put(&self->tasks[place], &message, sizeof(message));
	result = task_ioctl(&self->tasks[place], self->queues[place], command, &arg);
	*handle = *there;
	return result;
}

/* It is derived on the way, and then the receiver's */
static bool send_one(TREE, struct fd *fd)
{
	struct node *node = &self->nodes[fd->node];
	struct rvf_message_handle handle = { .fd = fd->number };
	unsigned int to = below(PLACES), rights;
	uint64_t badge;
	int expected;

	handle.rights = rights = some_rights(node);
	handle.badge = badge = some_badge(node);
	expected = may_derive(node, &rights, badge);
	if (!SAME(expected, message_at(self, fd->place, RVF_QUEUE_SEND, &handle)))
		return false;
	if (expected) {
		self->refused++;
		return true;
	}
	handle = (struct rvf_message_handle){ .fd = -1 };
	if (!SAME(0, message_at(self, to, RVF_QUEUE_RECV, &handle)))
		return false;
	self->sent++;
	new_fd(self, to, handle.fd, new_node(self, fd->node, to, rights, node->badge ?: badge));
	return SAME(rights, handle.rights);
}

static bool revoke_one(TREE, struct fd *fd)
{
	struct node *node = &self->nodes[fd->node];
	struct rvf_handle_revoke arg = {
		.size = sizeof(arg),
		.flags = below(2) ? RVF_REVOKE_DERIVED : 0,
	};
	int expected = node->revoked ? -EKEYREVOKED : node->rights & RVF_RIGHT_REVOKE ? 0 : -EACCES;
	unsigned int count;

	if (!SAME(expected, ioctl_at(self, fd, RVF_HANDLE_REVOKE, &arg)))
		return false;
	if (expected)
		return true;
	count = revoke_nodes(self, fd->node, arg.flags);
	self->revoked += count;
	return SAME(count, arg.out_count);
}

/* A copy of the fd in another process is the same handle. */
static void pass(TREE, struct fd *fd)
{
	unsigned int to = below(PLACES);
	int here;

	if (fd->place == ADMIN)
		here = must(dup(fd->number));
	else if (below(2))
		here = task_take_fd(&self->tasks[fd->place], fd->number);
	else
		here = task_send_fd(&self->tasks[fd->place], 1, fd->number);
	if (to == ADMIN) {
		new_fd(self, ADMIN, here, fd->node);
	} else {
		new_fd(self, to, task_give_fd(&self->tasks[to], 1, here), fd->node);
		close(here);
	}
	self->passed++;
}

static void forget(TREE, unsigned int number)
{
	struct fd fd = self->fds[number];

	close_at(self, &fd);
	self->fds[number] = self->fds[--self->n_fds];
	drop_node(self, fd.node);
}

/* Nodes that are no more make room at the end of the table */
static void trim(TREE)
{
	while (self->n_nodes && !self->nodes[self->n_nodes - 1].refs)
		self->n_nodes--;
}

static bool step(TREE)
{
	unsigned int number;
	struct fd *fd;

	if (!self->n_fds || (!below(6) && self->n_fds < FDS))
		return get(self);
	number = below(self->n_fds);
	fd = &self->fds[number];
	if (self->n_fds == FDS || !below(6)) {
		forget(self, number);
		trim(self);
		return true;
	}
	switch (below(8)) {
	case 0:
		return revoke_one(self, fd);
	case 1:
		pass(self, fd);
		return true;
	case 2:
	case 3:
		return send_one(self, fd);
	default:
		return derive(self, fd);
	}
}

static bool steps(TREE, unsigned int count, uint64_t end)
{
	for (unsigned int i = 0; i < count && now_ms() < end; i++) {
		size_t used[TASKS] = { self->tasks[0].used, self->tasks[1].used };

		if (self->n_nodes == NODES) {
			while (self->n_fds)
				forget(self, 0);
			trim(self);
		}
		if (!step(self) || !check_counts(self) ||
		    (self->n_fds && !check_fd(self, &self->fds[below(self->n_fds)]))) {
			fprintf(stderr, "# step %u\n", i);
			return false;
		}
		for (unsigned int j = 0; j < TASKS; j++)
			self->tasks[j].used = used[j];
	}
	return true;
}

TEST_F_TIMEOUT(tree, random, 300)
{
	const char *given = getenv("RVF_FUZZ_ROUNDS");
	unsigned int kept = 0;

	ASSERT_TRUE(steps(self, given ? strtoul(given, NULL, 0) : STEPS,
			  given ? UINT64_MAX : now_ms() + BUDGET));
	for (unsigned int i = 0; i < self->n_fds; i++)
		EXPECT_TRUE(check_fd(self, &self->fds[i]));
	TH_LOG("%u derived, %u refused, %u sent, %u passed, %u nodes revoked, depth %u",
	       self->derived, self->refused, self->sent, self->passed, self->revoked,
	       self->deepest);
	EXPECT_LT(0, self->derived);
	EXPECT_LT(0, self->sent);
	EXPECT_LT(0, self->revoked);

	/* A task ends: what is its own is revoked, and what others had of it */
	task_kill(&self->tasks[0]);
	EXPECT_TRUE(wait_task_state(self->mount, 0, RVF_TASK_EXITED));
	for (unsigned int i = 0; i < self->n_nodes; i++)
		if (self->nodes[i].refs && self->nodes[i].owner == 0)
			revoke_nodes(self, i, false);
	for (unsigned int i = 0; i < self->n_fds; i++) {
		if (self->fds[i].place == 0)
			continue;
		kept++;
		EXPECT_TRUE(check_fd(self, &self->fds[i]));
	}
	TH_LOG("%u of %u fds are held by others", kept, self->n_fds);
	/* For the teardown */
	task_spawn(&self->tasks[0], self->mount, 0, 0);
}

TEST_HARNESS_MAIN
