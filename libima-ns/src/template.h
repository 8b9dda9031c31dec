/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Templates: which fields an entry's data is made of. */
#ifndef IMANS_TEMPLATE_H
#define IMANS_TEMPLATE_H

#include <imans.h>

#define IMANS_TEMPLATE_BUF	"ima-buf"

struct imans_template {
	size_t count;			/* 0: no template that is known */
	const char *id[IMANS_FIELDS_MAX];
	/* "ima": no lengths but the name's, which is padded when hashed */
	bool bare;
};

/* The format of "ima": 20 bytes of digest, then a name of at most 255. */
#define IMANS_BARE_DIGEST_SIZE	20
#define IMANS_BARE_NAME_MAX	255

/* By the name that the list gives; unknown ones get count 0. */
void imans_template_find(const char *name, struct imans_template *tmpl);

/*
 * Split template data into fields (IMANS_FIELDS_MAX of room). Returns NULL, or
 * the reason why the data is not the template's, with its place in *bad.
 */
const char *imans_template_split(const struct imans_template *tmpl,
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
