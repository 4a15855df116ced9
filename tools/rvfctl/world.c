// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"
#include "world.h"

static int add_mount(const struct rvf_nl_mount *mount, void *context)
{
	struct world *world = context;

	world->mounts = xgrow(world->mounts, world->n_mounts, sizeof(*mount));
	world->mounts[world->n_mounts++] = *mount;
	return 0;
}

static int add_task(const struct rvf_nl_task *task, void *context)
{
	struct world *world = context;

	world->tasks = xgrow(world->tasks, world->n_tasks, sizeof(*task));
	world->tasks[world->n_tasks++] = *task;
	return 0;
}

static const struct rvf_nl_holder *copy_holders(const struct rvf_nl_holder *from, size_t count)
{
	struct rvf_nl_holder *copy = xalloc(count * sizeof(*copy));

	if (count)
		memcpy(copy, from, count * sizeof(*copy));
	return copy;
}

static int add_object(const struct rvf_nl_object *object, void *context)
{
	struct world *world = context;
	struct rvf_nl_object *copy;

	world->objects = xgrow(world->objects, world->n_objects, sizeof(*object));
	copy = &world->objects[world->n_objects++];
	*copy = *object;
	copy->grants = copy_holders(object->grants, object->n_grants);
	copy->holders = copy_holders(object->holders, object->n_holders);
	return 0;
}

static int add_supervised(const struct rvfd_task *task, void *context)
{
	struct world *world = context;

	world->supervised = xgrow(world->supervised, world->n_supervised, sizeof(*task));
	world->supervised[world->n_supervised++] = *task;
	return 0;
}

static int by_name(const void *left, const void *right)
{
	const struct rvf_nl_mount *a = left, *b = right;
	int order = strcmp(a->name, b->name);

	return order ? order : a->id < b->id ? -1 : a->id > b->id;
}

static int rank(const struct world *world, __u64 mount_id)
{
	size_t i;

	for (i = 0; i < world->n_mounts && world->mounts[i].id != mount_id; i++)
		;
	return i;
}

static int by_mount_and_component(const void *left, const void *right, void *context)
{
	const struct rvf_nl_task *a = left, *b = right;
	int order = rank(context, a->mount_id) - rank(context, b->mount_id);

	return order ? order : a->component < b->component ? -1 : a->component > b->component;
}

static int by_mount_and_name(const void *left, const void *right, void *context)
{
	const struct rvf_nl_object *a = left, *b = right;
	int order = rank(context, a->mount_id) - rank(context, b->mount_id);

	return order ? order : strcmp(a->name, b->name);
}

static int dump(struct world *world, struct rvf_nl *nl, unsigned int what, struct rvf_error *e)
{
	int err = rvf_nl_dump_mounts(nl, add_mount, world, e);

	if (!err && what & WORLD_TASKS)
		err = rvf_nl_dump_tasks(nl, 0, add_task, world, e);
	if (!err && what & WORLD_OBJECTS)
		err = rvf_nl_dump_objects(nl, 0, add_object, world, e);
	return err;
}

int world_load(struct world *world, unsigned int what, struct rvf_error *e)
{
	struct rvfd *rvfd;
	struct rvf_nl *nl;
	int err;

	memset(world, 0, sizeof(*world));
	err = rvf_nl_open(&nl, e);
	if (err)
		return err;
	err = dump(world, nl, what, e);
	rvf_nl_close(nl);
	if (err) {
		world_free(world);
		return err;
	}
	if (world->n_mounts)
		qsort(world->mounts, world->n_mounts, sizeof(*world->mounts), by_name);
	if (world->n_tasks)
		qsort_r(world->tasks, world->n_tasks, sizeof(*world->tasks), by_mount_and_component,
			world);
	if (world->n_objects)
		qsort_r(world->objects, world->n_objects, sizeof(*world->objects),
			by_mount_and_name, world);
	if (what & WORLD_VMS)
		world_load_vms(world);
	/* without rvfd there is less to show, which is no failure */
	if (what & WORLD_SUPERVISOR && !rvfd_connect(&rvfd, NULL)) {
		rvfd_ps(rvfd, 0, add_supervised, world, NULL);
		rvfd_close(rvfd);
	}
	return 0;
}

