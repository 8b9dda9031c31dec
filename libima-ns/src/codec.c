// SPDX-License-Identifier: LGPL-2.1-or-later
/* One description of a CBOR file, for reading and for writing. */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "codec.h"
#include "ctx.h"
#include "digest.h"

/* Bound on an allocated text: findings are lines, the longest part a path. */
#define TEXT_MAX	65536

void codec_bad(struct codec *c, size_t at, const char *reason)
{
	if (!c->err)
		c->err = imans_err(c->ctx, -EBADMSG, "%s: byte %zu: %s",
				   c->name, at, reason);
}

void codec_no_memory(struct codec *c)
{
	if (!c->err)
		c->err = imans_err(c->ctx, -ENOMEM, "%s: out of memory",
				   c->name);
}

/* Its value is 0 after an error. */
struct imans_cbor_item codec_next(struct codec *c, enum imans_cbor_kind kind)
{
	struct imans_cbor_item item = { .value = 0 };
	size_t at = c->in.off;

	if (c->err)
		return item;
	if (imans_cbor_next(&c->in, &item) || item.kind != kind) {
		codec_bad(c, at, "is cut off, or not what stands there");
		item.value = 0;
	}
	return item;
}

void codec_number(struct codec *c, uint64_t *value)
{
	if (c->out)
		imans_cbor_put_uint(c->out, *value);
	else
		*value = codec_next(c, IMANS_CBOR_UINT).value;
}

/* One that is no larger than `max`. */
uint64_t codec_bounded(struct codec *c, uint64_t value, uint64_t max)
{
	size_t at = c->in.off;

	codec_number(c, &value);
	if (value <= max)
		return value;
	codec_bad(c, at, "is too large");
	return 0;
}

void codec_number32(struct codec *c, uint32_t *value)
{
	*value = (uint32_t)codec_bounded(c, *value, UINT32_MAX);
}

void codec_flag(struct codec *c, bool *value)
{
	*value = codec_bounded(c, *value, 1);
}

void codec_fixed(struct codec *c, void *data, size_t len)
{
	struct imans_cbor_item item;
	size_t at = c->in.off;

	if (c->out) {
		imans_cbor_put_bytes(c->out, data, len);
		return;
	}
	item = codec_next(c, IMANS_CBOR_BYTES);
	if (!c->err && item.value != len)
		codec_bad(c, at, "has a wrong length");
	if (!c->err && len)
		memcpy(data, item.data, len);
}

/* Of 1 to `max` bytes. */
void codec_bytes(struct codec *c, uint8_t *data, size_t *len, size_t max)
{
	struct imans_cbor_item item;
	size_t at = c->in.off;

	if (c->out) {
		imans_cbor_put_bytes(c->out, data, *len);
		return;
	}
	item = codec_next(c, IMANS_CBOR_BYTES);
	if (!c->err && (!item.value || item.value > max))
		codec_bad(c, at, "has a wrong length");
	if (c->err)
		return;
	memcpy(data, item.data, item.value);
	*len = item.value;
}

/* Into `size` bytes, with a NUL. */
void codec_text(struct codec *c, char *data, size_t size)
{
	struct imans_cbor_item item;
	size_t at = c->in.off;

	if (c->out) {
		imans_cbor_put_text(c->out, data);
		return;
	}
	item = codec_next(c, IMANS_CBOR_TEXT);
	if (!c->err && (item.value >= size ||
			(item.value && memchr(item.data, 0, item.value))))
		codec_bad(c, at, "is too long, or has a zero byte");
	if (c->err)
		return;
	if (item.value)
		memcpy(data, item.data, item.value);
	data[item.value] = '\0';
}

/* An allocated one; NULL is written as "", and read so. */
void codec_string(struct codec *c, char **value)
{
	char *copy;

	if (c->out) {
		imans_cbor_put_text(c->out, *value ? *value : "");
		return;
	}
	copy = malloc(TEXT_MAX);
	if (!copy) {
		codec_no_memory(c);
		return;
	}
	*copy = '\0';
	codec_text(c, copy, TEXT_MAX);
	if (!c->err && *copy) {
		*value = strdup(copy);
		if (!*value)
			codec_no_memory(c);
	}
	free(copy);
}

