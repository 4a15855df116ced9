// SPDX-License-Identifier: GPL-2.0-only
/*
 * Append-only regions under many writers and readers at once: what an append
 * promises each of them.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "random.h"
#include "util_package.h"
#include "util_stall.h"

#define SIZE (4u << 20)

FIXTURE(many)
{
	int mount;
	int region;
};

FIXTURE_SETUP(many)
{
	struct pkg *pkg = pkg_usual();
	int ctl = ctl_open();

	key_trust(ctl, KEY_OWNER);
	pkg_append_only(pkg, "many", SIZE);
	pkg_finish(pkg, KEY_OWNER);
	self->mount = must_rvf(pkg_mount(pkg, ctl, NULL, NULL));
	self->region = must_rvf(mount_get(self->mount, "many", 0));
}

FIXTURE_TEARDOWN(many)
{
	close(self->region);
	close(self->mount);
}

static uint64_t cursor(int region)
{
	struct rvf_region_info info = { .size = sizeof(info) };

	must_rvf(rvf(region, RVF_REGION_INFO, &info));
	return info.out_cursor;
}

/*
 * A record: its length, who wrote it, which of the writer's it is, and bytes
 * that follow from these.
 */
struct head {
	uint32_t length;
	uint32_t writer;
	uint32_t number;
};

#define RECORD_MOST RVF_MAX_APPEND

static uint8_t record_byte(const struct head *head, uint32_t at)
{
	return head->writer * 31 + head->number * 7 + at;
}

static void make_record(uint8_t *record, uint32_t length, uint32_t writer, uint32_t number)
{
	struct head *head = (void *)record;

	*head = (struct head){ length, writer, number };
	for (uint32_t at = sizeof(*head); at < length; at++)
		record[at] = record_byte(head, at);
}

/* Bytes of the record at @record, of which @room are there; 0: it is none */
static uint32_t record_ok(const uint8_t *record, uint64_t room)
{
	struct head head;

	if (room < sizeof(head))
		return 0;
	memcpy(&head, record, sizeof(head));
	if (head.length < sizeof(head) || head.length > room)
		return 0;
	for (uint32_t at = sizeof(head); at < head.length; at++) {
		if (record[at] != record_byte(&head, at))
			return 0;
	}
	return head.length;
}

/* Appends records of any length until one does not fit; how many bytes */
static uint64_t write_records(int region, uint32_t writer)
{
	static uint8_t record[RECORD_MOST] __attribute__((aligned(8)));
	uint64_t written = 0;

	seed(writer + 1);
	for (uint32_t number = 0;; number++) {
		uint32_t length = below(8) ? 300 : RECORD_MOST - sizeof(struct head);
		ssize_t result;

		length = sizeof(struct head) + below(length);
		if (!below(20))
			length = RECORD_MOST;
		make_record(record, length, writer, number);
		result = write(region, record, length);
		if (result != length)
			return result < 0 && errno == ENOSPC ? written : ~0ull;
		written += length;
	}
}

/* Reads what is there as it grows, by pread and by the mapping; an exit code */
static int follow(int region, const uint8_t *mapped, volatile int *over)
{
	static uint8_t copy[RECORD_MOST];
	uint64_t done = 0;
	bool last;

	do {
		uint64_t now;

		last = *over;
		poll_for(region, POLLIN, 20);
		now = cursor(region);
		if (now < done)
			return 1;
		while (done < now) {
			uint32_t length = record_ok(mapped + done, now - done);

			if (!length)
				return 2;
			if (pread(region, copy, length, done) != length ||
			    memcmp(copy, mapped + done, length))
				return 3;
			done += length;
		}
		if (lseek(region, done, SEEK_SET) != (off_t)done)
			return 4;
	} while (!last || done < cursor(region));
	return 0;
}

/*
 * Until it is full: each append whole, in its writer's order; the writers' sum
 * is the cursor; a reader never sees a part.
 */
