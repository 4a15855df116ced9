// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * RVF_MOUNT from within the mount's own cgroup, so that what the kernel
 * allocates for the mount is charged there and to nobody else.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <linux/sched.h>

#include <rvf/netlink.h>
#include <rvf/package.h>
#include "cgroup_internal.h"
#include "device_internal.h"

/* How long the processes of an earlier mount of the name may take to be gone. */
#define OLD_CGROUP_TRIES    100
#define OLD_CGROUP_PAUSE_NS 20000000

#define ENTER_TRIES 3

/**
 * struct answer - What the child sends, with the mount fd
 * @err: 0 or a negative errno.
 * @cmd: As the ioctl left it.
 */
struct answer {
	int err;
	struct rvf_mount cmd;
};

/* Only system calls: the parent may have threads. */
static void child(int ctl, struct rvf_mount *cmd, int cgroup, int sync)
{
	struct answer answer = { .err = ioctl(ctl, RVF_MOUNT, cmd) ? -errno : 0, .cmd = *cmd };
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec bytes = { &answer, sizeof(answer) };
	struct msghdr message = { .msg_iov = &bytes, .msg_iovlen = 1 };

	if (!answer.err) {
		/* While it is in there nobody takes the cgroup for a stale one. */
		rvf_cgroup_mark(cgroup, cmd->out_id);
		message.msg_control = control;
		message.msg_controllen = sizeof(control);
		struct cmsghdr *head = CMSG_FIRSTHDR(&message);

		head->cmsg_level = SOL_SOCKET;
		head->cmsg_type = SCM_RIGHTS;
		head->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(head), &cmd->out_fd, sizeof(int));
	}
	syscall(SYS_exit_group, sendmsg(sync, &message, MSG_NOSIGNAL) < 0);
}

static int receive(int sync, struct answer *answer)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec bytes = { answer, sizeof(*answer) };
	struct msghdr message = { .msg_iov = &bytes,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof(control) };
	ssize_t n;

	do {
		n = recvmsg(sync, &message, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	/* It was killed: by whom else than for want of memory? */
	if (n != sizeof(*answer))
		return -ENOMEM;
	answer->cmd.out_fd = -1;
	for (struct cmsghdr *head = CMSG_FIRSTHDR(&message); head;
	     head = CMSG_NXTHDR(&message, head))
		if (head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS)
			memcpy(&answer->cmd.out_fd, CMSG_DATA(head), sizeof(int));
	return !answer->err && answer->cmd.out_fd < 0 ? -EMFILE : 0;
}

static int mount_from(int cgroup, int ctl, struct answer *answer)
{
	struct clone_args args = { .flags = CLONE_INTO_CGROUP,
				   .exit_signal = SIGCHLD,
				   .cgroup = cgroup };
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return -errno;
	pid_t pid = syscall(SYS_clone3, &args, sizeof(args));
	if (pid == 0)
		child(ctl, &answer->cmd, cgroup, ends[1]);

	int err = pid < 0 ? -errno : 0;
	close(ends[1]);
	if (!err) {
		err = receive(ends[0], answer);
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	close(ends[0]);
	return err;
}

/**
 * struct question - Is a mount there?
 * @id: The mount's.
 * @found: The answer.
 */
struct question {
	__u64 id;
	bool found;
};

static int compare(const struct rvf_nl_mount *mount, void *context)
{
	struct question *q = context;

	q->found |= mount->id == q->id;
	return 0;
}

/* Where it cannot be known it is. */
static bool is_mounted(__u64 id)
{
	struct question q = { .id = id };
	struct rvf_nl *nl;

	if (rvf_nl_open(&nl, NULL))
		return true;
	if (rvf_nl_dump_mounts(nl, compare, &q, NULL))
		q.found = true;
	rvf_nl_close(nl);
	return q.found;
}

/* Processes of a mount that is gone may take a moment to be gone, too. */
static int remove_old(int root, const char *name)
{
	struct timespec pause = { .tv_nsec = OLD_CGROUP_PAUSE_NS };
	int err = -EBUSY;

	for (int i = 0; i < OLD_CGROUP_TRIES; i++) {
		err = rvf_cgroup_remove(root, name);
		if (err != -EBUSY)
			break;
		nanosleep(&pause, NULL);
	}
	return err;
}

/*
 * A cgroup of the name that is still there is one of a mount that is gone, or
 * of one that has another name now. Nobody can start in the former once it had
 * cgroups below it, so it is made anew.
 */
static int fresh_cgroup(int root, const char *mount, __u64 memory, char name[RVF_CGROUP_NAME],
			struct rvf_error *e)
{
	int err = -EBUSY;

	for (unsigned int n = 0; rvf_cgroup_candidate(mount, n, name); n++) {
		__u64 id = rvf_cgroup_mount_id(root, name);

		if (id && is_mounted(id))
			continue;
		err = remove_old(root, name);
		break;
	}
	if (err) {
		rvf_error_set(e, -err, "cgroup", "the cgroup '%s' is still in use", name);
		rvf_error_why(e, "%s", strerror(-err));
		return err;
	}
	return rvf_cgroup_make(root, name, memory, e);
}

static bool in_use(int ctl, const char *name)
{
	int fd = name ? rvf_open_mount(ctl, name, NULL) : -1;

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

int rvf_mount_in_cgroup(int ctl, struct rvf_package *package, const char *name,
			const struct rvf_mount_config *config, int root,
			struct rvf_mount_result *result, struct rvf_error *e)
{
	char directory[RVF_CGROUP_NAME];
	struct answer answer = { 0 };

	/*
	 * A cgroup of a mount that exists is left alone: the kernel refuses the
	 * name, but says first what else it has against the package. And it is
	 * the kernel that says what is wrong in a manifest.
	 */
	if (root < 0 || package->manifest_error.err || in_use(ctl, name))
		return rvf_mount_package(ctl, package, name, config, result, e);

	*result = (struct rvf_mount_result){ .fd = -1 };
	int err = rvf_mount_prepare(&answer.cmd, package, name, config, e);
	if (err)
		return err;
	__u64 memory = rvf_cgroup_mount_memory(&package->manifest);
	/* rvfd takes an empty cgroup without a mount for a stale one: then again. */
	for (int i = 0; i < ENTER_TRIES; i++) {
		int cgroup = fresh_cgroup(root, name, memory, directory, e);

		if (cgroup < 0)
			return cgroup;
		err = mount_from(cgroup, ctl, &answer);
		close(cgroup);
		if (err != -ENODEV)
			break;
	}
	if (err)
		rvf_error_system(e, -err, "cannot mount from a cgroup of its own");
	else
		err = rvf_mount_finish(&answer.cmd, answer.err, result, e);
	if (err)
		rvf_cgroup_remove(root, directory);
	return err;
}
