/* SPDX-License-Identifier: GPL-2.0-only */
/* Values of the kernel's interface in words. */
#ifndef RVFCTL_SHOW_H
#define RVFCTL_SHOW_H

#include <linux/rvf.h>

#include "json_out.h"

#define RIGHTS_TEXT	 8
#define FINGERPRINT_TEXT 24
#define RELAXED_TEXT	 16

/* "rw-g--" */
const char *rights_text(__u32 rights, char text[RIGHTS_TEXT]);
void rights_json(struct json *json, const char *key, __u32 rights);
/* "text, root"; "" for none */
const char *relaxed_text(__u32 relaxed, char text[RELAXED_TEXT]);
void relaxed_json(struct json *json, const char *key, __u32 relaxed);
/* "7f3a-91c2-0b5e-44d8" */
const char *fingerprint_text(const __u8 id[RVF_KEY_ID_LEN], char text[FINGERPRINT_TEXT]);
/* key_id, fingerprint and label */
void key_json(struct json *json, const __u8 id[RVF_KEY_ID_LEN], const char *label);

const char *kind_name(__u32 kind); /* of components: elf, wasm, kernel */
const char *task_state_name(__u32 state);
const char *mount_state_name(__u32 state);
const char *phase_name(__u32 phase);
const char *policy_name(__u32 policy);
const char *restart_name(__u32 when);
const char *profile_name(__u32 profile);
const char *segment_type_name(__u32 type);
const char *algorithm_name(__u32 algorithm);

/* "killed by SIGKILL", "exited with 3", "-" */
const char *ending_text(__u32 exit_kind, __s32 code, char text[64]);
void ending_json(struct json *json, const char *key, __u32 exit_kind, __s32 code, __u64 time_ns);
const char *signal_text(int number, char text[32]);

#endif /* RVFCTL_SHOW_H */
