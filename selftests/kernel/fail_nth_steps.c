// SPDX-License-Identifier: GPL-2.0-only
/* What several cases of fail_nth have in common. */
#include <sys/mman.h>
#include <unistd.h>

#include "fail_nth.h"

void fail_get(struct fail *f, const char *name)
{
	f->fd = must_rvf(mount_get(f->mount, name, 0));
}

void fail_get_data(struct fail *f)
{
	fail_get(f, "data");
}

void fail_close_fd(struct fail *f)
{
	close(f->fd);
}

void fail_close_made(struct fail *f)
{
	close(f->made[0]);
}

void fail_bound_prepare(struct fail *f)
{
	fail_spawn(f);
	must_rvf(task_bind(&f->task, NULL));
}

void fail_bound_setup(struct fail *f)
{
	must_rvf(supervise(f->mount));
	fail_bound_prepare(f);
}

void fail_task_get(struct fail *f, const char *name)
{
	fail_bound_setup(f);
	f->fd = must_rvf(task_get(&f->task, name, 0));
}

long fail_map(struct fail *f, int fd, int prot, size_t offset)
{
	long result = fail_call(f, SYS_mmap, NULL, page_size(), prot, MAP_SHARED, fd, offset);

	f->map = (void *)result;
	return result < 0 && result > -4096 ? result : 0;
}

void fail_map_task(struct fail *f, int prot, size_t offset)
{
	f->map = (void *)must_rvf(
		task_call(&f->task, SYS_mmap, NULL, page_size(), prot, MAP_SHARED, f->fd, offset));
}

void fail_unmap(struct fail *f)
{
	if (f->in_task)
		must_rvf(task_call(&f->task, SYS_munmap, f->map, page_size()));
	else
		munmap(f->map, page_size());
}
