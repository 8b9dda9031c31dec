// SPDX-License-Identifier: LGPL-2.1-or-later
/* Maps in CBOR, read pair by pair. */

#include <errno.h>
#include <string.h>

#include "cbor_map.h"

int imans_cbor_take(struct imans_cbor_cursor *cur, enum imans_cbor_kind kind,
		    struct imans_cbor_item *item)
{
	return imans_cbor_next(cur, item) || item->kind != kind ? -EBADMSG : 0;
}

int imans_cbor_map_enter(struct imans_cbor_map *map,
			 struct imans_cbor_cursor *cur)
{
	struct imans_cbor_item item;

	if (imans_cbor_take(cur, IMANS_CBOR_MAP, &item))
		return -EBADMSG;
	if (item.value > IMANS_CBOR_PAIRS_MAX)
		return -EMSGSIZE;
	map->cur = cur;
	map->left = item.value;
	map->count = 0;
	return 0;
}

/* By value: one integer can be encoded in several lengths. */
static bool same(const struct imans_cbor_item *a,
		 const struct imans_cbor_item *b)
{
	if (a->kind != b->kind || a->value != b->value)
		return false;
	return a->kind != IMANS_CBOR_TEXT ||
	       !memcmp(a->data, b->data, (size_t)a->value);
}

int imans_cbor_map_next(struct imans_cbor_map *map,
			struct imans_cbor_item *key)
{
	if (!map->left)
		return 0;
	if (imans_cbor_next(map->cur, key))
		return -EBADMSG;
	if (key->kind != IMANS_CBOR_UINT && key->kind != IMANS_CBOR_NEGATIVE &&
	    key->kind != IMANS_CBOR_TEXT)
		return -EBADMSG;
	for (size_t i = 0; i < map->count; i++)
		if (same(&map->seen[i], key))
			return -EBADMSG;
	map->seen[map->count++] = *key;
	map->left--;
	return 1;
}

bool imans_cbor_is_text(const struct imans_cbor_item *item, const char *text)
{
	return item->kind == IMANS_CBOR_TEXT && item->value == strlen(text) &&
	       !memcmp(item->data, text, (size_t)item->value);
}
