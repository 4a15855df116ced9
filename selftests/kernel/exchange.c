// SPDX-License-Identifier: GPL-2.0-only
/* RVF_EXCHANGE: two mounts swap names, at one moment. */
#include <fcntl.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "util_netlink.h"
#include "util_witness.h"

FIXTURE(exchange)
{
	int ctl;
	struct pkg *pkg;
	unsigned int mounts;
	const char *name[2];
	int mount[2];
	uint64_t id[2];
};

FIXTURE_SETUP(exchange)
{
	self->ctl = ctl_open();
	self->mounts = count_mounts(self->ctl);
	key_trust(self->ctl, KEY_OWNER);
	key_trust(self->ctl, KEY_DEMO);
	self->pkg = pkg_usual();
	pkg_finish(self->pkg, KEY_OWNER);
	for (int i = 0; i < 2; i++) {
		self->name[i] = strdup(unique_name(i ? "/test/another" : "/test/one"));
		self->mount[i] = must_rvf(pkg_mount(self->pkg, self->ctl, self->name[i], NULL));
		self->id[i] = mount_info(self->mount[i]).out_id;
	}
}

FIXTURE_TEARDOWN(exchange)
{
	for (int i = 0; i < 2; i++)
		unmount(self->mount[i], 0);
	EXPECT_TRUE(wait_mounts(self->ctl, self->mounts));
}

static int exchange(int mount, int other)
{
	struct rvf_exchange arg = { .size = sizeof(arg), .mount_fd = other };

	return rvf(mount, RVF_EXCHANGE, &arg);
}

static uint64_t id_of(int ctl, const char *name)
{
	int mount = open_mount(ctl, name);
	uint64_t id;

	if (mount < 0)
		return 0;
	id = mount_info(mount).out_id;
	close(mount);
	return id;
}

static void name_of(int mount, char name[RVF_MAX_NAME + 1])
{
	struct rvf_mount_info info = { .size = sizeof(info), .name_len = RVF_MAX_NAME };

	info.name = (uintptr_t)name;
	must_rvf(rvf(mount, RVF_MOUNT_INFO, &info));
	name[info.name_len] = '\0';
}

TEST_F(exchange, swaps)
{
	char name[RVF_MAX_NAME + 1];
	struct nl_message *message = calloc(1, sizeof(*message));
	struct witness_record r;
	struct witness log;
	size_t at = 0;
	struct nl nl;

	must_rvf(nl_open(&nl));
	must_rvf(nl_join(&nl));
	ASSERT_EQ(0, exchange(self->mount[0], self->mount[1]));
	EXPECT_EQ(self->id[1], id_of(self->ctl, self->name[0]));
	EXPECT_EQ(self->id[0], id_of(self->ctl, self->name[1]));
	name_of(self->mount[0], name);
	EXPECT_STREQ(self->name[1], name);
	name_of(self->mount[1], name);
	EXPECT_STREQ(self->name[0], name);
	for (int i = 0; i < 2; i++) {
		ASSERT_TRUE(nl_event(&nl, message, 5000));
		EXPECT_EQ(RVF_NL_EVENT_RENAMED, message->value[RVF_NL_A_EVENT]);
		EXPECT_EQ(self->id[i], message->value[RVF_NL_A_MOUNT_ID]);
		EXPECT_STREQ(self->name[!i], message->name);
	}
	witness_load(&log, self->ctl, ctl_info(self->ctl).out_witness_next - 1);
	ASSERT_TRUE(witness_next(&log, &at, &r));
	EXPECT_EQ(RVF_WITNESS_EXCHANGED, r.header.type);
	EXPECT_EQ(self->id[0], le64toh(r.payload.mount));
	EXPECT_EQ(self->id[1], le64toh(r.payload.value));
	EXPECT_STREQ(self->name[1], r.text);
	EXPECT_STREQ(self->name[0], r.text + strlen(r.text) + 1);

	/* And back; a name that went with its mount is free, the other is not */
	ASSERT_EQ(0, exchange(self->mount[0], self->mount[1]));
	ASSERT_EQ(0, exchange(self->mount[1], self->mount[0]));
	must_rvf(unmount(self->mount[0], 0));
	ASSERT_TRUE(wait_gone(self->mount[0]));
	EXPECT_EQ(-EEXIST, pkg_mount(self->pkg, self->ctl, self->name[0], NULL));
	close(self->mount[0]);
	self->mount[0] = must_rvf(pkg_mount(self->pkg, self->ctl, self->name[1], NULL));
	nl_close(&nl);
}

