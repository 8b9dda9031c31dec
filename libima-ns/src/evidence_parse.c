// SPDX-License-Identifier: LGPL-2.1-or-later
/* Evidence from CBOR. Every byte is hostile. */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "cbor_cursor.h"
#include "ctx.h"
#include "evidence.h"
#include "file.h"
#include "merkle.h"

/* A status file is some hundred bytes long; a path is shorter. */
#define TEXT_MAX	65536

struct parser {
	struct imans_ctx *ctx;
	const char *name;
	struct imans_cbor_cursor cur;
	struct imans_evidence *ev;
};

/**
 * struct key - a key that a map may have
 * @name: the key
 * @parse: reads the value into the object that the map stands for
 * @required: a map without it is malformed
 */
struct key {
	const char *name;
	int (*parse)(struct parser *p, const char *key, void *object);
	bool required;
};

static int bad(struct parser *p, size_t at, const char *key, const char *reason)
{
	return imans_err(p->ctx, -EBADMSG, "%s: byte %zu: \"%s\" %s", p->name,
			 at, key, reason);
}

static const char *kind_name(enum imans_cbor_kind kind)
{
	static const char * const names[] = {
		[IMANS_CBOR_UINT] = "is not an unsigned integer",
		[IMANS_CBOR_BYTES] = "is not a byte string",
		[IMANS_CBOR_TEXT] = "is not a text string",
		[IMANS_CBOR_ARRAY] = "is not an array",
		[IMANS_CBOR_MAP] = "is not a map",
	};

	return names[kind];
}

static int next(struct parser *p, const char *key, enum imans_cbor_kind kind,
		struct imans_cbor_item *item)
{
	size_t at = p->cur.off;

	if (imans_cbor_next(&p->cur, item))
		return bad(p, at, key, "is cut off or no CBOR");
	if (item->kind != kind)
		return bad(p, at, key, kind_name(kind));
	return 0;
}

static bool text_is(const struct imans_cbor_item *item, const char *text)
{
	return item->value == strlen(text) &&
	       !memcmp(item->data, text, strlen(text));
}

static int parse_key(struct parser *p, const char *map, const struct key *keys,
		     size_t count, size_t *index)
{
	struct imans_cbor_item item;
	size_t i;
	int err = next(p, map, IMANS_CBOR_TEXT, &item);

	if (err)
		return err;
	for (i = 0; i < count; i++)
		if (text_is(&item, keys[i].name))
			break;
	*index = i;
	return 0;
}

static int parse_map(struct parser *p, const char *map, void *object,
		     const struct key *keys, size_t count)
{
	size_t at = p->cur.off, i;
	struct imans_cbor_item head;
	uint32_t seen = 0;
	int err = next(p, map, IMANS_CBOR_MAP, &head);

	if (err)
		return err;
	for (uint64_t pair = 0; pair < head.value; pair++) {
		size_t key_at = p->cur.off;

		err = parse_key(p, map, keys, count, &i);
		if (err)
			return err;
		if (i == count) {
			if (imans_cbor_skip(&p->cur))
				return bad(p, key_at, map,
					   "has an unknown key whose value is cut off or no CBOR");
			continue;
		}
		if (seen & 1U << i)
			return bad(p, key_at, keys[i].name, "stands there twice");
		seen |= 1U << i;
		err = keys[i].parse(p, keys[i].name, object);
		if (err)
			return err;
	}
	for (i = 0; i < count; i++)
		if (keys[i].required && !(seen & 1U << i))
			return bad(p, at, keys[i].name, "is missing");
	return 0;
}

static int parse_uint(struct parser *p, const char *key, uint64_t *value)
{
	struct imans_cbor_item item;
	int err = next(p, key, IMANS_CBOR_UINT, &item);

	if (!err)
		*value = item.value;
	return err;
}

