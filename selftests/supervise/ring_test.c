// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ring of a task's last lines, against a plain model of it, and with files
 * that a killed supervisor or somebody else has damaged. Needs no privileges.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../tools/supervise/ring.h"
#include "../jail/tap.h"

#define LINES 60000

static const __u64 identity[2] = { 7, 1700000000 };
static char dir[] = "/tmp/rvf-ring-XXXXXX";
static int dir_fd;
static char text[RVF_LOG_LINE];

/* Line n's bytes follow from n: so nothing has to be remembered. */
static size_t make_line(__u64 n, char *data)
{
	unsigned int seed = n * 2654435761u;
	size_t length = seed % 13 == 0 ? RVF_LOG_LINE :
			seed % 5 == 0  ? 0 :
			seed % 3 == 0  ? seed % 1000 :
					 seed % 60;

	for (size_t i = 0; i < length; i++)
		data[i] = (char)(n + i * 7);
	return length;
}

static void append(struct rvf_ring *ring, __u64 n)
{
	struct rvf_log_line line = { .time_ns = n * 10,
				     .stream = 1 + n % 3,
				     .cut = n % 7 == 0,
				     .length = make_line(n, text),
				     .data = text };

	rvf_ring_append(ring, &line);
	if (line.sequence != n)
		ok(false, "line %llu has the number %llu", n, line.sequence);
}

static bool same(const struct rvf_log_line *line, const char *data)
{
	size_t length = make_line(line->sequence, text);

	return line->length == length && !memcmp(data, text, length) &&
	       line->time_ns == line->sequence * 10 && line->stream == 1 + line->sequence % 3 &&
	       line->cut == (line->sequence % 7 == 0);
}

/* Reads all that there is: true when it is the newest lines without a gap. */
static bool read_all(struct rvf_ring *ring, __u64 newest, __u64 *first)
{
	struct rvf_log_line line;
	char data[RVF_LOG_LINE];
	struct rvf_log_cursor cursor = { 0 };
	__u64 dropped;

	*first = 0;
	while (rvf_ring_read(ring, &cursor, &line, data, &dropped)) {
		if (!same(&line, data) ||
		    (cursor.after ? dropped != 0 : dropped != line.sequence - 1))
			return false;
		if (!*first)
			*first = line.sequence;
		cursor.after = line.sequence;
	}
	return cursor.after == newest;
}

static void test_model(void)
{
	struct rvf_ring *ring;
	bool good = true, kept = true, behind = true;
	struct rvf_log_cursor slow = { 0 };
	__u64 first;

	if (!ok(!rvf_ring_open(&ring, -1, "", identity), "a ring in memory"))
		return;
	ok(read_all(ring, 0, &first), "it is empty");
	for (__u64 n = 1; n <= LINES; n++) {
		struct rvf_log_line line;
		char data[RVF_LOG_LINE];
		__u64 dropped;

		append(ring, n);
		if (n % 997 == 0) {
			good = good && read_all(ring, n, &first);
			/* At the least the longest lines that fit */
			kept = kept && n - first + 1 >= (n < 50 ? n : 50);
		}
		/* A reader that takes one line in three, and so falls behind */
		if (n % 3 == 0) {
			behind = behind && rvf_ring_read(ring, &slow, &line, data, &dropped) &&
				 same(&line, data) && line.sequence == slow.after + dropped + 1;
			slow.after = line.sequence;
		}
	}
	ok(good, "what is read is the newest lines, without a gap");
	ok(kept, "it keeps as many as fit");
	ok(behind, "a slow reader is told how many it missed");
	ok(rvf_ring_newest(ring) == LINES && rvf_ring_newest_time(ring) == LINES * 10,
	   "it knows the newest line");
	rvf_ring_close(ring);
}

static void test_file(void)
{
	const __u64 other[2] = { 7, 1700000001 };
	struct rvf_ring *ring;
	__u64 first, again;

	if (!ok(!rvf_ring_open(&ring, dir_fd, "a", identity), "a ring in a file"))
		return;
	for (__u64 n = 1; n <= 5000; n++)
		append(ring, n);
	read_all(ring, 5000, &first);
	rvf_ring_close(ring);
	ok(!rvf_ring_open(&ring, dir_fd, "a", identity) && read_all(ring, 5000, &again) &&
		   again == first,
	   "what is in it is there when it is opened again");
	append(ring, 5001);
	ok(read_all(ring, 5001, &again), "and it goes on");
	rvf_ring_close(ring);
	ok(!rvf_ring_open(&ring, dir_fd, "a", other) && read_all(ring, 0, &again),
	   "another mount's output is not taken over");
	rvf_ring_close(ring);
	unlinkat(dir_fd, "a", 0);
	symlinkat("/etc/passwd", dir_fd, "a");
	ok(rvf_ring_open(&ring, dir_fd, "a", identity) < 0, "a link is not followed");
	unlinkat(dir_fd, "a", 0);
}

/* Whatever a file holds: it is taken over whole, or begun anew. */
static void test_damage(void)
{
	unsigned int taken = 0, anew = 0, bad = 0;

	srandom(1);
	for (int round = 0; round < 600; round++) {
		struct rvf_ring *ring;
		__u64 lines = 1 + random() % 2000;
		int flips = 1 + random() % 4;

		if (rvf_ring_open(&ring, dir_fd, "d", identity))
			break;
		for (__u64 n = 1; n <= lines; n++)
			append(ring, n);
		rvf_ring_close(ring);

		int fd = openat(dir_fd, "d", O_RDWR);
		for (int i = 0; i < flips; i++) {
			off_t offset = random() % 3 ? random() % 64 : random() % RVF_RING_BYTES;
			unsigned char byte;

			(void)!pread(fd, &byte, 1, offset);
			byte ^= 1 << random() % 8;
			(void)!pwrite(fd, &byte, 1, offset);
		}
		if (random() % 10 == 0)
			(void)!ftruncate(fd, random() % RVF_RING_BYTES);
		close(fd);

		if (rvf_ring_open(&ring, dir_fd, "d", identity)) {
			bad++;
			break;
		}
		struct rvf_log_line line;
		char data[RVF_LOG_LINE];
		struct rvf_log_cursor cursor = { 0 };
		__u64 count = 0, newest = rvf_ring_newest(ring);

		/* Bytes of lines may differ: nobody promises to notice that. */
		while (rvf_ring_read(ring, &cursor, &line, data, NULL)) {
			bad += line.sequence <= cursor.after || line.length > RVF_LOG_LINE;
			cursor.after = line.sequence;
			count++;
		}
		bad += cursor.after != newest;
		taken += count > 0;
		anew += count == 0;
		/* And it can be used */
		for (int n = 0; n < 50; n++) {
			line = (struct rvf_log_line){ .stream = 1,
						      .length = RVF_LOG_LINE,
						      .data = text };
			rvf_ring_append(ring, &line);
		}
		bad += rvf_ring_newest(ring) != newest + 50;
		while (rvf_ring_read(ring, &cursor, &line, data, NULL))
			cursor.after = line.sequence;
		bad += cursor.after != newest + 50;
		rvf_ring_close(ring);
		unlinkat(dir_fd, "d", 0);
	}
	ok(!bad, "a damaged file does no harm");
	ok(taken > 20 && anew > 20, "%u were taken over, %u begun anew", taken, anew);
}

int main(void)
{
	if (!mkdtemp(dir))
		return 1;
	dir_fd = open(dir, O_RDONLY | O_DIRECTORY);
	test_model();
	test_file();
	test_damage();
	close(dir_fd);
	rmdir(dir);
	return done();
}
