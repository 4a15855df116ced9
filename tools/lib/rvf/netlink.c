// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The socket: dumps and events of the generic netlink family.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <netlink/netlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>

#include "netlink_internal.h"

/* Room for a burst of events while the receiver is busy. */
#define RECEIVE_BYTES (1 << 20)

/**
 * struct rvf_nl - A socket
 * @sock: libnl's.
 * @family: Id of the family.
 */
struct rvf_nl {
	struct nl_sock *sock;
	int family;
};

/**
 * struct call - What is called for the messages of one call
 * @mount: Its callbacks; the ones that are not asked for are NULL.
 * @task: Likewise.
 * @object: Likewise.
 * @context: Passed on.
 * @result: What ended the call: a callback's result or a negative errno.
 * @done: The dump is complete.
 */
struct call {
	rvf_nl_mount_fn mount;
	rvf_nl_task_fn task;
	rvf_nl_object_fn object;
	void *context;
	int result;
	bool done;
};

static int fail(struct rvf_error *e, int err, const char *what)
{
	rvf_error_set(e, -err, "netlink", "cannot %s over netlink", what);
	rvf_error_why(e, "%s", strerror(-err));
	if (err == -EPERM)
		rvf_error_hint(e, "run it as root");
	return err;
}

/* libnl has numbers of its own. */
static int from_libnl(int err)
{
	switch (-err) {
	case 0:
		return 0;
	case NLE_OBJ_NOTFOUND:
		return -ENOENT;
	case NLE_PERM:
	case NLE_NOACCESS:
		return -EPERM;
	case NLE_NOMEM:
		return -ENOBUFS;
	case NLE_AGAIN:
		return -EAGAIN;
	case NLE_INTR:
		return -EINTR;
	case NLE_DUMP_INTR:
		return -EAGAIN;
	case NLE_NODEV:
		return -ENODEV;
	case NLE_OPNOTSUPP:
		return -EOPNOTSUPP;
	default:
		return -EIO;
	}
}

static int on_message(struct nl_msg *message, void *argument)
{
	struct call *call = argument;
	struct genlmsghdr *head = genlmsg_hdr(nlmsg_hdr(message));
	struct nlattr *attrs[RVF_NL_A_MAX + 1];

	if (genlmsg_parse(nlmsg_hdr(message), 0, attrs, RVF_NL_A_MAX, NULL))
		return NL_SKIP;
	if (head->cmd == RVF_NL_MOUNT && call->mount) {
		struct rvf_nl_mount mount;

		rvf_nl_parse_mount(attrs, &mount);
		call->result = call->mount(&mount, call->context);
	} else if (head->cmd == RVF_NL_TASK && call->task) {
		struct rvf_nl_task task;

		rvf_nl_parse_task(attrs, &task);
		call->result = call->task(&task, call->context);
	} else if (head->cmd == RVF_NL_OBJECT && call->object) {
		struct rvf_nl_object object;

		call->result = rvf_nl_parse_object(attrs, genlmsg_attrdata(head, 0),
						   genlmsg_attrlen(head, 0), &object);
		if (!call->result)
			call->result = call->object(&object, call->context);
		rvf_nl_free_object(&object);
	}
	return call->result ? NL_STOP : NL_OK;
}

static int on_finish(struct nl_msg *message, void *argument)
{
	struct call *call = argument;
	struct nlmsghdr *head = nlmsg_hdr(message);

	call->done = true;
	/* A dump that failed says so in its last message. */
	if (nlmsg_datalen(head) >= (int)sizeof(int)) {
		int err;

		memcpy(&err, nlmsg_data(head), sizeof(err));
		if (err < 0)
			call->result = err;
	}
	return NL_STOP;
}

static int on_error(struct sockaddr_nl *from, struct nlmsgerr *error, void *argument)
{
	struct call *call = argument;

	(void)from;
	call->done = true;
	call->result = error->error;
	return NL_STOP;
}

static int no_check(struct nl_msg *message, void *argument)
{
	(void)message;
	(void)argument;
	return NL_OK;
}

/* Events have sequence 0, which libnl would take for a mix-up. */
static struct nl_cb *callbacks(struct call *call)
{
	struct nl_cb *cb = nl_cb_alloc(NL_CB_CUSTOM);

	if (!cb)
		return NULL;
	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_message, call);
	nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, on_finish, call);
	nl_cb_set(cb, NL_CB_SEQ_CHECK, NL_CB_CUSTOM, no_check, NULL);
	nl_cb_err(cb, NL_CB_CUSTOM, on_error, call);
	return cb;
}

