// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs in the jail and tells what it sees: "inside COMMAND".
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
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

	if (!ioctl(3, RVF_BIND, &bind) || errno == EPERM || errno == EAGAIN)
		return bind.out_reason;
	return -errno;
}

int main(int argc, char **argv)
{
	const char *command = argc > 1 ? argv[1] : "";

	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	if (!strcmp(command, "see"))
		see(argc, argv);
	else if (!strcmp(command, "denied"))
		denied();
	else if (!strcmp(command, "work"))
		puts(work());
	else if (!strcmp(command, "fds"))
		printf("%d\n", count_fds());
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
