/* SPDX-License-Identifier: GPL-2.0-only */
/* Key records in words. */
#ifndef RVFCTL_KEYS_H
#define RVFCTL_KEYS_H

#include <linux/rvf.h>

#include "json_out.h"

#define KEY_DATE 64

/* "until 2028-11-21", "for ever", "from 2027-01-01 until 2028-11-21" */
const char *key_until(const struct rvf_key_record *record, char text[KEY_DATE]);
/* "any mount", "/agents /demo"; to be freed. */
char *key_names(const struct rvf_key_record *record);
/* Into an open object. */
void record_json(struct json *json, const struct rvf_key_record *record,
		 const __u8 id[RVF_KEY_ID_LEN]);
/* Where keys for the next boot are; to be freed. */
char *keys_directory(void);
int make_directories(const char *path);
/* The record of this id in the kernel's key set; -ENOENT. */
int kernel_key(int ctl, const __u8 id[RVF_KEY_ID_LEN], struct rvf_key_record *record);

#endif /* RVFCTL_KEYS_H */
