// SPDX-License-Identifier: GPL-2.0-only
/*
 * A mount of a small package against the verification of one signature, and
 * of a large one against the hash of as many bytes.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rvf/device.h>
#include <rvf/package.h>

#include "bench.h"
#include "crypto.h"
#include "mounts.h"

static double time_mount(void *data, double unit)
{
	uint64_t started = now_ns();
	int mount = mount_package(data);
	double time = (now_ns() - started) / unit;

	if (mount < 0)
		return mount;
	unmount(mount);
	return time;
}

static double mount_us(void *data)
{
	return time_mount(data, 1e3);
}

static double mount_ms(void *data)
{
	return time_mount(data, 1e6);
}

static double verify_us(void *data)
{
	struct rvf_mount_result result;
	uint64_t started = now_ns();
	int ret = rvf_verify_package(control_fd(), data, NULL, NULL, &result, NULL);

	return ret < 0 ? ret : (now_ns() - started) / 1e3;
}

static double pkey_us(void *data)
{
	uint64_t started = now_ns();
	int ret = verifier_run(data);

	return ret < 0 ? ret : (now_ns() - started) / 1e3;
}

static double hash_ms(void *data)
{
	unsigned char digest[32];
	uint64_t started = now_ns();
	int ret = hasher_run(data, digest);

	return ret < 0 ? ret : (now_ns() - started) / 1e6;
}

static void measure_small(struct bench *bench)
{
	static struct verifier verifier;
	unsigned int first = bench->row_count;
	struct rvf_package *package = load_package(in_dir(bench, "small.rvf"));
	struct row *pkey, *mount, *verify;
	const char *what;
	int err;

	mount = row_add(bench, "mount of 4 KiB", "us", mount_us, package);
	verify = row_add(bench, "VERIFY of 4 KiB", "us", verify_us, package);
	pkey = row_add(bench, "RSA-4096 verification by the kernel", "us", pkey_us, &verifier);
	mount->peer = pkey;
	mount->target = 1.5;
	verify->peer = pkey;
	row_note(
		mount,
		"RVF_MOUNT of a package with a region of 4 KiB and a tiny image, signed with RSA-4096, the unmount not counted");
	row_note(verify, "RVF_VERIFY of the same package");
	row_note(pkey, "KEYCTL_PKEY_VERIFY with the same key");
	if (!package) {
		row_skip(mount, "the package cannot be loaded");
		row_skip(verify, "the package cannot be loaded");
	}
	err = verifier_open(&verifier, bench->dir, &what);
	if (err < 0)
		row_skip(pkey, "not measured: %s: %s", what, strerror(-err));
	measure_rounds(bench, first, 60);
	rvf_package_free(package);
}

static void measure_large(struct bench *bench)
{
	static struct hasher hasher;
	unsigned int first = bench->row_count;
	struct rvf_package *package = load_package(in_dir(bench, "large.rvf"));
	struct row *mount, *hash;
	const char *what;
	int err;

	mount = row_add(bench, "mount of 64 MiB", "ms", mount_ms, package);
	hash = row_add(bench, "SHA-256 of 64 MiB by the kernel", "ms", hash_ms, &hasher);
	mount->peer = hash;
	mount->target = 1.15;
	row_note(
		mount,
		"RVF_MOUNT of a package with a region of 64 MiB, in the page cache, the unmount not counted");
	row_note(hash, "AF_ALG, the same bytes in a mapping, 1 MiB in a send()");
	if (!package)
		row_skip(mount, "the package cannot be loaded");
	err = hasher_open(&hasher, in_dir(bench, "large.bin"), &what);
	if (err < 0)
		row_skip(hash, "not measured: %s: %s", what, strerror(-err));
	measure_rounds(bench, first, 9);
	rvf_package_free(package);
}

void bench_mount(struct bench *bench)
{
	measure_small(bench);
	measure_large(bench);
}
