// SPDX-License-Identifier: GPL-2.0-only
/* What is mounted; with -l: which objects there are, and who may use them. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "rvfctl.h"
#include "show.h"
#include "table.h"
#include "text.h"
#include "world.h"

/* ---- mounts */

static void mounts_table(const struct world *world, const struct args *args)
{
	static const struct column columns[] = {
		{ "MOUNT", 0 },
		{ "PACKAGE", 0 },
		{ "VERSION", COLUMN_RIGHT },
		{ "TASKS", COLUMN_RIGHT },
		{ "MEMORY", COLUMN_RIGHT },
		{ "STATE", 0 },
		{ "SIGNED BY", COLUMN_SHRINKS },
	};
	char name[MOUNT_TEXT], size[UNIT_TEXT], key[FINGERPRINT_TEXT];
	const struct rvf_nl_mount *mount;
	struct table table;
	size_t i;

	table_init(&table, columns, sizeof(columns) / sizeof(columns[0]));
	for (i = 0; i < world->n_mounts; i++) {
		mount = &world->mounts[i];
		if (!world_named(args, mount, NULL))
			continue;
		table_cell(&table, mount_text(mount, name));
		table_cell(&table, mount->package);
		table_cellf(&table, "%" PRIu64, (uint64_t)mount->version);
		table_cellf(&table, "%u", mount->tasks);
		table_cell(&table, size_text(mount->bytes, size));
		table_cell(&table, mount->state == RVF_MOUNT_LIVE && !mount->supervised ?
					   "unsupervised" :
					   mount_state_name(mount->state));
		table_cellf(&table, "%s \"%s\"", fingerprint_text(mount->key_id, key),
			    mount->key_label);
	}
	table_print(&table, stdout, columns_of(stdout));
}

/* A line for each mount whose tasks cannot have the VM that is theirs. */
static void no_kvm_lines(const struct world *world, const struct args *args)
{
	const struct rvf_nl_mount *mount = NULL;
	char name[MOUNT_TEXT];

	for (size_t i = 0; i < world->n_vms; i++) {
		if (mount && mount->id == world->vms[i].mount_id)
			continue;
		mount = world_mount(world, world->vms[i].mount_id);
		if (mount && world_named(args, mount, NULL))
			printf("%s: no KVM here, tasks cannot make their VM\n",
			       mount_text(mount, name));
	}
}

/* A line for each task of which the kernel knows less than usual. */
static void relaxed_lines(const struct world *world, const struct args *args)
{
	const struct rvf_nl_mount *mount;
	const struct rvf_nl_task *task;
	char name[MOUNT_TEXT], text[RELAXED_TEXT];

	for (size_t i = 0; i < world->n_tasks; i++) {
		task = &world->tasks[i];
		mount = world_mount(world, task->mount_id);
		if (task->relaxed && mount && world_named(args, mount, NULL))
			printf("%s:%s  relaxed: %s\n", mount_text(mount, name), task->name,
			       relaxed_text(task->relaxed, text));
	}
}

static void mounts_json(const struct world *world, const struct args *args)
{
	const struct rvf_nl_mount *mount;
	struct json json;
	size_t i;

	json_begin(&json, "mounts");
	json_array(&json, "items");
	for (i = 0; i < world->n_mounts; i++) {
		mount = &world->mounts[i];
		if (!world_named(args, mount, NULL))
			continue;
		json_object(&json, NULL);
		json_text(&json, "mount", *mount->name ? mount->name : NULL);
		json_u64(&json, "id", mount->id);
		json_text(&json, "package", mount->package);
		json_u64(&json, "version", mount->version);
		json_text(&json, "state", mount_state_name(mount->state));
		json_bool(&json, "supervised", mount->supervised);
		json_u64(&json, "tasks", mount->tasks);
		json_u64(&json, "memory_bytes", mount->bytes);
		key_json(&json, mount->key_id, mount->key_label);
		json_close(&json);
	}
	json_finish(&json, stdout);
}

