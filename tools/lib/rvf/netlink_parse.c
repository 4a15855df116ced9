// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Attributes of the generic netlink family, into plain structs.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netlink_internal.h"

/* Unaligned, and of whatever size the sender chose. */
static __u64 number(const struct nlattr *attr)
{
	__u64 u64;
	__u32 u32;

	if (!attr)
		return 0;
	if (nla_len(attr) == sizeof(u64)) {
		memcpy(&u64, nla_data(attr), sizeof(u64));
		return u64;
	}
	if (nla_len(attr) == sizeof(u32)) {
		memcpy(&u32, nla_data(attr), sizeof(u32));
		return u32;
	}
	return 0;
}

static void string(const struct nlattr *attr, char *text, size_t room)
{
	size_t length = attr ? strnlen(nla_data(attr), nla_len(attr)) : 0;

	if (length >= room)
		length = room - 1;
	if (length)
		memcpy(text, nla_data(attr), length);
	text[length] = '\0';
}

void rvf_nl_parse_mount(struct nlattr **attrs, struct rvf_nl_mount *mount)
{
	const struct nlattr *key = attrs[RVF_NL_A_KEY_ID];

	memset(mount, 0, sizeof(*mount));
	mount->event = number(attrs[RVF_NL_A_EVENT]);
	mount->id = number(attrs[RVF_NL_A_MOUNT_ID]);
	string(attrs[RVF_NL_A_NAME], mount->name, sizeof(mount->name));
	string(attrs[RVF_NL_A_PACKAGE], mount->package, sizeof(mount->package));
	mount->version = number(attrs[RVF_NL_A_VERSION]);
	if (key && nla_len(key) == sizeof(mount->key_id))
		memcpy(mount->key_id, nla_data(key), sizeof(mount->key_id));
	string(attrs[RVF_NL_A_KEY_LABEL], mount->key_label, sizeof(mount->key_label));
	mount->state = number(attrs[RVF_NL_A_STATE]);
	mount->tasks = number(attrs[RVF_NL_A_TASKS]);
	mount->bytes = number(attrs[RVF_NL_A_BYTES]);
	mount->supervised = number(attrs[RVF_NL_A_SUPERVISED]);
}

void rvf_nl_parse_task(struct nlattr **attrs, struct rvf_nl_task *task)
{
	memset(task, 0, sizeof(*task));
	task->event = number(attrs[RVF_NL_A_EVENT]);
	task->mount_id = number(attrs[RVF_NL_A_MOUNT_ID]);
	string(attrs[RVF_NL_A_NAME], task->name, sizeof(task->name));
	task->component = number(attrs[RVF_NL_A_COMPONENT]);
	task->kind = number(attrs[RVF_NL_A_KIND]);
	task->state = number(attrs[RVF_NL_A_STATE]);
	task->incarnation = number(attrs[RVF_NL_A_INCARNATION]);
	task->pid = number(attrs[RVF_NL_A_PID]);
	task->exit_kind = number(attrs[RVF_NL_A_EXIT_KIND]);
	task->exit_code = (__s32)number(attrs[RVF_NL_A_EXIT_CODE]);
	task->bind_reason = number(attrs[RVF_NL_A_BIND_REASON]);
	task->relaxed = number(attrs[RVF_NL_A_RELAXED]);
}

static void parse_holder(struct nlattr *nest, struct rvf_nl_holder *holder)
{
	struct nlattr *attrs[RVF_NL_A_MAX + 1];

	*holder = (struct rvf_nl_holder){ .component = RVF_M_NONE };
	if (nla_parse_nested(attrs, RVF_NL_A_MAX, nest, NULL))
		return;
	if (attrs[RVF_NL_A_COMPONENT])
		holder->component = number(attrs[RVF_NL_A_COMPONENT]);
	holder->rights = number(attrs[RVF_NL_A_RIGHTS]);
	holder->badge = number(attrs[RVF_NL_A_BADGE]);
	holder->depth = number(attrs[RVF_NL_A_DEPTH]);
}

/* Collects the nests of one type, of which a table of attributes has the last only. */
static int parse_holders(struct nlattr *first, int length, int type,
			 const struct rvf_nl_holder **out, size_t *count)
{
	struct rvf_nl_holder *holders;
	struct nlattr *attr;
	size_t n = 0;
	int rest;

	nla_for_each_attr(attr, first, length, rest) if (nla_type(attr) == type) n++;
	if (!n)
		return 0;
	holders = calloc(n, sizeof(*holders));
	if (!holders)
		return -ENOMEM;
	n = 0;
	nla_for_each_attr(attr, first, length, rest) if (nla_type(attr) == type)
		parse_holder(attr, &holders[n++]);
	*out = holders;
	*count = n;
	return 0;
}

int rvf_nl_parse_object(struct nlattr **attrs, struct nlattr *first, int length,
			struct rvf_nl_object *object)
{
	memset(object, 0, sizeof(*object));
	object->mount_id = number(attrs[RVF_NL_A_MOUNT_ID]);
	string(attrs[RVF_NL_A_NAME], object->name, sizeof(object->name));
	object->kind = number(attrs[RVF_NL_A_KIND]);
	object->policy = number(attrs[RVF_NL_A_POLICY]);
	object->size = number(attrs[RVF_NL_A_SIZE]);
	object->used = number(attrs[RVF_NL_A_USED]);
	object->slots = number(attrs[RVF_NL_A_SLOTS]);
	object->flags = number(attrs[RVF_NL_A_FLAGS]);
	object->type = number(attrs[RVF_NL_A_TYPE]);
	string(attrs[RVF_NL_A_TYPE_NAME], object->type_name, sizeof(object->type_name));
	object->all_holders = number(attrs[RVF_NL_A_HOLDERS]);

	int err = parse_holders(first, length, RVF_NL_A_GRANT, &object->grants, &object->n_grants);
	return err ? err :
		     parse_holders(first, length, RVF_NL_A_HOLDER, &object->holders,
				   &object->n_holders);
}

void rvf_nl_free_object(struct rvf_nl_object *object)
{
	free((void *)object->grants);
	free((void *)object->holders);
}
