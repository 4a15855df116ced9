// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which mounts rvfd supervises: every one with a name that nobody else does.
 *
 * An event only asks for a round, in which all mounts are listed: so an event
 * that is lost costs nothing, since what is lost is told (ENOBUFS) and asks
 * for a round, too.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>
#include <rvf/cgroup.h>

#include "rvfd.h"

/* When a claim that failed is tried again. */
#define AGAIN_MS 1000

/**
 * struct listing - Mounts, as a round finds them
 * @mounts: They.
 * @count: How many.
 */
struct listing {
	struct rvf_nl_mount *mounts;
	size_t count;
};

static int list_one(const struct rvf_nl_mount *mount, void *context)
{
	struct listing *list = context;

	if (!mount->name[0])
		return 0;

	struct rvf_nl_mount *more =
		realloc(list->mounts, (list->count + 1) * sizeof(*list->mounts));
	if (!more)
		return -ENOMEM;
	list->mounts = more;
	list->mounts[list->count++] = *mount;
	return 0;
}

static int list_mounts(struct daemon *d, struct listing *list, struct rvf_error *e)
{
	*list = (struct listing){ 0 };
	int err = rvf_nl_dump_mounts(d->dumps, list_one, list, e);
	if (err) {
		free(list->mounts);
		*list = (struct listing){ 0 };
	}
	return err;
}

const struct failed_claim *claims_failed(const struct daemon *d, __u64 id)
{
	for (const struct failed_claim *f = d->failed; f; f = f->next)
		if (f->id == id)
			return f;
	return NULL;
}

/* Said once, however often it is tried. */
static void note_failure(struct daemon *d, const struct rvf_nl_mount *mount,
			 const struct rvf_error *e)
{
	struct failed_claim *f = (struct failed_claim *)claims_failed(d, mount->id);

	if (!f) {
		log_error(mount->name, e);
		f = calloc(1, sizeof(*f));
		if (!f)
			return;
		f->id = mount->id;
		f->next = d->failed;
		d->failed = f;
	}
	f->error = *e;
	f->seen = true;
}

static void forget_failures(struct daemon *d)
{
	struct failed_claim **place = &d->failed;

	while (*place) {
		struct failed_claim *f = *place;

		if (f->seen) {
			f->seen = false;
			place = &f->next;
		} else {
			*place = f->next;
			free(f);
		}
	}
}

static void claim(struct daemon *d, const struct rvf_nl_mount *mount)
{
	struct rvf_error e = { 0 };
	int fd = rvf_open_mount(d->ctl, mount->name, &e);

	/* It went away, or is going: there is nothing to supervise. */
	if (fd == -ENOENT)
		return;
	int err = fd < 0 ? fd : rvf_supervisor_add(d->supervisor, fd, NULL, &e);
	if (!err) {
		log_say(LOG_LEVEL_INFO, "%s: supervised, %u tasks", mount->name, mount->tasks);
		return;
	}
	if (fd >= 0)
		close(fd);
	if (err == -ENODEV || err == -EBUSY)
		return;
	note_failure(d, mount, &e);
}

static bool is_listed(const struct listing *list, __u64 id)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->mounts[i].id == id)
			return true;
	return false;
}

static bool has_cgroup(const struct listing *list, const char *cgroup)
{
	char name[RVF_CGROUP_NAME];

	for (size_t i = 0; i < list->count; i++) {
		rvf_cgroup_mount_name(list->mounts[i].name, name);
		if (!strcmp(name, cgroup))
			return true;
	}
	return false;
}

/**
 * struct cleaning - What is removed
 * @d: The daemon.
 * @list: What is mounted, whose things stay.
 */
struct cleaning {
	struct daemon *d;
	struct listing list;
};

/*
 * A mount that was made since the listing has its cgroup, too: so it is asked
 * for, just before. While it is being made, a process is in there.
 */
static bool was_made(const struct daemon *d, const char *cgroup)
{
	char name[RVF_CGROUP_NAME], again[RVF_CGROUP_NAME];

	snprintf(name, sizeof(name), "/%s", cgroup + 2);
	for (char *p = name; *p; p++)
		if (*p == ':')
			*p = '/';
	rvf_cgroup_mount_name(name, again);
	/* A long name cannot be told from its cgroup: it stays. */
	if (strcmp(again, cgroup))
		return true;
	int fd = rvf_open_mount(d->ctl, name, NULL);
	if (fd < 0)
		return false;
	close(fd);
	return true;
}

/* Whose cgroup it is stands on it from before the mount's maker has left it. */
static bool is_in_use(struct cleaning *c, int root, const char *cgroup)
{
	__u64 id = rvf_cgroup_mount_id(root, cgroup);
	struct listing now;

	if (!id)
		return has_cgroup(&c->list, cgroup) || was_made(c->d, cgroup);
	if (is_listed(&c->list, id))
		return true;
	/* Without a newer list the old one stays: what is not in it is removed. */
	if (list_mounts(c->d, &now, NULL))
		return true;
	free(c->list.mounts);
	c->list = now;
	return is_listed(&c->list, id);
}