/* ---- objects */

static const char *holder_name(const struct world *world, __u64 mount_id, __u32 component)
{
	if (component == RVF_M_NONE)
		return "administrator";
	for (size_t i = 0; i < world->n_tasks; i++) {
		if (world->tasks[i].mount_id == mount_id && world->tasks[i].component == component)
			return world->tasks[i].name;
	}
	return "?";
}

static const char *detail(const struct rvf_nl_object *object, char text[512])
{
	char size[UNIT_TEXT], used[UNIT_TEXT];

	size_text(object->size, size);
	size_text(object->used, used);
	if (object->kind == RVF_OBJECT_QUEUE)
		snprintf(text, 512, "%" PRIu64 " of %u slots, %s bytes each%s%s",
			 (uint64_t)object->used, object->slots, size,
			 *object->type_name ? ", " : "", object->type_name);
	else if (object->policy == RVF_REGION_SLAB && object->slots)
		snprintf(text, 512, "slab, %" PRIu64 " of %u slots, %s each",
			 (uint64_t)(object->used / (object->size / object->slots)), object->slots,
			 size_text(object->size / object->slots, size));
	else if (object->policy == RVF_REGION_IMMUTABLE)
		snprintf(text, 512, "immutable, %s", size);
	else
		snprintf(text, 512, "%s, %s of %s", policy_name(object->policy), used, size);
	return text;
}

/*
 * What the manifest grants, and the handles that say more than that: derived
 * ones, and an administrator's.
 */
static void object_rows(struct table *table, const struct world *world,
			const struct rvf_nl_object *object, const char *shown_name)
{
	char rights[RIGHTS_TEXT], text[512];
	const struct rvf_nl_holder *holder;
	size_t rows = 0, i;

	for (i = 0; i < object->n_grants + object->n_holders || !rows; i++) {
		holder = i < object->n_grants ? &object->grants[i] :
						&object->holders[i - object->n_grants];
		if (i >= object->n_grants && i < object->n_grants + object->n_holders &&
		    !holder->depth && holder->component != RVF_M_NONE)
			continue;
		table_cell(table, rows ? "" : shown_name);
		table_cell(table, rows				   ? "" :
				  object->flags & RVF_QUEUE_RING   ? "ring" :
				  object->kind == RVF_OBJECT_QUEUE ? "queue" :
								     "region");
		if (i < object->n_grants + object->n_holders) {
			table_cell(table, rights_text(holder->rights, rights));
			table_cellf(table, "%s%s",
				    holder_name(world, object->mount_id, holder->component),
				    holder->depth ? ", derived" : "");
		} else {
			table_cell(table, "");
			table_cell(table, "");
		}
		table_cell(table, rows ? "" : detail(object, text));
		rows++;
	}
}

static bool has_objects(const struct world *world, __u64 mount_id)
{
	size_t i;

	for (i = 0; i < world->n_objects; i++) {
		if (world->objects[i].mount_id == mount_id)
			return true;
	}
	for (i = 0; i < world->n_vms; i++) {
		if (world->vms[i].mount_id == mount_id)
			return true;
	}
	return false;
}

static size_t mounts_shown(const struct world *world, const struct args *args)
{
	size_t shown = 0, i;

	for (i = 0; i < world->n_mounts; i++)
		shown += has_objects(world, world->mounts[i].id);
	/* of one mount the objects stand without its name */
	return args->count == 1 ? 1 : shown;
}

