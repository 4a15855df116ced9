// SPDX-License-Identifier: GPL-2.0-only
/*
 * The last lines of a task's output.
 *
 * A ring lies in a file in memory (/run), so that it outlives a supervisor
 * that is killed at any moment: a record is written first and counted then,
 * and what is found in a file is believed only after it was checked.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ring.h"

#define MAGIC	   0x31474f4c46565201ull
#define HEAD_BYTES 64u
#define CAPACITY   (RVF_RING_BYTES - HEAD_BYTES)

/* The record fills the rest of the memory, and the next one is at its start. */
#define STREAM_FILLER 0u
#define STREAM_MASK   0xffu
#define FLAG_CUT      0x100u

/**
 * struct head - The first bytes of a ring
 * @magic: MAGIC.
 * @identity: Whose it is.
 * @first: Where the oldest record begins; it counts all bytes that ever were.
 * @end: Where the next record begins, likewise.
 * @newest: Sequence of the newest record.
 * @newest_time: Its time.
 */
struct head {
	__u64 magic;
	__u64 identity[2];
	__u64 first;
	__u64 end;
	__u64 newest;
	__u64 newest_time;
};

/**
 * struct record - A line
 * @length: Bytes of the line, which follow and are padded to eight.
 * @stream: One of enum rvf_log_stream, STREAM_FILLER; and FLAG_CUT.
 * @sequence: Its sequence.
 * @time: Its time.
 */
struct record {
	__u32 length;
	__u32 stream;
	__u64 sequence;
	__u64 time;
};

/**
 * struct rvf_ring - A ring
 * @head: Its memory: the head, and CAPACITY bytes for records.
 * @data: These.
 */
struct rvf_ring {
	struct head *head;
	char *data;
};

static struct record *record_at(const struct rvf_ring *ring, __u64 place)
{
	return (struct record *)(ring->data + place % CAPACITY);
}

static __u64 left_at(__u64 place)
{
	return CAPACITY - place % CAPACITY;
}

static __u64 record_bytes(__u32 length)
{
	return sizeof(struct record) + (((__u64)length + 7) & ~7ull);
}

/* Less than a record may be left at the end of the memory: that is a filler. */
static bool is_filler(const struct rvf_ring *ring, __u64 place)
{
	return left_at(place) < sizeof(struct record) ||
	       record_at(ring, place)->stream == STREAM_FILLER;
}

static __u64 next_place(const struct rvf_ring *ring, __u64 place)
{
	if (is_filler(ring, place))
		return place + left_at(place);
	return place + record_bytes(record_at(ring, place)->length);
}

static bool record_ok(const struct rvf_ring *ring, __u64 place, __u64 sequence)
{
	const struct record *r = record_at(ring, place);
	__u32 stream = r->stream & STREAM_MASK;

	return r->length <= RVF_LOG_LINE && record_bytes(r->length) <= left_at(place) &&
	       record_bytes(r->length) <= ring->head->end - place && stream >= RVF_LOG_STDOUT &&
	       stream <= RVF_LOG_SUPERVISOR && r->sequence == sequence;
}

/* All records, back to back, numbered without gaps up to the newest. */
static bool check(const struct rvf_ring *ring, const __u64 identity[2])
{
	const struct head *head = ring->head;
	__u64 sequence = 0, place = head->first;

	if (head->magic != MAGIC || head->identity[0] != identity[0] ||
	    head->identity[1] != identity[1] || head->first > head->end ||
	    head->end - head->first > CAPACITY || head->first % 8 || head->end % 8)
		return false;
	for (; place < head->end; place = next_place(ring, place)) {
		if (is_filler(ring, place))
			continue;
		if (!sequence)
			sequence = record_at(ring, place)->sequence;
		if (!sequence || !record_ok(ring, place, sequence))
			return false;
		sequence++;
	}
	return place == head->end && (sequence ? sequence == head->newest + 1 : !head->newest);
}

