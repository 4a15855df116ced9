// SPDX-License-Identifier: GPL-2.0-only
#include <endian.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "rvfctl.h"
#include "show.h"
#include "text.h"
#include "witness.h"

#define NS_PER_S 1000000000ull

/* Words that --json promises */
static const char *const types[] = {
	[RVF_WITNESS_BOOT] = "boot",	       [RVF_WITNESS_GRANT] = "grant",
	[RVF_WITNESS_REVOKE] = "revoke",       [RVF_WITNESS_MOUNT] = "mount",
	[RVF_WITNESS_UNMOUNT] = "unmount",     [RVF_WITNESS_KEY_ADDED] = "key-added",
	[RVF_WITNESS_REFUSED] = "refused",     [RVF_WITNESS_UNMOUNTING] = "unmounting",
	[RVF_WITNESS_BOUND] = "bound",	       [RVF_WITNESS_BIND_REFUSED] = "bind-refused",
	[RVF_WITNESS_ENDED] = "ended",	       [RVF_WITNESS_CLAIMED] = "claimed",
	[RVF_WITNESS_UNCLAIMED] = "unclaimed", [RVF_WITNESS_EXCHANGED] = "exchanged",
	[RVF_WITNESS_FULL] = "full",	       [RVF_WITNESS_LOST] = "lost",
};

static const char *type_name(__u8 type)
{
	const char *name = type < sizeof(types) / sizeof(types[0]) ? types[type] : NULL;

	return name ?: "unknown";
}

static const char *time_text(__u64 ns, char text[40])
{
	time_t seconds = ns / NS_PER_S;
	char day[32];
	struct tm tm;

	if (!localtime_r(&seconds, &tm))
		memset(&tm, 0, sizeof(tm));
	strftime(day, sizeof(day), "%F %T", &tm);
	snprintf(text, 40, "%s.%03u", day, (unsigned int)(ns % NS_PER_S / 1000000));
	return text;
}

static void print_text(const struct rvf_witness_record *r)
{
	put_text(stdout, r->text, r->text_len);
}

/* "to task 2" */
static void print_whose(const struct rvf_witness_record *r, const char *word)
{
	if (r->payload.task == htole32(RVF_WITNESS_NONE))
		printf(" %s an administrator, pid %u", word, le32toh(r->payload.pid));
	else
		printf(" %s component %u", word, le32toh(r->payload.task));
}

static void print_handle(const struct rvf_witness_record *r, const char *done, const char *word)
{
	char rights[RIGHTS_TEXT];

	printf("%s ", done);
	print_text(r);
	printf(" %s", rights_text(le32toh(r->payload.rights), rights));
	print_whose(r, word);
}

static void print_grant(const struct rvf_witness_record *r)
{
	print_handle(r, r->payload.code ? "derived" : "granted", r->payload.code ? "by" : "to");
	if (r->payload.value)
		printf(", badge 0x%" PRIx64, le64toh(r->payload.value));
}

static void print_exchanged(const struct rvf_witness_record *r)
{
	size_t first = strnlen(r->text, r->text_len);

	printf("is now ");
	put_text(stdout, r->text, first);
	if (first == r->text_len)
		return;
	printf(", and #%" PRIu64 " is ", le64toh(r->payload.value));
	put_text(stdout, r->text + first + 1, r->text_len - first - 1);
}

static void print_untold(const struct rvf_witness_record *r)
{
	if (r->payload.value)
		printf(", %" PRIu64 " derives and revokes not recorded", le64toh(r->payload.value));
}

static void print_refused(const struct rvf_witness_record *r)
{
	struct rvf_error e = { 0 };

	rvf_error_from_kernel(&e, le32toh(r->payload.code), le32toh(r->payload.reason),
			      le32toh(r->payload.object));
	printf("refused to mount ");
	print_text(r);
	printf("%s%s (%s)", r->text_len ? ": " : "a package: ", e.what, e.slug);
}

