// SPDX-License-Identifier: GPL-2.0-only
/*
 * The library's side of a ring, against another end that writes what it likes,
 * and against a model. The memory is of this program, each page of it in an
 * allocation of its own, so that an access outside is found.
 */
#include <errno.h>
#include <linux/rvf_format.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../tools/lib/plugin/ring_internal.h"
#include "tap.h"

#define SLOTS	6
#define MESSAGE 40
#define STRIDE	RVF_RING_STRIDE(MESSAGE)

struct memory {
	struct rvf_ring_control *control;
	struct rvf_ring_end *consumer;
	struct rvf_ring_end *producer;
	char *data;
};

static unsigned long kicks;

/* In the library: an ioctl */
void rvf_ring_kick(const struct rvf_ring *ring)
{
	(void)ring;
	kicks++;
}

static unsigned int state;

static unsigned int chance(unsigned int below)
{
	state = state * 1103515245 + 12345;
	return (state >> 8) % below;
}

static void make(struct memory *m)
{
	m->control = calloc(1, sizeof(*m->control));
	m->consumer = calloc(1, sizeof(*m->consumer));
	m->producer = calloc(1, sizeof(*m->producer));
	m->data = calloc(SLOTS, STRIDE);
	tap_need(m->control && m->consumer && m->producer && m->data, "no memory");
	m->control->epoch = 1;
}

static void destroy(struct memory *m)
{
	free(m->control);
	free(m->consumer);
	free(m->producer);
	free(m->data);
}

static struct rvf_ring open_end(struct memory *m, bool consumer)
{
	struct rvf_ring ring = {
		.handle = -1,
		.consumer = consumer,
		.slots = SLOTS,
		.message_size = MESSAGE,
		.stride = STRIDE,
		.control = m->control,
		.own = consumer ? m->consumer : m->producer,
		.other = consumer ? m->producer : m->consumer,
		.data = m->data,
	};

	rvf_ring_adopt(&ring);
	return ring;
}

/* ---- a model: a queue, of which all is gone when either end begins anew */

struct model {
	unsigned char first[SLOTS];
	size_t length[SLOTS];
	unsigned int count;
	bool told[2]; /* of the present epoch: the producer, the consumer */
};

static void model_send(struct model *model, struct rvf_ring *ring, unsigned char byte)
{
	size_t length = chance(MESSAGE + 3);
	char message[MESSAGE + 2];
	int wanted = 0, got;

	memset(message, byte, sizeof(message));
	got = rvf_ring_try_send(ring, message, length);
	if (length > MESSAGE)
		wanted = -EMSGSIZE;
	else if (!model->told[0])
		wanted = -ESTALE;
	else if (model->count == SLOTS)
		wanted = -EAGAIN;
	if (got != wanted)
		tap_equal(got, wanted, "send");
	if (wanted == -ESTALE)
		model->told[0] = true;
	if (wanted)
		return;
	model->first[model->count] = byte;
	model->length[model->count++] = length;
}

static void model_take(struct model *model)
{
	model->count--;
	memmove(model->first, model->first + 1, model->count);
	memmove(model->length, model->length + 1, model->count * sizeof(model->length[0]));
}

static void model_receive(struct model *model, struct rvf_ring *ring)
{
	size_t room = chance(MESSAGE + 3);
	char message[MESSAGE + 2];
	ssize_t wanted, got = rvf_ring_try_recv(ring, message, room);

	if (!model->told[1])
		wanted = -ESTALE;
	else if (!model->count)
		wanted = -EAGAIN;
	else if (model->length[0] > room)
		wanted = -EMSGSIZE;
	else
		wanted = (ssize_t)model->length[0];
	if (got != wanted)
		tap_equal(got, wanted, "receive");
	if (wanted == -ESTALE)
		model->told[1] = true;
	if (wanted < 0)
		return;
	for (ssize_t i = 0; i < got; i++)
		if ((unsigned char)message[i] != model->first[0])
			tap_ok(false, "byte %zd of a message", i);
	model_take(model);
}

