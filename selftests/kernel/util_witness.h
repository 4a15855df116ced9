/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RVF_SELFTESTS_UTIL_WITNESS_H
#define RVF_SELFTESTS_UTIL_WITNESS_H

#include <endian.h>
#include <stdlib.h>

#include "util_package.h"

/* The log as it was read, records back to back */
struct witness {
	uint64_t first, next, lost;
	uint8_t head[RVF_DIGEST_LEN];
	uint8_t *bytes;
	size_t length;
};

struct witness_record {
	struct rvf_witness_header header;
	struct rvf_witness_payload payload;
	char text[RVF_WITNESS_MAX_TEXT + 1];
};

/* One RVF_WITNESS_READ: a negative errno, or how many records */
static inline int witness_read_at(int ctl, uint64_t sequence, void *buffer, uint32_t length,
				  struct rvf_witness_read *arg)
{
	int err;

	*arg = (struct rvf_witness_read){
		.size = sizeof(*arg),
		.sequence = sequence,
		.buffer = (uintptr_t)buffer,
		.length = length,
	};
	err = rvf(ctl, RVF_WITNESS_READ, arg);
	return err ?: (int)arg->out_count;
}

/* All of it, from record @from on, or from the first that there is */
static inline void witness_load(struct witness *log, int ctl, uint64_t from)
{
	struct rvf_witness_read arg;
	size_t room = 0;

	*log = (struct witness){ .first = from };
	if (!from)
		log->first = ctl_info(ctl).out_witness_first;
	from = log->first;
	do {
		if (room - log->length < 65536)
			log->bytes = realloc(log->bytes, room += 1 << 20);
		from += must_rvf(witness_read_at(ctl, from, log->bytes + log->length, 65536, &arg));
		log->length += arg.length;
	} while (from < arg.out_next);
	log->next = arg.out_next;
	log->lost = arg.out_lost;
	memcpy(log->head, arg.out_head, sizeof(log->head));
}

/* The record at @at, and where the next one begins; false at the end */
static inline bool witness_next(const struct witness *log, size_t *at, struct witness_record *r)
{
	size_t text;

	if (*at == log->length)
		return false;
	if (log->length - *at < sizeof(r->header) + sizeof(r->payload))
		die("half a record");
	memset(r, 0, sizeof(*r));
	memcpy(&r->header, log->bytes + *at, sizeof(r->header));
	memcpy(&r->payload, log->bytes + *at + sizeof(r->header), sizeof(r->payload));
	text = le32toh(r->payload.text_len);
	if (text > RVF_WITNESS_MAX_TEXT ||
	    le32toh(r->header.payload_size) != sizeof(r->payload) + text)
		die("a record of an odd length");
	*at += sizeof(r->header) + sizeof(r->payload);
	memcpy(r->text, log->bytes + *at, text);
	*at += text;
	return true;
}

/* Whether each record follows from the one before it, up to the head */
static inline bool witness_linear(const struct witness *log)
{
	uint8_t hash[RVF_DIGEST_LEN] = { 0 };
	uint64_t sequence = log->first;
	size_t at = 0, begin = 0;
	struct witness_record r;

	for (; witness_next(log, &at, &r); begin = at) {
		if (le64toh(r.header.sequence) != sequence++)
			return false;
		if ((begin || !log->first) && memcmp(r.header.prev_hash, hash, sizeof(hash)))
			return false;
		sha256(log->bytes + begin, at - begin, hash);
	}
	return sequence == log->next && !memcmp(hash, log->head, sizeof(hash));
}

#endif
