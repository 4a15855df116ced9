// SPDX-License-Identifier: GPL-2.0-only
/*
 * A jail, every part of which can be left out. Written apart from the one in
 * librvf: RVF_BIND has to accept both.
 */
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util_task.h"

#define JAIL_FIRST_ID 1879048192u
#define JAIL_ID	      1000u /* as it is called inside */
#define CAP_KEPT      0 /* CAP_CHOWN: without a use in an empty root */
#define PLACE	      "/mnt"

struct jail {
	unsigned int without;
	int task_fd;
	int image_fd;
	int server[PROXY_SERVERS];
	int memory_fd;
	int go; /* is closed when the id maps are written */
	int report; /* close-on-exec */
	char address[20];
	char empty[32]; /* a directory */
};

/* Runs in the child: what went wrong is told to the parent */
static void jail_fail(struct jail *jail, const char *what)
{
	char text[128];
	int length = snprintf(text, sizeof(text), "%s: %s", what, strerror(errno));

	if (write(jail->report, text, length) != length)
		_exit(3);
	_exit(2);
}

#define try(jail, call)                         \
	do {                                    \
		if ((call) == -1)               \
			jail_fail(jail, #call); \
	} while (0)

static void jail_root(struct jail *jail)
{
	unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
	int outside;

	if (jail->without & WITHOUT_ROOT)
		return;
	try(jail, outside = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
	if (jail->without & WITHOUT_MOUNT_NS) {
		/* prepare_place() made it */
		try(jail, chroot(PLACE));
	} else {
		try(jail, mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
		if (jail->without & WITHOUT_TMPFS_ROOT) {
			try(jail, mount(jail->empty, PLACE, NULL, MS_BIND, NULL));
			try(jail, mount(NULL, PLACE, NULL, flags | MS_REMOUNT | MS_BIND | MS_RDONLY,
					NULL));
		} else {
			try(jail, mount("jail", PLACE, "tmpfs", flags, "size=16k,mode=0555"));
			if (jail->without & WITHOUT_EMPTY_ROOT)
				try(jail, mkdir(PLACE "/something", 0755));
			if (!(jail->without & WITHOUT_READ_ONLY_ROOT))
				try(jail, mount(NULL, PLACE, NULL, flags | MS_REMOUNT | MS_RDONLY,
						"size=16k,mode=0555"));
		}
		try(jail, chdir(PLACE));
		try(jail, syscall(SYS_pivot_root, ".", "."));
		try(jail, umount2(".", MNT_DETACH));
	}
	try(jail, chdir("/"));
	if (jail->without & WITHOUT_CWD)
		try(jail, fchdir(outside));
}

static void jail_filter(struct jail *jail)
{
	/* What a filter does is not the kernel module's business, so it does nothing */
	struct sock_filter allow[] = { BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW) };
	struct sock_fprog program = { .len = 1, .filter = allow };

	if (!(jail->without & WITHOUT_SECCOMP))
		try(jail, syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program));
}

static void set_caps(struct jail *jail, unsigned int caps)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {
		{ .effective = caps, .permitted = caps, .inheritable = caps },
	};

	try(jail, syscall(SYS_capset, &header, data));
}

/* As long as the bounding set has it */
static void keep_inheritable(struct jail *jail)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	try(jail, syscall(SYS_capget, &header, data));
	data[0].inheritable |= 1 << CAP_KEPT;
	try(jail, syscall(SYS_capset, &header, data));
}

/* Credentials last: all else needs the capabilities of the new user namespace */
static void jail_credentials(struct jail *jail)
{
	unsigned int without = jail->without;
	unsigned int base = without & WITHOUT_USER_NS ? JAIL_FIRST_ID : 0;
	uid_t uid = base + JAIL_ID, gid = base + JAIL_ID;
	gid_t group = base + 5;

	if (without & WITHOUT_CAP_DROP)
		keep_inheritable(jail);
	if (!(without & WITHOUT_BSET_DROP)) {
		for (int cap = 0; cap <= CAP_LAST_CAP; cap++) {
			if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) && errno != EINVAL)
				jail_fail(jail, "PR_CAPBSET_DROP");
		}
	}
	try(jail, prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0));
	/* Which id is the host's root depends on the map that the parent wrote */
	if (without & WITHOUT_OTHER_UID)
		uid = 0;
	if (without & WITHOUT_OTHER_GID)
		gid = 0;
	try(jail, setgroups(without & WITHOUT_GROUP_DROP ? 1 : 0, &group));
	try(jail, setresgid(gid, gid + !!(without & WITHOUT_SAME_GIDS),
			    gid + !!(without & WITHOUT_SAME_GIDS)));
	try(jail, setresuid(uid, uid + !!(without & WITHOUT_SAME_UIDS),
			    uid + !!(without & WITHOUT_SAME_UIDS)));
	if (without & WITHOUT_CAP_DROP) {
		set_caps(jail, 1 << CAP_KEPT);
		try(jail, prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KEPT, 0, 0));
	} else {
		set_caps(jail, 0);
	}
	if (!(without & WITHOUT_NNP))
		try(jail, prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
}

/* The fds to where the plugin looks for them, and no others */
static void jail_fds(struct jail *jail)
{
	int from[PROXY_SERVERS + 2];
	const int keep = 32, count = ARRAY_SIZE(from);
	int *to_keep[] = { &jail->image_fd, &jail->report };

	from[0] = jail->task_fd;
	memcpy(from + 1, jail->server, sizeof(jail->server));
	from[count - 1] = jail->memory_fd;
	/* Out of the way of what is placed first */
	for (int i = 0; i < count; i++)
		try(jail, from[i] = fcntl(from[i], F_DUPFD_CLOEXEC, keep));
	for (unsigned int i = 0; i < ARRAY_SIZE(to_keep); i++) {
		try(jail, *to_keep[i] = fcntl(*to_keep[i], F_DUPFD_CLOEXEC, keep));
	}
	for (int i = 0; i < count; i++)
		try(jail, dup2(from[i], PROXY_TASK_FD + i));
	try(jail, syscall(SYS_close_range, PROXY_MEMORY_FD + 1, ~0u, CLOSE_RANGE_CLOEXEC));
}