void world_free(struct world *world)
{
	for (size_t i = 0; i < world->n_objects; i++) {
		free((void *)world->objects[i].grants);
		free((void *)world->objects[i].holders);
	}
	free(world->mounts);
	free(world->tasks);
	free(world->objects);
	free(world->vms);
	free(world->supervised);
	memset(world, 0, sizeof(*world));
}

const struct rvf_nl_mount *world_mount(const struct world *world, __u64 id)
{
	for (size_t i = 0; i < world->n_mounts; i++) {
		if (world->mounts[i].id == id)
			return &world->mounts[i];
	}
	return NULL;
}

const struct rvfd_task *world_supervised(const struct world *world, const struct rvf_nl_task *task)
{
	for (size_t i = 0; i < world->n_supervised; i++) {
		if (world->supervised[i].mount_id == task->mount_id &&
		    world->supervised[i].task.component == task->component)
			return &world->supervised[i];
	}
	return NULL;
}

const char *mount_text(const struct rvf_nl_mount *mount, char text[MOUNT_TEXT])
{
	if (*mount->name)
		snprintf(text, MOUNT_TEXT, "%s", mount->name);
	else
		snprintf(text, MOUNT_TEXT, "#%" PRIu64, (uint64_t)mount->id);
	return text;
}

static bool is_mount(const char *name, size_t length, const struct rvf_nl_mount *mount)
{
	char text[MOUNT_TEXT];

	mount_text(mount, text);
	return strlen(text) == length && !memcmp(text, name, length);
}

bool world_named(const struct args *args, const struct rvf_nl_mount *mount, const char *name)
{
	const char *said, *colon;
	size_t i;

	for (i = 0; i < args->count; i++) {
		said = args->names[i];
		colon = strchr(said, ':');
		if (is_mount(said, colon ? (size_t)(colon - said) : strlen(said), mount) &&
		    (!colon || (name && !strcmp(colon + 1, name))))
			return true;
	}
	return !args->count;
}

static bool is_part(const struct world *world, const struct rvf_nl_mount *mount, bool tasks,
		    const char *name)
{
	size_t i;

	for (i = 0; tasks && i < world->n_tasks; i++) {
		if (world->tasks[i].mount_id == mount->id && !strcmp(world->tasks[i].name, name))
			return true;
	}
	for (i = 0; !tasks && i < world->n_objects; i++) {
		if (world->objects[i].mount_id == mount->id &&
		    !strcmp(world->objects[i].name, name))
			return true;
	}
	for (i = 0; !tasks && !strcmp(name, VM_NAME) && i < world->n_vms; i++) {
		if (world->vms[i].mount_id == mount->id)
			return true;
	}
	return false;
}

static void not_found(const struct world *world, const char *said, size_t length,
		      struct rvf_error *e)
{
	const char **names = xalloc((world->n_mounts + 1) * sizeof(*names)), *like;
	char *mount = xstrndup(said, length);

	for (size_t i = 0; i < world->n_mounts; i++)
		names[i] = world->mounts[i].name;
	rvf_error_set(e, ENOENT, "no-mount", "there is no such mount");
	like = suggest(mount, names, world->n_mounts);
	if (like)
		rvf_error_hint(e, "did you mean '%s'?", like);
	else
		rvf_error_hint(e, "rvfctl ls");
	free(mount);
	free(names);
}

int world_check_names(const struct world *world, const struct args *args, bool tasks,
		      struct rvf_error *e, const char **name)
{
	const struct rvf_nl_mount *mount;
	const char *said, *colon;
	size_t length, i, j;

	for (i = 0; i < args->count; i++) {
		said = args->names[i];
		colon = strchr(said, ':');
		length = colon ? (size_t)(colon - said) : strlen(said);
		*name = said;
		for (j = 0; j < world->n_mounts && !is_mount(said, length, &world->mounts[j]); j++)
			;
		if (j == world->n_mounts) {
			not_found(world, said, length, e);
			return -ENOENT;
		}
		mount = &world->mounts[j];
		if (colon && !is_part(world, mount, tasks, colon + 1)) {
			rvf_error_set(e, ENOENT, tasks ? "no-task" : "no-object",
				      "the mount has no such %s", tasks ? "task" : "object");
			rvf_error_hint(e, tasks ? "rvfctl ps" : "rvfctl ls -l");
			return -ENOENT;
		}
	}
	return 0;
}
