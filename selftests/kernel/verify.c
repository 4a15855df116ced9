// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who signed: signatures, the envelope around them, and which keys count.
 * What is refused is refused by RVF_VERIFY and RVF_MOUNT alike.
 */
#include <endian.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "refuse.h"

FIXTURE(verify)
{
	int ctl;
	struct pkg *pkg;
};

FIXTURE_SETUP(verify)
{
	self->ctl = ctl_open();
	key_trust(self->ctl, KEY_OWNER);
	self->pkg = pkg_usual();
	pkg_finish(self->pkg, KEY_OWNER);
}

FIXTURE_TEARDOWN(verify)
{
}

TEST_F(verify, good)
{
	struct rvf_mount arg;
	uint8_t id[RVF_KEY_ID_LEN];
	unsigned int mounts = count_mounts(self->ctl);

	key_id(KEY_OWNER, id);
	memset(&arg, 0xff, sizeof(arg));
	EXPECT_EQ(0, pkg_verify(self->pkg, self->ctl, NULL, &arg));
	EXPECT_EQ(RVF_VERIFY_SIGNATURE_VALID, arg.out_status);
	EXPECT_EQ(RVF_REASON_NONE, arg.out_reason);
	EXPECT_EQ(0, arg.out_index);
	EXPECT_EQ(-1, arg.out_fd);
	EXPECT_EQ(2, arg.out_components);
	EXPECT_EQ(2, arg.out_regions);
	EXPECT_EQ(1, arg.out_queues);
	EXPECT_EQ(2, arg.out_tasks);
	EXPECT_EQ(0, memcmp(arg.out_key_id, id, sizeof(id)));
	EXPECT_EQ(mounts, count_mounts(self->ctl));
}

TEST_F(verify, unsigned_package)
{
	struct refusal refusal;

	self->pkg->envelope.length = 0;
	refuse(&refusal, self->pkg, self->ctl, NULL);
	EXPECT_REFUSED(ENODATA, RVF_REASON_UNSIGNED, RVF_VERIFY_SIGNATURE_INVALID);
}

TEST_F(verify, envelope_without_signature)
{
	struct refusal refusal;

	envelope_start(&self->pkg->envelope);
	envelope_end(&self->pkg->envelope);
	refuse(&refusal, self->pkg, self->ctl, NULL);
	EXPECT_REFUSED(ENODATA, RVF_REASON_UNSIGNED, RVF_VERIFY_SIGNATURE_INVALID);
}

TEST_F(verify, unknown_key)
{
	struct refusal refusal;
	uint8_t id[RVF_KEY_ID_LEN];

	pkg_sign(self->pkg, KEY_STRANGER);
	key_id(KEY_STRANGER, id);
	refuse(&refusal, self->pkg, self->ctl, NULL);
	EXPECT_REFUSED(ENOKEY, RVF_REASON_UNKNOWN_KEY, RVF_VERIFY_SIGNATURE_INVALID);
	EXPECT_EQ(0, memcmp(id, refusal.arg.out_key_id, sizeof(id)));
}

/* A signature by a key that is not known, under the id of one that is */
TEST_F(verify, other_key_id)
{
	struct refusal refusal;

	pkg_sign(self->pkg, KEY_STRANGER);
	key_id(KEY_OWNER, envelope_signature(&self->pkg->envelope, 0)->key_id);
	refuse(&refusal, self->pkg, self->ctl, NULL);
	EXPECT_REFUSED(EKEYREJECTED, RVF_REASON_BAD_SIGNATURE, RVF_VERIFY_SIGNATURE_INVALID);
}

#define EXPECT_BAD_SIGNATURE()                                         \
	do {                                                           \
		refuse(&refusal, self->pkg, self->ctl, NULL);          \
		EXPECT_REFUSED(EKEYREJECTED, RVF_REASON_BAD_SIGNATURE, \
			       RVF_VERIFY_SIGNATURE_INVALID);          \
	} while (0)

TEST_F_TIMEOUT(verify, flipped_manifest_bits, 120)
{
	struct refusal refusal;
	uint8_t *manifest = self->pkg->manifest;

	for (uint32_t place = 0; place < self->pkg->manifest_len; place += 37) {
		manifest[place] ^= 1 << place % 8;
		EXPECT_BAD_SIGNATURE();
		manifest[place] ^= 1 << place % 8;
	}
	EXPECT_EQ(0, pkg_verify(self->pkg, self->ctl, NULL, NULL));
}