static int parse_blob(struct parser *p, const char *key, size_t min, size_t max,
		      struct evidence_blob *blob)
{
	size_t at = p->cur.off;
	struct imans_cbor_item item;
	int err = next(p, key, IMANS_CBOR_BYTES, &item);

	if (err)
		return err;
	if (item.value < min || item.value > max)
		return bad(p, at, key, "has a wrong length");
	if (evidence_blob_set(blob, item.data, item.value))
		return imans_err(p->ctx, -ENOMEM, "%s: out of memory", p->name);
	return 0;
}

static int parse_text(struct parser *p, const char *key, size_t max, char **text)
{
	size_t at = p->cur.off;
	struct imans_cbor_item item;
	int err = next(p, key, IMANS_CBOR_TEXT, &item);
	char *copy;

	if (err)
		return err;
	if (item.value > max)
		return bad(p, at, key, "is too long");
	if (item.value && memchr(item.data, 0, item.value))
		return bad(p, at, key, "contains a zero byte");
	copy = calloc(1, item.value + 1);
	if (!copy)
		return imans_err(p->ctx, -ENOMEM, "%s: out of memory", p->name);
	if (item.value)
		memcpy(copy, item.data, item.value);
	*text = copy;
	return 0;
}

static int parse_bank(struct parser *p, const char *key, enum imans_bank *bank)
{
	size_t at = p->cur.off;
	struct imans_cbor_item item;
	int err = next(p, key, IMANS_CBOR_TEXT, &item);

	if (err)
		return err;
	for (int b = 0; b < IMANS_BANKS; b++) {
		if (text_is(&item, imans_bank_name(b))) {
			*bank = b;
			return 0;
		}
	}
	return bad(p, at, key, "does not name a bank");
}

/* ----------------------------------------------------------------- lists */

static int list_digest(struct parser *p, const char *key, void *object)
{
	struct evidence_list *list = object;
	enum imans_bank bank;
	size_t at = p->cur.off;
	int err = parse_bank(p, key, &bank);

	if (err)
		return err;
	if (bank != IMANS_SHA1 && bank != IMANS_SHA256)
		return bad(p, at, key, "is neither sha1 nor sha256");
	list->header = bank == IMANS_SHA1 ? IMANS_HEADER_SHA1 :
					    IMANS_HEADER_SHA256;
	return 0;
}

static int list_data(struct parser *p, const char *key, void *object)
{
	struct evidence_list *list = object;

	if (list->data.data)
		return bad(p, p->cur.off, key, "is a second list");
	return parse_blob(p, key, 0, IMANS_FILE_MAX, &list->data);
}

static int list_tail(struct parser *p, const char *key, void *object)
{
	struct evidence_list *list = object;

	list->tail = true;
	return list_data(p, key, object);
}

static int list_since(struct parser *p, const char *key, void *object)
{
	struct evidence_list *list = object;
	size_t at = p->cur.off;
	struct imans_cbor_item item;
	int err = next(p, key, IMANS_CBOR_ARRAY, &item);

	if (!err && item.value != 2)
		return bad(p, at, key, "is not a number of entries and a place");
	if (!err)
		err = parse_uint(p, key, &list->since.entries);
	if (!err)
		err = parse_uint(p, key, &list->since.offset);
	if (!err && (!list->since.entries || !list->since.offset))
		return bad(p, at, key, "is the list's start");
	return err;
}

/* Redacted, in the place of "data". */
static int list_redacted(struct parser *p, const char *key, void *object)
{
	struct evidence_list *list = object;

	list->redacted = true;
	return list_data(p, key, object);
}

/* By rising number, as the digests stand in the entries. */
static int list_banks(struct parser *p, const char *key, void *object)
{
	struct evidence_list *list = object;
	struct imans_cbor_item head;
	enum imans_bank bank = IMANS_SHA1;
	int err = next(p, key, IMANS_CBOR_ARRAY, &head);

	for (uint64_t i = 0; !err && i < head.value; i++) {
		size_t at = p->cur.off;

		err = parse_bank(p, key, &bank);
		if (!err && list->redacted_banks >> bank)
			return bad(p, at, key, "does not rise");
		list->redacted_banks |= IMANS_BANK(bank);
	}
	return err;
}

