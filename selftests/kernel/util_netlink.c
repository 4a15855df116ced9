// SPDX-License-Identifier: GPL-2.0-only
/*
 * Generic netlink without a library: what the module sends is looked at byte
 * by byte.
 */
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util_netlink.h"

#define ROOM 65536

struct request {
	struct nlmsghdr nl;
	struct genlmsghdr genl;
	char attributes[256];
};

static int send_request(struct nl *nl, uint16_t type, unsigned int command, unsigned int flags,
			const void *attributes, size_t length)
{
	struct request request = {
		.nl = {
			.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN + length),
			.nlmsg_type = type,
			.nlmsg_flags = NLM_F_REQUEST | flags,
			.nlmsg_seq = ++nl->sequence,
		},
		.genl = { .cmd = command, .version = RVF_NL_VERSION },
	};

	memcpy(request.attributes, attributes, length);
	return send(nl->sock, &request, request.nl.nlmsg_len, 0) < 0 ? -errno : 0;
}

/* What follows the headers, as attributes */
#define FIRST(nlh)     ((struct nlattr *)((char *)NLMSG_DATA(nlh) + GENL_HDRLEN))
#define LENGTH(nlh)    ((int)NLMSG_PAYLOAD(nlh, GENL_HDRLEN))
#define PAYLOAD(a)     ((void *)((char *)(a) + NLA_HDRLEN))
#define PAYLOAD_LEN(a) ((int)(a)->nla_len - NLA_HDRLEN)
#define FITS(a, left) \
	((left) >= (int)sizeof(*(a)) && (a)->nla_len >= sizeof(*(a)) && (a)->nla_len <= (left))
#define NEXT(a, left)                       \
	((left) -= NLA_ALIGN((a)->nla_len), \
	 (struct nlattr *)((char *)(a) + NLA_ALIGN((a)->nla_len)))
#define TYPE(a) ((a)->nla_type & NLA_TYPE_MASK)

static void find_group(struct nl *nl, struct nlattr *groups)
{
	int left = PAYLOAD_LEN(groups);

	for (struct nlattr *g = PAYLOAD(groups); FITS(g, left); g = NEXT(g, left)) {
		int inner = PAYLOAD_LEN(g);
		uint32_t id = 0;
		bool ours = false;

		for (struct nlattr *a = PAYLOAD(g); FITS(a, inner); a = NEXT(a, inner)) {
			if (TYPE(a) == CTRL_ATTR_MCAST_GRP_ID)
				id = *(uint32_t *)PAYLOAD(a);
			if (TYPE(a) == CTRL_ATTR_MCAST_GRP_NAME)
				ours = !strcmp(PAYLOAD(a), RVF_NL_GROUP);
		}
		if (ours)
			nl->group = id;
	}
}

int nl_open(struct nl *nl)
{
	static const char name[] = RVF_NL_FAMILY;
	struct {
		struct nlattr head;
		char name[NLA_ALIGN(sizeof(name))];
	} attribute = {
		.head = { NLA_HDRLEN + sizeof(name), CTRL_ATTR_FAMILY_NAME },
		.name = RVF_NL_FAMILY,
	};
	struct sockaddr_nl address = { .nl_family = AF_NETLINK };
	char buffer[8192];
	struct nlmsghdr *nlh = (void *)buffer;
	int left;

	*nl = (struct nl){ 0 };
	nl->sock = must(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC));
	must(bind(nl->sock, (void *)&address, sizeof(address)));
	must_rvf(send_request(nl, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0, &attribute,
			      sizeof(attribute)));
	must(recv(nl->sock, buffer, sizeof(buffer), 0));
	if (nlh->nlmsg_type == NLMSG_ERROR)
		return ((struct nlmsgerr *)NLMSG_DATA(nlh))->error;
	left = LENGTH(nlh);
	for (struct nlattr *a = FIRST(nlh); FITS(a, left); a = NEXT(a, left)) {
		if (TYPE(a) == CTRL_ATTR_FAMILY_ID)
			nl->family = *(uint16_t *)PAYLOAD(a);
		if (TYPE(a) == CTRL_ATTR_MCAST_GROUPS)
			find_group(nl, a);
	}
	return 0;
}

void nl_close(struct nl *nl)
{
	close(nl->sock);
}

int nl_join(struct nl *nl)
{
	if (setsockopt(nl->sock, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &nl->group,
		       sizeof(nl->group)))
		return -errno;
	return 0;
}

static uint64_t number(struct nl_message *message, struct nlattr *a, int length)
{
	uint64_t value = 0;

	if (PAYLOAD_LEN(a) != length)
		message->odd = true;
	else
		memcpy(&value, PAYLOAD(a), length);
	return value;
}

static void text(struct nl_message *message, struct nlattr *a, char room[300])
{
	int length = PAYLOAD_LEN(a);

	if (length < 1 || length > 300 || ((char *)PAYLOAD(a))[length - 1])
		message->odd = true;
	else
		memcpy(room, PAYLOAD(a), length);
}