/* A task runs its VM, and nobody else can: of the rights it is execute. */
static void vm_rows(struct table *table, const struct world *world, const struct args *args,
		    bool with_mount)
{
	const struct rvf_nl_mount *mount;
	char name[MOUNT_TEXT], rights[RIGHTS_TEXT];
	const struct world_vm *vm;
	char *text;

	for (size_t i = 0; i < world->n_vms; i++) {
		vm = &world->vms[i];
		mount = world_mount(world, vm->mount_id);
		if (!mount || !world_named(args, mount, VM_NAME))
			continue;
		table_cellf(table, "%s%s" VM_NAME, with_mount ? mount_text(mount, name) : "",
			    with_mount ? ":" : "");
		table_cell(table, "vm");
		table_cell(table, rights_text(RVF_RIGHT_EXECUTE, rights));
		table_cell(table, holder_name(world, vm->mount_id, vm->component));
		text = vm_text(vm->vcpus, vm->memory, true);
		table_cell(table, text);
		free(text);
	}
}

static void objects_table(const struct world *world, const struct args *args)
{
	static const struct column columns[] = {
		{ "OBJECT", 0 },
		{ "TYPE", 0 },
		{ "RIGHTS", 0 },
		{ "HOLDER", 0 },
		{ "DETAIL", COLUMN_SHRINKS },
	};
	bool with_mount = mounts_shown(world, args) > 1;
	const struct rvf_nl_object *object;
	const struct rvf_nl_mount *mount;
	char name[MOUNT_TEXT];
	struct table table;
	char *shown;
	size_t i;

	table_init(&table, columns, sizeof(columns) / sizeof(columns[0]));
	for (i = 0; i < world->n_objects; i++) {
		object = &world->objects[i];
		mount = world_mount(world, object->mount_id);
		if (!mount || !world_named(args, mount, object->name))
			continue;
		shown = with_mount ? xprintf("%s:%s", mount_text(mount, name), object->name) :
				     xstrdup(object->name);
		object_rows(&table, world, object, shown);
		free(shown);
	}
	vm_rows(&table, world, args, with_mount);
	table_print(&table, stdout, columns_of(stdout));
	relaxed_lines(world, args);
}

static void holders_json(struct json *json, const char *key, const struct world *world,
			 const struct rvf_nl_mount *mount, const struct rvf_nl_holder *holders,
			 size_t count, bool depth)
{
	char name[MOUNT_TEXT], badge[24];
	char *task;
	size_t i;

	mount_text(mount, name);
	json_array(json, key);
	for (i = 0; i < count; i++) {
		json_object(json, NULL);
		if (holders[i].component == RVF_M_NONE) {
			json_null(json, "task");
		} else {
			task = xprintf("%s:%s", name,
				       holder_name(world, mount->id, holders[i].component));
			json_text(json, "task", task);
			free(task);
		}
		rights_json(json, "rights", holders[i].rights);
		if (depth)
			json_u64(json, "depth", holders[i].depth);
		snprintf(badge, sizeof(badge), "0x%" PRIx64, (uint64_t)holders[i].badge);
		json_text(json, "badge", badge);
		json_close(json);
	}
	json_close(json);
}

static void object_json(struct json *json, const struct world *world,
			const struct rvf_nl_object *object, const struct rvf_nl_mount *mount)
{
	char name[MOUNT_TEXT];

	json_object(json, NULL);
	json_text(json, "name", object->name);
	json_text(json, "mount", mount_text(mount, name));
	if (object->kind == RVF_OBJECT_QUEUE) {
		json_text(json, "type", "queue");
		json_u64(json, "slots", object->slots);
		json_u64(json, "used_slots", object->used);
		json_u64(json, "message_bytes", object->size);
		json_bool(json, "ring", object->flags & RVF_QUEUE_RING);
		json_text(json, "message_type", *object->type_name ? object->type_name : NULL);
	} else {
		json_text(json, "type", "region");
		json_text(json, "policy", policy_name(object->policy));
		json_u64(json, "size_bytes", object->size);
		json_u64(json, "used_bytes", object->used);
		if (object->policy == RVF_REGION_SLAB)
			json_u64(json, "slots", object->slots);
	}
	holders_json(json, "grants", world, mount, object->grants, object->n_grants, false);
	holders_json(json, "holders", world, mount, object->holders, object->n_holders, true);
	json_u64(json, "holders_total", object->all_holders);
	json_close(json);
}

