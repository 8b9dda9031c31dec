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

void imans_entry_split(struct imans_entry *entry)
{
	entry->bad_fields = imans_template_split(&entry->tmpl, entry->data,
						 entry->len, entry->fields,
						 &entry->bad_at);
}

static int hash_data(const struct imans_entry *entry, enum imans_bank bank,
		     uint8_t *out)
{
	static const uint8_t zeros[IMANS_BARE_NAME_MAX + 1];
	struct imans_chunk chunks[3] = { { entry->data, entry->len } };
	size_t name_len;

	if (!entry->tmpl.bare)
		return imans_hash(entry->ctx, bank, chunks, 1, out);
	name_len = entry->fields[1].len;
	chunks[0].len = IMANS_BARE_DIGEST_SIZE;
	chunks[1] = (struct imans_chunk){ entry->fields[1].data, name_len };
	chunks[2] = (struct imans_chunk){ zeros, sizeof(zeros) - name_len };
	return imans_hash(entry->ctx, bank, chunks, 3, out);
}

int imans_entry_digest(const struct imans_entry *entry, enum imans_bank bank,
		       const uint8_t **digest)
{
	struct imans_digest_cache *cache = entry->cache;

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
	ret = imans_entry_match(entry, &match);
	if (ret || match)
		return ret;
	return imans_entry_err(entry, 0, "the template digest is not that of "
			       "the template data");
}

static int check_fields(const struct imans_entry *entry)
{
	if (imans_entry_opaque(entry))
		return -ENODATA;
	if (entry->bad_fields)
		return imans_entry_err(entry, entry->bad_at, entry->bad_fields);
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
	*field = entry->fields[n];
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
			*field = entry->fields[i];
			return 0;
		}
	}
	return -ENODATA;
}

static size_t field_at(const struct imans_entry *entry,
		       const struct imans_field *field)
{
	return (size_t)(field->data - entry->data);
}

/* The first of two fields that the template has. */
static int either_field(const struct imans_entry *entry, const char *id,
			const char *other, struct imans_field *field)
{
	int ret = imans_entry_field_by_id(entry, id, field);

	return ret == -ENODATA ? imans_entry_field_by_id(entry, other, field) :
				 ret;
}

IMANS_API int imans_entry_file_digest(const struct imans_entry *entry,
				      struct imans_file_digest *digest)
{
	struct imans_field field;
	const char *bad;
	int ret = either_field(entry, "d-ng", "d-ngv2", &field);

	if (ret == 0) {
		bad = imans_field_digest(&field, digest);
		return bad ? imans_entry_err(entry, field_at(entry, &field),
					     bad) : 0;
	}
	if (ret != -ENODATA)
		return ret;
	ret = imans_entry_field_by_id(entry, "d", &field);
	if (ret)
		return ret;
	/* "d" is MD5 or SHA-1 and doesn't say which; SHA-1 is what has 20. */
	memset(digest, 0, sizeof(*digest));
	strcpy(digest->algo, field.len == 16 ? "md5" : "sha1");
	digest->digest = field.data;
	digest->len = field.len;
	return 0;
}

static int string_field(const struct imans_entry *entry,
			const struct imans_field *field, const char **string,
			size_t *len)
{
	const char *bad = imans_field_string(field, string, len);

	return bad ? imans_entry_err(entry, field_at(entry, field), bad) : 0;
}

IMANS_API int imans_entry_name(const struct imans_entry *entry,
			       const char **name, size_t *len)
{
	struct imans_field field;
	int ret = either_field(entry, "n-ng", "n", &field);

	if (ret)
		return ret;
	if (!entry->tmpl.bare)
		return string_field(entry, &field, name, len);
	if (field.len && memchr(field.data, 0, field.len))
		return imans_entry_err(entry, field_at(entry, &field),
				       "a string holds a NUL");
	*name = (const char *)field.data;
	*len = field.len;
	return 0;
}

IMANS_API int imans_entry_nsid(const struct imans_entry *entry, uint64_t *nsid)
{
	struct imans_field field;
	int ret = imans_entry_field_by_id(entry, "nsid", &field);

	if (ret)
		return ret;
	if (field.len != 8)
		return imans_entry_err(entry, field_at(entry, &field),
				       "nsid is not 8 bytes");
	*nsid = get_le64(field.data);
	return 0;
}

IMANS_API int imans_entry_label(const struct imans_entry *entry,
				const char **label, size_t *len)
{
	struct imans_field field;
	int ret = imans_entry_field_by_id(entry, "nslabel", &field);

	return ret ? ret : string_field(entry, &field, label, len);
}

static int bytes_field(const struct imans_entry *entry, const char *id,
		       const uint8_t **data, size_t *len)
{
	struct imans_field field;
	int ret = imans_entry_field_by_id(entry, id, &field);

	if (ret)
		return ret;
	*data = field.data;
	*len = field.len;
	return 0;
}

IMANS_API int imans_entry_sig(const struct imans_entry *entry,
			      const uint8_t **sig, size_t *len)
{
	return bytes_field(entry, "sig", sig, len);
}

IMANS_API int imans_entry_buf(const struct imans_entry *entry,
			      const uint8_t **buf, size_t *len)
{
	return bytes_field(entry, "buf", buf, len);
}
