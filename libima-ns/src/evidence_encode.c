// SPDX-License-Identifier: LGPL-2.1-or-later
/* Evidence to CBOR: Documentation/evidence.cddl, in the order it gives. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "cbor_out.h"
#include "ctx.h"
#include "evidence.h"
#include "file.h"

static void put_blob(struct imans_cbor_out *out, const char *key,
		     const struct evidence_blob *blob)
{
	imans_cbor_put_text(out, key);
	imans_cbor_put_bytes(out, blob->data, blob->len);
}

/* Where a tail begins. */
static void put_since(struct imans_cbor_out *out,
		      const struct evidence_list *list)
{
	if (!list->tail)
		return;
	imans_cbor_put_text(out, "since");
	imans_cbor_put_array(out, 2);
	imans_cbor_put_uint(out, list->since.entries);
	imans_cbor_put_uint(out, list->since.offset);
}

static void put_list(struct imans_cbor_out *out, const char *key,
		     const struct evidence_list *list)
{
	imans_cbor_put_text(out, key);
	imans_cbor_put_map(out, list->tail ? 3 : 2);
	imans_cbor_put_text(out, "digest");
	imans_cbor_put_text(out, imans_bank_name(evidence_header_bank(list->header)));
	put_since(out, list);
	put_blob(out, list->tail ? "tail" : "data", &list->data);
}

static void put_ak_certs(struct imans_cbor_out *out,
			 const struct cert_chain *chain)
{
	if (!chain->count)
		return;
	imans_cbor_put_text(out, "ak-certificates");
	imans_cbor_put_array(out, chain->count);
	for (size_t i = 0; i < chain->count; i++)
		imans_cbor_put_bytes(out, chain->certs[i].data,
				     chain->certs[i].len);
}

/* The host's list, when entries of it are digests only. */
static void put_redacted(struct imans_cbor_out *out, const char *key,
			 const struct evidence_list *list)
{
	imans_cbor_put_text(out, key);
	imans_cbor_put_map(out, list->tail ? 4 : 3);
	imans_cbor_put_text(out, "digest");
	imans_cbor_put_text(out, imans_bank_name(evidence_header_bank(list->header)));
	put_since(out, list);
	put_blob(out, list->tail ? "redacted-tail" : "redacted", &list->data);
	imans_cbor_put_text(out, "banks");
	imans_cbor_put_array(out, (size_t)__builtin_popcount(list->redacted_banks));
	for (int b = 0; b < IMANS_BANKS; b++)
		if (list->redacted_banks & IMANS_BANK(b))
			imans_cbor_put_text(out, imans_bank_name(b));
}

static void put_leaf(struct imans_cbor_out *out,
		     const struct evidence_leaf *leaf)
{
	imans_cbor_put_text(out, "leaf");
	imans_cbor_put_array(out, 3);
	imans_cbor_put_uint(out, leaf->index);
	imans_cbor_put_bytes(out, leaf->raw, sizeof(leaf->raw));
	imans_cbor_put_bytes(out, leaf->path.data, leaf->path.len);
}

static size_t count_bits(uint32_t v)
{
	return (size_t)__builtin_popcount(v);
}

static void put_pcrs(struct imans_cbor_out *out, const struct imans_evidence *ev)
{
	size_t banks = 0;

	for (int b = 0; b < IMANS_BANKS; b++)
		banks += !!ev->pcr_set[b];
	imans_cbor_put_text(out, "pcrs");
	imans_cbor_put_map(out, banks);
	for (int b = 0; b < IMANS_BANKS; b++) {
		if (!ev->pcr_set[b])
			continue;
		imans_cbor_put_text(out, imans_bank_name(b));
		imans_cbor_put_map(out, count_bits(ev->pcr_set[b]));
		for (unsigned int pcr = 0; pcr < EVIDENCE_PCRS; pcr++) {
			if (!(ev->pcr_set[b] & 1U << pcr))
				continue;
			imans_cbor_put_uint(out, pcr);
			imans_cbor_put_bytes(out, ev->pcr[b][pcr], imans_bank_size(b));
		}
	}
}