TEST_F(exchange, refused)
{
	int again = must_rvf(open_mount(self->ctl, self->name[0])), nameless, demo, pipes[2];
	const char *name = unique_name("/demo/exchange");
	struct rvf_exchange arg = { .size = sizeof(arg), .mount_fd = self->mount[1] };

	EXPECT_EQ(-EINVAL, exchange(self->mount[0], self->mount[0]));
	EXPECT_EQ(-EINVAL, exchange(self->mount[0], again));
	EXPECT_EQ(-EBADF, exchange(self->mount[0], -1));
	EXPECT_EQ(-EBADF, exchange(self->mount[0], self->ctl));
	must(pipe(pipes));
	EXPECT_EQ(-EBADF, exchange(self->mount[0], pipes[0]));
	arg.__reserved = 1;
	EXPECT_EQ(-EOPNOTSUPP, rvf(self->mount[0], RVF_EXCHANGE, &arg));

	nameless = must_rvf(pkg_mount(self->pkg, self->ctl, NULL, NULL));
	EXPECT_EQ(-EINVAL, exchange(self->mount[0], nameless));
	EXPECT_EQ(-EINVAL, exchange(nameless, self->mount[0]));
	close(nameless);

	/* Whose key may not sign for the other's name */
	pkg_finish(self->pkg, KEY_DEMO);
	demo = must_rvf(pkg_mount(self->pkg, self->ctl, name, NULL));
	EXPECT_EQ(-EACCES, exchange(self->mount[0], demo));
	EXPECT_EQ(-EACCES, exchange(demo, self->mount[0]));
	EXPECT_EQ(self->id[0], id_of(self->ctl, self->name[0]));

	must_rvf(unmount(demo, 0));
	EXPECT_EQ(-ENODEV, exchange(self->mount[0], demo));
	EXPECT_EQ(-ENODEV, exchange(demo, self->mount[0]));
	close(demo);
}

/* A name always leads to one of the two, and the two names to both */
TEST_F(exchange, never_missing)
{
	pid_t swapper, reader[2];

	swapper = child();
	if (swapper == 0) {
		for (;;)
			must_rvf(exchange(self->mount[0], self->mount[1]));
	}
	for (int i = 0; i < 2; i++) {
		reader[i] = child();
		if (reader[i])
			continue;
		for (int n = 0; n < 2000; n++) {
			uint64_t id = id_of(self->ctl, self->name[i]);

			if (id != self->id[0] && id != self->id[1])
				_exit(1);
		}
		_exit(0);
	}
	EXPECT_EQ(0, reap(reader[0]));
	EXPECT_EQ(0, reap(reader[1]));
	kill(swapper, SIGKILL);
	reap(swapper);
}

/* Both ways at once (no deadlock), while one of them goes */
TEST_F(exchange, against_unmount)
{
	pid_t pid[2];

	for (int round = 0; round < 20; round++) {
		for (int i = 0; i < 2; i++) {
			pid[i] = child();
			if (pid[i])
				continue;
			for (;;) {
				int err = exchange(self->mount[i], self->mount[!i]);

				if (err)
					_exit(err == -ENODEV ? 0 : 1);
			}
		}
		must_rvf(unmount(self->mount[0], 0));
		ASSERT_TRUE(wait_gone(self->mount[0]));
		EXPECT_EQ(0, reap(pid[0]));
		EXPECT_EQ(0, reap(pid[1]));
		close(self->mount[0]);
		/* One of the names is free again, and one is the other mount's */
		int first = open_mount(self->ctl, self->name[0]);
		EXPECT_EQ(-ENOENT, open_mount(self->ctl, self->name[first >= 0]));
		EXPECT_EQ(self->id[1], id_of(self->ctl, self->name[first < 0]));
		self->mount[0] =
			must_rvf(pkg_mount(self->pkg, self->ctl, self->name[first >= 0], NULL));
		if (first >= 0)
			close(first);
	}
}

TEST_HARNESS_MAIN
