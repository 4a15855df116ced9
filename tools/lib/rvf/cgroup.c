// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The cgroups of mounts and tasks.
 */
#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup_internal.h"

#define CONTROLLERS "+memory +pids +cpu"

/* What a mount needs besides its objects: the kernel's own structures. */
#define MOUNT_SLACK (8ull << 20)
#define SLOT_SLACK  128ull

static int fail(struct rvf_error *e, int err, const char *what, const char *name)
{
	rvf_error_set(e, -err, "cgroup", "cannot %s the cgroup '%s'", what, name);
	rvf_error_why(e, "%s", strerror(-err));
	return err;
}

static int write_file(int dir, const char *name, const char *text)
{
	ssize_t length = strlen(text);
	int fd = openat(dir, name, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	int err = write(fd, text, length) == length ? 0 : -errno;
	close(fd);
	return err;
}

static ssize_t read_file(int dir, const char *name, char *text, size_t room)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	ssize_t n = read(fd, text, room - 1);
	int err = -errno;
	close(fd);
	if (n < 0)
		return err;
	text[n] = '\0';
	return n;
}

/* "key value" lines, as in memory.events. */
static uint64_t read_key(int dir, const char *name, const char *key)
{
	char text[1024];
	size_t length = strlen(key);

	if (read_file(dir, name, text, sizeof(text)) < 0)
		return 0;
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		if (!strncmp(line, key, length) && line[length] == ' ')
			return strtoull(line + length + 1, NULL, 10);
	return 0;
}

/* Blanks and the like are octal in mountinfo. */
static void unescape(char *path)
{
	char *to = path;

	for (const char *from = path; *from;) {
		if (from[0] == '\\' && strspn(from + 1, "01234567") >= 3) {
			*to++ = (from[1] - '0') << 6 | (from[2] - '0') << 3 | (from[3] - '0');
			from += 4;
		} else {
			*to++ = *from++;
		}
	}
	*to = '\0';
}

static int find_hierarchy(char *path, size_t room)
{
	FILE *mounts = fopen("/proc/self/mountinfo", "re");
	char *line = NULL;
	size_t size = 0;
	int err = -ENOENT;

	if (!mounts)
		return -errno;
	while (err && getline(&line, &size, mounts) > 0) {
		char point[4096], type[64];
		const char *rest = strstr(line, " - ");

		if (!rest || sscanf(rest, " - %63s", type) != 1 || strcmp(type, "cgroup2"))
			continue;
		if (sscanf(line, "%*s %*s %*s / %4095s", point) != 1)
			continue;
		unescape(point);
		if (strlen(point) < room) {
			strcpy(path, point);
			err = 0;
		}
	}
	free(line);
	fclose(mounts);
	return err;
}

static bool has_controllers(int dir)
{
	static const char *const needed[] = { "memory", "pids", "cpu" };
	char text[1024], spaced[1032], word[32];

	if (read_file(dir, "cgroup.controllers", text, sizeof(text)) < 0)
		return false;
	text[strcspn(text, "\n")] = '\0';
	snprintf(spaced, sizeof(spaced), " %s ", text);
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		snprintf(word, sizeof(word), " %s ", needed[i]);
		if (!strstr(spaced, word))
			return false;
	}
	return true;
}