TEST_F_TIMEOUT(verify, flipped_signature_bits, 120)
{
	struct refusal refusal;
	uint8_t *signature = (uint8_t *)(envelope_signature(&self->pkg->envelope, 0) + 1);

	for (int place = 0; place < RVF_RSA4096_LEN; place += 13) {
		signature[place] ^= 1 << place % 8;
		EXPECT_BAD_SIGNATURE();
		signature[place] ^= 1 << place % 8;
	}
	EXPECT_EQ(0, pkg_verify(self->pkg, self->ctl, NULL, NULL));
}

/* The manifest's length is signed too */
TEST_F(verify, shorter_or_longer_manifest)
{
	struct refusal refusal;
	uint32_t length = self->pkg->manifest_len;

	for (int change = -8; change <= 8; change++) {
		if (!change)
			continue;
		self->pkg->manifest_len = length + change;
		EXPECT_BAD_SIGNATURE();
	}
}

TEST_F(verify, numbers_as_signatures)
{
	struct refusal refusal;
	uint8_t *signature = (uint8_t *)(envelope_signature(&self->pkg->envelope, 0) + 1);
	struct rvf_key_record record;

	key_record(KEY_OWNER, &record);
	memset(signature, 0, RVF_RSA4096_LEN);
	EXPECT_BAD_SIGNATURE();
	signature[RVF_RSA4096_LEN - 1] = 1;
	EXPECT_BAD_SIGNATURE();
	memset(signature, 0xff, RVF_RSA4096_LEN);
	EXPECT_BAD_SIGNATURE();
	/* The modulus, and one less */
	memcpy(signature, record.key, RVF_RSA4096_LEN);
	EXPECT_BAD_SIGNATURE();
	signature[RVF_RSA4096_LEN - 1]--;
	EXPECT_BAD_SIGNATURE();
}

/* Signed, but something else: the tag and the length make the difference */
TEST_F(verify, signature_of_something_else)
{
	struct refusal refusal;
	uint8_t *signature = (uint8_t *)(envelope_signature(&self->pkg->envelope, 0) + 1);
	uint8_t digest[RVF_DIGEST_LEN];

	sha256(self->pkg->manifest, self->pkg->manifest_len, digest);
	sign_digest(KEY_OWNER, digest, signature);
	EXPECT_BAD_SIGNATURE();
	manifest_digest("", 0, digest);
	sign_digest(KEY_OWNER, digest, signature);
	EXPECT_BAD_SIGNATURE();
}

TEST_F(verify, signature_lengths)
{
	const uint32_t lengths[] = { 0, 1, 256, 511, 513, 520, 1024, 0x80000200, 0xffffffff };
	struct refusal refusal;
	uint8_t bytes[1024] = { 1 }, id[RVF_KEY_ID_LEN];

	key_id(KEY_OWNER, id);
	for (unsigned int i = 0; i < ARRAY_SIZE(lengths); i++) {
		uint32_t length = lengths[i] > sizeof(bytes) ? 512 : lengths[i];

		envelope_start(&self->pkg->envelope);
		envelope_entry(&self->pkg->envelope, RVF_ALG_RSA4096, id, bytes, length);
		envelope_end(&self->pkg->envelope);
		envelope_signature(&self->pkg->envelope, 0)->length = htole32(lengths[i]);
		refuse(&refusal, self->pkg, self->ctl, NULL);
		/* It has room for what it says, or it is none */
		if (lengths[i] && lengths[i] <= sizeof(bytes))
			EXPECT_REFUSED(EKEYREJECTED, RVF_REASON_BAD_SIGNATURE,
				       RVF_VERIFY_SIGNATURE_INVALID);
		else
			EXPECT_REFUSED(EBADMSG, RVF_REASON_ENVELOPE, RVF_VERIFY_SIGNATURE_INVALID);
	}
}

static void resize(struct pkg *pkg, int change, bool tell)
{
	pkg->envelope.length += change;
	if (tell)
		envelope_head(&pkg->envelope)->length = htole32(pkg->envelope.length);
}

