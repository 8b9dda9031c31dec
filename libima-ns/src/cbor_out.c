// SPDX-License-Identifier: LGPL-2.1-or-later
/* Writing CBOR. */

#include <cbor.h>
#include <string.h>

#include "cbor_out.h"

/* The longest head of a data item. */
#define HEAD_MAX	9

typedef size_t (*head_fn)(size_t value, unsigned char *buf, size_t size);

static void put_head(struct imans_buf *out, head_fn head, size_t value)
{
	if (imans_buf_reserve(out, HEAD_MAX))
		out->len += head(value, out->data + out->len,
				 out->room - out->len);
}

void imans_cbor_put_uint(struct imans_buf *out, uint64_t value)
{
	if (imans_buf_reserve(out, HEAD_MAX))
		out->len += cbor_encode_uint(value, out->data + out->len,
					     out->room - out->len);
}

void imans_cbor_put_negative(struct imans_buf *out, uint64_t value)
{
	if (imans_buf_reserve(out, HEAD_MAX))
		out->len += cbor_encode_negint(value, out->data + out->len,
					       out->room - out->len);
}

void imans_cbor_put_tag(struct imans_buf *out, uint64_t tag)
{
	if (imans_buf_reserve(out, HEAD_MAX))
		out->len += cbor_encode_tag(tag, out->data + out->len,
					    out->room - out->len);
}

void imans_cbor_put_bytes(struct imans_buf *out, const void *data,
			  size_t len)
{
	put_head(out, cbor_encode_bytestring_start, len);
	imans_buf_put(out, data, len);
}

void imans_cbor_put_text(struct imans_buf *out, const char *text)
{
	put_head(out, cbor_encode_string_start, strlen(text));
	imans_buf_put(out, text, strlen(text));
}

void imans_cbor_put_array(struct imans_buf *out, size_t elements)
{
	put_head(out, cbor_encode_array_start, elements);
}

void imans_cbor_put_map(struct imans_buf *out, size_t pairs)
{
	put_head(out, cbor_encode_map_start, pairs);
}