static int open_file(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return -errno;

	/* All of it now, or a full file system would be a SIGBUS later. */
	int err = posix_fallocate(fd, 0, RVF_RING_BYTES);
	if (!err && ftruncate(fd, RVF_RING_BYTES))
		err = errno;
	if (err) {
		close(fd);
		unlinkat(dir, name, 0);
		return -err;
	}
	return fd;
}

int rvf_ring_open(struct rvf_ring **out, int dir, const char *name, const __u64 identity[2])
{
	struct rvf_ring *ring = calloc(1, sizeof(*ring));
	int fd = -1;

	if (!ring)
		return -ENOMEM;
	if (dir >= 0) {
		fd = open_file(dir, name);
		if (fd < 0) {
			free(ring);
			return fd;
		}
	}

	void *memory = mmap(NULL, RVF_RING_BYTES, PROT_READ | PROT_WRITE,
			    fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED, fd, 0);
	int err = memory == MAP_FAILED ? -errno : 0;
	if (fd >= 0)
		close(fd);
	if (err) {
		free(ring);
		return err;
	}
	ring->head = memory;
	ring->data = (char *)memory + HEAD_BYTES;
	if (!check(ring, identity))
		*ring->head =
			(struct head){ .magic = MAGIC, .identity = { identity[0], identity[1] } };
	*out = ring;
	return 0;
}

void rvf_ring_close(struct rvf_ring *ring)
{
	if (!ring)
		return;
	munmap(ring->head, RVF_RING_BYTES);
	free(ring);
}

/* So that a killed supervisor leaves what can be read. */
static void barrier(void)
{
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

static void make_room(struct rvf_ring *ring, __u64 bytes)
{
	struct head *head = ring->head;

	while (head->end + bytes - head->first > CAPACITY)
		head->first = next_place(ring, head->first);
	barrier();
}

void rvf_ring_append(struct rvf_ring *ring, struct rvf_log_line *line)
{
	struct head *head = ring->head;
	__u32 length = line->length < RVF_LOG_LINE ? line->length : RVF_LOG_LINE;
	__u64 bytes = record_bytes(length);

	/* A record does not go round the end. */
	if (left_at(head->end) < bytes) {
		make_room(ring, left_at(head->end));
		if (left_at(head->end) >= sizeof(struct record))
			record_at(ring, head->end)->stream = STREAM_FILLER;
		barrier();
		head->end += left_at(head->end);
	}
	make_room(ring, bytes);

	struct record *record = record_at(ring, head->end);
	line->sequence = head->newest + 1;
	record->length = length;
	record->stream = line->stream | (line->cut ? FLAG_CUT : 0);
	record->sequence = line->sequence;
	record->time = line->time_ns;
	memcpy(record + 1, line->data, length);
	barrier();
	head->end += bytes;
	head->newest = line->sequence;
	head->newest_time = line->time_ns;
}

bool rvf_ring_read(const struct rvf_ring *ring, struct rvf_log_cursor *cursor,
		   struct rvf_log_line *line, char data[RVF_LOG_LINE], __u64 *dropped)
{
	const struct head *head = ring->head;
	__u64 place = head->first;

	if (cursor->after >= head->newest)
		return false;
	/* A record stays where it is until it is gone. */
	if (cursor->place > head->first && cursor->place < head->end)
		place = cursor->place;
	while (is_filler(ring, place) || record_at(ring, place)->sequence <= cursor->after)
		place = next_place(ring, place);
	cursor->place = place;

	const struct record *record = record_at(ring, place);
	line->sequence = record->sequence;
	line->time_ns = record->time;
	line->stream = record->stream & STREAM_MASK;
	line->cut = record->stream & FLAG_CUT;
	line->length = record->length;
	line->data = data;
	if (data)
		memcpy(data, record + 1, record->length);
	if (dropped)
		*dropped = record->sequence - cursor->after - 1;
	return true;
}

__u64 rvf_ring_newest(const struct rvf_ring *ring)
{
	return ring->head->newest;
}

__u64 rvf_ring_newest_time(const struct rvf_ring *ring)
{
	return ring->head->newest_time;
}
