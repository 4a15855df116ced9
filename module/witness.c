// SPDX-License-Identifier: GPL-2.0-only
/*
 * The witness's log: records back to back in a ring of bytes, and a ring of
 * where each begins. Appending takes the same time however full it is.
 */
#include <linux/cred.h>
#include <linux/ktime.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/uidgid.h>
#include <linux/wait.h>
#include "digest.h"
#include "task.h"
#include "witness.h"

#define RVF_WITNESS_LEAST_BYTES (64 << 10)
#define RVF_WITNESS_MOST_BYTES BIT(30)

static unsigned int witness_bytes = 4 << 20;
module_param(witness_bytes, uint, 0444);
MODULE_PARM_DESC(witness_bytes, "Room of the witness (rounded up to a power of two)");

enum rvf_witness_policy {
	RVF_WITNESS_REFUSE = 0,
	RVF_WITNESS_DROP_MARKED = 1,
	RVF_WITNESS_DROP = 2,
};

static unsigned int witness_full = RVF_WITNESS_DROP;
module_param(witness_full, uint, 0644);
MODULE_PARM_DESC(witness_full, "When it is full: 0 refuse mounts, 1 the oldest records go once exported, 2 the oldest records go");

/*
 * Guards all that follows. Innermost of all; no user memory is touched and
 * nothing allocated under it.
 */
static DEFINE_MUTEX(rvf_witness_lock);
static u8 *rvf_witness_ring;
static u32 rvf_witness_size;
/* Where each record begins, counted from the log's beginning. */
static u64 *rvf_witness_starts;
static u32 rvf_witness_slots;
static u64 rvf_witness_begin, rvf_witness_end;
static u64 rvf_witness_first, rvf_witness_next;
/* Records before this one were exported. */
static u64 rvf_witness_marked;
static u64 rvf_witness_reserved;
static u64 rvf_witness_lost;
static u8 rvf_witness_head[RVF_DIGEST_LEN];
/* The record in the making: the digest wants it in one piece. */
static u8 rvf_witness_record[RVF_WITNESS_MAX_RECORD];

DECLARE_WAIT_QUEUE_HEAD(rvf_witness_wait);

/**
 * rvf_witness_record_bytes - Room that a record takes
 * @text_len: Bytes of its text.
 */
u32 rvf_witness_record_bytes(u32 text_len)
{
	return sizeof(struct rvf_witness_header) +
	       sizeof(struct rvf_witness_payload) +
	       min_t(u32, text_len, RVF_WITNESS_MAX_TEXT);
}

static u64 rvf_witness_start(u64 sequence)
{
	u64 slot;

	if (sequence == rvf_witness_next)
		return rvf_witness_end;
	div64_u64_rem(sequence, rvf_witness_slots, &slot);
	return rvf_witness_starts[slot];
}

static void rvf_witness_ring_read(void *to, u64 from, u32 len)
{
	u32 at = from & (rvf_witness_size - 1);
	u32 piece = min(len, rvf_witness_size - at);

	memcpy(to, rvf_witness_ring + at, piece);
	memcpy(to + piece, rvf_witness_ring, len - piece);
}

static void rvf_witness_ring_write(const void *from, u32 len)
{
	u32 at = rvf_witness_end & (rvf_witness_size - 1);
	u32 piece = min(len, rvf_witness_size - at);

	memcpy(rvf_witness_ring + at, from, piece);
	memcpy(rvf_witness_ring, from + piece, len - piece);
}

static bool rvf_witness_may_drop(void)
{
	if (rvf_witness_first == rvf_witness_next)
		return false;
	switch (READ_ONCE(witness_full)) {
	case RVF_WITNESS_REFUSE:
		return false;
	case RVF_WITNESS_DROP_MARKED:
		return rvf_witness_first < rvf_witness_marked;
	default:
		return true;
	}
}

/* Whether so many bytes are free, once what may go is gone. */
static bool rvf_witness_make_room(u64 bytes)
{
	lockdep_assert_held(&rvf_witness_lock);
	if (bytes > rvf_witness_size)
		return false;
	while (rvf_witness_end - rvf_witness_begin + bytes > rvf_witness_size) {
		if (!rvf_witness_may_drop())
			return false;
		rvf_witness_begin = rvf_witness_start(++rvf_witness_first);
	}
	return true;
}

