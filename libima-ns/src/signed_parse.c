// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Reading the claims of a signed verdict. Claims that are not known are stepped
 * over, as RFC 8392 wants it; in our own map nothing unknown is let pass, as it
 * may take something back of what stands beside it.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cbor_map.h"
#include "ctx.h"
#include "signed.h"

struct reader {
	struct imans_signed *s;
	struct imans_cbor_cursor cur;
	unsigned int seen;		/* SEEN_* */
	uint64_t last_id;
	size_t room;			/* allocated namespaces */
};

enum {
	SEEN_EXP	= 1 << 0,
	SEEN_IAT	= 1 << 1,
	SEEN_NONCE	= 1 << 2,
	SEEN_PROFILE	= 1 << 3,
	SEEN_KIND	= 1 << 4,
	SEEN_AK		= 1 << 5,
	SEEN_BOOT	= 1 << 6,
	SEEN_NS		= 1 << 7,	/* "namespaces" */
	SEEN_PCR10	= 1 << 8,
	SEEN_RECORDS	= 1 << 9,
	SEEN_VERDICT	= 1 << 10,
	SEEN_UNACCOUNTED = 1 << 11,
	SEEN_HOST	= 1 << 12,
};

#define SEEN_CLAIMS	(SEEN_EXP | SEEN_IAT | SEEN_NONCE | SEEN_PROFILE)
#define SEEN_COMMON	(SEEN_CLAIMS | SEEN_KIND | SEEN_AK | SEEN_BOOT)
#define SEEN_TENANT	(SEEN_COMMON | SEEN_NS)
#define SEEN_NODE	(SEEN_COMMON | SEEN_PCR10 | SEEN_RECORDS | \
			 SEEN_VERDICT | SEEN_UNACCOUNTED | SEEN_HOST)

/* The place is that in the file, as everywhere. */
static int refuse(const struct reader *r, int err, const char *reason)
{
	return imans_err(r->s->ctx, err, "%s: byte %zu: %s", r->s->name,
			 (size_t)(r->cur.data - r->s->data) + r->cur.off,
			 reason);
}

static int bad(const struct reader *r, const char *reason)
{
	return refuse(r, -EBADMSG, reason);
}

static int take_uint(struct reader *r, uint64_t *value)
{
	struct imans_cbor_item item;

	if (imans_cbor_take(&r->cur, IMANS_CBOR_UINT, &item))
		return bad(r, "no unsigned integer");
	*value = item.value;
	return 0;
}

static int take_fixed(struct reader *r, uint8_t *out, size_t size)
{
	struct imans_cbor_item item;

	if (imans_cbor_take(&r->cur, IMANS_CBOR_BYTES, &item) ||
	    item.value != size)
		return bad(r, "no byte string of the right length");
	memcpy(out, item.data, size);
	return 0;
}

static int take_verdict(struct reader *r, enum imans_verdict *verdict)
{
	struct imans_cbor_item item;

	if (imans_cbor_next(&r->cur, &item))
		return bad(r, "cut off");
	for (int v = IMANS_UNTRUSTED; v <= IMANS_TRUSTED; v++) {
		if (imans_cbor_is_text(&item, imans_verdict_name(v))) {
			*verdict = v;
			return 0;
		}
	}
	return bad(r, "no verdict");
}

static int take_kind(struct reader *r)
{
	struct imans_cbor_item item;

	if (imans_cbor_next(&r->cur, &item))
		return bad(r, "cut off");
	if (imans_cbor_is_text(&item, "tenant"))
		r->s->info.kind = IMANS_SIGNED_TENANT;
	else if (imans_cbor_is_text(&item, "node"))
		r->s->info.kind = IMANS_SIGNED_NODE;
	else
		return refuse(r, -EPROTONOSUPPORT,
			      "a verdict of a kind that is not known here");
	return 0;
}

/* The next pair of a map, whose errors are said here. */
static int next_pair(struct reader *r, struct imans_cbor_map *map,
		     struct imans_cbor_item *key)
{
	int ret = imans_cbor_map_next(map, key);

	return ret < 0 ? bad(r, "a key stands twice, or is malformed") : ret;
}

static int enter_map(struct reader *r, struct imans_cbor_map *map)
{
	int ret = imans_cbor_map_enter(map, &r->cur);

	if (ret == -EMSGSIZE)
		return refuse(r, ret, "a map with too many pairs");
	return ret ? bad(r, "no map") : 0;
}

/* ------------------------------------------------------------ namespaces */

static int enter_array(struct reader *r, uint64_t *count)
{
	struct imans_cbor_item item;

	if (imans_cbor_take(&r->cur, IMANS_CBOR_ARRAY, &item))
		return bad(r, "no array");
	if (item.value > IMANS_SIGNED_NS_MAX)
		return refuse(r, -EMSGSIZE, "too many namespaces");
	*count = item.value;
	return 0;
}

