// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two tasks with the ends of a ring: "ends send" and "ends receive". Each of
 * them fails once in the middle and is started again: the ring is empty then,
 * both are told, and all is sent anew.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rvf/plugin.h>
#include <rvf/ring.h>

#define MESSAGES 2000
#define LARGEST	 200
/* Where the receiver and the sender fail in their first incarnation */
#define RECEIVER_FAILS 300
#define SENDER_FAILS   700

struct message {
	__u32 number;
	unsigned char bytes[LARGEST - sizeof(__u32)];
};

static size_t length_of(__u32 number)
{
	return sizeof(__u32) + number * 37 % (LARGEST - sizeof(__u32) + 1);
}

static int failed(const char *what, long err)
{
	printf("%s: %s\n", what, strerror((int)-err));
	return 2;
}

static int send_all(struct rvf_ring *ring)
{
	struct message message;
	bool told = false;
	__u32 next = 0;

	while (next < MESSAGES) {
		message.number = next;
		memset(message.bytes, (int)next, sizeof(message.bytes));
		int err = rvf_ring_send(ring, &message, length_of(next));

		if (err == -ESTALE) {
			printf("the receiver begins anew\n");
			fflush(stdout);
			told = true;
			next = 0;
			continue;
		}
		if (err)
			return failed("send", err);
		if (++next == SENDER_FAILS && rvf_incarnation() == 1 && told)
			return 1;
	}
	printf("all is sent\n");
	return 0;
}

static bool is_right(const struct message *message, ssize_t length, __u32 number)
{
	if (length != (ssize_t)length_of(number) || message->number != number)
		return false;
	for (size_t i = 0; i < length - sizeof(__u32); i++)
		if (message->bytes[i] != (unsigned char)number)
			return false;
	return true;
}

static int receive_all(struct rvf_ring *ring)
{
	struct message message;
	__u32 next = 0;

	while (next < MESSAGES) {
		ssize_t length = rvf_ring_recv(ring, &message, sizeof(message));

		if (length == -ESTALE) {
			printf("the sender begins anew\n");
			fflush(stdout);
			next = 0;
			continue;
		}
		if (length < 0)
			return failed("receive", length);
		if (!is_right(&message, length, next)) {
			printf("message %u is not the one that was sent\n", next);
			return 2;
		}
		if (++next == RECEIVER_FAILS && rvf_incarnation() == 1)
			return 1;
	}
	printf("all is received\n");
	return 0;
}

int main(int argc, char **argv)
{
	int handle = rvf_get("ring"), err;
	struct rvf_ring ring;

	if (argc < 2 || handle < 0)
		return failed("ring", handle);
	err = rvf_ring_open(&ring, handle);
	if (err || rvf_ready() < 0)
		return failed("open", err);
	return !strcmp(argv[1], "send") ? send_all(&ring) : receive_all(&ring);
}
