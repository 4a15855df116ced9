// SPDX-License-Identifier: GPL-2.0-only
/* A plugin that calls everything in librvf-plugin, and prints TAP. */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rvf/plugin.h>

#include "../host/tap.h"
#include "calls.h"

#define READ_WRITE (RVF_RIGHT_READ | RVF_RIGHT_WRITE)

static void test_task(void)
{
	struct rvf_granted granted;
	unsigned int i, data = 0;

	tap_equal(rvf_incarnation(), 1, "the first incarnation");
	tap_ok(rvf_task_fd() > 2, "the task fd is none of the standard ones");
	tap_ok(!rvf_stop_requested(), "nobody asks it to stop");

	for (i = 0; rvf_granted(i, &granted) == 0; i++)
		if (!strcmp(granted.name, "data") && granted.kind == RVF_OBJECT_REGION &&
		    granted.rights == (RVF_RIGHT_READ | RVF_RIGHT_GRANT | RVF_RIGHT_REVOKE))
			data++;
	tap_equal(i, 6, "six grants");
	tap_equal(data, 1, "one of them as the recipe says");
	tap_equal(rvf_granted(i, &granted), -ENOENT, "no seventh");
}

static void test_get(void)
{
	struct rvf_handle_info info;
	char name[RVF_MAX_NAME + 2];
	int handle;

	tap_equal(rvf_get("dat"), -ENOENT, "no such object");
	tap_equal(rvf_get(""), -EINVAL, "no name");
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	tap_equal(rvf_get(name), -ENOENT, "a name that is too long");
	tap_equal(rvf_get_rights("in", READ_WRITE), -EACCES, "more than is granted");
	tap_equal(rvf_get_rights("in", 0), -EINVAL, "no rights");

	handle = rvf_get_rights("log", RVF_RIGHT_READ);
	tap_ok(handle >= 0, "less than is granted");
	tap_equal(rvf_handle_info(handle, &info), 0, "what a handle leads to");
	tap_ok(info.out_kind == RVF_OBJECT_REGION && info.out_rights == RVF_RIGHT_READ &&
		       info.out_depth == 0,
	       "a region, with the one right");
	tap_equal(rvf_region_append(handle, "x", 1), -EACCES, "and no more than that");
	close(handle);
	tap_equal(rvf_handle_info(handle, &info), -EBADF, "a closed handle");
	tap_equal(rvf_handle_info(STDOUT_FILENO, &info), -ENOTTY, "no handle at all");
}

static void test_immutable(void)
{
	struct rvf_region_info info;
	struct rvf_mapping mapping;
	int region = rvf_get("data");
	char text[64];

	tap_equal(rvf_region_info(region, &info), 0, "what a region is");
	tap_ok(info.out_policy == RVF_REGION_IMMUTABLE && info.out_size == strlen(DATA) &&
		       info.out_cursor == strlen(DATA),
	       "immutable, of the file's length");
	tap_equal(rvf_region_map(region, &mapping), 0, "it can be mapped");
	tap_ok(mapping.length == strlen(DATA) && !memcmp(mapping.data, DATA, mapping.length),
	       "and holds what the file held");
	rvf_region_unmap(&mapping);
	tap_ok(!mapping.data && !mapping.length, "unmapped");
	tap_equal(rvf_region_read(region, 4, text, 3), 3, "a part of it");
	tap_ok(!memcmp(text, DATA + 4, 3), "the right one");
	tap_equal(rvf_region_read(region, strlen(DATA), text, 3), 0, "nothing at the end");
	tap_equal(rvf_region_append(region, "x", 1), -EPERM, "nobody appends to it");
	close(region);
}

static void test_append(void)
{
	static char large[RVF_MAX_APPEND + 1];
	struct rvf_mapping mapping;
	int region = rvf_get("log");
	char text[64];

	tap_equal(rvf_region_append(region, "first ", 6), 0, "append");
	tap_equal(rvf_region_map(region, &mapping), 0, "map it");
	tap_ok(mapping.length == 6 && mapping.size == 100, "six of a hundred bytes");
	tap_equal(rvf_region_append(region, "second", 6), 0, "append once more");
	tap_ok(!memcmp(mapping.data, "first second", 12), "the mapping shows it");
	rvf_region_unmap(&mapping);
	tap_equal(rvf_region_read(region, 0, text, sizeof(text)), 12, "so does reading");
	tap_equal(rvf_region_append(region, large, 89), -ENOSPC, "more than there is room for");
	tap_equal(rvf_region_read(region, 12, text, sizeof(text)), 0, "did nothing");
	tap_equal(rvf_region_append(region, large, sizeof(large)), -EMSGSIZE,
		  "more than one append takes");
	close(region);
}

