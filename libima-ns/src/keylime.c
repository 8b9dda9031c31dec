// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Keylime's runtime policies, read. What our rules can't say is refused, or
 * left out where that only allows less, and told.
 */

#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "file.h"
#include "json_text.h"
#include "keylime.h"
#include "policy.h"
#include "text.h"

#define JSON_DEPTH	16
#define KEY_MAX		16384
/* Events of ours are proven, not compared: excluding them changes nothing. */
#define OWN_EVENTS	"^ima-ns/"

struct keylime {
	struct imans_policy *policy;
	const char *name;
	uint32_t flags;
	imans_conflict_fn fn;
	void *user;
};

static int bad(const struct keylime *k, const char *key, const char *reason)
{
	char shown[IMANS_SHOWN_SIZE];

	return imans_err(k->policy->ctx, -EBADMSG, "%s: \"%s\" %s", k->name,
			 imans_show(shown, sizeof(shown), key, strlen(key)),
			 reason);
}

static int no_memory(const struct keylime *k)
{
	return imans_err(k->policy->ctx, -ENOMEM, "%s: out of memory", k->name);
}

/* Without it less is allowed: whoever wants that says so, and is told. */
static int cannot(const struct keylime *k, const char *what, const char *text)
{
	char shown[IMANS_SHOWN_SIZE], *line;

	imans_show(shown, sizeof(shown), text, strlen(text));
	if (!(k->flags & IMANS_KEYLIME_LOSSY))
		return imans_err(k->policy->ctx, -ENOTSUP,
				 "%s: %s %s can't be expressed", k->name, what,
				 shown);
	if (asprintf(&line, "%s: %s %s is left out", k->name, what, shown) < 0)
		return no_memory(k);
	if (k->fn)
		k->fn(k->user, line);
	free(line);
	return 0;
}

/* Keylime compares hexadecimal digits; how many tells the algorithm. */
static int add_hex(const struct keylime *k, const char *path, const char *hex,
		   uint32_t index)
{
	static const char *const names[] = { "sha1", "sha256", "sha384",
					     "sha512" };
	uint8_t digest[IMANS_DIGEST_MAX];
	enum imans_bank bank;

	for (size_t i = 0; hex && *path && i < 4; i++)
		if (!imans_bank_parse(names[i], &bank) &&
		    imans_hex_parse(hex, digest, imans_bank_size(bank)))
			return imans_policy_refs_add(k->policy, path,
						     strlen(path), false, bank,
						     digest, index);
	return bad(k, path, "has what is no digest in hexadecimal");
}

/* ------------------------------------------------------------------- keys */

static int load_meta(const struct keylime *k, const char *key,
		     struct json_object *value)
{
	struct json_object *version;
	int64_t number;

	if (!json_object_object_get_ex(value, "version", &version) ||
	    !json_object_is_type(version, json_type_int))
		return bad(k, key, "has no version");
	number = json_object_get_int64(version);
	if (number < 1 || number > KEYLIME_OLD_VERSION_MAX)
		return imans_err(k->policy->ctx, -EPROTONOSUPPORT,
				 "%s: version %s is not known", k->name,
				 json_object_get_string(version));
	return 0;
}

static int load_digests(const struct keylime *k, const char *key,
			struct json_object *value)
{
	json_object_object_foreach(value, path, list) {
		int err = 0;

		if (!json_object_is_type(list, json_type_array))
			return bad(k, key, "has a path without an array");
		for (size_t i = 0; !err && i < json_object_array_length(list);
		     i++)
			err = add_hex(k, path, imans_json_string(
					json_object_array_get_idx(list, i)),
				      (uint32_t)i);
		if (err)
			return err;
	}
	return 0;
}

static int load_exclude(const struct keylime *k, const char *regex,
			uint32_t index)
{
	bool known;
	char *glob;
	int err;

	if (!strncmp(regex, OWN_EVENTS, strlen(OWN_EVENTS)))
		return 0;
	glob = keylime_glob(regex, &known);
	if (!glob)
		return known ? no_memory(k) : cannot(k, "the exclude", regex);
	err = imans_policy_put_glob(k->policy, glob, true, index);
	free(glob);
	return err;
}

static int load_excludes(const struct keylime *k, const char *key,
			 struct json_object *value)
{
	int err = 0;