static void follows_model(unsigned int rounds)
{
	struct model model = { .told = { true, true } };
	unsigned int failures = tap_failures;
	struct rvf_ring producer, consumer;
	struct memory m;

	make(&m);
	producer = open_end(&m, false);
	consumer = open_end(&m, true);
	for (unsigned int i = 0; i < rounds && tap_failures == failures; i++) {
		switch (chance(40)) {
		case 0: /* an incarnation, as the kernel notes it */
			m.control->epoch++;
			model = (struct model){ .count = 0 };
			break;
		case 1: /* the same end, opened once more */
			producer = open_end(&m, false);
			model.told[0] = true;
			break;
		case 2:
			consumer = open_end(&m, true);
			model.told[1] = true;
			break;
		default:
			if (chance(2))
				model_send(&model, &producer, i);
			else
				model_receive(&model, &consumer);
		}
		/* What an end of an older epoch left counts as nothing */
		if (!model.told[0])
			model.count = 0;
	}
	tap_ok(tap_failures == failures, "%u random steps as the model says", rounds);
	destroy(&m);
}

/* ---- another end that lies */

struct liar {
	struct memory *m;
	bool consumer; /* it plays that end */
	unsigned int seed;
	bool stop;
};

static __u64 any_word(unsigned int *seed)
{
	switch (rand_r(seed) % 4) {
	case 0:
		return RVF_RING_WORD(1, rand_r(seed) % (2 * SLOTS + 2));
	case 1:
		return RVF_RING_WORD(rand_r(seed) % 3, rand_r(seed));
	case 2:
		return ~0ull >> rand_r(seed) % 64;
	default:
		return RVF_RING_WORD(1, 0xfffffff0u + rand_r(seed) % 16);
	}
}

static void *lie(void *data)
{
	struct liar *liar = data;
	struct rvf_ring_end *end = liar->consumer ? liar->m->consumer : liar->m->producer;
	unsigned int *seed = &liar->seed;

	while (!__atomic_load_n(&liar->stop, __ATOMIC_RELAXED)) {
		__atomic_store_n(&end->word, any_word(seed), __ATOMIC_RELAXED);
		__atomic_store_n(&end->waiting, rand_r(seed) % 3, __ATOMIC_RELAXED);
		if (!liar->consumer) {
			struct rvf_ring_slot *slot =
				(void *)(liar->m->data + rand_r(seed) % SLOTS * (size_t)STRIDE);

			__atomic_store_n(&slot->length,
					 rand_r(seed) % 2 ? rand_r(seed) % (MESSAGE + 2) :
							    (unsigned int)rand_r(seed) * 3u,
					 __ATOMIC_RELAXED);
		}
		/* As the kernel, when it begins an incarnation of the liar */
		if (rand_r(seed) % 1000 == 0)
			__atomic_store_n(&liar->m->control->epoch, 1 + rand_r(seed) % 3,
					 __ATOMIC_RELEASE);
	}
	return NULL;
}

static bool documented(long result)
{
	return result == 0 || result == -EAGAIN || result == -ESTALE || result == -EPROTO;
}

static bool send_step(struct rvf_ring *ring)
{
	char message[MESSAGE] = { 1 };
	void *room;

	if (chance(2))
		return documented(rvf_ring_try_send(ring, message, chance(MESSAGE + 1)));
	int err = rvf_ring_reserve(ring, &room);
	if (!err)
		memset(room, 2, MESSAGE);
	return documented(err) && documented(rvf_ring_commit(ring, chance(MESSAGE + 1)));
}

static bool receive_step(struct rvf_ring *ring)
{
	const void *from;
	char message[MESSAGE];
	size_t length = 0;

	if (chance(2)) {
		ssize_t got = rvf_ring_try_recv(ring, message, sizeof(message));

		return got > 0 ? got <= MESSAGE : documented(got);
	}
	int err = rvf_ring_peek(ring, &from, &length);
	if (!err && length <= MESSAGE)
		memcpy(message, from, length);
	return documented(err) && length <= MESSAGE && documented(rvf_ring_release(ring));
}

