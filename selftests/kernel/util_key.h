/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RVF_SELFTESTS_UTIL_KEY_H
#define RVF_SELFTESTS_UTIL_KEY_H

#include "util.h"

/*
 * The key pairs that the build made, pem/NAME.pem, and what the key set is
 * told of them.
 */
enum test_key {
	KEY_OWNER, /* for every name */
	KEY_DEMO, /* for /demo and below it, and for /other/place */
	KEY_BRIEF, /* expires two seconds after it was first added */
	KEY_EARLY, /* does not count for ten years */
	KEY_STRANGER, /* never added */
	KEY_DEVELOPER, /* its packages may relax checks */
	KEY_COUNT,
};

/* The record as it is added; with a label and prefixes */
void key_record(enum test_key key, struct rvf_key_record *record);
/* By way of the record's algorithm and key */
void key_record_id(const struct rvf_key_record *record, uint8_t id[RVF_KEY_ID_LEN]);
void key_id(enum test_key key, uint8_t id[RVF_KEY_ID_LEN]);
/* A modulus that looks like any other; nobody knows a private key for it */
void key_fresh_modulus(uint8_t modulus[RVF_RSA4096_LEN]);
/* A record around any modulus */
void key_record_around(const uint8_t modulus[RVF_RSA4096_LEN], struct rvf_key_record *record);

int key_add_full(int ctl, const struct rvf_key_record *record, struct rvf_key_add *add);
/* Adds a key unless it is there */
void key_trust(int ctl, enum test_key key);
/* Waits until KEY_BRIEF counts no more */
void key_wait_expired(int ctl, enum test_key key);

/* The digest that is signed for a manifest */
void manifest_digest(const void *manifest, size_t length, uint8_t digest[RVF_DIGEST_LEN]);
void sign_digest(enum test_key key, const uint8_t digest[RVF_DIGEST_LEN],
		 uint8_t signature[RVF_RSA4096_LEN]);
void sha256(const void *data, size_t length, uint8_t digest[RVF_DIGEST_LEN]);

/*
 * An envelope, built up: envelope_start, then entries, then envelope_end.
 * There is room for more signatures than are allowed.
 */
struct envelope {
	uint32_t length;
	uint16_t count;
	uint8_t data[16384] __attribute__((aligned(8)));
};

void envelope_start(struct envelope *envelope);
void envelope_entry(struct envelope *envelope, uint16_t algorithm, const uint8_t id[RVF_KEY_ID_LEN],
		    const void *signature, uint32_t length);
void envelope_end(struct envelope *envelope);
static inline struct rvf_envelope *envelope_head(struct envelope *envelope)
{
	return (struct rvf_envelope *)envelope->data;
}

/* The first entry, as long as all before it are RSA-4096 */
static inline struct rvf_signature *envelope_signature(struct envelope *envelope,
						       unsigned int number)
{
	size_t entry = sizeof(struct rvf_signature) + RVF_RSA4096_LEN;

	return (struct rvf_signature *)(envelope->data + sizeof(struct rvf_envelope) +
					number * entry);
}

#endif
