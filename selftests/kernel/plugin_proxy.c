// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tests' plugin: a static ELF without libc that serves system calls over
 * a socket. See proxy.h. It does nothing by itself, not even RVF_BIND, so that
 * tests decide what state it is in when it does.
 */
#include <asm/unistd.h>
#include <linux/errno.h>
#include <linux/mman.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/signal.h>

#include <asm/sigcontext.h>
#include <asm/ucontext.h>

#include "nth.h"
#include "proxy.h"

#define STACK 16384

static char stacks[PROXY_SERVERS][STACK] __attribute__((aligned(16)));

static long call(long number, long a, long b, long c, long d, long e, long f)
{
	register long r10 asm("r10") = d;
	register long r8 asm("r8") = e;
	register long r9 asm("r9") = f;
	long result;

	asm volatile("syscall"
		     : "=a"(result)
		     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
		     : "rcx", "r11", "memory");
	return result;
}

/*
 * The accesses that may fault are single instructions; the signal handler
 * moves the instruction pointer behind them.
 */
long access_read(unsigned char *address);
long access_write(unsigned char *address, long value);
void access_sigreturn(void);
void access_failed(void);
extern char access_read_at[], access_write_at[];

asm(".text\n"
    "access_read:\n"
    "access_read_at: movzbl (%rdi), %eax\n"
    "	ret\n"
    "access_write:\n"
    "access_write_at: movb %sil, (%rdi)\n"
    "	movl %esi, %eax\n"
    "	ret\n"
    "access_failed:\n"
    "	ret\n"
    "access_sigreturn:\n"
    "	movl $15, %eax\n"
    "	syscall\n");

static void on_fault(int number, void *info, struct ucontext *context)
{
	(void)info;
	context->uc_mcontext.rax = number == SIGBUS ? -1 : -2;
	context->uc_mcontext.rip = (unsigned long)access_failed;
}

/* So that a system call returns with EINTR */
static void on_signal(int number)
{
	(void)number;
}

static void catch_faults(void)
{
	struct sigaction action = {
		.sa_handler = (__sighandler_t)(void *)on_fault,
		.sa_flags = SA_SIGINFO | SA_RESTORER,
		.sa_restorer = access_sigreturn,
	};

	call(__NR_rt_sigaction, SIGBUS, (long)&action, 0, 8, 0, 0);
	call(__NR_rt_sigaction, SIGSEGV, (long)&action, 0, 8, 0, 0);
	action.sa_handler = on_signal;
	call(__NR_rt_sigaction, SIGUSR1, (long)&action, 0, 8, 0, 0);
}

static void serve(int socket) __attribute__((noreturn));

/* For a child with a stack of its own, which cannot return */
static long clone_server(unsigned long flags, long server)
{
	long result;

	if (!(flags & CLONE_VM)) {
		result = call(__NR_clone, flags, 0, 0, 0, 0, 0);
		if (result == 0)
			serve(PROXY_SOCKET + server);
		return result;
	}
	asm volatile("syscall\n"
		     "testq %%rax, %%rax\n"
		     "jnz 1f\n"
		     "movq %[socket], %%rdi\n"
		     "call serve_entry\n"
		     "1:\n"
		     : "=a"(result)
		     : "a"(__NR_clone), "D"(flags), "S"(stacks[server] + STACK),
		       "d"(0), [socket] "b"(PROXY_SOCKET + server)
		     : "rcx", "r11", "r10", "r8", "r9", "memory");
	return result;
}

static void leave(void) __attribute__((noreturn));
static void leave(void)
{
	call(__NR_exit, 0, 0, 0, 0, 0, 0);
	__builtin_unreachable();
}

static void look_at(long fd, struct proxy_loot *loot)
{
	long result = call(__NR_ioctl, fd, PROXY_KVM_PROBE, 0, 0, 0, 0);

	if (PROXY_IS_KVM(result))
		loot->kvm++;
}

static long steal(long pidfd, struct proxy_loot *loot, long pid)
{
	long copy;

	while (!loot->stop) {
		for (long fd = PROXY_STEAL_FROM; fd < PROXY_STEAL_TO; fd++) {
			loot->tries++;
			if (pidfd < 0) {
				look_at(fd, loot);
				continue;
			}
			copy = call(__NR_pidfd_getfd, pidfd, fd, 0, 0, 0, 0);
			if (copy < 0) {
				loot->refused += copy == -EPERM;
				continue;
			}
			loot->taken++;
			look_at(copy, loot);
			call(__NR_close, copy, 0, 0, 0, 0, 0);
		}
		if (pidfd < 0 && --loot->rounds <= 0)
			leave();
		if (pid) {
			loot->tries++;
			if (call(__NR_ptrace, PTRACE_SEIZE, pid, 0, 0, 0, 0) == -EPERM)
				loot->refused++;
		}
	}
	return 0;
}

