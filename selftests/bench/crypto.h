/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel offers for the two costs of a mount. */
#ifndef RVF_BENCH_CRYPTO_H
#define RVF_BENCH_CRYPTO_H

#include <stddef.h>

/* KEYCTL_PKEY_VERIFY of a signature over a SHA-256 digest. */
struct verifier {
	int key;
	unsigned char digest[32];
	unsigned char signature[512];
};

/*
 * Reads DIR/bench.der (a certificate), DIR/digest and DIR/signature. Returns 0
 * or a negative errno, with *what naming the step.
 */
int verifier_open(struct verifier *verifier, const char *dir, const char **what);
int verifier_run(const struct verifier *verifier);

/* SHA-256 of a file's bytes by the kernel, through AF_ALG. */
struct hasher {
	int socket;
	const void *data;
	size_t length;
};

int hasher_open(struct hasher *hasher, const char *path, const char **what);
int hasher_run(const struct hasher *hasher, unsigned char digest[32]);

#endif /* RVF_BENCH_CRYPTO_H */
