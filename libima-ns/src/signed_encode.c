// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Writing the claims of a signed verdict, keys in the order of their encoded
 * bytes (RFC 8949, section 4.2.1): one verdict has one encoding.
 */

#include <errno.h>
#include <stdlib.h>

#include "cbor_out.h"
#include "ctx.h"
#include "signed.h"

static void put_pair_bytes(struct imans_buf *out, const char *key,
			   const void *data, size_t len)
{
	imans_cbor_put_text(out, key);
	imans_cbor_put_bytes(out, data, len);
}

static void put_pair_uint(struct imans_buf *out, const char *key,
			  uint64_t value)
{
	imans_cbor_put_text(out, key);
	imans_cbor_put_uint(out, value);
}

static void put_pair_text(struct imans_buf *out, const char *key,
			  const char *text)
{
	imans_cbor_put_text(out, key);
	imans_cbor_put_text(out, text);
}

static void put_ns(struct imans_buf *out, const struct signed_ns *ns)
{
	imans_cbor_put_map(out, ns->create_data ? 5 : 4);
	put_pair_uint(out, "id", ns->pub.id);
	if (ns->create_data) {
		imans_cbor_put_text(out, "create");
		imans_cbor_put_map(out, 2);
		put_pair_bytes(out, "key", ns->create_key,
			       sizeof(ns->create_key));
		put_pair_bytes(out, "data", ns->create_data, ns->create_len);
	}
	put_pair_bytes(out, "digest", ns->pub.digest, sizeof(ns->pub.digest));
	put_pair_uint(out, "records", ns->pub.records);
	put_pair_text(out, "verdict", imans_verdict_name(ns->pub.verdict));
}

static void put_tenant(struct imans_buf *out, const struct imans_signed *s)
{
	imans_cbor_put_map(out, 4);
	put_pair_text(out, "kind", "tenant");
	put_pair_bytes(out, "ak-name", s->info.ak_name,
		       sizeof(s->info.ak_name));
	put_pair_bytes(out, "boot-id", s->info.boot_id,
		       sizeof(s->info.boot_id));
	imans_cbor_put_text(out, "namespaces");
	imans_cbor_put_array(out, s->info.ns_count);
	for (size_t i = 0; i < s->info.ns_count; i++)
		put_ns(out, &s->ns[i]);
}

static void put_pcr10(struct imans_buf *out, const struct imans_pcrs *pcrs)
{
	size_t count = 0;

	for (int b = 0; b < IMANS_BANKS; b++)
		count += !!(pcrs->banks & IMANS_BANK(b));
	imans_cbor_put_text(out, "pcr10");
	imans_cbor_put_map(out, count);
	for (int b = 0; b < IMANS_BANKS; b++)
		if (pcrs->banks & IMANS_BANK(b))
			put_pair_bytes(out, imans_bank_name(b), pcrs->value[b],
				       imans_bank_size(b));
}

static void put_node(struct imans_buf *out, const struct imans_signed *s)
{
	imans_cbor_put_map(out, 8);
	put_pair_text(out, "kind", "node");
	put_pcr10(out, &s->info.pcr10);
	put_pair_bytes(out, "ak-name", s->info.ak_name,
		       sizeof(s->info.ak_name));
	put_pair_bytes(out, "boot-id", s->info.boot_id,
		       sizeof(s->info.boot_id));
	put_pair_uint(out, "records", s->info.records);
	put_pair_text(out, "verdict", imans_verdict_name(s->info.verdict));
	imans_cbor_put_text(out, "unaccounted");
	imans_cbor_put_array(out, s->info.ns_count);
	for (size_t i = 0; i < s->info.ns_count; i++)
		imans_cbor_put_uint(out, s->ns[i].pub.id);
	put_pair_text(out, "host-verdict",
		      imans_verdict_name(s->info.host_verdict));
}

int imans_signed_encode(const struct imans_signed *s,
			struct imans_buf *out)
{
	if (s->info.ns_count > IMANS_SIGNED_NS_MAX)
		return imans_err(s->ctx, -EINVAL,
				 "a verdict is on at most %d namespaces",
				 IMANS_SIGNED_NS_MAX);
	imans_cbor_put_map(out, 5);
	imans_cbor_put_uint(out, CLAIM_EXP);
	imans_cbor_put_uint(out, s->info.expires_at);
	imans_cbor_put_uint(out, CLAIM_IAT);
	imans_cbor_put_uint(out, s->info.issued_at);
	imans_cbor_put_uint(out, CLAIM_NONCE);
	imans_cbor_put_bytes(out, s->info.nonce, s->info.nonce_len);
	imans_cbor_put_uint(out, CLAIM_PROFILE);
	imans_cbor_put_text(out, SIGNED_PROFILE);
	imans_cbor_put_negative(out, (uint64_t)(-1 - (CLAIM_VERDICT)));
	if (s->info.kind == IMANS_SIGNED_TENANT)
		put_tenant(out, s);
	else
		put_node(out, s);
	if (!out->failed && out->len <= IMANS_SIGNED_MAX - 1024)
		return 0;
	free(out->data);
	out->data = NULL;
	return out->failed ?
	       imans_err(s->ctx, -ENOMEM, "verdict: out of memory") :
	       imans_err(s->ctx, -EINVAL, "the verdict is longer than it may be");
}