/* Rising ids: none comes twice. Memory grows with what has been read. */
static int append_ns(struct reader *r, const struct signed_ns *ns)
{
	struct imans_signed *s = r->s;
	struct signed_ns *more;

	if (ns->pub.id <= r->last_id)
		return bad(r, "ids of namespaces do not rise");
	if (s->info.ns_count == r->room) {
		r->room = r->room ? 2 * r->room : 16;
		more = realloc(s->ns, r->room * sizeof(*more));
		if (!more)
			return imans_err(s->ctx, -ENOMEM, "%s: out of memory",
					 s->name);
		s->ns = more;
	}
	s->ns[s->info.ns_count++] = *ns;
	r->last_id = ns->pub.id;
	return 0;
}

static int take_create(struct reader *r, struct signed_ns *ns)
{
	struct imans_cbor_item key, item;
	struct imans_cbor_map map;
	bool has_key = false;
	int ret = enter_map(r, &map);

	while (!ret && (ret = next_pair(r, &map, &key)) > 0) {
		if (imans_cbor_is_text(&key, "key")) {
			ret = take_fixed(r, ns->create_key,
					 sizeof(ns->create_key));
			has_key = true;
		} else if (imans_cbor_is_text(&key, "data") &&
			   !imans_cbor_take(&r->cur, IMANS_CBOR_BYTES, &item) &&
			   item.value && item.value <= SIGNED_CREATE_MAX) {
			ns->create_data = item.data;
			ns->create_len = (size_t)item.value;
			ret = 0;
		} else {
			ret = bad(r, "a disclosed entry is malformed");
		}
	}
	if (!ret && (!has_key || !ns->create_data))
		ret = bad(r, "a disclosed entry lacks its key or data");
	return ret;
}

static int take_ns(struct reader *r)
{
	struct signed_ns ns = { .create_data = NULL };
	struct imans_cbor_item key;
	struct imans_cbor_map map;
	unsigned int seen = 0;
	int ret = enter_map(r, &map);

	while (!ret && (ret = next_pair(r, &map, &key)) > 0) {
		if (imans_cbor_is_text(&key, "id")) {
			ret = take_uint(r, &ns.pub.id);
			seen |= 1;
		} else if (imans_cbor_is_text(&key, "digest")) {
			ret = take_fixed(r, ns.pub.digest,
					 sizeof(ns.pub.digest));
			seen |= 2;
		} else if (imans_cbor_is_text(&key, "records")) {
			ret = take_uint(r, &ns.pub.records);
			seen |= 4;
		} else if (imans_cbor_is_text(&key, "verdict")) {
			ret = take_verdict(r, &ns.pub.verdict);
			seen |= 8;
		} else if (imans_cbor_is_text(&key, "create")) {
			ret = take_create(r, &ns);
		} else {
			ret = bad(r, "a key that a namespace has not");
		}
	}
	if (!ret && seen != 15)
		ret = bad(r, "a namespace lacks something");
	return ret ? ret : append_ns(r, &ns);
}

static int take_namespaces(struct reader *r)
{
	uint64_t count;
	int err = enter_array(r, &count);

	if (!err && !count)
		err = bad(r, "a verdict on no namespace");
	while (!err && count--)
		err = take_ns(r);
	return err;
}

static int take_unaccounted(struct reader *r)
{
	struct signed_ns ns = { .create_data = NULL };
	uint64_t count;
	int err = enter_array(r, &count);

	while (!err && count--) {
		err = take_uint(r, &ns.pub.id);
		if (!err)
			err = append_ns(r, &ns);
	}
	return err;
}

/* ---------------------------------------------------------------- claims */

static int take_pcr10(struct reader *r)
{
	struct imans_pcrs *pcrs = &r->s->info.pcr10;
	struct imans_cbor_item key;
	struct imans_cbor_map map;
	int ret = enter_map(r, &map);

	while (!ret && (ret = next_pair(r, &map, &key)) > 0) {
		int b = 0;

		while (b < IMANS_BANKS &&
		       !imans_cbor_is_text(&key, imans_bank_name(b)))
			b++;
		if (b == IMANS_BANKS)
			return bad(r, "a bank that is not known here");
		ret = take_fixed(r, pcrs->value[b], imans_bank_size(b));
		pcrs->banks |= IMANS_BANK(b);
	}
	if (!ret && !pcrs->banks)
		ret = bad(r, "no value of PCR 10");
	return ret;
}

static int take_nonce(struct reader *r)
{
	struct imans_signed *s = r->s;
	struct imans_cbor_item item;

	if (imans_cbor_take(&r->cur, IMANS_CBOR_BYTES, &item) ||
	    item.value < IMANS_NONCE_MIN || item.value > IMANS_NONCE_MAX)
		return bad(r, "no nonce of 16 to 64 bytes");
	memcpy(s->nonce, item.data, (size_t)item.value);
	s->info.nonce = s->nonce;
	s->info.nonce_len = (size_t)item.value;
	return 0;
}

