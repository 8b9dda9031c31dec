// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "bytes.h"
#include "entry.h"

IMANS_API uint64_t imans_entry_index(const struct imans_entry *entry)
{
	return entry->index;
}

IMANS_API uint64_t imans_entry_offset(const struct imans_entry *entry)
{
	return entry->offset;
}

IMANS_API uint32_t imans_entry_pcr(const struct imans_entry *entry)
{
	return entry->pcr;
}

IMANS_API const char *imans_entry_template(const struct imans_entry *entry)
{
	return entry->template_name;
}

IMANS_API const uint8_t *imans_entry_data(const struct imans_entry *entry,
					  size_t *len)
{
	*len = entry->len;
	return entry->data;
}

IMANS_API const uint8_t *
imans_entry_header_digest(const struct imans_entry *entry, size_t *len)
{
	*len = imans_bank_size(entry->header);
	return entry->header_digest;
}

IMANS_API bool imans_entry_violation(const struct imans_entry *entry)
{
	return entry->violation;
}

IMANS_API bool imans_entry_opaque(const struct imans_entry *entry)
{
	return entry->tmpl.count == 0;
}

int imans_entry_err(const struct imans_entry *entry, size_t at,
		    const char *reason)
{
	return imans_err(entry->ctx, -EBADMSG,
			 "%s: entry %" PRIu64 ": byte %" PRIu64 ": %s",
			 entry->list_name, entry->index,
			 entry->offset + entry->data_offset + at, reason);
}

IMANS_API bool imans_entry_hidden(const struct imans_entry *entry)
{
	return entry->hidden;
}

int imans_field_err(const struct imans_entry *entry,
		    const struct imans_field *field, const char *reason)
{
	return imans_entry_err(entry, (size_t)(field->data - entry->data),
			       reason);
}

/* Only when someone asks: a replay does not. */
static struct imans_entry_cache *split(const struct imans_entry *entry)
{
	struct imans_entry_cache *cache = entry->cache;

	if (cache->split)
		return cache;
	cache->bad_fields = imans_template_split(&entry->tmpl,
						 entry->bare_digest, entry->big,
						 entry->data, entry->len,
						 cache->fields, &cache->bad_at);
	cache->split = true;
	return cache;
}

static int hash_data(const struct imans_entry *entry, enum imans_bank bank,
		     uint8_t *out)
{
	static const uint8_t zeros[IMANS_BARE_NAME_MAX + 1];
	struct imans_chunk chunks[3] = { { entry->data, entry->len } };
	size_t head = entry->bare_digest;

	if (!entry->tmpl.bare)
		return imans_hash(entry->ctx, bank, chunks, 1, out);
	/* The digest, and the name in 256 bytes. */
	chunks[0].len = head;
	chunks[1] = (struct imans_chunk){
		entry->data + head + 4, entry->len - head - 4
	};
	chunks[2] = (struct imans_chunk){ zeros, sizeof(zeros) - chunks[1].len };
	return imans_hash(entry->ctx, bank, chunks, 3, out);
}

int imans_entry_digest(const struct imans_entry *entry, enum imans_bank bank,
		       const uint8_t **digest)
{
	struct imans_entry_cache *cache = entry->cache;

	if (entry->no_data) {
		if (bank != entry->header)
			return imans_err(entry->ctx, -ENODATA,
					 "%s: entry %" PRIu64 ": a line of an "
					 "unknown template has a digest in %s "
					 "alone", entry->list_name,
					 entry->index,
					 imans_bank_name(entry->header));
		*digest = entry->header_digest;
		return 0;
	}
	if (!(cache->banks & IMANS_BANK(bank))) {
		int ret = entry->hidden ?
			imans_err(entry->ctx, -ENODATA, "%s: entry %" PRIu64
				  ": redacted, without a digest of %s",
				  entry->list_name, entry->index,
				  imans_bank_name(bank)) :
			hash_data(entry, bank, cache->digest[bank]);

		if (ret)
			return ret;
		cache->banks |= IMANS_BANK(bank);
	}
	*digest = cache->digest[bank];
	return 0;
}

