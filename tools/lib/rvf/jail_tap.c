// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A TAP device for a task, which has no network of its own.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rvf/jail.h>
#include <rvf/process.h>

static void name_value(struct rvf_tap *tap, int *n, const char *key, const char *value)
{
	snprintf(tap->text[*n], sizeof(tap->text[*n]), "%s=%s", key, value);
	tap->env[*n] = tap->text[*n];
	(*n)++;
}

/* What the device does not have is left out. */
static void name_device(const char *name, struct rvf_tap *tap)
{
	int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), n = 0;
	struct ifreq request = { 0 };
	char text[32];

	snprintf(text, sizeof(text), "%d", RVF_JAIL_FIRST_FD);
	name_value(tap, &n, "RVF_TAP_FD", text);
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (any >= 0 && !ioctl(any, SIOCGIFHWADDR, &request) &&
	    request.ifr_hwaddr.sa_family == ARPHRD_ETHER) {
		const unsigned char *mac = (unsigned char *)request.ifr_hwaddr.sa_data;

		snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1],
			 mac[2], mac[3], mac[4], mac[5]);
		name_value(tap, &n, "RVF_TAP_MAC", text);
	}
	if (any >= 0 && !ioctl(any, SIOCGIFADDR, &request) &&
	    inet_ntop(AF_INET, &((struct sockaddr_in *)&request.ifr_addr)->sin_addr, text,
		      sizeof(text)))
		name_value(tap, &n, "RVF_TAP_ADDRESS", text);
	if (any >= 0 && !ioctl(any, SIOCGIFNETMASK, &request) &&
	    inet_ntop(AF_INET, &((struct sockaddr_in *)&request.ifr_netmask)->sin_addr, text,
		      sizeof(text)))
		name_value(tap, &n, "RVF_TAP_NETMASK", text);
	if (any >= 0)
		close(any);
}

int rvf_tap_open(const char *name, struct rvf_tap *tap, struct rvf_error *e)
{
	struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };
	int err = 0;

	memset(tap, 0, sizeof(*tap));
	tap->fd = -1;
	/* Attaching to a name that is not there would make a device. */
	if (strlen(name) >= sizeof(request.ifr_name) || !if_nametoindex(name))
		err = ENODEV;
	if (!err) {
		strcpy(request.ifr_name, name);
		tap->fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
		if (tap->fd < 0 || ioctl(tap->fd, TUNSETIFF, &request))
			err = errno;
	}
	if (err) {
		if (tap->fd >= 0)
			close(tap->fd);
		tap->fd = -1;
		rvf_error_set(e, err, "tap", "cannot open the TAP device '%s'", name);
		rvf_error_why(e, "%s", strerror(err));
		return -err;
	}
	name_device(name, tap);
	return 0;
}
