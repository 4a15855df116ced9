// SPDX-License-Identifier: GPL-2.0-only
/*
 * Handles in messages between tasks: whose they are, and what becomes of them
 * when a task ends; and everybody at once.
 */
#include <pthread.h>
#include <signal.h>

#include "kselftest_harness.h"
#include "queue_handles.h"
#include "random.h"
#include "util_task.h"

/*
 * Component "one" receives from "queue" and is granted nothing else; "two"
 * sends to it and holds "data".
 */
FIXTURE(sent)
{
	int mount;
	int queue; /* an administrator's */
	struct task one, two;
	int receive, send, data; /* as the tasks have them */
};

static void get_ready(FIXTURE_DATA(sent) * self)
{
	self->receive = must_rvf(task_get(&self->one, "queue", 0));
	self->send = must_rvf(task_get(&self->two, "queue", 0));
	self->data = must_rvf(task_get(&self->two, "data", 0));
}

FIXTURE_SETUP(sent)
{
	struct pkg *pkg = pkg_usual();
	int ctl = ctl_open();

	key_trust(ctl, KEY_OWNER);
	pkg->n_grants = 0;
	pkg_grant(pkg, 0, RVF_OBJECT_QUEUE, 0, R | G, 0);
	pkg_grant(pkg, 1, RVF_OBJECT_QUEUE, 0, W, 22);
	pkg_grant(pkg, 1, RVF_OBJECT_REGION, 0, R | G | V, 0);
	pkg_finish(pkg, KEY_OWNER);
	self->mount = must_rvf(pkg_mount(pkg, ctl, NULL, NULL));
	self->queue = must_rvf(mount_get(self->mount, "queue", 0));
	must(fcntl(self->queue, F_SETFL, O_NONBLOCK));
	task_start(&self->one, self->mount, 0);
	task_start(&self->two, self->mount, 1);
	get_ready(self);
}

FIXTURE_TEARDOWN(sent)
{
	close(self->mount);
}

static int task_batch(struct task *task, int queue, unsigned long command,
		      struct rvf_message *message)
{
	struct rvf_queue_batch arg = {
		.size = sizeof(arg),
		.messages = (uintptr_t)message,
		.count = 1,
		.entry_size = sizeof(*message),
	};

	return task_ioctl(task, queue, command, &arg);
}

/* The task sends @n times the same handle in one message */
static int task_send(struct task *task, int queue, int fd, unsigned int rights, uint32_t n)
{
	size_t used = task->used;
	struct rvf_message_handle *handles = task_alloc(task, n * sizeof(*handles));
	struct rvf_message *message = task_alloc(task, sizeof(*message));
	int result;

	for (uint32_t i = 0; i < n; i++)
		handles[i] = (struct rvf_message_handle){ .fd = fd, .rights = rights };
	*message = (struct rvf_message){
		.buffer = (uintptr_t)task_put(task, "x", 1),
		.length = 1,
		.handle_count = n,
		.handles = (uintptr_t)handles,
	};
	result = task_batch(task, queue, RVF_QUEUE_SEND, message);
	task->used = used;
	return result;
}

/* The first handle of the message that it receives: its fd there */
static int task_receive(struct task *task, int queue)
{
	size_t used = task->used;
	struct rvf_message_handle *handles = task_alloc(task, HANDLES * sizeof(*handles));
	struct rvf_message *message = task_alloc(task, sizeof(*message));
	int result;

	*message = (struct rvf_message){
		.buffer = (uintptr_t)task_alloc(task, QUEUE_MESSAGE),
		.length = QUEUE_MESSAGE,
		.handle_count = HANDLES,
		.handles = (uintptr_t)handles,
	};
	result = task_batch(task, queue, RVF_QUEUE_RECV, message);
	if (!result)
		result = handles[0].fd;
	task->used = used;
	return result;
}

static unsigned int nodes(FIXTURE_DATA(sent) * self, unsigned int component)
{
	return task_status(self->mount, component).handles;
}

