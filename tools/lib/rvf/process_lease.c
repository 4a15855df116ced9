// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Ids of the host for jailed processes.
 *
 * Each byte of the lease file stands for an id, and whoever holds a lock on
 * the byte holds the id. The kernel drops the lock with its holder, so that
 * nothing is left to be cleaned up, however a supervisor ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "process_internal.h"

#define LEASE_FILE "/run/rvf/uids"

static int open_leases(const char *path)
{
	if (!path) {
		path = LEASE_FILE;
		if (mkdir("/run/rvf", 0755) && errno != EEXIST)
			return -errno;
	}
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	return fd < 0 ? -errno : fd;
}

/*
 * Returns an fd. Begins at a random id, so that one is seldom used again soon:
 * a killed supervisor's processes may take a moment to die.
 */
int rvf_lease_id(const char *path, uid_t base, unsigned int count, uid_t *id, struct rvf_error *e)
{
	uint32_t start = 0;

	if (!base || !count || base > UINT32_MAX - 1 - count) {
		rvf_error_set(e, EINVAL, "uid-range", "%u+%u is not a range of user ids", base,
			      count);
		rvf_error_why(e, "it must not hold 0 or end above 4294967294");
		return -EINVAL;
	}

	int fd = open_leases(path);
	if (fd < 0) {
		rvf_error_set(e, -fd, "uid-range", "cannot open %s", path ? path : LEASE_FILE);
		rvf_error_why(e, "%m");
		return fd;
	}

	if (getrandom(&start, sizeof(start), GRND_NONBLOCK) != sizeof(start))
		start = getpid();
	for (unsigned int i = 0; i < count; i++) {
		unsigned int n = (start % count + i) % count;
		struct flock lock = { .l_type = F_WRLCK,
				      .l_whence = SEEK_SET,
				      .l_start = (off_t)base + n,
				      .l_len = 1 };

		if (!fcntl(fd, F_OFD_SETLK, &lock)) {
			*id = base + n;
			return fd;
		}
		if (errno != EAGAIN && errno != EACCES) {
			int err = errno;

			close(fd);
			rvf_error_set(e, err, "uid-range", "cannot lock %s",
				      path ? path : LEASE_FILE);
			return -err;
		}
	}
	close(fd);
	rvf_error_set(e, EUSERS, "uid-range", "all %u user ids from %u on are in use", count, base);
	return -EUSERS;
}
