// SPDX-License-Identifier: GPL-2.0-only
/*
 * A log of the witness that somebody had in his hands: each byte of it changed,
 * each record taken out, moved, doubled, and the file cut at each byte.
 */
#include <endian.h>
#include <errno.h>
#include <rvf/witness.h>
#include <unistd.h>

#include "../../tools/lib/rvf/sha256.h"
#include "tap.h"

enum {
	RECORDS = 6
};

static __u8 bytes[RECORDS * RVF_WITNESS_MAX_RECORD];
static size_t starts[RECORDS + 1];
static struct rvf_witness_log log;

static void add(unsigned int number, const char *text)
{
	struct rvf_witness_header header = {
		.type = number ? RVF_WITNESS_MOUNT : RVF_WITNESS_BOOT,
		.sequence = htole64(log.next),
	};
	struct rvf_witness_payload payload = {
		.task = htole32(RVF_WITNESS_NONE),
		.text_len = htole32(strlen(text)),
	};
	size_t at = log.length;

	starts[number] = at;
	header.payload_size = htole32(sizeof(payload) + strlen(text));
	memcpy(header.prev_hash, log.head, sizeof(log.head));
	memcpy(bytes + at, &header, sizeof(header));
	memcpy(bytes + at + sizeof(header), &payload, sizeof(payload));
	memcpy(bytes + at + sizeof(header) + sizeof(payload), text, strlen(text));
	log.length += sizeof(header) + sizeof(payload) + strlen(text);
	starts[number + 1] = log.length;
	log.next++;
	if (rvf_sha256(bytes + at, log.length - at, log.head))
		abort();
}

static void make(__u64 first)
{
	static const char *const texts[RECORDS] = { "0.1.0", "/one", "", "/three", "/4", "five" };

	log = (struct rvf_witness_log){ .bytes = bytes, .first = first, .next = first };
	for (unsigned int i = 0; i < RECORDS; i++)
		add(i, texts[i]);
}

static struct rvf_error e;

/* A copy of the log that is exactly as long: reading beyond it is noticed */
static int check(const void *data, size_t length)
{
	struct rvf_witness_log copy = log;
	int err;

	copy.bytes = malloc(length ? length : 1);
	copy.length = length;
	memcpy(copy.bytes, data, length);
	memset(&e, 0, sizeof(e));
	err = rvf_witness_check(&copy, &e);
	free(copy.bytes);
	return err;
}

static unsigned int named(void)
{
	const char *number = strpbrk(e.what, "0123456789");

	return number ? atoi(number) : ~0u;
}

/* Each bit of each byte; the record that is named is the one, or one it broke */
static void test_flips(void)
{
	unsigned int unseen = 0, wrong = 0;

	for (unsigned int r = 0; r < RECORDS; r++) {
		for (size_t i = starts[r]; i < starts[r + 1]; i++) {
			for (unsigned int bit = 0; bit < 8; bit++) {
				bool number = i - starts[r] >= 33 && i - starts[r] < 41;
				bool cut;

				bytes[i] ^= 1 << bit;
				unseen += check(bytes, log.length) != -EBADMSG;
				/* Of the last one, another length looks like a cut */
				cut = r == RECORDS - 1 && !strcmp(e.slug, "witness-cut");
				/* Another number looks like a record in the wrong place */
				wrong += !number && !cut &&
					 (named() != r || strcmp(e.slug, "witness-changed"));
				bytes[i] ^= 1 << bit;
			}
		}
	}
	tap_equal(unseen, 0, "each bit that is changed is noticed");
	tap_equal(wrong, 0, "and the record is named");
}

static void test_missing(void)
{
	unsigned int bad = 0;
	__u8 other[sizeof(bytes)];

	for (unsigned int from = 0; from < RECORDS - 1; from++) {
		for (unsigned int to = from; to < RECORDS - 1; to++) {
			size_t rest = log.length - starts[to + 1];

			memcpy(other, bytes, starts[from]);
			memcpy(other + starts[from], bytes + starts[to + 1], rest);
			bad += check(other, starts[from] + rest) != -EBADMSG ||
			       strcmp(e.slug, "witness-missing") || named() != from;
		}
	}
	tap_equal(bad, 0, "records that are missing are named");
}