static long task_pread(struct task *task, int fd)
{
	size_t used = task->used;
	unsigned char *byte = task_alloc(task, 1);
	long result = task_call(task, SYS_pread64, fd, byte, 1, 0);

	task->used = used;
	return result == 1 ? *byte : result;
}

TEST_F(sent, delegated)
{
	int got;

	EXPECT_EQ(-ENOENT, task_get(&self->one, "data", 0));
	EXPECT_EQ(0, task_send(&self->two, self->send, self->data, R, 1));
	got = task_receive(&self->one, self->receive);
	ASSERT_LE(0, got);
	EXPECT_EQ(data_bytes()[0], task_pread(&self->one, got));
	/* It may not be given on: GRANT was not among the rights */
	EXPECT_EQ(-EPERM, handle_derive(task_take_fd(&self->one, got), R, 0));
}

/* In the queue they are the sender's, then the receiver's */
TEST_F(sent, accounts)
{
	unsigned int one = nodes(self, 0), two = nodes(self, 1);
	int got;

	EXPECT_EQ(0, task_send(&self->two, self->send, self->data, R, HANDLES));
	EXPECT_EQ(one, nodes(self, 0));
	EXPECT_EQ(two + HANDLES, nodes(self, 1));
	got = must_rvf(task_receive(&self->one, self->receive));
	EXPECT_EQ(one + HANDLES, nodes(self, 0));
	EXPECT_EQ(two, nodes(self, 1));
	must_rvf(task_call(&self->one, SYS_close, got));
	EXPECT_EQ(one + HANDLES - 1, nodes(self, 0));
}

/* 1,024 of them: a sender's, and a receiver's */
TEST_F_TIMEOUT(sent, limits, 120)
{
	struct rlimit limit = { 4096, 4096 };
	int data = task_take_fd(&self->two, self->data), some[RVF_MAX_HANDLES], n = 0;
	int receive = task_take_fd(&self->one, self->receive);
	struct rvf_message_handle got[HANDLES];
	uint32_t count = HANDLES;

	must(setrlimit(RLIMIT_NOFILE, &limit));
	while (nodes(self, 1) < RVF_MAX_HANDLES - 3)
		some[n++] = must_rvf(handle_derive(data, R, 0));
	EXPECT_EQ(-EDQUOT, task_send(&self->two, self->send, self->data, R, 4));
	EXPECT_EQ(RVF_MAX_HANDLES - 3, nodes(self, 1));
	EXPECT_EQ(0, task_send(&self->two, self->send, self->data, R, 3));
	EXPECT_EQ(-EDQUOT, task_send(&self->two, self->send, self->data, R, 1));
	while (n)
		close(some[--n]);
	/* The receiver: a message that it has no account for stays */
	must(fcntl(receive, F_SETFL, O_NONBLOCK));
	while (nodes(self, 0) < RVF_MAX_HANDLES - 2)
		some[n++] = must_rvf(handle_derive(receive, R, 0));
	EXPECT_EQ(-EDQUOT, receive_handles(receive, got, &count));
	EXPECT_EQ(1, queue_state(self->queue).out_used);
	EXPECT_EQ(RVF_MAX_HANDLES - 2, nodes(self, 0));
	/* Another one's account has room: an administrator's */
	count = HANDLES;
	EXPECT_EQ(0, receive_handles(self->queue, got, &count));
	EXPECT_EQ(3, count);
}

/* The sender's end reaches what it sent: in the queue, and at its receiver */
TEST_F(sent, sender_ends)
{
	int got, queued;

	EXPECT_EQ(0, task_send(&self->two, self->send, self->data, R, 1));
	got = must_rvf(task_receive(&self->one, self->receive));
	EXPECT_EQ(0, task_send(&self->two, self->send, self->data, R, 1));
	task_kill(&self->two);
	EXPECT_TRUE(wait_task_state(self->mount, 1, RVF_TASK_EXITED));
	EXPECT_EQ(-EKEYREVOKED, task_pread(&self->one, got));
	queued = must_rvf(task_receive(&self->one, self->receive));
	EXPECT_EQ(-EKEYREVOKED, task_pread(&self->one, queued));
	/* What both hang from */
	EXPECT_EQ(1, nodes(self, 1));
}

