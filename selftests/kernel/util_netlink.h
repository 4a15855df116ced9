/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RVF_SELFTESTS_UTIL_NETLINK_H
#define RVF_SELFTESTS_UTIL_NETLINK_H

#include "util.h"

#define NL_GRANTS 64

/* Every attribute of a message of the family */
struct nl_message {
	unsigned int command;
	uint64_t present; /* bits: attributes that are there */
	uint64_t value[RVF_NL_A_MAX + 1]; /* of numbers */
	char name[300], package[300], key_label[300], type_name[300];
	uint8_t key_id[RVF_KEY_ID_LEN];
	uint8_t witness_head[RVF_DIGEST_LEN];
	struct nl_holder {
		bool has_component;
		uint32_t component, rights, depth;
		uint64_t badge;
	} grants[NL_GRANTS], holders[NL_GRANTS];
	unsigned int n_grants, n_holders;
	bool odd; /* an attribute has a length that its type does not have */
};

static inline bool nl_has(const struct nl_message *message, unsigned int attribute)
{
	return message->present >> attribute & 1;
}

struct nl {
	int sock;
	uint16_t family;
	uint32_t group;
	uint32_t sequence;
};

/* 0, or a negative errno: the family is not there */
int nl_open(struct nl *nl);
void nl_close(struct nl *nl);
int nl_join(struct nl *nl);

/*
 * Calls @each for every message; mount_id 0 asks for all mounts. How many
 * there were, or a negative errno.
 */
int nl_dump(struct nl *nl, unsigned int command, uint64_t mount_id,
	    void (*each)(const struct nl_message *message, void *arg), void *arg);
/* A raw request; what the kernel answers first: 0 for an ACK, or its errno */
int nl_request(struct nl *nl, unsigned int command, unsigned int flags, const void *attributes,
	       size_t length);
/* The next event within @ms; false when there is none */
bool nl_event(struct nl *nl, struct nl_message *message, int ms);

#endif