/*
 * What follows a place, and what is redacted, have keys of their own: a reader
 * that knows of neither misses "data", and refuses the list.
 */
static int parse_list(struct parser *p, const char *key,
		      struct evidence_list *list)
{
	static const struct key keys[] = {
		{ "digest", list_digest, true },
		{ "data", list_data, false },
		{ "tail", list_tail, false },
		{ "since", list_since, false },
		{ "redacted", list_redacted, false },
		{ "banks", list_banks, false },
	};
	size_t at = p->cur.off;
	int err = parse_map(p, key, list, keys, sizeof(keys) / sizeof(keys[0]));

	if (err)
		return err;
	if (!list->data.data || (list->redacted_banks && !list->redacted))
		return bad(p, at, key, "has neither \"data\" nor \"redacted\"");
	if (list->tail != !!list->since.entries)
		return bad(p, at, key, "has one of \"since\" and \"tail\"");
	if (list->redacted_banks & IMANS_BANK(evidence_header_bank(list->header)))
		return bad(p, at, key, "repeats the header's bank");
	return 0;
}

/* ------------------------------------------------------------ namespaces */

static int ns_id(struct parser *p, const char *key, void *object)
{
	struct evidence_ns *ns = object;
	size_t at = p->cur.off;
	int err = parse_uint(p, key, &ns->id);

	if (!err && !ns->id)
		return bad(p, at, key, "is 0, which is the host's");
	return err;
}

static int ns_parent(struct parser *p, const char *key, void *object)
{
	struct evidence_ns *ns = object;

	return parse_uint(p, key, &ns->parent);
}

static int ns_path(struct parser *p, const char *key, void *object)
{
	struct evidence_ns *ns = object;

	return parse_text(p, key, TEXT_MAX, &ns->path);
}

static int ns_list(struct parser *p, const char *key, void *object)
{
	struct evidence_ns *ns = object;
	size_t at = p->cur.off;
	int err = parse_list(p, key, &ns->list);

	if (!err && ns->list.redacted)
		return bad(p, at, key, "is redacted, which only the host's can be");
	return err;
}

static int ns_key(struct parser *p, const char *key, void *object)
{
	struct evidence_ns *ns = object;
	size_t at = p->cur.off;
	struct imans_cbor_item item;
	int err = next(p, key, IMANS_CBOR_BYTES, &item);

	if (err)
		return err;
	if (item.value != sizeof(ns->key))
		return bad(p, at, key, "is not 32 bytes long");
	memcpy(ns->key, item.data, sizeof(ns->key));
	ns->has_key = true;
	return 0;
}

static int ns_status(struct parser *p, const char *key, void *object)
{
	struct evidence_ns *ns = object;

	return parse_text(p, key, TEXT_MAX, &ns->status);
}

/* Index, leaf, path. */
static int ns_leaf(struct parser *p, const char *key, void *object)
{
	struct evidence_leaf *leaf = &((struct evidence_ns *)object)->leaf;
	struct imans_cbor_item item;
	size_t at = p->cur.off;
	int err = next(p, key, IMANS_CBOR_ARRAY, &item);

	if (!err && item.value != 3)
		return bad(p, at, key, "has not three elements");
	if (!err)
		err = parse_uint(p, key, &leaf->index);
	at = p->cur.off;
	if (!err)
		err = next(p, key, IMANS_CBOR_BYTES, &item);
	if (!err && item.value != sizeof(leaf->raw))
		return bad(p, at, key, "has no leaf of 64 bytes");
	if (err)
		return err;
	memcpy(leaf->raw, item.data, sizeof(leaf->raw));
	leaf->set = true;
	at = p->cur.off;
	err = parse_blob(p, key, 0, IMANS_MERKLE_PATH_MAX * IMANS_HASH_SIZE,
			 &leaf->path);
	if (!err && leaf->path.len % IMANS_HASH_SIZE)
		return bad(p, at, key, "has a path that is not made of hashes");
	return err;
}