/* The receiver's end reaches what it was sent, whoever holds that */
TEST_F(sent, receiver_ends)
{
	int got, here, derived;

	EXPECT_EQ(0, task_send(&self->two, self->send, self->data, R | G, 1));
	got = must_rvf(task_receive(&self->one, self->receive));
	here = task_take_fd(&self->one, got);
	derived = must_rvf(handle_derive(here, R, 0));
	EXPECT_EQ(0, handle_result(derived));
	task_kill(&self->one);
	EXPECT_TRUE(wait_task_state(self->mount, 0, RVF_TASK_EXITED));
	EXPECT_EQ(-EKEYREVOKED, handle_result(here));
	EXPECT_EQ(-EKEYREVOKED, handle_result(derived));
	/* The sender's own is none of its business */
	EXPECT_EQ(data_bytes()[0], task_pread(&self->two, self->data));
}

/* Through a queue's handle that has outlived its task nothing arrives */
TEST_F(sent, receiver_has_ended)
{
	int receive = task_take_fd(&self->one, self->receive);

	EXPECT_EQ(0, task_send(&self->two, self->send, self->data, R, 1));
	task_kill(&self->one);
	EXPECT_TRUE(wait_task_state(self->mount, 0, RVF_TASK_EXITED));
	EXPECT_EQ(-EKEYREVOKED, receive_handle(receive));
	EXPECT_EQ(1, queue_state(self->queue).out_used);
	/* The next incarnation finds it */
	task_start(&self->one, self->mount, 0);
	self->receive = must_rvf(task_get(&self->one, "queue", 0));
	EXPECT_EQ(data_bytes()[0],
		  task_pread(&self->one, must_rvf(task_receive(&self->one, self->receive))));
}

/* A sender that comes again: what it had sent is dead, and costs it nothing */
TEST_F(sent, sender_restarts)
{
	for (int i = 0; i < QUEUE_SLOTS; i++)
		EXPECT_EQ(0, task_send(&self->two, self->send, self->data, R, HANDLES));
	task_kill(&self->two);
	EXPECT_TRUE(wait_task_state(self->mount, 1, RVF_TASK_EXITED));
	/* But for the one that they hang from */
	EXPECT_EQ(1, nodes(self, 1));
	task_start(&self->two, self->mount, 1);
	self->send = must_rvf(task_get(&self->two, "queue", 0));
	self->data = must_rvf(task_get(&self->two, "data", 0));
	EXPECT_EQ(3, nodes(self, 1));
	EXPECT_EQ(-EAGAIN, task_send(&self->two, self->send, self->data, R, 1));
	EXPECT_EQ(-EKEYREVOKED,
		  task_pread(&self->one, must_rvf(task_receive(&self->one, self->receive))));
	EXPECT_EQ(0, task_send(&self->two, self->send, self->data, R, 1));
	for (int i = 1; i < QUEUE_SLOTS; i++)
		must_rvf(task_receive(&self->one, self->receive));
	EXPECT_EQ(data_bytes()[0],
		  task_pread(&self->one, must_rvf(task_receive(&self->one, self->receive))));
}

/* Handles of a task that an administrator was sent are not the task's */
TEST_F(sent, to_an_administrator)
{
	unsigned int two = nodes(self, 1);
	int got;

	EXPECT_EQ(0, task_send(&self->two, self->send, self->data, R, 1));
	got = must_rvf(receive_handle(self->queue));
	EXPECT_EQ(two, nodes(self, 1));
	EXPECT_EQ(0, handle_result(got));
	task_kill(&self->two);
	EXPECT_TRUE(wait_task_state(self->mount, 1, RVF_TASK_EXITED));
	EXPECT_EQ(-EKEYREVOKED, handle_result(got));
}

/* ---- everybody at once */

struct storm {
	int mount, queue, data;
	volatile bool stop;
	uint64_t number;
};