/* Each change makes the envelope malformed, whatever it holds */
static void magic(struct pkg *pkg)
{
	envelope_head(&pkg->envelope)->magic[3] = '2';
}

static void version_0(struct pkg *pkg)
{
	envelope_head(&pkg->envelope)->version = 0;
}

static void version_2(struct pkg *pkg)
{
	envelope_head(&pkg->envelope)->version = htole16(2);
}

static void reserved(struct pkg *pkg)
{
	envelope_head(&pkg->envelope)->reserved = htole32(1);
}

static void count_too_high(struct pkg *pkg)
{
	envelope_head(&pkg->envelope)->count = htole16(2);
}

static void count_too_low(struct pkg *pkg)
{
	pkg_sign_more(pkg, KEY_STRANGER);
	envelope_head(&pkg->envelope)->count = htole16(1);
}

static void count_0_with_one(struct pkg *pkg)
{
	envelope_head(&pkg->envelope)->count = 0;
}

static void count_65535(struct pkg *pkg)
{
	envelope_head(&pkg->envelope)->count = 0xffff;
}

static void signature_reserved(struct pkg *pkg)
{
	envelope_signature(&pkg->envelope, 0)->reserved = htole16(1);
}

static void length_too_small(struct pkg *pkg)
{
	envelope_head(&pkg->envelope)->length = htole32(pkg->envelope.length - 8);
}

static void length_too_large(struct pkg *pkg)
{
	envelope_head(&pkg->envelope)->length = htole32(pkg->envelope.length + 8);
}

static void cut(struct pkg *pkg)
{
	resize(pkg, -1, true);
}

static void cut_in_signature(struct pkg *pkg)
{
	resize(pkg, -256, true);
}

static void cut_in_entry(struct pkg *pkg)
{
	resize(pkg, -RVF_RSA4096_LEN - 8, true);
}

static void cut_in_head(struct pkg *pkg)
{
	pkg->envelope.length = sizeof(struct rvf_envelope) - 1;
}

static void one_byte(struct pkg *pkg)
{
	pkg->envelope.length = 1;
}

static void bytes_behind(struct pkg *pkg)
{
	resize(pkg, 8, true);
}

static void bytes_behind_untold(struct pkg *pkg)
{
	resize(pkg, 8, false);
}

FIXTURE(envelope)
{
	int ctl;
	struct pkg *pkg;
};

FIXTURE_VARIANT(envelope)
{
	void (*spoil)(struct pkg * pkg);
};

#define SPOIL(function)                         \
	FIXTURE_VARIANT_ADD(envelope, function) \
	{                                       \
		.spoil = function,              \
	}

SPOIL(magic);
SPOIL(version_0);
SPOIL(version_2);
SPOIL(reserved);
SPOIL(count_too_high);
SPOIL(count_too_low);
SPOIL(count_0_with_one);
SPOIL(count_65535);
SPOIL(signature_reserved);
SPOIL(length_too_small);
SPOIL(length_too_large);
SPOIL(cut);
SPOIL(cut_in_signature);
SPOIL(cut_in_entry);
SPOIL(cut_in_head);
SPOIL(one_byte);
SPOIL(bytes_behind);
SPOIL(bytes_behind_untold);

FIXTURE_SETUP(envelope)
{
	self->ctl = ctl_open();
	key_trust(self->ctl, KEY_OWNER);
	self->pkg = pkg_usual();
	pkg_finish(self->pkg, KEY_OWNER);
}

FIXTURE_TEARDOWN(envelope)
{
}

TEST_F(envelope, malformed)
{
	struct refusal refusal;

	ASSERT_EQ(0, pkg_verify(self->pkg, self->ctl, NULL, NULL));
	variant->spoil(self->pkg);
	refuse(&refusal, self->pkg, self->ctl, NULL);
	EXPECT_REFUSED(EBADMSG, RVF_REASON_ENVELOPE, RVF_VERIFY_SIGNATURE_INVALID);
}