static void survives_lies(bool consumer, unsigned int rounds)
{
	struct memory m;
	struct liar liar = { .m = &m, .consumer = !consumer, .seed = chance(1u << 20) };
	unsigned long undocumented = 0;
	struct rvf_ring ring;
	pthread_t thread;

	make(&m);
	ring = open_end(&m, consumer);
	tap_need(!pthread_create(&thread, NULL, lie, &liar), "no thread");
	for (unsigned int i = 0; i < rounds; i++) {
		if (!chance(500))
			ring = open_end(&m, consumer);
		undocumented += !(consumer ? receive_step(&ring) : send_step(&ring));
		rvf_ring_has_news(&ring);
	}
	__atomic_store_n(&liar.stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	tap_equal((long long)undocumented, 0,
		  consumer ? "a producer that lies" : "a consumer that lies");
	destroy(&m);
}

static void wakes_who_waits(void)
{
	struct rvf_ring producer, consumer;
	struct memory m;
	char byte = 1;

	make(&m);
	producer = open_end(&m, false);
	consumer = open_end(&m, true);
	kicks = 0;
	rvf_ring_try_send(&producer, &byte, 1);
	tap_equal((long long)kicks, 0, "who does not wait is not woken");
	m.consumer->waiting = 1;
	rvf_ring_try_send(&producer, &byte, 1);
	tap_equal((long long)kicks, 1, "who waits is");
	m.producer->waiting = 1;
	rvf_ring_try_recv(&consumer, &byte, 1);
	tap_equal((long long)kicks, 2, "and a producer by room");
	destroy(&m);
}

/* Each index that the other end can claim, from each place of ours */
static void bounds_what_is_claimed(bool consumer)
{
	unsigned int wrong = 0;
	struct memory m;

	make(&m);
	for (__u32 own = 0; own < 2 * SLOTS; own++) {
		for (__u32 other = 0; other < 5 * SLOTS; other++) {
			struct rvf_ring_end *liar = consumer ? m.producer : m.consumer;
			__u32 head = consumer ? other : own, tail = consumer ? own : other;
			__u32 used = (head + 2 * SLOTS - tail) % (2 * SLOTS);
			int wanted = used == (consumer ? 0 : SLOTS) ? -EAGAIN : 0;
			struct rvf_ring ring;
			char byte = 0;
			int got;

			if (other >= 2 * SLOTS || used > SLOTS)
				wanted = -EPROTO;
			liar->word = RVF_RING_WORD(1, other);
			(consumer ? m.consumer : m.producer)->word = RVF_RING_WORD(1, own);
			ring = open_end(&m, consumer);
			got = consumer ? (int)rvf_ring_try_recv(&ring, &byte, 1) :
					 rvf_ring_try_send(&ring, &byte, 1);
			wrong += got != wanted;
		}
	}
	tap_equal(wrong, 0,
		  consumer ? "a producer's index is bounded" : "a consumer's index is bounded");
	destroy(&m);
}

/* An own word that cannot be: only who held the end before can have left it */
static void begins_behind_nonsense(void)
{
	struct rvf_ring ring;
	struct memory m;

	make(&m);
	m.producer->word = RVF_RING_WORD(1, 2 * SLOTS);
	ring = open_end(&m, false);
	tap_equal(ring.index, 0, "an own index that cannot be is not taken up");
	destroy(&m);
}

int main(void)
{
	const char *seed = getenv("RVF_SEED");

	tap_begin();
	state = seed ? (unsigned int)strtoul(seed, NULL, 0) : (unsigned int)time(NULL);
	printf("# RVF_SEED=%u\n", state);
	wakes_who_waits();
	bounds_what_is_claimed(true);
	bounds_what_is_claimed(false);
	begins_behind_nonsense();
	follows_model(300000);
	survives_lies(true, 2000000);
	survives_lies(false, 2000000);
	return tap_end();
}
