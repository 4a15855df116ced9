// SPDX-License-Identifier: GPL-2.0-only
/* Any file: what is found in it lies in it. */
#include <stdlib.h>
#include <string.h>
#include <rvf/package.h>
#include "files.h"

static struct memory_file file;

static void must(bool good)
{
	if (!good)
		abort();
}

static void use_segments(const struct rvf_file *f, size_t size)
{
	__u64 end = 0;

	for (size_t i = 0; i < rvf_file_count(f); i++) {
		const struct rvf_file_segment *s = rvf_file_segment(f, i);

		must(s->header >= end && s->offset == s->header + 64 && s->offset <= size &&
		     s->length <= size - s->offset);
		end = s->offset + s->length;
		rvf_file_checksum_ok(f, s);
	}
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t length);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t length)
{
	struct rvf_package *package;
	struct rvf_error e = { 0 };
	int err;

	if (!file.fd)
		memory_file_open(&file);
	memory_file_set(&file, data, length);
	err = rvf_package_load(&package, file.path, &e);
	must(!err == !e.err);
	if (err)
		return 0;
	use_segments(package->file, length);
	must(package->manifest_length <= length && package->envelope_length <= length);
	for (size_t i = 0; i < package->n_offsets; i++)
		must(package->offsets[i] == ~0ull || package->offsets[i] <= length);
	rvf_package_check_segments(package, &e);
	rvf_package_free(package);
	return 0;
}
