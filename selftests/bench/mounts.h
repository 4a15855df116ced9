/* SPDX-License-Identifier: GPL-2.0-only */
/* Mounts of packages in the bench's directory. */
#ifndef RVF_BENCH_MOUNTS_H
#define RVF_BENCH_MOUNTS_H

#include <linux/rvf.h>

struct rvf_package;

/* The control fd, opened once; or a negative errno. */
int control_fd(void);

/* Loads a package; NULL, with a message on stderr. */
struct rvf_package *load_package(const char *path);

/* Mounts without a name: a mount fd or a negative errno. */
int mount_package(struct rvf_package *package);
int mount_nameless(const char *path);

/* Unmounts, waits for the end and closes the fd. */
void unmount(int mount);

int mount_handle(int mount, const char *name, __u32 rights);

struct rvf_error;
struct rvf_process;

/* What a supervisor does to start component 0: 0 or a negative errno. */
int spawn_task(int mount, int netns, const char *name, struct rvf_process **process,
	       struct rvf_error *error);

#endif /* RVF_BENCH_MOUNTS_H */
