// SPDX-License-Identifier: LGPL-2.1-or-later
/* Lists and namespaces of evidence. Every byte is hostile. */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ctx.h"
#include "evidence_parse_list.h"
#include "file.h"
#include "merkle.h"

/* A status file is some hundred bytes long; a path is shorter. */
#define TEXT_MAX	65536

/* ----------------------------------------------------------------- lists */

static int list_digest(struct evidence_parser *p, const char *key, void *object)
{
	struct evidence_list *list = object;
	enum imans_bank bank;
	size_t at = p->cur.off;
	int err = evidence_bank(p, key, &bank);

	if (err)
		return err;
	if (bank != IMANS_SHA1 && bank != IMANS_SHA256)
		return evidence_bad(p, at, key, "is neither sha1 nor sha256");
	list->header = bank == IMANS_SHA1 ? IMANS_HEADER_SHA1 :
					    IMANS_HEADER_SHA256;
	return 0;
}

static int list_data(struct evidence_parser *p, const char *key, void *object)
{
	struct evidence_list *list = object;

	if (list->data.data)
		return evidence_bad(p, p->cur.off, key, "is a second list");
	return evidence_blob_read(p, key, 0, IMANS_FILE_MAX, &list->data);
}

static int list_tail(struct evidence_parser *p, const char *key, void *object)
{
	struct evidence_list *list = object;

	list->tail = true;
	return list_data(p, key, object);
}

static int list_since(struct evidence_parser *p, const char *key, void *object)
{
	struct evidence_list *list = object;
	size_t at = p->cur.off;
	struct imans_cbor_item item;
	int err = evidence_next(p, key, IMANS_CBOR_ARRAY, &item);

	if (!err && item.value != 2)
		return evidence_bad(p, at, key,
				    "is not a number of entries and a place");
	if (!err)
		err = evidence_uint(p, key, &list->since.entries);
	if (!err)
		err = evidence_uint(p, key, &list->since.offset);
	if (!err && (!list->since.entries || !list->since.offset))
		return evidence_bad(p, at, key, "is the list's start");
	return err;
}

/* Redacted, in the place of "data". */
static int list_redacted(struct evidence_parser *p, const char *key,
			 void *object)
{
	struct evidence_list *list = object;

	list->redacted = true;
	return list_data(p, key, object);
}

static int list_redacted_tail(struct evidence_parser *p, const char *key,
			      void *object)
{
	struct evidence_list *list = object;

	list->tail = true;
	return list_redacted(p, key, object);
}

/* By rising number, as the digests stand in the entries. */
static int list_banks(struct evidence_parser *p, const char *key, void *object)
{
	struct evidence_list *list = object;
	struct imans_cbor_item head;
	enum imans_bank bank = IMANS_SHA1;
	int err = evidence_next(p, key, IMANS_CBOR_ARRAY, &head);

	for (uint64_t i = 0; !err && i < head.value; i++) {
		size_t at = p->cur.off;

		err = evidence_bank(p, key, &bank);
		if (!err && list->redacted_banks >> bank)
			return evidence_bad(p, at, key, "does not rise");
		list->redacted_banks |= IMANS_BANK(bank);
	}
	return err;
}

/*
 * What follows a place, and what is redacted, have keys of their own: a reader
 * that knows of neither misses "data", and refuses the list.
 */
int evidence_parse_list(struct evidence_parser *p, const char *key,
			struct evidence_list *list)
{
	static const struct evidence_key keys[] = {
		{ "digest", list_digest, true },
		{ "data", list_data, false },
		{ "tail", list_tail, false },
		{ "since", list_since, false },
		{ "redacted", list_redacted, false },
		{ "redacted-tail", list_redacted_tail, false },
		{ "banks", list_banks, false },
	};
	size_t at = p->cur.off;
	int err = evidence_map(p, key, list, keys,
			       sizeof(keys) / sizeof(keys[0]));

	if (err)
		return err;
	if (!list->data.data || (list->redacted_banks && !list->redacted))
		return evidence_bad(p, at, key,
				    "has neither \"data\" nor \"redacted\"");
	if (list->tail != !!list->since.entries)
		return evidence_bad(p, at, key,
				    "has one of \"since\" and \"tail\"");
	if (list->redacted_banks & IMANS_BANK(evidence_header_bank(list->header)))
		return evidence_bad(p, at, key, "repeats the header's bank");
	return 0;
}