static void put_ns(struct imans_cbor_out *out, const struct evidence_ns *ns)
{
	imans_cbor_put_map(out, 4U + ns->has_key + !!ns->status +
			   ns->leaf.set);
	imans_cbor_put_text(out, "id");
	imans_cbor_put_uint(out, ns->id);
	imans_cbor_put_text(out, "parent");
	imans_cbor_put_uint(out, ns->parent);
	imans_cbor_put_text(out, "path");
	imans_cbor_put_text(out, ns->path);
	put_list(out, "list", &ns->list);
	if (ns->has_key) {
		imans_cbor_put_text(out, "key");
		imans_cbor_put_bytes(out, ns->key, sizeof(ns->key));
	}
	if (ns->status) {
		imans_cbor_put_text(out, "status");
		imans_cbor_put_text(out, ns->status);
	}
	if (ns->leaf.set)
		put_leaf(out, &ns->leaf);
}

static int check_finished(const struct imans_evidence *ev)
{
	uint32_t pcrs = 0;

	for (int b = 0; b < IMANS_BANKS; b++)
		pcrs |= ev->pcr_set[b];
	if (!ev->quote.data || !ev->signature.data || !ev->ak.data ||
	    !ev->host.data.data || !pcrs)
		return imans_err(ev->ctx, -EINVAL,
				 "evidence: quote, PCRs or the host's list are not set");
	return 0;
}

IMANS_API int imans_evidence_encode(const struct imans_evidence *evidence,
				    uint8_t **data, size_t *len)
{
	struct imans_cbor_out out = { 0 };
	int err = check_finished(evidence);

	if (err)
		return err;
	imans_cbor_put_map(&out, 9U + !!evidence->firmware_log.data +
				 !!evidence->ak_certs.count +
				 !!evidence->leaves.data);
	imans_cbor_put_text(&out, "format");
	imans_cbor_put_text(&out, EVIDENCE_FORMAT);
	imans_cbor_put_text(&out, "version");
	imans_cbor_put_uint(&out, EVIDENCE_VERSION);
	put_blob(&out, "quote", &evidence->quote);
	put_blob(&out, "signature", &evidence->signature);
	put_blob(&out, "ak", &evidence->ak);
	put_ak_certs(&out, &evidence->ak_certs);
	imans_cbor_put_text(&out, "verifier");
	imans_cbor_put_text(&out, imans_evidence_verifier(evidence));
	put_pcrs(&out, evidence);
	if (evidence->host.redacted)
		put_redacted(&out, "host", &evidence->host);
	else
		put_list(&out, "host", &evidence->host);
	if (evidence->firmware_log.data)
		put_blob(&out, "firmware-log", &evidence->firmware_log);
	if (evidence->leaves.data)
		put_blob(&out, "leaves", &evidence->leaves);
	imans_cbor_put_text(&out, "namespaces");
	imans_cbor_put_array(&out, evidence->ns_count);
	for (size_t i = 0; i < evidence->ns_count; i++)
		put_ns(&out, &evidence->ns[i]);
	if (out.failed) {
		free(out.data);
		return imans_err(evidence->ctx, -ENOMEM,
				 "evidence: out of memory");
	}
	*data = out.data;
	*len = out.len;
	return 0;
}

IMANS_API int imans_evidence_write(const struct imans_evidence *evidence,
				   const char *path)
{
	uint8_t *data;
	size_t len;
	int err = imans_evidence_encode(evidence, &data, &len);

	if (err)
		return err;
	/* It holds keys that open the namespaces' records: 0600. */
	err = imans_file_write(evidence->ctx, path, data, len, 0600);
	OPENSSL_cleanse(data, len);
	free(data);
	return err;
}
