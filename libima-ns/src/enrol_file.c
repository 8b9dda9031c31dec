// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The messages of an enrolment as files: JSON, documented in ima-ns-ak(1). One
 * table says what each of them has; nothing may be missing, nor be more.
 */

#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <tss2/tss2_mu.h>

#include "ctx.h"
#include "ek.h"
#include "enrol.h"
#include "file.h"
#include "json_text.h"
#include "trust.h"

#define ENROL_VERSION	1
/* Arrays in an object, and one level for what is refused. */
#define ENROL_DEPTH	3
/* Certificates in hexadecimal are the most of it. */
#define ENROL_FILE_MAX	(2 * CERTS_MAX * CERT_SIZE_MAX + 65536)
/* A marshalled structure of a TPM. */
#define BLOB_MAX	4096

static const char *const formats[] = {
	[IMANS_ENROL_REQUEST]	= "ima-ns enrolment request",
	[IMANS_ENROL_CHALLENGE]	= "ima-ns enrolment challenge",
	[IMANS_ENROL_STATE]	= "ima-ns enrolment state",
	[IMANS_ENROL_RESPONSE]	= "ima-ns enrolment response",
	[IMANS_ENROL_RECORD]	= "ima-ns enrolment",
};

enum type {
	FIXED,		/* so many bytes */
	BLOB,		/* struct evidence_blob */
	CERTS,		/* struct cert_chain */
	NODE,		/* char * */
	TRUST,		/* bool, as "certificate" or "pinned" */
	TIME,		/* uint64_t */
};

#define OF(kind)	(1U << IMANS_ENROL_##kind)

#define FIELD(member)	offsetof(struct imans_enrol, member), \
			sizeof(((struct imans_enrol *)0)->member)

static const struct field {
	const char *key;
	enum type type;
	unsigned int kinds;
	size_t offset;
	size_t size;
} fields[] = {
	{ "node", NODE, OF(CHALLENGE) | OF(STATE) | OF(RECORD), FIELD(node) },
	{ "id", FIXED, OF(CHALLENGE) | OF(STATE) | OF(RESPONSE), FIELD(id) },
	{ "ek", BLOB, OF(REQUEST), FIELD(ek) },
	{ "ek-certificates", CERTS, OF(REQUEST), FIELD(ek_certs) },
	{ "ek-name", FIXED, OF(CHALLENGE) | OF(STATE) | OF(RECORD),
	  FIELD(ek_name) },
	{ "ek-trust", TRUST, OF(STATE) | OF(RECORD), FIELD(ek_certified) },
	{ "ak", BLOB, OF(REQUEST) | OF(STATE) | OF(RECORD), FIELD(ak) },
	{ "ak-name", FIXED, OF(CHALLENGE) | OF(STATE) | OF(RECORD),
	  FIELD(ak_name) },
	{ "credential", BLOB, OF(CHALLENGE), FIELD(credential) },
	{ "encrypted-secret", BLOB, OF(CHALLENGE), FIELD(encrypted) },
	{ "secret", FIXED, OF(STATE), FIELD(secret) },
	{ "proof", FIXED, OF(RESPONSE), FIELD(proof) },
	{ "created", TIME, OF(STATE), FIELD(time) },
	{ "enrolled", TIME, OF(RECORD), FIELD(time) },
};

#define FIELDS	(sizeof(fields) / sizeof(fields[0]))

int imans_enrol_new(struct imans_ctx *ctx, enum imans_enrol_kind kind,
		    struct imans_enrol **enrol)
{
	struct imans_enrol *new = calloc(1, sizeof(*new));

	if (!new)
		return imans_err(ctx, -ENOMEM, "enrolment: out of memory");
	new->ctx = ctx;
	new->kind = kind;
	*enrol = new;
	return 0;
}

IMANS_API void imans_enrol_free(struct imans_enrol *enrol)
{
	if (!enrol)
		return;
	free(enrol->node);
	free(enrol->ek.data);
	imans_chain_free(&enrol->ek_certs);
	free(enrol->ak.data);
	free(enrol->credential.data);
	free(enrol->encrypted.data);
	OPENSSL_cleanse(enrol, sizeof(*enrol));
	free(enrol);
}

int imans_enrol_set_node(struct imans_enrol *enrol, const char *node)
{
	enrol->node = strdup(node);
	if (!enrol->node)
		return imans_err(enrol->ctx, -ENOMEM,
				 "enrolment: out of memory");
	return 0;
}

