// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loading the module, with each of its allocations failing. There is no device
 * and no mount then, so this is no case of a table.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fail_nth.h"
#include "nth.h"

/* Of those of the whole call, the module's own are the last ones */
#define OWN  160
#define MANY 1000000

static bool loaded(void)
{
	return access("/sys/module/rvf", F_OK) == 0 || access("/dev/rvfctl", F_OK) == 0;
}

static void unload(void)
{
	/* A release may still be at work */
	for (int i = 0; sys(syscall(SYS_delete_module, "rvf", O_NONBLOCK)) < 0; i++) {
		if (i == 50)
			die("the module cannot be removed: %s", strerror(errno));
		sleep_ms(100);
	}
	fail_unless(!loaded());
}

static long load(int module, int nth_file, unsigned int nth, bool *hit)
{
	long result;

	nth_arm(fail_own_syscall, nth_file, nth);
	result = sys(syscall(SYS_finit_module, module, "", 0));
	*hit = nth_disarm(fail_own_syscall, nth_file);
	return result;
}

/* How many allocations and copies there are in all */
static unsigned int count_all(int module, int nth_file)
{
	char left[12] = "";

	nth_arm(fail_own_syscall, nth_file, MANY);
	must(syscall(SYS_finit_module, module, "", 0));
	must(pread(nth_file, left, sizeof(left) - 1, 0));
	nth_disarm(fail_own_syscall, nth_file);
	unload();
	return MANY - atoi(left);
}

bool fail_load(const char *path)
{
	int nth_file = must(open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC));
	int module = must(open(path, O_RDONLY | O_CLOEXEC));
	unsigned int failures = 0, all;
	bool hit;

	unload();
	all = count_all(module, nth_file);
	for (unsigned int nth = all > OWN ? all - OWN : 1; nth <= all; nth++) {
		long result = load(module, nth_file, nth, &hit);

		if (result == 0) {
			unload();
			continue;
		}
		if (!hit || result != -ENOMEM)
			die("loading, no. %u: %s", nth, strerror(-result));
		fail_unless(!loaded());
		failures++;
	}
	must(syscall(SYS_finit_module, module, "", 0));
	printf("# loading: %u of %u tried, of which %u are fatal\n", all > OWN ? OWN : all, all,
	       failures);
	close(module);
	close(nth_file);
	return failures > 0;
}