static int take_kind_key(struct reader *r, const struct imans_cbor_item *key)
{
	static const struct {
		const char *name;
		unsigned int bit;
	} keys[] = {
		{ "kind", SEEN_KIND }, { "pcr10", SEEN_PCR10 },
		{ "ak-name", SEEN_AK }, { "boot-id", SEEN_BOOT },
		{ "records", SEEN_RECORDS }, { "verdict", SEEN_VERDICT },
		{ "namespaces", SEEN_NS }, { "unaccounted", SEEN_UNACCOUNTED },
		{ "host-verdict", SEEN_HOST },
	};
	struct imans_signed_info *info = &r->s->info;
	unsigned int bit = 0;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (imans_cbor_is_text(key, keys[i].name))
			bit = keys[i].bit;
	r->seen |= bit;
	switch (bit) {
	case SEEN_KIND:
		return take_kind(r);
	case SEEN_PCR10:
		return take_pcr10(r);
	case SEEN_AK:
		return take_fixed(r, info->ak_name, sizeof(info->ak_name));
	case SEEN_BOOT:
		return take_fixed(r, info->boot_id, sizeof(info->boot_id));
	case SEEN_RECORDS:
		return take_uint(r, &info->records);
	case SEEN_VERDICT:
		return take_verdict(r, &info->verdict);
	case SEEN_NS:
		return take_namespaces(r);
	case SEEN_UNACCOUNTED:
		return take_unaccounted(r);
	case SEEN_HOST:
		return take_verdict(r, &info->host_verdict);
	default:
		return bad(r, "a key that a verdict has not");
	}
}

static int take_statement(struct reader *r)
{
	struct imans_cbor_item key;
	struct imans_cbor_map map;
	int ret = enter_map(r, &map);

	while (!ret && (ret = next_pair(r, &map, &key)) > 0)
		ret = take_kind_key(r, &key);
	return ret;
}

static int take_profile(struct reader *r)
{
	struct imans_cbor_item item;

	if (imans_cbor_next(&r->cur, &item))
		return bad(r, "cut off");
	r->seen |= SEEN_PROFILE;
	return imans_cbor_is_text(&item, SIGNED_PROFILE) ? 0 :
	       refuse(r, -EPROTONOSUPPORT, "claims of another profile");
}

static int take_claim(struct reader *r, const struct imans_cbor_item *key)
{
	struct imans_signed_info *info = &r->s->info;

	if (key->kind == IMANS_CBOR_NEGATIVE &&
	    key->value == -1 - (int64_t)CLAIM_VERDICT)
		return take_statement(r);
	if (key->kind == IMANS_CBOR_UINT) {
		switch (key->value) {
		case CLAIM_EXP:
			r->seen |= SEEN_EXP;
			return take_uint(r, &info->expires_at);
		case CLAIM_IAT:
			r->seen |= SEEN_IAT;
			return take_uint(r, &info->issued_at);
		case CLAIM_NONCE:
			r->seen |= SEEN_NONCE;
			return take_nonce(r);
		case CLAIM_PROFILE:
			return take_profile(r);
		}
	}
	return imans_cbor_skip(&r->cur) ? bad(r, "a claim is malformed") : 0;
}

static void lowest_verdict(struct imans_signed *s)
{
	s->info.verdict = IMANS_TRUSTED;
	for (size_t i = 0; i < s->info.ns_count; i++)
		if (s->ns[i].pub.verdict < s->info.verdict)
			s->info.verdict = s->ns[i].pub.verdict;
}

int imans_signed_claims(struct imans_signed *s)
{
	struct reader r = {
		.s = s,
		.cur = { .data = s->cose.payload, .len = s->cose.payload_len },
	};
	struct imans_cbor_item key;
	struct imans_cbor_map map;
	int ret = enter_map(&r, &map);

	while (!ret && (ret = next_pair(&r, &map, &key)) > 0)
		ret = take_claim(&r, &key);
	if (ret)
		return ret;
	if (r.cur.off != r.cur.len)
		return bad(&r, "bytes follow the claims");
	if (!(r.seen & SEEN_PROFILE))
		return refuse(&r, -EPROTONOSUPPORT, "claims without a profile");
	if (r.seen != (s->info.kind == IMANS_SIGNED_NODE ? SEEN_NODE :
							   SEEN_TENANT))
		return bad(&r, "a claim is missing, or of another kind");
	if (s->info.expires_at <= s->info.issued_at)
		return bad(&r, "expires before it is issued");
	if (s->info.kind == IMANS_SIGNED_TENANT)
		lowest_verdict(s);
	return 0;
}
