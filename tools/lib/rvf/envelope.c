// SPDX-License-Identifier: LGPL-2.1-or-later
/* Signature envelopes; the format is rvf_format.h's. */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <rvf/package.h>

static size_t padded(size_t length)
{
	return (length + 7) & ~(size_t)7;
}

static int read_one(const __u8 *data, size_t length, size_t *at, struct rvf_signature_view *view)
{
	struct rvf_signature head;
	size_t bytes;

	if (length - *at < sizeof(head))
		return -EBADMSG;
	memcpy(&head, data + *at, sizeof(head));
	*at += sizeof(head);
	bytes = le32toh(head.length);
	if (head.reserved || !bytes || padded(bytes) > length - *at)
		return -EBADMSG;
	view->algorithm = le16toh(head.algorithm);
	memcpy(view->key_id, head.key_id, sizeof(view->key_id));
	view->data = data + *at;
	view->length = bytes;
	for (size_t i = bytes; i < padded(bytes); i++)
		if (view->data[i])
			return -EBADMSG;
	*at += padded(bytes);
	return 0;
}

int rvf_envelope_read(const void *data, size_t length, struct rvf_signature_view *views)
{
	struct rvf_envelope head;
	size_t at = sizeof(head);
	unsigned int count;

	if (length < sizeof(head) || length > RVF_MAX_ENVELOPE)
		return -EBADMSG;
	memcpy(&head, data, sizeof(head));
	count = le16toh(head.count);
	if (memcmp(head.magic, RVF_ENVELOPE_MAGIC, sizeof(head.magic)) ||
	    le16toh(head.version) != 1 || head.reserved || le32toh(head.length) != length ||
	    count > RVF_MAX_SIGNATURES)
		return -EBADMSG;
	for (unsigned int i = 0; i < count; i++)
		if (read_one(data, length, &at, &views[i]))
			return -EBADMSG;
	return at == length ? (int)count : -EBADMSG;
}

void *rvf_envelope_build(const struct rvf_signature_view *views, size_t count, size_t *length)
{
	struct rvf_envelope *head;
	__u8 *at;

	*length = sizeof(*head);
	for (size_t i = 0; i < count; i++)
		*length += sizeof(struct rvf_signature) + padded(views[i].length);
	head = calloc(1, *length);
	if (!head)
		return NULL;
	memcpy(head->magic, RVF_ENVELOPE_MAGIC, sizeof(head->magic));
	head->version = htole16(1);
	head->count = htole16(count);
	head->length = htole32(*length);
	at = (__u8 *)(head + 1);
	for (size_t i = 0; i < count; i++) {
		struct rvf_signature s = {
			.algorithm = htole16(views[i].algorithm),
			.length = htole32(views[i].length),
		};

		memcpy(s.key_id, views[i].key_id, sizeof(s.key_id));
		memcpy(at, &s, sizeof(s));
		memcpy(at + sizeof(s), views[i].data, views[i].length);
		at += sizeof(s) + padded(views[i].length);
	}
	return head;
}
