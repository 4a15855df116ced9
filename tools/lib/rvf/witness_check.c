// SPDX-License-Identifier: LGPL-2.1-or-later
/* The witness's chain: is it whole, and whose is it? */
#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <rvf/witness.h>

#include "sha256.h"

typedef unsigned long long ull;

int rvf_witness_record(const struct rvf_witness_log *log, size_t *at,
		       struct rvf_witness_record *record)
{
	const size_t fixed = sizeof(record->header) + sizeof(record->payload);
	size_t left = log->length - *at, payload;

	if (!left)
		return 0;
	if (left < fixed)
		return -EBADMSG;
	record->bytes = log->bytes + *at;
	memcpy(&record->header, record->bytes, sizeof(record->header));
	memcpy(&record->payload, record->bytes + sizeof(record->header), sizeof(record->payload));
	payload = le32toh(record->header.payload_size);
	record->text_len = le32toh(record->payload.text_len);
	record->text = (const char *)record->bytes + fixed;
	if (record->text_len > RVF_WITNESS_MAX_TEXT ||
	    payload != sizeof(record->payload) + record->text_len ||
	    left - sizeof(record->header) < payload)
		return -EBADMSG;
	record->length = sizeof(record->header) + payload;
	*at += record->length;
	return 1;
}

int rvf_witness_hash(const struct rvf_witness_record *record, __u8 hash[RVF_DIGEST_LEN])
{
	return rvf_sha256(record->bytes, record->length, hash);
}

static int changed(__u64 sequence, const char *why, struct rvf_error *e)
{
	rvf_error_set(e, EBADMSG, "witness-changed", "record %llu was changed", (ull)sequence);
	rvf_error_why(e, "%s", why);
	return -EBADMSG;
}

/* Does a record of this number come later? */
static bool comes_later(const struct rvf_witness_log *log, size_t at, __u64 sequence)
{
	struct rvf_witness_record record;

	while (rvf_witness_record(log, &at, &record) > 0)
		if (le64toh(record.header.sequence) == sequence)
			return true;
	return false;
}

static int out_of_sequence(const struct rvf_witness_log *log, size_t at, __u64 wanted, __u64 found,
			   struct rvf_error *e)
{
	if (found > wanted && found < log->next && !comes_later(log, at, wanted)) {
		if (found == wanted + 1)
			rvf_error_set(e, EBADMSG, "witness-missing", "record %llu is missing",
				      (ull)wanted);
		else
			rvf_error_set(e, EBADMSG, "witness-missing",
				      "records %llu to %llu are missing", (ull)wanted,
				      (ull)found - 1);
		rvf_error_why(e, "record %llu follows", (ull)found);
		return -EBADMSG;
	}
	if (found >= log->next)
		return changed(wanted, "its number is none that the log has", e);
	rvf_error_set(e, EBADMSG, "witness-order", "record %llu stands in the wrong place",
		      (ull)found);
	rvf_error_why(e, "record %llu belongs there", (ull)wanted);
	return -EBADMSG;
}

/* Of two neighbours that do not fit, the one that does not fit its other neighbour either */
static int unfit(const struct rvf_witness_log *log, size_t at,
		 const struct rvf_witness_record *record, struct rvf_error *e)
{
	__u64 sequence = le64toh(record->header.sequence);
	struct rvf_witness_record next;
	const __u8 *wanted = log->head;
	__u8 hash[RVF_DIGEST_LEN];

	if (rvf_witness_hash(record, hash))
		return -ENOMEM;
	if (rvf_witness_record(log, &at, &next) > 0)
		wanted = next.header.prev_hash;
	if (memcmp(wanted, hash, sizeof(hash)) || !sequence || sequence == log->first)
		return changed(sequence, "it does not fit those before and behind it", e);
	return changed(sequence - 1, "the record behind it tells another hash", e);
}