static void vms_json(struct json *json, const struct world *world, const struct args *args)
{
	const struct rvf_nl_mount *mount;
	const struct world_vm *vm;
	char name[MOUNT_TEXT];
	char *task;

	json_array(json, "vms");
	for (size_t i = 0; i < world->n_vms; i++) {
		vm = &world->vms[i];
		mount = world_mount(world, vm->mount_id);
		if (!mount || !world_named(args, mount, VM_NAME))
			continue;
		mount_text(mount, name);
		task = xprintf("%s:%s", name, holder_name(world, mount->id, vm->component));
		json_object(json, NULL);
		json_text(json, "mount", name);
		json_text(json, "task", task);
		json_u64(json, "vcpus", vm->vcpus);
		json_u64(json, "memory_bytes", vm->memory);
		json_close(json);
		free(task);
	}
	json_close(json);
}

static void objects_json(const struct world *world, const struct args *args)
{
	const struct rvf_nl_object *object;
	const struct rvf_nl_mount *mount;
	struct json json;
	size_t i;

	json_begin(&json, "objects");
	if (args->count == 1 && !strchr(args->names[0], ':'))
		json_text(&json, "mount", args->names[0]);
	else
		json_null(&json, "mount");
	json_array(&json, "items");
	for (i = 0; i < world->n_objects; i++) {
		object = &world->objects[i];
		mount = world_mount(world, object->mount_id);
		if (mount && world_named(args, mount, object->name))
			object_json(&json, world, object, mount);
	}
	json_close(&json);
	vms_json(&json, world, args);
	json_finish(&json, stdout);
}

/* ---- */

static int run(const struct args *args)
{
	bool details = option_given(args, "long");
	const char *name = NULL;
	unsigned int what = 0;
	struct rvf_error e = { 0 };
	struct world world;

	for (size_t i = 0; !details && i < args->count; i++)
		details = strchr(args->names[i], ':');
	if (details)
		what = WORLD_TASKS | WORLD_OBJECTS | WORLD_VMS;
	else if (!args->json)
		what = WORLD_TASKS | (no_kvm() ? WORLD_VMS : 0);
	if (world_load(&world, what, &e))
		return fail(args, "mount", NULL, &e);
	if (world_check_names(&world, args, false, &e, &name)) {
		world_free(&world);
		return fail(args, "mount", name, &e);
	}
	if (args->json && details)
		objects_json(&world, args);
	else if (args->json)
		mounts_json(&world, args);
	else if (!world.n_mounts)
		fputs("Nothing is mounted. rvfctl mount FILE mounts a signed package; "
		      "rvfctl help lists the commands.\n",
		      stderr);
	else if (details)
		objects_table(&world, args);
	else {
		mounts_table(&world, args);
		relaxed_lines(&world, args);
		no_kvm_lines(&world, args);
	}
	world_free(&world);
	return RVFCTL_OK;
}

static const struct option_spec options[] = {
	{ 'l', "long", NULL, "the objects, with who may do what" },
	{ 0 },
};

const struct command cmd_ls = {
	.name = "ls",
	.arguments = "[MOUNT|OBJECT...]",
	.most = -1,
	.json = true,
	.group = "see",
	.summary = "Lists mounts, or their regions and queues",
	.options = options,
	.text = "MOUNT is a name such as /sense, OBJECT such as /sense:samples. Without a name of\n"
		"its own a mount is shown by its number, such as #7. RIGHTS are those that the\n"
		"signed manifest grants: r read or receive, w append or send, x execute,\n"
		"g grant, o grant once, v revoke. A task's VM, in a mount with a name, is\n"
		"MOUNT:vm, with its vCPUs and the memory that the task may give it. Below it\n"
		"stands which checks the kernel leaves out for a task: rvfctl explain relaxed.\n",
	.run = run,
};
