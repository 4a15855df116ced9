// SPDX-License-Identifier: GPL-2.0-only
/* Rings that are mapped by both ends, each step of every command failing. */
#include <sys/mman.h>
#include <unistd.h>

#include "fail_nth.h"

#define SLOTS	6
#define MESSAGE 100
#define WORD	3 /* the producer's index: so many messages are there */

/* The producer is component 0; an administrator's handle has no end */
static int watched;

static struct rvf_ring_info info_of(int ring)
{
	struct rvf_ring_info info = { .size = sizeof(info) };

	must_rvf(rvf(ring, RVF_RING_INFO, &info));
	return info;
}

struct pkg *fail_ring_package(void)
{
	struct pkg *pkg = pkg_usual();

	pkg_ring(pkg, "ring", SLOTS, MESSAGE);
	pkg_finish(pkg, KEY_OWNER);
	return pkg;
}

static void mount_setup(struct fail *f)
{
	fail_remount(f, must_rvf(pkg_mount(fail_ring_package(), f->ctl, NULL, NULL)));
}

static void write_word(int ring, size_t end, unsigned int index)
{
	struct rvf_ring_end *page =
		must(mmap(NULL, page_size(), PROT_READ | PROT_WRITE, MAP_SHARED, ring, end));

	page->word = RVF_RING_WORD(info_of(ring).out_epoch, index);
	munmap(page, page_size());
}

/* Both ends in one hand, and messages in the ring */
static void ends_setup(struct fail *f)
{
	mount_setup(f);
	f->fd = must_rvf(mount_get(f->mount, "ring", RVF_RIGHT_READ | RVF_RIGHT_WRITE));
	write_word(f->fd, info_of(f->fd).out_producer, WORD);
	write_word(f->fd, info_of(f->fd).out_consumer, 0);
}

static long info_run(struct fail *f)
{
	struct rvf_ring_info arg = { .size = sizeof(arg) };
	long result = fail_ioctl(f, f->fd, RVF_RING_INFO, &arg);

	if (result >= 0)
		fail_unless(arg.out_slots == SLOTS && arg.out_message_size == MESSAGE);
	return result;
}

static long wake_run(struct fail *f)
{
	struct rvf_ring_wake arg = { .size = sizeof(arg) };

	return fail_ioctl(f, f->fd, RVF_RING_WAKE, &arg);
}

/* As the consumer */
static long read_run(struct fail *f)
{
	uint64_t *count = fail_alloc(f, sizeof(*count));
	long result = fail_call(f, SYS_read, f->fd, count, sizeof(*count));

	if (result >= 0)
		fail_unless(result == sizeof(*count) && *count == WORD);
	return result;
}

static long map_run(struct fail *f)
{
	return fail_map(f, f->fd, PROT_READ | PROT_WRITE, info_of(f->fd).out_producer);
}

static void map_check(struct fail *f)
{
	struct rvf_ring_end *head = f->map;

	fail_unless(RVF_RING_INDEX(head->word) == WORD);
}

/* ---- an end, taken by the next incarnation of its task */

static void end_setup(struct fail *f)
{
	mount_setup(f);
	must_rvf(supervise(f->mount));
	watched = must_rvf(mount_get(f->mount, "ring", RVF_RIGHT_REVOKE));
	/* The first one begins nothing anew */
	fail_bound_prepare(f);
	must_rvf(task_get(&f->task, "ring", 0));
	fail_kill(f);
}

static void end_prepare(struct fail *f)
{
	fail_bound_prepare(f);
	f->count = info_of(watched).out_epoch;
}

static long end_run(struct fail *f)
{
	struct rvf_get arg = { .size = sizeof(arg), .name_len = 4 };
	long result;

	arg.name = (uintptr_t)fail_put(f, "ring", 4);
	result = fail_ioctl(f, PROXY_TASK_FD, RVF_TASK_GET, &arg);
	if (result < 0)
		fail_unless(info_of(watched).out_epoch == f->count);
	return result;
}

static void end_check(struct fail *f)
{
	fail_unless(info_of(watched).out_epoch == f->count + 1);
}

static void end_teardown(struct fail *f)
{
	close(watched);
}

/* ---- a page of it, entered at the plugin's access */

static void fault_setup(struct fail *f)
{
	mount_setup(f);
	fail_task_get(f, "ring");
}

static void fault_prepare(struct fail *f)
{
	struct rvf_ring_info arg = { .size = sizeof(arg) };

	must_rvf(task_ioctl(&f->task, f->fd, RVF_RING_INFO, &arg));
	fail_map_task(f, PROT_READ | PROT_WRITE, arg.out_data);
}

static long fault_run(struct fail *f)
{
	return fail_call(f, PROXY_POKE, f->map, 'x');
}

static void fault_check(struct fail *f)
{
	fail_unless(task_call(&f->task, PROXY_PEEK, f->map) == 'x');
}

const struct fail_case fail_ring[] = {
	{ "RING_INFO", .setup = ends_setup, .run = info_run, .teardown = fail_close_fd },
	{ "RING_WAKE", .setup = ends_setup, .run = wake_run, .teardown = fail_close_fd },
	{ "read of a ring's end", .setup = ends_setup, .run = read_run, .teardown = fail_close_fd },
	{ "mmap of a ring", .setup = ends_setup, .run = map_run, .check = map_check,
	  .undo = fail_unmap, .teardown = fail_close_fd },
	{ "TASK_GET of a ring's end", .setup = end_setup, .prepare = end_prepare, .run = end_run,
	  .check = end_check, .undo = fail_kill, .teardown = end_teardown },
	{ "page fault of a ring", .setup = fault_setup, .prepare = fault_prepare, .run = fault_run,
	  .check = fault_check, .undo = fail_unmap, .teardown = fail_kill },
	{ 0 },
};
