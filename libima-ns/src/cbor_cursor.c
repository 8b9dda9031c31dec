// SPDX-License-Identifier: LGPL-2.1-or-later
/* Reading CBOR in place. */

#include <cbor.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "bytes.h"
#include "cbor_cursor.h"

/* Tags in one byte: RFC 8949, section 3.1, major type 6. */
#define TAG_FIRST	0xc0
#define TAG_LAST	0xd7

static void set(void *ctx, enum imans_cbor_kind kind, uint64_t value,
		const uint8_t *data)
{
	struct imans_cbor_item *item = ctx;

	item->kind = kind;
	item->value = value;
	item->data = data;
}

static void on_uint8(void *ctx, uint8_t v)
{
	set(ctx, IMANS_CBOR_UINT, v, NULL);
}

static void on_uint16(void *ctx, uint16_t v)
{
	set(ctx, IMANS_CBOR_UINT, v, NULL);
}

static void on_uint32(void *ctx, uint32_t v)
{
	set(ctx, IMANS_CBOR_UINT, v, NULL);
}

static void on_uint64(void *ctx, uint64_t v)
{
	set(ctx, IMANS_CBOR_UINT, v, NULL);
}

static void on_negint8(void *ctx, uint8_t v)
{
	set(ctx, IMANS_CBOR_NEGATIVE, v, NULL);
}

static void on_negint16(void *ctx, uint16_t v)
{
	set(ctx, IMANS_CBOR_NEGATIVE, v, NULL);
}

static void on_negint32(void *ctx, uint32_t v)
{
	set(ctx, IMANS_CBOR_NEGATIVE, v, NULL);
}

static void on_negint64(void *ctx, uint64_t v)
{
	set(ctx, IMANS_CBOR_NEGATIVE, v, NULL);
}

static void on_bytes(void *ctx, cbor_data data, size_t len)
{
	set(ctx, IMANS_CBOR_BYTES, len, data);
}

static void on_text(void *ctx, cbor_data data, size_t len)
{
	set(ctx, IMANS_CBOR_TEXT, len, data);
}

static void on_array(void *ctx, size_t count)
{
	set(ctx, IMANS_CBOR_ARRAY, count, NULL);
}

static void on_map(void *ctx, size_t count)
{
	set(ctx, IMANS_CBOR_MAP, count, NULL);
}

static void on_tag(void *ctx, uint64_t v)
{
	set(ctx, IMANS_CBOR_TAG, v, NULL);
}

static void on_float(void *ctx, float v)
{
	(void)v;
	set(ctx, IMANS_CBOR_OTHER, 0, NULL);
}

static void on_double(void *ctx, double v)
{
	(void)v;
	set(ctx, IMANS_CBOR_OTHER, 0, NULL);
}

static void on_bool(void *ctx, bool v)
{
	set(ctx, IMANS_CBOR_OTHER, v, NULL);
}

static void on_simple(void *ctx)
{
	set(ctx, IMANS_CBOR_OTHER, 0, NULL);
}

static void on_indefinite(void *ctx)
{
	set(ctx, IMANS_CBOR_INDEFINITE, 0, NULL);
}

static const struct cbor_callbacks callbacks = {
	.uint8 = on_uint8,
	.uint16 = on_uint16,
	.uint32 = on_uint32,
	.uint64 = on_uint64,
	.negint8 = on_negint8,
	.negint16 = on_negint16,
	.negint32 = on_negint32,
	.negint64 = on_negint64,
	.byte_string_start = on_indefinite,
	.byte_string = on_bytes,
	.string = on_text,
	.string_start = on_indefinite,
	.indef_array_start = on_indefinite,
	.array_start = on_array,
	.indef_map_start = on_indefinite,
	.map_start = on_map,
	.tag = on_tag,
	.float2 = on_float,
	.float4 = on_float,
	.float8 = on_double,
	.undefined = on_simple,
	.null = on_simple,
	.boolean = on_bool,
	.indef_break = on_indefinite,
};

/*
 * libcbor hands lengths and counts on as size_t: on a 32-bit machine one of
 * 2^63 would come as 0, and the file would say two things. What is past 2^32 is
 * read here, so that bounds are told alike everywhere.
 */
static bool fits(const uint8_t *at, size_t len)
{
	static const uint8_t high[4];
	unsigned int major = at[0] >> 5;

	if (sizeof(size_t) >= sizeof(uint64_t) || major < 2 || major > 5 ||
	    (at[0] & 0x1f) != 27)
		return true;
	return len >= 5 && !memcmp(at + 1, high, sizeof(high));
}

static int next_large(struct imans_cbor_cursor *cur, struct imans_cbor_item *item)
{
	const uint8_t *at = cur->data + cur->off;
	unsigned int major = at[0] >> 5;

	/* No string is as long. */
	if (cur->len - cur->off < 9 || major < 4)
		return -EBADMSG;
	set(item, major == 4 ? IMANS_CBOR_ARRAY : IMANS_CBOR_MAP,
	    get_u64(at + 1, true), NULL);
	cur->off += 9;
	return 0;
}

int imans_cbor_next(struct imans_cbor_cursor *cur, struct imans_cbor_item *item)
{
	struct cbor_decoder_result res;

	if (cur->off >= cur->len)
		return -EBADMSG;
	if (!fits(cur->data + cur->off, cur->len - cur->off))
		return next_large(cur, item);
	/* libcbor refuses those that it has no name for, COSE's 18 among them. */
	if (cur->data[cur->off] >= TAG_FIRST && cur->data[cur->off] <= TAG_LAST) {
		set(item, IMANS_CBOR_TAG, cur->data[cur->off++] - TAG_FIRST,
		    NULL);
		return 0;
	}
	/* libcbor calls nothing for simple values that have no meaning. */
	set(item, IMANS_CBOR_OTHER, 0, NULL);
	res = cbor_stream_decode(cur->data + cur->off, cur->len - cur->off,
				 &callbacks, item);
	if (res.status != CBOR_DECODER_FINISHED || !res.read)
		return -EBADMSG;
	cur->off += res.read;
	return 0;
}

/*
 * A counter in place of recursion. More items than bytes can't be there, so it
 * can't overflow, and a loop over what is not there ends with the bytes.
 */
int imans_cbor_skip(struct imans_cbor_cursor *cur)
{
	uint64_t todo = 1;

	while (todo) {
		struct imans_cbor_item item;
		uint64_t more = 0;

		if (imans_cbor_next(cur, &item))
			return -EBADMSG;
		todo--;
		if (item.kind == IMANS_CBOR_INDEFINITE)
			return -EBADMSG;
		if (item.kind == IMANS_CBOR_ARRAY || item.kind == IMANS_CBOR_MAP)
			more = item.value;
		else if (item.kind == IMANS_CBOR_TAG)
			more = 1;
		if (more > cur->len)
			return -EBADMSG;
		if (item.kind == IMANS_CBOR_MAP)
			more *= 2;
		todo += more;
	}
	return 0;
}
