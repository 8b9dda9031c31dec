// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Disclosures to CBOR and back. There is one way to write each: the keys stand
 * in the order of Documentation/disclosure.cddl, and no other is let pass.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cbor_cursor.h"
#include "cbor_out.h"
#include "ctx.h"
#include "disclose.h"
#include "file.h"

static void put_openings(struct imans_buf *out,
			 const struct imans_disclosure *d)
{
	imans_cbor_put_text(out, "openings");
	imans_cbor_put_array(out, d->count);
	for (size_t i = 0; i < d->count; i++) {
		imans_cbor_put_array(out, 2);
		imans_cbor_put_bytes(out, d->openings[i].key,
				     sizeof(d->openings[i].key));
		imans_cbor_put_bytes(out, d->openings[i].vpcr,
				     sizeof(d->openings[i].vpcr));
	}
}

IMANS_API int imans_disclosure_encode(const struct imans_disclosure *disclosure,
				      uint8_t **data, size_t *len)
{
	const struct evidence_list *list = &disclosure->list;
	struct imans_buf out = { 0 };

	imans_cbor_put_map(&out, 7);
	imans_cbor_put_text(&out, "format");
	imans_cbor_put_text(&out, DISCLOSURE_FORMAT);
	imans_cbor_put_text(&out, "version");
	imans_cbor_put_uint(&out, DISCLOSURE_VERSION);
	imans_cbor_put_text(&out, "namespace");
	imans_cbor_put_uint(&out, disclosure->id);
	imans_cbor_put_text(&out, "first");
	imans_cbor_put_uint(&out, disclosure->first);
	imans_cbor_put_text(&out, "digest");
	imans_cbor_put_text(&out, imans_bank_name(evidence_header_bank(list->header)));
	imans_cbor_put_text(&out, "entries");
	imans_cbor_put_bytes(&out, list->data.data, list->data.len);
	put_openings(&out, disclosure);
	if (out.failed) {
		free(out.data);
		return imans_err(disclosure->ctx, -ENOMEM,
				 "disclosure: out of memory");
	}
	*data = out.data;
	*len = out.len;
	return 0;
}

IMANS_API int imans_disclosure_write(const struct imans_disclosure *disclosure,
				     const char *path)
{
	uint8_t *data;
	size_t len;
	int err = imans_disclosure_encode(disclosure, &data, &len);

	if (err)
		return err;
	err = imans_file_write(disclosure->ctx, path, data, len, 0600);
	imans_key_free(data, len);
	return err;
}

/* ---------------------------------------------------------------- reading */

struct parser {
	struct imans_ctx *ctx;
	const char *name;
	struct imans_cbor_cursor cur;
	struct imans_disclosure *to;
};

static int bad(const struct parser *p, size_t at, const char *reason)
{
	return imans_err(p->ctx, -EBADMSG, "%s: byte %zu: %s", p->name, at,
			 reason);
}

static int next(struct parser *p, enum imans_cbor_kind kind, const char *what,
		struct imans_cbor_item *item)
{
	size_t at = p->cur.off;

	if (imans_cbor_next(&p->cur, item) || item->kind != kind)
		return imans_err(p->ctx, -EBADMSG,
				 "%s: byte %zu: %s is expected", p->name, at,
				 what);
	return 0;
}

static int next_key(struct parser *p, const char *key)
{
	struct imans_cbor_item item;
	size_t at = p->cur.off;
	int err = next(p, IMANS_CBOR_TEXT, "a key", &item);

	if (err)
		return err;
	if (item.value != strlen(key) || memcmp(item.data, key, strlen(key)))
		return imans_err(p->ctx, -EBADMSG,
				 "%s: byte %zu: the key \"%s\" is expected",
				 p->name, at, key);
	return 0;
}

static int parse_uint(struct parser *p, const char *key, uint64_t *value)
{
	struct imans_cbor_item item;
	int err = next_key(p, key);

	if (!err)
		err = next(p, IMANS_CBOR_UINT, "an unsigned integer", &item);
	if (!err)
		*value = item.value;
	return err;
}

static int parse_format(struct parser *p)
{
	struct imans_cbor_item item;
	uint64_t version;
	size_t at = p->cur.off;
	int err = next(p, IMANS_CBOR_MAP, "a map", &item);

	if (!err && item.value != 7)
		err = bad(p, at, "a disclosure has seven keys");
	if (!err)
		err = next_key(p, "format");
	at = p->cur.off;
	if (!err)
		err = next(p, IMANS_CBOR_TEXT, "a text", &item);
	if (!err && (item.value != strlen(DISCLOSURE_FORMAT) ||
		     memcmp(item.data, DISCLOSURE_FORMAT, item.value)))
		err = bad(p, at, "this is no disclosure");
	at = p->cur.off;
	if (!err)
		err = parse_uint(p, "version", &version);
	if (!err && version != DISCLOSURE_VERSION)
		err = imans_err(p->ctx, -EPROTONOSUPPORT,
				"%s: byte %zu: a disclosure of version %" PRIu64
				", known is %d", p->name, at, version,
				DISCLOSURE_VERSION);
	return err;
}

