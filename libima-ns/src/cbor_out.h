/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writing CBOR, heads by libcbor, into a buffer that grows. */
#ifndef IMANS_CBOR_OUT_H
#define IMANS_CBOR_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct imans_cbor_out - output; zeroed, it is empty
 * @data: the bytes, allocated; the caller frees them
 * @len: how many
 * @room: how many are allocated
 * @failed: memory ran out, and nothing more is written
 */
struct imans_cbor_out {
	uint8_t *data;
	size_t len;
	size_t room;
	bool failed;
};

void imans_cbor_put_uint(struct imans_cbor_out *out, uint64_t value);
/* -1 - value */
void imans_cbor_put_negative(struct imans_cbor_out *out, uint64_t value);
void imans_cbor_put_bytes(struct imans_cbor_out *out, const void *data,
			  size_t len);
void imans_cbor_put_text(struct imans_cbor_out *out, const char *text);
/* Heads: an item, or as many elements, or pairs, must follow. */
void imans_cbor_put_tag(struct imans_cbor_out *out, uint64_t tag);
void imans_cbor_put_array(struct imans_cbor_out *out, size_t elements);
void imans_cbor_put_map(struct imans_cbor_out *out, size_t pairs);

#endif /* IMANS_CBOR_OUT_H */
