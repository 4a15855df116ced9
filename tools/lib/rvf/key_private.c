// SPDX-License-Identifier: LGPL-2.1-or-later
/* Private keys, for signers. They never leave OpenSSL. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include "key_internal.h"

/* The first line of the file that RVF_PASSPHRASE_FILE names. */
static int passphrase_of_file(const char *path, char *out, int room)
{
	FILE *file = fopen(path, "re");
	int length = -1;

	if (!file)
		return -1;
	if (fgets(out, room, file))
		length = strcspn(out, "\r\n");
	fclose(file);
	return length;
}

/* Asked for at a terminal only, so that nothing ever hangs for want of one. */
static int passphrase(char *out, int room, int rwflag, void *asked)
{
	const char *path = getenv("RVF_PASSPHRASE_FILE");

	*(bool *)asked = true;
	if (path)
		return passphrase_of_file(path, out, room);
	return isatty(STDIN_FILENO) ? PEM_def_callback(out, room, rwflag, NULL) : -1;
}

static int unreadable(struct rvf_error *e, const char *path, bool asked)
{
	ERR_clear_error();
	if (asked) {
		rvf_error_set(e, EACCES, "passphrase", "the key's passphrase is wrong or missing");
		rvf_error_hint(e, "put it into a file of mode 0600, and its path into"
				  " RVF_PASSPHRASE_FILE");
		return -EACCES;
	}
	rvf_error_set(e, EBADMSG, "bad-key", "%s is no private key in PEM", path);
	rvf_error_hint(e, "rvfctl key gen NAME makes NAME.key");
	return -EBADMSG;
}

int rvf_private_key_load(EVP_PKEY **out, const char *path, struct rvf_error *e)
{
	__u8 modulus[RVF_RSA4096_LEN];
	FILE *file = fopen(path, "re");
	bool asked = false;
	EVP_PKEY *pkey;
	int err;

	if (!file)
		return rvf_error_system(e, errno, "cannot open %s", path);
	pkey = PEM_read_PrivateKey(file, NULL, passphrase, &asked);
	fclose(file);
	if (!pkey)
		return unreadable(e, path, asked);
	err = rvf_key_modulus(pkey, modulus, e);
	if (err) {
		EVP_PKEY_free(pkey);
		return err;
	}
	*out = pkey;
	return 0;
}