static void *revoke_all_the_time(void *arg)
{
	struct storm *storm = arg;

	while (!storm->stop)
		handle_revoke(storm->data, RVF_REVOKE_DERIVED);
	return NULL;
}

/* Closes fds as they appear, as a second thread of a receiver may */
static void *close_all_the_time(void *arg)
{
	struct storm *storm = arg;
	int first = storm->data + 1;

	while (!storm->stop) {
		for (int fd = first; fd < first + 3 * HANDLES; fd++)
			close(fd);
	}
	return NULL;
}

static void *receive_all_the_time(void *arg)
{
	struct storm *storm = arg;
	struct rvf_message_handle got[HANDLES];

	while (!storm->stop) {
		uint32_t n = HANDLES;

		if (receive_handles(storm->queue, got, &n))
			continue;
		for (uint32_t i = 0; i < n; i++)
			close(got[i].fd);
	}
	return NULL;
}

static void storm(struct __test_metadata *_metadata, int mount, void *(*other)(void *arg))
{
	struct storm state = {
		.mount = mount,
		.queue = must_rvf(mount_get(mount, "queue", 0)),
		.data = must_rvf(mount_get(mount, "data", 0)),
	};
	struct rvf_message_handle handles[HANDLES];
	struct rvf_queue_info info;
	pthread_t threads[2];

	must(fcntl(state.queue, F_SETFL, O_NONBLOCK));
	for (int i = 0; i < HANDLES; i++)
		handles[i] = (struct rvf_message_handle){ .fd = state.data, .rights = R | G };
	ASSERT_EQ(0, pthread_create(&threads[0], NULL, other, &state));
	ASSERT_EQ(0, pthread_create(&threads[1], NULL, receive_all_the_time, &state));
	for (int i = 0; i < 1500; i++) {
		int result = send_handles(state.queue, handles, 1 + i % HANDLES);

		ASSERT_TRUE(result == 0 || result == -EAGAIN)
		{
			TH_LOG("%d", result);
		}
	}
	state.stop = true;
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	while (1) {
		struct rvf_message_handle got[HANDLES];
		uint32_t n = HANDLES;

		if (receive_handles(state.queue, got, &n))
			break;
		for (uint32_t i = 0; i < n; i++)
			close(got[i].fd);
	}
	info = queue_state(state.queue);
	EXPECT_EQ(info.out_sent, info.out_received);
	EXPECT_EQ(0, info.out_used);
	/* None is left behind */
	EXPECT_EQ(0, handle_revoke(state.data, RVF_REVOKE_DERIVED));
}

TEST_F_TIMEOUT(sent, revoked_meanwhile, 120)
{
	storm(_metadata, self->mount, revoke_all_the_time);
}

TEST_F_TIMEOUT(sent, closed_meanwhile, 120)
{
	storm(_metadata, self->mount, close_all_the_time);
}

/* Receivers that are killed in the middle: a message is received whole, or stays */
TEST_F_TIMEOUT(sent, killed_meanwhile, 120)
{
	int data = must_rvf(mount_get(self->mount, "data", 0));
	struct rvf_queue_info info;
	unsigned int sent = 0;

	for (int round = 0; round < 15; round++) {
		pid_t pid = child();

		if (pid == 0) {
			for (;;) {
				int fd = receive_handle(self->queue);

				if (fd >= 0)
					close(fd);
			}
		}
		for (int i = 0; i < 40; i++)
			sent += send_handle(self->queue, data, R, 0) == 0;
		must(kill(pid, SIGKILL));
		reap(pid);
	}
	info = queue_state(self->queue);
	EXPECT_EQ(sent, info.out_sent);
	EXPECT_EQ(sent, info.out_received + info.out_used);
	while (info.out_used--)
		close(must_rvf(receive_handle(self->queue)));
	EXPECT_EQ(0, handle_revoke(data, RVF_REVOKE_DERIVED));
}

