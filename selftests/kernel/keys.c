// SPDX-License-Identifier: GPL-2.0-only
/*
 * RVF_KEY_ADD and RVF_KEY_LIST: what a key record has to be, and which keys
 * are refused because anyone could sign with them.
 */
#include <endian.h>
#include <openssl/bn.h>
#include <time.h>

#include "kselftest_harness.h"
#include "util_package.h"

FIXTURE(keys)
{
	int ctl;
	struct rvf_key_record record;
	struct rvf_key_add add;
};

static void set_modulus(struct rvf_key_record *record, const BIGNUM *n)
{
	if (BN_bn2binpad(n, record->key, RVF_RSA4096_LEN) != RVF_RSA4096_LEN)
		die("this modulus is too large");
}

FIXTURE_SETUP(keys)
{
	uint8_t modulus[RVF_RSA4096_LEN];

	self->ctl = ctl_open();
	key_fresh_modulus(modulus);
	key_record_around(modulus, &self->record);
}

FIXTURE_TEARDOWN(keys)
{
}

static unsigned int count_keys(int ctl)
{
	return ctl_info(ctl).out_keys;
}

#define REFUSED(err, reason, record)                                            \
	do {                                                                    \
		unsigned int before = count_keys(self->ctl);                    \
		EXPECT_EQ(-(err), key_add_full(self->ctl, record, &self->add)); \
		EXPECT_EQ(reason, self->add.out_reason);                        \
		EXPECT_EQ(before, count_keys(self->ctl));                       \
	} while (0)

#define REFUSED_AT(err, reason, record, field)                                         \
	do {                                                                           \
		REFUSED(err, reason, record);                                          \
		EXPECT_EQ(offsetof(struct rvf_key_record, field), self->add.out_index) \
		{                                                                      \
			TH_LOG("field %s", #field);                                    \
		}                                                                      \
	} while (0)

#define MALFORMED(field) REFUSED_AT(EINVAL, RVF_REASON_KEY_RECORD, &self->record, field)

TEST_F(keys, magic)
{
	for (unsigned int i = 0; i < sizeof(self->record.magic); i++) {
		self->record.magic[i] ^= 1;
		MALFORMED(magic);
		self->record.magic[i] ^= 1;
	}
}

TEST_F(keys, algorithm)
{
	const uint16_t unknown[] = { 0, 2, 0x100, 0xffff };

	for (unsigned int i = 0; i < ARRAY_SIZE(unknown); i++) {
		self->record.algorithm = htole16(unknown[i]);
		REFUSED(EOPNOTSUPP, RVF_REASON_KEY_ALGORITHM, &self->record);
	}
}

TEST_F(keys, usage)
{
	self->record.usage = 0;
	MALFORMED(usage);
	/* A developer's key that could not sign anything */
	self->record.usage = htole16(RVF_KEY_DEVELOPER);
	MALFORMED(usage);
	for (int bit = 2; bit < 16; bit++) {
		int result;

		self->record.usage = htole16(RVF_KEY_MOUNT | 1 << bit);
		result = key_add_full(self->ctl, &self->record, &self->add);
		EXPECT_EQ(-EOPNOTSUPP, result);
	}
}

TEST_F(keys, key_len)
{
	const uint32_t lengths[] = { 0, 1, 256, 511, 513, 526, 2048, 2049, 0x80000200, 0xffffffff };

	for (unsigned int i = 0; i < ARRAY_SIZE(lengths); i++) {
		self->record.key_len = htole32(lengths[i]);
		MALFORMED(key_len);
	}
}

TEST_F(keys, key_padding)
{
	const unsigned int places[] = { RVF_RSA4096_LEN, 1000, RVF_KEY_PUBLIC_LEN - 1 };

	for (unsigned int i = 0; i < ARRAY_SIZE(places); i++) {
		self->record.key[places[i]] = 1;
		REFUSED(EINVAL, RVF_REASON_KEY_RECORD, &self->record);
		self->record.key[places[i]] = 0;
	}
}

TEST_F(keys, label)
{
	const char bad[] = { 1, '\t', '\n', 31, 127, (char)128, (char)255 };
	char *label = self->record.label;

	for (unsigned int i = 0; i < sizeof(bad); i++) {
		label[3] = bad[i];
		MALFORMED(label);
		label[3] = 'x';
	}
	/* Behind the NUL */
	label[RVF_KEY_LABEL_LEN - 1] = 'x';
	MALFORMED(label);
	/* Without one */
	memset(label, 'x', RVF_KEY_LABEL_LEN);
	MALFORMED(label);
}

TEST_F(keys, prefixes)
{
	static const char *const bad[] = {
		"demo",	  "/",	    "/demo/", "//demo",	    "/demo//x", "/.demo",
		"/de mo", "/-demo", "/..",    "/d\xc3\xa9", "/demo\n",	"/demo/*",
	};
	char(*prefixes)[RVF_MAX_NAME] = self->record.prefixes;

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		for (int place = 0; place < RVF_KEY_PREFIXES; place++) {
			memset(prefixes, 0, sizeof(self->record.prefixes));
			for (int before = 0; before < place; before++)
				snprintf(prefixes[before], RVF_MAX_NAME, "/ok%d", before);
			strcpy(prefixes[place], bad[i]);
			REFUSED(EINVAL, RVF_REASON_KEY_RECORD, &self->record);
		}
	}
	/* A gap */
	memset(prefixes, 0, sizeof(self->record.prefixes));
	strcpy(prefixes[1], "/demo");
	REFUSED(EINVAL, RVF_REASON_KEY_RECORD, &self->record);
	/* Behind the NUL, and without one */
	memset(prefixes, 0, sizeof(self->record.prefixes));
	strcpy(prefixes[0], "/demo");
	prefixes[0][RVF_MAX_NAME - 1] = 'x';
	REFUSED(EINVAL, RVF_REASON_KEY_RECORD, &self->record);
	memset(prefixes[0], 'x', RVF_MAX_NAME);
	prefixes[0][0] = '/';
	REFUSED(EINVAL, RVF_REASON_KEY_RECORD, &self->record);
}