static u32 rvf_deed_put(const struct rvf_deed *deed)
{
	struct rvf_witness_header *header = (void *)rvf_witness_record;
	struct rvf_witness_payload *p = (void *)(header + 1);
	u32 text_len = min_t(u32, deed->text_len, RVF_WITNESS_MAX_TEXT);
	u32 len = rvf_witness_record_bytes(text_len);

	memset(rvf_witness_record, 0, sizeof(*header) + sizeof(*p));
	memcpy(header->prev_hash, rvf_witness_head, RVF_DIGEST_LEN);
	header->type = deed->type;
	header->sequence = cpu_to_le64(rvf_witness_next);
	header->time = cpu_to_le64(ktime_get_real_ns());
	header->payload_size = cpu_to_le32(len - sizeof(*header));

	p->mount = cpu_to_le64(deed->mount);
	p->value = cpu_to_le64(deed->value);
	p->task = cpu_to_le32(deed->tsk ? deed->tsk->component :
					  RVF_WITNESS_NONE);
	p->kind = cpu_to_le32(deed->kind);
	p->object = cpu_to_le32(deed->object);
	p->rights = cpu_to_le32(deed->rights);
	p->code = cpu_to_le32(deed->code);
	p->reason = cpu_to_le32(deed->reason);
	if (!(current->flags & PF_KTHREAD)) {
		p->pid = cpu_to_le32(task_tgid_nr(current));
		p->uid = cpu_to_le32(from_kuid(&init_user_ns, current_uid()));
	}
	if (deed->key)
		memcpy(p->key, deed->key, RVF_KEY_ID_LEN);
	if (deed->digest)
		memcpy(p->digest, deed->digest, RVF_DIGEST_LEN);
	p->text_len = cpu_to_le32(text_len);
	if (text_len)
		memcpy(p + 1, deed->text, text_len);
	return len;
}

/* There is room for it. */
static void rvf_witness_append(const struct rvf_deed *deed)
{
	u32 len = rvf_deed_put(deed);
	u64 slot;

	div64_u64_rem(rvf_witness_next, rvf_witness_slots, &slot);
	rvf_witness_starts[slot] = rvf_witness_end;
	rvf_witness_ring_write(rvf_witness_record, len);
	rvf_witness_end += len;
	rvf_witness_next++;
	/* Fails for no reason that a synchronous, keyless hash could have. */
	WARN_ON_ONCE(rvf_digest_of(rvf_witness_record, len, rvf_witness_head));
}

/**
 * rvf_witness_add - Add a record to the log
 * @deed: What it says.
 *
 * One that finds no room is counted. May sleep; any lock may be held.
 */
void rvf_witness_add(const struct rvf_deed *deed)
{
	u32 note = rvf_witness_record_bytes(0);
	u32 len = rvf_witness_record_bytes(deed->text_len);
	u64 others;

	mutex_lock(&rvf_witness_lock);
	if (deed->reserved)
		rvf_witness_reserved -= len;
	others = rvf_witness_reserved;
	/* With room left for saying that there is none, and before it, some. */
	if (rvf_witness_lost &&
	    rvf_witness_make_room(others + len + 2 * note)) {
		rvf_witness_append(&(struct rvf_deed){
			.type = RVF_WITNESS_LOST,
			.value = rvf_witness_lost,
		});
		rvf_witness_lost = 0;
	}
	if (deed->reserved || (!rvf_witness_lost &&
			       rvf_witness_make_room(others + len + note)))
		rvf_witness_append(deed);
	else if (!rvf_witness_lost++)
		rvf_witness_append(&(struct rvf_deed){
			.type = RVF_WITNESS_FULL,
		});
	mutex_unlock(&rvf_witness_lock);
	wake_up_all(&rvf_witness_wait);
}

/**
 * rvf_witness_reserve - Make sure of room for records
 * @bytes: The room that they take together.
 *
 * An eighth of the log stays, for what is not asked.
 *
 * Return: 0 or -ENOSPC.
 */
int rvf_witness_reserve(u32 bytes)
{
	int err = 0;

	mutex_lock(&rvf_witness_lock);
	if (rvf_witness_make_room(rvf_witness_reserved + bytes +
				  rvf_witness_size / 8))
		rvf_witness_reserved += bytes;
	else
		err = -ENOSPC;
	mutex_unlock(&rvf_witness_lock);
	return err;
}

void rvf_witness_unreserve(u32 bytes)
{
	mutex_lock(&rvf_witness_lock);
	rvf_witness_reserved -= bytes;
	mutex_unlock(&rvf_witness_lock);
}

