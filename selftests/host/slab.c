// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module's bookkeeping of slots, where no test of the module gets: at the
 * end of a slot's generations.
 */
#include <errno.h>

#include "slab.h"
#include "tap.h"

enum {
	SLOTS = 4
};

static struct rvf_slab_slot slots[SLOTS];
static struct rvf_slab slab;

static __u64 take(void)
{
	__u64 name = 0;
	__u32 index;

	if (rvf_slab_take(&slab, &name, &index))
		return 0;
	return name;
}

static int put(__u64 name)
{
	__u32 index;
	int err = rvf_slab_find(&slab, name, &index);

	if (!err)
		rvf_slab_put(&slab, index);
	return err;
}

static void test_last_generation(void)
{
	__u64 before, last, others[SLOTS];
	bool twice = false;

	rvf_slab_init(&slab, slots, SLOTS);
	slots[0].generation = RVF_SLAB_GENERATIONS - 2;
	before = take();
	tap_equal(put(before), 0, "the last but one use");
	last = take();
	tap_ok(last != before && last >> 16 == RVF_SLAB_GENERATIONS - 1, "the last one");
	tap_equal(put(before), -ESTALE, "the one before is over");
	tap_equal(put(last), 0, "it is given back");
	tap_equal(put(last), -ESTALE, "once");
	for (int i = 1; i < SLOTS; i++) {
		others[i] = take();
		twice |= (others[i] & 0xffff) == 0;
	}
	tap_ok(!twice, "the slot is not used again");
	tap_ok(!take(), "nor when it is the only one left");
	tap_equal(slab.used, SLOTS - 1, "the others are");
	for (int i = 1; i < SLOTS; i++)
		twice |= put(others[i]) != 0;
	tap_ok(!twice && take() && put(last) == -ESTALE, "and go on, without it");
	tap_equal(put(0), -ESTALE, "no name that the generation wrapped to fits");
	tap_equal(put(1ull << 16), -ESTALE, "nor the first");
}

static void test_largest(void)
{
	static struct rvf_slab_slot many[1 << RVF_SLAB_INDEX_BITS];
	__u32 index;
	__u64 name;
	bool good = true;

	rvf_slab_init(&slab, many, 1 << RVF_SLAB_INDEX_BITS);
	for (__u32 i = 0; i < 1 << RVF_SLAB_INDEX_BITS; i++)
		good &= !rvf_slab_take(&slab, &name, &index) && index == i && name;
	tap_ok(good, "65536 slots");
	tap_equal(rvf_slab_take(&slab, &name, &index), -ENOSPC, "and no more");
	tap_equal(rvf_slab_find(&slab, name, &index), 0, "the last one is found");
	tap_equal(index, 0xffff, "where it is");
}

int main(void)
{
	tap_begin();
	test_last_generation();
	test_largest();
	return tap_end();
}