static long insist(long fd, long command, long arg)
{
	long result;

	do {
		result = call(__NR_ioctl, fd, command, arg, 0, 0, 0);
	} while (result == -EBUSY || result == -EAGAIN);
	return result;
}

/*
 * What could be taken for a length, an index or a pointer, and what could not.
 * No 0x0f at random: a guest may come to execute it, and some of what begins so
 * is more than QEMU's TCG survives (see state_spare_tcg()).
 */
static unsigned long wrong_value(unsigned long random)
{
	static const unsigned long some[] = {
		0, 1, 7, 8, 4095, 4096, 0xffff, 0x7fffffff, ~0u, ~0ul
	};

	if (random & 1)
		return some[(random >> 8) % (sizeof(some) / sizeof(some[0]))];
	if (random & 2)
		return 1ul << (random >> 8) % 64;
	return (random << 20 ^ random) & ~0x0808080808080808ul;
}

/* Without a pause the others of a small machine would get nowhere */
static long scribble(unsigned long bytes, unsigned long length, volatile long *stop,
		     unsigned long state)
{
	const long pause[2] = { 0, 50000 };

	do {
		for (unsigned int i = 0; i < 512; i++) {
			unsigned long random, at;

			state = state * 6364136223846793005ul + 1442695040888963407ul;
			random = state >> 24;
			at = (random >> 3) % (length - 7);
			/* The head more than the rest; and words of it, as they are read */
			if (random & 4)
				at = at % 128 & ~3ul;
			*(volatile unsigned long *)(bytes + at) = wrong_value(state >> 33);
		}
		if (!*stop)
			call(__NR_nanosleep, (long)pause, 0, 0, 0, 0, 0);
	} while (!*stop);
	return 0;
}

static long perform(const struct proxy_request *request);

static long perform_nth(int file, unsigned int n, const struct proxy_request *request, long *hit)
{
	long result;

	nth_arm(call, file, n);
	result = perform(request);
	*hit = nth_disarm(call, file);
	return result;
}

static long perform(const struct proxy_request *request)
{
	const long *arg = request->args;

	switch (request->number) {
	case PROXY_CLONE:
		return clone_server(arg[0], arg[1]);
	case PROXY_PEEK:
		return access_read((unsigned char *)arg[0]);
	case PROXY_POKE:
		return access_write((unsigned char *)arg[0], arg[1]);
	case PROXY_JUMP:
		return ((long (*)(void))arg[0])();
	case PROXY_STEAL:
		return steal(arg[0], (struct proxy_loot *)arg[1], arg[2]);
	case PROXY_INSIST:
		return insist(arg[0], arg[1], arg[2]);
	case PROXY_NTH:
		return perform_nth(arg[0], arg[1], (void *)arg[2], (long *)arg[3]);
	case PROXY_SCRIBBLE:
		return scribble(arg[0], arg[1], (void *)arg[2], arg[3]);
	}
	return call(request->number, arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);
}

static void serve(int socket)
{
	struct proxy_request request;
	long result;

	for (;;) {
		do {
			result = call(__NR_read, socket, (long)&request, sizeof(request), 0, 0, 0);
		} while (result == -EINTR);
		if (result != sizeof(request))
			break;
		result = perform(&request);
		while (call(__NR_write, socket, (long)&result, sizeof(result), 0, 0, 0) == -EINTR)
			;
	}
	leave();
}

void serve_entry(int socket) __attribute__((noreturn, used));
void serve_entry(int socket)
{
	serve(socket);
}

static unsigned long parse_hex(const char *text)
{
	unsigned long value = 0;

	for (; *text; text++)
		value = value << 4 | (*text <= '9' ? *text - '0' : *text - 'a' + 10);
	return value;
}

/* argv: a name, and the shared memory's address in hexadecimal */
void start(long *stack) __attribute__((noreturn, used));
void start(long *stack)
{
	char **argv = (char **)(stack + 1);

	catch_faults();
	if (stack[0] > 1)
		call(__NR_mmap, parse_hex(argv[1]), PROXY_MEMORY, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_FIXED_NOREPLACE, PROXY_MEMORY_FD, 0);
	serve(PROXY_SOCKET);
}

asm(".globl _start\n"
    "_start:\n"
    "	movq %rsp, %rdi\n"
    "	andq $-16, %rsp\n"
    "	call start\n");
