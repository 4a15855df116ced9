// SPDX-License-Identifier: GPL-2.0-only
/* Any text, as a key record, a public key or a certificate. */
#include <stdlib.h>
#include <string.h>
#include <rvf/key.h>

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t length);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t length)
{
	struct rvf_key_record record;
	struct rvf_error e = { 0 };
	char *copy = malloc(length ? length : 1);

	memcpy(copy, data, length);
	if (!rvf_key_record_decode(&record, copy, length, &e) != !e.err)
		abort();
	free(copy);
	return 0;
}
