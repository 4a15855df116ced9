// SPDX-License-Identifier: GPL-2.0-only
/* Handles, regions and queues, each step of every command failing. */
#include <sys/mman.h>
#include <unistd.h>

#include "fail_nth.h"
#include "queue_handles.h"

static void log_setup(struct fail *f)
{
	fail_get(f, "log");
}

/* ---- handles */

static long handle_info_run(struct fail *f)
{
	struct rvf_handle_info arg = { .size = sizeof(arg) };

	return fail_ioctl(f, f->fd, RVF_HANDLE_INFO, &arg);
}

static long derive_run(struct fail *f)
{
	struct rvf_handle_derive arg = {
		.size = sizeof(arg),
		.rights = RVF_RIGHT_READ,
		.badge = 7,
	};
	long result = fail_ioctl(f, f->fd, RVF_HANDLE_DERIVE, &arg);

	f->made[0] = arg.out_fd;
	return result;
}

static void derive_check(struct fail *f)
{
	char byte;

	fail_unless(pread(f->made[0], &byte, 1, 0) == 1);
}

/* A handle, one derived from it, and a mapping made through that */
static void family_prepare(struct fail *f)
{
	fail_get_data(f);
	f->made[0] = must_rvf(handle_derive(f->fd, RVF_RIGHT_READ, 0));
	f->map = must(mmap(NULL, page_size(), PROT_READ, MAP_SHARED, f->made[0], 0));
	fail_unless(peek(f->map) == data_bytes()[0]);
}

static long revoke_flags(struct fail *f, unsigned int flags)
{
	struct rvf_handle_revoke arg = { .size = sizeof(arg), .flags = flags };

	return fail_ioctl(f, f->fd, RVF_HANDLE_REVOKE, &arg);
}

static long revoke_run(struct fail *f)
{
	return revoke_flags(f, 0);
}

static long revoke_derived_run(struct fail *f)
{
	return revoke_flags(f, RVF_REVOKE_DERIVED);
}

static void child_gone(struct fail *f)
{
	char byte;

	fail_unless(peek(f->map) == -1);
	fail_unless(sys(pread(f->made[0], &byte, 1, 0)) == -EKEYREVOKED);
}

static void revoke_check(struct fail *f)
{
	char byte;

	child_gone(f);
	fail_unless(sys(pread(f->fd, &byte, 1, 0)) == -EKEYREVOKED);
}

static void revoke_derived_check(struct fail *f)
{
	char byte;

	child_gone(f);
	fail_unless(pread(f->fd, &byte, 1, 0) == 1);
}

static void family_undo(struct fail *f)
{
	munmap(f->map, page_size());
	close(f->made[0]);
	close(f->fd);
}

const struct fail_case fail_handle[] = {
	{ "HANDLE_INFO", .setup = fail_get_data, .run = handle_info_run,
	  .teardown = fail_close_fd },
	{ "HANDLE_DERIVE", .setup = fail_get_data, .run = derive_run, .check = derive_check,
	  .undo = fail_close_made, .teardown = fail_close_fd },
	{ "HANDLE_REVOKE", .prepare = family_prepare, .run = revoke_run, .check = revoke_check,
	  .undo = family_undo },
	{ "HANDLE_REVOKE of what was derived", .prepare = family_prepare, .run = revoke_derived_run,
	  .check = revoke_derived_check, .undo = family_undo },
	{ 0 },
};

/* ---- regions */

static long region_info_run(struct fail *f)
{
	struct rvf_region_info arg = { .size = sizeof(arg) };

	return fail_ioctl(f, f->fd, RVF_REGION_INFO, &arg);
}

static uint64_t cursor(int region)
{
	struct rvf_region_info info = { .size = sizeof(info) };

	must_rvf(rvf(region, RVF_REGION_INFO, &info));
	return info.out_cursor;
}

#define APPENDED 300

static void append_prepare(struct fail *f)
{
	f->count = cursor(f->fd);
}

static long append_run(struct fail *f)
{
	return fail_call(f, SYS_write, f->fd, fail_put(f, data_bytes(), APPENDED), APPENDED);
}

static void append_check(struct fail *f)
{
	uint8_t bytes[APPENDED];

	fail_unless(cursor(f->fd) == f->count + APPENDED);
	fail_unless(pread(f->fd, bytes, APPENDED, f->count) == APPENDED);
	fail_unless(!memcmp(bytes, data_bytes(), APPENDED));
}

/* Over a page's end; what was copied before a failure is the call's result */
static long read_run(struct fail *f)
{
	char *bytes = fail_alloc(f, 4000);
	long result = fail_call(f, SYS_pread64, f->fd, bytes, 4000, 3000);

	if (result >= 0)
		fail_unless(result == (f->hit ? 1096 : 4000) &&
			    !memcmp(bytes, data_bytes() + 3000, result));
	return result;
}