static int parse_list(struct parser *p)
{
	struct evidence_list *list = &p->to->list;
	struct imans_cbor_item item;
	size_t at;
	int err = next_key(p, "digest");

	at = p->cur.off;
	if (!err)
		err = next(p, IMANS_CBOR_TEXT, "a text", &item);
	if (err)
		return err;
	if (item.value == 4 && !memcmp(item.data, "sha1", 4))
		list->header = IMANS_HEADER_SHA1;
	else if (item.value == 6 && !memcmp(item.data, "sha256", 6))
		list->header = IMANS_HEADER_SHA256;
	else
		return bad(p, at, "\"digest\" is neither sha1 nor sha256");
	err = next_key(p, "entries");
	if (!err)
		err = next(p, IMANS_CBOR_BYTES, "a byte string", &item);
	if (!err && evidence_blob_set(&list->data, item.data, item.value))
		err = imans_err(p->ctx, -ENOMEM, "%s: out of memory", p->name);
	return err;
}

static int parse_fixed(struct parser *p, uint8_t *out, size_t size)
{
	struct imans_cbor_item item;
	size_t at = p->cur.off;
	int err = next(p, IMANS_CBOR_BYTES, "a byte string", &item);

	if (err)
		return err;
	if (item.value != size)
		return bad(p, at, "a key or a vPCR has 32 bytes");
	memcpy(out, item.data, size);
	return 0;
}

static int parse_opening(struct parser *p)
{
	struct disclosure_opening *opening = imans_disclosure_append(p->to);
	struct imans_cbor_item item;
	size_t at = p->cur.off;
	int err;

	if (!opening)
		return imans_err(p->ctx, -ENOMEM, "%s: out of memory", p->name);
	err = next(p, IMANS_CBOR_ARRAY, "an array", &item);
	if (!err && item.value != 2)
		err = bad(p, at, "an opening is a key and a vPCR");
	if (!err)
		err = parse_fixed(p, opening->key, sizeof(opening->key));
	if (!err)
		err = parse_fixed(p, opening->vpcr, sizeof(opening->vpcr));
	return err;
}

static int parse_openings(struct parser *p)
{
	struct imans_cbor_item item;
	size_t at;
	int err = next_key(p, "openings");

	at = p->cur.off;
	if (!err)
		err = next(p, IMANS_CBOR_ARRAY, "an array", &item);
	if (err)
		return err;
	if (!item.value || item.value > IMANS_DISCLOSED_MAX)
		return imans_err(p->ctx, item.value ? -EMSGSIZE : -EBADMSG,
				 "%s: byte %zu: not 1 to %d openings", p->name,
				 at, IMANS_DISCLOSED_MAX);
	for (uint64_t i = 0; !err && i < item.value; i++)
		err = parse_opening(p);
	return err;
}

static int parse(struct parser *p)
{
	int err = parse_format(p);

	if (!err)
		err = parse_uint(p, "namespace", &p->to->id);
	if (!err)
		err = parse_uint(p, "first", &p->to->first);
	if (!err)
		err = parse_list(p);
	if (!err)
		err = parse_openings(p);
	if (err)
		return err;
	if (!p->to->id || p->to->first > UINT64_MAX - p->to->count)
		return bad(p, p->cur.off, "there is no such namespace or entry");
	if (p->cur.off != p->cur.len)
		return bad(p, p->cur.off, "more follows");
	return 0;
}

IMANS_API int imans_disclosure_parse(struct imans_ctx *ctx, const void *data,
				     size_t len, const char *name,
				     struct imans_disclosure **disclosure)
{
	struct parser p = {
		.ctx = ctx,
		.name = name ? name : "disclosure",
		.cur = { .data = data, .len = len },
	};
	int err;

	if (len > IMANS_FILE_MAX)
		return imans_err(ctx, -EFBIG, "%s: longer than %zu bytes",
				 p.name, IMANS_FILE_MAX);
	p.to = imans_disclosure_new(ctx);
	if (!p.to)
		return -ENOMEM;
	err = parse(&p);
	if (err)
		imans_disclosure_free(p.to);
	else
		*disclosure = p.to;
	return err;
}

IMANS_API int imans_disclosure_read(struct imans_ctx *ctx, const char *path,
				    struct imans_disclosure **disclosure)
{
	uint8_t *data;
	size_t len;
	int err = imans_file_read(ctx, path, IMANS_FILE_MAX, &data, &len);

	if (err)
		return err;
	err = imans_disclosure_parse(ctx, data, len, path, disclosure);
	imans_key_free(data, len);
	return err;
}