int imans_enrol_set_blob(struct imans_enrol *enrol, struct evidence_blob *blob,
			 const void *data, size_t len)
{
	if (evidence_blob_set(blob, data, len))
		return imans_err(enrol->ctx, -ENOMEM,
				 "enrolment: out of memory");
	return 0;
}

IMANS_API int imans_enrol_info(const struct imans_enrol *enrol,
			       struct imans_enrol_info *info)
{
	*info = (struct imans_enrol_info) {
		.kind = enrol->kind,
		.node = enrol->node ? enrol->node : "",
		.ek_certified = enrol->ek_certified,
		.certificates = enrol->ek_certs.count,
		.time = enrol->time,
	};
	memcpy(info->ek_name, enrol->ek_name, sizeof(info->ek_name));
	memcpy(info->ak_name, enrol->ak_name, sizeof(info->ak_name));
	return 0;
}

/* ---------------------------------------------------------------- reading */

struct loader {
	struct imans_enrol *enrol;
	const char *name;
};

static int bad(const struct loader *l, const char *key, const char *reason)
{
	return imans_err(l->enrol->ctx, -EBADMSG, "%s: \"%s\" %s", l->name, key,
			 reason);
}


/* Bytes in hexadecimal, 1 to max of them; NULL: they are none. */
static uint8_t *load_bytes(const char *text, size_t max, size_t *len)
{
	size_t digits = text ? strlen(text) : 0;
	uint8_t *data;

	if (!digits || digits % 2 || digits / 2 > max)
		return NULL;
	data = malloc(digits / 2);
	if (data && !imans_hex_parse(text, data, digits / 2)) {
		free(data);
		return NULL;
	}
	*len = digits / 2;
	return data;
}

static int load_blob(const struct loader *l, const char *key,
		     struct json_object *value, struct evidence_blob *blob)
{
	blob->data = load_bytes(imans_json_string(value), BLOB_MAX, &blob->len);
	if (!blob->data)
		return bad(l, key, "is not a structure in hexadecimal");
	return 0;
}

static int load_certs(const struct loader *l, const char *key,
		      struct json_object *value, struct cert_chain *chain)
{
	size_t count = json_object_is_type(value, json_type_array) ?
		       json_object_array_length(value) : SIZE_MAX;
	int err = 0;

	if (count > CERTS_MAX)
		return bad(l, key, "is not an array of up to 8 certificates");
	for (size_t i = 0; !err && i < count; i++) {
		struct json_object *one = json_object_array_get_idx(value, i);
		size_t len;
		uint8_t *der = load_bytes(imans_json_string(one),
					  CERT_SIZE_MAX, &len);

		if (!der)
			return bad(l, key,
				   "has an element that is no certificate in hexadecimal");
		err = imans_chain_add(l->enrol->ctx, chain, der, len, l->name);
		free(der);
	}
	return err;
}

static int load_time(const struct loader *l, const char *key,
		     struct json_object *value, uint64_t *seconds)
{
	int64_t number = json_object_is_type(value, json_type_int) ?
			 json_object_get_int64(value) : -1;

	/* json-c gives the largest for what is larger. */
	if (number < 0 || number == INT64_MAX)
		return bad(l, key, "is not a time in seconds since 1970");
	*seconds = (uint64_t)number;
	return 0;
}

static int load_trust(const struct loader *l, const char *key,
		      struct json_object *value, bool *certified)
{
	const char *text = imans_json_string(value);

	if (!text || (strcmp(text, "certificate") && strcmp(text, "pinned")))
		return bad(l, key, "is neither \"certificate\" nor \"pinned\"");
	*certified = !strcmp(text, "certificate");
	return 0;
}

static int load_field(const struct loader *l, const struct field *f,
		      struct json_object *value)
{
	void *member = (char *)l->enrol + f->offset;
	const char *text = imans_json_string(value);

	switch (f->type) {
	case FIXED:
		if (!text || !imans_hex_parse(text, member, f->size))
			return bad(l, f->key,
				   "has not as many bytes in hexadecimal as it must have");
		return 0;
	case BLOB:
		return load_blob(l, f->key, value, member);
	case CERTS:
		return load_certs(l, f->key, value, member);
	case NODE:
		if (!imans_node_valid(text))
			return bad(l, f->key, "is no node's name");
		return imans_enrol_set_node(l->enrol, text);
	case TRUST:
		return load_trust(l, f->key, value, member);
	default:
		return load_time(l, f->key, value, member);
	}
}

