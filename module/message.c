// SPDX-License-Identifier: GPL-2.0-only
/*
 * Handles in messages: how tasks that share nothing delegate.
 *
 * Sending derives a node from each handle, as RVF_HANDLE_DERIVE does; but the
 * node has no file, it belongs to the message. So no message can keep an fd
 * table's file alive, whatever is sent through what, and a revocation finds
 * the node in the tree like any other. Receiving gives each node a file.
 */
#include <linux/file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "handle.h"
#include "message.h"
#include "mount.h"
#include "region.h"
#include "witness.h"

/*
 * The part of a region that a handle is to show, in terms of what the one that
 * it is derived from shows: so it can only become narrower.
 */
static int rvf_window_of(const struct rvf_node *node,
			 const struct rvf_message_handle *handle, u64 *start,
			 u64 *span)
{
	const struct rvf_region *region;
	u64 size;

	*start = node->start;
	*span = node->span;
	if (!(handle->flags & RVF_HANDLE_WINDOW))
		return handle->offset || handle->length ? -EOPNOTSUPP : 0;
	if (node->object->kind != RVF_OBJECT_REGION)
		return -EOPNOTSUPP;
	region = rvf_region_of(node->object);
	/* Its slots come and go: bytes of it say nothing to a receiver. */
	if (region->policy == RVF_REGION_SLAB)
		return -EOPNOTSUPP;
	/* An append goes to the region's end, not into a part of it. */
	if (handle->rights & RVF_RIGHT_WRITE)
		return -EINVAL;
	size = rvf_window_size(node);
	if (!handle->length || handle->offset > size ||
	    handle->length > size - handle->offset)
		return -EINVAL;
	*start += handle->offset;
	*span = handle->length;
	return 0;
}

static int rvf_cargo_add(struct rvf_cargo *cargo, const struct rvf_node *via,
			 const struct rvf_message_handle *handle)
{
	u32 rights = handle->rights;
	u64 badge = handle->badge, start, span;
	struct rvf_node *from, *node;
	struct file *file;
	int err;

	if (handle->kind || (handle->flags & ~RVF_HANDLE_WINDOW))
		return -EOPNOTSUPP;
	file = fget(handle->fd);
	if (!file)
		return -EBADF;
	from = rvf_handle_of_file(file);
	err = from ? 0 : -EBADF;
	if (!err && from->mnt != via->mnt)
		err = -EXDEV;
	if (!err)
		err = rvf_node_derivable(from, &rights, &badge);
	if (!err)
		err = rvf_window_of(from, handle, &start, &span);
	if (!err) {
		node = rvf_node_send(from, rights, badge, start, span);
		err = PTR_ERR_OR_ZERO(node);
	}
	if (!err)
		cargo->nodes[cargo->count++] = node;
	/* The node keeps its parent. */
	fput(file);
	return err;
}

/**
 * rvf_cargo_load - Derive the handles that a message carries
 * @via: The handle that it is sent through, which has WRITE.
 * @message: The message.
 * @cargo: Filled with the handles, NULL: it carries none.
 *
 * Return: 0, or with nothing made what RVF_QUEUE_SEND says of handles.
 */
int rvf_cargo_load(const struct rvf_node *via,
		   const struct rvf_message *message, struct rvf_cargo **cargo)
{
	struct rvf_message_handle handles[RVF_MAX_MESSAGE_HANDLES];
	struct rvf_cargo *new;
	u32 i;
	int err = 0;

	*cargo = NULL;
	if (!message->handle_count)
		return 0;
	if (copy_from_user(handles, u64_to_user_ptr(message->handles),
			   message->handle_count * sizeof(handles[0])))
		return -EFAULT;
	new = kzalloc(sizeof(*new), GFP_KERNEL_ACCOUNT);
	if (!new)
		return -ENOMEM;
	for (i = 0; !err && i < message->handle_count; i++)
		err = rvf_cargo_add(new, via, &handles[i]);
	if (err) {
		rvf_cargo_drop(new);
		return err;
	}
	*cargo = new;
	return 0;
}

