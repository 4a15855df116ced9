// SPDX-License-Identifier: GPL-2.0-only
/* The kernel's log: shown, followed, put away, checked. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <rvf/device.h>

#include "commands.h"
#include "rvfctl.h"
#include "text.h"
#include "witness.h"

#define HASH_TEXT (2 * RVF_DIGEST_LEN + 1)

static const char *hash_text(const __u8 hash[RVF_DIGEST_LEN], char text[HASH_TEXT])
{
	for (size_t i = 0; i < RVF_DIGEST_LEN; i++)
		sprintf(text + 2 * i, "%02x", hash[i]);
	return text;
}

static bool parse_hash(const char *text, __u8 hash[RVF_DIGEST_LEN])
{
	if (strlen(text) != HASH_TEXT - 1)
		return false;
	for (size_t i = 0; i < HASH_TEXT - 1; i++)
		if (!isxdigit((unsigned char)text[i]))
			return false;
	for (size_t i = 0; i < RVF_DIGEST_LEN; i++)
		sscanf(text + 2 * i, "%2hhx", &hash[i]);
	return true;
}

static void state_json(struct json *json, const struct rvf_witness_log *log)
{
	json_u64(json, "first", log->first);
	json_u64(json, "next", log->next);
	json_u64(json, "lost", log->lost);
	json_hex(json, "head", log->head, sizeof(log->head));
}

/* What was read from the kernel is looked at as anything else is. */
static int load(int ctl, __u64 from, struct rvf_witness_log *log, struct rvf_error *e)
{
	int err = rvf_witness_read(ctl, from, log, e);

	if (err)
		return err;
	err = rvf_witness_check(log, e);
	if (err)
		free(log->bytes);
	return err;
}

/* ---- show */

static void show_json(const struct rvf_witness_log *log, uint64_t skip)
{
	struct rvf_witness_record record;
	struct json json;
	size_t at = 0;

	json_begin(&json, "witness");
	state_json(&json, log);
	json_array(&json, "items");
	while (rvf_witness_record(log, &at, &record) > 0) {
		if (skip && skip--)
			continue;
		json_object(&json, NULL);
		witness_json(&json, &record);
		json_close(&json);
	}
	json_close(&json);
	json_finish(&json, stdout);
}

static void show_lines(const struct rvf_witness_log *log, uint64_t skip)
{
	struct rvf_witness_record record;
	char head[HASH_TEXT];
	size_t at = 0;

	while (rvf_witness_record(log, &at, &record) > 0) {
		if (skip && skip--)
			continue;
		witness_line(&record);
	}
	printf("head %s, %" PRIu64 " records", hash_text(log->head, head), (uint64_t)log->next);
	if (log->first)
		printf(", the oldest %" PRIu64 " gone", (uint64_t)log->first);
	if (log->lost)
		printf(", %" PRIu64 " found no room", (uint64_t)log->lost);
	putchar('\n');
}

static int run_show(const struct args *args)
{
	const char *said = option_value(args, "lines");
	uint64_t lines = UINT64_MAX, count;
	struct rvf_witness_log log;
	struct rvf_error e = { 0 };
	int ctl, err;

	if (said && !parse_number(said, &lines))
		return usage_error(args->command, "'%s' is not a number of records", said);
	ctl = rvf_open(&e);
	if (ctl < 0)
		return fail(args, "file", NULL, &e);
	err = load(ctl, 0, &log, &e);
	close(ctl);
	if (err)
		return fail(args, "file", NULL, &e);
	count = log.next - log.first;
	if (args->json)
		show_json(&log, count > lines ? count - lines : 0);
	else
		show_lines(&log, count > lines ? count - lines : 0);
	free(log.bytes);
	return RVFCTL_OK;
}

static const struct option_spec show_options[] = {
	{ 'n', "lines", "N", "only the last N records" },
	{ 0 },
};

const struct command cmd_witness_show = {
	.name = "witness show",
	.arguments = "",
	.json = true,
	.group = "see",
	.summary = "Shows the kernel's log of keys, mounts and tasks",
	.options = show_options,
	.text = "Each line is a record: its number, the time, the mount, what happened. The last\n"
		"line has the head, the hash that all records lead to: note it elsewhere, and\n"
		"rvfctl witness verify --head tells later that none of them was changed.\n",
	.run = run_show,
};

/* ---- follow */

static void follow_records(const struct args *args, const struct rvf_witness_log *log)
{
	struct rvf_witness_record record;
	struct json json;
	size_t at = 0;

	while (rvf_witness_record(log, &at, &record) > 0) {
		if (args->json) {
			json_begin(&json, "witness-record");
			witness_json(&json, &record);
			json_finish(&json, stdout);
		} else {
			witness_line(&record);
		}
	}
	fflush(stdout);
}

static int run_follow(const struct args *args)
{
	struct rvf_witness_log log = { 0 };
	struct rvf_error e = { 0 };
	int ctl = rvf_open(&e), err = 0;
	__u64 next = 0;

	if (ctl < 0)
		return fail(args, "file", NULL, &e);
	while (!err && !ferror(stdout)) {
		struct pollfd poller = { .fd = ctl, .events = POLLIN };

		err = load(ctl, next, &log, &e);
		if (err)
			break;
		if (next && log.first > next && !args->json)
			printf("records %" PRIu64 " to %" PRIu64 " went before they were read\n",
			       (uint64_t)next, (uint64_t)log.first - 1);
		follow_records(args, &log);
		next = log.next;
		free(log.bytes);
		if (poll(&poller, 1, -1) < 0 && errno != EINTR)
			err = rvf_error_system(&e, errno, "the log cannot be waited for");
	}
	close(ctl);
	return err ? fail(args, "file", NULL, &e) : RVFCTL_OK;
}