/* Unmounting while handles are on their way in both directions */
TEST_F_TIMEOUT(sent, unmounted_meanwhile, 120)
{
	struct rvf_message_handle handles[HANDLES];
	int data = must_rvf(mount_get(self->mount, "data", 0));
	pid_t pids[2];

	for (int i = 0; i < HANDLES; i++)
		handles[i] = (struct rvf_message_handle){ .fd = i % 2 ? self->queue : data,
							  .rights = R | G };
	for (int i = 0; i < 2; i++) {
		pids[i] = child();
		while (pids[i] == 0) {
			int result = i ? receive_handle(self->queue) :
					 send_handles(self->queue, handles, 1 + below(HANDLES));

			if (result == -EPIPE || result == -ENODEV)
				_exit(0);
		}
	}
	sleep_ms(200);
	EXPECT_EQ(0, unmount(self->mount, 0));
	EXPECT_TRUE(wait_gone(self->mount));
	EXPECT_EQ(0, reap(pids[0]));
	EXPECT_EQ(0, reap(pids[1]));
}

/* ---- at random, against a model */

#define MODEL 24

/* A handle of the model: where it hangs, what it may do, whether it lives */
struct modelled {
	int fd, parent;
	unsigned int rights, depth;
	uint64_t start, span;
	bool live;
};

struct model {
	struct modelled handles[4096];
	int count;
	int queued[QUEUE_SLOTS][HANDLES], n_queued[QUEUE_SLOTS], messages;
};

static void model_revoke(struct model *model, int top)
{
	model->handles[top].live = false;
	/* Parents come before their children */
	for (int i = top + 1; i < model->count; i++) {
		int parent = model->handles[i].parent;

		if (parent >= 0 && !model->handles[parent].live)
			model->handles[i].live = false;
	}
}

static int model_add(struct model *model, int parent, unsigned int rights, int fd)
{
	struct modelled *from = &model->handles[parent];

	model->handles[model->count] = (struct modelled){
		.fd = fd,
		.parent = parent,
		.rights = rights,
		.depth = from->depth + 1,
		.start = from->start,
		.span = from->span,
		.live = from->live,
	};
	return model->count++;
}

/* What deriving with these rights says; those that come of it */
static int model_expect(const struct modelled *from, unsigned int *rights)
{
	if (!from->live)
		return -EKEYREVOKED;
	if (!(from->rights & (G | ONCE)))
		return -EPERM;
	if (!(from->rights & G))
		*rights &= ~(G | ONCE);
	if (!*rights)
		return -EINVAL;
	return from->depth >= RVF_MAX_DEPTH ? -EMLINK : 0;
}

static void check_handle(struct __test_metadata *_metadata, const struct modelled *handle)
{
	unsigned char byte;
	uint64_t at = below(handle->span);

	if (!handle->live) {
		ASSERT_EQ(-EKEYREVOKED, handle_result(handle->fd));
		return;
	}
	ASSERT_EQ(handle->rights, handle_state(handle->fd).out_rights);
	ASSERT_EQ(handle->depth, handle_state(handle->fd).out_depth);
	ASSERT_EQ(handle->start, handle_state(handle->fd).out_offset);
	ASSERT_EQ(handle->span, handle_state(handle->fd).out_length);
	if (!(handle->rights & R))
		return;
	ASSERT_EQ(1, pread(handle->fd, &byte, 1, at));
	ASSERT_EQ(data_bytes()[handle->start + at], byte);
	ASSERT_EQ(0, pread(handle->fd, &byte, 1, handle->span));
}

/* One that has an fd, or -1 */
static int pick(const struct model *model)
{
	for (int tries = 0; tries < 100; tries++) {
		int i = below(model->count);

		if (model->handles[i].fd >= 0)
			return i;
	}
	return -1;
}

