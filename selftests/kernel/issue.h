/* SPDX-License-Identifier: GPL-2.0-only */
/* Giving the commands of commands.h to whom they belong. */
#ifndef RVF_SELFTESTS_ISSUE_H
#define RVF_SELFTESTS_ISSUE_H

#include "commands.h"

/* Where to try a command that would take away what the others need */
static inline int place(SELF, const struct command *command)
{
	switch (command->number) {
	case RVF_UNMOUNT:
		return must_rvf(pkg_mount(self->pkg, self->fd[CONTROL], NULL, NULL));
	case RVF_HANDLE_REVOKE:
		return must_rvf(
			handle_derive(self->fd[REGION], RVF_RIGHT_READ | RVF_RIGHT_REVOKE, 0));
	default:
		return -1;
	}
}

/* Gives a command in whose process it belongs */
static __attribute__((noinline, unused)) int issue(SELF, const struct command *command,
						   union arg *arg)
{
	struct task *task = command->kind == TASK    ? &self->bound :
			    command->kind == UNBOUND ? &self->unbound :
						       NULL;
	int own, result;

	if (task) {
		void *there = task_put(task, arg, sizeof(*arg));

		result = task_call(task, SYS_ioctl, PROXY_TASK_FD, command->number, there);
		memcpy(arg, there, sizeof(*arg));
		task->used = 0;
		return result;
	}
	own = place(self, command);
	result = rvf(own >= 0 ? own : self->fd[command->kind], command->number, arg);
	if (own >= 0)
		close(own);
	return result;
}

static inline void close_made(SELF, const struct command *command, union arg *arg)
{
	for (int i = 0; i < 2 && command->out_fd[i] != NONE; i++) {
		int fd = *(int32_t *)(arg->bytes + command->out_fd[i]);

		if (command->kind == TASK)
			task_call(&self->bound, SYS_close, fd);
		else
			close(fd);
	}
}

#endif