const struct command cmd_witness_follow = {
	.name = "witness follow",
	.arguments = "",
	.json = true,
	.group = "see",
	.summary = "Shows records as they come",
	.text = "With --json each record is a document of its own, on one line.\n",
	.run = run_follow,
};

/* ---- export */

static int run_export(const struct args *args)
{
	const char *path = args->names[0];
	struct rvf_witness_log log;
	struct rvf_error e = { 0 };
	char head[HASH_TEXT];
	struct json json;
	int ctl = rvf_open(&e), err;

	if (ctl < 0)
		return fail(args, "file", path, &e);
	err = load(ctl, 0, &log, &e);
	if (err) {
		close(ctl);
		return fail(args, "file", path, &e);
	}
	err = rvf_witness_save(&log, path, &e);
	/* Only what is on the disk may go from the kernel's. */
	if (!err)
		err = rvf_witness_mark(ctl, &log, &e);
	close(ctl);
	if (!err && args->json) {
		json_begin(&json, "witness-export");
		json_text(&json, "file", path);
		state_json(&json, &log);
		json_finish(&json, stdout);
	} else if (!err) {
		printf("%s  records %" PRIu64 " to %" PRIu64 ", head %s\n", path,
		       (uint64_t)log.first, (uint64_t)log.next - 1, hash_text(log.head, head));
	}
	free(log.bytes);
	return err ? fail(args, "file", path, &e) : RVFCTL_OK;
}

const struct command cmd_witness_export = {
	.name = "witness export",
	.arguments = "FILE",
	.least = 1,
	.json = true,
	.group = "see",
	.summary = "Puts the log into a file, which may not exist",
	.text = "The kernel is told which records are in the file. With the module parameter\n"
		"witness_full=1 these are the ones that may go when the log is full.\n",
	.run = run_export,
};

/* ---- verify */

static int check_head(const struct rvf_witness_log *log, const char *text, __u64 *sequence,
		      struct rvf_error *e)
{
	__u8 hash[RVF_DIGEST_LEN];
	int err;

	parse_hash(text, hash);
	err = rvf_witness_find(log, hash, sequence);
	if (err == -ENOENT) {
		rvf_error_set(e, EBADMSG, "witness-other", "no record in it has this hash");
		rvf_error_why(e, "it is another log, or was cut before that record");
		return -EBADMSG;
	}
	return err ? rvf_error_system(e, -err, "it cannot be checked") : 0;
}

static int check_kernel(const struct rvf_witness_log *log, __u64 *newer, struct rvf_error *e)
{
	int ctl = rvf_open(e), err;

	if (ctl < 0)
		return ctl;
	err = rvf_witness_compare(ctl, log, newer, e);
	close(ctl);
	return err;
}

static void print_verified(const struct args *args, const struct rvf_witness_log *log,
			   __u64 sequence, __u64 newer)
{
	char head[HASH_TEXT];

	printf("%s  records %" PRIu64 " to %" PRIu64 " are whole, head %s\n", args->names[0],
	       (uint64_t)log->first, (uint64_t)log->next - 1, hash_text(log->head, head));
	if (option_given(args, "head"))
		printf("  the hash given is that of record %" PRIu64 "\n", (uint64_t)sequence);
	if (option_given(args, "kernel"))
		printf("  the kernel has the same, and %" PRIu64 " records since\n",
		       (uint64_t)newer);
	if (log->first)
		printf("  records before %" PRIu64 " are not in it\n", (uint64_t)log->first);
	if (log->lost)
		printf("  %" PRIu64 " records had found no room\n", (uint64_t)log->lost);
	if (!option_given(args, "head") && !option_given(args, "kernel"))
		printf("  compare the head with one that you noted: --head HASH, or --kernel\n");
}

static int run_verify(const struct args *args)
{
	const char *path = args->names[0], *wanted = option_value(args, "head");
	struct rvf_witness_log log;
	struct rvf_error e = { 0 };
	__u64 sequence = 0, newer = 0;
	__u8 hash[RVF_DIGEST_LEN];
	struct json json;
	int err;

	if (wanted && !parse_hash(wanted, hash))
		return usage_error(args->command, "'%s' is not a hash of 64 digits", wanted);
	err = rvf_witness_load(&log, path, &e);
	if (!err)
		err = rvf_witness_check(&log, &e);
	if (!err && wanted)
		err = check_head(&log, wanted, &sequence, &e);
	if (!err && option_given(args, "kernel"))
		err = check_kernel(&log, &newer, &e);
	if (!err && args->json) {
		json_begin(&json, "witness-verify");
		json_text(&json, "file", path);
		state_json(&json, &log);
		if (option_given(args, "kernel"))
			json_u64(&json, "newer_in_kernel", newer);
		else
			json_null(&json, "newer_in_kernel");
		json_finish(&json, stdout);
	} else if (!err) {
		print_verified(args, &log, sequence, newer);
	}
	free(log.bytes);
	return err ? fail(args, "file", path, &e) : RVFCTL_OK;
}

static const struct option_spec verify_options[] = {
	{ 0, "head", "HASH", "the hash of a record that must be in it" },
	{ 0, "kernel", NULL, "compare it with the kernel's log; needs root" },
	{ 0 },
};

const struct command cmd_witness_verify = {
	.name = "witness verify",
	.arguments = "FILE",
	.least = 1,
	.json = true,
	.group = "see",
	.summary = "Finds what was changed in an exported log",
	.options = verify_options,
	.text = "Says which record was changed, is missing or stands in the wrong place, and\n"
		"where the log was cut. Whoever can write the file could make up a whole chain:\n"
		"only a hash from elsewhere (--head), or the kernel, tells that it is the one.\n",
	.run = run_verify,
};
