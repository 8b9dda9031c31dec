/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Templates: which fields an entry's data is made of. */
#ifndef IMANS_TEMPLATE_H
#define IMANS_TEMPLATE_H

#include <imans.h>

#define IMANS_TEMPLATE_BUF	"ima-buf"

/* How an ASCII list shows a field. */
enum imans_shown_as {
	IMANS_SHOWN_UNKNOWN,		/* a field that only a caller knows */
	IMANS_SHOWN_DIGEST,		/* hex */
	IMANS_SHOWN_DIGEST_NG,		/* "algo:" or "type:algo:", then hex */
	IMANS_SHOWN_STRING,		/* as it is, without its NUL */
	IMANS_SHOWN_NAMES,		/* the same, and nothing for no bytes */
	IMANS_SHOWN_HEX,
	IMANS_SHOWN_UINT,		/* decimal */
};

/* The fields that the library reads, in the order of template.c's table. */
enum imans_field_kind {
	IMANS_FIELD_D_NG,
	IMANS_FIELD_N_NG,
	IMANS_FIELD_D_NGV2,
	IMANS_FIELD_SIG,
	IMANS_FIELD_BUF,
	IMANS_FIELD_NSID,
	IMANS_FIELD_NSLABEL,
	IMANS_FIELD_D,
	IMANS_FIELD_N,
	IMANS_FIELD_D_MODSIG,
	IMANS_FIELD_MODSIG,
	IMANS_FIELD_EVMSIG,
	IMANS_FIELD_IUID,
	IMANS_FIELD_IGID,
	IMANS_FIELD_IMODE,
	IMANS_FIELD_XATTRNAMES,
	IMANS_FIELD_XATTRLENGTHS,
	IMANS_FIELD_XATTRVALUES,
	IMANS_FIELD_KINDS,
};

struct imans_template {
	size_t count;			/* 0: no template that is known */
	const char *id[IMANS_FIELDS_MAX];
	/*
	 * Where the first field of a kind stands, plus 1; 0: nowhere. Fields are
	 * asked for by kind, many times an entry: no names are compared then.
	 */
	uint8_t place[IMANS_FIELD_KINDS];
	/* "ima": no lengths but the name's, which is padded when hashed */
	bool bare;
};

/* Templates that the caller declared. */
struct imans_templates {
	struct imans_declared {
		char *name;
		char *ids;		/* the format, each id with a NUL */
		struct imans_template tmpl;
	} *all;
	size_t count;
};

/*
 * The format of "ima": a digest of 20 bytes (of 16, if it is MD5), then a name
 * of at most 255.
 */
#define IMANS_BARE_DIGEST_SIZE	20
#define IMANS_BARE_MD5_SIZE	16
#define IMANS_BARE_NAME_MAX	255

/* Copy declarations: -EINVAL, -ENOMEM. */
int imans_templates_init(struct imans_ctx *ctx,
			 const struct imans_template_decl *decls, size_t count,
			 struct imans_templates *templates);
void imans_templates_free(struct imans_templates *templates);

/*
 * By the name that the list gives; unknown ones get count 0. `declared` must
 * outlive what is found.
 */
void imans_template_find(const struct imans_templates *declared,
			 const char *name, struct imans_template *tmpl);

/* How a field is shown, and, of an integer, its size. */
enum imans_shown_as imans_field_shown(const char *id, size_t *size);

/*
 * Split template data into fields (IMANS_FIELDS_MAX of room). Returns NULL, or
 * the reason why the data is not the template's, with its place in *bad.
 * `bare_digest` is the digest's size in a bare template; `big`: lengths are
 * big-endian.
 */
const char *imans_template_split(const struct imans_template *tmpl,
				 size_t bare_digest, bool big,
				 const uint8_t *data, size_t len,
				 struct imans_field *fields, size_t *bad);

/*
 * Read one field's content; NULL or the reason why it is malformed. A string's
 * terminating NUL is taken off.
 */
const char *imans_field_string(const struct imans_field *field,
			       const char **string, size_t *len);
const char *imans_field_digest(const struct imans_field *field,
			       struct imans_file_digest *digest);

#endif /* IMANS_TEMPLATE_H */