static int load_head(const struct loader *l, struct json_object *top)
{
	const char *format = formats[l->enrol->kind];
	struct json_object *value;
	const char *text;

	if (!json_object_is_type(top, json_type_object))
		return imans_err(l->enrol->ctx, -EBADMSG,
				 "%s: not a JSON object", l->name);
	text = json_object_object_get_ex(top, "format", &value) ?
	       imans_json_string(value) : NULL;
	if (!text || strcmp(text, format))
		return imans_err(l->enrol->ctx, -EBADMSG,
				 "%s: \"format\" is not \"%s\"", l->name,
				 format);
	if (!json_object_object_get_ex(top, "version", &value) ||
	    !json_object_is_type(value, json_type_int))
		return bad(l, "version", "is not a number");
	if (json_object_get_int64(value) != ENROL_VERSION)
		return imans_err(l->enrol->ctx, -EPROTONOSUPPORT,
				 "%s: version %s, known is %d", l->name,
				 json_object_get_string(value), ENROL_VERSION);
	return 0;
}

static bool known(enum imans_enrol_kind kind, const char *key)
{
	if (!strcmp(key, "format") || !strcmp(key, "version"))
		return true;
	for (size_t i = 0; i < FIELDS; i++)
		if (fields[i].kinds & 1U << kind && !strcmp(key, fields[i].key))
			return true;
	return false;
}

/* Names are not believed: they follow from the public areas. */
static int check_names(const struct loader *l)
{
	struct imans_enrol *e = l->enrol;
	uint8_t ak_name[IMANS_TPM_NAME_SIZE];
	TPMT_PUBLIC public;
	int err = 0;

	if (e->ak.data) {
		if (!imans_public_decode(&e->ak, &public))
			return bad(l, "ak", "is no TPMT_PUBLIC structure");
		err = imans_public_name(e->ctx, &e->ak, ak_name);
		if (!err && e->kind != IMANS_ENROL_REQUEST &&
		    memcmp(ak_name, e->ak_name, sizeof(ak_name)))
			return bad(l, "ak-name", "is not the name of \"ak\"");
		memcpy(e->ak_name, ak_name, sizeof(ak_name));
	}
	if (!err && e->ek.data) {
		if (!imans_public_decode(&e->ek, &public))
			return bad(l, "ek", "is no TPMT_PUBLIC structure");
		err = imans_public_name(e->ctx, &e->ek, e->ek_name);
	}
	return err;
}

static int load_top(const struct loader *l, struct json_object *top)
{
	struct json_object *value;
	int err = load_head(l, top);

	if (err)
		return err;
	json_object_object_foreach(top, key, unused) {
		(void)unused;
		if (!known(l->enrol->kind, key))
			return bad(l, key, "is not known");
	}
	for (size_t i = 0; i < FIELDS; i++) {
		if (!(fields[i].kinds & 1U << l->enrol->kind))
			continue;
		if (!json_object_object_get_ex(top, fields[i].key, &value))
			return bad(l, fields[i].key, "is missing");
		err = load_field(l, &fields[i], value);
		if (err)
			return err;
	}
	return check_names(l);
}

static bool kind_valid(enum imans_enrol_kind kind)
{
	return kind >= IMANS_ENROL_REQUEST && kind <= IMANS_ENROL_RECORD;
}

/* A NUL follows the data. */
static int parse(struct imans_ctx *ctx, enum imans_enrol_kind kind,
		 const uint8_t *data, size_t len, const char *name,
		 struct imans_enrol **enrol)
{
	struct loader l = { .name = name };
	struct json_object *top = NULL;
	int err = imans_json_parse(ctx, name, data, len, ENROL_DEPTH, &top);

	if (!err)
		err = imans_enrol_new(ctx, kind, &l.enrol);
	if (!err)
		err = load_top(&l, top);
	json_object_put(top);
	if (err)
		imans_enrol_free(l.enrol);
	else
		*enrol = l.enrol;
	return err;
}

static int bad_kind(struct imans_ctx *ctx, enum imans_enrol_kind kind)
{
	return imans_err(ctx, -EINVAL, "enrolment: there is no message %d",
			 (int)kind);
}

IMANS_API int imans_enrol_parse(struct imans_ctx *ctx,
				enum imans_enrol_kind kind, const void *data,
				size_t len, const char *name,
				struct imans_enrol **enrol)
{
	uint8_t *copy;
	int err;

	if (!kind_valid(kind))
		return bad_kind(ctx, kind);
	if (!name)
		name = "enrolment";
	if (len > ENROL_FILE_MAX)
		return imans_err(ctx, -EFBIG, "%s: longer than %d bytes", name,
				 ENROL_FILE_MAX);
	copy = calloc(1, len + 1);
	if (!copy)
		return imans_err(ctx, -ENOMEM, "%s: out of memory", name);
	if (len)
		memcpy(copy, data, len);
	err = parse(ctx, kind, copy, len, name, enrol);
	OPENSSL_cleanse(copy, len);
	free(copy);
	return err;
}