int rvf_nl_open(struct rvf_nl **out, struct rvf_error *e)
{
	struct rvf_nl *nl = calloc(1, sizeof(*nl));
	int err;

	if (!nl)
		return fail(e, -ENOMEM, "talk to the module");
	nl->sock = nl_socket_alloc();
	err = nl->sock ? from_libnl(genl_connect(nl->sock)) : -ENOMEM;
	if (!err) {
		nl_socket_disable_auto_ack(nl->sock);
		nl_socket_set_buffer_size(nl->sock, RECEIVE_BYTES, 0);
		nl->family = genl_ctrl_resolve(nl->sock, RVF_NL_FAMILY);
		err = nl->family < 0 ? from_libnl(nl->family) : 0;
	}
	if (err) {
		rvf_nl_close(nl);
		if (err != -ENOENT)
			return fail(e, err, "talk to the module");
		rvf_error_set(e, ENOENT, "no-module", "the module rvf is not loaded");
		rvf_error_hint(e, "sudo modprobe rvf");
		return err;
	}
	*out = nl;
	return 0;
}

void rvf_nl_close(struct rvf_nl *nl)
{
	if (!nl)
		return;
	if (nl->sock)
		nl_socket_free(nl->sock);
	free(nl);
}

/*
 * After a callback ended the call early, the rest of the dump is still taken
 * in, so that the socket can be used again.
 */
static int receive_dump(struct rvf_nl *nl, struct call *call)
{
	struct nl_cb *cb = callbacks(call);
	int result = 0;

	if (!cb)
		return -ENOMEM;
	while (!call->done) {
		int err = nl_recvmsgs(nl->sock, cb);

		if (call->result && !result)
			result = call->result;
		if (result && !call->done) {
			call->mount = NULL;
			call->task = NULL;
			call->object = NULL;
			call->result = 0;
		}
		if (err < 0 && err != -NLE_INTR) {
			if (!result)
				result = from_libnl(err);
			break;
		}
	}
	nl_cb_put(cb);
	return result;
}

static int dump(struct rvf_nl *nl, int command, __u64 mount_id, struct call *call,
		struct rvf_error *e)
{
	struct nl_msg *message = nlmsg_alloc();
	int err = -ENOMEM;

	if (message && genlmsg_put(message, NL_AUTO_PORT, NL_AUTO_SEQ, nl->family, 0,
				   NLM_F_REQUEST | NLM_F_DUMP, command, RVF_NL_VERSION)) {
		err = 0;
		if (mount_id)
			err = from_libnl(nla_put_u64(message, RVF_NL_A_MOUNT_ID, mount_id));
		if (!err)
			err = nl_send_auto(nl->sock, message);
		err = err < 0 ? from_libnl(err) : 0;
	}
	nlmsg_free(message);
	if (!err)
		err = receive_dump(nl, call);
	/* A callback's own result is none of ours. */
	if (err < 0)
		fail(e, err, "list what is mounted");
	return err;
}

int rvf_nl_dump_mounts(struct rvf_nl *nl, rvf_nl_mount_fn fn, void *context, struct rvf_error *e)
{
	struct call call = { .mount = fn, .context = context };

	return dump(nl, RVF_NL_MOUNT, 0, &call, e);
}

int rvf_nl_dump_tasks(struct rvf_nl *nl, __u64 mount_id, rvf_nl_task_fn fn, void *context,
		      struct rvf_error *e)
{
	struct call call = { .task = fn, .context = context };

	return dump(nl, RVF_NL_TASK, mount_id, &call, e);
}

int rvf_nl_dump_objects(struct rvf_nl *nl, __u64 mount_id, rvf_nl_object_fn fn, void *context,
			struct rvf_error *e)
{
	struct call call = { .object = fn, .context = context };

	return dump(nl, RVF_NL_OBJECT, mount_id, &call, e);
}

int rvf_nl_events_join(struct rvf_nl *nl, struct rvf_error *e)
{
	int group = genl_ctrl_resolve_grp(nl->sock, RVF_NL_FAMILY, RVF_NL_GROUP);
	int err = group < 0 ? from_libnl(group) : 0;

	if (!err)
		err = from_libnl(nl_socket_add_membership(nl->sock, group));
	if (!err)
		err = from_libnl(nl_socket_set_nonblocking(nl->sock));
	return err ? fail(e, err, "follow events") : 0;
}

int rvf_nl_fd(const struct rvf_nl *nl)
{
	return nl_socket_get_fd(nl->sock);
}

int rvf_nl_receive(struct rvf_nl *nl, rvf_nl_mount_fn mount, rvf_nl_task_fn task, void *context,
		   struct rvf_error *e)
{
	struct call call = { .mount = mount, .task = task, .context = context };
	struct nl_cb *cb = callbacks(&call);
	int err;

	if (!cb)
		return fail(e, -ENOMEM, "receive events");
	do {
		err = from_libnl(nl_recvmsgs(nl->sock, cb));
	} while ((!err || err == -EINTR) && !call.result);
	nl_cb_put(cb);
	if (call.result)
		return call.result;
	return err == -EAGAIN ? 0 : fail(e, err, "receive events");
}
