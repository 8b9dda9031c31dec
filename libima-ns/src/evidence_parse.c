// SPDX-License-Identifier: LGPL-2.1-or-later
/* Evidence from CBOR. Every byte is hostile. */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "cbor_map.h"
#include "ctx.h"
#include "evidence_parse_list.h"
#include "file.h"

static int top_format(struct evidence_parser *p, const char *key, void *object)
{
	size_t at = p->cur.off;
	struct imans_cbor_item item;
	int err = evidence_next(p, key, IMANS_CBOR_TEXT, &item);

	(void)object;
	if (!err && !imans_cbor_is_text(&item, EVIDENCE_FORMAT))
		return evidence_bad(p, at, key,
				    "is not \"" EVIDENCE_FORMAT "\"");
	return err;
}

static int top_version(struct evidence_parser *p, const char *key, void *object)
{
	uint64_t version;
	size_t at = p->cur.off;
	int err = evidence_uint(p, key, &version);

	(void)object;
	if (!err && version != EVIDENCE_VERSION)
		return imans_err(p->ctx, -EPROTONOSUPPORT,
				 "%s: byte %zu: evidence of version %" PRIu64 ", known is %d",
				 p->name, at, version, EVIDENCE_VERSION);
	return err;
}

static int top_quote(struct evidence_parser *p, const char *key, void *object)
{
	struct imans_evidence *ev = object;

	return evidence_blob_read(p, key, 1, EVIDENCE_TPM_MAX, &ev->quote);
}

static int top_signature(struct evidence_parser *p, const char *key,
			 void *object)
{
	struct imans_evidence *ev = object;

	return evidence_blob_read(p, key, 1, EVIDENCE_TPM_MAX, &ev->signature);
}

static int top_ak(struct evidence_parser *p, const char *key, void *object)
{
	struct imans_evidence *ev = object;

	return evidence_blob_read(p, key, 1, EVIDENCE_TPM_MAX, &ev->ak);
}

static int top_ak_certs(struct evidence_parser *p, const char *key,
			void *object)
{
	struct imans_evidence *ev = object;
	size_t at = p->cur.off;
	struct imans_cbor_item item;
	uint64_t count;
	int err = evidence_next(p, key, IMANS_CBOR_ARRAY, &item);

	count = item.value;
	if (!err && (!count || count > CERTS_MAX))
		return evidence_bad(p, at, key, "has no element, or too many");
	for (uint64_t i = 0; !err && i < count; i++) {
		at = p->cur.off;
		err = evidence_next(p, key, IMANS_CBOR_BYTES, &item);
		if (!err && (!item.value || item.value > CERT_SIZE_MAX))
			err = evidence_bad(p, at, key, "has a wrong length");
		if (!err)
			err = imans_chain_add(p->ctx, &ev->ak_certs, item.data,
					      item.value, p->name);
	}
	return err;
}

static int top_verifier(struct evidence_parser *p, const char *key,
			void *object)
{
	struct imans_evidence *ev = object;

	return evidence_text(p, key, IMANS_VERIFIER_MAX, &ev->verifier);
}

static int parse_pcr(struct evidence_parser *p, enum imans_bank bank)
{
	struct imans_cbor_item item;
	size_t at = p->cur.off;
	uint64_t pcr;
	int err = evidence_uint(p, "pcrs", &pcr);

	if (err)
		return err;
	if (pcr >= EVIDENCE_PCRS || p->ev->pcr_set[bank] & 1U << pcr)
		return evidence_bad(p, at, "pcrs",
				    "has a PCR that a TPM does not have, or one twice");
	at = p->cur.off;
	err = evidence_next(p, "pcrs", IMANS_CBOR_BYTES, &item);
	if (err)
		return err;
	if (item.value != imans_bank_size(bank))
		return evidence_bad(p, at, "pcrs",
				    "has a value of a wrong length");
	memcpy(p->ev->pcr[bank][pcr], item.data, item.value);
	p->ev->pcr_set[bank] |= 1U << pcr;
	return 0;
}