/* The head of an array: as many elements as are there. */
size_t codec_array(struct codec *c, size_t count, size_t least)
{
	size_t at = c->in.off;
	uint64_t n;

	if (c->out) {
		imans_cbor_put_array(c->out, count);
		return count;
	}
	n = codec_next(c, IMANS_CBOR_ARRAY).value;
	if (c->err)
		return 0;
	/* No more is allocated than there are bytes for. */
	if (n <= (c->in.len - c->in.off) / least)
		return n;
	codec_bad(c, at, "has more elements than there are bytes for");
	return 0;
}

/* The head of one with that many elements. */
void codec_tuple(struct codec *c, size_t count)
{
	size_t at = c->in.off;

	if (codec_array(c, count, 1) != count)
		codec_bad(c, at, "has a wrong number of elements");
}

/* ------------------------------------------------------- around the body */

static int sum(struct imans_ctx *ctx, const void *data, size_t len,
	       uint8_t digest[IMANS_HASH_SIZE])
{
	const struct imans_chunk chunk = { data, len };

	return imans_hash(ctx, IMANS_SHA256, &chunk, 1, digest);
}

int codec_seal(struct codec *c, const char *format, unsigned int version,
	       size_t max, uint8_t **data, size_t *len)
{
	struct imans_buf *out = c->out, file = { 0 };
	uint8_t digest[IMANS_HASH_SIZE];

	if (!c->err && !out->failed && out->len > max)
		c->err = imans_err(c->ctx, -EMSGSIZE,
				   "%s: longer than %zu bytes", c->name, max);
	if (!c->err && !out->failed)
		c->err = sum(c->ctx, out->data, out->len, digest);
	if (!c->err && !out->failed) {
		imans_cbor_put_array(&file, 4);
		imans_cbor_put_text(&file, format);
		imans_cbor_put_uint(&file, version);
		imans_cbor_put_bytes(&file, out->data, out->len);
		imans_cbor_put_bytes(&file, digest, sizeof(digest));
	}
	if (out->failed || file.failed)
		codec_no_memory(c);
	free(out->data);
	if (c->err) {
		free(file.data);
		return c->err;
	}
	*data = file.data;
	*len = file.len;
	return 0;
}

void codec_end(struct codec *c)
{
	if (!c->err && c->in.off != c->in.len)
		codec_bad(c, c->in.off, "there is more than the format has");
}

void codec_unseal(struct codec *c, const char *format, unsigned int version)
{
	struct imans_cbor_item item, inner;
	uint8_t digest[IMANS_HASH_SIZE], want[IMANS_HASH_SIZE];
	uint64_t is = 0;

	codec_tuple(c, 4);
	item = codec_next(c, IMANS_CBOR_TEXT);
	if (!c->err && (item.value != strlen(format) ||
			memcmp(item.data, format, item.value) != 0))
		c->err = imans_err(c->ctx, -EBADMSG,
				   "%s: byte 0: is no \"%s\"", c->name, format);
	codec_number(c, &is);
	if (!c->err && is != version)
		c->err = imans_err(c->ctx, -EPROTONOSUPPORT,
				   "%s: \"%s\" of version %" PRIu64
				   ", known is %u", c->name, format, is,
				   version);
	inner = codec_next(c, IMANS_CBOR_BYTES);
	codec_fixed(c, want, sizeof(want));
	codec_end(c);
	if (!c->err)
		c->err = sum(c->ctx, inner.data, inner.value, digest);
	if (!c->err && memcmp(digest, want, sizeof(want)) != 0)
		codec_bad(c, 0, "has changed since it was written");
	/* Places in messages stay those of the file. */
	if (!c->err)
		c->in = (struct imans_cbor_cursor) {
			.data = c->in.data,
			.len = (size_t)(inner.data - c->in.data) + inner.value,
			.off = (size_t)(inner.data - c->in.data),
		};
}