static int compare_ids(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Sorted, because a hostile file may hold millions. */
static int check_unique(struct parser *p, size_t at)
{
	struct imans_evidence *ev = p->ev;
	uint64_t *ids = calloc(ev->ns_count + 1, sizeof(*ids));
	int err = 0;

	if (!ids)
		return imans_err(p->ctx, -ENOMEM, "%s: out of memory", p->name);
	for (size_t i = 0; i < ev->ns_count; i++)
		ids[i] = ev->ns[i].id;
	qsort(ids, ev->ns_count, sizeof(*ids), compare_ids);
	for (size_t i = 1; i < ev->ns_count && !err; i++)
		if (ids[i] == ids[i - 1])
			err = imans_err(p->ctx, -EBADMSG,
					"%s: byte %zu: namespace %" PRIu64 " stands there twice",
					p->name, at, ids[i]);
	free(ids);
	return err;
}

static int top_namespaces(struct parser *p, const char *key, void *object)
{
	static const struct key keys[] = {
		{ "id", ns_id, true },
		{ "parent", ns_parent, true },
		{ "path", ns_path, true },
		{ "list", ns_list, true },
		{ "key", ns_key, false },
		{ "status", ns_status, false },
		{ "leaf", ns_leaf, false },
	};
	struct imans_evidence *ev = object;
	size_t at = p->cur.off;
	struct imans_cbor_item head;
	int err = next(p, key, IMANS_CBOR_ARRAY, &head);

	for (uint64_t i = 0; !err && i < head.value; i++) {
		size_t ns_at = p->cur.off;
		struct evidence_ns *ns = evidence_ns_append(ev);

		if (!ns)
			return imans_err(p->ctx, -ENOMEM, "%s: out of memory",
					 p->name);
		err = parse_map(p, "namespaces", ns, keys,
				sizeof(keys) / sizeof(keys[0]));
		if (!err && !evidence_path_valid(ns->path, ns->id, ns->parent))
			err = bad(p, ns_at, "path",
				  "does not end in the parent's id and its own");
	}
	return err ? err : check_unique(p, at);
}

/* ------------------------------------------------------------- top level */

static int top_format(struct parser *p, const char *key, void *object)
{
	size_t at = p->cur.off;
	struct imans_cbor_item item;
	int err = next(p, key, IMANS_CBOR_TEXT, &item);

	(void)object;
	if (!err && !text_is(&item, EVIDENCE_FORMAT))
		return bad(p, at, key, "is not \"" EVIDENCE_FORMAT "\"");
	return err;
}

static int top_version(struct parser *p, const char *key, void *object)
{
	uint64_t version;
	size_t at = p->cur.off;
	int err = parse_uint(p, key, &version);

	(void)object;
	if (!err && version != EVIDENCE_VERSION)
		return imans_err(p->ctx, -EPROTONOSUPPORT,
				 "%s: byte %zu: evidence of version %" PRIu64 ", known is %d",
				 p->name, at, version, EVIDENCE_VERSION);
	return err;
}

static int top_quote(struct parser *p, const char *key, void *object)
{
	struct imans_evidence *ev = object;

	return parse_blob(p, key, 1, EVIDENCE_TPM_MAX, &ev->quote);
}

static int top_signature(struct parser *p, const char *key, void *object)
{
	struct imans_evidence *ev = object;

	return parse_blob(p, key, 1, EVIDENCE_TPM_MAX, &ev->signature);
}

static int top_ak(struct parser *p, const char *key, void *object)
{
	struct imans_evidence *ev = object;

	return parse_blob(p, key, 1, EVIDENCE_TPM_MAX, &ev->ak);
}

static int top_ak_certs(struct parser *p, const char *key, void *object)
{
	struct imans_evidence *ev = object;
	size_t at = p->cur.off;
	struct imans_cbor_item item;
	uint64_t count;
	int err = next(p, key, IMANS_CBOR_ARRAY, &item);

	count = item.value;
	if (!err && (!count || count > CERTS_MAX))
		return bad(p, at, key, "has no element, or too many");
	for (uint64_t i = 0; !err && i < count; i++) {
		at = p->cur.off;
		err = next(p, key, IMANS_CBOR_BYTES, &item);
		if (!err && (!item.value || item.value > CERT_SIZE_MAX))
			err = bad(p, at, key, "has a wrong length");
		if (!err)
			err = imans_chain_add(p->ctx, &ev->ak_certs, item.data,
					      item.value, p->name);
	}
	return err;
}

static int top_verifier(struct parser *p, const char *key, void *object)
{
	struct imans_evidence *ev = object;

	return parse_text(p, key, IMANS_VERIFIER_MAX, &ev->verifier);
}

static int parse_pcr(struct parser *p, enum imans_bank bank)
{
	struct imans_cbor_item item;
	size_t at = p->cur.off;
	uint64_t pcr;
	int err = parse_uint(p, "pcrs", &pcr);

	if (err)
		return err;
	if (pcr >= EVIDENCE_PCRS || p->ev->pcr_set[bank] & 1U << pcr)
		return bad(p, at, "pcrs",
			   "has a PCR that a TPM does not have, or one twice");
	at = p->cur.off;
	err = next(p, "pcrs", IMANS_CBOR_BYTES, &item);
	if (err)
		return err;
	if (item.value != imans_bank_size(bank))
		return bad(p, at, "pcrs", "has a value of a wrong length");
	memcpy(p->ev->pcr[bank][pcr], item.data, item.value);
	p->ev->pcr_set[bank] |= 1U << pcr;
	return 0;
}

static int top_pcrs(struct parser *p, const char *key, void *object)
{
	struct imans_evidence *ev = object;
	struct imans_cbor_item banks, pcrs;
	size_t at = p->cur.off;
	int err = next(p, key, IMANS_CBOR_MAP, &banks);

	if (!err && !banks.value)
		return bad(p, at, key, "is empty");
	for (uint64_t i = 0; !err && i < banks.value; i++) {
		enum imans_bank bank = IMANS_SHA1;

		at = p->cur.off;
		err = parse_bank(p, key, &bank);
		if (!err && ev->pcr_set[bank])
			err = bad(p, at, key, "has a bank twice");
		if (!err)
			err = next(p, key, IMANS_CBOR_MAP, &pcrs);
		if (!err && !pcrs.value)
			err = bad(p, at, key, "has an empty bank");
		for (uint64_t j = 0; !err && j < pcrs.value; j++)
			err = parse_pcr(p, bank);
	}
	return err;
}

static int top_host(struct parser *p, const char *key, void *object)
{
	struct imans_evidence *ev = object;

	return parse_list(p, key, &ev->host);
}

static int top_firmware_log(struct parser *p, const char *key, void *object)
{
	struct imans_evidence *ev = object;

	return parse_blob(p, key, 0, IMANS_FILE_MAX, &ev->firmware_log);
}

static int top_leaves(struct parser *p, const char *key, void *object)
{
	struct imans_evidence *ev = object;
	size_t at = p->cur.off;
	int err = parse_blob(p, key, 0, IMANS_FILE_MAX, &ev->leaves);

	if (!err && ev->leaves.len % IMANS_LEAF_SIZE)
		return bad(p, at, key, "is not made of leaves");
	return err;
}

static int parse_top(struct parser *p)
{
	static const struct key keys[] = {
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
		{ "namespaces", top_namespaces, true },
	};
	int err = parse_map(p, "evidence", p->ev, keys,
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
	struct parser p = {
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
