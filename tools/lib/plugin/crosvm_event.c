// SPDX-License-Identifier: LGPL-2.1-or-later
/* crosvm's plugin API: waiting for events of a vCPU, and resuming it. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <crosvm/crosvm.h>

#include "crosvm_internal.h"
#include "vm.h"

/* What a plugin has to come to its end once one of its vCPUs did. */
#define GRACE_MS 1000

static void say(const char *text)
{
	/* Where it cannot be said, the exit status still does. */
	(void)!write(STDERR_FILENO, text, strlen(text));
}

static void *end_late(void *unused)
{
	(void)unused;
	poll(NULL, 0, GRACE_MS);
	say("plugin did not exit within timeout\n");
	_exit(EXIT_FAILURE);
}

/*
 * The API has no event for a vCPU that cannot go on: the whole VM is shut down,
 * and a plugin that does not notice is not left alone with a dead guest.
 */
static void shut_down(struct rvf_vcpu *vcpu, const struct rvf_guest_event *event)
{
	static atomic_flag begun = ATOMIC_FLAG_INIT;
	char text[1024], line[1100];

	if (rvf_vcpu_end_text(vcpu, event, text, sizeof(text)) < 0)
		text[0] = '\0';
	snprintf(line, sizeof(line), "vCPU %td cannot go on: %s\n", vcpu - vcpu->guest->vcpus,
		 text);
	say(line);
	rvf_guest_shutdown(vcpu->guest);
	if (!atomic_flag_test_and_set(&begun))
		rvf_guest_thread(end_late, NULL);
}

static void fill_io(const struct rvf_guest_event *from, struct crosvm_vcpu_event *event)
{
	event->kind = CROSVM_VCPU_EVENT_KIND_IO_ACCESS;
	event->io_access.address_space = from->io.space;
	event->io_access.address = from->io.address;
	event->io_access.data = from->io.data;
	event->io_access.length = from->io.length;
	event->io_access.is_write = from->io.is_write;
	event->io_access.no_resume = from->io.is_async;
}

static void fill_call(const struct rvf_guest_event *from, struct crosvm_vcpu_event *event)
{
	event->kind = CROSVM_VCPU_EVENT_KIND_HYPERV_HCALL;
	event->hyperv_call.input = from->call.input;
	event->hyperv_call.result = (uint64_t *)from->call.result;
	event->hyperv_call.params[0] = from->call.params[0];
	event->hyperv_call.params[1] = from->call.params[1];
}

static void fill_synic(const struct rvf_guest_event *from, struct crosvm_vcpu_event *event)
{
	event->kind = CROSVM_VCPU_EVENT_KIND_HYPERV_SYNIC;
	event->hyperv_synic.msr = from->synic.msr;
	event->hyperv_synic.control = from->synic.control;
	event->hyperv_synic.evt_page = from->synic.event_page;
	event->hyperv_synic.msg_page = from->synic.message_page;
}

int crosvm_vcpu_wait(struct crosvm_vcpu *vcpu, struct crosvm_vcpu_event *event)
{
	struct rvf_guest_event from;
	int ret = rvf_vcpu_wait(vcpu_of(vcpu), &from);

	if (ret < 0)
		return ret;
	memset(event, 0, sizeof(*event));
	switch (from.kind) {
	case RVF_GUEST_INIT:
		event->kind = CROSVM_VCPU_EVENT_KIND_INIT;
		return 0;
	case RVF_GUEST_IO_ACCESS:
		fill_io(&from, event);
		return 0;
	case RVF_GUEST_PAUSED:
		event->kind = CROSVM_VCPU_EVENT_KIND_PAUSED;
		event->user = from.user;
		return 0;
	case RVF_GUEST_HYPERV_CALL:
		fill_call(&from, event);
		return 0;
	case RVF_GUEST_HYPERV_SYNIC:
		fill_synic(&from, event);
		return 0;
	default:
		shut_down(vcpu_of(vcpu), &from);
		return -EIO;
	}
}

int crosvm_vcpu_resume(struct crosvm_vcpu *vcpu)
{
	return rvf_vcpu_resume(vcpu_of(vcpu));
}
