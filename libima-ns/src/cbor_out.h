/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writing CBOR, heads by libcbor, into a buffer that grows. */
#ifndef IMANS_CBOR_OUT_H
#define IMANS_CBOR_OUT_H

#include "buf.h"

void imans_cbor_put_uint(struct imans_buf *out, uint64_t value);
/* -1 - value */
void imans_cbor_put_negative(struct imans_buf *out, uint64_t value);
void imans_cbor_put_bytes(struct imans_buf *out, const void *data,
			  size_t len);
void imans_cbor_put_text(struct imans_buf *out, const char *text);
/* Heads: an item, or as many elements, or pairs, must follow. */
void imans_cbor_put_tag(struct imans_buf *out, uint64_t tag);
void imans_cbor_put_array(struct imans_buf *out, size_t elements);
void imans_cbor_put_map(struct imans_buf *out, size_t pairs);

#endif /* IMANS_CBOR_OUT_H */