static void holder(struct nl_message *message, struct nlattr *nest, struct nl_holder *holder)
{
	int left = PAYLOAD_LEN(nest);

	*holder = (struct nl_holder){ 0 };
	for (struct nlattr *a = PAYLOAD(nest); FITS(a, left); a = NEXT(a, left)) {
		switch (TYPE(a)) {
		case RVF_NL_A_COMPONENT:
			holder->has_component = true;
			holder->component = number(message, a, 4);
			break;
		case RVF_NL_A_RIGHTS:
			holder->rights = number(message, a, 4);
			break;
		case RVF_NL_A_DEPTH:
			holder->depth = number(message, a, 4);
			break;
		case RVF_NL_A_BADGE:
			holder->badge = number(message, a, 8);
			break;
		case RVF_NL_A_PAD:
			break;
		default:
			message->odd = true;
		}
	}
}

static void attribute(struct nl_message *message, struct nlattr *a)
{
	unsigned int type = TYPE(a);

	if (type > RVF_NL_A_MAX) {
		message->odd = true;
		return;
	}
	message->present |= 1ull << type;
	switch (type) {
	case RVF_NL_A_PAD:
		break;
	case RVF_NL_A_NAME:
		return text(message, a, message->name);
	case RVF_NL_A_PACKAGE:
		return text(message, a, message->package);
	case RVF_NL_A_KEY_LABEL:
		return text(message, a, message->key_label);
	case RVF_NL_A_TYPE_NAME:
		return text(message, a, message->type_name);
	case RVF_NL_A_KEY_ID:
		if (PAYLOAD_LEN(a) == RVF_KEY_ID_LEN)
			memcpy(message->key_id, PAYLOAD(a), RVF_KEY_ID_LEN);
		else
			message->odd = true;
		break;
	case RVF_NL_A_WITNESS_HEAD:
		if (PAYLOAD_LEN(a) == RVF_DIGEST_LEN)
			memcpy(message->witness_head, PAYLOAD(a), RVF_DIGEST_LEN);
		else
			message->odd = true;
		break;
	case RVF_NL_A_GRANT:
		if (message->n_grants < NL_GRANTS)
			holder(message, a, &message->grants[message->n_grants++]);
		break;
	case RVF_NL_A_HOLDER:
		if (message->n_holders < NL_GRANTS)
			holder(message, a, &message->holders[message->n_holders++]);
		break;
	case RVF_NL_A_MOUNT_ID:
	case RVF_NL_A_VERSION:
	case RVF_NL_A_BYTES:
	case RVF_NL_A_INCARNATION:
	case RVF_NL_A_SIZE:
	case RVF_NL_A_USED:
	case RVF_NL_A_BADGE:
	case RVF_NL_A_WITNESS_NEXT:
		message->value[type] = number(message, a, 8);
		break;
	default:
		message->value[type] = number(message, a, 4);
	}
}

static void parse(struct nlmsghdr *nlh, struct nl_message *message)
{
	struct genlmsghdr *genl = NLMSG_DATA(nlh);
	int left = LENGTH(nlh);

	memset(message, 0, sizeof(*message));
	message->command = genl->cmd;
	for (struct nlattr *a = FIRST(nlh); FITS(a, left); a = NEXT(a, left))
		attribute(message, a);
}

int nl_dump(struct nl *nl, unsigned int command, uint64_t mount_id,
	    void (*each)(const struct nl_message *message, void *arg), void *arg)
{
	struct {
		struct nlattr head;
		uint64_t id __attribute__((packed));
	} attribute = { { NLA_HDRLEN + 8, RVF_NL_A_MOUNT_ID }, mount_id };
	char *buffer = malloc(ROOM);
	struct nl_message message;
	int count = 0, result;

	if (!buffer)
		die("no memory for netlink");
	result = send_request(nl, nl->family, command, NLM_F_DUMP, &attribute,
			      mount_id ? sizeof(attribute) : 0);
	while (result == 0) {
		int left = must(recv(nl->sock, buffer, ROOM, 0));

		for (struct nlmsghdr *nlh = (void *)buffer; NLMSG_OK(nlh, (unsigned int)left);
		     nlh = NLMSG_NEXT(nlh, left)) {
			if (nlh->nlmsg_type == NLMSG_DONE) {
				result = *(int *)NLMSG_DATA(nlh);
				free(buffer);
				return result < 0 ? result : count;
			}
			if (nlh->nlmsg_type == NLMSG_ERROR) {
				result = ((struct nlmsgerr *)NLMSG_DATA(nlh))->error;
				break;
			}
			parse(nlh, &message);
			if (each)
				each(&message, arg);
			count++;
		}
	}
	free(buffer);
	return result;
}

int nl_request(struct nl *nl, unsigned int command, unsigned int flags, const void *attributes,
	       size_t length)
{
	char buffer[8192];
	struct nlmsghdr *nlh = (void *)buffer;
	int result = send_request(nl, nl->family, command, flags, attributes, length);

	if (result)
		return result;
	must(recv(nl->sock, buffer, sizeof(buffer), 0));
	if (nlh->nlmsg_type == NLMSG_ERROR)
		return ((struct nlmsgerr *)NLMSG_DATA(nlh))->error;
	return 0;
}

bool nl_event(struct nl *nl, struct nl_message *message, int ms)
{
	char buffer[8192];

	if (!(poll_for(nl->sock, POLLIN, ms) & POLLIN))
		return false;
	must(recv(nl->sock, buffer, sizeof(buffer), 0));
	parse((void *)buffer, message);
	return true;
}
