// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stdlib.h>
#include <string.h>

#include "json_text.h"
#include "text.h"

#define ELLIPSIS	"..."

static const char hex[] = "0123456789abcdef";

const char *imans_show(char *buf, size_t size, const void *data, size_t len)
{
	const uint8_t *p = data;
	size_t room = size - sizeof(ELLIPSIS);
	size_t at = 0;

	for (size_t i = 0; i < len; i++) {
		int plain = p[i] >= 0x20 && p[i] < 0x7f && p[i] != '\\';

		if (at + (plain ? 1 : 4) > room) {
			memcpy(buf + at, ELLIPSIS, sizeof(ELLIPSIS));
			return buf;
		}
		if (plain) {
			buf[at++] = (char)p[i];
			continue;
		}
		buf[at++] = '\\';
		buf[at++] = 'x';
		buf[at++] = hex[p[i] >> 4];
		buf[at++] = hex[p[i] & 15];
	}
	buf[at] = '\0';
	return buf;
}

/* The kernel writes small letters. */
static int hex_digit(char c)
{
	return c >= 'A' && c <= 'F' ? -1 : imans_hex_value(c);
}

bool imans_unhex(const char *text, size_t len, uint8_t *out)
{
	if (len % 2)
		return false;
	for (size_t i = 0; i < len; i += 2) {
		int high = hex_digit(text[i]), low = hex_digit(text[i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i / 2] = (uint8_t)(high << 4 | low);
	}
	return true;
}

bool imans_decimal(const char *text, size_t len, uint64_t *value)
{
	uint64_t v = 0;

	if (len == 0)
		return false;
	for (size_t i = 0; i < len; i++) {
		unsigned int digit = (unsigned int)text[i] - '0';

		if (digit > 9 || v > (UINT64_MAX - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	*value = v;
	return true;
}

char *imans_text_escape(const char *text)
{
	char *out = malloc(4 * strlen(text) + 1), *at = out;

	if (!out)
		return NULL;
	for (; *text; text++) {
		uint8_t c = (uint8_t)*text;

		if (c >= 0x20 && c < 0x7f) {
			*at++ = (char)c;
			continue;
		}
		*at++ = '\\';
		*at++ = 'x';
		*at++ = hex[c >> 4];
		*at++ = hex[c & 15];
	}
	*at = '\0';
	return out;
}

void imans_text_hex(char *out, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		*out++ = hex[data[i] >> 4];
		*out++ = hex[data[i] & 15];
	}
	*out = '\0';
}
