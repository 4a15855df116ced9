// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>
#include <rvf/key.h>

#include "../supervise/supervise.h"
#include "show.h"

#define PICK(names, value) \
	((value) < sizeof(names) / sizeof((names)[0]) && (names)[value] ? (names)[value] : "?")

static const struct {
	__u32 right;
	char letter;
	const char *name;
} all_rights[] = {
	{ RVF_RIGHT_READ, 'r', "read" },
	{ RVF_RIGHT_WRITE, 'w', "write" },
	{ RVF_RIGHT_EXECUTE, 'x', "execute" },
	{ RVF_RIGHT_GRANT, 'g', "grant" },
	{ RVF_RIGHT_GRANT_ONCE, 'o', "grant_once" },
	{ RVF_RIGHT_REVOKE, 'v', "revoke" },
};
#define N_RIGHTS (sizeof(all_rights) / sizeof(all_rights[0]))

const char *rights_text(__u32 rights, char text[RIGHTS_TEXT])
{
	size_t i;

	for (i = 0; i < N_RIGHTS; i++)
		text[i] = rights & all_rights[i].right ? all_rights[i].letter : '-';
	text[i] = 0;
	return text;
}

void rights_json(struct json *json, const char *key, __u32 rights)
{
	json_array(json, key);
	for (size_t i = 0; i < N_RIGHTS; i++) {
		if (rights & all_rights[i].right)
			json_text(json, NULL, all_rights[i].name);
	}
	json_close(json);
}

static const struct {
	__u32 bit;
	const char *name;
} all_relaxed[] = {
	{ RVF_RELAX_TEXT, "text" },
	{ RVF_RELAX_ROOT, "root" },
};
#define N_RELAXED (sizeof(all_relaxed) / sizeof(all_relaxed[0]))

const char *relaxed_text(__u32 relaxed, char text[RELAXED_TEXT])
{
	size_t length = 0;

	*text = 0;
	for (size_t i = 0; i < N_RELAXED; i++) {
		if (relaxed & all_relaxed[i].bit)
			length += snprintf(text + length, RELAXED_TEXT - length, "%s%s",
					   length ? ", " : "", all_relaxed[i].name);
	}
	return text;
}

void relaxed_json(struct json *json, const char *key, __u32 relaxed)
{
	json_array(json, key);
	for (size_t i = 0; i < N_RELAXED; i++) {
		if (relaxed & all_relaxed[i].bit)
			json_text(json, NULL, all_relaxed[i].name);
	}
	json_close(json);
}

const char *fingerprint_text(const __u8 id[RVF_KEY_ID_LEN], char text[FINGERPRINT_TEXT])
{
	rvf_fingerprint(id, text);
	return text;
}

void key_json(struct json *json, const __u8 id[RVF_KEY_ID_LEN], const char *label)
{
	char text[FINGERPRINT_TEXT];

	json_hex(json, "key_id", id, RVF_KEY_ID_LEN);
	json_text(json, "fingerprint", fingerprint_text(id, text));
	json_text(json, "key_label", label);
}

const char *kind_name(__u32 kind)
{
	static const char *const names[] = {
		[RVF_COMPONENT_NATIVE] = "elf",
		[RVF_COMPONENT_WASM] = "wasm",
		[RVF_COMPONENT_KERNEL] = "kernel",
	};

	return PICK(names, kind);
}

const char *task_state_name(__u32 state)
{
	static const char *const names[] = {
		[RVF_TASK_DECLARED] = "declared", [RVF_TASK_STARTING] = "starting",
		[RVF_TASK_BOUND] = "bound",	  [RVF_TASK_READY] = "ready",
		[RVF_TASK_STOPPING] = "stopping", [RVF_TASK_EXITED] = "exited",
	};

	return PICK(names, state);
}

const char *mount_state_name(__u32 state)
{
	static const char *const names[] = {
		[RVF_MOUNT_LIVE] = "live",
		[RVF_MOUNT_STOPPING] = "stopping",
		[RVF_MOUNT_GONE] = "gone",
	};

	return PICK(names, state);
}

