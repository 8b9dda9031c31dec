// SPDX-License-Identifier: LGPL-2.1-or-later
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bytes.h"
#include "utf16.h"

#define ELLIPSIS	"..."

const char *imans_show_utf16(char *buf, size_t size, const uint8_t *data,
			     size_t chars)
{
	size_t room = size - sizeof(ELLIPSIS), at = 0;

	for (size_t i = 0; i < chars; i++) {
		uint16_t c = get_le16(data + 2 * i);
		bool plain = c >= 0x20 && c < 0x7f && c != '\\';

		if (at + (plain ? 1 : 6) > room) {
			memcpy(buf + at, ELLIPSIS, sizeof(ELLIPSIS));
			return buf;
		}
		if (plain)
			buf[at++] = (char)c;
		else
			at += (size_t)sprintf(buf + at, "\\u%04x", c);
	}
	buf[at] = '\0';
	return buf;
}

const char *imans_show_guid(char buf[IMANS_GUID_SIZE], const uint8_t *g)
{
	snprintf(buf, IMANS_GUID_SIZE,
		 "%08" PRIx32 "-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x",
		 get_le32(g), get_le16(g + 4), get_le16(g + 6), g[8], g[9],
		 g[10], g[11], g[12], g[13], g[14], g[15]);
	return buf;
}
