// SPDX-License-Identifier: LGPL-2.1-or-later
/* Formats: security/integrity/ima/ima_template{,_lib}.c in the kernel. */
#include <string.h>

#include "bytes.h"
#include "template.h"

static const char * const field_ids[] = {
	"d", "n", "d-ng", "n-ng", "d-ngv2", "sig", "buf", "d-modsig", "modsig",
	"evmsig", "iuid", "igid", "imode", "xattrnames", "xattrlengths",
	"xattrvalues", "nsid", "nslabel",
};

static const struct {
	const char *name;
	const char *fmt;
} templates[] = {
	{ "ima",	"d|n" },
	{ "ima-ng",	"d-ng|n-ng" },
	{ "ima-sig",	"d-ng|n-ng|sig" },
	{ "ima-ngv2",	"d-ngv2|n-ng" },
	{ "ima-sigv2",	"d-ngv2|n-ng|sig" },
	{ IMANS_TEMPLATE_BUF, "d-ng|n-ng|buf" },
	{ "ima-modsig",	"d-ng|n-ng|sig|d-modsig|modsig" },
	{ "evm-sig",	"d-ng|n-ng|evmsig|xattrnames|xattrlengths|xattrvalues|"
			"iuid|igid|imode" },
	{ "ima-ns",	"d-ng|n-ng|nsid|nslabel" },
	{ "ima-ns-sig",	"d-ng|n-ng|nsid|nslabel|sig" },
};

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

static const char *field_id(const char *id, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(field_ids); i++)
		if (strlen(field_ids[i]) == len &&
		    memcmp(field_ids[i], id, len) == 0)
			return field_ids[i];
	return NULL;
}

/* A template without a name stands in the list with its format. */
static void parse_format(const char *fmt, struct imans_template *tmpl)
{
	for (;;) {
		size_t len = strcspn(fmt, "|");
		const char *id = field_id(fmt, len);

		if (!id || tmpl->count == IMANS_FIELDS_MAX) {
			tmpl->count = 0;
			return;
		}
		tmpl->id[tmpl->count++] = id;
		if (!fmt[len])
			return;
		fmt += len + 1;
	}
}

void imans_template_find(const char *name, struct imans_template *tmpl)
{
	const char *fmt = name;

	memset(tmpl, 0, sizeof(*tmpl));
	for (size_t i = 0; i < ARRAY_SIZE(templates); i++) {
		if (strcmp(name, templates[i].name) == 0) {
			fmt = templates[i].fmt;
			tmpl->bare = i == 0;
			break;
		}
	}
	parse_format(fmt, tmpl);
}

/* The list's framing has checked the lengths already. */
static const char *split_bare(const struct imans_template *tmpl,
			      const uint8_t *data, size_t len,
			      struct imans_field *fields)
{
	fields[0] = (struct imans_field){
		tmpl->id[0], data, IMANS_BARE_DIGEST_SIZE
	};
	fields[1] = (struct imans_field){
		tmpl->id[1], data + IMANS_BARE_DIGEST_SIZE + 4,
		len - IMANS_BARE_DIGEST_SIZE - 4
	};
	return NULL;
}

const char *imans_template_split(const struct imans_template *tmpl,
				 const uint8_t *data, size_t len,
				 struct imans_field *fields, size_t *bad)
{
	size_t at = 0;

	*bad = 0;
	if (tmpl->bare)
		return split_bare(tmpl, data, len, fields);
	for (size_t i = 0; i < tmpl->count; i++) {
		size_t field_len;

		*bad = at;
		if (len - at < 4)
			return "the template data ends before a field's length";
		field_len = get_le32(data + at);
		at += 4;
		if (field_len > len - at)
			return "a field runs past the template data's end";
		fields[i] = (struct imans_field){
			tmpl->id[i], data + at, field_len
		};
		at += field_len;
	}
	*bad = at;
	return at < len ? "bytes follow the template's last field" : NULL;
}

const char *imans_field_string(const struct imans_field *field,
			       const char **string, size_t *len)
{
	const uint8_t *nul;

	if (field->len == 0)
		return "a string lacks its terminating NUL";
	nul = memchr(field->data, 0, field->len);
	if (!nul)
		return "a string lacks its terminating NUL";
	if (nul != field->data + field->len - 1)
		return "a string holds a NUL";
	*string = (const char *)field->data;
	*len = field->len - 1;
	return NULL;
}

/* "algo:" NUL digest, or "type:algo:" NUL digest */
const char *imans_field_digest(const struct imans_field *field,
			       struct imans_file_digest *digest)
{
	const uint8_t *data = field->data;
	const uint8_t *nul, *colon;
	size_t prefix, type_len = 0, algo_len;

	nul = field->len ? memchr(data, 0, field->len) : NULL;
	if (!nul || nul == data || nul[-1] != ':')
		return "a digest lacks its algorithm";
	prefix = (size_t)(nul - data) - 1;
	colon = memchr(data, ':', prefix);
	if (colon) {
		type_len = (size_t)(colon - data);
		data = colon + 1;
	}
	algo_len = prefix - type_len - (colon ? 1 : 0);
	if (algo_len == 0 || algo_len >= sizeof(digest->algo) ||
	    type_len >= sizeof(digest->type) ||
	    memchr(data, ':', algo_len))
		return "a digest's algorithm is malformed";
	memset(digest, 0, sizeof(*digest));
	memcpy(digest->type, field->data, type_len);
	memcpy(digest->algo, data, algo_len);
	digest->digest = nul + 1;
	digest->len = field->len - prefix - 2;
	return NULL;
}
