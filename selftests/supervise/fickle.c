// SPDX-License-Identifier: GPL-2.0-only
/*
 * A plugin that behaves as its arguments say, one after another:
 *
 *  ready		says that it is ready
 *  say TEXT		writes a line
 *  sleep MS		sleeps
 *  wait		waits until it is asked to stop
 *  exit CODE		exits
 *  exit-until N CODE	exits, unless it is started for the Nth time or later
 *  crash		crashes
 *  stubborn		sleeps for ever, whatever it is asked
 *  flood		writes lines for ever
 *  lines N		writes so many lines
 *  odd			writes what is hard to show
 *  eat			uses more and more memory
 *  threads N		tries to have so many threads, and says how many it got
 *  vm			has a guest say a letter; or says why there is none
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <pthread.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <rvf/vm.h>

static void *sleeper(void *argument)
{
	while (!argument)
		pause();
	return argument;
}

static int threads(int wanted)
{
	pthread_t thread;
	int n = 1;

	while (n < wanted && !pthread_create(&thread, NULL, sleeper, NULL))
		n++;
	return n;
}

static void odd(void)
{
	char line[10001];

	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\n';
	fwrite(line, 1, sizeof(line), stdout);
	fwrite("\033[31mred\0nul\r\n", 1, 14, stdout);
	fputs("\n", stdout);
	fputs("err\n", stderr);
	fputs("no newline", stdout);
	fflush(stdout);
}

static void eat(void)
{
	for (;;) {
		void *more = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (more != MAP_FAILED)
			memset(more, 1, 1 << 20);
	}
}

#define GUEST_PORT   0x80
#define GUEST_MEMORY 4096

/* Its memory, with the code that it begins with */
static int guest_memory(struct rvf_guest *guest)
{
	static const char code[] = { '\xb0', 'V', '\xe6', GUEST_PORT, '\xeb', '\xfe' };
	int fd = memfd_create("guest", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int ret = -errno;

	if (fd >= 0 && !ftruncate(fd, GUEST_MEMORY) && !fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK) &&
	    pwrite(fd, code, sizeof(code), 0) == sizeof(code))
		ret = rvf_guest_memory(guest, fd, 0, GUEST_MEMORY, 0, false, NULL);
	close(fd);
	return ret;
}

/* What the guest said, or a negative errno */
static int guest_says(void)
{
	struct kvm_regs regs = { .rflags = 2 };
	struct rvf_guest_event event = { 0 };
	struct rvf_guest *guest;
	struct rvf_vcpu *vcpu;
	struct kvm_sregs sregs;
	int ret = rvf_vm_connect(&guest);

	if (ret)
		return ret;
	vcpu = rvf_guest_vcpu(guest, 0);
	ret = guest_memory(guest);
	if (!ret)
		ret = rvf_guest_reserve_range(guest, RVF_SPACE_PORT, GUEST_PORT, 1);
	if (!ret)
		ret = rvf_guest_start(guest);
	if (!ret)
		ret = rvf_vcpu_wait(vcpu, &event);
	if (!ret)
		ret = rvf_vcpu_get_sregs(vcpu, &sregs);
	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	if (!ret)
		ret = rvf_vcpu_set_sregs(vcpu, &sregs);
	if (!ret)
		ret = rvf_vcpu_set_regs(vcpu, &regs);
	if (!ret)
		ret = rvf_vcpu_resume(vcpu);
	if (!ret)
		ret = rvf_vcpu_wait(vcpu, &event);
	return ret ? ret : event.kind == RVF_GUEST_IO_ACCESS ? *event.io.data : -EPROTO;
}

static void vm(void)
{
	int letter = guest_says();

	if (letter < 0)
		printf("no VM: %s\n", strerror(-letter));
	else
		printf("the guest says %c\n", letter);
}

static void try_open(const char *path)
{
	int fd = open(path, O_RDONLY);

	printf("%s: %s\n", path, fd < 0 ? strerror(errno) : "open");
	if (fd >= 0)
		close(fd);
}

static void cpus(void)
{
	cpu_set_t set;

	sched_getaffinity(0, sizeof(set), &set);
	printf("%d of CPU 0\n", CPU_COUNT(&set) == 1 && CPU_ISSET(0, &set));
}

/* The device's name by the fd that the environment names */
static void tap(void)
{
	const char *said = getenv("RVF_TAP_FD"), *mac = getenv("RVF_TAP_MAC");
	struct ifreq request = { 0 };

	if (!said || ioctl(atoi(said), TUNGETIFF, &request))
		printf("no TAP: %s\n", said ? strerror(errno) : "not said");
	else
		printf("TAP %s, %s\n", request.ifr_name, mac ? mac : "no address");
}

/* Numbered lines, each in two writes, until it is to stop */
static void tick(void)
{
	struct pollfd task = { .fd = rvf_task_fd(), .events = POLLPRI };

	for (unsigned long i = 1; poll(&task, 1, 25) == 0; i++) {
		printf("tick");
		fflush(stdout);
		printf(" %lu\n", i);
		fflush(stdout);
	}
}

static const char *next(char ***argument)
{
	if (!**argument) {
		fputs("an argument is missing\n", stderr);
		exit(99);
	}
	return *(*argument)++;
}

static void act(const char *verb, char ***argument)
{
	if (!strcmp(verb, "ready"))
		rvf_ready();
	else if (!strcmp(verb, "say"))
		puts(next(argument));
	else if (!strcmp(verb, "sleep"))
		usleep(atoi(next(argument)) * 1000);
	else if (!strcmp(verb, "wait"))
		rvf_wait_stop();
	else if (!strcmp(verb, "exit"))
		exit(atoi(next(argument)));
	else if (!strcmp(verb, "exit-until")) {
		__u64 until = atoi(next(argument));
		int code = atoi(next(argument));

		if (rvf_incarnation() < until)
			exit(code);
	} else if (!strcmp(verb, "crash"))
		__builtin_trap();
	else if (!strcmp(verb, "stubborn"))
		sleeper(NULL);
	else if (!strcmp(verb, "flood"))
		for (unsigned long i = 0;; i++)
			printf("flood %lu\n", i);
	else if (!strcmp(verb, "lines"))
		for (int i = 1, n = atoi(next(argument)); i <= n; i++)
			printf("line %d\n", i);
	else if (!strcmp(verb, "tick"))
		tick();
	else if (!strcmp(verb, "odd"))
		odd();
	else if (!strcmp(verb, "eat"))
		eat();
	else if (!strcmp(verb, "threads"))
		printf("%d threads\n", threads(atoi(next(argument))));
	else if (!strcmp(verb, "vm"))
		vm();
	else if (!strcmp(verb, "spin"))
		for (volatile unsigned long n = 0;; n++)
			;
	else if (!strcmp(verb, "open"))
		try_open(next(argument));
	else if (!strcmp(verb, "mincore"))
		printf("mincore: %s\n", mincore(NULL, 0, NULL) ? strerror(errno) : "allowed");
	else if (!strcmp(verb, "cpus"))
		cpus();
	else if (!strcmp(verb, "tap"))
		tap();
	else
		exit(99);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	(void)argc;
	for (char **argument = argv + 1; *argument;)
		act(next(&argument), &argument);
	return 0;
}
