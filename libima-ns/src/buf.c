// SPDX-License-Identifier: LGPL-2.1-or-later
/* Bytes that grow. */

#include <openssl/crypto.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"

#define ROOM_MIN	4096
/* The longest formatted text. */
#define TEXT_MAX	1024

void *imans_secret_grow(void *old, size_t used, size_t size)
{
	void *new = malloc(size);

	if (!new)
		return NULL;
	if (used) {
		memcpy(new, old, used);
		OPENSSL_cleanse(old, used);
	}
	free(old);
	return new;
}

bool imans_buf_reserve(struct imans_buf *buf, size_t len)
{
	size_t room = buf->room ? buf->room : ROOM_MIN;
	uint8_t *more;

	if (buf->failed)
		return false;
	if (len <= buf->room - buf->len)
		return true;
	while (room - buf->len < len)
		room *= 2;
	more = imans_secret_grow(buf->data, buf->len, room);
	if (!more) {
		OPENSSL_cleanse(buf->data, buf->len);
		buf->failed = true;
		return false;
	}
	buf->data = more;
	buf->room = room;
	return true;
}

void imans_buf_put(struct imans_buf *buf, const void *data, size_t len)
{
	if (!len || !imans_buf_reserve(buf, len))
		return;
	memcpy(buf->data + buf->len, data, len);
	buf->len += len;
}

void imans_buf_puts(struct imans_buf *buf, const char *text)
{
	imans_buf_put(buf, text, strlen(text));
}

void imans_buf_printf(struct imans_buf *buf, const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (len < 0 || (size_t)len >= sizeof(text))
		buf->failed = true;
	else
		imans_buf_put(buf, text, (size_t)len);
}