	for (size_t i = 0; !err && i < json_object_array_length(value); i++) {
		const char *regex = imans_json_string(
			json_object_array_get_idx(value, i));

		err = regex ? load_exclude(k, regex, (uint32_t)i) :
			      bad(k, key, "has an element that is no text");
	}
	return err;
}

static int load_ima(const struct keylime *k, const char *key,
		    struct json_object *value)
{
	json_object_object_foreach(value, name, one) {
		int err = 0;

		/* How lists are made, which the list itself tells. */
		if (!strcmp(name, "log_hash_alg"))
			continue;
		if (strcmp(name, "ignored_keyrings") &&
		    strcmp(name, "dm_policy"))
			return bad(k, key, "has a member that is not known");
		if (json_object_is_type(one, json_type_null) ||
		    (json_object_is_type(one, json_type_array) &&
		     !json_object_array_length(one)))
			continue;
		err = cannot(k, "the member of \"ima\"", name);
		if (err)
			return err;
	}
	return 0;
}

static int add_der(const struct keylime *k, const char *name,
		   const uint8_t *der, size_t len, const uint32_t *keyid,
		   uint32_t index)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *pem = NULL;
	int err;

	if (!bio || !PEM_write_bio(bio, "PUBLIC KEY", "", der, (long)len) ||
	    BIO_write(bio, "", 1) != 1 || BIO_get_mem_data(bio, &pem) <= 0) {
		BIO_free(bio);
		return no_memory(k);
	}
	err = imans_policy_put_key(k->policy, name, pem, keyid, NULL, 0, index);
	BIO_free(bio);
	return err == -EINVAL ? cannot(k, "the key", name) : err;
}

static int load_key(const struct keylime *k, struct json_object *value,
		    struct json_object *keyid, uint32_t index)
{
	const char *text = imans_json_string(value);
	size_t len = text ? strlen(text) : 0, pad = 0;
	uint8_t der[KEY_MAX];
	char name[32];
	uint32_t id = 0;
	int n;

	if (!len || len % 4 || len / 4 * 3 > sizeof(der))
		return bad(k, "verification-keys", "has a key that is no base64");
	while (pad < 2 && text[len - 1 - pad] == '=')
		pad++;
	n = EVP_DecodeBlock(der, (const unsigned char *)text, (int)len);
	if (n < 0)
		return bad(k, "verification-keys", "has a key that is no base64");
	if (keyid && json_object_is_type(keyid, json_type_int))
		id = (uint32_t)json_object_get_int64(keyid);
	snprintf(name, sizeof(name), "keylime %u", index);
	return add_der(k, name, der, (size_t)n - pad, id ? &id : NULL, index);
}

/* A JSON text in a string, of what Keylime calls a keyring. */
static int load_keys(const struct keylime *k, const char *key,
		     struct json_object *value)
{
	const char *text = imans_json_string(value);
	struct json_object *top, *keys, *ids;
	size_t count = 0;
	int err = 0;

	if (!text)
		return bad(k, key, "is no text");
	if (!*text || !strcmp(text, "[]"))
		return 0;
	err = imans_json_parse(k->policy->ctx, k->name, (const uint8_t *)text,
			       strlen(text), JSON_DEPTH, &top);
	if (err)
		return err;
	if (!json_object_is_type(top, json_type_object) ||
	    !json_object_object_get_ex(top, "pubkeys", &keys) ||
	    !json_object_is_type(keys, json_type_array))
		err = bad(k, key, "has no pubkeys");
	else
		count = json_object_array_length(keys);
	if (err || !json_object_object_get_ex(top, "keyids", &ids) ||
	    !json_object_is_type(ids, json_type_array))
		ids = NULL;
	for (size_t i = 0; !err && i < count; i++)
		err = load_key(k, json_object_array_get_idx(keys, i),
			       ids ? json_object_array_get_idx(ids, i) : NULL,
			       (uint32_t)i);
	json_object_put(top);
	return err;
}

static int ignore(const struct keylime *k, const char *key,
		  struct json_object *value)
{
	(void)k;
	(void)key;
	(void)value;
	return 0;
}

/* "hashes" is what allowlists called the digests; keys and buffers are named. */
static const struct {
	const char *key;
	enum json_type type;
	int (*load)(const struct keylime *k, const char *key,
		    struct json_object *value);
} keys[] = {
	{ "meta", json_type_object, load_meta },
	{ "release", json_type_int, ignore },
	{ "digests", json_type_object, load_digests },
	{ "hashes", json_type_object, load_digests },
	{ "keyrings", json_type_object, load_digests },
	{ "ima-buf", json_type_object, load_digests },
	{ "excludes", json_type_array, load_excludes },
	{ "ima", json_type_object, load_ima },
	{ "verification-keys", json_type_string, load_keys },
};