static void test_slab(void)
{
	__u64 slot, other, none;
	int region = rvf_get("pool");
	char text[8] = "";
	size_t offset;

	tap_equal(rvf_slot_alloc(region, &slot, NULL), 0, "take a slot");
	tap_equal(rvf_slot_alloc(region, &other, &offset), 0, "and another");
	tap_equal(offset, 100, "which lies behind it");
	tap_equal(rvf_slot_alloc(region, &none, NULL), -ENOSPC, "there is no third");
	tap_equal(rvf_slot_write(region, slot, 92, "12345678", 8), 0, "write its end");
	tap_equal(rvf_slot_write(region, slot, 93, "12345678", 8), -EMSGSIZE, "not beyond it");
	tap_equal(rvf_slot_write(region, slot, 1ul << 32, "1", 1), -EMSGSIZE, "nor far beyond it");
	tap_equal(rvf_slot_read(region, slot, 92, text, 8), 0, "read it");
	tap_ok(!memcmp(text, "12345678", 8), "as it was written");
	tap_equal(rvf_slot_free(region, slot), 0, "free it");
	tap_equal(rvf_slot_free(region, slot), -ESTALE, "once");
	tap_equal(rvf_slot_read(region, slot, 0, text, 1), -ESTALE, "it cannot be read any more");
	tap_equal(rvf_region_append(region, "x", 1), -EPERM, "nor does a slab grow");
	close(region);
}

static void test_queue(void)
{
	int queue = rvf_get("loop");
	struct rvf_queue_info info;
	char large[17] = { 0 };
	char text[16];
	int i;

	tap_equal(rvf_queue_try_recv(queue, text, sizeof(text)), -EAGAIN, "an empty queue");
	tap_equal(rvf_queue_send(queue, large, sizeof(large)), -EMSGSIZE, "too large");
	tap_equal(rvf_queue_send(queue, large, RVF_MAX_MESSAGE + 1), -EMSGSIZE, "larger than any");
	for (i = 0; i < 4; i++)
		tap_equal(rvf_queue_send(queue, &i, sizeof(i)), 0, "send");
	tap_equal(rvf_queue_try_send(queue, &i, sizeof(i)), -EAGAIN, "a full queue");
	tap_equal(rvf_queue_info(queue, &info), 0, "what a queue is");
	tap_ok(info.out_slots == 4 && info.out_used == 4 && info.out_message_size == 16 &&
		       info.out_type != 0 && info.out_sent == 4,
	       "four slots, full");
	tap_equal(rvf_queue_recv(queue, text, 3), -EMSGSIZE, "too little room");
	for (i = 0; i < 4; i++) {
		int number = -1;

		tap_equal(rvf_queue_recv(queue, &number, sizeof(number)), sizeof(number), "recv");
		tap_equal(number, i, "in order, nothing was lost");
	}
	tap_equal(rvf_queue_send(queue, NULL, 0), 0, "a message of no bytes");
	tap_equal(rvf_queue_recv(queue, text, sizeof(text)), 0, "comes as one");
	close(queue);
}

static void test_batch(void)
{
	struct rvf_message messages[6] = { 0 };
	int queue = rvf_get("loop");
	int numbers[6], i;

	for (i = 0; i < 6; i++) {
		numbers[i] = 10 + i;
		messages[i].buffer = (uintptr_t)&numbers[i];
		messages[i].length = sizeof(numbers[i]);
	}
	tap_equal(rvf_queue_send_batch(queue, messages, 6), 4, "as many as there is room for");
	memset(numbers, 0, sizeof(numbers));
	tap_equal(rvf_queue_recv_batch(queue, messages, 6), 4, "as many as there are");
	tap_ok(numbers[0] == 10 && numbers[3] == 13 && numbers[4] == 0, "in order");
	tap_ok(messages[0].length == sizeof(numbers[0]) && messages[0].type != 0,
	       "with length and type");
	tap_equal(rvf_queue_recv_batch(queue, messages, 0), -EINVAL, "none at all");
	close(queue);
}