static void step_send(struct __test_metadata *_metadata, struct model *model, int queue)
{
	struct rvf_message_handle handles[HANDLES] = { 0 };
	unsigned int rights[HANDLES];
	int from[HANDLES], expected = 0;
	uint32_t n = 1 + below(HANDLES);

	for (uint32_t i = 0; i < n; i++) {
		const struct modelled *handle;
		uint64_t offset = 0, length = 0;

		from[i] = pick(model);
		if (from[i] < 0)
			return;
		handle = &model->handles[from[i]];
		handles[i].fd = handle->fd;
		handles[i].rights = handle->rights & (below(3) ? R | G | V : random32());
		rights[i] = handles[i].rights;
		if (below(2)) {
			offset = below(handle->span + 1);
			length = below(handle->span - offset + 2);
			handles[i].flags = RVF_HANDLE_WINDOW;
			handles[i].offset = offset;
			handles[i].length = length;
		}
		if (!expected)
			expected = model_expect(handle, &rights[i]);
		if (!expected && handles[i].flags && (!length || length > handle->span - offset))
			expected = -EINVAL;
	}
	if (model->messages == QUEUE_SLOTS)
		expected = -EAGAIN;
	ASSERT_EQ(expected, send_handles(queue, handles, n));
	if (expected)
		return;
	for (uint32_t i = 0; i < n; i++) {
		int child = model_add(model, from[i], rights[i], -1);

		if (handles[i].flags) {
			model->handles[child].start += handles[i].offset;
			model->handles[child].span = handles[i].length;
		}
		model->queued[model->messages][i] = child;
	}
	model->n_queued[model->messages++] = n;
}

static void step_receive(struct __test_metadata *_metadata, struct model *model, int queue)
{
	struct rvf_message_handle got[HANDLES];
	uint32_t n = below(HANDLES + 1);
	int expected = !model->messages ? -EAGAIN : n < model->n_queued[0] ? -EMSGSIZE : 0;

	ASSERT_EQ(expected, receive_handles(queue, got, &n));
	if (expected)
		return;
	ASSERT_EQ(model->n_queued[0], n);
	for (uint32_t i = 0; i < n; i++) {
		struct modelled *handle = &model->handles[model->queued[0][i]];

		handle->fd = got[i].fd;
		ASSERT_EQ(handle->rights, got[i].rights);
		ASSERT_EQ(handle->start, got[i].offset);
		ASSERT_EQ(handle->span, got[i].length);
		check_handle(_metadata, handle);
	}
	model->messages--;
	memmove(model->queued[0], model->queued[1], model->messages * sizeof(model->queued[0]));
	memmove(model->n_queued, model->n_queued + 1, model->messages * sizeof(int));
}

/* Room for others; what hangs from one that is closed stays */
static void close_some(struct model *model)
{
	int open = 0, at;

	for (int i = 0; i < model->count; i++)
		open += model->handles[i].fd >= 0;
	for (; open > MODEL; open--) {
		at = pick(model);
		if (at < 0)
			return;
		close(model->handles[at].fd);
		model->handles[at].fd = -1;
	}
}

TEST_F_TIMEOUT(sent, at_random, 240)
{
	static struct model model;

	seed(1);
	for (int step = 0; step < 4000; step++) {
		int at;

		if (!model.count || (model.count < 4000 && !below(200))) {
			model.handles[model.count++] = (struct modelled){
				.fd = must_rvf(mount_get(self->mount, "data", 0)),
				.parent = -1,
				.rights = R | G | V | ONCE,
				.span = DATA_LENGTH,
				.live = true,
			};
		}
		if (model.count > 4000)
			break;
		at = pick(&model);
		switch (at < 0 ? 1 : below(8)) {
		case 0:
		case 1:
		case 2:
			step_send(_metadata, &model, self->queue);
			break;
		case 3:
		case 4:
			step_receive(_metadata, &model, self->queue);
			break;
		case 5:
			check_handle(_metadata, &model.handles[at]);
			break;
		case 6:
			if (model.handles[at].live && (model.handles[at].rights & V) && !below(4)) {
				ASSERT_LE(1, handle_revoke(model.handles[at].fd, 0));
				model_revoke(&model, at);
			}
			break;
		default:
			close_some(&model);
		}
	}
	for (int i = 0; i < model.count; i++) {
		if (model.handles[i].fd >= 0)
			check_handle(_metadata, &model.handles[i]);
	}
}

TEST_HARNESS_MAIN
