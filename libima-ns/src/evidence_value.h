/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading maps and values of evidence. All functions that return a number give
 * 0, or -EBADMSG or -ENOMEM with the context's error set.
 */
#ifndef IMANS_EVIDENCE_VALUE_H
#define IMANS_EVIDENCE_VALUE_H

#include "cbor_cursor.h"
#include "evidence.h"

/**
 * struct evidence_parser - evidence that is being read
 * @ctx: where errors go
 * @name: what errors call the file
 * @cur: what is left of it
 * @ev: what was read
 */
struct evidence_parser {
	struct imans_ctx *ctx;
	const char *name;
	struct imans_cbor_cursor cur;
	struct imans_evidence *ev;
};

/**
 * struct evidence_key - a key that a map may have
 * @name: the key
 * @parse: reads the value into the object that the map stands for
 * @required: a map without it is malformed
 */
struct evidence_key {
	const char *name;
	int (*parse)(struct evidence_parser *p, const char *key, void *object);
	bool required;
};

/* Always -EBADMSG: what is at this byte, under this key, is wrong. */
int evidence_bad(struct evidence_parser *p, size_t at, const char *key,
		 const char *reason);

/* The next item, of this kind. */
int evidence_next(struct evidence_parser *p, const char *key,
		  enum imans_cbor_kind kind, struct imans_cbor_item *item);

/* A map with at most 32 known keys; unknown ones are passed over. */
int evidence_map(struct evidence_parser *p, const char *map, void *object,
		 const struct evidence_key *keys, size_t count);

int evidence_uint(struct evidence_parser *p, const char *key, uint64_t *value);
int evidence_blob_read(struct evidence_parser *p, const char *key, size_t min,
		       size_t max, struct evidence_blob *blob);
/* Without zero bytes; the caller frees it. */
int evidence_text(struct evidence_parser *p, const char *key, size_t max,
		  char **text);
int evidence_bank(struct evidence_parser *p, const char *key,
		  enum imans_bank *bank);

#endif /* IMANS_EVIDENCE_VALUE_H */