IMANS_API int imans_enrol_read(struct imans_ctx *ctx,
			       enum imans_enrol_kind kind, const char *path,
			       struct imans_enrol **enrol)
{
	uint8_t *data;
	size_t len;
	int err;

	if (!kind_valid(kind))
		return bad_kind(ctx, kind);
	err = imans_file_read(ctx, path, ENROL_FILE_MAX, &data, &len);
	if (err)
		return err;
	err = parse(ctx, kind, data, len, path, enrol);
	OPENSSL_cleanse(data, len);
	free(data);
	return err;
}

/*
 * Of two that read it at once only one removes it. What is no state stays: it
 * is another file, given by mistake.
 */
IMANS_API int imans_enrol_take(struct imans_ctx *ctx, const char *path,
			       struct imans_enrol **state)
{
	struct imans_enrol *taken;
	int err = imans_enrol_read(ctx, IMANS_ENROL_STATE, path, &taken);

	if (err)
		return err;
	if (unlink(path)) {
		err = -errno;
		imans_enrol_free(taken);
		return imans_err(ctx, err, "%s: %s", path, strerror(-err));
	}
	*state = taken;
	return 0;
}

/* ---------------------------------------------------------------- writing */

static struct json_object *hex_json(const uint8_t *data, size_t len)
{
	char *text = malloc(2 * len + 1);
	struct json_object *value;

	if (!text)
		return NULL;
	imans_hex_print(text, data, len);
	value = json_object_new_string(text);
	OPENSSL_cleanse(text, 2 * len);
	free(text);
	return value;
}

static struct json_object *certs_json(const struct cert_chain *chain)
{
	struct json_object *array = json_object_new_array();
	bool ok = array;

	for (size_t i = 0; ok && i < chain->count; i++)
		ok = imans_json_append(array, hex_json(chain->certs[i].data,
						       chain->certs[i].len));
	if (ok)
		return array;
	json_object_put(array);
	return NULL;
}

static struct json_object *field_json(const struct imans_enrol *e,
				      const struct field *f)
{
	const void *member = (const char *)e + f->offset;
	const struct evidence_blob *blob = member;

	switch (f->type) {
	case FIXED:
		return hex_json(member, f->size);
	case BLOB:
		return hex_json(blob->data, blob->len);
	case CERTS:
		return certs_json(member);
	case NODE:
		return json_object_new_string(e->node);
	case TRUST:
		return json_object_new_string(e->ek_certified ? "certificate" :
								"pinned");
	default:
		return json_object_new_int64((int64_t)e->time);
	}
}

static struct json_object *enrol_json(const struct imans_enrol *e)
{
	struct json_object *top = json_object_new_object();
	bool ok = top &&
		  imans_json_add(top, "format",
				 json_object_new_string(formats[e->kind])) &&
		  imans_json_add(top, "version",
				 json_object_new_int(ENROL_VERSION));

	for (size_t i = 0; ok && i < FIELDS; i++)
		if (fields[i].kinds & 1U << e->kind)
			ok = imans_json_add(top, fields[i].key,
					    field_json(e, &fields[i]));
	if (ok)
		return top;
	json_object_put(top);
	return NULL;
}

IMANS_API int imans_enrol_encode(const struct imans_enrol *enrol, char **text)
{
	const int flags = JSON_C_TO_STRING_PRETTY |
			  JSON_C_TO_STRING_NOSLASHESCAPE;
	struct json_object *top = enrol_json(enrol);
	size_t len;
	const char *json = imans_json_print(top, flags, &len);
	char *out = NULL;

	if (json && asprintf(&out, "%s\n", json) < 0)
		out = NULL;
	json_object_put(top);
	if (!out)
		return imans_err(enrol->ctx, -ENOMEM,
				 "enrolment: out of memory");
	*text = out;
	return 0;
}

IMANS_API int imans_enrol_write(const struct imans_enrol *enrol,
				const char *path)
{
	mode_t mode = enrol->kind == IMANS_ENROL_STATE ? 0600 : 0644;
	char *text;
	int err = imans_enrol_encode(enrol, &text);

	if (err)
		return err;
	err = imans_file_write(enrol->ctx, path, text, strlen(text), mode);
	OPENSSL_cleanse(text, strlen(text));
	free(text);
	return err;
}
