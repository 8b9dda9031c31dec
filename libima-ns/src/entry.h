/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One entry of a measurement list. */
#ifndef IMANS_ENTRY_H
#define IMANS_ENTRY_H

#include <imans.h>

#include "ctx.h"
#include "template.h"

/* What was found out about an entry, so that it is found out once. */
struct imans_entry_cache {
	uint32_t banks;			/* bits of the digests that are there */
	uint8_t digest[IMANS_BANKS][IMANS_DIGEST_MAX];
	bool split;			/* what follows is there */
	struct imans_field fields[IMANS_FIELDS_MAX];
	const char *bad_fields;		/* why fields can't be read, or NULL */
	size_t bad_at;			/* where in data */
};

struct imans_entry {
	struct imans_ctx *ctx;
	const char *list_name;
	uint64_t index;
	uint64_t offset;
	uint32_t pcr;
	enum imans_bank header;
	const uint8_t *header_digest;
	bool big;			/* lengths and numbers are big-endian */
	bool violation;
	/* A line of an unknown template: nobody can tell what was hashed. */
	bool no_data;
	uint32_t lines;			/* of an ASCII list; 0: binary */
	bool hidden;			/* digests only: see hidden.h */
	char template_name[IMANS_TEMPLATE_NAME_MAX + 1];
	size_t template_len;
	struct imans_template tmpl;	/* of template_name */
	size_t bare_digest;		/* size of "d" in the template "ima" */
	const uint8_t *data;		/* in the list's window */
	size_t len;
	size_t data_offset;		/* of data, in the entry */
	struct imans_entry_cache *cache;
};

/*
 * The template digest; points into the entry's cache, NULL in *digest never.
 * -ENOTSUP, -EIO; -ENODATA: no_data, and not the header's bank.
 */
int imans_entry_digest(const struct imans_entry *entry, enum imans_bank bank,
		       const uint8_t **digest);

/* Whether the header's digest is that of the data; logs nothing if it isn't. */
int imans_entry_match(const struct imans_entry *entry, bool *match);

/* -EBADMSG with "list: entry N: byte B: reason"; `at` is an offset in data. */
int imans_entry_err(const struct imans_entry *entry, size_t at,
		    const char *reason);

/* The same, at a field's beginning. */
int imans_field_err(const struct imans_entry *entry,
		    const struct imans_field *field, const char *reason);

/* As imans_entry_field_by_id(). */
int imans_entry_field_of(const struct imans_entry *entry,
			 enum imans_field_kind kind, struct imans_field *field);

/* The first of two fields that the template has. */
int imans_entry_either_field(const struct imans_entry *entry,
			     enum imans_field_kind kind,
			     enum imans_field_kind other,
			     struct imans_field *field);

/* A whole name is this text. */
bool imans_entry_named(const struct imans_entry *entry, const char *name);

#endif /* IMANS_ENTRY_H */
