/* SPDX-License-Identifier: GPL-2.0-only */
/* What rvfctl's exit status says; rvfctl(1) lists the same. */
#ifndef RVFCTL_EXIT_H
#define RVFCTL_EXIT_H

/**
 * enum rvf_exit - Exit status
 * @RVFCTL_OK: Done.
 * @RVFCTL_FAIL: Anything else, or items of a batch that failed differently.
 * @RVFCTL_USAGE: The command line or the recipe is wrong.
 * @RVFCTL_REFUSED: A package or key was refused; the slug says why.
 * @RVFCTL_UNSUPPORTED: No module, or something that it does not have.
 * @RVFCTL_NOTFOUND: No such file, mount, task or key.
 * @RVFCTL_BUSY: It exists, is in use or is claimed.
 * @RVFCTL_DENIED: The caller may not do this.
 * @RVFCTL_NODAEMON: rvfd does not answer.
 * @RVFCTL_LIMIT: Memory, or a stated limit.
 * @RVFCTL_TIMEOUT: It took too long.
 * @RVFCTL_RUN_FAILED: run: rvfctl itself failed.
 * @RVFCTL_RUN_REFUSED: run: the package was refused.
 * @RVFCTL_RUN_NOTFOUND: run: no such file.
 * @RVFCTL_SIGNAL: Plus the number of the signal that ended it.
 */
enum rvf_exit {
	RVFCTL_OK = 0,
	RVFCTL_FAIL = 1,
	RVFCTL_USAGE = 2,
	RVFCTL_REFUSED = 3,
	RVFCTL_UNSUPPORTED = 4,
	RVFCTL_NOTFOUND = 5,
	RVFCTL_BUSY = 6,
	RVFCTL_DENIED = 7,
	RVFCTL_NODAEMON = 8,
	RVFCTL_LIMIT = 9,
	RVFCTL_TIMEOUT = 124,
	RVFCTL_RUN_FAILED = 125,
	RVFCTL_RUN_REFUSED = 126,
	RVFCTL_RUN_NOTFOUND = 127,
	RVFCTL_SIGNAL = 128,
};

#endif /* RVFCTL_EXIT_H */
