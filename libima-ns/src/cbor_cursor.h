/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading CBOR in place: libcbor decodes one head at a time, so that a count
 * in a hostile file never makes us allocate anything.
 */
#ifndef IMANS_CBOR_CURSOR_H
#define IMANS_CBOR_CURSOR_H

#include <stddef.h>
#include <stdint.h>

enum imans_cbor_kind {
	IMANS_CBOR_UINT,
	IMANS_CBOR_BYTES,
	IMANS_CBOR_TEXT,
	IMANS_CBOR_ARRAY,
	IMANS_CBOR_MAP,
	IMANS_CBOR_TAG,
	IMANS_CBOR_NEGATIVE,	/* -1 - value */
	IMANS_CBOR_OTHER,	/* floating or simple */
	IMANS_CBOR_INDEFINITE,	/* indefinite length, or its end */
};

/**
 * struct imans_cbor_item - the head of one data item
 * @kind: what it is
 * @value: an integer's or tag's value, a string's length in bytes, the number
 *	   of an array's elements or of a map's pairs
 * @data: a string's bytes, in the buffer that is read
 */
struct imans_cbor_item {
	enum imans_cbor_kind kind;
	uint64_t value;
	const uint8_t *data;
};

/**
 * struct imans_cbor_cursor - a place in a buffer
 * @data: the buffer, which the caller keeps
 * @len: its length in bytes
 * @off: where the next item begins
 */
struct imans_cbor_cursor {
	const uint8_t *data;
	size_t len;
	size_t off;
};

/* Read one head and step over it (over the bytes of a string too). -EBADMSG. */
int imans_cbor_next(struct imans_cbor_cursor *cur, struct imans_cbor_item *item);

/* Step over one whole item, with all that it contains. -EBADMSG. */
int imans_cbor_skip(struct imans_cbor_cursor *cur);

#endif
