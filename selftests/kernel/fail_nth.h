/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What fails in the middle of a command leaves nothing behind. Each case is one
 * system call; it is made with its 1st, 2nd, ... allocation or copy from or to
 * userspace failing, until it gets through without one that fails.
 */
#ifndef RVF_SELFTESTS_FAIL_NTH_H
#define RVF_SELFTESTS_FAIL_NTH_H

#include "util_netlink.h"
#include "util_package.h"
#include "util_task.h"

#define FAIL_HANDLES 4

/**
 * struct fail - What a case works with
 * @ctl: Control fd.
 * @mounts: How many mounts there were before.
 * @pkg: The usual package, finished.
 * @name: A name for a mount.
 * @mount: A mount fd of the usual package, nameless unless a case says
 *	otherwise.
 * @queue: An administrator's handle on its queue.
 * @fd: What the call is made on; a case's own, as is the rest.
 * @made: What the call made.
 * @map: A mapping.
 * @task: The plugin that makes the call, when @in_task.
 * @in_task: The call is not this process's.
 * @with: The case's own.
 * @nth: Which one fails; 0: none.
 * @hit: It did.
 * @count: What the last call told.
 */
struct fail {
	int ctl;
	unsigned int mounts;
	struct pkg *pkg;
	const char *name;
	int mount;
	int queue;

	int fd;
	int made[FAIL_HANDLES];
	void *map;
	struct task task;
	bool in_task;
	unsigned int count;
	const void *with;

	unsigned int nth;
	bool hit;
	int nth_file; /* as the thread that calls has it */
	int own_nth_file;
	char *memory; /* that both can reach */
	size_t used;
};

/**
 * struct fail_case - A call
 * @name: Of the case.
 * @setup: Before the first try.
 * @prepare: Before each; what it makes belongs to the state that a failed call
 *	must leave as it was.
 * @run: The call, by fail_call() or fail_ioctl() once: a negative errno when it
 *	failed.
 * @check: It succeeded: is it done? Ends the test if not.
 * @undo: After each try, when @run has succeeded.
 * @teardown: After the last.
 * @errnos: What it may fail with, beyond ENOMEM and EFAULT.
 * @calm: There are hundreds of failures on the way that do no harm: of a long
 *	run of these only one in several is tried. What is not tried lies between
 *	two that did no harm.
 * @with: What functions that several cases share tell these apart by.
 *
 * Only @name and @run are needed.
 */
struct fail_case {
	const char *name;
	void (*setup)(struct fail *f);
	void (*prepare)(struct fail *f);
	long (*run)(struct fail *f);
	void (*check)(struct fail *f);
	void (*undo)(struct fail *f);
	void (*teardown)(struct fail *f);
	int errnos[2];
	bool calm;
	const void *with;
};

/* fail_nth_*.c; each ends with a case without a name */
extern const struct fail_case fail_control[];
extern const struct fail_case fail_mount[];
extern const struct fail_case fail_task[];
extern const struct fail_case fail_handle[];
extern const struct fail_case fail_region[];
extern const struct fail_case fail_slab[];
extern const struct fail_case fail_queue[];
extern const struct fail_case fail_ring[];
extern const struct fail_case fail_netlink[];
extern const struct fail_case fail_vm[];
extern const struct fail_case fail_kvm_vm[];
extern const struct fail_case fail_kvm_vcpu[];

/* Ends the test unless it holds; for check() */
#define fail_unless(condition)                                                    \
	do {                                                                      \
		if (!(condition))                                                 \
			die("%s:%d: not so: %s", __FILE__, __LINE__, #condition); \
	} while (0)

/* Arguments of the call, where it can reach them; gone with the next try */
void *fail_alloc(struct fail *f, size_t size);
void *fail_put(struct fail *f, const void *data, size_t size);
/* The call, by whoever makes it, with the how-manieth failing */
long fail_syscall(struct fail *f, long number, long a, long b, long c, long d, long e, long g);
#define FAIL_SYSCALL(f, number, a, b, c, d, e, g, ...) \
	fail_syscall(f, number, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(g))
#define fail_call(f, number, ...) FAIL_SYSCALL(f, number, ##__VA_ARGS__, 0, 0, 0, 0, 0, 0)
/* An ioctl whose struct begins with its size; it comes back, failed or not */
long fail_ioctl(struct fail *f, int fd, unsigned long command, void *arg);

/* A system call of this process as nth.h wants it, with nothing that fails */
long fail_own_syscall(long number, long a, long b, long c, long d, long e, long f);

/* The plugin of component 0, jailed and not bound; it makes the call */
void fail_spawn(struct fail *f);
void fail_kill(struct fail *f);
/* The calls are this process's (again) */
void fail_own_calls(struct fail *f);

/* Another mount in the place of the usual one */
void fail_remount(struct fail *f, int mount);

/* What a failed call must leave as it was, as text that the caller frees */
char *fail_state(struct fail *f);
/* Ends the test unless it is so still, or soon again where @wait */
void fail_same_state(struct fail *f, const char *before, bool wait, const char *what);

/* The run() that claims @fd */
long fail_supervise(struct fail *f);

/* The usual package and a ring "ring", finished; component 0 is its producer */
struct pkg *fail_ring_package(void);

/* fail_nth_steps.c: an administrator's handle on an object, as @fd */
void fail_get(struct fail *f, const char *name);
void fail_get_data(struct fail *f);
void fail_close_fd(struct fail *f);
void fail_close_made(struct fail *f);
/* A plugin that is bound makes the calls; claims the mount before; gets @fd besides */
void fail_bound_prepare(struct fail *f);
void fail_bound_setup(struct fail *f);
void fail_task_get(struct fail *f, const char *name);
/* @map is a page of @fd: by the call; by the plugin, before it; not any more */
long fail_map(struct fail *f, int fd, int prot, size_t offset);
void fail_map_task(struct fail *f, int prot, size_t offset);
void fail_unmap(struct fail *f);

/* A struct with the usual mount, for a case; and the end of it */
void fail_begin(struct fail *f);
void fail_end(struct fail *f);

/* Sets fault injection up; false where the kernel has none */
bool fail_knobs(void);

/* Whether the table has what RVF_FAIL_CASE names, if that is set; NULL has nothing */
bool fail_wanted(const struct fail_case *cases);

/* Whether the whole table gets through */
bool fail_sweep(const struct fail_case *cases);

/* Unmounting while no worker of the kernel gets any memory */
bool fail_workers(bool with_vm);

/* The same of loading the module, from its file; it is removed and loaded again */
bool fail_load(const char *path);

#endif
