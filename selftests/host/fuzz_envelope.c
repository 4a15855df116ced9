// SPDX-License-Identifier: GPL-2.0-only
/* An envelope that is read has one encoding: the bytes that were read. */
#include <stdlib.h>
#include <string.h>
#include <rvf/package.h>

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t length);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t length)
{
	struct rvf_signature_view views[RVF_MAX_SIGNATURES];
	unsigned char *copy = malloc(length ? length : 1);
	int count;

	memcpy(copy, data, length);
	count = rvf_envelope_read(copy, length, views);
	if (count >= 0) {
		size_t again_length;
		void *again = rvf_envelope_build(views, count, &again_length);

		if (!again || again_length != length || memcmp(again, copy, length))
			abort();
		free(again);
	}
	free(copy);
	return 0;
}