static int clean_cgroup(const char *name, void *context)
{
	struct cleaning *c = context;
	int root = rvf_supervisor_cgroup(c->d->supervisor);

	if (!strncmp(name, "m-", 2) && !is_in_use(c, root, name))
		rvf_cgroup_remove(root, name);
	return 0;
}

static void remove_directory(int parent, const char *name)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return;
	}
	for (struct dirent *entry; (entry = readdir(dir));)
		unlinkat(fd, entry->d_name, 0);
	closedir(dir);
	unlinkat(parent, name, AT_REMOVEDIR);
}

static void clean_logs(struct cleaning *c)
{
	DIR *dir = c->d->log_dir ? opendir(c->d->log_dir) : NULL;

	if (!dir)
		return;
	for (struct dirent *entry; (entry = readdir(dir));)
		if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9' &&
		    !is_listed(&c->list, strtoull(entry->d_name, NULL, 10)))
			remove_directory(dirfd(dir), entry->d_name);
	closedir(dir);
}

/*
 * What was left by a killed rvfd, or by a mount that nobody supervised:
 * cgroups and output of mounts that are gone.
 */
static void clean(struct daemon *d)
{
	struct cleaning c = { .d = d };

	if (list_mounts(d, &c.list, NULL))
		return;
	if (rvf_supervisor_cgroup(d->supervisor) >= 0)
		rvf_cgroup_list(rvf_supervisor_cgroup(d->supervisor), clean_cgroup, &c);
	clean_logs(&c);
	free(c.list.mounts);
}

/* Its name may have been exchanged. */
static void follow(struct rvf_supervised *mount, const char *name)
{
	if (!strcmp(rvf_supervised_name(mount), name))
		return;
	log_say(LOG_LEVEL_INFO, "%s: the mount's name is %s now", rvf_supervised_name(mount), name);
	rvf_supervised_rename(mount, name);
}

/* Claims what can be claimed. */
int claims_round(struct daemon *d, struct rvf_error *e)
{
	struct listing list;
	int err = list_mounts(d, &list, e);

	if (err)
		return err;
	for (size_t i = 0; i < list.count; i++) {
		const struct rvf_nl_mount *mount = &list.mounts[i];
		struct rvf_supervised *ours = rvf_supervisor_find(d->supervisor, mount->id);

		if (ours)
			follow(ours, mount->name);
		else if (!mount->supervised && mount->state == RVF_MOUNT_LIVE)
			claim(d, mount);
	}
	free(list.mounts);
	clean(d);
	forget_failures(d);
	if (d->failed)
		rvf_timer_set(d->claim_timer, AGAIN_MS);
	return 0;
}

static void on_timer(void *context)
{
	struct daemon *d = context;
	struct rvf_error e = { 0 };

	if (claims_round(d, &e)) {
		log_error("", &e);
		rvf_timer_set(d->claim_timer, AGAIN_MS);
	}
}

static int on_mount(const struct rvf_nl_mount *mount, void *context)
{
	struct daemon *d = context;

	if (mount->name[0] &&
	    (mount->event == RVF_NL_EVENT_MOUNTED || mount->event == RVF_NL_EVENT_RENAMED ||
	     mount->event == RVF_NL_EVENT_UNSUPERVISED ||
	     (mount->event == RVF_NL_EVENT_UNMOUNTED &&
	      !rvf_supervisor_find(d->supervisor, mount->id))))
		rvf_timer_set(d->claim_timer, 0);
	return 0;
}

static void on_events(int fd, __u32 events, void *context)
{
	struct daemon *d = context;
	struct rvf_error e = { 0 };

	(void)fd;
	(void)events;
	int err = rvf_nl_receive(d->events, on_mount, NULL, d, &e);
	if (err && err != -ENOBUFS)
		log_error("", &e);
	/* What was missed is found by looking. */
	if (err)
		rvf_timer_set(d->claim_timer, err == -ENOBUFS ? 0 : AGAIN_MS);
}

int claims_open(struct daemon *d, struct rvf_error *e)
{
	d->claim_timer = rvf_timer_new(d->loop, on_timer, d);
	if (!d->claim_timer)
		return rvf_error_system(e, ENOMEM, "cannot start");
	int err = rvf_nl_open(&d->events, e);
	if (!err)
		err = rvf_nl_open(&d->dumps, e);
	/* Before the first listing, so that nothing is missed in between */
	if (!err)
		err = rvf_nl_events_join(d->events, e);
	if (err)
		return err;
	err = rvf_loop_watch(d->loop, rvf_nl_fd(d->events), EPOLLIN, on_events, d);
	return err ? rvf_error_system(e, -err, "cannot watch netlink") : 0;
}

void claims_close(struct daemon *d)
{
	if (d->events)
		rvf_loop_unwatch(d->loop, rvf_nl_fd(d->events));
	rvf_nl_close(d->events);
	rvf_nl_close(d->dumps);
	rvf_timer_free(d->claim_timer);
	forget_failures(d);
	forget_failures(d);
}
