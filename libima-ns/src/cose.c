// SPDX-License-Identifier: LGPL-2.1-or-later
/* COSE_Sign1. */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cbor_map.h"
#include "cbor_out.h"
#include "cose.h"
#include "ctx.h"

#define TAG_SIGN1	18

/* Header parameters: RFC 9052, section 3.1. */
#define HEADER_ALG	1
#define HEADER_CRIT	2
#define HEADER_KID	4

/* RFC 9052, section 4.4; nothing is signed from outside. */
#define CONTEXT		"Signature1"

struct reader {
	struct imans_ctx *ctx;
	const char *name;
	struct imans_cbor_cursor cur;
	struct imans_cose *cose;
	bool has_alg;
	bool protected;			/* of the header that is read */
};

static int bad(const struct reader *r, const char *reason)
{
	return imans_err(r->ctx, -EBADMSG, "%s: byte %zu: %s", r->name,
			 r->cur.off, reason);
}

static int take_alg(struct reader *r, struct imans_cbor_cursor *cur)
{
	struct imans_cbor_item item;

	/* Where anyone can change it, it says nothing. */
	if (!r->protected)
		return bad(r, "the algorithm is not in the protected header");
	if (imans_cbor_next(cur, &item) || item.value > INT32_MAX ||
	    (item.kind != IMANS_CBOR_UINT && item.kind != IMANS_CBOR_NEGATIVE))
		return bad(r, "the algorithm is no COSE number");
	r->cose->alg = item.kind == IMANS_CBOR_UINT ?
		       (int64_t)item.value : -1 - (int64_t)item.value;
	r->has_alg = true;
	return 0;
}

static int take_kid(struct reader *r, struct imans_cbor_cursor *cur)
{
	struct imans_cbor_item item;

	if (imans_cbor_take(cur, IMANS_CBOR_BYTES, &item))
		return bad(r, "the key's name is no byte string");
	if (r->cose->kid)
		return bad(r, "the key is named in both headers");
	r->cose->kid = item.data;
	r->cose->kid_len = (size_t)item.value;
	return 0;
}

static int take_header(struct reader *r, struct imans_cbor_cursor *cur)
{
	struct imans_cbor_item key;
	struct imans_cbor_map map;
	int ret = imans_cbor_map_enter(&map, cur);

	if (ret == -EMSGSIZE)
		return imans_err(r->ctx, ret,
				 "%s: byte %zu: more than %d header parameters",
				 r->name, r->cur.off, IMANS_CBOR_PAIRS_MAX);
	if (ret)
		return bad(r, "a header is no map");
	while ((ret = imans_cbor_map_next(&map, &key)) > 0) {
		bool known = key.kind == IMANS_CBOR_UINT;

		if (known && key.value == HEADER_CRIT)
			return bad(r, "critical header parameters are not known here");
		if (known && key.value == HEADER_ALG)
			ret = take_alg(r, cur);
		else if (known && key.value == HEADER_KID)
			ret = take_kid(r, cur);
		else if (imans_cbor_skip(cur))
			ret = bad(r, "a header is cut off");
		else
			ret = 0;
		if (ret)
			return ret;
	}
	return ret ? bad(r, "a header parameter stands twice, or is malformed") :
		     0;
}

static int take_protected(struct reader *r)
{
	struct imans_cbor_cursor inner = { 0 };
	struct imans_cbor_item item;
	int err;

	if (imans_cbor_take(&r->cur, IMANS_CBOR_BYTES, &item))
		return bad(r, "the protected header is no byte string");
	r->cose->protected = item.data;
	r->cose->protected_len = (size_t)item.value;
	inner.data = item.data;
	inner.len = (size_t)item.value;
	r->protected = true;
	err = take_header(r, &inner);
	r->protected = false;
	if (!err && inner.off != inner.len)
		err = bad(r, "the protected header goes on after its map");
	if (!err && !r->has_alg)
		err = bad(r, "the protected header names no algorithm");
	return err;
}

