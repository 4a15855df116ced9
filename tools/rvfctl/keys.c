// SPDX-License-Identifier: GPL-2.0-only
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <rvf/device.h>

#include "keys.h"
#include "show.h"
#include "text.h"

static void date_text(__u64 seconds, char text[24])
{
	time_t when = seconds;
	struct tm tm;

	if (!gmtime_r(&when, &tm) || !strftime(text, 24, "%Y-%m-%d", &tm))
		strcpy(text, "?");
}

const char *key_until(const struct rvf_key_record *record, char text[KEY_DATE])
{
	__u64 from = le64toh(record->not_before), until = le64toh(record->not_after);
	char first[24], last[24];

	date_text(from, first);
	date_text(until, last);
	snprintf(text, KEY_DATE, "%s%s%s%s%s", from ? "from " : "", from ? first : "",
		 from && until ? " " : "", until ? "until " : "", until ? last : "");
	if (!from && !until)
		strcpy(text, "for ever");
	return text;
}

static const char *prefix_of(const struct rvf_key_record *record, int i, size_t *length)
{
	*length = strnlen(record->prefixes[i], sizeof(record->prefixes[i]));
	return record->prefixes[i];
}

char *key_names(const struct rvf_key_record *record)
{
	char *names = xstrdup(""), *longer;
	const char *prefix;
	size_t length;

	for (int i = 0; i < RVF_KEY_PREFIXES; i++) {
		prefix = prefix_of(record, i, &length);
		if (!length)
			break;
		longer = xprintf("%s%s%.*s", names, i ? " " : "", (int)length, prefix);
		free(names);
		names = longer;
	}
	if (*names)
		return names;
	free(names);
	return xstrdup("any mount");
}

void record_json(struct json *json, const struct rvf_key_record *record,
		 const __u8 id[RVF_KEY_ID_LEN])
{
	const char *prefix;
	char label[RVF_KEY_LABEL_LEN + 1] = "";
	size_t length;

	memcpy(label, record->label, RVF_KEY_LABEL_LEN);
	key_json(json, id, label);
	json_text(json, "algorithm", algorithm_name(le16toh(record->algorithm)));
	json_array(json, "usage");
	if (le16toh(record->usage) & RVF_KEY_MOUNT)
		json_text(json, NULL, "mount");
	if (le16toh(record->usage) & RVF_KEY_DEVELOPER)
		json_text(json, NULL, "developer");
	json_close(json);
	if (record->not_before)
		json_time(json, "not_before", le64toh(record->not_before));
	else
		json_null(json, "not_before");
	if (record->not_after)
		json_time(json, "not_after", le64toh(record->not_after));
	else
		json_null(json, "not_after");
	json_array(json, "mount_prefixes");
	for (int i = 0; i < RVF_KEY_PREFIXES; i++) {
		prefix = prefix_of(record, i, &length);
		if (length)
			json_bytes(json, NULL, prefix, length);
	}
	json_close(json);
}

char *keys_directory(void)
{
	const char *config = getenv("RVF_CONFIG");

	return xprintf("%s/keys.d", config && *config ? config : "/etc/rvf");
}

int make_directories(const char *path)
{
	char *copy = xstrdup(path), *slash = copy;
	int err = 0;

	while (!err && (slash = strchr(slash + 1, '/'))) {
		*slash = 0;
		if (mkdir(copy, 0755) && errno != EEXIST)
			err = -errno;
		*slash = '/';
	}
	if (!err && mkdir(copy, 0755) && errno != EEXIST)
		err = -errno;
	free(copy);
	return err;
}

int kernel_key(int ctl, const __u8 id[RVF_KEY_ID_LEN], struct rvf_key_record *record)
{
	__u8 other[RVF_KEY_ID_LEN];
	int err;

	for (__u32 index = 0; !(err = rvf_key_list(ctl, index, record, other, NULL)); index++) {
		if (!memcmp(id, other, RVF_KEY_ID_LEN))
			return 0;
	}
	return err;
}