TEST_F(keys, dates)
{
	/* It would never count */
	self->record.not_before = htole64(2000000000);
	self->record.not_after = htole64(1999999999);
	REFUSED(EINVAL, RVF_REASON_KEY_RECORD, &self->record);
}

TEST_F(keys, expired)
{
	const uint64_t past[] = { 1, 1000000000, time(NULL) - 1 };

	for (unsigned int i = 0; i < ARRAY_SIZE(past); i++) {
		self->record.not_after = htole64(past[i]);
		REFUSED(EKEYEXPIRED, RVF_REASON_KEY_EXPIRED, &self->record);
	}
}

TEST_F(keys, bad_pointer)
{
	REFUSED(EFAULT, RVF_REASON_NONE, NULL);
	REFUSED(EFAULT, RVF_REASON_NONE, (void *)-4096);
}

#define WEAK() REFUSED(EKEYREJECTED, RVF_REASON_KEY_WEAK, &self->record)

TEST_F(keys, weak_even)
{
	self->record.key[RVF_RSA4096_LEN - 1] &= ~1;
	WEAK();
}

/* A modulus of fewer bits */
TEST_F(keys, weak_short)
{
	self->record.key[0] &= 0x7f;
	WEAK();
	memset(self->record.key, 0, RVF_RSA4096_LEN / 2);
	WEAK();
	memset(self->record.key, 0, RVF_RSA4096_LEN);
	WEAK();
	self->record.key[RVF_RSA4096_LEN - 1] = 1;
	WEAK();
}

/* Roots modulo a prime can be taken by anyone. This one is well known. */
TEST_F(keys, weak_prime)
{
	set_modulus(&self->record, BN_get_rfc3526_prime_4096(NULL));
	WEAK();
}

TEST_F(keys, weak_small_factor)
{
	static const BN_ULONG factors[] = { 3, 5, 7, 11, 101, 251, 257, 509, 997 };
	BIGNUM *n = BN_new(), *top = BN_new();

	for (unsigned int i = 0; i < ARRAY_SIZE(factors); i++) {
		BN_bin2bn(self->record.key, RVF_RSA4096_LEN, n);
		/* The next multiple that is odd */
		BN_sub_word(n, BN_mod_word(n, factors[i]));
		if (!BN_is_odd(n))
			BN_add_word(n, factors[i]);
		if (BN_num_bits(n) != 4096)
			continue;
		set_modulus(&self->record, n);
		WEAK();
	}
	/* A power of two and one: many small factors, and 2^4096 - 1 */
	BN_one(top);
	BN_lshift(top, top, 4096);
	BN_sub_word(top, 1);
	set_modulus(&self->record, top);
	WEAK();
}

TEST_F(keys, added)
{
	unsigned int before = count_keys(self->ctl);
	struct rvf_key_record listed;
	struct rvf_key_list list = { .size = sizeof(list), .record = (uintptr_t)&listed };
	uint8_t id[RVF_KEY_ID_LEN];

	memset(self->record.label, 0, sizeof(self->record.label));
	memset(self->record.label, '~', RVF_KEY_LABEL_LEN - 1);
	for (int i = 0; i < RVF_KEY_PREFIXES; i++)
		snprintf(self->record.prefixes[i], RVF_MAX_NAME, "/a.b-c_D/%d/x", i);
	self->record.not_before = htole64(17);
	self->record.not_after = htole64(time(NULL) + 3600);
	ASSERT_EQ(0, key_add_full(self->ctl, &self->record, &self->add));
	EXPECT_EQ(RVF_REASON_NONE, self->add.out_reason);
	key_record_id(&self->record, id);
	EXPECT_EQ(0, memcmp(id, self->add.out_key_id, sizeof(id)));
	ASSERT_EQ(before + 1, count_keys(self->ctl));

	list.index = before;
	ASSERT_EQ(0, rvf(self->ctl, RVF_KEY_LIST, &list));
	EXPECT_EQ(0, memcmp(&listed, &self->record, sizeof(listed)));
	EXPECT_EQ(0, memcmp(id, list.out_key_id, sizeof(id)));
	list.record = 0;
	EXPECT_EQ(0, rvf(self->ctl, RVF_KEY_LIST, &list));
	list.index = before + 1;
	EXPECT_EQ(-ENOENT, rvf(self->ctl, RVF_KEY_LIST, &list));
	list.index = 0xffffffff;
	EXPECT_EQ(-ENOENT, rvf(self->ctl, RVF_KEY_LIST, &list));
	list.index = before;
	list.record = 8;
	EXPECT_EQ(-EFAULT, rvf(self->ctl, RVF_KEY_LIST, &list));
}

