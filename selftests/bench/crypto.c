// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <linux/if_alg.h>
#include <linux/keyctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "crypto.h"

/* As much as one send() to AF_ALG takes without splitting it further. */
#define HASH_CHUNK (1 << 20)

static const char parameters[] = "enc=pkcs1 hash=sha256";

static ssize_t read_file(const char *dir, const char *name, void *data, size_t room)
{
	char path[4096];
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	length = read(fd, data, room);
	if (length < 0)
		length = -errno;
	close(fd);
	return length;
}

int verifier_open(struct verifier *verifier, const char *dir, const char **what)
{
	struct keyctl_pkey_query query;
	unsigned char der[8192];
	ssize_t length;

	*what = "reading the certificate";
	length = read_file(dir, "bench.der", der, sizeof(der));
	if (length < 0)
		return length;
	*what = "reading the digest";
	if (read_file(dir, "digest", verifier->digest, 32) != 32)
		return -EIO;
	*what = "reading the signature";
	if (read_file(dir, "signature", verifier->signature, 512) != 512)
		return -EIO;

	*what = "add_key";
	verifier->key = syscall(SYS_add_key, "asymmetric", "rvf-bench", der, length,
				KEY_SPEC_PROCESS_KEYRING);
	if (verifier->key < 0)
		return -errno;
	*what = "KEYCTL_PKEY_QUERY";
	if (syscall(SYS_keyctl, KEYCTL_PKEY_QUERY, verifier->key, 0, parameters, &query) < 0)
		return -errno;
	*what = "KEYCTL_PKEY_QUERY: the kernel does not offer to verify";
	if (!(query.supported_ops & KEYCTL_SUPPORTS_VERIFY))
		return -EOPNOTSUPP;
	*what = "KEYCTL_PKEY_VERIFY";
	return verifier_run(verifier);
}

int verifier_run(const struct verifier *verifier)
{
	struct keyctl_pkey_params params = {
		.key_id = verifier->key,
		.in_len = sizeof(verifier->digest),
		.in2_len = sizeof(verifier->signature),
	};

	if (syscall(SYS_keyctl, KEYCTL_PKEY_VERIFY, &params, parameters, verifier->digest,
		    verifier->signature) < 0)
		return -errno;
	return 0;
}

int hasher_open(struct hasher *hasher, const char *path, const char **what)
{
	struct sockaddr_alg address = {
		.salg_family = AF_ALG,
		.salg_type = "hash",
		.salg_name = "sha256",
	};
	struct stat st;
	void *data;
	int fd, ret = -EIO;

	*what = path;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) == 0 && st.st_size > 0) {
		data = mmap(NULL, st.st_size, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
		if (data != MAP_FAILED) {
			hasher->data = data;
			hasher->length = st.st_size;
			ret = 0;
		}
	}
	close(fd);
	if (ret < 0)
		return ret;

	*what = "AF_ALG";
	hasher->socket = socket(AF_ALG, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (hasher->socket < 0)
		return -errno;
	if (bind(hasher->socket, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	return 0;
}

int hasher_run(const struct hasher *hasher, unsigned char digest[32])
{
	size_t done, chunk;
	int fd, ret = 0;

	fd = accept4(hasher->socket, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0)
		return -errno;
	for (done = 0; ret == 0 && done < hasher->length; done += chunk) {
		chunk = hasher->length - done;
		if (chunk > HASH_CHUNK)
			chunk = HASH_CHUNK;
		if (send(fd, (const char *)hasher->data + done, chunk, MSG_MORE) != (ssize_t)chunk)
			ret = errno ? -errno : -EIO;
	}
	if (ret == 0 && send(fd, NULL, 0, 0) < 0)
		ret = -errno;
	if (ret == 0 && read(fd, digest, 32) != 32)
		ret = -EIO;
	close(fd);
	return ret;
}