/* ------------------------------------------------------------ namespaces */

static int ns_id(struct evidence_parser *p, const char *key, void *object)
{
	struct evidence_ns *ns = object;
	size_t at = p->cur.off;
	int err = evidence_uint(p, key, &ns->id);

	if (!err && !ns->id)
		return evidence_bad(p, at, key, "is 0, which is the host's");
	return err;
}

static int ns_parent(struct evidence_parser *p, const char *key, void *object)
{
	struct evidence_ns *ns = object;

	return evidence_uint(p, key, &ns->parent);
}

static int ns_path(struct evidence_parser *p, const char *key, void *object)
{
	struct evidence_ns *ns = object;

	return evidence_text(p, key, TEXT_MAX, &ns->path);
}

static int ns_list(struct evidence_parser *p, const char *key, void *object)
{
	struct evidence_ns *ns = object;
	size_t at = p->cur.off;
	int err = evidence_parse_list(p, key, &ns->list);

	if (!err && ns->list.redacted)
		return evidence_bad(p, at, key,
				    "is redacted, which only the host's can be");
	return err;
}

static int ns_key(struct evidence_parser *p, const char *key, void *object)
{
	struct evidence_ns *ns = object;
	size_t at = p->cur.off;
	struct imans_cbor_item item;
	int err = evidence_next(p, key, IMANS_CBOR_BYTES, &item);

	if (err)
		return err;
	if (item.value != sizeof(ns->key))
		return evidence_bad(p, at, key, "is not 32 bytes long");
	memcpy(ns->key, item.data, sizeof(ns->key));
	ns->has_key = true;
	return 0;
}

static int ns_status(struct evidence_parser *p, const char *key, void *object)
{
	struct evidence_ns *ns = object;

	return evidence_text(p, key, TEXT_MAX, &ns->status);
}

/* Index, leaf, path. */
static int ns_leaf(struct evidence_parser *p, const char *key, void *object)
{
	struct evidence_leaf *leaf = &((struct evidence_ns *)object)->leaf;
	struct imans_cbor_item item;
	size_t at = p->cur.off;
	int err = evidence_next(p, key, IMANS_CBOR_ARRAY, &item);

	if (!err && item.value != 3)
		return evidence_bad(p, at, key, "has not three elements");
	if (!err)
		err = evidence_uint(p, key, &leaf->index);
	at = p->cur.off;
	if (!err)
		err = evidence_next(p, key, IMANS_CBOR_BYTES, &item);
	if (!err && item.value != sizeof(leaf->raw))
		return evidence_bad(p, at, key, "has no leaf of 64 bytes");
	if (err)
		return err;
	memcpy(leaf->raw, item.data, sizeof(leaf->raw));
	leaf->set = true;
	at = p->cur.off;
	err = evidence_blob_read(p, key, 0,
				 IMANS_MERKLE_PATH_MAX * IMANS_HASH_SIZE,
				 &leaf->path);
	if (!err && leaf->path.len % IMANS_HASH_SIZE)
		return evidence_bad(p, at, key,
				    "has a path that is not made of hashes");
	return err;
}

static int compare_ids(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Sorted, because a hostile file may hold millions. */
static int check_unique(struct evidence_parser *p, size_t at)
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

int evidence_parse_namespaces(struct evidence_parser *p, const char *key,
			      void *object)
{
	static const struct evidence_key keys[] = {
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
	int err = evidence_next(p, key, IMANS_CBOR_ARRAY, &head);

	for (uint64_t i = 0; !err && i < head.value; i++) {
		size_t ns_at = p->cur.off;
		struct evidence_ns *ns = evidence_ns_append(ev);

		if (!ns)
			return imans_err(p->ctx, -ENOMEM, "%s: out of memory",
					 p->name);
		err = evidence_map(p, "namespaces", ns, keys,
				   sizeof(keys) / sizeof(keys[0]));
		if (!err && !evidence_path_valid(ns->path, ns->id, ns->parent))
			err = evidence_bad(p, ns_at, "path",
					   "does not end in the parent's id and its own");
	}
	return err ? err : check_unique(p, at);
}
