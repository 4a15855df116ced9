// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs in the jail and tells what it sees: "inside COMMAND".
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/kvm.h>
#include <linux/securebits.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/timerfd.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
#include <linux/rvf.h>

extern char **environ;

static void see_ids(void)
{
	uid_t r, e, s;
	gid_t rg, eg, sg;

	getresuid(&r, &e, &s);
	getresgid(&rg, &eg, &sg);
	printf("ids=%u,%u,%u,%u,%u,%u\n", r, e, s, rg, eg, sg);
	printf("groups=%d\n", getgroups(0, NULL));
	printf("pid=%d\n", getpid());
	printf("ppid=%d\n", getppid());
	printf("sid=%d\n", getsid(0));
}

static void see_caps(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct d[2] = { 0 };
	int bounding = 0;

	syscall(SYS_capget, &head, d);
	printf("caps=%x,%x,%x\n", d[0].effective | d[1].effective, d[0].permitted | d[1].permitted,
	       d[0].inheritable | d[1].inheritable);
	for (int i = 0; i < 64; i++)
		if (prctl(PR_CAPBSET_READ, i, 0, 0, 0) > 0)
			bounding++;
	printf("bounding=%d\n", bounding);
	printf("securebits=%x\n", prctl(PR_GET_SECUREBITS, 0, 0, 0, 0));
	printf("nnp=%d\n", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	printf("seccomp=%d\n", prctl(PR_GET_SECCOMP, 0, 0, 0, 0));
	printf("pdeathsig=%d\n", ({
		       int sig = -1;
		       prctl(PR_GET_PDEATHSIG, &sig, 0, 0, 0);
		       sig;
	       }));
}

static void see_fds(void)
{
	printf("fds=");
	for (int fd = 0; fd < 70000; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			printf("%d,", fd);
	printf("\n");
}

static void see_limits(void)
{
	static const struct {
		const char *name;
		int which;
	} limits[] = { { "nofile", RLIMIT_NOFILE }, { "core", RLIMIT_CORE },
		       { "nproc", RLIMIT_NPROC },   { "memlock", RLIMIT_MEMLOCK },
		       { "rtprio", RLIMIT_RTPRIO }, { "msgqueue", RLIMIT_MSGQUEUE } };

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		struct rlimit limit;

		getrlimit(limits[i].which, &limit);
		printf("limit.%s=%llu,%llu\n", limits[i].name, (unsigned long long)limit.rlim_cur,
		       (unsigned long long)limit.rlim_max);
	}
}

static void see_signals(void)
{
	uint64_t mask = 0;
	int odd = 0;

	syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &mask, sizeof(mask));
	printf("blocked=%llx\n", (unsigned long long)mask);
	for (int i = 1; i <= 64; i++) {
		struct {
			void (*handler)(int);
			unsigned long flags;
			void (*restorer)(void);
			uint64_t mask;
		} action = { 0 };

		if (!syscall(SYS_rt_sigaction, i, NULL, &action, sizeof(uint64_t)) &&
		    action.handler != SIG_DFL)
			odd++;
	}
	printf("handlers=%d\n", odd);
}

static void see(int argc, char **argv)
{
	struct utsname name;
	char cwd[256] = "";
	mode_t mask = umask(0);

	see_ids();
	see_caps();
	see_fds();
	see_limits();
	see_signals();
	uname(&name);
	printf("host=%s\n", name.nodename);
	printf("umask=%o\n", mask);
	printf("cwd=%s\n", getcwd(cwd, sizeof(cwd)) ? cwd : "?");
	printf("argv=");
	for (int i = 0; i < argc; i++)
		printf("%s|", argv[i]);
	printf("\nenv=");
	for (char **v = environ; *v; v++)
		printf("%s|", *v);
	printf("\n");
}

static void told(const char *name, long result)
{
	printf("%s=%d\n", name, result < 0 ? errno : 0);
}

