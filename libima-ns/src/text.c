// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stdint.h>
#include <string.h>

#include "text.h"

#define ELLIPSIS	"..."

const char *imans_show(char *buf, size_t size, const void *data, size_t len)
{
	static const char hex[] = "0123456789abcdef";
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
