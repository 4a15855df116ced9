// SPDX-License-Identifier: GPL-2.0-only
/* The module: its parameters, /dev/rvfctl, and what is set up for both. */
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/workqueue.h>
#include "digest.h"
#include "handle.h"
#include "image.h"
#include "ioctl.h"
#include "keys.h"
#include "mount.h"
#include "netlink.h"
#include "signature.h"
#include "witness.h"

static unsigned int max_components = RVF_MAX_COMPONENTS;
module_param(max_components, uint, 0644);
MODULE_PARM_DESC(max_components, "Components that one mount may have");

static unsigned int max_regions = RVF_MAX_REGIONS;
module_param(max_regions, uint, 0644);
MODULE_PARM_DESC(max_regions, "Regions that one mount may have");

static unsigned int max_queues = RVF_MAX_QUEUES;
module_param(max_queues, uint, 0644);
MODULE_PARM_DESC(max_queues, "Queues that one mount may have");

static unsigned int max_tasks = RVF_MAX_TASKS;
module_param(max_tasks, uint, 0644);
MODULE_PARM_DESC(max_tasks, "Tasks that one mount may have");

/**
 * rvf_host_limits - What a mount may have on this host
 * @limits: Filled in; the parameters, which may be written to at any time,
 *	are read once.
 */
void rvf_host_limits(struct rvf_limits *limits)
{
	limits->components = min_t(u32, READ_ONCE(max_components),
				   RVF_MAX_COMPONENTS);
	limits->regions = min_t(u32, READ_ONCE(max_regions), RVF_MAX_REGIONS);
	limits->queues = min_t(u32, READ_ONCE(max_queues), RVF_MAX_QUEUES);
	limits->tasks = min_t(u32, READ_ONCE(max_tasks), RVF_MAX_TASKS);
}

static int rvf_cmd_ctl_info(struct rvf_ucmd *ucmd)
{
	struct rvf_ctl_info *cmd = ucmd->cmd;
	struct rvf_witness_state witness;
	struct rvf_limits limits;

	if (cmd->flags || cmd->__reserved)
		return -EOPNOTSUPP;
	rvf_host_limits(&limits);
	cmd->out_abi = RVF_ABI_VERSION;
	cmd->out_errata = 0;
	cmd->out_algorithms = rvf_signature_algorithms();
	cmd->out_keys = rvf_key_count();
	cmd->out_mounts = rvf_mnt_count();
	cmd->out_max_components = limits.components;
	cmd->out_max_regions = limits.regions;
	cmd->out_max_queues = limits.queues;
	cmd->out_max_tasks = limits.tasks;
	rvf_witness_state(&witness);
	cmd->out_witness_first = witness.first;
	cmd->out_witness_next = witness.next;
	cmd->out_witness_lost = witness.lost;
	memcpy(cmd->out_witness_head, witness.head, RVF_DIGEST_LEN);
	return rvf_ucmd_respond(ucmd);
}

static const struct rvf_ioctl_op rvf_ctl_ops[] = {
	RVF_IOCTL_OP(RVF_CTL_INFO, rvf_cmd_ctl_info, rvf_ctl_info, __reserved),
	RVF_IOCTL_OP(RVF_KEY_ADD, rvf_cmd_key_add, rvf_key_add, out_key_id),
	RVF_IOCTL_OP(RVF_KEY_LIST, rvf_cmd_key_list, rvf_key_list, out_key_id),
	RVF_IOCTL_OP(RVF_VERIFY, rvf_cmd_verify, rvf_mount, out_key_id),
	RVF_IOCTL_OP(RVF_MOUNT, rvf_cmd_mount, rvf_mount, out_key_id),
	RVF_IOCTL_OP(RVF_OPEN_MOUNT, rvf_cmd_open_mount, rvf_open_mount,
		     out_id),
	RVF_IOCTL_OP(RVF_WITNESS_READ, rvf_cmd_witness_read, rvf_witness_read,
		     out_head),
	RVF_IOCTL_OP(RVF_WITNESS_MARK, rvf_cmd_witness_mark, rvf_witness_mark,
		     hash),
};

static int rvf_ctl_open(struct inode *inode, struct file *file)
{
	if (!rvf_privileged())
		return -EPERM;
	/* misc_open() left the device there; see witness_file.c. */
	file->private_data = NULL;
	return 0;
}

/* An fd that was passed on tells nobody else how often something happens. */
static __poll_t rvf_ctl_poll(struct file *file, poll_table *wait)
{
	return rvf_privileged() ? rvf_witness_poll(file, wait) : EPOLLERR;
}

static long rvf_ctl_ioctl(struct file *file, unsigned int number,
			  unsigned long arg)
{
	if (!rvf_privileged())
		return -EPERM;
	return rvf_ioctl(file, number, arg, rvf_ctl_ops,
			 ARRAY_SIZE(rvf_ctl_ops));
}

static const struct file_operations rvf_ctl_fops = {
	.owner = THIS_MODULE,
	.open = rvf_ctl_open,
	.llseek = noop_llseek,
	.poll = rvf_ctl_poll,
	.unlocked_ioctl = rvf_ctl_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct miscdevice rvf_ctl = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "rvfctl",
	.mode = 0600,
	.fops = &rvf_ctl_fops,
};

static int __init rvf_init(void)
{
	int err;

	rvf_wq = alloc_workqueue("rvf", WQ_UNBOUND, 0);
	if (!rvf_wq)
		return -ENOMEM;
	err = rvf_digest_setup();
	if (err)
		goto no_digest;
	err = rvf_witness_setup();
	if (err)
		goto no_witness;
	err = rvf_pseudofs_setup();
	if (err)
		goto no_pseudofs;
	err = rvf_image_setup();
	if (err)
		goto no_image;
	err = rvf_nl_setup();
	if (err)
		goto no_netlink;
	/* Last: from here on there are callers. */
	err = misc_register(&rvf_ctl);
	if (err)
		goto no_device;
	return 0;

no_device:
	rvf_nl_cleanup();
no_netlink:
	rvf_image_cleanup();
no_image:
	rvf_pseudofs_cleanup();
no_pseudofs:
	rvf_witness_cleanup();
no_witness:
	rvf_digest_cleanup();
no_digest:
	destroy_workqueue(rvf_wq);
	return err;
}

/* Every mount, file and bound process pins the module: there is none left. */
static void __exit rvf_exit(void)
{
	misc_deregister(&rvf_ctl);
	rvf_nl_cleanup();
	/* Work items that put the module before they returned. */
	destroy_workqueue(rvf_wq);
	rvf_image_cleanup();
	rvf_pseudofs_cleanup();
	rvf_keys_cleanup();
	rvf_witness_cleanup();
	rvf_digest_cleanup();
}

module_init(rvf_init);
module_exit(rvf_exit);

MODULE_DESCRIPTION("Signed packages: verified mounts, handles, jailed tasks");
MODULE_VERSION(RVF_VERSION);
MODULE_AUTHOR("rvf developers");
MODULE_LICENSE("GPL");
