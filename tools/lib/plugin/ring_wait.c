// SPDX-License-Identifier: LGPL-2.1-or-later
/* What of a ring needs the kernel: mapping it, sleeping, waking. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include <rvf/plugin.h>

#include "ring_internal.h"
#include "task.h"

static int map_ends(struct rvf_ring *ring, const struct rvf_ring_info *info)
{
	size_t from = ring->consumer ? info->out_consumer : info->out_producer;
	char *shown, *written;
	int err;

	ring->shown_length = info->out_length;
	ring->written_length = (ring->consumer ? info->out_producer : info->out_length) - from;
	ring->shown = mmap(NULL, ring->shown_length, PROT_READ, MAP_SHARED, ring->handle, 0);
	if (ring->shown == MAP_FAILED)
		return -errno;
	ring->written = mmap(NULL, ring->written_length, PROT_READ | PROT_WRITE, MAP_SHARED,
			     ring->handle, (off_t)from);
	if (ring->written == MAP_FAILED) {
		err = -errno;
		munmap(ring->shown, ring->shown_length);
		return err;
	}
	shown = ring->shown;
	written = ring->written;
	ring->control = (const struct rvf_ring_control *)shown;
	ring->own = (struct rvf_ring_end *)written;
	ring->other = (const struct rvf_ring_end *)(shown + (ring->consumer ? info->out_producer :
									      info->out_consumer));
	ring->data = ring->consumer ? shown + info->out_data :
				      written + (info->out_data - info->out_producer);
	return 0;
}

int rvf_ring_open(struct rvf_ring *ring, int handle)
{
	struct rvf_ring_info info = { .size = sizeof(info) };
	struct rvf_handle_info rights;
	int err;

	memset(ring, 0, sizeof(*ring));
	err = rvf_plugin_ioctl(handle, RVF_RING_INFO, &info);
	if (!err)
		err = rvf_handle_info(handle, &rights);
	if (err < 0)
		return err;
	if (!(rights.out_rights & (RVF_RIGHT_READ | RVF_RIGHT_WRITE)))
		return -EACCES;
	ring->handle = handle;
	ring->consumer = rights.out_rights & RVF_RIGHT_READ;
	ring->slots = info.out_slots;
	ring->message_size = info.out_message_size;
	ring->stride = info.out_stride;
	err = map_ends(ring, &info);
	if (err)
		return err;
	rvf_ring_disarm(ring);
	rvf_ring_adopt(ring);
	return 0;
}

void rvf_ring_close(struct rvf_ring *ring)
{
	munmap(ring->shown, ring->shown_length);
	munmap(ring->written, ring->written_length);
	memset(ring, 0, sizeof(*ring));
}

void rvf_ring_kick(const struct rvf_ring *ring)
{
	struct rvf_ring_wake wake = { .size = sizeof(wake) };

	/* A handle that is gone is found by the next access. */
	rvf_plugin_ioctl(ring->handle, RVF_RING_WAKE, &wake);
}

bool rvf_ring_arm(struct rvf_ring *ring)
{
	__atomic_store_n(&ring->own->waiting, 1, __ATOMIC_RELAXED);
	/* That we wait, before we look whether we have to. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return rvf_ring_has_news(ring);
}

void rvf_ring_disarm(struct rvf_ring *ring)
{
	__atomic_store_n(&ring->own->waiting, 0, __ATOMIC_RELAXED);
}

static __u64 now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (__u64)now.tv_sec * 1000000000 + (__u64)now.tv_nsec;
}

static bool spin(struct rvf_ring *ring, unsigned int spin_ns)
{
	__u64 end;

	if (rvf_ring_has_news(ring))
		return true;
	if (!spin_ns)
		return false;
	end = now_ns() + spin_ns;
	do {
		for (int i = 0; i < 32; i++) {
			if (rvf_ring_has_news(ring))
				return true;
#if defined(__x86_64__) || defined(__i386__)
			__builtin_ia32_pause();
#endif
		}
	} while (now_ns() < end);
	return false;
}

static int sleep_on(struct rvf_ring *ring)
{
	struct pollfd fds[2] = {
		{ .fd = ring->handle, .events = ring->consumer ? POLLIN : POLLOUT },
		{ .fd = rvf_task_fd(), .events = POLLPRI },
	};
	struct rvf_ring_info info = { .size = sizeof(info) };

	if (poll(fds, 2, -1) < 0)
		return errno == EINTR ? 0 : -errno;
	if (fds[0].revents & (POLLHUP | POLLERR))
		return rvf_plugin_ioctl(ring->handle, RVF_RING_INFO, &info);
	if (!(fds[0].revents & fds[0].events) && fds[1].revents)
		return -ECANCELED;
	return 0;
}

int rvf_ring_wait(struct rvf_ring *ring, unsigned int spin_ns)
{
	int err = 0;

	if (spin(ring, spin_ns))
		return 0;
	while (!err && !rvf_ring_arm(ring))
		err = sleep_on(ring);
	/* Where the handle is gone, so is the memory. */
	if (!err || err == -ECANCELED)
		rvf_ring_disarm(ring);
	return err;
}

int rvf_ring_send(struct rvf_ring *ring, const void *data, size_t length)
{
	int err;

	for (;;) {
		err = rvf_ring_try_send(ring, data, length);
		if (err != -EAGAIN)
			return err;
		err = rvf_ring_wait(ring, RVF_RING_SPIN);
		if (err)
			return err;
	}
}

ssize_t rvf_ring_recv(struct rvf_ring *ring, void *data, size_t room)
{
	ssize_t ret;

	for (;;) {
		ret = rvf_ring_try_recv(ring, data, room);
		if (ret != -EAGAIN)
			return ret;
		ret = rvf_ring_wait(ring, RVF_RING_SPIN);
		if (ret)
			return ret;
	}
}
