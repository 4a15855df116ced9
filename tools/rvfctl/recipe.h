/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A recipe: the author's source text for "rvfctl pack", see rvf.yaml(5).
 *
 * Reading has three steps: text to tree (recipe_tree.c), tree to struct recipe
 * (recipe_schema.c and what it calls), and what holds between its parts
 * (recipe_check.c). Only files that the recipe names are left to pack.
 */
#ifndef RVFCTL_RECIPE_H
#define RVFCTL_RECIPE_H

#include <stdbool.h>
#include <stdint.h>
#include <linux/rvf.h>

#include "complaints.h"
#include "recipe_tree.h"

#define RECIPE_NO_KIND 0 /* of a grant whose object is not there */

struct recipe_restart {
	bool given;
	uint32_t when; /* enum rvf_restart */
	uint32_t times;
	uint32_t within_ms;
	uint32_t wait_min_ms;
	uint32_t wait_max_ms;
};

struct recipe_limits {
	uint64_t memory; /* 0 in each: not given */
	uint32_t pids;
	uint32_t cpu;
	uint32_t time_ms; /* these two also when it is 0 */
	uint32_t cpu_seconds;
};

/* What is asked of the jail, as <rvf/jail.h> has it. */
struct recipe_jail {
	const struct node *said;
	const struct node *root;
	const struct node *mounts;
	uint64_t tmpfs;
	const char *syscalls; /* a file */
	struct place syscalls_at;
	const char *cpus;
	bool core_scheduling;
	const char *tap;
	char **entries; /* all of it, at last; of @syscalls when it is read */
	size_t n_entries;
};

struct recipe_vm {
	uint32_t vcpus; /* 0: no VM */
	uint64_t memory; /* that it may bring */
	uint64_t identity_map; /* 0: KVM's own choice */
	struct place memory_at;
};

struct recipe_grant {
	const struct node *object_name;
	const struct node *rights_said;
	uint32_t kind; /* enum rvf_object_kind */
	uint32_t object; /* place in the recipe's regions or queues */
	uint32_t rights;
};

struct recipe_component {
	const char *name;
	struct place at;
	const char *elf; /* path as the recipe has it */
	struct place elf_at;
	uint32_t profile;
	struct recipe_restart restart;
	struct recipe_limits limits;
	struct recipe_vm vm;
	struct recipe_jail jail;
	const struct node *needs_said;
	const struct node *can_said;
	uint32_t *needs;
	size_t n_needs;
	struct recipe_grant *grants;
	size_t n_grants;
	const char **args;
	size_t n_args;
};

struct recipe_region {
	const char *name;
	struct place at;
	uint32_t policy;
	bool bad; /* complained of already */
	bool used;
	const char *file;
	struct place file_at;
	uint64_t size; /* of one that is appended to, or of a slab's slot */
	uint64_t slots; /* of a slab */
};

struct recipe_queue {
	const char *name;
	struct place at;
	bool used;
	uint32_t slots;
	uint32_t message_size;
	const char *type; /* NULL: not said */
	bool ring; /* its ends map it */
};

/* Its strings are the tree's. */
struct recipe {
	struct node *root;
	const char *package;
	struct place package_at;
	uint64_t version;
	bool version_given;
	const char *release; /* NULL: none */
	bool id_given;
	uint8_t id[16];
	struct recipe_restart restart;
	struct recipe_limits limits;
	struct recipe_component *components;
	size_t n_components;
	struct recipe_region *regions;
	size_t n_regions;
	struct recipe_queue *queues;
	size_t n_queues;
};

/*
 * The recipe in the text that @all was made for. NULL when there are
 * complaints; one that is returned is right as far as its text tells.
 */
struct recipe *recipe_read(struct complaints *all);
void recipe_free(struct recipe *recipe);

/* ---- between the recipe_*.c files */

struct reader {
	struct recipe *recipe;
	struct complaints *all;
};

/**
 * struct key - A key that may stand in a mapping
 * @name: The key.
 * @take: Reads its value into what read_map() was given.
 * @instead: Set on a key of a later version of rvf: what to do without it.
 */
struct key {
	const char *name;
	void (*take)(struct reader *r, const struct node *key, const struct node *value,
		     void *into);
	const char *instead;
};

/* recipe_values.c: each complains and returns NULL or false if need be */
bool read_map(struct reader *r, const struct node *map, const char *what, const struct key *keys,
	      size_t count, void *into);
const char *read_text(struct reader *r, const struct node *value, const char *what);
const char *read_path(struct reader *r, const struct node *value);
const char *read_printable(struct reader *r, const struct node *value, const char *what,
			   size_t most);
bool name_ok(const char *name);
bool read_name(struct reader *r, const struct node *key, const char *what);
bool read_ms(struct reader *r, const struct node *value, const char *text, uint64_t least,
	     uint32_t *ms);
bool read_size(struct reader *r, const struct node *value, const char *what, uint64_t least,
	       uint64_t most, uint64_t *size);
bool read_count(struct reader *r, const struct node *value, const char *what, uint64_t least,
		uint64_t most, uint64_t *count);
void complain_unlike(struct reader *r, const struct node *value, const char *what,
		     const char *const *words, size_t count);

/* recipe_policy.c */
void take_restart(struct reader *r, const struct node *key, const struct node *value, void *into);
void take_limits(struct reader *r, const struct node *key, const struct node *value, void *into);
void take_vm(struct reader *r, const struct node *key, const struct node *value, void *into);

/* recipe_jail.c */
void take_jail(struct reader *r, const struct node *key, const struct node *value, void *into);
void take_tap(struct reader *r, const struct node *key, const struct node *value, void *into);
void check_jail(struct reader *r, struct recipe_component *one);
void add_jail_entry(struct recipe_jail *jail, char *entry);

/* recipe_component.c */
extern const struct key component_keys[];
extern const size_t n_component_keys;
const struct key *component_key(const char *name);
void take_components(struct reader *r, const struct node *key, const struct node *value,
		     void *into);
struct recipe_component *add_component(struct recipe *recipe);

/* recipe_object.c */
void take_regions(struct reader *r, const struct node *key, const struct node *value, void *into);
void take_queues(struct reader *r, const struct node *key, const struct node *value, void *into);

/* recipe_rights.c */
bool read_rights(struct reader *r, struct recipe_grant *grant);

/* recipe_check.c */
void check_recipe(struct reader *r);

#endif /* RVFCTL_RECIPE_H */