/**
 * rvf_cargo_drop - Forget handles that nobody received
 * @cargo: Theirs, and those that hang from it by @next; NULL: none.
 */
void rvf_cargo_drop(struct rvf_cargo *cargo)
{
	struct rvf_cargo *next;
	u32 i;

	for (; cargo; cargo = next) {
		next = cargo->next;
		for (i = 0; i < cargo->count; i++)
			rvf_node_put(cargo->nodes[i]);
		kfree(cargo);
		cond_resched();
	}
}

/* What the receiver is told of a handle. */
static int rvf_unload_tell(const struct rvf_node *node, int fd,
			   struct rvf_message_handle __user *entry)
{
	struct rvf_message_handle handle = {
		.fd = fd,
		.rights = node->rights,
		.badge = node->badge,
		.kind = node->object->kind,
	};

	if (node->object->kind == RVF_OBJECT_REGION) {
		handle.offset = node->start;
		handle.length = rvf_window_size(node);
		if (node->span)
			handle.flags = RVF_HANDLE_WINDOW;
	}
	return copy_to_user(entry, &handle, sizeof(handle)) ? -EFAULT : 0;
}

/**
 * rvf_unload_prepare - Do all of a receipt that can fail
 * @unload: Filled; rvf_unload_commit() or rvf_unload_abort() ends it.
 * @cargo: The handles.
 * @handles: The receiver's array, which is told of them.
 *
 * Return: 0, or with nothing made -EMFILE, -ENOMEM, -EFAULT.
 */
int rvf_unload_prepare(struct rvf_unload *unload, struct rvf_cargo *cargo,
		       u64 handles)
{
	struct rvf_message_handle __user *entries = u64_to_user_ptr(handles);
	struct file *file;
	int err, fd;

	unload->cargo = cargo;
	for (unload->n = 0; unload->n < cargo->count; unload->n++) {
		struct rvf_node *node = cargo->nodes[unload->n];

		fd = get_unused_fd_flags(O_CLOEXEC);
		if (fd < 0) {
			err = fd;
			goto abort;
		}
		file = rvf_handle_file(node->object, node->object->ops->fops);
		err = PTR_ERR_OR_ZERO(file);
		if (!err) {
			err = rvf_unload_tell(node, fd, entries + unload->n);
			if (err)
				fput(file);
		}
		if (err) {
			put_unused_fd(fd);
			goto abort;
		}
		unload->files[unload->n] = file;
		unload->fds[unload->n] = fd;
	}
	return 0;

abort:
	rvf_unload_abort(unload);
	return err;
}

/**
 * rvf_unload_abort - The message is not received
 * @unload: Its handles, which stay in it.
 */
void rvf_unload_abort(struct rvf_unload *unload)
{
	while (unload->n--) {
		/* It has no node yet: nothing is revoked or forgotten. */
		fput(unload->files[unload->n]);
		put_unused_fd(unload->fds[unload->n]);
	}
}

/**
 * rvf_unload_commit - The message is received: its handles are the receiver's
 * @unload: What rvf_unload_prepare() filled.
 * @via: The handle that it was received through: whose task they belong to.
 *
 * Return: 0 and the cargo is gone; or, with everything left as it was, -EDQUOT
 * or what became of @via.
 */
int rvf_unload_commit(struct rvf_unload *unload, const struct rvf_node *via)
{
	struct rvf_cargo *cargo = unload->cargo;
	u32 i;
	int err;

	err = rvf_nodes_receive(cargo->nodes, unload->files, unload->n, via);
	if (err)
		return err;
	for (i = 0; i < unload->n; i++)
		rvf_witness_derived(cargo->nodes[i]->parent,
				    cargo->nodes[i]->rights,
				    cargo->nodes[i]->badge);
	for (i = 0; i < unload->n; i++)
		fd_install(unload->fds[i], unload->files[i]);
	kfree(cargo);
	return 0;
}
