// SPDX-License-Identifier: LGPL-2.1-or-later
/* Formats: security/integrity/ima/ima_template{,_lib}.c in the kernel. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "ctx.h"
#include "template.h"

/* A field's name, as the kernel bounds it. */
#define FIELD_ID_MAX	16
/* More declarations than anyone needs. */
#define DECLARED_MAX	256

static const struct {
	const char *id;
	enum imans_shown_as shown;
	size_t size;
} fields[IMANS_FIELD_KINDS] = {
	[IMANS_FIELD_D_NG]		= { "d-ng", IMANS_SHOWN_DIGEST_NG, 0 },
	[IMANS_FIELD_N_NG]		= { "n-ng", IMANS_SHOWN_STRING, 0 },
	[IMANS_FIELD_D_NGV2]		= { "d-ngv2", IMANS_SHOWN_DIGEST_NG, 0 },
	[IMANS_FIELD_SIG]		= { "sig", IMANS_SHOWN_HEX, 0 },
	[IMANS_FIELD_BUF]		= { "buf", IMANS_SHOWN_HEX, 0 },
	[IMANS_FIELD_NSID]		= { "nsid", IMANS_SHOWN_UINT, 8 },
	[IMANS_FIELD_NSLABEL]		= { "nslabel", IMANS_SHOWN_STRING, 0 },
	[IMANS_FIELD_D]			= { "d", IMANS_SHOWN_DIGEST, 0 },
	[IMANS_FIELD_N]			= { "n", IMANS_SHOWN_STRING, 0 },
	[IMANS_FIELD_D_MODSIG]		= { "d-modsig", IMANS_SHOWN_DIGEST_NG, 0 },
	[IMANS_FIELD_MODSIG]		= { "modsig", IMANS_SHOWN_HEX, 0 },
	[IMANS_FIELD_EVMSIG]		= { "evmsig", IMANS_SHOWN_HEX, 0 },
	[IMANS_FIELD_IUID]		= { "iuid", IMANS_SHOWN_UINT, 4 },
	[IMANS_FIELD_IGID]		= { "igid", IMANS_SHOWN_UINT, 4 },
	[IMANS_FIELD_IMODE]		= { "imode", IMANS_SHOWN_UINT, 2 },
	[IMANS_FIELD_XATTRNAMES]	= { "xattrnames", IMANS_SHOWN_NAMES, 0 },
	[IMANS_FIELD_XATTRLENGTHS]	= { "xattrlengths", IMANS_SHOWN_HEX, 0 },
	[IMANS_FIELD_XATTRVALUES]	= { "xattrvalues", IMANS_SHOWN_HEX, 0 },
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

/* IMANS_FIELD_KINDS: none that is known. */
static enum imans_field_kind field_kind(const char *id, size_t len)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fields); i++)
		if (strlen(fields[i].id) == len &&
		    memcmp(fields[i].id, id, len) == 0)
			break;
	return (enum imans_field_kind)i;
}

/* One field more, of a template that has room for it. */
static void add_field(struct imans_template *tmpl, const char *id,
		      enum imans_field_kind kind)
{
	tmpl->id[tmpl->count++] = id;
	if (kind < IMANS_FIELD_KINDS && !tmpl->place[kind])
		tmpl->place[kind] = (uint8_t)tmpl->count;
}

enum imans_shown_as imans_field_shown(const char *id, size_t *size)
{
	enum imans_field_kind kind = field_kind(id, strlen(id));

	if (kind == IMANS_FIELD_KINDS)
		return IMANS_SHOWN_UNKNOWN;
	*size = fields[kind].size;
	return fields[kind].shown;
}

/* A template without a name stands in the list with its format. */
static void parse_format(const char *fmt, struct imans_template *tmpl)
{
	for (;;) {
		size_t len = strcspn(fmt, "|");
		enum imans_field_kind kind = field_kind(fmt, len);

		if (kind == IMANS_FIELD_KINDS ||
		    tmpl->count == IMANS_FIELDS_MAX) {
			tmpl->count = 0;
			return;
		}
		add_field(tmpl, fields[kind].id, kind);
		if (!fmt[len])
			return;
		fmt += len + 1;
	}
}

static void find_known(const char *name, struct imans_template *tmpl)
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