TEST_F(verify, too_many_signatures)
{
	struct refusal refusal;
	uint8_t bytes[RVF_RSA4096_LEN] = { 0 }, id[RVF_KEY_ID_LEN] = { 0 };

	/* Eight are allowed, and the last one may be the one that counts */
	envelope_start(&self->pkg->envelope);
	for (int i = 0; i < RVF_MAX_SIGNATURES - 1; i++) {
		id[0] = i;
		envelope_entry(&self->pkg->envelope, RVF_ALG_RSA4096, id, bytes, sizeof(bytes));
	}
	pkg_sign_more(self->pkg, KEY_OWNER);
	EXPECT_EQ(0, pkg_verify(self->pkg, self->ctl, NULL, NULL));
	id[0] = 100;
	envelope_entry(&self->pkg->envelope, RVF_ALG_RSA4096, id, bytes, sizeof(bytes));
	envelope_end(&self->pkg->envelope);
	refuse(&refusal, self->pkg, self->ctl, NULL);
	EXPECT_REFUSED(EBADMSG, RVF_REASON_ENVELOPE, RVF_VERIFY_SIGNATURE_INVALID);
}

TEST_F(verify, envelope_too_large)
{
	static uint8_t large[RVF_MAX_ENVELOPE + 8];
	struct rvf_mount arg;

	memcpy(large, self->pkg->envelope.data, self->pkg->envelope.length);
	pkg_mount_arg(self->pkg, NULL, &arg);
	arg.signatures = (uintptr_t)large;
	arg.signatures_len = sizeof(large);
	((struct rvf_envelope *)large)->length = htole32(sizeof(large));
	EXPECT_EQ(-EBADMSG, rvf(self->ctl, RVF_VERIFY, &arg));
	EXPECT_EQ(RVF_REASON_ENVELOPE, arg.out_reason);
	arg.signatures_len = 0xffffffff;
	EXPECT_EQ(-EBADMSG, rvf(self->ctl, RVF_VERIFY, &arg));
	EXPECT_EQ(RVF_REASON_ENVELOPE, arg.out_reason);
}

/* Keys that are not known, or algorithms that are not here, do not spoil one that counts */
TEST_F(verify, several_signatures)
{
	uint8_t owner[RVF_KEY_ID_LEN], id[RVF_KEY_ID_LEN] = { 9 }, bytes[100] = { 1, 2, 3 };
	struct rvf_mount arg;

	key_id(KEY_OWNER, owner);
	pkg_sign(self->pkg, KEY_STRANGER);
	pkg_sign_more(self->pkg, KEY_OWNER);
	EXPECT_EQ(0, pkg_verify(self->pkg, self->ctl, NULL, &arg));
	EXPECT_EQ(0, memcmp(arg.out_key_id, owner, sizeof(owner)));

	pkg_sign(self->pkg, KEY_OWNER);
	pkg_sign_more(self->pkg, KEY_STRANGER);
	EXPECT_EQ(0, pkg_verify(self->pkg, self->ctl, NULL, &arg));
	EXPECT_EQ(0, memcmp(arg.out_key_id, owner, sizeof(owner)));

	envelope_start(&self->pkg->envelope);
	envelope_entry(&self->pkg->envelope, 77, id, bytes, sizeof(bytes));
	pkg_sign_more(self->pkg, KEY_OWNER);
	EXPECT_EQ(0, pkg_verify(self->pkg, self->ctl, NULL, &arg));
	EXPECT_EQ(0, memcmp(arg.out_key_id, owner, sizeof(owner)));
}

TEST_F(verify, unknown_algorithm_alone)
{
	const uint16_t unknown[] = { 0, 2, 0xffff };
	struct refusal refusal;

	for (unsigned int i = 0; i < ARRAY_SIZE(unknown); i++) {
		envelope_signature(&self->pkg->envelope, 0)->algorithm = htole16(unknown[i]);
		EXPECT_BAD_SIGNATURE();
	}
}

/* Bytes that fill a signature up to a multiple of eight */
TEST_F(verify, padding)
{
	struct refusal refusal;
	uint8_t id[RVF_KEY_ID_LEN] = { 9 }, bytes[100] = { 1, 2, 3 };

	envelope_start(&self->pkg->envelope);
	envelope_entry(&self->pkg->envelope, 77, id, bytes, sizeof(bytes));
	pkg_sign_more(self->pkg, KEY_OWNER);
	self->pkg->envelope
		.data[sizeof(struct rvf_envelope) + sizeof(struct rvf_signature) + sizeof(bytes)] =
		1;
	refuse(&refusal, self->pkg, self->ctl, NULL);
	EXPECT_REFUSED(EBADMSG, RVF_REASON_ENVELOPE, RVF_VERIFY_SIGNATURE_INVALID);
}

