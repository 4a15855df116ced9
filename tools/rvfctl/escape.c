// SPDX-License-Identifier: GPL-2.0-only
/*
 * What jails, packages and other people's files say must not steer a
 * terminal: control characters, bytes that are no UTF-8, and characters that
 * turn the reading direction or cannot be seen are written as escapes.
 */
#include <stdlib.h>

#include "text.h"

/* Bytes of the character at @text, or 0 where there is no valid one. */
size_t utf8_next(const char *text, size_t length, uint32_t *point)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *s = (const unsigned char *)text;
	size_t bytes, i;
	uint32_t value;

	if (!length)
		return 0;
	if (s[0] < 0x80) {
		*point = s[0];
		return 1;
	}
	if (s[0] >= 0xc2 && s[0] <= 0xdf) {
		bytes = 2;
		value = s[0] & 0x1f;
	} else if (s[0] >= 0xe0 && s[0] <= 0xef) {
		bytes = 3;
		value = s[0] & 0x0f;
	} else if (s[0] >= 0xf0 && s[0] <= 0xf4) {
		bytes = 4;
		value = s[0] & 0x07;
	} else {
		return 0;
	}
	if (bytes > length)
		return 0;
	for (i = 1; i < bytes; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (s[i] & 0x3f);
	}
	if (value < smallest[bytes] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
		return 0;
	*point = value;
	return bytes;
}

bool utf8_ok(const char *text, size_t length, size_t *bad)
{
	size_t at = 0, bytes;
	uint32_t point;

	while (at < length) {
		bytes = utf8_next(text + at, length - at, &point);
		if (!bytes) {
			*bad = at;
			return false;
		}
		at += bytes;
	}
	return true;
}

static bool visible(uint32_t point)
{
	if (point < 0x20 || (point >= 0x7f && point < 0xa0))
		return false;
	switch (point) {
	case 0xad: /* soft hyphen */
	case 0x61c:
	case 0x180e:
	case 0x200b ... 0x200f: /* no width; left-to-right and back */
	case 0x2028 ... 0x202e: /* separators, embeddings and overrides */
	case 0x2060 ... 0x206f:
	case 0xfeff:
	case 0xfff9 ... 0xfffb:
	case 0xe0000 ... 0xe007f: /* tags */
		return false;
	}
	return true;
}

void put_text(FILE *out, const char *text, size_t length)
{
	size_t at = 0, bytes;
	uint32_t point;

	while (at < length) {
		bytes = utf8_next(text + at, length - at, &point);
		if (!bytes) {
			fprintf(out, "\\x%02x", (unsigned char)text[at++]);
			continue;
		}
		if (visible(point))
			fwrite(text + at, 1, bytes, out);
		else if (point == '\t')
			fputs("\\t", out);
		else if (point == '\n')
			fputs("\\n", out);
		else if (point == '\r')
			fputs("\\r", out);
		else if (point < 0x80)
			fprintf(out, "\\x%02x", point);
		else
			fprintf(out, "\\u{%x}", point);
		at += bytes;
	}
}

char *safe_text(const char *text, size_t length)
{
	char *safe = NULL;
	size_t bytes;
	FILE *out = open_memstream(&safe, &bytes);

	if (!out)
		return xstrdup("?");
	put_text(out, text, length);
	if (fclose(out))
		return xstrdup("?");
	return safe;
}

/* Columns on a terminal, one for each character. */
size_t text_width(const char *text)
{
	size_t width = 0;

	for (; *text; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}