const char *phase_name(__u32 phase)
{
	static const char *const names[] = {
		[RVF_PHASE_WAITING] = "waiting", [RVF_PHASE_STARTING] = "starting",
		[RVF_PHASE_BOUND] = "bound",	 [RVF_PHASE_READY] = "ready",
		[RVF_PHASE_PAUSED] = "paused",	 [RVF_PHASE_ENDED] = "ended",
		[RVF_PHASE_FAILED] = "failed",	 [RVF_PHASE_STOPPED] = "stopped",
	};

	return PICK(names, phase);
}

const char *policy_name(__u32 policy)
{
	static const char *const names[] = {
		[RVF_REGION_IMMUTABLE] = "immutable",
		[RVF_REGION_APPEND_ONLY] = "append-only",
		[RVF_REGION_SLAB] = "slab",
	};

	return PICK(names, policy);
}

const char *restart_name(__u32 when)
{
	static const char *const names[] = {
		[RVF_RESTART_NEVER] = "never",
		[RVF_RESTART_ON_FAILURE] = "on-failure",
		[RVF_RESTART_ALWAYS] = "always",
	};

	return PICK(names, when);
}

const char *profile_name(__u32 profile)
{
	static const char *const names[] = {
		[RVF_PROFILE_STRICT] = "strict",
		[RVF_PROFILE_CROSVM] = "crosvm",
	};

	return PICK(names, profile);
}

const char *segment_type_name(__u32 type)
{
	static const char *const names[] = {
		[0x05] = "directory",	   [0x07] = "meta",
		[0x0c] = "crypto",	   [RVF_SEG_KERNEL] = "kernel",
		[RVF_SEG_EBPF] = "ebpf",   [RVF_SEG_WASM] = "wasm",
		[RVF_SEG_IMAGE] = "image", [RVF_SEG_REGION] = "region",
	};

	return PICK(names, type);
}

const char *algorithm_name(__u32 algorithm)
{
	static const char *const names[] = { [RVF_ALG_RSA4096] = "rsa-4096" };

	return PICK(names, algorithm);
}

const char *signal_text(int number, char text[32])
{
	const char *name = sigabbrev_np(number);

	if (name)
		snprintf(text, 32, "SIG%s", name);
	else
		snprintf(text, 32, "signal %d", number);
	return text;
}

const char *ending_text(__u32 exit_kind, __s32 code, char text[64])
{
	char name[32];

	switch (exit_kind) {
	case RVF_EXIT_NONE:
		return "-";
	case RVF_EXIT_CODE:
		snprintf(text, 64, "exited with %d", code);
		return text;
	case RVF_EXIT_SIGNAL:
		snprintf(text, 64, "killed by %s", signal_text(code, name));
		return text;
	case RVF_EXIT_EXEC:
		return "killed: it executed something else";
	case RVF_EXIT_UNBOUND:
		return "it ended before it was bound";
	default:
		return "?";
	}
}

void ending_json(struct json *json, const char *key, __u32 exit_kind, __s32 code, __u64 time_ns)
{
	static const char *const reasons[] = {
		[RVF_EXIT_CODE] = "exit",
		[RVF_EXIT_SIGNAL] = "signal",
		[RVF_EXIT_EXEC] = "exec",
		[RVF_EXIT_UNBOUND] = "unbound",
	};
	char name[32];

	if (exit_kind == RVF_EXIT_NONE) {
		json_null(json, key);
		return;
	}
	json_object(json, key);
	json_text(json, "reason", PICK(reasons, exit_kind));
	if (exit_kind == RVF_EXIT_SIGNAL)
		json_text(json, "signal", signal_text(code, name));
	else
		json_null(json, "signal");
	if (exit_kind == RVF_EXIT_CODE)
		json_i64(json, "code", code);
	else
		json_null(json, "code");
	json_time_ns(json, "time", time_ns);
	json_close(json);
}