IMANS_API uint32_t imans_entry_lines(const struct imans_entry *entry)
{
	return entry->lines;
}

IMANS_API int imans_entry_template_digest(const struct imans_entry *entry,
					  enum imans_bank bank,
					  uint8_t *digest, size_t size)
{
	const uint8_t *computed;
	int ret;

	if (imans_bank_size(bank) == 0)
		return imans_err(entry->ctx, -EINVAL, "no such bank: %d",
				 (int)bank);
	if (size < imans_bank_size(bank))
		return imans_err(entry->ctx, -ENOSPC,
				 "no room for a digest of %s",
				 imans_bank_name(bank));
	ret = imans_entry_digest(entry, bank, &computed);
	if (ret)
		return ret;
	memcpy(digest, computed, imans_bank_size(bank));
	return 0;
}

int imans_entry_match(const struct imans_entry *entry, bool *match)
{
	const uint8_t *computed;
	int ret = imans_entry_digest(entry, entry->header, &computed);

	if (!ret)
		*match = memcmp(computed, entry->header_digest,
				imans_bank_size(entry->header)) == 0;
	return ret;
}

IMANS_API int imans_entry_check_digest(const struct imans_entry *entry)
{
	bool match = false;
	int ret;

	if (entry->violation)
		return 0;
	if (entry->no_data)
		return imans_err(entry->ctx, -ENODATA, "%s: entry %" PRIu64
				 ": a line of an unknown template can't be "
				 "held against its digest", entry->list_name,
				 entry->index);
	ret = imans_entry_match(entry, &match);
	if (ret || match)
		return ret;
	return imans_entry_err(entry, 0, "the template digest is not that of "
			       "the template data");
}

static int check_fields(const struct imans_entry *entry)
{
	const struct imans_entry_cache *cache;

	if (imans_entry_opaque(entry))
		return -ENODATA;
	cache = split(entry);
	if (cache->bad_fields)
		return imans_entry_err(entry, cache->bad_at, cache->bad_fields);
	return 0;
}

IMANS_API int imans_entry_field_count(const struct imans_entry *entry,
				      size_t *count)
{
	int ret = check_fields(entry);

	if (!ret)
		*count = entry->tmpl.count;
	return ret;
}

IMANS_API int imans_entry_field(const struct imans_entry *entry, size_t n,
				struct imans_field *field)
{
	int ret = check_fields(entry);

	if (ret)
		return ret;
	if (n >= entry->tmpl.count)
		return -ENODATA;
	*field = entry->cache->fields[n];
	return 0;
}

IMANS_API int imans_entry_field_by_id(const struct imans_entry *entry,
				      const char *id,
				      struct imans_field *field)
{
	int ret = check_fields(entry);

	if (ret)
		return ret;
	for (size_t i = 0; i < entry->tmpl.count; i++) {
		if (strcmp(entry->tmpl.id[i], id) == 0) {
			*field = entry->cache->fields[i];
			return 0;
		}
	}
	return -ENODATA;
}

int imans_entry_field_of(const struct imans_entry *entry,
			 enum imans_field_kind kind, struct imans_field *field)
{
	size_t place = entry->tmpl.place[kind];
	int ret = check_fields(entry);

	if (ret)
		return ret;
	if (!place)
		return -ENODATA;
	*field = entry->cache->fields[place - 1];
	return 0;
}

int imans_entry_either_field(const struct imans_entry *entry,
			     enum imans_field_kind kind,
			     enum imans_field_kind other,
			     struct imans_field *field)
{
	int ret = imans_entry_field_of(entry, kind, field);

	return ret == -ENODATA ? imans_entry_field_of(entry, other, field) :
				 ret;
}