/* Two signatures of one key: the later one is not looked at, or both fit */
TEST_F(verify, same_key_twice)
{
	int result;

	pkg_sign(self->pkg, KEY_OWNER);
	pkg_sign_more(self->pkg, KEY_OWNER);
	result = pkg_verify(self->pkg, self->ctl, NULL, NULL);
	EXPECT_TRUE(result == 0 || result == -EBADMSG);
}

TEST_F(verify, key_not_yet)
{
	struct refusal refusal;

	key_trust(self->ctl, KEY_EARLY);
	pkg_sign(self->pkg, KEY_EARLY);
	refuse(&refusal, self->pkg, self->ctl, NULL);
	EXPECT_REFUSED(EKEYEXPIRED, RVF_REASON_KEY_NOT_YET, RVF_VERIFY_SIGNATURE_INVALID);
}

TEST_F(verify, key_expired)
{
	struct refusal refusal;

	key_trust(self->ctl, KEY_BRIEF);
	pkg_sign(self->pkg, KEY_BRIEF);
	key_wait_expired(self->ctl, KEY_BRIEF);
	refuse(&refusal, self->pkg, self->ctl, NULL);
	EXPECT_REFUSED(EKEYEXPIRED, RVF_REASON_KEY_EXPIRED, RVF_VERIFY_SIGNATURE_INVALID);
}

TEST_F(verify, key_names)
{
	static const struct {
		const char *name;
		bool allowed;
	} names[] = {
		{ "/demo", true },	    { "/demo/x", true },	{ "/demo/x/y.z-1", true },
		{ "/other/place", true },   { "/other/place/x", true }, { "/demo2", false },
		{ "/dem", false },	    { "/x/demo", false },	{ "/other", false },
		{ "/other/places", false }, { "/Demo", false },
	};

	key_trust(self->ctl, KEY_DEMO);
	pkg_sign(self->pkg, KEY_DEMO);
	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
		struct refusal refusal;

		if (names[i].allowed) {
			EXPECT_EQ(0, pkg_verify(self->pkg, self->ctl, names[i].name, NULL));
			continue;
		}
		refuse(&refusal, self->pkg, self->ctl, names[i].name);
		EXPECT_REFUSED(EACCES, RVF_REASON_KEY_NAME, RVF_VERIFY_SIGNATURE_INVALID);
	}
}

/* A nameless mount counts as one of the package's name */
TEST_F(verify, key_names_nameless)
{
	struct refusal refusal;

	key_trust(self->ctl, KEY_DEMO);
	pkg_sign(self->pkg, KEY_DEMO);
	refuse(&refusal, self->pkg, self->ctl, NULL);
	EXPECT_REFUSED(EACCES, RVF_REASON_KEY_NAME, RVF_VERIFY_SIGNATURE_INVALID);
	self->pkg->name = "demo";
	pkg_build(self->pkg);
	pkg_sign(self->pkg, KEY_DEMO);
	EXPECT_EQ(0, pkg_verify(self->pkg, self->ctl, NULL, NULL));
}

/* One key may not sign here, the other may */
TEST_F(verify, one_of_two_keys_counts)
{
	uint8_t owner[RVF_KEY_ID_LEN];
	struct rvf_mount arg;

	key_trust(self->ctl, KEY_DEMO);
	key_trust(self->ctl, KEY_EARLY);
	key_id(KEY_OWNER, owner);
	pkg_sign(self->pkg, KEY_DEMO);
	pkg_sign_more(self->pkg, KEY_EARLY);
	pkg_sign_more(self->pkg, KEY_OWNER);
	EXPECT_EQ(0, pkg_verify(self->pkg, self->ctl, "/elsewhere", &arg));
	EXPECT_EQ(0, memcmp(arg.out_key_id, owner, sizeof(owner)));
}

TEST_HARNESS_MAIN
