// SPDX-License-Identifier: GPL-2.0-only
/*
 * The supervisor and its mounts.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"

/* How often a cgroup that is still in use is tried to be removed, and when. */
#define REMOVE_TRIES	100
#define REMOVE_PAUSE_MS 20

/* For when nothing is left to do but this: killed processes take a moment to end. */
static void remove_patiently(int root, const char *name)
{
	const struct timespec pause = { .tv_nsec = REMOVE_PAUSE_MS * 1000 * 1000 };

	for (int i = 0; rvf_cgroup_remove(root, name) == -EBUSY && i < REMOVE_TRIES; i++)
		nanosleep(&pause, NULL);
}

/* Those of programs that ran nameless mounts and were killed. */
static int remove_stale(const char *name, void *context)
{
	const int *root = context;
	char *end;

	if (strncmp(name, "run-", 4))
		return 0;
	long pid = strtol(name + 4, &end, 10);
	if (!*end && pid > 0 && (pid == getpid() || (kill(pid, 0) && errno == ESRCH)))
		remove_patiently(*root, name);
	return 0;
}

static int open_logs(struct rvf_supervisor *s, struct rvf_error *e)
{
	if (!s->config.log_dir)
		return 0;
	if (mkdir(s->config.log_dir, 0700) && errno != EEXIST)
		return rvf_error_system(e, errno, "cannot make %s", s->config.log_dir);
	s->logs = open(s->config.log_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (s->logs < 0)
		return rvf_error_system(e, errno, "cannot open %s", s->config.log_dir);
	return 0;
}

static int make_filters(struct rvf_supervisor *s, struct rvf_error *e)
{
	struct rvf_process_config config;
	int err = 0;

	rvf_process_config_init(&config);
	for (int vm = 0; !err && vm < 2; vm++) {
		config.vm = vm;
		err = rvf_process_filter_for(&config, &s->filters[vm].code, &s->filters[vm].count,
					     e);
	}
	return err;
}

int rvf_supervisor_new(struct rvf_supervisor **supervisor, struct rvf_loop *loop,
		       const struct rvf_supervisor_config *config, struct rvf_error *e)
{
	struct rvf_supervisor *s = calloc(1, sizeof(*s));

	if (!s)
		return rvf_error_system(e, ENOMEM, "cannot supervise anything");
	s->loop = loop;
	s->config = *config;
	s->logs = -1;
	s->netns = -1;
	for (int i = 0; i <= RVF_PROFILE_CROSVM; i++)
		s->devices[i] = -1;
	s->cgroup = rvf_cgroup_root(e);
	int err = s->cgroup < 0 ? s->cgroup : 0;
	if (err == -EOPNOTSUPP && config->no_cgroup)
		err = 0;
	if (!err) {
		if (s->cgroup >= 0)
			rvf_cgroup_list(s->cgroup, remove_stale, &s->cgroup);
		s->netns = rvf_process_netns(e);
		err = s->netns < 0 ? s->netns : open_logs(s, e);
	}
	if (!err)
		err = make_filters(s, e);
	if (err) {
		rvf_supervisor_free(s);
		return err;
	}
	*supervisor = s;
	return 0;
}

int rvf_supervisor_cgroup(const struct rvf_supervisor *supervisor)
{
	return supervisor->cgroup < 0 ? -1 : supervisor->cgroup;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void free_mount(struct rvf_supervised *mount)
{
	if (mount->fd >= 0)
		rvf_loop_unwatch(mount->supervisor->loop, mount->fd);
	for (__u32 i = 0; mount->tasks && i < mount->n_tasks; i++)
		rvf_mtask_destroy(&mount->tasks[i]);
	rvf_timer_free(mount->work);
	close_fd(&mount->cgroup);
	close_fd(&mount->logs);
	close_fd(&mount->fd);
	free(mount->tasks);
	free(mount->by_component);
	free(mount->data);
	free(mount);
}

static void unlink_mount(struct rvf_supervised *mount)
{
	struct rvf_supervised **place = &mount->supervisor->mounts;

	while (*place != mount)
		place = &(*place)->next;
	*place = mount->next;
}

static int remove_cgroup(const struct rvf_supervised *mount)
{
	if (!mount->cgroup_name[0])
		return 0;
	return rvf_cgroup_remove(mount->supervisor->cgroup, mount->cgroup_name);
}

static void remove_logs(const struct rvf_supervised *mount)
{
	char name[32];

	if (mount->logs < 0)
		return;
	for (__u32 i = 0; i < mount->n_tasks; i++) {
		snprintf(name, sizeof(name), "%u", mount->tasks[i].component);
		unlinkat(mount->logs, name, 0);
	}
	snprintf(name, sizeof(name), "%llu", (unsigned long long)mount->id);
	unlinkat(mount->supervisor->logs, name, AT_REMOVEDIR);
}

/* Unmounted, and no process is left. */
void rvf_mount_finish_gone(struct rvf_supervised *mount)
{
	const struct rvf_supervisor_config *config = &mount->supervisor->config;

	if (remove_cgroup(mount) == -EBUSY && mount->remove_tries++ < REMOVE_TRIES) {
		rvf_timer_set(mount->work, REMOVE_PAUSE_MS);
		return;
	}
	remove_logs(mount);
	if (config->ops->gone)
		config->ops->gone(mount, config->context);
	rvf_forget_mount(mount);
	unlink_mount(mount);
	free_mount(mount);
}

/* Also when the loop has not heard of it yet. */
static bool is_gone(const struct rvf_supervised *mount)
{
	struct pollfd pfd = { .fd = mount->fd };

	return mount->gone || (poll(&pfd, 1, 0) > 0 && (pfd.revents & POLLHUP));
}

void rvf_supervisor_free(struct rvf_supervisor *s)
{
	if (!s)
		return;
	while (s->mounts) {
		struct rvf_supervised *mount = s->mounts;
		/* A mount with a name lives on, and its cgroup with it. */
		bool last = !mount->name[0] || is_gone(mount);
		char name[RVF_CGROUP_NAME];

		s->mounts = mount->next;
		strcpy(name, mount->cgroup_name);
		if (last)
			remove_logs(mount);
		free_mount(mount);
		if (last && name[0])
			remove_patiently(s->cgroup, name);
	}
	close_fd(&s->cgroup);
	close_fd(&s->netns);
	for (int i = 0; i <= RVF_PROFILE_CROSVM; i++)
		close_fd(&s->devices[i]);
	close_fd(&s->logs);
	for (int i = 0; i < 2; i++)
		free(s->filters[i].code);
	free(s);
}

static int open_mount_logs(struct rvf_supervised *mount)
{
	char name[32];

	if (mount->supervisor->logs < 0)
		return 0;
	snprintf(name, sizeof(name), "%llu", (unsigned long long)mount->id);
	if (mkdirat(mount->supervisor->logs, name, 0700) && errno != EEXIST)
		return -errno;
	mount->logs = openat(mount->supervisor->logs, name,
			     O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	return mount->logs < 0 ? -errno : 0;
}

static int make_tasks(struct rvf_supervised *mount, __u64 time, struct rvf_error *e)
{
	const struct rvf_manifest *m = &mount->manifest;
	const __u64 identity[2] = { mount->id, time };
	int err = open_mount_logs(mount);

	mount->tasks = calloc(m->n_components + 1, sizeof(*mount->tasks));
	mount->by_component = calloc(m->n_components + 1, sizeof(*mount->by_component));
	mount->work = rvf_timer_new(mount->supervisor->loop, rvf_mount_work, mount);
	if (!mount->tasks || !mount->by_component || !mount->work)
		err = -ENOMEM;
	for (__u32 i = 0; !err && i < m->n_components; i++) {
		mount->by_component[i] = -1;
		if (le32_to_cpu(m->components[i].kind) == RVF_COMPONENT_KERNEL)
			continue;
		mount->by_component[i] = mount->n_tasks;
		err = rvf_mtask_init(&mount->tasks[mount->n_tasks], mount, mount->n_tasks, i,
				     identity);
		mount->n_tasks++;
	}
	if (err)
		return rvf_error_system(e, -err, "cannot supervise the tasks of %s",
					mount->name[0] ? mount->name : "a nameless mount");
	/* Lines of an earlier supervisor come before those of this one. */
	for (__u32 i = 0; i < mount->n_tasks; i++)
		if (rvf_ring_newest_time(mount->tasks[i].ring) > mount->supervisor->last_time)
			mount->supervisor->last_time = rvf_ring_newest_time(mount->tasks[i].ring);
	return 0;
}

static bool has_vm(const struct rvf_manifest *m)
{
	for (__u32 i = 0; i < m->n_components; i++)
		if (m->components[i].vcpus)
			return true;
	return false;
}

static void tell_no_kvm(struct rvf_supervised *mount, int err)
{
	struct rvf_supervisor *s = mount->supervisor;
	char why[128];

	if (s->told_no_kvm)
		return;
	s->told_no_kvm = true;
	snprintf(why, sizeof(why), "no KVM here: tasks cannot make their VM (/dev/kvm: %s)",
		 strerror(err));
	if (s->config.ops->no_kvm)
		s->config.ops->no_kvm(mount, why, s->config.context);
}

/*
 * The module keeps what it needs of /dev/kvm: no fd of it stays here. Without
 * KVM the mount lives, and a task that must have its VM fails alone.
 */
static int claim(struct rvf_supervised *mount, struct rvf_error *e)
{
	int kvm, err;

	if (!has_vm(&mount->manifest))
		return rvf_supervise(mount->fd, -1, e);
	kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (kvm < 0) {
		err = errno;
		tell_no_kvm(mount, err);
		return rvf_supervise(mount->fd, -1, e);
	}
	err = rvf_supervise(mount->fd, kvm, e);
	close(kvm);
	if (err != -EINVAL)
		return err;
	/* It is there, and is something else. */
	tell_no_kvm(mount, EINVAL);
	return rvf_supervise(mount->fd, -1, e);
}

static int take_over(struct rvf_supervised *mount, bool claimed, struct rvf_error *e)
{
	struct rvf_supervisor *s = mount->supervisor;
	struct rvf_mount_info info;
	int err = rvf_mount_get_info(mount->fd, &info, mount->name, e);

	if (!err)
		err = rvf_mount_get_manifest(mount->fd, &mount->data, &mount->manifest, e);
	if (!err && !claimed)
		err = claim(mount, e);
	if (err)
		return err;
	mount->id = info.out_id;
	err = make_tasks(mount, info.out_time, e);
	if (err)
		return err;
	if (s->cgroup >= 0) {
		/* Its limits were set when it was mounted, if from a cgroup. */
		mount->cgroup = rvf_cgroup_mount(s->cgroup, mount->name, mount->id,
						 rvf_cgroup_mount_memory(&mount->manifest),
						 mount->cgroup_name, e);
		if (mount->cgroup < 0)
			return mount->cgroup;
	}
	err = rvf_loop_watch(s->loop, mount->fd, EPOLLIN | EPOLLPRI, rvf_mount_events, mount);
	return err ? rvf_error_system(e, -err, "cannot watch a mount") : 0;
}

/* @claimed: the fd is the claim already. */
int rvf_mount_take_over(struct rvf_supervisor *s, int mount_fd, bool claimed,
			struct rvf_supervised **out, struct rvf_error *e)
{
	struct rvf_supervised *mount = calloc(1, sizeof(*mount)), **last = &s->mounts;

	if (!mount)
		return rvf_error_system(e, ENOMEM, "cannot supervise a mount");
	mount->supervisor = s;
	mount->fd = mount_fd;
	mount->cgroup = -1;
	mount->logs = -1;
	mount->first_failed = -1;
	int err = take_over(mount, claimed, e);
	if (err) {
		mount->fd = -1;
		free_mount(mount);
		return err;
	}
	while (*last)
		last = &(*last)->next;
	*last = mount;
	rvf_mount_changed(mount);
	if (out)
		*out = mount;
	return 0;
}

int rvf_supervisor_add(struct rvf_supervisor *s, int mount_fd, struct rvf_supervised **out,
		       struct rvf_error *e)
{
	struct rvf_supervised *mount;
	int err = rvf_mount_take_over(s, mount_fd, false, &mount, e);

	if (err)
		return err;
	rvf_keep_mount(mount);
	if (out)
		*out = mount;
	return 0;
}

struct rvf_supervised *rvf_supervisor_find(struct rvf_supervisor *s, __u64 id)
{
	for (struct rvf_supervised *mount = s->mounts; mount; mount = mount->next)
		if (mount->id == id)
			return mount;
	return NULL;
}

struct rvf_supervised *rvf_supervisor_next(struct rvf_supervisor *s, struct rvf_supervised *mount)
{
	return mount ? mount->next : s->mounts;
}
