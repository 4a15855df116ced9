// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * An empty network namespace, which jailed processes may share.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/sched.h>

#include <rvf/process.h>

/* A child has it until the parent has opened it: no thread of ours enters it. */
int rvf_process_netns(struct rvf_error *e)
{
	struct clone_args args = { .flags = CLONE_NEWNET, .exit_signal = SIGCHLD };
	int ends[2], fd = -1, err = 0;
	char path[64], byte;

	if (pipe2(ends, O_CLOEXEC)) {
		err = -errno;
		goto out;
	}
	pid_t pid = syscall(SYS_clone3, &args, sizeof(args));
	if (pid == 0) {
		close(ends[1]);
		(void)!read(ends[0], &byte, 1);
		_exit(0);
	}
	if (pid < 0) {
		err = -errno;
	} else {
		snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			err = -errno;
	}
	close(ends[0]);
	close(ends[1]);
	if (pid > 0)
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
out:
	if (!err)
		return fd;
	rvf_error_set(e, -err, "jail", "cannot make a network namespace");
	rvf_error_why(e, "%s", strerror(-err));
	return err;
}