static void jail_child(struct jail *jail)
{
	char *argv[] = { "proxy", jail->address, NULL };
	char *envp[] = { "RVF_TASK_FD=3", NULL };
	char byte;

	try(jail, prctl(PR_SET_PDEATHSIG, SIGKILL));
	try(jail, read(jail->go, &byte, 1));
	try(jail, setsid());
	/* Root of the new user namespace, where there is one */
	try(jail, setresgid(0, 0, 0));
	try(jail, setresuid(0, 0, 0));
	jail_root(jail);
	jail_filter(jail);
	jail_credentials(jail);
	/* Changed credentials had cleared it */
	try(jail, prctl(PR_SET_PDEATHSIG, SIGKILL));
	jail_fds(jail);
	syscall(SYS_execveat, jail->image_fd, "", argv, envp, AT_EMPTY_PATH);
	jail_fail(jail, "execveat");
}

static void write_maps(pid_t pid, unsigned int without)
{
	char path[64];

	if (without & WITHOUT_USER_NS)
		return;
	snprintf(path, sizeof(path), "/proc/%d/uid_map", pid);
	if (without & WITHOUT_OTHER_UID)
		write_file(path, "0 0 1\n");
	else
		write_file(path, "0 %u 65536\n", JAIL_FIRST_ID);
	snprintf(path, sizeof(path), "/proc/%d/gid_map", pid);
	if (without & WITHOUT_OTHER_GID)
		write_file(path, "0 0 1\n1 %u 65535\n", JAIL_FIRST_ID + 1);
	else
		write_file(path, "0 %u 65536\n", JAIL_FIRST_ID);
}

/* For a child that shares our mount namespace: an empty root in it */
static void prepare_place(void)
{
	static bool prepared;

	if (prepared)
		return;
	must(mount("jail", PLACE, "tmpfs", MS_NOSUID | MS_NODEV | MS_RDONLY, "size=16k,mode=0555"));
	prepared = true;
}

/* An address that neither a plugin nor another task of this test uses */
static char *shared_memory(int *fd)
{
	static uintptr_t next = 0x200000000000;
	char *memory;

	*fd = must(memfd_create("proxy", MFD_CLOEXEC));
	must(ftruncate(*fd, PROXY_MEMORY));
	memory = must(mmap((void *)next, PROXY_MEMORY, PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_FIXED_NOREPLACE, *fd, 0));
	next += 2 * PROXY_MEMORY;
	return memory;
}

static uint64_t namespaces(unsigned int without)
{
	static const struct {
		unsigned int without;
		uint64_t flag;
	} all[] = {
		{ WITHOUT_USER_NS, CLONE_NEWUSER },	{ WITHOUT_MOUNT_NS, CLONE_NEWNS },
		{ WITHOUT_PID_NS, CLONE_NEWPID },	{ WITHOUT_NET_NS, CLONE_NEWNET },
		{ WITHOUT_IPC_NS, CLONE_NEWIPC },	{ WITHOUT_UTS_NS, CLONE_NEWUTS },
		{ WITHOUT_CGROUP_NS, CLONE_NEWCGROUP },
	};
	uint64_t flags = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(all); i++)
		flags |= without & all[i].without ? 0 : all[i].flag;
	return flags;
}

/* Waits until the image runs, or says why it does not */
static void await_exec(int report, pid_t pid)
{
	char text[160];
	ssize_t length = must(read(report, text, sizeof(text) - 1));

	if (length) {
		text[length] = 0;
		waitpid(pid, NULL, 0);
		die("jail: %s", text);
	}
}

void jail_spawn(struct task *task, int task_fd, int image_fd, unsigned int without)
{
	struct jail jail = { .without = without, .task_fd = task_fd, .image_fd = image_fd };
	struct clone_args args = { .flags = namespaces(without), .exit_signal = SIGCHLD };
	int pair[2], go[2], report[2];

	if (without & WITHOUT_MOUNT_NS)
		prepare_place();
	strcpy(jail.empty, "/var/tmp/rvf-jail.XXXXXX");
	if (without & WITHOUT_TMPFS_ROOT) {
		must(mkdtemp(jail.empty) ? 0 : -1);
		must(chmod(jail.empty, 0555));
	}
	for (int i = 0; i < PROXY_SERVERS; i++) {
		must(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair));
		task->socket[i] = pair[0];
		jail.server[i] = pair[1];
	}
	task->memory = shared_memory(&jail.memory_fd);
	task->used = 0;
	snprintf(jail.address, sizeof(jail.address), "%lx", (unsigned long)task->memory);
	must(pipe2(go, O_CLOEXEC));
	must(pipe2(report, O_CLOEXEC));
	jail.go = go[0];
	jail.report = report[1];

	fflush(stdout);
	fflush(stderr);
	task->pid = must(syscall(SYS_clone3, &args, sizeof(args)));
	if (task->pid == 0) {
		close(go[1]);
		jail_child(&jail);
	}
	close(go[0]);
	close(report[1]);
	write_maps(task->pid, without);
	close(go[1]);
	for (int i = 0; i < PROXY_SERVERS; i++)
		close(jail.server[i]);
	close(jail.memory_fd);
	await_exec(report[0], task->pid);
	if (without & WITHOUT_TMPFS_ROOT)
		must(rmdir(jail.empty));
	close(report[0]);
}
