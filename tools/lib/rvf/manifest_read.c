// SPDX-License-Identifier: LGPL-2.1-or-later
/* Manifests as the kernel reads them. */
#include <errno.h>
#include <string.h>
#include <rvf/manifest.h>
#include "sha256.h"

int rvf_manifest_read(struct rvf_manifest *m, const void *data, size_t length, struct rvf_error *e)
{
	static const struct rvf_manifest_limits limits = {
		.components = RVF_MAX_COMPONENTS,
		.regions = RVF_MAX_REGIONS,
		.queues = RVF_MAX_QUEUES,
		.tasks = RVF_MAX_TASKS,
	};
	__u8 digest[RVF_DIGEST_LEN];
	__u32 reason, index;
	int err;

	if (length > RVF_MAX_MANIFEST)
		return rvf_error_from_kernel(e, EDQUOT, RVF_REASON_MANIFEST_SIZE, 0);
	err = rvf_manifest_parse(m, data, length, &limits, &reason, &index);
	if (err)
		return rvf_error_from_kernel(e, -err, reason, index);
	err = rvf_sha256(m->segments, m->n_segments * sizeof(*m->segments), digest);
	if (err)
		return rvf_error_system(e, -err, "cannot hash");
	if (memcmp(digest, m->header->content_hash, sizeof(digest)))
		return rvf_error_from_kernel(e, EBADMSG, RVF_REASON_CONTENT_HASH, 0);
	return 0;
}
