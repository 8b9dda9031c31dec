// SPDX-License-Identifier: LGPL-2.1-or-later
/* Maps and values of evidence. Every byte is hostile. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cbor_map.h"
#include "ctx.h"
#include "evidence_value.h"

int evidence_bad(struct evidence_parser *p, size_t at, const char *key,
		 const char *reason)
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

int evidence_next(struct evidence_parser *p, const char *key,
		  enum imans_cbor_kind kind, struct imans_cbor_item *item)
{
	size_t at = p->cur.off;

	if (imans_cbor_next(&p->cur, item))
		return evidence_bad(p, at, key, "is cut off or no CBOR");
	if (item->kind != kind)
		return evidence_bad(p, at, key, kind_name(kind));
	return 0;
}

static int parse_key(struct evidence_parser *p, const char *map,
		     const struct evidence_key *keys, size_t count,
		     size_t *index)
{
	struct imans_cbor_item item;
	size_t i;
	int err = evidence_next(p, map, IMANS_CBOR_TEXT, &item);

	if (err)
		return err;
	for (i = 0; i < count; i++)
		if (imans_cbor_is_text(&item, keys[i].name))
			break;
	*index = i;
	return 0;
}

int evidence_map(struct evidence_parser *p, const char *map, void *object,
		 const struct evidence_key *keys, size_t count)
{
	size_t at = p->cur.off, i;
	struct imans_cbor_item head;
	uint32_t seen = 0;
	int err = evidence_next(p, map, IMANS_CBOR_MAP, &head);

	if (err)
		return err;
	for (uint64_t pair = 0; pair < head.value; pair++) {
		size_t key_at = p->cur.off;

		err = parse_key(p, map, keys, count, &i);
		if (err)
			return err;
		if (i == count) {
			if (imans_cbor_skip(&p->cur))
				return evidence_bad(p, key_at, map,
						    "has an unknown key whose value is cut off or no CBOR");
			continue;
		}
		if (seen & 1U << i)
			return evidence_bad(p, key_at, keys[i].name,
					    "stands there twice");
		seen |= 1U << i;
		err = keys[i].parse(p, keys[i].name, object);
		if (err)
			return err;
	}
	for (i = 0; i < count; i++)
		if (keys[i].required && !(seen & 1U << i))
			return evidence_bad(p, at, keys[i].name, "is missing");
	return 0;
}

int evidence_uint(struct evidence_parser *p, const char *key, uint64_t *value)
{
	struct imans_cbor_item item;
	int err = evidence_next(p, key, IMANS_CBOR_UINT, &item);

	if (!err)
		*value = item.value;
	return err;
}

int evidence_blob_read(struct evidence_parser *p, const char *key, size_t min,
		       size_t max, struct evidence_blob *blob)
{
	size_t at = p->cur.off;
	struct imans_cbor_item item;
	int err = evidence_next(p, key, IMANS_CBOR_BYTES, &item);

	if (err)
		return err;
	if (item.value < min || item.value > max)
		return evidence_bad(p, at, key, "has a wrong length");
	if (evidence_blob_set(blob, item.data, item.value))
		return imans_err(p->ctx, -ENOMEM, "%s: out of memory", p->name);
	return 0;
}

int evidence_text(struct evidence_parser *p, const char *key, size_t max,
		  char **text)
{
	size_t at = p->cur.off;
	struct imans_cbor_item item;
	int err = evidence_next(p, key, IMANS_CBOR_TEXT, &item);
	char *copy;

	if (err)
		return err;
	if (item.value > max)
		return evidence_bad(p, at, key, "is too long");
	if (item.value && memchr(item.data, 0, item.value))
		return evidence_bad(p, at, key, "contains a zero byte");
	copy = calloc(1, item.value + 1);
	if (!copy)
		return imans_err(p->ctx, -ENOMEM, "%s: out of memory", p->name);
	if (item.value)
		memcpy(copy, item.data, item.value);
	*text = copy;
	return 0;
}

int evidence_bank(struct evidence_parser *p, const char *key,
		  enum imans_bank *bank)
{
	size_t at = p->cur.off;
	struct imans_cbor_item item;
	int err = evidence_next(p, key, IMANS_CBOR_TEXT, &item);

	if (err)
		return err;
	for (int b = 0; b < IMANS_BANKS; b++) {
		if (imans_cbor_is_text(&item, imans_bank_name(b))) {
			*bank = b;
			return 0;
		}
	}
	return evidence_bad(p, at, key, "does not name a bank");
}