static void test_handles(void)
{
	int queue = rvf_get("loop"), data = rvf_get("data");
	struct rvf_message_handle sent[2] = {
		{ .fd = data, .rights = RVF_RIGHT_READ },
		{ .fd = data,
		  .rights = RVF_RIGHT_READ,
		  .flags = RVF_HANDLE_WINDOW,
		  .offset = 4,
		  .length = 5 },
	};
	struct rvf_message_handle got[2];
	struct rvf_message message;
	unsigned int count = 1;
	char text[16];

	tap_equal(rvf_queue_peek(queue, text, sizeof(text), &message), -EAGAIN, "nothing to see");
	tap_equal(rvf_queue_send(queue, "later", 5), 0, "a message");
	tap_equal(rvf_queue_send_handles(queue, "first", 5, RVF_PRIORITY_URGENT, sent, 2), 0,
		  "an urgent one, with handles");
	tap_equal(rvf_queue_peek(queue, text, sizeof(text), &message), 0, "look");
	tap_ok(message.length == 5 && message.handle_count == 2 && !memcmp(text, "first", 5) &&
		       message.priority == RVF_PRIORITY_URGENT,
	       "the urgent one comes first");
	tap_equal(rvf_queue_recv(queue, text, sizeof(text)), -EMSGSIZE,
		  "it needs room for handles");
	tap_equal(rvf_queue_recv_handles(queue, text, sizeof(text), got, &count), -EMSGSIZE,
		  "for all of them");
	tap_equal(count, 2, "which are two");
	tap_equal(rvf_queue_recv_handles(queue, text, sizeof(text), got, &count), 5, "receive it");
	tap_equal(count, 2, "with both");
	tap_equal(rvf_region_read(got[0].fd, 4, text, 5), 5, "the one shows everything");
	tap_equal(rvf_region_read(got[1].fd, 0, text + 5, sizeof(text) - 5), 5,
		  "the other one five bytes");
	tap_ok(!memcmp(text, text + 5, 5), "the same ones");
	tap_equal(rvf_revoke_derived(data), 2, "taken back");
	tap_equal(rvf_region_read(got[1].fd, 0, text, 5), -EKEYREVOKED, "and gone");
	close(got[0].fd);
	close(got[1].fd);
	tap_equal(rvf_queue_recv(queue, text, sizeof(text)), 5, "what was sent first");
	close(data);
	close(queue);
}

static void test_derive(void)
{
	int region = rvf_get("data");
	struct rvf_handle_info info;
	int child, other;
	char text[4];

	child = rvf_derive(region, RVF_RIGHT_READ, 7);
	tap_ok(child >= 0, "derive");
	rvf_handle_info(child, &info);
	tap_ok(info.out_depth == 1 && info.out_rights == RVF_RIGHT_READ && info.out_badge == 7,
	       "one deeper, fewer rights, a badge");
	tap_equal(rvf_derive(region, RVF_RIGHT_WRITE, 0), -EACCES, "no right out of nothing");
	tap_equal(rvf_derive(child, RVF_RIGHT_READ, 7), -EPERM, "none from one that may not");
	tap_equal(rvf_revoke(child), -EACCES, "nor is it revoked through itself");

	other = rvf_derive(region, RVF_RIGHT_READ | RVF_RIGHT_GRANT, 0);
	tap_equal(rvf_revoke_derived(region), 2, "both are revoked");
	tap_equal(rvf_region_read(child, 0, text, sizeof(text)), -EKEYREVOKED, "and useless");
	tap_equal(rvf_derive(other, RVF_RIGHT_READ, 0), -EKEYREVOKED, "also for deriving");
	tap_equal(rvf_region_read(region, 0, text, sizeof(text)), sizeof(text), "the parent works");
	tap_equal(rvf_revoke(region), 1, "it is revoked, too");
	tap_equal(rvf_region_read(region, 0, text, sizeof(text)), -EKEYREVOKED, "and useless");
	close(child);
	close(other);
	close(region);
}

static void on_alarm(int number)
{
	(void)number;
}

/* The other end is the test program. */
static void test_waiting(void)
{
	struct sigaction action = { .sa_handler = on_alarm };
	int in = rvf_get("in");
	int out = rvf_get("out");
	char text[16];

	tap_equal(rvf_ready(), 0, "ready");
	tap_equal(rvf_ready(), -EALREADY, "only once");

	sigaction(SIGALRM, &action, NULL);
	alarm(1);
	tap_equal(rvf_queue_recv(in, text, sizeof(text)), 5,
		  "a message is waited for, signals or not");
	tap_ok(!memcmp(text, "hello", 5), "and comes");

	tap_equal(rvf_queue_send(out, "stop", 4), 0, "the queue is full now");
	tap_equal(rvf_queue_recv(in, text, sizeof(text)), -ECANCELED, "asked to stop: receiving");
	tap_ok(rvf_stop_requested(), "it is asked to stop");
	tap_equal(rvf_queue_send(out, "more", 4), -ECANCELED, "asked to stop: sending");
	tap_equal(rvf_wait_stop(), 0, "nothing is left to wait for");
	tap_equal(rvf_queue_try_send(out, "more", 4), -EAGAIN, "the objects are still there");
}

int main(void)
{
	tap_begin();
	test_task();
	test_get();
	test_immutable();
	test_append();
	test_slab();
	test_queue();
	test_batch();
	test_handles();
	test_derive();
	test_waiting();
	return tap_end();
}