static int cut(const struct rvf_witness_log *log, __u64 sequence, struct rvf_error *e)
{
	if (sequence == log->first)
		rvf_error_set(e, EBADMSG, "witness-cut", "all records are missing");
	else
		rvf_error_set(e, EBADMSG, "witness-cut", "it was cut behind record %llu",
			      (ull)sequence - 1);
	rvf_error_why(e, "it had %llu records when it was made", (ull)(log->next - log->first));
	return -EBADMSG;
}

int rvf_witness_check(const struct rvf_witness_log *log, struct rvf_error *e)
{
	__u8 hash[RVF_DIGEST_LEN] = { 0 };
	struct rvf_witness_record record;
	__u64 sequence = log->first;
	size_t at = 0, begin;
	int more;

	for (;; sequence++) {
		begin = at;
		more = rvf_witness_record(log, &at, &record);
		if (more < 0 && sequence + 1 < log->next)
			return changed(sequence, "its length is none that a record has", e);
		if (more <= 0 && sequence < log->next)
			return cut(log, sequence, e);
		if (more <= 0)
			break;
		if (le64toh(record.header.sequence) != sequence)
			return out_of_sequence(log, at, sequence, le64toh(record.header.sequence),
					       e);
		/* What was before the first record of a part is not known. */
		if ((begin || !sequence) && memcmp(record.header.prev_hash, hash, sizeof(hash)))
			return unfit(log, at, &record, e);
		if (rvf_witness_hash(&record, hash))
			return rvf_error_system(e, ENOMEM, "it cannot be checked");
	}
	if (more < 0)
		return rvf_error_set(e, EBADMSG, "witness-changed",
				     "there is something behind the last record");
	if (log->length && memcmp(hash, log->head, sizeof(hash)))
		return changed(log->next - 1, "the head is not its hash", e);
	return 0;
}

int rvf_witness_find(const struct rvf_witness_log *log, const __u8 hash[RVF_DIGEST_LEN],
		     __u64 *sequence)
{
	struct rvf_witness_record record;
	__u8 own[RVF_DIGEST_LEN];
	size_t at = 0;

	while (rvf_witness_record(log, &at, &record) > 0) {
		if (rvf_witness_hash(&record, own))
			return -ENOMEM;
		*sequence = le64toh(record.header.sequence);
		if (!memcmp(own, hash, sizeof(own)))
			return 0;
	}
	return -ENOENT;
}

static int another(struct rvf_error *e)
{
	rvf_error_set(e, EBADMSG, "witness-other", "it is not from the log of this kernel");
	rvf_error_why(e, "a log begins anew whenever the module is loaded");
	return -EBADMSG;
}

int rvf_witness_compare(int ctl, const struct rvf_witness_log *log, __u64 *newer,
			struct rvf_error *e)
{
	struct rvf_witness_log now;
	struct rvf_witness_record record;
	__u8 hash[RVF_DIGEST_LEN];
	size_t at = 0;
	int err = 0;

	/* Its last record, or the one behind it, tells whether it is the same chain. */
	err = rvf_witness_read(ctl, log->next - 1, &now, e);
	if (err)
		return err == -EINVAL ? another(e) : err;
	*newer = now.next - log->next;
	if (now.next < log->next || rvf_witness_record(&now, &at, &record) <= 0) {
		err = another(e);
	} else if (now.first == log->next - 1) {
		if (rvf_witness_hash(&record, hash))
			err = rvf_error_system(e, ENOMEM, "it cannot be compared");
		else if (memcmp(hash, log->head, sizeof(hash)))
			err = another(e);
	} else if (now.first == log->next) {
		if (memcmp(record.header.prev_hash, log->head, sizeof(hash)))
			err = another(e);
	} else {
		err = rvf_error_set(e, ESTALE, "witness-gone",
				    "the kernel does not hold its records any more");
		rvf_error_why(e, "the oldest that it holds is record %llu", (ull)now.first);
	}
	free(now.bytes);
	return err;
}
