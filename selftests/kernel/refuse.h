/* SPDX-License-Identifier: GPL-2.0-only */
/* For tests of what RVF_VERIFY and RVF_MOUNT refuse. */
#ifndef RVF_SELFTESTS_REFUSE_H
#define RVF_SELFTESTS_REFUSE_H

#include <fcntl.h>

#include "util_package.h"

struct refusal {
	int result; /* 0 if either of the two did not refuse, or they differ */
	struct rvf_mount arg;
	/* Of RVF_VERIFY: of several faults it may find another one first */
	unsigned int verify_index;
};

/* Has both say what they say of a package */
static inline void refuse(struct refusal *refusal, struct pkg *pkg, int ctl, const char *name)
{
	unsigned int before = count_mounts(ctl);
	int first_free = must(fcntl(0, F_DUPFD_CLOEXEC, 0));
	struct rvf_mount arg;
	int verified;

	must(close(first_free));
	verified = pkg_verify(pkg, ctl, name, &arg);
	refusal->result = pkg_mount(pkg, ctl, name, &refusal->arg);
	if (refusal->result >= 0) {
		fprintf(stderr, "# RVF_MOUNT did not refuse it, RVF_VERIFY: %d\n", verified);
		close(refusal->result);
		refusal->result = 0;
		return;
	}
	refusal->verify_index = arg.out_index;
	if (verified != refusal->result || arg.out_reason != refusal->arg.out_reason ||
	    arg.out_status != refusal->arg.out_status) {
		fprintf(stderr, "# RVF_VERIFY: %d, reason %u, index %u, status %u\n", verified,
			arg.out_reason, arg.out_index, arg.out_status);
		fprintf(stderr, "# RVF_MOUNT: %d, reason %u, index %u, status %u\n",
			refusal->result, refusal->arg.out_reason, refusal->arg.out_index,
			refusal->arg.out_status);
		refusal->result = 0;
	}
	if (arg.out_fd != -1 || refusal->arg.out_fd != -1 || count_mounts(ctl) != before ||
	    fcntl(first_free, F_GETFD) >= 0) {
		fprintf(stderr, "# something was left behind\n");
		refusal->result = 0;
	}
}

#define EXPECT_REFUSED(err, reason, status)                \
	do {                                               \
		EXPECT_EQ(-(err), refusal.result);         \
		EXPECT_EQ(status, refusal.arg.out_status); \
		EXPECT_EQ(reason, refusal.arg.out_reason); \
	} while (0)

#endif
