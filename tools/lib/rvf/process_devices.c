// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Which devices the processes of a cgroup may open: none but those that the
 * profile names, whatever file leads to them.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "process_internal.h"

/* Minor numbers of the memory devices, which the root of the profile has. */
static const int crosvm[] = { 3, 5, 7, 9 };

#define MOV(to, value) \
	((struct bpf_insn){ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = (to), .imm = (value) })
#define LOAD(to, field)                                        \
	((struct bpf_insn){ .code = BPF_LDX | BPF_MEM | BPF_W, \
			    .dst_reg = (to),                   \
			    .src_reg = BPF_REG_1,              \
			    .off = offsetof(struct bpf_cgroup_dev_ctx, field) })
#define AND(to, value) \
	((struct bpf_insn){ .code = BPF_ALU64 | BPF_AND | BPF_K, .dst_reg = (to), .imm = (value) })
#define JUMP(how, reg, value, skip) \
	((struct bpf_insn){         \
		.code = BPF_JMP | (how) | BPF_K, .dst_reg = (reg), .off = (skip), .imm = (value) })
#define EXIT ((struct bpf_insn){ .code = BPF_JMP | BPF_EXIT })

static size_t write_program(__u32 profile, struct bpf_insn *p)
{
	struct bpf_insn *start = p;

	*p++ = MOV(BPF_REG_0, 0);
	if (profile == RVF_PROFILE_CROSVM) {
		const size_t n = sizeof(crosvm) / sizeof(crosvm[0]);

		*p++ = LOAD(BPF_REG_2, access_type);
		*p++ = LOAD(BPF_REG_3, major);
		*p++ = LOAD(BPF_REG_4, minor);
		/* Nobody makes nodes, and only of characters are there any */
		*p++ = JUMP(BPF_JSET, BPF_REG_2, BPF_DEVCG_ACC_MKNOD << 16, n + 3);
		*p++ = AND(BPF_REG_2, 0xffff);
		*p++ = JUMP(BPF_JNE, BPF_REG_2, BPF_DEVCG_DEV_CHAR, n + 1);
		*p++ = JUMP(BPF_JNE, BPF_REG_3, 1, n);
		for (size_t i = 0; i < n; i++)
			*p++ = JUMP(BPF_JEQ, BPF_REG_4, crosvm[i], n - i);
		*p++ = EXIT;
		*p++ = MOV(BPF_REG_0, 1);
	}
	*p++ = EXIT;
	return p - start;
}

static int cannot(struct rvf_error *e, const char *what)
{
	int err = errno;

	rvf_error_set(e, err, "device-filter", "cannot %s", what);
	rvf_error_why(e, "%s", strerror(err));
	if (err == ENOSYS || err == EINVAL)
		rvf_error_hint(e, "the kernel needs CONFIG_CGROUP_BPF");
	return -err;
}

int rvf_process_devices(__u32 profile, struct rvf_error *e)
{
	struct bpf_insn program[32];
	size_t n = write_program(profile, program);
	int fd = bpf_prog_load(BPF_PROG_TYPE_CGROUP_DEVICE, "rvf_devices", "GPL", program, n, NULL);

	return fd < 0 ? cannot(e, "make the filter of devices") : fd;
}

/* Takes the place of one that is there: a cgroup may be used again. */
int rvf_devices_attach(int program, int cgroup, struct rvf_error *e)
{
	if (bpf_prog_attach(program, cgroup, BPF_CGROUP_DEVICE, 0) < 0)
		return cannot(e, "set the filter of devices");
	return 0;
}
