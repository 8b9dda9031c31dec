/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One entry of a measurement list. */
#ifndef IMANS_ENTRY_H
#define IMANS_ENTRY_H

#include <imans.h>

#include "ctx.h"
#include "template.h"

/* Digests that were computed for an entry, so that each is computed once. */
struct imans_digest_cache {
	uint32_t banks;			/* bits of those that are there */
	uint8_t digest[IMANS_BANKS][IMANS_DIGEST_MAX];
};

struct imans_entry {
	struct imans_ctx *ctx;
	const char *list_name;
	uint64_t index;
	uint64_t offset;
	uint32_t pcr;
	enum imans_bank header;
	const uint8_t *header_digest;
	bool violation;
	bool hidden;			/* digests only: see hidden.h */
	char template_name[IMANS_TEMPLATE_NAME_MAX + 1];
	struct imans_template tmpl;	/* of template_name */
	const uint8_t *data;		/* in the list's window */
	size_t len;
	size_t data_offset;		/* of data, in the entry */
	struct imans_field fields[IMANS_FIELDS_MAX];
	const char *bad_fields;		/* why fields can't be read, or NULL */
	size_t bad_at;			/* where in data */
	struct imans_digest_cache *cache;
};

/*
 * The template digest; points into the entry's cache, NULL in *digest never.
 * -ENOTSUP, -EIO.
 */
int imans_entry_digest(const struct imans_entry *entry, enum imans_bank bank,
		       const uint8_t **digest);

/* Whether the header's digest is that of the data; logs nothing if it isn't. */
int imans_entry_match(const struct imans_entry *entry, bool *match);

/* Set the fields from template and data. */
void imans_entry_split(struct imans_entry *entry);

/* -EBADMSG with "list: entry N: byte B: reason"; `at` is an offset in data. */
int imans_entry_err(const struct imans_entry *entry, size_t at,
		    const char *reason);

#endif /* IMANS_ENTRY_H */
