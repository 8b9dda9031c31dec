// SPDX-License-Identifier: LGPL-2.1-or-later
#include <string.h>

#include "bytes.h"
#include "hidden.h"

const char *imans_hidden_read(struct imans_entry *entry, uint32_t banks)
{
	struct imans_entry_cache *cache = entry->cache;
	const uint8_t *at = entry->data;
	size_t want = 0;

	entry->hidden = strcmp(entry->template_name,
			       IMANS_HIDDEN_TEMPLATE) == 0;
	if (!entry->hidden)
		return NULL;
	if (entry->violation)
		return entry->len ? "a redacted violation has data" : NULL;
	for (int i = 0; i < IMANS_BANKS; i++)
		if (banks & IMANS_BANK(i))
			want += imans_bank_size((enum imans_bank)i);
	if (entry->len != want)
		return "a redacted entry's digests have another size";
	for (int i = 0; i < IMANS_BANKS; i++) {
		size_t size = imans_bank_size((enum imans_bank)i);

		if (!(banks & IMANS_BANK(i)))
			continue;
		memcpy(cache->digest[i], at, size);
		at += size;
	}
	memcpy(cache->digest[entry->header], entry->header_digest,
	       imans_bank_size(entry->header));
	cache->banks = banks | IMANS_BANK(entry->header);
	return NULL;
}

/* In the byte order of the list. */
static void put_u32(struct imans_buf *out, const struct imans_entry *entry, uint32_t value)
{
	uint8_t bytes[4];

	put_uint(bytes, value, sizeof(bytes), entry->big);
	imans_buf_put(out, bytes, sizeof(bytes));
}

static void put_head(struct imans_buf *out, const struct imans_entry *entry,
		     const uint8_t *digest, const char *name)
{
	put_u32(out, entry, entry->pcr);
	imans_buf_put(out, digest, imans_bank_size(entry->header));
	put_u32(out, entry, (uint32_t)strlen(name));
	imans_buf_put(out, name, strlen(name));
}

void imans_shown_put(struct imans_buf *out, const struct imans_entry *entry)
{
	put_head(out, entry, entry->header_digest, entry->template_name);
	if (!entry->tmpl.bare)
		put_u32(out, entry, (uint32_t)entry->len);
	imans_buf_put(out, entry->data, entry->len);
}

int imans_hidden_put(struct imans_buf *out, const struct imans_entry *entry,
		     uint32_t banks)
{
	const uint8_t *digest[IMANS_BANKS];
	uint32_t len = 0;
	int ret;

	if (entry->violation) {
		put_head(out, entry, entry->header_digest,
			 IMANS_HIDDEN_TEMPLATE);
		put_u32(out, entry, 0);
		return 0;
	}
	for (int i = 0; i < IMANS_BANKS; i++) {
		if (!((banks | IMANS_BANK(entry->header)) & IMANS_BANK(i)))
			continue;
		ret = imans_entry_digest(entry, (enum imans_bank)i,
					 &digest[i]);
		if (ret)
			return ret;
		if (banks & IMANS_BANK(i))
			len += (uint32_t)imans_bank_size((enum imans_bank)i);
	}
	put_head(out, entry, digest[entry->header], IMANS_HIDDEN_TEMPLATE);
	put_u32(out, entry, len);
	for (int i = 0; i < IMANS_BANKS; i++)
		if (banks & IMANS_BANK(i))
			imans_buf_put(out, digest[i],
				      imans_bank_size((enum imans_bank)i));
	return 0;
}
