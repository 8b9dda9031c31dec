// SPDX-License-Identifier: LGPL-2.1-or-later
/* The Authenticode digest's parts of a PE/COFF image. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "pe.h"

/* Offsets: PE/COFF specification, sections 3.1 to 4. */
#define PE_POINTER		0x3c
#define COFF_SECTIONS		6
#define COFF_OPTIONAL_SIZE	20
#define COFF_SIZE		24
#define OPTIONAL_HEADERS_SIZE	60
#define OPTIONAL_CHECKSUM	64
#define DIRECTORIES_PE32	96
#define DIRECTORIES_PE32PLUS	112
#define CERTIFICATES		4	/* the directory's number */
#define SECTION_SIZE		40

struct section {
	uint32_t at;
	uint32_t size;
};

static int compare(const void *a, const void *b)
{
	const struct section *x = a, *y = b;

	return (x->at > y->at) - (x->at < y->at);
}

/* Sections that have bytes in the file, by their place. -EBADMSG. */
static int read_sections(const uint8_t *table, size_t count, size_t len,
			 struct section sections[PE_SECTIONS_MAX],
			 size_t *used)
{
	*used = 0;
	for (size_t i = 0; i < count; i++) {
		const uint8_t *head = table + i * SECTION_SIZE;
		struct section s = { get_le32(head + 20), get_le32(head + 16) };

		if (!s.size)
			continue;
		if (s.at > len || s.size > len - s.at)
			return -EBADMSG;
		sections[(*used)++] = s;
	}
	qsort(sections, *used, sizeof(*sections), compare);
	return 0;
}

static void add(struct imans_chunk *chunks, size_t *count, const uint8_t *data,
		size_t from, size_t to)
{
	chunks[(*count)++] = (struct imans_chunk) { data + from, to - from };
}

int imans_pe_chunks(const uint8_t *data, size_t len,
		    struct imans_chunk chunks[PE_CHUNKS], size_t *count)
{
	struct section sections[PE_SECTIONS_MAX];
	size_t pe, optional, directory, table, headers, used, hashed, certs;
	size_t n = 0, section_count;

	if (len < PE_POINTER + 4)
		return -EBADMSG;
	pe = get_le32(data + PE_POINTER);
	if (pe > len || len - pe < COFF_SIZE + DIRECTORIES_PE32PLUS ||
	    memcmp(data + pe, "PE\0", 4))
		return -EBADMSG;
	section_count = get_le16(data + pe + COFF_SECTIONS);
	optional = pe + COFF_SIZE;
	table = optional + get_le16(data + pe + COFF_OPTIONAL_SIZE);
	directory = optional + 8 * CERTIFICATES +
		    (get_le16(data + optional) == 0x20b ? DIRECTORIES_PE32PLUS :
							  DIRECTORIES_PE32);
	headers = get_le32(data + optional + OPTIONAL_HEADERS_SIZE);
	if (section_count > PE_SECTIONS_MAX || directory + 8 > table ||
	    table > headers || headers > len ||
	    section_count * SECTION_SIZE > headers - table ||
	    read_sections(data + table, section_count, len, sections, &used))
		return -EBADMSG;
	add(chunks, &n, data, 0, optional + OPTIONAL_CHECKSUM);
	add(chunks, &n, data, optional + OPTIONAL_CHECKSUM + 4, directory);
	add(chunks, &n, data, directory + 8, headers);
	hashed = headers;
	for (size_t i = 0; i < used; i++) {
		add(chunks, &n, data, sections[i].at,
		    sections[i].at + sections[i].size);
		hashed += sections[i].size;
	}
	/* What follows the sections, but for the certificates at the end. */
	certs = get_le32(data + directory + 4);
	if (hashed < len && certs <= len - hashed)
		add(chunks, &n, data, hashed, len - certs);
	*count = n;
	return 0;
}