static void rvf_witness_state_locked(struct rvf_witness_state *state)
{
	lockdep_assert_held(&rvf_witness_lock);
	state->first = rvf_witness_first;
	state->next = rvf_witness_next;
	state->lost = rvf_witness_lost;
	memcpy(state->head, rvf_witness_head, RVF_DIGEST_LEN);
}

void rvf_witness_state(struct rvf_witness_state *state)
{
	mutex_lock(&rvf_witness_lock);
	rvf_witness_state_locked(state);
	mutex_unlock(&rvf_witness_lock);
}

/**
 * rvf_witness_copy - Copy records out
 * @sequence: The first one.
 * @to: Where to.
 * @length: Its bytes in; those that were filled out, or with -EMSGSIZE that
 *	are needed.
 * @count: Filled with how many records there are in it.
 * @state: Filled with how far the log was at that moment.
 *
 * Return: 0, -EINVAL, -ESTALE, -EMSGSIZE.
 */
int rvf_witness_copy(u64 sequence, void *to, u32 *length, u32 *count,
		     struct rvf_witness_state *state)
{
	u64 start, end, last = sequence;
	u32 room = *length;
	int err = 0;

	*length = 0;
	*count = 0;
	mutex_lock(&rvf_witness_lock);
	rvf_witness_state_locked(state);
	if (sequence > rvf_witness_next) {
		err = -EINVAL;
	} else if (sequence < rvf_witness_first) {
		err = -ESTALE;
	} else if (sequence < rvf_witness_next) {
		start = rvf_witness_start(sequence);
		end = start;
		while (last < rvf_witness_next &&
		       rvf_witness_start(last + 1) - start <= room)
			end = rvf_witness_start(++last);
		if (last == sequence) {
			*length = rvf_witness_start(sequence + 1) - start;
			err = -EMSGSIZE;
		} else {
			*length = end - start;
			*count = last - sequence;
			rvf_witness_ring_read(to, start, *length);
		}
	}
	mutex_unlock(&rvf_witness_lock);
	return err;
}

/**
 * rvf_witness_mark - Records up to this one were exported
 * @sequence: The record.
 * @hash: Its hash, as who exported it knows.
 *
 * Return: 0, -ENOENT, -EILSEQ.
 */
int rvf_witness_mark(u64 sequence, const u8 hash[RVF_DIGEST_LEN])
{
	u8 held[RVF_DIGEST_LEN];
	int err = 0;

	mutex_lock(&rvf_witness_lock);
	if (sequence < rvf_witness_first || sequence >= rvf_witness_next) {
		err = -ENOENT;
		goto out;
	}
	/* The next record begins with it. */
	if (sequence + 1 == rvf_witness_next)
		memcpy(held, rvf_witness_head, sizeof(held));
	else
		rvf_witness_ring_read(held, rvf_witness_start(sequence + 1),
				      sizeof(held));
	if (memcmp(held, hash, sizeof(held)))
		err = -EILSEQ;
	else
		rvf_witness_marked = max(rvf_witness_marked, sequence + 1);
out:
	mutex_unlock(&rvf_witness_lock);
	return err;
}

int rvf_witness_setup(void)
{
	u8 chain[RVF_DIGEST_LEN];

	rvf_witness_size = roundup_pow_of_two(clamp_t(unsigned int, witness_bytes,
						      RVF_WITNESS_LEAST_BYTES,
						      RVF_WITNESS_MOST_BYTES));
	rvf_witness_slots = rvf_witness_size / rvf_witness_record_bytes(0) + 1;
	rvf_witness_ring = kvmalloc(rvf_witness_size, GFP_KERNEL);
	rvf_witness_starts = kvmalloc_array(rvf_witness_slots,
					    sizeof(*rvf_witness_starts),
					    GFP_KERNEL);
	if (!rvf_witness_ring || !rvf_witness_starts) {
		rvf_witness_cleanup();
		return -ENOMEM;
	}
	get_random_bytes(chain, sizeof(chain));
	rvf_witness_add(&(struct rvf_deed){
		.type = RVF_WITNESS_BOOT,
		.digest = chain,
		.text = RVF_VERSION,
		.text_len = strlen(RVF_VERSION),
	});
	return 0;
}

void rvf_witness_cleanup(void)
{
	kvfree(rvf_witness_starts);
	kvfree(rvf_witness_ring);
}
