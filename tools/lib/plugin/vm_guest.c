// SPDX-License-Identifier: LGPL-2.1-or-later
/* The VM as a whole. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "task.h"
#include "vm.h"

/* Small: such a thread only sleeps. */
#define THREAD_STACK (64 << 10)

int rvf_guest_kick(struct rvf_guest *guest, __u64 mask)
{
	struct rvf_vm_kick kick = { .size = sizeof(kick), .mask = mask };

	return rvf_plugin_ioctl(guest->fd, RVF_VM_KICK, &kick);
}

void rvf_guest_shutdown(struct rvf_guest *guest)
{
	const __u64 one = 1;
	unsigned int i;

	pthread_mutex_lock(&guest->lock);
	for (i = 0; i < guest->count; i++)
		guest->vcpus[i].stop = true;
	pthread_cond_broadcast(&guest->changed);
	pthread_mutex_unlock(&guest->lock);
	rvf_guest_kick(guest, ~0ull);
	/* Fails only when the counter is at its top, and then it is readable. */
	(void)!write(guest->shutdown, &one, sizeof(one));
}

static void *watch(void *guest)
{
	if (rvf_wait_stop() == 0)
		rvf_guest_shutdown(guest);
	return NULL;
}

int rvf_guest_thread(void *(*run)(void *), void *argument)
{
	pthread_attr_t attributes;
	sigset_t all, before;
	pthread_t thread;
	int err;

	err = pthread_attr_init(&attributes);
	if (err)
		return -err;
	pthread_attr_setstacksize(&attributes, THREAD_STACK);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&thread, &attributes, run, argument);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	return -err;
}

static int guest_new(struct rvf_guest **out)
{
	struct rvf_guest *guest = calloc(1, sizeof(*guest));
	unsigned int i;
	int err;

	if (!guest)
		return -ENOMEM;
	guest->fd = rvf_vm_made.fd;
	guest->count = rvf_vm_made.count;
	pthread_mutex_init(&guest->lock, NULL);
	pthread_mutex_init(&guest->memory_lock, NULL);
	pthread_cond_init(&guest->changed, NULL);
	for (i = 0; i < guest->count; i++) {
		guest->vcpus[i].guest = guest;
		guest->vcpus[i].fd = rvf_vm_made.fds[i];
		guest->vcpus[i].page = rvf_vm_made.pages[i];
	}
	guest->shutdown = eventfd(0, EFD_CLOEXEC);
	err = guest->shutdown < 0 ? -errno : rvf_guest_thread(watch, guest);
	if (err) {
		if (guest->shutdown >= 0)
			close(guest->shutdown);
		free(guest);
		return err;
	}
	*out = guest;
	return 0;
}

int rvf_vm_connect(struct rvf_guest **guest)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static struct rvf_guest *the_guest;
	int err = rvf_vm_made.error;

	if (err)
		return err;
	pthread_mutex_lock(&lock);
	if (!the_guest)
		err = guest_new(&the_guest);
	*guest = the_guest;
	pthread_mutex_unlock(&lock);
	return err;
}

unsigned int rvf_guest_vcpu_count(const struct rvf_guest *guest)
{
	return guest->count;
}

struct rvf_vcpu *rvf_guest_vcpu(struct rvf_guest *guest, unsigned int index)
{
	return index < guest->count ? &guest->vcpus[index] : NULL;
}

int rvf_guest_start(struct rvf_guest *guest)
{
	int ret = -EINVAL;

	pthread_mutex_lock(&guest->lock);
	if (!guest->started) {
		guest->started = 1;
		pthread_cond_broadcast(&guest->changed);
		ret = 0;
	}
	pthread_mutex_unlock(&guest->lock);
	return ret;
}

int rvf_guest_pause(struct rvf_guest *guest, __u64 mask, void *user)
{
	bool started;
	unsigned int i;

	pthread_mutex_lock(&guest->lock);
	started = guest->started != 0;
	for (i = 0; started && i < guest->count; i++)
		if (mask & 1ull << i) {
			guest->vcpus[i].user = user;
			guest->vcpus[i].pause = true;
		}
	pthread_mutex_unlock(&guest->lock);
	return started ? rvf_guest_kick(guest, mask) : 0;
}

int rvf_guest_shutdown_eventfd(struct rvf_guest *guest)
{
	int fd = fcntl(guest->shutdown, F_DUPFD_CLOEXEC, 0);

	return fd < 0 ? -errno : fd;
}
