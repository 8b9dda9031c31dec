// SPDX-License-Identifier: LGPL-2.1-or-later
/* Writing CBOR. */

#include <cbor.h>
#include <stdlib.h>
#include <string.h>

#include "cbor_out.h"

/* The longest head of a data item. */
#define HEAD_MAX	9

static bool reserve(struct imans_cbor_out *out, size_t len)
{
	size_t room = out->room ? out->room : 4096;
	uint8_t *more;

	if (out->failed)
		return false;
	if (len <= out->room - out->len)
		return true;
	while (room - out->len < len)
		room *= 2;
	more = realloc(out->data, room);
	if (!more) {
		out->failed = true;
		return false;
	}
	out->data = more;
	out->room = room;
	return true;
}

typedef size_t (*head_fn)(size_t value, unsigned char *buf, size_t size);

static void put_head(struct imans_cbor_out *out, head_fn head, size_t value)
{
	if (reserve(out, HEAD_MAX))
		out->len += head(value, out->data + out->len,
				 out->room - out->len);
}

static void put_raw(struct imans_cbor_out *out, const void *data, size_t len)
{
	if (!len || !reserve(out, len))
		return;
	memcpy(out->data + out->len, data, len);
	out->len += len;
}

void imans_cbor_put_uint(struct imans_cbor_out *out, uint64_t value)
{
	if (reserve(out, HEAD_MAX))
		out->len += cbor_encode_uint(value, out->data + out->len,
					     out->room - out->len);
}

void imans_cbor_put_negative(struct imans_cbor_out *out, uint64_t value)
{
	if (reserve(out, HEAD_MAX))
		out->len += cbor_encode_negint(value, out->data + out->len,
					       out->room - out->len);
}

void imans_cbor_put_tag(struct imans_cbor_out *out, uint64_t tag)
{
	if (reserve(out, HEAD_MAX))
		out->len += cbor_encode_tag(tag, out->data + out->len,
					    out->room - out->len);
}

void imans_cbor_put_bytes(struct imans_cbor_out *out, const void *data,
			  size_t len)
{
	put_head(out, cbor_encode_bytestring_start, len);
	put_raw(out, data, len);
}

void imans_cbor_put_text(struct imans_cbor_out *out, const char *text)
{
	put_head(out, cbor_encode_string_start, strlen(text));
	put_raw(out, text, strlen(text));
}

void imans_cbor_put_array(struct imans_cbor_out *out, size_t elements)
{
	put_head(out, cbor_encode_array_start, elements);
}

void imans_cbor_put_map(struct imans_cbor_out *out, size_t pairs)
{
	put_head(out, cbor_encode_map_start, pairs);
}