static int open_directory(int parent, const char *name)
{
	if (mkdirat(parent, name, 0755) && errno != EEXIST)
		return -errno;
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int rvf_cgroup_root(struct rvf_error *e)
{
	char path[4096];
	int err = find_hierarchy(path, sizeof(path));
	int top = err ? -1 : open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (top < 0 || !has_controllers(top)) {
		if (top >= 0)
			close(top);
		rvf_error_set(e, EOPNOTSUPP, "no-cgroup",
			      "this host has no cgroup version 2 with memory, pids and cpu");
		rvf_error_why(e, "the tasks' limits are set by it");
		rvf_error_hint(e, "boot with systemd.unified_cgroup_hierarchy=1");
		return -EOPNOTSUPP;
	}
	err = write_file(top, "cgroup.subtree_control", CONTROLLERS);
	int root = err ? -1 : open_directory(top, "rvf");

	close(top);
	if (err)
		return fail(e, err, "delegate controllers below", path);
	if (root < 0)
		return fail(e, root, "make", "rvf");
	err = write_file(root, "cgroup.subtree_control", CONTROLLERS);
	if (err) {
		close(root);
		return fail(e, err, "delegate controllers below", "rvf");
	}
	return root;
}

static uint64_t hash(const char *text)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (; *text; text++)
		h = (h ^ (unsigned char)*text) * 0x100000001b3u;
	return h;
}

/* A prefix keeps it apart from the cgroup's own files. */
static void directory_name(const char *prefix, const char *name, char out[RVF_CGROUP_NAME])
{
	if (strlen(name) <= 200)
		snprintf(out, RVF_CGROUP_NAME, "%s%s", prefix, name);
	else
		snprintf(out, RVF_CGROUP_NAME, "%s%.180s~%016" PRIx64, prefix, name, hash(name));
	for (char *p = out; *p; p++)
		if (*p == '/')
			*p = ':';
}

void rvf_cgroup_mount_name(const char *mount, char name[RVF_CGROUP_NAME])
{
	if (!mount || !*mount)
		snprintf(name, RVF_CGROUP_NAME, "run-%d", getpid());
	else
		directory_name("m-", mount[0] == '/' ? mount + 1 : mount, name);
}

static int set_number(int dir, const char *name, uint64_t value)
{
	char text[32];

	if (value > INT64_MAX)
		strcpy(text, "max");
	else
		snprintf(text, sizeof(text), "%" PRIu64, value);
	return write_file(dir, name, text);
}

static int set_memory(int dir, uint64_t bytes)
{
	int err = set_number(dir, "memory.max", bytes);

	if (err)
		return err;
	/* Absent on a kernel that has no swap */
	err = set_number(dir, "memory.swap.max", 0);
	return err == -ENOENT ? 0 : err;
}

int rvf_cgroup_make(int root, const char *name, __u64 memory, struct rvf_error *e)
{
	int fd = open_directory(root, name);
	if (fd < 0)
		return fail(e, fd, "make", name);

	int err = memory ? set_memory(fd, memory) : 0;
	if (err) {
		close(fd);
		return fail(e, err, "set the limits of", name);
	}
	return fd;
}

int rvf_cgroup_mount(int root, const char *mount, __u64 id, __u64 memory,
		     char name[RVF_CGROUP_NAME], struct rvf_error *e)
{
	bool named = mount && *mount;
	__u64 other = 0;
	int fd;

	/*
	 * First by its name: when the module is loaded anew it counts from 1, and
	 * a cgroup that was left behind may have the id of a mount of now.
	 */
	rvf_cgroup_mount_name(mount, name);
	if (rvf_cgroup_mount_id(root, name) != id && !(named && rvf_cgroup_find(root, id, name))) {
		for (unsigned int n = 0; rvf_cgroup_candidate(mount, n, name); n++) {
			other = rvf_cgroup_mount_id(root, name);
			if (!other)
				break;
		}
		if (other)
			return fail(e, -EBUSY, "make", name);
	}
	fd = rvf_cgroup_make(root, name, memory, e);
	if (fd >= 0 && named)
		rvf_cgroup_mark(fd, id);
	return fd;
}

static uint64_t add(uint64_t a, uint64_t b)
{
	return a + b < a ? UINT64_MAX : a + b;
}

