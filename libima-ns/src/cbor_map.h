/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Maps in CBOR, read pair by pair: no key may come twice. */
#ifndef IMANS_CBOR_MAP_H
#define IMANS_CBOR_MAP_H

#include <stdbool.h>

#include "cbor_cursor.h"

/* Pairs of one map: each key is compared with those before it. */
#define IMANS_CBOR_PAIRS_MAX	64

/**
 * struct imans_cbor_map - a map that is being read
 * @cur: where its next pair begins
 * @left: pairs that were not read
 * @seen: keys so far
 * @count: their number
 */
struct imans_cbor_map {
	struct imans_cbor_cursor *cur;
	uint64_t left;
	struct imans_cbor_item seen[IMANS_CBOR_PAIRS_MAX];
	size_t count;
};

/* Step into a map. -EBADMSG: there is none; -EMSGSIZE: too many pairs. */
int imans_cbor_map_enter(struct imans_cbor_map *map,
			 struct imans_cbor_cursor *cur);

/*
 * Step over the next pair's key: 1, and the cursor is at its value, which must
 * be stepped over before the next call; 0: that was all. -EBADMSG: the key is
 * neither integer nor text, or came before.
 */
int imans_cbor_map_next(struct imans_cbor_map *map,
			struct imans_cbor_item *key);

bool imans_cbor_is_text(const struct imans_cbor_item *item, const char *text);

/* Read a value of that kind. -EBADMSG: it is another. */
int imans_cbor_take(struct imans_cbor_cursor *cur, enum imans_cbor_kind kind,
		    struct imans_cbor_item *item);

#endif /* IMANS_CBOR_MAP_H */
