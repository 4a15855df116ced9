// SPDX-License-Identifier: GPL-2.0-only
/*
 * Slabs under many hands, under random operations against a model, and how
 * long their commands take. RVF_SEED=N repeats a run's random numbers.
 */
#include "kselftest_harness.h"
#include "random.h"
#include "slab.h"

/* Nobody is given a slot that another one has */
TEST_F_TIMEOUT(slab, takers, 60)
{
	enum {
		TAKERS = 6,
		ROUNDS = 1500,
		HELD = SLOTS / TAKERS + 2, /* more than there are, together */
	};
	pid_t pids[TAKERS];

	for (unsigned int taker = 0; taker < TAKERS; taker++) {
		pids[taker] = child();
		if (pids[taker])
			continue;
		seed(taker + 1);
		for (unsigned int round = 0; round < ROUNDS; round++) {
			uint8_t mine[SLOT_SIZE], bytes[SLOT_SIZE];
			uint64_t slots[HELD];
			unsigned int held = 0, wanted = 1 + below(HELD);

			memset(mine, taker + 1, sizeof(mine));
			for (; held < wanted; held++) {
				int result = slot_alloc(self->region, &slots[held]);

				if (result == -ENOSPC)
					break;
				if (result ||
				    slot_read(self->region, slots[held], 0, bytes, SLOT_SIZE))
					_exit(1);
				if (!all_bytes(bytes, SLOT_SIZE, 0))
					_exit(2);
				if (slot_write(self->region, slots[held], 0, mine, SLOT_SIZE))
					_exit(3);
			}
			while (held--) {
				if (slot_read(self->region, slots[held], 0, bytes, SLOT_SIZE))
					_exit(4);
				if (!all_bytes(bytes, SLOT_SIZE, taker + 1))
					_exit(5);
				if (slot_free(self->region, slots[held]))
					_exit(6);
				if (slot_free(self->region, slots[held]) != -ESTALE)
					_exit(7);
			}
		}
		_exit(0);
	}
	for (unsigned int taker = 0; taker < TAKERS; taker++)
		EXPECT_EQ(0, reap(pids[taker]));
	EXPECT_EQ(0, slots_used(self->region));
}

/* A reader sees one whole write, or that the slot is gone: never a mixture */
TEST_F_TIMEOUT(slab, whole_writes, 60)
{
	enum {
		WRITERS = 3,
		READERS = 2,
	};
	volatile uint64_t *slot =
		must(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
	pid_t pids[WRITERS + READERS];
	uint64_t end = now_ms() + 4000, name;
	unsigned int uses = 0;

	must_rvf(slot_alloc(self->region, &name));
	*slot = name;
	for (unsigned int i = 0; i < WRITERS + READERS; i++) {
		uint8_t bytes[SLOT_SIZE];
		unsigned int whole = 0;

		pids[i] = child();
		if (pids[i])
			continue;
		while (*slot) {
			int result;

			memset(bytes, i + 1, SLOT_SIZE);
			if (i < WRITERS)
				result = slot_write(self->region, *slot, 0, bytes, SLOT_SIZE);
			else
				result = slot_read(self->region, *slot, 0, bytes, SLOT_SIZE);
			if (result && result != -ESTALE)
				_exit(1);
			if (!result && !all_bytes(bytes, SLOT_SIZE, bytes[0]))
				_exit(2);
			whole += !result;
		}
		_exit(whole ? 0 : 3);
	}
	while (now_ms() < end) {
		uint64_t old = *slot;

		sleep_ms(1);
		EXPECT_EQ(0, slot_free(self->region, old));
		ASSERT_EQ(0, slot_alloc(self->region, &name));
		*slot = name;
		uses++;
	}
	*slot = 0;
	for (unsigned int i = 0; i < WRITERS + READERS; i++)
		EXPECT_EQ(0, reap(pids[i]));
	EXPECT_LT(0, uses);
}

/* Revoked in the midst of it: nothing by the handle afterwards */
TEST_F_TIMEOUT(slab, revoked_meanwhile, 60)
{
	const uint8_t *mapped = must(mmap(NULL, SLAB_SIZE, PROT_READ, MAP_SHARED, self->region, 0));
	uint64_t *last =
		must(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));

	for (unsigned int round = 0; round < 150; round++) {
		int derived =
			must_rvf(handle_derive(self->region, RVF_RIGHT_READ | RVF_RIGHT_WRITE, 0));
		uint8_t before[SLAB_SIZE];
		unsigned int used;
		pid_t pid = child();

		if (pid == 0) {
			uint64_t name;
			int result;

			do {
				result = slot_alloc(derived, &name);
				if (!result) {
					*last = name;
					result = slot_write(derived, name, 0, "x", 1);
				}
				if (!result)
					result = slot_free(derived, name);
			} while (!result);
			_exit(result == -EKEYREVOKED ? 0 : 1);
		}
		while (!*last)
			asm volatile("pause");
		for (unsigned int i = 0; i < round * 100; i++)
			asm volatile("pause");
		EXPECT_EQ(1, handle_revoke(self->region, RVF_REVOKE_DERIVED));
		used = slots_used(self->region);
		memcpy(before, mapped, SLAB_SIZE);
		EXPECT_EQ(0, reap(pid));
		EXPECT_EQ(used, slots_used(self->region));
		EXPECT_EQ(0, memcmp(before, mapped, SLAB_SIZE));
		/* What it had then */
		EXPECT_GE(1, used);
		if (used)
			EXPECT_EQ(0, slot_free(self->region, *last));
		*last = 0;
		close(derived);
	}
}