static void print_what(const struct rvf_witness_record *r)
{
	char key[FINGERPRINT_TEXT], end[64];

	switch (r->header.type) {
	case RVF_WITNESS_BOOT:
		printf("module loaded, version ");
		print_text(r);
		break;
	case RVF_WITNESS_GRANT:
		print_grant(r);
		break;
	case RVF_WITNESS_REVOKE:
		print_handle(r, "revoked", "by");
		printf(", %" PRIu64 " handles", le64toh(r->payload.value));
		break;
	case RVF_WITNESS_MOUNT:
		printf("mounted ");
		print_text(r);
		printf("%sversion %" PRIu64 ", key %s, pid %u", r->text_len ? ", " : "nameless, ",
		       le64toh(r->payload.value), fingerprint_text(r->payload.key, key),
		       le32toh(r->payload.pid));
		break;
	case RVF_WITNESS_UNMOUNT:
		printf("unmounted ");
		print_text(r);
		print_untold(r);
		break;
	case RVF_WITNESS_KEY_ADDED:
		printf("key %s added, \"", fingerprint_text(r->payload.key, key));
		print_text(r);
		printf("\", pid %u", le32toh(r->payload.pid));
		break;
	case RVF_WITNESS_REFUSED:
		print_refused(r);
		break;
	case RVF_WITNESS_UNMOUNTING:
		printf("unmount asked by pid %u", le32toh(r->payload.pid));
		break;
	case RVF_WITNESS_BOUND:
		printf("task ");
		print_text(r);
		printf(" bound, pid %u, uid %u", le32toh(r->payload.pid), le32toh(r->payload.uid));
		break;
	case RVF_WITNESS_BIND_REFUSED:
		printf("task ");
		print_text(r);
		printf(" not bound: %s", rvf_reason_text(le32toh(r->payload.reason)));
		break;
	case RVF_WITNESS_ENDED:
		printf("task ");
		print_text(r);
		printf(" %s", ending_text(le32toh(r->payload.reason),
					  (__s32)le32toh(r->payload.code), end));
		print_untold(r);
		break;
	case RVF_WITNESS_CLAIMED:
		printf("supervised by pid %u", le32toh(r->payload.pid));
		break;
	case RVF_WITNESS_UNCLAIMED:
		printf("supervisor gone");
		break;
	case RVF_WITNESS_EXCHANGED:
		print_exchanged(r);
		break;
	case RVF_WITNESS_FULL:
		printf("the log is full: what follows may be missing");
		break;
	case RVF_WITNESS_LOST:
		printf("%" PRIu64 " records found no room before this", le64toh(r->payload.value));
		break;
	default:
		printf("a record of type %u", r->header.type);
	}
}

void witness_line(const struct rvf_witness_record *r)
{
	char when[40], mount[24] = "-";

	if (r->payload.mount)
		snprintf(mount, sizeof(mount), "#%" PRIu64, le64toh(r->payload.mount));
	printf("%6" PRIu64 "  %s  %4s  ", le64toh(r->header.sequence),
	       time_text(le64toh(r->header.time), when), mount);
	print_what(r);
	putchar('\n');
}

static void json_task(struct json *json, const struct rvf_witness_record *r)
{
	if (r->payload.task == htole32(RVF_WITNESS_NONE))
		json_null(json, "component");
	else
		json_u64(json, "component", le32toh(r->payload.task));
}

void witness_json(struct json *json, const struct rvf_witness_record *r)
{
	size_t first = strnlen(r->text, r->text_len);
	__u8 hash[RVF_DIGEST_LEN] = { 0 };

	rvf_witness_hash(r, hash);
	json_u64(json, "sequence", le64toh(r->header.sequence));
	json_text(json, "type", type_name(r->header.type));
	json_u64(json, "type_number", r->header.type);
	json_time_ns(json, "time", le64toh(r->header.time));
	json_u64(json, "mount_id", le64toh(r->payload.mount));
	json_task(json, r);
	json_bytes(json, "text", r->text, first);
	if (first < r->text_len)
		json_bytes(json, "other_text", r->text + first + 1, r->text_len - first - 1);
	else
		json_null(json, "other_text");
	json_u64(json, "value", le64toh(r->payload.value));
	json_u64(json, "object_kind", le32toh(r->payload.kind));
	json_u64(json, "object", le32toh(r->payload.object));
	rights_json(json, "rights", le32toh(r->payload.rights));
	json_i64(json, "code", (__s32)le32toh(r->payload.code));
	json_u64(json, "reason", le32toh(r->payload.reason));
	json_u64(json, "pid", le32toh(r->payload.pid));
	json_u64(json, "uid", le32toh(r->payload.uid));
	json_hex(json, "key_id", r->payload.key, sizeof(r->payload.key));
	json_hex(json, "digest", r->payload.digest, sizeof(r->payload.digest));
	json_hex(json, "hash", hash, sizeof(hash));
}