static int top_pcrs(struct evidence_parser *p, const char *key, void *object)
{
	struct imans_evidence *ev = object;
	struct imans_cbor_item banks, pcrs;
	size_t at = p->cur.off;
	int err = evidence_next(p, key, IMANS_CBOR_MAP, &banks);

	if (!err && !banks.value)
		return evidence_bad(p, at, key, "is empty");
	for (uint64_t i = 0; !err && i < banks.value; i++) {
		enum imans_bank bank = IMANS_SHA1;

		at = p->cur.off;
		err = evidence_bank(p, key, &bank);
		if (!err && ev->pcr_set[bank])
			err = evidence_bad(p, at, key, "has a bank twice");
		if (!err)
			err = evidence_next(p, key, IMANS_CBOR_MAP, &pcrs);
		if (!err && !pcrs.value)
			err = evidence_bad(p, at, key, "has an empty bank");
		for (uint64_t j = 0; !err && j < pcrs.value; j++)
			err = parse_pcr(p, bank);
	}
	return err;
}

static int top_host(struct evidence_parser *p, const char *key, void *object)
{
	struct imans_evidence *ev = object;

	return evidence_parse_list(p, key, &ev->host);
}

static int top_firmware_log(struct evidence_parser *p, const char *key,
			    void *object)
{
	struct imans_evidence *ev = object;

	return evidence_blob_read(p, key, 0, IMANS_FILE_MAX, &ev->firmware_log);
}

static int top_leaves(struct evidence_parser *p, const char *key, void *object)
{
	struct imans_evidence *ev = object;
	size_t at = p->cur.off;
	int err = evidence_blob_read(p, key, 0, IMANS_FILE_MAX, &ev->leaves);

	if (!err && ev->leaves.len % IMANS_LEAF_SIZE)
		return evidence_bad(p, at, key, "is not made of leaves");
	return err;
}

static int parse_top(struct evidence_parser *p)
{
	static const struct evidence_key keys[] = {
		{ "format", top_format, true },
		{ "version", top_version, true },
		{ "quote", top_quote, true },
		{ "signature", top_signature, true },
		{ "ak", top_ak, true },
		{ "ak-certificates", top_ak_certs, false },
		{ "verifier", top_verifier, true },
		{ "pcrs", top_pcrs, true },
		{ "host", top_host, true },
		{ "firmware-log", top_firmware_log, false },
		{ "leaves", top_leaves, false },
		{ "namespaces", evidence_parse_namespaces, true },
	};
	int err = evidence_map(p, "evidence", p->ev, keys,
			       sizeof(keys) / sizeof(keys[0]));

	if (!err && p->cur.off != p->cur.len)
		return imans_err(p->ctx, -EBADMSG,
				 "%s: byte %zu: %zu bytes after the evidence",
				 p->name, p->cur.off, p->cur.len - p->cur.off);
	return err;
}

IMANS_API int imans_evidence_parse(struct imans_ctx *ctx, const void *data,
				   size_t len, const char *name,
				   struct imans_evidence **evidence)
{
	struct evidence_parser p = {
		.ctx = ctx,
		.name = name ? name : "evidence",
		.cur = { .data = data, .len = len },
	};
	int err;

	if (len > IMANS_FILE_MAX)
		return imans_err(ctx, -EFBIG, "%s: longer than %zu bytes",
				 p.name, IMANS_FILE_MAX);
	err = imans_evidence_new(ctx, &p.ev);
	if (err)
		return err;
	err = parse_top(&p);
	if (err) {
		imans_evidence_free(p.ev);
		return err;
	}
	*evidence = p.ev;
	return 0;
}

IMANS_API int imans_evidence_read(struct imans_ctx *ctx, const char *path,
				  struct imans_evidence **evidence)
{
	uint8_t *data;
	size_t len;
	int err = imans_file_read(ctx, path, IMANS_FILE_MAX, &data, &len);

	if (err)
		return err;
	err = imans_evidence_parse(ctx, data, len, path, evidence);
	/* It has keys. */
	OPENSSL_cleanse(data, len);
	free(data);
	return err;
}
