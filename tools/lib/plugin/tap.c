// SPDX-License-Identifier: LGPL-2.1-or-later
/* The task's TAP device, of which its supervisor tells through the environment. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rvf/plugin.h>

static int number_of(const char *text)
{
	char *end;
	long number = strtol(text, &end, 10);

	return *text >= '0' && *text <= '9' && !*end && number <= INT_MAX ? (int)number : -1;
}

static int take_address(const char *name, __u32 *address)
{
	const char *text = getenv(name);

	if (!text)
		return -EADDRNOTAVAIL;
	return inet_pton(AF_INET, text, address) == 1 ? 0 : -EPROTO;
}

static int take_mac(__u8 *mac)
{
	const char *text = getenv("RVF_TAP_MAC");
	char end;

	if (!text || sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%c", &mac[0], &mac[1],
			    &mac[2], &mac[3], &mac[4], &mac[5], &end) != 6)
		return -EPROTO;
	return 0;
}

int rvf_tap(struct rvf_tap_config *config)
{
	const char *fd = getenv("RVF_TAP_FD");
	struct rvf_tap_config tap = { 0 };
	int ret;

	if (!fd)
		return -ENODATA;
	ret = take_address("RVF_TAP_ADDRESS", &tap.address);
	if (ret == 0)
		ret = take_address("RVF_TAP_NETMASK", &tap.netmask);
	if (ret == 0)
		ret = take_mac(tap.mac);
	if (ret < 0)
		return ret;
	tap.fd = fcntl(number_of(fd), F_DUPFD_CLOEXEC, 0);
	if (tap.fd < 0)
		return errno == EBADF ? -EPROTO : -errno;
	*config = tap;
	return 0;
}