static void test_moved(void)
{
	unsigned int unseen = 0, wrong = 0;
	__u8 other[sizeof(bytes)];

	for (unsigned int a = 0; a < RECORDS; a++) {
		for (unsigned int b = 0; b < RECORDS; b++) {
			size_t length = 0;

			if (a == b)
				continue;
			for (unsigned int i = 0; i < RECORDS; i++) {
				unsigned int from = i == a ? b : i == b ? a : i;
				size_t n = starts[from + 1] - starts[from];

				memcpy(other + length, bytes + starts[from], n);
				length += n;
			}
			unseen += check(other, length) != -EBADMSG;
			wrong += strcmp(e.slug, "witness-order") != 0;
		}
	}
	tap_equal(unseen, 0, "two records that changed places are noticed");
	tap_equal(wrong, 0, "as such");

	memcpy(other, bytes, starts[2]);
	memcpy(other + starts[2], bytes + starts[1], log.length - starts[1]);
	tap_equal(check(other, log.length + starts[2] - starts[1]), -EBADMSG, "one twice");
	tap_ok(!strcmp(e.slug, "witness-order"), "as such");
}

static void test_cut(void)
{
	unsigned int unseen = 0, wrong = 0;

	for (size_t length = 0; length < log.length; length++) {
		unseen += check(bytes, length) != -EBADMSG;
		for (unsigned int r = 0; r < RECORDS; r++)
			wrong += length == starts[r] && strcmp(e.slug, "witness-cut");
	}
	tap_equal(unseen, 0, "a cut at any byte is noticed");
	tap_equal(wrong, 0, "and between records is said to be one");
	bytes[log.length] = 0;
	tap_equal(check(bytes, log.length + 1), -EBADMSG, "a byte too many");
	log.head[7] ^= 1;
	tap_equal(check(bytes, log.length), -EBADMSG, "another head");
	log.head[7] ^= 1;
}

static void test_find(void)
{
	__u8 hash[RVF_DIGEST_LEN];
	__u64 sequence = 0;

	tap_equal(rvf_witness_find(&log, log.head, &sequence), 0, "the head's record");
	tap_equal(sequence, log.next - 1, "is the last one");
	if (rvf_sha256(bytes + starts[2], starts[3] - starts[2], hash))
		abort();
	tap_equal(rvf_witness_find(&log, hash, &sequence), 0, "another's");
	tap_equal(sequence, log.first + 2, "is that one");
	hash[0] ^= 1;
	tap_equal(rvf_witness_find(&log, hash, &sequence), -ENOENT, "a hash of none");
}

static void test_file(void)
{
	char path[] = "/tmp/rvf-witness-XXXXXX";
	struct rvf_witness_log again;
	int fd = mkstemp(path);

	close(fd);
	tap_equal(rvf_witness_save(&log, path, &e), -EEXIST, "a file is not replaced");
	unlink(path);
	log.lost = 3;
	tap_equal(rvf_witness_save(&log, path, &e), 0, "it is written");
	tap_equal(rvf_witness_load(&again, path, &e), 0, "and read");
	tap_ok(again.first == log.first && again.next == log.next && again.lost == 3 &&
		       again.length == log.length && !memcmp(again.bytes, bytes, log.length) &&
		       !memcmp(again.head, log.head, sizeof(log.head)),
	       "it is the same");
	free(again.bytes);
	if (truncate(path, sizeof(struct rvf_witness_file) - 1))
		abort();
	tap_equal(rvf_witness_load(&again, path, &e), -EBADMSG, "a file that is none");
	tap_ok(!again.bytes, "leaves nothing");
	unlink(path);
	tap_equal(rvf_witness_load(&again, path, &e), -ENOENT, "no file");
}

int main(void)
{
	tap_begin();
	make(0);
	tap_equal(check(bytes, log.length), 0, "a whole log");
	test_flips();
	test_missing();
	test_moved();
	test_cut();
	test_find();
	test_file();
	bytes[0] ^= 1;
	tap_equal(check(bytes, log.length), -EBADMSG, "record 0 has none before it");
	/* A part: what was before its first record is not known */
	make(7);
	tap_equal(check(bytes, log.length), 0, "a part of a log");
	return tap_end();
}
