// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Key records in files: a PEM block of our own, or what rvf_record_of_der()
 * makes a record from.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include "key_internal.h"

#define ARMOUR	 "RVF KEY RECORD"
#define MAX_FILE 65536

static int no_key(struct rvf_error *e)
{
	rvf_error_set(e, EBADMSG, "bad-key", "it holds no key record");
	rvf_error_why(e, "a key record begins with -----BEGIN " ARMOUR "-----; a public key or a"
			 " certificate in PEM is taken too");
	return -EBADMSG;
}

static int private_key(struct rvf_error *e)
{
	rvf_error_set(e, EBADMSG, "bad-key", "it is a private key");
	rvf_error_why(e, "hosts are given public keys only");
	rvf_error_hint(e, "give the .pub file, and keep this one where you sign");
	return -EBADMSG;
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), tail = strlen(end);

	return length >= tail && !strcmp(text + length - tail, end);
}

/* One PEM block; @label is for keys that do not say what they are. */
static int record_of_block(struct rvf_key_record *record, const char *kind, const char *headers,
			   const __u8 *data, long len, const char *label, struct rvf_error *e)
{
	if (ends_with(kind, "PRIVATE KEY"))
		return private_key(e);
	if (*headers)
		return no_key(e);
	if (!strcmp(kind, ARMOUR)) {
		if (len != sizeof(*record)) {
			rvf_error_set(e, EBADMSG, "bad-key", "the key record is malformed");
			rvf_error_why(e, "it has %ld bytes, not %zu", len, sizeof(*record));
			return -EBADMSG;
		}
		memcpy(record, data, sizeof(*record));
		return rvf_key_record_check(record, e);
	}
	if (strcmp(kind, "PUBLIC KEY") && strcmp(kind, "RSA PUBLIC KEY") &&
	    strcmp(kind, "CERTIFICATE") && strcmp(kind, "X509 CERTIFICATE"))
		return no_key(e);
	return rvf_record_of_der(record, kind, data, len, label, e);
}

static int decode(struct rvf_key_record *record, const char *text, size_t length, const char *label,
		  struct rvf_error *e)
{
	char *kind = NULL, *headers = NULL;
	unsigned char *data = NULL;
	long len = 0;
	BIO *bio;
	int err;

	memset(record, 0, sizeof(*record));
	if (!length || length > MAX_FILE)
		return no_key(e);
	bio = BIO_new_mem_buf(text, length);
	if (!bio)
		return rvf_error_system(e, ENOMEM, "the key cannot be read");
	if (PEM_read_bio(bio, &kind, &headers, &data, &len))
		err = record_of_block(record, kind, headers, data, len, label, e);
	else
		err = no_key(e);
	OPENSSL_free(kind);
	OPENSSL_free(headers);
	OPENSSL_free(data);
	BIO_free(bio);
	if (err)
		memset(record, 0, sizeof(*record));
	return err;
}

int rvf_key_record_decode(struct rvf_key_record *record, const char *text, size_t length,
			  struct rvf_error *e)
{
	return decode(record, text, length, "", e);
}

/* The whole of a small file. */
static ssize_t read_small(const char *path, char *text, size_t room, struct rvf_error *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	size_t length = 0;
	ssize_t n;

	if (fd < 0)
		return rvf_error_system(e, errno, "cannot open %s", path);
	do {
		n = read(fd, text + length, room - length);
		if (n > 0)
			length += n;
	} while (n > 0 || (n < 0 && errno == EINTR));
	if (n < 0)
		n = rvf_error_system(e, errno, "cannot read %s", path);
	else
		n = length;
	close(fd);
	return n;
}

int rvf_key_record_load(struct rvf_key_record *record, const char *path, struct rvf_error *e)
{
	char *text = malloc(MAX_FILE + 1);
	const char *slash = strrchr(path, '/');
	char label[RVF_KEY_LABEL_LEN], *dot;
	ssize_t length;
	int err;

	if (!text)
		return rvf_error_system(e, ENOMEM, "cannot read %s", path);
	snprintf(label, sizeof(label), "%s", slash ? slash + 1 : path);
	dot = strrchr(label, '.');
	if (dot && dot != label)
		*dot = 0;
	length = read_small(path, text, MAX_FILE + 1, e);
	err = length < 0 ? (int)length : decode(record, text, length, label, e);
	free(text);
	return err;
}

/* A new file with these bytes, on the disk, or none. */
static int write_new(const char *path, mode_t mode, BIO *bytes, struct rvf_error *e)
{
	char *data;
	long length = BIO_get_mem_data(bytes, &data), done = 0;
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	int err = 0;

	if (fd < 0)
		return rvf_error_system(e, errno, "cannot make %s", path);
	while (done < length && !err) {
		ssize_t n = write(fd, data + done, length - done);

		if (n >= 0)
			done += n;
		else if (errno != EINTR)
			err = -errno;
	}
	if (!err && fsync(fd))
		err = -errno;
	if (close(fd) && !err)
		err = -errno;
	if (err) {
		unlink(path);
		rvf_error_system(e, -err, "cannot write %s", path);
	}
	return err;
}

int rvf_key_record_save(const struct rvf_key_record *record, const char *path, struct rvf_error *e)
{
	BIO *bio = BIO_new(BIO_s_mem());
	int err;

	if (!bio || !PEM_write_bio(bio, ARMOUR, "", (const unsigned char *)record, sizeof(*record)))
		err = rvf_error_system(e, ENOMEM, "cannot write %s", path);
	else
		err = write_new(path, 0644, bio, e);
	BIO_free(bio);
	return err;
}

static int save_private(EVP_PKEY *pkey, const char *path, struct rvf_error *e)
{
	BIO *bio = BIO_new(BIO_s_secmem());
	int err;

	if (!bio || !PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL))
		err = rvf_error_system(e, ENOMEM, "cannot write %s", path);
	else
		err = write_new(path, 0600, bio, e);
	BIO_free(bio);
	return err;
}

static int refuse_existing(const char *path, struct rvf_error *e)
{
	if (!faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW))
		return rvf_error_system(e, EEXIST, "cannot make %s", path);
	return 0;
}

int rvf_key_generate(const char *private_path, const char *public_path,
		     const struct rvf_key_options *options, struct rvf_key_record *record,
		     struct rvf_error *e)
{
	struct rvf_key_record made;
	EVP_PKEY *pkey;
	int err;

	/* Making a key takes seconds: first what can be known before. */
	err = refuse_existing(private_path, e);
	if (!err)
		err = refuse_existing(public_path, e);
	if (err)
		return err;
	pkey = EVP_RSA_gen(8 * RVF_RSA4096_LEN);
	if (!pkey)
		return rvf_error_system(e, ENOMEM, "the key could not be made");
	err = rvf_record_of_options(&made, pkey, options, e);
	if (!err)
		err = save_private(pkey, private_path, e);
	EVP_PKEY_free(pkey);
	if (err)
		return err;
	err = rvf_key_record_save(&made, public_path, e);
	if (err)
		unlink(private_path);
	else if (record)
		*record = made;
	return err;
}
