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
		return vcpu->refused ? vcpu->refused : -EPROTO;
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

static void *page_data(const struct rvf_vcpu *vcpu)
{
	return (__u8 *)vcpu->page + RVF_EVENT_DATA;
}

static void fill_io(const struct rvf_vcpu *vcpu, struct rvf_guest_event *event)
{
	const struct rvf_vcpu_event *page = vcpu->page;

	event->kind = RVF_GUEST_IO_ACCESS;
	event->io.space = page->space;
	event->io.address = page->address;
	event->io.data = page_data(vcpu);
	event->io.length = page->length;
	event->io.count = page->count;
	event->io.is_write = page->is_write;
}

static void fill_call(const struct rvf_vcpu *vcpu, struct rvf_guest_event *event)
{
	struct rvf_hyperv_call *call = page_data(vcpu);

	event->kind = RVF_GUEST_HYPERV_CALL;
	event->call.input = call->input;
	event->call.params[0] = call->params[0];
	event->call.params[1] = call->params[1];
	event->call.result = (__u64 *)&call->result;
}

static void fill_synic(const struct rvf_vcpu *vcpu, struct rvf_guest_event *event)
{
	const struct rvf_hyperv_synic *synic = page_data(vcpu);

	event->kind = RVF_GUEST_HYPERV_SYNIC;
	event->synic.msr = synic->msr;
	event->synic.control = synic->control;
	event->synic.event_page = synic->evt_page;
	event->synic.message_page = synic->msg_page;
}

static void fill(struct rvf_vcpu *vcpu, struct rvf_guest_event *event)
{
	const struct rvf_vcpu_event *page = vcpu->page;

	vcpu->cached = page->registers;
	switch (page->kind) {
	case RVF_EVENT_IO:
		fill_io(vcpu, event);
		break;
	case RVF_EVENT_HYPERCALL:
		fill_call(vcpu, event);
		break;
	case RVF_EVENT_SYNIC:
		fill_synic(vcpu, event);
		break;
	default:
		event->kind = RVF_GUEST_END;
		event->end.reason = page->reason;
		event->end.code = page->code;
	}
}

static void fill_write(struct rvf_vcpu *vcpu, struct rvf_guest_event *event)
{
	struct rvf_vcpu_write *writes = (void *)((__u8 *)vcpu->page + RVF_EVENT_WRITES_AT);
	struct rvf_vcpu_write *write = &writes[vcpu->writes_told++];

	event->kind = RVF_GUEST_IO_ACCESS;
	event->io.space = write->space;
	event->io.address = write->address;
	event->io.data = write->data;
	event->io.length = write->length;
	event->io.count = 1;
	event->io.is_write = true;
	event->io.is_async = true;
}

/* Nothing that came is left to be told. */
static bool all_told(const struct rvf_vcpu *vcpu)
{
	return vcpu->writes_told == vcpu->writes && !vcpu->has_event;
}

static int run_guest(struct rvf_vcpu *vcpu)
{
	int ret = run(vcpu);

	if (ret < 0)
		return ret;
	vcpu->writes = vcpu->page->writes;
	if (vcpu->writes > RVF_MAX_WRITES)
		vcpu->writes = RVF_MAX_WRITES;
	vcpu->writes_told = 0;
	vcpu->has_event = vcpu->page->kind != RVF_EVENT_WRITES;
	return 0;
}

/*
 * Runs the guest until there is something to tell: the writes that were
 * gathered first, one by one, then the event with which they came.
 */
static int next_event(struct rvf_vcpu *vcpu, struct rvf_guest_event *event, int *after)
{
	int ret;

	for (;;) {
		if (all_told(vcpu)) {
			ret = run_guest(vcpu);
			if (ret < 0)
				return ret;
		}
		if (vcpu->writes_told < vcpu->writes) {
			fill_write(vcpu, event);
			return 0;
		}
		if (!vcpu->has_event)
			continue;
		vcpu->has_event = false;
		*after = RVF_VCPU_AT_EVENT;
		if (vcpu->page->kind != RVF_EVENT_KICKED) {
			fill(vcpu, event);
			return 0;
		}
		if (take_pause(vcpu, event))
			return 0;
		*after = RVF_VCPU_RESUMED;
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
	vcpu->cached = 0;
	after = before;
	ret = wait_for_all(vcpu, before);
	if (ret == 0 && before == RVF_VCPU_NEW) {
		event->kind = RVF_GUEST_INIT;
		after = RVF_VCPU_AT_INIT;
	} else if (ret == 0) {
		ret = next_event(vcpu, event, &after);
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
	if (vcpu->deferred.has || vcpu->refused) {
		vcpu->refused = rvf_vcpu_set_deferred(vcpu, ~0u);
		if (vcpu->refused)
			return vcpu->refused;
	}
	if (!atomic_compare_exchange_strong(&vcpu->state, &state, RVF_VCPU_RESUMED))
		return -EPROTO;
	if (state == RVF_VCPU_AT_INIT)
		initialised(vcpu->guest);
	return 0;
}