/* Each call is one that must fail, with the errno that is printed. */
static void denied(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int memfd = memfd_create("x", 0);

	told("mmap_exec",
	     (long)mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	told("mmap_exec_file", (long)mmap(NULL, 4096, PROT_EXEC, MAP_PRIVATE, memfd, 0));
	told("mmap_huge", (long)mmap(NULL, 2 << 20, PROT_READ,
				     MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0));
	told("memfd_huge", memfd_create("x", MFD_HUGETLB));
	told("mprotect_exec", mprotect(page, 4096, PROT_READ | PROT_EXEC));
	told("pkey_mprotect", syscall(SYS_pkey_mprotect, page, 4096, PROT_EXEC, -1));
	told("execve", execve("/x", environ, environ));
	told("execveat_memfd", syscall(SYS_execveat, memfd, "", environ, environ, AT_EMPTY_PATH));
	/* The number that is allowed cannot be had a second time */
	told("dup_to_image", dup2(memfd, 1024));
	told("execveat_image", syscall(SYS_execveat, 1024, "", environ, environ, AT_EMPTY_PATH));
	told("execveat_path", syscall(SYS_execveat, 1024, "/x", environ, environ, 0));
	told("fork", syscall(SYS_fork));
	told("vfork", syscall(SYS_vfork));
	told("clone", syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
	told("clone_user", syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0));
	told("clone_vm", syscall(SYS_clone, CLONE_VM | CLONE_VFORK | SIGCHLD, 0, 0, 0, 0));
	told("clone3", syscall(SYS_clone3, NULL, 0));
	told("unshare", unshare(CLONE_NEWUSER));
	told("setns", setns(memfd, 0));
	told("socket", syscall(SYS_socket, 1, 1, 0));
	told("socketpair", syscall(SYS_socketpair, 1, 1, 0, NULL));
	told("io_uring", syscall(SYS_io_uring_setup, 1, NULL));
	told("bpf", syscall(SYS_bpf, 0, NULL, 0));
	told("ptrace", syscall(SYS_ptrace, 0, 0, 0, 0));
	told("keyctl", syscall(SYS_keyctl, 0, 0, 0, 0, 0));
	told("add_key", syscall(SYS_add_key, "user", "x", "y", 1, -3));
	told("userfaultfd", syscall(SYS_userfaultfd, 0));
	told("perf", syscall(SYS_perf_event_open, NULL, 0, 0, 0, 0));
	told("mount", syscall(SYS_mount, NULL, "/", NULL, 0, NULL));
	told("fsopen", syscall(SYS_fsopen, "tmpfs", 0));
	told("personality", syscall(SYS_personality, 0x0400000));
	told("seccomp", syscall(SYS_seccomp, 0, 0, NULL));
	told("setuid", syscall(SYS_setuid, 0));
	told("capset", syscall(SYS_capset, NULL, NULL));
	told("splice", syscall(SYS_splice, 0, NULL, 1, NULL, 1, 0));
	told("shmget", syscall(SYS_shmget, 0, 4096, 01600));
	told("prctl_dumpable", prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
	told("prctl_pdeathsig", prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0));
	told("prctl_mm", prctl(PR_SET_MM, PR_SET_MM_START_CODE, 0, 0, 0));
	told("ioctl_tiocsti", ioctl(0, TIOCSTI, "x"));
	told("ioctl_rvf", ioctl(0, 0xb900, NULL));
	told("open", syscall(SYS_open, "/", O_RDONLY));
	told("openat", syscall(SYS_openat, AT_FDCWD, ".", O_RDONLY | O_DIRECTORY));
	told("mkdir", syscall(SYS_mkdir, "/x", 0700));
	told("stat_proc", syscall(SYS_newfstatat, AT_FDCWD, "/proc", &(struct stat){ 0 }, 0));
	told("nofile", setrlimit(RLIMIT_NOFILE, &(struct rlimit){ 2048, 2048 }));
	told("unknown", syscall(999, 0));
	told("kill_parent", kill(0x7fffff, SIGKILL));
}

/* Numbers of KVM's commands, on an fd that has none: what the filter lets in */
static void try_kvm(void)
{
	told("check_extension", ioctl(0, KVM_CHECK_EXTENSION, 0));
	told("irqfd", ioctl(0, KVM_IRQFD, NULL));
	told("get_regs", ioctl(0, KVM_GET_REGS, NULL));
	told("enable_cap", ioctl(0, KVM_ENABLE_CAP, NULL));
	told("create_vm", ioctl(0, KVM_CREATE_VM, 0));
	told("run", ioctl(0, KVM_RUN, 0));
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* "ls /dev=full,null,": all names in a directory; numbers are processes. */
static void list(const char *path)
{
	char *names[256];
	size_t n = 0;
	DIR *dir = opendir(path);

	printf("ls %s=", path);
	if (!dir) {
		printf("%s\n", strerror(errno));
		return;
	}
	for (struct dirent *entry; (entry = readdir(dir)) && n < 256;)
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			names[n++] = strdup(entry->d_name);
	closedir(dir);
	qsort(names, n, sizeof(names[0]), by_name);
	for (size_t i = 0; i < n; i++)
		printf("%s,", names[i]);
	printf("\n");
}

static long try_open(const char *path, int flags)
{
	return syscall(SYS_open, path, flags, 0600);
}

/* A file in the jail, read, or what happens. */
static void show(const char *path)
{
	char text[256] = "";
	int fd = try_open(path, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (n < 0)
		strcpy(text, strerror(errno));
	else
		text[strcspn(text, "\n")] = '\0';
	printf("cat %s=%s\n", path, text);
	if (fd >= 0)
		close(fd);
}

/* Fills a file until there is no more room; in KiB. */
static int fill_file(const char *path)
{
	static char block[4096];
	int fd = try_open(path, O_WRONLY | O_CREAT), n = 0;

	while (fd >= 0 && write(fd, block, sizeof(block)) == sizeof(block))
		n += 4;
	if (fd >= 0)
		close(fd);
	unlink(path);
	return n;
}

static void see_devices(void)
{
	char byte = 1;
	int null = try_open("/dev/null", O_RDWR), zero = try_open("/dev/zero", O_RDWR);
	int full = try_open("/dev/full", O_RDWR), urandom = try_open("/dev/urandom", O_RDONLY);

	told("null_write", write(null, "x", 1));
	told("zero_read", read(zero, &byte, 1) == 1 && !byte ? 0 : -1);
	told("full_write", write(full, "x", 1));
	told("urandom_read", read(urandom, &byte, 1));
	told("null_open", try_open("/dev/null", O_RDWR));
	told("random_open", try_open("/dev/random", O_RDONLY));
	told("kvm", try_open("/dev/kvm", O_RDWR));
	told("tun", try_open("/dev/net/tun", O_RDWR));
	told("rvfctl", try_open("/dev/rvfctl", O_RDWR));
	told("mem", syscall(SYS_mknod, "/tmp/mem", S_IFCHR | 0600, makedev(1, 1)));
	told("fifo", syscall(SYS_mknod, "/tmp/fifo", S_IFIFO | 0600, 0));
	told("sock", syscall(SYS_mknod, "/tmp/sock", S_IFSOCK | 0600, 0));
}

/* What there is for a program with a root. */
static void look(void)
{
	struct statfs fs = { 0 };

	list("/");
	list("/dev");
	list("/proc");
	list("/tmp");
	list("/data");
	list("/out");
	show("/data/file");
	show("/data/below/file");
	show("/data/link");
	show("/one");
	show("/proc/self/comm");
	show("/proc/sys/kernel/hostname");
	show("/proc/cpuinfo");
	show("/proc/keys");
	show("/proc/2/comm");
	see_devices();
	told("root_write", try_open("/x", O_WRONLY | O_CREAT));
	told("root_mkdir", syscall(SYS_mkdir, "/x", 0700));
	told("dev_unlink", syscall(SYS_unlink, "/dev/null"));
	told("dev_write", try_open("/dev/x", O_WRONLY | O_CREAT));
	told("data_write", try_open("/data/file", O_WRONLY));
	told("data_create", try_open("/data/x", O_WRONLY | O_CREAT));
	told("out_create", try_open("/out/x", O_WRONLY | O_CREAT));
	told("tmp_create", try_open("/tmp/x", O_WRONLY | O_CREAT));
	told("tmp_mkdir", syscall(SYS_mkdir, "/tmp/d", 0700));
	told("tmp_rename", syscall(SYS_rename, "/tmp/x", "/tmp/d/x"));
	told("tmp_symlink", syscall(SYS_symlink, "/data/file", "/tmp/l"));
	told("tmp_leave", syscall(SYS_link, "/tmp/d/x", "/out/y"));
	told("self_exe", try_open("/proc/self/exe", O_RDONLY));
	told("self_mem", try_open("/proc/self/mem", O_RDWR));
	told("self_fd", try_open("/proc/self/fd/1", O_WRONLY));
	told("self_environ", try_open("/proc/self/environ", O_RDONLY));
	told("self_ns", try_open("/proc/self/ns/mnt", O_RDONLY));
	told("self_attr", try_open("/proc/self/attr/current", O_WRONLY));
	told("oom_score", try_open("/proc/self/oom_score_adj", O_WRONLY));
	told("up", try_open("/../../etc/passwd", O_RDONLY));
	told("execve", execve("/data/program", environ, environ));
	told("mount", syscall(SYS_mount, NULL, "/", NULL, 0x20, NULL));
	told("umount", syscall(SYS_umount2, "/proc", 2));
	told("chroot", syscall(SYS_chroot, "/tmp"));
	told("pivot", syscall(SYS_pivot_root, ".", "."));
	told("chown", syscall(SYS_chown, "/tmp", 0, 0));
	told("setxattr", syscall(SYS_setxattr, "/tmp", "user.x", "y", 1, 0));
	told("handle_at", syscall(SYS_open_by_handle_at, 0, NULL, 0));
	told("inotify", syscall(SYS_inotify_init1, 0));
	told("landlock_off", syscall(SYS_landlock_restrict_self, 0, 0));
	told("cwd_dev", syscall(SYS_chdir, "/dev"));
	statfs("/tmp", &fs);
	printf("tmp_kib=%llu\n", (unsigned long long)fs.f_blocks * fs.f_bsize / 1024);
	printf("tmp_filled=%d\n", fill_file("/tmp/big"));
}

/* Whether it may make a call: not allowed is EPERM or ENOSYS. */
static void call(const char *name)
{
	long result = -1;

	if (!strcmp(name, "mincore"))
		result = syscall(SYS_mincore, 0, 0, NULL);
	else if (!strcmp(name, "socketpair"))
		result = syscall(SYS_socketpair, 1, 1, 0, NULL);
	told(name, result);
}

/* The CPUs that it may use, and what it may burn. */
static void see_cpus(void)
{
	struct rlimit limit;
	cpu_set_t set;

	sched_getaffinity(0, sizeof(set), &set);
	getrlimit(RLIMIT_CPU, &limit);
	printf("cpus=%d,%d\n", CPU_COUNT(&set), CPU_ISSET(0, &set));
	printf("cpu_time=%lld,%lld\n", (long long)limit.rlim_cur, (long long)limit.rlim_max);
	printf("tap=%s\n", getenv("RVF_TAP_FD") ? getenv("RVF_TAP_FD") : "");
}

static void burn(void)
{
	for (volatile unsigned long n = 0;; n++)
		;
}

static void *thread(void *argument)
{
	static __thread int local;

	for (int i = 0; i < 1000; i++) {
		local++;
		free(malloc(i * 10));
		sched_yield();
	}
	__atomic_add_fetch((int *)argument, local, __ATOMIC_SEQ_CST);
	return NULL;
}

static volatile sig_atomic_t got_signal;

static void on_signal(int sig)
{
	got_signal = sig;
}

/* What an honest program does. Prints what went wrong, else "fine". */
static const char *work(void)
{
	pthread_t threads[4];
	int sum = 0, ends[2];
	char byte;

	for (int i = 0; i < 4; i++)
		if (pthread_create(&threads[i], NULL, thread, &sum))
			return "pthread_create";
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	if (sum != 4000)
		return "threads";

	void *big = malloc(8 << 20);
	if (!big)
		return "malloc";
	memset(big, 1, 8 << 20);
	big = realloc(big, 16 << 20);
	free(big);

	int timer = timerfd_create(CLOCK_MONOTONIC, 0), event = eventfd(0, 0);
	int epoll = epoll_create1(0), memfd = memfd_create("m", MFD_ALLOW_SEALING);
	struct itimerspec soon = { .it_value.tv_nsec = 1000000 };
	struct epoll_event events[2] = { { .events = EPOLLIN } };

	if (timer < 0 || event < 0 || epoll < 0 || memfd < 0)
		return "fds";
	if (timerfd_settime(timer, 0, &soon, NULL) ||
	    epoll_ctl(epoll, EPOLL_CTL_ADD, timer, events) ||
	    epoll_wait(epoll, events, 2, 1000) != 1)
		return "epoll";
	if (ftruncate(memfd, 4096) || fcntl(memfd, F_ADD_SEALS, F_SEAL_SHRINK))
		return "memfd";
	if (mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, memfd, 0) == MAP_FAILED)
		return "mmap";
	if (pipe(ends) || write(ends[1], "x", 1) != 1 || read(ends[0], &byte, 1) != 1)
		return "pipe";
	if (read(0, &byte, 1) != 0)
		return "stdin is not at its end";
	signal(SIGUSR1, on_signal);
	raise(SIGUSR1);
	if (got_signal != SIGUSR1)
		return "signal";
	if (nanosleep(&(struct timespec){ .tv_nsec = 1000 }, NULL) || time(NULL) < 1000000000)
		return "time";
	if (isatty(1) || errno != ENOTTY)
		return "isatty";
	if (prctl(PR_SET_NAME, "worker", 0, 0, 0))
		return "prctl";
	return "fine";
}

/* Fills its address space of fds: one is the limit's. */
static int count_fds(void)
{
	int n = 0;

	while (dup(0) >= 0)
		n++;
	return n;
}

/* The first of all commands, and what the kernel says to it. */
static int bind_task(void)
{
	struct rvf_bind bind = { .size = sizeof(bind) };

	told("self_exe", try_open("/proc/self/exe", O_RDONLY));
	told("self_mem", try_open("/proc/self/mem", O_RDONLY));
	told("task_fd", try_open("/proc/self/fd/3", O_RDWR));
	if (!ioctl(3, RVF_BIND, &bind) || errno == EPERM || errno == EAGAIN)
		return bind.out_reason;
	return -errno;
}

/* A task that hears that it is asked to stop, and stays: who asks has time to look */
static void be_ready(void)
{
	struct rvf_ready ready = { .size = sizeof(ready) };
	struct pollfd task = { 3, POLLPRI, 0 };

	if (bind_task() || ioctl(3, RVF_READY, &ready))
		exit(97);
	while (poll(&task, 1, -1) < 0)
		;
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	const char *command = argc > 1 ? argv[1] : "";

	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	if (!strcmp(command, "see"))
		see(argc, argv);
	else if (!strcmp(command, "denied"))
		denied();
	else if (!strcmp(command, "kvm"))
		try_kvm();
	else if (!strcmp(command, "look"))
		look();
	else if (!strcmp(command, "call"))
		call(argv[2]);
	else if (!strcmp(command, "cpus"))
		see_cpus();
	else if (!strcmp(command, "burn"))
		burn();
	else if (!strcmp(command, "work"))
		puts(work());
	else if (!strcmp(command, "fds"))
		printf("%d\n", count_fds());
	else if (!strcmp(command, "ready"))
		be_ready();
	else if (!strcmp(command, "bind"))
		printf("reason=%d\n", bind_task());
	else if (!strcmp(command, "exit"))
		return argc > 2 ? atoi(argv[2]) : 0;
	else if (!strcmp(command, "wait"))
		for (;;)
			pause();
	else if (!strcmp(command, "stderr"))
		fputs("to stderr\n", stderr);
	else if (!strcmp(command, "crash"))
		__builtin_trap();
	else if (!strcmp(command, "eat"))
		for (size_t n = 1 << 20;; n += 1 << 20)
			memset(mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
			       1, 1 << 20);
	else
		return 99;
	return fflush(stdout) ? 98 : 0;
}
