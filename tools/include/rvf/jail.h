/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * librvf: what a program asks of its jail beyond the profile, and what the
 * host allows.
 *
 * A manifest holds it as texts of the form KEY=VALUE, in the order of the
 * fields of struct rvf_jail_options; of each key there is one at most, but of
 * "mount" and "syscall":
 *
 *   root=PATH			mount=SOURCE:TARGET:ro|rw	tmpfs=BYTES
 *   syscall=NAME		cpus=LIST			core-scheduling=1
 *   time=MILLISECONDS		cpu-time=SECONDS		tap=NAME
 */
#ifndef RVF_JAIL_H
#define RVF_JAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/rvf.h>
#include <rvf/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The administrator's word on what packages may ask for. The environment
 * variable RVF_CONFIG names another directory than /etc/rvf.
 */
#define RVF_POLICY_DIR "/etc/rvf/policy.d"

#define RVF_JAIL_MOUNTS	  32
#define RVF_JAIL_SYSCALLS 64
#define RVF_JAIL_CPUS	  1024

/**
 * struct rvf_jail_mount - A file or directory of the host in the jail
 * @source: An absolute path without symbolic links, "." and "..".
 * @target: Where it lies in the jail: an absolute path, likewise.
 * @writable: It can be written, as far as its permissions let others.
 * @executable: What lies in it can be executed and mapped for execution. A
 *	manifest cannot ask for that.
 */
struct rvf_jail_mount {
	const char *source;
	const char *target;
	bool writable;
	bool executable;
};

/**
 * struct rvf_jail_options - What is asked of a jail
 * @size: sizeof(struct rvf_jail_options)
 * @root: A directory of the host that is the root, read-only; NULL: a file
 *	system in memory.
 * @mounts: What else of the host is there, in this order.
 * @n_mounts: How many, at most %RVF_JAIL_MOUNTS.
 * @tmpfs: Bytes of the file system in memory: the root, or /tmp where @root is
 *	given; 0: 64 MiB.
 * @syscalls: Names of system calls that it may make besides.
 * @n_syscalls: How many, at most %RVF_JAIL_SYSCALLS.
 * @pinned: It runs on the CPUs in @cpus only.
 * @cpus: A bit for each.
 * @core_scheduling: It shares a core with its own threads only.
 * @time_ms: How long it may run, 0: no limit. The supervisor's: no process
 *	ends by itself.
 * @cpu_seconds: How much CPU time it may use, 0: no limit.
 * @tap: The TAP device that it is given as fd 4; NULL: none. The supervisor
 *	opens it, see rvf_tap_open().
 *
 * @root, @mounts and @tmpfs need the profile crosvm.
 */
struct rvf_jail_options {
	size_t size;
	const char *root;
	const struct rvf_jail_mount *mounts;
	size_t n_mounts;
	__u64 tmpfs;
	const char *const *syscalls;
	size_t n_syscalls;
	bool pinned;
	unsigned char cpus[RVF_JAIL_CPUS / 8];
	bool core_scheduling;
	__u32 time_ms;
	__u32 cpu_seconds;
	const char *tap;
};

#pragma GCC visibility push(default)

/**
 * rvf_jail_parse - Read what a manifest asks
 * @text: rvf_m_component's jail.
 * @length: Its bytes.
 * @profile: One of enum rvf_profile: that of the component.
 * @options: Takes them; rvf_jail_free() them.
 * @e: Is filled on failure.
 *
 * Return: 0, -ENOMEM, -EINVAL, or -EOPNOTSUPP for a key that this version does
 * not know.
 */
int rvf_jail_parse(const char *text, size_t length, __u32 profile,
		   struct rvf_jail_options **options, struct rvf_error *e);

/**
 * rvf_jail_free - Free what rvf_jail_parse() made
 * @options: May be NULL.
 */
void rvf_jail_free(struct rvf_jail_options *options);

/**
 * rvf_jail_cpus - Read a list of CPUs, such as "0-3,6"
 * @text: The list: numbers below %RVF_JAIL_CPUS that grow.
 * @cpus: Takes a bit for each.
 *
 * Return: false when it is none.
 */
bool rvf_jail_cpus(const char *text, unsigned char cpus[RVF_JAIL_CPUS / 8]);

/**
 * rvf_jail_path_ok - Is this an absolute path without "." and ".."?
 * @path: The path; "/" alone is none, and ":" may not occur.
 */
bool rvf_jail_path_ok(const char *path);

/**
 * rvf_jail_syscall_ok - Can a system call be allowed besides?
 * @name: Its name.
 *
 * Not those by which a program would leave what the filter otherwise holds:
 * that make processes, execute or map code, or make calls that no filter sees.
 */
bool rvf_jail_syscall_ok(const char *name);

/**
 * rvf_jail_allowed - Does the host allow it?
 * @options: What is asked.
 * @directory: The host's policy; NULL: %RVF_POLICY_DIR.
 * @e: Is filled on failure: it names what is not allowed, and where it would
 *	be.
 *
 * The directory's files are of one form: a line holds one entry, "#" begins a
 * comment. "mounts" has paths, each of which allows what lies at or below it,
 * and with " rw" behind it also to write; "syscalls" names; "taps" names of
 * TAP devices. A file that others than root could write allows nothing. CPUs,
 * limits and memory need no permission: they take nothing from the host.
 *
 * Return: 0, -EPERM, or a negative errno of reading.
 */
int rvf_jail_allowed(const struct rvf_jail_options *options, const char *directory,
		     struct rvf_error *e);

/**
 * struct rvf_tap - An open TAP device
 * @fd: Of /dev/net/tun, attached to it.
 * @env: Variables that name it to the program, NULL at the end: RVF_TAP_FD,
 *	and RVF_TAP_MAC, RVF_TAP_ADDRESS and RVF_TAP_NETMASK where it has them.
 * @text: What @env points into.
 */
struct rvf_tap {
	int fd;
	char *env[5];
	char text[4][48];
};

/**
 * rvf_tap_open - Open a TAP device
 * @name: A persistent one, which exists.
 * @tap: Is filled.
 * @e: Is filled on failure.
 *
 * The device has a virtio-net header in front of each packet.
 *
 * Return: 0 or a negative errno: -EBUSY somebody has it open.
 */
int rvf_tap_open(const char *name, struct rvf_tap *tap, struct rvf_error *e);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* RVF_JAIL_H */