int imans_cose_parse(struct imans_ctx *ctx, const void *data, size_t len,
		     const char *name, struct imans_cose *cose)
{
	struct imans_cose out = { 0 };
	struct reader r = {
		.ctx = ctx,
		.name = name,
		.cur = { .data = data, .len = len },
		.cose = &out,
	};
	struct imans_cbor_item item;
	int err;

	if (imans_cbor_take(&r.cur, IMANS_CBOR_TAG, &item) ||
	    item.value != TAG_SIGN1 ||
	    imans_cbor_take(&r.cur, IMANS_CBOR_ARRAY, &item) || item.value != 4)
		return bad(&r, "no COSE_Sign1 message");
	err = take_protected(&r);
	if (!err)
		err = take_header(&r, &r.cur);
	if (err)
		return err;
	if (imans_cbor_take(&r.cur, IMANS_CBOR_BYTES, &item))
		return bad(&r, "the payload is no byte string");
	out.payload = item.data;
	out.payload_len = (size_t)item.value;
	if (imans_cbor_take(&r.cur, IMANS_CBOR_BYTES, &item))
		return bad(&r, "the signature is no byte string");
	out.sig = item.data;
	out.sig_len = (size_t)item.value;
	if (r.cur.off != len)
		return bad(&r, "bytes follow the message");
	*cose = out;
	return 0;
}

/* What is signed: Sig_structure of RFC 9052, section 4.4. */
static int to_be_signed(struct imans_ctx *ctx, const struct imans_cose *cose,
			struct imans_buf *out)
{
	imans_cbor_put_array(out, 4);
	imans_cbor_put_text(out, CONTEXT);
	imans_cbor_put_bytes(out, cose->protected, cose->protected_len);
	imans_cbor_put_bytes(out, NULL, 0);
	imans_cbor_put_bytes(out, cose->payload, cose->payload_len);
	if (!out->failed)
		return 0;
	free(out->data);
	return imans_err(ctx, -ENOMEM, "signed message: out of memory");
}

int imans_cose_verify(struct imans_ctx *ctx, const struct imans_cose *cose,
		      const struct imans_signer *key)
{
	struct imans_buf tbs = { 0 };
	int err;

	if (cose->alg != key->alg->cose)
		return imans_err(ctx, -EKEYREJECTED,
				 "the message's algorithm %" PRId64
				 " is not the key's", cose->alg);
	err = to_be_signed(ctx, cose, &tbs);
	if (err)
		return err;
	err = imans_signer_verify(key, tbs.data, tbs.len, cose->sig,
				  cose->sig_len);
	free(tbs.data);
	if (err)
		imans_err(ctx, err, "the signature is not the key's");
	return err;
}

/* Keys of the map in the order of their bytes: RFC 8949, section 4.2.1. */
static void put_protected(struct imans_buf *out,
			  const struct imans_signer *key)
{
	imans_cbor_put_map(out, 2);
	imans_cbor_put_uint(out, HEADER_ALG);
	imans_cbor_put_negative(out, (uint64_t)(-1 - key->alg->cose));
	imans_cbor_put_uint(out, HEADER_KID);
	imans_cbor_put_bytes(out, key->kid, sizeof(key->kid));
}

static void put_message(struct imans_buf *out,
			const struct imans_cose *cose)
{
	imans_cbor_put_tag(out, TAG_SIGN1);
	imans_cbor_put_array(out, 4);
	imans_cbor_put_bytes(out, cose->protected, cose->protected_len);
	imans_cbor_put_map(out, 0);
	imans_cbor_put_bytes(out, cose->payload, cose->payload_len);
	imans_cbor_put_bytes(out, cose->sig, cose->sig_len);
}

int imans_cose_sign(struct imans_ctx *ctx, const struct imans_signer *key,
		    const void *payload, size_t payload_len, uint8_t **data,
		    size_t *len)
{
	struct imans_buf header = { 0 }, tbs = { 0 }, out = { 0 };
	struct imans_cose cose = {
		.payload = payload,
		.payload_len = payload_len,
		.sig_len = key->alg->size,
	};
	uint8_t sig[IMANS_SIG_MAX];
	int err;

	put_protected(&header, key);
	cose.protected = header.data;
	cose.protected_len = header.len;
	cose.sig = sig;
	err = header.failed ? imans_err(ctx, -ENOMEM,
					"signed message: out of memory") :
			      to_be_signed(ctx, &cose, &tbs);
	if (!err) {
		err = imans_signer_sign(ctx, key, tbs.data, tbs.len, sig);
		free(tbs.data);
	}
	if (!err) {
		put_message(&out, &cose);
		if (out.failed)
			err = imans_err(ctx, -ENOMEM,
					"signed message: out of memory");
	}
	free(header.data);
	if (err) {
		free(out.data);
		return err;
	}
	*data = out.data;
	*len = out.len;
	return 0;
}