static long map_run(struct fail *f)
{
	return fail_map(f, f->fd, PROT_READ, 0);
}

static void map_check(struct fail *f)
{
	fail_unless(peek(f->map) == data_bytes()[0]);
}

/* By the plugin: a fault for which there is no memory is tried again */
static void fault_setup(struct fail *f)
{
	fail_task_get(f, "data");
}

static void fault_prepare(struct fail *f)
{
	fail_map_task(f, PROT_READ, 0);
}

static long fault_run(struct fail *f)
{
	return fail_call(f, PROXY_PEEK, f->map) == data_bytes()[0] ? 0 : -EIO;
}

const struct fail_case fail_region[] = {
	{ "REGION_INFO", .setup = log_setup, .run = region_info_run, .teardown = fail_close_fd },
	{ "append", .setup = log_setup, .prepare = append_prepare, .run = append_run,
	  .check = append_check, .teardown = fail_close_fd },
	{ "read of a region", .setup = fail_get_data, .run = read_run, .teardown = fail_close_fd },
	{ "mmap", .setup = fail_get_data, .run = map_run, .check = map_check, .undo = fail_unmap,
	  .teardown = fail_close_fd },
	{ "page fault", .setup = fault_setup, .prepare = fault_prepare, .run = fault_run,
	  .undo = fail_unmap, .teardown = fail_kill },
	{ 0 },
};

/* ---- queues */

#define BATCH 3

static long queue_info_run(struct fail *f)
{
	struct rvf_queue_info arg = { .size = sizeof(arg) };

	return fail_ioctl(f, f->queue, RVF_QUEUE_INFO, &arg);
}

/* Message i is i + 1 bytes, all of them 'a' + i */
static void message_bytes(unsigned int i, char bytes[QUEUE_MESSAGE])
{
	memset(bytes, 'a' + i, i + 1);
}

/* @first is what is at the head of the queue, of @count */
static void drain(struct fail *f, unsigned int first, unsigned int count)
{
	char bytes[QUEUE_MESSAGE], expected[QUEUE_MESSAGE];

	fail_unless(queue_state(f->queue).out_used == count);
	for (unsigned int i = first; i < first + count; i++) {
		message_bytes(i, expected);
		fail_unless(read(f->queue, bytes, sizeof(bytes)) == i + 1);
		fail_unless(!memcmp(bytes, expected, i + 1));
	}
}

static long batch_run(struct fail *f, unsigned long command)
{
	struct rvf_message *messages = fail_alloc(f, BATCH * sizeof(*messages));
	struct rvf_queue_batch arg = {
		.size = sizeof(arg),
		.messages = (uintptr_t)messages,
		.count = BATCH,
		.entry_size = sizeof(*messages),
	};
	long result;

	for (unsigned int i = 0; i < BATCH; i++) {
		char *bytes = fail_alloc(f, QUEUE_MESSAGE);

		if (command == RVF_QUEUE_SEND)
			message_bytes(i, bytes);
		messages[i].buffer = (uintptr_t)bytes;
		messages[i].length = command == RVF_QUEUE_SEND ? i + 1 : QUEUE_MESSAGE;
	}
	result = fail_ioctl(f, f->queue, command, &arg);
	f->count = arg.count;
	if (result < 0)
		return result;
	fail_unless(f->count >= 1 && f->count <= BATCH);
	for (unsigned int i = 0; command == RVF_QUEUE_RECV && i < f->count; i++) {
		char expected[QUEUE_MESSAGE];

		message_bytes(i, expected);
		fail_unless(messages[i].length == i + 1);
		fail_unless(!memcmp((char *)(uintptr_t)messages[i].buffer, expected, i + 1));
	}
	return result;
}

static long send_run(struct fail *f)
{
	return batch_run(f, RVF_QUEUE_SEND);
}

static long recv_run(struct fail *f)
{
	return batch_run(f, RVF_QUEUE_RECV);
}

static void send_undo(struct fail *f)
{
	drain(f, 0, f->count);
}

static void recv_undo(struct fail *f)
{
	drain(f, f->count, BATCH - f->count);
}

static void fill(struct fail *f)
{
	char bytes[QUEUE_MESSAGE];

	for (unsigned int i = 0; i < BATCH; i++) {
		message_bytes(i, bytes);
		must(write(f->queue, bytes, i + 1));
	}
}

static long write_run(struct fail *f)
{
	f->count = 1;
	return fail_call(f, SYS_write, f->queue, fail_put(f, "a", 1), 1);
}