#define KEYS	(sizeof(keys) / sizeof(keys[0]))

static int load_top(const struct keylime *k, struct json_object *top)
{
	struct json_object *unused;

	if (!json_object_is_type(top, json_type_object))
		return imans_err(k->policy->ctx, -EBADMSG,
				 "%s: not a JSON object", k->name);
	if (!json_object_object_get_ex(top, "meta", &unused))
		return bad(k, "meta", "is missing");
	if (!json_object_object_get_ex(top, "digests", &unused) &&
	    !json_object_object_get_ex(top, "hashes", &unused))
		return bad(k, "digests", "is missing");
	json_object_object_foreach(top, name, value) {
		size_t i = 0;
		int err;

		while (i < KEYS && strcmp(name, keys[i].key))
			i++;
		if (i == KEYS)
			return bad(k, name, "is not known");
		if (!json_object_is_type(value, keys[i].type))
			return bad(k, name, "is of another type");
		err = keys[i].load(k, name, value);
		if (err)
			return err;
	}
	return 0;
}

static int load_json(const struct keylime *k, const uint8_t *data, size_t len)
{
	struct json_object *top;
	int err = imans_json_parse(k->policy->ctx, k->name, data, len,
				   JSON_DEPTH, &top);

	if (err)
		return err;
	err = load_top(k, top);
	json_object_put(top);
	return err;
}

/* ------------------------------------------------------------------ lines */

/* "DIGEST  PATH", as sha256sum(1) prints it. */
static int load_lines(const struct keylime *k, char *text)
{
	uint32_t line = 0;
	int err = 0;

	while (!err && *text) {
		size_t len = strcspn(text, "\n"), hex;
		char *next = text + len + (text[len] == '\n');

		text[len] = '\0';
		line++;
		hex = strcspn(text, " \t");
		if (*text && *text != '#') {
			char *path = text + hex + strspn(text + hex, " \t");

			text[hex] = '\0';
			err = *path ? add_hex(k, path, text, line) :
				      imans_err(k->policy->ctx, -EBADMSG,
						"%s: line %u: no digest and path",
						k->name, line);
		}
		text = next;
	}
	return err;
}

/* `data` ends in a NUL that is not counted, and is changed. */
static int parse(struct keylime *k, struct imans_ctx *ctx, uint8_t *data,
		 size_t len, struct imans_policy **policy)
{
	size_t at = strspn((char *)data, " \t\r\n");
	bool json = data[at] == '{' || data[at] == '[';
	int err = imans_policy_new(ctx, &k->policy);

	if (!err)
		err = imans_policy_begin(k->policy, k->name, json ?
					 POLICY_KEYLIME : POLICY_LINES);
	if (!err && strlen((char *)data) != len)
		err = imans_err(ctx, -EBADMSG, "%s: not a text", k->name);
	if (!err)
		err = json ? load_json(k, data, len) :
			     load_lines(k, (char *)data);
	if (err)
		imans_policy_free(k->policy);
	else
		*policy = k->policy;
	return err;
}

IMANS_API int imans_policy_parse_keylime(struct imans_ctx *ctx,
					 const void *data, size_t len,
					 const char *name, uint32_t flags,
					 imans_conflict_fn fn, void *user,
					 struct imans_policy **policy)
{
	struct keylime k = { NULL, name, flags, fn, user };
	uint8_t *copy;
	int err = imans_file_copy(ctx, data, len, name, IMANS_POLICY_FILE_MAX,
				  &copy);

	if (err)
		return err;
	err = parse(&k, ctx, copy, len, policy);
	free(copy);
	return err;
}

IMANS_API int imans_policy_read_keylime(struct imans_ctx *ctx,
					const char *path, uint32_t flags,
					imans_conflict_fn fn, void *user,
					struct imans_policy **policy)
{
	struct keylime k = { NULL, path, flags, fn, user };
	uint8_t *data;
	size_t len;
	int err = imans_file_read(ctx, path, IMANS_POLICY_FILE_MAX, &data,
				  &len);

	if (err)
		return err;
	err = parse(&k, ctx, data, len, policy);
	free(data);
	return err;
}