/* ---- against a model */

struct model {
	struct {
		bool used;
		uint64_t name;
		uint8_t bytes[SLOT_SIZE];
	} slots[SLOTS];
	unsigned int used;
	uint64_t old[256]; /* names that were freed */
	unsigned int n_old;
};

static unsigned int nth_used(const struct model *model, unsigned int nth)
{
	unsigned int at = 0;

	for (;; at++) {
		if (model->slots[at].used && !nth--)
			return at;
	}
}

static void model_alloc(struct __test_metadata *_metadata, int region, struct model *model)
{
	uint64_t name, offset;
	int result = slot_alloc_at(region, &name, &offset);
	unsigned int at = offset / SLOT_SIZE;

	if (model->used == SLOTS) {
		ASSERT_EQ(-ENOSPC, result);
		return;
	}
	ASSERT_EQ(0, result);
	ASSERT_GT(SLOTS, at);
	ASSERT_FALSE(model->slots[at].used);
	for (unsigned int i = 0; i < model->n_old && i < ARRAY_SIZE(model->old); i++)
		ASSERT_NE(model->old[i], name);
	model->slots[at].used = true;
	model->slots[at].name = name;
	memset(model->slots[at].bytes, 0, SLOT_SIZE);
	model->used++;
}

static void model_free(struct __test_metadata *_metadata, int region, struct model *model)
{
	unsigned int at;

	if (!model->used)
		return;
	at = nth_used(model, below(model->used));
	ASSERT_EQ(0, slot_free(region, model->slots[at].name));
	model->slots[at].used = false;
	model->old[model->n_old++ % ARRAY_SIZE(model->old)] = model->slots[at].name;
	model->used--;
}

static void model_stale(struct __test_metadata *_metadata, int region, const struct model *model)
{
	unsigned int known = model->n_old;
	char byte;
	uint64_t name;

	if (known > ARRAY_SIZE(model->old))
		known = ARRAY_SIZE(model->old);
	name = known ? model->old[below(known)] : 0;
	switch (below(3)) {
	case 0:
		ASSERT_EQ(-ESTALE, slot_free(region, name));
		break;
	case 1:
		ASSERT_EQ(-ESTALE, slot_read(region, name, 0, &byte, 1));
		break;
	default:
		ASSERT_EQ(-ESTALE, slot_write(region, name, 0, "x", 1));
	}
}