static long read_queue_run(struct fail *f)
{
	char *bytes = fail_alloc(f, QUEUE_MESSAGE);
	long result = fail_call(f, SYS_read, f->queue, bytes, QUEUE_MESSAGE);

	f->count = 1;
	if (result >= 0)
		fail_unless(result == 1 && *bytes == 'a');
	return result;
}

/* ---- handles in messages: two of each message's */

static long send_handles_run(struct fail *f)
{
	struct rvf_message_handle *handles = fail_alloc(f, 2 * sizeof(*handles));
	struct rvf_message *message = fail_alloc(f, sizeof(*message));
	struct rvf_queue_batch arg = {
		.size = sizeof(arg),
		.messages = (uintptr_t)message,
		.count = 1,
		.entry_size = sizeof(*message),
	};

	handles[0] = (struct rvf_message_handle){ .fd = f->fd, .rights = RVF_RIGHT_READ };
	handles[1] = (struct rvf_message_handle){ .fd = f->queue, .rights = RVF_RIGHT_WRITE };
	*message = (struct rvf_message){
		.buffer = (uintptr_t)fail_put(f, "a", 1),
		.length = 1,
		.priority = RVF_PRIORITY_NORMAL,
		.handle_count = 2,
		.handles = (uintptr_t)handles,
	};
	return fail_ioctl(f, f->queue, RVF_QUEUE_SEND, &arg);
}

static void receive_both(struct fail *f)
{
	struct rvf_message_handle handles[2];
	uint32_t n = 2;

	must_rvf(receive_handles(f->queue, handles, &n));
	fail_unless(n == 2);
	for (int i = 0; i < 2; i++) {
		must_rvf(handle_result(handles[i].fd));
		close(handles[i].fd);
	}
}

static void send_both(struct fail *f)
{
	unsigned int nth = f->nth;

	f->nth = 0;
	must_rvf(send_handles_run(f));
	f->nth = nth;
}

static long recv_handles_run(struct fail *f)
{
	struct rvf_message_handle *handles = fail_alloc(f, 2 * sizeof(*handles));
	struct rvf_message *message = fail_alloc(f, sizeof(*message));
	struct rvf_queue_batch arg = {
		.size = sizeof(arg),
		.messages = (uintptr_t)message,
		.count = 1,
		.entry_size = sizeof(*message),
	};
	long result;

	*message = (struct rvf_message){
		.buffer = (uintptr_t)fail_alloc(f, QUEUE_MESSAGE),
		.length = QUEUE_MESSAGE,
		.handle_count = 2,
		.handles = (uintptr_t)handles,
	};
	result = fail_ioctl(f, f->queue, RVF_QUEUE_RECV, &arg);
	f->made[0] = handles[0].fd;
	f->made[1] = handles[1].fd;
	return result;
}

static void recv_handles_check(struct fail *f)
{
	char byte;

	fail_unless(pread(f->made[0], &byte, 1, 0) == 1 && (uint8_t)byte == data_bytes()[0]);
	fail_unless(handle_state(f->made[1]).out_rights == RVF_RIGHT_WRITE);
}

static void recv_handles_undo(struct fail *f)
{
	close(f->made[0]);
	close(f->made[1]);
}

static long peek_run(struct fail *f)
{
	struct rvf_message *message = fail_alloc(f, sizeof(*message));
	struct rvf_queue_batch arg = {
		.size = sizeof(arg),
		.flags = RVF_QUEUE_PEEK,
		.messages = (uintptr_t)message,
		.count = 1,
		.entry_size = sizeof(*message),
	};

	*message = (struct rvf_message){
		.buffer = (uintptr_t)fail_alloc(f, QUEUE_MESSAGE),
		.length = QUEUE_MESSAGE,
	};
	return fail_ioctl(f, f->queue, RVF_QUEUE_RECV, &arg);
}

static void peek_undo(struct fail *f)
{
	drain(f, 0, BATCH);
}

const struct fail_case fail_queue[] = {
	{ "QUEUE_INFO", .run = queue_info_run },
	{ "QUEUE_SEND", .run = send_run, .undo = send_undo },
	{ "QUEUE_RECV", .prepare = fill, .run = recv_run, .undo = recv_undo },
	{ "QUEUE_RECV that peeks", .prepare = fill, .run = peek_run, .undo = peek_undo },
	{ "QUEUE_SEND with handles", .setup = fail_get_data, .run = send_handles_run,
	  .undo = receive_both, .teardown = fail_close_fd },
	{ "QUEUE_RECV with handles", .setup = fail_get_data, .prepare = send_both,
	  .run = recv_handles_run, .check = recv_handles_check, .undo = recv_handles_undo,
	  .teardown = fail_close_fd },
	{ "write of a message", .run = write_run, .undo = send_undo },
	{ "read of a message", .prepare = fill, .run = read_queue_run, .undo = recv_undo },
	{ 0 },
};