__u64 rvf_cgroup_mount_memory(const struct rvf_manifest *m)
{
	uint64_t pages = (uint64_t)m->n_regions + m->n_queues + m->n_components;
	uint64_t sum = add(m->bytes, MOUNT_SLACK + pages * 4 * 4096);

	for (__u32 i = 0; i < m->n_queues; i++)
		sum = add(sum, le32toh(m->queues[i].slots) * SLOT_SLACK);
	for (__u32 i = 0; i < m->n_components; i++)
		if (le32toh(m->components[i].kind) != RVF_COMPONENT_KERNEL)
			sum = add(sum, le64toh(m->components[i].limit_memory));
	return sum;
}

static int set_cpu(int dir, uint32_t thousandths)
{
	/* The kernel wants a quota of at least a millisecond. */
	uint64_t period = thousandths < 10 ? 1000000 : 100000;
	char text[64];

	snprintf(text, sizeof(text), "%" PRIu64 " %" PRIu64, thousandths * period / 1000, period);
	return write_file(dir, "cpu.max", text);
}

static void task_name(const struct rvf_manifest *m, __u32 component, char name[RVF_CGROUP_NAME])
{
	const struct rvf_m_component *c = &m->components[component];
	char task[RVF_MAX_NAME + 1], prefix[16];

	snprintf(task, sizeof(task), "%.*s", (int)le32toh(c->name.length),
		 rvf_manifest_string(m, &c->name));
	snprintf(prefix, sizeof(prefix), "%u-", component);
	directory_name(prefix, task, name);
}

int rvf_cgroup_task_running(int mount, const struct rvf_manifest *m, __u32 component)
{
	char name[RVF_CGROUP_NAME];

	task_name(m, component, name);
	int fd = openat(mount, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int rvf_cgroup_task(int mount, const struct rvf_manifest *m, __u32 component, struct rvf_error *e)
{
	const struct rvf_m_component *c = &m->components[component];
	char name[RVF_CGROUP_NAME];

	task_name(m, component, name);

	/* Whoever called RVF_MOUNT from within may not have ended yet: EBUSY. */
	int err = write_file(mount, "cgroup.subtree_control", CONTROLLERS);
	if (err)
		return fail(e, err, "make", name);
	int fd = open_directory(mount, name);
	if (fd < 0)
		return fail(e, fd, "make", name);
	if (read_key(fd, "cgroup.events", "populated")) {
		write_file(fd, "cgroup.kill", "1");
		close(fd);
		return fail(e, -EBUSY, "use", name);
	}
	err = set_memory(fd, le64toh(c->limit_memory));
	if (!err)
		err = set_number(fd, "pids.max", le32toh(c->limit_pids));
	if (!err)
		err = set_cpu(fd, le32toh(c->limit_cpu));
	if (err) {
		close(fd);
		return fail(e, err, "set the limits of", name);
	}
	return fd;
}

__u64 rvf_cgroup_memory(int cgroup)
{
	char text[64];

	if (read_file(cgroup, "memory.current", text, sizeof(text)) < 0)
		return 0;
	return strtoull(text, NULL, 10);
}

__u64 rvf_cgroup_out_of_memory(int cgroup)
{
	return read_key(cgroup, "memory.events", "oom_kill");
}

/* Calls for each directory in one. */
static int each_directory(int dir, int (*call)(const char *name, void *context), void *context)
{
	int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = copy < 0 ? NULL : fdopendir(copy);
	int err = 0;

	if (!stream) {
		err = -errno;
		if (copy >= 0)
			close(copy);
		return err;
	}
	for (struct dirent *entry; !err && (entry = readdir(stream));)
		if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
			err = call(entry->d_name, context);
	closedir(stream);
	return err;
}

static int remove_directory(const char *name, void *context)
{
	const int *dir = context;

	return unlinkat(*dir, name, AT_REMOVEDIR) && errno != ENOENT ? -errno : 0;
}

int rvf_cgroup_remove(int root, const char *name)
{
	int fd = openat(root, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	int err = each_directory(fd, remove_directory, &fd);
	close(fd);
	return err ? err : remove_directory(name, &root);
}

int rvf_cgroup_list(int root, int (*call)(const char *name, void *context), void *context)
{
	return each_directory(root, call, context);
}
