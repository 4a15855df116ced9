// SPDX-License-Identifier: LGPL-2.1-or-later
/* CRC-32 of IEEE 802.3, the container's hint at damage. */
#include "container.h"

#define POLYNOMIAL 0xedb88320u /* bit-reversed */

static __u32 table[256];

__attribute__((constructor)) static void fill_table(void)
{
	for (__u32 byte = 0; byte < 256; byte++) {
		__u32 rest = byte;

		for (int bit = 0; bit < 8; bit++)
			rest = rest & 1 ? rest >> 1 ^ POLYNOMIAL : rest >> 1;
		table[byte] = rest;
	}
}

__u32 rvf_crc32(__u32 crc, const void *data, size_t length)
{
	const __u8 *byte = data;

	crc = ~crc;
	while (length--)
		crc = crc >> 8 ^ table[(crc ^ *byte++) & 0xff];
	return ~crc;
}