TEST_F_TIMEOUT(many, writers_and_readers, 120)
{
	enum {
		WRITERS = 4,
		READERS = 2,
	};
	const uint8_t *mapped = must(mmap(NULL, SIZE, PROT_READ, MAP_SHARED, self->region, 0));
	volatile struct {
		int over;
		uint64_t written[WRITERS];
	} *shared =
		must(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
	pid_t writers[WRITERS], readers[READERS];
	uint64_t sum = 0, done = 0;
	uint32_t next[WRITERS] = { 0 };

	for (int r = 0; r < READERS; r++) {
		readers[r] = child();
		if (readers[r] == 0)
			/* A file offset of its own */
			_exit(follow(must_rvf(mount_get(self->mount, "many", RVF_RIGHT_READ)),
				     mapped, &shared->over));
	}
	for (int w = 0; w < WRITERS; w++) {
		writers[w] = child();
		if (writers[w] == 0) {
			shared->written[w] = write_records(self->region, w);
			_exit(0);
		}
	}
	for (int w = 0; w < WRITERS; w++) {
		EXPECT_EQ(0, reap(writers[w]));
		ASSERT_NE(~0ull, shared->written[w]);
		sum += shared->written[w];
	}
	shared->over = 1;
	for (int r = 0; r < READERS; r++)
		EXPECT_EQ(0, reap(readers[r]));
	EXPECT_EQ(cursor(self->region), sum);
	while (done < sum) {
		uint32_t length = record_ok(mapped + done, sum - done);
		struct head head;

		ASSERT_LT(0, length);
		memcpy(&head, mapped + done, sizeof(head));
		ASSERT_GT(WRITERS, head.writer);
		EXPECT_EQ(next[head.writer]++, head.number);
		done += length;
	}
	/* What did not fit left nothing behind the cursor */
	for (; done < SIZE; done++)
		ASSERT_EQ(0, mapped[done]);
}

struct writer {
	int region;
	uint8_t *buffer;
	long result;
};

static void *append(void *arg)
{
	struct writer *writer = arg;

	writer->result = sys(write(writer->region, writer->buffer, 100));
	return NULL;
}

/* A writer whose memory stalls keeps nobody waiting, and is not in the way of a revocation */
TEST_F(many, stalled_writer)
{
	int derived = must_rvf(handle_derive(self->region, RVF_RIGHT_WRITE, 0));
	struct writer writer = { .region = self->region };
	struct stall stall;
	pthread_t thread;
	char bytes[128];

	stall_begin(&stall);
	writer.buffer = stall.page;
	ASSERT_EQ(0, pthread_create(&thread, NULL, append, &writer));
	ASSERT_TRUE(stall_hit(&stall, 5000));
	EXPECT_EQ(5, write(self->region, "other", 5));
	EXPECT_EQ(5, pread(self->region, bytes, sizeof(bytes), 0));
	stall_release(&stall, 'x');
	pthread_join(thread, NULL);
	stall_end(&stall);
	EXPECT_EQ(100, writer.result);
	EXPECT_EQ(105, pread(self->region, bytes, sizeof(bytes), 0));
	EXPECT_EQ(0, memcmp(bytes, "otherxxx", 8));

	stall_begin(&stall);
	writer = (struct writer){ derived, stall.page, 0 };
	ASSERT_EQ(0, pthread_create(&thread, NULL, append, &writer));
	ASSERT_TRUE(stall_hit(&stall, 5000));
	EXPECT_EQ(1, handle_revoke(self->region, RVF_REVOKE_DERIVED));
	stall_release(&stall, 'y');
	pthread_join(thread, NULL);
	stall_end(&stall);
	EXPECT_EQ(-EKEYREVOKED, writer.result);
	EXPECT_EQ(105, cursor(self->region));
}

/* The last bytes: of many who want them, exactly as many get them as there is room for */
TEST_F_TIMEOUT(many, the_last_room, 60)
{
	enum {
		WRITERS = 6,
		LEFT = 10,
		EACH = 1000,
	};
	static uint8_t fill[RVF_MAX_APPEND];
	uint64_t left = SIZE - LEFT * EACH - 7;
	pid_t pids[WRITERS];
	int got = 0;

	while (left) {
		size_t length = left < sizeof(fill) ? left : sizeof(fill);

		ASSERT_EQ(length, write(self->region, fill, length));
		left -= length;
	}
	for (int w = 0; w < WRITERS; w++) {
		pids[w] = child();
		if (pids[w] == 0) {
			uint8_t bytes[EACH];
			int count = 0;

			memset(bytes, w + 1, EACH);
			while (write(self->region, bytes, EACH) == EACH)
				count++;
			_exit(errno == ENOSPC ? count : 100);
		}
	}
	for (int w = 0; w < WRITERS; w++)
		got += reap(pids[w]);
	EXPECT_EQ(LEFT, got);
	EXPECT_EQ(SIZE - 7, cursor(self->region));
	EXPECT_EQ(-ENOSPC, sys(write(self->region, fill, 8)));
	EXPECT_EQ(7, write(self->region, fill, 7));
	EXPECT_EQ(SIZE, cursor(self->region));
}

TEST_HARNESS_MAIN
