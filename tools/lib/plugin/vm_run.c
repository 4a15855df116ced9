// SPDX-License-Identifier: LGPL-2.1-or-later
/* Events of a vCPU: waiting for them, answering them. */
#include <errno.h>
#include <string.h>

#include "task.h"
#include "vm.h"

static bool take_stop(struct rvf_vcpu *vcpu)
{
	return atomic_load(&vcpu->stop) && atomic_exchange(&vcpu->stop, false);
}

static bool take_pause(struct rvf_vcpu *vcpu, struct rvf_guest_event *event)
{
	bool pause;

	pthread_mutex_lock(&vcpu->guest->lock);
	pause = vcpu->pause;
	if (pause) {
		event->kind = RVF_GUEST_PAUSED;
		event->user = vcpu->user;
	}
	vcpu->pause = false;
	pthread_mutex_unlock(&vcpu->guest->lock);
	return pause;
}

/* Who runs the vCPU must be one thread, and it must be its turn. */
static int begin(struct rvf_vcpu *vcpu, int *before)
{
	*before = atomic_load(&vcpu->state);
	if (*before == RVF_VCPU_WAITING)
		return -EBUSY;
	if (*before != RVF_VCPU_NEW && *before != RVF_VCPU_RESUMED)
		return -EPROTO;
	if (!atomic_compare_exchange_strong(&vcpu->state, before, RVF_VCPU_WAITING))
		return -EBUSY;
	return 0;
}

/* Waits for the start, or for the others to be initialised. */
static int wait_for_all(struct rvf_vcpu *vcpu, int before)
{
	struct rvf_guest *guest = vcpu->guest;
	atomic_uint *reached = before == RVF_VCPU_NEW ? &guest->started : &guest->initialised;
	unsigned int wanted = before == RVF_VCPU_NEW ? 1 : guest->count;
	bool stop;

	/* What each exit goes through: no lock. */
	if (atomic_load(reached) == wanted)
		return take_stop(vcpu) ? -ECANCELED : 0;
	pthread_mutex_lock(&guest->lock);
	while (!(stop = take_stop(vcpu)) && atomic_load(reached) != wanted)
		pthread_cond_wait(&guest->changed, &guest->lock);
	pthread_mutex_unlock(&guest->lock);
	return stop ? -ECANCELED : 0;
}

static int run(struct rvf_vcpu *vcpu)
{
	struct rvf_vcpu_run run = { .size = sizeof(run) };
	int ret;

	do {
		ret = rvf_plugin_ioctl(vcpu->fd, RVF_VCPU_RUN, &run);
	} while (ret == -EINTR);
	return ret;
}

static void fill(const struct rvf_vcpu *vcpu, struct rvf_guest_event *event)
{
	const struct rvf_vcpu_event *page = vcpu->page;

	if (page->kind == RVF_EVENT_IO) {
		event->kind = RVF_GUEST_IO_ACCESS;
		event->io.space = page->space;
		event->io.address = page->address;
		event->io.data = (__u8 *)page + RVF_EVENT_DATA;
		event->io.length = page->length;
		event->io.count = page->count;
		event->io.is_write = page->is_write;
	} else {
		event->kind = RVF_GUEST_END;
		event->end.reason = page->reason;
		event->end.code = page->code;
	}
}

/* Runs the guest until there is something to tell. */
static int next_event(struct rvf_vcpu *vcpu, struct rvf_guest_event *event)
{
	int ret;

	for (;;) {
		ret = run(vcpu);
		if (ret < 0)
			return ret;
		if (vcpu->page->kind != RVF_EVENT_KICKED) {
			fill(vcpu, event);
			return 0;
		}
		if (take_pause(vcpu, event))
			return 0;
		if (take_stop(vcpu))
			return -ECANCELED;
		/* One kick served two requests, and the first took both. */
	}
}

int rvf_vcpu_wait(struct rvf_vcpu *vcpu, struct rvf_guest_event *event)
{
	int before, after;
	int ret = begin(vcpu, &before);

	if (ret < 0)
		return ret;
	memset(event, 0, sizeof(*event));
	after = before;
	ret = wait_for_all(vcpu, before);
	if (ret == 0 && before == RVF_VCPU_NEW) {
		event->kind = RVF_GUEST_INIT;
		after = RVF_VCPU_AT_INIT;
	} else if (ret == 0) {
		ret = next_event(vcpu, event);
		if (ret == 0)
			after = RVF_VCPU_AT_EVENT;
	}
	atomic_store(&vcpu->state, after);
	return ret;
}

static void initialised(struct rvf_guest *guest)
{
	pthread_mutex_lock(&guest->lock);
	atomic_fetch_add(&guest->initialised, 1);
	pthread_cond_broadcast(&guest->changed);
	pthread_mutex_unlock(&guest->lock);
}

int rvf_vcpu_resume(struct rvf_vcpu *vcpu)
{
	int state = atomic_load(&vcpu->state);

	if (state != RVF_VCPU_AT_INIT && state != RVF_VCPU_AT_EVENT)
		return -EPROTO;
	if (!atomic_compare_exchange_strong(&vcpu->state, &state, RVF_VCPU_RESUMED))
		return -EPROTO;
	if (state == RVF_VCPU_AT_INIT)
		initialised(vcpu->guest);
	return 0;
}
