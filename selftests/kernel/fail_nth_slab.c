// SPDX-License-Identifier: GPL-2.0-only
/* Slots of a slab, and handles that show a part of a region, each step failing. */
#include <sys/mman.h>
#include <unistd.h>

#include "fail_nth.h"
#include "queue_handles.h"
#include "util_vm.h"

#define SLOT_SIZE 1024 /* of vm_mount()'s slab */

static uint64_t slot;
static uint8_t old[SLOT_SIZE];

static void slab_setup(struct fail *f)
{
	/* The usual objects and a slab */
	fail_remount(f, vm_mount(0, 0));
	fail_get(f, "slab");
	memset(old, 'o', sizeof(old));
}

static long alloc_run(struct fail *f)
{
	struct rvf_slot_alloc arg = { .size = sizeof(arg) };
	long result = fail_ioctl(f, f->fd, RVF_SLOT_ALLOC, &arg);

	slot = arg.out_slot;
	return result;
}

static struct rvf_slot_io slot_io(void *buffer)
{
	return (struct rvf_slot_io){
		.size = sizeof(struct rvf_slot_io),
		.slot = slot,
		.buffer = (uintptr_t)buffer,
		.length = SLOT_SIZE,
	};
}

static void slot_has(struct fail *f, const uint8_t *expected)
{
	uint8_t bytes[SLOT_SIZE];
	struct rvf_slot_io arg = slot_io(bytes);

	must_rvf(rvf(f->fd, RVF_SLOT_READ, &arg));
	fail_unless(!memcmp(bytes, expected, SLOT_SIZE));
}

static void alloc_check(struct fail *f)
{
	static const uint8_t zeros[SLOT_SIZE];

	slot_has(f, zeros);
}

static void free_slot(struct fail *f)
{
	struct rvf_slot_free arg = { .size = sizeof(arg), .slot = slot };

	must_rvf(rvf(f->fd, RVF_SLOT_FREE, &arg));
}

static void slot_prepare(struct fail *f)
{
	struct rvf_slot_alloc alloc = { .size = sizeof(alloc) };
	struct rvf_slot_io arg = slot_io(old);

	must_rvf(rvf(f->fd, RVF_SLOT_ALLOC, &alloc));
	slot = alloc.out_slot;
	arg = slot_io(old);
	must_rvf(rvf(f->fd, RVF_SLOT_WRITE, &arg));
}

static long free_run(struct fail *f)
{
	struct rvf_slot_free arg = { .size = sizeof(arg), .slot = slot };

	return fail_ioctl(f, f->fd, RVF_SLOT_FREE, &arg);
}

static void free_check(struct fail *f)
{
	struct rvf_slot_free arg = { .size = sizeof(arg), .slot = slot };

	fail_unless(rvf(f->fd, RVF_SLOT_FREE, &arg) == -ESTALE);
}

static long write_run(struct fail *f)
{
	struct rvf_slot_io arg = slot_io(fail_put(f, data_bytes(), SLOT_SIZE));
	long result = fail_ioctl(f, f->fd, RVF_SLOT_WRITE, &arg);

	if (result < 0)
		slot_has(f, old);
	return result;
}

static void write_check(struct fail *f)
{
	slot_has(f, data_bytes());
}

static long read_run(struct fail *f)
{
	uint8_t *bytes = fail_alloc(f, SLOT_SIZE);
	struct rvf_slot_io arg = slot_io(bytes);
	long result = fail_ioctl(f, f->fd, RVF_SLOT_READ, &arg);

	if (result >= 0)
		fail_unless(!memcmp(bytes, old, SLOT_SIZE));
	return result;
}

/* Written by the plugin: a fault for which there is no memory is tried again */
static void poke_setup(struct fail *f)
{
	fail_remount(f, vm_mount(0, 0));
	fail_task_get(f, "slab");
}

static void poke_prepare(struct fail *f)
{
	fail_map_task(f, PROT_READ | PROT_WRITE, 0);
}

static long poke_run(struct fail *f)
{
	return fail_call(f, PROXY_POKE, f->map, 'x');
}

static void poke_check(struct fail *f)
{
	fail_unless(task_call(&f->task, PROXY_PEEK, f->map) == 'x');
}

/* ---- a window, in a message */

static long send_run(struct fail *f)
{
	struct rvf_message_handle *handle = fail_alloc(f, sizeof(*handle));
	struct rvf_message *message = fail_alloc(f, sizeof(*message));
	struct rvf_queue_batch arg = {
		.size = sizeof(arg),
		.messages = (uintptr_t)message,
		.count = 1,
		.entry_size = sizeof(*message),
	};

	*handle = (struct rvf_message_handle){
		.fd = f->fd,
		.rights = RVF_RIGHT_READ,
		.offset = 1000,
		.length = 2000,
		.flags = RVF_HANDLE_WINDOW,
	};
	*message = (struct rvf_message){
		.buffer = (uintptr_t)fail_put(f, "a", 1),
		.length = 1,
		.priority = RVF_PRIORITY_NORMAL,
		.handle_count = 1,
		.handles = (uintptr_t)handle,
	};
	return fail_ioctl(f, f->queue, RVF_QUEUE_SEND, &arg);
}

static void send_undo(struct fail *f)
{
	int window = must_rvf(receive_handle(f->queue));
	uint8_t byte;

	fail_unless(pread(window, &byte, 1, 0) == 1 && byte == data_bytes()[1000]);
	close(window);
}

const struct fail_case fail_slab[] = {
	{ "SLOT_ALLOC", .setup = slab_setup, .run = alloc_run, .check = alloc_check,
	  .undo = free_slot, .teardown = fail_close_fd },
	{ "SLOT_FREE", .setup = slab_setup, .prepare = slot_prepare, .run = free_run,
	  .check = free_check, .teardown = fail_close_fd },
	{ "SLOT_WRITE", .setup = slab_setup, .prepare = slot_prepare, .run = write_run,
	  .check = write_check, .undo = free_slot, .teardown = fail_close_fd },
	{ "SLOT_READ", .setup = slab_setup, .prepare = slot_prepare, .run = read_run,
	  .undo = free_slot, .teardown = fail_close_fd },
	{ "page fault of a write", .setup = poke_setup, .prepare = poke_prepare, .run = poke_run,
	  .check = poke_check, .undo = fail_unmap, .teardown = fail_kill },
	{ "QUEUE_SEND of a window", .setup = fail_get_data, .run = send_run, .undo = send_undo,
	  .teardown = fail_close_fd },
	{ 0 },
};