static void model_io(struct __test_metadata *_metadata, int region, struct model *model)
{
	uint32_t offset = below(SLOT_SIZE + 10), length = below(SLOT_SIZE + 10);
	uint8_t bytes[SLOT_SIZE + 10];
	bool fits = offset + length <= SLOT_SIZE;
	unsigned int at;
	uint64_t name;

	if (!model->used)
		return;
	at = nth_used(model, below(model->used));
	name = model->slots[at].name;
	memset(bytes, random32(), sizeof(bytes));
	if (below(2)) {
		ASSERT_EQ(fits ? 0 : -EMSGSIZE, slot_write(region, name, offset, bytes, length));
		if (fits)
			memcpy(model->slots[at].bytes + offset, bytes, length);
	} else {
		ASSERT_EQ(fits ? 0 : -EMSGSIZE, slot_read(region, name, offset, bytes, length));
		if (fits)
			ASSERT_EQ(0, memcmp(bytes, model->slots[at].bytes + offset, length));
	}
}

/* All of it: each slot's bytes, and zeros in the free ones */
static void model_compare(struct __test_metadata *_metadata, int region, const struct model *model,
			  const uint8_t *mapped)
{
	ASSERT_EQ(model->used, slots_used(region));
	for (unsigned int at = 0; at < SLOTS; at++) {
		const uint8_t *bytes = mapped + at * SLOT_SIZE;

		if (model->slots[at].used) {
			ASSERT_EQ(0, memcmp(bytes, model->slots[at].bytes, SLOT_SIZE));
		} else {
			ASSERT_TRUE(all_bytes(bytes, SLOT_SIZE, 0));
		}
	}
}

TEST_F_TIMEOUT(slab, model, 60)
{
	const uint8_t *mapped = must(mmap(NULL, SLAB_SIZE, PROT_READ, MAP_SHARED, self->region, 0));
	static struct model model;

	seed(0);
	for (unsigned int i = 0; i < 60000; i++) {
		/* Fuller and emptier by turns */
		unsigned int takes = i / 500 % 2 ? 5 : 2, what = below(12);

		if (what < takes)
			model_alloc(_metadata, self->region, &model);
		else if (what < 7)
			model_free(_metadata, self->region, &model);
		else if (what < 11)
			model_io(_metadata, self->region, &model);
		else
			model_stale(_metadata, self->region, &model);
		if (i % 100 == 0)
			model_compare(_metadata, self->region, &model, mapped);
	}
}

/* ---- the same time however many there are */

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

/* The fastest of several batches of a take and a free */
static uint64_t pair_time(int region)
{
	uint64_t best = ~0ull, start, slot;

	for (unsigned int batch = 0; batch < 40; batch++) {
		start = now_ns();
		for (unsigned int i = 0; i < 200; i++) {
			must_rvf(slot_alloc(region, &slot));
			must_rvf(slot_free(region, slot));
		}
		if (now_ns() - start < best)
			best = now_ns() - start;
	}
	return best;
}

TEST_F_TIMEOUT(slab, constant_time, 60)
{
	int mount = mount_slab(RVF_MAX_SLOTS, 16);
	int region = must_rvf(mount_get(mount, "slab", 0));
	uint64_t few = pair_time(self->region), empty = pair_time(region), full, slot;

	for (unsigned int i = 0; i < RVF_MAX_SLOTS - 1; i++)
		ASSERT_EQ(0, slot_alloc(region, &slot));
	full = pair_time(region);
	fprintf(stderr, "# 200 pairs: %llu ns in 30 slots, %llu in 65536, %llu with one left\n",
		(unsigned long long)few, (unsigned long long)empty, (unsigned long long)full);
	EXPECT_GT(3 * few, empty);
	EXPECT_GT(3 * few, full);
	close(region);
	close(mount);
}

TEST_HARNESS_MAIN