TEST_F(keys, duplicate)
{
	uint8_t id[RVF_KEY_ID_LEN];

	ASSERT_EQ(0, key_add_full(self->ctl, &self->record, &self->add));
	memcpy(id, self->add.out_key_id, sizeof(id));
	REFUSED(EEXIST, RVF_REASON_NONE, &self->record);
	EXPECT_EQ(0, memcmp(id, self->add.out_key_id, sizeof(id)));
	/* What else the record says does not make it another key */
	strcpy(self->record.label, "a wider one");
	self->record.not_after = htole64(time(NULL) + 100000);
	strcpy(self->record.prefixes[0], "/wider");
	REFUSED(EEXIST, RVF_REASON_NONE, &self->record);
}

/* The id is that of the algorithm and the key, and of nothing else */
TEST_F(keys, id_is_told_on_refusal)
{
	uint8_t id[RVF_KEY_ID_LEN];

	ASSERT_EQ(0, key_add_full(self->ctl, &self->record, &self->add));
	key_record_id(&self->record, id);
	memset(&self->add, 0, sizeof(self->add));
	strcpy(self->record.label, "one more key");
	ASSERT_EQ(-EEXIST, key_add_full(self->ctl, &self->record, &self->add));
	EXPECT_EQ(0, memcmp(id, self->add.out_key_id, sizeof(id)));
}

/* The record changes while it is read: one consistent key is added, or none */
TEST_F_TIMEOUT(keys, changing_record, 60)
{
	struct rvf_key_record *shared = must(mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
						  MAP_SHARED | MAP_ANONYMOUS, -1, 0));
	uint64_t end = now_ms() + 2000;
	unsigned int known = count_keys(self->ctl);
	pid_t pid;

	*shared = self->record;
	pid = child();
	if (pid == 0) {
		for (;;) {
			shared->key[RVF_RSA4096_LEN - 1] ^= 1;
			shared->key[0] ^= 0x80;
		}
	}
	while (now_ms() < end && count_keys(self->ctl) < known + 1)
		key_add_full(self->ctl, shared, &self->add);
	must(kill(pid, SIGKILL));
	reap(pid);
	for (unsigned int i = known; i < count_keys(self->ctl); i++) {
		struct rvf_key_record listed;
		struct rvf_key_list list = {
			.size = sizeof(list),
			.index = i,
			.record = (uintptr_t)&listed,
		};
		uint8_t id[RVF_KEY_ID_LEN];

		ASSERT_EQ(0, rvf(self->ctl, RVF_KEY_LIST, &list));
		key_record_id(&listed, id);
		EXPECT_EQ(0, memcmp(id, list.out_key_id, sizeof(id)));
		EXPECT_EQ(1, listed.key[RVF_RSA4096_LEN - 1] & 1);
		EXPECT_EQ(0x80, listed.key[0] & 0x80);
	}
}

/* Must be the last one: the key set is full then */
TEST_F_TIMEOUT(keys, too_many, 300)
{
	uint8_t modulus[RVF_RSA4096_LEN];
	unsigned int count = count_keys(self->ctl);
	struct rvf_key_record first;
	struct rvf_key_list list = { .size = sizeof(list), .record = (uintptr_t)&first };

	while (count < RVF_MAX_KEYS) {
		int result = key_add_full(self->ctl, &self->record, &self->add);

		if (result)
			ASSERT_EQ(-EEXIST, result);
		key_fresh_modulus(modulus);
		memcpy(self->record.key, modulus, sizeof(modulus));
		count = count_keys(self->ctl);
	}
	REFUSED(EDQUOT, RVF_REASON_NONE, &self->record);
	EXPECT_EQ(RVF_MAX_KEYS, count_keys(self->ctl));
	/* One that is there is told from one too many */
	ASSERT_EQ(0, rvf(self->ctl, RVF_KEY_LIST, &list));
	REFUSED(EEXIST, RVF_REASON_NONE, &first);
}

TEST_HARNESS_MAIN