void imans_template_find(const struct imans_templates *declared,
			 const char *name, struct imans_template *tmpl)
{
	find_known(name, tmpl);
	for (size_t i = 0; !tmpl->count && i < declared->count; i++)
		if (strcmp(name, declared->all[i].name) == 0)
			*tmpl = declared->all[i].tmpl;
}

static bool printable(const char *text, size_t max)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++)
		if (text[i] <= 0x20 || text[i] >= 0x7f)
			return false;
	return len > 0 && len <= max;
}

/* Cut the format at its bars; its ids may be ones that only the caller knows. */
static bool cut_format(struct imans_declared *new)
{
	char *id = new->ids;

	for (;;) {
		size_t len = strcspn(id, "|");
		bool last = !id[len];

		id[len] = '\0';
		if (!printable(id, FIELD_ID_MAX) ||
		    new->tmpl.count == IMANS_FIELDS_MAX)
			return false;
		add_field(&new->tmpl, id, field_kind(id, len));
		if (last)
			return true;
		id += len + 1;
	}
}

/* A known name keeps its meaning: who declares another one is mistaken. */
static int declare(struct imans_ctx *ctx, struct imans_templates *set,
		   const struct imans_template_decl *decl)
{
	struct imans_declared *new = &set->all[set->count];
	struct imans_template known;

	if (!decl->name || !printable(decl->name, IMANS_TEMPLATE_NAME_MAX) ||
	    !decl->format)
		return imans_err(ctx, -EINVAL,
				 "a declared template has no name or format");
	imans_template_find(set, decl->name, &known);
	if (known.count)
		return imans_err(ctx, -EINVAL, "template %s: is known already",
				 decl->name);
	new->name = strdup(decl->name);
	new->ids = strdup(decl->format);
	set->count++;
	if (!new->name || !new->ids)
		return imans_err(ctx, -ENOMEM, "template %s: out of memory",
				 decl->name);
	if (!cut_format(new))
		return imans_err(ctx, -EINVAL,
				 "template %s: \"%s\" is no format",
				 decl->name, decl->format);
	return 0;
}

int imans_templates_init(struct imans_ctx *ctx,
			 const struct imans_template_decl *decls, size_t count,
			 struct imans_templates *out)
{
	int ret = 0;

	memset(out, 0, sizeof(*out));
	if (count == 0)
		return 0;
	if (!decls || count > DECLARED_MAX)
		return imans_err(ctx, -EINVAL, "%zu templates, more than %d",
				 count, DECLARED_MAX);
	out->all = calloc(count, sizeof(*out->all));
	if (!out->all)
		return imans_err(ctx, -ENOMEM, "templates: out of memory");
	for (size_t i = 0; !ret && i < count; i++)
		ret = declare(ctx, out, &decls[i]);
	if (ret)
		imans_templates_free(out);
	return ret;
}

void imans_templates_free(struct imans_templates *declared)
{
	for (size_t i = 0; i < declared->count; i++) {
		free(declared->all[i].name);
		free(declared->all[i].ids);
	}
	free(declared->all);
	memset(declared, 0, sizeof(*declared));
}

/* The list's framing has checked the lengths already. */
static const char *split_bare(const struct imans_template *tmpl,
			      size_t digest_size, const uint8_t *data,
			      size_t len, struct imans_field *out)
{
	out[0] = (struct imans_field){ tmpl->id[0], data, digest_size };
	out[1] = (struct imans_field){
		tmpl->id[1], data + digest_size + 4, len - digest_size - 4
	};
	return NULL;
}

const char *imans_template_split(const struct imans_template *tmpl,
				 size_t bare_digest, bool big,
				 const uint8_t *data, size_t len,
				 struct imans_field *out, size_t *bad)
{
	size_t at = 0;

	*bad = 0;
	if (tmpl->bare)
		return split_bare(tmpl, bare_digest, data, len, out);
	for (size_t i = 0; i < tmpl->count; i++) {
		size_t field_len;

		*bad = at;
		if (len - at < 4)
			return "the template data ends before a field's length";
		field_len = get_u32(data + at, big);
		at += 4;
		if (field_len > len - at)
			return "a field runs past the template data's end";
		out[i] = (struct imans_field){
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
